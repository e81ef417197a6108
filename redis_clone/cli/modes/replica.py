"""--replica: the commands that a primary sends its replicas, one a line, as they come.

The server takes us for a replica; the copy of its data that it begins with is thrown away. After one that ended
with a mark the server waits for an acknowledgement before it goes on. It does not hear one that comes before it
has noticed itself that the copy is complete, so that is repeated until the stream begins.
"""
import socket

from ...client import ReplyError, encode_command
from ...reply_parser import ProtocolError, ReplyParser
from ..arguments import CSV
from ..formats import format_reply
from .asking import ModeFailed
from .sync import MARK_LENGTH, PIECE, configure, request

__all__ = ["run"]

ACKNOWLEDGE_EVERY_S = 1


def run(connection, options, out):
    """Print until interrupted, or until the server hangs up."""
    configure(connection, out, "capa", "eof")
    configure(connection, out, "rdb-filter-only", "")       # the data are not wanted
    with connection.detach() as sock:
        payload = request(sock)
        marked = payload.size is None
        what = "bytes of bulk transfer until EOF marker" if marked else f"{payload.size} bytes of bulk transfer"
        out.complain(f"SYNC with master, discarding {what}...")
        size = _discard(payload)
        length = f" after {size + MARK_LENGTH} bytes" if marked else ""
        out.complain(f"SYNC done{length}. Logging commands from master.")
        data = payload.rest
        if marked:
            out.complain("sending REPLCONF ACK 0")
            data = _acknowledge(sock, data)
        _print_stream(sock, data, out)


def _discard(payload):
    """Throw the copy away; return how long it was."""
    try:
        return sum(map(len, payload.pieces()))
    except (OSError, EOFError):
        raise ModeFailed("Error reading RDB payload while SYNCing") from None


def _acknowledge(sock, data):
    """Return the first bytes that follow; `data` has come already."""
    sock.settimeout(ACKNOWLEDGE_EVERY_S)
    while True:
        try:
            sock.sendall(encode_command(("REPLCONF", "ACK", "0")))      # has no reply
            data = data or _receive(sock)
        except socket.timeout:
            continue
        except OSError as error:
            raise ModeFailed(f"Error: {error.strerror or error}") from None
        sock.settimeout(None)
        return data


def _receive(sock):
    data = sock.recv(PIECE)
    if not data:
        raise ModeFailed("Error: Server closed the connection")
    return data


def _print_stream(sock, data, out):
    """Print commands, those in `data` first, until there are no more, which is a failure."""
    parser = ReplyParser(ReplyError)
    while True:
        try:
            parser.feed(data)
        except ProtocolError as error:
            raise ModeFailed(f"Error: {error}") from None
        finally:
            while parser.replies:
                out.write(format_reply(parser.replies.popleft(), CSV))
            out.flush()
        try:
            data = _receive(sock)
        except OSError as error:
            raise ModeFailed(f"Error: {error.strerror or error}") from None
