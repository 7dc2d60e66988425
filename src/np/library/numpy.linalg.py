"""numpy.linalg: np.linalg. The decompositions are C (nd_decompose.c, nd_svd.c); float32 is computed in
double and rounded once."""
import numpy as np
import _numpy
from _numpy import LinAlgError

_DEFAULT = object()


def _input(a, square=False, least=2):
    """The array in double, and the type of results."""
    a = np.asarray(a)
    if a.ndim < least:
        raise LinAlgError(f"{a.ndim}-dimensional array given. Array must be at least two-dimensional")
    if square and a.shape[-1] != a.shape[-2]:
        raise LinAlgError("Last 2 dimensions of the array must be square")
    if a.dtype == np.float16:
        raise TypeError("array type float16 is unsupported in linalg")
    if a.dtype.kind == "c":
        _milc_lacks("np.linalg: milc does not have complex matrices")
    if a.dtype.kind not in "iubf":
        raise TypeError(f"array type {a.dtype} is unsupported in linalg")
    return a.astype(np.float64), a.dtype if a.dtype == np.float32 else np.dtype(np.float64)


def _finite(a):
    if not np.all(np.isfinite(a)):
        raise LinAlgError("Array must not contain infs or NaNs")


def _row(k):
    return (Ellipsis, k, slice(None))


def _lu(a):
    """A stack factored with partial pivoting, in place; the row that each step took, and the signs."""
    n = a.shape[-1]
    sign = np.ones(a.shape[:-2])
    order = np.broadcast_to(np.arange(n), a.shape[:-1]).copy()
    for k in range(n):
        best = np.argmax(np.abs(a[..., k:, k]), axis=-1) + k
        sign = np.where(best != k, -sign, sign)
        at = np.asarray(best)[..., None]
        other = np.take_along_axis(a, at[..., None], -2)
        np.put_along_axis(a, at[..., None], a[..., k:k + 1, :].copy(), -2)
        a[..., k:k + 1, :] = other
        place = np.take_along_axis(order, at, -1)
        np.put_along_axis(order, at, order[..., k:k + 1].copy(), -1)
        order[..., k:k + 1] = place
        pivot = a[..., k:k + 1, k]
        a[..., k + 1:, k] = np.where(pivot == 0, 0, a[..., k + 1:, k] / np.where(pivot == 0, 1, pivot))
        a[..., k + 1:, k + 1:] -= a[..., k + 1:, k:k + 1] * a[..., k:k + 1, k + 1:]
    return a, order, sign


def _diagonal(a):
    return np.diagonal(a, axis1=-2, axis2=-1)


def _solve(a, b):
    lu, order, _ = _lu(a)
    if np.any(_diagonal(lu) == 0):
        raise LinAlgError("Singular matrix")
    lead = np.broadcast_shapes(lu.shape[:-2], b.shape[:-2])
    n = lu.shape[-1]
    x = np.take_along_axis(np.broadcast_to(b, lead + b.shape[-2:]),
                           np.broadcast_to(order[..., None], lead + (n, 1)), -2).copy()
    for i in range(n):
        x[_row(i)] -= np.matmul(lu[..., i:i + 1, :i], x[..., :i, :])[..., 0, :]
    for i in reversed(range(n)):
        x[_row(i)] -= np.matmul(lu[..., i:i + 1, i + 1:], x[..., i + 1:, :])[..., 0, :]
        x[_row(i)] /= lu[..., i, i, None]
    return x


def _both(a, b):
    x = np.asarray(b)
    if x.dtype == np.float16:
        raise TypeError("array type float16 is unsupported in linalg")
    return x, np.promote_types(a, x.dtype if x.dtype == np.float32 else np.float64)


