"""Group commit: with `appendfsync always`, one write and one sync for all clients that wait at the moment.

A client's thread that has run a command leaves its reply here and goes back to its socket. One thread, the
committer, takes all that the journal has noted by then to disk and sends the replies; what comes in meanwhile is the
next round. So there are as many syncs as the disk can do, and no thread sleeps for one of them: fifty that did
would wake up one by one, which costs more than the sync.

Every reply takes this way, also that of a read, which may have seen what is not on disk yet: replies of a client
leave in order, since they are in order here, and a round is over when its last one is sent. When nothing is
under way a thread may send its reply itself.

If writing fails, those who wait for it are hung up on: what they were to be told is not true, and may become true.

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
        self._waiting = []                  # (requests noted by then, receiver, reply), in order of arrival
        self._working = False               # the committer is in a round
        self._wake = threading.Semaphore(0)
        self._thread = None

    def keep_back(self, noted, receiver, reply):
        """Have ``receiver.deliver(reply)`` called when `noted` requests are on disk, or ``receiver.refuse()``.

        Neither may wait for anything. Returns False, and does neither, when there is nothing to wait for.
        """
        with self._lock:
            if not self._working:
                if not self._waiting and self._durable() >= noted:
                    return False
                self._working = True
                self._start()
                self._wake.release()
            self._waiting.append((noted, receiver, reply))
        return True

    def wait(self, noted):
        """Return when `noted` requests are on disk and all replies before this call are sent; False if they cannot be."""
        waiting = _Waiting()
        if not self.keep_back(noted, waiting, None):
            return True
        waiting.over.acquire()
        return waiting.sure

    def stop(self):
        """End the thread; nothing may wait any more, nor come."""
        with self._lock:
            if self._thread is not None:
                self._thread = None
                self._wake.release()

    def _start(self):
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
            self._thread.start()

    def _run(self):
        leave_signals()
        me = threading.current_thread()
        while True:
            self._wake.acquire()
            if self._thread is not me:
                return
            while self._work():
                pass

    def _work(self):
        """One round; False when there was nothing to do, and the committer may sleep."""
        with self._lock:
            if not self._waiting:
                self._working = False
                return False
        good = self._commit()
        durable = self._durable()
        with self._lock:
            waiting, self._waiting = self._waiting, []
        later = []
        for item in waiting:
            noted, receiver, reply = item
            if noted <= durable:
                receiver.deliver(reply)
            elif good:
                later.append(item)          # came in after the write
            else:
                receiver.refuse()
        if later:
            with self._lock:
                self._waiting[:0] = later
        return True


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
