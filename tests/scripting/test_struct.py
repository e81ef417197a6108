"""The `struct` library. The results are those of a real server."""
import math
import unittest

from redis_clone.scripting.struct_library import open_struct

from .lua_values import LibraryTestCase

INF, NAN = math.inf, math.nan


class StructTestCase(LibraryTestCase):
    open_library = open_struct


class PackTest(StructTestCase):
    def test_integers_of_all_sizes(self):
        self.check("pack", ("b", -1, b"\xff"), ("B", 255, b"\xff"), ("h", -2, b"\xfe\xff"),
                   ("H", 513, b"\x01\x02"),
                   ("i", 1, b"\x01\0\0\0"), ("I", 1, b"\x01\0\0\0"), ("l", -1, b"\xff" * 8),
                   ("L", 1, b"\x01" + b"\0" * 7),
                   ("T", 7, b"\x07" + b"\0" * 7), ("i3", -2, b"\xfe\xff\xff"), ("i2", 258, b"\x02\x01"),
                   ("i0", 5, b""))

    def test_byte_order_holds_until_the_next(self):
        self.check("pack", (">I4", 1, b"\0\0\0\x01"), ("<I4", 1, b"\x01\0\0\0"),
                   (">H<H", 1, 1, b"\0\x01\x01\0"),
                   (">i3", 1, b"\0\0\x01"), ("> H < H", 1, 1, b"\0\x01\x01\0"))

    def test_integers_are_cut_to_their_size(self):
        self.check("pack", ("b", 300, b"\x2c"), ("B", -1, b"\xff"), ("h", 65537, b"\x01\0"),
                   ("b", 1.9, b"\x01"),
                   ("b", -1.9, b"\xff"))

    def test_what_exceeds_64_bits_becomes_what_the_processor_makes_of_it(self):
        self.check("pack", ("L", 2.0 ** 63, b"\0" * 7 + b"\x80"), ("L", 2.0 ** 64, b"\0" * 8),
                   ("L", INF, b"\0" * 8),
                   ("L", -INF, b"\0" * 7 + b"\x80"), ("L", NAN, b"\0" * 7 + b"\x80"),
                   ("l", -1e300, b"\0" * 7 + b"\x80"),
                   (">i4", NAN, b"\0" * 4), ("i16", -1, b"\xff" * 8 + b"\0" * 8),
                   (">i16", -1, b"\0" * 8 + b"\xff" * 8))

    def test_floats(self):
        self.check("pack", ("<d", 1.5, b"\0\0\0\0\0\0\xf8\x3f"), (">d", 1.5, b"\x3f\xf8\0\0\0\0\0\0"),
                   (">f", 1.5, b"\x3f\xc0\0\0"), ("f", -0.0, b"\0\0\0\x80"), (">f", 1e300, b"\x7f\x80\0\0"),
                   (">f", -1e300, b"\xff\x80\0\0"), (">d", INF, b"\x7f\xf0\0\0\0\0\0\0"))

    def test_strings(self):
        self.check("pack", ("s", "ab", b"ab\0"), ("c", "abc", b"a"), ("c2", "abc", b"ab"),
                   ("c0", "abc", b"abc"),
                   ("Bc0", 3, "abc", b"\x03abc"), ("s", 12, b"12\0"), ("x", b"\0"),
                   ("bxb", 1, 2, b"\x01\0\x02"))

    def test_alignment_pads_before_the_options_after_it(self):
        self.check("pack", ("bi", 1, 2, b"\x01\x02\0\0\0"), ("!bi", 1, 2, b"\x01\0\0\0\x02\0\0\0"),
                   ("!2bi", 1, 2, b"\x01\0\x02\0\0\0"), ("!4sh", "ab", 1, b"ab\0\0\x01\0"),
                   ("!c1h", "a", 1, b"a\0\x01\0"))

    def test_a_format_ends_at_a_zero_byte(self):
        self.check("pack", (b"b\0b", 1, b"\x01"), ("", b""))

    def test_missing_arguments_are_nil(self):
        self.check("pack", ("bad argument #1 (string expected, got no value)",),
                   ("ii", 1, "bad argument #3 (number expected, got nil)"),
                   ("s", "bad argument #2 (string expected, got nil)"),
                   ("i", {}, "bad argument #2 (number expected, got table)"),
                   ("i", True, "bad argument #2 (number expected, got boolean)"),
                   ("i", "x", "bad argument #2 (number expected, got string)"), ("i", "7", b"\x07\0\0\0"))

    def test_of_a_short_string_the_next_argument_is_blamed(self):
        self.check("pack", ("c5", "abc", "bad argument #3 (string too short)"))

    def test_wrong_formats(self):
        self.check("pack", ("z", "bad argument #1 (invalid format option 'z')"),
                   ("=", "bad argument #1 (invalid format option '=')"),
                   ("iz", "bad argument #2 (number expected, got nil)"),
                   ("iz", 1, "bad argument #1 (invalid format option 'z')"),
                   ("i33", 1, "integral size 33 is larger than limit of 32"),
                   ("i99999999999", 1, "integral size overflow"), ("c2147483648", "integral size overflow"),
                   ("!3", "alignment 3 is not a power of 2"), ("!0", "alignment 0 is not a power of 2"))

    def test_errors_are_fresh_each_time(self):
        errors = set()
        for _ in range(2):
            try:
                self.library[b"pack"](b"z")
            except Exception as error:
                errors.add(error)
        self.assertEqual(len(errors), 2)


