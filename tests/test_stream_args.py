"""Tests of the arguments that stream commands share; the commands' own tests have the errors in their order."""
import unittest

from redis_clone.datatypes.limits import EncodingLimits
from redis_clone.errors import RedisError
from redis_clone.stream_args import (Trim, format_id, next_id, parse_add_options, parse_id, parse_interval,
                                     parse_new_id, parse_read_options, parse_trim, previous_id)

MAX = 2 ** 64 - 1


class IdTest(unittest.TestCase):
    def test_parse_id(self):
        self.assertEqual(parse_id(b"1526919030474-55"), (1526919030474, 55))
        self.assertEqual(parse_id(b"7"), (7, 0))
        self.assertEqual(parse_id(b"7", MAX), (7, MAX))
        self.assertEqual(parse_id(b"%d-%d" % (MAX, MAX)), (MAX, MAX))

    def test_every_id_is_read_as_it_is_written(self):
        for id_ in ((0, 0), (1, 2), (10 ** 18, 10 ** 18), (10 ** 19, 10 ** 19), (MAX, MAX)):
            self.assertEqual(parse_id(format_id(id_)), id_)

    def test_what_is_no_id(self):
        for raw in (b"", b"-", b"+", b"$", b"*", b"1-", b"-1", b"1-*", b"1-1-1", b"%d" % (MAX + 1), b"1e3",
                    b"9" * 10 ** 6):
            with self.assertRaises(RedisError, msg=raw):
                parse_id(raw)

    def test_a_new_id_may_lack_its_sequence(self):
        self.assertEqual(parse_new_id(b"5-*"), (5, None))
        self.assertEqual(parse_new_id(b"5-6"), (5, 6))

    def test_neighbours(self):
        for id_, following in (((0, 0), (0, 1)), ((5, MAX), (6, 0)), ((MAX, MAX - 1), (MAX, MAX))):
            self.assertEqual(next_id(id_), following)
            self.assertEqual(previous_id(following), id_)
        self.assertIsNone(next_id((MAX, MAX)))
        self.assertIsNone(previous_id((0, 0)))

    def test_intervals(self):
        self.assertEqual(parse_interval(b"-", b"+"), ((0, 0), (MAX, MAX)))
        self.assertEqual(parse_interval(b"5", b"5"), ((5, 0), (5, MAX)))
        self.assertEqual(parse_interval(b"(5", b"(5"), ((5, 1), (5, MAX - 1)))


class OptionsTest(unittest.TestCase):
    def setUp(self):
        self.limits = EncodingLimits()

    def test_trim(self):
        self.assertEqual(parse_trim([b"maxlen", b"5"], self.limits), Trim(5, None, False, 0))
        self.assertEqual(parse_trim([b"MINID", b"~", b"5", b"LIMIT", b"7"], self.limits), Trim(None, (5, 0), True, 7))

    def test_the_limit_of_approximate_trimming_follows_the_size_of_nodes(self):
        for entries, limit in ((100, 10_000), (1, 100), (0, 10_000), (10 ** 9, 1_000_000)):
            self.limits.stream_node_max_entries = entries
            self.assertEqual(parse_trim([b"MAXLEN", b"~", b"5"], self.limits).limit, limit)

    def test_add(self):
        args = [b"NOMKSTREAM", b"MAXLEN", b"=", b"5", b"7-*", b"f", b"v"]
        self.assertEqual(parse_add_options(args, self.limits), (Trim(5, None, False, 0), False, (7, None), 5))
        self.assertEqual(parse_add_options([b"*", b"f", b"v"], self.limits), (None, True, None, 1))

    def test_read(self):
        options = parse_read_options([b"BLOCK", b"1500", b"COUNT", b"2", b"STREAMS", b"a", b"b", b"0", b"$"], 0, False)
        self.assertEqual((options.keys, options.ids), ([b"a", b"b"], [b"0", b"$"]))
        self.assertEqual((options.block_s, options.count, options.group), (1.5, 2, None))
        options = parse_read_options([b"GROUP", b"g", b"c", b"NOACK", b"STREAMS", b"a", b">"], 0, True)
        self.assertEqual((options.group, options.consumer, options.no_ack, options.block_s), (b"g", b"c", True, None))


if __name__ == "__main__":
    unittest.main()
