# _repattern: a regular expression of Python as one of PCRE2. translate(pattern, flags) reads the pattern as Python
# does, which finds what is wrong with it, and writes it anew with nothing that the two read differently: the classes
# of characters and \b spelled out, `.` for any character and \N for any but a line feed, groups by number only, and no
# flag but (?i), that only where case is Unicode's. Under re.ASCII and in patterns of bytes both cases of a letter are
# written. What PCRE2 cannot do is an error that says so. template() reads what replaces a match.
A, I, L, M, S, U, X, T, DEBUG = 256, 2, 4, 8, 16, 32, 64, 1, 128
_FLAGS = {"i": I, "L": L, "m": M, "s": S, "x": X, "a": A, "t": T, "u": U}
_TYPES = A | L | U
_MANY = 4294967295  # CPython's "no bound" of a repetition
_MOST = 65535  # PCRE2's bound
_WIDE = 1 << 64
_HEX = "0123456789abcdefABCDEF"
_OCTAL = "01234567"
_DIGITS = "0123456789"
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CONTROLS = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92}
# What stands between brackets for a class and for its complement: of ASCII, of Unicode.
_ASCII = {
    "d": r"0-9", "D": r"\x{0}-\/\:-%s",
    "s": r"\x{9}-\x{d}\ ", "S": r"\x{0}-\x{8}\x{e}-\x{1f}\!-%s",
    "w": r"0-9A-Z_a-z", "W": r"\x{0}-\/\:-\@\[-\^\`\{-%s",
}
_UNICODE = {
    "d": r"\p{Nd}", "D": r"\P{Nd}",
    "s": r"\x{9}-\x{d}\x{1c}-\ \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}"
         r"\x{205f}\x{3000}",
    "S": r"\x{0}-\x{8}\x{e}-\x{1b}\!-\x{84}\x{86}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}"
         r"\x{200b}-\x{2027}\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{10ffff}",
    "w": r"\p{L}\p{N}_",
    "W": r"\p{M}\p{S}\p{Z}\p{C}\p{Pd}\p{Ps}\p{Pe}\p{Pi}\p{Pf}\p{Po}"
         r"\x{203f}\x{2040}\x{2054}\x{fe33}\x{fe34}\x{fe4d}-\x{fe4f}\x{ff3f}",
}
# Python takes these for one letter where case does not count, and PCRE2 does not.
_ALIKE = ((0x49, 0x69, 0x130, 0x131), (0x390, 0x1fd3), (0x3b0, 0x1fe3), (0xfb05, 0xfb06))


def _text(pattern):
    """A pattern of bytes as the text of their numbers."""
    return pattern if isinstance(pattern, str) else "".join([chr(b) for b in pattern])


class error(Exception):
    __module__ = "re"

    def __init__(self, msg, pattern=None, pos=None):
        self.msg, self.pattern, self.pos = msg, pattern, pos
        self.lineno = self.colno = None
        if pattern is not None and pos is not None:
            msg = "%s at position %d" % (msg, pos)
            text = _text(pattern)
            self.lineno = text[:pos].count("\n") + 1
            self.colno = pos - text[:pos].rfind("\n")
            if "\n" in text:
                msg = "%s (line %d, column %d)" % (msg, self.lineno, self.colno)
        Exception.__init__(self, msg)


