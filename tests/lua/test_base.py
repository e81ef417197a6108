"""The basic functions, as scripts use them."""
import unittest

from .programs import ProgramCase


class LoadTest(ProgramCase):
    def test_syntax_errors_and_names_of_chunks(self):
        self.check(r"""
            print(loadstring("x ="))
            print(loadstring("x =", "=name"))
            print(loadstring("x =", "@file"))
            print(pcall(loadstring("error('e')", "=name")))
            print(pcall(loadstring("error('e')", "@file")))
            print(pcall(loadstring("\n\nerror('e')")))
            print(pcall(loadstring("error('e') -- a very long line that will be cut in the middle")))
            print(pcall(loadstring("local a = ...\nreturn a.b"), 5))
            """, """
            nil [string "x ="]:1: unexpected symbol near '<eof>'
            nil name:1: unexpected symbol near '<eof>'
            nil file:1: unexpected symbol near '<eof>'
            false name:1: e
            false file:1: e
            false [string "..."]:3: e
            false [string "error('e') -- a very long line that will be..."]:1: e
            false [string "local a = ......"]:2: attempt to index local 'a' (a number value)
            """)

    def test_load_reads_pieces(self):
        self.check("""
            local parts = {"return ", "1 ", "+ 2"} local i = 0
            print(load(function() i = i + 1 return parts[i] end)())
            print(load(function() error("r") end))
            print(load(function() return {} end))
            """, """
            3
            nil test:3: r
            nil test:4: reader function must return a string
            """)


class ProtectedCallTest(ProgramCase):
    def test_pcall(self):
        self.check("""
            print(pcall(pcall))
            print(pcall(pcall, 1))
            print(pcall(1))
            print(pcall(nil))
            print(pcall({}))
            print(pcall(error))
            print(pcall(error, "x"))
            print(pcall(error, "x", 2))
            """, """
            false bad argument #1 to '?' (value expected)
            true false attempt to call a number value
            false attempt to call a number value
            false attempt to call a nil value
            false attempt to call a table value
            false nil
            false x
            false test:8: x
            """)

    def test_xpcall(self):
        self.check("""
            print(xpcall(function() error("x") end, function(e) return "H:" .. e end))
            print(xpcall(function() return 1, 2 end, print))
            print(pcall(xpcall))
            print(pcall(xpcall, print))
            print(xpcall(function() error("x", 0) end, function(e) return e, 2 end))
            print(xpcall(nil, function(e) return "H:" .. e end))
            print(xpcall(function() error("a") end, function() error("b") end))
            print(xpcall(function() error({}) end, type))
            print(xpcall(function() local x = nil + 1 end, function(m) return m end))
            print(xpcall(error, nil))
            """, """
            false H:test:1: x
            true 1 2
            false bad argument #2 to '?' (value expected)
            false bad argument #2 to '?' (value expected)
            false x
            false H:attempt to call a nil value
            false error in error handling
            false table
            false test:9: attempt to perform arithmetic on a nil value
            false error in error handling
            """)


