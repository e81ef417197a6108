"""Databases: keys, expiry, watchers, and walking over them."""
import random
import unittest

from redis_clone.clock import FakeClock
from redis_clone.datatypes.quicklist import QuickList
from redis_clone.errors import WrongTypeError
from redis_clone.keyspace import Keyspace, type_name


class Watcher:
    transaction_spoiled = False


class KeyspaceTestCase(unittest.TestCase):
    def setUp(self):
        self.clock = FakeClock()
        self.keyspace = Keyspace(2, self.clock, random.Random(1))
        self.db = self.keyspace.databases[0]
        self.events = []
        self.keyspace.notify = lambda db, event, key: self.events.append((event, key))

    def advance(self, seconds):
        self.clock.advance(seconds)
        self.keyspace.tick()


class LookUpTest(KeyspaceTestCase):
    def test_reading_counts_hits_and_misses(self):
        self.db.set(b"k", b"v")
        self.assertEqual(self.db.read_string(b"k"), b"v")
        self.assertIsNone(self.db.read_string(b"none"))
        self.assertEqual((self.keyspace.hits, self.keyspace.misses), (1, 1))

    def test_editing_and_peeking_count_nothing(self):
        self.db.set(b"k", b"v")
        self.db.edit_string(b"k"), self.db.peek(b"k"), self.db.edit(b"none")
        self.assertEqual((self.keyspace.hits, self.keyspace.misses), (0, 0))

    def test_typed_look_ups_refuse_other_types(self):
        self.db.set(b"k", b"v")
        for look_up in (self.db.read_list, self.db.edit_set, self.db.read_hash, self.db.edit_zset):
            with self.assertRaises(WrongTypeError):
                look_up(b"k")
        self.db.set(b"l", QuickList())
        with self.assertRaises(WrongTypeError):
            self.db.read_string(b"l")

    def test_a_changed_string_reads_as_bytes(self):
        self.db.set(b"k", bytearray(b"v"))
        self.assertEqual(type(self.db.read_string(b"k")), bytes)

    def test_access_time_moves_with_reads_and_writes_only(self):
        self.db.set(b"k", b"v")
        before = self.db.accessed[b"k"]
        self.advance(10)
        self.db.peek(b"k")
        self.assertEqual(self.db.accessed[b"k"], before)
        self.db.read(b"k")
        self.assertEqual(self.db.accessed[b"k"], before + 10)

    def test_types_have_names(self):
        self.assertEqual([type_name(value) for value in (b"", bytearray(), QuickList(), None)],
                         ["string", "string", "list", "none"])


class ExpiryTest(KeyspaceTestCase):
    def expire_in(self, key, seconds):
        self.db.expire_at(key, self.db.now_ms + int(seconds * 1000))

    def test_a_key_lives_up_to_its_last_millisecond(self):
        self.db.set(b"k", b"v")
        self.expire_in(b"k", 1)
        self.advance(1)
        self.assertEqual(self.db.read(b"k"), b"v")
        self.advance(0.001)
        self.assertIsNone(self.db.read(b"k"))

    def test_expired_keys_go_on_every_kind_of_look_up(self):
        for look_up in (self.db.peek, self.db.read, self.db.edit, self.db.delete, self.db.read_string):
            self.db.set(b"k", b"v")
            self.expire_in(b"k", 1)
            self.advance(2)
            self.assertFalse(look_up(b"k"))
            self.assertNotIn(b"k", self.db.values)
            self.assertNotIn(b"k", self.db.expires)

    def test_expiry_is_counted_and_told(self):
        self.db.set(b"k", b"v")
        self.expire_in(b"k", 1)
        self.advance(2)
        self.db.peek(b"k")
        self.assertEqual(self.keyspace.expired, 1)
        self.assertEqual(self.events, [("new", b"k"), ("expired", b"k")])

    def test_storing_forgets_the_expiry_unless_told_to_keep_it(self):
        for store, kept in ((lambda: self.db.set(b"k", b"v"), False), (lambda: self.db.set(b"k", b"v", True), True),
                            (lambda: self.db.store_string(b"k", b"v", "set"), False)):
            self.db.set(b"k", b"v")
            self.expire_in(b"k", 1)
            store()
            self.assertEqual(b"k" in self.db.expires, kept)

    def test_a_pause_holds_expiry_back(self):
        self.db.set(b"k", b"v")
        self.expire_in(b"k", 1)
        self.advance(2)
        self.keyspace.may_expire = False
        self.assertEqual((self.db.read(b"k"), len(self.db)), (None, 1))     # unseen, but still there
        self.keyspace.may_expire = True
        self.assertEqual((self.db.read(b"k"), len(self.db)), (None, 0))

    def test_what_is_written_during_a_pause_does_not_inherit_the_old_expiry(self):
        self.db.set(b"k", b"v")
        self.expire_in(b"k", 1)
        self.advance(2)
        self.keyspace.may_expire = False
        self.db.set(b"k", b"new")
        self.assertEqual((self.db.read(b"k"), self.db.expires), (b"new", {}))


