"""Tests of the registry of subscriptions."""
import unittest
from unittest import mock

from redis_clone import pubsub
from redis_clone.pubsub import CHANNEL, PATTERN, SHARD, PubSub


class Subscriber:
    """As much of a session as subscriptions need."""

    def __init__(self, protocol=2):
        self.protocol = protocol
        self.channels, self.patterns, self.shard_channels = {}, {}, {}
        self.received = []

    def push_encoded(self, data, to_many=False):
        self.received.append(data)


class PubSubTest(unittest.TestCase):
    def setUp(self):
        self.pubsub = PubSub()
        self.one, self.other = Subscriber(2), Subscriber(3)

    def test_nobody_listens(self):
        self.assertEqual(self.pubsub.publish(b"c", b"hello"), 0)

    def test_sends_to_all_subscribers_in_their_protocol(self):
        self.pubsub.subscribe(self.one, CHANNEL, b"c")
        self.pubsub.subscribe(self.other, CHANNEL, b"c")
        self.assertEqual(self.pubsub.publish(b"c", b"hi"), 2)
        self.assertEqual(self.one.received, [b"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n"])
        self.assertEqual(self.other.received, [b">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n"])

    def test_patterns_come_after_channels_and_count_once_more(self):
        self.pubsub.subscribe(self.one, PATTERN, b"c*")
        self.pubsub.subscribe(self.one, CHANNEL, b"c1")
        self.assertEqual(self.pubsub.publish(b"c1", b"hi"), 2)
        self.assertEqual(self.one.received, [b"*3\r\n$7\r\nmessage\r\n$2\r\nc1\r\n$2\r\nhi\r\n",
                                             b"*4\r\n$8\r\npmessage\r\n$2\r\nc*\r\n$2\r\nc1\r\n$2\r\nhi\r\n"])

    def test_subscribing_twice_makes_no_difference(self):
        for _ in range(2):
            self.pubsub.subscribe(self.one, CHANNEL, b"c")
            self.pubsub.subscribe(self.one, PATTERN, b"c")
        self.assertEqual(self.pubsub.publish(b"c", b"hi"), 2)

    def test_shard_channels_are_a_name_space_of_their_own(self):
        self.pubsub.subscribe(self.one, SHARD, b"c")
        self.pubsub.subscribe(self.other, CHANNEL, b"c")
        self.assertEqual(self.pubsub.publish_to_shard(b"c", b"hi"), 1)
        self.assertEqual(self.one.received, [b"*3\r\n$8\r\nsmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n"])
        self.assertEqual(self.other.received, [])

    def test_unsubscribing_ends_it(self):
        for kind in (CHANNEL, PATTERN, SHARD):
            self.pubsub.subscribe(self.one, kind, b"c")
            self.pubsub.unsubscribe(self.one, kind, b"c")
        self.assertEqual(self.pubsub.publish(b"c", b"hi") + self.pubsub.publish_to_shard(b"c", b"hi"), 0)

    def test_unsubscribing_from_what_one_does_not_listen_to_changes_nothing(self):
        self.pubsub.subscribe(self.other, CHANNEL, b"c")
        self.pubsub.unsubscribe(self.one, CHANNEL, b"c")
        self.pubsub.unsubscribe(self.one, PATTERN, b"p")
        self.assertEqual(self.pubsub.publish(b"c", b"hi"), 1)

    def test_names_without_subscribers_are_forgotten(self):
        for kind in (CHANNEL, PATTERN, SHARD):
            for session in (self.one, self.other):
                self.pubsub.subscribe(session, kind, b"c")
        self.pubsub.drop(self.one)
        self.pubsub.drop(self.other)
        self.assertEqual(vars(self.pubsub), vars(PubSub()))

    def test_a_client_that_leaves_takes_only_its_own_subscriptions_along(self):
        for kind in (CHANNEL, PATTERN):
            for session in (self.one, self.other):
                self.pubsub.subscribe(session, kind, b"c")
        self.pubsub.drop(self.one)
        self.assertEqual(self.pubsub.publish(b"c", b"hi"), 2)
        self.assertEqual((self.one.received, self.one.channels, self.one.patterns), ([], {}, {}))

    def test_a_message_is_encoded_once_for_each_protocol(self):
        for number in range(1000):
            self.pubsub.subscribe(Subscriber(2 + number % 2), CHANNEL, b"c")
        with mock.patch.object(pubsub, "encode", wraps=pubsub.encode) as encode:
            self.assertEqual(self.pubsub.publish(b"c", b"hi"), 1000)
        self.assertEqual(encode.call_count, 2)


if __name__ == "__main__":
    unittest.main()
