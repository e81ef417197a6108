"""Which mode is run."""
import importlib
import io
import unittest

from redis_clone.cli import modes
from redis_clone.cli.arguments import OPTIONS, parse_arguments
from redis_clone.cli.console import Console
from tests.cli.mode_support import ModeTestCase


class ModesTest(ModeTestCase):
    def test_every_mode_option_has_its_module(self):
        names = {option.names.split()[0] for group in OPTIONS.values() for option in group if option.mode}
        self.assertEqual(names, set(modes._MODULES))
        for module in modes._MODULES.values():
            self.assertTrue(callable(importlib.import_module(f"redis_clone.cli.modes.{module}").run), module)

    def test_of_several_modes_the_one_that_redis_cli_takes(self):
        self.execute("SET k v")
        self.assertIn(b"biggest keys", self.run_mode("--scan", "--bigkeys").output)
        self.assertIn(b"with 1 bytes", self.run_mode("--memkeys", "--bigkeys").output)
        self.assertRegex(self.run_mode("--scan", "--latency", "-i", "0.01", "--raw").output, rb"^\d+ \d+ [\d.]+ \d+\n$")

    def test_a_mode_without_a_server(self):
        options = parse_arguments(["--intrinsic-latency", "1"], {})
        self.assertLessEqual(options.modes, modes.NEEDS_NO_SERVER)
        options.intrinsic_latency_s = 0
        output = io.BytesIO()
        self.assertEqual(modes.run(None, options, Console(io.BytesIO(), output, io.BytesIO(), {})), 0)
        self.assertIn(b"0 total runs", output.getvalue())


if __name__ == "__main__":
    unittest.main()