class Reader:
    """Characters, escapes as two; `next` is the one to come, None at the end."""

    def __init__(self, text):
        self.given = text
        self.istext = isinstance(text, str)
        self.text = _text(text)
        self.index = 0
        self.next = None
        self.advance()

    def advance(self):
        this = self.next
        if self.index >= len(self.text):
            self.next = None
            return this
        c = self.text[self.index]
        if c == "\\":
            if self.index + 1 == len(self.text):
                raise error("bad escape (end of pattern)", self.given, self.index)
            c = self.text[self.index:self.index + 2]
        self.index += len(c)
        self.next = c
        return this

    def match(self, c):
        if self.next != c:
            return False
        self.advance()
        return True

    def some(self, most, chars):
        got = ""
        while len(got) < most and self.next is not None and self.next in chars:
            got += self.advance()
        return got

    def until(self, end, what):
        got = ""
        while True:
            c = self.advance()
            if c is None:
                if not got:
                    raise self.error("missing " + what)
                raise self.error("missing %s, unterminated name" % end, len(got))
            if c == end:
                if not got:
                    raise self.error("missing " + what, 1)
                return got
            got += c

    def tell(self):
        return self.index - len(self.next or "")

    def seek(self, index):
        self.index = index
        self.next = None
        self.advance()

    def error(self, msg, back=0):
        if not self.istext:
            msg = "".join([c if c < "\x80" else "\\x%02x" % ord(c) for c in msg])
        return error(msg, self.given, self.tell() - back)

    def octal(self, text):
        value = int(text[1:], 8)
        if value > 0o377:
            raise self.error("octal escape value %s outside of range 0-0o377" % text, len(text))
        return value

    def name(self, name):
        """Is it an identifier? Else a number, which is returned; or an error."""
        if name.isidentifier():
            return None
        try:
            number = int(name)
        except ValueError:
            number = -1
        if number < 0:
            raise self.error("bad character in group name %r" % name, len(name) + 1)
        return number


class Item:
    """What a quantifier may follow: its text, the least and the greatest width."""

    def __init__(self, text, lo=0, hi=0, kind=""):
        self.text, self.lo, self.hi = text, lo, hi
        self.kind = kind  # "at": matches a place; "repeat": has its quantifier


def _sum(items):
    return (min(sum([i.lo for i in items]), _WIDE), min(sum([i.hi for i in items]), _WIDE))


def _char(code):
    c = chr(code)
    if c in _LETTERS or c in _DIGITS or c == "_":
        return c
    return "\\" + c if 32 <= code < 127 else "\\x{%x}" % code


def _other_case(lo, hi, ascii):
    """Ranges that match where those letters do but for their case, and PCRE2 does not know of."""
    found = []
    if not ascii:
        for alike in _ALIKE:
            if any([lo <= c <= hi for c in alike]):
                found.extend([(c, c) for c in alike])
        return found
    for first, last, by in ((65, 90, 32), (97, 122, -32)):
        a, b = max(lo, first), min(hi, last)
        if a <= b:
            found.append((a + by, b + by))
    return found


