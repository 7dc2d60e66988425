"""Random classes for gen_python_parts.py, and what is tried with their instances."""

# Special methods: some do what is expected, some refuse, raise or answer with what is none.
SPECIAL = {
    "__len__": ["return {k}", "return len(self.items)", "return -1", "return 'long'"],
    "__getitem__": ["return self.items[{x}]", "return ('item', {x})",
    "if {x} == 2:\n    raise IndexError({x})\nreturn {x} * 10", "raise KeyError({x})"],
    "__contains__": ["return {x} == {k}", "return {x} in self.items", "return 'yes'", "raise TypeError('no members')"],
    "__iter__": ["return iter(self.items)", "yield {k}\nyield from self.items", "self.at = 0\nreturn self",
    "return 5", "raise ValueError('iter')"],
    "__next__": ["self.at = getattr(self, 'at', 0) + 1\nif self.at > 3:\n    raise StopIteration\nreturn self.at",
    "raise StopIteration({k})",
                 "return 1 // 0"],
    "__call__": ["return ('called', {x})", "raise RuntimeError('call')", "return self"],
    "__eq__": ["return self.v == getattr({x}, 'v', None)", "return NotImplemented", "return 'equal'", "return False"],
    "__ne__": ["return 'differs'"],
    "__hash__": ["return {k}", "return hash(self.v)", "raise TypeError('no hash')"],
    "__lt__": ["return self.v < {x}.v", "return NotImplemented", "raise ValueError('order')", "return {x} is not self"],
    "__gt__": ["return self.v > getattr({x}, 'v', 0)", "return NotImplemented"],
    "__le__": ["return ['le']", "return NotImplemented"],
    "__bool__": ["return self.v > 2", "return False", "return 1", "raise ValueError('bool')"],
    "__enter__": ["print('enter', self.v)\nreturn self.v", "raise OSError('enter')"],
    "__exit__": ["print('exit', {x} and {x}.__name__)\nreturn {x} is KeyError", "return True",
    "raise LookupError('exit')"],
    "__getattr__": ["return 'attr ' + {x}", "if {x} == 'q':\n    return 9\nraise AttributeError('no ' + {x})",
    "return self.__dict__[{x}]"],
    "__setattr__": ["print('set', {x})\nsuper().__setattr__({x}, {y})", "object.__setattr__(self, {x}, {y})",
    "self.__dict__[{x}] = {y}"],
    "__delattr__": ["print('del', {x})\nsuper().__delattr__({x})"],
    "__missing__": ["return ('missing', {x})", "self[{x}] = {k}\nreturn {k}", "raise KeyError('really ' + str({x}))"],
    "__add__": ["return type(self)(self.v + getattr({x}, 'v', {k}))", "return NotImplemented",
    "return ('add', {x} is self)"],
    "__radd__": ["return ('radd', {x})", "return NotImplemented"],
    "__iadd__": ["self.v += 1\nreturn self", "return NotImplemented"],
    "__mul__": ["return self.v * 2", "return NotImplemented"],
    "__neg__": ["return -self.v"],
    "__index__": ["return {k}", "return 'index'"],
    "__int__": ["return {k} + 40"],
    "__float__": ["return 2.5"],
    "__str__": ["return 'str of %d' % {k}", "return super().__str__().replace('0x', '')[:9]", "return 5"],
    "__repr__": ["return type(self).__name__ + '!'", "return f'<{{self.v!r}}>'", "return 5"],
    "__format__": ["return 'fmt ' + {x}"],
    "__reversed__": ["return iter('rev')"],
    "__setitem__": ["print('setitem', {x}, {y})", "self.items[{x}] = {y}"],
    "__delitem__": ["print('delitem', {x})", "del self.items[{x}]"],
}
ARGUMENTS = {"__exit__": "x, *rest", "__call__": "x=0, *rest, **kw", "__setattr__": "x, y", "__setitem__": "x, y"}
NONE = ("__len__ __iter__ __next__ __hash__ __bool__ __enter__ __neg__ __index__ __int__ __float__ __str__ "
        "__repr__ __reversed__").split()
