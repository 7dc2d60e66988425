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
    """(median seconds, peak KiB) of a command."""
    seconds, peak = [], 0
    for _ in range(times):
        start = time.perf_counter()
        p = subprocess.Popen(cmd, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        _, status, usage = os.wait4(p.pid, 0)
        seconds.append(time.perf_counter() - start)
        peak = max(peak, usage.ru_maxrss)
        if status:
            sys.exit(f"{' '.join(cmd)}: failed: {p.stderr.read().decode()[:500]}")
    return statistics.median(seconds), peak


def show(name, seconds, kib, more=""):
    print(f"{name:34} {1000 * seconds:10.1f} ms {kib / 1024:9.1f} MiB  {more}", flush=True)


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
        ours, mem = run([milc, "sqrt.mil"], tmp, 21)
        theirs, their_mem = run([sys.executable, "sqrt.mil"], tmp, 3)
        show("milc sqrt.mil", ours, mem)
        show("coremltools sqrt.mil", theirs, their_mem,
             f"{theirs / ours:.0f} times the time, {their_mem / mem:.0f} times the memory")
        for name, call in (("add", "add(x=x, y=1.0)"), ("sin", "sin(x=x)")):
            last = None
            for n in (100_000, 200_000):
                write("chain.mil", CHAIN.format(n=n, call=call))
                t, m = run([milc, "chain.mil", "-o", "chain.mlpackage"], tmp, 5)
                show(f"{n} x {name}", t, m, f"{t / last:.2f} times half of them" if last else "")
                last = t
        write("chain.mil", PRELUDE + CHAIN.format(n=500, call="add(x=x, y=1.0)") + "ct.convert(f)\n")
        ours, _ = run([milc, "chain.mil", "-o", "chain.mlpackage"], tmp, 5)
        theirs, _ = run([sys.executable, "chain.mil"], tmp)
        show("500 x add", ours, 0)
        show("coremltools 500 x add", theirs, 0, f"{theirs / ours:.0f} times the time")
        if a.weights:
            import numpy as np

            n = max(1, a.weights // 64)
            rng = np.random.default_rng(1)
            np.savez(os.path.join(tmp, "w.npz"),
                     **{f"w{i}": rng.standard_normal((4096, 4096), dtype=np.float32) for i in range(n)})
            write("weights.mil", WEIGHTS)
            cat, _ = run(["cat", "w.npz"], tmp)
            cp, _ = run(["cp", "--reflink=never", "w.npz", "copy.npz"], tmp, 3)
            os.remove(os.path.join(tmp, "copy.npz"))
            t, m = run([milc, "weights.mil", "-o", "weights.mlpackage"], tmp, 3)
            show(f"{n * 64} MiB of weights to fp16", t, m,
                 f"cp of the same file: {1000 * cp:.0f} ms = {cp / t:.2f} of it")
    finally:
        shutil.rmtree(tmp, ignore_errors=True)


main()
