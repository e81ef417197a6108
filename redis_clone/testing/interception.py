"""What stands between clients and commands in a test: a note of each call, and failures made to order.

The engine hands every command of a client that has passed the gates to `Interception` (`Engine.intercept`), in
place of `dispatch.run`, which it calls itself in most cases. Commands inside scripts and those that EXEC takes from
the queue do not come here: they were noted when they were queued.

With the engine's lock held, in the client's thread. A delay is therefore no sleep: the client is made to block, with
its reply as what it gets when the time is up, and so `fast_forward` ends delays as well.
"""
from collections import deque, namedtuple

from ..dispatch import refuse, run
from ..errors import RedisError
from ..key_specs import find_keys
from ..resp import NO_REPLY, Encoded
from ..session import Blocked
from .text import shown

__all__ = ["Call", "Failure", "Interception"]

_MOST_CALLS = 10_000                            # the oldest are forgotten
_MOST_BYTES = 1 << 24
_MOST_WORDS_SHOWN = 20                          # of one call, and
_MOST_BYTES_SHOWN = 100                         # of each of them
_ANY = "*"


class Call(namedtuple("Call", "client db argv")):
    """One command as a client has sent it: the client's id, the number of its database, the words as bytes."""

    __slots__ = ()

    @property
    def name(self):
        """The command's first word in upper case, as str."""
        return self.argv[0].decode("utf-8", "replace").upper()

    def __str__(self):
        """As people write it; long words are cut, and so are many of them."""
        words = self.argv[1:]
        more = len(words) - _MOST_WORDS_SHOWN
        return " ".join([self.name] + [shown(word, _MOST_BYTES_SHOWN) for word in words[:_MOST_WORDS_SHOWN]]
                        + [f"... and {more} more"] * (more > 0))


class Failure:
    """An order to let commands fail: see `TestServer.fail_next`."""

    def __init__(self, name, error, disconnect, reply_bytes, delay_s, count, key):
        self.name = name                        # as in the command table: "GET", "CONFIG|GET", or "*"
        self.error = error
        self.disconnect = disconnect
        self.reply_bytes = reply_bytes
        self.delay_s = delay_s
        self.left = count                       # how many more commands are to fail
        self.key = key                          # bytes, or None for any

    def concerns(self, command, argv):
        if self.name not in (_ANY, command.name, command.name.partition("|")[0]):
            return False
        return self.key is None or any(argv[at] == self.key for at, _ in find_keys(command, argv))

    def befall(self, session, command, words, argv):
        """Let this command fail as ordered; returns the reply value."""
        if self.error is not None:
            reply = refuse(session, command, RedisError(self.error))
        elif self.disconnect:
            reply = NO_REPLY
        else:
            reply = run(session, command, words, argv)
            if reply.__class__ is Blocked:      # it waits anyhow, and what it will reply is not known yet
                return reply
        if self.reply_bytes is not None:
            pieces = []
            session.encode_reply(reply, pieces)
            reply = Encoded([b"".join(pieces)[:self.reply_bytes]])
        hangs_up = self.disconnect or self.reply_bytes is not None
        if not self.delay_s:
            if hangs_up:
                session.close()                 # once the reply has left
            return reply
        return _delay(session, self.delay_s, reply, hangs_up)


def _delay(session, delay_s, reply, hangs_up):
    """Have the client's thread sleep before it replies, while all others go on."""
    if hangs_up:
        session.closing = True                  # seen when the wait is over
    session.engine.keyspace.aftermath = True
    return Blocked((), "delay", delay_s, reply, None, False)


class Interception:
    """`Engine.intercept` of a server for tests.

    failures    orders not yet carried out, oldest first
    """

    def __init__(self, records):
        self._records = records
        self.failures = []
        self.clear()

    def clear(self):
        """Forget all calls."""
        self._calls = deque()
        self._bytes = 0

    @property
    def calls(self):
        """A list of Call, the oldest first."""
        return [Call(client, db, tuple(argv)) for client, db, argv in self._calls]

    def calls_of(self, name, args):
        """The calls that begin with a name (in any case, like "CONFIG GET") and with these arguments (bytes)."""
        name = name.upper().encode().split()
        words = len(name)
        return [call for call in self.calls if [word.upper() for word in call.argv[:words]] == name
                and call.argv[words:words + len(args)] == tuple(args)]

    def __call__(self, session, command, words, argv):
        if self._records:
            self._record(session, argv)
        for failure in self.failures:
            if failure.concerns(command, argv):
                failure.left -= 1
                if not failure.left:
                    self.failures.remove(failure)
                return failure.befall(session, command, words, argv)
        return run(session, command, words, argv)

    def _record(self, session, argv):
        calls = self._calls
        calls.append((session.id, session.db.number, argv))
        self._bytes += sum(map(len, argv))
        while len(calls) > _MOST_CALLS or self._bytes > _MOST_BYTES and len(calls) > 1:
            self._bytes -= sum(map(len, calls.popleft()[2]))
