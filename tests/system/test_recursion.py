"""Scripts that call themselves without end get an error, in the small stacks of a real server's client threads."""

import sys
import unittest

from redis_clone.client import ReplyError
from tests.system.support import SystemTestCase

_COUNTS_NOT = (3, 13) <= sys.version_info < (3, 13, 4)   # these let functions call themselves until the memory is full
_ENDLESS = {
    "plain calls": "local function f(n) return 1 + f(n) end return f(1)",
    "many arguments": "local function f(...) return 1 + f(...) end return f(1, 2, 3, 4, 5, 6)",
    "tail calls in between": """
        local g
        local function f(a, b, c, d) return g(a, b, c, d) end
        g = function(a, b, c, d) return 1 + f(a, b, c, d) end
        return f(1, 2, 3, 4)""",
    "pcall": "local function f() local ok, e = pcall(f, 1, 2, 3) if not ok then error(e, 0) end end return f()",
    "a metamethod": """
        local t = setmetatable({}, {})
        getmetatable(t).__add = function(a, b) return 1 + (a + b) end
        return t + 1""",
    "tostring": """
        local t = setmetatable({}, {})
        getmetatable(t).__tostring = function() return 'x' .. tostring(t) end
        return tostring(t)""",
    "iterators": "local function f() for x in f do end end f()",
    "gsub": "local function f(s) return (s:gsub('x', f)) .. 'y' end return f('x')",
    "sort": "local function f(a, b) table.sort({1, 2, 3}, f) return a < b end f(1, 2)",
    "coroutines": "local function f() return 1 + coroutine.wrap(f)() end return f()",
    "calls in a coroutine": "local function f() return 1 + f() end return coroutine.wrap(f)()",
    "commands on the way": "local function f() redis.call('incr', KEYS[1]) return 1 + f() end return f()",
    "all of it": """
        local i, mt, t = 0, {}, nil
        t = setmetatable({}, mt)
        local function f(a)
            i = i + 1
            if i % 5 == 0 then local ok, e = pcall(f, a) return ok and e or error(e, 0) end
            if i % 5 == 1 then return #tostring(t) end
            if i % 5 == 2 then for x in f do return x end end
            if i % 5 == 3 then return 1 + f(1, 2, 3, 4, 5, 6) end
            return 1 + f(a)
        end
        mt.__tostring = function() return 'x' .. f(1) end
        return f(1)""",
}


@unittest.skipIf(_COUNTS_NOT, "this Python forgets to count calls")
class EndlessRecursionTest(SystemTestCase):
    shared = True

    def setUp(self):
        super().setUp()
        self.client = self.client()
        self.addCleanup(self.client.close)

    def test_the_server_lives(self):
        for kind, script in _ENDLESS.items():
            with self.subTest(kind):
                with self.assertRaisesRegex(ReplyError, "stack overflow"):
                    self.client.execute("EVAL", script, 1, "count")
                self.assertEqual(self.client.execute("PING"), "PONG")

    def test_a_command_on_the_way_is_run_as_a_whole_or_not_at_all(self):
        script = """
            local n = 0
            local function f() redis.call('incr', KEYS[1]) n = n + 1 return 1 + f() end
            pcall(f)
            return n"""
        count = self.client.execute("EVAL", script, 1, "count")
        self.assertEqual(self.client.execute("GET", "count"), b"%d" % count)

    @unittest.skipIf(sys.implementation.name != "cpython" or sys.version_info < (3, 12), "has no room for it")
    def test_there_is_room_for_nearly_as_much_as_in_lua(self):
        script = "local function f(n) return n == 0 and 0 or 1 + f(n - 1) end return f(15000)"
        self.assertEqual(self.client.execute("EVAL", script, 0), 15000)


if __name__ == "__main__":
    unittest.main()