class WatchTest(KeyspaceTestCase):
    def setUp(self):
        super().setUp()
        self.watcher = Watcher()
        self.db.watched[b"k"] = {self.watcher: True}

    def test_touching_spoils(self):
        self.db.touch(b"other", "set")
        self.assertFalse(self.watcher.transaction_spoiled)
        self.db.touch(b"k", "set")
        self.assertTrue(self.watcher.transaction_spoiled)

    def test_flushing_spoils_only_watchers_of_keys_that_exist(self):
        self.db.flush()
        self.assertFalse(self.watcher.transaction_spoiled)
        self.db.set(b"k", b"v")
        self.db.flush()
        self.assertTrue(self.watcher.transaction_spoiled)

    def test_swapping_spoils_watchers_on_both_sides(self):
        self.keyspace.databases[1].set(b"k", b"v")
        self.keyspace.swap(0, 1)
        self.assertTrue(self.watcher.transaction_spoiled)
        self.assertEqual(self.db.peek(b"k"), b"v")


class WalkTest(KeyspaceTestCase):
    def scan_all(self, while_scanning=lambda: None):
        found, cursor = [], 0
        while True:
            cursor, keys = self.db.scan(cursor, 50)
            found += keys
            if cursor == 0:
                return found
            while_scanning()

    def fill(self, count):
        for number in range(count):
            self.db.set(b"key:%d" % number, b"v")

    def test_scan_returns_every_key_of_small_and_large_databases(self):
        for count in (0, 1, 100, 1000, 70000):
            self.db.clear()
            self.fill(count)
            self.assertEqual(len(set(self.scan_all())), count)

    def test_scan_returns_stable_keys_while_others_come_and_go(self):
        self.fill(2000)
        rng = random.Random(3)
        state = {"next": 0}

        def churn():
            for _ in range(30):
                self.db.set(b"new:%d" % state["next"], b"v")
                state["next"] += 1
                self.db.delete(b"new:%d" % rng.randrange(state["next"]))
                self.db.delete(b"key:%d" % rng.randrange(1000, 2000))

        found = set(self.scan_all(churn))
        self.assertLessEqual({b"key:%d" % number for number in range(1000)}, found)

    def test_random_keys_come_from_the_whole_database(self):
        self.assertIsNone(self.db.random_key())
        for count in (10, 1000):
            self.fill(count)
            seen = {self.db.random_key() for _ in range(count * 20)}
            self.assertGreater(len(seen), count * 0.98)


class ReadyTest(KeyspaceTestCase):
    def test_a_container_at_a_key_that_is_waited_for_is_noted(self):
        self.db.waiting[b"k"] = {}
        self.keyspace.waited["list"] = 1
        self.db.set(b"k", b"a string wakes nobody")
        self.db.set(b"k", QuickList())
        self.assertEqual(list(self.keyspace.ready), [], "nor does a list in place of another value")
        self.db.delete(b"k")
        self.db.set(b"k", QuickList())
        self.assertEqual(list(self.keyspace.ready), [(self.db, b"k")])
        self.assertTrue(self.keyspace.aftermath)
