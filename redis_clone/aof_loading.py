"""An append-only file becomes data again: its requests are repeated, file after file, in the manifest's order.

A session without a client runs them. Only what changes data, or selects the database, is run: nothing else belongs
into such a file, and nothing else can do any good there (or harm: SHUTDOWN). Commands that fail go to
the log and loading goes on, as in Redis. What could not have been written like that stops it: unknown commands, a
wrong number of arguments, a database that there is not.

What stands between MULTI and EXEC is gathered first and run in one turn. If the file ends before EXEC, none of it is.
When the last file ends in the middle of a request or transaction, the server was stopped while it wrote that: with
`aof-load-truncated` the file is cut off there, which is the only way in which loading ever changes a file.

Loading and turns are in load_progress.py, manifests in persistence/aof_manifest.py; writing is in append_only.py.
"""
import os
import time

from .errors import RedisError
from .load_progress import LoadError, map_file
from .persistence.aof_format import AofError, AofReader, AofTruncated, encode_request
from .persistence.aof_manifest import Manifest, ManifestError, manifest_name
from .persistence.rdb_reader import RdbError
from .persistence.safe_file import sync_directory
from .rdb_loading import load_rdb
from .registry import find
from .session import Session

__all__ = ["load_append_only_files", "read_manifest"]

_FORMAT_HELP = "make a backup of your AOF file, then use python3 -m redis_clone.check --fix <filename.manifest>"
_SCRIPT_CACHE = ("SCRIPT|LOAD", "SCRIPT|FLUSH")     # before Redis 7 scripts stood there themselves
_TRUNCATED_HELP = (
    "You can: 1) Make a backup of your AOF file, then use python3 -m redis_clone.check --fix <filename.manifest>. "
    "2) Alternatively you can set the 'aof-load-truncated' configuration option to yes and restart the server")


# --- which files ---------------------------------------------------------------------------------------


def read_manifest(engine):
    """The manifest on disk, or an empty one when there is none. Raises LoadError."""
    name = manifest_name(engine.config["appendfilename"])
    path = engine.append_only.path(name)
    try:
        with open(path, "rb") as file:
            return Manifest.parse(file.read())
    except (FileNotFoundError, NotADirectoryError):
        engine.log.debug(f"The AOF manifest file {name} doesn't exist in {engine.append_only.directory}")
        return Manifest()
    except OSError as error:
        raise LoadError(f"Fatal error: can't open the AOF manifest file {path} for reading: {error.strerror}",
                        path) from None
    except ManifestError as error:
        line = "" if error.line is None else f" '{error.line.decode('utf-8', 'backslashreplace')}'"
        raise LoadError(f"Fatal error in the AOF manifest file {path}, line {error.line_number}{line}: {error.reason}",
                        path) from None


def load_append_only_files(loading):
    """Load the files of the manifest, or the single one that older versions wrote; returns the manifest that holds now.

    Raises LoadError and LoadingStopped.
    """
    engine = loading.engine
    manifest = _take_over_single_file(engine, read_manifest(engine))
    files = manifest.files()
    paths = [engine.append_only.path(file.name) for file in files]
    sizes = list(map(_size_of, paths))
    loading.total_bytes = sum(sizes)
    replay = _Replay(loading)
    for position, (file, path) in enumerate(zip(files, paths)):
        started_s = time.monotonic()
        # A new increment may have come into the manifest just before the server stopped writing to the one before.
        size = _load_file(loading, replay, file, path, is_last=not any(sizes[position + 1:]))
        loading.finish_file(size)
        if size:
            engine.log.notice(f"DB loaded from {'base' if file is manifest.base else 'incr'} file {file.name}: "
                              f"{time.monotonic() - started_s:.3f} seconds")
    return manifest


def _size_of(path):
    try:
        return os.path.getsize(path)
    except OSError as error:
        raise LoadError(f"Unable to obtain the AOF file {path} length. stat: {error.strerror}", path) from None


