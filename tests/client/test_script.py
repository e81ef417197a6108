"""Scripts that are called like functions."""
import hashlib
import unittest

from redis_clone.client import Redis, ResponseError

from ..support import ServerTestCase


class ScriptTest(ServerTestCase):
    def setUp(self):
        super().setUp()
        self.redis = Redis(port=self.server.port)
        self.addCleanup(self.redis.close)

    def test_is_loaded_when_the_server_does_not_know_it(self):
        text = "return {KEYS[1], ARGV[1]}"
        script = self.redis.register_script(text)
        self.assertEqual(script.sha, hashlib.sha1(text.encode()).hexdigest())
        for _ in range(2):
            self.assertEqual(script(keys=["k"], args=[5]), [b"k", b"5"])
            self.redis.script_flush()

    def test_bytes_and_no_arguments(self):
        script = self.redis.register_script(b"return #KEYS + #ARGV")
        self.assertEqual(script(), 0)

    def test_on_another_client(self):
        script = self.redis.register_script("return redis.call('GET', KEYS[1])")
        with Redis(port=self.server.port, db=1, decode_responses=True) as other:
            other.set("k", "there")
            self.assertEqual(script(keys=["k"], client=other), "there")

    def test_while_a_pipeline_watches(self):
        script = self.redis.register_script("return ARGV[1]")
        with self.redis.pipeline() as pipe:
            pipe.watch("k")
            self.assertEqual(script(args=["now"], client=pipe), b"now")
            pipe.multi()
            script(args=["later"], client=pipe)
            self.assertEqual(pipe.execute(), [b"later"])

    def test_its_errors_are_raised(self):
        with self.assertRaises(ResponseError):
            self.redis.register_script("return redis.call('NONSENSE')")()


if __name__ == "__main__":
    unittest.main()
