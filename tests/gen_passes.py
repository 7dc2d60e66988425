#!/usr/bin/env python3
"""Random programs through every pass, and through every way to compute: what differs is a fault of milc.

  gen_passes.py [--seed N] [--count N] [--jobs N] [--keep DIR] [--first] [--counts] [--least N] [--kernels]
  gen_passes.py --show SEED          prints the program of one seed

A program is well typed by construction and made of its seed alone: operations (gen_ops.py, gen_layers.py,
gen_rare.py), patterns that passes look for (gen_motifs.py, gen_motifs_shapes.py, gen_more.py), nested blocks and
symbolic sizes, for one of the targets, in half or single precision. gen_bounds.py keeps its values small; one whose
values leave the range of half precision all the same is drawn again. `milc --verify-passes` runs each before and after
each pass; the first line of the script says with which options. --kernels compares ways to compute instead
(gen_kernels.py).

Prints `FAILED gen_passes SEED` and what milc said, or `ok gen_passes`, and with --counts how many programs each pass
changed and each operation stands in; --least N asks for so many of each. Ends with `N passed, N failed`.
"""
import argparse
import collections
import glob
import concurrent.futures
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

import gen_kernels
import gen_more
import gen_motifs
import gen_motifs_shapes
import gen_ops
import gen_layers
import gen_programs
import gen_rare
from gen_tame import Program

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MILC = os.path.abspath(os.environ.get("MILC") or os.path.join(TOP, "build/milc"))
# There are others for these, which keep numbers exact.
OURS = (gen_layers.cond, gen_layers.loop, gen_layers.attention, gen_layers.small_int, gen_ops.einsum)
MAKERS = {**{f: 1.5 * n for f, n in gen_programs.MAKERS.items() if f not in OURS}, **gen_rare.MAKERS}
MOTIFS = {**gen_motifs.MOTIFS, **gen_motifs_shapes.MOTIFS, **gen_more.MOTIFS}
# What runs besides the passes of a conversion, or instead of them: how often, the options, and what they are about.
EXTRA = [
    (72, "", []), (16, "--passes=ane[cap=16],dead_code_elimination", gen_rare.ENGINE),
    (4, "--passes=+scaled_dot_product_attention_sliced_q[min_seq_length=2,seq_length_divider=2]",
     [gen_rare.long_query]),
    (4, "--passes=reorder_lut_per_channel_scale,noop_elimination,dead_code_elimination", [gen_more.scaled_table]),
    (4, "--passes=+WeightDecompressor", [gen_more.constexpr]),
]


def convert(g, outs):
    """The calls around the program; a list of passes of its own would leave pictures as they are."""
    r = g.r
    args = ["prog"]
    if g.network:
        args.append('convert_to="neuralnetwork"')
        args.append(f"minimum_deployment_target=ct.target.iOS{g.target}")
    else:
        args.append(f"minimum_deployment_target=ct.target.iOS{g.target}")
        args.append(f"compute_precision=ct.precision.FLOAT{16 if g.half else 32}")
    pictures = [(n, s) for n, s, d in g.features if len(s) == 4 and d == "fp32" and all(isinstance(k, int) for k in s)
                and s[0] == 1 and 3 in (s[1], s[3]) and n not in map(str, outs)]
    if pictures and not g.plain and not g.listed and r.random() < 0.7:
        name, s = r.choice(pictures)
        last = s[3] == 3 and (s[1] != 3 or r.random() < 0.5)
        args.append(f'inputs=[ct.ImageType(name="{name}", shape={s}, scale=0.5, bias=[-0.5, 0.25, 0]'
                    f"{', channel_first=False' if last else ''})]")
    elif g.symbols and not g.listed and r.random() < 0.6:
        args.append(f"inputs=[{', '.join(sized(g))}]")
    classes = [v for v in outs if v.rank == 2 and v.shape[0] == 1 and v.static and v.dtype == "fp32"]
    if classes and not g.plain and not g.listed and len(args) == 3 and r.random() < 0.7:
        v = g.r.choice(classes)
        g.put(f'p = mb.softmax(x={v}, name="p")')
        outs[outs.index(v)] = "p"
        args.append(f'classifier_config=ct.ClassifierConfig([str(k) for k in range({v.shape[1]})], "label", "p")')
    return f"\nct.convert({', '.join(args)})\n"


def sized(g):
    """Symbolic sizes as ranges, or as a few shapes where one input alone has them."""
    unknown = [(name, shape) for name, shape, _ in g.features if any(isinstance(d, str) for d in shape)]
    few = len(unknown) == 1 and g.chance(0.5)
    for name, shape in unknown:
        if few:
            shapes = [tuple(n if isinstance(d, str) else d for d in shape) for n in (2, 3, 5)]
            yield f'ct.TensorType(name="{name}", shape=ct.EnumeratedShapes(shapes={shapes}))'
        else:
            dims = ", ".join("ct.RangeDim(1, 8, default=2)" if isinstance(d, str) else str(d) for d in shape)
            yield f'ct.TensorType(name="{name}", shape=ct.Shape(({dims},)))'


