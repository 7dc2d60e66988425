#!/usr/bin/env python3
"""near.py A B: whether two texts are the same but for the last digits of numbers that are printed
with 15 or more: random.randn() and others go through the C library's logarithm, in whose last bit
the libraries differ, and so do NumPy's numbers."""
import re
import sys

NUMBER = re.compile(r"-?\d+\.?\d*(?:[eE][-+]?\d+)?")


def near(a, b):
    if a == b:
        return True
    long = min(len(re.sub(r"\D", "", t.lower().split("e")[0]).lstrip("0")) for t in (a, b)) >= 15
    x, y = float(a), float(b)
    return long and abs(x - y) <= 8e-16 * max(abs(x), abs(y))


def main():
    a, b = (open(p, encoding="utf-8", errors="surrogateescape").read() for p in sys.argv[1:])
    if NUMBER.sub("#", a) != NUMBER.sub("#", b):
        return 1
    return not all(map(near, NUMBER.findall(a), NUMBER.findall(b)))


sys.exit(main())
