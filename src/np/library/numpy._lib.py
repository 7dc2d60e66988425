"""numpy._lib: the part of NumPy that is made of other parts of it. Names without a leading underscore
are np's; those in _METHODS are methods of arrays, too. Texts and classes of errors are NumPy's."""
import numpy as np
import _numpy
from _io import open
from _numpy import AxisError

_DEFAULT = object()


# ---- arguments ----
def _axis(axis, rank, name=None):
    """The axis counted from 0."""
    if isinstance(axis, (bool, float, str)) or axis is None:
        raise TypeError(f"'{type(axis).__name__}' object cannot be interpreted as an integer")
    if not -rank <= axis < rank:
        raise AxisError(f"{name + ': ' if name else ''}axis {axis} is out of bounds for array of dimension {rank}")
    return axis + rank if axis < 0 else axis


def _axes(axis, rank, name=None):
    """An axis or several as a tuple, counted from 0."""
    if not isinstance(axis, (tuple, list)):
        axis = (axis,)
    axis = tuple([_axis(x, rank, name) for x in axis])
    if len(set(axis)) != len(axis):
        raise ValueError(f"repeated axis in `{name}` argument" if name else "repeated axis")
    return axis


def _at(rank, axis, key):
    """The index that is key along the axis, and all of the others."""
    return (slice(None),) * axis + (key,) + (slice(None),) * (rank - axis - 1)


def _into(r, out):
    if out is None:
        return r
    out[...] = r
    return out


def _lone(r):
    """An array without dimensions as a scalar."""
    return r[()] if isinstance(r, np.ndarray) and r.ndim == 0 else r


def _by_last(f, a, axis, keepdims):
    """f reduces the last axis of what it gets: these axes of a, joined; None: all."""
    rank = a.ndim
    axes = tuple(range(rank)) if axis is None else _axes(axis, rank)
    rest = [i for i in range(rank) if i not in axes]
    size = 1
    for i in axes:
        size *= a.shape[i]
    r = f(np.transpose(a, rest + list(axes)).reshape(tuple([a.shape[i] for i in rest]) + (size,)))
    if keepdims:
        r = np.asarray(r)
        lead = r.shape[:r.ndim - len(rest)]
        r = r.reshape(lead + tuple([1 if i in axes else a.shape[i] for i in range(rank)]))
    return r


def _lacks(name):
    _milc_lacks(name)


# ---- shapes ----
def moveaxis(a, source, destination):
    a = np.asarray(a)
    source = _axes(source, a.ndim, "source")
    destination = _axes(destination, a.ndim, "destination")
    if len(source) != len(destination):
        raise ValueError("`source` and `destination` arguments must have the same number of elements")
    order = [i for i in range(a.ndim) if i not in source]
    for to, at in sorted(zip(destination, source)):
        order.insert(to, at)
    return np.transpose(a, order)


def swapaxes(a, axis1, axis2):
    a = np.asarray(a)
    x, y = _axis(axis1, a.ndim, "axis1"), _axis(axis2, a.ndim, "axis2")
    order = list(range(a.ndim))
    order[x], order[y] = y, x
    return np.transpose(a, order)


def flip(m, axis=None):
    m = np.asarray(m)
    axes = range(m.ndim) if axis is None else _axes(axis, m.ndim)
    return m[tuple([slice(None, None, -1) if i in axes else slice(None) for i in range(m.ndim)])]


def _rolled(a, shift, axis):
    n = a.shape[axis]
    cut = n - shift % n if n else 0
    return np.concatenate((a[_at(a.ndim, axis, slice(cut, None))], a[_at(a.ndim, axis, slice(None, cut))]), axis)


def roll(a, shift, axis=None):
    a = np.asarray(a)
    shift = shift if np.ndim(shift) else (shift,)
    if axis is None:
        return _rolled(a.ravel(), sum([int(s) for s in shift]), 0).reshape(a.shape)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = [_axis(x, a.ndim) for x in axes]
    n = max(len(axes), len(shift))
    if len(axes) not in (1, n) or len(shift) not in (1, n):
        raise ValueError(_mismatch([np.asarray(shift), np.asarray(axes)]))
    total = {}
    for i in range(n):
        x = axes[i if len(axes) > 1 else 0]
        total[x] = total.get(x, 0) + int(shift[i if len(shift) > 1 else 0])
    for x in total:
        a = _rolled(a, total[x], x)
    return a if total else a.copy()


def tile(A, reps):
    a = np.asarray(A)
    reps = tuple(reps) if np.ndim(reps) else (reps,)
    rank = max(len(reps), a.ndim)
    shape = (1,) * (rank - a.ndim) + a.shape
    reps = (1,) * (rank - len(reps)) + reps
    if any([r < 0 for r in reps]):
        raise ValueError("negative dimensions are not allowed")
    pairs = tuple([n for r, d in zip(reps, shape) for n in (r, d)])
    a = np.broadcast_to(np.expand_dims(a.reshape(shape), tuple(range(0, 2 * rank, 2))), pairs)
    return a.reshape([r * d for r, d in zip(reps, shape)]).copy()


def repeat(a, repeats, axis=None):
    a, axis = _line(a, axis)
    n, r = a.shape[axis], np.asarray(repeats)
    _whole(r, repeats)
    alone, r = r.size == 1, r.astype(np.intp).ravel()
    if np.any(r < 0):
        raise ValueError("negative dimensions are not allowed" if alone else
                         "repeats may not contain negative values.")
    if alone:
        each = int(r[0])
        wide = np.broadcast_to(np.expand_dims(a, axis + 1), a.shape[:axis + 1] + (each,) + a.shape[axis + 1:])
        return wide.reshape(a.shape[:axis] + (n * each,) + a.shape[axis + 1:]).copy()
    if r.size != n:
        raise ValueError(f"operands could not be broadcast together with shape ({n},) ({r.size},)")
    ends = np.cumsum(r)
    total = int(ends[-1]) if n else 0
    return a[_at(a.ndim, axis, _numpy.searchsorted(ends, np.arange(total), True))]


