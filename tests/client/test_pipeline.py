"""Pipelines and transactions of Redis."""
import unittest

from redis_clone.client import (
    ConnectionError, ConnectionLost, DataError, ExecAbortError, NoPermissionError, NoScriptError, Redis, RedisError,
    ResponseError, WatchError,
)

from ..support import ServerTestCase
from .scripted import HANG_UP, PATIENCE_S, ClientTestCase, request


class PipelineCase(ServerTestCase):
    def setUp(self):
        super().setUp()
        self.redis = Redis(port=self.server.port, socket_timeout=PATIENCE_S)
        self.addCleanup(self.redis.close)


class PipelineTest(PipelineCase):
    def test_queues_in_any_style_and_returns_all_results(self):
        for transaction in (True, False):
            self.redis.flushall()
            with self.redis.pipeline(transaction) as pipe:
                self.assertIs(pipe.set("a", 1), pipe)
                pipe.incr("a").hset("h", "f", 1.5).hgetall("h")
                pipe.execute_command("GET", "a", convert=int)
                self.assertEqual(len(pipe), 5)
                self.assertTrue(pipe)
                self.assertEqual(pipe.execute(), [True, 2, 1, {b"f": b"1.5"}, 2])
                self.assertEqual((len(pipe), bool(pipe), pipe.execute()), (0, True, []))
                self.assertEqual(pipe.get("a").execute(), [b"2"])
            self.assertEqual(len(self.redis.connection_pool.free), 1)

    def test_decodes(self):
        redis = Redis(port=self.server.port, decode_responses=True)
        self.addCleanup(redis.close)
        self.assertEqual(redis.pipeline().set("k", "\u00e9").get("k").execute(), [True, "\u00e9"])

    def test_the_first_error_is_raised_with_its_command(self):
        for transaction in (True, False):
            self.redis.set("a", "text")
            pipe = self.redis.pipeline(transaction).get("a").incr("a").lpush("a", "x" * 200)
            with self.assertRaisesRegex(
                    ResponseError, r"^Command # 2 \(INCRBY a 1\) of pipeline caused error: value is not an integer"):
                pipe.execute()
            self.assertEqual(len(pipe), 0)

    def test_long_commands_are_shortened_in_texts(self):
        pipe = self.redis.pipeline(False).execute_command("NONSENSE", b"x" * 200)
        with self.assertRaisesRegex(ResponseError, r"\(NONSENSE x{88}\.\.\.\)"):
            pipe.execute()

    def test_errors_as_values(self):
        for transaction in (True, False):
            self.redis.set("a", "text")
            error, value = self.redis.pipeline(transaction).lpush("a", 1).get("a").execute(raise_on_error=False)
            self.assertEqual((type(error), error.code, value), (ResponseError, "WRONGTYPE", b"text"))

    def test_a_command_that_is_refused_when_queued_stops_a_transaction(self):
        pipe = self.redis.pipeline().set("a", 1).execute_command("NONSENSE", "x")
        with self.assertRaisesRegex(ResponseError, r"^Command # 2 \(NONSENSE x\) of pipeline caused error: unknown"):
            pipe.execute()
        self.assertFalse(self.redis.exists("a"))

    def test_wrong_arguments_send_nothing(self):
        pipe = self.redis.pipeline(False).set("a", 1).set("b", None)
        with self.assertRaises(DataError):
            pipe.execute()
        self.assertFalse(self.redis.exists("a"))
        self.assertEqual(self.redis.pipeline(False).get("a").execute(), [None])

    def test_a_failing_converter_does_no_harm(self):
        pipe = self.redis.pipeline(False).get("a").execute_command("GET", "a", convert=lambda reply: 1 / 0)
        with self.assertRaises(ZeroDivisionError):
            pipe.execute()
        self.assertEqual(self.redis.echo("x"), b"x")

    def test_more_than_any_buffer_holds(self):
        pipe = self.redis.pipeline(False)
        for number in range(2000):
            pipe.set(f"k{number}", "x" * 1000).get(f"k{number}")
        results = pipe.execute()
        self.assertEqual((len(results), results[0], results[-1]), (4000, True, b"x" * 1000))

    def test_scripts_are_loaded_when_the_server_does_not_know_them(self):
        script = self.redis.register_script("return {KEYS[1], ARGV[1]}")
        for transaction in (True, False):
            self.redis.script_flush()
            pipe = self.redis.pipeline(transaction)
            script(keys=["k"], args=[1], client=pipe)
            script(keys=["k"], args=[2], client=pipe)
            self.assertEqual(pipe.execute(), [[b"k", b"1"], [b"k", b"2"]])


