"""The list commands. Those that wait are in test_blocking.py."""
import unittest

from redis_clone.resp import encode
from tests.events import EventTestCase
from tests.support import REAL, CommandTestCase

WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value"
NOT_INTEGER = "-ERR value is not an integer or out of range"
NOT_POSITIVE = "-ERR value is out of range, must be positive"
NOT_SIGNED = "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"
SYNTAX = "-ERR syntax error"
HUGE = 9223372036854775807


class ListTestCase(CommandTestCase):
    def check_items(self, items, *args):
        """The reply is an array of the words in `items`."""
        self.check(encode(items.encode().split()), *args)

    def check_list(self, items, key="l"):
        self.check_items(items, "LRANGE", key, 0, -1)

    def check_encoding(self, name, key="l"):
        self.check(f"${len(name)}\r\n{name}", "OBJECT", "ENCODING", key)

    def push(self, items, key="l"):
        self.client.wire("RPUSH", key, *items.split())


class PushTest(ListTestCase):
    def test_rpush_appends_in_the_order_given(self):
        self.check(":1", "RPUSH l a")
        self.check(":3", "RPUSH l b c")
        self.check_list("a b c")

    def test_lpush_makes_the_last_one_the_first(self):
        self.check(":1", "LPUSH l a")
        self.check(":3", "LPUSH l b c")
        self.check_list("c b a")

    def test_refuses_keys_of_other_types(self):
        self.client.wire("SET s x")
        for name in ("LPUSH", "RPUSH", "LPUSHX", "RPUSHX"):
            self.check(WRONG_TYPE, name, "s", "a")

    def test_needs_an_element(self):
        self.check("-ERR wrong number of arguments for 'rpush' command", "RPUSH l")
        self.check(":0", "EXISTS l")

    def test_pushx_does_nothing_without_a_list(self):
        self.check(":0", "LPUSHX l a")
        self.check(":0", "RPUSHX l a b")
        self.check(":0", "EXISTS l")

    def test_pushx_pushes_to_a_list(self):
        self.push("m")
        self.check(":3", "LPUSHX l b a")
        self.check(":5", "RPUSHX l y z")
        self.check_list("a b m y z")

    def test_takes_any_bytes(self):
        self.check(":2", "RPUSH", b"\x00\xff\r\n", b"", b"\r\n\x00")
        self.check(b"*2\r\n$0\r\n\r\n$3\r\n\r\n\x00\r\n", "LRANGE", b"\x00\xff\r\n", 0, -1)

    def test_keeps_the_expiry(self):
        self.push("a")
        self.client.wire("EXPIRE l 100")
        self.client.wire("RPUSH l b")
        self.check(":100", "TTL l")


class PopTest(ListTestCase):
    def test_takes_from_either_end(self):
        self.push("a b c d")
        self.check("$1\r\na", "LPOP l")
        self.check("$1\r\nd", "RPOP l")
        self.check_list("b c")

    def test_deletes_the_emptied_list(self):
        self.push("a")
        self.check("$1\r\na", "LPOP l")
        self.check(":0", "EXISTS l")

    def test_gives_null_without_a_list(self):
        self.check("$-1", "LPOP l")
        self.check("*-1", "LPOP l 2")
        self.check("*-1", "RPOP l 0")
        self.client.wire("HELLO", 3)
        self.check("_", "LPOP l")
        self.check("_", "RPOP l 2")

    def test_takes_several(self):
        self.push("a b c d e f")
        self.check_items("a b", "LPOP l 2")
        self.check_items("f e", "RPOP l 2")
        self.check("*0", "LPOP l 0")
        self.check_items("c d", "LPOP", "l", HUGE)
        self.check(":0", "EXISTS l")

    def test_checks_count_before_key_and_type(self):
        self.client.wire("SET s x")
        self.check(NOT_POSITIVE, "LPOP s -1")
        self.check(NOT_POSITIVE, "RPOP nothing x")
        self.check("-ERR wrong number of arguments for 'lpop' command", "LPOP s 1 2")
        self.check("-ERR wrong number of arguments for 'rpop' command", "RPOP s x 2")
        self.check(WRONG_TYPE, "LPOP s 0")


