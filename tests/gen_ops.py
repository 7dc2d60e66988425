"""The operations that gen_programs.py chooses from.

One function per family or form: it picks operands among the values so far, works out the result's
shape, puts the call down and returns True; or returns False when nothing fits. MAKERS and WEIGHTS
at the end say how often each is tried. Operands on which the released coremltools is known to differ
from its main branch (see check_peer.py) are kept out here, each with a remark.
"""
FLOATS = ("fp32", "fp16")


def is_float(v):
    return v.dtype in FLOATS


def is_static(v):
    return v.static


def maybe(g, text, p=0.5):
    return text if g.chance(p) else None


def unary(g):
    x = g.pick(lambda v: v.dtype != "bool")
    if not x:
        return False
    ops = ["abs", "sign", "square"] if x.dtype == "int32" else [
        "abs", "acos", "asin", "atan", "atanh", "ceil", "cos", "cosh", "erf", "exp", "exp2", "floor", "round", "sign",
        "sin", "sinh", "sqrt", "square", "tan", "tanh", "relu", "relu6", "sigmoid", "silu", "softplus", "softsign"]
    op = g.r.choice(ops)
    g.one(op, x.shape, x.dtype, x.known and op != "silu", x=x)
    return True


def scalar_of(g, dtype, positive=False):
    """A scalar constant of exactly the dtype."""
    return g.const((), dtype, positive, bare=True) if dtype == "fp32" else \
        f"np.float16({g.number('fp32', positive)})" if dtype == "fp16" else g.number(dtype, positive)


def activation(g):
    x = g.pick(is_float)
    if not x:
        return False
    d = g.r.choice(FLOATS) if g.version >= 17 and g.chance(0.2) else x.dtype
    op = g.r.choice(["elu", "leaky_relu", "thresholded_relu", "clamped_relu", "linear_activation", "scaled_tanh",
                     "sigmoid_hard", "clip", "threshold", "inverse", "log", "rsqrt", "gelu", "softmax", "prelu",
                     "softplus_parametric"])
    args = {}
    if op in ("elu", "leaky_relu", "thresholded_relu"):
        args = {"alpha": scalar_of(g, d)}
    elif op == "threshold":
        args = {"alpha": scalar_of(g, x.dtype)}
    elif op in ("clamped_relu", "linear_activation", "scaled_tanh", "sigmoid_hard"):
        args = {"alpha": scalar_of(g, d), "beta": scalar_of(g, d)}
    elif op == "clip":
        cast = "np.float16({})" if x.dtype == "fp16" else "{}"
        args = {"alpha": cast.format(g.r.choice([-0.5, 0.0, -1.0])), "beta": cast.format(g.r.choice([0.5, 1.0, 6.0]))}
    elif op in ("inverse", "log", "rsqrt"):
        args = {"epsilon": maybe(g, "np.float16(0.01)" if d == "fp16" else g.r.choice(["1e-3", "0.1", "np.float32(1e-5)"]))}
    elif op == "gelu":
        args = {"mode": maybe(g, g.r.choice(['"EXACT"', '"TANH_APPROXIMATION"', '"SIGMOID_APPROXIMATION"']), 0.7)}
    elif op == "softmax":
        if not x.rank:
            return False
        args = {"axis": maybe(g, g.axis(x.rank)[1], 0.7)}
    else:
        if x.rank < 3 or not isinstance(x.shape[-3], int) or not isinstance(x.shape[1], int):
            return False
        if op == "softplus_parametric":
            args = {"alpha": g.const((x.shape[1],), d, True), "beta": g.const((x.shape[1],), d, True)}
        else:
            args = {"alpha": g.const((x.shape[1],), d)}
    g.one(op, x.shape, x.dtype, x.known, x=x, **args)
    return True


def broadcast(a, b):
    """The common shape of two, or None."""
    n = max(len(a), len(b))
    a, b = (1,) * (n - len(a)) + tuple(a), (1,) * (n - len(b)) + tuple(b)
    out = []
    for p, q in zip(a, b):
        if p == q or q == 1:
            out.append(p)
        elif p == 1:
            out.append(q)
        else:
            return None
    return tuple(out)


def shrink(g, shape):
    """A shape that broadcasts to this one."""
    shape = list(shape)
    shape = shape[g.r.choice([0, 0, 0, 1, 2, len(shape)]):]
    return tuple(1 if g.chance(0.25) or not isinstance(d, int) else d for d in shape)


def second(g, x):
    """Another operand for x: (text, shape, known)."""
    v = g.pick(lambda u: u.dtype == x.dtype and broadcast(u.shape, x.shape) is not None)
    if v and g.chance(0.6):
        return v.text, v.shape, v.known
    shape = shrink(g, x.shape)
    return g.const(shape, x.dtype), shape, True


