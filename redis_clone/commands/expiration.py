"""When keys expire: EXPIRE and its variants, TTL and its variants, PERSIST.

An expiry is a date in milliseconds in `Database.expires`; setting one that has come deletes the key at
once. Handlers run with the engine's lock held, and time stands still while they do. Not here: deleting
expired keys, which is done where a key is looked up (../keyspace.py) and in the background (../expiry.py).
"""
from ..args import INT64_MAX, INT64_MIN, parse_int
from ..errors import RedisError
from ..registry import group

command = group("generic")

_CONDITIONS = (b"NX", b"XX", b"GT", b"LT")


# ---- setting ----------------------------------------------------------------------------------------------

@command("EXPIRE", arity=-3, flags="write fast", keys="1 RW UPDATE", since="1.0.0")
def expire(session, key, seconds, *conditions):
    """Sets the expiration time of a key in seconds."""
    return _expire(session, key, seconds, conditions, 1000, True, "expire")


@command("EXPIREAT", arity=-3, flags="write fast", keys="1 RW UPDATE", since="1.2.0")
def expireat(session, key, unix_time_seconds, *conditions):
    """Sets the expiration time of a key to a Unix timestamp."""
    return _expire(session, key, unix_time_seconds, conditions, 1000, False, "expireat")


@command("PEXPIRE", arity=-3, flags="write fast", keys="1 RW UPDATE", since="2.6.0")
def pexpire(session, key, milliseconds, *conditions):
    """Sets the expiration time of a key in milliseconds."""
    return _expire(session, key, milliseconds, conditions, 1, True, "pexpire")


@command("PEXPIREAT", arity=-3, flags="write fast", keys="1 RW UPDATE", since="2.6.0")
def pexpireat(session, key, unix_time_milliseconds, *conditions):
    """Sets the expiration time of a key to a Unix milliseconds timestamp."""
    return _expire(session, key, unix_time_milliseconds, conditions, 1, False, "pexpireat")


def _expire(session, key, amount, words, unit_ms, from_now, command_name):
    """Let a key expire `amount` units from now or from 1970; 1 when that is done, or deletes the key at once."""
    conditions = _parse_conditions(words) if words else ()
    db = session.db
    keyspace = db.keyspace
    now_ms = keyspace.now_ms
    base_ms = now_ms if from_now else 0
    expires_at_ms = parse_int(amount) * unit_ms
    if not INT64_MIN <= expires_at_ms <= INT64_MAX - base_ms:
        raise RedisError(f"ERR invalid expire time in '{command_name}' command")
    expires_at_ms += base_ms
    if db.edit(key) is None:
        return 0
    if conditions and not _are_met(conditions, db.expires.get(key), expires_at_ms):
        return 0
    if expires_at_ms <= now_ms and not keyspace.shows_due:       # while loading, PERSIST may follow
        db.delete(key)
        db.touch(key, "del")
        session.propagate(keyspace.word_for_expired, key)
    else:
        db.expire_at(key, expires_at_ms)
        db.touch(key, "expire")
        if keyspace.effects is not None:
            session.propagate(b"PEXPIREAT", key, b"%d" % expires_at_ms, *words)
    return 1


def _parse_conditions(conditions):
    words = {word.upper() for word in conditions}
    for word in conditions:
        if word.upper() not in _CONDITIONS:
            shown = word.split(b"\0")[0].decode("utf-8", "surrogateescape")     # to Redis a string ends there
            raise RedisError(f"ERR Unsupported option {shown}")
    if b"NX" in words and len(words) > 1:
        raise RedisError("ERR NX and XX, GT or LT options at the same time are not compatible")
    if b"GT" in words and b"LT" in words:
        raise RedisError("ERR GT and LT options at the same time are not compatible")
    return words


def _are_met(conditions, current_ms, new_ms):
    """Whether an expiry may be set; `current_ms` None means never, which is later than any date."""
    if current_ms is None:
        return b"XX" not in conditions and b"GT" not in conditions
    if b"NX" in conditions:
        return False
    if b"GT" in conditions:
        return new_ms > current_ms
    return b"LT" not in conditions or new_ms < current_ms


@command("PERSIST", arity=2, flags="write fast", keys="1 RW UPDATE", since="2.2.0")
def persist(session, key):
    """Removes the expiration time of a key."""
    db = session.db
    if db.edit(key) is None or not db.forget_expiry(key):
        return 0
    db.touch(key, "persist")
    return 1


# ---- asking -----------------------------------------------------------------------------------------------

@command("TTL", arity=2, flags="readonly fast", keys="1 RO ACCESS", since="1.0.0")
def ttl(session, key):
    """Returns the expiration time in seconds of a key."""
    return _in_seconds(pttl(session, key))


@command("PTTL", arity=2, flags="readonly fast", keys="1 RO ACCESS", since="2.6.0")
def pttl(session, key):
    """Returns the expiration time in milliseconds of a key."""
    expires_at_ms = pexpiretime(session, key)
    return expires_at_ms if expires_at_ms < 0 else max(expires_at_ms - session.db.now_ms, 0)


@command("EXPIRETIME", arity=2, flags="readonly fast", keys="1 RO ACCESS", since="7.0.0")
def expiretime(session, key):
    """Returns the expiration time of a key as a Unix timestamp."""
    return _in_seconds(pexpiretime(session, key))


@command("PEXPIRETIME", arity=2, flags="readonly fast", keys="1 RO ACCESS", since="7.0.0")
def pexpiretime(session, key):
    """Returns the expiration time of a key as a Unix milliseconds timestamp."""
    db = session.db
    return -2 if db.look(key) is None else db.expires.get(key, -1)


def _in_seconds(milliseconds):
    """Rounded to the nearest second; -1 (no expiry) and -2 (no key) stay what they are."""
    return milliseconds if milliseconds < 0 else (milliseconds + 500) // 1000
