"""SORT and SORT_RO."""
import unittest

from redis_clone.resp import encode
from tests.events import EventTestCase
from tests.support import CommandTestCase

WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value"
NOT_INTEGER = "-ERR value is not an integer or out of range"
NOT_NUMBERS = "-ERR One or more scores can't be converted into double"
SYNTAX = "-ERR syntax error"


class SortTestCase(CommandTestCase):
    """`l` is a list of numbers, `x` a string."""

    def setUp(self):
        super().setUp()
        self.client.wire("SET x x")
        self.client.wire("RPUSH l 3 1 2 10 9")

    def tearDown(self):
        self.client.wire("CONFIG SET list-max-listpack-size -2")

    def check_items(self, items, *args):
        """The reply is an array of the words in `items`, where "nil" is a null, or of a list of bytes."""
        if isinstance(items, str):
            items = [None if word == "nil" else word.encode() for word in items.split()]
        self.check(encode(items), *args)

    def check_each(self, reply, *commands):
        for command in commands:
            self.check(reply, command)

    def check_encoding(self, name, key):
        self.check(f"${len(name)}\r\n{name}", "OBJECT", "ENCODING", key)

    def put(self, *elements):
        """Let `l` be a list of these."""
        self.client.wire("DEL l")
        self.client.wire("RPUSH", "l", *elements)


class NumbersTest(SortTestCase):
    def test_all_types_are_sorted_by_value(self):
        self.client.wire("SADD s 3 1 2 10 9")
        self.client.wire("ZADD z 1 3 2 1 3 2 4 10 5 9")
        for key in "lsz":
            self.check_items("1 2 3 9 10", f"SORT {key}")
            self.check_items("10 9 3 2 1", f"SORT_RO {key} DESC")
        self.check_items("1 2 3 9 10", "sort l desc asc")
        self.check("*0", "SORT nokey")

    def test_numbers_are_read_as_c_does(self):
        self.put("0x10", "5", "inf", "-inf", "infinity", "+3", ".5", "5.", "1e3", "0X.8", "0x1p-3")
        self.check_items("-inf 0x1p-3 .5 0X.8 +3 5 5. 0x10 1e3 inf infinity", "SORT l")
        self.put("", " 5", "3")
        self.check_items([b"", b"3", b" 5"], "SORT l")
        self.put("5\0x", "4\0y", "4\0a")
        self.check_items([b"4\0a", b"4\0y", b"5\0x"], "SORT l")

    def test_equal_numbers_are_sorted_as_texts(self):
        self.put("-0", "0", "+0", "0.0")
        self.check_items("+0 -0 0 0.0", "SORT l")
        self.check_items("0.0 0 -0 +0", "SORT l DESC")
        self.put(9223372036854775807, 9223372036854775806, 9223372036854775805)
        self.check_items("9223372036854775805 9223372036854775806 9223372036854775807", "SORT l")

    def test_what_is_no_number(self):
        for word in ("a", "nan", "6 ", "0x", "1_0", "1e", "1 2", "--1", "٣"):
            self.put("1", word)
            self.check_each(NOT_NUMBERS, "SORT l", "SORT l LIMIT 0 0 DESC", "SORT l STORE x")
        self.check("$1\r\nx", "GET x")


class OutOfRangeTest(EventTestCase):
    """Not for a real server: it keeps C's errno, and after one such number calls others wrong as well."""

    def test_numbers_that_a_double_cannot_hold(self):
        for word in ("1e400", "-1e400", "1e-310", "1e-400"):
            self.client.wire("RPUSH", "l", word)
            self.assert_error(NOT_NUMBERS[1:], "SORT l")
            self.client.wire("DEL l")
        self.client.wire("RPUSH l 2.5 1.5 0e-400")
        self.assertEqual(self.execute("SORT l"), [b"0e-400", b"1.5", b"2.5"])


class TextsTest(SortTestCase):
    def test_bytes_are_compared(self):
        self.put("b", "B", "a", "A", b"\xff", "10", "9", "")
        self.check_items([b"", b"10", b"9", b"A", b"B", b"a", b"b", b"\xff"], "SORT l ALPHA")
        self.check_items([b"\xff", b"b", b"a", b"B", b"A", b"9", b"10", b""], "SORT l ALPHA DESC")

    def test_up_to_a_zero_byte_unless_stored(self):
        self.put("5\0x", "4\0y", "4\0a")
        self.check_items([b"4\0y", b"4\0a", b"5\0x"], "SORT l ALPHA")
        self.check(":3", "SORT l ALPHA STORE d")
        self.check_items([b"4\0a", b"4\0y", b"5\0x"], "LRANGE d 0 -1")


