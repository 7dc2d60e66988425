#!/usr/bin/env python3
"""Times milc on PyTorch files as a whole process against coremltools: bench.py MILC

CPU time of both, the peer's without its imports, which are said apart; both kinds of file. Then how
much memory a file of 400 MB takes besides mapped pages, and the time of `cp` on it.
"""
import os
import resource
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SHAPES = {"resnet18": (1, 3, 224, 224), "t768": (1, 32, 768), "t64": (1, 32, 64)}
PEER = """
import sys, time
start = time.process_time()
import torch, coremltools as ct
imports = time.process_time() - start
start = time.process_time()
path, shape = sys.argv[1], eval(sys.argv[2])
if path.endswith("2"):
    m = ct.convert(torch.export.load(path))
else:
    m = ct.convert(torch.jit.load(path), inputs=[ct.TensorType(name="x", shape=shape)])
m.save(sys.argv[3])
print(imports, time.process_time() - start)
"""


def cpu(command):
    """User and system seconds of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def anonymous(command):
    """The most kB of memory that is not mapped from a file, as the kernel sees it now and then."""
    p = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most = 0
    while p.poll() is None:
        try:
            with open(f"/proc/{p.pid}/status") as f:
                most = max([most] + [int(line.split()[1]) for line in f if line.startswith("RssAnon")])
        except (OSError, ValueError):
            break
    p.wait()
    return most


def main():
    milc = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="bench") as tmp:
        subprocess.run([sys.executable, "-W", "ignore", f"{HERE}/nets.py", tmp], check=True,
                       stderr=subprocess.DEVNULL)
        for name, shape in SHAPES.items():
            for ending in ("pt2", "pt"):
                path, out = f"{tmp}/{name}.{ending}", f"{tmp}/out.mlpackage"
                given = ["--input", "x=" + ",".join(map(str, shape))] if ending == "pt" else []
                ours = min(cpu([milc, path, *given, "-o", out]) for _ in range(5))
                p = subprocess.run([sys.executable, "-W", "ignore", "-c", PEER, path, str(shape),
                                    f"{tmp}/peer.mlpackage"], capture_output=True, text=True, check=True)
                imports, theirs = map(float, p.stdout.split()[-2:])
                print(f"{name + '.' + ending:16} {1000 * ours:9.1f} ms   coremltools {1000 * theirs:9.1f} ms, "
                      f"{theirs / ours:5.0f} times, and {imports:.1f} s of imports", flush=True)
        command = [milc, f"{tmp}/large.pt2", "-o", f"{tmp}/out.mlpackage"]
        copied = cpu(["cp", "--reflink=never", f"{tmp}/large.pt2", f"{tmp}/copy"])
        ours = cpu(command)
        print(f"400 MB           {1000 * ours:9.1f} ms, {ours / copied:.1f} times cp; "
              f"{anonymous(command) / 1024:.1f} MiB besides mapped pages")


if __name__ == "__main__":
    main()
