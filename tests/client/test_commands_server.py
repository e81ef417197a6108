"""The client's commands about the server as a whole."""
import datetime
import unittest

from redis_clone.client.errors import ConnectionError, RedisError, ResponseError
from tests.client.reply_case import CannedCase, CannedClient, LiveCase

INFO = b"""# Server\r
redis_version:7.2.6\r
redis_git_sha1:00000000\r
uptime_in_seconds:5\r
executable:/usr/bin/redis-server\r
listener0:name=tcp,bind=127.0.0.1,bind=-::1,port=6379\r
\r
# Memory\r
mem_fragmentation_ratio:1.25\r
allocator:jemalloc-5.2.1\r
numbers:1,2.5,x,\r
# Modules\r
module:name=a,ver=1,api=1,usedby=[]\r
module:name=b,ver=2\r
\r
# Commandstats\r
cmdstat_get:calls=2,usec=10,usec_per_call=5.00\r
cmdstat_host::calls=1,usec=2\r
# Keyspace\r
db0:keys=1,expires=0,avg_ttl=0\r
just a line\r
flags:a=1,alone\r
"""


class InformationTest(LiveCase):
    def test_sections_become_one_dict(self):
        info = self.client.info()
        self.assertEqual(info["redis_mode"], "standalone")
        self.assertEqual(info["tcp_port"], self.server.port)
        self.client.set("key", "value")
        self.assertEqual(self.client.info("keyspace")["db0"]["keys"], 1)
        some = self.client.info("clients", "keyspace")
        self.assertIn("connected_clients", some)
        self.assertNotIn("tcp_port", some)

    def test_keys_are_counted(self):
        self.assertEqual(self.client.dbsize(), 0)

    def test_clocks(self):
        seconds, microseconds = self.client.time()
        self.assertIsInstance(seconds, int)
        self.assertLess(microseconds, 1_000_000)
        self.assertIsInstance(self.client.lastsave(), datetime.datetime)

    def test_a_picture(self):
        for picture in (self.client.lolwut(), self.client.lolwut(5, 10, 10)):
            self.assertIn("ver" if self.decoded else b"ver", picture)


class ConfigurationTest(LiveCase):
    def test_directives_are_read_and_set(self):
        self.assertIs(self.client.config_set("maxmemory-samples", 6), True)
        self.assertEqual(self.client.config_get("maxmemory-sam*"), {"maxmemory-samples": "6"})
        self.assertIs(self.client.config_set("maxmemory-samples", 5, "hz", 20), True)
        self.assertEqual(self.client.config_get("maxmemory-samples", "hz"), {"maxmemory-samples": "5", "hz": "20"})
        self.assertEqual(self.client.config_get("none"), {})
        self.assertGreater(len(self.client.config_get()), 100)
        with self.assertRaises(ResponseError):
            self.client.config_set("none", 1)

    def test_the_rest(self):
        self.assertIs(self.client.config_resetstat(), True)
        with self.assertRaisesRegex(ResponseError, "config file"):
            self.client.config_rewrite()
        self.assertIn("CONFIG", self.client.config_help()[0])


class DataTest(LiveCase):
    def test_flushing(self):
        for flush in (self.client.flushdb, self.client.flushall):
            for options in ({}, {"asynchronous": True}):
                self.client.set("key", "value")
                self.assertIs(flush(**options), True)
                self.assertEqual(self.client.dbsize(), 0)

    def test_databases_change_places(self):
        self.client.set("key", "value")
        self.assertIs(self.client.swapdb(0, 1), True)
        self.assertEqual(self.client.dbsize(), 0)
        with self.assertRaises(ResponseError):
            self.client.swapdb(0, 99)

    def test_a_value_from_inside(self):
        self.client.set("key", 7)
        inside = self.client.debug_object("key")
        self.assertEqual(inside["encoding"], "int")
        self.assertIsInstance(inside["serializedlength"], int)
        with self.assertRaisesRegex(ResponseError, "no such key"):
            self.client.debug_object("nothing")
        self.same(self.client.debug("SLEEP", 0), b"OK")


class InfoReplyTest(CannedCase):
    def test_numbers_lists_and_dicts(self):
        self.check_reply(lambda r: r.info(), {
            "redis_version": "7.2.6", "redis_git_sha1": 0, "uptime_in_seconds": 5,
            "executable": "/usr/bin/redis-server",
            "listener0": {"name": "tcp", "bind": "-::1", "port": 6379},
            "mem_fragmentation_ratio": 1.25, "allocator": "jemalloc-5.2.1", "numbers": [1, 2.5, "x"],
            "modules": [{"name": "a", "ver": 1, "api": 1, "usedby": "[]"}, {"name": "b", "ver": 2}],
            "cmdstat_get": {"calls": 2, "usec": 10, "usec_per_call": 5.0},
            "cmdstat_host:": {"calls": 1, "usec": 2},
            "db0": {"keys": 1, "expires": 0, "avg_ttl": 0},
            "__raw__": ["just a line"], "flags": {"a": 1, "alone": True},
        }, INFO)


