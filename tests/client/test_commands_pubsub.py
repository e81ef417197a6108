"""The client's commands that publish and that ask who listens."""
import socket
import unittest

from tests.client.reply_case import CannedCase, LiveCase


class PublishTest(LiveCase):
    def listen(self, *words):
        """A connection with this subscription, closed after the test."""
        listener = socket.create_connection(("127.0.0.1", self.server.port), 10)
        self.addCleanup(listener.close)
        listener.sendall((" ".join(words) + "\r\n").encode())
        listener.recv(100)
        return listener

    def test_nobody_listens(self):
        self.assertEqual(self.client.publish("empty", "message"), 0)
        self.assertEqual(self.client.spublish("empty", "message"), 0)
        self.same(self.client.pubsub_channels("none*"), [])
        self.same(self.client.pubsub_shardchannels("none*"), [])
        self.same(self.client.pubsub_numsub(), [])
        self.same(self.client.pubsub_numsub("a", "b"), [(b"a", 0), (b"b", 0)])
        self.same(self.client.pubsub_shardnumsub("a"), [(b"a", 0)])

    def test_listeners_are_counted(self):
        name = f"channel-{self.protocol}-{self.decoded}"
        listener = self.listen("SUBSCRIBE", name)
        self.assertEqual(self.client.publish(name, b"message"), 1)
        self.assertIn(b"message", listener.recv(100))
        self.same(self.client.pubsub_channels(name), [name.encode()])
        self.same(self.client.pubsub_numsub(name), [(name.encode(), 1)])

    def test_listeners_of_shards_are_counted(self):
        name = f"shard-{self.protocol}-{self.decoded}"
        self.listen("SSUBSCRIBE", name)
        self.assertEqual(self.client.spublish(name, "message"), 1)
        self.same(self.client.pubsub_shardchannels(name), [name.encode()])
        self.same(self.client.pubsub_shardnumsub(name), [(name.encode(), 1)])

    def test_patterns_are_counted(self):
        before = self.client.pubsub_numpat()
        self.listen("PSUBSCRIBE", f"pattern-{self.protocol}-{self.decoded}*")
        self.assertEqual(self.client.pubsub_numpat(), before + 1)

    def test_help_is_text(self):
        self.assertIn("PUBSUB", self.client.pubsub_help()[0])


class NumbersTest(CannedCase):
    def test_a_map_will_do(self):
        self.check_reply(lambda r: r.pubsub_numsub("a"), [(b"a", 1)], [b"a", 1], {b"a": 1})


if __name__ == "__main__":
    unittest.main()
