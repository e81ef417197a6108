"""What both servers publish about their keys: a subscriber on each side hears every event of every class.

The keyspace events are compared after each batch of steps, as a reply would be: the same ones in the same
order. Which command of a batch caused an event cannot be seen, so a sequence that shows a difference is
played again step by step (see session.py) before it is shrunk.
"""

import itertools
from collections import namedtuple

from .judge import NOTIFICATIONS, Difference
from .player import Failure
from .steps import names_of
from .wire import LinkError, encode, parse, reply_end

SETTING = (b"CONFIG", b"SET", b"notify-keyspace-events", b"KEAmn")      # A is all but m and n
PATTERN = b"__key*__:*"

Notification = namedtuple("Notification", "channel message")

_tokens = itertools.count(1)


class Listener:
    """The subscriber on one server."""

    def __init__(self, link):
        self._link = link
        self._ending = b""
        link.send(encode([b"PSUBSCRIBE", PATTERN]))
        link.read_reply()

    def ask(self):
        """Mark the end of what is to be heard; whatever the server has published by now comes before it."""
        token = b"heard-%d" % next(_tokens)
        self._ending = b"*2\r\n$4\r\npong\r\n$%d\r\n%b\r\n" % (len(token), token)
        try:
            self._link.send(encode([b"PING", token]))
        except LinkError:
            pass                            # reading will say so, too

    def hear(self):
        """Return the raw messages since the last time, or the Failure to get them; call `ask` before."""
        try:
            return self._link.read_until(self._ending)[:-len(self._ending)]
        except LinkError as error:
            return Failure(str(error))

    def close(self):
        self._link.close()


def compare_notifications(judge, servers, place, argv):
    """Compare what was published since the last time; return the Difference or None.

    `argv` is the last command before.
    """
    for server in servers:
        server.listener.ask()
    heard = [server.listener.hear() for server in servers]
    if heard[0] == heard[1]:
        judge.note_notifications(heard[0])
        return None
    sides = [[raw] if isinstance(raw, Failure) else _notifications(raw) for raw in heard]
    if judge.same_notifications(sides):
        return None
    marked = NOTIFICATIONS, names_of(argv).encode("latin-1")
    return Difference(place, marked, [_as_trees(side) for side in sides])


def _notifications(raw):
    """Return the messages in what a listener has heard."""
    found, start = [], 0
    while start < len(raw):
        end = reply_end(raw, start)
        items = parse(raw[start:end])[1]
        found.append(Notification(items[-2][1], items[-1][1]))
        start = end
    return found


def _as_trees(side):
    """Return the notifications as what report.py shows in one line."""
    return [one if isinstance(one, Failure) else ("$", one.channel + b" " + one.message) for one in side]
