"""bench_programs.py: the programs of bench_run.py: each as a script of milc, as a module of torch, and its inputs."""

import torch
import torch.nn.functional as F
from torch import nn

PROLOGUE = """import numpy as np
import coremltools as ct
from coremltools.converters.mil import Builder as mb
from coremltools.converters.mil.mil import types

draw = np.random.default_rng(7)
def weight(*shape):
    fan = 1
    for n in shape[1:]:
        fan *= n
    return draw.standard_normal(shape, dtype=np.float32) * np.float32((2 / fan) ** 0.5)
"""


class Program:
    """Inputs are {name: shape}, or (shape, type) of those that are no floats; a module is made when it is asked for."""

    def __init__(self, inputs, body, module, helpers="", half=False, network=False, check=False, states=(), draw=None):
        self.shapes, self.body, self.module, self.helpers = inputs, body, module, helpers
        self.half, self.network, self.check, self.states, self.draw = half, network, check, states, draw
        self.names = list(inputs)

    def inputs(self):
        if self.draw:
            return self.draw()
        made = [torch.randn(*s) for s in self.shapes.values()]
        return [t.half() for t in made] if self.half else made


def script(p):
    specs = []
    for shape in p.shapes.values():
        dtype = "fp16" if p.half else "fp32"
        if isinstance(shape[-1], str):
            shape, dtype = shape
        specs.append(f"mb.TensorSpec(shape={tuple(shape)}, dtype=types.{dtype})")
    specs += [f"mb.StateTensorSpec({shape}, dtype=types.fp16)" for _, shape in p.states]
    names = ", ".join([*p.shapes, *(n for n, _ in p.states)])
    body = "".join(f"    {line}\n" for line in p.body.strip().split("\n"))
    return (
        PROLOGUE
        + p.helpers
        + f"@mb.program(input_specs=[{', '.join(specs)}], opset_version=ct.target.iOS18)\ndef main({names}):\n{body}"
        "ct.convert(main, minimum_deployment_target=ct.target.iOS18)\n"
    )


class Call(nn.Module):
    """A function as a module, with modules of its own."""

    def __init__(self, f, **parts):
        super().__init__()
        self.f = f
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *args):
        return self.f(self, *args)


def call(f, **parts):
    return lambda: Call(f, **{k: v() for k, v in parts.items()})


# ---- single operations ----

