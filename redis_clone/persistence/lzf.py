"""LZF, the compression of strings in an RDB file.

A compressed string is a row of literal runs and back references:

    000nnnnn +n+1 bytes                 these bytes
    nnnooooo oooooooo                   n+2 bytes (n is 1 to 6) from o+1 bytes back in what is unpacked so far
    111ooooo nnnnnnnn oooooooo          n+9 bytes from o+1 bytes back

What is packed here is not what Redis makes of the same string, byte for byte, but takes about the same room,
and Redis unpacks it: of prose and source code it takes 5 to 8 % more than in Redis, of JSON 1 % more, of
logs 5 to 15 % less. lzf_search.py finds what repeats.

A string of less than 64 bytes is only tried when its beginning comes again. To try all would make the file
of a million small keys of mixed types 3.5 % smaller, but saving it would take a third longer, most of it for
collections of two or three elements. In JSON, sessions or other texts of this length Redis finds nothing
either.

CPython 3.11: a string of less than 64 bytes takes 0.3 us, a longer one in which nothing repeats 0.05 us a
byte, a packed collection of four to six elements 5 to 8 us. Long texts and JSON take 0.1 to 0.15 us a byte,
logs and random bytes half of that, zeros 0.02 us. To unpack takes 0.05 us a packed byte.

Pure functions: callable from any thread.
"""
from .corrupt import CorruptPayload
from .lzf_search import repetitions

__all__ = ["compress", "decompress"]

_LONGEST_RUN = 32
_MOST_EXPANDED = 88             # times: the longest match takes three bytes

_SHORT = 64                     # bytes of a string below which compression is only tried
_BEGINNING = 4                  # if so many bytes at its beginning come again


def compress(data):
    """`data` (bytes) in fewer bytes, or None when it does not get smaller."""
    if len(data) < _SHORT and data.find(data[:_BEGINNING], _BEGINNING) < 0:
        return None
    packed = bytearray()
    pending = 0                             # data[pending:] is still to be written
    for start, length, distance in repetitions(data):
        if start - pending > _LONGEST_RUN:
            _write_literals(packed, data, pending, start)
        elif pending < start:
            packed.append(start - pending - 1)
            packed += data[pending:start]
        pending = start + length
        offset = distance - 1
        if length < 9:
            packed += (length - 2 << 13 | offset).to_bytes(2, "big")
        else:
            packed += ((0xE0 | offset >> 8) << 16 | length - 9 << 8 | offset & 0xFF).to_bytes(3, "big")
    if not pending:
        return None
    _write_literals(packed, data, pending, len(data))
    return bytes(packed) if len(packed) < len(data) else None


def decompress(data, size):
    """The `size` bytes that `data` (bytes) stands for."""
    if size > len(data) * _MOST_EXPANDED:
        raise CorruptPayload("LZF: cannot become so long")
    unpacked = bytearray()
    filled = position = 0                   # bytes of `unpacked`, and of `data` that have been dealt with
    end = len(data)
    try:
        while position < end:
            head = data[position]
            if head < 32:
                start = position + 1
                position += head + 2
                unpacked += data[start:position]        # fewer when it is cut off: seen at the end
                filled += head + 1
                continue
            if head < 0xE0:
                length, distance = (head >> 5) + 2, ((head & 31) << 8 | data[position + 1]) + 1
                position += 2
            else:
                length, distance = data[position + 1] + 9, ((head & 31) << 8 | data[position + 2]) + 1
                position += 3
            start = filled - distance
            if start < 0 or filled + length > size:
                raise CorruptPayload("LZF: a match that cannot be")
            if length <= distance:
                unpacked += unpacked[start:start + length]
            else:
                unpacked += _repeat(unpacked[start:], length)
            filled += length
    except IndexError:
        raise CorruptPayload("LZF: cut off") from None
    if position != end or len(unpacked) != size:
        raise CorruptPayload("LZF: wrong size")
    return bytes(unpacked)


def _write_literals(packed, data, start, end):
    while start < end:
        stop = min(start + _LONGEST_RUN, end)
        packed.append(stop - start - 1)
        packed += data[start:stop]
        start = stop


def _repeat(piece, length):
    return (piece * (length // len(piece) + 1))[:length]
