#!/usr/bin/env python3
"""The tests that run milc: scripts with expected siblings, lists of wrong scripts, commands.

A script NAME.mil (tests/**, examples/) that compiles is compiled twice (same bytes, nothing on
standard error but NAME.warn), read again by --verify-passes, and compared with
  NAME.out   what it prints while it compiles
  NAME.txt   the model as MIL text: milc -S
  NAME.run   the summary that `milc run --seed 1 --reference` prints below that; without --reference its
             numbers must be near to these
  NAME.dump  what `milc dump` makes of its packages, if it is there
  NAME.svg   and NAME.dot: pictures of its packages, if they are there; each must be well-formed XML
What it saves as ML Programs and NeuralNetworks is dumped, and the dump compiles to the same bytes; the MIL text of
the former is read and written again.
NAME.txt and NAME.run must be there, but for NAME.run when a line `# not run: WHY` of the script says
that the model does not run on inputs of milc's choice. What is expected of examples/NAME.mil lies in
tests/examples/. A wrong script has NAME.err instead: its diagnostics, exit status 1 to 3, and nothing
written.

A list NAME.cases holds small wrong scripts. After some lines on what they have in common, each is

    === NAME OF THE CASE
    the script
    ---
    what milc says, without the name of the file before LINE:COLUMN

It runs as NAME.mil in a folder of its own, which has the list's neighbours that the script names; of
NAME.graph, a text of torch/graphs.py, NAME.pt or NAME.pt2 is made. A list
NAME.graphs holds files of PyTorch as torch/graphs.py makes them of text: those of tests/err wrong ones (`ok` ends
what is said of one that converts), those of tests/torch programs, with their MIL text as milc -S
--passes=none prints it, and the numbers of milc run --seed 1 --reference but for those `# not run: WHY`.

tests/err/**/NAME.sh and tests/ane/NAME.sh hold commands (see commands.sh), NAME.err what they print.

tests/ops/NAME.mil shows the operation NAME, NAME.ios17.mil the version of it that came with iOS 17. Every
row of `milc ops` has such a script, whose model has the operation, or a reason in tests/ops/without.txt.

examples/course/NAME.mil is a lesson, or the solution of one, NAME_solution.mil. In its comments stand commands
and what they print, where `...` is any text, and alone any lines:

    #   $ milc run 01_first.mil
    #   | fahrenheit: fp32(7)  min ...

They are run one after the other, in a copy of the folder. README.md there has a row for each lesson.

A first line `# milc: OPTIONS` of a script adds options. Prints `ok CASE` or `FAILED CASE` for each, and on
standard error how to run what failed alone, what was expected and what came. FILTER=REGEX limits to
cases that match; ACCEPT=1 writes what came into the expected files instead.
"""
import concurrent.futures
import difflib
import filecmp
import glob
import html
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import textwrap
from xml.parsers import expat

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TOP, "tests/torch"), os.path.join(TOP, "tests")]
import graphs  # noqa: E402
import sessions  # noqa: E402
MILC = os.path.abspath(os.environ.get("MILC") or os.path.join(TOP, "build/milc"))
ACCEPT = bool(os.environ.get("ACCEPT"))
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # models and scripts of a case
LINES = 40  # of expected text that are shown whole; of more, the difference


class Failure(Exception):
    """What a failed case has to say."""


def read(path):
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as f:
        return f.read()


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as f:
        f.write(text)


def indented(text):
    return "".join(f"    {line}\n" for line in text.split("\n")[:-1]) + (
        f"    {text.rsplit(chr(10), 1)[-1]}\n    (no end of line)\n" if text and text[-1] != "\n" else "")


def compare(what, expected, got):
    if expected == got:
        return
    if max(expected.count("\n"), got.count("\n")) <= LINES:
        raise Failure(f"  {what}, expected:\n{indented(expected)}  got:\n{indented(got)}")
    lines = difflib.unified_diff(expected.split("\n"), got.split("\n"), "expected", "got", lineterm="", n=2)
    raise Failure(f"  {what}:\n" + indented("\n".join(lines) + "\n"))


