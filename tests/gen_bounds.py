"""How large the values of gen_passes.py may become: one row for each operation that has a rule of its own.

A row says between which numbers the operands must lie, between which numbers the result then does, and what
becomes of exact values. Values are bounded so that half precision holds them and changes them little: no operation
is steeper than about 4 within its domain. A value is exact where half precision holds all of its numbers: they
are multiples of its grain, at most 2048 of them (grain 0: it is not). Operations that jump, such as floor or less,
take exact operands only: rounding would otherwise move a number to the other side, with no pass to blame.
"""
import math

LIMIT = 16.0  # of what an operation takes, where it has no domain of its own
ANY = (-LIMIT, LIMIT)
ROOM = (-1000.0, 1000.0)  # of what only moves numbers, or keeps one of two
STEEP = 2.5  # the largest number that a script writes as a constant


class Row:
    def __init__(self, bound, domain=ANY, exact="no"):
        self.bound, self.domain, self.exact = bound, domain, exact


def sampled(f):
    def bound(c):
        lo, hi = c.x
        ys = [f(lo + (hi - lo) * k / 32) for k in range(33)] + [f(p) for p in (-0.0, 1.0, -1.0) if lo < p < hi]
        return min(ys), max(ys)
    return bound


def corners(f):
    def bound(c):
        ys = [f(a, b) for a in c.x for b in c.y]
        return min(ys), max(ys)
    return bound


def between(lo, hi):
    return lambda c: (lo, hi)


def union(c):
    return c.lo, c.hi


def times(k, plus=0.0):
    """At most k times the operand's magnitude, either sign."""
    return lambda c: (-c.mag * k - plus, c.mag * k + plus)


def summed(c):
    n = c.shrink
    return min(c.x[0] * n, c.x[0], 0), max(c.x[1] * n, c.x[1], 0)


def positive_sum(f, root=False):
    def bound(c):
        y = f(c.mag) * c.shrink
        return 0.0, math.sqrt(y) if root else y
    return bound


def product(c):
    """Of matrices and convolutions: terms times both magnitudes, and the bias."""
    y = c.terms * c.size("x", "values") * c.size("y", "weight", "values") + c.size("bias")
    return -y, y


def power(c):
    """To the second or third, or by a number in between, or a number to it."""
    x = max(-c.x[0], c.x[1])
    e = 3.0 if c.y[1] > 2 else 2.0
    return (0.0 if e == 2 else -x ** 3), max(x ** e, 16.0 if c.x == (2.0, 2.0) else 1.0)


def softplus(x):
    return math.log1p(math.exp(x))


def round_half_even(x):
    return float(round(x))


