#!/usr/bin/env python3
"""Demands a test for every message: check_coverage.py [WORD…]

Every function declared with PRINTF(…) reports, but for those that only build text; so do the few in
OTHERS. The format of each call must be a literal, and what some test in tests/err (NAME.err, NAME.cases, NAME.graphs)
expects must hold a text that it can have made, or a string of a unit test, or tests/err/elsewhere.txt must
say where it is reached: lines `FORMAT<TAB>FILE, and why`. A line of that list which no message or file
answers to is an error too.

Prints a line for each source file: `ok FILE`, and `FAILED FILE` with STRICT=1, else `open FILE`; and the
total, when it is not all of them. LIST=1 or STRICT=1 show the messages without a test, WORDs limit that
to paths with one of them.
"""
import glob
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests"))
import cases  # noqa: E402
# These make text, or speak of milc's own faults; notes stand below an error that counts.
NOT_REPORTS = {"die_at", "arena_printf", "intern_printf", "buf_printf", "format_name", "diag_note"}
OTHERS = {"wrong_use": 2}  # name: position of the format
NOT_ERRORS = {"diag_warning", "job_skip"}
STRING = r'"(?:[^"\\\n]|\\.)*"'
ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", '"': '"', "'": "'", "0": "\0"}


def sources():
    found = []
    for pattern in ("src/**/*.[chy]", "src/**/*.re", "runtime/**/*.[ch]", "grammar/**/*.*"):
        found += glob.glob(os.path.join(TOP, pattern), recursive=True)
    return sorted(os.path.relpath(p, TOP) for p in found)


def without_comments(text):
    """The text with comments blanked out; lines and strings stay where they are."""
    def blank(m):
        return m[0] if m[0][0] in "\"'" else re.sub(r"[^\n]", " ", m[0])
    return re.sub(STRING + r"|'(?:[^'\\\n]|\\.)'|/\*.*?\*/|//[^\n]*", blank, text, flags=re.S)


def reporters(texts):
    """Names of reporting functions, and the position of the format, from 0."""
    found = dict(OTHERS)
    for text in texts.values():
        for m in re.finditer(r"(\w+)\([^()]*\bfmt, \.\.\.\)\s+PRINTF\((\d+),", text):
            if m[1] not in NOT_REPORTS:
                found[m[1]] = int(m[2]) - 1
    return found


def arguments(text, at):
    """The arguments of a call whose parenthesis opens before `at`, as source text."""
    args, depth, start = [], 0, at
    for m in re.compile(STRING + r"|'(?:[^'\\\n]|\\.)'|[()\[\]{},]").finditer(text, at):
        c = m[0]
        if c in "([{":
            depth += 1
        elif c in ")]}":
            if depth == 0:
                return args + [text[start:m.start()]]
            depth -= 1
        elif c == "," and depth == 0:
            args.append(text[start:m.start()])
            start = m.end()
    return args


def literals(arg):
    """The formats that an argument can be: strings side by side are one, PRId64 and kin a hole."""
    found, current = [], None
    for m in re.finditer(STRING + r"|\bPRI[a-zA-Z0-9]+|\w+|[^\s\w\"]", arg):
        if m[0][0] == '"':
            text = re.sub(r"\\(.)", lambda e: ESCAPES.get(e[1], e[1]), m[0][1:-1])
            current = text if current is None else current + text
        elif m[0].startswith("PRI") and current is not None:
            current += "d"
        elif current is not None:
            found.append(current)
            current = None
    return found + ([current] if current is not None else [])


def pieces(fmt):
    """The literal parts of a format, between its holes."""
    parts = re.split(r"(%%|%[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+))?(?:hh|h|ll|l|z|j|t)?[a-zA-Z])", fmt)
    found = [""]
    for part in parts:
        if part.startswith("%") and part != "%%":
            found.append("")
        else:
            found[-1] += "%" if part == "%%" else part
    return found


def is_made_by(fmt, text):
    """Whether the text, many lines, holds one that the format can have made."""
    parts = [p for p in pieces(fmt) if p]
    longest, at = max(parts, key=len), 0
    while (at := text.find(longest, at)) >= 0:
        start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
        line, i = text[start:end if end >= 0 else len(text)], 0
        for p in parts:
            i = line.find(p, i)
            if i < 0:
                break
            i += len(p)
        if i >= 0:
            return True
        at += len(longest)
    return False


