"""BITFIELD and BITFIELD_RO: exact replies, overflows, events."""
import unittest

from tests.support import CommandTestCase, EngineTestCase

WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value"
NOT_AN_INTEGER = "-ERR value is not an integer or out of range"
SYNTAX_ERROR = "-ERR syntax error"
BAD_OFFSET = "-ERR bit offset is not an integer or out of range"
BAD_TYPE = ("-ERR Invalid bitfield type. Use something like i16 u8. "
            "Note that u64 is not supported but i64 is.")
MAX, MIN = 9223372036854775807, -9223372036854775808


class BitfieldTestCase(CommandTestCase):
    def setUp(self):
        super().setUp()
        self.client.wire("RPUSH l a")

    def check_numbers(self, numbers, *args):
        lines = "".join("$-1\r\n" if number is None else f":{number}\r\n" for number in numbers)
        self.check(f"*{len(numbers)}\r\n{lines}", *args)


class BitfieldTest(BitfieldTestCase):
    def test_get(self):
        self.client.wire("SET", "k", b"\xf0\x0f")
        self.check_numbers([0xF0, -16, 15, 16, -1, 0],
                           "BITFIELD k GET u8 0 get i8 0 GET u4 0 GET u5 3 GET i1 0 GET u1 4")
        self.check_numbers([0x0F00, 0, 0], "BITFIELD k GET u16 8 GET i64 16 GET u63 4294967295")
        self.check_numbers([0], "BITFIELD none GET u8 0")
        self.check(":0", "EXISTS none")

    def test_no_operation(self):
        self.check_numbers([], "BITFIELD none")
        self.check_numbers([], "BITFIELD none OVERFLOW SAT")
        self.check(WRONG_TYPE, "BITFIELD l")

    def test_set_returns_what_was_there(self):
        self.check_numbers([0, 5, -3, 253], "BITFIELD k SET i8 0 5 SET i8 0 -3 GET i8 0 GET u8 0")
        self.check("$1\r\n\xfd".encode("latin-1"), "GET k")

    def test_all_widths_at_odd_positions(self):
        for width in range(1, 65):
            value = -1 << width - 1
            self.check_numbers([0, value], f"BITFIELD k{width} SET i{width} 3 {value} GET i{width} 3")
        for width in range(1, 64):
            value = (1 << width) - 1
            self.check_numbers([0, value, 0],
                               f"BITFIELD u{width} SET u{width} 5 {value} GET u{width} 5 GET u5 0")

    def test_offsets_in_fields(self):
        self.check_numbers([0, 0, 7, 9], "BITFIELD k SET u8 #0 7 SET u8 #2 9 GET u8 0 GET u8 16")
        self.check(":3", "STRLEN k")

    def test_the_string_grows_at_once_for_all_writes(self):
        self.check_numbers([0, 0], "BITFIELD k GET u8 0 SET u8 793 1")
        self.check(":101", "STRLEN k")

    def test_a_failed_write_creates_the_key_all_the_same(self):
        self.check_numbers([None], "BITFIELD k OVERFLOW FAIL SET u8 0 256")
        self.check("$1\r\n\0", "GET k")
        self.check("$3\r\nraw", "OBJECT ENCODING k")

    def test_keeps_the_expiry(self):
        self.client.wire("SET k 1 EX 100")
        self.check_numbers([49], "BITFIELD k SET u8 0 50")
        self.check(":100", "TTL k")


class OverflowTest(BitfieldTestCase):
    def test_wrap_is_the_default(self):
        self.check_numbers([255, 0, 255], "BITFIELD k INCRBY u8 0 255 INCRBY u8 0 1 INCRBY u8 0 -1")
        self.check_numbers([127, -128, 127], "BITFIELD k2 INCRBY i8 0 127 INCRBY i8 0 1 INCRBY i8 0 -1")
        self.check_numbers([MAX, MIN, MAX], f"BITFIELD k3 INCRBY i64 0 {MAX} INCRBY i64 0 1 INCRBY i64 0 -1")
        self.check_numbers([MAX - 1, MAX, 0],
                           f"BITFIELD k4 INCRBY u63 0 {MAX - 1} INCRBY u63 0 1 INCRBY u63 0 1")
        self.check_numbers([0, -1], "BITFIELD k5 SET i8 0 255 GET i8 0")

    def test_sat(self):
        self.check_numbers([255, 0], "BITFIELD k OVERFLOW SAT INCRBY u8 0 300 INCRBY u8 0 -300")
        self.check_numbers([127, -128], "BITFIELD k2 OVERFLOW SAT INCRBY i8 0 300 INCRBY i8 0 -300")
        self.check_numbers([MAX, MAX], f"BITFIELD k3 OVERFLOW SAT INCRBY i64 0 {MAX} INCRBY i64 0 1")
        self.check_numbers([0, 127, -128], "BITFIELD k4 OVERFLOW sat SET i8 0 1000 SET i8 0 -1000 GET i8 0")

    def test_sat_takes_a_very_low_number_to_set_for_a_high_one(self):
        for width, number, stored in (("i8", MIN + 127, 127), ("i8", MIN + 128, -128), ("i64", MIN, MIN),
                                      ("i63", MIN, (1 << 62) - 1)):
            self.client.wire("DEL k")
            self.check_numbers([0, stored], f"BITFIELD k OVERFLOW SAT SET {width} 0 {number} GET {width} 0")

    def test_fail(self):
        self.check_numbers([None, 255, None, 255],
                           "BITFIELD k OVERFLOW FAIL INCRBY u8 0 256 INCRBY u8 0 255 INCRBY u8 0 1 GET u8 0")

    def test_holds_for_what_follows(self):
        self.check_numbers([3, 0, None],
                           "BITFIELD k OVERFLOW SAT INCRBY u2 0 9 OVERFLOW WRAP INCRBY u2 0 1 "
                           "OVERFLOW FAIL INCRBY u2 0 4")

    def test_a_negative_number_is_a_large_unsigned_one(self):
        self.check_numbers([0, 255], "BITFIELD k SET u8 0 -1 GET u8 0")
        self.check_numbers([255, 255], "BITFIELD k OVERFLOW SAT SET u8 0 -1 GET u8 0")
        self.check_numbers([None], "BITFIELD k OVERFLOW FAIL SET u8 0 -1")


