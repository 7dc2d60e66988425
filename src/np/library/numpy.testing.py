"""numpy.testing: the assertions on arrays, with NumPy's words."""
import numpy as np


def _header(text, err_msg, verbose, x, y, remarks=(), names=("ACTUAL", "DESIRED")):
    lines = ["\n" + text, str(err_msg)] if err_msg else ["\n" + text]
    if remarks:
        lines.append((remarks[0] if err_msg else "\n" + remarks[0]))
        lines += remarks[1:]
    if verbose:
        for name, v in zip(names, (x, y)):
            shown = np.array_repr(v) if isinstance(v, np.ndarray) else repr(v)
            rows = shown.split("\n")
            lines.append(f" {name}: " + ("\n".join(rows[:3]) + "..." if len(rows) > 4 else shown))
    return "\n".join(lines)


def _text(v):
    """As str() of an array without dimensions gives it: 1., not 1.0."""
    return np.array2string(np.asarray(v))


def _compare(verdict, x, y, text, err_msg, verbose, equal_nan=True, names=("ACTUAL", "DESIRED")):
    x, y = np.asarray(x), np.asarray(y)
    if x.shape != y.shape and x.shape and y.shape:
        raise AssertionError(_header(text, err_msg, verbose, x, y, [f"(shapes {x.shape}, {y.shape} mismatch)"], names))
    if x.dtype.kind in "fc" and y.dtype.kind in "fc":
        nx, ny = np.isnan(x), np.isnan(y)
        if equal_nan and np.any(nx != ny):
            raise AssertionError(_header(text, err_msg, verbose, x, y, ["nan location mismatch:"], names))
    else:
        nx = ny = np.zeros((), bool)
    good = np.asarray(verdict(x, y)) | (nx & ny if equal_nan else np.zeros((), bool))
    if np.all(good):
        return
    bad = np.broadcast_to(~good, np.broadcast_shapes(x.shape, y.shape))
    n, total = int(np.sum(bad)), bad.size
    remarks = [f"Mismatched elements: {n} / {total} ({100 * n / total:.3g}%)"]
    xs, ys = np.broadcast_to(x, bad.shape), np.broadcast_to(y, bad.shape)
    if bad.ndim:
        places = np.argwhere(bad)[:5]
        remarks.append("Mismatch at index:" if n == 1 else "First 5 mismatches are at indices:" if n > 5 else
                       "Mismatch at indices:")
        for p in places.tolist():
            remarks.append(f" {p}: {xs[tuple(p)]} ({names[0]}), {ys[tuple(p)]} ({names[1]})")
    if x.dtype.kind in "iufb" and y.dtype.kind in "iufb":
        p, q = xs[bad], ys[bad]
        if p.dtype.kind == "b":
            p, q = p.astype(np.uint8), q.astype(np.uint8)
        if p.dtype.kind == "u" and q.dtype.kind == "u":
            error = np.where(p > q, p - q, q - p)
        else:
            error = np.abs(p - q)
        remarks.append(f"Max absolute difference among violations: {_text(np.max(error))}")
        some = q != 0
        if np.any(some):
            relative = np.max(error[some] / np.abs(q[some]))
            remarks.append(f"Max relative difference among violations: {_text(relative)}")
        else:
            remarks.append("Max relative difference among violations: inf")
    raise AssertionError(_header(text, err_msg, verbose, x, y, remarks, names))


def assert_allclose(actual, desired, rtol=1e-07, atol=0, equal_nan=True, err_msg="", verbose=True, *, strict=False):
    text = f"Not equal to tolerance rtol={rtol:g}, atol={atol:g}"
    _compare(lambda x, y: np.isclose(x, y, rtol=rtol, atol=atol, equal_nan=equal_nan), actual, desired, text, err_msg,
             verbose, equal_nan)


def assert_array_equal(actual, desired, err_msg="", verbose=True, *, strict=False):
    _compare(lambda x, y: x == y, actual, desired, "Arrays are not equal", err_msg, verbose)


def assert_array_almost_equal(actual, desired, decimal=6, err_msg="", verbose=True):
    _compare(lambda x, y: (np.abs(x - y) < 1.5 * 10.0 ** -decimal) | (x == y), actual, desired,
             f"Arrays are not almost equal to {decimal} decimals", err_msg, verbose)


def assert_array_less(x, y, err_msg="", verbose=True, *, strict=False):
    _compare(lambda a, b: a < b, x, y, "Arrays are not strictly ordered `x < y`", err_msg, verbose,
             names=("x", "y"))


def assert_almost_equal(actual, desired, decimal=7, err_msg="", verbose=True):
    if isinstance(actual, (np.ndarray, tuple, list)) or isinstance(desired, (np.ndarray, tuple, list)):
        assert_array_almost_equal(actual, desired, decimal, err_msg, verbose)
    elif not (actual == desired or abs(desired - actual) < 1.5 * 10.0 ** -decimal or
              actual != actual and desired != desired):
        raise AssertionError(_header(f"Arrays are not almost equal to {decimal} decimals", err_msg, verbose, actual,
                                     desired))


def assert_equal(actual, desired, err_msg="", verbose=True, *, strict=False):
    if isinstance(desired, dict) and isinstance(actual, dict):
        assert_equal(len(actual), len(desired), err_msg, verbose)
        for key in desired:
            if key not in actual:
                raise AssertionError(repr(key))
            assert_equal(actual[key], desired[key], f"key={key!r}\n{err_msg}", verbose)
    elif isinstance(desired, (list, tuple)) and isinstance(actual, (list, tuple)):
        assert_equal(len(actual), len(desired), err_msg, verbose)
        for i, (x, y) in enumerate(zip(actual, desired)):
            assert_equal(x, y, f"item={i!r}\n{err_msg}", verbose)
    elif isinstance(actual, np.ndarray) or isinstance(desired, np.ndarray):
        assert_array_equal(actual, desired, err_msg, verbose)
    elif not (actual == desired or actual != actual and desired != desired):
        raise AssertionError(_header("Items are not equal:", err_msg, verbose, actual, desired))


def assert_(val, msg=""):
    if not val:
        raise AssertionError(msg() if callable(msg) else msg)


def assert_raises(exception_class, callable, *args, **kwargs):
    try:
        callable(*args, **kwargs)
    except exception_class:
        return
    raise AssertionError(f"{exception_class.__name__} not raised by {callable.__name__}")