class Translation:
    def __init__(self, pattern, flags):
        self.r = Reader(pattern)
        self.flags = flags
        self.groups = 1
        self.names = {}
        self.widths = [None]  # of a group: None while it is open
        self.behind = None  # within (?<=…): the groups there were before it
        self.later = {}  # groups that conditions ask for, and where
        self.loose = False  # a (?<=…) whose width is not fixed
        self.most = "\\x{10ffff}" if self.r.istext else "\\x{ff}"

    # ---- flags ----
    def ascii(self, flags):
        return not self.r.istext or flags & A != 0

    def folds(self, flags):  # by PCRE2
        return flags & I != 0 and not self.ascii(flags)

    def inline_flags(self, char):
        """(add, remove) of a group; None: they are for all."""
        r, add, remove = self.r, 0, 0
        if char != "-":
            while True:
                if r.istext and char == "L":
                    raise r.error("bad inline flags: cannot use 'L' flag with a str pattern")
                if not r.istext and char == "u":
                    raise r.error("bad inline flags: cannot use 'u' flag with a bytes pattern")
                flag = _FLAGS[char]
                add |= flag
                if flag & _TYPES and add & _TYPES != flag:
                    raise r.error("bad inline flags: flags 'a', 'u' and 'L' are incompatible")
                char = r.advance()
                if char is None:
                    raise r.error("missing -, : or )")
                if char in ")-:":
                    break
                if char not in _FLAGS:
                    raise r.error("unknown flag" if char.isalpha() else "missing -, : or )",
                                  len(char))
        if char == ")":
            self.flags |= add
            return None
        if add & (DEBUG | T):
            raise r.error("bad inline flags: cannot turn on global flag", 1)
        if char == "-":
            char = r.advance()
            if char is None:
                raise r.error("missing flag")
            if char not in _FLAGS:
                raise r.error("unknown flag" if char.isalpha() else "missing flag", len(char))
            while char != ":":
                flag = _FLAGS[char]
                if flag & _TYPES:
                    raise r.error("bad inline flags: cannot turn off flags 'a', 'u' and 'L'")
                remove |= flag
                char = r.advance()
                if char is None:
                    raise r.error("missing :")
                if char != ":" and char not in _FLAGS:
                    raise r.error("unknown flag" if char.isalpha() else "missing :", len(char))
        if remove & (DEBUG | T):
            raise r.error("bad inline flags: cannot turn off global flag", 1)
        if add & remove:
            raise r.error("bad inline flags: flag turned on and off", 1)
        return add, remove

    # ---- escapes and sets ----
    def number_escape(self, escape):
        """The code point of \\x, \\u and \\U; None: it is another escape."""
        c, r = escape[1], self.r
        digits = 2 if c == "x" else 0
        if r.istext:
            digits = {"x": 2, "u": 4, "U": 8}.get(c, 0)
            if c == "N":
                raise _milc_lacks("milc does not have \\N{…} in regular expressions")
        if not digits:
            return None
        escape += r.some(digits, _HEX)
        if len(escape) != digits + 2:
            raise r.error("incomplete escape %s" % escape, len(escape))
        code = int(escape[2:], 16)
        if code > 0x10ffff:
            raise r.error("bad escape %s" % escape, len(escape))
        return code

    def plain_escape(self, escape):
        if escape[1] in _LETTERS or escape[1] in _DIGITS:
            raise self.r.error("bad escape %s" % escape, len(escape))
        return ord(escape[1])

    def category(self, c, flags):
        if self.ascii(flags):
            text = _ASCII[c]
            return text % self.most if "%" in text else text
        return _UNICODE[c]

    def ranges(self, lo, hi, flags):
        """How those characters stand between brackets; and whether they are one character."""
        all = [(lo, hi)] + (_other_case(lo, hi, self.ascii(flags)) if flags & I else [])
        text = "".join([_char(a) if a == b else "%s-%s" % (_char(a), _char(b)) for a, b in all])
        return text, len(all) == 1 and lo == hi

    def literal(self, code, flags):
        text, single = self.ranges(code, code, flags)
        return Item(text if single else "[%s]" % text, 1, 1)

    def escape(self, escape, flags):
        c, r = escape[1], self.r
        if c in "dDsSwW":
            return Item("[%s]" % self.category(c, flags), 1, 1)
        if c == "A" or c == "Z":
            return Item("\\A" if c == "A" else "\\z", kind="at")
        if c in "bB":
            # Either side is of a word, not both; Python finds no \B in an empty text.
            w = self.category("w", flags)
            if c == "b":
                text = "(?:(?<=[%s])(?![%s])|(?<![%s])(?=[%s]))" % (w, w, w, w)
            else:
                text = "(?:(?<=[%s])(?=[%s])|(?<![%s])(?![%s])(?!\\A\\z))" % (w, w, w, w)
            return Item(text, kind="at")
        if c in _CONTROLS:
            return self.literal(_CONTROLS[c], flags)
        code = self.number_escape(escape)
        if code is None and c == "0":
            code = int((escape + r.some(2, _OCTAL))[1:], 8)
        if code is not None:
            return self.literal(code, flags)
        if c not in _DIGITS:
            return self.literal(self.plain_escape(escape), flags)
        if r.next is not None and r.next in _DIGITS:
            escape += r.advance()
            if (c in _OCTAL and escape[2] in _OCTAL and r.next is not None and r.next in _OCTAL):
                return self.literal(r.octal(escape + r.advance()), flags)
        group = int(escape[1:])
        if group >= self.groups:
            raise r.error("invalid group reference %d" % group, len(escape) - 1)
        return self.reference(group, len(escape), flags)

    def reference(self, group, back, flags):
        if self.widths[group] is None:
            raise self.r.error("cannot refer to an open group", back)
        self.outside(group)
        if flags & I and self.r.istext and flags & A:
            raise _milc_lacks("milc does not have references to groups under re.ASCII with "
                              "re.IGNORECASE")
        fold = flags & I and not self.r.istext
        lo, hi = self.widths[group]
        return Item(("(?i:\\g{%d})" if fold else "\\g{%d}") % group, lo, hi)

    def outside(self, group):
        if self.behind is None:
            return
        if group >= self.groups or self.widths[group] is None:
            raise self.r.error("cannot refer to an open group")
        if group >= self.behind:
            raise self.r.error("cannot refer to group defined in the same lookbehind subpattern")

    def set_escape(self, escape):
        """A code point, or the letter of a class."""
        c, r = escape[1], self.r
        if c in "dDsSwW":
            return c
        if c in _CONTROLS:
            return _CONTROLS[c]
        code = self.number_escape(escape)
        if code is None and c in _OCTAL:
            code = r.octal(escape + r.some(2, _OCTAL))
        return self.plain_escape(escape) if code is None else code

    def set_member(self, this):
        return self.set_escape(this) if this[0] == "\\" else ord(this)

    def set(self, flags):
        r, here, parts = self.r, self.r.tell() - 1, []
        negate = r.match("^")
        while True:
            this = r.advance()
            if this is None:
                raise r.error("unterminated character set", r.tell() - here)
            if this == "]" and parts:
                break
            lo = hi = self.set_member(this)
            dash = False
            if r.match("-"):
                that = r.advance()
                if that is None:
                    raise r.error("unterminated character set", r.tell() - here)
                dash = that == "]"
                if not dash:
                    hi = self.set_member(that)
                    if isinstance(lo, str) or isinstance(hi, str) or hi < lo:
                        raise r.error("bad character range %s-%s" % (this, that),
                                      len(this) + 1 + len(that))
            if isinstance(lo, str):
                parts.append(self.category(lo, flags))
            else:
                parts.append(self.ranges(lo, hi, flags)[0])
            if dash:
                parts.append("\\-")
                break
        return Item("[%s%s]" % ("^" if negate else "", "".join(parts)), 1, 1)

    # ---- repetitions ----
    def bounds(self, this):
        """Those of a quantifier; None: it is a brace for itself."""
        r, here = self.r, self.r.tell()
        if this != "{":
            return {"?": (0, 1), "*": (0, _MANY), "+": (1, _MANY)}[this]
        if r.next == "}":
            return None
        lo = r.some(_WIDE, _DIGITS)
        hi = r.some(_WIDE, _DIGITS) if r.match(",") else lo
        if not r.match("}"):
            r.seek(here)
            return None
        least, most = int(lo or "0"), int(hi) if hi else _MANY
        if least >= _MANY or (hi and most >= _MANY):
            raise OverflowError("the repetition number is too large")
        if most < least:
            raise r.error("min repeat greater than max repeat", r.tell() - here)
        return least, most

    def repeat(self, this, items):
        r, here = self.r, self.r.tell()
        bounds = self.bounds(this)
        if bounds is None:
            items.append(Item("\\{", 1, 1))
            return
        least, most = bounds
        back = r.tell() - here + len(this)
        if not items or items[-1].kind == "at":
            raise r.error("nothing to repeat", back)
        item = items[-1]
        if item.kind == "repeat":
            raise r.error("multiple repeat", back)
        if least > _MOST or _MOST < most < _MANY:
            raise _milc_lacks("milc does not have more than %d repetitions in regular expressions"
                              % _MOST)
        how = "?" if r.match("?") else "+" if r.match("+") else ""
        hi = _WIDE if most == _MANY and item.hi else item.hi * most
        text = "%s{%d,%s}%s" % (item.text, least, "" if most == _MANY else most, how)
        if self.behind is not None and not item.hi:  # PCRE2 would not see that the width is fixed
            text = item.text if least else ("(?:|%s)" if how == "?" else "(?:%s|)") % item.text
        items[-1] = Item(text, item.lo * least, hi, "repeat")

    # ---- groups ----
    def close(self, start):
        if not self.r.match(")"):
            raise self.r.error("missing ), unterminated subpattern", self.r.tell() - start)

    def capture(self, name, flags, verbose, depth, start):
        group = self.groups
        self.groups += 1
        self.widths.append(None)
        if name is not None:
            if name in self.names:
                raise self.r.error("redefinition of group name %r as group %d; was group %d"
                                   % (name, group, self.names[name]), len(name) + 1)
            self.names[name] = group
        text, lo, hi = self.alternatives(flags, verbose, depth + 1)
        self.close(start)
        self.widths[group] = lo, hi
        return Item("(%s)" % text, lo, hi)

    def look(self, char, flags, verbose, depth, start):
        r, how, outer = self.r, "?", self.behind
        if char == "<":
            how = "?<"
            char = r.advance()
            if char is None:
                raise r.error("unexpected end of pattern")
            if char not in "=!":
                raise r.error("unknown extension ?<" + char, len(char) + 2)
            if outer is None:
                self.behind = self.groups
        text, lo, hi = self.alternatives(flags, verbose, depth + 1)
        self.behind = outer
        self.close(start)
        self.loose = self.loose or (how == "?<" and lo != hi)
        return Item("(%s%s%s)" % (how, char, text))

    def condition(self, flags, verbose, depth, start):
        r = self.r
        name = r.until(")", "group name")
        group = r.name(name)
        if group is None:
            group = self.names.get(name)
            if group is None:
                raise r.error("unknown group name %r" % name, len(name) + 1)
        elif not group:
            raise r.error("bad group number", len(name) + 1)
        elif group >= 1073741823:
            raise r.error("invalid group reference %d" % group, len(name) + 1)
        elif group not in self.later:
            self.later[group] = r.tell() - len(name) - 1
        self.outside(group)
        yes, lo, hi = self.sequence(flags, verbose, depth + 1)
        text = "(?(%d)%s" % (group, yes)
        if r.match("|"):
            no, least, most = self.sequence(flags, verbose, depth + 1)
            if r.next == "|":
                raise r.error("conditional backref with more than two branches")
            text += "|" + no
            lo, hi = min(lo, least), max(hi, most)
        else:
            lo = 0
        self.close(start)
        return Item(text + ")", lo, hi)

    def named(self):
        """What follows (?P: a name for a group, or a reference to one."""
        r = self.r
        if r.match("<"):
            name = r.until(">", "group name")
            if not name.isidentifier():
                raise r.error("bad character in group name %r" % name, len(name) + 1)
            return name, None
        if r.match("="):
            name = r.until(")", "group name")
            if not name.isidentifier():
                raise r.error("bad character in group name %r" % name, len(name) + 1)
            if name not in self.names:
                raise r.error("unknown group name %r" % name, len(name) + 1)
            return name, self.names[name]
        char = r.advance()
        if char is None:
            raise r.error("unexpected end of pattern")
        raise r.error("unknown extension ?P" + char, len(char) + 2)

    def group(self, flags, verbose, depth, first):
        """What follows a parenthesis; None: nothing that matches."""
        r, start = self.r, self.r.tell() - 1
        if not r.match("?"):
            return self.capture(None, flags, verbose, depth, start)
        char = r.advance()
        if char is None:
            raise r.error("unexpected end of pattern")
        if char == "P":
            name, known = self.named()
            if known is not None:
                return self.reference(known, len(name) + 1, flags)
            return self.capture(name, flags, verbose, depth, start)
        if char == "#":
            while True:
                if r.next is None:
                    raise r.error("missing ), unterminated comment", r.tell() - start)
                if r.advance() == ")":
                    return None
        if char in "=!<":
            return self.look(char, flags, verbose, depth, start)
        if char == "(":
            return self.condition(flags, verbose, depth, start)
        inner, how = flags, "?:"
        if char == ">":
            how = "?>"
        elif char in _FLAGS or char == "-":
            change = self.inline_flags(char)
            if change is None:
                if not first:
                    raise r.error("global flags not at the start of the expression",
                                  r.tell() - start)
                return None
            add, remove = change
            inner = (flags & ~_TYPES if add & _TYPES else flags) | add
            inner &= ~remove
            verbose = (verbose or add & X) and not remove & X
        elif char != ":":
            raise r.error("unknown extension ?" + char, len(char) + 1)
        if self.folds(inner) != self.folds(flags):
            how = "?i:" if self.folds(inner) else "?-i:"
        text, lo, hi = self.alternatives(inner, verbose, depth + 1)
        self.close(start)
        return Item("(%s%s)" % (how, text), lo, hi)

    def sequence(self, flags, verbose, depth, first=False):
        r, items = self.r, []
        while r.next is not None and r.next not in "|)":
            this = r.advance()
            if verbose and this in " \t\n\r\v\f":
                continue
            if verbose and this == "#":
                while this is not None and this != "\n":
                    this = r.advance()
                continue
            if this[0] == "\\":
                items.append(self.escape(this, flags))
            elif this == "[":
                items.append(self.set(flags))
            elif this in "*+?{":
                self.repeat(this, items)
            elif this == ".":
                items.append(Item("." if flags & S else "\\N", 1, 1))
            elif this == "^" or this == "$":
                items.append(Item("(?m:%s)" % this if flags & M else this, kind="at"))
            elif this == "(":
                item = self.group(flags, verbose, depth, first and not items)
                if item is not None:
                    items.append(item)
                elif depth == 0:
                    flags = self.flags
                    verbose = flags & X
            else:
                items.append(self.literal(ord(this), flags))
        lo, hi = _sum(items)
        return "".join([i.text for i in items]), lo, hi

    def alternatives(self, flags, verbose, depth):
        texts, lo, hi = [], _WIDE, 0
        while True:
            text, least, most = self.sequence(flags, verbose, depth, depth == 0 and not texts)
            texts.append(text)
            lo, hi = min(lo, least), max(hi, most)
            if not self.r.match("|"):
                return "|".join(texts), lo, hi
            if depth == 0:
                flags = self.flags
                verbose = flags & X


