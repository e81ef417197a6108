"""Tests of scripts/embedding_suite.py: that it measures, not how fast anything is."""
import contextlib
import io
import os
import sys
import unittest
from unittest import mock

from tests.system.support import not_when_short

SCRIPTS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "scripts")
sys.path.insert(0, SCRIPTS)

import embedding_suite      # noqa: E402


def run_suite(*arguments):
    """The exit status and what is printed."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
        try:
            status = embedding_suite.main([*arguments, "--rounds", "1", "--requests", "100"])
        except SystemExit as end:
            status = end.code
    return status, out.getvalue()


@not_when_short
class EmbeddingSuiteTest(unittest.TestCase):
    @mock.patch.object(embedding_suite, "CLIENTS", (0, 2))
    @mock.patch.object(embedding_suite, "STARTS", 2)
    def test_measures_everything(self):
        status, out = run_suite()
        self.assertEqual(status, 0)
        for row in (r"GET +[\d,]+ +-", r"SET +[\d,]+ +-", r"pipelines of 100 GET +[\d,]+ +-",
                    r"redis_clone.connect\(\) +\d+\.\d{3} +\d+\.\d{3} +\d+\.\d\d +<= 5",
                    r"idle +\d+\.\d{3} +\d+\.\d{3} +\d+\.\d\d +<= 100", "blocked +", "subscribed +"):
            self.assertRegex(out, "(?m)^" + row)
        self.assertIn("fakeredis: skipped", out)

    @mock.patch.object(embedding_suite, "FAKEREDIS", embedding_suite.OWN)
    def test_compares_with_another(self):
        status, out = run_suite("--only", "commands", "--fakeredis", sys.executable, "--check")
        self.assertEqual(status, 1)             # nothing is ten times as fast as itself
        self.assertRegex(out, r"(?m)^GET +[\d,]+ +[\d,]+ +\d+\.\d\d +>= 10  MISSED")

    def test_what_cannot_be_measured_is_told_in_a_line(self):
        status, out = run_suite("--only", "commands", "--fakeredis", "/nowhere/python")
        self.assertEqual(status, 2)
        self.assertIn("/nowhere/python is no program", out)
        with mock.patch.object(embedding_suite, "FAKEREDIS", "import no_such_module"):
            status, out = run_suite("--only", "commands", "--fakeredis", sys.executable)
        self.assertEqual(status, 1)
        self.assertIn("No module named 'no_such_module'", out.strip().split("\n")[-1])


if __name__ == "__main__":
    unittest.main()
