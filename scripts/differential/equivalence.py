"""When two replies that differ in bytes mean the same.

Where Redis leaves the order open, chooses at random, or reports what differs from one run to the next
(times, ids, addresses), the replies are compared as far as they are defined. Everything else must be
equal to the byte, and never gets here.

A rule is called with the command, both replies as trees (see wire.py) and the exchange before it on the
same client. Generators put a command that tells what is needed there: OBJECT ENCODING before a listing,
whose order is defined for compact encodings only; the whole contents before a random pick.
"""

import re
from collections import namedtuple

from .steps import names_of
from .synopses import Catalogue

Exchange = namedtuple("Exchange", "argv trees")

# After SUNIONSTORE and its kin even a compact set was filled in any order; with small limits that also
# decides which encoding it ended in.
SetFacts = namedtuple("SetFacts", "order_known encoding_known")

SET_ENCODINGS = frozenset({b"intset", b"listpack", b"hashtable"})
COMPACT = frozenset({b"listpack", b"ziplist", b"intset"})
LATER_MS = 5000
A_DATE_MS = 1_000_000_000_000
TTL_TOLERANCE = {"TTL": 5, "EXPIRETIME": 5, "PTTL": 5000, "PEXPIRETIME": 5000}
MEMBERSHIP = {"SRANDMEMBER": "SMEMBERS", "SPOP": "SMEMBERS", "HRANDFIELD": "HGETALL", "ZRANDMEMBER": "ZRANGE",
              "RANDOMKEY": "KEYS"}
CLIENT_FIELDS = ("name", "flags", "db", "sub", "psub", "ssub", "multi", "user", "redir", "resp", "cmd",
                 "lib-name", "lib-ver")
# Fields that one of the real servers has and Redis 7.2.6 has not, or the other way round.
OPTIONAL_CLIENT_FIELDS = frozenset({"watch", "capa", "tot-net-in", "tot-net-out", "tot-cmds", "lib-name",
                                    "lib-ver"})
CHANGING_HELLO_FIELDS = frozenset({b"server", b"version", b"id"})
COMPARED_COMMANDS = frozenset(name.lower().encode() for name in Catalogue().by_name)
COMPARED_DOCS = frozenset({b"since", b"group", b"deprecated_since", b"replaced_by", b"arguments"})


def equivalent(argv, one, other, before=None, sets=SetFacts(True, True)):
    """Return whether the two replies (trees) to a command mean the same.

    `sets` says what is defined for the sets of this sequence.
    """
    if one == other:
        return True
    name = names_of(argv)
    if one[0] != other[0] and name != "RANDOMKEY":
        return False
    if "-" in (one[0], other[0]):
        return False
    rule = RULES.get(name)
    try:
        return rule is not None and rule(Case(name, argv, before, sets), one, other)
    except (AttributeError, IndexError, TypeError, ValueError):
        return False                    # a reply that is not even of the shape that the rule is about


Case = namedtuple("Case", "name argv before sets")


def _both_lists(one, other):
    return one[0] == other[0] and isinstance(one[1], list) and isinstance(other[1], list)


def _sorted(items):
    return sorted(items, key=repr)


def _pairs(items):
    if len(items) % 2:
        raise ValueError("no pairs")
    return list(zip(items[::2], items[1::2]))


def in_any_order(case, one, other):
    return _both_lists(one, other) and _sorted(one[1]) == _sorted(other[1])


def unsorted(case, one, other):
    """SORT by a pattern that names no keys leaves a set in its own order, which is open."""
    words = [word.upper() for word in case.argv]
    return in_any_order(case, one, other) and any(
        word == b"BY" and b"*" not in pattern for word, pattern in zip(words[2:], case.argv[3:]))


def pairs_in_any_order(case, one, other):
    return _both_lists(one, other) and _sorted(_pairs(one[1])) == _sorted(_pairs(other[1]))


def _order_is_defined(case):
    """Return whether the encoding seen just before keeps its elements in a defined order."""
    before = case.before
    if before is None or names_of(before.argv) != "OBJECT|ENCODING" or before.argv[2:] != case.argv[1:2]:
        return False
    encodings = {tree[1] for tree in before.trees}
    if len(encodings) > 1 or not encodings <= COMPACT:
        return False
    return case.sets.order_known or case.name not in ("SMEMBERS", "SSCAN") or encodings == {b"intset"}


def set_encoding(case, one, other):
    return not case.sets.encoding_known and {one[1], other[1]} <= SET_ENCODINGS


def listing(case, one, other):
    return not _order_is_defined(case) and in_any_order(case, one, other)


