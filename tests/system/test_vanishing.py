"""Clients that go away in the middle of anything leave nothing behind: no session, thread, descriptor, watch,
subscription, or place in a queue."""

import contextlib
import select
import socket
import unittest

from redis_clone.client import encode_command
from tests.system.support import (
    HAS_PROC, LONG, SystemTestCase, ask, hang_up_hard, parse_info, read_exactly, read_line, read_to_end,
    wait_until)

CLIENTS = 100 if LONG else 10
LARGE = 4 << 20


def close(sock):
    sock.close()


def close_sending_side(sock):
    """Half-closed: the server sees the end of requests and hangs up in turn."""
    sock.shutdown(socket.SHUT_WR)
    with contextlib.suppress(socket.timeout):
        read_to_end(sock)


WAYS = (close, hang_up_hard, close_sending_side)


class VanishingTest(SystemTestCase):
    shared = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.process_without_clients = cls.process_figures()

    @classmethod
    def process_figures(cls):
        return [cls.server.threads(), cls.server.descriptors()] if HAS_PROC else []

    def setUp(self):
        super().setUp()
        self.observer = self.client()

    def figures(self):
        """What there is of everything, as the observer sees it, without the observer."""
        clients, stats = self.observe("clients"), self.observe("stats")
        return [int(clients["connected_clients"]) - 1, int(clients["blocked_clients"]),
                int(clients["total_blocking_keys"]), int(stats["pubsub_channels"]),
                int(stats["pubsub_patterns"]), int(stats["pubsubshard_channels"]),
                *(count - 1 for count in self.process_figures())]

    def observe(self, section):
        return parse_info(self.observer.execute("INFO", section))

    def assert_leaves_nothing(self, begin):
        """`begin(sock)` brings a new client into the middle of something; then it vanishes in each way."""
        self.settle()
        for vanish in WAYS:
            with self.subTest(vanish=vanish.__name__):
                crowd = [self.connect() for _ in range(CLIENTS)]
                for sock in crowd:
                    begin(sock)
                for sock in crowd:
                    vanish(sock)
                self.settle()
                for sock in crowd:
                    sock.close()

    def settle(self):
        nothing = [0, 0, 0, 0, 0, 0, *self.process_without_clients]
        wait_until(lambda: self.figures() == nothing, lambda: f"{nothing}; there are still {self.figures()}")

    def test_before_any_request(self):
        self.assert_leaves_nothing(lambda sock: None)

    def test_between_requests(self):
        self.assert_leaves_nothing(lambda sock: read_reply(sock, "PING"))

    def test_in_the_middle_of_a_line(self):
        self.assert_leaves_nothing(lambda sock: sock.sendall(b"SET k"))

    def test_in_the_middle_of_a_header(self):
        self.assert_leaves_nothing(lambda sock: sock.sendall(b"*3\r\n$3\r\nSET\r\n$1"))

    def test_in_the_middle_of_a_bulk(self):
        request = encode_command(("SET", "k", "x" * 1_000_000))
        self.assert_leaves_nothing(lambda sock: sock.sendall(request[:100_000]))

    def test_in_the_middle_of_a_transaction(self):
        def begin(sock):
            read_reply(sock, "WATCH", "watched")
            read_reply(sock, "MULTI")
            read_reply(sock, "SET", "k", "v")

        self.assert_leaves_nothing(begin)
        self.assertEqual(self.observer.execute("EXISTS", "k"), 0)

    def test_while_blocked(self):
        def begin(sock):
            ask(sock, "BLPOP", "one", "two", "0")

        self.assert_leaves_nothing(begin)
        self.assertEqual(self.observer.execute("RPUSH", "one", "v"), 1)     # nobody takes it
        self.assertEqual(self.observer.execute("LLEN", "one"), 1)

    def test_while_blocked_with_a_timeout_on_a_sorted_set(self):
        self.assert_leaves_nothing(lambda sock: ask(sock, "BZPOPMIN", "zset", "3600"))

    def test_while_blocked_with_more_requests_behind(self):
        requests = encode_command(("BLPOP", "one", "0")) + encode_command(("SET", "k", "v"))
        self.assert_leaves_nothing(lambda sock: sock.sendall(requests))

    def test_while_subscribed(self):
        def begin(sock):
            read_reply(sock, "SUBSCRIBE", "channel")
            read_reply(sock, "PSUBSCRIBE", "ch*")
            read_reply(sock, "SSUBSCRIBE", "shard")

        self.assert_leaves_nothing(begin)
        self.assertEqual(self.observer.execute("PUBLISH", "channel", "v"), 0)

    def test_while_messages_pour_in(self):
        def begin(sock):
            read_reply(sock, "SUBSCRIBE", "channel")
            self.observer.execute("PUBLISH", "channel", "x" * 200_000)

        self.assert_leaves_nothing(begin)

    def test_while_a_long_reply_is_on_its_way(self):
        self.observer.execute("SET", "large", "x" * LARGE)

        def begin(sock):
            ask(sock, "GET", "large")
            select.select([sock], [], [], 10)           # it has begun to come

        self.assert_leaves_nothing(begin)

    def test_while_paused(self):
        self.addCleanup(self.observer.execute, "CLIENT", "UNPAUSE")
        self.observer.execute("CLIENT", "PAUSE", 100_000, "WRITE")
        self.assert_leaves_nothing(lambda sock: ask(sock, "SET", "k", "v"))

    def test_right_after_a_request_whose_reply_nobody_reads(self):
        self.assert_leaves_nothing(lambda sock: sock.sendall(encode_command(("LPUSH", "list", "v")) * 1000))


class HalfClosedTest(SystemTestCase):
    shared = True

    def test_what_was_sent_before_is_executed_and_answered(self):
        sock = self.connect()
        sock.sendall(encode_command(("INCR", "n")) * 1000 + b"GET")     # and an incomplete one
        sock.shutdown(socket.SHUT_WR)
        self.assertEqual(read_to_end(sock), b"".join(b":%d\r\n" % number for number in range(1, 1001)))

    def test_a_client_that_reads_no_more_is_let_go(self):
        sock = self.connect()
        sock.sendall(encode_command(("ECHO", "x" * 100_000)) * 20)
        sock.shutdown(socket.SHUT_RD)
        sock.close()
        wait_until(lambda: self.info("clients")["connected_clients"] == "1", "the end of the client")


def read_reply(sock, *words):
    """Send a command whose reply is one line, or an array of a confirmed subscription."""
    ask(sock, *words)
    line = read_line(sock)
    if line.startswith(b"*"):
        for _ in range(2):
            size = int(read_line(sock)[1:])
            read_exactly(sock, size + 2)
        read_line(sock)


if __name__ == "__main__":
    unittest.main()
