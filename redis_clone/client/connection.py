"""One connection to a server: requests go out, replies come back in the same order.

    with Connection("127.0.0.1", 6379, protocol=3, timeout_s=5) as connection:
        connection.execute("SET", "key", "value")       # "OK"; an error reply is raised as ReplyError
        connection.exchange(request, 1000, "a pipeline")    # the replies to many, errors as values

The idea: RESP has no request numbers, a reply belongs to a request only by its place. So whatever ends an
exchange before its last reply was read (a timeout, an interrupt, garbage, one reply too many) closes the
connection: a late reply must never meet the next caller. `connect` may be called again afterwards.

A large request is sent while replies are read. A server that answers as it goes would otherwise wait for
us to read while we wait for it to read, as soon as the buffers between are full.

Not thread-safe: one thread at a time (Client has the lock). It does not retry, pool or reconnect.
"""
import errno
import selectors
import socket
import time

from .. import reply_parser
from ..reply_parser import Push, ReplyParser
from .errors import ConnectionFailed, ConnectionLost, ProtocolError, ReplyError, TimedOut
from .requests import command_name, encode_command, encode_paired_command

__all__ = ["Connection"]

RECEIVE_SIZE = 65536
# What any system takes at once even if the peer reads nothing.
SMALL_REQUEST = 16384
UNIX_RETRY_S = 0.01