def pair_listing(case, one, other):
    return not _order_is_defined(case) and pairs_in_any_order(case, one, other)


def part_of_a_scan(case, one, other):
    """One call of the SCAN family: only its shape is defined, unless the collection is compact."""
    if not _both_lists(one, other) or len(one[1]) != 2 or len(other[1]) != 2:
        return False
    if case.name != "SCAN" and _order_is_defined(case):
        return False
    return all(tree[1][0][0] == "$" and _both_lists(tree[1][1], tree[1][1]) for tree in (one, other))


def random_picks(case, one, other):
    """As many picks on both sides, each of them there, and all different unless the count is negative."""
    picks = (leaves(one), leaves(other))
    if len(picks[0]) != len(picks[1]):
        return False
    with_values = case.argv[-1].upper() in (b"WITHVALUES", b"WITHSCORES")
    if with_values:
        picks = tuple(_pairs(side) for side in picks)
    if len(case.argv) > 2 and not case.argv[2].startswith(b"-"):
        if any(len(set(side)) != len(side) for side in picks):
            return False
    return all(_are_members(case, side, number, with_values) for number, side in enumerate(picks))


def _are_members(case, picks, number, with_values):
    before = case.before
    if before is None or names_of(before.argv) != MEMBERSHIP[case.name]:
        return True
    there = leaves(before.trees[number])
    if case.name in ("HRANDFIELD", "ZRANDMEMBER"):
        there = _pairs(there) if with_values else there[::2]
    return set(picks) <= set(there)


def leaves(tree):
    """Return the leaves of a tree without their kinds; a null has none."""
    value = tree[1]
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        return [value]
    return [leaf for item in value for leaf in leaves(item)]


def nearly_equal(case, one, other):
    if one[0] != ":":
        return False
    mine, yours = int(one[1]), int(other[1])
    return min(mine, yours) >= 0 and abs(mine - yours) <= TTL_TOLERANCE[case.name]


def reference_count(case, one, other):
    """Redis counts the arguments of a transaction as references too; only shared integers stand out."""
    return one[0] == ":" and max(int(one[1]), int(other[1])) < 100


def same_but_for_times(case, one, other, is_idle_time=False):
    """The same but for idle times and dates, which are a little later on one server than on the other."""
    if one[0] != other[0]:
        return False
    if one[0] == ":":
        mine, yours = int(one[1]), int(other[1])
        return mine == yours or min(mine, yours) >= (0 if is_idle_time else A_DATE_MS) and abs(mine - yours) <= LATER_MS
    if not isinstance(one[1], list):
        return one == other
    return len(one[1]) == len(other[1]) and all(
        same_but_for_times(case, *pair, _stands_for_idle_time(case, one[1], place))
        for place, pair in enumerate(zip(one[1], other[1])))


def _stands_for_idle_time(case, items, place):
    """XPENDING has it third of four, XINFO after its name."""
    if case.name == "XPENDING":
        return len(case.argv) > 3 and len(items) == 4 and place == 2
    return place > 0 and items[place - 1][1] in (b"idle", b"inactive")


def payloads_of_a_type(case, one, other):
    """DUMP: the order in a hash table and the compression of strings are open; RESTORE shows the rest."""
    return one[0] == other[0] == "$" and one[1][:1] == other[1][:1]


def same_shape(case, one, other):
    if not _both_lists(one, other):
        return one[0] == other[0]
    return [item[0] for item in one[1]] == [item[0] for item in other[1]]


def hello(case, one, other):
    return _both_lists(one, other) and hello_fields(one) == hello_fields(other)


def hello_fields(tree):
    """Return the fields of a reply to HELLO, without what differs from server to server."""
    return [(name, None if name[1] in CHANGING_HELLO_FIELDS else value) for name, value in _pairs(tree[1])]


def client_lines(case, one, other):
    """CLIENT INFO and LIST: the same fields in the same order, and those that are defined equal."""
    sides = [[_client_fields(line) for line in (tree[1] or b"").decode("latin-1").splitlines()]
             for tree in (one, other)]
    if not sides[0] or not sides[1]:
        return sides[0] == sides[1]
    chosen = [lines[:1] if names_of(case.argv) == "CLIENT|INFO" else lines[-1:] for lines in sides]
    mine, yours = chosen[0][0], chosen[1][0]
    for lacking, having in ((mine, yours), (yours, mine)):
        if not set(having) - set(lacking) <= OPTIONAL_CLIENT_FIELDS:
            return False
    common = [name for name in mine if name in yours]
    if common != [name for name in yours if name in mine]:
        return False
    return len(case.argv) > 2 or all(
        mine[name] == yours[name] or name == "multi" and _may_be_aborted(mine, yours)
        for name in CLIENT_FIELDS if name in common)


