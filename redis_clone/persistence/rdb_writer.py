"""The whole dataset as an RDB file.

    "REDIS" and the version in 4 digits
    FA name, value              what may be worth knowing about the file, any number of times
    F5 source                   a library of functions, any number of times
    for each database that is not empty: FE its number, FB how many keys it has, and how many of them expire
        for each key: FC its expiry (milliseconds, 8 bytes), F8 seconds since its last use or F9 how often it
        is used (1 byte), each only where there is such a thing; then type, key, value as in rdb_values.py
    FF, and the CRC-64 of all before it (8 bytes, little-endian; zeros: it was not summed up)

Keys are gathered in rounds of 1024, or fewer large ones, whose bytes leave in pieces of some 64 KB or more; that
takes no memory worth mentioning beside the largest value. Most keys are short and most values strings: these are
written right in the loop, all else by `write_value`.

CPython 3.11: a key with a short string takes 0.6 us, a number 1.2 us, a hash, set or list of a few elements 5 to 8
us, a sorted set 12 us, up to half of which goes into compressing it; the checksum of 1 MB takes 3.5 ms.

Locking: nothing of the dataset may change meanwhile, so the engine's lock is held, or this is a forked child.
Not here: where the bytes go, and what the names and values at the start of the file are.
"""
import struct
from itertools import islice

from .crc64 import crc64
from .rdb_primitives import LEAST_COMPRESSED, encode_length, encode_string
from .rdb_values import FIELD_EXPIRY_VERSION, LATEST_VERSION, write_value

__all__ = ["write_rdb", "KEYS_PER_ROUND"]

KEYS_PER_ROUND = 1024
_PIECE_BYTES = 1 << 16              # what is gathered before it is written
_LONGEST_PIECE = 1 << 18            # what is written at once

_FREQUENCY, _IDLE, _AUX, _RESIZE, _EXPIRY_MS, _SELECT, _END = (
    b"\xf9", b"\xf8", b"\xfa", b"\xfb", b"\xfc", b"\xfe", b"\xff")
_FUNCTION = b"\xf5"

_encode_expiry = struct.Struct("<cq").pack
_CHECKSUM = struct.Struct("<Q")
_KINDS = [bytes((kind,)) for kind in range(256)]
_STRING = _KINDS[0]
_SHORT = 0x40                       # bytes of a string whose length does not fit into one byte
_SHORT_LENGTHS = [bytes((length,)) for length in range(_SHORT)]
_COMPRESSED_KEY = 128               # bytes of a key worth a try: in shorter ones there is little to find


def write_rdb(write, databases, *, version=LATEST_VERSION, compress=True, checksum=True, aux=(), functions=(),
              access=None, lru_clock=0, progress=None):
    """Write the dataset by calls of ``write(data)``; returns the number of keys.

    `databases` are keyspace.Database or alike. Where a hash has fields that expire, the version is raised to the
    first that knows them. `aux` are pairs of bytes, str or int, `functions` the sources of libraries as bytes.
    `access`, "lru" or "lfu", is what the databases' tables of accesses hold, and None leaves them out;
    `lru_clock` is the time now. ``progress(keys)`` is called with the number of keys done after each round, and
    whatever it raises ends the writing.
    """
    databases = [database for database in databases if database.values]
    if any(database.field_expiries for database in databases):
        version = max(version, FIELD_EXPIRY_VERSION)
    out = _Output(write, checksum)
    out.add(b"REDIS%04d" % version)
    for name, value in aux:
        out.add(_AUX + _encode_word(name) + _encode_word(value))
    for source in functions:
        out.add(_FUNCTION + encode_string(source, compress))
    done = 0
    for database in databases:
        out.add(_SELECT + encode_length(database.number) + _RESIZE + encode_length(len(database.values))
                + encode_length(len(database.expires)))
        usage_of = _usage(database.accessed, access, lru_clock)
        for data, count in _rounds(database, version, compress, usage_of):
            out.add(data)
            done += count
            if progress is not None:
                progress(done)
    out.finish()
    return done


def _encode_word(word):
    return encode_string(word.encode() if isinstance(word, str) else word, False)


def _usage(accessed, access, lru_clock):
    """A function that gives the bytes about a key's last uses; None when there are none to be written."""
    if access == "lru":
        return lambda key: _IDLE + encode_length(max(lru_clock - accessed.get(key, lru_clock), 0))
    if access == "lfu":
        return lambda key: _FREQUENCY + bytes((accessed.frequency(key, lru_clock),))
    return None


def _rounds(database, version, compress, usage_of):
    """The bytes of all keys of a database, by rounds: pairs of bytes and the number of keys."""
    expiry_of = database.expires.get
    items = iter(database.values.items())
    while True:
        parts, count, size = [], 0, 0
        # This loop takes the time of a whole save, so the usual key and the usual string are dealt with in it:
        # short, and certainly no numbers, since they begin with a letter or alike.
        for key, value in islice(items, KEYS_PER_ROUND):
            count += 1
            when_ms = expiry_of(key)
            if when_ms is not None:
                parts.append(_encode_expiry(_EXPIRY_MS, when_ms))
            if usage_of is not None:
                parts.append(usage_of(key))
            length = len(key)
            if length < _SHORT and key[:1] > b"9":
                key_length = _SHORT_LENGTHS[length]
            else:
                key_length, key = b"", encode_string(key, compress and length >= _COMPRESSED_KEY)
            if value.__class__ is bytes:
                length = len(value)
                if length < LEAST_COMPRESSED and value[:1] > b"9":
                    parts += _STRING, key_length, key, _SHORT_LENGTHS[length], value
                    continue
                kind, data = 0, encode_string(value, compress)
            else:
                kind, data = write_value(value, version, compress)
            parts += _KINDS[kind], key_length, key, data
            size += len(data)
            if size > _PIECE_BYTES:                     # a round must not gather a thousand large values
                break
        if not count:
            return
        yield b"".join(parts), count


class _Output:
    """Gathers what is to be written, sums it up, and writes it in pieces that are neither small nor huge."""

    def __init__(self, write, checksum):
        self._write = write
        self._checksum = checksum
        self._parts = []
        self._size = 0
        self._crc = 0

    def add(self, data):
        """Let these bytes follow all others."""
        self._parts.append(data)
        self._size += len(data)
        if self._size >= _PIECE_BYTES:
            self._flush()

    def finish(self):
        """Write the end of the file and all that has not been written yet."""
        self._parts.append(_END)
        self._flush()
        self._write(_CHECKSUM.pack(self._crc))

    def _flush(self):
        data = b"".join(self._parts)
        self._parts, self._size = [], 0
        if self._checksum:
            self._crc = crc64(data, self._crc)
        if len(data) <= _LONGEST_PIECE:
            self._write(data)
            return
        with memoryview(data) as view:
            for start in range(0, len(data), _LONGEST_PIECE):
                self._write(view[start:start + _LONGEST_PIECE])
