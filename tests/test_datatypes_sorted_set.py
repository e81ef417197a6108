"""Tests of the sorted set. Encodings are a real server's answers (OBJECT ENCODING)."""

import random
import sys
import unittest
from unittest import mock

from redis_clone.datatypes import sorted_set
from redis_clone.datatypes.limits import EncodingLimits
from redis_clone.datatypes.sorted_set import SortedSet

INF = float("inf")


def member(number):
    return b"member%d" % number


class SortedSetTestCase(unittest.TestCase):
    def setUp(self):
        self.limits = EncodingLimits()
        self.rng = random.Random(1)

    def make(self, pairs):
        made = SortedSet()
        for name, score in pairs:
            made.add(name, score, self.limits)
        return made

    def use_tiny_runs(self):
        """Makes runs so short that a small set has many, and groups of them."""
        for name, value in (("RUN_MAX", 8), ("RUN_MIN", 2), ("RUN_MERGED", 6), ("GROUP", 3)):
            patch = mock.patch.object(sorted_set, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def assert_consistent(self, made):
        """Runs, separators and counts agree with the dict."""
        runs = [list(zip(scores, members)) for scores, members in zip(made._scores, made._members)]
        pairs = [pair for run in runs for pair in run]
        self.assertEqual(pairs, sorted((score, name) for name, score in made.items()))
        if not made._groups:
            self.assertEqual(len(runs), 1)
            return
        self.assertEqual(list(made._sizes), [len(run) for run in runs])
        sizes, group = made._sizes, sorted_set.GROUP
        self.assertEqual(made._groups, [sum(sizes[at:at + group]) for at in range(0, len(sizes), group)])
        tails = list(zip(made._tail_scores, made._tail_members))
        self.assertEqual(len(tails), len(runs) - 1)
        for tail, run, next_run in zip(tails, runs, runs[1:]):
            self.assertTrue(run[-1] <= tail < next_run[0])
        self.assertLessEqual(max(map(len, runs)), sorted_set.RUN_MAX)


class EncodingTest(SortedSetTestCase):
    def test_a_listpack_takes_128_members_of_64_bytes(self):
        made = self.make([(member(number), 1.0) for number in range(128)])
        self.assertEqual(made.encoding, "listpack")
        made.add(member(5), 2.0, self.limits)
        self.assertEqual(made.encoding, "listpack")
        made.add(b"more", 1.0, self.limits)
        self.assertEqual(made.encoding, "skiplist")
        self.assertEqual(self.make([(b"x" * 64, 1.0)]).encoding, "listpack")
        self.assertEqual(self.make([(b"x" * 65, 1.0)]).encoding, "skiplist")

    def test_does_not_go_back(self):
        made = self.make([(member(number), 1.0) for number in range(129)])
        made.remove_between(5, 129)
        self.assertEqual(made.encoding, "skiplist")
        self.assertEqual(made.duplicate().encoding, "skiplist")

    def test_the_members_of_one_command_decide_even_if_they_are_not_added(self):
        for count, longest, expected in ((128, 64, "listpack"), (129, 1, "skiplist"), (1, 65, "skiplist")):
            made = SortedSet()
            made.expect(count, longest, self.limits)
            self.assertEqual(made.encoding, expected)

    def test_stored_results_are_as_small_as_possible(self):
        for count, expected in ((0, "listpack"), (128, "listpack"), (129, "skiplist")):
            scores = {member(number): float(-number) for number in range(count)}
            stored = SortedSet.stored(scores, self.limits)
            self.assertEqual(dict(stored), scores)
            self.assertEqual(stored.encoding, expected)
            self.assert_consistent(stored)
        self.assertEqual(SortedSet.stored({b"x" * 65: 1.0}, self.limits).encoding, "skiplist")


class AddTest(SortedSetTestCase):
    def test_tells_what_it_did(self):
        made = SortedSet()
        self.assertEqual(made.add(b"a", 1.0, self.limits), (True, False))
        self.assertEqual(made.add(b"a", 1.0, self.limits), (False, False))
        self.assertEqual(made.add(b"a", 2.0, self.limits), (False, True))
        self.assertEqual(made[b"a"], 2.0)

    def test_members_with_the_same_score_are_in_order_of_their_bytes(self):
        made = self.make([(b"b", 1.0), (b"a", 1.0), (b"", 1.0), (b"\xff", 1.0), (b"B", 1.0), (b"aa", 1.0)])
        self.assertEqual(made.members_between(0, 6), [b"", b"B", b"a", b"aa", b"b", b"\xff"])

    def test_both_zeros_are_the_same_score_and_the_first_one_stays(self):
        made = self.make([(b"a", -0.0), (b"b", 0.0)])
        self.assertEqual(made.add(b"a", 0.0, self.limits), (False, False))
        self.assertEqual(repr(made[b"a"]), "-0.0")
        self.assertEqual(made.members_between(0, 2), [b"a", b"b"])
        self.assertEqual(repr(made.pairs_between(0, 1)), "[(b'a', -0.0)]")
        self.assertEqual(made.score_interval(0.0, 0.0), (0, 2))

    def test_infinite_scores_are_at_the_ends(self):
        made = self.make([(b"a", INF), (b"b", 1e308), (b"c", -INF), (b"d", -1e308)])
        self.assertEqual(made.members_between(0, 4), [b"c", b"d", b"b", b"a"])
        self.assertEqual(made.score_interval(-INF, INF), (0, 4))
        self.assertEqual(made.score_interval(-INF, INF, True, True), (1, 3))

    def test_the_stored_object_of_a_member_is_kept_when_its_score_changes(self):
        first, twin = bytes(bytearray(b"member")), bytes(bytearray(b"member"))
        made = self.make([(first, 1.0), (twin, 2.0)])
        self.assertIs(made.members_between(0, 1)[0], next(iter(made)))


class LexIntervalTest(SortedSetTestCase):
    def setUp(self):
        super().setUp()
        self.made = self.make([(name, 0.0) for name in (b"a", b"b", b"c", b"d")])

    def between(self, *bounds, **how):
        return self.made.members_between(*self.made.lex_interval(*bounds, **how))

    def test_bounds_may_be_open_closed_or_missing(self):
        self.assertEqual(self.between("-", "+"), [b"a", b"b", b"c", b"d"])
        self.assertEqual(self.between(b"b", b"c"), [b"b", b"c"])
        self.assertEqual(self.between(b"b", b"d", True, True), [b"c"])
        self.assertEqual(self.between("-", b"bb"), [b"a", b"b"])
        self.assertEqual(self.between(b"bb", "+"), [b"c", b"d"])

    def test_contradictory_bounds_give_nothing(self):
        for low, high in (("+", "-"), ("+", b"a"), (b"a", "-"), (b"c", b"b"), ("+", "+"), ("-", "-")):
            self.assertEqual(self.between(low, high), [])
        self.assertEqual(self.between(b"b", b"b", True, False), [])
        self.assertEqual(SortedSet().lex_interval("-", "+"), (0, 0))

    def test_a_small_set_with_different_scores_is_walked_through_like_in_redis(self):
        self.made = self.make([(b"a", 1.0), (b"d", 2.0), (b"b", 3.0), (b"c", 4.0)])
        self.assertEqual(self.between(b"a", b"c"), [b"a"])
        self.assertEqual(self.between(b"a", b"c", reverse=True), [b"a", b"d", b"b", b"c"])
        self.assertEqual(self.between(b"b", b"c", reverse=True), [b"d", b"b", b"c"])
        self.assertEqual(self.between(b"b", "+"), [b"d", b"b", b"c"])
        self.assertEqual(self.between(b"d", "+"), [])


class ModelTest(SortedSetTestCase):
    SCORES = (
        [0.0],
        [1.0, 2.0, -0.0, 0.0, INF, -INF],
        [float(number) for number in range(30)],
        [number / 7 for number in range(1000)],
    )

    def test_behaves_like_a_sorted_list(self):
        self.use_tiny_runs()
        self.play(range(40), 400)

    def test_behaves_like_a_sorted_list_with_runs_of_full_length(self):
        self.play(range(100, 103), 1500)

    def play(self, seeds, steps):
        for seed in seeds:
            rng = random.Random(seed)
            scores = rng.choice(self.SCORES)
            universe = [member(number) for number in range(rng.choice([20, 200, 3000]))]
            made, model = SortedSet(), {}
            if len(universe) > 1000:
                model = {name: rng.choice(scores) for name in universe[:2500]}
                made = SortedSet.stored(model, self.limits)
            for step in range(steps):
                grows = step // 100 % 2 == 0
                self.change(rng, made, model, rng.choice(universe), rng.choice(scores), 0.7 if grows else 0.3)
                if step % 10 == 0:
                    self.read(rng, made, model, rng.choice(universe), scores)
                if step % 50 == 0:
                    self.assert_consistent(made)
                    made = made.duplicate() if rng.random() < 0.2 else made
            self.assert_consistent(made)

    def change(self, rng, made, model, name, score, chance_to_grow):
        if rng.random() < 0.05:
            self.change_many(rng, made, model)
        elif rng.random() < chance_to_grow:
            is_new = name not in model
            is_other = not is_new and model[name] != score
            self.assertEqual(made.add(name, score, self.limits), (is_new, is_other))
            if is_new or is_other:
                model[name] = score
        else:
            self.assertEqual(made.remove(name), name in model)
            model.pop(name, None)

    def change_many(self, rng, made, model):
        in_order = sorted((score, name) for name, score in model.items())
        size = len(in_order)
        count = rng.choice([1, 3, size // 4])
        action = rng.randrange(3)
        if action == 0:
            first, stop = 0, min(count, size)
            self.assertEqual(made.pop_min(count), [(name, score) for score, name in in_order[:stop]])
        elif action == 1:
            first, stop = max(size - count, 0), size
            self.assertEqual(made.pop_max(count), [(name, score) for score, name in in_order[first:][::-1]])
        else:
            first = rng.randrange(size + 1)
            stop = min(first + count, size)
            self.assertEqual(made.remove_between(first, stop), stop - first)
        for _, name in in_order[first:stop]:
            del model[name]

    def read(self, rng, made, model, name, scores):
        in_order = sorted((score, name) for name, score in model.items())
        members = [name for _, name in in_order]
        size = len(members)
        self.assertEqual(len(made), size)
        rank = members.index(name) if name in model else None
        self.assertEqual(made.rank(name), rank)
        self.assertEqual(made.rank(name, reverse=True), None if rank is None else size - 1 - rank)
        first = rng.randrange(size + 1)
        stop = rng.randrange(size + 1)
        self.assertEqual(made.members_between(first, stop), members[first:stop])
        pairs = [(name, score) for score, name in in_order[first:stop]]
        self.assertEqual(made.pairs_between(first, stop), pairs)
        self.assertEqual(list(made.pairs()), [(name, score) for score, name in in_order])
        self.read_by_score(rng, made, in_order, scores)
        if len(scores) == 1:
            self.read_by_member(rng, made, members, name)
        if size:
            self.assertIn(made.random_member(rng), model)

    def read_by_score(self, rng, made, in_order, scores):
        low, high = rng.choice(scores) - 0.5, rng.choice(scores)
        low_open, high_open = rng.random() < 0.5, rng.random() < 0.5
        expected = [name for score, name in in_order if low <= score <= high
                    and not (low_open and score == low) and not (high_open and score == high)]
        first, stop = made.score_interval(low, high, low_open, high_open)
        self.assertEqual(stop - first, len(expected))
        self.assertEqual(made.members_between(first, stop), expected)

    def read_by_member(self, rng, made, members, name):
        low, high = sorted([name, member(rng.randrange(200))])
        low_open, high_open = rng.random() < 0.5, rng.random() < 0.5
        expected = [name for name in members if low <= name <= high
                    and not (low_open and name == low) and not (high_open and name == high)]
        first, stop = made.lex_interval(low, high, low_open, high_open)
        self.assertEqual(made.members_between(first, stop), expected)


class LargeTest(SortedSetTestCase):
    def test_rising_scores_fill_the_runs_well(self):
        made = self.make([(member(number), float(number)) for number in range(10000)])
        self.assertLess(len(made._members), 13)
        self.assert_consistent(made)

    def test_a_set_of_equal_scores_is_found_by_member_across_runs(self):
        names = [member(number) for number in range(5000)]
        self.rng.shuffle(names)
        made = self.make([(name, 7.0) for name in names])
        names.sort()
        for rank in range(0, 5000, 97):
            self.assertEqual(made.rank(names[rank]), rank)
        self.assertEqual(made.lex_interval(names[100], names[4000]), (100, 4001))
        for name in names[::2]:
            made.remove(name)
        self.assertEqual(made.members_between(0, 2500), names[1::2])
        self.assert_consistent(made)

    def test_emptying_from_either_end_leaves_a_usable_set(self):
        for pop in (SortedSet.pop_min, SortedSet.pop_max):
            made = self.make([(member(number), float(number % 50)) for number in range(3000)])
            while len(made) > 1:
                pop(made)
            self.assert_consistent(made)
            pop(made, 10)
            self.assertEqual((len(made), made.members_between(0, 5), pop(made)), (0, [], []))
            made.add(b"a", 1.0, self.limits)
            self.assertEqual(made.pairs_between(0, 1), [(b"a", 1.0)])

    @unittest.skipUnless(sys.implementation.name == "cpython", "only CPython tells the size of objects")
    def test_a_set_that_was_large_does_not_stay_large(self):
        made = self.make([(member(number), float(number)) for number in range(5000)])
        full = made.__sizeof__()
        made.remove_between(10, 5000)
        self.assertLess(made.__sizeof__(), full / 10)


class RandomTest(SortedSetTestCase):
    def test_every_member_has_the_same_chance(self):
        self.use_tiny_runs()
        made = self.make([(member(number), float(number)) for number in range(50)])
        counts = dict.fromkeys(made, 0)
        for _ in range(10000):
            counts[made.random_member(self.rng)] += 1
        for count in counts.values():
            self.assertAlmostEqual(count, 200, delta=70)

    def test_picks_several_different_members(self):
        made = self.make([(member(number), float(number)) for number in range(2000)])
        picked = made.random_members(self.rng, 100)
        self.assertEqual(len(set(picked)), 100)
        self.assertLessEqual(set(picked), set(made))
        self.assertEqual(made.random_members(self.rng, 2001), made.members_between(0, 2000))
        self.assertEqual(len(made.random_choices(self.rng, 3000)), 3000)


class ScanTest(SortedSetTestCase):
    def test_a_listpack_comes_at_once_and_in_order(self):
        made = self.make([(b"a", 3.0), (b"b", 1.0), (b"c", 2.0)])
        self.assertEqual(made.scan(0, 1), (0, [b"b", b"c", b"a"]))

    def test_returns_what_was_there_throughout_though_scores_change(self):
        for seed in range(10):
            rng = random.Random(seed)
            stable = [member(number) for number in range(rng.choice([150, 600]))]
            others = [b"other%d" % number for number in range(500)]
            made = self.make([(name, rng.random()) for name in stable])
            cursor, found = made.scan(0, 10)
            while cursor:
                for _ in range(30):
                    made.add(rng.choice(stable), rng.random(), self.limits)
                    if rng.random() < 0.6:
                        made.add(rng.choice(others), rng.random(), self.limits)
                    else:
                        made.remove(rng.choice(others))
                cursor, more = made.scan(cursor, 10)
                found += more
            self.assertLessEqual(set(stable), set(found))


if __name__ == "__main__":
    unittest.main()
