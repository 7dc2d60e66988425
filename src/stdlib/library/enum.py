# enum: classes whose attributes are their only instances, kept by name and by value. EnumType makes them.
_unset = object()
_FUNCTIONS = (type(lambda: 0), property, staticmethod, classmethod)


class auto:
    """A value that the enumeration picks; | and kin of one are worked out when it is known."""

    def __init__(self, find=None):
        self._find = find
        self.value = _unset

    def _later(self, other, f):
        return auto(lambda: f(_auto_value(self), _auto_value(other)))

    def __or__(self, other):
        return self._later(other, lambda a, b: a | b)

    def __and__(self, other):
        return self._later(other, lambda a, b: a & b)

    def __xor__(self, other):
        return self._later(other, lambda a, b: a ^ b)

    def __add__(self, other):
        return self._later(other, lambda a, b: a + b)

    __ror__ = __or__
    __radd__ = __add__

    def __invert__(self):
        return auto(lambda: ~_auto_value(self))


def _auto_value(x):
    if not isinstance(x, auto):
        return x
    if x.value is _unset and x._find:
        x.value = x._find()
    return x.value


class member:
    def __init__(self, value):
        self.value = value


class nonmember:
    def __init__(self, value):
        self.value = value


class _Boundary:
    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f"<FlagBoundary.{self.name}: '{self.name.lower()}'>"


STRICT, CONFORM, EJECT, KEEP = [_Boundary(name) for name in ("STRICT", "CONFORM", "EJECT", "KEEP")]


def _is_dunder(name):
    return len(name) > 4 and name[:2] == name[-2:] == "__" and name[2] != "_" and name[-3] != "_"


def _is_sunder(name):
    return len(name) > 2 and name[0] == name[-1] == "_" and name[1] != "_" and name[-2] != "_"


_SUNDERS = ("_order_", "_generate_next_value_", "_missing_", "_ignore_", "_numeric_repr_", "_name_", "_value_",
            "_boundary_", "_new_member_")


def _is_member(cls_name, name, value):
    if isinstance(value, (member, auto)):
        return True
    if isinstance(value, nonmember) or isinstance(value, _FUNCTIONS) or hasattr(value, "__get__"):
        return False
    if _is_sunder(name) and name not in _SUNDERS:
        raise ValueError("_sunder_ names, such as '_foo_', are reserved for future Enum use")
    return not _is_dunder(name) and not _is_sunder(name) and not name.startswith(f"_{cls_name.lstrip('_')}__")


def _data_type(bases):
    """The type that members are besides, such as int or str."""
    for base in bases:
        for c in base.__mro__:
            if c is object or isinstance(c, EnumType):
                continue
            if "__new__" in c.__dict__ or c in (int, str, float, bytes, tuple):
                return c
    return object


