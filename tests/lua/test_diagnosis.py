"""Messages of errors: where it happened, and what the culprit is called there."""
import unittest

from .programs import ProgramCase


class NameTest(ProgramCase):
    def test_indexing_and_calling(self):
        self.check("""
            local t, s, n, f, b = {}, "str", 5, function() end, true
            local function try(f) print(pcall(f)) end
            local up = nil
            try(function() local x; x.y = 1 end)
            try(function() local x
              return x.y.z end)
            try(function() return up.y end)
            try(function() up.y = 1 end)
            try(function() up() end)
            try(function() return glob.x end)
            try(function() glob.x = 1 end)
            try(function() glob() end)
            try(function() return t.a.b end)
            try(function() t.a.b = 1 end)
            try(function() t.a() end)
            try(function() t.a.b() end)
            try(function() t:m() end)
            try(function() s:nomethod() end)
            try(function() n:m() end)
            try(function() up:m() end)
            try(function() t.x:m() end)
            try(function() t[1]() end)
            try(function() t[1].x = 1 end)
            try(function() t[n].x = 1 end)
            try(function() t[s].x = 1 end)
            try(function() return ("x")() end)
            try(function() return (1).x end)
            try(function() return n.x end)
            try(function() return f.x end)
            try(function() return b.x end)
            try(function() return t.x.y.z end)
            """, """
            false test:4: attempt to index local 'x' (a nil value)
            false test:6: attempt to index local 'x' (a nil value)
            false test:7: attempt to index upvalue 'up' (a nil value)
            false test:8: attempt to index upvalue 'up' (a nil value)
            false test:9: attempt to call upvalue 'up' (a nil value)
            false test:10: attempt to index global 'glob' (a nil value)
            false test:11: attempt to index global 'glob' (a nil value)
            false test:12: attempt to call global 'glob' (a nil value)
            false test:13: attempt to index field 'a' (a nil value)
            false test:14: attempt to index field 'a' (a nil value)
            false test:15: attempt to call field 'a' (a nil value)
            false test:16: attempt to index field 'a' (a nil value)
            false test:17: attempt to call method 'm' (a nil value)
            false test:18: attempt to call method 'nomethod' (a nil value)
            false test:19: attempt to index upvalue 'n' (a number value)
            false test:20: attempt to index upvalue 'up' (a nil value)
            false test:21: attempt to index field 'x' (a nil value)
            false test:22: attempt to call field '?' (a nil value)
            false test:23: attempt to index field '?' (a nil value)
            false test:24: attempt to index field '?' (a nil value)
            false test:25: attempt to index field '?' (a nil value)
            false test:26: attempt to call a string value
            false test:27: attempt to index a number value
            false test:28: attempt to index upvalue 'n' (a number value)
            false test:29: attempt to index upvalue 'f' (a function value)
            false test:30: attempt to index upvalue 'b' (a boolean value)
            false test:31: attempt to index field 'x' (a nil value)
            """)

    def test_operators(self):
        self.check("""
            local t, s, n, f, b = {}, "str", 5, function() end, true
            local function try(f) print(pcall(f)) end
            local up = nil
            try(function() return #n end)
            try(function() return #up end)
            try(function() return -t end)
            try(function() return -up end)
            try(function() return t + 1 end)
            try(function() return 1 + t end)
            try(function() return up + 1 end)
            try(function() return 1 + up end)
            try(function() return glob + 1 end)
            try(function() return t.x * 2 end)
            try(function() return t[1] * 2 end)
            try(function() return s + 1 end)
            try(function() return 1 + s end)
            try(function() return s .. t end)
            try(function() return t .. s end)
            try(function() return s .. up end)
            try(function() return up .. s end)
            try(function() return s .. n .. up .. "x" end)
            try(function() return s .. t.x .. "x" end)
            try(function() return t.x ^ 2 end)
            try(function() return 2 % t.x end)
            try(function() local a = {} return a.b.c end)
            try(function() local a = {} a.b.c = 1 end)
            try(function() local a = {} a.b.c() end)
            """, """
            false test:4: attempt to get length of upvalue 'n' (a number value)
            false test:5: attempt to get length of upvalue 'up' (a nil value)
            false test:6: attempt to perform arithmetic on upvalue 't' (a table value)
            false test:7: attempt to perform arithmetic on upvalue 'up' (a nil value)
            false test:8: attempt to perform arithmetic on upvalue 't' (a table value)
            false test:9: attempt to perform arithmetic on upvalue 't' (a table value)
            false test:10: attempt to perform arithmetic on upvalue 'up' (a nil value)
            false test:11: attempt to perform arithmetic on upvalue 'up' (a nil value)
            false test:12: attempt to perform arithmetic on global 'glob' (a nil value)
            false test:13: attempt to perform arithmetic on field 'x' (a nil value)
            false test:14: attempt to perform arithmetic on field '?' (a nil value)
            false test:15: attempt to perform arithmetic on upvalue 's' (a string value)
            false test:16: attempt to perform arithmetic on upvalue 's' (a string value)
            false test:17: attempt to concatenate upvalue 't' (a table value)
            false test:18: attempt to concatenate upvalue 't' (a table value)
            false test:19: attempt to concatenate upvalue 'up' (a nil value)
            false test:20: attempt to concatenate upvalue 'up' (a nil value)
            false test:21: attempt to concatenate upvalue 'up' (a nil value)
            false test:22: attempt to concatenate field 'x' (a nil value)
            false test:23: attempt to perform arithmetic on field 'x' (a nil value)
            false test:24: attempt to perform arithmetic on field 'x' (a nil value)
            false test:25: attempt to index field 'b' (a nil value)
            false test:26: attempt to index field 'b' (a nil value)
            false test:27: attempt to index field 'b' (a nil value)
            """)

    def test_loops(self):
        self.check("""
            local t, s, n, f, b = {}, "str", 5, function() end, true
            local function try(f) print(pcall(f)) end
            local up = nil
            try(function() for i = 1, "x" do end end)
            try(function() for i = {}, 2 do end end)
            try(function() for i = 1, 2, {} do end end)
            try(function() for i = "1", "2" do print(i) end end)
            try(function() for i = nil, 2 do end end)
            try(function() for x in nil do end end)
            try(function() for x in 5 do end end)
            try(function() for x in t do end end)
            try(function() for x, y, z in t.x do end end)
            try(function() for k in pairs(nil) do end end)
            try(function() for k in pairs() do end end)
            try(function() for k in ipairs(5) do end end)
            try(function() for k in next, 5 do end end)
            """, """
            false test:4: 'for' limit must be a number
            false test:5: 'for' initial value must be a number
            false test:6: 'for' step must be a number
            1
            2
            true
            false test:8: 'for' initial value must be a number
            false test:9: attempt to call a nil value
            false test:10: attempt to call a number value
            false test:11: attempt to call a table value
            false test:12: attempt to call a nil value
            false test:13: bad argument #1 to 'pairs' (table expected, got nil)
            false test:14: bad argument #1 to 'pairs' (table expected, got no value)
            false test:15: bad argument #1 to 'ipairs' (table expected, got number)
            false test:16: bad argument #1 to '(for generator)' (table expected, got number)
            """)

    def test_library_functions(self):
        self.check("""
            local t, s, n, f, b = {}, "str", 5, function() end, true
            local function try(f) print(pcall(f)) end
            local up = nil
            try(function() string.rep() end)
            try(function() string.rep({}) end)
            try(function() ("x"):rep({}) end)
            try(function() ("x"):rep() end)
            try(function() string.rep("x", "y") end)
            try(function() local r = string.rep r() end)
            try(function() t.r = string.rep t.r() end)
            try(function() t:r() end)
            try(function() setmetatable(1) end)
            try(function() tostring() end)
            try(function() tonumber() end)
            try(function() tonumber("1", 99) end)
            try(function() ipairs() end)
            """, """
            false test:4: bad argument #1 to 'rep' (string expected, got no value)
            false test:5: bad argument #1 to 'rep' (string expected, got table)
            false test:6: bad argument #1 to 'rep' (number expected, got table)
            false test:7: bad argument #1 to 'rep' (number expected, got no value)
            false test:8: bad argument #2 to 'rep' (number expected, got string)
            false test:9: bad argument #1 to 'r' (string expected, got no value)
            false test:10: bad argument #1 to 'r' (string expected, got no value)
            false test:11: calling 'r' on bad self (string expected, got table)
            false test:12: bad argument #1 to 'setmetatable' (table expected, got number)
            false test:13: bad argument #1 to 'tostring' (value expected)
            false test:14: bad argument #1 to 'tonumber' (value expected)
            false test:15: bad argument #2 to 'tonumber' (base out of range)
            false test:16: bad argument #1 to 'ipairs' (table expected, got no value)
            """)

    def test_expressions_and_parameters(self):
        self.check("""
            local t, s, n, f, b = {}, "str", 5, function() end, true
            local function try(f) print(pcall(f)) end
            local up = nil
            try(function() t[up] = 1 end)
            try(function() t[0/0] = 1 end)
            try(function() rawset(t, nil, 1) end)
            try(function() local a a = a.b end)
            try(function() local a = 1 a.b.c = 2 end)
            try(function(a) a.b = 2 end)
            try(function(a) return a.b end)
            try(function(a) a() end)
            try(function() return (up or 1)() end)
            try(function() return (up and 1)() end)
            try(function() return (up or t).x.y end)
            try(function() return (f())() end)
            try(function() return f().x end)
            try(function() return (f)().x end)
            try(function() return f()() end)
            try(function() local v = f() + 1 end)
            try(function() return "a" .. f() end)
            try(function() return t.x.y, 1 end)
            try(function() return up.x() end)
            try(function() return up:x() end)
            try(function() t.a, t.b.c = 1, 2 end)
            try(function() t.q.w, t.b = 1, 2 end)
            try(function() _G.x.y = 1 end)
            try(function() math.foo() end)
            try(function() string.foo.bar() end)
            try(function() ("x").foo.bar() end)
            try(function() ("x").foo() end)
            try(function() s.foo() end)
            try(function() s.x = 1 end)
            try(function() n.x = 1 end)
            try(function() f.x = 1 end)
            try(function() b.x.y = 1 end)
            try(function() unpack() end)
            try(function() table.concat({{}}) end)
            try(function() ("x"):bad() end)
            try(function() (t).x.y() end)
            try(function() coroutine.resume(1) end)
            try(function() getfenv(99) end)
            try(function() setfenv(next, {}) end)
            try(function() setfenv(1) end)
            try(function() loadstring() end)
            try(function() load() end)
            try(function() load("x") end)
            """, """
            false test:4: table index is nil
            false test:5: table index is NaN
            false table index is nil
            false test:7: attempt to index local 'a' (a nil value)
            false test:8: attempt to index local 'a' (a number value)
            false test:9: attempt to index local 'a' (a nil value)
            false test:10: attempt to index local 'a' (a nil value)
            false test:11: attempt to call local 'a' (a nil value)
            false test:12: attempt to call a number value
            false test:13: attempt to call a nil value
            false test:14: attempt to index field 'x' (a nil value)
            false test:15: attempt to call a nil value
            false test:16: attempt to index a nil value
            false test:17: attempt to index a nil value
            false test:18: attempt to call a nil value
            false test:19: attempt to perform arithmetic on a nil value
            false test:20: attempt to concatenate a nil value
            false test:21: attempt to index field 'x' (a nil value)
            false test:22: attempt to index upvalue 'up' (a nil value)
            false test:23: attempt to index upvalue 'up' (a nil value)
            false test:24: attempt to index field 'b' (a nil value)
            false test:25: attempt to index field 'q' (a nil value)
            false test:26: attempt to index field 'x' (a nil value)
            false test:27: attempt to call field 'foo' (a nil value)
            false test:28: attempt to index field 'foo' (a nil value)
            false test:29: attempt to index field 'foo' (a nil value)
            false test:30: attempt to call field 'foo' (a nil value)
            false test:31: attempt to call field 'foo' (a nil value)
            false test:32: attempt to index upvalue 's' (a string value)
            false test:33: attempt to index upvalue 'n' (a number value)
            false test:34: attempt to index upvalue 'f' (a function value)
            false test:35: attempt to index upvalue 'b' (a boolean value)
            false test:36: bad argument #1 to 'unpack' (table expected, got no value)
            false test:37: invalid value (table) at index 1 in table for 'concat'
            false test:38: attempt to call method 'bad' (a nil value)
            false test:39: attempt to index field 'x' (a nil value)
            false test:40: bad argument #1 to 'resume' (coroutine expected)
            false test:41: bad argument #1 to 'getfenv' (invalid level)
            false test:42: 'setfenv' cannot change environment of given object
            false test:43: bad argument #2 to 'setfenv' (table expected, got no value)
            false test:44: bad argument #1 to 'loadstring' (string expected, got no value)
            false test:45: bad argument #1 to 'load' (function expected, got no value)
            false test:46: bad argument #1 to 'load' (function expected, got string)
            """)

    def test_the_last_part_has_a_name_if_the_first_jumps_lead_there(self):
        self.check("""
            local c, b, n = true, false, nil
            local function f() return true end
            local function show(g) print((select(2, pcall(g)):gsub("^.*:%d+: attempt to index ", ""))) end
            show(function() local c, n = c, n local x = (((t or t) and f()) or (n and c or c)).y end)
            show(function() local c = c local x = ((n and f()) or c).y end)
            show(function() local c = c local x = (((c or c) and (f() and c)) or c).y end)
            show(function() local c = c local x = (((n or b) and c) or c).y end)
            show(function() local n = n local x = (((1 and true) or 1) and n).y end)
            show(function() local c = c local x = ((nil or false) or (false or c)).y end)
            show(function() local c = c local x = (c or b).y end)
            """, """
            a boolean value
            local 'c' (a boolean value)
            local 'c' (a boolean value)
            a boolean value
            local 'n' (a nil value)
            local 'c' (a boolean value)
            a boolean value
            """)


