"""Time as an engine sees it: one object that tests can replace.

Everything that asks for the time takes it from here, so that a test moves an engine's clock instead
of sleeping. Durations come from the monotonic clock, dates (expiry, LASTSAVE, TIME) from the wall clock.
"""
import time

__all__ = ["Clock", "FakeClock"]


class Clock:
    """The system's clocks: `monotonic()` never goes back, `time()` is the date; both in seconds.

    They are the functions of `time` themselves until somebody moves this clock: the hot path reads it
    once for each command, and a method around it would double the cost.
    """

    def __init__(self):
        self._shift_s = 0.0
        self.monotonic = time.monotonic
        self.time = time.time

    def advance(self, seconds):
        """Move this clock forward, for tests that fast-forward a server."""
        shift_s = self._shift_s = self._shift_s + seconds
        self.monotonic = lambda: time.monotonic() + shift_s
        self.time = lambda: time.time() + shift_s


class FakeClock:
    """A clock that stands still unless it is moved."""

    def __init__(self, now_s=1_700_000_000.0):
        self.now_s = now_s

    def monotonic(self):
        return self.now_s

    def time(self):
        return self.now_s

    def advance(self, seconds):
        self.now_s += seconds
