"""The modes of the command line as processes, against a real redis-server where one is installed."""

import os
import shutil
import signal
import subprocess
import sys
import unittest

from redis_clone.client import encode_command
from tests.system.support import PATIENCE_S, ROOT, ServerProcess, SystemTestCase

REAL_SERVER = shutil.which("redis-server")
REAL_CLI = shutil.which("redis-cli")
OUR_CLI = [sys.executable, "-m", "redis_clone.cli"]


class CliModesTestCase(SystemTestCase):
    shared = True

    def start_cli(self, *words, program=OUR_CLI, **streams):
        process = subprocess.Popen(
            [*program, "-p", str(self.server.port), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=dict(os.environ, PYTHONPATH=ROOT, PYTHONWARNINGS="error::ResourceWarning"))
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def cli(self, *words, given=b"", program=OUR_CLI):
        """Status, output and complaints of a run to its end."""
        process = self.start_cli(*words, program=program)
        output, errors = process.communicate(given, PATIENCE_S)
        return process.returncode, output, errors


class OwnServerTest(CliModesTestCase):
    def test_mass_insertion(self):
        requests = b"".join(encode_command(("SET", f"key:{number}", "value")) for number in range(50_000))
        status, output, errors = self.cli("--pipe", given=requests)
        self.assertEqual((status, errors), (0, b""))
        self.assertTrue(output.endswith(b"\nerrors: 0, replies: 50000\n"), output)
        self.assertEqual(self.client().execute("DBSIZE"), 50_000)

    def test_the_reader_of_a_scan_goes_away(self):
        pipeline = self.client().pipeline()
        for number in range(20_000):
            pipeline.add("SET", f"key:{number:050}", "")
        pipeline.execute()
        process = self.start_cli("--scan")
        process.stdout.read(10)
        process.stdout.close()
        self.assertEqual(process.wait(PATIENCE_S), 141)
        self.assertEqual(process.stderr.read(), b"")

    @unittest.skipIf(os.name == "nt", "Windows has no such signals")
    def test_an_interrupt_ends_a_watch_without_a_traceback(self):
        for words, status in ((("--stat", "-i", "0.05"), 130), (("--latency-dist", "-i", "0.05"), 130),
                              (("--intrinsic-latency", "60"), 0)):
            process = self.start_cli(*words)
            self.assertTrue(process.stdout.readline())
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(PATIENCE_S), status)
            self.assertEqual(process.stderr.read(), b"")

    def test_a_server_that_is_killed_under_a_walk(self):
        self.server = ServerProcess(self.directory)
        self.addCleanup(self.server.end)
        self.client().execute("SET", "k", "v")
        process = self.start_cli("--stat", "-i", "0.01")
        process.stdout.readline()
        self.server.kill()
        output = b""
        while b"Reconnecting... 1" not in output:
            output += os.read(process.stdout.fileno(), 65536)
        status, output, errors = self.cli("--scan")
        self.assertEqual((status, output), (1, b""))
        self.assertTrue(errors.startswith(b"Could not connect to Redis at 127.0.0.1:"), errors)


@unittest.skipUnless(REAL_SERVER and REAL_CLI, "redis-server or redis-cli is not installed")
class RealServerTest(CliModesTestCase):
    """What our own server cannot do yet: replication."""

    shared = False
    directives = None

    def start_real(self, diskless):
        directives = ("--appendonly", "no", "--repl-diskless-sync", diskless, "--repl-diskless-sync-delay", "0")
        self.server = ServerProcess(self.directory, *directives, program=REAL_SERVER)
        self.addCleanup(self.server.end)
        client = self.client()
        client.execute("SET", "key", "value")
        client.execute("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 1 end)")
        return client

    def check_copy(self, *words, expected):
        """Both programs say the same and write an RDB file that is in order."""
        path = os.path.join(self.directory, "copy.rdb")
        results = []
        for program in ([REAL_CLI], OUR_CLI):
            status, output, errors = self.cli(*words, path, program=program)
            self.assertEqual((status, output), (0, b""), errors)
            with open(path, "rb") as file:
                content = file.read()
            self.assertTrue(content.startswith(b"REDIS0"), content)
            for text, there in expected.items():
                self.assertEqual(text in content, there, text)
            results.append(errors)
            checked = subprocess.run([sys.executable, "-m", "redis_clone.check", path], cwd=ROOT,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE_S)
            self.assertEqual(checked.returncode, 0, checked.stdout)
            os.unlink(path)
        self.assertEqual(*results)

    def test_a_copy_of_all_data(self):
        for diskless in ("yes", "no"):
            self.start_real(diskless)
            self.check_copy("--rdb", expected={b"value": True, b"register_function": True})
            self.server.kill()

    def test_a_copy_of_the_functions(self):
        self.start_real("yes")
        self.check_copy("--functions-rdb", expected={b"value": False, b"register_function": True})

    def test_a_copy_on_the_standard_output(self):
        self.start_real("yes")
        status, output, _ = self.cli("--rdb", "-")
        self.assertEqual((status, output[:6]), (0, b"REDIS0"))
        self.assertEqual(output[-9:-8], b"\xff")                # the end, with its checksum, and no mark after it

    def test_the_stream_of_commands(self):
        for diskless in ("yes", "no"):
            client = self.start_real(diskless)
            process = self.start_cli("--replica")
            while not process.stderr.readline().startswith(b"SYNC done"):
                self.assertIsNone(process.poll())
            client.execute("SET", "k", 'a "b"')
            lines = (line for line in process.stdout if line != b'"ping"\n')
            self.assertEqual([next(lines), next(lines)], [b'"SELECT","0"\n', b'"SET","k","a \\"b\\""\n'])
            self.server.kill()
            self.assertEqual(process.wait(PATIENCE_S), 1)


if __name__ == "__main__":
    unittest.main()
