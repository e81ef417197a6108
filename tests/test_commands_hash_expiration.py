"""Expiry of the fields of hashes. Redis 7.4 has it, the servers that the other tests run against do not.

Replies, errors and events are those of the Redis manual and of what its maintainers wrote on the feature.
"""
import unittest

from redis_clone.expiry import expire_cycle
from tests.events import EventTestCase
from tests.support import EngineTestCase

WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"
NOT_INTEGER = "ERR value is not an integer or out of range"
NEGATIVE = "ERR invalid expire time, must be >= 0"
NO_FIELDS = "ERR Mandatory argument FIELDS is missing or not at the right position"
BAD_COUNT = "ERR Number of fields must be a positive integer"
BAD_COUNT_OF_HEXPIRE = "ERR Parameter `numFields` should be greater than 0"
MISMATCH = "ERR The `numfields` parameter must match the number of arguments"

LATEST_MS = (1 << 46) - 1
SETTING = ("HEXPIRE", "HPEXPIRE", "HEXPIREAT", "HPEXPIREAT")
ASKING = ("HTTL", "HPTTL", "HEXPIRETIME", "HPEXPIRETIME", "HPERSIST")


class FieldTestCase(EngineTestCase):
    def check(self, expected, *args):
        self.assertEqual(self.execute(*args), expected, args)

    def now_ms(self):
        with self.engine.lock:
            self.engine.keyspace.tick()
            return self.engine.keyspace.now_ms

    def fill(self, fields="a 1 b 2 c 3", ttl_ms=None, expiring="a"):
        """A hash h whose field a (or others) lives for `ttl_ms`."""
        self.execute("HSET h " + fields)
        if ttl_ms is not None:
            names = expiring.split()
            self.check([1] * len(names), "HPEXPIRE", "h", ttl_ms, "FIELDS", len(names), *names)


