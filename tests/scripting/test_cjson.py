"""The `cjson` library. The results are those of a real server."""
import math
import random
import unittest
from unittest import mock

from redis_clone.lua.values import MetaTable, Table
from redis_clone.scripting import cjson_decode, cjson_encode
from redis_clone.scripting.cjson import open_cjson

from .lua_values import NULL, LibraryTestCase, lua

INF, NAN = math.inf, math.nan


class CjsonTestCase(LibraryTestCase):
    open_library = open_cjson


class EncodeTest(CjsonTestCase):
    def test_scalars(self):
        self.check("encode", ("a", b'"a"'), (True, b"true"), (False, b"false"), (None, b"null"),
                   (NULL, b"null"))

    def test_numbers_have_fourteen_digits(self):
        self.check("encode", (0, b"0"), (-0.0, b"-0"), (1, b"1"), (999, b"999"), (1000, b"1000"),
                   (-5, b"-5"), (0.1, b"0.1"),
                   (1 / 3, b"0.33333333333333"), (2 ** 53, b"9.007199254741e+15"), (1e300, b"1e+300"),
                   (10 ** 13, b"10000000000000"), (1e14, b"1e+14"), (1.5e-7, b"1.5e-07"))

    def test_strings_are_escaped(self):
        self.check("encode", ('"\\/', rb'"\"\\\/"'), ("\b\t\n\f\r", rb'"\b\t\n\f\r"'),
                   ("\0\x1f\x7f", rb'"\u0000\u001f\u007f"'),
                   ("\x0b/", rb'"\u000b\/"'), (b"\xff\xc3\xa9", b'"\xff\xc3\xa9"'), ("", b'""'),
                   ("a/\n\"b", rb'"a\/\n\"b"'))

    def test_sequences_are_arrays(self):
        self.check("encode", ([1, "a", True, [2]], b'[1,"a",true,[2]]'), ({2: "b", 1: "a"}, b'["a","b"]'),
                   ([[], [[]]], b"[{},[{}]]"))

    def test_other_tables_are_objects(self):
        self.check("encode", ({}, b"{}"), ({"a": 1, "b": {"c": None, "d": [1]}}, b'{"a":1,"b":{"d":[1]}}'),
                   ({"a/": 1}, rb'{"a\/":1}'), ({1: 1, "x": 2}, b'{"1":1,"x":2}'), ({0: 1}, b'{"0":1}'),
                   ({1.5: 1}, b'{"1.5":1}'),
                   ({-1: 1}, b'{"-1":1}'), ({-0.0: 1}, b'{"-0":1}'), ({"a": {}}, b'{"a":{}}'))

    def test_zero_and_minus_zero_are_not_confused_as_keys(self):
        self.check("encode", ({-0.0: 1}, b'{"-0":1}'), ({0.0: 1}, b'{"0":1}'))

    def test_gaps_of_sparse_arrays_are_null(self):
        self.check("encode", ({1: 1, 3: 3}, b"[1,null,3]"), ({10: 1}, b"[" + b"null," * 9 + b"1]"),
                   ({3: 3, 1: 1, 6: 6}, b"[1,null,3,null,null,6]"))

    def test_refuses_arrays_that_are_too_sparse(self):
        self.check("encode", ({11: 1}, "Cannot serialise table: excessively sparse array"),
                   ({"a": {1: 1, 20: 1}}, "Cannot serialise table: excessively sparse array"))

    def test_positions_that_are_no_int_count_as_negative(self):
        self.check("encode", ({1e10: 1}, b'{"10000000000":1}'), ({2.0 ** 31: 1, 1: 2}, b"[2]"))

    def test_refuses_other_values(self):
        self.check("encode", (len, "Cannot serialise function: type not supported"),
                   ([len], "Cannot serialise function: type not supported"))

    def test_refuses_other_keys(self):
        self.check("encode", ({True: 1}, "Cannot serialise boolean: table key must be a number or string"),
                   ({len: 1}, "Cannot serialise function: table key must be a number or string"))
        self.assertEqual(self.call("encode", Table({Table(): 1.0})),
                         "Cannot serialise table: table key must be a number or string")

    def test_refuses_numbers_that_json_has_not(self):
        for number in (INF, -INF, NAN):
            self.check("encode", ([number], "Cannot serialise number: must not be NaN or Inf"))
        self.check("encode", ({INF: 1}, "Cannot serialise number: must not be NaN or Inf"))

    def test_tables_that_contain_themselves_are_nested_too_deep(self):
        table = Table()
        table[b"a"] = table
        self.check("encode", (table, "Cannot serialise, excessive nesting (1001)"))

    def test_a_thousand_levels_are_possible(self):
        value = 1.0
        for _ in range(1000):
            value = Table({1.0: value})
        self.check("encode", (value, b"[" * 1000 + b"1" + b"]" * 1000),
                   (Table({1.0: value}), "Cannot serialise, excessive nesting (1001)"))

    def test_metamethods_are_not_asked(self):
        table = Table({1.0: 1.0, 3.0: 3.0})
        table.__class__ = MetaTable
        table.metatable = Table({b"__index": lambda *_: 5.0})
        self.check("encode", (table, b"[1,null,3]"))

    def test_takes_exactly_one_argument(self):
        self.check("encode", ("bad argument #1 (expected 1 argument)",),
                   (1, 2, "bad argument #1 (expected 1 argument)"))

    def test_long_keys_and_many_keys(self):
        self.check("encode", ({"k" * 100: 1}, b'{"%s":1}' % (b"k" * 100)))
        for start in range(0, 10000, 1000):
            table = lua({f"key {n}": n for n in range(start, start + 1000)})
            expected = b",".join(b'"key %d":%d' % (n, n) for n in range(start, start + 1000))
            self.assertEqual(self.library[b"encode"](table), b"{" + expected + b"}")

    @mock.patch.object(cjson_encode, "PIECES_BETWEEN_PAUSES", 100)
    def test_what_grows_without_end_is_stopped(self):
        self.runtime.max_string = 10_000
        table = lua(["leaf"])
        for _ in range(60):
            table = Table({1.0: table, 2.0: table})
        self.check("encode", (table, "not enough memory"))
        self.library[b"encode_sparse_array"](False, 0.0)
        self.check("encode", ({2 ** 31 - 1: 1}, "not enough memory"))

    @mock.patch.object(cjson_encode, "PIECES_BETWEEN_PAUSES", 10)
    def test_long_texts_are_put_together_from_chunks(self):
        values = [[n, {}] for n in range(100)]
        expected = b",".join(b"[%d,{}]" % n for n in range(100))
        self.assertEqual(self.call("encode", values), b"[" + expected + b"]")

    @mock.patch.object(cjson_encode, "PIECES_BETWEEN_PAUSES", 100)
    def test_lets_interruptions_in(self):
        self.runtime.namespace["STOP"] = True
        self.call("encode", [[n] for n in range(200)])
        self.assertEqual(self.runtime.stops, 1)


