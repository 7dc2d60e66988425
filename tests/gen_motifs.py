"""What the passes look for, for gen_passes.py: one function for each pass or pair of passes, in MOTIFS at the end.

Each takes a value that is there, or makes an input, and puts down the operations that the pass rewrites, in one of
their arrangements; the values within are seldom used elsewhere, which is what most passes ask. As in gen_ops.py, a
function returns False when nothing fits.
"""
from gen_ops import broadcast


def scalar(x, dtype):
    return f"np.float16({x})" if dtype == "fp16" else f"np.float32({x})" if dtype == "fp32" else f"np.int32({x})"


def alike(g, op, x, **args):
    return g.one(op, x.shape, x.dtype, False, x=x, **args)


def both(g, op, x, y, shape=None):
    """A binary operation; of those that commute, either way round."""
    a, b = (y, x) if op in ("add", "mul", "maximum", "minimum") and g.chance(0.3) else (x, y)
    return g.one(op, shape or x.shape, x.dtype, False, x=a, y=b)


def by(g, op, x, number):
    return both(g, op, x, scalar(number, x.dtype))


def turn(g, x, perm):
    return g.one("transpose", [x.shape[p] for p in perm], x.dtype, False, x=x,
                 perm=g.ints([p - x.rank if g.chance(0.2) else p for p in perm]))


def into(g, x, shape):
    return g.one("reshape", shape, x.dtype, False, x=x, shape=list(shape))


def widen(g, x, axis):
    at = axis + x.rank + 1 if axis < 0 else axis
    return g.one("expand_dims", x.shape[:at] + (1,) + x.shape[at:], x.dtype, False, x=x, axes=[axis])


def narrow(g, x, axis):
    at = axis + x.rank if axis < 0 else axis
    return g.one("squeeze", x.shape[:at] + x.shape[at + 1:], x.dtype, False, x=x, axes=[axis])


def average(g, x, axes, op="reduce_mean", keep=True):
    at = [a % x.rank for a in axes]
    shape = [1 if i in at else d for i, d in enumerate(x.shape) if keep or i not in at]
    return g.one(op, shape, x.dtype, False, x=x, axes=g.ints(axes), keep_dims=keep)


def image(g, channels=None, size=None):
    r = g.r
    return g.floats([r.randint(1, 2), channels or r.choice([1, 2, 3, 4]), size or r.randint(2, 6),
                     size or r.randint(2, 6)])


def some(g, least=1, most=4):
    """A float value of a rank between these."""
    x = g.pick(lambda v: v.dtype in ("fp32", "fp16") and v.static and least <= v.rank <= most and 0 < v.size <= 200)
    return x or g.floats([g.r.randint(1, 4) for _ in range(g.r.randint(least, most))])


# ---- casts and constants

def casts(g):
    x = some(g)
    a = g.one("cast", x.shape, "fp32", False, x=x, dtype='"fp32"')
    b = g.one("cast", x.shape, "fp16", False, x=a, dtype='"fp16"')
    g.one("cast", x.shape, "fp32", False, x=b, dtype='"fp32"')
    return True


def truncated(g):
    """To an integer and back: the fraction is lost."""
    x = g.pick(lambda v: v.dtype in ("fp32", "fp16") and 0 < v.grain < 1)
    if not x:
        return False
    n = g.one("cast", x.shape, "int32", False, x=x, dtype='"int32"')
    g.one("cast", x.shape, x.dtype, False, x=n, dtype=f'"{x.dtype}"')
    return True


def nothing(g):
    """Operations that return their operand."""
    x = some(g, 1, 4)
    k = g.r.randrange(9)
    if k < 4:
        op, n = [("add", 0), ("sub", 0), ("mul", 1), ("real_div", 1)][k]
        g.one(op, x.shape, x.dtype, False, x=x, y=scalar(n, x.dtype))
    elif k == 4:
        alike(g, "identity", x)
    elif k == 5:
        into(g, x, x.shape)
    elif k == 6:
        turn(g, x, list(range(x.rank)))
    elif k == 7:
        alike(g, "pad", x, pad=[0] * (2 * x.rank), constant_val=scalar(0, x.dtype))
    else:
        alike(g, "slice_by_index", x, begin=[0] * x.rank, end=list(x.shape))
    return True


def divide(g):
    x = some(g)
    g.one("real_div", x.shape, x.dtype, False, x=x, y=g.r.choice(
        [scalar(g.r.choice([2, 3, -0.5, 7]), x.dtype), g.const(x.shape, x.dtype, True)]))
    return True


def select_known(g):
    x = some(g)
    if g.chance(0.4):
        y = g.of(x.shape, x.dtype)
        g.one("select", x.shape, x.dtype, False, cond=g.r.choice(["True", f"np.full({x.shape}, False)"]), a=x, b=y)
        return True
    if x.shape[-1] < 2:  # a row would be masked altogether
        return False
    cond = f"(np.arange({x.size}) % 3 == 1).reshape({x.shape})"
    low = g.one("select", x.shape, x.dtype, False, cond=cond, a=f"np.full({x.shape}, -np.inf, np.{g.np(x)})", b=x)
    g.drop(low)
    g.masked("softmax", low, axis=-1)
    return True