class ErrorTest(BitfieldTestCase):
    def test_types(self):
        for name in ("u64", "i65", "u0", "i", "u", "x8", "I8", "u-1", "u08", "8"):
            self.check(BAD_TYPE, f"BITFIELD l GET {name} a")
        self.check(BAD_TYPE, "BITFIELD", "l", "GET", "", "a")

    def test_offsets(self):
        for offset in ("-1", "a", "4294967296", "#-1", "#", "##1", "#536870912", "#9223372036854775807"):
            self.check(BAD_OFFSET, f"BITFIELD l SET u8 {offset} a")

    def test_an_offset_in_fields_wraps_around_at_64_bits(self):
        self.client.wire("SET", "k", b"\x38")
        self.check_numbers([7], "BITFIELD k GET u3 #6148914691236517206")         # 3 * that is 2

    def test_words(self):
        for words in ("FOO", "GET", "GET u8", "SET u8 0", "INCRBY u8 0", "OVERFLOW", "GET u8 0 GET",
                      "GET u8 0 1"):
            self.check(SYNTAX_ERROR, f"BITFIELD l {words}")
        self.check("-ERR Invalid OVERFLOW type specified", "BITFIELD l OVERFLOW FOO")
        self.check(NOT_AN_INTEGER, "BITFIELD l SET u8 0 a")
        self.check(NOT_AN_INTEGER, "BITFIELD l INCRBY u8 0 9223372036854775808")

    def test_errors_come_before_the_type_of_the_key_and_nothing_is_done(self):
        self.check(WRONG_TYPE, "BITFIELD l GET u8 0")
        self.check(WRONG_TYPE, "BITFIELD l SET u8 0 1")
        self.check(SYNTAX_ERROR, "BITFIELD k SET u8 0 1 FOO")
        self.check(":0", "EXISTS k")


class BitfieldRoTest(BitfieldTestCase):
    def test_only_reads(self):
        self.client.wire("SET k a")
        self.check_numbers([97, 1], "BITFIELD_RO k GET u8 0 GET u2 6")
        self.check_numbers([97], "BITFIELD_RO k OVERFLOW SAT GET u8 0")
        self.check_numbers([], "BITFIELD_RO none")

    def test_errors(self):
        for words in ("SET u8 0 1", "GET u8 0 INCRBY u8 0 1"):
            self.check("-ERR BITFIELD_RO only supports the GET subcommand", f"BITFIELD_RO l {words}")
        self.check(NOT_AN_INTEGER, "BITFIELD_RO l SET u8 0 a")
        self.check(WRONG_TYPE, "BITFIELD_RO l GET u8 0")


class EventTest(EngineTestCase):
    def check_events(self, events, changes, *args):
        seen = []
        self.engine.keyspace.notify = lambda database, event, key: seen.append(event)
        before = self.engine.keyspace.dirty
        self.execute(*args)
        self.assertEqual((seen, self.engine.keyspace.dirty - before), (events, changes), args)

    def test_one_event_however_many_writes(self):
        self.execute("SETBIT k 100 1")
        self.check_events(["setbit"], 2, "BITFIELD k SET u8 0 1 INCRBY u8 8 1")
        self.check_events([], 0, "BITFIELD k SET u8 0 1 INCRBY u8 8 0 GET u8 0")
        self.check_events(["setbit"], 2, "BITFIELD k SET u8 200 0 SET u8 0 1")          # it grew
        self.check_events([], 0, "BITFIELD k OVERFLOW FAIL SET u8 300 256")


if __name__ == "__main__":
    unittest.main()
