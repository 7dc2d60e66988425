"""Attention that is written out: products of stacks of matrices and what lies between them, done matrix by matrix."""

BOUND = (1e-5, 8e-3)


def spread(rng, batch, last):
    """A shape that broadcasts with the scores."""
    shape = tuple(d if rng.random() < 0.5 else 1 for d in batch) + tuple(d if rng.random() < 0.8 else 1 for d in last)
    return shape[rng.randrange(len(shape) - 1):] if rng.random() < 0.4 else shape


def between(rng, batch, queries, keys, inputs):
    """What is done to the scores `a`, and the operands for that."""
    lines, soft = [], rng.random() < 0.85
    for i in range(rng.randrange(4)):
        kind = rng.choice(["scale", "mask", "select", "relu", "constant", "larger", "soft", "cut", "channels", "where"])
        if kind == "scale":
            op, number = rng.choice([("mul", 0.125), ("mul", 1.5), ("real_div", 4.0)])
            lines.append(f"a = mb.{op}(x=a, y=N({number}))")
        elif kind == "relu":
            lines.append("a = mb.relu(x=a)")
        elif kind == "soft":
            lines.append(f"a = mb.{rng.choice(['tanh(x=a)', 'clip(x=a, alpha=N(-2.0), beta=N(3.0))', 'abs(x=a)'])}")
        elif kind == "cut":
            lines.append("a = mb.mul(x=a, y=mb.cast(x=mb.less(x=a, y=N(1.0)), dtype=KIND))")
        elif kind == "where":
            lines.append("a = mb.select(cond=mb.greater(x=a, y=N(0.5)), a=mb.mul(x=a, y=N(0.25)), b=a)")
        elif kind == "channels" and len(batch) == 2:
            c = batch[1]
            lines.append(rng.choice([f"a = mb.prelu(x=a, alpha=W({c}))",
                                     f"a = mb.batch_norm(x=a, mean=W({c}), variance=abs(W({c})) + N(0.5))"]))
        elif kind == "constant":
            lines.append(f"a = mb.add(x=a, y=W(*{(1,) * len(batch) + (1, keys)}))")
        elif kind != "channels":
            inputs[f"m{i}"] = spread(rng, batch, (queries, keys))
            lines.append({"mask": f"a = mb.sub(x=a, y=m{i})",
                          "select": f"a = mb.select(cond=mb.less(x=m{i}, y=N(0.7)), a=a, b=N(-9.0))",
                          "larger": f"a = mb.maximum(x=m{i}, y=a)"}[kind])
    # what is made of operands only stands before the product
    first = []
    for i, line in enumerate(lines):
        if "cond=mb.less" in line:
            first.append(f"c{i} = {line[line.index('mb.less'):line.index(', a=a')]}")
            lines[i] = f"a = mb.select(cond=c{i}, a=a, b=N(-9.0))"
    if soft:
        lines.insert(rng.choice([len(lines), len(lines), rng.randrange(len(lines) + 1)]),
                     f"a = mb.softmax(x=a, axis={rng.choice([-1, -1, -1, -2, len(batch) + 1])})")
    return first, lines


def cases(rng, count):
    for i in range(16 * count):
        batch = rng.choice([(2,), (3,), (1, 2), (2, 3), (2, 1, 2), (1, 8), (12,), (1, 1)])
        queries, keys, width = rng.choice([1, 5, 33, 70, 130]), rng.choice([16, 40, 65, 128]), rng.choice([16, 33, 64])
        flip = rng.random() < 0.6
        other = rng.choice([batch, batch, tuple(1 for _ in batch), batch[1:], (1,) + batch[1:]])
        inputs = {"q": batch + (queries, width), "k": other + ((keys, width) if flip else (width, keys)),
                  "v": rng.choice([batch, other]) + (keys, rng.choice([16, 64, 70]))}
        first, lines = between(rng, batch, queries, keys, inputs)
        lines = ["q = mb.sub(x=q, y=W(1)[0])"] + first + [f"a = mb.matmul(x=q, y=k, transpose_y={flip})"] + lines
        last = rng.choice(["return mb.matmul(x=a, y=v)", "return mb.add(x=mb.matmul(x=a, y=v), y=N(1.0))",
                           "o = mb.matmul(x=a, y=v)\nreturn o, a", "return mb.transpose(x=mb.matmul(x=a, y=v), perm="
                           f"{list(range(len(batch)))[::-1] + [len(batch) + 1, len(batch)]})"])
        yield Case(f"attention{i}", inputs, "\n".join(lines + [last]), BOUND)
    yield Case("twice", {"q": (2, 60, 32), "k": (2, 50, 32)},
               "a = mb.matmul(x=q, y=k, transpose_y=True)\nb = mb.softmax(x=a, axis=-1)\n"
               "return mb.matmul(x=mb.mul(x=a, y=b), y=k)", BOUND)
    yield Case("other_axis", {"q": (4, 60, 32), "k": (4, 50, 32)},
               "a = mb.softmax(x=mb.matmul(x=q, y=k, transpose_y=True), axis=0)\nreturn mb.matmul(x=a, y=k)", BOUND)
