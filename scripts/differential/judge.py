"""Decides whether two replies are the same, and keeps the count of what was answered.

Equal bytes are the rule and cost nothing more; anything else goes through equivalence.py (what Redis
leaves open) and known_differences.py (where a real server is not Redis 7.2.6).
"""

import itertools
from collections import Counter, namedtuple

from .equivalence import Exchange, SetFacts, equivalent, hello_fields
from .known_differences import is_known
from .player import QUEUED, Failure
from .steps import names_of
from .wire import LinkError, parse, reply_end

SET_STORES = frozenset({"SUNIONSTORE", "SINTERSTORE", "SDIFFSTORE"})

RAW = (b"(raw)",)               # stands for the command when replies to raw bytes are compared
NOTIFICATIONS = b"(notifications)"      # the same for keyspace events; the command before them comes after it

# place: the index of the step, or None for the final state. replies: one for each server: raw bytes, a
# Failure, or a list of what came. argv: the command concerned.
Difference = namedtuple("Difference", "place argv replies")


class Coverage:
    """What was sent, and what was ever answered with something else than an error."""

    def __init__(self):
        self.sequences = 0
        self.commands = 0
        self.silences = 0
        self.encodings = 0
        self.notifications = 0
        self.sent = Counter()
        self.succeeded = Counter()

    def note(self, argv, reply):
        self.commands += 1
        name = names_of(argv)
        self.sent[name] += 1
        if isinstance(reply, Failure):
            self.silences += reply.what == "silent"
        elif reply[:1] != b"-" and reply != QUEUED:
            self.succeeded[name] += 1


class Judge:
    """Compares the replies of one sequence.

    `observe(argv, replies)`, if given, is told of every command.
    """

    def __init__(self, known, coverage, observe=None):
        self._known = known
        self._coverage = coverage
        self._observe = observe
        self._sets = SetFacts(True, True)
        self._set_limits_changed = False
        self._misses_in_any_order = False

    def compare(self, player, argv, replies):
        """Return whether the replies are the same, and note what they tell about the client."""
        queued = player.queued
        same = replies[0] == replies[1] or self.same_meaning(player, argv, replies)
        self.note(argv, replies)
        if names_of(argv) == "EXEC" and replies[0][:1] == b"*":
            for one in queued:
                self._coverage.note(one, b"")
        player.follow(argv, replies[0])
        if names_of(argv) == "DUMP":
            player.keep_dump(replies)
        player.before = (argv, replies)
        return same

    def note(self, argv, replies):
        """Count a command, and remember what decides how later replies are compared."""
        self._coverage.note(argv, b"" if isinstance(replies[0], list) else replies[0])
        if self._observe:
            self._observe(argv, replies)
        name = names_of(argv)
        if name == "CONFIG|SET" and any(argument.lower().startswith(b"set-max") for argument in argv):
            self._set_limits_changed = True
        if name in SET_STORES:
            self._sets = SetFacts(False, self._sets.encoding_known and not self._set_limits_changed)
        if name in ("SORT", "SORT_RO"):
            self._misses_in_any_order = True        # patterns are looked up in the order of a hash table

    def compare_answer(self, player, argv, replies):
        """Return whether the replies to a question, which is no part of the sequence, are the same."""
        self._coverage.encodings += 1
        same = replies[0] == replies[1] or self.same_meaning(player, argv, replies)
        player.follow(argv, replies[0])
        return same

    def same_meaning(self, player, argv, replies):
        if any(isinstance(reply, Failure) for reply in replies):
            return False
        trees = tuple(map(parse, replies))
        if names_of(argv) == "EXEC" and all(isinstance(tree[1], list) for tree in trees):
            return self._same_transaction(trees, player.queued)
        return self._same_trees(argv, trees, _parsed(player.before))

    def _same_trees(self, argv, trees, before):
        return (equivalent(argv, trees[0], trees[1], before, self._sets)
                or is_known(self._known, argv, trees))

    def _same_transaction(self, trees, queued):
        """Compare the replies that EXEC returns, each as the reply to its own command."""
        mine, yours = (tree[1] for tree in trees)
        if not len(mine) == len(yours) == len(queued):
            return False
        before = None
        for argv, *pair in zip(queued, mine, yours):
            if not self._same_trees(argv, tuple(pair), before):
                return False
            before = Exchange(argv, tuple(pair))
        return True

    def same_events(self, player, argv, sides):
        """Compare what came to a client that gets messages: two lists of replies and pushes."""
        mine, yours = map(_with_patterns_sorted, sides)
        if mine == yours:
            return True
        if any(isinstance(event, Failure) for event in mine + yours):
            return False
        if names_of(argv).endswith("UNSUBSCRIBE") and len(argv) == 1 and _same_goodbyes(mine, yours):
            return True
        if len(mine) == len(yours) and all(self._same_event(player, argv, pair) for pair in zip(mine, yours)):
            return True
        return is_known(self._known, argv, tuple(("events", [parse(event) for event in events])
                                                 for events in (mine, yours)))

    def _same_event(self, player, argv, pair):
        return (pair[0] == pair[1] or self.same_meaning(player, argv, pair)
                or _same_but_identity(*map(parse, pair)))

    def note_notifications(self, raw):
        """Count the messages in equal answers of both servers."""
        if not isinstance(raw, Failure):
            self._coverage.notifications += raw.count(b"\r\n$8\r\npmessage\r\n")

    def same_notifications(self, sides):
        """Compare lists of keyspace events. In which order SCAN comes upon keys that have run out is open."""
        mine, yours = sides
        open_events = (b"expired", b"keymiss") if self._misses_in_any_order else (b"expired",)
        if _in_runs(mine, open_events) == _in_runs(yours, open_events):
            return True
        if any(isinstance(one, Failure) for one in mine + yours):
            return False
        return is_known(self._known, (NOTIFICATIONS,), tuple(("notifications", side) for side in sides))

    def same_scans(self, argv, results):
        """Compare complete scans: lists of elements, or replies that are no part of a scan."""
        if results[0] == results[1]:
            return True
        if any(isinstance(result, Failure) for result in results):
            return False
        trees = tuple(("scan", result) if isinstance(result, list) else parse(result) for result in results)
        return is_known(self._known, argv, trees)

    def same_streams(self, streams):
        """Compare everything that two servers sent in answer to raw bytes."""
        if streams[0] == streams[1]:
            return True
        mine, yours = map(_trees, streams)
        return len(mine) == len(yours) and all(
            _same_but_identity(one, other) or is_known(self._known, RAW, (one, other))
            for one, other in zip(mine, yours))


