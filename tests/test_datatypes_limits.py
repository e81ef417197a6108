"""Tests of the thresholds and sizes that decide about encodings. The figures are real servers' answers."""

import unittest

from redis_clone.datatypes.limits import EncodingLimits, is_integer, listpack_entry_bytes


class EncodingLimitsTest(unittest.TestCase):
    def test_has_the_defaults_of_redis(self):
        limits = EncodingLimits()
        self.assertEqual((limits.hash_max_listpack_entries, limits.hash_max_listpack_value), (128, 64))
        self.assertEqual((limits.set_max_intset_entries, limits.set_max_listpack_entries), (512, 128))
        self.assertEqual(limits.set_max_listpack_value, 64)
        self.assertEqual((limits.zset_max_listpack_entries, limits.zset_max_listpack_value), (128, 64))
        self.assertEqual(limits.list_max_listpack_size, -2)

    def test_a_negative_list_size_is_a_number_of_bytes(self):
        limits = EncodingLimits()
        for size, node_bytes in ((-1, 4096), (-2, 8192), (-3, 16384), (-4, 32768), (-5, 65536), (-9, 65536)):
            limits.list_max_listpack_size = size
            self.assertEqual(limits.list_max_listpack_size, size)
            self.assertEqual(limits.list_node_bytes, node_bytes)
            self.assertGreater(limits.list_node_entries, 2 ** 60)
            self.assertEqual(limits.list_half_node()[0], node_bytes // 2)

    def test_any_other_list_size_is_a_number_of_elements_and_8_kilobytes_at_most(self):
        limits = EncodingLimits()
        for size, entries in ((0, 1), (1, 1), (5, 5), (100, 100)):
            limits.list_max_listpack_size = size
            self.assertEqual((limits.list_node_bytes, limits.list_node_entries), (8192, entries))
            self.assertEqual(limits.list_half_node()[1], entries // 2)


class IsIntegerTest(unittest.TestCase):
    def test_accepts_the_one_way_to_write_a_64_bit_number(self):
        for text in (b"0", b"7", b"-1", b"10", b"-10", b"9223372036854775807", b"-9223372036854775808",
                     b"999999999999999999", b"-999999999999999999"):
            self.assertTrue(is_integer(text), text)

    def test_refuses_everything_else(self):
        for text in (b"", b"-", b"-0", b"00", b"01", b"-01", b"+1", b" 1", b"1 ", b"1.0", b"1e3", b"--1",
                     b"x", b"\xff", b"9223372036854775808", b"-9223372036854775809", b"10000000000000000000",
                     b"1" * 20, b"1" * 40):
            self.assertFalse(is_integer(text), text)


class ListpackEntryBytesTest(unittest.TestCase):
    def test_integers_take_as_few_bytes_as_they_need(self):
        for numbers, size in (((0, 1, 127), 2), ((128, 4095, -1, -4096), 3),
                              ((4096, 32767, -4097, -32768), 4), ((32768, 8388607, -32769, -8388608), 5),
                              ((8388608, 2147483647, -2147483648), 6),
                              ((2147483648, -2147483649, 9223372036854775807, -9223372036854775808), 10)):
            for number in numbers:
                self.assertEqual(listpack_entry_bytes(b"%d" % number), size, number)

    def test_integers_of_every_length(self):
        for digits in range(1, 19):
            for number in (10 ** (digits - 1), 10 ** digits - 1, -10 ** (digits - 1), 1 - 10 ** digits):
                bits = (number if number >= 0 else ~number).bit_length() + 1
                sizes = ((13, 2 if 0 <= number < 128 else 3), (16, 4), (24, 5), (32, 6))
                expected = next((size for most, size in sizes if bits <= most), 10)
                self.assertEqual(listpack_entry_bytes(b"%d" % number), expected, number)

    def test_texts_take_a_header_and_their_length_again(self):
        for length, extra in ((0, 2), (1, 2), (63, 2), (64, 3), (125, 3), (126, 4), (4095, 4), (4096, 7),
                              (16377, 7), (16378, 8), (2097145, 8), (2097146, 9)):
            self.assertEqual(listpack_entry_bytes(b"x" * length), length + extra, length)

    def test_texts_that_look_like_integers_are_texts(self):
        for text in (b"01", b"-0", b"1.5", b"9223372036854775808", b"-", b"/", b":", b"1x"):
            self.assertEqual(listpack_entry_bytes(text), len(text) + 2, text)


if __name__ == "__main__":
    unittest.main()