def checked_flags(istext, flags):
    if istext:
        if flags & L:
            raise ValueError("cannot use LOCALE flag with a str pattern")
        if not flags & A:
            flags |= U
        elif flags & U:
            raise ValueError("ASCII and UNICODE flags are incompatible")
        return flags
    if flags & U:
        raise ValueError("cannot use UNICODE flag with a bytes pattern")
    if flags & L and flags & A:
        raise ValueError("ASCII and LOCALE flags are incompatible")
    return flags


def translate(pattern, flags):
    """(text for PCRE2, flags, number of groups, their names)"""
    t = Translation(pattern, flags)
    text = t.alternatives(flags, flags & X, 0)[0]
    flags = checked_flags(t.r.istext, t.flags)
    if t.r.next is not None:
        raise t.r.error("unbalanced parenthesis")
    for group in t.later:
        if group >= t.groups:
            raise error("invalid group reference %d" % group, pattern, t.later[group])
    if t.loose:
        raise error("look-behind requires fixed-width pattern")
    if flags & (L | DEBUG):
        raise _milc_lacks("milc does not have re.LOCALE and re.DEBUG")
    return "(?i:%s)" % text if t.folds(flags) else text, flags, t.groups - 1, t.names


def template(repl, groups, names):
    """The parts of a replacement: texts, and numbers of groups."""
    r, parts, text = Reader(repl), [], []

    def whole(chars):
        s = "".join(chars)
        return s if r.istext else bytes([ord(c) for c in s])

    def add(group, back):
        if group > groups:
            raise r.error("invalid group reference %d" % group, back)
        parts.append(whole(text))
        parts.append(group)
        text.clear()

    while r.next is not None:
        this = r.advance()
        c = this[1] if this[0] == "\\" else ""
        if not c:
            text.append(this)
        elif c == "g":
            if not r.match("<"):
                raise r.error("missing <")
            name = r.until(">", "group name")
            group = r.name(name)
            if group is None:
                if name not in names:
                    raise IndexError("unknown group name %r" % name)
                group = names[name]
            elif group >= 1073741823:
                raise r.error("invalid group reference %d" % group, len(name) + 1)
            add(group, len(name) + 1)
        elif c == "0":
            text.append(chr(int((this + r.some(2, _OCTAL))[1:], 8) & 255))
        elif c in _DIGITS:
            if r.next is not None and r.next in _DIGITS:
                this += r.advance()
                if c in _OCTAL and this[2] in _OCTAL and r.next is not None and r.next in _OCTAL:
                    text.append(chr(r.octal(this + r.advance())))
                    continue
            add(int(this[1:]), len(this) - 1)
        elif c in _CONTROLS:
            text.append(chr(_CONTROLS[c]))
        elif c in _LETTERS:
            raise r.error("bad escape %s" % this, len(this))
        else:
            text.append(this)
    parts.append(whole(text))
    return parts
