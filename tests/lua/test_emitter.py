"""Expressions as they are compiled: what is evaluated when, and what Python's limits make necessary."""
import sys
import unittest

from redis_clone.lua.compiler import python_text
from redis_clone.lua.errors import LuaError
from redis_clone.lua.runtime import Runtime

from .programs import ProgramCase


class OrderTest(ProgramCase):
    def test_operands_are_evaluated_from_the_left(self):
        self.check("""
            local log = {} local function l(v) log[#log + 1] = tostring(v) return v end
            local function shown() local s = table.concat(log, " ") log = {} return s end
            print(l(1) + l(2) * l(3) - l(4), l(1) < l(2), l(2) > l(1), l(5) <= l(6), l(1) == l(1))
            print(shown())
            print(l(false) and l(1), l(nil) or l(2), l(1) and l(2) or l(3)) print(shown())
            print((l("a") .. l("b") .. l("c")), l(2) ^ l(3) % l(5), -l(1), not l(nil)) print(shown())
            local t = {l(1), x = l(2), [l(3)] = l(4), l(5), (function() l(6) return 1, 2 end)()}
            print(shown(), #t)
            local f = function(...) l("call") return ... end print(f(l(1), l(2), f(l(3)))) print(shown())
            """, """
            3 true true true true
            1 2 3 4 1 2 2 1 5 6 1 1
            false 2 2
            false nil 2 1 2
            abc 3 -1 true
            a b c 2 3 5 1 nil
            1 2 3 4 5 6 4
            1 2 3
            1 2 3 call call
            """)

    def test_own_locals_are_read_after_the_right_operand(self):
        self.check("""
            local x local function f() x = 10 return 2 end
            x = 1 print(x + f()) x = 1 print(x - f()) x = 1 print(x * f()) x = 1 print(x / f()) x = 1
            print(x ^ f()) x = 3 print(x % f())
            x = 1 print(x < f()) x = 1 print(x >= f()) x = 2 print(x == f(), x ~= f()) x = 1
            print(f() + x, -x + f())
            x = 1 x = x + f() print(x)
            """, """
            12
            8
            20
            5
            100
            0
            false
            true
            false true
            12 -8
            12
            """)

    def test_own_locals_are_read_before_in_concatenations_and_arguments(self):
        self.check("""
            local x = 1 local function f() x = 10 return 2 end
            print(x .. f()) x = 1 print(x, f(), x) x = 1 local t = {x, f(), x} print(t[1], t[3]) x = 1
            local function r() local a = 1 local function g() a = 5 return 2 end return a, g(), a end
            print(r())
            """, """
            12
            1 2 10
            1 10
            1 2 5
            """)

    def test_upvalues_and_globals_are_read_before(self):
        self.check("""
            local x local function f() x = 10 return 2 end
            local function add() return x + f() end local function less() return x < f() end
            local function same() return x == f() end
            x = 1 print(add()) x = 1 print(less()) x = 2 print(same())
            g = 1 local function h() g = 10 return 2 end print(g + h()) g = 1 print(g ^ h()) g = 1
            print(g < h())
            """, """
            3
            true
            true
            3
            1
            true
            """)

    def test_arguments_before_a_last_call_are_read_before_it(self):
        self.check("""
            local t = {f = print, x = 1}
            local up = "old"
            local function all(...) t.f, t.x, up = nil, 2, "new" return ... end
            local function show(...) print(...) end
            t.f(t.x, all())
            t.f = print
            t.x, up = 1, "old"
            t.f(up, t.x, all(7, 8))
            show(t.x, (all(3)), all("a", nil))
            show(t.x, all(nil))
            """, """
            1
            old 1 7 8
            2 3 a nil
            2 nil
            """)

    def test_what_is_called_and_indexed_is_evaluated_first(self):
        self.check("""
            local function one() return 1 end
            local f = one local function change() f = nil return 5 end print(f(change()))
            local o = {m = function(self, v) return self == o, v end} local p = o
            local function lose() p = nil return 2 end print(p:m(lose()))
            local t = {"old"} local function other() t = {"new"} return 1 end print(t[other()])
            local up = {"old"} local function swap() up = {"new"} return 1 end
            print((function() return up[swap()] end)())
            """, """
            1
            false 2
            new
            old
            """)


