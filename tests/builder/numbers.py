#!/usr/bin/env python3
"""What networks compute, against formulas in plain Python: `ok` or `FAILED` for each layer.

Each case is a call of the builder, the inputs, and a function of their elements. All networks are made by one script,
then each is run. Arrays are (shape, elements in C order); a formula works on functions of an index.
"""

import array
import itertools
import math
import os
import struct
import subprocess
import sys
import tempfile
import zipfile

MILC = os.path.abspath(os.environ.get("MILC", "build/milc"))


def size(shape):
    return math.prod(shape)


def indices(shape):
    return list(itertools.product(*(range(n) for n in shape)))


def offset(shape, at):
    k = 0
    for n, i in zip(shape, at):
        k = k * n + i
    return k


class Array:
    def __init__(self, shape, values):
        self.shape, self.values = tuple(shape), list(values)

    def __call__(self, *at):
        return self.values[offset(self.shape, at)]


def made(shape, f):
    return Array(shape, [f(*at) for at in indices(shape)])


def pattern(*shape, low=-1.25, step=0.25, modulus=11):
    """The numbers that w() of the script gives."""
    return Array(shape, [low + step * (i * 7 % modulus) for i in range(size(shape))])


# ---- npz ----


def npy(a):
    shape = f"({', '.join(map(str, a.shape))},)"
    head = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".encode()
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head + array.array("f", a.values).tobytes()


def read_npy(data):
    n = struct.unpack("<H", data[8:10])[0]
    head = eval(data[10 : 10 + n])  # a dict that milc wrote
    code = {"<f4": "f", "<f8": "d", "<i4": "i", "<i8": "q", "|b1": "b", "<f2": "e"}[head["descr"]]
    body = data[10 + n :]
    return Array(head["shape"], struct.unpack(f"<{size(head['shape'])}{code}", body))


# ---- formulas ----


def each(f):
    return lambda *x: Array(x[0].shape, [f(*v) for v in zip(*(a.values for a in x))])


def spread(f):
    """Two arrays of one rank, an axis of 1 for all."""

    def g(x, y):
        shape = tuple(map(max, x.shape, y.shape))

        def one(a, at):
            return a(*(i if n > 1 else 0 for i, n in zip(at, a.shape)))

        return made(shape, lambda *at: f(one(x, at), one(y, at)))

    return g


def along(axes, f, keep=True):
    """f of the elements along these axes."""

    def g(x):
        shape = [1 if k in axes else n for k, n in enumerate(x.shape)]

        def one(*at):
            spans = [range(x.shape[k]) if k in axes else [i] for k, i in enumerate(at)]
            return f([x(*p) for p in itertools.product(*spans)])

        y = made(shape, one)
        if not keep:
            y.shape = tuple(n for k, n in enumerate(shape) if k not in axes) or (1,)
        return y

    return g


def sigmoid(v):
    return 1 / (1 + math.exp(-v))


def softmax(axis):
    def g(x):
        total = along([axis], lambda v: sum(math.exp(t) for t in v))(x)
        return made(x.shape, lambda *at: math.exp(x(*at)) / total(*(0 if k == axis else i for k, i in enumerate(at))))

    return g


def taken(shape, f):
    """Element `at` of the result is element f(at) of the input."""
    return lambda x: made(shape, lambda *at: x(*f(at)))


