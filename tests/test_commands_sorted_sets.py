"""The sorted set commands. Ranges, algebra and waiting have files of their own."""
import unittest

from redis_clone.resp import encode
from tests.events import EventTestCase
from tests.support import REAL, CommandTestCase, EngineTestCase

WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value"
NOT_FLOAT = "-ERR value is not a valid float"
NOT_INTEGER = "-ERR value is not an integer or out of range"
NOT_POSITIVE = "-ERR value is out of range, must be positive"
NOT_SIGNED = "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"
OUT_OF_RANGE = "-ERR value is out of range"
NAN = "-ERR resulting score is not a number (NaN)"
SYNTAX = "-ERR syntax error"
HUGE = 9223372036854775807


class SortedSetTestCase(CommandTestCase):
    """`x` is a string, for errors of type."""

    def setUp(self):
        super().setUp()
        self.client.wire("SET x x")

    def tearDown(self):
        self.client.wire("CONFIG SET zset-max-listpack-entries 128 zset-max-listpack-value 64")

    def add(self, pairs, key="z"):
        self.client.wire("ZADD", key, *pairs.split())

    def check_items(self, items, *args):
        """The reply is an array of the words in `items`, in this order."""
        self.check(encode(items.encode().split()), *args)

    def check_set(self, pairs, key="z"):
        """The members and scores at `key`; they are written the other way round than in ZADD."""
        self.check_items(pairs, "ZRANGE", key, 0, -1, "WITHSCORES")

    def check_bulk(self, text, *args):
        self.check(f"${len(text)}\r\n{text}", *args)

    def check_encoding(self, name, key="z"):
        self.check_bulk(name, "OBJECT", "ENCODING", key)

    def check_each(self, reply, *commands):
        for command in commands:
            self.check(reply, command)


def items_of(reply):
    """The bulk strings of a flat array that hold no line ends."""
    return reply.split(b"\r\n")[2::2]


