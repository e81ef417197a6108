"""One command on the command line, and scripts on the standard input."""
import errno
import io
import os
import subprocess
import sys
import tempfile
import threading
import unittest
from unittest import mock

from redis_clone.cli import link
from redis_clone.cli.__main__ import main
from redis_clone.version import __version__
from tests.cli.cli_support import CliTestCase, run_cli
from tests.cli.mode_support import ScriptedServer


class OneCommandTest(CliTestCase):
    def test_prints_the_reply(self):
        self.assertEqual(self.printed("SET", "k", "v"), "OK\n")
        self.assertEqual(self.printed("GET", "k"), "v\n")
        self.assertEqual(self.printed("--no-raw", "LPUSH", "l", "a"), "(integer) 1\n")
        self.assertEqual(self.printed("-3", "--json", "HELLO", "3")[:18], '{"server":"redis",')

    def test_a_terminal_gets_types(self):
        self.assertEqual(self.printed("INCR", "n", environment={"FAKETTY": "1"}), "(integer) 1\n")
        self.assertEqual(self.printed("--raw", "INCR", "n", environment={"FAKETTY": "1"}), "2\n")

    def test_texts_for_people_stay_as_they_are(self):
        self.assertTrue(self.printed("--no-raw", "INFO", "server").startswith("# Server\r\n"))
        self.assertTrue(self.printed("--json", "client", "list").startswith("id="))

    def test_errors_are_replies(self):
        self.assertEqual(self.printed("GET"), "ERR wrong number of arguments for 'get' command\n\n")
        result = self.cli("-e", "-r", "3", "GET")
        self.assertEqual((result.status, result.output, result.errors),
                         (1, b"", b"ERR wrong number of arguments for 'get' command\n"))

    def test_repetition(self):
        self.assertEqual(self.printed("-r", "3", "-i", "0.001", "INCR", "n"), "1\n2\n3\n")
        self.assertEqual(self.printed("-r", "0", "INCR", "n"), "")
        with mock.patch("time.sleep", side_effect=[None, KeyboardInterrupt]):
            self.assertEqual(self.cli("-r", "-1", "INCR", "n").output, b"4\n5\n")

    def test_arguments_from_the_standard_input(self):
        self.assertEqual(self.printed("-x", "SET", "k", given=b"v\0w\n"), "OK\n")
        self.assertEqual(self.printed("STRLEN", "k"), "4\n")
        self.assertEqual(self.printed("-X", "tag", "SET", "k", "tag", "NX", given=b"v"), "\n")
        result = self.cli("-X", "tag", "SET", "k", "v", given=b"v")
        self.assertEqual((result.status, result.errors), (1, b"Using -X option but stdin tag not match.\n"))

    def test_quoted_arguments(self):
        self.printed("--quoted-input", "SET", '"a\\x00b"', "'v w'")
        self.assertEqual(self.printed("--quoted-input", "GET", '"a\\x00b"'), "v w\n")
        result = self.cli("--quoted-input", "GET", '"a')
        self.assertEqual((result.status, result.output), (1, b"Invalid quoted string\n"))

    def test_database(self):
        self.printed("-n", "3", "SET", "k", "v")
        self.assertEqual(self.printed("-u", f"redis://127.0.0.1:{self.server.port}/3", "GET", "k"), "v\n")
        result = self.cli("-n", "99", "GET", "k")
        self.assertEqual((result.status, result.output), (0, b"\n"))
        self.assertEqual(result.errors, b"SELECT 99 failed: ERR DB index is out of range\n")

    def test_script_in_a_file(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "script.lua")
            with open(path, "w") as file:
                file.write("return {KEYS[1], KEYS[2], ARGV[1]}")
            self.assertEqual(self.printed("--eval", path, "a", "b", ",", "c"), "a\nb\nc\n")
        result = self.cli("--eval", path)
        self.assertEqual((result.status, result.errors),
                         (1, f"Can't open file '{path}': No such file or directory\n".encode()))

    def test_help_for_a_command(self):
        text = self.printed("help", "getrange")
        self.assertIn("\n  GETRANGE key start end\n  summary: ", text)
        self.assertNotIn("\x1b", text)

    def test_what_is_for_replicas_is_refused(self):
        self.assertEqual(self.cli("SYNC").status, 1)


