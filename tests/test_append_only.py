"""The append-only file's files: at the start, when it is rewritten, turned on and off, and when that goes wrong."""
import errno
import os
import unittest
from unittest import mock

from redis_clone import append_only as append_only_module
from redis_clone.dispatch import execute_batch
from redis_clone.journal import Journal
from redis_clone.persistence.aof_format import AofReader
from redis_clone.persistence.aof_manifest import Manifest
from redis_clone.persistence.rdb_reader import RdbReader
from tests.children import wait_for_child
from tests.test_snapshots import SnapshotTestCase, needs_fork

NO_SPACE = OSError(errno.ENOSPC, "No space left on device")


class AppendOnlyTestCase(SnapshotTestCase):
    config = {"appendonly": "yes", "auto-aof-rewrite-percentage": 0}

    def setUp(self):
        # The thread's work is done by hand: `tick`.
        idle = mock.patch.object(Journal, "_run", lambda journal: None)
        idle.start()
        self.addCleanup(idle.stop)
        super().setUp()
        self.append_only = self.engine.append_only
        self.aof_directory = os.path.join(self.directory, "appendonlydir")
        self.addCleanup(self.stop)
        with self.engine.lock:
            self.append_only.open_after_loading()

    def stop(self):
        with self.engine.lock:
            self.append_only.stop()

    def run_(self, *args):
        reply = self.client.wire(*args)
        self.engine.journal.wait_for(self.engine.journal.recorded)
        return reply

    def rewrite(self):
        reply = self.client.wire("BGREWRITEAOF")
        if self.engine.child is not None:
            wait_for_child(self.engine)
        return reply

    def cron_(self, seconds=0):
        self.clock.advance(seconds)
        with self.engine.lock:
            self.engine.keyspace.tick()
            self.append_only.cron()

    def files(self):
        return sorted(os.listdir(self.aof_directory))

    def read(self, name):
        with open(os.path.join(self.aof_directory, name), "rb") as file:
            return file.read()

    def manifest(self):
        """The names in the manifest that counts, base first."""
        manifest = Manifest.parse(self.read("appendonly.aof.manifest"))
        return [file.name for file in manifest.files()]

    def commands(self, name):
        """The requests in an increment, as strings."""
        return [" ".join(word.decode() for word in argv)
                for _, batch in AofReader(self.read(name)) for argv in batch]

    def keys(self, name):
        """The keys in a base, with their values."""
        return {key: value for _, key, value, *_ in RdbReader(self.read(name), self.engine.keyspace.limits)}


@needs_fork
class StartTest(AppendOnlyTestCase):
    def test_the_first_start_makes_a_base_and_an_increment(self):
        self.assertEqual(self.manifest(), ["appendonly.aof.1.base.rdb", "appendonly.aof.1.incr.aof"])
        self.assertEqual(self.files(), sorted(self.manifest() + ["appendonly.aof.manifest"]))
        self.run_("SET a 1")
        self.assertEqual(self.commands("appendonly.aof.1.incr.aof"), ["SELECT 0", "SET a 1"])

    def test_a_later_start_goes_on_where_it_ended(self):
        self.run_("SET a 1")
        self.stop()
        with self.engine.lock:
            self.append_only.open_after_loading()
        self.run_("SET b 2")
        self.assertEqual(self.manifest(), ["appendonly.aof.1.base.rdb", "appendonly.aof.1.incr.aof"])
        self.assertEqual(self.commands("appendonly.aof.1.incr.aof"), ["SELECT 0", "SET a 1", "SELECT 0", "SET b 2"])
        self.assertEqual(self.append_only.size, sum(len(self.read(name)) for name in self.manifest()))

    def test_files_that_wait_for_removal_are_removed(self):
        self.stop()
        manifest = self.append_only.manifest
        old = manifest.new_base("appendonly.aof", True)
        with open(os.path.join(self.aof_directory, old.name), "wb") as file:
            file.write(self.read("appendonly.aof.1.base.rdb"))
        with self.engine.lock:
            self.append_only.open_after_loading()
        self.assertEqual(self.files(), ["appendonly.aof.1.incr.aof", "appendonly.aof.2.base.rdb",
                                        "appendonly.aof.manifest"])


