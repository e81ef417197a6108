"""Tests of redis_clone.client against a server that follows a script: no Redis is needed."""
import errno
import os
import socket
import sys
import tempfile
import threading
import unittest
from unittest import mock

from redis_clone.client import (
    Client, ClientError, Connection, ConnectionFailed, ConnectionLost, Message, PipelineError, ProtocolError,
    Push, ReplyError, TimedOut, WatchFailed, encode_command,
)

# Long enough for a busy machine, short enough to be waited for where a test is about the timeout.
PATIENCE_S = 10
SHORT_S = 0.05

HANG_UP = object()


class ScriptedServer:
    """A server for tests: each connection plays the next script, a list of (what must arrive, what is
    answered). Bytes are answered at once, a list of bytes in pieces of its own, HANG_UP closes. A connection
    stays open until its client closes it."""

    def __init__(self, *scripts, listener=None):
        self._listener = listener or socket.create_server(("127.0.0.1", 0))
        self._scripts = scripts
        self.problems = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def port(self):
        return self._listener.getsockname()[1]

    def finish(self):
        """Return what went otherwise than scripted."""
        self._thread.join(PATIENCE_S)
        if self._thread.is_alive():
            self.problems.append("a script has not come to its end")
        self._listener.close()
        return self.problems

    def _serve(self):
        for script in self._scripts:
            connection, _ = self._listener.accept()
            with connection:
                connection.settimeout(PATIENCE_S)
                try:
                    self._play(connection, script)
                except OSError as error:
                    self.problems.append(f"{type(error).__name__}: {error}")

    def _play(self, connection, script):
        for awaited, answer in script:
            received = b""
            while len(received) < len(awaited):
                data = connection.recv(len(awaited) - len(received))
                if not data:
                    break
                received += data
            if received != awaited:
                self.problems.append(f"received {received!r:.200} instead of {awaited!r:.200}")
            if answer is HANG_UP:
                return
            for piece in answer if isinstance(answer, list) else [answer]:
                connection.sendall(piece)
        try:
            rest = connection.recv(1000)
        except ConnectionResetError:            # closed by a client that had not read all
            return
        if rest:
            self.problems.append(f"received {rest!r:.200} after the script's end")


def request(*args):
    return encode_command(args)


class ClientTestCase(unittest.TestCase):
    def serve(self, *scripts):
        server = ScriptedServer(*scripts)
        self.addCleanup(lambda: self.assertEqual(server.finish(), []))
        return server

    def connect(self, script, **options):
        """A Connection to a server that follows `script`."""
        connection = Connection("127.0.0.1", self.serve(script).port, **{"timeout_s": PATIENCE_S, **options})
        self.addCleanup(connection.close)
        return connection.connect()

    def client(self, *scripts, **options):
        client = Client("127.0.0.1", self.serve(*scripts).port, **{"timeout_s": PATIENCE_S, **options})
        self.addCleanup(client.close)
        return client


class EncodeCommandTest(unittest.TestCase):
    def test_every_type_of_argument(self):
        self.assertEqual(
            encode_command(["SET", b"k\r\n", "\u00e9", 12, -1.5, bytearray(b"x"), memoryview(b"y")]),
            b"*7\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n"
            b"$2\r\n\xc3\xa9\r\n$2\r\n12\r\n$4\r\n-1.5\r\n$1\r\nx\r\n$1\r\ny\r\n")

    def test_numbers_that_redis_understands(self):
        for number, text in ((10 ** 20, b"100000000000000000000"), (0.1, b"0.1"), (1e300, b"1e+300"),
                             (float("inf"), b"inf"), (float("-inf"), b"-inf"), (0, b"0")):
            self.assertEqual(encode_command([number]), b"*1\r\n$%d\r\n%b\r\n" % (len(text), text))

    def test_text_that_was_no_utf8_goes_back_as_it_came(self):
        self.assertEqual(encode_command(["\udcff"]), b"*1\r\n$1\r\n\xff\r\n")

    def test_many_and_long_arguments(self):
        encoded = b"*100\r\n" + (b"$5000\r\n" + b"a" * 5000 + b"\r\n") * 100
        self.assertEqual(encode_command([b"a" * 5000] * 100), encoded)

    def test_what_redis_does_not_have_is_refused(self):
        for argument in (None, True, [], {}, object()):
            with self.assertRaisesRegex(TypeError, f"not {type(argument).__name__}"):
                encode_command(["SET", "k", argument])

    def test_a_command_needs_a_name(self):
        with self.assertRaises(ValueError):
            encode_command([])


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
        connection = self.connect([])
        system_timeout = OSError(errno.ETIMEDOUT, "Connection timed out")
        for read in (lambda: connection.exchange(b"", 1, "GET"), lambda: connection.next_item(None, "GET")):
            if not connection.connected:
                connection = self.connect([])
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


