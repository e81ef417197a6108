"""Commands for keys of any type: DEL, EXISTS, RENAME, COPY and the like; and WAIT, which belongs to no data.

Their kin is next door: expiration.py (EXPIRE, TTL ...), scan.py (KEYS, SCAN, RANDOMKEY), object.py
(OBJECT). Handlers run with the engine's lock held. SORT, DUMP and RESTORE are not here.
"""
from ..args import INT64_MAX, parse_int, parse_range_int
from ..datatypes.string_variants import UnsharedInteger
from ..disposal import dispose
from ..errors import NoSuchKeyError, OptionSyntaxError, RedisError
from ..keyspace import text_of, type_name
from ..registry import group
from .object import is_shared_integer

command = group("generic")

_INT32_MIN, _INT32_MAX = -(1 << 31), (1 << 31) - 1


@command("TYPE", arity=2, flags="readonly fast", keys="1 RO", since="1.0.0")
def type_(session, key):
    """Determines the type of value stored at a key."""
    return type_name(session.db.look(key))


@command("EXISTS", arity=-2, flags="readonly fast", keys="1..-1 RO", since="1.0.0")
def exists(session, *keys):
    """Determines whether one or more keys exist."""
    look = session.db.look
    return sum(look(key) is not None for key in keys)


@command("TOUCH", arity=-2, flags="readonly fast", keys="1..-1 RO", since="3.2.1")
def touch(session, *keys):
    """Returns the number of existing keys out of those specified after updating the time they were last
    accessed.
    """
    read = session.db.read
    return sum(read(key) is not None for key in keys)


@command("DEL", arity=-2, flags="write", keys="1..-1 RM DELETE", since="1.0.0")
def del_(session, *keys):
    """Deletes one or more keys."""
    if session.engine.config["lazyfree-lazy-user-del"]:
        return unlink(session, *keys)
    db = session.db
    deleted = 0
    for key in keys:
        if db.delete(key):
            db.touch(key, "del")
            deleted += 1
    return deleted


@command("UNLINK", arity=-2, flags="write fast", keys="1..-1 RM DELETE", since="4.0.0")
def unlink(session, *keys):
    """Asynchronously deletes one or more keys."""
    db = session.db
    gone = []
    for key in keys:
        value = db.peek(key)
        if db.delete(key):
            db.touch(key, "del")
            gone.append(value)
    containers = [value for value in gone if type_name(value) != "string"]
    if containers:
        dispose(session.engine, containers, len(containers))
    return len(gone)


# ---- moving and copying -----------------------------------------------------------------------------------

@command("RENAME", arity=3, flags="write", keys="1 RW ACCESS DELETE; 2 OW UPDATE", since="1.0.0")
def rename(session, key, newkey):
    """Renames a key and overwrites the destination."""
    db = session.db
    value = db.edit(key)
    if value is None:
        raise NoSuchKeyError
    if key != newkey:
        db.delete(newkey)
        _carry_over(db, key, value, db, newkey, "rename")
    return "OK"


@command("RENAMENX", arity=3, flags="write fast", keys="1 RW ACCESS DELETE; 2 OW INSERT", since="1.0.0")
def renamenx(session, key, newkey):
    """Renames a key only when the target key name doesn't exist."""
    db = session.db
    value = db.edit(key)
    if value is None:
        raise NoSuchKeyError
    if db.edit(newkey) is not None:
        return 0
    _carry_over(db, key, value, db, newkey, "rename")
    return 1


@command("MOVE", arity=3, flags="write fast", keys="1 RW ACCESS UPDATE", since="1.0.0")
def move(session, key, db):
    """Moves a key to another database."""
    source, target = session.db, _parse_database(session, db)
    if source is target:
        raise RedisError("ERR source and destination objects are the same")
    value = source.edit(key)
    if value is None or target.edit(key) is not None:
        return 0
    _carry_over(source, key, value, target, key, "move")
    return 1


