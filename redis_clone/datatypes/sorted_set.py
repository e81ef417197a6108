"""The sorted set: a dict from member to score, and the same pairs in order.

The order is kept in runs: of each run the scores are in an array of doubles, the members in a list beside
it, both in ascending order of (score, member) and at most `RUN_MAX` long. `bisect` finds a score in an
array without touching a float object: in large sets those lie all over memory, and an array of doubles is
twice as fast to search as a list of floats. For every run but the last a separator (score and member) says
what belongs into it at most; it need not be there any more. Runs of `GROUP` consecutive runs are counted
together, so that a rank is two short sums. A set of one run, up to `RUN_MAX` members, has none of this: it
is a plain sorted list.

Whatever a range is given by, score, lex or rank, it is first turned into an interval of ranks `low <= rank
< high`; counting, reading and removing then know only these. NaN is never a score.

The encoding is Redis': "listpack" at first, "skiplist" for good when the set has outgrown it.

`len(z)`, `z.get(member)` and `member in z` are those of `dict`, at its speed; iteration is not in order of
score. Change a SortedSet through its methods only.

CPython 3.11, 1,000 members (1,000,000; about half of the difference is cache misses): adding a new member
1.3 us (3.5), changing a score 1.5 (6.5), `rank` 0.5 (3.3), `score_interval` 0.75 (3.3), `members_between`
of ten 0.3 (2), `pop_min` 1.7 (2). A member of a large set takes 64 bytes beside its own object and that of
its score.

Locking: the engine's lock. Not here: keys, parsing bounds, dropping a sorted set that has become empty.
"""

from array import array
from bisect import bisect_left, bisect_right
from itertools import chain

from .hash_index import INDEX_ALWAYS, INDEX_FROM, HashIndex, scan, shrink_if_hollow

RUN_MAX = 1024          # a longer run is split
RUN_MIN = 128           # a shorter one is merged with a neighbour
RUN_MERGED = 768        # if together they are no longer than this
GROUP = 32              # runs that are counted together

NEW, UPDATED, UNCHANGED = (True, False), (False, True), (False, False)


