"""Operations and motifs that gen_passes.py adds to those of gen_ops.py, gen_layers.py and gen_motifs.py: what lies in
nested blocks, has symbolic sizes, is quantized or kept in a state, and families that gen_programs.py leaves alone
because the released coremltools differs there.
"""
from gen_motifs import alike, average, both, by, scalar, turn
from gen_tame import Skip


# ---- nested blocks

def nested(g, name, params, x, result):
    """A local function: some operations, and a value like x that `result` makes of the last that fits."""
    g.put(f"def {name}({params}):")
    g.indent += 1
    kept, loose, g.pool = g.pool, set(g.loose), list(g.pool)
    if params:
        for text, v in params_of(x, params):
            g.pool.append(g.set(type(x)(text, v.shape, v.dtype), *v.span, v.grain))
    g.depth += 1
    g.steps(g.r.randint(1, 4))
    inner = [v for v in g.pool if v not in kept and v.shape == x.shape and v.dtype == x.dtype and not v.known]
    last = inner[-1] if inner else x
    text = result(last)
    g.put(f"return {text}")
    g.depth -= 1
    g.indent -= 1
    g.pool, g.loose = kept, g.loose & loose


def params_of(x, params):
    return [(name, x) for name in params.split(", ") if name.startswith("a")]


def cond(g):
    x = g.pick(lambda v: v.dtype in ("fp32", "fp16", "int32") and not v.known)
    if not x or g.depth > 1:
        return False
    pred = g.pick(lambda v: v.dtype == "bool" and v.rank == 0)
    if not pred:
        u = g.pick(lambda v: v.dtype in ("fp32", "fp16", "int32") and v.rank and v.grain and not v.known)
        if not u:
            return False
        m = g.one("reduce_max", (), u.dtype, False, x=u)
        pred = g.one(g.r.choice(["greater", "less_equal"]), (), "bool", False, x=m,
                     y=scalar(g.r.choice([0, 1]), u.dtype))
    k, spans = g.block(), []

    def result(v):
        if g.chance(0.5):
            y = both(g, g.r.choice(["add", "maximum", "sub"]), v, scalar(1, v.dtype))
        else:
            y = alike(g, "identity", v)
        y = g.tamed(y, -16, 16)
        spans.append((y.span, y.grain))
        return y.text
    nested(g, f"yes{k}", "", x, result)
    nested(g, f"no{k}", "", x, result)
    y = g.one("cond", x.shape, x.dtype, False, pred=pred, _true_fn=f"yes{k}", _false_fn=f"no{k}")
    g.set(y, min(s[0][0] for s in spans), max(s[0][1] for s in spans), min(s[1] for s in spans))
    return True


def loop(g):
    x = g.pick(lambda v: v.static and v.dtype in ("fp32", "fp16", "int32") and v.size <= 100 and not v.known)
    if not x or g.depth > 1:
        return False
    x = g.tamed(x, -16, 16)
    k, still = g.block(), g.chance(0.4)
    like = type(x)(x.text, x.shape, x.dtype)
    g.set(like, -16, 16, 1.0 if x.dtype == "int32" else 0.0)
    g.put(f"def more{k}(i, a{k}{f', b{k}' if still else ''}):")
    g.put(f"    return mb.less(x=i, y={g.r.randint(1, 3)})")

    def result(v):
        y = g.tamed(both(g, g.r.choice(["add", "sub", "maximum"]), v, scalar(g.r.choice([1, 2]), v.dtype)), -16, 16)
        if still and y.shape == x.shape:
            y = g.tamed(both(g, "add", y, f"b{k}"), -16, 16)
        moves = not x.known and x.dtype != "int32"  # what is known of one must not go to the other
        if still and moves and y.shape == x.shape and g.chance(0.3):  # they change places
            return f"mb.add(x=i, y=1), b{k}, {y}"
        return f"mb.add(x=i, y=1), {y}" + (f", b{k}" if still else "")
    g.set(x, *x.span, x.grain)
    if still:
        g.set(type(x)(f"b{k}", x.shape, x.dtype), -16, 16, like.grain)
    nested(g, f"body{k}", f"i, a{k}" + (f", b{k}" if still else ""), like, result)
    start = g.fresh()
    g.put(f"{start} = mb.const(val=0)")
    outs = [((), "int32", False), (x.shape, x.dtype, False)] + ([(x.shape, x.dtype, False)] if still else [])
    y = g.call("while_loop", outs, _cond=f"more{k}", _body=f"body{k}",
               loop_vars=f"({start}, {x}{f', {x}' if still else ''})")
    g.set(y[0], 0, 3, 1.0)
    for v in y[1:]:
        g.set(v, -16, 16, like.grain)
    return True


