# os.path: paths as texts with slashes. What asks the disk is native (_os; os.py lists its functions).
import _os

sep, altsep, curdir, pardir, extsep, pathsep, devnull = "/", None, ".", "..", ".", ":", "/dev/null"
supports_unicode_filenames = False
_environ = _os.environ  # os.environ writes to it, too


def _fspath(path):
    if isinstance(path, (str, bytes)):
        return path
    if not hasattr(type(path), "__fspath__"):
        raise TypeError(f"expected str, bytes or os.PathLike object, not {type(path).__name__}")
    return path.__fspath__()


def _text(path):
    path = _fspath(path)
    return path.decode() if isinstance(path, bytes) else path


def normcase(s):
    return _fspath(s)


def isabs(s):
    return _text(s).startswith("/")


def join(a, *p):
    path = _text(a)
    for part in p:
        try:
            part = _text(part)
        except TypeError:
            raise TypeError(f"join() argument must be str, bytes, or os.PathLike object, not "
                            f"{type(part).__name__!r}") from None
        if part.startswith("/"):
            path = part
        else:
            path += part if not path or path.endswith("/") else "/" + part
    return path


def split(p):
    p = _text(p)
    i = p.rfind("/") + 1
    head, tail = p[:i], p[i:]
    return head.rstrip("/") or head, tail


def basename(p):
    return split(p)[1]


def dirname(p):
    return split(p)[0]


def splitext(p):
    p = _text(p)
    start = p.rfind("/") + 1
    dot = p.rfind(".")
    if dot > start and p[start:dot].strip("."):
        return p[:dot], p[dot:]
    return p, ""


def splitdrive(p):
    return "", _text(p)


def normpath(path):
    path = _text(path)
    slashes = 2 if path.startswith("//") and not path.startswith("///") else path.startswith("/") * 1
    parts = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part != ".." or not slashes and not parts or parts and parts[-1] == "..":
            parts.append(part)
        elif parts:
            parts.pop()
    return "/" * slashes + "/".join(parts) or "."


def abspath(path):
    path = _text(path)
    return normpath(path if path.startswith("/") else join(_os.getcwd(), path))


def realpath(filename, *, strict=False):
    return _os.realpath(_text(filename))


def relpath(path, start=None):
    path = _text(path)
    if not path:
        raise ValueError("no path specified")
    there = [p for p in abspath(path).split("/") if p]
    here = [p for p in abspath("." if start is None else start).split("/") if p]
    same = 0
    while same < min(len(there), len(here)) and there[same] == here[same]:
        same += 1
    return "/".join([".."] * (len(here) - same) + there[same:]) or "."


def commonprefix(m):
    if not m:
        return ""
    low, high = min(m), max(m)
    for i, c in enumerate(low):
        if c != high[i]:
            return low[:i]
    return low


def commonpath(paths):
    paths = [_text(p) for p in paths]
    if not paths:
        raise ValueError("commonpath() arg is an empty sequence")
    if len({p.startswith("/") for p in paths}) > 1:
        raise ValueError("Can't mix absolute and relative paths")
    parts = [[c for c in p.split("/") if c and c != "."] for p in paths]
    return "/" * paths[0].startswith("/") + "/".join(commonprefix(parts))


def expanduser(path):
    path = _text(path)
    home = _environ.get("HOME")
    if home is None or path != "~" and not path.startswith("~/"):
        return path
    return home.rstrip("/") + path[1:] or "/"


def expandvars(path):
    path, out, i = _text(path), "", 0
    while i < len(path):
        start = i + 1
        end = start
        if path[i] == "$" and path[start:start + 1] == "{" and "}" in path[start:]:
            end = path.index("}", start) + 1
            name = path[start + 1:end - 1]
        elif path[i] == "$":
            while end < len(path) and (path[end].isalnum() or path[end] == "_"):
                end += 1
            name = path[start:end]
        else:
            name = ""
        known = name and name in _environ
        out += _environ[name] if known else path[i:end]
        i = max(end, i + 1)
    return out


def _kind(path):
    try:
        return _os.kind(_text(path))
    except ValueError:
        return 0


def exists(path):
    return _kind(path) != 0


lexists = exists


def isfile(path):
    return _kind(path) == 1


def isdir(s):
    return _kind(s) == 2


def islink(path):
    return _os.islink(_text(path))


def ismount(path):
    return abspath(path) == "/"


def getsize(filename):
    return _os.size(_text(filename))


def getmtime(filename):
    return _os.mtime(_text(filename))


getctime = getatime = getmtime


def samefile(f1, f2):
    getsize(f1), getsize(f2)
    return realpath(f1) == realpath(f2)
