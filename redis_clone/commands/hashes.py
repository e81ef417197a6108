"""Hashes: HSET, HGET, HINCRBY and their kin.

Fields keep the order in which they were set, as in Redis' listpack encoding (see datatypes/hash.py); in a
large hash of Redis there is none. Handlers run with the engine's lock held. Fields that are due are gone
before a handler sees the hash (../field_expiry.py); their commands are in hash_expiration.py.
"""
from ..args import INT64_MAX, INT64_MIN, parse_cursor, parse_int, parse_int_or_none
from ..collection_args import check_picks_fit, parse_random_options, parse_scan_options
from ..datatypes.hash import ExpiringHash
from ..errors import NotFloatError, RedisError, wrong_arity
from ..long_double import INFINITY, add_long_doubles, format_long_double, parse_long_double
from ..registry import group

command = group("hash")

_EXAMPLES = 100                     # picks from which the size of many picks is estimated


# ---- reading ----------------------------------------------------------------------------------------------

@command("HGET", arity=3, flags="readonly fast", keys="1 RO ACCESS", since="2.0.0")
def hget(session, key, field):
    """Returns the value of a field in a hash."""
    stored = session.db.read_hash(key)
    return None if stored is None else stored.get(field)


@command("HMGET", arity=-3, flags="readonly fast", keys="1 RO ACCESS", since="2.0.0")
def hmget(session, key, *fields):
    """Returns the values of all fields in a hash."""
    stored = session.db.read_hash(key)
    return [None] * len(fields) if stored is None else list(map(stored.get, fields))


@command("HGETALL", arity=2, flags="readonly", keys="1 RO ACCESS", since="2.0.0")
def hgetall(session, key):
    """Returns all fields and values in a hash."""
    return dict(session.db.read_hash(key) or ())


@command("HKEYS", arity=2, flags="readonly", keys="1 RO ACCESS", since="2.0.0")
def hkeys(session, key):
    """Returns all fields in a hash."""
    return list(session.db.read_hash(key) or ())


@command("HVALS", arity=2, flags="readonly", keys="1 RO ACCESS", since="2.0.0")
def hvals(session, key):
    """Returns all values in a hash."""
    stored = session.db.read_hash(key)
    return [] if stored is None else list(stored.values())


@command("HLEN", arity=2, flags="readonly fast", keys="1 RO", since="2.0.0")
def hlen(session, key):
    """Returns the number of fields in a hash."""
    return len(session.db.read_hash(key) or ())


@command("HEXISTS", arity=3, flags="readonly fast", keys="1 RO", since="2.0.0")
def hexists(session, key, field):
    """Determines whether a field exists in a hash."""
    return 1 if field in (session.db.read_hash(key) or ()) else 0


@command("HSTRLEN", arity=3, flags="readonly fast", keys="1 RO", since="3.2.0")
def hstrlen(session, key, field):
    """Returns the length of the value of a field."""
    return len(hget(session, key, field) or b"")


@command("HSCAN", arity=-3, flags="readonly", keys="1 RO ACCESS", since="2.8.0")
def hscan(session, key, cursor, *options):
    """Iterates over fields and values of a hash."""
    cursor = parse_cursor(cursor)
    stored = session.db.read_hash(key)
    if stored is None:
        return [b"0", []]           # Redis looks at the options later
    matches, count = parse_scan_options(options)
    cursor, fields = stored.scan(cursor, count)
    if matches is not None:
        fields = filter(matches, fields)
    return [b"%d" % cursor, [item for field in fields for item in (field, stored[field])]]


@command("HRANDFIELD", arity=-2, flags="readonly", keys="1 RO ACCESS", since="6.2.0")
def hrandfield(session, key, *args):
    """Returns one or more random fields from a hash."""
    db = session.db
    if not args:
        stored = db.read_hash(key)
        return None if stored is None else stored.random_field(db.keyspace.random)
    count, with_values = parse_random_options(args, b"WITHVALUES")
    stored = db.read_hash(key)
    if stored is None or not count:
        return []
    fields = _random_fields(stored, count, db.keyspace.random)
    if not with_values:
        return fields
    if session.protocol == 2:
        return [item for field in fields for item in (field, stored[field])]
    return [[field, stored[field]] for field in fields]


def _random_fields(stored, count, random):
    if count > 0:
        return stored.random_fields(random, count)
    if -count > _EXAMPLES:
        check_picks_fit(-count, [field + stored[field] for field in stored.random_choices(random, _EXAMPLES)])
    return stored.random_choices(random, -count)