# ---- symbolic sizes

def unknown(g, least=1):
    x = g.pick(lambda v: not v.static and v.dtype in ("fp32", "fp16") and v.rank >= least and "?" not in str(v.shape))
    if x or not g.symbols:
        return x
    shape = [g.r.randint(1, 4) for _ in range(g.r.randint(least, 4))]
    shape[g.r.randrange(len(shape))] = g.r.choice(g.symbols)
    return g.input(shape, "fp32")


def symbolic_reshape(g):
    """Its shape is computed, and known up to the symbol."""
    x = unknown(g, 2)
    if not x or sum(isinstance(d, str) for d in x.shape) != 1:
        return False
    at = [i for i, d in enumerate(x.shape) if isinstance(d, str)][0]
    rest = 1
    for d in x.shape:
        rest *= d if isinstance(d, int) else 1
    s = g.one("shape", (x.rank,), "int32", False, x=x)
    g.drop(s)
    k = g.fresh()
    g.put(f"{k} = " + g.r.choice([f"mb.gather(x={s}, indices={at}, axis=0)",
                                  f"mb.slice_by_index(x={s}, begin=[{at}], end=[{at + 1}], squeeze_mask=[True])"]))
    e = g.fresh()
    g.put(f"{e} = mb.expand_dims(x={k}, axes=[0])")
    front = g.chance(0.6)
    c = g.fresh()
    g.put(f"{c} = mb.concat(values=({f'{e}, [{rest}]' if front else f'[{rest}], {e}'}), axis=0)")
    g.one("reshape", (x.shape[at], rest) if front else (rest, x.shape[at]), x.dtype, False, x=x, shape=c)
    return True


def symbolic_chain(g):
    x = unknown(g, 2)
    if not x:
        return False
    k = g.r.randrange(5)
    if k == 0:
        perm = g.r.sample(range(x.rank), x.rank)
        t = alike(g, "relu", turn(g, x, perm))
        turn(g, t, [perm.index(i) for i in range(x.rank)])
    elif k == 1:
        both(g, "mul", x, alike(g, "sigmoid", x))
    elif k == 2:
        m = average(g, x, [-1])
        both(g, "sub", x, m)
    elif k == 3:
        perm = list(range(x.rank))
        perm[-1], perm[-2] = perm[-2], perm[-1]
        y = g.tamed(x, -4, 4)
        g.one("matmul", x.shape[:-1] + (x.shape[-2],), x.dtype, False, x=y, y=turn(g, y, perm))
    else:
        g.one("softmax", x.shape, x.dtype, False, x=both(g, "add", x, scalar(0, x.dtype)), axis=-1)
    return True


def symbolic_mean(g):
    """A sum by what is known of the number of its terms: a mean only where all is."""
    x = unknown(g, 2)
    if not x:
        return False
    axes = sorted(g.r.sample(range(x.rank), g.r.randint(1, x.rank)))
    n = 1
    for a in axes:
        n *= x.shape[a] if isinstance(x.shape[a], int) else 1
    by(g, "mul", average(g, x, axes, "reduce_sum"), 1 / n)
    return True


# ---- quantization and what constants are stored as

