"""An RDB file, key by key. rdb_writer.py shows what such a file looks like; read here, too:

    FD, then an expiry in seconds (4 bytes)
    F4, then three lengths      Valkey 8: which slot of a cluster follows, and how much is in it. Passed over.
    no checksum before version 5; AUX, RESIZEDB only since version 7

What belongs to modules, and functions from before the release of Redis 7.0, cannot be read, as in Redis.

The file is damaged, or somebody wishes us ill: then `RdbError` is raised, wherever in the file that shows. Nothing
is believed before as many bytes are there, and nothing is read twice, so neither time nor memory are out of
proportion to the file. The one thing that takes more than its bytes is compression: 88 times at most.

CPython 3.11: a key with a short string takes 0.8 us, a number 1.2 us, a hash, set, list or sorted set of a few
elements 4 to 10 us, as long as the garbage collector is off (a third more otherwise); the checksum of 1 MB
takes 3.5 ms.

Locking: none. A reader belongs to who made it; `limits` may change meanwhile. Not here: what becomes of the keys,
be they there already or past their expiry.
"""
import struct

from .corrupt import CorruptPayload, EmptyPayload
from .crc64 import crc64
from .rdb_primitives import Reader
from .rdb_values import FIELD_EXPIRY_VERSION, read_value

__all__ = ["RdbReader", "RdbError"]

_MAGIC = b"REDIS"
_HEADER_BYTES = 9
_NEWEST_READ = FIELD_EXPIRY_VERSION
_CHECKSUM_FROM = 5                  # version
_CHECKSUM_BYTES = 8
_PIECE_BYTES = 1 << 20              # that are summed up at once
_unpack_expiry = struct.Struct("<q").unpack_from

_SLOT, _FUNCTION, _FUNCTION_BEFORE_RELEASE, _, _IDLE, _FREQUENCY, _AUX, _RESIZE, _EXPIRY_MS, _EXPIRY_S, _SELECT, \
    _END = range(0xF4, 0x100)
_FIRST_OPCODE = _SLOT
_STRING = 0
_SHORT = 0x40                       # bytes of a string whose length does not fit into one byte
_NEVER = -1                         # as an expiry
_CUT_OFF = "Unexpected EOF reading RDB file"


class RdbError(ValueError):
    """The file cannot be read. `offset` is where in it what cannot be read begins, `reason` says what it is."""

    def __init__(self, offset, reason):
        super().__init__(f"{reason} at offset {offset}")
        self.offset = offset
        self.reason = reason


