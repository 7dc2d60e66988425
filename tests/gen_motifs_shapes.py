"""What the passes look for among convolutions and operations that move numbers, with the helpers of gen_motifs.py."""
from gen_motifs import alike, both, by, image, into, narrow, scalar, some, turn, widen


# ---- convolutions

def conv(g, x, n=None, kernel=None, bias=None, groups=1, **args):
    """With kernel pixels each way and nothing beside, so that the result is that much smaller."""
    n, c = n or g.r.randint(1, 4), x.shape[1] // groups
    k = kernel or g.r.randint(1, min(2, *x.shape[2:]))
    out = (x.shape[0], n) + tuple(d - k + 1 for d in x.shape[2:])
    bias = g.const((n,), x.dtype) if bias or bias is None and g.chance(0.5) else None
    return g.one("conv", out, x.dtype, False, x=x, weight=g.const((n, c) + (k,) * (x.rank - 2), x.dtype), bias=bias,
                 groups=groups if groups > 1 else None, pad_type=g.r.choice([None, '"valid"']), **args)


def conv_transpose(g, x, n=2):
    out = (x.shape[0], n) + tuple(d + 1 for d in x.shape[2:])
    return g.one("conv_transpose", out, x.dtype, False, x=x,
                 weight=g.const((x.shape[1], n) + (2,) * (x.rank - 2), x.dtype),
                 bias=g.const((n,), x.dtype) if g.chance(0.5) else None)


def some_conv(g):
    x = image(g)
    return conv_transpose(g, x) if g.chance(0.25) else conv(g, x)


def conv_bias(g):
    c = some_conv(g)
    n = c.shape[1]
    if g.chance(0.25):
        both(g, "add", turn(g, c, [0, 2, 3, 1]), g.const((n,), c.dtype))
        return True
    term = g.const(g.r.choice([(n, 1, 1), (1, n, 1, 1)]), c.dtype)
    if g.chance(0.2):
        g.one("sub", c.shape, c.dtype, False, x=term, y=c)
    else:
        both(g, g.r.choice(["add", "sub"]), c, term)
    return True


def conv_scale(g):
    c = some_conv(g)
    k = g.r.choice([scalar(0.5, c.dtype), scalar(-2, c.dtype), None])
    k = k or g.const(g.r.choice([(c.shape[1], 1, 1), (1, c.shape[1], 1, 1)]), c.dtype, True)
    both(g, g.r.choice(["mul", "real_div"]), c, k)
    return True


def conv_batchnorm(g):
    c = some_conv(g)
    n = c.shape[1]
    gamma = g.chance(0.7)
    alike(g, "batch_norm", c, mean=g.const((n,), c.dtype), variance=g.const((n,), c.dtype, True),
          gamma=g.const((n,), c.dtype) if gamma else None, beta=g.const((n,), c.dtype) if gamma else None,
          epsilon=scalar(0.25, c.dtype))
    return True


def batchnorm_parts(g):
    x = image(g)
    c = x.shape[1]
    shape = g.r.choice([(c, 1, 1), (1, c, 1, 1)])
    both(g, "add", both(g, "mul", x, g.const(shape, x.dtype)), g.const(shape, x.dtype))
    return True


def conv1d(g):
    """A 2d convolution made of a 1d one, and a 1d one that a network makes 2d."""
    x = g.floats([g.r.randint(1, 2), g.r.randint(1, 3), g.r.randint(3, 6)])
    n, k = g.r.randint(1, 3), g.r.randint(1, 3)
    w = g.const((n, x.shape[1], 1, k), x.dtype)
    size = x.shape[2] - k + 1
    if g.network or g.chance(0.2):
        conv(g, x, kernel=k)
        return True
    if g.chance(0.6):
        c = g.one("conv", (x.shape[0], n, 1, size), x.dtype, False, x=widen(g, x, -2), weight=w)
        narrow(g, c, -2)
        return True
    x = turn(g, x, [0, 2, 1])
    t = turn(g, widen(g, x, -3), [0, 3, 1, 2])
    c = g.one("conv", (x.shape[0], n, 1, size), x.dtype, False, x=t, weight=w)
    narrow(g, turn(g, c, [0, 2, 3, 1]), -3)
    return True


