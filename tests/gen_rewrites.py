#!/usr/bin/env python3
"""Makes small programs for the rewrites for the Neural Engine, and compares numbers before and after.

  gen_rewrites.py [--first SEED] [--count N] [--only REWRITE] [--keep DIR]

For each rewrite there is a family: three ranks, two precisions, with a mask or without (or what else varies), sizes
on both sides of the limits (the option --cap makes the axes' end small). Each program goes through `milc rewrite
--ane` and through the pass alone with --verify-passes; what `milc run` gives for the model before and after must
agree as far as the precision goes, and the pass must say that it did something where the family says so, and that
it did not where not; of more than 10,000 FLOPs there may be half as many again, but for one-hot products. The
examples of the engine go the same way. Prints `ok NAME` or `FAILED NAME`, and what was wrong on standard error.
"""
import argparse
import concurrent.futures
import math
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MILC = os.path.abspath(os.environ.get("MILC") or os.path.join(TOP, "build/milc"))
CAP = 48
HEAD = """rng = np.random.default_rng(7)


def w(*shape):
    return (rng.standard_normal(shape) * 0.2).astype(np.float32)


"""


def program(inputs, lines, result="y", target=None):
    """A script; inputs are name: (shape, dtype or None)."""
    specs = ", ".join(
        f"mb.TensorSpec(shape={tuple(s)}" + (f", dtype=types.{d})" if d else ")") for s, d in inputs.values())
    opset = f", opset_version=ct.target.{target}" if target else ""
    body = "".join(f"    {line}\n" for line in lines)
    return (HEAD + f"@mb.program(input_specs=[{specs}]{opset})\ndef prog({', '.join(inputs)}):\n{body}"
            f"    return {result}\n")


class Case:
    """A script, the pass it is about and whether that is to find something."""

    def __init__(self, script, finds=True, compress="", after="", cap=CAP):
        self.script, self.finds, self.compress, self.after, self.cap = script, finds, compress, after, cap


def shape(rng, rank, last=None):
    dims = [rng.randint(2, 5) for _ in range(rank - 1)] + [rng.randint(2, 9)]
    if last:
        dims[-1] = last
    return dims


def linear_to_conv(rng, rank, masked):
    d, n = rng.randint(3, 9), rng.randint(3, 9)
    x = shape(rng, rank + 1, d) if rank < 4 else shape(rng, 4, d)
    lines = [f"y = mb.linear(x=x, weight=w({n}, {d}), bias=w({n}))"] if masked else [
        f"y = mb.matmul(x=x, y=w({n}, {d}), transpose_y=True)"]
    lines += ["y = mb.gelu(x=y)", f"y = mb.linear(x=y, weight=w({d}, {n}))", "y = mb.add(x=x, y=y)"]
    return Case(program({"x": (x, None)}, lines))


COMPRESSED = [
    ("iOS16", "--linear int8"), ("iOS16", "--palettize 2"), ("iOS16", "--prune 0.5"), ("iOS18", "--linear int8"),
    ("iOS18", "--linear int4 --granularity per_block=4"), ("iOS18", "--palettize 4"), ("iOS18", "--prune 0.5"),
    ("iOS18", "--palettize 4 --granularity per_grouped_channel=4"), ("iOS18", "--palettize 4 --linear int8"),
    ("iOS18", "--prune 0.5 --linear int8")]


def compressed_linear(rng, rank, masked):
    """Weights in fewer bits stay so."""
    target, how = COMPRESSED[(2 * rank + masked + rng.randint(0, 9)) % len(COMPRESSED)]
    x = shape(rng, min(rank + 1, 4), 8)
    lines = ["y = mb.linear(x=x, weight=w(12, 8), bias=w(12))"]
    lines += ["y = mb.linear(x=mb.relu(x=y), weight=w(8, 12))"] if masked else []
    return Case(program({"x": (x, None)}, lines, target=target), compress=how)


