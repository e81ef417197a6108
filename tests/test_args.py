"""Numbers in arguments and replies."""
import math
import unittest

from redis_clone.args import (format_float, parse_cursor, parse_float, parse_int, parse_int_or_none, parse_range_int,
                              parse_timeout)
from redis_clone.errors import NotFloatError, NotIntegerError, RedisError


class ParseIntTest(unittest.TestCase):
    def test_accepts_the_canonical_spelling_only(self):
        for raw in (b"0", b"-1", b"9223372036854775807", b"-9223372036854775808"):
            self.assertEqual(parse_int(raw), int(raw))
        for raw in (b"", b" 1", b"1 ", b"+1", b"01", b"-0", b"1_0", b"1.0", b"0x1", b"9223372036854775808", b"a",
                    b"1\n", b"9" * 5000):
            with self.assertRaises(NotIntegerError):
                parse_int(raw)
            self.assertIsNone(parse_int_or_none(raw))

    def test_ranges_have_their_own_text(self):
        self.assertEqual(parse_range_int(b"3", 1, 5), 3)
        with self.assertRaisesRegex(RedisError, "must be positive"):
            parse_range_int(b"-1", 0, (1 << 63) - 1)


class ParseFloatTest(unittest.TestCase):
    def test_reads_what_strtod_reads(self):
        cases = {b"1": 1.0, b"+1": 1.0, b"-1.5": -1.5, b".5": 0.5, b"1.": 1.0, b"1e3": 1000.0, b"inf": math.inf,
                 b"-Infinity": -math.inf, b"0x10": 16.0, b"0x1p3": 8.0, b"-0x1": -1.0, b"5e-324": 5e-324, b"0e0": 0.0}
        for raw, number in cases.items():
            self.assertEqual(parse_float(raw), number, raw)

    def test_refuses_the_rest(self):
        for raw in (b"", b" 1", b"1 ", b"nan", b"-nan", b"1e400", b"1e-400", b"1_0", b"a", b"1e", b"--1", b"0x"):
            with self.assertRaises(NotFloatError, msg=raw):
                parse_float(raw)


class ParseTimeoutTest(unittest.TestCase):
    def test_texts(self):
        self.assertEqual(parse_timeout(b"0.5"), 0.5)
        for raw, text in ((b"a", "not a float"), (b"-1", "negative"), (b"1e300", "out of range")):
            with self.assertRaisesRegex(RedisError, text):
                parse_timeout(raw)


class ParseCursorTest(unittest.TestCase):
    def test_range(self):
        self.assertEqual(parse_cursor(b"18446744073709551615"), (1 << 64) - 1)
        for raw in (b"-1", b"18446744073709551616", b"a", b""):
            with self.assertRaises(RedisError):
                parse_cursor(raw)


class FormatFloatTest(unittest.TestCase):
    """Expectations taken from a real server's ZSCORE."""

    def test_prints_as_redis_does(self):
        cases = {3.0: b"3", 1e17: b"100000000000000000", 1e18: b"1000000000000000000", 1e20: b"1e+20",
                 123456789012345678.0: b"123456789012345680", 1.5e300: b"1.5e+300", 0.1: b"0.1", 1e-5: b"0.00001",
                 1e-7: b"1e-7", 1e16: b"10000000000000000", 5e-324: b"5e-324", -1.5e-10: b"-1.5e-10",
                 12345678901234567890123.0: b"12345678901234568000000", math.inf: b"inf", -math.inf: b"-inf",
                 -0.0: b"-0", 123456.789: b"123456.789", 0.0001: b"0.0001"}
        for number, text in cases.items():
            self.assertEqual(format_float(number), text)
