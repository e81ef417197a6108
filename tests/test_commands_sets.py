"""The set commands."""
import unittest

from redis_clone.resp import encode
from tests.events import EventTestCase
from tests.support import REAL, CommandTestCase

WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value"
NOT_INTEGER = "-ERR value is not an integer or out of range"
NOT_POSITIVE = "-ERR value is out of range, must be positive"
NOT_SIGNED = "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"
SYNTAX = "-ERR syntax error"
HUGE = 9223372036854775807


class SetTestCase(CommandTestCase):
    def add(self, members, key="s"):
        self.client.wire("SADD", key, *members.split())

    def check_items(self, items, *args):
        """The reply is an array of the words in `items`, in this order."""
        self.check(encode(items.encode().split()), *args)

    def check_members(self, members, *args):
        """The reply holds the words in `members`, in any order."""
        self.assertEqual(sorted(items_of(self.client.wire(*args))), sorted(members.encode().split()))

    def check_encoding(self, name, key="s"):
        self.check(f"${len(name)}\r\n{name}", "OBJECT", "ENCODING", key)


def items_of(reply):
    """The bulk strings of a flat array or set that hold no line ends."""
    return reply.split(b"\r\n")[2::2]


class SaddTest(SetTestCase):
    def test_an_old_member_may_change_the_encoding_when_the_limits_are_lower_now(self):
        self.client.wire("SADD", "s", "1", "d")
        self.client.wire("CONFIG", "SET", "set-max-listpack-entries", "0")
        self.client.wire("SADD", "s", "1")
        encoding = self.client.wire("OBJECT", "ENCODING", "s")
        self.client.wire("CONFIG", "SET", "set-max-listpack-entries", "128")
        self.assertEqual(encoding, b"$9\r\nhashtable\r\n")

    def test_counts_new_members(self):
        self.check(":1", "SADD s a")
        self.check(":0", "SADD s a")
        self.check(":2", "SADD s a b c b")
        self.check(":3", "SCARD s")

    def test_refuses_keys_of_other_types(self):
        self.client.wire("SET x x")
        self.check(WRONG_TYPE, "SADD x a")
        self.check("-ERR wrong number of arguments for 'sadd' command", "SADD s")


class SremTest(SetTestCase):
    def test_counts_removed_members_and_deletes_the_emptied_set(self):
        self.add("a b c")
        self.check(":2", "SREM s a zz b a")
        self.check(":0", "SREM s a")
        self.check(":1", "SREM s c")
        self.check(":0", "EXISTS s")
        self.check(":0", "SREM s c")

    def test_refuses_keys_of_other_types(self):
        self.client.wire("SET x x")
        self.check(WRONG_TYPE, "SREM x a")


class SmoveTest(SetTestCase):
    def test_moves_a_member(self):
        self.add("a b")
        self.check(":1", "SMOVE s t a")
        self.check_members("a", "SMEMBERS t")
        self.check(":0", "SMOVE s t a")
        self.check(":1", "SMOVE s t b")
        self.check(":0", "EXISTS s")

    def test_a_member_that_is_there_already_is_only_removed(self):
        self.add("a b")
        self.add("a", "t")
        self.check(":1", "SMOVE s t a")
        self.check_members("b", "SMEMBERS s")
        self.check_members("a", "SMEMBERS t")

    def test_within_one_set_tells_whether_it_is_a_member(self):
        self.add("a")
        self.check(":1", "SMOVE s s a")
        self.check(":0", "SMOVE s s b")

    def test_a_missing_source_comes_before_a_wrong_destination(self):
        self.client.wire("SET x x")
        self.check(":0", "SMOVE nothing x a")
        self.add("a")
        self.check(WRONG_TYPE, "SMOVE s x zz")
        self.check(WRONG_TYPE, "SMOVE x s a")
        self.check_members("a", "SMEMBERS s")


