"""Tests of the stream. Numbers of nodes are a real server's answers (XINFO STREAM)."""
import random
import unittest

from redis_clone.datatypes.limits import EncodingLimits
from redis_clone.datatypes.stream import LAST_ID, NO_ID, NODE_BYTES_MAX, Node, Stream


class StreamTestCase(unittest.TestCase):
    def setUp(self):
        self.limits = EncodingLimits()
        self.rng = random.Random(1)

    def make(self, ids, fields=(b"field", b"value")):
        """A stream with these ids, given as pairs or as milliseconds alone."""
        made = Stream()
        for id_ in ids:
            made.append(id_ if isinstance(id_, tuple) else (id_, 0), fields, self.limits)
        return made

    def ids(self, stream):
        return [id_ for id_, _ in stream.between(NO_ID, LAST_ID)]

    def node_lengths(self, stream):
        return [(len(node), node.deleted) for node in stream.nodes()]


class AppendingTest(StreamTestCase):
    def test_a_new_stream_is_empty(self):
        made = Stream()
        self.assertEqual((len(made), made.first_id, made.last_id, made.last_entry_id, made.max_deleted_id),
                         (0, NO_ID, NO_ID, NO_ID, NO_ID))
        self.assertEqual((made.entries_added, made.node_count, made.groups, list(made.nodes())), (0, 0, {}, []))

    def test_keeps_entries_in_order_and_counts_them(self):
        made = self.make([(1, 1), (1, 2), (5, 0)])
        self.assertEqual(self.ids(made), [(1, 1), (1, 2), (5, 0)])
        self.assertEqual((len(made), made.entries_added), (3, 3))
        self.assertEqual((made.first_id, made.last_id, made.last_entry_id), ((1, 1), (5, 0), (5, 0)))

    def test_ids_have_128_bits(self):
        made = self.make([(0, 1), (0, LAST_ID[1]), (LAST_ID[0], 0), LAST_ID])
        self.assertEqual(self.ids(made), [(0, 1), (0, LAST_ID[1]), (LAST_ID[0], 0), LAST_ID])
        self.assertEqual(made.get(LAST_ID), (b"field", b"value"))

    def test_fields_may_repeat_and_differ_from_entry_to_entry(self):
        made = Stream()
        entries = [(b"a", b"1", b"a", b"2"), (b"a", b"3", b"a", b"4"), (b"a", b"1"), (b"b", b"1", b"a", b"2"),
                   (b"", b"")]
        for ms, fields in enumerate(entries, 1):
            made.append((ms, 0), fields, self.limits)
        self.assertEqual([fields for _, fields in made.between(NO_ID, LAST_ID)], entries)

    def test_entries_share_the_names_of_their_fields(self):
        made = Stream()
        for ms in range(1, 4):
            made.append((ms, 0), (bytes(b"na%c" % 109), b"v", bytes(b"ag%c" % 101), b"w"), self.limits)
        names = {id(fields[index]) for _, fields in made.between(NO_ID, LAST_ID) for index in (0, 2)}
        self.assertEqual(len(names), 2)

    def test_an_entry_that_is_too_large_is_refused(self):
        class Huge(bytes):
            def __len__(self):
                return NODE_BYTES_MAX

        made = Stream()
        self.assertFalse(made.append((1, 0), (Huge(), b"v"), self.limits))
        self.assertEqual((len(made), made.node_count, made.last_id), (0, 0, NO_ID))


