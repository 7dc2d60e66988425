"""The operations that gen_programs.py chooses from: gathers, normalization, windows, images, control flow.

As gen_ops.py, whose helpers serve here too.
"""
from gen_ops import is_float, maybe, scalar_of


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
        g.one(op, x.shape, x.dtype, False, data=x, indices=text_i, updates=up, axis=text,
              mode=maybe(g, g.r.choice(['"add"', '"update"', '"mul"', '"max"'])))
    elif op == "gather_nd":
        idx = [[g.r.randrange(d) for d in x.shape[:g.r.choice([1, min(2, x.rank)])]] for _ in range(1)]
        depth = len(idx[0])
        idx += [[g.r.randrange(d) for d in x.shape[:depth]]]
        g.one(op, (2,) + x.shape[depth:], x.dtype, x.known, x=x,
              indices=f"np.array({idx}, dtype=np.int32)" if g.chance(0.5) else idx)
    else:
        idx = f"(np.arange({x.size}) % {n}).reshape({x.shape}).astype(np.int32)"
        if op == "gather_along_axis":
            g.one(op, x.shape, x.dtype, x.known, x=x, indices=idx, axis=text)
        else:
            up, _ = g.operand(x.shape, x.dtype)
            # Folded, it writes whatever the mode says; so its numbers hold only for this one.
            g.one(op, x.shape, x.dtype, x.known, data=x, indices=idx, updates=up, axis=text, mode='"update"')
    return True


def norm(g):
    x = g.pick(lambda v: is_float(v) and v.static and v.rank >= 3 and v.size <= 1000)
    if not x:
        return False
    d, c = x.dtype, x.shape[1]
    # The float32 defaults beside a float16 x break passes of the released peer.
    eps = "np.float16(0.001)" if d == "fp16" else maybe(g, g.r.choice(["1e-3", "1e-5", "np.float32(0.01)"]))
    op = g.r.choice(["batch_norm", "instance_norm", "layer_norm", "layer_norm", "local_response_norm"])
    if op == "batch_norm":
        both = g.chance(0.6)
        g.one(op, x.shape, d, x=x, mean=g.const((c,), d), variance=g.const((c,), d, True),
              gamma=g.const((c,), d) if both else None,
              beta=g.const((c,), d) if both else None, epsilon=eps)
    elif op == "instance_norm" and x.rank in (3, 4):
        both = g.chance(0.6)
        g.one(op, x.shape, d, x=x, gamma=g.const((c,), d) if both else None, beta=g.const((c,), d) if both else None,
              epsilon=eps)
    elif op == "layer_norm":
        n = g.r.randint(1, 2)
        axes = list(range(x.rank - n, x.rank))
        both = g.chance(0.6)
        g.one(op, x.shape, d, x=x, axes=g.ints(g.signed(axes, x.rank)),
              gamma=g.const(x.shape[-n:], d) if both else None,
              beta=g.const(x.shape[-n:], d) if both else None, epsilon=eps)
    elif op == "local_response_norm":
        p = 0.5 if d == "fp32" else 1  # float32 defaults beside a float16 x break the released peer
        g.one(op, x.shape, d, x=x, size=g.r.choice([1, 3]), alpha=maybe(g, scalar_of(g, d, True), p),
              beta=maybe(g, scalar_of(g, d, True), p), k=maybe(g, scalar_of(g, d, True), p))
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
    g.one("conv", (x.shape[0], n) + tuple(out), x.dtype, x=x,
          weight=g.const((n, c // groups) + tuple(kernel), x.dtype), bias=maybe(g, g.const((n,), x.dtype)),
          groups=groups if groups > 1 or g.chance(0.2) else None, **args)
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
    op = g.r.choice(["upsample_nearest_neighbor", "upsample_bilinear", "resize_bilinear", "resize_nearest_neighbor",
                     "crop"])
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
    small = f"mb.clip(x={x}, alpha=0.0, beta=9.0)" if x.dtype == "fp32" else f"mb.abs(x={x})"
    g.put(f'{a} = mb.cast(x={small}, dtype="{d}")')
    step = g.r.choice([("transpose", f"perm={list(reversed(range(x.rank)))}", x.shape[::-1]),
                       ("expand_dims", "axes=[0]", (1,) + x.shape),
                       ("reverse", "axes=[0]", x.shape), ("reshape", "shape=[-1]", (x.size,))])
    if len(step[2]) > 5:
        return False
    b = g.fresh()
    g.put(f"{b} = mb.{step[0]}(x={a}, {step[1]})")
    g.put(f"show({b})")
    g.one("cast", step[2], "fp32", False, x=b, dtype='"fp32"')
    return True


def is_raw(v):
    """An input that gets a cast behind it. The released peer forgets its uses in nested blocks."""
    return v.text.startswith("x") and v.dtype in ("fp16", "bool")


def inner_pool(g):
    return [v for v in g.pool if not is_raw(v)]


def branch(g, x, fn):
    """A local function without parameters that returns a value like x."""
    g.put(f"def {fn}():")
    g.indent += 1
    kept, g.pool = g.pool, inner_pool(g)
    g.depth += 1
    g.steps(g.r.randint(0, 2))
    op = g.r.choice(["add", "mul", "maximum", "identity"]) if x.dtype != "bool" else "logical_not"
    y = f", y={scalar_of(g, x.dtype)}" if op in ("add", "mul", "maximum") else ""
    g.put(f"return mb.{op}(x={x}{y})")
    g.depth -= 1
    g.pool = kept
    g.indent -= 1


def cond(g):
    x = g.pick(lambda v: v.static and not is_raw(v))
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
    x = g.pick(lambda v: v.static and v.dtype != "bool" and v.size <= 400 and not v.known and not is_raw(v))
    if not x or g.depth:
        return False
    n, k = g.r.randint(1, 4), g.count
    start = g.r.choice(["0", "np.int32(0)", "mb.const(val=0)"])
    g.put(f"def more{k}(i, a):")
    g.put(f"    return mb.less(x=i, y={n})")
    g.put(f"def body{k}(i, a):")
    g.indent += 1
    kept, g.pool = g.pool, inner_pool(g)
    g.value("a", x.shape, x.dtype)
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
        g.call("while_loop", [((), "int32", False), (x.shape, x.dtype, False)], _cond=f"more{k}", _body=f"body{k}",
               loop_vars=f"({start}, {x})")
    else:
        i = g.fresh()
        g.put(f"{i} = mb.const(val={start})")
        g.call("while_loop", [((), "int32", False), (x.shape, x.dtype, False)], _cond=f"more{k}", _body=f"body{k}",
               loop_vars=f"[{i}, {x}]")
    return True


def attention(g):
    q = g.pick(lambda v: v.dtype == "fp32" and v.static and v.rank in (3, 4))
    if not q or g.version < 18:
        return False
    g.one("scaled_dot_product_attention", q.shape, q.dtype, False, query=q, key=q, value=q,
          attn_mask=maybe(g, g.const((q.shape[-2], q.shape[-2]), "bool"), 0.3))
    return True