def script(g):
    """The program as text."""
    _, g.options, g.wanted = EXTRA[0] if g.network else g.r.choices(EXTRA, [row[0] for row in EXTRA])[0]
    g.listed = "=" in g.options and "=+" not in g.options
    if "sliced_q" in g.options or "lut" in g.options:
        g.target = g.opset = g.version = 18
    g.inputs()
    for k in range(g.r.randint(9, 22)):
        if g.wanted and k % 5 == 2:
            g.place(g.r.choice(g.wanted))
        else:
            g.step()
    outs = g.outputs()
    end = convert(g, outs)
    g.put("return " + ", ".join(map(str, outs)))
    specs = []
    for name, shape, dtype in g.features:
        size = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
        specs.append((name, f"mb.TensorSpec(shape=({size}), dtype=types.{dtype})"))
    specs += [(name, f"mb.StateTensorSpec(shape={shape}, dtype=types.fp16)") for name, shape in g.states]
    head = [f"# milc: {g.options}"] if g.options else []
    head += ["import numpy as np", "import coremltools as ct", "from coremltools.converters.mil import Builder as mb",
             "from coremltools.converters.mil.mil import types, get_new_symbol", "",
             f"rng = np.random.RandomState({g.number_of_arrays})"]
    head += [f'{s} = get_new_symbol("{s}")' for s in g.symbols] + ["", ""]
    head += [f"@mb.program(input_specs=[{', '.join(s for _, s in specs)}], opset_version=ct.target.iOS{g.opset})",
             f"def prog({', '.join(n for n, _ in specs)}):"]
    return "\n".join(head + g.lines) + "\n" + end


def program(seed, draw=0, plain=False, networks=True):
    """(the program, its text); a plain one takes no pictures and is no classifier."""
    g = Program(seed, draw, networks)
    g.makers, g.motifs, g.plain = MAKERS, MOTIFS, plain
    return g, script(g)


def make(seed):
    return program(seed)[1]


OPERATION = re.compile(r"\bmb\.(\w+)\(")
NOT_OPERATIONS = {"program", "TensorSpec", "StateTensorSpec"}


def operations(text):
    found = [op for op in OPERATION.findall(text) if op not in NOT_OPERATIONS]
    return found + ["classify"] if "classifier_config" in text else found


def options(text):
    first = text.split("\n", 1)[0]
    return first[len("# milc: "):].split() if first.startswith("# milc: ") else []


CHANGED = re.compile(r" ms  (\w+)::(\w+), changed")
PASSED = "passes checked, 0 differences"
REFUSED = "the program cannot be run here"
BEYOND = "before the first pass, and half precision ends"


class Result:
    def __init__(self, seed, wrong, text, changed=(), drawn=0):
        self.seed, self.wrong, self.text, self.changed, self.drawn = seed, wrong, text, changed, drawn


def judged(seed, folder, plain=False):
    """Compiles the program of this seed; one whose values leave half precision's range is drawn again. What milc makes
    of one that differs stays beside it."""
    path = os.path.join(folder, f"p{seed}.mil")
    for draw in range(20):
        text = program(seed, draw, plain, not plain)[1]
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        out = os.path.join(folder, f"o{seed}", "")
        os.makedirs(out, exist_ok=True)
        run = subprocess.run([MILC, path, "-o", out, "--verify-passes", "--time-passes", "--quiet", *options(text)],
                             capture_output=True, text=True, timeout=120)
        for name in glob.glob(os.path.join(out, "*.mil")) + glob.glob(os.path.join(out, "*.npz")):
            shutil.move(name, os.path.join(folder, os.path.basename(name)))
        shutil.rmtree(out, ignore_errors=True)
        if BEYOND not in run.stderr:
            break
    errors = [line for line in run.stderr.splitlines() if "error: " in line]
    written = not run.returncode or errors and all("NeuralNetwork" in line for line in errors)
    refused = REFUSED in run.stderr and "mb.complex_" not in text
    good = PASSED in run.stderr and written and not refused  # what networks cannot say is no matter of the passes
    if good:
        os.remove(path)
    changed = {name for _, name in CHANGED.findall(run.stdout + run.stderr)}
    return Result(seed, "" if good else run.stderr or f"exit status {run.returncode}", text, changed, draw)


def said(text):
    """Of all that milc said, what is about the failure."""
    lines = [line for line in text.splitlines() if not CHANGED.search(line)]
    first = next((k for mark in ("error:", REFUSED) for k, line in enumerate(lines) if mark in line), 0)
    return lines[first:first + 8]


