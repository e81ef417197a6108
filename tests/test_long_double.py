"""The long double of x86-64. Expectations come from a real server's INCRBYFLOAT."""
import unittest

from redis_clone.long_double import INFINITY, add_long_doubles, format_long_double, parse_long_double


def add(first, second):
    """What INCRBYFLOAT replies for two texts; None for infinity."""
    total = add_long_doubles(parse_long_double(first), parse_long_double(second))
    return None if total is None else format_long_double(total)


class ParseTest(unittest.TestCase):
    def test_reads_what_strtold_reads(self):
        cases = {b"10": b"10", b"+10": b"10", b"-10": b"-10", b".5": b"0.5", b"5.": b"5", b"1e2": b"100",
                 b"1E+2": b"100", b"5.0e-3": b"0.005", b"0x1p4": b"16", b"0X.8": b"0.5", b"-0x1.8p1": b"-3",
                 b"0xA": b"10", b"00012": b"12", b"0e99999999999999999999": b"0", b"-0": b"0", b"0x0": b"0"}
        for text, printed in cases.items():
            self.assertEqual(format_long_double(parse_long_double(text)), printed, text)

    def test_refuses_anything_else(self):
        for text in (b"", b" 1", b"1 ", b"1_0", b".", b"e5", b"1e", b"1e+", b"0x", b"0x.p1", b"0x1p", b"1,5",
                     b"--1", b"abc", b"infinit", b"nan", b"nan(1)", b"1\0", b"1\n", b"\xff", b"1" * 5120):
            self.assertIsNone(parse_long_double(text), text)

    def test_knows_infinity(self):
        for text in (b"inf", b"INF", b"+Infinity"):
            self.assertEqual(parse_long_double(text), INFINITY)
        self.assertEqual(parse_long_double(b"-inf"), -INFINITY)

    def test_refuses_overflow_and_underflow_to_zero(self):
        self.assertIsNotNone(parse_long_double(b"1.189731495357231765e4932"))
        self.assertIsNone(parse_long_double(b"1.189731495357231766e4932"))
        self.assertIsNotNone(parse_long_double(b"1.9e-4951"))
        self.assertIsNone(parse_long_double(b"1.8e-4951"))
        for text in (b"1e99999999999999999999", b"1e-99999999999999999999", b"0x1p-16446", b"0x1p16384"):
            self.assertIsNone(parse_long_double(text), text)
        self.assertIsNotNone(parse_long_double(b"0x1p-16445"))

    def test_reads_thousands_of_digits(self):
        self.assertEqual(add(b"0." + b"1" * 5000, b"0"), b"0.11111111111111111")
        self.assertEqual(add(b"1" + b"0" * 4900, b"-1e4900"), b"0")


class AddTest(unittest.TestCase):
    def test_rounds_to_64_bits_not_to_those_of_a_double(self):
        cases = ["10.5 0.1 10.6", "10.6 5.0e3 5010.60000000000000009", "3 1.1 4.1", "0.1 0.2 0.3",
                 "1 -0.9 0.1", "3.0e3 200 3200", "9007199254740993 0 9007199254740993",
                 "1e17 0.5 100000000000000000.5",
                 "0.00000000000000001 0 0.00000000000000001", "0.000000000000000001 0 0",
                 "-0.000000000000000001 0 0", "5 -5 0"]
        for case in cases:
            first, second, total = case.encode().split()
            self.assertEqual(add(first, second), total, (first, second))

    def test_rounds_ties_to_even(self):
        self.assertEqual(add(b"36893488147419103233", b"0"), b"36893488147419103232")
        self.assertEqual(add(b"36893488147419103235", b"0"), b"36893488147419103236")
        self.assertEqual(add(b"18446744073709551615", b"0.5"), b"18446744073709551616")
        self.assertEqual(add(b"18446744073709551614", b"0.5"), b"18446744073709551614")
        self.assertEqual(add(b"18446744073709551616", b"1"), b"18446744073709551616")

    def test_prints_large_numbers_in_full(self):
        self.assertEqual(add(b"1e20", b"0"), b"100000000000000000000")
        self.assertEqual(add(b"8e3778", b"551.00003")[:20], b"80000000000000000000")
        self.assertEqual(len(add(b"1e4932", b"0")), 4933)

    def test_a_sum_that_is_too_large_or_infinite_is_none(self):
        self.assertIsNone(add(b"1e4932", b"9e4931"))
        self.assertIsNone(add(b"inf", b"1"))
        self.assertIsNone(add(b"1", b"-inf"))
        self.assertIsNone(add(b"inf", b"-inf"))

    def test_negative_numbers(self):
        self.assertEqual(add(b"-1.5", b"-2"), b"-3.5")
        self.assertEqual(add(b"-0.1", b"-0.2"), b"-0.3")
        self.assertEqual(add(b"1", b"-1.25"), b"-0.25")


if __name__ == "__main__":
    unittest.main()
