"""One connection of the load generator: sends pipelines and knows when all their replies are there.

Its replies are compared with `expected`, the bytes that answered an earlier pipeline of the same size, as far
as they go. Where they differ, which is no fault, they are counted by the parser. Comparing costs next to
nothing, so that long replies do not slow the generator.

`LoadFailed` is what makes a measurement worthless: a lost connection, an error reply, garbage.
"""
import time

try:
    import ssl
except ImportError:                         # a Python without OpenSSL
    ssl = None

from targets import open_connection         # which makes the package known, too
from redis_clone.reply_parser import ErrorReply, Push, ReplyParser

__all__ = ["LoadClient", "LoadFailed"]

RECEIVE_SIZE = 65536
NOTHING_YET = BlockingIOError if ssl is None else (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class LoadFailed(Exception):
    """The measurement is worth nothing; the text says why."""


class LoadClient:
    """A connection with a pipeline of `size` requests in flight."""

    __slots__ = ("socket", "pending", "parser", "size", "missing", "sent_at_s", "unsent", "expected", "matched",
                 "recorded", "_target")

    def __init__(self, target):
        self._target = target
        self.size = self.missing = self.matched = 0     # missing: replies not yet counted by the parser
        self.sent_at_s = 0.0
        self.unsent = self.expected = b""
        self.recorded = None                # a list if what arrives is wanted as `expected`
        self.open()

    def open(self):
        """Connect, and wait for the replies to the greeting, if there is one."""
        self.socket = open_connection(self._target).detach()
        self.socket.setblocking(False)
        # TLS may have decrypted more than was asked for, which no selector knows of.
        self.pending = getattr(self.socket, "pending", None)
        self.parser = ReplyParser()

    def close(self):
        self.socket.close()

    def send(self, request, size, expected):
        """Begin a pipeline; return True if it was sent whole."""
        self.size = self.missing = size
        self.expected, self.matched = expected, 0
        self.sent_at_s = time.perf_counter()
        self.unsent = request
        return self.send_rest()

    def send_rest(self):
        try:
            sent = self.socket.send(self.unsent)
        except NOTHING_YET:
            return False
        self.unsent = memoryview(self.unsent)[sent:] if sent < len(self.unsent) else b""
        return not self.unsent

    def receive(self):
        """Read what is there; return True if that completed the pipeline."""
        try:
            data = self.socket.recv(RECEIVE_SIZE)
        except NOTHING_YET:
            return False
        while self.pending is not None and data and self.pending():
            data += self.socket.recv(RECEIVE_SIZE)
        if not data:
            raise LoadFailed("the server closed a connection")
        if self.recorded is not None:
            self.recorded.append(data)
        if self.expected.startswith(data, self.matched):
            self.matched += len(data)
            return self.matched == len(self.expected)
        if self.matched:
            data = self.expected[:self.matched] + data
        self.expected, self.matched = b"", 0
        return self._count(data)

    def _count(self, data):
        self.parser.feed(data)
        replies = self.parser.replies
        types = set(map(type, replies))
        if ErrorReply in types:
            error = next(reply for reply in replies if type(reply) is ErrorReply)
            raise LoadFailed(f"the server answered an error: {error}")
        # Pushes come with --enable-tracking, at any time, and answer nothing.
        count = sum(type(reply) is not Push for reply in replies) if Push in types else len(replies)
        replies.clear()
        self.missing -= count
        if self.missing < 0 or not (self.missing or self.parser.idle or self._target.tracking):
            raise LoadFailed("the server sent more replies than there were requests")
        return count > 0 and not self.missing
