import contextlib
import glob
import io
import json
import os
import random
import shutil
import subprocess
import sys
import unittest
from unittest import mock

from redis_clone.check.__main__ import main
from redis_clone.check.files import damaged_files
from redis_clone.client import Client
from redis_clone.persistence.aof_format import encode_request
from tests.checked_files import EXEC, MANIFEST, MULTI, SELECT, SET, CheckTestCase, Terminal, stamp
from tests.damage import flipped, truncated
from tests.system import dataset
from tests.system.support import ROOT, ServerProcess, wait_until


class CommandLineTest(CheckTestCase):
    def test_exit_statuses(self):
        intact, damaged = self.write("intact.aof", SET), self.write("damaged.aof", SET[:-1])
        missing = self.path("missing")
        for paths, expected in (([intact], 0), ([damaged], 1), ([missing], 2), ([intact, damaged], 1),
                                ([missing, damaged, intact], 2)):
            self.assertEqual(self.run_tool(*paths)[0], expected, paths)

    def test_wrong_usage_is_told_in_one_line(self):
        for arguments in ((), ("--nonsense", "x"), ("--fix", "--truncate-to-timestamp", "1", "x"),
                          ("--truncate-to-timestamp", "soon", "x"), ("--truncate-to-timestamp", "0", "x")):
            status, printed, complaint = self.run_tool(*arguments)
            self.assertEqual((status, printed, complaint.count("\n")), (2, "", 1), arguments)

    def test_what_cannot_be_read_is_told_in_one_line(self):
        for path, reason in ((self.path("x\ny"), "No such file"), (self.directory, "no manifest"),
                             (os.devnull, "not a plain file"), ("\0", "null")):
            status, printed, complaint = self.run_tool(path)
            self.assertEqual((status, printed, complaint.count("\n")), (2, "", 1), path)
            self.assertIn(reason, complaint)

    @unittest.skipUnless(hasattr(os, "mkfifo"), "there are no named pipes on this platform")
    def test_a_pipe_is_not_waited_for(self):
        os.mkfifo(self.path("pipe"))
        self.assertEqual(self.run_tool(self.path("pipe"))[0], 2)

    def test_help_is_complete(self):
        status, printed, _ = self.run_tool("--help")
        self.assertEqual(status, 0)
        for word in "--fix", "--truncate-to-timestamp", "--yes", "--json", "exit status", "FILE":
            self.assertIn(word, printed)

    def test_json_has_a_report_for_each_file(self):
        paths = (self.write("a.aof", SET), self.path("missing"), self.write("b.aof", SET + b"*"),
                 self.write("c.rdb", self.rdb()))
        status, printed, _ = self.run_tool("--json", "--fix", "--yes", *paths)
        reports = json.loads(printed)
        self.assertEqual(status, 2)
        self.assertEqual([report["path"] for report in reports], list(paths))
        self.assertIn("No such file", reports[1]["error"])
        self.assertEqual(reports[2]["cut"], {"path": paths[2], "from": len(SET), "bytes": 1})
        self.assertEqual(reports[3]["keys"], 18)

    def test_what_a_file_says_cannot_reach_the_terminal_as_a_control_sequence(self):
        bad = b"\x1b[2J\r\n"
        data = self.rdb([["SET", bad, bad], ["RPUSH", b"\xff\xfe", "x"]], aux=[(bad, bad)],
                        functions=[b"#!lua name=\x1b"])
        for path in self.write("dump.rdb", data), self.write("x.aof", encode_request([bad, bad])):
            printed = self.run_tool(path)[1]
            self.assertTrue(all(char.isprintable() for line in printed.split("\n") for char in line))
            self.assertIn("\\x1b[2J\\r\\n", printed.replace("\\x1B", "\\x1b"))

    def test_dates_beyond_all_calendars_are_shown_as_numbers(self):
        data = b"REDIS0011\xfc" + b"\xff" * 7 + b"\x7f" + b"\x00\x01a\x01b\xff" + bytes(8)
        self.assertIn("9,223,372,036,854,775,807 ms", self.run_tool(self.write("dump.rdb", data))[1])

    def test_progress_is_one_line_on_a_terminal(self):
        path = self.write("x.aof", SET * 2000)
        err = Terminal()
        with mock.patch("redis_clone.check.__main__._PROGRESS_S", 0), contextlib.redirect_stderr(err), \
                contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(main([path]), 0)
        self.assertIn("x.aof: 0 of 0 MB, 100 %", err.getvalue())
        self.assertNotIn("\n", err.getvalue())
        self.assertTrue(err.getvalue().endswith("\r"))

    def test_as_a_program(self):
        path = self.write("x.aof", SET + b"*")
        done = self.run_program(path, stdout=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stderr), (1, b""))
        self.assertIn(b"DAMAGED at byte 33 of 34", done.stdout)

    @unittest.skipIf(os.name == "nt", "such pipes are a matter of Unix")
    def test_a_reader_may_have_enough(self):
        reading, writing = os.pipe()
        os.close(reading)
        done = self.run_program("--json", self.write("dump.rdb", self.rdb()), stdout=writing)
        os.close(writing)
        self.assertEqual(done.stderr, b"")

    def run_program(self, *arguments, **options):
        return subprocess.run([sys.executable, "-m", "redis_clone.check", *arguments], stdin=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, timeout=60, env=dict(os.environ, PYTHONPATH=ROOT), **options)


