# itertools: iterators made of iterators.
_unset = object()


class count:
    def __init__(self, start=0, step=1):
        if not isinstance(start, (int, float)) and (not hasattr(start, "__add__") or isinstance(start, str)):
            raise TypeError("a number is required")
        self._n, self._step = start, step

    def __iter__(self):
        return self

    def __next__(self):
        n = self._n
        self._n = n + self._step
        return n

    def __repr__(self):
        return f"count({self._n!r})" if self._step == 1 else f"count({self._n!r}, {self._step!r})"


class repeat:
    def __init__(self, object, times=None):
        self._object, self._times = object, times if times is None else max(times, 0)

    def __iter__(self):
        return self

    def __next__(self):
        if self._times is not None:
            if self._times == 0:
                raise StopIteration
            self._times -= 1
        return self._object

    def __repr__(self):
        return f"repeat({self._object!r})" if self._times is None else f"repeat({self._object!r}, {self._times})"


def cycle(iterable, /):
    return _cycle(iter(iterable))


def _cycle(it):
    seen = []
    for x in it:
        yield x
        seen.append(x)
    while seen:
        yield from seen


def accumulate(iterable, func=None, *, initial=None):
    return _accumulate(iter(iterable), func, initial)


def _accumulate(it, func, total):
    started = total is not None
    if started:
        yield total
    for x in it:
        total = x if not started else total + x if func is None else func(total, x)
        started = True
        yield total


class chain:
    def __init__(self, *iterables):
        self._it = _chain(iterables)

    @classmethod
    def from_iterable(cls, iterable, /):
        result = cls()
        result._it = _chain(iterable)
        return result

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._it)


def _chain(iterables):
    for iterable in iterables:
        for x in iterable:
            yield x


def compress(data, selectors):
    return (x for x, keep in zip(data, selectors) if keep)


def dropwhile(predicate, iterable, /):
    return _dropwhile(predicate, iter(iterable))


def _dropwhile(predicate, it):
    dropping = True
    for x in it:
        dropping = dropping and predicate(x)
        if not dropping:
            yield x


def takewhile(predicate, iterable, /):
    return _takewhile(predicate, iter(iterable))


def _takewhile(predicate, it):
    for x in it:
        if not predicate(x):
            return
        yield x


def filterfalse(predicate, iterable, /):
    return (x for x in iterable if not (predicate(x) if predicate is not None else x))


def starmap(function, iterable, /):
    return (function(*args) for args in iterable)


def islice(iterable, *args):
    if not args or len(args) > 3:
        raise TypeError(f"islice expected at {'least 2' if not args else 'most 4'} arguments, got {1 + len(args)}")
    start, stop, step = (0, args[0], 1) if len(args) == 1 else (*args, 1)[:3]
    start, step = 0 if start is None else start, 1 if step is None else step
    if stop is not None and (not isinstance(stop, int) or stop < 0):
        raise ValueError("Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize." if
                         len(args) == 1 else
                         "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.")
    if not isinstance(start, int) or start < 0:
        raise ValueError("Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.")
    if not isinstance(step, int) or step < 1:
        raise ValueError("Step for islice() must be a positive integer or None.")
    return _islice(iter(iterable), start, stop, step)


def _islice(it, start, stop, step):
    at, wanted = 0, start
    while stop is None or wanted < stop:
        while at <= wanted:
            x = next(it, _unset)
            if x is _unset:
                return
            at += 1
        yield x
        wanted += step
    while stop is not None and at < stop:
        if next(it, _unset) is _unset:
            return
        at += 1


def tee(iterable, n=2, /):
    if n < 0:
        raise ValueError("n must be >= 0")
    it = iter(iterable)
    queues = [[] for _ in range(n)]
    return tuple([_tee(it, queues, queue) for queue in queues])


def _tee(it, queues, queue):
    while True:
        if not queue:
            x = next(it, _unset)
            if x is _unset:
                return
            for q in queues:
                q.append(x)
        yield queue.pop(0)


def zip_longest(*iterables, fillvalue=None):
    return _zip_longest([iter(it) for it in iterables], fillvalue)


def _zip_longest(its, fillvalue):
    while its:
        row = [_unset if it is None else next(it, _unset) for it in its]
        its = [None if x is _unset else it for x, it in zip(row, its)]
        if all([it is None for it in its]):
            return
        yield tuple([fillvalue if x is _unset else x for x in row])


def pairwise(iterable, /):
    return _pairwise(iter(iterable))


def _pairwise(it):
    before = next(it, _unset)
    for x in it:
        yield before, x
        before = x


def product(*iterables, repeat=1):
    if repeat < 0:
        raise ValueError("repeat argument cannot be negative")
    return _product([tuple(it) for it in iterables] * repeat)


def _product(pools):
    if not all(pools):
        return
    at = [0] * len(pools)
    while True:
        yield tuple([pool[i] for pool, i in zip(pools, at)])
        k = len(pools) - 1
        while k >= 0 and at[k] == len(pools[k]) - 1:
            at[k] = 0
            k -= 1
        if k < 0:
            return
        at[k] += 1


def permutations(iterable, r=None):
    pool = tuple(iterable)
    if r is not None and not isinstance(r, int):
        raise TypeError("Expected int as r")
    if r is not None and r < 0:
        raise ValueError("r must be non-negative")
    return _permutations(pool, len(pool) if r is None else r)


def _permutations(pool, r):
    if r > len(pool):
        return
    at = list(range(r))
    while True:
        yield tuple([pool[i] for i in at])
        k = r - 1
        while k >= 0:
            larger = [i for i in range(at[k] + 1, len(pool)) if i not in at[:k]]
            if larger:
                break
            k -= 1
        if k < 0:
            return
        at[k] = larger[0]
        at[k + 1:] = [i for i in range(len(pool)) if i not in at[:k + 1]][:r - k - 1]


def combinations(iterable, r):
    return _combinations(_pool(iterable, r), r, 1)


def combinations_with_replacement(iterable, r):
    return _combinations(_pool(iterable, r), r, 0)


def _pool(iterable, r):
    pool = tuple(iterable)
    if r < 0:
        raise ValueError("r must be non-negative")
    return pool


def _combinations(pool, r, step):
    """Indices that go up by at least step."""
    n = len(pool)
    if r and not n or step and r > n:
        return
    at = [i * step for i in range(r)]
    while True:
        yield tuple([pool[i] for i in at])
        k = r - 1
        while k >= 0 and at[k] == n - 1 - (r - 1 - k) * step:
            k -= 1
        if k < 0:
            return
        at[k] += 1
        for j in range(k + 1, r):
            at[j] = at[j - 1] + step


class groupby:
    def __init__(self, iterable, key=None):
        self._it = iter(iterable)
        self._key = key
        self._id = None
        self._last = self._wanted = _unset
        self._value = _unset

    def __iter__(self):
        return self

    def _step(self):
        self._value = next(self._it)
        self._last = self._value if self._key is None else self._key(self._value)

    def __next__(self):
        self._id = object()
        while self._wanted is self._last or self._wanted is not _unset and self._wanted == self._last:
            self._step()
        self._wanted = self._last
        return self._last, self._group(self._wanted, self._id)

    def _group(self, wanted, id):
        while self._id is id and self._last == wanted:
            yield self._value
            try:
                self._step()
            except StopIteration:
                self._last = self._wanted = _unset
                self._it = iter(())
                return