class AuthenticationTest(CliTestCase):
    config = {"requirepass": "secret"}

    def test_password(self):
        self.assertEqual(self.printed("PING", environment={"REDISCLI_AUTH": "secret"}), "PONG\n")
        self.assertEqual(self.printed("-a", "secret", "--no-auth-warning", "PING"), "PONG\n")
        result = self.cli("--user", "default", "-a", "secret", "PING")
        self.assertEqual((result.output, result.errors),
                         (b"PONG\n", b"Warning: Using a password with '-a' or '-u' option on the command line "
                          b"interface may not be safe.\n"))

    def test_password_from_the_terminal(self):
        with mock.patch("getpass.getpass", return_value="secret"):
            self.assertEqual(self.printed("--askpass", "PING"), "PONG\n")

    def test_wrong_password(self):
        result = self.cli("-a", "wrong", "--no-auth-warning", "PING")
        self.assertEqual((result.status, result.output), (0, b"NOAUTH Authentication required.\n\n"))
        self.assertEqual(result.errors, b"AUTH failed: WRONGPASS invalid username-password pair or user is disabled.\n")

    def test_a_mode_does_not_start_without_permission(self):
        result = self.cli("-a", "wrong", "--no-auth-warning", "--scan")
        self.assertEqual((result.status, result.output), (1, b""))


class ScriptTest(CliTestCase):
    """Lines on the standard input."""

    def test_each_line_is_a_command(self):
        given = b"SET 'a key' \"\\x41\"\n\nGET 'a key'\r\nMULTI\nINCR n\nEXEC\n3 INCR n"
        self.assertEqual(self.printed(given=given), "OK\nA\nOK\nQUEUED\n1\n2\n3\n4\n")

    def test_wrong_lines_are_passed_over(self):
        self.assertEqual(self.printed(given=b"GET \"k\n0 INCR n\nINCR n\n"),
                         "Invalid argument(s)\nInvalid redis-cli repeat command option value.\n1\n")
        self.assertEqual(self.printed(given=b"99999999999999999999 INCR n\nINCR n\n").splitlines()[-1], "2")

    def test_quit_ends_it(self):
        self.assertEqual(self.printed(given=b"INCR n\nquit\nINCR n\n"), "1\n")
        self.assertEqual(self.printed(given=b"exit now\nINCR n\n"), "")

    def test_preferences(self):
        self.assertEqual(self.printed(given=b":set hints\n:foo\n:set cursor\n"),
                         "unknown redis-cli internal command ':foo'\nunknown redis-cli preference 'cursor'\n")

    def test_another_server(self):
        other = ScriptedServer(self, {"PING": b"+OTHER\r\n"})
        self.assertEqual(self.printed(given=b"PING\nconnect 127.0.0.1 %d\nPING\nconnect localhost x\n" % other.port),
                         "PONG\nOTHER\nNot a port: x\n")

    def test_what_was_set_is_set_again_on_the_next_connection(self):
        result = self.cli(given=b"SELECT 2\nSET k v\nCLIENT KILL TYPE normal SKIPME no\nPING\nGET k\n")
        self.assertEqual((result.output, result.errors),
                         (b"OK\nOK\n1\nv\n", b"Error: Server closed the connection\n"))

    def test_clear(self):
        self.assertEqual(self.printed(given=b"clear\n"), "\x1b[H\x1b[2J")

    def test_the_end_of_all_subscriptions_ends_their_mode(self):
        given = b"SUBSCRIBE a b\n"
        output = io.BytesIO()
        thread = threading.Thread(target=main, args=(["-p", str(self.server.port)], io.BytesIO(given), output,
                                                     io.BytesIO(), {}))
        thread.start()
        while self.execute("PUBLISH b hello") == [0]:
            pass
        self.execute("CLIENT KILL TYPE pubsub")
        thread.join(20)
        self.assertEqual(output.getvalue(), b"subscribe\na\n1\nsubscribe\nb\n2\nmessage\nb\nhello\n")

    def test_unsubscribing_is_answered_for_each_channel(self):
        self.assertEqual(self.printed("--csv", given=b"UNSUBSCRIBE a b\nPUNSUBSCRIBE\nPING\n"),
                         '"unsubscribe","a",0\n"unsubscribe","b",0\n"punsubscribe",NULL,0\n"PONG"\n')