# ---- writing ----------------------------------------------------------------------------------------------

@command("HSET", arity=-4, flags="write denyoom fast", keys="1 RW UPDATE", since="2.0.0")
def hset(session, key, *pairs):
    """Creates or modifies the value of a field in a hash."""
    if len(pairs) == 2:
        db = session.db
        created = db.edit_hash(key, create=True).set_field(pairs[0], pairs[1], db.keyspace.limits)
        db.touch(key, "hset")
        return 1 if created else 0
    return _set_several(session.db, key, pairs, "hset")


@command("HMSET", arity=-4, flags="write denyoom fast", keys="1 RW UPDATE", since="2.0.0")
def hmset(session, key, *pairs):
    """Sets the values of multiple fields."""
    _set_several(session.db, key, pairs, "hmset")
    return "OK"


def _set_several(db, key, pairs, name):
    """Set fields; returns how many of them are new."""
    if len(pairs) % 2:
        raise wrong_arity(name)
    created = db.edit_hash(key, True).set_fields(pairs, db.keyspace.limits)
    db.touch(key, "hset", len(pairs) // 2)
    return created


@command("HSETNX", arity=4, flags="write denyoom fast", keys="1 RW INSERT", since="2.0.0")
def hsetnx(session, key, field, value):
    """Sets the value of a field in a hash only when the field doesn't exist."""
    db = session.db
    stored = db.edit_hash(key, create=True)
    if field in stored:
        return 0
    stored.set_field(field, value, db.keyspace.limits)
    db.touch(key, "hset")
    return 1


@command("HDEL", arity=-3, flags="write fast", keys="1 RW DELETE", since="2.0.0")
def hdel(session, key, *fields):
    """Deletes one or more fields and their values from a hash. Deletes the hash if no fields remain."""
    db = session.db
    stored = db.edit_hash(key)
    if stored is None:
        return 0
    deleted = sum(map(stored.delete_field, fields))
    if deleted:
        db.touch(key, "hdel", deleted)
        db.delete_if_empty(key, stored)
    return deleted


# ---- arithmetic -------------------------------------------------------------------------------------------

@command("HINCRBY", arity=4, flags="write denyoom fast", keys="1 RW ACCESS UPDATE", since="2.0.0")
def hincrby(session, key, field, increment):
    """Increments the integer value of a field in a hash by a number. Uses 0 as initial value if the
    field doesn't exist.
    """
    increment = parse_int(increment)
    db = session.db
    number = parse_int_or_none(_edit_value(db, key, field))
    if number is None:
        raise RedisError("ERR hash value is not an integer")
    number += increment
    if not INT64_MIN <= number <= INT64_MAX:
        raise RedisError("ERR increment or decrement would overflow")
    db.edit_hash(key, create=True).alter_field(field, b"%d" % number, db.keyspace.limits)
    db.touch(key, "hincrby")
    return number


@command("HINCRBYFLOAT", arity=4, flags="write denyoom fast", keys="1 RW ACCESS UPDATE", since="2.6.0")
def hincrbyfloat(session, key, field, increment):
    """Increments the floating point value of a field by a number. Uses 0 as initial value if the
    field doesn't exist.
    """
    increment = parse_long_double(increment)
    if increment is None:
        raise NotFloatError
    if increment in (INFINITY, -INFINITY):
        raise RedisError("ERR value is NaN or Infinity")
    db = session.db
    number = parse_long_double(_edit_value(db, key, field))
    if number is None:
        raise RedisError("ERR hash value is not a float")
    total = add_long_doubles(number, increment)
    if total is None:
        raise RedisError("ERR increment would produce NaN or Infinity")
    text = format_long_double(total)
    stored = db.edit_hash(key, create=True)
    stored.alter_field(field, text, db.keyspace.limits)
    db.touch(key, "hincrbyfloat")
    if db.keyspace.effects is not None:
        _propagate_field(session, key, stored, field, text)
    return text


def _propagate_field(session, key, stored, field, value):
    """Say that a field has a value now, and the expiry that it had before: HSET alone would end that."""
    session.propagate(b"HSET", key, field, value)
    when_ms = stored.expiries.times.get(field) if stored.__class__ is ExpiringHash else None
    if when_ms is not None:
        session.propagate(b"HPEXPIREAT", key, b"%d" % when_ms, b"FIELDS", b"1", field)


def _edit_value(db, key, field):
    """The value of a field that is to be incremented, b"0" where there is none. Creates nothing."""
    stored = db.edit_hash(key)
    return b"0" if stored is None else stored.get(field, b"0")
