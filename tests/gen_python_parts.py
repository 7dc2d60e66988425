"""Random programs for gen_python.py: program(seed) gives the text of one.

A program is a prelude, some exception classes, some classes, and functions and generators whose bodies are blocks of
random statements; then calls of all these, each seen by attempt(), and at last some that nobody catches. Names are
bound before they are used most of the time, loops end, functions call only those before them: what goes wrong is
what the program raises, or a name that a branch left unbound.
"""
import contextlib
import random

import gen_python_classes

PRELUDE = '''\
def show(e):
    for _ in range(4):
        print("  ", type(e).__name__, e, e.args, e.__cause__ is not None, e.__suppress_context__)
        e = e.__context__
        if e is None:
            break


def attempt(name, f, *args):
    try:
        print(name, f(*args))
    except Exception as e:
        print(name, "raised")
        show(e)


def run(name, g, *sent):
    out = []
    try:
        out.append(next(g))
        for x in sent:
            out.append(g.throw(x) if isinstance(x, BaseException) else g.send(x))
        out.extend(x for _, x in zip(range(9), g))
        print(name, out)
    except StopIteration as e:
        print(name, out, "ended with", e.value)
    except Exception as e:
        print(name, out, "raised")
        show(e)
    try:
        g.close()  # as what nobody refers to is, where references are counted
    except Exception as e:
        print(name, "raised when it was closed")
        show(e)


class Guard:
    def __init__(self, name, *swallow):
        self.name, self.swallow = name, swallow

    def __enter__(self):
        print("enter", self.name)
        return self

    def __exit__(self, kind, value, tb):
        print("exit", self.name, kind and kind.__name__, value)
        return kind is not None and issubclass(kind, self.swallow)


count = 0
'''
BUILTIN_ERRORS = ["ValueError", "KeyError", "IndexError", "ZeroDivisionError", "TypeError", "RuntimeError",
    "LookupError",
                  "ArithmeticError", "Exception", "OSError", "StopIteration", "AttributeError", "NameError"]
# Expressions over the numbers x and y that may raise.
RISKY = ["10 // ({x} % 3)", "[1, 2, 3][{x}]", "{{'k1': 1, 'k2': 2}}['k%d' % ({x} % 4)]", "int('1' * ({x} % 3))",
    "(1, 2, 3)[{x} - {y}]",
         "'abc'[{x}]", "next(iter([7][{x} % 2:]))", "[7].pop({x} % 2)", "[1, 2, 3].index({x})",
             "{{1, 2}}.remove({x} % 4)", "{x} + 'a' * ({y} % 2)",
         "len([{x}] if {x} % 2 else {x})", "None.attr if {x} % 3 == 0 else {y}", "max([{x}][:{y} % 2])",
             "dict(a={x})['b' if {x} > 3 else 'a']",
         "('%d' if {x} % 2 else '%d %d') % {y}", "chr({x} - 2)", "sum([{x}, {y}][:2])",
             "[{x}, {y}, 3].remove({y} - 1)", "sorted([{x}, 'a'][:{y}])",
         "{x} ** -({y} % 2)", "missing_name if {x} == 5 else {y}"]
SAFE = ["{x} + {y}", "{x} * 2 - {y}", "{x} % 5", "-{x}", "abs({x} - {y})", "{x} if {x} > {y} else {y}",
    "min({x}, {y})", "len(str({x}))", "({x} << 1) & 7",
        "sum(i * {x} for i in range(3))", "[{x}, {y}][{x} < {y}]", "(lambda a, b=2: a * b)({x})",
            "max({x}, {y}, key=lambda q: -q)",
        "len({{i % 2: i for i in range({x} % 4)}})", "{x} and {y}", "{x} or {y}", "int(0 <= {x} < {y} <= 9)",
            "len(f'{{{x}:>4}}|{{{y}!r}}')"]


class Text:
    """Lines with their indentation."""

    def __init__(self, r):
        self.r, self.lines, self.depth, self.n = r, [], 0, 0

    def line(self, s):
        self.lines.append("    " * self.depth + s)

    def fresh(self, stem):
        self.n += 1
        return f"{stem}{self.n}"

    def block(self, head):
        self.line(head)
        return self

    def __enter__(self):
        self.depth += 1

    def __exit__(self, *_):
        self.depth -= 1


class Scope:
    """Of a function's body: its names of numbers, and where in it the next statement stands."""

    def __init__(self, names, generator=False):
        self.names, self.generator = list(names), generator
        self.loop = self.handler = self.finals = self.outer = 0
        self.exc = None


