"""Bitmap commands without BITFIELD: exact replies, events, costs."""
import time
import unittest

from tests.support import CommandTestCase, EngineTestCase

WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value"
NOT_AN_INTEGER = "-ERR value is not an integer or out of range"
SYNTAX_ERROR = "-ERR syntax error"
BAD_OFFSET = "-ERR bit offset is not an integer or out of range"
BAD_BIT = "-ERR bit is not an integer or out of range"


def bulk(text):
    return b"$%d\r\n%b\r\n" % (len(text), text)


class BitmapTestCase(CommandTestCase):
    """`l` is a list, for errors of type."""

    def setUp(self):
        super().setUp()
        self.client.wire("RPUSH l a")

    def check_value(self, text, key="k"):
        self.check(bulk(text), "GET", key)


class SetbitTest(BitmapTestCase):
    def test_returns_the_bit_that_was_there(self):
        self.check(":0", "SETBIT k 1 1")
        self.check(":1", "SETBIT k 1 1")
        self.check(":1", "SETBIT k 1 0")
        self.check_value(b"\0")

    def test_bit_0_is_the_highest_of_the_first_byte(self):
        self.check(":0", "SETBIT k 0 1")
        self.check(":0", "SETBIT k 15 1")
        self.check_value(b"\x80\x01")

    def test_grows_with_zeros_even_to_clear_a_bit(self):
        self.check(":0", "SETBIT k 100 0")
        self.check_value(bytes(13))
        self.check(":0", "SETBIT k 50 1")
        self.check(":13", "STRLEN k")

    def test_changes_any_string_and_keeps_its_expiry(self):
        for value, changed in (("123", b"133"), ("abc", b"acc")):
            self.client.wire("SET", "k", value, "EX", 100)
            self.client.wire("SETBIT k 15 1")
            self.client.wire("SETBIT k 14 1")
            self.check_value(changed)
            self.check("$3\r\nraw", "OBJECT ENCODING k")
            self.check(":100", "TTL k")

    def test_a_bit_that_stays_makes_a_number_a_raw_string_all_the_same(self):
        self.client.wire("SET k 123")
        self.check(":0", "SETBIT k 0 0")
        self.check("$3\r\nraw", "OBJECT ENCODING k")
        self.check(":124", "INCR k")

    def test_errors_in_their_order(self):
        for offset in ("-1", "a", "1.0", "01", "+1", "4294967296", "9223372036854775808", "#1"):
            self.check(BAD_OFFSET, "SETBIT", "l", offset, 2)
        self.check(BAD_OFFSET, "SETBIT", "l", "", 2)
        for bit in ("2", "-1", "a", "01", "1.0"):
            self.check(BAD_BIT, "SETBIT", "l", 1, bit)
        self.check(WRONG_TYPE, "SETBIT l 1 1")
        self.check("-ERR wrong number of arguments for 'setbit' command", "SETBIT k 1")
        self.check(":0", "EXISTS k")


class GetbitTest(BitmapTestCase):
    def test_bits_in_and_beyond_the_string(self):
        self.client.wire("SET", "k", b"\x40\x01")
        for offset, bit in ((0, 0), (1, 1), (14, 0), (15, 1), (16, 0), (4294967295, 0)):
            self.check(f":{bit}", "GETBIT", "k", offset)
        self.check(":0", "GETBIT none 0")

    def test_a_number_is_read_as_text(self):
        self.client.wire("INCR k")
        self.check(":1", "GETBIT k 7")

    def test_errors(self):
        self.check(BAD_OFFSET, "GETBIT l -1")
        self.check(BAD_OFFSET, "GETBIT none 4294967296")
        self.check(WRONG_TYPE, "GETBIT l 1")