def solve(a, b):
    a, kind = _input(a, True)
    b, kind = _both(kind, b)
    alone = b.ndim == 1
    x = b.reshape(-1, 1) if alone else b
    if b.ndim == 0 or x.shape[-2] != a.shape[-1]:
        name = "solve1" if alone else "solve"
        sign = "(m,m),(m)->(m)" if alone else "(m,m),(m,n)->(m,n)"
        if b.ndim == 0:
            raise ValueError("solve: Input operand 1 does not have enough dimensions (has 0, gufunc core with "
                             "signature (m,m),(m,n)->(m,n) requires 2)")
        raise ValueError(f"{name}: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature "
                         f"{sign} (size {x.shape[-2]} is different from {a.shape[-1]})")
    r = _solve(a, x.astype(np.float64)).astype(kind)
    return r[..., 0] if alone else r


def inv(a):
    a, kind = _input(a, True)
    return _solve(a, np.eye(a.shape[-1])).astype(kind)


def slogdet(a):
    a, kind = _input(a, True)
    lu, _, sign = _lu(a)
    d = _diagonal(lu)
    sign = sign * np.prod(np.sign(d), axis=-1)
    with np.errstate(divide="ignore"):
        log = np.sum(np.log(np.abs(d)), axis=-1)
    return SlogdetResult(np.asarray(sign).astype(kind)[()], np.asarray(log).astype(kind)[()])


def det(a):
    a, kind = _input(a, True)
    lu, _, sign = _lu(a)
    d = _diagonal(lu)
    r = sign
    for i in range(d.shape[-1]):
        r = r * d[..., i]
    return np.asarray(r).astype(kind)[()]


class _Result(tuple):
    """A tuple whose items have names, too."""

    def __new__(cls, *items):
        return tuple.__new__(cls, items)

    def __getattr__(self, name):
        if name in type(self)._fields:
            return self[type(self)._fields.index(name)]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __repr__(self):
        items = [f"{n}={v!r}" for n, v in zip(type(self)._fields, self)]
        return f"{type(self).__name__}({', '.join(items)})"


class QRResult(_Result):
    _fields = ("Q", "R")


class EighResult(_Result):
    _fields = ("eigenvalues", "eigenvectors")


class SVDResult(_Result):
    _fields = ("U", "S", "Vh")


class SlogdetResult(_Result):
    _fields = ("sign", "logabsdet")


def qr(a, mode="reduced"):
    if mode not in ("reduced", "complete", "r", "raw"):
        raise ValueError(f"Unrecognized mode '{mode}'")
    a, kind = _input(a)
    if mode == "raw":
        _milc_lacks("np.linalg.qr: milc does not have mode='raw'")
    q, r = _numpy.qr(a, mode == "complete")
    return r.astype(kind) if mode == "r" else QRResult(q.astype(kind), r.astype(kind))


def _symmetric(a, UPLO):
    if UPLO.upper() not in ("L", "U"):
        raise ValueError("UPLO argument must be 'L' or 'U'")
    a, kind = _input(a, True)
    w, v = _numpy.eigh(a if UPLO.upper() == "L" else np.swapaxes(a, -1, -2))
    if np.any(np.isnan(w)):
        raise LinAlgError("Eigenvalues did not converge")
    return w.astype(kind), v.astype(kind)


def eigh(a, UPLO="L"):
    return EighResult(*_symmetric(a, UPLO))


def eigvalsh(a, UPLO="L"):
    return _symmetric(a, UPLO)[0]


def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    a, kind = _input(a)
    u, s, v = _numpy.svd(a, bool(full_matrices))
    if np.any(np.isnan(s)):
        raise LinAlgError("SVD did not converge")
    s = s.astype(kind)
    return SVDResult(u.astype(kind), s, v.astype(kind)) if compute_uv else s


def svdvals(x, /):
    return svd(x, compute_uv=False)


