"""scripts/growth.py on small sizes: that it measures, not how fast anything is."""

import contextlib
import io
import os
import sys
import unittest
from unittest import mock

from tests.system.support import ROOT, not_when_short

sys.path.insert(0, os.path.join(ROOT, "scripts"))

import benchmark    # noqa: E402
import growth       # noqa: E402

SIZES = ["--sizes", "400,1000", "--rounds", "1"]


@not_when_short
class GrowthTest(unittest.TestCase):
    def run_(self, *arguments):
        """Run the suite; return its exit status and what it printed."""
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
            try:
                status = benchmark.main(["--suite", "growth", *arguments])
            except SystemExit as end:
                status = end.code
        return status, out.getvalue()

    @mock.patch.object(growth, "SAMPLES", 2)
    def test_measures_every_command_and_the_walk(self):
        names = [operation.option for operation in growth.OPERATIONS]
        status, out = self.run_(*SIZES, "--only", ",".join([*names, "scan"]))
        self.assertEqual(status, 0)
        for operation in growth.OPERATIONS:
            self.assertRegex(out, rf"(?m)^{operation.name} +\d+\.\d\d ")
        self.assertRegex(out, r"(?m)^SCAN of 1,000 keys: redis_clone \d+\.\d ms")
        self.assertNotIn("not returned", out)

    def test_a_missed_limit_is_told_and_with_check_fails(self):
        report = growth.Report([type("Server", (), {"name": "one"})], [400, 1000])
        with contextlib.redirect_stdout(io.StringIO()) as out:
            report.operation(growth.OPERATIONS[0], {("one", 400): 1e-6, ("one", 1000): 4e-6})
        self.assertEqual(report.missed, ["ZADD"])
        self.assertTrue(out.getvalue().endswith("       3.0  MISSED\n"))

    def test_wrong_options_are_told(self):
        status, out = self.run_("--only", "gett")
        self.assertEqual(status, 2)
        self.assertIn("nothing is named gett; there are zadd, zrank, ", out)
        self.assertEqual(self.run_("--sizes", "x")[0], 2)


if __name__ == "__main__":
    unittest.main()
