"""Tests of the set. Which encoding follows from what was asked of a real server (OBJECT ENCODING)."""

import random
import sys
import unittest

from redis_clone.datatypes.limits import EncodingLimits
from redis_clone.datatypes.set import Set


def numbers(start, stop):
    return [b"%d" % number for number in range(start, stop)]


def words(count):
    return [b"word%d" % number for number in range(count)]


class SetTestCase(unittest.TestCase):
    def setUp(self):
        self.limits = EncodingLimits()
        self.rng = random.Random(1)

    def make(self, *batches):
        """A set after one SADD for each batch of members."""
        made = Set()
        for batch in batches:
            made.add_members(batch, self.limits)
        return made

    def assert_consistent(self, checked):
        """What a set keeps beside its members agrees with them."""
        self.assertEqual(checked.order is not None, checked.encoding == "listpack")
        self.assertEqual(checked.index is not None, checked.encoding == "hashtable")
        beside = checked.order if checked.order is not None else checked.index
        if beside is not None:
            self.assertEqual(len(beside), len(checked))
            self.assertEqual(set(beside), set(checked))


class EncodingTest(SetTestCase):
    def assert_encoding(self, expected, *batches):
        made = self.make(*batches)
        self.assertEqual(made.encoding, expected)
        self.assert_consistent(made)

    def test_integers_make_an_intset(self):
        self.assert_encoding("intset", [b"1"])
        self.assert_encoding("intset", [b"9223372036854775807", b"-9223372036854775808"])
        self.assert_encoding("intset", numbers(0, 512))

    def test_what_only_looks_like_an_integer_makes_a_listpack(self):
        for member in (b"01", b"-0", b"+1", b"9223372036854775808", b""):
            self.assert_encoding("listpack", [member])

    def test_too_many_integers_make_a_hashtable(self):
        self.assert_encoding("hashtable", numbers(0, 513))
        self.assert_encoding("hashtable", numbers(0, 512), [b"1000"])

    def test_a_listpack_takes_128_members_of_64_bytes(self):
        self.assert_encoding("listpack", words(128))
        self.assert_encoding("hashtable", words(129))
        self.assert_encoding("hashtable", words(128), [b"more"])
        self.assert_encoding("listpack", [b"x" * 64])
        self.assert_encoding("hashtable", [b"x" * 65])
        self.assert_encoding("hashtable", [b"a"], [b"x" * 65])

    def test_an_intset_becomes_a_listpack_while_it_is_small_enough(self):
        self.assert_encoding("listpack", numbers(0, 127) + [b"a"])
        self.assert_encoding("listpack", numbers(0, 127), [b"a"])
        self.assert_encoding("hashtable", numbers(0, 128) + [b"a"])
        self.assert_encoding("hashtable", numbers(0, 128), [b"a"])
        self.assert_encoding("hashtable", [b"1"], [b"x" * 65])

    def test_integers_in_a_listpack_count_like_all_others(self):
        self.assert_encoding("listpack", [b"a"] + numbers(0, 127))
        self.assert_encoding("hashtable", [b"a"] + numbers(0, 128))

    def test_the_number_of_arguments_decides_even_if_they_repeat(self):
        self.assert_encoding("hashtable", [b"1"] * 513)
        self.assert_encoding("hashtable", [b"a"] * 129)
        self.assert_encoding("hashtable", [b"1"], [b"1"] * 513)
        self.assert_encoding("listpack", [b"1"], [b"a"] * 129)
        self.assert_encoding("hashtable", [b"a"], [b"a"] * 129)
        self.assert_encoding("listpack", [b"1"] + [b"a"] * 511)
        self.assert_encoding("hashtable", [b"1"] + [b"a"] * 512)

    def test_limits_of_zero_switch_an_encoding_off(self):
        self.limits.set_max_intset_entries = 0
        self.assert_encoding("listpack", [b"1"])
        self.limits.set_max_listpack_entries = 0
        self.assert_encoding("hashtable", [b"1"])
        self.limits.set_max_intset_entries = 512
        self.assert_encoding("intset", [b"1"])
        self.assert_encoding("hashtable", [b"1"], [b"a"])

    def test_the_longest_integer_must_fit_into_the_listpack_too(self):
        self.limits.set_max_listpack_value = 1
        self.assert_encoding("listpack", [b"1"], [b"a"])
        self.assert_encoding("hashtable", [b"10"], [b"a"])
        self.assert_encoding("hashtable", [b"-1"], [b"a"])

    def test_larger_limits(self):
        self.limits.set_max_intset_entries = 1000
        self.limits.set_max_listpack_entries = 300
        self.assert_encoding("listpack", numbers(0, 200), [b"a"])

    def test_a_small_intset_limit(self):
        self.limits.set_max_intset_entries = 3
        self.limits.set_max_listpack_entries = 10
        self.assert_encoding("listpack", [b"1", b"2", b"3", b"4"])
        self.assert_encoding("hashtable", [b"1", b"2", b"3"], [b"4"])
        self.assert_encoding("hashtable", [b"1"], [b"4", b"5", b"6", b"7"])

    def test_does_not_go_back_when_members_go(self):
        made = self.make([b"1", b"a"])
        made.discard_member(b"a")
        self.assertEqual(made.encoding, "listpack")

    def test_stored_results_begin_as_an_intset(self):
        for members, expected in ((numbers(0, 512), "intset"), (numbers(0, 513), "hashtable"), ([], "intset"),
                                  (words(128), "listpack"), (words(129), "hashtable"),
                                  ([b"a"] + numbers(0, 127), "listpack")):
            stored = Set.stored(members, self.limits)
            self.assertEqual(stored.encoding, expected)
            self.assertEqual(stored, set(members))
            self.assert_consistent(stored)


