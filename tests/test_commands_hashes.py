"""The hash commands."""
import unittest

from redis_clone.resp import encode
from tests.events import EventTestCase
from tests.support import REAL, CommandTestCase

WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value"
NOT_INTEGER = "-ERR value is not an integer or out of range"
NOT_SIGNED = "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"
SYNTAX = "-ERR syntax error"
HUGE = 9223372036854775807


class HashTestCase(CommandTestCase):
    def fill(self, items, key="h"):
        self.client.wire("HSET", key, *items.split())

    def check_items(self, items, *args):
        """The reply is an array of the words in `items`, in this order."""
        self.check(encode(items.encode().split()), *args)

    def check_encoding(self, name, key="h"):
        self.check(f"${len(name)}\r\n{name}", "OBJECT", "ENCODING", key)


def items_of(reply):
    """The bulk strings of a flat array that hold no line ends."""
    return reply.split(b"\r\n")[2::2]


class HsetTest(HashTestCase):
    def test_counts_new_fields(self):
        self.check(":1", "HSET h a 1")
        self.check(":0", "HSET h a 2")
        self.check(":2", "HSET h a 1 b 2 c 3 b 4")
        self.check_items("a 1 b 4 c 3", "HGETALL h")

    def test_hmset_says_ok(self):
        self.check("+OK", "HMSET h a 1 b 2")
        self.check_items("a 1 b 2", "HGETALL h")

    def test_fields_and_values_come_in_pairs(self):
        self.client.wire("SET x x")
        self.check("-ERR wrong number of arguments for 'hset' command", "HSET h a")
        self.check("-ERR wrong number of arguments for 'hset' command", "HSET x a 1 b")
        self.check("-ERR wrong number of arguments for 'hmset' command", "HMSET x a 1 b")
        self.check(":0", "EXISTS h")

    def test_refuse_keys_of_other_types(self):
        self.client.wire("SET x x")
        for command in ("HSET x a 1", "HSET x a 1 b 2", "HMSET x a 1", "HSETNX x a 1", "HDEL x a", "HGET x a",
                        "HMGET x a", "HGETALL x", "HKEYS x", "HVALS x", "HLEN x", "HEXISTS x a",
                        "HSTRLEN x a", "HRANDFIELD x", "HRANDFIELD x 0", "HSCAN x 0", "HINCRBY x a 1",
                        "HINCRBYFLOAT x a 1"):
            self.check(WRONG_TYPE, command)

    def test_hsetnx_sets_new_fields_only(self):
        self.check(":1", "HSETNX h a 1")
        self.check(":0", "HSETNX h a 2")
        self.check("$1\r\n1", "HGET h a")

    def test_keeps_the_expiry(self):
        self.fill("a 1")
        self.client.wire("EXPIRE h 100")
        self.fill("b 2")
        self.check(":100", "TTL h")


class HgetTest(HashTestCase):
    def test_hget(self):
        self.fill("a 1")
        self.check("$1\r\n1", "HGET h a")
        self.check("$-1", "HGET h b")
        self.check("$-1", "HGET nothing a")

    def test_hmget(self):
        self.fill("a 1 c 3")
        self.check(b"*4\r\n$1\r\n1\r\n$-1\r\n$1\r\n3\r\n$1\r\n1\r\n", "HMGET h a b c a")
        self.check(b"*2\r\n$-1\r\n$-1\r\n", "HMGET nothing a b")
        self.client.wire("HELLO", 3)
        self.check(b"*1\r\n_\r\n", "HMGET nothing a")

    def test_hgetall_is_a_map_in_resp3(self):
        self.fill("a 1 b 2")
        self.check_items("a 1 b 2", "HGETALL h")
        self.check("*0", "HGETALL nothing")
        self.client.wire("HELLO", 3)
        self.check(b"%2\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n", "HGETALL h")
        self.check("%0", "HGETALL nothing")

    def test_hkeys_and_hvals_are_arrays(self):
        self.fill("a 1 b 2")
        self.client.wire("HELLO", 3)
        self.check_items("a b", "HKEYS h")
        self.check_items("1 2", "HVALS h")
        self.check("*0", "HKEYS nothing")
        self.check("*0", "HVALS nothing")

    def test_what_is_there(self):
        self.fill("a 1 b 222")
        self.check(":2", "HLEN h")
        self.check(":0", "HLEN nothing")
        self.check(":1", "HEXISTS h a")
        self.check(":0", "HEXISTS h c")
        self.check(":0", "HEXISTS nothing a")
        self.check(":3", "HSTRLEN h b")
        self.check(":0", "HSTRLEN h c")
        self.check(":0", "HSTRLEN nothing a")

    def test_takes_any_bytes(self):
        self.check(":1", "HSET", b"\x00\xff", b"\r\n", b"")
        self.check(b"*2\r\n$2\r\n\r\n\r\n$0\r\n\r\n", "HGETALL", b"\x00\xff")


