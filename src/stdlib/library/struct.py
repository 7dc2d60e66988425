# struct: numbers as bytes, over _struct (struct.c), which knows the formats.
import _struct

__all__ = ["calcsize", "pack", "pack_into", "unpack", "unpack_from", "iter_unpack", "Struct", "error"]


class error(Exception):
    __module__ = "struct"


def _raise(msg):
    raise error(msg)


def _checked(format):
    if not isinstance(format, (str, bytes)):
        raise TypeError("Struct() argument 1 must be a str or bytes object, not %s"
                        % type(format).__name__)
    return format


def _data(buffer):
    if isinstance(buffer, bytes):
        return buffer
    if hasattr(buffer, "tobytes"):
        return buffer.tobytes()
    if type(buffer).__name__ != "bytearray":
        raise TypeError("a bytes-like object is required, not '%s'" % type(buffer).__name__)
    return bytes(buffer)


def _place(what, size, offset, have):
    """Where `offset` is in `have` bytes, of which `size` are needed from there on."""
    if not isinstance(offset, int) and not hasattr(offset, "__index__"):
        raise TypeError("'%s' object cannot be interpreted as an integer" % type(offset).__name__)
    at = offset
    if at < 0:
        if at + size > 0:
            raise error(("no space to pack %d bytes at offset %d" if what == "pack" else
                         "not enough data to unpack %d bytes at offset %d") % (size, at))
        if at + have < 0:
            raise error("offset %d out of range for %d-byte buffer" % (at, have))
        at += have
    if have - at < size:
        name = "pack_into" if what == "pack" else "unpack_from"
        raise error("%s requires a buffer of at least %d bytes for %sing %d bytes at offset %d "
                    "(actual buffer size is %d)" % (name, size + at, what, size, at, have))
    return at


class Struct:
    def __init__(self, format):
        _checked(format)
        self.size = _struct.size(format, _raise)
        self._format = format
        self.format = format if isinstance(format, str) else format.decode("ascii")

    def pack(self, *values):
        return _struct.pack(self._format, values, "pack", _raise)

    def pack_into(self, buffer=None, offset=None, *values):
        if buffer is None:
            raise error("pack_into expected buffer argument")
        if offset is None:
            raise error("pack_into expected offset argument")
        if isinstance(buffer, (str, bytes)) or not hasattr(buffer, "__setitem__"):
            raise TypeError("argument must be read-write bytes-like object, not %s"
                            % type(buffer).__name__)
        if type(buffer).__name__ != "bytearray":
            raise _milc_lacks("milc does not have struct.pack_into() of a %s, only of a bytearray"
                              % type(buffer).__name__)
        data = _struct.pack(self._format, values, "pack_into", _raise)
        at = _place("pack", self.size, offset, len(buffer))
        buffer[at:at + self.size] = data

    def unpack(self, buffer):
        data = _data(buffer)
        if len(data) != self.size:
            raise error("unpack requires a buffer of %d bytes" % self.size)
        return _struct.unpack(self._format, data, 0, _raise)

    def unpack_from(self, buffer, offset=0):
        data = _data(buffer)
        return _struct.unpack(self._format, data, _place("unpack", self.size, offset, len(data)),
                              _raise)

    def iter_unpack(self, buffer):
        data = _data(buffer)
        if self.size == 0:
            raise error("cannot iteratively unpack with a struct of length 0")
        if len(data) % self.size:
            raise error("iterative unpacking requires a buffer of a multiple of %d bytes"
                        % self.size)
        return iter([_struct.unpack(self._format, data, at, _raise)
                     for at in range(0, len(data), self.size)])


_cache = {}


def _struct_of(format):
    key = isinstance(_checked(format), str), format
    if key not in _cache:
        if len(_cache) >= 100:
            _cache.clear()
        _cache[key] = Struct(format)
    return _cache[key]


def calcsize(format):
    return _struct_of(format).size


def pack(*args):
    if not args:
        raise TypeError("missing format argument")
    return _struct_of(args[0]).pack(*args[1:])


def pack_into(*args):
    if not args:
        raise TypeError("missing format argument")
    _struct_of(args[0]).pack_into(*args[1:])


def unpack(format, buffer):
    return _struct_of(format).unpack(buffer)


def unpack_from(format, buffer, offset=0):
    return _struct_of(format).unpack_from(buffer, offset)


def iter_unpack(format, buffer):
    return _struct_of(format).iter_unpack(buffer)
