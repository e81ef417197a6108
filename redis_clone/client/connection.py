"""One connection to a server: requests go out, replies come back in the same order.

    with Connection("127.0.0.1", 6379, protocol=3, timeout_s=5) as connection:
        connection.execute("SET", "key", "value")       # "OK"; an error reply is raised as ReplyError
        connection.exchange(request, 1000, "a pipeline")    # the replies to many, errors as values

The idea: RESP has no request numbers, a reply belongs to a request only by its place. So whatever ends an
exchange before its last reply was read (a timeout, an interrupt, garbage, one reply too many) closes the
connection: a late reply must never meet the next caller. For the same reason nothing is sent while there is
something unread: what arrived unasked can only be pushes, else the connection is closed. `connect` may be
called again afterwards.

Redis and its pipelines use `execute_command` and `exchange_commands`. The first is the straight way for the
usual round trip: one look whether something is unread, one send, one recv, and the commonest replies are
recognised without the parser.

A large request is sent while replies are read. A server that answers as it goes would otherwise wait for
us to read while we wait for it to read, as soon as the buffers between are full.

Not thread-safe: one thread at a time (Client has the lock, Redis has a pool). It does not retry, pool or
reconnect. In a forked child it is closed, see `forks`.
"""
import selectors
import socket
import time

from .. import reply_parser
from ..reply_parser import BULK_LENGTH, COMMON_LINES, Push
from .errors import ConnectionLost, ReplyError, TimeoutError, error_from_reply
from .greeting import greet, greeting
from .line import RECEIVE_SIZE, Line
from .requests import command_name, encode_commands, encode_paired_command
from .transport import NOTHING_YET, apply_timeout, nothing_yet_with_tls

__all__ = ["Connection"]

CRLF = b"\r\n"
# What any system takes at once even if the peer reads nothing.
SMALL_REQUEST = 16384
# Replies that are recognised as a whole.
WHOLE_REPLIES = {line + CRLF: value for line, value in COMMON_LINES.items()}
LONGEST_WHOLE = max(map(len, WHOLE_REPLIES))
NUMBER_LIMIT = 20


