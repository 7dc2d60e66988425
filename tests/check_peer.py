#!/usr/bin/env python3
"""Runs scripts in CPython with coremltools and in milc, and compares output and models.

  check_peer.py MILC COMPARE.py [SCRIPT…]

Without scripts: all of examples/, examples/course/ and tests/ that compile (no .err beside them), and what
`milc probe all` makes. A line
`# peer: differs, WHY` in a script says that the released coremltools is known to build something
else; such a script only has to compile. What `# milc: OPTIONS` in a script's first line says of the
form, the target and the precision, ct.convert is told too. Ends with `N passed, N failed`.
"""
import contextlib
import glob
import importlib.util
import io
import multiprocessing
import os
import re
import shlex
import subprocess
import sys
import tempfile
import warnings

PRELUDE = (
    "import numpy as np; import coremltools as ct; import coremltools; "
    "from coremltools.converters.mil import Builder as mb; "
    "from coremltools.converters.mil.mil import types, get_new_symbol, Program, Function"
)


# What the command line can say in place of ct.convert's arguments; tried on tests/flags/*.mil.
FLAGS = [(["-t", "neuralnetwork", "--target", "iOS14"], {"convert_to": "neuralnetwork", "target": "iOS14"})] + [
    (["--target", t, "--precision", p], {"target": t, "precision": "FLOAT" + p[2:]})
    for t in ("iOS15", "iOS16", "iOS17", "iOS18")
    for p in ("fp16", "fp32")
]


def meaning(options):
    """The arguments of ct.convert that options of milc stand for; None where there are others."""
    meant = {}
    for name, value in zip(options[::2], options[1::2]):
        key = {"-t": "convert_to", "--target": "target", "--precision": "precision"}.get(name)
        if not key:
            return None
        meant[key] = value.upper().replace("FP", "FLOAT") if key == "precision" else value
    return None if len(options) % 2 else meant


def among_links(folder, out):
    """A folder with links to what stands in that one: what a script writes does not stay beside it."""
    here = os.path.join(os.path.dirname(os.path.abspath(out)), "beside")
    os.mkdir(here)
    for name in os.listdir(folder):
        os.symlink(os.path.join(folder, name), os.path.join(here, name))
    return here


def peer(script, out, flags=None):
    """Runs the script; writes its models into `out`; returns (text, files, whether it saves)."""
    import coremltools as ct
    from coremltools.converters.mil.mil import Program

    saved, made = [], []
    convert = ct.convert

    def recording_convert(*a, **k):
        k.setdefault("skip_model_load", True)
        if flags and "convert_to" in flags:
            k["convert_to"] = flags["convert_to"]
        if flags and "target" in flags:
            k["minimum_deployment_target"] = getattr(ct.target, flags["target"])
        if flags and "precision" in flags:
            k["compute_precision"] = getattr(ct.precision, flags["precision"])
        made.append(convert(*a, **k))
        return made[-1]

    def recording_save(model, path, **k):
        base = os.path.basename(str(path))
        if os.path.splitext(base)[1] not in ("", ".mlmodel", ".mlpackage"):
            save(model, path, **k)  # which says what it thinks of that
        saved.append((base, model))

    text = io.StringIO()
    cwd, argv = os.getcwd(), sys.argv
    os.chdir(among_links(os.path.dirname(script), out))
    sys.argv = [os.path.basename(script)]
    save, ct.models.MLModel.save, ct.convert = ct.models.MLModel.save, recording_save, recording_convert
    try:
        scope = {"__name__": "__main__", "__file__": script}
        exec(PRELUDE, scope)
        with open(script, encoding="utf-8-sig") as f:
            source = f.read()
        with contextlib.redirect_stdout(text), contextlib.redirect_stderr(io.StringIO()):
            exec(compile(source, os.path.basename(script), "exec"), scope)
            if not made and not saved:
                programs = [v for v in scope.values() if isinstance(v, Program)]
                recording_convert(programs[-1])
    finally:
        ct.models.MLModel.save, ct.convert = save, convert
        os.chdir(cwd)
        sys.argv = argv
    models = saved or [("model", made[-1])]
    files = []
    for base, model in models:
        program = model.get_spec().WhichOneof("Type") == "mlProgram"
        if "." not in base:
            base += ".mlpackage" if program else ".mlmodel"
        path = os.path.join(out, base)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            model.save(path)
        files.append(base)
    return text.getvalue(), files, bool(saved)


