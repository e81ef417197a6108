"""Publishing under load: subscribers that do not read, many of them, and large replies between messages."""

import socket
import threading
import time
import unittest

from redis_clone.reply_parser import Push, ReplyParser
from tests.system.support import LONG, SystemTestCase, ask, read_exactly, read_line, read_to_end, wait_until

SUBSCRIBERS = 1000 if LONG else 200
MESSAGES = 2000 if LONG else 500
MESSAGE_BYTES = 8192
BATCH = 20
SLOWEST_S = 5.0                 # an answer to a bystander; the server that this guards against takes for ever


def confirmation(channel=b"c"):
    return b"*3\r\n$9\r\nsubscribe\r\n$%d\r\n%b\r\n:1\r\n" % (len(channel), channel)


def message(text):
    return b"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$%d\r\n%b\r\n" % (len(text), text)


class PubSubLoadTest(SystemTestCase):
    directives = ("--client-output-buffer-limit", "pubsub 1mb 0 0")

    def subscribe(self, sock):
        ask(sock, "SUBSCRIBE", "c")
        self.assertEqual(read_exactly(sock, len(confirmation())), confirmation())
        return sock

    def connect_with_small_buffer(self):
        """A client whose kernel takes little off the server's hands."""
        sock = socket.socket()
        self.addCleanup(sock.close)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", self.server.port))
        return sock

    def publish(self, publisher, texts):
        """Publish a batch; returns the numbers of receivers."""
        for text in texts:
            ask(publisher, "PUBLISH", "c", text)
        return [int(read_line(publisher)[1:]) for _ in texts]

    def test_a_subscriber_that_never_reads_is_dropped_and_delays_nobody(self):
        stuck = self.subscribe(self.connect_with_small_buffer())
        quick = [self.subscribe(self.connect()) for _ in range(3)]
        texts = [b"%08d" % number * (MESSAGE_BYTES // 8) for number in range(MESSAGES)]
        expected = b"".join(map(message, texts))
        received = {}

        def read(one):
            received[one] = read_exactly(one, len(expected))

        readers = [threading.Thread(target=read, args=(one,)) for one in quick]
        for reader in readers:
            reader.start()
        publisher, bystander = self.connect(), self.connect()
        for start in range(0, MESSAGES, BATCH):
            self.publish(publisher, texts[start:start + BATCH])
            before_s = time.monotonic()
            ask(bystander, "INCR", "k")
            read_line(bystander)
            self.assertLess(time.monotonic() - before_s, SLOWEST_S)
        for reader in readers:
            reader.join()
        self.assertEqual([received[one] == expected for one in quick], [True] * 3)
        wait_until(lambda: self.publish(publisher, [b"!"]) == [3], "the stuck subscriber's end")
        self.assertIn("overcoming of output buffer limits", self.server.log())
        self.assertTrue(expected.startswith(read_to_end(stuck)))

    def test_many_subscribers_get_every_message_in_order(self):
        subscribers = [self.subscribe(self.connect()) for _ in range(SUBSCRIBERS)]
        texts = [b"%d" % number for number in range(20)]
        self.assertEqual(self.publish(self.connect(), texts), [SUBSCRIBERS] * 20)
        expected = b"".join(map(message, texts))
        for subscriber in subscribers:
            self.assertEqual(read_exactly(subscriber, len(expected)), expected)

    def test_messages_between_large_replies_keep_their_order_and_their_shape(self):
        big = b"x" * 300_000
        reader, publisher = self.connect(), self.connect()
        ask(publisher, "SET", "big", big)
        read_line(publisher)
        for words in (("CONFIG", "SET", "client-output-buffer-limit", "pubsub 0 0 0"), ("HELLO", "3"),
                      ("SUBSCRIBE", "c")) + (("GET", "big"),) * 20:
            ask(reader, *words)
        texts = [b"%d" % number for number in range(100)]
        wait_until(lambda: self.publish(publisher, [b"first"]) == [1], "the subscription")
        self.publish(publisher, texts)
        parser, seen = ReplyParser(), []
        while len(seen) < 20 + len(texts):
            parser.feed(reader.recv(1 << 16))
            seen += [reply for reply in self.take(parser) if reply == big or self.text_of(reply) in texts]
        self.assertEqual([self.text_of(reply) for reply in seen if reply != big], texts)

    @staticmethod
    def take(parser):
        replies = list(parser.replies)
        parser.replies.clear()
        return replies

    @staticmethod
    def text_of(reply):
        return reply[-1] if isinstance(reply, Push) and reply[0] == b"message" else None


if __name__ == "__main__":
    unittest.main()
