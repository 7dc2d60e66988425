"""saved.py: an ML Program as it is saved: functions, operations, types and constants, from the protobuf.

Nothing here knows milc. A value is a Value: its type, who makes it, and what it holds if it is a
constant. A write_state is a coreml_update_state, with the read_state of the same state behind it, if there
is one. Constants in weight files are read when somebody asks.
"""
import os
import struct
import sys
import types

import numpy as np


def protobuf():
    """coremltools' messages without coremltools, which takes seconds to load."""
    for where in sys.path:
        if os.path.isdir(os.path.join(where, "coremltools", "proto")):
            package = types.ModuleType("coremltools")
            package.__path__ = [os.path.join(where, "coremltools")]
            sys.modules.setdefault("coremltools", package)
            break
    from coremltools.proto import MIL_pb2, Model_pb2

    return MIL_pb2, Model_pb2


MIL, MODEL = protobuf()
BITS = {"bool": 8, "string": 0, "fp8e4m3fn": 8, "fp8e5m2": 8, "bf16": 16}
DTYPE = {}
for _name, _number in MIL.DataType.items():
    _short = _name.lower().replace("bfloat", "bf").replace("float", "fp")
    DTYPE[_number] = _short
    BITS.setdefault(_short, int("".join(c for c in _short if c.isdigit()) or 0))


class Type:
    """kind: tensor, list, state, tuple, dict. dims: None where the rank is not known, in it None for a size."""

    def __init__(self, message):
        which = message.WhichOneof("type") or "none"
        self.kind = which.removesuffix("Type").replace("dictionary", "dict")
        self.dtype, self.dims = None, None
        if self.kind == "state":
            inner = Type(message.stateType.wrappedType)
            self.dtype, self.dims = inner.dtype, inner.dims
        elif self.kind == "tensor":
            t = message.tensorType
            self.dtype = DTYPE[t.dataType]
            dims = [d.constant.size if d.WhichOneof("dimension") == "constant" else None for d in t.dimensions]
            if t.rank >= 0 and not any(d.unknown.variadic for d in t.dimensions):
                self.dims = dims


class Value:
    def __init__(self, type_, op=None, index=0, is_input=False, is_block_input=False, literal=None):
        self.type, self.op, self.index = type_, op, index
        self.is_input, self.is_block_input = is_input, is_block_input
        self.literal = literal  # the message of a constant
        self.is_output = False
        self.users = []  # operations

    @property
    def tensor(self):  # a state counts as the tensor that it holds
        return self.type.kind in ("tensor", "state")


class Op:
    def __init__(self, message):
        self.type = message.type
        self.message = message
        self.name = message.outputs[0].name if message.outputs else ""
        self.args = {}  # parameter -> [Value]
        self.results = []
        self.blocks = []
        self.nested = False  # stands in a block of another operation


def unpack(raw, bits, count, signed):
    stream = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")[: bits * count]
    a = stream.reshape(count, bits).astype(np.int64) @ (1 << np.arange(bits))
    return np.where(a >= 1 << (bits - 1), a - (1 << bits), a) if signed else a


NUMPY = {
    "fp16": "<f2", "fp32": "<f4", "fp64": "<f8", "int8": "i1", "int16": "<i2", "int32": "<i4", "int64": "<i8",
    "uint8": "u1", "uint16": "<u2", "uint32": "<u4", "uint64": "<u8", "bool": "?",
}  # fmt: skip