class EnumType(type):
    def __new__(meta, name, bases, ns, *, boundary=None, **kwds):
        first = "Enum" not in globals()
        for base in bases:
            if isinstance(base, EnumType) and base._member_names_:
                raise TypeError(f"<enum {name!r}> cannot extend {base!r}")
        ignored = ns.get("_ignore_", [])
        ignored = ignored.replace(",", " ").split() if isinstance(ignored, str) else ignored
        items = {} if first else {k: v for k, v in ns.items() if k not in ignored and _is_member(name, k, v)}
        if "mro" in items:
            raise ValueError("invalid enum member name(s) 'mro'")
        plain = {k: v.value if isinstance(v, nonmember) else v for k, v in ns.items() if k not in items}
        for k in (*ignored, "_ignore_", "_order_"):
            plain.pop(k, None)
        makes = plain.pop("__new__", None)
        cls = type.__new__(meta, name, bases, plain, **kwds)
        type.__setattr__(cls, "_member_names_", [])
        type.__setattr__(cls, "_member_map_", {})
        type.__setattr__(cls, "_value2member_", {})
        if first:
            return cls
        cls._member_type_ = _data_type(bases)
        first_enum = [c for c in cls.__mro__[1:] if isinstance(c, EnumType)][0]
        for method in ("__repr__", "__str__", "__format__"):
            for c in cls.__mro__:
                if c is cls._member_type_ or c is object:
                    type.__setattr__(cls, method, getattr(first_enum, method))
                    break
                if method in c.__dict__:
                    break
        if boundary is not None:
            cls._boundary_ = boundary
        if makes is not None:
            cls._new_member_ = makes if isinstance(makes, staticmethod) else staticmethod(makes)
        meta._fill(cls, items)
        return cls

    def __init__(cls, name, bases, ns, **kwds):
        pass

    def _fill(cls, items):
        values = []
        for name, value in items.items():
            value = value.value if isinstance(value, member) else value
            if isinstance(value, auto):
                if value.value is _unset:
                    value.value = value._find() if value._find else \
                        cls._generate_next_value_(name, 1, len(values), values[:])
                value = value.value
            elif isinstance(value, tuple) and any([isinstance(v, auto) for v in value]):
                for v in value:
                    if isinstance(v, auto) and v.value is _unset:
                        v.value = cls._generate_next_value_(name, 1, len(values), values[:])
                value = tuple([_auto_value(v) for v in value])
            values.append(value)
            cls._add(name, value)

    def _add(cls, name, value):
        args = value if isinstance(value, tuple) else (value,)
        kind = cls._member_type_
        if cls._new_member_ is not None:
            new = cls._new_member_(cls, *args)
            if not hasattr(new, "_value_"):
                new._value_ = value if kind is object else kind(*args)
        elif kind is object:
            new = object.__new__(cls)
            new._value_ = value
        else:
            args = (value,) if kind is tuple else args
            new = kind.__new__(cls, *args)
            new._value_ = value if cls is not None and isinstance(value, kind) and len(args) == 1 else kind(*args)
        value = new._value_
        old = cls._with_value(value)
        if old is not None:
            new = old
        else:
            new._name_ = name
            new.__objclass__ = cls
            if "__init__" in dir(cls) and cls.__init__ is not object.__init__ and kind is object or \
                    any(["__init__" in c.__dict__ for c in cls.__mro__ if isinstance(c, EnumType)]):
                new.__init__(*args)
            if cls._is_canonical(value):
                cls._member_names_.append(name)
            try:
                cls._value2member_[value] = new
            except TypeError:
                pass
        cls._member_map_[name] = new
        type.__setattr__(cls, name, new)

    def _is_canonical(cls, value):
        return True

    def _with_value(cls, value):
        try:
            return cls._value2member_.get(value)
        except TypeError:
            for m in cls._member_map_.values():
                if m._value_ == value:
                    return m
            return None

    def __call__(cls, value, names=_unset, *, module=None, qualname=None, type=None, start=1, boundary=None):
        if names is not _unset:
            return cls._create(value, names, type, start, boundary)
        if isinstance(value, cls):
            return value
        found = cls._with_value(value)
        if found is not None:
            return found
        found = cls._missing_(value)
        if isinstance(found, cls):
            return found
        if found is None:
            raise ValueError(f"{value!r} is not a valid {cls.__qualname__}")
        raise TypeError(f"error in {cls.__name__}._missing_: returned {found!r} instead of None or a valid member")

    def _create(cls, name, names, kind, start, boundary):
        if isinstance(names, str):
            names = names.replace(",", " ").split()
        if isinstance(names, (list, tuple)) and names and isinstance(names[0], str):
            last, pairs = [], []
            for i, n in enumerate(names):
                last.append(cls._generate_next_value_(n, start, i, last[:]))
                pairs.append((n, last[-1]))
            names = pairs
        bases = (cls,) if kind is None else (kind, cls)
        return type(cls)(name, bases, {"__module__": "__main__", **dict(names)}, boundary=boundary)

    def __getitem__(cls, name):
        return cls._member_map_[name]

    def __iter__(cls):
        return iter([cls._member_map_[name] for name in cls._member_names_])

    def __reversed__(cls):
        return reversed([cls._member_map_[name] for name in cls._member_names_])

    def __len__(cls):
        return len(cls._member_names_)

    def __bool__(cls):
        return True

    def __contains__(cls, member):
        if not isinstance(member, Enum):
            raise TypeError(f"unsupported operand type(s) for 'in': '{type(member).__qualname__}' and "
                            f"'{type(cls).__qualname__}'")
        return isinstance(member, cls) and member._name_ in cls._member_map_

    @property
    def __members__(cls):
        return dict(cls._member_map_)

    def __setattr__(cls, name, value):
        if name in cls.__dict__.get("_member_map_", {}):
            raise AttributeError(f"cannot reassign member {name!r}")
        type.__setattr__(cls, name, value)

    def __delattr__(cls, name):
        if name in cls._member_map_:
            raise AttributeError(f"{cls.__name__!r} cannot delete member {name!r}.")
        type.__delattr__(cls, name)

    def __dir__(cls):
        names = "class contains doc getitem init_subclass iter len members module name qualname".split()
        return sorted([f"__{name}__" for name in names] + cls._member_names_)

    def __repr__(cls):
        return f"<{'flag' if 'Flag' in globals() and issubclass(cls, Flag) else 'enum'} {cls.__name__!r}>"


