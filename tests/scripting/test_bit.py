"""The `bit` library. The results are those of a real server."""
import unittest

from redis_clone.scripting.bit import open_bit

from .lua_values import LibraryTestCase

INF, NAN = float("inf"), float("nan")


class BitTestCase(LibraryTestCase):
    open_library = open_bit


class TobitTest(BitTestCase):
    def test_results_are_signed_32_bit_numbers(self):
        self.check("tobit", (0, 0.0), (0xffffffff, -1.0), (0x7fffffff, 2147483647.0),
                   (0x80000000, -2147483648.0),
                   (2 ** 40 + 123, 123.0), (-2 ** 40 - 1, -1.0))

    def test_rounds_to_the_nearest_even_number(self):
        self.check("tobit", (0.5, 0.0), (1.5, 2.0), (2.5, 2.0), (-0.5, 0.0), (-1.5, -2.0), (0.4, 0.0),
                   (-0.0, 0.0))

    def test_numbers_that_are_far_too_large_give_bits_of_the_sum(self):
        self.check("tobit", (2.0 ** 51, 0.0), (2.0 ** 51 + 1, 0.0), (2.0 ** 53 + 2, 1.0),
                   (1e300, -2013235812.0), (-1e300, -2013235812.0), (INF, 0.0), (-INF, 0.0), (NAN, 0.0))

    def test_strings_that_spell_numbers_are_numbers(self):
        self.check("tobit", ("12", 12.0), (" 0x10 ", 16.0), ("-1", -1.0))

    def test_refuses_what_is_no_number(self):
        self.check("tobit", ("bad argument #1 (number expected, got no value)",),
                   (None, "bad argument #1 (number expected, got nil)"),
                   ("x", "bad argument #1 (number expected, got string)"),
                   (True, "bad argument #1 (number expected, got boolean)"),
                   ({}, "bad argument #1 (number expected, got table)"))

    def test_more_arguments_are_ignored(self):
        self.check("tobit", (5, "x", 5.0))


class LogicTest(BitTestCase):
    def test_combine_all_their_arguments(self):
        self.check("band", (0xff, 0x0f, 15.0), (7, 7.0), (15, 7, 3, 3.0), (-1, 0xf0, 240.0), (1.5, 3, 2.0))
        self.check("bor", (1, 2, 3.0), (1, 2, 4, 8, 15.0), (0x80000000, 1, -2147483647.0))
        self.check("bxor", (5, 3, 6.0), (1, 1, 1, 1.0), (-1, 0x7fffffff, -2147483648.0))

    def test_not(self):
        self.check("bnot", (0, -1.0), (-1, 0.0), (0x7fffffff, -2147483648.0))

    def test_check_the_first_argument_and_then_from_the_last(self):
        self.check("band", ("bad argument #1 (number expected, got no value)",),
                   ("x", "y", "z", "bad argument #1 (number expected, got string)"),
                   (1, "y", None, "bad argument #3 (number expected, got nil)"),
                   (1, "y", 2, "bad argument #2 (number expected, got string)"),
                   (1, None, "bad argument #2 (number expected, got nil)"))


class ShiftTest(BitTestCase):
    def test_shift(self):
        self.check("lshift", (1, 4, 16.0), (1, 31, -2147483648.0), (0xffffffff, 1, -2.0))
        self.check("rshift", (256, 8, 1.0), (-1, 28, 15.0), (-1, 0, -1.0))
        self.check("arshift", (256, 8, 1.0), (-256, 8, -1.0), (0x80000000, 31, -1.0))

    def test_rotate(self):
        self.check("rol", (0x12345678, 12, 1164411171.0), (1, 31, -2147483648.0), (7, 0, 7.0))
        self.check("ror", (0x12345678, 12, 1736516421.0), (1, 1, -2147483648.0), (7, 0, 7.0))

    def test_five_bits_of_the_distance_count(self):
        self.check("lshift", (1, 32, 1.0), (1, 33, 2.0), (1, -1, -2147483648.0), (1, 1.5, 4.0))

    def test_need_two_numbers(self):
        self.check("lshift", ("bad argument #1 (number expected, got no value)",),
                   (1, "bad argument #2 (number expected, got no value)"),
                   (1, None, "bad argument #2 (number expected, got nil)"))


class BswapTest(BitTestCase):
    def test_turns_the_bytes_around(self):
        self.check("bswap", (0x12345678, 2018915346.0), (0xff, -16777216.0), (1, 16777216.0))


class TohexTest(BitTestCase):
    def test_eight_digits_unless_told_otherwise(self):
        self.check("tohex", (255, b"000000ff"), (-1, b"ffffffff"), (255, 4, b"00ff"), (0x12345678, 2, b"78"),
                   (255, 99, b"000000ff"), (255, 0, b""))

    def test_negative_counts_give_capitals(self):
        self.check("tohex", (0xabcdef, -6, b"ABCDEF"), (0xabcdef, -100, b"00ABCDEF"),
                   (0xabcdef, -2 ** 31, b"00ABCDEF"))

    def test_nil_is_no_count(self):
        self.check("tohex", (1, None, "bad argument #2 (number expected, got nil)"))


if __name__ == "__main__":
    unittest.main()
