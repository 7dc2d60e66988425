#!/usr/bin/env python3
"""Converts fresh modules with milc and with coremltools, from files saved both ways.

  check.py MILC COMPARE.py [FIRST [COUNT]]

Each seed makes a module (modules.py) that torch.export.save and torch.jit.save write. Both converters read
the files; their models are compared by structure, and what `milc run` computes from milc's (fp32) with
what the module itself does. What the peer refuses, or gets wrong against torch, counts apart. Scripts of
registered.py and modules of preprocess.py follow. Ends with `N passed, N failed`, the rates for each way of
saving above it.
"""
import contextlib
import importlib.util
import io
import logging
import multiprocessing
import os
import subprocess
import sys
import tempfile
import traceback
import warnings

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import modules  # noqa: E402
import preprocess  # noqa: E402
import registered  # noqa: E402

WAYS = ("export", "script", "training", "registered", "preprocess")


def save(seed, folder):
    """The module's files, its inputs and what it computes: (how -> path, inputs, outputs, source)."""
    import torch

    torch.manual_seed(seed)
    source, inputs = modules.module(seed)
    names = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional}
    exec(source, names)
    m = names["M"]().eval()
    args = tuple(inputs.values())
    with torch.no_grad():
        out = m(*args)
        paths = {"export": f"{folder}/m.pt2", "script": f"{folder}/m.pt", "training": f"{folder}/t.pt2"}
        made = torch.export.export(m, args)
        torch.export.save(made, paths["training"])
        torch.export.save(made.run_decompositions({}), paths["export"])
        torch.jit.save(torch.jit.trace(m, args, check_trace=False), paths["script"])
    return paths, inputs, out, source


def script(way, path, inputs, precision):
    """What both run: a script that loads the file and converts it."""
    load = "torch.jit.load" if way == "script" else "torch.export.load"
    given = ""
    if way == "script":
        types = {"int32": "np.int32", "float32": "np.float32", "bool": "bool"}
        given = ", inputs=[" + ", ".join(
            f"ct.TensorType(name='{n}', shape={tuple(t.shape)}, dtype={types[str(t.dtype).split('.')[1]]})"
            for n, t in inputs.items()) + "]"
    return (f"import numpy as np\nimport torch\nimport coremltools as ct\n\nm = {load}('{path}')\n"
            f"model = ct.convert(m{given}{precision})\n")


def peer(text, out):
    """None, or why the peer refuses."""
    from coremltools.models.utils import save_spec  # noqa: F401

    names = {}
    try:
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            exec(text, names)
            names["model"].save(out)
    except Exception as e:
        return f"{type(e).__name__}: {str(e).splitlines()[0] if str(e) else ''}"
    return None


def run(milc, *args):
    p = subprocess.run([milc, *args], capture_output=True, text=True, errors="replace", timeout=120)
    return None if p.returncode == 0 else (p.stderr.strip().splitlines() or ["exit %d" % p.returncode])[0]


def numbers(milc, package, inputs, out, folder):
    """None, or how far what milc computes is from what torch does."""
    np.savez(f"{folder}/in.npz", **{n: t.numpy() for n, t in inputs.items()})
    why = run(milc, "run", package, "-i", f"{folder}/in.npz", "-o", f"{folder}/out.npz")
    if why:
        return why
    got = list(np.load(f"{folder}/out.npz").values())[0]
    want = out.detach().numpy().astype(np.float64)
    if got.size != want.size:
        return f"{got.shape} instead of {want.shape}"
    got = got.reshape(want.shape).astype(np.float64)
    if not np.allclose(got, want, rtol=1e-3, atol=1e-3, equal_nan=True):
        return f"numbers differ by {np.abs(got - want).max():.3g}"
    return None


def one(way, milc, compare, text, exact, inputs, out, folder):
    """"same", "refused" (by both), "apart" (the peer alone) or what is wrong."""
    for name, body in (("case", text), ("exact", exact)):
        with open(f"{folder}/{name}.mil", "w") as f:
            f.write(body)
    mine = run(milc, f"{folder}/case.mil", "-o", f"{folder}/mine.mlpackage")
    theirs = peer(text, f"{folder}/peer.mlpackage")
    if theirs and mine:
        return "refused"
    if theirs:
        return "apart"
    if mine:
        return mine
    d = compare.compare(f"{folder}/peer.mlpackage", f"{folder}/mine.mlpackage")
    if not d.same:
        return d.reports[0]
    why = run(milc, f"{folder}/exact.mil", "-o", f"{folder}/exact.mlpackage")
    return why or numbers(milc, f"{folder}/exact.mlpackage", inputs, out, folder) or "same"


def training(milc, path, inputs, out, folder):
    """A file straight from torch.export.export, which the command line takes."""
    why = run(milc, path, "--precision", "fp32", "-o", f"{folder}/t.mlpackage")
    return why or numbers(milc, f"{folder}/t.mlpackage", inputs, out, folder) or "same"


