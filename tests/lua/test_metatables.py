"""Metatables: every event, and what happens if a metamethod is missing or odd."""
import unittest

from .programs import ProgramCase

# Tables t and u whose metamethods tell what they are called with.
TELLING = """
local function name(v) return type(v) == "table" and (rawget(v, "n") or "tbl") or tostring(v) end
local mt = {}
for _, e in ipairs{"add", "sub", "mul", "div", "mod", "pow", "unm", "concat"} do mt["__" .. e] =
  function(a, b) return e .. "(" .. name(a) .. "," .. name(b) .. ")" end end
local t, u = setmetatable({n = "t"}, mt), setmetatable({n = "u"}, mt)"""


class ArithmeticTest(ProgramCase):
    def test_the_left_operand_s_metamethod_comes_first(self):
        self.check(TELLING + """
            print(t + 1, 1 + t, t + u, t - "x", {} * t, t / nil, t % true, 2 ^ t, -t)
            print(t .. "s", "s" .. t, 1 .. t, t .. u, t .. 1 .. "x" .. u)
            """, """
            add(t,1) add(1,t) add(t,u) sub(t,x) mul(tbl,t) div(t,nil) mod(t,true) pow(2,t) unm(t,t)
            concat(t,s) concat(s,t) concat(1,t) concat(t,u) concat(t,1concat(x,u))
            """)

    def test_concatenation_goes_from_the_right(self):
        self.check(TELLING + """
            print("a" .. "b" .. t .. "c" .. "d")
            local con = setmetatable({}, {__concat = function(a, b) return {a, b} end}) local r = "a" .. con
            print(type(r), r[1]) r = con .. con print(r[1] == con)
            print(pcall(function() return 1 .. {} .. con end))
            """, """
            abconcat(t,cd)
            table a
            true
            false test:9: attempt to concatenate a table value
            """)

    def test_operands_without_metamethods(self):
        self.check(TELLING + """
            print(pcall(function() return {} + 1 end)) print(pcall(function() return {} .. "x" end))
            print(pcall(function() return nil .. t end))
            """, """
            false test:6: attempt to perform arithmetic on a table value
            false test:6: attempt to concatenate a table value
            true concat(nil,t)
            """)

    def test_one_result_is_taken(self):
        self.check("""
            local rt = setmetatable({}, {__index = function() return 1, 2, 3 end, __add = function() return
              end, __call = function() end}) print(rt.x, rt + 1, rt()) print((rt()))
            local un = setmetatable({}, {__unm = function(a, b) return rawequal(a, b) end}) print(-un)
            """, """
            1 nil
            nil
            true
            """)


class ComparisonTest(ProgramCase):
    def test_lt_eq_and_le(self):
        self.check("""
            local c = {__lt = function(a, b) return a.v < b.v end, __eq = function(a, b)
              return a.v == b.v end}
            local a, b = setmetatable({v = 1}, c), setmetatable({v = 2}, c)
            print(a < b, a > b, a <= b, a >= b, a == b, a ~= b, a == setmetatable({v = 1}, c),
              a == setmetatable({v = 1}, {__eq = c.__eq}), a == setmetatable({v = 1}, {__eq = function()
              return true end}), a == 1, a == {v = 1})
            c.__le = function() return "yes" end print(a <= b, a >= b) c.__lt = function() return nil end
            print(a < b)
            """, """
            true false true false false true true true false false false
            true true
            false
            """)

    def test_what_cannot_be_compared(self):
        self.check("""
            local c = {__lt = function(a, b) return a.v < b.v end, __eq = function(a, b)
              return a.v == b.v end}
            local a, b = setmetatable({v = 1}, c), setmetatable({v = 2}, c)
            print(pcall(function() return a < 1 end)) print(pcall(function() return a < {} end))
            print(pcall(function() return {} < {} end)) print(pcall(function() return 1 < "2" end))
            print(pcall(function() return nil < nil end)) print(pcall(function() return "a" <= 1 end))
            print(pcall(function() return print < print end))
            print(pcall(function() return true >= false end)) print(pcall(function() return {} > 1 end))
            """, """
            false test:4: attempt to compare table with number
            false test:4: attempt to compare two table values
            false test:5: attempt to compare two table values
            false test:5: attempt to compare number with string
            false test:6: attempt to compare two nil values
            false test:6: attempt to compare string with number
            false test:7: attempt to compare two function values
            false test:8: attempt to compare two boolean values
            false test:8: attempt to compare number with table
            """)


