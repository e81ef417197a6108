"""How many bytes Redis would need to save a value (RDB version 11): the serializedlength of DEBUG OBJECT.

Exact for everything that Redis does not compress. With rdbcompression on it tries to compress each string and
each packed collection of more than 20 bytes; what that saves is not taken into account here.
"""
from .args import format_float
from .datatypes.limits import LISTPACK_HEADER_BYTES, is_integer, listpack_entry_bytes
from .keyspace import text_of, type_name

__all__ = ["serialized_length"]


def serialized_length(value):
    """Bytes of a stored value, without its key and type."""
    return _MEASURES[type_name(value)](value)


def _count_bytes(count):
    """The bytes that a length takes."""
    return 1 if count < 1 << 6 else 2 if count < 1 << 14 else 5 if count < 1 << 32 else 9


def _string(value):
    value = text_of(value)
    if len(value) <= 11 and is_integer(value):
        number = int(value)
        for size in (1, 2, 4):
            if -1 << 8 * size - 1 <= number < 1 << 8 * size - 1:
                return 1 + size
    return _blob(len(value))


def _blob(size):
    return _count_bytes(size) + size


def _listpack(entries):
    return _blob(LISTPACK_HEADER_BYTES + sum(map(listpack_entry_bytes, entries)))


def _list(value):
    if value.chain is None:
        return 2 + _listpack(value.items)
    sizes = value.chain.sizes[value.chain.first:]
    return _count_bytes(len(sizes)) + sum(1 + _blob(size) for size in sizes)


def _set(value):
    if value.encoding == "intset":
        largest = max(max(number, -1 - number) for number in map(int, value))
        width = 2 if largest < 1 << 15 else 4 if largest < 1 << 31 else 8
        return _blob(8 + width * len(value))
    if value.encoding == "listpack":
        return _listpack(value)
    return _count_bytes(len(value)) + sum(map(_string, value))


def _hash(value):
    if value.encoding == "listpack":
        return _listpack([part for pair in value.items() for part in pair])
    return _count_bytes(len(value)) + sum(map(_string, value)) + sum(map(_string, value.values()))


def _zset(value):
    if value.encoding == "listpack":
        return _listpack([part for member, score in value.items() for part in (member, format_float(score))])
    return _count_bytes(len(value)) + sum(_string(member) + 8 for member in value)


_MEASURES = {"string": _string, "list": _list, "set": _set, "hash": _hash, "zset": _zset}
