"""The way in from Python: loading, calling, interrupting, protecting."""
import sys
import threading
import unittest

from redis_clone.lua.errors import LuaError, ScriptKilled
from redis_clone.lua.operations import depth
from redis_clone.lua.runtime import Runtime
from redis_clone.lua.values import Table, array_of


class RuntimeCase(unittest.TestCase):
    def setUp(self):
        self.runtime = Runtime()

    def run_source(self, source, *arguments):
        return self.runtime.call(self.runtime.load(source), *arguments)

    def check_error(self, value, source, *arguments):
        with self.assertRaises(LuaError) as caught:
            self.run_source(source, *arguments)
        self.assertEqual(caught.exception.value, value)
        return caught.exception


class CallTest(RuntimeCase):
    def test_one_result_comes_bare_and_others_as_a_tuple(self):
        self.assertEqual(self.run_source(b"return 1"), 1.0)
        self.assertEqual(self.run_source(b"return"), ())
        self.assertEqual(self.run_source(b""), ())
        self.assertEqual(self.run_source(b"return 1, nil"), (1.0, None))
        self.assertEqual(self.run_source(b"return ..., #{...}", b"a", None, 3.0), (b"a", 3.0))

    def test_an_error_tells_its_place(self):
        error = self.check_error(b"user_script:2: x", b"local f\nerror('x')")
        self.assertEqual((error.chunk, error.line), (b"@user_script", 2))

    def test_error_values_pass_as_they_are(self):
        for source, value in ((b"error(5)", 5.0), (b"error(nil)", None), (b"error()", None), (b"error(true)",
                              True)):
            self.check_error(value if value != 5.0 else b"user_script:1: 5", source)
        with self.assertRaises(LuaError) as caught:
            self.run_source(b"error({code = 1})")
        self.assertEqual(caught.exception.value[b"code"], 1.0)

    @unittest.skipIf((3, 13) <= sys.version_info < (3, 13, 4), "this Python does not count all calls")
    def test_endless_recursion_is_an_error(self):
        for source in (b"local function f() return 1 + f() end f()", b"local t = setmetatable({}, {}) "
                       b"getmetatable(t).__index = function(t, k) return t[k] end return t.x"):
            with self.assertRaises(LuaError) as caught:
                self.run_source(source)
            self.assertRegex(caught.exception.value, b"user_script:1: (C )?stack overflow")
        source = b"return pcall(function() local function f() return 1 + f() end f() end)"
        self.assertIs(self.run_source(source)[0], False)
        self.assertEqual((depth.level, depth.generators), (0, 0))

    def test_mistakes_of_libraries_are_no_errors_of_scripts(self):
        def library_function(*_):
            return 1 + None

        self.runtime.globals[b"broken"] = library_function
        with self.assertRaises(TypeError):
            self.run_source(b"return pcall(broken)")


class LoadTest(RuntimeCase):
    def test_a_syntax_error_has_the_name_of_the_chunk(self):
        for name, shown in ((b"@file", b"file"), (b"=stdin", b"stdin"), (b"x =", b'[string "x ="]'),
                            (b"@\xff{}\n%s'", b"\xff{}\n%s'"), (b"first\nsecond", b'[string "first..."]')):
            with self.assertRaises(LuaError) as caught:
                self.runtime.load(b"x =", name)
            self.assertEqual(caught.exception.value, shown + b":1: unexpected symbol near '<eof>'")
            with self.assertRaises(LuaError) as caught:
                self.runtime.call(self.runtime.load(b"\n\nlocal a = x.y", name))
            self.assertEqual(caught.exception.value, shown + b":3: attempt to index global 'x' (a nil value)")

    def test_functions_keep_their_globals(self):
        other = Runtime()
        function = other.load(b"x = (x or 0) + 1 return x")
        self.assertEqual([self.runtime.call(function), self.runtime.call(function)], [1.0, 2.0])
        self.assertEqual((other.globals[b"x"], self.runtime.globals[b"x"]), (2.0, None))

    def test_names_of_fields_that_look_like_formats_and_marks(self):
        self.check_error(b"user_script:1: attempt to call field '{}\t\x01%s\\' (a nil value)",
                         b"local t = {} t['{}\\t\\1%s\\\\']()")


