"""The journal: what is noted gets into the file, once, in order, and replies wait for it."""
import errno
import os
import tempfile
import unittest
from unittest import mock

from redis_clone import journal as journal_module
from redis_clone.clock import FakeClock
from redis_clone.journal import Journal
from redis_clone.log import Log

SET_A = [b"SET", b"a", b"1"]
SET_B = [b"SET", b"b", b"2"]
IN_FILE_A = b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
IN_FILE_B = b"*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n"
SELECT_0 = b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n"
SELECT_3 = b"*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n"
MULTI, EXEC = b"*1\r\n$5\r\nMULTI\r\n", b"*1\r\n$4\r\nEXEC\r\n"


class Receiver:
    """A client that waits for a reply."""

    def __init__(self):
        self.got = []

    def deliver(self, reply):
        self.got.append(reply)

    def refuse(self):
        self.got.append("refused")


class JournalTestCase(unittest.TestCase):
    policy = "everysec"

    def setUp(self):
        self.clock = FakeClock()
        self.lines = []
        self.changes = []
        log = Log(stream=self)
        self.journal = Journal(log, self.clock, lambda: self.changes.append(self.journal.error))
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = os.path.join(directory.name, "incr")
        self.journal.policy = self.policy
        # The thread's work is done by hand: `tick`.
        with mock.patch.object(journal_module.threading, "Thread"):
            self.journal.open(self.open(self.path), 0)
        self.addCleanup(self.close)

    def write(self, line):
        self.lines.append(line)

    def flush(self):
        pass

    def open(self, path):
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0))

    def close(self):
        if self.journal.is_open:
            self.journal.close()

    def contents(self, path=None):
        with open(path or self.path, "rb") as file:
            return file.read()

    def failing(self, name, *outcomes):
        """Let the next calls of os.write or of the sync end with these outcomes, or raise them."""
        target = (journal_module.os, "write") if name == "write" else (journal_module, "sync_data")
        real = getattr(*target)
        outcomes = list(outcomes)

        def call(*args):
            outcome = outcomes.pop(0) if outcomes else None
            if isinstance(outcome, OSError):
                raise outcome
            if outcome is not None:                     # so many bytes
                return real(args[0], args[1][:outcome])
            return real(*args)

        return mock.patch.object(*target, call)


NO_SPACE = OSError(errno.ENOSPC, "No space left on device")


class NotingTest(JournalTestCase):
    def test_what_is_noted_is_in_the_file_after_a_flush(self):
        self.journal.record_one(0, SET_A)
        self.journal.record_one(0, SET_B)
        self.assertEqual(self.contents(), b"")
        self.journal.flush()
        self.assertEqual(self.contents(), SELECT_0 + IN_FILE_A + IN_FILE_B)
        self.assertEqual(self.journal.recorded, self.journal.flushed)

    def test_another_database_is_selected_once(self):
        for number in (0, 3, 3):
            self.journal.record_one(number, SET_A)
        self.journal.flush()
        self.assertEqual(self.contents(), SELECT_0 + IN_FILE_A + SELECT_3 + IN_FILE_A + IN_FILE_A)

    def test_several_requests_are_one_transaction(self):
        self.journal.record([(3, SET_A), (0, SET_B)])
        self.journal.record([(0, SET_A)])
        self.journal.flush()
        self.assertEqual(self.contents(), MULTI + SELECT_3 + IN_FILE_A + SELECT_0 + IN_FILE_B + EXEC + IN_FILE_A)

    def test_a_second_gets_one_stamp(self):
        self.journal.stamps = True
        self.journal.record_one(0, SET_A)
        self.journal.record_one(0, SET_A)
        self.clock.advance(1)
        self.journal.record([(0, SET_A), (0, SET_B)])
        self.journal.flush()
        self.assertEqual(self.contents(), b"#TS:1700000000\r\n" + SELECT_0 + IN_FILE_A + IN_FILE_A
                         + b"#TS:1700000001\r\n" + MULTI + IN_FILE_A + IN_FILE_B + EXEC)

    def test_another_file_begins_with_its_database(self):
        self.journal.record_one(0, SET_A)
        before = self.journal.open(self.open(self.path + "2"), 0)
        os.close(before)
        self.journal.record_one(0, SET_B)
        self.journal.flush()
        self.assertEqual(self.contents(), SELECT_0 + IN_FILE_A)
        self.assertEqual(self.contents(self.path + "2"), SELECT_0 + IN_FILE_B)


