# pathlib: paths as values. A path is its root ("" or "/") and its parts; all else is os and os.path.
import fnmatch as _fnmatch
import io as _io
import os


class _Parents:
    def __init__(self, path):
        self._path = path
        self._count = len(path._tail)

    def __len__(self):
        return self._count

    def __getitem__(self, i):
        if isinstance(i, slice):
            return tuple([self[k] for k in range(*i.indices(len(self)))])
        if not -len(self) <= i < len(self):
            raise IndexError(i)
        tail = self._path._tail
        return self._path._from(self._path.root, tail[:len(tail) - 1 - i % len(self)])

    def __repr__(self):
        return f"<{type(self._path).__name__}.parents>"


class PurePath:
    drive = ""

    def __new__(cls, *args):
        return object.__new__(PosixPath if cls is Path else PurePosixPath if cls is PurePath else cls)

    def __init__(self, *args):
        self._set(*_parsed(args))

    def _set(self, root, tail):
        self.root, self._tail = root, tail
        self._text = root + "/".join(tail) or "."

    def _from(self, root, tail):
        path = object.__new__(type(self))
        path._set(root, tail)
        return path

    def __str__(self):
        return self._text

    def __fspath__(self):
        return self._text

    def __bytes__(self):
        return self._text.encode()

    def __repr__(self):
        return f"{type(self).__name__}({self._text!r})"

    def as_posix(self):
        return self._text

    def as_uri(self):
        if not self.root:
            raise ValueError("relative path can't be expressed as a file URI")
        safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~/"
        return "file://" + "".join([chr(b) if chr(b) in safe else f"%{b:02X}" for b in self._text.encode()])

    def __hash__(self):
        return hash(self._text)

    def __eq__(self, other):
        return self._text == other._text if isinstance(other, PurePath) else NotImplemented

    def _key(self):
        return [self.root, *self._tail] if self.root else self._tail

    def __lt__(self, other):
        return self._key() < other._key() if isinstance(other, PurePath) else NotImplemented

    def __le__(self, other):
        return self._key() <= other._key() if isinstance(other, PurePath) else NotImplemented

    def __gt__(self, other):
        return self._key() > other._key() if isinstance(other, PurePath) else NotImplemented

    def __ge__(self, other):
        return self._key() >= other._key() if isinstance(other, PurePath) else NotImplemented

    def __truediv__(self, key):
        return self._joined([key]) if isinstance(key, (str, PurePath)) or hasattr(key, "__fspath__") else NotImplemented

    def __rtruediv__(self, key):
        if not isinstance(key, str) and not hasattr(key, "__fspath__"):
            return NotImplemented
        return self._from(*_parsed([key, self]))

    def _joined(self, parts):
        root, tail = _parsed(parts)
        return self._from(root, tail) if root else self._from(self.root, self._tail + tail)

    def joinpath(self, *args):
        return self._joined(args)

    @property
    def anchor(self):
        return self.root

    @property
    def parts(self):
        return (self.root, *self._tail) if self.root else tuple(self._tail)

    @property
    def parent(self):
        return self._from(self.root, self._tail[:-1]) if self._tail else self

    @property
    def parents(self):
        return _Parents(self)

    @property
    def name(self):
        return self._tail[-1] if self._tail else ""

    @property
    def suffix(self):
        name = self.name
        i = name.rfind(".")
        return name[i:] if 0 < i < len(name) - 1 else ""

    @property
    def suffixes(self):
        name = self.name
        return [] if name.endswith(".") else ["." + s for s in name.lstrip(".").split(".")[1:]]

    @property
    def stem(self):
        name = self.name
        return name[:len(name) - len(self.suffix)]

    def with_name(self, name):
        if not self.name:
            raise ValueError(f"{self!r} has an empty name")
        if not name or "/" in name or name == ".":
            raise ValueError(f"Invalid name {name!r}")
        return self._from(self.root, [*self._tail[:-1], name])

    def with_stem(self, stem):
        return self.with_name(stem + self.suffix)

    def with_suffix(self, suffix):
        if "/" in suffix or suffix and not suffix.startswith(".") or suffix == ".":
            raise ValueError(f"Invalid suffix {suffix!r}")
        if not self.name:
            raise ValueError(f"{self!r} has an empty name")
        return self._from(self.root, [*self._tail[:-1], self.stem + suffix])

    def relative_to(self, *other):
        if not other:
            raise TypeError("need at least one argument")
        root, tail = _parsed(other)
        if root != self.root or self._tail[:len(tail)] != tail:
            text = root + "/".join(tail)
            raise ValueError(f"{self._text!r} is not in the subpath of {text!r} OR one path is relative and the other "
                             "is absolute.")
        return self._from("", self._tail[len(tail):])

    def is_relative_to(self, *other):
        try:
            self.relative_to(*other)
        except ValueError:
            return False
        return True

    def is_absolute(self):
        return bool(self.root)

    def is_reserved(self):
        return False

    def match(self, path_pattern):
        root, pattern = _parsed([path_pattern])
        if not root and not pattern:
            raise ValueError("empty pattern")
        mine = self._key()
        wanted = [root, *pattern] if root else pattern
        if len(wanted) > len(mine) or root and len(wanted) != len(mine):
            return False
        return all([_fnmatch.fnmatchcase(a, b) for a, b in zip(mine[::-1], wanted[::-1])])


