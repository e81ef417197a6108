"""The active side of expiry: keys and fields of hashes that nobody touches must go, too.

Housekeeping calls `expire_cycle` ten times a second (`hz`). It walks over the keys that have an expiry,
database by database, going on where the last cycle stopped, and deletes those whose time has come. It
holds the lock for one small slice at a time, and stops early when little is due: a database of
a million keys that live for a day costs a slice per cycle. The lazy side is `Database.expire_if_due`.

Fields of hashes need no walk: there are timetables of them (field_expiry.py, where their lazy side is, too).
"""
import time

from .blocking import serve_ready
from .datatypes.hash import ExpiringHash
from .datatypes.hash_index import scan
from .field_expiry import expire_fields
from .propagation import take_unit

__all__ = ["expire_all_due", "expire_cycle"]

_SLICE = 64                     # keys looked at, or fields deleted, under one hold of the lock
_BUDGET = 0.25                  # share of the time between two cycles that one may use
_WORTH_GOING_ON = 0.10          # share of due keys in a slice that makes another slice worthwhile
_LEAST_SLICES = 4
_LAST_MOMENT_S = 0.002         # a key lives to the end of its last millisecond, and now_ms is cut to milliseconds


def expire_cycle(engine):
    """Delete keys and fields that are due; called without the lock. Returns how many keys went."""
    deadline_s = time.monotonic() + _BUDGET / engine.config["hz"]
    expired = 0
    for database in engine.keyspace.databases:
        slices = 0
        while database.expires:
            with engine.lock:
                if engine.busy is not None:     # in the middle of a script
                    return expired
                engine.keyspace.tick()
                looked_at, due = _expire_slice(engine, database)
                serve_ready(engine)         # who waits for a group of a stream that is gone learns it now
            expired += due
            slices += 1
            finished = database.expire_cursor == 0
            idle = due < looked_at * _WORTH_GOING_ON and slices >= _LEAST_SLICES
            if finished or idle or time.monotonic() > deadline_s:
                break
        _expire_fields(engine, database, deadline_s)
    return expired


def _expire_slice(engine, database):
    """Look at some keys; returns how many were looked at and how many of them went."""
    if not database.keyspace.may_expire:
        return 0, 0
    database.expire_cursor, keys = scan(database.expires, database.expires_index, database.expire_cursor, _SLICE)
    due = 0
    for key in keys:
        if database.expire_if_due(key):
            due += 1
            take_unit(engine)
    return len(keys), due


def expire_all_due(engine):
    """Delete every key and field whose time comes now, for whoever moves the clock by hand. With the lock held."""
    keyspace = engine.keyspace
    keyspace.now += _LAST_MOMENT_S
    for database in keyspace.databases if keyspace.may_expire else ():
        expires, now_ms = database.expires, keyspace.now_ms
        for key in sorted((key for key in expires if expires[key] <= now_ms), key=expires.get):
            if database.expire_if_due(key):
                take_unit(engine)
        while _expire_fields_slice(engine, database):
            pass
    serve_ready(engine)
    keyspace.tick()


def _expire_fields(engine, database, deadline_s):
    """Delete fields of hashes, slice by slice, while there are some due and there is time."""
    more = database.field_expiries is not None
    while more:
        with engine.lock:
            if engine.busy is not None:
                return
            engine.keyspace.tick()
            more = _expire_fields_slice(engine, database) and time.monotonic() < deadline_s


def _expire_fields_slice(engine, database):
    """Delete some fields that are due; False when there are no more."""
    hashes, now_ms = database.field_expiries, database.now_ms
    if not hashes or not database.keyspace.may_expire:
        return False
    credit = _SLICE
    while credit > 0:
        due = hashes.take_due(now_ms, 1)
        if not due:
            return False
        credit -= 1                             # looking costs something, too
        stored = database.peek(due[0])
        if stored.__class__ is ExpiringHash:    # else another value has been stored over the hash
            credit -= expire_fields(database, due[0], stored, credit)
            take_unit(engine)
    return True
