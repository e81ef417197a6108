"""How Lua's values are kept: keys, lengths, numbers as text. What lua5.1 answers was asked for the odd cases."""
import random
import struct
import time
import unittest

from redis_clone.lua.values import (BOOLEAN_KEY, NULL, MetaTable, Table, array_of, border, first, key_of, number_text,
                                    parse_number, raw_get, raw_set, raw_text, results_of, type_name)

INF, NAN = float("inf"), float("nan")


class NumberTextTest(unittest.TestCase):
    def check(self, *pairs):
        for number, text in pairs:
            with self.subTest(number):
                self.assertEqual(number_text(number), text.encode())

    def test_whole_numbers(self):
        self.check((0.0, "0"), (1.0, "1"), (-17.0, "-17"), (1700000000.0, "1700000000"))

    def test_from_fifteen_digits_on_there_is_an_exponent(self):
        self.check((99999999999999.0, "99999999999999"), (-99999999999999.0, "-99999999999999"), (1e14, "1e+14"),
                   (-1e14, "-1e+14"), (1e15, "1e+15"), (123456789012345.0, "1.2345678901234e+14"),
                   (2.0 ** 53, "9.007199254741e+15"), (99999999999999.5, "1e+14"), (1e100, "1e+100"))

    def test_fractions(self):
        self.check((0.1, "0.1"), (1 / 3, "0.33333333333333"), (1e-4, "0.0001"), (1e-5, "1e-05"),
                   (5e-324, "4.9406564584125e-324"), (1.7976931348623157e308, "1.7976931348623e+308"))

    def test_signs_of_what_is_no_number(self):
        self.check((-0.0, "-0"), (INF, "inf"), (-INF, "-inf"), (NAN, "nan"), (-NAN, "-nan"))

    def test_short_texts_read_back(self):
        rng = random.Random(1)
        for _ in range(1000):
            number = round(rng.uniform(-1e6, 1e6), rng.randrange(7))
            self.assertEqual(parse_number(number_text(number)), number)


class ParseNumberTest(unittest.TestCase):
    def check(self, *pairs):
        for text, expected in pairs:
            with self.subTest(text):
                number = parse_number(text)
                if expected is not None:
                    self.assertIs(number.__class__, float)
                    number = number_text(number).decode()
                self.assertEqual(number, expected)

    def check_refused(self, *texts):
        self.check(*((text, None) for text in texts))

    def test_decimal(self):
        self.check((b"0", "0"), (b"00012", "12"), (b"5.", "5"), (b".5", "0.5"), (b"-1.5", "-1.5"), (b"+2", "2"),
                   (b"-0", "-0"),
                   (b"1e3", "1000"), (b"1E+3", "1000"), (b"25e-1", "2.5"), (b"1.e1", "10"), (b"9" * 400, "inf"),
                   (b"1e400", "inf"), (b"-1e400", "-inf"), (b"1e-400", "0"), (b"1e99999999999999999999", "inf"),
                   (b"." + b"0" * 400 + b"1", "0"))

    def test_hexadecimal(self):
        self.check((b"0x10", "16"), (b"0XfF", "255"), (b"-0x10", "-16"), (b"0x1p4", "16"), (b"0x.8", "0.5"),
                   (b"0x8.", "8"), (b"0x1.8P+1", "3"), (b"0x1p-1075", "0"), (b"0x1p99999999999999999999", "inf"),
                   (b"-0x1p9999", "-inf"), (b"0x" + b"f" * 400, "inf"), (b"0x0p99999999999", "0"))

    def test_names(self):
        self.check((b"inf", "inf"), (b"-Infinity", "-inf"), (b"nan", "nan"), (b"-NaN", "-nan"), (b"nan(1)", "nan"),
                   (b" -nan(x_1) ", "-nan"), (b"NAN()", "nan"))

    def test_space_around(self):
        self.check((b" \t\n\v\f\r7\r\f\v\n\t ", "7"), (b"\n0x7\n", "7"))

    def test_zero_bytes_end_it(self):
        self.check((b"10\0abc", "10"), (b"1 \0", "1"), (b"0x1\0", "1"), (b"inf\0.", "inf"), (b"nan(1)\0(", "nan"))

    def test_what_is_no_number(self):
        self.check_refused(b"", b" ", b".", b"+", b"-", b"e1", b"1e", b"1e+", b".e1", b"0x", b"0x.", b"0xp1", b"0x.p1", 
                           b"0x1p", b"0x1p+", b"0x1g", b"0b1", b"1 2", b"- 1", b"--1", b"+-1", b"0x-1", b"0x 1", b"1f",
                           b"1,5", b"infinit", b"nan(", b"nan(-)", b"\0", b" \0001", b"abc", b"1\xa0")

    def test_what_only_python_takes(self):
        self.check_refused(b"1_0", b"1e1_0", b"0x1_0", b"_1", "\u0661".encode(), b"1\x1c", b"\x85")

    def test_long_nonsense_takes_no_time(self):
        start = time.process_time()
        for text in (b"1" * 100000 + b"x", b"1" * 100000 + b"." + b"1" * 100000 + b"x", b" " * 100000 + b"x",
                     b"0x" + b"1" * 100000 + b"g", b"1" + b" " * 100000 + b"x", b"nan(" + b"a" * 100000):
            self.assertIsNone(parse_number(text))
        self.assertLess(time.process_time() - start, 1.0)

    def test_every_float_is_read_as_python_reads_it(self):
        rng = random.Random(1)
        for _ in range(1000):
            number = struct.unpack("<d", rng.getrandbits(64).to_bytes(8, "little"))[0]
            if number == number:
                self.assertEqual(parse_number(repr(number).encode()), number)


