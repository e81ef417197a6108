"""Compares the whole state of both servers after a sequence.

Every database is compared key by key: type, encoding, when the key runs out, its digest, and the value itself,
in any order where it has none. DEBUG DIGEST then covers all of it once more.
"""

import re

from .judge import Difference
from .player import Failure, Player
from .wire import parse

# SCAN deletes the keys that have run out. When else that happens is no part of the state.
OVERALL = ((b"SCAN", b"0", b"COUNT", b"100000"), (b"KEYS", b"*"), (b"DBSIZE",))
DATABASES = (b"INFO", b"keyspace")
DIGEST = (b"DEBUG", b"DIGEST")
CONTENTS = {b"string": (b"GET",), b"list": (b"LRANGE", b"0", b"-1"), b"set": (b"SMEMBERS",),
            b"hash": (b"HGETALL",), b"zset": (b"ZRANGE", b"0", b"-1", b"WITHSCORES"),
            b"stream": (b"XRANGE", b"-", b"+")}
_DATABASE = re.compile(rb"^db(\d+):", re.MULTILINE)


def compare_state(judge, servers):
    """Return the Difference between the states, or None."""
    control = Player([server.control for server in servers])
    sides = control.exchange([DATABASES, DIGEST])
    if any(isinstance(reply, Failure) for side in sides for reply in side):
        return Difference(None, DATABASES, [side[0] for side in sides])
    has_digest = all(side[1][:1] == b"+" for side in sides)
    numbers = {number for side in sides for number in _DATABASE.findall(side[0])}
    for number in sorted(numbers | {b"0"}, key=int):
        difference = _compare_database(judge, control, number, has_digest)
        if difference:
            return difference
    return _compare(judge, control, [DIGEST]) if has_digest else None


def _compare_database(judge, control, number, has_digest):
    """Return the Difference in one database, or None; its keys are questioned in one exchange."""
    commands = ((b"SELECT", number),) + OVERALL
    sides = control.exchange(commands)
    difference = _first_difference(judge, control, commands, sides)
    if difference:
        return difference
    keys = _elements(sides[0][2])
    kinds = control.exchange([(b"TYPE", key) for key in keys])[0] if keys else []
    questions = [_questions(key, kind[1:-2], has_digest) for key, kind in zip(keys, kinds)]
    return _compare(judge, control, [argv for of_key in questions for argv in of_key])


def _questions(key, kind, has_digest):
    """Return the commands to ask about a key; the first one confirms its type for both sides."""
    yield b"TYPE", key
    yield b"OBJECT", b"ENCODING", key
    yield b"PEXPIRETIME", key
    if kind in CONTENTS:
        question = CONTENTS[kind]
        yield question[:1] + (key,) + question[1:]
    if has_digest:
        yield b"DEBUG", b"DIGEST-VALUE", key


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