class DangersTest(unittest.TestCase):
    """Servers that are not there, hang up, or talk nonsense."""

    def end(self, answer, *words):
        """How a command ends that is answered so."""
        return run_cli(ScriptedServer(self, {"GET": answer, "SHUTDOWN": None}).port, *words or ("GET", "k"))

    def assert_failed(self, text, result):
        self.assertEqual((result.status, result.output, result.errors.decode()), (1, b"", text))

    def test_nobody_listens(self):
        text = "Could not connect to Redis at 127.0.0.1:1: Connection refused\n"
        self.assert_failed(text, run_cli(1, "PING"))
        self.assert_failed(text, run_cli(1, "--scan"))
        result = run_cli(1, given=b"PING\nPING\n")
        self.assertEqual((result.status, result.errors.decode()), (0, text * 3))

    def test_no_such_host_and_no_such_socket(self):
        result = run_cli(1, "-h", "host.invalid", "PING")
        self.assertEqual(result.status, 1)
        self.assertTrue(result.errors.startswith(b"Could not connect to Redis at host.invalid:1: "), result)
        self.assertEqual(run_cli(0, "PING").status, 1)
        if os.name != "nt":
            self.assert_failed("Could not connect to Redis at /nowhere/socket: No such file or directory\n",
                               run_cli(1, "-s", "/nowhere/socket", "PING"))

    def test_the_server_hangs_up(self):
        for answer in (None, (b"$10\r\nabc", None), (b"*2\r\n:1\r\n", None)):
            self.assert_failed("Error: Server closed the connection\n", self.end(answer))

    def test_a_wait_in_pieces(self):
        """As on Windows, where only then Ctrl-C is noticed."""
        with mock.patch.object(link, "WAIT_S", 1e-6):
            server = ScriptedServer(self, {"GET": (b"$6\r\nabc", b"def\r\n")})
            self.assertEqual(run_cli(server.port, "GET", "k").output, b"abcdef\n")

    def test_shutdown_is_answered_by_hanging_up(self):
        result = self.end(None, "SHUTDOWN")
        self.assertEqual((result.status, result.output, result.errors), (0, b"", b""))

    def test_nonsense(self):
        result = self.end(b"nonsense\r\n")
        self.assertEqual((result.status, result.output), (1, b""))
        self.assertRegex(result.errors.decode(), r"^Error: .* answered GET with not a reply: b'nonsense.*'\n$")

    def test_a_reply_nested_beyond_reason(self):
        result = self.end(b"*1\r\n" * 100_000 + b":1\r\n")
        self.assert_failed("Error: the reply is nested too deeply to be shown\n", result)

    def test_wrong_arguments(self):
        self.assert_failed("Unrecognized option or bad number of args for: '--nope'\n", run_cli(1, "--nope"))

    def test_resp3_is_demanded_by_3_and_wished_by_json(self):
        refusing = ScriptedServer(self, {"HELLO": b"-ERR unknown command 'HELLO'\r\n", "GET": b":1\r\n"})
        for words in (("-3", "GET", "k"), ("--json", "GET", "k")):
            result = run_cli(refusing.port, *words)
            self.assertEqual((result.status, result.output, result.errors),
                             (0, b"1\n", b"HELLO 3 failed: ERR unknown command 'HELLO'\n"))
        self.assertEqual(run_cli(refusing.port, "-3", "--scan").status, 1)

    def test_nobody_reads(self):
        class Closed(io.BytesIO):
            def write(self, data):
                raise BrokenPipeError

        server = ScriptedServer(self, {"GET": b":1\r\n"})
        self.assertEqual(main(["-p", str(server.port), "GET", "k"], io.BytesIO(), Closed(), io.BytesIO(), {}), 141)

    def test_systems_that_give_no_reason(self):
        """PyPy's ssl."""
        error = FileNotFoundError(errno.ENOENT, "")
        self.assertEqual(link.reason_of(error), os.strerror(errno.ENOENT))

    def test_wrong_files_for_tls(self):
        result = run_cli(1, "--tls", "--cacert", "/nowhere/ca.crt", "PING")
        self.assertEqual(result.status, 1)
        self.assertEqual(result.errors, b"Could not connect to Redis at 127.0.0.1:1: No such file or directory\n")
        result = run_cli(1, "--tls", "--tls-ciphers", "NONE-SUCH", "PING")
        self.assertEqual(result.errors, b"Could not connect to Redis at 127.0.0.1:1: No cipher can be selected.\n")