def conv(w, bias, stride=1, pad=0, groups=1, dilation=1):
    """x is [C, H, W], w [out, kernel channels, kh, kw]."""

    def g(x):
        out, kc, kh, kw = w.shape
        h = (x.shape[1] + 2 * pad - dilation * (kh - 1) - 1) // stride + 1
        v = (x.shape[2] + 2 * pad - dilation * (kw - 1) - 1) // stride + 1

        def one(o, i, j):
            total = bias.values[o] if bias else 0
            for c, a, b in indices((kc, kh, kw)):
                r, s = i * stride + a * dilation - pad, j * stride + b * dilation - pad
                if 0 <= r < x.shape[1] and 0 <= s < x.shape[2]:
                    total += x(o // (out // groups) * kc + c, r, s) * w(o, c, a, b)
            return total

        return made((out, h, v), one)

    return g


def pool(f, k, stride):
    def g(x):
        c, h, w = x.shape
        shape = (c, (h - k) // stride + 1, (w - k) // stride + 1)
        return made(shape, lambda o, i, j: f([x(o, i * stride + a, j * stride + b) for a, b in indices((k, k))]))

    return g


def matmul(x, y):
    return made((x.shape[0], y.shape[1]), lambda i, j: sum(x(i, k) * y(k, j) for k in range(x.shape[1])))


def rows(w, v):
    return [sum(w(i, k) * v[k] for k in range(w.shape[1])) for i in range(w.shape[0])]


def gru(wx, wh, x):
    """Hidden state after all steps: gates z, r, o of the same weights."""
    h = [0.0] * wh.shape[0]
    for t in range(x.shape[0]):
        step = [x(t, k) for k in range(x.shape[1])]
        a, b = rows(wx, step), rows(wh, h)
        z = [sigmoid(p + q) for p, q in zip(a, b)]
        c = rows(wh, [p * q for p, q in zip(z, h)])  # r equals z
        o = [math.tanh(p + q) for p, q in zip(a, c)]
        h = [(1 - p) * q + p * s for p, q, s in zip(z, o, h)]
    return h


def lstm(wx, wh, x):
    h, c = [0.0] * wh.shape[0], [0.0] * wh.shape[0]
    for t in range(x.shape[0]):
        step = [x(t, k) for k in range(x.shape[1])]
        a = [p + q for p, q in zip(rows(wx, step), rows(wh, h))]
        gate = [sigmoid(p) for p in a]
        c = [g * s + g * math.tanh(p) for g, s, p in zip(gate, c, a)]
        h = [g * math.tanh(s) for g, s in zip(gate, c)]
    return h


# ---- cases ----

X = pattern(2, 3, 4)
POS = Array((2, 3, 4), [abs(v) + 0.5 for v in X.values])
UNIT = Array((2, 3, 4), [v / 2 for v in X.values])  # within -1 and 1
Y = pattern(1, 3, 4, low=0.5)
B = Array((2, 3, 4), [float(v > 0) for v in X.values])
CASES = []


def case(call, f, *x, names="xz"):
    CASES.append((call, f, x or (X,), names))


def io(method, more=""):
    return f'b.add_{method}("l", "x", "y"{more})'


for name, f in (
    ("sin", math.sin),
    ("cos", math.cos),
    ("tan", math.tan),
    ("sinh", math.sinh),
    ("cosh", math.cosh),
    ("tanh", math.tanh),
    ("atan", math.atan),
    ("asinh", math.asinh),
    ("ceil", math.ceil),
    ("floor", math.floor),
    ("erf", math.erf),
    ("exp2", lambda v: 2**v),
    ("sign", lambda v: (v > 0) - (v < 0)),
):
    case(io(name), each(f))
for name, f in (("asin", math.asin), ("acos", math.acos), ("atanh", math.atanh)):
    case(io(name), each(f), UNIT)
case(io("acosh"), each(math.acosh), Array((2,), [1.5, 3.0]))
case(io("clip", ", min_value=-0.5, max_value=0.75"), each(lambda v: min(max(v, -0.5), 0.75)))
case(io("round"), each(lambda v: float(round(v))))
for mode, f in (
    ("sqrt", math.sqrt),
    ("rsqrt", lambda v: 1 / math.sqrt(v + 1e-4)),
    ("inverse", lambda v: 1 / (v + 1e-4)),
    ("power", lambda v: v**3),
    ("exp", math.exp),
    ("log", math.log),
    ("abs", abs),
    ("threshold", lambda v: max(v, 3)),
):
    case(io("unary", f', mode="{mode}", alpha=3'), each(f), POS)
    case(io("unary", f', mode="{mode}", alpha=3, scale=2, shift=1'), each(lambda v, f=f: f(2 * v + 1)), POS)
for word, params, f in (
    ("RELU", None, lambda v: max(v, 0)),
    ("SIGMOID", None, sigmoid),
    ("TANH", None, math.tanh),
    ("SCALED_TANH", "[1.5, 0.5]", lambda v: 1.5 * math.tanh(0.5 * v)),
    ("SOFTPLUS", None, lambda v: math.log1p(math.exp(v))),
    ("SOFTSIGN", None, lambda v: v / (1 + abs(v))),
    ("SIGMOID_HARD", "[0.5, 0.25]", lambda v: min(max(0.5 * v + 0.25, 0), 1)),
    ("LEAKYRELU", "[0.125]", lambda v: v if v >= 0 else 0.125 * v),
    ("ELU", "0.5", lambda v: v if v >= 0 else 0.5 * math.expm1(v)),
    ("THRESHOLDEDRELU", "0.5", lambda v: v if v >= 0.5 else 0),
    ("LINEAR", "[2, -1]", lambda v: 2 * v - 1),
):
    case(f'b.add_activation("l", "{word}", "x", "y", params={params})', each(f))
case(
    'b.add_activation("l", "PRELU", "x", "y", params=np.array([0.25, 0.5]))',
    lambda x: made(x.shape, lambda c, i, j: x(c, i, j) * (1 if x(c, i, j) >= 0 else (0.25, 0.5)[c])),
)
case(io("clamped_relu", ", alpha=0.5, beta=1"), each(lambda v: min(v if v >= 0 else 0.5 * v, 1)))
case(io("gelu"), each(lambda v: 0.5 * v * (1 + math.erf(v / math.sqrt(2)))))
case(io("gelu", ', mode="SIGMOID_APPROXIMATION"'), each(lambda v: v * sigmoid(1.702 * v)))
case(
    io("gelu", ', mode="TANH_APPROXIMATION"'),
    each(lambda v: 0.5 * v * (1 + math.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v**3)))),
)
case(io("softmax"), softmax(0))
for axis in (0, 1, 2):
    case(io("softmax_nd", f", axis={axis - 3}"), softmax(axis))