class IndexTest(ProgramCase):
    def test_functions_and_chains(self):
        self.check("""
            local i = setmetatable({}, {__index = function(t, k) return k end})
            print(i.x, i[1], i[nil], i[true], i[0/0] ~= nil, rawget(i, 1))
            local chain = setmetatable({}, {__index = setmetatable({a = 1}, {__index = setmetatable({b = 2},
              {__index = function(t, k) return "end" .. tostring(k) end})})}) print(chain.a, chain.b, chain.c)
            """, """
            x 1 nil true true nil
            1 2 endc
            """)

    def test_loops_are_found(self):
        self.check("""
            local loop = {} setmetatable(loop, {__index = loop, __newindex = loop})
            print(pcall(function() return loop.x end)) print(pcall(function() loop.x = 1 end))
            """, """
            false test:2: loop in gettable
            false test:2: loop in settable
            """)

    def test_newindex_is_asked_for_new_keys_only(self):
        self.check("""
            local n = setmetatable({}, {__newindex =
              function(t, k, v) rawset(t, k, v * 2) end}) n.x = 5 n.x = 6 n[1] = 2
            print(n.x, n[1]) n.x = nil n.x = 1 print(n.x)
            local store = {} local nn = setmetatable({}, {__newindex = store}) nn.a = 1
            print(rawget(nn, "a"), store.a)
            local store = {} local nn = setmetatable({}, {__newindex = store}) nn.a = 1
            print(rawget(nn, "a"), store.a)
            """, """
            6 4
            2
            nil 1
            nil 1
            """)

    def test_keys_that_cannot_be_are_refused_first(self):
        self.check("""
            local t = setmetatable({}, {__newindex = function(...) print("newindex", ...) end})
            print(pcall(function() t[nil] = 1 end))
            print(pcall(function() t[0/0] = 1 end))
            print(pcall(function() t[nil] = nil end))
            print(pcall(function() setmetatable({}, {})[nil] = nil end))
            print(pcall(function() setmetatable({}, {})[0/0] = nil end))
            print(pcall(function() ({})[nil] = nil end))
            print(pcall(function() setmetatable({}, {__newindex = {}})[nil] = 5 end))
            """, """
            false test:2: table index is nil
            false test:3: table index is NaN
            false test:4: table index is nil
            false test:5: table index is nil
            false test:6: table index is NaN
            false test:7: table index is nil
            false test:8: table index is nil
            """)


class CallTest(ProgramCase):
    def test_call_gets_the_table_first(self):
        self.check("""
            local call = setmetatable({}, {__call = function(self, ...) return select("#", ...), ... end})
            print(call(), call(1, nil)) print(pcall(call, 5)) print((call(1, 2)))
            local call2 = setmetatable({}, {__call = call}) print(pcall(call2, 1))
            print(pcall(setmetatable({}, {__call = 5})))
            """, """
            0 2 1 nil
            true 1 5
            2
            false attempt to call a table value
            false attempt to call a table value
            """)


