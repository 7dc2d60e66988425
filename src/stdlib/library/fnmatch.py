# fnmatch: names against patterns with *, ? and [...].


def fnmatch(name, pat):
    return fnmatchcase(name, pat)


def fnmatchcase(name, pat):
    items = _items(pat)
    at, star, mark = 0, -1, 0
    i = 0
    while i < len(name):
        if at < len(items) and items[at] is None:
            star, mark = at, i
            at += 1
        elif at < len(items) and _one(items[at], name[i]):
            at += 1
            i += 1
        elif star >= 0:
            mark += 1
            at, i = star + 1, mark
        else:
            return False
    return all([item is None for item in items[at:]])


def _items(pat):
    """None for *, else what one character must be: any (an empty text), a character, or a set with its sense."""
    items, i = [], 0
    while i < len(pat):
        c = pat[i]
        i += 1
        if c == "*":
            items.append(None)
        elif c == "?":
            items.append("")
        elif c == "[":
            end = i + 1 if pat[i:i + 1] == "!" else i
            end = pat.find("]", end + 1 if pat[end:end + 1] == "]" else end)
            if end < 0:
                items.append("[")
                continue
            items.append(_set(pat[i:end]))
            i = end + 1
        else:
            items.append(c)
    return items


def _set(text):
    sense = not text.startswith("!")
    text = text if sense else text[1:]
    ranges, i = [], 0
    while i < len(text):
        if i + 2 < len(text) and text[i + 1] == "-":
            ranges.append((text[i], text[i + 2]))
            i += 3
        else:
            ranges.append((text[i], text[i]))
            i += 1
    return sense, ranges


def _one(item, c):
    if isinstance(item, str):
        return item in ("", c)
    sense, ranges = item
    return any([low <= c <= high for low, high in ranges]) == sense


def filter(names, pat):
    return [name for name in names if fnmatchcase(name, pat)]


def translate(pat):
    raise _milc_lacks("fnmatch: milc does not have translate(); use fnmatch() or filter()")
