"""Client: one connection, raw replies; its pipelines and subscriptions."""
import os
import signal
import socket
import threading
import unittest

from redis_clone.client import (
    Client, ClientError, ConnectionFailed, ConnectionLost, Message, PipelineError, ReplyError, TimedOut, WatchFailed,
)

from .scripted import HANG_UP, PATIENCE_S, SHORT_S, ClientTestCase, fork, request


class ClientTest(ClientTestCase):
    @unittest.skipUnless(hasattr(os, "fork"), "this system has no fork")
    def test_a_child_process_does_not_wait_for_threads_that_it_does_not_have(self):
        client = Client("127.0.0.1", 1)
        with client._lock:                  # as another thread might, when this one forks
            child = fork()
            if not child:
                signal.alarm(PATIENCE_S)
                try:
                    client.execute("PING")
                except ConnectionFailed:
                    os._exit(0)
                os._exit(1)
            self.assertEqual(os.waitpid(child, 0)[1], 0)

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
