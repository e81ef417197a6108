"""Locks that clients share."""
import threading
import unittest

from redis_clone.client import LockError, LockNotOwnedError, Redis

from ..support import ServerTestCase
from .scripted import SHORT_S


class LockTest(ServerTestCase):
    def setUp(self):
        super().setUp()
        self.redis = Redis(port=self.server.port)
        self.addCleanup(self.redis.close)

    def lose(self, name="l"):
        """Let somebody else have the lock."""
        self.redis.set(name, "other")

    def test_is_held_by_one(self):
        lock, other = self.redis.lock("l"), self.redis.lock("l", blocking=False)
        self.assertFalse(lock.locked())
        self.assertTrue(lock.acquire())
        self.assertEqual((lock.locked(), lock.owned(), other.locked(), other.owned()), (True, True, True, False))
        self.assertFalse(other.acquire())
        self.assertFalse(other.acquire(blocking=True, blocking_timeout=SHORT_S, sleep=SHORT_S / 2))
        lock.release()
        self.assertTrue(other.acquire())
        self.assertFalse(lock.owned())

    def test_with(self):
        with self.redis.lock("l", timeout=100) as lock:
            self.assertTrue(lock.owned())
            self.assertTrue(0 < self.redis.pttl("l") <= 100000)
            with self.assertRaisesRegex(LockError, "not to be had"):
                with self.redis.lock("l", blocking_timeout=0.01, sleep=0.005):
                    pass
        self.assertFalse(lock.locked())

    def test_waits_for_its_turn(self):
        first = self.redis.lock("l", thread_local=False)
        first.acquire()
        timer = threading.Timer(SHORT_S, first.release)
        timer.start()
        self.assertTrue(self.redis.lock("l", sleep=0.01).acquire())
        timer.join()

    def test_a_lost_lock_is_not_touched(self):
        lock = self.redis.lock("l", timeout=100)
        for attempt in (lock.release, lambda: lock.extend(10), lock.reacquire):
            lock.acquire()
            self.lose()
            with self.assertRaises(LockNotOwnedError) as caught:
                attempt()
            self.assertEqual(caught.exception.lock_name, "l")
            self.assertEqual(self.redis.get("l"), b"other")
            self.redis.delete("l")

    def test_what_was_not_acquired_cannot_be_released(self):
        lock = self.redis.lock("l", timeout=100)
        for attempt in (lock.release, lambda: lock.extend(10), lock.reacquire):
            with self.assertRaisesRegex(LockError, "was not acquired"):
                attempt()

    def test_lives_longer_if_asked_to(self):
        lock = self.redis.lock("l", timeout=100)
        lock.acquire()
        self.assertTrue(lock.extend(50))
        self.assertTrue(140000 < self.redis.pttl("l") <= 150000)
        self.assertTrue(lock.extend(50, replace_ttl=True))
        self.assertTrue(40000 < self.redis.pttl("l") <= 50000)
        self.assertTrue(lock.reacquire())
        self.assertTrue(90000 < self.redis.pttl("l") <= 100000)
        lock = self.redis.lock("m")
        lock.acquire()
        for attempt in (lambda: lock.extend(10), lock.reacquire):
            with self.assertRaisesRegex(LockError, "no timeout"):
                attempt()

    def test_a_token_of_ones_own(self):
        for decoded in (False, True):
            with Redis(port=self.server.port, decode_responses=decoded) as redis:
                lock = redis.lock("l")
                self.assertTrue(lock.acquire(token="mine"))
                self.assertEqual(self.redis.get("l"), b"mine")
                self.assertTrue(lock.owned())
                lock.release()

    def test_belongs_to_a_thread_unless_told_otherwise(self):
        for thread_local in (True, False):
            lock = self.redis.lock("l", thread_local=thread_local)
            lock.acquire()
            owned = []
            thread = threading.Thread(target=lambda: owned.append(lock.owned()))
            thread.start()
            thread.join()
            self.assertEqual(owned, [not thread_local])
            lock.release()

    def test_a_lock_that_was_lost_meanwhile(self):
        with self.assertRaises(LockNotOwnedError):
            with self.redis.lock("l"):
                self.lose()
        with self.assertLogs("redis_clone.client.lock", "WARNING"):
            with self.redis.lock("m", raise_on_release_error=False):
                self.lose("m")


if __name__ == "__main__":
    unittest.main()
