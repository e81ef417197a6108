"""Tests of the list. Encodings and numbers of nodes are a real server's (OBJECT ENCODING, DEBUG OBJECT)."""

import random
import unittest

from redis_clone.datatypes.limits import LISTPACK_HEADER_BYTES, EncodingLimits, listpack_entry_bytes
from redis_clone.datatypes.quicklist import ENTRY_OVERHEAD, QuickList


class QuickListTestCase(unittest.TestCase):
    def setUp(self):
        self.limits = EncodingLimits()

    def make(self, values, size=None):
        if size is not None:
            self.limits.list_max_listpack_size = size
        made = QuickList()
        made.extend_right(values, self.limits)
        return made

    def assert_form(self, made, encoding, node_count):
        self.assertEqual((made.encoding, made.node_count()), (encoding, node_count))

    def assert_consistent(self, made):
        """What a list keeps beside its elements agrees with them."""
        chain = made.chain
        if chain is None:
            weights = [len(element) + ENTRY_OVERHEAD for element in made.items]
            self.assertEqual(made.weight, LISTPACK_HEADER_BYTES + sum(weights))
            return
        self.assertIsNone(made.items)
        self.assertEqual(len(chain.nodes), len(chain.sizes))
        self.assertEqual(len(chain.nodes), len(chain.starts))
        expected_start = chain.starts[chain.first] if chain.nodes else 0
        for number in range(chain.first, len(chain.nodes)):
            node = chain.nodes[number]
            self.assertTrue(node)
            node_bytes = LISTPACK_HEADER_BYTES + sum(map(listpack_entry_bytes, node))
            self.assertEqual(chain.sizes[number], node_bytes)
            self.assertEqual(chain.starts[number], expected_start)
            expected_start += len(node)
        self.assertEqual(sum(map(len, chain.nodes[chain.first:])), chain.length)


class EncodingTest(QuickListTestCase):
    def test_one_by_one_a_listpack_takes_as_many_elements_as_fit_into_8_kilobytes(self):
        for value, most in ((b"1", 4093), (b"127", 4092), (b"128", 2728), (b"-1", 2728), (b"4096", 2046),
                            (b"-4096", 2727), (b"32768", 1637), (b"8388608", 1364), (b"2147483648", 818),
                            (b"9223372036854775808", 389), (b"x", 2729), (b"x" * 63, 125), (b"x" * 64, 122),
                            (b"x" * 126, 62), (b"x" * 4000, 2)):
            made = QuickList()
            while made.encoding == "listpack":
                made.push_right(value, self.limits)
            self.assertEqual(len(made) - 1, most, value[:20])
            self.assert_consistent(made)

    def test_all_elements_of_one_command_are_looked_at_before_the_first_is_added(self):
        self.assertEqual(self.make([b"x" * 8185]).encoding, "listpack")
        self.assertEqual(self.make([b"x" * 8186]).encoding, "quicklist")
        self.assertEqual(self.make([b"x"] * 8185).encoding, "listpack")
        made = self.make([b"x"] * 8185)
        made.push_left(b"x", self.limits)
        self.assertEqual(made.encoding, "quicklist")

    def test_a_positive_limit_counts_elements(self):
        self.assertEqual(self.make([b"a"] * 3, size=3).encoding, "listpack")
        self.assert_form(self.make([b"a"] * 4), "quicklist", 2)
        self.assertEqual(self.make([b"a"], size=0).encoding, "listpack")
        self.assert_form(self.make([b"a"] * 2), "quicklist", 2)
        self.assertEqual(self.make([b"x" * 8186], size=3).encoding, "quicklist")

    def test_is_a_listpack_again_when_half_a_node_is_left(self):
        made = self.make([b"%d" % number for number in range(9)], size=4)
        self.assert_form(made, "quicklist", 3)
        made.pop_left_many(5, self.limits)
        self.assert_form(made, "quicklist", 2)
        made.pop_left(self.limits)
        self.assert_form(made, "quicklist", 2)
        made.pop_right(self.limits)
        self.assert_form(made, "listpack", 1)
        self.assertEqual(list(made), [b"6", b"7"])
        self.assert_consistent(made)

    def test_removing_and_replacing_may_make_it_a_listpack_too(self):
        made = self.make([b"a", b"b", b"b", b"b", b"b"], size=4)
        made.remove(b"b", 3, self.limits)
        self.assert_form(made, "quicklist", 2)
        made.remove(b"b", 0, self.limits)
        self.assert_form(made, "listpack", 1)
        made = self.make([b"x" * 5000], size=-1)
        self.assert_form(made, "quicklist", 1)
        made.replace(0, b"short", self.limits)
        self.assert_form(made, "listpack", 1)

    def test_looks_at_a_value_before_it_looks_for_its_place(self):
        for change in (lambda made, value: made.insert(b"nope", value, True, self.limits),
                       lambda made, value: made.replace(7, value, self.limits)):
            made = self.make([b"a", b"b"])
            self.assertFalse(change(made, b"x" * 100))
            self.assertEqual(made.encoding, "listpack")
            self.assertFalse(change(made, b"x" * 9000))
            self.assertEqual((made.encoding, list(made)), ("quicklist", [b"a", b"b"]))