class HdelTest(HashTestCase):
    def test_counts_deleted_fields_and_deletes_the_emptied_hash(self):
        self.fill("a 1 b 2 c 3")
        self.check(":2", "HDEL h a zz b a")
        self.check(":0", "HDEL h a")
        self.check(":1", "HDEL h c")
        self.check(":0", "EXISTS h")
        self.check(":0", "HDEL h c")


class HincrbyTest(HashTestCase):
    def test_adds(self):
        self.check(":5", "HINCRBY h n 5")
        self.check(":-2", "HINCRBY h n -7")
        self.check("$2\r\n-2", "HGET h n")

    def test_reports_errors_in_order(self):
        self.client.wire("SET x x")
        self.check(NOT_INTEGER, "HINCRBY x n a")
        self.check(NOT_INTEGER, "HINCRBY nothing n 1.5")
        self.fill("text a max 9223372036854775807")
        self.check("-ERR hash value is not an integer", "HINCRBY h text 1")
        self.check("-ERR increment or decrement would overflow", "HINCRBY h max 1")
        self.check(f":{HUGE - 1}", "HINCRBY h max -1")
        self.check(":0", "EXISTS nothing")

    def test_an_integer_is_spelled_in_one_way_only(self):
        for text in (b" 1", b"1 ", b"+1", b"01", b"", b"-0", b"1_0", b"9223372036854775808"):
            self.client.wire("HSET", "h", "n", text)
            self.check("-ERR hash value is not an integer", "HINCRBY h n 1")


class HincrbyfloatTest(HashTestCase):
    def test_adds_with_the_precision_of_a_long_double(self):
        self.check("$3\r\n0.1", "HINCRBYFLOAT h n 0.1")
        self.check("$3\r\n0.3", "HINCRBYFLOAT h n 0.2")
        self.check("$4\r\n5000", "HINCRBYFLOAT h m 5.0e3")
        self.check("$4\r\n5000", "HGET h m")
        self.check("$4\r\n-2.5", "HINCRBYFLOAT h m -5002.5")

    def test_reports_errors_in_order(self):
        self.client.wire("SET x x")
        self.fill("text a inf inf n 1 large 1e4932")
        for increment in ("a", "nan", "", "1e5000"):
            self.check("-ERR value is not a valid float", "HINCRBYFLOAT", "x", "n", increment)
        for increment in ("inf", "-inf", "+Infinity"):
            self.check("-ERR value is NaN or Infinity", "HINCRBYFLOAT", "x", "n", increment)
        self.check("-ERR hash value is not a float", "HINCRBYFLOAT h text 1")
        self.check("-ERR increment would produce NaN or Infinity", "HINCRBYFLOAT h inf 1")
        self.check("-ERR increment would produce NaN or Infinity", "HINCRBYFLOAT h large 1e4932")
        self.check(":0", "EXISTS nothing")


