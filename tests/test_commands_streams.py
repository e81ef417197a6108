"""Streams without consumer groups: XADD, XRANGE, XREAD, XTRIM, XINFO STREAM and their kin."""
import unittest

from redis_clone.blocking import give_up_overdue
from redis_clone.resp import encode
from tests.events import EventTestCase
from tests.support import REAL, CommandTestCase, EngineTestCase

WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value"
SYNTAX = "-ERR syntax error"
NOT_AN_INTEGER = "-ERR value is not an integer or out of range"
INVALID_ID = "-ERR Invalid stream ID specified as stream command argument"
TOO_LOW = "-ERR The ID specified in XADD is equal or smaller than the target stream top item"
EXHAUSTED = "-ERR The stream has exhausted the last possible ID, unable to add more items"
NO_KEY = "-ERR no such key"
MAX = 2 ** 64 - 1


def entries(text):
    """Entries as they stand in replies, from "1-0 f v, 2-0 a b c d"."""
    words = [entry.encode().split() for entry in text.split(",")] if text else []
    return [[id_, fields] for id_, *fields in words]


class StreamTestCase(CommandTestCase):
    """`x` is a string, for errors of type."""

    def setUp(self):
        super().setUp()
        self.client.wire("SET x x")
        self.addCleanup(self.client.wire, "CONFIG SET stream-node-max-entries 100 stream-node-max-bytes 4096")

    def add(self, *ids, key="s", fields="f v"):
        for id_ in ids:
            self.client.wire("XADD", key, id_, *fields.split())

    def check_bulk(self, text, *args):
        self.check(f"${len(text)}\r\n{text}", *args)

    def check_each(self, expected, *commands):
        for command in commands:
            self.check(expected, command)

    def check_entries(self, text, *args):
        """The reply is an array of entries, see `entries`."""
        self.check(encode(entries(text)), *args)

    def check_stream(self, text, key="s"):
        self.check_entries(text, "XRANGE", key, "-", "+")

    def check_info(self, key, **figures):
        """The integers and ids that XINFO STREAM tells of a stream."""
        reply = self.client.wire("XINFO STREAM " + key)
        for name, value in figures.items():
            self.assertIn(encode([name.replace("_", "-").encode(), value])[4:], reply)


