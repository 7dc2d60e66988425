# copy: copies of values. What the language itself does not make (arrays, programs, models) is copied by _copy.
import _copy


class Error(Exception):
    pass


error = Error
_KEPT = (type(None), bool, int, float, str, bytes, type, range, type(lambda: 0), type(len), type(...),
         type(NotImplemented))


def _bare(x):
    """An instance of the class of x that is empty, or None if x is not one of a class that a script made."""
    cls = type(x)
    if not hasattr(x, "__dict__") or isinstance(x, _KEPT):
        return None
    for base in (dict, list, set):
        if isinstance(x, base):
            return base.__new__(cls)
    if isinstance(x, tuple):
        return tuple.__new__(cls, x)
    if isinstance(x, BaseException):
        return cls.__new__(cls, *x.args)
    return object.__new__(cls)


def copy(x):
    cls = type(x)
    if cls in _KEPT or isinstance(x, type) or cls is tuple or cls is frozenset:
        return x
    if cls in (list, dict, set, bytearray):
        return x.copy()
    make = getattr(cls, "__copy__", None)
    if make is not None:
        return make(x)
    y = _bare(x)
    if y is None:
        return _copy.copy(x)
    _fill(x, y, lambda v: v)
    return y


def _fill(x, y, f):
    y.__dict__.update({k: f(v) for k, v in x.__dict__.items()})
    if isinstance(x, dict):
        for k, v in x.items():
            dict.__setitem__(y, f(k), f(v))
    elif isinstance(x, list):
        list.extend(y, [f(v) for v in x])
    elif isinstance(x, set):
        set.update(y, [f(v) for v in x])


def deepcopy(x, memo=None, _nil=[]):
    memo = {} if memo is None else memo
    cls = type(x)
    if cls in _KEPT or isinstance(x, type):
        return x
    if id(x) in memo:
        return memo[id(x)]
    y = _deep(x, cls, memo)
    if y is not x:
        memo[id(x)] = y
        memo.setdefault(id(memo), []).append(x)
    return y


def _deep(x, cls, memo):
    if cls is list:
        y = memo[id(x)] = []
        for v in x:
            y.append(deepcopy(v, memo))
        return y
    if cls is dict:
        y = memo[id(x)] = {}
        for k, v in x.items():
            y[deepcopy(k, memo)] = deepcopy(v, memo)
        return y
    if cls is tuple:
        items = [deepcopy(v, memo) for v in x]
        return tuple(items) if any([a is not b for a, b in zip(items, x)]) else x
    if cls in (set, frozenset):
        return cls([deepcopy(v, memo) for v in x])
    make = getattr(cls, "__deepcopy__", None)
    if make is not None:
        return make(x, memo)
    y = _bare(x)
    if y is None:
        return _copy.deepcopy(x)
    if isinstance(x, tuple):
        y = tuple.__new__(cls, [deepcopy(v, memo) for v in x])
    memo[id(x)] = y
    _fill(x, y, lambda v: deepcopy(v, memo))
    return y
