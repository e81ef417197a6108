"""Tests of the hash. Which encoding follows from what was asked of a real server (OBJECT ENCODING)."""

import random
import sys
import unittest
from unittest import mock

from redis_clone.datatypes import hash as hash_module, hash_index
from redis_clone.datatypes.hash import ExpiringHash, Hash
from redis_clone.datatypes.limits import EncodingLimits


def field(number):
    return b"field%d" % number


class HashTestCase(unittest.TestCase):
    def setUp(self):
        self.limits = EncodingLimits()
        self.rng = random.Random(1)

    def make(self, count):
        made = Hash()
        for number in range(count):
            made.set_field(field(number), b"v", self.limits)
        return made


class EncodingTest(HashTestCase):
    def test_a_listpack_takes_128_fields(self):
        made = self.make(128)
        self.assertEqual(made.encoding, "listpack")
        made.set_field(field(5), b"again", self.limits)
        self.assertEqual(made.encoding, "listpack")
        made.set_field(b"more", b"v", self.limits)
        self.assertEqual(made.encoding, "hashtable")

    def test_a_listpack_takes_fields_and_values_of_64_bytes(self):
        for name, value, expected in ((b"f" * 64, b"v" * 64, "listpack"), (b"f" * 65, b"v", "hashtable"),
                                      (b"f", b"v" * 65, "hashtable")):
            made = Hash()
            made.set_field(name, value, self.limits)
            self.assertEqual(made.encoding, expected)

    def test_a_longer_value_for_an_old_field_counts_too(self):
        made = self.make(1)
        self.assertFalse(made.set_field(field(0), b"v" * 65, self.limits))
        self.assertEqual(made.encoding, "hashtable")

    def test_does_not_go_back(self):
        made = self.make(129)
        for number in range(1, 129):
            made.delete_field(field(number))
        made.set_field(field(0), b"v", self.limits)
        self.assertEqual(made.encoding, "hashtable")

    def test_the_number_of_fields_of_one_command_decides_even_if_they_repeat(self):
        made = Hash()
        made.expect(128, self.limits)
        self.assertEqual(made.encoding, "listpack")
        made.expect(129, self.limits)
        self.assertEqual(made.encoding, "hashtable")

    def test_fields_set_together_decide_as_single_ones_do(self):
        pairs = [word for number in range(64) for word in (field(number), b"v")]
        made = Hash()
        self.assertEqual(made.set_fields(pairs, self.limits), 64)
        self.assertEqual(made.set_fields([field(3), b"w", b"new", b"x", field(4), b"w"], self.limits), 1)
        self.assertEqual((made[field(3)], made[b"new"], len(made), made.encoding), (b"w", b"x", 65, "listpack"))
        self.assertEqual(made.set_fields([b"more" + word for word in pairs], self.limits), 64)
        self.assertEqual(made.encoding, "hashtable")                # 129 fields
        for pairs in ([b"f" * 65, b"v"], [b"f", b"v" * 65, b"f", b"v"], [b"f", b"v"] * 129):
            made = Hash()
            made.set_fields(pairs, self.limits)
            self.assertEqual(made.encoding, "hashtable", pairs[:2])

    def test_a_limit_of_zero_switches_listpacks_off(self):
        self.limits.hash_max_listpack_entries = 0
        self.assertEqual(self.make(1).encoding, "hashtable")


