"""Gates, figures and after-effects: what happens around a handler."""
import gc
import sys
import unittest

from redis_clone.registry import TABLE, group
from tests.support import EngineTestCase

command = group("generic")


class DispatchTest(EngineTestCase):
    def figures(self, name):
        record = self.engine.commands[name]
        return record.calls, record.rejected, record.failed

    def test_names_in_any_case(self):
        for name in ("SET", "set", "SeT"):
            self.assertEqual(self.client.wire(name, "k", "v"), b"+OK\r\n")

    def test_unknown_commands_show_their_arguments(self):
        self.assertEqual(self.client.wire("foo", "a", "b"),
                         b"-ERR unknown command 'foo', with args beginning with: 'a' 'b' \r\n")

    def test_unknown_commands_with_long_arguments_are_cut(self):
        reply = self.client.wire("f" * 300, "a" * 300, "b")
        self.assertEqual(reply, b"-ERR unknown command '" + b"f" * 128 + b"', with args beginning with: '"
                         + b"a" * 128 + b"' \r\n")

    def test_wrong_numbers_of_arguments(self):
        self.assertEqual(self.client.wire("GET"), b"-ERR wrong number of arguments for 'get' command\r\n")
        self.assertEqual(self.client.wire("config", "get"),
                         b"-ERR wrong number of arguments for 'config|get' command\r\n")

    def test_unknown_subcommands(self):
        self.assertEqual(self.client.wire("CONFIG", "nope"), b"-ERR unknown subcommand 'nope'. Try CONFIG HELP.\r\n")

    def test_calls_failures_and_rejections_are_counted(self):
        self.client.wire("SET", "k", "v")
        self.client.wire("LPUSH", "k", "v")
        self.client.wire("LPUSH", "k")
        self.assertEqual(self.figures(b"SET"), (1, 0, 0))
        self.assertEqual(self.figures(b"LPUSH"), (1, 1, 1))
        self.assertEqual(self.engine.stats.errors, {"WRONGTYPE": 1, "ERR": 1})

    def test_an_unknown_subcommand_is_no_rejection_of_its_container(self):
        self.client.wire("CONFIG", "nope")
        self.assertEqual(self.figures(b"CONFIG"), (0, 0, 0))
        self.assertEqual(self.engine.stats.errors, {"ERR": 1})

    def test_a_bug_in_a_command_is_an_internal_error_and_the_client_lives(self):
        self.addCleanup(TABLE.pop, "BUG", None)
        command("BUG", arity=1, since="1.0.0")(lambda session: 1 // 0)
        self.engine.commands[b"BUG"] = TABLE["BUG"].copy()
        logged = []
        self.engine.log.warning = logged.append
        self.assertEqual(self.client.wire("BUG"), b"-ERR internal error\r\n")
        self.assertIn("ZeroDivisionError", logged[0])
        self.assertEqual(self.client.wire("PING"), b"+PONG\r\n")

    @unittest.skipUnless(sys.implementation.name == "cpython", "elsewhere gc.collect() does not count")
    def test_errors_leave_no_cycles_for_the_garbage_collector(self):
        self.client.wire("SET", "k", "v")
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)
        for command in ("LPUSH k v", "INCR k", "SET k v EX x", "CLIENT x", "CONFIG SET hz x", "GET", "NOSUCH", "EXEC"):
            self.client.wire(command)
            self.assertEqual(gc.collect(), 0, command)

    def test_nothing_but_the_few_passes_before_authentication(self):
        self.engine.config.set_many([("requirepass", "secret")])
        stranger = self.new_client()
        self.assertEqual(stranger.wire("GET", "k"), b"-NOAUTH Authentication required.\r\n")
        self.assertEqual(stranger.wire("AUTH", "secret"), b"+OK\r\n")
        self.assertEqual(stranger.wire("GET", "k"), b"$-1\r\n")

    def test_debug_needs_permission(self):
        self.engine.config._values["enable-debug-command"] = "no"
        self.assertIn(b"-ERR DEBUG command not allowed.", self.client.wire("DEBUG", "JMAP"))

    def test_slow_commands_are_logged(self):
        self.engine.config.set_many([("slowlog-log-slower-than", "0")])
        self.client.wire("SET", "k", "v")
        self.assertEqual(self.engine.slowlog.entries[0].argv, [b"SET", b"k", b"v"])


class RenameCommandTest(EngineTestCase):
    config = {"rename-command": "GET fetch"}

    def test_the_command_answers_to_its_new_name_only(self):
        self.assertEqual(self.client.wire("FETCH", "k"), b"$-1\r\n")
        self.assertIn(b"unknown command", self.client.wire("GET", "k"))


class NoTouchTest(EngineTestCase):
    def test_reads_leave_the_access_time_alone(self):
        self.client.wire("SET", "k", "v")
        self.clock.advance(10)
        self.engine.keyspace.tick()
        self.client.wire("CLIENT", "NO-TOUCH", "on")
        self.client.wire("GET", "k")
        self.client.wire("SET", "new", "v")
        accessed = self.client.session.db.accessed
        self.assertEqual(accessed[b"new"] - accessed[b"k"], 10)