class XaddTest(StreamTestCase):
    def test_adds_with_an_id_that_is_given(self):
        self.check_bulk("1-1", "XADD s 1-1 f v")
        self.check_bulk("1-2", "XADD s 1-2 a 1 b 2 a 3")
        self.check_bulk("5-0", "XADD s 5 f v")
        self.check_stream("1-1 f v,1-2 a 1 b 2 a 3,5-0 f v")
        self.check(":3", "XLEN s")

    def test_completes_an_id_without_a_sequence(self):
        self.check_bulk("0-1", "XADD s 0-* f v")
        self.check_bulk("0-2", "XADD s 0-* f v")
        self.check_bulk("7-0", "XADD s 7-* f v")
        self.check_bulk("7-1", "XADD s 7-* f v")
        self.check_each(TOO_LOW, "XADD s 6-* f v")
        self.add(f"8-{MAX}")
        self.check(TOO_LOW, "XADD s 8-* f v")

    def test_chooses_an_id(self):
        self.assertRegex(self.client.wire("XADD s * f v"), rb"^\$15\r\n\d{13}-0\r\n$")
        self.check(":1", "XLEN s")
        self.add("99999999999999-7")
        self.check_bulk("99999999999999-8", "XADD s * f v")
        self.add(f"99999999999999-{MAX}")
        self.check_bulk("100000000000000-0", "XADD s * f v")

    def test_ids_go_up_to_128_bits(self):
        self.check_bulk(f"{MAX}-{MAX - 1}", f"XADD s {MAX}-{MAX - 1} f v")
        self.check(TOO_LOW, f"XADD s {MAX}-5 f v")
        self.check_bulk(f"{MAX}-{MAX}", "XADD s * f v")
        for id_ in ("*", f"{MAX}-*", "1-1", f"{MAX}-{MAX}"):
            self.check(EXHAUSTED, "XADD", "s", id_, "f", "v")
        self.check(INVALID_ID, f"XADD s {MAX + 1}-0 f v")
        self.check(INVALID_ID, f"XADD s 0-{MAX + 1} f v")

    def test_ids_must_ascend(self):
        self.add("5-5")
        self.check_each(TOO_LOW, "XADD s 5-5 f v", "XADD s 5-4 f v", "XADD s 5 f v", "XADD s 0-1 f v")
        self.check("-ERR The ID specified in XADD must be greater than 0-0", "XADD s 0-0 f v")
        self.check("-ERR The ID specified in XADD must be greater than 0-0", "XADD new 0 f v")
        self.client.wire("XDEL s 5-5")
        self.check(TOO_LOW, "XADD s 5-5 f v")
        self.check(":0", "EXISTS new")

    def test_ids_are_read_as_c_reads_them(self):
        self.check_bulk("1-7", "XADD s 1-007 f v")
        self.check_bulk("2-0", "XADD", "s", " +2", "f", "v")
        self.check_bulk(f"2-{MAX - 4}", "XADD", "s", "2- -5", "f", "v")
        self.check_bulk(f"3-{MAX - 4}", "XADD", "s", "3--05", "f", "v")
        self.check_bulk("4-1", "XADD", "s", b"4-1\0x", "f", "v")
        for id_ in ("", "-", "+", "-1", "1-", "1--5", "1-x", "x", "1-1-1", "(5", "$", " ", "2 ", "1" * 128):
            self.check(INVALID_ID, "XADD", "s", id_, "f", "v")

    def test_nomkstream(self):
        self.check("$-1", "XADD s NOMKSTREAM 1-1 f v")
        self.check("$-1", "XADD s nomkstream * f v")
        self.check(":0", "EXISTS s")
        self.add("1-1")
        self.check_bulk("2-2", "XADD s NOMKSTREAM 2-2 f v")

    def test_trims_to_a_length(self):
        self.add("1", "2", "3")
        self.check_bulk("4-0", "XADD s MAXLEN 3 4 f v")
        self.check_stream("2-0 f v,3-0 f v,4-0 f v")
        self.check_bulk("5-0", "XADD s maxlen = 1 5 f v")
        self.check_stream("5-0 f v")
        self.check_bulk("6-0", "XADD s MAXLEN ~ 1 6 f v")
        self.check(":2", "XLEN s")
        self.check_bulk("7-0", "XADD s MAXLEN 0 7 f v")
        self.check(":0", "XLEN s")
        self.check(":1", "EXISTS s")

    def test_trims_below_an_id(self):
        self.add("1", "2-1", "2-2")
        self.check_bulk("4-0", "XADD s MINID 2-2 4 f v")
        self.check_stream("2-2 f v,4-0 f v")
        self.check_bulk("5-0", "XADD s MINID ~ 5 5 f v")
        self.check(":3", "XLEN s")
        self.check_bulk("6-0", "XADD s minid = 9 6 f v")
        self.check(":0", "XLEN s")

    def test_approximate_trimming_drops_whole_nodes(self):
        self.client.wire("CONFIG SET stream-node-max-entries 10")
        self.add(*range(1, 36))
        self.check_bulk("36-0", "XADD s MAXLEN ~ 20 36 f v")
        self.check(":26", "XLEN s")
        self.check_bulk("37-0", "XADD s MAXLEN ~ 0 LIMIT 10 37 f v")
        self.check(":17", "XLEN s")
        self.check_bulk("38-0", "XADD s MAXLEN ~ 0 LIMIT 0 38 f v")
        self.check(":0", "XLEN s")

    def test_without_a_limit_a_hundred_nodes_are_trimmed(self):
        self.client.wire("CONFIG SET stream-node-max-entries 1")
        self.add(*range(1, 131))
        self.client.wire("XADD s MAXLEN ~ 0 200 f v")
        self.check(":31", "XLEN s")
        self.client.wire("DEL s")
        self.add(*range(1, 131))
        self.client.wire("CONFIG SET stream-node-max-entries 0")
        self.client.wire("XADD s MAXLEN ~ 0 200 f v")
        self.check(":0", "XLEN s")

    def test_errors_in_redis_order(self):
        arity = "-ERR wrong number of arguments for 'xadd' command"
        self.check_each(arity, "XADD s 1 f", "XADD s * f v g", "XADD s 1 f v g", "XADD x 1 f v g",
                        "XADD s NOMKSTREAM * a",
                        "XADD s MAXLEN 5 1", "XADD s MAXLEN 5 NOMKSTREAM", "XADD s 0-0 f v g")
        self.check_each(INVALID_ID, "XADD s y f v", "XADD s y f v g", "XADD s MAXLEN ~ 5 y f v",
                        "XADD s MINID y 1 f v",
                        "XADD s MINID - 1 f v", "XADD s LIMIT 5 y f v", "XADD s ~ 5 y f v")
        self.check_each(NOT_AN_INTEGER, "XADD s MAXLEN y 1 f v", "XADD s LIMIT y 1 f v", "XADD s MAXLEN = ~ 1 f v")
        self.check("-ERR The MAXLEN argument must be >= 0.", "XADD s MAXLEN -1 1 f v")
        self.check("-ERR The LIMIT argument must be >= 0.", "XADD s MAXLEN ~ 1 LIMIT -1 1 f v")
        self.check_each("-ERR syntax error, MAXLEN and MINID options at the same time are not compatible",
                        "XADD s MAXLEN 1 MINID 1 1 f v", "XADD s MINID 1 MINID x 1 f v")
        self.check_each("-ERR syntax error, LIMIT cannot be used without the special ~ option",
                        "XADD s MAXLEN 1 LIMIT 1 1 f v", "XADD s LIMIT 0 1 f v", "XADD s MAXLEN = 1 LIMIT 0 * f v g")
        self.check_each("-ERR syntax error, LIMIT cannot be used without specifying a trimming strategy",
                        "XADD s LIMIT 1 1 f v", "XADD s LIMIT 1 * f v g")
        self.check_each(WRONG_TYPE, "XADD x 1 f v", "XADD x * f v", "XADD x NOMKSTREAM MAXLEN 3 * f v")
        self.check(":0", "EXISTS s")


