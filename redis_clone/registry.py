"""The command table: every command is declared once, at its handler.

    command = group("string")

    @command("GETRANGE", arity=4, flags="readonly", keys="1 RO ACCESS", since="2.4.0")
    def getrange(session, key, start, end):
        \"\"\"Returns a substring of the string stored at a key.\"\"\"

`arity`, `flags` and `keys` follow Redis' own convention (arity counts the name; -3 is "at least 3";
key specs as in `key_specs.py`), so that the table can be compared with COMMAND of a real server. The
docstring's first paragraph is the command's summary in COMMAND DOCS. "CONFIG|GET" declares a
subcommand; a container with no action of its own is made by ``command.container("CONFIG", ...)``.

The table is filled at import and never changes afterwards. An engine takes its own copies of the
records (`Command.copy`), because calls and times are counted per server.
"""
import inspect

from .errors import unknown_subcommand
from .key_specs import parse_key_specs

__all__ = ["Command", "TABLE", "group", "find", "tables_by_count", "NO_COMMANDS"]

# See `tables_by_count`: argument lists from some length on share a table, and the longest have none.
_MOST_COUNTED = 9
_TABLES = 256

TABLE = {}          # full name in upper case ("GET", "CONFIG|GET") -> Command


class Command:
    """One command, or one subcommand, or a container of subcommands.

    What the hot path reads comes first. `calls`, `seconds`, `rejected` and `failed` are the figures
    of INFO commandstats for the engine that owns this copy.
    """

    __slots__ = ("handler", "calls", "seconds", "rejected", "failed", "low", "high", "writes",
                 "name", "arity", "flags", "key_specs", "keys_text", "group", "since", "subcommands", "parent")

    def __init__(self, name, handler, arity, flags, keys, group, since):
        self.name = name
        self.handler = handler
        self.arity = arity
        self.flags = tuple(flags.split())
        self.writes = "write" in self.flags or "may_replicate" in self.flags
        self.low = abs(arity)                               # fewest and most items of argv, name included
        self.high = arity if arity > 0 else 1 << 30
        self.keys_text = keys
        self.key_specs = parse_key_specs(keys) if keys else ()
        self.group = group
        self.since = since
        self.subcommands = {}                               # upper-case bytes -> Command
        self.parent = None
        self.forget_figures()

    @property
    def summary(self):
        """The first paragraph of the handler's docstring on one line."""
        paragraph = inspect.cleandoc(self.handler.__doc__ or "").split("\n\n")[0]
        return " ".join(line.strip() for line in paragraph.splitlines())

    @property
    def shown_name(self):
        """The name as Redis prints it: lower case, subcommands as container|name."""
        return self.name.lower()

    def copy(self):
        """A copy with figures of its own, its subcommands copied too."""
        twin = object.__new__(Command)
        # Spelled out: a loop over the slots takes four times as long, and each engine copies all commands.
        twin.handler, twin.name, twin.arity, twin.flags = self.handler, self.name, self.arity, self.flags
        twin.calls, twin.seconds, twin.rejected, twin.failed = self.calls, self.seconds, self.rejected, self.failed
        twin.low, twin.high, twin.writes = self.low, self.high, self.writes
        twin.key_specs, twin.keys_text, twin.group, twin.since = self.key_specs, self.keys_text, self.group, self.since
        twin.subcommands, twin.parent = self.subcommands, self.parent
        if self.subcommands:
            twin.subcommands = {name: sub.copy() for name, sub in self.subcommands.items()}
            for sub in twin.subcommands.values():
                sub.parent = twin
        return twin

    def forget_figures(self):
        """Count from zero."""
        self.calls = self.rejected = self.failed = 0
        self.seconds = 0.0

    def __repr__(self):
        return f"<Command {self.name}>"


def group(group_name):
    """The decorator for the commands of one COMMAND DOCS group, e.g. ``command = group("list")``."""

    def command(name, *, arity, flags="", keys="", since):
        """Declare the decorated function as the handler of `name`; flags and key specs as Redis spells them."""

        def declare(handler):
            if name in TABLE:
                raise ValueError(f"{name} is declared twice")
            record = Command(name, handler, arity, flags, keys, group_name, since)
            container_name, _, sub = name.rpartition("|")
            if container_name:
                record.parent = TABLE[container_name]
                record.parent.subcommands[sub.encode()] = record
            _check_signature(record)
            TABLE[name] = record
            return handler

        return declare

    def container(name, summary, *, since, flags=""):
        """Declare a command that only holds subcommands; they are declared after it."""

        def refuse(session, *args):
            raise unknown_subcommand(name, args[0])

        refuse.__doc__ = summary
        command(name, arity=-2, flags=flags, since=since)(refuse)

    command.container = container
    return command


def _check_signature(record):
    """Refuse a handler that cannot be called with as many arguments as its arity allows."""
    words = 2 if record.parent else 1
    fewest = max(record.low - words, 0)
    for count in [fewest] if record.arity > 0 else [fewest, fewest + 100]:
        try:
            inspect.signature(record.handler).bind(None, *[b""] * count)
        except TypeError as reason:
            raise ValueError(f"{record.name}: {record.handler.__name__} does not fit arity "
                             f"{record.arity}: {reason}") from None


def tables_by_count(commands):
    """What the hot path looks commands up in: for each number of words a dict of those it may call at once.

    ``tables[len(argv)].get(argv[0])`` is a command whose arity fits, or None. Containers and protected commands
    are left out, and there are no tables for very many words: all these are always looked at closely.
    `commands` is as for `find`.
    """
    tables = [{} for _ in range(_MOST_COUNTED + 1)]
    for name, record in commands.items():
        if not record.subcommands and "protected" not in record.flags and record.low <= _MOST_COUNTED:
            last = _MOST_COUNTED if record.arity < 0 else min(record.high, _MOST_COUNTED - 1)
            for count in range(record.low, last + 1):
                tables[count][name] = record
    return tables + tables[-1:] * (_TABLES - len(tables))


def records_of(commands):
    """All records of a table, subcommands after their container, each once."""
    found = []
    for command in dict.fromkeys(commands.values()):
        found.append(command)
        found += command.subcommands.values()
    return found


NO_COMMANDS = [{}] * _TABLES                    # the tables of a session whose every command needs a closer look


def find(commands, argv):
    """The command that `argv` names, its subcommand where it has some, or None.

    `commands` maps names as bytes (upper case) to records. Returns ``(command, words)``: how many items
    of argv the name takes.
    """
    record = commands.get(argv[0]) or commands.get(argv[0].upper())
    if record is None or not record.subcommands or len(argv) < 2:
        return record, 1
    return record.subcommands.get(argv[1].upper()), 2
