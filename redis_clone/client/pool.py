"""Pools of connections, for any number of threads.

A connection is taken, used by one thread, and given back in any case: one that failed has closed itself and
is opened again by whoever gets it next. So a pool stays usable whatever happens, and nobody ever sees a reply
to somebody else's command (see `connection`).

The idea: taking and giving back are `free.pop()` and `free.append()` of a deque, which are safe without a lock
(also in free-threaded builds). The lock guards only the making of connections; it is one that a signal handler or
finalizer can take which interrupts just that. A pool does not keep connections that are in use alive: one that
gets lost with an interrupted thread frees its place.

What was made before a fork is of no use in the child: its connections are closed there (see `forks`), and the
child may make as many as the parent.
"""
import threading
import time
import weakref
from collections import deque

from .errors import MaxConnectionsError
from .forks import watch_for_fork
from .settings import Settings
from .url import parse_url

__all__ = ["BlockingConnectionPool", "ConnectionPool", "SingleConnection"]

UNLIMITED = 2 ** 31
# Who waits for a connection is woken by whoever gives one back. But a thread may be interrupted just then, and its
# connection lost: nobody is told of that, so one looks that often.
LONGEST_NAP_S = 1


class ConnectionPool:
    """Up to `max_connections` connections. The other options are those of Settings, like for Redis."""

    def __init__(self, max_connections=None, **options):
        if max_connections is not None and (not isinstance(max_connections, int) or max_connections < 0):
            raise ValueError(f"max_connections must be a positive number, not {max_connections!r}")
        self._begin(max_connections or UNLIMITED, Settings(**options), options)

    def _begin(self, max_connections, settings, options):
        self.max_connections = max_connections
        self.settings = settings
        self.connection_kwargs = options
        # `get_connection` and `release` are for people. For each command Redis uses these two right away.
        self.free = deque()
        self.waiting = deque()              # one lock for each thread that waits for a connection
        self._lock = threading.RLock()
        self._made = weakref.WeakSet()
        watch_for_fork(self)

    @classmethod
    def from_url(cls, url, **options):
        """Return a pool for a URL, see `url.parse_url`. What the URL says wins over `options`."""
        return cls(**{**options, **parse_url(url)})

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def __repr__(self):
        return f"<{type(self).__name__} of {self.settings.address}, {len(self._made)} connections>"

    def get_connection(self, command_name=None, *keys, **options):
        """Take a connection and return it, open. Give it back with `release`. The arguments are of no use
        (older code names the command here). Raises MaxConnectionsError."""
        connection = self.take()
        try:
            if not connection.connected:
                self.settings.retry.connect(connection)
        except BaseException:
            self.release(connection)
            raise
        return connection

    def take(self):
        """Take a connection as it is, perhaps not open."""
        return self._take_free() or self._make() or self._wait()

    def release(self, connection):
        """Give a connection back."""
        self.free.append(connection)
        if self.waiting:
            self.wake()

    def wake(self):
        """After giving a connection back: let one of those who wait have it."""
        try:
            self.waiting.popleft().release()
        except IndexError:                  # somebody else was quicker, or it has given up
            pass

    def make_connection(self):
        """Return a new connection, not open, that is counted by nobody."""
        return self.settings.new_connection()

    def disconnect(self, inuse_connections=True):
        """Close the connections. Those in use, unless told otherwise, are closed under their users' hands."""
        for _ in range(len(self.free)):
            # One at a time, so that nobody meanwhile finds that there are too many already.
            try:
                connection = self.free.popleft()
            except IndexError:
                break
            try:
                connection.close()
            finally:
                self.release(connection)
        if inuse_connections:
            with self._lock:
                made = list(self._made)
            for connection in made:
                connection.interrupt()

    def close(self):
        """Close the connections. The pool may be used again."""
        self.disconnect()

    def reset(self):
        """Forget all connections. Those in use do not count any more, but will be used again."""
        self.free.clear()
        self._made = weakref.WeakSet()

    def after_fork(self):
        """In a forked child: begin anew."""
        self._lock = threading.RLock()
        self.waiting.clear()
        self.reset()

    def _take_free(self):
        try:
            return self.free.pop()
        except IndexError:
            return None

    def _make(self):
        with self._lock:
            if len(self._made) >= self.max_connections:
                return None
            connection = self.make_connection()
            self._made.add(connection)
        return connection

    def _wait(self):
        raise MaxConnectionsError(f"all {self.max_connections} connections to {self.settings.address} are in use")


class BlockingConnectionPool(ConnectionPool):
    """A pool where those who find all connections in use wait up to `timeout` seconds (None: for ever) for
    one. They are woken in the order in which they came, but somebody who comes just then may be quicker."""

    def __init__(self, max_connections=50, timeout=20, **options):
        super().__init__(max_connections, **options)
        self.timeout = timeout

    def _wait(self):
        deadline = float("inf") if self.timeout is None else time.monotonic() + self.timeout
        while True:
            connection = self._nap(deadline - time.monotonic()) or self._make()
            if connection is not None:
                return connection
            if time.monotonic() >= deadline:
                raise MaxConnectionsError(
                    f"none of {self.max_connections} connections to {self.settings.address} became free within"
                    f" {self.timeout} s")

    def _nap(self, left_s):
        """Sleep until one of those who give connections back has woken this thread."""
        turn = threading.Lock()
        turn.acquire()
        self.waiting.append(turn)
        connection = None
        try:
            # Whoever gives one back from now on sees that somebody waits. So one more look before sleeping.
            connection = self._take_free()
            if connection is None:
                turn.acquire(timeout=max(min(left_s, LONGEST_NAP_S), 0))
                connection = self._take_free()
        finally:
            try:
                self.waiting.remove(turn)
            except ValueError:                      # it was woken
                if self.free:
                    self.wake()                     # there is more, or this thread was interrupted
        return connection


class SingleConnection(BlockingConnectionPool):
    """One connection of another pool, for one client alone (single_connection_client): to that client it is its
    pool. Threads wait for each other."""

    def __init__(self, pool):
        self._pool = pool
        self.timeout = None
        self._begin(1, pool.settings, pool.connection_kwargs)

    def make_connection(self):
        """Take one from the other pool."""
        return self._pool.take()

    def close(self):
        """Give the connection back, unless it is in use."""
        while self.free:
            self._pool.release(self.free.pop())
        self.reset()
