"""Subscriptions of Redis: messages, functions, threads, lost connections."""
import threading
import time
import unittest
from unittest import mock

from redis_clone.client import ConnectionError, NoPermissionError, NoBackoff, PubSubError, Redis, Retry

from ..support import ServerTestCase
from .scripted import HANG_UP, PATIENCE_S, SHORT_S, ClientTestCase, request


def confirmation(kind, name, count):
    return b"*3\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n:%d\r\n" % (len(kind), kind, len(name), name, count)


def message(channel, data):
    return b"*3\r\n$7\r\nmessage\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n" % (len(channel), channel, len(data), data)


class PubSubTest(ServerTestCase):
    """Each test runs with RESP2 and RESP3, with bytes and str."""

    def in_all_modes(self, **options):
        for protocol in (2, 3):
            for decoded in (False, True):
                redis = Redis(port=self.server.port, protocol=protocol, decode_responses=decoded,
                              socket_timeout=PATIENCE_S)
                with self.subTest(protocol=protocol, decoded=decoded), redis, redis.pubsub(**options) as pubsub:
                    self.text = (lambda text: text) if decoded else str.encode
                    yield redis, pubsub

    def check(self, message, kind, channel, data, pattern=None):
        def text(value):
            return self.text(value) if isinstance(value, str) else value

        self.assertEqual(message, {
            "type": kind, "pattern": text(pattern), "channel": text(channel), "data": text(data)})

    def publish(self, redis, channel):
        """Publish something as soon as somebody is there to hear it."""
        deadline = time.monotonic() + PATIENCE_S
        while not redis.publish(channel, "x"):
            self.assertLess(time.monotonic(), deadline)

    def next(self, pubsub):
        return pubsub.get_message(timeout=PATIENCE_S)

    def test_the_life_of_a_subscription(self):
        for redis, pubsub in self.in_all_modes():
            self.assertFalse(pubsub.subscribed)
            self.assertIsNone(pubsub.get_message())
            pubsub.subscribe("a", ["b"])
            self.assertTrue(pubsub.subscribed)
            self.check(self.next(pubsub), "subscribe", "a", 1)
            self.check(self.next(pubsub), "subscribe", "b", 2)
            self.assertIsNone(pubsub.get_message())
            self.assertEqual(redis.publish("a", "hi"), 1)
            self.check(self.next(pubsub), "message", "a", "hi")
            pubsub.unsubscribe("a")
            self.check(self.next(pubsub), "unsubscribe", "a", 1)
            pubsub.unsubscribe()
            self.assertTrue(pubsub.subscribed)
            self.check(self.next(pubsub), "unsubscribe", "b", 0)
            self.assertFalse(pubsub.subscribed)

    def test_patterns_and_shard_channels(self):
        for redis, pubsub in self.in_all_modes(ignore_subscribe_messages=True):
            pubsub.psubscribe("a*")
            pubsub.ssubscribe("s")
            self.assertIsNone(self.next(pubsub))
            self.assertIsNone(self.next(pubsub))
            redis.publish("ab", "1")
            self.check(self.next(pubsub), "pmessage", "ab", "1", pattern="a*")
            redis.spublish("s", "2")
            self.check(pubsub.get_sharded_message(timeout=PATIENCE_S), "smessage", "s", "2")
            pubsub.punsubscribe("a*")
            pubsub.sunsubscribe()
            self.next(pubsub), self.next(pubsub)
            self.assertFalse(pubsub.subscribed)

    def test_functions_take_their_messages(self):
        for redis, pubsub in self.in_all_modes():
            taken = []
            pubsub.subscribe("b", a=taken.append)
            pubsub.psubscribe(**{"p*": taken.append})
            for _ in range(3):
                self.assertIsNone(pubsub.get_message(ignore_subscribe_messages=True, timeout=PATIENCE_S))
            for channel in "a", "b", "pp":
                redis.publish(channel, "x")
            self.assertIsNone(self.next(pubsub))
            self.check(self.next(pubsub), "message", "b", "x")
            self.assertIsNone(self.next(pubsub))
            self.check(taken[0], "message", "a", "x")
            self.check(taken[1], "pmessage", "pp", "x", pattern="p*")

    def test_listen_ends_with_the_last_subscription(self):
        for redis, pubsub in self.in_all_modes():
            pubsub.subscribe("a")
            kinds = []
            for message in pubsub.listen():
                kinds.append(message["type"])
                if message["type"] == "subscribe":
                    redis.publish("a", "x")
                else:
                    pubsub.unsubscribe()
            self.assertEqual(kinds, ["subscribe", "message", "unsubscribe"])

    def test_pings(self):
        for redis, pubsub in self.in_all_modes():
            pubsub.subscribe("a")
            self.next(pubsub)
            pubsub.ping()
            self.check(self.next(pubsub), "pong", None, "")
            pubsub.ping("hello")
            self.check(self.next(pubsub), "pong", None, "hello")

    def test_a_thread_receives(self):
        for redis, pubsub in self.in_all_modes():
            got = threading.Event()
            pubsub.subscribe(a=lambda message: got.set())
            thread = pubsub.run_in_thread(sleep_time=0.01, daemon=True)
            self.publish(redis, "a")
            self.assertTrue(got.wait(PATIENCE_S))
            more = threading.Event()
            pubsub.subscribe(b=lambda message: more.set())      # from this thread, while that one waits
            self.publish(redis, "b")
            self.assertTrue(more.wait(PATIENCE_S))
            thread.stop()
            thread.join(PATIENCE_S)
            self.assertFalse(thread.is_alive() or pubsub.subscribed)

    def test_a_thread_reports_what_a_function_raises(self):
        for redis, pubsub in self.in_all_modes():
            caught = []

            def report(error, which, thread):
                caught.append((type(error), which))
                thread.stop()

            pubsub.subscribe(a=lambda message: 1 / 0)
            thread = pubsub.run_in_thread(exception_handler=report)
            self.publish(redis, "a")
            thread.join(PATIENCE_S)
            self.assertEqual(caught, [(ZeroDivisionError, pubsub)])

    def test_can_be_closed_while_a_thread_receives(self):
        for redis, pubsub in self.in_all_modes():
            received = []
            pubsub.subscribe("a")
            self.next(pubsub)
            thread = threading.Thread(target=lambda: received.append(pubsub.get_message(timeout=None)))
            thread.start()
            pubsub.close()
            thread.join(PATIENCE_S)
            self.assertEqual(received, [None])

    def test_a_thread_needs_a_function_for_everything(self):
        for redis, pubsub in self.in_all_modes():
            pubsub.subscribe("a", b=print)
            with self.assertRaisesRegex(PubSubError, "'a'"):
                pubsub.run_in_thread()
            with self.assertRaises(PubSubError):
                pubsub.subscribe()

    def test_resubscribes_when_the_connection_was_lost(self):
        for redis, pubsub in self.in_all_modes():
            pubsub.subscribe("a")
            pubsub.psubscribe("p*")
            pubsub.ssubscribe("s")
            for _ in range(3):
                self.next(pubsub)
            redis.execute_command("CLIENT KILL", "TYPE", "pubsub")
            for kind, name in (("subscribe", "a"), ("psubscribe", "p*"), ("ssubscribe", "s")):
                message = self.next(pubsub)
                self.assertEqual((message["type"], message["channel"]), (kind, self.text(name)))
            redis.publish("pp", "x")
            self.check(self.next(pubsub), "pmessage", "pp", "x", pattern="p*")


