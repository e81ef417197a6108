"""Tests of the index that gives dicts and sets random picks and stable scans."""

import random
import sys
import unittest

from redis_clone.datatypes import hash_index
from redis_clone.datatypes.hash_index import HashIndex, shrink_if_hollow


def element(number):
    return b"element:%d" % number


def walk(scan):
    """All elements from a complete walk with the function `scan(cursor) -> (cursor, elements)`."""
    cursor, found = scan(0)
    while cursor:
        cursor, more = scan(cursor)
        found += more
    return found


class IndexedSet:
    """A set with its index, the way that owners keep them together."""

    def __init__(self, elements=()):
        self.index = HashIndex(elements)
        self.members = set(self.index)

    def add(self, member):
        if member not in self.members:
            self.members.add(member)
            self.index.add(member)

    def remove(self, member):
        if member in self.members:
            self.members.remove(member)
            self.index.discard(member)


class HashIndexTest(unittest.TestCase):
    def check(self, indexed):
        index = indexed.index
        self.assertEqual(len(index), len(indexed.members))
        self.assertEqual(sorted(index), sorted(indexed.members))
        self.assertLessEqual(len(index.ghosts) * 2, len(index.order))

    def test_follows_random_additions_and_removals(self):
        for seed in range(20):
            rng = random.Random(seed)
            indexed = IndexedSet()
            for step in range(2000):
                member = element(rng.randrange(300))
                grows = step // 400 % 2 == 0
                if rng.random() < (0.7 if grows else 0.3):
                    indexed.add(member)
                else:
                    indexed.remove(member)
                if indexed.members and rng.random() < 0.1:
                    popped = indexed.index.pop(rng)
                    indexed.members.remove(popped)
                if step % 50 == 0:
                    self.check(indexed)
            self.check(indexed)

    def test_a_member_that_comes_back_is_there_once(self):
        indexed = IndexedSet(map(element, range(100)))
        for _ in range(3):
            for number in range(0, 100, 3):
                indexed.remove(element(number))
            for number in range(0, 100, 3):
                indexed.add(element(number))
        self.check(indexed)

    def test_emptying_leaves_nothing_behind(self):
        for order in (range(500), range(499, -1, -1)):
            indexed = IndexedSet([element(number) for number in range(500)])
            for number in order:
                indexed.remove(element(number))
                self.check(indexed)
            self.assertEqual((indexed.index.order, len(indexed.index.ghosts)), ([], 0))

    def test_removing_in_any_order_never_squeezes_a_large_index_at_once(self):
        size = 20000
        shuffled = list(range(size))
        random.Random(1).shuffle(shuffled)
        for order in (range(size), range(size - 1, -1, -1), shuffled):
            index = HashIndex(map(element, range(size)))
            slots = index.order
            for number in order[:size * 99 // 100]:
                index.discard(element(number))
            self.assertIs(index.order, slots)

    def test_random_picks_are_uniform_though_there_are_ghosts(self):
        rng = random.Random(3)
        indexed = IndexedSet([element(number) for number in range(40)])
        for number in range(0, 40, 4):
            indexed.remove(element(number))
        self.assertGreater(len(indexed.index.ghosts), 2)
        counts = dict.fromkeys(indexed.members, 0)
        for _ in range(30000):
            counts[indexed.index.random(rng)] += 1
        for count in counts.values():
            self.assertAlmostEqual(count, 1000, delta=160)

    def test_popping_takes_each_element_once(self):
        rng = random.Random(4)
        indexed = IndexedSet([element(number) for number in range(100)])
        for number in range(30):
            indexed.remove(element(number))
        popped = [indexed.index.pop(rng) for _ in range(70)]
        self.assertEqual(sorted(popped), sorted(map(element, range(30, 100))))
        self.assertEqual(len(indexed.index), 0)


class ScanTest(unittest.TestCase):
    def test_returns_every_element_once_when_nothing_changes(self):
        members = [element(number) for number in range(1000)]
        index = HashIndex(members)
        for count in (1, 7, 100, 5000):
            self.assertEqual(sorted(walk(lambda cursor: index.scan(cursor, count))), sorted(members))

    def test_reads_as_many_elements_as_asked_for(self):
        index = HashIndex(map(element, range(1000)))
        cursor, found = index.scan(0, 10)
        self.assertEqual((cursor, len(found)), (990, 10))

    def test_an_empty_index_is_done_at_once(self):
        self.assertEqual(HashIndex().scan(0, 10), (0, []))

    def test_any_cursor_is_harmless(self):
        index = HashIndex(map(element, range(100)))
        for cursor in (1, 99, 100, 101, 12345, 2 ** 48 + 17, 2 ** 64 - 1, 2 ** 64):
            following, found = index.scan(cursor, 10)
            self.assertLess(following, 100)
            self.assertLessEqual(len(found), 10)
        self.assertEqual(index.scan(5, 2 ** 64)[0], 0)

    def test_returns_what_was_there_throughout_while_others_come_and_go(self):
        for seed in range(60):
            rng = random.Random(seed)
            stable = {element(number) for number in range(rng.choice([0, 3, 50, 400]))}
            passing = [element(number) for number in range(1000, 1000 + rng.choice([5, 100, 2000]))]
            everything = list(stable) + rng.sample(passing, rng.randrange(len(passing)))
            rng.shuffle(everything)
            indexed = IndexedSet(everything)
            changes = rng.choice([1, 10, 100])
            bias = rng.choice([0.1, 0.5, 0.9])

            def scan_amid_changes(cursor):
                for _ in range(rng.randrange(changes)):
                    change = indexed.add if rng.random() < bias else indexed.remove
                    change(rng.choice(passing))
                return indexed.index.scan(cursor, rng.choice([1, 10, 30]))

            found = walk(scan_amid_changes)
            self.assertLessEqual(stable, set(found))
            self.assertLessEqual(set(found), stable.union(passing))

    def test_a_walk_ends_though_elements_are_added_all_the_time(self):
        index = HashIndex(map(element, range(100)))
        numbers = iter(range(1000, 10 ** 6))
        calls = 0
        cursor = 0
        while calls == 0 or cursor:
            cursor, _ = index.scan(cursor, 10)
            for _ in range(20):
                index.add(element(next(numbers)))
            calls += 1
        self.assertEqual(calls, 10)


class WithoutIndexTest(unittest.TestCase):
    def test_a_dict_can_be_scanned_while_it_changes_and_gets_an_index(self):
        for seed in range(40):
            rng = random.Random(seed)
            stable = [element(number) for number in range(60)]
            passing = [element(number) for number in range(1000, 1100)]
            keys = stable + passing[:50]
            rng.shuffle(keys)
            container = dict.fromkeys(keys)
            index = None
            index_after = rng.randrange(20)
            calls = 0

            def scan_amid_changes(cursor):
                nonlocal index, calls
                for _ in range(rng.randrange(10)):
                    key = rng.choice(passing)
                    if key in container:
                        del container[key]
                        if index is not None:
                            index.discard(key)
                    else:
                        container[key] = None
                        if index is not None:
                            index.add(key)
                calls += 1
                if calls == index_after:
                    index = HashIndex(container)
                return hash_index.scan(container, index, cursor, 9)

            self.assertLessEqual(set(stable), set(walk(scan_amid_changes)))

    def test_a_random_key_is_one_of_the_keys(self):
        rng = random.Random(1)
        container = dict.fromkeys(map(element, range(10)))
        picked = {hash_index.random_key(container, None, rng) for _ in range(500)}
        self.assertEqual(picked, set(container))


class SampleTest(unittest.TestCase):
    def setUp(self):
        self.rng = random.Random(7)
        self.container = dict.fromkeys(map(element, range(50)))

    def test_gives_different_elements_with_and_without_index(self):
        for index in (None, HashIndex(self.container)):
            for count in (0, 1, 10, 40, 50, 60):
                sampled = hash_index.sample(self.container, index, self.rng, count)
                self.assertEqual(len(sampled), min(count, 50))
                self.assertEqual(len(set(sampled)), len(sampled))
                self.assertLessEqual(set(sampled), set(self.container))

    def test_every_element_has_the_same_chance(self):
        index = HashIndex(self.container)
        counts = dict.fromkeys(self.container, 0)
        for _ in range(2000):
            for picked in hash_index.sample(self.container, index, self.rng, 10):
                counts[picked] += 1
        for count in counts.values():
            self.assertAlmostEqual(count, 400, delta=90)

    def test_choices_may_repeat(self):
        for index in (None, HashIndex(self.container)):
            for count in (0, 5, 49, 500):
                chosen = hash_index.choices(self.container, index, self.rng, count)
                self.assertEqual(len(chosen), count)
                self.assertLessEqual(set(chosen), set(self.container))


class ShrinkIfHollowTest(unittest.TestCase):
    def setUp(self):
        try:
            sys.getsizeof({})
        except TypeError:
            self.skipTest("this Python does not tell the size of objects")

    def test_gives_the_memory_of_a_dict_back_and_keeps_its_order(self):
        container = dict.fromkeys(range(20000))
        for key in range(19990):
            del container[key]
        before = sys.getsizeof(container)
        shrink_if_hollow(container)
        self.assertLess(sys.getsizeof(container), before / 100)
        self.assertEqual(list(container), list(range(19990, 20000)))

    def test_gives_the_memory_of_a_set_back(self):
        container = set(range(20000))
        for key in range(19990):
            container.remove(key)
        shrink_if_hollow(container)
        self.assertLess(sys.getsizeof(container), 10000)
        self.assertEqual(container, set(range(19990, 20000)))

    def test_leaves_a_well_filled_container_alone(self):
        for size in (0, 1, 5, 100, 10000):
            container = dict.fromkeys(range(size))
            before = sys.getsizeof(container)
            shrink_if_hollow(container)
            self.assertEqual(sys.getsizeof(container), before)


if __name__ == "__main__":
    unittest.main()
