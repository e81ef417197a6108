"""Sockets: requests in odd pieces, clients that misbehave or vanish, limits, stopping."""
import os
import socket
import tempfile
import threading
import time
import unittest

from redis_clone.server import ListenError, Server
from tests.support import ServerTestCase, receive, test_config


def command(*args):
    return b"*%d\r\n" % len(args) + b"".join(b"$%d\r\n%b\r\n" % (len(arg), arg) for arg in args)


def read_to_end(sock):
    data = b""
    while True:
        try:
            chunk = sock.recv(1 << 16)
        except ConnectionResetError:
            return data
        if not chunk:
            return data
        data += chunk


class RequestsTest(ServerTestCase):
    def exchange(self, data, reply):
        sock = self.connect()
        sock.sendall(data)
        self.assertEqual(receive(sock, len(reply)), reply)
        return sock

    def test_answers_a_request_in_one_byte_pieces(self):
        sock = self.connect()
        for byte in command(b"ECHO", b"hello"):
            sock.send(bytes([byte]))
        self.assertEqual(receive(sock, 11), b"$5\r\nhello\r\n")

    def test_answers_pipelines_longer_than_a_batch_in_order(self):
        count = 3000
        self.exchange(b"".join(command(b"ECHO", b"%05d" % number) for number in range(count)),
                      b"".join(b"$5\r\n%05d\r\n" % number for number in range(count)))

    def test_a_long_value_goes_in_and_comes_back(self):
        value = os.urandom(1 << 20) * 10
        sock = self.connect()
        threading.Thread(target=sock.sendall, args=(command(b"SET", b"k", value) + command(b"GET", b"k"),)).start()
        self.assertEqual(receive(sock, 5), b"+OK\r\n")
        self.assertEqual(receive(sock, 11), b"$10485760\r\n")
        self.assertEqual(receive(sock, len(value) + 2), value + b"\r\n")

    def test_a_protocol_error_is_answered_after_the_requests_before_it_and_hangs_up(self):
        sock = self.connect()
        sock.sendall(command(b"PING") + b"*1\r\n:1\r\n" + command(b"PING"))
        self.assertEqual(read_to_end(sock), b"+PONG\r\n-ERR Protocol error: expected '$', got ':'\r\n")

    def test_quit_answers_and_hangs_up(self):
        sock = self.connect()
        sock.sendall(command(b"PING") + command(b"QUIT") + command(b"PING"))
        self.assertEqual(read_to_end(sock), b"+PONG\r\n+OK\r\n")

    def test_a_client_that_closed_its_sending_side_still_gets_its_replies(self):
        sock = self.connect()
        sock.sendall(command(b"PING"))
        sock.shutdown(socket.SHUT_WR)
        self.assertEqual(read_to_end(sock), b"+PONG\r\n")

    def test_many_open_transactions_do_no_harm(self):
        sock = self.connect()
        sock.sendall(command(b"MULTI") + command(b"PING") * 20000 + command(b"EXEC"))
        self.assertEqual(receive(sock, 5), b"+OK\r\n")
        receive(sock, len(b"+QUEUED\r\n") * 20000)
        self.assertEqual(receive(sock, 8), b"*20000\r\n")
        self.assertEqual(receive(sock, 7 * 20000), b"+PONG\r\n" * 20000)


class GarbageTest(ServerTestCase):
    """The server answers or hangs up, and serves the next client. Random garbage: tests/system/test_garbage.py."""

    def assert_alive(self):
        sock = self.connect()
        sock.sendall(command(b"PING"))
        self.assertEqual(receive(sock, 7), b"+PONG\r\n")

    def send_and_drain(self, data):
        sock = self.connect()

        def send():
            try:
                sock.sendall(data)
                sock.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        sender = threading.Thread(target=send)
        sender.start()
        reply = read_to_end(sock)
        sender.join()
        return reply

    def test_a_megabyte_of_newlines_is_nothing(self):
        self.assertEqual(self.send_and_drain(b"\n" * (1 << 20)), b"")
        self.assert_alive()

    def test_a_megabyte_of_multibulk_headers_is_an_error(self):
        self.assertIn(b"Protocol error: expected '$'", self.send_and_drain(b"*1\r\n" * (1 << 18)))
        self.assert_alive()

    def test_a_megabyte_without_a_line_end_is_an_error(self):
        self.assertIn(b"too big inline request", self.send_and_drain(b"x" * (1 << 20)))
        self.assert_alive()


