"""SAVE, BGSAVE, LASTSAVE, BGREWRITEAOF: replies. What they do to files is tested in test_snapshots.py and
test_append_only.py.
"""
import contextlib
import os
import re
import tempfile
import unittest
from unittest import mock

from redis_clone.child import kill_child
from tests.children import wait_for_save
from tests.support import REAL, CommandTestCase, test_config

IN_PROGRESS = "-ERR Background save already in progress"
AT_WORK = re.compile(b"(rdb_bgsave_in_progress|aof_rewrite_in_progress|aof_rewrite_scheduled):1")
needs_fork = unittest.skipUnless(hasattr(os, "fork"), "there is no fork")


class PersistenceTestCase(CommandTestCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.let_end)

    def make_config(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        return test_config({"dir": directory.name, "save": '""', "enable-protected-configs": "yes"})

    def let_end(self):
        """End the child, if there is one, so that the next test finds none."""
        if REAL:
            self.client.wire("CONFIG SET rdb-key-save-delay 0")
            while AT_WORK.search(self.client.wire("INFO persistence")):
                pass
        else:
            with self.engine.lock:
                kill_child(self.engine)

    def silence(self):
        """What is to be expected need not be in the tests' output."""
        return mock.patch.object(self.engine.log, "warning")

    @contextlib.contextmanager
    def slow_child(self, command):
        """A child that is at work for the time of the block."""
        self.client.wire("SET key value")
        self.client.wire("CONFIG SET rdb-key-save-delay 300000")
        self.client.wire(command)
        try:
            yield
        finally:
            self.let_end()


class SaveTest(PersistenceTestCase):
    def test_replies_when_it_is_done(self):
        self.check("+OK", "SAVE")

    def test_says_no_more_than_that_it_failed(self):
        if REAL:
            self.skipTest("a real server's disk is not broken")
        with mock.patch("os.write", side_effect=OSError(28, "No space left on device")), self.silence():
            self.check("-ERR", "SAVE")

    @needs_fork
    def test_is_refused_while_a_child_does_it(self):
        with self.slow_child("BGSAVE"):
            self.check(IN_PROGRESS, "SAVE")

    def test_is_not_for_transactions(self):
        self.client.wire("MULTI")
        self.check("-ERR Command not allowed inside a transaction", "SAVE")

    def test_takes_no_arguments(self):
        self.check("-ERR wrong number of arguments for 'save' command", "SAVE now")


class BgsaveTest(PersistenceTestCase):
    def test_replies_when_it_has_begun(self):
        self.check("+Background saving started", "BGSAVE")
        if not REAL:
            self.assertEqual(self.engine.child.kind, "rdb")
        wait_for_save(self)

    def test_begins_at_once_when_it_may_be_scheduled_and_need_not(self):
        self.check("+Background saving started", "BGSAVE schedule")
        wait_for_save(self)

    @needs_fork
    def test_there_can_be_one_at_a_time(self):
        with self.slow_child("BGSAVE"):
            self.check(IN_PROGRESS, "BGSAVE")
            self.check(IN_PROGRESS, "BGSAVE SCHEDULE")

    @needs_fork
    def test_waits_for_another_child_only_if_it_may(self):
        with self.slow_child("BGREWRITEAOF"):
            self.check("-ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in "
                       "order to schedule a BGSAVE whenever possible.", "BGSAVE")
            self.check("+Background saving scheduled", "BGSAVE SCHEDULE")

    def test_is_put_off_to_the_end_of_a_transaction(self):
        self.client.wire("MULTI")
        self.check("+QUEUED", "BGSAVE")
        self.check("+QUEUED", "BGSAVE SCHEDULE")
        self.check("*2\r\n+Background saving scheduled\r\n+Background saving scheduled", "EXEC")
        if not REAL:
            self.assertTrue(self.engine.snapshots.scheduled)

    def test_knows_one_option(self):
        self.check("-ERR syntax error", "BGSAVE now")
        self.check("-ERR syntax error", "BGSAVE SCHEDULE now")

    @needs_fork
    def test_its_option_is_looked_at_before_other_children(self):
        with self.slow_child("BGSAVE"):
            self.check("-ERR syntax error", "BGSAVE now")

    @needs_fork
    def test_says_no_more_than_that_it_failed(self):
        if REAL:
            self.skipTest("a real server can fork")
        with mock.patch("os.fork", side_effect=OSError(12, "Cannot allocate memory")), self.silence():
            self.check("-ERR", "BGSAVE")


class LastsaveTest(PersistenceTestCase):
    def test_is_the_date_of_the_last_good_one(self):
        before = int(self.client.wire("LASTSAVE")[1:])
        if not REAL:
            self.clock.advance(10)
        self.client.wire("SAVE")
        now = int(self.client.wire("TIME").split()[2])
        after = int(self.client.wire("LASTSAVE")[1:])
        self.assertGreaterEqual(after, before)
        self.assertLessEqual(now - after, 1)

    def test_is_the_start_before_the_first(self):
        if REAL:
            self.skipTest("a real server may have saved before")
        self.check(b":%d" % self.clock.time() + b"\r\n", "LASTSAVE")

    def test_takes_no_arguments(self):
        self.check("-ERR wrong number of arguments for 'lastsave' command", "LASTSAVE now")


class BgrewriteaofTest(PersistenceTestCase):
    def test_replies_when_it_has_begun(self):
        self.check("+Background append only file rewriting started", "BGREWRITEAOF")
        if not REAL:
            self.assertEqual(self.engine.child.kind, "aof")

    @needs_fork
    def test_waits_for_another_child(self):
        with self.slow_child("BGSAVE"):
            self.check("+Background append only file rewriting scheduled", "BGREWRITEAOF")

    @needs_fork
    def test_there_can_be_one_at_a_time(self):
        with self.slow_child("BGREWRITEAOF"):
            self.check("-ERR Background append only file rewriting already in progress", "BGREWRITEAOF")

    @needs_fork
    def test_there_can_be_one_at_a_time_in_a_transaction_too(self):
        with self.slow_child("BGREWRITEAOF"):
            self.client.wire("MULTI")
            self.client.wire("BGREWRITEAOF")
            self.check("*1\r\n-ERR Background append only file rewriting already in progress", "EXEC")

    def test_is_put_off_to_the_end_of_a_transaction(self):
        self.client.wire("MULTI")
        self.check("+QUEUED", "BGREWRITEAOF")
        self.check("*1\r\n+Background append only file rewriting scheduled", "EXEC")

    def test_takes_no_arguments(self):
        self.check("-ERR wrong number of arguments for 'bgrewriteaof' command", "BGREWRITEAOF now")
