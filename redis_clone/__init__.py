"""A complete Redis 7.2-compatible server in pure Python.

    python3 -m redis_clone --port 6379          a server of its own

    with redis_clone.Server(config) as server:  one inside this process
        client = redis_clone.Client(port=server.port)

Read on in `client_handler.py` (sockets to requests), `dispatch.py` (requests to commands), `keyspace.py` (the
data) and `commands/` (one module per group of commands).
"""
from .client import Client
from .config import Config
from .errors import RedisError
from .server import Server
from .version import __version__

__all__ = ["Server", "Client", "Config", "RedisError", "__version__"]