POSITIVE = (0.25, 8.0)
UNARY = {
    "abs": Row(sampled(abs), ROOM, exact="keep"), "square": Row(sampled(lambda x: x * x), exact="square"),
    "relu": Row(sampled(lambda x: max(x, 0)), ROOM, "keep"), "identity": Row(union, ROOM, "keep"),
    "relu6": Row(sampled(lambda x: min(max(x, 0), 6)), ROOM, "keep"),
    "acos": Row(sampled(math.acos), (-0.75, 0.75)), "asin": Row(sampled(math.asin), (-0.75, 0.75)),
    "atan": Row(sampled(math.atan)), "atanh": Row(sampled(math.atanh), (-0.75, 0.75)),
    "cos": Row(between(-1, 1), (-4, 4)), "sin": Row(between(-1, 1), (-4, 4)), "tan": Row(sampled(math.tan), (-1, 1)),
    "cosh": Row(sampled(math.cosh), (-2, 2)), "sinh": Row(sampled(math.sinh), (-2, 2)),
    "tanh": Row(sampled(math.tanh)), "erf": Row(sampled(math.erf)), "exp": Row(sampled(math.exp), (-4, 2)),
    "exp2": Row(sampled(lambda x: 2.0 ** x), (-4, 2)), "log": Row(sampled(math.log), POSITIVE),
    "sqrt": Row(sampled(math.sqrt), POSITIVE), "rsqrt": Row(sampled(lambda x: x ** -0.5), POSITIVE),
    "inverse": Row(sampled(lambda x: 1 / x), (0.5, 8.0)), "sigmoid": Row(between(0, 1)),
    "silu": Row(sampled(lambda x: x / (1 + math.exp(-x)))), "softplus": Row(sampled(softplus)),
    "softsign": Row(between(-1, 1)), "gelu": Row(lambda c: (-0.2, max(c.hi, 0))),
    "ceil": Row(sampled(math.ceil), exact="jump"), "floor": Row(sampled(math.floor), exact="jump"),
    "round": Row(sampled(round_half_even), exact="jump"), "sign": Row(between(-1, 1), exact="jump"),
    "logical_not": Row(between(0, 1), exact="keep"),
}
STEEPER = times(STEEP, STEEP)
ACTIVATION = {
    "elu": Row(STEEPER), "leaky_relu": Row(STEEPER), "prelu": Row(STEEPER), "linear_activation": Row(STEEPER),
    "clamped_relu": Row(STEEPER), "softplus_parametric": Row(lambda c: (0, STEEP * (STEEP * c.mag + 1))),
    "scaled_tanh": Row(between(-STEEP, STEEP)), "sigmoid_hard": Row(between(0, 1)),
    "thresholded_relu": Row(union, exact="jump"), "threshold": Row(lambda c: (min(c.lo, -STEEP), max(c.hi, STEEP))),
    "clip": Row(lambda c: (max(c.lo, -LIMIT), min(max(c.hi, 0), LIMIT)), ROOM, "keep"),
    "softmax": Row(between(0, 1)),
}
BINARY = {
    "add": Row(corners(lambda a, b: a + b), ROOM, "min"), "sub": Row(corners(lambda a, b: a - b), ROOM, "min"),
    "mul": Row(corners(lambda a, b: a * b), (-100, 100), "product"), "maximum": Row(union, ROOM, "min"),
    "minimum": Row(union, ROOM, "min"), "real_div": Row(times(4.0), (-400, 400)), "floor_div": Row(times(4.0, 1),
                                                                                                   exact="jump"),
    "mod": Row(between(-3, 3), exact="jump"), "pow": Row(power, (0.25, 4.0)),
    "matmul": Row(product, (-8, 8), "product"), "linear": Row(product, (-8, 8), "product"),
    "einsum": Row(product, (-8, 8), "product"), "conv": Row(product, (-4, 4), "product"),
    "conv_transpose": Row(product, (-4, 4), "product"), "conv_quantized": Row(product, (-4, 4)),
    "scaled_dot_product_attention": Row(times(1.0), (-2, 2)),
}
TRUTHS = ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal")
LOGICAL = ("logical_and", "logical_or", "logical_xor")
REDUCTIONS = {
    "reduce_sum": Row(summed, (-64, 64), "min"), "reduce_max": Row(union, ROOM, "min"),
    "reduce_min": Row(union, ROOM, "min"), "reduce_mean": Row(union, ROOM), "reduce_prod": Row(between(-1, 1), (-1, 1)),
    "reduce_l1_norm": Row(positive_sum(abs)), "reduce_sum_square": Row(positive_sum(lambda x: x * x), (-4, 4)),
    "reduce_l2_norm": Row(positive_sum(lambda x: x * x, True), POSITIVE),
    "reduce_log_sum": Row(lambda c: (-2, math.log(8.0 * c.shrink)), POSITIVE),
    "reduce_log_sum_exp": Row(lambda c: (c.lo, c.hi + math.log(c.shrink)), (-4, 4)),
    "cumsum": Row(lambda c: (-c.mag * c.count, c.mag * c.count), exact="min"),
    "reduce_argmax": Row(lambda c: (0, c.count), exact="jump"), "reduce_argmin": Row(lambda c: (0, c.count),
                                                                                     exact="jump"),
    "argsort": Row(lambda c: (0, c.count), exact="jump"), "topk": Row(lambda c: (c.lo, max(c.hi, c.count)),
                                                                      exact="jump"),
    "non_zero": Row(lambda c: (0, c.count), exact="jump"), "shape": Row(lambda c: (0, 400)),
}
NORMS = {
    "layer_norm": Row(lambda c: (-STEEP * (c.root + 1), STEEP * (c.root + 1))),
    "instance_norm": Row(lambda c: (-STEEP * (c.root + 1), STEEP * (c.root + 1))),
    "batch_norm": Row(lambda c: (-6 * (c.mag + STEEP) - STEEP, 6 * (c.mag + STEEP) + STEEP)),
    "local_response_norm": Row(times(8.0), (-2, 2)), "l2_norm": Row(between(-1, 1), POSITIVE),
    "l2_pool": Row(lambda c: (0, 6 * c.mag), POSITIVE), "avg_pool": Row(union), "max_pool": Row(union, exact="min"),
}
OTHERS = {
    "cast": Row(union, ROOM, "cast"), "select": Row(union, ROOM, "min"), "one_hot": Row(between(-4, 4)),
    "range_1d": Row(between(-3, 18)), "fill": Row(between(-4, 4)), "fill_like": Row(between(-4, 4)),
    "resample": Row(union), "affine": Row(union), "crop_resize": Row(union),
    "scatter": Row(times(6.0)), "scatter_along_axis": Row(times(1.0)), "scatter_nd": Row(times(6.0)),
    "upsample_bilinear": Row(union), "resize_bilinear": Row(union),
    "dequantize": Row(between(-8, 8), (-128, 255)), "quantize": Row(between(-128, 255), exact="quantize"),
    "gru": Row(between(-1, 1)), "lstm": Row(between(-4, 4)), "rnn": Row(between(-1, 1)),
    "random_normal": Row(between(-8, 8)), "random_uniform": Row(between(-1, 3)), "random_bernoulli": Row(between(0, 1)),
    "random_categorical": Row(between(0, 4)), "non_maximum_suppression": Row(union, exact="jump"),
    "cond": Row(union, exact="min"), "while_loop": Row(times(1.0, 4 * STEEP), exact="min"),
}
ROWS = {**UNARY, **ACTIVATION, **BINARY, **{op: Row(between(0, 1), exact="jump") for op in TRUTHS},
        **{op: Row(between(0, 1), exact="keep") for op in LOGICAL}, **REDUCTIONS, **NORMS, **OTHERS}