class LimitTest(SortTestCase):
    def test_takes_a_page(self):
        for page, items in (("1 2", "2 3"), ("-1 2", "1 2"), ("1 -5", "2 3 9 10"), ("3 100", "9 10")):
            self.check_items(items, f"SORT l LIMIT {page}")
        for page in ("10 2", "0 0", "5 1"):
            self.check_each("*0", f"SORT l LIMIT {page}", f"SORT l BY nosort LIMIT {page}",
                            f"SORT nokey LIMIT {page}")

    def test_numbers_are_checked_at_once(self):
        self.check_each(NOT_INTEGER, "SORT l LIMIT a 1", "SORT l LIMIT 1 a foo", "SORT x LIMIT 1 1.5")
        self.check(SYNTAX, "SORT l LIMIT 1")


class ByTest(SortTestCase):
    def test_weights_are_at_other_keys(self):
        self.client.wire("MSET w_1 30 w_2 20 w_3 10 w_10 5")
        self.check_items("9 10 3 2 1", "SORT l BY w_*")
        self.client.wire("HSET h_1:x f 1")
        self.client.wire("HSET h_2:x f -1 g 2")
        self.check_items("2 10 3 9 1", "SORT l BY h_*:x->f")
        self.check_items("1 10 3 9 2", "SORT l BY h_*:x->g")

    def test_without_a_weight_it_is_zero_and_ties_are_sorted_as_texts(self):
        self.check_items("1 10 2 3 9", "SORT l BY nothing_*")
        self.client.wire("RPUSH w_1 5")
        self.client.wire("SET h_1 5")
        self.check_each("*5\r\n$1\r\n1\r\n$2\r\n10\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\n9",
                        "SORT l BY w_*", "SORT l BY w_*->f", "SORT l BY h_*->f", "SORT l BY *")

    def test_a_counter_is_a_number_too(self):
        self.client.wire("INCRBY w_1 50")
        self.client.wire("SET w_2 1.5")
        self.check_items("10 3 9 2 1", "SORT l BY w_*")

    def test_texts(self):
        self.client.wire("MSET w_1 b w_2 a w_3 c")
        self.check_items("10 9 2 1 3", "SORT l BY w_* ALPHA")
        self.check_items("3 1 2 10 9", "SORT l BY w_* ALPHA DESC")
        self.check(NOT_NUMBERS, "SORT l BY w_*")

    def test_ties_of_texts_are_left_as_redis_leaves_them(self):
        self.put(*range(1, 10))
        self.check_items("1 2 3 4 5 6 7 8 9", "SORT l BY w_* ALPHA")
        self.check_items("9 2 3 4 5", "SORT l BY w_* ALPHA LIMIT 0 5")
        self.check_items("9 2 3 4 5", "SORT l BY w_* ALPHA DESC LIMIT 0 5")

    def test_an_empty_text_is_more_than_none(self):
        self.put("a", "b", "c")
        self.client.wire("SET", "w_a", "")
        self.check_items("b c a", "SORT l BY w_* ALPHA")


class NosortTest(SortTestCase):
    def test_a_list_and_a_sorted_set_keep_their_order(self):
        self.client.wire("ZADD z 5 a 1 b 3 c")
        self.check_items("3 1 2 10 9", "SORT l BY nosort")
        self.check_items("9 10 2 1 3", "SORT l BY # DESC")
        self.check_items("10 2", "SORT l BY nosort DESC LIMIT 1 2")
        self.check_items("1 2", "SORT l BY nosort LIMIT 1 2")
        self.check_items("9", "SORT l BY nosort LIMIT 4 10")
        self.check_items("b c a", "SORT z BY nosort")
        self.check_items("c b", "SORT z BY nosort DESC LIMIT 1 2 ALPHA")

    def test_a_list_of_many_nodes(self):
        self.client.wire("CONFIG SET list-max-listpack-size 2")
        self.put(*range(20))
        self.check_items("5 6 7", "SORT l BY nosort LIMIT 5 3")
        self.check_items("14 13 12", "SORT l BY nosort LIMIT 5 3 DESC")
        self.check("*0", "SORT l BY nosort LIMIT 20 3")

    def test_a_set_is_not_even_turned_round(self):
        self.client.wire("SADD s 3 1 2")
        self.check_items("1 2 3", "SORT s BY nosort DESC")
        self.check_items("2", "SORT s BY nosort DESC LIMIT 1 1")

    def test_a_set_that_is_stored_is_sorted_as_texts(self):
        self.client.wire("SADD s 3 10 2")
        self.check(":3", "SORT s BY nosort STORE d")
        self.check_items("10 2 3", "LRANGE d 0 -1")
        self.check(":1", "SORT s BY nosort STORE d DESC LIMIT 1 1")
        self.check_items("2", "LRANGE d 0 -1")

    def test_the_first_of_several_by_decides_this(self):
        self.client.wire("MSET w_1 30 w_2 20 w_3 10 w_10 5")
        self.check_items("3 1 2 10 9", "SORT l BY nosort BY w_*")
        self.check_items("3 1 2 10 9", "SORT l BY w_* BY nosort")

    def test_a_star_behind_a_zero_byte_is_none(self):
        self.check_items("3 1 2 10 9", "SORT", "l", "BY", "w_\0*")


