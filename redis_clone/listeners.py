"""Accepting clients: `socketserver`'s threading servers with the defaults that a Redis needs.

The defaults that are overridden: a backlog of 5, no reuse of an address just closed, non-daemon threads
that closing waits for, errors printed. A listener asks its `owner` (server.Server) whether a client may
come in before the client gets a thread.
"""
import errno
import os
import socket
import socketserver
import sys
import time

__all__ = ["ListenError", "TCPListener", "UnixListener", "addresses_of"]

_OUT_OF_RESOURCES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


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

    def get_request(self):
        try:
            return super().get_request()
        except OSError as error:
            if error.errno in _OUT_OF_RESOURCES:
                self.owner.log.warning(f"Accepting client connection: accept: {error.strerror}")
                time.sleep(0.1)                 # the connection stays in the backlog; do not spin on it
            raise

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


def addresses_of(sock, peer):
    """``(address, local address)`` of a connection as CLIENT LIST prints them."""
    if sock.family == getattr(socket, "AF_UNIX", None):
        path = sock.getsockname()
        path = path.decode() if isinstance(path, bytes) else path
        return f"{path}:0", f"{path}:0"
    return _host_port(peer), _host_port(sock.getsockname())


def _host_port(address):
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
