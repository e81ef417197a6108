"""The errors a command may raise.

``str(error)`` is the text of the error reply as it goes over the wire, its code first: ``ERR syntax
error``. A handler raises; dispatch catches in one place and turns the error into the reply. Inside
EXEC's reply an error is a value like any other, so instances are also found in lists.
"""

__all__ = ["RedisError", "WrongTypeError", "NotIntegerError", "NotFloatError", "OptionSyntaxError",
           "NoSuchKeyError", "IndexOutOfRangeError", "wrong_arity", "unknown_command"]


class RedisError(Exception):
    """An error reply; its text begins with an upper-case code such as ERR or NOAUTH."""

    text = "ERR unspecified error"

    def __init__(self, text=None):
        super().__init__(text or self.text)


class WrongTypeError(RedisError):
    text = "WRONGTYPE Operation against a key holding the wrong kind of value"


class NotIntegerError(RedisError):
    text = "ERR value is not an integer or out of range"


class NotFloatError(RedisError):
    text = "ERR value is not a valid float"


class OptionSyntaxError(RedisError):
    text = "ERR syntax error"


class NoSuchKeyError(RedisError):
    text = "ERR no such key"


class IndexOutOfRangeError(RedisError):
    text = "ERR index out of range"


def wrong_arity(name):
    """The error for a wrong number of arguments; `name` is the command's full name, any case."""
    return RedisError(f"ERR wrong number of arguments for '{name.lower()}' command")


def unknown_command(argv):
    """The error for an unknown command, quoting the start of its arguments as Redis does (128 bytes)."""
    name = argv[0][:128].decode("utf-8", "surrogateescape")
    quoted, room = "", 128
    for arg in argv[1:]:
        if len(quoted) >= 128:
            break
        text = arg[:max(0, room - len(quoted))].decode("utf-8", "surrogateescape")
        quoted += f"'{text}' "
    return RedisError(f"ERR unknown command '{name}', with args beginning with: {quoted}")
