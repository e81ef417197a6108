"""Sockets for connections: over TCP, through a Unix socket, with TLS; their timeouts, and what is unread.

A timeout that Python enforces costs a `poll` for every call. So where the system can do it (SO_RCVTIMEO and
SO_SNDTIMEO of Linux and macOS) the socket blocks and the kernel keeps the time: the call then fails with
EAGAIN, a BlockingIOError. `is_timeout` knows both forms.
"""
import errno
import select
import socket
import struct
import sys
import time

__all__ = [
    "NOTHING_YET", "apply_timeout", "default_keepalive_options", "is_timeout", "nothing_yet_with_tls",
    "open_tcp_socket", "open_unix_socket", "readiness_of", "start_tls", "tls_context",
]

UNIX_RETRY_S = 0.01
# Their struct timeval is two longs (macOS' microseconds are shorter, but padded), with 8 bytes each.
KERNEL_TIMEOUTS = sys.platform in ("linux", "darwin") and struct.calcsize("@l") == 8

# What reading raises when there is nothing to read yet and nobody wants to wait.
NOTHING_YET = (BlockingIOError, socket.timeout)


def open_tcp_socket(host, port, timeout_s, keepalive=False, keepalive_options=None):
    """Connect to `host`:`port`; `keepalive_options` maps TCP_... constants of `socket` to values."""
    sock = socket.create_connection((host, port), timeout_s)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if keepalive:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option, value in (keepalive_options or {}).items():
                sock.setsockopt(socket.IPPROTO_TCP, option, value)
    except BaseException:
        sock.close()
        raise
    return sock


def open_unix_socket(path, timeout_s):
    """Connect to the Unix socket at `path`."""
    if not hasattr(socket, "AF_UNIX"):
        raise OSError("this system has no Unix sockets")
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout_s)
        _connect_unix_socket(sock, path, timeout_s)
    except BaseException:
        sock.close()
        raise
    return sock


def _connect_unix_socket(sock, path, timeout_s):
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    while True:
        try:
            sock.connect(path)
            return
        except BlockingIOError:
            # The server's queue is full: with a timeout, a Unix socket does not wait for its turn.
            if time.monotonic() >= deadline:
                raise socket.timeout from None
            time.sleep(UNIX_RETRY_S)


def tls_context(*, keyfile=None, certfile=None, password=None, cert_reqs="required", ca_certs=None, ca_path=None,
                ca_data=None, check_hostname=True, min_version=None, ciphers=None):
    """Return an ssl.SSLContext. The names are those of redis-py's options without `ssl_`; `cert_reqs` is
    "required", "optional", "none" or a constant of `ssl`. Without an authority the system's are used."""
    ssl = _ssl()
    levels = {None: ssl.CERT_NONE, "none": ssl.CERT_NONE, "optional": ssl.CERT_OPTIONAL,
              "required": ssl.CERT_REQUIRED}
    if isinstance(cert_reqs, str) and cert_reqs not in levels:
        raise ValueError(f"ssl_cert_reqs must be none, optional or required, not {cert_reqs!r}")
    context = ssl.create_default_context(cafile=ca_certs, capath=ca_path, cadata=ca_data)
    level = cert_reqs if isinstance(cert_reqs, int) else levels[cert_reqs]
    context.check_hostname = check_hostname and level != ssl.CERT_NONE
    context.verify_mode = level
    if certfile or keyfile:
        context.load_cert_chain(certfile or keyfile, keyfile, password)
    if min_version is not None:
        context.minimum_version = min_version
    if ciphers is not None:
        context.set_ciphers(ciphers)
    return context


def nothing_yet_with_tls():
    """NOTHING_YET for sockets with TLS."""
    return NOTHING_YET + (_ssl().SSLWantReadError, _ssl().SSLWantWriteError)


def _ssl():
    """The module: imported only when it is wanted, since that takes long, and not every Python has it."""
    try:
        import ssl
    except ImportError:
        raise ValueError("this Python has no ssl module") from None
    return ssl


def start_tls(sock, context, host):
    """Return `sock` with TLS; it is closed if that fails."""
    try:
        return context.wrap_socket(sock, server_hostname=host)
    except BaseException:
        sock.close()
        raise


def apply_timeout(sock, timeout_s):
    """Let no send or recv of `sock` wait longer than `timeout_s`, None for ever."""
    if not KERNEL_TIMEOUTS or type(sock) is not socket.socket:      # with TLS, it is not
        sock.settimeout(timeout_s)
        return
    sock.settimeout(None)
    # 0 would mean for ever.
    microseconds = 0 if timeout_s is None else max(int(timeout_s * 1000000), 1)
    limit = struct.pack("@ll", *divmod(microseconds, 1000000))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)


def is_timeout(error):
    """True for timeouts of ours; the system's ETIMEDOUT has the same type as one of them, but a number."""
    if isinstance(error, socket.timeout):
        return error.errno is None
    return isinstance(error, BlockingIOError) and error.errno in (errno.EAGAIN, errno.EWOULDBLOCK)


def readiness_of(sock):
    """Return a function (milliseconds, None for ever) that waits so long for `sock` to have something to read, or
    to be closed by the other side, and tells if it is so. Any descriptor will do where there is `poll`."""
    if hasattr(select, "poll"):
        poller = select.poll()
        poller.register(sock, select.POLLIN)
        return poller.poll

    def readable(timeout_ms):
        return select.select([sock], [], [], None if timeout_ms is None else timeout_ms / 1000)[0]
    return readable


def default_keepalive_options():
    """What `socket_keepalive` means unless more is said: a silent server is noticed after 45 seconds."""
    names = (("TCP_KEEPIDLE" if hasattr(socket, "TCP_KEEPIDLE") else "TCP_KEEPALIVE", 30), ("TCP_KEEPINTVL", 5),
             ("TCP_KEEPCNT", 3))
    return {getattr(socket, name): value for name, value in names if hasattr(socket, name)}