def twins(g):
    """The same thing twice, from equal constants."""
    x = some(g)
    y = g.const(x.shape, x.dtype)
    a, b = (g.one("mul", x.shape, x.dtype, False, x=x, y=y) for _ in range(2))
    both(g, "add", alike(g, "tanh", a), alike(g, g.r.choice(["sigmoid", "tanh"]), b))
    return True


def large_twins(g):
    x = g.floats([2, 128])
    w = f"(np.arange(128) % 7 * 0.25 - 0.75).astype(np.{g.np(x)})"
    a, b = by(g, "mul", both(g, "mul", x, w), 0.5), both(g, "add", x, w)
    both(g, "add", a, alike(g, "relu", b))
    return True


def dead(g):
    x = some(g)
    g.drop(alike(g, "exp", by(g, "sub", x, 0.5)))
    return True


# ---- activations

def gelu_exact(g):
    x = some(g)
    d = by(g, "real_div", x, 1.4142135) if g.chance(0.5) else by(g, "mul", x, 0.70710677)
    a = by(g, "add", alike(g, "erf", d), 1)
    k = g.r.randrange(3)
    if k == 0:
        both(g, "mul", by(g, "mul", a, 0.5), x)
    elif k == 1:
        by(g, "mul", both(g, "mul", a, x), 0.5)
    else:
        both(g, "mul", a, by(g, "mul", x, 0.5))
    return True


def gelu_tanh(g):
    x = g.tamed(some(g), -2, 2)
    q = by(g, "mul", g.one("pow", x.shape, x.dtype, False, x=x, y=scalar(3, x.dtype)), 0.044715)
    u = by(g, "add", alike(g, "tanh", by(g, "mul", both(g, "add", x, q), 0.7978845608)), 1)
    if g.chance(0.5):
        both(g, "mul", by(g, "mul", u, 0.5), x)
    else:
        both(g, "mul", by(g, "mul", x, 0.5), u)
    return True


def gelu_sigmoid(g):
    x = some(g)
    both(g, "mul", x, alike(g, "sigmoid", by(g, "mul", x, 1.702)))
    return True


def leaky(g):
    x = some(g)
    both(g, "maximum", by(g, "mul", x, g.r.choice([0.25, 0.5, 0.1])), x)
    return True


def prelu_parts(g):
    x = g.centred(image(g))
    c = x.shape[1]
    last = g.chance(0.4)
    x = turn(g, x, [0, 2, 3, 1]) if last else x
    alpha = g.const((c,) if last else (c, 1, 1), x.dtype, not last and g.chance(0.5))
    m = both(g, "mul", alike(g, "relu", by(g, "mul", x, -1)), alpha)
    both(g, "add", alike(g, "relu", x), m)
    return True


def prelu_of_one(g):
    x = g.centred(image(g))
    alike(g, "prelu", x, alpha=f"np.full(({x.shape[1]},), 0.25, np.{g.np(x)})")
    return True


def silu_parts(g):
    x = some(g)
    both(g, "mul", x, alike(g, "sigmoid", x))
    return True


def relus(g):
    x = g.centred(some(g))
    op = g.r.choice(["relu", "relu", "relu6"])
    for _ in range(g.r.randint(2, 3)):
        x = alike(g, op, x)
    return True


def powers(g):
    x = g.tamed(some(g), 0.25, 8)
    if g.chance(0.5):
        alike(g, "sqrt", alike(g, "pow", x, y=scalar(2, x.dtype)), )
    else:
        alike(g, "pow", alike(g, "sqrt", x), y=scalar(2, x.dtype))
    return True


def base2(g):
    x = g.tamed(some(g), -2, 2)
    g.one("pow", x.shape, x.dtype, False, x=scalar(2, x.dtype), y=x)
    return True


# ---- products

def matmul_bias(g):
    x = some(g, 2, 4)
    k, n = x.shape[-1], g.r.randint(2, 5)
    ty = g.chance(0.3)
    m = g.one("matmul", x.shape[:-1] + (n,), x.dtype, False, x=x, y=g.const((n, k) if ty else (k, n), x.dtype),
              transpose_y=ty or None)
    if g.chance(0.3):  # with the weight in front
        x = g.floats([3, 4])
        m = g.one("matmul", (n, 4), x.dtype, False, x=g.const((n, 3), x.dtype), y=x)
        n = 4
    both(g, g.r.choice(["add", "sub"]), m, g.const((n,), x.dtype))
    return True


def linear_bias(g):
    x = some(g, 2, 3)
    n = g.r.randint(2, 5)
    m = g.one("linear", x.shape[:-1] + (n,), x.dtype, False, x=x, weight=g.const((n, x.shape[-1]), x.dtype),
              bias=g.const((n,), x.dtype))
    c = g.const((n,), x.dtype)
    if g.chance(0.3):
        g.one("sub", m.shape, m.dtype, False, x=c, y=m)
    else:
        both(g, g.r.choice(["add", "sub"]), m, c)
    return True


