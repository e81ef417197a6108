"""Tests of what `import redis_clone` offers."""
import subprocess
import sys
import unittest

import redis_clone as redis


class NamesTest(unittest.TestCase):
    def test_code_for_redis_py_finds_its_names(self):
        for name in ("Redis", "StrictRedis", "from_url", "ConnectionPool", "BlockingConnectionPool", "ConnectionError",
                     "TimeoutError", "ResponseError", "WatchError", "DataError", "RedisError", "AuthenticationError"):
            self.assertTrue(callable(getattr(redis, name)), name)
            self.assertIn(name, dir(redis))
        self.assertIs(redis.exceptions.ResponseError, redis.ResponseError)
        self.assertTrue(issubclass(redis.ResponseError, redis.RedisError))

    def test_there_are_no_others(self):
        for name in ("nothing", "_nothing", "__nothing__", "pool"):
            with self.assertRaises(AttributeError):
                getattr(redis, name)

    def test_modules_are_those_of_the_server(self):
        program = ("import redis_clone; redis_clone.Redis; from redis_clone import commands, errors;"
                   "print(commands.__name__, errors.__name__)")
        printed = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True, timeout=60).stdout
        self.assertEqual(printed.split(), [b"redis_clone.commands", b"redis_clone.errors"])

    def test_hardly_anything_is_imported_before_it_is_asked_for(self):
        program = "import sys, redis_clone; print(*(name for name in sys.modules if name.startswith('redis_clone')))"
        printed = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True, timeout=60).stdout
        self.assertEqual(printed.split(), [b"redis_clone.version", b"redis_clone"])


if __name__ == "__main__":
    unittest.main()