def binary(g):
    x = g.pick(lambda v: v.dtype != "bool")
    if not x:
        return False
    y, shape, known = second(g, x)
    op = g.r.choice(["add", "add", "sub", "mul", "mul", "maximum", "minimum", "real_div", "floor_div", "mod", "pow"])
    if op in ("real_div", "floor_div", "mod", "pow"):
        # The released peer treats a folded divisor, floor_div by 1 and a base of 2 in other ways.
        shape = shrink(g, x.shape)
        known = True
        y = g.const(shape, x.dtype, True, bare=True).replace("1.0", "1.5")
        if op != "real_div":
            y = "np.float16(1.5)" if x.dtype == "fp16" else "1.5" if x.dtype == "fp32" else "3"
            shape = ()
        if op == "pow" and x.dtype == "int32":
            y = "2"
        if op == "real_div" and x.dtype == "int32":
            return False
    out = broadcast(x.shape, shape)
    args = {"x": x, "y": y}
    if op in ("add", "sub", "mul", "maximum", "minimum") and g.chance(0.3):
        args = {"x": y, "y": x}
        if not y.startswith("v") and not y.startswith("x") and "np" not in y and "mb" not in y:
            args = {"x": x, "y": y}
    g.one(op, out, x.dtype, x.known and known, **args)
    return True


def compare(g):
    x = g.pick(lambda v: v.dtype != "bool")
    if not x:
        return False
    y, shape, known = second(g, x)
    op = g.r.choice(["equal", "not_equal", "greater", "greater_equal", "less", "less_equal"])
    g.one(op, broadcast(x.shape, shape), "bool", x.known and known, x=x, y=y)
    return True


def logical(g):
    x = g.pick(lambda v: v.dtype == "bool")
    if not x:
        return False
    if g.chance(0.3):
        g.one("logical_not", x.shape, "bool", x.known, x=x)
        return True
    y, shape, known = second(g, x)
    g.one(g.r.choice(["logical_and", "logical_or", "logical_xor"]), broadcast(x.shape, shape), "bool",
          x.known and known, x=x, y=y)
    return True


def cast(g):
    x = g.pick()
    d = g.r.choice(["fp32", "fp16", "int32", "bool"])
    g.one("cast", x.shape, d, x.known, x=x, dtype=f'"{d}"')
    return True


def select(g):
    a = g.pick(is_static)
    if not a:
        return False
    c, _ = g.operand(a.shape, "bool", p=0.9) if g.chance(0.7) else (g.const((), "bool"), True)
    b, _ = g.operand(a.shape, a.dtype)
    g.one("select", a.shape, a.dtype, True, cond=c, a=a, b=b)
    return True


def reduce(g):
    x = g.pick(lambda v: v.dtype != "bool" and v.rank)
    if not x:
        return False
    axes = sorted(g.r.sample(range(x.rank), g.r.randint(1, x.rank)))
    keep = g.chance(0.5)
    ops = ["reduce_sum", "reduce_max", "reduce_min", "reduce_prod"]
    if x.dtype != "int32":
        ops += ["reduce_mean", "reduce_l1_norm", "reduce_l2_norm", "reduce_sum_square", "reduce_log_sum", "reduce_log_sum_exp"]
    args = {"axes": g.ints(g.signed(axes, x.rank))}
    if g.chance(0.2):
        axes, args = list(range(x.rank)), {}
    shape = [1 if i in axes else d for i, d in enumerate(x.shape) if keep or i not in axes]
    if keep or g.chance(0.5):
        args["keep_dims"] = keep
    g.one(g.r.choice(ops), shape, x.dtype, x.known, x=x, **args)
    return True


def arg_reduce(g):
    x = g.pick(lambda v: v.dtype != "bool" and v.rank)
    if not x:
        return False
    axis, text = g.axis(x.rank)
    keep = g.chance(0.5)
    given = g.chance(0.8)
    axis = axis if given else x.rank - 1
    shape = [1 if i == axis else d for i, d in enumerate(x.shape) if keep or i != axis]
    g.one(g.r.choice(["reduce_argmax", "reduce_argmin"]), shape, "int32", x.known, x=x,
          axis=text if given else None, keep_dims=keep if keep or g.chance(0.3) else None,
          output_dtype='"int32"' if g.version >= 17 and g.chance(0.2) else None)
    return True


def linear(g):
    x = g.pick(lambda v: is_float(v) and v.rank in (1, 2, 3) and isinstance(v.shape[-1], int))
    if not x:
        return False
    n = g.r.randint(1, 4)
    g.one("linear", x.shape[:-1] + (n,), x.dtype, x.known, x=x, weight=g.const((n, x.shape[-1]), x.dtype),
          bias=maybe(g, g.const((n,), x.dtype)))
    return True


def matmul(g):
    x = g.pick(lambda v: v.dtype != "bool" and v.rank >= 2 and isinstance(v.shape[-1], int) and isinstance(v.shape[-2], int))
    if not x:
        return False
    tx, ty = g.chance(0.3), g.chance(0.3)
    m, k = (x.shape[-1], x.shape[-2]) if tx else (x.shape[-2], x.shape[-1])
    v = g.pick(lambda u: u.dtype == x.dtype and u.rank >= 2 and u.shape[-1 if ty else -2] == k
               and isinstance(u.shape[-1], int) and isinstance(u.shape[-2], int)
               and broadcast(u.shape[:-2], x.shape[:-2]) is not None)
    if v and g.chance(0.6):
        y, shape, known = v.text, v.shape, v.known
    else:
        n = g.r.randint(1, 4)
        lead = shrink(g, x.shape[:-2]) if g.chance(0.4) else ()
        shape, known = lead + ((n, k) if ty else (k, n)), True
        y = g.const(shape, x.dtype)
    n = shape[-2] if ty else shape[-1]
    g.one("matmul", broadcast(x.shape[:-2], shape[:-2]) + (m, n), x.dtype, x.known and known, x=x, y=y,
          transpose_x=tx if tx or g.chance(0.2) else None, transpose_y=ty if ty or g.chance(0.2) else None)
    return True


