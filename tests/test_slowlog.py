"""The slow log and SLOWLOG."""
import unittest
from types import SimpleNamespace

from redis_clone.config import Config
from redis_clone.slowlog import SlowLog

from .support import CommandTestCase, EngineTestCase


class SlowLogTest(unittest.TestCase):
    def setUp(self):
        self.session = SimpleNamespace(address="127.0.0.1:1", name=b"me", engine=SimpleNamespace(config=Config()))
        self.log = SlowLog()

    def shown(self, *argv):
        self.log.add(self.session, list(argv), 0.5, 1000.9)
        return self.log.entries[0].argv

    def test_an_entry(self):
        self.shown(b"GET", b"k")
        self.assertEqual(self.log.entries[0], (0, 1000, 500_000, [b"GET", b"k"], "127.0.0.1:1", b"me"))

    def test_the_newest_comes_first_and_the_oldest_goes(self):
        self.log.resize(2)
        for number in range(3):
            self.shown(b"GET", b"%d" % number)
        self.assertEqual([entry.id for entry in self.log.entries], [2, 1])

    def test_a_smaller_log_keeps_the_newest(self):
        for number in range(3):
            self.shown(b"GET", b"%d" % number)
        self.log.resize(1)
        self.assertEqual([entry.id for entry in self.log.entries], [2])
        self.log.resize(0)
        self.log.add(self.session, [b"GET"], 0.5, 1000)
        self.assertEqual(len(self.log.entries), 0)

    def test_long_arguments_are_cut(self):
        self.assertEqual(self.shown(b"GET", b"a" * 128)[1], b"a" * 128)
        self.assertEqual(self.shown(b"GET", b"a" * 148)[1], b"a" * 128 + b"... (20 more bytes)")

    def test_long_lists_of_arguments_are_cut(self):
        self.assertEqual(len(self.shown(*[b"x"] * 32)), 32)
        shown = self.shown(*[b"x"] * 33)
        self.assertEqual((len(shown), shown[31]), (32, b"... (2 more arguments)"))

    def test_passwords_are_not_shown(self):
        hidden = b"(redacted)"
        self.assertEqual(self.shown(b"auth", b"secret"), [b"auth", hidden])
        self.assertEqual(self.shown(b"AUTH", b"user", b"secret"), [b"AUTH", hidden, hidden])
        self.assertEqual(self.shown(b"HELLO", b"3", b"auth", b"user", b"secret", b"SETNAME", b"n"),
                         [b"HELLO", b"3", b"auth", hidden, hidden, b"SETNAME", b"n"])
        self.assertEqual(self.shown(b"CONFIG", b"set", b"timeout", b"1", b"RequirePass", b"secret"),
                         [b"CONFIG", b"set", b"timeout", b"1", b"RequirePass", hidden])

    def test_incomplete_commands_do_no_harm(self):
        for argv in ([b"AUTH"], [b"HELLO", b"3", b"AUTH"], [b"HELLO", b"3", b"AUTH", b"u"], [b"CONFIG", b"SET"],
                     [b"CONFIG", b"SET", b"requirepass"], [b"CONFIG", b"GET", b"requirepass", b"x"]):
            self.assertEqual(self.shown(*argv)[:2], argv[:2])

    def test_the_request_itself_is_left_alone(self):
        argv = [b"AUTH", b"secret"]
        self.log.add(self.session, argv, 0.5, 1000)
        self.assertEqual(argv, [b"AUTH", b"secret"])


class SlowlogCommandTest(CommandTestCase):
    def setUp(self):
        super().setUp()
        self.client.wire("CONFIG SET slowlog-log-slower-than 1000000")
        self.client.wire("SLOWLOG RESET")

    def test_an_empty_log(self):
        self.check(":0", "SLOWLOG LEN")
        self.check("*0", "SLOWLOG GET")
        self.check("*0", "SLOWLOG GET -1")

    def test_counts_must_make_sense(self):
        for count in ("x", "-2", "99999999999999999999"):
            self.check("-ERR count should be greater than or equal to -1", "SLOWLOG GET " + count)

    def test_wrong_numbers_of_arguments(self):
        self.check("-ERR wrong number of arguments for 'slowlog' command", "SLOWLOG")
        self.check("-ERR wrong number of arguments for 'slowlog|len' command", "SLOWLOG LEN x")
        self.check("-ERR unknown subcommand 'nosuch'. Try SLOWLOG HELP.", "SLOWLOG nosuch")
        self.check("-ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.",
                   "SLOWLOG GET 1 2")

    def test_an_entry_has_six_parts(self):
        self.client.wire("CLIENT SETNAME tester")
        self.client.wire("CONFIG SET slowlog-log-slower-than 0")
        self.client.wire("GET k")
        self.client.wire("CONFIG SET slowlog-log-slower-than 1000000")
        self.assertRegex(self.client.wire("SLOWLOG GET 5").split(b"*6\r\n")[1],
                         rb"^:\d+\r\n:\d+\r\n:\d+\r\n\*2\r\n\$3\r\nGET\r\n\$1\r\nk\r\n"
                         rb"\$\d+\r\n127\.0\.0\.1:\d+\r\n\$6\r\ntester\r\n$")

    def test_help_is_lines_of_status_replies(self):
        lines = self.client.wire("SLOWLOG HELP").split(b"\r\n")
        self.assertEqual(lines[:2], [b"*12", b"+SLOWLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"])


class SlowCommandsTest(EngineTestCase):
    config = {"slowlog-log-slower-than": "0"}

    def logged(self):
        return [b" ".join(entry[3]) for entry in self.execute("SLOWLOG GET -1")]

    def test_ten_entries_unless_told_otherwise(self):
        for number in range(15):
            self.execute("GET", number)
        self.assertEqual(len(self.execute("SLOWLOG GET")), 10)
        self.assertEqual(len(self.execute("SLOWLOG GET 3")), 3)
        self.assertEqual(len(self.execute("SLOWLOG GET 0")), 0)

    def test_of_a_transaction_its_commands_are_logged(self):
        for command in ("MULTI", "GET k", "EXEC"):
            self.client.wire(command)
        self.assertEqual(self.logged(), [b"GET k", b"MULTI"])

    def test_refused_commands_are_not_logged(self):
        self.client.wire("GET")
        self.client.wire("NOSUCH")
        self.assertEqual(self.logged(), [])

    def test_nothing_is_logged_below_the_threshold_or_without_one(self):
        self.execute("CONFIG SET slowlog-log-slower-than 1000000")
        self.execute("SLOWLOG RESET")
        self.execute("GET k")
        self.execute("CONFIG SET slowlog-log-slower-than -1")
        self.execute("GET k")
        self.assertEqual(self.execute("SLOWLOG LEN"), 0)