EnumMeta = EnumType


def _fixed(attribute, name):
    def get(self):
        return getattr(self, attribute)

    def put(self, value):
        raise AttributeError(f"<enum 'Enum'> cannot set attribute {name!r}")

    return property(get, put, put)


class Enum(metaclass=EnumType):
    _new_member_ = None
    _boundary_ = None

    name = _fixed("_name_", "name")
    value = _fixed("_value_", "value")

    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        if not last_values:
            return start
        try:
            return max([v for v in last_values if isinstance(v, int)]) + 1
        except ValueError:
            raise TypeError("unable to increment " + repr(last_values[-1])) from None

    @classmethod
    def _missing_(cls, value):
        return None

    def __repr__(self):
        return f"<{type(self).__name__}.{self._name_}: {self._value_!r}>"

    def __str__(self):
        return f"{type(self).__name__}.{self._name_}"

    def __format__(self, format_spec):
        return str.__format__(str(self), format_spec)

    def __hash__(self):
        return hash(self._name_)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self


class ReprEnum(Enum):
    """Only repr() is an enumeration's; str() and format() are those of the value."""


class IntEnum(int, ReprEnum):
    def __str__(self):
        return str(self._value_)

    def __format__(self, format_spec):
        return format(self._value_, format_spec)


class StrEnum(str, ReprEnum):
    @staticmethod
    def _new_member_(cls, *values):
        if len(values) > 3:
            raise TypeError(f"too many arguments for str(): {values!r}")
        if not isinstance(values[0], str):
            raise TypeError(f"{values[0]!r} is not a string")
        value = str(*values)
        new = str.__new__(cls, value)
        new._value_ = value
        return new

    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        return name.lower()

    def __str__(self):
        return self._value_

    def __format__(self, format_spec):
        return format(self._value_, format_spec)


def _bits(n):
    while n:
        low = n & -n
        yield low
        n ^= low


