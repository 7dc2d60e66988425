#!/usr/bin/env python3
"""Compares milc with coremltools on generated programs (gen_programs.py).

  gen_check.py MILC COMPARE.py SEED COUNT [--keep DIR] [--numbers]

Each program is run by both: they must print the same and build the same model, or both refuse it,
and on the same line where coremltools names one inside the program. --numbers also runs the package
and the script on random inputs and the passes with --verify-passes; in float32 the results must
agree. --keep writes the programs that differ to DIR, with a comment saying why. Ends with
`N passed, N failed`; N of both refused are among the passed.
"""
import functools
import logging
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import traceback
import warnings

import numpy as np

import check_peer
import gen_programs

SPACE = re.compile(r"[\s\[\]]+")
# The released peer lets int16 and uint16 leak from one operand into the next.
SMALL_INTS = re.compile(r"expected.*'tensor', (22|32).*got.*'tensor', (22|32)")
# Folding in half precision rounds in other places; the printed values were compared.
HALF = re.compile(r"const attribute val: expected \('tensor', 1[01]", re.S)
NUMBER = re.compile(r"-?\d+\.\d*(?:e[-+]?\d+)?|-?\d+e[-+]?\d+")


def same_text(want, got, half=True):
    """Equal but for the last digits of fractions, more of them in float16, and the spaces they take."""
    a, b = SPACE.sub(" ", want), SPACE.sub(" ", got)
    if a == b or NUMBER.sub("#", a) != NUMBER.sub("#", b):
        return a == b
    tol = 4e-3 if half else 2e-6
    pairs = zip(NUMBER.findall(a), NUMBER.findall(b))
    return all(abs(float(x) - float(y)) <= tol * max(1, abs(float(x))) for x, y in pairs)


def first_difference(want, got):
    for x, y in zip(want.splitlines() + [None], got.splitlines() + [None]):
        if x is None or y is None or not same_text(x, y):
            return f"prints {y!r}, coremltools {x!r}"
    return "prints something else"


def refused_at(error, base):
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == base]
    return lines[-1] if lines else None


def milc_line(stderr):
    m = re.search(r"^[^:\n]+:(\d+):\d+: error: (.*)", stderr, re.M)
    return (int(m.group(1)), m.group(2)) if m else (None, stderr[:200])


def inputs(seed):
    """Random inputs for the program: quarters for floats, so that half precision holds them."""
    r, given = np.random.RandomState(seed), {}
    g = gen_programs.Gen(seed)
    g.program()
    for name, shape, dtype in g.features:
        shape = [d if isinstance(d, int) else 3 for d in shape]
        if dtype == "bool":
            given[name] = r.randint(0, 2, shape).astype(np.float32)
        elif dtype == "int32":
            given[name] = r.randint(-3, 4, shape).astype(np.int32)
        else:
            given[name] = (r.randint(-8, 9, shape) / 4).astype(np.float32)
    return given


def numbers(milc, script, package, folder, full, seed):
    """Runs package and script on the same inputs; returns what differs, or None."""
    p = subprocess.run([milc, script, "-o", os.path.join(folder, "v" + os.path.splitext(package)[1]),
                        "--verify-passes"],
                       capture_output=True, text=True)
    if p.returncode and "pass common::add_fp16_cast changes" not in p.stderr:  # floor, mod, equal jump
        return "--verify-passes: " + p.stderr[-300:]
    outs = []
    given = os.path.join(folder, "in.npz")
    np.savez(given, **inputs(seed))
    for i, what in enumerate((package, script)):
        out = os.path.join(folder, f"{i}.npz")
        p = subprocess.run([milc, "run", what, "-i", given, "-o", out], capture_output=True, text=True)
        if p.returncode < 0:
            return f"milc run {what}: signal {-p.returncode}"
        outs.append((p.returncode, p.stderr[:200], dict(np.load(out)) if not p.returncode else {}))
    (ca, ea, a), (cb, eb, b) = outs
    if ca or cb:
        return None if ca == cb else f"milc run: package {ca} {ea}, script {cb} {eb}"
    if sorted(a) != sorted(b):
        return f"outputs {sorted(a)} and {sorted(b)}"
    for k in a if full else ():
        # A NeuralNetwork has no scalars: what is made of one has an axis more.
        if a[k].shape != b[k].shape and (a[k].size != b[k].size or package.endswith("package")):
            return f"{k}: shapes {a[k].shape} and {b[k].shape}"
        with np.errstate(all="ignore"):
            x, y = (m[k].astype(np.float64).ravel() for m in (a, b))
            if not np.allclose(x, y, rtol=1e-5, atol=1e-5, equal_nan=True):
                return f"{k}: package {x.ravel()[:4]}, script {y.ravel()[:4]}"
    return None


