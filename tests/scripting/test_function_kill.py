"""Functions that do not end: what others see meanwhile, and FUNCTION KILL. busy.py is the same for EVAL."""
from tests.support import receive

from .slow_scripts import SlowScriptTestCase

SOURCE = """#!lua name=lib
redis.register_function('endless', function() while true do end end)
redis.register_function('stubborn', function() while true do pcall(function() while true do end end) end end)
redis.register_function('f', function() return 'pong' end)
"""
BUSY = "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE."


class FunctionKillTest(SlowScriptTestCase):
    def setUp(self):
        super().setUp()
        self.client.execute("FUNCTION", "LOAD", SOURCE)

    def check_killed(self, sock, name):
        expected = b"-ERR Script killed by user with SCRIPT KILL... script: %b, on @user_function:" % name
        self.assertEqual(receive(sock, len(expected)), expected)

    def test_ends_a_function(self):
        sock = self.start("fcall", "endless", 1, "key", "argument")
        self.assertEqual(self.error_of("GET", "x"), BUSY)
        self.assertEqual(self.error_of("FCALL", "f", 0), BUSY)
        self.assertEqual(self.error_of("FUNCTION", "LIST"), BUSY)
        self.assertEqual(self.client.execute("FUNCTION", "KILL"), "OK")
        self.check_killed(sock, b"endless")
        self.assertEqual(self.client.execute("FCALL", "f", 0), b"pong")
        self.assertEqual(self.error_of("FUNCTION", "KILL"), "NOTBUSY No scripts in execution right now.")

    def test_no_pcall_helps_against_it(self):
        sock = self.start("FCALL", "stubborn", 0)
        self.assertEqual(self.client.execute("FUNCTION", "KILL"), "OK")
        self.check_killed(sock, b"stubborn")

    def test_stats_tell_what_is_running(self):
        sock = self.start("FCALL", "endless", 1, "key", "argument")
        stats = self.client.execute("FUNCTION", "STATS")
        running = dict(zip(stats[1][::2], stats[1][1::2]))
        self.assertEqual(running[b"name"], b"endless")
        self.assertEqual(running[b"command"], [b"FCALL", b"endless", b"1", b"key", b"argument"])
        self.assertGreaterEqual(running[b"duration_ms"], 5)
        self.client.execute("FUNCTION", "KILL")
        self.check_killed(sock, b"endless")
        self.assertIsNone(self.client.execute("FUNCTION", "STATS")[1])

    def test_each_kind_of_scripts_has_its_own_kill(self):
        sock = self.start("FCALL", "endless", 0)
        self.assertEqual(self.error_of("SCRIPT", "KILL"), BUSY)
        self.client.execute("FUNCTION", "KILL")
        self.check_killed(sock, b"endless")
        self.start("EVAL", "while true do end", 0)
        busy = BUSY.replace("FUNCTION", "SCRIPT")
        self.assertEqual(self.error_of("FUNCTION", "KILL"), busy)
        self.assertEqual(self.error_of("FUNCTION", "STATS"), busy)
        self.assertEqual(self.client.execute("SCRIPT", "KILL"), "OK")
