"""Snapshots: all data in one RDB file, on request or as often as `save` says.

SAVE writes it while everybody waits, BGSAVE has a child process do it (child.py). Either way the file is written
under a temporary name, and takes the place of the last one when it is complete and on disk; if anything goes
wrong, the last one stays. What was wrong is in the log, `last_status` tells that the last attempt in the
background failed, and `write_denied` whether writing commands are therefore to be refused.

The count of changes that INFO shows and save points go by is what `Keyspace.dirty` has grown by since the data
that are saved were read; what changes while a child writes, counts for the next snapshot.

All under the engine's lock. The format is in persistence/rdb_writer.py; SAVE and its like are in
commands/persistence.py; loading is in loading.py.
"""
import os
import sys
import time

from .child import KILLED, WorkFailed, kill_child, start_child
from .memory_use import read_memory
from .persistence.rdb_writer import write_rdb
from .persistence.safe_file import NewFile, move_into_place, remove, remove_leftovers, temporary_path
from .version import REDIS_VERSION

__all__ = ["SnapshotFailed", "Snapshots"]

_RETRY_S = 5                    # after a failure, before the next save point or scheduled save tries again
_LONGEST_NAP_S = 0.1            # rdb-key-save-delay
_IN_BACKGROUND = "bg-"          # in names of temporary files: DEBUG RELOAD may save while a child does
_BITS = 64 if sys.maxsize > 1 << 32 else 32


class SnapshotFailed(WorkFailed):
    """A snapshot could not be written; the text says why, and is meant for the log."""


