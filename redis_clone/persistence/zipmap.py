"""The zipmap, the small hash of Redis before version 2.6. It is only read here.

    number of pairs (1 byte; 254: count them) | pairs | FF

A pair:

    length (1 byte, or FE and 4 bytes, little-endian) | field | length | unused bytes (1) | value | unused

Pure functions: callable from any thread.
"""
from .corrupt import CorruptPayload

__all__ = ["decode_zipmap"]

_MANY = _LONG_LENGTH = 0xFE
_END = 0xFF


def decode_zipmap(data):
    """The (field, value) pairs of a zipmap."""
    if len(data) < 2 or data[-1] != _END:
        raise CorruptPayload("zipmap: wrong size")
    pairs = []
    position, last = 1, len(data) - 1
    while data[position] != _END:
        start, field_end = _bounds(data, position, 0)
        value_start, value_end = _bounds(data, field_end, 1)
        pairs.append((data[start:field_end], data[value_start:value_end]))
        position = value_end + data[value_start - 1]
        if position > last:
            raise CorruptPayload("zipmap: cut off")
    if data[0] not in (_MANY, len(pairs)):
        raise CorruptPayload("zipmap: wrong number of pairs")
    return pairs


def _bounds(data, position, gap):
    """(start, end) of the string whose length is at a position, with `gap` bytes between them."""
    length = data[position]
    position += 1
    if length == _LONG_LENGTH:
        length = int.from_bytes(data[position:position + 4], "little")
        position += 4
        if length < _LONG_LENGTH:
            raise CorruptPayload("zipmap: a length is written too long")
    elif length == _END:
        raise CorruptPayload("zipmap: ends too early")
    position += gap
    if position + length >= len(data):
        raise CorruptPayload("zipmap: a string is cut off")
    return position, position + length
