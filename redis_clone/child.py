"""Work in a forked child process: it sees the data as they were at the fork, while clients are served.

`start_child` forks with the engine's lock held, so that the picture is consistent. The child writes a file under
a temporary name and tells how it gets on through a pipe, which `poll_child`, called by housekeeping, listens to.
At its last word `poll_child` calls `done`, which gives the file its place: the child never does, so that
the orphan of a server that was killed overwrites nothing. Until then the child waits: a file that nobody takes
is removed by the child, within a quarter of a second after its parent's end.

A fork copies only the thread that calls it. Whatever lock another thread held stays locked in the child for ever.
So the child takes none: not the engine's, no import that has not happened yet, no stream, no logging. It
closes what is not its own (listeners and clients would stay connected), forgets the server's signal handlers,
stays off the server's processor, and only ends by `os._exit` or by its parent's hand.

Where there is no fork, the work is done at once, and clients wait.

All functions are called with the engine's lock held.
"""
import gc
import os
import signal
import sys
import time
import traceback
import warnings

from .persistence.safe_file import remove
from .processors import leave_processors

__all__ = ["ChildProcess", "WorkFailed", "KILLED", "start_child", "poll_child", "kill_child"]

KILLED = "killed"               # what `done` is told after `kill_child`

_CPU_LISTS = {"rdb": "bgsave-cpulist", "aof": "aof-rewrite-cpulist"}
_ORPHAN_CHECK_S = 0.25
_REPORT_S = 0.1                 # between two reports of progress
_MEMORY_S = 1.0                 # between two looks at how much memory is not shared any more
_NICENESS = 10                  # clients go first; a tenth of a processor that they keep busy is left
_LONGEST_TEXT = 8000
_DESCRIPTORS = 1 << 16          # how many are closed where nobody tells which are open

# What the child says: "<keys done> <bytes not shared>" now and then, one of these in the end
_SUCCESS, _FAILURE = b"done", b"failed "
_END = b"\0"                    # of each message


class WorkFailed(Exception):
    """Raised by work that cannot go on; its text, which is meant for the log, gets to `done` as it is."""


class ChildProcess:
    """The running child of an engine, as its parent sees it.

    kind            "rdb" or "aof"
    pid             its process id
    started_s       when, on the engine's monotonic clock
    keys_total      how many keys there were at the fork
    keys_done       how many of them are written
    cow_bytes       memory that the child does not share with its parent any more, as of `cow_measured_s`
    cow_peak_bytes  the most that ever was
    finished        `done` has been called
    pipe            descriptor that can be read when the child has something to say
    """

    def __init__(self, kind, pid, started_s, keys_total, done, temporary, pipe):
        self.kind = kind
        self.pid = pid
        self.started_s = started_s
        self.keys_total = keys_total
        self.keys_done = 0
        self.cow_bytes = self.cow_peak_bytes = 0
        self.cow_measured_s = started_s
        self.finished = False
        self._done = done
        self._temporary = temporary
        self.pipe = pipe
        self._unfinished = b""                  # the beginning of a message
        self._ended = False                     # it is no process any more

    def listen(self, now_s):
        """Take in what the child has said meanwhile, and call `done` at its last word."""
        try:
            data = os.read(self.pipe, 1 << 16)
        except BlockingIOError:
            return                              # nothing
        *messages, self._unfinished = (self._unfinished + data).split(_END)
        for message in messages:
            if message == _SUCCESS:
                self.finish(None)
            elif message.startswith(_FAILURE):
                self.finish(message[len(_FAILURE):].decode("utf-8", "surrogateescape"))
            else:
                self._note(now_s, *map(int, message.split()))
        if not data and not self.finished:
            self.finish(self._cause_of_death())

    def _note(self, now_s, keys_done, cow_bytes):
        self.keys_done = keys_done
        self.cow_bytes = cow_bytes
        self.cow_peak_bytes = max(self.cow_peak_bytes, cow_bytes)
        self.cow_measured_s = now_s

    def finish(self, error):
        """The outcome is known: tell the one who started it, and leave nothing behind."""
        self.finished = True
        try:
            self._done(error)
        finally:
            os.close(self.pipe)
            if error is not None and self._temporary:
                remove(self._temporary)
            self._kill()

    def _kill(self):
        if not self._ended:
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass                            # an application's own SIGCHLD handler has reaped it

    def kill(self):
        """End it now, whatever it is doing."""
        self._kill()
        self.reap()
        if not self.finished:
            self.finish(KILLED)

    def reap(self, options=0):
        """Collect the process's exit status, or None. With ``os.WNOHANG`` only if that does not take time."""
        try:
            pid, status = os.waitpid(self.pid, options) if not self._ended else (self.pid, None)
        except ChildProcessError:               # as in `_kill`
            pid, status = self.pid, None
        self._ended = pid == self.pid
        return status

    @property
    def ended(self):
        """Whether nothing is left of the process. Taking a large one apart takes the system a while."""
        if not self._ended:
            self.reap(os.WNOHANG)
        return self._ended

    def _cause_of_death(self):
        """The child is gone without a last word."""
        status = self.reap()
        if status is None:
            return "terminated for an unknown reason"
        if os.WIFSIGNALED(status):
            return f"terminated by signal {os.WTERMSIG(status)}"
        return f"terminated with exit status {os.WEXITSTATUS(status)}"


# --- the parent's side ---------------------------------------------------------------------------------