class ModelTest(HashTestCase):
    def test_behaves_like_a_plain_dict_and_keeps_its_order(self):
        for seed in range(20):
            rng = random.Random(seed)
            made, model = Hash(), {}
            size = rng.choice([20, 300, 1000])
            for step in range(1500):
                name = field(rng.randrange(size))
                if rng.random() < (0.7 if step // 300 % 2 == 0 else 0.2):
                    value = b"%d" % step
                    self.assertEqual(made.set_field(name, value, self.limits), name not in model)
                    model[name] = value
                else:
                    self.assertEqual(made.delete_field(name), name in model)
                    model.pop(name, None)
                if model and step % 97 == 0:
                    self.assertIn(made.random_field(rng), model)
                if step % 500 == 0:
                    made = made.duplicate()
            self.assertEqual(list(made.items()), list(model.items()))
            if made.index is not None:
                self.assertEqual(sorted(made.index), sorted(model))


class RandomTest(HashTestCase):
    def test_every_field_has_the_same_chance_with_and_without_index(self):
        for count in (20, hash_index.INDEX_FROM + 1):
            made = self.make(count)
            counts = dict.fromkeys(made, 0)
            for _ in range(count * 200):
                counts[made.random_field(self.rng)] += 1
            self.assertEqual(made.index is not None, count > hash_index.INDEX_FROM)
            for picked in counts.values():
                self.assertAlmostEqual(picked, 200, delta=75)

    def test_picks_several_different_fields(self):
        for count in (50, 1000):
            made = self.make(count)
            picked = made.random_fields(self.rng, 20)
            self.assertEqual(len(set(picked)), 20)
            self.assertLessEqual(set(picked), set(made))
            self.assertEqual(made.random_fields(self.rng, count + 1), list(made))

    def test_choices_may_repeat(self):
        for count in (5, 1000):
            picked = self.make(count).random_choices(self.rng, 100)
            self.assertEqual(len(picked), 100)


class ScanTest(HashTestCase):
    def test_a_listpack_comes_at_once_and_in_order(self):
        self.assertEqual(self.make(3).scan(0, 1), (0, [field(0), field(1), field(2)]))

    def test_a_hashtable_comes_in_steps_with_and_without_index(self):
        for count in (150, 1000):
            made = self.make(count)
            cursor, found = made.scan(0, 10)
            self.assertEqual(len(found), 10)
            while cursor:
                cursor, more = made.scan(cursor, 10)
                found += more
            self.assertEqual(sorted(found), sorted(made))

    def test_returns_what_was_there_throughout_while_the_hash_grows_and_shrinks(self):
        for seed in range(10):
            rng = random.Random(seed)
            made = self.make(200)
            others = [b"other%d" % number for number in range(600)]
            cursor, found = made.scan(0, 10)
            while cursor:
                for _ in range(40):
                    other = rng.choice(others)
                    if rng.random() < 0.7:
                        made.set_field(other, b"v", self.limits)
                    else:
                        made.delete_field(other)
                cursor, more = made.scan(cursor, 10)
                found += more
            self.assertLessEqual({field(number) for number in range(200)}, set(found))


class MemoryTest(HashTestCase):
    def test_a_large_hash_has_an_index_before_it_is_needed(self):
        made = self.make(hash_index.INDEX_ALWAYS - 1)
        self.assertIsNone(made.index)
        made.set_field(b"one more", b"v", self.limits)
        self.assertEqual(len(made.index), hash_index.INDEX_ALWAYS)

    def test_fields_set_together_join_the_index(self):
        self.limits.hash_max_listpack_entries = 1000
        pairs = [word for number in range(300) for word in (field(number), b"v")]
        made = Hash()
        made.set_fields(pairs, self.limits)
        made.random_field(self.rng)                                 # makes an index, in a listpack
        self.assertEqual(made.set_fields([b"new", b"v", field(0), b"w"], self.limits), 1)
        self.assertEqual(set(made.random_fields(self.rng, 290)) - set(made), set())
        self.assertIn(b"new", made.random_choices(self.rng, 5000))
        with mock.patch.object(hash_module, "INDEX_ALWAYS", 200):
            made = Hash()
            made.set_fields(pairs, self.limits)
        self.assertIsNotNone(made.index)

    @unittest.skipUnless(sys.implementation.name == "cpython", "only CPython tells the size of objects")
    def test_a_hash_that_was_large_does_not_stay_large(self):
        made = self.make(5000)
        full = made.__sizeof__()
        for number in range(4990):
            made.delete_field(field(number))
        self.assertLess(made.__sizeof__(), full / 10)
        self.assertEqual(list(made), [field(number) for number in range(4990, 5000)])


class ExpiringHashTest(HashTestCase):
    def make_expiring(self, count):
        return ExpiringHash.take_over(self.make(count))

    def test_takes_over_fields_encoding_and_index(self):
        for count, encoding in ((5, "listpackex"), (hash_index.INDEX_FROM + 1, "hashtable")):
            made = self.make(count)
            made.random_field(self.rng)
            expiring = ExpiringHash.take_over(made)
            self.assertEqual(list(expiring.items()), list(made.items()))
            self.assertEqual(expiring.encoding, encoding)
            self.assertEqual(expiring.index is not None, encoding == "hashtable")

    def test_fields_that_are_due_go(self):
        made = self.make_expiring(4)
        made.expire_field(field(1), 10)
        made.expire_field(field(2), 20)
        self.assertEqual(len(made.drop_due(10)), 0)
        self.assertEqual(len(made.drop_due(15)), 1)
        self.assertEqual(list(made), [field(0), field(2), field(3)])

    def test_setting_forgets_the_expiry_and_altering_keeps_it(self):
        made = self.make_expiring(3)
        for number in range(3):
            made.expire_field(field(number), 10)
        self.assertFalse(made.set_field(field(0), b"w", self.limits))
        self.assertFalse(made.alter_field(field(1), b"w", self.limits))
        self.assertEqual(len(made.drop_due(99)), 2)
        self.assertEqual(made, {field(0): b"w"})

    def test_setting_several_forgets_their_expiries(self):
        made = self.make_expiring(3)
        for number in range(3):
            made.expire_field(field(number), 10)
        self.assertEqual(made.set_fields([field(0), b"w", b"new", b"w", field(2), b"w"], self.limits), 1)
        self.assertEqual(len(made.drop_due(99)), 1)
        self.assertEqual(made, {field(0): b"w", field(2): b"w", b"new": b"w"})

    def test_deleting_forgets_the_expiry(self):
        made = self.make_expiring(2)
        made.expire_field(field(0), 10)
        self.assertTrue(made.delete_field(field(0)))
        made.set_field(field(0), b"again", self.limits)
        self.assertEqual(len(made.drop_due(99)), 0)

    def test_a_listpackex_takes_as_much_as_a_listpack(self):
        made = self.make_expiring(128)
        made.set_field(field(5), b"again", self.limits)
        made.alter_field(field(6), b"v" * 64, self.limits)
        self.assertEqual(made.encoding, "listpackex")
        self.assertEqual(made.scan(0, 1), (0, list(made)))
        made.set_field(b"more", b"v", self.limits)
        self.assertEqual(made.encoding, "hashtable")
        for name, value in ((b"f" * 65, b"v"), (b"f", b"v" * 65)):
            made = self.make_expiring(1)
            made.set_field(name, value, self.limits)
            self.assertEqual(made.encoding, "hashtable")

    def test_a_copy_has_expiries_of_its_own(self):
        made = self.make_expiring(2)
        made.expire_field(field(0), 10)
        twin = made.duplicate()
        made.expiries.forget(field(0))
        self.assertEqual((made.drop_due(99), twin.drop_due(99)), ([], [field(0)]))
        self.assertEqual(twin.encoding, "listpackex")

    def test_a_scan_returns_what_stays_while_many_fields_go(self):
        for due in (30, 900, 2900):
            made = self.make_expiring(3000)
            for number in range(due):
                made.expire_field(field(number), 10)
            cursor, found = made.scan(0, 10)
            self.assertEqual(len(made.drop_due(99)), due)
            while cursor:
                cursor, more = made.scan(cursor, 10)
                found += more
            self.assertLessEqual({field(number) for number in range(due, 3000)}, set(found))
            self.assertEqual(sorted(made.index), sorted(made))

    def test_no_more_go_than_asked_for(self):
        made = self.make_expiring(500)
        for number in range(500):
            made.expire_field(field(number), 10)
        self.assertEqual(len(made.drop_due(99, 100)), 100)
        self.assertEqual(len(made), 400)


if __name__ == "__main__":
    unittest.main()