class DecodeTest(CjsonTestCase):
    def test_scalars(self):
        self.check("decode", ('"a"', b"a"), ("true", True), ("false", False), ("null", NULL), ("12", 12.0),
                   (" 1 \n\t\r", 1.0))

    def test_containers(self):
        self.check("decode", ("[]", {}), ("{}", {}),
                   ('[1,"a",null,[2]]', {1: 1, 2: b"a", 3: NULL, 4: {1: 2}}),
                   ('{"a":{"b":[]},"c":null}', {b"a": {b"b": {}}, b"c": NULL}), ('{"a":1,"a":2}', {b"a": 2}),
                   (' { "a" : [ 1 , 2 ] } ', {b"a": {1: 1, 2: 2}}))

    def test_numbers(self):
        self.check("decode", ("-1.5e3", -1500.0), ("0", 0.0), ("1E+2", 100.0), ("1e400", INF),
                   ("123456789012345678901", 1.2345678901234568e20))
        self.assertEqual(math.copysign(1, self.call("decode", "-0")), -1.0)

    def test_numbers_that_are_none_in_json(self):
        self.check("decode", ("+1", 1.0), ("01", 1.0), ("0x10", 16.0), ("-0x1.8p1", -3.0), ("1.", 1.0),
                   ("-.5", -0.5), ("+.5", 0.5),
                   ("inf", INF), ("-Infinity", -INF), ("[infinity]", {1: INF}))
        for text, sign in (("nan", 1.0), ("NaN", 1.0), ("-nan", -1.0), ("nan(12)", 1.0)):
            number = self.call("decode", text)
            self.assertNotEqual(number, number)
            self.assertEqual(math.copysign(1.0, number), sign)

    def test_escapes(self):
        self.check("decode", (r'"\"\\\/\b\f\n\r\t"', b"\"\\/\b\f\n\r\t"),
                   (r'"\u0041\u00e9\u20AC"', "A\u00e9\u20ac".encode()),
                   (r'"\ud83d\ude00"', "\U0001f600".encode()), (r'"\u0000"', b"\0"))

    def test_bytes_that_are_no_utf8_pass(self):
        self.check("decode", (b'"\xff\xed\xa0\x80"', b"\xff\xed\xa0\x80"),
                   (b'{"\xe9":"\\n\xe9"}', {b"\xe9": b"\n\xe9"}))

    def test_control_characters_pass(self):
        self.check("decode", (b'"a\n\x01\x7f"', b"a\n\x01\x7f"))

    def test_the_text_ends_at_a_zero_byte(self):
        self.check("decode", (b"12\0x", 12.0),
                   (b'"ab\0"', "Expected value but found unexpected end of string at character 4"),
                   (b"1\0", "JSON parser does not support UTF-16 or UTF-32"),
                   (b"\x001", "JSON parser does not support UTF-16 or UTF-32"),
                   (b"\0", "Expected value but found T_END at character 1"))

    def test_what_is_expected(self):
        self.check("decode", ("", "Expected value but found T_END at character 1"),
                   ("{", "Expected object key string but found T_END at character 2"),
                   ("{1", "Expected object key string but found T_NUMBER at character 2"),
                   ('{"a"', "Expected colon but found T_END at character 5"),
                   ('{"a":', "Expected value but found T_END at character 6"),
                   ('{"a":1', "Expected comma or object end but found T_END at character 7"),
                   ('{"a":1,', "Expected object key string but found T_END at character 8"),
                   ('{"a":1,}', "Expected object key string but found T_OBJ_END at character 8"),
                   ("[", "Expected value but found T_END at character 2"),
                   ("[1", "Expected comma or array end but found T_END at character 3"),
                   ("[1,]", "Expected value but found T_ARR_END at character 4"),
                   ("[1 2]", "Expected comma or array end but found T_NUMBER at character 4"),
                   ("[1}", "Expected comma or array end but found T_OBJ_END at character 3"),
                   ("1 2", "Expected the end but found T_NUMBER at character 3"),
                   ("]", "Expected value but found T_ARR_END at character 1"),
                   (" , ", "Expected value but found T_COMMA at character 2"),
                   ("[:]", "Expected value but found T_COLON at character 2"),
                   ('{"a" "b"', "Expected colon but found T_STRING at character 6"),
                   ('{"a":true null', "Expected comma or object end but found T_NULL at character 11"),
                   ("[1[", "Expected comma or array end but found T_ARR_BEGIN at character 3"),
                   ("[1{", "Expected comma or array end but found T_OBJ_BEGIN at character 3"),
                   ("[1true", "Expected comma or array end but found T_BOOLEAN at character 3"))

    def test_what_is_no_token(self):
        self.check("decode", ("x", "Expected value but found invalid token at character 1"),
                   ("nul", "Expected value but found invalid token at character 1"),
                   ("True", "Expected value but found invalid token at character 1"),
                   ("i", "Expected value but found invalid token at character 1"),
                   ("  'a'", "Expected value but found invalid token at character 3"),
                   ("\x0b1", "Expected value but found invalid token at character 1"),
                   ("-", "Expected value but found invalid number at character 1"),
                   ("+", "Expected value but found invalid number at character 1"),
                   ("1.5.3", "Expected the end but found invalid token at character 4"),
                   ("12abc", "Expected the end but found invalid token at character 3"),
                   (".5", "Expected value but found invalid token at character 1"),
                   ("0x", "Expected the end but found invalid token at character 2"),
                   ("1_0", "Expected the end but found invalid token at character 2"),
                   (b"\xef\xbb\xbf1", "Expected value but found invalid token at character 1"))

    def test_wrong_strings(self):
        self.check("decode", ('"abc', "Expected value but found unexpected end of string at character 5"),
                   (r'"ab\x"', "Expected value but found invalid escape code at character 4"),
                   ('"ab\\', "Expected value but found invalid escape code at character 4"),
                   (r'"\u12"', "Expected value but found invalid unicode escape code at character 2"),
                   (r'"\u12g4"', "Expected value but found invalid unicode escape code at character 2"),
                   (r'"a\ude00"', "Expected value but found invalid unicode escape code at character 3"),
                   (r'"\ud83d"', "Expected value but found invalid unicode escape code at character 2"),
                   (r'"\ud83d\n"', "Expected value but found invalid unicode escape code at character 2"),
                   (r'"\ud83d\u0041"', "Expected value but found invalid unicode escape code at character 2"),
                   (r'{"\q":1}', "Expected object key string but found invalid escape code at character 3"))

    def test_a_thousand_levels_are_possible(self):
        for opening, closing in (("[", "]"), ('{"a":', "}")):
            text = opening * 1000 + "1" + closing * 1000
            self.assertEqual(self.library[b"encode"](self.library[b"decode"](text.encode())), text.encode())
        self.check("decode", ("[" * 1001, "Found too many nested data structures (1001) at character 1001"),
                   ('{"a":' * 1001, "Found too many nested data structures (1001) at character 5001"),
                   ("[" * 1000, "Expected value but found T_END at character 1001"))

    def test_lua_stack_ends_deeper_nesting(self):
        self.library[b"decode_max_depth"](1e6)
        self.library[b"encode_max_depth"](1e6)
        self.check("decode", ("[" * 7999, "Found too many nested data structures (7999) at character 7999"),
                   ('{"a":' * 4000, "Found too many nested data structures (4000) at character 19996"))
        for opening, closing, depth in ((b"[", b"]", 7997), (b'{"a":', b"}", 3999)):
            text = opening * depth + b"1" + closing * depth
            self.assertEqual(self.library[b"encode"](self.library[b"decode"](text)), text)
        deepest = self.library[b"decode"](b"[" * 7998 + b"]" * 7998)
        self.check("encode", (deepest, "Cannot serialise, excessive nesting (7998)"))

    def test_arguments(self):
        self.check("decode", ("bad argument #1 (expected 1 argument)",),
                   ("1", "2", "bad argument #1 (expected 1 argument)"),
                   ({}, "bad argument #1 (string expected, got table)"),
                   (None, "bad argument #1 (string expected, got nil)"),
                   (12, 12.0))


