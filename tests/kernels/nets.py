"""Networks of convolutions, whose values lie in blocks of channels, and what leads into them and out again."""

BOUND = (2e-5, 8e-3)  # several layers


def pads(rng, kernel, size):
    """Arguments of padding that leaves something."""
    kind = rng.choice(["same", "same", "same_lower", "custom", "valid"])
    if kind == "valid" and min(size) < max(kernel):
        kind = "same"
    pad = [rng.choice([k // 2, k // 2, rng.randrange(k)]) for k in kernel for _ in "12"]
    return f"pad_type='{kind}', pad={pad}", kind, pad


def out_size(size, kernel, stride, kind, pad):
    if kind.startswith("same"):
        return [(n + s - 1) // s for n, s in zip(size, stride)]
    return [(n + (pad[2 * i] + pad[2 * i + 1] if kind == "custom" else 0) - k) // s + 1
            for i, (n, k, s) in enumerate(zip(size, kernel, stride))]


def normed(x, c):
    return f"batch_norm(x={x}, mean=W({c}), variance=np.abs(W({c})) + N(0.5), gamma=W({c}), beta=W({c}))"


class Net:
    def __init__(self, rng, symbolic):
        self.rng, self.lines, self.n, self.symbolic = rng, [], 0, symbolic
        self.size = [rng.choice([1, 4, 7, 9, 14, 17, 30]) for _ in "12"]
        self.batch, self.channels = rng.choice([1, 1, 2]), rng.choice([3, 16, 24, 33])
        self.like = []  # values of the shape at hand

    def value(self, expression):
        self.n += 1
        self.lines.append(f"v{self.n} = mb.{expression}")
        return f"v{self.n}"

    def put(self, expression):
        self.like.append(self.value(expression))

    @property
    def last(self):
        return self.like[-1]

    def window(self, kernel, stride, args, make):
        size = out_size(self.size, kernel, stride, *args[1:])
        if min(size) < 1:
            return
        self.size = size
        x, self.like = self.last, []
        self.put(make(x, f"strides={stride}, {args[0]}"))

    def sizes(self):
        kernel = [self.rng.choice([1, 1, 2, 3, 3, 5]) for _ in "12"]
        return kernel, [self.rng.choice([1, 1, 2, 3]) for _ in "12"], pads(self.rng, kernel, self.size)

    def conv(self):
        kernel, stride, args = self.sizes()
        groups = 2 if self.channels % 32 == 0 and self.rng.random() < 0.5 else 1
        out = self.rng.choice([16, 20, 24, 32, 64]) if groups == 1 else 32
        shape, into = f"{out}, {self.channels // groups}, {kernel[0]}, {kernel[1]}", self.channels
        bias = self.rng.choice(["", f", bias=W({out})"])
        before = len(self.lines)
        self.window(kernel, stride, args, lambda x, a: f"conv(x={x}, weight=W({shape}) / N({(into * 2) ** 0.5}){bias}, "
                    f"{a}, groups={groups})")
        if len(self.lines) > before:
            self.channels = out

    def depthwise(self):
        kernel, stride, args = self.sizes()
        c = self.channels
        self.window(kernel, stride, args, lambda x, a: f"conv(x={x}, weight=W({c}, 1, {kernel[0]}, {kernel[1]}), "
                    f"bias=W({c}), {a}, groups={c})")

    def pool(self):
        kernel, stride, args = self.sizes()
        op = self.rng.choice(["max_pool", "avg_pool", "l2_pool"])
        more = ", exclude_padding_from_average=True" if op == "avg_pool" and self.rng.random() < 0.5 else ""
        if args[1] == "custom" and any(p >= k for p, k in zip(args[2], [k for k in kernel for _ in "12"])):
            return
        self.window(kernel, stride, args, lambda x, a: f"{op}(x={x}, kernel_sizes={kernel}, {a}{more})")

    def maps(self):
        c, x = self.channels, self.last
        self.put(self.rng.choice([
            f"relu(x={x})", f"relu6(x={x})", f"sigmoid(x={x})", f"add(x={x}, y={self.rng.choice(self.like)})",
            f"mul(x={self.rng.choice(self.like)}, y={x})", f"add(x={x}, y=W(1, {c}, 1, 1))", f"mul(x={x}, y=N(0.5))",
            f"sub(x=W({c}, 1, 1), y={x})", f"prelu(x={x}, alpha=W({c}))",
            f"add(x={x}, y=W({1 if self.symbolic else self.size[1]}))", normed(x, c)]))

    def scaled(self):
        """A number for each channel and image that is made of the image itself."""
        x = self.last
        s = self.value(f"reduce_mean(x={x}, axes=[2, 3], keep_dims=True)")
        self.put(f"mul(x={x}, y=mb.sigmoid(x={s}))")

    def keeping(self):
        """A window that leaves the size as it is."""
        kernel = [self.rng.choice([1, 1, 3, 5]) for _ in "12"]
        pad = [p for k in kernel for p in (lambda a, k=k: (a, k - 1 - a))(self.rng.randrange(k))]
        return kernel, f"strides=[1, 1], pad_type='custom', pad={pad}"

    def convolved(self, x, into, out):
        kernel, args = self.keeping()
        shape = f"{out}, {into}, {kernel[0]}, {kernel[1]}"
        return self.value(f"conv(x={x}, weight=W({shape}) / N({(into * 2) ** 0.5}), {args})")

    def branch(self, x, c):
        """A value of x's size, and its channels."""
        kind = self.rng.choice(["conv", "conv", "conv", "pool", "x"])
        out = self.rng.choice([16, 32, 64, 20, 24, 36, 40, 8])
        if kind == "x":
            return x, c
        if kind == "pool":
            return self.value(f"max_pool(x={x}, kernel_sizes=[3, 3], strides=[1, 1], pad_type='same')"), c
        v = self.convolved(x, c, out)
        return (self.value(f"relu(x={v})") if self.rng.random() < 0.7 else v), out

    def concat(self, parts):
        sizes = [c for _, c in parts]
        more = ", interleave=True" if len(set(sizes)) == 1 and self.rng.random() < 0.1 else ""
        values = ", ".join(v for v, _ in parts)
        return self.value(f"concat(values=[{values}], axis={self.rng.choice([1, 1, -3])}{more})"), sum(sizes)

    def become(self, value):
        self.like, self.channels = [value[0]], value[1]

    def squeezed(self):
        """What x has few channels in."""
        if self.channels > 64 or self.rng.random() < 0.5:
            out = self.rng.choice([16, 32])
            self.become((self.value(f"relu(x={self.convolved(self.last, self.channels, out)})"), out))

    def branches(self):
        self.squeezed()
        self.become(self.concat([self.branch(self.last, self.channels) for _ in range(self.rng.randrange(2, 5))]))

    def dense(self):
        self.squeezed()
        parts, growth = [(self.last, self.channels)], self.rng.choice([16, 32, 12, 20])
        for _ in range(self.rng.randrange(1, 4)):
            v, c = self.concat(parts)
            v = self.value(f"relu(x={self.value(normed(v, c))})")
            parts.append((self.convolved(v, c, growth), growth))
        self.become(self.concat(parts))

    def other(self):
        self.put(f"reverse(x={self.last}, axes=[3])")


def net(rng, symbolic):
    n = Net(rng, symbolic)
    shape = (n.batch, n.channels, *([str(k) for k in n.size] if symbolic else n.size))
    n.lines.append("v0 = mb.sub(x=x, y=N(0.5))")
    n.like.append("v0")
    steps = [n.conv, n.conv, n.conv, n.depthwise, n.pool, n.maps, n.maps, n.maps, n.scaled, n.other, n.branches,
             n.dense]
    for _ in range(rng.randrange(3, 10)):
        rng.choice(steps)()
    also = f", mb.identity(x={rng.choice(n.like)})" if rng.random() < 0.3 else ""
    return shape, "\n".join(n.lines) + f"\nreturn mb.identity(x={n.last}){also}"


def pixels(rng):
    """What is made of all pixels of an image that a window reads, too; of numbers that floats are not enough for, that
    are none, or that are zeros of both signs."""
    batch, channels = rng.choice([1, 2]), rng.choice([16, 24, 40])
    size = [rng.choice([1, 2, 3, 7, 8, 9, 16, 30]) for _ in "12"]
    kernel = rng.choice([1, 3, 5])
    of = rng.choice(["clip(x=v, alpha=N(0.5), beta=N(2))", "mul(x=v, y=N(1e37 if KIND == 'fp32' else 5e3))",
                     "mul(x=v, y=N(1e-30))", "mul(x=mb.sub(x=v, y=N(1.0)), y=N(0))"])
    x = rng.choice(["x", "x", "mb.select(cond=mb.greater(x=x, y=N(0.999)), a=N(np.nan), b=x)"])
    ops = ["mean", "sum", "max", "min", "l1_norm", "l2_norm", "sum_square", "log_sum", "log_sum_exp", "prod"]
    if "mul" in of:
        ops = ops[:7]
    axes, keep = rng.choice([[2, 3], [3, 2], [-2, -1], [2, -1]]), rng.choice([True, False])
    body = f"""v = mb.relu(x=mb.conv(x={x}, weight=W({channels}, 3, 1, 1)))
v = mb.add(x=v, y=N(0.25))
v = mb.{of}
c = mb.conv(x=v, weight=W(16, {channels}, {kernel}, {kernel}), pad_type='same')
return mb.reduce_{rng.choice(ops)}(x=v, axes={axes}, keep_dims={keep}), mb.identity(x=c)"""
    return (batch, 3, *size), body


def cases(rng, count):
    for i in range(20 * count):
        symbolic = rng.random() < 0.2
        shape, body = net(rng, symbolic)
        yield Case(f"net{i}", {"x": shape}, body, BOUND)
    for i in range(6 * count):
        shape, body = pixels(rng)
        yield Case(f"pixels{i}", {"x": shape}, body, BOUND)
