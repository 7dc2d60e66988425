# os: files, folders and the environment, over the native module _os, whose functions take paths as text:
#   kind(path)       0 none, 1 a file, 2 a folder, 3 anything else; links are followed
#   islink(path)     whether the path is a symbolic link
#   size(path), mtime(path)    bytes as int, seconds as float
#   listdir(path)    names, sorted
#   mkdir(path), rmdir(path), remove(path), rename(old, new)
#   getcwd(), chdir(path), realpath(path), tempdir()
#   environ          a dict of str, a new one each time
# They raise the subclass of OSError that CPython raises, with errno, strerror and filename (and filename2).
import os.path as path  # noqa: F401
import sys as _sys

import _os
from abc import ABCMeta as _ABCMeta, abstractmethod as _abstractmethod

sep, altsep, curdir, pardir, extsep, pathsep, devnull, linesep = "/", None, ".", "..", ".", ":", "/dev/null", "\n"
defpath = "/bin:/usr/bin"
name = "posix"
error = OSError
F_OK, R_OK, W_OK, X_OK = 0, 4, 2, 1
SEEK_SET, SEEK_CUR, SEEK_END = 0, 1, 2
fspath = path._fspath


class _HasPath(_ABCMeta):
    def __subclasscheck__(cls, subclass):
        return hasattr(subclass, "__fspath__")


class PathLike(metaclass=_HasPath):
    @_abstractmethod
    def __fspath__(self):
        raise NotImplementedError

    @classmethod
    def __class_getitem__(cls, item):
        return cls


class _Environ(dict):
    """The environment of the script: texts only."""

    def _text(self, x):
        if not isinstance(x, str):
            raise TypeError(f"str expected, not {type(x).__name__}")
        return x

    def __setitem__(self, key, value):
        super().__setitem__(self._text(key), self._text(value))
        path._environ[key] = value

    def __delitem__(self, key):
        super().__delitem__(self._text(key))
        path._environ.pop(key, None)

    def __getitem__(self, key):
        return super().__getitem__(self._text(key))

    def setdefault(self, key, value=None):
        if key not in self:
            self[key] = value
        return self[key]

    def update(self, other=(), /, **kwds):
        for key, value in {**dict(other), **kwds}.items():
            self[key] = value

    def pop(self, key, *default):
        path._environ.pop(key, None)
        return super().pop(key, *default)

    def copy(self):
        return dict(self)

    def __repr__(self):
        return f"environ({dict(self)!r})"


environ = _Environ(path._environ)


def getenv(key, default=None):
    return environ.get(key, default)


def putenv(name, value, /):
    environ[name] = value


def unsetenv(name, /):
    if name in environ:
        del environ[name]


def getcwd():
    return _os.getcwd()


def chdir(path):
    _os.chdir(fspath(path))


def listdir(path="."):
    return _os.listdir(fspath(path))


def mkdir(path, mode=0o777, *, dir_fd=None):
    _os.mkdir(fspath(path))


def makedirs(name, mode=0o777, exist_ok=False):
    text = fspath(name)
    head, tail = path.split(text)
    if not tail:
        head, tail = path.split(head)
    if head and tail and not path.exists(head):
        makedirs(head, exist_ok=exist_ok)
        if tail == ".":
            return
    try:
        _os.mkdir(text)
    except OSError:
        if not exist_ok or not path.isdir(text):
            raise


def rmdir(path, *, dir_fd=None):
    _os.rmdir(fspath(path))


def removedirs(name):
    rmdir(name)
    head, tail = path.split(fspath(name))
    while head and tail:
        try:
            rmdir(head)
        except OSError:
            break
        head, tail = path.split(head)


def remove(path, *, dir_fd=None):
    _os.remove(fspath(path))


unlink = remove


def rename(src, dst, *, src_dir_fd=None, dst_dir_fd=None):
    _os.rename(fspath(src), fspath(dst))


replace = rename


def renames(old, new):
    head = path.dirname(fspath(new))
    if head and not path.exists(head):
        makedirs(head)
    rename(old, new)


def access(path, mode):
    return _os.kind(fspath(path)) != 0


class stat_result:
    def __init__(self, kind, size, mtime):
        self.st_size = size
        self.st_mtime = self.st_atime = self.st_ctime = mtime
        self.st_mtime_ns = self.st_atime_ns = self.st_ctime_ns = int(mtime * 1e9)
        self.st_mode = {1: 0o100644, 2: 0o40755}.get(kind, 0)
        self.st_nlink, self.st_uid, self.st_gid, self.st_ino, self.st_dev = 1, 0, 0, 0, 0


def stat(path, *, dir_fd=None, follow_symlinks=True):
    text = fspath(path)
    return stat_result(_os.kind(text), _os.size(text), _os.mtime(text))


lstat = stat


class DirEntry:
    def __init__(self, folder, name):
        self.name = name
        self.path = path.join(folder, name)

    def is_dir(self, *, follow_symlinks=True):
        return path.isdir(self.path)

    def is_file(self, *, follow_symlinks=True):
        return path.isfile(self.path)

    def is_symlink(self):
        return path.islink(self.path)

    def stat(self, *, follow_symlinks=True):
        return stat(self.path)

    def __fspath__(self):
        return self.path

    def __repr__(self):
        return f"<DirEntry {self.name!r}>"


class _Scan:
    def __init__(self, entries):
        self._entries = iter(entries)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._entries)

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def close(self):
        self._entries = iter(())


def scandir(path="."):
    folder = fspath(path)
    return _Scan([DirEntry(folder, name) for name in _os.listdir(folder)])


def walk(top, topdown=True, onerror=None, followlinks=False):
    top = fspath(top)
    try:
        names = _os.listdir(top)
    except OSError as e:
        if onerror is not None:
            onerror(e)
        return
    dirs = [n for n in names if path.isdir(path.join(top, n))]
    files = [n for n in names if n not in dirs]
    if topdown:
        yield top, dirs, files
    for n in dirs:
        inner = path.join(top, n)
        if followlinks or not path.islink(inner):
            yield from walk(inner, topdown, onerror, followlinks)
    if not topdown:
        yield top, dirs, files


def fsencode(filename):
    filename = fspath(filename)
    return filename.encode() if isinstance(filename, str) else filename


def fsdecode(filename):
    filename = fspath(filename)
    return filename.decode() if isinstance(filename, bytes) else filename


def cpu_count():
    return 1


def getpid():
    return 1


def urandom(size, /):
    raise _milc_lacks("os: milc does not have urandom(), since a script builds the same model each time")


def system(command):
    raise _milc_lacks("os: milc runs no commands; run them before or after it")


popen = system


class terminal_size(tuple):
    @property
    def columns(self):
        return self[0]

    @property
    def lines(self):
        return self[1]

    def __repr__(self):
        return f"os.terminal_size(columns={self[0]}, lines={self[1]})"


def get_terminal_size(fd=1, /):
    raise OSError(25, "Inappropriate ioctl for device")


def strerror(code, /):
    names = {1: "Operation not permitted", 2: "No such file or directory", 13: "Permission denied", 17: "File exists",
             20: "Not a directory", 21: "Is a directory", 22: "Invalid argument", 39: "Directory not empty"}
    return names.get(code, f"Unknown error {code}")


def _exit(status):
    _sys.exit(status)


def chmod(path, mode, *, dir_fd=None, follow_symlinks=True):
    _os.size(fspath(path))
