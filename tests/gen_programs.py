#!/usr/bin/env python3
"""Makes random programs that ought to compile, for comparing milc with coremltools.

  gen_programs.py SEED COUNT DIR      writes DIR/p<SEED>.mil … p<SEED+COUNT-1>.mil

The text of a program depends on its seed alone. The generator follows the shape and dtype of each
value itself (it asks neither compiler), so a mistake of its own shows as a program that both refuse.
gen_ops.py and gen_layers.py know the operations; here are values, constants, names, blocks and the calls around them.
Every program prints the shape and, where known, the value of each result, so that type inference and
folding are compared even for results that no output needs.
"""
import os
import random
import sys

import gen_layers as layers
import gen_ops as ops

MAKERS = {
    ops.unary: 10, ops.activation: 7, ops.binary: 14, ops.compare: 4, ops.logical: 4, ops.cast: 5, ops.select: 4,
    ops.reduce: 8, ops.arg_reduce: 2, ops.linear: 4, ops.matmul: 5, ops.einsum: 2, ops.reshape: 5, ops.transpose: 5,
    ops.expand: 4, ops.squeeze: 4, ops.slice_by_index: 5, ops.slice_by_size: 3, ops.blocks: 2, ops.reverse: 2,
    ops.sliding: 1, ops.split: 3, ops.concat: 5, ops.stack: 3, ops.pad: 3, ops.tile: 2, ops.small: 9, layers.gather: 4,
    layers.norm: 5, layers.conv: 5, layers.conv_transpose: 2, layers.pool: 4, layers.image: 3, layers.small_int: 2,
    layers.cond: 3, layers.loop: 2, layers.attention: 1,
}  # how often each is tried
DTYPES = {"fp32": "float32", "fp16": "float16", "int32": "int32", "bool": "bool_"}


class V:
    """A value: its Python name, shape (ints and names of symbols), dtype, whether it may be known."""

    def __init__(self, text, shape, dtype, known=False):
        self.text, self.shape, self.dtype, self.known = text, tuple(shape), dtype, known

    @property
    def rank(self):
        return len(self.shape)

    @property
    def static(self):
        return all(isinstance(d, int) for d in self.shape)

    @property
    def size(self):
        n = 1
        for d in self.shape:
            n *= d
        return n

    def __str__(self):
        return self.text