class NodesTest(StreamTestCase):
    def test_a_node_takes_100_entries(self):
        self.assertEqual(self.node_lengths(self.make(range(1, 252))), [(100, 0), (100, 0), (51, 0)])

    def test_the_number_of_entries_is_a_directive(self):
        self.limits.stream_node_max_entries = 2
        self.assertEqual(self.node_lengths(self.make(range(1, 6))), [(2, 0), (2, 0), (1, 0)])
        self.limits.stream_node_max_entries = 0
        self.assertEqual(self.node_lengths(self.make(range(1, 200))), [(199, 0)])

    def test_the_number_of_bytes_is_a_directive(self):
        made = self.make(range(1, 6), (b"f", b"x" * 1000))
        self.assertEqual(self.node_lengths(made), [(4, 0), (1, 0)])
        self.limits.stream_node_max_bytes = 0
        self.assertEqual(self.node_lengths(self.make(range(1, 12), (b"f", b"x" * 1000))), [(11, 0)])

    def test_deleted_entries_count_as_long_as_their_node_lives(self):
        made = self.make(range(1, 101))
        made.delete((50, 0))
        made.append((101, 0), (b"a", b"b"), self.limits)
        self.assertEqual(self.node_lengths(made), [(99, 1), (1, 0)])

    def test_size_is_that_of_the_listpack(self):
        node = Node((1000, 5), (b"field", b"12"))
        # header and end 7, counts 2 + 2, number of names 2, "field" 7, 12 as integer 2, zero 2
        self.assertEqual(node.size, 24)
        node.append((1000, 5), (b"field", b"value", b"12", b"1000"))        # flags 2, 0, 0; 7, 3; count 2
        self.assertEqual(node.size, 24 + 6 + 10 + 2)
        node.append((1300, 4), (b"other", b"value"))    # flags 2, 300 3, -1 3; number of fields 2; 7 + 7; count 2
        self.assertEqual(node.size, 42 + 8 + 2 + 14 + 2)

    def test_counts_above_127_make_a_node_a_byte_longer(self):
        self.limits.stream_node_max_entries = 0
        self.limits.stream_node_max_bytes = 0
        node, = self.make([(1, seq) for seq in range(127)]).nodes()
        before = node.size
        node.append((1, 127), (b"field", b"value"))
        self.assertEqual(node.size - before, 6 + 7 + 2 + 1)

    def test_a_difference_of_ids_is_a_signed_number(self):
        node = Node((1, LAST_ID[1]), (b"f",))
        before = node.size
        node.append((2, 0), (b"f", b"v"))               # the sequence differs by 1, modulo 2 ** 64
        self.assertEqual(node.size - before, 2 + 2 + 2 + 3 + 2)

    def test_with_deleted_tells_all_that_a_node_has_had(self):
        made = self.make([1, 2, 3])
        made.delete((2, 0))
        node, = made.nodes()
        fields = (b"field", b"value")
        self.assertEqual(list(node), [((1, 0), fields), ((3, 0), fields)])
        self.assertEqual(node.with_deleted(), [((1, 0), fields, False), ((2, 0), fields, True), ((3, 0), fields,
                                                                                                 False)])

    def test_load_restores_what_was_saved(self):
        node = Node((7, 0), (b"f",))
        node.append((7, 0), (b"f", b"1"))
        node.restore_deleted((8, 0), (b"g", b"2"))
        node.append((9, 0), (b"f", b"3"))
        made = Stream()
        made.load([node], (10, 0), (8, 0), 12)
        self.assertEqual(self.ids(made), [(7, 0), (9, 0)])
        self.assertEqual((len(made), made.last_id, made.max_deleted_id, made.entries_added), (2, (10, 0), (8, 0), 12))
        self.assertEqual(self.node_lengths(made), [(2, 1)])

    def test_a_node_is_chosen_by_its_first_entry_even_if_that_is_deleted(self):
        made = self.make([5, 6, 7])
        made.delete((5, 0))
        self.assertIsNone(made.get((5, 0)))
        self.assertEqual(made.between((5, 0), (6, 0)), [((6, 0), (b"field", b"value"))])


class ReadingTest(StreamTestCase):
    def test_get(self):
        made = self.make([(1, 1), (1, 3), (4, 0)])
        self.assertEqual(made.get((1, 3)), (b"field", b"value"))
        for id_ in (NO_ID, (1, 2), (2, 0), (1, 4), LAST_ID):
            self.assertIsNone(made.get(id_))

    def test_between_agrees_with_a_plain_list(self):
        self.limits.stream_node_max_entries = 3
        ids = sorted({(self.rng.randrange(40), self.rng.randrange(1, 4)) for _ in range(60)})
        made = self.make(ids)
        for id_ in self.rng.sample(ids, 25):
            made.delete(id_)
            ids.remove(id_)
        for _ in range(500):
            first, last = (self.rng.randrange(42), self.rng.randrange(5)), (self.rng.randrange(42),
                                                                            self.rng.randrange(5))
            count = self.rng.choice([None, 1, 2, 5, 100])
            expected = [id_ for id_ in ids if first <= id_ <= last]
            found = [id_ for id_, _ in made.between(first, last, count)]
            self.assertEqual(found, expected[:count])
            found = [id_ for id_, _ in made.between(first, last, count, reverse=True)]
            self.assertEqual(found, expected[::-1][:count])

    def test_between_of_nothing(self):
        self.assertEqual(Stream().between(NO_ID, LAST_ID), [])
        made = self.make([5, 6])
        self.assertEqual(made.between((6, 0), (5, 0)), [])
        self.assertEqual(made.between(NO_ID, (4, 9)), [])
        self.assertEqual(made.between((6, 1), LAST_ID), [])
        self.assertEqual(made.between(NO_ID, LAST_ID, 0), [])