class ZaddTest(SortedSetTestCase):
    def test_counts_new_members(self):
        self.check(":1", "ZADD z 1 a")
        self.check(":0", "ZADD z 2 a")
        self.check(":2", "ZADD z 3 a 2 b 1 c 0 c")
        self.check_set("c 0 b 2 a 3")

    def test_orders_by_score_then_by_member(self):
        self.add("1 b 1 a 0.5 z -inf y inf x 1 B 1 aa")
        self.check_set("y -inf z 0.5 B 1 a 1 aa 1 b 1 x inf")

    def test_reads_scores_as_strtod_does(self):
        for raw, score in (("+5", "5"), ("1.", "1"), (".5", "0.5"), ("-1e3", "-1000"), ("0x10", "16"),
                           ("0x.8p1", "1"), ("Infinity", "inf"), ("-iNf", "-inf"), ("007", "7"),
                           ("9007199254740993", "9007199254740992"),
                           ("123456789012345678901234567890", "1.2345678901234568e+29")):
            self.client.wire("ZADD", "z", raw, "a")
            self.check_bulk(score, "ZSCORE z a")

    def test_refuses_what_is_no_double(self):
        for raw in ("", "x", " 1", "1 ", "nan", "-nan", "1e", ".", "0x", "1_0", "1e400", "1e-400", b"1\0",
                    "9" * 400):
            self.check(NOT_FLOAT, "ZADD", "z", raw, "a")
        self.check(":0", "EXISTS z")

    def test_all_scores_are_read_before_anything_is_added(self):
        self.check(NOT_FLOAT, "ZADD z 1 a x b")
        self.check(":0", "EXISTS z")

    def test_nx_leaves_members_alone(self):
        self.add("1 a")
        self.check(":1", "ZADD z NX 2 a 3 b 4 b")
        self.check_set("a 1 b 3")

    def test_xx_adds_no_member(self):
        self.add("1 a")
        self.check(":0", "ZADD z XX 2 a 3 b")
        self.check_set("a 2")
        self.check(":0", "ZADD nothing XX 1 a")
        self.check(":0", "EXISTS nothing")

    def test_gt_and_lt_move_in_one_direction_and_add_members(self):
        self.add("5 a 5 b")
        self.check(":1", "ZADD z GT 4 a 6 b 5 c")
        self.check_set("a 5 c 5 b 6")
        self.check(":1", "ZADD z LT CH 6 a 5 b 5 c")
        self.check_set("a 5 b 5 c 5")

    def test_ch_counts_changed_members_too(self):
        self.add("1 a 1 b")
        self.check(":2", "ZADD z CH 1 a 2 b 3 c")
        self.check(":4", "ZADD z CH 2 a 1 a 5 d 6 d")

    def test_options_may_be_combined_repeated_and_spelled_in_any_case(self):
        self.check(":1", "ZADD z ch Nx ch 1 a")
        self.check(":1", "ZADD z xx gt CH 2 a")

    def test_incr_replies_the_new_score_or_null(self):
        self.check_bulk("5", "ZADD z INCR 5 a")
        self.check_bulk("3.5", "ZADD z INCR -1.5 a")
        self.check("$-1", "ZADD z NX INCR 1 a")
        self.check("$-1", "ZADD z GT INCR -1 a")
        self.check_bulk("2.5", "ZADD z LT INCR -1 a")
        self.check("$-1", "ZADD z XX INCR 1 b")
        self.check("$-1", "ZADD nothing XX INCR 1 b")
        self.check(":0", "EXISTS nothing")

    def test_incr_cannot_make_nan(self):
        self.add("inf a")
        self.check(NAN, "ZADD z INCR -inf a")
        self.check("$-1", "ZADD z NX INCR -inf a")
        self.check_set("a inf")

    def test_options_that_contradict_each_other(self):
        self.check_each("-ERR XX and NX options at the same time are not compatible",
                        "ZADD z NX XX 1 a", "ZADD x nx xx y a", "ZADD z NX XX GT LT 1 a")
        self.check_each("-ERR GT, LT, and/or NX options at the same time are not compatible",
                        "ZADD z GT LT 1 a", "ZADD z NX GT 1 a", "ZADD z LT NX y a")
        self.check("-ERR INCR option supports a single increment-element pair", "ZADD z INCR y a 1 b")

    def test_a_score_without_member_is_a_syntax_error(self):
        self.check_each(SYNTAX, "ZADD z NX 1", "ZADD z NX XX 1", "ZADD z nx nx", "ZADD z 1 a 2",
                        "ZADD x y a 2")
        self.check(NOT_FLOAT, "ZADD z 1 a nx 2")
        self.check("-ERR wrong number of arguments for 'zadd' command", "ZADD z 1")

    def test_errors_of_type_come_last(self):
        self.check_each(WRONG_TYPE, "ZADD x 1 a", "ZADD x XX 1 a", "ZADD x 1 a 2 b", "ZADD x INCR 1 a")
        self.check_each(NOT_FLOAT, "ZADD x y a", "ZADD x INCR y a")

    def test_resp3(self):
        self.client.wire("HELLO", 3)
        self.check(",1.5", "ZADD z INCR 1.5 a")
        self.check("_", "ZADD z NX INCR 1.5 a")
        self.check(":1", "ZADD z 1 b")


class ZincrbyTest(SortedSetTestCase):
    def test_adds_to_a_score_from_zero_on(self):
        self.check_bulk("5", "ZINCRBY z 5 a")
        self.check_bulk("-inf", "ZINCRBY z -inf a")
        self.check(NAN, "ZINCRBY z inf a")
        self.check_set("a -inf")
        self.client.wire("HELLO", 3)
        self.check(",0.5", "ZINCRBY z 0.5 b")

    def test_errors_in_redis_order(self):
        self.check_each(NOT_FLOAT, "ZINCRBY x y a", "ZINCRBY z nan a")
        self.check(WRONG_TYPE, "ZINCRBY x 1 a")
        self.check_each(SYNTAX, "ZINCRBY x nx a", "ZINCRBY z INCR a")      # they are ZADD's options
        self.check(":0", "EXISTS z")


