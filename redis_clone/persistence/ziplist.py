"""The ziplist, which Redis wrote before version 7 where it now writes listpacks. It is only read here.

    total bytes (4, little-endian) | where the last entry starts (4)
    | number of entries (2; 65535: count them) | entries | FF

An entry starts with the size of the one before it (1 byte, or FE and 4 bytes), then come a header and data:

    00xxxxxx                    a string of up to 63 bytes
    01xxxxxx +1 byte            a string of up to 16383 bytes, big-endian
    10...... +4 bytes           a longer string, big-endian
    C0, D0, E0, F0, FE          a number of 2, 4, 8, 3, 1 bytes, little-endian
    F1 to FD                    a number from 0 to 12

Pure functions: callable from any thread.
"""
import struct

from .corrupt import CorruptPayload

__all__ = ["decode_ziplist"]

_HEADER = struct.Struct("<IIH")
_HEADER_BYTES = 10
_UNKNOWN_COUNT = 0xFFFF
_END = 0xFF
_LONG_PREVIOUS = 0xFE
_INTEGER_WIDTHS = {0xC0: 2, 0xD0: 4, 0xE0: 8, 0xF0: 3, 0xFE: 1}


def decode_ziplist(data):
    """The entries of a ziplist, as bytes."""
    count, tail = _check_frame(data)
    items = []
    last = len(data) - 1
    entry, position, size = None, _HEADER_BYTES, 0
    try:
        while position < last:
            entry = position
            previous = data[position]
            position += 1
            if previous == _LONG_PREVIOUS:
                previous = int.from_bytes(data[position:position + 4], "little")
                position += 4
            if previous != size:
                raise CorruptPayload("ziplist: an entry's length does not fit")
            item, position = _decode_entry(data, position)
            items.append(item)
            size = position - entry
    except IndexError:
        raise CorruptPayload("ziplist: an entry is cut off") from None
    if position != last or count != _UNKNOWN_COUNT and count != len(items):
        raise CorruptPayload("ziplist: wrong number of entries")
    if items and tail != entry:
        raise CorruptPayload("ziplist: the last entry is elsewhere")
    return items


def _check_frame(data):
    """(number of entries, where the last one starts), when the frame around them is right."""
    if len(data) <= _HEADER_BYTES:
        raise CorruptPayload("ziplist: too short")
    total, tail, count = _HEADER.unpack_from(data)
    if total != len(data) or data[-1] != _END or tail >= total:
        raise CorruptPayload("ziplist: wrong size")
    return count, tail


def _decode_entry(data, position):
    """(item, where the entry ends) from an entry's header on."""
    head = data[position]
    position += 1
    if head < 0xC0:
        if head < 0x40:
            length = head
        elif head < 0x80:
            length = (head & 0x3F) << 8 | data[position]
            position += 1
        else:
            length = int.from_bytes(data[position:position + 4], "big")
            position += 4
        end = position + length
        if end >= len(data):
            raise CorruptPayload("ziplist: an entry is cut off")
        return data[position:end], end
    if 0xF1 <= head <= 0xFD:
        return b"%d" % (head - 0xF1), position
    width = _INTEGER_WIDTHS.get(head)
    if width is None:
        raise CorruptPayload("ziplist: unknown kind of entry")
    end = position + width
    return b"%d" % int.from_bytes(data[position:end], "little", signed=True), end