class XrangeTest(StreamTestCase):
    def setUp(self):
        super().setUp()
        self.add("1-1", "1-2", "2-0", "3-5")

    def test_between_ids(self):
        self.check_entries("1-2 f v,2-0 f v", "XRANGE s 1-2 2-0")
        self.check_entries("1-2 f v,2-0 f v,3-5 f v", "XRANGE s 1-2 +")
        self.check_entries("1-1 f v,1-2 f v", "XRANGE s 0 1")
        self.check_entries("1-1 f v,1-2 f v", "XRANGE s - 1")
        self.check_entries("", "XRANGE s 1-3 1-9")
        self.check_entries("", "XRANGE s + -")
        self.check_entries("", "XRANGE s 3 1")

    def test_exclusive_bounds(self):
        self.check_entries("1-2 f v", "XRANGE s (1-1 (2-0")
        self.check_entries("2-0 f v,3-5 f v", "XRANGE s (1-2 +")
        self.check_entries("1-2 f v,2-0 f v,3-5 f v", f"XRANGE s (1-1 ({MAX}")
        self.check_entries("2-0 f v", "XREVRANGE s (3-5 (1-2")
        self.check_entries("2-0 f v,3-5 f v", f"XRANGE s (1-{MAX} +")
        self.check("-ERR invalid start ID for the interval", f"XRANGE s ({MAX}-{MAX} +")
        self.check("-ERR invalid end ID for the interval", "XRANGE s - (0-0")
        self.check("-ERR invalid start ID for the interval", f"XREVRANGE s (0-0 ({MAX}-{MAX}")
        self.check_each(INVALID_ID, "XRANGE s (- +", "XRANGE s - (+", "XRANGE s ( +", "XRANGE s 1 ((5")

    def test_count(self):
        self.check_entries("1-1 f v,1-2 f v", "XRANGE s - + COUNT 2")
        self.check_entries("3-5 f v,2-0 f v", "XREVRANGE s + - count 2")
        self.check_entries("1-1 f v", "XRANGE s - + COUNT 2 COUNT 1")
        self.check_each("*-1", "XRANGE s - + COUNT 0", "XRANGE s - + COUNT -5")
        self.check("*0", "XRANGE none - + COUNT 0")

    def test_xrevrange(self):
        self.check_entries("3-5 f v,2-0 f v,1-2 f v,1-1 f v", "XREVRANGE s + -")
        self.check_entries("2-0 f v,1-2 f v", "XREVRANGE s 2-0 1-2")
        self.check_entries("1-2 f v,1-1 f v", "XREVRANGE s 1 0")

    def test_errors_in_redis_order(self):
        self.check("*0", "XRANGE none - +")
        self.check_each(WRONG_TYPE, "XRANGE x - +", "XREVRANGE x + -", "XRANGE x - + COUNT 0")
        self.check_each(INVALID_ID, "XRANGE x y +", "XRANGE s - y", "XREVRANGE s y -", "XRANGE s y + COUNT",
                        "XRANGE s $ +")
        self.check_each(SYNTAX, "XRANGE x - + COUNT", "XRANGE s - + LIMIT 5", "XRANGE s - + COUNT 0 z")
        self.check_each(NOT_AN_INTEGER, "XRANGE x - + COUNT y", "XRANGE s - + COUNT y z")
        self.check("-ERR wrong number of arguments for 'xrange' command", "XRANGE s -")


