# glob: paths that match patterns, sorted, so that they come in the same order everywhere.
import os
from fnmatch import fnmatchcase as _matches

_MAGIC = "*?["


def has_magic(s):
    return any([c in s for c in _MAGIC])


def escape(pathname):
    return "".join([f"[{c}]" if c in _MAGIC else c for c in pathname])


def glob(pathname, *, root_dir=None, dir_fd=None, recursive=False, include_hidden=False):
    return list(iglob(pathname, root_dir=root_dir, recursive=recursive, include_hidden=include_hidden))


def iglob(pathname, *, root_dir=None, dir_fd=None, recursive=False, include_hidden=False):
    pathname = os.fspath(pathname)
    root = "" if root_dir is None else os.fspath(root_dir)
    found = _found(pathname, root, recursive, include_hidden)
    if recursive and pathname[:2] == "**" and found and found[0] == "":
        found = found[1:]
    return iter(found)


def _list(folder, root):
    try:
        return sorted(os.listdir(os.path.join(root, folder) or "."))
    except OSError:
        return []


def _is_dir(path, root):
    return os.path.isdir(os.path.join(root, path))


def _found(pathname, root, recursive, hidden):
    head, tail = os.path.split(pathname)
    if not has_magic(pathname):
        there = os.path.exists(os.path.join(root, pathname)) if tail else _is_dir(head, root)
        return [pathname] if there else []
    if not head:
        return _in_folder("", tail, root, recursive, hidden)
    folders = _found(head, root, recursive, hidden) if head != pathname and has_magic(head) else [head]
    found = []
    for folder in folders:
        if not tail:
            found += [os.path.join(folder, "")] if _is_dir(folder, root) else []
        else:
            found += [os.path.join(folder, name) for name in _in_folder(folder, tail, root, recursive, hidden)]
    return found


def _in_folder(folder, pattern, root, recursive, hidden):
    if recursive and pattern == "**":
        return _below(folder, root, hidden) if not folder or _is_dir(folder, root) else []
    if not has_magic(pattern):
        return [pattern] if os.path.exists(os.path.join(root, folder, pattern)) else []
    return [name for name in _list(folder, root)
            if (hidden or pattern.startswith(".") or not name.startswith(".")) and _matches(name, pattern)]


def _below(folder, root, hidden):
    found = [""]
    for name in _list(folder, root):
        if hidden or not name.startswith("."):
            inner = os.path.join(folder, name)
            found.append(name)
            if _is_dir(inner, root):
                found += [os.path.join(name, deeper) for deeper in _below(inner, root, hidden)[1:]]
    return found
