"""Moving elements: the bits are the evaluator's, of elements of one, two and four bytes."""

EXACT = (0, 0)
HEAD = "F = W(1).dtype.type\n"


def size(rng):
    return rng.choice([1, 2, 3, 4, 5, 8, 15, 16, 17, 33, 40])


def shape(rng, rank=None):
    rank = rank or rng.choice([1, 2, 3, 4, 5])
    s = [rng.choice([1, 2, 3, 4, 5]) for _ in range(rank)]
    for _ in range(2):
        s[rng.randrange(rank)] = size(rng)
    return tuple(s)


def both(name, inputs, body):
    """The same of floats and of truth values."""
    yield Case(name, inputs, body, EXACT, head=HEAD)
    lines = [f"{n} = mb.less(x={n}, y=F(0.5))" for n in inputs] + body.split("\n")
    yield Case(name + "_bool", inputs, "\n".join(lines), EXACT, ("fp32",), HEAD)


def bounds(rng, n):
    begin = rng.randrange(0, n)
    end = rng.randrange(begin, n + 1)
    stride = rng.choice([1, 1, 1, 2, 3])
    return (begin, end, stride) if rng.random() < 0.8 else (end - 1 - n, begin - n - 1, -stride)


def slices(rng, i):
    s = shape(rng)
    begin, end, stride = (list(v) for v in zip(*(bounds(rng, n) for n in s)))
    masks = f"begin_mask={[rng.random() < 0.3 for _ in s]}, end_mask={[rng.random() < 0.3 for _ in s]}"
    at = f"begin={begin}, end={end}, stride={stride}, {masks}"
    squeeze = [stride[k] > 0 and rng.random() < 0.2 for k in range(len(s))]
    yield from both(f"slice_by_index{i}", {"x": s}, f"return mb.slice_by_index(x=x, {at}, squeeze_mask={squeeze})")
    yield Case(f"slice_update{i}", {"x": s},
               f"u = mb.sub(x=mb.slice_by_index(x=x, {at}), y=F(2))\nreturn mb.slice_update(x=x, update=u, {at})",
               EXACT, head=HEAD)
    begin = [rng.randrange(n) for n in s]
    sizes = [rng.choice([-1, rng.randrange(n - b + 1)]) for n, b in zip(s, begin)]
    yield from both(f"slice_by_size{i}", {"x": s}, f"return mb.slice_by_size(x=x, begin={begin}, size={sizes})")


def joins(rng, i):
    s = shape(rng)
    axis = rng.randrange(len(s))
    t = s[:axis] + (size(rng),) + s[axis + 1:]
    yield from both(f"concat{i}", {"x": s, "y": t}, f"return mb.concat(values=[x, y, x], axis={axis})")
    yield from both(f"interleave{i}", {"x": s, "y": s},
                    f"return mb.concat(values=[x, y], axis={axis}, interleave=True)")
    yield from both(f"stack{i}", {"x": s, "y": s}, f"return mb.stack(values=[x, y], axis={rng.randrange(len(s) + 1)})")
    parts = [rng.randrange(1, 6) for _ in range(rng.choice([2, 3, 4, 5]))]
    s = s[:axis] + (sum(parts),) + s[axis + 1:]
    yield from both(f"split{i}", {"x": s}, f"return tuple(mb.split(x=x, split_sizes={parts}, axis={axis}))")


def orders(rng, i):
    s = shape(rng)
    perm = rng.sample(range(len(s)), len(s))
    yield from both(f"transpose{i}", {"x": s}, f"return mb.transpose(x=x, perm={perm})")
    s = (rng.choice([1, 3]), size(rng), size(rng), rng.choice([1, 2, 4, 16, 40]))
    perm = rng.choice([[0, 2, 1, 3], [0, 2, 3, 1], [0, 3, 1, 2], [3, 2, 1, 0]])
    yield from both(f"transpose_wide{i}", {"x": s}, f"return mb.transpose(x=x, perm={perm})")
    axes = rng.sample(range(len(s)), rng.randrange(1, len(s)))
    yield from both(f"reverse{i}", {"x": s}, f"return mb.reverse(x=x, axes={axes})")
    s = shape(rng)
    yield from both(f"tile{i}", {"x": s}, f"return mb.tile(x=x, reps={[rng.choice([1, 1, 2, 3]) for _ in s]})")


