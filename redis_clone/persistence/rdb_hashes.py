"""Hashes in RDB files: plain ones, packed ones, and those whose fields expire.

    4           number of fields, then each field and its value
    16          a listpack of fields and values in turn; read too: 13 a ziplist of the same, 9 a zipmap

Redis 7.4 writes a hash with expiries of fields in one of two other ways, and any other hash as before:

    24          the earliest expiry (8 bytes), number of fields, then each field's expiry, name and value. The
                expiry is a length: 0 for none, else 1 more than what it is later than the earliest.
    25          the earliest expiry, then a listpack of field, value and expiry (0 for none) in turn, the
                earliest first, those without an expiry last

Expiries are milliseconds since 1970. rdb_values.py says the rest.
"""
from itertools import chain
from math import inf

from ..args import parse_int_or_none
from ..datatypes.hash import ExpiringHash, Hash
from .corrupt import CorruptPayload, EmptyPayload
from .listpack import decode_listpack, encode_listpack
from .rdb_primitives import encode_length, encode_milliseconds, encode_string
from .ziplist import decode_ziplist
from .zipmap import decode_zipmap

__all__ = ["write_hash", "HASH_READERS"]

_HASH, _ZIPMAP, _ZIPLIST, _LISTPACK, _METADATA, _LISTPACK_EX = 4, 9, 13, 16, 24, 25
_LATEST_EXPIRY_MS = (1 << 48) - 2           # Redis has 48 bits, and all of them set means "never"


# ---- writing ----------------------------------------------------------------------------------------------

def write_hash(value, version, compress):
    """``(type, payload)`` of a Hash or ExpiringHash, whatever the version."""
    if value.__class__ is ExpiringHash and len(value.expiries):
        return _write_expiring(value, compress)
    if value.encoding == "hashtable":
        parts = [encode_length(len(value))]
        parts += [encode_string(part, compress) for part in chain.from_iterable(value.items())]
        return _HASH, b"".join(parts)
    return _LISTPACK, encode_string(encode_listpack(list(chain.from_iterable(value.items()))), compress)


def _write_expiring(value, compress):
    expiries = value.expiries.times
    earliest_ms = value.expiries.earliest()
    if value.encoding == "hashtable":
        parts = [encode_milliseconds(earliest_ms), encode_length(len(value))]
        for field, content in value.items():
            when_ms = expiries.get(field)
            parts += (encode_length(0 if when_ms is None else when_ms - earliest_ms + 1),
                      encode_string(field, compress), encode_string(content, compress))
        return _METADATA, b"".join(parts)
    items = []
    for field in sorted(value, key=lambda field: expiries.get(field, inf)):
        items += field, value[field], expiries.get(field, 0)
    return _LISTPACK_EX, encode_milliseconds(earliest_ms) + encode_string(encode_listpack(items), compress)


# ---- reading ----------------------------------------------------------------------------------------------

def _read_hash(reader, limits):
    value = Hash()
    for _ in range(_read_count(reader, value, limits)):
        field, content = reader.string(), reader.string()
        if not value.set_field(field, content, limits):
            raise CorruptPayload("a field comes twice")
    return value


def _read_metadata(reader, limits):
    value = ExpiringHash()
    earliest_ms = _read_earliest(reader)
    for _ in range(_read_count(reader, value, limits)):
        later_ms, field, content = reader.length(), reader.string(), reader.string()
        if not value.set_field(field, content, limits):
            raise CorruptPayload("a field comes twice")
        if later_ms:
            _expire(value, field, earliest_ms + later_ms - 1)
    return value


def _read_count(reader, value, limits):
    """How many fields follow; tells the empty `value` so. There is at least one."""
    count = reader.length()
    if not count:
        raise EmptyPayload("an empty hash")
    value.expect(count, limits)
    return count


def _read_earliest(reader):
    earliest_ms = reader.milliseconds()
    if not 0 <= earliest_ms <= _LATEST_EXPIRY_MS:
        raise CorruptPayload("a field expires at no time that there is")
    return earliest_ms


def _expire(value, field, when_ms):
    if not 0 < when_ms <= _LATEST_EXPIRY_MS:
        raise CorruptPayload("a field expires at no time that there is")
    value.expire_field(field, when_ms)


def _read_zipmap(reader, limits):
    pairs = decode_zipmap(reader.string())
    value = _packed(Hash(), pairs, limits)
    longest = max(max(map(len, pair)) for pair in pairs)
    if longest > limits.hash_max_listpack_value:        # only here does Redis look at lengths as well
        value.encoding = "hashtable"
    return value


def _read_ziplist(reader, limits):
    return _packed_hash(decode_ziplist(reader.string()), limits)


def _read_listpack(reader, limits):
    return _packed_hash(decode_listpack(reader.string()), limits)


def _packed_hash(items, limits):
    """The hash of fields and values in turn."""
    if not items:
        raise EmptyPayload("an empty hash")
    value = Hash()
    value.update(zip(items[::2], items[1::2]))
    if len(value) * 2 != len(items):
        raise CorruptPayload("half a field, or a field comes twice")
    value.expect(len(value), limits)
    return value


def _read_listpack_ex(reader, limits):
    _read_earliest(reader)                              # it follows from the expiries themselves
    items = decode_listpack(reader.string())
    if len(items) % 3:
        raise CorruptPayload("half a field")
    triples = list(zip(items[::3], items[1::3], items[2::3]))
    value = _packed(ExpiringHash(), [(field, content) for field, content, _ in triples], limits)
    for field, _, expiry in triples:
        when_ms = parse_int_or_none(expiry)
        if when_ms is None:
            raise CorruptPayload("an expiry is not a number")
        if when_ms:
            _expire(value, field, when_ms)
    return value


def _packed(value, pairs, limits):
    """Fills the empty `value` with what came in one piece; as in Redis only the number of fields counts."""
    value.update(pairs)
    if not pairs:
        raise EmptyPayload("an empty hash")
    if len(value) != len(pairs):
        raise CorruptPayload("a field comes twice")
    value.expect(len(pairs), limits)
    return value


HASH_READERS = {
    _HASH: _read_hash,
    _ZIPMAP: _read_zipmap,
    _ZIPLIST: _read_ziplist,
    _LISTPACK: _read_listpack,
    _METADATA: _read_metadata,
    _LISTPACK_EX: _read_listpack_ex,
}
