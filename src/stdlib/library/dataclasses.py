# dataclasses: classes whose methods follow from their annotations. What takes the fields as parameters is made of text.
import copy


class FrozenInstanceError(AttributeError):
    pass


class _Missing:
    pass


class _KwOnly:
    pass


class _Factory:
    def __repr__(self):
        return "<factory>"


MISSING = _Missing()
KW_ONLY = _KwOnly()
_FACTORY = _Factory()
_FIELDS = "__dataclass_fields__"


class InitVar:
    def __init__(self, type):
        self.type = type

    def __repr__(self):
        return f"dataclasses.InitVar[{_type_name(self.type)}]"

    def __class_getitem__(cls, type):
        return cls(type)


def _type_name(t):
    return t.__name__ if isinstance(t, type) else repr(t)


class Field:
    def __init__(self, default, default_factory, init, repr, hash, compare, metadata, kw_only):
        self.name = self.type = None
        self.default = default
        self.default_factory = default_factory
        self.init = init
        self.repr = repr
        self.hash = hash
        self.compare = compare
        self.metadata = {} if metadata is None else metadata
        self.kw_only = kw_only
        self._kind = "field"

    def _has_default(self):
        return self.default is not MISSING or self.default_factory is not MISSING

    def __repr__(self):
        return (f"Field(name={self.name!r},type={self.type!r},default={self.default!r},"
                f"default_factory={self.default_factory!r},init={self.init!r},repr={self.repr!r},hash={self.hash!r},"
                f"compare={self.compare!r},metadata=mappingproxy({self.metadata!r}),kw_only={self.kw_only!r},"
                f"_field_type=_FIELD)")


def field(*, default=MISSING, default_factory=MISSING, init=True, repr=True, hash=None, compare=True, metadata=None,
          kw_only=MISSING):
    if default is not MISSING and default_factory is not MISSING:
        raise ValueError("cannot specify both default and default_factory")
    return Field(default, default_factory, init, repr, hash, compare, metadata, kw_only)


def _is_named(annotation, module, name):
    """Whether an annotation, which may be text, is NAME of the module, alone or with [...]."""
    if not isinstance(annotation, str):
        return False
    head = annotation.split("[")[0].strip()
    return head == name or head.endswith("." + name) and head.count(".") == 1


def _kind_of(annotation):
    if annotation is KW_ONLY or _is_named(annotation, "dataclasses", "KW_ONLY"):
        return "kw_only"
    if isinstance(annotation, InitVar) or annotation is InitVar or _is_named(annotation, "dataclasses", "InitVar"):
        return "initvar"
    if _is_named(annotation, "typing", "ClassVar") or repr(annotation).startswith("typing.ClassVar"):
        return "classvar"
    return "field"


def _own_fields(cls, kw_only):
    """The fields that the class itself annotates; what is left of them as attributes are their defaults."""
    found = []
    for name, annotation in cls.__dict__.get("__annotations__", {}).items():
        kind = _kind_of(annotation)
        if kind == "kw_only":
            kw_only = True
            continue
        default = getattr(cls, name, MISSING)
        f = default if isinstance(default, Field) else field(default=default)
        f.name, f.type, f._kind = name, annotation, kind
        if kind != "field" and f.default_factory is not MISSING:
            raise TypeError(f"field {name} cannot have a default factory")
        if f.kw_only is MISSING:
            f.kw_only = kind != "classvar" and kw_only
        if kind == "field" and isinstance(f.default, (list, dict, set)):
            raise ValueError(f"mutable default {type(f.default)} for field {name} is not allowed: use default_factory")
        if isinstance(default, Field):
            if f.default is MISSING:
                delattr(cls, name)
            else:
                setattr(cls, name, f.default)
        found.append(f)
    for name, value in cls.__dict__.items():
        if isinstance(value, Field) and name not in cls.__dict__.get("__annotations__", {}):
            raise TypeError(f"{name!r} is a field but has no type annotation")
    return found


def _made(cls, name, params, lines, space):
    """The method of a class, from text, so that what it says of wrong arguments names both."""
    exec(f"class {cls.__name__}:\n    def {name}({', '.join(['self', *params])}):\n"
         + "".join([f"        {line}\n" for line in lines or ["pass"]]), space)
    method = space[cls.__name__].__dict__[name]
    method.__qualname__ = f"{cls.__qualname__}.{name}"
    return method


