"""The data: databases of keys, what they hold, when they expire, who watches or waits for them.

A `Database` maps keys to values. A string is bytes (or, once changed in place, a bytearray; or, once
counted with INCR, an int), every other type an object from `datatypes`; there is no object around a value,
and what few keys have (an expiry, a watcher, a waiting client) stands in a dict of its own.

Commands look keys up by intent, as Redis does: `read_...` counts hits and misses, `edit_...` does not;
both first delete a key whose time has come. After a change they call `touch(key, event)` once: that is
the one place from where WATCH, keyspace events and the count of changes learn of it.

Everything here is called with the engine's lock held. Time stands still during a command: `now_ms` is
derived from the one clock reading that dispatch makes for it.
"""
from collections import Counter

from .datatypes.hash import ExpiringHash, Hash
from .datatypes.hash_index import INDEX_ALWAYS, INDEX_FROM, HashIndex, random_key, scan
from .datatypes.limits import EncodingLimits
from .datatypes.quicklist import QuickList
from .datatypes.set import Set
from .datatypes.sorted_set import SortedSet
from .datatypes.stream import Stream
from .datatypes.string_variants import STRING_CLASSES
from .errors import WrongTypeError
from .field_expiry import live_fields, schedule_fields

__all__ = ["Keyspace", "Database", "type_name", "text_of"]

_TYPE_NAMES = dict.fromkeys(STRING_CLASSES, "string")
_TYPE_NAMES.update({QuickList: "list", Set: "set", Hash: "hash", ExpiringHash: "hash", SortedSet: "zset",
                    Stream: "stream"})


def type_name(value):
    """The type of a stored value as TYPE prints it; "none" for None."""
    return _TYPE_NAMES.get(value.__class__, "none")


def text_of(value):
    """What a stored string reads: bytes or a bytearray."""
    return b"%d" % value if value.__class__ is int else value


class Keyspace:
    """All databases of one server and what they share.

    `now` is the monotonic time of the running command in seconds, `wall_offset_s` what to add for the
    date. `lru_clock` is the time in seconds that marks accesses; housekeeping moves both.
    """

    __slots__ = ("databases", "limits", "clock", "now", "wall_offset_s", "lru_clock", "dirty", "hits", "misses",
                 "expired", "ready", "waited", "aftermath", "notify", "effects", "word_for_expired", "random",
                 "may_expire", "shows_due", "new_access_table")

    def __init__(self, count, clock, random):
        self.limits = EncodingLimits()
        self.clock = clock
        self.random = random            # random.Random: what SPOP and its kin draw from
        self.dirty = self.hits = self.misses = self.expired = 0
        self.waited = Counter()         # type name -> how many blocked clients wait for it, at any key
        self.ready = {}                 # (database, key) -> True: a blocked client may be served there
        self.aftermath = False          # something is to be done after the running command: see dispatch
        self.notify = None              # notify(database, event, key) when keyspace events are on
        self.effects = None             # what the running command comes to: see propagation.py
        self.word_for_expired = b"DEL"  # how expired keys go in `effects`
        self.may_expire = True          # False while CLIENT PAUSE or loading holds back expiry
        self.shows_due = False          # True while loading: what is due counts as present
        self.new_access_table = dict    # called for a database's `accessed`
        self.now = 0.0
        self.tick()
        self.databases = [Database(number, self) for number in range(count)]

    def tick(self):
        """Read the clocks; called for each command run alone and by housekeeping."""
        self.now = self.clock.monotonic()
        wall_s = self.clock.time()
        self.wall_offset_s = wall_s - self.now
        self.lru_clock = int(wall_s)

    @property
    def now_ms(self):
        """The time of the running command, milliseconds since 1970."""
        return int((self.now + self.wall_offset_s) * 1000)

    def note_accesses_in(self, new_access_table):
        """Forget all accesses and note the next ones in tables of another kind: a dict, or one that counts."""
        self.new_access_table = new_access_table
        for database in self.databases:
            database.accessed = new_access_table()

    def swap(self, first, second):
        """Exchange the contents of two databases (numbers); sessions keep their database's number."""
        one, other = self.databases[first], self.databases[second]
        for slot in Database.CONTENT:
            mine = getattr(one, slot)
            setattr(one, slot, getattr(other, slot))
            setattr(other, slot, mine)
        for database, before in ((one, other), (other, one)):
            for key in list(database.watched):
                if key in database.values or key in before.values:
                    database.spoil(key)
            for key in database.waiting:
                database.note_ready(key, type_name(database.values.get(key)))
                if key in before.values:
                    database.note_gone(key)


