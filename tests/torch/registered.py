"""Scripts with @register_torch_op: what a module computes, with operations that have no conversion or that
the script converts in its own way, and the functions that do it. Right ones give the peer's model; wrong
ones are refused by both.
"""
HEAD = """import numpy as np
import torch
import coremltools as ct
from coremltools.converters.mil import Builder as mb
from coremltools.converters.mil import register_torch_op
from coremltools.converters.mil.frontend.torch.ops import _get_inputs
"""

# name, expression of the module over x and y (2, 3), functions of the script
CASES = [
    ("one", "torch.digamma(x)", """
@register_torch_op
def digamma(context, node):
    x = _get_inputs(context, node, expected=1)[0]
    context.add(mb.log(x=x, name=node.name))
"""),
    ("called", "torch.digamma(x)", """
@register_torch_op()
def digamma(context, node):
    x, = _get_inputs(context, node)
    context.add(mb.log(x=mb.add(x=x, y=1.0), name=node.name))
"""),
    ("two-operands", "torch.hypot(x, y)", """
@register_torch_op
def hypot(context, node):
    a, b = _get_inputs(context, node, expected=2)
    context.add(mb.sqrt(x=mb.add(x=mb.square(x=a), y=mb.square(x=b)), name=node.name))
"""),
    ("by-name", "torch.hypot(x, y)", """
@register_torch_op
def hypot(context, node):
    a = context[node.inputs[0]]
    b = context[node.inputs[1]]
    context.add(mb.maximum(x=a, y=b), torch_name=node.name)
"""),
    ("alias", "torch.lgamma(x) + torch.digamma(y)", """
@register_torch_op(torch_alias=["digamma"])
def lgamma(context, node):
    x = _get_inputs(context, node, expected=[1, 2])[0]
    if node.kind == "digamma":
        context.add(mb.abs(x=x, name=node.name))
    else:
        context.add(mb.square(x=x, name=node.name))
"""),
    ("override", "torch.relu(x) * y", """
@register_torch_op(override=True)
def relu(context, node):
    x = _get_inputs(context, node, expected=1)[0]
    context.add(mb.clip(x=x, alpha=0.0, beta=6.0, name=node.name))
"""),
    ("override-alias", "torch.sigmoid(x) + torch.tanh(y)", """
@register_torch_op(torch_alias=["tanh"], override=True)
def sigmoid(context, node):
    x = _get_inputs(context, node)[0]
    context.add(mb.sigmoid_hard(x=x, alpha=0.25, beta=0.5, name=node.name))
"""),
    ("number", "torch.fmod(x, 2.0)", """
@register_torch_op(torch_alias=["fmod.scalar"])
def fmod(context, node):
    inputs = _get_inputs(context, node, expected=2)
    q = mb.floor(x=mb.real_div(x=inputs[0], y=inputs[1]))
    context.add(mb.sub(x=inputs[0], y=mb.mul(x=q, y=inputs[1]), name=node.name))
"""),
    ("value-of-number", "torch.renorm(x, 2, 0, 5.0)", """
@register_torch_op
def renorm(context, node):
    x, p, dim, most = _get_inputs(context, node, expected=4)
    n = mb.reduce_l2_norm(x=x, axes=[1 - dim.val], keep_dims=True)
    context.add(mb.mul(x=x, y=mb.real_div(x=np.float32(most.val), y=n), name=node.name))
"""),
    ("list", "torch.rot90(x, 1, [0, 1])", """
@register_torch_op
def rot90(context, node):
    x, k, dims = _get_inputs(context, node, expected=3)
    x = mb.transpose(x=x, perm=[int(d) for d in dims.val][::-1])
    context.add(mb.reverse(x=x, axes=[int(dims.val[0])], name=node.name))
"""),
    ("helper", "torch.digamma(x) + torch.lgamma(y)", """
def halve(x, name):
    return mb.mul(x=x, y=0.5, name=name)

@register_torch_op
def digamma(context, node):
    context.add(halve(_get_inputs(context, node)[0], node.name))

@register_torch_op
def lgamma(context, node):
    context.add(halve(halve(_get_inputs(context, node)[0], None), node.name))
"""),
    ("loop", "torch.special.i0(x)", """
@register_torch_op(torch_alias=["special_i0"])
def i0(context, node):
    x = _get_inputs(context, node, expected=1)[0]
    q = mb.mul(x=mb.square(x=x), y=0.25)
    term = total = mb.fill_like(ref_tensor=x, value=1.0)
    for k in range(1, 5):
        term = mb.mul(x=term, y=mb.mul(x=q, y=np.float32(1.0 / (k * k))))
        total = mb.add(x=total, y=term)
    context.add(mb.identity(x=total, name=node.name))
"""),
    ("shape", "torch.digamma(x)", """
@register_torch_op
def digamma(context, node):
    x = _get_inputs(context, node, expected=1)[0]
    n = x.shape[0] * x.shape[1]
    y = mb.reshape(x=x, shape=[n])
    context.add(mb.reshape(x=mb.log(x=y), shape=list(x.shape), name=node.name))
"""),
    ("constant", "torch.erfinv(x) * y", """
table = np.linspace(0, 1, 3).astype(np.float32)

@register_torch_op
def erfinv(context, node):
    x = _get_inputs(context, node, expected=1)[0]
    context.add(mb.mul(x=x, y=table, name=node.name))
"""),
    ("contains", "torch.digamma(x)", """
@register_torch_op
def digamma(context, node):
    assert node.inputs[0] in context
    assert "nothing" not in context
    context.add(mb.exp(x=context[node.inputs[0]], name=node.name))
"""),
    ("attributes", "torch.digamma(x)", """
@register_torch_op
def digamma(context, node):
    assert node.kind == "digamma"
    assert node.name == node.outputs[0]
    assert len(node.inputs) == 1
    context.add(mb.exp2(x=_get_inputs(context, node)[0], name=node.name))
"""),
    ("twice-used", "torch.digamma(x) + torch.digamma(y)", """
calls = []

@register_torch_op
def digamma(context, node):
    calls.append(node.name)
    x = _get_inputs(context, node)[0]
    context.add(mb.mul(x=x, y=float(len(calls)), name=node.name))
"""),
    ("least", "torch.digamma(x)", """
@register_torch_op
def digamma(context, node):
    x = _get_inputs(context, node, min_expected=1)[0]
    context.add(mb.rsqrt(x=mb.abs(x=x), name=node.name))
"""),
    # wrong ones
    ("too-many", "torch.digamma(x)", """
@register_torch_op
def digamma(context, node):
    x, y = _get_inputs(context, node, expected=2)
    context.add(mb.add(x=x, y=y, name=node.name))
"""),
    ("known-already", "torch.relu(x)", """
@register_torch_op
def relu(context, node):
    context.add(mb.relu(x=_get_inputs(context, node)[0], name=node.name))
"""),
    ("in-place", "torch.relu(x)", """
@register_torch_op
def digamma_(context, node):
    context.add(mb.relu(x=_get_inputs(context, node)[0], name=node.name))
"""),
    ("forgotten", "torch.digamma(x)", """
@register_torch_op
def digamma(context, node):
    mb.log(x=_get_inputs(context, node)[0], name=node.name)
"""),
    ("missing", "torch.digamma(x) + torch.lgamma(x)", """
@register_torch_op
def digamma(context, node):
    context.add(mb.log(x=_get_inputs(context, node)[0], name=node.name))
"""),
]


def source(expression):
    return ("class M(nn.Module):\n    def forward(self, x, y):\n"
            f"        return {expression} + y.sum()\n")
