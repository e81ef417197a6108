import os
import unittest
from unittest import mock

from redis_clone.client import Client
from tests.checked_files import EXEC, MANIFEST, MULTI, SELECT, SET, CheckTestCase, Terminal, stamp
from tests.system.support import ServerProcess


class FixTest(CheckTestCase):
    def check_unchanged(self, reason, *arguments, typed=None):
        """Nothing is written to any file, and the reason is given."""
        before = {name: self.read(name) for name in os.listdir(self.directory)}
        status, _, complaint = self.run_tool(*arguments, typed=typed)
        self.assertEqual(status, 1)
        self.assertIn(reason, complaint)
        self.assertEqual({name: self.read(name) for name in os.listdir(self.directory)}, before)

    def test_cuts_off_a_torn_end(self):
        intact = SELECT + MULTI + SET + EXEC
        for end in SET[:-1], MULTI + SET, b"rubbish", bytes(9), b"#TS:1":
            path = self.write("x.aof", intact + end)
            status, printed, question = self.run_tool("--fix", path, typed="y\n")
            self.assertEqual((status, self.read("x.aof")), (0, intact))
            self.assertIn(f"{len(end)} bytes of {len(intact + end)} will be cut off, from byte {len(intact)} on", question)
            self.assertTrue(question.endswith("Continue? [y/N]: "))
            self.assertIn(f"ends at byte {len(intact)} now", printed)
            self.assertEqual(self.run_tool(path)[0], 0)

    def test_tells_what_else_is_lost(self):
        path = self.write("x.aof", SET + b"rubbish\r\n" + SET * 2)
        status, _, question = self.run_tool("--fix", path, typed="yes\n")
        self.assertEqual((status, self.read("x.aof")), (0, SET))
        self.assertIn("2 requests after the damage can be read, and will be lost", question)

    def test_needs_a_yes(self):
        path = self.write("x.aof", SET + SET[:-1])
        for typed in "", "n\n", "\n", "maybe\n":
            self.check_unchanged("not wanted", "--fix", path, typed=typed)

    def test_does_not_go_on_without_anybody_to_ask(self):
        self.check_unchanged("no terminal", "--fix", self.write("x.aof", SET + SET[:-1]))

    def test_asks_nobody_with_yes(self):
        status, _, question = self.run_tool("--fix", "--yes", self.write("x.aof", SET + SET[:-1]))
        self.assertEqual((status, self.read("x.aof")), (0, SET))
        self.assertNotIn("Continue?", question)

    def test_cuts_the_last_file_of_a_manifest(self):
        for parts in ((("a.1.base.rdb", self.rdb()), ("a.1.incr.aof", SET), ("a.2.incr.aof", SET + b"*")),
                      (("a.2.base.aof", SET + b"*"),)):
            path = self.write_parts(*parts)
            self.assertEqual(self.run_tool("--fix", "--yes", path)[0], 0)
            self.assertEqual(self.read(parts[-1][0]), SET)
            self.assertEqual([self.read(name) for name, _ in parts[:-1]], [data for _, data in parts[:-1]])

    def test_cuts_no_other_file_of_a_manifest(self):
        path = self.write_parts(("a.1.base.aof", SET), ("a.1.incr.aof", SET + b"*"), ("a.2.incr.aof", SET))
        self.check_unchanged("not the last file", "--fix", "--yes", path)

    def test_does_not_start_where_it_cannot_finish(self):
        self.check_unchanged("more than one file is damaged", "--fix", "--yes",
                             self.write_parts(("a.1.base.rdb", self.rdb()[:-1]), ("a.1.incr.aof", SET + b"*")))
        self.check_unchanged("RDB files are never changed", "--fix", "--yes",
                             self.write_parts(("a.1.base.rdb", self.rdb()[:-1]), ("a.1.incr.aof", SET)))
        self.check_unchanged("nothing can be done", "--fix", "--yes", self.write_parts(("missing.aof", None)))

    def test_never_changes_what_is_no_append_only_file(self):
        self.check_unchanged("RDB files are never changed", "--fix", "--yes", self.write("dump.rdb", self.rdb()[:-1]))
        self.check_unchanged("RDB files are never changed", "--fix", "--yes",
                             self.write("x.aof", self.rdb(aux=[("aof-base", 1)])[:-20] + SET))
        self.check_unchanged("nothing can be done", "--fix", "--yes", self.write("letter", b"Dear Sirs,\n"))
        self.check_unchanged("manifests are never changed", "--fix", "--yes", self.write(MANIFEST, b"rubbish\n"))

    def test_leaves_an_rdb_part_alone(self):
        data = self.rdb()
        self.assertEqual(self.run_tool("--fix", "--yes", self.write("x.aof", data + SET + SET[:-1]))[0], 0)
        self.assertEqual(self.read("x.aof"), data + SET)

    def test_has_nothing_to_do_with_an_intact_file(self):
        status, printed, _ = self.run_tool("--fix", self.write("x.aof", SET))
        self.assertEqual((status, self.read("x.aof")), (0, SET))
        self.assertIn("Nothing to be cut off", printed)

    def test_does_not_touch_a_file_that_changes_meanwhile(self):
        path = self.write("x.aof", SET + b"*")

        class Server(Terminal):
            def readline(self, *size):
                with open(path, "ab") as file:
                    file.write(SET)
                return "y\n"

        with mock.patch("tests.checked_files.Terminal", Server):
            status, _, complaint = self.run_tool("--fix", path, typed="")
        self.assertEqual((status, self.read("x.aof")), (1, SET + b"*" + SET))
        self.assertIn("is a server writing to it?", complaint)

    def test_a_server_loads_what_is_left(self):
        os.mkdir(self.path("appendonlydir"))
        self.write("appendonlydir/appendonly.aof.1.incr.aof", SELECT + SET + MULTI + SET.replace(b"key", b"two"))
        self.write(f"appendonlydir/{MANIFEST}", b"file appendonly.aof.1.incr.aof seq 1 type i\n")
        self.assertEqual(self.run_tool("--fix", "--yes", self.path("appendonlydir"))[0], 0)
        server = ServerProcess(self.directory, "--appendonly", "yes", "--aof-load-truncated", "no")
        self.addCleanup(server.end)
        with Client(port=server.port) as client:
            self.assertEqual(client.execute("KEYS", "*"), [b"key"])