def _reader(kind):
    """The method `read_...` for containers of one kind: `Database.read`, flat, and a look at the type."""

    def read(self, key):
        value = None if key in self.expires and self.expire_if_due(key) else self.values.get(key)
        if value.__class__ is kind:
            keyspace = self.keyspace
            keyspace.hits += 1
            self.accessed[key] = keyspace.lru_clock
            return value
        if kind is Hash and value.__class__ is ExpiringHash:
            value = live_fields(self, key, value)
            if value is not None:
                self.read(key)                  # counts a hit
                return value
            return self._miss(key)
        if self.read(key) is None:
            return None
        raise WrongTypeError

    return read


def _editor(kind):
    """The method `edit_...` for containers of one kind: `Database.edit`, flat, and a look at the type.

    With `create` an empty one is stored where there is none; the caller puts something into it.
    """

    def edit(self, key, create=False):
        value = None if key in self.expires and self.expire_if_due(key) else self.values.get(key)
        if value.__class__ is kind:
            self.accessed[key] = self.keyspace.lru_clock
            return value
        if kind is Hash and value.__class__ is ExpiringHash:
            value = live_fields(self, key, value)
            if value is not None:
                return value
        if value is not None:
            raise WrongTypeError
        if create:
            value = kind()
            self.set(key, value)
        return value

    return edit


