"""The programs of gen_passes.py: random ones, of which gen_bounds.py knows how large their values become.

Program is a Gen (gen_programs.py), so the functions of gen_ops.py and gen_layers.py serve it. What it adds: each value
has a span and a grain; an operand that lies outside the domain of its operation is first brought into it; an operation
that may not be tried where it is (Skip) is taken back. Everything that nothing uses is an output.
"""
import re

import gen_bounds as bounds
import gen_programs

NAMES = re.compile(r"\b[vxab]\d+\b")
NUMBER = re.compile(r"^(?:np\.\w+\()?(-?\d+(?:\.\d*)?(?:e-?\d+)?)\)?$")
# Constants of shape (…, 1, 1), by that or as a list.
BY_CHANNEL = re.compile(r", 1, 1\)|\[\[[^][,]*\]\]")
NUMPY = {"fp32": "float32", "fp16": "float16", "int32": "int32", "bool": "bool_"}
# Operands that say how, not what: their numbers do not go into the result.
HOW = {"shape", "perm", "axes", "axis", "begin", "end", "stride", "size", "strides", "pad", "dilations", "groups",
       "reps", "kernel_sizes", "split_sizes", "num_splits", "output_shape", "epsilon", "k", "seed", "crops", "paddings",
       "block_shape", "pad_type", "lower", "upper", "begin_mask", "end_mask", "squeeze_mask", "lengths", "pred",
       "iou_threshold", "score_threshold", "boxes", "roi"}


class Skip(Exception):
    """This operation is not possible here."""


