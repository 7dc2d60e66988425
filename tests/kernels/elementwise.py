"""Elementwise ops: each alone, and chains of them at random with operands of every way to broadcast."""

EXACT = (0, 0)
NEAR = (3e-7, 1.2e-3)  # a few units of the last digit of float; one of half, of values in the chain's middle

# Op: operands behind x, how x is made of a number in [0, 1), the bound.
ALONE = {
    "abs": ("", "wide", EXACT), "acos": ("", "unit", NEAR), "asin": ("", "unit", NEAR), "atan": ("", "wide", NEAR),
    "atanh": ("", "unit", NEAR), "ceil": ("", "wide", EXACT), "clip": ("alpha=N(-0.5), beta=N(2.0)", "wide", EXACT),
    "cos": ("", "wide", NEAR), "cosh": ("", "wide", NEAR), "erf": ("", "wide", NEAR), "exp": ("", "wide", NEAR),
    "exp2": ("", "wide", NEAR), "floor": ("", "wide", EXACT), "inverse": ("epsilon=N(0.001)", "wide", NEAR),
    "log": ("epsilon=N(0.001)", "plain", NEAR), "round": ("", "wide", EXACT),
    "rsqrt": ("epsilon=N(0.001)", "plain", NEAR),
    "sign": ("", "wide", EXACT), "sin": ("", "far", NEAR), "sinh": ("", "wide", NEAR), "sqrt": ("", "plain", EXACT),
    "square": ("", "wide", EXACT), "tan": ("", "unit", NEAR), "tanh": ("", "wide", NEAR),
    "threshold": ("alpha=N(0.25)", "wide", EXACT), "clamped_relu": ("alpha=N(0.25), beta=N(3.0)", "wide", EXACT),
    "elu": ("alpha=N(0.5)", "wide", NEAR), "leaky_relu": ("alpha=N(0.1)", "wide", EXACT),
    "gelu": ("mode='EXACT'", "wide", NEAR), "linear_activation": ("alpha=N(0.3), beta=N(2.0)", "wide", NEAR),
    "relu": ("", "wide", EXACT), "relu6": ("", "wide", EXACT),
    "scaled_tanh": ("alpha=N(1.5), beta=N(0.7)", "wide", NEAR),
    "sigmoid": ("", "wide", NEAR), "sigmoid_hard": ("alpha=N(0.2), beta=N(0.5)", "wide", NEAR),
    "silu": ("", "wide", NEAR),
    "softplus": ("", "wide", NEAR), "softsign": ("", "wide", NEAR), "thresholded_relu": ("alpha=N(0.3)", "wide", EXACT),
}
FROM = {"plain": "", "unit": "x = mb.sub(x=mb.mul(x=x, y=N(1.9)), y=N(0.95))\n",
        "wide": "x = mb.sub(x=mb.mul(x=x, y=N(16.0)), y=N(8.0))\n",
        "far": "x = mb.sub(x=mb.mul(x=x, y=N(60000.0)), y=N(30000.0))\n"}
PAIRS = ["add", "sub", "mul", "maximum", "minimum", "real_div", "floor_div", "mod", "pow"]
TRUTHS = ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"]
LOGIC = ["logical_and", "logical_or", "logical_xor"]


def shape(rng):
    return rng.choice([(7,), (3, 5), (2, 3, 17), (1, 4, 33), (2, 3, 4, 9), (5, 1, 6), (1200,), (3, 1100), (40, 33),
                       (2, 70, 31), (1, 1, 1), (2, 1, 3, 2, 5), (0, 4)])


def narrower(rng, dims):
    """A shape that broadcasts to dims: of lower rank, with ones anywhere."""
    low = dims[rng.choice([0, 0, rng.randrange(len(dims) + 1)]):]
    return tuple(1 if rng.random() < 0.4 else d for d in low)


def operand(rng, dims, values):
    """Something that broadcasts with a value of the chain."""
    kind = rng.random()
    if kind < 0.3:
        return rng.choice(values)
    if kind < 0.45:
        return f"N({rng.choice([0.5, -1.25, 2.0])})"
    s = narrower(rng, dims)
    return f"W(*{s})" if s else "W(1)[0]"


