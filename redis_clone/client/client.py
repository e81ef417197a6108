"""Client: commands to one server over one connection, from any number of threads.

    with Client("127.0.0.1", 6379, timeout_s=5) as client:
        client.execute("SET", "key", "value")
        client.execute("GET", "key")                    # b"value"

It connects with the first command, and again with the next command after the connection was lost. The
failure itself is always raised and nothing is sent twice: whether the server executed the command is not
known. What was set on the lost connection (WATCH, an open MULTI, CLIENT SETINFO) is gone.

Threads: `_lock` guards the connection, so an exchange is never mixed with another thread's. A blocking
command therefore holds up the other threads; give it a client of its own, and WATCH and MULTI likewise.
Pub/sub has a connection of its own, see RawPubSub.
"""
import functools
import threading

from .connection import Connection
from .errors import ReplyError
from .forks import watch_for_fork
from .raw_pipeline import RawPipeline
from .raw_pubsub import RawPubSub
from .requests import command_name, encode_paired_command

__all__ = ["Client"]


class Client:
    """A client of one server. The arguments are those of Connection."""

    def __init__(self, host="127.0.0.1", port=6379, *, unix_socket=None, db=0, username=None, password=None,
                 client_name=None, protocol=2, timeout_s=None, connect_timeout_s=None, on_push=None):
        self._new_connection = functools.partial(
            Connection, host, port, unix_socket=unix_socket, db=db, username=username, password=password,
            client_name=client_name, protocol=protocol, timeout_s=timeout_s,
            connect_timeout_s=connect_timeout_s, on_push=on_push)
        self._connection = self._new_connection()
        self._lock = threading.Lock()
        watch_for_fork(self)

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def __repr__(self):
        return f"<Client of {self._connection.address}>"

    def execute(self, *args):
        """Execute one command and return its reply; an error reply is raised as ReplyError."""
        reply = self.exchange(encode_paired_command(args), 1, command_name(args))[0]
        if isinstance(reply, ReplyError):
            raise reply
        return reply

    def exchange(self, request, count, what):
        """Connection.exchange, connecting first where need be."""
        with self._lock:
            if not self._connection.connected:
                self._connection.connect()
            return self._connection.exchange(request, count, what)

    def pipeline(self, transaction=False):
        """Return a RawPipeline, which sends many commands at once; with `transaction`, as MULTI and EXEC."""
        return RawPipeline(self.exchange, transaction)

    def pubsub(self):
        """Return a RawPubSub with a connection of its own to the same server."""
        return RawPubSub(self._new_connection())

    def close(self):
        """Close the connection. The next command would open it again."""
        with self._lock:
            self._connection.close()

    def after_fork(self):
        """In a forked child: another thread of the parent may have had the lock."""
        self._lock = threading.Lock()
