"""Proper tail calls, and what the level of a function is after them."""
import unittest

from .programs import MODES, ProgramCase

FAITHFUL = MODES[::2]                           # without generators


class TailCallTest(ProgramCase):
    def test_a_function_that_calls_itself(self):
        self.check("""
            local function loop(n) if n == 0 then return "done", n end return loop(n - 1) end
            print(loop(20000))
            """, "done 0")

    def test_functions_that_call_each_other(self):
        self.check("""
            local even, odd
            function even(n) if n == 0 then return true end return odd(n - 1) end
            function odd(n) if n == 0 then return false end return even(n - 1) end
            print(even(20001))
            function g1(n) if n > 0 then return g2(n - 1) end return "g" end function g2(n) return g1(n) end
            print(g1(20000))
            """, """
            false
            g
            """)

    def test_methods_and_fields(self):
        self.check("""
            local o = {} function o:m(n) if n == 0 then return self == o end return self:m(n - 1) end
            print(o:m(20000))
            local t = {f = function(t, n) if n == 0 then return 1, 2, 3 end return t.f(t, n - 1) end}
            print(t.f(t, 20000))
            """, """
            true
            1 2 3
            """)

    def test_varargs(self):
        self.check("""
            local function va(n, ...) if n == 0 then return ... end return va(n - 1, ...) end
            print(va(20000, 1, nil, 3))
            local function va2(n, ...) if n == 0 then return select("#", ...) end
              return va2(n - 1, n, ...) end print(va2(100))
            local function arg0(...) if ... then return arg0(select(2, ...)) end return select("#", ...) end
            print(arg0(1, 2, 3, nil, 5))
            """, """
            1 nil 3
            100
            2
            """)

    def test_functions_in_parameters_and_continuations(self):
        self.check("""
            local function f(g, n) if n == 0 then return "f" end return g(g, n - 1) end print(f(f, 20000))
            local function k(n, c) if n == 0 then return c() end return k(n - 1, function()
              return c() end) end print(k(50, function() return "cont" end))
            """, """
            f
            cont
            """)

    def test_call_metamethods(self):
        self.check("""
            local mt = setmetatable({}, {__call = function(self, n)
            if n == 0 then return "call" end return self(n - 1) end}) print(mt(100))
            """, "call")

    def test_calls_in_parentheses_are_none(self):
        self.check("""
            local function loop(n) if n == 0 then return "done", n end return loop(n - 1) end
            print(loop(20000))
            local function one() return (loop(10)) end print(one())
            """, """
            done 0
            done
            """)

    def test_numbers_of_results(self):
        self.check("""
            local function ret0() return (function() end)() end print(ret0(), (ret0()))
            print(select("#", ret0()))
            function G(n) if n == 0 then return nil end return G(n - 1) end print(G(10), select("#", G(5)))
            """, """
            nil nil
            0
            nil 1
            """)

    def test_of_library_functions(self):
        self.check("""
            local function tc(x) return tostring(x) end print(tc(nil), tc(1))
            """, "nil 1")

    def test_in_each_round_of_a_loop(self):
        self.check("""
            local r = {} for i = 1, 3 do local function q(n) if n == 0 then return i end
              return q(n - 1) end r[i] = q end print(r[1](5), r[2](5), r[3](5))
            """, "1 2 3")

    def test_errors(self):
        self.check("""
            print(pcall(function() return error("x") end)) print(pcall(function() return (function() return
              error("y", 2) end)() end))
            print(pcall(function() local function lp(n) return lp2(n) end return lp(1) end))
            print((function(...) return ... end)(1, 2)) print((function() return pcall(error, "q") end)())
            """, """
            false test:1: x
            false y
            false test:3: attempt to call global 'lp2' (a nil value)
            1 2
            false q
            """)


class LevelTest(ProgramCase):
    """A function that has made a tail call is a level without a place. Not so in chunks with coroutines."""

    def test_tail_calls_are_levels_without_a_place(self):
        self.check("""
            local function lvl(n) error("x", n) end
            local function f(g) if g then return g() end
             lvl(3) end
            local function h()
              f()
            end
            print(pcall(h))
            local function t(g, n)
              return g(n) end
            print(pcall(function()
             t(lvl, 1) end))
            print(pcall(function()
             t(lvl, 2) end))
            print(pcall(function()
             t(lvl, 3) end))
            local function get() return {m = function() lvl(3) end} end
            print(pcall(function()
             return get():m() end))
            print(pcall(function()
             get():m() end))
            """, """
            false test:5: x
            false test:1: x
            false x
            false test:15: x
            false x
            false test:20: x
            """, modes=FAITHFUL)


if __name__ == "__main__":
    unittest.main()
