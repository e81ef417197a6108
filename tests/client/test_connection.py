"""Connections: opening, exchanging, failing."""
import errno
import os
import socket
import sys
import tempfile
import threading
import unittest
from unittest import mock

from redis_clone.client import (
    AuthenticationError, BusyLoadingError, Connection, ConnectionError, ConnectionFailed, ConnectionLost, DataError,
    MovedError, NoScriptError, ProtocolError, Push, ReplyError, ServerFullError, TimedOut, transport,
)

from .scripted import HANG_UP, PATIENCE_S, SHORT_S, ClientTestCase, ScriptedServer, fork, request


class ConnectTest(ClientTestCase):
    def test_the_usual_connection_needs_no_greeting(self):
        connection = self.connect([(request("PING"), b"+PONG\r\n")])
        self.assertEqual(connection.execute("PING"), "PONG")

    def test_greets_in_one_go(self):
        self.connect([(request("AUTH", "pw") + request("CLIENT", "SETNAME", "me") + request("SELECT", "3"),
                       b"+OK\r\n+OK\r\n+OK\r\n")], password="pw", client_name="me", db=3)

    def test_authenticates_as_a_user(self):
        self.connect([(request("AUTH", "ann", "pw"), b"+OK\r\n")], username="ann", password="pw")

    def test_resp3_begins_with_hello(self):
        self.connect([(request("HELLO", 3), b"%1\r\n+proto\r\n:3\r\n")], protocol=3)

    def test_resp3_authenticates_with_hello(self):
        self.connect([(request("HELLO", 3, "AUTH", "default", "pw"), b"%0\r\n")], protocol=3, password="pw")

    def test_a_refused_greeting_says_which(self):
        connection = Connection("127.0.0.1", self.serve([
            (request("AUTH", "pw") + request("SELECT", 1), b"-WRONGPASS no\r\n-NOAUTH no\r\n")]).port,
            password="pw", db=1)
        with self.assertRaisesRegex(ConnectionFailed, r"^127.0.0.1:\d+ refused AUTH: WRONGPASS no") as caught:
            connection.connect()
        self.assertEqual(caught.exception.__cause__.code, "WRONGPASS")
        self.assertFalse(connection.connected)

    def test_nobody_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        with self.assertRaisesRegex(ConnectionFailed, rf"^cannot connect to 127\.0\.0\.1:{port}: \w+"):
            Connection("127.0.0.1", port).connect()

    def test_a_host_name_that_cannot_be_one(self):
        with self.assertRaisesRegex(ConnectionFailed, "^cannot connect to a{100}"):
            Connection("a" * 100 + ".x").connect()

    def test_a_greeting_without_an_answer(self):
        connection = Connection("127.0.0.1", self.serve([(request("SELECT", 1), b"")]).port, db=1,
                                connect_timeout_s=SHORT_S)
        with self.assertRaisesRegex(TimedOut, rf"did not answer the greeting \(SELECT\) within {SHORT_S} s"):
            connection.connect()
        self.assertFalse(connection.connected)

    def test_is_closed_when_the_greeting_is_interrupted(self):
        for step, sent in (("exchange", b""), ("be_patient", request("SELECT", 1))):
            connection = Connection("127.0.0.1", self.serve([(sent, b"+OK\r\n")]).port, db=1)
            with mock.patch.object(connection, step, side_effect=KeyboardInterrupt):
                with self.assertRaises(KeyboardInterrupt):
                    connection.connect()
            self.assertFalse(connection.connected)

    def test_whatever_python_has_against_the_name_of_a_host(self):
        def open_socket():
            raise ValueError("embedded null character")

        with self.assertRaisesRegex(ConnectionFailed, "^cannot connect to there: embedded null character$"):
            Connection(open_socket=open_socket, address="there").connect()

    def test_impossible_settings_are_refused(self):
        for options in ({"port": 0}, {"port": 65536}, {"protocol": 4}, {"timeout_s": 0},
                        {"connect_timeout_s": -1}, {"username": "ann"}):
            with self.assertRaises(ValueError):
                Connection("127.0.0.1", **options)

    def test_addresses_for_people(self):
        self.assertEqual(Connection("::1", 7000).address, "[::1]:7000")
        self.assertEqual(Connection("localhost", 7000).address, "localhost:7000")
        self.assertEqual(Connection(unix_socket="/tmp/s").address, "/tmp/s")

    @unittest.skipUnless(hasattr(socket, "AF_UNIX"), "this system has no Unix sockets")
    def test_unix_sockets(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "s")
            with self.assertRaisesRegex(ConnectionFailed, f"^cannot connect to {path}: "):
                Connection(unix_socket=path).connect()
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(path)
            listener.listen()
            server = ScriptedServer([(request("PING"), b"+PONG\r\n")], listener=listener)
            with Connection(unix_socket=path, timeout_s=PATIENCE_S) as connection:
                self.assertEqual(connection.execute("PING"), "PONG")
            self.assertEqual(server.finish(), [])

    @unittest.skipUnless(hasattr(socket, "AF_UNIX"), "this system has no Unix sockets")
    def test_a_full_unix_socket_is_waited_for_no_longer_than_asked(self):
        with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as listener:
            path = os.path.join(directory, "s")
            listener.bind(path)
            listener.listen(0)
            connections = []
            self.addCleanup(lambda: [connection.close() for connection in connections])
            with self.assertRaisesRegex((TimedOut, ConnectionFailed), "^connecting to|^cannot connect to"):
                for _ in range(100):
                    connections.append(Connection(unix_socket=path, connect_timeout_s=SHORT_S).connect())

    def test_can_be_opened_again(self):
        server = self.serve([(request("PING"), b"+PONG\r\n")], [(request("PING"), b"+PONG\r\n")])
        connection = Connection("127.0.0.1", server.port, timeout_s=PATIENCE_S)
        for _ in range(2):
            with connection:
                self.assertEqual(connection.execute("PING"), "PONG")
            self.assertFalse(connection.connected)

    def test_commands_without_a_connection_are_refused(self):
        with self.assertRaisesRegex(ConnectionLost, "^not connected to 127.0.0.1:6379$"):
            Connection().execute("PING")

    def test_the_socket_can_be_taken(self):
        connection = self.connect([(request("PING"), b"+PONG\r\n")])
        with connection.detach() as sock:
            self.assertFalse(connection.connected)
            sock.sendall(request("PING"))
            self.assertEqual(sock.recv(100), b"+PONG\r\n")


