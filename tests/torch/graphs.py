#!/usr/bin/env python3
"""Files as PyTorch writes them, made of a few lines of text: graphs.py LIST NAME [OUT]

The cases of the lists NAME.graphs (tests/cases.py) are such texts, and no PyTorch is needed to read or
run them. A graph becomes an archive of torch.export.save:

    # milc: --target iOS18            options of the command, as in scripts
    sym n 1..64                       a symbolic size
    dialect TRAINING                  what torch.export.export gives, without run_decompositions()
    x: fp32 2,n                       an input: element type and sizes, if need be `strides 1,2`
    w: fp32 4,3 = 0.5                 a parameter: one number, or a list of all; range: 0, 1, 2, …
    cache: buffer fp32 2,4 = 0        a buffer; paths such as layer.bias and a/b are values layer_bias, a_b
    y = aten.linear.default(x, w)     a node; operands by position or with names
    a, [b, c], _, n: int = …          its results: tensors, lists of them, none, a number
    cache <- y                        what the program writes to a buffer
    return y, n

Operands are Python literals, values, element types (fp32), cpu, memory formats (channels_last), inf;
a dict is an argument as the file has it. A text with `def` or `class` in it becomes an archive of
torch.jit.save instead:

    # milc: --input x=2,3             TorchScript knows no shapes
    w: fp32 4,3 = 0.5                 an attribute of the module
    n: int = 3                        one that is no tensor: a type of TorchScript, and Python for its value
    CONSTANTS.c0: fp32 2 = [1, 2]     a constant of the code
    def forward(self: __torch__.M, x: Tensor) -> Tensor:
      return torch.linear(x, self.w)

Methods stand in the class M of the module; classes of the text stand as they are, and one called M is the
module. Values are made with tensor("fp32", (2, 3), 0.5), quantized(the same, scale, zero point) and
obj("CLASS", {attributes} or any state), deep(n) is a list of lists; `data: TYPE = VALUE` takes the place of the module.
"""
import ast
import io
import json
import math
import os
import re
import struct
import sys
import zipfile

# (number in torch.export's JSON, class of storages, struct's letter)
TYPES = {
    "uint8": (1, "Byte", "B"), "int8": (2, "Char", "b"), "int16": (3, "Short", "h"), "int32": (4, "Int", "i"),
    "int64": (5, "Long", "q"), "fp16": (6, "Half", "e"), "fp32": (7, "Float", "f"), "fp64": (8, "Double", "d"),
    "complex64": (10, "ComplexFloat", "ff"), "complex128": (11, "ComplexDouble", "dd"), "bool": (12, "Bool", "?"),
    "bf16": (13, "BFloat16", "h"), "quint8": (0, "QUInt8", "B"), "qint8": (0, "QInt8", "b"),
    "qint32": (0, "QInt32", "i"),
}
FORMATS = {"contiguous": 1, "channels_last": 2, "preserve": 4}


def numbers(kind, sizes, value):
    """The bytes of a tensor; its elements are one number, all numbers, or `range`."""
    letter, n = TYPES[kind][2], math.prod(sizes)
    flat = range(n) if value is range else value if isinstance(value, list) else [value] * n
    flat = [x for v in flat for x in ((v.real, v.imag) if len(letter) == 2 else (v,))]
    return struct.pack(f"<{len(flat)}{letter[0]}", *flat)


def strides(sizes):
    return [math.prod(sizes[i + 1:]) for i in range(len(sizes))]


