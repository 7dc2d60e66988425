#!/usr/bin/env python3
"""judge.py MILC MODEL|FOLDER…: another opinion on `milc ane --json`, operation by operation.

Reads src/ane/*.tsv, takes shapes, types and constants from the saved model's protobuf (saved.py), computes
the names of conditions by the formulas of src/ane/names.def (formulas.py), evaluates the conditions with
Python's own parser, and compares with what milc says for the families 13 to 16: verdict, expected, remark,
the findings of each operation, the rules. Of a folder all its ML Programs are judged. Prints what differs
and counts; exit status 1 if anything does.
"""
import ast
import collections
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import saved
from conditions import Logic, is_whole
from formulas import ABSENT, OPEN, UNKNOWN, WHOLE, Program, Site

TABLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../src/ane")
FAMILIES = (13, 14, 15, 16)
G_SCOPES = ("tensor", "dtype", "shape")


class Clause:
    """kind: expr, global, remark, note."""

    def __init__(self, text, rule=None):
        self.rule, self.soft, self.kind = rule, False, "expr"
        if text.startswith("#"):
            self.kind = "remark" if text.startswith("#!") else "note"
            text = text[2 if text.startswith("#!") else 1 :].strip()
        elif text == "G":
            self.kind = "global"
        elif text.startswith("~"):
            self.soft, text = True, text[1:]
        self.text = text
        if self.kind == "expr":
            self.tree = ast.parse(text.strip(), mode="eval").body
            self.whole = is_whole(self.tree)


def clauses(text, rule=None):
    return [Clause(c.strip(), rule) for c in text.split(";") if c.strip() not in ("", "-")]


def table(name):
    with open(os.path.join(TABLES, name), encoding="utf-8") as f:
        head, *rows = [line.rstrip("\n").split("\t") for line in f]
    return [dict(zip(head, r)) for r in rows]


class Tables:
    def __init__(self, milc):
        self.ops = {r["op"]: r for r in table("ops.tsv")}
        self.limits = table("limits.tsv")
        for r in self.ops.values():
            r["clauses"] = clauses(r["conditions"])
        for r in self.limits:
            r["clauses"] = clauses(r["condition"], r["rule_id"])
        self.globals = [
            c for r in self.limits if r["severity"] == "hard" and r["scope"] in G_SCOPES
            for c in r["clauses"] if c.kind == "expr"
        ]  # fmt: skip
        self.params = Params(json.loads(subprocess.check_output([milc, "ops", "--json"])))

    def asks_global(self, op):
        return op in self.ops and any(c.kind == "global" for c in self.ops[op]["clauses"])


class Params(dict):
    """Of each operation the names of its parameters in order."""

    def __init__(self, ops):
        super().__init__()
        self.defaults = {}
        self.broadcast = {op["name"] for op in ops if op["family"] == "elementwise_binary"}
        for op in ops:
            names = self.setdefault(op["name"], [])
            for p in op["parameters"]:
                if p["name"] not in names:
                    names.append(p["name"])
                if p["default"] is not None:
                    self.defaults[op["name"], p["name"]] = p["default"]

    def default(self, op, name):
        text = self.defaults.get((op, name))
        if text is None:
            return ABSENT
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return text


def judge(tables, site):
    """(verdict, expected, remark, findings) of an operation; a finding is (kind, rule, clause, holds)."""
    row = tables.ops.get(site.o.type)
    if row is None:
        return "unknown", "open", False, []
    logic, findings, hard = Logic(site), [], []
    limits = False
    for c in row["clauses"]:
        for d in tables.globals if c.kind == "global" else [c]:
            if d.kind != "expr":
                findings.append((d.kind, None, d.text, "yes"))
                limits = limits or d.kind == "remark"
                continue
            holds = logic.holds(d.tree)
            if holds == "absent" and d.rule is None and not d.soft:
                holds = "unknown"  # a condition of the operation itself, which must hold
            if not d.soft:
                hard.append(holds)
            if holds in ("no", "unknown"):
                findings.append(("soft" if d.soft else "hard", d.rule, d.text, holds))
    came = "no" if "no" in hard else "unknown" if "unknown" in hard else "yes"
    word = row["verdict"]
    if word in ("native", "conditional"):
        verdict = {"no": "unmet", "unknown": "unknown", "yes": "native" if word == "native" else "met"}[came]
    elif word == "decomposed-or-rewritten" and came != "yes":
        verdict = {"no": "unmet", "unknown": "unknown"}[came]
    else:
        verdict = {"decomposed-or-rewritten": "rewritten", "no-hardware-path": "no-path", "unknown": "unknown"}[word]
    if row["assume"] == "fallback":
        expected = "elsewhere"
    else:
        expected = {"no": "elsewhere", "unknown": "open"}.get(came, "free" if row["assume"] == "folded" else "engine")
    if site.o.nested and expected != "free":
        expected = "elsewhere"
    return verdict, expected, limits and verdict in ("native", "met"), findings


def rules(tables, program):
    found = []
    for r in tables.limits:
        if r["severity"] == "private":
            continue
        for c in r["clauses"]:
            if c.kind != "expr":
                continue
            if c.whole:
                holds = Logic(Whole(program)).holds(c.tree)
                found.append((r["rule_id"], c.text, holds, 0, 0))
                continue
            sites = program.sites
            if c in tables.globals:  # they concern the operations whose conditions have G
                sites = [s for s in sites if tables.asks_global(s.o.type)]
            each = collections.Counter(Logic(s).holds(c.tree) for s in sites)
            if each["no"] or each["unknown"] or each["yes"]:
                holds = "no" if each["no"] else "unknown" if each["unknown"] else "yes"
                found.append((r["rule_id"], c.text, holds, each["no"], each["unknown"]))
    return [f for f in found if f[2] != "absent"]