class SavingTest(CannedCase):
    def test_it_has_begun(self):
        self.check_reply(lambda r: r.bgsave(), True, "Background saving started")
        self.check_reply(lambda r: r.bgsave(schedule=False), True, "Background saving scheduled")
        self.check_reply(lambda r: r.bgrewriteaof(), True, "Background append only file rewriting started")
        self.check_reply(lambda r: r.save(), True, "OK")
        self.check_words(lambda r: r.bgsave(), "BGSAVE", "SCHEDULE")
        self.check_words(lambda r: r.bgsave(schedule=False), "BGSAVE")

    def test_it_was_never_done(self):
        self.check_reply(lambda r: r.lastsave(), None, 0)


class ShutdownTest(CannedCase):
    def shutdown(self, reply, **options):
        client = CannedClient(reply)
        return client.shutdown(**options), client.sent

    def test_the_connection_is_lost(self):
        self.assertEqual(self.shutdown(ConnectionError("lost"), nosave=True, now=True, force=True),
                         (None, ("SHUTDOWN", "NOSAVE", "NOW", "FORCE")))

    def test_it_is_not_lost(self):
        with self.assertRaises(RedisError):
            self.shutdown(b"OK", save=True)
        with self.assertRaises(ResponseError):
            self.shutdown(ResponseError("ERR Errors trying to SHUTDOWN. Check logs."))

    def test_stopping_it(self):
        self.assertEqual(self.shutdown("OK", abort=True), (True, ("SHUTDOWN", "ABORT")))
        with self.assertRaises(ConnectionError):
            self.shutdown(ConnectionError("lost"), abort=True)

    def test_a_pipeline_sends_it_later(self):
        class Pipeline(CannedClient):
            def execute_command(self, *args, convert=None):
                return self
        pipeline = Pipeline()
        self.assertIs(pipeline.shutdown(), pipeline)

    def test_both_ways_to_save_are_refused(self):
        self.check_refused(lambda r: r.shutdown(save=True, nosave=True))


class ModulesTest(CannedCase):
    def test_they_are_listed(self):
        self.check_reply(
            lambda r: r.module_list(), [{b"name": b"json", b"ver": 20000, b"path": b"/json.so", b"args": []}],
            [[b"name", b"json", b"ver", 20000, b"path", b"/json.so", b"args", []]],
            [{b"name": b"json", b"ver": 20000, b"path": b"/json.so", b"args": []}])

    def test_they_come_and_go(self):
        self.check_reply(lambda r: r.module_load("/json.so", 1), True, "OK")
        self.check_reply(lambda r: r.module_unload("json"), True, "OK")
        self.check_words(lambda r: r.module_load("/json.so", 1), "MODULE LOAD", "/json.so", 1)
        self.check_words(lambda r: r.module_loadex("/json.so"), "MODULE LOADEX", "/json.so")
        self.check_words(lambda r: r.module_loadex("/json.so", ["a", 1], ["b"]),
                         "MODULE LOADEX", "/json.so", "CONFIG", "a", 1, "ARGS", "b")
        self.check_reply(lambda r: r.module_help(), ["MODULE"], ["MODULE"])


class ReplicationTest(CannedCase):
    def test_what_part_the_server_plays(self):
        for role in ([b"master", 0, []], [b"slave", b"127.0.0.1", 36339, b"handshake", -1],
                     [b"master", 3129659, [[b"127.0.0.1", b"9001", b"3129242"]]]):
            self.check_reply(lambda r: r.role(), role, role)

    def test_whom_to_follow(self):
        self.check_words(lambda r: r.replicaof("host", 1), "REPLICAOF", "host", 1)
        self.check_words(lambda r: r.slaveof("host", 1), "SLAVEOF", "host", 1)
        self.check_words(lambda r: r.slaveof(), "SLAVEOF", "NO", "ONE")
        self.check_reply(lambda r: r.slaveof(), True, "OK")

    def test_handing_over(self):
        self.check_words(lambda r: r.failover(), "FAILOVER")
        self.check_words(lambda r: r.failover("host", 1, force=True, timeout=5),
                         "FAILOVER", "TO", "host", 1, "FORCE", "TIMEOUT", 5)
        self.check_words(lambda r: r.failover(abort=True), "FAILOVER", "ABORT")
        self.check_refused(lambda r: r.failover("host"), lambda r: r.failover(force=True, timeout=5))

    def test_what_servers_say_to_each_other(self):
        self.check_words(lambda r: r.replconf("listening-port", 1), "REPLCONF", "listening-port", 1)
        self.check_words(lambda r: r.restore_asking("k", 0, b"v", True, True, 5, 6),
                         "RESTORE-ASKING", "k", 0, b"v", "REPLACE", "ABSTTL", "IDLETIME", 5, "FREQ", 6)
        self.check_words(lambda r: r.sync(), "SYNC")
        self.check_words(lambda r: r.psync("?", -1), "PSYNC", "?", -1)


if __name__ == "__main__":
    unittest.main()
