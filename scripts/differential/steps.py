"""A step of a sequence, and its readable form.

A sequence is a list of steps. A step belongs to one client (a short name; it connects at its first
step) and holds commands that stay together when a sequence is shrunk. The readable form is what is
printed for a difference, and `read_steps` takes it back from a file:

    A> SET key "a value"                 a command of client A
    A> SMEMBERS s ; SRANDMEMBER s 2      one step with two commands
    A waits> BLPOP list 0                sent without waiting for the reply
    A raw> "*1\r\n$4\r\nPI" "NG\r\n"     bytes as they are, in pieces, on a connection of their own

Some arguments differ from server to server and are written as placeholders: {id:A} is client A's id,
{cursor} makes the command run as a complete scan, {dump} is what the other server last answered to a DUMP.
"""

import re
from collections import namedtuple

COMMANDS = "commands"
WAITS = "waits"
RAW = "raw"

CURSOR = b"{cursor}"
DUMP = b"{dump}"
ID_OF = re.compile(rb"\{id:(\w+)\}\Z")
LONGEST_SHOWN = 400

CONTAINERS = frozenset({"ACL", "CLIENT", "COMMAND", "CONFIG", "DEBUG", "FUNCTION", "LATENCY", "MEMORY",
                        "OBJECT", "PUBSUB", "SCRIPT", "SLOWLOG", "XGROUP", "XINFO"})

Step = namedtuple("Step", "client commands kind")

_PLAIN = re.compile(rb"[!#-&(-:<-\[\]-~]+\Z")       # printable, but no blank, quote, semicolon or backslash
_ESCAPES = {0x0a: "\\n", 0x0d: "\\r", 0x09: "\\t", 0x07: "\\a", 0x08: "\\b", 0x22: '\\"', 0x5c: "\\\\"}
_UNESCAPES = {"n": 10, "r": 13, "t": 9, "a": 7, "b": 8}
_HEADER = re.compile(r"(\w+)(?: (waits|raw))?> ?(.*)")
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s;"]+)|(;)|(\s+)')
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|(.))")


def step(client, *commands):
    """Return a step of ordinary commands, each written as a tuple of arguments."""
    return Step(client, tuple(commands), COMMANDS)


def waiting(client, command):
    """Return a step whose command may block: the sequence goes on without its reply."""
    return Step(client, (command,), WAITS)


def raw(client, *pieces):
    """Return a step that sends these bytes, piece by piece, and reads until the server closes."""
    return Step(client, tuple((piece,) for piece in pieces), RAW)


def quote(argument, longest=LONGEST_SHOWN):
    """Return an argument as redis-cli would take it; long ones are cut with a note."""
    cut = ""
    if len(argument) > longest:
        cut = "...<%d bytes>" % len(argument)
        argument = argument[:longest // 4]
    if _PLAIN.match(argument) and not cut:
        return argument.decode()
    return '"%s"%s' % ("".join(map(_escape, argument)), cut)


def _escape(byte):
    if byte in _ESCAPES:
        return _ESCAPES[byte]
    return chr(byte) if 0x20 <= byte < 0x7f else "\\x%02x" % byte


def show_command(argv, longest=LONGEST_SHOWN):
    return " ".join(quote(argument, longest) for argument in argv)


def show_step(one, longest=LONGEST_SHOWN):
    """Return the readable form of a step."""
    header = one.client if one.kind == COMMANDS else "%s %s" % (one.client, one.kind)
    separator = " " if one.kind == RAW else " ; "
    return "%s> %s" % (header, separator.join(show_command(argv, longest) for argv in one.commands))


def read_steps(text):
    """Return the steps of a text in the readable form; blank lines and lines with # are skipped."""
    steps = []
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        match = _HEADER.match(line)
        if match is None:
            raise ValueError("not a step (client> COMMAND ...): %s" % line)
        client, kind, rest = match.groups()
        steps.append(Step(client, _read_commands(rest, kind), kind or COMMANDS))
    return steps


def _read_commands(text, kind):
    commands = [[]]
    position = 0
    while position < len(text):
        match = _WORD.match(text, position)
        if match is None:
            raise ValueError("unbalanced quotes: %s" % text)
        quoted, plain, semicolon, _ = match.groups()
        if semicolon:
            commands.append([])
        elif quoted is not None:
            commands[-1].append(_unescape(quoted))
        elif plain is not None:
            commands[-1].append(plain.encode("utf-8"))
        position = match.end()
    if kind == RAW:
        return tuple((piece,) for piece in commands[0])
    return tuple(tuple(argv) for argv in commands if argv)


def _unescape(text):
    def replace(match):
        digits, letter = match.groups()
        return chr(int(digits, 16)) if digits else chr(_UNESCAPES.get(letter, ord(letter)))
    return _ESCAPE.sub(replace, text).encode("latin-1")


def names_of(argv):
    """Return the command's name in upper case, with the subcommand for containers: CLIENT|ID."""
    name = argv[0].decode("latin-1").upper()
    if name in CONTAINERS and len(argv) > 1:
        return "%s|%s" % (name, argv[1].decode("latin-1").upper())
    return name
