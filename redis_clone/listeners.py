"""Accepting clients: `socketserver`'s threading servers with the defaults that a Redis needs.

The defaults that are overridden: a backlog of 5, no reuse of an address just closed, non-daemon threads
that closing waits for, errors printed, a look each half second whether to stop. A listener asks its `owner`
(server.Server) whether a client may come in before the client gets a thread, and counts these threads in
`owner.client_threads`, since nobody can join them.
"""
import _thread
import errno
import itertools
import os
import selectors
import socket
import socketserver
import sys
import threading
import time

__all__ = ["ClientThreads", "ListenError", "Pipes", "TCPListener", "addresses_of", "is_local", "keep_alive",
           "listen_tcp", "listen_unix", "PROTECTED_MODE_REFUSAL"]

_OUT_OF_RESOURCES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_PIPE = "pipe"                  # in place of a host in the address of a client that came through none
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)   # needs no descriptor of its own


class ClientThreads:
    """How many clients' threads there are, for who waits until there is none."""

    def __init__(self):
        self._none_left = threading.Condition(threading.Lock())     # the lock guards the count
        self.count = 0

    def enter(self):
        with self._none_left:
            self.count += 1

    def leave(self):
        with self._none_left:
            self.count -= 1
            if not self.count:
                self._none_left.notify_all()

    def wait_until_none(self, timeout_s):
        """False if there still are some by then."""
        with self._none_left:
            return self._none_left.wait_for(lambda: not self.count, timeout_s)


class ListenError(OSError):
    """An address could not be listened on; `address` and `reason` say which and why."""

    def __init__(self, address, reason):
        super().__init__(f"{address}: {reason}")
        self.address = address
        self.reason = reason


class _Listener:
    """What all listeners change about socketserver's defaults."""

    daemon_threads = True
    allow_reuse_address = os.name != "nt"       # on Windows it would allow two servers on one port
    block_on_close = False

    def __init__(self, address, handler, owner):
        self.owner = owner
        self.request_queue_size = owner.config["tcp-backlog"]
        super().__init__(address, handler)

    def accept_until(self, stop):
        """Let clients in until the socket `stop` has something to read, or its end: what wakes this thread at once."""
        with _Selector() as selector:
            selector.register(self, selectors.EVENT_READ)
            selector.register(stop, selectors.EVENT_READ)
            ready = ()
            while stop not in ready:
                if self in ready:
                    self._handle_request_noblock()
                ready = [key.fileobj for key, _ in selector.select()]

    def get_request(self):
        try:
            return super().get_request()
        except OSError as error:
            if error.errno in _OUT_OF_RESOURCES:
                self.owner.log.warning(f"Accepting client connection: accept: {error.strerror}")
                time.sleep(0.1)                 # the connection stays in the backlog; do not spin on it
            raise

    def process_request(self, request, client_address):
        """Give the client its thread, without socketserver's wait until that thread has had its first turn.

        Among thousands of busy clients each such wait takes a whole round of theirs, and the last of 5,000 that
        connect at once waited seconds for its first reply.
        """
        self.owner.client_threads.enter()
        try:
            _thread.start_new_thread(self.process_request_thread, (request, client_address))
        except BaseException:
            self.owner.client_threads.leave()
            raise

    def process_request_thread(self, request, client_address):
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.owner.client_threads.leave()

    def verify_request(self, request, client_address):
        """Turn a client away before it gets a thread."""
        refusal = self.owner.refuse(request, client_address)
        if refusal:
            try:
                request.setblocking(False)
                request.send(refusal)
            except OSError:
                pass
        return not refusal

    def handle_error(self, request, client_address):
        error = sys.exc_info()[1]
        self.owner.log.warning(f"Error with client {client_address}: {error!r}")


class TCPListener(_Listener, socketserver.ThreadingTCPServer):
    """One address and port."""

    def __init__(self, address, handler, owner):
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, handler, owner)

    def server_bind(self):
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        super().server_bind()


if hasattr(socketserver, "ThreadingUnixStreamServer"):
    class UnixListener(_Listener, socketserver.ThreadingUnixStreamServer):
        """A Unix domain socket."""


class Pipes(_Listener, socketserver.ThreadingMixIn, socketserver.BaseServer):
    """Clients that come through no address: each gets one end of a pair of sockets.

    Only for the process that the server lives in. The other end is served like any client's.
    """

    def __init__(self, handler, owner):
        super().__init__(None, handler, owner)
        self._numbers = itertools.count(1)

    def open(self):
        """Return the client's end. Not by two threads at a time. Raises OSError, and RuntimeError if there are too many
        threads."""
        theirs, ours = socket.socketpair()
        address = (_PIPE, next(self._numbers))
        try:
            if self.verify_request(ours, address):
                self.process_request(ours, address)
            else:
                ours.close()
        except BaseException:
            ours.close()
            theirs.close()
            raise
        return theirs

    def shutdown_request(self, request):
        request.close()


def listen_tcp(host, port, handler, owner):
    """Listen at an address of `bind`: a list of one listener, or of none if it is optional. Raises ListenError."""
    optional = host.startswith("-")             # "-::1": do without where the machine has no such address
    host = host.lstrip("-")
    try:
        return [TCPListener(("" if host == "*" else host, port), handler, owner)]
    except OSError as error:
        if optional:
            return []
        raise ListenError(f"{host}:{port}", error.strerror or str(error)) from error


def listen_unix(path, mode, handler, owner):
    """Listen at a Unix socket with the permissions `mode`, unless that is 0: a list of one listener."""
    listener = None
    try:
        if os.path.exists(path):                # left behind by a server that was killed
            os.unlink(path)
        listener = UnixListener(path, handler, owner)
        if mode:
            os.chmod(path, mode)
    except OSError as error:
        if listener is not None:
            listener.server_close()
        raise ListenError(path, error.strerror or str(error)) from error
    return [listener]


def keep_alive(sock, interval_s):
    """Have the system find out that a client's machine is gone, after such a silence; 0: do not."""
    if interval_s:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_KEEPIDLE"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, interval_s)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, max(interval_s // 3, 1))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)


def addresses_of(sock, peer):
    """``(address, local address)`` of a connection as CLIENT LIST prints them."""
    if peer[:1] == (_PIPE,):
        return _host_port(peer), f"{_PIPE}:0"
    if sock.family == getattr(socket, "AF_UNIX", None):
        path = sock.getsockname()
        path = path.decode() if isinstance(path, bytes) else path
        return f"{path}:0", f"{path}:0"
    return _host_port(peer), _host_port(sock.getsockname())


def is_local(address):
    """Whether a peer's address is on the loopback interface, that of a Unix socket or of a pipe."""
    if not isinstance(address, tuple):
        return True
    return address[0] in ("::1", _PIPE) or address[0].startswith(("127.", "::ffff:127."))


def _host_port(address):
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


# What redis-server says, word for word: scripts look for its parts.
PROTECTED_MODE_REFUSAL = (
    b"-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for "
    b"the default user. In this mode connections are only accepted from the loopback interface. If you want to "
    b"connect from external computers to Redis you may adopt one of the following solutions: 1) Just disable "
    b"protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting "
    b"to Redis from the same host the server is running, however MAKE SURE Redis is not publicly accessible from "
    b"internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just "
    b"disable the protected mode by editing the Redis configuration file, and setting the protected mode option "
    b"to 'no', and then restarting the server. 3) If you started the server manually just for testing, restart it "
    b"with the '--protected-mode no' option. 4) Setup a an authentication password for the default user. NOTE: "
    b"You only need to do one of the above things in order for the server to start accepting connections from "
    b"the outside.\r\n")
