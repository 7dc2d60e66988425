"""Pooling."""

BOUND = (2e-6, 1e-3)  # sums in float rather than in double


def window(rng, n):
    """Sizes of an image, and arguments for windows of which each lies on some of it."""
    size = [rng.choice([1, 2, 3, 7, 8, 13, 31, 60][:8 if n < 3 else 5]) for _ in range(n)]
    kernel = [min(rng.choice([1, 2, 2, 3, 3, 5, 9]), s) for s in size]
    if rng.random() < 0.2:
        kernel = list(size)
    pad = [rng.randrange((k + 1) // 2) for k in kernel for _ in range(2)]
    kind = rng.choice(["valid", "same", "custom", "custom"])
    return size, (f"kernel_sizes={kernel}, strides={[rng.choice([1, 2, 2, 3]) for _ in range(n)]}, "
                  f"pad_type='{kind}', pad={pad}")


def cases(rng, count):
    for i in range(12 * count):
        n = rng.choice([1, 2, 2, 2, 3])
        op = rng.choice(["max_pool", "avg_pool", "avg_pool", "l2_pool"][:4 if n < 3 else 3])
        size, args = window(rng, n)
        if n < 3 and rng.random() < 0.3:  # the last window may hang over
            args = args.split(", pad_type")[0] + ", pad_type='valid', ceil_mode=True"
        if op == "avg_pool" and rng.random() < 0.5:
            args += ", exclude_padding_from_average=True"
        then = rng.choice(["", "y = mb.mul(x=y, y=W(1)[0])\ny = mb.relu(x=y)\n"])
        shape = (rng.choice([1, 2]), rng.choice([1, 3, 17]), *size)
        yield Case(f"{op}{i}", {"x": shape},
                   f"x = mb.sub(x=x, y=W(1)[0])\ny = mb.{op}(x=x, {args})\n{then}return y", BOUND)
    yield Case("large", {"x": (1, 2, 150, 130)}, "return mb.max_pool(x=x, kernel_sizes=[5, 4], strides=[2, 2], "
               "pad_type='same')", BOUND)
    yield Case("none", {"x": (1, 3, 20, 40)},
               "x = mb.log(x=mb.sub(x=x, y=W(1)[0]))\n"  # some are no numbers
               "return mb.max_pool(x=x, kernel_sizes=[2, 3], strides=[1, 2], pad_type='valid')", BOUND)
