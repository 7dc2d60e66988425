"""numpy.fft: np.fft. The transform itself is C (nd_fft.c); float32 is computed in double and rounded once."""
import numpy as np
import _numpy


def _fit(a, n, axis):
    """The array with that axis last and n long, and the type of results."""
    a = np.asarray(a)
    if a.ndim == 0:
        raise IndexError("tuple index out of range")
    rows = np.moveaxis(a, axis, -1)
    n = rows.shape[-1] if n is None else n
    if n < 1:
        raise ValueError(f"Invalid number of FFT data points ({n}) specified.")
    if rows.shape[-1] > n:
        rows = rows[..., :n]
    elif rows.shape[-1] < n:
        rows = np.concatenate((rows, np.zeros(rows.shape[:-1] + (n - rows.shape[-1],), rows.dtype)), axis=-1)
    small = a.dtype in (np.float16, np.float32, np.complex64)
    return rows, n, np.complex64 if small else np.complex128


def _scale(r, n, norm, inverse):
    if norm not in (None, "backward", "ortho", "forward"):
        raise ValueError(f'Invalid norm value {norm}; should be "backward","ortho" or "forward".')
    if norm == "ortho":
        return r / np.sqrt(n)
    return r / n if inverse == (norm != "forward") else r


def _turned(rows):
    """The transform with the other sign: the conjugate of the conjugate's."""
    return np.conj(_numpy.fft(np.conj(rows.astype(np.complex128))))


def _one(a, n, axis, norm, out, inverse):
    rows, n, kind = _fit(a, n, axis)
    r = _scale(_turned(rows) if inverse else _numpy.fft(rows), n, norm, inverse).astype(kind)
    return _given(np.moveaxis(r, -1, axis), out)


def _given(r, out):
    if out is None:
        return np.ascontiguousarray(r)
    out[...] = r
    return out


def fft(a, n=None, axis=-1, norm=None, out=None):
    return _one(a, n, axis, norm, out, False)


def ifft(a, n=None, axis=-1, norm=None, out=None):
    return _one(a, n, axis, norm, out, True)


def rfft(a, n=None, axis=-1, norm=None, out=None):
    if np.iscomplexobj(a):
        raise TypeError("ufunc 'rfft_n_even' did not contain a loop with signature matching types "
                        f"{type(np.dtype(np.asarray(a).dtype))} -> None")
    rows, n, kind = _fit(a, n, axis)
    r = _scale(_numpy.fft(rows)[..., :n // 2 + 1], n, norm, False).astype(kind)
    return _given(np.moveaxis(r, -1, axis), out)


def _hermitian(rows, n):
    """All n terms of a spectrum, of which the first half is there."""
    r = np.zeros(rows.shape[:-1] + (n,), np.complex128)
    half = n // 2 + 1
    r[..., :half] = rows
    r[..., half:] = np.conj(rows[..., 1:n - half + 1])[..., ::-1]
    first = r[..., 0]
    r[..., 0] = first.real
    if n % 2 == 0:
        r[..., n // 2] = r[..., n // 2].real
    return r


def irfft(a, n=None, axis=-1, norm=None, out=None):
    a = np.asarray(a)
    if n is None:
        n = (a.shape[axis] - 1) * 2
    if n < 1:
        raise ValueError(f"Invalid number of FFT data points ({n}) specified.")
    rows, _, kind = _fit(a, n // 2 + 1, axis)
    r = _scale(_turned(_hermitian(rows, n)).real, n, norm, True)
    r = r.astype(np.float32 if kind == np.complex64 else np.float64)
    return _given(np.moveaxis(r, -1, axis), out)


def hfft(a, n=None, axis=-1, norm=None, out=None):
    n = (np.asarray(a).shape[axis] - 1) * 2 if n is None else n
    return irfft(np.conj(a), n, axis, {None: "forward", "backward": "forward", "forward": None}.get(norm, norm), out)


def ihfft(a, n=None, axis=-1, norm=None, out=None):
    return np.conj(rfft(a, n, axis, {None: "forward", "backward": "forward", "forward": None}.get(norm, norm)))


def _over(f, a, s, axes, norm):
    a = np.asarray(a)
    if axes is None:
        axes = tuple(range(a.ndim)) if s is None else tuple(range(-len(s), 0))
    s = [None] * len(axes) if s is None else list(s)
    if len(s) != len(axes):
        raise ValueError("Shape and axes have different lengths.")
    for n, x in reversed(list(zip(s, axes))):
        a = f(a, n, x, norm)
    return a


def fftn(a, s=None, axes=None, norm=None, out=None):
    return _over(fft, a, s, axes, norm)


def ifftn(a, s=None, axes=None, norm=None, out=None):
    return _over(ifft, a, s, axes, norm)


def fft2(a, s=None, axes=(-2, -1), norm=None, out=None):
    return _over(fft, a, s, axes, norm)


def ifft2(a, s=None, axes=(-2, -1), norm=None, out=None):
    return _over(ifft, a, s, axes, norm)


def rfftn(a, s=None, axes=None, norm=None, out=None):
    a = np.asarray(a)
    axes = tuple(range(a.ndim)) if axes is None and s is None else tuple(range(-len(s), 0)) if axes is None else axes
    a = rfft(a, None if s is None else s[-1], axes[-1], norm)
    return _over(fft, a, None if s is None else s[:-1], axes[:-1], norm) if len(axes) > 1 else a


def rfft2(a, s=None, axes=(-2, -1), norm=None, out=None):
    return rfftn(a, s, axes, norm)


def irfftn(a, s=None, axes=None, norm=None, out=None):
    a = np.asarray(a)
    axes = tuple(range(a.ndim)) if axes is None and s is None else tuple(range(-len(s), 0)) if axes is None else axes
    for i, x in enumerate(axes[:-1]):
        a = ifft(a, None if s is None else s[i], x, norm)
    return irfft(a, None if s is None else s[-1], axes[-1], norm)


def irfft2(a, s=None, axes=(-2, -1), norm=None, out=None):
    return irfftn(a, s, axes, norm)


def _whole(n):
    if not isinstance(n, (int, np.integer)):
        raise ValueError("n should be an integer")


def fftfreq(n, d=1.0, device=None):
    _whole(n)
    half = (n - 1) // 2 + 1
    return np.concatenate((np.arange(0, half), np.arange(-(n // 2), 0))) * (1.0 / (n * d))


def rfftfreq(n, d=1.0, device=None):
    _whole(n)
    return np.arange(0, n // 2 + 1) * (1.0 / (n * d))


def _shifted(x, axes, sign):
    x = np.asarray(x)
    axes = tuple(range(x.ndim)) if axes is None else axes
    axes = (axes,) if isinstance(axes, (int, np.integer)) else tuple(axes)
    return np.roll(x, tuple([(x.shape[i] // 2) * sign if sign > 0 else -(x.shape[i] // 2) for i in axes]), axes)


def fftshift(x, axes=None):
    return _shifted(x, axes, 1)


def ifftshift(x, axes=None):
    return _shifted(x, axes, -1)