def _carry_over(source, key, value, target, newkey, event):
    """Take `value` and its expiry from one key to another one, which is free."""
    expires_at_ms = source.expires.get(key)
    source.delete(key)
    target.set(newkey, value)
    if expires_at_ms is not None:
        target.expire_at(newkey, expires_at_ms)
    source.touch(key, event + "_from", 0)
    target.touch(newkey, event + "_to")


@command("COPY", arity=-3, flags="write denyoom", keys="1 RO ACCESS; 2 OW UPDATE", since="6.2.0")
def copy(session, source, destination, *options):
    """Copies the value of a key to a new key."""
    target, replace = _parse_copy_options(session, options)
    db = session.db
    if target is db and source == destination:
        raise RedisError("ERR source and destination objects are the same")
    value = db.read(source)
    if value is None:
        return 0
    if target.edit(destination) is not None:
        if not replace:
            return 0
        target.delete(destination)
    target.set(destination, _duplicate(value))
    if source in db.expires:
        target.expire_at(destination, db.expires[source])
    target.touch(destination, "copy_to")
    return 1


def _parse_copy_options(session, options):
    """Returns the database to copy to, and whether a key there may be replaced."""
    target, replace = session.db, False
    rest = iter(options)
    for word in rest:
        word = word.upper()
        if word == b"REPLACE":
            replace = True
        elif word == b"DB":
            number = next(rest, None)
            if number is None:
                raise OptionSyntaxError
            target = _parse_database(session, number)
        else:
            raise OptionSyntaxError
    return target, replace


def _parse_database(session, number):
    number = parse_range_int(number, _INT32_MIN, _INT32_MAX)
    databases = session.engine.keyspace.databases
    if not 0 <= number < len(databases):
        raise RedisError("ERR DB index is out of range")
    return databases[number]


def _duplicate(value):
    if isinstance(value, (bytes, int)):
        return UnsharedInteger(text_of(value)) if is_shared_integer(value) else value
    return bytearray(value) if value.__class__ is bytearray else value.duplicate()


# ---- waiting for replicas and the disk --------------------------------------------------------------------

@command("WAIT", arity=3, since="3.0.0")
def wait(session, numreplicas, timeout):
    """Blocks until the asynchronous replication of all preceding write commands sent by the connection is
    completed.
    """
    numreplicas = parse_int(numreplicas)
    timeout_s = _parse_milliseconds(session, timeout)
    if numreplicas <= 0:
        return 0
    return session.block_on((), "wait", timeout_s, on_timeout=0)


@command("WAITAOF", arity=4, flags="noscript", since="7.2.0")
def waitaof(session, numlocal, numreplicas, timeout):
    """Blocks until all of the preceding write commands sent by the connection are written to the append-only
    file of the master and/or replicas.

    There are no replicas: who waits for one waits until the time is up.
    """
    numlocal = parse_range_int(numlocal, 0, 1)
    numreplicas = parse_range_int(numreplicas, 0, INT64_MAX, "ERR value is out of range, must be positive")
    timeout_s = _parse_milliseconds(session, timeout)
    engine = session.engine
    if numlocal and engine.append_only.state == "off":
        raise RedisError("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.")
    if engine.journal.policy == "always" and session.promised > engine.journal.synced:
        engine.journal.sync()               # what came before it in this pipeline
    on_disk = int(engine.append_only.state != "off" and session.promised <= engine.journal.synced)
    if on_disk >= numlocal and not numreplicas:
        return [on_disk, 0]
    return session.block_on((), "wait" if numreplicas else "disk", timeout_s, on_timeout=[on_disk, 0])


def _parse_milliseconds(session, timeout):
    """A timeout in milliseconds as seconds, 0 meaning for ever."""
    timeout_ms = parse_int(timeout, "ERR timeout is not an integer or out of range")
    if timeout_ms < 0:
        raise RedisError("ERR timeout is negative")
    if timeout_ms > INT64_MAX - session.db.now_ms:
        raise RedisError("ERR timeout is out of range")
    return timeout_ms / 1000