class LevelTest(ProgramCase):
    def test_error_and_assert(self):
        self.check("""
            local t, s, n, f, b = {}, "str", 5, function() end, true
            local function try(f) print(pcall(f)) end
            local up = nil
            try(function() error("m") end)
            try(function() error("m", 0) end)
            try(function() error("m", 1) end)
            try(function() error("m", 2) end)
            try(function() error("m", 3) end)
            try(function() error("m", 99) end)
            try(function() error() end)
            try(function() error(nil) end)
            try(function() error(5) end)
            try(function() error(true) end)
            try(function() assert(false) end)
            try(function() assert(nil, "msg") end)
            try(function() assert(nil, 5) end)
            try(function() assert(nil, {}) end)
            try(function() assert() end)
            try(function() return assert(1, 2, 3) end)
            """, """
            false test:4: m
            false m
            false test:6: m
            false m
            false test:2: m
            false m
            false nil
            false nil
            false test:12: 5
            false true
            false test:14: assertion failed!
            false test:15: msg
            false test:16: 5
            false test:17: bad argument #2 to 'assert' (string expected, got table)
            false test:18: bad argument #1 to 'assert' (value expected)
            true 1 2 3
            """)


class PlaceTest(ProgramCase):
    def test_operations_over_several_lines(self):
        self.check("""
            local t, s, n, f, b = {}, "str", 5, function() end, true
            local function try(f) print(pcall(f)) end
            local up = nil
            try(function() return
              t.a.
              b.
              c end)
            try(function() return f(
              t.a
              .b) end)
            try(function() f(1,
               2,
               up.x) end)
            try(function()
              local x = 1 +
               2 +
               up
            end)
            try(function()
              local x = "a" ..
               "b" ..
               up ..
               "c"
            end)
            try(function()
              up(
              1)
            end)
            try(function()
              t.m = function(self) return self.q.z end
              t:m()
            end)
            try(function()
              local q = {
                a = 1,
                b = up.x,
                c = 2 }
            end)
            try(function()
              local q = {
                [up] = 1,
              }
            end)
            try(function()
              if up.x then
              elseif 1 then end end)
            try(function()
              if false then
              elseif up.x then end end)
            try(function()
              while up.x do
              end end)
            try(function()
              repeat
                local z = 1
              until up.x end)
            try(function()
              for i = up.x, 2 do
              end end)
            try(function()
              for i = 1,
               up.x do
              end end)
            try(function()
              return 1 < up
            end)
            try(function()
              return up <
               1
            end)
            """, """
            false test:6: attempt to index field 'a' (a nil value)
            false test:10: attempt to index field 'a' (a nil value)
            false test:13: attempt to index upvalue 'up' (a nil value)
            false test:17: attempt to perform arithmetic on upvalue 'up' (a nil value)
            false test:23: attempt to concatenate upvalue 'up' (a nil value)
            false test:26: attempt to call upvalue 'up' (a nil value)
            false test:30: attempt to index field 'q' (a nil value)
            false test:36: attempt to index upvalue 'up' (a nil value)
            false test:41: table index is nil
            false test:45: attempt to index upvalue 'up' (a nil value)
            false test:49: attempt to index upvalue 'up' (a nil value)
            false test:51: attempt to index upvalue 'up' (a nil value)
            false test:56: attempt to index upvalue 'up' (a nil value)
            false test:58: attempt to index upvalue 'up' (a nil value)
            false test:62: attempt to index upvalue 'up' (a nil value)
            false test:65: attempt to compare number with nil
            false test:69: attempt to compare nil with number
            """)


if __name__ == "__main__":
    unittest.main()
