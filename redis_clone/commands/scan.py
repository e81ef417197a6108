"""Walking over the keys of a database: KEYS, SCAN, RANDOMKEY.

Handlers run with the engine's lock held. How cursors work is in ../datatypes/hash_index.py.
"""
import re

from ..args import parse_cursor, parse_int
from ..errors import OptionSyntaxError
from ..glob import compile_pattern
from ..keyspace import type_name
from ..registry import group

command = group("generic")

_has_wildcards = re.compile(rb"[*?\[\\]").search
_DEFAULT_COUNT = 10


@command("KEYS", arity=2, flags="readonly", since="1.0.0")
def keys(session, pattern):
    """Returns all key names that match a pattern."""
    db = session.db
    if pattern == b"*":
        found = list(db.values)
    elif not _has_wildcards(pattern):
        found = [pattern] if pattern in db.values else []
    else:
        found = list(filter(compile_pattern(pattern), db.values))
    expires = db.expires
    if expires:
        # Redis leaves deleting them to others here: KEYS takes long enough without.
        now_ms = db.now_ms
        found = [key for key in found if key not in expires or expires[key] >= now_ms]
    return found


@command("SCAN", arity=-2, flags="readonly touches_arbitrary_keys", since="2.8.0")
def scan(session, cursor, *options):
    """Iterates over the key names in the database."""
    cursor = parse_cursor(cursor)
    count, pattern, wanted_type = _parse_scan_options(options)
    db = session.db
    next_cursor, found = db.scan(cursor, count)
    if pattern != b"*":
        found = filter(compile_pattern(pattern), found)
    if wanted_type is not None:
        found = [key for key in found if _is_of_type(db.look(key, notify=False), wanted_type)]
    else:
        found = [key for key in found if key not in db.expires or not db.expire_if_due(key)]
    return [b"%d" % next_cursor, found]


def _parse_scan_options(options):
    """Returns COUNT, the pattern, and the name of a type or None."""
    count, pattern, wanted_type = _DEFAULT_COUNT, b"*", None
    for position in range(0, len(options), 2):
        word = options[position].upper()
        if word not in (b"COUNT", b"MATCH", b"TYPE") or position + 1 == len(options):
            raise OptionSyntaxError
        value = options[position + 1]
        if word == b"COUNT":
            count = parse_int(value)
            if count < 1:
                raise OptionSyntaxError
        elif word == b"MATCH":
            pattern = value
        else:
            wanted_type = value.lower()
    return count, pattern, wanted_type


def _is_of_type(value, wanted_type):
    return value is not None and type_name(value).encode() == wanted_type


@command("RANDOMKEY", arity=1, flags="readonly touches_arbitrary_keys", since="1.0.0")
def randomkey(session):
    """Returns a random key name from the database."""
    db = session.db
    tries = 100
    while True:
        key = db.random_key()
        if key not in db.expires or not db.expire_if_due(key):
            return key
        tries -= 1
        if tries < 0 and not db.keyspace.may_expire:        # CLIENT PAUSE: perhaps all keys are due, and stay
            return key
