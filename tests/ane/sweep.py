#!/usr/bin/env python3
"""What milc expects of single operations on M5, and what a sweep over such programs found there.

`milc probe all` makes a program of each operation, in a shape and type that meets the conditions of its row;
`milc ane --family M5` must say of each what results.csv has. The column sweep_M5 of ops.tsv has what others
measured on programs of one operation: pass or runs where the engine took it, not-implemented or compile-fail where it
did not. What costs nothing is on no device, and goes with both. Operations in MAY_DIFFER do: their sources
conflict, or the sweep asked in another way. Prints `ok` or `FAILED` and, on standard error, the counts.
"""
import collections
import csv
import json
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MILC = os.path.abspath(os.environ.get("MILC") or os.path.join(TOP, "build/milc"))
MAY_DIFFER = {"cast", "read_state", "slice_update", "topk", "non_maximum_suppression"}
ON_ENGINE = {"pass": "engine", "runs": "engine", "not-implemented": "elsewhere", "compile-fail": "elsewhere"}


def milc(*args, cwd):
    p = subprocess.run([MILC, *args], cwd=cwd, capture_output=True, text=True, timeout=120)
    if p.returncode:
        sys.exit(f"milc {' '.join(args)}: exit status {p.returncode}\n{p.stderr}")
    return p.stdout


def table(path, **how):
    with open(path, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f, **how))


def reported(script, op, cwd):
    """(verdict, expected) of the operation in the report about the script."""
    report = json.loads(milc("ane", "--family", "M5", "--json", script, cwd=cwd))[0]["operations"]
    for o in report:
        if o["name"] == op:
            return o["verdict"], o["expected"]
    return "folded", "free"


def main():
    rows = {r["op"]: r for r in table(f"{TOP}/src/ane/ops.tsv", delimiter="\t", quoting=csv.QUOTE_NONE)}
    verdicts, agreed, differ, wrong = collections.Counter(), collections.Counter(), [], []
    with tempfile.TemporaryDirectory() as tmp:
        milc("probe", "all", "-o", "all", cwd=tmp)
        for r in table(f"{tmp}/all/results.csv"):
            op, got = r["file"], (r["verdict"], r["expected"])
            found = reported(f"{op}.mil", r["op"], f"{tmp}/all")
            if found != got:
                wrong.append(f"{op}: the report says {found}, results.csv {got}")
            verdicts[got] += 1
            sweep = rows[op]["sweep_M5"]
            if sweep not in ON_ENGINE:
                agreed["not in the sweep"] += 1
            elif r["expected"] in (ON_ENGINE[sweep], "free"):
                agreed["agree"] += 1
            elif op in MAY_DIFFER:
                differ.append(op)
            else:
                wrong.append(f"{op}: expected {r['expected']} ({r['verdict']}), the sweep says {sweep}")
    print("single operations on M5: " + ", ".join(
        f"{n} {v} ({e})" for (v, e), n in sorted(verdicts.items(), key=lambda x: -x[1])), file=sys.stderr)
    print(f"the sweep of M5: {agreed['agree']} agree, {len(differ)} differ as they may ({', '.join(sorted(differ))}), "
          f"{agreed['not in the sweep']} not in it, {len(wrong)} wrong", file=sys.stderr)
    for line in wrong:
        print(f"  {line}", file=sys.stderr)
    print("FAILED tests/ane/sweep.py" if wrong else "ok tests/ane/sweep.py")


if __name__ == "__main__":
    main()