class MembershipTest(SetTestCase):
    def test_sismember(self):
        self.add("a")
        self.check(":1", "SISMEMBER s a")
        self.check(":0", "SISMEMBER s b")
        self.check(":0", "SISMEMBER nothing a")

    def test_smismember(self):
        self.add("a 1")
        self.check(b"*3\r\n:1\r\n:0\r\n:1\r\n", "SMISMEMBER s a b 1")
        self.check(b"*2\r\n:0\r\n:0\r\n", "SMISMEMBER nothing a b")

    def test_scard(self):
        self.check(":0", "SCARD s")
        self.add("a b")
        self.check(":2", "SCARD s")

    def test_refuse_keys_of_other_types(self):
        self.client.wire("SET x x")
        for command in ("SISMEMBER x a", "SMISMEMBER x a", "SCARD x", "SMEMBERS x"):
            self.check(WRONG_TYPE, command)


class SmembersTest(SetTestCase):
    def test_is_a_set_in_resp3(self):
        self.add("1")
        self.client.wire("HELLO", 3)
        self.check(b"~1\r\n$1\r\n1\r\n", "SMEMBERS s")
        self.check("~0", "SMEMBERS nothing")

    def test_gives_integers_in_ascending_order(self):
        self.add("10 9 -1 200 3")
        self.check_items("-1 3 9 10 200", "SMEMBERS s")

    def test_gives_few_members_in_the_order_of_insertion(self):
        self.add("c a b 2 1")
        self.check_items("c a b 2 1", "SMEMBERS s")

    def test_integers_come_first_when_a_text_joins_them(self):
        self.add("3 1 2")
        self.add("x 0")
        self.check_items("1 2 3 x 0", "SMEMBERS s")


class SpopTest(SetTestCase):
    def test_takes_one_member(self):
        self.add("a b c")
        popped = self.client.wire("SPOP s")
        self.assertIn(popped, (b"$1\r\na\r\n", b"$1\r\nb\r\n", b"$1\r\nc\r\n"))
        self.check(":0", "SISMEMBER", "s", popped.split(b"\r\n")[1])
        self.check(":2", "SCARD s")

    def test_deletes_the_emptied_set(self):
        self.add("a")
        self.check("$1\r\na", "SPOP s")
        self.check(":0", "EXISTS s")
        self.check("$-1", "SPOP s")

    def test_takes_several_different_members(self):
        self.client.wire("SADD", "s", *range(1000))
        taken = set()
        for count in (1, 7, 300, 600):
            popped = items_of(self.client.wire("SPOP", "s", count))
            self.assertEqual(len(popped), count)
            taken.update(popped)
        self.assertEqual(len(taken), 908)
        self.check(":92", "SCARD s")

    def test_takes_all_when_asked_for_more(self):
        self.add("3 1 2")
        self.check_items("1 2 3", "SPOP", "s", HUGE)
        self.check(":0", "EXISTS s")

    def test_several_are_a_set_in_resp3(self):
        self.add("1 2")
        self.client.wire("HELLO", 3)
        self.check("~0", "SPOP s 0")
        self.check(b"~2\r\n$1\r\n1\r\n$1\r\n2\r\n", "SPOP s 5")
        self.check("~0", "SPOP s 5")
        self.check("_", "SPOP s")

    def test_reports_errors_in_order(self):
        self.client.wire("SET x x")
        self.check(SYNTAX, "SPOP x -1 2")
        self.check(NOT_POSITIVE, "SPOP x -1")
        self.check(NOT_POSITIVE, "SPOP nothing a")
        self.check(WRONG_TYPE, "SPOP x 0")
        self.check(WRONG_TYPE, "SPOP x")
        self.check("*0", "SPOP nothing 3")