class Whole:
    """A program as a place to ask for names, without an operation."""

    def __init__(self, program):
        self.program = program
        self.site = Site.__new__(Site)
        self.site.p, self.site.f, self.site.memo = program, program.f, {}

    def get(self, name):
        return UNKNOWN if name in OPEN else self.site.get(name) if name in WHOLE else ABSENT

    def has_op(self, kind):
        return self.site.has_op(kind)


def opinion(tables, function, family):
    p = Program(function, family, tables.params)
    each = [judge(tables, s) for s in p.sites]
    engine, segments = False, 0
    for _, expected, _, _ in each:
        if expected == "engine":
            segments += not engine
            engine = True
        elif expected == "elsewhere":
            engine = False
    p.n_segments = segments
    return p, each, rules(tables, p)


def compare(tables, model, report, say):
    """Counts of what was compared; say() is told of each difference."""
    count = collections.Counter()
    for r in report:
        family = int(r["family"][1:])
        function = model.functions[r["function"]]
        p, each, ours = opinion(tables, function, family)
        where = f"{r['function']} {r['family']}"
        if len(each) != len(r["operations"]):
            say(where, "number of operations", len(each), len(r["operations"]))
            continue
        for site, (verdict, expected, remark, findings), m in zip(p.sites, each, r["operations"]):
            count["operations"] += 1
            count[verdict] += 1
            name = site.o.name
            at = f"{where} {site.o.type} {name}"
            theirs = [(f["kind"], f["rule"], f["clause"], f["holds"]) for f in m["findings"]]
            pairs = [
                ("op", site.o.type, m["op"]),
                ("name", name, m["name"] if name else name),
                ("verdict", verdict, m["verdict"]),
                ("expected", expected, m["expected"]),
                ("remark", remark, m["remark"]),
                ("findings", sorted(map(str, findings)), sorted(map(str, theirs))),
            ]
            for what, mine, milcs in pairs:
                if mine != milcs:
                    say(at, what, mine, milcs)
        theirs = [(x["id"], x["clause"], x["holds"], x["broken"], x["unknown"]) for x in r["rules"]]
        count["rules"] += len(theirs)
        for missing in sorted(set(ours) - set(theirs)):
            say(where, "rule", missing, "-")
        for more in sorted(set(theirs) - set(ours)):
            say(where, "rule", "-", more)
    return count


def as_package(model, tmp):
    """A specification with its weights beside it, as a package; a package is one already."""
    if os.path.isdir(model):
        return model
    base = os.path.join(tmp, str(abs(hash(model))) + ".mlpackage")
    inner = os.path.join(base, "Data", "com.apple.CoreML")
    os.makedirs(inner)
    os.symlink(os.path.abspath(model), os.path.join(inner, "model.mlmodel"))
    beside = model.removesuffix(".mlmodel") + "_weights"
    if os.path.isdir(beside):
        os.symlink(os.path.abspath(beside), os.path.join(inner, "weights"))
    elif os.path.exists(beside + ".bin"):
        os.mkdir(os.path.join(inner, "weights"))
        os.symlink(os.path.abspath(beside + ".bin"), os.path.join(inner, "weights", "weight.bin"))
    item = {"path": "com.apple.CoreML/model.mlmodel", "author": "com.apple.CoreML", "name": "model.mlmodel"}
    entries = {"A": item, "B": {"path": "com.apple.CoreML/weights", "author": "com.apple.CoreML", "name": "weights"}}
    if not os.path.isdir(os.path.join(inner, "weights")):
        del entries["B"]
    with open(os.path.join(base, "Manifest.json"), "w") as f:
        json.dump({"fileFormatVersion": "1.0.0", "itemInfoEntries": entries, "rootModelIdentifier": "A"}, f)
    return base


def models(paths):
    for path in paths:
        if not os.path.isdir(path) or path.endswith(".mlpackage"):
            yield path
            continue
        for root, folders, files in os.walk(path):
            folders.sort()
            for d in [d for d in folders if d.endswith(".mlpackage")]:
                folders.remove(d)
                yield os.path.join(root, d)
            yield from (os.path.join(root, f) for f in sorted(files) if f.endswith(".mlmodel"))


def one(milc, path, tmp):
    where = as_package(path, tmp)
    model = saved.package(where)
    if model is None:
        return None
    p = subprocess.run([milc, "ane", "--json", "--family", "all", where], capture_output=True, text=True)
    return model, p


def main():
    milc, *paths = sys.argv[1:]
    limit = int(os.environ.get("LINES", "40"))
    tables, total, bad, kinds = Tables(milc), collections.Counter(), 0, collections.Counter()
    with tempfile.TemporaryDirectory() as tmp:
        for path in models(paths):
            done = one(milc, path, tmp)
            if done is None:
                total["networks"] += 1
                continue
            model, p = done
            lines = []
            if p.returncode:
                lines = [("milc", "status", p.returncode, p.stderr.strip()[:200])]
            else:
                report = [r for r in json.loads(p.stdout) if int(r["family"][1:]) in FAMILIES]
                total += compare(tables, model, report, lambda *a: lines.append(a))
            total["models"] += 1
            bad += bool(lines)
            for at, what, mine, milcs in lines:
                kinds[what] += 1
                if kinds[what] <= limit:
                    print(f"{path}: {at}: {what}\n  here: {mine}\n  milc: {milcs}")
    print("ane: " + ", ".join(f"{n} {k}" for k, n in sorted(total.items())))
    if kinds:
        print("ane: differences: " + ", ".join(f"{n} {k}" for k, n in sorted(kinds.items())))
    print(f"{total['models'] - bad} passed, {bad} failed")
    sys.exit(bad != 0)


main()
