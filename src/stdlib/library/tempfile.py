# tempfile: files and folders with names that nobody else has, below _os.tempdir(). The names are counted.
import os

import _os
from _io import open

tempdir = None
template = "tmp"
_count = 0


def gettempdir():
    global tempdir
    if tempdir is None:
        tempdir = _os.tempdir()  # a new one each time
    return tempdir


def gettempprefix():
    return template


def _fresh(suffix, prefix, dir):
    global _count
    while True:
        name = f"{template if prefix is None else prefix}{_count:08d}{suffix or ''}"
        path = os.path.join(os.path.abspath(gettempdir() if dir is None else dir), name)
        _count += 1
        if not os.path.exists(path):
            return path


def mkdtemp(suffix=None, prefix=None, dir=None):
    path = _fresh(suffix, prefix, dir)
    os.mkdir(path)
    return path


def mktemp(suffix="", prefix=template, dir=None):
    return _fresh(suffix, prefix, dir)


def mkstemp(suffix=None, prefix=None, dir=None, text=False):
    raise _milc_lacks("tempfile: milc does not have mkstemp(); use NamedTemporaryFile(delete=False)")


class TemporaryDirectory:
    def __init__(self, suffix=None, prefix=None, dir=None, ignore_cleanup_errors=False):
        self.name = mkdtemp(suffix, prefix, dir)

    def __enter__(self):
        return self.name

    def __exit__(self, exc, value, tb):
        self.cleanup()

    def cleanup(self):
        import shutil
        shutil.rmtree(self.name, ignore_errors=True)

    def __repr__(self):
        return f"<TemporaryDirectory {self.name!r}>"


class _TemporaryFile:
    def __init__(self, file, name, delete):
        self.file, self.name, self.delete = file, name, delete

    def __getattr__(self, name):
        return getattr(self.file, name)

    def __enter__(self):
        return self

    def __exit__(self, exc, value, tb):
        self.close()

    def __iter__(self):
        return iter(self.file)

    def close(self):
        self.file.close()
        if self.delete and os.path.exists(self.name):
            os.remove(self.name)


def NamedTemporaryFile(mode="w+b", buffering=-1, encoding=None, newline=None, suffix=None, prefix=None, dir=None,
                       delete=True, *, errors=None):
    path = _fresh(suffix, prefix, dir)
    return _TemporaryFile(open(path, mode, encoding=encoding, newline=newline), path, delete)


TemporaryFile = NamedTemporaryFile


def SpooledTemporaryFile(max_size=0, mode="w+b", **kwargs):
    import io
    return io.BytesIO() if "b" in mode else io.StringIO()