class SrandmemberTest(SetTestCase):
    def test_takes_nothing_away(self):
        self.add("a")
        self.check("$1\r\na", "SRANDMEMBER s")
        self.check("$-1", "SRANDMEMBER nothing")
        self.check(":1", "SCARD s")

    def test_a_positive_count_gives_different_members(self):
        self.client.wire("SADD", "s", *range(1000))
        for count in (1, 10, 500, 999, 1000):
            members = items_of(self.client.wire("SRANDMEMBER", "s", count))
            self.assertEqual(len(set(members)), count)
        self.assertEqual(len(items_of(self.client.wire("SRANDMEMBER", "s", HUGE))), 1000)

    def test_a_negative_count_may_repeat(self):
        self.add("a b")
        members = items_of(self.client.wire("SRANDMEMBER s -50"))
        self.assertEqual(len(members), 50)
        self.assertEqual(set(members), {b"a", b"b"})

    def test_several_are_an_array_in_resp3(self):
        self.add("a")
        self.client.wire("HELLO", 3)
        self.check(b"*1\r\n$1\r\na\r\n", "SRANDMEMBER s 3")
        self.check(b"*2\r\n$1\r\na\r\n$1\r\na\r\n", "SRANDMEMBER s -2")
        self.check("*0", "SRANDMEMBER s 0")
        self.check("*0", "SRANDMEMBER nothing 3")
        self.check("_", "SRANDMEMBER nothing")

    def test_reports_errors_in_order(self):
        self.client.wire("SET x x")
        self.check(SYNTAX, "SRANDMEMBER x a 2")
        self.check(NOT_INTEGER, "SRANDMEMBER x a")
        self.check(NOT_SIGNED, "SRANDMEMBER", "x", -HUGE - 1)
        self.check(WRONG_TYPE, "SRANDMEMBER x 0")
        self.check("*0", "SRANDMEMBER", "nothing", -HUGE)

    @unittest.skipIf(REAL, "a real server would fill the memory")
    def test_refuses_a_reply_that_no_memory_would_hold(self):
        self.add("a b c")
        for count in (-HUGE, -1000000000):
            self.check("-ERR value is out of range", "SRANDMEMBER", "s", count)
        self.assertEqual(len(items_of(self.client.wire("SRANDMEMBER s -100000"))), 100000)


class AlgebraTest(SetTestCase):
    def setUp(self):
        super().setUp()
        self.add("a b c d", "one")
        self.add("c", "two")
        self.add("a c e", "three")

    def test_sinter(self):
        self.check_members("c", "SINTER one two three")
        self.check_members("a c", "SINTER one three")
        self.check_members("a b c d", "SINTER one")
        self.check("*0", "SINTER one nothing")

    def test_sunion(self):
        self.check_members("a b c d e", "SUNION one two three")
        self.check_members("c", "SUNION two nothing")
        self.check("*0", "SUNION nothing")

    def test_sdiff(self):
        self.check_members("b d", "SDIFF one two three")
        self.check_members("a b c d", "SDIFF one nothing")
        self.check("*0", "SDIFF nothing one")
        self.check("*0", "SDIFF two three")
        self.check("*0", "SDIFF one one")

    def test_sdiff_of_a_large_set_and_a_small_one(self):
        self.client.wire("SADD", "large", *range(1000))
        self.client.wire("SADD", "other", *range(1, 1000), "x")
        self.add("5 x", "small")
        self.check("*0", "SDIFF small large small")
        self.check_members("x", "SDIFF small large")
        self.check_members("0", "SDIFF large other small")

    def test_are_sets_in_resp3(self):
        self.client.wire("HELLO", 3)
        for command in ("SINTER two one", "SUNION two two", "SDIFF two nothing"):
            self.check(b"~1\r\n$1\r\nc\r\n", command)
        for command in ("SINTER nothing", "SUNION nothing", "SDIFF nothing"):
            self.check("~0", command)

    def test_of_integers_are_in_ascending_order(self):
        self.add("30 1 200", "four")
        self.add("4 30 200", "five")
        self.check_items("1 4 30 200", "SUNION four five")
        self.check_items("30 200", "SINTER four five")
        self.check_items("1 30 200", "SDIFF four nothing")

    def test_an_intersection_is_in_the_order_of_the_smallest(self):
        self.add("x e c a", "four")
        self.check_items("a c", "SINTER one four three")

    def test_look_at_the_type_of_every_key(self):
        self.client.wire("SET x x")
        for name in ("SINTER", "SUNION", "SDIFF"):
            self.check(WRONG_TYPE, name, "nothing", "x")
            self.check(WRONG_TYPE, name, "x", "nothing")
            self.check(WRONG_TYPE, name + "STORE", "one", "nothing", "x")
        self.check(WRONG_TYPE, "SINTERCARD 2 nothing x")
        self.check(":4", "SCARD one")