MOVES = Row(lambda c: (min(c.lo, 0), max(c.hi, 0)), ROOM, "min")  # and pads with constants, or zeros


def row(op):
    """Operations without a row move numbers."""
    return ROWS.get(op, MOVES)


class Call:
    """What a row asks of a call: the spans of its operands, and how many elements go into one."""

    def __init__(self, spans, before, after, terms):
        self.spans, self.terms = spans, terms
        every = list(spans.values()) or [(-STEEP, STEEP)]
        self.x, self.y = spans.get("x", every[0]), spans.get("y", every[-1])
        self.lo, self.hi = min(s[0] for s in every), max(s[1] for s in every)
        self.mag = max(-self.lo, self.hi)
        self.count, self.shrink = before, max(1, before // max(after, 1))
        self.root = math.sqrt(before)

    def size(self, *names):
        """The largest magnitude among the operands of these names that there are."""
        return max((max(-self.spans[n][0], self.spans[n][1]) for n in names if n in self.spans), default=0.0)


def grain(rule, grains, dtype, span):
    """The grain of a result."""
    mag = max(-span[0], span[1])
    if "int" in dtype or dtype == "bool":
        return 1.0
    least = min(grains, default=0.0)
    if rule in ("no", "quantize") or not least:
        return 0.0
    if rule == "square":
        least *= least
    elif rule == "product":
        least = least * min(grains[1:], default=1.0) if len(grains) > 1 else 0.0
    return least if least and mag / least <= 1024 else 0.0
