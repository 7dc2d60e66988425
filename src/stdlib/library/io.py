# io: files in memory. open() is the language's.
from _io import open  # noqa: F401

SEEK_SET, SEEK_CUR, SEEK_END = 0, 1, 2
DEFAULT_BUFFER_SIZE = 8192


class UnsupportedOperation(OSError, ValueError):
    pass


class IOBase:
    """What texts and bytes in memory have in common: _data and the place in it."""
    _empty = ""

    def _set(self, data):
        self._data, self._at, self.closed = data, 0, False

    def _check(self):
        if self.closed:
            raise ValueError("I/O operation on closed file" + "." * isinstance(self._data, bytes))

    def __iter__(self):
        return self

    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def __enter__(self):
        self._check()
        return self

    def __exit__(self, *exc_info):
        self.close()

    def close(self):
        self.closed = True

    def flush(self):
        self._check()

    def readable(self):
        self._check()
        return True

    writable = seekable = readable

    def isatty(self):
        self._check()
        return False

    def fileno(self):
        raise UnsupportedOperation("fileno")

    def getvalue(self):
        self._check()
        return self._data

    def tell(self):
        self._check()
        return self._at

    def _read_to(self, end):
        part = self._data[self._at:end]
        self._at += len(part)
        return part

    def read(self, size=-1, /):
        self._check()
        end = len(self._data) if size is None or size < 0 else min(self._at + size, len(self._data))
        return self._read_to(end)

    def readline(self, size=-1, /):
        self._check()
        end = self._at + (self._data[self._at:].find(self._newline) + 1 or len(self._data))
        if size is not None and size >= 0:
            end = min(end, self._at + size)
        return self._read_to(end)

    def readlines(self, hint=-1, /):
        lines = list(self)
        return lines

    def _put(self, part):
        before = self._data[:self._at]
        if len(before) < self._at:
            before += self._zero * (self._at - len(before))
        self._data = before + part + self._data[self._at + len(part):]
        self._at += len(part)

    def writelines(self, lines, /):
        for line in lines:
            self.write(line)

    def truncate(self, size=None, /):
        self._check()
        size = self._at if size is None else size
        self._data = self._data[:size]
        return size


TextIOBase = RawIOBase = BufferedIOBase = IOBase


class StringIO(IOBase):
    _newline, _zero = "\n", "\0"
    encoding = errors = None

    def __init__(self, initial_value="", newline="\n"):
        if initial_value is not None and not isinstance(initial_value, str):
            raise TypeError(f"initial_value must be str or None, not {type(initial_value).__name__}")
        self._translate = newline
        self._parts = []
        self._set("")
        self.write(initial_value or "")
        self._at = 0

    # What is written at the end waits in _parts, so that many writes take time in proportion to what they write.
    @property
    def _data(self):
        if self._parts:
            self._whole = self._whole + "".join(self._parts)
            self._parts = []
        return self._whole

    @_data.setter
    def _data(self, data):
        self._whole, self._parts, self._size = data, [], len(data)

    def write(self, s, /):
        self._check()
        if not isinstance(s, str):
            raise TypeError(f"string argument expected, got {type(s).__name__!r}")
        text = s.replace("\r\n", "\n").replace("\r", "\n") if self._translate is None else s
        if self._at == self._size:
            self._parts.append(text)
            self._size += len(text)
            self._at = self._size
        else:
            self._put(text)
        return len(s)

    def seek(self, pos, whence=0, /):
        self._check()
        if whence == 0 and pos < 0:
            raise ValueError(f"Negative seek position {pos}")
        if whence not in (0, 1, 2):
            raise ValueError(f"Invalid whence ({whence}, should be 0, 1 or 2)")
        if whence and pos:
            raise OSError("Can't do nonzero cur-relative seeks")
        self._at = (pos, self._at, len(self._data))[whence]
        return self._at


class BytesIO(IOBase):
    _newline, _zero = b"\n", b"\0"

    def __init__(self, initial_bytes=b""):
        if isinstance(initial_bytes, str):
            raise TypeError("a bytes-like object is required, not 'str'")
        self._set(bytes(initial_bytes or b""))

    def write(self, b, /):
        self._check()
        if isinstance(b, str):
            raise TypeError("a bytes-like object is required, not 'str'")
        b = bytes(b)
        self._put(b)
        return len(b)

    def seek(self, pos, whence=0, /):
        self._check()
        if whence == 0 and pos < 0:
            raise ValueError(f"negative seek value {pos}")
        if whence not in (0, 1, 2):
            raise ValueError(f"invalid whence ({whence}, should be 0, 1 or 2)")
        self._at = max(0, (0, self._at, len(self._data))[whence] + pos)
        return self._at

    def getbuffer(self):
        return self.getvalue()

    read1 = IOBase.read


class TextIOWrapper(IOBase):
    def __init__(self, buffer, encoding="utf-8", errors="strict", newline=None, line_buffering=False):
        raise _milc_lacks("io: milc does not have TextIOWrapper; open the file as text")