class EverySecondTest(JournalTestCase):
    def test_a_reply_may_leave_when_what_it_tells_of_is_written(self):
        self.journal.record_one(0, SET_A)
        self.assertTrue(self.journal.wait_for(self.journal.recorded))
        self.assertEqual(self.contents(), SELECT_0 + IN_FILE_A)

    def test_the_thread_syncs_what_is_new(self):
        with mock.patch.object(journal_module, "sync_data") as sync:
            self.journal.tick()
            self.assertEqual(sync.call_count, 0)
            self.journal.record_one(0, SET_A)
            self.journal.flush()
            self.journal.tick()
            self.journal.tick()
            self.assertEqual(sync.call_count, 1)

    def test_no_sync_while_a_child_writes_if_that_is_wished(self):
        self.journal.sync_paused = True
        self.journal.record_one(0, SET_A)
        self.journal.flush()
        with mock.patch.object(journal_module, "sync_data") as sync:
            self.journal.tick()
        self.assertEqual(sync.call_count, 0)

    def test_during_a_sync_writing_is_left_to_the_thread(self):
        def sync(descriptor):
            self.journal.record_one(0, SET_B)
            self.assertTrue(self.journal.wait_for(self.journal.recorded))
            self.assertEqual(self.contents(), SELECT_0 + IN_FILE_A)

        self.journal.record_one(0, SET_A)
        self.journal.flush()
        with mock.patch.object(journal_module, "sync_data", sync):
            self.journal.tick()
        self.assertEqual(self.contents(), SELECT_0 + IN_FILE_A + IN_FILE_B)
        self.assertEqual(self.journal.delayed_syncs, 0)

    def test_but_not_for_more_than_two_seconds(self):
        def sync(descriptor):
            self.journal.record_one(0, SET_B)
            self.clock.advance(2)
            self.journal.flush()
            self.assertEqual(self.contents(), SELECT_0 + IN_FILE_A + IN_FILE_B)

        self.journal.record_one(0, SET_A)
        self.journal.flush()
        with mock.patch.object(journal_module, "sync_data", sync):
            self.journal.tick()
        self.assertEqual(self.journal.delayed_syncs, 1)

    def test_and_then_for_two_seconds_more(self):
        def sync(descriptor):
            self.clock.advance(2)
            for argv in (SET_A, SET_B):
                self.journal.record_one(0, argv)
                self.journal.flush()
            self.assertEqual(self.contents(), SELECT_0 + IN_FILE_A + IN_FILE_A)

        self.journal.record_one(0, SET_A)
        self.journal.flush()
        with mock.patch.object(journal_module, "sync_data", sync):
            self.journal.tick()
        self.assertEqual(self.journal.delayed_syncs, 1)
        self.assertEqual(self.contents(), SELECT_0 + IN_FILE_A + IN_FILE_A + IN_FILE_B)

    def test_the_thread_writes_what_no_client_does(self):
        self.journal.record_one(0, SET_A)               # a key that expires while nobody asks for anything
        self.journal.tick()
        self.assertEqual(self.contents(), SELECT_0 + IN_FILE_A)

    def test_without_a_descriptor_left_it_is_synced_all_the_same(self):
        self.journal.record_one(0, SET_A)
        self.journal.flush()
        too_many = OSError(errno.EMFILE, "Too many open files")
        with mock.patch.object(journal_module, "sync_data") as sync, \
                mock.patch.object(journal_module.os, "dup", side_effect=too_many):
            self.journal.tick()
        self.assertEqual(sync.call_count, 1)
        self.assertFalse(self.journal.syncing)