def grouped_heads(rng, rank, masked):
    """Keys and values that several queries share."""
    b, s, d, k, r = rng.randint(1, 2), rng.randint(2, 5), rng.randint(2, 4), rng.randint(1, 3), rng.randint(2, 3)
    h = k * r
    lines = [f"def heads(n):\n        v = mb.linear(x=x, weight=w(n * {d}, 8), bias=w(n * {d}))\n"
             f"        return mb.transpose(x=mb.reshape(x=v, shape=[{b}, {s}, n, {d}]), perm=[0, 2, 1, 3])",
             f"def shared(v):\n        v = mb.tile(x=mb.expand_dims(x=v, axes=[2]), reps=[1, 1, {r}, 1, 1])\n"
             f"        return mb.reshape(x=v, shape=[{b}, {h}, {s}, {d}])",
             f"q, k, v = heads({h}), shared(heads({k})), shared(heads({k}))"]
    lines += [f"k = mb.mul(x=k, y=w({rng.choice([1, h])}, {s}, {d}))"] if rank == 2 else []
    lines += ["s = mb.matmul(x=q, y=k, transpose_y=True)"]
    lines += [f"s = mb.add(x=s, y=np.triu(np.full(({s}, {s}), -np.inf), 1).astype(np.float32))"] if masked else []
    lines += ["y = mb.matmul(x=mb.softmax(x=s, axis=-1), y=v)",
              f"y = mb.reshape(x=mb.transpose(x=y, perm=[0, 2, 1, 3]), shape=[{b}, {s}, {h * d}])",
              f"y = mb.linear(x=y, weight=w(8, {h * d}))"]
    return Case(program({"x": ([b, s, 8], None)}, lines), after="ane_rank4,ane_linear_to_conv,ane_layout")


def layout(rng, rank, masked):
    c = linear_to_conv(rng, rank, masked)
    c.after = "ane_linear_to_conv"
    return c


def layout_norm(rng, rank, masked):
    """A residual stream, a norm with a slice of its own, and a slice of the channels."""
    d, n = rng.randint(4, 9), rng.randint(3, 9)
    x = shape(rng, min(rank + 1, 4), d)
    whole = [0] * (len(x) - 1)
    mask = [True] * (len(x) - 1) + [False]
    lines = [f"h = mb.add(x=x, y=mb.linear(x=x, weight=w({d}, {d}), bias=w({d})))",
             "m = mb.add(x=mb.reduce_mean(x=mb.square(x=h), axes=[-1], keep_dims=True), y=np.float32(1e-2))",
             "y = mb.mul(x=h, y=mb.rsqrt(x=m))"]
    lines += [f"y = mb.mul(x=y, y=w({d}))"] if masked else []
    lines += [f"y = mb.linear(x=y, weight=w({n}, {d}), bias=w({n}))",
              f"z = mb.slice_by_index(x=y, begin={whole + [1]}, end={whole + [3]}, begin_mask={mask}, end_mask={mask})",
              "z = mb.softmax(x=z, axis=-1)", f"y = mb.add(x=h, y=mb.linear(x=z, weight=w({d}, 2)))"]
    return Case(program({"x": (x, None)}, lines), after="ane_rms_norm,ane_linear_to_conv")


def attention(rng, rank, masked, lines_of_scores):
    s, d, h = rng.randint(3, 6), rng.randint(2, 5), rng.randint(2, 4)
    x = shape(rng, max(rank, 3))
    x[-3:] = [h, s, d]
    mask = f"np.where(np.tril(np.ones(({s}, {s}), bool)), 0, -np.inf).astype(np.float32)"
    lines = ["s = mb.matmul(x=q, y=k, transpose_y=True)", "s = mb.mul(x=s, y=np.float32(0.5))"]
    lines += [f"s = mb.add(x=s, y={mask})"] if masked else []
    lines += lines_of_scores + ["p = mb.softmax(x=s, axis=-1)", "y = mb.matmul(x=p, y=v)"]
    return program({n: (x, None) for n in "qkv"}, lines)


