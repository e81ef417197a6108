"""The `cmsgpack` library. The results are those of a real server."""
import math
import unittest
from unittest import mock

from redis_clone.lua.errors import LuaError
from redis_clone.lua.values import Table
from redis_clone.scripting import cmsgpack
from redis_clone.scripting.cmsgpack import open_cmsgpack

from .lua_values import NULL, LibraryTestCase, lua

INF, NAN = math.inf, math.nan
MISSING, BAD = "Missing bytes in input.", "Bad data format in input."


class CmsgpackTestCase(LibraryTestCase):
    open_library = open_cmsgpack


class PackTest(CmsgpackTestCase):
    def test_integers_take_the_shortest_form(self):
        self.check("pack", (0, b"\0"), (127, b"\x7f"), (128, b"\xcc\x80"), (255, b"\xcc\xff"),
                   (256, b"\xcd\x01\0"),
                   (65535, b"\xcd\xff\xff"), (65536, b"\xce\0\x01\0\0"),
                   (2 ** 32 - 1, b"\xce\xff\xff\xff\xff"),
                   (2 ** 32, b"\xcf\0\0\0\x01\0\0\0\0"), (-1, b"\xff"), (-32, b"\xe0"), (-33, b"\xd0\xdf"),
                   (-128, b"\xd0\x80"), (-129, b"\xd1\xff\x7f"), (-32768, b"\xd1\x80\0"),
                   (-32769, b"\xd2\xff\xff\x7f\xff"),
                   (-2 ** 31, b"\xd2\x80\0\0\0"), (-2 ** 31 - 1, b"\xd3\xff\xff\xff\xff\x7f\xff\xff\xff"),
                   (-2 ** 63, b"\xd3\x80\0\0\0\0\0\0\0"), (-0.0, b"\0"))

    def test_other_numbers_are_floats(self):
        self.check("pack", (1.5, b"\xca\x3f\xc0\0\0"), (0.1, b"\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a"),
                   (2.0 ** 63, b"\xca\x5f\0\0\0"), (1e300, b"\xcb\x7e\x37\xe4\x3c\x88\x00\x75\x9c"),
                   (INF, b"\xca\x7f\x80\0\0"), (-INF, b"\xca\xff\x80\0\0"),
                   (NAN, b"\xcb\x7f\xf8\0\0\0\0\0\0"))

    def test_strings(self):
        self.check("pack", ("", b"\xa0"), ("abc", b"\xa3abc"), ("x" * 31, b"\xbf" + b"x" * 31),
                   ("x" * 32, b"\xd9\x20" + b"x" * 32), ("x" * 255, b"\xd9\xff" + b"x" * 255),
                   ("x" * 256, b"\xda\x01\0" + b"x" * 256), ("x" * 65536, b"\xdb\0\x01\0\0" + b"x" * 65536))

    def test_other_values(self):
        self.check("pack", (True, b"\xc3"), (False, b"\xc2"), (None, b"\xc0"), (NULL, b"\xc0"),
                   (len, b"\xc0"))

    def test_tables_with_the_keys_1_to_n_are_arrays(self):
        self.check("pack", ([], b"\x90"), ([1, 2], b"\x92\x01\x02"), ({2: 2, 1: 1}, b"\x92\x01\x02"),
                   ([0] * 15, b"\x9f" + b"\0" * 15), ([0] * 16, b"\xdc\0\x10" + b"\0" * 16),
                   ([0] * 65536, b"\xdd\0\x01\0\0" + b"\0" * 65536))

    def test_other_tables_are_maps(self):
        self.check("pack", ({"a": 1}, b"\x81\xa1a\x01"), ({1: 1, 3: 3}, b"\x82\x01\x01\x03\x03"),
                   ({0: 1}, b"\x81\0\x01"),
                   ({True: 1}, b"\x81\xc3\x01"), ({False: 1}, b"\x81\xc2\x01"),
                   ({1.5: 1}, b"\x81\xca\x3f\xc0\0\0\x01"),
                   ({1: 1, "a": 2}, b"\x82\x01\x01\xa1a\x02"))

    def test_maps_of_more_than_fifteen_fields_have_a_longer_head(self):
        fields = b"".join(b"%c%d\x01" % (0xa0 + len(str(n)), n) for n in range(16))
        self.check("pack", ({str(n): 1 for n in range(16)}, b"\xde\0\x10" + fields))

    def test_several_values_follow_each_other(self):
        self.check("pack", (1, "a", [1], b"\x01\xa1a\x91\x01"), (1, None, b"\x01\xc0"))

    def test_tables_in_sixteen_others_become_nil(self):
        table = Table()
        table[1.0] = table
        self.check("pack", (table, b"\x91" * 16 + b"\xc0"))

    def test_wrong_numbers_of_arguments(self):
        self.check("pack", ("bad argument #0 (MessagePack pack needs input.)",),
                   (*[1] * 4000, b"\x01" * 4000),
                   (*[1] * 4001, "bad argument #0 (Too many arguments for MessagePack pack.)"))

    @mock.patch.object(cmsgpack, "PIECES_BETWEEN_PAUSES", 100)
    def test_what_grows_without_end_is_stopped(self):
        self.runtime.max_string = 10_000
        table = lua(["leaf"])
        for _ in range(15):
            table = Table({float(n): table for n in range(1, 11)})
        self.check("pack", (table, "not enough memory"))

    @mock.patch.object(cmsgpack, "PIECES_BETWEEN_PAUSES", 100)
    def test_lets_interruptions_in(self):
        self.runtime.namespace["STOP"] = True
        self.call("pack", [[n] for n in range(200)])
        self.assertEqual(self.runtime.stops, 1)