class WatchTest(PipelineCase):
    def test_executes_at_once_until_multi(self):
        self.redis.set("a", 1)
        with self.redis.pipeline() as pipe:
            self.assertTrue(pipe.watch("a"))
            self.assertEqual(pipe.get("a"), b"1")
            pipe.multi()
            self.assertIs(pipe.set("a", 2), pipe)
            self.assertEqual(pipe.execute(), [True])
            self.assertFalse(pipe.watching)
        self.assertEqual(self.redis.get("a"), b"2")

    def test_a_changed_key_stops_the_transaction(self):
        with self.redis.pipeline() as pipe:
            pipe.watch("a")
            self.redis.set("a", "other")
            pipe.multi()
            pipe.set("a", "mine")
            with self.assertRaises(WatchError):
                pipe.execute()
        self.assertEqual(self.redis.get("a"), b"other")
        self.assertEqual(self.redis.pipeline().get("a").execute(), [b"other"])

    def test_unwatch_and_reset_forget_the_watch(self):
        for forget in ("unwatch", "reset", "discard"):
            pipe = self.redis.pipeline()
            pipe.watch("a")
            getattr(pipe, forget)()
            self.redis.set("a", forget)
            self.assertEqual(pipe.set("a", "mine").execute(), [True])
            self.assertTrue(pipe.unwatch())
        self.assertEqual(len(self.redis.connection_pool.free), 2)

    def test_an_empty_transaction_tells_whether_keys_were_changed(self):
        pipe = self.redis.pipeline()
        pipe.watch("a")
        self.assertEqual(pipe.execute(), [])
        pipe.watch("a")
        self.redis.set("a", 1)
        with self.assertRaises(WatchError):
            pipe.execute()

    def test_wrong_order(self):
        pipe = self.redis.pipeline()
        pipe.set("a", 1)
        with self.assertRaisesRegex(RedisError, "without an initial WATCH"):
            pipe.multi()
        pipe.reset()
        pipe.watch("a")
        pipe.multi()
        with self.assertRaisesRegex(RedisError, "nested calls to MULTI"):
            pipe.multi()
        with self.assertRaisesRegex(RedisError, "WATCH after a MULTI"):
            pipe.watch("b")
        pipe.close()

    def test_a_dropped_pipeline_gives_its_connection_back_unwatched(self):
        pipe = self.redis.pipeline()
        pipe.watch("a")
        pipe.__del__()
        pipe.connection = None
        self.redis.set("a", 1)
        self.assertEqual(self.redis.pipeline().get("a").execute(), [b"1"])


class FailureTest(ClientTestCase):
    WATCH = (request("WATCH", "k"), b"+OK\r\n")

    def test_a_lost_connection_is_a_lost_watch(self):
        redis = self.redis([self.WATCH, (request("GET", "k"), HANG_UP)], [(request("PING"), b"+PONG\r\n")])
        with redis.pipeline() as pipe:
            pipe.watch("k")
            with self.assertRaisesRegex(WatchError, "the connection that watched is gone: .* during GET"):
                pipe.get("k")
        self.assertTrue(redis.ping())

    def test_also_when_the_transaction_is_sent(self):
        transaction = request("MULTI") + request("GET", "k") + request("EXEC")
        redis = self.redis([self.WATCH, (transaction, HANG_UP)])
        with redis.pipeline() as pipe:
            pipe.watch("k")
            pipe.multi()
            with self.assertRaises(WatchError):
                pipe.get("k").execute()

    def test_a_loss_names_the_pipeline(self):
        redis = self.redis([(request("INCRBY", "k", 1) * 2, [b":1\r\n"]), (b"", HANG_UP)])
        with self.assertRaisesRegex(ConnectionLost, r"during a pipeline of 2 commands \(the first: INCRBY\)"):
            redis.pipeline(False).incr("k").incr("k").execute()
        with self.assertRaises(ConnectionError):
            Redis(port=1, retry=None).pipeline().get("k").execute()

    def test_replies_to_exec_that_do_not_fit(self):
        transaction = request("MULTI") + request("GET", "k") + request("EXEC")
        for answer, kind in ((b"*2\r\n:1\r\n:2\r\n", ResponseError), (b":1\r\n", ResponseError),
                             (b"-EXECABORT no\r\n", ExecAbortError), (b"-NOSCRIPT no\r\n", NoScriptError)):
            redis = self.redis([(transaction, b"+OK\r\n+QUEUED\r\n" + answer)])
            with self.assertRaises(kind):
                redis.pipeline().get("k").execute()

    def test_the_next_command_is_not_queued_when_exec_is_refused(self):
        transaction = request("MULTI") + request("GET", "k") + request("EXEC")
        redis = self.redis([(transaction, b"+OK\r\n+QUEUED\r\n-NOPERM no\r\n")],
                           [(request("GET", "k"), b"$1\r\na\r\n")])
        with self.assertRaises(NoPermissionError):
            redis.pipeline().get("k").execute()
        self.assertEqual(redis.get("k"), b"a")

    def test_an_interrupted_watch_is_no_watch_of_the_next_user(self):
        redis = self.redis([self.WATCH], [(request("GET", "k"), b"$1\r\na\r\n")])
        pipe = redis.pipeline()
        attempt = pipe._attempt

        def interrupted(*args):
            attempt(*args)
            raise KeyboardInterrupt

        pipe._attempt = interrupted
        with self.assertRaises(KeyboardInterrupt), pipe:
            pipe.watch("k")
        self.assertEqual(redis.get("k"), b"a")

    def test_multi_is_refused(self):
        transaction = request("MULTI") + request("GET", "k") + request("EXEC")
        redis = self.redis([(transaction, b"-NOAUTH a\r\n-NOAUTH b\r\n-NOAUTH c\r\n")])
        with self.assertRaisesRegex(RedisError, "^a$"):
            redis.pipeline().get("k").execute()


if __name__ == "__main__":
    unittest.main()
