"""The prompt: without readline on streams that say they are terminals, with it on a pseudo-terminal."""
import io
import os
import stat
import tempfile
import unittest
from unittest import mock

from redis_clone.cli import repl, stream
from redis_clone.cli.__main__ import main
from redis_clone.cli.link import Link
from redis_clone.cli.repl import is_sensitive
from tests.cli.cli_support import CLI_WORDS, CliTestCase, Terminal, needs_terminals
from tests.cli.mode_support import ScriptedServer, array, bulk
from tests.cli.mode_support import Terminal as TerminalStream

try:
    import readline
except ImportError:
    readline = None

needs_gnu_readline = unittest.skipUnless("using GNU readline" in (getattr(readline, "__doc__", None) or ""),
                                         "the readline of this Python has its own ways")

SEEN_TO = "Reading messages... (press Ctrl-C to quit or any key to type command)"


def converse(port, *lines, environment=None):
    """What a terminal shows when these lines are typed (which themselves are not seen)."""
    output, errors = TerminalStream(), io.BytesIO()
    given = TerminalStream("".join(line + "\n" for line in lines).encode())
    status = main(["-p", str(port)], given, output, errors,
                  {"REDISCLI_RCFILE": os.devnull, "NO_COLOR": "1", **(environment or {})})
    assert status == 0, status
    return output.getvalue().decode(), errors.getvalue().decode()


class PromptTest(CliTestCase):
    """The fallback where there is no readline."""

    def shown(self, *lines, **keywords):
        """As `converse`, with P for the prompt's address."""
        output, errors = converse(self.server.port, *lines, **keywords)
        self.assertEqual(errors, "")
        return output.replace(f"127.0.0.1:{self.server.port}", "P")

    def test_replies_have_their_types(self):
        self.assertEqual(self.shown("set k 1", "get k", "incr k"), 'P> OK\nP> "1"\nP> (integer) 2\nP> \n')

    def test_the_database_is_in_the_prompt(self):
        self.assertEqual(self.shown("select 3", "select 99", "quit"),
                         "P> OK\nP[3]> (error) ERR DB index is out of range\nP[3]> ")

    def test_a_transaction_is_in_the_prompt(self):
        self.assertEqual(self.shown("multi", "select 2", "discard", "multi", "select 2", "exec", "quit"),
                         "P> OK\nP(TX)> QUEUED\nP[2](TX)> OK\nP> OK\nP(TX)> QUEUED\nP[2](TX)> 1) OK\nP[2]> ")
        self.assertEqual(self.shown("multi", "nothing", "exec", "quit").splitlines()[-1], "P> ")

    def test_reset_forgets_everything(self):
        self.assertEqual(self.shown("select 3", "multi", "reset", "quit"), "P> OK\nP[3]> OK\nP[3](TX)> RESET\nP> ")

    def test_hello_changes_the_protocol(self):
        shown = self.shown("hset h f v", "hello 3", "hgetall h", "client kill type normal skipme no", "quit")
        self.assertIn('P> 1# "f" => "v"\n', shown)
        output, errors = converse(self.server.port, "hello 3", "client kill type normal skipme no", "ping", "hgetall h")
        self.assertEqual(errors, "Error: Server closed the connection\n")
        self.assertTrue(output.endswith(f'not connected> 1# "f" => "v"\n127.0.0.1:{self.server.port}> \n'), output)

    def test_no_connection(self):
        output, errors = converse(1, "ping", f"connect 127.0.0.1 {self.server.port}", "ping")
        self.assertEqual(output, "not connected> " * 2 + f"127.0.0.1:{self.server.port}> PONG\n"
                         f"127.0.0.1:{self.server.port}> \n")
        self.assertEqual(errors, "Could not connect to Redis at 127.0.0.1:1: Connection refused\n" * 2)

    def test_slow_commands_tell_their_time(self):
        with mock.patch.object(repl, "time", mock.Mock(monotonic=mock.Mock(side_effect=[0, 0.25, 10, 11.234]))):
            self.assertEqual(self.shown("get a", "get a", "quit"), "P> (nil)\nP> (nil)\n(1.23s)\nP> ")

    def test_preferences_are_read_from_a_file(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "rc")
            with open(path, "w") as file:
                file.write(":set nohints\n\n:set nothing\n")
            self.assertEqual(self.shown("quit", environment={"REDISCLI_RCFILE": path}),
                             "unknown redis-cli preference 'nothing'\nP> ")

    def test_ctrl_c_interrupts_only_the_command(self):
        receive = Link.receive

        def interrupted(link):
            if link.db == 1:
                raise KeyboardInterrupt
            return receive(link)

        with mock.patch.object(Link, "receive", interrupted):
            self.assertEqual(self.shown("select 1", "blpop q 0", "quit"), "P> OK\nP[1]> \nP[1]> ")


