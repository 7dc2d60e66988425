# abc: abstract classes. A class of ABCMeta knows which of its methods are still abstract; what has some is not made.
_virtual = []  # pairs of a class and what was registered with it


def _is_abstract(x):
    return getattr(x, "__isabstractmethod__", False) or getattr(getattr(x, "fget", None), "__isabstractmethod__", False)


class ABCMeta(type):
    def __new__(mcls, name, bases, namespace, /, **kwargs):
        cls = type.__new__(mcls, name, bases, namespace, **kwargs)
        names = [n for n, v in namespace.items() if _is_abstract(v)]
        for base in bases:
            for n in getattr(base, "__abstractmethods__", ()):
                if n not in names and _is_abstract(getattr(cls, n, None)):
                    names.append(n)
        cls.__abstractmethods__ = frozenset(names)
        return cls

    def register(cls, subclass):
        _virtual.append((cls, subclass))
        return subclass

    def __instancecheck__(cls, instance):
        return cls.__subclasscheck__(type(instance))

    def __subclasscheck__(cls, subclass):
        mro = subclass.__mro__
        return cls in mro or any([sub in mro for owner, sub in _virtual if cls in owner.__mro__])


class ABC(metaclass=ABCMeta):
    pass


def abstractmethod(funcobj):
    funcobj.__isabstractmethod__ = True
    return funcobj


def abstractproperty(fget):
    return property(abstractmethod(fget))


abstractclassmethod = abstractstaticmethod = abstractmethod


def get_cache_token():
    return 0
