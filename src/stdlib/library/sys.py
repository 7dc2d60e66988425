# sys: what a script may know of the interpreter; as CPython 3.11 on Linux has it.
import _sys
from _io import stderr, stdin, stdout

argv = _sys.argv
exc_info = _sys.exc_info
byteorder = "little"
executable = ""
exec_prefix = prefix = base_prefix = base_exec_prefix = "/usr"
flags = ()
implementation = None
maxsize = 2**63 - 1
maxunicode = 0x10FFFF
modules = {}
path = [_sys.folder]
platform = "linux"
ps1 = ">>> "
version = "3.11.7 (main)"
warnoptions = []
hexversion = 0x030B07F0
__stdin__, __stdout__, __stderr__ = stdin, stdout, stderr


class _Named(tuple):
    def __new__(cls, name, fields):
        self = tuple.__new__(cls, fields.values())
        self._name = name
        for key, value in fields.items():
            self.__dict__[key] = value
        return self

    def __repr__(self):
        return f"sys.{self._name}({', '.join(f'{k}={v!r}' for k, v in self.__dict__.items() if k != '_name')})"


version_info = _Named("version_info", {"major": 3, "minor": 11, "micro": 7, "releaselevel": "final", "serial": 0})
float_info = _Named("float_info", {"max": 1.7976931348623157e308, "max_exp": 1024, "max_10_exp": 308,
                                   "min": 2.2250738585072014e-308, "min_exp": -1021, "min_10_exp": -307, "dig": 15,
                                   "mant_dig": 53, "epsilon": 2.220446049250313e-16, "radix": 2, "rounds": 1})


def exit(status=None, /):
    raise SystemExit if status is None else SystemExit(status)


def getdefaultencoding():
    return "utf-8"


def getfilesystemencoding():
    return "utf-8"


def getrecursionlimit():
    return 1000


def setrecursionlimit(limit, /):
    if limit <= 0:
        raise ValueError("recursion limit must be greater or equal than 1")


def intern(string, /):
    return string


def getsizeof(object, default=None):
    _milc_lacks("sys.getsizeof(): what an object takes is no affair of scripts here")
