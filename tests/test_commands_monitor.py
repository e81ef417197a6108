"""Tests of MONITOR. What its lines say was taken from the real servers; they run against one as well."""
import re
import unittest

from tests.support import REAL, CommandTestCase, receive


class MonitorTest(CommandTestCase):
    """One client runs commands, another one sees them."""

    def setUp(self):
        super().setUp()
        self.watcher = self.new_client()
        self.addCleanup(self.watcher.close)
        self.assertEqual(self.watcher.wire("MONITOR"), b"+OK\r\n")

    def check_shown(self, *lines, after=""):
        """The watcher has been sent these lines, but for times and addresses; `after` is what came before them."""
        expected = "".join(f"+T [{line}\r\n" for line in lines)
        received = self._received(len(after) + sum(len(line) + 45 for line in lines), expected.count("\n"))
        shown = re.sub(r"\+\d{10}\.\d{6} \[(\d+) (lua)?[^\]]*\]", lambda match:
                       f"+T [{match[1]} {match[2] or 'client'}]", received)
        self.assertEqual(shown, after + expected)

    def _received(self, size, lines):
        if not REAL:
            received, self.watcher.connection.pushed = self.watcher.connection.pushed, b""
            return received.decode("ascii")
        received = b""
        while received.count(b"\r\n") < lines:
            received += receive(self.watcher.socket, 1)
        return received.decode("ascii")

    def test_shows_commands_as_they_were_written(self):
        self.client.wire("sEt", b'q"\\', b"\n\r\t\a\b\x00\xff~")
        self.check_shown(r'0 client] "sEt" "q\"\\" "\n\r\t\a\b\x00\xff~"')

    def test_shows_the_database(self):
        self.client.wire("SELECT 3")
        self.client.wire("GET x")
        self.check_shown('3 client] "SELECT" "3"', '3 client] "GET" "x"')

    def test_shows_what_failed_but_not_what_was_refused(self):
        self.client.wire("SET a 1")
        self.client.wire("LPUSH a x")
        self.client.wire("NOSUCH x")
        self.client.wire("GET")
        self.check_shown('0 client] "SET" "a" "1"', '0 client] "LPUSH" "a" "x"')

    def test_hides_passwords_and_what_administrators_do(self):
        self.client.wire("CONFIG GET port")
        self.client.wire("AUTH somebody secret")
        self.client.wire("HELLO 2 AUTH somebody secret SETNAME me")
        self.check_shown('0 client] "AUTH" "(redacted)" "(redacted)"',
                         '0 client] "HELLO" "2" "AUTH" "(redacted)" "(redacted)" "SETNAME" "me"')

    def test_shows_a_transaction_when_it_is_executed(self):
        for words in ("MULTI", "SET b 1", "GET b", "EXEC"):
            self.client.wire(words)
        self.check_shown('0 client] "MULTI"', '0 client] "SET" "b" "1"', '0 client] "GET" "b"', '0 client] "EXEC"')

    def test_shows_a_script_before_its_commands(self):
        self.client.wire("EVAL", "return redis.call('GET', KEYS[1])", 1, "k")
        self.client.wire("EVAL", "return redis.call('NOSUCH')", 0)
        self.check_shown('''0 client] "EVAL" "return redis.call('GET', KEYS[1])" "1" "k"''', '0 lua] "GET" "k"',
                         '''0 client] "EVAL" "return redis.call('NOSUCH')" "0"''')

    @unittest.skipIf(REAL, "waits in the engine")
    def test_shows_a_blocking_command_once(self):
        blocked = self.new_client()
        self.addCleanup(blocked.close)
        blocked.block("BLPOP list 0")
        self.check_shown('0 client] "BLPOP" "list" "0"')
        self.client.wire("RPUSH list x")
        self.check_shown('0 client] "RPUSH" "list" "x"')

    def test_may_not_touch_keys_meanwhile(self):
        for words in ("GET k", "SET k v"):
            self.assertEqual(self.watcher.wire(words), b"-ERR Replica can't interact with the keyspace\r\n")

    def test_ends_with_reset(self):
        self.assertEqual(self.watcher.wire("RESET"), b"+RESET\r\n")
        self.client.wire("GET x")
        self.assertEqual(self.watcher.wire("PING"), b"+PONG\r\n")

    def test_is_marked_in_the_list_of_clients(self):
        self.assertIn(b" flags=O ", self.client.wire("CLIENT LIST"))

    def test_is_not_allowed_in_a_transaction(self):
        self.client.wire("MULTI")
        self.client.wire("MONITOR")
        self.assertEqual(self.client.wire("EXEC"), b"*1\r\n-ERR MONITOR isn't allowed for DENY BLOCKING client\r\n")


if __name__ == "__main__":
    unittest.main()
