"""Modules of PyTorch by seed: rows of expressions over random tensors, with random shapes and options.

module(seed) gives (source text, example inputs); every row can be exported and traced. A row is a
function of a random.Random that returns the expression and the inputs it is over, by name; layers are
parameters of the module, so that their weights are constants of the program.
"""
import random

import torch

ROWS = []


def row(f):
    ROWS.append(f)
    return f


def shape(r, low=1, high=4):
    return tuple(r.choice((1, 2, 3, 5, 8)) for _ in range(r.randint(low, high)))


def real(r, s):
    g = torch.Generator().manual_seed(r.randrange(1 << 30))
    return torch.rand(s, generator=g) * 4 - 2


def positive(r, s):
    return real(r, s).abs() + 0.125


def whole(r, s, low=-9, high=10):
    g = torch.Generator().manual_seed(r.randrange(1 << 30))
    return torch.randint(low, high, s, generator=g).to(torch.int32)


def other_shape(r, s):
    """One that broadcasts with s."""
    return tuple(1 if r.random() < 0.3 else n for n in s[r.randint(0, len(s) - 1):])


UNARY = ("abs ceil cos exp floor neg relu sigmoid sin tanh sign square erf atan silu round exp2 expm1 "
         "sinh cosh tan asinh softsign mish hardswish hardsigmoid selu relu6 logsigmoid").split()
for _name in UNARY:
    def _unary(r, name=_name):
        module = name in "softsign mish hardswish hardsigmoid relu6 silu selu logsigmoid".split()
        return f"{'F' if module else 'torch'}.{name}(x)", {"x": real(r, shape(r))}
    if _name != "logsigmoid":
        ROWS.append(_unary)
for _name in "log sqrt rsqrt reciprocal log2 log10 log1p".split():
    ROWS.append(lambda r, name=_name: (f"torch.{name}(x)", {"x": positive(r, shape(r))}))
for _name in "acos asin atanh".split():
    ROWS.append(lambda r, name=_name: (f"torch.{name}(x)", {"x": real(r, shape(r)) * 0.45}))

for _name in "add sub mul maximum minimum".split():
    def _binary(r, name=_name):
        s = shape(r)
        if r.random() < 0.3:
            return f"torch.{name}(x, y)", {"x": whole(r, s), "y": whole(r, other_shape(r, s))}
        return f"torch.{name}(x, y)", {"x": real(r, s), "y": real(r, other_shape(r, s))}
    ROWS.append(_binary)
for _name in "eq ne lt le gt ge".split():
    def _compare(r, name=_name):
        s = shape(r)
        return f"torch.{name}(x, y)", {"x": whole(r, s, 0, 3), "y": whole(r, other_shape(r, s), 0, 3)}
    ROWS.append(_compare)


@row
def divide(r):
    s = shape(r)
    mode = r.choice(("", ', rounding_mode="floor"', ', rounding_mode="trunc"'))
    return f"torch.div(x, y{mode})", {"x": real(r, s), "y": positive(r, other_shape(r, s))}


@row
def power(r):
    return f"torch.pow(x, {r.choice((2, 3, 0.5, 1.5))})", {"x": positive(r, shape(r))}


@row
def with_number(r):
    op = r.choice(("x + {}", "x - {}", "x * {}", "{} - x", "x / {}", "torch.add(x, x, alpha={})"))
    return op.format(r.choice((1, 2, 0.5, -3))), {"x": real(r, shape(r))}


@row
def bounded(r):
    low, high = sorted((r.uniform(-2, 0), r.uniform(0, 2)))
    args = r.choice((f"{low:.3f}, {high:.3f}", f"min={low:.3f}", f"max={high:.3f}"))
    return f"torch.clamp(x, {args})", {"x": real(r, shape(r))}


@row
def logical(r):
    s = shape(r)
    op = r.choice(("logical_and", "logical_or", "logical_xor"))
    return f"torch.{op}(x > 0, y > 0.5)", {"x": real(r, s), "y": real(r, s)}


@row
def chosen(r):
    s = shape(r)
    return "torch.where(x > 0, x, y)", {"x": real(r, s), "y": real(r, s)}


