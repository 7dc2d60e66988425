#!/usr/bin/env python3
"""gen_numpy.py [SEED [COUNT]]: random calls of NumPy's functions with odd arguments, each tried with
NumPy and with milc: both must refuse, or both print the same. Needs NumPy 2 (build/venv)."""
import os, random, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np

MILC = os.environ.get("MILC", os.path.join(os.path.dirname(__file__), "..", "build", "milc"))
ARRAYS = """np.float32(3) np.int64(-2) np.bool_(True) np.array(1.5) np.array(7,dtype=np.int8) 3 2.5 True
np.arange(4) np.arange(6.).reshape(2,3) np.zeros((0,3)) np.ones((2,1,3),np.float16)
np.array([True,False,True]) np.array([[3,1,2],[0,5,4]],dtype=np.uint8) [1,2,3] [[1.5],[2.5]]
np.array([2.0,np.nan,-1.0]) np.arange(8)[::2] np.array(['b','a']) [] (4,5)""".split()
INTS = "0 1 -1 2 -2 5 None".split()
AXES = INTS + "(0,) (0,1) (-1,0) () 1.0 True np.int32(0)".split()
SHAPES = "6 (2,3) (3,2) (-1,) (1,-1) () (0,) (2,2) -1 [3,2] (1,1,4)".split()
DTYPES = """np.bool_ bool np.int8 np.uint8 np.int32 np.int64 np.float16 np.float32 np.float64
int float 'f4' 'float16'""".split()
ONE = "sum prod max min any all mean std var argmax argmin cumsum cumprod sort argsort".split()
FORMS = [
    *["np.%s({a})" % f for f in ONE + "ravel squeeze transpose negative abs sqrt floor sign isnan "
      "logical_not invert round nonzero exp2 square".split()],
    *["np.%s({a}, axis={x})" % f for f in ONE + ["squeeze", "expand_dims", "flip"]],
    *["np.%s({a}, axis={x}, keepdims=True)" % f for f in ONE[:11]],
    *["np.%s({a}, {b})" % f for f in "add subtract multiply divide floor_divide mod power maximum "
      "minimum less equal logical_and bitwise_and left_shift matmul dot outer array_equal "
      "allclose".split()],
    *["{a} %s {b}" % o for o in "+ - * / // % ** < == & @".split()],
    "np.sum({a}, dtype={d})", "np.arange({i}, {i}, {j})", "np.arange({j}, dtype={d})",
    "np.linspace({i}, {j}, 3, dtype={d})", "np.zeros({s}, {d})", "np.full({s}, {a})",
    "np.full({s}, {a}, dtype={d})", "np.eye(2, 3, {i}, dtype={d})", "np.reshape({a}, {s})",
    "np.broadcast_to({a}, {s})", "np.swapaxes({a}, {i}, {j})", "np.transpose({a}, {x})",
    "np.concatenate([{a}, {b}])", "np.concatenate([{a}, {b}], axis={x})", "np.stack([{a}, {b}], {i})",
    "np.hstack([{a}, {b}])", "np.vstack([{a}, {b}])", "np.split({a}, {j})", "np.split({a}, {j}, {i})",
    "np.array_split({a}, {j})", "np.split({a}, {l})", "np.tile({a}, {s})", "np.repeat({a}, {j})",
    "np.repeat({a}, {j}, axis={i})", "np.roll({a}, {j})", "np.roll({a}, {j}, {i})",
    "np.pad({a}, {j})", "np.pad({a}, (({j}, {i}),))", "np.pad({a}, 1, mode='edge')", "np.tril({a})",
    "np.clip({a}, {i}, {j})", "np.where({a}, {b}, {i})", "np.array({a}, dtype={d})",
    "np.asarray({a}).astype({d})", "np.asarray({a})[{k}]", "np.asarray({a}).reshape({s})",
    "{a}[{k}]", "np.float32(3)[{k}]", "np.squeeze({a}, {x})", "np.iinfo({d})", "np.finfo({d})",
    "np.round({a}, {i})", "np.asarray({a}).flatten()", "np.asarray({a}).tolist()",
    "np.asarray({a}).item()", "np.shape({a})", "np.size({a})", "np.ndim({a})", "np.isclose({a}, {b})",
    "np.ones_like({a})", "np.full_like({a}, {b})", "np.zeros_like({a}, dtype={d})", "{d}({a})",
]
KEYS = "0 -1 ... None :: 1: ::-1 (0,1) [0,0] True (...,0) (None,0) np.array([True,False,True])".split()


def statement(r):
    pick = {"x": AXES, "i": INTS, "j": INTS, "s": SHAPES, "d": DTYPES, "k": KEYS,
            "l": ["[1]", "[1,2]", "(0,5)", "[]", "[-1]"]}
    return r.choice(FORMS).format(a=r.choice(ARRAYS), b=r.choice(ARRAYS),
                                  **{k: r.choice(v) for k, v in pick.items()})


def numpy_says(text):
    try:
        with np.errstate(all="ignore"):
            return repr(eval(text, {"np": np}))
    except Exception as e:
        return "refused: %s: %s" % (type(e).__name__, e)


def milc_says(text):
    with tempfile.NamedTemporaryFile("w", suffix=".mil") as f:
        f.write("import numpy as np\nprint(repr(%s))\n" % text)
        f.flush()
        p = subprocess.run([MILC, f.name], capture_output=True, text=True, timeout=60)
    if p.returncode not in (0, 1) or "internal error" in p.stderr:
        return "died: %d %s" % (p.returncode, p.stderr)
    if ": error:" in p.stderr and ".mil:2:" in p.stderr:
        return "refused: " + p.stderr.split("error: ")[1].split("\n")[0]
    return p.stdout.rstrip("\n")


def main():
    r = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    texts = sorted({statement(r) for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 500)})
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(milc_says, texts))
    bad = 0
    for text, ours in zip(texts, said):
        theirs = numpy_says(text)
        if ours == theirs or (ours.startswith("refused") and theirs.startswith("refused")):
            continue
        bad += 1
        print("%s\n    numpy: %s\n    milc:  %s" % (text, theirs, ours))
    print("%d of %d differ" % (bad, len(texts)))
    return bad > 0


if __name__ == "__main__":
    import warnings
    warnings.simplefilter("ignore")
    sys.exit(main())
