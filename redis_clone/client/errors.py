"""What can go wrong between a client and its server: every one is a RedisError.

The names and the hierarchy are redis-py's, so that `except` clauses written for it fit; `exceptions` is this
module under its name there. Texts name the server, what was attempted and what happened; those of error
replies are the server's own.

After ConnectionError, TimeoutError and InvalidResponse there is no connection any more. Whether the server
has executed what was sent is then told by `maybe_executed`: False if surely not. After a ReplyError all is
well but the command. ConnectionError and TimeoutError are not Python's own classes of these names.

Two kinds of error replies: a Client and a bare Connection make every one a ReplyError with the whole text
("ERR syntax error"). Redis makes it of the class that belongs to its code, see `error_from_reply`.
"""
from .. import reply_parser

__all__ = [
    "AskError", "AuthenticationError", "AuthenticationWrongNumberOfArgsError", "AuthorizationError",
    "BusyLoadingError", "ClientError", "ClusterCrossSlotError", "ClusterDownError", "ClusterError",
    "ConnectionError", "ConnectionFailed", "ConnectionLost", "DataError", "ExecAbortError", "InvalidResponse",
    "LockError", "LockNotOwnedError", "MasterDownError", "MaxConnectionsError", "ModuleError", "MovedError",
    "NoPermissionError", "NoScriptError", "OutOfMemoryError", "PipelineError", "ProtocolError", "PubSubError",
    "ReadOnlyError", "RedisError", "ReplyError", "ResponseError", "ServerFullError", "TimedOut", "TimeoutError",
    "TryAgainError", "WatchError", "WatchFailed", "error_from_reply",
]


class RedisError(Exception):
    """Any failure in talking to a server.

    `maybe_executed` tells if the server may have executed what was sent, `final` that trying again is of no use.
    """

    maybe_executed = False
    final = False


class ConnectionError(RedisError):
    """There is no connection, or none any more."""


class ConnectionFailed(ConnectionError):
    """No connection came about: nobody listens, no such host, or the server refused the greeting."""


class ConnectionLost(ConnectionError):
    """The connection was closed before the reply had come, or there was none to begin with."""


class MaxConnectionsError(ConnectionError):
    """All connections that the pool may have are in use."""


class TimeoutError(RedisError):
    """The connection or the reply took too long."""


class InvalidResponse(RedisError):
    """What the server sent cannot be understood."""


class ProtocolError(InvalidResponse, reply_parser.ProtocolError):
    """What the server sent is not RESP, or not the reply to anything."""


class DataError(RedisError, TypeError, ValueError):
    """Nothing was sent: an argument of a type that Redis does not have, options that exclude each other, or a command
    that cannot be sent this way."""


class PubSubError(RedisError):
    """Subscriptions were used in a way that cannot work."""


class WatchError(RedisError):
    """A watched key was changed by someone else, or the connection that watched it is gone: nothing of the
    transaction was executed."""


class LockError(RedisError, ValueError):
    """A lock was not acquired, or is not held by whom it should be; `lock_name` is its key."""

    def __init__(self, message=None, lock_name=None):
        super().__init__(message)
        self.message = message
        self.lock_name = lock_name


class LockNotOwnedError(LockError):
    """The lock has expired, and perhaps belongs to someone else by now."""


# -- error replies ---------------------------------------------------------------------------------------


class ReplyError(RedisError, reply_parser.ErrorReply):
    """The server answered with an error; `code` is its first word: "ERR", "WRONGTYPE"."""

    @property
    def reply(self):
        """The reply as the server sent it, without the leading `-`."""
        return str(self)


class PipelineError(ReplyError):
    """A command of a Client's pipeline was answered with an error.

    `index` is the command's place in the pipeline, `results` are the replies to all its commands, errors
    among them. `code` is that of the server's error.
    """

    def __init__(self, index, count, name, results):
        super().__init__(f"command {index + 1} of {count} ({name}): {results[index]}")
        self.index = index
        self.results = results

    @property
    def code(self):
        """The code of the server's error."""
        return self.results[self.index].code


class ResponseError(ReplyError):
    """An error reply to a command of Redis or a Pipeline.

    As with redis-py, the text is without its code if that is ERR or has a class of its own. `code` and
    `reply`, the whole text, are there in any case; an error made by hand has only its text.
    """

    _code = _reply = None

    @property
    def code(self):
        """The first word of the reply."""
        return self._code if self._code is not None else str(self).split(" ", 1)[0]

    @property
    def reply(self):
        """The reply as the server sent it, without the leading `-`."""
        return str(self) if self._reply is None else self._reply

    def take_code_of(self, other):
        """Be the error of the same reply as `other`, if with another text."""
        self._code, self._reply = other.code, other.reply


