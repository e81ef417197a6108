"""Trying again: pauses, and what may be sent twice."""
import unittest
from unittest import mock

from redis_clone.client import (
    BusyLoadingError, ConnectionError, ConnectionLost, ConstantBackoff, DecorrelatedJitterBackoff, EqualJitterBackoff,
    ExponentialBackoff, ExponentialWithJitterBackoff, FullJitterBackoff, NoBackoff, ReadOnlyError, ResponseError, Retry,
    TimeoutError, default_backoff,
)
from redis_clone.client.retry import READING_COMMANDS

from .scripted import HANG_UP, SHORT_S, ClientTestCase, request

QUICK = Retry(NoBackoff(), 2)
CAREFUL = Retry(NoBackoff(), 2, (ConnectionError,), resend_writes=False)


class BackoffTest(unittest.TestCase):
    def test_pauses_in_seconds(self):
        self.assertEqual([ConstantBackoff(3).compute(failures) for failures in (1, 2, 9)], [3, 3, 3])
        self.assertEqual(NoBackoff().compute(5), 0)
        self.assertEqual([ExponentialBackoff(cap=10, base=1).compute(failures) for failures in (1, 2, 3, 4, 5000)],
                         [2, 4, 8, 10, 10])

    def test_jitter_stays_in_its_range(self):
        for _ in range(100):
            self.assertLessEqual(0, FullJitterBackoff(10, 1).compute(2))
            self.assertLessEqual(FullJitterBackoff(10, 1).compute(2), 4)
            self.assertTrue(2 <= EqualJitterBackoff(10, 1).compute(2) <= 4)
            self.assertTrue(0 <= ExponentialWithJitterBackoff(3, 1).compute(9) <= 3)
            backoff = DecorrelatedJitterBackoff(5, 1)
            pauses = [backoff.compute(failures) for failures in range(1, 9)]
            self.assertEqual(pauses[0], 1)
            self.assertTrue(all(1 <= pause <= 5 for pause in pauses))
            backoff.reset()
            self.assertEqual(backoff.compute(1), 1)

    def test_equal_ones_are_equal(self):
        self.assertEqual(ExponentialBackoff(1, 2), ExponentialBackoff(1, 2))
        self.assertEqual(hash(ExponentialBackoff(1, 2)), hash(ExponentialBackoff(1, 2)))
        self.assertNotEqual(ExponentialBackoff(1, 2), FullJitterBackoff(1, 2))
        self.assertEqual(default_backoff(), EqualJitterBackoff())
        self.assertEqual(Retry(NoBackoff(), 3), Retry(NoBackoff(), 3))
        self.assertNotEqual(Retry(NoBackoff(), 3), Retry(NoBackoff(), 4))


class CallWithRetryTest(unittest.TestCase):
    def attempts(self, retry, *outcomes, **options):
        """What a call comes to whose attempts have these outcomes, and the failures that were told."""
        outcomes, failures = iter(outcomes), []

        def do():
            outcome = next(outcomes)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        with mock.patch("time.sleep") as self.sleep:
            return retry.call_with_retry(do, failures.append, **options), failures

    def test_tries_again_after_pauses(self):
        first, second = ConnectionError("1"), TimeoutError("2")
        retry = Retry(ExponentialBackoff(100, 1), 2)
        self.assertEqual(self.attempts(retry, first, second, "done"), ("done", [first, second]))
        self.assertEqual([call.args for call in self.sleep.call_args_list], [(2,), (4,)])

    def test_gives_up(self):
        with self.assertRaisesRegex(ConnectionError, "3"):
            self.attempts(QUICK, *[ConnectionError(text) for text in "123"])
        self.assertEqual(QUICK.get_retries(), 2)

    def test_for_ever(self):
        self.assertEqual(self.attempts(Retry(NoBackoff(), -1), *[ConnectionError()] * 50, 1)[0], 1)

    def test_other_errors_are_raised_at_once(self):
        for retry, options in ((QUICK, {}), (Retry(NoBackoff(), 2, (TimeoutError,)), {})):
            with self.assertRaises((ValueError, ConnectionError)):
                self.attempts(retry, ValueError() if retry is QUICK else ConnectionError(), 1, **options)
        with self.assertRaises(ConnectionError):
            self.attempts(QUICK, ConnectionError(), 1, is_retryable=lambda error: False)

    def test_can_be_changed(self):
        retry = Retry(NoBackoff(), 0)
        retry.update_retries(1)
        retry.update_supported_errors([ReadOnlyError])
        self.assertEqual(self.attempts(retry, ReadOnlyError(), 1)[0], 1)


