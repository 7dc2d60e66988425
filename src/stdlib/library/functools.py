# functools: functions made of functions.
from collections import namedtuple as _namedtuple

WRAPPER_ASSIGNMENTS = ("__module__", "__name__", "__qualname__", "__doc__", "__annotations__")
WRAPPER_UPDATES = ("__dict__",)
_CacheInfo = _namedtuple("CacheInfo", ["hits", "misses", "maxsize", "currsize"], module="functools")
_unset = object()


def update_wrapper(wrapper, wrapped, assigned=WRAPPER_ASSIGNMENTS, updated=WRAPPER_UPDATES):
    for name in assigned:
        if hasattr(wrapped, name):
            setattr(wrapper, name, getattr(wrapped, name))
    for name in updated:
        for key, value in getattr(wrapped, name, {}).items():
            setattr(wrapper, key, value)
    wrapper.__wrapped__ = wrapped
    return wrapper


def wraps(wrapped, assigned=WRAPPER_ASSIGNMENTS, updated=WRAPPER_UPDATES):
    return lambda wrapper: update_wrapper(wrapper, wrapped, assigned, updated)


def reduce(function, iterable, initial=_unset, /):
    try:
        it = iter(iterable)
    except TypeError:
        raise TypeError("reduce() arg 2 must support iteration") from None
    value = initial
    for x in it:
        value = x if value is _unset else function(value, x)
    if value is _unset:
        raise TypeError("reduce() of empty iterable with no initial value")
    return value


class partial:
    def __init__(self, *args, **keywords):
        if not args:
            raise TypeError("type 'partial' takes at least one argument")
        func, *args = args
        if not callable(func):
            raise TypeError("the first argument must be callable")
        if isinstance(func, partial):
            args = [*func.args, *args]
            keywords = {**func.keywords, **keywords}
            func = func.func
        self.func, self.args, self.keywords = func, tuple(args), keywords

    def __call__(self, /, *args, **keywords):
        return self.func(*self.args, *args, **{**self.keywords, **keywords})

    def __repr__(self):
        parts = [repr(self.func), *[repr(a) for a in self.args], *[f"{k}={v!r}" for k, v in self.keywords.items()]]
        return f"functools.partial({', '.join(parts)})"


def partialmethod(func, /, *args, **keywords):
    return lambda self, *more, **kw: func(self, *args, *more, **{**keywords, **kw})


def lru_cache(maxsize=128, typed=False):
    if callable(maxsize) and isinstance(typed, bool):
        return _cached(maxsize, 128, False)
    if maxsize is not None and not isinstance(maxsize, int):
        raise TypeError("Expected first argument to be an integer, a callable, or None")
    size = None if maxsize is None else max(maxsize, 0)
    return lambda function: _cached(function, size, typed)


def cache(user_function, /):
    return _cached(user_function, None, False)


def _cached(function, maxsize, typed):
    found, counts = {}, [0, 0]

    def wrapper(*args, **kwds):
        key = (args, tuple(kwds.items()))
        if typed:
            key += (tuple([type(a) for a in args]), tuple([type(v) for v in kwds.values()]))
        elif len(args) == 1 and not kwds and type(args[0]) in (int, str):
            key = args[0]  # so that 1 is not 1.0, as in CPython
        value = found.get(key, _unset)
        if value is not _unset:
            counts[0] += 1
            if maxsize is not None:
                del found[key]
                found[key] = value
            return value
        counts[1] += 1
        value = function(*args, **kwds)
        if maxsize != 0:
            found[key] = value
            if maxsize is not None and len(found) > maxsize:
                del found[next(iter(found))]
        return value

    def cache_info():
        return _CacheInfo(counts[0], counts[1], maxsize, len(found))

    def cache_clear():
        found.clear()
        counts[:] = [0, 0]

    wrapper.cache_info = cache_info
    wrapper.cache_clear = cache_clear
    wrapper.cache_parameters = lambda: {"maxsize": maxsize, "typed": typed}
    return update_wrapper(wrapper, function)


def cached_property(func):
    """A property whose value is kept in the instance; it may be set and deleted there."""
    name = func.__name__

    def get(self):
        if name not in self.__dict__:
            self.__dict__[name] = func(self)
        return self.__dict__[name]

    def put(self, value):
        self.__dict__[name] = value

    def forget(self):
        if name not in self.__dict__:
            raise AttributeError(name)
        del self.__dict__[name]

    return property(get, put, forget, func.__doc__)


def cmp_to_key(mycmp):
    class K:
        def __init__(self, obj):
            self.obj = obj

        def __lt__(self, other):
            return mycmp(self.obj, other.obj) < 0

        def __gt__(self, other):
            return mycmp(self.obj, other.obj) > 0

        def __eq__(self, other):
            return mycmp(self.obj, other.obj) == 0

        def __le__(self, other):
            return mycmp(self.obj, other.obj) <= 0

        def __ge__(self, other):
            return mycmp(self.obj, other.obj) >= 0

        __hash__ = None

    return K


def _not(result):
    return result if result is NotImplemented else not result


def _or_equal(result, self, other):
    return result if result is NotImplemented else result or self == other


def _and_differs(result, self, other):
    return result if result is NotImplemented else result and self != other


_orders = {
    "__lt__": {"__gt__": lambda a, b: _and_differs(_not(a.__lt__(b)), a, b),
               "__le__": lambda a, b: _or_equal(a.__lt__(b), a, b),
               "__ge__": lambda a, b: _not(a.__lt__(b))},
    "__le__": {"__ge__": lambda a, b: _or_equal(_not(a.__le__(b)), a, b),
               "__lt__": lambda a, b: _and_differs(a.__le__(b), a, b),
               "__gt__": lambda a, b: _not(a.__le__(b))},
    "__gt__": {"__lt__": lambda a, b: _and_differs(_not(a.__gt__(b)), a, b),
               "__ge__": lambda a, b: _or_equal(a.__gt__(b), a, b),
               "__le__": lambda a, b: _not(a.__gt__(b))},
    "__ge__": {"__le__": lambda a, b: _or_equal(_not(a.__ge__(b)), a, b),
               "__gt__": lambda a, b: _and_differs(a.__ge__(b), a, b),
               "__lt__": lambda a, b: _not(a.__ge__(b))},
}


def total_ordering(cls):
    known = [name for name in _orders if any([name in c.__dict__ for c in cls.__mro__ if c is not object])]
    if not known:
        raise ValueError("must define at least one ordering operation: < > <= >=")
    for name, function in _orders[known[0]].items():
        if name not in known:
            setattr(cls, name, function)
    return cls


def singledispatch(func):
    registry = {object: func}

    def dispatch(cls):
        for c in cls.__mro__:
            if c in registry:
                return registry[c]
        for c in registry:
            if issubclass(cls, c):
                return registry[c]
        return func

    def register(cls, f=None):
        if f is not None:
            registry[cls] = f
            return f
        if isinstance(cls, type):
            return lambda f: register(cls, f)
        kinds = [v for k, v in cls.__annotations__.items() if k != "return"]
        if not kinds or not isinstance(kinds[0], type):
            raise _milc_lacks("functools: milc does not read annotations in singledispatch; write register(TYPE)")
        return register(kinds[0], cls)

    def wrapper(*args, **kw):
        if not args:
            raise TypeError(f"{func.__name__} requires at least 1 positional argument")
        return dispatch(type(args[0]))(*args, **kw)

    wrapper.dispatch, wrapper.register, wrapper.registry = dispatch, register, registry
    return update_wrapper(wrapper, func)