class SortedSet(dict):
    """Members are bytes, scores floats."""

    __slots__ = (
        "encoding", "index", "_scores", "_members", "_tail_scores", "_tail_members", "_sizes", "_groups",
    )

    def __init__(self):
        self.encoding = "listpack"
        self.index = None               # HashIndex of the members, once a scan needed one
        self._scores = [array("d")]
        self._members = [[]]
        # These are kept as soon as there is a second run.
        self._tail_scores = ()          # separators, one fewer than runs
        self._tail_members = ()
        self._sizes = ()                # length of each run: asking the runs would touch memory all over
        self._groups = ()               # how many members each group of runs has

    @classmethod
    def stored(cls, scores, limits):
        """The sorted set that ZUNIONSTORE and its kin store, from a dict of member and score."""
        new = cls()
        new.update(scores)
        longest = max(map(len, scores), default=0)
        if len(scores) > limits.zset_max_listpack_entries or longest > limits.zset_max_listpack_value:
            new.encoding = "skiplist"
        members = sorted(scores)
        members.sort(key=scores.__getitem__)        # stable: members with the same score stay in order
        new._set_runs(members)
        return new

    @classmethod
    def of_sorted(cls, members, scores):
        """The sorted set, still a listpack, of two lists in order, which it takes over.

        Has fewer members than these when one comes twice; it must not be used then.
        """
        new = cls()
        new.update(zip(members, scores))
        if len(members) <= RUN_MAX:
            new._members, new._scores = [members], [array("d", scores)]
        else:
            new._set_runs(members)
        return new

    def duplicate(self):
        """An independent copy with the same encoding."""
        new = SortedSet()
        new.update(self)
        new.encoding = self.encoding
        new._set_runs(self.members_between(0, len(self)))
        return new

    # ---- single members ----------------------------------------------------------------------

    def expect(self, count, longest, limits):
        """Is told how many members, repeated or not, and how long a member a command is about to add."""
        if count > limits.zset_max_listpack_entries or longest > limits.zset_max_listpack_value:
            self.encoding = "skiplist"

    def add(self, member, score, limits):
        """Sets a member's score. Returns (is new, is there with another score)."""
        old_score = self.get(member)
        if old_score is None:
            result = NEW
            if self.encoding == "listpack":
                if (len(self) >= limits.zset_max_listpack_entries
                        or len(member) > limits.zset_max_listpack_value):
                    self.encoding = "skiplist"
            elif self.index is not None:
                self.index.add(member)
            elif len(self) >= INDEX_ALWAYS:
                self.index = HashIndex(self)
                self.index.add(member)
        elif old_score == score:
            return UNCHANGED
        else:
            result = UPDATED
            run, slot = self._find(old_score, member)
            member = self._members[run].pop(slot)       # the object that is in the dict, not its twin
            del self._scores[run][slot]
            self._shrunk(run, 1)
        self[member] = score
        run, slot = self._place(score, member)
        members = self._members[run]
        members.insert(slot, member)
        self._scores[run].insert(slot, score)
        if self._groups:
            self._sizes[run] += 1
            self._groups[run // GROUP] += 1
        if len(members) > RUN_MAX:
            self._split(run)
        return result

    def remove(self, member):
        """Removes a member; True when it was there."""
        score = self.get(member)
        if score is None:
            return False
        self._take(*self._find(score, member))
        return True

    def rank(self, member, reverse=False):
        """How many members come before this one (after it, if `reverse`); None when it is not there."""
        score = self.get(member)
        if score is None:
            return None
        run, slot = self._find(score, member)
        if run:
            slot += self._members_before(run)
        return len(self) - 1 - slot if reverse else slot

    # ---- intervals of ranks ------------------------------------------------------------------

    def score_interval(self, low, high, low_open=False, high_open=False):
        """(first rank, rank after the last) of the scores from `low` to `high`; equal when there are none."""
        first_cut = bisect_right if low_open else bisect_left
        stop_cut = bisect_left if high_open else bisect_right
        run = first_cut(self._tail_scores, low)
        before = self._members_before(run) if run else 0
        first = before + first_cut(self._scores[run], low)
        stop_run = stop_cut(self._tail_scores, high)
        if stop_run != run:
            before = self._members_before(stop_run)
        return first, max(first, before + stop_cut(self._scores[stop_run], high))

    def lex_interval(self, low, high, low_open=False, high_open=False, reverse=False):
        """The same for members from `low` to `high`, bytes, or "-" and "+" for the ends of all bytes.

        This makes sense when all scores are equal. Of a small set with others Redis gives what it meets on
        its way from the first member that is in the range, or from the last if `reverse`; so does this.
        """
        if low == "+" or high == "-" or not self:
            return 0, 0
        scores = self._scores
        if self.encoding == "listpack" and scores[0][0] != scores[-1][-1]:
            return self._lex_walk(low, high, low_open, high_open, reverse)
        first, stop = 0, len(self)
        if low != "-":
            first = self._rank_of_member(low, bisect_right if low_open else bisect_left)
        if high != "+":
            stop = self._rank_of_member(high, bisect_left if high_open else bisect_right)
        return first, max(first, stop)

    def members_between(self, first, stop):
        """List of the members with the ranks `first <= rank < stop`, as far as there are such, in order."""
        return self._between(self._members, first, stop, [])

    def pairs_between(self, first, stop):
        """List of (member, score) with these ranks, in order."""
        members = self._between(self._members, first, stop, [])
        return list(zip(members, self._between(self._scores, first, stop, array("d"))))

    def pairs(self):
        """Iterator over all (member, score) in order; nothing may change meanwhile."""
        return zip(chain.from_iterable(self._members), chain.from_iterable(self._scores))

    def remove_between(self, first, stop):
        """Removes the members with these ranks and returns how many."""
        stop = min(stop, len(self))
        if first >= stop:
            return 0
        index = self.index
        run, slot = self._at(first)
        first_run = run
        left = stop - first
        while left:
            members = self._members[run]
            removed = members[slot:slot + left]
            del members[slot:slot + left]
            del self._scores[run][slot:slot + left]
            for member in removed:
                del self[member]
                if index is not None:
                    index.discard(member)
            left -= len(removed)
            slot = 0
            run += 1
        if run == first_run + 1:
            self._shrunk(first_run, stop - first)
        else:
            self._tidy_runs(first_run, run)
        shrink_if_hollow(self)
        return stop - first

    def pop_min(self, count=1):
        """Removes the first `count` members; list of (member, score) from the lowest score up."""
        if count == 1 and self:
            return [self._take(0, 0)]
        stop = min(count, len(self))
        pairs = self.pairs_between(0, stop)
        self.remove_between(0, stop)
        return pairs

    def pop_max(self, count=1):
        """Removes the last `count` members; list of (member, score) from the highest score down."""
        if count == 1 and self:
            return [self._take(len(self._members) - 1, -1)]
        size = len(self)
        first = max(size - count, 0)
        pairs = self.pairs_between(first, size)
        self.remove_between(first, size)
        pairs.reverse()
        return pairs

    def _take(self, run, slot):
        """Removes the pair in one place and returns it."""
        member = self._members[run].pop(slot)
        score = self._scores[run].pop(slot)
        del self[member]
        self._shrunk(run, 1)
        if self.index is not None:
            self.index.discard(member)
        size = len(self)
        if not size & (size - 1):
            shrink_if_hollow(self)
        return member, score

    # ---- random picks and scans --------------------------------------------------------------

    def random_member(self, rng):
        """One member of a set that is not empty, each with the same probability."""
        run, slot = self._at(int(rng.random() * len(self)))
        return self._members[run][slot]

    def random_members(self, rng, count):
        """List of `count` different random members, or of all in order when there are no more."""
        size = len(self)
        if count >= size:
            return self.members_between(0, size)
        return self._members_at(rng.sample(range(size), count))

    def random_choices(self, rng, count):
        """List of `count` random members of a set that is not empty, each picked anew."""
        size = len(self)
        random = rng.random
        return self._members_at(int(random() * size) for _ in range(count))

    def scan(self, cursor, count):
        """(next cursor, list of members); see HashIndex. A listpack comes at once, in order, as in Redis."""
        if self.encoding == "listpack":
            return 0, self.members_between(0, len(self))
        if self.index is None and len(self) > INDEX_FROM:
            self.index = HashIndex(self)
        return scan(self, self.index, cursor, count)

    # ---- finding a place ---------------------------------------------------------------------

    def _place(self, score, member):
        """(run, slot) for a pair that is to be inserted."""
        run = 0
        tails = self._tail_scores
        if tails:
            run = bisect_left(tails, score)
            if run < len(tails) and tails[run] == score:
                run = self._run_among_equals(run, score, member)
        scores = self._scores[run]
        slot = bisect_left(scores, score)
        if slot < len(scores) and scores[slot] == score:
            slot = bisect_left(self._members[run], member, slot, bisect_right(scores, score, slot))
        return run, slot

    def _find(self, score, member):
        """(run, slot) of a pair that is there; looks at the members only if others share the score."""
        run = 0
        tails = self._tail_scores
        if tails:
            run = bisect_left(tails, score)
            if run < len(tails) and tails[run] == score:
                run = self._run_among_equals(run, score, member)
        scores = self._scores[run]
        slot = bisect_left(scores, score)
        if slot + 1 < len(scores) and scores[slot + 1] == score:
            slot = bisect_left(self._members[run], member, slot, bisect_right(scores, score, slot))
        return run, slot

    def _run_among_equals(self, run, score, member):
        """The run of a pair, where `run` is the first of those whose separators have its score."""
        return bisect_left(self._tail_members, member, run, bisect_right(self._tail_scores, score, run))

    def _rank_of_member(self, member, bisect):
        run = bisect(self._tail_members, member)
        slot = bisect(self._members[run], member)
        return slot + self._members_before(run) if run else slot

    def _members_before(self, run):
        groups = self._groups
        group = run // GROUP
        in_groups = sum(groups[:group]) if group * 2 < len(groups) else len(self) - sum(groups[group:])
        return in_groups + sum(self._sizes[group * GROUP:run])

    def _at(self, rank):
        """(run, slot) of a rank that exists."""
        runs = self._members
        if rank < len(runs[0]):
            return 0, rank
        from_end = len(self) - len(runs[-1])
        if rank >= from_end:
            return len(runs) - 1, rank - from_end
        run = 0
        for size in self._groups:
            if rank < size:
                break
            rank -= size
            run += GROUP
        for size in self._sizes[run:run + GROUP]:
            if rank < size:
                break
            rank -= size
            run += 1
        return run, rank

    def _between(self, runs, first, stop, found):
        stop = min(stop, len(self))
        if first >= stop:
            return found
        run, slot = self._at(first)
        left = stop - first
        while True:
            found += runs[run][slot:slot + left]
            left = stop - first - len(found)
            if not left:
                return found
            slot = 0
            run += 1

    def _members_at(self, ranks):
        found = []
        for rank in ranks:
            run, slot = self._at(rank)
            found.append(self._members[run][slot])
        return found

    def _lex_walk(self, low, high, low_open, high_open, reverse):
        """`lex_interval` where members are not in order: a listpack whose scores differ."""
        members = self.members_between(0, len(self))

        def is_low_enough(member):
            return high == "+" or member < high or (member == high and not high_open)

        def is_high_enough(member):
            return low == "-" or member > low or (member == low and not low_open)

        if not is_high_enough(members[-1]) or not is_low_enough(members[0]):
            return 0, 0
        starts, goes_on = (is_low_enough, is_high_enough) if reverse else (is_high_enough, is_low_enough)
        ranks = range(len(members) - 1, -1, -1) if reverse else range(len(members))
        met = []
        for rank in ranks:
            if met or starts(members[rank]):
                if not goes_on(members[rank]):
                    break
                met.append(rank)
        return (min(met), max(met) + 1) if met else (0, 0)

    # ---- keeping runs at a good length -------------------------------------------------------

    def _set_runs(self, members):
        """Builds the runs of an empty order from all members in order."""
        length = RUN_MAX * 3 // 4
        starts = range(0, len(members) or 1, length)
        self._members = [members[start:start + length] for start in starts]
        self._scores = [array("d", map(self.__getitem__, run)) for run in self._members]
        if len(self._members) > 1:
            self._tail_scores = array("d", [run[-1] for run in self._scores[:-1]])
            self._tail_members = [run[-1] for run in self._members[:-1]]
            self._sizes = list(map(len, self._members))
            self._groups = []
            self._count_groups(0)

    def _count_groups(self, run):
        """Counts the groups anew from that of `run` on."""
        sizes = self._sizes
        first = run // GROUP
        self._groups[first:] = [sum(sizes[at:at + GROUP]) for at in range(first * GROUP, len(sizes), GROUP)]

    def _split(self, run):
        members, scores = self._members[run], self._scores[run]
        if not self._groups:
            self._tail_scores, self._tail_members = array("d"), []
            self._sizes, self._groups = [len(members)], []
        # Ever rising scores, like times, are common: they would leave half-filled runs behind.
        is_last = run == len(self._members) - 1
        cut = len(members) * 7 // 8 if is_last else len(members) // 2
        self._members[run:run + 1] = [members[:cut], members[cut:]]
        self._scores[run:run + 1] = [scores[:cut], scores[cut:]]
        self._sizes[run] = cut
        self._sizes.insert(run + 1, len(members) - cut)
        self._tail_scores.insert(run, scores[cut - 1])
        self._tail_members.insert(run, members[cut - 1])
        self._count_groups(run)

    def _shrunk(self, run, count):
        """So many members of a run have been removed."""
        if self._groups:
            self._sizes[run] -= count
            self._groups[run // GROUP] -= count
            if len(self._members[run]) < RUN_MIN:
                self._merge(run)

    def _merge(self, run):
        """Joins a short run with the next one, or with the one before, unless that is long."""
        members = self._members
        left = run if run + 1 < len(members) else run - 1
        if left < 0:
            return
        if members[run] and len(members[left]) + len(members[left + 1]) > RUN_MERGED:
            return
        members[left] += members.pop(left + 1)
        self._scores[left] += self._scores.pop(left + 1)
        self._sizes[left] += self._sizes.pop(left + 1)
        del self._tail_scores[left]
        del self._tail_members[left]
        self._count_groups(left)

    def _tidy_runs(self, first, stop):
        """Drops the empty runs of `first <= run < stop`, and joins what has become short."""
        runs = self._members
        empty = [run for run in range(first, stop) if not runs[run]]
        if empty:
            low, high = empty[0], empty[-1] + 1         # they are side by side
            if high - low == len(runs):
                low = 1                                 # one run stays, though empty
            # The run behind takes over what belonged to the empty ones, or the run before if there is none.
            shift = 0 if high < len(runs) else 1
            del self._tail_scores[low - shift:high - shift]
            del self._tail_members[low - shift:high - shift]
            del runs[low:high]
            del self._scores[low:high]
        self._sizes = list(map(len, runs))
        self._count_groups(0)
        for run in (first + 1, first):
            if run < len(runs) and len(runs[run]) < RUN_MIN:
                self._merge(run)
