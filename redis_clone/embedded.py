"""A Redis for one program's own use: `connect` gives a client, behind it is a server that nobody else can reach.

    with redis_clone.connect(decode_responses=True) as redis:
        redis.set("key", "value")

The server has no listeners, only a thread for expiry and the like; commands are called, see memory_connection.py.
It lives as long as the client, or a pipeline, subscription or lock made by it: as its pool of connections.
"""
import weakref

from .client import Redis
from .server import Server

__all__ = ["connect"]


class OwnRedis(Redis):
    """A client that ends its server, `server`, when it is closed."""

    def __init__(self, server, **options):
        super().__init__(server=server, **options)
        self.server = server
        # A finalizer runs in any thread, at any time, perhaps while this one holds the server's lock.
        self._forgotten = weakref.finalize(self.connection_pool, server.abandon)

    def close(self):
        """Close the connections, end the server: the data are gone unless `config` says where to keep them."""
        super().close()
        self._forgotten.detach()
        self.server.stop()


def connect(*, config=None, log=None, clock=None, **options):
    """A Redis of a server of its own, in this process, which is running and reachable for nobody else.

    `options` are those of client.Redis that are not about sockets, such as db, protocol and decode_responses.
    `config`, `log` and `clock` are for the server: without a Config nothing is read or written anywhere. The server
    ends when the client is closed, at the latest soon after it has been garbage-collected.

    Raises LoadError, and TypeError or ValueError for wrong options.
    """
    server = Server(config, log, clock, listen=False)
    server.start()
    try:
        return OwnRedis(server, **options)
    except BaseException:
        server.stop()
        raise
