"""One server for many tests."""
import unittest

from redis_clone.client import Client
from redis_clone.client.errors import ClientError
from redis_clone.testing.keeper import ServerKeeper


class ServerKeeperTest(unittest.TestCase):
    def setUp(self):
        self.keeper = ServerKeeper()
        self.addCleanup(self.keeper.stop)

    def test_gives_out_the_same_server_reset(self):
        server = self.keeper.fresh()
        with Client(port=server.port) as client:
            client.execute("SET", "key", "value")
            self.assertIs(self.keeper.fresh({"databases": 3}), server)
        self.assertEqual(server.dump(), "no keys in any database")
        self.assertEqual(server.config["databases"], 3)

    def test_another_one_where_it_has_to_listen_elsewhere(self):
        first = self.keeper.fresh()
        second = self.keeper.fresh({"bind": "*"})
        self.assertIsNot(first, second)
        self.assertFalse(first.running)

    def test_another_one_after_a_shutdown(self):
        first = self.keeper.fresh()
        with Client(port=first.port) as client, self.assertRaises(ClientError):
            client.execute("SHUTDOWN")
        self.assertIsNot(self.keeper.fresh(), first)

    def test_another_one_in_a_child_that_was_forked(self):
        first = self.keeper.fresh()
        self.addCleanup(first.stop)
        first._process_id -= 1                  # as if this were the child
        second = self.keeper.fresh()
        self.assertIsNot(first, second)
        self.assertTrue(first.running)          # it is the parent's

    def test_may_be_stopped_before_there_is_one(self):
        self.keeper.stop()


if __name__ == "__main__":
    unittest.main()
