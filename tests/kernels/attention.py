"""scaled_dot_product_attention: few queries and many, masks of all kinds, other widths of values."""

BOUND = (2e-6, 2e-3)


def attention(mask=""):
    return ("q = mb.mul(x=mb.sub(x=q, y=W(1)[0]), y=q)\n" + mask +
            "return mb.scaled_dot_product_attention(query=q, key=k, value=v" + (", attn_mask=m)" if mask else ")"))


def masks(rng, batch, queries, keys):
    """A mask's shape, which broadcasts from the right."""
    shape = tuple(d if rng.random() < 0.5 else 1 for d in batch + (queries,)) + (keys,)
    return shape[rng.randrange(len(shape)):] if rng.random() < 0.5 else shape


def cases(rng, count):
    for i in range(6 * count):
        batch = rng.choice([(1,), (3,), (1, 2), (2, 3), (2, 1, 2)])
        queries, keys = rng.choice([1, 2, 3, 4, 15, 16, 17, 33, 70]), rng.choice([1, 2, 5, 16, 31, 64, 129])
        width, values = rng.choice([1, 8, 16, 20, 64]), rng.choice([1, 5, 16, 33, 64])
        shapes = {"q": batch + (queries, width), "k": batch + (keys, width), "v": batch + (keys, values)}
        mask = masks(rng, batch, queries, keys)
        yield Case(f"plain{i}", shapes, attention(), BOUND)
        yield Case(f"numbers{i}", dict(shapes, n=mask), attention("m = mb.mul(x=n, y=W(1)[0])\n"), BOUND)
        yield Case(f"bool{i}", dict(shapes, n=mask), attention("m = mb.less(x=n, y=N(0.8))\n"), BOUND)
    yield Case("nothing_allowed", {"q": (1, 9, 8), "k": (1, 20, 8), "v": (1, 20, 8), "n": (9, 20)},
               attention("m = mb.less(x=n, y=N(0.05))\n"), BOUND)
    yield Case("shared_out", {"q": (1, 700, 16), "k": (1, 90, 16), "v": (1, 90, 24)}, attention(), BOUND)
