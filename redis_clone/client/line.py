"""Line: the socket of a connection. How it is opened and ended, and what is told when it fails.

Whatever goes wrong ends in `give_up`: it closes the line, so that nothing which arrives later can be taken for the
answer to something else, and says in a sentence which server it was, what was attempted and what happened.

Not thread-safe, but for `interrupt`. In a forked child it is closed, see `forks`. What is sent and what the replies
belong to is the business of `connection`.
"""
import socket

from .. import reply_parser
from ..reply_parser import ReplyParser
from .errors import ConnectionFailed, ConnectionLost, ProtocolError, ReplyError, TimeoutError
from .forks import watch_for_fork
from .transport import apply_timeout, is_timeout, open_tcp_socket, open_unix_socket, readiness_of, start_tls

__all__ = ["Line"]

RECEIVE_SIZE = 65536


class Line:
    """A line to one server, open or not. The arguments are those of Connection."""

    def __init__(self, host, port, unix_socket, timeout_s, connect_timeout_s, tls, keepalive, keepalive_options,
                 error_type, open_socket, address):
        if unix_socket is None and open_socket is None and not 0 < port < 65536:
            raise ValueError(f"a port is between 1 and 65535, not {port!r}")
        for timeout in (timeout_s, connect_timeout_s):
            if timeout is not None and timeout <= 0:
                raise ValueError(f"a timeout must be more than 0 seconds, not {timeout!r}")
        self.host, self.port, self.unix_socket = host, port, unix_socket
        self.timeout_s = timeout_s
        self._connect_timeout_s = timeout_s if connect_timeout_s is None else connect_timeout_s
        self._patience_s = None             # which of the two is in force
        self._open_socket, self._tls = open_socket, tls
        self._keepalive, self._keepalive_options = keepalive, keepalive_options
        self._address = address
        self._socket = None
        self._readable = None               # see readiness_of
        self._parser = None
        self._error_type = error_type
        self._replies = []                  # to the exchange that is going on, as far as they have come
        self._lost_because = None
        watch_for_fork(self)

    def __del__(self):
        if getattr(self, "_socket", None) is not None:
            self._socket.close()

    def __repr__(self):
        return f"<Connection to {self.address}, {'open' if self.connected else 'closed'}>"

    @property
    def address(self):
        """The server for people: `127.0.0.1:6379`, `[::1]:6379` or the path of the Unix socket."""
        if self._address is not None:
            return self._address
        if self.unix_socket is not None:
            return str(self.unix_socket)
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def connected(self):
        """False before `connect`, after `close`, and after any failure but an error reply."""
        return self._socket is not None

    def fileno(self):
        """For selectors; raises ConnectionLost when there is no connection."""
        return self._connected_socket().fileno()

    # -- opening and closing -----------------------------------------------------------------------

    def open(self):
        """Open the line. Until `be_patient`, the time limit is that of connecting. Raises ConnectionFailed and
        TimeoutError."""
        self._patience_s = self._connect_timeout_s
        try:
            self._socket = self._new_socket()
        except (OSError, ValueError) as error:      # ValueError: this cannot be the name of a host
            if is_timeout(error):
                raise TimeoutError(f"connecting to {self.address} took over {self._patience_s} s") from None
            raise ConnectionFailed(f"cannot connect to {self.address}: {_reason(error)}") from error
        self._readable = readiness_of(self._socket)
        self._parser = ReplyParser(self._error_type)
        self._lost_because = None
        apply_timeout(self._socket, self._patience_s)

    def be_patient(self):
        """From now on the time limit is `timeout_s`."""
        if self._patience_s != self.timeout_s:
            self._patience_s = self.timeout_s
            apply_timeout(self._socket, self.timeout_s)

    def close(self):
        """Close the connection, if there is one; unread replies are lost."""
        sock, self._socket = self._socket, None     # first of all: the rest might be interrupted
        self._readable = self._parser = None
        self._replies = []
        if sock is not None:
            sock.close()

    def interrupt(self):
        """End the connection although another thread may be using it: that thread finds it lost."""
        sock = self._socket
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:                 # it has ended already
                pass

    def detach(self):
        """Give the connected, greeted socket away, without timeout; this object is then closed."""
        sock = self._connected_socket()
        self._socket = None
        apply_timeout(sock, None)
        return sock

    def after_fork(self):
        """In a forked child: leave the connection to the parent."""
        if self._socket is not None:
            self.close()
            self._lost_because = "it belongs to the process that this one was forked from"

    def _new_socket(self):
        if self._open_socket is not None:
            return self._open_socket()
        if self.unix_socket is not None:
            return open_unix_socket(self.unix_socket, self._connect_timeout_s)
        sock = open_tcp_socket(
            self.host, self.port, self._connect_timeout_s, self._keepalive, self._keepalive_options)
        return sock if self._tls is None else start_tls(sock, self._tls, self.host)

    def _connected_socket(self):
        if self._socket is None:
            because = f" any more ({self._lost_because})" if self._lost_because else ""
            raise ConnectionLost(f"not connected to {self.address}{because}")
        return self._socket

    def _receive(self):
        data = self._socket.recv(RECEIVE_SIZE)
        if not data:
            raise EOFError
        self._parser.feed(data)

    # -- failures --------------------------------------------------------------------------------------

    def give_up(self, error, what):
        """Close the connection because of `error`; return the exception to raise for it."""
        last_words = self._last_words(error) if isinstance(error, (OSError, EOFError)) else ""
        self.close()
        if isinstance(error, reply_parser.ProtocolError):
            failure = ProtocolError(f"{self.address} answered {what} with {error}")
        elif is_timeout(error):
            failure = TimeoutError(f"{self.address} did not answer {what} within {self._patience_s} s")
        elif isinstance(error, EOFError):
            failure = ConnectionLost(f"{self.address} closed the connection during {what}{last_words}")
        elif isinstance(error, OSError):
            failure = ConnectionLost(f"lost {self.address} during {what}: {_reason(error)}{last_words}")
        else:
            failure = error
        failure.maybe_executed = True
        self._lost_because = str(failure) or type(failure).__name__
        return failure

    def _last_words(self, error):
        """An error reply that the server sent before it closed, such as that it has too many clients."""
        if self._socket is None:            # closed by a handler of pushes
            return ""
        if isinstance(error, (ConnectionResetError, BrokenPipeError)):
            # Sending failed, so what the server said may not have been read yet.
            try:
                self._socket.settimeout(0)
                self._receive()
            except (OSError, EOFError, reply_parser.ProtocolError):
                pass
        last = [*self._replies, *self._parser.replies][-1:]
        return f"; its last words: {last[0]}" if last and isinstance(last[0], ReplyError) else ""


def _reason(error):
    """An exception of the socket module in a few words, without its numbers."""
    return getattr(error, "strerror", None) or str(error)