def _in_runs(side, open_events):
    """Return the notifications with each run of neighbouring ones about these events sorted."""
    def is_open(one):
        return not isinstance(one, Failure) and any(
            one.message == event or one.channel.endswith(b":" + event) for event in open_events)
    return [one for sortable, run in itertools.groupby(side, is_open)
            for one in (sorted(run) if sortable else run)]


def _same_but_identity(one, other):
    return _without_identity(one) == _without_identity(other)


def _without_identity(tree):
    """Return the tree with replies to HELLO, wherever they are in it, stripped of what differs by nature."""
    kind, value = tree
    if not isinstance(value, list):
        return tree
    if value[:1] == [("$", b"server")]:
        return kind, hello_fields(tree)
    return kind, [_without_identity(item) for item in value]


def _trees(stream):
    """Return the replies in a stream; what is no reply stands for itself."""
    trees, start = [], 0
    while start < len(stream):
        try:
            end = reply_end(stream, start)
        except LinkError:
            end = -1
        if end < 0:
            return trees + [("bytes", stream[start:])]
        trees.append(parse(stream[start:end]))
        start = end
    return trees


def _parsed(before):
    """Return the exchange before as trees, or None if there was none or it failed."""
    if before is None or any(not isinstance(reply, bytes) for reply in before[1]):
        return None
    return Exchange(before[0], tuple(map(parse, before[1])))


def _with_patterns_sorted(events):
    """Return the events with neighbouring pattern messages sorted: patterns are kept in a hash table."""
    ordered = list(events)
    start = None
    for place, event in enumerate(ordered + [b""]):
        if isinstance(event, bytes) and b"pmessage\r\n" in event[:20]:
            start = place if start is None else start
        elif start is not None:
            ordered[start:place] = sorted(ordered[start:place])
            start = None
    return ordered


def _same_goodbyes(mine, yours):
    """Compare the confirmations of leaving everything: the channels in any order, the counts in the same."""
    sides = [[parse(event) for event in events] for events in (mine, yours)]
    if not all(isinstance(tree[1], list) and len(tree[1]) == 3 for side in sides for tree in side):
        return False
    channels = [sorted(repr(tree[1][1]) for tree in side) for side in sides]
    rest = [[(tree[0], tree[1][0], tree[1][2]) for tree in side] for side in sides]
    return channels[0] == channels[1] and rest[0] == rest[1]
