"""The append-only file: which files it is made of, how it is turned on and off, and how it is written anew.

The files are listed in a manifest (persistence/aof_manifest.py): a base with all data as of some moment, and
increments with what came after. What is in none of the files' places in the manifest is not part of it.

A rewrite begins a new increment, and a child process writes a new base. When that is complete it gets its name,
and then one rename of the manifest puts it in the place of all that came before it. Whatever moment
the server is killed at, the manifest that is there names files that are there and are complete.

Turning it on (CONFIG SET appendonly yes) is a rewrite, too: what changes meanwhile goes to an increment under a
temporary name, and the first manifest comes with the first base. So long the state is "waiting".

All under the engine's lock, including the few syncs that a change of files takes. Noting and writing what
commands do is the journal's part (journal.py), loading is in loading.py.
"""
import os

from .child import KILLED, kill_child, start_child
from .errors import RedisError
from .persistence.aof_manifest import Manifest, manifest_name, temporary_manifest_name
from .persistence.aof_rewrite import write_commands
from .persistence.safe_file import (NewFile, move_into_place, remove, remove_leftovers, sync_directory, sync_file,
                                    temporary_path)

__all__ = ["AppendOnly"]

_TEMPORARY_INCREMENT = "temp-appendonly.aof.incr"
_REWRITE = "rewriteaof-bg-"     # in the names of temporary bases
_FAILURES_IN_A_ROW = 3          # of rewrites, from which on the next one is put off
_FIRST_DELAY_S, _LONGEST_DELAY_S = 60, 3600
_APPENDING = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class AppendOnly:
    """The append-only file of one engine.

    state               "off", "waiting" for the first rewrite since it was turned on, or "on"
    manifest            which files there are
    base_size           bytes of all files after the last rewrite or at the start: growth counts from there
    rewrite_scheduled   to be done when no other child process is at work
    failures            of rewrites, in a row
    """

    def __init__(self, engine):
        self._engine = engine
        self._journal = engine.journal
        self.state = "off"
        self.manifest = Manifest()
        self.base_size = 0
        self._closed_size = 0               # bytes of all files but the one that is open
        self.rewrite_scheduled = False
        self.rewrites = 0
        self.failures = 0
        self.last_status = "ok"
        self.last_rewrite_s = -1
        self.last_cow_bytes = 0
        self._not_before_s = 0.0            # when a rewrite that keeps failing may be tried again
        engine.follow("appendfsync", lambda policy: setattr(self._journal, "policy", policy))
        engine.follow("aof-timestamp-enabled", lambda wanted: setattr(self._journal, "stamps", wanted))
        engine.config.on_change("appendonly", self._switch)

    # What and where

    @property
    def directory(self):
        return os.path.join(self._engine.directory, self._engine.config["appenddirname"])

    def path(self, name):
        """Where a file of the manifest is."""
        return os.path.join(self.directory, name)

    @property
    def size(self):
        """Bytes of all files."""
        return self._closed_size + self._journal.size

    @property
    def rewriting(self):
        return self._engine.child is not None and self._engine.child.kind == "aof"

    def save(self, manifest):
        """Let `manifest` be the one that counts, from one moment to the next. Raises OSError."""
        filename = self._engine.config["appendfilename"]
        path, temporary = self.path(manifest_name(filename)), self.path(temporary_manifest_name(filename))
        with NewFile(path, temporary) as file:
            file.write(manifest.format())
            try:
                file.commit()
            finally:
                if file.in_place:               # also if its name may not last: it is the one that is there
                    self.manifest = manifest

    def _open(self, name, fresh=True):
        return os.open(self.path(name), _APPENDING | (os.O_TRUNC if fresh else 0), 0o644)

    def make_directory(self):
        """See that it is there, and lasts. Raises OSError."""
        if not os.path.isdir(self.directory):
            os.makedirs(self.directory, exist_ok=True)
            sync_directory(self._engine.directory)      # else all that is in it goes with its name

    # On and off

    def open_after_loading(self):
        """Go on where the files end that have been loaded, or begin the first ones. Raises OSError."""
        if not self._engine.config["appendonly"]:
            return
        self.make_directory()
        remove_leftovers(self.directory, _REWRITE, ".aof")
        manifest = self.manifest.duplicate()
        if manifest.base is None and not manifest.increments:
            self._write_first_base(manifest)
        if manifest.increments:
            last = manifest.increments[-1]
        else:
            last = manifest.new_increment(self._engine.config["appendfilename"])
            self._engine.log.notice(f"Creating AOF incr file {last.name} on server start")
        descriptor = self._open(last.name, fresh=False)
        self.save(manifest)
        self._begin(descriptor)
        self._closed_size = sum(os.path.getsize(self.path(file.name)) for file in self._files_before(last))
        self.base_size = self.size
        self._remove_history()

    def start_soon(self):
        """It was turned on while a snapshot was loaded: the files that there may be know nothing of these data."""
        self.state = "waiting"

    def _files_before(self, last):
        files = [self.manifest.base] if self.manifest.base else []
        return files + [file for file in self.manifest.increments if file is not last]

    def _write_first_base(self, manifest):
        base = manifest.new_base(self._engine.config["appendfilename"], self._engine.config["aof-use-rdb-preamble"])
        self._engine.log.notice(f"Creating AOF base file {base.name} on server start")
        with NewFile(self.path(base.name), self._temporary_base()) as file:
            self._write_data(file.write, report=None)
            file.commit()

    def _begin(self, descriptor):
        """From now on note what changes."""
        self._journal.open(descriptor, os.fstat(descriptor).st_size)
        self._engine.keyspace.effects = []
        self.state = "on"

    def _switch(self, wanted):
        """CONFIG SET appendonly."""
        if self._engine.loading is not None:
            return                              # what it is then decides
        if not wanted:
            self.stop()
        elif self.state == "off":
            self._turn_on()

    def _turn_on(self):
        engine = self._engine
        if self.rewriting:                      # what changes meanwhile is written down nowhere
            engine.log.notice("AOF was enabled but there is already an AOF rewriting in background. Stopping "
                              "background AOF and starting a rewrite now.")
            kill_child(engine)
        self.state = "waiting"
        if engine.running is not None and engine.running.transaction is not None:
            engine.log.notice("AOF was enabled during a transaction. An AOF background was scheduled to start when "
                              "possible.")
            self.rewrite_scheduled = True
        elif not self._start_rewrite():
            self.state = "off"
            raise ValueError("Unable to turn on AOF. Check server logs.")

    def stop(self):
        """Write and sync what is left, and keep no more; False if that did not work."""
        if self.state == "off":
            return True
        if self.rewriting:
            kill_child(self._engine)
        self.rewrite_scheduled = False
        sure = self._close()
        if self.state == "waiting":
            remove(self.path(_TEMPORARY_INCREMENT))
        self.state = "off"
        self._engine.check_disk()
        return sure

    def _close(self):
        if not self._journal.is_open:
            return True
        self._engine.keyspace.effects = None
        self._engine.log.notice("Calling fsync() on the AOF file.")
        return self._journal.close()

    # Rewriting

    def rewrite(self, in_transaction=False):
        """BGREWRITEAOF: begin, or do it when the child at work is done, or the transaction. Returns what to reply."""
        if self.rewriting:
            raise RedisError("ERR Background append only file rewriting already in progress")
        if self._engine.child is not None or in_transaction:
            self.rewrite_scheduled = True
            self.failures, self._not_before_s = 0, 0.0      # somebody wants it now
            return "Background append only file rewriting scheduled"
        if not self._start_rewrite():
            raise RedisError("ERR Can't execute an AOF background rewriting. Please check the server logs for "
                             "more information.")
        return "Background append only file rewriting started"

    def cron(self):
        """Begin the rewrites that are due, and tell what the journal's threads have done."""
        engine, journal = self._engine, self._journal
        journal.child_at_work = engine.child is not None
        journal.sync_paused = engine.config["no-appendfsync-on-rewrite"] and journal.child_at_work
        for event in journal.take_slow():
            engine.latency.add(*event)
        if engine.keyspace.waited["disk"]:
            self._serve_waiting()
        if engine.child is not None or engine.clock.monotonic() < self._not_before_s:
            return
        if self.rewrite_scheduled or self.state == "waiting" or journal.sync_failed:
            self._start_rewrite()
        elif self._has_grown():
            growth = self.size * 100 // (self.base_size or 1) - 100
            engine.log.notice(f"Starting automatic rewriting of AOF on {growth}% growth")
            self._start_rewrite()

    def _serve_waiting(self):
        """WAITAOF: tell those whose changes are on disk by now."""
        for session in list(self._engine.sessions.values()):
            waiter = session.waiter
            if waiter is not None and waiter.kind == "disk" and session.promised <= self._journal.synced:
                waiter.finish([1, 0])

    def _has_grown(self):
        config = self._engine.config
        percentage = config["auto-aof-rewrite-percentage"]
        if self.state != "on" or not percentage or self.size <= config["auto-aof-rewrite-min-size"]:
            return False
        return self.size * 100 // (self.base_size or 1) - 100 >= percentage

    def _start_rewrite(self):
        """Begin an increment and a child that writes a base; False if that is not possible, which is logged."""
        engine = self._engine
        if engine.child is not None:
            engine.log.notice("AOF was enabled but there is already another background operation. An AOF background "
                              "was scheduled to start when possible.")
            self.rewrite_scheduled = True
            return True
        self.rewrite_scheduled = False
        self._with_preamble = engine.config["aof-use-rdb-preamble"]
        self._started_s = engine.clock.monotonic()
        temporary, problem = self._temporary_base(), "Can't open or create the append-only files"
        try:
            self.make_directory()
            self._begin_increment()
            problem = "Can't rewrite append only file in background: fork"
            start_child(engine, "aof", lambda report: self._write_base(temporary, report),
                        lambda error: self._finish(temporary, error), temporary)
        except OSError as error:
            engine.log.warning(f"{problem}: {error.strerror or error}")
            self._fail()
            return False
        if engine.child is not None:
            engine.log.notice(f"Background append only file rewriting started by pid {engine.child.pid}")
        return True

    def _begin_increment(self):
        """What changes from now on goes to a new file, since the child does not see it."""
        if self.state == "waiting":
            self._engine.log.notice(f"Creating AOF incr file {_TEMPORARY_INCREMENT} on background rewrite")
            self._journal.open(self._open(_TEMPORARY_INCREMENT), 0)
            self._engine.keyspace.effects = []
        elif self.state == "on":
            manifest = self.manifest.duplicate()
            name = manifest.new_increment(self._engine.config["appendfilename"]).name
            self._engine.log.notice(f"Creating AOF incr file {name} on background rewrite")
            descriptor = self._open(name)
            try:
                # First what belongs into the old one: only the last increment may end in the middle of a request.
                if not self._journal.write():
                    raise OSError(None, self._journal.error)
                size_before = self._journal.size
                self.save(manifest)
                before = self._journal.open(descriptor, 0)
            except OSError:
                os.close(descriptor)
                if self.manifest is not manifest:
                    remove(self.path(name))         # else it is in the manifest: an empty increment does no harm
                raise
            self._closed_size += size_before
            self._journal.let_thread(lambda: _sync_and_close(before))

    def _temporary_base(self):
        return temporary_path(self.directory, _REWRITE, self._engine.stats.run_id[:8], ".aof")

    def _write_base(self, temporary, report):
        """In the child: write all data to a temporary file."""
        with NewFile(temporary, temporary, self._engine.config["aof-rewrite-incremental-fsync"]) as file:
            self._write_data(file.write, report)
            file.finish()

    def _write_data(self, write, report):
        engine = self._engine
        if engine.config["aof-use-rdb-preamble"]:
            engine.snapshots.write(write, report, for_aof=True)
        else:
            stamp_s = int(engine.clock.time()) if self._journal.stamps else None
            write_commands(write, engine.keyspace.databases, timestamp=stamp_s, functions=engine.functions.sources,
                           progress=report)

    def _finish(self, temporary, error):
        """The child is done: let its base take the place of all files before, if it is one."""
        engine = self._engine
        self.last_rewrite_s = int(engine.clock.monotonic() - self._started_s)
        if engine.child is not None:
            self.last_cow_bytes = engine.child.cow_bytes
        if error is None:
            try:
                self._put_in_place(temporary)
            except OSError as problem:
                error = problem.strerror or str(problem)
        if error is not None:
            if error != KILLED:
                engine.log.warning(f"Background AOF rewrite terminated with error: {error}")
                self._fail()
            return
        self.rewrites += 1
        self.failures = 0
        self.last_status = "ok"
        engine.log.notice("Background AOF rewrite finished successfully")
        self._journal.written_anew()
        engine.check_disk()

    def _put_in_place(self, temporary):
        engine, filename = self._engine, self._engine.config["appendfilename"]
        manifest = self.manifest.duplicate()
        base = manifest.new_base(filename, self._with_preamble)
        base_size = os.path.getsize(temporary)
        move_into_place(temporary, self.path(base.name))
        engine.log.notice(f"Successfully renamed the temporary AOF base file {os.path.basename(temporary)} into "
                          f"{base.name}")
        if self.state == "waiting":
            name = manifest.new_increment(filename).name
            move_into_place(self.path(_TEMPORARY_INCREMENT), self.path(name))
            engine.log.notice(f"Successfully renamed the temporary AOF incr file {_TEMPORARY_INCREMENT} into {name}")
        manifest.retire_increments(keep=0 if self.state == "off" else 1)
        try:
            self.save(manifest)
        except OSError:
            if self.manifest is not manifest:
                remove(self.path(base.name))    # in no manifest
            raise
        if self.state == "waiting":
            self.state = "on"
        self._closed_size = base_size
        self.base_size = self.size
        self._remove_history()

    def _remove_history(self):
        """Drop the files that the manifest keeps for nothing but their removal."""
        if not self.manifest.history or self._engine.config["aof-disable-auto-gc"]:
            return
        for file in self.manifest.history:
            self._engine.log.notice(f"Removing the history file {file.name} in the background")
            self._remove_soon(self.path(file.name))
        manifest = self.manifest.duplicate()
        manifest.forget_history()
        try:
            self.save(manifest)
        except OSError as error:                # they will be looked for again at the next start
            self._engine.log.warning(f"Can't write the AOF manifest: {error.strerror}")

    def _remove_soon(self, path):
        """Take the name away at once; the room of a large file takes its time, which is the thread's."""
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except OSError:
            return
        self._journal.let_thread(lambda: os.close(descriptor))
        remove(path)

    def _fail(self):
        """A rewrite did not work. Until one does, what there was still counts, and what comes is added to it."""
        self.last_status = "err"
        self.failures += 1
        delay_s = 0
        if self.failures >= _FAILURES_IN_A_ROW:
            delay_s = min(_FIRST_DELAY_S << self.failures - _FAILURES_IN_A_ROW, _LONGEST_DELAY_S)
            self._engine.log.warning(f"Background AOF rewrite has repeatedly failed and triggered the limit, will "
                                     f"retry in {delay_s // 60} minutes")
        self._not_before_s = self._engine.clock.monotonic() + max(delay_s, 1)
        if self.state == "waiting":
            self._close()
            remove(self.path(_TEMPORARY_INCREMENT))


def _sync_and_close(descriptor):
    try:
        sync_file(descriptor)
    finally:
        os.close(descriptor)
