# typing: what annotations are written with. They mean nothing here but that they print as they were written.
import collections as _collections
import collections.abc as _abc
import contextlib as _contextlib
from abc import ABCMeta as _ABCMeta
from functools import wraps as _wraps

TYPE_CHECKING = False
EXCLUDED_ATTRIBUTES = ()


def _shown(t):
    if isinstance(t, type) and not isinstance(t, _Alias):
        return t.__qualname__ if t.__module__ == "builtins" else f"{t.__module__}.{t.__qualname__}"
    if t is ...:
        return "..."
    if isinstance(t, list):
        return f"[{', '.join([_shown(x) for x in t])}]"
    return repr(t)


def _checked(t):
    return type(None) if t is None else ForwardRef(t) if isinstance(t, str) else t


class ForwardRef:
    def __init__(self, arg):
        self.__forward_arg__ = arg

    def __eq__(self, other):
        return isinstance(other, ForwardRef) and self.__forward_arg__ == other.__forward_arg__

    def __hash__(self):
        return hash(self.__forward_arg__)

    def __repr__(self):
        return f"ForwardRef({self.__forward_arg__!r})"


class _Alias:
    """A name with what stands in brackets behind it."""

    def __init__(self, name, origin, args):
        self._name, self.__origin__, self.__args__ = name, origin, args

    def __getitem__(self, params):
        params = params if isinstance(params, tuple) else (params,)
        given = {}
        for v in self.__parameters__:
            given[v] = params[len(given)] if len(given) < len(params) else v
        return _Alias(self._name, self.__origin__, tuple([_filled(a, given) for a in self.__args__]))

    @property
    def __parameters__(self):
        found = []
        for a in self.__args__:
            for v in [a] if isinstance(a, TypeVar) else getattr(a, "__parameters__", ()):
                if v not in found:
                    found.append(v)
        return tuple(found)

    def __call__(self, *args, **kwargs):
        if self._name is None or not isinstance(self.__origin__, type):
            raise TypeError(f"Cannot instantiate {self!r}")
        return self.__origin__(*args, **kwargs)

    def __or__(self, other):
        return Union[self, other]

    def __ror__(self, other):
        return Union[other, self]

    def __eq__(self, other):
        if not isinstance(other, _Alias) or self.__origin__ is not other.__origin__:
            return NotImplemented
        if self.__origin__ is Union:
            return set(self.__args__) == set(other.__args__)
        return self._name == other._name and self.__args__ == other.__args__

    def __hash__(self):
        names = [_shown(a) for a in self.__args__]
        return hash((self._name, *(sorted(names) if self.__origin__ is Union else names)))

    def __repr__(self):
        args = self.__args__
        if self._name == "Union" and len(args) == 2 and type(None) in args:
            other = args[0] if args[1] is type(None) else args[1]
            return f"typing.Optional[{_shown(other)}]"
        if self._name == "Callable" and args:
            first = "..." if args[0] is ... else f"[{', '.join([_shown(a) for a in args[:-1]])}]"
            return f"typing.Callable[{first}, {_shown(args[-1])}]"
        return f"typing.{self._name}[{', '.join([_shown(a) for a in args]) or '()'}]"


def _filled(a, given):
    return given.get(a, a) if isinstance(a, TypeVar) else a[tuple([given[v] for v in a.__parameters__])] \
        if isinstance(a, _Alias) and a.__parameters__ else a