TEN = [
    "add(x=x, y=1.0)",
    "mul(x=y, y=0.5)",
    "sub(x=y, y=x)",
    "relu(x=y)",
    "mul(x=y, y=x)",
    "add(x=y, y=0.1)",
    "abs(x=y)",
    "sqrt(x=y)",
    "add(x=y, y=x)",
    "clip(x=y, alpha=-1.0, beta=1.0)",
]
MANY = 10_000_000
PROGRAMS = {
    "matmul 1024^3 fp32": Program(
        {"x": (1024, 1024), "y": (1024, 1024)}, "return mb.matmul(x=x, y=y)", call(lambda s, x, y: x @ y), check=True
    ),
    "matmul 1024^3 fp16": Program(
        {"x": (1024, 1024), "y": (1024, 1024)}, "return mb.matmul(x=x, y=y)", call(lambda s, x, y: x @ y), half=True
    ),
    "linear 1x768 -> 3072": Program(
        {"x": (1, 768)},
        "return mb.linear(x=x, weight=weight(3072, 768), bias=weight(3072))",
        lambda: nn.Linear(768, 3072),
    ),
    "linear 128x768 -> 3072": Program(
        {"x": (128, 768)},
        "return mb.linear(x=x, weight=weight(3072, 768), bias=weight(3072))",
        lambda: nn.Linear(768, 3072),
    ),
    "conv 3x3 64->64 56^2": Program(
        {"x": (1, 64, 56, 56)},
        "return mb.conv(x=x, weight=weight(64, 64, 3, 3), bias=weight(64), pad_type='same')",
        lambda: nn.Conv2d(64, 64, 3, padding=1),
    ),
    "depthwise 3x3 128 56^2": Program(
        {"x": (1, 128, 56, 56)},
        "return mb.conv(x=x, weight=weight(128, 1, 3, 3), bias=weight(128), " "pad_type='same', groups=128)",
        lambda: nn.Conv2d(128, 128, 3, padding=1, groups=128),
    ),
    "conv 1x1 256->256 28^2": Program(
        {"x": (1, 256, 28, 28)},
        "return mb.conv(x=x, weight=weight(256, 256, 1, 1), bias=weight(256))",
        lambda: nn.Conv2d(256, 256, 1),
    ),
    "conv_transpose 4x4 s2 64 28^2": Program(
        {"x": (1, 64, 28, 28)},
        "return mb.conv_transpose(x=x, weight=weight(64, 64, 4, 4), bias=weight(64), "
        "strides=[2, 2], pad_type='custom', pad=[1, 1, 1, 1])",
        lambda: nn.ConvTranspose2d(64, 64, 4, 2, 1),
    ),
    "sdpa (1, 8, 512, 64)": Program(
        {n: (1, 8, 512, 64) for n in "qkv"},
        "return mb.scaled_dot_product_attention(query=q, key=k, value=v)",
        call(lambda s, q, k, v: F.scaled_dot_product_attention(q, k, v)),
        check=True,
    ),
    "attention of matmul, softmax": Program(
        {n: (1, 8, 512, 64) for n in "qkv"},
        "a = mb.matmul(x=q, y=k, transpose_y=True)\n"
        "a = mb.softmax(x=mb.mul(x=a, y=0.125), axis=-1)\n"
        "return mb.matmul(x=a, y=v)",
        call(lambda s, q, k, v: torch.softmax(q @ k.transpose(-1, -2) * 0.125, -1) @ v),
        check=True,
    ),
    "layer_norm 512x1024": Program(
        {"x": (512, 1024)},
        "return mb.layer_norm(x=x, axes=[-1], gamma=weight(1024), beta=weight(1024), epsilon=1e-5)",
        lambda: nn.LayerNorm(1024),
    ),
    "softmax 512x1024": Program(
        {"x": (512, 1024)}, "return mb.softmax(x=x, axis=-1)", lambda: nn.Softmax(-1), check=True
    ),
    "gelu 10^7": Program({"x": (MANY,)}, "return mb.gelu(x=x, mode='EXACT')", lambda: nn.GELU(), check=True),
    "exp 10^7": Program({"x": (MANY,)}, "return mb.exp(x=x)", call(lambda s, x: torch.exp(x)), check=True),
    "ten elementwise ops 10^7": Program(
        {"x": (MANY,)},
        "\n".join(f"y = mb.{op}" for op in TEN) + "\nreturn y",
        call(lambda s, x: torch.clamp(torch.sqrt(torch.abs(torch.relu((x + 1.0) * 0.5 - x) * x + 0.1)) + x, -1.0, 1.0)),
        check=True,
    ),
    "add 10^7": Program(
        {"x": (MANY,), "y": (MANY,)}, "return mb.add(x=x, y=y)", call(lambda s, x, y: x + y), check=True
    ),
    "reduce_sum 1000x10000 axis 1": Program(
        {"x": (1000, 10000)},
        "return mb.reduce_sum(x=x, axes=[-1], keep_dims=False)",
        call(lambda s, x: x.sum(-1)),
        check=True,
    ),
    "reduce_sum 1000x10000 axis 0": Program(
        {"x": (1000, 10000)},
        "return mb.reduce_sum(x=x, axes=[0], keep_dims=False)",
        call(lambda s, x: x.sum(0)),
        check=True,
    ),
    "transpose 4096^2": Program(
        {"x": (4096, 4096)}, "return mb.transpose(x=x, perm=[1, 0])", call(lambda s, x: x.t().contiguous()), check=True
    ),
    "gather 8192 rows of 256": Program(
        {"x": (50000, 256), "i": ((8192,), "int32")},
        "return mb.gather(x=x, indices=i, axis=0)",
        call(lambda s, x, i: torch.index_select(x, 0, i)),
        check=True,
        draw=lambda: [torch.randn(50000, 256), torch.randint(0, 50000, (8192,))],
    ),
    "lstm 128 steps of 256": Program(
        {"x": (128, 1, 256), "h": (1, 256), "c": (1, 256)},
        "y, a, b = mb.lstm(x=x, initial_h=h, initial_c=c, weight_ih=weight(1024, 256), "
        "weight_hh=weight(1024, 256), bias=weight(1024), output_sequence=True)\nreturn y",
        call(lambda s, x, h, c: s.lstm(x, (h[None], c[None]))[0], lstm=lambda: nn.LSTM(256, 256)),
    ),
    "max_pool 3x3 s2 64 112^2": Program(
        {"x": (1, 64, 112, 112)},
        "return mb.max_pool(x=x, kernel_sizes=[3, 3], strides=[2, 2], pad_type='custom', " "pad=[1, 1, 1, 1])",
        lambda: nn.MaxPool2d(3, 2, 1),
        check=True,
    ),
    "avg_pool 3x3 s2 64 112^2": Program(
        {"x": (1, 64, 112, 112)},
        "return mb.avg_pool(x=x, kernel_sizes=[3, 3], strides=[2, 2], pad_type='custom', " "pad=[1, 1, 1, 1])",
        lambda: nn.AvgPool2d(3, 2, 1),
        check=True,
    ),
    "batch_norm 64 112^2": Program(
        {"x": (1, 64, 112, 112)},
        "return mb.batch_norm(x=x, mean=weight(64), variance=np.abs(weight(64)) + np.float32(0.1), "
        "gamma=weight(64), beta=weight(64))",
        lambda: nn.BatchNorm2d(64),
    ),
}