def attention_heads(rng, rank, masked):
    if rank < 4:
        return Case(attention(rng, min(rank + 1, 4), masked, []))
    b, s, d, h = rng.randint(1, 3), rng.randint(3, 6), rng.randint(2, 4), rng.randint(2, 3)
    c = d * h
    mask = f"np.where(np.tril(np.ones(({s}, {s}), bool)), 0, -np.inf).astype(np.float32)"
    lines = [f"def heads(v):\n        return mb.transpose(x=mb.reshape(x=v, shape=[{b}, {s}, {h}, {d}]), "
             "perm=[0, 2, 1, 3])"]
    lines += [f"{n} = heads(mb.linear(x=x, weight=w({c}, {c}), bias=w({c})))" for n in "qkv"]
    lines += ["s = mb.mul(x=mb.matmul(x=q, y=k, transpose_y=True), y=np.float32(0.5))"]
    lines += [f"s = mb.add(x=s, y={mask})"] if masked else []
    lines += ["y = mb.matmul(x=mb.softmax(x=s, axis=-1), y=v)",
              f"y = mb.reshape(x=mb.transpose(x=y, perm=[0, 2, 1, 3]), shape=[{b}, {s}, {c}])",
              f"y = mb.linear(x=y, weight=w({c}, {c}))"]
    return Case(program({"x": ([b, s, c], None)}, lines), after="ane_linear_to_conv,ane_layout")


def attention_lower(rng, rank, masked):
    s, d = rng.randint(3, 6), rng.randint(2, 5)
    x = shape(rng, rank + 1)
    x[-2:] = [s, d]
    kind = rng.randint(0, 1)
    mask = "True" if not masked else (
        f"np.tril(np.ones(({s}, {s}), bool))" if kind else
        f"np.where(np.tril(np.ones(({s}, {s}), bool)), 0, -np.inf).astype(np.float32)")
    more = f", attn_mask={mask}" if masked else ""
    lines = [f"y = mb.scaled_dot_product_attention(query=q, key=k, value=v{more})"]
    return Case(program({n: (x, None) for n in "qkv"}, lines, target="iOS18"))


def finite_mask(rng, rank, masked):
    x = shape(rng, rank)
    axis = rng.choice([-1, -2]) if rank > 1 else -1
    if masked:  # a select with a condition that is computed
        lines = [f"m = mb.select(cond=mb.greater(x=x, y=np.float32(0.9)), a=np.full({tuple(x)}, -np.inf, np.float32), "
                 f"b=np.zeros({tuple(x)}, np.float32))", "y = mb.add(x=x, y=m)", f"y = mb.softmax(x=y, axis={axis})"]
        return Case(program({"x": (x, None)}, lines))
    whole = rng.random() < 0.3  # a row that is masked altogether stays
    lines = [f"m = np.zeros({tuple(x)}, np.float32)", "m[..., -1:, -1:] = -np.inf"]
    lines += ["m[:] = -np.inf"] if whole else []
    lines += ["y = mb.add(x=x, y=m)", f"y = mb.softmax(x=y, axis={axis})"]
    return Case(program({"x": (x, None)}, lines), finds=not whole)


def split_wide(rng, rank, masked):
    n, d = rng.choice([CAP, CAP + 1, 2 * CAP + 5, 3 * CAP]), rng.randint(3, 6)
    x = shape(rng, rank, d)
    lines = [f"y = mb.linear(x=x, weight=w({n}, {d}), bias=w({n}))"]
    lines += [f"y = mb.add(x=y, y=w({n}))", "y = mb.softmax(x=y, axis=-1)"] if masked else ["y = mb.relu(x=y)"]
    lines += [f"z = mb.matmul(x=y, y=w({n}, 3))"]
    return Case(program({"x": (x, None)}, lines, rng.choice(["y", "z", "(y, z)"])), finds=n > CAP)