class AuthorizationError(ConnectionError):
    """Access was denied. (For code that names it; this client raises AuthenticationError.)"""


class AuthenticationError(ConnectionFailed, ResponseError):
    """NOAUTH, WRONGPASS: the password is missing or wrong."""

    final = True


class BusyLoadingError(ConnectionError, ResponseError):
    """LOADING: the server reads its data and will soon be ready."""


class ServerFullError(ConnectionError, ResponseError):
    """The server has as many clients as it may have."""


class AuthenticationWrongNumberOfArgsError(ResponseError):
    """A server older than users (6.0) was given a user name."""


class NoScriptError(ResponseError):
    """NOSCRIPT: the server does not know the script of that SHA1."""


class OutOfMemoryError(ResponseError):
    """OOM: the command would need more memory than `maxmemory`."""


class ExecAbortError(ResponseError):
    """EXECABORT: nothing of a transaction was executed, because a command was refused when it was queued."""


class ReadOnlyError(ResponseError):
    """READONLY: a replica was asked to write."""


class NoPermissionError(ResponseError):
    """NOPERM: the user may not run this command, or not on this key or channel."""


class ModuleError(ResponseError):
    """A module could not be loaded or unloaded."""


class ClusterError(RedisError):
    """Something is wrong with the cluster, not with the command."""


class ClusterDownError(ClusterError, ResponseError):
    """CLUSTERDOWN: the slot is served by nobody, or the cluster as a whole is down."""


class MasterDownError(ClusterDownError):
    """MASTERDOWN: a replica without its primary, which may not serve stale data."""


class ClusterCrossSlotError(ResponseError):
    """CROSSSLOT: the keys do not all belong to one slot."""


class TryAgainError(ResponseError):
    """TRYAGAIN: the keys of a slot that moves are not all in one place."""


class AskError(ResponseError):
    """ASK: for this once, the key is at `host`:`port` (ask there after ASKING)."""

    def _destination(self):
        """(slot, host, port) by the text "3999 127.0.0.1:6381"; (None, "", None) if it is not like that."""
        slot, _, address = str(self).partition(" ")
        host, _, port = address.rpartition(":")
        return (int(slot), host, int(port)) if slot.isdigit() and port.isdigit() else (None, "", None)

    @property
    def slot_id(self):
        """The hash slot of the key."""
        return self._destination()[0]

    @property
    def host(self):
        """The host that has the key; empty for the one that was asked."""
        return self._destination()[1]

    @property
    def port(self):
        """The port of that host."""
        return self._destination()[2]

    @property
    def node_addr(self):
        """(host, port)."""
        return self._destination()[1:]


class MovedError(AskError):
    """MOVED: the slot of the key is served at `host`:`port` from now on."""


# The older names of the same things.
ClientError = RedisError
TimedOut = TimeoutError
WatchFailed = WatchError

CLASSES = {
    "ASK": AskError, "CLUSTERDOWN": ClusterDownError, "CROSSSLOT": ClusterCrossSlotError,
    "EXECABORT": ExecAbortError, "LOADING": BusyLoadingError, "MASTERDOWN": MasterDownError,
    "MOVED": MovedError, "NOAUTH": AuthenticationError, "NOPERM": NoPermissionError,
    "NOSCRIPT": NoScriptError, "OOM": OutOfMemoryError, "READONLY": ReadOnlyError,
    "TRYAGAIN": TryAgainError, "WRONGPASS": AuthenticationError,
}
# Errors of the code ERR that have a class: by how their text begins.
CLASSES_BY_TEXT = {
    "max number of clients reached": ServerFullError,
    "invalid password": AuthenticationError,
    "AUTH <password> called without any password": AuthenticationError,
    "Client sent AUTH, but no password is set": AuthenticationError,
    "wrong number of arguments for 'auth'": AuthenticationWrongNumberOfArgsError,
    "wrong number of arguments for 'AUTH'": AuthenticationWrongNumberOfArgsError,
    "Error loading the extension": ModuleError,
    "Error unloading module": ModuleError,
}


def error_from_reply(reply):
    """Return the exception for an error reply, its text without the leading `-`."""
    code, _, text = reply.partition(" ")
    if code == "ERR":
        error = next((kind for start, kind in CLASSES_BY_TEXT.items() if text.startswith(start)),
                     ResponseError)(text)
    elif code in CLASSES:
        error = CLASSES[code](text)
    else:
        error = ResponseError(reply)
    error._code, error._reply = code, reply
    return error