class ExchangeTest(ClientTestCase):
    def test_replies_in_pieces(self):
        connection = self.connect([(request("GET", "k"), [b"$", b"5\r", b"\nhel", b"lo\r", b"\n"])])
        self.assertEqual(connection.execute("GET", "k"), b"hello")

    def test_an_error_reply_is_raised_and_does_no_harm(self):
        connection = self.connect([(request("GET", "k"), b"-WRONGTYPE Operation against\r\n"),
                                   (request("PING"), b"+PONG\r\n")])
        with self.assertRaisesRegex(ReplyError, "^WRONGTYPE Operation against$") as caught:
            connection.execute("GET", "k")
        self.assertEqual(caught.exception.code, "WRONGTYPE")
        self.assertEqual(connection.execute("PING"), "PONG")

    def test_errors_inside_an_array_are_values(self):
        connection = self.connect([(request("EXEC"), b"*2\r\n-ERR a\r\n:1\r\n")])
        error, one = connection.execute("EXEC")
        self.assertIsInstance(error, ReplyError)
        self.assertEqual(one, 1)

    def test_a_late_reply_never_meets_the_next_caller(self):
        connection = self.connect([(request("GET", "a"), b"$5\r\nhe")], timeout_s=SHORT_S)
        with self.assertRaisesRegex(TimedOut, rf"^127\.0\.0\.1:\d+ did not answer GET within {SHORT_S} s$"):
            connection.execute("GET", "a")
        self.assertFalse(connection.connected)
        with self.assertRaisesRegex(ConnectionLost, r"^not connected to .* any more \(.* did not answer GET"):
            connection.execute("GET", "b")

    def test_the_server_hangs_up(self):
        for answer in (HANG_UP, [b"$5\r\nhe", b""]):
            script = [(request("GET", "a"), answer)] if answer is HANG_UP else [
                (request("GET", "a"), answer), (b"", HANG_UP)]
            connection = self.connect(script)
            with self.assertRaisesRegex(ConnectionLost, "closed the connection during GET$"):
                connection.execute("GET", "a")
            self.assertFalse(connection.connected)

    def test_the_servers_last_words_are_reported(self):
        connection = self.connect([(request("PING") * 2, b"-ERR Protocol error\r\n"), (b"", HANG_UP)])
        with self.assertRaisesRegex(ConnectionLost, "its last words: ERR Protocol error"):
            connection.exchange(request("PING") * 2, 2, "two commands")

    @unittest.skipUnless(sys.platform == "linux", "elsewhere a reset connection may lose what came before")
    def test_the_last_words_of_a_server_that_does_not_take_all(self):
        connection = self.connect([(b"x" * 1000, b"-ERR Protocol error: too big\r\n"), (b"", HANG_UP)])
        with self.assertRaisesRegex(ConnectionLost, "its last words: ERR Protocol error: too big"):
            connection.exchange(b"x" * (64 << 20), 2, "a huge command")

    def test_garbage(self):
        connection = self.connect([(request("PING"), b"HTTP/1.1 400 Bad Request\r\n")])
        with self.assertRaisesRegex(ProtocolError, r"^127.0.0.1:\d+ answered PING with not a reply: b'HTTP"):
            connection.execute("PING")
        self.assertFalse(connection.connected)

    def test_the_systems_own_timeout_is_a_lost_connection(self):
        connection = self.connect([(b"", b"+")])
        system_timeout = OSError(errno.ETIMEDOUT, "Connection timed out")
        for read in (lambda: connection.exchange(b"", 1, "GET"), lambda: connection.next_item(None, "GET")):
            if not connection.connected:
                connection = self.connect([(b"", b"+")])
            with mock.patch.object(connection, "_receive", side_effect=system_timeout):
                with self.assertRaisesRegex(ConnectionLost, "during GET: Connection timed out"):
                    read()

    def test_more_replies_than_requests(self):
        connection = self.connect([(request("PING"), b"+PONG\r\n+PONG\r\n")])
        with self.assertRaisesRegex(ProtocolError, "2 replies to 1 commands"):
            connection.execute("PING")
        self.assertFalse(connection.connected)

    def test_an_interrupt_closes_the_connection(self):
        def interrupt(push):
            raise KeyboardInterrupt

        connection = self.connect([(request("GET", "a"), b">1\r\n+x\r\n$1\r\na\r\n")], on_push=interrupt)
        with self.assertRaises(KeyboardInterrupt):
            connection.execute("GET", "a")
        self.assertFalse(connection.connected)

    def test_pushes_are_not_replies(self):
        pushes = []
        connection = self.connect([(request("GET", "a"), b">1\r\n+x\r\n$1\r\na\r\n>1\r\n+y\r\n"),
                                   (request("GET", "b"), b"$1\r\nb\r\n")], on_push=pushes.append)
        self.assertEqual(connection.execute("GET", "a"), b"a")
        self.assertEqual(connection.execute("GET", "b"), b"b")
        self.assertEqual((pushes, type(pushes[0])), ([["x"], ["y"]], Push))

    def test_pushes_are_dropped_by_default(self):
        connection = self.connect([(request("GET", "a"), b">1\r\n+x\r\n$1\r\na\r\n")])
        self.assertEqual(connection.execute("GET", "a"), b"a")

    def test_reads_while_it_sends(self):
        # 32 MB each way: neither side's buffers hold that, so it hangs unless replies are read meanwhile.
        value = b"x" * (1 << 20)
        echo = request("ECHO", value)
        connection = self.connect([(echo, b"$%d\r\n%b\r\n" % (len(value), value))] * 32)
        replies = connection.exchange(echo * 32, 32, "a large pipeline")
        self.assertTrue(replies == [value] * 32)

    def test_a_server_that_takes_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            connection = Connection("127.0.0.1", listener.getsockname()[1], timeout_s=SHORT_S).connect()
            with self.assertRaisesRegex(TimedOut, "did not answer a huge command"):
                connection.exchange(b"x" * (64 << 20), 1, "a huge command")
            self.assertFalse(connection.connected)

    def test_commands_without_exactly_one_reply_are_refused(self):
        connection = Connection()
        for args in (["subscribe", "a"], [b"MONITOR"], ["CLIENT", "reply", "OFF"], ["PSYNC", "?", "-1"]):
            with self.assertRaisesRegex(ValueError, "not answered by exactly one reply"):
                connection.execute(*args)