class TruncateToTimestampTest(CheckTestCase):
    EARLY, LATE = stamp(100) + SELECT + SET, stamp(200) + SET

    def run_until(self, until_s, path, *options):
        return self.run_tool("--truncate-to-timestamp", str(until_s), "--yes", path, *options)

    def test_cuts_off_what_is_later(self):
        for until_s, expected in ((99 + 1, self.EARLY), (199, self.EARLY), (200, self.EARLY + self.LATE)):
            path = self.write("x.aof", self.EARLY + self.LATE)
            self.assertEqual(self.run_until(until_s, path)[0], 0)
            self.assertEqual(self.read("x.aof"), expected)

    def test_asks_before(self):
        path = self.write("x.aof", self.EARLY + self.LATE)
        status, _, complaint = self.run_tool("--truncate-to-timestamp", "150", path)
        self.assertEqual((status, self.read("x.aof")), (1, self.EARLY + self.LATE))
        self.assertIn("no terminal", complaint)
        self.assertEqual(self.run_tool("--truncate-to-timestamp", "150", path, typed="y\n")[0], 0)
        self.assertEqual(self.read("x.aof"), self.EARLY)

    def test_does_not_leave_an_empty_file(self):
        status, _, complaint = self.run_until(99, self.write("x.aof", self.EARLY))
        self.assertEqual((status, self.read("x.aof")), (1, self.EARLY))
        self.assertIn("nothing before timestamp 99", complaint)

    def test_a_base_may_be_all_that_is_left(self):
        data = self.rdb()
        self.assertEqual(self.run_until(99, self.write("x.aof", data + self.EARLY))[0], 0)
        self.assertEqual(self.read("x.aof"), data)

    def test_a_transaction_stays_whole(self):
        self.write("x.aof", self.EARLY + MULTI + SET + self.LATE + EXEC)
        self.assertEqual(self.run_until(150, self.path("x.aof"))[0], 0)
        self.assertEqual(self.read("x.aof"), self.EARLY)

    def test_a_file_without_time_stamps_stays_as_it_is(self):
        status, printed, _ = self.run_until(100, self.write("x.aof", SET))
        self.assertEqual((status, self.read("x.aof")), (0, SET))
        self.assertIn("Nothing to be cut off", printed)

    def test_only_the_last_file_is_cut(self):
        path = self.write_parts(("a.1.incr.aof", self.EARLY), ("a.2.incr.aof", self.EARLY + self.LATE))
        self.assertEqual(self.run_until(150, path)[0], 0)
        self.assertEqual(self.read("a.2.incr.aof"), self.EARLY)
        path = self.write_parts(("a.1.incr.aof", self.EARLY + self.LATE), ("a.2.incr.aof", self.LATE))
        status, _, complaint = self.run_until(150, path)
        self.assertEqual((status, self.read("a.1.incr.aof")), (1, self.EARLY + self.LATE))
        self.assertIn("is not the last file", complaint)

    def test_damage_is_cut_off_with_what_is_later(self):
        self.assertEqual(self.run_until(150, self.write("x.aof", self.EARLY + self.LATE + b"*"))[0], 0)
        self.assertEqual(self.read("x.aof"), self.EARLY)

    def test_damage_before_that_is_not_passed_over(self):
        status, _, complaint = self.run_until(150, self.write("x.aof", self.EARLY + b"rubbish" + self.LATE))
        self.assertEqual((status, self.read("x.aof")), (1, self.EARLY + b"rubbish" + self.LATE))
        self.assertIn("it is damaged", complaint)


if __name__ == "__main__":
    unittest.main()
