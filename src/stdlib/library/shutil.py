# shutil: copies, moves and removals of files and folders.
import os
from _io import open
from fnmatch import filter as _filter


class Error(OSError):
    pass


class SameFileError(Error):
    pass


def _target(src, dst):
    return os.path.join(dst, os.path.basename(os.fspath(src).rstrip("/"))) if os.path.isdir(dst) else dst


def copyfileobj(fsrc, fdst, length=0):
    fdst.write(fsrc.read())


def copyfile(src, dst, *, follow_symlinks=True):
    if os.path.exists(src) and os.path.exists(dst) and os.path.samefile(src, dst):
        raise SameFileError(f"{src!r} and {dst!r} are the same file")
    with open(src, "rb") as f:
        data = f.read()
    with open(dst, "wb") as f:
        f.write(data)
    return dst


def copy(src, dst, *, follow_symlinks=True):
    return copyfile(src, _target(src, dst))


copy2 = copy


def copymode(src, dst, *, follow_symlinks=True):
    os.stat(src), os.stat(dst)


copystat = copymode


def ignore_patterns(*patterns):
    return lambda path, names: {name for p in patterns for name in _filter(names, p)}


def copytree(src, dst, symlinks=False, ignore=None, copy_function=copy2, ignore_dangling_symlinks=False,
             dirs_exist_ok=False):
    names = os.listdir(src)
    ignored = ignore(os.fspath(src), names) if ignore is not None else ()
    os.makedirs(dst, exist_ok=dirs_exist_ok)
    for name in names:
        if name in ignored:
            continue
        a, b = os.path.join(src, name), os.path.join(dst, name)
        if os.path.isdir(a):
            copytree(a, b, symlinks, ignore, copy_function, ignore_dangling_symlinks, dirs_exist_ok)
        else:
            copy_function(a, b)
    return dst


def rmtree(path, ignore_errors=False, onerror=None, *, dir_fd=None):
    try:
        if not os.path.isdir(path):
            os.listdir(path)
        _remove_tree(os.fspath(path))
    except OSError:
        if not ignore_errors:
            raise


def _remove_tree(path):
    for name in os.listdir(path):
        inner = os.path.join(path, name)
        if os.path.isdir(inner) and not os.path.islink(inner):
            _remove_tree(inner)
        else:
            os.remove(inner)
    os.rmdir(path)


def move(src, dst, copy_function=copy2):
    real = _target(src, dst)
    if real is not dst and os.path.exists(real):
        raise Error(f"Destination path '{real}' already exists")
    os.rename(src, real)
    return real


def which(cmd, mode=1, path=None):
    return None


def get_terminal_size(fallback=(80, 24)):
    return os.terminal_size(fallback)


def disk_usage(path):
    raise _milc_lacks("shutil: milc does not have disk_usage()")


def make_archive(*args, **kwargs):
    raise _milc_lacks("shutil: milc makes no archives")


def unpack_archive(*args, **kwargs):
    raise _milc_lacks("shutil: milc unpacks no archives")