def _take_over_single_file(engine, manifest):
    """Before Redis 7 there was one file, in `dir`. If that is what there is, it becomes the base."""
    append_only, filename = engine.append_only, engine.config["appendfilename"]
    old_path, new_path = os.path.join(engine.directory, filename), append_only.path(filename)
    interrupted = manifest.files() == Manifest.of_single_file(filename).files() and not os.path.exists(new_path)
    if not os.path.isfile(old_path) or manifest.files() and not interrupted:
        return manifest
    manifest = Manifest.of_single_file(filename)
    try:
        append_only.make_directory()
        append_only.save(manifest)
        os.replace(old_path, new_path)          # last: until then it would be done once more
        sync_directory(append_only.directory)
    except OSError as error:
        raise LoadError(f"Error trying to move the old AOF file {old_path} into dir {append_only.directory}: "
                        f"{error.strerror}", old_path) from None
    engine.log.notice(f"Successfully migrated an old-style AOF configuration ({filename}) into the AOF directory "
                      f"({engine.config['appenddirname']}).")
    return manifest


# --- one file ------------------------------------------------------------------------------------------


def _load_file(loading, replay, file, path, is_last):
    """Load one file and cut it off where it is torn; returns its size before that."""
    engine = loading.engine
    torn_at = None
    try:
        with map_file(path) as data:
            size = len(data)
            start = _load_rdb_part(loading, data, file, path) if data[:5] == b"REDIS" else 0
            torn_at = replay.run(data, start, file.name, path)
    except OSError as error:
        raise LoadError(f"Fatal error: can't open the append log file {path} for reading: {error.strerror}",
                        path) from None
    if torn_at is not None:
        if not engine.config["aof-load-truncated"]:
            raise LoadError(f"Unexpected end of file reading the append only file {path}, which is complete up to "
                            f"offset {torn_at}. {_TRUNCATED_HELP}", path, torn_at)
        if not is_last:
            raise LoadError(f"Fatal error: the truncated file is not the last file: {path} is complete up to offset "
                            f"{torn_at}", path, torn_at)
        _cut_off(engine.log, file.name, path, torn_at)
    return size


def _load_rdb_part(loading, data, file, path):
    """A base written as RDB; an old single file may begin like that, too. Returns where it ends."""
    log = loading.engine.log
    is_single = file.name == loading.engine.config["appendfilename"]
    log.notice("Reading RDB preamble from AOF file..." if is_single else "Reading RDB base file on AOF loading...")
    try:
        end = load_rdb(loading, data, is_base=True)
    except RdbError as error:
        part = "preamble of the AOF file" if is_single else "base file"
        raise LoadError(f"Error reading the RDB {part} {path}, AOF loading aborted: {error.reason}, at offset "
                        f"{error.offset}", path, error.offset) from None
    if is_single:
        log.notice("Reading the remaining AOF tail...")
    return end


def _cut_off(log, name, path, offset):
    log.warning(f"!!! Warning: short read while loading the AOF file {name}!!!")
    log.warning(f"!!! Truncating the AOF {name} at offset {offset} !!!")
    try:
        os.truncate(path, offset)
    except OSError as error:
        raise LoadError(f"Error truncating the AOF file {path}: {error.strerror}", path, offset) from None
    log.warning(f"AOF {name} loaded anyway because aof-load-truncated is enabled")


# --- repeating requests --------------------------------------------------------------------------------


