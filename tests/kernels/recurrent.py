"""lstm, gru, rnn: directions, activations, peepholes, clip, states, several sequences; units shared out."""

BOUND = (4e-6, 2e-3)
ACTS = ["tanh", "sigmoid", "relu", "hard_sigmoid", "linear", "scaled_tanh"]


# Of which no states come that a last digit changes beyond all bounds.
HEAD = """def U(*s):
    return (W(*s) / s[-1] ** 0.5).astype(N)
"""


def call(op, names, outputs):
    return f"r = mb.{op}({', '.join(names)})\nreturn " + ", ".join(f"r[{k}]" for k in range(outputs))


def act(rng, among, steps):
    """Over many steps those without bounds make large differences of small ones."""
    return rng.choice([a for a in among if steps < 10 or a not in ("relu", "linear")])


def lstm(rng, i, steps, batch, inputs, n, directions=("forward", "reverse", "bidirectional")):
    direction = rng.choice(directions)
    two = direction == "bidirectional"
    state = (batch + rng.choice([0, 0, 1]), n * (1 + two))
    names = [f"x=x, initial_h=h, initial_c=c, direction='{direction}', output_sequence={rng.random() < 0.5}"]
    bias, peephole = rng.random() < 0.7, rng.random() < 0.4
    for end in ("", "_back")[:1 + two]:
        names += [f"weight_ih{end}=U({4 * n}, {inputs})", f"weight_hh{end}=U({4 * n}, {n})"]
        names += [f"bias{end}=W({4 * n})"] * bias + [f"peephole{end}=W({3 * n})"] * peephole
    for which in ("recurrent_activation", "cell_activation", "activation"):
        if rng.random() < 0.4:
            names.append(f"{which}='{act(rng, ACTS, steps)}'")
    names.append("clip=N(0.75)")
    inputs = {"x": (steps, batch, inputs), "h": state, "c": state}
    return Case(f"lstm{i}", inputs, call("lstm", names, 3), BOUND, head=HEAD)


def gru(rng, i, steps, batch, inputs, n):
    names = [f"x=x, initial_h=h, direction='{rng.choice(['forward', 'reverse'])}'",
             f"output_sequence={rng.random() < 0.5}, reset_after={rng.random() < 0.5}",
             f"weight_ih=U({3 * n}, {inputs})", f"weight_hh=U({3 * n}, {n})"]
    names += [f"bias=W({3 * n})"] * (rng.random() < 0.7) + [f"input_bias=W({3 * n})"] * (rng.random() < 0.5)
    if rng.random() < 0.4:
        names.append(f"recurrent_activation='{act(rng, ACTS[:2] + ACTS[3:], steps)}'")
    if rng.random() < 0.4:
        names.append(f"activation='{rng.choice(ACTS[:2])}'")
    return Case(f"gru{i}", {"x": (steps, batch, inputs), "h": (batch, n)}, call("gru", names, 2), BOUND, head=HEAD)


def rnn(rng, i, steps, batch, inputs, n):
    names = [f"x=x, initial_h=h, direction='{rng.choice(['forward', 'reverse'])}'",
             f"output_sequence={rng.random() < 0.5}, activation='{rng.choice(ACTS[:2] + ACTS[3:4])}'",
             f"weight_ih=U({n}, {inputs})", f"weight_hh=U({n}, {n})"] + ["bias=W(%d)" % n] * (rng.random() < 0.7)
    return Case(f"rnn{i}", {"x": (steps, batch, inputs), "h": (batch, n)}, call("rnn", names, 2), BOUND, head=HEAD)


def cases(rng, count):
    for i in range(4 * count):
        for make in (lstm, gru, rnn):
            yield make(rng, i, rng.choice([1, 2, 5, 9]), rng.choice([1, 2, 3, 4, 7]), rng.choice([1, 5, 16, 40]),
                       rng.choice([1, 3, 16, 17, 70]))
    # So large that threads share out hidden units, in whole panels and with a rest; the last in two chunks.
    both = ["bidirectional"]
    for i, (make, steps, batch, n, *more) in enumerate([
            (lstm, 40, 1, 256, ["forward"]), (lstm, 40, 1, 256, both), (lstm, 40, 1, 330, ["reverse"]),
            (lstm, 7, 2, 250, both), (lstm, 40, 3, 256), (gru, 40, 1, 256), (gru, 40, 1, 256), (gru, 15, 1, 301),
            (gru, 15, 2, 256), (rnn, 40, 1, 480), (rnn, 10, 3, 489)]):
        yield make(rng, f"wide{i}", steps, batch, 24, n, *more)
    yield lstm(rng, "wide", 2100, 2, 2, 250, ["reverse"])._replace(only=("fp32",))
    names = "x=x, initial_h=h, weight_ih=U(32, 2), weight_hh=U(32, 32)"
    yield Case("long", {"x": (10000, 20, 2), "h": (20, 32)},
               f"r = mb.rnn({names})\nreturn r[0]", BOUND, only=("fp32",), head=HEAD)