class OrderTest(SetTestCase):
    def test_an_intset_is_in_ascending_order(self):
        self.assertEqual(self.make([b"10", b"9", b"-3", b"0"]).ordered(), [b"-3", b"0", b"9", b"10"])

    def test_a_listpack_is_in_order_of_insertion(self):
        made = self.make([b"c", b"a", b"b", b"a"])
        made.discard_member(b"a")
        made.add_member(b"0", self.limits)
        self.assertEqual(made.ordered(), [b"c", b"b", b"0"])

    def test_an_intset_that_becomes_a_listpack_keeps_its_order(self):
        self.assertEqual(self.make([b"10", b"9"], [b"x"], [b"5"]).ordered(), [b"9", b"10", b"x", b"5"])

    def test_the_list_is_no_alias(self):
        made = self.make([b"a", b"b"])
        made.ordered().clear()
        self.assertEqual(made.ordered(), [b"a", b"b"])


class ModelTest(SetTestCase):
    def test_behaves_like_a_plain_set(self):
        for seed in range(30):
            rng = random.Random(seed)
            universe = numbers(0, 700) if seed % 3 == 0 else words(200) + numbers(0, 200)
            made, model = Set(), set()
            for _ in range(600):
                member = rng.choice(universe)
                action = rng.randrange(7)
                if action < 2:
                    self.assertEqual(made.add_member(member, self.limits), member not in model)
                    model.add(member)
                elif action == 2:
                    batch = rng.sample(universe, rng.randrange(1, 40))
                    self.assertEqual(made.add_members(batch, self.limits), len(set(batch) - model))
                    model.update(batch)
                elif action == 3:
                    self.assertEqual(made.discard_member(member), member in model)
                    model.discard(member)
                elif action == 4 and model:
                    model.remove(made.pop_random(rng))
                elif action == 5 and model and rng.random() < 0.2:
                    size = len(model)
                    count = rng.choice([1, 5, size // 2, size * 9 // 10, size, size + 1])
                    popped = made.pop_randoms(rng, count, self.limits)
                    self.assertEqual(len(popped), min(count, len(model)))
                    self.assertEqual(len(set(popped)), len(popped))
                    self.assertLessEqual(set(popped), model)
                    model.difference_update(popped)
                elif action == 6 and rng.random() < 0.1:
                    made = made.duplicate()
            self.assertEqual(made, model)
            self.assertEqual(sorted(made.ordered()), sorted(model))
            self.assert_consistent(made)


class RandomTest(SetTestCase):
    def test_every_member_has_the_same_chance_in_every_encoding(self):
        for members in (numbers(0, 20), words(20), words(19) + [b"x" * 65]):
            made = self.make(members)
            counts = dict.fromkeys(members, 0)
            for _ in range(10000):
                counts[made.random_member(self.rng)] += 1
            for count in counts.values():
                self.assertAlmostEqual(count, 500, delta=110)

    def test_picks_several_different_members(self):
        for members in (numbers(0, 50), words(50), words(200)):
            made = self.make(members)
            for count in (0, 1, 10, 49):
                picked = made.random_members(self.rng, count)
                self.assertEqual(len(picked), count)
                self.assertEqual(len(set(picked)), count)
                self.assertLessEqual(set(picked), made)
            self.assertEqual(made.random_members(self.rng, 1000), made.ordered())

    def test_choices_may_repeat(self):
        for members in (numbers(0, 5), words(5), words(200)):
            picked = self.make(members).random_choices(self.rng, 300)
            self.assertEqual(len(picked), 300)
            self.assertLessEqual(set(picked), set(members))

    def test_popping_nearly_all_members_builds_the_set_anew(self):
        long_words = [b"x" * 70 + word for word in words(50)]
        for members, count, expected in ((words(200), 195, "listpack"), (words(200), 167, "listpack"),
                                         (words(200), 166, "hashtable"), (words(2000), 1800, "hashtable"),
                                         (numbers(0, 600), 595, "listpack"), (numbers(0, 7), 6, "intset"),
                                         (long_words, 49, "hashtable")):
            made = self.make(members)
            popped = made.pop_randoms(self.rng, count, self.limits)
            self.assertEqual(made.encoding, expected)
            self.assertEqual(sorted(popped + made.ordered()), sorted(members))
            self.assert_consistent(made)


class ScanTest(SetTestCase):
    def test_a_small_set_comes_at_once_and_in_order(self):
        self.assertEqual(self.make([b"3", b"1", b"2"]).scan(0, 1), (0, [b"1", b"2", b"3"]))
        self.assertEqual(self.make([b"b", b"a"]).scan(7, 1), (0, [b"b", b"a"]))

    def test_a_hashtable_comes_in_steps(self):
        made = self.make(words(150))
        cursor, found = made.scan(0, 10)
        self.assertEqual(len(found), 10)
        while cursor:
            cursor, more = made.scan(cursor, 10)
            found += more
        self.assertEqual(sorted(found), sorted(words(150)))


class MemoryTest(SetTestCase):
    @unittest.skipUnless(sys.implementation.name == "cpython", "only CPython tells the size of objects")
    def test_a_set_that_was_large_does_not_stay_large(self):
        made = self.make(words(5000))
        full = made.__sizeof__()
        for member in words(4990):
            made.discard_member(member)
        self.assertLess(made.__sizeof__(), full / 10)
        self.assertEqual(len(made), 10)
        made = self.make(words(5000))
        for _ in range(4990):
            made.pop_random(self.rng)
        self.assertLess(made.__sizeof__(), full / 10)


if __name__ == "__main__":
    unittest.main()