class StoreTest(SetTestCase):
    def test_replaces_whatever_was_there(self):
        self.add("a b c")
        self.add("b c d", "t")
        self.client.wire("SET to x EX 100")
        self.check(":2", "SINTERSTORE to s t")
        self.check_members("b c", "SMEMBERS to")
        self.check(":-1", "TTL to")
        self.check(":4", "SUNIONSTORE to s t")
        self.check(":1", "SDIFFSTORE to s t")
        self.check_members("a", "SMEMBERS to")

    def test_may_store_into_one_of_its_sources(self):
        self.add("a b c")
        self.add("b", "t")
        self.check(":2", "SDIFFSTORE s s t")
        self.check_members("a c", "SMEMBERS s")

    def test_an_empty_result_deletes(self):
        self.add("a")
        for name in ("SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE"):
            self.client.wire("SET to x")
            self.check(":0", name, "to", "nothing")
            self.check(":0", "EXISTS to")
            self.check(":0", name, "to", "nothing")

    def test_chooses_the_encoding_anew(self):
        self.client.wire("SADD", "s", *(f"x{number}" for number in range(300)))
        self.client.wire("SADD", "n", *range(1000))
        self.add("x0 x1 5", "t")
        self.add("3 4 5", "ints")
        for command, encoding in (("SINTERSTORE to s t", "listpack"), ("SINTERSTORE to n ints", "intset"),
                                  ("SINTERSTORE to t n", "intset"), ("SUNIONSTORE to ints t", "listpack"),
                                  ("SDIFFSTORE to s t", "hashtable"), ("SDIFFSTORE to t s", "intset"),
                                  ("SUNIONSTORE to n", "hashtable"), ("SUNIONSTORE to s", "hashtable")):
            self.client.wire(command)
            self.check_encoding(encoding, "to")


class SintercardTest(SetTestCase):
    def test_counts_up_to_a_limit(self):
        self.add("a b c d")
        self.add("b c d e", "t")
        self.check(":3", "SINTERCARD 2 s t")
        self.check(":2", "SINTERCARD 2 s t LIMIT 2")
        self.check(":3", "SINTERCARD 2 s t LIMIT 0")
        self.check(":3", "SINTERCARD", 2, "s", "t", "LIMIT", HUGE)
        self.check(":4", "SINTERCARD 1 s")
        self.check(":0", "SINTERCARD 2 s nothing LIMIT 2")
        self.check(":3", "SINTERCARD 2 s t LIMIT 1 LIMIT 5")

    def test_reports_errors_in_order(self):
        for numkeys in ("0", "-1", "a", "1.5"):
            self.check("-ERR numkeys should be greater than 0", "SINTERCARD", numkeys, "s", "LIMIT", "-1")
        self.check("-ERR Number of keys can't be greater than number of args", "SINTERCARD 2 s")
        self.check("-ERR Number of keys can't be greater than number of args", "SINTERCARD", HUGE, "s")
        self.check("-ERR LIMIT can't be negative", "SINTERCARD 1 s LIMIT -1")
        self.check("-ERR LIMIT can't be negative", "SINTERCARD 1 s LIMIT a")
        self.check(SYNTAX, "SINTERCARD 1 s LIMIT")
        self.check(SYNTAX, "SINTERCARD 1 s t")


