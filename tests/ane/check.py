#!/usr/bin/env python3
"""check.py: what `milc ane` says, by hand and by measurement: tests/run.sh runs it with MILC.

  bounds.txt   operations on both sides of each bound of their conditions
  single.txt   operations whose conditions hold, beside the test of single operations on M5 (column sweep)
  every operation of `milc ops` has a verdict
  judge.py     another opinion on models of tests/ops, where coremltools is installed
"""
import collections
import json
import os
import re
import subprocess
import sys
import tempfile

import lines

MILC = os.environ["MILC"]
HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
JUDGED = """argsort avg_pool batch_norm cast classify concat cond constexpr_affine_dequantize
constexpr_blockwise_shift_scale constexpr_lut_to_dense constexpr_lut_to_sparse constexpr_sparse_to_dense conv
conv_transpose einsum fill_like gather.ios17 greater layer_norm linear list_write logical_not lstm matmul max_pool
non_zero pad pixel_unshuffle prelu quantize random_normal read_state reduce_argmax reshape_like resize
resize_bilinear scaled_dot_product_attention select shape slice_by_index slice_update space_to_batch tile topk
transpose while_loop""".split()
DIFFER = {"cast", "read_state", "slice_update", "topk", "non_maximum_suppression"}


def said(name, wrong):
    for w in wrong:
        print(f"tests/ane/{name}: {w}", file=sys.stderr)
    print("FAILED" if wrong else "ok", f"tests/ane/{name}")


def families(text):
    first, _, last = text[1:].partition("-H")
    return [f"H{n}" for n in range(int(first), int(last or first) + 1)]


def unlike(got, want):
    """What is wrong with the report about an operation; want is 'met' or 'unmet kW'."""
    verdict, _, word = want.partition(" ")
    if got["verdict"] != verdict:
        return f"{got['verdict']}, expected {want}: " + "; ".join(f["clause"] for f in got["findings"])
    broken = [f["clause"] for f in got["findings"] if f["kind"] == "hard" and f["holds"] == "no"]
    return "" if any(word in b for b in broken or [""]) else f"{broken} do not hold, expected {word}"


def bounds():
    cases = [line.rsplit(" -> ", 1) for line in lines.read("bounds.txt")]
    wrong = []
    for (line, want), got in zip(cases, lines.ask(MILC, [c[0] for c in cases], "all")):
        if isinstance(got, str) or want.startswith("error "):
            if not want.startswith("error ") or want[6:] not in got:
                wrong.append(f"{line}: expected {want}: {got}")
            continue
        for part in want.split(", "):
            who, _, what = part.partition(" ")
            for f in families(who):
                why = unlike(got[f], what)
                if why:
                    wrong.append(f"{line}: {f}: {why}")
    ops = {line.split()[0] for line, _ in cases}
    print(f"ane: {len(cases)} operations of {len(ops)} kinds on both sides of bounds", file=sys.stderr)
    said("bounds.txt", wrong)


def single():
    """pass and runs: on the engine, or free; the rest not on the engine."""
    cases, wrong, count = lines.read("single.txt"), [], collections.Counter()
    differ = set()
    for line, got in zip(cases, lines.ask(MILC, cases, "M5")):
        if isinstance(got, str):
            wrong.append(f"{line}: {got}")
            continue
        r = got["H17"]
        count[r["verdict"]] += 1
        placed = r["expected"] in ("engine", "free") if r["sweep"] in ("pass", "runs") else r["expected"] != "engine"
        if r["sweep"] is None:
            count["without a test"] += 1
        elif placed:
            count["as tested"] += 1
        elif r["op"] in DIFFER:
            differ.add(r["op"])
        else:
            why = "; ".join(f["clause"] for f in r["findings"])
            wrong.append(f"{line}: expected {r['expected']} ({r['verdict']}: {why}), the sweep says {r['sweep']}")
    print("ane: single operations on M5: " + ", ".join(f"{n} {k}" for k, n in sorted(count.items())), file=sys.stderr)
    print("ane: other than tested: " + ", ".join(sorted(differ)), file=sys.stderr)
    wrong += [f"{op} is as tested" for op in sorted(DIFFER - differ)]
    seen = {line.split()[0] for line in cases}
    tested = {r[0] for r in table() if r[11] != "-" and not r[0].startswith("constexpr_")}
    wrong += [f"no line of {op}" for op in sorted(tested - seen - {"conv_quantized"})]
    said("single.txt", wrong)


def table():
    with open(os.path.join(TOP, "src/ane/ops.tsv"), encoding="utf-8") as f:
        return [line.rstrip("\n").split("\t") for line in f][1:]


def every():
    rows = {r[0]: r for r in table()}
    names = {o["name"] for o in json.loads(subprocess.check_output([MILC, "ops", "--json"]))}
    facts = os.path.join(os.environ.get("MILC_SHARED", os.path.join(TOP, "../shared")), "facts/ops.tsv")
    if os.path.exists(facts):
        with open(facts, encoding="utf-8") as f:
            names |= {line.split("\t")[0] for line in f} - {"op"}
    wrong = [f"{n} has no row" for n in sorted(names - set(rows))]
    for n in sorted(names & set(rows)):
        p = subprocess.run([MILC, "ane", "--explain", n], capture_output=True, text=True)
        lowered = re.search("lowered", rows[n][5])
        first = p.stdout.partition("\n")[0]
        if first != f"{n}: {rows[n][3]}" or (lowered and "lowered" not in p.stdout):
            wrong.append(f"--explain {n}: '{first}'{p.stderr[:200]}")
    said("ops.tsv", wrong)


def judge():
    python = os.path.join(TOP, "build/venv/bin/python")
    if not os.path.exists(python):
        print("ane: no coremltools in build/venv: nobody else was asked", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as tmp:
        for name in JUDGED:
            script = os.path.join(TOP, f"tests/ops/{name}.mil")
            with open(script, encoding="utf-8") as f:
                first = f.readline()
            options = first.removeprefix("# milc:").replace("fp32", "fp16").split() if "# milc:" in first else []
            out = os.path.join(tmp, name + ".mlpackage")
            subprocess.run([MILC, *options, script, "-o", out], capture_output=True, check=True)
        p = subprocess.run([python, os.path.join(HERE, "judge.py"), MILC, tmp], capture_output=True, text=True)
    wrong = [] if p.returncode == 0 else [p.stdout + p.stderr]
    print("\n".join(wrong or p.stdout.splitlines()[:1]), file=sys.stderr)
    said("judge.py", wrong)


for run in (bounds, single, every, judge):
    if len(sys.argv) < 2 or run.__name__ in sys.argv:
        run()
