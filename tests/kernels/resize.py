"""Resizing images: the bits are the evaluator's."""

EXACT = (0, 0)
MODES = ["STRICT_ALIGN_CORNERS", "ALIGN_CORNERS", "DEFAULT", "OFFSET_CORNERS", "UNALIGN_CORNERS"]
THEN = ["", "y = mb.relu(x=mb.sub(x=y, y=F(0.5)))\n", "y = mb.add(x=y, y=F(1))\n"]
HEAD = "F = W(1).dtype.type\n"


def image(rng, least=3):
    n = rng.choice([least, 4, 4, 5])
    return tuple(rng.choice([1, 2, 3]) for _ in range(n - 2)) + (size(rng), size(rng))


def size(rng):
    return rng.choice([1, 2, 3, 5, 8, 15, 16, 17, 31, 40, 70])


def targets(rng, n):
    return rng.choice([1, n, n, 2 * n, 3 * n + 1, max(1, n // 2), max(1, n // 5), size(rng)])


def body(rng, line):
    return f"y = {line}\n{rng.choice(THEN)}return y"


def resizes(rng, i):
    s = image(rng)
    to = f"target_size_height={targets(rng, s[-2])}, target_size_width={targets(rng, s[-1])}"
    yield f"resize_bilinear{i}", s, f"mb.resize_bilinear(x=x, {to}, sampling_mode='{MODES[i % 5]}')"
    s = image(rng)
    to = f"target_size_height={targets(rng, s[-2])}, target_size_width={targets(rng, s[-1])}"
    yield f"resize_nearest_neighbor{i}", s, f"mb.resize_nearest_neighbor(x=x, {to})"
    s = image(rng)
    by = [rng.choice([1, 2, 3, 1.5, 2.3]), rng.choice([1, 2, 4, 1.5, 2.3])]
    by = [float(v) for v in by] if any(v != int(v) for v in by) else by
    by = f"scale_factor_height={by[0]}, scale_factor_width={by[1]}"
    yield f"upsample_nearest_neighbor{i}", s, f"mb.upsample_nearest_neighbor(x=x, {by})"
    align = ["align_corners=True", "align_corners=False", "align_corners=False, half_pixel_centers=False"][i % 3]
    yield f"upsample_bilinear{i}", s, f"mb.upsample_bilinear(x=x, {by}, {align})"
    s = image(rng, rng.choice([2, 3]))
    n = rng.randrange(1, min(len(s), 3 + i % 2) + 1)
    to = [rng.choice([0, targets(rng, v)]) for v in s[len(s) - n:]]
    yield (f"resize{i}", s, f"mb.resize(x=x, shape={to}, resized_dims=np.uint32({n}), "
           f"interpolation_mode='{rng.choice(['LINEAR', 'NEAREST_NEIGHBOR'])}', sampling_mode='{MODES[i % 5]}')")


def samples(rng, i):
    """Positions within the image, at its border and far outside; some are pixels."""
    n, c = rng.choice([1, 2, 3]), rng.choice([1, 3, 17])
    s, h, w = (n, c, size(rng), size(rng)), size(rng), size(rng)
    mode = ["unnormalized", "normalized_minus_one_to_one", "normalized_zero_to_one"][i % 3]
    scale, by = (max(s[2:]) + 4, 2) if i % 3 == 0 else (3, 1)
    t = f"mb.sub(x=mb.mul(x=t, y=F({scale})), y=F({by}))"
    t = f"mb.cast(x={t}, dtype='int32')" if i % 6 == 3 else f"mb.cast(x={t}, dtype='fp32')"
    border = ["constant", "border", "reflection", "symmetric"][i % 4]
    yield (f"resample{i}", {"x": s, "t": (n, h, w, 2)},
           f"mb.resample(x=x, coordinates={t}, sampling_mode='{['bilinear', 'nearest'][i % 5 == 0]}', "
           f"padding_mode='{border}', padding_value=F(7), coordinates_mode='{mode}', align_corners={i % 2 == 0})")
    yield (f"affine{i}", {"x": s, "t": (rng.choice([1, n]), 6)},
           f"mb.affine(x=x, transform_matrix=mb.sub(x=mb.mul(x=t, y=F(2)), y=F(0.5)), output_height={h}, "
           f"output_width={w}, sampling_mode='bilinear', padding_mode='constant', padding_value=F(0), "
           f"coordinates_mode='normalized_minus_one_to_one', align_corners={i % 2 == 0})")
    corners = ["CORNERS_HEIGHT_FIRST", "CORNERS_WIDTH_FIRST", "CENTER_SIZE_HEIGHT_FIRST", "CENTER_SIZE_WIDTH_FIRST"]
    boxes = rng.choice([1, 4, 9])
    scale = 2 if i % 2 else max(s[2:]) + 2
    yield (f"crop_resize{i}", {"x": s, "t": (boxes, 4)},
           f"mb.crop_resize(x=x, boxes=mb.mul(x=t, y=F({scale})), box_indices=rng.integers(0, {n}, ({boxes},)).astype("
           f"np.int32), target_height={min(h, 17)}, target_width={min(w, 40)}, normalized_coordinates={i % 2 == 1}, "
           f"spatial_scale=np.float32({rng.choice([1, 0.75])}), box_coordinate_mode='{corners[i % 4]}', "
           f"sampling_mode='{MODES[i % 5]}', pad_value=F(3))")


def between_windows(rng, i):
    """Images in blocks, of whole blocks and others: sums of convolutions differ, numbers of a pool do not."""
    c, h, w = rng.choice([16, 20, 33]), rng.choice([1, 5, 9, 16]), rng.choice([2, 7, 12, 20])
    up = rng.choice([f"mb.upsample_nearest_neighbor(x=y, scale_factor_height=2, scale_factor_width={1 + i % 3})",
                     "mb.upsample_bilinear(x=y, scale_factor_height=2, scale_factor_width=2, align_corners=False)",
                     f"mb.resize_bilinear(x=y, target_size_height={size(rng)}, target_size_width={size(rng)})",
                     f"mb.resize_nearest_neighbor(x=y, target_size_height={size(rng)}, target_size_width=11)"])
    conv = "y = mb.conv(x={}, weight=W({}, {}, 3, 3), pad_type='same')\n"
    yield Case(f"blocks{i}", {"x": (rng.choice([1, 2]), c, h, w)},
               conv.format("x", c + 3, c) + f"y = {up}\n" + rng.choice(THEN) + conv.format("y", 16, c + 3) + "return y",
               (2e-6, 2e-3), head=HEAD)


def cases(rng, count):
    for i in range(4 * count):
        for name, s, line in resizes(rng, i):
            yield Case(name, {"x": s}, body(rng, line), EXACT, head=HEAD)
        for name, inputs, line in samples(rng, i):
            yield Case(name, inputs, body(rng, line), EXACT, head=HEAD)
        yield from between_windows(rng, i)
    yield Case("nothing", {"x": (1, 0, 2, 2), "t": (1, 6)},  # in no time
               "return mb.affine(x=x, transform_matrix=t, output_height=50000, output_width=50000, sampling_mode="
               "'bilinear', padding_mode='constant', padding_value=F(0), coordinates_mode="
               "'normalized_minus_one_to_one', align_corners=True)", EXACT, head=HEAD)
    yield Case("rank1", {"x": (37,)}, "return mb.resize(x=x, shape=[90], resized_dims=np.uint32(1))", EXACT)
    yield Case("no_number", {"x": (2, 3, 4)},
               "y = mb.log(x=mb.sub(x=x, y=F(0.5)))\ny = mb.real_div(x=y, y=mb.sub(x=x, y=x))\n"
               "return mb.resize_bilinear(x=y, target_size_height=6, target_size_width=8)", EXACT, head=HEAD)
    yield Case("large", {"x": (1, 5, 300, 260)},
               "return (mb.upsample_bilinear(x=x, scale_factor_height=2, scale_factor_width=2, align_corners=False), "
               "mb.resize_bilinear(x=x, target_size_height=40, target_size_width=5000), "
               "mb.resize_nearest_neighbor(x=x, target_size_height=600, target_size_width=20))", EXACT)
