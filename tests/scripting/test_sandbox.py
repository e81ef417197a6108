"""Scripts that try to break out of EVAL, to leave something behind or to damage data."""
import threading
import unittest

from redis_clone.errors import RedisError
from redis_clone.lua.errors import ScriptKilled
from redis_clone.lua.values import Table, type_name
from tests.support import REAL, EngineTestCase

READ_ONLY = "Attempt to modify a readonly table"
WALK = """
    local seen, kinds = {}, {}
    local function walk(value)
        local kind = type(value)
        kinds[kind] = true
        if (kind == 'table' or kind == 'function') and not seen[value] then
            seen[value] = true
            if kind == 'table' then
                for k, v in next, value do walk(k) walk(v) end
            else
                local ok, environment = pcall(getfenv, value)
                if ok then walk(environment) end
            end
        end
        if getmetatable(value) then walk(getmetatable(value)) end
    end
    walk(_G) walk('')
    for level = 0, 20 do
        local ok, environment = pcall(getfenv, level)
        if ok then walk(environment) end
    end
    local names = {} for kind in pairs(kinds) do names[#names + 1] = kind end
    table.sort(names)
    return table.concat(names, ' ')"""


@unittest.skipIf(REAL, "looks into the engine")
class SandboxTestCase(EngineTestCase):
    def setUp(self):
        super().setUp()
        self.logged = []
        self.engine.log.warning = self.logged.append

    def tearDown(self):
        self.assertEqual(self.logged, [])       # no mistake of a library: those are logged

    def run_script(self, source, *args):
        return self.execute("EVAL", source, 0, *args)

    def fails(self, text, source):
        reply = self.run_script(source)
        self.assertIsInstance(reply, RedisError, source)
        self.assertIn(text, str(reply))
        self.assertNotIn("internal error", str(reply))


class ReachTest(SandboxTestCase):
    def test_only_lua_values_can_be_reached(self):
        self.assertEqual(self.run_script(WALK), b"function number string table userdata")

    def test_no_python_object_is_in_the_tables_of_the_state(self):
        self.run_script("return 1")
        seen = set()

        def visit(value):
            type_name(value)                    # KeyError for what is none of Lua's
            if isinstance(value, Table) and id(value) not in seen:
                seen.add(id(value))
                for each in value.values():
                    visit(each)
        visit(next(iter(self.engine.scripting.programs.values())).runtime.globals)

    def test_there_are_no_files_modules_or_debugger(self):
        for name in ("io", "require", "module", "package", "dofile", "loadfile", "debug", "print", "__builtins__",
                     "__import__", "__class__", "G", "E", "STOP", "stop"):
            self.fails(f"Script attempted to access nonexistent global variable '{name}'", f"return {name}")
        self.assertEqual(self.run_script("local n = 0 for name in pairs(os) do n = n + 1 end return n"), 1)
        self.fails("unable to dump", "return string.dump(function() end)")
        self.fails("attempt to call", "loadstring('\\27Lua')()")

    def test_what_is_shared_is_read_only(self):
        for source in ("x = 1", "_G.x = 1", "redis = 1", "redis.call = 1", "string.rep = 1", "KEYS = {}",
                       "rawset(_G, 'x', 1)", "rawset(redis, 'x', 1)", "setmetatable(_G, {})", "setmetatable(_G, nil)",
                       "setmetatable(redis, {})", "getmetatable(_G).__index = nil", "getmetatable('').__index = 1",
                       "getmetatable('').__add = 1", "cjson.null = 1", "table.insert(redis, 1)", "math.pi = 3",
                       "for k in pairs(redis) do redis[k] = nil end", "getfenv(redis.call).x = 1", "getfenv(0).x = 1",
                       "string.gsub('a', 'a', function() table.insert(bit, 1) end)"):
            self.fails(READ_ONLY, source)
        self.assertEqual(self.run_script("table.sort(_G) table.remove(redis) table.remove(redis, 1) "
                                         "return next(redis) ~= nil"), 1)

    def test_environments_of_library_functions_stay(self):
        self.fails("cannot change environment", "setfenv(pcall, {})")
        self.fails("cannot change environment", "setfenv(redis.call, {})")
        self.assertEqual(self.run_script("for level = 0, 30 do pcall(setfenv, level, {}) end return 1"), 1)
        self.assertEqual(self.run_script("return type(redis.call)"), b"function")