class ClientTest(ClientTestCase):
    def test_connects_when_needed_and_closes(self):
        client = self.client([(request("PING"), b"+PONG\r\n"), (request("GET", "k"), b"$-1\r\n")])
        with client:
            self.assertEqual(client.execute("PING"), "PONG")
            self.assertIsNone(client.execute("GET", "k"))

    def test_connects_again_after_a_loss_that_it_reported(self):
        client = self.client([(request("INCR", "k"), HANG_UP)], [(request("INCR", "k"), b":1\r\n")])
        with self.assertRaises(ConnectionLost):
            client.execute("INCR", "k")
        self.assertEqual(client.execute("INCR", "k"), 1)

    def test_error_replies_are_raised(self):
        client = self.client([(request("INCR", "k"), b"-ERR value is not an integer\r\n")])
        with self.assertRaisesRegex(ReplyError, "not an integer"):
            client.execute("INCR", "k")

    def test_threads_get_their_own_replies(self):
        server = EchoServer()
        self.addCleanup(server.close)
        wrong = []

        def work(number):
            for i in range(100):
                text = b"%d:%d" % (number, i)
                if client.execute("ECHO", text) != text:
                    wrong.append(text)

        with Client("127.0.0.1", server.port, timeout_s=PATIENCE_S) as client:
            threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(wrong, [])