class LostConnectionTest(ClientTestCase):
    SUBSCRIBED = (request("SUBSCRIBE", "a"), confirmation(b"subscribe", b"a", 1))

    def test_subscribing_more_after_a_loss_that_was_not_noticed(self):
        redis = self.redis([self.SUBSCRIBED, (b"", HANG_UP)], [
            self.SUBSCRIBED, (request("SUBSCRIBE", "b"), confirmation(b"subscribe", b"b", 2))])
        pubsub = redis.pubsub()
        pubsub.subscribe("a")
        pubsub.get_message(timeout=PATIENCE_S)
        self.assertEqual(pubsub.get_message(timeout=PATIENCE_S)["channel"], b"a")
        pubsub.subscribe("b")
        self.assertEqual(pubsub.get_message(timeout=PATIENCE_S)["channel"], b"b")
        pubsub.close()

    def test_what_was_being_left_is_not_subscribed_to_again(self):
        for names in ((), ("a",)):
            redis = self.redis([self.SUBSCRIBED, (request("UNSUBSCRIBE", *names), HANG_UP)], [(b"", b"")])
            with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
                pubsub.subscribe("a")
                self.assertIsNone(pubsub.get_message(timeout=PATIENCE_S))
                pubsub.unsubscribe(*names)
                self.assertEqual(list(pubsub.listen()), [])
                self.assertEqual((pubsub.subscribed, pubsub.channels), (False, {}))

    def test_leaving_after_a_loss(self):
        redis = self.redis([self.SUBSCRIBED], [(request("UNSUBSCRIBE"), confirmation(b"unsubscribe", b"a", 0))])
        with redis.pubsub() as pubsub:
            pubsub.subscribe("a")
            pubsub.get_message(timeout=PATIENCE_S)
            pubsub.connection.close()
            pubsub.unsubscribe()
            self.assertEqual((pubsub.subscribed, pubsub.channels), (False, {}))

    def test_an_interrupted_resubscription_begins_anew(self):
        redis = self.redis([self.SUBSCRIBED], [(b"", b"")], [(request("SUBSCRIBE", "a"), message(b"a", b"hi"))])
        with redis.pubsub() as pubsub:
            pubsub.subscribe("a")
            pubsub.get_message(timeout=PATIENCE_S)
            pubsub.connection.close()
            with mock.patch.object(pubsub.connection, "send", side_effect=KeyboardInterrupt):
                with self.assertRaises(KeyboardInterrupt):
                    pubsub.get_message(timeout=PATIENCE_S)
            self.assertEqual(pubsub.get_message(timeout=PATIENCE_S)["data"], b"hi")

    def test_what_could_not_be_subscribed_to_is_not_tried_later(self):
        pubsub = Redis(port=1, retry=None).pubsub()
        with self.assertRaises(ConnectionError):
            pubsub.subscribe("a")
        self.assertEqual((pubsub.subscribed, pubsub.channels), (False, {}))
        redis = self.redis([(request("SUBSCRIBE", "a"), b"")])
        with redis.pubsub() as pubsub:
            pubsub._connect()
            with mock.patch.object(pubsub.connection, "send", side_effect=KeyboardInterrupt):
                with self.assertRaises(KeyboardInterrupt):
                    pubsub.subscribe("b")
            pubsub.subscribe("a")
            self.assertEqual(set(pubsub.channels), {b"a"})

    def test_a_function_is_there_before_the_first_message(self):
        redis = self.redis([(request("SUBSCRIBE", "a"), b"")])
        with redis.pubsub() as pubsub:
            pubsub._connect()
            send, known = pubsub.connection.send, []
            pubsub.connection.send = lambda *args: (send(*args), known.append(pubsub.channels[b"a"]))
            pubsub.subscribe(a=print)
        self.assertEqual(known, [print])

    def test_may_be_closed_by_a_signal_handler_at_any_time(self):
        for method in ("wait", "next_item"):
            redis = self.redis([self.SUBSCRIBED])
            pubsub = redis.pubsub()
            pubsub.subscribe("a")
            connection = pubsub.connection
            interrupted = getattr(connection, method)
            setattr(connection, method, lambda *args: (pubsub.close(), interrupted(*args))[1])
            self.assertIsNone(pubsub.get_message(timeout=PATIENCE_S))
            self.assertFalse(connection.connected)

    def test_says_so_when_the_server_stays_away(self):
        server = self.serve([self.SUBSCRIBED, (b"", HANG_UP)])
        pubsub = Redis("127.0.0.1", server.port, lib_name=None, retry=Retry(NoBackoff(), 1)).pubsub()
        pubsub.subscribe("a")
        server.finish()
        pubsub.get_message(timeout=PATIENCE_S)
        with self.assertRaisesRegex(ConnectionError, "cannot connect"):
            pubsub.get_message(timeout=PATIENCE_S)

    def test_a_refused_subscription(self):
        redis = self.redis([(request("SUBSCRIBE", "a"), b"-NOPERM no\r\n")])
        with redis.pubsub() as pubsub:
            pubsub.subscribe("a")
            with self.assertRaises(NoPermissionError):
                pubsub.get_message(timeout=PATIENCE_S)

    def test_half_a_message_is_kept_over_a_timeout(self):
        whole = message(b"a", b"hi")
        redis = self.redis([(self.SUBSCRIBED[0], self.SUBSCRIBED[1] + whole[:20]), (request("PING"), whole[20:])])
        with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
            pubsub.subscribe("a")
            self.assertIsNone(pubsub.get_message(timeout=PATIENCE_S))
            self.assertIsNone(pubsub.get_message(timeout=SHORT_S))
            pubsub.ping()
            self.assertEqual(pubsub.get_message(timeout=PATIENCE_S)["data"], b"hi")

    def test_a_silent_server_is_replaced(self):
        check = request("PING", "redis-clone-health-check")
        pong = b"*2\r\n$4\r\npong\r\n$24\r\nredis-clone-health-check\r\n"
        redis = self.redis([self.SUBSCRIBED, (check, pong), (check, b"")], [
            (self.SUBSCRIBED[0], self.SUBSCRIBED[1] + message(b"a", b"hi"))], health_check_interval=SHORT_S)
        with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
            pubsub.subscribe("a")
            self.assertEqual(next(pubsub.listen())["data"], b"hi")

    def test_other_pushes_go_to_their_handler(self):
        pushes = []
        push = b">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n"
        redis = self.redis([(request("HELLO", 3), b"%0\r\n"), (
            request("SUBSCRIBE", "a"), push + confirmation(b"subscribe", b"a", 1).replace(b"*", b">"))], protocol=3)
        with redis.pubsub(push_handler_func=pushes.append) as pubsub:
            pubsub.subscribe("a")
            self.assertEqual(pubsub.get_message(timeout=PATIENCE_S)["type"], "subscribe")
        self.assertEqual(pushes, [["invalidate", [b"k"]]])


if __name__ == "__main__":
    unittest.main()
