"""The active side of expiry: keys that nobody touches must go, too.

Housekeeping calls `expire_cycle` ten times a second (`hz`). It walks over the keys that have an expiry,
database by database, going on where the last cycle stopped, and deletes those whose time has come. It
holds the lock for one small slice at a time, and stops early when little is due: a database of
a million keys that live for a day costs a slice per cycle. The lazy side is `Database.expire_if_due`.
"""
import time

from .datatypes.hash_index import scan

__all__ = ["expire_cycle"]

_SLICE = 64                     # keys looked at under one hold of the lock
_BUDGET = 0.25                  # share of the time between two cycles that one may use
_WORTH_GOING_ON = 0.10          # share of due keys in a slice that makes another slice worthwhile
_LEAST_SLICES = 4


def expire_cycle(engine):
    """Delete keys that are due; called without the lock. Returns how many went."""
    deadline_s = time.monotonic() + _BUDGET / engine.config["hz"]
    expired = 0
    for database in engine.keyspace.databases:
        slices = 0
        while database.expires:
            with engine.lock:
                engine.keyspace.tick()
                looked_at, due = _expire_slice(database)
            expired += due
            slices += 1
            finished = database.expire_cursor == 0
            idle = due < looked_at * _WORTH_GOING_ON and slices >= _LEAST_SLICES
            if finished or idle or time.monotonic() > deadline_s:
                break
    return expired


def _expire_slice(database):
    """Look at some keys; returns how many were looked at and how many of them went."""
    if not database.keyspace.may_expire:
        return 0, 0
    database.expire_cursor, keys = scan(database.expires, database.expires_index, database.expire_cursor, _SLICE)
    due = sum(1 for key in keys if database.expire_if_due(key))
    return len(keys), due
