"""Families of operations that gen_ops.py and gen_layers.py leave out, for gen_passes.py."""
from gen_motifs import alike, average, some, turn


def recurrent(g):
    op, gates = g.r.choice([("lstm", 4), ("gru", 3), ("rnn", 1)])
    n, k, h = g.r.randint(2, 3), g.r.randint(1, 3), g.r.randint(1, 3)
    x, start = g.floats((n, 1, k), "fp32"), g.floats((1, h), "fp32")
    every = g.chance(0.5)
    args = {"x": x, "initial_h": start, "weight_ih": g.const((gates * h, k), "fp32"),
            "weight_hh": g.const((gates * h, h), "fp32"),
            "bias": g.const((gates * h,), "fp32") if g.chance(0.6) else None, "output_sequence": every,
            "direction": g.r.choice(['"forward"', '"reverse"'])}
    outs = [((n if every else 1, 1, h), "fp32", False), ((1, h), "fp32", False)]
    if op == "lstm":
        args["initial_c"] = g.floats((1, h), "fp32")
        outs.append(((1, h), "fp32", False))
    g.call(op, outs, **args)
    return True


def einsum(g):
    x = g.pick(lambda v: v.dtype in ("fp32", "fp16") and v.static and v.rank in (3, 4) and v.text in g.values)
    if not x:
        return False
    n, s = g.r.randint(1, 3), x.shape
    if x.rank == 4:
        equation, shape = '"bnhk,bkhm->bnhm"', (s[0], s[3], s[2], n)
    else:
        equation, shape = '"nhk,khm->nhm"', (s[2], s[1], n)
    y = g.const(shape, x.dtype, bare=True)
    if s[-1] == 0 or not y.startswith("rng") and not y.startswith("np.") and not y.startswith("("):
        return False
    g.one("einsum", s[:-1] + (n,), x.dtype, False, values=f"({x}, {y})", equation=equation)
    return True


def drawn(g):
    """Random numbers, which a seed makes the same in each run."""
    shape = [g.r.randint(1, 3) for _ in range(g.r.randint(1, 3))]
    op, args = g.r.choice([("random_normal", {"mean": "0.5", "stddev": "1.0"}),
                           ("random_uniform", {"low": "-1.0", "high": "2.0"}),
                           ("random_bernoulli", {"prob": "0.25"}), ("random_categorical", {})])
    if op == "random_categorical":
        x = g.floats((2, 3), "fp32")
        if not x.grain:
            x = g.one("fill_like" if g.version >= 16 else "fill", (2, 3), "fp32", g.version < 16,
                      **({"ref_tensor": x, "value": "0.5"} if g.version >= 16 else {"shape": "[2, 3]", "value": "0.5"}))
        g.one(op, (2, 4), "fp32", False, x=x, mode='"logits"', size=4, seed=g.r.randint(1, 9))
        return True
    g.one(op, shape, "fp32", False, shape=g.ints(shape), seed=g.r.randint(1, 9), **args)
    return True


def lists(g):
    if g.depth or not g.network:
        return False
    x = g.floats((g.r.randint(1, 3),), "fp32")
    n, name = g.r.randint(3, 4), f"l{g.count}"
    grows = g.chance(0.5)
    how = f'init_length={1 if grows else n}, dynamic_length={grows}, elem_shape={x.shape}, dtype="fp32"'
    g.put(f"{name} = mb.make_list({how})")
    for k in range(n):
        if k == 1:
            y = g.floats((1,) + x.shape, "fp32")
            g.loose.discard(y.text)
            g.put(f"{name} = mb.list_scatter(ls={name}, indices=[{k}], value={y})")
        else:
            y = g.of(x.shape, "fp32")
            g.loose.discard(y.text)
            g.put(f"{name} = mb.list_write(ls={name}, index={k}, value={y})")
    read = g.emit(f"mb.list_read(ls={name}, index={g.r.randrange(n)})", x.shape, "fp32", (-16, 16), 0.0)
    many = g.emit(f"mb.list_gather(ls={name}, indices=[{n - 1}, 0])", (2,) + x.shape, "fp32", (-16, 16), 0.0)
    length = g.emit(f"mb.list_length(ls={name})", (), "int32", (0, n), 1.0)
    length.known = True
    g.pool += [read, many, length]
    g.loose |= {read.text, many.text}
    g.one("expand_dims", (1,), "int32", False, x=length, axes=[0])
    return True


