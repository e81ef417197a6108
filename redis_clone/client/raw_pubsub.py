"""RawPubSub: a connection that listens to channels, patterns and shard channels.

    with client.pubsub() as pubsub:
        pubsub.subscribe("news")                        # returns once the server has confirmed it
        message = pubsub.get_message(timeout_s=1)       # Message or None
        message.channel, message.data                   # b"news", b"..."

What the server sends comes as arrays in RESP2 and as pushes in RESP3, and always in one stream: while a
confirmation is awaited, messages may come first (they are kept for `get_message`), and other pushes at any
time (they go to the connection's `on_push`).

Not thread-safe: one thread subscribes and reads. When the connection is lost, that is raised and all
subscriptions are gone; it does not resubscribe by itself.
"""
import socket
import time
from collections import deque
from typing import NamedTuple, Optional

from ..reply_parser import Push
from .errors import ReplyError
from .requests import encode_command

__all__ = ["Message", "RawPubSub"]

# Kind of message -> where pattern, channel and data stand in it.
MESSAGE_FIELDS = {b"message": (None, 1, 2), b"smessage": (None, 1, 2), b"pmessage": (1, 2, 3)}


class Message(NamedTuple):
    """Something published: `kind` is "message", "pmessage" (`pattern` is the one it matched) or
    "smessage"."""

    kind: str
    pattern: Optional[bytes]
    channel: bytes
    data: bytes


class RawPubSub:
    """Subscriptions over `connection`, which is opened with the first of them and belongs to this
    object alone. `channels`, `patterns` and `shard_channels` are what the server has confirmed."""

    def __init__(self, connection):
        self._connection = connection
        self.channels, self.patterns, self.shard_channels = set(), set(), set()
        # What a confirmation does to which of them.
        self._confirmations = {
            b"subscribe": (self.channels, set.add),
            b"psubscribe": (self.patterns, set.add),
            b"ssubscribe": (self.shard_channels, set.add),
            b"unsubscribe": (self.channels, set.discard),
            b"punsubscribe": (self.patterns, set.discard),
            b"sunsubscribe": (self.shard_channels, set.discard),
        }
        self._messages = deque()

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def subscribe(self, *channels):
        """Listen to channels. Returns when the server has confirmed all; raises ReplyError."""
        self._change("SUBSCRIBE", channels)

    def psubscribe(self, *patterns):
        """Listen to all channels that match glob patterns."""
        self._change("PSUBSCRIBE", patterns)

    def ssubscribe(self, *channels):
        """Listen to shard channels."""
        self._change("SSUBSCRIBE", channels)

    def unsubscribe(self, *channels):
        """Stop listening to channels, to all if none is named."""
        self._change("UNSUBSCRIBE", channels or self.channels)

    def punsubscribe(self, *patterns):
        """Stop listening to patterns, to all if none is named."""
        self._change("PUNSUBSCRIBE", patterns or self.patterns)

    def sunsubscribe(self, *channels):
        """Stop listening to shard channels, to all if none is named."""
        self._change("SUNSUBSCRIBE", channels or self.shard_channels)

    def get_message(self, timeout_s=None):
        """Return the next Message; None if there is none within `timeout_s` (None: wait for ever)."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while not self._messages:
            if deadline is not None:
                timeout_s = max(deadline - time.monotonic(), 0)
            items = self._connection.next_item(timeout_s, "subscriptions")
            if not items:
                return None
            self._take(items[0])
        return self._messages.popleft()

    def close(self):
        """Close the connection; the server drops the subscriptions with it."""
        self._connection.close()
        self._forget()

    def _change(self, command, names):
        # Without names Redis would end, and confirm, the subscriptions that it has, which may not be those
        # that we know of at this moment. So names are always sent, and each is confirmed on its own.
        names = tuple(names)
        if not names:
            return
        connection = self._connection
        if not connection.connected:
            self._forget()
            connection.connect()
        connection.send(encode_command((command, *names)), command)
        awaited, missing = command.lower().encode("ascii"), len(names)
        while missing:
            items = connection.next_item(connection.timeout_s, command)
            if not items:
                raise connection.give_up(socket.timeout(), command)
            if self._take(items[0]) == awaited:
                missing -= 1

    def _take(self, item):
        """Put what has arrived where it belongs; return which kind it was."""
        if isinstance(item, ReplyError):
            raise item
        kind = item[0] if isinstance(item, list) and item else None
        if not isinstance(kind, bytes):
            return None
        if kind in MESSAGE_FIELDS:
            pattern, channel, data = MESSAGE_FIELDS[kind]
            self._messages.append(Message(
                kind.decode("ascii"), None if pattern is None else item[pattern], item[channel], item[data]))
        elif kind in self._confirmations:
            names, change = self._confirmations[kind]
            change(names, item[1])
        elif isinstance(item, Push) and self._connection.on_push is not None:
            self._connection.on_push(item)
        return kind

    def _forget(self):
        for names in (self.channels, self.patterns, self.shard_channels):
            names.clear()
        self._messages.clear()
