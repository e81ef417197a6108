"""Scripts that could end or hang a whole server: it answers afterwards, and has nothing to complain about."""
import unittest

from redis_clone.client import ReplyError
from tests.system.support import LONG, SystemTestCase, ask, read_line, wait_until

try:
    import resource
except ImportError:                             # Windows
    resource = None

ENDLESS = (
    "while true do pcall(function() while true do end end) end",
    "local function f() pcall(f) f() end f()",
    "local function f() f() end while true do pcall(f) end",
    "local function f() if not pcall(f) then while true do end end end f()",
    "local t = {} t[1] = t t[2] = t return t",
    "load(os.clock)",
)
ENDING = (
    "local function f() return f() + 1 end for i = 1, 20 do pcall(f) end return f()",
    "local m = {} m.__index = function(t, k) return t[k] + 1 end return setmetatable({}, m).x",
    "local function f() string.gsub('abc', '.', f) end f()",
    "local function f() for x in f do end end f()",
    "local function f() coroutine.wrap(f)() end f()",
    "local t = {} for i = 1, 200000 do t = {t} end return 1",
    "local c for i = 1, 5000 do local d = c c = coroutine.wrap(function() coroutine.yield(d) end) c() end return 1",
    "local a = 1 " + "if a == 0 then " + "elseif a == 1 then a = 2 " * 4000 + "end",
    "return " + "(" * 5000 + "1" + ")" * 5000,
    "return string.rep('x', 1e9)",
    "return cjson.decode(string.rep('[', 100000))",
)


class HostileScriptsTest(SystemTestCase):
    shared = True
    directives = ("--busy-reply-threshold", "50")

    def kill(self):
        """Kill the script that runs; true if there was one that is slow by now."""
        with self.client() as client:
            try:
                return client.execute("SCRIPT", "KILL") == "OK"
            except ReplyError:
                return False

    def test_what_ends_by_itself(self):
        with self.client() as client:
            for script in ENDING:
                with self.subTest(script[:60]):
                    try:
                        client.execute("EVAL", script, 0)
                    except ReplyError as error:
                        self.assertNotIn("internal", str(error))
                    self.assertEqual(client.execute("PING"), "PONG")

    def test_what_is_killed(self):
        for script in ENDLESS:
            with self.subTest(script):
                sock = self.connect()
                ask(sock, "EVAL", script, "0")
                wait_until(self.kill, "a script to be killed")
                self.assertIn(b"-ERR Script killed by user", read_line(sock))
                ask(sock, "PING")
                self.assertEqual(read_line(sock), b"+PONG\r\n")


@unittest.skipUnless(LONG and resource is not None, "takes a gigabyte and some seconds")
class MemoryTest(SystemTestCase):
    directives = None

    def test_strings_that_double(self):
        room = 2 << 30
        self.start(preexec=lambda: resource.setrlimit(resource.RLIMIT_AS, (room, room)))
        with self.client() as client:
            with self.assertRaisesRegex(ReplyError, "not enough memory"):
                client.execute("EVAL", "local s = 'x' while true do s = s .. s end", 0)
            self.assertEqual(client.execute("PING"), "PONG")


if __name__ == "__main__":
    unittest.main()
