"""Expiry of the fields of hashes: what a database does with an `ExpiringHash`.

`Database.field_expiries` is None, or a Timetable of keys: when to look at which hash, since one of its fields is
due. It may be too early, never too late. A key is in it from the time its hash is stored or a field gets
an expiry, until it is deleted; when another value has been stored over the hash, that is found out when
its time comes.

A command gets to see a hash only through `live_fields`, from `Database.read_hash` and `edit_hash`; so all fields
that are due go at once when the hash is asked for. The other way for them to go is the background (expiry.py).

All with the engine's lock held. Not here: the commands (commands/hash_expiration.py).
"""
from .datatypes.hash import ExpiringHash, Hash
from .datatypes.timetable import Timetable

__all__ = ["expiring_hash", "schedule_fields", "expire_fields", "live_fields"]


def expiring_hash(database, key, stored):
    """The ExpiringHash that takes the place of the hash stored at `key`, unless it is one already."""
    if stored.__class__ is Hash:
        stored = database.values[key] = ExpiringHash.take_over(stored)
    return stored


def schedule_fields(database, key, stored):
    """Note when the first field of an ExpiringHash is due."""
    when_ms = stored.expiries.earliest()
    if when_ms is not None:
        if database.field_expiries is None:
            database.field_expiries = Timetable()
        database.field_expiries.set(key, when_ms)
    elif database.field_expiries is not None:
        database.field_expiries.forget(key)


def expire_fields(database, key, stored, most=None):
    """Delete fields that are due, at most so many, and the key when none is left; returns how many went."""
    gone = stored.drop_due(database.now_ms, most)
    if gone:
        if database.keyspace.effects is not None:
            database.keyspace.effects.append((database.number, [b"HDEL", key, *gone]))
        database.touch(key, "hexpired", 0)
        database.delete_if_empty(key, stored)
    if stored:
        schedule_fields(database, key, stored)
    return len(gone)


def live_fields(database, key, stored):
    """An ExpiringHash as a command may see it, without the fields that are due; None when nothing is left."""
    when_ms = stored.expiries.earliest()
    if when_ms is None or when_ms >= database.now_ms:
        return stored
    if database.keyspace.may_expire:
        expire_fields(database, key, stored)
    elif database.keyspace.shows_due:       # loading: what is due will be deleted by what follows
        return stored
    else:                                   # CLIENT PAUSE: they stay, unseen; what is only read may be a copy
        stored = stored.duplicate()
        stored.drop_due(database.now_ms)
    return stored or None
