# string: the sets of characters, templates with $, capwords.
whitespace = " \t\n\r\v\f"
ascii_lowercase = "abcdefghijklmnopqrstuvwxyz"
ascii_uppercase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ascii_letters = ascii_lowercase + ascii_uppercase
digits = "0123456789"
hexdigits = digits + "abcdef" + "ABCDEF"
octdigits = "01234567"
punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
printable = digits + ascii_letters + punctuation + whitespace
_NAME = ascii_letters + "_"


def capwords(s, sep=None):
    return (sep or " ").join([word.capitalize() for word in s.split(sep)])


class Template:
    def __init__(self, template):
        self.template = template

    def _parts(self):
        """Pairs of a text and the name behind it; a name of None is a $ that means nothing."""
        text, i = self.template, 0
        while True:
            at = text.find("$", i)
            if at < 0:
                yield text[i:], "", ""
                return
            end = at + 1
            if text[end:end + 1] == "$":
                yield text[i:end], "", "$$"
                i = end + 1
                continue
            braced = text[end:end + 1] == "{"
            start = end = end + braced
            while end < len(text) and (text[end] in _NAME or end > start and text[end] in digits):
                end += 1
            if end == start or braced and text[end:end + 1] != "}":
                yield text[i:at], None, at
                i = at + 1
                continue
            yield text[i:at], text[start:end], text[at:end + braced]
            i = end + braced

    def _filled(self, mapping, safe):
        out = []
        for before, name, source in self._parts():
            out.append(before)
            if name is None:
                if not safe:
                    lines = self.template[:source].splitlines(keepends=True) or [""]
                    column = source - len("".join(lines[:-1])) + 1
                    raise ValueError(f"Invalid placeholder in string: line {len(lines)}, col {column}")
                out.append("$")
            elif name:
                out.append(str(mapping[name]) if not safe or name in mapping else source)
        return "".join(out)

    def substitute(self, mapping={}, /, **kws):
        return self._filled({**mapping, **kws}, False)

    def safe_substitute(self, mapping={}, /, **kws):
        return self._filled({**mapping, **kws}, True)

    def get_identifiers(self):
        names = []
        for _, name, _ in self._parts():
            if name and name not in names:
                names.append(name)
        return names

    def is_valid(self):
        return all([name is not None for _, name, _ in self._parts()])


class Formatter:
    def format(self, format_string, /, *args, **kwargs):
        return format_string.format(*args, **kwargs)

    def vformat(self, format_string, args, kwargs):
        return format_string.format(*args, **kwargs)
