# textwrap: paragraphs filled to a width, and the indentation of texts.
_SPACE = "\t\n\x0b\x0c\r "


def _is_word(c):
    return c.isalnum() or c == "_"


def _is_letter(c):
    return _is_word(c) and not c.isdecimal()


def _splits_word(word, hyphens):
    """The pieces of a word that may stand on lines of their own: behind hyphens between letters, around dashes."""
    pieces, start, i, n = [], 0, 0, len(word)
    while hyphens and i < n:
        if word[i] != "-":
            i += 1
            continue
        run = i
        while run < n and word[run] == "-":
            run += 1
        if run - i >= 2:
            before = i > 0 and (_is_word(word[i - 1]) or word[i - 1] in "!\"'&.,?")
            if before and run < n and _is_word(word[run]):
                pieces += [word[start:i], word[i:run]]
                start = run
        elif i - start >= 1 and run < n and _hyphen_splits(word, start, i):
            pieces.append(word[start:run])
            start = run
        i = run
    return [p for p in pieces + [word[start:]] if p]


def _hyphen_splits(word, start, i):
    if i - start < 2 or not _is_letter(word[i - 1]):
        return False
    two = _is_letter(word[i - 2]) or i - start >= 3 and word[i - 2] == "-" and _is_letter(word[i - 3])
    if not two or not _is_letter(word[i + 1]):
        return False
    after = i + 2
    if after < len(word) and word[after] == "-":
        after += 1
    return after < len(word) and _is_letter(word[after])


class TextWrapper:
    def __init__(self, width=70, initial_indent="", subsequent_indent="", expand_tabs=True, replace_whitespace=True,
                 fix_sentence_endings=False, break_long_words=True, drop_whitespace=True, break_on_hyphens=True,
                 tabsize=8, *, max_lines=None, placeholder=" [...]"):
        if fix_sentence_endings:
            raise _milc_lacks("textwrap: milc does not have fix_sentence_endings")
        self.width = width
        self.initial_indent = initial_indent
        self.subsequent_indent = subsequent_indent
        self.expand_tabs = expand_tabs
        self.replace_whitespace = replace_whitespace
        self.break_long_words = break_long_words
        self.drop_whitespace = drop_whitespace
        self.break_on_hyphens = break_on_hyphens
        self.tabsize = tabsize
        self.max_lines = max_lines
        self.placeholder = placeholder

    def _chunks(self, text):
        if self.expand_tabs:
            text = text.expandtabs(self.tabsize)
        if self.replace_whitespace:
            for c in "\t\n\x0b\x0c\r":
                text = text.replace(c, " ")
        chunks, i = [], 0
        while i < len(text):
            start, space = i, text[i] in _SPACE
            while i < len(text) and (text[i] in _SPACE) == space:
                i += 1
            chunks += [text[start:i]] if space else _splits_word(text[start:i], self.break_on_hyphens)
        return chunks

    def wrap(self, text):
        if self.width <= 0:
            raise ValueError(f"invalid width {self.width!r} (must be > 0)")
        if self.max_lines is not None:
            indent = self.subsequent_indent if self.max_lines > 1 else self.initial_indent
            if len(indent) + len(self.placeholder.lstrip()) > self.width:
                raise ValueError("placeholder too large for max width")
        chunks, lines, at = self._chunks(text), [], 0
        while at < len(chunks):
            indent = self.subsequent_indent if lines else self.initial_indent
            width = self.width - len(indent)
            if self.drop_whitespace and lines and not chunks[at].strip():
                at += 1
            line, used = [], 0
            while at < len(chunks) and used + len(chunks[at]) <= width:
                line.append(chunks[at])
                used += len(chunks[at])
                at += 1
            if at < len(chunks) and len(chunks[at]) > width:
                room = max(width, 1) - used if width >= 1 else 1
                if self.break_long_words:
                    cut, chunk = room, chunks[at]
                    if self.break_on_hyphens and len(chunk) > room:
                        hyphen = chunk.rfind("-", 0, room)
                        if hyphen > 0 and any(c != "-" for c in chunk[:hyphen]):
                            cut = hyphen + 1
                    line.append(chunk[:cut])
                    chunks[at] = chunk[cut:]
                elif not line:
                    line.append(chunks[at])
                    at += 1
                used = sum([len(c) for c in line])
            if self.drop_whitespace and line and not line[-1].strip():
                used -= len(line.pop())
            if not line:
                continue
            last = at >= len(chunks) or self.drop_whitespace and at == len(chunks) - 1 and not chunks[at].strip()
            if self.max_lines is None or len(lines) + 1 < self.max_lines or last and used <= width:
                lines.append(indent + "".join(line))
                continue
            self._shorten(lines, line, used, width, indent)
            break
        return lines

    def _shorten(self, lines, line, used, width, indent):
        while line:
            if line[-1].strip() and used + len(self.placeholder) <= width:
                lines.append(indent + "".join(line) + self.placeholder)
                return
            used -= len(line.pop())
        if lines:
            before = lines[-1].rstrip()
            if len(before) + len(self.placeholder) <= self.width:
                lines[-1] = before + self.placeholder
                return
        lines.append(indent + self.placeholder.lstrip())

    def fill(self, text):
        return "\n".join(self.wrap(text))


def wrap(text, width=70, **kwargs):
    return TextWrapper(width=width, **kwargs).wrap(text)


def fill(text, width=70, **kwargs):
    return TextWrapper(width=width, **kwargs).fill(text)


def shorten(text, width, **kwargs):
    return TextWrapper(width=width, max_lines=1, **kwargs).fill(" ".join(text.strip().split()))


def dedent(text):
    lines = text.split("\n")
    margin = None
    for i, line in enumerate(lines):
        if not line.strip(" \t"):
            lines[i] = ""
            continue
        indent = line[:len(line) - len(line.lstrip(" \t"))]
        if margin is None:
            margin = indent
        n = 0
        while n < len(margin) and n < len(indent) and margin[n] == indent[n]:
            n += 1
        margin = margin[:n]
    n = len(margin or "")
    return "\n".join([line[n:] for line in lines])


def indent(text, prefix, predicate=None):
    lines = text.splitlines(True)
    return "".join([prefix + line if (predicate(line) if predicate else line.strip()) else line for line in lines])