def compare_file(path, got):
    """Compares with a file, or makes it. No file is as good as an empty one."""
    expected = read(path) if os.path.exists(path) else ""
    if ACCEPT and expected != got:
        write(path, got) if got else os.remove(path)
        return
    compare(os.path.relpath(path, TOP), expected, got)


def run(args, cwd):
    """(exit status, standard output, standard error)"""
    try:
        p = subprocess.run([MILC, *args], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    except subprocess.TimeoutExpired:
        raise Failure(f"  milc {shlex.join(args)} did not end within 120 s\n") from None
    text = [s.decode("utf-8", "surrogateescape") for s in (p.stdout, p.stderr)]
    return p.returncode, *text


def options(source):
    line = re.match(r"# milc: (.*)", source)
    return shlex.split(line[1]) if line else []


def same_files(a, b):
    """Whether two files or folders hold the same bytes."""
    if os.path.isfile(a):
        return filecmp.cmp(a, b, shallow=False)
    d = filecmp.dircmp(a, b)
    return not (d.left_only or d.right_only or filecmp.cmpfiles(a, b, d.common_files, False)[1]) and all(
        same_files(os.path.join(a, s), os.path.join(b, s)) for s in d.common_dirs)


def refused(script, cwd, opts):
    """The diagnostics of a wrong script, of which nothing may be left."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as out:
        status, _, said = run([script, *opts, "-o", os.path.join(out, "o.mlpackage")], cwd)
        if not 1 <= status <= 3 or os.listdir(out):
            raise Failure(f"  {script}: exit status {status}, expected 1 to 3 and no output\n{indented(said)}")
    return said


def succeed(args, cwd):
    status, out, err = run(args, cwd)
    if status:
        raise Failure(f"  milc {shlex.join(args)}: exit status {status}\n{indented(err)}")
    return out, err


def test_run(source, base, script, cwd, printed):
    """Compares the summary of a run, which stands below what the script prints."""
    args = ["run", "--seed", "1", *options(source), script]
    if re.search(r"^# not run: \w", source, re.M):
        if run(args, cwd)[0] == 0:
            raise Failure("  it runs, although a comment says that it does not\n")
        return
    summary = succeed([*args, "--reference"], cwd)[0]
    if not summary.startswith(printed):
        compare("what it prints when it is run", printed, summary)
    compare_file(base + ".run", summary[len(printed):])
    fast = succeed(args, cwd)[0]
    if not near(summary, fast):
        compare("what the fast kernels compute, near to the reference", summary, fast)


NUMBER = re.compile(r"-?\d+\.?\d*(?:[eE][-+]?\d+)?")


def near(a, b):
    """The same text but for numbers, which lie within what rounding explains, of those in their line."""
    if NUMBER.sub("#", a) != NUMBER.sub("#", b):
        return False
    for x, y in zip(a.split("\n"), b.split("\n")):
        pairs = [(float(v), float(w)) for v, w in zip(NUMBER.findall(x), NUMBER.findall(y))]
        most = max((abs(v) for v, _ in pairs), default=0)
        if any(abs(v - w) > 1e-2 * abs(v) + 2e-3 * most for v, w in pairs):
            return False
    return True


def test_text(out):
    """MIL text is read as what it was, but for the shapes of flexible inputs, which the text alone does not have."""
    def plain(s):
        return re.sub(r" \[FlexibleShapeInformation.*\)\)\] {$", " {", s, flags=re.M)
    if glob.glob(f"{out}/1/*.mlpackage"):
        again = succeed(["-S", f"{out}/text"], out)[0]
        compare("the MIL text, read and written again", plain(read(f"{out}/text")), plain(again))


def differs_in_maker(a, b):
    """Only in what says which program made the model, which joined models lack."""
    _, said, _ = run(["diff", a, b], ".")
    lines = said.splitlines()[2:]
    return lines and all("buildInfo" in x or "com.github.apple.coremltools." in x for x in lines)


def test_dumps(base, out):
    """What was compiled, dumped as a script and compiled again has the same bytes; the dumps are NAME.dump."""
    shown = ""
    for package in sorted(glob.glob(f"{out}/1/*.ml[mp]*")):
        name = os.path.basename(package)
        status, _, said = run(["dump", name, "-o", f"{out}/dump.mil"], f"{out}/1")
        if status and "which this script cannot have" in said:
            continue
        if status:
            raise Failure(f"  milc dump {name}: exit status {status}\n{indented(said)}")
        if name.endswith(".mlmodel") and "@mb." in read(f"{out}/dump.mil"):
            continue  # an ML Program in a bare file
        succeed(["dump.mil", "-o", f"{out}/4/{name}"], out)
        if not same_files(package, f"{out}/4/{name}") and not differs_in_maker(package, f"{out}/4/{name}"):
            raise Failure(f"  the dump of {name} compiles to another model\n{indented(read(f'{out}/dump.mil'))}")
        if os.path.exists(base + ".dump"):
            shown += succeed(["dump", name], f"{out}/1")[0]
    compare_file(base + ".dump", shown)


def test_pictures(base, out):
    """Every model with a program is drawn; NAME.svg and NAME.dot show how."""
    shown = {".svg": "", ".dot": ""}
    for package in sorted(glob.glob(f"{out}/1/*.mlpackage")):
        for ending in shown:
            status, _, said = run([package, "-o", f"{out}/picture{ending}"], out)
            if status and ("is no program" in said or "lift" in said):
                continue
            if status:
                raise Failure(f"  milc {os.path.basename(package)} -o picture{ending}: exit status {status}\n"
                              + indented(said))
            text = read(f"{out}/picture{ending}")
            if ending == ".svg":
                expat.ParserCreate("utf-8").Parse(text.encode("utf-8", "surrogateescape"), True)
            if os.path.exists(base + ending):
                shown[ending] += text
    for ending, text in shown.items():
        compare_file(base + ending, text)


def test_script(path):
    source = read(path)
    cwd, script = os.path.split(path)
    base = path[:-4].replace(os.path.join(TOP, "examples"), os.path.join(TOP, "tests/examples"))
    opts = options(source)
    if os.path.exists(base + ".err"):
        compare_file(base + ".err", refused(script, cwd, opts))
        return
    with tempfile.TemporaryDirectory(dir=MEMORY) as out:
        said = [succeed([script, *opts, "-o", f"{out}/{n}/"], cwd) for n in "12"]
        if said[0] != said[1] or not same_files(f"{out}/1", f"{out}/2"):
            raise Failure("  two compilations differ\n")
        compare_file(base + ".out", said[0][0])
        compare_file(base + ".warn", said[0][1])
        succeed(["-S", *opts, script, "-o", f"{out}/text"], cwd)
        compare_file(base + ".txt", read(f"{out}/text"))
        test_text(out)
        test_run(source, base, script, cwd, said[0][0])
        succeed(["--verify-passes", *opts, script, "-o", f"{out}/3/"], cwd)
        test_dumps(base, out)
        test_pictures(base, out)


def test_commands(path):
    p = subprocess.run(["sh", os.path.join(TOP, "tests/commands.sh"), path], env={**os.environ, "MILC": MILC},
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    compare_file(path[:-3] + ".err", p.stdout.decode("utf-8", "surrogateescape"))


def read_sessions(source):
    """(number of the line, command, lines that it prints) for each command in the comments of a lesson."""
    steps = []
    for number, line in enumerate(source.split("\n")):
        if line.startswith("#   $ "):
            steps.append((number, line[6:], []))
        elif steps and (line == "#   |" or line.startswith("#   | ")):
            if number != steps[-1][0] + len(steps[-1][2]) + 1:
                raise Failure(f"  line {number + 1}: does not follow what its command prints\n")
            steps[-1][2].append(line[6:])
    return steps


def test_lesson(path):
    source = read(path)
    steps, lines = read_sessions(source), source.split("\n")
    if not steps:
        raise Failure("  expected commands in its comments, as '#   $ milc ...', but found none\n")
    with tempfile.TemporaryDirectory(dir=MEMORY) as out:
        env = sessions.environment(out, MILC)
        folder = shutil.copytree(os.path.dirname(path), os.path.join(out, "course"))
        got = [sessions.printed(command, folder, env) for _, command, _ in steps]
    wrong = [s + (text,) for s, text in zip(steps, got) if not sessions.matches(s[2], text)]
    if ACCEPT:
        for number, _, want, text in reversed(wrong):
            lines[number + 1:number + 1 + len(want)] = [f"#   | {x}".rstrip() for x in text.splitlines()]
        write(path, "\n".join(lines))
    elif wrong:
        number, command, want, text = wrong[0]
        compare(f"line {number + 1}: $ {command}", "\n".join(want) + "\n", text)


def test_course(folder):
    """Each lesson has a solution and a row in the table of README.md."""
    names = {os.path.basename(path)[:-4] for path in glob.glob(folder + "/*.mil")}
    lessons = {name for name in names if not name.endswith("_solution")}
    rows = set(re.findall(r"^\| \[(\w+)\]\(\1\.mil\)", read(folder + "/README.md"), re.M))
    lines = [f"{name}: README.md has no row for it" for name in lessons - rows]
    lines += [f"{name}: a row of README.md, but no lesson" for name in rows - lessons]
    lines += [f"{name}: no lesson has this solution" for name in names - lessons if name[:-9] not in names]
    lines += [f"{name}: no solution of its exercise" for name in lessons if name + "_solution" not in names]
    if lines:
        raise Failure(indented("\n".join(sorted(lines)) + "\n"))


def test_reference(folder):
    """`milc ops --html`: each script of tests/ops is on a page, with its MIL text and its numbers."""
    with tempfile.TemporaryDirectory() as out:
        for _ in range(2):  # in place, too
            succeed(["ops", "--html", f"{out}/ref"], TOP)
        raw = {name[:-5]: read(f"{out}/ref/{name}") for name in os.listdir(f"{out}/ref") if name[0] != "."}
    pages = {name: html.unescape(page) for name, page in raw.items()}
    wanted = {row["name"] for row in json.loads(succeed(["ops", "--json"], TOP)[0])}
    wanted |= {"index", "rules", "names", "sources"}
    lines = [f"{name}: no page" for name in sorted(wanted - pages.keys())]
    if "addBroadcastable, add<" not in raw["add"]:
        lines.append("add: not all layers of its network, whose names begin alike")
    for path in sorted(glob.glob(f"{folder}/*.mil")):
        page = pages[os.path.basename(path).split(".")[0]]
        for part in (path, path[:-4] + ".txt", path[:-4] + ".run"):
            if read(part).strip() not in page:
                lines.append(f"{os.path.relpath(part, TOP)} is not on its page")
    if lines:
        raise Failure("".join(line + "\n" for line in lines))


def operations():
    """The scripts that tests/ops needs by name, each with its operation."""
    found = {}
    for row in json.loads(succeed(["ops", "--json"], TOP)[0]):
        name = row["name"]
        found[f"{name}.{row['since'].lower()}" if name in found else name] = name
    return found


def test_operations(folder):
    wanted = operations()
    there = {os.path.basename(path)[:-4] for path in glob.glob(folder + "/*.mil")}
    without = {line.split()[0] for line in read(folder + "/without.txt").split("\n") if line and line[0] != "#"}
    lines = [f"{name}: no script shows it" for name in wanted if name not in there | without]
    # Those that no saved model has are told when they are asked for.
    lines += [f"{name}: no operation is called so" for name in there | without if name not in wanted
              and subprocess.run([MILC, "ops", name], capture_output=True).returncode]
    lines += [f"{name}: there is a script, strike it from without.txt" for name in there & without]
    for name in there & set(wanted):
        text = f"{folder}/{name}.txt"
        if not os.path.exists(text) or f" = {wanted[name]}(" not in read(text):
            lines.append(f"{name}: the model of its script does not have the operation")
    if lines:
        raise Failure(indented("\n".join(sorted(lines)) + "\n"))


def keys_shown(source):
    """The names that operations of a graph, or of code, may have as rows of `milc ops --torch`."""
    found = set()
    for path in re.findall(r"= (?:torch\.ops\.)?([\w.]+)\(", source) if not graphs.is_script(source) else ():
        ns, name, overload = (path.split(".") + ["", ""])[:3]
        name = re.sub(r"^__(\w+)__$", r"\1", name)
        for k in (name, f"{ns}::{name}"):
            found |= {k, f"{k}.{overload}".removesuffix(".default")}
    for ns, name in re.findall(r"(?:ops\.(\w+)|torch)\.(\w+)\(", source):
        name = re.sub(r"^__(\w+?)__$", r"\1", name)
        found |= {name, f"{ns}::{name}"}
    return {k.lower() for k in found}


def test_torch_operations(folder):
    rows = {row["key"] for row in json.loads(succeed(["ops", "--torch", "--json"], TOP)[0])}
    shown = set()
    for path in glob.glob(folder + "/*.graphs"):
        for case in read_list(path)[1]:
            shown |= keys_shown(case.source)
    without = {line.split()[0] for line in read(folder + "/without.txt").split("\n") if line and line[0] != "#"}
    lines = [f"{k}: no list of tests/torch shows it" for k in rows - shown - without]
    lines += [f"{k}: no row is called so, strike it from without.txt" for k in without - rows]
    lines += [f"{k}: a list shows it, strike it from without.txt" for k in without & shown & rows]
    if lines:
        raise Failure(indented("\n".join(sorted(lines)) + "\n"))


class Case:
    """A block of a list."""

    def __init__(self, folder, name, line, source, expected):
        self.folder, self.name, self.line, self.source, self.expected = folder, name, line, source, expected

    def diagnostics(self):
        with tempfile.TemporaryDirectory(dir=MEMORY) as cwd:
            script = self.name + ".mil"
            write(os.path.join(cwd, script), self.source)
            for name in re.findall(r'"([\w-]+\.(?:npy|npz|safetensors|txt))"', self.source):
                if os.path.exists(os.path.join(self.folder, name)):
                    shutil.copy(os.path.join(self.folder, name), cwd)  # a link would lead out of the folder
            for name, ending in re.findall(r'"([\w-]+)(\.pt2?)"', self.source):
                if os.path.exists(os.path.join(self.folder, name + ".graph")):
                    made = graphs.make(read(os.path.join(self.folder, name + ".graph")))
                    with open(os.path.join(cwd, name + ending), "wb") as f:
                        f.write(made[1])
            before = sorted(os.listdir(cwd))
            said = refused(script, cwd, options(self.source))
            if sorted(os.listdir(cwd)) != before:
                raise Failure(f"  an output was left: {os.listdir(cwd)}\n")
        return re.sub(rf"^{re.escape(script)}:(?=\d)", "", said, flags=re.M)

    def text(self):
        return f"=== {self.name}\n{self.source}---\n{self.expected}"


class GraphCase(Case):
    """A file of PyTorch."""

    def diagnostics(self):
        ending, data = graphs.make(self.source)
        name, opts = self.name + ending, options(self.source)
        with tempfile.TemporaryDirectory(dir=MEMORY) as cwd:
            with open(os.path.join(cwd, name), "wb") as f:
                f.write(data)
            if self.folder.startswith(f"{TOP}/tests/err"):
                status, _, said = run([name, *opts, "-o", "o.mlpackage"], cwd)
                said += "ok\n" if status == 0 else ""
            else:
                status, text, said = run(["-S", "--passes=none", *opts, name], cwd)  # or those of opts
                said += textwrap.dedent("".join(re.findall(r"^    (?:.*\n)+?(?=})", text, re.M)))
                if not status and not re.search(r"^# not run: \w", self.source, re.M):
                    status, _, more = run([name, *opts, "-o", "o.mlpackage"], cwd)
                    said += "" if more in said else more
                    if not status:
                        status, text, more = run(["run", "--seed", "1", "--reference", "o.mlpackage"], cwd)
                        said += text + more
                if status:
                    raise Failure(f"  exit status {status}\n{indented(said)}")
            if status > 3 or (status and os.listdir(cwd) != [name]):
                raise Failure(f"  exit status {status}, output {os.listdir(cwd)}\n{indented(said)}")
        return re.sub(rf"^{re.escape(name)}: ", "", said, flags=re.M)


def read_list(path):
    """(what stands before the first case, the cases)"""
    head, *blocks = re.split(r"^(?==== )", read(path), flags=re.M)
    line, cases = head.count("\n") + 1, []
    for block in blocks:
        m = re.fullmatch(r"=== ([\w-]+)\n(.*?)^---\n(.*?)\n*", block, re.S | re.M)
        if not m or any(m[1] == c.name for c in cases):
            sys.exit(f"{path}:{line}: expected '=== NAME', a script, '---' and what milc says, and a new name")
        kind = GraphCase if path.endswith(".graphs") else Case
        cases.append(kind(os.path.dirname(path), m[1], line, m[2], m[3] + "\n" if m[3] else ""))
        line += block.count("\n")
    return head, cases


def test_case(case):
    got = case.diagnostics()
    if ACCEPT:
        case.expected = got
    else:
        compare(f"line {case.line}", case.expected, got)


def started():
    """(name, function, argument) for each case, and the lists by path."""
    found, lists = [], {}
    for path in glob.glob(f"{TOP}/tests/**/*.mil", recursive=True) + glob.glob(
            f"{TOP}/examples/**/*.mil", recursive=True):
        found.append((os.path.relpath(path, TOP), test_script, path))
    for path in glob.glob(f"{TOP}/examples/course/*.mil"):
        found.append((f"{os.path.relpath(path, TOP)}: its commands", test_lesson, path))
    found.append(("examples/course: every lesson", test_course, f"{TOP}/examples/course"))
    found.append(("tests/ops: every operation", test_operations, f"{TOP}/tests/ops"))
    found.append(("tests/ops: the reference", test_reference, f"{TOP}/tests/ops"))
    found.append(("tests/torch: every operation", test_torch_operations, f"{TOP}/tests/torch"))
    for path in glob.glob(f"{TOP}/tests/err/**/*.sh", recursive=True) + glob.glob(f"{TOP}/tests/ane/*.sh"):
        found.append((os.path.relpath(path, TOP), test_commands, path))
    for path in glob.glob(f"{TOP}/tests/err/**/*.cases", recursive=True) + glob.glob(f"{TOP}/tests/**/*.graphs",
                                                                                    recursive=True):
        lists[path] = read_list(path)
        found += [(f"{os.path.relpath(path, TOP)}:{c.name}", test_case, c) for c in lists[path][1]]
    pattern = re.compile(os.environ.get("FILTER") or "")
    return sorted((f for f in found if pattern.search(f[0])), key=lambda f: f[0]), lists


def attempt(name, function, argument):
    """What is to be printed: (result, log)"""
    try:
        function(argument)
        return f"ok {name}", ""
    except (Failure, OSError, subprocess.TimeoutExpired) as e:
        alone = shlex.quote(re.escape(name).replace(r"\-", "-").replace("\\.", ".") + "$")
        return f"FAILED {name}", f"{name}: FILTER={alone} tests/run.sh\n{e}"


def main():
    cases, lists = started()
    # The slow ones first, so that none is waited for at the end.
    slow = [test_reference, test_commands, test_script, test_lesson, test_course, test_operations,
            test_torch_operations, test_case]
    cases.sort(key=lambda c: slow.index(c[1]))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for result, log in pool.map(lambda c: attempt(*c), cases):
            print(result)
            sys.stderr.write(log)
    for path, (head, blocks) in lists.items() if ACCEPT else ():
        write(path, head + "\n".join(c.text() for c in blocks))


if __name__ == "__main__":
    main()