class Connection(Line):
    """A connection over TCP, over a Unix socket if `unix_socket` is a path, or over what `open_socket()`
    returns (then `address` is for people only).

    `timeout_s` is the longest wait for anything more to arrive or to be taken, None for ever (a blocking
    command needs a longer one than its own). `connect_timeout_s` is the same while connecting and for the
    greeting (AUTH, SELECT, ...), by default `timeout_s`. `protocol` 3 switches to RESP3. `on_push` is
    called with each Push (RESP3) that arrives and must not raise; by default pushes are dropped.

    `tls` is an ssl.SSLContext. `keepalive` turns TCP's on, with options as for `open_tcp_socket`. `library` is
    (name, version) for CLIENT SETINFO. With `health_check_s` the server must answer a PING first if the last
    command began longer ago. `typed_errors` makes error replies of the classes that belong to their codes.
    `encode_text` makes bytes of the str in `execute_command` and `exchange_commands`.
    """

    def __init__(self, host="127.0.0.1", port=6379, *, unix_socket=None, db=0, username=None, password=None,
                 client_name=None, protocol=2, timeout_s=None, connect_timeout_s=None, on_push=None, tls=None,
                 keepalive=False, keepalive_options=None, library=None, health_check_s=0, typed_errors=False,
                 encode_text=str.encode, open_socket=None, address=None):
        if protocol not in (2, 3):
            raise ValueError(f"protocol must be 2 or 3, not {protocol!r}")
        if username is not None and password is None:
            raise ValueError("a username needs a password")
        super().__init__(host, port, unix_socket, timeout_s, connect_timeout_s, tls, keepalive, keepalive_options,
                         error_from_reply if typed_errors else ReplyError, open_socket, address)
        self.db, self.protocol = db, protocol
        self.on_push = on_push
        self._greeting = greeting(protocol, db, username, password, client_name, library)
        self._health_check_s, self._last_used = health_check_s, 0
        self._encode_text = encode_text
        self._nothing_yet = NOTHING_YET if tls is None else nothing_yet_with_tls()
        self._amid = False                  # the parser has the start of a push

    def __enter__(self):
        return self if self.connected else self.connect()

    def __exit__(self, *exc_info):
        self.close()

    def connect(self):
        """Open the connection (a new one, if there was one) and greet the server; return self.

        Raises ConnectionFailed (AuthenticationError if that is why) and TimeoutError."""
        self.close()
        try:
            self.open()
            self._amid = False
            if self._greeting:
                greet(self, self._greeting)
            self.be_patient()
        except BaseException:       # nobody may use it half greeted: not authenticated, in another database
            self.close()
            raise
        self._last_used = time.monotonic()
        return self

    # -- requests with their replies -----------------------------------------------------------------

    def execute_command(self, args):
        """Send the command `args` (a tuple; a subcommand stands in one string with its command: "CONFIG GET")
        and return its reply; an error reply is raised.

        Raises DataError before anything is sent. After ConnectionLost, TimeoutError and ProtocolError the
        connection is closed. Long, because it is the way of nearly every command.
        """
        request = encode_commands((args,), self._encode_text)
        sock = self._socket
        if sock is None or self._readable(0) or self._health_check_s:
            self._become_usable()
        try:
            if len(request) > SMALL_REQUEST or self._amid:
                reply = self._exchange(request, 1)[0]
            else:
                sock.sendall(request)
                data = sock.recv(RECEIVE_SIZE)
                if len(data) <= LONGEST_WHOLE and data in WHOLE_REPLIES:
                    return WHOLE_REPLIES[data]
                header, ending, rest = data.partition(CRLF)
                length = BULK_LENGTH.get(header)
                if length is not None and len(rest) == length + 2 and rest[length:] == CRLF:
                    return rest[:length]
                number = header[1:]
                if ending and not rest and header[:1] == b":" and number.isdigit() and len(number) < NUMBER_LIMIT:
                    return int(number)
                reply = self._finish_reply(data)
        except BaseException as error:
            raise self.give_up(error, command_name(args))
        if isinstance(reply, ReplyError):
            raise reply
        return reply

    def exchange_commands(self, commands):
        """Send the commands (a list of tuples as for `execute_command`), return the list of their replies:
        error replies are values in it."""
        request = encode_commands(commands, self._encode_text)
        if self._socket is None or self._readable(0) or self._health_check_s:
            self._become_usable()
        try:
            return self._exchange(request, len(commands))
        except BaseException as error:
            what = f"a pipeline of {len(commands)} commands (the first: {command_name(commands[0])})"
            raise self.give_up(error, what)

    def execute(self, *args):
        """Send one command, word by word, and return its reply; an error reply is raised."""
        reply = self.exchange(encode_paired_command(args), 1, command_name(args))[0]
        if isinstance(reply, ReplyError):
            raise reply
        return reply

    def exchange(self, request, count, what):
        """Send `request` (bytes: `count` encoded commands), return the list of their replies, errors as
        values. `what` is the request's name in error texts."""
        self._connected_socket()
        try:
            return self._exchange(request, count)
        except BaseException as error:
            raise self.give_up(error, what)

    def _exchange(self, request, count):
        if len(request) <= SMALL_REQUEST:
            self._socket.sendall(request)
        else:
            self._send_while_receiving(request)
        self._receive_replies(count)
        replies, self._replies = self._replies, []
        return replies

    def _finish_reply(self, data):
        """The one reply that starts with `data`."""
        if not data:
            raise EOFError
        self._parser.feed(data)
        self._receive_replies(1)
        return self._replies.pop()

    def _receive_replies(self, count):
        self._take_replies()
        while len(self._replies) < count:
            self._receive()
            self._take_replies()
        if len(self._replies) > count:
            raise reply_parser.ProtocolError(f"{len(self._replies)} replies to {count} commands")
        self._look_for_pushes()

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

    def _look_for_pushes(self):
        """See whether a push has begun: it is all that may, while no reply is due."""
        begun = self._parser.begun
        if begun not in (b"", b">"):
            raise reply_parser.ProtocolError("the start of one reply more")
        self._amid = begun == b">"

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
                    except self._nothing_yet:       # readiness is a hint, no promise
                        pass
        apply_timeout(sock, self._patience_s)

    # -- before a request --------------------------------------------------------------------------------

    def _become_usable(self):
        """Raise ConnectionLost unless there is a connection with nothing unread, whose server answers."""
        self._connected_socket()
        if self._readable(0):
            self._read_unasked()
        if self._health_check_s:
            now = time.monotonic()
            if now > self._last_used + self._health_check_s:
                self._check_health()
            self._last_used = now

    def _read_unasked(self):
        try:
            self._receive_what_is_there()
            self._take_replies()
            if self._replies:
                raise EOFError
            self._look_for_pushes()
        except BaseException as error:
            failure = self.give_up(error, "the time between commands")
            failure.maybe_executed = False
            raise failure

    def _check_health(self):
        try:
            self.execute("PING")
        except (ConnectionLost, TimeoutError, ReplyError) as error:
            self.close()
            raise ConnectionLost(f"the health check failed: {error}") from error

    # -- for PubSub: what comes without having been asked for ------------------------------------------

    def send(self, request, what):
        """Send `request` without expecting replies."""
        sock = self._connected_socket()
        try:
            sock.sendall(request)
        except BaseException as error:
            raise self.give_up(error, what)

    def wait(self, timeout_s):
        """True if there is something for `next_item` to take or to read, waiting `timeout_s` for it (None: for
        ever). Meanwhile another thread may send."""
        parser, readable = self._parser, self._readable
        self._connected_socket()
        if parser.replies:
            return True
        return bool(readable(None if timeout_s is None else max(timeout_s, 0) * 1000))

    def next_item(self, timeout_s, what):
        """Return [the next reply or push], or [] if none is complete within `timeout_s` (None: for
        ever). Nobody is promised that item, so a timeout does no harm to the connection."""
        self._connected_socket()
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        try:
            while not self._parser.replies:
                if not self.wait(None if deadline is None else deadline - time.monotonic()):
                    return []
                self._receive_what_is_there()
            return [self._parser.replies.popleft()]
        except BaseException as error:
            raise self.give_up(error, what)

    def _receive_what_is_there(self):
        """Read what `_readable` has announced. With TLS that may be nothing for us."""
        if self._tls is None:
            self._receive()
            return
        self._socket.settimeout(0)
        try:
            self._receive()
        except self._nothing_yet:
            pass
        apply_timeout(self._socket, self._patience_s)
