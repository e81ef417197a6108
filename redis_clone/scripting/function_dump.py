"""What FUNCTION DUMP gives and FUNCTION RESTORE takes: the sources of all libraries.

    for each library: F5 | its source, a string as in an RDB file
    RDB version (2 bytes, little-endian) | CRC-64 of all before it (8 bytes)

Real servers read what is written here, and the other way round. Before the release of Redis 7.0 there was F6 with
another layout, which cannot be read.

Pure functions: callable from any thread. What becomes of the sources is in functions.py.
"""
from ..persistence.corrupt import CorruptPayload
from ..persistence.dump_payload import seal, sealed_part
from ..persistence.rdb_primitives import Reader, encode_string

__all__ = ["encode_libraries", "decode_libraries"]

_LIBRARY = 0xF5
_LIBRARY_BEFORE_RELEASE = 0xF6


def encode_libraries(sources, version, compress=True):
    """The payload of libraries (their sources as bytes) for servers that read this RDB version."""
    kind = bytes((_LIBRARY,))
    return seal(b"".join(kind + encode_string(source, compress) for source in sources), version)


def decode_libraries(data, check=True):
    """Yield the sources in a payload, one after the other.

    Raises WrongChecksum before the first one (dump_payload.py tells what `check` is), and CorruptPayload where
    what follows is no library.
    """
    end = sealed_part(data, check)
    reader = Reader(data)                       # the last string may reach into the end, as in Redis
    while reader.position < end:
        kind = reader.byte()
        if kind == _LIBRARY_BEFORE_RELEASE:
            raise CorruptPayload("Pre-GA function format not supported")
        if kind != _LIBRARY:
            raise CorruptPayload("given type is not a function")
        try:
            source = reader.string()
        except CorruptPayload:
            raise CorruptPayload("Failed loading library payload") from None
        yield source