def check(seed, milc, compare, folder, with_numbers):
    """(verdict, reason): 'same', 'refused', 'differs', or 'broken': coremltools fails by itself."""
    base = f"p{seed}.mil"
    script = os.path.join(folder, base)
    source = gen_programs.make(seed)
    with open(script, "w", encoding="utf-8") as f:
        f.write(source)
    a = os.path.join(folder, "peer")
    os.makedirs(a, exist_ok=True)
    error = None
    try:
        text, files, _ = check_peer.peer(script, a)
    except Exception as e:
        error = e
    network = re.search(r"neuralnetwork|deployment_target=ct.target.iOS1[34]", source)
    ending = os.path.splitext(files[0])[1] if not error else ".mlmodel" if network else ".mlpackage"
    out = os.path.join(folder, "ours" + ending)
    p = subprocess.run([milc, base, "-o", out], cwd=folder, capture_output=True, text=True)
    if p.returncode not in (0, 1):
        return "differs", f"milc ends with {p.returncode}: {p.stderr[-300:]}"
    line, message = milc_line(p.stderr)
    g = gen_programs.Gen(seed)
    g.program()
    if line and line == g.spoiled:
        return "refused", message
    if error:
        why = f"{type(error).__name__}: {str(error)[:160]}"
        at = refused_at(error, base)
        broken = isinstance(error, (AttributeError, IndexError, KeyError, TypeError)) or "existing var" in str(error)
        if not p.returncode and broken:
            return "broken", f"coremltools breaks on line {at}: {why}"
        if not p.returncode:
            return "differs", f"coremltools refuses line {at}: {why}"
        lines = source.split("\n")
        first = next(i for i, text in enumerate(lines, 1) if text.startswith("def prog"))
        last = max(i for i, text in enumerate(lines, 1) if text.startswith("    return "))
        if at and first < at < last and line != at:
            return "differs", f"refused on line {line} ({message}), coremltools on {at} ({why})"
        return "refused", f"{message} | {why}"
    if p.returncode:
        return "differs", f"milc refuses line {line}: {message}"
    half = "float16" in source or "fp16" in source
    if not same_text(text, p.stdout, half):
        return "differs", first_difference(text, p.stdout)
    try:
        d = compare.compare(os.path.join(a, files[0]), out)
    except Exception as e:
        return "differs", f"{type(e).__name__}: {e}"
    half = half or "FLOAT32" not in source
    if not d.same and not all(SMALL_INTS.search(r) or half and HALF.search(r) for r in d.reports):
        return "differs", "model: " + "; ".join(d.reports[:3])
    if with_numbers:
        why = numbers(milc, script, out, folder, "fp16" not in source if network else "FLOAT32" in source, seed)
        if why:
            return "differs", "numbers: " + why
    return "same", ""


def judged(milc, compare_path, with_numbers, seed):
    with tempfile.TemporaryDirectory() as folder:
        return check(seed, milc, check_peer.comparer(compare_path), folder, with_numbers)


def main():
    args = [a for a in sys.argv[1:] if not a.startswith("--")]
    keep = None
    if "--keep" in sys.argv:
        keep = sys.argv[sys.argv.index("--keep") + 1]
        args.remove(keep)
        os.makedirs(keep, exist_ok=True)
    milc, compare_path, seed, count = os.path.abspath(args[0]), os.path.abspath(args[1]), int(args[2]), int(args[3])
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    import coremltools  # noqa: F401  once for all the processes that follow
    tally = {"same": 0, "refused": 0, "broken": 0, "differs": 0}
    judge = functools.partial(judged, milc, compare_path, "--numbers" in sys.argv)
    with multiprocessing.Pool(2, maxtasksperchild=1) as pool:  # symbols and counted names are a process's own
        for s, (verdict, why) in zip(range(seed, seed + count), pool.imap(judge, range(seed, seed + count))):
            tally[verdict] += 1
            if verdict == "differs":
                print(f"FAILED program {s}: {why}", flush=True)
            if keep and (verdict == "differs" or (verdict == "refused" and "--refused" in sys.argv)):
                with open(os.path.join(keep, f"p{s}.mil"), "w", encoding="utf-8") as f:
                    f.write(gen_programs.make(s) + "# " + why.replace("\n", "\n# ") + "\n")
    print(f"{sum(tally.values()) - tally['differs']} passed, {tally['differs']} failed "
          f"(refused by both: {tally['refused']}, coremltools breaks: {tally['broken']})")
    sys.exit(tally["differs"] != 0)


if __name__ == "__main__":
    main()
