"""Tests of scripts/lua_suite.py: that it measures, not how fast anything is."""
import contextlib
import io
import os
import sys
import unittest
from unittest import mock

from tests.system.support import not_when_short

SCRIPTS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "scripts")
sys.path.insert(0, SCRIPTS)

import benchmark        # noqa: E402
import lua_suite        # noqa: E402
import servers          # noqa: E402


def run_suite(*arguments):
    """The exit status and what is printed."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
        try:
            status = benchmark.main(["--suite", "lua", *arguments])
        except SystemExit as end:
            status = end.code
    return status, out.getvalue()


@not_when_short
class LuaSuiteTest(unittest.TestCase):
    @mock.patch.object(lua_suite, "COMPILATIONS", 2)
    @mock.patch.object(lua_suite, "CALLS", 10)
    def test_measures_compiling_and_calls(self):
        status, out = run_suite("--only", "compile,calls", "--rounds", "1", "--real", "none")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"(?m)^queue_take.lua +\d+\.\d{3} +99\.000 +\d+\.\d\d +<= 10")
        for words in lua_suite.COMMANDS:
            self.assertRegex(out, rf"(?m)^{words[0]} +-?\d+\.\d{{3}} +-?\d+\.\d{{3}} +\d+\.\d\d +<= 2")

    def test_what_is_not_installed_is_skipped(self):
        with mock.patch("shutil.which", return_value=None):
            status, out = run_suite("--check", "--rounds", "1")
        self.assertEqual(status, 1 if "MISSED" in out else 0)
        self.assertIn("redis-server is not installed", out)
        self.assertIn("limiter: skipped, redis-benchmark is not installed", out)
        self.assertIn("empty: skipped, redis-benchmark is not installed", out)
        self.assertIn("loops: skipped, lua5.1 is not installed", out)
        self.assertIn("cjson: skipped, there is no other server", out)

    def test_every_loop_can_be_run(self):
        for name, source in lua_suite.loop_sources():
            with self.subTest(name):
                runtime = lua_suite.Runtime()
                program = lua_suite.STOPWATCH % (source, 1)
                time_s, result = runtime.call(runtime.load(program.encode(), b"@loop")).split(b" ", 1)
                self.assertGreater(float(time_s), 0)
                self.assertNotEqual(result, b"nil")


class ReportTest(unittest.TestCase):
    def test_a_limit_of_something_that_is_no_ratio(self):
        report = lua_suite.Report()
        with contextlib.redirect_stdout(io.StringIO()) as out:
            report.table("Calling", ["a", "b"], "more")
            report.row("SET", (3.5, 1), ratio=2.5, most=2)
        self.assertEqual(out.getvalue().split("\n")[2].split(), ["a", "b", "more", "limit"])
        self.assertEqual(report.missed, ["Calling, SET"])

    def test_different_results_are_told(self):
        with self.assertRaisesRegex(servers.ServerFailed, "fib came to different results: 1, 2"):
            lua_suite.check_equal("fib", {1, 2})

    def test_wrong_options_are_told(self):
        for arguments, text in ((["--only", "fast"], "nothing is named fast; there are limiter, empty, "),
                                (["--rounds", "0"], "the least is 1")):
            status, out = run_suite(*arguments)
            self.assertEqual(status, 2)
            self.assertIn(text, out)


if __name__ == "__main__":
    unittest.main()