class SecurityTest(ServerTestCase):
    config = {"requirepass": "secret"}

    def test_requests_of_browsers_are_hung_up_on_without_a_word(self):
        for request in (b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\nSET k v\r\n", b"Host: localhost\r\n"):
            sock = self.connect()
            sock.sendall(request)
            self.assertEqual(read_to_end(sock), b"")

    def test_a_request_right_after_auth_may_be_large(self):
        sock = self.connect()
        sock.sendall(command(b"AUTH", b"secret") + command(b"DEL", *[b"k"] * 20) + command(b"PING"))
        self.assertEqual(receive(sock, 16), b"+OK\r\n:0\r\n+PONG\r\n")


class LimitsTest(ServerTestCase):
    config = {"maxclients": "2"}

    def test_one_client_too_many_is_told_and_closed(self):
        first, second = self.connect(), self.connect()
        for sock in (first, second):
            sock.sendall(command(b"PING"))
            receive(sock, 7)
        self.assertEqual(read_to_end(self.connect()), b"-ERR max number of clients reached\r\n")
        first.sendall(command(b"PING"))
        self.assertEqual(receive(first, 7), b"+PONG\r\n")


class ProtectedModeTest(ServerTestCase):
    def refusal(self, address):
        return (self.server.refuse(None, address) or b"")[:7]

    def test_without_a_password_only_the_loopback_interface_may_come_in(self):
        for address in (("127.0.0.1", 5), ("::1", 5, 0, 0), ""):
            self.assertEqual(self.refusal(address), b"")
        self.assertEqual(self.refusal(("192.0.2.1", 5)), b"-DENIED")
        self.server.config.set_many([("requirepass", "secret")])
        self.assertEqual(self.refusal(("192.0.2.1", 5)), b"")

    def test_can_be_switched_off(self):
        self.server.config.set_many([("protected-mode", "no")])
        self.assertEqual(self.refusal(("192.0.2.1", 5)), b"")


class IdleTest(ServerTestCase):
    config = {"timeout": "100", "hz": "100"}

    def test_silent_clients_are_closed_after_the_timeout(self):
        sock = self.connect()
        sock.sendall(command(b"PING"))
        receive(sock, 7)
        with self.server.engine.lock:
            self.server.engine.clock.advance(101)
        sock.settimeout(10)
        self.assertEqual(read_to_end(sock), b"")


class BlockedClientTest(ServerTestCase):
    def wait_until(self, condition):
        deadline = time.monotonic() + 10
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.001)

    def test_a_client_that_hangs_up_takes_no_element(self):
        engine = self.server.engine
        gone, stays, pusher = self.connect(), self.connect(), self.connect()
        gone.sendall(command(b"BLPOP", b"l", b"0"))
        self.wait_until(lambda: engine.blocked_clients == 1)
        stays.sendall(command(b"BLPOP", b"l", b"0"))
        self.wait_until(lambda: engine.blocked_clients == 2)
        gone.close()
        self.wait_until(lambda: engine.blocked_clients == 1)
        pusher.sendall(command(b"RPUSH", b"l", b"v"))
        self.assertEqual(receive(stays, 18), b"*2\r\n$1\r\nl\r\n$1\r\nv\r\n")

    def test_a_timeout_is_answered_and_the_pipeline_goes_on(self):
        sock = self.connect()
        sock.sendall(command(b"BLPOP", b"l", b"0.01") + command(b"PING"))
        self.assertEqual(receive(sock, 12), b"*-1\r\n+PONG\r\n")

    def test_replies_before_a_blocking_command_are_not_held_back(self):
        sock = self.connect()
        sock.sendall(command(b"PING") + command(b"BLPOP", b"l", b"0"))
        self.assertEqual(receive(sock, 7), b"+PONG\r\n")


