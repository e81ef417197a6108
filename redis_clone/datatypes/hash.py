"""The hash: a Python dict from field to value that knows which encoding Redis would have chosen.

The encodings differ in what clients see: a "listpack" keeps its fields in the order of insertion and
answers a whole SCAN at once. A hash that has grown out of it is a "hashtable" for good. The dict keeps the
order in both, and has a `HashIndex` (see there) as soon as a large hash needs one for random picks and
scans.

`len(h)`, `h.get(field)`, `field in h` and iteration are those of `dict`, at its speed. Change a Hash
through its methods only.

CPython 3.11, 1,000 fields (1,000,000, with index): setting a new one 0.2 us (0.5 to 1), an old one 0.2,
`delete_field` 0.2 (1.5), `random_field` 0.4 (0.8). A field of a large hash takes 42 bytes beside its own two
objects, with index 51.

A hash whose fields can expire (HEXPIRE, Redis 7.4) is an `ExpiringHash`, a class of its own, so that all
the others pay nothing for it, neither in time nor in memory. It has a `Timetable` beside the dict. Fields
that are due stay in the dict until `drop_due` is called: the keyspace does so before a command gets to see
the hash, and so does the background expiry.

Locking: the engine's lock. Not here: keys, and dropping a hash that has become empty.
"""

from .hash_index import (
    INDEX_ALWAYS, INDEX_FROM, HashIndex, choices, random_key, sample, scan, shrink_if_hollow,
)
from .timetable import Timetable


class Hash(dict):
    """Fields and values are bytes."""

    __slots__ = ("encoding", "index")

    def __init__(self):
        self.encoding = "listpack"
        self.index = None           # HashIndex of the fields, once one was needed

    def duplicate(self):
        """An independent copy with the same encoding."""
        new = Hash()
        new.update(self)
        new.encoding = self.encoding
        return new

    # ---- setting and deleting ----------------------------------------------------------------

    def expect(self, count, limits):
        """Redis decides by the number of fields that one command is about to set, repeated or not."""
        if count > limits.hash_max_listpack_entries:
            self.encoding = "hashtable"

    def set_field(self, field, value, limits):
        """Sets a field; True when it is new."""
        before = len(self)
        self[field] = value
        size = len(self)
        if self.encoding == "listpack":
            if (size > limits.hash_max_listpack_entries or len(value) > limits.hash_max_listpack_value
                    or len(field) > limits.hash_max_listpack_value):
                self.encoding = "hashtable"
        if size == before:
            return False
        if self.index is not None:
            self.index.add(field)
        elif size >= INDEX_ALWAYS:
            self.index = HashIndex(self)
        return True

    def set_fields(self, pairs, limits):
        """Sets fields, given in turn with their values, as one command does; how many of them are new."""
        before = len(self)
        most, longest = limits.hash_max_listpack_entries, limits.hash_max_listpack_value
        if self.encoding != "listpack" or self.index is not None or len(pairs) // 2 > most:
            self.expect(len(pairs) // 2, limits)
            for index in range(1, len(pairs), 2):
                self.set_field(pairs[index - 1], pairs[index], limits)
            return len(self) - before
        for index in range(1, len(pairs), 2):
            field, value = pairs[index - 1], pairs[index]
            self[field] = value
            if len(value) > longest or len(field) > longest:
                self.encoding = "hashtable"
        size = len(self)
        if size > most:
            self.encoding = "hashtable"
        if size >= INDEX_ALWAYS:
            self.index = HashIndex(self)
        return size - before

    alter_field = set_field         # for a value that is changed rather than replaced: see ExpiringHash

    def delete_field(self, field):
        """Deletes a field; True when it was there."""
        if field not in self:
            return False
        del self[field]
        if self.index is not None:
            self.index.discard(field)
        size = len(self)
        if not size & (size - 1):
            shrink_if_hollow(self)
        return True

    # ---- random picks and scans --------------------------------------------------------------

    def random_field(self, rng):
        """One field of a hash that is not empty, each with the same probability."""
        return random_key(self, self._index_if_large(), rng)

    def random_fields(self, rng, count):
        """List of `count` different random fields, or of all in order when there are no more."""
        return sample(self, self._index_if_large(), rng, count)

    def random_choices(self, rng, count):
        """List of `count` random fields of a hash that is not empty, each picked anew."""
        return choices(self, self._index_if_large(), rng, count)

    def scan(self, cursor, count):
        """(next cursor, list of fields); see HashIndex. A listpack comes at once, as in Redis."""
        if self.encoding != "hashtable":
            return 0, list(self)
        return scan(self, self._index_if_large(), cursor, count)

    def _index_if_large(self):
        if self.index is None and len(self) > INDEX_FROM:
            self.index = HashIndex(self)
        return self.index


class ExpiringHash(Hash):
    """A hash whose fields may have expiries. It stays one when it has none any more, as in Redis.

    `expiries` is the Timetable of its fields. Redis calls a compact one a "listpackex" and sorts it by expiry;
    here the fields keep the order of insertion.
    """

    __slots__ = ("expiries",)

    @classmethod
    def take_over(cls, other):
        """A hash with the fields of `other`, which must not be used any more."""
        new = cls()
        new.update(other)                   # 40 ms for a million fields, once
        new.index = other.index
        if other.encoding == "hashtable":
            new.encoding = "hashtable"
        return new

    def __init__(self):
        self.encoding = "listpackex"
        self.index = None
        self.expiries = Timetable()

    def duplicate(self):
        """An independent copy with the same encoding and expiries."""
        new = ExpiringHash()
        new.update(self)
        new.encoding = self.encoding
        new.expiries = self.expiries.duplicate()
        return new

    # ---- setting and deleting ----------------------------------------------------------------

    def set_field(self, field, value, limits):
        """Sets a field, which then has no expiry; True when it is new."""
        self.expiries.forget(field)
        return self.alter_field(field, value, limits)

    def alter_field(self, field, value, limits):
        """Sets a field, which keeps its expiry; True when it is new."""
        if (len(value) > limits.hash_max_listpack_value or len(field) > limits.hash_max_listpack_value
                or len(self) + (field not in self) > limits.hash_max_listpack_entries):
            self.encoding = "hashtable"
        return Hash.set_field(self, field, value, limits)

    def delete_field(self, field):
        """Deletes a field; True when it was there."""
        self.expiries.forget(field)
        return Hash.delete_field(self, field)

    # ---- expiry ------------------------------------------------------------------------------

    def expire_field(self, field, when_ms):
        """Lets a field that is there expire at a date in milliseconds."""
        self.expiries.set(field, when_ms)

    def drop_due(self, now_ms, most=None):
        """Deletes fields whose time is over, at most so many, or all; returns them in a list.

        All at once take 0.5 us each of a thousand, 2 us of a million.
        """
        due = self.expiries.take_due(now_ms, most)
        for field in due:
            del self[field]
        if due:
            if self.index is not None:
                self.index.discard_all(due)
            shrink_if_hollow(self)
        return due