@row
def masked(r):
    s = shape(r)
    return f"x.masked_fill(y > 0, {r.choice((0, -1.5, 7))})", {"x": real(r, s), "y": real(r, s)}


def dims(r, rank):
    n = r.randint(1, rank)
    return [d - rank if r.random() < 0.5 else d for d in sorted(r.sample(range(rank), n))]


for _name in "sum mean amax amin".split():
    def _reduce(r, name=_name):
        s = shape(r)
        keep = r.choice(("", ", keepdim=True"))
        return f"torch.{name}(x, dim={dims(r, len(s))}{keep})", {"x": real(r, s)}
    ROWS.append(_reduce)


@row
def spread(r):
    s = shape(r, 2, 4)
    return f"torch.{r.choice(('var', 'std'))}(x, dim={r.randrange(len(s))}, unbiased={r.random() < 0.5})", {
        "x": real(r, tuple(n + 1 for n in s))}


@row
def best(r):
    s = shape(r)
    return f"torch.{r.choice(('argmax', 'argmin'))}(x, dim={r.randrange(len(s))})", {"x": real(r, s)}


@row
def extreme(r):
    s = shape(r)
    return f"torch.{r.choice(('max', 'min'))}(x, dim={r.randrange(len(s))})[0]", {"x": real(r, s)}


@row
def largest(r):
    s = shape(r)
    d = r.randrange(len(s))
    return f"torch.topk(x, {r.randint(1, s[d])}, dim={d})[0]", {"x": real(r, s)}


@row
def sums(r):
    s = shape(r)
    return f"torch.cumsum(x, dim={r.randrange(len(s))})", {"x": real(r, s)}


@row
def norms(r):
    s = shape(r)
    return f"torch.linalg.vector_norm(x, ord={r.choice((1, 2))}, dim={r.randrange(len(s))})", {"x": real(r, s)}


@row
def softened(r):
    s = shape(r)
    return f"F.{r.choice(('softmax', 'log_softmax'))}(x, dim={r.randrange(len(s))})", {"x": real(r, s)}


@row
def activated(r):
    return r.choice((
        f"F.leaky_relu(x, {r.uniform(0, 0.5):.3f})", f"F.elu(x, {r.uniform(0.5, 2):.3f})",
        f'F.gelu(x, approximate="{r.choice(("none", "tanh"))}")', f"F.hardtanh(x, {-r.random():.3f}, {r.random():.3f})",
        f"F.softplus(x)", f"F.threshold(x, {r.uniform(-1, 1):.3f}, 0.0)", "F.glu(torch.cat([x, x], -1), -1)",
    )), {"x": real(r, shape(r))}


@row
def moved(r):
    s = shape(r, 2, 4)
    p = list(range(len(s)))
    r.shuffle(p)
    return f"x.permute({p})", {"x": real(r, s)}


@row
def swapped(r):
    s = shape(r, 2, 4)
    return f"x.transpose({r.randrange(len(s))}, {r.randrange(-len(s), 0)})", {"x": real(r, s)}


@row
def flat(r):
    s = shape(r, 2, 4)
    return r.choice(("x.flatten()", "x.reshape(-1)", f"x.flatten({r.randrange(len(s) - 1)}, -1)",
                     f"x.reshape(x.shape[0], -1)")), {"x": real(r, s)}


@row
def squeezed(r):
    s = (1,) + shape(r, 1, 3) + (1,)
    return r.choice(("x.squeeze(0)", "x.squeeze(-1)", "x.unsqueeze(1)", "x.unsqueeze(-1)",
                     "x.squeeze(0).unsqueeze(0)")), {
        "x": real(r, s)}


@row
def joined(r):
    s = shape(r)
    how = r.choice(("cat", "stack"))
    return f"torch.{how}([x, y, x], dim={r.randrange(len(s))})", {"x": real(r, s), "y": real(r, s)}


@row
def parted(r):
    s = shape(r, 1, 3)
    d = r.randrange(len(s))
    s = s[:d] + (6,) + s[d + 1:]
    how = r.choice((f"x.chunk(3, {d})", f"x.split(2, {d})", f"x.split([1, 2, 3], {d})", f"x.chunk(4, {d})"))
    return f"[t * 2 for t in {how}][1]", {"x": real(r, s)}