class SscanTest(SetTestCase):
    def test_gives_a_small_set_at_once(self):
        self.add("a b c")
        self.check(b"*2\r\n$1\r\n0\r\n*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n", "SSCAN s 0 COUNT 1")
        self.check(b"*2\r\n$1\r\n0\r\n*1\r\n$1\r\nb\r\n", "SSCAN s 0 MATCH [bx]*")
        self.check(b"*2\r\n$1\r\n0\r\n*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n", "SSCAN s 123 MATCH *")

    def test_walks_through_a_large_set(self):
        members = {b"m%d" % number for number in range(1000)}
        self.client.wire("SADD", "s", *members)
        seen, cursor, rounds = set(), b"0", 0
        while rounds == 0 or cursor != b"0":
            items = self.client.wire("SSCAN", "s", cursor, "COUNT", 50).split(b"\r\n")
            cursor = items[2]
            seen.update(items[5::2])
            rounds += 1
        self.assertEqual(seen, members)
        self.assertGreater(rounds, 10)

    def test_without_a_set_only_the_cursor_is_looked_at(self):
        self.check("-ERR invalid cursor", "SSCAN nothing x FOO")
        self.check(b"*2\r\n$1\r\n0\r\n*0\r\n", "SSCAN nothing 0 FOO")

    def test_reports_errors(self):
        self.client.wire("SET x x")
        self.check(WRONG_TYPE, "SSCAN x 0 FOO")
        self.add("a")
        self.check(SYNTAX, "SSCAN s 0 FOO 1")
        self.check(SYNTAX, "SSCAN s 0 COUNT")
        self.check(SYNTAX, "SSCAN s 0 COUNT 0")
        self.check(SYNTAX, "SSCAN s 0 TYPE string")
        self.check(NOT_INTEGER, "SSCAN s 0 COUNT x")


class EncodingTest(SetTestCase):
    def test_integers_make_an_intset_up_to_512(self):
        self.client.wire("SADD", "s", *range(512))
        self.check_encoding("intset")
        self.add("512")
        self.check_encoding("hashtable")

    def test_texts_make_a_listpack_up_to_128(self):
        self.client.wire("SADD", "s", *(f"x{number}" for number in range(128)))
        self.check_encoding("listpack")
        self.add("one-more")
        self.check_encoding("hashtable")

    def test_a_long_member_makes_a_hashtable(self):
        self.add("x" * 64)
        self.check_encoding("listpack")
        self.add("x" * 65)
        self.check_encoding("hashtable")

    def test_a_text_turns_a_small_intset_into_a_listpack_and_a_large_one_into_a_hashtable(self):
        self.add("1 2 x")
        self.check_encoding("listpack")
        self.client.wire("SADD", "t", *range(200))
        self.add("x", "t")
        self.check_encoding("hashtable", "t")

    def test_removing_never_changes_it(self):
        self.client.wire("SADD", "s", *range(600))
        self.client.wire("SREM", "s", *range(599))
        self.check_encoding("hashtable")


@unittest.skipIf(REAL, "looks into the engine")
class EventTest(EventTestCase):
    """Keyspace events in Redis' order, and what a command adds to the count of changes."""

    def test_adding_and_removing(self):
        self.check_events(["sadd s"], 3, "SADD s a b c")
        self.check_events([], 0, "SADD s a")
        self.check_events(["srem s"], 1, "SREM s a zz")
        self.check_events([], 0, "SREM s zz")
        self.check_events(["srem s", "sadd t"], 2, "SMOVE s t b")
        self.check_events(["srem s", "del s", "sadd t"], 2, "SMOVE s t c")
        self.check_events([], 0, "SMOVE t t c")

    def test_popping(self):
        self.client.wire("SADD s 1 2 3 4")
        self.check_events(["spop s"], 1, "SPOP s")
        self.check_events(["spop s"], 2, "SPOP s 2")
        self.check_events(["spop s", "del s"], 1, "SPOP s 9")
        self.check_events([], 0, "SPOP s 9")

    def test_storing(self):
        self.client.wire("SADD s a b")
        for name in ("sinterstore", "sunionstore", "sdiffstore"):
            self.check_events([f"{name} to"], 1, f"{name} to s")
            self.check_events(["del to"], 1, f"{name} to nothing")
            self.check_events([], 0, f"{name} to nothing")


if __name__ == "__main__":
    unittest.main()
