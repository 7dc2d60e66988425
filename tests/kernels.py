#!/usr/bin/env python3
"""kernels.py MILC [FILTER] [--count N] [--seed S] [--every N]: the fast kernels give the same bits with each
instruction set that this processor has, with 1, 2, 3 and 8 threads, and with ops fused or each by itself; and lie as
near to the reference evaluators as their row says.

Cases stand in tests/kernels/FAMILY.py: cases(rng, count) yields Case(name, inputs, body, bound). `inputs` are
{name: shape}, or (shape, "int32"); a dimension "7" is not known before a run, which is given 7. Float inputs are tried
as fp32 and as fp16. The body is lines of a program that ends
with a return. Values of inputs are drawn by `milc run --seed`: floats in [0, 1), which the body may scale. The bound is
the largest difference to the reference, as a share of the output's largest magnitude: of fp32, fp16.
"""
import argparse
import array
import importlib.util
import os
import random
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections import namedtuple

HEAD = """import numpy as np
import coremltools as ct
from coremltools.converters.mil import Builder as mb
from coremltools.converters.mil.mil import types, get_new_symbol
rng = np.random.default_rng({seed})
KIND, N = "{kind}", np.{numpy}
def W(*s):
    return (rng.standard_normal(s) * 0.5).astype(np.{numpy})
"""


class Case(namedtuple("Case", "name inputs body bound only head")):
    def __new__(cls, name, inputs, body, bound=(4e-7, 1e-3), only=("fp32", "fp16"), head=""):
        return super().__new__(cls, name, inputs, body, bound, only, head)


def script(case, precision, seed):
    numpy = {"fp32": "float32", "fp16": "float16"}[precision]
    specs, inputs = [], []
    for name, shape in case.inputs.items():
        dtype = precision
        if isinstance(shape, tuple) and len(shape) == 2 and isinstance(shape[1], str) and not shape[1].isdigit():
            shape, dtype = shape
        dims = ["get_new_symbol()" if isinstance(n, str) else str(n) for n in shape]
        specs.append(f"mb.TensorSpec(shape=({''.join(d + ', ' for d in dims)}), dtype=types.{dtype})")
        if dims != [str(n) for n in shape]:
            ranges = [f"ct.RangeDim({n}, 64)" if isinstance(n, str) else str(n) for n in shape]
            inputs.append(f"ct.TensorType(name='{name}', shape=({', '.join(ranges)}))")
    body = "\n".join(f"    {line}" for line in case.body.strip().split("\n"))
    end = (f"ct.convert(main, inputs=[{', '.join(inputs)}], minimum_deployment_target=ct.target.iOS18, "
           f"compute_precision=ct.precision.{precision.replace('fp', 'FLOAT')}, "
           "pass_pipeline=ct.PassPipeline.EMPTY)\n" if inputs else "")
    return (HEAD.format(seed=seed, numpy=numpy, kind=precision) + case.head +
            f"@mb.program(input_specs=[{', '.join(specs)}], opset_version=ct.target.iOS18)\n"
            f"def main({', '.join(case.inputs)}):\n{body}\n{end}")


def arrays(path):
    """Name, type and elements of each array of an .npz file, and its bytes with every NaN the same."""
    out = {}
    with zipfile.ZipFile(path) as z:
        for name in z.namelist():
            data = z.read(name)
            n = struct.unpack("<H", data[8:10])[0] if data[6] == 1 else struct.unpack("<I", data[8:12])[0]
            at = (10 if data[6] == 1 else 12) + n
            header = eval(data[at - n:at].decode())  # a literal that milc wrote
            kind = header["descr"][1:]
            body = data[at:]
            if kind == "f2":
                values = [v[0] for v in struct.iter_unpack("<e", body)]
            elif kind == "b1":
                values = list(body)
            else:
                values = array.array({"f4": "f", "i4": "i", "f8": "d"}[kind], body).tolist()
            bits = [v if v == v else "nan" for v in values] if any(v != v for v in values) else body
            out[name] = (header["shape"], values, bits)
    return out


