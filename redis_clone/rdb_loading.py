"""An RDB file becomes data: at the start, as the base of an append-only file, for DEBUG RELOAD.

The reader (persistence/rdb_reader.py) takes the file to pieces without the engine's lock; keys are stored, and
libraries of functions are taken in, in turns (load_progress.py). Keys are stored past all that a command would set
off: nobody waits for them, watches them or is told of them.

Keys whose time has come are left out, but not from the base of an append-only file: what follows there may be about
them. A key that comes twice, or that is there already, is an error, as in Redis, unless the file is to be merged.
"""
from itertools import islice

from .datatypes.hash import ExpiringHash
from .field_expiry import schedule_fields
from .load_progress import LoadError, map_file
from .persistence.rdb_reader import RdbError, RdbReader
from .scripting.library_loading import LibraryRefused

__all__ = ["load_rdb", "load_snapshot"]

_BATCH = 64                 # keys that are stored at once


def load_snapshot(loading, path, merge=False):
    """Load the RDB file `path` if there is one; returns whether there is. With `merge` it replaces keys that are there.

    Raises LoadError and LoadingStopped.
    """
    try:
        with map_file(path) as data:
            loading.total_bytes = len(data)
            load_rdb(loading, data, merge=merge)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise LoadError(f"Fatal error: can't open the RDB file {path} for reading: {error.strerror}", path) from None
    except RdbError as error:
        raise LoadError(f"Fatal error loading the DB: {error.reason}, in {path} at offset {error.offset}", path,
                        error.offset) from None
    return True


def load_rdb(loading, data, is_base=False, merge=False):
    """Load what is at the start of `data` (bytes or an mmap); returns where it ends. Raises RdbError.

    With `is_base` it belongs to an append-only file; for `merge` see `load_snapshot`.
    """
    engine = loading.engine
    check = engine.config["rdbchecksum"] and not engine.skip_checksums
    reader = RdbReader(data, engine.keyspace.limits, check=check)
    store = _Store(loading, skips_due=not is_base, merge=merge)
    keys = iter(reader)
    batch = list(islice(keys, 1))               # what the file says of itself is known with its first key
    _tell_origin(loading, reader.aux)
    _load_libraries(loading, reader, merge)
    while batch:
        with loading.turn:
            store.add(batch, reader)
        loading.advance(reader.position, len(batch))
        batch = list(islice(keys, _BATCH))
    _load_libraries(loading, reader, merge)     # should there be some that came after the first key
    skipped = f", empty keys skipped: {reader.empty_keys}" if reader.empty_keys else ""
    engine.log.notice(f"Done loading RDB, keys loaded: {engine.stats.loaded_keys}, keys expired: "
                      f"{engine.stats.loaded_expired_keys}{skipped}.")
    return reader.end


def _load_libraries(loading, reader, replace):
    """Take in the libraries of functions that have been read so far. One that cannot be taken in ends it all."""
    while reader.functions:
        with loading.turn:
            try:
                loading.engine.functions.load(reader.functions.pop(0), replace)
            except LibraryRefused as error:
                raise RdbError(reader.position, f"Failed loading library, {error.reason}") from None


def _tell_origin(loading, aux):
    """Log what the file says of who wrote it; what is no number or has other names is passed over."""
    log = loading.engine.log
    for name, program in ((b"redis-ver", ""), (b"valkey-ver", "Valkey ")):
        if name in aux:
            log.notice(f"Loading RDB produced by {program}version {aux[name].decode('utf-8', 'replace')}")
    if aux.get(b"ctime", b"").isdigit():
        log.notice(f"RDB age {max(loading.started_at_s - int(aux[b'ctime']), 0)} seconds")
    if aux.get(b"used-mem", b"").isdigit():
        loading.used_memory = int(aux[b"used-mem"])
        log.notice(f"RDB memory usage when created {loading.used_memory / (1 << 20):.2f} Mb")
    if aux.get(b"aof-base") == b"1":
        log.notice("RDB is base AOF")
    if aux.get(b"aof-preamble") == b"1":
        log.notice("RDB has an AOF tail")


class _Store:
    """Puts keys into their databases. Called within turns."""

    def __init__(self, loading, skips_due, merge):
        self._stats = loading.engine.stats
        self._keyspace = loading.engine.keyspace
        self._due_before_ms = int(loading.engine.clock.time() * 1000) if skips_due else float("-inf")
        self._merge = merge

    def add(self, batch, reader):
        """Store ``(number, key, value, expires_at_ms, idle_s, frequency)`` of the `reader`."""
        due_before_ms, lru_clock = self._due_before_ms, self._keyspace.lru_clock
        database, expired = None, 0
        for number, key, value, expires_at_ms, idle_s, frequency in batch:
            if database is None or number != database.number:
                database = self._select(number, reader)
                values, accessed = database.values, database.accessed
            if expires_at_ms is not None and expires_at_ms < due_before_ms:
                expired += 1
                continue
            if key in values:
                self._make_room(database, key, reader)
            values[key] = value
            accessed[key] = lru_clock
            if database.key_index is not None:  # it is made when a large database is first changed
                database.key_index.add(key)
            if expires_at_ms is not None:
                database.expire_at(key, expires_at_ms)
            if idle_s is not None or frequency is not None:
                _note_use(accessed, key, lru_clock, idle_s, frequency)
            if value.__class__ is ExpiringHash:
                schedule_fields(database, key, value)
        self._stats.loaded_expired_keys += expired
        self._stats.loaded_keys += len(batch) - expired

    def _select(self, number, reader):
        databases = self._keyspace.databases
        if number >= len(databases):
            raise RdbError(reader.position, f"the file holds keys of database {number}, but this server is configured "
                                            f"to have {len(databases)} databases")
        return databases[number]

    def _make_room(self, database, key, reader):
        if not self._merge:
            raise RdbError(reader.position, f"RDB has duplicated key '{key.decode('utf-8', 'backslashreplace')}' in "
                                            f"DB {database.number}")
        database.delete(key, even_due=True)


def _note_use(accessed, key, lru_clock, idle_s, frequency):
    """When or how often the key was used, as far as this server's policy wants to know it."""
    if not hasattr(accessed, "set_frequency"):
        if idle_s is not None:
            accessed[key] = lru_clock - idle_s
    elif frequency is not None:
        accessed.set_frequency(key, lru_clock, frequency)