class DeletingTest(StreamTestCase):
    def test_delete(self):
        made = self.make([1, 2, 3])
        self.assertTrue(made.delete((3, 0)))
        self.assertFalse(made.delete((3, 0)))
        self.assertFalse(made.delete((9, 0)))
        self.assertTrue(made.delete((1, 0)))
        self.assertEqual(self.ids(made), [(2, 0)])
        self.assertEqual((made.max_deleted_id, made.last_id, made.last_entry_id), ((3, 0), (3, 0), (2, 0)))
        self.assertEqual((made.first_id, len(made), made.entries_added), ((2, 0), 1, 3))

    def test_a_node_without_entries_goes(self):
        self.limits.stream_node_max_entries = 2
        made = self.make(range(1, 7))
        for ms in (3, 4, 1, 2, 5, 6):
            self.assertTrue(made.delete((ms, 0)))
        self.assertEqual((self.node_lengths(made), len(made), made.first_id), ([], 0, NO_ID))
        made.append((7, 0), (b"a", b"b"), self.limits)
        self.assertEqual(self.ids(made), [(7, 0)])


class TrimmingTest(StreamTestCase):
    def setUp(self):
        super().setUp()
        self.limits.stream_node_max_entries = 10
        self.made = self.make(range(1, 36))             # nodes of 10, 10, 10, 5

    def test_to_a_length(self):
        self.assertEqual(self.made.trim_to_length(35), 0)
        self.assertEqual(self.made.trim_to_length(22), 13)
        self.assertEqual(self.node_lengths(self.made), [(7, 3), (10, 0), (5, 0)])
        self.assertEqual((self.made.first_id, len(self.made)), ((14, 0), 22))
        self.assertEqual(self.made.trim_to_length(0), 22)
        self.assertEqual((self.node_lengths(self.made), self.made.first_id), ([], NO_ID))
        self.assertEqual((self.made.last_id, self.made.max_deleted_id), ((35, 0), NO_ID))

    def test_to_a_length_by_whole_nodes(self):
        self.assertEqual(self.made.trim_to_length(26, whole_nodes=True), 0)
        self.assertEqual(self.made.trim_to_length(16, whole_nodes=True), 10)
        self.assertEqual(self.made.trim_to_length(5, whole_nodes=True), 20)
        self.assertEqual(self.ids(self.made)[0], (31, 0))

    def test_below_an_id(self):
        self.assertEqual(self.made.trim_below((13, 1)), 13)
        self.assertEqual(self.made.trim_below((13, 1)), 0)
        self.assertEqual(self.node_lengths(self.made), [(7, 3), (10, 0), (5, 0)])

    def test_below_an_id_by_whole_nodes(self):
        self.assertEqual(self.made.trim_below((20, 0), whole_nodes=True), 10)
        self.assertEqual(self.made.trim_below((20, 1), whole_nodes=True), 10)

    def test_a_limit_keeps_nodes_that_would_exceed_it(self):
        self.assertEqual(self.made.trim_to_length(0, whole_nodes=True, limit=9), 0)
        self.assertEqual(self.made.trim_to_length(0, whole_nodes=True, limit=29), 20)
        self.assertEqual(self.made.trim_below(LAST_ID, whole_nodes=True, limit=15), 15)

    def test_a_node_whose_last_entry_is_deleted_may_stay_without_entries(self):
        made = self.make([1, 2, 3])
        made.delete((3, 0))
        self.assertEqual(made.trim_below((3, 0)), 2)
        self.assertEqual((self.node_lengths(made), len(made)), ([(0, 3)], 0))
        self.assertEqual((made.first_id, made.last_entry_id, self.ids(made)), (NO_ID, NO_ID, []))
        made.append((4, 0), (b"a", b"b"), self.limits)
        self.assertEqual((self.node_lengths(made), made.first_id), ([(1, 3)], (4, 0)))
        made.trim_below((9, 0))
        self.assertEqual(self.node_lengths(made), [])

    def test_a_queue_that_goes_on_for_ever_stays_small(self):
        self.limits.stream_node_max_entries = 1
        made = Stream()
        for ms in range(1, 3000):
            made.append((ms, 0), (b"a", b"b"), self.limits)
            made.trim_to_length(5)
        self.assertEqual(self.ids(made), [(ms, 0) for ms in range(2995, 3000)])
        self.assertLess(len(made._nodes), 100)
        made.delete((2997, 0))
        self.assertIsNone(made.get((2990, 0)))
        self.assertEqual(made.between(NO_ID, LAST_ID, 1, reverse=True)[0][0], (2999, 0))


