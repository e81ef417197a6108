"""--eval: a script from a file."""
import io
import os
import tempfile
import unittest

from redis_clone.cli.__main__ import main
from redis_clone.cli.arguments import parse_arguments
from redis_clone.cli.modes.asking import ModeFailed
from redis_clone.cli.modes.eval import eval_command
from tests.cli.mode_support import ModeTestCase, Result, needs_redis_cli, run_redis_cli


def write_script(test, content):
    """Return the path of a file with the script."""
    directory = tempfile.TemporaryDirectory()
    test.addCleanup(directory.cleanup)
    path = os.path.join(directory.name, "script.lua")
    with open(path, "wb") as file:
        file.write(content)
    return path


class EvalCommandTest(unittest.TestCase):
    def command(self, *words, script=b"return 1"):
        return eval_command(parse_arguments(["--eval", write_script(self, script), *words], {}))

    def test_a_comma_separates_keys_and_arguments(self):
        self.assertEqual(self.command("k1", "k2", ",", "a1", "a2"),
                         [b"EVAL", b"return 1", b"2", b"k1", b"k2", b"a1", b"a2"])
        self.assertEqual(self.command("k1"), [b"EVAL", b"return 1", b"1", b"k1"])
        self.assertEqual(self.command(), [b"EVAL", b"return 1", b"0"])

    def test_only_the_first_comma_counts(self):
        self.assertEqual(self.command(",", "a1", ",", "a2,"), [b"EVAL", b"return 1", b"0", b"a1", b",", b"a2,"])

    def test_the_script_goes_as_it_is(self):
        script = b"-- \xff\0\r\nreturn 'x'\n"
        self.assertEqual(self.command(script=script)[1], script)

    def test_a_file_that_cannot_be_read(self):
        with self.assertRaises(ModeFailed) as caught:
            eval_command(parse_arguments(["--eval", "/none/such.lua"], {}))
        self.assertEqual(str(caught.exception), "Can't open file '/none/such.lua': No such file or directory")


@needs_redis_cli
class LikeRedisCliTest(ModeTestCase):
    def check(self, script, *words, options=()):
        words = (*options, "--eval", write_script(self, script), *words)
        output, errors = io.BytesIO(), io.BytesIO()
        status = main(["-p", str(self.server.port), *words], io.BytesIO(), output, errors, {})
        self.assertEqual(Result(status, output.getvalue(), errors.getvalue()),
                         run_redis_cli(self.server.port, *words))

    def test_replies(self):
        self.check(b"return {KEYS[1], KEYS[2], ARGV[1], 1}", "k1", "k2", ",", "a1", "a2")
        self.check(b"return #KEYS .. '-' .. #ARGV", ",", "a1", ",", "a2")
        self.check(b"")
        for output in ("--no-raw", "--raw", "--csv", "--json"):
            self.check(b"return {1, {2, 'x'}}", options=(output,))
        self.check(b"return 1", options=("-r", "3"))

    def test_errors(self):
        for options in ((), ("-e",), ("--no-raw",), ("--json",)):
            self.check(b"return redis.error_reply('MY bad')", options=options)
        self.check(b"retrn 1")
        self.check(b"return redis.call('nope')", "k")

    def test_a_file_that_cannot_be_read(self):
        output, errors = io.BytesIO(), io.BytesIO()
        words = ["-p", str(self.server.port), "--eval", "/none/such.lua"]
        self.assertEqual(Result(main(words, io.BytesIO(), output, errors, {}), output.getvalue(), errors.getvalue()),
                         run_redis_cli(self.server.port, *words[2:]))


if __name__ == "__main__":
    unittest.main()
