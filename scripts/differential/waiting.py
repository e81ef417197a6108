"""Clients that wait in a blocking command.

Whether a client is blocked is asked of the servers themselves (the flag b in CLIENT LIST), so nothing here
depends on how fast a server is: a step goes on when the client is blocked on both servers or has its
reply. A server that says "served" and never sends the reply, or the other way round, shows a difference.
"""

import re

from .judge import Difference
from .player import Failure, read_reply
from .wire import LinkError

POLLS = 400                         # how often a server is asked before its answer counts
_FLAGS = re.compile(rb" flags=(\S+)")


def start_waiting(judge, servers, player, argv, place):
    """Send a command that may block; return the Difference or None."""
    player.find_ids()
    player.send([argv])
    states = [_reply_or_blocked(servers, player, side) for side in (0, 1)]
    if states == [None, None]:
        player.waiting = argv
        judge.note(argv, [b"", b""])
        return None
    replies = [Failure("blocked") if state is None else state for state in states]
    return None if judge.compare(player, argv, replies) else Difference(place, argv, replies)


def compare_served(judge, servers, player, place):
    """Compare what a waiting client got, if it is served by now; return the Difference or None."""
    if all(_is_blocked(servers, player, side) for side in (0, 1)):
        return None
    argv, player.waiting = player.waiting, None
    replies = [_served_reply(servers, player, side) for side in (0, 1)]
    return None if judge.compare(player, argv, replies) else Difference(place, argv, replies)


def wake(servers, player):
    """Let a client that still waits at the end of a sequence go."""
    player.waiting = None
    for side, server in enumerate(servers):
        try:
            server.call(b"CLIENT", b"UNBLOCK", player.ids[side])
            player.links[side].read_reply()
        except LinkError:
            pass                    # what follows will meet the same server


def _reply_or_blocked(servers, player, side):
    """Return the reply that came at once, or None when the server says that the client is blocked."""
    link = player.links[side]
    for _ in range(POLLS):
        blocked = _is_blocked(servers, player, side)
        if link.has_reply():
            return read_reply(link)
        if blocked:
            return None
    return Failure("silent")


def _served_reply(servers, player, side):
    """Return the reply of a client that is served, or will be in a moment as on the other server."""
    link = player.links[side]
    for _ in range(POLLS):
        if link.has_reply() or not _is_blocked(servers, player, side):
            return read_reply(link)
    return Failure("blocked")


def _is_blocked(servers, player, side):
    try:
        lines = servers[side].call(b"CLIENT", b"LIST", b"ID", player.ids[side])[1] or b""
    except LinkError:
        return False
    match = _FLAGS.search(lines)
    return match is not None and b"b" in match.group(1)
