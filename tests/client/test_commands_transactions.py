"""WATCH on a client without a connection of its own."""
import unittest

from tests.client.reply_case import CannedClient


class WatchTest(unittest.TestCase):
    def test_it_only_warns(self):
        client = CannedClient()
        with self.assertWarnsRegex(DeprecationWarning, "Pipeline") as caught:
            self.assertIsNone(client.watch("key"))
        self.assertEqual(caught.filename, __file__)
        with self.assertWarnsRegex(DeprecationWarning, "Pipeline"):
            self.assertIsNone(client.unwatch())
        self.assertIsNone(client.sent)


if __name__ == "__main__":
    unittest.main()
