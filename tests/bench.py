#!/usr/bin/env python3
"""Times milc as a whole process against coremltools.

  bench.py MILC [--weights MiB]
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

CHAIN = """@mb.program(input_specs=[mb.TensorSpec(shape=(4,))])
def f(x):
    for i in range({n}):
        x = mb.{call}
    return x
"""
WEIGHTS = """w = np.load("w.npz")
@mb.program(input_specs=[mb.TensorSpec(shape=(1, 4096))])
def f(x):
    for name in w.files:
        x = mb.linear(x=x, weight=w[name])
    return x
"""
PRELUDE = (
    "import numpy as np\nimport coremltools as ct\n"
    "from coremltools.converters.mil import Builder as mb\n"
)


def run(cmd, cwd, times=1):
    """Median seconds of a command."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        p = subprocess.run(cmd, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        seconds.append(time.perf_counter() - start)
        if p.returncode:
            sys.exit(f"{' '.join(cmd)}: failed: {p.stderr.decode()[:500]}")
    return statistics.median(seconds)


def peak(cmd, cwd):
    """Peak memory (ru_maxrss) in KiB, or 0 without GNU time: a child of Python itself starts with
    the peak of Python."""
    if not shutil.which("time"):
        return 0
    p = subprocess.run(["time", "-f", "%M", *cmd], cwd=cwd, stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE, check=True)
    return int(p.stderr.split()[-1])


def show(name, seconds, kib=0, more=""):
    mem = f"{kib / 1024:8.1f} MiB" if kib else 12 * " "
    print(f"{name:32} {1000 * seconds:10.1f} ms {mem}  {more}".rstrip(), flush=True)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("milc")
    ap.add_argument("--weights", type=int, default=1024)
    a = ap.parse_args()
    milc = os.path.abspath(a.milc)
    tmp = tempfile.mkdtemp(prefix="bench")
    write = lambda name, text: open(os.path.join(tmp, name), "w").write(text)
    top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    try:
        shutil.copy(os.path.join(top, "examples/sqrt.mil"), tmp)
        cmd, peer = [milc, "sqrt.mil"], [sys.executable, "sqrt.mil"]
        ours, mem = run(cmd, tmp, 21), peak(cmd, tmp)
        theirs, their_mem = run(peer, tmp, 3), peak(peer, tmp)
        show("milc sqrt.mil", ours, mem)
        show("coremltools sqrt.mil", theirs, their_mem, f"{theirs / ours:.0f} times the time" +
             (f", {their_mem / mem:.0f} times the memory" if mem else ""))
        for name, call in (("add", "add(x=x, y=1.0)"), ("sin", "sin(x=x)")):
            last = None
            for n in (100_000, 200_000):
                write("chain.mil", CHAIN.format(n=n, call=call))
                cmd = [milc, "chain.mil", "-o", "chain.mlpackage"]
                t = run(cmd, tmp, 5)
                show(f"{n} x {name}", t, peak(cmd, tmp), f"{t / last:.2f} times half of them" if last else "")
                last = t
        write("chain.mil", PRELUDE + CHAIN.format(n=500, call="add(x=x, y=1.0)") + "ct.convert(f)\n")
        ours = run([milc, "chain.mil", "-o", "chain.mlpackage"], tmp, 5)
        theirs = run([sys.executable, "chain.mil"], tmp)
        show("500 x add", ours)
        show("coremltools 500 x add", theirs, 0, f"{theirs / ours:.0f} times the time")
        if a.weights:
            import numpy as np

            n = max(1, a.weights // 64)
            rng = np.random.default_rng(1)
            np.savez(os.path.join(tmp, "w.npz"),
                     **{f"w{i}": rng.standard_normal((4096, 4096), dtype=np.float32) for i in range(n)})
            write("weights.mil", WEIGHTS)
            run(["cat", "w.npz"], tmp)
            cp = run(["cp", "--reflink=never", "w.npz", "copy.npz"], tmp, 3)
            os.remove(os.path.join(tmp, "copy.npz"))
            cmd = [milc, "weights.mil", "-o", "weights.mlpackage"]
            t = run(cmd, tmp, 3)
            show(f"{n * 64} MiB of weights to fp16", t, peak(cmd, tmp),
                 f"with mapped pages; cp of the same file: {1000 * cp:.0f} ms = {cp / t:.2f} of it")
    finally:
        shutil.rmtree(tmp, ignore_errors=True)


main()