class BitcountTest(BitmapTestCase):
    def setUp(self):
        super().setUp()
        self.client.wire("SET k foobar")

    def test_whole_string(self):
        self.check(":26", "BITCOUNT k")
        self.check(":0", "BITCOUNT none")

    def test_ranges_of_bytes(self):
        for words, count in (("0 0", 4), ("1 1", 6), ("0 -1", 26), ("-2 -1", 7), ("-100 100", 26), ("5 1", 0),
                             ("6 9", 0), ("-1 -2", 0), ("-100 -90", 4), ("1 1 BYTE", 6), ("1 1 byte", 6)):
            self.check(f":{count}", f"BITCOUNT k {words}")

    def test_ranges_of_bits(self):
        for words, count in (("5 30 BIT", 17), ("0 -1 bit", 26), ("-1 -1 BIT", 0), ("-2 -1 BIT", 1),
                             ("3 3 BIT", 0), ("1 1 BIT", 1), ("8 7 BIT", 0), ("48 99 BIT", 0)):
            self.check(f":{count}", f"BITCOUNT k {words}")

    def test_errors(self):
        self.check(WRONG_TYPE, "BITCOUNT l")
        self.check(NOT_AN_INTEGER, "BITCOUNT k a 1")
        self.check(NOT_AN_INTEGER, "BITCOUNT k 1 a BIT")
        self.check(SYNTAX_ERROR, "BITCOUNT k 1 2 BITS")
        self.check(SYNTAX_ERROR, "BITCOUNT k 1 2 BIT x")


class BitposTest(BitmapTestCase):
    def test_the_first_bit(self):
        self.client.wire("SET", "k", b"\0\xff\xf0")
        self.check(":8", "BITPOS k 1")
        self.check(":0", "BITPOS k 0")
        self.check(":8", "BITPOS k 1 0")
        self.check(":16", "BITPOS k 1 2")
        self.check(":20", "BITPOS k 0 2")
        self.check(":16", "BITPOS k 1 -1 -1 BYTE")
        self.check(":9", "BITPOS k 1 9 -1 BIT")
        self.check(":20", "BITPOS k 0 9 -1 BIT")
        self.check(":-1", "BITPOS k 0 8 19 BIT")

    def test_zeros_follow_a_string_of_ones_unless_an_end_is_given(self):
        self.client.wire("SET", "k", b"\xff\xff\xff")
        self.check(":24", "BITPOS k 0")
        self.check(":24", "BITPOS k 0 1")
        self.check(":-1", "BITPOS k 0 0 -1")
        self.check(":-1", "BITPOS k 0 0 100")
        self.check(":-1", "BITPOS k 0 0 100 BIT")

    def test_nothing_found(self):
        self.client.wire("SET", "k", bytes(3))
        self.check(":-1", "BITPOS k 1")
        self.check(":-1", "BITPOS k 1 2 1")
        self.check(":-1", "BITPOS k 0 3")
        self.check(":-1", "BITPOS none 1")
        self.check(":0", "BITPOS none 0")
        self.client.wire("SET", "k", "")
        self.check(":-1", "BITPOS k 0")
        self.check(":-1", "BITPOS k 1")

    def test_errors(self):
        self.check(NOT_AN_INTEGER, "BITPOS l a")
        self.check("-ERR The bit argument must be 1 or 0.", "BITPOS l 2")
        self.check(WRONG_TYPE, "BITPOS l 1")
        self.client.wire("SET k abc")
        self.check(NOT_AN_INTEGER, "BITPOS k 1 a")
        self.check(NOT_AN_INTEGER, "BITPOS k 1 0 a BIT")
        self.check(SYNTAX_ERROR, "BITPOS k 1 0 -1 BITS")
        self.check(SYNTAX_ERROR, "BITPOS k 1 0 -1 BIT x")


class OptionsOfMissingKeysTest(EngineTestCase):
    """Redis 7.2 looks the key up first; Valkey 8 and Redis 7.4 look at the options first."""

    def test_a_missing_key_is_answered_whatever_the_options(self):
        for words in ("1", "a b", "1 2 FOO", "1 2 BIT x"):
            self.assertEqual(self.execute(f"BITCOUNT none {words}"), 0)
            self.assertEqual(self.execute(f"BITPOS none 1 {words}"), -1)

    def test_the_type_is_checked_before_the_options(self):
        self.execute("RPUSH l a")
        for words in ("a b", "1 2 FOO"):
            self.assert_error(WRONG_TYPE[1:], f"BITCOUNT l {words}")
            self.assert_error(WRONG_TYPE[1:], f"BITPOS l 1 {words}")

    def test_bitcount_needs_an_end(self):
        self.execute("SET k abc")
        self.assert_error(SYNTAX_ERROR[1:], "BITCOUNT k 1")
        self.assertEqual(self.execute("BITCOUNT k -2 -5 FOO"), 0)