def pads(rng, i):
    s = shape(rng)
    n = rng.randrange(1, len(s) + 1)
    pad = [rng.choice([0, 0, 1, 2, 5]) for _ in range(2 * n)]
    yield Case(f"pad{i}", {"x": s}, f"return mb.pad(x=x, pad={pad}, mode='constant', constant_val=F(7))", EXACT,
               head=HEAD)
    for mode in ("reflect", "replicate"):
        s = shape(rng, 3)
        pad = [rng.randrange(min(s[k // 2 + 1], 4)) if mode == "reflect" else rng.randrange(4) for k in range(4)]
        yield Case(f"pad_{mode}{i}", {"x": s}, f"return mb.pad(x=x, pad={pad}, mode='{mode}')", EXACT)


def gathers(rng, i):
    s = shape(rng)
    axis = rng.randrange(len(s))
    batch = rng.randrange(axis + 1) if i % 2 else 0
    ix = s[:batch] + tuple(rng.choice([1, 3, 20]) for _ in range(rng.choice([0, 1, 2])))
    pick = f"k = rng.integers({-s[axis]}, {s[axis]}, {{}}).astype(np.{rng.choice(['int32', 'int16', 'int8'])})\n"
    body = pick.format(ix) + (f"y = mb.gather(x={{}}, indices=np.array(k), axis={axis}, batch_dims={batch}, "
                              "validate_indices=False)\n")
    yield from with_bytes(f"gather{i}", s, body)
    ix = s[:axis] + (size(rng),) + s[axis + 1:]
    body = pick.format(ix) + f"y = mb.gather_along_axis(x={{}}, indices=k, axis={axis}, validate_indices=False)\n"
    yield from with_bytes(f"gather_along_axis{i}", s, body)


def gathers_nd(rng, i):
    s = shape(rng, rng.choice([1, 2, 3]))
    batch = rng.randrange(min(len(s), 2))
    depth = rng.randrange(1, len(s) - batch + 1)
    rows = tuple(rng.choice([1, 3, 20]) for _ in range(rng.choice([0, 1])))
    picks = [f"rng.integers({-n}, {n}, {s[:batch] + rows})" for n in s[batch:batch + depth]]
    body = (f"k = np.stack([{', '.join(picks)}], axis=-1).astype(np.{rng.choice(['int32', 'int16'])})\n"
            f"y = mb.gather_nd(x={{}}, indices=k, batch_dims={batch}, validate_indices=False)\n")
    yield from with_bytes(f"gather_nd{i}", s, body)


def scatters(rng, i):
    """Some indices come more than once, and their updates one after the other."""
    mode = ["update", "add", "sub", "mul", "div", "max", "min"][i % 7]
    s = shape(rng, rng.choice([1, 2, 3]))
    axis = rng.randrange(len(s))
    n = rng.choice([1, 3, 9, 40])
    args = f"mode='{mode}', validate_indices=False)"
    ways = {
        "scatter": (f"rng.integers({-s[axis]}, {s[axis]}, ({n},))", s[:axis] + (n,) + s[axis + 1:], f"axis={axis}, "),
        "scatter_along_axis": (f"rng.integers({-s[axis]}, {s[axis]}, {s[:axis] + (n,) + s[axis + 1:]})",
                               s[:axis] + (n,) + s[axis + 1:], f"axis={axis}, "),
        "scatter_nd": (f"np.stack([rng.integers(-d, d, ({n},)) for d in {s[:axis + 1]}], axis=-1)",
                       (n,) + s[axis + 1:], ""),
    }
    for op, (ix, u, axes) in ways.items():
        call = f"mb.{op}(data={{}}, indices={ix}.astype(np.int32), updates={{}}, {axes}{args}"
        yield Case(f"{op}{i}_{mode}", {"x": s, "u": u},
                   f"return {call.format('mb.add(x=x, y=F(1))', 'mb.sub(x=u, y=F(0.25))')}, x", EXACT, head=HEAD)
        if mode == "update":
            yield Case(f"{op}{i}_int", {"x": s, "u": u},
                       "x, u = [mb.cast(x=mb.mul(x=v, y=F(100)), dtype='int32') for v in (x, u)]\n"
                       f"return {call.format('x', 'u')}", EXACT, ("fp32",), HEAD)


def bands(rng, i):
    s = shape(rng, rng.choice([2, 3, 4]))
    edges = f"lower={rng.choice([-1, 0, 1, 5, 50])}, upper={rng.choice([-1, 0, 2, 7, 50])}"
    yield from both(f"band_part{i}", {"x": s}, f"return mb.band_part(x=x, {edges})")
    yield Case(f"band_part{i}_own", {"x": s},
               f"y = mb.sub(x=x, y=F(0.5))\nreturn mb.band_part(x=mb.real_div(x=x, y=mb.relu(x=y)), {edges}), y",
               EXACT, head=HEAD)


def with_bytes(name, s, body):
    """Of floats, and of int8."""
    yield Case(name, {"x": s}, body.format("x") + "return y", EXACT, head=HEAD)
    yield Case(name + "_int8", {"x": s},
               "b = mb.cast(x=mb.mul(x=x, y=F(100)), dtype='int8')\n" + body.format("b") +
               "return mb.cast(x=y, dtype='fp32')", EXACT, ("fp32",), HEAD)


def pixels(rng, i):
    """Blocks of pixels, and what is cut out of images."""
    n, c, h, w = (rng.choice([1, 2, 3]), rng.choice([1, 2, 5, 16]), size(rng), size(rng))
    f = rng.choice([1, 2, 2, 3, 4])
    for op, arg in (("depth_to_space", f"block_size={f}"), ("pixel_shuffle", f"upscale_factor={f}")):
        yield Case(f"{op}{i}", {"x": (n, c * f * f, h, w)}, f"return mb.{op}(x=x, {arg})", EXACT)
    for op, arg in (("space_to_depth", f"block_size={f}"), ("pixel_unshuffle", f"downscale_factor=np.uint32({f})")):
        yield Case(f"{op}{i}", {"x": (n, c, h * f, w * f)}, f"return mb.{op}(x=x, {arg})", EXACT)
    p, q = rng.choice([1, 2, 3]), rng.choice([1, 2, 4])
    top, left = rng.choice([0, 1, 5]), rng.choice([0, 2, 3])
    pads = [[top, -(h + top) % p], [left, -(w + left) % q + rng.choice([0, q])]]
    yield Case(f"space_to_batch{i}", {"x": (n, c, h, w)},
               f"return mb.space_to_batch(x=x, block_shape=[{p}, {q}], paddings={pads})", EXACT)
    crops = [[rng.randrange(d * b) for b in (1, 1)] for d in (h, w)]
    crops = [[a, min(b, d - 1 - a)] for (a, b), d in zip(crops, (h, w))] if i % 3 else [[0, 0], [0, 0]]
    yield Case(f"batch_to_space{i}", {"x": (n * p * q, c, h, w)},
               f"return mb.batch_to_space(x=x, block_shape=[{p}, {q}], crops={crops})", EXACT)
    if i % 3:
        yield Case(f"crop{i}", {"x": (n, c, h, w)},
                   f"return mb.crop(x=x, crop_height={crops[0]}, crop_width={crops[1]})", EXACT)
    s = shape(rng, rng.choice([1, 2, 3, 4]))
    axis = rng.randrange(len(s))
    yield from both(f"sliding_windows{i}", {"x": s},
                    f"return mb.sliding_windows(x=x, axis={axis}, size={rng.randrange(1, s[axis] + 1)}, "
                    f"stride={rng.choice([1, 2, 3])})")


def cases(rng, count):
    for i in range(4 * count):
        yield from orders(rng, i)
        yield from slices(rng, i)
        yield from joins(rng, i)
        yield from pads(rng, i)
        yield from gathers(rng, i)
        yield from pixels(rng, i)
        yield from gathers_nd(rng, i)
        yield from bands(rng, i)
    for i in range(7 * count):
        yield from scatters(rng, i)
    yield Case("gather_rows", {"x": (300, 70), "i": ((2, 400), "int32")},
               "i = mb.floor_div(x=i, y=np.int32(1))\nreturn mb.gather(x=x, indices=i, axis=0, validate_indices=False)",
               EXACT)
    for kind, value in (("fp", "F(1.5)"), ("int", "np.int32(-7)"), ("bool", "True")):
        yield Case(f"fill_like_{kind}", {"x": (3, 70, 1001)}, f"return mb.fill_like(ref_tensor=x, value={value})",
                   EXACT, head=HEAD)
    yield Case("fill", {"x": (4,)}, "y = mb.fill(shape=[70, 1001], value=F(2))\nreturn mb.add(x=y, y=F(1)), x", EXACT,
               head=HEAD)
    yield Case("nothing", {"x": (3, 0, 4)},
               "return mb.transpose(x=x, perm=[1, 0, 2]), mb.concat(values=[x, x], axis=0), mb.reverse(x=x, axes=[1])",
               EXACT)
    yield Case("large", {"x": (70, 1100)},
               "return mb.transpose(x=x, perm=[1, 0]), mb.concat(values=[x, x], axis=1), mb.tile(x=x, reps=[2, 3])",
               EXACT)
    yield Case("long", {"x": (200000,)}, "return mb.reverse(x=x, axes=[0]), mb.concat(values=[x, x], axis=0)", EXACT)