@needs_fork
class RewriteTest(AppendOnlyTestCase):
    def test_a_base_takes_the_place_of_all_before(self):
        self.run_("SET a 1")
        self.client.wire("BGREWRITEAOF")
        self.run_("SET b 2")
        wait_for_child(self.engine)
        self.assertEqual(self.manifest(), ["appendonly.aof.2.base.rdb", "appendonly.aof.2.incr.aof"])
        self.assertEqual(self.files(), sorted(self.manifest() + ["appendonly.aof.manifest"]))
        self.assertEqual(self.keys("appendonly.aof.2.base.rdb"), {b"a": b"1"})
        self.assertEqual(self.commands("appendonly.aof.2.incr.aof"), ["SELECT 0", "SET b 2"])
        self.assertEqual(self.append_only.base_size, self.append_only.size)
        self.assertEqual((self.append_only.last_status, self.append_only.rewrites), ("ok", 1))

    def test_the_base_may_be_commands(self):
        self.run_("CONFIG SET aof-use-rdb-preamble no")
        self.run_("SELECT 3")
        self.run_("RPUSH l 1 2")
        self.rewrite()
        self.assertEqual(self.commands("appendonly.aof.2.base.aof"), ["SELECT 3", "RPUSH l 1 2"])

    def test_one_at_a_time(self):
        self.assertEqual(self.client.wire("BGREWRITEAOF"), b"+Background append only file rewriting started\r\n")
        self.assertEqual(self.client.wire("BGREWRITEAOF"),
                         b"-ERR Background append only file rewriting already in progress\r\n")
        wait_for_child(self.engine)

    def test_all_that_was_written_counts(self):
        self.client.wire("SET a 1")             # still to be written when the rewrite begins
        self.client.wire("BGREWRITEAOF")
        self.assertEqual(self.append_only.size, sum(len(self.read(name)) for name in self.manifest()))
        wait_for_child(self.engine)

    def test_a_reply_that_leaves_under_the_lock_waits_for_the_file(self):
        self.client.wire("SET a 1")
        self.assertTrue(self.engine.may_reply(self.client.session.promised))
        self.assertEqual(self.commands("appendonly.aof.1.incr.aof"), ["SELECT 0", "SET a 1"])

    def test_it_waits_for_a_snapshot_and_then_begins(self):
        self.client.wire("BGSAVE")
        self.assertEqual(self.client.wire("BGREWRITEAOF"), b"+Background append only file rewriting scheduled\r\n")
        wait_for_child(self.engine)
        self.cron_()
        self.assertTrue(self.append_only.rewriting)
        wait_for_child(self.engine)
        self.assertEqual(self.append_only.rewrites, 1)

    def test_it_begins_by_itself_when_the_file_has_grown(self):
        self.run_("CONFIG SET auto-aof-rewrite-percentage 100 auto-aof-rewrite-min-size 200")
        self.cron_()
        self.assertFalse(self.append_only.rewriting)
        self.run_("SET", "a", "x" * 200)
        self.cron_()
        wait_for_child(self.engine)
        self.assertEqual(self.append_only.rewrites, 1)
        self.cron_()
        self.assertFalse(self.append_only.rewriting)
        self.assertTrue(any("Starting automatic rewriting of AOF on" in line for line in self.logged()))

    def test_a_child_that_fails_leaves_all_as_it_was(self):
        self.run_("SET a 1")
        with mock.patch.object(self.engine.snapshots, "write", side_effect=NO_SPACE):
            self.rewrite()
        self.assertEqual(self.append_only.last_status, "err")
        self.run_("SET b 2")
        self.assertEqual(self.manifest(), ["appendonly.aof.1.base.rdb", "appendonly.aof.1.incr.aof",
                                           "appendonly.aof.2.incr.aof"])
        self.assertEqual(self.commands("appendonly.aof.2.incr.aof"), ["SELECT 0", "SET b 2"])
        self.assertIn("# Background AOF rewrite terminated with error: No space left on device", self.logged())
        self.assertEqual(self.files(), sorted(self.manifest() + ["appendonly.aof.manifest"]))

    def test_a_manifest_that_cannot_be_written_leaves_all_as_it_was(self):
        before = self.files(), self.manifest()
        with mock.patch.object(append_only_module.NewFile, "commit", side_effect=NO_SPACE):
            reply = self.rewrite()
        self.assertTrue(reply.startswith(b"-ERR Can't execute an AOF background rewriting."), reply)
        self.run_("SET a 1")
        self.assertEqual((self.files(), self.manifest()), before)
        self.assertEqual(self.commands("appendonly.aof.1.incr.aof"), ["SELECT 0", "SET a 1"])

    def test_a_base_that_gets_into_no_manifest_is_removed(self):
        self.client.wire("BGREWRITEAOF")
        with mock.patch.object(append_only_module.NewFile, "commit", side_effect=NO_SPACE):
            wait_for_child(self.engine)
        self.assertEqual(self.append_only.last_status, "err")
        self.assertEqual(self.files(), ["appendonly.aof.1.base.rdb", "appendonly.aof.1.incr.aof",
                                        "appendonly.aof.2.incr.aof", "appendonly.aof.manifest"])

    def test_after_three_failures_it_takes_its_time(self):
        with mock.patch("os.fork", side_effect=OSError(errno.EAGAIN, "Resource temporarily unavailable")):
            for _ in range(3):
                self.rewrite()
        self.engine.append_only.rewrite_scheduled = True
        self.cron_(59)
        self.assertFalse(self.append_only.rewriting)
        self.cron_(2)
        self.assertTrue(self.append_only.rewriting)
        wait_for_child(self.engine)
        self.assertEqual(self.append_only.failures, 0)

    def test_but_not_if_somebody_asks_for_it(self):
        with mock.patch("redis_clone.child.os.fork", side_effect=NO_SPACE):
            for _ in range(3):
                self.client.wire("BGREWRITEAOF")
        for command in ("MULTI", "BGREWRITEAOF"):
            self.client.wire(command)
        self.assertEqual(self.client.wire("EXEC"),
                         b"*1\r\n+Background append only file rewriting scheduled\r\n")
        self.cron_()
        self.assertTrue(self.append_only.rewriting)
        wait_for_child(self.engine)

    def test_after_a_failed_sync_it_begins_by_itself_and_then_all_is_well(self):
        self.run_("SET a 1")
        with mock.patch("redis_clone.journal.sync_data", side_effect=OSError(errno.EIO, "I/O error")):
            self.engine.journal.tick()
        self.engine.journal.tick()
        self.assertEqual(self.client.wire("SET b 2"), b"-MISCONF Errors writing to the AOF file: I/O error\r\n")
        self.cron_()
        wait_for_child(self.engine)
        self.assertEqual(self.keys("appendonly.aof.2.base.rdb"), {b"a": b"1"})
        self.assertEqual(self.run_("SET b 2"), b"+OK\r\n")


