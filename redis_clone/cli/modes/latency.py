"""--latency, --latency-history: how long a PING takes, a hundred times a second, in whole milliseconds.

On a terminal one line is written over and over until Ctrl-C. Elsewhere, or with --raw, --csv or --json, there
is one line of figures after a second, or after -i seconds. The history begins anew every 15 seconds (or -i), on
a new line; where it is no terminal it has a line for each PING.
"""
import time

from ..arguments import CSV, JSON, QUOTED_JSON, RAW, STANDARD
from .asking import ask_until_answered

__all__ = ["PAUSE_S", "run"]

PAUSE_S = 0.01
INTERVAL_S, HISTORY_INTERVAL_S = 1, 15
CLEAR_LINE = "\x1b[0G\x1b[2K"

JSON_FORMAT = '{{"min": {}, "max": {}, "avg": {:.2f}, "count": {}}}\n'
FORMATS = {
    STANDARD: "min: {}, max: {}, avg: {:.2f} ({} samples)",
    CSV: "{},{},{:.2f},{}\n",
    RAW: "{} {} {:.2f} {}\n",
    JSON: JSON_FORMAT,
    QUOTED_JSON: JSON_FORMAT,
}


class Samples:
    """The PINGs of one interval."""

    def __init__(self):
        self.least = self.most = self.total = self.count = 0

    def add(self, latency_ms):
        self.least = min(self.least, latency_ms) if self.count else latency_ms
        self.most = max(self.most, latency_ms)
        self.total += latency_ms
        self.count += 1

    def text(self, output):
        """The figures in one of the formats of output."""
        return FORMATS[output].format(self.least, self.most, self.total / self.count, self.count)


def run(connection, options, out, clock=time):
    """Measure until interrupted, or for one interval."""
    history = "--latency-history" in options.modes
    output = options.output or (STANDARD if out.is_terminal else RAW)
    interval_s = options.interval_s or (HISTORY_INTERVAL_S if history else INTERVAL_S)
    samples, began_ns = Samples(), clock.monotonic_ns()
    while True:
        start_ns = clock.monotonic_ns()
        ask_until_answered(connection, out, "PING", clock=clock)
        now_ns = clock.monotonic_ns()
        # The difference of two clocks that tick in milliseconds: 0 or 1 where it takes less than one.
        samples.add(now_ns // 1_000_000 - start_ns // 1_000_000)
        elapsed_s = (now_ns - began_ns) / 1e9
        if output == STANDARD:
            out.print(CLEAR_LINE + samples.text(output), end="")
        elif history:
            out.print(samples.text(output), end="")
        elif elapsed_s > interval_s:
            out.print(samples.text(output), end="")
            return 0
        if history and elapsed_s > interval_s:
            out.print(f" -- {elapsed_s:.2f} seconds range")
            samples, began_ns = Samples(), now_ns
        out.flush()
        clock.sleep(PAUSE_S)
