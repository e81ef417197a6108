"""What an RDB file holds: keys by database and type, how they are stored, the largest ones, expiries, functions.

The reader (persistence/rdb_reader.py) says what the keys are; how many bytes each takes, and in which of its
forms a value is written, is seen by looking at the same bytes once more. A key's bytes are all that the file has
about it: expiry, use, type, key, value.

CPython 3.11: 1 us for each key more than the reader takes, and no memory beside the largest value. Keys that come
twice are not noticed, since that would take the memory of all keys; a server refuses such a file.
"""
import heapq
import re

from ..datatypes.hash import ExpiringHash, Hash
from ..datatypes.limits import EncodingLimits
from ..datatypes.quicklist import QuickList
from ..datatypes.set import Set
from ..datatypes.sorted_set import SortedSet
from ..datatypes.stream import Stream
from ..persistence.rdb_primitives import Reader
from ..persistence.rdb_reader import RdbError, RdbReader

__all__ = ["examine_rdb", "LARGEST"]

LARGEST = 5                     # keys of each type that are named
_KEY_SHOWN = 200                # bytes of such a key that are kept
_PROGRESS_KEYS = 1 << 10
_HEADER_BYTES = 9
_CHECKSUM_FROM = 5              # version
_CHECKSUM_BYTES = 8

_SLOT, _FUNCTION, _IDLE, _FREQUENCY, _AUX, _RESIZE, _EXPIRY_MS, _EXPIRY_S, _SELECT = (
    0xF4, 0xF5, 0xF8, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE)
_FIRST_OPCODE = _SLOT
_STRING = 0
_SHORT = 0x40
_STRING_FORMS = {0xC0: "int", 0xC1: "int", 0xC2: "int", 0xC3: "compressed"}
_LIBRARY = re.compile(rb"#!\s*(\w+)[^\n]*?\bname=(\S+)")

# Type number -> the type, and the form in which such a value is written.
_KINDS = {
    1: ("list", "elements"), 10: ("list", "ziplist"), 14: ("list", "quicklist of ziplists"),
    18: ("list", "quicklist"),
    2: ("set", "hashtable"), 11: ("set", "intset"), 20: ("set", "listpack"),
    3: ("zset", "skiplist, scores as text"), 5: ("zset", "skiplist"), 12: ("zset", "ziplist"),
    17: ("zset", "listpack"),
    4: ("hash", "hashtable"), 9: ("hash", "zipmap"), 13: ("hash", "ziplist"), 16: ("hash", "listpack"),
    24: ("hash", "hashtable with expiries"), 25: ("hash", "listpack with expiries"),
    15: ("stream", "stream"), 19: ("stream", "stream-v2"), 21: ("stream", "stream-v3"),
}
_TYPES = {QuickList: "list", Set: "set", SortedSet: "zset", Hash: "hash", ExpiringHash: "hash", Stream: "stream"}
_UNKNOWN_FORM = "unknown"
_ORDER = ("string", "list", "set", "zset", "hash", "stream")


def examine_rdb(data, now_ms, progress):
    """``(report, end)`` of the RDB file that `data` (bytes or an mmap) begins with; `end` is None if it is damaged.

    ``progress(position)`` is called now and then. Expiries before `now_ms` have passed.
    """
    reader = RdbReader(data, EncodingLimits())
    tally = _Tally(data, now_ms)
    damage = None
    try:
        tally.take(reader, progress)
    except RdbError as error:
        damage = {"offset": error.offset, "reason": error.reason, "intact": {"keys": tally.keys}, "cut_from": None}
    report = {
        "version": reader.version,
        "checksum": _checksum(data, reader, damage),
        "aux": {_text(name): _text(value) for name, value in reader.aux.items()},
        **tally.facts(),
        "functions": [_library(source) for source in reader.functions],
        "empty_keys": reader.empty_keys,
        "damage": damage,
    }
    return report, reader.end


def _checksum(data, reader, damage):
    """Whether it is "right" or "wrong", or that there is "none"; None when the file is not read that far."""
    if damage is not None:
        return "wrong" if damage["reason"].startswith("Wrong RDB checksum") else None
    if reader.version < _CHECKSUM_FROM or data[reader.end - _CHECKSUM_BYTES:reader.end] == bytes(_CHECKSUM_BYTES):
        return "none"
    return "right"


def _library(source):
    found = _LIBRARY.match(source)
    engine, name = found.groups() if found else (b"", b"")
    return {"engine": _text(engine), "name": _text(name), "bytes": len(source)}


def _text(word):
    return word.decode("utf-8", "backslashreplace")