class NodesTest(QuickListTestCase):
    """Insertions split and merge nodes as in Redis."""

    def test_nodes_of_4_elements(self):
        made = self.make([b"%d" % number for number in range(1, 11)], size=4)
        self.assert_form(made, "quicklist", 3)
        for pivot, value, after, node_count in (
                (b"2", b"x", True, 4), (b"1", b"y", False, 4), (b"4", b"z", True, 4),
                (b"6", b"w", True, 5), (b"9", b"v", False, 5)):
            self.assertTrue(made.insert(pivot, value, after, self.limits))
            self.assert_form(made, "quicklist", node_count)
            self.assert_consistent(made)
        made.remove(b"x", 0, self.limits)
        self.assert_form(made, "quicklist", 5)
        made.insert(b"10", b"u", True, self.limits)
        self.assert_form(made, "quicklist", 5)
        made.insert(b"u", b"t", True, self.limits)
        self.assert_form(made, "quicklist", 6)
        self.assertEqual(b" ".join(made), b"y 1 2 3 4 z 5 6 w 7 8 v 9 10 u t")
        made.trim(0, 6, self.limits)
        self.assert_form(made, "quicklist", 2)
        self.assertEqual(made.pop_left_many(3, self.limits), [b"y", b"1", b"2"])
        self.assert_form(made, "quicklist", 1)
        self.assertEqual(made.pop_left(self.limits), b"3")
        self.assert_form(made, "listpack", 1)

    def test_nodes_of_2_elements(self):
        made = self.make([b"%d" % number for number in range(1, 9)], size=2)
        self.assert_form(made, "quicklist", 4)
        made.insert(b"3", b"x", True, self.limits)
        self.assert_form(made, "quicklist", 5)
        made.insert(b"8", b"z", False, self.limits)
        self.assert_form(made, "quicklist", 6)
        made.remove(b"1", 1, self.limits)
        made.push_left(b"0", self.limits)
        self.assert_form(made, "quicklist", 6)
        made.pop_right_many(9, self.limits)
        self.assert_form(made, "listpack", 1)

    def test_nodes_of_4_kilobytes(self):
        value = b"a" + b"x" * 998
        made = self.make([value] * 10, size=-1)
        self.assert_form(made, "quicklist", 3)
        made.insert(value, b"y" * 1500, True, self.limits)
        self.assert_form(made, "quicklist", 4)
        made.remove(value, 3, self.limits)
        self.assert_form(made, "quicklist", 3)
        made.replace(1, b"z" * 3000, self.limits)
        self.assert_form(made, "quicklist", 3)
        made.insert(b"z" * 3000, b"w" * 2000, False, self.limits)
        self.assert_form(made, "quicklist", 4)
        made.replace(1, b"s", self.limits)
        made.trim(0, 4, self.limits)
        self.assert_form(made, "quicklist", 3)
        self.assertEqual([len(element) for element in made], [1500, 1, 3000, 999])
        made.pop_right(self.limits)
        self.assert_form(made, "quicklist", 2)
        made.pop_right(self.limits)
        self.assert_form(made, "listpack", 1)


