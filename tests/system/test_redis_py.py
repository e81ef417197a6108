"""redis-py, where it is installed: what programs do with it every day, in RESP2 and RESP3."""

import threading
import unittest

from tests.system.support import PATIENCE_S, SystemTestCase, wait_until

try:
    import redis
    import redis.backoff
    import redis.retry
except ImportError:
    redis = None


@unittest.skipUnless(redis and redis.VERSION >= (5,), "redis-py 5 or newer is not installed")
class RedisPyTestCase(SystemTestCase):
    shared = True
    protocol = 2

    def setUp(self):
        super().setUp()
        self.redis = self.new_client()

    def new_client(self, **options):
        client = redis.Redis(port=self.server.port, **{
            "protocol": self.protocol, "decode_responses": True, "socket_timeout": PATIENCE_S, **options})
        self.addCleanup(client.close)
        return client


class EverydayTest(RedisPyTestCase):
    def test_strings(self):
        client = self.redis
        self.assertTrue(client.set("k", "v", ex=100))
        self.assertIsNone(client.set("k", "other", nx=True))
        self.assertEqual(client.set("k", "new", get=True), "v")
        self.assertEqual(client.getrange("k", 0, 1), "ne")
        self.assertEqual(client.incrby("n", 5), 5)
        self.assertEqual(client.incrbyfloat("n", 0.5), 5.5)
        self.assertTrue(client.mset({"a": 1, "b": 2}))
        self.assertEqual(client.mget("a", "nothing", "b"), ["1", None, "2"])
        self.assertEqual(client.getex("k", px=5000), "new")
        self.assertEqual(client.getdel("k"), "new")

    def test_bytes_go_in_and_come_back(self):
        client = self.new_client(decode_responses=False)
        value = bytes(range(256)) * 300
        client.set(b"\xff\0", value)
        self.assertEqual(client.get(b"\xff\0"), value)

    def test_keys(self):
        client = self.redis
        client.mset({"a": 1, "b": 2})
        self.assertEqual(client.exists("a", "b", "c"), 2)
        self.assertTrue(client.expire("a", 100, gt=False))
        self.assertTrue(90 < client.ttl("a") <= 100)
        self.assertTrue(client.persist("a"))
        self.assertEqual(client.type("a"), "string")
        self.assertTrue(client.rename("a", "c"))
        self.assertTrue(client.copy("c", "d"))
        self.assertEqual(sorted(client.keys("*")), ["b", "c", "d"])
        self.assertEqual(client.unlink("b", "c"), 2)
        self.assertEqual(client.randomkey(), "d")
        self.assertEqual(client.dbsize(), 1)

    def test_lists(self):
        client = self.redis
        client.rpush("l", *range(10))
        self.assertEqual(client.lrange("l", 0, 2), ["0", "1", "2"])
        self.assertEqual(client.lpop("l", 2), ["0", "1"])
        self.assertEqual(client.lpos("l", "5"), 3)
        self.assertEqual(client.linsert("l", "before", "5", "x"), 9)
        self.assertEqual(client.lmove("l", "m", "RIGHT", "LEFT"), "9")
        self.assertEqual(client.lmpop(2, "nothing", "l", direction="LEFT", count=2), ["l", ["2", "3"]])

    def test_hashes(self):
        client = self.redis
        self.assertEqual(client.hset("h", mapping={"a": 1, "b": 2}), 2)
        self.assertEqual(client.hgetall("h"), {"a": "1", "b": "2"})
        self.assertEqual(client.hincrbyfloat("h", "a", 0.5), 1.5)
        self.assertIn(client.hrandfield("h"), ("a", "b"))
        self.assertEqual(dict(client.hscan_iter("h")), {"a": "1.5", "b": "2"})

    def test_sets(self):
        client = self.redis
        client.sadd("s", "a", "b", "c")
        client.sadd("t", "b", "c", "d")
        self.assertEqual(set(client.sinter("s", "t")), {"b", "c"})
        self.assertEqual(client.sintercard(2, ["s", "t"]), 2)
        self.assertEqual(client.smismember("s", ["a", "x"]), [1, 0])
        self.assertEqual(set(client.sscan_iter("s")), {"a", "b", "c"})
        self.assertIn(client.spop("s"), {"a", "b", "c"})

    def test_sorted_sets(self):
        client = self.redis
        client.zadd("z", {"a": 1, "b": 2.5, "c": 3})
        self.assertEqual(client.zscore("z", "b"), 2.5)
        self.assertEqual([tuple(pair) for pair in client.zrange("z", 0, -1, withscores=True)],
                         [("a", 1.0), ("b", 2.5), ("c", 3.0)])
        self.assertEqual(client.zrangebyscore("z", "(1", "+inf", start=0, num=1), ["b"])
        self.assertEqual(client.zincrby("z", 4, "a"), 5.0)
        self.assertEqual(client.zrevrank("z", "a"), 0)
        self.assertEqual(dict(client.zscan_iter("z")), {"a": 5.0, "b": 2.5, "c": 3.0})

    def test_scan_iter_finds_every_key(self):
        client = self.redis
        client.mset({f"key:{number}": number for number in range(1000)})
        client.sadd("set", "member")
        self.assertEqual(len(set(client.scan_iter())), 1001)
        self.assertEqual(len(set(client.scan_iter("key:1??", count=50))), 100)
        self.assertEqual(list(client.scan_iter(_type="set")), ["set"])

    def test_errors_are_the_expected_exceptions(self):
        self.redis.set("k", "v")
        with self.assertRaisesRegex(redis.ResponseError, "^WRONGTYPE Operation against a key"):
            self.redis.lpush("k", 1)
        with self.assertRaisesRegex(redis.ResponseError, "value is not an integer or out of range"):
            self.redis.incr("k")

    def test_passwords(self):
        self.redis.config_set("requirepass", "secret")
        client = self.new_client(password="secret")
        self.addCleanup(client.config_set, "requirepass", "")
        self.assertTrue(client.ping())
        at_once = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
        for wrong in ({"password": "wrong"}, {}):
            with self.assertRaises(redis.AuthenticationError):
                self.new_client(retry=at_once, **wrong).ping()

    def test_connections(self):
        client = self.new_client(db=3, client_name="me")
        client.set("k", "v")
        self.assertEqual(client.client_getname(), "me")
        mine = client.client_info()
        self.assertEqual((int(mine["db"]), int(mine["resp"])), (3, self.protocol))
        self.assertIn(str(mine["id"]), [one["id"] for one in client.client_list()])
        self.assertFalse(self.redis.exists("k"))
        self.assertEqual(self.redis.info("server")["redis_version"], "7.2.6")
        self.assertEqual(self.redis.config_get("maxmemory*")["maxmemory"], "0")
        self.assertEqual(self.redis.command_count(), len(self.redis.command()))


