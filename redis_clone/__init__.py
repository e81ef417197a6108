"""A complete Redis 7.2-compatible server in pure Python.

    python3 -m redis_clone --port 6379          a server of its own

    with redis_clone.Server(config) as server:  one inside this process, for all who know its port
        redis = redis_clone.Redis(port=server.port)

    redis = redis_clone.connect()               one inside this process, for this program alone

Read on in `client_handler.py` (sockets to requests), `dispatch.py` (requests to commands), `keyspace.py` (the
data) and `commands/` (one module per group of commands).

Beside these three and `Config` all names of `client` are here, so that `import redis_clone as redis` does for code that
was written for redis-py. They are imported when they are first asked for: whoever needs only a part of the package,
such as pytest at its start, does not wait for all of it.
"""
import importlib

from .version import __version__

TYPE_CHECKING = False           # but True for editors and type checkers, which then know what the names stand for
if TYPE_CHECKING:
    from .client import *       # noqa: F401,F403
    from .config import Config
    from .embedded import connect
    from .server import Server

_MODULES = {"Server": "server", "Config": "config", "connect": "embedded"}

__all__ = [*_MODULES, "Redis", "Client", "RedisError", "__version__"]


def __getattr__(name):
    if name in _MODULES:
        home = importlib.import_module("." + _MODULES[name], __name__)
    else:
        home = None if name.startswith("_") else importlib.import_module(".client", __name__)
        if home is None or name not in home.__all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(home, name)
    return value


def __dir__():
    return sorted({*globals(), *__all__, *importlib.import_module(".client", __name__).__all__})
