"""Time as an engine sees it: one object that tests can replace.

Everything that asks for the time takes it from here, so that a test moves an engine's clock instead
of sleeping. Durations come from the monotonic clock, dates (expiry, LASTSAVE, TIME) from the wall clock.
"""
import time

__all__ = ["Clock", "FakeClock"]


class Clock:
    """The system's clocks. `shift_s` seconds are added to both, for tests that fast-forward a server."""

    def __init__(self):
        self.shift_s = 0.0

    def monotonic(self):
        """Seconds on a clock that never goes back."""
        return time.monotonic() + self.shift_s

    def time(self):
        """Seconds since 1970, UTC."""
        return time.time() + self.shift_s

    def advance(self, seconds):
        """Move this engine's time forward."""
        self.shift_s += seconds


class FakeClock(Clock):
    """A clock that stands still unless it is moved."""

    def __init__(self, now_s=1_700_000_000.0):
        super().__init__()
        self.now_s = now_s

    def monotonic(self):
        return self.now_s

    def time(self):
        return self.now_s

    def advance(self, seconds):
        self.now_s += seconds