class NoTerminalControlTest(CliTestCase):
    """Windows, and terminals without codes: no key is noticed without Enter."""

    def check(self, environment):
        server = ScriptedServer(self, {"SUBSCRIBE": array(bulk(b"subscribe"), bulk(b"a"), b":1\r\n")
                                       + array(bulk(b"message"), bulk(b"a"), bulk(b"hello"))
                                       + array(bulk(b"unsubscribe"), bulk(b"a"), b":0\r\n")})
        output, errors = converse(server.port, "subscribe a", "quit", environment=environment)
        self.assertEqual(errors, "")
        self.assertIn("Reading messages... (press Ctrl-C to quit)\n", output)
        self.assertIn('3) "hello"\n1) "unsubscribe"\n2) "a"\n3) (integer) 0\n127.0.0.1:%d> ' % server.port, output)
        self.assertNotIn("\x1b", output)

    def test_messages_are_shown_until_the_end_of_the_subscription(self):
        with mock.patch.object(stream, "termios", None):
            self.check({})
        self.check({"TERM": "dumb"})


class SensitiveTest(unittest.TestCase):
    def test_commands_with_passwords(self):
        for line in ("auth x", "AUTH u x", "acl setuser u >x", "config set requirepass x", "CONFIG SET masterauth x",
                     "hello 3 auth u x", "migrate h 1 k 0 1 auth x", "migrate h 1 k 0 1 AUTH2 u x"):
            self.assertTrue(is_sensitive(line.encode().split()), line)

    def test_other_commands(self):
        for line in ("get auth", "acl list", "config get requirepass", "config set maxmemory 1", "hello 3",
                     "migrate h 1 k 0 1 copy"):
            self.assertFalse(is_sensitive(line.encode().split()), line)


