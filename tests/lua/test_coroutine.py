"""Coroutines: what goes in and out of them, their states, where a yield is refused."""
import unittest

from .programs import ProgramCase


class ResumeTest(ProgramCase):
    def test_values_go_in_and_out(self):
        self.check("""
            local co = coroutine.create(function(a, b) print("start", a, b)
            local c, d = coroutine.yield(a + b) print("got", c, d) local e = coroutine.yield()
            print(e) return "end", nil, 3 end)
            print(coroutine.status(co)) print(coroutine.resume(co, 1, 2)) print(coroutine.status(co))
            print(coroutine.resume(co, "x", "y")) print(coroutine.resume(co)) print(coroutine.status(co))
            print(coroutine.resume(co))
            """, """
            suspended
            start 1 2
            true 3
            suspended
            got x y
            true
            nil
            true end nil 3
            dead
            false cannot resume dead coroutine
            """)

    def test_a_yield_gives_any_number_of_values(self):
        self.check("""
            local w = coroutine.wrap(function(...) local n = select("#", ...)
            while true do n = n + select("#", coroutine.yield(n)) end end)
            print(w(), w(1), w(1, 2), w(nil, nil, nil))
            """, "0 1 3 6")

    def test_results_and_their_number(self):
        self.check("""
            print(select("#", coroutine.resume(coroutine.create(function() end))), select("#",
              coroutine.resume(coroutine.create(function() return nil end))))
            """, "1 2")

    def test_the_library_s_yield_under_another_name(self):
        self.check("""
            local yield = coroutine.yield
            local c2 = coroutine.wrap(function() local t = {yield(1), yield(2), n = yield(3)} return #t,
              t.n, yield(4) .. yield(5) end)
            print(c2()) print(c2("a")) print(c2("b")) print(c2("c")) print(c2("d")) print(c2("e"))
            local c3 = coroutine.wrap(function(...) return yield(...) end) print(c3(1, 2, 3)) print(c3(4, 5))
            local c5 = coroutine.wrap(function() local x = yield() while x do
            x = yield(x + 1) end return "over" end) print(c5(), c5(1), c5(5), c5(false))
            """, """
            1
            2
            3
            4
            5
            2 c de
            1 2 3
            4 5
            nil 2 6 over
            """)

    def test_generators_in_loops(self):
        self.check("""
            local gen = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i, i * i) end end)
            for a, b in gen do print(a, b) end
            local function tree(n) if n > 0 then tree(n - 1) coroutine.yield(n) tree(n - 1) end end
            local r = {} for n in coroutine.wrap(function() tree(3) end) do r[#r + 1] = n end
            print(table.concat(r, " "))
            """, """
            1 1
            2 4
            3 9
            1 2 1 3 1 2 1
            """)

    def test_a_yield_in_the_function_of_a_loop(self):
        self.check("""
            print(coroutine.resume(coroutine.create(function()
            for k in function() return coroutine.yield("in for") end do return k end end)))
            """, "false attempt to yield across metamethod/C-call boundary")

    def test_tail_calls_in_a_coroutine_do_not_nest(self):
        self.check("""
            local yield = coroutine.yield
            local function loop(n) if n == 0 then return yield("bottom") end return loop(n - 1) end
            local c4 = coroutine.wrap(loop) print(c4(5000)) print(c4("x", "y"))
            local co = coroutine.wrap(function(n) local function l(n)
            if n == 0 then return coroutine.yield("bottom") end return l(n - 1) end return l(n) end)
            print(co(20000)) print(co("r"))
            local function ev(n) if n == 0 then return "E" end return od(n - 1) end function od(n)
              return ev(n) end print(coroutine.wrap(ev)(10000))
            local o = {} function o:m(n) if n == 0 then return coroutine.yield(self == o) end
              return self:m(n - 1) end local c = coroutine.wrap(function() return o:m(1000) end) print(c())
            print(c(5, 6))
            """, """
            bottom
            x y
            bottom
            r
            E
            true
            5 6
            """)