def start_child(engine, kind, work, done, temporary=""):
    """Have ``work(report)`` done in a child process, and then ``done(error)`` called here.

    `work` writes the file `temporary`, calls ``report(keys written)`` now and then, and raises if it fails.
    `error` is None, the text of a WorkFailed or OSError, a traceback, what the child died of
    ("terminated by signal 9"), or KILLED. When there is an error, the temporary file is removed.

    Raises OSError if there can be no child. There must not be another one.
    """
    if not hasattr(os, "fork"):
        _work_here(engine, kind, work, done, temporary)
        return
    stats, clock = engine.stats, engine.clock
    incoming, outgoing = os.pipe()
    try:
        os.set_blocking(incoming, False)
        parent, processors = os.getpid(), engine.config[_CPU_LISTS[kind]]
        started_s = time.monotonic()
        pid = _fork(lambda: _be_the_child(work, temporary, outgoing, parent, processors))
    except OSError:
        os.close(incoming)
        raise
    finally:
        os.close(outgoing)
    elapsed_s = time.monotonic() - started_s
    stats.total_forks += 1
    stats.latest_fork_usec = int(elapsed_s * 1e6)
    engine.latency.add("fork", elapsed_s, clock.time())
    keys = sum(map(len, engine.keyspace.databases))
    engine.child = ChildProcess(kind, pid, clock.monotonic(), keys, done, temporary, incoming)


def poll_child(engine):
    """Listen to the child, if there is one; `engine.child` is None when it is done and gone."""
    child = engine.child
    if child is not None:
        if not child.finished:
            child.listen(engine.clock.monotonic())
        if child.finished and child.ended:
            engine.child = None


def kill_child(engine):
    """End the child, if there is one, before it is done."""
    child = engine.child
    if child is not None:
        try:
            child.kill()
        finally:
            engine.child = None


def _work_here(engine, kind, work, done, temporary):
    engine.log.notice(f"There is no fork on this platform: clients wait until the {kind.upper()} file is written")
    try:
        work(lambda keys_done: None)
    except Exception as error:
        done(_text_of(error))
        if temporary:
            remove(temporary)
    else:
        done(None)


def _text_of(error):
    """What a failure was, for the log: a line if it was to be expected, else all there is to know."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error) if isinstance(error, WorkFailed) else traceback.format_exc()


def _fork(live):
    """Fork, and return the child's process id; the child calls ``live()`` and never gets out of here.

    No signal gets through before the child has let go of the server's handlers.
    """
    every_signal = signal.valid_signals() if hasattr(signal, "pthread_sigmask") else ()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, every_signal) if every_signal else ()
    try:
        if sys.version_info < (3, 12):
            pid = os.fork()
        else:
            with warnings.catch_warnings():     # of locks that other threads hold: this module's whole concern
                warnings.simplefilter("ignore", DeprecationWarning)
                pid = os.fork()
        if pid == 0:
            live()
        return pid
    finally:
        if every_signal:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


# --- the child's side: no locks, no log ----------------------------------------------------------------


def _be_the_child(work, temporary, outgoing, parent, processors):
    """The child's life; does not return."""
    try:
        gc.disable()                            # it would write to every object, and copy all memory by that
        _mind_the_parent(parent, temporary)
        _close_descriptors(outgoing)
        leave_processors(processors)
        os.nice(_NICENESS)
        reports = _Reports(outgoing)
        try:
            work(reports.progress)
        except BaseException as error:
            text = _text_of(error).replace("\0", " ").encode("utf-8", "surrogateescape")
            reports.last_word(_FAILURE + text[:_LONGEST_TEXT])
        else:
            reports.last_word(_SUCCESS)
        while True:
            signal.pause()                      # until the parent has done its part, and kills
    finally:
        if temporary:
            remove(temporary)
        os._exit(1)


def _mind_the_parent(parent, temporary):
    """Replace the server's ways with signals by one of the child's own: an alarm to see whether it is an orphan."""

    def check(number, frame):
        if os.getppid() != parent:
            if temporary:
                remove(temporary)
            os._exit(1)

    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)    # the terminal's goes to all; the parent decides
    signal.signal(signal.SIGALRM, check)
    signal.setitimer(signal.ITIMER_REAL, _ORPHAN_CHECK_S, _ORPHAN_CHECK_S)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
    check(None, None)


def _close_descriptors(kept):
    """Close all but the standard streams and `kept`."""
    try:
        descriptors = [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:                             # not Linux
        os.closerange(3, kept)
        os.closerange(kept + 1, _DESCRIPTORS)
        return
    for descriptor in descriptors:
        if descriptor > 2 and descriptor != kept:
            try:
                os.close(descriptor)
            except OSError:
                pass                            # the one that listed them


class _Reports:
    """The child's end of the pipe."""

    def __init__(self, descriptor):
        self._descriptor = descriptor
        self._reported_s = self._measured_s = time.monotonic()
        self._keys_done = self._cow_bytes = 0
        os.set_blocking(descriptor, False)

    def progress(self, keys_done):
        self._keys_done = keys_done
        now_s = time.monotonic()
        if now_s - self._reported_s < _REPORT_S:
            return
        self._reported_s = now_s
        if now_s - self._measured_s >= _MEMORY_S:
            self._measured_s = now_s
            self._cow_bytes = _private_bytes()
        try:
            os.write(self._descriptor, b"%d %d" % (keys_done, self._cow_bytes) + _END)
        except BlockingIOError:
            pass                                # the parent's housekeeping stands still

    def last_word(self, message):
        """Say how it ended."""
        os.set_blocking(self._descriptor, True)
        os.write(self._descriptor, b"%d %d" % (self._keys_done, _private_bytes()) + _END)
        os.write(self._descriptor, message + _END)


def _private_bytes():
    """How much memory of this process has been copied since the fork; 0 where nobody tells."""
    try:
        with open("/proc/self/smaps_rollup", "rb") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith(b"Private_Dirty:")) << 10
    except OSError:
        return 0