class FullDiskTest(JournalTestCase):
    def test_nothing_of_a_failed_write_stays_and_it_is_tried_again(self):
        self.journal.record_one(0, SET_A)
        with self.failing("write", 10, NO_SPACE):
            self.assertTrue(self.journal.wait_for(self.journal.recorded))
        self.assertEqual(self.contents(), b"")
        self.assertEqual(self.journal.error, "No space left on device")
        self.journal.record_one(0, SET_B)
        self.journal.flush()                            # not before the thread has tried
        self.assertEqual(self.contents(), b"")
        self.journal.tick()                             # tells
        self.journal.tick()
        self.assertEqual(self.contents(), SELECT_0 + IN_FILE_A + IN_FILE_B)
        self.assertEqual(self.changes, ["No space left on device", None])
        self.assertEqual([line.split(" ", 5)[5] for line in self.lines],
                         ["# Short write while writing to the AOF file: (nwritten=10, expected=50)\n",
                          "# Error writing to the AOF file: No space left on device\n",
                          "# AOF write error looks solved, Redis can write again.\n"])

    def test_a_part_that_cannot_be_cut_off_is_gone_on_from(self):
        self.journal.record_one(0, SET_A)
        with self.failing("write", 10, NO_SPACE), \
                mock.patch.object(journal_module.os, "ftruncate", side_effect=OSError(errno.EIO, "I/O error")):
            self.journal.flush()
        self.assertEqual(self.contents(), SELECT_0[:10])
        self.journal.tick()
        self.journal.tick()
        self.assertEqual(self.contents(), SELECT_0 + IN_FILE_A)

    def test_the_file_is_not_left_before_all_of_it_is_written(self):
        self.journal.record_one(0, SET_A)
        descriptor = self.open(self.path + "2")
        with self.failing("write", NO_SPACE), self.assertRaises(OSError):
            self.journal.open(descriptor, 0)
        os.close(descriptor)
        self.journal.tick()
        self.journal.tick()
        self.assertEqual(self.contents(), SELECT_0 + IN_FILE_A)

    def test_after_a_failed_sync_the_file_must_be_written_anew(self):
        self.journal.record_one(0, SET_A)
        self.journal.flush()
        with self.failing("sync", OSError(errno.EIO, "I/O error")):
            self.journal.tick()
        self.assertTrue(self.journal.sync_failed)
        self.journal.tick()                             # now it works, but that proves nothing
        self.assertEqual(self.journal.error, "I/O error")
        os.close(self.journal.open(self.open(self.path + "2"), 0))
        self.journal.written_anew()
        self.assertIsNone(self.journal.error)

    def test_a_sync_that_fails_while_it_is_written_anew_still_counts(self):
        os.close(self.journal.open(self.open(self.path + "2"), 0))
        self.journal.record_one(0, SET_A)               # the child that has been forked does not see this
        self.journal.flush()
        with self.failing("sync", OSError(errno.EIO, "I/O error")):
            self.journal.tick()
        self.journal.written_anew()
        self.assertEqual(self.journal.error, "I/O error")
        self.assertTrue(self.journal.sync_failed)

    def test_a_short_write_is_told_of_once(self):
        self.journal.record_one(0, SET_A)
        with self.failing("write", 10, NO_SPACE, 10, NO_SPACE):
            self.journal.flush()
            self.journal.tick()
            self.journal.tick()
        self.assertEqual(sum("Short write" in line for line in self.lines), 1)


