"""The client's commands of scripts and functions."""
import unittest

from redis_clone.client.errors import NoScriptError, ResponseError
from tests.client.reply_case import CannedCase, LiveCase

LIBRARY = """#!lua name=mylib
redis.register_function{function_name='first', flags={'no-writes', 'allow-stale'}, callback=function(keys, args)
    return args[1]
end}
"""
WRITING = """#!lua name=writing
redis.register_function('write', function(keys, args) return redis.call('INCR', keys[1]) end)
"""


class ScriptsTest(LiveCase):
    def test_a_script_gets_keys_and_arguments(self):
        self.same(self.client.eval("return {KEYS[1], ARGV[1], 3}", 1, "k", "v"), [b"k", b"v", 3])
        self.same(self.client.eval_ro("return ARGV[1]", 0, 5), b"5")

    def test_a_script_that_must_not_write(self):
        with self.assertRaises(ResponseError):
            self.client.eval_ro("return redis.call('SET', KEYS[1], 1)", 1, "k")

    def test_scripts_are_known_by_their_sha(self):
        sha = self.client.script_load("return 7")
        self.assertIsInstance(sha, str)
        self.assertEqual(self.client.evalsha(sha, 0), 7)
        self.assertEqual(self.client.evalsha_ro(sha, 0), 7)
        self.assertEqual(self.client.script_exists(sha, "0" * 40), [True, False])
        for sync_type in (None, "SYNC", "ASYNC"):
            self.assertIs(self.client.script_flush(sync_type), True)
        self.assertEqual(self.client.script_exists(sha), [False])
        for call in (self.client.evalsha, self.client.evalsha_ro):
            with self.assertRaises(NoScriptError):
                call(sha, 0)

    def test_there_is_nothing_to_kill(self):
        for kill in (self.client.script_kill, self.client.function_kill):
            with self.assertRaisesRegex(ResponseError, "NOTBUSY"):
                kill()

    def test_help_is_text(self):
        self.assertIn("SCRIPT", self.client.script_help()[0])
        self.assertIn("FUNCTION", self.client.function_help()[0])


class FunctionsTest(LiveCase):
    def setUp(self):
        self.addCleanup(self.clients[0].function_flush)

    def load(self):
        self.client.function_flush()
        return self.client.function_load(LIBRARY)

    def test_a_library_is_loaded_once_or_replaced(self):
        self.same(self.load(), b"mylib")
        with self.assertRaisesRegex(ResponseError, "already exists"):
            self.client.function_load(LIBRARY)
        self.same(self.client.function_load(LIBRARY, replace=True), b"mylib")

    def test_functions_are_called_with_keys_and_arguments(self):
        self.load()
        self.client.function_load(WRITING)
        self.same(self.client.fcall("first", 0, "x"), b"x")
        self.same(self.client.fcall_ro("first", 0, "x"), b"x")
        self.assertEqual(self.client.fcall("write", 1, "k"), 1)
        with self.assertRaises(ResponseError):
            self.client.fcall_ro("write", 1, "k")

    def test_libraries_are_listed_as_names_and_values_in_turn(self):
        self.load()
        functions = [[b"name", b"first", b"description", None, b"flags", [b"no-writes", b"allow-stale"]]]
        library = [b"library_name", b"mylib", b"engine", b"LUA", b"functions", functions]
        self.same(self.client.function_list(), [library])
        self.same(self.client.function_list("my*", withcode=True), [library + [b"library_code", LIBRARY.encode()]])
        self.same(self.client.function_list("none"), [])

    def test_a_dump_is_bytes_in_any_mode(self):
        self.load()
        dump = self.client.function_dump()
        self.assertIsInstance(dump, bytes)
        for policy in ("REPLACE", "FLUSH"):
            self.assertIs(self.client.function_restore(dump, policy), True)
        with self.assertRaisesRegex(ResponseError, "already exists"):
            self.client.function_restore(dump)
        self.assertIs(self.client.function_delete("mylib"), True)
        self.assertIs(self.client.function_restore(dump), True)

    def test_statistics_are_names_and_values_in_turn(self):
        self.load()
        self.same(self.client.function_stats(), [
            b"running_script", None, b"engines", [b"LUA", [b"libraries_count", 1, b"functions_count", 1]]])

    def test_flushing_waits_or_does_not(self):
        for mode in ("SYNC", "ASYNC"):
            self.load()
            self.assertIs(self.client.function_flush(mode), True)
            self.assertEqual(self.client.function_list(), [])


class WordsTest(CannedCase):
    def test_debugging(self):
        self.check_words(lambda r: r.script_debug("SYNC"), "SCRIPT DEBUG", "SYNC")

    def test_what_cannot_be_is_refused(self):
        self.check_refused(lambda r: r.script_flush("LATER"), lambda r: r.script_flush(True))


if __name__ == "__main__":
    unittest.main()
