"""numpy._random: methods of np.random's generators that are made of draws. The draws and their order are
NumPy's; _shuffled and _bounded are C (random_pick.c)."""
import numpy as np

_TEXTS = {
    True: {"count": "a must be greater than 0 unless no samples are taken",
           "kind": "a must be 1-dimensional or an integer",
           "empty": "'a' cannot be empty unless no samples are taken",
           "p rank": "'p' must be 1-dimensional", "p size": "'a' and 'p' must have same size",
           "nan": "probabilities contain NaN", "negative": "probabilities are not non-negative",
           "sum": "probabilities do not sum to 1",
           "many": "Cannot take a larger sample than population when 'replace=False'"},
    False: {"count": "a must be a positive integer unless no samples are taken",
            "kind": "a must be a sequence or an integer, not <class '{}'>",
            "empty": "a cannot be empty unless no samples are taken",
            "p rank": "p must be 1-dimensional", "p size": "a and p must have same size",
            "nan": "Probabilities contain NaN", "negative": "Probabilities are not non-negative",
            "sum": "Probabilities do not sum to 1. See Notes section of docstring for more information.",
            "many": "Cannot take a larger sample than population when replace is False"},
}


def _is_int(x):
    return isinstance(x, (int, np.integer)) and not isinstance(x, bool)


def _legacy_permutation(self, x):
    if _is_int(x):
        return self._shuffled(x, 1)
    a = np.asarray(x)
    if a.ndim < 1:
        raise IndexError("x must be an integer or at least 1-dimensional")
    return a[self._shuffled(a.shape[0], 1)]


def _permutation(self, x, axis=0):
    if _is_int(x):
        return self._shuffled(x, 1)
    a = np.asarray(x)
    axis = _axis(axis, a.ndim)
    return np.take(a, self._shuffled(a.shape[axis], 1), axis=axis)


def _axis(axis, rank):
    if not -rank <= axis < rank:
        raise np.exceptions.AxisError(f"axis {axis} is out of bounds for array of dimension {rank}")
    return axis % rank


def _shuffle(self, x, axis=0):
    if isinstance(x, np.ndarray):
        axis = _axis(axis, x.ndim)
        x[...] = np.take(x, self._shuffled(x.shape[axis], 1), axis=axis)
        return
    if axis:
        raise NotImplementedError("Axis argument is only supported on ndarray objects")
    kept = list(x) if isinstance(x, list) else None
    order = self._shuffled(len(x), 1)
    if kept is None:
        raise TypeError(f"'{type(x).__name__}' object does not support item assignment")
    x[:] = [kept[i] for i in order.tolist()]


def _legacy_shuffle(self, x):
    _shuffle(self, x)


def _weights(p, n, t):
    p = np.asarray(p, dtype=np.float64)
    if p.ndim != 1:
        raise ValueError(t["p rank"])
    if p.size != n:
        raise ValueError(t["p size"])
    total = np.sum(p)
    if np.isnan(total):
        raise ValueError(t["nan"])
    if np.any(p < 0):
        raise ValueError(t["negative"])
    if abs(total - 1.0) > 1.5e-8:
        raise ValueError(t["sum"])
    return p


def _by_weight(self, p, count):
    cdf = np.cumsum(p)
    cdf /= cdf[-1]
    return np.searchsorted(cdf, self.random(count), side="right")


def _different(self, p, size):
    """Weighted, each place once: rounds of draws, of which the first of each new place counts."""
    if np.count_nonzero(p > 0) < size:
        raise ValueError("Fewer non-zero entries in p than size")
    p, found = p.copy(), np.zeros(0, np.int64)
    while found.size < size:
        p[found] = 0
        new = _by_weight(self, p, size - found.size)
        found = np.append(found, new[np.sort(np.unique(new, return_index=True)[1])])
    return found


def _picked(self, n, size, shuffle):
    """size different ones of n: the end of a shuffled row where it is long, else Floyd's way."""
    if n > 10000 and size > n // (50 if shuffle else 20):
        return self._shuffled(n, max(n - size, 1), True)[n - size:].copy()
    seen, found = set(), []
    draws = self._bounded(np.arange(n - size, n)).tolist()
    for j, v in zip(range(n - size, n), draws):
        v = j if v in seen else v
        seen.add(v)
        found.append(v)
    found = np.asarray(found, dtype=np.int64)
    return found[self._shuffled(size, 1, True)] if shuffle else found


def _choice(self, a, size, replace, p, axis, shuffle, legacy):
    t = _TEXTS[legacy]
    if _is_int(a):
        source, n = None, int(a)
    else:
        source = np.asarray(a)
        if source.ndim == 0:
            raise ValueError(t["kind"].format(type(a).__name__))
        if legacy and source.ndim != 1:
            raise ValueError("a must be 1-dimensional")
        n = source.shape[axis]
    shape = () if size is None else (int(size),) if _is_int(size) else tuple(size)
    count = 1
    for d in shape:
        count *= d
        if d < 0:
            raise ValueError("negative dimensions are not allowed")
    if n <= 0 and count:
        raise ValueError(t["count" if source is None else "empty"])
    p = None if p is None else _weights(p, n, t)
    if replace:
        if p is not None:
            i = _by_weight(self, p, count)
        else:
            i = self.randint(0, n, count) if legacy else self.integers(0, n, count)
    elif count > n:
        raise ValueError(t["many"])
    elif p is not None:
        i = _different(self, p, count)
    else:
        i = self._shuffled(n, 1)[:count] if legacy else _picked(self, n, count, shuffle)
    i = i.reshape(shape)
    if size is None:
        i = i.item()
    if source is None:
        return i
    r = np.take(source, i, axis=axis)
    return np.asarray(r) if size is not None and np.ndim(r) == 0 else r


def _legacy_choice(self, a, size=None, replace=True, p=None):
    return _choice(self, a, size, replace, p, 0, True, True)


def _generator_choice(self, a, size=None, replace=True, p=None, axis=0, shuffle=True):
    return _choice(self, a, size, replace, p, axis, shuffle, False)


def _permuted(self, x, *, axis=None, out=None):
    a = np.asarray(x)
    if axis is None:
        r = a.ravel()[self._shuffled(a.size, 1)].reshape(a.shape)
    else:
        rows = np.moveaxis(a, axis, -1).copy()
        for i in np.ndindex(rows.shape[:-1]):
            rows[i] = rows[i][self._shuffled(rows.shape[-1], 1)]
        r = np.moveaxis(rows, -1, axis)
    if out is None:
        return r
    out[...] = r
    return out


def _legacy_exponential(self, scale=1.0, size=None):
    return scale * -np.log(1.0 - self.random_sample(size))


LEGACY = {"choice": _legacy_choice, "permutation": _legacy_permutation, "shuffle": _legacy_shuffle,
          "exponential": _legacy_exponential,
          "standard_exponential": lambda self, size=None: _legacy_exponential(self, 1.0, size)}
GENERATOR = {"choice": _generator_choice, "permutation": _permutation, "permuted": _permuted, "shuffle": _shuffle}
