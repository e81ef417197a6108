"""A full disk and other reasons why nothing can be written: reads go on, writes are refused with MISCONF, the log
says why, and when the reason goes away all is as before. What was complete on the disk stays untouched, and what
is there can be loaded at any time.

The disk gets full in two ways: as a small file system of its own, where mounting one is allowed, and by a limit
to the size of files, which cuts a write in the middle.
"""

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

from redis_clone.client import Client, ConnectionLost, ReplyError
from redis_clone.log import Log
from redis_clone.server import Server
from tests.support import test_config
from tests.system.durability import PROGRAM, DurabilityTestCase, contents, temporary_files
from tests.system.support import LONG, PATIENCE_S, ServerProcess, not_when_short, wait_until

try:
    import resource
except ImportError:                             # Windows
    resource = None

VALUE = "x" * 1000
SAVED_KEYS = 200
SNAPSHOTS_FAIL = ("MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. "
                  "Commands that may modify the data set are disabled, because this instance is configured to "
                  "report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). "
                  "Please check the Redis logs for details about the RDB error.")
AOF_FAILS = "MISCONF Errors writing to the AOF file: "
# A save point makes MISCONF possible; this one never comes to pass.
SAVE_POINT = ("--save", "3600 100000000")


def mount(*arguments):
    """Whether mount worked."""
    if shutil.which("mount") is None:
        return False
    done = subprocess.run(["mount", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return done.returncode == 0


def mount_is_allowed():
    """Whether SmallFileSystemTest can do its work."""
    directory = tempfile.mkdtemp()
    try:
        if not sys.platform.startswith("linux") or not mount("-t", "tmpfs", "none", directory):
            return False
        subprocess.run(["umount", directory], check=True)
        return True
    finally:
        os.rmdir(directory)


class FailingDisk(DurabilityTestCase):
    """Writes until it fails, and asks what is there."""

    def setUp(self):
        super().setUp()
        self.acknowledged = 0
        self.attempted = 0

    def write(self, client, count=1):
        """Set the next keys; as far as they were acknowledged they count."""
        for _ in range(count):
            self.attempted += 1
            client.execute("SET", f"key:{self.attempted}", f"{self.attempted}:{VALUE}")
            self.acknowledged = self.attempted

    def write_until_failure(self):
        """Write more than the disk can take; return how it went wrong."""
        with contextlib.closing(self.client()) as client:
            try:
                self.write(client, 100000)
            except (ReplyError, ConnectionLost) as error:
                return error
        self.fail("all could be written")

    def kept(self, port=None):
        """How many of the keys are there, one after the other; fails if they are not what was written."""
        with contextlib.closing(Client(port=port or self.port, timeout_s=PATIENCE_S)) as client:
            values = client.execute("MGET", *(f"key:{number}" for number in range(1, self.attempted + 1)))
        count = values.index(None) if None in values else len(values)
        self.assertEqual(values[:count], [f"{number + 1}:{VALUE}".encode() for number in range(count)])
        self.assertEqual(set(values[count:]), {None} if count < len(values) else set())
        return count

    def assert_reads_go_on(self, error):
        """Reads are answered by what is there; writes with the error, within transactions, too."""
        self.assertGreaterEqual(self.kept(), self.acknowledged)
        for command in (("SET", "other", 1), ("DEL", "key:1"), ("LPUSH", "list", 1)):
            self.assertEqual(self.error_of(*command), error)
        with contextlib.closing(self.client()) as client:
            client.execute("MULTI")
            client.execute("GET", "key:1")
            self.assertEqual(client.execute("EXEC"), [f"1:{VALUE}".encode()])
            client.execute("MULTI")
            with self.assertRaisesRegex(ReplyError, "^MISCONF"):
                client.execute("SET", "other", 1)
            with self.assertRaisesRegex(ReplyError, "^EXECABORT"):
                client.execute("EXEC")
        self.assertEqual(self.ask("EXISTS", "other", "list"), 0)

    def assert_writes_go_on(self):
        """Without anybody's doing writes are taken again, and last."""
        wait_until(lambda: self.error_of("SET", "other", 1) is None, "the end of MISCONF")
        with contextlib.closing(self.client()) as client:
            self.attempted = self.acknowledged = self.kept()
            self.write(client, 3)

    def assert_all_there_after_a_kill(self):
        self.server.kill()
        self.start_on_data()
        self.assertEqual(self.kept(), self.acknowledged)

    def assert_loadable_now(self, at_least):
        """What is on the disk at this moment can be loaded, and has that many keys."""
        copy = os.path.join(self.directory, "copy")
        shutil.copytree(self.data, copy, ignore=shutil.ignore_patterns("ballast"))
        logs = os.path.join(self.directory, "logs")
        os.mkdir(logs)
        other = ServerProcess(logs, "--dir", copy, *self.options, program=PROGRAM)
        try:
            self.assertGreaterEqual(self.kept(other.port), at_least)
        finally:
            other.end()


# --- a full disk -------------------------------------------------------------------------------------------


class FullDiskTests:
    """For a FailingDisk with `fill_up` (what is there stays, little can be added), `make_room`, and the error."""

    reason = None
    reason_or_short = "(No space left on device|File too large)"    # Redis takes a write cut short for the former

    def test_everysec_recovers_and_loses_nothing(self):
        self.options = ("--appendonly", "yes", "--appendfsync", "everysec")
        self.start_on_data(**self.start_options)
        with contextlib.closing(self.client()) as client:
            self.write(client, SAVED_KEYS)
        self.fill_up()
        error = str(self.write_until_failure())
        self.assertRegex(error, f"^{AOF_FAILS}{self.reason_or_short}$")
        self.assert_reads_go_on(error)
        self.assertEqual(self.persistence()["aof_last_write_status"], "err")
        self.assertRegex(self.server.log(), "(Error|Short write while) writing to the AOF file: ")
        self.assert_loadable_now(at_least=SAVED_KEYS)
        self.make_room()
        self.assert_writes_go_on()
        self.assertEqual(self.persistence()["aof_last_write_status"], "ok")
        self.assertIn("AOF write error looks solved", self.server.log())
        self.assert_all_there_after_a_kill()

    def says_why(self):
        try:
            return self.error_of("SET", "other", 1)
        except ConnectionLost:
            return None

    @unittest.skipIf(PROGRAM, "a real server ends at once")
    def test_always_hangs_up_on_those_who_wait_and_recovers(self):
        self.options = ("--appendonly", "yes", "--appendfsync", "always")
        self.start_on_data(**self.start_options)
        with contextlib.closing(self.client()) as client:
            self.write(client, SAVED_KEYS)
        self.fill_up()
        self.assertIsInstance(self.write_until_failure(), ConnectionLost)
        wait_until(self.says_why, "writes to be refused")       # until then they are hung up on as well
        self.assert_reads_go_on(AOF_FAILS + self.reason)
        self.assertIn(f"Error writing to the AOF file: {self.reason}", self.server.log())
        self.assert_loadable_now(at_least=self.acknowledged)
        self.make_room()
        self.assert_writes_go_on()
        self.assert_all_there_after_a_kill()

    def test_a_snapshot_fails_and_leaves_the_last_one_alone(self):
        self.options = SAVE_POINT
        self.start_on_data(**self.start_options)
        with contextlib.closing(self.client()) as client:
            self.write(client, SAVED_KEYS)
            client.execute("SAVE")
            before = contents(self.data)
            self.write(client, SAVED_KEYS)
            self.fill_up()
            client.execute("CONFIG", "SET", "rdbcompression", "no")     # the values would be nothing
            with self.assertRaisesRegex(ReplyError, "^ERR"):
                client.execute("SAVE")
            client.execute("BGSAVE")
        self.wait_for(rdb_bgsave_in_progress=0, rdb_last_bgsave_status="err")
        self.assert_reads_go_on(SNAPSHOTS_FAIL)
        self.assertRegex(self.server.log(), f"(?i)write error (while )?saving DB (to the disk|on disk).*{self.reason}")
        self.assertEqual(contents(self.data, "ballast".__eq__), before)
        self.make_room()
        self.ask("BGSAVE")
        self.wait_for(rdb_bgsave_in_progress=0, rdb_last_bgsave_status="ok")
        self.assert_writes_go_on()
        self.ask("SAVE")
        self.assertEqual(temporary_files(self.data), [])
        self.assert_all_there_after_a_kill()

    @unittest.skipUnless(LONG, "takes over five seconds")
    def test_save_points_are_tried_again(self):
        self.options = ("--save", "1 1")
        self.start_on_data(**self.start_options)
        with contextlib.closing(self.client()) as client:
            client.execute("CONFIG", "SET", "rdbcompression", "no")
            self.write(client, SAVED_KEYS)
            self.wait_for(rdb_changes_since_last_save=0)
            self.write(client, SAVED_KEYS)
            self.fill_up()
        self.wait_for(rdb_last_bgsave_status="err")
        self.assert_reads_go_on(SNAPSHOTS_FAIL)
        self.make_room()
        self.wait_for(rdb_last_bgsave_status="ok", rdb_changes_since_last_save=0)
        self.assert_writes_go_on()

    def test_turned_on_when_there_is_no_room(self):
        self.options = ("--appendfsync", "always")
        self.start_on_data(**self.start_options)
        with contextlib.closing(self.client()) as client:
            client.execute("CONFIG", "SET", "rdbcompression", "no")
            self.write(client, SAVED_KEYS)
            self.fill_up()
            with contextlib.suppress(ReplyError):       # whether it is noticed at once depends on the disk
                client.execute("CONFIG", "SET", "appendonly", "yes")
        wait_until(lambda: self.reason in self.server.log(), "an explanation in the log")
        self.assertEqual(self.kept(), self.acknowledged)
        self.make_room()
        self.ask("CONFIG", "SET", "appendonly", "yes")
        self.wait_for(aof_enabled=1, aof_rewrite_in_progress=0, aof_rewrite_scheduled=0, aof_last_bgrewrite_status="ok")
        self.assert_writes_go_on()
        self.options = ("--appendfsync", "always", "--appendonly", "yes")
        self.assert_all_there_after_a_kill()


@not_when_short
class SmallFileSystemTest(FullDiskTests, FailingDisk):
    reason = "No space left on device"
    start_options = {}

    def setUp(self):
        super().setUp()
        if not mount_is_allowed() or not mount("-t", "tmpfs", "-o", "size=4m", "none", self.data):
            self.skipTest("mounting a small file system is not allowed")
        self.addCleanup(subprocess.run, ["umount", "-l", self.data], check=True)

    def fill_up(self):
        with open(os.path.join(self.data, "ballast"), "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 4096)
        # Some room, for less than is to be written.
        os.truncate(file.name, os.path.getsize(file.name) - 100000)

    def make_room(self):
        os.remove(os.path.join(self.data, "ballast"))


@not_when_short
@unittest.skipUnless(hasattr(resource, "prlimit"), "needs Linux")
class FileSizeLimitTest(FullDiskTests, FailingDisk):
    """Files may not grow beyond a limit: the last write reaches it and is cut off there."""

    reason = "File too large"
    # Only a real server would be ended by the signal.
    start_options = {"preexec": lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN)}

    def limit(self, size):
        resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def fill_up(self):
        self.limit(max([len(data) for data in contents(self.data).values()] + [SAVED_KEYS * len(VALUE) // 2]) + 5500)

    def make_room(self):
        self.limit(resource.RLIM_INFINITY)

    def setUp(self):
        super().setUp()
        if self._testMethodName in dir(FullDiskTests) and not LONG and mount_is_allowed():
            self.skipTest("the same test on a small file system was enough")

    def test_a_rewrite_that_finds_no_room_leaves_the_file_in_use(self):
        self.options = ("--appendonly", "yes", "--appendfsync", "always")
        self.start_on_data(**self.start_options)
        with contextlib.closing(self.client()) as client:
            client.execute("CONFIG", "SET", "rdbcompression", "no")
            self.write(client, SAVED_KEYS)
            self.limit(SAVED_KEYS * len(VALUE) // 2)        # enough for the log and for a new increment
            client.execute("BGREWRITEAOF")
            self.wait_for(aof_rewrite_in_progress=0, aof_rewrite_scheduled=0, aof_last_bgrewrite_status="err")
            self.assertIn(self.reason, self.server.log())
            self.write(client, 3)
            self.assert_loadable_now(at_least=self.acknowledged)
            self.make_room()
            client.execute("BGREWRITEAOF")
            self.wait_for(aof_rewrite_in_progress=0, aof_rewrite_scheduled=0, aof_last_bgrewrite_status="ok")
        self.assert_writes_go_on()
        self.assertEqual(temporary_files(self.data), [])
        self.assert_all_there_after_a_kill()


# --- directories and files that are not what they should be ------------------------------------------------


@unittest.skipIf(os.name == "nt", "needs Unix")
class ObstacleTest(FailingDisk):
    """Snapshots go wrong in other ways."""

    options = SAVE_POINT

    def setUp(self):
        super().setUp()
        self.dump = os.path.join(self.data, "dump.rdb")

    def start_with_snapshot(self):
        self.start_on_data()
        with contextlib.closing(self.client()) as client:
            self.write(client, 10)
            client.execute("SAVE")
            self.write(client, 10)

    def assert_snapshots_fail(self, reason):
        self.assertRegex(self.error_of("SAVE") or "", "^ERR")
        with contextlib.suppress(ReplyError):
            self.ask("BGSAVE")
        self.wait_for(rdb_bgsave_in_progress=0, rdb_last_bgsave_status="err")
        self.assert_reads_go_on(SNAPSHOTS_FAIL)
        self.assertIn(reason, self.server.log())

    def assert_snapshots_work(self):
        self.ask("BGSAVE")
        self.wait_for(rdb_bgsave_in_progress=0, rdb_last_bgsave_status="ok")
        self.assert_writes_go_on()
        self.ask("SAVE")
        self.assertEqual(sorted(contents(self.data)), ["dump.rdb"])
        self.assert_all_there_after_a_kill()

    @unittest.skipIf(PROGRAM, "a real server stays in the directory that is gone")
    def test_a_directory_that_vanished_and_comes_back(self):
        self.start_with_snapshot()
        shutil.move(self.data, self.data + " elsewhere")
        self.assert_snapshots_fail("No such file or directory")
        os.mkdir(self.data)
        self.assert_snapshots_work()

    def test_a_directory_in_place_of_the_snapshot(self):
        self.start_with_snapshot()
        os.remove(self.dump)
        os.mkdir(self.dump)
        self.assert_snapshots_fail("Is a directory")
        os.rmdir(self.dump)
        self.assert_snapshots_work()

    def test_a_directory_that_cannot_be_written_to(self):
        if os.getuid() != 0:
            self.make_read_only, self.make_writable = self.forbid, self.allow
        elif not mount("-t", "tmpfs", "none", self.data):
            self.skipTest("mounting a file system is not allowed, and nothing is forbidden to root")
        else:
            self.addCleanup(subprocess.run, ["umount", "-l", self.data], check=True)
        self.start_with_snapshot()
        before = contents(self.data)
        self.make_read_only()
        self.assert_snapshots_fail("Permission denied" if os.getuid() else "Read-only file system")
        self.assertEqual(contents(self.data), before)
        self.make_writable()
        self.assert_snapshots_work()

    def make_read_only(self):
        self.assertTrue(mount("-o", "remount,ro", self.data))

    def make_writable(self):
        self.assertTrue(mount("-o", "remount,rw", self.data))

    def forbid(self):
        os.chmod(self.data, 0o500)
        self.addCleanup(self.allow)

    def allow(self):
        os.chmod(self.data, 0o700)

    def test_a_snapshot_that_nobody_may_write_to_is_replaced_as_redis_does(self):
        self.start_with_snapshot()
        os.chmod(self.dump, 0o400)
        self.assert_snapshots_work()

    def test_a_file_in_place_of_the_append_only_directory(self):
        with open(os.path.join(self.data, "appendonlydir"), "wb") as file:
            file.write(b"mine")
        with self.assertRaisesRegex(AssertionError, "(?s)did not start.*appendonlydir"):
            self.start_on_data("--appendonly", "yes")
        self.assertEqual(contents(self.data), {"appendonlydir": b"mine"})


@unittest.skipUnless(hasattr(os, "fork"), "needs fork")
class FailingForkTest(unittest.TestCase):
    """In this process: the system has no room for a child."""

    def setUp(self):
        directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, directory)
        self.log_path = os.path.join(directory, "log")
        log = Log(self.log_path)
        self.server = Server(test_config({"dir": directory, "save": "3600 1000000"}), log, port=0)
        self.server.start()
        self.addCleanup(self.server.stop)
        self.client = Client(port=self.server.port, timeout_s=PATIENCE_S)
        self.addCleanup(self.client.close)
        self.client.execute("SET", "key", "value")

    def log(self):
        with open(self.log_path, encoding="utf-8") as file:
            return file.read()

    def error_of(self, *command):
        with self.assertRaises(ReplyError) as caught:
            self.client.execute(*command)
        return str(caught.exception)

    def status(self, name):
        return self.client.execute("INFO", "persistence").decode().split(f"\r\n{name}:")[1].split("\r\n")[0]

    def no_fork(self):
        return mock.patch("os.fork", side_effect=OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)))

    def test_snapshots_in_the_background(self):
        with self.no_fork():
            self.assertRegex(self.error_of("BGSAVE"), "^ERR")
        self.assertIn("Can't save in background: fork: Cannot allocate memory", self.log())
        self.assertEqual(self.client.execute("GET", "key"), b"value")
        self.assertEqual(self.error_of("SET", "key", 1), SNAPSHOTS_FAIL)
        self.client.execute("BGSAVE")
        wait_until(lambda: self.status("rdb_bgsave_in_progress") == "0", "the snapshot")
        wait_until(lambda: self.client.execute("SET", "key", 2) == "OK", "the end of MISCONF")

    def test_rewrites_of_the_append_only_file(self):
        self.client.execute("CONFIG", "SET", "appendonly", "yes")
        wait_until(lambda: self.status("aof_rewrite_in_progress") == "0", "the first base file")
        with self.no_fork():
            self.assertEqual(self.error_of("BGREWRITEAOF"), "ERR Can't execute an AOF background rewriting. "
                             "Please check the server logs for more information.")
        self.assertRegex(self.log(), "Can't rewrite append only file in background: .*Cannot allocate memory")
        self.client.execute("SET", "key", 2)            # they are written as before
        self.client.execute("BGREWRITEAOF")
        wait_until(lambda: self.status("aof_rewrite_in_progress") == "0", "the next base file")
        self.assertEqual(self.status("aof_last_bgrewrite_status"), "ok")


if __name__ == "__main__":
    unittest.main()