class ConstructorTest(ProgramCase):
    def test_nils_leave_no_field(self):
        self.check("""
            local t = {n = nil} print(next(t)) t = {f = nil, g = 1} print(next(t))
            t = {x = 1, x = nil} print(t.x) t = {x = nil, x = 1} print(t.x) local function no() end
            t = {a = no(), no(), 2} print(t.a, t[1], t[2])
            """, """
            nil
            g 1
            nil
            1
            nil nil 2
            """)

    def test_the_length_of_what_has_nils(self):
        self.check("""
            local function one() return 1, nil end
            print(#{nil, 1}, #{nil}, #{nil, nil, 3}, #{1, nil, 3}, #{n = 1}, #{1, 2, n = 3, 4}, #{1, 2, 3,
              nil}, #{(one())}, #{one()})
            """, "2 0 3 3 0 3 3 1 1")

    def test_positions_are_stored_after_named_fields(self):
        self.check("""
            local t = {[1] = "a", "b"} print(t[1]) t = {"b", [1] = "a"} print(t[1])
            t = {[2] = "x", (function() return 1, 2 end)()} print(t[2])
            """, """
            b
            b
            2
            """)

    def test_keys_that_cannot_be(self):
        self.check("""
            print(pcall(function() return {[nil] = 1} end)) print(pcall(function() return {[0/0] = 1} end))
            print(pcall(function() local t = {
              [undefined] = 1} end))
            """, """
            false test:1: table index is nil
            false test:1: table index is NaN
            false test:3: table index is nil
            """)

    def test_results_of_a_last_call(self):
        self.check("""
            local function n(...) return select("#", ...) end local function two() return 1, 2 end
            print(#{two()}, #{two(), two()}, #{(two())}, #{two(), nil}, #{x = two()}, #{n(two())})
            local function dots(...) return #{...}, #{..., 1}, #{1, ...}, #{(...)} end print(dots(1, 2, 3))
            """, """
            2 3 1 1 0 1
            3 2 4 1
            """)


class SelectTest(ProgramCase):
    """`select(n, ...)` does not build tuples of arguments, as long as `select` is the library's."""

    def test_gives_what_the_function_gives(self):
        self.check("""
            local function s(i, ...) return select(i, ...) end
            local function count(...) return select("#", ...) end
            print(s(1, "a", "b")) print(s(2, "a", "b")) print(s(3, "a", "b")) print(s(-1, "a", "b"))
            print((s(1, "a", "b"))) print((s(9, 1)))
            print(count(), count(nil), count(nil, nil), count(1, nil)) print(pcall(s, 0)) print(pcall(s, -1))
            print(s(1.9, "a", "b"))
            local function each(...) local r = {}
              for i = 1, select("#", ...) do r[i] = tostring((select(i, ...))) end
              return table.concat(r, ",") end print(each(1, nil, "x", nil))
            local function constant(...) local x, y = select(2, ...) return x, y, (select(1, ...)) end
            print(constant(1, 2, 3)) print(constant()) print(pcall(function(...) return select(0, ...) end))
            """, """
            a b
            b

            b
            a
            nil
            0 1 2 2
            false test:1: bad argument #1 to 'select' (index out of range)
            false test:1: bad argument #1 to 'select' (index out of range)
            a b
            1,nil,x,nil
            2 3 1
            nil nil nil
            false test:11: bad argument #1 to 'select' (index out of range)
            """)

    def test_another_select_is_called(self):
        self.check("""
            local function n(...) return select("#", ...) end local function s(...) return select(2, ...) end
            local function v(...) local a = select("#", ...) return a end
            select = function(...) return "mine", ... end print(n(1, 2)) print(s(1)) print(v(1)) print((n(1)))
            select = nil print(pcall(n, 1)) print(pcall(s, 1))
            """, """
            mine # 1 2
            mine 2 1
            mine
            mine
            false test:1: attempt to call global 'select' (a nil value)
            false test:1: attempt to call global 'select' (a nil value)
            """)


