import errno
import io
import os
import shutil
import signal
import stat
import tempfile
import unittest
from unittest import mock

from redis_clone.clock import FakeClock
from redis_clone.engine import Engine
from redis_clone.log import Log
from redis_clone.persistence.rdb_reader import RdbReader
from redis_clone.snapshots import SnapshotFailed
from tests.children import wait_for_child
from tests.support import EngineClient, EngineTestCase, test_config
from tests.test_child import without_fork

NO_SPACE = OSError(errno.ENOSPC, "No space left on device")
needs_fork = unittest.skipUnless(hasattr(os, "fork"), "there is no fork")


class SnapshotTestCase(EngineTestCase):
    """An engine with a directory of its own and a log to look at."""

    def setUp(self):
        self.directory = os.path.realpath(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.clock = FakeClock()
        self.stream = io.StringIO()
        config = test_config({"save": '""', **self.config, "dir": self.directory})
        self.engine = Engine(config, Log(stream=self.stream), self.clock)
        self.client = EngineClient(self.engine)
        self.snapshots = self.engine.snapshots
        self.path = os.path.join(self.directory, "dump.rdb")

    def logged(self):
        """The texts of the log's lines so far, and their signs."""
        lines = [line.split(" ", 5)[5] for line in self.stream.getvalue().splitlines()]
        self.stream.seek(0)
        self.stream.truncate()
        return lines

    def cron(self, seconds=0):
        """Let time pass, then what housekeeping does."""
        self.clock.advance(seconds)
        with self.engine.lock:
            self.engine.keyspace.tick()
            self.snapshots.cron()

    def save(self):
        with self.engine.lock:
            self.snapshots.save()

    def save_in_background(self):
        with self.engine.lock:
            self.snapshots.start_background()
        if self.engine.child is not None:
            wait_for_child(self.engine)

    def read(self, path=None):
        """What a snapshot holds: its RdbReader and {key: value} of database 0."""
        with open(path or self.path, "rb") as file:
            reader = RdbReader(file.read(), self.engine.keyspace.limits)
        return reader, {key: value for _, key, value, _, _, _ in reader}

    def assert_saved(self, keys):
        self.assertEqual(self.read()[1], keys)

    def assert_files(self, *names):
        self.assertEqual(sorted(os.listdir(self.directory)), sorted(names))

    def fail_to_save(self):
        """Have a background save fail."""
        with mock.patch("os.write", side_effect=NO_SPACE), without_fork():
            self.save_in_background()
        self.assertEqual(self.snapshots.last_status, "err")


class SaveTest(SnapshotTestCase):
    def test_writes_all_data_and_leaves_no_other_file(self):
        self.execute("MSET a 1 b 2")
        self.save()
        self.assert_saved({b"a": b"1", b"b": b"2"})
        self.assert_files("dump.rdb")
        self.assertEqual(self.logged(), ["* DB saved on disk"])

    def test_nothing_is_unsaved_afterwards(self):
        self.execute("MSET a 1 b 2")
        self.clock.advance(10)
        self.assertEqual(self.snapshots.changes, 2)
        self.save()
        self.assertEqual(self.snapshots.changes, 0)
        self.assertEqual(self.snapshots.last_save_s, self.clock.time())
        self.assertEqual(self.snapshots.saves, 1)
        self.execute("SET a 3")
        self.assertEqual(self.snapshots.changes, 1)

    def test_a_failure_leaves_the_old_file_and_says_why(self):
        self.execute("SET a 1")
        self.save()
        self.execute("SET a 2")
        with mock.patch("os.write", side_effect=NO_SPACE), self.assertRaises(SnapshotFailed):
            self.save()
        self.assert_saved({b"a": b"1"})
        self.assert_files("dump.rdb")
        self.assertEqual(self.snapshots.changes, 1)
        self.assertIn("No space left on device", self.logged()[-1])

    def test_a_failure_says_nothing_about_saving_in_the_background(self):
        with mock.patch("os.write", side_effect=NO_SPACE), self.assertRaises(SnapshotFailed):
            self.save()
        self.assertEqual(self.snapshots.last_status, "ok")

    def test_success_makes_good_for_a_failure_in_the_background(self):
        self.fail_to_save()
        self.save()
        self.assertEqual(self.snapshots.last_status, "ok")

    def test_replaces_a_file_that_may_not_be_written_to(self):
        with open(self.path, "wb"):
            pass
        os.chmod(self.path, stat.S_IRUSR)
        self.execute("SET a 1")
        self.save()
        self.assert_saved({b"a": b"1"})


class WhereTest(SnapshotTestCase):
    config = {"dbfilename": "other.rdb", "enable-protected-configs": "yes"}

    def test_goes_to_the_file_that_is_configured(self):
        self.save()
        self.assert_files("other.rdb")

    def test_follows_config_set(self):
        os.mkdir(os.path.join(self.directory, "below"))
        self.execute("CONFIG", "SET", "dir", os.path.join(self.directory, "below"), "dbfilename", "third.rdb")
        self.save()
        self.assertEqual(os.listdir(os.path.join(self.directory, "below")), ["third.rdb"])

    def test_does_not_depend_on_where_the_process_is_later(self):
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        os.chdir(self.directory)
        engine = Engine(test_config({}), Log(level="nothing"), self.clock)
        os.chdir(before)
        with engine.lock:
            engine.snapshots.save()
        self.assert_files("dump.rdb")

    @needs_fork
    def test_goes_where_it_was_to_go_when_it_began(self):
        with self.engine.lock:
            self.snapshots.start_background()
        self.execute("CONFIG", "SET", "dbfilename", "third.rdb")
        wait_for_child(self.engine)
        self.assert_files("other.rdb")

    def test_servers_in_one_process_do_not_write_to_the_same_temporary_file(self):
        other = Engine(test_config({"dir": self.directory}), Log(level="nothing"), self.clock)
        self.assertNotEqual(other.snapshots._temporary(), self.snapshots._temporary())


class ContentTest(SnapshotTestCase):
    config = {"maxmemory-policy": "allkeys-lru"}

    def test_begins_with_what_is_worth_knowing(self):
        self.save()
        reader, _ = self.read()
        self.assertEqual(reader.version, 11)
        self.assertEqual(list(reader.aux), [b"redis-ver", b"redis-bits", b"ctime", b"used-mem", b"aof-base"])
        self.assertEqual(reader.aux[b"redis-ver"], b"7.2.6")
        self.assertEqual(reader.aux[b"ctime"], b"%d" % self.clock.time())
        self.assertEqual(reader.aux[b"aof-base"], b"0")

    def test_the_base_of_an_append_only_file_says_so(self):
        pieces = []
        with self.engine.lock:
            self.snapshots.write(lambda data: pieces.append(bytes(data)), for_aof=True)
        reader = RdbReader(b"".join(pieces), self.engine.keyspace.limits)
        list(reader)
        self.assertEqual(reader.aux[b"aof-base"], b"1")

    def test_can_be_one_for_older_servers(self):
        self.execute("CONFIG SET rdb-version 10")
        self.save()
        self.assertEqual(self.read()[0].version, 10)

    def test_says_how_long_keys_were_not_used_where_that_decides_on_eviction(self):
        self.execute("SET a 1")
        self.cron(100)
        self.save()
        with open(self.path, "rb") as file:
            [(_, _, _, _, idle_s, frequency)] = RdbReader(file.read(), self.engine.keyspace.limits)
        self.assertEqual((idle_s, frequency), (100, None))

    def test_says_how_often_keys_were_used_where_that_decides_on_eviction(self):
        self.execute("CONFIG SET maxmemory-policy allkeys-lfu")
        self.execute("SET a 1")
        self.save()
        with open(self.path, "rb") as file:
            [(_, _, _, _, idle_s, frequency)] = RdbReader(file.read(), self.engine.keyspace.limits)
        self.assertEqual((idle_s, frequency), (None, 5))

    def test_says_neither_where_keys_stay_or_go_otherwise(self):
        self.execute("CONFIG SET maxmemory-policy volatile-ttl")
        self.execute("SET a 1")
        self.save()
        with open(self.path, "rb") as file:
            [(_, _, _, _, idle_s, frequency)] = RdbReader(file.read(), self.engine.keyspace.limits)
        self.assertEqual((idle_s, frequency), (None, None))

    def test_a_delay_for_each_key_can_make_it_last(self):
        self.execute("CONFIG SET rdb-key-save-delay 50000")
        self.execute("MSET a 1 b 2 c 3")
        with mock.patch("redis_clone.snapshots.time.sleep") as sleep:
            self.save()
        self.assertAlmostEqual(sum(call.args[0] for call in sleep.call_args_list), 0.15)
        self.assert_saved({b"a": b"1", b"b": b"2", b"c": b"3"})


class WithoutChecksumTest(SnapshotTestCase):
    config = {"rdbchecksum": "no", "rdbcompression": "no", "rdb-save-incremental-fsync": "no"}

    def test_ends_with_zeros_then(self):
        self.save()
        with open(self.path, "rb") as file:
            self.assertEqual(file.read()[-9:], b"\xff" + bytes(8))

    def test_values_are_not_compressed_then(self):
        self.execute("SET", "a", "x" * 1000)
        self.save()
        self.assertGreater(os.path.getsize(self.path), 1000)


@needs_fork
class BackgroundTest(SnapshotTestCase):
    def test_writes_all_data_and_leaves_no_other_file(self):
        self.execute("MSET a 1 b 2")
        with self.engine.lock:
            self.snapshots.start_background()
        pid = self.engine.child.pid
        self.assertTrue(self.snapshots.in_progress)
        wait_for_child(self.engine)
        self.assertFalse(self.snapshots.in_progress)
        self.assert_saved({b"a": b"1", b"b": b"2"})
        self.assert_files("dump.rdb")
        lines = self.logged()
        self.assertRegex(lines.pop(2), r"\* Fork CoW for RDB: \d+ MB")
        self.assertEqual(lines, [f"* Background saving started by pid {pid}", "* DB saved on disk",
                                 "* Background saving terminated with success"])

    def test_what_changes_meanwhile_is_for_the_next_one(self):
        self.execute("SET a 1")
        with self.engine.lock:
            self.snapshots.start_background()
        self.execute("MSET a 2 b 3 c 4")
        self.clock.advance(7)
        wait_for_child(self.engine)
        self.assert_saved({b"a": b"1"})
        self.assertEqual(self.snapshots.changes, 3)
        self.assertEqual(self.snapshots.last_save_s, self.clock.time())
        self.assertEqual(self.snapshots.last_duration_s, 7)
        self.assertEqual(self.snapshots.saves, 1)

    def test_no_file_has_its_place_before_the_parent_gives_it(self):
        self.execute("SET a 1")
        self.save()
        self.execute("SET a 2")
        with self.engine.lock:
            self.snapshots.start_background()
        self.assert_saved({b"a": b"1"})
        wait_for_child(self.engine)
        self.assert_saved({b"a": b"2"})

    def test_another_file_can_be_written_meanwhile(self):
        self.client.wire("SET a 1")
        self.client.wire("CONFIG SET rdb-key-save-delay 100000")
        self.client.wire("BGSAVE")
        self.client.wire("CONFIG SET rdb-key-save-delay 0")
        self.client.wire("SET b 2")
        self.assertEqual(self.client.wire("DEBUG RELOAD"), b"+OK\r\n")
        self.assert_saved({b"a": b"1", b"b": b"2"})
        self.client.wire("SET c 3")
        wait_for_child(self.engine)
        self.assertEqual(self.snapshots.last_status, "ok")
        self.assert_saved({b"a": b"1"})         # which is what was asked for first, and is complete

    def test_a_missing_directory_is_a_failure(self):
        os.rmdir(self.directory)
        self.save_in_background()
        self.assertEqual(self.snapshots.last_status, "err")
        self.assertEqual(self.snapshots.last_duration_s, 0)
        temporary = os.path.basename(self.snapshots._temporary("bg-"))
        self.assertEqual(self.logged()[1:], [
            f"# Failed opening the temp RDB file {temporary} (in server root dir {self.directory}) for saving: "
            "No such file or directory", "# Background saving error"])

    def test_a_name_that_is_taken_by_a_directory_is_a_failure(self):
        os.mkdir(self.path)
        self.save_in_background()
        self.assertEqual(self.snapshots.last_status, "err")
        self.assert_files("dump.rdb")
        temporary = os.path.basename(self.snapshots._temporary("bg-"))
        self.assertEqual(self.logged()[1:], [
            f"# Error moving temp DB file {temporary} on the final destination dump.rdb (in server root dir "
            f"{self.directory}): Is a directory", "# Background saving error"])

    def test_a_full_disk_is_a_failure(self):
        self.execute("SET a 1")
        self.save()
        self.execute("SET a 2")
        with mock.patch("redis_clone.persistence.safe_file.sync_file", side_effect=NO_SPACE):
            self.save_in_background()
        self.assertEqual(self.snapshots.last_status, "err")
        self.assertEqual(self.snapshots.changes, 1)
        self.assert_saved({b"a": b"1"})
        self.assert_files("dump.rdb")
        self.assertEqual(self.logged()[-1], "# Background saving error")

    def test_a_fork_that_fails_is_a_failure(self):
        with mock.patch("os.fork", side_effect=OSError(errno.ENOMEM, "Cannot allocate memory")):
            with self.assertRaises(SnapshotFailed):
                self.save_in_background()
        self.assertEqual(self.snapshots.last_status, "err")
        self.assertEqual(self.logged(), ["# Can't save in background: fork: Cannot allocate memory"])

    def test_a_killed_child_is_a_failure(self):
        self.execute("CONFIG SET rdb-key-save-delay 100000000")
        self.execute("SET a 1")
        with self.engine.lock:
            self.snapshots.start_background()
        os.kill(self.engine.child.pid, signal.SIGKILL)
        wait_for_child(self.engine)
        self.assertEqual(self.snapshots.last_status, "err")
        self.assertEqual(self.logged()[-1], "# Background saving terminated by signal 9")
        self.assert_files()

    def test_success_makes_good_for_a_failure(self):
        self.fail_to_save()
        self.save_in_background()
        self.assertEqual(self.snapshots.last_status, "ok")


class WithoutForkTest(SnapshotTestCase):
    def test_clients_wait_and_the_log_says_so(self):
        self.execute("SET a 1")
        with without_fork():
            self.save_in_background()
        self.assert_saved({b"a": b"1"})
        self.assertEqual(self.snapshots.changes, 0)
        lines = self.logged()
        self.assertEqual(lines[0], "* There is no fork on this platform: clients wait until the RDB file is written")
        self.assertEqual(lines[-1], "* Background saving terminated with success")

    def test_failures_are_those_of_a_child(self):
        self.fail_to_save()
        self.assertEqual(self.logged()[-1], "# Background saving error")
        self.assert_files()


class SavePointTest(SnapshotTestCase):
    config = {"save": "900 1 60 3"}

    def setUp(self):
        super().setUp()
        patch = mock.patch.object(self.snapshots, "start_background", wraps=self.start)
        self.start_background = patch.start()
        self.addCleanup(patch.stop)

    def start(self):
        with without_fork():
            type(self.snapshots).start_background(self.snapshots)

    def begun(self):
        """How often a save has begun since the last look."""
        count = self.start_background.call_count
        self.start_background.reset_mock()
        return count

    def test_takes_as_many_changes_and_as_many_seconds(self):
        self.execute("MSET a 1 b 2")
        self.cron(61)
        self.assertEqual(self.begun(), 0)
        self.execute("SET c 3")
        self.cron()
        self.assertEqual(self.begun(), 1)
        self.assertEqual(self.logged()[0], "* 3 changes in 60 seconds. Saving...")

    def test_any_of_them_will_do(self):
        self.execute("SET a 1")
        self.cron(900)
        self.assertEqual(self.begun(), 0)
        self.cron(1)
        self.assertEqual(self.begun(), 1)

    def test_counts_from_the_last_one(self):
        self.execute("MSET a 1 b 2 c 3")
        self.cron(61)
        self.cron(61)
        self.assertEqual(self.begun(), 1)
        self.execute("MSET a 1 b 2 c 3")
        self.cron(60)
        self.assertEqual(self.begun(), 1)

    def test_a_save_on_request_counts_too(self):
        self.execute("MSET a 1 b 2 c 3")
        self.clock.advance(61)
        self.save()
        self.cron()
        self.assertEqual(self.begun(), 0)

    def test_none_means_never(self):
        self.execute("CONFIG", "SET", "save", "")
        self.execute("MSET a 1 b 2 c 3")
        self.cron(10_000)
        self.assertEqual(self.begun(), 0)

    def test_what_was_loaded_is_no_change(self):
        self.execute("MSET a 1 b 2 c 3")
        with self.engine.lock:
            self.snapshots.forget_changes()
        self.cron(61)
        self.assertEqual(self.begun(), 0)

    def test_a_failure_is_followed_by_five_seconds_of_rest(self):
        self.execute("MSET a 1 b 2 c 3")
        with mock.patch("os.write", side_effect=NO_SPACE):
            self.cron(61)
            self.assertEqual(self.begun(), 1)
            self.cron(5)
            self.assertEqual(self.begun(), 0)
            self.cron(0.1)
            self.assertEqual(self.begun(), 1)
        self.cron(5.1)
        self.assertEqual(self.begun(), 1)
        self.assertEqual(self.snapshots.last_status, "ok")

    def test_nothing_begins_while_a_child_is_at_work(self):
        self.execute("MSET a 1 b 2 c 3")
        self.engine.child = mock.Mock(kind="aof")
        self.cron(61)
        self.assertEqual(self.begun(), 0)

    def test_a_scheduled_one_begins_when_the_child_is_gone(self):
        self.snapshots.schedule()
        self.engine.child = mock.Mock(kind="aof")
        self.cron()
        self.assertEqual(self.begun(), 0)
        self.engine.child = None
        self.cron()
        self.cron()
        self.assertEqual(self.begun(), 1)

    def test_a_scheduled_one_stays_scheduled_when_it_cannot_begin(self):
        self.snapshots.schedule()
        self.start_background.side_effect = SnapshotFailed("no fork today")
        self.cron()
        self.assertTrue(self.snapshots.scheduled)


class WriteDeniedTest(SnapshotTestCase):
    config = {"save": "900 1"}

    def denied(self):
        self.assertEqual(self.snapshots.write_denied(), self.engine.refuses_writes is not None)
        return self.snapshots.write_denied()

    def test_after_a_failure_and_until_one_succeeds(self):
        self.assertFalse(self.denied())
        self.fail_to_save()
        self.assertTrue(self.denied())
        self.assertTrue(str(self.execute("SET a 1")).startswith("MISCONF Redis is configured to save RDB snapshots"))
        self.save()
        self.assertFalse(self.denied())
        self.assertEqual(self.execute("SET a 1"), "OK")

    def test_not_without_save_points(self):
        self.fail_to_save()
        self.execute("CONFIG", "SET", "save", "")
        self.assertFalse(self.denied())
        self.execute("CONFIG", "SET", "save", "60 1")
        self.assertTrue(self.denied())

    def test_not_when_the_configuration_says_so(self):
        self.fail_to_save()
        self.execute("CONFIG SET stop-writes-on-bgsave-error no")
        self.assertFalse(self.denied())


class AfterFlushingAllTest(SnapshotTestCase):
    def flush(self):
        self.assertEqual(self.execute("FLUSHALL"), "OK")

    def test_the_snapshot_is_empty_as_well(self):
        self.execute("CONFIG", "SET", "save", "900 1")
        self.execute("SET a 1")
        self.save()
        self.flush()
        self.assert_saved({})
        self.assertEqual(self.snapshots.changes, 0)
        self.assertEqual(self.snapshots.saves, 1)

    def test_without_save_points_it_stays(self):
        self.execute("SET a 1")
        self.save()
        self.flush()
        self.assert_saved({b"a": b"1"})
        self.assertEqual(self.snapshots.changes, 1)

    def test_a_disk_that_fails_does_not_keep_the_data_in_memory(self):
        self.execute("CONFIG", "SET", "save", "900 1")
        self.execute("SET a 1")
        with mock.patch("os.write", side_effect=NO_SPACE):
            self.flush()
        self.assertEqual(self.execute("DBSIZE"), 0)
        self.assertIn("No space left on device", self.logged()[-1])

    @needs_fork
    def test_a_snapshot_of_what_was_there_is_not_finished(self):
        self.execute("CONFIG SET rdb-key-save-delay 100000000")
        self.execute("SET a 1")
        with self.engine.lock:
            self.snapshots.start_background()
        self.flush()
        self.assertIsNone(self.engine.child)
        self.assert_files()
        self.assertEqual(self.snapshots.last_status, "ok")