class RdbReader:
    """Iterate over it once: it yields (number of the database, key, value, expiry, idle, frequency).

    The expiry is in milliseconds since 1970, idle the seconds without a use, frequency 0 to 255 as in
    frequency.py; each is None where the file does not say. `data` is bytes or an mmap of the file, which begins
    at `start`; `limits` are the EncodingLimits of the keyspace that it is for. Without `check` the checksum is not
    looked at.

    While and after iterating: `version`; `aux`, what is known of the file (bytes -> bytes); `functions`, sources of
    libraries; `expected_keys`, how many keys the file has announced so far; `position`, up to where it is read;
    `empty_keys`, how many keys were left out because there was an empty collection at them, as Redis leaves
    them out; `end`, once all is read, where the file ends and something else may follow.
    """

    def __init__(self, data, limits, *, check=True, start=0):
        self.version = None
        self.aux = {}
        self.functions = []
        self.expected_keys = self.empty_keys = 0
        self.position = start
        self.end = None
        self._data = data
        self._limits = limits
        self._check = check
        self._start = start
        self._number = 0

    def __iter__(self):
        try:
            self._read_header()
            yield from self._keys()
            self._finish()
        except CorruptPayload as error:
            raise RdbError(self.position, str(error)) from None

    def _read_header(self):
        header = self._data[self._start:self._start + _HEADER_BYTES]
        if header[:len(_MAGIC)] != _MAGIC:
            raise CorruptPayload("Wrong signature trying to load DB from file")
        digits = header[len(_MAGIC):]
        version = int(digits) if digits.isdigit() else 0
        if len(header) < _HEADER_BYTES or not 1 <= version <= _NEWEST_READ:
            raise CorruptPayload(f"Can't handle RDB format version {version}")
        self.version = version
        self.position = self._start + _HEADER_BYTES

    def _keys(self):
        """Yields the keys, and reads all else up to the end."""
        # A whole load spends its time in this loop: short keys and strings are read without a call.
        data, limits = self._data, self._limits
        end = len(data)
        reader = Reader(data)
        position = self.position
        expiry = idle = frequency = None
        while True:
            self.position = position                    # an error is about what begins here
            try:
                kind = data[position]
                position += 1
                if kind == _EXPIRY_MS:
                    expiry, = _unpack_expiry(data, position)
                    position += 8
                    continue
                if kind >= _FIRST_OPCODE:
                    reader.position = position
                    if kind == _IDLE:
                        idle = reader.length()
                    elif kind == _FREQUENCY:
                        frequency = reader.byte()
                    elif kind == _EXPIRY_S:
                        expiry = int.from_bytes(reader.take(4), "little", signed=True) * 1000
                    elif kind == _END:
                        break
                    else:
                        self._take(kind, reader)
                    position = reader.position
                    continue
                length = data[position]
                if length < _SHORT:
                    start = position + 1
                    position = start + length
                    key = data[start:position]          # too short when it is cut off: then there is no next byte
                else:
                    reader.position = position
                    key = reader.string()
                    position = reader.position
                length = data[position]
            except (IndexError, struct.error):
                raise CorruptPayload(_CUT_OFF) from None
            if kind == _STRING and length < _SHORT:
                start = position + 1
                position = start + length
                if position > end:
                    raise CorruptPayload(_CUT_OFF)
                value = data[start:position]
            else:
                reader.position = position
                value = self._read_value(kind, reader, limits)
                position = reader.position
            if value is not None:
                self.position = position
                yield self._number, key, value, None if expiry == _NEVER else expiry, idle, frequency
            expiry = idle = frequency = None
        self.position = position

    def _read_value(self, kind, reader, limits):
        """The value that follows, or None when it is an empty collection, which Redis would not load."""
        try:
            return read_value(kind, reader, limits)
        except EmptyPayload:
            self.empty_keys += 1
            return None

    def _take(self, kind, reader):
        """What stands between the keys and says nothing of the next one."""
        if kind == _SELECT:
            self._number = reader.length()
        elif kind == _RESIZE:
            self.expected_keys += reader.length()
            reader.length()                             # how many of them expire
        elif kind == _AUX:
            name = reader.string()
            self.aux[name] = reader.string()
        elif kind == _FUNCTION:
            self.functions.append(reader.string())
        elif kind == _SLOT:
            for _ in range(3):                          # its number, how many keys, how many of them expire
                reader.length()
        elif kind == _FUNCTION_BEFORE_RELEASE:
            raise CorruptPayload("Pre-release function format not supported")
        else:                                           # F7, what modules keep beside keys
            raise CorruptPayload("The RDB file contains AUX module data I can't load")

    def _finish(self):
        """Past the mark of the end: the checksum."""
        data, position = self._data, self.position
        if self.version >= _CHECKSUM_FROM:
            stored = data[position:position + _CHECKSUM_BYTES]
            if len(stored) < _CHECKSUM_BYTES:
                raise CorruptPayload(_CUT_OFF)
            found = int.from_bytes(stored, "little")
            if self._check and found:                   # zeros: it was written without one
                expected = self._sum_up(position)
                if found != expected:
                    raise CorruptPayload(f"Wrong RDB checksum expected: ({expected:x}) but got ({found:x})")
            self.position = position + _CHECKSUM_BYTES
        self.end = self.position

    def _sum_up(self, end):
        crc = 0
        for start in range(self._start, end, _PIECE_BYTES):
            crc = crc64(self._data[start:min(start + _PIECE_BYTES, end)], crc)
        return crc
