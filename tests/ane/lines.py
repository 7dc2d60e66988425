"""lines.py: one operation a line, and what `milc ane` says of it.

  OP ARGUMENT…             name:1,8,20,20[:fp32]   an operand of the run (fp16 unless it says otherwise)
                           name=EXPRESSION         a constant, or what the expression makes
                           NAME:…, NAME=…          the same, but only for expressions to use
                           name@2,3                a state
                           >EXPRESSION             what leaves the program, where it is not the result, y

An expression is Python without spaces; operations of mb need no prefix; ones(2,3) are of fp16. Lines become
scripts for iOS18 without passes; each is asked about once, for all families or for one.
"""
import concurrent.futures
import json
import os
import re
import subprocess
import tempfile

OP = re.compile(r"(?<![\w.'\"])([a-z][a-z0-9_]+)\(")
PYTHON = ("ones", "tuple", "range", "int", "float")


def expression(text):
    return OP.sub(lambda m: m[0] if m[1] in PYTHON else "mb." + m[0], text)


def spec(token, sep):
    name, shape, dtype = (*token.split(sep), "fp16")[:3] if sep == ":" else (*token.split(sep), "fp16")
    sizes = ", ".join(shape.split(",")) + ("," if shape and "," not in shape else "")
    kind = "StateTensorSpec" if sep == "@" else "TensorSpec"
    return name, f"mb.{kind}(({sizes}), dtype=types.{dtype})"


def script(line):
    op, *tokens = line.split()
    inputs, passed, before, leaves = [], [], [], "y"
    for t in tokens:
        if t.startswith(">"):
            leaves = expression(t[1:])
        elif re.match(r"\w+=", t):
            name, _, value = t.partition("=")
            if name.isupper():
                before.append(f"    {name} = {expression(value)}\n")
            else:
                passed.append(f"{name}={expression(value)}")
        else:
            name, made = spec(t, "@" if "@" in t else ":")
            inputs.append((name, made))
            if not name.isupper():
                passed.append(f"{name}={name}")
    return (
        "def ones(*s):\n    return np.ones(s, np.float16)\n\n\n"
        f"@mb.program(input_specs=[{', '.join(s for _, s in inputs)}], opset_version=ct.target.iOS18)\n"
        f"def prog({', '.join(n for n, _ in inputs)}):\n{''.join(before)}"
        f"    y = mb.{op}({', '.join(passed)})\n    return {leaves}\n\n\n"
        "model = ct.convert(prog, convert_to='mlprogram', minimum_deployment_target=ct.target.iOS18,\n"
        "                   compute_precision=ct.precision.FLOAT32, pass_pipeline=ct.PassPipeline.EMPTY)\n"
    )


def ask(milc, lines, family):
    """Of each line the reports about its operation, by family, or a text: what was wrong."""

    def one(k):
        path = os.path.join(tmp, f"{k}.mil")
        with open(path, "w") as f:
            f.write(script(lines[k]))
        p = subprocess.run([milc, "ane", "--json", "--family", family, path], capture_output=True, text=True)
        if p.returncode:
            return p.stderr.strip() or f"exit status {p.returncode}"
        found = {}
        for r in json.loads(p.stdout):
            ops = [o for o in r["operations"] if o["op"] == lines[k].split()[0]]
            if not ops:
                return "the program has no such operation: " + " ".join(o["op"] for o in r["operations"])
            found[r["family"]] = ops[-1]
        return found

    with tempfile.TemporaryDirectory() as tmp, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(one, range(len(lines))))


def read(name):
    """Lines of a file beside this one, without comments and empty ones; \\ at the end goes on."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name), encoding="utf-8") as f:
        text = f.read().replace("\\\n", " ")
    return [line for line in text.split("\n") if line.strip() and not line.startswith("#")]
