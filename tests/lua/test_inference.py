"""Kinds of locals: programs that would go wrong if inference.py trusted what does not hold."""
import unittest

from redis_clone.lua.inference import NUMBER, STRING, TABLE, infer, kind_of
from redis_clone.lua.parser import parse
from redis_clone.lua.syntax import LocalStatement

from .programs import ProgramCase


class KindTest(unittest.TestCase):
    """What is known of the last local of a chunk."""

    def kind(self, source):
        chunk = parse(source, b"@test")
        infer(chunk)
        last = [statement for statement in chunk.body if statement.__class__ is LocalStatement][-1]
        return last.variables[-1].kind

    def test_a_local_that_is_only_given_numbers_is_a_number(self):
        self.assertIs(self.kind(b"local a = 1 a = a + 2 a = a * #'x'"), NUMBER)

    def test_strings_and_tables(self):
        self.assertIs(self.kind(b"local a = 'x' a = a .. 1"), STRING)
        self.assertIs(self.kind(b"local a = {} a = {1}"), TABLE)

    def test_one_other_value_anywhere_is_enough(self):
        self.assertIsNone(self.kind(b"local a = 1 a = x"))
        self.assertIsNone(self.kind(b"local a = 1 local function f() a = 'x' end"),
                          "assigned in a function inside")

    def test_locals_that_are_given_each_other(self):
        self.assertIs(self.kind(b"local a = 1 local b = a a = b"), NUMBER)
        self.assertIsNone(self.kind(b"local a = 1 local b = a a = b b = 'x'"))

    def test_results_and_parameters_of_a_known_function(self):
        self.assertIs(self.kind(b"local function f(x) return x + 1 end local a = f(1)"), NUMBER)
        self.assertIsNone(self.kind(b"local function f(x) return x + 1 end g(f) local a = f(1)"),
                          "it is given away")
        self.assertIsNone(self.kind(b"local function f(x) return x + 1 end f('1') f(1) local a = f({})"))

    def test_what_or_and_and_give(self):
        self.assertIs(self.kind(b"local a = 1 or x"), NUMBER)
        self.assertIsNone(self.kind(b"local a = 1 and x"))
        self.assertIsNone(self.kind(b"local a = x or 1"))

    def test_a_deep_expression_is_not_looked_into(self):
        source = b"local x = 1 local a = " + b"x + " * 150 + b"1"
        self.assertIsNone(self.kind(source))
        self.assertIsNone(kind_of(parse(source, b"@test").body[1].values[0]))


class ParameterTest(ProgramCase):
    def test_a_missing_argument_may_come_from_a_last_call(self):
        self.check("""
            local function several(...) return ... end
            local function same(a, b, c) return b == c end
            print(same(several(0, 1, true)), same(several(0, 1, 1)))
            """, "false true")

    def test_missing_and_extra_arguments(self):
        self.check("""
            local function f(a, b) return a == 1, b == nil, b end
            print(f(1)) print(f(1, 2)) print(f(1, 2, 3)) print((f()))
            local function g(a, b) if b then return a .. b end return a + 1 end
            print(g(1), g(1, 2), g("1"))
            """, """
            true true nil
            true false 2
            true false 2
            false
            2 12 2
            """)

    def test_varargs_as_the_last_argument(self):
        self.check("""
            local function f(a, b) return a, b end
            local function g(...) return f(1, ...) end
            print(g()) print(g("x")) print(g(nil, 2))
            local function h(...) local a, b = ... return a == b end
            print(h(1, true), h(1, 1), h())
            """, """
            1 nil
            1 x
            1 nil
            false true true
            """)

    def test_functions_that_reach_others_through_tables_upvalues_and_results(self):
        self.check("""
            local function f(a) return a + 1 end
            local t = {f = f}
            print(f(1), t.f("2"))
            local function g(a) return #a end
            local function other() return g end
            print(g("abc"), other()({1, 2}))
            local function h(a) return a == true end
            print(h(1), pcall(h, true))
            local function k(a) return a .. "" end
            for _, each in ipairs({k}) do print(each(5)) end
            print(k("x"))
            """, """
            2 3
            3 2
            false true true
            5
            x
            """)

    def test_a_parameter_that_is_assigned(self):
        self.check("""
            local function f(a) local r = a == 1 a = true return r, a == 1, a end
            print(f(1))
            local function g(a) if a == 1 then a = "x" end return a .. "!" end
            print(g(1), g(2))
            local function h(a) local function set() a = {} end local b = a + 1 set() return b, type(a) end
            print(h(1))
            """, """
            true false true
            x! 2!
            2 table
            """)

    def test_recursion_with_values_of_other_kinds(self):
        self.check("""
            local function f(n, v) if n == 0 then return v end return f(n - 1, n % 2 == 0 and "s" or n) end
            print(f(0, 1), f(1, 1), f(2, 1), f(3, {}))
            local function count(n) if n == 0 then return "zero" end return count(n - 1) .. n end
            print(count(3))
            """, """
            1 1 1 1
            zero123
            """)

    def test_mutual_recursion(self):
        self.check("""
            local odd
            local function even(n) if n == 0 then return true end return odd(n - 1) end
            function odd(n) if n == 0 then return "no" end return even(n - 1) end
            print(even(4), even(3), odd(3) == true)
            """, "true no true")

    def test_functions_without_a_result_or_with_several(self):
        self.check("""
            local function nothing() end
            local function maybe(x) if x then return 1 end end
            local function two() return 1, 2 end
            local a = nothing() local b, c = maybe(true), maybe(false) local d, e, f = two()
            print(a, b, c, d, e, f, (two()), #{two(), two()}, select("#", nothing()), select("#", maybe()))
            print(pcall(function() return maybe() + 1 end))
            """, """
            nil 1 nil 1 2 nil 1 3 0 0
            false test:6: attempt to perform arithmetic on a nil value
            """)

    def test_methods_and_self(self):
        self.check("""
            local o = {n = 1}
            function o:add(x) self.n = self.n + x return self.n end
            print(o:add(1), o:add("2"), o.add({n = 5}, 1))
            """, "2 4 6")