def stack(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
    arrays = [np.asarray(a) for a in arrays]
    if not arrays:
        raise ValueError("need at least one array to stack")
    if len(set([a.shape for a in arrays])) != 1:
        raise ValueError("all input arrays must have the same shape")
    axis = _axis(axis, arrays[0].ndim + 1)
    r = np.concatenate([np.expand_dims(a, axis) for a in arrays], axis)
    return _into(r if dtype is None else r.astype(dtype), out)


def vstack(tup, *, dtype=None, casting="same_kind"):
    r = np.concatenate(_all_2d(tup, lambda a: atleast_2d(a)), 0)
    return r if dtype is None else r.astype(dtype)


def hstack(tup, *, dtype=None, casting="same_kind"):
    arrays = _all_2d(tup, lambda a: a if a.ndim else a.reshape(1))
    r = np.concatenate(arrays, 0 if arrays and arrays[0].ndim == 1 else 1)
    return r if dtype is None else r.astype(dtype)


def unstack(x, /, *, axis=0):
    x = np.asarray(x)
    if x.ndim == 0:
        raise ValueError("Input array must be at least 1-d.")
    return tuple(moveaxis(x, axis, 0))


row_stack = vstack


def array_split(ary, indices_or_sections, axis=0):
    a = np.asarray(ary)
    n = a.shape[axis]
    if np.ndim(indices_or_sections):
        ends = list(indices_or_sections) + [n]
    else:
        parts = int(indices_or_sections)
        if parts <= 0:
            raise ValueError("number sections must be larger than 0.")
        each, more = n // parts, n % parts
        ends = [each * (i + 1) + min(i + 1, more) for i in range(parts)]
    axis = _axis(axis, a.ndim)
    return [a[_at(a.ndim, axis, slice(start, end))] for start, end in zip([0] + ends[:-1], ends)]


def split(ary, indices_or_sections, axis=0):
    if not np.ndim(indices_or_sections) and ary.shape[axis] % indices_or_sections:
        raise ValueError("array split does not result in an equal division")
    return array_split(ary, indices_or_sections, axis)


def _pad_pairs(value, rank, name):
    """(before, after) for each axis."""
    a = np.asarray(value)
    try:
        return np.broadcast_to(a, (rank, 2)).tolist()
    except ValueError:
        raise ValueError(f"operands could not be broadcast together with remapped shapes [original->remapped]: "
                         f"{_tight(a.shape)}  and requested shape {_tight((rank, 2))}") from None


_PAD_MODES = {"constant": "constant_values", "edge": None, "reflect": "reflect_type", "symmetric": "reflect_type",
              "wrap": None, "empty": None, "maximum": "stat_length", "minimum": "stat_length",
              "mean": "stat_length", "median": "stat_length", "linear_ramp": "end_values"}


def _pad_places(mode, n, before, after):
    """Which element stands where."""
    i = np.arange(-before, n + after)
    if mode == "edge" or n == 1:
        return np.clip(i, 0, n - 1)
    if mode == "wrap":
        return i % n
    period = 2 * n - 2 if mode == "reflect" else 2 * n
    i = i % period
    return np.where(i < n, i, period - i - (mode == "symmetric"))


def pad(array, pad_width, mode="constant", **kwargs):
    a = np.asarray(array)
    if isinstance(pad_width, dict):
        pad_width = [pad_width.get(i, pad_width.get(i - a.ndim, (0, 0))) for i in range(a.ndim)]
        pad_width = [w if isinstance(w, tuple) else (w, w) for w in pad_width]
    w = np.asarray(pad_width)
    if w.dtype.kind not in "iu":
        raise TypeError("`pad_width` must be of integral type.")
    width = _pad_pairs(w, a.ndim, "pad_width")
    if np.any(w < 0):
        raise ValueError("index can't contain negative values")
    if callable(mode):
        _lacks("np.pad: milc does not have functions as modes")
    if mode not in _PAD_MODES:
        raise ValueError(f"mode '{mode}' is not supported")
    if mode in ("maximum", "minimum", "mean", "median", "linear_ramp"):
        _lacks(f"np.pad: milc does not have mode='{mode}'")
    wrong = set(kwargs) - {_PAD_MODES[mode]}
    if wrong:
        raise ValueError(f"unsupported keyword arguments for mode '{mode}': {wrong}")
    if kwargs.get("reflect_type", "even") != "even":
        _lacks("np.pad: milc does not have reflect_type='odd'")
    if mode in ("constant", "empty"):
        shape = [n + b + e for n, (b, e) in zip(a.shape, width)]
        r = np.zeros(shape, a.dtype)
        fill = np.asarray(kwargs.get("constant_values", 0))
        if np.any(fill != 0):
            fill = _pad_pairs(fill.astype(a.dtype), a.ndim, "constant_values")
            for x in range(a.ndim):
                r[_at(a.ndim, x, slice(None, width[x][0]))] = fill[x][0]
                r[_at(a.ndim, x, slice(width[x][0] + a.shape[x], None))] = fill[x][1]
        r[tuple([slice(b, b + n) for n, (b, e) in zip(a.shape, width)])] = a
        return r
    for x in range(a.ndim):
        if not a.shape[x] and width[x] != [0, 0]:
            raise ValueError(f"can't extend empty axis {x} using modes other than 'constant' or 'empty'")
        if width[x] != [0, 0]:
            a = a[_at(a.ndim, x, _pad_places(mode, a.shape[x], width[x][0], width[x][1]))]
    return a if np.any(w) else a.copy()


def _triangle(m, k):
    if m.ndim == 0:
        raise TypeError("tri() missing 1 required positional argument: 'N'")
    return tri(*m.shape[-2:], k=k, dtype=bool)


def tril(m, k=0):
    m = np.asarray(m)
    return np.where(_triangle(m, k), m, np.zeros(1, m.dtype))


def triu(m, k=0):
    m = np.asarray(m)
    return np.where(_triangle(m, k - 1), np.zeros(1, m.dtype), m)


def rollaxis(a, axis, start=0):
    a = np.asarray(a)
    axis = _axis(axis, a.ndim)
    if start < 0:
        start += a.ndim
    if not 0 <= start < a.ndim + 1:
        raise AxisError(f"'start' arg requires {-a.ndim} <= start < {a.ndim + 1}, but {start} was passed in")
    return moveaxis(a, axis, start - 1 if axis < start else start)


def _at_least(arrays, rank, widen):
    r = []
    for a in arrays:
        a = np.asarray(a)
        r.append(a if a.ndim >= rank else widen(a))
    return r[0] if len(r) == 1 else tuple(r)


def atleast_1d(*arys):
    return _at_least(arys, 1, lambda a: a.reshape(1))


def atleast_2d(*arys):
    return _at_least(arys, 2, lambda a: a.reshape(1, 1) if a.ndim == 0 else a[np.newaxis, :])


def atleast_3d(*arys):
    return _at_least(arys, 3, lambda a: a.reshape(1, 1, 1) if a.ndim == 0
                     else a[np.newaxis, :, np.newaxis] if a.ndim == 1 else a[:, :, np.newaxis])


def _all_2d(arrays, widen):
    if not isinstance(arrays, (list, tuple)):
        arrays = list(arrays)
    return [widen(np.asarray(a)) for a in arrays]


def dstack(tup, *, dtype=None, casting="same_kind"):
    r = np.concatenate(_all_2d(tup, atleast_3d), 2)
    return r if dtype is None else r.astype(dtype)


def column_stack(tup):
    return np.concatenate(_all_2d(tup, lambda a: a if a.ndim > 1 else a.reshape(-1, 1)), 1)


def _block_depth(x, at):
    if isinstance(x, tuple):
        where = "arrays" + "".join([f"[{i}]" for i in at])
        raise TypeError(f"{where} is a tuple. Only lists can be used to arrange blocks, and np.block does not "
                        f"allow implicit conversion from tuple to ndarray.")
    if not isinstance(x, list):
        return 0, np.ndim(x)
    if not x:
        where = "arrays" + "".join([f"[{i}]" for i in at])
        raise ValueError(f"List at {where} cannot be empty")
    first, rank = _block_depth(x[0], at + [0])
    for i in range(1, len(x)):
        depth, more = _block_depth(x[i], at + [i])
        rank = max(rank, more)
        if depth != first:
            where = "arrays" + "".join([f"[{k}]" for k in at + [i] + [0] * (depth > first)])
            raise ValueError(f"List depths are mismatched. First element was at depth {first + len(at) + 1}, but "
                             f"there is an element at depth {depth + len(at) + 1} ({where})")
    return first + 1, rank


def block(arrays):
    depth, rank = _block_depth(arrays, [])
    rank = max(rank, depth)

    def join(x, level):
        if level == depth:
            a = np.asarray(x)
            return a.reshape((1,) * (rank - a.ndim) + a.shape)
        return np.concatenate([join(y, level + 1) for y in x], axis=level - depth)

    return join(arrays, 0).copy() if depth == 0 else join(arrays, 0)


def _split_along(a, parts, axis, least, name):
    a = np.asarray(a)
    if a.ndim < least:
        raise ValueError(f"{name} only works on arrays of {least} or more dimensions")
    return np.split(a, parts, axis)


def hsplit(ary, indices_or_sections):
    a = np.asarray(ary)
    return _split_along(a, indices_or_sections, 1 if a.ndim > 1 else 0, 1, "hsplit")


def vsplit(ary, indices_or_sections):
    return _split_along(ary, indices_or_sections, 0, 2, "vsplit")


def dsplit(ary, indices_or_sections):
    return _split_along(ary, indices_or_sections, 2, 3, "dsplit")


def fliplr(m):
    m = np.asarray(m)
    if m.ndim < 2:
        raise ValueError("Input must be >= 2-d.")
    return m[:, ::-1]


def flipud(m):
    m = np.asarray(m)
    if m.ndim < 1:
        raise ValueError("Input must be >= 1-d.")
    return m[::-1, ...]


def rot90(m, k=1, axes=(0, 1)):
    axes = tuple(axes)
    if len(axes) != 2:
        raise ValueError("len(axes) must be 2.")
    m = np.asarray(m)
    if axes[0] == axes[1] or abs(axes[0] - axes[1]) == m.ndim:
        raise ValueError("Axes must be different.")
    if not all([-m.ndim <= x < m.ndim for x in axes]):
        raise ValueError(f"Axes={axes} out of range for array of ndim={m.ndim}.")
    k %= 4
    if k == 0:
        return m[...]
    if k == 2:
        return np.flip(m, axes)
    return np.flip(np.swapaxes(m, axes[0], axes[1]), axes[0] if k == 1 else axes[1])


def kron(a, b):
    a, b = np.asarray(a), np.asarray(b)
    rank = max(a.ndim, b.ndim)
    if not a.ndim or not b.ndim:
        return np.multiply(a, b)
    left = a.reshape((1,) * (rank - a.ndim) + a.shape)
    right = b.reshape((1,) * (rank - b.ndim) + b.shape)
    shape = [left.shape[i] * right.shape[i] for i in range(rank)]
    left = np.expand_dims(left, tuple(range(1, 2 * rank, 2)))
    right = np.expand_dims(right, tuple(range(0, 2 * rank, 2)))
    return np.multiply(left, right).reshape(shape)


def broadcast_shapes(*args):
    shape = ()
    for s in args:
        s = (s,) if isinstance(s, int) else tuple(s)
        shape = (np.broadcast_to(0, shape) * 0 + np.broadcast_to(0, s)).shape if s else shape
    return shape


def broadcast_arrays(*args, subok=False):
    arrays = [np.asarray(a) for a in args]
    shape = ()
    for a in arrays:
        m = max(len(shape), a.ndim)
        left, right = (1,) * (m - len(shape)) + shape, (1,) * (m - a.ndim) + a.shape
        if not all([x == y or x == 1 or y == 1 for x, y in zip(left, right)]):
            raise ValueError(_mismatch(arrays))
        shape = tuple([y if x == 1 else x for x, y in zip(left, right)])
    return tuple([np.broadcast_to(a, shape) for a in arrays])


def _mismatch(arrays):
    shape, last = (), 0
    for i, a in enumerate(arrays):
        for k in range(1, min(len(shape), a.ndim) + 1):
            if shape[-k] != a.shape[-k] and shape[-k] != 1 and a.shape[-k] != 1:
                return (f"shape mismatch: objects cannot be broadcast to a single shape.  Mismatch is between arg "
                        f"{last} with shape {arrays[last].shape} and arg {i} with shape {a.shape}.")
        m = max(len(shape), a.ndim)
        left, right = (1,) * (m - len(shape)) + shape, (1,) * (m - a.ndim) + a.shape
        new = tuple([y if x == 1 else x for x, y in zip(left, right)])
        last, shape = (i, new) if new != shape else (last, shape)
    return ""


def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    n = len(xi)
    if indexing not in ("xy", "ij"):
        raise ValueError("Valid values for `indexing` are 'xy' and 'ij'.")
    place = list(range(n))
    if indexing == "xy" and n > 1:
        place[0], place[1] = 1, 0
    r = [np.asarray(x).reshape((1,) * p + (-1,) + (1,) * (n - p - 1)) for x, p in zip(xi, place)]
    if not sparse:
        r = broadcast_arrays(*r)
    return tuple([a.copy() for a in r]) if copy else tuple(r)


def ix_(*args):
    r = []
    for i, x in enumerate(args):
        x = np.asarray(x)
        if x.ndim != 1:
            raise ValueError("Cross index must be 1 dimensional")
        if x.size == 0:
            x = x.astype(np.intp)
        if x.dtype == np.bool_:
            x = np.nonzero(x)[0]
        r.append(x.reshape((1,) * i + (x.size,) + (1,) * (len(args) - i - 1)))
    return tuple(r)


def resize(a, new_shape):
    if isinstance(new_shape, (int, np.integer)):
        new_shape = (new_shape,)
    a = np.ravel(a)
    size = 1
    for n in new_shape:
        size *= n
        if n < 0:
            raise ValueError("all elements of `new_shape` must be non-negative")
    if a.size == 0 or size == 0:
        return np.zeros(new_shape, a.dtype)
    return np.tile(a, -(-size // a.size))[:size].reshape(new_shape)


# ---- making arrays ----
def asanyarray(a, dtype=None, order=None, *, copy=None):
    return np.asarray(a, dtype=dtype, copy=copy)


def asfortranarray(a, dtype=None):
    a = np.asarray(a, dtype=dtype)
    return a if a.flags.f_contiguous else np.ascontiguousarray(a.T).T


def eye(N, M=None, k=0, dtype=float, order="C", *, device=None):
    r = np.zeros((N, N if M is None else M), dtype)
    i = np.arange(max(0, min(r.shape[0] + min(k, 0), r.shape[1] - max(k, 0))))
    r[i + max(-k, 0), i + max(k, 0)] = 1
    return r


def identity(n, dtype=None):
    return eye(n, dtype=float if dtype is None else dtype)


def size(a, axis=None):
    a = np.asarray(a)
    return a.size if axis is None else a.shape[_axis(axis, a.ndim)]


def asarray_chkfinite(a, dtype=None, order=None):
    a = np.asarray(a, dtype=dtype)
    if a.dtype.kind in "fc" and not np.all(np.isfinite(a)):
        raise ValueError("array must not contain infs or NaNs")
    return a


def require(a, dtype=None, requirements=None):
    wants = [r.upper()[0] for r in ([requirements] if isinstance(requirements, str) else requirements or [])]
    a = np.asarray(a, dtype=dtype)
    a = asfortranarray(a) if "F" in wants else np.ascontiguousarray(a) if "C" in wants else a
    return a.copy() if "O" in wants and not a.flags.owndata or "W" in wants and not a.flags.writeable else a


def fromiter(iter, dtype, count=-1):
    items = []
    for x in iter:
        if count >= 0 and len(items) == count:
            break
        items.append(x)
    if len(items) < count:
        raise ValueError(f"iterator too short: Expected {count} but iterator had only {len(items)} items.")
    return np.array(items, dtype=dtype)


def fromstring(string, dtype=float, count=-1, *, sep):
    words = string.split(sep.strip() or None)
    return np.array([float(w) for w in words if w.strip()][:count % 2 ** 62]).astype(dtype)


def diag(v, k=0):
    v = np.asarray(v)
    if v.ndim == 2:
        return diagonal(v, k)
    if v.ndim != 1:
        raise ValueError("Input must be 1- or 2-d.")
    n = v.size + abs(k)
    r = np.zeros((n, n), v.dtype)
    i = np.arange(v.size)
    r[i + max(-k, 0), i + max(k, 0)] = v
    return r


def diagflat(v, k=0):
    return diag(np.ravel(v), k)


def diagonal(a, offset=0, axis1=0, axis2=1):
    a = np.asarray(a)
    if a.ndim < 2:
        raise ValueError("diag requires an array of at least two dimensions")
    axis1, axis2 = _axis(axis1, a.ndim, "axis1"), _axis(axis2, a.ndim, "axis2")
    if axis1 == axis2:
        raise ValueError("axis1 and axis2 cannot be the same")
    a = moveaxis(a, (axis1, axis2), (-2, -1))
    n = max(0, min(a.shape[-2] + min(offset, 0), a.shape[-1] - max(offset, 0)))
    i = np.arange(n)
    return a[..., i + max(-offset, 0), i + max(offset, 0)]


def trace(a, offset=0, axis1=0, axis2=1, dtype=None, out=None):
    return _into(np.sum(diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype), out)


def fill_diagonal(a, val, wrap=False):
    if a.ndim < 2:
        raise ValueError("array must be at least 2-d")
    n = min(a.shape)
    if a.ndim > 2 and len(set(a.shape)) != 1:
        raise ValueError("All dimensions of input must be of equal length")
    if wrap:
        _lacks("np.fill_diagonal: milc does not have wrap")
    a[(np.arange(n),) * a.ndim] = np.resize(val, n) if np.ndim(val) else val


def tri(N, M=None, k=0, dtype=float):
    M = N if M is None else M
    return (np.arange(N)[:, None] >= np.arange(-k, M - k)).astype(dtype)


def tril_indices(n, k=0, m=None):
    return np.nonzero(tri(n, m, k, bool))


def triu_indices(n, k=0, m=None):
    return np.nonzero(~tri(n, m, k - 1, bool))


def tril_indices_from(arr, k=0):
    if arr.ndim != 2:
        raise ValueError("input array must be 2-d")
    return tril_indices(arr.shape[0], k, arr.shape[1])


def triu_indices_from(arr, k=0):
    if arr.ndim != 2:
        raise ValueError("input array must be 2-d")
    return triu_indices(arr.shape[0], k, arr.shape[1])


def diag_indices(n, ndim=2):
    return (np.arange(n),) * ndim


def vander(x, N=None, increasing=False):
    x = np.asarray(x)
    if x.ndim != 1:
        raise ValueError("x must be a one-dimensional array or sequence.")
    N = x.size if N is None else N
    r = np.ones((x.size, N), np.promote_types(x.dtype, int))
    for i in range(1, N):
        r[:, i] = r[:, i - 1] * x
    return r if increasing else r[:, ::-1]


def indices(dimensions, dtype=int, sparse=False):
    n = len(dimensions)
    r = [np.arange(d, dtype=dtype).reshape((1,) * i + (d,) + (1,) * (n - i - 1)) for i, d in enumerate(dimensions)]
    if sparse:
        return tuple(r)
    return np.stack(broadcast_arrays(*r)) if n else np.empty((0,), dtype)


def fromfunction(function, shape, *, dtype=float, **kwargs):
    return function(*indices(shape, dtype), **kwargs)


class _Grid:
    def __init__(self, sparse):
        self.sparse = sparse

    def __getitem__(self, key):
        alone = not isinstance(key, tuple)
        rows = [_range_of(k) for k in ((key,) if alone else key)]
        if alone:
            return rows[0]
        kind = np.result_type(*[r.dtype for r in rows])
        rows = [r.astype(kind) for r in rows]
        return meshgrid(*rows, sparse=True, indexing="ij") if self.sparse \
            else np.stack(meshgrid(*rows, indexing="ij"))


def _range_of(key):
    """What start:stop:step means; a step of nj: so many, with the end."""
    start = 0 if key.start is None else key.start
    step = 1 if key.step is None else key.step
    if isinstance(step, (int, float, np.number)) and not np.iscomplexobj(step):
        return np.arange(start, key.stop, step)
    return np.linspace(start, key.stop, int(abs(step)))


mgrid = _Grid(False)
ogrid = _Grid(True)


class _Index:
    def __init__(self, tupled):
        self.tupled = tupled

    def __getitem__(self, key):
        return (key,) if self.tupled and not isinstance(key, tuple) else key


s_ = _Index(False)
index_exp = _Index(True)


class _Join:
    def __init__(self, columns):
        self.columns = columns

    def __getitem__(self, key):
        parts = []
        for k in (key if isinstance(key, tuple) else (key,)):
            if isinstance(k, str):
                _lacks("np.r_ and np.c_: milc does not have text among the parts")
            a = _range_of(k) if isinstance(k, slice) else np.atleast_1d(k)
            parts.append(a.reshape(-1, 1) if self.columns and a.ndim < 2 else a)
        return np.concatenate(parts, axis=-1 if self.columns else 0)


r_ = _Join(False)
c_ = _Join(True)


def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, *, device=None):
    if not isinstance(num, (int, np.integer)):
        raise TypeError(f"'{type(num).__name__}' object cannot be interpreted as an integer")
    if num < 0:
        raise ValueError(f"Number of samples, {num}, must be non-negative.")
    kind = result_type(*[x if isinstance(x, (int, float)) else np.asarray(x) for x in (start, stop)])
    kind = kind if kind.kind in "fc" else np.promote_types(kind, np.float64)
    start, stop = np.asarray(start, dtype=kind), np.asarray(stop, dtype=kind)
    delta = np.asarray(stop - start)
    steps = num - 1 if endpoint else num
    y = np.arange(0, num).astype(kind).reshape((-1,) + (1,) * delta.ndim)
    if steps > 0:
        step = delta / steps
        y = np.where(step == 0, y / steps * delta, y * step).astype(kind) if np.any(step == 0) else y * step
    else:
        step = np.nan
        y = y * delta
    y = y + start
    if endpoint and num > 1:
        y[-1, ...] = stop
    y = y if axis == 0 else moveaxis(y, 0, axis)
    if dtype is not None:
        y = np.floor(y) if np.dtype(dtype).kind in "iu" else y
        y = y.astype(dtype)
    return (y, _lone(step)) if retstep else y


def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    r = np.power(np.asarray(base, dtype=float)[()], np.linspace(start, stop, num=num, endpoint=endpoint))
    return r if dtype is None else r.astype(dtype)


def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    start, stop = float(start), float(stop)
    if start == 0 or stop == 0:
        raise ValueError("Geometric sequence cannot include zero")
    if (start < 0) != (stop < 0):
        _lacks("np.geomspace: milc does not have spirals through complex numbers")
    sign = -1.0 if start < 0 else 1.0
    r = logspace(np.log10(abs(start)), np.log10(abs(stop)), num, endpoint)
    if num > 0:
        r[0] = abs(start)
        if num > 1 and endpoint:
            r[-1] = abs(stop)
    r = r * sign
    return r if dtype is None else r.astype(dtype)


# ---- windows ----
def _window(M, f):
    if M < 1:
        return np.array([], dtype=np.float64)
    if M == 1:
        return np.ones(1)
    return f(np.arange(1.0 - M, M, 2), M - 1.0)


def hanning(M):
    return _window(M, lambda n, m: 0.5 + 0.5 * np.cos(np.pi * n / m))


def hamming(M):
    return _window(M, lambda n, m: 0.54 + 0.46 * np.cos(np.pi * n / m))


def blackman(M):
    return _window(M, lambda n, m: 0.42 + 0.5 * np.cos(np.pi * n / m) + 0.08 * np.cos(2.0 * np.pi * n / m))


def bartlett(M):
    return _window(M, lambda n, m: np.where(n <= 0, 1 + n / m, 1 - n / m))


def sinc(x):
    x = np.asarray(x)
    y = np.pi * np.where(x == 0, 1.0e-20 if x.dtype != np.float16 else np.float16(1e-7), x)
    return _lone(np.where(x == 0, y.dtype.type(1), np.sin(y) / y))


# ---- picking ----
def _places(i, n, mode, axis):
    if mode == "wrap":
        return i % max(n, 1)
    if mode == "clip":
        return np.clip(i, 0, n - 1)
    if mode != "raise":
        raise ValueError(f"clipmode must be one of 'clip', 'raise', or 'wrap' (got {mode!r})")
    return i


def _whole(a, given):
    """NumPy cuts the fractions of a list, and takes no array with such."""
    if isinstance(given, np.ndarray) and (a.dtype.kind not in "iub" or a.dtype == np.uint64):
        raise TypeError(f"Cannot cast array data from {a.dtype!r} to dtype('int64') according to the rule 'safe'")


def take(a, indices, axis=None, out=None, mode="raise"):
    a, i = np.asarray(a), np.asarray(indices)
    if axis is None:
        a, axis = a.ravel(), 0
    axis = _axis(axis, a.ndim)
    if i.size == 0 and not isinstance(indices, np.ndarray):
        i = i.astype(np.intp)
    _whole(i, indices)
    n = a.shape[axis]
    if mode == "raise" and i.size:
        if n == 0:
            raise IndexError("cannot do a non-empty take from an empty axes.")
        bad = i[(i < -n) | (i >= n)] if i.ndim else i.reshape(1)[(i.reshape(1) < -n) | (i.reshape(1) >= n)]
        if bad.size:
            raise IndexError(f"index {bad[0]} is out of bounds for axis {axis} with size {n}")
    r = a[_at(a.ndim, axis, _places(i.astype(np.intp), n, mode, axis))]
    return _into(_lone(r), out)


def _along(a, i, axis):
    if axis is None:
        if i.ndim != 1:
            raise ValueError("when axis=None, `indices` must have a single dimension.")
        a, axis = a.reshape(-1), 0
    axis = _axis(axis, a.ndim)
    if i.dtype.kind not in "iu":
        raise IndexError("`indices` must be an integer array")
    if a.ndim != i.ndim:
        raise ValueError("`indices` and `arr` must have the same number of dimensions")
    key = [np.arange(n).reshape((1,) * k + (n,) + (1,) * (a.ndim - k - 1)) for k, n in enumerate(a.shape)]
    key[axis] = i
    return a, tuple(key)


def take_along_axis(arr, indices, axis=-1):
    a, key = _along(np.asarray(arr), np.asarray(indices), axis)
    return a[key]


def put_along_axis(arr, indices, values, axis):
    a, key = _along(arr, np.asarray(indices), axis)
    a[key] = values


def put(a, ind, v, mode="raise"):
    i, v = np.ravel(ind), np.ravel(v)
    if i.size and v.size:
        flat = a.flat
        n = a.size
        i = _places(i, n, mode, 0)
        bad = i[(i < -n) | (i >= n)]
        if bad.size:
            raise IndexError(f"index {bad[0]} is out of bounds for axis 0 with size {n}")
        flat[i] = np.resize(v, i.size).astype(a.dtype)


def putmask(a, mask, values):
    mask = np.asarray(mask, dtype=bool)
    values = np.resize(np.asarray(values), mask.shape)
    a[mask] = values[mask]


def place(arr, mask, vals):
    mask = np.asarray(mask, dtype=bool)
    n = np.count_nonzero(mask)
    if n and not np.size(vals):
        raise ValueError("Cannot insert from an empty array!")
    if n:
        arr[mask] = np.resize(vals, n)


def copyto(dst, src, casting="same_kind", where=True):
    src = np.asarray(src)
    if not np.can_cast(src.dtype, dst.dtype, casting):
        raise TypeError(f"Cannot cast array data from {src.dtype!r} to {dst.dtype!r} according to the rule "
                        f"'{casting}'")
    if where is True:
        dst[...] = src
    else:
        where = np.broadcast_to(np.asarray(where, dtype=bool), dst.shape)
        dst[where] = np.broadcast_to(src, dst.shape)[where]


def compress(condition, a, axis=None, out=None):
    condition, a = np.asarray(condition, dtype=bool), np.asarray(a)
    if condition.ndim != 1:
        raise ValueError("condition must be a 1-d array")
    if axis is None:
        a, axis = a.ravel(), 0
    return take(a, np.nonzero(condition)[0], axis, out)


def extract(condition, arr):
    return take(np.ravel(arr), np.nonzero(np.ravel(condition))[0])


def choose(a, choices, out=None, mode="raise"):
    a = np.asarray(a)
    choices = [np.asarray(c) for c in choices]
    n = len(choices)
    if mode == "raise" and a.size and (np.min(a) < 0 or np.max(a) >= n):
        raise ValueError("invalid entry in choice array")
    a = _places(a, n, mode, 0)
    parts = broadcast_arrays(a, *choices)
    r = parts[1]
    for k in range(1, n):
        r = np.where(parts[0] == k, parts[k + 1], r)
    return _into(_lone(r.copy() if n == 1 else r), out)


def select(condlist, choicelist, default=0):
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    if not condlist:
        raise ValueError("select with an empty condition list is not possible")
    for i, c in enumerate(condlist):
        if np.asarray(c).dtype != np.bool_:
            raise TypeError(f"invalid entry {i} in condlist: should be boolean ndarray")
    r = default
    for c, x in reversed(list(zip(condlist, choicelist))):
        r = np.where(c, x, r)
    return r


def piecewise(x, condlist, funclist, *args, **kw):
    x = np.asarray(x)
    if isinstance(condlist, np.ndarray) and condlist.ndim == x.ndim or isinstance(condlist, (bool, np.bool_)):
        condlist = [condlist]
    conds = [np.asarray(c, dtype=bool) for c in condlist]
    n, m = len(conds), len(funclist)
    if m == n + 1:
        rest = np.ones(x.shape, bool)
        for c in conds:
            rest = rest & ~c
        conds.append(rest)
    elif m != n:
        raise ValueError(f"with {n} condition(s), either {n} or {n + 1} functions are expected")
    r = np.zeros(x.shape, x.dtype)
    for c, f in zip(conds, funclist):
        if np.any(c):
            r[c] = f(x[c], *args, **kw) if callable(f) else f
    return r


def count_nonzero(a, axis=None, *, keepdims=False):
    a = np.asarray(a)
    r = np.sum(a != 0 if a.dtype != np.bool_ else a, axis=axis, dtype=np.intp, keepdims=keepdims)
    return r


def flatnonzero(a):
    return np.nonzero(np.ravel(a))[0]


def argwhere(a):
    a = np.asarray(a)
    if a.ndim == 0:
        return np.zeros((int(bool(a)), 0), np.intp)
    return np.stack(np.nonzero(a), axis=1)


def append(arr, values, axis=None):
    if axis is None:
        arr, values, axis = np.ravel(arr), np.ravel(values), 0
    return np.concatenate((arr, values), axis=axis)


def _line(arr, axis):
    a = np.asarray(arr)
    if axis is None:
        return a.ravel(), 0
    return a, _axis(axis, a.ndim)


def delete(arr, obj, axis=None):
    a, axis = _line(arr, axis)
    n = a.shape[axis]
    keep = np.ones(n, dtype=bool)
    if isinstance(obj, slice):
        keep[obj] = False
        return a[_at(a.ndim, axis, keep)]
    i = np.asarray(obj)
    if i.size == 0 and not isinstance(obj, np.ndarray):
        i = i.astype(np.intp)
    if i.dtype == np.bool_ and not isinstance(obj, bool):
        if i.shape != (n,):
            raise ValueError("boolean array argument obj to delete must be one dimensional and match the axis "
                             f"length of {n}")
        return a[_at(a.ndim, axis, ~i)]
    if i.size == 1 and i.dtype.kind in "iu":
        i = i.item()
        if not -n <= i < n:
            raise IndexError(f"index {i} is out of bounds for axis {axis} with size {n}")
    keep[i] = False
    return a[_at(a.ndim, axis, keep)]


def insert(arr, obj, values, axis=None):
    a, axis = _line(arr, axis)
    n = a.shape[axis]
    if isinstance(obj, slice):
        at = np.arange(*obj.indices(n))
    else:
        at = np.array(obj)
        if at.dtype == np.bool_:
            if at.ndim != 1:
                raise ValueError("boolean array argument obj to insert must be one dimensional")
            at = np.nonzero(at)[0]
        elif at.ndim > 1:
            raise ValueError("index array argument obj to insert must be one dimensional or scalar")
    if at.size == 1:
        i = at.item()
        if not -n <= i <= n:
            raise IndexError(f"index {obj} is out of bounds for axis {axis} with size {n}")
        i += n if i < 0 else 0
        v = np.array(values, ndmin=a.ndim, dtype=a.dtype)
        if at.ndim == 0:
            v = moveaxis(v, 0, axis)
        room = np.empty(a.shape[:axis] + (v.shape[axis],) + a.shape[axis + 1:], a.dtype)
        room[...] = v
        v = room
        return np.concatenate((a[_at(a.ndim, axis, slice(None, i))], v, a[_at(a.ndim, axis, slice(i, None))]), axis)
    at = at.astype(np.intp)
    if at.size and (at.min() < -n or at.max() > n):
        bad = at[(at < -n) | (at > n)][0]
        more = np.sum(at < bad)
        raise IndexError(f"index {bad + (n if bad < 0 else more)} is out of bounds for axis {axis} with size "
                         f"{n + at.size}")
    at = np.where(at < 0, at + n, at)
    order = np.argsort(at, kind="stable")
    at[order] += np.arange(at.size)
    total = n + at.size
    old = np.ones(total, dtype=bool)
    old[at] = False
    r = np.empty(a.shape[:axis] + (total,) + a.shape[axis + 1:], a.dtype)
    r[_at(a.ndim, axis, at)] = values
    r[_at(a.ndim, axis, old)] = a
    return r


def trim_zeros(filt, trim="fb", axis=None):
    a = np.asarray(filt)
    i = np.nonzero(a)[0]
    first, last = (int(i[0]), int(i[-1]) + 1) if i.size else (a.size, a.size)
    return filt[first if "f" in trim.lower() else 0:last if "b" in trim.lower() else a.size]


def unravel_index(indices, shape, order="C"):
    if order != "C":
        _lacks("np.unravel_index: milc does not have order")
    shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    i = np.asarray(indices)
    if i.dtype.kind not in "iu" and i.size:
        raise TypeError("only int indices permitted")
    i = i.astype(np.intp)
    size = 1
    for n in shape:
        size *= n
    flat = i.ravel()
    bad = flat[(flat < 0) | (flat >= size)]
    if bad.size:
        raise ValueError(f"index {bad[0]} is out of bounds for array with size {size}")
    r = []
    for n in reversed(shape):
        r.insert(0, _lone(i % n))
        i = i // n
    return tuple(r)


def ravel_multi_index(multi_index, dims, mode="raise", order="C"):
    if order != "C":
        _lacks("np.ravel_multi_index: milc does not have order")
    dims = (dims,) if isinstance(dims, (int, np.integer)) else tuple(dims)
    if len(multi_index) != len(dims):
        raise ValueError(f"parameter multi_index must be a sequence of length {len(dims)}")
    modes = mode if isinstance(mode, tuple) else (mode,) * len(dims)
    r = 0
    for i, n, m in zip(multi_index, dims, modes):
        i = np.asarray(i)
        if m == "raise" and np.any((i < 0) | (i >= n)):
            raise ValueError("invalid entry in coordinates array")
        r = r * n + _places(i, n, m, 0)
    return _lone(np.asarray(r, dtype=np.intp))


# ---- order ----
def _kth(kth, n):
    for k in np.ravel(kth).tolist():
        if not -n <= k < n:
            raise ValueError(f"kth(={k + n if k < 0 else k}) out of bounds ({n})")


def partition(a, kth, axis=-1, kind="introselect", order=None):
    a, axis = _line(a, axis)
    _kth(kth, a.shape[axis])
    return np.sort(a, axis=axis)


def argpartition(a, kth, axis=-1, kind="introselect", order=None):
    a, axis = _line(a, axis)
    _kth(kth, a.shape[axis])
    return np.argsort(a, axis=axis, kind="stable")


def _partition_in_place(a, kth, axis=-1, kind="introselect", order=None):
    a[...] = partition(a, kth, axis)


def lexsort(keys, axis=-1):
    keys = [np.asarray(k) for k in keys]
    order = np.argsort(keys[0], axis=axis, kind="stable")
    for k in keys[1:]:
        order = take_along_axis(order, np.argsort(take_along_axis(k, order, axis), axis=axis, kind="stable"), axis)
    return order


def sort_complex(a):
    _lacks("np.sort_complex is not in milc")


def searchsorted(a, v, side="left", sorter=None):
    a, x = np.asarray(a), np.asarray(v)
    if side not in ("left", "right"):
        if not isinstance(side, str):
            raise TypeError(f"search side must be str, not {type(side).__name__}")
        raise ValueError(f"search side must be 'left' or 'right' (got {side!r})")
    if a.ndim != 1:
        raise ValueError("object too deep for desired array" if a.ndim else
                         "object of too small depth for desired array")
    if sorter is not None:
        a = take(a, sorter)
    kind = a.dtype if isinstance(v, (int, float)) and a.dtype.kind == "f" else np.promote_types(a.dtype, x.dtype)
    return _numpy.searchsorted(a.astype(kind), x.astype(kind), side == "right")


def digitize(x, bins, right=False):
    x, bins = np.asarray(x), np.asarray(bins)
    step = np.diff(bins.astype(np.float64))
    if np.all(step >= 0):
        return searchsorted(bins, x, side="left" if right else "right")
    if not np.all(step <= 0):
        raise ValueError("bins must be monotonically increasing or decreasing")
    return len(bins) - searchsorted(bins[::-1], x, side="left" if right else "right")


def unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *, equal_nan=True,
           sorted=True):
    a = np.asarray(ar)
    if axis is None:
        flat, rows = a.ravel(), None
        order = np.argsort(flat, kind="stable")
        s = flat[order]
        new = np.ones(s.shape, dtype=bool)
        new[1:] = s[1:] != s[:-1]
        if equal_nan and s.dtype.kind == "f":
            new[1:] &= ~(np.isnan(s[1:]) & np.isnan(s[:-1]))
        r = [s[new]]
    else:
        axis = _axis(axis, a.ndim)
        rows = moveaxis(a, axis, 0)
        table = rows.reshape(rows.shape[0], -1)
        order = lexsort([table[:, i] for i in reversed(range(table.shape[1]))]) if table.size \
            else np.arange(table.shape[0])
        s = table[order]
        new = np.ones(s.shape[0], dtype=bool)
        new[1:] = np.any(s[1:] != s[:-1], axis=1)
        r = [moveaxis(rows[order[new]], 0, axis)]
    if return_index:
        r.append(order[new])
    if return_inverse:
        inverse = np.empty(order.shape, np.intp)
        inverse[order] = np.cumsum(new) - 1
        r.append(inverse.reshape(a.shape) if axis is None else inverse)
    if return_counts:
        r.append(np.diff(np.append(np.nonzero(new)[0], new.size)))
    return r[0] if len(r) == 1 else tuple(r)


def isin(element, test_elements, assume_unique=False, invert=False, *, kind=None):
    if kind not in (None, "sort", "table"):
        raise ValueError(f"Invalid kind: '{kind}'. Please use None, 'sort' or 'table'.")
    a, s = np.asarray(element), np.sort(np.ravel(test_elements))
    if s.size == 0:
        return np.full(a.shape, bool(invert))
    at = np.minimum(searchsorted(s, a), s.size - 1)
    return (s[at] == a) != bool(invert) if a.ndim else np.asarray((s[at] == a) != bool(invert))


def _sets(a, b, assume_unique):
    return (np.ravel(a), np.ravel(b)) if assume_unique else (unique(a), unique(b))


def intersect1d(ar1, ar2, assume_unique=False, return_indices=False):
    if return_indices:
        a, i = unique(ar1, return_index=True)
        b, j = unique(ar2, return_index=True)
        return a[isin(a, b)], i[isin(a, b)], j[isin(b, a)]
    a, b = _sets(ar1, ar2, assume_unique)
    r = np.sort(np.concatenate((a, b)))
    return r[1:][r[1:] == r[:-1]]


def union1d(ar1, ar2):
    return unique(np.concatenate((np.ravel(ar1), np.ravel(ar2))))


def setdiff1d(ar1, ar2, assume_unique=False):
    a, b = _sets(ar1, ar2, assume_unique)
    return a[isin(a, b, invert=True)]


def setxor1d(ar1, ar2, assume_unique=False):
    a, b = _sets(ar1, ar2, assume_unique)
    r = np.sort(np.concatenate((a, b)))
    alone = np.ones(r.shape, dtype=bool)
    alone[1:] &= r[1:] != r[:-1]
    alone[:-1] &= r[1:] != r[:-1]
    return r[alone]


# ---- statistics ----
def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    a = np.asarray(a)
    if axis is not None:
        axis = _axes(axis, a.ndim, "axis")
    if weights is None:
        r = np.mean(a, axis=axis, keepdims=keepdims)
        total = np.asarray(r).dtype.type(a.size / max(np.size(r), 1))
    else:
        w = np.asarray(weights)
        if w.shape != a.shape:
            if axis is None:
                raise TypeError("Axis must be specified when shapes of a and weights differ.")
            if w.shape != tuple([a.shape[x] for x in axis]):
                raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
            w = np.transpose(w, [x[0] for x in _ordered(enumerate(axis))])
            w = w.reshape([n if i in axis else 1 for i, n in enumerate(a.shape)])
        kind = np.promote_types(a.dtype, w.dtype)
        kind = np.promote_types(kind, np.float64) if a.dtype.kind in "iub" else kind
        w = np.broadcast_to(w, a.shape)
        total = np.sum(w, axis=axis, dtype=kind, keepdims=keepdims)
        if np.any(total == 0):
            raise ZeroDivisionError("Weights sum to zero, can't be normalized")
        r = np.sum(a.astype(kind) * w.astype(kind), axis=axis, keepdims=keepdims) / total
    if returned:
        return r, np.broadcast_to(total, np.shape(r)).copy() if np.ndim(r) else total
    return r


def _ordered(pairs):
    return sorted(pairs, key=lambda p: p[1])


def ptp(a, axis=None, out=None, keepdims=False):
    return _into(np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims), out)