class _Replay:
    """Runs the requests of one file after the other on one session."""

    def __init__(self, loading):
        self._loading = loading
        self._engine = loading.engine
        self._session = Session(loading.engine)
        self._session.may_block = False
        self._handlers = _writers_by_count(loading.engine.tables)

    def run(self, data, start, name, path):
        """Run all requests from `start` on. Returns None, or where the file is torn: what follows was not run."""
        reader = AofReader(data, start)
        transaction, transaction_start = None, start
        self._name, self._path = name, path
        with self._loading.turn:
            self._session.db = self._engine.keyspace.databases[0]
        try:
            for offset, requests in reader:
                if transaction is None and _is_lone(requests[0], b"MULTI"):
                    transaction, transaction_start = [], offset
                    requests = requests[1:]
                if transaction is not None:
                    transaction += requests
                    if not (requests and _is_lone(requests[-1], b"EXEC")):
                        continue
                    offset, requests, transaction = transaction_start, transaction[:-1], None
                with self._loading.turn:
                    self._run_batch(requests, offset)
                self._loading.advance(reader.position, len(requests))
        except AofTruncated as error:
            return error.offset if transaction is None else transaction_start
        except AofError as error:
            raise LoadError(f"Bad file format reading the append only file {path}: {error.reason}, at offset "
                            f"{error.offset}: {_FORMAT_HELP}", path, error.offset) from None
        if transaction is not None:
            self._engine.log.warning(f"Revert incomplete MULTI/EXEC transaction from AOF file {name}")
            return transaction_start
        return None

    def _run_batch(self, requests, offset):
        """Run requests that follow each other from `offset` on. The loop of dispatch.execute_batch, without replies."""
        session, handlers = self._session, self._handlers
        for argv in requests:
            count = len(argv)
            handler = handlers[count].get(argv[0]) if count < len(handlers) else None
            try:
                if handler is None:
                    self._run_closely(argv, requests, offset)
                elif count == 3:
                    handler(session, argv[1], argv[2])
                elif count == 2:
                    handler(session, argv[1])
                elif count == 4:
                    handler(session, argv[1], argv[2], argv[3])
                else:
                    handler(session, *argv[1:])
            except RedisError as error:
                self._report(argv, error)
            except LoadError:
                raise
            except Exception:
                self._engine.report_bug(find(self._engine.commands, argv)[0], argv)
                raise self._failure("Internal error", argv, requests, offset) from None

    def _run_closely(self, argv, requests, offset):
        """Run a request that is not a usual one, if it is to be run at all. Raises LoadError and RedisError."""
        command, words = find(self._engine.commands, argv)
        if command is None:
            raise self._failure("Unknown command", argv, requests, offset)
        if not command.low <= len(argv) <= command.high:
            raise self._failure("Wrong number of arguments for", argv, requests, offset)
        if command.name == "SELECT":
            try:
                command.handler(self._session, argv[1])
            except RedisError as error:         # Redis goes on, with what belongs into another database
                raise self._failure(f"{error}: cannot run", argv, requests, offset) from None
        elif command.writes or "_exec" in command.flags or command.name in _SCRIPT_CACHE:
            command.handler(self._session, *argv[words:])

    def _failure(self, what, argv, requests, offset):
        for before in requests:
            if before is argv:
                break
            offset += len(encode_request(before))
        return LoadError(f"{what} '{_printable(argv[0])}' reading the append only file {self._path}, at offset "
                         f"{offset}", self._path, offset)

    def _report(self, argv, error):
        """A command that failed now, though it did not when it was written. Redis only logs that, too."""
        error = error.as_reply().for_request(argv)
        text = str(error)[4:] if str(error).startswith("ERR ") else f"-{error}"
        self._engine.log.warning("== CRITICAL == This server is sending an error to its AOF-loading-client: "
                                 f"'{text}' after processing the command '{_printable(argv[0].lower())}'")


def _writers_by_count(tables):
    """The handlers of the usual commands that write, as in `registry.tables_by_count`."""
    made = {}
    for table in tables:
        if id(table) not in made:
            made[id(table)] = {name: record.handler for name, record in table.items() if record.writes}
    return [made[id(table)] for table in tables]


def _is_lone(argv, name):
    return len(argv) == 1 and argv[0].upper() == name


def _printable(word):
    return word[:128].decode("utf-8", "backslashreplace")
