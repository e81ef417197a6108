"""Where the real servers differ from Redis 7.2.6: each entry with its reason.

A comparison with one of them passes over these, and over nothing else. Commands that a real server does
not have at all need no entry: they are left out, and the summary says so. "valkey" is 8.0, which says of
itself that it is Redis 7.2.4; "redis" below 7.2 is 7.0.
"""

import json
import re
from collections import namedtuple

from .equivalence import leaves
from .steps import names_of

VALKEY, REDIS = "valkey", "redis"

# An entry is about servers of a family, for redis only of versions below 7.2. names: the commands, or None
# for all; test(argv, real, other) gets the replies as trees (see wire.py).
Known = namedtuple("Known", "family names test reason")


def _errors(real_text, other_text=None):
    """Return a test for an error's beginning on the real server and what the other one says instead."""
    def test(argv, real, other):
        if real[0] != "-" or not real[1].startswith(real_text):
            return False
        return other_text is None or (other[0] == "-" and other[1].startswith(other_text))
    return test


def _refuses_to_leave(argv, real, other):
    """One error instead of the confirmations."""
    first = real[1][0] if real[0] == "events" and real[1] else real
    return first[0] == "-" and first[1].startswith(b"NOSUB ")


def _same_numbers(argv, real, other):
    """Return whether the replies are the same but for the way numbers are written."""
    mine, yours = leaves(real), leaves(other)
    return len(mine) == len(yours) and all(map(_same_number, mine, yours))


def _same_number(one, other):
    if one == other:
        return True
    try:
        return float(one) == float(other)
    except ValueError:
        return False


def _events_in_another_order(argv, real, other):
    return real[0] == "events" and sorted(leaves(real), key=repr) == sorted(leaves(other), key=repr)


def _fewer_new_consumers(argv, real, other):
    """Compare keyspace events without those of new consumers."""
    mine, yours = ([one for one in events if NEW_CONSUMER not in one.channel + one.message]
                   for _, events in (real, other))
    return mine == yours


def _both_answer(argv, real, other):
    return real[0] == other[0]


def _same_in_redis_words(argv, real, other):
    """Return whether the replies are the same once the real server's texts say Redis where Redis' do."""
    def in_redis_words(tree):
        if isinstance(tree[1], list):
            return tree[0], list(map(in_redis_words, tree[1]))
        text = tree[1]
        for valkey, redis in WORDINGS_OF_SCRIPTS:
            text = text.replace(valkey, redis) if text else text
        return tree[0], text
    return in_redis_words(real) == other


def _same_json(argv, real, other):
    """Return whether the replies are the same but for the order of keys in texts of JSON."""
    if real[0] != other[0] or isinstance(real[1], list) != isinstance(other[1], list):
        return False
    if isinstance(real[1], list):
        return len(real[1]) == len(other[1]) and all(_same_json(argv, *pair) for pair in zip(real[1], other[1]))
    return real[1] == other[1] or real[0] == "$" and _read_json(real[1]) == _read_json(other[1]) is not None


def _read_json(text):
    """Return what a text of JSON says, numbers as they are written; None for any other text."""
    try:
        return json.loads(text.decode("utf-8", "surrogateescape"), parse_int=str, parse_float=str)
    except (ValueError, AttributeError, RecursionError):
        return None