class UnpackTest(StructTestCase):
    def test_gives_the_values_and_the_next_position(self):
        self.check("unpack", ("b", b"\xff", (-1.0, 2.0)), ("B", b"\xff", (255.0, 2.0)),
                   (">I2", b"\x01\x02rest", (258.0, 3.0)),
                   ("<i4", b"\xff\xff\xff\xff", (-1.0, 5.0)), ("l", b"\xff" * 8, (-1.0, 9.0)),
                   ("L", b"\xff" * 8, (18446744073709551615.0, 9.0)), (">d", b"\x3f\xf8\0\0\0\0\0\0",
                   (1.5, 9.0)),
                   (">f", b"\x3f\xc0\0\0", (1.5, 5.0)), ("xb", b"ab", (98.0, 3.0)), ("i0", b"", (0.0, 1.0)))

    def test_a_format_without_values_gives_the_position_alone(self):
        self.check("unpack", ("", b"abc", 1.0), ("xx", b"abc", 3.0), ("", b"abc", 9, 9.0),
                   ("", b"abc", -1, -1.0))

    def test_starts_where_it_is_told(self):
        self.check("unpack", ("B", b"abc", 2, (98.0, 3.0)),
                   ("B", b"abc", 4, "bad argument #2 (data string too short)"),
                   ("B", b"abc", 0, "bad argument #3 (offset must be 1 or greater)"),
                   ("B", b"abc", -1, "bad argument #2 (data string too short)"),
                   ("B", b"abc", "x", "bad argument #3 (number expected, got string)"), ("B", b"abc", None,
                   (97.0, 2.0)))

    def test_integers_of_odd_sizes(self):
        self.check("unpack", ("i3", b"\xfe\xff\xff", (-2.0, 4.0)), ("I3", b"\xfe\xff\xff", (16777214.0, 4.0)),
                   ("i9", b"abcdefghi", (-31.0, 10.0)), (">i9", b"\0" * 8 + b"\x05", (5.0, 10.0)))

    def test_strings(self):
        self.check("unpack", ("s", b"ab\0c", (b"ab", 4.0)), ("c2", b"abc", (b"ab", 3.0)),
                   ("s", b"abc", "unfinished string in data"),
                   ("c4", b"abc", "bad argument #2 (data string too short)"))

    def test_c0_takes_the_last_value_for_its_length(self):
        self.check("unpack", ("Bc0", b"\x02abc", (b"ab", 4.0)), ("c1c0", b"2abc", (b"ab", 4.0)),
                   ("Bc0", b"\x00abc", (b"", 2.0)),
                   ("bc0", b"\xffabc", "bad argument #2 (data string too short)"),
                   ("c0", b"abc", "format 'c0' needs a previous size"),
                   ("c1c0", b"xabc", "format 'c0' needs a previous size"))

    def test_data_is_checked_before_the_option_but_after_its_size(self):
        self.check("unpack", ("z", b"", "bad argument #1 (invalid format option 'z')"),
                   (" ", b"", 5, "bad argument #2 (data string too short)"),
                   ("z", b"", 5, "bad argument #2 (data string too short)"),
                   ("i99", b"", 5, "integral size 99 is larger than limit of 32"),
                   ("!3", b"", "alignment 3 is not a power of 2"))

    def test_arguments(self):
        self.check("unpack", ("bad argument #1 (string expected, got no value)",),
                   ("i", "bad argument #2 (string expected, got no value)"),
                   ("i", {}, "bad argument #2 (string expected, got table)"), ("c1", 7, (b"7", 2.0)))

    def test_more_results_than_the_stack_holds(self):
        unpack, data = self.library[b"unpack"], b"a" * 8000
        self.assertEqual(len(unpack(b"b" * 7997, data)), 7998)
        self.check("unpack", (b"b" * 7998, data, "stack overflow (too many results)"))


class SizeTest(StructTestCase):
    def test_adds_up_sizes_and_padding(self):
        self.check("size", ("", 0.0), ("bi", 5.0), ("!bi", 8.0), ("!2bi", 6.0), ("!b i3 i5 d i7", 37.0),
                   ("bbb!16i16", 32.0), ("c10x", 11.0), ("c2147483647c2147483647c10", 4294967304.0))

    def test_strings_without_a_length_have_no_size(self):
        self.check("size", ("s", "bad argument #1 (option 's' has no fixed size)"),
                   ("c0", "bad argument #1 (option 'c0' has no fixed size)"))

    def test_unknown_letters_and_digits_have_size_zero(self):
        self.check("size", ("z", 0.0), ("b7", 1.0), (1, 0.0),
                   ("?", "bad argument #1 (invalid format option '?')"),
                   ("bad argument #1 (string expected, got no value)",))


class MemoryOfFormatsTest(StructTestCase):
    def test_is_bounded(self):
        pack = self.library[b"pack"]
        for size in range(1000):
            self.assertEqual(pack(b"c%d" % size, b"x" * 1000), b"x" * (size or 1000))


if __name__ == "__main__":
    unittest.main()