# What is tried: of the objects a and b.
USES = """
len(a)|a[1]|a[-1]|a[0:2]|a['q']|2 in a|'x' not in a|list(a)|[*a, *b]|tuple(a)[:3]|a()|a(1, z=2)|a == b|a != b|b == a
a == 3|hash(a) == hash(a)
len({a, b, a})|{a: 1}[a]|a < b|a > b|a <= b|a < 3|3 > a|sorted([b, a, b])[0] is a|max(a, b) is a|min([a, b]) is b
bool(a)|not a|1 if a else 2|a and 5
a.v|a.q|a.nope|hasattr(a, 'q')|hasattr(a, 'p')|getattr(a, 'zz', 'default')|a.p|a.shared|type(a).shared|a.m(1)|b.m(2)
a.m()|a.cm()|type(b).sm(3)|a.__class__.__name__
str(a)|repr(a)|f'{a}'|f'{a!r:>12}'|f'{a:>12}'|'%s %r' % (a, b)|'{} {!s}'.format(a, b)|[a, (b,)]|str({'k': a})|a + b
a + 1|1 + a|sum([a, b])|a * 2|2 * a|-a|+a|~a
int(a)|float(a)|[10, 20, 30][a]|range(a)|'ab' * a|isinstance(a, (type(b), int))|issubclass(type(a), type(b))
[c.__name__ for c in type(a).__mro__][:-1]
iter(a) is a|next(a)|list(zip(a, 'ab'))|any(a)|dict(enumerate(a))|reversed(a) is None|[x for x in reversed(a)]
sorted(a)|max(a)|a is b|a in [b, a]|[b, a].index(a)|callable(a)
type(a)(5).v|vars(a).get('v')|sorted(n for n in a.__dict__)|a.__dict__ == b.__dict__|super(type(a), a).m(3)
type(a).m(a, 1)|abs(a)|round(a)|a @ b|a ** 2|divmod(a, 2)|a[1, 2]
{**a}|dict(a)|print(*a, sep='-')|print(a, b, end='\\n')|x.v if (x := a) else 0|[y for y in a if y]|a.m.__name__
a.m.__self__ is a|a.get('q')|a.append(3) or a|a.keys()|a.args
""".replace("\n", "|").strip("|").split("|")
STATEMENTS = ["a.v += 1; print(a.v)", "a.new = 5; print(a.new)", "del a.v; print(a.v)", "del a.nope",
    "a.p = 7; print(a.p)", "a.p += 1", "del a.p", "a[1] = 2", "a[0] += 1", "del a[1]",
              "a += b; print(a is b)", "a += 1; print(type(a).__name__)", "x, y = a; print(x, y)",
                  "x, *y = a; print(x, y)", "type(a).shared += [1]; print(b.shared)", "a.shared = 3; print(b.shared)",
              "with a as q: print(q)", "with a: raise KeyError('k')", "with a: raise ValueError('v')",
                  "with a, b: pass", "raise a", "raise type(a)", "raise ValueError('x') from a",
              "for x in a: print(x); break", "for x in a: print(x)", "while a: a.v -= 1; print(a.v)", "assert a",
                  "type(a).m = lambda self, *x: 'patched'; print(a.m(1), b.m(1))",
              "setattr(a, 'dyn', 1); print(a.dyn); delattr(a, 'dyn'); print(hasattr(a, 'dyn'))",
                  "print({**{'k': a}}['k'] is a)", "del a.shared", "print([c.__name__ for c in type(a).__bases__])",
              "a.__class__; print(a.__class__ is type(a))", "a.m = 5; print(a.m)", "a.update(k=1); print(a)",
                  "print(a | b)", "a.extend([a.v, 2]); print(len(a), a[-1])"]


def special(p, name):
    r = p.r
    args = "" if name in NONE else ARGUMENTS.get(name, "x")
    p.line(f"def {name}(self{', ' + args if args else ''}):")
    # what answers as expected comes first in the table, and most often here
    form = SPECIAL[name][0] if r.random() < 0.6 else r.choice(SPECIAL[name])
    with p:
        for s in form.format(x="x", y="y", k=r.randrange(5)).split("\n"):
            p.line(s)


