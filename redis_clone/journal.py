"""The open increment of the append-only file: every change is written down before its reply leaves.

What a command comes to (propagation.py) is noted under the engine's lock in a list, `_pending`. The client's
thread then gives the engine's lock back, and before it sends its replies it lets the journal keep them back:

    always              until all is on disk, with the replies of all others who wait (group_commit.py)
    everysec and no     until it has written all that is pending, which is a call of the system that hardly
                        ever waits; what is written survives the process

With `everysec` a thread of its own syncs once a second. While it does, a write might have to wait for the disk,
so for up to two seconds what is pending is left to that thread. So much can be lost then.

When a write fails, what is pending is kept and tried again each second; the part that did reach the file is cut
off again. With `always` the clients are hung up on, for what they were to be told is not true; with the
other policies they get their replies, as in Redis. What else follows from an error (writes are refused) is the
engine's: `on_change` is called whenever `error` comes, changes or goes.

Locks: the notes are made under the engine's lock. `_file_lock` guards the descriptor and what is written; it may
be taken with the engine's lock held, never the other way round. Not here: which file it is (append_only.py).
"""
import os
import threading

from .group_commit import GroupCommit
from .persistence.aof_format import encode_request
from .persistence.safe_file import sync_data
from .processors import leave_signals

__all__ = ["Journal"]

_NEVER_S = float("inf")
_SYNC_S = 1.0                   # "everysec"
_PATIENCE_S = 2.0               # how long writes are put off while a sync runs
_MULTI, _EXEC = (b"MULTI",), (b"EXEC",)


def _encode(items):
    """The bytes of requests (argv) and annotations (bytes)."""
    return b"".join([item if item.__class__ is bytes else encode_request(item) for item in items])