def boxes(g):
    """Of four boxes three, with what came of their scores: two for each box, from iOS17 on by class."""
    by_class = g.version >= 17
    shape = (1, 2, 4) if by_class else (1, 4, 2)
    scores = g.pick(lambda v: v.shape == shape and v.dtype == "fp32" and v.grain)
    if not scores:
        scores = g.one("cast", shape, "fp32", False, x=g.input(shape, "int32"), dtype='"fp32"')
    at = "np.array([[[1, 1, 2, 2], [1.25, 1, 2, 2], [4, 4, 2, 2], [8, 4, 2, 4]]], dtype=np.float32)"
    found = [((1, 4, 3) if by_class else (1, 3, 4), "fp32", False),
             ((1, 2, 3) if by_class else (1, 3, 2), "fp32", False), ((1, 3), "int32", False)]
    found += [] if by_class else [((1,), "int32", False)]
    outs = g.call("non_maximum_suppression", found, boxes=at, scores=scores, iou_threshold="np.float32(0.4)",
                  max_boxes=3,
                  score_threshold=None if by_class else "np.float32(0.25)")
    for v in outs:
        g.set(v, -1, 8, v.grain and 0.25)
    return True


def sampled(g):
    """What looks between pixels, at places that are known."""
    k = g.r.randrange(4) if g.version >= 15 else 2
    if k == 3 and g.version < 17:
        return False
    x = g.floats((1, g.r.randint(1, 2), 4, 3), "fp32")
    c = x.shape[1]
    if k == 0:
        at = "np.array([[[[0.5, 0.25], [1.25, 0.75]], [[2.0, 1.0], [3.0, 0.5]]]], dtype=np.float32)"
        padding = g.r.choice(['"constant"', '"border"'])
        g.one("resample", (1, c, 2, 2), "fp32", False, x=x, coordinates=at, sampling_mode='"bilinear"',
              padding_value=0.5, padding_mode=padding, coordinates_mode='"unnormalized"', align_corners=g.chance(0.5))
    elif k == 1:
        matrix = "np.array([[0.5, 0.25, 0, -0.25, 1, 0]], dtype=np.float32)"
        g.one("affine", (1, c, 3, 3), "fp32", False, x=x, transform_matrix=matrix, output_height=3, output_width=3,
              sampling_mode='"bilinear"', padding_mode='"constant"', padding_value="0.0",
              coordinates_mode='"normalized_minus_one_to_one"', align_corners=True)
    elif k == 2 and g.version >= 17:
        boxes = "np.array([[0, 0, 2, 2], [1, 0, 3, 1]], dtype=np.float32)"
        g.one("crop_resize", (2, c, 2, 2), "fp32", False, x=x, boxes=boxes, box_indices="np.zeros(2, dtype=np.int32)",
              target_height=2, target_width=2, sampling_mode='"STRICT_ALIGN_CORNERS"')
    elif k == 2:
        roi = "np.array([[0, 0, 0, 2, 2], [0, 1, 0, 3, 1]], dtype=np.float32).reshape(2, 1, 5, 1, 1)"
        g.one("crop_resize", (2, 1, c, 2, 2), "fp32", False, x=x, roi=roi, target_height=2, target_width=2,
              box_coordinate_mode='"CORNERS_HEIGHT_FIRST"', sampling_mode='"STRICT_ALIGN_CORNERS"')
    else:
        g.one("resize", (1, c, 2, 6), "fp32", False, x=x, shape=[2, 6], resized_dims="np.uint32(2)",
              interpolation_mode='"LINEAR"', sampling_mode='"UNALIGN_CORNERS"')
    return True