def linear_known_late(g):
    """A weight that does not become a constant before linear is expanded."""
    if g.version < 16:
        return False
    x = g.floats([2, 4], "fp32")
    w = g.one("constexpr_cast", (3, 4), "fp32", False, source_val=g.const((3, 4), "fp16", bare=True),
              output_dtype='"fp32"')
    g.drop(w)
    if g.chance(0.7):
        w = g.one("transpose", (3, 4), "fp32", False, x=into(g, w, (4, 3)), perm=[1, 0])
    m = g.one("linear", (2, 3), x.dtype, False, x=x, weight=w, bias=g.const((3,), "fp32"))
    alike(g, "relu", m)
    return True


def transposed_matmul(g):
    x = some(g, 2, 4)
    perm = list(range(x.rank))
    perm[-1], perm[-2] = perm[-2], perm[-1]
    t = turn(g, x, perm)
    if g.chance(0.5):
        g.one("matmul", x.shape[:-1] + (x.shape[-2],), x.dtype, False, x=x, y=t)
    else:
        g.one("matmul", x.shape[:-2] + (x.shape[-1], 3), x.dtype, False, x=t,
              y=g.const((x.shape[-2], 3), x.dtype))
    return True


def picked_rows(g):
    n, d = g.r.randint(2, 5), g.r.randint(2, 4)
    i = g.tamed(g.integers(), 0, n - 1)  # one_hot has no row of the others, which gather refuses
    h = g.one("one_hot", i.shape + (n,), "fp32", False, indices=i, one_hot_vector_size=n, axis=-1,
              on_value="np.float32(1)",
              off_value="np.float32(0)")
    g.one("matmul", h.shape[:-1] + (d,), "fp32", False, x=h, y=g.const((n, d), "fp32"))
    return True


# ---- norms

def norm_parts(g):
    form = g.r.randint(1, 5)
    x = image(g) if form == 5 or g.chance(0.3) else some(g, 2, 4)
    axes = [1] if form == 5 else [2, 3] if x.rank == 4 and g.chance(0.5) else [-1]
    norm_forms(g, g.tamed(x, -1, 1), form, axes)
    return True


def moments(g, x, axes, form):
    """Mean, what is left of x, and 1 over the deviation or what comes before it."""
    if form == 4:
        n = 1
        for a in axes:
            n *= x.shape[a]
        m = by(g, "mul", average(g, x, axes, "reduce_sum"), 1 / n)
        s = by(g, "mul", average(g, both(g, "mul", x, x), axes, "reduce_sum"), 1 / n)
        return m, None, both(g, "sub", s, both(g, "mul", m, m))
    m = average(g, x, axes)
    d = both(g, "sub", x, m)
    return m, d, average(g, alike(g, "square", d), axes)


def norm_forms(g, x, form, axes):
    m, d, v = moments(g, x, axes, form)
    v = g.set(by(g, "add", v, 0.25), 0.25, 4.0, 0.0)  # of numbers up to 1, no variance is larger
    shape = [x.shape[a] for a in axes]
    if axes == [2, 3]:
        shape = [x.shape[1], 1, 1]
    elif form == 5:
        shape = [1, x.shape[1], 1, 1]
    gamma, beta = g.const(shape, x.dtype), g.const(shape, x.dtype)
    if form in (1, 4):
        r = both(g, "mul", alike(g, "rsqrt", v), gamma, broadcast(v.shape, shape))
        left = both(g, "mul", x, r, x.shape)
        both(g, "add", left, g.one("sub", r.shape, x.dtype, False, x=beta, y=both(g, "mul", m, r, r.shape)))
    elif form == 2:
        y = g.one("real_div", x.shape, x.dtype, False, x=d, y=alike(g, "pow", v, y=scalar(0.5, x.dtype)))
        both(g, "add", both(g, "mul", y, gamma), beta)
    elif form == 3:
        r = alike(g, "rsqrt", v)
        both(g, "add", both(g, "mul", x, r), by(g, "mul", both(g, "mul", m, r), -1))
    else:
        y = both(g, "mul", d, alike(g, "rsqrt", v))
        if g.chance(0.6):
            both(g, "mul", both(g, "add", y, beta), gamma)


def sum_to_mean(g):
    x = some(g, 1, 4)
    axis = g.r.randrange(x.rank)
    s = average(g, x, [axis], "reduce_sum", g.chance(0.5))
    if g.chance(0.5):
        by(g, "mul", s, 1 / x.shape[axis])
    else:
        by(g, "real_div", s, x.shape[axis])
    return True


MOTIFS = {
    casts: 3, truncated: 3, nothing: 3, divide: 2, select_known: 2, twins: 2, large_twins: 2, dead: 1,
    gelu_exact: 2, gelu_tanh: 2, gelu_sigmoid: 2, leaky: 2, prelu_parts: 2, prelu_of_one: 2, silu_parts: 2,
    relus: 2, powers: 2, base2: 2, matmul_bias: 3, linear_bias: 2, linear_known_late: 2, transposed_matmul: 3,
    picked_rows: 3, norm_parts: 5, sum_to_mean: 2,
}