TWO = '["x", "z"]'
for name, f in (
    ("add", lambda p, q: p + q),
    ("subtract", lambda p, q: p - q),
    ("multiply", lambda p, q: p * q),
    ("divide", lambda p, q: p / q),
    ("max", max),
    ("min", min),
    ("floor_div", lambda p, q: p // q),
    ("mod", lambda p, q: p % q),
):
    case(f'b.add_{name}_broadcastable("l", {TWO}, "y")', spread(f), X, Y)
case(f'b.add_pow_broadcastable("l", {TWO}, "y")', spread(lambda p, q: p**q), POS, Y)
for mode, f in (
    ("ADD", lambda p, q: p + q),
    ("MULTIPLY", lambda p, q: p * q),
    ("MAX", max),
    ("MIN", min),
    ("AVE", lambda p, q: (p + q) / 2),
):
    case(f'b.add_elementwise("l", {TWO}, "y", mode="{mode}")', each(f), X, POS)
case(io("elementwise", ', mode="ADD", alpha=1.5'), each(lambda v: v + 1.5))
case(io("elementwise", ', mode="MULTIPLY", alpha=1.5'), each(lambda v: v * 1.5))
for name, more, f in (
    ("greater_than", "", lambda p, q: p > q),
    ("greater_than", ", use_greater_than_equal=True", lambda p, q: p >= q),
    ("less_than", "", lambda p, q: p < q),
    ("less_than", ", use_less_than_equal=True", lambda p, q: p <= q),
    ("equal", "", lambda p, q: p == q),
    ("not_equal", "", lambda p, q: p != q),
):
    case(f'b.add_{name}("l", {TWO}, "y"{more})', each(lambda p, q, f=f: float(f(p, q))), X, UNIT)
    case(f'b.add_{name}("l", "x", "y", alpha=0.25{more})', each(lambda p, f=f: float(f(p, 0.25))))
for mode, f in (("AND", lambda p, q: p and q), ("OR", lambda p, q: p or q), ("XOR", lambda p, q: p != q)):
    case(
        f'b.add_logical("l", {TWO}, "y", mode="{mode}")',
        each(lambda p, q, f=f: float(bool(f(p, q)))),
        B,
        Array(B.shape, [float(i % 2) for i in range(24)]),
    )
case('b.add_logical("l", "x", "y", mode="NOT")', each(lambda p: float(not p)), B)
case(
    'b.add_bias("l", np.array([0.5, -1.0]), "x", "y", shape_bias=[2, 1, 1])',
    lambda x: made(x.shape, lambda c, i, j: x(c, i, j) + (0.5, -1)[c]),
)
case(
    'b.add_scale("l", np.array([0.5, -1.0]), 3, True, "x", "y", shape_scale=[2, 1, 1])',
    lambda x: made(x.shape, lambda c, i, j: x(c, i, j) * (0.5, -1)[c] + 3),
)
case(
    'b.add_where_broadcastable("l", ["c", "x", "z"], "y")',
    each(lambda c, p, q: p if c else q),
    B,
    X,
    UNIT,
    names="cxz",
)

for name, f in (
    ("sum", sum),
    ("mean", lambda v: sum(v) / len(v)),
    ("max", max),
    ("min", min),
    ("prod", math.prod),
    ("l1", lambda v: sum(map(abs, v))),
    ("l2", lambda v: math.sqrt(sum(t * t for t in v))),
    ("sumsquare", lambda v: sum(t * t for t in v)),
    ("logsum", lambda v: math.log(sum(v))),
    ("logsumexp", lambda v: math.log(sum(map(math.exp, v)))),
):
    case(io(f"reduce_{name}", ", axes=[1]"), along([1], f), POS)
    case(io(f"reduce_{name}", ", axes=[0, -1], keepdims=False"), along([0, 2], f, False), POS)
    case(io(f"reduce_{name}"), along([0, 1, 2], f), POS)
case(io("argmax", ", axis=1"), along([1], lambda v: v.index(max(v))))
case(io("argmin", ", axis=-1, keepdims=False"), along([2], lambda v: v.index(min(v)), False))
case(
    io("cumsum", ", axis=1").replace('"x"', '["x"]'),
    lambda x: made(x.shape, lambda c, i, j: sum(x(c, k, j) for k in range(i + 1))),
)
case(
    io("cumsum", ", axis=1, reverse=True, exclusive=True").replace('"x"', '["x"]'),
    lambda x: made(x.shape, lambda c, i, j: sum(x(c, k, j) for k in range(i + 1, 3))),
)

case('b.add_transpose("l", [2, 0, 1], "x", "y")', taken((4, 2, 3), lambda a: (a[1], a[2], a[0])))
case('b.add_permute("l", (0, 3, 1, 2), "x", "y")', taken((4, 2, 3), lambda a: (a[1], a[2], a[0])))
case(io("reverse", ", reverse_dim=[True, False, True]"), taken(X.shape, lambda a: (1 - a[0], a[1], 3 - a[2])))
case(io("tile", ", reps=[1, 2, 1]"), taken((2, 6, 4), lambda a: (a[0], a[1] % 3, a[2])))
case(
    io(
        "slice_static",
        ", begin_ids=[0, 1, -1], end_ids=[2, 3, 0], strides=[1, 1, -2], begin_masks=[True, False, False], "
        "end_masks=[True, False, True]",
    ),
    taken((2, 2, 2), lambda a: (a[0], a[1] + 1, 3 - 2 * a[2])),
)
case(
    'b.add_slice("l", "x", "y", "height", start_index=1, end_index=3)',
    taken((2, 2, 4), lambda a: (a[0], a[1] + 1, a[2])),
)
case(f'b.add_concat_nd("l", {TWO}, "y", axis=0)', lambda x, z: Array((4, 3, 4), x.values + z.values), X, UNIT)
case(f'b.add_stack("l", {TWO}, "y", axis=0)', lambda x, z: Array((2, 2, 3, 4), x.values + z.values), X, UNIT)
case(
    'b.add_split_nd("l", "x", ["u", "y"], axis=1, split_sizes=[1, 2])',
    taken((2, 2, 4), lambda a: (a[0], a[1] + 1, a[2])),
)
case(io("expand_dims", ", axes=[0]"), lambda x: Array((1, 2, 3, 4), x.values))
case(io("flatten_to_2d", ", axis=1"), lambda x: Array((2, 12), x.values))
case(io("reshape_static", ", output_shape=[4, 6]"), lambda x: Array((4, 6), x.values))
case(io("rank_preserving_reshape", ", output_shape=[3, 2, 4]"), lambda x: Array((3, 2, 4), x.values))
case(io("broadcast_to_static", ", output_shape=[2, 3, 4]"), lambda z: made((2, 3, 4), lambda c, i, j: z(0, i, j)), Y)
case(io("fill_like", ", value=2.5"), lambda x: Array(x.shape, [2.5] * 24))
case(io("get_shape"), lambda x: Array((3,), [2, 3, 4]))
case(
    io("matrix_band_part", ", num_lower=0, num_upper=1"),
    lambda x: made(x.shape, lambda c, i, j: x(c, i, j) if 0 <= j - i <= 1 else 0),
)
case(io("lower_triangular", ", k=1"), lambda x: made(x.shape, lambda c, i, j: x(c, i, j) if j - i <= 1 else 0))
case(io("upper_triangular"), lambda x: made(x.shape, lambda c, i, j: x(c, i, j) if j >= i else 0))
case(
    io("sliding_windows", ", axis=2, window_size=3, step=1"),
    lambda x: made((2, 3, 2, 3), lambda c, i, n, k: x(c, i, n + k)),
)
case(
    io("constant_pad", ", value=9, pad_amounts=[0, 0, 1, 0, 0, 2]").replace('"x"', '["x"]'),
    lambda x: made((2, 4, 6), lambda c, i, j: x(c, i - 1, j) if i >= 1 and j < 4 else 9),
)
case(
    'b.add_topk("l", ["x"], ["y", "i"], k=2, axis=2)',
    lambda x: made((2, 3, 2), lambda c, i, k: sorted(x(c, i, j) for j in range(4))[::-1][k]),
)
case(
    io("argsort", ", axis=2"), lambda x: made(x.shape, lambda c, i, k: sorted(range(4), key=lambda j: x(c, i, j))[k])
)
case(
    'b.add_gather("l", ["x", "z"], "y", axis=1)',
    lambda x, z: made((2, 2, 4), lambda c, i, j: x(c, int(z(i)), j)),
    X,
    Array((2,), [2.0, 0.0]),
)
case(
    'b.add_range_static("l", "r", start=1, end=4)\nb.add_add_broadcastable("m", ["x", "r"], "y")',
    lambda x: Array((3,), [v + k for k, v in enumerate(x.values, 1)]),
    Array((3,), [0.5, 1.5, 2.5]),
)
case(
    'b.add_load_constant_nd("l", "k", np.array([1.0, 2.0, 3.0, 4.0]), [4])\nb.add_multiply_broadcastable("m", '
    '["x", "k"], "y")',
    lambda x: made(x.shape, lambda c, i, j: x(c, i, j) * (j + 1)),
)

K = pattern(3, 2, 2, 2)
case(
    'b.add_convolution("l", 2, 3, 2, 2, 1, 1, "valid", 1, w(3, 2, 2, 2).transpose(2, 3, 1, 0), np.array([0.5, '
    '0.0, -1.0]), True, input_name="x", output_name="y")',
    conv(K, Array((3,), [0.5, 0, -1])),
)
case(
    'b.add_convolution("l", 2, 3, 2, 2, 2, 2, "valid", 1, w(3, 2, 2, 2).transpose(2, 3, 1, 0), None, False, '
    'input_name="x", output_name="y", '
    "padding_top=1, padding_bottom=1, padding_left=1, padding_right=1)",
    conv(K, None, stride=2, pad=1),
)
case(
    'b.add_convolution("l", 1, 2, 2, 2, 1, 1, "valid", 2, w(2, 1, 2, 2).transpose(2, 3, 1, 0), None, False, '
    'input_name="x", output_name="y", '
    "dilation_factors=[2, 2])",
    conv(pattern(2, 1, 2, 2), None, groups=2, dilation=2),
)
case('b.add_pooling("l", 2, 2, 1, 1, "MAX", "VALID", "x", "y")', pool(max, 2, 1))
case('b.add_pooling("l", 2, 2, 1, 1, "AVERAGE", "VALID", "x", "y")', pool(lambda v: sum(v) / 4, 2, 1))
case(
    'b.add_pooling("l", 2, 2, 1, 1, "L2", "VALID", "x", "y")', pool(lambda v: math.sqrt(sum(t * t for t in v)), 2, 1)
)
case(
    'b.add_padding("l", left=1, right=2, top=1, bottom=0, value=0.5, input_name="x", output_name="y")',
    lambda x: made((2, 4, 7), lambda c, i, j: x(c, i - 1, j - 1) if i >= 1 and 1 <= j < 5 else 0.5),
)
case('b.add_crop("l", 1, 1, 1, 0, [0, 0], ["x"], "y")', taken((2, 2, 2), lambda a: (a[0], a[1] + 1, a[2] + 1)))
case('b.add_upsample("l", 2, 3, "x", "y")', taken((2, 6, 12), lambda a: (a[0], a[1] // 2, a[2] // 3)))
case(
    'b.add_reorganize_data("l", "x", "y", mode="SPACE_TO_DEPTH", block_size=2)',
    lambda x: made((8, 2, 2), lambda c, i, j: x(c % 2, 2 * i + c // 2 // 2, 2 * j + c // 2 % 2)),
    pattern(2, 4, 4),
)
case(
    'b.add_batchnorm("l", 2, np.array([1.0, 2.0]), np.array([0.5, 0.0]), np.array([0.25, -0.5]), np.array([4.0, '
    '1.0]), "x", "y", epsilon=0.0)',
    lambda x: made(x.shape, lambda c, i, j: ((x(c, i, j) - (0.25, -0.5)[c]) / (2, 1)[c]) * (1, 2)[c] + (0.5, 0)[c]),
)
case(
    io("layer_normalization", ", normalized_shape=[4], gamma=np.ones(4), beta=np.full(4, 0.5), eps=0.01"),
    lambda x: made(
        x.shape,
        lambda c, i, j: (
            lambda v: (v[j] - sum(v) / 4) / math.sqrt(sum((t - sum(v) / 4) ** 2 for t in v) / 4 + 0.01) + 0.5
        )([x(c, i, k) for k in range(4)]),
    ),
)
case(io("l2_normalize", ", epsilon=1e-6"), each(lambda v: v / math.sqrt(sum(t * t for t in X.values))))

case(
    'b.add_inner_product("l", w(5, 4), np.full(5, 0.5), 4, 5, True, "x", "y")',
    lambda x: made((2, 3, 5), lambda c, i, o: sum(pattern(5, 4)(o, k) * x(c, i, k) for k in range(4)) + 0.5),
)
case(
    'b.add_inner_product("l", bytes([0x01, 0x23]), None, 2, 2, False, "x", "y", is_quantized_weight=True, '
    "nbits=4, quant_scale=[0.5, 2.0], quant_bias=[1.0, -1.0])",
    lambda x: made(
        (3, 2), lambda i, o: sum((0.5 * (0, 1)[k] + 1 if o == 0 else 2 * (2, 3)[k] - 1) * x(i, k) for k in range(2))
    ),
    pattern(3, 2),
)
case(
    'b.add_batched_mat_mul("l", ["x"], "y", weight_matrix_rows=4, weight_matrix_columns=2, W=w(4, 2), '
    "bias=np.array([1.0, 2.0]))",
    lambda x: made((2, 3, 2), lambda c, i, o: sum(x(c, i, k) * pattern(4, 2)(k, o) for k in range(4)) + (1, 2)[o]),
)
case(
    'b.add_batched_mat_mul("l", ["x", "z"], "y", transpose_b=True)',
    lambda x, z: made((3, 2), lambda i, j: sum(x(i, k) * z(j, k) for k in range(4))),
    pattern(3, 4),
    pattern(2, 4, low=0.5),
)
case(
    'b.add_embedding_nd("l", "x", "y", vocab_size=3, embedding_size=2, W=w(2, 3))',
    lambda x: made((2, 2), lambda i, o: pattern(2, 3)(o, int(x(i, 0)))),
    Array((2, 1), [2.0, 1.0]),
)
SEQUENCE, STATE = pattern(4, 1, 3, 1, 1), Array((1, 1, 2, 1, 1), [0.0, 0.0])
case(
    'b.add_gru("l", [w(2, 2)] * 3, [w(2, 3)] * 3, None, 2, 3, ["x", "h"], ["y", "u"], inner_activation="SIGMOID")',
    lambda x, _: Array((1, 1, 2, 1, 1), gru(pattern(2, 3), pattern(2, 2), Array((4, 3), x.values))),
    SEQUENCE,
    STATE,
    names="xh",
)
case(
    'b.add_unilstm("l", [w(2, 2)] * 4, [w(2, 3)] * 4, None, 2, 3, ["x", "h", "c"], ["y", "u", "v"])',
    lambda x, *_: Array((1, 1, 2, 1, 1), lstm(pattern(2, 3), pattern(2, 2), Array((4, 3), x.values))),
    SEQUENCE,
    STATE,
    STATE,
    names="xhc",
)

HEAD = """import coremltools as ct
import numpy as np
from coremltools.models import datatypes
from coremltools.models.neural_network import NeuralNetworkBuilder


def w(*shape):
    return (-1.25 + 0.25 * (np.arange(int(np.prod(shape))) * 7 % 11)).astype(np.float32).reshape(shape)


"""


def script():
    text = HEAD
    for k, (call, _, x, names) in enumerate(CASES):
        inputs = ", ".join(f'("{n}", datatypes.Array({", ".join(map(str, a.shape))}))' for n, a in zip(names, x))
        text += f'b = NeuralNetworkBuilder([{inputs}], [("y", None)], disable_rank5_shape_mapping=True)\n{call}\n'
        text += f'ct.models.MLModel(b.spec).save("{k}.mlmodel")\n'
    return text


def close(got, want):
    return abs(got - want) <= 1e-5 + 1e-4 * abs(want)


def verdict(k, folder):
    call, f, x, names = CASES[k]
    with zipfile.ZipFile(f"{folder}/in.npz", "w") as z:
        for n, a in zip(names, x):
            z.writestr(f"{n}.npy", npy(a))
    r = subprocess.run(
        [MILC, "run", f"{k}.mlmodel", "-i", "in.npz", "-o", "out.npz"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if r.returncode:
        return f"  {r.stderr}"
    with zipfile.ZipFile(f"{folder}/out.npz") as z:
        got = read_npy(z.read("y.npy"))
    want = f(*x)
    if got.shape != want.shape:
        return f"  expected the shape {want.shape}\n  got      {got.shape}\n"
    for at, p, q in zip(indices(want.shape), got.values, want.values):
        if not close(p, q):
            return f"  at {at}\n  expected {q}\n  got      {p}\n"
    return None


def main():
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/all.mil", "w", encoding="utf-8") as out:
            out.write(script())
        r = subprocess.run([MILC, "-q", "all.mil"], cwd=folder, capture_output=True, text=True, check=False)
        if r.returncode:
            sys.stderr.write(r.stderr)
        for k, c in enumerate(CASES):
            name = c[0].split("\n")[0]
            why = verdict(k, folder)
            if why:
                sys.stderr.write(f"{name}\n{why}")
            print(f"{'FAILED' if why else 'ok'} tests/builder/numbers.py: {name[:60]}")


main()
