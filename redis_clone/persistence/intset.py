"""The intset: a small set of integers, sorted, all of the same width.

    width in bytes (4, little-endian: 2, 4 or 8) | number of members (4) | the members, ascending

Pure functions: callable from any thread.
"""
import struct
from operator import lt

from .corrupt import CorruptPayload

__all__ = ["encode_intset", "decode_intset"]

_HEADER = struct.Struct("<II")
_CODES = {2: "h", 4: "i", 8: "q"}           # of the struct module


def encode_intset(numbers):
    """The intset of a sequence of ascending 64-bit ints, as narrow as they allow; there is at least one."""
    largest = max(numbers[-1], -1 - numbers[0])
    width = 2 if largest < 1 << 15 else 4 if largest < 1 << 31 else 8
    return struct.pack(f"<II{len(numbers)}{_CODES[width]}", width, len(numbers), *numbers)


def decode_intset(data):
    """The members of an intset: ascending ints, at least one."""
    if len(data) < _HEADER.size:
        raise CorruptPayload("intset: too short")
    width, count = _HEADER.unpack_from(data)
    if width not in _CODES or not count or _HEADER.size + width * count != len(data):
        raise CorruptPayload("intset: wrong size")
    numbers = struct.unpack_from(f"<{count}{_CODES[width]}", data, _HEADER.size)
    if not all(map(lt, numbers, numbers[1:])):
        raise CorruptPayload("intset: not in ascending order")
    return list(numbers)