class EchoServer:
    """Answers each `ECHO text` with the text, on one connection."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        connection, _ = self._listener.accept()
        with connection:
            prefix = b"*2\r\n$4\r\nECHO\r\n"
            while True:
                data = connection.recv(65536)
                if not data:
                    return
                connection.sendall(data[len(prefix):])

    def close(self):
        self._thread.join(PATIENCE_S)
        self._listener.close()


class PipelineTest(ClientTestCase):
    def test_sends_all_at_once_and_returns_the_replies_in_order(self):
        client = self.client([(request("SET", "k", 1) + request("INCR", "k"), b"+OK\r\n:2\r\n")])
        with client.pipeline() as pipeline:
            pipeline.add("SET", "k", 1).add("INCR", "k")
            self.assertEqual(len(pipeline), 2)
            self.assertEqual(pipeline.execute(), ["OK", 2])
            self.assertEqual(len(pipeline), 0)

    def test_an_empty_pipeline_sends_nothing(self):
        self.assertEqual(Client("127.0.0.1", 1).pipeline().execute(), [])

    def test_can_be_used_again(self):
        client = self.client([(request("INCR", "k"), b":1\r\n"), (request("INCR", "k"), b":2\r\n")])
        pipeline = client.pipeline()
        self.assertEqual([pipeline.add("INCR", "k").execute() for _ in range(2)], [[1], [2]])

    def test_raises_the_first_error_with_all_results(self):
        client = self.client([(request("SET", "k", 1) + request("lpush", "k", 1) + request("GET", "k"),
                               b"+OK\r\n-WRONGTYPE no\r\n$1\r\n1\r\n")])
        pipeline = client.pipeline().add("SET", "k", 1).add("lpush", "k", 1).add("GET", "k")
        with self.assertRaisesRegex(PipelineError, r"^command 2 of 3 \(LPUSH\): WRONGTYPE no$") as caught:
            pipeline.execute()
        self.assertEqual((caught.exception.index, caught.exception.code), (1, "WRONGTYPE"))
        self.assertEqual(caught.exception.results[::2], ["OK", b"1"])

    def test_errors_as_values(self):
        client = self.client([(request("INCR", "k") * 2, b"-ERR no\r\n:1\r\n")])
        error, one = client.pipeline().add("INCR", "k").add("INCR", "k").execute(raise_errors=False)
        self.assertEqual((str(error), one), ("ERR no", 1))

    def test_wrong_arguments_fail_where_they_are_written(self):
        pipeline = Client().pipeline()
        with self.assertRaises(TypeError):
            pipeline.add("SET", "k", None)
        with self.assertRaises(ValueError):
            pipeline.add("SUBSCRIBE", "k")
        self.assertEqual(len(pipeline), 0)

    def test_a_loss_names_the_pipeline(self):
        client = self.client([(request("INCR", "k") * 2, [b":1\r\n"]), (b"", HANG_UP)])
        with self.assertRaisesRegex(ConnectionLost, r"during a pipeline of 2 commands \(the first: INCR\)"):
            client.pipeline().add("INCR", "k").add("INCR", "k").execute()


class TransactionTest(ClientTestCase):
    SENT = request("MULTI") + request("SET", "k", 1) + request("INCR", "k") + request("EXEC")

    def transaction(self, answer):
        transaction = self.client([(self.SENT, answer)]).pipeline(transaction=True)
        return transaction.add("SET", "k", 1).add("INCR", "k")

    def test_returns_the_replies_of_exec(self):
        transaction = self.transaction(b"+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:2\r\n")
        self.assertEqual(transaction.execute(), ["OK", 2])

    def test_a_command_that_failed(self):
        transaction = self.transaction(b"+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n-ERR no\r\n")
        with self.assertRaisesRegex(PipelineError, r"command 2 of 2 \(INCR\): ERR no"):
            transaction.execute()

    def test_a_command_that_was_refused_stops_all(self):
        answer = b"+OK\r\n+QUEUED\r\n-ERR unknown\r\n-EXECABORT discarded\r\n"
        aborted, refused = self.transaction(answer).execute(raise_errors=False)
        self.assertEqual((aborted.code, refused.code), ("EXECABORT", "ERR"))
        with self.assertRaisesRegex(PipelineError, r"command 2 of 2 \(INCR\): ERR unknown"):
            self.transaction(answer).execute()

    def test_a_watched_key_was_changed(self):
        for nothing in (b"*-1\r\n", b"_\r\n"):
            with self.assertRaises(WatchFailed):
                self.transaction(b"+OK\r\n+QUEUED\r\n+QUEUED\r\n" + nothing).execute(raise_errors=False)

    def test_multi_itself_was_refused(self):
        with self.assertRaisesRegex(ReplyError, "NOAUTH"):
            self.transaction(b"-NOAUTH a\r\n-NOAUTH b\r\n-NOAUTH c\r\n-NOAUTH d\r\n").execute()


def bulks(kind, *items):
    """The wire form of an array (kind b"*") or push (b">") of bulk strings and integers."""
    return kind + b"%d\r\n" % len(items) + b"".join(
        b":%d\r\n" % item if isinstance(item, int) else b"$%d\r\n%b\r\n" % (len(item), item)
        for item in items)


class PubSubTest(ClientTestCase):
    """Each test runs with the arrays of RESP2 and with the pushes of RESP3."""

    def each_protocol(self, *script):
        """Yield (the PubSub of a client, the protocol) for both; in `script`, answers are lists of the
        arguments of `bulks`, or bytes."""
        for protocol, kind in ((2, b"*"), (3, b">")):
            greeting = [(request("HELLO", 3), b"%0\r\n")] if protocol == 3 else []
            played = [
                (sent, b"".join(part if isinstance(part, bytes) else bulks(kind, *part) for part in answer))
                for sent, answer in script]
            client = self.client(greeting + played, protocol=protocol)
            with self.subTest(protocol=protocol), client.pubsub() as pubsub:
                yield pubsub

    def test_subscribes_and_receives(self):
        for pubsub in self.each_protocol(
                (request("SUBSCRIBE", "a", "b"),
                 [(b"subscribe", b"a", 1), (b"subscribe", b"b", 2), (b"message", b"b", b"hi")])):
            pubsub.subscribe("a", "b")
            self.assertEqual(pubsub.channels, {b"a", b"b"})
            self.assertEqual(pubsub.get_message(PATIENCE_S), Message("message", None, b"b", b"hi"))
            self.assertIsNone(pubsub.get_message(0))

    def test_patterns_and_shard_channels(self):
        for pubsub in self.each_protocol(
                (request("PSUBSCRIBE", "a*"), [(b"psubscribe", b"a*", 1)]),
                (request("SSUBSCRIBE", "s"),
                 [(b"pmessage", b"a*", b"ab", b"1"), (b"ssubscribe", b"s", 1), (b"smessage", b"s", b"2")])):
            pubsub.psubscribe("a*")
            pubsub.ssubscribe("s")
            self.assertEqual((pubsub.patterns, pubsub.shard_channels), ({b"a*"}, {b"s"}))
            self.assertEqual(pubsub.get_message(PATIENCE_S), Message("pmessage", b"a*", b"ab", b"1"))
            self.assertEqual(pubsub.get_message(PATIENCE_S), Message("smessage", None, b"s", b"2"))

    def test_unsubscribes_from_what_is_named_or_from_all(self):
        for pubsub in self.each_protocol(
                (request("SUBSCRIBE", "a", "b"), [(b"subscribe", b"a", 1), (b"subscribe", b"b", 2)]),
                (request("UNSUBSCRIBE", "a"), [(b"unsubscribe", b"a", 1)]),
                (request("UNSUBSCRIBE", "b"), [(b"unsubscribe", b"b", 0)])):
            pubsub.subscribe("a", "b")
            pubsub.unsubscribe("a")
            self.assertEqual(pubsub.channels, {b"b"})
            pubsub.unsubscribe()
            self.assertEqual(pubsub.channels, set())
            pubsub.unsubscribe()                # nothing is left: nothing is sent

    def test_a_subscription_ended_by_the_server(self):
        for pubsub in self.each_protocol(
                (request("SSUBSCRIBE", "s"), [(b"ssubscribe", b"s", 1), (b"sunsubscribe", b"s", 0)])):
            pubsub.ssubscribe("s")
            self.assertIsNone(pubsub.get_message(SHORT_S))
            self.assertEqual(pubsub.shard_channels, set())

    def test_other_pushes_in_between(self):
        invalidate = b">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n"
        for pubsub in self.each_protocol(
                (request("SUBSCRIBE", "a"),
                 [invalidate, b">1\r\n*0\r\n", b">0\r\n", (b"subscribe", b"a", 1), invalidate,
                  (b"message", b"a", b"hi")])):
            pubsub.subscribe("a")
            self.assertEqual(pubsub.get_message(PATIENCE_S).data, b"hi")

    def test_other_pushes_go_to_their_handler(self):
        pushes = []
        client = self.client([(request("HELLO", 3), b"%0\r\n"), (
            request("SUBSCRIBE", "a"), b">1\r\n$1\r\nx\r\n" + bulks(b">", b"subscribe", b"a", 1))],
            protocol=3, on_push=pushes.append)
        with client.pubsub() as pubsub:
            pubsub.subscribe("a")
        self.assertEqual(pushes, [[b"x"]])

    def test_a_refused_subscription(self):
        for pubsub in self.each_protocol(
                (request("SUBSCRIBE", "a"), [b"-NOPERM no\r\n"]),
                (request("SUBSCRIBE", "b"), [(b"subscribe", b"b", 1)])):
            with self.assertRaisesRegex(ReplyError, "NOPERM"):
                pubsub.subscribe("a")
            pubsub.subscribe("b")
            self.assertEqual(pubsub.channels, {b"b"})

    def test_half_a_message_is_kept_over_a_timeout(self):
        first, second = bulks(b"*", b"message", b"a", b"hi")[:20], bulks(b"*", b"message", b"a", b"hi")[20:]
        client = self.client([(request("SUBSCRIBE", "a"), bulks(b"*", b"subscribe", b"a", 1) + first),
                              (request("SUBSCRIBE", "b"), second + bulks(b"*", b"subscribe", b"b", 2))])
        with client.pubsub() as pubsub:
            pubsub.subscribe("a")
            self.assertIsNone(pubsub.get_message(SHORT_S))
            pubsub.subscribe("b")
            self.assertEqual(pubsub.get_message(PATIENCE_S).data, b"hi")

    def test_a_confirmation_that_does_not_come(self):
        client = self.client([(request("SUBSCRIBE", "a"), b"")], timeout_s=SHORT_S)
        with client.pubsub() as pubsub:
            with self.assertRaisesRegex(TimedOut, "did not answer SUBSCRIBE"):
                pubsub.subscribe("a")

    def test_a_lost_connection_is_reported_and_can_be_replaced(self):
        subscribed = bulks(b"*", b"subscribe", b"a", 1)
        client = self.client([(request("SUBSCRIBE", "a"), subscribed), (b"", HANG_UP)],
                             [(request("SUBSCRIBE", "b"), bulks(b"*", b"subscribe", b"b", 1))])
        with client.pubsub() as pubsub:
            pubsub.subscribe("a")
            with self.assertRaisesRegex(ConnectionLost, "closed the connection during subscriptions"):
                pubsub.get_message()
            with self.assertRaisesRegex(ConnectionLost, "not connected"):
                pubsub.get_message(0)
            pubsub.subscribe("b")
            self.assertEqual(pubsub.channels, {b"b"})

    def test_nothing_to_read_without_a_subscription(self):
        with self.assertRaises(ClientError):
            Client().pubsub().get_message(0)


if __name__ == "__main__":
    unittest.main()
