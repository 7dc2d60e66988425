# json: values as JSON and back. Native are reading, by _json.loads(text, error, object_hook, object_pairs_hook,
# parse_float, parse_int, parse_constant, strict), where error(msg, pos) has to raise, and _json.quote(text,
# ensure_ascii).
import _json


class JSONDecodeError(ValueError):
    def __init__(self, msg, doc, pos):
        self.msg, self.doc, self.pos = msg, doc, pos
        self.lineno = doc.count("\n", 0, pos) + 1
        self.colno = pos - doc.rfind("\n", 0, pos)
        super().__init__(f"{msg}: line {self.lineno} column {self.colno} (char {pos})")


class JSONEncoder:
    item_separator = ", "
    key_separator = ": "

    def __init__(self, *, skipkeys=False, ensure_ascii=True, check_circular=True, allow_nan=True, sort_keys=False,
                 indent=None, separators=None, default=None):
        self.skipkeys = skipkeys
        self.ensure_ascii = ensure_ascii
        self.check_circular = check_circular
        self.allow_nan = allow_nan
        self.sort_keys = sort_keys
        self.indent = indent
        if separators is not None:
            self.item_separator, self.key_separator = separators
        elif indent is not None:
            self.item_separator = ","
        if default is not None:
            self.default = default

    def default(self, o):
        raise TypeError(f"Object of type {type(o).__name__} is not JSON serializable")

    def encode(self, o):
        return "".join(self.iterencode(o))

    def iterencode(self, o, _one_shot=False):
        out = []
        self._write(o, out, [], "\n")
        return out

    def _scalar(self, o):
        """The text of what is neither a list nor a dict, or None."""
        if isinstance(o, str):
            return _json.quote(o, self.ensure_ascii)
        if o is None:
            return "null"
        if o is True:
            return "true"
        if o is False:
            return "false"
        if isinstance(o, int):
            return repr(int(o))
        return self._float(o) if isinstance(o, float) else None

    def _float(self, o):
        if o - o == 0:
            return repr(float(o))
        if not self.allow_nan:
            raise ValueError("Out of range float values are not JSON compliant")
        return "NaN" if o != o else "Infinity" if o > 0 else "-Infinity"

    def _key(self, key):
        if isinstance(key, str):
            return key
        text = self._scalar(key)
        if text is None and not self.skipkeys:
            raise TypeError(f"keys must be str, int, float, bool or None, not {type(key).__name__}")
        return text

    def _write(self, o, out, around, newline):
        text = self._scalar(o)
        if text is not None:
            out.append(text)
            return
        if self.check_circular:
            if any([a is o for a in around]):
                raise ValueError("Circular reference detected")
            around.append(o)
        if isinstance(o, (list, tuple)):
            self._list(o, out, around, newline)
        elif isinstance(o, dict):
            self._dict(o, out, around, newline)
        else:
            self._write(self.default(o), out, around, newline)
        if self.check_circular:
            around.pop()

    def _breaks(self, newline):
        """What stands behind the opening bracket, between items, and inside."""
        if self.indent is None:
            return "", self.item_separator, newline
        step = self.indent if isinstance(self.indent, str) else " " * self.indent
        return newline + step, self.item_separator + newline + step, newline + step

    def _list(self, o, out, around, newline):
        if not o:
            out.append("[]")
            return
        before, between, inner = self._breaks(newline)
        out.append("[" + before)
        first = True
        for x in o:
            if not first:
                out.append(between)
            first = False
            self._write(x, out, around, inner)
        out.append("]" if self.indent is None else newline + "]")

    def _dict(self, o, out, around, newline):
        if not o:
            out.append("{}")
            return
        before, between, inner = self._breaks(newline)
        out.append("{" + before)
        first = True
        for key, value in sorted(o.items()) if self.sort_keys else o.items():
            key = self._key(key)
            if key is None:
                continue
            if not first:
                out.append(between)
            first = False
            out.append(_json.quote(key, self.ensure_ascii) + self.key_separator)
            self._write(value, out, around, inner)
        out.append("}" if self.indent is None else newline + "}")


def dumps(obj, *, skipkeys=False, ensure_ascii=True, check_circular=True, allow_nan=True, cls=None, indent=None,
          separators=None, default=None, sort_keys=False, **kw):
    return (cls or JSONEncoder)(skipkeys=skipkeys, ensure_ascii=ensure_ascii, check_circular=check_circular,
                                allow_nan=allow_nan, indent=indent, separators=separators, default=default,
                                sort_keys=sort_keys, **kw).encode(obj)


def dump(obj, fp, **kw):
    for chunk in JSONEncoder(**kw).iterencode(obj) if kw.get("cls") is None and not kw.pop("cls", None) \
            else [dumps(obj, **kw)]:
        fp.write(chunk)


class JSONDecoder:
    def __init__(self, *, object_hook=None, parse_float=None, parse_int=None, parse_constant=None, strict=True,
                 object_pairs_hook=None):
        self._options = (object_hook, object_pairs_hook, parse_float, parse_int, parse_constant, bool(strict))

    def decode(self, s):
        def wrong(msg, pos):
            raise JSONDecodeError(msg, s, pos)
        return _json.loads(s, wrong, *self._options)

    def raw_decode(self, s, idx=0):
        raise _milc_lacks("json: milc does not have JSONDecoder.raw_decode()")


def loads(s, *, cls=None, **kw):
    if isinstance(s, str):
        if s.startswith("\ufeff"):
            raise JSONDecodeError("Unexpected UTF-8 BOM (decode using utf-8-sig)", s, 0)
    elif isinstance(s, (bytes, bytearray)):
        s = (s[3:] if s[:3] == b"\xef\xbb\xbf" else s).decode("utf-8")
    else:
        raise TypeError(f"the JSON object must be str, bytes or bytearray, not {type(s).__name__}")
    return (cls or JSONDecoder)(**kw).decode(s)


def load(fp, *, cls=None, **kw):
    return loads(fp.read(), cls=cls, **kw)
