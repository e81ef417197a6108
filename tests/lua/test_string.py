"""The library `string` without patterns and formats, as scripts call it. lua5.1 was asked for the odd
answers."""
import unittest

from redis_clone.lua.errors import ArgumentError, LibraryError, LuaError
from redis_clone.lua.runtime import Runtime


def first_of_all(*values):
    """A function for scripts."""
    return values[:1]


class ScriptCase(unittest.TestCase):
    """Checks what Lua expressions give; numbers are expected as ints or floats."""

    def setUp(self):
        self.runtime = Runtime()
        self.string = self.runtime.globals[b"string"]

    def results(self, expression):
        if not isinstance(expression, bytes):
            expression = expression.encode("latin-1")
        results = self.runtime.call(self.runtime.load(b"return " + expression))
        return results if results.__class__ is tuple else (results,)

    def check(self, expression, *expected):
        results = self.results(expression)
        self.assertEqual(results, expected, expression)
        self.assertFalse([value for value in results if value.__class__ in (int, bytearray)], expression)

    def fails(self, expression, message):
        with self.assertRaises(LuaError) as caught:
            self.results(expression)
        self.assertTrue(caught.exception.value.endswith(b": " + message), caught.exception.value)

    def call(self, name, *args):
        return self.string[name](*args)


class SubTest(ScriptCase):
    def test_both_positions_belong_to_the_part(self):
        self.check("('abcde'):sub(2, 4), ('abcde'):sub(3), ('abcde'):sub(5, 5)", b"bcd", b"cde", b"e")

    def test_negative_positions_count_from_the_end(self):
        self.check("('abcde'):sub(-2), ('abcde'):sub(-4, -2), ('abcde'):sub(2, -2)", b"de", b"bcd", b"bcd")

    def test_positions_outside_are_cut(self):
        self.check("('abc'):sub(0), ('abc'):sub(-10, 2), ('abc'):sub(2, 10)", b"abc", b"ab", b"bc")
        self.check("('abc'):sub(9), ('abc'):sub(3, 1)", b"", b"")

    def test_positions_are_cut_towards_zero(self):
        self.check("('abc'):sub(1.9, 2.9), ('abc'):sub('2')", b"ab", b"bc")

    def test_positions_too_large_for_c_become_the_smallest_one(self):
        self.check("('abc'):sub(1e300), ('abc'):sub(0/0), ('abc'):sub(2^62), ('abc'):sub(1, 1/0)",
                   b"abc", b"abc", b"", b"")

    def test_nil_as_the_end_means_none(self):
        self.check("('abc'):sub(2, nil)", b"bc")

    def test_the_start_is_needed(self):
        with self.assertRaises(ArgumentError) as caught:
            self.call(b"sub", b"x")
        self.assertEqual((caught.exception.number, caught.exception.value),
                         (2, b"number expected, got no value"))

    def test_numbers_are_strings(self):
        self.check("string.sub(12345, 2, 3)", b"23")


class ByteTest(ScriptCase):
    def test_one_code_or_several(self):
        self.check("('abc'):byte(), ('abc'):byte(2), ('abc'):byte(-1)", 97, 98, 99)
        self.check("('abc'):byte(1, -1)", 97, 98, 99)
        self.check("('abc'):byte(-10, 10)", 97, 98, 99)

    def test_nothing_outside(self):
        for arguments in ("0", "4", "3, 2", "-4", "0, 0"):
            self.check(f"('abc'):byte({arguments})")
        self.check("(''):byte()")

    def test_as_many_as_fit_on_the_stack_of_c(self):
        self.assertEqual(len(self.call(b"byte", b"x" * 7997, 1.0, -1.0)), 7997)
        self.fails("string.byte(('x'):rep(7998), 1, -1)", b"stack overflow (string slice too long)")


class CharTest(ScriptCase):
    def test_codes_become_a_string(self):
        self.check("string.char(), string.char(72, 105), string.char(0, 255, 66.9, '67')", b"", b"Hi",
                   b"\0\xffBC")

    def test_codes_outside_are_refused(self):
        for code in ("256", "-1", "1e5"):
            self.fails(f"string.char(65, {code})", b"bad argument #2 to 'char' (invalid value)")

    def test_booleans_are_no_numbers(self):
        self.fails("string.char(true)", b"bad argument #1 to 'char' (number expected, got boolean)")


class CaseTest(ScriptCase):
    def test_ascii_letters_only(self):
        self.check(b"('aZ\xe9\xc9'):upper(), ('aZ\xe9\xc9'):lower()", b"AZ\xe9\xc9", b"az\xe9\xc9")
        self.check("string.upper(1e100), string.lower(-0.5)", b"1E+100", b"-0.5")


class LenReverseTest(ScriptCase):
    def test_bytes_are_counted(self):
        self.check("('a\\0b'):len(), string.len(12.5), (''):len()", 3, 4, 0)

    def test_reverse(self):
        self.check("('a\\0b'):reverse(), string.reverse(123)", b"b\0a", b"321")

    def test_other_types_are_refused(self):
        for name in ("len", "reverse", "upper", "lower"):
            self.fails(f"string.{name}({{}})",
                       b"bad argument #1 to '%s' (string expected, got table)" % name.encode())


class RepTest(ScriptCase):
    def test_repeats(self):
        self.check("('ab'):rep(3), ('ab'):rep(0), ('ab'):rep(-1), ('ab'):rep(1.9), string.rep(5, '2')",
                   b"ababab", b"", b"", b"ab", b"55")

    def test_counts_have_32_bits(self):
        self.check("('x'):rep(2^32), ('x'):rep(2^31), ('x'):rep(2^32 + 2), ('x'):rep(0/0)", b"", b"", b"xx",
                   b"")

    def test_too_much_is_refused_before_it_is_built(self):
        self.runtime.max_string = 1000
        self.check("#('x'):rep(1000)", 1000)
        self.fails("('x'):rep(1001)", b"not enough memory")
        self.check("(''):rep(2^30)", b"")


class DumpTest(ScriptCase):
    def test_there_is_no_bytecode(self):
        self.fails("string.dump(error)", b"unable to dump given function")
        self.fails("string.dump(1)", b"bad argument #1 to 'dump' (function expected, got number)")


class RobustnessTest(ScriptCase):
    def test_functions_raise_lua_errors_only(self):
        values = (None, True, b"", b"a%", b"(", 1.0, -1.0, 1e300, float("nan"), float("-inf"), self.string,
                  first_of_all)
        for name, function in self.string.items():
            for a in values:
                self.attempt(name, function)
                for b in values:
                    self.attempt(name, function, a, b)
                    for c in values:
                        self.attempt(name, function, b"ab", a, b, c)

    def attempt(self, name, function, *args):
        try:
            function(*args)
        except LuaError as error:
            self.assertIsInstance(error, LibraryError)
        except Exception as error:
            self.fail(f"{name}{args}: {error!r}")

    def test_all_names_of_lua_are_there(self):
        self.assertEqual(sorted(self.string), sorted(
            b"byte char dump find format gfind gmatch gsub len lower match rep reverse sub upper".split()))
        self.assertIs(self.string[b"gfind"], self.string[b"gmatch"])


if __name__ == "__main__":
    unittest.main()