class TwoWaysOfDecodingTest(CjsonTestCase):
    """What Python's scanner reads, the Reader reads in the same way."""

    def decode_carefully(self, text):
        with mock.patch.object(cjson_decode, "_HAS_QUICK_SCANNER", False):
            return self.call("decode", text)

    def test_agree_on_random_texts(self):
        rng = random.Random(1)
        parts = ["{", "}", "[", "]", ",", ":", '"a"', '"[{"', '"]"', r'"\""', r'"\\"', r'"\u00e9"',
                 r'"\ud83d"',
                 "1", "-0.5e1", "01", "NaN", "Infinity", "-Infinity", "true", "null", " ", "\n", "\u00e9",
                 '"\u00e9"', '"\\\\"', '{"a":', "[1,"]
        for _ in range(3000):
            text = "".join(rng.choice(parts) for _ in range(rng.randrange(1, 12)))
            if "NaN" not in text:
                self.assertEqual(self.call("decode", text), self.decode_carefully(text), text)

    def test_brackets_in_strings_do_not_hide_the_depth(self):
        depth = 1001
        text = '["]",' * (depth // 2) + '[{"}":"["},' * (depth - depth // 2)
        error = self.call("decode", text)
        self.assertEqual(error, self.decode_carefully(text))
        self.assertIn("too many nested data structures", error)
        hidden = '["]",' * 5000 + '"["]'
        self.assertEqual(self.call("decode", hidden),
                         "Found too many nested data structures (1001) at character 5001")

    def test_brackets_in_strings_do_not_matter(self):
        text = r'{"a":"[[[","b\"[":["]","{\\"],"c":"}"}' + " " * 100
        self.assertEqual(self.call("decode", text), {b"a": b"[[[", b'b"[': {1: b"]", 2: b"{\\"}, b"c": b"}"})
        self.assertEqual(self.call("decode", text), self.decode_carefully(text))

    def test_depths_around_the_limit_of_the_quick_way(self):
        for depth in (49, 50, 51, 99, 100, 101, 199, 200, 201):
            text = '[{"a":' * depth + "1" + "}]" * depth
            self.assertEqual(self.library[b"encode"](self.library[b"decode"](text.encode())), text.encode())

    def test_many_different_keys(self):
        for start in range(0, 10000, 1000):
            text = "{" + ",".join(f'"key {n}":{n}' for n in range(start, start + 1000)) + "}"
            self.assertEqual(self.call("decode", text),
                             {b"key %d" % n: n for n in range(start, start + 1000)})


class SettingsTest(CjsonTestCase):
    def test_defaults(self):
        self.check("encode_sparse_array", ((False, 2.0, 10.0),))
        self.check("encode_max_depth", (1000.0,))
        self.check("decode_max_depth", (1000.0,))
        self.check("encode_number_precision", (14.0,))
        self.check("encode_keep_buffer", (True,))
        self.check("encode_invalid_numbers", (False,))
        self.check("decode_invalid_numbers", (True,))

    def test_nil_changes_nothing(self):
        self.check("encode_max_depth", (5, 5.0), (None, 5.0))
        self.check("encode_sparse_array", (None, None, 3, (False, 2.0, 3.0)), (None, 4, (False, 4.0, 3.0)))

    def test_switches_are_booleans_or_words(self):
        self.check("encode_keep_buffer", (False, False), ("on", True), ("off", False),
                   ("null", "bad argument #1 (invalid option 'null')"),
                   (1, "bad argument #1 (invalid option '1')"),
                   ({}, "bad argument #1 (string expected, got table)"))
        self.check("encode_invalid_numbers", ("null", b"null"), (None, b"null"), (False, False),
                   ("on\0x", True),
                   ("bad\0x", "bad argument #1 (invalid option 'bad')"))
        self.check("decode_invalid_numbers", ("null", "bad argument #1 (invalid option 'null')"))

    def test_integers_have_limits(self):
        self.check("encode_max_depth", (0, "bad argument #1 (expected integer between 1 and 2147483647)"),
                   ("7", 7.0),
                   (2 ** 32 + 7, 7.0), (3.9, 3.0), ("x", "bad argument #1 (number expected, got string)"),
                   (True, "bad argument #1 (number expected, got boolean)"))
        self.check("encode_number_precision", (15, "bad argument #1 (expected integer between 1 and 14)"),
                   (3, 3.0))
        self.check("encode_sparse_array",
                   (None, -1, "bad argument #1 (expected integer between 0 and 2147483647)"),
                   (None, None, "x", "bad argument #3 (number expected, got string)"))

    def test_settings_before_a_wrong_one_are_made(self):
        self.check("encode_sparse_array",
                   (True, 5, -1, "bad argument #1 (expected integer between 0 and 2147483647)"),
                   ((True, 5.0, 10.0),))

    def test_too_many_arguments(self):
        self.check("encode_max_depth", (1, 2, "bad argument #2 (found too many arguments)"))
        self.check("encode_sparse_array",
                   (None, None, None, None, "bad argument #4 (found too many arguments)"))

    def test_sparse_arrays(self):
        self.call("encode_sparse_array", True, 2, 3)
        self.check("encode", ({4: 1}, b'{"4":1}'), ({3: 1}, b"[null,null,1]"))
        self.call("encode_sparse_array", False, 0)
        self.check("encode", ({20: 1}, b"[" + b"null," * 19 + b"1]"))

    def test_depths(self):
        self.call("encode_max_depth", 1)
        self.call("decode_max_depth", 1)
        self.check("encode", ([1], b"[1]"), ([[1]], "Cannot serialise, excessive nesting (2)"))
        self.check("decode", ("[1]", {1: 1}),
                   ("[[1]]", "Found too many nested data structures (2) at character 2"))

    def test_precision(self):
        self.call("encode_number_precision", 2)
        self.check("encode", (123, b"1.2e+02"), (7, b"7"), (1 / 3, b"0.33"),
                   ({123: 1, "a": 2}, b'{"1.2e+02":1,"a":2}'))
        self.call("encode_number_precision", 3)
        self.check("encode", (999, b"999"), (1000, b"1e+03"))

    def test_invalid_numbers_when_encoding(self):
        self.call("encode_invalid_numbers", True)
        self.check("encode", ([INF, -INF, NAN, -NAN], b"[inf,-inf,nan,nan]"), ({INF: 1}, b'{"inf":1}'))
        self.call("encode_invalid_numbers", "null")
        self.check("encode", ([INF, NAN, 1], b"[null,null,1]"))

    def test_invalid_numbers_when_decoding(self):
        self.call("decode_invalid_numbers", False)
        for text in ("01", "0x10", "-inf", "-nan", "-01"):
            self.check("decode", (text, "Expected value but found invalid number at character 1"))
        for text in ("+1", "inf", "NaN"):
            self.check("decode", (text, "Expected value but found invalid token at character 1"))
        self.check("decode", ("1", 1.0), ("0.5", 0.5), ("-.5", -0.5), ("0", 0.0))

    def test_each_library_has_its_own(self):
        other = self.library[b"new"]()
        self.call("encode_max_depth", 5)
        self.assertEqual(other[b"encode_max_depth"](), 1000.0)
        self.assertEqual(self.library[b"new"]()[b"encode_max_depth"](), 1000.0)
        self.assertEqual(sorted(other), sorted(self.library))


class LibraryTest(CjsonTestCase):
    def test_tells_about_itself(self):
        self.assertIs(self.library[b"null"], NULL)
        self.assertEqual((self.library[b"_NAME"], self.library[b"_VERSION"]), (b"cjson", b"2.1.0"))


if __name__ == "__main__":
    unittest.main()