# ---- networks of convolutions ----

NORM = """
def norm(x):
    n = x.shape[1]
    one, zero = np.ones(n, np.float32), np.zeros(n, np.float32)
    return mb.batch_norm(x=x, mean=zero, variance=one, gamma=one, beta=zero)
def conv(x, out, k, stride, groups=1):
    w = weight(out, x.shape[1] // groups, k, k)
    return norm(mb.conv(x=x, weight=w, strides=[stride] * 2, pad_type="custom", pad=[k // 2] * 4, groups=groups))
def head(x, classes):
    x = mb.reduce_mean(x=x, axes=[2, 3], keep_dims=False)
    return mb.linear(x=x, weight=weight(classes, x.shape[1]), bias=weight(classes))
def residual(x, out, stride):
    y = mb.relu(x=conv(x, out, 3, stride))
    y = conv(y, out, 3, 1)
    if stride != 1 or x.shape[1] != out:
        x = conv(x, out, 1, stride)
    return mb.relu(x=mb.add(x=x, y=y))
def inverted(x, out, stride, wider):
    n = x.shape[1]
    y = mb.relu6(x=conv(x, n * wider, 1, 1)) if wider > 1 else x
    y = mb.relu6(x=conv(y, n * wider, 3, stride, n * wider))
    y = conv(y, out, 1, 1)
    return mb.add(x=x, y=y) if stride == 1 and n == out else y
"""


def unit(i, o, k, s, groups=1):
    return nn.Sequential(nn.Conv2d(i, o, k, s, k // 2, groups=groups, bias=False), nn.BatchNorm2d(o))


class Residual(nn.Module):
    def __init__(self, i, o, s):
        super().__init__()
        self.a, self.b = unit(i, o, 3, s), unit(o, o, 3, 1)
        self.c = unit(i, o, 1, s) if s != 1 or i != o else nn.Identity()

    def forward(self, x):
        return F.relu(self.c(x) + self.b(F.relu(self.a(x))))


class Inverted(nn.Module):
    def __init__(self, i, o, s, wider):
        super().__init__()
        n = i * wider
        first = [unit(i, n, 1, 1), nn.ReLU6()] if wider > 1 else []
        self.body, self.adds = (
            nn.Sequential(*first, unit(n, n, 3, s, n), nn.ReLU6(), unit(n, o, 1, 1)),
            s == 1 and i == o,
        )

    def forward(self, x):
        return x + self.body(x) if self.adds else self.body(x)


def resnet():
    layers, n = [unit(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)], 64
    for o, s in ((64, 1), (128, 2), (256, 2), (512, 2)):
        layers += [Residual(n, o, s), Residual(o, o, 1)]
        n = o
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000))


STAGES = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]


def mobilenet():
    layers, n = [unit(3, 32, 3, 2), nn.ReLU6()], 32
    for wider, o, times, s in STAGES:
        for k in range(times):
            layers.append(Inverted(n, o, s if k == 0 else 1, wider))
            n = o
    return nn.Sequential(
        *layers, unit(320, 1280, 1, 1), nn.ReLU6(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1000)
    )


PROGRAMS["ResNet-18 224^2"] = Program(
    {"x": (1, 3, 224, 224)},
    """
y = mb.relu(x=conv(x, 64, 7, 2))
y = mb.max_pool(x=y, kernel_sizes=[3, 3], strides=[2, 2], pad_type="custom", pad=[1, 1, 1, 1])
for out, stride in [(64, 1), (128, 2), (256, 2), (512, 2)]:
    y = residual(residual(y, out, stride), out, 1)
return head(y, 1000)""",
    resnet,
    NORM,
    network=True,
)
PROGRAMS["MobileNetV2 224^2"] = Program(
    {"x": (1, 3, 224, 224)},
    f"""
y = mb.relu6(x=conv(x, 32, 3, 2))
for wider, out, times, stride in {STAGES}:
    for k in range(times):
        y = inverted(y, out, stride if k == 0 else 1, wider)
return head(mb.relu6(x=conv(y, 1280, 1, 1)), 1000)""",
    mobilenet,
    NORM,
    network=True,
)

# ---- transformers ----

BLOCK = """
def linear(x, out):
    return mb.linear(x=x, weight=weight(out, x.shape[-1]), bias=np.zeros(out, np.float32))
def norm(x):
    n = x.shape[-1]
    return mb.layer_norm(x=x, axes=[-1], gamma=np.ones(n, np.float32), beta=np.zeros(n, np.float32), epsilon=1e-5)
def heads(x):
    return mb.transpose(x=mb.reshape(x=x, shape=[1, x.shape[1], 12, 64]), perm=[0, 2, 1, 3])
def joined(x):
    return mb.reshape(x=mb.transpose(x=x, perm=[0, 2, 1, 3]), shape=[1, x.shape[2], 768])
"""


