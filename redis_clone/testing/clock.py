"""A clock that tests move: forward, to any date, and to a stop.

It is the system's clock until then, so that a server with it behaves as any other. What a server measures (time-outs
of blocked clients, pauses) goes by `monotonic`, what it dates (expiry, TIME, ids of streams) by `time`.

Move it with the engine's lock held: a command sees one time from its beginning to its end.
"""
import time

__all__ = ["MovableClock"]

_TICKS = 1 << 20


class MovableClock:
    """See redis_clone.clock.Clock for what the engine asks of it."""

    def __init__(self):
        self._shift_s = self._date_shift_s = 0.0    # of the two system clocks, while it runs
        self._stands_at = None                      # (monotonic, date), while it stands still

    def monotonic(self):
        return time.monotonic() + self._shift_s if self._stands_at is None else self._stands_at[0]

    def time(self):
        return time.time() + self._date_shift_s if self._stands_at is None else self._stands_at[1]

    def advance(self, seconds):
        """Let so much time pass at once."""
        self._shift_s += seconds
        self._date_shift_s += seconds
        if self._stands_at is not None:
            self._stand_at(self._stands_at[0] + seconds, self._stands_at[1] + seconds)

    def set_date(self, unix_s):
        """Make it another date, in seconds since 1970; durations do not notice."""
        self._date_shift_s += unix_s - self.time()
        if self._stands_at is not None:
            self._stand_at(self._stands_at[0], unix_s)

    def stop(self):
        """Stand still."""
        self._stand_at(self.monotonic(), self.time())

    def go_on(self):
        """Run again, from where it stands."""
        if self._stands_at is not None:
            monotonic_s, date_s = self._stands_at
            self._stands_at = None
            self._shift_s += monotonic_s - self.monotonic()
            self._date_shift_s += date_s - self.time()

    def _stand_at(self, monotonic_s, date_s):
        # The engine adds the difference of both to the first, and cuts to milliseconds: rounded like this, what it
        # gets is the date to the last bit, and not a millisecond less.
        self._stands_at = round(monotonic_s * _TICKS) / _TICKS, date_s