def _may_be_aborted(mine, yours):
    """Valkey forgets the queue of a transaction as soon as it is bound to fail, Redis 7 at its end."""
    return "x" in mine["flags"] and "0" in (mine["multi"], yours["multi"])


def _client_fields(line):
    return dict(field.partition("=")[::2] for field in line.split(" "))


def command_list(case, one, other):
    """The same among the commands that are compared at all."""
    if not _both_lists(one, other):
        return False
    sides = [{tree[1] for tree in side[1]} & COMPARED_COMMANDS for side in (one, other)]
    return sides[0] == sides[1]


def command_info(case, one, other):
    if len(case.argv) <= 2:
        return _both_lists(one, other)              # of every command there is
    if not _both_lists(one, other):
        return False
    return _orderless(_without_subcommands(one)) == _orderless(_without_subcommands(other))


def _without_subcommands(tree):
    """Leave subcommands out: Valkey has more of them, and each can be asked for by its own name."""
    return tree[0], [(entry[0], entry[1][:9]) if entry[1] else entry for entry in tree[1]]


def _orderless(tree):
    """Return the tree with every list sorted: flags, categories, hints and subcommands have no order."""
    value = tree[1]
    if not isinstance(value, list):
        return tree
    return ("*", _sorted(_orderless(item) for item in value))


def command_docs(case, one, other):
    """Group, version and arguments; not the wording of summaries and histories, and no subcommands."""
    if len(case.argv) == 2:
        return _both_lists(one, other)
    return _both_lists(one, other) and _docs_by_name(one) == _docs_by_name(other)


def _docs_by_name(tree):
    return {name[1]: {field[1]: value for field, value in _pairs(entry[1]) if field[1] in COMPARED_DOCS}
            for name, entry in _pairs(tree[1])}


def unsubscribed_from_all(case, one, other):
    """The channels come in any order, the counts in the same."""
    if not _both_lists(one, other):
        return False
    return len(one[1]) == len(other[1]) == 3 and one[1][0] == other[1][0] and one[1][2] == other[1][2]


_TIMINGS = re.compile(rb"(usec|usec_per_call)=[0-9.]+,?")


def info(case, one, other):
    """Commandstats and errorstats without times and in any order; of other sections only the headings."""
    sections = {word.lower() for word in case.argv[1:]}
    lines = [sorted(_TIMINGS.sub(b"", tree[1] or b"").split(b"\r\n")) for tree in (one, other)]
    if sections and sections <= {b"commandstats", b"errorstats"}:
        return lines[0] == lines[1]
    headings = [[line for line in side if line.startswith(b"#")] for side in lines]
    return headings[0] == headings[1]


RULES = {
    "SINTER": in_any_order, "SUNION": in_any_order, "SDIFF": in_any_order, "KEYS": in_any_order,
    "PUBSUB|CHANNELS": in_any_order, "PUBSUB|SHARDCHANNELS": in_any_order, "COMMAND|LIST": command_list,
    "SMEMBERS": listing, "HKEYS": listing, "HVALS": listing, "HGETALL": pair_listing,
    "CONFIG|GET": pairs_in_any_order,
    "SCAN": part_of_a_scan, "SSCAN": part_of_a_scan, "HSCAN": part_of_a_scan, "ZSCAN": part_of_a_scan,
    "DUMP": payloads_of_a_type, "SORT": unsorted, "SORT_RO": unsorted,
    "XPENDING": same_but_for_times, "XINFO|STREAM": same_but_for_times, "XINFO|CONSUMERS": same_but_for_times,
    "TIME": same_shape, "CLIENT|ID": same_shape, "LASTSAVE": same_shape, "LOLWUT": same_shape,
    # Redis shares small integers among keys, and so their idle time.
    "OBJECT|IDLETIME": same_shape,
    "OBJECT|REFCOUNT": reference_count,
    "OBJECT|ENCODING": set_encoding, "HELLO": hello, "CLIENT|INFO": client_lines, "CLIENT|LIST": client_lines,
    "COMMAND": command_info, "COMMAND|INFO": command_info, "COMMAND|DOCS": command_docs, "INFO": info,
    "UNSUBSCRIBE": unsubscribed_from_all, "PUNSUBSCRIBE": unsubscribed_from_all,
    "SUNSUBSCRIBE": unsubscribed_from_all,
}
RULES.update((name, random_picks) for name in MEMBERSHIP)
RULES.update((name, nearly_equal) for name in TTL_TOLERANCE)