class Flag(Enum):
    _boundary_ = STRICT

    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        if not last_values:
            return start if start is not None else 1
        last = max(last_values)
        if not isinstance(last, int):
            raise TypeError(f"invalid flag value {last!r}")
        return 1 << last.bit_length()

    @classmethod
    def _is_canonical(cls, value):
        return isinstance(value, int) and value > 0 and value & (value - 1) == 0

    @classmethod
    def _mask(cls):
        mask = 0
        for m in cls._member_map_.values():
            mask |= m._value_
        return mask

    @classmethod
    def _missing_(cls, value):
        if not isinstance(value, int):
            raise ValueError(f"{value!r} is not a valid {cls.__qualname__}")
        mask = cls._mask()
        full = (1 << mask.bit_length()) - 1
        if value < 0 and (~value & ~full if cls._boundary_ is STRICT else False) or value > 0 and value & ~mask:
            if cls._boundary_ is STRICT:
                width = max(value.bit_length(), mask.bit_length())
                raise ValueError(f"{cls!r} invalid value {value!r}\n    given {_binary(value, width)}\n"
                                 f"  allowed {_binary(mask, width)}")
            if cls._boundary_ is CONFORM:
                value &= mask
            elif cls._boundary_ is EJECT:
                return value
        if value < 0:
            value = mask & value if cls._boundary_ is not KEEP else value & max(full, (1 << (~value).bit_length()) - 1)
        found = cls._value2member_.get(value)
        if found is not None:
            return found
        kind = cls._member_type_
        new = object.__new__(cls) if kind is object else kind.__new__(cls, value)
        new._value_ = value
        known = [m for m in cls if m._value_ & value]
        rest = value & ~mask
        names = [m._name_ for m in known] + ([str(rest)] if rest else [])
        new._name_ = "|".join(names) if known else None
        new.__objclass__ = cls
        cls._value2member_[value] = new
        return new

    def __contains__(self, other):
        if not isinstance(other, type(self)):
            raise TypeError(f"unsupported operand type(s) for 'in': '{type(other).__qualname__}' and "
                            f"'{type(self).__qualname__}'")
        return other._value_ & self._value_ == other._value_

    def __iter__(self):
        return iter([m for m in type(self) if m._value_ & self._value_])

    def __len__(self):
        return len(list(_bits(self._value_)))

    def __bool__(self):
        return bool(self._value_)

    def __repr__(self):
        if self._name_ is None:
            return f"<{type(self).__name__}: {self._value_!r}>"
        return f"<{type(self).__name__}.{self._name_}: {self._value_!r}>"

    def __str__(self):
        if self._name_ is None:
            return f"{type(self).__name__}({self._value_!r})"
        return f"{type(self).__name__}.{self._name_}"

    def _with(self, other, f):
        if isinstance(other, type(self)):
            other = other._value_
        elif self._member_type_ is object or not isinstance(other, self._member_type_):
            return NotImplemented
        return type(self)(f(self._value_, other))

    def __or__(self, other):
        return self._with(other, lambda a, b: a | b)

    def __and__(self, other):
        return self._with(other, lambda a, b: a & b)

    def __xor__(self, other):
        return self._with(other, lambda a, b: a ^ b)

    __ror__, __rand__, __rxor__ = __or__, __and__, __xor__

    def __invert__(self):
        if self._boundary_ is KEEP:
            return type(self)(~self._value_)
        return type(self)(self._mask() & ~self._value_)


def _binary(n, width):
    digits = format(n & ((1 << width) - 1), "b").zfill(width)
    return f"0b{1 if n < 0 else 0} {digits}"


class IntFlag(int, ReprEnum, Flag, boundary=KEEP):
    __or__, __and__, __xor__, __invert__ = Flag.__or__, Flag.__and__, Flag.__xor__, Flag.__invert__
    __ror__, __rand__, __rxor__ = Flag.__ror__, Flag.__rand__, Flag.__rxor__
    __contains__, __iter__, __len__, __repr__ = Flag.__contains__, Flag.__iter__, Flag.__len__, Flag.__repr__

    def __str__(self):
        return str(self._value_)

    def __format__(self, format_spec):
        return format(self._value_, format_spec)


def unique(enumeration):
    twice = [f"{name} -> {m.name}" for name, m in enumeration.__members__.items() if name != m.name]
    if twice:
        raise ValueError(f"duplicate values found in {enumeration!r}: {', '.join(twice)}")
    return enumeration


def global_enum(cls, update_str=False):
    raise _milc_lacks("enum: milc does not have global_enum()")