@row
def repeated(r):
    s = shape(r, 1, 3)
    reps = [r.randint(1, 3) for _ in s]
    return r.choice((f"x.repeat({reps})", f"x.unsqueeze(0).expand(4, {', '.join(['-1'] * len(s))})")), {"x": real(r, s)}


@row
def sliced(r):
    s = tuple(n + 3 for n in shape(r, 1, 4))
    part = ", ".join(r.choice((":", "1:", ":-1", "::2", "1:3")) for _ in s)
    return f"x[{part}]", {"x": real(r, s)}


@row
def picked(r):
    s = shape(r, 2, 4)
    d = r.randrange(len(s))
    return r.choice((f"x.select({d}, {r.randrange(-s[d], s[d])})", f"x.narrow({d}, 0, 1)",
                     f"x.index_select({d}, torch.tensor([0, {s[d] - 1}]))")), {"x": real(r, s)}


@row
def gathered(r):
    s = shape(r, 1, 3)
    d = r.randrange(len(s))
    return f"torch.gather(x, {d}, y.long())", {"x": real(r, s), "y": whole(r, s, 0, s[d])}


@row
def padded(r):
    s = shape(r, 1, 4)
    pads = [r.randint(0, 2) for _ in range(2 * r.randint(1, len(s)))]
    return f"F.pad(x, {pads}, value={r.choice((0.0, 1.5))})", {"x": real(r, s)}


@row
def mirrored(r):
    s = shape(r, 1, 2) + (5, 6)
    pads = [r.randint(0, 3) for _ in range(4)]
    return f'F.pad(x, {pads}, mode="{r.choice(("reflect", "replicate"))}")', {"x": real(r, (1,) * (4 - len(s)) + s)}


@row
def flipped(r):
    s = shape(r)
    return f"torch.flip(x, {dims(r, len(s))})", {"x": real(r, s)}


@row
def rolled(r):
    s = shape(r)
    return f"torch.roll(x, {r.randint(-2, 2)}, {r.randrange(len(s))})", {"x": real(r, s)}


@row
def triangle(r):
    return f"torch.{r.choice(('tril', 'triu'))}(x, {r.randint(-1, 1)})", {"x": real(r, (4, 5))}


@row
def product(r):
    n, m, k = (r.choice((2, 3, 5)) for _ in range(3))
    batch = shape(r, 1, 2) if r.random() < 0.5 else ()
    return "torch.matmul(x, y)", {"x": real(r, batch + (n, m)), "y": real(r, batch + (m, k))}


@row
def sum_product(r):
    return r.choice(('torch.einsum("bij,bjk->bik", x, y)', 'torch.einsum("bij,bjk->bik", x, y) + 1',
                     "torch.bmm(x, y)", "torch.baddbmm(x[:, :, :4], x, y)")), {
                         "x": real(r, (2, 3, 5)), "y": real(r, (2, 5, 4))}


@row
def typed(r):
    return f"x.to(torch.{r.choice(('int32', 'float32', 'bool', 'float16'))})", {"x": real(r, shape(r))}


@row
def made(r):
    return r.choice(("x + torch.arange(x.shape[-1])", "x * torch.ones_like(x)", "x + torch.full((1,), 2.5)",
                     "x + torch.zeros(x.shape[-1])", "x + torch.linspace(0, 1, x.shape[-1])")), {"x": real(r, shape(r))}


@row
def attention(r):
    b, h, n, e = 1, r.choice((1, 2)), r.choice((3, 4)), 4
    causal = r.choice(("", ", is_causal=True"))
    return f"F.scaled_dot_product_attention(x, y, y * 0.5{causal})", {
        "x": real(r, (b, h, n, e)), "y": real(r, (b, h, n, e))}


@row
def resized(r):
    mode = r.choice(('scale_factor=2, mode="nearest"', 'scale_factor=2, mode="bilinear", align_corners=False',
                     'size=(10, 12), mode="bilinear", align_corners=True', 'size=(8, 9), mode="nearest"'))
    return f"F.interpolate(x, {mode})", {"x": real(r, (1, 2, 4, 3))}