def from_bytes(raw, dtype, count):
    if dtype in NUMPY:
        return np.frombuffer(raw, NUMPY[dtype])
    if dtype == "bf16":
        return (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")
    if dtype.startswith("fp8"):
        return None
    return unpack(raw, BITS[dtype], count, dtype.startswith("int"))


class Saved:
    """A model: its functions by name. weights: the folder of the weight files."""

    def __init__(self, spec, weights):
        self.spec, self.weights, self.files = spec, weights, {}
        self.functions = {n: Function(self, n, f) for n, f in spec.mlProgram.functions.items()}

    def file(self, name):
        name = os.path.basename(name)
        if name not in self.files:
            try:
                with open(os.path.join(self.weights, name), "rb") as f:
                    self.files[name] = f.read()
            except OSError:
                self.files[name] = None
        return self.files[name]

    def blob(self, ref, dtype, count):
        raw = self.file(ref.fileName)
        if raw is None or len(raw) < ref.offset + 64:
            return None
        size, at = struct.unpack_from("<QQ", raw, ref.offset + 8)
        return from_bytes(raw[at : at + size], dtype, count)

    def array(self, message):
        """A constant as an array of its shape, a list of texts flat; None where it cannot be known."""
        t = Type(message.type)
        if t.kind != "tensor" or t.dims is None or None in t.dims:
            return None
        count = int(np.prod(t.dims, dtype=np.int64))
        if message.WhichOneof("value") == "blobFileValue":
            a = self.blob(message.blobFileValue, t.dtype, count)
        else:
            tensor = message.immediateValue.tensor
            which = tensor.WhichOneof("value")
            values = getattr(tensor, which).values if which else []
            if which == "bytes":
                a = from_bytes(values, t.dtype, count)
            elif which == "strings":
                a = np.array(list(values), object)
            else:
                a = np.array(values)
        if a is None or a.size < count:
            return None
        return a[:count].reshape(t.dims)


class Function:
    def __init__(self, model, name, message):
        self.model, self.name = model, name
        self.ops = []  # all, those of blocks behind the one that holds them
        self.inputs = {}
        scope = {}
        for i in message.inputs:
            self.inputs[i.name] = scope[i.name] = Value(Type(i.type), is_input=True)
        block = message.block_specializations[message.opset]
        self.block(block, scope)
        for o in block.outputs:
            if o in scope:
                scope[o].is_output = True
        self.flexible()

    def block(self, block, scope, nested=False):
        ops = []
        for m in block.operations:
            op = Op(m)
            op.nested = nested
            self.ops.append(op)
            ops.append(op)
            for param, argument in list(m.inputs.items()):
                op.args[param] = [self.binding(b, scope) for b in argument.arguments]
                for v in op.args[param]:
                    v.users.append(op)
            for b in m.blocks:
                inner = dict(scope)
                for i in b.inputs:
                    inner[i.name] = Value(Type(i.type), is_block_input=True)
                op.blocks.append(self.block(b, inner, True))
                for o in b.outputs:
                    inner[o].block_output = True
            before = self.ops[-2] if len(self.ops) > 1 else None
            if m.type == "read_state" and before in ops and before.type == "coreml_update_state":
                if op.args["input"] == before.args["state"] and not before.results:
                    self.ops.remove(op)
                    ops.remove(op)
                    op, before.name = before, op.name
            if m.type == "write_state":
                op.type = "coreml_update_state"
                op.args = {"state": op.args["input"], "value": op.args["data"]}
            literal = m.attributes["val"] if m.type == "const" and "val" in m.attributes else None
            for k, o in enumerate(m.outputs):
                v = Value(Type(o.type), op, k, literal=literal)
                op.results.append(v)
                scope[o.name] = v
        return ops

    @staticmethod
    def binding(b, scope):
        if b.WhichOneof("binding") == "name":
            return scope.get(b.name) or Value(Type(MIL.ValueType()))
        return Value(Type(b.value.type), literal=b.value)

    def flexible(self):
        """flex and, of each input, how its sizes may vary: '', 'enumerated' or 'range'."""
        d = self.model.spec.description
        features = d.input if self.name == (d.defaultFunctionName or "main") else []
        for f in d.functions:
            if f.name == self.name:
                features = f.input
        self.varies = {}
        for f in features:
            t = f.type
            kind = t.WhichOneof("Type")
            how = ""
            if kind == "multiArrayType":
                which = t.multiArrayType.WhichOneof("ShapeFlexibility")
                if which == "enumeratedShapes":
                    how = "enumerated"
                elif which == "shapeRange":
                    ranges = t.multiArrayType.shapeRange.sizeRanges
                    how = "range" if any(r.lowerBound != r.upperBound for r in ranges) else ""
            elif kind == "imageType":
                which = t.imageType.WhichOneof("SizeFlexibility")
                how = {"enumeratedSizes": "enumerated", "imageSizeRange": "range"}.get(which, "")
            self.varies[f.name] = how
        for n, v in self.inputs.items():
            open_ = v.tensor and (v.type.dims is None or None in v.type.dims)
            if not self.varies.get(n):
                self.varies[n] = "range" if open_ else ""
        kinds = {self.varies[n] for n in self.inputs}
        self.flex = "range" if "range" in kinds else "enumerated" if "enumerated" in kinds else "none"


def package(path):
    """A package folder, or a specification with NAME_weights.bin (or a folder NAME_weights) beside it."""
    spec = MODEL.Model()
    where = path
    weights = ""
    if os.path.isdir(path):
        for root, _, files in os.walk(os.path.join(path, "Data")):
            for f in files:
                if f.endswith(".mlmodel"):
                    where = os.path.join(root, f)
        weights = os.path.join(os.path.dirname(where), "weights")
    with open(where, "rb") as f:
        spec.ParseFromString(f.read())
    return Saved(spec, weights) if spec.WhichOneof("Type") == "mlProgram" else None
