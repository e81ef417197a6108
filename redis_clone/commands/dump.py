"""DUMP and RESTORE: single values as bytes, in Redis' own format.

What the bytes mean is in ../persistence/; here is what concerns keys: expiries, access times, events.
MIGRATE is in migrate.py. Handlers run with the engine's lock held.
"""
from ..args import INT64_MAX, parse_int
from ..errors import OptionSyntaxError, RedisError
from ..persistence.corrupt import CorruptPayload
from ..persistence.dump_payload import WrongChecksum, decode_payload, encode_payload
from ..registry import group

__all__ = ["payload_of"]

command = group("generic")
server_command = group("server")

_HIGHEST_FREQUENCY = 255


@command("DUMP", arity=2, flags="readonly", keys="1 RO ACCESS", since="2.6.0")
def dump(session, key):
    """Returns a serialized representation of the value stored at a key."""
    value = session.db.read(key)
    return None if value is None else payload_of(session.engine.config, value)


def payload_of(config, value):
    """What DUMP gives for a stored value, by the directives of this server."""
    return encode_payload(value, config["rdb-version"], config["rdbcompression"])


@command("RESTORE", arity=-4, flags="write denyoom", keys="1 OW UPDATE", since="2.6.0")
def restore(session, key, ttl, payload, *options):
    """Creates a key from the serialized representation of a value."""
    replace, absolute, idle_s, frequency = _parse_options(options)
    db = session.db
    if not replace and db.edit(key) is not None:
        raise RedisError("BUSYKEY Target key name already exists.")
    ttl_ms = parse_int(ttl)
    if ttl_ms < 0:
        raise RedisError("ERR Invalid TTL value, must be >= 0")
    value = _decode(session.engine, payload)
    replaced = db.delete(key)
    expires_at_ms = ttl_ms
    if ttl_ms and not absolute:
        expires_at_ms = min(ttl_ms + db.now_ms, INT64_MAX)
    if expires_at_ms and expires_at_ms <= db.now_ms and not db.keyspace.shows_due:
        if replaced:
            db.touch(key, "del")
            session.propagate(b"DEL", key)
        return "OK"
    db.set(key, value)
    if expires_at_ms:
        db.expire_at(key, expires_at_ms)
    _set_access(session, key, idle_s, frequency)
    db.touch(key, "restore")
    if ttl_ms and not absolute:
        session.propagate(b"RESTORE", key, b"%d" % expires_at_ms, payload, *options, b"ABSTTL")
    return "OK"


@server_command("RESTORE-ASKING", arity=-4, flags="write denyoom asking", keys="1 OW UPDATE", since="3.0.0")
def restore_asking(session, key, ttl, payload, *options):
    """An internal command for migrating keys in a cluster."""
    return restore(session, key, ttl, payload, *options)


def _parse_options(options):
    """Returns (replace, absolute TTL, idle time in seconds or None, frequency or None)."""
    replace = absolute = False
    idle_s = frequency = None
    rest = iter(options)
    for word in rest:
        word = word.upper()
        if word == b"REPLACE":
            replace = True
        elif word == b"ABSTTL":
            absolute = True
        elif word == b"IDLETIME" and frequency is None:
            idle_s = parse_int(_argument(rest))
            if idle_s < 0:
                raise RedisError("ERR Invalid IDLETIME value, must be >= 0")
        elif word == b"FREQ" and idle_s is None:
            frequency = parse_int(_argument(rest))
            if not 0 <= frequency <= _HIGHEST_FREQUENCY:
                raise RedisError("ERR Invalid FREQ value, must be >= 0 and <= 255")
        else:
            raise OptionSyntaxError
    return replace, absolute, idle_s, frequency


def _argument(rest):
    word = next(rest, None)
    if word is None:
        raise OptionSyntaxError
    return word


def _decode(engine, payload):
    try:
        return decode_payload(payload, engine.keyspace.limits, check=not engine.skip_checksums)
    except WrongChecksum:
        raise RedisError("ERR DUMP payload version or checksum are wrong") from None
    except CorruptPayload:
        raise RedisError("ERR Bad data format") from None


def _set_access(session, key, idle_s, frequency):
    """What IDLETIME or FREQ tells of a restored key, as far as the eviction policy wants to know."""
    accessed, lru_clock = session.db.accessed, session.engine.keyspace.lru_clock
    if session.engine.config["maxmemory-policy"].endswith("lfu"):
        if frequency is not None:
            accessed.set_frequency(key, lru_clock, frequency)
    elif idle_s is not None:
        accessed.pop(key, None)             # so that CLIENT NO-TOUCH lets it be set
        accessed[key] = lru_clock - idle_s