def quantized(g, x, scale, zero, dtype="int8"):
    if not x.grain:
        raise Skip("quantize")
    low, high = (-128, 127) if dtype == "int8" else (0, 255)
    point = f"np.{dtype}({zero})" if zero is not None else None
    q = g.one("quantize", x.shape, dtype, False, input=x, scale=scalar(scale, x.dtype), zero_point=point,
              output_dtype=f'"{dtype}"')
    g.set(q, low, high, 1.0)
    g.drop(q)
    return q


def dequantized(g, q, scale, zero, dtype="fp32", kind="int8"):
    """What was quantized lay between -16 and 16; so it does again."""
    point = f"np.{kind}({zero})" if zero is not None else None
    y = g.one("dequantize", q.shape, dtype, False, input=q, scale=scalar(scale, dtype), zero_point=point)
    return g.set(y, -16, 16, scale)


ZEROS = (None, 0, 3, -128, 128)


def quantize(g):
    x = g.pick(lambda v: v.dtype == "fp32" and v.grain and v.static and 1 <= v.rank <= 4)
    if not x or g.version < 17:
        return False
    zero = g.r.choice(ZEROS)
    kind = "uint8" if zero == 128 or zero is not None and zero >= 0 and g.chance(0.3) else "int8"
    zero = None if zero == 128 and kind == "int8" else zero
    q = quantized(g, g.tamed(x, -16, 16), 0.25, zero, kind)
    if g.chance(0.3):
        q = g.one("reshape", (x.size,), kind, False, x=q, shape=[x.size])
        g.set(q, -128, 255, 1.0)
        g.drop(q)
    y = dequantized(g, q, 0.25, zero, "fp32", kind)
    if g.chance(0.4):
        z = g.one("reshape", y.shape[::-1], "fp32", False, x=y, shape=list(y.shape[::-1])) if g.chance(0.6) else y
        dequantized(g, quantized(g, z, 0.25, zero, kind), 0.25, zero, "fp32", kind)
    return True


def quantized_sum(g):
    x = g.pick(lambda v: v.dtype == "fp32" and v.grain and v.static and 1 <= v.rank <= 4)
    if not x or g.version < 17:
        return False
    a, b = (dequantized(g, quantized(g, g.tamed(x, -8, 8), s, None), s, None) for s in (0.25, 0.5))
    y = g.one(g.r.choice(["add", "sub"]), x.shape, "fp32", False, x=a, y=b)
    g.set(y, -16, 16, 0.25)
    y = alike(g, "relu", y) if g.chance(0.4) else y
    g.set(y, -16, 16, 0.25)
    dequantized(g, quantized(g, y, 0.5, None), 0.5, None)
    return True


def int8s(shape, k=7):
    n = 1
    for d in shape:
        n *= d
    return f"(np.arange({n}) * {k} % 19 - 9).reshape({shape}).astype(np.int8)"


def stored(g, op, size, dtype, **args):
    w = g.one(op, size, dtype, False, **args)
    g.set(w, -4, 4, 0.0)
    g.drop(w)
    return w


def constexpr(g):
    """A weight in fewer bits, perhaps turned, and something that uses it."""
    shape = (g.r.choice([2, 4]), g.r.choice([4, 8]))
    n, k = shape
    forms = [f for f, since in ((affine, 16), (affine, 16), (known_dequantize, 17), (halves, 16), (table, 16),
                                (sparse, 16), (blocks, 18),
                                (table18, 18), (quantized_table, 18), (sparse18, 18)) if g.version >= since]
    if not forms:
        return False
    w = g.r.choice(forms)(g, shape)
    x = g.tamed(g.floats((3, k), "fp32"), -4, 4)
    if g.chance(0.3):
        t = g.one("transpose", (k, n), "fp32", False, x=w, perm=[1, 0])
        g.drop(t)
        g.one("matmul", (3, n), "fp32", False, x=x, y=t)
    elif g.chance(0.5):
        g.one("linear", (3, n), "fp32", False, x=x, weight=w)
    else:
        g.one("matmul", (3, n), "fp32", False, x=x, y=w, transpose_y=True)
    return True


