#!/usr/bin/env python3
"""Models that nobody changed are written back byte for byte; one field that changed is one field.

  roundtrip.py BUILD FOLDER…

Every .mlmodel file and .mlpackage folder below the folders is written again by `milc MODEL -o OUT`, and
compared with what it was: files with their weights, packages with all that lies in them. Then its
specification is encoded anew from the tree of messages, and with one metadata key set
(BUILD/tools/rewrite): a raw dump of each must be that of the first, but for the key. Prints what differs and
`N passed, N failed`.
"""
import concurrent.futures
import difflib
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


def dump(path):
    with open(path, "rb") as f:
        p = subprocess.run(["protoc", "--decode_raw"], stdin=f, capture_output=True, text=True, errors="replace")
    return p.stdout.splitlines() if p.returncode == 0 else None


def specification(model):
    if not os.path.isdir(model):
        return model
    for where, _, files in os.walk(os.path.join(model, "Data")):
        for f in files:
            if f.endswith(".mlmodel"):
                return os.path.join(where, f)
    return None


def depth(line):
    return len(line) - len(line.lstrip())


def only_author(before, after):
    """Lines that came are the key, or open and close the messages that it needed around it."""
    for line in difflib.ndiff(before, after) if before != after else ["none"]:
        if line[:2] in ("- ", "+ ") and line[2:].strip() not in ("2 {", "100 {", "}", '3: "roundtrip"'):
            if line[0] == "+" or not line[2:].strip().startswith('3: "'):
                return False
    return '3: "roundtrip"' in [line.strip() for line in after]


def check(build, model):
    with tempfile.TemporaryDirectory() as tmp:
        out = os.path.join(tmp, "out" + os.path.splitext(model.rstrip("/"))[1])
        p = subprocess.run([build + "/milc", model, "-o", out], capture_output=True, text=True, errors="replace")
        if p.returncode:
            return f"{model}: exit status {p.returncode}: {p.stderr.strip()[:200]}"
        if not same(model, out):
            return f"{model}: differs"
        spec = specification(model)
        if not spec or os.path.getsize(spec) > 1 << 20:
            return ""  # dumps of large ones take long, and show nothing new
        want = dump(spec)
        if want is None:
            return ""  # protoc cannot read it either
        for mode in ("tree", "author"):
            p = subprocess.run([build + "/tools/rewrite", mode, spec, out + mode], capture_output=True, text=True)
            if p.returncode:
                return f"{model}: {mode}: {p.stderr.strip()[:200]}"
            got = dump(out + mode)
            if got is None or not (got == want if mode == "tree" else only_author(want, got)):
                return f"{model}: {mode}: another dump"
        return ""


def models(folder):
    for where, folders, files in os.walk(folder):
        for d in list(folders):
            if d.endswith(".mlpackage"):
                folders.remove(d)
                yield os.path.join(where, d)
        yield from (os.path.join(where, f) for f in files if f.endswith(".mlmodel"))


def main():
    build = os.path.abspath(sys.argv[1])
    found = sorted(m for folder in sys.argv[2:] for m in models(folder))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        wrong = [w for w in pool.map(lambda m: check(build, m), found) if w]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"{len(found) - len(wrong)} passed, {len(wrong)} failed")
    sys.exit(bool(wrong))


main()
