"""The library `table`, called as emitted code calls it. What lua5.1 answers was asked for the odd cases."""
import random
import unittest

from redis_clone.lua.errors import ArgumentError, ExecutionError, LibraryError, LuaError, ScriptKilled
from redis_clone.lua.libraries.table import open_table
from redis_clone.lua.values import BOOLEAN_KEY, MetaTable, ReadOnlyTable, Table, array_of


class _Runtime:
    """As much of a Runtime as the library needs."""

    max_string = 1000

    def __init__(self):
        self.namespace = {"STOP": False}

    def stop(self):
        raise ScriptKilled


def sequence(*values):
    """A table of numbers, given as ints, and other values."""
    return array_of(float(value) if value.__class__ is int else value for value in values)


class TableCase(unittest.TestCase):
    def setUp(self):
        self.runtime = _Runtime()
        self.library = open_table(self.runtime)

    def call(self, name, *args):
        args = [float(value) if value.__class__ is int else value for value in args]
        return self.library[name](*args)

    def check_contents(self, table, *values, **others):
        """Positions from 1, and no more than the other keys."""
        expected = dict(sequence(*values))
        expected.update((name.encode(), value) for name, value in others.items())
        self.assertEqual(dict(table), expected)
        self.assertFalse([key for key in table if key.__class__ is int])

    def check_error(self, message, name, *args, kind=LibraryError):
        with self.assertRaises(kind) as caught:
            self.call(name, *args)
        self.assertEqual(caught.exception.value, message)
        return caught.exception

    def check_argument(self, number, message, name, *args):
        self.assertEqual(self.check_error(message, name, *args, kind=ArgumentError).number, number)