def median(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    a = np.asarray(a)

    def middle(x):
        n = x.shape[-1]
        s = np.sort(x, axis=-1)
        r = np.mean(s[..., max((n - 1) // 2, 0):n // 2 + 1], axis=-1)
        if x.dtype.kind == "f" and n:
            r = _lone(np.where(np.isnan(s[..., -1]), s[..., -1], r))
        return r

    return _into(_by_last(middle, a, axis, keepdims), out)


_METHOD_PARAMETERS = {"weibull": (0, 0), "linear": (1, 1), "median_unbiased": (1 / 3.0, 1 / 3.0),
                      "normal_unbiased": (3 / 8.0, 3 / 8.0), "hazen": (0.5, 0.5), "interpolated_inverted_cdf": (0, 1)}
_QUANTILE_METHODS = ("inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf",
                     "hazen", "weibull", "linear", "median_unbiased", "normal_unbiased", "lower", "higher",
                     "midpoint", "nearest")


def _virtual(n, q, method):
    """Where between the n sorted elements the quantiles lie, and how the two neighbours mix there."""
    if method == "linear":
        at = (n - 1) * q
    elif method in _METHOD_PARAMETERS:
        alpha, beta = _METHOD_PARAMETERS[method]
        at = n * q + (alpha + q * (1 - alpha - beta)) - 1
    elif method in ("lower", "higher", "nearest", "midpoint"):
        at = (n - 1) * q
        if method == "midpoint":
            at = 0.5 * (np.floor(at) + np.ceil(at))
        else:
            at = np.floor(at) if method == "lower" else np.ceil(at) if method == "higher" else np.rint(at)
    else:
        at = n * q - (1.5 if method == "closest_observation" else 1)
        low = np.floor(at)
        if method == "inverted_cdf":
            at = np.where(at == low, low, low + 1)
        elif method == "averaged_inverted_cdf":
            at = np.where(at == low, low + 0.5, low + 1)
        else:
            at = np.where((at == low) & (low % 2 == 1), low, low + 1)
        if method != "averaged_inverted_cdf":
            at = np.maximum(at, 0)
    return np.clip(at, 0, n - 1) if np.asarray(at).dtype.kind == "f" else at


def _mix(a, b, t):
    d = b - a
    r = a + d * t
    late = t >= 0.5
    return np.where(late, b - d * (1 - t), r).astype(np.asarray(r).dtype)


def _quantile(a, q, axis, out, method, keepdims, weights, weak):
    if method not in _QUANTILE_METHODS:
        keys = "dict_keys(['" + "', '".join(_QUANTILE_METHODS) + "'])"
        raise ValueError(f"{method!r} is not a valid method. Use one of: {keys}")
    if weights is not None:
        _lacks("np.quantile: milc does not have weights")
    if q.ndim > 2:
        raise ValueError("q must be a scalar or 1d")

    def of_last(x):
        n = x.shape[-1]
        s = moveaxis(np.sort(x, axis=-1), -1, 0)
        if n == 0:
            raise IndexError(f"index -1 is out of bounds for axis 0 with size 0")
        at = np.asarray(_virtual(n, q, method))
        down = np.floor(at)
        low = down.astype(np.intp)
        high = np.minimum(low + 1, n - 1)
        if method in ("lower", "higher", "nearest", "inverted_cdf", "closest_observation") or at.dtype.kind != "f":
            r = s[low]
        else:
            t = at - down
            t = float(t) if weak else t.reshape(at.shape + (1,) * (s.ndim - 1))
            r = _mix(s[low], s[high], t)
        if s.dtype.kind == "f":
            r = np.where(np.isnan(s[-1]), s[-1], r).astype(np.asarray(r).dtype)
        return _lone(r)

    return _into(_by_last(of_last, a, axis, keepdims), out)


def _numbers(a, q, weak):
    a = np.asarray(a)
    if a.dtype.kind == "c":
        raise TypeError("a must be an array of real numbers")
    return a


def quantile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None):
    weak = type(q) in (int, float)
    a, q = _numbers(a, q, weak), np.asarray(q)
    if not np.all((q >= 0) & (q <= 1)):
        raise ValueError("Quantiles must be in the range [0, 1]")
    return _quantile(a, q, axis, out, method, keepdims, weights, weak)


def percentile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None):
    weak = type(q) in (int, float)
    a, q = _numbers(a, q, weak), np.asarray(np.true_divide(q, 100))
    if not np.all((q >= 0) & (q <= 1)):
        raise ValueError("Percentiles must be in the range [0, 100]")
    return _quantile(a, q, axis, out, method, keepdims, weights, weak)


def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    if fweights is not None or aweights is not None:
        _lacks("np.cov: milc does not have weights")
    x = np.array(m, ndmin=2, dtype=dtype or np.promote_types(np.asarray(m).dtype, np.float64))
    if not rowvar and np.ndim(m) != 1:
        x = x.T
    if y is not None:
        y = np.array(y, ndmin=2, dtype=x.dtype)
        x = np.concatenate((x, y.T if not rowvar and y.shape[0] != 1 else y))
    ddof = (0 if bias else 1) if ddof is None else ddof
    x = x - np.mean(x, axis=1)[:, None]
    return np.squeeze(np.dot(x, x.T) * np.true_divide(1, max(x.shape[1] - ddof, 0)))


def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    c = cov(x, y, rowvar, dtype=dtype)
    if np.ndim(c) == 0:
        return c / c
    d = np.sqrt(diag(c))
    return np.clip(c / d[:, None] / d[None, :], -1, 1)


def diff(a, n=1, axis=-1, prepend=_DEFAULT, append=_DEFAULT):
    if n == 0:
        return a
    if n < 0:
        raise ValueError("order must be non-negative but got " + repr(n))
    a = np.asarray(a)
    if a.ndim == 0:
        raise ValueError("diff requires input that is at least one dimensional")
    axis = _axis(axis, a.ndim)
    parts = []
    for p in (prepend, a, append):
        if p is _DEFAULT:
            continue
        p = np.asarray(p)
        parts.append(p if p.ndim else np.broadcast_to(p, a.shape[:axis] + (1,) + a.shape[axis + 1:]))
    if len(parts) > 1:
        a = np.concatenate(parts, axis)
    op = np.not_equal if a.dtype == np.bool_ else np.subtract
    for _ in range(n):
        a = op(a[_at(a.ndim, axis, slice(1, None))], a[_at(a.ndim, axis, slice(None, -1))])
    return a


def ediff1d(ary, to_end=None, to_begin=None):
    a = np.ravel(ary)
    parts = [np.ravel(to_begin)] if to_begin is not None else []
    parts.append(a[1:] - a[:-1])
    if to_end is not None:
        parts.append(np.ravel(to_end))
    return np.concatenate(parts).astype(a.dtype)


def gradient(f, *varargs, axis=None, edge_order=1):
    f = np.asarray(f)
    axes = tuple(range(f.ndim)) if axis is None else _axes(axis, f.ndim)
    if len(varargs) not in (0, 1, len(axes)):
        raise TypeError("invalid number of arguments")
    if edge_order != 1:
        _lacks("np.gradient: milc does not have edge_order")
    steps = list(varargs) * (len(axes) if len(varargs) == 1 else 1) or [1.0] * len(axes)
    f = f if f.dtype.kind == "f" else f.astype(np.float64)
    r = []
    for x, h in zip(axes, steps):
        def part(start, stop):
            return f[_at(f.ndim, x, slice(start, stop))]

        if f.shape[x] < 2:
            raise ValueError("Shape of array too small to calculate a numerical gradient, at least (edge_order + 1) "
                             "elements are required.")
        if np.ndim(h) == 0:
            inner = (part(2, None) - part(None, -2)) / (2. * h)
            ends = h, h
        else:
            d = np.diff(h)
            shape = tuple([-1 if i == x else 1 for i in range(f.ndim)])
            u, v = d[:-1].reshape(shape), d[1:].reshape(shape)
            inner = -v / (u * (u + v)) * part(None, -2) + (v - u) / (u * v) * part(1, -1) \
                + u / (v * (u + v)) * part(2, None)
            ends = d[0], d[-1]
        r.append(np.concatenate(((part(1, 2) - part(0, 1)) / ends[0], inner,
                                 (part(-1, None) - part(-2, -1)) / ends[1]), axis=x))
    return r[0] if len(r) == 1 else tuple(r)


def trapezoid(y, x=None, dx=1.0, axis=-1):
    y = np.asarray(y)
    axis = _axis(axis, y.ndim)
    d = dx
    if x is not None:
        d = np.diff(x) if np.ndim(x) == 1 else np.diff(x, axis=axis)
        if np.ndim(x) == 1:
            d = d.reshape([-1 if i == axis else 1 for i in range(y.ndim)])
    return np.sum(d * (y[_at(y.ndim, axis, slice(1, None))] + y[_at(y.ndim, axis, slice(None, -1))]) / 2.0, axis=axis)


def bincount(x, /, weights=None, minlength=0):
    a = np.asarray(x)
    if a.size == 0 and not isinstance(x, np.ndarray):
        a = a.astype(np.intp)
    _whole(a, x)
    a = a if a.dtype.kind in "iub" else a.astype(np.intp)
    if a.ndim != 1:
        raise ValueError("object too deep for desired array" if a.ndim else
                         "object of too small depth for desired array")
    if minlength is None:
        raise TypeError("use 0 instead of None for minlength")
    if minlength < 0:
        raise ValueError("'minlength' must not be negative")
    if a.size and np.min(a) < 0:
        raise ValueError("'list' argument must have no negative elements")
    if weights is not None:
        weights = np.asarray(weights, dtype=np.float64)
        if weights.shape != a.shape:
            raise ValueError("The weights and list don't have the same length.")
    return _numpy.bincount(a, weights, max(int(np.max(a)) + 1 if a.size else 0, minlength))


def _outer_edges(a, limits):
    if limits is not None:
        first, last = limits
        if first > last:
            raise ValueError("max must be larger than min in range parameter.")
        kind = "supplied"
    elif a.size == 0:
        first, last, kind = 0, 1, ""
    else:
        first, last, kind = np.min(a), np.max(a), "autodetected"
    if not (np.isfinite(first) and np.isfinite(last)):
        raise ValueError(f"{kind} range of [{first}, {last}] is not finite")
    return (first - 0.5, last + 0.5) if first == last else (first, last)


def _bin_width(a, name, limits):
    """The widths that the named estimators give."""
    n, spread = a.size, ptp(a)
    iqr = np.subtract(*percentile(a, [75, 25])) if name in ("fd", "auto") else 0
    sturges = spread / (np.log2(n) + 1.0)
    root = spread / np.sqrt(n)
    fd = 2.0 * iqr * n ** (-1.0 / 3.0)
    if name == "auto":
        return min(max(fd, root / 2), sturges)
    if name == "scott":
        return (24.0 * np.pi ** 0.5 / n) ** (1.0 / 3.0) * np.std(a)
    return {"sturges": sturges, "sqrt": root, "fd": fd, "rice": spread / (2.0 * n ** (1.0 / 3))}[name]


def histogram_bin_edges(a, bins=10, range=None, weights=None):
    return _edges(np.ravel(a), bins, range, weights)[0]


def _edges(a, bins, limits, weights):
    if isinstance(bins, str):
        if bins not in ("auto", "fd", "rice", "scott", "sqrt", "sturges"):
            if bins in ("stone", "doane"):
                _lacks(f"np.histogram: milc does not have the estimator '{bins}'")
            raise ValueError(f"{bins!r} is not a valid estimator for `bins`")
        if weights is not None:
            raise TypeError("Automated estimation of the number of bins is not supported for weighted data")
        first, last = _outer_edges(a, limits)
        a = a[(a >= first) & (a <= last)]
        width = _bin_width(a, bins, limits) if a.size else 0
        if a.dtype.kind in "iu" and 0 < width < 1:
            width = 1
        bins = int(np.ceil((last - first) / width)) if width else 1
    elif np.ndim(bins) == 0:
        if not isinstance(bins, (int, np.integer)):
            raise TypeError("`bins` must be an integer, a string, or an array")
        if bins < 1:
            raise ValueError("`bins` must be positive, when an integer")
    elif np.ndim(bins) == 1:
        edges = np.asarray(bins)
        if np.any(edges[:-1] > edges[1:]):
            raise ValueError("`bins` must increase monotonically, when an array")
        return edges, False
    else:
        raise ValueError("`bins` must be 1d, when an array")
    first, last = _outer_edges(a, limits)
    kind = np.result_type(first, last, a)
    kind = np.promote_types(kind, np.float64) if kind.kind in "iub" else kind
    edges = np.linspace(first, last, bins + 1, dtype=kind)
    if np.any(edges[:-1] >= edges[1:]):
        raise ValueError(f"Too many bins for data range. Cannot create {bins} finite-sized bins.")
    return edges, True


def histogram(a, bins=10, range=None, density=None, weights=None):
    a = np.asarray(a)
    if a.dtype == np.bool_:
        a = a.astype(np.uint8)
    if weights is not None:
        weights = np.asarray(weights)
        if weights.shape != a.shape:
            raise ValueError("weights should have the same shape as a.")
        weights = weights.ravel()
    a = a.ravel()
    edges, even = _edges(a, bins, range, weights)
    inside = (a >= edges[0]) & (a <= edges[-1])
    if not np.all(inside):
        a, weights = a[inside], weights if weights is None else weights[inside]
    if even:
        a = a.astype(edges.dtype)
    at = np.minimum(searchsorted(edges, a, side="right") - 1, edges.size - 2)
    n = bincount(at, weights, edges.size - 1)
    if weights is not None:
        n = n.astype(weights.dtype)
    if density:
        return n / np.diff(edges).astype(np.float64) / np.sum(n), edges
    return n, edges


def interp(x, xp, fp, left=None, right=None, period=None):
    x, xp, fp = np.asarray(x, dtype=np.float64), np.asarray(xp, dtype=np.float64), np.asarray(fp, dtype=np.float64)
    if period is not None:
        if period == 0:
            raise ValueError("period must be a non-zero value")
        period, left, right = abs(period), None, None
        if xp.ndim != 1 or fp.ndim != 1:
            raise ValueError("Data points must be 1-D sequences")
        if xp.shape[0] != fp.shape[0]:
            raise ValueError("fp and xp are not of the same length")
        x, xp = x % period, xp % period
        order = np.argsort(xp)
        xp, fp = xp[order], fp[order]
        xp = np.concatenate((xp[-1:] - period, xp, xp[:1] + period))
        fp = np.concatenate((fp[-1:], fp, fp[:1]))
    if xp.ndim != 1 or fp.ndim != 1:
        raise ValueError("object too deep for desired array" if xp.ndim > 1 or fp.ndim > 1 else
                         "object of too small depth for desired array")
    if xp.size == 0:
        raise ValueError("array of sample points is empty")
    if xp.size != fp.size:
        raise ValueError("fp and xp are not of the same length.")
    left = fp[0] if left is None else left
    right = fp[-1] if right is None else right
    n = xp.size
    if n == 1:
        r = np.where(x < xp[0], left, np.where(x > xp[0], right, fp[0]))
        return _lone(np.where(np.isnan(x), x, r))
    j = np.clip(searchsorted(xp, x, side="right") - 1, 0, n - 2)
    slope = (fp[j + 1] - fp[j]) / (xp[j + 1] - xp[j])
    r = slope * (x - xp[j]) + fp[j]
    other = slope * (x - xp[j + 1]) + fp[j + 1]
    r = np.where(np.isnan(r), np.where(np.isnan(other) & (fp[j] == fp[j + 1]), fp[j], other), r)
    r = np.where(xp[j] == x, fp[j], r)
    r = np.where(x == xp[n - 1], fp[n - 1], np.where(x > xp[n - 1], right, np.where(x < xp[0], left, r)))
    return _lone(np.where(np.isnan(x), x, r))


def _slide(a, v, mode):
    """The sums of products of the shorter v turned around, at each place of a."""
    full = np.zeros(a.size + v.size - 1, np.promote_types(a.dtype, v.dtype))
    for i in range(v.size):
        full[i:i + a.size] += a * v[i]
    if mode == "full":
        return full
    if mode == "same":
        start = (v.size - 1) // 2
        return full[start:start + a.size]
    return full[v.size - 1:a.size]


def _modes(mode):
    if mode not in ("full", "same", "valid"):
        raise ValueError("Use one of 'valid', 'same', or 'full' for convolve/correlate mode")


def convolve(a, v, mode="full"):
    a, v = np.array(a, ndmin=1), np.array(v, ndmin=1)
    if a.size == 0 or v.size == 0:
        raise ValueError("a cannot be empty" if a.size == 0 else "v cannot be empty")
    if v.size > a.size:
        a, v = v, a
    if a.ndim > 1 or v.ndim > 1:
        raise ValueError("object too deep for desired array")
    _modes(mode)
    return _slide(a, v, mode)


def correlate(a, v, mode="valid"):
    a, v = np.array(a, ndmin=1), np.array(v, ndmin=1)
    if a.size == 0 or v.size == 0:
        raise ValueError("first array argument cannot be empty" if a.size == 0 else
                         "second array argument cannot be empty")
    _modes(mode)
    return _slide(a, v[::-1], mode) if v.size <= a.size else _slide(v, a[::-1], mode)[::-1]


# ---- without what is not a number ----
def _without_nan(a, instead):
    a = np.asarray(a)
    if a.dtype.kind not in "fc":
        return a, None
    nan = np.isnan(a)
    return np.where(nan, a.dtype.type(instead), a), nan


def nansum(a, axis=None, dtype=None, out=None, keepdims=False):
    return _into(np.sum(_without_nan(a, 0)[0], axis=axis, dtype=dtype, keepdims=keepdims), out)


def nanprod(a, axis=None, dtype=None, out=None, keepdims=False):
    return _into(np.prod(_without_nan(a, 1)[0], axis=axis, dtype=dtype, keepdims=keepdims), out)


def nancumsum(a, axis=None, dtype=None, out=None):
    return _into(np.cumsum(_without_nan(a, 0)[0], axis=axis, dtype=dtype), out)


def nancumprod(a, axis=None, dtype=None, out=None):
    return _into(np.cumprod(_without_nan(a, 1)[0], axis=axis, dtype=dtype), out)


def _nan_extreme(f, a, instead, axis, out, keepdims):
    a, nan = _without_nan(a, instead)
    r = f(a, axis=axis, keepdims=keepdims)
    if nan is not None and np.any(nan):
        empty = np.all(nan, axis=axis, keepdims=keepdims)
        r = _lone(np.where(empty, np.asarray(r).dtype.type(np.nan), r))
    return _into(r, out)


def nanmax(a, axis=None, out=None, keepdims=False):
    return _nan_extreme(np.max, a, -np.inf, axis, out, keepdims)


def nanmin(a, axis=None, out=None, keepdims=False):
    return _nan_extreme(np.min, a, np.inf, axis, out, keepdims)


def _nan_place(f, a, instead, axis, out, keepdims):
    a, nan = _without_nan(a, instead)
    if nan is not None and np.any(np.all(nan, axis=axis)):
        raise ValueError("All-NaN slice encountered")
    return _into(f(a, axis=axis, keepdims=keepdims), out)


def nanargmax(a, axis=None, out=None, *, keepdims=False):
    return _nan_place(np.argmax, a, -np.inf, axis, out, keepdims)


def nanargmin(a, axis=None, out=None, *, keepdims=False):
    return _nan_place(np.argmin, a, np.inf, axis, out, keepdims)


def nanmean(a, axis=None, dtype=None, out=None, keepdims=False):
    x, nan = _without_nan(a, 0)
    if nan is None:
        return _into(np.mean(x, axis=axis, dtype=dtype, keepdims=keepdims), out)
    n = np.sum(~nan, axis=axis, keepdims=keepdims)
    s = np.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)
    return _into(_lone((s / n).astype(np.asarray(s).dtype)), out)


def nanvar(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False):
    x, nan = _without_nan(a, 0)
    if nan is None:
        return _into(np.var(x, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims), out)
    x = x if dtype is None else x.astype(dtype)
    n = np.sum(~nan, axis=axis, keepdims=True)
    mean = (np.sum(x, axis=axis, keepdims=True) / n).astype(x.dtype)
    d = np.where(nan, x.dtype.type(0), x - mean)
    s = np.sum(d * d, axis=axis, keepdims=keepdims)
    left = np.sum(~nan, axis=axis, keepdims=keepdims) - ddof
    r = (s / left).astype(np.asarray(s).dtype)
    return _into(_lone(np.where(left <= 0, np.asarray(s).dtype.type(np.nan), r)), out)


def nanstd(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False):
    return _into(np.sqrt(nanvar(a, axis, dtype, None, ddof, keepdims)), out)


def _nan_lines(f, a, axis, keepdims, lead=()):
    """f of what is left of each line; nan where nothing is."""
    def of_last(x):
        lines = x.reshape(-1, x.shape[-1])
        r = []
        for line in lines:
            line = line[~np.isnan(line)]
            r.append(f(line) if line.size else np.full(lead, np.nan, x.dtype))
        r = moveaxis(np.asarray(r), 0, -1) if lead else np.asarray(r)
        return _lone(r.reshape(lead + x.shape[:-1]))

    return _by_last(of_last, a, axis, keepdims)


def nanmedian(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    a = np.asarray(a)
    if a.dtype.kind != "f" or not np.any(np.isnan(a)):
        return median(a, axis, out, keepdims=keepdims)
    return _into(_nan_lines(median, a, axis, keepdims), out)


def nanquantile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None):
    a = np.asarray(a)
    if not np.all((np.asarray(q) >= 0) & (np.asarray(q) <= 1)):
        raise ValueError("Quantiles must be in the range [0, 1]")
    if a.dtype.kind != "f" or not np.any(np.isnan(a)):
        return quantile(a, q, axis, out, method=method, keepdims=keepdims, weights=weights)
    r = _nan_lines(lambda x: quantile(x, q, method=method, weights=weights), a, axis, keepdims, np.shape(q))
    return _into(r, out)


def nanpercentile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *,
                  weights=None):
    weak = type(q) in (int, float)
    q = np.true_divide(q, 100)
    if not np.all((q >= 0) & (q <= 1)):
        raise ValueError("Percentiles must be in the range [0, 100]")
    return nanquantile(a, float(q) if weak else q, axis, out, method=method, keepdims=keepdims, weights=weights)


