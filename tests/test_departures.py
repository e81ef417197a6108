"""Replies that leave together: when there are groups, and that nothing is lost or overtaken."""
import socket
import threading
import unittest
from unittest import mock

from redis_clone import client_handler
from redis_clone.departures import Departures

from .support import ServerTestCase, receive

TIMEOUT_S = 10


class Traveller:
    def __init__(self, log=None):
        self.turn = 0
        self.log = log
        self.gone = threading.Semaphore(0)

    def depart(self):
        if self.log is not None:
            self.log.append(self)
        self.gone.release()


class DeparturesTestCase(unittest.TestCase):
    def setUp(self):
        self.departures = Departures()
        self.now_s = 0.0

    def size_for(self, traveller, pause_s=0.0, took_s=0.00002):
        began_s = self.now_s + pause_s
        self.now_s = began_s + took_s
        return self.departures.size_for(traveller, began_s, self.now_s)

    def sizes(self, count, **times):
        """The sizes for so many clients that come in turn, once each has been there."""
        travellers = [Traveller() for _ in range(count)]
        for each in travellers:
            self.size_for(each, **times)
        return {self.size_for(each, **times) for each in travellers}


class SizeTest(DeparturesTestCase):
    def test_a_few_clients_have_no_groups(self):
        for count in (1, 2, 5):
            self.assertLess(max(self.sizes(count)), 2, count)

    def test_a_third_of_more_clients(self):
        for count, size in ((6, 2), (30, 10), (50, 16), (1000, 16)):
            self.assertEqual(self.sizes(count), {size})

    def test_who_comes_rarely_is_no_crowd(self):
        self.assertEqual(self.sizes(50, pause_s=0.001), {1})

    def test_slow_commands_of_many_are_a_crowd(self):
        self.assertEqual(self.sizes(50, took_s=0.1), {16})

    def test_one_client_among_idle_ones(self):
        self.sizes(50)
        alone = Traveller()
        self.size_for(alone)
        self.assertEqual([self.size_for(alone) for _ in range(5)], [0] * 5)


class LeavingTest(DeparturesTestCase):
    def setUp(self):
        super().setUp()
        self.log = []

    def join(self, size, count=1):
        joining = [Traveller(self.log) for _ in range(count)]
        for traveller in joining:
            self.departures.join(traveller, size)
        return joining

    def test_a_group_leaves_when_it_is_complete_in_order(self):
        joined = self.join(3, 2)
        self.assertEqual(self.log, [])                      # the thread has not been started
        joined += self.join(3)
        self.assertEqual(self.log, joined)

    def test_a_smaller_group_takes_all_that_wait(self):
        joined = self.join(9, 4) + self.join(2)
        self.assertEqual(self.log, joined)

    def test_the_thread_sends_what_nobody_completes(self):
        self.departures.start()
        self.addCleanup(self.departures.stop)
        for _ in range(3):                                  # it goes to sleep again in between
            for traveller in self.join(9, 4):
                self.assertTrue(traveller.gone.acquire(timeout=TIMEOUT_S))
        self.assertEqual(len(self.log), 12)

    def test_stopping_sends_what_waits(self):
        self.join(9, 4)
        self.departures.start()
        self.departures.stop()
        self.assertEqual(len(self.log), 4)

    def test_many_threads_at_once(self):
        self.departures.start()
        self.addCleanup(self.departures.stop)

        def work(travellers):
            for number, traveller in enumerate(travellers):
                self.departures.join(traveller, 2 + number % 5)

        parties = [[Traveller() for _ in range(300)] for _ in range(8)]
        threads = [threading.Thread(target=work, args=(party,)) for party in parties]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for party in parties:
            for traveller in party:
                self.assertTrue(traveller.gone.acquire(timeout=TIMEOUT_S))
                self.assertFalse(traveller.gone.acquire(blocking=False))


