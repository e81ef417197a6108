"""redis-cli, where it is installed: its modes for people and for scripts, and its interactive use."""

import os
import re
import select
import shutil
import struct
import subprocess
import time
import unittest

from redis_clone.client import encode_command
from tests.system.support import PATIENCE_S, SystemTestCase, wait_until

try:
    import fcntl
    import pty
    import termios
except ImportError:                             # Windows
    pty = None

CLI = shutil.which("redis-cli")
TERMINAL_CODES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|\r")


@unittest.skipUnless(CLI, "redis-cli is not installed")
class CliTestCase(SystemTestCase):
    shared = True

    def words(self, *arguments):
        return [CLI, "-p", str(self.server.port), *arguments]

    def cli(self, *arguments, given=b"", status=0):
        """Run redis-cli to its end; return what it printed."""
        done = subprocess.run(self.words(*arguments), input=given, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, status, done.stdout)
        return done.stdout.decode()

    def watch(self, *arguments):
        """Start redis-cli in one of the modes that go on for ever."""
        process = subprocess.Popen(self.words(*arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process


class ScriptTest(CliTestCase):
    """One command, or many on standard input."""

    def test_one_command(self):
        self.assertEqual(self.cli("SET", "k", "v"), "OK\n")
        self.assertEqual(self.cli("GET", "k"), "v\n")
        self.assertEqual(self.cli("--no-raw", "LPUSH", "l", "a"), "(integer) 1\n")
        self.assertEqual(self.cli("-e", "LPUSH", "k", "a", status=1), "WRONGTYPE Operation against a key "
                         "holding the wrong kind of value\n")

    def test_commands_on_standard_input(self):
        self.assertEqual(self.cli(given=b"SET 'a key' \"\\x41\"\nGET 'a key'\nMULTI\nINCR n\nINCR n\nEXEC\n"),
                         "OK\nA\nOK\nQUEUED\nQUEUED\n1\n2\n")

    def test_value_on_standard_input(self):
        self.cli("-x", "SET", "k", given=b"v\0w" * 1000)
        self.assertEqual(self.cli("STRLEN", "k"), "3000\n")

    def test_resp3(self):
        self.cli("HSET", "h", "f", "v")
        self.cli("ZADD", "z", "1.5", "m")
        self.assertEqual(self.cli("-3", "--no-raw", "HGETALL", "h"), '1# "f" => "v"\n')
        self.assertEqual(self.cli("-3", "--no-raw", "ZSCORE", "z", "m"), "(double) 1.5\n")
        self.assertEqual(self.cli("-3", "--json", "HGETALL", "h"), '{"f":"v"}\n')

    def test_number_and_interval(self):
        self.assertEqual(self.cli("-r", "3", "-i", "0.01", "INCR", "n"), "1\n2\n3\n")

    def test_mass_insertion(self):
        requests = b"".join(encode_command(("SET", f"key:{number}", "value")) for number in range(100_000))
        self.assertRegex(self.cli("--pipe", given=requests), r"\nerrors: 0, replies: 100000\n$")
        self.assertEqual(self.cli("DBSIZE"), "100000\n")


class KeyspaceTest(CliTestCase):
    """The modes that walk over all keys."""

    def setUp(self):
        super().setUp()
        client = self.client()
        pipeline = client.pipeline()
        for number in range(1000):
            pipeline.add("SET", f"string:{number:03}", "x" * number)
        for command in (("RPUSH", "list", *"abcd"), ("SADD", "set", *"abc"), ("HSET", "hash", "f", "v"),
                        ("ZADD", "zset", 1, "a", 2, "b")):
            pipeline.add(*command)
        pipeline.execute()

    def test_big_keys(self):
        summary = self.cli("--bigkeys").split("-------- summary -------")[1]
        for line in ("Sampled 1004 keys in the keyspace!",
                     "Biggest string found '\"string:999\"' has 999 bytes",
                     "Biggest   list found '\"list\"' has 4 items",
                     "Biggest    set found '\"set\"' has 3 members",
                     "Biggest   hash found '\"hash\"' has 1 fields",
                     "Biggest   zset found '\"zset\"' has 2 members",
                     "1000 strings with 499500 bytes (99.60% of keys, avg size 499.50)"):
            self.assertIn(line + "\n", summary)

    def test_scan(self):
        self.assertEqual(sorted(self.cli("--scan", "--pattern", "string:00?").split()),
                         [f"string:{number:03}" for number in range(10)])
        self.assertEqual(len(self.cli("--scan").split()), 1004)


class WatchTest(CliTestCase):
    """The modes that go on until they are interrupted."""

    def test_statistics(self):
        output = self.watch("--stat", "-i", "0.01").stdout
        self.assertTrue(output.readline().startswith(b"------- data ------"))
        self.assertTrue(output.readline().startswith(b"keys "))
        for _ in range(3):
            self.assertRegex(output.readline(), rb"^0 +[\d.]+[KMG] +[12] +0 +\d+ \(\+\d+\) +\d+ ")

    def test_latency(self):
        figures = self.cli("--latency", "-i", "0.1").split()        # not on a terminal: one line at the end
        self.assertEqual(len(figures), 4)
        self.assertGreaterEqual(int(figures[3]), 1)
        self.assertLessEqual(float(figures[0]), float(figures[2]))

    def test_subscriptions(self):
        output = self.watch("SUBSCRIBE", "news").stdout
        self.assertEqual([output.readline() for _ in range(3)], [b"subscribe\n", b"news\n", b"1\n"])
        self.assertEqual(self.cli("PUBLISH", "news", "hello"), "1\n")
        self.assertEqual([output.readline() for _ in range(3)], [b"message\n", b"news\n", b"hello\n"])


@unittest.skipUnless(pty, "this platform has no pseudo-terminals")
class InteractiveTest(CliTestCase):
    """What a person types and sees."""

    def setUp(self):
        super().setUp()
        self.terminal, slave = pty.openpty()
        size = struct.pack("HHHH", 50, 132, 0, 0)       # without one redis-cli asks the terminal and waits
        fcntl.ioctl(slave, termios.TIOCSWINSZ, size)
        environment = dict(os.environ, TERM="xterm", HOME=self.directory, REDISCLI_HISTFILE="/dev/null")
        process = subprocess.Popen(self.words(), stdin=slave, stdout=slave, stderr=slave, env=environment,
                                   start_new_session=True)
        os.close(slave)
        self.addCleanup(os.close, self.terminal)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.prompt = f"127.0.0.1:{self.server.port}> "
        self.read_until(self.prompt)

    def read_until(self, text, at_end=""):
        """Read until `text` has appeared, and `at_end` at the end; return all that came, without the codes
        for colours and the cursor."""
        seen, raw = "", b""
        deadline_s = time.monotonic() + PATIENCE_S
        while text not in seen or not seen.endswith(at_end):
            ready, _, _ = select.select([self.terminal], [], [], max(deadline_s - time.monotonic(), 0))
            self.assertTrue(ready, f"waited in vain for {text!r}, saw {seen!r}")
            raw += os.read(self.terminal, 1 << 16)
            seen = TERMINAL_CODES.sub("", raw.decode(errors="replace"))
        return seen

    def type(self, keys):
        os.write(self.terminal, keys.encode())

    def enter(self, line, until):
        """Type a line and Enter; return what is shown, with `until` in it, up to the next prompt.

        What is typed before that would be lost: redis-cli throws it away when it prompts.
        """
        self.type(line + "\r")
        return self.read_until(until, at_end="> ")

    def test_commands_and_errors(self):
        self.enter("set greeting 'hello world'", "\nOK\n")
        self.enter("get greeting", '\n"hello world"\n')
        self.enter("get", "\n(error) ERR wrong number of arguments for 'get' command\n")
        self.enter("lrange nothing 0 -1", "\n(empty array)\n")
        self.enter("select 3", self.prompt.replace(">", "[3]>"))

    def test_transactions_are_shown_in_the_prompt(self):
        self.enter("multi", f"127.0.0.1:{self.server.port}(TX)> ")
        self.enter("incr n", "\nQUEUED\n")
        self.enter("exec", "\n1) (integer) 1\n")

    def test_help_of_a_command_comes_from_the_server(self):
        shown = self.enter("help getrange", "group: string")
        self.assertIn("GETRANGE key start end\n", shown)
        self.assertIn("summary: Returns a substring of the string stored at a key.\n", shown)
        self.assertIn("since: 2.4.0\n", shown)

    def test_help_of_a_group(self):
        shown = self.enter("help @hash", "HVALS key")
        self.assertIn("HINCRBYFLOAT key field increment\n", shown)

    def test_help_of_a_subcommand(self):
        self.assertIn("CLIENT SETNAME connection-name\n", self.enter("help client setname", "since: 2.6.9"))

    def test_tab_completes_a_command(self):
        self.type("getra\t")
        self.read_until(self.prompt + "GETRANGE")
        self.type(" nothing 0 1\r")
        self.read_until('\n""\n')

    def test_arguments_are_hinted(self):
        self.type("expire k ")
        self.read_until("expire k seconds [NX|XX|GT|LT]")

    def test_subscriptions_are_shown_as_they_come(self):
        self.type("subscribe news\r")
        self.read_until("Reading messages...")
        client = self.client()
        wait_until(lambda: client.execute("PUBLISH", "news", "hello"), "the subscription")
        self.read_until('1) "message"\n2) "news"\n3) "hello"\n')


if __name__ == "__main__":
    unittest.main()