class _Special:
    """A name of this module that takes brackets; origin is the class that it stands for."""

    def __init__(self, name, origin=None, count=None):
        self._name, self.__origin__, self._count = name, origin, count

    def __getitem__(self, params):
        args = params if isinstance(params, tuple) else (params,)
        if self._name == "Optional":
            if len(args) != 1:
                raise TypeError(f"typing.Optional requires a single type. Got {repr(params)[:100]}.")
            return Union[params, type(None)]
        if self._name == "Union":
            return self._union(args)
        if self._name == "Callable":
            if len(args) != 2:
                raise TypeError("Callable must be used as Callable[[arg, ...], result].")
            first = args[0] if isinstance(args[0], list) else [args[0]]
            return _Alias("Callable", self.__origin__, tuple([_checked(a) for a in [*first, args[1]]]))
        if self._name == "Literal":
            return _Literal(args)
        if self._name == "Annotated":
            return _Annotated(args)
        if self._count is not None and len(args) != self._count:
            few = "few" if len(args) < self._count else "many"
            raise TypeError(f"Too {few} arguments for typing.{self._name}; actual {len(args)}, expected {self._count}")
        return _Alias(self._name, self.__origin__ or self, tuple([_checked(a) for a in args]))

    def _union(self, args):
        if args == ():
            raise TypeError("Cannot take a Union of no types.")
        found = []
        for a in args:
            a = _checked(a)
            for b in a.__args__ if isinstance(a, _Alias) and a._name == "Union" else [a]:
                if b not in found:
                    found.append(b)
        return found[0] if len(found) == 1 else _Alias("Union", self, tuple(found))

    def __call__(self, *args, **kwargs):
        if self.__origin__ in (list, dict, set, frozenset, tuple, type):
            name = self.__origin__.__name__
            raise TypeError(f"Type {self._name} cannot be instantiated; use {name}() instead")
        if isinstance(self.__origin__, type):
            return self.__origin__(*args, **kwargs)
        raise TypeError(f"Cannot instantiate {self!r}")

    def __instancecheck__(self, x):
        if isinstance(self.__origin__, type):
            return isinstance(x, self.__origin__)
        raise TypeError(f"{self!r} cannot be used with isinstance()")

    def __subclasscheck__(self, c):
        if isinstance(self.__origin__, type):
            return issubclass(c, self.__origin__)
        raise TypeError(f"{self!r} cannot be used with issubclass()")

    def __or__(self, other):
        return Union[self, other]

    def __ror__(self, other):
        return Union[other, self]

    def __repr__(self):
        return f"typing.{self._name}"


class _Literal(_Alias):
    def __init__(self, args):
        flat = []
        for a in args:
            for b in a.__args__ if isinstance(a, _Literal) else (a,):
                if not any([b == f and type(b) is type(f) for f in flat]):
                    flat.append(b)
        super().__init__("Literal", Literal, tuple(flat))

    def __repr__(self):
        return f"typing.Literal[{', '.join([repr(a) for a in self.__args__])}]"


class _Annotated(_Alias):
    def __init__(self, args):
        if len(args) < 2:
            raise TypeError("Annotated[...] should be used with at least two arguments (a type and an annotation).")
        super().__init__("Annotated", args[0], (args[0],))
        self.__metadata__ = args[1:]

    def __repr__(self):
        parts = [_shown(self.__origin__), *[repr(m) for m in self.__metadata__]]
        return f"typing.Annotated[{', '.join(parts)}]"


Union, Optional, Literal, Annotated = [_Special(n) for n in ("Union", "Optional", "Literal", "Annotated")]
Final, ClassVar, Required, NotRequired, TypeGuard, Unpack = [
    _Special(n, None, 1) for n in ("Final", "ClassVar", "Required", "NotRequired", "TypeGuard", "Unpack")]
Concatenate, Self, Never, NoReturn, LiteralString, TypeAlias = [
    _Special(n) for n in ("Concatenate", "Self", "Never", "NoReturn", "LiteralString", "TypeAlias")]
List, Set, FrozenSet, Type = [_Special(n, t, 1) for n, t in
                              (("List", list), ("Set", set), ("FrozenSet", frozenset), ("Type", type))]
Dict, Tuple = _Special("Dict", dict, 2), _Special("Tuple", tuple)
Callable = _Special("Callable", _abc.Callable)
DefaultDict, OrderedDict = _Special("DefaultDict", _collections.defaultdict, 2), \
    _Special("OrderedDict", _collections.OrderedDict, 2)
Counter, Deque = _Special("Counter", _collections.Counter, 1), _Special("Deque", _collections.deque, 1)
ChainMap = _Special("ChainMap", _collections.ChainMap, 2)
Iterable, Iterator, Container, Collection, Sequence, MutableSequence, Reversible, MutableSet, KeysView, ValuesView = [
    _Special(n, getattr(_abc, n), 1) for n in
    ("Iterable", "Iterator", "Container", "Collection", "Sequence", "MutableSequence", "Reversible", "MutableSet",
     "KeysView", "ValuesView")]