def forget():
    """The peer's table of conversions as it was before a script added to it."""
    from coremltools.converters.mil.frontend.torch import torch_op_registry as r

    table = r._TORCH_OPS_REGISTRY.name_to_func_mapping
    if not hasattr(forget, "table"):
        forget.table = dict(table)
    table.clear()
    table.update(forget.table)


def check_registered(job):
    """A script of registered.py, over both kinds of file: the peer's model, or refused by both."""
    import torch

    (name, expression, functions), milc, compare_path = job
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    compare = load_compare(compare_path)
    names = {"torch": torch, "nn": torch.nn}
    text = registered.source(expression)
    exec(text, names)
    m, args = names["M"]().eval(), (torch.rand(2, 3), torch.rand(2, 3))
    found = []
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        torch.export.save(torch.export.export(m, args).run_decompositions({}), f"{folder}/m.pt2")
        torch.jit.save(torch.jit.trace(m, args, check_trace=False), f"{folder}/m.pt")
        here = os.getcwd()
        os.chdir(folder)
        inputs = dict(zip("xy", args))
        for way, path in (("export", "m.pt2"), ("script", "m.pt")):
            forget()
            head, body = script(way, path, inputs, "").split("\n\n", 1)
            whole = registered.HEAD + functions + "\n" + body
            with open("case.mil", "w") as f:
                f.write(whole)
            mine = run(milc, "case.mil", "-o", "mine.mlpackage")
            theirs = peer(whole, "peer.mlpackage")
            if mine or theirs:
                found.append("refused" if mine and theirs else mine or "taken, but not by the peer")
                continue
            d = compare.compare("peer.mlpackage", "mine.mlpackage")
            found.append("same" if d.same else d.reports[0])
        forget()
        os.chdir(here)
    return name, functions, found


def check_preprocess(job):
    """A module of preprocess.py."""
    case, milc, compare_path = job
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    compare, here = load_compare(compare_path), os.getcwd()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        os.chdir(folder)
        try:
            found = preprocess.check(case, milc, compare)
        except Exception:
            found = traceback.format_exc().splitlines()[-1]
        os.chdir(here)
    return case[0], case[2], [found]


def load_compare(path):
    sys.path.insert(0, os.path.dirname(path))
    spec = importlib.util.spec_from_file_location("compare", path)
    compare = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(compare)
    return compare


def check(job):
    seed, milc, compare_path = job
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    compare = load_compare(compare_path)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            with contextlib.redirect_stderr(io.StringIO()):
                paths, inputs, out, source = save(seed, folder)
        except Exception as e:  # the row asks torch for what it has not
            return seed, "", {"save": f"{type(e).__name__}: {e}"}
        here = os.getcwd()
        os.chdir(folder)
        try:
            for way in ("export", "script"):
                text = script(way, os.path.basename(paths[way]), inputs, "")
                exact = script(way, os.path.basename(paths[way]), inputs, ", compute_precision=ct.precision.FLOAT32")
                found[way] = one(way, milc, compare, text, exact, inputs, out, folder)
            found["training"] = training(milc, paths["training"], inputs, out, folder)
        except Exception:
            found["check"] = traceback.format_exc().splitlines()[-1]
        os.chdir(here)
    return seed, source, found


def main():
    milc, compare = map(os.path.abspath, sys.argv[1:3])
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 220
    tally = {w: {"same": 0, "refused": 0, "apart": 0, "wrong": 0} for w in WAYS}
    unsaved = 0
    with multiprocessing.get_context("spawn").Pool(os.cpu_count() or 1) as pool:
        jobs = [(s, milc, compare) for s in range(first, first + count)]
        for seed, source, found in pool.imap_unordered(check, jobs):
            unsaved += "save" in found
            for way, what in found.items():
                if way not in tally:
                    print(f"seed {seed}: {way}: {what}")
                    continue
                tally[way][what if what in ("same", "refused", "apart") else "wrong"] += 1
                if what not in ("same", "refused", "apart"):
                    print(f"FAILED seed {seed}, {way}: {what}\n    " + source.strip().replace("\n", "\n    "))
        for way, run_case, cases in (("registered", check_registered, registered.CASES),
                                     ("preprocess", check_preprocess, preprocess.CASES)):
            jobs = [(c, milc, compare) for c in cases]
            for name, source, found in pool.imap_unordered(run_case, jobs):
                for what in found:
                    known = what in ("same", "refused")
                    tally[way][what if known else "wrong"] += 1
                    if not known:
                        print(f"FAILED {way} {name}: {what}\n    " + source.strip().replace("\n", "\n    "))
    for way, n in tally.items():
        print(f"{way}: {n['same']} the same, {n['wrong']} not, {n['refused']} refused by both, "
              f"{n['apart']} by the peer alone")
    if unsaved:
        print(f"{unsaved} could not be saved")
    print(f"{sum(n['same'] for n in tally.values())} passed, {sum(n['wrong'] for n in tally.values())} failed")
    return any(n["wrong"] for n in tally.values())


if __name__ == "__main__":
    sys.exit(main())
