"""What DUMP gives and RESTORE takes: one value, and what it takes to trust it.

    type (1 byte) | the value | RDB version (2 bytes, little-endian) | CRC-64 of all before it (8 bytes)

`seal` and `sealed_part` serve other payloads with such an end, too (scripting/function_dump.py).

Locking: values that others can reach are encoded under the engine's lock. Keys and expiries are not in it.
"""
import struct

from .corrupt import CorruptPayload
from .crc64 import crc64
from .rdb_primitives import Reader
from .rdb_values import read_value, version_of_type, write_value

__all__ = ["WrongChecksum", "encode_payload", "decode_payload", "seal", "sealed_part"]

_VERSION = struct.Struct("<H")
_CHECKSUM = struct.Struct("<Q")
_FOOTER_BYTES = _VERSION.size + _CHECKSUM.size
_NEWEST_READ = 12               # with Redis 7.4's hashes whose fields expire


class WrongChecksum(ValueError):
    """The payload is not as it was written, or from a server that is too new."""


def encode_payload(value, version, compress=True):
    """The payload of a stored value. For a hash whose fields expire, `version` is raised to the first with such."""
    kind, body = write_value(value, version, compress)
    return seal(bytes((kind,)) + body, version_of_type(kind, version))


def seal(data, version):
    """`data` with the version and the checksum at its end."""
    data += _VERSION.pack(version)
    return data + _CHECKSUM.pack(crc64(data))


def decode_payload(data, limits, check=True):
    """The value of a payload; raises WrongChecksum (not without `check`: then only the version counts) or
    CorruptPayload. What stands between the value and the version is ignored, as in Redis.
    """
    reader = Reader(data, end=sealed_part(data, check))
    return read_value(reader.byte(), reader, limits)


def sealed_part(data, check=True):
    """How many bytes stand before the version; raises WrongChecksum as `decode_payload` does."""
    end = len(data) - _FOOTER_BYTES
    if end < 0 or _VERSION.unpack_from(data, end)[0] > _NEWEST_READ:
        raise WrongChecksum("too short, or too new")
    if check and _CHECKSUM.unpack_from(data, len(data) - _CHECKSUM.size)[0] != crc64(data[:-_CHECKSUM.size]):
        raise WrongChecksum("the checksum does not fit")
    return end