class GetTest(SortTestCase):
    def setUp(self):
        super().setUp()
        self.put(2, 1)

    def test_looks_keys_up(self):
        self.client.wire("MSET v_1 one v_2 two 1-> arrow")
        self.client.wire("INCRBY w_1 5")
        self.client.wire("HSET 1 f field *->x 5")
        self.check_items("one two", "SORT l GET v_*")
        self.check_items("1 one 5 2 two nil", "SORT l GET # GET v_* GET w_*")
        self.check_items("arrow nil", "SORT l GET *->")
        self.check_items("field nil", "SORT l GET *->f")
        self.check_items("nil nil", "SORT l GET *->f->")

    def test_finds_nothing_without_a_star_or_of_another_type(self):
        self.client.wire("SET fixed 5")
        self.client.wire("RPUSH v_1 a")
        self.check_items("nil nil nil nil", "SORT l GET fixed GET v_*")
        self.check_items("nil nil nil nil", "SORT l GET v_*->f GET fixed->f")

    def test_marks_end_at_a_zero_byte_but_keys_do_not(self):
        self.client.wire("SET", "v_1\0x", "zero")
        self.check_items("1 zero 2 nil", "SORT", "l", "GET", "#\0y", "GET", "v_*\0x")

    def test_null_in_resp3(self):
        self.client.wire("HELLO 3")
        self.check("*2\r\n_\r\n_", "SORT l GET v_*")

    def test_a_page_and_its_order(self):
        self.client.wire("MSET v_1 one v_2 two")
        self.check_items("two", "SORT l LIMIT 0 1 DESC GET v_*")


class StoreTest(SortTestCase):
    def test_makes_a_list(self):
        self.check(":5", "SORT l STORE d")
        self.check_items("1 2 3 9 10", "LRANGE d 0 -1")
        self.check_encoding("listpack", "d")
        self.check(":5", "SORT l STORE l DESC")
        self.check_items("10 9 3 2 1", "LRANGE l 0 -1")

    def test_takes_the_place_of_anything(self):
        self.client.wire("EXPIRE x 100")
        self.check(":5", "SORT l STORE d STORE x")
        self.check(":-1", "TTL x")
        self.check(":0", "EXISTS d")

    def test_what_get_does_not_find_is_empty(self):
        self.check(":4", "SORT l LIMIT 0 2 GET # GET nothing_* STORE d")
        self.check_items([b"1", b"", b"2", b""], "LRANGE d 0 -1")

    def test_an_empty_result_deletes_the_destination(self):
        self.check(":0", "SORT l LIMIT 0 0 STORE x")
        self.check(":0", "EXISTS x")
        self.check(":0", "SORT nokey STORE x")

    def test_the_encoding_follows_the_size_of_the_result(self):
        self.client.wire("CONFIG SET list-max-listpack-size 4")
        self.check(":4", "SORT l LIMIT 0 4 STORE d")
        self.check_encoding("listpack", "d")
        self.check(":5", "SORT l STORE d")
        self.check_encoding("quicklist", "d")


class SortErrorsTest(SortTestCase):
    def test_options(self):
        self.check_each(SYNTAX, "SORT l foo", "SORT l BY", "SORT l GET", "SORT l STORE", "SORT_RO l STORE d",
                        "SORT x foo", "SORT l LIMIT 1")

    def test_types(self):
        self.client.wire("HSET h f v")
        self.check_each(WRONG_TYPE, "SORT x", "SORT_RO h", "SORT h BY nosort GET # STORE d")
        self.check("-ERR wrong number of arguments for 'sort' command", "SORT")

    def test_a_sorted_set_becomes_a_skiplist(self):
        for command in ("SORT z", "SORT_RO z BY nosort", "SORT z LIMIT 0 0"):
            self.client.wire("DEL z")
            self.client.wire("ZADD z 5 a")
            self.client.wire(command)
            self.check_encoding("skiplist", "z")


class SortEventTest(EventTestCase):
    def test_storing(self):
        self.client.wire("RPUSH l 2 1")
        self.check_events(["sortstore d"], 2, "SORT l STORE d")
        self.check_events(["sortstore d"], 4, "SORT l GET # GET # STORE d")
        self.check_events(["del d"], 1, "SORT nokey STORE d")
        self.check_events([], 0, "SORT nokey STORE d")
        self.check_events([], 0, "SORT l BY w_* GET #")

    def test_each_look_up_counts(self):
        self.client.wire("RPUSH l 2 1")
        self.client.wire("SET w_1 x")
        keyspace = self.engine.keyspace
        keyspace.hits = keyspace.misses = 0
        self.client.wire("SORT l BY w_* GET w_*")       # ends with an error before it gets anything
        self.assertEqual((keyspace.hits, keyspace.misses), (2, 1))


if __name__ == "__main__":
    unittest.main()
