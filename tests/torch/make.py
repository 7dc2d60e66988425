"""Makes the small files of this folder with PyTorch 2.13: python tests/torch/make.py

Layouts of older versions (2.7 and before: a plain zip of pickles; 2.8: pickles inside of the new
archive) are put together from what today's serializer gives, in the way in which those versions did.
"""
import os
import re
import zipfile

import torch
from torch._export.serde.serialize import serialize

HERE = os.path.dirname(os.path.abspath(__file__))


class Net(torch.nn.Module):
    """All kinds of tensors: parameters (one transposed, one tied), buffers, a literal."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.a = torch.nn.Linear(3, 4)
        self.a.weight = torch.nn.Parameter(torch.arange(12.0).reshape(3, 4).t())
        self.b = torch.nn.Linear(3, 4, bias=False)
        self.b.weight = self.a.weight
        self.register_buffer("scale", torch.tensor([0.5, 1, 2, 4], dtype=torch.bfloat16))
        self.register_buffer("shift", torch.arange(4), persistent=False)
        self.register_buffer("seen", torch.zeros(1, 4))

    def forward(self, x):
        y = self.a(x) * self.scale + self.shift - self.b(x) + torch.tensor([1.0, 2, 3, 4])
        self.seen.add_(y.sum(0, keepdim=True))
        return torch.relu(y), y.max(dim=1)[0]


class Changing(torch.nn.Module):
    """What torch.export.export leaves as it is, and run_decompositions does not."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(2)
        self.conv = torch.nn.Conv2d(2, 3, 3)
        self.norm = torch.nn.BatchNorm2d(3)
        self.drop = torch.nn.Dropout(0.5)
        self.register_buffer("count", torch.zeros(1))

    def forward(self, x):
        y = torch.nn.functional.relu_(self.norm(self.conv(x)))
        y += 1
        self.count.add_(2)
        with torch.no_grad():
            z = y.flatten(1) * 2
        a, b = self.drop(z).chunk(2, 1)
        return a.contiguous() + self.count, b.reshape(-1) - 1


class Viewing(torch.nn.Module):
    """What changes through a view."""

    def forward(self, x):
        y = x * 2
        y[:, 0] = 1
        return y


def neutral(module):
    """Stack traces without the folders of this machine."""
    for part in module.modules():
        for node in part.graph.nodes if isinstance(part, torch.fx.GraphModule) else []:
            trace = node.meta.get("stack_trace")
            if trace:
                node.meta["stack_trace"] = re.sub(
                    r'"[^"]*/(tests/|site-packages/)', r'"\1', trace)


def program():
    batch = torch.export.Dim("batch", min=1, max=16)
    example = (torch.ones(2, 3),)
    exported = torch.export.export(Net().eval(), example, dynamic_shapes={"x": {0: batch}})
    exported = exported.run_decompositions({})
    neutral(exported.graph_module)
    return exported


def training(module, path):
    exported = torch.export.export(module.eval(), (torch.ones(1, 2, 5, 5),))
    neutral(exported.graph_module)
    torch.export.save(exported, os.path.join(HERE, path + ".pt2"))
    return exported


def legacy(path, exported):
    """As torch.export.save of 2.7 wrote it."""
    s = serialize(exported)
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("version", "8.7")
        z.writestr("serialized_exported_program.json", s.exported_program)
        z.writestr("serialized_state_dict.pt", s.state_dict)
        z.writestr("serialized_constants.pt", s.constants)
        z.writestr("serialized_example_inputs.pt", s.example_inputs)


def pickled(path, exported):
    """As 2.8 did."""
    s = serialize(exported)
    with zipfile.ZipFile(path, "w") as z:
        for name, data in [("archive_format", "pt2"), ("archive_version", "0"),
                           ("byteorder", "little"), ("models/model.json", s.exported_program),
                           ("data/weights/model.pt", s.state_dict),
                           ("data/constants/model.pt", s.constants)]:
            z.writestr("net/" + name, data)


if __name__ == "__main__":
    exported = program()
    torch.export.save(exported, os.path.join(HERE, "net.pt2"))
    legacy(os.path.join(HERE, "net27.pt2"), exported)
    pickled(os.path.join(HERE, "net28.pt2"), exported)
    exported = training(Changing(), "changing").run_decompositions({})
    neutral(exported.graph_module)
    torch.export.save(exported, os.path.join(HERE, "decomposed.pt2"))
    training(Viewing(), "viewing")