def split_softmax(rng, rank, masked):
    n = rng.choice([CAP, CAP + 1, 3 * CAP - 1])
    x = shape(rng, rank)
    axis = rng.randrange(rank)
    x[axis] = n
    lines = [f"y = mb.softmax(x=x, axis={axis})"]
    lines += [f"y = mb.reduce_{rng.choice(['max', 'sum', 'min'])}(x=y, axes=[{axis}])"] if masked else []
    return Case(program({"x": (x, None)}, lines), finds=n > CAP)


def gather_to_matmul(rng, rank, masked):
    n, d = rng.choice([5, 31, 256, 257]), rng.randint(2, 6)
    table = f"w({n}, {d})" if masked else f"w({n})"
    dims = shape(rng, rank)[:rank - 1]
    lines = [f"i = mb.cast(x=mb.floor(x=mb.mul(x=x, y=np.float32({min(n, 30) - 0.5}))), dtype='int32')",
             f"i = mb.sub(x=i, y=np.int32({rng.choice([0, 2])}))",
             f"y = mb.gather(x={table}, indices=i, axis=0)"]
    return Case(program({"x": (dims or [4], None)}, lines), finds=n <= 256)


def gather_to_slice(rng, rank, masked):
    x = shape(rng, rank)
    axis = rng.randrange(rank)
    n = x[axis]
    ix = [rng.randrange(-n, n) for _ in range(rng.randint(1, 4))] if masked else rng.randrange(-n, n)
    return Case(program({"x": (x, None)}, [f"y = mb.gather(x=x, indices={ix}, axis={axis})"]))


RANK5 = ["y = mb.add(x=x, y=w(*{x}))", "y = mb.mul(x=x, y=w({x[4]}))", "y = mb.relu(x=x)",
         "y = mb.transpose(x=x, perm={perm})", "y = mb.reduce_sum(x=x, axes={axes}, keep_dims={keep})",
         "y = mb.reduce_max(x=x, axes=[{axis}])", "y = mb.softmax(x=x, axis={axis})",
         "y = mb.concat(values=(x, mb.exp(x=x)), axis={axis})",
         "y = mb.slice_by_index(x=x, begin=[0, 0, 1, 0, 0], end=[1, {x[1]}, {x[2]}, {x[3]}, 1], "
         "squeeze_mask=[{keep}, False, False, False, False])",
         "y = mb.matmul(x=x, y=x, transpose_y=True)", "y = mb.select(cond=mb.greater(x=x, y=np.float32(0.5)), a=x, "
         "b=w({x[3]}, 1))", "y = mb.expand_dims(x=mb.reduce_mean(x=x, axes=[2]), axes=[{axis}])",
         "y = mb.layer_norm(x=x, axes=[-1], gamma=w({x[4]}))"]


def rank4(rng, rank, masked):
    x = [rng.randint(1, 4) for _ in range(3)] + [rng.randint(2, 4), rng.randint(2, 5)]
    x[2] = max(x[2], 2)
    lines, axis = [], rng.randrange(5)
    for _ in range(rank - 1 if masked else 1):
        line = rng.choice(RANK5)
        text = line.format(x=x, axis=axis, perm=rng.sample(range(5), 5), keep=rng.random() < 0.5,
                           axes=sorted(rng.sample(range(5), 2)))
        lines.append(text if not lines else text.replace("x=x", "x=mb.sigmoid(x=x)"))
    if masked:
        x = [rng.randint(1, 3), 4, 3, 2, 5]
        lines = [f"x = mb.reshape(x=x, shape={x})", f"a = mb.transpose(x=x, perm={rng.sample(range(5), 5)})",
                 "a = mb.exp(x=a)", f"y = mb.reduce_mean(x=a, axes=[{axis}], keep_dims=True)"]
        return Case(program({"x": ([x[0], 12, 10], None)}, lines))
    return Case(program({"x": (x, None)}, lines), finds=None)


