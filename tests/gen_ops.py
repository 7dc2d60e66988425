"""The operations that gen_programs.py chooses from: elementwise, reductions, shapes, joins.

One function per family or form: it picks operands among the values so far, works out the result's
shape, puts the call down and returns True; or returns False when nothing fits. gen_layers.py has the
others, gen_programs.py says how often each is tried. Operands on which the released coremltools is
known to differ from its main branch (see check_peer.py) are kept out here, each with a remark.
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
        eps = "np.float16(0.01)" if d == "fp16" else g.r.choice(["1e-3", "0.1", "np.float32(1e-5)"])
        args = {"epsilon": maybe(g, eps)}
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
        ops += ["reduce_mean", "reduce_l1_norm", "reduce_l2_norm", "reduce_sum_square", "reduce_log_sum",
                "reduce_log_sum_exp"]
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
    x = g.pick(lambda v: v.dtype != "bool" and v.rank >= 2
               and isinstance(v.shape[-1], int) and isinstance(v.shape[-2], int))
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
    g.one("einsum", out, x.dtype, x.known and known,
          values=f"({x}, {y})" if y.isidentifier() or not x.known else f"[{x}, {y}]",
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
    text = g.ints(g.signed(perm, x.rank))
    if "int32" in text:  # passes of the peer write into an array that they share with the script
        text = text[text.index("["):text.index("]") + 1]
    g.one("transpose", [x.shape[p] for p in perm], x.dtype, x.known, x=x, perm=text)
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
    g.one("concat", x.shape[:axis] + (n,) + x.shape[axis + 1:], x.dtype, all(v.known for v in vs),
          values=listed(g, values),
          axis=text, interleave=inter if inter or g.chance(0.1) else None)
    return True


def stack(g):
    x = g.pick(lambda v: v.rank <= 4 and v.static and v.size <= 400)
    if not x:
        return False
    vs = several(g, x, lambda u: u.shape == x.shape)
    axis, text = g.axis(x.rank + 1)
    g.one("stack", x.shape[:axis] + (len(vs),) + x.shape[axis:], x.dtype, all(v.known for v in vs),
          values=listed(g, vs), axis=text)
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
    g.one("pad", shape, x.dtype, x.known, x=x, pad=g.ints(amounts),
          mode=f'"{mode}"' if mode != "constant" or g.chance(0.5) else None,
          constant_val=maybe(g, scalar_of(g, x.dtype), 0.4 if x.dtype == "fp32" else 1))
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
    op = g.r.choice(["band_part", "cumsum", "flatten2d", "identity", "shape", "argsort", "fill_like", "non_zero",
                     "one_hot",
                     "range_1d", "fill", "topk", "l2_norm", "reverse_sequence"])
    if op == "band_part" and x.rank >= 2:
        g.one(op, x.shape, x.dtype, x.known, x=x, lower=maybe(g, g.r.randint(-1, 2)),
              upper=maybe(g, g.r.randint(-1, 2)))
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
        g.one(op, x.shape, "int32", x.known, x=x, axis=maybe(g, g.axis(x.rank)[1]),
              ascending=maybe(g, g.r.choice(["True", "False"])))
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
        g.one(op, i.shape[:at] + (n,) + i.shape[at:], d, False, indices=f"mb.abs(x={i})", one_hot_vector_size=n,
              axis=axis,
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