class DuplicateTest(StreamTestCase):
    def test_is_independent(self):
        made = self.make(range(1, 150))
        made.delete((7, 0))
        twin = made.duplicate()
        self.assertEqual(self.node_lengths(twin), self.node_lengths(made))
        self.assertEqual([node.size for node in twin.nodes()], [node.size for node in made.nodes()])
        made.append((150, 0), (b"a", b"b"), self.limits)
        made.delete((9, 0))
        made.trim_to_length(20)
        self.assertEqual((len(twin), twin.last_id, twin.max_deleted_id), (148, (149, 0), (7, 0)))
        self.assertEqual(len(self.ids(twin)), 148)

    def test_copies_the_groups(self):
        class Group:
            def duplicate(self):
                return "a copy"

        made = self.make([1])
        made.groups[b"g"] = Group()
        self.assertEqual(made.duplicate().groups, {b"g": "a copy"})


class TreeNodesTest(StreamTestCase):
    def count(self, ids):
        self.limits.stream_node_max_entries = 1
        return self.make(ids).tree_node_count()

    def test_as_a_real_server_counts(self):
        self.assertEqual(self.count([]), 1)
        self.assertEqual(self.count([(1, 1)]), 2)
        self.assertEqual(self.count([(1, 1), (1, 2)]), 4)
        self.assertEqual(self.count([(1, 1), (2, 2)]), 6)
        self.assertEqual(self.count([(1, 1), (1, 2), (1, 3)]), 5)
        self.assertEqual(self.count([(1, 0), (1, 256)]), 6)
        self.assertEqual(self.count([(1, 0), (1 << 63, 0)]), 5)

    def test_agrees_with_a_tree_built_by_hand(self):
        for _ in range(100):
            ids = sorted({(self.rng.choice([1, 2, 255, 256, 1 << 40]),
                           self.rng.choice([0, 1, 255, 256, 257, 1 << 63]))
                          for _ in range(self.rng.randrange(1, 20))})
            keys = [(ms << 64 | seq).to_bytes(16, "big") for ms, seq in ids]
            self.assertEqual(self.count(ids), self.count_in_tree(keys), ids)

    def count_in_tree(self, keys):
        """Nodes below and with the one that all of `keys`, the rests of longer ones, share."""
        if len(keys) == 1:
            return 1 + bool(keys[0])
        shared = 0
        while len({key[:shared + 1] for key in keys}) == 1:
            shared += 1
        branches = {}
        for key in keys:
            branches.setdefault(key[shared], []).append(key[shared + 1:])
        return bool(shared) + 1 + sum(map(self.count_in_tree, branches.values()))


class RandomTest(StreamTestCase):
    def test_agrees_with_a_plain_list(self):
        self.limits.stream_node_max_entries = 4
        made, model, ms = Stream(), [], 0
        for _ in range(3000):
            ms += 1
            action = self.rng.random()
            if action < 0.6:
                fields = (b"f", b"%d" % ms) if action < 0.4 else (b"g", b"1", b"h", b"2")
                made.append((ms, ms % 3), fields, self.limits)
                model.append(((ms, ms % 3), fields))
            elif action < 0.9 and model:
                id_ = self.rng.choice(model)[0]
                self.assertTrue(made.delete(id_))
                model = [entry for entry in model if entry[0] != id_]
            elif action < 0.95:
                length = self.rng.randrange(60)
                made.trim_to_length(length)
                model = model[-length:] if length else []
            elif model:
                min_id = self.rng.choice(model)[0]
                made.trim_below(min_id)
                model = [entry for entry in model if entry[0] >= min_id]
            self.assertEqual(made.between(NO_ID, LAST_ID), model)
            self.assertEqual(len(made), len(model))
            self.assertEqual(made.first_id, model[0][0] if model else NO_ID)
            self.assertEqual(made.last_entry_id, model[-1][0] if model else NO_ID)


if __name__ == "__main__":
    unittest.main()