class Program(gen_programs.Gen):
    makers = {}   # functions and how often each is tried; gen_passes.py fills them in
    motifs = {}

    def __init__(self, seed, draw=0, networks=True):
        super().__init__(f"{seed}.{draw}")
        r = self.r
        self.network = self.network and networks
        self.given = set()
        self.number_of_arrays = r.randrange(1 << 30)
        self.target = r.choice([13, 14]) if self.network else r.choice([15, 16, 17, 17, 18, 18, 26])
        self.opset = self.target if not self.network else r.choice([13, self.target])
        self.version = self.opset
        self.symbolic = not self.network and r.random() < 0.3
        self.half = not self.network and r.random() < 0.6
        self.options, self.wanted = "", []  # of milc; what these options are about
        self.listed = False  # these passes and no others
        self.plain = False  # neither pictures nor classes
        self.spans, self.exact, self.loose = {}, False, set()
        # Integers that lost a fraction: cast_optimization, as the peer's, would see it again in a cast to bool.
        self.cut = set()
        self.symbols, self.states, self.outer, self.blocks, self.values = [], [], [], 0, {}

    # ---- constants: bounded, and mostly exact
    def const(self, shape, dtype, positive=False, bare=False):
        shape, r = tuple(shape), self.r
        n = 1
        for d in shape:
            n *= d
        low, grain = (0.25 if positive else -1.5), 0.25
        if dtype in ("bool", "int32"):
            text = super().const(shape, dtype, positive, True)
            self.spans[text] = ((-3, 5) if dtype == "int32" else (0, 1), 1.0)
        elif not shape:
            text = f"np.{NUMPY[dtype]}({self.number(dtype, positive)})"
            self.spans[text] = ((low, bounds.STEEP), 0.25)
        elif n <= 6 and dtype == "fp32" and self.chance(0.3):
            text = self.nested(shape, dtype, positive)
            self.spans[text] = ((low - 1, bounds.STEEP), 0.25)
        else:
            form = r.randrange(3)
            if form == 0:
                text, grain = f"rng.uniform({low}, 1.5, {shape})", 0.0
            elif form == 1:
                steps = f"(np.arange({n}) * {r.choice([3, 5, 7])} % {r.choice([8, 7, 5])}) * 0.25"
                text = f"({steps} - {-low}).reshape({shape})"
            else:
                text = f"np.full({shape}, {self.number(dtype, positive)})"
            text += f".astype(np.{NUMPY[dtype]})"
            self.spans[text] = ((low - 1, bounds.STEEP), grain)
        if not bare and self.chance(0.05):
            span = self.spans[text]
            text = f"mb.const(val={text})"
            self.spans[text] = span
        return text

    def number(self, dtype="fp32", positive=False):
        if dtype in ("bool", "int32"):
            return super().number(dtype, positive)
        x = self.r.choice([0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 0.25, 2.5, 0.5])
        return repr(x if positive or self.chance(0.7) else -x)

    def block(self):
        """The number of a nested function: its names are its own."""
        self.blocks += 1
        return self.blocks

    def np(self, v):
        return NUMPY[v.dtype]

    # ---- values
    def set(self, v, lo, hi, grain):
        v.span, v.grain = (lo, hi), grain
        self.spans[v.text] = (v.span, grain)
        self.values[v.text] = v
        self.loose.add(v.text)
        return v

    def pick(self, want=lambda v: True):
        if self.exact:
            return super().pick(lambda v: v.grain and want(v))
        return super().pick(want)

    def drop(self, v):
        """No output, and nothing that other operations use."""
        self.loose.discard(v.text)
        self.pool = [u for u in self.pool if u is not v]

    def input(self, shape, dtype):
        v = gen_programs.V(f"x{len(self.features)}", shape, dtype)
        self.features.append((v.text, v.shape, dtype))
        self.outer.append(v)
        if self.depth == 0:
            self.pool.append(v)
        self.set(v, 0, 1.001 if dtype in ("fp32", "fp16") else 1, 0.0 if dtype in ("fp32", "fp16") else 1.0)
        return v

    def floats(self, shape, dtype=None):
        """A float value of the shape: one that is there, or an input, perhaps with something done to it."""
        shape = tuple(shape)
        v = self.pick(lambda u: u.shape == shape and u.dtype in ("fp32", "fp16") and dtype in (None, u.dtype))
        if v and self.chance(0.8):
            return v
        if self.exact:
            v = self.one("cast", shape, "fp32", False, x=self.of(shape, "int32"), dtype='"fp32"')
        else:
            v = self.input(shape, dtype or ("fp16" if self.version >= 16 and self.chance(0.15) else "fp32"))
        if dtype in (None, v.dtype):
            return self.centred(v) if self.chance(0.3) else v
        return self.one("cast", shape, dtype, False, x=v, dtype=f'"{dtype}"')

    def of(self, shape, dtype):
        """Of exactly this shape and dtype."""
        if dtype in ("fp32", "fp16"):
            return self.floats(shape, dtype)
        v = self.pick(lambda u: u.shape == tuple(shape) and u.dtype == dtype)
        return v if v and self.chance(0.8) else self.input(shape, dtype)

    def integers(self):
        """A vector of integers that may be an index: 0 or 1."""
        return self.pick(lambda v: v.dtype == "int32" and v.rank == 1 and v.static and v.span == (0, 1)) or self.input(
            (self.r.randint(1, 4),), "int32")

    def centred(self, x):
        return self.one("sub", x.shape, x.dtype, False, x=x, y=f"np.{NUMPY[x.dtype]}(0.5)")

    # ---- keeping them small
    def put(self, line):
        """A value is shown by no program of these."""
        if not line.startswith("show("):
            super().put(line)

    def emit(self, text, shape, dtype, span, grain):
        named = [self.values[n] for n in NAMES.findall(text) if n in self.values]
        known = bool(named) and all(v.known for v in named)
        v = self.set(gen_programs.V(self.fresh(), shape, dtype, known), *span, grain)
        self.put(f"{v} = {text}")
        return v

    def tamed(self, v, lo, hi):
        """The value, or one made of it that lies between these."""
        if v.span[0] >= lo and v.span[1] <= hi:
            return v
        self.loose.discard(v.text)
        cast, low, high = f"np.{NUMPY[v.dtype]}", max(lo, v.span[0]), min(hi, v.span[1])
        if v.dtype == "int32":
            a = self.emit(f"mb.maximum(x={v}, y={int(lo)})", v.shape, v.dtype, (low, max(high, low)), 1.0)
            return self.emit(f"mb.minimum(x={a}, y={int(hi)})", v.shape, v.dtype, (min(low, hi), high), 1.0)
        if lo < 0 < hi and self.chance(0.5):
            k = 1.0
            while v.span[0] * k < lo or v.span[1] * k > hi:
                k /= 2
            if k >= 2 ** -10:
                return self.emit(f"mb.mul(x={v}, y={cast}({k}))", v.shape, v.dtype, (v.span[0] * k, v.span[1] * k),
                                 v.grain * k if v.grain * k >= 2 ** -14 else 0.0)
        if lo < -1 and hi > 1 and not v.grain and self.chance(0.3):
            return self.emit(f"mb.tanh(x={v})", v.shape, v.dtype, (-1, 1), 0.0)
        low = min(max(lo, v.span[0]), hi)
        high = max(min(hi, v.span[1]), low)
        return self.emit(f"mb.clip(x={v}, alpha={cast}({lo}), beta={cast}({hi}))", v.shape, v.dtype, (low, high),
                         v.grain)

    def operands(self, args):
        """key: (text, the values that it names)."""
        return {k: (str(t), [self.values[n] for n in NAMES.findall(str(t)) if n in self.values])
                for k, t in args.items() if t is not None and k not in HOW}

    def bring(self, op, row, args):
        """The arguments, with operands that lie in the operation's domain."""
        lo, hi = row.domain
        if op == "pow" and re.search(r"\b[23](\.0)?\)?$", str(args["y"])):
            lo = -hi
        for key, (text, named) in self.operands(args).items():
            for v in named:
                if v.dtype not in ("fp32", "fp16", "int32") or key == "indices":
                    continue
                u = self.tamed(v, lo, hi)
                if u is not v:
                    text = re.sub(rf"\b{v.text}\b", u.text, text)
            args[key] = text
        return args

    def spans_of(self, args):
        """The spans of the operands, by name, and the grains of those that are computed with."""
        spans, grains = {}, []
        for key, (text, named) in self.operands(args).items():
            found = NUMBER.match(text)
            if text in self.spans:
                span, grain = self.spans[text]
            elif found:
                x = float(found[1])
                span, grain = (x, x), 0.25 if x * 4 == int(x * 4) else 0.0
            elif named:
                span = min(v.span[0] for v in named), max(v.span[1] for v in named)
                grain = min(v.grain for v in named)
            elif key in ("y", "values", "updates", "update", "a", "b", "data", "weight", "bias", "constant_val"):
                span, grain = (-bounds.STEEP, bounds.STEEP), 0.0
            else:
                continue
            spans[key] = span
            grains.append(grain)
        return spans, grains

    def settled(self, op, outs, args):
        """The arguments, without what rounding would grow by or coremltools refuses."""
        args, half = dict(args), f"np.{NUMPY.get(outs[0][1])}"
        if op in ("layer_norm", "instance_norm", "l2_norm"):
            args["epsilon"] = f"{half}(0.25)"
        if op == "local_response_norm":
            args["alpha"] = args["beta"] = args["k"] = f"{half}(1)"
        if op == "gather" and "-" in str(args.get("indices")):
            args["validate_indices"] = None  # which takes none that count from the end
        if op == "cumsum" and args.get("axis") is not None:
            args["axis"] = int(args["axis"]) % len(outs[0][0])
        return args

    def name(self, stem):
        """One that no other value has."""
        name = super().name(stem)
        if name in self.given:
            name = f"{stem}{self.names}"
        self.given.add(name)
        return name

    def impossible(self, op, out, grains, named):
        """What would jump, or what coremltools does not take: constants that become scalars, slopes by channel."""
        shape, dtype, known = out
        to = dtype if op == "cast" else ""
        if (bounds.row(op).exact == "jump" or to in ("int32", "bool")) and not (grains and all(grains)):
            return True
        scalar = tuple(shape) == () and (op == "squeeze" or op == "slice_by_index" and dtype not in ("fp32", "int32"))
        return (op == "select" and grains and not grains[0] or op == "prelu" and len(shape) != 4 or
                known and (op == "flatten2d" or scalar) or to == "bool" and any(v.text in self.cut for v in named))

    def call(self, op, outs, /, **args):
        row = bounds.row(op)
        args = self.bring(op, row, self.settled(op, outs, args))
        spans, grains = self.spans_of(args)
        named = [v for _, vs in self.operands(args).values() for v in vs]
        known = bool(named) and all(v.known for v in named)  # or it may be
        known = known or op == "select" and not NAMES.search(str(args["cond"]))
        # What is known may come out of a loop, where this does not see it: a constant has axes on both sides.
        known = known or op == "flatten2d" and int(args["axis"]) % named[0].rank == 0
        if self.impossible(op, (*outs[0][:2], known), grains, named):
            raise Skip(op)
        before, after = size(named[0].shape) if named else 1, size(outs[0][0])
        if op == "mul" and len(outs[0][0]) == 4 and any(BY_CHANNEL.search(str(args[k])) for k in "xy"):
            grains = [0.0]  # it may become a batch_norm, whose epsilon makes it a little smaller
        span = row.bound(bounds.Call(spans, before, after, terms(op, named[0] if named else None)))
        cut = any(v.text in self.cut for v in named) or op == "cast" and outs[0][1] == "int32" and named[0].grain < 1
        made = []
        for shape, dtype, folds in outs:
            v = gen_programs.V(self.fresh(), shape, dtype, known or folds)
            made.append(self.set(v, *span, bounds.grain(row.exact, grains, dtype, span)))
            if cut:
                self.cut.add(v.text)
        for t in args.values():
            self.loose -= set(NAMES.findall(str(t)))
        self.loose |= {v.text for v in made}
        self.pool += made
        parts = [f"{k}={v}" for k, v in args.items() if v is not None]
        if self.chance(0.25 * self.style):
            parts.append(f'name="{self.name(op[0])}"')
        self.put(f"{', '.join(map(str, made))} = mb.{op}({', '.join(parts)})")
        return made

    def masked(self, op, x, **args):
        """On a mask of infinities: its bounds are known without it."""
        self.put(f"{self.fresh()} = mb.{op}(x={x}, {', '.join(f'{k}={v}' for k, v in args.items())})")
        v = self.set(gen_programs.V(f"v{self.count}", x.shape, x.dtype, x.known), 0, 1, 0.0)
        self.pool.append(v)
        return v

    # ---- the whole
    def attempt(self, maker):
        """Whether the maker did something; what it began and did not end is taken back."""
        kept = (len(self.lines), list(self.pool), self.count, set(self.loose), len(self.features), len(self.outer),
                len(self.states))
        try:
            if maker(self):
                return True
        except Skip:
            pass
        del self.lines[kept[0]:], self.features[kept[4]:], self.outer[kept[5]:], self.states[kept[6]:]
        self.pool, self.count, self.loose = kept[1], kept[2], kept[3]
        return False

    def place(self, motif):
        """Puts down a motif; what lies within is mostly its own."""
        before = len(self.pool)
        if not self.attempt(motif):
            return False
        if self.chance(0.8):
            self.pool = self.pool[:before] + [v for v in self.pool[before:] if v.text in self.loose]
        return True

    def step(self):
        for _ in range(20):
            self.exact = self.chance(0.25)
            if self.chance(0.2):
                if self.place(self.r.choices(list(self.motifs), list(self.motifs.values()))[0]):
                    return
            elif self.attempt(self.r.choices(list(self.makers), list(self.makers.values()))[0]):
                return

    def inputs(self):
        r = self.r
        for _ in range(r.choice([1, 2])):
            rank = r.choice([1, 2, 3, 4, 4, 5])
            dtype = "fp16" if self.version >= 16 and r.random() < 0.15 else "fp32"
            shape = [r.choice([1, 2, 3, 4, 6]) for _ in range(rank)]
            if self.symbolic and self.chance(0.6):
                self.symbols.append(f"s{len(self.symbols)}")
                shape[r.randrange(rank)] = self.symbols[-1]
            self.input(shape, dtype)
        self.input([r.choice([1, 2, 3, 4]) for _ in range(r.randint(1, 4))], "int32")
        v = self.outer[-1]
        self.one("cast", v.shape, "fp32", False, x=v, dtype='"fp32"')

    def outputs(self):
        """What nothing uses."""
        outs = [v for v in self.pool if v.text in self.loose and v.rank <= 5 and not v.text.startswith("x")]
        outs = outs or [self.one("identity", self.pool[-1].shape, self.pool[-1].dtype, x=self.pool[-1])]
        outs = [v if v.grain else self.anchored(v) for v in outs]
        if self.network and self.chance(0.4):  # an input that leaves as it came
            outs += [v for v in self.outer[:1] if v.dtype == "fp32"]
        return outs

    def anchored(self, v):
        """With a one behind it. Numbers are compared as parts of the largest: where terms cancel out everywhere, that
        would be no larger than what is rounded away."""
        text = f"(mb.reshape(x={v}, shape=[-1]), np.ones(1, np.{NUMPY[v.dtype]}))"
        return self.emit(f"mb.concat(values={text}, axis=0)", (size(v.shape) + 1,), v.dtype, v.span, 0.0)


def size(shape):
    n = 1
    for d in shape:
        n *= d if isinstance(d, int) else 2
    return n


def terms(op, x):
    """How many products a matrix product or convolution adds up; x is the first value among its operands."""
    if op not in ("matmul", "linear", "einsum", "conv", "conv_transpose", "conv_quantized"):
        return 1
    if op == "matmul":
        return max(size((d,)) for d in x.shape[-2:])
    if op == "linear":
        return size(x.shape[-1:])
    return max(map(lambda d: size((d,)), x.shape)) if op == "einsum" else size(x.shape[1:2]) * 3 ** (x.rank - 2)