class ExecuteCommandTest(ClientTestCase):
    """The straight way, and where it ends."""

    def test_the_commonest_replies(self):
        replies = [(b"+OK\r\n", "OK"), (b"$-1\r\n", None), (b":0\r\n", 0), (b":-7\r\n", -7), (b":12345\r\n", 12345),
                   (b"$0\r\n\r\n", b""), (b"$4\r\n\r\n\r\n\r\n", b"\r\n\r\n"), (b"+a b\r\n", "a b"),
                   (b"$2000\r\n" + b"x" * 2000 + b"\r\n", b"x" * 2000), (b"*2\r\n:1\r\n$1\r\na\r\n", [1, b"a"]),
                   (b"*0\r\n", []), (b"*-1\r\n", None), (b":%d\r\n" % 10 ** 30, 10 ** 30)]
        connection = self.connect([(request("GET", "k"), reply) for reply, _ in replies])
        for reply, value in replies:
            self.assertEqual(connection.execute_command(("GET", "k")), value, reply)

    def test_every_reply_in_pieces(self):
        for reply, value in ((b"+OK\r\n", "OK"), (b"$5\r\nhello\r\n", b"hello"), (b":12345\r\n", 12345),
                             (b"*1\r\n$-1\r\n", [None])):
            connection = self.connect([(request("GET", "k"), [bytes([byte]) for byte in reply])])
            self.assertEqual(connection.execute_command(("GET", "k")), value)

    def test_error_replies_are_of_the_class_of_their_code(self):
        connection = self.connect([(request("GET", "k"), b"-NOSCRIPT No matching script\r\n"),
                                   (request("GET", "k"), b"-MOVED 3999 127.0.0.1:6381\r\n"),
                                   (request("GET", "k"), b"$1\r\na\r\n")], typed_errors=True)
        with self.assertRaisesRegex(NoScriptError, "^No matching script$"):
            connection.execute_command(("GET", "k"))
        with self.assertRaises(MovedError) as caught:
            connection.execute_command(("GET", "k"))
        self.assertEqual((caught.exception.slot_id, caught.exception.host, caught.exception.port),
                         (3999, "127.0.0.1", 6381))
        self.assertEqual(connection.execute_command(("GET", "k")), b"a")

    def test_failures_close_the_connection_and_say_what_happened(self):
        for answer, kind, text in (
                (HANG_UP, ConnectionLost, "closed the connection during GET"),
                (b"$5\r\nhe", TimedOut, "did not answer GET within"),
                (b"", TimedOut, "did not answer GET within"),
                (b"nonsense\r\n", ProtocolError, "answered GET with not a reply"),
                (b"$1\r\nab\r\n", ProtocolError, "longer than announced"),
                (b"+OK\r\n+OK\r\n", ProtocolError, "2 replies to 1 commands")):
            connection = self.connect([(request("GET", "k"), answer)], timeout_s=SHORT_S)
            with self.assertRaisesRegex(kind, text) as caught:
                connection.execute_command(("GET", "k"))
            self.assertTrue(caught.exception.maybe_executed)
            self.assertFalse(connection.connected)
            with self.assertRaises(ConnectionLost) as caught:
                connection.execute_command(("GET", "k"))
            self.assertFalse(caught.exception.maybe_executed)

    def test_an_interrupt_closes_the_connection(self):
        for method, sent in (("sendall", b""), ("recv", request("GET", "k"))):
            connection = self.connect([(sent, b"")])
            connection._socket = InterruptedSocket(connection._socket, method)
            with self.assertRaises(KeyboardInterrupt):
                connection.execute_command(("GET", "k"))
            self.assertFalse(connection.connected)

    def test_wrong_arguments_do_not_harm_the_connection(self):
        connection = self.connect([(request("PING"), b"+PONG\r\n")])
        with self.assertRaises(DataError):
            connection.execute_command(("SET", "k", None))
        self.assertEqual(connection.execute_command(("PING",)), "PONG")

    def test_large_requests_and_replies(self):
        value = b"x" * (1 << 20)
        connection = self.connect([(request("ECHO", value), b"$%d\r\n%b\r\n" % (len(value), value))])
        self.assertTrue(connection.execute_command(("ECHO", value)) == value)

    def test_many_commands_at_once(self):
        connection = self.connect([(request("GET", "a") + request("CONFIG", "GET", "b"), b"$-1\r\n-ERR no\r\n")])
        nothing, error = connection.exchange_commands([("GET", "a"), ("CONFIG GET", "b")])
        self.assertIsNone(nothing)
        self.assertIsInstance(error, ReplyError)


