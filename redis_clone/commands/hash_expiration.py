"""When fields of a hash expire: HEXPIRE and its variants, HTTL and its variants, HPERSIST, as in Redis 7.4.

A field's expiry is a date in milliseconds in its `ExpiringHash`; setting one that has come deletes the field at
once. Handlers run with the engine's lock held, and time stands still while they do. Not here: deleting
expired fields, which is done where a hash is looked up (../field_expiry.py) and in the background (../expiry.py).

What Redis 7.4 does otherwise: a field that is due stays in its hash until a command asks for that very field
or the background expiry comes by, so HLEN, OBJECT and the memory still know it. Here all fields that are due
go when a hash command looks at the hash, so HLEN never counts them; the event `hexpired` comes once for all of
them. Redis tells of a compact hash (listpackex) in the order of expiry, here the fields keep theirs.
"""
from ..args import INT64_MAX, parse_int, parse_range_int
from ..errors import RedisError
from ..field_expiry import expiring_hash, schedule_fields
from ..registry import group

command = group("hash")

_CONDITIONS = (b"NX", b"XX", b"GT", b"LT")
_LATEST_MS = (1 << 46) - 1          # Redis has 46 bits for the date

_NO_FIELD, _NOT_MET, _SET, _DELETED = -2, 0, 1, 2       # what HEXPIRE replies for a field
_NO_EXPIRY = -1


# ---- setting ----------------------------------------------------------------------------------------------

@command("HEXPIRE", arity=-6, flags="write denyoom fast", keys="1 RW UPDATE", since="7.4.0")
def hexpire(session, key, seconds, *args):
    """Give hash fields a time to live, in seconds from now."""
    return _expire(session, key, seconds, args, 1000, session.db.now_ms, "hexpire")


@command("HPEXPIRE", arity=-6, flags="write denyoom fast", keys="1 RW UPDATE", since="7.4.0")
def hpexpire(session, key, milliseconds, *args):
    """Give hash fields a time to live, in milliseconds from now."""
    return _expire(session, key, milliseconds, args, 1, session.db.now_ms, "hpexpire")


@command("HEXPIREAT", arity=-6, flags="write denyoom fast", keys="1 RW UPDATE", since="7.4.0")
def hexpireat(session, key, unix_time_seconds, *args):
    """Make hash fields expire at a Unix time given in seconds."""
    return _expire(session, key, unix_time_seconds, args, 1000, 0, "hexpireat")


@command("HPEXPIREAT", arity=-6, flags="write denyoom fast", keys="1 RW UPDATE", since="7.4.0")
def hpexpireat(session, key, unix_time_milliseconds, *args):
    """Make hash fields expire at a Unix time given in milliseconds."""
    return _expire(session, key, unix_time_milliseconds, args, 1, 0, "hpexpireat")


def _expire(session, key, amount, args, unit_ms, base_ms, command_name):
    """Let fields expire `amount` units after `base_ms`, or delete them at once; a list of what became of each."""
    db = session.db
    stored = db.edit_hash(key)                          # the type is looked at before anything else
    when_ms = _parse_date(amount, unit_ms, base_ms, command_name)
    condition = args[0].upper()
    if condition in _CONDITIONS:
        args = args[1:]
    fields = _parse_fields(args, "ERR Parameter `numFields` should be greater than 0")
    if stored is None:
        return [_NO_FIELD] * len(fields)
    stored = expiring_hash(db, key, stored)
    is_past = when_ms <= db.now_ms and not db.keyspace.shows_due        # while loading, HPERSIST may follow
    results = [_expire_field(stored, field, when_ms, is_past, condition) for field in fields]
    _tell(db, key, stored, results.count(_SET), results.count(_DELETED))
    if db.keyspace.effects is not None:
        _propagate(session, key, when_ms, is_past, fields, results)
    return results


def _propagate(session, key, when_ms, is_past, fields, results):
    """Name the fields that HEXPIRE has changed, all of them in the same way."""
    changed = [field for field, result in zip(fields, results) if result in (_SET, _DELETED)]
    if changed and is_past:
        session.propagate(b"HDEL", key, *changed)
    elif changed:
        session.propagate(b"HPEXPIREAT", key, b"%d" % when_ms, b"FIELDS", b"%d" % len(changed), *changed)


def _expire_field(stored, field, when_ms, is_past, condition):
    """Returns what HEXPIRE replies for one field."""
    if field not in stored:
        return _NO_FIELD
    if not _is_met(condition, stored.expiries.times.get(field), when_ms):
        return _NOT_MET
    if is_past:
        stored.delete_field(field)
        return _DELETED
    stored.expire_field(field, when_ms)
    return _SET