def moved(g):
    """Blocks between batch and space, shapes of others, parts of others."""
    k = g.r.randrange(5)
    if k == 0:
        x = g.floats((1, g.r.randint(1, 2), 4, 6))
        g.one("space_to_batch", (4, x.shape[1], 2, 3), x.dtype, False, x=x, block_shape=[2, 2],
              paddings=[[0, 0], [0, 0]])
    elif k == 1:
        x = g.floats((4, g.r.randint(1, 2), 2, 2))
        g.one("batch_to_space", (1, x.shape[1], 4, 3), x.dtype, False, x=x, block_shape=[2, 2], crops=[[0, 0], [0, 1]])
    elif k == 2 and g.version >= 16:
        x, y = g.floats((2, 6)), g.of((3, 4), "fp32")
        g.one("reshape_like", (3, 4), x.dtype, False, x=x, ref_tensors=f"({y},)", begins="(0,)", ends="(2,)",
              end_masks="(False,)")
    elif k == 3:
        x = g.floats((3, 4))
        up = g.of((2,), x.dtype)
        g.one("scatter_nd", (3, 4), x.dtype, False, data=x, indices=[[0, 1], [2, 3]], updates=up,
              mode=g.r.choice(['"add"', '"update"', '"max"']))
    elif g.version >= 18:
        x = some(g, 1, 3)
        shape = x.shape[:-1] + ((x.shape[-1] + 1) // 2,)
        g.one("slice_update", x.shape, x.dtype, False, x=x, update=g.of(shape, x.dtype), begin=[0] * x.rank,
              end=list(x.shape), stride=[1] * (x.rank - 1) + [2])
    else:
        return False
    return True


def channels(g):
    """Pixels that become channels, and back."""
    down = g.chance(0.5)
    x = g.floats((1, g.r.randint(1, 2) * (1 if down else 4), 2 * g.r.randint(1, 2), 2 * g.r.randint(1, 2)))
    _, c, h, w = x.shape
    if down:
        g.one("space_to_depth", (1, 4 * c, h // 2, w // 2), x.dtype, False, x=x, block_size=2)
    elif g.chance(0.5):
        g.one("depth_to_space", (1, c // 4, 2 * h, 2 * w), x.dtype, False, x=x, block_size=2)
    else:
        g.one("pixel_shuffle", (1, c // 4, 2 * h, 2 * w), x.dtype, False, x=x, upscale_factor=2)
    return True


def whole(g):
    """The next integers of exact numbers."""
    x = g.pick(lambda v: v.dtype in ("fp32", "fp16") and v.grain and v.grain < 1)
    if not x:
        return False
    alike(g, g.r.choice(["ceil", "floor", "round"]), x)
    return True


def small_ints(g):
    """Exact numbers as narrow integers, which move, and back."""
    x = g.pick(lambda v: v.grain and v.static and 1 <= v.rank <= 4 and v.dtype != "bool")
    if not x or g.version < 17:
        return False
    narrow = g.r.choice(["int8", "uint8", "int16", "uint16"])
    a = g.emit(f'mb.cast(x={g.tamed(x, 0, 9)}, dtype="{narrow}")', x.shape, narrow, (0, 9), 1.0)
    op, how, shape = g.r.choice([("transpose", {"perm": list(reversed(range(x.rank)))}, x.shape[::-1]),
                                 ("expand_dims", {"axes": [0]}, (1,) + x.shape), ("reverse", {"axes": [0]}, x.shape),
                                 ("reshape", {"shape": [-1]}, (x.size,))])
    b = g.one(op, shape, narrow, False, x=a, **how)
    g.drop(b)
    g.one("cast", shape, "fp32", False, x=b, dtype='"fp32"')
    return True


def counted(g):
    """Where something is not zero: how many rows there are only the run knows."""
    x = g.pick(lambda v: v.dtype in ("int32", "fp32") and v.grain and v.static and v.rank and not v.known)
    if not x:
        return False
    n = g.one("non_zero", ("rows?", x.rank), "int32", False, x=x)
    g.drop(n)
    g.loose.add(g.one("reduce_sum", (x.rank,), "int32", False, x=n, axes=[0]).text)
    return True


def heads(g):
    """Attention by its parts, and as one operation over a long query."""
    b, h, s, d = 1, g.r.randint(1, 2), g.r.randint(2, 4), 2
    q, k, v = (g.tamed(g.floats((b, h, s, d), "fp32"), -2, 2) for _ in range(3))
    if g.version >= 18 and g.chance(0.5):
        mask = g.const((s, s), "fp32") if g.chance(0.4) else None
        g.one("scaled_dot_product_attention", q.shape, "fp32", False, query=q, key=k, value=v, attn_mask=mask)
        return True
    m = g.one("matmul", (b, h, s, s), "fp32", False, x=q, y=k, transpose_y=True)
    if g.chance(0.5):
        m = g.one("add", m.shape, "fp32", False, x=m, y=f"np.triu(np.full(({s}, {s}), -np.inf), 1).astype(np.float32)")
        g.drop(m)
    g.one("matmul", q.shape, "fp32", False, x=g.masked("softmax", m, axis=-1), y=v)
    return True


def rank5(g):
    x = g.tamed(g.floats((1, 2, g.r.randint(1, 2), 3, 2)), -4, 4)
    x = alike(g, "relu", turn(g, x, g.r.sample(range(5), 5)))
    average(g, x, [g.r.randrange(5)])
    return True


def wide(g):
    """More along an axis than the engine takes, where its end is brought near."""
    x = g.floats((2, 3), "fp32")
    y = g.one("linear", (2, 24), "fp32", False, x=x, weight=g.const((24, 3), "fp32"), bias=g.const((24,), "fp32"))
    g.one("softmax", y.shape, "fp32", False, x=y, axis=-1)
    return True


def pointwise(g):
    """Linear layers behind each other."""
    x = g.floats((1, 4, 6), "fp32")
    y = g.one("linear", (1, 4, 8), "fp32", False, x=x, weight=g.const((8, 6), "fp32"), bias=g.const((8,), "fp32"))
    y = alike(g, "gelu", g.tamed(y, -16, 16))
    y = g.one("linear", x.shape, "fp32", False, x=y, weight=g.const((6, 8), "fp32"))
    g.one("add", x.shape, "fp32", False, x=x, y=y)
    return True


def long_kernel(g):
    x = g.tamed(g.floats((1, 1, 4, 20), "fp32"), -4, 4)
    g.one("conv", (1, 2, 4, 6), "fp32", False, x=x, weight=g.const((2, 1, 1, 15), "fp32"), pad_type='"valid"')
    return True


def rms(g):
    x = g.tamed(some(g, 2, 3), -4, 4)
    m = average(g, alike(g, "square", x), [-1])
    m = g.one("add", m.shape, x.dtype, False, x=m, y=f"np.{g.np(x)}(0.25)")
    g.one("mul", x.shape, x.dtype, False, x=x, y=alike(g, "rsqrt", m))
    return True


def remainder(g):
    x = g.pick(lambda v: v.dtype in ("fp32", "fp16") and v.grain)
    if not x:
        return False
    alike(g, "mod", x, y=f"np.{g.np(x)}({g.r.choice([2, 4])})")
    return True


def looked_up(g):
    i = g.integers()
    n, d = g.r.randint(2, 6), g.r.randint(1, 3)
    if g.chance(0.5):
        x = g.tamed(some(g, 1, 3), -16, 16)
        axis = g.r.randrange(x.rank)
        g.one("gather", x.shape[:axis] + (2,) + x.shape[axis + 1:], x.dtype, False, x=x,
              indices=f"[{x.shape[axis] - 1}, 0]", axis=axis)
        return True
    g.one("gather", i.shape + (d,), "fp32", False, x=g.const((n, d), "fp32"), indices=i, axis=0)
    return True


def bands(g):
    x = some(g, 2, 4)
    alike(g, "band_part", x, lower=g.r.randint(-1, 1), upper=g.r.randint(-1, 1))
    return True


def running_sum(g):
    x = g.tamed(some(g, 1, 4), -16, 16)
    alike(g, "cumsum", x, axis=g.r.randrange(x.rank), exclusive=g.chance(0.5), reverse=g.chance(0.5))
    return True


def product(g):
    x = g.tamed(some(g, 1, 4), -1, 1)
    average(g, x, [g.r.randrange(x.rank)], "reduce_prod", g.chance(0.5))
    return True


def truths(g):
    """Of exact numbers, joined, and used."""
    x = g.pick(lambda v: v.dtype == "fp32" and v.grain and v.static and v.rank)
    if not x:
        return False
    p, q = (g.one(op, x.shape, "bool", False, x=x, y=f"np.float32({n})") for op, n in (("greater", 0), ("less", 1)))
    m = g.one(g.r.choice(["logical_and", "logical_or", "logical_xor"]), x.shape, "bool", False, x=p, y=q)
    g.one("select", x.shape, "fp32", False, cond=m, a=x, b="np.float32(-1)")
    return True


def silu_of_exp(g):
    x = g.tamed(some(g), -2, 2)
    e = alike(g, "exp", alike(g, "mul", x, y=f"np.{g.np(x)}(-1)"))
    e = g.tamed(alike(g, "add", e, y=f"np.{g.np(x)}(1)"), 1, 16)
    g.one("real_div", x.shape, x.dtype, False, x=x, y=e)
    return True


def long_query(g):
    if g.version < 18:
        return False
    s = g.r.randint(3, 6)
    q = g.tamed(g.floats((1, s, 2), "fp32"), -2, 2)
    mask = g.r.choice([None, g.const((s, s), "fp32"), f"np.tril(np.ones(({s}, {s}), bool))"])  # a row has one at least
    g.one("scaled_dot_product_attention", q.shape, "fp32", False, query=q, key=q, value=q, attn_mask=mask)
    return True


def complex_numbers(g):
    """Nothing computes these before they are lowered, so they come alone."""
    if g.network or g.depth or g.listed or not g.chance(0.5):
        return False
    x = g.floats((2, 4), "fp32")
    g.loose.discard(x.text)
    a, b = g.fresh(), g.fresh()
    g.put(f"{a} = mb.complex_fft(data={x}, dim={g.r.choice([0, 1])})")
    g.put(f"{b} = mb.complex_ifft(data={a}, dim=1)")
    v = g.emit(f"mb.complex_{g.r.choice(['real', 'imag'])}(data={b})", (2, 4), "fp32", (-16, 16), 0.0)
    g.pool.append(v)
    return True


ENGINE = [heads, rank5, wide, pointwise, long_kernel, rms, remainder, looked_up, bands, running_sum, product, truths,
          long_query, silu_of_exp]
MAKERS = {
    einsum: 3, recurrent: 6, drawn: 6, lists: 5, boxes: 3, sampled: 7, moved: 10, counted: 2, channels: 4, whole: 2,
    small_ints: 3, complex_numbers: 2, **dict.fromkeys(ENGINE, 1),
}
