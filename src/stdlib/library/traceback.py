# traceback: texts of exceptions that were caught.
import sys
from _io import open
from os.path import abspath

_THERE = object()


class FrameSummary:
    def __init__(self, filename, lineno, name, line=None):
        self.filename, self.lineno, self.name, self.line = filename, lineno, name, line

    def __repr__(self):
        return f"<FrameSummary file {self.filename}, line {self.lineno} in {self.name}>"


def extract_tb(tb, limit=None):
    frames = []
    while tb is not None:
        code = tb.tb_frame.f_code
        name = code.co_filename if code.co_filename.startswith("<") else abspath(code.co_filename)
        frames.append(FrameSummary(name, tb.tb_lineno, code.co_name, _source(name, tb.tb_lineno)))
        tb = tb.tb_next
    return frames if limit is None else frames[:limit] if limit >= 0 else frames[limit:]


def _source(filename, lineno):
    try:
        with open(filename, encoding="utf-8") as f:
            return f.read().split("\n")[lineno - 1].strip()
    except (OSError, IndexError, ValueError):
        return ""


def format_list(extracted_list):
    return [f'  File "{f.filename}", line {f.lineno}, in {f.name}\n' + (f"    {f.line}\n" if f.line else "")
            for f in extracted_list]


def format_tb(tb, limit=None):
    return format_list(extract_tb(tb, limit))


def print_tb(tb, limit=None, file=None):
    print("".join(format_tb(tb, limit)), file=file or sys.stderr, end="")


def _value_of(exc, value):
    return exc if value is _THERE or isinstance(exc, BaseException) else value


def format_exception_only(exc, /, value=_THERE):
    value = _value_of(exc, value)
    if value is None:
        return ["NoneType: None\n"]
    cls = type(value)
    name = cls.__qualname__ if cls.__module__ in ("builtins", "__main__") else f"{cls.__module__}.{cls.__qualname__}"
    try:
        text = str(value)
    except Exception:
        text = "<exception str() failed>"
    notes = [f"{line}\n" for note in getattr(value, "__notes__", []) for line in str(note).split("\n")]
    return [f"{name}: {text}\n" if text else f"{name}\n"] + notes


_CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
_CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n\n"


def format_exception(exc, /, value=_THERE, tb=_THERE, limit=None, chain=True):
    value = _value_of(exc, value)
    if value is None:
        return ["NoneType: None\n"]
    out, between, seen = [], None, []
    while value is not None and not any([value is s for s in seen]):
        seen.append(value)
        trace = getattr(value, "__traceback__", None) if tb is _THERE or between else tb
        part = ["Traceback (most recent call last):\n", *format_tb(trace, limit)] if trace is not None else []
        part += format_exception_only(value)
        out = part + [between] + out if between else part
        if value.__cause__ is not None:
            between, value = _CAUSE, value.__cause__
        else:
            between, value = _CONTEXT, None if value.__suppress_context__ else value.__context__
        if not chain:
            break
    return out


def print_exception(exc, /, value=_THERE, tb=_THERE, limit=None, file=None, chain=True):
    print("".join(format_exception(exc, value, tb, limit, chain)), file=file or sys.stderr, end="")


def format_exc(limit=None, chain=True):
    return "".join(format_exception(*sys.exc_info(), limit=limit, chain=chain))


def print_exc(limit=None, file=None, chain=True):
    print_exception(*sys.exc_info(), limit=limit, file=file, chain=chain)


def format_stack(f=None, limit=None):
    return []


def print_stack(f=None, limit=None, file=None):
    pass


def extract_stack(f=None, limit=None):
    return []
