#!/usr/bin/env python3
"""Compares what a script catches in milc with what it catches in CPython, with NumPy and coremltools.

  check_faults.py MILC [--every N] [WORD…]

Each wrong script of the lists tests/err/{script,np,ct,ops,builder}/*.cases runs in both inside of a `try` that prints
the class of what it caught and its text. The classes must be the same; the texts, too, where the row of the message
(faults.def) says FAULT or SAME and the room is script or np. What milc lacks must not be caught. A script that CPython
takes as it is, since milc is stricter, says nothing about classes. tests/faults.differs names the cases that are known
to differ, `LIST:CASE<TAB>WHY`; one that does not differ any more is an error. WORDs limit to cases whose name has one,
--every to each Nth: all of them take many minutes.
Prints what differs, and the count.
"""
import glob
import io
import multiprocessing
import os
import re
import shutil
import signal
import sys
import tempfile
import tokenize

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TOP, "tests/err"), os.path.join(TOP, "tests/torch"), os.path.join(TOP, "tests")]
import cases  # noqa: E402
import check_coverage as coverage  # noqa: E402
import check_peer  # noqa: E402
import faults  # noqa: E402

ROOMS = ("script", "np", "ct", "ops", "builder")
TEXTS = ("script", "np")  # where the text is compared, too
NAMES, ROWS = {}, []  # what scripts may use without an import; tables()
# What coremltools goes without here, packages and macOS, is no matter of milc's.
ABSENT = re.compile(r"module 'torch' has no attribute|^No module named|-learn is required| only supported on macOS")
TELL = """
except BaseException as caught_here:
    print("\\ncaught", type(caught_here).__name__, str(caught_here).replace("\\n", " "), sep="|")
"""


def guarded(source):
    """The script inside of a try; lines of strings that go on stay where they are."""
    inside = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.STRING:
            inside |= set(range(token.start[0] + 1, token.end[0] + 1))
    lines = source.rstrip("\n").split("\n")
    found = re.findall(r"^@mb\.program\b.*\n(?:@.*\n)*def (\w+)", source, re.M)
    if found and "ct.convert(" not in source:
        lines.append(f"ct.convert({found[-1]})")  # as milc does at the end of a script
    body = "".join(f"{'' if n in inside else '    '}{line}\n" for n, line in enumerate(lines, 1))
    return "try:\n    pass\n" + body + TELL.lstrip("\n")


def answer(printed):
    """(class, text) of what was caught, or None."""
    found = re.findall(r"^caught\|(\w+)\|(.*)$", printed, re.M)
    return found[-1] if found and not ABSENT.search(found[-1][1]) else None


def in_folder(case, folder):
    """Puts what the script reads beside it."""
    for name in re.findall(r'"([\w-]+\.(?:npy|npz|safetensors|txt))"', case.source):
        if os.path.exists(os.path.join(case.folder, name)):
            shutil.copy(os.path.join(case.folder, name), folder)
    for name, ending in re.findall(r'"([\w-]+)(\.pt2?)"', case.source):
        if os.path.exists(os.path.join(case.folder, name + ".graph")):
            made = cases.graphs.make(cases.read(os.path.join(case.folder, name + ".graph")))
            with open(os.path.join(folder, name + ending), "wb") as f:
                f.write(made[1])


def by_python(case, source, names):
    """What CPython prints, in a process of its own."""
    read, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        with os.fdopen(read, "r", errors="replace") as f:
            printed = f.read()
        os.waitpid(child, 0)
        return printed
    os.close(read)
    signal.alarm(20)
    try:
        with tempfile.TemporaryDirectory() as folder:
            in_folder(case, folder)
            os.chdir(folder)
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, 2)
            os.dup2(write, 1)
            os.closerange(3, 256)  # a script whose path is a number must not read the jobs of this one's pool
            sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", closefd=False), write_through=True)
            exec(compile(source, case.name + ".mil", "exec"), dict(names, __name__="__main__"))
            sys.stdout.flush()
    finally:  # it says itself what it caught; the child must never come back as one more worker
        os._exit(0)


def by_milc(case, source):
    """What milc prints, and what it says."""
    with tempfile.TemporaryDirectory(dir=cases.MEMORY) as folder:
        in_folder(case, folder)
        cases.write(os.path.join(folder, case.name + ".mil"), source)
        options = cases.options(case.source)
        return cases.run([case.name + ".mil", *options, "-o", os.path.join(folder, "o.mlpackage")], folder)[1:]


def tables():
    """For each message: its macro, and the pattern of what it says."""
    found = []
    for path in glob.glob(os.path.join(TOP, "src/*/faults.def")):
        for macro, _, fmt, _, _ in faults.rows(path):
            parts = [re.escape(p) for p in coverage.pieces(fmt)]
            found.append((sum(map(len, parts)), macro, re.compile(r"(?:\w+: )?" + ".*?".join(parts), re.S)))
    return sorted(found, key=lambda row: -row[0])


def macro_of(case, rows):
    said = re.search(r"^(?:\d+:\d+: )?(?:[^:\n]*: )?error: (.*)$", case.expected, re.M)
    return next((macro for _, macro, pattern in rows if said and pattern.fullmatch(said[1])), None)


def difference(room, macro, want, got):
    """How the two answers differ, or nothing."""
    if macro == "LACK":
        return f"milc lacks it, but {got[0]} was caught" if got else ""
    if not want:
        return ""
    if not got:
        return f"nothing was caught, expected {want[0]}: {want[1]}"
    if got[0] != want[0]:
        return f"{got[0]} was caught, expected {want[0]}: {want[1]}"
    if room in TEXTS and macro in ("FAULT", "SAME") and got[1] != want[1]:
        return f"the text is {got[1]!r}, expected {want[1]!r}"
    return ""


def known():
    with open(os.path.join(TOP, "tests/faults.differs"), encoding="utf-8") as f:
        lines = [line.rstrip("\n").split("\t") for line in f if line.strip() and line[0] != "#"]
    return {name: why for name, why in lines}


def judge(job):
    """(name of the case, how it differs or "", whether CPython takes it); None if it is no script."""
    room, path, case = job
    name = f"{os.path.relpath(path, TOP)}:{case.name}"
    try:
        source = guarded(case.source)
        compile(source, name, "exec")
    except (SyntaxError, tokenize.TokenError):
        return None  # of the language's own
    want = answer(by_python(case, source, NAMES))
    return name, difference(room, macro_of(case, ROWS), want, answer(by_milc(case, source)[0])), not want


def main():
    cases.MILC = os.path.abspath(sys.argv[1])
    words, differs, passed, failed, takes = sys.argv[2:], known(), 0, 0, 0
    every = 1
    if words[:1] == ["--every"]:
        every, words = int(words[1]), words[2:]
    exec(check_peer.PRELUDE, NAMES)
    ROWS.extend(tables())
    jobs = [(room, path, case) for room in ROOMS for path in sorted(glob.glob(f"{TOP}/tests/err/{room}/*.cases"))
            for case in cases.read_list(path)[1]
            if not words or any(w in f"{os.path.relpath(path, TOP)}:{case.name}" for w in words)][::every]
    with multiprocessing.Pool() as pool:
        for found in pool.imap(judge, jobs):
            if not found:
                continue
            name, wrong, taken = found
            if name in differs:
                wrong = "" if wrong else "it does not differ any more: strike it from tests/faults.differs"
            passed, failed, takes = passed + (not wrong), failed + bool(wrong), takes + taken
            if wrong:
                print(f"{name}: {wrong}", flush=True)
    print(f"{passed} passed, {failed} failed ({takes} that CPython takes)")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
