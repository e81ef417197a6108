"""--pipe: mass insertion."""
import io
import unittest

from redis_clone.cli.modes import pipe
from redis_clone.client import encode_command
from tests.cli.mode_support import ModeTestCase, ScriptedServer, needs_redis_cli, run_mode, run_redis_cli

WAITING = b"All data transferred. Waiting for the last reply...\n"
LAST = b"Last reply received from server.\n"


def impatient(connection, options, out):
    options.pipe_timeout_s = 0.05
    return pipe.run(connection, options, out)


class PipeTest(ModeTestCase):
    def test_commands_in_resp(self):
        given = b"".join(encode_command(("SET", f"key:{number}", "a\r\nb")) for number in range(2000))
        result = self.run_mode("--pipe", given=given)
        self.assertEqual((result.status, result.output, result.errors),
                         (0, WAITING + LAST + b"errors: 0, replies: 2000\n", b""))
        self.assertEqual(self.execute("DBSIZE", "GET key:1999"), [2000, b"a\r\nb"])

    def test_commands_in_lines_the_last_one_without_an_end(self):
        result = self.run_mode("--pipe", given=b"SET a 1\r\nINCR a\nINCR a")
        self.assertEqual(result.output, WAITING + LAST + b"errors: 0, replies: 3\n")
        self.assertEqual(self.execute("GET a"), [b"3"])

    def test_nothing(self):
        self.assertEqual(self.run_mode("--pipe").output, WAITING + LAST + b"errors: 0, replies: 0\n")

    def test_error_replies_are_shown_and_counted(self):
        result = self.run_mode("--pipe", given=b"SET a 1\r\nLPUSH a x\r\nINCR a\r\nHGET a b\r\n")
        self.assertEqual((result.status, result.output), (1, WAITING + LAST + b"errors: 2, replies: 4\n"))
        self.assertEqual(result.errors, b"WRONGTYPE Operation against a key holding the wrong kind of value\n" * 2)

    def test_resp3(self):
        result = self.run_mode("-3", "--pipe", given=b"HSET h f v\r\nHGETALL h\r\n")
        self.assertEqual(result.output, WAITING + LAST + b"errors: 0, replies: 2\n")

    def test_more_both_ways_than_fits_into_the_buffers(self):
        result = self.run_mode("--pipe", given=encode_command(("ECHO", "x" * 100_000)) * 100)
        self.assertEqual((result.status, result.output), (0, WAITING + LAST + b"errors: 0, replies: 100\n"))

    def test_a_command_that_lacks_its_end_swallows_the_last_one(self):
        result = self.run_mode("--pipe", given=b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$90\r\nabc", run=impatient)
        self.assertEqual((result.status, result.output), (1, WAITING + b"errors: 1, replies: 0\n"))
        self.assertEqual(result.errors, b"No replies for 0.05 seconds: exiting.\n")

    def test_a_violation_of_the_protocol(self):
        result = self.run_mode("--pipe", given=b"SET a 1\r\n*x\r\nSET b 1\r\n")
        self.assertEqual((result.status, result.output), (1, WAITING))
        self.assertTrue(result.errors.startswith(b"ERR Protocol error: invalid multibulk length\nError "), result)

    def test_a_server_that_hangs_up(self):
        for answers in ({"SET": None}, {"ECHO": None}, {"ECHO": (b"$20\r\n0123", None)}):
            result = run_mode(ScriptedServer(self, answers).port, "--pipe", given=b"SET a 1\r\n")
            self.assertEqual((result.status, result.output), (1, WAITING))
            self.assertRegex(result.errors, rb"^Error (reading from|writing to) the server: ")

    def test_garbage(self):
        port = ScriptedServer(self, {"SET": b"+OK\r\n-ERR bad\r\ngarbage\r\n"}).port
        result = run_mode(port, "--pipe", given=b"SET a 1\r\n")
        self.assertEqual((result.status, result.output, result.errors),
                         (1, WAITING, b"ERR bad\nError reading replies from server\n"))

    def test_an_echo_that_is_not_ours_is_not_the_last_reply(self):
        server = ScriptedServer(self, {"ECHO": b"$20\r\n" + b"x" * 20 + b"\r\n"})
        result = run_mode(server.port, "--pipe", given=b"SET a 1\r\n", run=impatient)
        self.assertEqual((result.status, result.output), (1, WAITING + b"errors: 1, replies: 2\n"))

    def test_an_interrupt_ends_it(self):
        class Interrupted(io.BytesIO):
            def read1(self, size=-1):
                raise KeyboardInterrupt

        def interrupted(connection, options, out):
            out.input = Interrupted()
            return pipe.run(connection, options, out)

        self.assertIsNone(self.run_mode("--pipe", run=interrupted).status)


@needs_redis_cli
class LikeRedisCliTest(ModeTestCase):
    def test_replies_errors_and_summary(self):
        for given in (b"", b"SET a 1\r\nSET b 2\nINCR a\r\nLPUSH a x\r\nNOPE\r\n", b"PING",
                      encode_command(("KEYS", "*"))):
            self.assertEqual(self.run_mode("--pipe", given=given), self.run_redis_cli("--pipe", given=given))

    def test_garbage(self):
        port, given = ScriptedServer(self, {"SET": b"garbage\r\n"}).port, b"SET a 1\r\n"
        self.assertEqual(run_mode(port, "--pipe", given=given), run_redis_cli(port, "--pipe", given=given))


if __name__ == "__main__":
    unittest.main()
