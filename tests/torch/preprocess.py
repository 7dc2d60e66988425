"""torch.backends._coreml.preprocess, by PyTorch with coremltools and by milc: flat modules, or frozen ones,
as NeuralNetworks whose weights are not quantized.

What both return must be the same: the text `extra` but for its versions, the model by structure. The hash is
that of milc's own bytes.
"""
import contextlib
import hashlib
import io
import json
import subprocess

# name, what __init__ makes, what forward returns, the shapes of its inputs, arguments of TensorSpec and
# CompileSpec besides. Modules with modules in them are frozen.
CASES = [
    ("linear", "self.w = nn.Parameter(torch.rand(4, 3))", "F.linear(x, self.w)", [(2, 3)], ""),
    ("two-inputs", "", "torch.relu(x) * y + 1", [(2, 3), (2, 3)], ""),
    ("conv", "self.w, self.b = nn.Parameter(torch.rand(4, 3, 3, 3)), nn.Parameter(torch.rand(4))",
     "torch.relu(F.conv2d(x, self.w, self.b, padding=1))", [(1, 3, 8, 8)], ""),
    ("buffer", "self.register_buffer('scale', torch.rand(3))", "(x * self.scale).softmax(-1)", [(2, 3)], ""),
    ("pool", "", "F.max_pool2d(torch.tanh(x), 2).flatten(1)", [(1, 2, 4, 4)], ", backend=CoreMLComputeUnit.ALL"),
    ("net", "self.net = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2))", "self.net(x)", [(2, 3)], ""),
    ("norms", "self.c, self.n = nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4)",
     "F.leaky_relu(self.n(self.c(x)), 0.2).mean((2, 3))", [(1, 3, 8, 8)], ", allow_low_precision=False"),
    ("layer-norm", "self.n = nn.LayerNorm(4)", "self.n(x).transpose(0, 1).reshape(-1)", [(2, 4)], ""),
    ("gelu", "self.a, self.b = nn.Linear(4, 8), nn.Linear(8, 4)", "x + self.b(F.gelu(self.a(x)))", [(2, 4)], ""),
    ("two-outputs", "", "(x + y, torch.cat([x, y], 1))", [(2, 3), (2, 3)], ""),
]
SOURCE = """
class M(nn.Module):
    def __init__(self):
        super().__init__()
        {init}
    def forward(self, {names}):
        return {forward}
"""
SCRIPT = """import torch
from torch.backends._coreml.preprocess import CompileSpec, CoreMLComputeUnit, TensorSpec, preprocess

m = torch.jit.load("m.pt")
spec = CompileSpec(inputs=[{inputs}], outputs=[{outputs}], convert_to="neuralnetwork",
                   mlmodel_export_path="{out}"{more})
made = preprocess(m._c, {{"forward": spec}})
print(made["hash"])
print(made["extra"])
"""


def save(case, path):
    """Writes the module; the shapes of its outputs."""
    import torch

    name, init, forward, shapes, _ = case
    names = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional}
    torch.manual_seed(1)
    exec(SOURCE.format(init=init or "pass", forward=forward, names=", ".join("xy"[:len(shapes)])), names)
    m, args = names["M"]().eval(), tuple(torch.rand(s) for s in shapes)
    traced = torch.jit.trace(m, args, check_trace=False)
    if list(m.children()):
        traced = torch.jit.freeze(traced)
    torch.jit.save(traced, path)
    out = m(*args)
    return [tuple(o.shape) for o in (out if isinstance(out, tuple) else (out,))]


def returned(text):
    """The hash, and `extra` without the versions, of what a script has printed."""
    digest, extra = text.splitlines()[-2:]
    extra = json.loads(extra)
    extra["metadata"] = sorted(extra["metadata"])
    return digest, extra


def check(case, milc, compare):
    """"same", or what is wrong, in a folder of its own."""
    outputs = save(case, "m.pt")
    spec = lambda shapes: ", ".join(f"TensorSpec(shape={list(s)})" for s in shapes)  # noqa: E731
    scripts = {who: SCRIPT.format(inputs=spec(case[3]), outputs=spec(outputs), more=case[4], out=f"{who}.mlmodel")
               for who in ("peer", "mine")}
    theirs = io.StringIO()
    with contextlib.redirect_stdout(theirs):
        exec(scripts["peer"], {})
    with open("case.mil", "w") as f:
        f.write(scripts["mine"])
    p = subprocess.run([milc, "case.mil"], capture_output=True, text=True, timeout=120)
    if p.returncode:
        return (p.stderr.strip().splitlines() or [f"exit {p.returncode}"])[0]
    digest, mine = returned(p.stdout)
    theirs = returned(theirs.getvalue())[1]
    if mine != theirs:
        return f"extra is {mine}, the peer's {theirs}"
    with open("mine.mlmodel", "rb") as f:
        if hashlib.sha256(f.read()).hexdigest() != digest:
            return "the hash is not that of the model"
    d = compare.compare("peer.mlmodel", "mine.mlmodel")
    return "same" if d.same else d.reports[0]
