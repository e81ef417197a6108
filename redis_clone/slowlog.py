"""The log of commands that took long, kept in memory for SLOWLOG GET."""
import collections

__all__ = ["SlowLog", "Entry"]

_MOST_ARGUMENTS = 32
_LONGEST_ARGUMENT = 128

Entry = collections.namedtuple("Entry", "id time_s elapsed_us argv address name")


class SlowLog:
    """The newest entries first; at most `slowlog-max-len` of them."""

    def __init__(self, size=128):
        self.entries = collections.deque(maxlen=size)
        self.next_id = 0

    def resize(self, size):
        self.entries = collections.deque(self.entries, maxlen=size)

    def add(self, session, argv, elapsed_s, now_s):
        """Remember a command; long argument lists and arguments are cut as Redis does."""
        self.entries.appendleft(Entry(self.next_id, int(now_s), int(elapsed_s * 1e6), _shorten(argv),
                                      session.address, session.name))
        self.next_id += 1


def _shorten(argv):
    shown = argv[:_MOST_ARGUMENTS] if len(argv) <= _MOST_ARGUMENTS else argv[:_MOST_ARGUMENTS - 1]
    result = [arg if len(arg) <= _LONGEST_ARGUMENT else
              arg[:_LONGEST_ARGUMENT] + b"... (%d more bytes)" % (len(arg) - _LONGEST_ARGUMENT) for arg in shown]
    if len(argv) > len(shown):
        result.append(b"... (%d more arguments)" % (len(argv) - len(shown)))
    return result