class LmpopTest(ListTestCase):
    def test_takes_from_the_first_list_that_is_there(self):
        self.push("a b c", "two")
        self.check(b"*2\r\n$3\r\ntwo\r\n*1\r\n$1\r\na\r\n", "LMPOP 2 one two LEFT")
        self.check(b"*2\r\n$3\r\ntwo\r\n*2\r\n$1\r\nc\r\n$1\r\nb\r\n", "LMPOP 2 one two right COUNT 10")
        self.check("*-1", "LMPOP 2 one two LEFT")
        self.client.wire("HELLO", 3)
        self.check("_", "LMPOP 2 one two LEFT")

    def test_reports_errors_in_order(self):
        self.client.wire("SET s x")
        for numkeys in ("0", "-1", "x"):
            self.check("-ERR numkeys should be greater than 0", "LMPOP", numkeys, "s", "UP")
        self.check(SYNTAX, "LMPOP 2 s LEFT")
        self.check(SYNTAX, "LMPOP", HUGE, "s", "LEFT")
        self.check(SYNTAX, "LMPOP 1 s UP COUNT 0")
        for count in ("0", "-1", "x"):
            self.check("-ERR count should be greater than 0", "LMPOP", 1, "s", "LEFT", "COUNT", count, "MORE")
        self.check(SYNTAX, "LMPOP 1 s LEFT COUNT")
        self.check(SYNTAX, "LMPOP 1 s LEFT COUNT 1 COUNT 1")
        self.check(SYNTAX, "LMPOP 1 s LEFT FOO 1")
        self.check(WRONG_TYPE, "LMPOP 2 nothing s LEFT")

    def test_looks_no_further_than_it_must(self):
        self.push("a")
        self.client.wire("SET s x")
        self.check(b"*2\r\n$1\r\nl\r\n*1\r\n$1\r\na\r\n", "LMPOP 2 l s LEFT")


class LmoveTest(ListTestCase):
    def test_a_move_within_a_list_looks_at_its_size_only_at_the_end(self):
        self.client.wire("CONFIG", "SET", "list-max-listpack-size", "2")
        self.client.wire("RPUSH", "l", "1", "2", "3")
        self.client.wire("RPOP", "l")
        self.check("$9\r\nquicklist", "OBJECT ENCODING l")
        self.check("$1\r\n2", "LMOVE l l RIGHT LEFT")
        self.check("$9\r\nquicklist", "OBJECT ENCODING l")
        self.client.wire("CONFIG", "SET", "list-max-listpack-size", "-2")
        self.check("$1\r\n1", "LMOVE l l RIGHT LEFT")
        self.check("$8\r\nlistpack", "OBJECT ENCODING l")

    def test_moves_between_any_two_ends(self):
        cases = (("LEFT", "LEFT", "b c", "a x"), ("LEFT", "RIGHT", "b c", "x a"),
                 ("RIGHT", "LEFT", "a b", "c x"), ("RIGHT", "right", "a b", "x c"))
        for where_from, where_to, left, there in cases:
            self.client.wire("DEL l m")
            self.push("a b c")
            self.push("x", "m")
            element = "a" if where_from == "LEFT" else "c"
            self.check(f"$1\r\n{element}", "LMOVE", "l", "m", where_from, where_to)
            self.check_list(left)
            self.check_list(there, "m")

    def test_rotates_one_list(self):
        self.push("a b c")
        self.check("$1\r\nc", "RPOPLPUSH l l")
        self.check_list("c a b")
        self.check("$1\r\nc", "LMOVE l l LEFT RIGHT")
        self.check_list("a b c")
        self.check("$1\r\na", "LMOVE l l LEFT LEFT")
        self.check_list("a b c")

    def test_a_list_of_one_element_can_be_rotated(self):
        self.push("a")
        self.client.wire("EXPIRE l 100")
        self.check("$1\r\na", "RPOPLPUSH l l")
        self.check_list("a")
        self.check(":100", "TTL l")

    def test_creates_and_deletes_as_needed(self):
        self.push("a")
        self.check("$1\r\na", "RPOPLPUSH l m")
        self.check(":0", "EXISTS l")
        self.check_list("a", "m")

    def test_without_a_source_gives_null_whatever_the_destination(self):
        self.client.wire("SET s x")
        self.check("$-1", "LMOVE nothing s LEFT LEFT")
        self.check("$-1", "RPOPLPUSH nothing m")
        self.check(":0", "EXISTS m")

    def test_checks_sides_first_and_takes_nothing_before_all_is_well(self):
        self.client.wire("SET s x")
        self.push("a")
        self.check(SYNTAX, "LMOVE s s UP LEFT")
        self.check(SYNTAX, "LMOVE s s LEFT UP")
        self.check(WRONG_TYPE, "LMOVE s l LEFT LEFT")
        self.check(WRONG_TYPE, "LMOVE l s LEFT LEFT")
        self.check(WRONG_TYPE, "RPOPLPUSH l s")
        self.check_list("a")


