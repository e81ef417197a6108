"""Replies that leave together: when there are groups, and that nothing is lost or overtaken."""
import socket
import threading
import unittest
from unittest import mock

from redis_clone import client_handler, departures
from redis_clone.departures import Departures

from .support import ServerTestCase, receive
from .system.support import wait_until

TIMEOUT_S = 10


class Traveller:
    def __init__(self, log):
        self.turn = 0
        self.left = None
        self.has_left = False
        self.log = log
        self.gone = threading.Semaphore(0)

    def depart(self):
        self.log.append(self.left)
        self.gone.release()


class DeparturesTestCase(unittest.TestCase):
    def setUp(self):
        self.departures = Departures()
        self.now_s = 0.0
        self.log = []

    def take(self, traveller, reply=None, pause_s=0.0, took_s=0.00002):
        began_s = self.now_s + pause_s
        self.now_s = began_s + took_s
        return self.departures.take(traveller, reply, began_s, self.now_s)

    def crowd(self, count, **times):
        travellers = [Traveller(self.log) for _ in range(count)]
        for each in travellers:
            self.take(each, **times)
        self.departures.send_all()
        self.log.clear()
        for each in travellers:
            each.gone = threading.Semaphore(0)
        return travellers


class GroupTest(DeparturesTestCase):
    """Without the thread."""

    def groups(self, count, **times):
        """The sizes of the groups that so many clients leave in, and how many wait in the end."""
        sizes = []
        for each in self.crowd(count, **times):
            if not self.take(each, **times):
                sizes.append(0)
            elif self.log:
                sizes.append(len(self.log))
                self.log.clear()
        self.departures.send_all()
        return sizes, len(self.log)

    def test_a_few_clients_have_no_groups(self):
        for count in (1, 2, 5):
            self.assertEqual(self.groups(count), ([0] * count, 0))

    def test_a_third_of_more_clients(self):
        for count, sizes, rest in ((6, [2] * 3, 0), (31, [10] * 3, 1), (50, [16] * 3, 2), (1000, [16] * 62, 8)):
            self.assertEqual(self.groups(count), (sizes, rest))

    def test_who_comes_rarely_is_no_crowd(self):
        self.assertEqual(self.groups(50, pause_s=0.001), ([0] * 50, 0))

    def test_slow_commands_of_many_are_a_crowd(self):
        self.assertEqual(self.groups(50, took_s=0.1), ([16] * 3, 2))

    def test_one_client_among_idle_ones(self):
        alone = self.crowd(50)[0]
        self.take(alone)
        self.assertEqual([self.take(alone) for _ in range(5)], [False] * 5)

    def test_replies_leave_in_order(self):
        for number, each in enumerate(self.crowd(9)):
            self.assertTrue(self.take(each, number))
            self.assertTrue(each.has_left)
        self.assertEqual(self.log, list(range(9)))

    def test_a_smaller_group_takes_all_that_wait(self):
        travellers = self.crowd(30)
        for number, each in enumerate(travellers[:7]):
            self.take(each, number)
        self.assertEqual(self.log, [])
        travellers[7].turn = self.departures.turn - 8
        self.take(travellers[7], 7)
        self.assertEqual(self.log, list(range(8)))


class ThreadTest(DeparturesTestCase):
    def setUp(self):
        super().setUp()
        self.travellers = self.crowd(50)

    def start(self):
        self.departures.start()
        self.addCleanup(self.departures.stop)

    def test_sends_what_nobody_completes(self):
        self.start()
        for first in (0, 4, 8):                             # it goes to sleep again in between
            leaving = self.travellers[first:first + 4]
            for each in leaving:
                self.take(each, each)
            for each in leaving:
                self.assertTrue(each.gone.acquire(timeout=TIMEOUT_S))
        self.assertEqual(self.log, self.travellers[:12])

    def test_stopping_sends_what_waits(self):
        for each in self.travellers[:4]:
            self.take(each)
        self.departures.start()
        self.departures.stop()
        self.assertEqual(len(self.log), 4)

    def test_many_threads_at_once(self):
        self.start()

        def work(travellers):
            for each in travellers:
                each.turn = -100
                self.departures.take(each, None, 0.0, 0.0)

        parties = [[Traveller([]) for _ in range(300)] for _ in range(8)]
        threads = [threading.Thread(target=work, args=(party,)) for party in parties]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for party in parties:
            for each in party:
                self.assertTrue(each.gone.acquire(timeout=TIMEOUT_S))
                self.assertFalse(each.gone.acquire(blocking=False))


class ClientTestCase(ServerTestCase):
    """Clients of a server where every reply is left to leave in a group of `size`."""

    def setUp(self):
        for module, name, value in (
                (client_handler, "_QUICK_S", 0.0), (departures, "_CROWD", 0), (departures, "_SOON_S", TIMEOUT_S),
                (departures, "_MOST", self.size), (departures, "_SHARE", 1 / self.size)):
            patch = mock.patch.object(module, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        super().setUp()
        self.server.departures = Departures()
        self.start_thread()

    def start_thread(self):
        self.server.departures.start()


class ClientTest(ClientTestCase):
    size = 3

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


class TakenAlongTest(ClientTestCase):
    """Without the thread, as if it did not get its turn."""

    size = 1000

    def start_thread(self):
        self.addCleanup(self.server.departures.start)       # for the end of the server

    def test_whoever_sends_at_once_takes_along_those_that_wait(self):
        left, other = self.connect(), self.connect()
        left.sendall(b"PING\r\n")                           # the first one is no crowd
        self.assertEqual(receive(left, 7), b"+PONG\r\n")
        for quick_s, request, reply in (
                (TIMEOUT_S, b"PING", b"+PONG\r\n"), (TIMEOUT_S, b"PING\r\nNONSENSE", b"+PONG\r\n"),
                (0.0, b"ECHO " + b"x" * 20000, b"$20000\r\n")):
            client_handler._QUICK_S = 0.0
            left.sendall(b"ECHO left\r\n")
            wait_until(lambda: self.server.departures.waiting, "the reply that is left")
            client_handler._QUICK_S = quick_s
            other.sendall(request + b"\r\n")
            self.assertEqual(receive(other, len(reply)), reply)
            self.assertEqual(receive(left, 10), b"$4\r\nleft\r\n")
            self.assertFalse(self.server.departures.waiting)
            other.close()
            other = self.connect()