def split_heads(t):
    return t.view(1, t.shape[1], 12, 64).transpose(1, 2)


class Bert(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(768, 768) for _ in range(4))
        self.up, self.down = nn.Linear(768, 3072), nn.Linear(3072, 768)
        self.first, self.second = nn.LayerNorm(768), nn.LayerNorm(768)

    def forward(self, x):
        a = F.scaled_dot_product_attention(*(split_heads(f(x)) for f in (self.q, self.k, self.v)))
        x = self.first(x + self.o(a.transpose(1, 2).reshape(1, x.shape[1], 768)))
        return self.second(x + self.down(F.gelu(self.up(x))))


class Decoder(nn.Module):
    """Twelve layers of GPT-2, one token, with caches of 512 places of which 400 are taken."""

    LAYERS, PLACES, AT = 12, 512, 400

    def __init__(self):
        super().__init__()
        make = lambda i, o: nn.ModuleList(nn.Linear(i, o) for _ in range(self.LAYERS))
        self.qkv, self.o, self.up, self.down = make(768, 2304), make(768, 768), make(768, 3072), make(3072, 768)
        self.first, self.second = (nn.ModuleList(nn.LayerNorm(768) for _ in range(self.LAYERS)) for _ in range(2))
        for i in range(self.LAYERS):
            for name in "kv":
                self.register_buffer(f"{name}{i}", torch.zeros(1, 12, self.PLACES, 64))

    def forward(self, x):
        for i in range(self.LAYERS):
            q, k, v = self.qkv[i](self.first[i](x)).split(768, -1)
            cached = []
            for name, new in (("k", k), ("v", v)):
                cache = getattr(self, f"{name}{i}")
                if torch.onnx.is_in_onnx_export():
                    cached.append(torch.cat([cache[:, :, : self.AT], split_heads(new)], 2))
                else:
                    cache[:, :, self.AT : self.AT + 1] = split_heads(new)
                    cached.append(cache[:, :, : self.AT + 1])
            a = F.scaled_dot_product_attention(split_heads(q), *cached)
            x = x + self.o[i](a.transpose(1, 2).reshape(1, 1, 768))
            x = x + self.down[i](F.gelu(self.up[i](self.second[i](x)), approximate="tanh"))
        return x


CACHE = BLOCK + f"""
def cached(state, new):
    new = mb.cast(x=heads(new), dtype="fp16")
    all = mb.slice_update(x=mb.read_state(input=state), update=new, begin=[0, 0, {Decoder.AT}, 0],
                          end=[1, 12, {Decoder.AT + 1}, 64])
    all = mb.coreml_update_state(state=state, value=all)
    return mb.cast(x=mb.slice_by_index(x=all, begin=[0, 0, 0, 0], end=[1, 12, {Decoder.AT + 1}, 64]), dtype="fp32")
def layer(x, keys, values):
    q, k, v = mb.split(x=linear(norm(x), 2304), num_splits=3, axis=-1)
    a = mb.scaled_dot_product_attention(query=heads(q), key=cached(keys, k), value=cached(values, v))
    x = mb.add(x=x, y=linear(joined(a), 768))
    y = linear(mb.gelu(x=linear(norm(x), 3072), mode="TANH_APPROXIMATION"), 768)
    return mb.add(x=x, y=y)
"""
PROGRAMS["BERT-base block, 128"] = Program(
    {"x": (1, 128, 768)},
    """
a = mb.scaled_dot_product_attention(query=heads(linear(x, 768)), key=heads(linear(x, 768)), value=heads(linear(x, 768)))
x = norm(mb.add(x=x, y=linear(joined(a), 768)))
y = linear(mb.gelu(x=linear(x, 3072), mode="EXACT"), 768)
return norm(mb.add(x=x, y=y))""",
    Bert,
    BLOCK,
    network=True,
)
PROGRAMS["GPT-2 decode step with state"] = Program(
    {"x": (1, 1, 768)},
    "".join(f"x = layer(x, k{i}, v{i})\n" for i in range(Decoder.LAYERS)) + "return x",
    Decoder,
    CACHE,
    network=True,
    states=[(f"{n}{i}", (1, 12, Decoder.PLACES, 64)) for i in range(Decoder.LAYERS) for n in "kv"],
)


def adds(s, x):
    for _ in range(10000):
        x = x + 1.0
    return x


PROGRAMS["10,000 adds of 4"] = Program(
    {"x": (4,)}, "for _ in range(10000):\n    x = mb.add(x=x, y=1.0)\nreturn x", call(adds)
)
