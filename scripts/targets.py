"""The servers that benchmark.py puts a load on: how each is reached, what it is called, what it says about itself.

A `Target` is plain data, since it travels to the processes of the load generator. `open_connection` makes a
connected Connection from it, `parse_address` reads what people write: HOST:PORT, a port, a path or a URL.
"""
import os
import sys
from typing import NamedTuple, Optional

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from redis_clone.client import Connection, ReplyError                           # noqa: E402
from redis_clone.client.transport import open_tcp_socket, start_tls, tls_context    # noqa: E402
from redis_clone.client.url import parse_url                                    # noqa: E402

__all__ = ["Target", "describe", "open_connection", "parse_address"]

CONNECT_TIMEOUT_S = 10


class Target(NamedTuple):
    """`tls` is None or the arguments of tls_context; `sni` the name to ask for, if it is not the host."""

    host: str = "127.0.0.1"
    port: int = 6379
    unix_socket: Optional[str] = None
    db: int = 0
    username: Optional[str] = None
    password: Optional[str] = None
    protocol: int = 2
    tls: Optional[dict] = None
    sni: Optional[str] = None
    tracking: bool = False
    name: str = ""                  # for people; filled in by `describe`

    @property
    def address(self):
        if self.unix_socket is not None:
            return self.unix_socket
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text, target=None):
    """`target` (or a new one) with the address that `text` is. Raises ValueError.

    Credentials and a database come from a URL only: those of one server mean nothing to another."""
    target = (target or Target())._replace(username=None, password=None, db=0, unix_socket=None)
    if "://" in text:
        return _with_url(text, target)
    if "/" in text:
        return target._replace(unix_socket=text)
    host, colon, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536) or colon and not host:
        raise ValueError(f"{text!r} is not HOST:PORT, a port, a path or a URL")
    return target._replace(host=host.strip("[]") or "127.0.0.1", port=int(port))


def _with_url(text, target):
    options = parse_url(text)
    if options.pop("ssl", False) and target.tls is None:
        target = target._replace(tls={})
    renamed = {"unix_socket_path": "unix_socket"}
    fields = {renamed.get(name, name): value for name, value in options.items()}
    unknown = sorted(set(fields) - {"host", "port", "unix_socket", "db", "username", "password", "protocol"})
    if unknown:
        raise ValueError(f"{', '.join(unknown)} in a URL means nothing here")
    if not 0 < fields.get("port", 6379) < 65536:
        raise ValueError(f"{text!r} has no port from 1 to 65535")
    return target._replace(**fields)


def open_connection(target):
    """Return a connected Connection. Raises ClientError."""
    options = {}
    if target.tls is not None:
        # The context is made here, since it cannot travel to another process.
        options["open_socket"] = lambda: start_tls(
            open_tcp_socket(target.host, target.port, CONNECT_TIMEOUT_S), tls_context(**target.tls),
            target.sni or target.host)
        options["address"] = target.address
    connection = Connection(
        target.host, target.port, unix_socket=target.unix_socket, db=target.db, username=target.username,
        password=target.password, protocol=target.protocol, connect_timeout_s=CONNECT_TIMEOUT_S, **options).connect()
    if target.tracking:
        connection.execute("CLIENT", "TRACKING", "ON")
    return connection


def describe(target):
    """What the server says about itself: (name, {fact: text}). A server without INFO or CONFIG says less."""
    with open_connection(target) as connection:
        connection.execute("PING")
        info = _info(connection)
        facts = {"address": target.address, "version": _version(info)}
        for directive in ("save", "appendonly"):
            try:
                reply = connection.execute("CONFIG", "GET", directive)
            except ReplyError:
                continue
            pairs = reply.items() if isinstance(reply, dict) else [tuple(reply)] if isinstance(reply, list) else ()
            facts.update((directive, _text(pair[1])) for pair in pairs if len(pair) == 2)
    return target.name or facts["version"].split(" ")[0] or target.address, facts


def _info(connection):
    try:
        lines = _text(connection.execute("INFO", "server")).splitlines()
    except ReplyError:
        return {}
    return dict(line.split(":", 1) for line in lines if ":" in line)


def _version(info):
    """Which server this is. The API by which it waits for its clients tells our own."""
    if info.get("multiplexing_api") == "threads":
        return f"redis_clone as Redis {info.get('redis_version', '?')}"
    if "valkey_version" in info:
        return f"valkey-server {info['valkey_version']}"
    return f"redis-server {info['redis_version']}" if "redis_version" in info else ""


def _text(value):
    return bytes(value).decode("utf-8", "replace") if isinstance(value, (bytes, bytearray)) else str(value)