class UnpackTest(CmsgpackTestCase):
    def test_numbers(self):
        self.check("unpack", (b"\x7f", 127.0), (b"\xe0", -32.0), (b"\xcc\xff", 255.0),
                   (b"\xcd\xff\xff", 65535.0),
                   (b"\xce\xff\xff\xff\xff", 4294967295.0), (b"\xd0\x80", -128.0), (b"\xd1\x80\0", -32768.0),
                   (b"\xd2\x80\0\0\0", -2147483648.0), (b"\xd3\xff" + b"\xff" * 7, -1.0),
                   (b"\xca\x3f\xc0\0\0", 1.5),
                   (b"\xcb\x3f\xf8\0\0\0\0\0\0", 1.5))

    def test_unsigned_64_bit_numbers_are_read_as_signed(self):
        self.check("unpack", (b"\xcf" + b"\xff" * 8, -1.0), (b"\xcf\0\0\0\x01\0\0\0\0", 4294967296.0))

    def test_strings_and_constants(self):
        self.check("unpack", (b"\xa0", b""), (b"\xa3abc", b"abc"), (b"\xd9\x03abc", b"abc"),
                   (b"\xda\0\x03abc", b"abc"),
                   (b"\xdb\0\0\0\x03abc", b"abc"), (b"\xc0", None), (b"\xc2", False), (b"\xc3", True))

    def test_containers(self):
        self.check("unpack", (b"\x90", {}), (b"\x80", {}), (b"\x92\x01\x02", {1: 1, 2: 2}),
                   (b"\x81\xa1a\x01", {b"a": 1}),
                   (b"\xdc\0\x01\x05", {1: 5}), (b"\xdd\0\0\0\x01\x05", {1: 5}),
                   (b"\xde\0\x01\x05\x06", {5: 6}),
                   (b"\xdf\0\0\0\x01\x05\x06", {5: 6}),
                   (b"\x92\x91\x01\x81\x02\x90", {1: {1: 1}, 2: {2: {}}}),
                   (b"\x81\xc3\x01", {True: 1}))

    def test_nils_leave_gaps(self):
        self.check("unpack", (b"\x93\x01\xc0\x03", {1: 1, 3: 3}), (b"\x82\x01\x01\x01\xc0", {}))

    def test_all_values_of_the_input_are_returned(self):
        self.check("unpack", (b"", ()), (b"\x01\xc0\x02", (1, None, 2)), (b"\xc0", None))

    def test_nil_and_nan_are_no_keys(self):
        self.check("unpack", (b"\x81\xc0\x01", "table index is nil"),
                   (b"\x81\xcb\x7f\xf8\0\0\0\0\0\0\x01", "table index is NaN"), (b"\x81\xc0", MISSING))

    def test_truncated_input(self):
        whole = (b"\x95\xa3abc\xcd\x01\x02\xd9\x02ab\x82\x01\xc3\x02\xcb\x3f\xf8\0\0\0\0\0\0"
                 b"\xdc\0\x01\xca\0\0\0\0")
        for length in range(1, len(whole)):
            self.check("unpack", (whole[:length], MISSING))
        self.check("unpack", (b"\xdd\xff\xff\xff\xff", MISSING), (b"\xdb\xff\xff\xff\xffa", MISSING),
                   (b"\xdf\xff\xff\xff\xff\x01", MISSING), (b"\xdd\0", MISSING))

    def test_codes_without_a_meaning(self):
        for code in [0xc1, *range(0xc4, 0xca), *range(0xd4, 0xd9)]:
            self.check("unpack", (bytes([code]) + b"\0" * 20, BAD))

    def test_arguments(self):
        self.check("unpack", ("bad argument #1 (string expected, got no value)",),
                   ([], "bad argument #1 (string expected, got table)"), (12, (49.0, 50.0)),
                   (b"\x01", 5, 1.0))

    def test_the_stack_limits_nesting_and_results(self):
        unpack = self.library[b"unpack"]
        self.assertIsInstance(unpack(b"\x91" * 3999 + b"\x01"), Table)
        self.assertEqual(len(unpack(b"a" * 7999)), 7999)
        values = "stack overflow (too many return values at once; use unpack_one or unpack_limit instead.)"
        arrays = "stack overflow (in function mp_decode_to_lua_array)"
        self.check("unpack", (b"\x91" * 4000 + b"\x01", arrays), (b"\x91" * 10 ** 6, arrays),
                   (b"\x91" * 3999 + b"\x01", 1, values), (b"\x91" * 3999, 1, MISSING),
                   (b"\x81\x01" * 4000 + b"\x01", values), (b"a" * 8000, values))