class Snapshots:
    """The snapshots of one engine, and what INFO tells of them.

    last_save_s      date of the last good one, or of the start
    last_status      "ok" or "err": the outcome of the last one in the background
    last_duration_s  how long that took, in whole seconds; -1 before the first
    last_cow_bytes   how much memory that had to copy because clients changed it, or because it was counted
    saves            how many were begun for SAVE, BGSAVE and save points
    scheduled        one is to begin when no child is at work
    """

    def __init__(self, engine):
        self._engine = engine
        self.last_save_s = int(engine.clock.time())
        self.last_status = "ok"
        self.last_duration_s = -1
        self.last_cow_bytes = 0
        self.saves = 0
        self.scheduled = False
        self._saved_s = engine.clock.monotonic()        # `last_save_s`, for measuring
        self._tried_s = 0.0                             # when one was begun in the background
        self._saved_dirty = engine.keyspace.dirty       # what the last good one holds
        for directive in ("save", "stop-writes-on-bgsave-error"):
            engine.config.on_change(directive, lambda value: engine.check_disk())

    # What there is to know

    @property
    def changes(self):
        """How many changes are not in the last snapshot."""
        return self._engine.keyspace.dirty - self._saved_dirty

    @property
    def in_progress(self):
        """Whether a child writes one."""
        child = self._engine.child
        return child is not None and child.kind == "rdb"

    @property
    def path(self):
        """Where the snapshot is, or is to be."""
        return os.path.join(self._engine.directory, self._engine.config["dbfilename"])

    def write_denied(self):
        """Whether writing commands are refused, since what they do could not be kept (MISCONF)."""
        config = self._engine.config
        return self.last_status == "err" and config["stop-writes-on-bgsave-error"] and bool(config["save"])

    def forget_changes(self):
        """What is in memory now is what was loaded."""
        self._saved_dirty = self._engine.keyspace.dirty

    # While everybody waits

    def save(self):
        """SAVE. Raises SnapshotFailed, which is logged already."""
        self.saves += 1
        self.save_quietly()

    def save_quietly(self):
        """`save` as part of something else: not counted in `saves`."""
        path, temporary = self.path, self._temporary()
        try:
            self._write(path, temporary, lambda keys_done: None)
            self._put_in_place(path, temporary)
        except SnapshotFailed as failure:
            self._engine.log.warning(str(failure))
            raise
        self._engine.log.notice("DB saved on disk")
        self._note_success(self._engine.keyspace.dirty)

    def leave_nothing_behind(self):
        """The process is about to end in the middle of whatever it does: remove what `save` may have begun."""
        remove(self._temporary())

    def remove_leftovers(self):
        """What servers that were killed have begun, and nobody will finish."""
        for kind in ("", _IN_BACKGROUND):
            for name in remove_leftovers(self._engine.directory, kind, ".rdb"):
                self._engine.log.notice(f"Removed {name}, which a server that was killed has left behind")

    def after_flushing_all(self):
        """FLUSHALL has removed all data: with save points, the snapshot is empty from now on as well."""
        if self.in_progress:
            kill_child(self._engine)
        if self._engine.config["save"] and self._engine.loading is None:
            try:
                self.save_quietly()
            except SnapshotFailed:
                pass                            # it has been logged; the data are gone all the same

    # In the background

    def start_background(self):
        """BGSAVE, while there is no other child. Raises SnapshotFailed if it cannot begin, which is logged."""
        engine = self._engine
        path, temporary, dirty = self.path, self._temporary(_IN_BACKGROUND), engine.keyspace.dirty
        started_s = self._tried_s = engine.clock.monotonic()
        self.saves += 1
        try:
            start_child(engine, "rdb", lambda report: self._write(path, temporary, report),
                        lambda error: self._background_done(error, path, temporary, dirty, started_s), temporary)
        except OSError as error:
            self._set_status("err")
            reason = f"Can't save in background: fork: {error.strerror}"
            engine.log.warning(reason)
            raise SnapshotFailed(reason) from error
        if engine.child is not None:
            engine.log.notice(f"Background saving started by pid {engine.child.pid}")

    def schedule(self):
        """Begin one in the background as soon as possible."""
        self.scheduled = True

    def cron(self):
        """Begin what is due: a save point has been reached, or one is scheduled. Housekeeping calls this."""
        if self._engine.child is not None:
            return
        now_s = self._engine.clock.monotonic()
        if self.last_status == "err" and now_s - self._tried_s <= _RETRY_S:
            return
        point = self._save_point(now_s)
        try:
            if point is not None:
                self._engine.log.notice("%d changes in %d seconds. Saving..." % (point[1], point[0]))
                self.start_background()
            elif self.scheduled:
                self.start_background()
                self.scheduled = False
        except SnapshotFailed:
            pass                                # tried again later

    def _save_point(self, now_s):
        """The first save point that has been reached, ``(seconds, changes)``, or None."""
        for seconds, changes in self._engine.config["save"]:
            if self.changes >= changes and now_s - self._saved_s > seconds:
                return seconds, changes
        return None

    def _background_done(self, error, path, temporary, dirty, started_s):
        """The child has written the file, or has not: `error` says why."""
        engine = self._engine
        self.last_duration_s = int(engine.clock.monotonic() - started_s)
        if engine.child is not None:
            self.last_cow_bytes = engine.child.cow_bytes
        if error is None:
            try:
                self._put_in_place(path, temporary)
            except SnapshotFailed as failure:
                error = str(failure)
        if error is None:
            engine.log.notice("DB saved on disk")
            engine.log.notice("Fork CoW for RDB: %d MB" % (self.last_cow_bytes >> 20))
            engine.log.notice("Background saving terminated with success")
            self._note_success(dirty)
        elif error != KILLED:
            self._note_failure(error)

    def _note_failure(self, error):
        if error.startswith("terminated"):
            self._engine.log.warning(f"Background saving {error}")
        else:
            self._engine.log.warning(error)
            self._engine.log.warning("Background saving error")
        self._set_status("err")

    def _note_success(self, dirty):
        self._saved_dirty = dirty
        self._saved_s = self._engine.clock.monotonic()
        self.last_save_s = int(self._engine.clock.time())
        self._set_status("ok")

    def _set_status(self, status):
        if status != self.last_status:
            self.last_status = status
            self._engine.check_disk()

    # The file; `_write` and `write` run in the child, too

    def write(self, write, report=None, for_aof=False):
        """Write all data as an RDB file by calls of ``write(data)``, as the directives want it.

        `for_aof` says that it is to be the base of an append-only file. ``report(keys written)`` is called now
        and then.
        """
        engine, config = self._engine, self._engine.config
        policy, delay_us = config["maxmemory-policy"], config["rdb-key-save-delay"]
        if delay_us > 0:
            report = _KeyDelay(delay_us, report or (lambda keys_done: None))
        keys = write_rdb(
            write, engine.keyspace.databases, version=config["rdb-version"], compress=config["rdbcompression"],
            checksum=config["rdbchecksum"], aux=_aux_fields(engine, for_aof), functions=engine.functions.sources,
            access=policy[-3:] if policy.endswith(("lru", "lfu")) else None,
            lru_clock=engine.keyspace.lru_clock, progress=report)
        if report is not None:
            report(keys)

    def _temporary(self, kind=""):
        return temporary_path(self._engine.directory, kind, self._engine.stats.run_id[:8], ".rdb")

    def _write(self, path, temporary, report):
        """Write the temporary file, complete and on disk."""
        try:
            file = NewFile(path, temporary, self._engine.config["rdb-save-incremental-fsync"])
        except OSError as error:
            directory, name = os.path.split(temporary)
            raise SnapshotFailed(f"Failed opening the temp RDB file {name} (in server root dir {directory}) for "
                                 f"saving: {error.strerror}") from error
        with file:
            try:
                self.write(file.write, report)
                file.finish()
            except OSError as error:
                raise SnapshotFailed(
                    f"Write error while saving DB to the disk({temporary}): {error.strerror}") from error

    def _put_in_place(self, path, temporary):
        try:
            move_into_place(temporary, path)
        except OSError as error:
            directory, name = os.path.split(path)
            raise SnapshotFailed(f"Error moving temp DB file {os.path.basename(temporary)} on the final destination "
                                 f"{name} (in server root dir {directory}): {error.strerror}") from error


def _aux_fields(engine, for_aof):
    """What Redis writes about a file at its start."""
    return (("redis-ver", REDIS_VERSION), ("redis-bits", _BITS), ("ctime", int(engine.clock.time())),
            ("used-mem", read_memory()[0]), ("aof-base", int(for_aof)))


class _KeyDelay:
    """rdb-key-save-delay: makes a save last, for tests that interrupt it. It sleeps for many keys at once."""

    def __init__(self, microseconds, report):
        self._delay_s = microseconds / 1e6
        self._report = report
        self._keys_done = 0

    def __call__(self, keys_done):
        left_s = (keys_done - self._keys_done) * self._delay_s
        while left_s > 0:
            time.sleep(min(left_s, _LONGEST_NAP_S))
            left_s -= _LONGEST_NAP_S
            self._report(keys_done)
        self._keys_done = keys_done