class HrandfieldTest(HashTestCase):
    def test_takes_nothing_away(self):
        self.fill("a 1")
        self.check("$1\r\na", "HRANDFIELD h")
        self.check("$-1", "HRANDFIELD nothing")
        self.check("*0", "HRANDFIELD nothing 3 WITHVALUES")
        self.check(":1", "HLEN h")

    def test_a_positive_count_gives_different_fields(self):
        self.client.wire("HSET", "h", *range(2000))
        for count in (1, 10, 500, 999, 1000):
            fields = items_of(self.client.wire("HRANDFIELD", "h", count))
            self.assertEqual(len(set(fields)), count)
        self.assertEqual(len(items_of(self.client.wire("HRANDFIELD", "h", HUGE))), 1000)

    def test_all_come_in_order(self):
        self.fill("c 1 a 2 b 3")
        self.check_items("c a b", "HRANDFIELD h 9")
        self.check_items("c 1 a 2 b 3", "HRANDFIELD", "h", HUGE // 2, "withvalues")

    def test_a_negative_count_may_repeat(self):
        self.fill("a 1 b 2")
        fields = items_of(self.client.wire("HRANDFIELD h -50"))
        self.assertEqual(len(fields), 50)
        self.assertEqual(set(fields), {b"a", b"b"})

    def test_values_are_flat_in_resp2_and_in_pairs_in_resp3(self):
        self.fill("a 1")
        self.check_items("a 1 a 1", "HRANDFIELD h -2 WITHVALUES")
        self.check("*0", "HRANDFIELD h 0 WITHVALUES")
        self.client.wire("HELLO", 3)
        pair = b"*2\r\n$1\r\na\r\n$1\r\n1\r\n"
        self.check(b"*2\r\n" + pair + pair, "HRANDFIELD h -2 WITHVALUES")
        self.check(b"*1\r\n" + pair, "HRANDFIELD h 5 WITHVALUES")
        self.check(b"*1\r\n$1\r\na\r\n", "HRANDFIELD h 5")
        self.check("*0", "HRANDFIELD nothing 5 WITHVALUES")

    def test_reports_errors_in_order(self):
        self.client.wire("SET x x")
        self.check(NOT_INTEGER, "HRANDFIELD x a FOO")
        self.check(NOT_SIGNED, "HRANDFIELD", "x", -HUGE - 1, "FOO")
        self.check(SYNTAX, "HRANDFIELD", "x", -HUGE, "FOO")
        self.check(SYNTAX, "HRANDFIELD x 1 WITHVALUES 1")
        for count in (HUGE // 2 + 1, -(HUGE // 2) - 1, HUGE, -HUGE):
            self.check("-ERR value is out of range", "HRANDFIELD", "x", count, "WITHVALUES")
        self.check(WRONG_TYPE, "HRANDFIELD", "x", HUGE // 2, "WITHVALUES")

    @unittest.skipIf(REAL, "a real server would fill the memory")
    def test_refuses_a_reply_that_no_memory_would_hold(self):
        self.fill("a 1 b 2")
        self.check("-ERR value is out of range", "HRANDFIELD", "h", -HUGE)
        self.check("-ERR value is out of range", "HRANDFIELD", "h", -1000000000, "WITHVALUES")
        self.assertEqual(len(items_of(self.client.wire("HRANDFIELD h -100000"))), 100000)


class HscanTest(HashTestCase):
    def test_gives_a_small_hash_at_once(self):
        self.fill("a 1 b 2")
        everything = b"*2\r\n$1\r\n0\r\n*4\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n"
        self.check(everything, "HSCAN h 0 COUNT 1")
        self.check(everything, "HSCAN h 77 MATCH *")
        self.check(b"*2\r\n$1\r\n0\r\n*2\r\n$1\r\nb\r\n$1\r\n2\r\n", "HSCAN h 0 MATCH b*")

    def test_walks_through_a_large_hash(self):
        self.client.wire("HSET", "h", *(f"{kind}{number}" for number in range(1000) for kind in "fv"))
        seen, cursor, rounds = {}, b"0", 0
        while rounds == 0 or cursor != b"0":
            items = self.client.wire("HSCAN", "h", cursor, "COUNT", 50).split(b"\r\n")
            cursor = items[2]
            seen.update(zip(items[5::4], items[7::4]))
            rounds += 1
        self.assertEqual(seen, {b"f%d" % number: b"v%d" % number for number in range(1000)})
        self.assertGreater(rounds, 10)

    def test_without_a_hash_only_the_cursor_is_looked_at(self):
        self.check("-ERR invalid cursor", "HSCAN nothing x FOO")
        self.check(b"*2\r\n$1\r\n0\r\n*0\r\n", "HSCAN nothing 0 FOO")

    def test_reports_errors(self):
        self.fill("a 1")
        self.check(SYNTAX, "HSCAN h 0 FOO 1")
        self.check(SYNTAX, "HSCAN h 0 MATCH")
        self.check(SYNTAX, "HSCAN h 0 COUNT -1")
        self.check(NOT_INTEGER, "HSCAN h 0 COUNT x")


class EncodingTest(HashTestCase):
    def test_up_to_512_fields_make_a_listpack(self):
        self.client.wire("HSET", "h", *range(1024))
        self.check_encoding("listpack")
        self.fill("one more")
        self.check_encoding("hashtable")

    def test_a_long_value_makes_a_hashtable(self):
        self.fill("a " + "x" * 64)
        self.check_encoding("listpack")
        self.fill("b " + "x" * 65)
        self.check_encoding("hashtable")

    def test_a_long_field_makes_a_hashtable(self):
        self.fill("x" * 65 + " 1")
        self.check_encoding("hashtable")

    def test_many_pairs_at_once_make_a_hashtable_even_of_one_field(self):
        self.client.wire("HSET", "h", *("a", "1") * 513)
        self.check_encoding("hashtable")

    def test_deleting_never_changes_it(self):
        self.client.wire("HSET", "h", *range(1200))
        self.client.wire("HDEL", "h", *range(2, 1200, 2))
        self.check_encoding("hashtable")


@unittest.skipIf(REAL, "looks into the engine")
class EventTest(EventTestCase):
    """Keyspace events in Redis' order, and what a command adds to the count of changes."""

    def test_setting_and_deleting(self):
        self.check_events(["hset h"], 1, "HSET h a 1")
        self.check_events(["hset h"], 2, "HMSET h a 1 b 2")
        self.check_events([], 0, "HSETNX h a 1")
        self.check_events(["hset h"], 1, "HSETNX h c 1")
        self.check_events(["hdel h"], 1, "HDEL h a zz")
        self.check_events([], 0, "HDEL h zz")
        self.check_events(["hdel h", "del h"], 2, "HDEL h b c")

    def test_adding(self):
        self.check_events(["hincrby h"], 1, "HINCRBY h n 0")
        self.check_events(["hincrbyfloat h"], 1, "HINCRBYFLOAT h n 0")
        self.check_events([], 0, "HINCRBY h n x")


if __name__ == "__main__":
    unittest.main()
