"""Along axes: softmax and norms."""

BOUND = (3e-7, 1e-3)  # of the largest number of the result: about four units of float's last digit
HEAD = "F = W(1).dtype.type\n"


def case(name, inputs, body, bound=BOUND):
    return Case(name, inputs, body, bound, head=HEAD)


def size(rng):
    return rng.choice([1, 2, 3, 7, 15, 16, 17, 31, 32, 33, 48, 63, 65, 130])


def shape(rng, rank):
    return tuple(size(rng) if i == rank - 1 else rng.choice([1, 2, 3, 5, 9, 17]) for i in range(rank))


def norms(rng, i):
    s = shape(rng, rng.choice([1, 2, 3, 4]))
    first = rng.randrange(len(s))
    axes = list(range(first, len(s)))
    parts = rng.choice(["", f", gamma=W(*{s[first:]})", f", gamma=W(*{s[first:]}), beta=W(*{s[first:]})"])
    yield case(f"layer_norm{i}", {"x": s}, f"return mb.layer_norm(x=x, axes={axes}{parts}, epsilon=F(1e-3))")
    s = shape(rng, rng.choice([3, 4]))
    parts = rng.choice(["", f", gamma=W({s[1]}), beta=W({s[1]})"])
    yield case(f"instance_norm{i}", {"x": s}, f"return mb.instance_norm(x=x{parts}, epsilon=F(1e-3))")
    yield case(f"l2_norm{i}", {"x": s}, "return mb.l2_norm(x=mb.sub(x=x, y=W(1)[0]), epsilon=F(1e-6))")


SUMS = ["log_sum", "mean", "sum"]
REDUCTIONS = ["l1_norm", "l2_norm", "log_sum", "log_sum_exp", "max", "mean", "min", "prod", "sum", "sum_square"]


def reductions(rng, i):
    for op in REDUCTIONS:
        s = shape(rng, rng.choice([1, 2, 3, 4, 5]) if op != "prod" else 2)
        axes = rng.sample(range(len(s)), rng.randrange(1, len(s) + 1))
        # Sums of either sign may cancel to less than what floats lose: those are tried with whole numbers.
        x = "x" if op in SUMS else "mb.sub(x=x, y=F(0.5))" if op != "prod" else "mb.add(x=x, y=F(0.6))"
        yield case(f"reduce_{op}{i}", {"x": s},
                   f"return mb.reduce_{op}(x={x}, axes={axes}, keep_dims={rng.random() < 0.5})")


def whole_numbers(rng, i):
    s = shape(rng, rng.choice([1, 2, 3, 4]))
    axes = rng.sample(range(len(s)), rng.randrange(1, len(s) + 1))
    yield case(f"reduce_whole{i}", {"x": s},
               f"x = mb.floor(x=mb.mul(x=mb.sub(x=x, y=F(0.5)), y=F(100)))\nreturn mb.reduce_sum(x=x, axes={axes})",
               (0, 0))


def odd_numbers(axis):
    """What an extreme or a sum is where numbers are no numbers, or beyond what floats hold."""
    special = "y[3] = np.nan\ny[4] = np.inf\ny[5] = -np.inf\ny[9] = 0\ny[6] = -np.inf\ny[40] = -np.inf\n"
    for op in REDUCTIONS + ["argmax", "argmin"]:
        axes = f"axis={axis}" if op.startswith("arg") else f"axes=[{axis}]"
        yield case(f"reduce_{op}_odd{axis}", {"x": (50, 7) if axis == 0 else (7, 50)},
                   f"y = np.ones((50, 7))\ny[4, 1] = np.nan\ny[40, 2] = np.inf\ny[:, 3] = -np.inf\ny[7, 4] = 0\n"
                   f"y[8, 5] = -np.inf\ny = y.astype(F){'' if axis == 0 else '.T'}\n"
                   f"return mb.reduce_{op}(x=mb.mul(x=x, y=y), {axes})")
    for op in ("sum", "sum_square", "l2_norm", "prod", "mean"):  # floats hold neither the squares nor all sums
        yield Case(f"reduce_{op}_cancels{axis}", {"x": (64, 64)},
                   f"y = np.zeros((64, 64))\ny[5] = 1e36\ny[[0, 1, 16, 17]] = 3e38\ny[[32, 33, 48, 49]] = -3e38\n"
                   f"y[:, 0] = 3e-23\n"
                   f"y = y.astype(F){'' if axis == 0 else '.T'}\n"
                   f"x = mb.mul(x=mb.ceil(x=x), y=y)\nreturn mb.reduce_{op}(x=x, axes=[{axis}])", BOUND, ("fp32",),
                   HEAD)
        yield Case(f"reduce_{op}_large{axis}", {"x": (8, 8)},
                   f"y = np.ones((8, 8))\ny[:4] *= 2e19\ny[4:] /= 2e19\ny = y.astype(F){'' if axis == 0 else '.T'}\n"
                   f"return mb.reduce_{op}(x=mb.mul(x=x, y=y), axes=[{axis}])", BOUND, ("fp32",), HEAD)


