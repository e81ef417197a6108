"""A client of Redis servers, of this one and any other.

Two in one. `Redis` is for applications: it has a method for every command, with redis-py's names and results, a
pool of connections, pipelines, subscriptions, locks. `Client` is for tools: one connection, raw replies.

Where to look, from the outside in:

    redis           Redis: settings, and the way of one command
    commands/       the methods of commands, and how replies become results
    pipeline        many commands in one round trip, WATCH and MULTI
    pubsub monitor  what comes without having been asked for
    lock script     made of commands
    settings url    what is to be known about a server, and written in a URL
    pool            connections for many threads
    retry           trying again, and what may be sent twice
    connection      requests and replies in order; greeting: how it begins
    line            what a connection goes through: opened, ended, given up; forks: what a child process does
    transport       sockets: TCP, Unix, TLS, timeouts
    requests        commands as bytes; decoding: bytes as str
    errors          all that can go wrong (exceptions: the same)
    client raw_pipeline raw_pubsub      Client and its parts

Replies are described in `redis_clone.reply_parser`. Of the server's package, nothing else is used here.
"""
import importlib

from ..reply_parser import Push, Verbatim
from .errors import *       # noqa: F401,F403
from .errors import __all__ as _errors

TYPE_CHECKING = False           # but True for editors and type checkers, which then know what the names stand for
if TYPE_CHECKING:
    from . import exceptions
    from .client import Client
    from .connection import Connection
    from .lock import Lock
    from .monitor import Monitor
    from .pipeline import Pipeline
    from .pool import BlockingConnectionPool, ConnectionPool
    from .pubsub import PubSub, PubSubWorkerThread
    from .raw_pipeline import RawPipeline
    from .raw_pubsub import Message, RawPubSub
    from .redis import Redis, StrictRedis, from_url
    from .requests import encode_command
    from .retry import (
        ConstantBackoff, DecorrelatedJitterBackoff, EqualJitterBackoff, ExponentialBackoff,
        ExponentialWithJitterBackoff, FullJitterBackoff, NoBackoff, Retry, default_backoff,
    )
    from .script import Script

_MODULES = {
    "client": ("Client",),
    "connection": ("Connection",),
    "lock": ("Lock",),
    "monitor": ("Monitor",),
    "pipeline": ("Pipeline",),
    "pool": ("BlockingConnectionPool", "ConnectionPool"),
    "pubsub": ("PubSub", "PubSubWorkerThread"),
    "raw_pipeline": ("RawPipeline",),
    "raw_pubsub": ("Message", "RawPubSub"),
    "redis": ("Redis", "StrictRedis", "from_url"),
    "requests": ("encode_command",),
    "retry": (
        "ConstantBackoff", "DecorrelatedJitterBackoff", "EqualJitterBackoff", "ExponentialBackoff",
        "ExponentialWithJitterBackoff", "FullJitterBackoff", "NoBackoff", "Retry", "default_backoff",
    ),
    "script": ("Script",),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [*_errors, *_MODULE_OF, "Push", "Verbatim", "exceptions"]


def __getattr__(name):
    """Import what is asked for: tools and the server itself need only the small parts."""
    if name == "exceptions":
        return importlib.import_module(".exceptions", __name__)
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module("." + _MODULE_OF[name], __name__), name)
    return value


def __dir__():
    return sorted({*globals(), *__all__})