class BitopTest(BitmapTestCase):
    def setUp(self):
        super().setUp()
        self.client.wire("SET", "a", b"\xf0\xff\x01")
        self.client.wire("SET", "b", b"\xaa")

    def test_operations(self):
        for words, result in (("AND d a b", b"\xa0\0\0"), ("or d a b", b"\xfa\xff\x01"),
                              ("Xor d a b", b"\x5a\xff\x01"),
                              ("NOT d a", b"\x0f\x00\xfe"), ("AND d a", b"\xf0\xff\x01"),
                              ("AND d a none", bytes(3)),
                              ("XOR d a b a", b"\xaa\0\0")):
            self.check(":3", f"BITOP {words}")
            self.check_value(result, "d")
            self.check("$3\r\nraw", "OBJECT ENCODING d")

    def test_the_destination_may_be_a_source_and_of_any_type(self):
        self.check(":3", "BITOP NOT a a")
        self.check_value(b"\x0f\x00\xfe", "a")
        self.client.wire("SET b x EX 100")
        self.check(":3", "BITOP OR b a")
        self.check(":-1", "TTL b")
        self.check(":3", "BITOP OR l a")
        self.check("+string", "TYPE l")

    def test_an_empty_result_deletes_the_destination(self):
        self.check(":0", "BITOP AND a none none2")
        self.check(":0", "EXISTS a")
        self.check(":0", "BITOP NOT l none")
        self.check(":0", "EXISTS l")
        self.check(":0", "BITOP NOT none none")

    def test_errors(self):
        self.check(SYNTAX_ERROR, "BITOP NAND d l")
        self.check("-ERR BITOP NOT must be called with a single source key.", "BITOP NOT d l a")
        self.check(WRONG_TYPE, "BITOP AND d a l")
        self.check("-ERR wrong number of arguments for 'bitop' command", "BITOP AND d")


class EventTest(EngineTestCase):
    def check_events(self, expected, *args):
        events = []
        self.engine.keyspace.notify = lambda database, event, key: events.append(event)
        before = self.engine.keyspace.dirty
        self.execute(*args)
        self.assertEqual(events, expected, args)
        self.assertEqual(self.engine.keyspace.dirty - before, len(expected), args)

    def test_setbit_tells_only_of_changes(self):
        self.execute("SETBIT k 5 0")
        self.check_events(["setbit"], "SETBIT k 5 1")
        self.check_events([], "SETBIT k 5 1")
        self.check_events(["setbit"], "SETBIT k 50 0")
        self.check_events([], "SETBIT k 50 0")

    def test_bitop(self):
        self.execute("SETBIT k 5 1")
        self.execute("SET d x")
        self.check_events(["set"], "BITOP NOT d k")

    def test_bitop_that_deletes(self):
        self.execute("SETBIT k 5 1")
        self.execute("SET", "e", "")
        self.check_events(["del"], "BITOP NOT k e")
        self.check_events([], "BITOP NOT k e")


class CostTest(EngineTestCase):
    def test_a_bit_of_a_large_string_costs_no_more(self):
        self.execute("SETBIT k 800000000 1")
        started = time.perf_counter()
        for offset in range(800_000_001, 800_009_000, 9):
            self.execute("SETBIT", "k", offset, 1)
            self.execute("GETBIT", "k", offset)
            self.execute("BITFIELD", "k", "INCRBY", "u8", offset, 1)
        self.assertLess(time.perf_counter() - started, 2)           # one copy takes some 50 ms

    def test_counting_and_combining_megabytes_takes_no_step_per_byte(self):
        self.execute("SET", "k", b"\xa5" * 8_000_000)
        self.execute("SET", "ones", b"\xff" * 8_000_000)
        started = time.perf_counter()
        self.assertEqual(self.execute("BITCOUNT k"), 32_000_000)
        self.assertEqual(self.execute("BITOP XOR d k ones"), 8_000_000)
        self.assertEqual(self.execute("BITOP NOT d d"), 8_000_000)
        self.assertEqual(self.execute("BITPOS ones 0"), 64_000_000)
        self.assertLess(time.perf_counter() - started, 4)           # 0.1 s; a loop takes more than 10
        self.assertEqual(self.execute("GET d"), b"\xa5" * 8_000_000)

    def test_a_lower_limit_on_values_holds(self):
        self.engine.config.set_many([("proto-max-bulk-len", "1mb")])
        self.assertEqual(self.execute("SETBIT k 8388607 1"), 0)
        for words in ("SETBIT k 8388608 1", "GETBIT k 8388608", "BITFIELD k GET u8 8388608"):
            self.assert_error(BAD_OFFSET[1:], words)


if __name__ == "__main__":
    unittest.main()