class LeftBehindTest(SandboxTestCase):
    def test_the_environment_of_the_state(self):
        self.assertEqual(self.run_script("setfenv(0, {x = 1}) return loadstring('return x')()"), 1)
        self.assertEqual(self.run_script("return getfenv(0) == _G"), 1)
        self.fails("nonexistent global variable 'x'", "return loadstring('return x')()")
        self.fails("nonexistent global variable 'x'", "getfenv(1) return x")

    def test_keys_and_arguments(self):
        self.execute("EVAL", "KEYS.x = 1 ARGV.x = setmetatable(ARGV, {__index = function() return 1 end})", 1, "k", "a")
        self.assertEqual(self.run_script("return {#KEYS, #ARGV, tostring(KEYS.x), tostring(ARGV.x)}"),
                         [0, 0, b"nil", b"nil"])

    def test_coroutines(self):
        self.fails("x", "coroutine.wrap(function() coroutine.wrap(function() error('x') end)() end)()")
        self.kill_soon("coroutine.wrap(function() while true do end end)()")
        self.assertEqual(self.run_script("return tostring(coroutine.running())"), b"nil")

    def test_depth_of_calls(self):
        source = "local n = 0 local function f() n = n + 1 return f() + 1 end pcall(f) return n"
        first = self.run_script(source)
        for _ in range(3):
            self.run_script("for i = 1, 300 do "
                            "coroutine.wrap(function() (function() coroutine.yield() end)() end)() end")
            self.fails("stack overflow", "local t = setmetatable({}, {}) getmetatable(t).__index = "
                                         "function(t, k) return t[k] + 1 end return t.x")
        self.assertLess(abs(self.run_script(source) - first), 20)      # PyPy looks at bytes of stack

    def test_the_protocol_for_replies(self):
        self.run_script("redis.setresp(3)")
        self.assertIsNone(self.run_script("return redis.call('GET', 'none')"))
        self.assertEqual(self.run_script("return tostring(redis.call('GET', 'none'))"), b"false")

    def kill_soon(self, source):
        """Run a script without end, which is then killed."""
        program = self.engine.scripting.load(source.encode())

        def kill():
            raise ScriptKilled
        timer = threading.Timer(0.02, program.runtime.interrupt, (kill,))
        timer.start()
        self.fails("Script killed", source)
        timer.join()


class ReplyTest(SandboxTestCase):
    def test_a_table_in_itself(self):
        self.assertEqual(self.client.wire("EVAL", "local t = {} t[1] = t return t", 0)[:8], b"*1\r\n*1\r\n")
        for field in ("map", "set"):
            self.client.wire("EVAL", f"local t = {{}} t.{field} = t return t", 0)

    def test_a_reply_without_end_can_be_stopped(self):
        for source in ("local t = {} for i = 1, 45 do t = {t, t} end return t",
                       "local t = {} t[1] = t t[2] = t return t",
                       "local t = {} t.map = {[t] = t} return t",
                       "local t = {} for i = 1, 99 do t = {t, t} end return t"):
            with self.subTest(source):
                LeftBehindTest.kill_soon(self, source)

    def test_a_reply_that_is_too_large(self):
        self.fails("too large", "local s = string.rep('x', 1e7) local t = {} for i = 1, 100 do t[i] = s end return t")

    def test_error_values_of_all_types(self):
        for value, text in (("nil", "nil"), ("true", "true"), ("1/0", "inf"), ("{}", "unknown error"),
                            ("{err = {}}", "unknown error"), ("redis.call", "function: 0x"),
                            ("newproxy()", "userdata: 0x"), ("cjson.null", "userdata: "),
                            ("coroutine.create(function() end)", "thread: 0x"), ("'a\\0b'", "a"),
                            ("setmetatable({}, {__tostring = error, __index = error})", "unknown error")):
            self.fails(text, f"error({value})")

    def test_what_cannot_be_sent_is_null(self):
        for value in ("redis.call", "newproxy(true)", "cjson.null", "coroutine.create(function() end)"):
            self.assertIsNone(self.run_script(f"return {value}"))


class StackTest(SandboxTestCase):
    """A script has used up nearly all of Python's stack when it calls a command."""

    DEEP = """
        local function f(n) if n == 0 then return redis.call(unpack(ARGV, 2)) end local r = f(n - 1) return r end
        if pcall(f, tonumber(ARGV[1])) then return 1 end return 0"""
    COMMANDS = (("SET", "s", "v", "EX", "100"), ("LPUSH", "l", "v"), ("ZADD", "z", "1", "m"), ("HSET", "h", "f", "v"),
                ("RPOPLPUSH", "l", "l2"), ("EXPIRE", "l", "1000"))

    def test_a_command_is_done_as_a_whole_or_not_at_all(self):
        self.execute("CONFIG", "SET", "notify-keyspace-events", "KEA")
        listener = self.new_client()
        listener.wire("PSUBSCRIBE *")
        keyspace = self.engine.keyspace
        for command in self.COMMANDS:
            done = []
            for depth in (10, *range(700, 1000, 7), *range(930, 1000)):
                self.execute("DEL", "s", "z", "h")
                self.execute("RPUSH", "l", "a", "b")
                before, keyspace.effects = keyspace.dirty, []
                reply = self.run_script(self.DEEP, depth, *command)
                done.append((reply, keyspace.dirty != before, len(keyspace.effects) > 0))
            self.assertIn((1, True, True), done, command)
            self.assertEqual(set(done) - {(1, True, True), (0, False, False)}, set(), command)

    def test_an_interruption_is_not_cut_off(self):
        calls = []

        def give_way():
            def deeper(levels):
                return levels and deeper(levels - 1)
            deeper(100)                         # as much as the real one takes, and more
            calls.append(1)
            raise ScriptKilled

        source = "local function f() if not pcall(f) then while true do end end end f()"
        program = self.engine.scripting.load(source.encode())
        timer = threading.Timer(0.02, program.runtime.interrupt, (give_way,))
        timer.start()
        self.fails("Script killed", source)
        timer.join()
        self.assertEqual(calls, [1])


if __name__ == "__main__":
    unittest.main()
