"""OBJECT: how a value is stored, and when or how often it was used.

Handlers run with the engine's lock held. None of them counts as a use of the key.
"""
from ..datatypes.limits import is_integer
from ..datatypes.string_variants import EmbeddedString
from ..errors import RedisError
from ..registry import group

__all__ = ["encoding_of", "is_shared_integer"]

command = group("generic")
command.container("OBJECT", "A container for object introspection commands.", since="2.2.3")

_EMBEDDED_MAX = 44                  # the longest string that Redis keeps in one piece with its header
_SHARED_INTEGERS = 10000            # Redis has these numbers once and for all
_SHARED_REFCOUNT = (1 << 31) - 1
_ON_SWITCHING = ("Please note that when switching between policies at runtime LRU and LFU data will take "
                 "some time to adjust.")


def encoding_of(value):
    """The name of the encoding that Redis would have chosen for a stored value."""
    if value.__class__ is bytearray:
        return "raw"
    if value.__class__ is int:
        return "int"
    if not isinstance(value, bytes):
        return value.encoding
    if len(value) > _EMBEDDED_MAX:
        return "raw"
    return "int" if value.__class__ is not EmbeddedString and is_integer(value) else "embstr"


def is_shared_integer(value):
    """Whether a stored value is one of the numbers that Redis has once for all keys."""
    if value.__class__ is bytes and value.isdigit() and is_integer(value):
        value = int(value)
    return value.__class__ is int and 0 <= value < _SHARED_INTEGERS


@command("OBJECT|ENCODING", arity=3, flags="readonly", keys="2 RO", since="2.2.3")
def object_encoding(session, key):
    """Returns the internal encoding of a Redis object."""
    value = session.db.look(key, notify=False)
    return None if value is None else encoding_of(value).encode()


@command("OBJECT|REFCOUNT", arity=3, flags="readonly", keys="2 RO", since="2.2.3")
def object_refcount(session, key):
    """Returns the reference count of a value of a key."""
    value = session.db.look(key, notify=False)
    if value is None:
        return None
    if is_shared_integer(value):
        config = session.engine.config
        # A shared number cannot have an access time of its own.
        if not config["maxmemory"] or config["maxmemory-policy"][-3:] not in ("lru", "lfu"):
            return _SHARED_REFCOUNT
    return 1


@command("OBJECT|IDLETIME", arity=3, flags="readonly", keys="2 RO", since="2.2.3")
def object_idletime(session, key):
    """Returns the time since the last access to a Redis object."""
    db = session.db
    if db.look(key, notify=False) is None:
        return None
    if _counts_frequency(session):
        raise RedisError("ERR An LFU maxmemory policy is selected, idle time not tracked. " + _ON_SWITCHING)
    lru_clock = db.keyspace.lru_clock
    return max(lru_clock - db.accessed.get(key, lru_clock), 0)


@command("OBJECT|FREQ", arity=3, flags="readonly", keys="2 RO", since="4.0.0")
def object_freq(session, key):
    """Returns the logarithmic access frequency counter of a Redis object."""
    db = session.db
    if db.look(key, notify=False) is None:
        return None
    if not _counts_frequency(session):
        raise RedisError("ERR An LFU maxmemory policy is not selected, access frequency not tracked. "
                         + _ON_SWITCHING)
    return db.accessed.frequency(key, db.keyspace.lru_clock)


def _counts_frequency(session):
    return session.engine.config["maxmemory-policy"].endswith("lfu")


@command("OBJECT|HELP", arity=2, flags="loading stale", since="6.2.0")
def object_help(session):
    """Returns helpful text about the different subcommands."""
    return [
        "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "ENCODING <key>",
        "    Return the kind of internal representation used in order to store the value",
        "    associated with a <key>.",
        "FREQ <key>",
        "    Return the access frequency index of the <key>. The returned integer is",
        "    proportional to the logarithm of the recent access frequency of the key.",
        "IDLETIME <key>",
        "    Return the idle time of the <key>, that is the approximated number of",
        "    seconds elapsed since the last access to the key.",
        "REFCOUNT <key>",
        "    Return the number of references of the value associated with the specified",
        "    <key>.",
        "HELP",
        "    Print this help.",
    ]