def archive(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, data in members.items():
            z.writestr(zipfile.ZipInfo("m/" + name), data)
    return out.getvalue()


DECLARED = re.compile(r"([\w./]+): (buffer )?(\w+)(?: ([\w,]+))?(?: strides ([\d,]+))?(?: = (.*))?$")


def deep(n):
    """A list in a list, n times."""
    return [deep(n - 1)] if n else []


def value_of(text):
    return eval(text, {"range": range, "deep": deep, "inf": math.inf, "nan": math.nan,
                       "tensor": Tensor, "quantized": Quantized, "obj": Object})


# ---- torch.export ----


class Graph:
    """The JSON of a graph, line by line."""

    def __init__(self):
        self.kind, self.symbols, self.meta, self.weights = {}, {}, {}, {}
        self.inputs, self.outputs, self.nodes, self.members, self.dialect = [], [], [], {}, "ATEN"

    def size(self, text):
        if text not in self.symbols:
            return {"as_int": int(text)}
        return {"as_expr": {"expr_str": f"Symbol('{text}', positive=True, integer=True)",
                            "hint": {"as_int": self.symbols[text][0] + 3}}}

    def shape(self, text, steps):
        sizes = text.split(",") if text else []
        usual = strides([3 if s in self.symbols else int(s) for s in sizes])
        steps = [int(s) for s in steps.split(",")] if steps else usual
        return {"sizes": [self.size(s) for s in sizes], "strides": [{"as_int": n} for n in steps],
                "storage_offset": {"as_int": 0}, "layout": 7}

    def declare(self, path, buffer, kind, sizes, steps, value):
        name = re.sub(r"\W", "_", path)
        meta = {"dtype": TYPES[kind][0], **self.shape(sizes, steps)}
        self.kind[name], self.meta[name] = "tensor", meta
        if value is None:
            self.inputs.append({"user_input": {"arg": {"as_tensor": {"name": name}}}})
            return
        what = "buffer" if buffer else "parameter"
        spec = {"arg": {"name": name}, f"{what}_name": path}
        self.inputs.append({what: {**spec, "persistent": True} if buffer else spec})
        file = f"weight_{len(self.weights)}"
        self.weights[path] = {"path_name": file, "use_pickle": False, "tensor_meta": meta}
        dims = [int(s) for s in sizes.split(",")] if sizes else []
        self.members[f"data/weights/{file}"] = numbers(kind, dims, value_of(value))

    def argument(self, node):
        """An operand as the file has it."""
        if isinstance(node, ast.Name) and node.id in self.kind:
            kind = self.kind[node.id]
            return {"as_tensor": {"name": node.id}} if kind == "tensor" else {f"as_sym_{kind}": {"as_name": node.id}}
        if isinstance(node, ast.Name):
            return ({"as_scalar_type": TYPES[node.id][0]} if node.id in TYPES else
                    {"as_memory_format": FORMATS[node.id]} if node.id in FORMATS else
                    {"as_device": {"type": "cpu", "index": None}} if node.id == "cpu" else
                    {"as_float": "Infinity"} if node.id == "inf" else {"as_tensor": {"name": node.id}})
        if isinstance(node, ast.Dict):
            return ast.literal_eval(node)
        if isinstance(node, ast.List):
            return self.list(node.elts)
        v = ast.literal_eval(node)
        if isinstance(v, complex):
            return {"as_complex": {"real": v.real, "imag": v.imag}}
        return {"as_none": True} if v is None else {f"as_{type(v).__name__.replace('str', 'string')}": v}

    def list(self, nodes):
        items = [self.argument(n) for n in nodes]
        tags = {t for i in items for t in i}
        if not items:
            return {"as_ints": []}
        if tags == {"as_tensor", "as_none"} or tags == {"as_none"}:
            return {"as_optional_tensors": items}
        if "as_sym_int" in tags and tags <= {"as_sym_int", "as_int"}:
            return {"as_sym_ints": [i.get("as_sym_int", i) for i in items]}
        if tags == {"as_ints"}:
            return {"as_int_lists": [i["as_ints"] for i in items]}
        if tags == {"as_int", "as_float"}:
            tags = {"as_float"}
        (tag,) = tags
        return {tag + "s": [v for i in items for v in i.values()]}

    def result(self, text):
        text = text.strip()
        if text == "_":
            return {"as_none": True}
        if text.startswith("["):
            names = [s.strip() for s in text[1:-1].split(",")]
            self.kind.update((n, "tensor") for n in names)
            return {"as_tensors": [{"name": n} for n in names]}
        name, _, kind = text.partition(": ")
        self.kind[name] = kind or "tensor"
        return {f"as_sym_{kind}": {"as_name": name}} if kind else {"as_tensor": {"name": name}}

    def node(self, results, target, operands):
        call = ast.parse(f"f({operands})", mode="eval").body
        given = [("", a) for a in call.args] + [(k.arg, k.value) for k in call.keywords]
        inputs = [{"name": k, "arg": self.argument(v), "kind": 2 if k else 1} for k, v in given]
        outputs = [self.result(r) for r in re.findall(r"\[.*?\]|[^,]+", results)]
        if target.split(".")[0] not in ("_operator", "math", "torch"):
            target = "torch.ops." + target
        name = re.search(r"\w+", results)[0]
        self.nodes.append({"target": target, "inputs": inputs, "outputs": outputs, "metadata": {}, "name": name})

    def line(self, line):
        if m := re.match(r"sym (\w+) (\d+)\.\.(\d+)$", line):
            self.symbols[m[1]] = int(m[2]), int(m[3])
        elif m := re.match(r"dialect (\w+)$", line):
            self.dialect = m[1]
        elif m := re.match(r"return ?(.*)$", line):
            for a in ast.parse(f"[{m[1]}]", mode="eval").body.elts:
                self.outputs.append({"user_output": {"arg": self.argument(a)}})
        elif m := re.match(r"([\w./]+) <- (\w+)$", line):
            self.outputs.append({"buffer_mutation": {"arg": {"name": m[2]}, "buffer_name": m[1]}})
        elif m := re.match(r"(.*?) = ([\w.]+)\((.*)\)$", line):
            self.node(*m.groups())
        elif m := DECLARED.match(line):
            self.declare(*m.groups())
        else:
            raise ValueError(f"'{line}' is no line of a graph")

    def archive(self):
        graph = {"inputs": [], "outputs": [], "nodes": self.nodes, "tensor_values": self.meta}
        model = {
            "graph_module": {"graph": graph, "signature": {"input_specs": self.inputs, "output_specs": self.outputs}},
            "range_constraints": {s: {"min_val": a, "max_val": b} for s, (a, b) in self.symbols.items()},
            "schema_version": {"major": 8, "minor": 14}, "verifiers": [self.dialect], "torch_version": "2.13.0",
        }
        return archive({
            "archive_format": b"pt2", "archive_version": b"0", "byteorder": b"little",
            "models/model.json": json.dumps(model),
            "data/weights/model_weights_config.json": json.dumps({"config": self.weights}), **self.members,
        })


# ---- torch.jit ----


class Tensor:
    def __init__(self, kind, sizes, value):
        self.kind, self.sizes, self.value, self.scheme = kind, tuple(sizes), value, None


class Quantized(Tensor):
    """Of scale and zero point for all; lists of them are for the indices of an axis."""

    def __init__(self, kind, sizes, value, scale, zero, axis=0):
        super().__init__(kind, sizes, value)
        if isinstance(scale, list):
            whole = all(isinstance(z, int) for z in zero)
            self.scheme = (Global("torch", "per_channel_affine" + ("" if whole else "_float_qparams")),
                           Tensor("fp64" if whole else "fp32", (len(scale),), scale),
                           Tensor("int64" if whole else "fp32", (len(zero),), zero), axis)
        else:
            self.scheme = (Global("torch", "per_tensor_affine"), float(scale), zero)


class Object:
    def __init__(self, name, state):
        self.name, self.state = "__torch__." + name, state


class Global:
    def __init__(self, module, name):
        self.text = f"c{module}\n{name}\n".encode()


class Pickle:
    """What torch.jit.save writes of a value; the storages of tensors become members of the folder."""

    def __init__(self, folder, members):
        self.folder, self.members, self.n, self.memo = folder, members, 0, {}

    def call(self, module, name, *args):
        return Global(module, name).text + self.put(args) + b"R"

    def tensor(self, t):
        name = str(self.n)
        self.n += 1
        self.members[self.folder + name] = numbers(t.kind, t.sizes, t.value)
        place = self.put(("storage", Global("torch", TYPES[t.kind][1] + "Storage"), name, "cpu",
                          math.prod(t.sizes))) + b"Q"
        shape = self.put(0) + self.put(t.sizes) + self.put(tuple(strides(t.sizes)))
        scheme = b"" if t.scheme is None else self.put(t.scheme)
        rebuild = "_rebuild_tensor_v2" if t.scheme is None else "_rebuild_qtensor"
        hooks = Global("collections", "OrderedDict").text + b")R"
        return Global("torch._utils", rebuild).text + b"(" + place + shape + scheme + b"\x89" + hooks + b"tR"

    def put(self, v):
        if isinstance(v, Tensor):
            return self.tensor(v)
        if isinstance(v, Global):
            return v.text
        if id(v) in self.memo:
            return b"j" + struct.pack("<I", self.memo[id(v)])
        if isinstance(v, Object):
            self.memo[id(v)] = len(self.memo)
            module, _, name = v.name.rpartition(".")
            put = b"r" + struct.pack("<I", self.memo[id(v)])
            return Global(module, name).text + b")\x81" + put + self.put(v.state) + b"b"
        if v is None or isinstance(v, bool):
            return {None: b"N", True: b"\x88", False: b"\x89"}[v]
        if isinstance(v, int):
            small = -2**31 <= v < 2**31
            return b"J" + struct.pack("<i", v) if small else b"\x8a\x08" + struct.pack("<q", v)
        if isinstance(v, float):
            return b"G" + struct.pack(">d", v)
        if isinstance(v, complex):
            return self.call("builtins", "complex", v.real, v.imag)
        if isinstance(v, str):
            return b"X" + struct.pack("<I", len(v.encode())) + v.encode()
        if isinstance(v, dict):
            return b"}(" + b"".join(self.put(k) + self.put(x) for k, x in v.items()) + b"u"
        start, end = (b"(", b"t") if isinstance(v, tuple) else (b"](", b"e")
        items = start + b"".join(map(self.put, v)) + end
        if isinstance(v, list) and v and all(isinstance(x, Tensor) for x in v):
            return Global("torch.jit._pickle", "build_tensorlist").text + b"(" + items + b"tR"
        return items

    def pickle(self, v):
        return b"\x80\x02" + self.put(v) + b"."


def script(lines):
    attributes, notes, constants, members = {}, [], {}, {}
    while lines and not re.match(r"def |class ", lines[0]):
        line = lines.pop(0)
        m = DECLARED.match(line)
        if m and m[3] in TYPES and (m[4] or m[3] not in ("bool",)):
            kind, value = "Tensor", Tensor(m[3], [int(s) for s in m[4].split(",")] if m[4] else [], value_of(m[6]))
            name = m[1]
        elif m := re.match(r"([\w.]+): (.*?) = (.*)$", line):
            name, kind, value = m[1], m[2], value_of(m[3])
        elif line:
            raise ValueError(f"'{line}' is no line of a module")
        else:
            continue
        if name.startswith("CONSTANTS.c"):
            constants[int(name[11:])] = value
        else:
            attributes[name] = value
            notes.append(f"  {name} : {kind}\n")
    text = "".join(line + "\n" for line in lines)
    if text.startswith("def "):
        text = "class M(Module):\n" + "".join(notes) + "".join(f"  {line}\n" for line in lines)
    root = attributes.get("data", Object("M", attributes))
    members["data.pkl"] = Pickle("data/", members).pickle(root)
    ordered = tuple(constants[i] for i in sorted(constants))
    members["constants.pkl"] = Pickle("constants/", members).pickle(ordered)
    return archive({**members, "code/__torch__.py": text, "version": b"10\n", "byteorder": b"little"})


def is_script(text):
    return re.search(r"^(def|class) ", text, re.M) is not None


def make(text):
    """(ending of its name, the bytes of the file)"""
    lines = [s for s in text.rstrip("\n").split("\n") if not s.startswith("#")]
    if is_script(text):
        return ".pt", script(lines)
    graph = Graph()
    for line in lines:
        if line:
            graph.line(line.rstrip())
    return ".pt2", graph.archive()


def main():
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    import cases
    path, name = sys.argv[1:3]
    for case in cases.read_list(path)[1]:
        if case.name == name:
            ending, data = make(case.source)
            with open(sys.argv[3] if len(sys.argv) > 3 else name + ending, "wb") as f:
                f.write(data)
            return
    sys.exit(f"{path} has no case '{name}'")


if __name__ == "__main__":
    main()
