# re: regular expressions over _re, which runs PCRE2 (re.c). _re.compile(program, istext) makes a program of
# what _repattern wrote; _re.scan(program, text, pos, endpos, how, most) gives a list of matches: tuples of the start
# and the end of each group, -1 where it has none, and the group that was closed last.
import _re
from _repattern import error, template as _template, translate as _translate

__all__ = [
    "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer", "compile",
    "purge", "escape", "error", "Pattern", "Match", "A", "I", "L", "M", "S", "X", "U",
    "ASCII", "IGNORECASE", "LOCALE", "MULTILINE", "DOTALL", "VERBOSE", "UNICODE", "NOFLAG",
    "RegexFlag",
]
_NAMES = ((256, "ASCII"), (2, "IGNORECASE"), (4, "LOCALE"), (32, "UNICODE"), (8, "MULTILINE"),
          (16, "DOTALL"), (64, "VERBOSE"), (1, "TEMPLATE"), (128, "DEBUG"))
_BITS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


def _flag_names(flags, order):
    names = dict(_NAMES)
    text = ["re." + names[f] for f in order if flags & f]
    rest = flags & ~511
    return "|".join(text + ([hex(rest)] if rest else []))


def _join(empty, parts):
    """They, one after the other; empty is the text or bytes of that kind."""
    return "".join(parts) if isinstance(empty, str) else bytes([b for part in parts for b in part])


class RegexFlag(int):
    def __or__(self, other):
        return RegexFlag(int(self) | int(other))

    def __and__(self, other):
        return RegexFlag(int(self) & int(other))

    def __xor__(self, other):
        return RegexFlag(int(self) ^ int(other))

    __ror__, __rand__, __rxor__ = __or__, __and__, __xor__

    def __invert__(self):
        return RegexFlag(511 & ~int(self))

    @property
    def value(self):
        return int(self)

    @property
    def name(self):
        return repr(self).replace("re.", "")

    def __repr__(self):
        return _flag_names(int(self), [f for f, _ in _NAMES]) or "re.NOFLAG"

    __str__ = __repr__


NOFLAG = RegexFlag(0)
A = ASCII = RegexFlag(256)
I = IGNORECASE = RegexFlag(2)
L = LOCALE = RegexFlag(4)
U = UNICODE = RegexFlag(32)
M = MULTILINE = RegexFlag(8)
S = DOTALL = RegexFlag(16)
X = VERBOSE = RegexFlag(64)
DEBUG = RegexFlag(128)
_MATCH, _FULL, _SEARCH = 0, 1, 2
_END = 9223372036854775807


class Match:
    __module__ = "re"

    def __init__(self, re, string, spans, pos, endpos):
        self.re, self.string, self._spans = re, string, spans
        self.pos, self.endpos = min(max(pos, 0), len(string)), min(max(endpos, 0), len(string))

    def _index(self, group):
        if isinstance(group, str):
            group = self.re._names.get(group, -1)
        elif not isinstance(group, int) and not hasattr(group, "__index__"):
            group = -1
        if not 0 <= group <= self.re.groups:
            raise IndexError("no such group")
        return group

    def _get(self, index, default=None):
        start = self._spans[2 * index]
        return default if start < 0 else self.string[start:self._spans[2 * index + 1]]

    def group(self, *groups):
        if len(groups) > 1:
            return tuple([self._get(self._index(g)) for g in groups])
        return self._get(self._index(groups[0]) if groups else 0)

    def __getitem__(self, group):
        return self._get(self._index(group))

    def groups(self, default=None):
        return tuple([self._get(i, default) for i in range(1, self.re.groups + 1)])

    def groupdict(self, default=None):
        return {name: self._get(i, default) for name, i in self.re._names.items()}

    def start(self, group=0):
        return self._spans[2 * self._index(group)]

    def end(self, group=0):
        return self._spans[2 * self._index(group) + 1]

    def span(self, group=0):
        index = self._index(group)
        return self._spans[2 * index], self._spans[2 * index + 1]

    def expand(self, template):
        return _join(self.string[:0], self.re._filled(self.re._parts(template), self.string, self._spans))

    @property
    def lastindex(self):
        return self._spans[-1] or None

    @property
    def lastgroup(self):
        for name, index in self.re._names.items():
            if index == self._spans[-1]:
                return name
        return None

    @property
    def regs(self):
        return tuple([self.span(i) for i in range(self.re.groups + 1)])

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __repr__(self):
        return "<re.Match object; span=%r, match=%r>" % (self.span(), self.group())


