"""Statements as they are compiled: loops, assignments, returns."""
import unittest

from .programs import ProgramCase


class NumericForTest(ProgramCase):
    def test_counts_up_and_down(self):
        self.check("""
            local function list(...) local t = {...} for i = 1, #t do t[i] = tostring(t[i]) end return "("
              .. table.concat(t, ",") .. ")" end
            local function range(a, b, c) local t = {} if c then for i = a, b, c do t[#t + 1] = i end else
            for i = a, b do t[#t + 1] = i end end return list(unpack(t)) end
            print(range(1, 3)) print(range(3, 1)) print(range(3, 1, -1)) print(range(10, 1, -4))
            print(range(1, 2, 0.5))
            print(range(0.1, 0.35, 0.1)) print(range(-1, -3, -1)) print(range(0, -1, -0.25))
            print(range(-0, 0)) print(range(1, 1.9))
            print(range(1e15, 1e15 + 2)) print(range("1", "3", "1")) print(range(1, -math.huge))
            print(range(0/0, 1)) print(range(1, 0/0)) print(range(math.huge, 1))
            """, """
            (1,2,3)
            ()
            (3,2,1)
            (10,6,2)
            (1,1.5,2)
            (0.1,0.2,0.3)
            (-1,-2,-3)
            (0,-0.25,-0.5,-0.75,-1)
            (0)
            (1)
            (1e+15,1e+15,1e+15)
            (1,2,3)
            ()
            ()
            ()
            ()
            """)

    def test_steps_of_zero_and_nan_and_endless_ranges(self):
        self.check("""
            local function rounds(a, b, c) local n = 0 for i = a, b, c do n = n + 1
            if n > 3 then break end end return n end
            print(rounds(1, 3, 0), rounds(3, 1, 0), rounds(1, 10, 0/0), rounds(1, math.huge, 1), rounds(1,
              -math.huge, -1), rounds(1, math.huge, 0.5))
            """, "0 4 0 4 4 4")

    def test_the_body_may_change_the_variable(self):
        self.check("""
            for i = 1, 3 do local k = i i = i * 10 print(i, k) end
            """, """
            10 1
            20 2
            30 3
            """)

    def test_what_is_no_number_is_refused(self):
        self.check("""
            print(pcall(function() for i = 1, "x" do end end))
            print(pcall(function() for i = {}, 2 do end end))
            print(pcall(function() for i = nil, 2 do end end))
            print(pcall(function() for i = 1,
              2, true do end end))
            """, """
            false test:1: 'for' limit must be a number
            false test:2: 'for' initial value must be a number
            false test:3: 'for' initial value must be a number
            false test:5: 'for' step must be a number
            """)


class GenericForTest(ProgramCase):
    def test_any_number_of_variables(self):
        self.check("""
            local function iter(s, c) if c < s then return c + 1, c * c, "x" end end
            for a in iter, 2, 0 do print(a) end
            for a, b in iter, 2, 0 do print(a, b) end
            for a, b, c, d in iter, 2, 0 do print(a, b, c, d) end
            for a, b in iter, 3, 0 do a = nil b = a print(a, b) end
            for a, b, c in (function() return iter, 1, 0, 99 end)() do print(a, b, c) end
            for a in iter, (function() return 2, 0 end)() do print(a) end
            """, """
            1
            2
            1 0
            2 1
            1 0 x nil
            2 1 x nil
            nil nil
            nil nil
            nil nil
            1 0 x
            1
            2
            """)

    def test_pairs_and_ipairs(self):
        self.check("""
            for k, v in next, {5} do print(k, v) end
            for k in pairs({a = 1}) do print(k) end
            for k, v in pairs(setmetatable({a = 1}, {__index = {b = 2}})) do print(k, v) end
            for i, v in ipairs({1, 2, nil, 4}) do print(i, v) end
            for i in ipairs({1, 2}) do print(i) end
            for i, v in ipairs(setmetatable({}, {__index = function(t, i) if i < 3 then return i end end})) do
            print(i, v) end
            for k, v, none in pairs({[true] = 1}) do print(k, v, none) end
            local pairs = function() return function(_, n) if not n then return "mine" end end end
            for k in pairs() do print(k) end
            """, """
            1 5
            a
            a 1
            1 1
            2 2
            1
            2
            true 1 nil
            mine
            """)

    def test_a_table_may_be_changed_on_the_way(self):
        self.check("""
            local t = {} for i = 1, 10 do t[i] = i end for k in pairs(t) do t[k] = nil end print(next(t))
            t = {1, 2, 3} for k, v in pairs(t) do t[k] = v * 2 end print(t[1], t[2], t[3])
            t = {1, 2, 3, 4} local n = 0 for k, v in pairs(t) do n = n + 1 t[k] = nil t[k + 1] = nil end
            print(n)
            t = {1, 2, 3} for i, v in ipairs(t) do if i < 5 then t[i + 3] = i end end print(#t)
            """, """
            nil
            2 4 6
            2
            7
            """)

    def test_what_can_be_called(self):
        self.check("""
            local c = setmetatable({n = 0}, {__call = function(self) self.n = self.n + 1
            if self.n < 3 then return self.n end end})
            for v in c do print(v) end
            print(pcall(function() for v in nil do end end)) print(pcall(function()
            for v, w in {} do end end))
            print(pcall(function() for v in setmetatable({}, {}) do end end)) print(pcall(function()
            for v, w, x in 5 do end end))
            print(pcall(function() for v, w, x in pairs({}), 5 do end end))
            """, """
            1
            2
            false test:4: attempt to call a nil value
            false test:5: attempt to call a table value
            false test:6: attempt to call a table value
            false test:7: attempt to call a number value
            false test:8: bad argument #1 to '(for generator)' (table expected, got number)
            """)

    def test_values_in_excess_are_evaluated(self):
        self.check("""
            local function f(x) print(x) return nil end
            for a in next, {}, f(1), f(2) do end
            for a in next, {}, nil, f(3) do end
            """, """
            1
            2
            3
            """)