class Database:
    """One numbered database."""

    CONTENT = ("values", "expires", "accessed", "key_index", "expires_index", "expire_cursor", "field_expiries")
    __slots__ = ("number", "keyspace", "watched", "waiting") + CONTENT

    def __init__(self, number, keyspace):
        self.number = number
        self.keyspace = keyspace
        self.watched = {}               # key -> sessions that WATCH it
        self.waiting = {}               # key -> clients blocked on it, in order of arrival
        self.clear()

    def __len__(self):
        return len(self.values)

    def clear(self):
        """Forget all keys; returns how many there were. Watchers are told by `flush`."""
        count = len(self.values) if hasattr(self, "values") else 0
        self.values = {}
        self.expires = {}               # key -> milliseconds since 1970
        self.accessed = self.keyspace.new_access_table()     # key -> lru_clock of its last access
        self.key_index = None           # HashIndex over the keys, once there are many
        self.expires_index = None       # the same over the keys that expire
        self.expire_cursor = 0          # where the active expiry goes on
        self.field_expiries = None      # Timetable of hashes with fields that expire: see field_expiry.py
        return count

    def flush(self):
        """FLUSHDB: forget all keys and spoil the transactions that watch one of them; returns how many."""
        for key in list(self.watched):
            if key in self.values:
                self.spoil(key)
        for key in self.waiting:
            self.note_gone(key)
        return self.clear()

    # Looking keys up

    @property
    def now_ms(self):
        return self.keyspace.now_ms

    def peek(self, key):
        """The value at `key` or None; leaves statistics and access time alone, sees no expired key."""
        if key in self.expires and self.expire_if_due(key):
            return None
        return self.values.get(key)

    def read(self, key):
        """The value at `key` for a command that reads, or None; counts a hit or a miss."""
        value = None if key in self.expires and self.expire_if_due(key) else self.values.get(key)
        if value is None:
            return self._miss(key)
        keyspace = self.keyspace
        keyspace.hits += 1
        self.accessed[key] = keyspace.lru_clock
        return value

    def _miss(self, key):
        """A command has looked for a key in vain."""
        keyspace = self.keyspace
        keyspace.misses += 1
        if keyspace.notify is not None:
            keyspace.notify(self, "keymiss", key)

    def look(self, key, notify=True):
        """Like `read`, but no use of the key: its access time stays. `notify` False spares a miss its event."""
        value = self.peek(key)
        keyspace = self.keyspace
        if value is not None:
            keyspace.hits += 1
        else:
            keyspace.misses += 1
            if notify and keyspace.notify is not None:
                keyspace.notify(self, "keymiss", key)
        return value

    def edit(self, key):
        """The value at `key` for a command that writes, or None."""
        value = None if key in self.expires and self.expire_if_due(key) else self.values.get(key)
        if value is not None:
            self.accessed[key] = self.keyspace.lru_clock
        return value

    def read_string(self, key):
        """A string as bytes, or None; raises WrongTypeError."""
        # `read` once more, flat: this is all that GET does
        value = None if key in self.expires and self.expire_if_due(key) else self.values.get(key)
        if value is None:
            return self.read(key)
        keyspace = self.keyspace
        keyspace.hits += 1
        self.accessed[key] = keyspace.lru_clock
        if value.__class__ is bytes:
            return value
        if value.__class__ in STRING_CLASSES:
            return bytes(text_of(value))
        raise WrongTypeError

    def edit_string(self, key):
        """A string as bytes or bytearray, or None; raises WrongTypeError."""
        value = self.edit(key)
        if value is None or value.__class__ in STRING_CLASSES:
            return text_of(value)
        raise WrongTypeError

    read_list, read_set, read_hash, read_zset, read_stream = map(_reader, (QuickList, Set, Hash, SortedSet, Stream))
    edit_list, edit_set, edit_hash, edit_zset, edit_stream = map(_editor, (QuickList, Set, Hash, SortedSet, Stream))

    # Changing keys

    def set(self, key, value, keep_ttl=False):
        """Store `value` (never empty) at `key`, in place of whatever was there."""
        if key in self.expires:
            self.expire_if_due(key)
            if not keep_ttl:
                self.forget_expiry(key)
        values = self.values
        if key not in values:
            self._note_new(key)
            # Only here: in Redis, too, a list that is stored in place of another value wakes nobody.
            if self.waiting:
                self.note_ready(key, type_name(value))
        elif self.waiting:
            self.note_gone(key)
        values[key] = value
        self.accessed[key] = self.keyspace.lru_clock
        if value.__class__ is ExpiringHash:
            schedule_fields(self, key, value)

    def store_string(self, key, value, event):
        """`set` without an expiry and `touch` in one call, for the commands that do little else."""
        if key in self.expires:
            self.expire_if_due(key)
            self.forget_expiry(key)
        values = self.values
        if key not in values:
            self._note_new(key)
        elif self.waiting:
            self.note_gone(key)
        values[key] = value
        keyspace = self.keyspace
        self.accessed[key] = keyspace.lru_clock
        keyspace.dirty += 1
        if self.watched and key in self.watched:
            self.spoil(key)
        if keyspace.notify is not None:
            keyspace.notify(self, event, key)

    def _note_new(self, key):
        """A new key is about to be stored: keep the index of a large database complete, and tell of it."""
        if self.key_index is not None:
            self.key_index.add(key)
        elif len(self.values) >= INDEX_ALWAYS:
            self.key_index = HashIndex(self.values)
            self.key_index.add(key)
        if self.keyspace.notify is not None:
            self.keyspace.notify(self, "new", key)

    def delete(self, key, even_due=False):
        """Remove `key`; False when it was not there. The caller tells `touch`.

        With `even_due` a key that is due is there, too: some commands of Redis delete without looking first.
        """
        if key in self.expires:
            if not even_due and self.expire_if_due(key):
                return False
            self.forget_expiry(key)
        if self.values.pop(key, None) is None:
            return False
        if self.waiting:
            self.note_gone(key)
        self.accessed.pop(key, None)
        if self.key_index is not None:
            self.key_index.discard(key)
        if self.field_expiries is not None:
            self.field_expiries.forget(key)
        return True

    def delete_if_empty(self, key, container):
        """Redis keeps no empty containers: after taking elements out, drop the key and say "del"."""
        if not container and self.delete(key):
            self.touch(key, "del", 0)

    def delete_destination(self, key):
        """A command that stores its result had an empty one: whatever was at `key` goes, which says "del"."""
        if self.delete(key, even_due=True):
            self.touch(key, "del")

    def touch(self, key, event, changes=1):
        """Tell of a change to `key`: `event` is the keyspace event, `changes` what it adds to the dirty count."""
        keyspace = self.keyspace
        keyspace.dirty += changes
        if self.watched and key in self.watched:
            self.spoil(key)
        if keyspace.notify is not None:
            keyspace.notify(self, event, key)

    def spoil(self, key):
        """Make the transactions of all who watch `key` fail."""
        for session in self.watched.get(key, ()):
            session.transaction_spoiled = True

    # Those who wait

    def note_ready(self, key, kind):
        """A client blocked on `key`, where there is a value of type `kind`, may be served after the command."""
        if key in self.waiting and self.keyspace.waited[kind]:
            self.keyspace.ready[self, key] = True
            self.keyspace.aftermath = True

    def note_gone(self, key):
        """The value at `key` is gone, or another is in its place: tell a client that waits for no other."""
        if any(waiter.until_gone for waiter in self.waiting.get(key, ())):
            self.note_ready(key, "stream")

    # Expiry

    def expire_at(self, key, when_ms):
        """Let the existing `key` expire at a date in milliseconds."""
        if key not in self.expires:
            if self.expires_index is not None:
                self.expires_index.add(key)
            elif len(self.expires) >= INDEX_FROM:       # the active expiry walks over them all the time
                self.expires_index = HashIndex(self.expires)
                self.expires_index.add(key)
        self.expires[key] = when_ms

    def forget_expiry(self, key):
        """Let `key` live for ever; False when it did already."""
        if self.expires.pop(key, None) is None:
            return False
        if self.expires_index is not None:
            self.expires_index.discard(key)
        return True

    def expire_if_due(self, key):
        """Delete a key of `expires` if its time has come; True when it has, and the key counts as absent."""
        keyspace = self.keyspace
        if self.expires[key] >= int((keyspace.now + keyspace.wall_offset_s) * 1000):    # `now_ms`, flat
            return False
        if not keyspace.may_expire:             # CLIENT PAUSE: it stays, unseen, until the pause is over
            return not keyspace.shows_due
        self.forget_expiry(key)
        self.delete(key)
        keyspace.expired += 1
        self.touch(key, "expired", 0)           # Redis does not count this as a change
        if keyspace.effects is not None:
            keyspace.effects.append((self.number, [keyspace.word_for_expired, key]))
        return True

    # Walking over keys

    def random_key(self):
        """A key drawn with equal chances, or None from an empty database. It may be past its expiry."""
        return random_key(self.values, self._walkable(), self.keyspace.random) if self.values else None

    def scan(self, cursor, count):
        """``(next cursor, keys)`` with SCAN's guarantee; keys may be past their expiry."""
        return scan(self.values, self._walkable(), cursor, count)

    def _walkable(self):
        """The index of a database that is too large to be walked through without one."""
        if self.key_index is None and len(self.values) > INDEX_FROM:
            self.key_index = HashIndex(self.values)
        return self.key_index
