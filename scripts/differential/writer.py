"""Writes single commands for a sequence, valid ones and ones that are made wrong on purpose.

About three quarters of the commands are meant to be valid. Nothing is written that would keep a server
waiting, stop it, or make it allocate for long (`takes_long`).
"""

from .arguments import LEX_KEYS, NO_LEX_KEY, Arguments
from .grammar import variants
from .steps import CURSOR, names_of, step
from .synopses import DATA_GROUPS

ODD_COMMANDS = 0.22             # the part of commands made wrong on purpose
LONGEST_WAIT_S = 0.05
MOST_PICKS = 10000
MOST_BYTES = 1000000
LEAST_MEMORY = 500000000
# Times to live, in the units of these commands and options, that a sequence does not outlast.
SHORTEST_TTL = dict.fromkeys((b"EX", b"EXPIRE", b"SETEX"), 60)
SHORTEST_TTL.update(dict.fromkeys((b"PX", b"PEXPIRE", b"PSETEX"), 60000))
# Where the timeout of a blocking command is.
BLOCKING = {"BLPOP": -1, "BRPOP": -1, "BLMOVE": -1, "BRPOPLPUSH": -1, "BLMPOP": 1, "BZPOPMIN": -1,
            "BZPOPMAX": -1, "BZMPOP": 1}
# What to ask right before a command, so that its reply can be judged (see equivalence.py).
LISTINGS = frozenset({"SMEMBERS", "HGETALL", "HKEYS", "HVALS", "SSCAN", "HSCAN", "ZSCAN"})
CONTENTS = {"SRANDMEMBER": (b"SMEMBERS",), "SPOP": (b"SMEMBERS",), "HRANDFIELD": (b"HGETALL",),
            "ZRANDMEMBER": (b"ZRANGE", b"0", b"-1", b"WITHSCORES")}
LEX_COMMANDS = frozenset({"ZLEXCOUNT", "ZRANGEBYLEX", "ZREVRANGEBYLEX", "ZREMRANGEBYLEX"})
UNKNOWN = (b"NOSUCHCOMMAND", b"", b"GETT", b"\xff\xfe", b"set\r\n", b"OBJECTX", b"CLIENT|ID", b"x" * 200)
UNKNOWN_SUBCOMMANDS = (b"NOSUCH", b"", b"HELP", b"help", b"\xff", b"x" * 200)


class Writer:
    """Writes commands for one sequence; what the scenarios work with."""

    def __init__(self, random, groups, catalogue, unknown=()):
        self.random = random
        self.groups = groups
        self._catalogue = catalogue
        self._names = [name for name in catalogue.by_name if name not in unknown]
        self._arguments = Arguments(random, special={"command": self._inner_command,
                                                     "command_name": self._command_name})
        data = [group for group in DATA_GROUPS if group in groups]
        width = min(len(data), random.choice((1, 1, 2, 6)))
        self.theme = random.sample(data, width) if data else list(groups)

    def key(self, group=None):
        return self._arguments.key(group)

    def command(self, group=None):
        """Return one command's argument list, of the group or of the sequence's theme."""
        while True:
            argv = self._command(group or self._a_group())
            if argv and not takes_long(argv) and is_defined(argv):
                return argv

    def one_of(self, synopses, group="generic"):
        """Return a command made from one of the synopses, its keys mostly of the group's type."""
        return tuple(self.random.choice(synopses).make(self._for(group)))

    def valid_step(self, client, group):
        """Return a step with a command of the group that is not made wrong on purpose."""
        while True:
            argv = self._synopsis(group).make(self._for(group))
            if not takes_long(argv) and is_defined(argv):
                return step(client, *with_context(tuple(argv)))

    def step(self, client, group=None, in_multi=False):
        """Return a step with one command, and with what has to be asked before and done after it."""
        argv = self.command(group)
        if in_multi:
            argv = tuple(b"0" if argument == CURSOR else argument for argument in argv)
        return step(client, *with_context(argv))

    def _a_group(self):
        others = [group for group in self.groups if group not in self.theme]
        if others and self.random.random() < 0.22:
            return self.random.choice(others)
        return self.random.choice(self.theme)

    def _synopsis(self, group):
        entries = self.groups[group]
        synopses, weights = zip(*entries)
        return self.random.choices(synopses, weights)[0]

    def _for(self, group):
        self._arguments.group = group
        return self._arguments

    def _command(self, group):
        synopsis = self._synopsis(group)
        source = self._for(group)
        chance = self.random.random()
        if chance < 0.003:
            argv = [self.random.choice(UNKNOWN)] + synopsis.make(source)[1:]
        elif chance < 0.006 and len(synopsis.words) > 1:
            argv = [synopsis.words[0], self.random.choice(UNKNOWN_SUBCOMMANDS)] + synopsis.make(source)[2:]
        elif chance < ODD_COMMANDS:
            argv = variants(synopsis, source)
        else:
            argv = synopsis.make(source)
        return tuple(self._in_some_case(argv))

    def _in_some_case(self, argv):
        """Now and then write the name and the options in small letters."""
        if self.random.random() > 0.15:
            return argv
        change = self.random.choice((bytes.lower, bytes.title))
        return [change(word) if word.isalpha() and word.isupper() else word for word in argv]

    def _inner_command(self):
        """Return a whole command as the arguments of COMMAND GETKEYS."""
        name = self.random.choice(self._names)
        if name.startswith("COMMAND"):
            return [b"GET", b"k"]
        group, synopsis = self.random.choice(self._catalogue.by_name[name])
        return synopsis.make(self._for(group))

    def _command_name(self):
        name = self.random.choice(self._names).encode()
        return [self.random.choice((name, name.lower(), name.partition(b"|")[0]))]