class WhileAndRepeatTest(ProgramCase):
    def test_break_leaves_the_innermost_loop(self):
        self.check("""
            local i = 0
            while true do i = i + 1 for j = 1, 10 do if j == i then break end print(i, j) end
            if i == 3 then break end end
            repeat i = i - 1 if i == 1 then break end until false print(i)
            while i < 3 do i = i + 1 if i == 2 then print("two") else print(i) end end
            """, """
            2 1
            3 1
            3 2
            1
            two
            3
            """)

    def test_return_from_inside(self):
        self.check("""
            local function f() for i = 1, 3 do for j = 1, 3 do if j == 2 then return i, j end end end end
            print(f())
            local n = 0 local function g() while true do repeat
            if n > 3 then return "out" end n = n + 1 until false end end print(g())
            local function h() repeat return until true end print(h(), select("#", h()))
            """, """
            1 2
            out
            nil 0
            """)

    def test_conditions_of_any_type(self):
        self.check("""
            for _, v in ipairs{0, "", {}, print} do if v then print("true") else print("false") end end
            if nil then print(1) elseif false then print(2) else print(3) end
            if not nil and not false and (nil == false) == false then print(4) end
            while nil do end repeat until 0
            print((0 and 5), (nil and 5), (false or 5), (nil or false), (0 or 5), ("" and nil), (1 and 2
              or 3), (nil or nil), (1 and select(1, 5, 6)))
            """, """
            true
            true
            true
            true
            3
            4
            5 nil 5 false 0 nil 2 nil 5
            """)


class DeepLoopsTest(ProgramCase):
    """Python allows 20 loops in each other: the 19th becomes a function."""

    OPENED = "for a = 1, 1 do " * 18
    CLOSED = "end " * 18

    def test_variables_returns_and_breaks(self):
        source = "local n = 0 " + self.OPENED + """
            for b = 1, 2 do for c in pairs{1, 2} do local k = c while true do n = n + b
             if n > 3 then k = k + 1 if k > 2 then print(n, k, a) return end break end
             break end end end """ + self.CLOSED
        self.check(source, "6 3 1")

    def test_closures(self):
        source = "local fs = {} " + self.OPENED + """
            for b = 1, 2 do local v, w = b, b for b = 1, 2 do local z = b
              fs[#fs + 1] = function() w = w + 1 z = z + 10 return v, w, z, b end
            end end """ + self.CLOSED + "for i = 1, 4 do print(fs[i]()) end"
        self.check(source, "1 2 11 1\n1 3 12 2\n2 3 11 1\n2 4 12 2")

    def test_results_of_all_kinds_come_out(self):
        for values, expected in (("", "0"), ("nil", "1 nil"), ("1, 2", "2 1 2"), ("...", "2 a b")):
            source = "local function f(...) " + self.OPENED + "while true do while true do return " + \
                values + " end end " + self.CLOSED + \
                "end local function show(...) print(select('#', ...), ...) end show(f('a', 'b'))"
            self.check(source, expected)

    def test_forty_loops(self):
        self.check("local n = 0 " + "for i = 1, 1 do " * 40 + "n = n + i " + "end " * 40 + "print(n)", "1")

    def test_such_a_function_is_no_level_of_the_stack(self):
        source = "local function lvl(n) error('x', n) end\nlocal function q(n) " + self.OPENED + \
            "for b = 1, 1 do\nlvl(n) end " + self.CLOSED + \
            "end\nprint(pcall(function()\nq(2) end))\nprint(pcall(function()\nq(3) end))"
        self.check(source, "false test:3: x\nfalse test:7: x")


