"""formulas.py: the names of conditions, each computed by the formula that stands in src/ane/names.def.

Written from those sentences and from the saved package (saved.py), not from milc's code, so that the two
can be compared. A name is a method; UNKNOWN is what only a run could tell, ABSENT what makes no sense of
the operation.
"""
import math

import numpy as np
from saved import BITS, Type


class Mark:
    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return self.name


UNKNOWN, ABSENT = Mark("unknown"), Mark("absent")
CHANNELS = {
    "conv", "conv_transpose", "avg_pool", "max_pool", "l2_pool", "upsample_nearest_neighbor", "upsample_bilinear",
    "prelu", "batch_norm", "instance_norm", "local_response_norm",
}  # fmt: skip
POOLS = {"avg_pool", "max_pool", "l2_pool"}
OPEN = {
    "compute_units", "masked_write", "max_abs", "max_abs_out", "max_index", "n_programs", "loaded_programs", "compiles",
    "n_blobs", "n_ane_regions", "preferred", "in_names", "out_names", "in_alloc_bytes", "out_alloc_bytes",
    "alloc_bytes", "packed", "offset",
}  # fmt: skip
PARAMS = {
    "groups", "equation", "k", "axis", "sampling_mode", "padding_mode", "block_size", "reps", "interleave",
}  # fmt: skip
WHOLE = {
    "fam", "cap", "max_dim_all", "flex", "enumerated_shapes", "bucketed", "weight_bytes", "n_segments", "has_op",
}  # fmt: skip


def product(sizes):
    return UNKNOWN if sizes is UNKNOWN or None in sizes else math.prod(sizes)


def size(dims, axis):
    if dims is None:
        return UNKNOWN
    return UNKNOWN if dims[axis] is None else dims[axis]


def plain(a):
    """An array as Python has it: a number, a text, or a tuple."""
    if a is None:
        return UNKNOWN
    return tuple(a.ravel().tolist()) if a.ndim else a.item()


class Program:
    """A function on a family: what its operations share."""

    def __init__(self, function, family, table):
        self.f, self.fam, self.table = function, family, table
        self.n_segments = UNKNOWN
        self.ops = [o for o in function.ops if o.type != "const" and not o.type.startswith("constexpr_")]
        self.sites = [Site(self, o) for o in self.ops]

    def weight_bytes(self):
        total, seen = 0, set()
        for op in self.f.ops:
            for m in op.message.attributes.values():
                total += saved_bytes(m)
            for values in op.args.values():
                for v in values:
                    if v.op is None and v.literal is not None and id(v) not in seen:
                        seen.add(id(v))
                        total += saved_bytes(v.literal)
        return total


def saved_bytes(message):
    t = Type(message.type)
    if t.kind != "tensor" or t.dims is None or None in t.dims:
        return 0
    n = math.prod(t.dims)
    return (n * BITS[t.dtype] + 7) // 8 if n > 10 else 0