class SlowDiskTest(JournalTestCase):
    """What the latency monitor is told."""

    def slow(self, target, name):
        real = getattr(target, name)

        def call(*args):
            self.clock.advance(0.2)
            return real(*args)

        return mock.patch.object(target, name, call)

    def write_slowly(self):
        self.journal.record_one(0, SET_A)
        with self.slow(journal_module.os, "write"):
            self.journal.flush()
        return [event for event, _, _ in self.journal.take_slow()]

    def test_nothing_is_told_below_the_threshold(self):
        self.assertEqual(self.write_slowly(), [])
        self.journal.threshold_s = 1.0
        self.assertEqual(self.write_slowly(), [])

    def test_a_write_is_told_by_what_it_may_have_waited_for(self):
        self.journal.threshold_s = 0.1
        self.assertEqual(self.write_slowly(), ["aof-write-alone", "aof-write"])
        self.journal.child_at_work = True
        self.assertEqual(self.write_slowly(), ["aof-write-active-child", "aof-write"])
        self.assertEqual(self.journal.take_slow(), [])
        self.assertEqual(self.contents(), SELECT_0 + IN_FILE_A + IN_FILE_A)

    def test_a_sync_is_told_with_always(self):
        self.journal.threshold_s = 0.1
        self.journal.policy = "always"
        self.journal.record_one(0, SET_A)
        with self.slow(journal_module, "sync_data"):
            self.journal.wait_for(self.journal.recorded)
        (event, elapsed_s, date_s), = self.journal.take_slow()
        self.assertEqual((event, round(elapsed_s, 3), date_s), ("aof-fsync-always", 0.2, self.clock.time()))


class ClosingTest(JournalTestCase):
    def test_all_is_written_and_synced(self):
        self.journal.record_one(0, SET_A)
        with mock.patch.object(journal_module, "sync_data") as sync:
            self.assertTrue(self.journal.close())
        self.assertEqual(sync.call_count, 1)
        self.assertEqual(self.contents(), SELECT_0 + IN_FILE_A)
        self.assertEqual(self.journal.recorded, self.journal.flushed)

    def test_it_says_when_that_does_not_work(self):
        self.journal.record_one(0, SET_A)
        with self.failing("write", NO_SPACE):
            self.assertFalse(self.journal.close())
        self.assertEqual(self.journal.recorded, self.journal.flushed)

    def test_chores_are_done(self):
        done = []
        self.journal.let_thread(lambda: done.append(1))
        self.journal.close()
        self.assertEqual(done, [1])

    def test_a_chore_that_fails_is_told_of(self):
        def fail():
            raise OSError(errno.EIO, "I/O error")

        self.journal.let_thread(fail)
        self.assertFalse(self.journal.close())

    def test_chores_without_a_thread_are_done_at_once(self):
        done = []
        self.journal.close()
        self.journal.let_thread(lambda: done.append(1))
        self.assertEqual(done, [1])

    def test_a_sync_that_fails_when_the_file_is_closed_means_nothing(self):
        def sync(descriptor):
            with mock.patch.object(journal_module, "sync_data"):
                self.journal.close()
            raise OSError(errno.EIO, "I/O error")

        self.journal.record_one(0, SET_A)
        self.journal.flush()
        with mock.patch.object(journal_module, "sync_data", sync):
            self.journal.tick()
        self.assertIsNone(self.journal.error)