@row
def shuffled(r):
    return "F.pixel_shuffle(x, 2)", {"x": real(r, (1, 8, 3, 4))}


@row
def unfolded(r):
    return f"x.unfold({r.choice((1, 2))}, 3, {r.choice((1, 2))})", {"x": real(r, (2, 5, 7))}


# ---- layers: "L0" is the first one of the module ----

@row
def dense(r):
    i, o = r.choice((3, 4, 8)), r.choice((2, 5))
    return "self.l(x)", {"x": real(r, shape(r, 1, 2) + (i,))}, f"nn.Linear({i}, {o}, bias={r.random() < 0.7})"


@row
def convolved(r):
    rank, g = r.choice((1, 2, 3)), r.choice((1, 2))
    k, st, d, p = r.choice((1, 2, 3)), r.choice((1, 2)), r.choice((1, 2)), r.choice((0, 1, "'same'", "'valid'"))
    if p == "'same'":
        st = 1
    return "self.l(x)", {"x": real(r, (r.choice((1, 2)), 4) + (9, 8, 7)[:rank])}, (
        f"nn.Conv{rank}d(4, 6, {k}, stride={st}, dilation={d}, padding={p}, groups={g}, bias={r.random() < 0.7})")


@row
def transposed(r):
    rank, k, st = r.choice((1, 2)), r.choice((2, 3)), r.choice((1, 2))
    return "self.l(x)", {"x": real(r, (1, 4) + (5, 6)[:rank])}, (
        f"nn.ConvTranspose{rank}d(4, 6, {k}, stride={st}, padding={r.choice((0, 1))}, groups={r.choice((1, 2))})")


@row
def pooled(r):
    rank, kind, k = r.choice((1, 2)), r.choice(("Max", "Avg")), r.choice((2, 3))
    ceil = r.choice(("", ", ceil_mode=True"))
    return "self.l(x)", {"x": real(r, (1, 3) + (9, 8)[:rank])}, (
        f"nn.{kind}Pool{rank}d({k}, stride={r.choice((1, 2))}, padding={r.choice((0, 1))}{ceil})")


@row
def averaged(r):
    return "self.l(x)", {"x": real(r, (1, 3, 8, 6))}, f"nn.AdaptiveAvgPool2d({r.choice((1, 2, '(4, 3)'))})"


@row
def normed(r):
    kind = r.choice(("nn.BatchNorm2d(4)", "nn.GroupNorm(2, 4)", "nn.InstanceNorm2d(4, affine=True)",
                     "nn.LayerNorm((5, 6))", "nn.LayerNorm(6, elementwise_affine=False)",
                     "nn.BatchNorm2d(4, affine=False)"))
    return "self.l(x)", {"x": real(r, (2, 4, 5, 6))}, kind


@row
def embedded(r):
    return "self.l(x.long())", {"x": whole(r, shape(r, 1, 2), 0, 7)}, "nn.Embedding(7, 5)"


@row
def slopes(r):
    return "self.l(x)", {"x": real(r, (1, 3, 4, 5))}, f"nn.PReLU({r.choice((1, 3))})"


@row
def recurrent(r):
    kind = r.choice(("LSTM", "GRU"))
    return "self.l(x)[0]", {"x": real(r, (3, 1, 4))}, f"nn.{kind}(4, 5, num_layers={r.choice((1, 2))})"


@row
def chain(r):
    """Several layers and operations, as networks have them."""
    return "F.relu(self.l(x)).mean(dim=[2, 3]) * 0.5 + x.flatten(2).sum(-1)[:, :1]", {"x": real(r, (1, 3, 8, 8))}, (
        "nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), nn.SiLU(), nn.Conv2d(6, 4, 1))")


def module(seed):
    """(source, inputs): the class M of the source is the module."""
    r = random.Random(seed)
    expression, inputs, *layer = ROWS[seed % len(ROWS)](r)
    lines = ["class M(nn.Module):", "    def __init__(self):", "        super().__init__()"]
    if layer:
        lines.append(f"        self.l = {layer[0]}")
    lines += [f"    def forward(self, {', '.join(inputs)}):", f"        return {expression}"]
    return "\n".join(lines) + "\n", inputs