class NegativeZeroTest(SortedSetTestCase):
    """It is equal to zero, and only a skiplist can hold it."""

    def test_is_lost_in_a_listpack(self):
        self.check_bulk("-0", "ZINCRBY z -0 a")
        self.check_bulk("0", "ZSCORE z a")
        self.check_bulk("-0", "ZADD z INCR -0 b")
        self.add("-0 c -0 d")
        self.add("1 e")
        self.add("-0 e")
        self.check_set("a 0 b 0 c 0 d 0 e 0")

    def test_stays_in_a_skiplist(self):
        self.client.wire("CONFIG SET zset-max-listpack-entries 2")
        self.add("-0 a -0 b")
        self.add("-0 c")                                # the one that makes a skiplist of it
        self.check_set("a 0 b 0 c -0")
        self.check(":0", "ZADD z CH 0 c")
        self.add("-0 long" + "g" * 64, "y")
        self.check_bulk("-0", "ZSCORE y long" + "g" * 64)


class SingleMemberTest(SortedSetTestCase):
    def setUp(self):
        super().setUp()
        self.add("1 a 2.5 b -inf c")

    def test_zscore(self):
        self.check_bulk("2.5", "ZSCORE z b")
        self.check("$-1", "ZSCORE z none")
        self.check("$-1", "ZSCORE nothing b")
        self.client.wire("HELLO", 3)
        self.check(",-inf", "ZSCORE z c")
        self.check("_", "ZSCORE z none")

    def test_zmscore(self):
        self.check("*3\r\n$1\r\n1\r\n$-1\r\n$4\r\n-inf", "ZMSCORE z a none c")
        self.check("*2\r\n$-1\r\n$-1", "ZMSCORE nothing a b")
        self.client.wire("HELLO", 3)
        self.check("*2\r\n,1\r\n_", "ZMSCORE z a none")

    def test_zcard(self):
        self.check(":3", "ZCARD z")
        self.check(":0", "ZCARD nothing")

    def test_zrank_and_zrevrank(self):
        self.check(":0", "ZRANK z c")
        self.check(":2", "ZREVRANK z c")
        self.check("$-1", "ZRANK z none")
        self.check("$-1", "ZREVRANK nothing a")

    def test_ranks_with_score(self):
        self.check("*2\r\n:2\r\n$3\r\n2.5", "ZRANK z b WITHSCORE")
        self.check("*2\r\n:0\r\n$3\r\n2.5", "ZREVRANK z b withscore")
        self.check("*-1", "ZRANK z none WITHSCORE")
        self.check("*-1", "ZREVRANK nothing b WITHSCORE")
        self.client.wire("HELLO", 3)
        self.check("*2\r\n:2\r\n,2.5", "ZRANK z b WITHSCORE")
        self.check("_", "ZRANK z none WITHSCORE")

    def test_options_of_ranks(self):
        self.check_each(SYNTAX, "ZRANK x b WITHSCORES", "ZREVRANK nothing b y")
        self.check("-ERR wrong number of arguments for 'zrank' command", "ZRANK x b WITHSCORE y")
        self.check("-ERR wrong number of arguments for 'zrevrank' command", "ZREVRANK x b y y")

    def test_zrem_deletes_the_emptied_set(self):
        self.check(":2", "ZREM z a none b a")
        self.check(":0", "ZREM z a")
        self.check(":1", "ZREM z c")
        self.check(":0", "EXISTS z")
        self.check(":0", "ZREM z c")

    def test_refuse_keys_of_other_types(self):
        self.check_each(WRONG_TYPE, "ZSCORE x a", "ZMSCORE x a", "ZCARD x", "ZRANK x a",
                        "ZREVRANK x a WITHSCORE", "ZREM x a")


class ZpopTest(SortedSetTestCase):
    def setUp(self):
        super().setUp()
        self.add("1 a 2 b 3 c 4 d")

    def test_takes_from_either_end(self):
        self.check_items("a 1", "ZPOPMIN z")
        self.check_items("d 4", "ZPOPMAX z")
        self.check_items("c 3 b 2", "ZPOPMAX z 2")
        self.check(":0", "EXISTS z")

    def test_takes_what_there_is(self):
        self.check_items("a 1 b 2 c 3 d 4", "ZPOPMIN", "z", HUGE)
        self.check_items("", "ZPOPMIN z")
        self.check_items("", "ZPOPMAX z 5")

    def test_a_count_of_zero_takes_nothing(self):
        self.check_items("", "ZPOPMIN z 0")
        self.check(WRONG_TYPE, "ZPOPMIN x 0")

    def test_resp3_has_pairs_when_there_is_a_count(self):
        self.client.wire("HELLO", 3)
        self.check("*2\r\n$1\r\na\r\n,1", "ZPOPMIN z")
        self.check("*1\r\n*2\r\n$1\r\nb\r\n,2", "ZPOPMIN z 1")
        self.check("*2\r\n*2\r\n$1\r\nd\r\n,4\r\n*2\r\n$1\r\nc\r\n,3", "ZPOPMAX z 9")
        self.check("*0", "ZPOPMIN z")

    def test_errors_in_redis_order(self):
        self.check_each(SYNTAX, "ZPOPMIN x y 2", "ZPOPMAX nothing 1 2")
        self.check_each(NOT_POSITIVE, "ZPOPMIN x y", "ZPOPMAX x -1", f"ZPOPMAX z {HUGE + 1}")
        self.check_each(WRONG_TYPE, "ZPOPMIN x", "ZPOPMAX x 1")