@needs_fork
class SwitchTest(AppendOnlyTestCase):
    config = {"auto-aof-rewrite-percentage": 0}

    def test_turning_it_on_is_a_rewrite(self):
        self.run_("SET a 1")
        self.assertEqual(self.run_("CONFIG SET appendonly yes"), b"+OK\r\n")
        self.run_("SET b 2")
        self.assertEqual((self.append_only.state, "appendonly.aof.manifest" in self.files()), ("waiting", False))
        wait_for_child(self.engine)
        self.assertEqual(self.append_only.state, "on")
        self.assertEqual(self.manifest(), ["appendonly.aof.1.base.rdb", "appendonly.aof.1.incr.aof"])
        self.assertEqual(self.keys("appendonly.aof.1.base.rdb"), {b"a": b"1"})
        self.assertEqual(self.commands("appendonly.aof.1.incr.aof"), ["SELECT 0", "SET b 2"])

    def test_what_follows_in_the_same_pipeline_is_written_down(self):
        out = []
        with self.engine.lock:
            execute_batch(self.client.session, [[b"CONFIG", b"SET", b"appendonly", b"yes"], [b"SET", b"a", b"1"]], out)
        wait_for_child(self.engine)
        self.engine.journal.wait_for(self.engine.journal.recorded)
        self.assertEqual(self.commands("appendonly.aof.1.incr.aof"), ["SELECT 0", "SET a 1"])

    def test_turned_off_it_keeps_what_it_has(self):
        self.run_("CONFIG SET appendonly yes")
        wait_for_child(self.engine)
        self.run_("SET a 1")
        self.run_("CONFIG SET appendonly no")
        self.run_("SET b 2")
        self.assertEqual(self.commands("appendonly.aof.1.incr.aof"), ["SELECT 0", "SET a 1"])

    def test_turned_off_before_it_was_on_it_leaves_no_manifest(self):
        self.run_("CONFIG SET appendonly yes")
        self.run_("CONFIG SET appendonly no")
        self.assertIsNone(self.engine.child)
        self.assertEqual(self.files(), [])
        self.assertEqual(self.append_only.state, "off")

    def test_it_waits_for_a_snapshot(self):
        self.client.wire("BGSAVE")
        self.run_("CONFIG SET appendonly yes")
        self.run_("SET a 1")
        wait_for_child(self.engine)
        self.cron_()
        wait_for_child(self.engine)
        self.assertEqual(self.keys("appendonly.aof.1.base.rdb"), {b"a": b"1"})

    def test_it_does_not_take_the_base_of_a_rewrite_that_knew_nothing_of_it(self):
        self.client.wire("BGREWRITEAOF")
        first = self.engine.child.pid
        self.client.wire("SET a 1")
        self.client.wire("CONFIG SET appendonly yes")
        self.assertNotEqual(self.engine.child.pid, first)
        wait_for_child(self.engine)
        self.assertEqual((self.append_only.state, self.append_only.last_status), ("on", "ok"))
        self.assertEqual(self.keys(self.manifest()[0]), {b"a": b"1"})

    def test_it_does_not_begin_in_the_middle_of_a_transaction(self):
        for command in ("MULTI", "SET a 1", "CONFIG SET appendonly yes", "SET b 2"):
            self.client.wire(command)
        self.assertEqual(self.client.wire("EXEC"), b"*3\r\n+OK\r\n+OK\r\n+OK\r\n")
        self.assertIsNone(self.engine.child)
        self.cron_()
        wait_for_child(self.engine)
        self.assertEqual(self.append_only.state, "on")
        self.assertEqual(self.keys(self.manifest()[0]), {b"a": b"1", b"b": b"2"})

    def test_a_failing_fork_refuses_it(self):
        with mock.patch("os.fork", side_effect=OSError(errno.EAGAIN, "Resource temporarily unavailable")):
            reply = self.run_("CONFIG SET appendonly yes")
        self.assertEqual(reply, b"-ERR CONFIG SET failed (possibly related to argument 'appendonly') - "
                                b"Unable to turn on AOF. Check server logs.\r\n")
        self.assertEqual(self.append_only.state, "off")
        self.assertEqual(self.run_("SET a 1"), b"+OK\r\n")

    def test_a_child_that_fails_is_followed_by_another(self):
        with mock.patch.object(self.engine.snapshots, "write", side_effect=NO_SPACE):
            self.run_("CONFIG SET appendonly yes")
            self.run_("SET a 1")
            wait_for_child(self.engine)
        self.assertEqual(self.append_only.state, "waiting")
        self.assertEqual(self.run_("SET b 2"), b"+OK\r\n")
        self.cron_(2)
        wait_for_child(self.engine)
        self.assertEqual(self.keys("appendonly.aof.1.base.rdb"), {b"a": b"1", b"b": b"2"})

    def test_rewriting_while_it_is_off_leaves_nothing_open(self):
        for _ in range(2):
            self.rewrite()
        before = len(os.listdir("/dev/fd"))
        self.rewrite()
        self.assertEqual(len(os.listdir("/dev/fd")), before)

    def test_rewriting_while_it_is_off_makes_a_base(self):
        self.run_("SET a 1")
        self.rewrite()
        self.assertEqual(self.manifest(), ["appendonly.aof.1.base.rdb"])
        self.assertEqual(self.append_only.state, "off")