class DamagedFilesTest(CheckTestCase):
    """Whatever is in a file: a report, and no exception."""

    def check_report(self, path):
        report = self.report(path)
        for file in damaged_files(report):
            damage = file["damage"]
            self.assertLessEqual(damage["offset"], file["size"])
            if damage["cut_from"] is not None:
                self.assertLessEqual(damage["cut_from"], damage["offset"])
        return damaged_files(report)

    def test_rdb_files_cut_off_anywhere(self):
        for data in truncated(self.rdb(functions=[b"#!lua name=lib"])):
            self.assertTrue(self.check_report(self.write("dump.rdb", data)), len(data))

    def test_append_only_files_cut_off_anywhere(self):
        data = SELECT + stamp(3) + SET + MULTI + SET + SET + EXEC + SET
        whole = {0, len(SELECT), len(data)}
        whole |= {len(SELECT + stamp(3)), len(SELECT + stamp(3) + SET), len(data) - len(SET)}
        for part in truncated(data):
            self.assertEqual(self.check_report(self.write("x.aof", part)) == [], len(part) in whole, part)

    def test_rdb_files_with_wrong_bytes(self):
        intact = self.rdb()
        for data in flipped(intact, 1500, 4):
            damaged = self.check_report(self.write("dump.rdb", data))
            self.assertEqual(damaged == [], data.startswith(intact), data)

    def test_append_only_files_with_wrong_bytes(self):
        data = self.rdb(["SET a 1"], checksum=False, aux=[("aof-base", 1)])
        for data in flipped(data + SELECT + stamp(3) + SET + MULTI + SET + SET + EXEC + SET, 1500, 5):
            self.check_report(self.write("x.aof", data))

    def test_manifests_with_wrong_bytes(self):
        path = self.write_parts(("a.1.base.rdb", self.rdb()), ("a.1.incr.aof", SET))
        for data in flipped(self.read(MANIFEST), 500, 6):
            self.write(MANIFEST, data)
            self.report(path)

    def test_anything_at_all(self):
        chance = random.Random(7)
        for size in range(300):
            rubbish = bytes(chance.randrange(256) for _ in range(size))
            report = self.report(self.write("anything", b"@" + rubbish))
            self.assertEqual((report["kind"], report["damage"]["offset"]), ("unknown", 0))


class RealServerTests:
    """Files that a real server wrote, and its own tool on those that were cut here."""

    program = checks = None
    directives = ()

    def setUp(self):
        if shutil.which(self.program) is None:
            self.skipTest(f"{self.program} is not installed")
        super().setUp()
        self.server = ServerProcess(self.directory, "--dir", self.directory, "--appendonly", "yes",
                                    "--aof-timestamp-enabled", "yes", program=self.program)
        self.addCleanup(self.server.end)
        dataset.fill(self.server.port, 1000)

    def test_rdb_file(self):
        with Client(port=self.server.port) as client:
            client.execute("SAVE")
            keys = {}
            for number in dataset.DATABASES:
                client.execute("SELECT", number)
                keys[number] = client.execute("DBSIZE")
        report = self.report(self.path("dump.rdb"))
        self.assertEqual((report["damage"], report["checksum"]), (None, "right"))
        self.assertEqual({database["number"]: database["keys"] for database in report["databases"]}, keys)
        forms = {form for database in report["databases"] for row in database["types"] for form in row["encodings"]}
        self.assertNotIn("unknown", forms)

    def test_append_only_files(self):
        directory = self.path("appendonlydir")
        report = self.report(directory)
        self.assertEqual(damaged_files(report), [])
        self.assertGreater(report["files"][-1]["report"]["commands"]["SET"], 300)
        self.assertIsNotNone(report["files"][-1]["report"]["timestamps"])

    def test_rewritten_append_only_files(self):
        with Client(port=self.server.port) as client:
            client.execute("BGREWRITEAOF")
            wait_until(lambda: b"aof_rewrite_in_progress:0" in client.execute("INFO", "persistence"), "the rewrite")
            client.execute("SET", "after", "it")
        directory = self.path("appendonlydir")
        self.server.kill()
        report = self.report(directory)
        self.assertEqual(damaged_files(report), [])
        self.assertGreater(report["files"][0]["report"]["keys"], 1000)
        self.assertEqual(report["files"][-1]["report"]["commands"]["SET"], 1)
        self.check_fixed(directory)

    def check_fixed(self, directory):
        """What is left of a torn file is what the real tool finds intact."""
        tool = shutil.which(f"{self.checks}-check-aof")
        if tool is None:
            return
        last = sorted(glob.glob(os.path.join(directory, "*.incr.aof")))[-1]
        with open(last, "rb") as file:
            whole = file.read()
        for size in range(len(whole) - 60, len(whole), 7):
            with open(last, "wb") as file:
                file.write(whole[:size])
            self.assertEqual(self.run_tool("--fix", "--yes", directory)[0], 0)
            done = subprocess.run([tool, os.path.join(directory, MANIFEST)], stdout=subprocess.PIPE, timeout=60)
            self.assertEqual((done.returncode, b"not valid" in done.stdout), (0, False), size)


class RedisTest(RealServerTests, CheckTestCase):
    program, checks = "redis-server", "redis"


class ValkeyTest(RealServerTests, CheckTestCase):
    program, checks = "valkey-server", "valkey"


if __name__ == "__main__":
    unittest.main()
