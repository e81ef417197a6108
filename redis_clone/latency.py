"""The latency monitor: the worst moments, second by second, for LATENCY.

It is off unless `latency-monitor-threshold` is set. Events are "command" and "fast-command" (commands with
the flag fast) that took at least that many milliseconds. Of one second only the worst is kept.

All under the engine's lock.
"""
import collections

__all__ = ["LatencyMonitor", "Event"]

_SAMPLES = 160


class Event:
    """One kind of event: its last `samples`, (time in seconds, milliseconds), and the worst of all."""

    __slots__ = ("samples", "highest_ms")

    def __init__(self):
        self.samples = collections.deque(maxlen=_SAMPLES)
        self.highest_ms = 0


class LatencyMonitor:
    """`events` maps names (str) to Events; `threshold_ms` 0 means that nothing is recorded."""

    def __init__(self):
        self.events = {}
        self.threshold_ms = 0

    def add(self, name, elapsed_s, now_s):
        """Something took so long; remember it if that is long enough."""
        elapsed_ms = int(elapsed_s * 1000)
        if not self.threshold_ms or elapsed_ms < self.threshold_ms:
            return
        event = self.events.setdefault(name, Event())
        event.highest_ms = max(event.highest_ms, elapsed_ms)
        second = int(now_s)
        if event.samples and event.samples[-1][0] == second:
            elapsed_ms = max(event.samples.pop()[1], elapsed_ms)
        event.samples.append((second, elapsed_ms))

    def forget(self, names=()):
        """Drop these events (names in any case), or all; returns how many there were."""
        found = [name for name in map(str.lower, names or list(self.events)) if self.events.pop(name, None)]
        return len(found)
