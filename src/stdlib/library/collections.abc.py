# collections.abc: classes that know their kin by the methods that these have, and add what follows from a few.
from abc import ABCMeta as _ABCMeta, abstractmethod


class _ByMethods(_ABCMeta):
    """What has all of cls._methods is an instance, and where these say too little, one of cls._kin, or what _is() says
    of a value."""

    def __instancecheck__(cls, x):
        return "_is" in cls.__dict__ and cls._is(x) or cls.__subclasscheck__(type(x))

    def __subclasscheck__(cls, sub):
        if _ABCMeta.__subclasscheck__(cls, sub):
            return True
        own = cls.__dict__
        if "__subclasshook__" in own and not cls.__subclasshook__(sub):
            return False
        if "_kin" in own:
            return any([issubclass(sub, k) for k in own["_kin"]])
        return "_methods" in own and all([getattr(sub, m, None) is not None for m in own["_methods"]])

    def __getitem__(cls, item):
        return cls


class Hashable(metaclass=_ByMethods):
    _methods = ("__hash__",)

    @classmethod
    def __subclasshook__(cls, sub):
        return sub not in (list, dict, set)


class Iterable(metaclass=_ByMethods):
    _methods = ("__iter__",)

    @abstractmethod
    def __iter__(self):
        return iter(())


def _iterates_itself(x):
    try:
        return iter(x) is x
    except TypeError:
        return False


class Iterator(Iterable):
    _methods = ("__iter__", "__next__")
    _is = staticmethod(_iterates_itself)

    @abstractmethod
    def __next__(self):
        raise StopIteration

    def __iter__(self):
        return self


class Reversible(Iterable):
    _methods = ("__iter__", "__reversed__")


class Generator(Iterator):
    _methods = ("__iter__", "__next__", "send", "throw", "close")


class Sized(metaclass=_ByMethods):
    _methods = ("__len__",)

    @abstractmethod
    def __len__(self):
        return 0


class Container(metaclass=_ByMethods):
    _methods = ("__contains__",)

    @abstractmethod
    def __contains__(self, x):
        return False


class Collection(Sized, Iterable, Container):
    _methods = ("__len__", "__iter__", "__contains__")


class Callable(metaclass=_ByMethods):
    _methods = ("__call__",)
    _is = staticmethod(callable)


class Awaitable(metaclass=_ByMethods):
    _methods = ("__await__",)


class Sequence(Reversible, Collection):
    _kin = (list, tuple, str, range, bytes)

    @abstractmethod
    def __getitem__(self, index):
        raise IndexError

    def __iter__(self):
        i = 0
        while True:
            try:
                item = self[i]
            except IndexError:
                return
            yield item
            i += 1

    def __contains__(self, value):
        return any([v is value or v == value for v in self])

    def __reversed__(self):
        for i in reversed(range(len(self))):
            yield self[i]

    def index(self, value, start=0, stop=None):
        for i in range(start, len(self) if stop is None else stop):
            if self[i] is value or self[i] == value:
                return i
        raise ValueError

    def count(self, value):
        return sum([1 for v in self if v is value or v == value])


class MutableSequence(Sequence):
    _kin = (list,)

    @abstractmethod
    def __setitem__(self, index, value):
        raise IndexError

    @abstractmethod
    def __delitem__(self, index):
        raise IndexError

    @abstractmethod
    def insert(self, index, value):
        raise IndexError

    def append(self, value):
        self.insert(len(self), value)

    def clear(self):
        while len(self):
            self.pop()

    def reverse(self):
        for i, value in enumerate(list(self)[::-1]):
            self[i] = value

    def extend(self, values):
        for v in list(values):
            self.append(v)

    def pop(self, index=-1):
        value = self[index]
        del self[index]
        return value

    def remove(self, value):
        del self[self.index(value)]

    def __iadd__(self, values):
        self.extend(values)
        return self


class Set(Collection):
    _kin = (set, frozenset)


class MutableSet(Set):
    _kin = (set,)


class Mapping(Collection):
    _kin = (dict,)

    @abstractmethod
    def __getitem__(self, key):
        raise KeyError

    def get(self, key, default=None):
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key):
        try:
            self[key]
        except KeyError:
            return False
        return True

    def keys(self):
        return {k: None for k in self}.keys()

    def items(self):
        return {k: self[k] for k in self}.items()

    def values(self):
        return {k: self[k] for k in self}.values()

    def __eq__(self, other):
        return dict(self.items()) == dict(other.items()) if isinstance(other, Mapping) else NotImplemented


class MutableMapping(Mapping):
    _kin = (dict,)

    @abstractmethod
    def __setitem__(self, key, value):
        raise KeyError

    @abstractmethod
    def __delitem__(self, key):
        raise KeyError

    def pop(self, key, *default):
        try:
            value = self[key]
        except KeyError:
            if default:
                return default[0]
            raise
        del self[key]
        return value

    def popitem(self):
        for key in self:
            value = self[key]
            del self[key]
            return key, value
        raise KeyError

    def clear(self):
        while len(self):
            self.popitem()

    def update(self, other=(), /, **kwds):
        pairs = other.items() if isinstance(other, Mapping) else [(k, other[k]) for k in other.keys()] \
            if hasattr(other, "keys") else other
        for key, value in [*pairs, *kwds.items()]:
            self[key] = value

    def setdefault(self, key, default=None):
        if key not in self:
            self[key] = default
        return self[key]


class KeysView(metaclass=_ByMethods):
    _kin = (type({}.keys()),)


class ItemsView(metaclass=_ByMethods):
    _kin = (type({}.items()),)


class ValuesView(metaclass=_ByMethods):
    _kin = (type({}.values()),)


ByteString = bytes