class ClientTest(ServerTestCase):
    """Clients of a server where every reply is left to leave in a group of `size`."""

    size = 3

    def setUp(self):
        patch = mock.patch.object(client_handler, "_QUICK_S", 0.0)
        patch.start()
        self.addCleanup(patch.stop)
        super().setUp()
        self.server.departures = Departures()
        self.server.departures.size_for = lambda *_: self.size
        self.server.departures.start()

    def test_everybody_gets_a_reply(self):
        clients = [self.connect() for _ in range(7)]
        for count in range(1, 8):
            for client in clients[:count]:
                client.sendall(b"INCR n\r\n")
            numbers = [int(receive(client, 4)[1:2]) for client in clients[:count]]
            self.assertEqual(sorted(numbers), list(range(1, count + 1)))
            clients[0].sendall(b"DEL n\r\n")
            receive(clients[0], 4)

    def test_replies_to_one_client_keep_their_order(self):
        expected = b""
        client, other = self.connect(), self.connect()
        for number in range(200):                           # it does not wait for any of them
            text = b"%d" % number * (1 + number % 7 * 3000)         # some are too large for a group
            client.sendall(b"*2\r\n$4\r\nECHO\r\n$%d\r\n%b\r\n" % (len(text), text))
            expected += b"$%d\r\n%b\r\n" % (len(text), text)
            if number % 3 == 0:
                other.sendall(b"PING\r\n")
            if number % 20 == 19:
                self.assertEqual(receive(client, len(expected)), expected)
                expected = b""
        self.assertEqual(receive(other, 67 * 7), b"+PONG\r\n" * 67)

    def test_what_is_sent_otherwise_comes_after_it(self):
        self.size = 9
        for request, reply in (
                (b"QUIT", b"+OK\r\n"), (b"*1\r\n$x", b"-ERR Protocol error: invalid bulk length\r\n"),
                (b"BLPOP nothing 0.01", b"*-1\r\n"), (b"SUBSCRIBE c", b"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"),
                (b"MULTI\r\nPING\r\nEXEC", b"+OK\r\n+QUEUED\r\n*1\r\n+PONG\r\n"), (b"NONSENSE", None)):
            with self.subTest(request):
                client = self.connect()
                client.sendall(b"ECHO first\r\n")
                client.sendall(request + b"\r\n")
                self.assertEqual(receive(client, 11), b"$5\r\nfirst\r\n")
                self.assertEqual(receive(client, len(reply or b"-ERR")), reply or b"-ERR")

    def test_a_client_that_does_not_read_loses_nothing_and_stops_nobody(self):
        lazy = socket.socket()
        self.addCleanup(lazy.close)
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.connect(("127.0.0.1", self.server.port))
        text = b"x" * 16000
        count = 600                                         # more than the sockets' buffers take
        sender = threading.Thread(target=lazy.sendall, args=(b"ECHO %b\r\n" % text * count,), daemon=True)
        sender.start()
        client = self.connect()
        for _ in range(50):
            client.sendall(b"PING\r\n")
            self.assertEqual(receive(client, 7), b"+PONG\r\n")
        for _ in range(count):
            self.assertEqual(receive(lazy, len(text) + 10), b"$16000\r\n%b\r\n" % text)
        sender.join(TIMEOUT_S)
        lazy.sendall(b"PING\r\n")
        self.assertEqual(receive(lazy, 7), b"+PONG\r\n")

    def test_hanging_up_hurts_nobody(self):
        for _ in range(20):
            self.connect().sendall(b"PING\r\n")
            rude = self.connect()
            rude.sendall(b"PING\r\n")
            rude.close()
        client = self.connect()
        client.sendall(b"PING\r\n")
        self.assertEqual(receive(client, 7), b"+PONG\r\n")

    def test_the_server_stops(self):
        clients = [self.connect() for _ in range(5)]
        for client in clients:
            client.sendall(b"PING\r\n")
        for client in clients:
            self.assertEqual(receive(client, 7), b"+PONG\r\n")
        self.server.stop()


class ClientInLargeGroupsTest(ClientTest):
    """The same where it is always the thread that sends."""

    size = 1000