class _Tally:
    """Counts keys as they come."""

    def __init__(self, data, now_ms):
        self.keys = 0
        self._data = data
        self._now_ms = now_ms
        self._rows = {}             # (number of the database, type, form) -> [keys, bytes, elements, expiring]
        self._largest = {}          # type -> heap of (bytes, -how many keys came before, database, key, elements)
        self._passed = 0
        self._earliest_ms = self._latest_ms = None

    def take(self, reader, progress):
        """Count all keys of the reader."""
        start, empty_keys = _HEADER_BYTES, 0
        for number, key, value, expires_at_ms, _, _ in reader:
            end = reader.position
            start, kind, form = _describe(self._data, start, value)
            if reader.empty_keys != empty_keys:         # then what stood at `start` was left out
                empty_keys, form = reader.empty_keys, _UNKNOWN_FORM
            self._count(number, key, value, kind, form, end - start, expires_at_ms)
            start = end
            if not self.keys % _PROGRESS_KEYS:
                progress(end)

    def _count(self, number, key, value, kind, form, size, expires_at_ms):
        elements = None if kind == "string" else len(value)
        row = self._rows.get((number, kind, form))
        if row is None:
            row = self._rows[number, kind, form] = [0, 0, 0, 0]
        row[0] += 1
        row[1] += size
        row[2] += elements or 0
        if expires_at_ms is not None:
            row[3] += 1
            self._note_expiry(expires_at_ms)
        heap = self._largest.setdefault(kind, [])
        if len(heap) < LARGEST:
            heapq.heappush(heap, (size, -self.keys, number, key[:_KEY_SHOWN], elements))
        elif size > heap[0][0]:
            heapq.heapreplace(heap, (size, -self.keys, number, key[:_KEY_SHOWN], elements))
        self.keys += 1

    def _note_expiry(self, when_ms):
        self._passed += when_ms < self._now_ms
        if self._earliest_ms is None:
            self._earliest_ms = self._latest_ms = when_ms
        elif when_ms < self._earliest_ms:
            self._earliest_ms = when_ms
        elif when_ms > self._latest_ms:
            self._latest_ms = when_ms

    def facts(self):
        """What has been counted, for the report."""
        rows = list(self._databases())
        return {
            "keys": self.keys,
            "databases": rows,
            "largest": {kind: self._largest_of(kind) for kind in _ORDER if kind in self._largest},
            "expiries": {"keys": sum(row[3] for row in self._rows.values()), "passed": self._passed,
                         "earliest_ms": self._earliest_ms, "latest_ms": self._latest_ms},
        }

    def _databases(self):
        """Databases with their types, each with its forms, as the report has them."""
        for number in sorted({number for number, _, _ in self._rows}):
            types = []
            for kind in _ORDER:
                rows = {form: row for (at, of, form), row in self._rows.items() if (at, of) == (number, kind)}
                if rows:
                    keys, size, elements, expiring = map(sum, zip(*rows.values()))
                    types.append({"type": kind, "keys": keys, "elements": None if kind == "string" else elements,
                                  "bytes": size, "expiring": expiring,
                                  "encodings": {form: row[0] for form, row in sorted(rows.items())}})
            yield {"number": number, "keys": sum(row["keys"] for row in types), "types": types}

    def _largest_of(self, kind):
        return [{"database": number, "key": _text(key), "bytes": size, "elements": elements}
                for size, _, number, key, elements in sorted(self._largest[kind], reverse=True)]


# ---- the bytes of one key -----------------------------------------------------------------------------

def _describe(data, start, value):
    """``(where the key's bytes begin, its type, the form of its value)``, at `start` or after what is before it."""
    kind = data[start]
    at = start
    if kind >= _FIRST_OPCODE:
        start, at = _skip_opcodes(data, start)
        kind = data[at]
    if kind == _STRING and value.__class__ is bytes:
        return start, "string", _string_form(data, at + 1)
    return start, _TYPES.get(value.__class__, "string"), _KINDS.get(kind, (None, _UNKNOWN_FORM))[1]


def _skip_opcodes(data, position):
    """``(start, position)``: where what belongs to the next key begins, and where its type is."""
    reader = Reader(data, position)
    start = None
    while data[reader.position] >= _FIRST_OPCODE:
        at = reader.position
        kind = reader.byte()
        if kind in _BEFORE_KEY:
            start = at if start is None else start
        else:
            start = None
        _SKIP[kind](reader)
    return (reader.position if start is None else start), reader.position


def _lengths(count):
    def skip(reader):
        for _ in range(count):
            reader.length()
    return skip


def _strings(count):
    def skip(reader):
        for _ in range(count):
            reader.string()
    return skip


def _bytes(count):
    return lambda reader: reader.take(count)


_BEFORE_KEY = {_IDLE, _FREQUENCY, _EXPIRY_MS, _EXPIRY_S}
_SKIP = {_SLOT: _lengths(3), _FUNCTION: _strings(1), _IDLE: _lengths(1), _FREQUENCY: _bytes(1), _AUX: _strings(2),
         _RESIZE: _lengths(2), _EXPIRY_MS: _bytes(8), _EXPIRY_S: _bytes(4), _SELECT: _lengths(1)}


def _string_form(data, position):
    """The form of the string that follows the key at this position."""
    length = data[position]
    if length < _SHORT:
        position += 1 + length
    else:
        reader = Reader(data, position)
        reader.string()
        position = reader.position
    return _STRING_FORMS.get(data[position], "raw")