def _is_met(condition, current_ms, new_ms):
    """Whether an expiry may be set; `current_ms` None means never, which is later than any date."""
    if condition == b"NX":
        return current_ms is None
    if condition == b"XX":
        return current_ms is not None
    if condition == b"GT":
        return current_ms is not None and new_ms > current_ms
    if condition == b"LT":
        return current_ms is None or new_ms < current_ms
    return True


def _tell(db, key, stored, count_set, count_deleted):
    """Tell of what HEXPIRE has done, which is one of the two only: all fields get the same date."""
    if count_set:
        schedule_fields(db, key, stored)
        db.touch(key, "hexpire", count_set)
    if count_deleted:
        db.touch(key, "hdel", count_deleted)
        db.delete_if_empty(key, stored)


@command("HPERSIST", arity=-5, flags="write fast", keys="1 RW UPDATE", since="7.4.0")
def hpersist(session, key, *args):
    """Drop the expiry of hash fields, keeping the fields."""
    db = session.db
    stored = db.edit_hash(key)
    fields = _parse_fields(args)
    times = _times(stored)
    results = []
    for field in fields:
        known = _known(stored, times, field)
        results.append(1 if known >= 0 else known)
        if known >= 0:
            stored.expiries.forget(field)
    persisted = results.count(1)
    if persisted:
        db.touch(key, "hpersist", persisted)
    return results


# ---- asking -----------------------------------------------------------------------------------------------

@command("HTTL", arity=-5, flags="readonly fast", keys="1 RO ACCESS", since="7.4.0")
def httl(session, key, *args):
    """Tell how many seconds hash fields have left to live."""
    return list(map(_in_seconds, hpttl(session, key, *args)))


@command("HPTTL", arity=-5, flags="readonly fast", keys="1 RO ACCESS", since="7.4.0")
def hpttl(session, key, *args):
    """Tell how many milliseconds hash fields have left to live."""
    now_ms = session.db.now_ms
    return [when_ms if when_ms < 0 else when_ms - now_ms for when_ms in hpexpiretime(session, key, *args)]


@command("HEXPIRETIME", arity=-5, flags="readonly fast", keys="1 RO ACCESS", since="7.4.0")
def hexpiretime(session, key, *args):
    """Tell at which Unix time, in seconds, hash fields will expire."""
    return list(map(_in_seconds, hpexpiretime(session, key, *args)))


@command("HPEXPIRETIME", arity=-5, flags="readonly fast", keys="1 RO ACCESS", since="7.4.0")
def hpexpiretime(session, key, *args):
    """Tell at which Unix time, in milliseconds, hash fields will expire."""
    stored = session.db.read_hash(key)
    fields = _parse_fields(args)
    times = _times(stored)
    return [_known(stored, times, field) for field in fields]


def _in_seconds(milliseconds):
    """Rounded up, other than TTL; -1 (no expiry) and -2 (no field) stay what they are."""
    return milliseconds if milliseconds < 0 else (milliseconds + 999) // 1000


def _times(stored):
    """The expiries of a hash's fields, or of those of no hash at all."""
    expiries = getattr(stored, "expiries", None)
    return {} if expiries is None else expiries.times


def _known(stored, times, field):
    """A field's expiry as a date, -1 when it has none, -2 when it is not there; `stored` may be None."""
    if stored is None or field not in stored:
        return _NO_FIELD
    return times.get(field, _NO_EXPIRY)


# ---- arguments --------------------------------------------------------------------------------------------

def _parse_date(amount, unit_ms, base_ms, command_name):
    amount = parse_int(amount)
    if amount < 0:
        raise RedisError("ERR invalid expire time, must be >= 0")
    when_ms = base_ms + amount * unit_ms
    if when_ms > _LATEST_MS:
        raise RedisError(f"ERR invalid expire time in '{command_name}' command")
    return when_ms


def _parse_fields(args, message="ERR Number of fields must be a positive integer"):
    """The fields of ``FIELDS numfields field...``; `message` is the error for a bad number."""
    if args[0].upper() != b"FIELDS":
        raise RedisError("ERR Mandatory argument FIELDS is missing or not at the right position")
    count = parse_range_int(args[1], 1, INT64_MAX, message)
    fields = args[2:]
    if count != len(fields):
        raise RedisError("ERR The `numfields` parameter must match the number of arguments")
    return fields
