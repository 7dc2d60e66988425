#!/usr/bin/env python3
"""Holds the tables of what scripts may catch (src/*/faults.def) against the messages of the sources.

Every format that can be reported while a script runs has one row, in the faults.def of its room or, where several
rooms share one, in the first that has it; every row's format stands in the sources; and both formats of a FAULT take
the same arguments: the second all of them, or the first few, in any order. WITHOUT says which rooms report nothing
that a script can catch, and EXEMPT which formats are no messages of their own. Prints a line for each table.
"""
import glob
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "tests/err"))
import check_coverage as coverage  # noqa: E402

# What these say is about the command line, or models that no script reads.
WITHOUT = {"ane", "api", "base", "check", "cli", "diff", "dump", "edit", "front", "probe", "prove", "rewrite",
           "view"}
# What these say stands as a text inside messages of others.
INNER = {"exec", "file", "pb", "runtime"}
# What is wrong with a text that exec() is given is a SyntaxError, whatever it is.
SYNTAX = {"grammar", "syntax"}
# These name the class themselves, or make a text that stands inside of a message.
OWN_WAY = {"raise_as", "quant_fail", "yaml_error"}
# By the script, which names the class.
EXEMPT = {"%s was raised", "the script exits with status %s", "the script exits: %s"}
ROW = re.compile(r"^(FAULT|SAME|PEER|LACK)\(", re.M)
# flags and width, precision, length, conversion; %1$… too
HOLE = re.compile(r"%(?:(\d+)\$)?[-+ #0]*(\*|\d+)?(?:\.(\*(?:\d+\$)?|\d+))?(hh|h|ll|l|z|j|t)?([a-zA-Z%])")


def macros(texts):
    """The strings that macros stand for, by name."""
    found = {}
    for text in texts.values():
        for m in re.finditer(rf"^#define ([A-Z_]+)((?:[ \t]|\\\n)+{coverage.STRING})+[ \t]*$", text, re.M):
            found[m[1]] = m[0].split(m[1], 1)[1].replace("\\\n", " ").strip()
    return found


def expanded(text, found):
    """The text, with macros beside a string as what they stand for."""
    names = "|".join(sorted(found, key=len, reverse=True))
    text = re.sub(rf'(?<=")(\s+)({names})\b', lambda m: m[1] + found[m[2]], text)
    return re.sub(rf'\b({names})(?=\s+")', lambda m: found[m[1]], text)


def rows(path):
    """(macro, class, format, second format, line) of each row."""
    with open(path, encoding="utf-8") as f:
        text = coverage.without_comments(f.read())
    for m in ROW.finditer(text):
        args = [a.strip() for a in coverage.arguments(text, m.end())]
        line = text.count("\n", 0, m.start()) + 1
        name = "" if m[1] == "LACK" else args.pop(0)
        formats = [coverage.literals(a) for a in args]
        if len(formats) != (2 if m[1] == "FAULT" else 1) or any(len(f) != 1 for f in formats):
            where = f"{os.path.relpath(path, TOP)}:{line}"
            raise SystemExit(f"FAILED {where}: not a row: {text[m.start():m.start() + 60]!r}")
        yield m[1], name, formats[0][0], formats[-1][0], line


def arguments(fmt):
    """The types of the arguments that a format takes, by position from 1; raises ValueError."""
    found, next_one, numbered = {}, 1, None

    def take(at, kind):
        nonlocal next_one, numbered
        if numbered is not None and numbered != bool(at):
            raise ValueError("some positions are given and some are not")
        numbered = bool(at)
        at = int(at) if at else next_one
        next_one += not numbered
        if found.setdefault(at, kind) != kind:
            raise ValueError(f"argument {at} is taken as {found[at]} and as {kind}")

    for m in HOLE.finditer(fmt):
        if m[5] == "%":
            continue
        for star in (m[2], m[3]):
            if star and star[0] == "*":
                take(star[1:-1], "int")
        kind = "text" if m[5] == "s" else "int" if m[5] in "cdiux" else "double"
        take(m[1], kind + " " + m[4] if m[4] and kind == "int" else kind)
    return found


def fits(fmt, second):
    """What is wrong with the second format, or nothing."""
    try:
        first, other = arguments(fmt), arguments(second)
    except ValueError as e:
        return str(e)
    if sorted(other) != list(range(1, len(other) + 1)):
        return f"it takes the arguments {sorted(other)} of {len(first)}"
    for at, kind in other.items():
        if first.get(at) != kind:
            return f"its argument {at} is {kind}, but of the first format {first.get(at, 'there is none')}"
    return ""


def room_of(path):
    return path.split("/")[1] if path.startswith("src/") else path.split("/")[0]


def main():
    texts = {}
    for path in coverage.sources():
        with open(os.path.join(TOP, path), encoding="utf-8") as f:
            texts[path] = coverage.without_comments(f.read())
    found = macros(texts)
    texts = {path: expanded(text, found) for path, text in texts.items()}
    have, problems = {}, {}
    for table in sorted(glob.glob(os.path.join(TOP, "src/*/faults.def"))):
        name = os.path.relpath(table, TOP)
        problems[name] = []
        for macro, _, fmt, second, line in rows(table):
            if fmt in have:
                problems[name].append(f"{line}: the row of {have[fmt][0]} again: {fmt}")
            have[fmt] = (name, line)
            wrong = fits(fmt, second) if macro == "FAULT" else ""
            if wrong:
                problems[name].append(f"{line}: {wrong}: {second}")
    said, missing = set(), {}
    for path, line, fmt, problem in coverage.messages(texts, coverage.NOT_ERRORS | OWN_WAY):
        said.add(fmt)
        if not problem and fmt not in have and fmt not in EXEMPT and room_of(path) not in WITHOUT | INNER | SYNTAX:
            missing.setdefault(room_of(path), []).append(f"{path}:{line}: no row: {fmt}")
    for fmt, (name, line) in have.items():
        if fmt not in said and not any(f'"{fmt}"' in text for text in texts.values()):
            problems[name].append(f"{line}: no message is {fmt!r}")
    only = sys.argv[1:]
    for name in problems:
        print(f"{'FAILED' if problems[name] else 'ok'} {name}")
        for p in problems[name]:
            print(f"  {name}:{p}")
    for room in missing:
        if not only or room in only:
            print(f"FAILED messages of {room}: {len(missing[room])} have no row")
            for p in missing[room] if only else missing[room][:3]:
                print(f"  {p}")
    sys.exit(1 if missing or any(problems.values()) else 0)


if __name__ == "__main__":
    main()