class ClusterTest(unittest.TestCase):
    def test_moved(self):
        node = ScriptedServer(self, {"GET": b"$5\r\nthere\r\n"})
        server = ScriptedServer(self, {"GET": b"-MOVED 5 127.0.0.1:%d\r\n" % node.port})
        self.assertEqual(run_cli(server.port, "-c", "GET", "k").output, b"there\n")
        self.assertEqual(run_cli(server.port, "-c", given=b"GET k\nGET k\n").output,
                         b"-> Redirected to slot [5] located at 127.0.0.1:%d\nthere\nthere\n" % node.port)
        self.assertEqual(run_cli(server.port, "GET", "k").output, b"MOVED 5 127.0.0.1:%d\n\n" % node.port)

    def test_ask(self):
        node = ScriptedServer(self, {"GET": b"$5\r\nthere\r\n"})
        server = ScriptedServer(self, {"GET": b"-ASK 5 127.0.0.1:%d\r\n" % node.port})
        self.assertEqual(run_cli(server.port, "-c", "GET", "k").output, b"there\n")
        self.assertEqual(node.requests, [[b"ASKING"], [b"GET", b"k"]])

    def test_nodes_that_send_in_circles(self):
        server = ScriptedServer(self, {"GET": lambda words: b"-MOVED 5 127.0.0.1:%d\r\n" % server.port})
        self.assertIn(b"MOVED 5", run_cli(server.port, "-c", "GET", "k").output)


class PushTest(unittest.TestCase):
    def test_pushes_are_shown_if_wanted(self):
        server = ScriptedServer(self, {"HELLO": b"%0\r\n", "GET": b">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n"
                                       b"$1\r\nv\r\n"})
        for words, text in ((("--no-raw", "--show-pushes", "yes"), b"-> invalidate: 'k'\n\"v\"\n"),
                            (("--show-pushes", "y"), b"invalidate\nk\nv\n"), ((), b"v\n"),
                            (("--json", "--show-pushes", "no"), b'"v"\n')):
            self.assertEqual(run_cli(server.port, "-3", *words, "GET", "k").output, text)

    def test_attributes_are_shown_to_people(self):
        server = ScriptedServer(self, {"GET": b"|1\r\n+ttl\r\n:5\r\n$1\r\na\r\n"})
        self.assertEqual(run_cli(server.port, "--no-raw", "GET", "k").output, b'1| ttl => (integer) 5\n"a"\n')
        self.assertEqual(run_cli(server.port, "--raw", "GET", "k").output, b"a\n")


class StreamsTest(CliTestCase):
    """The streams of a process of its own."""

    def end(self, shell, **environment):
        """Execute these words of the shell, CLI is the command line; return the exit status, output and errors."""
        script = shell.replace("CLI", f'"$0" -m redis_clone.cli -p {self.server.port}')
        done = subprocess.run(["sh", "-c", script, sys.executable], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env={**os.environ, **environment}, timeout=60)
        return done.returncode, done.stdout, done.stderr

    @unittest.skipIf(os.name == "nt", "needs a shell of Unix")
    def test_closed_streams(self):
        self.assertEqual(self.end("CLI PING <&-"), (0, b"PONG\n", b""))
        self.assertEqual(self.end("CLI <&-"), (0, b"", b""))
        self.assertEqual(self.end("CLI -x ECHO <&-"), (0, b"\n", b""))
        self.assertEqual(self.end("CLI PING >&-"), (0, b"", b""))

    @unittest.skipUnless(os.path.exists("/dev/full"), "needs /dev/full")
    def test_an_output_that_is_full(self):
        for words in ("PING", "--scan"):
            self.execute("SET k v")
            self.assertEqual(self.end(f"CLI {words} > /dev/full"), (1, b"", b"Error: No space left on device\n"))

    @unittest.skipIf(os.name == "nt", "needs a shell of Unix")
    def test_a_reader_who_leaves(self):
        self.execute(("SET", "k", b"v" * 3_000_000))
        for unbuffered in ("", "1"):
            ended = self.end("{ CLI GET k; echo $? >&2; } | head -c 2", PYTHONUNBUFFERED=unbuffered)
            self.assertEqual(ended, (0, b"vv", b"141\n"))


class AboutTest(unittest.TestCase):
    def test_help_and_version(self):
        self.assertTrue(run_cli(1, "--help").output.startswith(b"Usage: redis-clone-cli [OPTIONS] "))
        self.assertEqual(run_cli(1, "--version").output.decode(), f"redis-clone-cli {__version__}\n")


if __name__ == "__main__":
    unittest.main()