class InterruptedSocket:
    """A socket of which one method is interrupted by the user."""

    def __init__(self, sock, method):
        self._sock, self._method = sock, method

    def __getattr__(self, name):
        if name == self._method:
            raise KeyboardInterrupt
        return getattr(self._sock, name)


class UnreadTest(ClientTestCase):
    """What arrives without having been asked for."""

    def pause(self, connection):
        """Wait until something has arrived."""
        self.assertTrue(connection.wait(PATIENCE_S))

    def test_a_reply_that_nobody_asked_for_is_given_to_nobody(self):
        for call in (lambda connection: connection.execute_command(("GET", "a")),
                     lambda connection: connection.exchange_commands([("GET", "a")])):
            connection = self.connect([(b"", b"$5\r\nwrong\r\n")])
            self.pause(connection)
            with self.assertRaises(ConnectionLost) as caught:
                call(connection)
            self.assertFalse(caught.exception.maybe_executed)
            self.assertFalse(connection.connected)

    def test_not_even_the_start_of_one(self):
        for start in (b"+wr", b"$5\r\nwr", b"*2\r\n+wr"):
            connection = self.connect([(request("GET", "a"), b"$1\r\na\r\n" + start)])
            with self.assertRaisesRegex(ProtocolError, "answered GET with the start of one reply more"):
                connection.execute_command(("GET", "a"))
            self.assertFalse(connection.connected)
            connection = self.connect([(b"", start)])
            self.pause(connection)
            with self.assertRaises(ProtocolError) as caught:
                connection.execute_command(("GET", "a"))
            self.assertFalse(caught.exception.maybe_executed)
            self.assertFalse(connection.connected)

    def test_a_handler_of_pushes_that_closes_the_connection(self):
        connection = self.connect([(request("GET", "a"), b">1\r\n+x\r\n$1\r\na\r\n")],
                                  on_push=lambda push: connection.close())
        with self.assertRaises(Exception):
            connection.execute_command(("GET", "a"))
        self.assertFalse(connection.connected)
        self.assertEqual(connection._replies, [])

    def test_a_server_that_hung_up_meanwhile(self):
        connection = self.connect([(b"", b"-ERR you were idle\r\n"), (b"", HANG_UP)])
        self.pause(connection)
        with self.assertRaisesRegex(ConnectionLost, "its last words: ERR you were idle") as caught:
            connection.execute_command(("GET", "a"))
        self.assertFalse(caught.exception.maybe_executed)

    def test_pushes_may_come_at_any_time_and_in_pieces(self):
        pushes = []
        connection = self.connect([
            (b"", b">1\r\n+x\r\n>1\r\n"), (request("GET", "a"), b"+y\r\n$1\r\na\r\n>"),
            (request("GET", "b"), b"1\r\n+z\r\n$1\r\nb\r\n"), (request("GET", "c"), b"$1\r\nc\r\n"),
        ], on_push=pushes.append)
        self.pause(connection)
        self.assertEqual([connection.execute_command(("GET", key)) for key in "abc"], [b"a", b"b", b"c"])
        self.assertEqual(pushes, [["x"], ["y"], ["z"]])

    def test_rest_is_followed_by_a_ping_if_wanted(self):
        connection = self.connect([(request("GET", "a"), b"$1\r\na\r\n"), (request("PING"), b"+PONG\r\n"),
                                   (request("GET", "a"), b"$1\r\na\r\n")], health_check_s=30)
        self.assertEqual(connection.execute_command(("GET", "a")), b"a")
        connection._last_used -= 31
        self.assertEqual(connection.execute_command(("GET", "a")), b"a")

    def test_a_failed_health_check_executes_nothing(self):
        connection = self.connect([(request("PING"), HANG_UP)], health_check_s=30)
        connection._last_used -= 31
        with self.assertRaisesRegex(ConnectionLost, "health check failed") as caught:
            connection.execute_command(("INCR", "a"))
        self.assertFalse(caught.exception.maybe_executed)
        self.assertFalse(connection.connected)

    def test_another_thread_can_end_it(self):
        connection = self.connect([(b"", b"")])
        timer = threading.Timer(SHORT_S, connection.interrupt)
        timer.start()
        with self.assertRaises(ConnectionLost):
            connection.next_item(None, "nothing")
        timer.join()


