"""Bits in strings of bytes: counting, finding and combining them at C speed, and integers of any width.

Bit 0 is the highest bit of the first byte, as in SETBIT and its kin. Texts are bytes or bytearrays of up to
512 MB: they are worked on in chunks, each turned into one large int or translated through a table, so that
nothing here takes a Python step per byte nor more than a chunk of further memory.

No locking: plain functions. Nothing here knows of keys, of positions counted from the end, or of errors.
"""
import operator
from functools import reduce

__all__ = ["count_bits", "find_bit", "combine", "invert", "get_bits", "set_bits"]

_CHUNK_BYTES = 1 << 16
_BYTES_OF_ZEROS = bytes(_CHUNK_BYTES)
_BYTES_OF_ONES = b"\xff" * _CHUNK_BYTES
_INVERTED = bytes(range(255, -1, -1))
_ONES_IN_BYTE = bytes(bin(byte).count("1") for byte in range(256))

_OPERATORS = {"and": operator.and_, "or": operator.or_, "xor": operator.xor}

if hasattr(int, "bit_count"):                   # since Python 3.10
    def _count(chunk):
        return int.from_bytes(chunk, "little").bit_count()
else:
    def _count(chunk):
        return sum(chunk.translate(_ONES_IN_BYTE))


def count_bits(text, start, end):
    """How many bits are set among the bits start..end, both included and inside of `text`."""
    first, last = start >> 3, end >> 3
    total = 0
    for position in range(first, last + 1, _CHUNK_BYTES):
        chunk = text[position:min(position + _CHUNK_BYTES, last + 1)]
        if not _BYTES_OF_ZEROS.startswith(chunk):           # most of many bitmaps; found out much faster
            total += _count(chunk)
    # the bits of the first and the last byte that are outside
    before = text[first] >> 8 - (start & 7)
    after = text[last] & 127 >> (end & 7)
    return total - _ONES_IN_BYTE[before] - _ONES_IN_BYTE[after]


def find_bit(text, bit, start, end):
    """The position of the first bit that is `bit` among the bits start..end of `text`, or -1."""
    boring = 0 if bit else 255
    first, last = start >> 3, end >> 3
    found = _first_bit(text[first] ^ boring, start & 7)
    if found == 8 and first < last:
        first = _skip(text, boring, first + 1, last)
        found = _first_bit(text[first] ^ boring, 0)
    position = first * 8 + found
    return position if found < 8 and position <= end else -1


def _first_bit(byte, start):
    """The number of the highest bit set in `byte` from bit `start` on, 0 being the highest; 8 for none."""
    return 8 - (byte & 255 >> start).bit_length()


def _skip(text, boring, position, last):
    """The position of the first byte that is not `boring`, or `last` where none is before that."""
    run = _BYTES_OF_ONES if boring else _BYTES_OF_ZEROS
    while position + _CHUNK_BYTES <= last and text.startswith(run, position):
        position += _CHUNK_BYTES
    chunk = text[position:min(position + _CHUNK_BYTES, last)]
    return position + len(chunk) - len(chunk.lstrip(run[:1]))


def combine(name, texts):
    """The bytes of "and", "or" or "xor" of texts, as a bytearray as long as the longest; the others count as
    padded with zeros.
    """
    operation = _OPERATORS[name]
    size = max(map(len, texts))
    result = bytearray()
    for position in range(0, size, _CHUNK_BYTES):
        end = min(position + _CHUNK_BYTES, size)
        # little-endian numbers: what is missing at the end of a text is zero by itself
        numbers = [int.from_bytes(text[position:end], "little") for text in texts]
        result += reduce(operation, numbers).to_bytes(end - position, "little")
    return result


def invert(text):
    """All bits of `text` turned over, as a bytearray."""
    return bytearray(text).translate(_INVERTED)


def get_bits(text, position, width):
    """The unsigned number in `width` bits from bit `position` on; zeros follow the end of `text`."""
    first, last = position >> 3, position + width - 1 >> 3
    chunk = text[first:last + 1]
    number = int.from_bytes(chunk, "big") << 8 * (last + 1 - first - len(chunk))
    return number >> 7 - (position + width - 1 & 7) & (1 << width) - 1


def set_bits(text, position, width, number):
    """Store an unsigned number in `width` bits from bit `position` on of a bytearray that has them."""
    first, last = position >> 3, position + width - 1 >> 3
    shift = 7 - (position + width - 1 & 7)
    others = int.from_bytes(text[first:last + 1], "big") & ~((1 << width) - 1 << shift)
    text[first:last + 1] = (others | number << shift).to_bytes(last + 1 - first, "big")