def reduce_prod(rng, rank, masked):
    x = shape(rng, rank)
    axes = sorted(rng.sample(range(rank), rng.randint(1, min(2, rank))))
    lines = ["x = mb.sub(x=x, y=np.float32(0.5))"] if masked else ["x = mb.add(x=x, y=np.float32(0.5))"]
    lines += [f"y = mb.reduce_prod(x=x, axes={axes}, keep_dims={rng.random() < 0.5})"]
    return Case(program({"x": (x, None)}, lines))


def cumsum(rng, rank, masked):
    x = shape(rng, rank)
    axis = rng.randrange(-1, rank)
    lines = [f"y = mb.cumsum(x=x, axis={axis}, exclusive={masked}, reverse={rng.random() < 0.5})"]
    return Case(program({"x": (x, None)}, lines))


def logical(rng, rank, masked):
    x = shape(rng, rank)
    ops = [rng.choice(["and", "or", "xor"]) for _ in range(3)]
    lines = ["p = mb.greater(x=x, y=np.float32(0.3))", "q = mb.less(x=x, y=np.float32(0.7))",
             "r = mb.greater(x=x, y=np.float32(0.5))", f"m = mb.logical_{ops[0]}(x=p, y=q)"]
    lines += [f"m = mb.logical_{ops[1]}(x=m, y=r)", f"m = mb.logical_{ops[2]}(x=q, y=m)"] if masked else []
    lines += ["y = mb.select(cond=m, a=x, b=np.float32(-1))"]
    return Case(program({"x": (x, None)}, lines))