def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    a = np.asarray(x)
    if a.dtype.kind != "f":
        return _lone(a.copy()) if np.ndim(x) == 0 else a.copy() if copy else a
    top = np.finfo(a.dtype).max
    r = np.where(np.isnan(a), a.dtype.type(nan), a)
    r = np.where(r == np.inf, top if posinf is None else a.dtype.type(posinf), r)
    r = np.where(r == -np.inf, -top if neginf is None else a.dtype.type(neginf), r)
    if not copy and isinstance(x, np.ndarray):
        x[...] = r
        return x
    return _lone(r)


# ---- elements ----
def _float_test(x, out, f):
    x = np.asarray(x)
    if x.dtype.kind == "c":
        raise TypeError("This operation is not supported for complex128 values because it would be ambiguous.")
    return _into(f(x), out)


def frexp(x):
    x = np.asarray(x) + 0.0
    known = np.isfinite(x) & (x != 0)
    e = np.where(known, np.floor(np.log2(np.where(known, np.abs(x), 1))), -1).astype(np.int32) + 1
    m = np.where(known, x / np.power(2.0, e), x)
    low, high = known & (np.abs(m) < 0.5), known & (np.abs(m) >= 1)
    m, e = np.where(low, m * 2, np.where(high, m / 2, m)), np.where(low, e - 1, np.where(high, e + 1, e))
    return _lone(m.astype(x.dtype)), _lone(e.astype(np.int32))


