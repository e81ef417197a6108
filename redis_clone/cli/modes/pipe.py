"""--pipe: mass insertion. What is on the standard input, commands in RESP or as lines, goes to the server as it
is; the replies are counted and the errors shown.

Nothing here counts the commands, so how is the last reply known? By an ECHO of twenty random bytes behind
everything: when they come back, all has been answered. A line feed before it ends what may be half a line.

Sending and receiving take turns as the socket allows: a server that answers as it goes would stop reading if
nobody read its replies. Reading the standard input does block.
"""
import os
import selectors
import time

from ...reply_parser import ErrorReply, ProtocolError, ReplyParser
from .asking import ModeFailed

try:
    from ssl import SSLWantReadError, SSLWantWriteError
except ImportError:                             # a Python without TLS
    SSLWantReadError = SSLWantWriteError = BlockingIOError

__all__ = ["run"]

PIECE = 65536
NOT_NOW = (BlockingIOError, InterruptedError, SSLWantReadError, SSLWantWriteError)


class Transfer:
    """One mass insertion, from `source` (a binary stream) over `sock`."""

    def __init__(self, sock, source, out):
        self._socket, self._source, self._out = sock, source, out
        self._parser = ReplyParser()
        self._unsent = memoryview(b"")
        self._magic = None                      # the bytes to be echoed, once all has been read
        self.replies = self.errors = 0
        self.complete = False

    def run(self, patience_s, clock):
        """Go on until the last reply has come, or none for `patience_s` after the end of the input. Raises
        ModeFailed."""
        last_life_s = clock.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            while not self.complete:
                if not self._unsent and self._magic is None:
                    self._load()
                    last_life_s = clock.monotonic()
                writing = selectors.EVENT_WRITE if self._unsent else 0
                selector.modify(self._socket, selectors.EVENT_READ | writing)
                waiting = self._magic is not None and patience_s is not None
                selector.select(max(last_life_s + patience_s - clock.monotonic(), 0) if waiting else None)
                if self._receive() or self._send():
                    last_life_s = clock.monotonic()
                elif waiting and clock.monotonic() - last_life_s >= patience_s:
                    self._out.complain(f"No replies for {patience_s} seconds: exiting.")
                    self.errors += 1
                    return

    def _load(self):
        """Take the next piece of the input; at its end the ECHO."""
        try:
            piece = self._source.read1(PIECE)
        except OSError as error:
            raise ModeFailed(f"Error reading from stdin: {_reason(error)}") from None
        if not piece:
            self._magic = os.urandom(20)
            piece = b"\r\n*2\r\n$4\r\nECHO\r\n$20\r\n" + self._magic + b"\r\n"
            self._out.print("All data transferred. Waiting for the last reply...")
            self._out.flush()
        self._unsent = memoryview(piece)

    def _send(self):
        """Send what is taken at once; return whether it was something."""
        if not self._unsent:
            return False
        try:
            sent = self._socket.send(self._unsent)
        except NOT_NOW:
            return False
        except OSError as error:
            self._receive()                     # what it said before it hung up
            raise ModeFailed(f"Error writing to the server: {_reason(error)}") from None
        self._unsent = self._unsent[sent:]
        return True

    def _receive(self):
        """Take all replies that are there; return whether there was something."""
        received = False
        while not self.complete:
            try:
                data = self._socket.recv(PIECE)
            except NOT_NOW:
                break
            except OSError as error:
                raise ModeFailed(f"Error reading from the server: {_reason(error)}") from None
            if not data:
                raise ModeFailed("Error reading from the server: Server closed the connection")
            received = True
            try:
                self._parser.feed(data)
            except ProtocolError:
                self._count()
                raise ModeFailed("Error reading replies from server") from None
            self._count()
        return received

    def _count(self):
        replies = list(self._parser.replies)
        self._parser.replies.clear()
        if self._magic is not None and self._magic in replies:
            self.complete = True
            replies.remove(self._magic)
            self._out.print("Last reply received from server.")
        self.replies += len(replies)
        for reply in replies:
            if type(reply) is ErrorReply:
                self.errors += 1
                self._out.complain(str(reply))


def run(connection, options, out, clock=time):
    """Transfer the standard input; the status is 1 if there was an error reply, or no last reply."""
    sock = connection.detach()
    sock.setblocking(False)
    transfer = Transfer(sock, out.input, out)
    try:
        transfer.run(options.pipe_timeout_s or None, clock)
    finally:
        sock.close()
    out.print(f"errors: {transfer.errors}, replies: {transfer.replies}")
    return 1 if transfer.errors else 0


def _reason(error):
    return error.strerror or str(error)
