"""Tests of scripting/conversion.py: Lua values and reply values."""
import math
import unittest

from redis_clone.errors import RedisError, WrongTypeError
from redis_clone.lua.values import Table, array_of, raw_get, raw_set
from redis_clone.replies import NULL_ARRAY, Attribute, BigNumber, MapReply, SetReply, SpelledDouble, Verbatim
from redis_clone.resp import encode
from redis_clone.scripting.conversion import reply_of, sequence, spell_argument, to_lua


def plain(value):
    """A Lua value with its tables as plain dicts."""
    return {key: plain(item) for key, item in value.items()} if isinstance(value, Table) else value


class ToLuaTest(unittest.TestCase):
    def check(self, reply, in_resp2, in_resp3):
        for protocol, expected in ((2, in_resp2), (3, in_resp3)):
            value = plain(to_lua(reply, protocol))
            self.assertEqual(value, expected, protocol)
            self.assertIs(type(value), type(expected), protocol)

    def test_strings_and_integers_are_strings_and_numbers(self):
        self.check(b"x", b"x", b"x")
        self.check(bytearray(b"x"), b"x", b"x")
        self.check(7, 7.0, 7.0)

    def test_null_is_false_or_nil(self):
        self.check(None, False, None)
        self.check(NULL_ARRAY, False, None)

    def test_status_lines_are_tables(self):
        self.check("OK", {b"ok": b"OK"}, {b"ok": b"OK"})

    def test_errors_are_tables_that_are_counted_already(self):
        expected = {b"err": b"WRONGTYPE Operation against a key holding the wrong kind of value",
                    b"ignore_error_stats_update": True}
        self.check(WrongTypeError(), expected, expected)

    def test_an_error_of_one_word_gets_a_code(self):
        self.assertEqual(plain(to_lua(RedisError("OOPS"), 2))[b"err"], b"ERR OOPS")

    def test_arrays_count_from_one(self):
        self.check([b"a", b"b"], {1.0: b"a", 2.0: b"b"}, {1.0: b"a", 2.0: b"b"})
        self.check([1, [b"x"]], {1.0: 1.0, 2.0: {1.0: b"x"}}, {1.0: 1.0, 2.0: {1.0: b"x"}})
        self.check([], {}, {})

    def test_nulls_in_arrays_are_false_or_gaps(self):
        self.check([None, b"x", None], {1.0: False, 2.0: b"x", 3.0: False}, {2.0: b"x"})

    def test_maps_are_flat_arrays_or_maps(self):
        self.check({b"a": 1}, {1.0: b"a", 2.0: 1.0}, {b"map": {b"a": 1.0}})

    def test_pairs_are_arrays_of_pairs_or_maps(self):
        self.check(MapReply([(b"a", 1)]), {1.0: {1.0: b"a", 2.0: 1.0}}, {b"map": {b"a": 1.0}})

    def test_sets_are_arrays_or_sets(self):
        for kind in (SetReply, set):
            self.check(kind([b"a"]), {1.0: b"a"}, {b"set": {b"a": True}})

    def test_doubles_are_strings_or_doubles(self):
        self.check(1.5, b"1.5", {b"double": 1.5})
        self.check(SpelledDouble(b"1.50"), b"1.50", {b"double": 1.5})

    def test_booleans_are_numbers_or_booleans(self):
        self.check(True, 1.0, True)
        self.check(False, 0.0, False)

    def test_big_numbers_keep_their_digits(self):
        self.check(BigNumber(10 ** 20), b"1" + b"0" * 20, {b"big_number": b"1" + b"0" * 20})

    def test_verbatim_texts_have_their_format(self):
        self.check(Verbatim(b"x"), b"x", {b"verbatim_string": {b"string": b"x", b"format": b"txt"}})

    def test_attributes_are_left_out(self):
        self.check(Attribute({b"a": 1}, b"x"), b"x", b"x")

    def test_a_boolean_may_be_the_key_of_a_map(self):
        table = to_lua({True: b"yes"}, 3)[b"map"]
        self.assertEqual(raw_get(table, True), b"yes")


