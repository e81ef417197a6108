"""EXPIRE, TTL and their kin."""
import unittest

from tests.support import CommandTestCase, EngineTestCase

NOT_AN_INTEGER = "-ERR value is not an integer or out of range"
MAX, MIN = "9223372036854775807", "-9223372036854775808"


class ExpireTest(CommandTestCase):
    def setUp(self):
        super().setUp()
        self.client.wire("SET k v")

    def test_all_four_forms(self):
        self.check(":1", "EXPIRE k 100")
        self.check(":100", "TTL k")
        self.check(":1", "PEXPIRE k 50000")
        self.check(":50", "TTL k")
        self.check(":1", "EXPIREAT k 9999999999")
        self.check(":9999999999", "EXPIRETIME k")
        self.check(":1", "PEXPIREAT k 9999999999499")
        self.check(":9999999999", "EXPIRETIME k")
        self.check(":9999999999499", "PEXPIRETIME k")
        self.check(":0", "EXPIRE none 100")

    def test_a_date_that_has_come_deletes_the_key(self):
        for command in ("EXPIRE k 0", "EXPIRE k -1", "PEXPIRE k 0", "EXPIREAT k 1", "PEXPIREAT k -1",
                        "EXPIRE k -9223372036854775"):
            self.client.wire("SET k v")
            self.check(":1", command)
            self.check(":0", "EXISTS k")

    def test_nx_and_xx(self):
        self.check(":0", "EXPIRE k 100 XX")
        self.check(":1", "EXPIRE k 100 NX")
        self.check(":0", "EXPIRE k 200 NX NX")
        self.check(":1", "EXPIRE k 200 xx")
        self.check(":200", "TTL k")

    def test_gt_and_lt(self):
        self.check(":0", "EXPIRE k 100 GT")             # no expiry is later than any
        self.check(":1", "EXPIRE k 100 LT")
        self.check(":0", "EXPIRE k 50 GT")
        self.check(":1", "EXPIRE k 200 GT")
        self.check(":0", "EXPIRE k 300 LT")
        self.check(":1", "EXPIRE k 300 XX GT")
        self.check(":0", "EXPIRE k 300 XX LT")
        self.check(":1", "EXPIREAT k 9999999999")
        self.check(":0", "EXPIREAT k 9999999999 GT")
        self.check(":0", "EXPIREAT k 9999999999 LT")
        self.check(":0", "EXPIRE k -1 GT")
        self.check(":1", "EXPIRE k -1 LT")
        self.check(":0", "EXISTS k")

    def test_errors_and_their_order(self):
        self.check("-ERR Unsupported option FOO", "EXPIRE k a NX FOO XX")
        self.check("-ERR Unsupported option foo", "PEXPIREAT none 1 foo")
        self.check(b"-ERR Unsupported option \xff  x", "EXPIRE", "k", 1, b"\xff\r\nx\r\n\0x")
        for command in ("EXPIRE k a NX XX", "EXPIRE none 1 GT NX LT"):
            self.check("-ERR NX and XX, GT or LT options at the same time are not compatible", command)
        self.check("-ERR GT and LT options at the same time are not compatible", "EXPIRE k a gt lt XX")
        self.check(NOT_AN_INTEGER, "EXPIRE none a")
        self.check(NOT_AN_INTEGER, "EXPIRE k 1.5")
        self.check("-ERR wrong number of arguments for 'expire' command", "EXPIRE k")

    def test_times_out_of_range(self):
        for name, amounts in (("expire", (MAX, MIN, "9223372036854775", "-9223372036854776")),
                              ("pexpire", (MAX,)), ("expireat", (MAX, "9223372036854776"))):
            for amount in amounts:
                self.check(f"-ERR invalid expire time in '{name}' command", name, "none", amount)
        self.check(":1", f"PEXPIREAT k {MAX}")
        self.check(f":{MAX}", "PEXPIRETIME k")
        self.check(":9223372036854776", "EXPIRETIME k")

    def test_persist(self):
        self.check(":0", "PERSIST k")
        self.client.wire("EXPIRE k 100")
        self.check(":1", "PERSIST k")
        self.check(":-1", "TTL k")
        self.check(":0", "PERSIST none")

    def test_no_expiry_and_no_key(self):
        for command in ("TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"):
            self.check(":-1", f"{command} k")
            self.check(":-2", f"{command} none")


class TimeTest(EngineTestCase):
    def test_seconds_are_rounded_to_the_nearest(self):
        self.execute("SET k v PX 10500")
        self.assertEqual(self.execute("TTL k"), 11)
        self.clock.advance(0.001)
        self.assertEqual(self.execute("TTL k"), 10)
        self.assertEqual(self.execute("PTTL k"), 10499)

    def test_a_key_lives_up_to_and_including_its_last_millisecond(self):
        self.execute("SET k v PX 1000")
        self.clock.advance(1)
        self.assertEqual(self.execute("PTTL k"), 0)
        self.assertEqual(self.execute("GET k"), b"v")
        self.clock.advance(0.001)
        self.assertEqual(self.execute("PTTL k"), -2)
        self.assertEqual(self.engine.keyspace.expired, 1)

    def test_an_expired_key_is_not_there_for_any_command(self):
        replies = {
            "GET k": None, "EXISTS k": 0, "DEL k": 0, "TYPE k": "none", "PERSIST k": 0, "EXPIRE k 100": 0,
            "INCR k": 1, "APPEND k a": 1, "SETNX k v": 1, "RANDOMKEY": None, "RENAMENX other k": 1,
            "COPY other k": 1, "KEYS *": [], "KEYS k": [], "SCAN 0": [b"0", []], "GETDEL k": None,
            "MGET k": [None], "STRLEN k": 0, "OBJECT ENCODING k": None, "TOUCH k": 0, "SET k v XX": None}
        for command, reply in replies.items():
            for key in (b"k", b"other"):
                self.execute("DEL", key)
            self.execute("SET k 5 PX 10")
            self.clock.advance(1)
            if "other" in command:
                self.execute("SET other v")
            self.assertEqual(self.execute(command), reply, command)

    def test_a_new_value_does_not_inherit_an_expiry_that_has_passed(self):
        self.execute("SET k v PX 10")
        self.clock.advance(1)
        self.execute("SET k v2 KEEPTTL")
        self.assertEqual(self.execute("TTL k"), -1)


class ChangesTest(EngineTestCase):
    """Keyspace events, dirty count, hits and misses, each as a real server was seen to count them."""

    def test_events(self):
        events = []
        keyspace = self.engine.keyspace
        keyspace.notify = lambda database, event, key: events.append(event)
        self.execute("SET k v")
        for command, event, dirty, hits, misses in (
                ("EXPIRE k 100", "expire", 1, 0, 0),
                ("EXPIRE k 100 NX", "", 0, 0, 0),
                ("EXPIRE none 1", "", 0, 0, 0),
                ("TTL k", "", 0, 1, 0),
                ("PTTL none", "keymiss", 0, 0, 1),
                ("PERSIST k", "persist", 1, 0, 0),
                ("PERSIST k", "", 0, 0, 0),
                ("EXPIRE k -1 XX", "", 0, 0, 0),
                ("EXPIRE k -1", "del", 1, 0, 0)):
            events.clear()
            keyspace.dirty = keyspace.hits = keyspace.misses = 0
            self.execute(command)
            self.assertEqual((" ".join(events), keyspace.dirty, keyspace.hits, keyspace.misses),
                             (event, dirty, hits, misses), command)


if __name__ == "__main__":
    unittest.main()
