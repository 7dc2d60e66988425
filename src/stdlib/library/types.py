# types: names of the types of what the language makes, and SimpleNamespace.
import sys as _sys


def _generator():
    yield


FunctionType = LambdaType = type(lambda: 0)
GeneratorType = type(_generator())
BuiltinFunctionType = BuiltinMethodType = type(len)
ModuleType = type(_sys)
NoneType = type(None)
EllipsisType = type(...)
NotImplementedType = type(NotImplemented)


class _Holder:
    def method(self):
        return None


MethodType = type(_Holder().method)


class SimpleNamespace:
    def __init__(self, /, *args, **kwargs):
        if args:
            raise TypeError("no positional arguments expected")
        self.__dict__.update(kwargs)

    def __getattr__(self, name):
        kind = "types.SimpleNamespace" if type(self) is SimpleNamespace else type(self).__name__
        raise AttributeError(f"{kind!r} object has no attribute {name!r}")

    def __repr__(self):
        name = "namespace" if type(self) is SimpleNamespace else type(self).__name__
        parts = [f"{k}={v!r}" for k, v in self.__dict__.items() if v is not self]
        return f"{name}({', '.join(parts)})"

    def __eq__(self, other):
        return self.__dict__ == other.__dict__ if isinstance(other, SimpleNamespace) else NotImplemented

    __hash__ = None


def MappingProxyType(mapping):
    return dict(mapping)


def new_class(name, bases=(), kwds=None, exec_body=None):
    space = {}
    if exec_body is not None:
        exec_body(space)
    return type(name, tuple(bases), space)