class LrangeTest(ListTestCase):
    def test_takes_positions_from_both_ends(self):
        self.push("a b c d e")
        cases = ((0, 0, "a"), (1, 3, "b c d"), (-2, -1, "d e"), (0, -1, "a b c d e"), (3, 1, ""),
                 (-100, 1, "a b"), (2, 100, "c d e"), (5, 9, ""), (-1, -2, ""), (-9, -6, ""),
                 (-HUGE - 1, HUGE, "a b c d e"), (HUGE, HUGE, ""), (0, -HUGE - 1, ""))
        for start, end, items in cases:
            self.check_items(items, "LRANGE", "l", start, end)

    def test_checks_numbers_first(self):
        self.client.wire("SET s x")
        self.check(NOT_INTEGER, "LRANGE s x 0")
        self.check(NOT_INTEGER, "LRANGE nothing 0 1.5")
        self.check(NOT_INTEGER, "LRANGE", "l", 0, HUGE + 1)
        self.check(WRONG_TYPE, "LRANGE s 0 0")
        self.check("*0", "LRANGE nothing 0 -1")

    def test_finds_its_way_in_a_long_list(self):
        numbers = [b"%d" % number for number in range(20000)]
        for start in range(0, 20000, 1000):
            self.client.wire("RPUSH", "l", *numbers[start:start + 1000])
        self.check(encode(numbers[9990:10011]), "LRANGE l 9990 10010")
        self.check(encode(numbers[-3:]), "LRANGE l -3 -1")
        self.check(encode(numbers), "LRANGE l 0 -1")


class LindexTest(ListTestCase):
    def test_counts_from_both_ends(self):
        self.push("a b c")
        for index, element in ((0, "a"), (2, "c"), (-1, "c"), (-3, "a")):
            self.check(f"$1\r\n{element}", "LINDEX", "l", index)
        for index in (3, -4, HUGE, -HUGE - 1):
            self.check("$-1", "LINDEX", "l", index)

    def test_looks_at_the_key_before_the_index(self):
        self.client.wire("SET s x")
        self.push("a")
        self.check("$-1", "LINDEX nothing x")
        self.check(WRONG_TYPE, "LINDEX s x")
        self.check(NOT_INTEGER, "LINDEX l x")


class LlenTest(ListTestCase):
    def test_counts(self):
        self.check(":0", "LLEN l")
        self.push("a b")
        self.check(":2", "LLEN l")
        self.client.wire("SET s x")
        self.check(WRONG_TYPE, "LLEN s")


class LsetTest(ListTestCase):
    def test_replaces_an_element(self):
        self.push("a b c")
        self.check("+OK", "LSET l 0 x")
        self.check("+OK", "LSET l -1 z")
        self.check_list("x b z")

    def test_reports_errors_in_order(self):
        self.check("-ERR no such key", "LSET nothing x y")
        self.client.wire("SET s x")
        self.check(WRONG_TYPE, "LSET s x y")
        self.push("a")
        self.check(NOT_INTEGER, "LSET l x y")
        for index in (1, -2, 2147483647, -2147483648, 2147483648):
            self.check("-ERR index out of range", "LSET", "l", index, "y")

    def test_looks_at_32_bits_of_the_index_only(self):
        self.push("a b c")
        self.check("+OK", "LSET", "l", HUGE, "last")
        self.check("+OK", "LSET", "l", -HUGE - 1, "first")
        self.check("+OK", "LSET", "l", (1 << 32) + 1, "second")
        self.check_list("first second last")