class Connection:
    """A connection over TCP, or over a Unix socket if `unix_socket` is a path.

    `timeout_s` is the longest wait for anything more to arrive or to be taken, None for ever (a blocking
    command needs a longer one than its own). `connect_timeout_s` is the same while connecting and for the
    greeting (AUTH, SELECT, ...), by default `timeout_s`. `protocol` 3 switches to RESP3. `on_push` is
    called with each Push (RESP3) that arrives and must not raise; by default pushes are dropped.
    """

    def __init__(self, host="127.0.0.1", port=6379, *, unix_socket=None, db=0, username=None, password=None,
                 client_name=None, protocol=2, timeout_s=None, connect_timeout_s=None, on_push=None):
        if protocol not in (2, 3):
            raise ValueError(f"protocol must be 2 or 3, not {protocol!r}")
        if unix_socket is None and not 0 < port < 65536:
            raise ValueError(f"a port is between 1 and 65535, not {port!r}")
        for timeout in (timeout_s, connect_timeout_s):
            if timeout is not None and timeout <= 0:
                raise ValueError(f"a timeout must be more than 0 seconds, not {timeout!r}")
        if username is not None and password is None:
            raise ValueError("a username needs a password")
        self.host, self.port, self.unix_socket = host, port, unix_socket
        self.protocol = protocol
        self.timeout_s = timeout_s
        self.on_push = on_push
        self._connect_timeout_s = timeout_s if connect_timeout_s is None else connect_timeout_s
        self._patience_s = None             # which of the two is in force
        self._greeting = _greeting(protocol, db, username, password, client_name)
        self._socket = None
        self._parser = None
        self._replies = []                  # to the exchange that is going on, as far as they have come
        self._lost_because = None

    def __enter__(self):
        return self if self.connected else self.connect()

    def __exit__(self, *exc_info):
        self.close()

    def __repr__(self):
        return f"<Connection to {self.address}, {'open' if self.connected else 'closed'}>"

    @property
    def address(self):
        """The server for people: `127.0.0.1:6379`, `[::1]:6379` or the path of the Unix socket."""
        if self.unix_socket is not None:
            return str(self.unix_socket)
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def connected(self):
        """False before `connect`, after `close`, and after any failure but an error reply."""
        return self._socket is not None

    def fileno(self):
        """For selectors; raises ConnectionLost when there is no connection."""
        return self._open_socket().fileno()

    # -- opening and closing -----------------------------------------------------------------------

    def connect(self):
        """Open the connection (a new one, if there was one) and greet the server; return self."""
        self.close()
        self._patience_s = self._connect_timeout_s
        try:
            self._socket = self._new_socket()
        except (OSError, UnicodeError) as error:
            if _is_timeout(error):
                raise TimedOut(f"connecting to {self.address} took over {self._patience_s} s") from None
            raise ConnectionFailed(f"cannot connect to {self.address}: {_reason(error)}") from error
        self._parser = ReplyParser(ReplyError)
        self._lost_because = None
        if self._greeting:
            self._greet()
        self._patience_s = self.timeout_s
        self._socket.settimeout(self.timeout_s)
        return self

    def close(self):
        """Close the connection, if there is one; unread replies are lost."""
        if self._socket is not None:
            self._socket.close()
            self._socket = self._parser = None
            self._replies = []

    def detach(self):
        """Give the connected, greeted socket away; this object is then closed."""
        sock = self._open_socket()
        self._socket = None
        return sock

    def _new_socket(self):
        if self.unix_socket is None:
            sock = socket.create_connection((self.host, self.port), self._connect_timeout_s)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
        if not hasattr(socket, "AF_UNIX"):
            raise OSError("this system has no Unix sockets")
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.settimeout(self._connect_timeout_s)
            self._connect_unix_socket(sock)
        except BaseException:
            sock.close()
            raise
        return sock

    def _connect_unix_socket(self, sock):
        deadline = None if self._connect_timeout_s is None else time.monotonic() + self._connect_timeout_s
        while True:
            try:
                sock.connect(self.unix_socket)
                return
            except BlockingIOError:
                # The server's queue is full: with a timeout, a Unix socket does not wait for its turn.
                if time.monotonic() >= deadline:
                    raise socket.timeout from None
                time.sleep(UNIX_RETRY_S)

    def _greet(self):
        """Send all greetings at once: one round trip, however many there are."""
        request = b"".join(map(encode_command, self._greeting))
        replies = self.exchange(request, len(self._greeting), f"the greeting ({self._greeting[0][0]})")
        for command, reply in zip(self._greeting, replies):
            if isinstance(reply, ReplyError):
                self.close()
                raise ConnectionFailed(f"{self.address} refused {command[0]}: {reply}") from reply

    # -- requests with their replies -----------------------------------------------------------------

    def execute(self, *args):
        """Send one command and return its reply; an error reply is raised."""
        reply = self.exchange(encode_paired_command(args), 1, command_name(args))[0]
        if isinstance(reply, ReplyError):
            raise reply
        return reply

    def exchange(self, request, count, what):
        """Send `request` (bytes: `count` encoded commands), return the list of their replies, errors as
        values. `what` is the request's name in error texts."""
        sock = self._open_socket()
        try:
            if len(request) <= SMALL_REQUEST:
                sock.sendall(request)
            else:
                self._send_while_receiving(request)
            self._receive_replies(count)
        except BaseException as error:
            raise self.give_up(error, what)
        replies, self._replies = self._replies, []
        return replies

    def _receive_replies(self, count):
        self._take_replies()
        while len(self._replies) < count:
            self._receive()
            self._take_replies()
        if len(self._replies) > count:
            raise reply_parser.ProtocolError(f"{len(self._replies)} replies to {count} commands")

    def _take_replies(self):
        """Move what has arrived to `_replies`, but hand over the pushes among it."""
        items = list(self._parser.replies)
        self._parser.replies.clear()
        if Push in map(type, items):
            if self.on_push is not None:
                for item in items:
                    if type(item) is Push:
                        self.on_push(item)
            items = [item for item in items if type(item) is not Push]
        self._replies += items

    def _receive(self):
        data = self._socket.recv(RECEIVE_SIZE)
        if not data:
            raise EOFError
        self._parser.feed(data)

    def _send_while_receiving(self, request):
        sock, unsent = self._socket, memoryview(request)
        sock.setblocking(False)
        with selectors.DefaultSelector() as selector:
            selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while unsent:
                ready = selector.select(self._patience_s)
                if not ready and self._patience_s is not None:
                    raise socket.timeout
                for _, events in ready:
                    try:
                        if events & selectors.EVENT_READ:
                            self._receive()
                        if events & selectors.EVENT_WRITE:
                            unsent = unsent[sock.send(unsent):]
                    except BlockingIOError:         # readiness is a hint, no promise
                        pass
        sock.settimeout(self._patience_s)

    # -- for PubSub: what comes without having been asked for ------------------------------------------

    def send(self, request, what):
        """Send `request` without expecting replies."""
        sock = self._open_socket()
        try:
            sock.sendall(request)
        except BaseException as error:
            raise self.give_up(error, what)

    def next_item(self, timeout_s, what):
        """Return [the next reply or push], or [] if none is complete within `timeout_s` (None: for
        ever). Nobody is promised that item, so a timeout does no harm to the connection."""
        sock = self._open_socket()
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        try:
            while not self._parser.replies:
                sock.settimeout(None if deadline is None else max(deadline - time.monotonic(), 0))
                try:
                    self._receive()
                except (socket.timeout, BlockingIOError) as error:
                    if error.errno == errno.ETIMEDOUT:
                        raise
                    if time.monotonic() >= deadline:
                        sock.settimeout(self.timeout_s)
                        return []
            sock.settimeout(self.timeout_s)
            return [self._parser.replies.popleft()]
        except BaseException as error:
            raise self.give_up(error, what)

    # -- failures --------------------------------------------------------------------------------------

    def _open_socket(self):
        if self._socket is None:
            because = f" any more ({self._lost_because})" if self._lost_because else ""
            raise ConnectionLost(f"not connected to {self.address}{because}")
        return self._socket

    def give_up(self, error, what):
        """Close the connection because of `error`; return the exception to raise for it."""
        last_words = self._last_words(error)
        self.close()
        if isinstance(error, reply_parser.ProtocolError):
            failure = ProtocolError(f"{self.address} answered {what} with {error}")
        elif _is_timeout(error):
            failure = TimedOut(f"{self.address} did not answer {what} within {self._patience_s} s")
        elif isinstance(error, EOFError):
            failure = ConnectionLost(f"{self.address} closed the connection during {what}{last_words}")
        elif isinstance(error, OSError):
            failure = ConnectionLost(f"lost {self.address} during {what}: {_reason(error)}{last_words}")
        else:
            failure = error
        self._lost_because = str(failure) or type(failure).__name__
        return failure

    def _last_words(self, error):
        """An error reply that the server sent before it closed, such as that it has too many clients."""
        if isinstance(error, ConnectionError):
            # Sending failed, so what the server said may not have been read yet.
            try:
                self._socket.settimeout(0)
                self._receive()
            except (OSError, EOFError, reply_parser.ProtocolError):
                pass
        last = [*self._replies, *self._parser.replies][-1:]
        return f"; its last words: {last[0]}" if last and isinstance(last[0], ReplyError) else ""


def _greeting(protocol, db, username, password, client_name):
    """The commands that make a new connection what the caller wants. A server starts with RESP2 and
    database 0, so the usual connection needs none of them, and one older than HELLO is served too."""
    commands = []
    auth = ["AUTH", username or "default", password]
    if protocol == 3:
        commands.append(["HELLO", 3] + (auth if password is not None else []))
    elif password is not None:
        commands.append(auth if username is not None else ["AUTH", password])
    if client_name is not None:
        commands.append(["CLIENT", "SETNAME", client_name])
    if db:
        commands.append(["SELECT", db])
    return commands


def _is_timeout(error):
    """True for our own timeouts; the system's ETIMEDOUT has the same type, but a number."""
    return isinstance(error, socket.timeout) and error.errno is None


def _reason(error):
    """An exception of the socket module in a few words, without its numbers."""
    return getattr(error, "strerror", None) or str(error)