class EnvironmentTest(ProgramCase):
    def test_functions_have_their_own(self):
        self.check("""
            local function f() return x end x = "g" print(f()) setfenv(f, {x = "e"}) print(f(), x)
            print(getfenv(f).x, getfenv(f) ~= _G, getfenv(1) == _G, getfenv() == _G, getfenv(next) == _G,
              getfenv(0) == _G)
            local function mk() setfenv(1, {y = 5, setfenv = setfenv}) return function() return y end end
            print(mk()()) local h = mk() setfenv(h, {y = 6}) print(h(), mk()())
            local fs = {} for i = 1, 2 do fs[i] = function() return z end end setfenv(fs[1],
              {z = 1}) z = "global" print(fs[1](), fs[2]())
            local print, setfenv, getfenv, pcall, loadstring = print, setfenv, getfenv, pcall, loadstring
            """, """
            g
            e g
            e true true true true true
            5
            6 5
            1 global
            """)

    def test_levels_and_what_has_none(self):
        self.check("""
            local print, setfenv, getfenv, pcall, loadstring = print, setfenv, getfenv, pcall, loadstring
            print(pcall(setfenv, next, {}))
            local function lvl() setfenv(2, {v = "two"}) end local function user() lvl() return v end
            print(user()) print(setfenv(user, {}) == user)
            """, """
            false 'setfenv' cannot change environment of given object
            two
            true
            """)

    def test_loaded_chunks(self):
        self.check("""
            local print, setfenv, getfenv, pcall, loadstring = print, setfenv, getfenv, pcall, loadstring
            local chunk = loadstring("return q") setfenv(chunk, {q = 7}) print(chunk())
            local c2 = loadstring("q = 1 return function() return q end") setfenv(c2, {}) local inner = c2()
            print(inner(), q)
            """, """
            7
            1 nil
            """)

    def test_metatables_of_environments(self):
        self.check("""
            local print, setfenv, getfenv, pcall, loadstring = print, setfenv, getfenv, pcall, loadstring
            local g = setfenv(function() a = 1 return a end, setmetatable({}, {__index = function(_, k)
              return "idx" .. k end, __newindex = function(t, k, v) print("set", k, v) end})) print(g())
            local co_ok, e = pcall(setfenv(function() return undefined.x end, {})) print(co_ok, e)
            """, """
            set a 1
            idxa
            false test:4: attempt to index global 'undefined' (a nil value)
            """)

    def test_a_function_without_globals(self):
        self.check("""
            local print, setfenv, getfenv, pcall, loadstring = print, setfenv, getfenv, pcall, loadstring
            local function noglobals() local q = 1 return q end setfenv(noglobals, {})
            print(noglobals(), getfenv(noglobals) ~= getfenv(1))
            local function self1() setfenv(1, {}) return print == nil end print(self1()) setfenv(1, {})
            print(pcall == nil, x)
            """, """
            1 true
            false
            false nil
            """)


class NumberTest(ProgramCase):
    def test_tonumber(self):
        self.check("""
            print(tonumber('10'), tonumber(' 0x1F '), tonumber('1e1'), tonumber(''), tonumber(' '),
              tonumber('1 2'), tonumber('0x'), tonumber('1_0'), tonumber(nil == 1), tonumber({}),
              tonumber('.5'), tonumber('5.'), tonumber('-'), tonumber('inf'), tonumber('nan'))
            print(tonumber('ff', 16), tonumber('0xff', 16), tonumber('zz', 36), tonumber('8', 8),
              tonumber('-7', 8), tonumber('101', 2), tonumber(' 11 ', 2), tonumber('1.5', 16), tonumber('',
              16), tonumber(10, 10), tonumber(10, 16), tonumber('10', nil))
            print(pcall(tonumber, '1', 1)) print(pcall(tonumber, '1', 37)) print(pcall(tonumber))
            print(pcall(tonumber, {}, 16))
            """, """
            10 31 10 nil nil nil nil nil nil nil 0.5 5 nil inf nan
            255 255 1295 nil 1.844674407371e+19 5 3 nil nil 10 16 10
            false bad argument #2 to '?' (base out of range)
            false bad argument #2 to '?' (base out of range)
            false bad argument #1 to '?' (value expected)
            false bad argument #1 to '?' (string expected, got table)
            """)

    def test_tostring(self):
        self.check("""
            print(tostring(1), tostring(-0), tostring(1e15), tostring(1e14), tostring(0.1), tostring(1/0),
              tostring(nil), tostring(true), tostring('x'), pcall(tostring))
            print((tostring({}):match('^table: ')), (tostring(print):match('^function: ')),
              (tostring(newproxy()):match('^userdata: ')))
            """, """
            1 -0 1e+15 1e+14 0.1 -inf nil true x false bad argument #1 to '?' (value expected)
            table:  function:  userdata: 
            """)

    def test_type(self):
        self.check("""
            print(type(nil), type(1), type('x'), type({}), type(print), type(true), type(newproxy()),
              pcall(type))
            """, """
            nil number string table function boolean userdata false bad argument #1 to '?' (value expected)
            """)


