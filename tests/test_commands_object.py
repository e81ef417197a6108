"""OBJECT."""
import unittest

from tests.support import CommandTestCase, EngineTestCase


ON_SWITCHING = ("Please note that when switching between policies at runtime LRU and LFU data will take some "
                "time to adjust.")


class EncodingTest(CommandTestCase):
    def check_encoding(self, encoding, key="k"):
        self.check(f"${len(encoding)}\r\n{encoding}", f"OBJECT ENCODING {key}")

    def test_strings(self):
        encodings = {
            "12": "int", "-9223372036854775808": "int", "9223372036854775808": "embstr", "012": "embstr",
            "": "embstr", "+1": "embstr", "-": "embstr", "1.5": "embstr", "x" * 44: "embstr", "x" * 45: "raw",
            "1" * 45: "raw"}
        for value, encoding in encodings.items():
            self.client.wire("SET", "k", value)
            self.check_encoding(encoding)

    def test_collections_at_their_thresholds(self):
        self.client.wire("RPUSH list a")
        self.check_encoding("listpack", "list")
        self.client.wire("RPUSH", "list", "x" * 9000)
        self.check_encoding("quicklist", "list")
        self.client.wire("ZADD", "zset", 1, "m" * 64)
        self.check_encoding("listpack", "zset")
        self.client.wire("ZADD", "zset", 1, "m" * 65)
        self.check_encoding("skiplist", "zset")
        self.client.wire("SADD ints 1 2 3")
        self.check_encoding("intset", "ints")
        self.client.wire("SADD ints x")
        self.check_encoding("listpack", "ints")
        self.client.wire("HSET h f v")
        self.check_encoding("listpack", "h")
        self.client.wire("HSET", "h", "f", "v" * 65)
        self.check_encoding("hashtable", "h")

    def test_missing_key(self):
        for name in ("ENCODING", "REFCOUNT", "IDLETIME", "FREQ"):
            self.check("$-1", f"OBJECT {name} none")

    def test_missing_key_in_resp3(self):
        self.client.wire("HELLO", 3)
        self.check("_", "OBJECT ENCODING none")


