"""DEBUG: looking inside, and switching things off, for tests of servers and clients.

One command, as in Redis: its words are no subcommands of the command table. Each is declared here with the
numbers of arguments that it takes. It is guarded by `enable-debug-command` (flag "protected").

What tunes or dumps the insides of Redis and means nothing here is accepted without effect; what would
crash or restart the server is refused.
"""
import itertools
import re
import time

from ..args import INT64_MAX, format_float, parse_int, parse_range_int
from ..config_types import Memory
from ..digest import dataset_digest, format_digest, value_digest
from ..errors import NoSuchKeyError, RedisError, SubcommandSyntaxError
from ..glob import compile_pattern
from ..keyspace import type_name
from ..loading import LoadError, reload_append_only, reload_snapshot
from ..persistence.rdb_values import write_value
from ..registry import group
from ..resp import Attribute, BigNumber, Push, Verbatim
from ..snapshots import SnapshotFailed
from .object import encoding_of
from .server import flush

command = group("server")

_ANY = range(1000)                      # any number of arguments
_INT32_MAX = (1 << 31) - 1
_SHARED_INTEGERS = 10000
_LONGEST_SLEEP_S = 1e9
_STRTOD = re.compile(rb"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.IGNORECASE)
_PACKED_MAX = (1 << 32) - (1 << 20)

_WORDS = {}                             # word -> (function of session and arguments, numbers of arguments)
_HELP = []                              # lines of DEBUG HELP, in the order of declaration


def word(name, counts, help_text=""):
    """Declare a word of DEBUG. `help_text` starts with how it is used; indented lines explain."""

    def declare(function):
        _WORDS[name.encode()] = function, counts
        _HELP.extend(line.replace("\t", "    ") for line in help_text.splitlines())
        return function

    return declare


@command("DEBUG", arity=-2, flags="admin noscript loading stale protected", since="1.0.0")
def debug(session, name, *args):
    """A container for debugging commands."""
    function, counts = _WORDS.get(name.upper(), (None, ()))
    if len(args) not in counts:
        raise SubcommandSyntaxError
    return function(session, *args)


def _find(session, key):
    """The value at `key`; looking at it here does not count as a use."""
    value = session.db.peek(key)
    if value is None:
        raise NoSuchKeyError()
    return value


# --- replication, digests ------------------------------------------------------------------------------

@word("CHANGE-REPL-ID", (0,), """\
CHANGE-REPL-ID
\tChange the replication IDs of the instance.
\tDangerous: should be used only for testing the replication subsystem.""")
def _change_replication_id(session):
    session.engine.log.notice("Changing replication IDs after receiving change-repl-id")
    session.engine.stats.renew_replication_id()
    return "OK"


@word("DIGEST", (0,), """\
DIGEST
\tOutput a hex signature representing the current DB content.""")
def _digest(session):
    return format_digest(dataset_digest(session.engine.keyspace.databases))


@word("DIGEST-VALUE", _ANY, """\
DIGEST-VALUE <key> [<key> ...]
\tOutput a hex signature of the values of all the specified keys.""")
def _digest_value(session, *keys):
    return [format_digest(value_digest(session.db, key)) for key in keys]


# --- replies -------------------------------------------------------------------------------------------

@word("ERROR", (1,), """\
ERROR <string>
\tReturn a Redis protocol error with <string> as message. Useful for clients
\tunit tests to simulate Redis errors.""")
def _error(session, text):
    return RedisError(text.decode("utf-8", "surrogateescape"))     # not raised: it does not count as an error


@word("LEAK", (1,))
def _leak(session, text):
    return "OK"


@word("LOG", (1,), """\
LOG <message>
\tWrite <message> to the server log.""")
def _log(session, text):
    session.engine.log.warning(f"DEBUG LOG: {text.decode('utf-8', 'surrogateescape')}")
    return "OK"


@word("PROTOCOL", (1,), """\
PROTOCOL <type>
\tReply with a test value of the specified type. <type> can be: string,
\tinteger, double, bignum, null, array, set, map, attrib, push, verbatim,
\ttrue, false.""")
def _protocol(session, name):
    name = name.lower()
    if name == b"push":
        if session.protocol == 2:
            raise RedisError("ERR RESP2 is not supported by this command")
        session.push(Push([b"server-cpu-usage", 42]))
        return b"Some real reply following the push reply"
    if name not in _PROTOCOL_VALUES:
        raise RedisError("ERR Wrong protocol type name. Please use one of the following: "
                         "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false")
    return _PROTOCOL_VALUES[name]


_PROTOCOL_VALUES = {
    b"string": b"Hello World",
    b"integer": 12345,
    b"double": 3.141,
    b"null": None,
    b"array": [0, 1, 2],
    b"set": {0, 1, 2},
    b"map": {0: False, 1: True, 2: False},
    b"attrib": Attribute({b"key-popularity": [b"key:123", 90]}, b"Some real reply following the attribute"),
    b"verbatim": Verbatim(b"This is a verbatim\nstring"),
    b"true": True,
    b"false": False,
    b"bignum": BigNumber(1234567999999999999999999999999999999),
}


# --- loading what has been saved -----------------------------------------------------------------------

@word("LOADAOF", _ANY, """\
LOADAOF
\tFlush the AOF buffers on disk and reload the AOF in memory.""")
def _loadaof(session, *args):
    engine = session.engine
    if engine.append_only.state == "on":
        engine.journal.sync()
    _forget_data(engine)
    try:
        loaded = reload_append_only(engine)
    except LoadError as error:
        engine.log.warning(str(error))
        loaded = False
    finally:
        session.propagate()                     # whatever was loaded, nothing of it is news
    if not loaded:
        raise RedisError("ERR Error trying to load the AOF files, check server logs.")
    engine.log.warning("Append Only File loaded by DEBUG LOADAOF")
    return "OK"


@word("RELOAD", _ANY, """\
RELOAD [option ...]
\tSave the RDB on disk and reload it back to memory. Valid <option> values:
\t* MERGE: conflicting keys will be loaded from RDB.
\t* NOFLUSH: the existing database will not be removed before load, but
\t  conflicting keys will generate an exception and kill the server.
\t* NOSAVE: the database will be loaded from an existing RDB file.
\tExamples:
\t* DEBUG RELOAD: verify that the server is able to persist, flush and reload
\t  the database.""")
def _reload(session, *options):
    engine = session.engine
    options = {option.upper() for option in options}
    if not options <= {b"MERGE", b"NOFLUSH", b"NOSAVE"}:
        raise RedisError("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.")
    try:
        if b"NOSAVE" not in options:
            engine.snapshots.save_quietly()
        if b"NOFLUSH" not in options:
            _forget_data(engine)
        reload_snapshot(engine, merge=b"MERGE" in options)
    except SnapshotFailed:
        raise RedisError("ERR") from None       # the log says why
    except LoadError as error:
        engine.log.warning(str(error))
        raise RedisError("ERR Error trying to load the RDB dump, check server logs.") from None
    finally:
        session.propagate()
    engine.log.warning("DB reloaded by DEBUG RELOAD")
    return "OK"


def _forget_data(engine):
    """All data are to be loaded again: this is no change."""
    dirty = engine.keyspace.dirty
    flush(engine, engine.keyspace.databases)
    engine.functions.clear()
    engine.keyspace.dirty = dirty


# --- values --------------------------------------------------------------------------------------------

@word("HTSTATS", (1,), """\
HTSTATS <dbid>
\tReturn hash table statistics of the specified Redis database.""")
def _htstats(session, index):
    number = parse_int(index)
    databases = session.engine.keyspace.databases
    if not 0 <= number < len(databases):
        raise RedisError("ERR Out of range database")
    database = databases[number]
    text = f"[Dictionary HT]\n{_table_stats(database.values)}[Expires HT]\n{_table_stats(database.expires)}"
    return Verbatim(text.encode())


@word("HTSTATS-KEY", (1,), """\
HTSTATS-KEY <key>
\tLike HTSTATS but for the hash table stored at <key>'s value.""")
def _htstats_key(session, key):
    value = _find(session, key)
    if encoding_of(value) not in ("hashtable", "skiplist"):
        raise RedisError("ERR The value stored at the specified key is not represented using an hash table")
    return Verbatim(_table_stats(value).encode())


def _table_stats(table):
    """The size of the table that Redis would have; of Python's own nobody can tell more."""
    title = "Hash table 0 stats (main hash table):\n"
    if not table:
        return title + "No stats available for empty dictionaries\n"
    slots = 1 << max(2, (len(table) - 1).bit_length())
    return f"{title} table size: {slots}\n number of elements: {len(table)}\n"


@word("OBJECT", (1,), """\
OBJECT <key>
\tShow low level info about `key` and associated value.""")
def _object(session, key):
    value = _find(session, key)
    encoding = encoding_of(value)
    shared = encoding == "int" and 0 <= int(value) < _SHARED_INTEGERS
    lru_clock = session.engine.keyspace.lru_clock
    used = session.db.accessed.get(key, lru_clock)
    config = session.engine.config
    _, payload = write_value(value, config["rdb-version"], config["rdbcompression"])
    return (f"Value at:0x{id(value):x} refcount:{_INT32_MAX if shared else 1} encoding:{encoding} "
            f"serializedlength:{len(payload)} lru:{used & 0xFFFFFF} "
            f"lru_seconds_idle:{max(lru_clock - used, 0)}"
            + (_node_figures(value, config) if encoding == "quicklist" else ""))


def _node_figures(value, config):
    chain, nodes = value.chain, value.node_count()
    compressed = int(config["list-compress-depth"] != 0)
    return (f" ql_nodes:{nodes} ql_avg_node:{len(value) / nodes:.2f} "
            f"ql_listpack_max:{config['list-max-listpack-size']} ql_compressed:{compressed} "
            f"ql_uncompressed_size:{sum(chain.sizes[chain.first:])}")


@word("LISTPACK", (1,), """\
LISTPACK <key>
\tShow low level info about the listpack encoding of <key>.""")
def _listpack(session, key):
    value = _find(session, key)
    if encoding_of(value) != "listpack":
        raise RedisError("ERR Not a listpack encoded object.")
    session.engine.log.raw("".join(f"{number}: {entry!r}\n" for number, entry in enumerate(_entries(value))))
    return "Listpack structure printed on stdout"


def _entries(value):
    """What a listpack holds, in its order."""
    kind = type_name(value)
    if kind == "hash":
        return itertools.chain.from_iterable(value.items())
    if kind == "zset":
        pairs = value.pairs_between(0, len(value))
        return itertools.chain.from_iterable((member, format_float(score)) for member, score in pairs)
    return value.ordered() if kind == "set" else value


@word("QUICKLIST", (1, 2), """\
QUICKLIST <key> [<0|1>]
\tShow low level info about the quicklist encoding of <key>.
\tThe optional argument (0 by default) sets the level of detail""")
def _quicklist(session, key, detail=b"0"):
    value = _find(session, key)
    if encoding_of(value) != "quicklist":
        raise RedisError("ERR Not a quicklist encoded object.")
    lines = [f"{len(value)} elements in {value.node_count()} nodes\n"]
    if detail != b"0":
        lines += [f"{number}: {entry!r}\n" for number, entry in enumerate(value)]
    session.engine.log.raw("".join(lines))
    return "Quicklist structure printed on stdout"


@word("POPULATE", (1, 2, 3), """\
POPULATE <count> [<prefix>] [<size>]
\tCreate <count> string keys named key:<num>. If <prefix> is specified then
\tit is used instead of the 'key' prefix. These are not propagated to
\treplicas. Cluster slots are not respected so keys not belonging to the
\tcurrent node can be created in cluster mode.""")
def _populate(session, count, prefix=b"key", size=b"0"):
    positive = "ERR value is out of range, must be positive"
    count = parse_range_int(count, 0, INT64_MAX, positive)
    size = parse_range_int(size, 0, _INT32_MAX, positive)
    db = session.db
    for number in range(count):
        key = b"%b:%d" % (prefix, number)
        if db.peek(key) is None:
            value = b"value:%d" % number
            db.set(key, value[:size].ljust(size, b"\0") if size else value)
            db.touch(key, None, 0)
    return "OK"


# --- switches ------------------------------------------------------------------------------------------

@word("PAUSE-CRON", (1,), """\
PAUSE-CRON <0|1>
\tStop periodic cron job processing.""")
def _pause_cron(session, flag):
    session.engine.cron_stopped = _is_on(flag)
    return "OK"


@word("QUICKLIST-PACKED-THRESHOLD", (1,), """\
QUICKLIST-PACKED-THRESHOLD <size>
\tSets the threshold for elements to be inserted as plain vs packed nodes
\tDefault value is 1GB, allows values up to 4GB. Setting to 0 restores to default.""")
def _quicklist_packed_threshold(session, size):
    try:
        accepted = Memory(0, _PACKED_MAX).parse_word(size.decode("ascii")) is not None
    except ValueError:
        accepted = False
    if not accepted:
        raise RedisError("ERR argument must be a memory value bigger than 1 and smaller than 4gb")
    return "OK"


@word("REPLYBUFFER", (2,), """\
REPLYBUFFER PEAK-RESET-TIME <NEVER||RESET|time>
\tSets the time (in milliseconds) to wait between client reply buffer peak resets.
\tIn case NEVER is provided the last observed peak will never be reset
\tIn case RESET is provided the peak reset time will be restored to the default value
REPLYBUFFER RESIZING <0|1>
\tEnable or disable the reply buffer resize cron job""")
def _replybuffer(session, what, value):
    if what.upper() == b"PEAK-RESET-TIME":
        if value.upper() not in (b"NEVER", b"RESET"):
            parse_int(value)
    elif what.upper() != b"RESIZING":
        raise SubcommandSyntaxError
    return "OK"


@word("SET-ACTIVE-EXPIRE", (1,), """\
SET-ACTIVE-EXPIRE <0|1>
\tSetting it to 0 disables expiring keys in background when they are not
\taccessed (otherwise the Redis behavior). Setting it to 1 reenables back the
\tdefault.""")
def _set_active_expire(session, flag):
    session.engine.active_expiry = _is_on(flag)
    return "OK"


@word("SET-SKIP-CHECKSUM-VALIDATION", (1,), """\
SET-SKIP-CHECKSUM-VALIDATION <0|1>
\tEnables or disables checksum checks for RDB files and RESTORE's payload.""")
def _set_skip_checksum_validation(session, flag):
    session.engine.skip_checksums = _is_on(flag)
    return "OK"


@word("SLEEP", (1,), """\
SLEEP <seconds>
\tStop the server for <seconds>. Decimals allowed.""")
def _sleep(session, seconds):
    time.sleep(max(0.0, min(_read_double(seconds), _LONGEST_SLEEP_S)))
    return "OK"


def _read_double(text):
    """The number at the start of a text, 0 if there is none: C's strtod."""
    match = _STRTOD.match(text)
    return float(match.group()) if match else 0.0


def _is_on(flag):
    """C's atoi is not zero."""
    return _read_double(flag.partition(b".")[0]) != 0


# --- matching ------------------------------------------------------------------------------------------

@word("STRINGMATCH-LEN", (2,), """\
STRINGMATCH-LEN <pattern> <string>
\tReturn 1 if <string> matches the glob-style <pattern>, otherwise 0.""")
def _stringmatch(session, pattern, text):
    return int(bool(compile_pattern(pattern)(text)))


@word("JMAP", (0,))
def _jmap(session):
    return "OK"


# --- refused -------------------------------------------------------------------------------------------

def _refuser(name):
    def refuse(session, *args):
        raise RedisError(f"ERR DEBUG {name} is not supported")

    return refuse


_WORDS.update((name.encode(), (_refuser(name), _ANY)) for name in (
    "ASSERT", "CRASH-AND-RECOVER", "OOM", "PANIC", "RESTART", "SEGFAULT"))


@word("HELP", (0,), """\
HELP
\tPrint this help.""")
def _help(session):
    return ["DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", *_HELP]