class OtherEventsTest(ProgramCase):
    def test_tostring(self):
        self.check("""
            print(tostring(setmetatable({}, {__tostring = function() return "T!" end})),
              pcall(tostring, setmetatable({}, {__tostring = function()
              error("e", 0) end})), tostring(setmetatable({}, {__tostring = function() return 5 end})))
            """, "T! false 5")

    def test_len_does_not_count_for_tables(self):
        self.check("""
            print(#setmetatable({1, 2}, {__len = function() return 10 end}))
            """, "2")

    def test_metatable_hides_and_protects(self):
        self.check("""
            print(getmetatable(setmetatable({}, {__metatable = "locked"})),
              pcall(setmetatable, setmetatable({}, {__metatable = false}), nil))
            print(pcall(setmetatable, setmetatable({}, {__metatable = 1}), {}))
            print(getmetatable(1), getmetatable(print), getmetatable({})) print(pcall(getmetatable))
            print(pcall(setmetatable, 1, {})) print(pcall(setmetatable, {})) print(pcall(setmetatable, {}, 1))
            print(getmetatable(setmetatable({}, nil)))
            """, """
            locked false cannot change a protected metatable
            false cannot change a protected metatable
            nil nil nil
            false bad argument #1 to '?' (value expected)
            false bad argument #1 to '?' (table expected, got number)
            false bad argument #2 to '?' (nil or table expected)
            false bad argument #2 to '?' (nil or table expected)
            nil
            """)

    def test_raw_access_asks_nobody(self):
        self.check("""
            local a, b = setmetatable({v = 1}, {__eq = function() return true end}), {}
            print(rawequal(a, b), rawequal(a, a), rawequal("a", "a"), rawequal(1, 1), rawequal(0/0, 0/0),
              pcall(rawequal, 1)) print(rawset({}, "a", 1).a, pcall(rawset, {}, nil, 1))
            print(pcall(rawset, {}, 0/0, 1)) print(pcall(rawget, 1, 1)) print(pcall(rawset, {}, 1))
            """, """
            false true true true false false bad argument #2 to '?' (value expected)
            1 false table index is nil
            false table index is NaN
            false bad argument #1 to '?' (table expected, got number)
            false bad argument #3 to '?' (value expected)
            """)

    def test_next_asks_nobody(self):
        self.check("""
            local a = setmetatable({}, {__eq = function() return true end})
            local b = setmetatable({}, getmetatable(a))
            print(a == b)
            local t = {[a] = 1, [b] = 2}
            local seen = 0
            local k = next(t)
            while k do seen = seen + 1 if seen > 5 then break end k = next(t, k) end
            print(seen)
            print(next({[a]=1}, a))
            print(t[a], t[b])
            print(pcall(next, {[a]=1}, b))
            """, """
            true
            2
            nil
            1 2
            false invalid key to 'next'
            """)


class UserdataTest(ProgramCase):
    def test_newproxy_with_all_events(self):
        self.check("""
            local store = {}
            local p = newproxy(true) local pm = getmetatable(p) pm.__index = function(u, k) return "idx"
              .. tostring(k) end pm.__newindex = function(u, k, v)
            print("new", k, v) end pm.__call = function(u, ...) return "called", ... end pm.__eq = function()
              return true end pm.__lt = function() return true end pm.__concat = function(a, b)
              return "cat" end pm.__len = function() return 42 end pm.__unm = function()
              return "neg" end pm.__tostring = function() return "proxy" end pm.__add = function()
              return "sum" end
            print(p.x, p[1], p(1, 2), p == newproxy(p), p < newproxy(p), p <= newproxy(p), p .. "x", 1
              .. p, #p, -p, tostring(p), p + 1, type(p)) p.x = 1 p[true] = nil
            pm.__index = {a = 1} print(p.a, p.b) pm.__newindex = store p.q = 9
            print(store.q) pm.__metatable = "no" print(getmetatable(p))
            """, """
            idxx idx1 called true true false cat cat 42 neg proxy sum userdata
            new x 1
            new true nil
            1 nil
            9
            no
            """)

    def test_without_metamethods(self):
        self.check("""
            print(pcall(function() return newproxy().x end)) print(pcall(function() newproxy().x = 1 end))
            print(pcall(function() return newproxy()() end)) print(pcall(function() return #newproxy() end))
            print(newproxy(true) == newproxy(true), pcall(newproxy, 1))
            print(getmetatable(newproxy()), type(getmetatable(newproxy(true))), newproxy() == newproxy())
            """, """
            false test:1: attempt to index a userdata value
            false test:1: attempt to index a userdata value
            false test:2: attempt to call a userdata value
            false test:2: attempt to get length of a userdata value
            false false bad argument #1 to '?' (boolean or proxy expected)
            nil table false
            """)


if __name__ == "__main__":
    unittest.main()