def scans(rng, i):
    s = shape(rng, rng.choice([1, 2, 3, 4]))
    axis = rng.randrange(len(s))
    flags = f"exclusive={rng.random() < 0.5}, reverse={rng.random() < 0.5}"
    yield case(f"cumsum{i}", {"x": s}, f"return mb.cumsum(x=mb.sub(x=x, y=F(0.4)), axis={axis}, {flags})", (0, 0))
    for op in ("argmax", "argmin"):
        x = rng.choice(["x", "mb.floor(x=mb.mul(x=x, y=F(5)))"])
        yield case(f"reduce_{op}{i}", {"x": s},
                   f"return mb.reduce_{op}(x={x}, axis={axis}, keep_dims={rng.random() < 0.5})", (0, 0))


def cases(rng, count):
    for i in range(4 * count):
        s = shape(rng, rng.choice([1, 2, 3, 4]))
        axis = rng.randrange(-len(s), len(s))
        yield case(f"softmax{i}", {"x": s}, f"return mb.softmax(x=mb.mul(x=x, y=F(20) * W(1)[0]), axis={axis})")
        yield from norms(rng, i)
        yield from reductions(rng, i)
        yield from whole_numbers(rng, i)
        yield from scans(rng, i)
    yield from odd_numbers(0)
    yield from odd_numbers(1)
    yield case("reduce_all", {"x": (3, 5, 40)}, "return mb.reduce_sum(x=x), mb.reduce_max(x=x, keep_dims=True)")
    yield case("reduce_wide", {"x": (9, 1030)}, "return mb.reduce_mean(x=x, axes=[0]), mb.reduce_min(x=x, axes=[0])")
    yield case("reduce_shared_out", {"x": (900, 700)},
               "return (mb.reduce_sum(x=x, axes=[0]), mb.reduce_l2_norm(x=x, axes=[1]),\n"
               "        mb.reduce_log_sum_exp(x=x, axes=[0]))")
    yield case("reduce_nothing", {"x": (3, 0, 4)}, "return mb.reduce_sum(x=x, axes=[1]), mb.reduce_mean(x=x, axes=[0])")
    yield case("softmax_far", {"x": (3, 40)}, "return mb.softmax(x=mb.mul(x=x, y=F(300) * W(40)), axis=-1)")
    yield case("softmax_infinite", {"x": (2, 3, 20)},
               "y = np.zeros((3, 20))\ny[0, 3] = np.inf\ny[1] = -np.inf\ny[2, 4] = np.nan\ny[0, 7] = -np.inf\n"
               "y = y.astype(W(1).dtype)\nreturn mb.softmax(x=mb.add(x=x, y=y), axis=-1)")
    yield case("softmax_infinite_columns", {"x": (20, 6)},
               "y = np.zeros((20, 6))\ny[:, 0] = -np.inf\ny[4, 1] = np.nan\ny[3, 2] = -np.inf\n"
               "y = y.astype(W(1).dtype)\nreturn mb.softmax(x=mb.add(x=x, y=y), axis=0)")
    yield case("layer_norm_far_mean", {"x": (5, 200)},
               "return mb.layer_norm(x=mb.add(x=x, y=F(1000)), axes=[-1], epsilon=F(1e-5))", (2e-5, 1e-3))
    yield case("long_rows", {"x": (2, 3000)}, "return mb.softmax(x=x, axis=1), mb.layer_norm(x=x, axes=[1])")
    yield case("shared_out", {"x": (700, 300)},
               "return mb.softmax(x=x, axis=1), mb.softmax(x=x, axis=0), mb.layer_norm(x=x, axes=[1])")
