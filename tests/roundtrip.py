#!/usr/bin/env python3
"""Models that nobody changed are written back byte for byte.

  roundtrip.py MILC FOLDER…

Every .mlmodel file and .mlpackage folder below the folders is written again by `milc MODEL -o OUT`, and
compared with what it was: files with their weights, packages with all that lies in them. Prints what
differs and `N passed, N failed`.
"""
import concurrent.futures
import filecmp
import os
import subprocess
import sys
import tempfile


def same(a, b):
    if not os.path.isdir(a):
        return os.path.exists(b) and filecmp.cmp(a, b, shallow=False)
    c = filecmp.dircmp(a, b)
    return (not (c.left_only or c.right_only or c.funny_files)
            and all(filecmp.cmp(os.path.join(a, f), os.path.join(b, f), shallow=False) for f in c.common_files)
            and all(same(os.path.join(a, d), os.path.join(b, d)) for d in c.common_dirs))


def check(milc, model):
    with tempfile.TemporaryDirectory() as tmp:
        out = os.path.join(tmp, "out" + os.path.splitext(model)[1])
        p = subprocess.run([milc, model, "-o", out], capture_output=True, text=True, errors="replace")
        if p.returncode:
            return f"{model}: exit status {p.returncode}: {p.stderr.strip()[:200]}"
        return "" if same(model, out) else f"{model}: differs"


def models(folder):
    for where, folders, files in os.walk(folder):
        for d in list(folders):
            if d.endswith(".mlpackage"):
                folders.remove(d)
                yield os.path.join(where, d)
        yield from (os.path.join(where, f) for f in files if f.endswith(".mlmodel"))


def main():
    milc = os.path.abspath(sys.argv[1])
    found = sorted(m for folder in sys.argv[2:] for m in models(folder))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        wrong = [w for w in pool.map(lambda m: check(milc, m), found) if w]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"{len(found) - len(wrong)} passed, {len(wrong)} failed")
    sys.exit(bool(wrong))


main()