def messages(texts, without=()):
    """(file, line, format, problem) for every call of a reporting function, but for those named."""
    names = {name: at for name, at in reporters(texts).items() if name not in without}
    calls = re.compile(r"\b(" + "|".join(sorted(names)) + r")\(")
    for path, text in texts.items():
        for m in calls.finditer(text):
            line = text.count("\n", 0, m.start()) + 1
            args = arguments(text, m.end())
            if len(args) <= names[m[1]] or re.search(r"\bfmt\b", args[names[m[1]]]):
                continue  # the definition, a declaration, or one that hands its format on
            formats = literals(args[names[m[1]]])
            if not formats:
                yield path, line, " ".join(args[names[m[1]]].split()), "not a literal"
            for fmt in formats:
                if sum(map(len, pieces(fmt))) >= 4:
                    yield path, line, fmt, ""


def elsewhere():
    path = os.path.join(TOP, "tests/err/elsewhere.txt")
    found = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            for line in f:
                if line.strip() and not line.startswith("#"):
                    fmt, where = line.rstrip("\n").split("\t")
                    found[fmt] = where
    return found


def tested_texts():
    """Everything that tests say they get, and what tests of single ops say is part of a message."""
    texts, parts = [], []
    for p in glob.glob(os.path.join(TOP, "tests/**/*.err"), recursive=True):
        with open(p, encoding="utf-8", errors="replace") as f:
            texts.append(f.read())
    for p in [q for end in ("cases", "graphs") for q in glob.glob(f"{TOP}/tests/**/*.{end}", recursive=True)]:
        texts += [case.expected for case in cases.read_list(p)[1]]
    for p in glob.glob(os.path.join(TOP, "tests/unit/*.[ch]")):
        with open(p, encoding="utf-8") as f:
            found = literals(without_comments(f.read()).replace("\n", " "))
        texts += found
        parts += [t[1:] for t in found if t.startswith("!") and len(t) > 8]
    return "\n".join(texts), parts


def is_part(fmt, part):
    """Whether the part may come from the format: its words stand there, with the holes filled."""
    known = [p for p in pieces(fmt) if len(p.strip()) > 1]
    return any(part in p for p in known) or (
        any(p.strip() in part for p in known)
        and all(w in fmt for w in re.findall(r"[a-z]{3,}", re.sub(r"'.*?'", "", part)))
    )


def main():
    texts = {}
    for path in sources():
        with open(os.path.join(TOP, path), encoding="utf-8") as f:
            texts[path] = without_comments(f.read())
    known, (have, parts) = elsewhere(), tested_texts()
    total, bad, used = {}, {}, set()
    files = {os.path.basename(p) for p in [*texts, *glob.glob(os.path.join(TOP, "tests/unit/*.c"))]}
    for path, line, fmt, problem in messages(texts):
        total[path] = total.get(path, 0) + 1
        if fmt in known:
            used.add(fmt)
            where = known[fmt].split()[0]
            if os.path.basename(where) not in files:
                bad.setdefault(path, []).append((line, fmt, f"{where} does not exist"))
        elif problem or not (is_made_by(fmt, have) or any(is_part(fmt, p) for p in parts)):
            bad.setdefault(path, []).append((line, fmt, problem or "no test"))
    stale = sorted(set(known) - used)
    strict = bool(os.environ.get("STRICT"))
    words = sys.argv[1:]
    for path in total:
        if path in bad:
            print(f"{'FAILED' if strict else 'open'} {path}: {len(bad[path])} of {total[path]} messages have no test")
            if (os.environ.get("LIST") or strict) and (not words or any(w in path for w in words)):
                for line, fmt, why in bad[path]:
                    print(f"  {path}:{line}: {why}: {fmt}")
        else:
            print(f"ok messages of {path}")
    for fmt in stale:
        print(f"{'FAILED' if strict else 'open'} tests/err/elsewhere.txt: no message is {fmt!r}")
    n, missing = sum(total.values()), sum(map(len, bad.values()))
    if missing or not strict:
        print(f"messages: {n - missing} of {n} have a test")
    sys.exit(1 if strict and (missing or stale) else 0)


if __name__ == "__main__":
    main()