class ZmpopTest(SortedSetTestCase):
    def setUp(self):
        super().setUp()
        self.add("1 a 2 b 3 c")

    def test_takes_from_the_first_sorted_set(self):
        self.check("*2\r\n$1\r\nz\r\n*1\r\n*2\r\n$1\r\na\r\n$1\r\n1", "ZMPOP 2 nothing z MIN")
        self.check("*2\r\n$1\r\nz\r\n*2\r\n*2\r\n$1\r\nc\r\n$1\r\n3\r\n*2\r\n$1\r\nb\r\n$1\r\n2",
                   "ZMPOP 2 z x max count 9")
        self.check("*-1", "ZMPOP 2 nothing z MAX")

    def test_resp3(self):
        self.client.wire("HELLO", 3)
        self.check("*2\r\n$1\r\nz\r\n*1\r\n*2\r\n$1\r\na\r\n,1", "ZMPOP 1 z MIN")
        self.check("_", "ZMPOP 1 nothing MIN")

    def test_errors_in_redis_order(self):
        self.check_each("-ERR numkeys should be greater than 0",
                        "ZMPOP 0 x y", "ZMPOP y x y", "ZMPOP -1 x y", f"ZMPOP {HUGE + 1} x y")
        self.check_each(SYNTAX, "ZMPOP 1 x LEFT", "ZMPOP 2 x MIN", f"ZMPOP {HUGE} x MIN", "ZMPOP 1 x MIN y",
                        "ZMPOP 1 x MIN COUNT", "ZMPOP 1 x MIN COUNT 1 y", "ZMPOP 1 x MIN COUNT 1 COUNT 2")
        self.check_each("-ERR count should be greater than 0",
                        "ZMPOP 1 x MIN COUNT 0", "ZMPOP 1 x MIN COUNT -1", "ZMPOP 1 x MIN COUNT y")
        self.check_each(WRONG_TYPE, "ZMPOP 1 x MIN", "ZMPOP 3 nothing x z MIN")