class XlenTest(StreamTestCase):
    def test_counts_entries(self):
        self.check(":0", "XLEN s")
        self.add(1, 2)
        self.check(":2", "XLEN s")
        self.check(WRONG_TYPE, "XLEN x")


class XdelTest(StreamTestCase):
    def test_counts_what_was_there(self):
        self.add(1, 2, 3)
        self.check(":2", "XDEL s 1 3-0 9 1-0")
        self.check_stream("2-0 f v")
        self.check(":0", "XDEL s 1")
        self.check(":0", "XDEL none 1")

    def test_the_key_stays(self):
        self.add(1)
        self.check(":1", "XDEL s 1")
        self.check("+stream", "TYPE s")
        self.check(":0", "XLEN s")
        self.check(TOO_LOW, "XADD s 1 f v")

    def test_one_wrong_id_spoils_all(self):
        self.add(1, 2)
        self.check_each(INVALID_ID, "XDEL s 1 y", "XDEL s 1 -", "XDEL s 1 2 *")
        self.check(":2", "XLEN s")
        self.check(WRONG_TYPE, "XDEL x y")
        self.check(":0", "XDEL none y")


class XtrimTest(StreamTestCase):
    def setUp(self):
        super().setUp()
        self.client.wire("CONFIG SET stream-node-max-entries 10")
        self.add(*range(1, 36))

    def test_to_a_length(self):
        self.check(":0", "XTRIM s MAXLEN 35")
        self.check(":13", "XTRIM s MAXLEN = 22")
        self.check(":22", "XTRIM s MAXLEN 0")
        self.check(":1", "EXISTS s")
        self.check(":0", "XTRIM none MAXLEN 0")

    def test_by_whole_nodes(self):
        self.check(":0", "XTRIM s MAXLEN ~ 26")
        self.check(":10", "XTRIM s MAXLEN ~ 25")
        self.check(":0", "XTRIM s MINID ~ 20")
        self.check(":10", "XTRIM s MINID ~ 21")
        self.check(":0", "XTRIM s MINID ~ 99 LIMIT 9")
        self.check(":10", "XTRIM s MINID ~ 99 LIMIT 10")
        self.check(":5", "XTRIM s MINID ~ 99 LIMIT 0")

    def test_deleted_entries_do_not_count_for_the_limit(self):
        self.client.wire("XDEL s 1 2 3")
        self.check(":7", "XTRIM s MAXLEN ~ 0 LIMIT 7")

    def test_below_an_id(self):
        self.check(":13", "XTRIM s MINID 14")
        self.check(":0", "XTRIM s MINID = 14-0")
        self.check(":1", "XTRIM s MINID 14-1")
        self.check(":21", f"XTRIM s MINID {MAX}")

    def test_leaves_the_highest_deleted_id_alone(self):
        self.check(":5", "XTRIM s MINID 6")
        self.check_info("s", max_deleted_entry_id=b"0-0")

    def test_a_node_whose_last_entry_is_deleted_outlives_its_entries(self):
        self.client.wire("XDEL s 35")
        self.check(":34", "XTRIM s MINID 35")
        self.check_info("s", radix_tree_keys=1, length=0)
        self.check("*0", "XRANGE s - +")
        self.check("*-1", "XREAD STREAMS s 0")

    def test_errors_in_redis_order(self):
        self.check_each(SYNTAX, "XTRIM x MAXLEN 5 y", "XTRIM s y 5", "XTRIM s MAXLEN 5 NOMKSTREAM", "XTRIM s * 5")
        self.check("-ERR syntax error, XTRIM must be called with a trimming strategy", "XTRIM x LIMIT 0")
        self.check("-ERR syntax error, LIMIT cannot be used without specifying a trimming strategy",
                   "XTRIM x LIMIT 1")
        self.check("-ERR syntax error, LIMIT cannot be used without the special ~ option", "XTRIM x MAXLEN 5 LIMIT 1")
        self.check_each(NOT_AN_INTEGER, "XTRIM x MAXLEN ~", "XTRIM x MAXLEN ~ y",
                        "XTRIM s MAXLEN ~ 5 LIMIT 99999999999999999999")
        self.check_each(INVALID_ID, "XTRIM x MINID y", "XTRIM s MINID ~", "XTRIM s MINID +", "XTRIM s MINID 5-*")
        self.check(WRONG_TYPE, "XTRIM x MAXLEN 5")


