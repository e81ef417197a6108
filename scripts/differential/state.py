"""Compares the whole state of both servers after a sequence.

DEBUG DIGEST covers everything in every database; key by key, what it cannot tell is asked as well
(encodings, when a key runs out). Where digests differ the values themselves are compared, since they say
more to the reader of a difference.
"""

from .judge import Difference
from .player import Player
from .wire import parse

# SCAN deletes the keys that have run out. When else that happens is no part of the state.
OVERALL = ((b"SCAN", b"0", b"COUNT", b"100000"), (b"KEYS", b"*"), (b"DBSIZE",), (b"DEBUG", b"DIGEST"))
CONTENTS = {b"string": (b"GET",), b"list": (b"LRANGE", b"0", b"-1"), b"set": (b"SMEMBERS",),
            b"hash": (b"HGETALL",), b"zset": (b"ZRANGE", b"0", b"-1", b"WITHSCORES")}


def compare_state(judge, servers):
    """Return the Difference between the states, or None."""
    control = Player([server.control for server in servers])
    sides = control.exchange(OVERALL)
    overall = _first_difference(judge, control, OVERALL, sides)
    if overall and overall.argv != OVERALL[-1]:
        return overall
    keys = _elements(sides[0][1])
    difference = _compare(judge, control, [check for key in keys for check in _questions(key)])
    if difference is None and sides[0][-1] != sides[1][-1]:
        difference = _compare_contents(judge, control, keys)
    return difference or (None if _lacks_digest(sides) else overall)


def _lacks_digest(sides):
    """Return whether a server does not know DEBUG DIGEST (a young one, or one that was not told to)."""
    return any(isinstance(side[-1], bytes) and side[-1][:1] == b"-" for side in sides)


def _questions(key):
    return (b"TYPE", key), (b"OBJECT", b"ENCODING", key), (b"PEXPIRETIME", key)


def _compare_contents(judge, control, keys):
    types = control.exchange([(b"TYPE", key) for key in keys])[0] if keys else []
    commands = []
    digests = not _lacks_digest(control.exchange(OVERALL))
    for key, kind in zip(keys, types):
        question = CONTENTS.get(kind[1:-2], (b"TYPE",))
        commands.append(question[:1] + (key,) + question[1:])
        if digests:
            commands.append((b"DEBUG", b"DIGEST-VALUE", key))
    return _compare(judge, control, commands)


def _compare(judge, control, commands):
    return _first_difference(judge, control, commands, control.exchange(commands)) if commands else None


def _first_difference(judge, control, commands, sides):
    for argv, *replies in zip(commands, *sides):
        if replies[0] != replies[1] and not judge.same_meaning(control, argv, replies):
            return Difference(None, argv, replies)
    return None


def _elements(reply):
    tree = parse(reply) if isinstance(reply, bytes) else ("-", None)
    return sorted(item[1] for item in tree[1]) if isinstance(tree[1], list) else []