class Program(Text):
    def __init__(self, seed):
        super().__init__(random.Random(seed))
        self.errors = list(BUILTIN_ERRORS)
        self.functions, self.generators, self.classes = [], [], []

    # ---- expressions ----

    def number(self, scope):
        return self.r.choice(scope.names) if scope.names and self.r.random() < 0.7 else str(self.r.randrange(6))

    def expr(self, scope, risk=0.3):
        form = self.r.choice(RISKY if self.r.random() < risk else SAFE)
        text = form.format(x=self.number(scope), y=self.number(scope))
        if self.functions and self.r.random() < 0.12:
            return f"({self.r.choice(self.functions)}({self.number(scope)}) or 0)"
        return text

    def condition(self, scope):
        x, y = self.number(scope), self.number(scope)
        return self.r.choice([f"{x} % 2", f"{x} > {y}", f"{x} == {y} or {y} > 3", f"not {x}", f"1 < {x} <= 4",
            f"{x} in (1, 3, {y})",
                              f"(w := {x} + 1) > {y}", f"{x} is not None and {y} != 2"])

    def raised(self, scope):
        name = self.r.choice(self.errors)
        args = self.r.choice(["", "'m%d'" % self.r.randrange(9), self.number(scope), "'a', 2",
            f"'v', {self.number(scope)}"])
        return f"{name}({args})" if args or self.r.random() < 0.5 else name

    # ---- statements ----

    def body(self, scope, depth, most=3):
        for _ in range(self.r.randint(1, most)):
            if self.statement(scope, depth):
                return

    def statement(self, scope, depth):
        """True: nothing behind it would run."""
        simple = [self.assign] * 4 + [self.tell] * 3 + [self.augment] * 2 + [self.may_raise] * 2
        simple += [self.leave] * 2 + [self.small]
        if scope.generator:
            simple += [self.gives] * 5
        nested = [self.branch] * 3 + [self.tries] * 7 + [self.loop_for] * 3 + [self.loop_while] * 2
        nested += [self.guarded] * 3 + [self.closure, self.matches] * 2
        return self.r.choice(simple + (nested if depth > 0 else []))(scope, depth)

    def assign(self, scope, _):
        name = self.r.choice("abcd")
        self.line(f"{name} = {self.expr(scope)}")
        if name not in scope.names and not scope.outer:
            scope.names.append(name)

    def tell(self, scope, _):
        self.line(f"print({self.n!r}, {', '.join(scope.names[:4]) or 0}, {self.expr(scope, 0.1)})")
        self.n += 1

    def augment(self, scope, _):
        if scope.names:
            name = self.r.choice(scope.names)
            self.line(f"{name} {self.r.choice(['+=', '-=', '*=', '//=', '%='])} {self.r.randint(1, 4)}")

    def small(self, scope, _):
        x, y = self.number(scope), self.number(scope)
        self.line(self.r.choice([
            f"assert {x} != {y}, 'assert {self.n}'", f"assert {x} < 5", f"p, *q = [{x}, {y}, 3]; print(p, q)",
                f"p, q = [{x}, {y}, 3][:{x}]; print(p, q)",
            "print(count)", f"print([(i, j) for i in range({x} % 3) for j in 'ab' if i != {y}])",
            f"print({{k: v for k, v in zip('abc', range({x}))}}, sep='|', end='.\\n')",
            f"print([z := {x}, z + 1], [y for y in range(4) if (h := y) > {y}])",
            f"t = [{x}, {y}]; t[{x} % 3] += 1; print(t)", f"t = [1, 2, 3]; del t[{x}]; print(t)", "print(w)",
            f"exec('print(n + 1)', {{'n': {x}}})"]))

    def perhaps(self, scope, chance, write):
        """What leaves a block, under a condition by that chance. Whether nothing behind it is reached."""
        if self.r.random() < chance:
            self.line(f"if {self.condition(scope)}:")
            with self:
                write()
            return False
        write()
        return True

    def may_raise(self, scope, _):
        return self.perhaps(scope, 0.5, lambda: self.leave_by_raise(scope))

    def leave_by_raise(self, scope):
        what = self.raised(scope)
        if scope.exc and self.r.random() < 0.3:
            what = self.r.choice([scope.exc, f"{what} from {scope.exc}", f"{what} from None"])
        elif scope.handler and self.r.random() < 0.3:
            what = ""
        elif self.r.random() < 0.1:
            what += f" from {self.raised(scope)}"
        self.line(f"raise {what}".rstrip())

    def leave(self, scope, _):
        where = ["return " + self.expr(scope)]
        if scope.loop:
            where += ["break", "continue"] * 2
        what = self.r.choice(where)
        return self.perhaps(scope, 0.6, lambda: self.line(what))

    def gives(self, scope, _):
        x = self.expr(scope, 0.15)
        forms = [f"yield {x}", f"yield {x}", f"s = yield {x}", f"yield ({self.n}, {x})",
            f"yield from [{x}, {self.number(scope)}]",
                 f"print('sent', (yield {x}))" if False else f"r = yield from range({self.number(scope)} % 3)"]
        if self.generators:
            forms += [f"r = yield from {self.r.choice(self.generators)}({self.number(scope)})"] * 2
        self.line(self.r.choice(forms))

    def branch(self, scope, depth):
        self.line(f"if {self.condition(scope)}:")
        with self:
            self.body(scope, depth - 1)
        if self.r.random() < 0.3:
            self.line(f"elif {self.condition(scope)}:")
            with self:
                self.body(scope, depth - 1)
        if self.r.random() < 0.5:
            self.line("else:")
            with self:
                self.body(scope, depth - 1)

    def handler(self, scope, depth, last):
        names = self.r.sample(self.errors, self.r.randint(1, 2))
        what = names[0] if len(names) == 1 else f"({', '.join(names)})"
        if last and self.r.random() < 0.3:
            what = self.r.choice(["Exception", "Exception", "BaseException" if not scope.generator else "Exception",
                ""])
        name = self.r.choice(["e", "e", "err", "a", ""]) if what else ""
        was = scope.exc
        self.line(f"except {what}{' as ' + name if name else ''}:".replace(" :", ":"))
        with self:
            scope.handler += 1
            scope.exc = name or was
            if name:
                self.line(f"print({self.n!r}, repr({name}), {name}.args)")
                if name in scope.names:
                    scope.names.remove(name)
            self.body(scope, depth - 1)
            scope.handler -= 1
            scope.exc = was

    def tries(self, scope, depth):
        self.line("try:")
        with self:
            self.body(scope, depth - 1)
            if self.r.random() < 0.5:
                self.line(f"{self.r.choice('abcd')} = {self.expr(scope, 0.9)}")
        handlers = self.r.choice([0, 1, 1, 1, 2, 2, 3])
        for i in range(handlers):
            self.handler(scope, depth, i == handlers - 1)
        if handlers and self.r.random() < 0.3:
            self.line("else:")
            with self:
                self.body(scope, depth - 1, 2)
        if not handlers or self.r.random() < 0.4:
            self.line("finally:")
            with self:
                self.line(f"print({self.n!r}, 'finally')")
                self.body(scope, depth - 1, 2)

    def orelse(self, scope, depth):
        if self.r.random() < 0.3:
            self.line("else:")
            with self:
                self.body(scope, depth - 1, 2)

    def loop_for(self, scope, depth):
        name = self.fresh("i")
        over = self.r.choice([f"range({self.r.randint(1, 4)})", "[3, 1, 2]", f"[{self.expr(scope)}, 2]",
            f"(k * 2 for k in range({self.number(scope)} % 4))",
                              f"sorted([2, {self.number(scope)}, 1], key=lambda q: 6 // (q + 1))"])
        if self.generators and self.r.random() < 0.5:
            over = f"{self.r.choice(self.generators)}({self.number(scope)})"
            self.line(f"for {name}, _ in zip({over}, range(4)):" if False else f"for {name} in {over}:")
            name = f"len(str({name}))"
        else:
            self.line(f"for {name} in {over}:")
        with self:
            kept, loop = list(scope.names), scope.loop
            if "(" not in name:
                scope.names.append(name)
            scope.loop = 1
            self.body(scope, depth - 1)
            scope.loop = loop
            scope.names = [n for n in scope.names if n in kept or n in "abcd"]
        self.orelse(scope, depth)

    def loop_while(self, scope, depth):
        name = self.fresh("n")
        self.line(f"{name} = {self.r.randint(1, 3)}")
        self.line(f"while {name}:")
        with self:
            self.line(f"{name} -= 1")
            loop, scope.loop = scope.loop, 1
            self.body(scope, depth - 1)
            scope.loop = loop
        self.orelse(scope, depth)

    def guarded(self, scope, depth):
        swallow = self.r.sample(self.errors, self.r.randrange(3))
        one = f"Guard({', '.join([str(self.n)] + swallow)})"
        self.n += 1
        more = f", Guard({self.n} + {self.expr(scope, 0.4)})" if self.r.random() < 0.2 else ""
        self.line(f"with {one}{self.r.choice(['', ' as m'])}{more}:")
        with self:
            self.body(scope, depth - 1)

    def closure(self, scope, depth):
        name = self.fresh("inner")
        outer = [n for n in scope.names if n in "abcd" and not scope.outer]
        self.line(f"def {name}(x, y=2, *rest, z=1, **more):")
        with self:
            inner = Scope(["x", "y", "z"])
            if outer and self.r.random() < 0.6:
                self.line(f"nonlocal {outer[0]}")
                self.line(f"{outer[0]} += x")
                inner.names.append(outer[0])
                inner.outer = 1
            self.body(inner, min(depth - 1, 1))
            self.line("return x + y + len(rest) + len(more)")
        x = self.number(scope)
        call = self.r.choice([f"{name}({x})", f"{name}({x}, 3, 4)", f"{name}(*[{x}], z=3, q=1)",
            f"{name}(**{{'x': {x}}})", f"{name}()", f"{name}({x}, y=1, x=2)",
                              f"[{name}(i) for i in range(2)]"])
        self.line(f"print({self.n!r}, {call})")

    def matches(self, scope, depth):
        x, y = self.number(scope), self.number(scope)
        self.line("match " + self.r.choice([f"{x}", f"({x}, {y})", f"[{x}, {y}, 3]", f"{{'k': {x}, 'z': {y}}}",
            f"str({x})", f"[{x}, ({y}, 1)]"]) + ":")
        cases = ["0 | 1", "[0, *_]", "(u, v)", "[u, v, *rest]", "{'k': 2}", "{'k': u, **more}", "str(u)",
            "int(u) if u > 2", "[u, (v, 1)]", "('1' | '2') as u", "u if u", "None"]
        with self:
            for case in self.r.sample(cases, 3) + ["_"]:
                self.line(f"case {case}:")
                with self:
                    if "u" in case.replace("tuple", "").split(" if")[0] and self.r.random() < 0.7:
                        self.line(f"print({self.n!r}, u)")
                    self.body(scope, depth - 1, 2)

    # ---- functions ----

    def function(self, generator=False, depth=2):
        name = self.fresh("g" if generator else "f")
        self.line(f"def {name}(x, y=3):")
        with self:
            if self.r.random() < 0.2:
                self.line("global count")
                self.line("count += x")
            scope = Scope(["x", "y"], generator)
            self.body(scope, depth + self.r.randrange(2), 5)
            if generator:
                self.line("yield x" if self.r.random() < 0.8 else "if 0: yield")
            self.line(f"return {self.number(scope)}")
        self.line("")
        (self.generators if generator else self.functions).append(name)
        return name

    def exceptions(self):
        for _ in range(self.r.randint(1, 3)):
            name = self.fresh("E")
            self.line(f"class {name}({self.r.choice(self.errors)}):")
            with self:
                forms = [["pass"], ["code = 5"], ["def __str__(self):", "    return 'text of ' + repr(self.args)"],
                         ["def __init__(self, *args):", "    super().__init__(*args, 'more')",
                             "    self.n = len(args)"],
                         ["def __init__(self, a=1, b=2):", "    self.a = a", "    super().__init__(f'{a}-{b}')"],
                         ["def __repr__(self):", f"    return '{name}!' + str(len(self.args))"],
                         ["def __init__(self, *args):", "    self.kept = args"]]
                for s in self.r.choice(forms):
                    self.line(s)
            self.line("")
            self.errors += [name] * 3