class AssignmentTest(ProgramCase):
    def test_a_local_function_that_is_replaced(self):
        self.check("""
            local function f(a) return a + 1 end
            print(f(1))
            f = function(a) return a .. "!" end
            print(f(1))
            local g = function() return 1 end
            local function change() g = function() return "x", 2 end end
            local a = g() change() local b, c = g()
            print(a == 1, b, c)
            """, """
            2
            1!
            true x 2
            """)

    def test_a_loop_variable_that_is_assigned(self):
        self.check("""
            for i = 1, 3 do if i == 2 then i = "two" end print(i, i == 2) end
            for i = 1, 2 do local function f() i = {} end f() print(type(i)) end
            for k, v in pairs({5}) do v = v == 5 and "five" print(k, v) end
            """, """
            1 false
            two false
            3 false
            table
            table
            1 five
            """)

    def test_shadowed_names(self):
        self.check("""
            local a = 1 do local a = "x" print(a .. a) end print(a + a)
            local a = {a} print(a[1] == 1)
            local function f(a) local a = a .. "" return a end print(f(1) == "1")
            """, """
            xx
            2
            true
            true
            """)

    def test_a_local_without_a_value_may_get_one_later(self):
        self.check("""
            local a local function set(v) a = v end
            print(a == nil) set(1) print(a + 1) set("x") print(a .. "y") set(nil) print(a)
            local b = 1 for i = 1, 2 do b = b == 1 and true or 1 print(b, b == 1) end
            """, """
            true
            2
            xy
            nil
            true false
            1 true
            """)

    def test_multiple_assignment_gives_the_rest_nil(self):
        self.check("""
            local a, b = 1, 2
            local function two() return "x", true end
            a, b = two() print(a, b) a, b = 5 print(a, b) b, a = b, two() print(a, b)
            local c, d = 1, two() print(c == 1, d)
            """, """
            x true
            5 nil
            x nil
            true x
            """)

    def test_metamethods_give_what_they_like(self):
        self.check("""
            local t = setmetatable({}, {__unm = function() return "neg" end, __add = function() return
              {} end})
            local a, b = -t, t + 1 print(a .. "", type(b))
            local c = t == t and "same" local d = not t print(c, d)
            """, """
            neg table
            same false
            """)

    def test_the_length_of_userdata_has_to_be_a_number(self):
        # Lua takes any value. But every other # is a number, and much is gained by knowing that.
        self.check("local u = newproxy(true) getmetatable(u).__len = function() return 5 end print(#u + 1)",
                   "6")
        self.check("local u = newproxy(true) getmetatable(u).__len = function() return 'x' end print(#u)",
                   "error: test:1: '__len' must return a number")


if __name__ == "__main__":
    unittest.main()
