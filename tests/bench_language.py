#!/usr/bin/env python3
"""bench_language.py MILC: CPU time of small programs of the language, in milc and in this Python, interleaved: the
time of the process less that of an empty script. What a program does stands in a function, as in most scripts.
"""
import os
import resource
import statistics
import subprocess
import sys
import tempfile

MODEL = """
from coremltools.converters.mil import Builder as mb
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def net(x):
    return mb.relu(x=x)
"""
PROGRAMS = {
    "calls of itself": """
def depth(n):
    return 1 if n == 0 else depth(n - 1) + depth(n - 1)
depth(16)""",
    "a loop over numbers": """
total = 0
for i in range(1_000_000):
    total += i % 7 * 3""",
    "lists that grow": """
for k in range(8):
    items = []
    for i in range(60_000):
        items.append(i)""",
    "comprehensions": """
for k in range(8):
    squares = [i * i for i in range(60_000) if i & 1]""",
    "dicts by number and by name": """
d = {}
for i in range(120_000):
    d[i % 1000] = i
    d["k%d" % (i % 100)] = i""",
    "names in pieces": """
for i in range(60_000):
    name = "_".join("model.layers.7.attn.q_proj.weight".split(".")).replace("attn", "a")""",
    "formatted text": """
for i in range(80_000):
    name = f"layer_{i % 40:03d}.weight" + "{}x{}".format(i, 3)""",
    "methods of objects": """
class Counter:
    def __init__(self):
        self.n = 0
    def add(self, k):
        self.n += k
        return self
c = Counter()
for i in range(250_000):
    c.add(i)""",
    "exceptions": """
for i in range(80_000):
    try:
        [][i]
    except IndexError:
        pass""",
    "generators": """
def count(n):
    i = 0
    while i < n:
        yield i
        i += 1
total = sum(count(300_000))""",
    "sorting by a key": """
rows = sorted(((i * 7919) % 100_003 for i in range(80_000)), key=lambda v: -v)""",
}


def cpu(cmd, cwd):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(cmd, cwd=cwd, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    milc = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as tmp:
        def write(name, text):
            with open(os.path.join(tmp, name), "w", encoding="utf-8") as f:
                f.write(text)

        write("empty.py", "")
        write("empty.mil", MODEL)
        for name, text in PROGRAMS.items():
            body = "def main():\n" + "".join(f"    {line}\n" for line in text.strip().split("\n")) + "main()\n"
            write("a.py", body)
            write("a.mil", body + MODEL)
            ours, theirs = [], []
            for _ in range(5):
                ours.append(cpu([milc, "-q", "a.mil"], tmp) - cpu([milc, "-q", "empty.mil"], tmp))
                theirs.append(cpu([sys.executable, "-S", "-E", "a.py"], tmp) -
                              cpu([sys.executable, "-S", "-E", "empty.py"], tmp))
            ours, theirs = statistics.median(ours), statistics.median(theirs)
            print(f"{name:32} {1000 * ours:10.1f} ms {1000 * theirs:10.1f} ms in CPython   {ours / theirs:.2f} of it",
                  flush=True)


main()
