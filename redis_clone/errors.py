"""The errors a command may raise.

``str(error)`` is the text of the error reply as it goes over the wire, its code first: ``ERR syntax
error``. A handler raises; dispatch catches in one place and turns the error into the reply. Inside
EXEC's reply an error is a value like any other, so instances are also found in lists.
"""

__all__ = ["RedisError", "WrongTypeError", "NotIntegerError", "NotFloatError", "OptionSyntaxError",
           "NoSuchKeyError", "IndexOutOfRangeError", "SubcommandSyntaxError",
           "wrong_arity", "unknown_command", "unknown_subcommand", "quote_start"]


class RedisError(Exception):
    """An error reply; its text begins with an upper-case code such as ERR or NOAUTH."""

    text = "ERR unspecified error"
    counted = False             # INFO's statistics of errors know of it: a script's error that a command made

    def __init__(self, text=None):
        super().__init__(text or self.text)

    def for_request(self, argv):
        """The error to reply to the request that raised it: itself, unless its text quotes the request."""
        return self

    def as_reply(self):
        """Itself without the frames it was raised in. Dispatch's own holds it as its reply: a cycle, which
        would keep all that the handler had in hand until the next garbage collection.
        """
        self.__traceback__ = self.__context__ = None
        return self


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


class SubcommandSyntaxError(RedisError):
    """How a few old containers refuse a subcommand's arguments: they quote it as it was typed."""

    def for_request(self, argv):
        return RedisError(f"ERR unknown subcommand or wrong number of arguments for '{quote_start(argv[1])}'. "
                          f"Try {argv[0].upper().decode()} HELP.")


def wrong_arity(name):
    """The error for a wrong number of arguments; `name` is the command's full name, any case."""
    return RedisError(f"ERR wrong number of arguments for '{name.lower()}' command")


def quote_start(word, most=128):
    """The start of an argument as errors quote it: at most `most` bytes, and nothing from a zero byte on."""
    return word[:most].split(b"\0", 1)[0].decode("utf-8", "surrogateescape")


def unknown_command(argv):
    """The error for an unknown command, quoting the start of its arguments as Redis does (128 bytes)."""
    quoted, size = "", 0
    for arg in argv[1:]:
        if size >= 128:
            break
        word = quote_start(arg, 128 - size)
        quoted += f"'{word}' "
        size += len(word.encode("utf-8", "surrogateescape")) + 3
    return RedisError(f"ERR unknown command '{quote_start(argv[0])}', with args beginning with: {quoted}")


def unknown_subcommand(container, word):
    """The error for a subcommand that does not exist (or, in a few old commands, has too many arguments)."""
    return RedisError(f"ERR unknown subcommand '{quote_start(word)}'. Try {container} HELP.")
