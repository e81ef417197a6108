"""One load of data from disk while it goes on: its figures, and how it shares the engine's lock.

Loading is done in turns. Within a turn the lock is held, time stands still and nobody is told of the changes; between
two turns clients are answered, mostly that the data are being loaded (-LOADING: `engine.loading` is not None then).
What does not need the lock, such as taking a file to pieces, is done between turns as well.

As long as it lasts nothing expires, and what is due counts as present: what follows in the file may give it
more time, or need it for its own effect.
"""
import contextlib
import mmap
import time

__all__ = ["Loading", "LoadError", "LoadingStopped", "map_file"]

_TURN_S = 0.01              # how long clients may have to wait for the lock
_LONE_TURN_S = 0.025        # while there are none: until one that connects is let in
_PAUSE_S = 0.0001           # a real sleep: merely giving the lock back would not let those run who wait for it
_LINE_S = 5                 # between two lines in the log


class LoadError(Exception):
    """Files cannot be loaded; the text is meant for the log. `path` and `offset` (or None) say where that shows."""

    def __init__(self, text, path, offset=None):
        super().__init__(text)
        self.path = path
        self.offset = offset


class LoadingStopped(Exception):
    """The server is told to end before it has loaded its data."""


class Loading:
    """The figures of a load, for INFO and the log.

    started_at_s    date in seconds
    total_bytes, done_bytes     of all files; the first is set by whoever knows them
    used_memory     what the server needed that wrote the RDB file, as that says; 0 if it does not

    With `alone` the caller holds the engine's lock throughout (DEBUG RELOAD), else `on_pause` is called before
    others are let in: by then they should be able to connect.
    """

    def __init__(self, engine, alone=False, on_pause=lambda: None):
        self.engine = engine
        self.started_at_s = int(engine.clock.time())
        self.total_bytes = 0
        self.done_bytes = 0
        self.used_memory = 0
        self.turn = _Turn(engine, contextlib.nullcontext() if alone else engine.lock)
        self._alone = alone
        self._on_pause = on_pause
        self._bytes_before = 0                  # of files that are done
        self._delay_s = max(engine.config["key-load-delay"], 0) / 1e6
        self._entries = 0                       # since the last pause
        now_s = engine.clock.monotonic()
        self._pause_at_s, self._line_at_s = now_s + self._turn_s(), now_s + _LINE_S

    def __enter__(self):
        with self.turn.lock:
            self.engine.loading = self
            self.engine.stats.loaded_keys = self.engine.stats.loaded_expired_keys = 0
            self.engine.keyspace.may_expire = False
            self.engine.keyspace.shows_due = True
            self.engine.refresh_gates()
        return self

    def __exit__(self, kind, *exception):
        """Nothing is being loaded any more. But a start that failed goes on for clients until the server has ended."""
        if kind is not None and not self._alone:
            return
        with self.turn.lock:
            self.engine.loading = None
            self.engine.keyspace.may_expire = not self.engine.paused
            self.engine.keyspace.shows_due = False
            self.engine.refresh_gates()

    def figures(self):
        """For INFO. `left_s` is how many seconds it will still take, if it goes on like this."""
        elapsed_s = int(self.engine.clock.time()) - self.started_at_s
        left_s = elapsed_s * (self.total_bytes - self.done_bytes) // (self.done_bytes + 1) if elapsed_s > 0 else 1
        return {"started_at_s": self.started_at_s, "total": self.total_bytes, "done": self.done_bytes,
                "used_memory": self.used_memory, "percent": self._percent(), "left_s": left_s}

    def _percent(self):
        return 100 * self.done_bytes / self.total_bytes if self.total_bytes else 0.0

    def advance(self, position, entries):
        """So far the file is done, by so many keys or commands more. Call after each of many small pieces of work.

        Raises LoadingStopped.
        """
        self.done_bytes = self._bytes_before + position
        self._entries += entries
        now_s = self.engine.clock.monotonic()
        if now_s >= self._pause_at_s or self._delay_s:
            if not self._alone:
                self._pause()
            self._pause_at_s = self.engine.clock.monotonic() + self._turn_s()
            if now_s >= self._line_at_s:
                self._line_at_s = now_s + _LINE_S
                self._tell()

    def finish_file(self, size):
        """The next `position` is in another file."""
        self._bytes_before += size
        self.done_bytes = self._bytes_before

    def _turn_s(self):
        # On a busy machine it takes as long as such a turn until this thread gets on after a pause.
        return _TURN_S if self.engine.sessions else _LONE_TURN_S

    def _pause(self):
        if self.engine.ending:
            raise LoadingStopped
        self._on_pause()
        time.sleep(self._entries * self._delay_s or _PAUSE_S)
        self._entries = 0

    def _tell(self):
        keys = sum(map(len, self.engine.keyspace.databases))
        self.engine.log.notice(f"Loading DB in memory: {self.done_bytes} of {self.total_bytes} bytes "
                               f"({self._percent():.2f}%), {keys} keys")


class _Turn:
    """``with loading.turn:`` the data may be changed, and nobody is told of it."""

    def __init__(self, engine, lock):
        self.lock = lock
        self._keyspace = engine.keyspace

    def __enter__(self):
        self.lock.__enter__()
        keyspace = self._keyspace
        keyspace.tick()
        self._kept = keyspace.notify, keyspace.effects
        keyspace.notify = keyspace.effects = None

    def __exit__(self, *exception):
        self._keyspace.notify, self._keyspace.effects = self._kept
        self.lock.__exit__(*exception)


@contextlib.contextmanager
def map_file(path):
    """The contents of a file, as bytes or an mmap; raises OSError."""
    with open(path, "rb") as file:
        try:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (ValueError, OSError):           # it is empty, or not a plain file
            yield file.read()
            return
        with data:
            yield data