class StateTest(ProgramCase):
    def test_what_running_and_status_tell(self):
        self.check("""
            print(coroutine.running()) print(coroutine.resume(coroutine.create(function() return
              coroutine.status(coroutine.running()), type(coroutine.running()) end)))
            """, """
            nil
            true running thread
            """)

    def test_a_coroutine_cannot_resume_itself_or_what_resumed_it(self):
        self.check("""
            local co; co = coroutine.create(function() return coroutine.resume(co) end)
            print(coroutine.resume(co))
            co = coroutine.wrap(function() return pcall(co) end) print(co())
            local outer = coroutine.create(function() local inner = coroutine.create(function() return
              coroutine.status(outer_co), coroutine.resume(outer_co) end) return coroutine.resume(inner) end)
            outer_co = outer print(coroutine.resume(outer))
            """, """
            true false cannot resume running coroutine
            false cannot resume running coroutine
            true true normal false cannot resume normal coroutine
            """)

    def test_a_dead_one_stays_dead(self):
        self.check("""
            local dead = coroutine.wrap(function() end) dead() print(pcall(dead))
            """, "false cannot resume dead coroutine")

    def test_many_may_be_left_in_the_middle(self):
        self.check("""
            local co = {}
            local function nest(n) if n == 0 then coroutine.yield(1) else nest(n - 1) end return n end
            for i = 1, 300 do co[i] = coroutine.create(nest) assert(coroutine.resume(co[i], 3)) end
            for i = 1, 300 do assert(coroutine.resume(co[i])) end print(coroutine.status(co[1]))
            for i = 1, 1000 do local c = coroutine.wrap(nest) c(3) end print('abandoned')
            """, """
            dead
            abandoned
            """)

    def test_nested_calls(self):
        self.check("""
            local function sum(n) if n == 0 then return 0 end return n + sum(n - 1) end
            print(coroutine.wrap(sum)(150), sum(150))
            local function deep(n) if n == 0 then coroutine.yield('bottom') return 0 end
              return n + deep(n - 1) end
            local c = coroutine.wrap(deep) print(c(150)) print(c())
            """, """
            11325 11325
            bottom
            11325
            """)


class ErrorTest(ProgramCase):
    def test_errors_end_a_coroutine(self):
        self.check("""
            print(pcall(coroutine.wrap(function() error("x") end)))
            print(pcall(coroutine.wrap(function() error("x", 0) end)))
            print(coroutine.resume(coroutine.create(function() error() end)))
            print(coroutine.resume(coroutine.create(function() error(nil) end)))
            print(pcall(function() local c = coroutine.wrap(function() local x = nil; x.y = 1 end) c() end))
            """, """
            false test:1: x
            false x
            false nil
            false nil
            false test:5: test:5: attempt to index local 'x' (a nil value)
            """)

    def test_arguments_of_the_library(self):
        self.check("""
            print(pcall(coroutine.create, next)) print(pcall(coroutine.create))
            print(pcall(coroutine.create, 1)) print(pcall(coroutine.wrap, next))
            print(pcall(coroutine.resume, 1)) print(pcall(coroutine.status)) print(pcall(coroutine.yield, 1))
            """, """
            false bad argument #1 to '?' (Lua function expected)
            false bad argument #1 to '?' (Lua function expected)
            false bad argument #1 to '?' (Lua function expected)
            false bad argument #1 to '?' (Lua function expected)
            false bad argument #1 to '?' (coroutine expected)
            false bad argument #1 to '?' (coroutine expected)
            false attempt to yield across metamethod/C-call boundary
            """)

    def test_no_yield_across_library_functions_and_metamethods(self):
        self.check("""
            print(coroutine.resume(coroutine.create(function() return pcall(coroutine.yield, 1) end)))
            print(coroutine.resume(coroutine.create(function() return pcall(function()
              coroutine.yield(1) end) end)))
            print(coroutine.resume(coroutine.create(function() local
            t = setmetatable({}, {__add = function(a, b) coroutine.yield(1) return 2 end}) return t + 1 end)))
            print(coroutine.resume(coroutine.create(function() local
            t = setmetatable({}, {__index = function(a, b) coroutine.yield(1) return 2 end}) return t.x end)))
            print(coroutine.resume(coroutine.create(function() table.sort({3, 2, 1}, function(a, b)
              coroutine.yield() return a < b end) end)))
            print(coroutine.resume(coroutine.create(function() string.gsub("abc", ".", function(a, b)
              coroutine.yield() end) end)))
            """, """
            true false attempt to yield across metamethod/C-call boundary
            true false attempt to yield across metamethod/C-call boundary
            false attempt to yield across metamethod/C-call boundary
            false attempt to yield across metamethod/C-call boundary
            false attempt to yield across metamethod/C-call boundary
            false attempt to yield across metamethod/C-call boundary
            """)

    def test_a_yield_across_call_is_allowed(self):
        self.check("""
            print(coroutine.resume(coroutine.create(function() local
            t = setmetatable({}, {__call = function(self, a) return coroutine.yield(a) end})
              return t(5) end)))
            """, "true 5")


if __name__ == "__main__":
    unittest.main()