def chain(rng, dims):
    """Lines of a program on x and y, and what it returns."""
    lines, values, truths = [], ["x", "y"], []
    for i in range(rng.randrange(2, 14)):
        name, x = f"v{i}", rng.choice(values[-2:])
        kind = rng.random()
        if kind < 0.4:
            op = rng.choice(["add", "sub", "mul", "maximum", "minimum"])
            lines.append(f"{name} = mb.{op}(x={x}, y={operand(rng, dims, values)})")
        elif kind < 0.7:
            op = rng.choice(["relu", "abs", "tanh", "sigmoid", "sin", "softsign", "erf", "square", "round"])
            lines.append(f"{name} = mb.{op}(x={x})")
        elif kind < 0.8 or not truths:
            truths.append(name)
            lines.append(f"{name} = mb.{rng.choice(TRUTHS)}(x={x}, y={operand(rng, dims, values)})")
            continue
        elif kind < 0.9:
            lines.append(f"{name} = mb.select(cond={rng.choice(truths)}, a={x}, b={rng.choice(values)})")
        else:
            lines.append(f"{name} = mb.add(x={x}, y=mb.cast(x={rng.choice(truths)}, dtype=KIND))")
        values.append(name)
    out = [values[-1]] + [v for v in values[2:-1] + truths if rng.random() < 0.15]
    return "\n".join(lines + [f"return {', '.join(dict.fromkeys(out))}"])


def cases(rng, count):
    for op, (more, made, bound) in ALONE.items():
        dims = shape(rng)
        only = ("fp32", "fp16") if made != "far" else ("fp32",)
        yield Case(op, {"x": dims}, f"{FROM[made]}return mb.{op}(x=x{', ' if more else ''}{more})", bound, only)
    for op in PAIRS + TRUTHS:
        for i in range(count):
            dims = shape(rng)
            y = narrower(rng, dims)
            first, second = ("x", "y") if rng.random() < 0.5 else ("y", "x")
            scale = "x = mb.add(x=mb.mul(x=x, y=N(4.0)), y=N(0.5))\ny = mb.add(x=mb.mul(x=y, y=N(3.0)), y=N(0.5))\n"
            yield Case(f"{op}{i}", {"x": dims, "y": y or (1,)}, f"{scale}return mb.{op}(x={first}, y={second})", NEAR)
    for op in LOGIC:
        yield Case(op, {"x": (3, 70), "y": (70,)}, "a = mb.less(x=x, y=N(0.5))\n"
                   f"return mb.{op}(x=a, y=mb.logical_not(x=mb.less(x=y, y=N(0.25))))", EXACT)
    for op, more in ("sub", ", y=y"), ("exp", ""), ("maximum", ", y=N(0.25)"):  # results that go past the cache
        wide = "x" if op == "sub" else "mb.expand_dims(x=mb.reshape(x=mb.sub(x=x, y=y), shape=[-1]), axes=[0])"
        yield Case(f"large_{op}", {"x": (2063, 1), "y": (2063,)},
                   f"x = {wide}\nx = mb.{op}(x=x{more})\nx = mb.reshape(x=x, shape=[2063, 2063])\n"
                   "return mb.reduce_max(x=x, axes=[0]), mb.reduce_min(x=x, axes=[1])", NEAR, ("fp32",))
    for mode in "TANH", "SIGMOID":
        yield Case(f"gelu_{mode.lower()}", {"x": (3, 70)},
                   f"{FROM['wide']}return mb.gelu(x=x, mode='{mode}_APPROXIMATION')", NEAR)
    for i in range(count):
        dims = rng.choice([(2, 3, 5, 17), (1, 5, 4, 9), (3, 1, 8, 5), (2, 7, 40, 30)])
        c = dims[1]
        yield Case(f"channels{i}", {"x": dims},
                   f"x = mb.sub(x=x, y=W(1)[0])\nx = mb.prelu(x=x, alpha=W({c}))\n"
                   f"x = mb.softplus_parametric(x=x, alpha=W({c}), beta=W({c}))\nreturn mb.relu(x=x)", NEAR)
        yield Case(f"batch_norm{i}", {"x": dims},
                   f"x = mb.batch_norm(x=x, mean=W({c}), variance=abs(W({c})) + N(0.5), gamma=W({c}), beta=W({c}), "
                   "epsilon=N(1e-3))\nreturn mb.relu(x=x)", (1e-6, 2e-3))
    for i in range(8 * count):
        dims = shape(rng)
        yield Case(f"chain{i}", {"x": dims, "y": dims}, chain(rng, dims), (2e-6, 8e-3))
    for i in range(count):
        m, n = rng.choice([(3, 17), (20, 64), (65, 33)])
        yield Case(f"behind_product{i}", {"x": (m, 40), "y": (m, n)},
                   f"x = mb.linear(x=x, weight=W({n}, 40), bias=W({n}))\n" + chain(rng, (m, n)), (6e-6, 8e-3))
