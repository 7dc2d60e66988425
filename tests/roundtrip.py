#!/usr/bin/env python3
"""Models that nobody changed are written back byte for byte; one field that changed is one field.

  roundtrip.py BUILD FOLDER…

Every .mlmodel file and .mlpackage folder below the folders is written again by `milc MODEL -o OUT`, and
compared with what it was: files with their weights, packages with all that lies in them. Then its
specification is encoded anew from the tree of messages, and with one metadata key set
(BUILD/tools/rewrite): a raw dump of each must be that of the first, but for the key.

An ML Program is also made a compiled model and MIL text, and each of them a package again: the program as
text must be what it was, the weights the same bytes, the description the same fields. Prints what differs
and `N passed, N failed`.
"""
import concurrent.futures
import difflib
import filecmp
import os
import re
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
        if line[:2] in ("- ", "+ ") and line[2:].strip() not in ("2 {", "100 {", "}", '100: ""', '3: "roundtrip"'):
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


def weights(model):
    """The weights files of a model, by their names' last parts, as bytes."""
    found = {}
    for where, _, files in os.walk(model) if os.path.isdir(model) else []:
        for f in files:
            if f.endswith(".bin") and f != "coremldata.bin":
                with open(os.path.join(where, f), "rb") as w:
                    found[f] = w.read()
    return found


def description(model):
    """Lines of field 2, without order (maps have none), but for the metadata that compiled models always have."""
    lines = dump(specification(model)) or []
    starts = [i for i, line in enumerate(lines) if depth(line) == 0] + [len(lines)]
    part = next((lines[i:j] for i, j in zip(starts, starts[1:]) if lines[i].startswith("2 {")), [])
    return sorted(line.strip() for line in part if line.strip() not in ('100: ""', "100 {", "}"))


def check_forms(build, model):
    """Through the other forms of an ML Program and back."""
    def milc(*args):
        return subprocess.run([build + "/milc", *args], capture_output=True, text=True, errors="replace")

    spec = specification(model)
    kinds = [line for line in (spec and dump(spec)) or [] if depth(line) == 0]
    if "502 {" not in kinds or os.path.getsize(spec) > 1 << 20:
        return ""
    first = milc(model, "-S")
    if first.returncode:
        return f"{model}: no text: {first.stderr.strip()[:200]}"
    with tempfile.TemporaryDirectory() as tmp:
        start = os.path.join(tmp, "start.mlpackage")
        milc(model, "-o", start)
        for form in ("mlmodelc", "mil"):
            there, back = os.path.join(tmp, "there." + form), os.path.join(tmp, form + ".mlpackage")
            for args in ((model, "-o", there, "--unverified"), (there, "-o", back)):
                p = milc(*args)
                if p.returncode:
                    return f"{model}: {form}: {p.stderr.strip()[:300]}"
            text = re.sub(r'(, )?\{"milc-version", "[^"]*"\}', "", milc(back, "-S").stdout)
            text = re.sub(r"\n\[buildInfo = dict<[^(]*>\(\{\}\)\]", "", text)
            if text != first.stdout:
                return f"{model}: {form}: another text"
            if description(back) != description(start):
                return f"{model}: {form}: another description"
            if weights(back) != weights(start):
                return f"{model}: {form}: other weights"
            if form == "mil":
                again = os.path.join(tmp, "again.mil")
                milc(there, "-o", again)
                if not same(there, again):
                    return f"{model}: the text is not printed as it was read"
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
        wrong = [w for w in pool.map(lambda m: check(build, m) or check_forms(build, m), found) if w]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"{len(found) - len(wrong)} passed, {len(wrong)} failed")
    sys.exit(bool(wrong))


main()