class InterruptionTest(RuntimeCase):
    LOOPS = (
        b"while true do end",
        b"repeat until false",
        b"for i = 1, math.huge do end",
        b"for i = 1, 2, 0 do end",
        b"for k in function() return 1 end do end",
        b"local function f() return f() end f()",
        b"function g() return g() end g()",
        b"local o = {} function o:m() return self:m() end o:m()",
        b"local t = setmetatable({}, {__call = function() end}) while true do t() end",
        b"local co = coroutine.wrap(function() while true do coroutine.yield() end end) "
        b"while true do co() end",
        b"coroutine.wrap(function() local function f() return f() end f() end)()",
        b"while true do pcall(error) end",
        b"pcall(function() while true do end end) error('survived')",
        b"xpcall(function() while true do end end, print) error('survived')",
        b"coroutine.wrap(function() pcall(function() while true do end end) error('survived') end)()",
        b"while true do pcall(coroutine.wrap(function() while true do end end)) end",
        b"table.sort({3, 2, 1}, function() while true do end end)",
        b"local a = setmetatable({}, {__index = function() while true do end end}).x",
        b"while true do if x then elseif y then else end end",
    )

    def kill(self):
        raise ScriptKilled

    def test_every_loop_can_be_ended(self):
        for source in self.LOOPS:
            for mode in (b"", b"local _ = getfenv ", b"local _ = coroutine "):
                with self.subTest(source=source, mode=mode):
                    self.runtime.interrupt(self.kill)
                    with self.assertRaises(ScriptKilled):
                        self.run_source(mode + source)
        self.assertEqual((depth.level, depth.generators), (0, 0))

    def test_another_thread_may_interrupt(self):
        timer = threading.Timer(0.01, self.runtime.interrupt, (self.kill,))
        timer.start()
        with self.assertRaises(ScriptKilled):
            self.run_source(b"while true do end")
        timer.join()

    def test_a_callback_that_returns_lets_the_script_go_on(self):
        calls = []
        self.runtime.interrupt(lambda: calls.append(1))
        self.runtime.interrupt(lambda: calls.append(2))
        self.assertEqual(self.run_source(b"local n = 0 for i = 1, 10 do n = n + i end return n"), 55.0)
        self.assertEqual(calls, [1, 2])
        self.assertFalse(self.runtime.namespace["STOP"])

    def test_a_callback_may_ask_for_another_one(self):
        self.runtime.interrupt(lambda: self.runtime.interrupt(self.kill))
        with self.assertRaises(ScriptKilled):
            self.run_source(b"while true do end")

    def test_the_state_can_be_used_after_a_kill(self):
        self.runtime.interrupt(self.kill)
        with self.assertRaises(ScriptKilled):
            self.run_source(b"coroutine.wrap(function() while true do end end)()")
        source = b"return coroutine.running(), coroutine.wrap(function() return 5 end)()"
        self.assertEqual(self.run_source(source), (None, 5.0))


class ProtectTest(RuntimeCase):
    def test_a_protected_table_cannot_be_changed(self):
        table = array_of([1.0, 2.0])
        self.runtime.protect(table)
        self.runtime.globals[b"t"] = table
        for source in (b"t.x = 1", b"t[1] = nil", b"local k = 1 t[k] = 2", b"rawset(t, 1, 2)",
                       b"setmetatable(t, {})",
                       b"table.insert(t, 1)", b"t.a, t.b = 1, 2", b"for i = 1, 1 do t[i] = nil end"):
            with self.assertRaises(LuaError) as caught:
                self.run_source(source)
            self.assertIn(b"Attempt to modify a readonly table", caught.exception.value)
        self.assertEqual(self.run_source(b"return #t, t[1], t.x"), (2.0, 1.0, None))

    def test_a_metatable_stays(self):
        table = Table()
        self.runtime.set_metatable(table, Table({b"__index": Table({b"a": 1.0})}))
        self.runtime.protect(table)
        self.runtime.globals[b"t"] = table
        self.assertEqual(self.run_source(b"return t.a, t.b"), (1.0, None))


if __name__ == "__main__":
    unittest.main()
