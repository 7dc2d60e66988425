"""Ways to compute, compared: `milc run` with the evaluators alone, with the faster kernels, with those of each kind of
processor and with several threads. gen_passes.py --kernels asks for it.

The faster kernels must give the same bits on each kind of processor and with each number of threads. Against the
evaluators they may add up in another order: of an output whose numbers reach up to `most`, and which `depth`
operations behind each other make of the inputs, two numbers may lie apart by

    1e-6 most depth        where all is in single precision: less than 2e-8 most depth was seen
    2^-11 most (2 + depth) where some of it is in half precision: half an ulp for each operation

and integers and truths not at all: operations that jump take exact numbers only (gen_bounds.py).
"""
import os
import random
import re
import struct
import subprocess
import zipfile

from gen_rewrites import arrays

REFERENCE = ["--reference"]
THREADS = (1, 2, 3, 8)
MADE = re.compile(r"^\s+([\w, ]+) = mb\.(\w+)\((.*)$")
NAMES = re.compile(r"\b[vxab]\d+\b")


class Fault(Exception):
    """It cannot be run, or gives other numbers."""


def depth(text):
    """The longest chain of operations. What has nested blocks stands behind all that came before it."""
    depths, most = {}, 0
    for line in text.split("\n"):
        found = MADE.match(line)
        if not found:
            continue
        before = [depths.get(n, 0) for n in NAMES.findall(found[3])]
        here = 1 + (most if found[2] in ("cond", "while_loop") else max(before, default=0))
        most = max(most, here)
        depths.update(dict.fromkeys(found[1].split(", "), here))
    return most


def inputs(features, seed):
    """Values as gen_tame.py expects them: floats up to 1, integers and truths 0 or 1; symbols are 2."""
    r, given = random.Random(f"inputs of {seed}"), {}
    for name, shape, dtype in features:
        dims = tuple(2 if isinstance(d, str) else d for d in shape)
        n = 1
        for d in dims:
            n *= d
        given[name] = (dims, [r.randint(0, 1) for _ in range(n)] if dtype in ("int32", "bool") else
                       [(r.randint(0, 1023) + 1) / 1024 for _ in range(n)], dtype)
    return given


def save(path, given):
    """Writes an .npz file; truths go as numbers, as models take them."""
    with zipfile.ZipFile(path, "w") as z:
        for name, (dims, values, dtype) in given.items():
            kind, code = ("<i4", "i") if dtype == "int32" else ("<f4", "f")
            size = "(" + "".join(f"{d}, " for d in dims) + ")"
            head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {size}, }}"
            head += " " * (-(len(head) + 11) % 64) + "\n"
            z.writestr(name + ".npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() +
                       struct.pack(f"<{len(values)}{code}", *values))


def bound(most, deep, half):
    return 2.0 ** -11 * most * (2 + deep) + 2.0 ** -14 if half else 1e-6 * most * deep


def run(milc, path, options):
    """What the script gives for the inputs beside it."""
    stem = os.path.splitext(path)[0]
    p = subprocess.run([milc, "run", path, "-i", stem + ".in.npz", "-o", stem + ".npz", "--quiet", *options],
                       capture_output=True, text=True, timeout=120)
    if p.returncode:
        raise Fault(f"milc run {' '.join(options)}: {p.stderr}")
    return arrays(stem + ".npz")


def same(x, y, limit):
    return x == y or (x != x and y != y) or abs(x - y) <= limit


def compare(ours, theirs, deep, half, what):
    """Raises Fault where they lie apart by more than the bound; deep is 0 where the bits must be the same."""
    if ours.keys() != theirs.keys():
        raise Fault(f"{what}: outputs {sorted(ours)} and {sorted(theirs)}")
    for name, x in ours.items():
        y = theirs[name]
        if len(x) != len(y):
            raise Fault(f"{what}: {name} has {len(x)} and {len(y)} elements")
        most = max((abs(v) for v in x if abs(v) < float("inf")), default=0)
        whole = all(isinstance(v, int) for v in x)
        limit = 0 if whole or not deep else bound(most, deep, half)
        for i, (a, b) in enumerate(zip(x, y)):
            if not same(a, b, limit):
                raise Fault(f"{what}: {name}[{i}] is {a} and {b}, {limit:g} apart at most")


def has(milc, option):
    return option in subprocess.run([milc, "help", "run"], capture_output=True, text=True).stdout


def ways(seed, isas):
    """Three of the ways besides the ordinary one; the seed says which."""
    there = [["--isa", isa, "--threads", str(n)] for isa in isas for n in THREADS]
    return [there[seed % len(there)], there[(seed * 7 + 5) % len(there)], ["--no-fuse"]]


def check(milc, path, text, given, others, options):
    """What is wrong with how the program is computed, or an empty string. Leaves the inputs of what is."""
    half = "float16" in text or "fp16" in text or "FLOAT16" in text
    stem = os.path.splitext(path)[0]
    save(stem + ".in.npz", given)
    try:
        fast = run(milc, path, options)
        compare(run(milc, path, options + REFERENCE), fast, max(depth(text), 1), half, "--reference")
        for way in others:
            compare(fast, run(milc, path, options + way), 0, half, " ".join(way))
        os.remove(stem + ".in.npz")
    except Fault as e:
        return str(e)
    finally:
        if os.path.exists(stem + ".npz"):
            os.remove(stem + ".npz")
    return ""