def pinv(a, rcond=None, hermitian=False, *, rtol=_DEFAULT):
    a = np.asarray(a)
    kind = a.dtype if a.dtype == np.float32 else np.dtype(np.float64)
    limit = rcond
    if rcond is None:
        limit = 1e-15 if rtol is _DEFAULT else max(a.shape[-2:]) * np.finfo(kind).eps if rtol is None else rtol
    if a.size == 0:
        return np.empty(a.shape[:-2] + (a.shape[-1], a.shape[-2]), kind)
    u, s, v = svd(a.astype(np.float64), full_matrices=False)
    keep = s > np.asarray(limit)[..., None] * np.max(s, axis=-1, keepdims=True)
    s = np.where(keep, 1 / np.where(keep, s, 1), 0)
    return np.matmul(np.swapaxes(v, -1, -2), s[..., None] * np.swapaxes(u, -1, -2)).astype(kind)


def matrix_rank(A, tol=None, hermitian=False, *, rtol=None):
    A = np.asarray(A)
    if A.ndim < 2:
        return int(not np.all(A == 0))
    s = svd(A, compute_uv=False)
    if tol is None:
        rtol = max(A.shape[-2:]) * np.finfo(s.dtype).eps if rtol is None else np.asarray(rtol)[..., None]
        tol = np.max(s, axis=-1, keepdims=True) * rtol
    else:
        tol = np.asarray(tol)[..., None]
    return np.count_nonzero(s > tol, axis=-1) if s.ndim > 1 else np.int64(np.count_nonzero(s > tol))


def lstsq(a, b, rcond=None):
    a, kind = _input(a)
    b, kind = _both(kind, b)
    if a.ndim != 2:
        raise LinAlgError(f"{a.ndim}-dimensional array given. Array must be two-dimensional")
    m, n = a.shape
    if b.shape[0] != m:
        raise LinAlgError("Incompatible dimensions")
    x = b.reshape(m, -1).astype(np.float64)
    u, s, v = svd(a, full_matrices=False)
    rcond = np.finfo(kind).eps * max(m, n) if rcond is None else rcond
    keep = s > rcond * (s[0] if s.size else 0)
    rank = int(np.count_nonzero(keep))
    r = np.matmul(v.T, np.where(keep, 1 / np.where(keep, s, 1), 0)[:, None] * np.matmul(u.T, x))
    left = np.sum((x - np.matmul(a, r)) ** 2, axis=0) if rank == n and m > n else np.array([])
    r = r[:, 0] if b.ndim == 1 else r
    return r.astype(kind), left.astype(kind), np.int32(rank), s.astype(kind)


def cholesky(a, /, *, upper=False):
    a, kind = _input(a, True)
    n = a.shape[-1]
    a = np.swapaxes(a, -1, -2).copy() if upper else a
    r = np.zeros(a.shape)
    for k in range(n):
        d = a[..., k, k] - np.sum(r[..., k, :k] * r[..., k, :k], axis=-1)
        if not np.all(d > 0):
            raise LinAlgError("Matrix is not positive definite")
        d = np.sqrt(d)
        r[..., k, k] = d
        r[..., k + 1:, k] = (a[..., k + 1:, k] - np.sum(r[..., k + 1:, :k] * r[..., k:k + 1, :k], axis=-1)) \
            / np.asarray(d)[..., None]
    return (np.swapaxes(r, -1, -2) if upper else r).astype(kind)


def _axis(axis, rank):
    np.flip(np.empty((1,) * rank), axis)
    return axis % rank


def norm(x, ord=None, axis=None, keepdims=False):
    x = np.asarray(x)
    if x.dtype.kind not in "fc":
        x = x.astype(np.float64)
    if axis is None:
        if ord is None or ord in ("f", "fro") and x.ndim == 2 or ord == 2 and x.ndim == 1:
            flat = x.ravel()
            r = np.sqrt(np.sum(np.square(np.abs(flat)) if x.dtype.kind == "c" else flat * flat))
            return r.reshape((1,) * x.ndim) if keepdims else r
        axis = tuple(range(x.ndim))
    elif not isinstance(axis, tuple):
        try:
            axis = (int(axis),)
        except Exception as e:
            raise TypeError("'axis' must be None, an integer or a tuple of integers") from e
    if len(axis) == 1:
        return _vector(x, ord, axis[0], keepdims)
    if len(axis) != 2:
        raise ValueError("Improper number of dimensions to norm.")
    return _matrix(x, ord, axis, keepdims)