def nextafter(x1, x2):
    a, b = broadcast_arrays(np.asarray(x1) + 0.0, np.asarray(x2) + 0.0)
    a, b = a.astype(np.promote_types(a.dtype, b.dtype)), b.astype(np.promote_types(a.dtype, b.dtype))
    whole = {2: np.int16, 4: np.int32, 8: np.int64}[a.itemsize]
    bits = np.ascontiguousarray(a).view(whole).reshape(a.shape)
    tiny = np.copysign(np.finfo(a.dtype).smallest_subnormal, b)
    r = np.ascontiguousarray(bits + np.where((b > a) == (a > 0), 1, -1).astype(whole)).view(a.dtype).reshape(a.shape)
    r = np.where(a == 0, tiny, r)
    return _lone(np.where(a == b, b, np.where(np.isnan(a) | np.isnan(b), np.nan, r)).astype(a.dtype))


def spacing(x):
    x = np.asarray(x) + 0.0
    return nextafter(x, np.copysign(np.inf, x)) - x


def isneginf(x, out=None):
    return _float_test(x, out, lambda x: np.isinf(x) & (x < 0))


def isposinf(x, out=None):
    return _float_test(x, out, lambda x: np.isinf(x) & (x > 0))


def signbit(x):
    return np.copysign(1.0, x) < 0


def fmax(x1, x2):
    a, b = np.asarray(x1), np.asarray(x2)
    return _lone(np.where(np.isnan(b), np.maximum(x1, x1), np.where(np.isnan(a), x2, np.maximum(x1, x2)))
                 .astype(np.maximum(x1, x2).dtype))


def fmin(x1, x2):
    a, b = np.asarray(x1), np.asarray(x2)
    return _lone(np.where(np.isnan(b), np.minimum(x1, x1), np.where(np.isnan(a), x2, np.minimum(x1, x2)))
                 .astype(np.minimum(x1, x2).dtype))


def fmod(x1, x2):
    r = np.remainder(np.abs(x1), np.abs(x2))
    return _lone(np.where(np.asarray(x1) < 0, -r, r).astype(np.remainder(x1, x2).dtype))


def divmod(x1, x2):
    return np.floor_divide(x1, x2), np.remainder(x1, x2)


def modf(x):
    x = np.asarray(x) + 0.0
    whole = np.trunc(x)
    return _lone(np.copysign(np.where(np.isinf(x), 0.0, x - whole).astype(x.dtype), x)), _lone(whole)


def float_power(x1, x2):
    return np.power(np.asarray(x1, dtype=np.float64)[()], np.asarray(x2, dtype=np.float64)[()])


def degrees(x):
    x = np.asarray(x) + 0.0
    return _lone((x * (x.dtype.type(180) / x.dtype.type(np.pi))).astype(x.dtype))


