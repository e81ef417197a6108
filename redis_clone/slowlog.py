"""The log of commands that took long, kept in memory for SLOWLOG GET.

Dispatch measures and decides what is slow (`Engine.slow_s`); here is what is remembered of a slow command.
Long argument lists and long arguments are cut as Redis does, and passwords are made unreadable: what is
in this log is shown to everyone who may ask for it.

All under the engine's lock.
"""
import collections

__all__ = ["SlowLog", "Entry", "redact"]

_MOST_ARGUMENTS = 32
_LONGEST_ARGUMENT = 128
_REDACTED = b"(redacted)"

Entry = collections.namedtuple("Entry", "id time_s elapsed_us argv address name")


class SlowLog:
    """The newest entries first; at most `slowlog-max-len` of them."""

    def __init__(self, size=128):
        self.entries = collections.deque(maxlen=size)
        self.next_id = 0

    def resize(self, size):
        self.entries = collections.deque(list(self.entries)[:size], maxlen=size)

    def add(self, session, argv, elapsed_s, now_s):
        """Remember a command that has run."""
        shown = _shorten(redact(argv, session.engine.config))
        self.entries.appendleft(Entry(self.next_id, int(now_s), int(elapsed_s * 1e6), shown, session.address,
                                      session.name))
        self.next_id += 1


def redact(argv, config):
    """A copy of `argv` without passwords, as a list."""
    name, shown = argv[0].upper(), list(argv)
    if name == b"AUTH":
        shown[1:] = [_REDACTED] * (len(argv) - 1)
    elif name == b"HELLO":
        for position, word in enumerate(argv[:-2]):
            if position > 1 and word.upper() == b"AUTH":
                shown[position + 1:position + 3] = [_REDACTED] * 2
    elif name == b"MIGRATE":
        words = [word.upper() for word in argv]
        end = words.index(b"KEYS", 6) if b"KEYS" in words[6:] else len(argv)
        for position in range(6, end):
            secrets = {b"AUTH": 1, b"AUTH2": 2}.get(words[position], 0)
            for secret in range(position + 1, min(position + 1 + secrets, end)):
                shown[secret] = _REDACTED
    elif name == b"CONFIG" and len(argv) > 3 and argv[1].upper() == b"SET":
        for position in range(2, len(argv) - 1, 2):
            if config.is_secret(argv[position].decode("utf-8", "surrogateescape")):
                shown[position + 1] = _REDACTED
    return shown


def _shorten(argv):
    shown = argv[:_MOST_ARGUMENTS] if len(argv) <= _MOST_ARGUMENTS else argv[:_MOST_ARGUMENTS - 1]
    longest = _LONGEST_ARGUMENT
    result = [arg if len(arg) <= longest else arg[:longest] + b"... (%d more bytes)" % (len(arg) - longest)
              for arg in shown]
    if len(argv) > len(shown):
        result.append(b"... (%d more arguments)" % (len(argv) - len(shown)))
    return result
