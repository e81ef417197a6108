"""The start of a replication: SYNC, and the RDB file that the server answers with.

The file comes in one of two ways. `$<length>` announces how long it is. `$EOF:<mark>` (a server that writes it
straight into the socket does not know the length) announces forty random bytes that follow its last one. Until
it begins, empty lines say that the server still lives. After the file comes the stream of commands.
"""
from ...client import ReplyError
from .asking import ModeFailed, ask

__all__ = ["Payload", "configure", "request"]

PIECE = 65536
MARK_LENGTH = 40
LONGEST_HEADER = 4096


class Payload:
    """An RDB file on its way. `size` is None where it will only be known by the mark at the end."""

    def __init__(self, sock, size, mark, rest):
        self.size = size
        self._socket, self._mark = sock, mark
        self.rest = rest                        # received, but not yet taken; after `pieces` it is what follows

    def pieces(self):
        """Yield the file in pieces. Raises EOFError if it is cut, OSError."""
        return self._pieces_of_size() if self._mark is None else self._pieces_to_mark()

    def _pieces_of_size(self):
        left = self.size
        while left:
            if not self.rest:
                self._receive()
            piece, self.rest = self.rest[:left], self.rest[left:]
            left -= len(piece)
            yield piece

    def _pieces_to_mark(self):
        searched = 0
        while True:
            end = self.rest.find(self._mark, searched)
            if end >= 0:
                piece, self.rest = self.rest[:end], self.rest[end + MARK_LENGTH:]
                yield piece
                return
            # The mark may have begun in the last bytes: they are kept back.
            end = max(len(self.rest) - MARK_LENGTH + 1, 0)
            if end:
                yield self.rest[:end]
            self.rest = self.rest[end:]
            self._receive()

    def _receive(self):
        data = self._socket.recv(PIECE)
        if not data:
            raise EOFError
        self.rest += data


def configure(connection, out, option, value):
    """Tell the server with REPLCONF what is wanted; return whether it agrees."""
    out.complain(f"sending REPLCONF {option} {value}")
    reply = ask(connection, "REPLCONF", option, value)
    if isinstance(reply, ReplyError):
        out.complain(f"REPLCONF {option} error: {reply}")
        return False
    return True


def request(sock):
    """Send SYNC over the socket; return the Payload that the server announces."""
    sock.settimeout(None)                       # the server may be silent while it saves
    try:
        sock.sendall(b"SYNC\r\n")
    except OSError:
        raise ModeFailed("Error writing to master") from None
    header, rest = _read_header(sock)
    size = header[1:]
    if header[:1] == b"$" and size.isdigit() and len(size) < 20:
        return Payload(sock, int(size), None, rest)
    if header[:5] == b"$EOF:" and len(header) == 5 + MARK_LENGTH:
        return Payload(sock, None, header[5:], rest)
    raise ModeFailed(f"SYNC with master failed: {header.decode('utf-8', 'surrogateescape')}\r")


def _read_header(sock):
    """Return the first line that is not empty, and what has come after it."""
    data = b""
    while True:
        line, end, rest = data.lstrip(b"\n").partition(b"\n")
        if end:
            return line[:-1] if line.endswith(b"\r") else line, rest
        try:
            received = sock.recv(PIECE)
        except OSError:
            received = b""
        if not received or len(line) > LONGEST_HEADER:
            raise ModeFailed("Error reading bulk length while SYNCing")
        data = line + received
