#!/usr/bin/env python3
"""Compares the modules of src/stdlib with CPython's own: each script tests/lang/stdlib-*.mil runs in CPython 3.11 with
the modules of CPython and with ours, and must print the same both times.

Ours are loaded from their files, with stand-ins for what is native in milc. `differ.py NAME...` limits it to scripts
whose name has one of the texts in it; `differ.py --write NAME...` writes what CPython prints to tests/lang/NAME.out.
"""
import builtins
import contextlib
import copy
import difflib
import glob
import io
import json
import os
import sys
import tempfile
import time
import types

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(TOP, "src", "stdlib", "library")


class Lack(BaseException):
    """What _milc_lacks() makes: no script catches it."""


def module(name, **members):
    m = types.ModuleType(name)
    m.__dict__.update(members)
    return m


class Builder:
    """Enough of coremltools for the program that ends each script."""
    TensorSpec = staticmethod(lambda **kw: None)
    program = staticmethod(lambda **kw: lambda f: None)


def natives():
    def kind(path):
        return 1 if os.path.isfile(path) else 2 if os.path.isdir(path) else 3 if os.path.exists(path) else 0

    def loads(text, error, *options):
        names = ("object_hook", "object_pairs_hook", "parse_float", "parse_int", "parse_constant", "strict")
        try:
            return json.loads(text, **{n: v for n, v in zip(names, options) if v is not None})
        except json.JSONDecodeError as e:
            error(e.msg, e.pos)

    return {
        "_os": module("_os", kind=kind, islink=os.path.islink, size=os.path.getsize, mtime=os.path.getmtime,
                      listdir=lambda p: sorted(os.listdir(p)), mkdir=os.mkdir, rmdir=os.rmdir, remove=os.remove,
                      rename=os.rename, getcwd=os.getcwd, chdir=os.chdir, realpath=os.path.realpath,
                      tempdir=tempfile.gettempdir, environ=dict(os.environ)),
        "_json": module("_json", loads=loads, quote=lambda text, ascii: json.dumps(text, ensure_ascii=ascii)),
        "_copy": module("_copy", copy=copy.copy, deepcopy=copy.deepcopy),
        "_time": module("_time", time=time.time, perf_counter=time.perf_counter),
    }


class Ours:
    """Imports as milc does: a module is src/stdlib/library/NAME.py."""

    def __init__(self):
        self.loaded = natives()
        self.builtins = {**builtins.__dict__, "__import__": self.load, "_milc_lacks": Lack}
        self.builtins_module = module("builtins", **self.builtins)

    def find(self, name):
        if name in self.loaded:
            return self.loaded[name]
        path = os.path.join(FOLDER, name + ".py")
        if name == "sys" or not os.path.exists(path):
            return None
        if "." in name:
            self.find(name.split(".")[0])
        m = self.loaded[name] = module(name, __builtins__=self.builtins)
        with open(path, encoding="utf-8") as f:
            exec(compile(f.read(), path, "exec"), m.__dict__)
        if "." in name:
            setattr(self.loaded[name.split(".")[0]], name.split(".")[1], m)
        return m

    def load(self, name, globals=None, locals=None, fromlist=(), level=0):
        if name == "builtins":
            return self.builtins_module
        m = self.find(name)
        if m is None:
            return given(name, globals, locals, fromlist, level)
        for sub in fromlist or ():
            if not hasattr(m, sub) and "." not in name:
                self.find(f"{name}.{sub}")
        return m if fromlist else self.loaded[name.split(".")[0]]


def given(name, globals=None, locals=None, fromlist=(), level=0):
    if name.split(".")[0] == "coremltools":
        return module("mil", Builder=Builder)
    return builtins.__import__(name, globals, locals, fromlist, level)


def run(path, space):
    """What a script prints, in a folder of its own, and with it what ends it."""
    out, here = io.StringIO(), os.getcwd()
    with open(path, encoding="utf-8") as f:
        text = f.read()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        argv, sys.argv = sys.argv, [os.path.basename(path)]
        try:
            with contextlib.redirect_stdout(out):
                script = sys.modules["__main__"] = module("__main__", __file__=path, __builtins__=space)
                exec(compile(text, path, "exec"), script.__dict__)
        except Lack as e:
            out.write(f"LACK {e}\n")
        except Exception as e:
            tb = e.__traceback__
            while tb.tb_next:
                tb = tb.tb_next
            out.write(f"{type(e).__name__}: {e} ({os.path.basename(tb.tb_frame.f_code.co_filename)}:{tb.tb_lineno})\n")
        finally:
            os.chdir(here)
            sys.argv = argv
    return out.getvalue()


def main():
    words = [a for a in sys.argv[1:] if not a.startswith("-")]
    failed = 0
    for path in sorted(glob.glob(os.path.join(TOP, "tests", "lang", "stdlib-*.mil"))):
        if words and not any(w in path for w in words):
            continue
        child = os.fork()
        if child:
            failed += os.waitpid(child, 0)[1] != 0
            continue
        expected = run(path, {**builtins.__dict__, "__import__": given, "_milc_lacks": Lack})
        if "--write" in sys.argv:
            with open(path[:-4] + ".out", "w", encoding="utf-8") as f:
                f.write(expected)
        came = run(path, Ours().builtins)
        name = os.path.basename(path)
        print("ok" if came == expected else "FAILED", name, flush=True)
        if came != expected:
            sys.stdout.writelines(difflib.unified_diff(expected.splitlines(True), came.splitlines(True), "CPython",
                                                       "src/stdlib", n=1))
            sys.stdout.flush()
        os._exit(came != expected)
    sys.exit(failed != 0)


main()
