"""What can go wrong between a client and its server: every one is a ClientError. The text names the server,
what was attempted and what happened; that of a ReplyError is the server's own.

After ConnectionFailed, ConnectionLost, TimedOut and ProtocolError there is no connection any more; it is
then unknown whether the server has executed what was sent. After ReplyError all is well but the command.
"""
from .. import reply_parser

__all__ = [
    "ClientError", "ConnectionFailed", "ConnectionLost", "PipelineError", "ProtocolError", "ReplyError",
    "TimedOut", "WatchFailed",
]


class ClientError(Exception):
    """Any failure in talking to a server."""


class ConnectionFailed(ClientError):
    """No connection came about: nobody listens, no such host, or the server refused the greeting."""


class ConnectionLost(ClientError):
    """The connection was closed before the reply had come, or there was none to begin with."""


class TimedOut(ClientError):
    """The connection or the reply took too long."""


class ProtocolError(ClientError, reply_parser.ProtocolError):
    """What the server sent is not RESP, or not the reply to anything."""


class ReplyError(ClientError, reply_parser.ErrorReply):
    """The server answered with an error; the text is the server's own, `code` its first word."""


class PipelineError(ReplyError):
    """A command of a pipeline was answered with an error.

    `index` is the command's place in the pipeline, `results` are the replies to all its commands, errors
    among them. `code` is that of the server's error.
    """

    def __init__(self, index, count, name, results):
        super().__init__(f"command {index + 1} of {count} ({name}): {results[index]}")
        self.index = index
        self.results = results

    @property
    def code(self):
        return self.results[self.index].code


class WatchFailed(ClientError):
    """A watched key was changed by someone else: nothing of the transaction was executed."""
