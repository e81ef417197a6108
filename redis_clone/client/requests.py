"""Requests: commands as the bytes that go to the server.

Arguments are bytes, str (UTF-8; what could not be decoded in a reply goes back as it came), int or float.
Not bool or None, because Redis has neither, and every guess at what was meant is wrong for someone.
"""

__all__ = ["command_name", "encode_command", "encode_paired_command"]

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


def encode_command(args):
    """Return the request for the command `args`, its name first. Raises TypeError and ValueError."""
    if not args:
        raise ValueError("a command needs at least its name")
    count = len(args)
    parts = [ARRAY_HEADERS[count] if count < SMALL_COUNT else b"*%d" % count]
    for arg in args:
        if type(arg) is str:
            arg = arg.encode("utf-8", "surrogateescape")
        elif type(arg) is not bytes:
            arg = _encode_argument(arg)
        length = len(arg)
        parts.append(BULK_HEADERS[length] if length < SMALL_LENGTH else b"$%d" % length)
        parts.append(arg)
    parts.append(b"")
    # One join at the end copies a large value only once.
    return b"\r\n".join(parts)


def encode_paired_command(args):
    """encode_command for a command that must have exactly one reply; others raise ValueError."""
    name = command_name(args)
    if name == "CLIENT":
        name += " " + command_name(args[1:])
    if name in UNPAIRED_COMMANDS:
        raise ValueError(f"{name} is not answered by exactly one reply; to subscribe, use PubSub")
    return encode_command(args)


def command_name(args):
    """The first of `args` for people: upper case, never long."""
    name = args[0] if args else ""
    if type(name) is not str:
        name = name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
    return name[:40].upper()


def _encode_argument(arg):
    if isinstance(arg, str):
        return arg.encode("utf-8", "surrogateescape")
    if isinstance(arg, int) and not isinstance(arg, bool):
        return b"%d" % arg
    if isinstance(arg, float):
        return repr(float(arg)).encode("ascii")
    if isinstance(arg, (bytes, bytearray, memoryview)):
        return bytes(arg)
    raise TypeError(f"an argument must be bytes, str, int or float, not {type(arg).__name__}: {arg!r:.60}")
