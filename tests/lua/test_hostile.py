"""Programs that try to break out of lua.Runtime, to hang it or to crash Python.

They end in an error or can be stopped.
"""
import gc
import threading
import time
import unittest
import warnings

from redis_clone.lua.errors import LuaError, ScriptKilled
from redis_clone.lua.runtime import Runtime
from redis_clone.lua.values import Table, type_name

STACK_BYTES = 1 << 20                           # as the server's threads have
SOON_S = 0.02                                   # when a program is stopped
PATIENCE_S = 30.0


def in_thread(function):
    """What `function()` returns or raises in a thread with the stack of the server's threads."""
    outcome = []

    def run():
        try:
            outcome.append((function(), None))
        except BaseException as error:
            outcome.append((None, error))

    before = threading.stack_size(STACK_BYTES)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    result, error = outcome[0]
    if error is not None:
        raise error
    return result


class HostileTestCase(unittest.TestCase):
    def setUp(self):
        self.runtime = Runtime()

    def run_lua(self, source, *args):
        runtime = self.runtime

        def run():
            return runtime.call(runtime.load(source if source.__class__ is bytes else source.encode()), *args)
        return in_thread(run)

    def fails(self, text, source):
        """A program must end in an error that has this text (bytes) in it."""
        with self.assertRaises(LuaError) as caught:
            self.run_lua(source)
        self.assertIn(text, caught.exception.value)

    def runs_until_stopped(self, source):
        """A program must go on, and end when it is stopped."""
        def kill():
            raise ScriptKilled

        timer = threading.Timer(SOON_S, self.runtime.interrupt, (kill,))
        timer.start()
        started_s = time.monotonic()
        with self.assertRaises(ScriptKilled):
            self.run_lua(source)
        self.assertLess(time.monotonic() - started_s, PATIENCE_S)
        timer.join()


class EndlessTest(HostileTestCase):
    def test_loops(self):
        for source in ("while true do end", "repeat until false", "for i = 1, 1e308 do end",
                       "for i = 1, math.huge do end", "for i = 1, 0, 0 do end",
                       "for i in function() return 1 end do end",
                       "while os.clock() < 1e9 do end"):
            with self.subTest(source):
                self.runs_until_stopped(source)

    def test_what_catches_errors_does_not_hold_up_who_stops_it(self):
        loop = "function() while true do end end"
        for source in (f"while true do pcall({loop}) end", f"while true do xpcall({loop}, {loop}) end",
                       f"while true do coroutine.resume(coroutine.create({loop})) end",
                       f"coroutine.wrap(function() while true do pcall({loop}) end end)()",
                       f"table.sort({{1, 2, 3}}, {loop})", f"string.gsub('a', '.', {loop})",
                       f"return tostring(setmetatable({{}}, {{__tostring = {loop}}}))",
                       f"return setmetatable({{}}, {{__index = {loop}}}).x",
                       f"local m = {{__eq = {loop}}} return setmetatable({{}}, m) == setmetatable({{}}, m)"):
            with self.subTest(source):
                self.runs_until_stopped(source)

    def test_tail_calls(self):
        for source in ("local function f() return f() end f()",
                       "local f, g f = function() return g() end g = function() return f() end f()",
                       "coroutine.wrap(function() local function f() return f() end return f() end)()"):
            with self.subTest(source):
                self.runs_until_stopped(source)

    def test_recursion_that_is_caught_again_and_again(self):
        for source in ("local function f() pcall(f) f() end f()",
                       "local function f() pcall(f) end while true do f() end",
                       "local function f() f() end while true do pcall(f) end",
                       "local function f(a, b) f(1) end while true do pcall(f) end",
                       "local function f(...) return (f(1, ...)) end while true do pcall(f) end",
                       "local function f() f() end local function g() pcall(f) pcall(g) return g() end g()",
                       "local function f() if not pcall(f) then while true do end end end f()",
                       "local function f() coroutine.resume(coroutine.create(f)) while true do end end f()"):
            with self.subTest(source):
                self.runs_until_stopped(source)

    def test_load_asks_a_library_function_for_more(self):
        self.runs_until_stopped("load(os.clock)")
        self.runs_until_stopped("load(function() return 'x ' end)")

    def test_patterns(self):
        for source in ("return string.find(string.rep('a', 40), string.rep('a?', 40) .. string.rep('a', 40))",
                       "return string.find(string.rep('a', 100000), '(.-)(.-)%1%2b')",
                       "return string.find(string.rep('x', 3000), string.rep('x*', 100) .. 'y')",
                       "return string.find(string.rep(' ', 1000000), '%s*$x')"):
            with self.subTest(source):
                self.runs_until_stopped(source)


