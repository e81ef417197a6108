"""A connection that keeps each reply's exact bytes, and the reading of those bytes.

Replies are compared as bytes, so `Link` hands out raw replies and only finds where each one ends.
`parse` turns a raw reply into a tree for the few that have to be understood. A tree is a pair
(kind, value): kind is the reply's first byte, value is bytes (lines, bulk strings), a list of trees
(arrays, sets, maps, pushes; a map's keys and values alternate) or None (the nulls).
"""

import select
import socket

LINES = frozenset(b"+-:_#,(")
BULKS = frozenset(b"$=!")
SEQUENCES = frozenset(b"*~>")
MAPS = frozenset(b"%|")
ATTRIBUTE = ord("|")
RECV_SIZE = 65536


class LinkError(Exception):
    """The connection gave no (further) reply; the text says how: closed, silent or not RESP."""


def reply_end(buffer, start):
    """Return where the reply that begins at `start` ends, or -1 while it is incomplete."""
    line_end = buffer.find(b"\r\n", start)
    if line_end < 0:
        return -1
    kind = buffer[start]
    position = line_end + 2
    if kind in LINES:
        return position
    count = _length(buffer[start + 1:line_end], kind)
    if kind in BULKS:
        position += count + 2 if count >= 0 else 0
        return position if position <= len(buffer) else -1
    if kind in MAPS:
        # An attribute comes before the reply it describes and counts as a part of it.
        count = count * 2 + (1 if kind == ATTRIBUTE else 0)
    for _ in range(count):
        position = reply_end(buffer, position)
        if position < 0:
            return -1
    return position


def _length(digits, kind):
    if kind not in BULKS and kind not in SEQUENCES and kind not in MAPS:
        raise LinkError("not RESP")
    try:
        return int(digits)
    except ValueError:
        raise LinkError("not RESP") from None


def parse(raw):
    """Return the tree of one complete raw reply."""
    return _parse_at(raw, 0)[0]


def _parse_at(raw, start):
    line_end = raw.index(b"\r\n", start)
    kind = raw[start]
    line = bytes(raw[start + 1:line_end])
    position = line_end + 2
    name = chr(kind)
    if kind in LINES:
        return (name, None if name == "_" else line), position
    count = int(line)
    if count < 0:
        return (name, None), position
    if kind in BULKS:
        return (name, bytes(raw[position:position + count])), position + count + 2
    if kind in MAPS:
        count = count * 2 + (1 if kind == ATTRIBUTE else 0)
    items = []
    for _ in range(count):
        item, position = _parse_at(raw, position)
        items.append(item)
    return (name, items), position


def encode(argv):
    """Return one command as an array of bulk strings."""
    parts = [b"*%d\r\n" % len(argv)]
    for argument in argv:
        parts.append(b"$%d\r\n%b\r\n" % (len(argument), argument))
    return b"".join(parts)


class Link:
    """One connection to one server."""

    def __init__(self, address, timeout_s):
        self._socket = socket.create_connection(address, timeout=timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray()
        # How the connection failed once. It is of no use then: what came later would answer an earlier
        # request.
        self.failed = None

    def send(self, data):
        """Send everything; raise LinkError when the server is gone."""
        self._check()
        try:
            self._socket.sendall(data)
        except socket.timeout:
            self._fail("silent")
        except OSError:
            raise LinkError("closed") from None     # what was answered before can still be read

    def end_of_requests(self):
        """Tell the server that nothing more will be sent."""
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass                # the server has closed already; reading will show it

    def has_reply(self):
        """Return whether something can be read at once."""
        return bool(self._buffer) or bool(select.select([self._socket], [], [], 0)[0])

    def read_reply(self):
        """Return the next raw reply."""
        while True:
            end = reply_end(self._buffer, 0) if self._buffer else -1
            if end >= 0:
                return self._take(end)
            self._receive()

    def read_replies(self, count):
        """Return up to `count` raw replies and, when there are fewer, the reason (else None)."""
        replies = []
        position = 0
        try:
            while len(replies) < count:
                end = reply_end(self._buffer, position) if position < len(self._buffer) else -1
                if end < 0:
                    self._take(position)
                    position = 0
                    self._receive()
                    continue
                replies.append(bytes(self._buffer[position:end]))
                position = end
        except LinkError as error:
            return replies, str(error)
        finally:
            self._take(position)
        return replies, None

    def read_until(self, ending):
        """Return everything up to the given bytes, which are the last that the server sends for now."""
        while not self._buffer.endswith(ending):
            self._receive()
        return self._take(len(self._buffer))

    def read_to_end(self):
        """Return every byte up to the server's closing, and None or the reason why that never came."""
        while True:
            try:
                self._receive()
            except LinkError as error:
                return self._take(len(self._buffer)), None if str(error) == "closed" else str(error)

    def _take(self, size):
        """Remove bytes from the front of the buffer and return them."""
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def _receive(self):
        self._check()
        try:
            data = self._socket.recv(RECV_SIZE)
        except socket.timeout:
            self._fail("silent")
        except OSError:
            data = b""
        if not data:
            self._fail("closed")
        self._buffer += data

    def _check(self):
        if self.failed:
            raise LinkError(self.failed)

    def _fail(self, how):
        self.failed = how
        raise LinkError(how) from None

    def close(self):
        self._socket.close()