def affine(g, shape):
    axis = g.r.randrange(2)
    scale = "np.float32(0.25)" if g.chance(0.5) else f"np.full(({shape[axis]},), 0.125, np.float32)"
    if g.chance(0.3):
        w = stored(g, "constexpr_affine_dequantize", (shape[0] * shape[1],), "fp32",
                   quantized_data=int8s((shape[0] * shape[1],)),
                   zero_point="np.int8(2)", scale="np.float32(0.25)", axis=0)
        w = g.one("reshape", shape, "fp32", False, x=w, shape=list(shape))
        g.drop(w)
        return w
    return stored(g, "constexpr_affine_dequantize", shape, "fp32", quantized_data=int8s(shape), zero_point="np.int8(2)",
                  scale=scale, axis=axis)


def known_dequantize(g, shape):
    return stored(g, "dequantize", shape, "fp32", input=int8s(shape), scale="np.float32(0.25)", zero_point="np.int8(1)")


def halves(g, shape):
    return stored(g, "constexpr_cast", shape, "fp32", source_val=g.const(shape, "fp16", bare=True),
                  output_dtype='"fp32"')


def table(g, shape):
    if g.version >= 18:
        return table18(g, shape)
    n = shape[0] * shape[1]
    return stored(g, "constexpr_lut_to_dense", shape, "fp32",
                  indices=f"(np.arange({n // 4}) * 57 % 256).astype(np.uint8)",
                  lut="np.array([-1.0, 0.5, 0.25, 2.0], dtype=np.float32)",
                  shape=f"np.array({list(shape)}, dtype=np.uint32)")


def sparse(g, shape):
    if g.version >= 18:
        return sparse18(g, shape)
    n = shape[0] * shape[1]
    return stored(g, "constexpr_sparse_to_dense", shape, "fp32",
                  nonzero_data=f"(np.arange({n // 2}) * 0.25 - 1).astype(np.float32)",
                  mask=f"np.full(({n // 8},), 0b01010101, np.uint8)", shape=f"np.array({list(shape)}, dtype=np.uint32)")


def blocks(g, shape):
    n, k = shape
    size = g.r.choice([1, 2, k])
    return stored(g, "constexpr_blockwise_shift_scale", shape, "fp32", data=int8s(shape),
                  scale=f"np.full(({n}, {k // size}), 0.25, np.float32)",
                  offset=f"np.full(({n}, {k // size}), 1, np.int8)")


def indices(shape):
    n = shape[0] * shape[1]
    return f"(np.arange({n}) * 7 % 4).reshape({shape}).astype(types.np_uint2_dtype)"


def table18(g, shape):
    w = stored(g, "constexpr_lut_to_dense", shape, "fp32", indices=indices(shape),
               lut="(np.arange(4, dtype=np.float32) - 1).reshape(1, 1, 4, 1)")
    if g.chance(0.5):
        scale = g.r.choice([f"np.full(({shape[0]}, 1), 0.5, np.float32)", "np.full((1, 1), 0.25, np.float32)"])
        return stored(g, "constexpr_blockwise_shift_scale", shape, "fp32", data=w, scale=scale)
    return w


def scaled_table(g):
    """A palettized weight with a scale for each channel, which may go behind the operation."""
    if g.version < 18:
        return False
    w = table18(g, (3, 4))
    if "blockwise" not in g.lines[-1]:
        w = stored(g, "constexpr_blockwise_shift_scale", (3, 4), "fp32", data=w,
                   scale="np.full((3, 1), 0.5, np.float32)")
    x = g.tamed(g.floats((2, 4), "fp32"), -4, 4)
    if g.chance(0.5):
        g.one("linear", (2, 3), "fp32", False, x=x, weight=w, bias=g.const((3,), "fp32") if g.chance(0.5) else None)
    else:
        g.one("matmul", (2, 3), "fp32", False, x=x, y=w, transpose_y=True)
    return True