class BorderTest(unittest.TestCase):
    def test_sequences(self):
        for size in (0, 1, 2, 100):
            self.assertEqual(border(array_of([True] * size)), float(size))

    def test_other_keys_do_not_count(self):
        for others in (1, 2, 10, 100):
            for size in (0, 1, 2, 50):
                table = array_of([True] * size)
                for number in range(others):
                    table[b"%d" % number] = True
                table[0.0] = table[-1.0] = table[1.5] = table[BOOLEAN_KEY[True]] = True
                self.assertEqual(border(table), float(size))

    def test_with_holes_it_is_some_border(self):
        rng = random.Random(1)
        for _ in range(2000):
            limit = rng.choice((4, 10, 100))
            table = Table((float(rng.randrange(1, limit)), True) for _ in range(rng.randrange(limit)))
            end = border(table)
            self.assertTrue(end == 0.0 or end in table)
            self.assertNotIn(end + 1.0, table)
            self.assertLessEqual(end, 2.0 * len(table))

    def test_powers_of_two_do_not_lead_astray(self):
        powers = [float(2 ** exponent) for exponent in range(1024)] + [INF]
        for others in ((), (3.0,), (5.0,), (1025.0,), (5.0, 1025.0, 1026.0)):
            end = border(Table((key, True) for key in (*powers, *others)))
            self.assertLess(end, 4096.0)
        self.assertEqual(border(Table((key, True) for key in (1.0, 4.0, 5.0, 8.0))), 1.0)

    def test_the_class_of_the_table_does_not_matter(self):
        table = MetaTable(array_of([True] * 3))
        table.metatable = Table({b"__index": lambda *_: 1.0, b"__len": lambda *_: 7.0})
        self.assertEqual(border(table), 3.0)


class TableTest(unittest.TestCase):
    def test_what_is_missing_is_nil(self):
        table = Table()
        self.assertIsNone(table[b"x"])
        self.assertEqual(len(table), 0)

    def test_tables_are_equal_to_themselves_only(self):
        one, two = Table(), Table()
        self.assertTrue(one == one and one != two)
        self.assertEqual({one: 1, two: 2}[two], 2)

    def test_booleans_are_not_numbers(self):
        table = Table()
        for key, value in ((True, b"true"), (False, b"false"), (1.0, b"one"), (0.0, b"zero")):
            raw_set(table, key, value)
        self.assertEqual([raw_get(table, key) for key in (True, False, 1.0, 0.0)], [b"true", b"false", b"one", b"zero"])
        self.assertEqual([key_of(key) for key in table], [True, False, 1.0, 0.0])
        self.assertIs(key_of(next(iter(table))), True)

    def test_storing_nil_removes(self):
        table = Table({b"x": 1.0})
        raw_set(table, b"x", None)
        raw_set(table, b"y", None)
        raw_set(table, True, None)
        self.assertEqual(dict(table), {})

    def test_array_of_leaves_gaps_for_nil(self):
        self.assertEqual(dict(array_of([b"a", None, b"c"])), {1.0: b"a", 3.0: b"c"})


class TypeTest(unittest.TestCase):
    def test_names_of_types(self):
        for value, name in ((None, b"nil"), (True, b"boolean"), (1.0, b"number"), (b"", b"string"), (Table(), b"table"),
                            (MetaTable(), b"table"), (NULL, b"userdata"), (len, b"function"), (lambda: 0, b"function"),
                            (self.test_names_of_types, b"function")):
            self.assertEqual(type_name(value), name)

    def test_texts_of_values(self):
        for value, text in ((None, b"nil"), (True, b"true"), (False, b"false"), (1.0, b"1"), (b"x", b"x")):
            self.assertEqual(raw_text(value), text)
        self.assertRegex(raw_text(Table()), rb"\Atable: 0x[0-9a-f]{12,}\Z")
        self.assertRegex(raw_text(len), rb"\Afunction: 0x[0-9a-f]{12,}\Z")


class ResultsTest(unittest.TestCase):
    def test_first(self):
        self.assertEqual([first(()), first((1.0, 2.0)), first((None,))], [None, 1.0, None])

    def test_results_of(self):
        self.assertEqual([results_of(()), results_of(None), results_of((1.0, 2.0))], [(), (None,), (1.0, 2.0)])


if __name__ == "__main__":
    unittest.main()