class ZrandmemberTest(SortedSetTestCase):
    def setUp(self):
        super().setUp()
        self.add("1 a 2 b 3 c 4 d")

    def test_one_member(self):
        self.assertIn(self.client.wire("ZRANDMEMBER z"), [encode(one) for one in (b"a", b"b", b"c", b"d")])
        self.check("$-1", "ZRANDMEMBER nothing")

    def test_a_positive_count_picks_different_members(self):
        picked = items_of(self.client.wire("ZRANDMEMBER z 3"))
        self.assertEqual(len(set(picked)), 3)
        self.assertLessEqual(set(picked), {b"a", b"b", b"c", b"d"})

    def test_a_count_of_all_gives_them_from_the_highest_score_down(self):
        self.check_items("d c b a", "ZRANDMEMBER z 4")
        self.check_items("d 4 c 3 b 2 a 1", "ZRANDMEMBER", "z", HUGE // 2, "WITHSCORES")

    def test_fewer_of_a_small_set_come_in_order_of_score(self):
        for _ in range(20):
            picked = items_of(self.client.wire("ZRANDMEMBER z 3 WITHSCORES"))
            self.assertEqual(picked[1::2], sorted(picked[1::2]))

    def test_a_negative_count_picks_each_anew(self):
        self.add("1.5 only", "y")
        self.check_items("only 1.5 only 1.5", "ZRANDMEMBER y -2 WITHSCORES")
        picked = items_of(self.client.wire("ZRANDMEMBER z -300"))
        self.assertEqual(len(picked), 300)
        self.assertEqual(set(picked), {b"a", b"b", b"c", b"d"})

    def test_a_large_set(self):
        self.client.wire("ZADD", "y", *(word for number in range(1000) for word in (number, f"m{number}")))
        picked = items_of(self.client.wire("ZRANDMEMBER y 100 WITHSCORES"))
        self.assertEqual(len(set(picked[0::2])), 100)
        self.assertEqual(picked[0::2], [b"m" + score for score in picked[1::2]])

    def test_nothing(self):
        for command in ("ZRANDMEMBER z 0", "ZRANDMEMBER nothing 5", "ZRANDMEMBER nothing -5 WITHSCORES",
                        f"ZRANDMEMBER nothing {-HUGE}"):
            self.check_items("", command)

    def test_resp3_has_pairs(self):
        self.client.wire("HELLO", 3)
        self.client.wire("ZREM z c d")
        self.check("*2\r\n*2\r\n$1\r\nb\r\n,2\r\n*2\r\n$1\r\na\r\n,1", "ZRANDMEMBER z 2 WITHSCORES")
        self.check("*2\r\n$1\r\nb\r\n$1\r\na", "ZRANDMEMBER z 2")
        self.check("_", "ZRANDMEMBER nothing")

    def test_errors_in_redis_order(self):
        self.check_each(NOT_INTEGER, "ZRANDMEMBER x y", "ZRANDMEMBER x y WITHSCORES z",
                        f"ZRANDMEMBER x {HUGE + 1}")
        self.check(NOT_SIGNED, f"ZRANDMEMBER x {-HUGE - 1}")
        self.check_each(SYNTAX, "ZRANDMEMBER x 1 2", "ZRANDMEMBER x 1 WITHSCORES 2",
                        f"ZRANDMEMBER x {-HUGE} y")
        self.check_each(OUT_OF_RANGE, f"ZRANDMEMBER x {HUGE} WITHSCORES", f"ZRANDMEMBER x {-HUGE} WITHSCORES",
                        f"ZRANDMEMBER x {HUGE // 2 + 1} WITHSCORES")
        self.check_each(WRONG_TYPE, "ZRANDMEMBER x", "ZRANDMEMBER x 0",
                        f"ZRANDMEMBER x {HUGE // 2} WITHSCORES")


class ZscanTest(SortedSetTestCase):
    def check_scan(self, items, *args):
        self.check(b"*2\r\n$1\r\n0\r\n" + encode(items.encode().split()), *args)

    def test_a_small_set_comes_at_once_and_in_order(self):
        self.add("3 c 0.1 a 1e17 b")
        self.check_scan("a 0.1 c 3 b 100000000000000000", "ZSCAN z 0 COUNT 1")
        self.check_scan("a 0.1", "ZSCAN z 0 MATCH a*")
        self.check_scan("", "ZSCAN nothing 0")

    def test_a_large_set_writes_scores_with_seventeen_digits(self):
        self.client.wire("CONFIG SET zset-max-listpack-entries 0")
        for raw, score in (("0.1", "0.10000000000000001"), ("100", "100"), ("-0", "-0"), ("inf", "inf"),
                           ("-inf", "-inf"), ("1e17", "1e+17"),
                           ("1e-7", "9.9999999999999995e-08"), ("3.5", "3.5")):
            self.client.wire("DEL z")
            self.client.wire("ZADD", "z", raw, "a")
            self.check_scan(f"a {score}", "ZSCAN z 0")

    def test_a_walk_meets_all_members(self):
        self.client.wire("ZADD", "z", *(word for number in range(500) for word in (number, f"m{number}")))
        cursor, found = b"0", set()
        while True:
            pieces = self.client.wire("ZSCAN", "z", cursor, "COUNT", 50).split(b"\r\n")
            cursor = pieces[2]
            found.update(zip(pieces[5:-1:4], pieces[7:-1:4]))
            if cursor == b"0":
                break
        self.assertEqual(found, {(b"m%d" % number, b"%d" % number) for number in range(500)})

    def test_scores_are_strings_in_resp3_too(self):
        self.add("1.5 a")
        self.client.wire("HELLO", 3)
        self.check_scan("a 1.5", "ZSCAN z 0")

    def test_errors_in_redis_order(self):
        self.add("1 a")
        self.check_each("-ERR invalid cursor", "ZSCAN x y", "ZSCAN nothing -1 z")
        self.check(WRONG_TYPE, "ZSCAN x 0 y")
        self.check_scan("", "ZSCAN nothing 0 y")
        self.check_each(SYNTAX, "ZSCAN z 0 y", "ZSCAN z 0 COUNT", "ZSCAN z 0 COUNT 0", "ZSCAN z 0 TYPE zset")
        self.check(NOT_INTEGER, "ZSCAN z 0 COUNT y")


class EncodingTest(SortedSetTestCase):
    def test_up_to_128_members_are_a_listpack(self):
        for number in range(128):
            self.client.wire("ZADD", "z", number, f"m{number}")
        self.check_encoding("listpack")
        self.client.wire("ZADD z 5 m0")
        self.check_encoding("listpack")
        self.client.wire("ZADD z 5 one-more")
        self.check_encoding("skiplist")
        self.client.wire("ZREMRANGEBYRANK z 1 -1")
        self.check_encoding("skiplist")

    def test_a_long_member_makes_a_skiplist(self):
        self.add("1 " + "m" * 64)
        self.check_encoding("listpack")
        self.add("1 " + "m" * 65)
        self.check_encoding("skiplist")

    def test_what_is_only_announced_counts(self):
        self.add("1 a")
        self.client.wire("ZADD", "z", *(word for _ in range(129) for word in (2, "a")))
        self.check_encoding("skiplist")
        self.add("1 a", "y")
        self.client.wire("ZADD", "y", "XX", 1, "m" * 65)
        self.check_encoding("skiplist", "y")

    def test_all_members_of_one_command_are_looked_at_first(self):
        self.add("-0 a 1 " + "m" * 65)
        self.check_bulk("-0", "ZSCORE z a")


@unittest.skipIf(REAL, "looks into the engine")
class EventTest(EventTestCase):
    """Keyspace events in Redis' order, and what a command adds to the count of changes."""

    def test_adding_and_removing(self):
        self.check_events(["zadd z"], 3, "ZADD z 1 a 2 b 3 c")
        self.check_events(["zadd z"], 2, "ZADD z 1 a 4 b 5 d")
        self.check_events(["zadd z"], 1, "ZADD z 2 a")
        self.check_events([], 0, "ZADD z CH 2 a")
        self.check_events([], 0, "ZADD z 2 a")
        self.check_events([], 0, "ZADD nothing XX 1 a")
        self.check_events(["zrem z"], 2, "ZREM z a none b")
        self.check_events([], 0, "ZREM z a")
        self.check_events(["zrem z", "del z"], 2, "ZREM z c d")

    def test_incrementing(self):
        self.check_events(["zincr z"], 1, "ZINCRBY z 0 a")
        self.check_events([], 0, "ZINCRBY z 0 a")
        self.check_events(["zincr z"], 1, "ZADD z INCR 1 a")
        self.check_events([], 0, "ZADD z NX INCR 1 a")

    def test_popping(self):
        self.client.wire("ZADD z 1 a 2 b 3 c 4 d 5 e")
        self.check_events(["zpopmin z"], 1, "ZPOPMIN z")
        self.check_events(["zpopmax z"], 2, "ZMPOP 1 z MAX COUNT 2")
        self.check_events([], 0, "ZPOPMIN z 0")
        self.check_events(["zpopmin z"], 1, "BZPOPMIN z 0")
        self.check_events(["zpopmax z", "del z"], 1, "ZPOPMAX z 9")
        self.check_events([], 0, "ZPOPMAX z 9")


@unittest.skipIf(REAL, "a real server goes on until the client has had enough")
class HugePickTest(EngineTestCase):
    def test_a_reply_larger_than_memory_is_refused(self):
        self.execute("ZADD z 1 a")
        self.assert_error("ERR value is out of range", f"ZRANDMEMBER z {-HUGE}")
        self.assert_error("ERR value is out of range", f"ZRANDMEMBER z {-(HUGE // 2)} WITHSCORES")


if __name__ == "__main__":
    unittest.main()
