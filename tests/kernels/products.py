"""Products of matrices: linear, matmul, einsum."""

BOUND = (3e-6, 1e-3)  # sums in float rather than in double


def size(rng):
    return rng.choice([1, 2, 3, 5, 7, 12, 13, 16, 17, 31, 32, 33, 48, 65])


def cases(rng, count):
    for i in range(4 * count):
        m, n, k = size(rng), size(rng), rng.choice([1, 2, 15, 16, 17, 100, 255, 257, 600])
        tx, ty = rng.random() < 0.3, rng.random() < 0.3
        x, y = ((k, m) if tx else (m, k)), ((n, k) if ty else (k, n))
        batch = rng.choice([(), (), (2,), (3, 2), (5, 1)])
        other = tuple(d if rng.random() < 0.6 else 1 for d in batch)[rng.randrange(len(batch) + 1):]
        flags = f"transpose_x={tx}, transpose_y={ty}"
        yield Case(f"matmul{i}", {"x": batch + x, "y": other + y},
                   f"return mb.matmul(x=mb.sub(x=x, y=W(1)[0]), y=y, {flags})", BOUND)
        yield Case(f"matmul_constant{i}", {"x": batch + x}, f"return mb.matmul(x=x, y=W(*{y}), {flags})", BOUND)
        yield Case(f"matmul_constant_x{i}", {"y": other + y}, f"return mb.matmul(x=W(*{x}), y=y, {flags})", BOUND)
        yield Case(f"linear{i}", {"x": batch + (m, k)},
                   f"y = mb.linear(x=x, weight=W({n}, {k}), bias=W({n}))\n"
                   f"y = mb.relu(x=y)\nreturn mb.add(x=y, y=W({n}))", BOUND)
    for i in range(3 * count):
        b, n, h, k, m = rng.choice([0, 1, 3]), size(rng), rng.choice([1, 2, 5]), size(rng), size(rng)
        b2, h2 = rng.choice([b, b, 1]), rng.choice([h, h, 1])
        shapes = {"x": (b, n, h, k), "y": (b2, k, h2, m)} if b else {"x": (n, h, k), "y": (k, h2, m)}
        equation = "bnhk,bkhm->bnhm" if b else "nhk,khm->nhm"
        yield Case(f"einsum{i}", shapes, f"y = mb.einsum(values=(x, y), equation='{equation}')\n"
                   "return mb.relu(x=mb.sub(x=y, y=W(1)[0]))", BOUND)
    yield Case("vector_matrix", {"x": (40,)}, "return mb.matmul(x=x, y=W(40, 50))", BOUND)
    yield Case("matrix_vector", {"x": (70, 40)}, "return mb.matmul(x=x, y=W(40))", BOUND)
    yield Case("large", {"x": (130, 700), "y": (700, 530)}, "return mb.matmul(x=x, y=y)", BOUND)
    yield Case("few_wide", {"x": (6, 70), "y": (70, 1300)}, "return mb.relu(x=mb.matmul(x=x, y=y))", BOUND)
    for n in (1, 3, 7, 15):
        yield Case(f"narrow{n}", {"x": (1300, 300)},
                   f"y = mb.linear(x=x, weight=W({n}, 300), bias=W({n}))\nreturn mb.relu(x=y)", BOUND)
        yield Case(f"narrow_turned{n}", {"x": (2, 270, 600), "y": (270, n)},
                   "return mb.matmul(x=x, y=y, transpose_x=True)", BOUND)