class ListenTest(unittest.TestCase):
    def test_a_port_in_use_is_a_listen_error(self):
        with Server(test_config({}), port=0) as server:
            with self.assertRaises(ListenError) as caught:
                Server(test_config({}), port=server.port).start()
            self.assertIn("in use", caught.exception.reason)

    @unittest.skipUnless(hasattr(socket, "AF_UNIX"), "no Unix sockets here")
    def test_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "s")
            with Server(test_config({"port": "0", "unixsocket": path, "unixsocketperm": "700"})):
                self.assertEqual(os.stat(path).st_mode & 0o777, 0o700)
                with socket.socket(socket.AF_UNIX) as sock:
                    sock.connect(path)
                    sock.sendall(command(b"PING"))
                    self.assertEqual(receive(sock, 7), b"+PONG\r\n")


class GroupedRepliesTest(ServerTestCase):
    """With appendfsync always, replies that another thread sends, to a client that does not read at once."""

    LARGE = b"x" * (8 << 20)                            # more than the socket's buffers take

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.config = {"dir": directory.name, "appendonly": "yes", "appendfsync": "always"}
        super().setUp()
        self.other = self.connect()
        self.other.sendall(command(b"SET", b"large", self.LARGE))
        receive(self.other, 5)
        self.sock = self.connect()
        self.sock.sendall(command(b"SET", b"a", b"1") + command(b"GET", b"large"))
        self.first = b"+OK\r\n$%d\r\n%b\r\n" % (len(self.LARGE), self.LARGE)
        self.assertEqual(receive(self.sock, 5), self.first[:5])     # the rest is on its way

    def test_subscribing_does_not_overtake_them(self):
        self.sock.sendall(command(b"SUBSCRIBE", b"c"))
        receivers = b":0\r\n"
        while receivers == b":0\r\n":
            self.other.sendall(command(b"PUBLISH", b"c", b"m"))
            receivers = receive(self.other, 4)
        expected = (self.first[5:] + b"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"
                    + b"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n")
        self.assertTrue(receive(self.sock, len(expected)) == expected)

    def test_the_next_ones_do_not_overtake_them(self):
        self.sock.sendall(command(b"GET", b"a"))
        self.sock.sendall(command(b"MULTI") + command(b"EXEC"))
        expected = self.first[5:] + b"$1\r\n1\r\n+OK\r\n*0\r\n"
        self.assertTrue(receive(self.sock, len(expected)) == expected)

    def test_who_sends_no_more_gets_them_all(self):
        self.sock.shutdown(socket.SHUT_WR)
        self.assertTrue(read_to_end(self.sock) == self.first[5:])


class StopTest(unittest.TestCase):
    def test_leaves_no_thread_behind(self):
        before = set(threading.enumerate())
        server = Server(test_config({}), port=0)
        server.start()
        with socket.create_connection(("127.0.0.1", server.port)) as sock:
            sock.sendall(command(b"PING"))
            receive(sock, 7)
            server.stop()
            self.assertEqual(read_to_end(sock), b"")
        for thread in set(threading.enumerate()) - before:
            thread.join(10)
        self.assertEqual(set(threading.enumerate()) - before, set())

    def test_two_servers_in_one_process_share_nothing(self):
        with Server(test_config({}), port=0) as one, Server(test_config({}), port=0) as other:
            for server, reply in ((one, b"+OK\r\n"), (other, b"$-1\r\n")):
                with socket.create_connection(("127.0.0.1", server.port)) as sock:
                    sock.sendall(command(b"SET", b"k", b"v") if server is one else command(b"GET", b"k"))
                    self.assertEqual(receive(sock, 5), reply)
