"""Writes unicode.inc: run `python3.11 unicode_gen.py > unicode.inc`."""
import sys
import unicodedata

ALL = range(0x80, sys.maxunicode + 1)  # ASCII is answered without tables


def ranges(pred):
    out, start = [], None
    for cp in list(ALL) + [sys.maxunicode + 1]:
        yes = cp <= sys.maxunicode and pred(chr(cp))
        if yes and start is None:
            start = cp
        elif not yes and start is not None:
            out.append((start, cp - 1))
            start = None
    return out


def rows(items, form):
    line = "\t"
    for it in items:
        s = form(it) + ","
        if len(line) + len(s) > 92:
            print(line.rstrip())
            line = "\t"
        line += s + " "
    print(line.rstrip())


def table(name, pred):
    print("\nstatic const Range %s[] = {" % name)
    rows(ranges(pred), lambda r: "{0x%x, 0x%x}" % r)
    print("};")


def deltas(func):
    """Runs of code points that map to one other at a constant distance, one or two apart."""
    out = []
    for cp in ALL:
        m = func(chr(cp))
        if len(m) != 1 or ord(m) == cp:
            continue
        d = ord(m) - cp
        if out and out[-1][3] == d and cp - out[-1][1] in (1, 2) and (
                out[-1][0] == out[-1][1] or cp - out[-1][1] == out[-1][2]):
            a, b, step, _ = out[-1]
            out[-1] = (a, cp, cp - b, d)
        else:
            out.append((cp, cp, 1, d))
    return out


def mapping(name, func):
    print("\nstatic const Delta %s[] = {" % name)
    rows(deltas(func), lambda r: "{0x%x, 0x%x, %d, %d}" % r)
    print("};\n\nstatic const Multi %s_multi[] = {" % name)
    multi = [(cp, func(chr(cp))) for cp in ALL if len(func(chr(cp))) > 1]
    rows(multi, lambda r: "{0x%x, {%s}}" % (r[0], ", ".join("0x%x" % ord(c) for c in r[1])))
    print("};")


def ignorable(c):
    # A sigma between letters is lowered to the inner form; this letter decides what is skipped.
    return ("a" + c + "\u03a3").lower()[-1] == "\u03c2" and ("\u03a3" + c).lower()[0] == "\u03c3" \
        and not ("a\u03a3" + c).lower()[1] == "\u03c3"


print("/* unicode.inc: made by unicode_gen.py from Unicode %s; do not edit. */"
      % unicodedata.unidata_version)
table("space", str.isspace)
table("unprintable", lambda c: not c.isprintable() and not 0xd800 <= ord(c) < 0xe000)
table("alpha", str.isalpha)
table("decimal", str.isdecimal)
table("digit", str.isdigit)
table("numeric", str.isnumeric)
table("upper", str.isupper)
table("lower", str.islower)
table("titled", lambda c: unicodedata.category(c) == "Lt")
table("ignorable", ignorable)
table("id_start", str.isidentifier)
table("id_part", lambda c: ("a" + c).isidentifier())
mapping("to_lower", str.lower)
mapping("to_upper", str.upper)
mapping("to_title", str.title)
mapping("to_fold", str.casefold)