class SentTwiceTest(ClientTestCase):
    """What Redis does after a failure; each script is a connection."""

    SET, GET = request("SET", "k", "v"), request("GET", "k")

    def test_a_write_that_may_have_been_executed_is_not_repeated(self):
        redis = self.redis([(self.SET, HANG_UP)], retry=CAREFUL)
        with self.assertRaisesRegex(ConnectionLost, "during SET"):
            redis.set("k", "v")

    def test_a_read_is(self):
        redis = self.redis([(self.GET, HANG_UP)], [(self.GET, b"$1\r\n")], [(self.GET, b"$1\r\nv\r\n")], retry=CAREFUL,
                           socket_timeout=SHORT_S)
        with self.assertRaises(TimeoutError):       # not what CAREFUL repeats after
            redis.get("k")
        self.assertEqual(redis.get("k"), b"v")

    def test_a_write_of_which_nothing_was_sent_is(self):
        redis = self.redis([(self.SET, b"+OK\r\n"), (b"", HANG_UP)], [(self.SET, b"+OK\r\n")], retry=CAREFUL)
        self.assertTrue(redis.set("k", "v"))
        self.assertTrue(redis.connection_pool.free[0].wait(10))
        self.assertTrue(redis.set("k", "v"))

    def test_so_it_is_even_without_retries(self):
        redis = self.redis([(self.SET, b"+OK\r\n"), (b"", HANG_UP)], [(self.SET, b"+OK\r\n")], retry=None)
        redis.set("k", "v")
        self.assertTrue(redis.connection_pool.free[0].wait(10))
        self.assertTrue(redis.set("k", "v"))

    def test_a_server_that_loads_is_asked_again(self):
        redis = self.redis([(self.SET, b"-LOADING Redis is loading\r\n"), (self.SET, b"+OK\r\n")], retry=CAREFUL)
        self.assertTrue(redis.set("k", "v"))
        redis = self.redis([(self.SET, b"-LOADING Redis is loading\r\n")] * 3, retry=CAREFUL)
        with self.assertRaises(BusyLoadingError):
            redis.set("k", "v")

    def test_a_retry_of_ones_own_repeats_everything(self):
        redis = self.redis([(self.SET, HANG_UP)], [(self.SET, HANG_UP)], [(self.SET, b"+OK\r\n")], retry=QUICK)
        self.assertTrue(redis.set("k", "v"))

    def test_named_errors_repeat_everything(self):
        redis = self.redis([(self.SET, HANG_UP)], [(self.SET, b"+OK\r\n")], retry=CAREFUL,
                           retry_on_error=[ConnectionError])
        self.assertTrue(redis.set("k", "v"))
        redis = self.redis([(self.SET, b"")], [(self.SET, b"+OK\r\n")], retry=CAREFUL, retry_on_timeout=True,
                           socket_timeout=SHORT_S)
        self.assertTrue(redis.set("k", "v"))
        redis = self.redis([(self.SET, b"-READONLY no\r\n"), (self.SET, b"+OK\r\n")], retry=CAREFUL,
                           retry_on_error=[ReadOnlyError])
        self.assertTrue(redis.set("k", "v"))

    def test_error_replies_are_not_repeated(self):
        redis = self.redis([(self.SET, b"-ERR no\r\n")], retry=QUICK)
        with self.assertRaises(ResponseError):
            redis.set("k", "v")

    def test_a_wrong_password_is_not_tried_again(self):
        redis = self.redis([(request("AUTH", "x"), b"-WRONGPASS no\r\n")], retry=QUICK, password="x")
        with self.assertRaisesRegex(ConnectionError, "refused AUTH: WRONGPASS"):
            redis.ping()

    def test_pipelines_are_repeated_if_they_only_read(self):
        redis = self.redis([(self.GET * 2, HANG_UP)], [(self.GET * 2, b"$-1\r\n$-1\r\n")], retry=CAREFUL)
        self.assertEqual(redis.pipeline(False).get("k").get("k").execute(), [None, None])
        redis = self.redis([(self.GET + self.SET, HANG_UP)], retry=CAREFUL)
        with self.assertRaises(ConnectionLost):
            redis.pipeline(False).get("k").set("k", "v").execute()

    def test_the_names_of_reading_commands(self):
        self.assertIn("GET", READING_COMMANDS)
        self.assertIn("hgetall", READING_COMMANDS)
        for name in ("SET", "GETDEL", "GETEX", "XREADGROUP", "EVAL", "SORT", "INCR", "BLPOP"):
            self.assertNotIn(name, READING_COMMANDS)


if __name__ == "__main__":
    unittest.main()
