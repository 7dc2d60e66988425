#!/usr/bin/env python3
"""seeds.py MILC TARGET FOLDER: what the fuzzing of a target begins with, made of tests/ and examples/:
scripts, those in lists too, and the models that milc makes of them; arrays; command lines."""

import io
import json
import itertools
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FORMS = ("mlprogram", "neuralnetwork")
LARGEST = 12000


def scripts():
    for part in ("tests", "examples"):
        for path in sorted((ROOT / part).rglob("*.mil")):
            yield path.name, path.read_bytes()
        for path in sorted((ROOT / part).rglob("*.cases")):
            for block in re.split(rb"^=== ", path.read_bytes(), flags=re.M)[1:]:
                name, _, rest = block.partition(b"\n")
                yield f"{path.stem}-{name.decode()}", re.split(rb"^---\n", rest, flags=re.M)[0]


def varint(n):
    return bytes([n & 127 | 128]) + varint(n >> 7) if n > 127 else bytes([n])


def models(milc):
    """Messages; the weights of a package are the last field of its message, as model.c has them."""
    with tempfile.TemporaryDirectory() as at:
        for folder in ("tests/lang", "tests/ops", "tests/pass", "examples"):
            for path in sorted((ROOT / folder).glob("*.mil")):
                for form in FORMS:
                    out = pathlib.Path(at, f"{path.stem}-{folder[-3:]}-{form}.mlpackage")
                    made = subprocess.run([milc, "-q", "-t", form, path, "-o", out],
                                          cwd=at, capture_output=True, check=False)
                    data = out / "Data/com.apple.CoreML"
                    if made.returncode != 0 or not data.is_dir():
                        continue
                    model = next(data.glob("*.mlmodel")).read_bytes()
                    weights = data / "weights/weight.bin"
                    if weights.exists():
                        weights = weights.read_bytes()
                        model += varint(3999 << 3 | 2) + varint(len(weights)) + weights
                    yield out.stem, model


def networks(milc):
    """A network for each call that tests/builder shows."""
    for path in sorted((ROOT / "tests/builder").glob("*.mil")):
        with tempfile.TemporaryDirectory() as at:
            script = path.read_text().replace(
                "    print(b.nn_spec.layers[0])",
                '    saved.append(method)\n    ct.models.MLModel(b.spec).save(f"{len(saved)}.mlmodel")')
            pathlib.Path(at, "n.mil").write_text(script.replace("def show(", "saved = []\n\n\ndef show("))
            subprocess.run([milc, "-q", "n.mil"], cwd=at, capture_output=True, check=False)
            for model in sorted(pathlib.Path(at).glob("*.mlmodel")):
                yield f"{path.stem}-{model.stem}", model.read_bytes()


def texts(milc):
    """MIL text behind its first word, as text.c has it."""
    with tempfile.TemporaryDirectory() as at:
        for folder in ("tests/lang", "tests/ops", "tests/pass", "examples"):
            for path in sorted((ROOT / folder).glob("*.mil")):
                made = subprocess.run([milc, "-q", "-S", path], cwd=at, capture_output=True, check=False)
                if made.returncode == 0:
                    yield f"{path.stem}-{folder[-3:]}", made.stdout.removeprefix(b"program(")


def npy(descr, shape, data, fortran=False):
    head = repr({"descr": descr, "fortran_order": fortran, "shape": shape}).encode()
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head + data


def weights():
    kinds = {".npz": b"\0", ".npy": b"\1", ".safetensors": b"\2"}
    for path in sorted((ROOT / "tests").rglob("*")):
        if path.suffix in kinds:
            yield path.name, kinds[path.suffix] + path.read_bytes()
    arrays = [npy(d, (2, 3), bytes(range(6 * n))) for d, n in
              (("<f4", 4), ("<f2", 2), ("<f8", 8), (">f4", 4), ("<i4", 4), (">i8", 8), ("<u2", 2),
               ("|i1", 1), ("|b1", 1), ("<c8", 8), ("<U2", 8), ("|S3", 3), ("<M8[s]", 8), ("|O", 8))]
    arrays += [npy("<f4", (3, 2), bytes(24), True), npy("<f8", (), bytes(8)), npy("<f4", (0, 3), b"")]
    for i, a in enumerate(arrays):
        yield f"{i}.npy", b"\1" + a
    for how in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        for i in range(0, len(arrays), 4):
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w", how) as z:
                for k, a in enumerate(arrays[i:i + 4]):
                    z.writestr(f"{'xyzw'[k]}.npy", a)
            yield f"{i}-{how}.npz", b"\0" + out.getvalue()
    head = json.dumps({"x": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
                       "y": {"dtype": "BF16", "shape": [2], "data_offsets": [24, 28]},
                       "__metadata__": {"k": "v"}}).encode()
    yield "two.safetensors", b"\2" + struct.pack("<Q", len(head)) + head + bytes(28)


def bare(j):
    """The JSON of a program without what only people read."""
    if isinstance(j, dict):
        without = ("metadata", "module_call_graph", "requires_grad", "device", "hint")
        return {k: bare(v) for k, v in j.items() if k not in without}
    return [bare(v) for v in j] if isinstance(j, list) else j


def torch():
    """Archives, and their parts as torch.c has them: JSON, pickles, code."""
    for path in sorted((ROOT / "tests").rglob("*.pt*")):
        yield path.name, b"\0" + path.read_bytes()
        with zipfile.ZipFile(path) as z:
            members = {name.partition("/")[2] or name: z.read(name) for name in z.namelist()}
        for name, data in members.items():
            if name in ("models/model.json", "serialized_exported_program.json"):
                lists = members.get("data/weights/model_weights_config.json", b"{}")
                small = json.dumps(bare(json.loads(data)), separators=(",", ":")).encode()
                yield f"{path.name}-json", b"\1" + small + b"\0" + lists
                out = io.BytesIO()
                with zipfile.ZipFile(out, "w") as z:
                    for k, v in members.items():
                        if not k.startswith((".data", "data/sample")):
                            z.writestr(f"a/{k}", small if k == name else v)
                yield f"{path.name}-small", b"\0" + out.getvalue()
            elif name.endswith(".pt"):
                with zipfile.ZipFile(io.BytesIO(data)) as z:
                    yield f"{path.name}-{name}", b"\2" + z.read("archive/data.pkl")
            elif name == "data.pkl":
                yield f"{path.name}-pkl", b"\3" + data
            elif name.startswith("code/") and name.endswith(".py"):
                yield f"{path.name}-{name}", b"\4" + data


def options():
    n = 0
    for path in [*sorted((ROOT / "tests").rglob("*.sh")), ROOT / "README.md", ROOT / "man/milc.1"]:
        for words in re.findall(r"^(?:try|\"?\$MILC\"?|\.?D?l? ?milc) (.*)", path.read_text(), re.M):
            n += 1
            yield f"line-{n}", re.sub(r"\S+\.mil\b", "a.mil", words).replace(" ", "\n").encode()


def main():
    milc, target, to = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    rows = {"model": lambda: itertools.chain(models(milc), networks(milc)), "weights": weights, "options": options, "torch": torch,
            "text": lambda: texts(milc), "bundle": lambda: [(str(k), bytes([k])) for k in range(8)]}
    to.mkdir(parents=True, exist_ok=True)
    for name, data in rows.get(target, scripts)():
        if len(data) <= LARGEST:
            (to / name.replace("/", "_")).write_bytes(data)


main()