def _refused_in_transaction(argv, in_multi, waits):
    return in_multi and names_of(argv) in ("MULTI", "WATCH", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE")


def _sets_set_limits(argv, in_multi, waits):
    return (names_of(argv) == "CONFIG|SET"
            and any(name.lower().startswith(b"set-max-listpack") for name in argv))


def _rank_with_score(argv, in_multi, waits):
    return names_of(argv) in ("ZRANK", "ZREVRANK") and len(argv) > 3


def _hello_with_options(argv, in_multi, waits):
    return names_of(argv) == "HELLO" and len(argv) > 2


def _getkeys_without_arguments(argv, in_multi, waits):
    return names_of(argv) in ("COMMAND|GETKEYS", "COMMAND|GETKEYSANDFLAGS") and len(argv) < 4


def _removes_lowest_count(argv, in_multi, waits):
    return names_of(argv) == "LREM" and LOWEST in argv


def _sets_expired(argv, in_multi, waits):
    words = [argument.upper() for argument in argv]
    if words[0] != b"SET":
        return False
    return any(word in LONG_AGO and value.isdigit() and int(value) < LONG_AGO[word]
               for word, value in zip(words[3:], words[4:]))


def _wrong_bit_range(argv, in_multi, waits):
    """A range for BITCOUNT or BITPOS that is refused, or lacks its end."""
    name = names_of(argv)
    if name not in ("BITCOUNT", "BITPOS"):
        return False
    options = argv[2 if name == "BITCOUNT" else 3:]
    limits, units = options[:2], options[2:]
    return (len(limits) == 1 and name == "BITCOUNT" or len(units) > 1
            or not all(unit.upper() in (b"BYTE", b"BIT") for unit in units)
            or not all(INTEGER.match(limit) and len(limit) < 19 for limit in limits))


def _reads_last_entry(argv, in_multi, waits):
    return names_of(argv) in ("XREAD", "XREADGROUP") and b"+" in argv


def _waits(argv, in_multi, waits):
    return waits


def _any_difference(argv, real, other):
    return True


def _has_option(option, test):
    return lambda argv, real, other: option in map(bytes.upper, argv) and test(argv, real, other)


def _mentions(*words):
    return lambda argv, real, other: any(argument.upper() in words for argument in argv)


def _lowest_count(argv, real, other):
    return LOWEST in argv


def _strict_cursor(argv, real, other):
    """A cursor that is empty or has a sign or a blank."""
    return any(argument[:1] in (b"+", b"-", b" ", b"") for argument in argv[1:3])


def _directives_of_both(argv, real, other):
    """CONFIG GET with patterns: the directives that both servers have are the same."""
    if real[0] not in "*%" or real[0] != other[0]:
        return False
    mine, yours = (dict(zip(leaves(tree)[::2], leaves(tree)[1::2])) for tree in (real, other))
    return all(yours.get(name, value) == value for name, value in mine.items())


LONG_AGO = {b"EXAT": 1600000000, b"PXAT": 1600000000000}
LOWEST = b"-9223372036854775808"
INTEGER = re.compile(rb"(0|-?[1-9][0-9]*)\Z")
NEW_CONSUMER = b"xgroup-createconsumer"
SCRIPTS = frozenset({"EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO"})
WORDINGS_OF_SCRIPTS = (
    (b"Wrong number of args calling command from script",
     b"Wrong number of args calling Redis command from script"),
    (b"Unknown command called from script", b"Unknown Redis command called from script"),
    (b"This command is not allowed from script", b"This Redis command is not allowed from script"),
    (b"ERR Command arguments must be strings or integers",
     b"ERR Lua redis lib command arguments must be strings or integers"),
    (b"Please specify at least one argument for this call",
     b"Please specify at least one argument for this redis lib call"),
    (b"ERR server.set_repl() requires one argument.", b"ERR redis.set_repl() requires two arguments."),
    (b"ERR Invalid log level.", b"ERR Invalid debug level."),
    *((b"server.%s(" % name, b"redis.%s(" % name) for name in (b"log", b"setresp", b"acl_check_cmd")),
    (b"NOSCRIPT No matching script.", b"NOSCRIPT No matching script. Please use EVAL."),
)
BLOCKING = frozenset({"BLPOP", "BRPOP", "BLMOVE", "BRPOPLPUSH", "BLMPOP", "BZPOPMIN", "BZPOPMAX", "BZMPOP"})
SCANS = frozenset({"SCAN", "SSCAN", "HSCAN", "ZSCAN"})
HELP = frozenset({"CLIENT|HELP", "COMMAND|HELP", "CONFIG|HELP", "DEBUG|HELP", "OBJECT|HELP", "PUBSUB|HELP",
                  "XGROUP|HELP", "XINFO|HELP"})

KNOWN = (
    Known(VALKEY, None, _refuses_to_leave,
          "8.0 refuses to leave channels when there is no subscription; Redis confirms it"),
    Known(VALKEY, {"SCAN"}, _has_option(b"TYPE", _errors(b"ERR unknown type name")),
          "8.0 refuses an unknown TYPE; Redis 7.2 finds nothing of it"),
    # Which of the two ways Redis 7.2.6 has is left open here.
    Known(VALKEY, SCANS, _strict_cursor, "8.0 reads cursors with string2ull"),
    Known(REDIS, SCANS, _strict_cursor, "7.0 reads cursors with strtoul, which takes signs"),
    Known(VALKEY, {"COMMAND|INFO", "COMMAND|GETKEYSANDFLAGS"}, _mentions(b"SINTERSTORE"),
          "8.0 says that the destination is overwritten (OW), Redis 7.2 that it is read, too (RW)"),
    Known(VALKEY, {"COMMAND|INFO"}, _mentions(b"MULTI", b"WATCH", b"WAIT", b"WAITAOF"),
          "8.0 has more flags for them: no_multi, blocking"),
    Known(VALKEY, {"COMMAND|DOCS"}, _mentions(b"HSCAN", b"ZSCAN", b"CLIENT|KILL"), "8.0 has more options"),
    Known(VALKEY, {"COMMAND|DOCS"}, _mentions(b"BITCOUNT"), "8.0 lets it do without an end"),
    Known(VALKEY, SCRIPTS, _same_in_redis_words, "8.0 left the name Redis out of messages of scripts"),
    Known(VALKEY, SCRIPTS, _same_json, "Lua goes through tables in the order of hashes"),
    Known(REDIS, SCRIPTS, _same_json, "as above"),
    Known(VALKEY, HELP, _both_answer, "help texts were extended"),
    Known(REDIS, HELP, _both_answer, "help texts were extended in 7.2"),
    Known(REDIS, {"OBJECT|ENCODING"}, _any_difference,
          "7.0 has no listpack encoding of small sets and lists, and converts later when elements are equal"),
    Known(REDIS, {"DEBUG|LISTPACK"}, _errors(b"ERR Not a listpack encoded object"), "as above"),
    Known(REDIS, {"DEBUG|DIGEST", "DEBUG|DIGEST-VALUE"}, _any_difference,
          "digests cover doubles as 7.0 writes them"),
    Known(REDIS, {"COMMAND|INFO", "COMMAND|DOCS", "COMMAND|LIST", "COMMAND|GETKEYSANDFLAGS"}, _any_difference,
          "7.2 describes commands anew"),
    Known(REDIS, None, _same_numbers, "7.0 writes doubles with 17 digits, 7.2 with as few as needed"),
    Known(REDIS, {"CONFIG|SET"}, _errors(b"ERR Unknown option or number of arguments"),
          "set-max-listpack-* came with 7.2"),
    Known(REDIS, {"CONFIG|GET"}, _directives_of_both, "set-max-listpack-* came with 7.2"),
    Known(REDIS, BLOCKING, _errors(b"ERR timeout is negative", b"ERR timeout is out of range"),
          "7.2 tells apart a timeout that is too large"),
    Known(REDIS, {"INFO"}, _any_difference, "arities differ, and so what counts as rejected"),
    Known(REDIS, {"LPOS"}, _lowest_count, "7.2 refuses the lowest rank"),
    Known(REDIS, None, _errors(b"NOAUTH HELLO", b"NOAUTH HELLO"), "another wording"),
    Known(REDIS, {"COMMAND|GETKEYS"}, _errors(b"ERR"), "7.0 wants an argument more"),
    Known(REDIS, {"(NOTIFICATIONS)"}, _fewer_new_consumers,
          "7.2 makes the consumer of XCLAIM and XAUTOCLAIM also when it gets nothing"),
    Known(REDIS, None, _events_in_another_order,
          "since 7.2 a client's own message follows the reply to PUBLISH"),
)

# Commands that leave another state behind: they are not sent to such a server (nor to the other one).
AVOIDED = {
    # 8.0 refuses MULTI, WATCH and leaving channels without a subscription already when they are queued,
    # and so aborts the transaction.
    # 8.0 refuses LREM with the lowest count; for Redis 7.2 it means all elements.
    # Nor does 8.0 set a key that has run out already; Redis 7.2 sets it and deletes it when it is looked at.
    # 8.0 looks at the ranges of BITCOUNT and BITPOS before it looks for the key, Redis 7.2 afterwards, and
    # lets BITCOUNT do without an end. It also has the id + of Redis 7.4 for reading the last entry of a stream.
    VALKEY: (_refused_in_transaction, _removes_lowest_count, _sets_expired, _wrong_bit_range, _reads_last_entry),
    # 7.0 does not know set-max-listpack-*, so it does not set what comes with it either; nor ZRANK WITHSCORE
    # and COMMAND GETKEYS without arguments, and so aborts the transaction. Options of HELLO before a wrong
    # one have an effect. Clients that wait for several keys are served in another order.
    REDIS: (_sets_set_limits, _rank_with_score, _getkeys_without_arguments, _hello_with_options, _waits),
}


def _is_older_redis(server):
    return server.family == REDIS and server.version < (7, 2)


def applying_to(servers):
    """Return the entries that hold for one of the two servers, with the side that it is on."""
    return [(side, known) for side, server in enumerate(servers) for known in KNOWN
            if known.family == server.family and (known.family != REDIS or _is_older_redis(server))]


def avoided_by(servers):
    """Return the tests (argv, in_multi, waits) for commands that must not be sent."""
    return [test for server in servers if server.family == VALKEY or _is_older_redis(server)
            for test in AVOIDED[server.family]]


def is_known(entries, argv, trees):
    """Return whether one of the entries explains the difference between the two replies."""
    name = names_of(argv)
    return any((known.names is None or name in known.names) and known.test(argv, trees[side], trees[1 - side])
               for side, known in entries)