class AlwaysTest(JournalTestCase):
    policy = "always"

    def test_a_reply_leaves_when_what_it_tells_of_is_synced(self):
        receiver = Receiver()
        with mock.patch.object(journal_module, "sync_data") as sync:
            self.journal.record_one(0, SET_A)
            self.assertTrue(self.journal.keep_back(receiver, b"+OK\r\n", self.journal.recorded))
            self.assertTrue(self.journal.wait_for(self.journal.recorded))
            self.assertEqual(receiver.got, [b"+OK\r\n"])
            self.assertGreaterEqual(sync.call_count, 1)
        self.assertEqual(self.contents(), SELECT_0 + IN_FILE_A)

    def test_nobody_is_told_what_cannot_be_kept(self):
        receiver, reader = Receiver(), Receiver()
        with self.failing("sync", OSError(errno.EIO, "I/O error")):
            self.journal.record_one(0, SET_A)
            self.journal.keep_back(receiver, b"+OK\r\n", self.journal.recorded)
            self.assertFalse(self.journal.wait_for(self.journal.recorded))
        self.assertEqual(receiver.got, ["refused"])
        self.assertTrue(self.journal.wait_for(0))       # a read, when writes are refused already

    def test_what_fails_is_tried_again(self):
        with self.failing("write", NO_SPACE):
            self.journal.record_one(0, SET_A)
            self.assertFalse(self.journal.wait_for(self.journal.recorded))
        self.journal.tick()
        self.journal.tick()
        self.assertEqual(self.contents(), SELECT_0 + IN_FILE_A)
        self.assertEqual(self.changes, ["No space left on device", None])

    def test_replies_wait_their_turn_after_the_policy_is_another(self):
        self.journal.policy = "everysec"
        receiver = Receiver()
        self.journal.record_one(0, SET_A)
        self.assertTrue(self.journal.keep_back(receiver, b"+OK\r\n", self.journal.recorded))
        self.assertTrue(self.journal.wait_for(self.journal.recorded))
        self.assertEqual(receiver.got, [b"+OK\r\n"])

    def test_after_that_replies_leave_even_if_nothing_can_be_written(self):
        self.journal.policy = "everysec"
        receiver = Receiver()
        with self.failing("write", *[NO_SPACE] * 100):
            for _ in range(2):
                self.journal.record_one(0, SET_A)
                self.assertTrue(self.journal.keep_back(receiver, b"+OK\r\n", self.journal.recorded))
                self.assertTrue(self.journal.wait_for(self.journal.recorded))
        self.assertEqual(receiver.got, [b"+OK\r\n"] * 2)
        self.assertEqual(self.contents(), b"")

    def test_nothing_is_told_after_a_failed_sync_until_the_file_is_written_anew(self):
        self.journal.record_one(0, SET_A)
        with self.failing("sync", OSError(errno.EIO, "I/O error")):
            self.assertFalse(self.journal.wait_for(self.journal.recorded))
        self.journal.record_one(0, SET_B)               # before writes are refused
        self.assertFalse(self.journal.wait_for(self.journal.recorded))
        self.journal.tick()
        self.journal.tick()                             # now it works, but that proves nothing
        self.assertFalse(self.journal.wait_for(self.journal.recorded))
        os.close(self.journal.open(self.open(self.path + "2"), 0))
        self.journal.written_anew()
        self.assertTrue(self.journal.wait_for(self.journal.recorded))

    def test_another_file_does_not_make_doubtful_what_is_on_disk(self):
        self.journal.record_one(0, SET_A)
        promised = self.journal.recorded
        self.assertTrue(self.journal.wait_for(promised))
        os.close(self.journal.open(self.open(self.path + "2"), 0))
        self.journal.record_one(0, SET_B)
        with self.failing("write", NO_SPACE):
            self.assertTrue(self.journal.wait_for(promised))        # a read of who changed something before
        self.journal.tick()
        self.journal.tick()

    def test_what_was_not_synced_for_a_child_is_synced_later(self):
        self.journal.sync_paused = True
        with mock.patch.object(journal_module, "sync_data") as sync:
            self.journal.record_one(0, SET_A)
            self.assertTrue(self.journal.wait_for(self.journal.recorded))
            self.assertEqual(sync.call_count, 0)
            self.journal.sync_paused = False
            self.journal.tick()
            self.assertEqual(sync.call_count, 1)


class ChangeToAlwaysTest(JournalTestCase):
    """What was under way when `appendfsync` became always."""

    def test_a_write_on_its_way_makes_nobody_hurry(self):
        self.journal.record_one(0, SET_A)
        self.journal.policy = "always"                  # the client's thread is just about to call `flush`
        self.journal.record_one(0, SET_B)
        with mock.patch.object(journal_module, "sync_data") as sync:
            self.journal.flush()
            self.assertEqual(sync.call_count, 1)
        self.assertNotEqual(self.journal.recorded, self.journal.flushed)

    def test_a_sync_on_its_way_is_not_enough(self):
        syncs = []

        def sync(descriptor):
            syncs.append(len(self.contents()))
            if len(syncs) == 1:
                self.journal.policy = "always"
                self.journal.record_one(0, SET_B)

        self.journal.record_one(0, SET_A)
        self.journal.flush()
        with mock.patch.object(journal_module, "sync_data", sync):
            self.journal.tick()
            self.assertTrue(self.journal.wait_for(self.journal.recorded))
        self.assertEqual(syncs[-1], len(SELECT_0 + IN_FILE_A + IN_FILE_B))


if __name__ == "__main__":
    unittest.main()
