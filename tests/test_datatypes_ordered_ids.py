"""OrderedIds: the same as a sorted list, at any size, whatever comes and goes."""
import random
import unittest

from redis_clone.datatypes.ordered_ids import RUN_MAX, OrderedIds

HIGHEST = ((1 << 64) - 1, (1 << 64) - 1)


class OrderedIdsTest(unittest.TestCase):
    def check(self, ids, expected):
        self.assertEqual(list(ids), expected)
        self.assertEqual(len(ids), len(expected))
        if expected:
            self.assertEqual((ids.first, ids.last), (expected[0], expected[-1]))

    def test_an_empty_one(self):
        ids = OrderedIds()
        self.check(ids, [])
        self.assertEqual(list(ids.between((0, 0), HIGHEST)), [])

    def test_ids_come_in_order_whatever_order_they_are_added_in(self):
        numbers = [(number // 3, number % 3) for number in range(5 * RUN_MAX)]
        for order in (numbers, numbers[::-1], random.Random(1).sample(numbers, len(numbers))):
            ids = OrderedIds()
            for id_ in order:
                ids.add(id_)
            self.check(ids, numbers)

    def test_is_made_of_ids_in_order(self):
        numbers = [(number, 0) for number in range(3 * RUN_MAX)]
        ids = OrderedIds(numbers)
        self.check(ids, numbers)
        ids.add((1, 1))
        ids.add((1 << 63, 7))
        self.check(ids, numbers[:2] + [(1, 1)] + numbers[2:] + [(1 << 63, 7)])

    def test_between_includes_both_ends(self):
        ids = OrderedIds((number, 5) for number in range(0, 8000, 2))
        for first, last, expected in (
                ((10, 5), (14, 5), [10, 12, 14]), ((10, 6), (14, 4), [12]), ((9, 0), (11, 0), [10]),
                ((11, 0), (11, 9), []), ((14, 5), (10, 5), []), ((7996, 0), HIGHEST, [7996, 7998]),
                ((7998, 6), HIGHEST, []), ((0, 0), (1, 0), [0]), ((0, 0), (0, 4), [])):
            self.assertEqual(list(ids.between(first, last)), [(ms, 5) for ms in expected], (first, last))
        self.assertEqual(len(list(ids.between((0, 0), HIGHEST))), 4000)

    def test_what_is_removed_from_either_end_or_the_middle_is_gone(self):
        rng = random.Random(2)
        numbers = [(number, number % 7) for number in range(6 * RUN_MAX)]
        for order in (numbers, numbers[::-1], rng.sample(numbers, len(numbers))):
            ids, left = OrderedIds(numbers), sorted(numbers)
            for id_ in order[:-100]:
                ids.remove(id_)
            left = sorted(order[-100:])
            self.check(ids, left)
            for id_ in order[-100:]:
                ids.remove(id_)
            self.check(ids, [])

    def test_is_the_same_as_a_sorted_list_over_a_long_time(self):
        rng = random.Random(3)
        ids, expected = OrderedIds(), set()
        for _ in range(20000):
            id_ = (rng.randrange(2000), rng.randrange(3))
            if id_ in expected:
                ids.remove(id_)
                expected.remove(id_)
            else:
                ids.add(id_)
                expected.add(id_)
        self.check(ids, sorted(expected))
        first, last = (300, 1), (1700, 0)
        self.assertEqual(list(ids.between(first, last)), [id_ for id_ in sorted(expected) if first <= id_ <= last])


if __name__ == "__main__":
    unittest.main()