class PipelineTest(RedisPyTestCase):
    def test_replies_come_in_order(self):
        pipeline = self.redis.pipeline(transaction=False)
        for number in range(1000):
            pipeline.set(f"k{number}", number).get(f"k{number}")
        self.assertEqual(pipeline.execute()[1::2], [str(number) for number in range(1000)])

    def test_a_transaction_runs_all_or_nothing(self):
        pipeline = self.redis.pipeline()
        self.assertEqual(pipeline.incr("n").incr("n").lpush("l", "a").execute(), [1, 2, 1])
        pipeline.execute_command("NOSUCH")
        with self.assertRaises(redis.ResponseError):
            pipeline.incr("n").execute()
        self.assertEqual(self.redis.get("n"), "2")

    def test_a_watched_key_that_changes_stops_the_transaction(self):
        with self.redis.pipeline() as pipeline:
            pipeline.watch("n")
            self.redis.set("n", 1)
            pipeline.multi()
            pipeline.incr("n")
            with self.assertRaises(redis.WatchError):
                pipeline.execute()

    def test_optimistic_increments_of_many_threads_lose_nothing(self):
        def increment():
            for _ in range(20):
                self.redis.transaction(lambda pipeline: add_one(pipeline), "n")

        def add_one(pipeline):
            value = int(pipeline.get("n") or 0)
            pipeline.multi()
            pipeline.set("n", value + 1)

        threads = [threading.Thread(target=increment) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
        self.assertEqual(self.redis.get("n"), "80")


class WaitingTest(RedisPyTestCase):
    def later(self, *command):
        """Run a command of another client as soon as somebody is blocked."""
        def run():
            wait_until(lambda: self.info("clients")["blocked_clients"] == "1", "a blocked client")
            with redis.Redis(port=self.server.port) as client:
                client.execute_command(*command)

        thread = threading.Thread(target=run)
        thread.start()
        self.addCleanup(thread.join)

    def test_blocking_pops_wait_for_an_element(self):
        self.later("RPUSH", "l", "v")
        self.assertEqual(list(self.redis.blpop(["k", "l"], timeout=PATIENCE_S)), ["l", "v"])
        self.later("ZADD", "z", "2", "m")
        self.assertEqual(list(self.redis.bzpopmin("z", timeout=PATIENCE_S)), ["z", "m", 2.0])
        self.later("RPUSH", "from", "v")
        self.assertEqual(self.redis.blmove("from", "to", timeout=PATIENCE_S), "v")

    def test_blocking_pops_time_out(self):
        self.assertIsNone(self.redis.blpop("l", timeout=0.01))
        self.assertIsNone(self.redis.blmove("l", "m", timeout=0.01))
        self.assertIsNone(self.redis.bzpopmax("z", timeout=0.01))

    def test_a_queue_between_threads_delivers_everything_once(self):
        taken = []

        def work():
            client = self.new_client()
            while True:
                _, job = client.blpop("jobs", timeout=PATIENCE_S)
                if job == "end":
                    return
                taken.append(int(job))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(400):
            self.redis.rpush("jobs", number)
        self.redis.rpush("jobs", *["end"] * 4)
        for thread in threads:
            thread.join(PATIENCE_S)
        self.assertEqual(sorted(taken), list(range(400)))

    def test_a_lock_of_set_nx_and_a_transaction(self):
        # redis-py's own Lock needs scripts.
        self.assertTrue(self.redis.set("lock", "mine", nx=True, px=30_000))
        self.assertIsNone(self.new_client().set("lock", "other", nx=True, px=30_000))

        def release(pipeline):
            self.assertEqual(pipeline.get("lock"), "mine")
            pipeline.multi()
            pipeline.delete("lock")

        self.redis.transaction(release, "lock")
        self.assertTrue(self.new_client().set("lock", "other", nx=True, px=30_000))


class PubSubTest(RedisPyTestCase):
    """Not PING: in RESP3 its reply confuses redis-py, whatever the server."""

    def setUp(self):
        super().setUp()
        self.pubsub = self.redis.pubsub()
        self.addCleanup(self.pubsub.close)

    def next(self):
        message = wait_until(lambda: self.pubsub.get_message(timeout=1), "a message")
        return message["type"], message["pattern"], message["channel"], message["data"]

    def test_channels_and_patterns(self):
        self.pubsub.subscribe("news")
        self.pubsub.psubscribe("n*")
        self.assertEqual(self.next(), ("subscribe", None, "news", 1))
        self.assertEqual(self.next(), ("psubscribe", None, "n*", 2))
        self.assertEqual(self.redis.publish("news", "hello"), 2)
        self.assertEqual(self.next(), ("message", None, "news", "hello"))
        self.assertEqual(self.next(), ("pmessage", "n*", "news", "hello"))
        self.pubsub.unsubscribe("news")
        self.assertEqual(self.next(), ("unsubscribe", None, "news", 1))

    def test_a_thread_receives_in_order(self):
        received = []
        self.pubsub.subscribe(news=lambda message: received.append(int(message["data"])))
        thread = self.pubsub.run_in_thread(sleep_time=0.01)
        wait_until(lambda: self.redis.publish("news", 0) == 1, "the subscription")
        for number in range(1, 500):
            self.redis.publish("news", number)
        wait_until(lambda: len(received) == 500, "all messages")
        thread.stop()
        thread.join(PATIENCE_S)
        self.assertEqual(received, list(range(500)))

    def test_shard_channels(self):
        self.pubsub.ssubscribe("orders")
        self.assertEqual(self.next(), ("ssubscribe", None, "orders", 1))
        self.redis.spublish("orders", "hello")
        self.assertEqual(self.next(), ("smessage", None, "orders", "hello"))


class EverydayInResp3Test(EverydayTest):
    protocol = 3


class PipelineInResp3Test(PipelineTest):
    protocol = 3


class WaitingInResp3Test(WaitingTest):
    protocol = 3


class PubSubInResp3Test(PubSubTest):
    protocol = 3


if __name__ == "__main__":
    unittest.main()