def padded_conv(g):
    x = turn(g, image(g), [0, 2, 3, 1])
    p = g.one("pad", (x.shape[0], x.shape[1] + 2, x.shape[2] + 2, x.shape[3]), x.dtype, False, x=x,
              pad=[0, 0, 1, 1, 1, 1, 0, 0], constant_val=scalar(0, x.dtype))
    turn(g, conv(g, turn(g, p, [0, 3, 1, 2])), [0, 2, 3, 1])
    return True


def dilated_conv(g):
    x = g.floats([1, g.r.randint(1, 3), 2 * g.r.randint(2, 3), 2 * g.r.randint(2, 3)])
    n, c, h, w = x.shape
    same, k = g.chance(0.5), 3 if min(h, w) >= 6 else 2
    k = 3 if same else k
    pads = [[2, 2], [2, 2]] if same else [[0, 0], [0, 0]]
    up = 4 if same else 0
    s = g.one("space_to_batch", (4 * n, c, (h + up) // 2, (w + up) // 2), x.dtype, False, x=x, block_shape=[2, 2],
              paddings=pads)
    y = conv(g, s, kernel=k, bias=False)
    g.one("batch_to_space", (n, y.shape[1], y.shape[2] * 2, y.shape[3] * 2), x.dtype, False, x=y, block_shape=[2, 2],
          crops=[[0, 0], [0, 0]])
    return True


# ---- shapes

def squeezed_back(g):
    x = widen(g, some(g, 1, 3), 0)
    axis = [i for i, d in enumerate(x.shape) if d == 1][0]
    alike(g, "relu", widen(g, narrow(g, x, axis), axis))
    return True


def rank0(g):
    x = some(g)
    s = g.one("reduce_mean", (), x.dtype, False, x=x)
    a = by(g, g.r.choice(["add", "sub", "mul", "real_div"]), s, 2)
    widen(g, a, 0)
    if g.chance(0.3):
        by(g, "add", a, 0.5)
    return True


def reflected(g):
    x = some(g, 2, 4)
    axis = g.r.choice([-1, -2])
    n = x.shape[axis]
    if n < 3:
        x, n = g.floats([2, 4, 4]), 4
    at = axis + x.rank

    def edge(k):
        begin, end = [0] * x.rank, list(x.shape)
        begin[at], end[at] = k, k + 1
        shape = x.shape[:at] + (1,) + x.shape[at + 1:]
        return g.one("slice_by_index", shape, x.dtype, False, x=x, begin=begin, end=end)
    left, right = edge(1), edge(n - 2)
    g.one("concat", x.shape[:at] + (n + 2,) + x.shape[at + 1:], x.dtype, False, values=f"({left}, {x}, {right})",
          axis=axis)
    return True


def pads(g):
    x = some(g, 2, 4)
    c = scalar(g.r.choice([0, 1.5]), x.dtype)
    for _ in range(g.r.randint(2, 3)):
        a, b = g.r.randint(0, 1), g.r.randint(1, 2)
        x = g.one("pad", x.shape[:-1] + (x.shape[-1] + a + b,), x.dtype, False, x=x, pad=[a, b], constant_val=c,
                  mode='"constant"')
    return True


def stacked(g):
    x = some(g, 1, 3)
    if x.dtype == "bool":
        return False
    y = g.of(x.shape, x.dtype)
    axis = g.r.randrange(x.rank + 1)
    s = g.one("stack", x.shape[:axis] + (2,) + x.shape[axis:], x.dtype, False, values=f"({x}, {y})", axis=axis)
    if g.chance(0.5):
        parts = g.call("split", [(s.shape[:axis] + (1,) + s.shape[axis + 1:], x.dtype, False)] * 2, x=s, num_splits=2,
                       axis=axis)
        both(g, "sub", narrow(g, parts[0], axis), alike(g, "tanh", narrow(g, parts[1], axis)))
        return True
    at = axis - 1 if axis == x.rank or axis and g.chance(0.5) else axis
    into(g, s, s.shape[:at] + (s.shape[at] * s.shape[at + 1],) + s.shape[at + 2:])
    return True


def transposes(g):
    """Pairs, with operations between them that do not mind."""
    x = some(g, 2, 4)
    perm = g.r.sample(range(x.rank), x.rank)
    back = [perm.index(i) for i in range(x.rank)]
    t = turn(g, x, perm)
    for _ in range(g.r.randint(0, 3)):
        k = g.r.randrange(5)
        if k < 2:
            t = alike(g, g.r.choice(["relu", "tanh", "sigmoid"]), t)
        elif k == 2:
            t = both(g, g.r.choice(["add", "mul", "sub"]), t,
                     g.const(g.r.choice([t.shape, (1,) * t.rank, ()]), t.dtype))
        elif k == 3:
            t = both(g, "add", t, turn(g, g.of(x.shape, x.dtype), perm))
        else:
            axis = g.r.randrange(t.rank)
            u = turn(g, g.of(x.shape, x.dtype), perm)
            shape = t.shape[:axis] + (t.shape[axis] * 2,) + t.shape[axis + 1:]
            t = g.one("concat", shape, t.dtype, False, values=f"({t}, {u})", axis=axis)
            x = u
            break
    u = turn(g, t, back if g.chance(0.8) else g.r.sample(range(x.rank), x.rank))
    if g.chance(0.5):
        alike(g, "relu", u)
    return True


def transpose_chain(g):
    x = some(g, 2, 4)
    for _ in range(g.r.randint(2, 3)):
        x = turn(g, x, g.r.sample(range(x.rank), x.rank))
    return True


def reshapes(g):
    x = some(g, 2, 4)
    y = into(g, into(g, x, (x.size,)), x.shape[::-1])
    alike(g, "relu", y)
    return True


def high_rank(g):
    dims = [g.r.randint(1, 3) for _ in range(g.r.randint(6, 7))]
    n = 1
    for d in dims:
        n *= d
    perm = g.r.sample(range(len(dims)), len(dims))
    a = into(g, g.floats([n]), dims)
    t = turn(g, a, perm)
    g.drop(a)
    g.drop(t)
    into(g, t, (t.shape[0] * t.shape[1], n // (t.shape[0] * t.shape[1])))
    return True


def shuffled(g):
    n, c = g.r.randint(1, 2), g.r.randint(1, 3)
    x = g.floats([n, c, 3, 2])
    y = g.of(x.shape, x.dtype)
    s = g.one("concat", (n, 2 * c, 3, 2), x.dtype, False, values=f"({x}, {y})", axis=1)
    into(g, turn(g, into(g, s, (n, 2, c, 3, 2)), [0, 2, 1, 3, 4]), (n, 2 * c, 3, 2))
    return True


def woven(g):
    x = g.floats([1, g.r.randint(1, 2), 2, 3])
    n, c, h, w = x.shape
    a, b, d = (g.of(x.shape, x.dtype) for _ in range(3))

    def weave(p, q, shape, axis):
        return g.one("concat", shape, x.dtype, False, values=f"({p}, {q})", axis=axis, interleave=True)
    weave(weave(x, a, (n, c, 2 * h, w), 2), weave(b, d, (n, c, 2 * h, w), 2), (n, c, 2 * h, 2 * w), 3)
    return True


MOTIFS = {
    conv_bias: 3, conv_scale: 3, conv_batchnorm: 3, batchnorm_parts: 2, conv1d: 3, padded_conv: 2, dilated_conv: 2,
    squeezed_back: 2, rank0: 2, reflected: 2, pads: 2, stacked: 3, transposes: 6, transpose_chain: 2, reshapes: 2,
    high_rank: 2, shuffled: 2, woven: 2,
}