def program(seed):
    """The first that CPython compiles: a case may hide those below it."""
    for n in range(99):
        text = attempt(f"{seed}.{n}")
        with contextlib.suppress(SyntaxError):
            compile(text, "script", "exec")
            return text
    raise ValueError(seed)


def attempt(seed):
    p = Program(seed)
    r = p.r
    for s in PRELUDE.split("\n"):
        p.line(s)
    if r.random() < 0.8:
        p.exceptions()
    kinds = r.choice(["f", "fg", "c", "fc", "fgc", "fgc", "gc"])
    if "c" in kinds:
        gen_python_classes.classes(p)
    for _ in range(r.randint(1, 2) if "f" in kinds else 0):
        p.function()
    for _ in range(r.randint(1, 2) if "g" in kinds else 0):
        p.function(generator=True)
    if "f" in kinds:
        p.function()
    for name in p.functions:
        for x in r.sample(range(7), 3):
            p.line(f"attempt('{name}', {name}, {x}{r.choice(['', ', 0', ', 2'])})")
    for name in p.generators:
        sent = [r.choice(["None", "1", "2", p.r.choice(p.errors) + "('sent')"]) for _ in range(r.randrange(4))]
        p.line(f"run('{name}', {name}({r.randrange(6)}), {', '.join(sent)})")
        p.line(r.choice([f"attempt('list', lambda: list({name}({r.randrange(6)})))",
            f"attempt('sum', lambda: [*{name}({r.randrange(6)})][1:])",
                         f"g = {name}({r.randrange(6)}); attempt('next', lambda: (next(g), g.close(), list(g)))"]))
    if "c" in kinds:
        gen_python_classes.uses(p)
    if p.functions:
        p.line(f"print({r.choice(p.functions)}({r.randrange(6)}))")
    elif p.generators:
        p.line(f"print(list({r.choice(p.generators)}({r.randrange(6)})))")
    return "\n".join(p.lines) + "\n"