def _vector(x, ord, axis, keepdims):
    a = np.abs(x)
    if ord == np.inf:
        return np.max(a, axis=axis, keepdims=keepdims)
    if ord == -np.inf:
        return np.min(a, axis=axis, keepdims=keepdims)
    if ord == 0:
        return np.sum((x != 0).astype(a.dtype), axis=axis, keepdims=keepdims)
    if ord == 1:
        return np.sum(a, axis=axis, keepdims=keepdims)
    if ord is None or ord == 2:
        return np.sqrt(np.sum(a * a, axis=axis, keepdims=keepdims))
    if isinstance(ord, str):
        raise ValueError(f"Invalid norm order '{ord}' for vectors")
    return np.power(np.sum(np.power(a, ord), axis=axis, keepdims=keepdims), 1.0 / ord)


def _matrix(x, ord, axis, keepdims):
    row, col = [_axis(i, x.ndim) for i in axis]
    if row == col:
        raise ValueError("Duplicate axes given.")
    if ord in (2, -2, "nuc"):
        s = svd(np.moveaxis(x, (row, col), (-2, -1)), compute_uv=False)
        r = np.max(s, axis=-1) if ord == 2 else np.min(s, axis=-1) if ord == -2 else np.sum(s, axis=-1)
    elif ord in (1, -1, np.inf, -np.inf):
        first, last = (row, col) if ord in (1, -1) else (col, row)
        sums = np.sum(np.abs(x), axis=first)
        last -= last > first
        r = np.max(sums, axis=last) if ord in (1, np.inf) else np.min(sums, axis=last)
    elif ord in (None, "fro", "f"):
        r = np.sqrt(np.sum(np.square(np.abs(x)), axis=axis))
    else:
        raise ValueError("Invalid norm order for matrices.")
    if keepdims:
        r = np.expand_dims(r, (row, col))
    return r


def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    x = np.asarray(x)
    if axis is None:
        r = norm(x.ravel(), ord)
        return np.reshape(r, (1,) * x.ndim) if keepdims else r
    return norm(x, ord, axis, keepdims)


def matrix_norm(x, /, *, keepdims=False, ord="fro"):
    return norm(x, ord, (-2, -1), keepdims)


def cond(x, p=None):
    x = np.asarray(x)
    if p is None or p in (2, -2):
        s = svd(x, compute_uv=False)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return norm(x, p, (-2, -1)) * norm(inv(x), p, (-2, -1))


def matrix_power(a, n):
    a = np.asarray(a)
    if a.ndim < 2:
        raise LinAlgError(f"{a.ndim}-dimensional array given. Array must be at least two-dimensional")
    if a.shape[-1] != a.shape[-2]:
        raise LinAlgError("Last 2 dimensions of the array must be square")
    if not isinstance(n, (int, np.integer)):
        raise TypeError("exponent must be an integer")
    if n < 0:
        a, n = inv(a), -n
    r = np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape)
    while n:
        if n % 2:
            r = np.matmul(r, a)
        a, n = np.matmul(a, a), n // 2
    return r.copy() if not r.flags.writeable else r


def multi_dot(arrays, *, out=None):
    if len(arrays) < 2:
        raise ValueError("Expecting at least two arrays.")
    r = np.asarray(arrays[0])
    for a in arrays[1:]:
        r = np.dot(r, a)
    return r


def trace(x, /, *, offset=0, dtype=None):
    return np.trace(x, offset, -2, -1, dtype)


def diagonal(x, /, *, offset=0):
    return np.diagonal(x, offset, -2, -1)


matmul = np.matmul
outer = np.outer
tensordot = np.tensordot
cross = np.cross


def eig(a):
    _milc_lacks("np.linalg.eig is not in milc; eigh takes symmetric matrices")


def eigvals(a):
    _milc_lacks("np.linalg.eigvals is not in milc; eigvalsh takes symmetric matrices")
