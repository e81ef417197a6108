"""Group commit: with `appendfsync always`, one write and one sync for all clients that wait at the moment.

A client's thread that has run a command leaves its reply here and goes back to its socket. One thread, the
committer, takes all that the journal has noted by then to disk and sends the replies; what comes in meanwhile is the
next round. So there are as many syncs as the disk can do, and no thread sleeps for one of them: fifty that did
would wake up one by one, which costs more than the sync.

Every reply takes this way, also that of a read, which may have seen what is not on disk yet: replies of a client
leave in order, since they are in order here, and a round is over when its last one is sent. When nothing is
under way a thread may send its reply itself.

If writing fails, those whose own changes it was about are hung up on: what they were to be told is not true, and may
become true. Reads get their replies.

Locks: `_lock` guards what waits. The committer takes no other one while it holds that, and never the engine's, so
whoever holds that may wait for a round.
"""
import threading

from .processors import leave_signals

__all__ = ["GroupCommit"]


class GroupCommit:
    """What waits for a journal to be on disk. ``commit()`` takes all there is to disk; False if it cannot.

    ``durable()`` is the number of requests that are there.
    """

    def __init__(self, commit, durable):
        self._commit = commit
        self._durable = durable
        self._lock = threading.Lock()       # guards all below
        self._waiting = []                  # what `keep_back` was given, in order of arrival
        self._working = False               # the committer is in a round
        self._wake = threading.Lock()       # locked while there is nothing to do
        self._wake.acquire()
        self._thread = self._last_thread = None

    def keep_back(self, noted, own, receiver, reply):
        """Have ``receiver.deliver(reply)`` called when `noted` requests are on disk. If they cannot be,
        ``receiver.refuse()`` is called unless at least `own` are, those that it has to do with.

        Neither may wait for anything. Returns False, and does neither, when there is nothing to wait for.
        """
        with self._lock:
            if not self._working:
                if self._durable() >= noted:
                    return False
                self._start()
                self._begin()
            self._waiting.append((noted, own, receiver, reply))
        return True

    def wait(self, noted, own):
        """Return when `noted` requests are on disk and all replies before this call are sent.

        False if not even `own` can be.
        """
        waiting = _Waiting()
        if not self.keep_back(noted, own, waiting, None):
            return True
        waiting.over.acquire()
        return waiting.sure

    def stop(self):
        """End the thread when nothing waits any more; what comes later starts another."""
        with self._lock:
            if self._thread is not None:
                self._thread = None
                self._begin()

    def join(self):
        """Wait for the end of the thread that `stop` has told to end."""
        if self._last_thread is not None:
            self._last_thread.join()

    # With the lock held

    def _begin(self):
        """See that there is a round soon."""
        if not self._working:
            self._working = True
            self._wake.release()

    def _start(self):
        if self._thread is None:
            self._thread = self._last_thread = threading.Thread(target=self._run, name="committer", daemon=True)
            self._thread.start()

    # The committer

    def _run(self):
        leave_signals()
        me = threading.current_thread()
        step = None
        while step != "end":
            self._wake.acquire()
            step = self._next_step(me)
            while step == "work":
                self._work()
                step = self._next_step(me)

    def _next_step(self, me):
        with self._lock:
            if self._waiting:
                return "work"
            self._working = False
            return "sleep" if self._thread is me else "end"

    def _work(self):
        """One round."""
        good = self._commit()
        durable = self._durable()
        with self._lock:
            waiting, self._waiting = self._waiting, []
        later = []
        for item in waiting:
            noted, own, receiver, reply = item
            if noted <= durable:
                receiver.deliver(reply)
            elif good:
                later.append(item)          # came in after the write
            elif own <= durable:
                receiver.deliver(reply)     # has seen what is not on disk, as all reads do from now on
            else:
                receiver.refuse()
        if later:
            with self._lock:
                self._waiting[:0] = later


class _Waiting:
    """A thread that sleeps until its turn."""

    def __init__(self):
        self.over = threading.Lock()
        self.over.acquire()
        self.sure = False

    def deliver(self, reply):
        self.sure = True
        self.over.release()

    def refuse(self):
        self.over.release()