class Gen:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.seed = seed
        self.lines, self.indent, self.pool, self.count, self.names = [], 1, [], 0, 0
        self.depth, self.features, self.spoiled = 0, [], None
        r = self.r
        self.network = r.random() < 0.15
        self.target = r.choice([13, 14]) if self.network else r.choice([15, 16, 17, 18])
        self.opset = r.choice([0, 0, self.target]) if not self.network else r.choice([0, 0, 13])
        self.version = max(self.opset, 15) if self.opset else 15
        self.style = r.random()  # how often things are named
        self.symbolic = r.random() < 0.12
        self.wrong = r.random() < 0.06  # one number is changed for the worse

    # ---- text
    def put(self, line):
        self.lines.append("    " * self.indent + line)

    def chance(self, p):
        return self.r.random() < p

    def fresh(self):
        self.count += 1
        return f"v{self.count}"

    def number(self, dtype="fp32", positive=False):
        r = self.r
        if dtype == "bool":
            return r.choice(["True", "False"])
        if dtype == "int32":
            return str(r.randint(1, 4) if positive else r.randint(-3, 4))
        x = r.choice([0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 0.1, 2.5, 0.3])
        return repr(x if positive or r.random() < 0.7 else -x)

    def nested(self, shape, dtype, positive):
        if not shape:
            return self.number(dtype, positive)
        return "[" + ", ".join(self.nested(shape[1:], dtype, positive) for _ in range(shape[0])) + "]"

    def const(self, shape, dtype, positive=False, bare=False):
        """Text of a constant of the shape: a number, list, array of some dtype, or (unless bare) mb.const."""
        r, np_dtype = self.r, DTYPES[dtype]
        shape = tuple(shape)
        n = 1
        for d in shape:
            n *= d
        plain = dtype != "fp16"
        if not shape:
            x = self.number(dtype, positive)
            forms = [x, x, f"np.{np_dtype}({x})"] if plain else [f"np.float16({x})"]
            text = r.choice(forms)
        elif n <= 6 and plain and self.chance(0.4):
            text = self.nested(shape, dtype, positive)
        elif n <= 12 and self.chance(0.5):
            wide = {"fp32": ["np.float64", "np.float32"], "int32": ["np.int64", "np.int32"]}
            items, given = self.nested(shape, dtype, positive), r.choice(wide.get(dtype, ["np." + np_dtype]))
            text = f"np.array({items}, dtype={given})"
        elif dtype in ("fp32", "fp16"):
            make = r.choice([f"rng.rand{shape}" if len(shape) > 1 else f"rng.rand({n})",
                             f"np.linspace({'0.25' if positive else '-1.5'}, 1.5, {n}).reshape({shape})",
                             f"np.full({shape}, {self.number(dtype, positive)})"])
            if not positive and make.startswith("rng") and self.chance(0.5):
                make = f"({make} - 0.5)"
            text = f"{make}.astype(np.{np_dtype})"
            if plain and self.chance(0.15):
                text = make
        elif dtype == "bool":
            text = f"(np.arange({n}) % {r.randint(2, 3)} == 0).reshape({shape})"
        else:
            text = f"(np.arange({n}) % {r.randint(2, 5)}{'+ 1' if positive else ''}).reshape({shape})"
        if not bare and self.chance(0.08):
            named = f', name="{self.name("c")}"' if self.chance(0.4) else ""
            return f"mb.const(val={text}{named})"
        return text

    def ints(self, values):
        """Text of a list of ints, in one of the ways scripts write it."""
        values = [int(v) for v in values]
        if not values:
            return "[]"
        return self.r.choice([str(values), str(values), str(tuple(values)), f"np.array({values}, dtype=np.int32)",
                              f"np.array({values})"])

    def name(self, stem):
        self.names += 1
        r = self.r.random()
        if r < 0.04:
            return f"{stem} {self.names}/x"
        if r < 0.07:
            return f"{self.names}{stem}"
        if r < 0.10:
            return f"{stem}_0"
        return f"{stem}{self.names}"

    # ---- values
    def axis(self, rank):
        a = self.r.randrange(rank)
        return a, (a - rank if self.chance(0.4) else a)

    def signed(self, axes, rank):
        return [a - rank if self.chance(0.3) else a for a in axes]

    def pick(self, want=lambda v: True):
        """One of the values so far, later ones more often; None when none fits."""
        fits = [v for v in self.pool if want(v)]
        if not fits:
            return None
        k = int(len(fits) * (1 - self.r.random() ** 2))
        return fits[min(k, len(fits) - 1)]

    def operand(self, shape, dtype, positive=False, p=0.5):
        """(text, known) of an operand of exactly this shape: a value so far, or a constant."""
        v = self.pick(lambda u: u.shape == tuple(shape) and u.dtype == dtype)
        if v and not positive and self.chance(p):
            return str(v), v.known
        if not all(isinstance(d, int) for d in shape):
            return (str(v), v.known) if v else (None, False)
        return self.const(shape, dtype, positive), True

    def call(self, op, outs, /, **args):
        """Puts down `v = mb.op(…)`; outs lists (shape, dtype, known) of the results. Returns them."""
        parts = [f"{k}={v}" for k, v in args.items() if v is not None]
        if self.chance(0.15):
            self.r.shuffle(parts)
        if self.chance(0.5 * self.style):
            parts.append(f'name="{self.name(op[0])}"')
        text = f"mb.{op}({', '.join(parts)})"
        made = [V(self.fresh(), *o) for o in outs]
        if len(made) == 1:
            self.put(f"{made[0]} = {text}")
        else:
            self.put(f"{', '.join(map(str, made))} = {text}")
        for v in made:
            self.put(f"show({v})")
        self.pool += made
        return made

    def one(self, op, shape, dtype, known=False, /, **args):
        return self.call(op, [(shape, dtype, known)], **args)[0]

    def value(self, text, shape, dtype):
        """A parameter of a nested function."""
        self.pool.append(V(text, shape, dtype))

    def known_operand(self):
        """Now and then a constant of its own, so that whole expressions fold."""
        rank = self.r.randint(0, 3)
        dtype = self.r.choice(["fp32", "fp32", "fp16", "int32", "bool"])
        shape = tuple(self.r.choice([1, 2, 3, 4]) for _ in range(rank))
        v = V(self.fresh(), shape, dtype, True)
        self.put(f"{v} = mb.const(val={self.const(shape, dtype, bare=True)})")
        self.pool.append(v)

    def step(self):
        for _ in range(20):
            if self.chance(0.04):
                return self.known_operand()
            maker = self.r.choices(list(MAKERS), list(MAKERS.values()))[0]
            if maker(self):
                return None
        return None

    def steps(self, n):
        for _ in range(n):
            self.step()

    # ---- the whole
    def inputs(self):
        r, specs, symbols = self.r, [], []
        for i in range(r.choice([1, 1, 2, 2, 3])):
            rank = r.choice([1, 2, 3, 3, 4, 4, 5])
            shape = [r.choice([1, 2, 3, 4, 6]) for _ in range(rank)]
            if self.pool and self.chance(0.4) and self.pool[-1].static:
                shape = list(self.pool[-1].shape)[r.choice([0, 0, 1]):] or [1]
            if self.symbolic and self.chance(0.7):
                symbols.append(f"s{i}")
                shape[r.randrange(len(shape))] = f"s{i}"
            dtype = r.choice(["fp32"] * 6 + ["fp16", "int32", "bool"])
            if self.network and dtype != "int32":
                dtype = "fp32"
            v = V(f"x{i}", shape, dtype)
            self.pool.append(v)
            self.features.append((v.text, v.shape, dtype))
            size = "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"
            given = f", dtype=types.{dtype}" if dtype != "fp32" or self.chance(0.2) else ""
            specs.append(f"mb.TensorSpec(shape={size}{given})")
        return specs, symbols

    def outputs(self):
        r = self.r
        made = [v for v in self.pool if v.rank <= 5]
        n = r.choice([1, 1, 2, 2, 3])
        outs = made[-1:] + [r.choice(made) for _ in range(n - 1)]
        wanted = []
        for v in outs:
            if v.text not in [w.text for w in wanted]:
                wanted.append(v)
        r.shuffle(wanted)
        return wanted

    def program(self):
        r = self.r
        specs, symbols = self.inputs()
        params = ", ".join(str(v) for v in self.pool)
        self.steps(r.randint(3, 14))
        outs = self.outputs()
        self.put("return " + ", ".join(map(str, outs)))
        head = ["import numpy as np", "import coremltools as ct",
                "from coremltools.converters.mil import Builder as mb",
                "from coremltools.converters.mil.mil import types, get_new_symbol", "",
                f"rng = np.random.RandomState({self.seed})", ""]
        head += [f'{s} = get_new_symbol("{s}")' for s in symbols] + ["" for _ in symbols[:1]]
        head += ["def show(v):",
                 "    print(v.name, v.rank, v.shape, v.dtype == types.fp32, v.dtype == types.int32, v.val is None)",
                 "    if v.val is not None:", "        print(v.val)", "", ""]
        opset = f", opset_version=ct.target.iOS{self.opset}" if self.opset else ""
        head += [f"@mb.program(input_specs=[{', '.join(specs)}]{opset})", f"def prog({params}):"]
        return self.spoil("\n".join(head + self.lines) + "\n") + self.convert()

    def convert(self):
        r = self.r
        args = ["prog"]
        if self.network:
            if self.chance(0.7):
                args.append('convert_to="neuralnetwork"')
            if len(args) == 1 or self.chance(0.5):
                args.append(f"minimum_deployment_target=ct.target.iOS{self.target}")
        else:
            if self.chance(0.3):
                args.append('convert_to="mlprogram"')
            if self.opset or self.chance(0.5):
                args.append(f"minimum_deployment_target=ct.target.iOS{self.target}")
            if self.chance(0.6):
                args.append(f"compute_precision=ct.precision.FLOAT{r.choice(['16', '32', '32'])}")
        if len(args) == 1 and self.chance(0.5):
            return ""
        return f"\nmodel = ct.convert({', '.join(args)})\n"

    def spoil(self, text):
        """In a few programs one axis becomes wrong; milc must see it, coremltools does not always."""
        if not self.wrong:
            return text
        lines = text.split("\n")
        first = next(i for i, line in enumerate(lines) if line.startswith("def prog"))
        here = [i for i in range(first, len(lines)) if " = mb." in lines[i] and ", axis=" in lines[i]]
        if here:
            i = self.r.choice(here)
            self.spoiled = i + 1
            at = lines[i].index(", axis=") + 7
            end = next(k for k in range(at, len(lines[i])) if lines[i][k] in ",)")
            lines[i] = lines[i][:at] + self.r.choice(["7", "-9", "1.5", '"a"', "[0, 1]"]) + lines[i][end:]
        return "\n".join(lines)


def make(seed):
    return Gen(seed).program()


def main():
    seed, count, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    os.makedirs(folder, exist_ok=True)
    for s in range(seed, seed + count):
        with open(os.path.join(folder, f"p{s}.mil"), "w", encoding="utf-8") as f:
            f.write(make(s))


if __name__ == "__main__":
    main()