class XsetidTest(StreamTestCase):
    def test_sets_the_last_id(self):
        self.add(1, 2)
        self.check("+OK", "XSETID s 5-5")
        self.check(TOO_LOW, "XADD s 5-5 f v")
        self.check_bulk("5-6", "XADD s 5-* f v")
        self.check("-ERR The ID specified in XSETID is smaller than the target stream top item", "XSETID s 5-5")
        self.client.wire("XDEL s 5-6")
        self.check("-ERR The ID specified in XSETID is smaller than current max_deleted_entry_id", "XSETID s 5-5")
        self.check("+OK", "XSETID s 5-6")

    def test_may_lower_the_last_id_of_an_empty_stream(self):
        self.add(1, 2)
        self.client.wire("XTRIM s MAXLEN 0")
        self.check("+OK", "XSETID s 0")
        self.check_bulk("0-1", "XADD s 0-1 f v")

    def test_options(self):
        self.add(1, 2)
        self.check("+OK", "XSETID s 9 ENTRIESADDED 100 MAXDELETEDID 9")
        self.check_info("s", entries_added=100, max_deleted_entry_id=b"9-0")
        self.check("+OK", "XSETID s 10 maxdeletedid 5 MAXDELETEDID 0")        # 0-0 means: leave it
        self.check_info("s", entries_added=100, max_deleted_entry_id=b"9-0")
        self.check("-ERR The entries_added specified in XSETID is smaller than the target stream length",
                   "XSETID s 10 ENTRIESADDED 1")

    def test_errors_in_redis_order(self):
        self.check_each(INVALID_ID, "XSETID x y", "XSETID x - z", "XSETID s 5 MAXDELETEDID y", "XSETID s *")
        self.check_each(SYNTAX, "XSETID x 5 y", "XSETID x 5 ENTRIESADDED", "XSETID x 5 ENTRIESADDED 5 y")
        self.check(NOT_AN_INTEGER, "XSETID x 5 ENTRIESADDED y")
        self.check("-ERR entries_added must be positive", "XSETID x 5 ENTRIESADDED -1")
        self.check("-ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
                   "XSETID x 5 MAXDELETEDID 5-1")
        self.check(NO_KEY, "XSETID s 5")
        self.check(WRONG_TYPE, "XSETID x 5")


