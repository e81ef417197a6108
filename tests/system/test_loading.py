"""A process that loads its data at the start: what clients see meanwhile, what ends it, what it refuses."""

import os
import signal
import subprocess
import sys
import unittest

from tests.system.support import (PATIENCE_S, ROOT, SystemTestCase, ask, free_port, read_exactly, read_line,
                                  wait_until)

KEYS = 2000
SLOW = ("--key-load-delay", "1000")         # microseconds


class SlowLoadTest(SystemTestCase):
    """Loading takes two seconds."""

    directives = None

    def setUp(self):
        super().setUp()
        server = self.start("--enable-debug-command", "yes")
        self.client().execute("DEBUG", "POPULATE", KEYS)
        ask(self.connect(), "SHUTDOWN", "SAVE")
        server.wait()
        self.before = self.snapshot()
        self.start("--save", "3600 1", *SLOW, until="RDB memory usage")

    def snapshot(self):
        with open(os.path.join(self.directory, "dump.rdb"), "rb") as file:
            return file.read()

    def reply(self, *words):
        ask(sock := self.connect(), *words)
        return read_line(sock)

    def test_clients_are_told_and_can_see_how_far_it_is(self):
        self.assertEqual(self.reply("PING"), b"-LOADING Redis is loading the dataset in memory\r\n")
        self.assertEqual(self.reply("SET", "a", "b"), b"-LOADING Redis is loading the dataset in memory\r\n")
        info = self.info("persistence")
        self.assertEqual((info["loading"], info["loading_total_bytes"]), ("1", str(len(self.before))))
        self.assertLess(int(info["rdb_last_load_keys_loaded"]), KEYS)
        wait_until(lambda: self.reply("PING") == b"+PONG\r\n", "the end of loading")
        info = self.info("persistence")
        self.assertEqual((info["loading"], info["rdb_last_load_keys_loaded"]), ("0", str(KEYS)))
        self.assertEqual(self.client().execute("DBSIZE"), KEYS)

    def assert_ends_without_saving(self):
        self.assertEqual(self.server.wait(), 0)
        self.assertEqual(self.snapshot(), self.before)
        self.assertNotIn("DB saved", self.server.log())
        self.assertNotIn("Ready to accept", self.server.log())
        self.assertTrue(self.server.log().endswith("# Redis is now ready to exit, bye bye...\n"))

    @unittest.skipIf(not hasattr(signal, "SIGKILL"), "signals need Unix")
    def test_sigterm_ends_it_without_saving(self):
        self.server.signal(signal.SIGTERM)
        self.assert_ends_without_saving()
        self.assertIn(") Received shutdown signal during loading, scheduling shutdown.\n", self.server.log())

    def test_shutdown_ends_it_without_saving(self):
        ask(self.connect(), "SHUTDOWN", "SAVE")
        self.assert_ends_without_saving()


class QuickLoadTest(SystemTestCase):
    directives = None

    def test_who_connects_early_waits_for_the_reply(self):
        server = self.start()
        self.client().execute("SET", "key", "value")
        ask(self.connect(), "SHUTDOWN", "SAVE")
        server.wait()
        self.start(until="Server initialized")      # the listeners are open
        ask(sock := self.connect(), "GET", "key")
        self.assertEqual(read_exactly(sock, 11), b"$5\r\nvalue\r\n")


class RefusalTest(SystemTestCase):
    directives = None

    def refuse(self, *directives):
        """Start a server that gives up; returns the last line of its log."""
        done = subprocess.run(
            [sys.executable, "-m", "redis_clone", "--port", str(free_port()), "--pidfile", "pid", *directives],
            cwd=self.directory, env=dict(os.environ, PYTHONPATH=ROOT), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=PATIENCE_S)
        self.assertEqual((done.returncode, done.stderr), (1, b""))
        self.assertFalse(os.path.exists(os.path.join(self.directory, "pid")))
        return done.stdout.decode().splitlines()[-1].split(" ", 5)[-1]

    def write(self, data, *names):
        path = os.path.join(os.path.realpath(self.directory), *names)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def assert_unchanged(self, path, data):
        with open(path, "rb") as file:
            self.assertEqual(file.read(), data)

    def test_a_damaged_snapshot_is_one_line_and_status_1(self):
        data = b"REDIS0011\xfe\x00\x00\x03key\x05val"
        path = self.write(data, "dump.rdb")
        self.assertEqual(self.refuse(), f"# Fatal error loading the DB: Unexpected EOF reading RDB file, in {path} at "
                                        "offset 11. Exiting.")
        self.assert_unchanged(path, data)

    def test_a_damaged_append_only_file_is_one_line_and_status_1(self):
        data = b"*1\r\n$5\r\nMULTI\r\n*1\r\n$4\r\nEXEC\r\nnonsense\r\n"
        path = self.write(data, "appendonlydir", "appendonly.aof.1.incr.aof")
        self.write(b"file appendonly.aof.1.incr.aof seq 1 type i\n", "appendonlydir", "appendonly.aof.manifest")
        self.assertRegex(self.refuse("--appendonly", "yes"),
                         r"^# Bad file format reading the append only file .*/appendonly.aof.1.incr.aof: .*, at offset 29: "
                         r"make a backup of your AOF file, .*\. Exiting\.$")
        self.assert_unchanged(path, data)

    @unittest.skipIf(not hasattr(os, "geteuid") or os.geteuid() == 0, "root may read everything")
    def test_a_file_that_may_not_be_read(self):
        path = self.write(b"", "dump.rdb")
        os.chmod(path, 0)
        self.assertEqual(self.refuse(), f"# Fatal error: can't open the RDB file {path} for reading: Permission denied. "
                                        "Exiting.")


if __name__ == "__main__":
    unittest.main()