class RecursionTest(HostileTestCase):
    def test_calls(self):
        for source in ("local function f() return f() + 1 end f()",
                       "local function f(...) return unpack({f(...)}) end f(1)",
                       "local function f() return {f()} end f()",
                       "local function f() for x in f do end end f()",
                       "local function f() for k, v in f do end end f()",
                       "local function f() return table.concat({f()}, f()) end f()",
                       "local function f() table.sort({1, 2, 3}, function(a, b) f() return a < b end) end f()",
                       "local function f() string.gsub('abc', '.', f) end f()",
                       "local f f = function() return table.foreach({1}, f) end f()",
                       "local function f() f() return coroutine.yield() end coroutine.wrap(f)()"):
            with self.subTest(source):
                for _ in range(5):              # Python compiles what is called often in other ways
                    self.fails(b"stack overflow", source)

    def test_metamethods(self):
        for event, body in (("__index", "return a.x"), ("__add", "return a + b"), ("__concat", "return a .. b"),
                            ("__eq", "return a == b"), ("__lt", "return a < b"), ("__unm", "return -a"),
                            ("__call", "return a() + 1"), ("__newindex", "a.x = 1")):
            with self.subTest(event):
                self.fails(b"stack overflow",
                           "local m = {} local a, b = setmetatable({}, m), setmetatable({}, m) "
                           f"m.{event} = function(a, b) {body} end {body}")

    def test_library_functions_alone(self):
        self.fails(b"stack overflow",
                   "local t = setmetatable({}, {}) getmetatable(t).__tostring = tostring tostring(t)")

    def test_coroutines_inside_each_other(self):
        self.fails(b"stack overflow", "local function f() return coroutine.wrap(f)() end f()")

    def test_depth_is_the_same_afterwards(self):
        source = "local n = 0 local function f() n = n + 1 f() end pcall(f) return n"
        first = self.run_lua(source)
        self.run_lua("for i = 1, 500 do coroutine.wrap(function() (function() coroutine.yield() end)() end)() end")
        self.run_lua("for i = 1, 10 do pcall(string.gsub, 'a', '.', function() error('x') end) end")
        self.assertLess(abs(self.run_lua(source) - first), 20)

    def test_what_is_nested_deeply_is_freed(self):
        self.run_lua("local t = {} for i = 1, 100000 do t = {t} end "
                     "local f for i = 1, 50000 do local g = f f = function() return g end end "
                     "local m for i = 1, 50000 do m = setmetatable({}, {__index = m}) end "
                     "local c for i = 1, 2000 do local d = c c = coroutine.create(function() local e = d "
                     "coroutine.yield() end) coroutine.resume(c) end")