def members(p, name, base):
    r = p.r
    form = r.randrange(6)
    if form < 4 or base == "object":
        p.line("def __init__(self, v=1, *args, **kw):")
        with p:
            if form == 0:
                p.line(f"print('init {name}', v, sorted(kw))")
            if form == 1:
                p.line("if v > 4:")
                p.line(f"    raise ValueError('init {name}', v)")
            if r.random() < 0.7 and base == "other":
                p.line(r.choice(["super().__init__(v, *args, **kw)", "super().__init__(v)",
                    "super().__init__(v=v + 1)"]))
            elif base in ("dict", "list"):
                p.line("super().__init__()")
            p.line("self.v = v")
            p.line("self.items = [v, 2, 3]")
    for n in r.sample(sorted(SPECIAL), r.randrange(2, 7)):
        special(p, n)
    if r.random() < 0.6:
        p.line("def m(self, x=0):")
        with p:
            p.line(r.choice([f"return ['{name}', x]", "return [x] + super().m(x)",
                f"return super().m(x + 1) + ['{name}']", f"raise LookupError('{name}.m')"]))
    if r.random() < 0.4:
        p.line("@property")
        p.line("def p(self):")
        p.line("    " + r.choice(["return self.v * 2", "return self._p", "return 1 // 0", "return super().p",
            "return self.nope"]))
        if r.random() < 0.6:
            p.line("@p.setter")
            p.line("def p(self, value):")
            p.line("    " + r.choice(["self._p = value", "self.v = value", "raise ValueError(value)"]))
    if r.random() < 0.3:
        p.line("@classmethod")
        p.line("def cm(cls):")
        p.line("    " + r.choice(["return cls.__name__", "return cls(3).v", "return super().cm() + '+'"]))
    if r.random() < 0.3:
        p.line("@staticmethod")
        p.line("def sm(x):")
        p.line("    return x * 2")
    if r.random() < 0.2:
        p.line("def __init_subclass__(cls, **kw):")
        p.line("    super().__init_subclass__(**kw)")
        p.line(f"    print('{name} has', cls.__name__)")
    if r.random() < 0.2:
        p.line("def __new__(cls, *args, **kw):")
        p.line("    " + r.choice(["print('new', cls.__name__)", "cls.made = getattr(cls, 'made', 0) + 1"]))
        p.line("    return super().__new__(cls)" if base != "dict" else "    return dict.__new__(cls)")
    if r.random() < 0.4:
        p.line(f"shared = [{r.randrange(4)}]")


def classes(p):
    r = p.r
    for i in range(r.randint(2, 4)):
        name, base = p.fresh("C"), "other"
        bases = r.sample(p.classes, min(len(p.classes), r.choice([1, 1, 2])))
        if not bases or r.random() < 0.25:
            base = r.choice(["object", "object", "object", "object", "dict", "list", "Exception"])
            bases = [base] if base != "object" else []
        p.line("try:")
        with p:
            p.line(f"class {name}{'(' + ', '.join(bases) + ')' if bases else ''}:")
            with p:
                if r.random() < 0.1:
                    p.line("'a docstring'")
                members(p, name, base)
        p.line("except TypeError as e:")
        p.line(f"    print('no {name}', str(e)[:40])")
        p.line(f"    class {name}({p.classes[0] if p.classes else 'object'}): pass")
        p.classes.append(name)


def uses(p):
    r = p.r
    for name in p.classes:
        p.line(f"for a in ({name},):")
        with p:
            p.line("try:")
            p.line(f"    a, b = {name}({r.randrange(1, 6)}), {r.choice(p.classes)}({r.randrange(1, 6)})")
            p.line("except Exception as e:")
            p.line("    show(e)")
            p.line("    continue")
            for s in r.sample(USES, 14):
                p.line(f"attempt({s!r}, lambda: {s})")
            for s in r.sample(STATEMENTS, 5):
                p.line("try:")
                with p:
                    for part in s.split("; ") if not s.startswith(("for", "while", "with")) else [s]:
                        p.line(part)
                p.line("except Exception as e:")
                p.line("    show(e)")
    if r.random() < 0.5:
        p.line(f"a, b = {r.choice(p.classes)}(1), {r.choice(p.classes)}(2)")
        p.line(f"print({r.choice(USES)})")