def _init(cls, fields, frozen):
    space = {"_set": object.__setattr__, "_FACTORY": _FACTORY, "__name__": cls.__module__}
    params, later, lines = [], [], []
    before = None
    for f in fields:
        if f._kind == "classvar":
            continue
        if f.init and not f.kw_only:
            if before and not f._has_default():
                raise TypeError(f"non-default argument {f.name!r} follows default argument")
            before = before or f._has_default()
        value = f.name
        if f.default is not MISSING:
            space["_d_" + f.name] = f.default
        if f.default_factory is not MISSING:
            space["_d_" + f.name] = f.default_factory
            value = f"_d_{f.name}() if {f.name} is _FACTORY else {f.name}" if f.init else f"_d_{f.name}()"
        elif not f.init:
            value = None
        if f.init:
            default = "" if not f._has_default() else "=_FACTORY" if f.default is MISSING else f"=_d_{f.name}"
            (later if f.kw_only else params).append(f.name + default)
        if value is not None and f._kind == "field":
            lines.append(f"_set(self, {f.name!r}, {value})" if frozen else f"self.{f.name} = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append(f"self.__post_init__({', '.join([f.name for f in fields if f._kind == 'initvar'])})")
    return _made(cls, "__init__", params + (["*", *later] if later else []), lines, space)


def _values(self, names):
    return tuple([getattr(self, name) for name in names])


def _repr_of(fields):
    names = [f.name for f in fields if f.repr]
    running = []

    def __repr__(self):
        if any([r is self for r in running]):
            return "..."
        running.append(self)
        try:
            parts = [f"{name}={getattr(self, name)!r}" for name in names]
        finally:
            running.pop()
        return f"{type(self).__qualname__}({', '.join(parts)})"

    return __repr__


def _compared(names, compare):
    def method(self, other):
        if other.__class__ is not self.__class__:
            return NotImplemented
        return compare(_values(self, names), _values(other, names))

    return method


def _freeze(cls, names):
    def __setattr__(self, name, value):
        if type(self) is cls or name in names:
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        super(cls, self).__setattr__(name, value)

    def __delattr__(self, name):
        if type(self) is cls or name in names:
            raise FrozenInstanceError(f"cannot delete field {name!r}")
        super(cls, self).__delattr__(name)

    for method in (__setattr__, __delattr__):
        if method.__name__ in cls.__dict__:
            raise TypeError(f"Cannot overwrite attribute {method.__name__} in class {cls.__name__}")
        setattr(cls, method.__name__, method)


_ORDERS = {"__lt__": lambda a, b: a < b, "__le__": lambda a, b: a <= b, "__gt__": lambda a, b: a > b,
           "__ge__": lambda a, b: a >= b}


def _add_hash(cls, fields, eq, frozen, unsafe_hash):
    explicit = cls.__dict__.get("__hash__", MISSING)
    explicit = not (explicit is MISSING or explicit is None and "__eq__" in cls.__dict__)
    names = [f.name for f in fields if (f.compare if f.hash is None else f.hash)]

    def __hash__(self):
        return hash(_values(self, names))

    if unsafe_hash and explicit:
        raise TypeError(f"Cannot overwrite attribute __hash__ in class {cls.__name__}")
    if unsafe_hash or eq and frozen and not explicit:
        cls.__hash__ = __hash__
    elif eq and not frozen and not explicit:
        cls.__hash__ = None


def _process(cls, init, repr, eq, order, unsafe_hash, frozen, match_args, kw_only):
    table = {}
    frozen_bases = []
    for base in cls.__mro__[-1:0:-1]:
        if _FIELDS in base.__dict__:
            table.update(base.__dict__[_FIELDS])
            frozen_bases.append(base.__dataclass_params__["frozen"])
    for f in _own_fields(cls, kw_only):
        table[f.name] = f
    if frozen_bases:
        if any(frozen_bases) and not frozen:
            raise TypeError("cannot inherit non-frozen dataclass from a frozen one")
        if not any(frozen_bases) and frozen:
            raise TypeError("cannot inherit frozen dataclass from a non-frozen one")
    setattr(cls, _FIELDS, table)
    cls.__dataclass_params__ = {"frozen": frozen}
    real = [f for f in table.values() if f._kind == "field"]
    own_eq = "__eq__" in cls.__dict__
    if init:
        cls.__init__ = _init(cls, list(table.values()), frozen)
    if repr and "__repr__" not in cls.__dict__:
        cls.__repr__ = _repr_of(real)
    if order and not eq:
        raise ValueError("eq must be true if order is true")
    _add_hash(cls, real, eq, frozen, unsafe_hash)
    names = [f.name for f in real if f.compare]
    if eq and not own_eq:
        cls.__eq__ = _compared(names, lambda a, b: a == b)
    if order:
        for name, compare in _ORDERS.items():
            if name in cls.__dict__:
                raise TypeError(f"Cannot overwrite attribute {name} in class {cls.__name__}. Consider using "
                                "functools.total_ordering")
            setattr(cls, name, _compared(names, compare))
    if frozen:
        _freeze(cls, [f.name for f in real])
    if match_args and "__match_args__" not in cls.__dict__:
        cls.__match_args__ = tuple([f.name for f in table.values()
                                     if f.init and not f.kw_only and f._kind != "classvar"])
    return cls


def dataclass(cls=None, /, *, init=True, repr=True, eq=True, order=False, unsafe_hash=False, frozen=False,
              match_args=True, kw_only=False, slots=False, weakref_slot=False):
    def wrap(cls):
        return _process(cls, init, repr, eq, order, unsafe_hash, frozen, match_args, kw_only)
    return wrap if cls is None else wrap(cls)


def fields(class_or_instance):
    table = getattr(class_or_instance, _FIELDS, None)
    if table is None:
        raise TypeError("must be called with a dataclass type or instance")
    return tuple([f for f in table.values() if f._kind == "field"])


def _is_instance(obj):
    return hasattr(type(obj), _FIELDS)


def is_dataclass(obj):
    return hasattr(obj if isinstance(obj, type) else type(obj), _FIELDS)


def asdict(obj, *, dict_factory=dict):
    if not _is_instance(obj):
        raise TypeError("asdict() should be called on dataclass instances")
    return _plain(obj, lambda pairs: dict_factory(pairs))


def astuple(obj, *, tuple_factory=tuple):
    if not _is_instance(obj):
        raise TypeError("astuple() should be called on dataclass instances")
    return _plain(obj, lambda pairs: tuple_factory([value for _, value in pairs]))


def _plain(obj, build):
    if _is_instance(obj):
        return build([(f.name, _plain(getattr(obj, f.name), build)) for f in fields(obj)])
    if isinstance(obj, tuple) and hasattr(obj, "_fields"):
        return type(obj)(*[_plain(v, build) for v in obj])
    if isinstance(obj, (list, tuple)):
        return type(obj)([_plain(v, build) for v in obj])
    if isinstance(obj, dict):
        pairs = [(_plain(k, build), _plain(v, build)) for k, v in obj.items()]
        return type(obj)(obj.default_factory, pairs) if hasattr(obj, "default_factory") else type(obj)(pairs)
    return copy.deepcopy(obj)


def replace(obj, /, **changes):
    if not _is_instance(obj):
        raise TypeError("replace() should be called on dataclass instances")
    for f in getattr(obj, _FIELDS).values():
        if f._kind == "classvar":
            continue
        if not f.init:
            if f.name in changes:
                raise ValueError(f"field {f.name} is declared with init=False, it cannot be specified with replace()")
        elif f.name not in changes:
            if f._kind == "initvar" and f.default is MISSING:
                raise ValueError(f"InitVar {f.name!r} must be specified with replace()")
            changes[f.name] = getattr(obj, f.name)
    return obj.__class__(**changes)


def make_dataclass(cls_name, fields, *, bases=(), namespace=None, **options):
    space, annotations = dict(namespace or {}), {}
    for item in fields:
        name, kind, *default = (item, "typing.Any") if isinstance(item, str) else item
        annotations[name] = kind
        if default:
            space[name] = default[0]
    space["__annotations__"] = annotations
    return dataclass(**options)(type(cls_name, bases, space))