class Site:
    """An operation of a program: its names."""

    def __init__(self, program, op):
        self.p, self.o, self.f = program, op, program.f
        order = program.table.get(op.type, [])
        names = [n for n in order if n in op.args] + sorted(n for n in op.args if n not in order)
        self.params = order
        self.operands = [v for n in names for v in op.args[n]]
        self.tensors = [v for v in self.operands if v.tensor and not self.constant(v)]
        self.tensors += [v for v in op.results if v.tensor]
        self.memo = {}

    def get(self, name):
        if name not in self.memo:
            if name in OPEN:
                value = UNKNOWN
            elif name in PARAMS:
                value = self.param(name)
            else:
                value = getattr(self, name)
                value = value() if callable(value) else value
            self.memo[name] = value
        return self.memo[name]

    # ---- constants ----
    def constant(self, v):
        """A constant, or made of constants alone."""
        if v.literal is not None:
            return True
        if v.op is None or v.op.blocks:
            return False
        if not hasattr(v.op, "is_constant"):
            operands = [a for values in v.op.args.values() for a in values]
            v.op.is_constant = v.op.type.startswith("constexpr_") or bool(
                operands and all(self.constant(a) for a in operands)
            )
        return v.op.is_constant

    def array(self, v):
        if v.literal is None:
            return None
        if not hasattr(v, "held"):
            v.held = self.f.model.array(v.literal)
        return v.held

    def has(self, name):
        return bool(self.o.args.get(name))

    def arg(self, name):
        return self.o.args[name][0] if self.has(name) else None

    def value(self, name, default=ABSENT):
        """The constant of an operand; default where it is left out."""
        if not self.has(name):
            return default
        values = [plain(self.array(v)) if v.literal is not None else UNKNOWN for v in self.o.args[name]]
        if len(values) == 1:
            return values[0]
        return UNKNOWN if UNKNOWN in values else tuple(values)

    def param(self, name):
        if name not in self.params and not self.has(name):
            return ABSENT
        return self.value(name, self.p.table.default(self.o.type, name))

    def const(self, name):
        return all(self.constant(v) for v in self.o.args.get(name, []))

    def trivial(self, name):
        if not self.has(name):
            return True
        if not self.const(name):
            return False
        a = self.array(self.arg(name))
        if a is None:
            return UNKNOWN
        return bool(np.all(a == (0 if name in ("beta", "bias") else 1)))

    # ---- the input ----
    def input(self):
        for v in self.operands:
            if v.tensor and not self.constant(v):
                return v
        for v in self.o.results[:1]:
            if v.tensor:
                return v
        return None

    def in_dims(self):
        v = self.input()
        return ABSENT if v is None else UNKNOWN if v.type.dims is None else v.type.dims

    def with_channels(self):
        return self.o.type in CHANNELS

    def pick(self, choose):
        """A size of the input: choose(rank) says which axis, None for 1."""
        dims = self.in_dims()
        if dims is ABSENT or dims is UNKNOWN:
            return dims
        dims = dims[-5:]
        axis = choose(len(dims))
        return 1 if axis is None else size(dims, axis)

    def B(self):
        return self.pick(lambda r: 0 if r in (4, 5) or (r == 3 and self.with_channels()) else None)

    def C(self):
        def choose(r):
            if r == 3:
                return 1 if self.with_channels() else 0
            return {5: 2, 4: 1}.get(r)

        return self.pick(choose)

    def D(self):
        if self.o.type == "layer_norm":
            dims, axes = self.in_dims(), self.value("axes", UNKNOWN)
            if dims is UNKNOWN or axes is UNKNOWN:
                return UNKNOWN
            axes = axes if isinstance(axes, tuple) else (axes,)
            return product([dims[a] for a in axes])
        return self.pick(lambda r: 1 if r == 5 else None)

    def H(self):
        return self.pick(lambda r: None if r < 2 or (r == 3 and self.with_channels()) else r - 2)

    def W(self):
        return self.pick(lambda r: r - 1 if r else None)

    def last_dim(self):
        for v in self.operands:
            if v.type.kind == "state":
                return UNKNOWN if v.type.dims is None else size(v.type.dims, -1) if v.type.dims else 1
        return self.get("W")

    # ---- all tensors ----
    def rank(self):
        ranks = [None if v.type.dims is None else len(v.type.dims) for v in self.tensors]
        return ABSENT if not ranks else UNKNOWN if None in ranks else max(ranks)

    def rank_in(self):
        dims = self.in_dims()
        return dims if dims in (ABSENT, UNKNOWN) else len(dims)

    def rank_out(self):
        if not self.o.results or not self.o.results[0].tensor:
            return ABSENT
        dims = self.o.results[0].type.dims
        return UNKNOWN if dims is None else len(dims)

    def sizes(self):
        if not self.tensors:
            return ABSENT
        if any(v.type.dims is None or None in v.type.dims for v in self.tensors):
            return UNKNOWN
        return [n for v in self.tensors for n in v.type.dims]

    def max_dim(self):
        s = self.sizes()
        return s if isinstance(s, Mark) else max(s, default=1)

    def min_dim(self):
        s = self.sizes()
        return s if isinstance(s, Mark) else min(s, default=1)

    def max_dim_all(self):
        each = [m for m in (s.get("max_dim") for s in self.p.sites) if m is not ABSENT]
        return UNKNOWN if UNKNOWN in each else max(each, default=ABSENT)

    def static_shape(self):
        known = all(v.type.dims is not None and None not in v.type.dims for v in self.tensors)
        return known or self.f.flex == "enumerated"

    def flex(self):
        return self.f.flex

    def enumerated_shapes(self):
        return self.f.flex == "enumerated"

    def bucketed(self):
        return self.f.flex != "range"

    def fam(self):
        return self.p.fam

    def cap(self):
        return 16384 if self.p.fam < 16 else 65536

    def last_dim_kept(self):
        if self.o.type == "transpose":
            perm, dims = self.value("perm", UNKNOWN), self.in_dims()
            if perm is UNKNOWN or dims is UNKNOWN:
                return UNKNOWN
            if not dims:
                return True
            return perm[-1] in (-1, len(dims) - 1)
        if self.o.type == "reshape":
            a, b = self.in_dims(), self.o.results[0].type.dims
            if a is UNKNOWN or b is None:
                return UNKNOWN
            a, b = a or [1], b or [1]
            return UNKNOWN if None in (a[-1], b[-1]) else a[-1] == b[-1]
        return ABSENT

    def same_other_dims(self):
        if self.o.type != "concat":
            return ABSENT
        axis = self.value("axis", UNKNOWN)
        each = [v.type.dims for v in self.o.args.get("values", [])]
        if axis is UNKNOWN or None in each:
            return UNKNOWN
        rest = [[n for k, n in enumerate(d) if k != axis % len(d)] for d in each]
        if any(len(r) != len(rest[0]) for r in rest):
            return False
        columns = list(zip(*rest))
        if any(len({n for n in c if n is not None}) > 1 for c in columns):
            return False
        return UNKNOWN if len(each) > 1 and any(None in c for c in columns) else True

    def bcast_ok(self):
        if self.p.fam != 13 or not (self.o.type == "select" or self.o.type in self.p.table.broadcast):
            return True
        each = [v.type.dims for v in self.operands if v.tensor and v.type.dims is not None]
        depth = [d[1] for d in each if len(d) == 5]
        known = [d == 1 for d in depth if d is not None]
        if True in known and False in known:
            return False
        return UNKNOWN if len(depth) > 1 and None in depth else True

    def same_shape(self, a, b):
        a, b = self.arg(a), self.arg(b)
        if a is None or b is None:
            return ABSENT
        a, b = a.type.dims, b.type.dims
        if a is None or b is None:
            return UNKNOWN
        if len(a) != len(b) or any(x != y for x, y in zip(a, b) if None not in (x, y)):
            return False
        return UNKNOWN if None in a or None in b else True

    # ---- compressed weights ----
    def wrapper(self, name="weight"):
        """The constexpr operation that makes an operand."""
        v = self.arg(name)
        if v is not None and v.op is not None and v.op.type.startswith("constexpr_"):
            return v.op
        return None

    def maker(self):
        """That of weight; of a sparse one that of what is not zero, if there is one."""
        op = self.wrapper()
        if op is not None and op.type == "constexpr_sparse_to_dense":
            inner = getattr(self.piece(op, "nonzero_data"), "op", None)
            if inner is not None and inner.type.startswith("constexpr_"):
                return inner
        return op

    @staticmethod
    def piece(op, name):
        """An operand of a constexpr operation: its message, in an attribute or bound; else its value."""
        if op is None:
            return None
        if name in op.message.attributes:
            return op.message.attributes[name]
        if op.args.get(name):
            v = op.args[name][0]
            return v.literal if v.literal is not None else v
        return None

    def piece_type(self, op, name):
        m = self.piece(op, name)
        return None if m is None else m.type if hasattr(m, "users") else Type(m.type)

    def piece_array(self, op, name):
        m = self.piece(op, name)
        return None if m is None or hasattr(m, "users") else self.f.model.array(m)

    def palettized(self, name):
        if name not in self.params and not self.has(name):
            return ABSENT
        op = self.wrapper(name)
        if op is None:
            return ABSENT if name not in self.params and not self.has(name) else False
        if op.type == "constexpr_lut_to_dense":
            return True
        inner = self.piece(op, "nonzero_data")
        return op.type == "constexpr_sparse_to_dense" and getattr(getattr(inner, "op", None), "type", "") == (
            "constexpr_lut_to_sparse"
        )

    def granularity(self):
        op = self.maker()
        t = self.piece_type(op, "scale")
        if t is None:
            return ABSENT
        if t.dims is None or None in t.dims:
            return UNKNOWN
        if math.prod(t.dims) == 1:
            return "per_tensor"
        if op.type == "constexpr_affine_dequantize":
            return "per_channel"
        wide = [k for k, n in enumerate(t.dims) if n > 1]
        data = op.results[0].type.dims
        return "per_channel" if len(wide) == 1 and t.dims[wide[0]] == data[wide[0]] else "per_block"

    def blockwise(self):
        g = self.get("granularity")
        return g if isinstance(g, Mark) else g == "per_block"

    def nbits(self):
        op = self.maker()
        if op is None:
            return ABSENT
        if op.type in ("constexpr_lut_to_dense", "constexpr_lut_to_sparse"):
            lut = self.piece_type(op, "lut")
            if lut is not None and lut.dims is not None and len(lut.dims) == 1:
                return int(math.log2(lut.dims[0]))
            name = "indices" if op.type == "constexpr_lut_to_dense" else "indices_nonzero_data"
        else:
            name = {
                "constexpr_affine_dequantize": "quantized_data",
                "constexpr_blockwise_shift_scale": "data",
                "constexpr_sparse_blockwise_shift_scale": "nonzero_data",
            }.get(op.type, "")
        t = self.piece_type(op, name)
        return ABSENT if t is None or "int" not in t.dtype else BITS[t.dtype]

    def zero_point(self):
        if self.o.type in ("quantize", "dequantize"):
            if not self.has("zero_point"):
                return 0
            v = self.value("zero_point")
            values = v if isinstance(v, tuple) else (v,)
        else:
            op = self.maker()
            name = {"constexpr_affine_dequantize": "zero_point"}.get(op.type if op else "", "offset")
            if op is None or self.piece(op, "scale") is None:
                return ABSENT
            if self.piece(op, name) is None:
                return 0
            a = self.piece_array(op, name)
            values = UNKNOWN if a is None else a.ravel().tolist()
        if values is UNKNOWN or UNKNOWN in values:
            return UNKNOWN
        return max(values, key=abs)

    def lut(self):
        op = self.maker()
        if op is not None and op.type in ("constexpr_lut_to_dense", "constexpr_lut_to_sparse"):
            return self.piece_type(op, "lut").dims
        return None

    def entries(self):
        lut = self.lut()
        return ABSENT if lut is None else lut[0] if len(lut) == 1 else lut[-2]

    def vector(self):
        lut = self.lut()
        return ABSENT if lut is None else 1 if len(lut) == 1 else lut[-1]

    def zero_fraction(self):
        op = self.wrapper()
        if op is not None:
            if op.type != "constexpr_sparse_to_dense":
                return ABSENT
            a = self.piece_array(op, "mask")
            n = math.prod(op.results[0].type.dims)
            t = self.piece_type(op, "mask")
            if a is not None and t.dtype == "uint8" and "mask" in op.message.attributes:
                a = np.unpackbits(a.astype(np.uint8), bitorder="little")[:n]
            if a is None:
                return UNKNOWN
            return float(np.mean(a == 0))
        v = self.arg("weight")
        if v is None or v.literal is None:
            return ABSENT
        a = self.array(v)
        return UNKNOWN if a is None else float(np.count_nonzero(a == 0)) / a.size if a.size else ABSENT

    def eps(self):
        return self.param("epsilon")

    def no_inf_const(self):
        unknown = False
        for v in self.operands:
            if v.literal is not None and v.tensor and "fp" in v.type.dtype or v.type.dtype == "bf16":
                a = self.array(v)
                if a is None:
                    unknown = True
                elif np.isinf(a.astype(np.float64)).any():
                    return False
        return UNKNOWN if unknown else True

    def is_parameter(self):
        return ABSENT

    # ---- types ----
    def dtype(self):
        found = ABSENT
        for v in self.operands:
            if not v.tensor or v.type.dtype == "string":
                continue
            if v.type.dtype == "bool":
                found = "bool"
            elif "int" not in v.type.dtype or not self.constant(v):
                return v.type.dtype
        return self.get("odtype") if found is ABSENT else found

    def odtype(self):
        if not self.o.results or not self.o.results[0].tensor:
            return ABSENT
        return self.o.results[0].type.dtype

    def io_dtype(self):
        at = [v.type.dtype for v in self.operands if v.is_input and v.tensor]
        at += [v.type.dtype for v in self.o.results if v.is_output and v.tensor]
        return next((d for d in at if d != "fp16"), "fp16") if at else ABSENT

    def coord_dtype(self):
        return self.arg("coordinates").type.dtype if self.has("coordinates") else ABSENT

    def index_bits(self):
        if self.o.type == "topk":
            return BITS[self.o.results[1].type.dtype] if len(self.o.results) > 1 else ABSENT
        return BITS[self.arg("indices").type.dtype] if self.has("indices") else ABSENT

    def bool_internal(self):
        for v in self.operands + self.o.results:
            if v.tensor and v.type.dtype == "bool":
                if v.is_input or v.is_output or v.is_block_input or hasattr(v, "block_output"):
                    return False
        return True

    def at_boundary(self):
        return any(v.is_input for v in self.operands) or any(v.is_output for v in self.o.results)

    is_io = at_boundary

    def bytes_per_elem(self):
        d = self.get("dtype")
        return d if isinstance(d, Mark) else BITS[d] // 8 if BITS[d] % 8 == 0 else BITS[d] / 8

    # ---- windows ----
    def window(self, back):
        """A size of the kernel from the end; 1 where there is one axis less."""
        if self.o.type in POOLS or self.has("kernel_sizes"):
            return self.from_end("kernel_sizes", back)
        if not self.o.type.startswith("conv") or not self.has("weight"):
            return ABSENT
        dims = self.arg("weight").type.dims
        if dims is None:
            return UNKNOWN
        return size(dims, len(dims) - back) if len(dims) - 2 >= back else 1

    def from_end(self, name, back, ones=False):
        if name not in self.params:
            return ABSENT
        v = self.value(name, 1 if ones else UNKNOWN)
        if v is UNKNOWN:
            return v
        v = v if isinstance(v, tuple) else (v,)
        return v[-back] if len(v) >= back else 1

    def kW(self):
        return self.window(1)

    def kH(self):
        return self.window(2)

    def sW(self):
        return self.from_end("strides", 1, True)

    def sH(self):
        return self.from_end("strides", 2, True)

    def dW(self):
        return self.from_end("dilations", 1, True)

    def dH(self):
        return self.from_end("dilations", 2, True)

    def padding(self, back):
        pool = self.o.type in POOLS
        if not pool and self.o.type not in ("conv", "conv_transpose"):
            return ABSENT
        dims = self.in_dims()
        if dims is UNKNOWN:
            return UNKNOWN
        if len(dims) - 2 < back:
            return 0
        how = self.param("pad_type")
        if how == "valid":
            return 0
        if how == "custom":
            pad = self.value("pad", None)
            if pad is None:
                return 0
            if pad is UNKNOWN:
                return UNKNOWN
            both = pad[len(pad) - 2 * back : len(pad) - 2 * back + 2]
        else:
            k = self.window(back)
            s = self.from_end("strides", back, True)
            d = 1 if pool else self.from_end("dilations", back, True)
            n = size(dims, len(dims) - back)
            if UNKNOWN in (k, s, d, n, how):
                return UNKNOWN
            total = max((math.ceil(n / s) - 1) * s + (k - 1) * d + 1 - n, 0)
            both = (total // 2, total - total // 2)
        return max(both) if pool else sum(both)

    def pad_w(self):
        return self.padding(1)

    def pad_h(self):
        return self.padding(2)

    def axis1(self, v):
        if self.o.type not in ("conv", "conv_transpose"):
            return ABSENT
        return UNKNOWN if v.type.dims is None else size(v.type.dims, 1)

    def Cin(self):
        return self.axis1(self.input())

    def Cout(self):
        return self.axis1(self.o.results[0])

    # ---- products ----
    def matrix(self, name, flag):
        """Rows and columns of an operand of matmul."""
        v, turned = self.arg(name), self.param(flag)
        dims = v.type.dims
        if dims is None or turned is UNKNOWN:
            return UNKNOWN, UNKNOWN
        rows = 1 if len(dims) < 2 else size(dims, -2)
        columns = size(dims, -1) if dims else 1
        if len(dims) == 1 and name == "y":
            return columns, 1
        return (columns, rows) if turned and len(dims) > 1 else (rows, columns)

    def M(self):
        if self.o.type == "matmul":
            return self.matrix("x", "transpose_x")[0]
        if self.o.type == "linear":
            n, k = product(self.arg("x").type.dims or [None]), self.get("K")
            return UNKNOWN if UNKNOWN in (n, k) else n // k if k else ABSENT
        return ABSENT

    def K(self):
        if self.o.type == "matmul":
            return self.matrix("x", "transpose_x")[1]
        return size(self.arg("weight").type.dims, 1) if self.o.type == "linear" else ABSENT

    def N(self):
        if self.o.type == "matmul":
            return self.matrix("y", "transpose_y")[1]
        return self.get("N_out")

    def N_out(self):
        return size(self.arg("weight").type.dims, 0) if self.o.type == "linear" else ABSENT

    def lone(self):
        return not any(o is not self.o and o.type != "cast" for o in self.p.ops)

    def attention(self):
        return self.o.type == "scaled_dot_product_attention"

    def Sq(self):
        return size(self.arg("query").type.dims, -2) if self.attention() else ABSENT

    def Skv(self):
        return size(self.arg("key").type.dims, -2) if self.attention() else ABSENT

    def elems_q(self):
        return product(self.arg("query").type.dims or [None]) if self.attention() else ABSENT

    def mask(self):
        if not self.attention():
            return ABSENT
        return "mask" if self.has("attn_mask") else None

    def mask_shape(self):
        if not self.attention():
            return ABSENT
        if not self.has("attn_mask"):
            return None
        dims = self.arg("attn_mask").type.dims
        return UNKNOWN if dims is None else tuple(UNKNOWN if n is None else n for n in dims)

    def lowers_to_matmul(self):
        if self.o.type != "einsum":
            return ABSENT
        equation = self.param("equation")
        if equation is UNKNOWN:
            return UNKNOWN
        left, _, result = equation.replace(" ", "").partition("->")
        operands = left.split(",")
        if len(operands) != 2 or any(len(set(p)) != len(p) for p in operands):
            return False
        a, b = (set(p) for p in operands)
        summed = (a & b) - set(result)
        return len(summed) == 1 and not (a - b) - set(result) and not (b - a) - set(result)

    # ---- other parameters ----
    def mode(self):
        if self.o.type != "resize":
            return self.param("mode")
        mode = self.param("interpolation_mode")
        return {"LINEAR": "bilinear", "NEAREST_NEIGHBOR": "nearest"}.get(mode, mode)

    def normalized_coordinates(self):
        if self.has("normalized_coordinates") or "normalized_coordinates" in self.params:
            return self.param("normalized_coordinates")
        mode = self.param("coordinates_mode")
        return mode if isinstance(mode, Mark) else mode.startswith("normalized")

    def quotients(self):
        a = self.in_dims()
        if a is ABSENT or not self.o.results or not self.o.results[0].tensor:
            return ABSENT
        b = self.o.results[0].type.dims
        if a is UNKNOWN or b is None or None in a or None in b:
            return UNKNOWN
        return list(zip(a, b)) if len(a) == len(b) else ABSENT

    def integer_scale(self):
        a = self.in_dims()
        b = self.o.results[0].type.dims if self.o.results and self.o.results[0].tensor else []
        if a is UNKNOWN or b is None:
            return UNKNOWN
        if a is ABSENT or len(a) != len(b):
            return ABSENT
        if any(y % x for x, y in zip(a, b) if x and y is not None):
            return False
        return UNKNOWN if None in a or None in b else True

    def scale(self):
        q = self.quotients()
        return q if isinstance(q, Mark) else max((b / a for a, b in q if a), default=ABSENT)

    def axes_hw(self):
        a = self.in_dims()
        b = self.o.results[0].type.dims if self.o.results and self.o.results[0].tensor else []
        if a is UNKNOWN or b is None:
            return UNKNOWN
        if a is ABSENT or len(a) != len(b):
            return ABSENT
        pairs = list(zip(a[:-2], b[:-2]))
        if any(x != y for x, y in pairs if None not in (x, y)):
            return False
        return UNKNOWN if any(None in p for p in pairs) else True

    def axes_spatial(self):
        return True if self.o.type == "instance_norm" else ABSENT

    def pad_axes_hw(self):
        pad = self.value("pad") if self.o.type == "pad" else ABSENT
        if isinstance(pad, Mark):
            return pad
        pad = pad if isinstance(pad, tuple) else (pad,)
        return not any(pad[:-4])

    def red_extent(self):
        if self.o.type not in ("reduce_argmax", "reduce_argmin"):
            return ABSENT
        axis, dims = self.param("axis"), self.in_dims()
        return UNKNOWN if UNKNOWN in (axis, dims) else size(dims, axis)

    def num_groups(self):
        return 1 if self.o.type == "layer_norm" else ABSENT

    def block(self, k):
        v = self.value("block_shape")
        return v if isinstance(v, Mark) else v[k]

    def block_h(self):
        return self.block(0)

    def block_w(self):
        return self.block(1)

    def factor(self):
        v = self.param("upscale_factor")
        return self.param("downscale_factor") if v is ABSENT else v

    def values(self):
        return tuple(UNKNOWN for _ in self.o.args["values"]) if self.has("values") else ABSENT

    def begin_W(self):
        if not self.o.type.startswith("slice_"):
            return ABSENT
        mask = self.value("begin_mask", False)
        if mask is UNKNOWN:
            return UNKNOWN
        if mask and (mask if isinstance(mask, tuple) else (mask,))[-1]:
            return 0
        begin = self.value("begin", UNKNOWN)
        if begin is UNKNOWN:
            return UNKNOWN
        at = (begin if isinstance(begin, tuple) else (begin,))[-1]
        if at >= 0:
            return at
        n = self.pick(lambda r: r - 1 if r else None)
        return n if isinstance(n, Mark) else n + at

    def min_stride(self):
        if "stride" not in self.params:
            return ABSENT
        v = self.value("stride", 1)
        return v if v is UNKNOWN else min(v) if isinstance(v, tuple) else v

    def rows_written(self):
        if self.o.type != "slice_update":
            return ABSENT
        dims = self.arg("update").type.dims
        if dims is None or None in dims:
            return UNKNOWN
        return math.prod(dims[:-1])

    def coord_channels(self):
        return size(self.arg("coordinates").type.dims, -1) if self.has("coordinates") else ABSENT

    def consumer(self):
        takes = {u.type for v in self.o.results[:1] for u in v.users}
        return takes.pop() if len(takes) == 1 else UNKNOWN if takes else ABSENT

    def feeds(self, kind):
        return any(u.type == kind for v in self.o.results for u in v.users)

    def alpha_per_channel(self):
        if self.o.type != "prelu":
            return ABSENT
        n, c = product(self.arg("alpha").type.dims or []), self.get("C")
        return UNKNOWN if UNKNOWN in (n, c) else n == c

    def op(self):
        return self.o.type

    def has_bias(self):
        return self.has("bias")

    # ---- the program ----
    def has_op(self, kind):
        return any(o.type == kind for o in self.f.ops)

    def weight_bytes(self):
        return self.p.weight_bytes()

    def layer_weight_bytes(self):
        total, seen, found = 0, set(), False
        todo = list(self.operands)
        while todo:
            v = todo.pop()
            if id(v) in seen:
                continue
            seen.add(id(v))
            if v.literal is not None:
                b = saved_bytes(v.literal)
                total, found = total + b, found or b > 0
            elif v.op is not None and v.op.type.startswith("constexpr_"):
                for m in v.op.message.attributes.values():
                    total, found = total + saved_bytes(m), found or saved_bytes(m) > 0
                todo += [a for values in v.op.args.values() for a in values]
        return total if found else ABSENT

    def max_operand_bytes(self):
        if not self.tensors:
            return ABSENT
        each = [product(v.type.dims or [None] if v.type.dims != [] else []) for v in self.tensors]
        if UNKNOWN in each:
            return UNKNOWN
        return max((n * BITS[v.type.dtype] + 7) // 8 for n, v in zip(each, self.tensors))

    def n_segments(self):
        return self.p.n_segments

    def fan_in(self):
        return len(self.o.args.get("values", [])) if self.o.type in ("concat", "stack") else ABSENT
