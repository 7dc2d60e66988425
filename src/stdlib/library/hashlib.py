# hashlib: digests, by _hash.new(name, data), which is None for a name that it does not know (hash.c).
import _hash

_HERE = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
_GUARANTEED = _HERE + ("blake2b", "blake2s", "sha3_224", "sha3_256", "sha3_384", "sha3_512",
                       "shake_128", "shake_256")
algorithms_guaranteed = set(_GUARANTEED)
algorithms_available = set(_HERE)
__all__ = _GUARANTEED + ("new", "algorithms_guaranteed", "algorithms_available", "file_digest")


def new(name, data=b"", *, usedforsecurity=True):
    if not isinstance(name, str):
        raise TypeError("name must be a string")
    known = name.lower().replace("-", "")
    made = _hash.new(known, data)
    if made is None:
        if known in _GUARANTEED:
            raise _milc_lacks("milc does not have hashlib.%s" % known)
        raise ValueError("unsupported hash type " + name)
    return made


def md5(string=b"", *, usedforsecurity=True):
    return _hash.new("md5", string)


def sha1(string=b"", *, usedforsecurity=True):
    return _hash.new("sha1", string)


def sha224(string=b"", *, usedforsecurity=True):
    return _hash.new("sha224", string)


def sha256(string=b"", *, usedforsecurity=True):
    return _hash.new("sha256", string)


def sha384(string=b"", *, usedforsecurity=True):
    return _hash.new("sha384", string)


def sha512(string=b"", *, usedforsecurity=True):
    return _hash.new("sha512", string)


def file_digest(fileobj, digest, /):
    made = new(digest) if isinstance(digest, str) else digest()
    while True:
        data = fileobj.read(262144)
        if not data:
            return made
        made.update(data)
