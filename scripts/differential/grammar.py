"""The small language in which a command's arguments are written, and what is made of it.

    SET key value [NX|XX] [GET] [EX seconds|PX milliseconds|KEEPTTL]
    ZADD key [NX|XX] [CH] (score member)...

A word in capitals or quotes stands for itself, another one is a kind of argument (arguments.py makes the
value), [..] may be left out, (..) groups, | separates alternatives, ... repeats what is before it. Where
several [..] follow each other the order is free, as in most of Redis' options.

`variants` does on purpose what the grammar forbids: arguments dropped, added, repeated, swapped, unknown.
"""

import re

_TOKEN = re.compile(r"'[^']*'|\.\.\.|[\[\]()|]|[^\s\[\]()|.]+")
_CLOSING = {"[": "]", "(": ")"}
MOST_REPEATS = 4
UNKNOWN_OPTIONS = (b"FOO", b"", b"\xff", b"-1", b"NX", b"GET", b"LIMIT", b"WITHSCORES", b"COUNT", b"REV")


def synopses(text):
    """Return the synopses in a text, one for each line."""
    return tuple(Synopsis(line) for line in text.strip().splitlines())


class Synopsis:
    """One command's name and the shape of its arguments."""

    def __init__(self, text):
        name, _, rest = text.strip().partition(" ")
        self.name = name.upper()
        self.words = [word.encode() for word in self.name.split("|")]
        tokens = _TOKEN.findall(rest)
        self.alternatives = _alternatives(tokens, None)

    def make(self, source, option_chance=0.35, shuffle=True):
        """Return a complete argument list; `source` chooses (see arguments.Arguments)."""
        maker = _Maker(source, option_chance, shuffle)
        maker.add_one_of(self.alternatives)
        return self.words + maker.result


def _alternatives(tokens, closing):
    """Consume tokens up to `closing`; return a list of alternatives, each a list of nodes."""
    alternatives = [[]]
    while tokens:
        token = tokens.pop(0)
        nodes = alternatives[-1]
        if token == closing:
            return alternatives
        if token in _CLOSING.values():
            raise ValueError("unexpected %s" % token)
        if token in _CLOSING:
            nodes.append(("optional" if token == "[" else "group", _alternatives(tokens, _CLOSING[token])))
        elif token == "|":
            alternatives.append([])
        elif token == "...":
            nodes.append(("repeat", nodes.pop()))
        elif token[0] == "'":
            nodes.append(("literal", token[1:-1].encode()))
        elif token == token.upper():
            nodes.append(("literal", token.encode()))
        else:
            nodes.append(("argument", token))
    if closing is not None:
        raise ValueError("missing %s" % closing)
    return alternatives


class _Maker:
    """One walk through a synopsis."""

    def __init__(self, source, option_chance, shuffle):
        self.result = []
        self._source = source
        self._random = source.random
        self._option_chance = option_chance
        self._shuffle = shuffle

    def add_one_of(self, alternatives):
        nodes = self._random.choice(alternatives) if len(alternatives) > 1 else alternatives[0]
        for node in self._ordered(nodes):
            self._add(node)

    def _ordered(self, nodes):
        """Return the nodes with each run of neighbouring options in any order."""
        if not self._shuffle:
            return nodes
        ordered, options = [], []
        for node in nodes:
            if node[0] == "optional":
                options.append(node)
                continue
            ordered += self._random.sample(options, len(options))
            options = []
            ordered.append(node)
        return ordered + self._random.sample(options, len(options))

    def _add(self, node):
        what, detail = node
        if what == "literal":
            self.result.append(detail)
        elif what == "argument":
            self.result += self._source.make(detail)
        elif what == "repeat":
            for _ in range(self._random.choice((1, 1, 1, 2, 2, 3, MOST_REPEATS))):
                self._add(detail)
        elif what == "group" or self._random.random() < self._option_chance:
            self.add_one_of(detail)


def variants(synopsis, source):
    """Return an argument list that is probably wrong in one way."""
    way = source.random.randrange(8)
    if way < 2:
        with source.odd_values(0.5):
            return synopsis.make(source)
    if way == 2:                        # many options, contradictory ones among them
        argv = synopsis.make(source, option_chance=0.9)
        extra = synopsis.make(source, option_chance=0.9)
        return argv + extra[-source.random.randint(1, 3):]
    argv = synopsis.make(source)
    first = len(synopsis.words)
    return _damaged(argv, first, way, source.random)


def _damaged(argv, first, way, random):
    place = random.randint(first, len(argv))
    if way == 3:
        return argv[:max(place, 1)]
    if way == 4:
        return argv + [random.choice(UNKNOWN_OPTIONS) for _ in range(random.randint(1, 3))]
    if way == 5:
        return argv[:place] + [random.choice(UNKNOWN_OPTIONS)] + argv[place:]
    if len(argv) - first < 2:
        return argv + argv[first:]
    one, other = random.sample(range(first, len(argv)), 2)
    if way == 6:
        argv[one], argv[other] = argv[other], argv[one]
    else:
        argv.insert(one, argv[other])
    return argv
