"""Everything that people touch works where a platform has no fork, Unix sockets, poll, readline, TLS or terminals."""
import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent


class PoorerPlatformTest(unittest.TestCase):
    def test_server_client_fixtures_and_command_line(self):
        result = subprocess.run([sys.executable, "-m", "tests.poorer_platform"], cwd=ROOT, timeout=120,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        output = result.stdout.decode()
        self.assertEqual(output.splitlines()[-1:], ["all of it works"], output)
        self.assertIn("this system has no Unix sockets", output)
        self.assertIn("no ssl module", output)


if __name__ == "__main__":
    unittest.main()