def near(want, got):
    """Equal text, but for the last digits of fractions."""
    number = re.compile(r"-?\d+\.\d*(?:e[-+]?\d+)?|-?\d+e[-+]?\d+")
    if number.sub("#", want) != number.sub("#", got):
        return False
    pairs = zip(number.findall(want), number.findall(got))
    return all(abs(float(x) - float(y)) <= 1e-6 * max(1e-3, abs(float(x))) for x, y in pairs)


def comparer(path):
    """The module that compares two models."""
    spec = importlib.util.spec_from_file_location("compare_models", path)
    compare = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(compare)
    return compare


def one(args):
    script, milc, compare_path, flags = args
    given, meant = flags or ([], None)
    warnings.filterwarnings("ignore")
    compare = comparer(compare_path)
    with open(script, encoding="utf-8-sig") as f:
        source = f.read()
    options = re.match(r"# milc: (.*)", source)
    if options:
        given = shlex.split(options[1])
        meant = meaning(given)
        if meant is None:
            return script, True, "has options of its own: not compared"
    if "# peer: differs" in source:
        return script, True, "known to differ"
    with tempfile.TemporaryDirectory() as tmp:
        a, b = os.path.join(tmp, "peer"), os.path.join(tmp, "milc")
        os.mkdir(a)
        try:
            text, files, saved = peer(script, a, meant)
        except BaseException as e:
            return script, False, f"coremltools refuses it: {type(e).__name__}: {str(e)[:200]}"
        out = b + "/" if saved else os.path.join(b, files[0])
        p = subprocess.run([milc, os.path.basename(script), "-o", out, *given], cwd=os.path.dirname(script),
                           capture_output=True, text=True)
        if p.returncode:
            return script, False, "milc refuses it: " + p.stderr[:300]
        if not near(text, p.stdout):
            for x, y in zip(text.splitlines() + [None], p.stdout.splitlines() + [None]):
                if x != y:
                    return script, False, f"prints {y!r}, coremltools {x!r}"
        for base in files:
            try:
                d = compare.compare(os.path.join(a, base), os.path.join(b, base))
            except Exception as e:
                return script, False, f"{base}: {type(e).__name__}: {e}"
            if not d.same:
                return script, False, f"{base}: " + "; ".join(d.reports[:3])
    return script, True, ""


def main():
    milc, compare = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    scripts = [os.path.abspath(s) for s in sys.argv[3:]]
    if not scripts:
        top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        folders = ("examples", "examples/course", "tests/**")
        found = [s for f in folders for s in glob.glob(f"{top}/{f}/*.mil", recursive=True)]
        scripts = [s for s in sorted(found) if not os.path.exists(s[:-4] + ".err")]
        probes = tempfile.TemporaryDirectory()
        subprocess.run([milc, "probe", "all", "-o", probes.name + "/all"], check=True)
        scripts += sorted(glob.glob(probes.name + "/all/*.mil"))
    jobs = [(s, milc, compare, None) for s in scripts]
    jobs += [(s, milc, compare, f) for s in scripts if "/tests/flags/" in s for f in FLAGS]
    failed = 0
    import coremltools  # noqa: F401  once for all the processes that follow
    # A process for each script: names that are counted, and passes and ops that it registers, are its own.
    with multiprocessing.Pool(2, maxtasksperchild=1) as pool:
        for job, (script, ok, why) in zip(jobs, pool.imap(one, jobs)):
            if not ok:
                failed += 1
                print(f"FAILED {os.path.relpath(script)} {' '.join(job[3][0]) if job[3] else ''}: {why}")
    print(f"{len(jobs) - failed} passed, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