class UnpackOneTest(CmsgpackTestCase):
    def test_gives_the_offset_of_the_next_and_a_value(self):
        self.check("unpack_one", (b"\x01\xa1a", (1.0, 1.0)), (b"\x01\xa1a", 1, (-1.0, b"a")),
                   (b"\x01\x02", None, (1.0, 1.0)),
                   (b"", -1.0), (b"\x01", 1, -1.0), (b"\xc0", (-1.0, None)))

    def test_errors(self):
        self.check("unpack_one", (b"a", -1, "Invalid request to unpack with offset of -1 and limit of 1."),
                   (b"abc", 4, "Start offset 4 greater than input length 3."),
                   (b"abc", 2 ** 31 + 5, "Start offset -2147483643 greater than input length 3."),
                   (1, "x", "bad argument #2 (number expected, got string)"),
                   ("bad argument #1 (string expected, got no value)",), (b"\xc1", BAD), (b"\x91", MISSING))


class UnpackLimitTest(CmsgpackTestCase):
    def test_gives_up_to_so_many_values(self):
        self.check("unpack_limit", (b"abc", 2, (2.0, 97.0, 98.0)), (b"abc", 2, 2, (-1.0, 99.0)),
                   (b"abc", 0, 2, 2.0),
                   (b"abc", 9, (-1.0, 97.0, 98.0, 99.0)))

    def test_neither_limit_nor_offset_means_all_without_an_offset(self):
        self.check("unpack_limit", (b"abc", 0, (97.0, 98.0, 99.0)), (b"abc", 0, 0, (97.0, 98.0, 99.0)))

    def test_errors(self):
        self.check("unpack_limit", (b"abc", "bad argument #2 (number expected, got no value)"),
                   ("bad argument #2 (number expected, got no value)",),
                   (b"abc", -1, "Invalid request to unpack with offset of 0 and limit of 3."),
                   (b"a" * 7999, 9000, "stack overflow (in function mp_unpack_full)"))
        self.assertEqual(len(self.library[b"unpack_limit"](b"a" * 7998, 9000.0)), 7999)


class LibraryTest(CmsgpackTestCase):
    def test_tells_about_itself(self):
        self.assertEqual({key: value for key, value in self.library.items() if key.startswith(b"_")}, {
            b"_NAME": b"cmsgpack", b"_VERSION": b"lua-cmsgpack 0.4.0",
            b"_COPYRIGHT": b"Copyright (C) 2012, Salvatore Sanfilippo",
            b"_DESCRIPTION": b"MessagePack C implementation for Lua"})

    def test_errors_about_keys_have_no_position(self):
        with self.assertRaises(LuaError) as caught:
            self.library[b"unpack"](b"\x81\xc0\x01")
        self.assertIs(caught.exception.__class__, LuaError)


if __name__ == "__main__":
    unittest.main()