class LinsertTest(ListTestCase):
    def test_inserts_beside_the_first_match(self):
        self.push("a b b c")
        self.check(":5", "LINSERT l BEFORE b 1")
        self.check(":6", "LINSERT l after b 2")
        self.check_list("a 1 b 2 b c")

    def test_says_what_was_missing(self):
        self.push("a")
        self.check(":-1", "LINSERT l BEFORE zz x")
        self.check(":0", "LINSERT nothing BEFORE a x")
        self.check(SYNTAX, "LINSERT nothing BETWEEN a x")
        self.client.wire("SET s x")
        self.check(WRONG_TYPE, "LINSERT s AFTER a x")
        self.check_list("a")


class LremTest(ListTestCase):
    def test_removes_from_either_end(self):
        self.push("a b a c a")
        self.check(":1", "LREM l 1 a")
        self.check_list("b a c a")
        self.check(":1", "LREM l -1 a")
        self.check_list("b a c")
        self.check(":0", "LREM l 0 zz")
        self.check(":1", "LREM", "l", HUGE, "a")
        self.check(":1", "LREM", "l", -HUGE, "b")
        self.check(":1", "LREM l 0 c")
        self.check(":0", "EXISTS l")

    def test_reports_errors_in_order(self):
        self.client.wire("SET s x")
        self.check(NOT_INTEGER, "LREM s x a")
        self.check(NOT_SIGNED, "LREM", "s", -HUGE - 1, "a")
        self.check(WRONG_TYPE, "LREM s 0 a")
        self.check(":0", "LREM nothing 0 a")


class LtrimTest(ListTestCase):
    def test_keeps_a_range(self):
        self.push("a b c d e")
        self.check("+OK", "LTRIM l 1 -2")
        self.check_list("b c d")
        self.check("+OK", "LTRIM", "l", -HUGE - 1, HUGE)
        self.check_list("b c d")

    def test_an_empty_range_deletes_the_list(self):
        for start, end in ((2, 1), (5, 9), (-1, -2), (0, -9)):
            self.push("a b c")
            self.check("+OK", "LTRIM", "l", start, end)
            self.check(":0", "EXISTS l")

    def test_reports_errors_in_order(self):
        self.client.wire("SET s x")
        self.check(NOT_INTEGER, "LTRIM nothing 0 x")
        self.check(WRONG_TYPE, "LTRIM s 0 0")
        self.check("+OK", "LTRIM nothing 0 0")


class LposTest(ListTestCase):
    def setUp(self):
        super().setUp()
        self.push("a b c a b c a")

    def test_finds_the_first_match(self):
        self.check(":0", "LPOS l a")
        self.check("$-1", "LPOS l zz")
        self.check("$-1", "LPOS nothing a")

    def test_rank_skips_matches_and_chooses_the_end(self):
        self.check(":3", "LPOS l a RANK 2")
        self.check(":6", "LPOS l a RANK -1")
        self.check(":0", "LPOS l a RANK -3")
        self.check("$-1", "LPOS l a RANK -4")
        self.check("$-1", "LPOS", "l", "a", "RANK", HUGE)

    def test_count_makes_a_list(self):
        self.check(b"*3\r\n:0\r\n:3\r\n:6\r\n", "LPOS l a COUNT 0")
        self.check(b"*2\r\n:0\r\n:3\r\n", "LPOS l a COUNT 2")
        self.check(b"*2\r\n:6\r\n:3\r\n", "LPOS l a RANK -1 COUNT 2")
        self.check(b"*2\r\n:3\r\n:6\r\n", "LPOS", "l", "a", "RANK", 2, "COUNT", HUGE)
        self.check("*0", "LPOS l zz COUNT 1")
        self.check("*0", "LPOS nothing a COUNT 1")

    def test_maxlen_bounds_the_search(self):
        self.check(b"*1\r\n:0\r\n", "LPOS l a COUNT 0 MAXLEN 3")
        self.check(b"*1\r\n:6\r\n", "LPOS l a RANK -1 COUNT 0 MAXLEN 3")
        self.check("$-1", "LPOS l a RANK 2 MAXLEN 3")
        self.check(":3", "LPOS l a RANK 2 MAXLEN 4")
        self.check(b"*3\r\n:0\r\n:3\r\n:6\r\n", "LPOS", "l", "a", "MAXLEN", HUGE, "COUNT", 0)

    def test_reports_errors_in_order(self):
        self.client.wire("SET s x")
        self.check("-ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... "
                   "or use negative to start from the end of the list", "LPOS s a RANK 0 COUNT -1")
        self.check(NOT_SIGNED, "LPOS", "s", "a", "RANK", -HUGE - 1)
        self.check(NOT_INTEGER, "LPOS s a RANK x")
        self.check("-ERR COUNT can't be negative", "LPOS s a COUNT -1")
        self.check("-ERR COUNT can't be negative", "LPOS s a COUNT x")
        self.check("-ERR MAXLEN can't be negative", "LPOS s a MAXLEN -1")
        self.check(SYNTAX, "LPOS s a RANK")
        self.check(SYNTAX, "LPOS s a FOO 1")
        self.check(WRONG_TYPE, "LPOS s a COUNT 1")