@needs_fork
class WaitaofTest(AppendOnlyTestCase):
    ON_DISK, NOT_YET = b"*2\r\n:1\r\n:0\r\n", b"*2\r\n:0\r\n:0\r\n"

    def test_who_has_changed_nothing_waits_for_nothing(self):
        self.assertEqual(self.client.wire("WAITAOF 1 0 0"), self.ON_DISK)

    def test_it_waits_for_the_next_sync(self):
        self.run_("SET a 1")
        self.assertEqual(self.client.wire("WAITAOF 0 0 0"), self.NOT_YET)
        self.client.block("WAITAOF 1 0 0")
        self.cron_()
        self.assertIsNone(self.client.late_reply())
        self.engine.journal.tick()
        self.cron_()
        self.assertEqual(self.client.late_reply(), self.ON_DISK)
        self.assertEqual(self.client.wire("WAITAOF 1 0 0"), self.ON_DISK)

    def test_in_a_transaction_it_does_not_wait(self):
        self.run_("SET a 1")
        for command in ("MULTI", "WAITAOF 1 0 0"):
            self.client.wire(command)
        self.assertEqual(self.client.wire("EXEC"), b"*1\r\n" + self.NOT_YET)

    def test_with_always_all_before_it_is_on_disk(self):
        self.run_("CONFIG SET appendfsync always")
        out = []
        with self.engine.lock:
            execute_batch(self.client.session, [[b"SET", b"a", b"1"], [b"WAITAOF", b"1", b"0", b"0"]], out)
        self.assertEqual(b"".join(out), b"+OK\r\n" + self.ON_DISK)

    def test_when_it_is_off_nothing_can_be_waited_for(self):
        self.run_("CONFIG SET appendonly no")
        self.assertEqual(self.client.wire("WAITAOF 1 0 0"),
                         b"-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.\r\n")