def difference(a, b):
    """The largest, as a share of the largest magnitude of b; infinite where one is no number and the other is."""
    most = max((abs(v) for v in b if v == v and abs(v) != float("inf")), default=0) or 1
    worst = 0
    for x, y in zip(a, b):
        if x == y or (x != x and y != y):
            continue
        gap = abs(x - y)
        worst = max(worst, gap / most if gap == gap else float("inf"))
    return worst


def run(milc, cwd, *args):
    p = subprocess.run([milc, *args], cwd=cwd, capture_output=True, text=True)
    if p.returncode:
        raise RuntimeError(f"milc {' '.join(args)}: {p.stderr[:800]}")


def check(milc, cwd, case, precision, seed, sets):
    """What is wrong, or None; and the difference to the reference."""
    with open(os.path.join(cwd, "k.mil"), "w", encoding="utf-8") as f:
        f.write(script(case, precision, seed))
    run(milc, cwd, "k.mil", "-q", "--precision", precision, "--passes=none", "-o", "k.mlpackage")
    ways = [["--isa", s, "--threads", "1"] for s in sets] + [["--threads", n] for n in "238"] + [["--no-fuse"]]
    first = None
    for way in ways:
        run(milc, cwd, "run", "-q", "--seed", str(seed), *way, "k.mlpackage", "-o", "k.npz")
        got = arrays(os.path.join(cwd, "k.npz"))
        first = first or got
        for name in first:
            if got[name][0] != first[name][0]:
                return f"{' '.join(way)}: shape {got[name][0]}, expected {first[name][0]}", 0
            if got[name][2] != first[name][2]:
                at = next(i for i, (x, y) in enumerate(zip(first[name][1], got[name][1])) if x != y)
                return (f"{' '.join(way)}: other bits of {name} than with {' '.join(ways[0])}: element {at} is "
                        f"{got[name][1][at]!r}, expected {first[name][1][at]!r}"), 0
    run(milc, cwd, "run", "-q", "--seed", str(seed), "--reference", "k.mlpackage", "-o", "k.npz")
    want = arrays(os.path.join(cwd, "k.npz"))
    worst = 0
    for name in first:
        if want[name][0] != first[name][0]:
            return f"{name} has shape {first[name][0]}, by the reference {want[name][0]}", 0
        worst = max(worst, difference(first[name][1], want[name][1]))
    bound = case.bound[precision == "fp16"]
    return (f"lies {worst:.3g} from the reference, at most {bound:.3g} is allowed" if worst > bound else None), worst


def families(folder):
    for name in sorted(os.listdir(folder)):
        if name.endswith(".py"):
            spec = importlib.util.spec_from_file_location(name[:-3], os.path.join(folder, name))
            module = importlib.util.module_from_spec(spec)
            module.Case = Case
            spec.loader.exec_module(module)
            yield name[:-3], module


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("milc")
    ap.add_argument("filter", nargs="?", default="")
    ap.add_argument("--count", type=int, default=3)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--every", type=int, default=1, help="only each Nth case")
    ap.add_argument("-v", action="store_true", help="show the difference of each")
    a = ap.parse_args()
    milc = os.path.abspath(a.milc)
    listed = subprocess.run([milc, "run", "--isa", "?", "x"], capture_output=True, text=True).stderr
    sets = [s for s in ("avx512", "avx2", "neon", "plain") if s in listed] or ["plain"]
    passed = failed = number = 0
    with tempfile.TemporaryDirectory() as cwd:
        for family, module in families(os.path.join(os.path.dirname(os.path.abspath(__file__)), "kernels")):
            rng = random.Random(a.seed)
            for case in module.cases(rng, a.count):
                for precision in case.only:
                    name = f"{family}/{case.name}.{precision}"
                    seed = rng.randrange(1, 10**6)
                    number += 1
                    if a.filter not in name or number % a.every:
                        continue
                    try:
                        wrong, worst = check(milc, cwd, case, precision, seed, sets)
                    except RuntimeError as e:
                        wrong, worst = str(e), 0
                    passed, failed = passed + (not wrong), failed + bool(wrong)
                    print(f"{'FAILED' if wrong else 'ok'} kernels {name}" + (f" {worst:.3g}" if a.v else ""))
                    if wrong:
                        print(f"  {wrong}\n{script(case, precision, seed)}", file=sys.stderr)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)


main()
