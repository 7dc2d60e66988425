#!/usr/bin/env python3
"""Runs the examples of the manual pages: blocks between `.Bd -literal` and `.Ed` in man/*.

A block whose first line is `# NAME.mil` is a script. It is written to a folder that the blocks of
one page share, and compiled, unless a later block runs it:

    print(7 // -2)      # prints -4            standard output, line by line
    mb.sqrt(x=[])       # error: TEXT          the first message has this line and contains TEXT

A block that begins with `$ ` is a session: each such line runs in the shell, and the lines up to the
next are what it prints. `...` stands for anything, as a line of its own for any lines. Other blocks
are not looked at. Prints `ok PAGE:LINE` or `FAILED PAGE:LINE` for each block; mandoc -T lint looks
at the pages, where it is installed, also at milc-ops.7, which `milc ops --man` makes. The options in the help
of milc and of its commands are those that man/milc.1 describes.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import sessions

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def plain(line):
    """What the page shows for a line of a literal block."""
    return re.sub(r"\\(.)", lambda m: {"e": "\\", "&": "", "-": "-"}.get(m[1], m[0]), line)


def blocks(path):
    """Pairs (number of the first line, lines)."""
    found, block = [], None
    with open(path, encoding="utf-8") as f:
        for n, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if line.startswith(".Bd -literal"):
                block = (n + 1, [])
            elif line == ".Ed":
                if block:
                    found.append(block)
                block = None
            elif block:
                block[1].append(plain(line))
    return found


def run(command, folder, env):
    p = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120)
    return p.returncode, p.stdout, p.stderr


def test_script(lines, name, folder, env):
    status, out, err = run(["milc", name, "-o", "out.d/"], folder, env)
    printed = [m[1] for line in lines for m in [re.search(r"# prints (.*)", line)] if m]
    for n, line in enumerate(lines, 1):
        wrong = re.search(r"# error: (.*)", line)
        if not wrong:
            continue
        first = err.split("\n")[0]
        if status != 1 or not first.startswith(f"{name}:{n}:") or wrong[1] not in first:
            return f"line {n}: expected an error with {wrong[1]!r}, found status {status}: {err}"
        return ""
    if status:
        return f"does not compile: {err}"
    if printed and printed != out.splitlines():
        return f"prints {out.splitlines()}, the page says {printed}"
    return ""


def test_session(lines, folder, env):
    steps = []
    for line in lines:
        if line.startswith("$ "):
            steps.append((line[2:], []))
        elif steps:
            steps[-1][1].append(line)
    for command, want in steps:
        got = sessions.printed(command, folder, env)
        if not sessions.matches(want, got):
            return f"$ {command}\nprints\n{got}\nthe page says\n" + "\n".join(want)
    return ""


def test_page(page, milc):
    bad = 0
    found = blocks(os.path.join(TOP, page))
    with tempfile.TemporaryDirectory() as folder:
        env = sessions.environment(folder, milc)
        for i, (number, lines) in enumerate(found):
            script = re.fullmatch(r"# (\w+\.mil)", lines[0]) if lines else None
            why = None
            if script:
                with open(os.path.join(folder, script[1]), "w", encoding="utf-8") as f:
                    f.write("\n".join(lines) + "\n")
                later = "\n".join(line for _, b in found[i + 1:] for line in b if line.startswith("$ "))
                if script[1] not in later:
                    why = test_script(lines, script[1], folder, env)
            elif lines and lines[0].startswith("$ "):
                why = test_session(lines, folder, env)
            if why is None:
                continue
            print(f"{'FAILED' if why else 'ok'} {page}:{number}")
            if why:
                bad += 1
                print(f"{page}:{number}: {why}", file=sys.stderr)
    return bad


# Lines are as long as those of other files here, where the pages are installed is no matter, and a section
# may have any name.
NO_FAULT = re.compile("referenced manual not found|input text line longer than 80 bytes|possible typo in section")


def lint(page):
    if not shutil.which("mandoc"):
        return 0
    p = subprocess.run(["mandoc", "-T", "lint", "-W", "style", page], cwd=TOP, capture_output=True, text=True)
    said = [line for line in p.stdout.splitlines() if not NO_FAULT.search(line)]
    print(f"{'FAILED' if said else 'ok'} {page}")
    print("\n".join(said), file=sys.stderr, end="\n" if said else "")
    return len(said)


def test_operations(build):
    """milc-ops.7 has a part for each operation."""
    page = os.path.join(build, "milc-ops.7")
    with open(page, encoding="utf-8") as f:
        parts = re.findall(r"^\.Ss (\w+)$", f.read(), re.M)
    out = subprocess.run([os.path.join(build, "milc"), "ops", "--json"], capture_output=True, timeout=60).stdout
    wrong = sorted({row["name"] for row in json.loads(out)} - set(parts))
    wrong += sorted(name for name in set(parts) if parts.count(name) > 1)
    print(f"{'FAILED' if wrong else 'ok'} milc-ops.7: every operation once")
    print("\n".join(f"milc-ops.7: {name}" for name in wrong), file=sys.stderr, end="\n" if wrong else "")
    return lint(page) + len(wrong)


def spelled_in_help(milc):
    """The options that the help of milc and of its commands lists: -o, --output …"""
    found = set()
    out = subprocess.run([milc, "--help"], capture_output=True, text=True, timeout=60).stdout
    names = re.findall(r"^  ([a-z]\w+) ", out.split("\ncommands")[1], re.M)
    for command in [[]] + [[n] for n in names if n != "help"]:
        out = subprocess.run([milc, "help"] + command, capture_output=True, text=True, timeout=60).stdout
        for line in out.splitlines():
            if re.match(r"\s{2,6}-", line):
                found |= set(re.findall(r"(?<![\w-])--?[A-Za-z][\w-]*", re.split(r"\s{2,}", line.strip())[0]))
    return found


def spelled_in_page():
    """Those that man/milc.1 has an item for, in the part about options."""
    with open(os.path.join(TOP, "man/milc.1"), encoding="utf-8") as f:
        part = f.read().split(".Sh ENVIRONMENT")[0].split(".Ss Options for compiling")[1]
    found = set()
    for item in re.findall(r"^\.It (.*)", part, re.M):
        found |= {"-" + o for o in re.findall(r"(?<!Fl )Fl (?!Fl )([A-Za-z]\w*)", item)}
        found |= {"--" + o for o in re.findall(r"Fl Fl ([\w-]+)", item)}
    return found


def test_options(milc):
    """Help and page have the same options."""
    shown, written = spelled_in_help(milc), spelled_in_page()
    wrong = sorted(shown ^ written)
    print(f"{'FAILED' if wrong else 'ok'} man/milc.1: options")
    for o in wrong:
        print(f"{o} is only in {'the help' if o in shown else 'man/milc.1'}", file=sys.stderr)
    return len(wrong)


def main():
    milc = os.environ.get("MILC") or os.path.join(os.environ.get("BUILD", os.path.join(TOP, "build")), "milc")
    bad = test_options(os.path.abspath(milc)) + test_operations(os.path.dirname(os.path.abspath(milc)))
    for page in sorted(os.listdir(os.path.join(TOP, "man"))):
        if re.fullmatch(r"[\w-]+\.\d", page):
            bad += lint("man/" + page) + test_page("man/" + page, os.path.abspath(milc))
    sys.exit(bad != 0)


main()