@needs_fork
class LatencyTest(AppendOnlyTestCase):
    def test_slow_writes_become_events(self):
        self.run_("CONFIG SET latency-monitor-threshold 100")
        self.engine.journal.record_one(0, [b"SET", b"a", b"1"])
        real = os.write

        def write(*args):
            self.clock.advance(0.3)
            return real(*args)

        with mock.patch("redis_clone.journal.os.write", write):
            self.engine.journal.flush()
        self.cron_()
        self.assertEqual(set(self.engine.latency.events), {"aof-write-alone", "aof-write"})


@needs_fork
class FullDiskTest(AppendOnlyTestCase):
    def fail_to_write(self):
        with mock.patch("redis_clone.journal.os.write", side_effect=NO_SPACE):
            self.run_("SET a 1")
        self.engine.journal.tick()              # tells

    def test_writes_are_refused_reads_are_not(self):
        self.fail_to_write()
        refusal = b"-MISCONF Errors writing to the AOF file: No space left on device\r\n"
        self.assertEqual(self.run_("SET b 2"), refusal)
        self.assertEqual(self.run_("PING"), refusal)
        self.assertEqual(self.run_("GET a"), b"$1\r\n1\r\n")
        self.assertEqual(self.client.wire("MULTI"), b"+OK\r\n")
        self.assertEqual(self.client.wire("GET a"), b"+QUEUED\r\n")
        self.assertEqual(self.client.wire("EXEC"), b"*1\r\n$1\r\n1\r\n")
        self.assertIn(b"aof_last_write_status:err", self.run_("INFO persistence"))

    def test_it_recovers_by_itself(self):
        self.fail_to_write()
        self.engine.journal.tick()
        self.assertEqual(self.run_("SET b 2"), b"+OK\r\n")
        self.assertEqual(self.commands("appendonly.aof.1.incr.aof"), ["SELECT 0", "SET a 1", "SET b 2"])

    def test_who_only_finds_that_a_key_was_due_is_promised_nothing(self):
        self.run_("SET a 1 PX 10")
        promised = self.client.session.promised
        self.clock.advance(1)
        self.assertEqual(self.client.wire("GET a"), b"$-1\r\n")
        self.assertEqual(self.client.session.promised, promised)
        self.assertGreater(self.engine.journal.recorded, promised)
        for command in ("MULTI", "GET a", "EXEC"):
            self.client.wire(command)
        self.assertEqual(self.client.session.promised, promised)
        self.client.wire("GETSET a 1")
        self.assertEqual(self.client.session.promised, self.engine.journal.recorded)

    def test_turned_off_it_refuses_nothing(self):
        self.fail_to_write()
        with mock.patch("redis_clone.journal.os.write", side_effect=NO_SPACE):
            self.run_("CONFIG SET appendonly no")
        self.assertEqual(self.run_("SET b 2"), b"+OK\r\n")


if __name__ == "__main__":
    unittest.main()
