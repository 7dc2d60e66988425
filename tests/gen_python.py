#!/usr/bin/env python3
"""gen_python.py [--count N] [--seed S] [FILE…]: random programs of the language's statements, in CPython and in milc.

A program is made from a seed, by gen_python_parts.py: classes, exceptions, generators, operators and whatever else
the language has beyond expressions, each part printing what it sees. CPython 3.11 and milc must print the same, and
end the same way: an error that nobody caught has the same line, and the same class where milc's message names it.
A program that differs is reduced, line by line as long as it still differs, and shown with its seed. With FILEs,
these are compared in its place. Ends with a line of counts; status 1 if a program differs.
"""
import argparse
import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import traceback
import types

MILC = os.path.abspath(os.environ.get("MILC") or os.path.join(os.path.dirname(__file__), "..", "build", "milc"))
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
MODEL = """
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def prog(x):
    return mb.relu(x=x)
"""
STEPS = 200_000  # lines that a program may run: reduced ones may loop for ever


class Endless(BaseException):
    pass


def fakes():
    """What the tail of a program uses of coremltools."""
    def program(**_):
        return lambda f: f
    mb = types.SimpleNamespace(program=program, TensorSpec=lambda **_: None)
    return {"__name__": "__main__", "mb": mb}


def counted():
    """A trace function that ends what takes too long."""
    left = STEPS

    def trace(*_):
        nonlocal left
        left -= 1
        if left < 0:
            raise Endless
        return trace
    return trace


def peer_says(path):
    """[printed, None or [line, class, text]] of a script in this process."""
    out = io.StringIO()
    with open(path, encoding="utf-8") as f:
        source = f.read()
    ended = None
    with contextlib.redirect_stdout(out):
        try:
            code = compile(source, path, "exec")
            sys.settrace(counted())
            try:
                exec(code, fakes())
            finally:
                sys.settrace(None)
        except SyntaxError as e:
            ended = [e.lineno, "SyntaxError", str(e)]
        except BaseException as e:  # noqa: B902
            lines = [f.lineno for f in traceback.extract_tb(e.__traceback__) if f.filename == path]
            ended = [lines[-1], type(e).__name__, str(e)]
    return [out.getvalue(), ended]


def serve():
    """Answers with what CPython says of each path on standard input."""
    real = sys.stdout
    for line in sys.stdin:
        signal.alarm(30)  # ends this process: a bare `except:` may take Endless, and loop on
        try:
            said = peer_says(line.rstrip("\n"))
        except Endless:
            said = ["", [0, "Endless", ""]]
        print(json.dumps(said), file=real, flush=True)


class Peer:
    def __init__(self):
        self.child = None

    def says(self, path):
        if not self.child or self.child.poll() is not None:
            self.child = subprocess.Popen([sys.executable, "-I", "-W", "ignore", os.path.abspath(__file__), "--serve"],
                                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.child.stdin.write(path + "\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        return json.loads(line) if line else ["", [0, "died", ""]]


def milc_says(path):
    """The same of milc; a status that is none of a script's is an error at line -1."""
    try:
        p = subprocess.run([MILC, path, "--diagnostics=json", "--max-steps=3000000", "-o", path + ".mlpackage"],
                           capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return ["", [-1, "", "milc does not end"]]
    out, said = (s.decode("utf-8", "surrogateescape") for s in (p.stdout, p.stderr))
    errors = []
    for line in said.splitlines():
        with contextlib.suppress(ValueError):
            errors.append(json.loads(line))
    errors = [e for e in errors if e["severity"] == "error"]
    if p.returncode not in (0, 1) or (p.returncode and not errors):
        return [out, [-1, "", f"milc ends with status {p.returncode}\n{said[-2000:]}"]]
    if not errors:
        return [out, None]
    found = re.match(r"([A-Z]\w*)(?:: | was raised$)", errors[0]["message"])
    return [out, [errors[0]["line"], found[1] if found else "", errors[0]["message"]]]


def differs(peer, milc):
    """What differs, as text; None if nothing does."""
    (text, end), (got, ended) = peer, milc
    text = re.sub(r" at 0x[0-9a-f]+", "", text)
    if end and end[1] in ("Endless", "died"):
        return None
    if text != got:
        a, b = text.split("\n"), got.split("\n")
        n = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
        before = "".join(f"\n  both:    {s}" for s in a[max(0, n - 2):n])
        return (f"line {n + 1} of what it prints{before}\n  CPython: {''.join(a[n:n + 1])}\n"
                f"  milc:    {''.join(b[n:n + 1])}\n  they end with {end} and {ended}")
    if (end is None) != (ended is None):
        return f"the end\n  CPython: {end}\n  milc:    {ended}"
    if end and (end[0] != ended[0] or (ended[1] and ended[1] != end[1])):
        return f"the error\n  CPython: {end}\n  milc:    {ended}"
    return None


class Comparison:
    def __init__(self, folder):
        self.folder = folder
        self.peer = Peer()
        self.said = None

    def __call__(self, source):
        path = os.path.join(self.folder, "script.mil")
        with open(path, "w", encoding="utf-8") as f:
            f.write(source + MODEL)
        said = self.peer.says(path)
        self.said = said
        return differs(said, milc_says(path))


def kind(what):
    """Which kind of difference it is: a reduced program has to show the same."""
    return re.sub(r"\d+|^line.*|.*they end.*|  both:.*", "", what or "", flags=re.M)


def reduced(source, kept, compare):
    """The program without the lines that its difference does not need, but for so many at its start."""
    lines, want = source.split("\n"), kind(compare(source))
    head, lines = lines[:kept], lines[kept:]

    def holds(rest):
        return kind(compare("\n".join(head + rest))) == want
    size = max(1, len(lines) // 2)
    while size:
        at, before = 0, len(lines)
        while at < len(lines):
            rest = lines[:at] + lines[at + size:]
            if holds(rest):
                lines = rest
            else:
                at += size
        size = size // 2 if size > 1 else (1 if len(lines) < before else 0)
    return "\n".join(head + lines)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--count", type=int, default=200)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--serve", action="store_true")
    p.add_argument("--show", action="store_true", help="print the programs, compare nothing")
    p.add_argument("--reduce", type=int, default=20, help="so many programs that differ are reduced, the others named")
    p.add_argument("files", nargs="*")
    args = p.parse_args()
    if args.serve:
        return serve()
    if sys.version_info[:2] != (3, 11):
        print("gen_python: needs CPython 3.11: nothing compared")
        return 0
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    if args.files:
        programs = ((path, open(path, encoding="utf-8").read()) for path in args.files)
    else:
        import gen_python_parts as parts
        programs = ((f"seed {n}", parts.program(n)) for n in range(args.seed, args.seed + args.count))
    bad = total = ended = 0
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        compare = Comparison(folder)
        for name, source in programs:
            if args.show:
                print(f"# {name}\n{source}")
                continue
            total += 1
            what = compare(source)
            ended += compare.said[1] is not None
            if what is None:
                continue
            bad += 1
            kept = 0 if args.files else parts.PRELUDE.count("\n")
            small = reduced(source, kept, compare) if bad <= args.reduce else source
            shown = small.split("\n", kept)[-1] if bad <= args.reduce else ""
            print(f"=== {name}: {what}\n{shown}\n", flush=True)
    print(f"gen_python: {total} programs, {ended} ended by an error, {bad} differ")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