class HexpireTest(FieldTestCase):
    def test_replies_what_became_of_each_field(self):
        self.fill()
        self.check([1, -2, 1], "HEXPIRE h 10 FIELDS 3 a nope b")
        self.check([10, 10, -1], "HTTL h FIELDS 3 a b c")

    def test_all_variants_set_the_same_date(self):
        self.fill("a 1 b 2 c 3 d 4")
        now_ms = self.now_ms()
        at_s = now_ms // 1000 + 100
        self.check([1], "HEXPIRE", "h", 100, "FIELDS", 1, "a")
        self.check([1], "HPEXPIRE", "h", 100000, "FIELDS", 1, "b")
        self.check([1], "HEXPIREAT", "h", at_s, "FIELDS", 1, "c")
        self.check([1], "HPEXPIREAT", "h", at_s * 1000, "FIELDS", 1, "d")
        self.check([now_ms + 100000] * 2 + [at_s * 1000] * 2, "HPEXPIRETIME h FIELDS 4 a b c d")

    def test_a_key_that_is_not_there_has_no_fields(self):
        self.check([-2, -2], "HEXPIRE h 10 FIELDS 2 a b")
        self.check(0, "EXISTS h")

    def test_a_time_that_is_over_deletes_the_field(self):
        self.fill("a 1 b 2 c 3 d 4 e 5")
        self.check([2, -2], "HEXPIRE h 0 FIELDS 2 a nope")
        self.check([2], "HPEXPIRE h 0 FIELDS 1 b")
        self.check([2], "HEXPIREAT h 0 FIELDS 1 c")
        self.check([2, -2], "HPEXPIREAT", "h", self.now_ms(), "FIELDS", 2, "d", "d")
        self.check([b"e"], "HKEYS h")
        self.check([2], "HPEXPIREAT h 1 FIELDS 1 e")
        self.check(0, "EXISTS h")

    def test_the_conditions(self):
        self.fill("a 1 b 2", ttl_ms=50000)
        for condition, seconds, for_a, for_b in (
                ("NX", 10, 0, 1), ("XX", 50, 1, 0), ("GT", 50, 0, 0), ("GT", 40, 0, 0), ("GT", 60, 1, 0),
                ("LT", 60, 0, 1), ("LT", 70, 0, 1), ("lt", 30, 1, 1)):
            self.check([for_a, for_b], "HEXPIRE", "h", seconds, condition, "FIELDS", 2, "a", "b")
            self.execute("HPERSIST h FIELDS 1 b")

    def test_the_condition_counts_before_a_time_that_is_over(self):
        self.fill(ttl_ms=1000)
        self.check([0, 0], "HEXPIRE h 0 GT FIELDS 2 a b")
        self.check([0], "HEXPIRE h 0 NX FIELDS 1 a")
        self.check([2], "HEXPIRE h 0 LT FIELDS 1 a")
        self.check([2], "HEXPIRE h 0 NX FIELDS 1 b")

    def test_another_time_replaces_the_first(self):
        self.fill(ttl_ms=1000)
        self.check([1], "HPEXPIRE h 9000 FIELDS 1 a")
        self.clock.advance(5)
        self.check(b"1", "HGET h a")
        self.check([1], "HPEXPIRE h 100 FIELDS 1 a")
        self.clock.advance(1)
        self.check(None, "HGET h a")

    def test_the_latest_date(self):
        self.fill()
        for command, amount in (("HPEXPIREAT", LATEST_MS), ("HEXPIREAT", LATEST_MS // 1000),
                                ("HPEXPIRE", LATEST_MS - self.now_ms())):
            self.check([1], command, "h", amount, "FIELDS", 1, "a")
            error = f"ERR invalid expire time in '{command.lower()}' command"
            self.assert_error(error, command, "h", amount + 1, "FIELDS", 1, "a")
        self.assert_error("ERR invalid expire time in 'hexpire' command",
                          "HEXPIRE", "h", (1 << 63) - 1, "FIELDS", 1, "a")


class ErrorsTest(FieldTestCase):
    def test_arity(self):
        for command in SETTING:
            self.assert_error(f"ERR wrong number of arguments for '{command.lower()}' command",
                              command, "h", 10, "FIELDS", 1)
        for command in ASKING:
            self.assert_error(f"ERR wrong number of arguments for '{command.lower()}' command",
                              command, "h", "FIELDS", 1)

    def test_keys_of_other_types_are_refused_before_anything_else(self):
        self.execute("SET s v")
        for command in SETTING:
            self.assert_error(WRONG_TYPE, command, "s", "nan", "NOFIELDS", 0, "f")
        for command in ASKING:
            self.assert_error(WRONG_TYPE, command, "s", "NOFIELDS", 0, "f")

    def test_the_time(self):
        for command in SETTING:
            self.assert_error(NOT_INTEGER, command, "h", "x", "NOFIELDS", 1, "a")
            self.assert_error(NOT_INTEGER, command, "h", 1 << 63, "NOFIELDS", 1, "a")
            self.assert_error(NEGATIVE, command, "h", -1, "NOFIELDS", 1, "a")

    def test_the_word_fields(self):
        for words in ("1 a b c", "NY FIELDS 1 a", "NX XX FIELDS 1 a", "NX 1 a b"):
            self.assert_error(NO_FIELDS, "HEXPIRE h 10 " + words)
        for command in ASKING:
            self.assert_error(NO_FIELDS, command + " h NX FIELDS 1 a")

    def test_the_number_of_fields(self):
        for number in ("0", "-1", "x", 1 << 63):
            self.assert_error(BAD_COUNT_OF_HEXPIRE, "HEXPIRE", "h", 10, "FIELDS", number, "a")
            for command in ASKING:
                self.assert_error(BAD_COUNT, command, "h", "FIELDS", number, "a")
        for words in ("FIELDS 1 a b", "FIELDS 2 a", "NX FIELDS 1", "FIELDS 1 a NX"):
            self.assert_error(MISMATCH, "HEXPIRE h 10 " + words)
        for command in ASKING:
            self.assert_error(MISMATCH, command + " h FIELDS 1 a b")


class HttlTest(FieldTestCase):
    def test_a_field_without_expiry_and_no_field(self):
        self.fill(ttl_ms=1000)
        for command in ASKING[:4]:
            self.check([-1, -2], command + " h FIELDS 2 b nope")
            self.check([-2], command + " nope FIELDS 1 a")

    def test_a_hash_that_has_never_had_an_expiry(self):
        self.fill()
        for command in ASKING:
            self.check([-1, -2], command + " h FIELDS 2 b nope")

    def test_seconds_are_rounded_up(self):
        self.fill()
        at_ms = self.now_ms() // 1000 * 1000 + 5001
        self.execute("HPEXPIREAT", "h", at_ms, "FIELDS", 1, "a")
        self.check([at_ms], "HPEXPIRETIME h FIELDS 1 a")
        self.check([at_ms // 1000 + 1], "HEXPIRETIME h FIELDS 1 a")
        ttl_ms = at_ms - self.now_ms()
        self.check([ttl_ms], "HPTTL h FIELDS 1 a")
        self.check([-(-ttl_ms // 1000)], "HTTL h FIELDS 1 a")

    def test_a_field_that_is_due_is_none(self):
        self.fill(ttl_ms=1000)
        self.clock.advance(2)
        for command in ASKING:
            self.check([-2], command + " h FIELDS 1 a")


class HpersistTest(FieldTestCase):
    def test_takes_the_expiry_away(self):
        self.fill(ttl_ms=1000)
        self.check([1, -1, -2, -1], "HPERSIST h FIELDS 4 a b nope a")
        self.clock.advance(2)
        self.check(b"1", "HGET h a")

    def test_a_key_that_is_not_there_has_no_fields(self):
        self.check([-2], "HPERSIST h FIELDS 1 a")


class SeenByOtherCommandsTest(FieldTestCase):
    """A field whose time is over is not there, whoever asks."""

    def setUp(self):
        super().setUp()
        self.engine.active_expiry = False
        self.fill(ttl_ms=1000)
        self.clock.advance(2)

    def test_readers(self):
        for expected, command in (
                (None, "HGET h a"), ([None, b"2"], "HMGET h a b"), ({b"b": b"2", b"c": b"3"}, "HGETALL h"),
                ([b"b", b"c"], "HKEYS h"), ([b"2", b"3"], "HVALS h"), (2, "HLEN h"), (0, "HEXISTS h a"),
                (0, "HSTRLEN h a"), ([b"0", [b"b", b"2", b"c", b"3"]], "HSCAN h 0"),
                ([b"b", b"c"], "HRANDFIELD h 9")):
            self.execute("DEL h")
            self.fill(ttl_ms=1000)
            self.clock.advance(2)
            self.check(expected, command)

    def test_writers_find_no_field(self):
        self.check(0, "HDEL h a")
        self.check(1, "HSET h a 9")
        self.check([-1], "HTTL h FIELDS 1 a")

    def test_hsetnx_sets_it(self):
        self.check(1, "HSETNX h a 9")
        self.check([-1], "HTTL h FIELDS 1 a")

    def test_arithmetic_begins_at_zero(self):
        self.check(5, "HINCRBY h a 5")
        self.check([-1], "HTTL h FIELDS 1 a")

    def test_a_hash_without_fields_is_no_key(self):
        for command, expected in (("HGET h a", None), ("HLEN h", 0), ("HSET h z 1", 1), ("HDEL h a", 0),
                                  ("HINCRBY h z 1", 1), ("HEXPIRE h 1 FIELDS 1 a", [-2])):
            self.execute("DEL h")
            self.fill("a 1", ttl_ms=1000)
            self.clock.advance(2)
            self.check(expected, command)
            self.check(1 if "z" in command else 0, "EXISTS h")

    def test_a_missing_hash_counts_as_a_miss(self):
        self.execute("DEL h")
        self.fill("a 1", ttl_ms=1000)
        self.clock.advance(2)
        keyspace = self.engine.keyspace
        hits, misses = keyspace.hits, keyspace.misses
        self.execute("HGET h a")
        self.assertEqual((keyspace.hits - hits, keyspace.misses - misses), (0, 1))

    def test_at_the_very_millisecond_it_is_still_there(self):
        self.execute("DEL h")
        self.fill("a 1", ttl_ms=1000)
        self.execute("HPEXPIREAT", "h", self.now_ms() + 1, "FIELDS", 1, "a")
        self.clock.advance(0.0015)
        self.check(b"1", "HGET h a")
        self.clock.advance(0.001)
        self.check(None, "HGET h a")


class ExpiryIsKeptTest(FieldTestCase):
    def test_setting_a_field_takes_its_expiry_away(self):
        for command in ("HSET h a 9", "HSET h b 8 a 9", "HMSET h a 9"):
            self.fill(ttl_ms=1000)
            self.execute(command)
            self.check([-1], "HTTL h FIELDS 1 a")

    def test_arithmetic_and_what_sets_nothing_keep_it(self):
        self.fill(ttl_ms=1000)
        for command in ("HINCRBY h a 1", "HINCRBYFLOAT h a 0.5", "HSETNX h a 1", "HSET h b 1"):
            self.execute(command)
            self.check([1000], "HPTTL h FIELDS 1 a")
        self.check(b"2.5", "HGET h a")

    def test_a_deleted_field_comes_back_without(self):
        self.fill(ttl_ms=1000)
        self.execute("HDEL h a")
        self.execute("HSET h a 1")
        self.check([-1], "HTTL h FIELDS 1 a")

    def test_a_deleted_key_comes_back_without(self):
        for command in ("DEL h", "UNLINK h", "FLUSHALL", "SET h x", "RENAME h other"):
            self.fill(ttl_ms=1000)
            self.execute(command)
            self.execute("DEL h")
            self.fill()
            self.check([-1], "HTTL h FIELDS 1 a")
            self.clock.advance(2)
            expire_cycle(self.engine)
            self.check(3, "HLEN h")

    def test_goes_with_the_hash_and_is_seen_to_there(self):
        for command, key in (("RENAME h to", "to"), ("RENAMENX h to", "to"), ("COPY h to", "to"),
                             ("MOVE h 1", "h"), ("COPY h to DB 1", "to"), ("SWAPDB 0 1", "h")):
            self.execute("FLUSHALL")
            self.fill(ttl_ms=1000)
            self.execute(command)
            if "1" in command:
                self.execute("SELECT 1")
            self.check([1000, -1], "HPTTL", key, "FIELDS", 2, "a", "b")
            self.clock.advance(2)
            expire_cycle(self.engine)
            database = self.client.session.db
            self.assertEqual(list(database.values[key.encode()]), [b"b", b"c"], command)
            self.execute("SELECT 0")

    def test_a_copy_has_its_own(self):
        self.fill(ttl_ms=1000)
        self.execute("COPY h to")
        self.execute("HPERSIST to FIELDS 1 a")
        self.check([1000], "HPTTL h FIELDS 1 a")
        self.check([-1], "HPTTL to FIELDS 1 a")

    def test_the_expiry_of_the_key_is_another_matter(self):
        self.fill(ttl_ms=1000)
        self.check(-1, "TTL h")
        self.execute("EXPIRE h 100")
        self.check([1000], "HPTTL h FIELDS 1 a")
        self.execute("PERSIST h")
        self.check([1000], "HPTTL h FIELDS 1 a")
        self.check([1], "HPEXPIRE h 5000 FIELDS 1 a")
        self.execute("PEXPIRE h 10")
        self.clock.advance(1)
        self.check([-2], "HPTTL h FIELDS 1 a")

    def test_what_is_done_in_a_transaction(self):
        self.fill()
        self.execute("MULTI")
        self.execute("HPEXPIRE h 100 FIELDS 1 a")
        self.execute("HPTTL h FIELDS 1 a")
        self.assertEqual(self.client.wire("EXEC"), b"*2\r\n*1\r\n:1\r\n*1\r\n:100\r\n")


class EncodingTest(FieldTestCase):
    def test_a_compact_hash_becomes_a_listpackex_for_good(self):
        self.fill()
        self.check(b"listpack", "OBJECT ENCODING h")
        self.execute("HEXPIRE h 10 FIELDS 1 a")
        self.check(b"listpackex", "OBJECT ENCODING h")
        self.execute("HPERSIST h FIELDS 1 a")
        self.check(b"listpackex", "OBJECT ENCODING h")
        self.check("hash", "TYPE h")

    def test_limits_are_those_of_a_listpack(self):
        self.fill(ttl_ms=1000)
        self.execute("CONFIG SET hash-max-listpack-entries 4")
        self.execute("HSET h d 4")
        self.check(b"listpackex", "OBJECT ENCODING h")
        self.execute("HSET h e 5")
        self.check(b"hashtable", "OBJECT ENCODING h")
        self.check([1000], "HPTTL h FIELDS 1 a")

    def test_scan_finds_it_by_its_type(self):
        self.fill(ttl_ms=1000)
        self.check([b"0", [b"h"]], "SCAN 0 TYPE hash")


class EventsTest(EventTestCase):
    def fill(self, fields="a 1 b 2", ttl_ms=None):
        self.client.wire("DEL h")
        self.client.wire("HSET h " + fields)
        if ttl_ms is not None:
            self.client.wire("HPEXPIRE", "h", ttl_ms, "FIELDS", 1, "a")

    def test_of_setting_and_persisting(self):
        self.fill()
        self.check_events(["hexpire h"], 2, "HEXPIRE h 10 FIELDS 3 a b nope")
        self.check_events([], 0, "HEXPIRE h 10 NX FIELDS 2 a b")
        self.check_events([], 0, "HEXPIRE h 10 FIELDS 1 nope")
        self.check_events([], 0, "HTTL h FIELDS 1 a")
        self.check_events(["hpersist h"], 1, "HPERSIST h FIELDS 1 a")
        self.check_events([], 0, "HPERSIST h FIELDS 2 a nope")

    def test_of_a_time_that_is_over(self):
        self.fill("a 1 b 2 c 3")
        self.check_events(["hdel h"], 2, "HEXPIRE h 0 FIELDS 2 a b")
        self.check_events(["hdel h", "del h"], 1, "HEXPIRE h 0 FIELDS 1 c")

    def test_of_fields_found_due(self):
        self.fill(ttl_ms=1000)
        self.clock.advance(2)
        self.check_events(["hexpired h"], 0, "HGET h b")
        self.fill("a 1", ttl_ms=1000)
        self.clock.advance(2)
        self.check_events(["hexpired h", "del h"], 0, "HGET h a")
        self.fill("a 1", ttl_ms=1000)
        self.clock.advance(2)
        self.check_events(["hexpired h", "del h", "hset h"], 1, "HSET h b 1")

    def test_of_the_background(self):
        self.fill(ttl_ms=1000)
        self.client.wire("HPEXPIRE h 1500 FIELDS 1 b")
        self.clock.advance(1.2)
        self.events.clear()
        expire_cycle(self.engine)
        self.assertEqual(self.events, ["hexpired h"])
        self.clock.advance(1)
        expire_cycle(self.engine)
        self.assertEqual(self.events, ["hexpired h", "hexpired h", "del h"])


class BackgroundTest(FieldTestCase):
    def database(self):
        return self.engine.keyspace.databases[0]

    def expire_many(self, keys, fields, ttl_ms=1000):
        names = [b"%d" % number for number in range(fields)]
        for number in range(keys):
            self.execute("HSET", "h%d" % number, "stays", 1, *[word for name in names for word in (name, b"v")])
            self.execute("HPEXPIRE", "h%d" % number, ttl_ms, "FIELDS", fields, *names)

    def test_fields_that_nobody_touches_go(self):
        self.expire_many(keys=20, fields=10)
        self.execute("HSET h0 more 1")
        self.execute("HEXPIRE h0 100 FIELDS 1 more")
        self.clock.advance(2)
        expire_cycle(self.engine)
        lengths = [len(stored) for stored in self.database().values.values()]
        self.assertEqual(lengths, [2] + [1] * 19)
        self.assertEqual(self.database().field_expiries.times.keys(), {b"h0"})

    def test_the_lock_is_given_back_between_slices(self):
        self.expire_many(keys=1, fields=1000)
        self.clock.advance(2)
        lengths = []

        class WatchedLock:
            def __enter__(lock):
                lengths.append(len(self.database().values[b"h0"]))

            def __exit__(lock, *reason):
                pass

        self.engine.lock, real = WatchedLock(), self.engine.lock
        expire_cycle(self.engine)
        self.engine.lock = real
        self.assertGreater(len(lengths), 3)
        self.assertLessEqual(max(before - after for before, after in zip(lengths, lengths[1:])), 64)

    def test_a_key_whose_own_time_is_over_goes_as_a_whole(self):
        self.fill(ttl_ms=1000)
        self.execute("PEXPIRE h 1000")
        self.clock.advance(2)
        expire_cycle(self.engine)
        self.assertEqual(self.database().values, {})
        self.assertEqual(self.engine.keyspace.expired, 1)

    def test_nothing_is_kept_of_deleted_hashes(self):
        self.expire_many(keys=50, fields=2, ttl_ms=10 ** 6)
        for number in range(50):
            self.execute("DEL", "h%d" % number)
        self.assertEqual(len(self.database().field_expiries), 0)

    def test_the_place_of_a_hash_taken_by_a_string_is_left_alone(self):
        self.fill(ttl_ms=1000)
        self.execute("SET h text")
        self.clock.advance(2)
        expire_cycle(self.engine)
        self.check(b"text", "GET h")

    def test_a_moved_expiry_is_seen_to_in_time(self):
        self.fill(ttl_ms=1000)
        self.execute("HPEXPIRE h 5000 FIELDS 1 a")
        self.clock.advance(2)
        expire_cycle(self.engine)
        self.assertEqual(len(self.database().values[b"h"]), 3)
        self.clock.advance(4)
        expire_cycle(self.engine)
        self.assertEqual(len(self.database().values[b"h"]), 2)

    def test_during_a_pause_fields_stay_unseen(self):
        self.fill(ttl_ms=1000)
        self.execute("CLIENT PAUSE 60000 WRITE")
        self.clock.advance(2)
        expire_cycle(self.engine)
        self.check({b"b": b"2", b"c": b"3"}, "HGETALL h")
        self.check([-2, -1], "HTTL h FIELDS 2 a b")
        self.assertEqual(len(self.database().values[b"h"]), 3)
        self.execute("CLIENT UNPAUSE")
        expire_cycle(self.engine)
        self.assertEqual(len(self.database().values[b"h"]), 2)

    def test_during_a_pause_a_hash_of_due_fields_is_a_missing_key(self):
        self.fill("a 1", ttl_ms=1000)
        self.execute("CLIENT PAUSE 60000 WRITE")
        self.clock.advance(2)
        self.check(None, "HGET h a")
        self.check(0, "HLEN h")
        self.assertIn(b"h", self.database().values)

    def test_those_who_watch_the_key_learn_of_it(self):
        self.fill(ttl_ms=1000)
        self.execute("WATCH h")
        self.clock.advance(2)
        expire_cycle(self.engine)
        self.execute("MULTI")
        self.execute("PING")
        self.assertNotIsInstance(self.execute("EXEC"), list)


class CommandDocsTest(FieldTestCase):
    def test_the_commands_are_known(self):
        for name in SETTING + ASKING:
            docs = self.execute("COMMAND DOCS " + name)[name.lower().encode()]
            self.assertEqual((docs[b"since"], docs[b"group"]), (b"7.4.0", b"hash"))
        self.check([b"h"], "COMMAND GETKEYS HEXPIRE h 10 FIELDS 1 a")


if __name__ == "__main__":
    unittest.main()