class TableTest(ProgramCase):
    def test_unpack(self):
        self.check("""
            print(unpack({1, 2, nil, 4}, 1, 4)) print(unpack({}, 1, 3)) print(unpack({1, 2, 3}, -1, 1))
            print(unpack({1, 2}, 2)) print(unpack({1, 2, 3}, 2, '3')) print(unpack({}, 1, 0))
            print(pcall(unpack, {}, 1, 1e8)) print(pcall(unpack)) print(pcall(unpack, {}, {}))
            print(unpack(setmetatable({1}, {__index = function(t, k) return k end}), 1, 3))
            """, """
            1 2 nil 4
            nil nil nil
            nil nil 1
            2
            2 3

            false too many results to unpack
            false bad argument #1 to '?' (table expected, got no value)
            false bad argument #2 to '?' (number expected, got table)
            1 nil nil
            """)

    def test_next(self):
        self.check("""
            print(next({}), next({}, nil), next({10})) print(pcall(next, {}, 'x')) print(pcall(next))
            print(pcall(next, {}, 1))
            local t, c = {a = 1, b = 2, c = 3}, 0 local k = next(t)
            while k do c = c + 1 t[k] = nil k = next(t, k) end print(c, next(t))
            t = {} for j = 1, 5 do t[j] = j end local k1 = next(t) local k2 = next(t, k1)
            print(next(t, k1), next(t, k2)) t[k1] = nil print(next(t), next(t, k2))
            t = {} for j = 1, 5 do t[j] = j end local seen = 0 for k in next, t do seen = seen + k end
            print(seen) print(next({[true] = 1}))
            local a = {1, 2, 3} local x = next(a) for k in pairs(a) do x = next(a, x) print(k, x) end
            """, """
            nil nil 1 10
            false invalid key to 'next'
            false bad argument #1 to '?' (table expected, got no value)
            false invalid key to 'next'
            3 nil
            2 3 3
            2 3 3
            15
            true 1
            1 2
            2 3
            3 nil
            """)

    def test_select(self):
        self.check("""
            print(pcall(select, 0)) print(pcall(select, -1)) print(select(-1, 1, 2, 3))
            print(select(2, 'a', 'b', 'c')) print(select('2', 'a', 'b')) print(pcall(select))
            print(pcall(select, 'x', 1)) print(pcall(select, {}, 1)) print(select(10, 1))
            print(select(1.9, 'a', 'b')) print(select('#')) print(select('#', nil, nil))
            """, """
            false bad argument #1 to '?' (index out of range)
            false bad argument #1 to '?' (index out of range)
            3
            b c
            b
            false bad argument #1 to '?' (number expected, got no value)
            false bad argument #1 to '?' (number expected, got string)
            false bad argument #1 to '?' (number expected, got table)

            a b
            0
            2
            """)

    def test_raw_access(self):
        self.check("""
            print(rawequal(0/0, 0/0), rawequal('a', 'a'), rawequal({}, {}), pcall(rawequal, 1))
            print(rawset({}, 'a', 1).a, pcall(rawset, {}, nil, 1)) print(pcall(rawget, 1, 1))
            print(pcall(rawset, {}, 1)) print(rawget({[true] = 5}, true), rawset({}, true, 6)[true])
            """, """
            false true false false bad argument #2 to '?' (value expected)
            1 false table index is nil
            false bad argument #1 to '?' (table expected, got number)
            false bad argument #3 to '?' (value expected)
            5 6
            """)

    def test_collectgarbage(self):
        self.check("""
            print(collectgarbage(), collectgarbage('collect'), type(collectgarbage('count')), type(gcinfo()),
              pcall(collectgarbage, 'x'))
            """, "0 0 number number false bad argument #1 to '?' (invalid option 'x')")


if __name__ == "__main__":
    unittest.main()