class InsertTest(TableCase):
    def test_appends_to_a_sequence(self):
        table = Table()
        for value in (1, b"x", True):
            self.assertEqual(self.call(b"insert", table, value), ())
        self.check_contents(table, 1, b"x", True)

    def test_appends_beside_other_keys(self):
        table = sequence(1, 2)
        table[b"n"], table[1.5], table[BOOLEAN_KEY[True]] = 7.0, 8.0, 9.0
        self.call(b"insert", table, 3)
        self.assertEqual(table[3.0], 3.0)
        self.assertEqual(len(table), 6)

    def test_nil_is_appended_without_effect(self):
        for table in (Table(), sequence(1)):
            size = len(table)
            self.assertEqual(self.call(b"insert", table, None), ())
            self.assertEqual(len(table), size)

    def test_makes_room_at_any_position(self):
        for size in (1, 3, 11, 12, 13, 14, 50, 2000):
            for position in {1, size // 2 + 1, size}:
                expected = [float(number) for number in range(size)]
                table = array_of(expected)
                self.call(b"insert", table, position, b"new")
                expected.insert(position - 1, b"new")
                self.check_contents(table, *expected)

    def test_makes_room_whatever_the_order_of_the_keys(self):
        for size in (5, 30):
            table = Table((float(number), float(number)) for number in range(size, 0, -1))
            self.call(b"insert", table, 1, 0)
            self.check_contents(table, *range(size + 1))

    def test_behind_the_end_it_leaves_a_gap(self):
        table = sequence(1)
        self.call(b"insert", table, 4, b"x")
        self.assertEqual(dict(table), {1.0: 1.0, 4.0: b"x"})

    def test_positions_below_one_move_what_is_there(self):
        table = sequence(1, 2, 3)
        self.call(b"insert", table, -2, b"x")
        self.assertEqual(dict(table), {-2.0: b"x", 2.0: 1.0, 3.0: 2.0, 4.0: 3.0})

    def test_the_lowest_position_takes_no_time(self):
        table = sequence(1, 2)
        self.call(b"insert", table, -2147483648, b"x")
        self.assertEqual(dict(table), {-2147483648.0: b"x", 2.0: 1.0, 3.0: 2.0})

    def test_nil_in_the_middle_makes_a_hole(self):
        for size in (3, 30):
            table = sequence(*range(1, size + 1))
            self.call(b"insert", table, 2, None)
            self.assertEqual(len(table), size)
            self.assertIsNone(table[2.0])
            self.assertEqual(table[size + 1.0], float(size))

    def test_holes_move_with_the_rest(self):
        table = sequence(*range(1, 31))
        del table[7.0], table[8.0]
        self.call(b"insert", table, 3, b"x")
        self.assertEqual(set(map(float, range(1, 32))) - set(table), {8.0, 9.0})

    def test_the_position_is_an_int_of_c(self):
        for position in (b"2", 2.9, b"0x2", 2.0 ** 32 + 2):
            table = sequence(1, 2)
            self.call(b"insert", table, position, b"x")
            self.check_contents(table, 1, b"x", 2)

    def test_metamethods_are_not_asked(self):
        table = MetaTable(sequence(1, 2))
        table.metatable = Table({b"__newindex": Table(), b"__index": sequence(9, 9, 9, 9)})
        self.call(b"insert", table, 3)
        self.call(b"insert", table, 1, 0)
        self.check_contents(table, 0, 1, 2, 3)
        for number in range(4, 30):
            self.call(b"insert", table, 1, number)
        self.assertEqual((len(table), table[1.0], table[30.0]), (30, 29.0, 3.0))

    def test_errors(self):
        self.check_argument(1, b"table expected, got no value", b"insert")
        self.check_argument(1, b"table expected, got number", b"insert", 1, 2, 3, 4)
        self.check_error(b"wrong number of arguments to 'insert'", b"insert", Table())
        self.check_error(b"wrong number of arguments to 'insert'", b"insert", sequence(1, 2), b"x", 2, 3)
        self.check_argument(2, b"number expected, got string", b"insert", Table(), b"x", 2)

    def test_protected_tables_stay(self):
        for args in ((1,), (1, 2), (-5, 3)):
            table = ReadOnlyTable()
            self.check_error(b"Attempt to modify a readonly table", b"insert", table, *args, kind=ExecutionError)
            self.assertFalse(table)


class RemoveTest(TableCase):
    def test_takes_the_last(self):
        table = sequence(1, 2)
        self.assertEqual([self.call(b"remove", table) for _ in range(3)], [2.0, 1.0, ()])
        self.assertFalse(table)

    def test_closes_the_gap(self):
        for size in (1, 3, 11, 12, 13, 14, 50, 2000):
            for position in {1, size // 2 + 1, size}:
                expected = [float(number) for number in range(size)]
                table = array_of(expected)
                self.assertEqual(self.call(b"remove", table, position), expected.pop(position - 1))
                self.check_contents(table, *expected)

    def test_beside_other_keys(self):
        table = sequence(1, 2, 3)
        table[b"n"] = 7.0
        self.assertEqual(self.call(b"remove", table), 3.0)
        self.assertEqual(self.call(b"remove", table, 1), 1.0)
        self.check_contents(table, 2, n=7.0)

    def test_holes_move_with_the_rest(self):
        table = sequence(*range(1, 31))
        del table[7.0]
        self.assertEqual(self.call(b"remove", table, 7), None)
        self.assertEqual(self.call(b"remove", table, 1), 1.0)
        self.check_contents(table, *range(2, 7), *range(8, 31))

    def test_outside_there_is_no_result(self):
        for position in (0, -1, 3):
            table = sequence(1, 2)
            self.assertEqual(self.call(b"remove", table, position), ())
            self.assertEqual(len(table), 2)

    def test_nil_as_position_is_none(self):
        self.assertEqual(self.call(b"remove", sequence(1, 2), None), 2.0)

    def test_random_queues(self):
        rng = random.Random(1)
        for _ in range(300):
            size = rng.choice((2, 9, 13, 40))
            expected = [float(number) for number in range(size)]
            table = array_of(expected)
            for _ in range(5):
                position = rng.randrange(1, len(expected) + 1)
                if rng.random() < 0.5:
                    expected.insert(position - 1, 99.0)
                    self.call(b"insert", table, position, 99)
                elif len(expected) > 1:
                    self.assertEqual(self.call(b"remove", table, position), expected.pop(position - 1))
            self.check_contents(table, *expected)

    def test_errors(self):
        self.check_argument(1, b"table expected, got no value", b"remove")
        self.check_argument(2, b"number expected, got table", b"remove", Table(), Table())

    def test_protected_tables_stay(self):
        table = ReadOnlyTable(sequence(1))
        self.check_error(b"Attempt to modify a readonly table", b"remove", table, kind=ExecutionError)
        self.assertEqual(self.call(b"remove", ReadOnlyTable()), ())


class ConcatTest(TableCase):
    def test_strings_and_numbers(self):
        self.assertEqual(self.call(b"concat", sequence(b"a", 1, 2.5, -0.0)), b"a12.5-0")
        self.assertEqual(self.call(b"concat", sequence(b"a", b"b"), b", "), b"a, b")
        self.assertEqual(self.call(b"concat", Table(), b", "), b"")

    def test_a_number_as_separator(self):
        self.assertEqual(self.call(b"concat", sequence(1, 2, b"x"), 7), b"1727x")

    def test_a_range(self):
        table = sequence(1, 2, 3, 4)
        for args, text in (((2,), b"2,3,4"), ((2, 3), b"2,3"), ((3, 2), b""), ((None, 2), b"1,2"),
                           ((b"3", 4.9), b"3,4"),
                           ((2 ** 32 + 2, 2), b"2"), ((4, 4), b"4"), ((None, None), b"1,2,3,4")):
            self.assertEqual(self.call(b"concat", table, b",", *args), text)

    def test_a_range_from_before_one(self):
        table = sequence(1)
        table[0.0], table[-1.0] = b"zero", b"minus"
        self.assertEqual(self.call(b"concat", table, b" ", -1), b"minus zero 1")

    def test_keys_in_any_order(self):
        table = Table({3.0: b"c", 1.0: b"a", b"x": b"?", 2.0: b"b"})
        self.assertEqual(self.call(b"concat", table), b"abc")

    def test_a_long_table(self):
        table = sequence(*[b""] * 40000)
        self.assertEqual(self.call(b"concat", table), b"")

    def test_values_that_are_no_text(self):
        for value, name in ((Table(), b"table"), (True, b"boolean"), (False, b"boolean"), (len, b"function")):
            message = b"invalid value (%s) at index 2 in table for 'concat'" % name
            self.check_error(message, b"concat", sequence(b"a", value, b"b"))
            self.check_error(message, b"concat", sequence(b"a", value, 1), b",", 2)

    def test_gaps_are_found_without_counting_far(self):
        table = sequence(1, 2)
        for args, position in (((1, 3), 3), ((5,), None), ((5, 2147483647), 5), ((0,), 0), ((1, 2147483647), 3)):
            if position is None:
                self.assertEqual(self.call(b"concat", table, b",", *args), b"")
            else:
                message = b"invalid value (nil) at index %d in table for 'concat'" % position
                self.check_error(message, b"concat", table, b",", *args)

    def test_results_that_are_too_long(self):
        table = sequence(*[b"x" * 100] * 10)
        self.assertEqual(len(self.call(b"concat", table)), 1000)
        self.check_error(b"not enough memory", b"concat", table, b",")

    def test_errors(self):
        self.check_argument(1, b"table expected, got no value", b"concat")
        self.check_argument(2, b"string expected, got table", b"concat", 1, Table())
        self.check_argument(3, b"number expected, got string", b"concat", Table(), b"", b"x")
        self.check_argument(4, b"number expected, got string", b"concat", Table(), b"", 1, b"x")


class SortTest(TableCase):
    def sorted(self, values, *comparator):
        table = sequence(*values)
        self.assertEqual(self.call(b"sort", table, *comparator), ())
        return [table[float(position)] for position in range(1, len(values) + 1)]

    def test_numbers_and_strings(self):
        self.assertEqual(self.sorted([3, 1, 2, float("inf"), -1]), [-1, 1, 2, 3, float("inf")])
        self.assertEqual(self.sorted([b"b", b"a\0b", b"a", b"\xff", b"B"]), [b"B", b"a", b"a\0b", b"b", b"\xff"])
        self.assertEqual(self.sorted([]), [])

    def test_a_comparison_function(self):
        rng = random.Random(1)
        for size in (1, 2, 3, 4, 5, 10, 500):
            values = [float(rng.randrange(size)) for _ in range(size)]
            self.assertEqual(self.sorted(values, lambda a, b: a > b), sorted(values, reverse=True))
            self.assertEqual(self.sorted(values, None), sorted(values))

    def test_the_comparison_may_return_anything(self):
        for yes, no in ((0.0, None), (b"", ()), ((True, 1.0), (False, True)), ((Table(),), (None,))):
            self.assertEqual(self.sorted([3, 1, 2, 5, 4], lambda a, b, yes=yes, no=no: yes if a < b else no),
                             [1, 2, 3, 4, 5])

    def test_equal_elements_end_where_lua_puts_them(self):
        calls = []

        def by_letter(a, b):
            calls.append(a + b)
            return a[0] < b[0]
        self.assertEqual(b" ".join(self.sorted([b"b1", b"a1", b"b2", b"a2", b"c1", b"a3", b"b3", b"a4"], by_letter)),
                         b"a4 a3 a2 a1 b2 b3 b1 c1")
        self.assertEqual(b" ".join(calls), b"a4b1 a2a4 b1a2 a1a2 a2a3 b2a2 a2c1 a2b3 a2b2 a2a3 "
                                           b"a3a4 b1b3 a1b3 c1b3 b3b2 c1b3 b3b2 b1c1 b2a1")

    def test_contradictions_are_noticed(self):
        for size in (6, 8):
            self.check_error(b"invalid order function for sorting", b"sort", sequence(*[3] * size),
                             lambda a, b: True)

    def test_contradictions_may_show_what_is_beyond_the_end(self):
        seen = []

        def not_larger(a, b):
            seen.append((a, b))
            return a is None or b is None or a <= b
        self.check_error(b"invalid order function for sorting", b"sort", sequence(*[3] * 6), not_larger)
        self.assertEqual(seen, [(3.0, 3.0)] * 7 + [(None, 3.0)])

    def test_contradictions_may_even_leave_a_hole(self):
        table = sequence(*[3] * 6)
        self.check_error(b"invalid order function for sorting", b"sort", table,
                         lambda a, b: a is not None and b is not None and a <= b)
        self.assertEqual(sorted(table), [1.0, 2.0, 4.0, 5.0, 6.0, 7.0])

    def test_any_contradiction_ends(self):
        rng = random.Random(2)
        for _ in range(200):
            size = rng.randrange(2, 40)
            table = sequence(*[rng.randrange(5) for _ in range(size)])
            try:
                self.call(b"sort", table, lambda a, b: rng.random() < 0.5)
            except LibraryError as error:
                self.assertEqual(error.value, b"invalid order function for sorting")
            self.assertNotIn(None, list(map(type, table.values())))

    def test_an_error_leaves_what_is_done(self):
        calls = []

        def failing(a, b):
            calls.append(a)
            if len(calls) == 4:
                raise LuaError(b"x")
            return a < b
        table = sequence(5, 4, 3, 2, 1, 6)
        self.check_error(b"x", b"sort", table, failing, kind=LuaError)
        self.check_contents(table, 3, 4, 1, 2, 5, 6)

    def test_values_that_do_not_compare(self):
        for values, message in (((1, b"a"), b"attempt to compare string with number"),
                                ((Table(), Table()), b"attempt to compare two table values"),
                                ((True, False), b"attempt to compare two boolean values")):
            self.check_error(message, b"sort", sequence(*values), kind=ExecutionError)
        holes = Table({1.0: 1.0, 3.0: 3.0, 4.0: 4.0, 5.0: 5.0, 6.0: 6.0})
        self.check_error(b"attempt to compare nil with number", b"sort", holes, kind=ExecutionError)

    def test_nan_is_less_than_nothing(self):
        values = self.sorted([3, float("nan"), 1])
        self.assertEqual(len([value for value in values if value != value]), 1)

    def test_the_metamethod(self):
        metatable = Table({b"__lt": lambda a, b: a[b"n"] < b[b"n"]})
        objects = []
        for number in (3.0, 1.0, 2.0, 5.0, 4.0):
            table = MetaTable({b"n": number})
            table.metatable = metatable
            objects.append(table)
        self.assertEqual([table[b"n"] for table in self.sorted(objects)], [1.0, 2.0, 3.0, 4.0, 5.0])

    def test_the_worst_case_can_be_interrupted(self):
        def less(a, b):
            if a == 999.0:
                self.runtime.namespace["STOP"] = True
            return a < b
        with self.assertRaises(ScriptKilled):
            self.call(b"sort", sequence(*range(1000)), less)

    def test_other_keys_stay(self):
        table = sequence(2, 1)
        table[b"x"], table[0.0] = 1.0, 7.0
        self.call(b"sort", table, lambda a, b: a < b)
        self.assertEqual(dict(table), {1.0: 1.0, 2.0: 2.0, b"x": 1.0, 0.0: 7.0})

    def test_errors(self):
        self.check_argument(1, b"table expected, got no value", b"sort")
        self.check_argument(2, b"function expected, got number", b"sort", Table(), 1)
        callable_table = MetaTable()
        callable_table.metatable = Table({b"__call": len})
        self.check_argument(2, b"function expected, got table", b"sort", Table(), callable_table)

    def test_protected_tables_stay(self):
        self.assertEqual(self.call(b"sort", ReadOnlyTable()), ())
        self.check_error(b"Attempt to modify a readonly table", b"sort", ReadOnlyTable(sequence(2, 1)),
                         kind=ExecutionError)


class ForeachTest(TableCase):
    def test_every_key(self):
        table = sequence(7, 8)
        table[b"x"], table[BOOLEAN_KEY[True]] = 1.0, 2.0
        seen = []
        self.assertEqual(self.call(b"foreach", table, lambda key, value: seen.append((key, value))), ())
        self.assertEqual(seen, [(1.0, 7.0), (2.0, 8.0), (b"x", 1.0), (True, 2.0)])

    def test_a_result_ends_it(self):
        for result in (False, 0.0, b"x"):
            self.assertIs(self.call(b"foreach", sequence(1, 2), lambda *_, result=result: result), result)
            self.assertIs(self.call(b"foreachi", sequence(1, 2), lambda *_, result=result: (result, 5.0)), result)

    def test_what_is_removed_meanwhile_is_passed_over(self):
        table = sequence(1, 2, 3)
        seen = []

        def remove_others(key, _value):
            seen.append(key)
            table.pop(2.0, None)
            return ()
        self.call(b"foreach", table, remove_others)
        self.assertEqual(seen, [1.0, 3.0])

    def test_foreachi_counts(self):
        table = sequence(7, 8)
        table[b"x"] = 1.0
        seen = []
        self.assertEqual(self.call(b"foreachi", table, lambda key, value: seen.append((key, value))), ())
        self.assertEqual(seen, [(1.0, 7.0), (2.0, 8.0)])

    def test_errors(self):
        self.check_argument(1, b"table expected, got number", b"foreach", 1, 1)
        self.check_argument(2, b"function expected, got number", b"foreach", Table(), 1)
        self.check_argument(2, b"function expected, got nil", b"foreachi", Table(), None)


class LengthTest(TableCase):
    def test_getn(self):
        self.assertEqual(self.call(b"getn", sequence(1, 2)), 2.0)
        self.check_argument(1, b"table expected, got no value", b"getn")

    def test_setn_is_gone(self):
        self.check_error(b"'setn' is obsolete", b"setn", Table(), 3)
        self.check_argument(1, b"table expected, got no value", b"setn")

    def test_maxn(self):
        for keys, largest in (((), 0.0), ((1.0, 2.0, 100.5, -1.0), 100.5), ((-1.0, b"x"), 0.0)):
            self.assertEqual(self.call(b"maxn", Table((key, True) for key in keys)), largest)
        self.check_argument(1, b"table expected, got no value", b"maxn")

    def test_these_are_all_functions(self):
        self.assertEqual(sorted(self.library), [b"concat", b"foreach", b"foreachi", b"getn", b"insert", b"maxn",
                                                b"remove", b"setn", b"sort"])


if __name__ == "__main__":
    unittest.main()