AbstractSet = _Special("AbstractSet", _abc.Set, 1)
Mapping, MutableMapping, ItemsView = [_Special(n, getattr(_abc, n), 2) for n in
                                      ("Mapping", "MutableMapping", "ItemsView")]
Generator = _Special("Generator", _abc.Generator, 3)
Hashable, Sized = _Special("Hashable", _abc.Hashable, 0), _Special("Sized", _abc.Sized, 0)
ContextManager = _Special("ContextManager", _contextlib.AbstractContextManager, 1)
Awaitable = _Special("Awaitable", _abc.Awaitable, 1)
AsyncIterator, AsyncIterable, Coroutine, AsyncGenerator = [
    _Special(n) for n in ("AsyncIterator", "AsyncIterable", "Coroutine", "AsyncGenerator")]
IO, Pattern, Match = [_Special(n, None, 1) for n in ("IO", "Pattern", "Match")]
Text, ByteString = str, bytes


class _Any(type):
    def __repr__(cls):
        return "typing.Any" if cls is Any else super().__repr__()

    def __instancecheck__(cls, x):
        if cls is Any:
            raise TypeError("typing.Any cannot be used with isinstance()")
        return super().__instancecheck__(x)


class Any(metaclass=_Any):
    def __new__(cls, *args, **kwargs):
        if cls is Any:
            raise TypeError("Any cannot be instantiated")
        return super().__new__(cls)


class TextIO:
    pass


class BinaryIO:
    pass


class TypeVar:
    _sign = None

    def __init__(self, name, *constraints, bound=None, covariant=False, contravariant=False):
        self.__name__, self.__constraints__, self.__bound__ = name, constraints, bound
        self.__covariant__, self.__contravariant__ = covariant, contravariant

    def __or__(self, other):
        return Union[self, other]

    def __ror__(self, other):
        return Union[other, self]

    def __repr__(self):
        return ("+" if self.__covariant__ else "-" if self.__contravariant__ else "~") + self.__name__


class ParamSpec(TypeVar):
    @property
    def args(self):
        return self

    @property
    def kwargs(self):
        return self


class TypeVarTuple:
    def __init__(self, name):
        self.__name__ = name

    def __repr__(self):
        return self.__name__


AnyStr = TypeVar("AnyStr", bytes, str)


class Generic:
    def __class_getitem__(cls, params):
        return cls


class _ProtocolMeta(_ABCMeta):
    def __instancecheck__(cls, instance):
        if _ABCMeta.__instancecheck__(cls, instance):
            return True
        if not cls.__dict__.get("_is_protocol", False):
            return False
        if not cls.__dict__.get("_is_runtime", False):
            raise TypeError("Instance and class checks can only be used with @runtime_checkable protocols")
        names = [n for c in cls.__mro__ if c.__dict__.get("_is_protocol") and c is not Protocol
                 for n in [*c.__dict__, *c.__dict__.get("__annotations__", {})]]
        return all([hasattr(instance, n) for n in names
                    if n == "__call__" or not n.startswith("_") or n in ("__len__", "__iter__", "__getitem__")])


class Protocol(Generic, metaclass=_ProtocolMeta):
    _is_protocol = True

    def __init_subclass__(cls, **kwargs):
        cls._is_protocol = Protocol in cls.__bases__

    def __new__(cls, *args, **kwargs):
        if cls.__dict__.get("_is_protocol", False):
            raise TypeError("Protocols cannot be instantiated")
        return super().__new__(cls)


def runtime_checkable(cls):
    if not cls.__dict__.get("_is_protocol", False):
        raise TypeError(f"@runtime_checkable can be only applied to protocol classes, got {cls!r}")
    cls._is_runtime = True
    return cls


class SupportsInt(Protocol):
    pass


class SupportsFloat(Protocol):
    pass


class SupportsIndex(Protocol):
    pass