def einsum(g):
    x = g.pick(lambda v: is_float(v) and v.static and v.rank in (3, 4))
    if not x:
        return False
    s = x.shape
    n = g.r.randint(1, 3)
    if x.rank == 3:
        forms = [("abc,cd->abd", (s[2], n), (s[0], s[1], n)), ("vnm,mvp->vnp", (s[2], s[0], n), (s[0], s[1], n)),
                 ("abc,cad->abd", (s[2], s[0], n), (s[0], s[1], n))]
    else:
        forms = [("bcij,bcjk->bcik", (s[0], s[1], s[3], n), (s[0], s[1], s[2], n)),
                 ("nchw,nwhu->nchu", (s[0], s[3], s[2], n), (s[0], s[1], s[2], n)),
                 ("bcij,jk->bcik", (s[3], n), (s[0], s[1], s[2], n))]
    text, shape, out = g.r.choice(forms)
    y, known = g.operand(shape, x.dtype)
    g.one("einsum", out, x.dtype, x.known and known, values=f"({x}, {y})" if y.isidentifier() or not x.known else f"[{x}, {y}]",
          equation=f'"{text}"')
    return True


def reshape(g):
    x = g.pick(lambda v: v.static and v.size and v.size <= 400)
    if not x:
        return False
    n, dims = x.size, []
    for _ in range(g.r.randint(0, 4)):
        f = g.r.choice([d for d in range(1, n + 1) if n % d == 0][:5])
        dims.append(f)
        n //= f
    dims.insert(g.r.randint(0, len(dims)), n)
    given = list(dims)
    if g.chance(0.4):
        given[g.r.randrange(len(given))] = -1
    g.one("reshape", dims, x.dtype, x.known, x=x, shape=g.ints(given))
    return True


def transpose(g):
    x = g.pick(lambda v: v.rank)
    if not x:
        return False
    perm = list(range(x.rank))
    g.r.shuffle(perm)
    g.one("transpose", [x.shape[p] for p in perm], x.dtype, x.known, x=x, perm=g.ints(g.signed(perm, x.rank)))
    return True


def expand(g):
    x = g.pick(lambda v: v.rank <= 4)
    if not x:
        return False
    n = g.r.randint(1, min(2, 5 - x.rank))
    rank = x.rank + n
    axes = sorted(g.r.sample(range(rank), n))
    rest = iter(x.shape)
    shape = [1 if i in axes else next(rest) for i in range(rank)]
    g.one("expand_dims", shape, x.dtype, x.known, x=x, axes=g.ints(g.signed(axes, rank)))
    return True


def squeeze(g):
    x = g.pick(lambda v: 1 in v.shape)
    if not x:
        return False
    ones = [i for i, d in enumerate(x.shape) if d == 1]
    axes = sorted(g.r.sample(ones, g.r.randint(1, len(ones))))
    given = g.ints(g.signed(axes, x.rank))
    if g.chance(0.3) and x.static:
        axes, given = ones, None
    g.one("squeeze", [d for i, d in enumerate(x.shape) if i not in axes], x.dtype, x.known, x=x, axes=given)
    return True


def slice_by_index(g):
    x = g.pick(lambda v: v.static and v.rank and v.size)
    if not x:
        return False
    begin, end, stride, bm, em, sq, shape = [], [], [], [], [], [], []
    for d in x.shape:
        b = g.r.randrange(d)
        e = g.r.randint(b + 1, d)
        s = g.r.choice([1, 1, 1, 2])
        masks = (g.chance(0.2), g.chance(0.2), g.chance(0.15))
        n = len(range(0 if masks[0] else b, d if masks[1] else e, s))
        if g.chance(0.1) and d > 1:
            b, e, s, masks = d - 1, 0, -1, (g.chance(0.5), g.chance(0.5), False)
            n = d if masks[1] else d - 1
        begin.append(b - d if g.chance(0.2) else b)
        end.append(e - d if g.chance(0.2) and e < d else e)
        stride.append(s)
        bm.append(masks[0])
        em.append(masks[1])
        sq.append(masks[2])
        if not masks[2]:
            shape.append(n)
        elif masks[0]:
            begin[-1], bm[-1] = 0, False
    if not any(sq) or g.chance(0.3):
        if any(sq):
            return False
        sq = None
    g.one("slice_by_index", shape, x.dtype, x.known, x=x, begin=g.ints(begin), end=g.ints(end),
          stride=g.ints(stride) if any(s != 1 for s in stride) or g.chance(0.2) else None,
          begin_mask=bm if any(bm) or g.chance(0.1) else None, end_mask=em if any(em) or g.chance(0.1) else None,
          squeeze_mask=sq)
    return True