class XreadTest(StreamTestCase):
    def setUp(self):
        super().setUp()
        self.add("1-1", "1-2", "2-0")
        self.add("5-0", key="t")

    def check_read(self, streams, *args):
        """The reply is an array of keys and entries."""
        self.check(encode([[key.encode(), entries(text)] for key, text in streams]), *args)

    def test_returns_what_comes_after(self):
        self.check_read([("s", "1-2 f v,2-0 f v")], "XREAD STREAMS s 1-1")
        self.check_read([("s", "2-0 f v"), ("t", "5-0 f v")], "XREAD STREAMS s t 1-2 0")
        self.check_read([("t", "5-0 f v")], "XREAD STREAMS none s t 0 2 0")
        self.check_read([("s", "1-1 f v,1-2 f v,2-0 f v")], "XREAD streams s 0")
        self.check_read([("s", "2-0 f v"), ("s", "2-0 f v")], "XREAD STREAMS s s 1-2 1-9")

    def test_count(self):
        self.check_read([("s", "1-1 f v"), ("t", "5-0 f v")], "XREAD COUNT 1 STREAMS s t 0 0")
        for count in ("0", "-5", "3"):
            self.check_read([("s", "1-1 f v,1-2 f v,2-0 f v")], f"XREAD COUNT 7 count {count} STREAMS s 0")

    def test_nothing(self):
        self.check_each("*-1", "XREAD STREAMS s 2-0", "XREAD STREAMS s $", "XREAD STREAMS none 0",
                        "XREAD STREAMS none $",
                        f"XREAD STREAMS s {MAX}-{MAX}")
        self.client.wire("XDEL s 2-0")
        self.check("*-1", "XREAD STREAMS s 1-2")
        self.client.wire("XTRIM s MAXLEN 0")
        self.check("*-1", "XREAD STREAMS s 0")

    def test_resp3(self):
        self.client.wire("HELLO", 3)
        self.check("%2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n2-0\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n"
                   "$1\r\ns\r\n*1\r\n*2\r\n$3\r\n2-0\r\n*2\r\n$1\r\nf\r\n$1\r\nv", "XREAD STREAMS s s 1-2 1-3")
        self.check("_", "XREAD STREAMS s $")

    def test_does_not_wait_in_a_transaction(self):
        self.client.wire("MULTI")
        self.check("+QUEUED", "XREAD BLOCK 0 STREAMS s $")
        self.check("*1\r\n*-1", "EXEC")

    def test_does_not_wait_when_there_is_something(self):
        self.check_read([("s", "2-0 f v")], "XREAD BLOCK 0 STREAMS none s t 0 1-2 $")

    def test_errors_in_redis_order(self):
        self.check_each("-ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be "
                        "specified.", "XREAD STREAMS x 0 0", "XREAD COUNT 5 STREAMS s")
        self.check_each(SYNTAX, "XREAD COUNT 5 STREAMS", "XREAD COUNT 5 BLOCK", "XREAD y STREAMS s 0",
                        "XREAD COUNT 5 BLOCK 5")
        self.check_each("-ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.",
                        "XREAD COUNT 1 NOACK", "XREAD NOACK STREAMS s 0")
        self.check("-ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.",
                   "XREAD GROUP g c STREAMS s 0")
        self.check("-ERR timeout is not an integer or out of range", "XREAD BLOCK 1.5 STREAMS s 0")
        self.check("-ERR timeout is negative", "XREAD BLOCK -1 STREAMS s 0")
        self.check("-ERR timeout is out of range", "XREAD BLOCK 9223372036854775807 STREAMS s 0")
        self.check(NOT_AN_INTEGER, "XREAD COUNT y STREAMS s 0")
        self.check_each(WRONG_TYPE, "XREAD STREAMS x 0", "XREAD STREAMS x s y 0", "XREAD STREAMS s x 0 y")
        self.check_each(INVALID_ID, "XREAD STREAMS s x y 0", "XREAD STREAMS s -", "XREAD STREAMS s (5",
                        "XREAD STREAMS s *")
        self.check("-ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> "
                   "option.", "XREAD STREAMS s >")