@needs_terminals
@unittest.skipUnless(readline, "this Python has no readline")
class TerminalTest(CliTestCase):
    """What a person types and sees."""

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.history = os.path.join(directory.name, "history")

    def start(self, *words, port=None, **environment):
        return Terminal(self, [*CLI_WORDS, "-p", str(port or self.server.port), *words], **environment,
                        REDISCLI_HISTFILE=self.history, REDISCLI_RCFILE=os.devnull, INPUTRC=os.devnull)

    def prompt(self, within=""):
        return f"127.0.0.1:{self.server.port}{within}> "

    @needs_gnu_readline
    def test_lines_are_remembered_but_not_passwords(self):
        with open(self.history, "w") as file:
            file.write("get old\n")
        terminal = self.start()
        terminal.read_until(self.prompt())
        for line in ("set k v", "auth secret", "set k v", '"'):
            terminal.type(line + "\r")
            terminal.read_until(self.prompt())
        terminal.type("\x1b[A\x1b[A\x1b[A\r")                                  # up three times
        terminal.read_until("(nil)")
        terminal.read_until(self.prompt())
        terminal.type("quit\r")
        self.assertEqual(terminal.status(), 0)
        with open(self.history) as file:
            self.assertEqual(file.read(), 'get old\nset k v\n"\nget old\nquit\n')

    def test_the_history_is_for_its_owner_only(self):
        terminal = self.start()
        terminal.read_until(self.prompt())
        terminal.type("get a\r")
        terminal.read_until(self.prompt())
        terminal.type("quit\r")
        self.assertEqual(terminal.status(), 0)
        self.assertEqual(stat.S_IMODE(os.stat(self.history).st_mode), 0o600)

    @needs_gnu_readline
    def test_tab_completes_and_shows_arguments(self):
        terminal = self.start()
        terminal.read_until(self.prompt())
        terminal.type("getra\t")
        terminal.type("nothing 0 1\r")
        terminal.read_until('""')                       # or an error for `getranothing`
        terminal.read_until(self.prompt())
        terminal.type("expire k \t")
        terminal.read_until("EXPIRE ")
        terminal.read_until("key seconds [NX | XX | GT | LT]")
        terminal.read_until(self.prompt() + "expire k ")
        terminal.type("5\r")
        terminal.read_until("(integer) 0")
        terminal.read_until(self.prompt())
        terminal.type(":set nohints\r")
        terminal.read_until(self.prompt())
        terminal.type("expire k \t5\r")
        self.assertNotIn("seconds", terminal.read_until("(integer) 0"))

    def test_ctrl_c_interrupts_a_command_and_ends_the_prompt(self):
        terminal = self.start()
        terminal.read_until(self.prompt())
        terminal.type("blpop q 0\r")
        while not self.execute("INFO clients")[0].count(b"blocked_clients:1"):
            pass
        terminal.type("\x03")
        terminal.read_until(self.prompt())
        terminal.type("get k\r")
        terminal.read_until("(nil)")
        terminal.read_until(self.prompt())
        # Python's readline misses a signal between the prompt and its wait for keys.
        self.assertEqual(terminal.status("\x03"), 0)

    def test_messages_are_shown_until_a_key_and_after_each_command(self):
        terminal = self.start()
        terminal.read_until(self.prompt())
        terminal.type("subscribe news\r")
        terminal.read_until(SEEN_TO)
        self.execute("PUBLISH news hello")
        terminal.read_until('1) "message"\r\n2) "news"\r\n3) "hello"\r\n')
        terminal.read_until(SEEN_TO)
        terminal.type("s")                              # is the first letter of the line
        terminal.read_until(self.prompt("(subscribed mode)"))
        terminal.type("ubscribe more\r")
        terminal.read_until('2) "more"\r\n3) (integer) 2\r\n')
        terminal.read_until(SEEN_TO)
        terminal.type("u")
        terminal.read_until(self.prompt("(subscribed mode)"))
        terminal.type("nsubscribe\r")
        terminal.read_until("3) (integer) 0\r\n")
        terminal.read_until(self.prompt())
        terminal.type("get k\r")
        terminal.read_until("(nil)")

    def test_ctrl_c_ends_a_subscription(self):
        terminal = self.start("-n", "2")
        terminal.read_until(self.prompt("[2]"))
        terminal.type("psubscribe *\r")
        terminal.read_until(SEEN_TO)
        terminal.type("\x03")
        terminal.read_until(self.prompt("[2]"))
        terminal.type("get k\r")
        terminal.read_until("(nil)")

    def test_monitor_until_ctrl_c(self):
        terminal = self.start()
        terminal.read_until(self.prompt())
        terminal.type("monitor\r")
        terminal.read_until("OK")
        self.execute("SET watched 1")
        terminal.read_until('"SET" "watched" "1"')
        terminal.type("\x03")
        terminal.read_until(self.prompt())

    def test_a_single_subscription_is_ended_by_ctrl_c(self):
        terminal = self.start("subscribe", "news")
        terminal.read_until("Reading messages... (press Ctrl-C to quit)\r\n")
        terminal.read_until("3) (integer) 1\r\n")
        self.assertEqual(terminal.status("\x03"), 130)

    def test_a_server_that_dies_in_the_middle_of_a_reply(self):
        server = ScriptedServer(self, {"GET": (b"*2\r\n$1\r\na\r\n", None), "COMMAND": b"*0\r\n"})
        terminal = self.start(port=server.port)
        terminal.read_until("> ")
        terminal.type("get k\r")
        terminal.read_until("Error: Server closed the connection\r\n")
        terminal.read_until("not connected> ")
        terminal.type("ping\r")
        terminal.read_until("OK\r\n")
        terminal.read_until(f"127.0.0.1:{server.port}> ")

    @needs_gnu_readline
    def test_lines_of_another_encoding_than_the_locales(self):
        with open(self.history, "wb") as file:
            file.write("get \u00e9\n".encode() + b"\0")
        terminal = self.start(LC_ALL="C")
        for line in ("set \u00e9 1", "\x1b[A\x1b[A"):                          # up twice: get \u00e9
            terminal.read_until(self.prompt())
            terminal.type(line + "\r")
        terminal.read_until('"1"')
        self.assertEqual(self.execute("KEYS *"), [["\u00e9".encode()]])

    @needs_gnu_readline
    def test_bytes_of_no_encoding(self):
        terminal = self.start()
        terminal.read_until(self.prompt())
        os.write(terminal.master, b"set k \xff\r")
        terminal.read_until("OK")
        self.assertEqual(self.execute("GET k"), [b"\xff"])


if __name__ == "__main__":
    unittest.main()