def _parsed(args):
    """The root and the parts of paths joined; one that is absolute replaces what stands before it."""
    root, tail = "", []
    for arg in args:
        if isinstance(arg, PurePath):
            part_root, part_tail = arg.root, arg._tail
        else:
            text = os.fspath(arg)
            if not isinstance(text, str):
                raise TypeError("argument should be a str object or an os.PathLike object returning str, not "
                                f"{type(arg)!r}")
            slashes = len(text) - len(text.lstrip("/"))
            part_root = "//" if slashes == 2 else "/" if slashes else ""
            part_tail = [p for p in text.split("/") if p and p != "."]
        root, tail = (part_root, part_tail) if part_root else (root, tail + part_tail)
    return root, tail


class PurePosixPath(PurePath):
    pass


class Path(PurePath):
    @classmethod
    def cwd(cls):
        return cls(os.getcwd())

    @classmethod
    def home(cls):
        return cls("~").expanduser()

    def __enter__(self):
        return self

    def __exit__(self, t, v, tb):
        pass

    def exists(self):
        return os.path.exists(self)

    def is_file(self):
        return os.path.isfile(self)

    def is_dir(self):
        return os.path.isdir(self)

    def is_symlink(self):
        return os.path.islink(self)

    def stat(self, *, follow_symlinks=True):
        return os.stat(self)

    lstat = stat

    def samefile(self, other_path):
        return os.path.samefile(self, other_path)

    def absolute(self):
        return self if self.root else self._from(*_parsed([os.getcwd(), self]))

    def resolve(self, strict=False):
        if strict:
            os.stat(self)
        return self._from(*_parsed([os.path.realpath(self)]))

    def expanduser(self):
        if self.root or not self._tail or self._tail[0][:1] != "~":
            return self
        home = os.path.expanduser(self._tail[0])
        if home[:1] == "~":
            raise RuntimeError("Could not determine home directory.")
        return self._from(*_parsed([home, *self._tail[1:]]))

    def iterdir(self):
        for name in os.listdir(self):
            yield self._joined([name])

    def glob(self, pattern):
        return self._glob(pattern, [])

    def rglob(self, pattern):
        return self._glob(pattern, ["**"])

    def _glob(self, pattern, before):
        if not pattern and not before:
            raise ValueError(f"Unacceptable pattern: {pattern!r}")
        root, tail = _parsed([pattern])
        if root:
            raise NotImplementedError("Non-relative patterns are unsupported")
        for part in tail:
            if "**" in part and part != "**":
                raise ValueError("Invalid pattern: '**' can only be an entire path component")
        return iter(_selected(self, before + tail, pattern.endswith("/")))

    def open(self, mode="r", buffering=-1, encoding=None, errors=None, newline=None):
        return _io.open(self, mode, buffering, encoding, errors, newline)

    def read_bytes(self):
        with self.open("rb") as f:
            return f.read()

    def read_text(self, encoding=None, errors=None):
        with self.open("r", encoding=encoding, errors=errors) as f:
            return f.read()

    def write_bytes(self, data):
        with self.open("wb") as f:
            return f.write(data)

    def write_text(self, data, encoding=None, errors=None, newline=None):
        if not isinstance(data, str):
            raise TypeError(f"data must be str, not {type(data).__name__}")
        with self.open("w", encoding=encoding, errors=errors, newline=newline) as f:
            return f.write(data)

    def touch(self, mode=0o666, exist_ok=True):
        if self.exists():
            if not exist_ok:
                raise FileExistsError(17, "File exists", str(self))
        else:
            self.open("a").close()

    def mkdir(self, mode=0o777, parents=False, exist_ok=False):
        try:
            os.mkdir(self, mode)
        except FileNotFoundError:
            if not parents or self.parent == self:
                raise
            self.parent.mkdir(parents=True, exist_ok=True)
            self.mkdir(mode, parents=False, exist_ok=exist_ok)
        except OSError:
            if not exist_ok or not self.is_dir():
                raise

    def unlink(self, missing_ok=False):
        try:
            os.unlink(self)
        except FileNotFoundError:
            if not missing_ok:
                raise

    def rmdir(self):
        os.rmdir(self)

    def rename(self, target):
        os.rename(self, target)
        return type(self)(target)

    def replace(self, target):
        os.replace(self, target)
        return type(self)(target)

    def chmod(self, mode, *, follow_symlinks=True):
        os.chmod(self, mode)


class PosixPath(Path, PurePosixPath):
    pass


def _selected(path, patterns, only_dirs):
    """What matches the patterns below the path, each path once."""
    if not patterns:
        return [path] if path.is_dir() or not only_dirs and path.exists() else []
    first, rest = patterns[0], patterns[1:]
    if first == "**":
        found, seen = [], set()
        for folder in _folders(path):
            for p in _selected(folder, rest, only_dirs):
                if p not in seen:
                    seen.add(p)
                    found.append(p)
        return found
    if not any([c in first for c in "*?["]):
        inner = path._joined([first])
        return _selected(inner, rest, only_dirs) if inner.exists() else []
    found = []
    for name in _names(path):
        if _fnmatch.fnmatchcase(name, first):
            inner = path._joined([name])
            if not rest and not only_dirs:
                found.append(inner)
            elif inner.is_dir():
                found += _selected(inner, rest, only_dirs)
    return found


def _names(path):
    try:
        return sorted(os.listdir(path))
    except OSError:
        return []


def _folders(path):
    if not path.is_dir():
        return []
    found = [path]
    for name in _names(path):
        inner = path._joined([name])
        if inner.is_dir() and not inner.is_symlink():
            found += _folders(inner)
    return found