@unittest.skipIf(REAL, "several clients of one engine")
class WaitingTest(EngineTestCase):
    def blocked(self, command, protocol=2):
        """A new client that waits with this command."""
        client = self.new_client()
        client.session.protocol = protocol
        client.block(command)
        return client

    def served(self, *ids, key="s"):
        return encode([[key.encode(), [[id_.encode(), [b"f", b"v"]] for id_ in ids]]])

    def test_an_entry_serves_all_who_wait(self):
        waiters = [self.blocked("XREAD BLOCK 0 STREAMS s 0"), self.blocked("XREAD BLOCK 0 STREAMS none s $ $")]
        self.client.wire("XADD s 1-1 f v")
        for waiter in waiters:
            self.assertEqual(waiter.late_reply(), self.served("1-1"))
        self.assertEqual(self.client.wire("XLEN s"), b":1\r\n")

    def test_an_entry_in_an_old_stream_does_so_too(self):
        self.client.wire("XADD s 1-1 f v")
        waiter = self.blocked("XREAD BLOCK 0 STREAMS s $", protocol=3)
        self.client.wire("XADD s 2-2 f v")
        self.assertEqual(waiter.late_reply(), self.served("2-2").replace(b"*1\r\n*2\r\n", b"%1\r\n", 1))

    def test_dollar_means_the_time_of_asking(self):
        self.client.wire("XADD s 5-0 f v")
        waiter = self.blocked("XREAD BLOCK 0 STREAMS s t $ $")
        self.client.wire("DEL s")
        self.client.wire("XADD s 4-0 f v")              # lower than what is asked for
        self.assertIsNone(waiter.late_reply())
        self.client.wire("XADD s 6-0 f v")
        self.assertEqual(waiter.late_reply(), self.served("6-0"))
        waiter = self.blocked("XREAD BLOCK 0 STREAMS s $")
        for command in ("MULTI", "XADD s 7-0 f v", "XADD s 8-0 f v", "EXEC"):
            self.client.wire(command)
        self.assertEqual(waiter.late_reply(), self.served("7-0", "8-0"))

    def test_what_was_asked_for_stands_in_the_slow_log(self):
        self.client.wire("XADD s 5-0 f v")
        self.client.wire("CONFIG SET slowlog-log-slower-than 0")
        self.blocked("xread BLOCK 0 STREAMS s $")
        self.client.wire("XADD s 6-0 f v")
        self.assertIn(b"$1\r\ns\r\n$3\r\n5-0\r\n", self.client.wire("SLOWLOG GET 10"))

    def test_a_key_of_another_type_is_an_error_only_when_there_is_an_entry(self):
        waiter = self.blocked("XREAD BLOCK 0 STREAMS s t $ $")
        self.client.wire("RPUSH t a")
        self.assertIsNone(waiter.late_reply())
        self.client.wire("XADD s 1 f v")
        self.assertEqual(waiter.late_reply(), WRONG_TYPE.encode() + b"\r\n")

    def test_an_entry_that_is_gone_again_serves_nobody(self):
        waiter = self.blocked("XREAD BLOCK 0 STREAMS s $")
        self.client.wire("XADD s MAXLEN 0 1-1 f v")
        self.assertIsNone(waiter.late_reply())
        self.client.wire("RENAME s t")
        self.client.wire("XADD t 2-2 f v")
        self.client.wire("RENAME t s")
        self.assertEqual(waiter.late_reply(), self.served("2-2"))

    def test_other_types_serve_nobody(self):
        waiter = self.blocked("XREAD BLOCK 0 STREAMS s $")
        for command in ("RPUSH s a", "DEL s", "SET s a", "DEL s", "ZADD s 1 a", "DEL s"):
            self.client.wire(command)
            self.assertIsNone(waiter.late_reply())
        self.client.wire("XADD s 1 f v")
        self.assertEqual(waiter.late_reply(), self.served("1-0"))

    def test_time_out_with_a_null_array(self):
        waiters = [self.blocked("XREAD BLOCK 500 STREAMS s $"),
                   self.blocked("XREAD BLOCK 500 STREAMS s $", protocol=3)]
        with self.engine.lock:
            self.clock.advance(0.4)
            self.engine.keyspace.tick()
            give_up_overdue(self.engine)
            self.assertFalse(waiters[0].waiter.done)
            self.clock.advance(0.2)
            self.engine.keyspace.tick()
            give_up_overdue(self.engine)
        self.assertEqual([waiter.late_reply() for waiter in waiters], [b"*-1\r\n", b"_\r\n"])