def radians(x):
    x = np.asarray(x) + 0.0
    return _lone((x * (x.dtype.type(np.pi) / x.dtype.type(180))).astype(x.dtype))


rad2deg = degrees
deg2rad = radians


def heaviside(x1, x2):
    x = np.asarray(x1)
    return _lone(np.where(x == 0, x2, np.where(x < 0, 0.0, np.where(np.isnan(x), np.nan, 1.0))))


def logaddexp(x1, x2):
    d = np.subtract(x1, x2)
    return np.maximum(x1, x2) + np.log1p(np.exp(-np.abs(d)))


def logaddexp2(x1, x2):
    d = np.subtract(x1, x2)
    return np.maximum(x1, x2) + np.log2(1 + np.exp2(-np.abs(d)))


def gcd(x1, x2):
    a, b = np.abs(x1), np.abs(x2)
    a, b = a + b * 0, b + a * 0
    while np.any(b != 0):
        rest = np.where(b != 0, a % np.where(b == 0, 1, b), 0)
        a, b = np.where(b != 0, b, a), rest
    return _lone(np.asarray(a))


def lcm(x1, x2):
    g = gcd(x1, x2)
    return _lone(np.where(np.asarray(g) == 0, 0, np.abs(x1) // np.where(np.asarray(g) == 0, 1, g) * np.abs(x2)))


def ldexp(x1, x2):
    return np.asarray(x1) * np.power(2.0, x2)


def fabs(x):
    return np.abs(np.asarray(x) + 0.0)


def fix(x, out=None):
    return _into(np.trunc(x), out)


def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = moveaxis(np.asarray(a), axisa, -1), moveaxis(np.asarray(b), axisb, -1)
    if a.shape[-1] == 2 == b.shape[-1]:
        return _lone(np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]))
    if a.shape[-1] != 3 or b.shape[-1] != 3:
        raise ValueError("Both input arrays must be (arrays of) 3-dimensional vectors, but they are "
                         f"{a.shape[-1]} and {b.shape[-1]} dimensional instead.")
    turn, back = [1, 2, 0], [2, 0, 1]
    return moveaxis(a[..., turn] * b[..., back] - a[..., back] * b[..., turn], -1, axisc)


def outer(a, b, out=None):
    return _into(np.multiply(np.ravel(a)[:, None], np.ravel(b)[None, :]), out)


def inner(a, b):
    a, b = np.asarray(a), np.asarray(b)
    if not a.ndim or not b.ndim:
        return np.multiply(a, b)
    return tensordot(a, b, (-1, -1)) if a.ndim > 1 or b.ndim > 1 else np.dot(a, b)


def vdot(a, b):
    return np.dot(np.ravel(conj(a)), np.ravel(b))


def vecdot(x1, x2, axis=-1):
    return np.sum(conj(x1) * np.asarray(x2), axis=axis)


def matrix_transpose(x, /):
    x = np.asarray(x)
    if x.ndim < 2:
        raise ValueError(f"Input array must be at least 2-dimensional, but it is {x.ndim}")
    return np.swapaxes(x, -1, -2)


def tensordot(a, b, axes=2):
    a, b = np.asarray(a), np.asarray(b)
    if isinstance(axes, int):
        left, right = tuple(range(a.ndim - axes, a.ndim)), tuple(range(axes))
    else:
        left, right = [(x,) if isinstance(x, int) else tuple(x) for x in axes]
    left = tuple([x % max(a.ndim, 1) for x in left])
    right = tuple([x % max(b.ndim, 1) for x in right])
    if len(left) != len(right) or any([a.shape[x] != b.shape[y] for x, y in zip(left, right)]):
        raise ValueError("shape-mismatch for sum")
    rest_a = [i for i in range(a.ndim) if i not in left]
    rest_b = [i for i in range(b.ndim) if i not in right]
    n = 1
    for x in left:
        n *= a.shape[x]
    rows = np.transpose(a, rest_a + list(left)).reshape(-1 if a.size else 0, n) if n else None
    shape = tuple([a.shape[i] for i in rest_a]) + tuple([b.shape[i] for i in rest_b])
    if rows is None:
        return np.zeros(shape, np.promote_types(a.dtype, b.dtype))
    return np.dot(rows, np.transpose(b, list(right) + rest_b).reshape(n, -1 if b.size else 0)).reshape(shape)


def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    a = np.asarray(arr)
    axis = _axis(axis, a.ndim)
    lines = moveaxis(a, axis, -1)
    flat = lines.reshape(-1, a.shape[axis])
    if not flat.shape[0]:
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    r = np.asarray([np.asarray(func1d(line, *args, **kwargs)) for line in flat])
    r = r.reshape(lines.shape[:-1] + r.shape[1:])
    n = r.ndim - (a.ndim - 1)
    return moveaxis(r, tuple(range(a.ndim - 1, r.ndim)), tuple(range(axis, axis + n)))


def apply_over_axes(func, a, axes):
    a = np.asarray(a)
    for x in np.ravel(axes).tolist():
        r = func(a, x)
        a = r if r.ndim == a.ndim else np.expand_dims(r, x)
    return a


class vectorize:
    def __init__(self, pyfunc, otypes=None, doc=None, excluded=None, cache=False, signature=None):
        if excluded or signature:
            _lacks("np.vectorize: milc does not have excluded and signature")
        self.pyfunc = pyfunc
        self.otypes = otypes

    def __call__(self, *args):
        parts = broadcast_arrays(*args)
        rows = [p.ravel() for p in parts]
        r = [self.pyfunc(*[row[i] for row in rows]) for i in range(parts[0].size)]
        if not r and not self.otypes:
            raise ValueError("cannot call `vectorize` on size 0 inputs unless `otypes` is set")
        kinds = self.otypes or [None]
        if r and isinstance(r[0], tuple):
            kinds = kinds * (len(r[0]) if len(kinds) == 1 else 1)
            return tuple([np.asarray([x[i] for x in r], dtype=kinds[i]).reshape(parts[0].shape)
                          for i in range(len(r[0]))])
        return np.asarray(r, dtype=kinds[0]).reshape(parts[0].shape)


class ndenumerate:
    def __init__(self, arr):
        self.items = _enumerated(np.asarray(arr))

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.items)


def _enumerated(a):
    for i in ndindex(a.shape):
        yield i, a[i]


def _counted(shape):
    total = 1
    for n in shape:
        total *= n
    for k in range(total):
        at = []
        for n in reversed(shape):
            at.insert(0, k % n)
            k //= n
        yield tuple(at)


class ndindex:
    def __init__(self, *shape):
        if len(shape) == 1 and isinstance(shape[0], tuple):
            shape = shape[0]
        self.items = _counted(shape)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.items)


def nditer(*args, **kw):
    _lacks("np.nditer is not in milc")


def sliding_window_view(x, window_shape, axis=None, *, subok=False, writeable=False):
    x = np.asarray(x)
    window = (window_shape,) if np.ndim(window_shape) == 0 else tuple(window_shape)
    axes = tuple(range(x.ndim)) if axis is None else _axes(axis, x.ndim)
    if len(window) != len(axes):
        raise ValueError("Must provide window_shape for all dimensions of `x`; got "
                         f"{len(window)} window_shape elements and `x.ndim` is {x.ndim}.")
    for w, i in zip(window, axes):
        if w > x.shape[i]:
            raise ValueError("window shape cannot be larger than input array shape")
    for w, i in zip(window, axes):
        n = x.shape[i] - w + 1
        x = moveaxis(x[_at(x.ndim, i, np.arange(n)[:, None] + np.arange(w))], i + 1, -1)
    return x


class _Lib:
    """np.lib"""


lib = _Lib()
lib.stride_tricks = _Lib()
lib.stride_tricks.sliding_window_view = sliding_window_view
lib.stride_tricks.broadcast_to = np.broadcast_to


