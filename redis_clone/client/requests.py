"""Requests: commands as the bytes that go to the server.

Arguments are bytes, str, int or float. Not bool or None, because Redis has neither, and every guess at what
was meant is wrong for someone.

Two ways in. `encode_command` takes the words as they are: Client, Connection.execute and tools use it. What
Redis and its pipelines send goes through `encode_commands`, where a subcommand stands in one string with its
command ("CONFIG GET") and text has an encoding. It is the quicker one: the first words of a request, which
are always the same, are kept ready-made by name and number of words.
"""
from .errors import DataError

__all__ = [
    "command_name", "encode_argument", "encode_command", "encode_commands", "encode_paired_command", "words_of",
]

# Commands that are answered by no reply, by several, or by a stream without end. Sent as if they had one
# reply, they would shift every later reply to the wrong caller.
UNPAIRED_COMMANDS = {
    "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE",
    "MONITOR", "SYNC", "PSYNC", "CLIENT REPLY",
}

# Headers ready-made: formatting them took 40 % of the time that a small command takes.
SMALL_COUNT, SMALL_LENGTH = 64, 1024
ARRAY_HEADERS = [b"*%d" % count for count in range(SMALL_COUNT)]
BULK_HEADERS = [b"$%d" % length for length in range(SMALL_LENGTH)]

# (name, number of words) -> array header and name as they are sent. Bounded, for names out of user input.
_openings = {}
OPENINGS_LIMIT = 4096


def encode_command(args):
    """Return the request for the command `args`, its name first. Raises DataError."""
    if not args:
        raise DataError("a command needs at least its name")
    count = len(args)
    parts = [ARRAY_HEADERS[count] if count < SMALL_COUNT else b"*%d" % count]
    for arg in args:
        if type(arg) is str:
            arg = arg.encode("utf-8", "surrogateescape")
        elif type(arg) is not bytes:
            arg = encode_argument(arg)
        length = len(arg)
        parts.append(BULK_HEADERS[length] if length < SMALL_LENGTH else b"$%d" % length)
        parts.append(arg)
    parts.append(b"")
    # One join at the end copies a large value only once.
    return b"\r\n".join(parts)


def encode_paired_command(args):
    """encode_command for a command that must have exactly one reply; others raise DataError."""
    _refuse_unpaired(args)
    return encode_command(args)


def encode_commands(commands, encode_text=str.encode):
    """Return the request for several commands, each with exactly one reply. `encode_text` makes bytes of a
    str. Raises DataError."""
    openings, headers, small = _openings, BULK_HEADERS, SMALL_LENGTH
    parts = []
    for args in commands:
        try:
            parts.append(openings[args[0], len(args)])
        except (LookupError, TypeError):        # not seen yet; no name; a name that is no text
            parts.append(_opening(args))
        for arg in args[1:]:
            if type(arg) is str:
                arg = encode_text(arg)
            elif type(arg) is not bytes:
                arg = encode_argument(arg, encode_text)
            length = len(arg)
            parts.append(headers[length] if length < small else b"$%d" % length)
            parts.append(arg)
    parts.append(b"")
    return b"\r\n".join(parts)


def words_of(args, encode_text=str.encode):
    """The words of a command as they are sent, as a list of bytes: what `encode_commands` puts into a request."""
    _refuse_unpaired(args)
    return _name_words(args[0]) + [encode_argument(arg, encode_text) for arg in args[1:]]


def command_name(args):
    """The first of `args` for people: upper case, never long."""
    name = args[0] if args else ""
    if type(name) is not str:
        name = name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
    return name[:40].upper()


def encode_argument(arg, encode_text=None):
    """Return an argument of any type that Redis has as bytes; others raise DataError."""
    if isinstance(arg, str):
        return encode_text(arg) if encode_text is not None else arg.encode("utf-8", "surrogateescape")
    if isinstance(arg, int) and not isinstance(arg, bool):
        return b"%d" % arg
    if isinstance(arg, float):
        return repr(float(arg)).encode("ascii")
    if isinstance(arg, (bytes, bytearray, memoryview)):
        return bytes(arg)
    raise DataError(f"an argument must be bytes, str, int or float, not {type(arg).__name__}: {arg!r:.60}")


def _opening(args):
    _refuse_unpaired(args)
    words = _name_words(args[0])
    opening = encode_command(words)
    opening = b"*%d" % (len(words) + len(args) - 1) + opening[opening.index(b"\r\n"):-2]
    # With CLIENT the next word matters, too: it must be looked at every time.
    if words[0].upper() != b"CLIENT" and len(opening) < 80 and len(_openings) < OPENINGS_LIMIT:
        _openings[args[0], len(args)] = opening
    return opening


def _name_words(name):
    if not isinstance(name, (str, bytes)):
        raise DataError(f"the name of a command must be str or bytes, not {type(name).__name__}: {name!r:.60}")
    words = (name.encode("utf-8", "surrogateescape") if isinstance(name, str) else name).split(b" ")
    if b"" in words:
        raise DataError(f"the name of a command has words with one space between: {name!r:.60}")
    return words


def _refuse_unpaired(args):
    if not args:
        raise DataError("a command needs at least its name")
    words = command_name(args).split(" ")
    if words[0] == "CLIENT":
        words += [command_name((arg,)) for arg in args[1:3]]
    name = " ".join(words[:2]) if words[0] == "CLIENT" else words[0]
    if name in UNPAIRED_COMMANDS and words[2:] != ["ON"]:       # CLIENT REPLY ON is answered
        raise DataError(f"{name} is not answered by exactly one reply; to subscribe, use pubsub(), and monitor()")
