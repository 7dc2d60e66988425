"""Convolutions and transposed ones."""

BOUND = (3e-6, 1e-3)  # sums in float rather than in double


def window(rng, size, kernel, ndil):
    """Arguments for windows that fit: strides, dilations, padding."""
    n = len(size)
    stride = [rng.choice([1, 1, 2, 3]) for _ in range(n)]
    dilation = [rng.choice([1, 1, 1, 2, 3]) if ndil else 1 for _ in range(n)]
    pad = [rng.choice([0, 0, 1, 2, 3]) for _ in range(2 * n)]
    kind = rng.choice(["valid", "same", "same_lower", "custom", "custom"])
    for i in range(n):
        while (kernel[i] - 1) * dilation[i] + 1 > size[i]:
            if dilation[i] > 1:
                dilation[i] = 1
            else:
                kernel[i] -= 1
    args = f"strides={stride}, pad_type='{kind}', pad={pad}" + (f", dilations={dilation}" if ndil else "")
    return stride, dilation, pad, kind, args


def shape(rng, n):
    most = {1: 700, 2: 40, 3: 9}[n]
    size = [rng.choice([1, 2, 3, 5, 7, 8, 13, most // 2, most]) for _ in range(n)]
    return size, [rng.choice([1, 1, 2, 3, 3, 4, 7][:7 if n < 3 else 5]) for _ in range(n)]


def chain(rng, out, n):
    """Lines of ops behind y."""
    lines = ""
    if rng.random() < 0.5:
        lines += f"y = mb.add(x=y, y=W({out}, {', '.join('1' * n)}))\n"
    if rng.random() < 0.5:
        lines += "y = mb.relu(x=y)\n"
    return lines + "return y"


def cases(rng, count):
    for i in range(12 * count):
        n = rng.choice([1, 2, 2, 2, 3])
        size, kernel = shape(rng, n)
        groups = rng.choice([1, 1, 1, 2, 3, 8])
        gi, go = rng.choice([1, 2, 3, 5, 16, 40]), rng.choice([1, 2, 3, 7, 12, 13, 16, 33])
        if groups == 8 and rng.random() < 0.6:
            gi = go = 1
        *_, args = window(rng, size, kernel, True)
        batch, weight = rng.choice([1, 1, 2, 3]), f"W({groups * go}, {gi}, {', '.join(map(str, kernel))})"
        bias = rng.choice(["", f", bias=W({groups * go})"])
        yield Case(f"conv{i}", {"x": (batch, groups * gi, *size)},
                   f"y = mb.conv(x=x, weight={weight}, {args}, groups={groups}{bias})\n" + chain(rng, groups * go, n),
                   BOUND)
    for i in range(2 * count):
        size, kernel = shape(rng, 2)
        stride, _, pad, kind, args = window(rng, size, kernel, False)
        yield Case(f"conv_weight{i}", {"x": (2, 6, *size), "w": (10, 3, *kernel)},
                   f"return mb.conv(x=x, weight=w, {args}, groups=2)", BOUND)
    for i in range(3 * count):  # of each channel by itself: rows and columns at a time, with edges
        k, c = rng.choice([3, 3, 5]), rng.choice([1, 3, 9])
        size = [rng.choice([5, 8, 9, 15, 16, 17, 31, 33, 50]) for _ in range(2)]
        pad = [rng.choice([0, 1, 2, 3, 20]) for _ in range(4)]
        args = f"groups={c}, strides={[rng.choice([1, 2])] * 2}, pad_type='custom', pad={pad}"
        yield Case(f"depthwise{i}", {"x": (rng.choice([1, 2]), c, *size)},
                   f"y = mb.conv(x=x, weight=W({c}, 1, {k}, {k}), bias=W({c}), {args})\n" + chain(rng, c, 2), BOUND)
    # Other shapes of images in memory: positions of x itself, several blocks, parts of rows, strides of all kinds.
    for name, x, w, args in [
            ("point", (2, 33, 12, 23), (37, 33, 1, 1), ""),
            ("point_small", (1, 64, 5, 5), (40, 64, 1, 1), ""),
            ("point_stride", (1, 16, 56, 56), (24, 16, 1, 1), "strides=[2, 2]"),
            ("column", (1, 8, 40, 30), (13, 8, 3, 1), ""),
            ("depth", (1, 6, 5, 20, 20), (13, 6, 3, 1, 1), ""),
            ("long", (1, 70, 3000), (14, 70, 5), "pad_type='same'"),
            ("long_stride", (1, 3, 9000), (5, 3, 25), "strides=[10], dilations=[2]"),
            ("dilated", (1, 5, 33, 47), (7, 5, 3, 3), "strides=[4, 6], dilations=[6, 4], pad_type='same'"),
            ("first", (1, 3, 64, 60), (20, 3, 7, 7), "strides=[2, 2], pad_type='custom', pad=[3, 3, 3, 3]"),
            ("large", (1, 100, 50, 50), (30, 100, 3, 3), "pad_type='same'"),
            ("small", (3, 140, 7, 7), (50, 140, 3, 3), "pad_type='same'"),
            ("small_channels", (2, 70, 7, 7), (96, 70, 3, 3), "pad_type='same'"),
            ("small_point", (2, 160, 7, 7), (64, 160, 1, 1), ""),
            ("small_groups", (1, 260, 13, 14), (128, 130, 2, 3), "groups=2, strides=[2, 2], dilations=[2, 1]")]:
        shape_w = ", ".join(map(str, w))
        yield Case(name, {"x": x, "r": (1, 1, *x[2:-1], 1)} if name == "large" else {"x": x},
                   f"y = mb.conv(x=x, weight=W({shape_w}), bias=W({w[0]}){', ' * bool(args)}{args})\n"
                   + ("y = mb.mul(x=y, y=r)\n" if name == "large" else "") + chain(rng, w[0], len(w) - 2), BOUND)
    for i in range(8 * count):
        n = rng.choice([1, 2, 2, 2, 3])
        size = [rng.choice([1, 2, 5, 9, 20][:5 if n < 3 else 4]) * (10 if n == 1 else 1) for _ in range(n)]
        kernel = [rng.choice([1, 2, 3, 4, 5]) for _ in range(n)]
        stride = [rng.choice([1, 2, 2, 3, 4]) for _ in range(n)]
        groups, gi, go = rng.choice([1, 1, 2, 5]), rng.choice([1, 3, 16, 40]), rng.choice([1, 2, 7, 12, 25])
        full = [(d - 1) * s + k for d, s, k in zip(size, stride, kernel)]
        pad = [rng.randrange(min(3, (f + 1) // 2)) for f in full for _ in range(2)]
        kind, shape_of_output = rng.choice(["valid", "same", "custom", "custom"]), ""
        batch = rng.choice([1, 2])
        if rng.random() < 0.3:
            out = [max(1, f - rng.randrange(3)) for f in full]
            shape_of_output = f", output_shape=[{batch}, {groups * go}, {', '.join(map(str, out))}]"
        dilations = f", dilations={[rng.choice([1, 2]) for _ in range(n)]}" if rng.random() < 0.1 else ""
        yield Case(f"transpose{i}", {"x": (batch, groups * gi, *size)},
                   f"y = mb.conv_transpose(x=x, weight=W({groups * gi}, {go}, {', '.join(map(str, kernel))}), "
                   f"bias=W({groups * go}), strides={stride}, groups={groups}, pad_type='{kind}', "
                   f"pad={pad}{dilations}{shape_of_output})\n" + chain(rng, groups * go, n), BOUND)
    yield Case("transpose_long", {"x": (1, 40, 3000)},
               "return mb.conv_transpose(x=x, weight=W(40, 9, 16), strides=[8], pad_type='custom', pad=[4, 4])", BOUND)
    yield Case("transpose_rows", {"x": (1, 64, 50, 40)}, "return mb.conv_transpose(x=x, weight=W(64, 14, 4, 4), "
               "strides=[2, 2], pad_type='custom', pad=[1, 1, 1, 1])", BOUND)
