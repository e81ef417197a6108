"""Tests of sorting a part: the order of ties is what a real server did with such elements."""
import random
import unittest
from operator import itemgetter

from redis_clone.datatypes.partial_sort import sort_part


class SortPartTest(unittest.TestCase):
    def test_without_ties_it_is_a_part_of_the_sorted_list(self):
        items = list(range(100))
        random.Random(1).shuffle(items)
        self.assertEqual(sort_part(items, int, 10, 20), list(range(10, 20)))
        self.assertEqual(sort_part(items, int, 0, 5, reverse=True), [99, 98, 97, 96, 95])

    def test_the_whole_is_sorted_stably(self):
        items = [(2, "a"), (1, "b"), (2, "c"), (1, "d")]
        self.assertEqual(sort_part(items, itemgetter(0), 0, 4), [(1, "b"), (1, "d"), (2, "a"), (2, "c")])
        self.assertEqual(sort_part(items, itemgetter(0), 0, 4, reverse=True),
                         [(2, "a"), (2, "c"), (1, "b"), (1, "d")])

    def test_ties_are_left_as_redis_leaves_them(self):
        self.assertEqual(sort_part(list(range(1, 10)), lambda item: 0, 0, 5), [9, 2, 3, 4, 5])

    def test_the_list_itself_stays_as_it_is(self):
        items = [3, 1, 2, 1]
        sort_part(items, int, 0, 2)
        self.assertEqual(items, [3, 1, 2, 1])

    def test_any_page_of_any_list_has_the_right_keys(self):
        rng = random.Random(2)
        for _ in range(300):
            keys, size = rng.choice((2, 10, 1000)), rng.choice((0, 1, 6, 7, 8, 40, 41, 300))
            items = [(rng.randrange(keys), number) for number in range(size)]
            first = rng.randint(0, len(items))
            stop = rng.randint(first, len(items) + 1)
            reverse = rng.random() < 0.5
            part = sort_part(items, itemgetter(0), first, stop, reverse)
            expected = sorted(items, key=itemgetter(0), reverse=reverse)[first:stop]
            self.assertEqual([key for key, _ in part], [key for key, _ in expected])
            self.assertEqual(len(set(part)), len(part))
            self.assertLessEqual(set(part), set(items))


if __name__ == "__main__":
    unittest.main()