def judged_kernels(seed, folder, _=True):
    """Runs the program of this seed in several ways; it is a plain one."""
    path = os.path.join(folder, f"p{seed}.mil")
    g, text = program(seed, plain=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    given = gen_kernels.inputs(g.features, seed)
    wrong = gen_kernels.check(MILC, path, text, given, gen_kernels.ways(seed, ISAS), options(text))
    if not wrong:
        os.remove(path)
    return Result(seed, wrong, text)


# Passes that no program of these changes, each with the reason.
NEVER = {
    **dict.fromkeys(("WeightRandomizer", "linear_quantize_weights", "palettize_weights", "prune_weights",
                     "insert_prefix_quantize_dequantize_pair", "insert_suffix_quantize_dequantize_pair"),
                    "changes numbers, which is what it is for"),
    **dict.fromkeys(("torch_tensor_assign_to_core", "torch_upsample_to_core_upsample", "update_output_dtypes"),
                    "rewrites what only a PyTorch file has"),
    "materialize_symbolic_shape_program": "makes several functions of one",
    "handle_return_unused_inputs": "is handle_return_inputs_as_outputs under another name",
    "alert_return_type_cast": "warns and changes nothing",
}


class Tally:
    """What the programs had in them, and what became of them."""

    def __init__(self):
        self.sizes, self.changed, self.used = [], collections.Counter(), collections.Counter()
        self.drawn = self.failed = 0

    def add(self, result):
        ops = operations(result.text)
        self.sizes.append(len(ops) - ops.count("const"))
        self.used.update(set(ops))
        self.changed.update(result.changed)
        self.drawn += result.drawn
        if result.wrong:
            self.failed += 1
            first, *rest = said(result.wrong)
            print(f"FAILED gen_passes {result.seed}: {first}", flush=True)
            print("\n".join(rest), file=sys.stderr, end="\n" if rest else "", flush=True)

    def report(self, least):
        """Prints the counts; how many of them are below the least that they should be."""
        middle = statistics.median(self.sizes)
        print(f"{len(self.sizes)} programs, median {middle} operations, {self.drawn} drawn again")
        few = 0
        for what, counts, names in (("passes that changed a program", self.changed, passes()),
                                    ("operations", self.used, evaluated())):
            print(f"{what}: " + ", ".join(f"{name} {counts[name]}" for name in sorted(names)))
            rare = [name for name in sorted(names) if counts[name] < least]
            few += len(rare)
            if rare:
                print(f"FAILED gen_passes: fewer than {least} programs have the {what} " + ", ".join(rare))
        return few


def passes():
    with open(os.path.join(TOP, "src/pass/passes.def"), encoding="utf-8") as f:
        return set(re.findall(r"^(?:PASS|FUNC|REWRITE)\((\w+),", f.read(), re.M)) - set(NEVER)


def evaluated():
    listing = subprocess.run([MILC, "ops"], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"^(\w+)  \(", listing, re.M))


def isas():
    """The instruction sets of this processor that milc has kernels for."""
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        flags = set(f.read().split())
    return ["plain"] + [isa for isa, flag in (("avx2", "avx2"), ("avx512", "avx512f")) if flag in flags]


ISAS = isas() if os.path.exists("/proc/cpuinfo") else ["plain"]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--count", type=int, default=100)
    p.add_argument("--jobs", type=int, default=1)
    p.add_argument("--keep", default="", help="a folder for the programs that fail")
    p.add_argument("--first", action="store_true", help="end at the first program that fails")
    p.add_argument("--counts", action="store_true", help="print how often each pass and operation came")
    p.add_argument("--least", type=int, default=0, help="how often each must come")
    p.add_argument("--plain", action="store_true", help="only what milc reduce writes: no pictures, classes, networks")
    p.add_argument("--kernels", action="store_true", help="compare ways to compute instead of passes")
    p.add_argument("--show", type=int, help="print the program of this seed")
    a = p.parse_args()
    if a.show is not None:
        print(make(a.show), end="")
        return
    if a.kernels and not gen_kernels.has(MILC, "--reference"):
        sys.exit(f"{MILC} run has no option --reference to compare with")
    judge, tally, few = judged_kernels if a.kernels else judged, Tally(), 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(a.jobs) as pool:
        if a.keep:
            os.makedirs(a.keep, exist_ok=True)
        for result in pool.map(lambda s: judge(s, a.keep or folder, a.plain), range(a.seed, a.seed + a.count)):
            tally.add(result)
            if a.first and tally.failed:
                pool.shutdown(cancel_futures=True)
                break
    if a.counts or a.least:
        few = tally.report(0 if a.kernels else a.least)
    if not tally.failed:
        print(f"ok gen_passes {'--kernels ' if a.kernels else ''}--seed {a.seed} --count {a.count}")
    print(f"{len(tally.sizes) - tally.failed} passed, {tally.failed} failed")
    sys.exit(tally.failed + few != 0)


if __name__ == "__main__":
    main()
