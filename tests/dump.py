#!/usr/bin/env python3
"""Models that are dumped as scripts and compiled again are the same models.

  dump.py MILC COMPARE [--same] [--only WORD] FOLDER…

Every ML Program below the folders (.mlpackage, .mlmodelc, .mlmodel with its weights beside it) goes through
`milc dump MODEL -o X.mil` and `milc X.mil -o Y.mlpackage`. COMPARE is the script that compares two models by
structure; --same asks for the same bytes instead, as for packages that milc wrote, and a .mlmodel of any other
kind must have the same bytes. Prints what differs and `N passed, N failed`.
"""
import argparse
import concurrent.futures
import filecmp
import os
import subprocess
import sys
import tempfile

import check_peer


def milc(*args, **kw):
    return subprocess.run(args, capture_output=True, text=True, errors="replace", timeout=300, **kw)


def files(folder):
    return sorted(os.path.relpath(os.path.join(d, f), folder) for d, _, fs in os.walk(folder) for f in fs)


def same_bytes(a, b):
    x, y = files(a), files(b)
    if x != y:
        return f"files {x}, expected {y}"
    for f in x:
        if not f.endswith("Manifest.json") and not filecmp.cmp(os.path.join(a, f), os.path.join(b, f), shallow=False):
            return f"{f} differs"
    return ""


def check(args):
    exe, compare_path, model, same = args
    bare = model.endswith(".mlmodel") and not is_program(model)
    with tempfile.TemporaryDirectory() as tmp:
        script, out = os.path.join(tmp, "x.mil"), os.path.join(tmp, "x.mlmodel" if bare else "x.mlpackage")
        p = milc(exe, "dump", model, "-o", script)
        if p.returncode:
            return f"{model}: dump: exit status {p.returncode}: {p.stderr.strip()[:300]}"
        p = milc(exe, script, "-o", out)
        if p.returncode:
            return f"{model}: compile: exit status {p.returncode}: {p.stderr.strip()[:300]}"
        if bare:
            return "" if filecmp.cmp(model, out, shallow=False) else f"{model}: other bytes"
        if same:
            why = same_bytes(model, out)
            return f"{model}: {why}" if why else ""
        compare = check_peer.comparer(compare_path)
        want = model
        beside = os.path.join(os.path.dirname(model), "weights")
        if not model.endswith((".mlpackage", ".mlmodel")) or os.path.isdir(beside):  # what compare.py cannot read
            want = os.path.join(tmp, "want.mlpackage")
            p = milc(exe, model, "-o", want)
            if p.returncode:
                return f"{model}: cannot be made a package: {p.stderr.strip()[:300]}"
        try:
            d = compare.compare(want, out)
        except Exception as e:
            return f"{model}: {type(e).__name__}: {e}"
        return "" if d.same else f"{model}: " + "; ".join(d.reports[:3])


def spec_of(model):
    from coremltools.proto import Model_pb2

    spec = Model_pb2.Model()
    with open(model, "rb") as f:
        spec.ParseFromString(f.read())
    return spec


def is_program(model):
    if model.endswith(".mlpackage"):
        return any(is_program(os.path.join(model, f)) for f in files(model) if f.endswith(".mlmodel"))
    return len(spec_of(model).mlProgram.functions) > 0


def is_program_elsewhere(model):
    """An ML Program without functions, which nobody reads, or one in a pipeline, which a package has."""
    spec = spec_of(model)
    kind = spec.WhichOneof("Type")
    inner = [m.WhichOneof("Type") for m in spec.pipeline.models] if kind == "pipeline" else [kind]
    return "mlProgram" in inner and not is_program(model)


def models(folder):
    for where, folders, names in os.walk(folder):
        for d in list(folders):
            if d.endswith((".mlpackage", ".mlmodelc")):
                folders.remove(d)
                if d.endswith(".mlmodelc") or is_program(os.path.join(where, d)):
                    yield os.path.join(where, d)
        for f in names:
            if f.endswith(".mlmodel") and not is_program_elsewhere(os.path.join(where, f)):
                yield os.path.join(where, f)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("milc")
    p.add_argument("compare")
    p.add_argument("--same", action="store_true")
    p.add_argument("--only", default="")
    p.add_argument("folder", nargs="+")
    a = p.parse_args()
    exe = os.path.abspath(a.milc)
    jobs = [(exe, a.compare, m, a.same) for folder in a.folder for m in sorted(models(folder)) if a.only in m]
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        wrong = [w for w in pool.map(check, jobs, chunksize=8) if w]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"{len(jobs) - len(wrong)} passed, {len(wrong)} failed")
    sys.exit(bool(wrong))


main()