def cumulative_sum(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
    r = np.cumsum(x, axis=axis, dtype=dtype)
    return np.concatenate((np.zeros_like(np.take(r, [0], axis=axis or 0)), r), axis=axis or 0) if include_initial else r


def cumulative_prod(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
    r = np.cumprod(x, axis=axis, dtype=dtype)
    return np.concatenate((np.ones_like(np.take(r, [0], axis=axis or 0)), r), axis=axis or 0) if include_initial else r


# ---- polynomials ----
def polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
    if full or cov:
        _lacks("np.polyfit: milc does not have full and cov")
    x, y = np.asarray(x) + 0.0, np.asarray(y) + 0.0
    if deg < 0:
        raise ValueError("expected deg >= 0")
    if x.ndim != 1:
        raise TypeError("expected 1D vector for x")
    if x.size == 0:
        raise TypeError("expected non-empty vector for x")
    if x.shape[0] != y.shape[0]:
        raise TypeError("expected x and y to have same length")
    left = vander(x, deg + 1)
    if w is not None:
        w = np.asarray(w) + 0.0
        left, y = left * w[:, None], y * (w if y.ndim == 1 else w[:, None])
    scale = np.sqrt(np.sum(left * left, axis=0))
    r = np.linalg.lstsq(left / scale, y, len(x) * np.finfo(x.dtype).eps if rcond is None else rcond)[0]
    return (r.T / scale).T


def polyval(p, x):
    p, x = np.asarray(p), np.asarray(x)
    y = np.zeros_like(x)
    for c in p:
        y = y * x + c
    return _lone(y)


# ---- complex numbers ----
def real(val):
    if isinstance(val, np.ndarray):
        return val.real
    return val if isinstance(val, (int, float)) else _lone(_numpy.part(np.asarray(val), False))


def imag(val):
    if isinstance(val, (int, float)) and not isinstance(val, np.generic):
        return type(val)(0)
    a = np.asarray(val)
    r = _numpy.part(a, True) if a.dtype.kind == "c" else np.zeros(a.shape, a.dtype)
    return r if isinstance(val, np.ndarray) else _lone(r)


def _set_part(a, imaginary, x):
    if a.dtype.kind != "c" and imaginary:
        raise TypeError("array does not have imaginary part to set")
    _numpy.part(a, imaginary)[...] = x


def conj(x):
    a = np.asarray(x)
    if a.dtype.kind != "c":
        return _lone(np.positive(a)) if a.dtype != np.bool_ else x
    r = a.copy()
    _set_part(r, True, -imag(a))
    return _lone(r)


conjugate = conj


def angle(z, deg=False):
    r = np.arctan2(imag(z), real(z))
    return r * (180 / np.pi) if deg else r


def iscomplexobj(x):
    return np.asarray(x).dtype.kind == "c"


def isrealobj(x):
    return not iscomplexobj(x)


def iscomplex(x):
    return imag(x) != 0


def isreal(x):
    return imag(x) == 0


def real_if_close(a, tol=100):
    a = np.asarray(a)
    if a.dtype.kind != "c":
        return a
    limit = np.finfo(a.real.dtype).eps * tol if tol > 1 else tol
    return a.real if np.all(np.abs(a.imag) < limit) else a


def isscalar(element):
    return isinstance(element, (np.generic, int, float, str, bytes)) or type(element).__name__ == "complex"


def isfortran(a):
    return a.flags.fnc


def iterable(y):
    try:
        iter(y)
    except TypeError:
        return False
    return True


# ---- bits ----
def packbits(a, /, axis=None, bitorder="big"):
    a = np.asarray(a)
    if a.dtype.kind not in "iub":
        raise TypeError("Expected an input array of integer or boolean data type")
    order = _bit_order(bitorder)
    a, axis = _line(a if a.ndim else a.reshape(1), axis)
    bits = moveaxis(a != 0, axis, -1)
    n = -(-bits.shape[-1] // 8)
    room = np.zeros(bits.shape[:-1] + (n * 8,), np.uint8)
    room[..., :bits.shape[-1]] = bits
    r = np.sum(room.reshape(bits.shape[:-1] + (n, 8)) << order, axis=-1, dtype=np.uint8)
    return np.ascontiguousarray(moveaxis(r, -1, axis))


def unpackbits(a, /, axis=None, count=None, bitorder="big"):
    a = np.asarray(a)
    if a.dtype != np.uint8:
        raise TypeError("Expected an input array of unsigned byte data type")
    order = _bit_order(bitorder)
    a, axis = _line(a if a.ndim else a.reshape(1), axis)
    rows = moveaxis(a, axis, -1)
    bits = (rows[..., None] >> order & 1).reshape(rows.shape[:-1] + (rows.shape[-1] * 8,))
    n = bits.shape[-1]
    if count is not None:
        if count < -n:
            raise ValueError("-count larger than number of elements")
        if count > n:
            bits = np.concatenate((bits, np.zeros(bits.shape[:-1] + (count - n,), np.uint8)), axis=-1)
        bits = bits[..., :count]
    return np.ascontiguousarray(moveaxis(bits, -1, axis))


def _bit_order(bitorder):
    if bitorder not in ("big", "little"):
        raise ValueError("'order' must be either 'little' or 'big'")
    i = np.arange(8, dtype=np.uint8)
    return i if bitorder == "little" else i[::-1]


bitwise_left_shift = np.left_shift
bitwise_right_shift = np.right_shift
bitwise_invert = np.invert
asinh = np.arcsinh
acosh = np.arccosh
atanh = np.arctanh


def bitwise_count(x):
    x = np.abs(np.asarray(x))
    r = np.zeros(x.shape, np.uint8)
    while np.any(x != 0):
        r = r + (x & 1).astype(np.uint8)
        x = x >> 1
    return _lone(r)


def binary_repr(num, width=None):
    num = int(num)
    if num >= 0:
        text = bin(num)[2:]
    elif width is None:
        return "-" + bin(-num)[2:]
    else:
        need = len(bin(-num - 1)[2:]) + 1 if num != -1 else 1
        text = bin(2 ** max(width, need) + num)[2:]
    if width is not None and len(text) > width:
        raise ValueError(f"Insufficient bit width={width} provided for binwidth={len(text)}")
    return text.zfill(width or 0)


def base_repr(number, base=2, padding=0):
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    if not 2 <= base <= 36:
        raise ValueError("Bases greater than 36 not handled in base_repr." if base > 36 else
                         "Bases less than 2 not handled in base_repr.")
    text, n = "", abs(int(number))
    while n:
        text, n = digits[n % base] + text, n // base
    text = "0" * padding + text or "0"
    return ("-" if number < 0 else "") + (text if text.strip("0") or padding else "0")


# ---- comparing ----
def isclose(a, b, rtol=1.e-5, atol=1.e-8, equal_nan=False):
    x, y = np.asarray(a), np.asarray(b)
    if y.dtype.kind not in "fc":
        y = y.astype(np.float64)
    r = np.less_equal(np.abs(x - y), atol + rtol * np.abs(y)) & np.isfinite(y) | (x == y)
    if equal_nan:
        r = r | (np.isnan(x) & np.isnan(y))
    return _lone(r)


def allclose(a, b, rtol=1.e-5, atol=1.e-8, equal_nan=False):
    return bool(np.all(isclose(a, b, rtol, atol, equal_nan)))


def array_equal(a1, a2, equal_nan=False):
    x, y = np.asarray(a1), np.asarray(a2)
    if x.shape != y.shape or (x.dtype.kind == "U") != (y.dtype.kind == "U"):
        return False
    same = np.asarray(x == y)
    if equal_nan and x.dtype.kind in "fc" and y.dtype.kind in "fc":
        same = same | (np.isnan(x) & np.isnan(y))
    return bool(np.all(same))


def array_equiv(a1, a2):
    a1, a2 = np.asarray(a1), np.asarray(a2)
    try:
        return bool(np.all(np.asarray(a1 == a2)))
    except ValueError:
        return False


def shares_memory(a, b, max_work=None):
    return may_share_memory(a, b)


def may_share_memory(a, b, max_work=None):
    return _numpy.overlap(np.asarray(a), np.asarray(b))


# ---- types ----
_KINDS = [(np.generic, "?biufcU"), (np.number, "iufc"), (np.integer, "iu"), (np.signedinteger, "i"),
          (np.unsignedinteger, "u"), (np.inexact, "fc"), (np.floating, "f")]


class complexfloating:
    pass


def _kinds(t):
    for x, kinds in _KINDS:
        if t is x:
            return kinds
    return "c" if t is complexfloating else None


def issubdtype(arg1, arg2):
    want = _kinds(arg2)
    have = _kinds(arg1)
    if want is None:
        want = np.dtype(arg2)
        return have is None and np.dtype(arg1) == want
    if have is None:
        have = np.dtype(arg1).kind
        have = "?" if have == "b" else have
    return all([k in want for k in have])


def promote_types(type1, type2):
    return np.concatenate((np.zeros(0, np.dtype(type1)), np.zeros(0, np.dtype(type2)))).dtype


def result_type(*arrays_and_dtypes):
    strong, weak = None, None
    if not arrays_and_dtypes:
        raise ValueError("at least one array or dtype is required")
    for x in arrays_and_dtypes:
        if isinstance(x, (bool, int, float)):
            weak = x if weak is None else weak + x
            continue
        t = x.dtype if isinstance(x, (np.ndarray, np.generic)) else np.dtype(x)
        strong = t if strong is None else promote_types(strong, t)
    if strong is None:
        return np.asarray(weak).dtype
    return strong if weak is None else np.where(True, np.zeros((), strong), weak if isinstance(weak, float) else
                                                type(weak)(0)).dtype


def can_cast(from_, to, casting="safe"):
    if isinstance(from_, (int, float)) and not isinstance(from_, np.generic):
        raise TypeError("can_cast() does not support Python ints, floats, and complex because the result used to "
                        "depend on the value.\nThis change was part of adopting NEP 50, we may explicitly allow "
                        "them again in the future.")
    a = from_.dtype if isinstance(from_, (np.ndarray, np.generic)) else np.dtype(from_)
    b = np.dtype(to)
    if casting == "unsafe" or a == b:
        return True
    if casting in ("no", "equiv"):
        return False
    if casting not in ("safe", "same_kind"):
        raise ValueError("casting must be one of 'no', 'equiv', 'safe', 'same_kind', 'unsafe' "
                         f"(got {casting!r})")
    if "U" in a.kind + b.kind:
        return b.kind == "U"
    return promote_types(a, b) == b or casting == "same_kind" and "buifc".index(a.kind) <= "buifc".index(b.kind)


def min_scalar_type(a):
    a = np.asarray(a)
    if a.ndim or a.dtype.kind not in "iuf":
        return a.dtype
    x = a.item()
    if a.dtype.kind == "f":
        names = ("float16", "float32", "float64")
        for t in names:
            if not np.isfinite(x) or abs(x) <= float(np.finfo(t).max):
                return np.dtype(t)
    for t in ("uint8", "uint16", "uint32", "uint64") if x >= 0 else ("int8", "int16", "int32", "int64"):
        if np.iinfo(t).min <= x <= np.iinfo(t).max:
            return np.dtype(t)


def common_type(*arrays):
    kind = np.float16
    for a in arrays:
        kind = promote_types(kind, a.dtype if a.dtype.kind in "fc" else np.float64)
    return kind.type


def isdtype(dtype, kind):
    names = {"bool": "b", "signed integer": "i", "unsigned integer": "u", "integral": "iu", "real floating": "f",
             "complex floating": "c", "numeric": "iufc"}
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return any([np.dtype(dtype).kind in names[k] if isinstance(k, str) else np.dtype(dtype) == np.dtype(k)
                for k in kinds])


# ---- errors of arithmetic: nothing warns here ----
_errors = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}


def geterr():
    return dict(_errors)


def seterr(all=None, divide=None, over=None, under=None, invalid=None):
    old = geterr()
    for name, how in (("divide", divide), ("over", over), ("under", under), ("invalid", invalid)):
        how = all if how is None else how
        if how is None:
            continue
        if how in ("raise", "call", "log"):
            _lacks(f"np.seterr: milc does not have '{how}'")
        if how not in ("ignore", "warn", "print"):
            raise ValueError(f"invalid error mode {how!r}")
        _errors[name] = how
    return old


class errstate:
    def __init__(self, *, call=None, all=None, divide=None, over=None, under=None, invalid=None):
        self.given = (all, divide, over, under, invalid)

    def __enter__(self):
        self.old = seterr(*self.given)

    def __exit__(self, kind, value, trace):
        seterr(**self.old)

    def __call__(self, f):
        def wrapped(*args, **kw):
            with errstate(all=self.given[0], divide=self.given[1], over=self.given[2], under=self.given[3],
                          invalid=self.given[4]):
                return f(*args, **kw)
        return wrapped


# ---- text ----
_options = {"edgeitems": 3, "threshold": 1000, "floatmode": "maxprec", "precision": 8, "suppress": False,
            "linewidth": 75, "nanstr": "nan", "infstr": "inf", "sign": "-", "formatter": None, "legacy": False,
            "override_repr": None}
_MODES = ["maxprec", "fixed", "unique", "maxprec_equal"]


def _with_options(given):
    o = dict(_options)
    for name in given:
        if given[name] is not None:
            o[name] = given[name]
    if o["floatmode"] not in _MODES:
        raise ValueError('floatmode option must be one of "fixed", "unique", "maxprec", "maxprec_equal"')
    if o["sign"] not in (" ", "+", "-"):
        raise ValueError("sign option must be one of ' ', '+', or '-'")
    if given.get("threshold") is not None:
        if not isinstance(o["threshold"], (int, float)):
            raise TypeError("threshold must be numeric")
        if o["threshold"] != o["threshold"]:
            raise ValueError("threshold must be non-NAN, try sys.maxsize for untruncated representation")
    return o


def _numbers_of(o, threshold=None):
    top = min(o["threshold"], 2 ** 62)
    return (o["precision"], int(top), o["edgeitems"], min(o["linewidth"], 2 ** 31) if o["linewidth"] != np.inf
            else 2 ** 31, o["suppress"], o["nanstr"], o["infstr"], o["sign"], _MODES.index(o["floatmode"]))


def set_printoptions(precision=None, threshold=None, edgeitems=None, linewidth=None, suppress=None, nanstr=None,
                     infstr=None, formatter=None, sign=None, floatmode=None, *, legacy=None, override_repr=None):
    if legacy or override_repr:
        _lacks("np.set_printoptions: milc does not have legacy and override_repr")
    o = _with_options({"precision": precision, "threshold": threshold, "edgeitems": edgeitems,
                       "linewidth": linewidth, "suppress": suppress, "nanstr": nanstr, "infstr": infstr,
                       "sign": sign, "floatmode": floatmode})
    o["formatter"] = formatter
    _options.update(o)
    _numpy.print_options(*_numbers_of(o), formatter)


def get_printoptions():
    return dict(_options)


class printoptions:
    def __init__(self, *args, **kwargs):
        self.args, self.kwargs = args, kwargs

    def __enter__(self):
        self.old = get_printoptions()
        set_printoptions(*self.args, **self.kwargs)
        return get_printoptions()

    def __exit__(self, kind, value, trace):
        _options.update(self.old)
        _numpy.print_options(*_numbers_of(_options), _options["formatter"])


def _formatter(a, formatter):
    """The function of that dictionary that writes a's elements, or None."""
    names = {"b": ("bool",), "i": ("int", "int_kind"), "u": ("int", "int_kind"), "f": ("float", "float_kind"),
             "c": ("complexfloat", "complex_kind"), "U": ("numpystr", "str_kind")}[a.dtype.kind]
    for n in names + ("all",):
        if formatter.get(n) is not None:
            return formatter[n]
    return None


def _written(a, f, sep, indent, width, edge, cut):
    """The lines of an array whose elements f writes."""
    n = a.shape[0]
    short = cut and n > 2 * edge
    seen = sep.rstrip()
    if a.ndim == 1:
        words = [f(x) for x in (list(a[:edge]) if short else a)]
        if short:
            words += ["..."] + [f(x) for x in a[-edge:]]
        lines, line = [], " " * indent
        for i, w in enumerate(words):
            if len(line) + len(w) > width - max(len(seen), 1) and len(line) > indent:
                lines.append(line.rstrip())
                line = " " * indent
            line += w + (sep if i + 1 < len(words) else "")
        return "[" + "\n".join(lines + [line])[indent:] + "]"
    rows = list(a[:edge]) if short else list(a)
    texts = [_written(r, f, sep, indent + 1, width - 1, edge, cut) for r in rows]
    if short:
        texts += ["..."] + [_written(r, f, sep, indent + 1, width - 1, edge, cut) for r in a[-edge:]]
    return "[" + (seen + "\n" * (a.ndim - 1) + " " * indent).join(texts) + "]"


def array2string(a, max_line_width=None, precision=None, suppress_small=None, separator=" ", prefix="", *,
                 formatter=None, threshold=None, edgeitems=None, sign=None, floatmode=None, suffix="", legacy=None):
    if legacy:
        _lacks("np.array2string: milc does not have legacy")
    o = _with_options({"precision": precision, "threshold": threshold, "edgeitems": edgeitems,
                       "linewidth": max_line_width, "suppress": suppress_small, "sign": sign,
                       "floatmode": floatmode})
    o["linewidth"] -= len(suffix)
    a = np.asarray(a)
    formatter = formatter or _options["formatter"]
    f = _formatter(a, formatter) if formatter else None
    if f is None:
        return _numpy.text(a, separator, 1 + len(prefix), *_numbers_of(o))
    if a.size == 0:
        return "[]"
    if a.ndim == 0:
        return f(a[()])
    return _written(a, f, separator, 1 + len(prefix), o["linewidth"], o["edgeitems"], a.size > o["threshold"])


def _formatted(a, whole):
    """str(a) or repr(a) where a formatter is among the options."""
    if not whole:
        return array2string(a)
    known = a.dtype in (np.int64, np.float64, np.bool_, np.complex128) and a.size
    kind = "" if known else f", dtype={a.dtype.name}"
    return f"array({array2string(a, separator=', ', prefix='array(', suffix=')')}{kind})"


def array_str(a, max_line_width=None, precision=None, suppress_small=None):
    a = np.asarray(a)
    if a.ndim == 0:
        return str(a)
    return array2string(a, max_line_width, precision, suppress_small, " ", "")


def array_repr(arr, max_line_width=None, precision=None, suppress_small=None):
    with printoptions(precision=precision, suppress=suppress_small, linewidth=max_line_width):
        return repr(np.asarray(arr))


def format_float_positional(x, precision=None, unique=True, fractional=True, trim="k", sign=False, pad_left=None,
                            pad_right=None, min_digits=None):
    if not fractional or pad_left or pad_right or min_digits or trim not in "k.0-":
        _lacks("np.format_float_positional: milc does not have fractional, pad_left, pad_right and min_digits")
    text = array2string(np.asarray(x), precision=400 if precision is None else precision, sign="+" if sign else "-",
                        floatmode="fixed" if not unique else "unique" if precision is None else "maxprec",
                        suppress_small=True)
    if precision is not None and trim == "k" and "." in text:
        text += "0" * (precision - (len(text) - text.index(".") - 1))
    return text[:-1] if trim == "-" and text.endswith(".") else text + "0" if trim == "0" and text.endswith(".") \
        else text


# ---- files ----
def _store(file, parts, ending):
    if hasattr(file, "write"):
        for p in parts:
            file.write(p)
        return
    if hasattr(file, "__fspath__"):
        file = file.__fspath__()
    with open(file if file.endswith(ending) else file + ending, "wb") as f:
        for p in parts:
            f.write(p)


def save(file, arr, allow_pickle=True, fix_imports=True):
    _store(file, [_numpy.npy(np.asarray(arr))], ".npy")


def _number(n, size):
    return n.to_bytes(size, "little")


def _zip(members, packed):
    """The parts of an archive as numpy.savez makes it, with sizes of 64 bits."""
    parts, rows, at = [], b"", 0
    for name, data in members:
        crc, body = _numpy.pack(data, packed)
        name = name.encode()
        sizes = _number(len(data), 8) + _number(len(body), 8)
        common = b"\0\0" + _number(8 if packed else 0, 2) + b"\0\0\x21\0" + _number(crc, 4) + b"\xff" * 8 \
            + _number(len(name), 2)
        head = b"PK\3\4\x2d\0" + common + b"\x14\0" + name + b"\1\0\x10\0" + sizes
        parts += [head, body]
        rows += (b"PK\1\2\x2d\3\x2d\0" + common + b"\x1c\0" + b"\0" * 8 + b"\x80\1" + b"\xff" * 4 + name
                 + b"\1\0\x18\0" + sizes + _number(at, 8))
        at += len(head) + len(body)
    n = _number(len(members), 8)
    end = b"PK\6\6" + _number(44, 8) + b"\x2d\0\x2d\0" + b"\0" * 8 + n + n + _number(len(rows), 8) + _number(at, 8)
    locator = b"PK\6\7" + b"\0" * 4 + _number(at + len(rows), 8) + _number(1, 4)
    return parts + [rows, end, locator, b"PK\5\6" + b"\0" * 4 + b"\xff" * 12 + b"\0\0"]


def _save_all(file, args, named, packed):
    for i, a in enumerate(args):
        if f"arr_{i}" in named:
            raise ValueError(f"Cannot use un-named variables and keyword arr_{i}")
        named[f"arr_{i}"] = a
    _store(file, _zip([(n + ".npy", _numpy.npy(np.asarray(a))) for n, a in named.items()], packed), ".npz")


def savez(file, *args, allow_pickle=True, **kwds):
    _save_all(file, args, kwds, False)


def savez_compressed(file, *args, allow_pickle=True, **kwds):
    _save_all(file, args, kwds, True)


def _tofile(a, fid, sep="", format="%s"):
    if sep:
        data = sep.join([format % x for x in a.ravel().tolist()]).encode()
    else:
        data = a.tobytes()
    _store(fid, [data], "")


# ---- arguments that the functions in C leave to this file ----
def _in_order(name, kw, order):
    if order not in ("C", "F", "A", "K"):
        raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got '{order}')")
    a = kw.get("a", kw.get("object"))
    if name not in ("reshape", "ravel", "flatten"):
        r = getattr(np, name)(**kw)
        return asfortranarray(r) if order == "F" or order in "AK" and isinstance(a, np.ndarray) and a.flags.fnc else r
    a = np.asarray(a)
    if order == "C" or order != "F" and not a.flags.fnc:
        return np.reshape(a, kw["shape"]) if name == "reshape" else getattr(np, "ravel")(a)
    if name == "reshape":
        shape = kw["shape"]
        shape = tuple(shape)[::-1] if np.ndim(shape) else (shape,)
        return np.reshape(a.T, shape).T
    return a.T.ravel() if name == "ravel" else a.T.flatten()


_BY_UFUNC = {"sum": "add", "prod": "multiply", "max": "maximum", "amax": "maximum", "min": "minimum",
             "amin": "minimum", "any": "logical_or", "all": "logical_and"}


def _where_mean(name, kw):
    """mean, var and std of the elements that the mask has."""
    a, axis, keep = np.asarray(kw["a"]), kw.get("axis"), kw.get("keepdims", False)
    kind = kw.get("dtype") or (a.dtype if a.dtype.kind in "fc" else np.float64)
    mask = np.broadcast_to(kw["where"], a.shape)
    n = np.sum(mask, axis=axis, keepdims=True)
    r = np.sum(np.where(mask, a, 0), axis=axis, dtype=kind, keepdims=True) / n
    if name != "mean":
        d = np.where(mask, a - r, 0)
        r = np.sum(d * d, axis=axis, keepdims=True) / np.maximum(n - kw.get("ddof", 0), 0)
        r = np.sqrt(r) if name == "std" else r
    r = r.astype(kind)
    return r if keep else np.squeeze(r, axis=axis) if axis is not None else r.reshape(())


def _from_text(kw):
    """np.fromfile with sep."""
    with open(kw["file"]) as f:
        words = f.read().split(kw["sep"].strip() or None)
    return np.array([float(w) for w in words if w.strip()][:kw.get("count", -1) % 2 ** 62]).astype(
        kw.get("dtype", np.float64))


def _extra(name, kw):
    """np.NAME with out, where, initial or order."""
    kw = {key: value for key, value in kw.items() if value is not None or key == "axis"}
    out, order = kw.pop("out", None), kw.pop("order", None)
    if name in ("sort", "argsort"):
        raise ValueError("Cannot specify order when the array has no fields.")
    if name == "astype":
        casting = kw.pop("casting")
        if not can_cast(kw["a"], kw["dtype"], casting):
            raise TypeError(f"Cannot cast array data from {kw['a'].dtype!r} to {np.dtype(kw['dtype'])!r} according to "
                            f"the rule '{casting}'")
        return kw["a"].astype(kw["dtype"], copy=kw.get("copy", True))
    if name == "fromfile":
        return _from_text(kw)
    if order is not None:
        return _in_order(name, kw, order)
    if name in _BY_UFUNC and ("where" in kw or "initial" in kw):
        kw.setdefault("axis", None)
        r = _reduce(getattr(np, _BY_UFUNC[name]), kw.pop("a"), **kw)
    elif "where" in kw:
        r = _where_mean(name, kw)
    elif "arrays" in kw:
        kind = kw.pop("dtype", None)
        kw.pop("casting", None)
        r = np.concatenate(kw["arrays"], kw.get("axis", 0))
        r = r if kind is None else r.astype(kind)
    else:
        r = getattr(np, name)(*[kw.pop(key) for key in ("a", "x1", "x2", "b") if key in kw], **kw)
    if out is None:
        return _lone(r)
    if not can_cast(np.asarray(r).dtype, out.dtype, "same_kind"):
        raise TypeError(f"Cannot cast array data from {np.asarray(r).dtype!r} to {out.dtype!r} according to the rule "
                        "'same_kind'")
    return _into(r, out)


# ---- ufuncs ----
_HALVED = ("bitwise_and", "bitwise_or", "bitwise_xor", "logical_and", "logical_or", "logical_xor", "maximum",
           "minimum", "hypot", "gcd", "lcm", "fmax", "fmin")
_REDUCED = {"add": np.sum, "multiply": np.prod, "maximum": np.max, "minimum": np.min, "logical_and": np.all,
            "logical_or": np.any}
_IDENTITY = {"add": 0, "multiply": 1, "bitwise_or": 0, "bitwise_xor": 0, "bitwise_and": -1, "logical_and": True,
             "logical_or": False, "logical_xor": False, "hypot": 0}


def _reduce_along(f, a, axis):
    name, rank, n = f.__name__, a.ndim, a.shape[axis]
    a = moveaxis(a, axis, 0)
    if name.startswith("logical"):
        a = a.astype(bool)
    if n == 0:
        if name not in _IDENTITY:
            raise ValueError(f"zero-size array to reduction operation {name} which has no identity")
        return np.full(a.shape[1:], _IDENTITY[name], a.dtype)
    if name in _HALVED:
        while n > 1:
            half = n // 2
            a = np.concatenate((f(a[:half], a[half:2 * half]), a[2 * half:]))
            n -= half
        return a[0]
    r = a[0]
    for x in a[1:]:
        r = f(r, x)
    return r


def _reduce(f, array, axis=0, dtype=None, out=None, keepdims=False, initial=_DEFAULT, where=True):
    a = np.asarray(array, dtype=dtype)
    name = f.__name__
    if where is not True:
        if name not in _IDENTITY and initial is _DEFAULT:
            raise ValueError(f"reduction operation '{name}' does not have an identity, so to use a where mask one "
                             "has to specify 'initial'")
        a = np.where(where, a, np.asarray(_IDENTITY[name] if initial is _DEFAULT else initial, a.dtype))
    if name in ("maximum", "minimum") and initial is not _DEFAULT and a.size == 0:
        r = np.sum(a, axis=axis, keepdims=keepdims).astype(a.dtype) + np.asarray(initial, a.dtype)
    elif name in _REDUCED:
        kw = {} if dtype is None or name not in ("add", "multiply") else {"dtype": dtype}
        r = _REDUCED[name](a, axis=axis, keepdims=keepdims, **kw)
    else:
        axes = tuple(range(a.ndim)) if axis is None else _axes(axis, a.ndim)
        if len(axes) > 1 and name not in _HALVED and name not in _IDENTITY:
            raise ValueError(f"reduction operation '{name}' is not reorderable, so at most one axis may be specified")
        r = a
        for x in sorted(axes, reverse=True):
            r = _reduce_along(f, r, x)
        if keepdims:
            r = np.expand_dims(r, axes)
    if initial is not _DEFAULT and initial is not None:
        r = f(initial, r) if name != "logical_and" else f(r, initial)
    return _into(_lone(r), out)


def _accumulate(f, array, axis=0, dtype=None, out=None):
    a = np.asarray(array, dtype=dtype)
    if a.ndim == 0:
        raise TypeError("cannot accumulate on a scalar")
    name = f.__name__
    if name in ("add", "multiply"):
        r = (np.cumsum if name == "add" else np.cumprod)(a, axis=axis, dtype=dtype)
        return _into(r, out)
    axis = _axis(axis, a.ndim)
    rows = moveaxis(a, axis, 0)
    rows = rows.astype(bool) if name.startswith("logical") else rows.copy()
    n, step = rows.shape[0], 1
    if name in _HALVED:
        while step < n:
            rows[step:] = f(rows[:-step], rows[step:].copy())
            step *= 2
    else:
        kept = [rows[i] for i in range(min(n, 1))]
        for x in rows[1:]:
            kept.append(f(kept[-1], x))
        rows = np.stack(kept) if kept else rows
    return _into(moveaxis(rows, 0, axis), out)


def _outer(f, A, B, **kw):
    a, b = np.asarray(A), np.asarray(B)
    return f(a.reshape(a.shape + (1,) * b.ndim), b, **kw)


def _change_at(f, a, indices, b=None):
    i = np.asarray(indices) if not isinstance(indices, (tuple, slice)) else indices
    places = np.arange(a.size).reshape(a.shape)[i]
    where = np.ravel(places)
    flat = a.flat
    if b is None:
        for k in where.tolist():
            flat[k] = f(flat[k])
        return
    b = np.ravel(np.broadcast_to(b, np.shape(places)))
    for k, x in zip(where.tolist(), b):
        flat[k] = f(flat[k], x)


def _reduceat(f, array, indices, axis=0, dtype=None, out=None):
    a = moveaxis(np.asarray(array), axis, 0)
    n, i = a.shape[0], np.ravel(indices).tolist()
    for x in i:
        if not 0 <= x < n:
            raise IndexError(f"index {x} out-of-bounds in {f.__name__}.reduceat [0, {n})")
    ends = i[1:] + [n]
    parts = [_reduce(f, a[s:e], 0, dtype) if s < e else a[s] for s, e in zip(i, ends)]
    return _into(moveaxis(np.stack([np.asarray(p) for p in parts]), 0, axis), out)


_UFUNC_METHODS = {"reduce": _reduce, "accumulate": _accumulate, "outer": _outer, "at": _change_at,
                  "reduceat": _reduceat}


def _ufunc_method(f, name):
    """np.add.reduce and the like."""
    method = _UFUNC_METHODS[name]
    return lambda *args, **kw: method(f, *args, **kw)


def _ufunc_call(f, args, kw):
    """A call with more than operands: out, where, dtype."""
    out, where, dtype = kw.pop("out", None), kw.pop("where", True), kw.pop("dtype", None)
    for name in kw:
        if name not in ("casting", "order", "subok"):
            raise TypeError(f"{f.__name__}() got an unexpected keyword argument {name!r}")
    if dtype is not None:
        args = [np.asarray(a, dtype=dtype) for a in args]
    if len(args) > f.nin:
        out, args = args[f.nin], args[:f.nin]
    out = out[0] if isinstance(out, tuple) else out
    r = f(*args)
    if where is not True:
        r = np.where(where, r, np.zeros_like(r) if out is None else out).astype(np.asarray(r).dtype)
    if out is None or out is ...:
        return r
    if np.shape(out) != np.broadcast_shapes(np.shape(out), np.shape(r)):
        raise ValueError(f"non-broadcastable output operand with shape {_tight(np.shape(out))} doesn't match the "
                         f"broadcast shape {_tight(np.shape(r))}")
    if not can_cast(np.asarray(r).dtype, out.dtype, "same_kind"):
        raise TypeError(f"Cannot cast ufunc '{f.__name__}' output from {np.asarray(r).dtype!r} to {out.dtype!r} with "
                        "casting rule 'same_kind'")
    return _into(r, out)


def _tight(shape):
    return str(shape).replace(" ", "")


# ---- what hangs on an array ----
class _Flat:
    """a.flat"""

    def __init__(self, a):
        self.base = a
        self.index = 0

    def __len__(self):
        return self.base.size

    def __iter__(self):
        return self

    def __next__(self):
        if self.index >= self.base.size:
            raise StopIteration
        self.index += 1
        return self[self.index - 1]

    def _key(self, i):
        return unravel_index(i, self.base.shape)

    def _places(self, key):
        n = self.base.size
        if isinstance(key, (int, np.integer)):
            if not -n <= key < n:
                raise IndexError(f"index {key} is out of bounds for size {n}")
            return key + n if key < 0 else key
        return np.arange(n)[key]

    def __getitem__(self, key):
        return self.base[self._key(self._places(key))]

    def __setitem__(self, key, value):
        i = self._places(key)
        if np.ndim(i) == 1 and np.ndim(value):
            value = np.resize(value, len(i))
        self.base[self._key(i)] = value

    def copy(self):
        return self.base.flatten()

    def __array__(self, dtype=None, copy=None):
        return self.base.flatten()


class _Flags:
    """a.flags"""

    _NAMES = {"C": "c_contiguous", "F": "f_contiguous", "W": "writeable", "A": "aligned", "O": "owndata",
              "X": "writebackifcopy"}

    def __init__(self, a):
        self._a = a

    def _whole(self, a):
        step = a.itemsize
        for n, s in zip(reversed(a.shape), reversed(a.strides)):
            if n != 1 and s != step:
                return False
            step *= n
        return True

    @property
    def c_contiguous(self):
        return self._a.size == 0 or self._whole(self._a)

    @property
    def f_contiguous(self):
        return self._a.size == 0 or self._whole(self._a.T)

    contiguous = c_contiguous
    fortran = f_contiguous
    aligned = True
    writebackifcopy = False

    @property
    def fnc(self):
        return self.f_contiguous and not self.c_contiguous

    @property
    def forc(self):
        return self.f_contiguous or self.c_contiguous

    @property
    def owndata(self):
        return _numpy.alone(self._a)

    @property
    def writeable(self):
        return _numpy.writeable(self._a)

    @writeable.setter
    def writeable(self, on):
        _numpy.writeable(self._a, bool(on))

    def __getitem__(self, key):
        name = self._NAMES.get(key, key.lower())
        if name not in ("c_contiguous", "f_contiguous", "writeable", "aligned", "owndata", "writebackifcopy", "fnc",
                        "forc", "contiguous", "fortran"):
            raise KeyError("Unknown flag")
        return getattr(self, name)

    def __setitem__(self, key, on):
        if self._NAMES.get(key, key.lower()) != "writeable":
            raise KeyError("Unknown flag")
        self.writeable = on

    def __repr__(self):
        return "".join([f"  {n.upper()} : {getattr(self, n)}\n" for n in
                        ("c_contiguous", "f_contiguous", "owndata", "writeable", "aligned", "writebackifcopy")])


def _setflags(a, write=None, align=None, uic=None):
    if write is not None:
        _numpy.writeable(a, bool(write))


def _byteswap(a, inplace=False):
    r = np.frombuffer(a.tobytes(), np.uint8).reshape(-1, a.itemsize)[:, ::-1]
    r = np.frombuffer(r.tobytes(), a.dtype).reshape(a.shape)
    return _into(r, a if inplace else None) if inplace else r.copy()


def _array_resize(a, *shape, refcheck=True):
    _lacks("ndarray.resize: milc does not have it; np.resize makes another array")


_ATTRIBUTES = {"flat": _Flat, "flags": _Flags, "real": lambda a: _numpy.part(a, False),
               "imag": imag, "mT": lambda a: np.swapaxes(a, -1, -2), "base": lambda a: None}
_SETTERS = {"flat": lambda a, x: a.flat.__setitem__(slice(None), x), "real": lambda a, x: _set_part(a, False, x),
            "imag": lambda a, x: _set_part(a, True, x)}
_METHODS = {"argpartition": argpartition, "byteswap": _byteswap, "choose": choose, "conj": conj,
            "conjugate": conj, "diagonal": diagonal, "partition": _partition_in_place, "put": put,
            "compress": lambda a, condition, axis=None, out=None: compress(condition, a, axis, out),
            "searchsorted": searchsorted, "setflags": _setflags, "swapaxes": swapaxes, "take": take,
            "tofile": _tofile, "trace": trace,
            "repeat": repeat, "resize": _array_resize}
