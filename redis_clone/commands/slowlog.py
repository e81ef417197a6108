"""SLOWLOG: which commands took long."""
from ..args import INT64_MAX, parse_range_int
from ..errors import SubcommandSyntaxError
from ..registry import group

command = group("server")
command.container("SLOWLOG", "A container for slow log commands.", since="2.2.12")

_DEFAULT_COUNT = 10


@command("SLOWLOG|GET", arity=-2, flags="admin loading stale", since="2.2.12")
def slowlog_get(session, *args):
    """Returns the slow log's entries."""
    entries = session.engine.slowlog.entries
    if len(args) > 1:
        raise SubcommandSyntaxError
    count = _DEFAULT_COUNT
    if args:
        count = parse_range_int(args[0], -1, INT64_MAX, "ERR count should be greater than or equal to -1")
    shown = list(entries) if count == -1 else list(entries)[:count]
    return [[entry.id, entry.time_s, entry.elapsed_us, list(entry.argv), entry.address.encode(), entry.name]
            for entry in shown]


@command("SLOWLOG|LEN", arity=2, flags="admin loading stale", since="2.2.12")
def slowlog_len(session):
    """Returns the number of entries in the slow log."""
    return len(session.engine.slowlog.entries)


@command("SLOWLOG|RESET", arity=2, flags="admin loading stale", since="2.2.12")
def slowlog_reset(session):
    """Clears all entries from the slow log."""
    session.engine.slowlog.entries.clear()
    return "OK"


@command("SLOWLOG|HELP", arity=2, flags="loading stale", since="6.2.0")
def slowlog_help(session):
    """Show helpful text about the different subcommands"""
    return [
        "SLOWLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "GET [<count>]",
        "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
        "    Entries are made of:",
        "    id, timestamp, time in microseconds, arguments array, client IP and port,",
        "    client name",
        "LEN",
        "    Return the length of the slowlog.",
        "RESET",
        "    Reset the slowlog.",
        "HELP",
        "    Print this help.",
    ]
