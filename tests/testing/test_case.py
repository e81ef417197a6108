"""RedisTestCase, with unittest as it runs it."""
import io
import unittest

from redis_clone.client import Client
from redis_clone.testing import RedisTestCase


def run(case):
    """The unittest.TestResult of all tests of a class."""
    return unittest.TextTestRunner(io.StringIO()).run(unittest.defaultTestLoader.loadTestsFromTestCase(case))


class FreshServerTest(RedisTestCase):
    def check_and_write(self):
        self.assertEqual(self.redis.keys(), [])
        self.redis.set("key", "value")

    def test_is_empty(self):
        self.check_and_write()

    def test_is_empty_for_the_next_one_as_well(self):
        self.check_and_write()

    def test_can_be_reached_by_others(self):
        with Client(port=self.redis_server.port) as client:
            client.execute("SET", "key", "value")
        self.assertEqual(self.redis.get("key"), b"value")


class ConfigurationTest(RedisTestCase):
    redis_config = {"maxmemory-policy": "allkeys-lfu"}
    redis_options = {"decode_responses": True}

    def test_is_that_of_the_class(self):
        self.assertEqual(self.redis.config_get("maxmemory-policy"), {"maxmemory-policy": "allkeys-lfu"})


class LifeTest(unittest.TestCase):
    def test_the_server_stops_with_the_class(self):
        servers = []

        class Tests(RedisTestCase):
            def test_one(self):
                servers.append(self.redis_server)

            def test_two(self):
                servers.append(self.redis_server)

        for _ in range(2):                      # a class may be run again
            self.assertTrue(run(Tests).wasSuccessful())
        self.assertIs(servers[0], servers[1])
        self.assertIsNot(servers[0], servers[2])
        self.assertFalse(any(server.running for server in servers))

    def test_classes_have_servers_of_their_own(self):
        servers = []

        class Tests(RedisTestCase):
            def test(self):
                servers.append(self.redis_server)

        class Others(Tests):
            pass

        suite = unittest.TestSuite(map(unittest.defaultTestLoader.loadTestsFromTestCase, (Tests, Others)))
        self.assertTrue(unittest.TextTestRunner(io.StringIO()).run(suite).wasSuccessful())
        self.assertIsNot(*servers)

    def test_a_test_may_shut_its_server_down(self):
        class Tests(RedisTestCase):
            def test_one(self):
                self.redis.shutdown(nosave=True)
                self.redis_server.stop()

            def test_two(self):
                self.redis.ping()

            test_zero = test_one

        result = run(Tests)
        self.assertTrue(result.wasSuccessful(), result.errors + result.failures)


class DumpOnFailureTest(unittest.TestCase):
    def message_of(self, case):
        result = run(case)
        (_, text), = result.failures + result.errors
        return text

    def test_a_failure_shows_what_is_in_the_server(self):
        class Tests(RedisTestCase):
            def test(self):
                self.redis.set("greeting", "hello")
                self.fail("so it is")

        text = self.message_of(Tests)
        self.assertIn("so it is", text)
        self.assertIn('"greeting"  string  "hello"', text)
        self.assertIn('SET "greeting" "hello"', text)

    def test_unless_that_is_not_wanted(self):
        class Tests(RedisTestCase):
            redis_dump_on_failure = False

            def test(self):
                self.redis.set("greeting", "hello")
                self.fail("so it is")

        self.assertNotIn("hello", self.message_of(Tests))

    def test_a_skip_stays_one(self):
        class Tests(RedisTestCase):
            def test(self):
                self.skipTest("no reason")

        self.assertEqual(len(run(Tests).skipped), 1)


if __name__ == "__main__":
    unittest.main()
