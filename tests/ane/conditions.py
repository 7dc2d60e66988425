"""conditions.py: the language of conditions, evaluated over Python's own tree (src/ane/cond.h describes it)."""
import ast

from formulas import ABSENT, OPEN, UNKNOWN, WHOLE, Mark


class Logic:
    """An expression at a site, in four values."""

    FUNCTIONS = {"max": max, "min": min, "len": len, "set": frozenset, "sorted": sorted}
    COMPARE = {
        ast.Lt: lambda a, b: a < b, ast.LtE: lambda a, b: a <= b, ast.Gt: lambda a, b: a > b,
        ast.GtE: lambda a, b: a >= b, ast.Eq: lambda a, b: a == b, ast.NotEq: lambda a, b: a != b,
        ast.Is: lambda a, b: a is b, ast.IsNot: lambda a, b: a is not b,
    }  # fmt: skip
    ARITHMETIC = {
        ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b,
        ast.Mod: lambda a, b: a % b, ast.Pow: lambda a, b: a**b, ast.Div: lambda a, b: a / b,
        ast.FloorDiv: lambda a, b: a // b,
    }  # fmt: skip

    def __init__(self, site):
        self.site = site

    def holds(self, tree):
        v = self.eval(tree)
        return v.name if isinstance(v, Mark) else "yes" if v else "no"

    def eval(self, e):
        return getattr(self, type(e).__name__)(e)

    def all(self, nodes):
        values = [self.eval(n) for n in nodes]
        return (ABSENT if ABSENT in values else UNKNOWN if UNKNOWN in values else None), values

    def Constant(self, e):
        return e.value

    def Name(self, e):
        return self.site.get(e.id)

    def Tuple(self, e):
        values = [self.eval(n) for n in e.elts]
        return ABSENT if ABSENT in values else tuple(values)

    def Set(self, e):
        bad, values = self.all(e.elts)
        return bad or frozenset(values)

    def BoolOp(self, e):
        values = [self.eval(n) for n in e.values]
        if ABSENT in values:
            return ABSENT
        decides = isinstance(e.op, ast.Or)
        for v in values:
            if v is not UNKNOWN and bool(v) == decides:
                return decides
        return UNKNOWN if UNKNOWN in values else not decides

    def UnaryOp(self, e):
        v = self.eval(e.operand)
        if isinstance(v, Mark):
            return v
        return not v if isinstance(e.op, ast.Not) else -v

    def BinOp(self, e):
        bad, (a, b) = self.all([e.left, e.right])
        if bad:
            return bad
        try:
            return self.ARITHMETIC[type(e.op)](a, b)
        except (ZeroDivisionError, TypeError):
            return UNKNOWN

    def Compare(self, e):
        values = [self.eval(n) for n in [e.left, *e.comparators]]
        if ABSENT in values:
            return ABSENT
        each = [self.compare(op, a, b) for op, a, b in zip(e.ops, values, values[1:])]
        return ABSENT if ABSENT in each else False if False in each else UNKNOWN if UNKNOWN in each else True

    def compare(self, op, a, b):
        if isinstance(op, (ast.In, ast.NotIn)):
            if UNKNOWN in (a, b):
                return UNKNOWN
            found = a in b
            if not found and UNKNOWN in b:
                return UNKNOWN
            return found != isinstance(op, ast.NotIn)
        if a is UNKNOWN or b is UNKNOWN:
            return UNKNOWN
        if isinstance(a, tuple) and isinstance(b, tuple) and (UNKNOWN in a or UNKNOWN in b):
            if len(a) != len(b) or any(x != y for x, y in zip(a, b) if UNKNOWN not in (x, y)):
                return isinstance(op, ast.NotEq)
            return UNKNOWN
        return self.COMPARE[type(op)](a, b)

    def IfExp(self, e):
        test = self.eval(e.test)
        return test if isinstance(test, Mark) else self.eval(e.body if test else e.orelse)

    def Call(self, e):
        name = e.func.id
        if name in ("const", "trivial", "palettized", "same_shape", "feeds", "has_op"):
            return getattr(self.site, name)(*[a.value for a in e.args])
        args = []
        for a in e.args:
            v = self.eval(a.value if isinstance(a, ast.Starred) else a)
            if isinstance(v, Mark):
                return v
            args += (v if isinstance(v, tuple) else [v]) if isinstance(a, ast.Starred) else [v]
        if name == "prime_factors":
            return UNKNOWN if UNKNOWN in args else prime_factors(args)
        if name != "len" and any(x is UNKNOWN for a in args if isinstance(a, tuple) for x in a):
            return UNKNOWN
        return self.FUNCTIONS[name](*args)


def prime_factors(numbers):
    found = set()
    for n in numbers:
        n, p = abs(n), 2
        while n > 1:
            while n % p == 0:
                found.add(p)
                n //= p
            p += 1
            if p * p > n > 1:
                found.add(n)
                break
    return frozenset(found)


def names_of(tree):
    """The names that an expression asks for, functions that are names among them."""
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} - set(Logic.FUNCTIONS) - {"prime_factors"}


def is_whole(tree):
    return names_of(tree) <= WHOLE | OPEN