class SupportsAbs(Protocol):
    pass


class SupportsRound(Protocol):
    pass


_KEPT = ("__new__", "__init__", "__slots__", "__getnewargs__", "_fields", "_field_defaults", "_make", "_replace",
         "_asdict", "_source")


class _NamedTupleBase:
    """NamedTuple is an instance of this: as the base of a class it is called as the type that makes that class."""

    def __new__(cls, name=None, bases=None, ns=None):
        if name is None:
            return object.__new__(cls)
        kinds = ns.get("__annotations__", {})
        defaults = []
        for field in kinds:
            if field in ns:
                defaults.append(ns[field])
            elif defaults:
                earlier = [f for f in kinds if f in ns]
                raise TypeError(f"Non-default namedtuple field {field} cannot follow default field"
                                f"{'s' if len(earlier) > 1 else ''} {', '.join(earlier)}")
        made = _named(name, kinds, defaults, ns.get("__module__"))
        for key, value in ns.items():
            if key in _KEPT:
                raise AttributeError("Cannot overwrite NamedTuple attribute " + key)
            if key not in ("__module__", "__annotations__", "__qualname__") and key not in kinds:
                setattr(made, key, value)
        made.__qualname__ = ns.get("__qualname__", name)
        return made

    def __call__(self, typename, fields=None, /, **kwargs):
        return _named(typename, dict(fields or kwargs), [], None)


def _named(name, kinds, defaults, module):
    made = _collections.namedtuple(name, list(kinds), defaults=defaults, module=module)
    made.__annotations__ = dict(kinds)
    return made


class _TypedDictBase:
    """As NamedTuple, for classes that make plain dicts."""

    def __new__(cls, name=None, bases=None, ns=None, total=True):
        if name is None:
            return object.__new__(cls)
        return _typed_dict(name, ns.get("__annotations__", {}), total)

    def __call__(self, typename, fields=None, /, *, total=True, **kwargs):
        return _typed_dict(typename, dict(fields or kwargs), total)


def _typed_dict(name, kinds, total):
    def make(cls, *args, **kwargs):
        return dict(*args, **kwargs)

    return type(name, (dict,), {"__new__": make, "__annotations__": dict(kinds), "__total__": total})


NamedTuple, TypedDict = _NamedTupleBase(), _TypedDictBase()


class NewType:
    def __init__(self, name, tp):
        self.__name__ = self.__qualname__ = name
        self.__supertype__ = tp
        self.__module__ = "__main__"

    def __call__(self, x):
        return x

    def __or__(self, other):
        return Union[self, other]

    def __repr__(self):
        return f"{self.__module__}.{self.__qualname__}"


def cast(typ, val):
    return val


def _same(x):
    return x


final = no_type_check = override = _same


def overload(func):
    def stub(*args, **kwds):
        raise NotImplementedError("You should not call an overloaded function. A series of @overload-decorated "
                                  "functions outside a stub module should always be followed by an implementation "
                                  "that is not @overload-ed.")
    return _wraps(func)(stub)


def assert_type(val, typ, /):
    return val


def assert_never(arg, /):
    raise AssertionError(f"Expected code to be unreachable, but got: {arg!r}")


def dataclass_transform(**kwargs):
    return _same


def get_origin(tp):
    if isinstance(tp, _Annotated):
        return Annotated
    return getattr(tp, "__origin__", None)


def get_args(tp):
    if isinstance(tp, _Annotated):
        return (tp.__origin__, *tp.__metadata__)
    args = getattr(tp, "__args__", ())
    if isinstance(tp, _Alias) and tp._name == "Callable" and args and args[0] is not ...:
        return [*args[:-1]], args[-1]
    return args


def get_type_hints(obj, globalns=None, localns=None, include_extras=False):
    hints = {}
    for c in reversed(obj.__mro__) if isinstance(obj, type) else [obj]:
        hints.update(getattr(c, "__annotations__", {}))
    if any([isinstance(h, str) for h in hints.values()]):
        raise _milc_lacks("typing: milc does not evaluate annotations, which get_type_hints() asks for")
    return {name: _checked(h) for name, h in hints.items()}