class ObjectTest(CommandTestCase):
    def test_refcount(self):
        shared = 2147483647
        for value, count in (("1", shared), ("9999", shared), ("10000", 1), ("-1", 1), ("01", 1), ("abc", 1)):
            self.client.wire("SET", "k", value)
            self.check(f":{count}", "OBJECT REFCOUNT k")
        self.client.wire("SADD s a")
        self.check(":1", "OBJECT REFCOUNT s")

    def test_a_copy_of_a_small_integer_is_an_integer_of_its_own(self):
        self.client.wire("SET k 12")
        self.client.wire("COPY k copy")
        self.check(":1", "OBJECT REFCOUNT copy")
        self.check("$3\r\nint", "OBJECT ENCODING copy")
        self.check("$2\r\n12", "GET copy")
        self.check(":13", "INCR copy")
        self.check(":2147483647", "OBJECT REFCOUNT copy")

    def test_idletime(self):
        self.client.wire("SET k v")
        self.check(":0", "OBJECT idletime k")

    def test_freq_needs_a_policy(self):
        self.client.wire("SET k v")
        refusal = "-ERR An LFU maxmemory policy is not selected, access frequency not tracked. "
        self.check(refusal + ON_SWITCHING, "OBJECT FREQ k")

    def test_errors(self):
        self.check("-ERR unknown subcommand 'FOO'. Try OBJECT HELP.", "OBJECT FOO a b")
        self.check("-ERR wrong number of arguments for 'object' command", "OBJECT")
        self.check("-ERR wrong number of arguments for 'object|encoding' command", "OBJECT ENCODING")
        self.check("-ERR wrong number of arguments for 'object|help' command", "OBJECT HELP a")

    def test_help(self):
        reply = self.client.wire("OBJECT HELP").split(b"\r\n")
        self.assertEqual(reply[0], b"*15")
        self.assertEqual(reply[1], b"+OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
        self.assertEqual(reply[-2], b"+    Print this help.")


class PolicyTest(EngineTestCase):
    def test_idle_time_in_seconds(self):
        self.execute("SET k v")
        self.clock.advance(42)
        self.assertEqual(self.execute("OBJECT IDLETIME k"), 42)
        self.execute("GET k")
        self.assertEqual(self.execute("OBJECT IDLETIME k"), 0)

    def test_frequency_instead_of_idle_time_with_an_lfu_policy(self):
        self.engine.config.set_many([("maxmemory-policy", "allkeys-lfu")])
        self.execute("SET k v")
        self.assertEqual(self.execute("OBJECT FREQ k"), 5)
        self.execute("GET k")
        self.assertEqual(self.execute("OBJECT FREQ k"), 6)
        self.clock.advance(120)
        self.assertEqual(self.execute("OBJECT FREQ k"), 4)
        self.assertIsNone(self.execute("OBJECT FREQ none"))
        self.assert_error("ERR An LFU maxmemory policy is selected, idle time not tracked. " + ON_SWITCHING,
                          "OBJECT IDLETIME k")

    def test_lfu_directives(self):
        self.engine.config.set_many([("maxmemory-policy", "volatile-lfu"), ("lfu-log-factor", "0"),
                                     ("lfu-decay-time", "2")])
        for _ in range(11):
            self.execute("SET k v")
        self.assertEqual(self.execute("OBJECT FREQ k"), 15)
        self.clock.advance(240)
        self.assertEqual(self.execute("OBJECT FREQ k"), 13)
        self.engine.keyspace.databases[0].flush()
        self.execute("SET k v")
        self.assertEqual(self.execute("OBJECT FREQ k"), 5)

    def test_after_a_change_of_policy_keys_are_as_good_as_new(self):
        self.execute("SET k v")
        self.clock.advance(100)
        self.engine.config.set_many([("maxmemory-policy", "allkeys-random")])
        self.assertEqual(self.execute("OBJECT IDLETIME k"), 100)
        self.engine.config.set_many([("maxmemory-policy", "allkeys-lfu")])
        self.assertEqual(self.execute("OBJECT FREQ k"), 5)
        self.engine.config.set_many([("maxmemory-policy", "allkeys-lru")])
        self.assertEqual(self.execute("OBJECT IDLETIME k"), 0)

    def test_a_client_that_asked_for_no_touch_looks_without_using(self):
        self.execute("SET k v")
        self.clock.advance(100)
        self.execute("CLIENT NO-TOUCH ON")
        self.execute("GET k")
        self.assertEqual(self.execute("OBJECT IDLETIME k"), 100)
        self.execute("SET new v")
        self.execute("SWAPDB 0 1")
        self.execute("SELECT 1")
        self.execute("DEL k")
        self.assertEqual(set(self.engine.keyspace.databases[1].accessed), {b"new"})
        self.execute("FLUSHDB")
        self.assertEqual([database.accessed for database in self.engine.keyspace.databases], [{}] * 16)

    def test_small_numbers_are_not_shared_when_each_needs_its_own_access_time(self):
        self.execute("SET k 1")
        self.engine.config.set_many([("maxmemory", "100mb")])
        self.assertEqual(self.execute("OBJECT REFCOUNT k"), 2147483647)
        self.engine.config.set_many([("maxmemory-policy", "allkeys-lru")])
        self.assertEqual(self.execute("OBJECT REFCOUNT k"), 1)

    def test_none_of_its_subcommands_uses_the_key_or_tells_of_a_miss(self):
        events = []
        self.execute("SET k v")
        self.engine.keyspace.notify = lambda database, event, key: events.append(event)
        self.clock.advance(10)
        for name in ("ENCODING", "REFCOUNT", "IDLETIME"):
            self.execute(f"OBJECT {name} k")
            self.execute(f"OBJECT {name} none")
        self.assertEqual(self.execute("OBJECT IDLETIME k"), 10)
        self.assertEqual(events, [])
        self.assertEqual((self.engine.keyspace.hits, self.engine.keyspace.misses), (4, 3))


if __name__ == "__main__":
    unittest.main()
