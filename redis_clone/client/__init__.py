"""A client of Redis servers, of this one and any other.

Where to look: `client` one server, one connection, any thread; `connection` requests and replies in order;
`pipeline` many commands at once; `pubsub` subscriptions; `requests` how arguments become bytes; `errors` all
that can go wrong. Replies are described in `redis_clone.reply_parser`, the only module of the server's
package that is used here.
"""
from ..reply_parser import Push, Verbatim
from .client import Client
from .connection import Connection
from .errors import (
    ClientError, ConnectionFailed, ConnectionLost, PipelineError, ProtocolError, ReplyError, TimedOut,
    WatchFailed,
)
from .pipeline import Pipeline
from .pubsub import Message, PubSub
from .requests import encode_command

__all__ = [
    "Client", "ClientError", "Connection", "ConnectionFailed", "ConnectionLost", "Message", "Pipeline",
    "PipelineError", "ProtocolError", "PubSub", "Push", "ReplyError", "TimedOut", "Verbatim", "WatchFailed",
    "encode_command",
]