class Pattern:
    __module__ = "re"

    def __init__(self, pattern, flags):
        program, self.flags, self.groups, self._names = _translate(pattern, flags)
        self.pattern = pattern
        self._templates = {}
        self._istext = isinstance(pattern, str)
        self._program = _re.compile(program, self._istext)

    @property
    def groupindex(self):
        return dict(self._names)

    def _scan(self, string, pos, endpos, how, most):
        if isinstance(string, str) != self._istext:
            if not isinstance(string, (str, bytes)):
                raise TypeError("expected string or bytes-like object, got '%s'"
                                % type(string).__name__)
            raise TypeError("cannot use a %s pattern on a %s object"
                            % (("string", "bytes-like") if self._istext
                               else ("bytes", "string-like")))
        return _re.scan(self._program, string, pos, endpos, how, most)

    def _first(self, string, pos, endpos, how):
        found = self._scan(string, pos, endpos, how, 1)
        return Match(self, string, found[0], pos, endpos) if found else None

    def match(self, string, pos=0, endpos=_END):
        return self._first(string, pos, endpos, _MATCH)

    def fullmatch(self, string, pos=0, endpos=_END):
        return self._first(string, pos, endpos, _FULL)

    def search(self, string, pos=0, endpos=_END):
        return self._first(string, pos, endpos, _SEARCH)

    def finditer(self, string, pos=0, endpos=_END):
        found = self._scan(string, pos, endpos, _SEARCH, 0)
        return iter([Match(self, string, spans, pos, endpos) for spans in found])

    def findall(self, string, pos=0, endpos=_END):
        # A group that has no match is from -1 to -1, where nothing stands.
        found = self._scan(string, pos, endpos, _SEARCH, 0)
        if self.groups > 1:
            at = range(2, 2 * self.groups + 2, 2)
            return [tuple([string[spans[i]:spans[i + 1]] for i in at]) for spans in found]
        i = 2 * self.groups
        return [string[spans[i]:spans[i + 1]] for spans in found]

    def split(self, string, maxsplit=0):
        parts, at = [], 0
        for spans in [] if maxsplit < 0 else self._scan(string, 0, _END, _SEARCH, maxsplit):
            parts.append(string[at:spans[0]])
            for i in range(2, 2 * self.groups + 2, 2):
                parts.append(string[spans[i]:spans[i + 1]] if spans[i] >= 0 else None)
            at = spans[1]
        parts.append(string[at:])
        return parts

    def _parts(self, template):
        if template not in self._templates:
            self._templates[template] = _template(template, self.groups, self._names)
        return self._templates[template]

    def _filled(self, parts, string, spans):
        return [string[spans[2 * p]:spans[2 * p + 1]] if isinstance(p, int) else p for p in parts]

    def subn(self, repl, string, count=0):
        parts = None if callable(repl) else self._parts(repl)
        found = [] if count < 0 else self._scan(string, 0, _END, _SEARCH, count)
        got, at = [], 0
        for spans in found:
            got.append(string[at:spans[0]])
            if parts is None:
                new = repl(Match(self, string, spans, 0, _END))
                if new is not None:
                    got.append(new)
            else:
                got.extend(self._filled(parts, string, spans))
            at = spans[1]
        got.append(string[at:])
        return _join(string[:0], got), len(found)

    def sub(self, repl, string, count=0):
        return self.subn(repl, string, count)[0]

    def __eq__(self, other):
        return (isinstance(other, Pattern) and self._istext == other._istext
                and self.pattern == other.pattern and self.flags == other.flags)

    def __hash__(self):
        return hash((self.pattern, self.flags))

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __repr__(self):
        shown = self.flags & ~U if self._istext else self.flags
        names = _flag_names(shown, _BITS)
        return "re.compile(%.200s%s)" % (repr(self.pattern), ", " + names if names else "")


_cache = {}


def _compile(pattern, flags):
    if isinstance(pattern, Pattern):
        if flags:
            raise ValueError("cannot process flags argument with a compiled pattern")
        return pattern
    if not isinstance(pattern, (str, bytes)):
        raise TypeError("first argument must be string or compiled pattern")
    key = isinstance(pattern, str), pattern, int(flags)
    if key not in _cache:
        if len(_cache) >= 512:
            _cache.clear()
        _cache[key] = Pattern(pattern, int(flags))
    return _cache[key]


def compile(pattern, flags=0):
    return _compile(pattern, flags)


def match(pattern, string, flags=0):
    return _compile(pattern, flags).match(string)


def fullmatch(pattern, string, flags=0):
    return _compile(pattern, flags).fullmatch(string)


def search(pattern, string, flags=0):
    return _compile(pattern, flags).search(string)


def sub(pattern, repl, string, count=0, flags=0):
    return _compile(pattern, flags).sub(repl, string, count)


def subn(pattern, repl, string, count=0, flags=0):
    return _compile(pattern, flags).subn(repl, string, count)


def split(pattern, string, maxsplit=0, flags=0):
    return _compile(pattern, flags).split(string, maxsplit)


def findall(pattern, string, flags=0):
    return _compile(pattern, flags).findall(string)


def finditer(pattern, string, flags=0):
    return _compile(pattern, flags).finditer(string)


def purge():
    _cache.clear()


def escape(pattern):
    special = "()[]{}?*+-|^$\\.&~# \t\n\r\v\f"
    if isinstance(pattern, str):
        return "".join(["\\" + c if c in special else c for c in pattern])
    text = "".join([chr(b) for b in pattern])
    return bytes([ord(c) for c in escape(text)])
