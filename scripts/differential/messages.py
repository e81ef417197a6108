"""Clients that get messages, or replies in another number than they sent commands.

Such a client is played one command at a time. A PING with a token marks where everything that the command
brought ends; the same PING, after a step of another client, shows which messages came. Within MULTI the
PING would be queued, so there each command is taken to bring one reply, besides pushes.
"""

import itertools

from .judge import Difference
from .player import TRANSACTION_ENDS, Failure, read_reply
from .steps import names_of

UNUSUAL = frozenset({"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE",
                     "CLIENT|REPLY", "DEBUG|PROTOCOL"})
MESSAGES = (b"(messages)",)             # stands for the command when messages of others differ

_tokens = itertools.count(1)            # any number will do, as long as no two are the same


def needs_care(one):
    """Return whether a step makes its client one that gets messages."""
    return any(names_of(argv) in UNUSUAL for argv in one.commands)


def play_carefully(judge, player, one, place):
    """Play one step command by command; return the Difference or None."""
    commands = list(one.commands)
    player.before = None
    while commands and not player.gone:
        # What CLIENT REPLY silences cannot be told apart: the rest of the step is one answer.
        group = commands if _silences(commands[0]) else commands[:1]
        commands = commands[len(group):]
        sides = _exchange(player, group)
        if not _judged(judge, player, group, sides):
            return Difference(place, group[0], sides)
    return None


def compare_messages(judge, player, place):
    """Compare what came to the client since it was last read; return the Difference or None."""
    sides = _exchange(player, [])
    if any(side and isinstance(side[-1], Failure) for side in sides):
        player.gone = True
    return None if judge.same_events(player, MESSAGES, sides) else Difference(place, MESSAGES, sides)


def _judged(judge, player, group, sides):
    argv = group[0]
    same = judge.same_events(player, argv, sides)
    first = sides[0][0] if sides[0] else b""
    for sent in group:
        judge.note(sent, [first, sides[1][0] if sides[1] else b""])
    if sides[0] and isinstance(sides[0][-1], Failure):
        player.gone = True
    else:
        player.follow(argv, first)
    single = len(sides[0]) == len(sides[1]) == 1
    player.before = (argv, [sides[0][0], sides[1][0]]) if single else None
    return same


def _exchange(player, group):
    """Return for each server the list of everything that came up to the end of the answer."""
    name = names_of(group[0]) if group else ""
    without_token = name == "MULTI" or (player.in_multi and name not in TRANSACTION_ENDS)
    token = None if without_token else b"token-%d" % next(_tokens)
    player.send(list(group) + _closing_words(group, token))
    # Where sending failed, reading shows what was answered before, then the failure.
    return [_events_until(link, token) for link in player.links]


def _silences(argv):
    return names_of(argv) == "CLIENT|REPLY" and len(argv) == 3 and argv[2].upper() in (b"OFF", b"SKIP")


def _closing_words(group, token):
    """Return what makes the end of the answer visible: replies on again, then a PING with the token."""
    if token is None:
        return []
    words = []
    if group and _silences(group[0]):
        skips = _silences(group[-1]) and group[-1][2].upper() == b"SKIP"
        words.append((b"PING",) if skips else (b"CLIENT", b"REPLY", b"ON"))
    return words + [(b"PING", token)]


def _events_until(link, token):
    """Return everything before the token's reply; without a token, up to the first that is no push."""
    events = []
    while True:
        event = read_reply(link)
        if token is not None and isinstance(event, bytes) and event.endswith(token + b"\r\n"):
            return events
        events.append(event)
        if isinstance(event, Failure) or (token is None and event[:1] != b">"):
            return events