class Journal:
    """Notes what commands come to and gets it to disk.

    recorded    how many requests have been noted
    flushed     how many of these no reply has to wait for any more; -1 while every reply has to ask
    grouping    whether every reply has to ask, by `keep_back`; else `flush` is enough
    error       why the last write or sync failed (str), or None
    size        bytes of the open file
    synced      how many requests have been on disk for certain, for WAITAOF
    """

    def __init__(self, log, clock, on_change):
        self._log = log
        self._clock = clock
        self._on_change = on_change         # called without locks
        self._told = None                   # the `error` it was called for last
        self._pending = []                  # noted, not yet taken to be written: argv, or bytes of an annotation
        self._selected = -1                 # the database that a request would mean here
        self._stamped_s = 0
        self.recorded = 0
        self.stamps = False                 # aof-timestamp-enabled
        self._file_lock = threading.Lock()  # guards everything below
        self._descriptor = None
        self._taken = 0                     # how many of the noted are in the file or in `_unwritten`
        self.grouping = False               # replies go through `_group`: there has been an `always`
        self._durable = 0                   # how many of the noted that has not to wait for any more
        self._unwritten = b""               # what could not be written
        self._put_off_from_s = None         # while the thread syncs: since when writes are put off
        self._syncing_size = self._syncing = 0          # the bytes and requests that it will have synced then
        self._synced_size = 0
        self._chores = []                   # functions to be called by the thread
        self._group = GroupCommit(self._commit, lambda: self._durable)
        self._attention = threading.Event()     # wakes the thread
        self._thread = self._last_thread = None
        self.flushed = 0
        self._policy = "everysec"
        self.sync_paused = False            # no-appendfsync-on-rewrite, while a child writes
        self.error = None
        self.sync_failed = False            # what was written before may be lost: the file must be written anew
        self._failed_in_this = False        # ... and also what is in the open file
        self.size = 0
        self.synced = 0
        self.threshold_s = _NEVER_S         # of the latency monitor
        self._slow = []                     # ``(event, seconds, date)`` of what took at least as long
        self.child_at_work = False          # for the name of such an event
        self.delayed_syncs = 0              # how often somebody had to write while a sync took too long

    # Noting, under the engine's lock

    def record_one(self, number, argv):
        """A command has changed database `number`; repeating `argv` does the same."""
        if number != self._selected or self.stamps:
            self._record_many([*self._stamp(), *self._select(number), argv])
        else:
            self._pending.append(argv)
            self.recorded += 1

    def record(self, effects):
        """The same for several ``(number, argv)``, to be repeated as a whole or not at all."""
        requests = []
        for number, argv in effects:
            requests += self._select(number)
            requests.append(argv)
        if len(effects) > 1:
            requests = [_MULTI, *requests, _EXEC]
        self._record_many([*self._stamp(), *requests])

    def _record_many(self, requests):
        self._pending += requests           # in one step: the other side may take them at any time
        self.recorded += len(requests)

    def _select(self, number):
        if number == self._selected:
            return ()
        self._selected = number
        return [(b"SELECT", b"%d" % number)]

    def _stamp(self):
        now_s = int(self._clock.time())
        if not self.stamps or now_s == self._stamped_s:
            return ()
        self._stamped_s = now_s
        return [b"#TS:%d\r\n" % now_s]

    # Before replies leave, without the engine's lock

    def keep_back(self, receiver, reply, own):
        """Send a reply when all that is noted is on disk; call when `grouping`.

        `own` is up to what it has to do with it, as a number of requests (Session.promised). False: the caller may
        send the reply now. True: ``receiver.deliver(reply)`` or ``receiver.refuse()`` is called soon.
        """
        return self._group.keep_back(self.recorded, own, receiver, reply)

    def wait_for(self, own):
        """Make sure of what is noted before a reply leaves, as appendfsync wants it. False: it must not leave.

        Those who hold the engine's lock may call this, too.
        """
        if not self.grouping:
            self.flush()
            return True
        return self._group.wait(self.recorded, own)

    # Writing

    @property
    def policy(self):
        """appendfsync."""
        return self._policy

    @policy.setter
    def policy(self, policy):
        with self._file_lock:
            self._policy = policy
            self._durable = 0               # nobody knows
            self._group_if_always()

    def _group_if_always(self):
        if self._policy == "always" and self._descriptor is not None:
            # For good, as replies that are kept back must not be overtaken by later ones.
            self.grouping, self.flushed = True, -1

    def flush(self):
        """Write what is pending, unless that may take long: then the thread does it."""
        with self._file_lock:
            if self.error is not None or self._descriptor is None:
                return                      # the thread tries it again
            if self._put_off_from_s is not None and self._may_put_off():
                return
            # `_write_pending` in one piece for when all goes well, since every client does this all the time.
            pending = self._pending
            taken = pending[:]
            count = len(taken)
            if not count:
                return
            if self.threshold_s < _NEVER_S:
                self._write_pending(sync=self._policy == "always")     # which looks at the time
                return
            del pending[:count]
            data = encode_request(taken[0]) if count == 1 else _encode(taken)
            self._taken += count
            try:
                written = os.write(self._descriptor, data)
            except OSError:
                written = 0                 # is tried once more
            self.size += written
            if written == len(data) and not self.grouping:
                self.flushed = self._taken
            else:                           # appendfsync may have become always while this waited for the lock
                self._write_all(data, written, sync=self._policy == "always")

    def sync(self):
        """Get all that is noted to disk, whatever appendfsync says; False and `error` if that fails."""
        with self._file_lock:
            return self._descriptor is None or self._write_pending(sync=True)

    def write(self):
        """The same as far as appendfsync wants it: to disk with always, else into the file."""
        with self._file_lock:
            return self._descriptor is None or self._write_pending(sync=self._policy == "always")

    def _may_put_off(self):
        now_s = self._clock.monotonic()
        if now_s - self._put_off_from_s < _PATIENCE_S:
            return True
        self._put_off_from_s = now_s
        self.delayed_syncs += 1
        self._log.notice("Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer "
                         "without waiting for fsync to complete, this may slow down Redis.")
        return False

    def _commit(self):
        """For the committer: get all to disk. False if it must be and cannot."""
        with self._file_lock:
            noted, always = self.recorded, self._policy == "always"
            if self._descriptor is not None:
                # After an error it is the thread that tries again.
                if self.error is None and self._write_pending(sync=always and not self.sync_paused):
                    return True
                if always:
                    return False
            self._durable = noted           # there is nothing to wait for, whatever becomes of it
            return True

    def _write_pending(self, sync):
        """Write all there is, and `sync` it; False and `error` if that fails. With the file lock."""
        pending = self._pending
        taken = pending[:]
        del pending[:len(taken)]
        self._taken += len(taken)
        return self._write_all(self._unwritten + _encode(taken), 0, sync)

    def _write_all(self, data, written, sync):
        """The same for the bytes `data`, of which `written` are in the file already."""
        started_s = self._clock.monotonic()
        try:
            self._append(data, written)
        except OSError as error:
            self._fail("Error writing to the AOF file", error)
            return False
        finally:
            self._note_time(started_s, self._kind_of_write(), "aof-write")
        if sync and not self._sync():
            return False
        if not self.grouping:
            self.flushed = self._taken
        elif not self.sync_failed:
            self._durable = self._taken
        if self.error is not None and not self.sync_failed:
            self._log.warning("AOF write error looks solved, Redis can write again.")
            self.error = None
            self._attention.set()
        return True

    def _append(self, data, written):
        """Get all of `data` into the file, or nothing. What is not there afterwards is in `_unwritten`."""
        start, self._unwritten = self.size - written, data
        try:
            while written < len(data):
                more = os.write(self._descriptor, data[written:])
                self.size += more
                written += more
        except OSError:
            if written:
                self._log_first(f"Short write while writing to the AOF file: (nwritten={written}, "
                                f"expected={len(data)})")
                self._cut_off(start)
            raise
        self._unwritten = b""

    def _cut_off(self, start):
        try:
            os.ftruncate(self._descriptor, start)
        except OSError as error:            # then it has to go on from there
            self._log_first("Could not remove short write from the append-only file. Redis may refuse to load "
                            f"the AOF the next time it starts. ftruncate: {error.strerror}")
            self._unwritten = self._unwritten[self.size - start:]
        else:
            self.size = start

    def _log_first(self, text):
        """Tell of what goes with an error when it comes, not each time it is tried again."""
        if self.error is None:
            self._log.warning(text)

    def _sync(self):
        started_s = self._clock.monotonic()
        try:
            sync_data(self._descriptor)
        except OSError as error:
            self._fail_sync(error)
            return False
        self._note_time(started_s, "aof-fsync-always")
        self._synced_size = self.size
        self.synced = self._taken
        return True

    def _kind_of_write(self):
        """The latency event of a write, which says what it may have waited for."""
        if self.syncing:
            return "aof-write-pending-fsync"
        return "aof-write-active-child" if self.child_at_work else "aof-write-alone"

    def _note_time(self, started_s, *events):
        elapsed_s = self._clock.monotonic() - started_s
        if elapsed_s >= self.threshold_s:
            self._slow += [(event, elapsed_s, self._clock.time()) for event in events]

    def take_slow(self):
        """What took long since the last call, as arguments of LatencyMonitor.add, which is the engine's."""
        with self._file_lock:
            slow, self._slow = self._slow, []
        return slow

    def _fail_sync(self, error):
        if self._descriptor is None:            # the file has been closed meanwhile, which was told of
            return
        self.sync_failed = self._failed_in_this = True
        self._fail("Fail to fsync the AOF file", error)

    def _fail(self, what, error):
        reason = error.strerror or str(error)
        if self.error != reason:
            self._log.warning(f"{what}: {reason}")
        self.error = reason
        self._attention.set()               # the thread tells; here the engine's lock may be held

    # Which file

    @property
    def buffered(self):
        """Bytes that wait to be written, about."""
        return len(self._unwritten) + sum(sum(map(len, item)) for item in self._pending[:]
                                           if item.__class__ is not bytes)

    @property
    def syncing(self):
        """Whether the thread is at it."""
        return self._put_off_from_s is not None

    @property
    def is_open(self):
        return self._descriptor is not None

    def open(self, descriptor, size):
        """Go on in another file; call with the engine's lock held. Returns the descriptor of the one before, or None.

        Raises OSError when what belongs into that one cannot be written to it.
        """
        with self._file_lock:
            before = self._descriptor
            if before is not None and not self._write_pending(sync=self._policy == "always"):
                raise OSError(None, self.error)
            self._descriptor, self.size = descriptor, size
            self._synced_size, self._syncing_size = size, 0
            self._selected = -1
            self._failed_in_this = False
            self._group_if_always()
        if self._thread is None:
            self._attention.clear()
            self._thread = self._last_thread = threading.Thread(target=self._run, name="append-only", daemon=True)
            self._thread.start()
        return before

    def written_anew(self):
        """All data as of the last `open` are in another file: what a sync may have lost before that counts no more."""
        with self._file_lock:
            if self.sync_failed and not self._failed_in_this and not self._unwritten:
                self.sync_failed, self.error = False, None

    def close(self):
        """Write and sync what is left and close the file; False if that fails. Call with the engine's lock held."""
        with self._file_lock:
            sure = self._write_pending(sync=True)
            os.close(self._descriptor)
            self._descriptor = None
            self._pending.clear()
            self._unwritten = b""
            self._taken = self.recorded
            if not self.grouping:
                self.flushed = self._taken
            self.error = self._told = None
            self.sync_failed = False
            self._thread = None
            self._attention.set()
            chores, self._chores = self._chores, []
        self._group.wait(self.recorded, 0)     # replies that are under way
        self._group.stop()
        for chore in chores:
            try:
                chore()
            except OSError:
                sure = False
        return sure

    def join(self):
        """Once it is closed: wait for the end of its threads. They may need the engine's lock for that."""
        if self._last_thread is not None:
            self._last_thread.join()
        self._group.join()

    # The thread

    def let_thread(self, chore):
        """Have `chore()` called soon by the thread, if there is one: what takes long, such as removing large files."""
        with self._file_lock:
            if self._thread is not None:
                self._chores.append(chore)
                return
        chore()

    def _run(self):
        leave_signals()
        me = threading.current_thread()
        while self._thread is me:
            self._attention.wait(_SYNC_S)
            self._attention.clear()
            self.tick()

    def tick(self):
        """What is due each second: write what no client has, try again what failed, sync, chores; without locks."""
        if self.error != self._told:
            self._tell()
            return                          # an error that has just come is tried again later
        with self._file_lock:
            if self._descriptor is None:
                return
            chores, self._chores = self._chores, []
            if self.error is not None or self._pending:
                self._write_pending(sync=self._policy == "always" or self.sync_failed)
            descriptor = self._begin_sync()
        for chore in chores:
            self._do(chore)
        if descriptor is not None:
            self._sync_beside(descriptor)
        if self.error != self._told:
            self._tell()

    def _do(self, chore):
        try:
            chore()
        except OSError as error:                # a file that was written before could not be synced
            with self._file_lock:
                self._fail_sync(error)

    def _tell(self):
        """Somebody has to know that writing goes wrong, or right again."""
        self._told = self.error
        self._on_change()

    def _begin_sync(self):
        """A descriptor to sync without the lock, if there is something to be synced."""
        if self._policy == "no" or self.sync_paused or self._synced_size == self.size:
            return None
        try:
            descriptor = os.dup(self._descriptor)       # it stays open whatever happens meanwhile
        except OSError:                         # too many are open: then all others have to wait
            self._sync()
            return None
        self._put_off_from_s = self._clock.monotonic()
        self._syncing_size, self._syncing = self.size, self._taken
        return descriptor

    def _sync_beside(self, descriptor):
        """Sync while others may write, then write what they have put off."""
        failure = None
        try:
            sync_data(descriptor)
        except OSError as error:
            failure = error
        os.close(descriptor)
        with self._file_lock:
            self._put_off_from_s = None
            if failure is not None:
                self._fail_sync(failure)
            elif self._descriptor is not None:
                self._synced_size = max(self._synced_size, self._syncing_size)
                if not self.sync_failed:
                    self.synced = max(self.synced, self._syncing)
                if self.error is None and self._pending:
                    self._write_pending(sync=self._policy == "always")