def rms_norm(rng, rank, masked):
    d = rng.choice([5, CAP // 2, CAP // 2 + 1])
    x = shape(rng, rank, d)
    axis = -1
    square = rng.choice(["mb.mul(x=x, y=x)", "mb.square(x=x)", "mb.pow(x=x, y=np.float32(2))"])
    lines = [f"m = mb.add(x=mb.reduce_mean(x={square}, axes=[{axis}], keep_dims=True), y=np.float32(1e-3))",
             rng.choice(["y = mb.mul(x=x, y=mb.rsqrt(x=m))", "y = mb.real_div(x=x, y=mb.sqrt(x=m))",
                         "y = mb.mul(x=mb.pow(x=m, y=np.float32(-0.5)), y=x)",
                         "y = mb.mul(x=x, y=mb.real_div(x=np.float32(1), y=mb.sqrt(x=m)))"])]
    lines += [f"y = mb.mul(x=y, y=w({d}))"] if masked else []
    return Case(program({"x": (x, None)}, lines), finds=2 * d <= CAP)


def silu(rng, rank, masked):
    x = shape(rng, rank)
    lines = ["e = mb.add(x=mb.exp(x=mb.mul(x=x, y=np.float32(-1))), y=np.float32(1))"]
    lines += ["y = mb.real_div(x=x, y=e)"] if masked else ["y = mb.real_div(x=np.float32(1), y=e)"]
    return Case(program({"x": (x, None)}, lines))


def large_kernel(rng, rank, masked):
    k, c = rng.choice([13, 14, 31]), rng.randint(1, 3)
    width = rng.randint(35, 40)
    space = [width] if rank == 2 else [rng.randint(4, 7), width]
    kernel = [k] if rank == 2 else [rng.randint(1, 3), k]
    pad = rng.choice(["valid", "same", "custom"])
    more = f", pad={[rng.randint(0, 3) for _ in range(2 * len(space))]}" if pad == "custom" else ""
    more += f", strides={[rng.randint(1, 2) for _ in space]}"
    more += f", dilations={[1] * (len(space) - 1) + [2]}" if k < 14 and rng.random() < 0.5 else ""
    more += f", bias=w({2 * c})" if masked else ""
    lines = [f"y = mb.conv(x=x, weight=w({2 * c}, {c}, {', '.join(map(str, kernel))}), pad_type='{pad}'{more})"]
    return Case(program({"x": ([2, c, *space], None)}, lines), finds=k > 13)


def mod(rng, rank, masked):
    y = rng.choice([1, 2, 8, 32]) if masked else rng.choice([3, 0.7])
    lines = [f"y = mb.mod(x=mb.mul(x=mb.sub(x=x, y=np.float32(0.5)), y=np.float32(100)), y=np.float32({y}))"]
    return Case(program({"x": (shape(rng, rank), None)}, lines), finds=masked)


def band_part(rng, rank, masked):
    x = shape(rng, max(rank, 2))
    lines = [f"y = mb.band_part(x=x, lower={rng.randint(-1, 2)}, upper={rng.randint(-1, 2)})"]
    return Case(program({"x": (x, None)}, lines))


def one_hot(rng, rank, masked):
    n = rng.choice([4, 2048, 2049]) if rank == 2 else 4
    values = ", on_value=np.float32(2.5), off_value=np.float32(-1)" if masked else ""
    dims = shape(rng, rank)[:rank - 1]
    lines = ["i = mb.cast(x=mb.floor(x=mb.mul(x=x, y=np.float32(4.5))), dtype='int32')",
             f"y = mb.one_hot(indices=i, one_hot_vector_size={n}, axis={rng.randrange(rank)}{values})"]
    return Case(program({"x": (dims or [3], None)}, lines), finds=n <= 2048)


def trig(rng, rank, masked):
    op = rng.choice(["asin", "acos", "sinh", "cosh", "tan", "atanh"])
    scale = {"sinh": 8, "cosh": 8, "tan": 4}.get(op, 1.9)
    x = "mb.mul(x=mb.sub(x=x, y=np.float32(0.5)), y=np.float32({}))".format(scale if masked else 1)
    return Case(program({"x": (shape(rng, rank), None)}, [f"y = mb.{op}(x={x})"]))


def rotary_heads(rng, rank, masked):
    """Heads that positions are turned into, split or sliced before or behind their transpose."""
    b, s, d, h = rng.randint(1, 2), rng.randint(2, 5), 2 * rng.randint(1, 3), rng.randint(2, 3)
    c = d * h
    first = rng.random() < 0.5  # the heads are in front when they are turned
    table = f"w({s}, {d})" if first else f"w({s}, {rng.choice([1, h])}, {d})"
    parts = "low, high = mb.split(x=v, num_splits=2, axis=-1)" if rank != 3 else (
        f"low = mb.slice_by_index(x=v, begin=[0, 0, 0, 0], end=[{b}, {h if first else s}, {s if first else h}, "
        f"{d // 2}])\n        high = mb.slice_by_index(x=v, begin=[0, 0, 0, {-d // 2}], end=[0, 0, 0, 0], "
        "end_mask=[True] * 4)")
    turn = "mb.transpose(x={}, perm=[0, 2, 1, 3])"
    lines = [f"def heads(v):\n        return mb.reshape(x=v, shape=[{b}, {s}, {h}, {d}])",
             f"def rotary(v):\n        {'v = ' + turn.format('v') if first else ''}\n        {parts}\n"
             "        t = mb.concat(values=(mb.mul(x=high, y=np.float32(-1)), low), axis=-1)\n"
             f"        r = mb.add(x=mb.mul(x=v, y={table}), y=mb.mul(x=t, y={table}))\n"
             f"        return {'r' if first else turn.format('r')}"]
    lines += [f"q, k = [rotary(heads(mb.linear(x=x, weight=w({c}, {c}), bias=w({c})))) for _ in range(2)]",
              f"v = {turn.format(f'heads(mb.linear(x=x, weight=w({c}, {c})))')}",
              "s = mb.mul(x=mb.matmul(x=q, y=k, transpose_y=True), y=np.float32(0.5))"]
    lines += [f"s = mb.add(x=s, y=np.triu(np.full(({s}, {s}), -np.inf), 1).astype(np.float32))"] if masked else []
    lines += ["y = mb.matmul(x=mb.softmax(x=s, axis=-1), y=v)",
              f"y = mb.reshape(x={turn.format('y')}, shape=[{b}, {s}, {c}])",
              f"y = mb.linear(x=y, weight=w({c}, {c}))"]
    return Case(program({"x": ([b, s, c], None)}, lines), after="ane_linear_to_conv,ane_layout")


FAMILIES = {f.__name__: f for f in (
    linear_to_conv, layout, attention_heads, attention_lower, finite_mask, split_wide, gather_to_matmul,
    gather_to_slice, rank4, reduce_prod, cumsum, logical, rms_norm, silu, large_kernel, mod, band_part, one_hot, trig)}
FAMILIES["split_wide.softmax"] = split_softmax
FAMILIES["attention_heads.grouped"] = grouped_heads
FAMILIES["layout.norm"] = layout_norm
FAMILIES["linear_to_conv.compressed"] = compressed_linear
FAMILIES["attention_heads.rotary"] = rotary_heads


def cases(seed):
    """(name, pass, case, precision): three ranks, two precisions, with a mask or without."""
    for name, family in FAMILIES.items():
        for rank in (2, 3, 4):
            for masked in (False, True):
                for precision in ("FLOAT16", "FLOAT32"):
                    rng = random.Random(f"{seed} {name} {rank} {masked} {precision}")
                    case = family(rng, rank, masked)
                    target = re.search(r"ct\.target\.\w+", case.script)
                    target = f", minimum_deployment_target={target[0]}" if target else ""
                    case.script += (f"\n\nmodel = ct.convert(prog, compute_precision=ct.precision.{precision}"
                                    f"{target})\n")
                    mark = "masked" if masked else "plain"
                    yield f"{name}.{rank}.{mark}.{precision.lower()}.{seed}", "ane_" + name.split(".")[0], case


def arrays(path):
    """The arrays of an .npz file as lists of numbers."""
    kinds = {"f2": "e", "f4": "f", "f8": "d", "i4": "i", "b1": "?", "i1": "b", "u1": "B", "i2": "h", "u2": "H"}
    found = {}
    with zipfile.ZipFile(path) as z:
        for name in z.namelist():
            data = z.read(name)
            length = struct.unpack("<H", data[8:10])[0]
            kind = re.search(r"'descr': '[<|]?(\w\d)'", data[10:10 + length].decode())[1]
            rest = data[10 + length:]
            if kind[0] == "U":  # labels, as bytes
                found[name[:-4]] = tuple(rest)
                continue
            n = len(rest) // struct.calcsize(kinds[kind])
            found[name[:-4]] = struct.unpack(f"<{n}{kinds[kind]}", rest)
    return found


def difference(before, after, half):
    """What differs more than the precision explains, or an empty string."""
    if before.keys() != after.keys():
        return f"outputs {sorted(before)} became {sorted(after)}"
    tol, least = (2e-2, 2e-4) if half else (1e-4, 1e-6)
    for name, x in before.items():
        y = after[name]
        if len(x) != len(y):
            return f"{name}: {len(x)} elements became {len(y)}"
        size = max((abs(v) for v in x if math.isfinite(v)), default=0)
        for i, (a, b) in enumerate(zip(x, y)):
            if math.isfinite(a) and not abs(a - b) <= tol * (abs(a) + size) + least:
                return f"{name}[{i}]: {a} became {b}"
    return ""


def milc(*args, cwd):
    p = subprocess.run([MILC, *args], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    return p.returncode, p.stdout, p.stderr


def attempt(case, name, about, cwd):
    """What is wrong with the case, or an empty string."""
    with open(os.path.join(cwd, "a.mil"), "w", encoding="utf-8") as f:
        f.write(case.script)
    status, _, err = milc("a.mil", "-o", "before.mlpackage", cwd=cwd)
    if status:
        return f"it does not compile: {err}"
    source = "a.mil"
    if case.compress:
        source = "before.mlpackage"
        status, _, err = milc("compress", source, *case.compress.split(), "--weight-threshold", "0", "-o",
                              "c.mlpackage", cwd=cwd)
        if status:
            return f"compress: {err}"
        shutil.rmtree(os.path.join(cwd, source))
        os.rename(os.path.join(cwd, "c.mlpackage"), os.path.join(cwd, source))
    status, out, err = milc("rewrite", "--ane", "--cap", str(case.cap), source, "-o", "after.mlpackage", cwd=cwd)
    if status:
        return f"rewrite: {out}{err}"
    found = f"{about}: " in out
    if case.finds is not None and found != case.finds:
        return f"{about} was {'not ' if case.finds else ''}to find something:\n{out}"
    grown = re.search(r"^FLOPs: (\S+) -> ([0-9.e+]+)", out, re.M)
    if grown and float(grown[1]) >= 1e4 and float(grown[2]) > 1.5 * float(grown[1]) and about != "ane_gather_to_matmul":
        return f"too much to compute: {grown[0]}"
    if out == "nothing to rewrite\n" and not same_program(cwd):
        return "nothing was to rewrite, but the model changed"
    for model in ("before", "after"):
        status, _, err = milc("run", "--seed", "3", f"{model}.mlpackage", "-o", f"{model}.npz", cwd=cwd)
        if status:
            return f"running {model}: {err}"
    wrong = difference(arrays(f"{cwd}/before.npz"), arrays(f"{cwd}/after.npz"), ".float32." not in name)
    if wrong:
        return wrong + "\n" + out
    limit = f"[cap={case.cap}]" if about in ("ane_rms_norm", "ane_split_wide") else ""
    passes = ",".join(filter(None, (case.after, about + limit, "dead_code_elimination")))
    status, _, err = milc("before.mlpackage", "-o", "one.mlpackage", "--verify-passes", f"--passes={passes}", cwd=cwd)
    return f"alone: {err}" if status else ""


def same_program(cwd):
    return milc("diff", "before.mlpackage", "after.mlpackage", cwd=cwd)[0] == 0


def one(job):
    name, about, case, keep = job
    folder = tempfile.mkdtemp()
    try:
        wrong = attempt(case, name, about, folder)
        if wrong and keep:
            os.makedirs(keep, exist_ok=True)
            shutil.copy(os.path.join(folder, "a.mil"), os.path.join(keep, name + ".mil"))
        return name, wrong
    finally:
        shutil.rmtree(folder, ignore_errors=True)


EXAMPLES = [(f"{TOP}/examples/ane/{name}.mil", f"ane_{about}") for name, about in (
    ("attention", "attention_heads"), ("mlp", "layout"), ("rms_norm", "rms_norm"), ("rope", "attention_heads"))]


def example(path):
    """As a case: halves, and no pass alone, since they need each other."""
    with open(path, encoding="utf-8") as f:
        return Case(f.read(), after="ane")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--first", type=int, default=1)
    p.add_argument("--count", type=int, default=1)
    p.add_argument("--every", type=int, default=1, help="of so many cases take one, another one for each seed")
    p.add_argument("--only", default="")
    p.add_argument("--keep", default="")
    a = p.parse_args()
    jobs = [(name, about, case, a.keep) for seed in range(a.first, a.first + a.count)
            for k, (name, about, case) in enumerate(cases(seed)) if a.only in name and (k + seed) % a.every == 0]
    jobs += [(f"examples/ane/{os.path.basename(path)}", about, example(path), a.keep) for path, about in EXAMPLES
             if a.only in path]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, wrong in pool.map(one, jobs):
            print(f"{'FAILED' if wrong else 'ok'} gen_rewrites {name}")
            if wrong:
                failed += 1
                print(f"{name}: {wrong.rstrip()}", file=sys.stderr)
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