class AssignmentTest(ProgramCase):
    def test_missing_and_extra_values(self):
        self.check("""
            local a, b, c = 1 print(a, b, c)
            a, b, c = 1, 2, 3, 4 print(a, b, c)
            a, b = b, a print(a, b)
            local function many() return 7, 8, 9 end
            a, b, c = many() print(a, b, c) a, b, c = many(), 1 print(a, b, c) a, b, c = 0, many()
            print(a, b, c) a, b, c = (many()) print(a, b, c)
            local t = {} t.x, t.y, t.z = many() print(t.x, t.y, t.z) x, y = many() print(x, y)
            local function dots(...) local a, b = ... return a, b, select("#", ...), ... end print(dots())
            print(dots(nil)) print(dots(1, nil, nil)) print((dots(1, 2)))
            """, """
            1 nil nil
            1 2 3
            2 1
            7 8 9
            7 1 nil
            0 7 8
            7 nil nil
            7 8 9
            7 8
            nil nil 0
            nil nil 1 nil
            1 nil 3 1 nil nil
            1
            """)

    def test_values_in_excess_are_evaluated(self):
        self.check("""
            local function f(x) print(x) return x end
            local a = f(1), f(2) a = f(3), f(4), f(5) local t = {} t.x, a = f(6), f(7), f(8)
            """, """
            1
            2
            3
            4
            5
            6
            7
            8
            """)

    def test_the_last_target_is_assigned_first(self):
        self.check("""
            local t = {} t[1], t[1], t[1] = 1, 2, 3 print(t[1])
            local a a, a = 1, 2 print(a) x, x = 1, 2 print(x)
            local p = setmetatable({}, {__newindex = function(t, k, v)
            print(k, v) end}) p.a, p.b, p.c = 1, 2, 3
            """, """
            1
            1
            1
            c 3
            b 2
            a 1
            """)

    def test_targets_are_evaluated_before_values(self):
        self.check("""
            local function l(v) print(v) return v end
            local t = setmetatable({}, {__newindex = function(t, k, v) print("set", k, v) end})
            local function tt() print("t") return t end
            tt()[l(1)], tt()[l(2)] = l(3), l(4), l(5)
            tt()[l("k")] = l("a") .. l("b") .. l("c")
            """, """
            t
            1
            t
            2
            3
            4
            5
            set 2 4
            set 1 3
            t
            k
            a
            b
            c
            set k abc
            """)

    def test_a_target_that_another_one_uses(self):
        self.check("""
            local i, t = 1, {} i, t[i] = i + 1, 20 print(i, t[1], t[2])
            i, t = 1, {} t[i], i = "v", 2 print(t[1], t[2], i)
            local a = {} local b = a a.x, a = 1, {} print(b.x, a.x)
            """, """
            2 20 nil
            v nil 2
            1 nil
            """)

    def test_locals_are_read_when_the_assignment_is_done(self):
        self.check("""
            local t = {} local old = t local function f() t = {} return 1 end
            local x t.a, x = f(), 2 print(old.a, t.a)
            t = old t.b = f() print(old.b, t.b)
            local i = 1 t = {} local function g() i = 5 return 7 end
            t[i] = g() print(t[1], t[5]) i = 1 t = {} t[i], x = g(), 3 print(t[1], t[5])
            """, """
            nil 1
            nil 1
            nil 7
            nil 7
            """)

    def test_upvalues_and_globals_are_read_before(self):
        self.check("""
            local t = {} local old = t local function f() t = {} return 1 end
            local function set() t.a = f() end set() print(old.a, t.a)
            T = {} old = T local function g() T = {} return 1 end T.a = g() print(old.a, T.a)
            local m = setmetatable({}, {__lt = function() t = {} return true end}) old = t
            local function compare() t.x = m < m end compare() print(old.x, t.x)
            """, """
            1 nil
            1 nil
            true nil
            """)


class ReturnTest(ProgramCase):
    def test_numbers_of_results(self):
        self.check("""
            local function n(...) return select("#", ...), ... end
            local function none() end local function nothing() return end local function one() return nil end
            local function two() return nil, nil end local function all(...) return ... end
            print(n(none())) print(n(nothing())) print(n(one())) print(n(two())) print(n(all()))
            print(n(all(nil))) print(n(all(1, nil)))
            print(n(none(), none())) print(n((none()))) print(n(two(), two())) print(n(two(), 1))
            print(#{two()}, #{all(1, 2), all(3, 4)}, (all(1, 2)))
            """, """
            0
            0
            1 nil
            2 nil nil
            0
            1 nil
            2 1 nil
            1 nil
            1 nil
            3 nil nil nil
            2 nil 1
            0 3 1
            """)


if __name__ == "__main__":
    unittest.main()