@unittest.skipIf(REAL, "the clock is moved")
class ClockTest(EngineTestCase):
    def test_ids_follow_the_clock_and_never_go_back(self):
        now_ms = self.engine.keyspace.now_ms
        self.assertEqual(self.execute("XADD s * f v"), b"%d-0" % now_ms)
        self.assertEqual(self.execute("XADD s * f v"), b"%d-1" % now_ms)
        self.clock.advance(0.25)
        self.assertEqual(self.execute("XADD s * f v"), b"%d-0" % (now_ms + 250))
        self.execute(f"XSETID s {now_ms + 900}-7")
        self.assertEqual(self.execute("XADD s * f v"), b"%d-8" % (now_ms + 900))


class KeyOfAStreamTest(StreamTestCase):
    def test_type_and_encoding(self):
        self.add(1)
        self.check("+stream", "TYPE s")
        self.check_bulk("stream", "OBJECT ENCODING s")
        self.check("*2\r\n$1\r\n0\r\n*1\r\n$1\r\ns", "SCAN 0 TYPE stream")
        self.check_each(WRONG_TYPE, "GET s", "LPUSH s a", "ZADD s 1 a", "HSET s f v")

    def test_copy_is_independent(self):
        self.add("1-1", "1-2")
        self.check(":1", "COPY s t")
        self.add("2-0")
        self.client.wire("XDEL s 1-1")
        self.check_stream("1-1 f v,1-2 f v", key="t")

    def test_digest(self):
        self.client.wire("XADD s 1-1 f v 12 13")
        self.client.wire("XADD s 2-0 f v")
        self.check("*1\r\n+" + self.DIGEST, "DEBUG DIGEST-VALUE s")
        self.add(3)
        self.client.wire("XDEL s 3")
        self.client.wire("XGROUP CREATE s g 0")
        self.check("*1\r\n+" + self.DIGEST, "DEBUG DIGEST-VALUE s")

    DIGEST = "ff716192bc318657811a3d713e6dff76c83d3dee"


@unittest.skipIf(REAL, "events are recorded in the engine")
class EventsTest(EventTestCase):
    def test_events_and_changes(self):
        self.check_events(["xadd s"], 1, "XADD s 1 f v")
        self.check_events(["xadd s"], 1, "XADD s MAXLEN 5 2 f v")
        self.check_events(["xadd s", "xtrim s"], 1, "XADD s MAXLEN 1 3 f v")
        self.check_events([], 0, "XADD s 3 f v")
        self.check_events([], 0, "XADD t NOMKSTREAM 3 f v")
        self.check_events(["xadd s"], 1, "XADD s 4 f v")
        self.check_events(["xadd s"], 1, "XADD s 5 f v")
        self.check_events([], 0, "XTRIM s MAXLEN 3")
        self.check_events(["xtrim s"], 1, "XTRIM s MAXLEN 2")
        self.check_events([], 0, "XDEL s 9")
        self.check_events(["xdel s"], 2, "XDEL s 4 5 6")
        self.check_events(["xsetid s"], 1, "XSETID s 9")
        self.check_events([], 0, "XREAD STREAMS s 0")
        self.check_events(["del s"], 1, "DEL s")

    def test_watchers_learn_of_changes(self):
        self.client.wire("XADD s 1 f v")
        for command, spoils in (("XADD s 2 f v", True), ("XTRIM s MAXLEN 5", False), ("XDEL s 9", False),
                                ("XDEL s 1", True)):
            watcher = self.new_client()
            watcher.wire("WATCH s")
            self.client.wire(command)
            watcher.wire("MULTI")
            self.assertEqual(watcher.wire("EXEC"), b"*-1\r\n" if spoils else b"*0\r\n", command)


if __name__ == "__main__":
    unittest.main()