def with_context(argv):
    """Return the commands of a step: one, or with it what its reply is judged by (see equivalence.py)."""
    name = names_of(argv)
    if name == "RANDOMKEY":
        # RANDOMKEY deletes the keys that have run out when it comes upon them; SCAN deletes all of them.
        return [(b"SCAN", b"0", b"COUNT", b"10000"), (b"KEYS", b"*"), argv]
    if len(argv) < 2:
        return [argv]
    key = argv[1]
    if name in LISTINGS:
        return [(b"OBJECT", b"ENCODING", key), argv]
    if name not in CONTENTS:
        return [argv]
    question = CONTENTS[name]
    commands = [question[:1] + (key,) + question[1:], argv]
    # What is left after a random pop differs, so nothing may be left.
    return commands + [(b"DEL", key)] if name == "SPOP" else commands


def takes_long(argv):
    """Return whether a server might wait, stop or allocate for long over the command."""
    name = names_of(argv)
    if name in BLOCKING:
        return _waits_long(argv[BLOCKING[name]] if len(argv) > 1 else b"")
    if name in ("WAIT", "WAITAOF"):
        return argv[-1] == b"0" or _integer(argv[-1]) > 10
    if name in CONTENTS and len(argv) > 2:
        return -2 ** 63 < _integer(argv[2]) < -MOST_PICKS      # Redis refuses only the lowest
    if name in ("XREAD", "XREADGROUP"):
        return _blocks_long(argv)
    if name == "SETBIT" and len(argv) > 2:
        return MOST_BYTES < _integer(argv[2]) // 8 < 2 ** 29
    if name == "BITFIELD":
        return any(MOST_BYTES < _integer(word.lstrip(b"#")) // 8 < 2 ** 29 for word in argv[2:]
                   ) or any(word.startswith(b"#") and _integer(word[1:]) > MOST_BYTES for word in argv[2:])
    if name == "SETRANGE" and len(argv) > 2:
        return MOST_BYTES < _integer(argv[2]) < 2 ** 29        # beyond that Redis refuses
    if name == "CLIENT|PAUSE" and len(argv) > 2:
        return _integer(argv[2]) > 5
    return False


def is_defined(argv):
    """Return whether Redis defines what the command does.

    What is ordered by name must have equal scores, so the keys for that (LEX_KEYS) take part in no command
    that could give them other scores, and no other key in an order by name.
    """
    name = names_of(argv)
    if name == "CONFIG|SET" and _limits_memory(argv):
        return False                    # which commands are refused depends on how much a server takes
    if _runs_out_soon(name, argv):
        return False                    # the scenario that waits for it has steps of its own
    if name == "LSET" and len(argv) > 2 and abs(_integer(argv[2])) >= 2 ** 31:
        return False                    # Redis 7.2 looks at 32 bits of the index only when the list is small
    if name in ("SORT", "SORT_RO") and _is_sorted_by_nothing(argv):
        return not {b"STORE", b"LIMIT"} & set(map(bytes.upper, argv))      # a set has no order of its own
    if name.startswith("COMMAND|GETKEYS") and b"SYNC" in argv:
        return False                    # a word of FLUSHALL, but a command of replication as well
    has_lex_key = any(key in argv for key in LEX_KEYS)
    if name == "ZADD" and has_lex_key:
        return all(score == b"0" for score in argv[2::2]) and not len(argv) % 2
    if name == "ZRANGESTORE" and len(argv) > 2:
        return argv[1] not in LEX_KEYS and (argv[2] in LEX_KEYS or b"BYLEX" not in map(bytes.upper, argv))
    if name in LEX_COMMANDS or name == "ZRANGE" and b"BYLEX" in map(bytes.upper, argv):
        return len(argv) < 2 or argv[1] in LEX_KEYS or argv[1] == NO_LEX_KEY
    return not has_lex_key or name == "ZRANGE"


def _is_sorted_by_nothing(argv):
    """Return whether a SORT leaves the elements in their own order: BY a pattern that names no keys."""
    words = [word.upper() for word in argv]
    return any(word == b"BY" and b"*" not in pattern for word, pattern in zip(words[2:], argv[3:]))


def _blocks_long(argv):
    """Return whether XREAD or XREADGROUP is asked to wait without end, or for long."""
    words = [word.upper() for word in argv]
    return any(word == b"BLOCK" and (_integer(following) > 20 or following in (b"0", b"-0", b"00", b"+0"))
               for word, following in zip(words, argv[1:]))


def _runs_out_soon(name, argv):
    """Return whether a key gets so short a time to live that a sequence may outlast it."""
    words = [word.upper() for word in argv]
    spans = [(following, SHORTEST_TTL[word]) for word, following in zip(words[2:], argv[3:])
             if word in SHORTEST_TTL]
    if name.encode() in SHORTEST_TTL:
        spans += [(argument, SHORTEST_TTL[name.encode()]) for argument in argv[2:3]]
    return any(0 < _integer(span) < shortest for span, shortest in spans)


def _limits_memory(argv):
    return any(word.lower() == b"maxmemory" and 0 < _integer(value) < LEAST_MEMORY
               for word, value in zip(argv[2:], argv[3:]))


def _integer(argument):
    try:
        return int(argument)
    except ValueError:
        return 0


def _waits_long(argument):
    try:
        timeout_s = float(argument)
    except ValueError:
        return False
    return timeout_s == 0 or LONGEST_WAIT_S < timeout_s < 2 ** 53