class ReplyOfTest(unittest.TestCase):
    def setUp(self):
        self.counted = []

    def check(self, value, in_resp2, in_resp3=None, protocol=2):
        for client_protocol, expected in ((2, in_resp2), (3, in_resp3 or in_resp2)):
            reply = reply_of(value, protocol, client_protocol, self.counted.append)
            self.assertEqual(encode(reply, client_protocol), expected.encode(), client_protocol)

    def table(self, **fields):
        return Table({name.encode(): value for name, value in fields.items()})

    def test_numbers_lose_their_fraction(self):
        self.check(3.99, ":3\r\n")
        self.check(-3.99, ":-3\r\n")
        self.check(-0.5, ":0\r\n")

    def test_what_is_no_64_bit_integer_is_the_smallest_one(self):
        for number in (1e20, -1e20, math.nan, math.inf):
            self.check(number, ":-9223372036854775808\r\n")

    def test_nil_false_and_true(self):
        self.check(None, "$-1\r\n", "_\r\n")
        self.check(False, "$-1\r\n", "_\r\n")
        self.check(True, ":1\r\n")

    def test_after_setresp_3_booleans_are_sent_as_such(self):
        self.check(True, ":1\r\n", "#t\r\n", protocol=3)
        self.check(False, ":0\r\n", "#f\r\n", protocol=3)
        self.check(None, "$-1\r\n", "_\r\n", protocol=3)

    def test_functions_are_null(self):
        self.check(len, "$-1\r\n", "_\r\n")

    def test_arrays_end_at_the_first_gap(self):
        self.check(array_of([1.0, None, 3.0]), "*1\r\n:1\r\n")
        self.check(Table({0.0: b"x", 1.0: b"y", b"a": b"z"}), "*1\r\n$1\r\ny\r\n")
        self.check(Table(), "*0\r\n")

    def test_arrays_are_in_the_order_of_their_keys(self):
        self.check(Table({2.0: b"b", 1.0: b"a"}), "*2\r\n$1\r\na\r\n$1\r\nb\r\n")

    def test_long_arrays(self):
        expected = "*3000\r\n" + "".join(f":{number}\r\n" for number in range(3000))
        self.check(sequence([float(number) for number in range(3000)]), expected)

    def test_status_lines_are_one_line_and_end_at_a_zero_byte(self):
        self.check(self.table(ok=b"a\r\nb\0c"), "+a  b\r\n")
        self.check(self.table(ok=1.0), "*0\r\n")

    def test_errors_come_before_all_else(self):
        self.check(self.table(ok=b"fine", err=b"My fault"), "-My fault\r\n")
        self.check(self.table(err=b""), "-\r\n")
        self.check(self.table(err=1.0), "*0\r\n")

    def test_errors_inside_are_counted_unless_they_are_already(self):
        self.check(array_of([self.table(err=b"A b"), self.table(err=b"C d", ignore_error_stats_update=True)]),
                   "*2\r\n-A b\r\n-C d\r\n")
        self.assertEqual([str(error) for error in self.counted], ["A b"] * 2)

    def test_the_whole_reply_is_left_for_dispatch_to_count(self):
        self.check(self.table(err=b"A b"), "-A b\r\n")
        self.assertEqual(self.counted, [])

    def test_doubles(self):
        self.check(self.table(double=1.5), "$3\r\n1.5\r\n", ",1.5\r\n")
        self.check(self.table(double=b"1.5"), "*0\r\n")

    def test_big_numbers_are_any_text_on_one_line(self):
        self.check(self.table(big_number=b"12\r\n3"), "$5\r\n12  3\r\n", "(12  3\r\n")
        self.check(self.table(big_number=12.0), "*0\r\n")

    def test_verbatim_texts_have_three_bytes_of_format(self):
        for text_format, shown in ((b"txt", "txt"), (b"markdown", "mar"), (b"m", "m  ")):
            parts = self.table(format=text_format, string=b"abc")
            self.check(self.table(verbatim_string=parts), "$3\r\nabc\r\n", f"=7\r\n{shown}:abc\r\n")
        self.check(self.table(verbatim_string=self.table(string=b"abc")), "*0\r\n")

    def test_a_verbatim_text_among_strings_keeps_its_format(self):
        value = array_of([self.table(verbatim_string=self.table(format=b"txt", string=b"a")), b"b"])
        self.check(value, "*2\r\n$1\r\na\r\n$1\r\nb\r\n", "*2\r\n=5\r\ntxt:a\r\n$1\r\nb\r\n")

    def test_maps_are_flat_for_resp2(self):
        self.check(self.table(map=self.table(a=1.0, b=2.0)), "*4\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n:2\r\n",
                   "%2\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n:2\r\n")
        self.check(self.table(map=1.0), "*0\r\n")

    def test_sets_are_their_keys(self):
        members = Table()
        raw_set(members, b"a", True)
        raw_set(members, True, True)
        self.check(self.table(set=members), "*2\r\n$1\r\na\r\n:1\r\n", "~2\r\n$1\r\na\r\n:1\r\n")

    def nested(self, depth, innermost=None):
        table = innermost or Table()
        for _ in range(depth):
            table = array_of([table])
        return table

    def test_deep_nesting_needs_no_deep_recursion(self):
        self.check(self.nested(4000), "*1\r\n" * 4000 + "*0\r\n")

    def test_deep_nesting_knows_all_kinds(self):
        members = self.table(a=self.table(set=self.table(x=True)))
        self.check(self.nested(100, self.table(map=members)), "*1\r\n" * 100 + "*2\r\n$1\r\na\r\n*1\r\n$1\r\nx\r\n",
                   "*1\r\n" * 100 + "%1\r\n$1\r\na\r\n~1\r\n$1\r\nx\r\n")

    def test_nesting_ends_where_the_stack_of_lua_ends(self):
        self.check(self.nested(20000), "*1\r\n" * 7995 + "-ERR reached lua stack limit\r\n")

    def test_a_table_in_itself_is_no_endless_reply(self):
        table = Table()
        table[1.0] = table
        self.check(table, "*1\r\n" * 7995 + "-ERR reached lua stack limit\r\n")


class SpellNumberTest(unittest.TestCase):
    def test_numbers_are_as_short_as_they_can_be(self):
        for number, expected in ((3.0, b"3"), (0.1, b"0.1"), (1e20, b"1e+20"), (-0.0, b"0"),
                                 (2.0 ** 53, b"9007199254740992"), (2.0 ** 62, b"4611686018427387904"),
                                 (2.0 ** 63, b"9223372036854776000"),
                                 (0.1 + 0.2, b"0.30000000000000004"), (1e-7, b"1e-7"), (math.inf, b"inf"),
                                 (-math.inf, b"-inf"), (math.nan, b"nan"), (-math.nan, b"-nan"), (5e-324, b"5e-324")):
            self.assertEqual(spell_argument(number), expected)