class SourceTest(HostileTestCase):
    def test_deep_nesting_is_refused(self):
        deep = 5000
        for source in ("return " + "(" * deep, "return function() " * deep, "do " * deep, "while x do " * deep,
                       "if x then " * deep, "return " + "not " * deep + "1", "return " + "{" * deep,
                       "return " + "'a' .. " * deep + "'a'", "local x return " + "x[" * deep,
                       "local f return " + "f(" * deep):
            with self.subTest(source[:20]), self.assertRaises(LuaError):
                self.run_lua(source)

    def test_long_chains_are_compiled_or_refused(self):
        long = 3000
        chain = "".join(f"elseif a == {number} then a = {number} " for number in range(long))
        deep = "elseif a.b == " + "(1 + " * 20 + "a.c" + ")" * 20 + " then a = 2 "
        for source in (f"local a = 1 if a == 0 then {chain} end", f"local a = {{}} if a == 0 then {deep * long} end",
                       "local x = 1 return " + "x + " * long + "x", "local x = 1 return " + "x and " * long + "x",
                       "local x = {} return x" + ".a" * long, "local f = type f" + "()" * long,
                       "local x = 'x' return x" + ":rep(1)" * long, "local x " + "x = function() end " * 6000):
            with self.subTest(source[:30]):
                try:
                    self.runtime.load(source.encode())
                except LuaError as error:
                    self.assertIn(b"user_script", error.value)

    def test_large_constructors(self):
        self.assertEqual(self.run_lua("return #{" + "1," * 20000 + "}"), 20000.0)

    def test_names_of_python(self):
        names = ("__class__ __builtins__ __import__ t1 G E STOP va first add_1 None True lambda def class r b1 f1 stop "
                 "self float bytes tuple exec eval open globals nonlocal raise yield").split()
        source = f"local {', '.join(names)} = {', '.join(map(str, range(len(names))))} local function make1() return "
        self.assertEqual(self.run_lua(source + " + ".join(names) + " end return make1()"),
                         float(sum(range(len(names)))))
        for name in names:
            self.assertIsNone(self.run_lua(f"return {name}"), name)
            self.assertEqual(self.run_lua(f"local function {name}({name}, ...) {name} = {name} + 1 return {name} end "
                                          f"return {name}(1)"), 2.0, name)

    def test_strange_bytes_in_strings_and_names_of_chunks(self):
        odd = rb"a\n\r\1\2'\"\\\0\t\255<lua "
        for source in (b't["%s"].x = 1', b'return t["%s"].x', b't["%s"]()', b'return t["%s"] + 1', b'error("%s")'):
            with self.subTest(source), self.assertRaises(LuaError) as caught:
                self.run_lua(b"local t = {} " + source % odd)
            self.assertIn(b"a\n\r\1\2'\"\\", caught.exception.value)
        for mark in (b"@", b"=", b""):
            with self.subTest(mark), self.assertRaises(LuaError) as caught:
                self.run_lua(b'loadstring("error(1)", "%s%s")()' % (mark, odd))
            self.assertIn(b":1: 1", caught.exception.value)

    def test_python_warns_of_nothing(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for source in ("(1)()", "(nil)()", "('x')()", "({})()", "(1 and 2)()", "(not 1)()", "(nil or 0)(1)",
                           "return (false or 0) == false", "return 1 == nil", "return (1 == 1) == true",
                           "return ({}).x.y", "return (1).x",
                           "return ('x').y.z", "return -{}", "return #1", "return ('x')[1].y"):
                with self.subTest(source):
                    self.runtime.load(source.encode())

    def test_the_smallest_integer(self):
        self.assertEqual(self.run_lua("local x = -9223372036854775808 return type(x) .. tostring(x)"),
                         b"number-9.2233720368548e+18")


class SizeTest(HostileTestCase):
    def test_what_is_too_large_is_refused_at_once(self):
        for source in ("return string.rep('x', 1e9)", "local s = string.rep('x', 1e7) return string.rep(s, 1e7)",
                       "local t = {string.rep('x', 1e7)} for i = 2, 100 do t[i] = t[1] end t[101] = 1 "
                       "return table.concat(t)",
                       "local s = string.rep('x', 1e6) return string.gsub(s, '.', s)",
                       "return string.gsub('a', 'a', string.rep('%1', 1e6))"):
            with self.subTest(source):
                self.fails(b"not enough memory", source)
        self.fails(b"too many results to unpack", "return unpack({}, 1, 1e8)")
        self.fails(b"invalid format", "return string.format('%99999999d', 1)")
        self.fails(b"invalid format", "return string.format('%.99999999f', 1)")
        self.fails(b"pattern too long", "return string.find('a', string.rep('a?', 1e6))")
        self.fails(b"no value", "return string.format(string.rep('%d', 1e6))")

    def test_a_plain_text_may_be_a_long_pattern(self):
        self.assertEqual(self.run_lua("local s = string.rep('a', 1e6) return string.find('b' .. s, s)"),
                         (2.0, 1000001.0))

    def test_very_many_digits(self):
        self.assertEqual(self.run_lua("return tonumber(string.rep('z', 1e6), 36)"), 1.8446744073709552e19)
        self.assertEqual(self.run_lua("return tonumber('-' .. string.rep('9', 1e6), 11)"), 1.8446744073709552e19)
        self.assertEqual(self.run_lua("return tonumber(string.rep('9', 1e6))"), float("inf"))
        self.assertIsNone(self.run_lua("return tonumber(string.rep('9', 1e6) .. 'z', 11)"))
        self.assertIsNone(self.run_lua("return tonumber('', 11)"))
        self.assertEqual(self.run_lua("return tonumber('000', 11)"), 0.0)

    def test_comparison_functions_that_contradict_themselves(self):
        for answer in ("true", "math.random() < 0.5", "nil", "a > b and b > a"):
            self.run_lua("local t = {} for i = 1, 1000 do t[i] = i end "
                         f"pcall(table.sort, t, function(a, b) return {answer} end)")

    def test_positions_far_outside(self):
        self.run_lua("local t = {1, 2, 3} t[1e300] = 1 table.insert(t, 1e8, 1) table.insert(t, -1e308, 1) "
                     "table.remove(t, -2147483648) pcall(table.concat, t, ',', -2147483648, 2147483647) "
                     "pcall(string.sub, 'x', -1e308, 1e308) pcall(math.random, -2147483648, 2147483647)")


class ValuesTest(HostileTestCase):
    def test_all_that_can_be_reached_is_a_lua_value(self):
        seen = set()

        def visit(value):
            self.assertIsNotNone(type_name(value))
            if isinstance(value, Table) and id(value) not in seen:
                seen.add(id(value))
                for each in value.values():
                    visit(each)
        visit(self.runtime.globals)
        visit(self.runtime.string_metatable)

    def test_levels_lead_nowhere(self):
        globals_ = self.runtime.globals
        for level in range(30):
            result = self.run_lua("local ok, e = pcall(getfenv, ...) return ok and e or nil", float(level))
            self.assertTrue(result is None or result is globals_, result)

    def test_functions_given_away_by_setfenv_check_what_they_get(self):
        source = "local function f(x) local g = setfenv(1, getfenv(1)) return g, x %s 1 end local g = f(1) return g(%s)"
        self.fails(b"perform arithmetic on local 'x'", source % ("+", "'abc'"))
        self.fails(b"attempt to compare", source % ("<", "{}"))

    def test_a_length_is_a_number(self):
        self.fails(b"must return a number",
                   "local p = newproxy(true) getmetatable(p).__len = function() return 'x' end "
                   "local n = #p return n + 1")

    def test_chunks_and_coroutines_do_not_pile_up(self):
        self.run_lua("for i = 1, 10 do loadstring('return ' .. i)() end")
        gc.collect()
        before = len(gc.get_objects())
        self.run_lua("for i = 1, 300 do loadstring('local function f() return f end return f, ' .. i)() "
                     "coroutine.wrap(function() coroutine.yield() end)() end")
        gc.collect()
        self.assertLess(len(gc.get_objects()) - before, 1000)


if __name__ == "__main__":
    unittest.main()
