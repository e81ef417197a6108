"""Scopes and closures: which variable a name is, and who shares it."""
import unittest

from .programs import ProgramCase


class ScopeTest(ProgramCase):
    def test_blocks_hide_and_show_names(self):
        self.check("""
            local x = 1
            do local x = x + 1 print(x) do local x = x + 1 print(x) end print(x) end
            print(x)
            local x = x + 10 print(x)
            if x then local y = 1 print(y) end print(y)
            """, """
            2
            3
            2
            1
            11
            1
            nil
            """)

    def test_a_local_is_visible_after_its_statement(self):
        self.check("""
            local f = function() return f end print(f())
            local function g() return g end print(g() == g)
            local a, b = 1, a print(b)
            local i = 5 for i = i, i + 1 do print(i) end print(i)
            """, """
            nil
            true
            nil
            5
            6
            5
            """)

    def test_until_sees_the_locals_of_the_body(self):
        self.check("""
            local n = 0
            repeat local done = n > 1 n = n + 1 until done
            print(n, done)
            """, "3 nil")

    def test_names_that_mean_something_in_python_or_in_the_emitted_text(self):
        self.check("""
            local is, def, class, lambda, None, True, G, E, t1, va, r, STOP, float, tuple, stop = 1, 2, 3, 4,
              5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
            print(is, def, class, lambda, None, True, G, E, t1, va, r, STOP, float, tuple, stop)
            pass, global, __builtins__ = 1, 2, 3 print(pass, global, __builtins__, len, G2)
            """, """
            1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
            1 2 3 nil nil
            """)

    def test_the_table_arg_of_functions_with_dots(self):
        self.check("""
            local function f(...) return arg.n, arg[1], arg[2] end print(f("a", nil))
            local function g(...) local x = arg return x, ... end print(g(3))
            local function h(...) arg = 4 return arg + 1 end print(h())
            local function k(...) arg = arg or 5 return type(arg) end print(k(1))
            """, """
            2 a nil
            nil 3
            5
            table
            """)


class ClosureTest(ProgramCase):
    def test_functions_share_the_variables_they_see(self):
        self.check("""
            local function counter() local n = 0 return function() n = n + 1 return n end, function()
              return n end end
            local up, get = counter() local other = counter()
            print(up(), up(), get(), other(), get())
            """, "1 2 2 1 2")

    def test_a_variable_changes_after_the_function_was_made(self):
        self.check("""
            local a = 1 local function get() return a end a = 2 local a = 3 print(get(), a)
            local b local function set(v) b = v end set(5) print(b)
            """, """
            2 3
            5
            """)

    def test_three_levels(self):
        self.check("""
            local a = 1
            local function outer() local b = 10 return function()
            local c = 100 return function() a, b, c = a + 1, b + 1, c + 1 return a, b, c end end end
            local middle = outer() local one, two = middle(), middle()
            print(one()) print(one()) print(two()) print(outer()()())
            """, """
            2 11 101
            3 12 102
            4 13 101
            5 11 101
            """)

    def test_recursive_functions(self):
        self.check("""
            local function fact(n) return n <= 1 and 1 or n * fact(n - 1) end print(fact(10))
            local fib fib = function(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
            print(fib(12))
            """, """
            3628800
            144
            """)


class ClosuresInLoopsTest(ProgramCase):
    def test_each_round_has_its_own_loop_variable(self):
        self.check("""
            local fs = {}
            for i = 1, 3 do fs[i] = function() return i end end print(fs[1](), fs[2](), fs[3]())
            for k, v in pairs({10, 20}) do fs[k] = function() return k, v end end print(fs[1]())
            print(fs[2]())
            for i = 1, 2 do fs[i] = function() i = i + 10 return i end end print(fs[1](), fs[1](), fs[2]())
            """, """
            1 2 3
            1 10
            2 20
            11 21 12
            """)

    def test_each_round_has_its_own_locals(self):
        self.check("""
            local fs, k = {}, 0
            while k < 3 do k = k + 1 local m = k fs[k] = {function() m = m + 1 return m end, function()
              return m end} end
            print(fs[1][1](), fs[1][2](), fs[2][2](), fs[3][1](), fs[3][2]())
            k = 0 repeat k = k + 1 local m = k fs[k] = function() return m end until m >= 3
            print(fs[1](), fs[2](), fs[3]())
            """, """
            2 2 2 4 4
            1 2 3
            """)

    def test_a_local_without_a_value_is_new_in_each_round(self):
        self.check("""
            local fs = {}
            for i = 1, 2 do local x fs[i] = function() x = (x or 0) + i return x end end
            print(fs[1](), fs[1](), fs[2]())
            for i = 1, 3 do local j j = (j or 0) + i print(j) end
            """, """
            1 2 2
            1
            2
            3
            """)

    def test_inner_loops_share_the_variables_of_outer_rounds(self):
        self.check("""
            local fs = {}
            for i = 1, 2 do local x = i for j = 1, 2 do local y = j fs[#fs + 1] = function()
            x = x + 1 y = y + 100 return i, j, x, y end end end
            for n = 1, 4 do print(fs[n]()) print(fs[n]()) end
            """, """
            1 1 2 101
            1 1 3 201
            1 2 4 102
            1 2 5 202
            2 1 3 101
            2 1 4 201
            2 2 5 102
            2 2 6 202
            """)

    def test_local_functions_are_new_in_each_round(self):
        self.check("""
            local fs = {}
            for i = 1, 3 do local function f() return f end fs[i] = f end
            print(fs[1]() == fs[1], fs[3]() == fs[3], fs[1] == fs[2])
            for i = 1, 3 do local function q(n) if n == 0 then return i end return q(n - 1) end fs[i] = q end
            print(fs[1](5), fs[2](5), fs[3](5))
            for i = 1, 2 do local f f = function(n) if n == 0 then return i end
              return f(n - 1) end fs[i] = f end
            print(fs[1](3), fs[2](3))
            for i = 1, 2 do local a, b function a() return b() end function b() return i end fs[i] = a end
            print(fs[1](), fs[2]())
            """, """
            true true false
            1 2 3
            1 2
            1 2
            """)

    def test_functions_made_in_a_condition(self):
        self.check("""
            local n = 0
            while (function() while (function() n = n + 1 return n < 5 end)() do end
              return n < 9 end)() do n = n + 1 end
            print(n)
            if false then elseif (function() return n > 1 end)() then print("yes") else print("no") end
            if nil then elseif (function() return false end)() then print(1) elseif 3 then print(3) else
            print(4) end
            repeat local m = n n = n + 1 until (function() return m > 12 end)() print(n)
            """, """
            9
            yes
            3
            14
            """)


if __name__ == "__main__":
    unittest.main()