def quantized_table(g, shape):
    """Of which the table is dequantized first, or the weight afterwards."""
    lut = "np.array([-4, 1, 3, 7], np.int8).reshape(1, 1, 4, 1)"
    if g.chance(0.5):
        w = stored(g, "constexpr_lut_to_dense", shape, "int8", indices=indices(shape), lut=lut)
        return stored(g, "constexpr_blockwise_shift_scale", shape, "fp32", data=w,
                      scale="np.full((1, 1), 0.25, np.float32)")
    t = stored(g, "constexpr_blockwise_shift_scale", (1, 1, 4, 1), "fp32", data=lut,
               scale="np.full((1, 1, 1, 1), 0.25, np.float32)")
    return stored(g, "constexpr_lut_to_dense", shape, "fp32", indices=indices(shape), lut=t)


def sparse18(g, shape):
    n = shape[0] * shape[1]
    mask = f"(np.arange({n}) % 2).reshape({shape}).astype(types.np_uint1_dtype)"
    if g.chance(0.5):
        op, args = "constexpr_lut_to_sparse", {
            "indices_mask": mask, "indices_nonzero_data": f"(np.arange({n // 2}) % 2).astype(types.np_uint1_dtype)",
            "lut": "np.array([0.5, -1.5], dtype=np.float32).reshape(1, 1, 2, 1)"}
    else:
        op, args = "constexpr_sparse_blockwise_shift_scale", {
            "data_mask": mask, "nonzero_data": int8s((n // 2,)), "scale": "np.full((1, 1), 0.25, np.float32)"}
    m, d = g.call(op, [((n,), "int8", False), ((n // 2,), "fp32", False)], **args)
    g.drop(m)
    g.drop(d)
    return stored(g, "constexpr_sparse_to_dense", shape, "fp32", nonzero_data=d, mask=m)


def quantized_conv(g):
    if g.network:
        return False
    x = g.tamed(g.floats((1, 2, 4, 3), "fp32"), -2, 2)
    w = "(np.arange(24) * 11 % 256).reshape(3, 2, 2, 2).astype(np.uint8)"
    g.one("conv_quantized", (1, 3, 3, 2), "fp32", False, x=x, weight=w, quantization_type='"linear"', nbits=8,
          quant_scale="np.full((3,), 0.01, np.float32)", quant_bias="np.full((3,), -1.0, np.float32)",
          pad_type='"valid"')
    return True


# ---- states

def state(g):
    if g.version < 18 or g.depth or len(g.states) > 1:
        return False
    x = g.tamed(some_half(g), -4, 4)
    name = f"state{len(g.states)}"
    g.states.append((name, x.shape))
    read = g.fresh()
    g.put(f"{read} = mb.read_state(input={name})")
    before = g.set(type(x)(read, x.shape, "fp16"), 0, 0, 0.0)
    g.pool.append(before)
    y = both(g, "add", x, before)
    if g.chance(0.5):
        g.steps(1)
    new = g.fresh()
    g.put(f"{new} = mb.coreml_update_state(state={name}, value={y})")
    g.set(type(x)(new, x.shape, "fp16"), *y.span, 0.0)
    if g.chance(0.6):
        alike(g, "relu", y)
    g.pool.append(g.values[new])
    return True


def some_half(g):
    x = g.pick(lambda v: v.dtype == "fp16" and v.static and v.rank and v.size <= 100 and not v.text.startswith("x"))
    return x or alike(g, "tanh", g.floats((g.r.randint(1, 3), 3), "fp16"))


MOTIFS = {
    cond: 5, loop: 5, symbolic_reshape: 6, symbolic_chain: 6, symbolic_mean: 2, quantize: 8, quantized_sum: 3,
    constexpr: 13,
    quantized_conv: 2, state: 5,
}