def slice_by_size(g):
    x = g.pick(lambda v: v.static and v.rank and v.size)
    if not x:
        return False
    begin = [g.r.randrange(d) for d in x.shape]
    size = [g.r.randint(1, d - b) for b, d in zip(begin, x.shape)]
    given = [-1 if b + s == d and g.chance(0.4) else s for b, s, d in zip(begin, size, x.shape)]
    g.one("slice_by_size", size, x.dtype, x.known, x=x, begin=g.ints(begin), size=g.ints(given))
    return True


def blocks(g):
    x = g.pick(lambda v: is_float(v) and v.static and v.rank == 4 and v.size <= 2000)
    if not x:
        return False
    n, c, h, w = x.shape
    if c % 4 == 0 and g.chance(0.5):
        op = g.r.choice(["depth_to_space", "pixel_shuffle"])
        g.one(op, (n, c // 4, h * 2, w * 2), x.dtype, x=x,
              **{"block_size" if op[0] == "d" else "upscale_factor": 2})
        return True
    if h % 2 == 0 and w % 2 == 0:
        if g.version >= 16 and g.chance(0.4):
            g.one("pixel_unshuffle", (n, c * 4, h // 2, w // 2), x.dtype, x=x, downscale_factor="np.uint32(2)")
        else:
            g.one("space_to_depth", (n, c * 4, h // 2, w // 2), x.dtype, x=x, block_size=2)
        return True
    return False


def reverse(g):
    x = g.pick(lambda v: v.rank)
    if not x:
        return False
    axes = g.r.sample(range(x.rank), g.r.randint(1, x.rank))
    g.one("reverse", x.shape, x.dtype, x.known, x=x, axes=maybe(g, g.ints(g.signed(axes, x.rank)), 0.8))
    return True


def sliding(g):
    x = g.pick(lambda v: v.dtype != "bool" and v.static and 1 <= v.rank <= 4 and v.size <= 400)
    if not x:
        return False
    axis, text = g.axis(x.rank)
    size = g.r.randint(1, x.shape[axis])
    stride = g.r.randint(1, 2)
    n = (x.shape[axis] - size) // stride + 1
    g.one("sliding_windows", x.shape[:axis] + (n, size) + x.shape[axis + 1:], x.dtype, x=x, axis=text, size=size,
          stride=stride if stride > 1 or g.chance(0.3) else None)
    return True


def split(g):
    x = g.pick(lambda v: v.static and v.rank and max(v.shape) > 1 and v.size <= 1000)
    if not x:
        return False
    axis, text = g.axis(x.rank)
    d = x.shape[axis]
    if d < 2:
        return False
    if g.chance(0.5):
        n = g.r.choice([k for k in range(2, d + 1) if d % k == 0])
        sizes, args = [d // n] * n, {"num_splits": n}
    else:
        a = g.r.randint(1, d - 1)
        sizes = [a, d - a]
        args = {"split_sizes": g.ints(sizes)}
    outs = [(x.shape[:axis] + (s,) + x.shape[axis + 1:], x.dtype, x.known) for s in sizes]
    g.call("split", outs, x=x, axis=text, **args)
    return True


def several(g, x, same):
    """Texts of x and one to three others of its dtype, with their sizes on the free axis."""
    out = [x]
    for _ in range(g.r.randint(1, 3)):
        out.append(g.pick(lambda u: u.dtype == x.dtype and same(u)) or x)
    g.r.shuffle(out)
    return out


def listed(g, values):
    text = ", ".join(map(str, values))
    return f"[{text}]" if g.chance(0.5) else f"({text}{',' if len(values) == 1 else ''})"


def concat(g):
    x = g.pick(lambda v: v.static and v.rank and v.size <= 400)
    if not x:
        return False
    axis, text = g.axis(x.rank)
    vs = several(g, x, lambda u: u.static and u.rank == x.rank and u.size <= 400 and all(
        u.shape[i] == x.shape[i] for i in range(x.rank) if i != axis))
    values = list(vs)
    n = sum(v.shape[axis] for v in vs)
    if g.chance(0.3) and x.dtype != "fp16":
        k = g.r.randint(1, 2)
        values.append(g.const(x.shape[:axis] + (k,) + x.shape[axis + 1:], x.dtype))
        n += k
    inter = len({v.shape[axis] for v in vs}) == 1 and len(values) == len(vs) and g.chance(0.15)
    g.one("concat", x.shape[:axis] + (n,) + x.shape[axis + 1:], x.dtype, all(v.known for v in vs), values=listed(g, values),
          axis=text, interleave=inter if inter or g.chance(0.1) else None)
    return True


def stack(g):
    x = g.pick(lambda v: v.rank <= 4 and v.static and v.size <= 400)
    if not x:
        return False
    vs = several(g, x, lambda u: u.shape == x.shape)
    axis, text = g.axis(x.rank + 1)
    g.one("stack", x.shape[:axis] + (len(vs),) + x.shape[axis:], x.dtype, all(v.known for v in vs), values=listed(g, vs), axis=text)
    return True


def pad(g):
    x = g.pick(lambda v: is_float(v) and v.static and v.rank and v.size <= 400)
    if not x:
        return False
    mode = g.r.choice(["constant", "constant", "reflect", "replicate"])
    n = g.r.randint(1, min(2, x.rank)) if mode != "constant" else g.r.randint(1, x.rank)
    amounts, shape = [], list(x.shape)
    for i in range(x.rank - n, x.rank):
        most = 2 if mode == "constant" else 1
        if mode == "reflect" and x.shape[i] < 2:
            most = 0
        a, b = g.r.randint(0, most), g.r.randint(0, most)
        amounts += [a, b]
        shape[i] += a + b
    g.one("pad", shape, x.dtype, x.known, x=x, pad=g.ints(amounts), mode=f'"{mode}"' if mode != "constant" or g.chance(0.5) else None,
          constant_val=maybe(g, scalar_of(g, x.dtype), 0.4) if mode == "constant" or x.dtype == "fp32" else None)
    return True


def tile(g):
    x = g.pick(lambda v: v.static and v.rank and v.size <= 200)
    if not x:
        return False
    reps = [g.r.choice([1, 1, 2, 3]) for _ in x.shape]
    g.one("tile", [d * n for d, n in zip(x.shape, reps)], x.dtype, x.known, x=x, reps=g.ints(reps))
    return True


def small(g):
    """Operations of tensor_operation with few arguments."""
    x = g.pick(lambda v: v.rank)
    if not x:
        return False
    op = g.r.choice(["band_part", "cumsum", "flatten2d", "identity", "shape", "argsort", "fill_like", "non_zero", "one_hot",
                     "range_1d", "fill", "topk", "l2_norm", "reverse_sequence"])
    if op == "band_part" and x.rank >= 2:
        g.one(op, x.shape, x.dtype, x.known, x=x, lower=maybe(g, g.r.randint(-1, 2)), upper=maybe(g, g.r.randint(-1, 2)))
    elif op == "cumsum" and x.dtype != "bool":
        # A shifted sum of a constant fails in the released peer.
        g.one(op, x.shape, x.dtype, x.known, x=x, axis=maybe(g, g.axis(x.rank)[1]),
              exclusive=maybe(g, g.r.choice(["True", "False"])) if not x.known else None,
              reverse=maybe(g, g.r.choice(["True", "False"])))
    elif op == "flatten2d" and x.static:
        axis = g.r.randint(-x.rank, x.rank)
        at = axis + x.rank if axis < 0 else axis
        n = 1
        for d in x.shape[:at]:
            n *= d
        g.one(op, (n, x.size // n if n else 0), x.dtype, x.known, x=x, axis=axis)
    elif op == "identity":
        g.one(op, x.shape, x.dtype, x.known, x=x)
    elif op == "shape":
        g.one(op, (x.rank,), "int32", x.static, x=x)
    elif op == "argsort" and x.dtype != "bool":
        g.one(op, x.shape, "int32", x.known, x=x, axis=maybe(g, g.axis(x.rank)[1]), ascending=maybe(g, g.r.choice(["True", "False"])))
    elif op == "fill_like" and g.version >= 16:
        d = g.r.choice(["fp32", "int32", "bool"])
        g.one(op, x.shape, d, x.known, ref_tensor=x, value=g.number(d))
    elif op == "fill":
        shape = [g.r.randint(1, 3) for _ in range(g.r.randint(1, 4))]
        d = g.r.choice(["fp32", "int32", "bool", "fp16"])
        g.one(op, shape, d, True, shape=g.ints(shape), value=scalar_of(g, d))
    elif op == "one_hot":
        i = g.pick(lambda v: v.dtype == "int32" and 1 <= v.rank <= 3 and v.static)
        if not i:
            return False
        axis, n = g.r.randint(-i.rank - 1, i.rank), g.r.randint(1, 4)
        at = axis + i.rank + 1 if axis < 0 else axis
        d = g.r.choice(["fp32", "int32"])
        g.one(op, i.shape[:at] + (n,) + i.shape[at:], d, False, indices=f"mb.abs(x={i})", one_hot_vector_size=n, axis=axis,
              on_value=g.number(d), off_value=g.number(d))
    elif op == "range_1d":
        start, n, step = g.r.randint(-3, 3), g.r.randint(1, 5), g.r.randint(1, 3)
        g.one(op, (n,), "int32", True, start=start, end=start + n * step, step=step)
    elif op == "topk" and x.dtype != "bool" and x.static and x.size:
        axis, text = g.axis(x.rank)
        k = g.r.randint(1, x.shape[axis])
        shape = x.shape[:axis] + (k,) + x.shape[axis + 1:]
        args = {}
        if g.version >= 16 and g.chance(0.3):
            args["sort"] = g.r.choice(["True", "False"])
        if g.version >= 16 and g.chance(0.2):
            g.call(op, [(shape, x.dtype, x.known)], x=x, k=k, axis=text, return_indices="False")
            return True
        g.call(op, [(shape, x.dtype, x.known), (shape, "int32", x.known)], x=x, k=k, axis=text,
               ascending=maybe(g, g.r.choice(["True", "False"])), **args)
    elif op == "l2_norm" and is_float(x) and x.rank >= 3:
        g.one(op, x.shape, x.dtype, x.known, x=x, epsilon=maybe(g, scalar_of(g, x.dtype, True)))
    elif op == "reverse_sequence" and x.static and x.rank >= 2 and x.size:
        lengths = [g.r.randint(1, x.shape[1]) for _ in range(x.shape[0])]
        g.one(op, x.shape, x.dtype, False, x=x, lengths=g.ints(lengths), seq_axis=1, batch_axis=maybe(g, 0))
    else:
        return False
    return True


def gather(g):
    x = g.pick(lambda v: v.dtype != "bool" and v.static and v.rank and v.size and v.size <= 400)
    if not x:
        return False
    axis, text = g.axis(x.rank)
    n = x.shape[axis]
    op = g.r.choice(["gather", "gather", "gather_along_axis", "gather_nd", "scatter", "scatter_along_axis"])
    low = -n if g.chance(0.3) else 0
    if op in ("gather", "scatter"):
        k = g.r.randint(1, 3)
        text_i = g.ints([g.r.randint(low, n - 1) for _ in range(k)])
        shape = (k,)
        if op == "gather" and g.chance(0.3):
            text_i, shape = str(g.r.randint(low, n - 1)), ()
        elif op == "gather" and g.chance(0.3) and x.rank <= 4:
            text_i, shape = f"np.array([[{g.r.randint(0, n - 1)}, {g.r.randint(0, n - 1)}]], dtype=np.int32)", (1, 2)
        out = x.shape[:axis] + shape + x.shape[axis + 1:]
        if op == "gather":
            g.one(op, out, x.dtype, x.known, x=x, indices=text_i, axis=text,
                  batch_dims=0 if g.version >= 16 and g.chance(0.2) else None,
                  validate_indices=g.r.choice(["True", "False"]) if g.version >= 17 and g.chance(0.2) else None)
            return True
        up, _ = g.operand(out, x.dtype)
        g.one(op, x.shape, x.dtype, False, data=x, indices=text_i, updates=up, axis=text, mode=maybe(g, g.r.choice(['"add"', '"update"', '"mul"', '"max"'])))
    elif op == "gather_nd":
        idx = [[g.r.randrange(d) for d in x.shape[:g.r.choice([1, min(2, x.rank)])]] for _ in range(1)]
        depth = len(idx[0])
        idx += [[g.r.randrange(d) for d in x.shape[:depth]]]
        g.one(op, (2,) + x.shape[depth:], x.dtype, x.known, x=x, indices=f"np.array({idx}, dtype=np.int32)" if g.chance(0.5) else idx)
    else:
        idx = f"(np.arange({x.size}) % {n}).reshape({x.shape}).astype(np.int32)"
        if op == "gather_along_axis":
            g.one(op, x.shape, x.dtype, x.known, x=x, indices=idx, axis=text)
        else:
            up, _ = g.operand(x.shape, x.dtype)
            g.one(op, x.shape, x.dtype, x.known, data=x, indices=idx, updates=up, axis=text, mode=maybe(g, g.r.choice(['"add"', '"update"', '"min"'])))
    return True


def norm(g):
    x = g.pick(lambda v: is_float(v) and v.static and v.rank >= 3 and v.size <= 1000)
    if not x:
        return False
    d, c = x.dtype, x.shape[1]
    eps = maybe(g, "np.float16(0.001)" if d == "fp16" else g.r.choice(["1e-3", "1e-5", "np.float32(0.01)"]))
    op = g.r.choice(["batch_norm", "instance_norm", "layer_norm", "layer_norm", "local_response_norm"])
    if op == "batch_norm":
        both = g.chance(0.6)
        g.one(op, x.shape, d, x=x, mean=g.const((c,), d), variance=g.const((c,), d, True), gamma=g.const((c,), d) if both else None,
              beta=g.const((c,), d) if both else None, epsilon=eps)
    elif op == "instance_norm" and x.rank in (3, 4):
        both = g.chance(0.6)
        g.one(op, x.shape, d, x=x, gamma=g.const((c,), d) if both else None, beta=g.const((c,), d) if both else None, epsilon=eps)
    elif op == "layer_norm":
        n = g.r.randint(1, 2)
        axes = list(range(x.rank - n, x.rank))
        both = g.chance(0.6)
        g.one(op, x.shape, d, x=x, axes=g.ints(g.signed(axes, x.rank)), gamma=g.const(x.shape[-n:], d) if both else None,
              beta=g.const(x.shape[-n:], d) if both else None, epsilon=eps)
    elif op == "local_response_norm":
        g.one(op, x.shape, d, x=x, size=g.r.choice([1, 3]), alpha=maybe(g, scalar_of(g, d, True)), beta=maybe(g, scalar_of(g, d, True)),
              k=maybe(g, scalar_of(g, d, True)))
    else:
        return False
    return True


def window(g, x, spatial, extra=True):
    """Arguments and result sizes of a sliding window over the last axes."""
    kernel = [g.r.randint(1, min(3, d)) for d in spatial]
    strides = [g.r.choice([1, 1, 2]) for _ in spatial]
    dil = [g.r.choice([1, 1, 1, 2]) if extra else 1 for _ in spatial]
    kind = g.r.choice(["valid", "valid", "same", "custom"] + (["same_lower"] if g.version >= 16 else []))
    pads = [g.r.randint(0, 1) if kind == "custom" else 0 for _ in range(2 * len(spatial))]
    pads = [min(p, kernel[i // 2] - 1) for i, p in enumerate(pads)]
    out = []
    for i, d in enumerate(spatial):
        k = (kernel[i] - 1) * dil[i] + 1
        full = d + pads[2 * i] + pads[2 * i + 1]
        if kind.startswith("same"):
            out.append(-(-d // strides[i]))
        elif full < k:
            return None
        else:
            out.append((full - k) // strides[i] + 1)
    args = {"strides": g.ints(strides) if strides != [1] * len(spatial) or g.chance(0.3) else None,
            "pad_type": f'"{kind}"', "pad": g.ints(pads) if kind == "custom" else None}
    if extra:
        args["dilations"] = g.ints(dil) if dil != [1] * len(spatial) or g.chance(0.2) else None
    return kernel, args, out


def conv(g):
    x = g.pick(lambda v: is_float(v) and v.static and v.rank in (3, 4, 5) and v.size <= 1000)
    if not x:
        return False
    w = window(g, x, x.shape[2:])
    if not w:
        return False
    kernel, args, out = w
    c = x.shape[1]
    groups = g.r.choice([k for k in range(1, c + 1) if c % k == 0])
    n = groups * g.r.randint(1, 2)
    if args["pad_type"] == '"valid"' and g.chance(0.5):
        args["pad_type"] = None
    g.one("conv", (x.shape[0], n) + tuple(out), x.dtype, x=x, weight=g.const((n, c // groups) + tuple(kernel), x.dtype),
          bias=maybe(g, g.const((n,), x.dtype)), groups=groups if groups > 1 or g.chance(0.2) else None, **args)
    return True


def conv_transpose(g):
    x = g.pick(lambda v: is_float(v) and v.static and v.rank in (3, 4) and v.size <= 400)
    if not x:
        return False
    k, s, n = g.r.randint(1, 3), g.r.randint(1, 2), g.r.randint(1, 3)
    sp = x.rank - 2
    out = tuple((d - 1) * s + k for d in x.shape[2:])
    g.one("conv_transpose", (x.shape[0], n) + out, x.dtype, x=x, weight=g.const((x.shape[1], n) + (k,) * sp, x.dtype),
          bias=maybe(g, g.const((n,), x.dtype)), strides=g.ints([s] * sp) if s > 1 else None,
          pad_type=maybe(g, '"valid"'), output_shape=maybe(g, g.ints((x.shape[0], n) + out), 0.2))
    return True


def pool(g):
    x = g.pick(lambda v: is_float(v) and v.static and v.rank in (3, 4, 5) and v.size <= 1000)
    if not x:
        return False
    w = window(g, x, x.shape[2:], False)
    if not w:
        return False
    kernel, args, out = w
    op = g.r.choice(["avg_pool", "max_pool", "l2_pool"])
    if op == "l2_pool" and x.rank == 5:
        op = "max_pool"
    if op == "avg_pool" and g.chance(0.4):
        args["exclude_padding_from_average"] = g.r.choice(["True", "False"])
    g.one(op, x.shape[:2] + tuple(out), x.dtype, x=x, kernel_sizes=g.ints(kernel), **args)
    return True


def image(g):
    x = g.pick(lambda v: is_float(v) and v.static and v.rank == 4 and v.size <= 400)
    if not x:
        return False
    n, c, h, w = x.shape
    op = g.r.choice(["upsample_nearest_neighbor", "upsample_bilinear", "resize_bilinear", "resize_nearest_neighbor", "crop"])
    if op.startswith("up"):
        a, b = g.r.randint(1, 2), g.r.randint(1, 2)
        g.one(op, (n, c, h * a, w * b), x.dtype, x=x, scale_factor_height=a, scale_factor_width=b,
              align_corners=maybe(g, g.r.choice(["True", "False"])) if "bil" in op else None)
    elif op == "crop":
        t, l = g.r.randint(0, h - 1), g.r.randint(0, w - 1)
        g.one(op, (n, c, h - t, w - l), x.dtype, x=x, crop_height=g.ints([t, 0]), crop_width=g.ints([0, l]))
    else:
        a, b = g.r.randint(1, 6), g.r.randint(1, 6)
        mode = g.r.choice(["DEFAULT", "STRICT_ALIGN_CORNERS", "ALIGN_CORNERS", "UNALIGN_CORNERS"])
        g.one(op, (n, c, a, b), x.dtype, x=x, target_size_height=a, target_size_width=b,
              sampling_mode=f'"{mode}"' if "bil" in op and g.chance(0.7) else None)
    return True


def small_int(g):
    """A round trip through a narrow integer dtype, which shape operations take from iOS17 on."""
    x = g.pick(lambda v: v.static and v.rank and v.dtype != "bool")
    if not x or g.version < 17:
        return False
    d = g.r.choice(["int8", "uint8", "int16", "uint16"])
    a = g.fresh()
    g.put(f'{a} = mb.cast(x={"mb.clip(x=" + x.text + ", alpha=0.0, beta=9.0)" if x.dtype == "fp32" else "mb.abs(x=" + x.text + ")"}, dtype="{d}")')
    step = g.r.choice([("transpose", f"perm={list(reversed(range(x.rank)))}", x.shape[::-1]), ("expand_dims", "axes=[0]", (1,) + x.shape),
                       ("reverse", "axes=[0]", x.shape), ("reshape", "shape=[-1]", (x.size,))])
    if len(step[2]) > 5:
        return False
    b = g.fresh()
    g.put(f"{b} = mb.{step[0]}(x={a}, {step[1]})")
    g.put(f"show({b})")
    g.one("cast", step[2], "fp32", False, x=b, dtype='"fp32"')
    return True


def branch(g, x, fn):
    """A local function without parameters that returns a value like x."""
    g.put(f"def {fn}():")
    g.indent += 1
    kept, g.pool = g.pool, list(g.pool)
    g.depth += 1
    g.steps(g.r.randint(0, 2))
    op = g.r.choice(["add", "mul", "maximum", "identity"]) if x.dtype != "bool" else "logical_not"
    y = f", y={scalar_of(g, x.dtype)}" if op in ("add", "mul", "maximum") else ""
    g.put(f"return mb.{op}(x={x}{y})")
    g.depth -= 1
    g.pool = kept
    g.indent -= 1


def cond(g):
    x = g.pick(is_static)
    if not x or g.depth:
        return False
    pred = g.pick(lambda v: v.dtype == "bool" and v.rank == 0 and not v.known)
    if not pred:
        u = g.pick(lambda v: is_float(v) and v.rank and v.static and not v.known)
        if not u:
            return False
        pred = f"mb.greater(x=mb.reduce_max(x={u}), y={scalar_of(g, u.dtype)})"
        if g.chance(0.5):
            p = g.fresh()
            g.put(f"{p} = {pred}")
            pred = p
    elif g.chance(0.1):
        pred = g.r.choice(["True", "False"])
    a, b = f"yes{g.count}", f"no{g.count}"
    branch(g, x, a)
    branch(g, x, b)
    g.one("cond", x.shape, x.dtype, False, pred=pred, _true_fn=a, _false_fn=b)
    return True


def loop(g):
    x = g.pick(lambda v: v.static and v.dtype != "bool" and v.size <= 400 and not v.known)
    if not x or g.depth:
        return False
    n, k = g.r.randint(1, 4), g.count
    start = g.r.choice(["0", "np.int32(0)", "mb.const(val=0)"])
    g.put(f"def more{k}(i, a):")
    g.put(f"    return mb.less(x=i, y={n})")
    g.put(f"def body{k}(i, a):")
    g.indent += 1
    kept, g.pool = g.pool, [v for v in g.pool]
    from gen_programs import V
    g.pool.append(V("a", x.shape, x.dtype))
    g.depth += 1
    g.steps(g.r.randint(0, 2))
    op = g.r.choice(["add", "maximum", "minimum", "sub"])
    out = f"mb.{op}(x=a, y={scalar_of(g, x.dtype)})"
    if g.chance(0.15):
        out = g.r.choice(["a", str(x)])
    g.put(f"return mb.add(x=i, y=1), {out}")
    g.depth -= 1
    g.pool = kept
    g.indent -= 1
    if start.startswith("mb"):
        g.call("while_loop", [((), "int32", False), (x.shape, x.dtype, False)], _cond=f"more{k}", _body=f"body{k}", loop_vars=f"({start}, {x})")
    else:
        i = g.fresh()
        g.put(f"{i} = mb.const(val={start})")
        g.call("while_loop", [((), "int32", False), (x.shape, x.dtype, False)], _cond=f"more{k}", _body=f"body{k}", loop_vars=f"[{i}, {x}]")
    return True


def attention(g):
    q = g.pick(lambda v: v.dtype == "fp32" and v.static and v.rank in (3, 4))
    if not q or g.version < 18:
        return False
    g.one("scaled_dot_product_attention", q.shape, q.dtype, False, query=q, key=q, value=q,
          attn_mask=maybe(g, g.const((q.shape[-2], q.shape[-2]), "bool"), 0.3))
    return True


TABLE = [(unary, 10), (activation, 7), (binary, 14), (compare, 4), (logical, 4), (cast, 5), (select, 4), (reduce, 8), (arg_reduce, 2),
         (linear, 4), (matmul, 5), (einsum, 2), (reshape, 5), (transpose, 5), (expand, 4), (squeeze, 4), (slice_by_index, 5),
         (slice_by_size, 3), (blocks, 2), (reverse, 2), (sliding, 1), (split, 3), (concat, 5), (stack, 3), (pad, 3), (tile, 2),
         (small, 9), (gather, 4), (norm, 5), (conv, 5), (conv_transpose, 2), (pool, 4), (image, 3), (small_int, 2), (cond, 3),
         (loop, 2), (attention, 1)]
MAKERS = [m for m, _ in TABLE]
WEIGHTS = [w for _, w in TABLE]