class EncodingTest(ListTestCase):
    """OBJECT ENCODING with list-max-listpack-size at its default of 8 KB a node."""

    def test_a_small_list_is_a_listpack(self):
        self.push("a b c")
        self.check_encoding("listpack")

    def test_a_long_element_makes_a_quicklist(self):
        self.client.wire("RPUSH", "l", "x" * 8000)
        self.check_encoding("listpack")
        self.client.wire("RPUSH", "l", "x" * 8000)
        self.check_encoding("quicklist")

    def test_is_a_listpack_again_when_half_a_node_is_left(self):
        self.client.wire("RPUSH", "l", *["x" * 100] * 200)
        self.check_encoding("quicklist")
        self.client.wire("LTRIM l 0 4")
        self.check_encoding("listpack")

    def test_a_moved_element_may_make_a_quicklist(self):
        self.client.wire("RPUSH", "l", "x" * 8000)
        self.client.wire("RPUSH", "m", "x" * 8000)
        self.client.wire("LMOVE l m LEFT LEFT")
        self.check_encoding("quicklist", "m")


@unittest.skipIf(REAL, "looks into the engine")
class EventTest(EventTestCase):
    """Keyspace events in Redis' order, and what a command adds to the count of changes."""

    def test_pushing_and_popping(self):
        self.check_events(["rpush l"], 3, "RPUSH l a b c")
        self.check_events(["lpush l"], 1, "LPUSH l z")
        self.check_events(["lpop l"], 2, "LPOP l 2")
        self.check_events([], 0, "LPOP l 0")
        self.check_events(["rpop l", "del l"], 2, "LMPOP 1 l RIGHT COUNT 9")
        self.check_events([], 0, "RPOP l")

    def test_changing(self):
        self.client.wire("RPUSH l a b a")
        self.check_events(["linsert l"], 1, "LINSERT l AFTER a x")
        self.check_events([], 0, "LINSERT l AFTER zz x")
        self.check_events(["lset l"], 1, "LSET l 1 y")
        self.check_events(["lrem l"], 2, "LREM l 0 a")
        self.check_events([], 0, "LREM l 0 a")
        self.check_events(["ltrim l"], 0, "LTRIM l 0 -1")
        self.check_events(["ltrim l", "del l"], 2, "LTRIM l 5 6")

    def test_moving(self):
        self.client.wire("RPUSH l a b")
        self.check_events(["rpush m", "lpop l"], 1, "LMOVE l m LEFT RIGHT")
        self.check_events(["lpush l", "rpop l"], 1, "RPOPLPUSH l l")
        self.check_events(["lpush m", "rpop l", "del l"], 1, "RPOPLPUSH l m")
        self.check_events([], 0, "RPOPLPUSH l m")


if __name__ == "__main__":
    unittest.main()