class DeepExpressionTest(ProgramCase):
    """What is deeper than Python's parser allows is written as several statements."""

    START = """
        local log = {} local function l(v) log[#log + 1] = tostring(v) return v end
        local function shown() local s = table.concat(log, " ") log = {} return s end
        local x, t = 1, {1, 2} local function set(v) x = v l("set") return 2 end
        local o = setmetatable({v = 5}, {__index = function(_, k) l("index") return k end,
          __add = function() l("add") return 7 end, __call = function(_, v) l("call") return v end})
        function o:m(v) l("m") return v, v end
        """

    def deep(self, text):
        """DEEP is an expression of 30 levels, whose value is 31."""
        source = self.START + text.replace("DEEP", "(l(1) + " * 30 + "1" + ")" * 30)
        return source

    def compare(self, text, *expected):
        self.check(self.deep(text + " print(shown())"), "\n".join(expected))

    ONES = " ".join(["1"] * 30)

    def test_operators(self):
        self.compare("print(l(2) * DEEP)", "62", "2 " + self.ONES)
        self.compare("print(DEEP - l(2))", "29", self.ONES + " 2")
        self.compare("print(l(2) .. DEEP .. l(3))", "2313", "2 " + self.ONES + " 3")
        self.compare("print(l(2) < DEEP, DEEP == l(31))", "true true",
                     "2 " + self.ONES + " " + self.ONES + " 31")
        self.compare("print(-DEEP, not DEEP, #{DEEP})", "-31 false 1", " ".join([self.ONES] * 3))
        self.compare("print(o + DEEP)", "7", self.ONES + " add")

    def test_and_and_or_evaluate_no_more_than_they_need(self):
        self.compare("print(l(false) and DEEP, l(nil) or DEEP)", "false 31", "false nil " + self.ONES)
        self.compare("print(DEEP and l(2) or l(3), DEEP or l(4))", "2 31", self.ONES + " 2 " + self.ONES)
        self.compare("print((l(nil) and DEEP) or (l(5) and l(false) and DEEP))", "false", "nil 5 false")
        self.compare("if l(nil) and DEEP then print(1) elseif l(1) and DEEP then print(2) end", "2",
                     "nil 1 " + self.ONES)
        self.compare("while l(x) and x < DEEP do x = 99 end print(x)", "99",
                     "1 " + self.ONES + " 99 " + self.ONES)
        self.compare("repeat x = x + 40 until l(x) > DEEP", "41 " + self.ONES)

    def test_calls_and_methods(self):
        self.compare("print(l(2), DEEP, l(3))", "2 31 3", "2 " + self.ONES + " 3")
        self.compare("print(l(2), o:m(DEEP))", "2 31 31", "2 " + self.ONES + " m")
        self.compare("print((o:m(DEEP)), o(DEEP))", "31 31", self.ONES + " m " + self.ONES + " call")
        self.compare("l(DEEP) o:m(DEEP)", self.ONES + " 31 " + self.ONES + " m")
        self.compare("local function r() return l(0), DEEP, o:m(l(9)) end print(r())", "0 31 9 9",
                     "0 " + self.ONES + " 9 m")

    def test_tables(self):
        self.compare("local a = {l(2), DEEP, x = l(3), [l(4)] = DEEP, o:m(l(5))} print(#a, a.x, a[4])",
                     "4 3 5",
                     "2 " + self.ONES + " 3 4 " + self.ONES + " 5 m")
        self.compare("print(t[DEEP], o[DEEP], ({DEEP})[1])", "nil 31 31",
                     " ".join([self.ONES, self.ONES, "index", self.ONES]))

    def test_assignments(self):
        self.compare("t[l(2)] = DEEP print(t[2])", "31", "2 " + self.ONES)
        self.compare("t[DEEP] = l(2) print(t[31])", "2", self.ONES + " 2")
        self.compare("t[l(1)], t[l(2)] = l(3), DEEP print(t[1], t[2])", "3 31", "1 2 3 " + self.ONES)
        self.compare("local a, b = l(2), DEEP a, b = DEEP, a print(a, b)", "31 2",
                     "2 " + self.ONES + " " + self.ONES)
        self.compare("for i = l(29), DEEP do l('round') end", "29 " + self.ONES + " round round round")

    def test_locals_are_read_as_late_as_in_others(self):
        self.compare("print(x + (set(10) + DEEP)) x = 1 print(x < (set(40) + DEEP))", "43", "false",
                     "set " + self.ONES + " set " + self.ONES)
        self.compare("print(x .. (set(10) + DEEP))", "133", "set " + self.ONES)

    def test_functions_inside(self):
        self.compare("local f = DEEP + (function() local y = DEEP return y + x end)() print(f)", "63",
                     self.ONES + " " + self.ONES)

    def test_errors_are_found(self):
        self.check(self.deep("print(pcall(function() return DEEP + undefined end)) "
                             "print(pcall(function() return undefined[DEEP] end)) "
                             "print(pcall(function() return o.q.r[DEEP].s end))"),
                   "false test:7: attempt to perform arithmetic on global 'undefined' (a nil value)\n"
                   "false test:7: attempt to index global 'undefined' (a nil value)\n"
                   "false test:7: attempt to index field 'r' (a nil value)")

    def test_long_chains(self):
        self.check("local x, t = 1, {} print(" + "x + " * 3000 + "1) print(#(" + "x .. " * 150 + "x))",
                   "3001\n151")
        self.check("local f f = function() return f end print(f" + "()" * 150 + " == f)", "true")
        self.check("local t = {} t.a = t t.v = 5 print(t" + ".a" * 150 + ".v)", "5")
        self.check("local n = 0 " + "if n > 0 then n = 1 " + "elseif n > 1 then n = 2 " * 200
                   + "else n = 3 end print(n)", "3")


class LimitTest(unittest.TestCase):
    def test_functions_in_conditions_are_written_once(self):
        for wrapped in ("(function() while {} do break end return true end)()",
                        "(function() if x then elseif {} then end return true end)()"):
            source = "true"
            for _ in range(12):
                source = wrapped.replace("{}", source)
            text = python_text(b"local x = " + source.encode(), b"@test")[0]
            self.assertLess(len(text), 10000)

    @unittest.skipUnless(sys.implementation.name == "cpython", "others have no such limit")
    def test_what_python_cannot_nest_is_an_error_of_lua(self):
        source = b"if x then " * 150 + b"end " * 150
        with self.assertRaises(LuaError) as caught:
            Runtime().load(source, b"@test")
        self.assertEqual(caught.exception.value, b"test: chunk has too many syntax levels")


if __name__ == "__main__":
    unittest.main()
