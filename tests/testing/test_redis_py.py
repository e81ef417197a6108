"""Failures made to order, as an application with redis-py sees them, where that is installed."""
import importlib.util
import unittest

from redis_clone.testing import RedisTestCase


class RedisPyTest(RedisTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if importlib.util.find_spec("redis") is None:
            raise unittest.SkipTest("redis-py is not installed")

    def setUp(self):
        super().setUp()
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
        self.errors = redis.exceptions
        self.client = redis.Redis(port=self.redis_server.port, socket_timeout=0.2, retry=Retry(NoBackoff(), 0))
        self.addCleanup(self.client.close)

    def test_errors_have_their_classes(self):
        for text, kind in (("LOADING Redis is loading the dataset in memory", "BusyLoadingError"),
                           ("READONLY You can't write against a read only replica.", "ReadOnlyError"),
                           ("OOM command not allowed when used memory > 'maxmemory'.", "OutOfMemoryError")):
            self.redis_server.fail_next("SET", text)
            with self.assertRaises(getattr(self.errors, kind)):
                self.client.set("key", "value")
        self.assertTrue(self.client.set("key", "value"))

    def test_a_late_reply_is_a_timeout(self):
        self.redis_server.fail_next("GET", delay_s=1000)
        with self.assertRaises(self.errors.TimeoutError):
            self.client.get("key")

    def test_a_broken_connection(self):
        for how in ({"disconnect": True}, {"reply_bytes": 0}, {"reply_bytes": 2}):
            self.redis_server.fail_next("GET", **how)
            with self.assertRaises(self.errors.ConnectionError):
                self.client.get("key")
        self.assertIsNone(self.client.get("key"))

    def test_a_script_that_was_forgotten_is_sent_again(self):
        script = self.client.register_script("return 1")
        self.assertEqual(script(), 1)
        self.redis_server.fail_next("EVALSHA", "NOSCRIPT No matching script.")
        self.assertEqual(script(), 1)
        self.assertEqual(len(self.redis_server.called("SCRIPT LOAD")), 2)

    def test_a_lock_that_has_expired(self):
        lock = self.client.lock("lock", timeout=10)
        self.assertTrue(lock.acquire())
        self.redis_server.fast_forward(10)
        with self.assertRaises(self.errors.LockNotOwnedError):
            lock.release()

    def test_it_connects_again_after_it_was_hung_up_on(self):
        self.client.set("key", "value")
        self.redis_server.disconnect_clients()
        self.assertEqual(self.client.get("key"), b"value")


if __name__ == "__main__":
    unittest.main()
