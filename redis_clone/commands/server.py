"""What concerns the server as a whole: flushing, INFO, the time, shutting down.

The containers of the group (CONFIG, DEBUG, SLOWLOG, LATENCY, COMMAND) have modules of their own.
"""
from ..args import parse_int
from ..disposal import dispose
from ..ending import end
from ..errors import OptionSyntaxError, RedisError
from ..info import info_text
from ..keyspace import Database
from ..lolwut import draw
from ..registry import group
from ..resp import NO_REPLY, Verbatim
from ..version import REDIS_VERSION

command = group("server")

_INT32 = 1 << 31
_LOLWUT_NUMBERS = {5: 3, 6: 2}          # how many numbers the pictures of these versions take


# --- keys ----------------------------------------------------------------------------------------------

@command("DBSIZE", arity=1, flags="readonly fast", since="1.0.0")
def dbsize(session):
    """Returns the number of keys in the database."""
    return len(session.db)


@command("FLUSHALL", arity=-1, flags="write", since="1.0.0")
def flushall(session, *args):
    """Removes all keys from all databases."""
    _check_flush_mode(args)
    flush(session.engine, session.engine.keyspace.databases)
    session.propagate(b"FLUSHALL", *args)       # even if there was nothing, as in Redis
    session.engine.snapshots.after_flushing_all()
    return "OK"


@command("FLUSHDB", arity=-1, flags="write", since="1.0.0")
def flushdb(session, *args):
    """Remove all keys from the current database."""
    _check_flush_mode(args)
    flush(session.engine, [session.db])
    session.propagate(b"FLUSHDB", *args)
    return "OK"


def _check_flush_mode(args):
    """SYNC and ASYNC come to the same here: much data is always taken apart in the background."""
    if args and (len(args) > 1 or args[0].upper() not in (b"SYNC", b"ASYNC")):
        raise OptionSyntaxError()


def flush(engine, databases):
    """Forget all keys of these databases."""
    count = 0
    contents = []
    for database in databases:
        if len(database):
            parts = [getattr(database, slot) for slot in Database.CONTENT]
            contents += [part for part in parts if hasattr(part, "__len__")]
            count += database.flush()
    engine.keyspace.dirty += count
    dispose(engine, contents, count)


@command("SWAPDB", arity=3, flags="write fast", since="4.0.0")
def swapdb(session, first, second):
    """Swaps two Redis databases."""
    keyspace = session.engine.keyspace
    one = _parse_index(first, "ERR invalid first DB index")
    other = _parse_index(second, "ERR invalid second DB index")
    if not (0 <= one < len(keyspace.databases) and 0 <= other < len(keyspace.databases)):
        raise RedisError("ERR DB index is out of range")
    if one != other:
        keyspace.swap(one, other)
    keyspace.dirty += 1
    return "OK"


def _parse_index(raw, message):
    number = parse_int(raw, message)
    if not -_INT32 <= number < _INT32:
        raise RedisError(message)
    return number


# --- looking -------------------------------------------------------------------------------------------

@command("INFO", arity=-1, flags="loading stale", since="1.0.0")
def info(session, *sections):
    """Returns information and statistics about the server."""
    names = [name.decode("utf-8", "replace") for name in sections]
    return Verbatim(info_text(session.engine, names).encode("utf-8", "surrogateescape"))


@command("ROLE", arity=1, flags="noscript loading stale fast", since="2.8.12")
def role(session):
    """Returns the replication role."""
    return [b"master", 0, []]


@command("MONITOR", arity=1, flags="admin noscript loading stale", since="1.0.0")
def monitor(session):
    """Listens for all requests received by the server in real-time."""
    if not session.may_block:
        raise RedisError("ERR MONITOR isn't allowed for DENY BLOCKING client")
    if session in session.engine.monitors:
        return NO_REPLY
    session.expect_pushes()
    session.engine.monitors.add(session)
    return "OK"


@command("TIME", arity=1, flags="loading stale fast", since="2.6.0")
def time(session):
    """Returns the server time."""
    keyspace = session.engine.keyspace
    seconds, microseconds = divmod(int((keyspace.now + keyspace.wall_offset_s) * 1e6), 1_000_000)
    return [b"%d" % seconds, b"%d" % microseconds]


@command("LOLWUT", arity=-1, flags="readonly fast", since="5.0.0")
def lolwut(session, *args):
    """Displays computer art and the Redis version"""
    numbers = []
    if len(args) > 1 and args[0].upper() == b"VERSION":
        version = parse_int(args[1])
        numbers = [parse_int(arg) for arg in args[2:2 + _LOLWUT_NUMBERS.get(version, 0)]]
    picture = draw(session.engine.random, *numbers[:2])
    return Verbatim(f"{picture}\nRedis ver. {REDIS_VERSION}\n".encode())


# --- ending --------------------------------------------------------------------------------------------

@command("SHUTDOWN", arity=-1, flags="admin noscript loading stale no_multi allow_busy", since="1.0.0")
def shutdown(session, *args):
    """Synchronously saves the database(s) to disk and shuts down the Redis server."""
    options = [arg.upper() for arg in args]
    if not set(options) <= {b"NOSAVE", b"SAVE", b"NOW", b"FORCE", b"ABORT"}:
        raise OptionSyntaxError()
    if b"ABORT" in options:
        if set(options) != {b"ABORT"}:
            raise OptionSyntaxError()
        raise RedisError("ERR No shutdown in progress.")        # it never takes long enough to be aborted
    if b"SAVE" in options and b"NOSAVE" in options:
        raise OptionSyntaxError()
    engine = session.engine
    if engine.busy is not None and b"NOSAVE" not in options:
        raise engine.busy                       # what there is to be saved is changed by halves
    if engine.shutdown is None:                 # there is no server around it
        raise RedisError("ERR Errors trying to SHUTDOWN. Check logs.")
    end(engine, {option.decode().lower() for option in options})
    engine.shutdown()
    return NO_REPLY
