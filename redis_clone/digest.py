"""The fingerprints of DEBUG DIGEST and DEBUG DIGEST-VALUE: equal data, equal digest, in Redis as here.

Two ways of adding bytes to a digest of 20 bytes: `_stir` is for things with an order, `_xor` for those
without; the members of a set can then come in any order. A value's digest begins with the number of its
type and ends with the fact that the key expires (but not when). The digest of a dataset joins database
numbers, keys and values in the same way.

Digests are ints here, since xor is what is done to them most; they become bytes where they are hashed.
"""
import math
import struct
from hashlib import sha1

from .args import format_float
from .keyspace import text_of, type_name
from .shortest_double import format_shortest

__all__ = ["dataset_digest", "value_digest", "format_digest"]


def _xor(digest, data):
    return digest ^ int.from_bytes(sha1(data).digest(), "big")


def _stir(digest, data):
    return int.from_bytes(sha1(_xor(digest, data).to_bytes(20, "big")).digest(), "big")


def _pair(first, second):
    """The digest of a field and its value, or a member and its score, as a thing of its own."""
    return _stir(_stir(0, first), second).to_bytes(20, "big")


def _string(digest, value):
    return _stir(digest, text_of(value))


def _list(digest, value):
    for element in value:
        digest = _stir(digest, element)
    return digest


def _set(digest, value):
    for member in value:
        digest = _xor(digest, member)
    return digest


def _zset(digest, value):
    for member, score in value.items():
        # By fpconv since Redis 7.2, where even a whole number may have an exponent: 1e+8.
        text = format_float(score) if not score or math.isinf(score) else format_shortest(score)
        digest = _xor(digest, _pair(member, text))
    return digest


def _hash(digest, value):
    for field, content in value.items():
        digest = _xor(digest, _pair(field, content))
    return digest


def _stream(digest, value):
    for node in value.nodes():
        for id_, fields in node:
            digest = _stir(digest, b"%d.%d" % id_)
            for part in fields:
                digest = _stir(digest, part)
    return digest


_TYPES = {"string": (0, _string), "list": (1, _list), "set": (2, _set), "zset": (3, _zset),
          "hash": (4, _hash), "stream": (6, _stream)}


def value_digest(database, key, digest=0):
    """Add the value at `key` to a digest; a key that is not there adds nothing."""
    value = database.values.get(key)
    if value is None:
        return digest
    number, add = _TYPES[type_name(value)]
    digest = add(_stir(digest, struct.pack(">I", number)), value)
    return _xor(digest, b"!!expire!!") if key in database.expires else digest


def dataset_digest(databases):
    """The digest of all keys of all databases; 0 when there are none."""
    digest = 0
    for database in databases:
        if len(database):
            digest = _stir(digest, struct.pack(">I", database.number))
        for key in database.values:
            digest = _xor(digest, value_digest(database, key, _stir(0, key)).to_bytes(20, "big"))
    return digest


def format_digest(digest):
    """The digest as 40 hexadecimal digits."""
    return f"{digest:040x}"
