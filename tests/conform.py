#!/usr/bin/env python3
"""Runs the corpus and compares the rates with those that main holds: tests/conform.expect.

  conform.py RUNNER CORPUS MILC

conform.expect has lines `GROUP[,GROUP…] COLUMN MINIMUM`, the minimum in percent; ONLY in the
environment limits to one line's groups. Ends with `N passed, N failed` over those lines.
"""
import collections
import json
import os
import subprocess
import sys
import tempfile


def main():
    runner, corpus, milc = sys.argv[1:4]
    here = os.path.dirname(os.path.abspath(__file__))
    wanted = collections.OrderedDict()
    with open(os.path.join(here, "conform.expect")) as f:
        for line in f:
            line = line.split("#")[0].split()
            if line:
                wanted.setdefault(line[0], {})[line[1]] = float(line[2])
    passed = failed = 0
    for groups, columns in wanted.items():
        if os.environ.get("ONLY", "") not in groups:
            continue
        with tempfile.NamedTemporaryFile(suffix=".json") as out:
            cmd = [sys.executable, runner, corpus, "--milc", milc, "--only", groups, "--json", out.name]
            if os.environ.get("LIST"):
                cmd.append("--list-failures")
            p = subprocess.run(cmd, capture_output=True, text=True)
            sys.stdout.write(p.stdout)
            if p.returncode not in (0, 1):
                sys.stdout.write(p.stderr[-2000:])
                failed += len(columns)
                continue
            results = json.load(open(out.name))
        results = results["cases"]
        for column, least in columns.items():
            got = [bool(r[column]) for r in results.values() if isinstance(r, dict) and r.get(column) is not None]
            rate = 100.0 * sum(got) / len(got) if got else 0.0
            ok = rate >= least
            passed, failed = passed + ok, failed + (not ok)
            print(f"{'ok' if ok else 'FAILED'}: {groups}: {column} {sum(got)}/{len(got)} = {rate:.1f} %, "
                  f"at least {least:g} %")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)


main()