class ModelTest(QuickListTestCase):
    def test_behaves_like_a_plain_list(self):
        for seed in range(60):
            rng = random.Random(seed)
            self.limits.list_max_listpack_size = rng.choice([-1, -2, 1, 2, 5, 50])
            values = [b"%d" % number for number in range(20)] + [b"x" * 300, b"y" * 1000]
            made, model = QuickList(), []
            for _ in range(300):
                self.change(rng, made, model, rng.choice(values), rng.choice(values))
                self.read(rng, made, model, rng.choice(values))
                if rng.random() < 0.02:
                    made = made.duplicate()
            self.assert_consistent(made)

    def change(self, rng, made, model, value, other):
        limits = self.limits
        action = rng.randrange(13)
        size = len(model)
        if action < 2:
            made.push_left(value, limits)
            model.insert(0, value)
        elif action < 4:
            made.push_right(value, limits)
            model.append(value)
        elif action == 4:
            several = (value, other) * rng.randrange(1, 10)
            made.extend_left(several, limits)
            model[:0] = several[::-1]
        elif action == 5:
            several = (value, other) * rng.randrange(1, 10)
            made.extend_right(several, limits)
            model += several
        elif action == 6:
            after = rng.random() < 0.5
            self.assertEqual(made.insert(other, value, after, limits), other in model)
            if other in model:
                model.insert(model.index(other) + after, value)
        elif action == 7:
            count = rng.choice([0, 0, 1, 2, -1, -2])
            self.assertEqual(made.remove(value, count, limits), self.remove_from(model, value, count))
        elif size and action == 8:
            self.assertEqual(made.pop_left(limits), model.pop(0))
        elif size and action == 9:
            self.assertEqual(made.pop_right(limits), model.pop())
        elif size and action == 10:
            position = rng.randrange(size)
            self.assertTrue(made.replace(position, value, limits))
            model[position] = value
        elif action == 11 and rng.random() < 0.3:
            count = rng.randrange(size + 2)
            self.assertEqual(made.pop_left_many(count, limits), model[:count])
            del model[:count]
            count = rng.randrange(5)
            self.assertEqual(made.pop_right_many(count, limits), model[::-1][:count])
            del model[max(len(model) - count, 0):]
        elif action == 12 and rng.random() < 0.3:
            first = rng.randrange(size + 1)
            stop = rng.randrange(first, size + 1)
            made.trim(first, stop, limits)
            model[:] = model[first:stop]

    @staticmethod
    def remove_from(model, value, count):
        found = [position for position, element in enumerate(model) if element == value]
        doomed = found[:count] if count > 0 else found[count:]
        for position in reversed(doomed):
            del model[position]
        return len(doomed)

    def read(self, rng, made, model, value):
        size = len(model)
        self.assertEqual(len(made), size)
        self.assertEqual(list(made), model)
        self.assertEqual(list(reversed(made)), model[::-1])
        first, stop = rng.randrange(size + 2), rng.randrange(size + 5)
        self.assertEqual(made.between(first, stop), model[first:stop])
        if size:
            position = rng.randrange(size)
            self.assertEqual(made.at(position), model[position])
        limit = rng.choice([1, 3, size + 1, 2 ** 62])
        found = [position for position, element in enumerate(model) if element == value]
        near_head = [position for position in found if position < limit]
        near_tail = [position for position in reversed(found) if position >= size - limit]
        self.assertEqual(list(made.positions(value, False, limit)), near_head)
        self.assertEqual(list(made.positions(value, True, limit)), near_tail)


class LongListTest(QuickListTestCase):
    def test_a_queue_moves_on_for_ever_without_growing(self):
        made = self.make([b"%d" % number for number in range(5000)], size=10)
        for number in range(5000, 30000):
            made.push_right(b"%d" % number, self.limits)
            self.assertEqual(made.pop_left(self.limits), b"%d" % (number - 5000))
        self.assertEqual(made.at(2500), b"27500")
        self.assertLess(len(made.chain.nodes), 1200)
        self.assert_consistent(made)

    def test_a_queue_may_move_the_other_way_as_well(self):
        made = self.make([b"%d" % -number for number in range(5000)], size=10)
        for number in range(1, 20000):
            made.push_left(b"%d" % number, self.limits)
            self.assertEqual(made.pop_right(self.limits), b"%d" % (number - 5000))
        self.assertEqual(made.at(4999), b"15000")
        self.assertLess(len(made.chain.nodes), 1500)
        self.assert_consistent(made)

    def test_an_emptied_list_can_be_filled_again(self):
        made = self.make([b"x" * 9000])
        self.assertEqual(made.pop_left(self.limits), b"x" * 9000)
        self.assertEqual((len(made), list(made), made.between(0, 5)), (0, [], []))
        made.push_left(b"a", self.limits)
        made.push_right(b"b", self.limits)
        self.assertEqual(list(made), [b"a", b"b"])
        self.assert_consistent(made)

    def test_a_chain_does_not_share_its_elements_with_its_copy(self):
        made = self.make([b"%d" % number for number in range(50)], size=5)
        copy = made.duplicate()
        copy.pop_left(self.limits)
        copy.replace(0, b"changed", self.limits)
        self.assertEqual(made.between(0, 2), [b"0", b"1"])
        self.assertEqual(len(made), 50)


if __name__ == "__main__":
    unittest.main()