class TimeoutTest(ClientTestCase):
    def test_python_keeps_the_time_where_the_kernel_cannot(self):
        with mock.patch.object(transport, "KERNEL_TIMEOUTS", False):
            connection = self.connect([(request("GET", "a"), b"$1\r\n")], timeout_s=SHORT_S)
            self.assertEqual(connection._socket.gettimeout(), SHORT_S)
            with self.assertRaises(TimedOut):
                connection.execute_command(("GET", "a"))

    def test_systems_without_poll(self):
        with mock.patch.object(transport.select, "poll", None):
            del transport.select.poll
            connection = self.connect([(request("GET", "a"), b"$1\r\na\r\n>")])
            self.assertEqual(connection.execute_command(("GET", "a")), b"a")
            self.assertEqual(connection.next_item(SHORT_S, "x"), [])

    def test_the_timeout_of_connecting_is_not_that_of_commands(self):
        connection = self.connect([(request("SELECT", 1), b"+OK\r\n"), (request("GET", "a"), [b"$1\r\n", b"a\r\n"])],
                                  db=1, connect_timeout_s=PATIENCE_S, timeout_s=None)
        self.assertEqual(connection.execute_command(("GET", "a")), b"a")


class GreetingTest(ClientTestCase):
    def refused(self, answer, **options):
        connection = Connection("127.0.0.1", self.serve([(request("SELECT", 99), answer)]).port, db=99, **options)
        with self.assertRaises(ConnectionError) as caught:
            connection.connect()
        self.assertFalse(connection.connected)
        return caught.exception

    def test_refusals_are_of_the_class_of_their_code(self):
        for answer, kind, final in (
                (b"-NOAUTH Authentication required.\r\n", AuthenticationError, True),
                (b"-LOADING Redis is loading\r\n", BusyLoadingError, False),
                (b"-ERR max number of clients reached\r\n", ServerFullError, False),
                (b"-ERR DB index is out of range\r\n", ConnectionFailed, True)):
            for typed in (False, True):
                error = self.refused(answer, typed_errors=typed)
                self.assertIs(type(error), kind)
                self.assertRegex(str(error), rf"^127\.0\.0\.1:\d+ refused SELECT: {answer[1:-2].decode()}$")
                self.assertEqual(error.final, final)
                self.assertEqual(error.__cause__.code, answer[1:].split()[0].decode())

    def test_a_library_that_the_server_does_not_want_to_know(self):
        self.connect([(request("CLIENT", "SETINFO", "LIB-NAME", "x") + request("CLIENT", "SETINFO", "LIB-VER", "1"),
                       b"-ERR unknown\r\n" * 2)], library=("x", "1"))


@unittest.skipUnless(hasattr(os, "fork"), "this system has no fork")
class ForkTest(ClientTestCase):
    def test_a_child_process_leaves_the_connection_to_its_parent(self):
        connection = self.connect([(request("GET", "a"), b"$1\r\na\r\n"), (request("GET", "b"), b"$1\r\nb\r\n")])
        self.assertEqual(connection.execute_command(("GET", "a")), b"a")
        child = fork()
        if not child:
            try:
                connection.execute_command(("GET", "x"))
            except ConnectionLost as error:
                os._exit(0 if "forked" in str(error) and not error.maybe_executed else 1)
            os._exit(2)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.assertEqual(connection.execute_command(("GET", "b")), b"b")


if __name__ == "__main__":
    unittest.main()
