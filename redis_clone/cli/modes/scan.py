"""--scan: the names of all keys, one a line; --pattern, --quoted-pattern and --count narrow the walk.

`pages` is the walk over the keys that --bigkeys, --memkeys and --hotkeys take, too.
"""
import time

from ...client import ReplyError
from ..arguments import STANDARD
from ..formats import format_reply
from .asking import ModeFailed, ask

__all__ = ["key_count", "pages", "quoted", "run"]


def run(connection, options, out, clock=time):
    """Print all keys, in quotes on a terminal."""
    readable = (options.output or (STANDARD if out.is_terminal else None)) == STANDARD
    for keys in pages(connection, options, clock=clock):
        out.write(b"".join([format_reply(key, STANDARD) if readable else key + b"\n" for key in keys]))
        out.flush()
    return 0


def pages(connection, options, pause_every=1, clock=time):
    """Yield the keys in lists, one for each SCAN. Pauses for `options.interval_s` after `pause_every` of them."""
    narrowing = []
    if options.pattern is not None:
        narrowing += ["MATCH", options.pattern]
    if options.count is not None:
        narrowing += ["COUNT", options.count]
    cursor, number = b"0", 0
    while True:
        cursor, keys = _scan(connection, cursor, narrowing)
        yield keys
        number += 1
        if options.interval_s and number % pause_every == 0:
            clock.sleep(options.interval_s)
        if cursor == b"0":
            return


def _scan(connection, cursor, narrowing):
    """Return the next cursor and the keys of one SCAN."""
    reply = ask(connection, "SCAN", cursor, *narrowing)
    if isinstance(reply, ReplyError):
        raise ModeFailed(f"SCAN error: {reply}")
    if type(reply) is not list:
        raise ModeFailed("Non ARRAY response from SCAN!")
    if len(reply) != 2:
        raise ModeFailed("Invalid element count from SCAN!")
    cursor, keys = reply
    if type(cursor) is not bytes or type(keys) is not list or set(map(type, keys)) - {bytes}:
        raise ModeFailed("Invalid element types from SCAN!")
    return cursor, keys


def quoted(key):
    """Return a key as text in quotes."""
    return format_reply(key, STANDARD)[:-1].decode("ascii")


def key_count(connection):
    """Return how many keys there are."""
    reply = ask(connection, "DBSIZE")
    if isinstance(reply, ReplyError):
        raise ModeFailed(f"Couldn't determine DBSIZE: {reply}")
    if type(reply) is not int:
        raise ModeFailed("Non INTEGER response from DBSIZE!")
    return reply
