"""--hotkeys: the keys used most, by the counters of an LFU maxmemory-policy.

A walk over all keys that keeps the sixteen with the highest counters. Ctrl-C ends the walk, not the summary.
"""
import bisect
import time

from ...client import ClientError, ReplyError
from .asking import ModeFailed, ask_many
from .big_keys import INTRODUCTION, PAGES_BETWEEN_PAUSES, Progress
from .scan import key_count, pages, quoted

__all__ = ["run"]

KEPT = 16


class Ranking:
    """The hottest keys; of equal counters the earlier ones stay."""

    def __init__(self):
        self._counters = [0] * KEPT         # rising
        self._keys = [None] * KEPT

    def offer(self, counter, key):
        """Take the key in if it is hot enough; return whether it was."""
        place = bisect.bisect_left(self._counters, counter)
        if place == 0:
            return False
        for row, value in ((self._counters, counter), (self._keys, key)):
            row.insert(place, value)
            del row[0]
        return True

    def __iter__(self):
        """The hottest first, as pairs of counter and key."""
        return ((counter, key) for counter, key in zip(reversed(self._counters), reversed(self._keys)) if counter)


def run(connection, options, out, clock=time):
    """Print hot keys as they are found, then the hottest ones."""
    progress = Progress(out, key_count(connection))
    ranking = Ranking()
    out.print(INTRODUCTION.format(what="hot"))
    try:
        for keys in pages(connection, options, PAGES_BETWEEN_PAUSES, clock):
            progress.turn_page()
            for key, counter in zip(keys, _counters(connection, keys, out)):
                progress.count_key()
                if ranking.offer(counter, key):
                    out.print(f"{progress.percent}Hot key '{quoted(key)}' found so far with counter {counter}")
    except KeyboardInterrupt:
        progress.interrupted = True
    progress.print_summary()
    for counter, key in ranking:
        out.print(f"hot key found with counter: {counter}\tkeyname: {quoted(key)}")
    return 0


def _counters(connection, keys, out):
    try:
        replies = ask_many(connection, [("OBJECT", "FREQ", key) for key in keys])
    except ClientError as error:
        raise ModeFailed(f"Error getting freq for key '{quoted(keys[0])}' ({error})") from None
    counters = []
    for key, reply in zip(keys, replies):
        if isinstance(reply, ReplyError):
            raise ModeFailed(f"Error: {reply}")
        if type(reply) is not int:
            out.complain(f"Warning: OBJECT freq on '{quoted(key)}' failed (may have been deleted)")
            reply = 0
        counters.append(reply)
    return counters
