"""ZRANGE and its kin, ZCOUNT, ZRANGESTORE, ZREMRANGEBYRANK and the like."""
import unittest

from redis_clone.resp import encode
from tests.events import EventTestCase
from tests.support import REAL
from tests.test_commands_sorted_sets import HUGE, NOT_INTEGER, SYNTAX, WRONG_TYPE, SortedSetTestCase

NOT_A_BOUND = "-ERR min or max is not a float"
NOT_A_LEX_BOUND = "-ERR min or max not valid string range item"
NO_LIMIT = "-ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"
NO_SCORES = "-ERR syntax error, WITHSCORES not supported in combination with BYLEX"


class RangeTestCase(SortedSetTestCase):
    """`z` has five scores, `l` five members with one score."""

    def setUp(self):
        super().setUp()
        self.add("1 a 2 b 3 c 4 d 5 e")
        self.add("0 a 0 b 0 c 0 d 0 e", "l")


class ByRankTest(RangeTestCase):
    def test_counts_from_both_ends_and_includes_the_end(self):
        self.check_items("a b c d e", "ZRANGE z 0 -1")
        self.check_items("b c", "ZRANGE z 1 2")
        self.check_items("d e", "ZRANGE z -2 100")
        self.check_items("a b", "ZRANGE z -100 -4")
        self.check_items("a b c d e", "ZRANGE", "z", -HUGE - 1, HUGE)

    def test_empty_ranges(self):
        for command in ("ZRANGE z 3 2", "ZRANGE z 5 9", f"ZRANGE z {HUGE} -1", f"ZRANGE z 0 {-HUGE}",
                        "ZRANGE none 0 -1", "ZREVRANGE z 3 2",
                        "ZREVRANGE none 0 -1", f"ZRANGE z {HUGE} {HUGE} REV"):
            self.check_items("", command)

    def test_reverse(self):
        self.check_items("e d", "ZREVRANGE z 0 1")
        self.check_items("e d", "ZRANGE z 0 1 REV")
        self.check_items("b 2 a 1", "ZREVRANGE z -2 -1 WITHSCORES")
        self.check_items("c", "ZREVRANGE z 2 2")

    def test_with_scores(self):
        self.check_items("a 1 b 2", "ZRANGE z 0 1 withscores WITHSCORES")
        self.client.wire("HELLO", 3)
        self.check("*2\r\n*2\r\n$1\r\na\r\n,1\r\n*2\r\n$1\r\nb\r\n,2", "ZRANGE z 0 1 WITHSCORES")
        self.check("*1\r\n*2\r\n$1\r\ne\r\n,5", "ZREVRANGE z 0 0 WITHSCORES")
        self.check("*0", "ZRANGE none 0 -1 WITHSCORES")

    def test_thousands_of_members_in_several_runs(self):
        numbers = range(3000)
        self.client.wire("ZADD", "y", *(word for number in numbers for word in (number, f"m{number}")))
        self.check_items(" ".join(f"m{number}" for number in numbers[1000:2500]), "ZRANGE y 1000 2499")
        self.check_items(" ".join(f"m{number}" for number in reversed(numbers[1000:2500])),
                         "ZREVRANGE y 500 1999")

    def test_a_limit_that_takes_all_is_ignored(self):
        self.check_items("a b", "ZRANGE z 0 1 LIMIT 5 -1")
        self.check(NO_LIMIT, "ZRANGE z 0 1 LIMIT 0 -2")

    def test_errors_in_redis_order(self):
        self.check_each(SYNTAX, "ZRANGE x y 0 WITHSCORE", "ZRANGE x 0 0 REV REV", "ZRANGE x 0 0 LIMIT 0",
                        "ZREVRANGE x 0 0 REV", "ZREVRANGE x 0 0 BYSCORE", "ZRANGE x 0 0 LIMIT 0 1 y")
        self.check_each(NO_LIMIT, "ZRANGE x y 0 LIMIT 0 1", "ZREVRANGE x y 0 LIMIT 0 0")
        self.check_each(NOT_INTEGER, "ZRANGE x y 0", "ZRANGE none 0 y", f"ZREVRANGE x 0 {HUGE + 1}",
                        "ZRANGE x 0 1.0", "ZRANGE x 0 0 LIMIT y 1 z", "ZRANGE x 0 0 LIMIT 1 y")
        self.check_each(WRONG_TYPE, "ZRANGE x 0 0", "ZREVRANGE x 0 0 WITHSCORES")


class ByScoreTest(RangeTestCase):
    def test_includes_its_ends_unless_they_are_open(self):
        self.check_items("b c d", "ZRANGEBYSCORE z 2 4")
        self.check_items("c", "ZRANGEBYSCORE z (2 (4")
        self.check_items("", "ZRANGEBYSCORE z (2 (3")
        self.check_items("", "ZRANGEBYSCORE z (2 (2")
        self.check_items("", "ZRANGEBYSCORE z 4 2")
        self.check_items("a b c d e", "ZRANGEBYSCORE z -inf +inf")
        self.check_items("b c d", "ZRANGE z 2 4 BYSCORE")

    def test_infinite_scores(self):
        self.add("-inf low inf high")
        self.check_items("low a b c d e high", "ZRANGEBYSCORE z -inf inf")
        self.check_items("a b c d e", "ZRANGEBYSCORE z (-inf (inf")
        self.check_items("high", "ZRANGEBYSCORE z 1e400 1e400")

    def test_reverse_takes_the_higher_end_first(self):
        self.check_items("d c b", "ZREVRANGEBYSCORE z 4 2")
        self.check_items("d c b", "ZRANGE z 4 2 BYSCORE REV")
        self.check_items("c b", "ZREVRANGEBYSCORE z (4 2")
        self.check_items("", "ZREVRANGEBYSCORE z 2 4")

    def test_limit(self):
        self.check_items("b c", "ZRANGEBYSCORE z -inf +inf LIMIT 1 2")
        self.check_items("d c", "ZREVRANGEBYSCORE z +inf -inf LIMIT 1 2")
        self.check_items("c d e", "ZRANGEBYSCORE z -inf +inf LIMIT 2 -5")
        self.check_items("b a", "ZREVRANGEBYSCORE z +inf -inf LIMIT 3 -1")
        self.check_items("b 2", "ZRANGEBYSCORE z 1 3 LIMIT 0 1 WITHSCORES LIMIT 1 1")
        self.check_items("a b c d e", "ZRANGEBYSCORE", "z", "-inf", "inf", "LIMIT", 0, HUGE)
        for offset, count in ((5, 1), (HUGE, HUGE), (0, 0), (-1, 2), (-1, -1), (-HUGE - 1, HUGE)):
            self.check_items("", "ZRANGEBYSCORE", "z", "-inf", "inf", "LIMIT", offset, count)
            self.check_items("", "ZREVRANGEBYSCORE", "z", "inf", "-inf", "LIMIT", offset, count)

    def test_bounds_are_read_as_zero_terminated_strings(self):
        for raw in ("", "(", b"(\0 1", b"\x00y", "-0", "0x0", "1e-400", " \t0", "( -1"):
            self.check_items("a", "ZRANGEBYSCORE", "z", raw, 1)
        for raw in ("0x1", "+1", "1.", b"1\0y", "0X.8p1", "\v1", "0x1p0"):
            self.check_items("a b", "ZRANGEBYSCORE", "z", raw, 2)
        for raw in ("1e400", "0x1p5000", "infinity", "INF"):
            self.check_items("", "ZRANGEBYSCORE", "z", raw, 2)
        self.check_items("a", "ZRANGEBYSCORE", "z", "-0x1p5000", 1)

    def test_refuses_what_is_no_double(self):
        for raw in ("x", " ", "( ", "1 ", "((1", "nan", "nan(1)", "-nan", "0x", "0x.p1", "1e", ".", "-",
                    "1_0", "[1", "infi"):
            self.check(NOT_A_BOUND, "ZRANGEBYSCORE", "z", raw, 1)
            self.check(NOT_A_BOUND, "ZREVRANGEBYSCORE", "x", raw, 1)
            self.check(NOT_A_BOUND, "ZRANGE", "none", 1, raw, "BYSCORE")

    def test_resp3(self):
        self.client.wire("HELLO", 3)
        self.check("*1\r\n*2\r\n$1\r\nb\r\n,2", "ZRANGEBYSCORE z 2 2 WITHSCORES")
        self.check("*1\r\n$1\r\nb", "ZRANGEBYSCORE z 2 2")

    def test_errors_in_redis_order(self):
        self.check_each(SYNTAX, "ZRANGEBYSCORE x y 1 BYSCORE", "ZRANGEBYSCORE x y 1 REV",
                        "ZREVRANGEBYSCORE x y 1 BYLEX", "ZRANGE x y 1 BYSCORE BYSCORE",
                        "ZRANGE x y 1 BYSCORE BYLEX", "ZRANGEBYSCORE x y 1 LIMIT 1")
        self.check(NOT_INTEGER, "ZRANGEBYSCORE x y 1 LIMIT 1 z")
        self.check_each(WRONG_TYPE, "ZRANGEBYSCORE x 1 1", "ZREVRANGEBYSCORE x 1 1", "ZRANGE x 1 1 BYSCORE")


class ByLexTest(RangeTestCase):
    def test_includes_its_ends_unless_they_are_open(self):
        self.check_items("b c d", "ZRANGEBYLEX l [b [d")
        self.check_items("c", "ZRANGEBYLEX l (b (d")
        self.check_items("b c", "ZRANGE l [b (d BYLEX")
        self.check_items("", "ZRANGEBYLEX l [d [b")
        self.check_items("", "ZRANGEBYLEX l [b (b")

    def test_bounds_that_are_no_members(self):
        self.check_items("b c", "ZRANGEBYLEX l (aa [cc")
        self.check_items("a b c d e", "ZRANGEBYLEX l ( (f")
        self.check_items("", "ZRANGEBYLEX l [ (a")

    def test_ends_of_all_bytes(self):
        self.check_items("a b c d e", "ZRANGEBYLEX l - +")
        self.check_items("a b", "ZRANGEBYLEX l - [b")
        self.check_items("", "ZRANGEBYLEX l + -")
        self.check_items("", "ZRANGEBYLEX l + +")
        self.check_items("a b c d e", "ZRANGEBYLEX", "l", b"-\0y", b"+\0y")

    def test_reverse_takes_the_higher_end_first(self):
        self.check_items("d c b", "ZREVRANGEBYLEX l [d [b")
        self.check_items("e d c b a", "ZRANGE l + - BYLEX REV")
        self.check_items("", "ZREVRANGEBYLEX l [b [d")

    def test_limit(self):
        self.check_items("b c", "ZRANGEBYLEX l - + LIMIT 1 2")
        self.check_items("d c", "ZREVRANGEBYLEX l + - LIMIT 1 2")
        self.check_items("d e", "ZRANGEBYLEX l - + LIMIT 3 -1")
        for offset, count in ((5, 1), (HUGE, HUGE), (0, 0), (-1, 2), (-1, -1)):
            self.check_items("", "ZRANGEBYLEX", "l", "-", "+", "LIMIT", offset, count)
            self.check_items("", "ZREVRANGEBYLEX", "l", "+", "-", "LIMIT", offset, count)

    def test_members_are_bytes(self):
        self.client.wire("ZADD", "y", 0, b"", 0, b"\0", 0, b"\xff", 0, b"\0\r\n")
        self.check(encode([b"", b"\0", b"\0\r\n", b"\xff"]), "ZRANGEBYLEX y - +")
        self.check(encode([b"\0", b"\0\r\n"]), "ZRANGEBYLEX", "y", b"(", b"(\xff")

    def test_a_large_set(self):
        self.client.wire("ZADD", "y", *(word for number in range(3000) for word in (7, f"m{number:04}")))
        self.check_items("m1500 m1501", "ZRANGEBYLEX y [m1500 (m1502")
        self.check_items("m2999 m2998", "ZREVRANGEBYLEX y + - LIMIT 0 2")
        self.check(":1500", "ZLEXCOUNT y [m1500 +")

    def test_scores_that_differ_let_the_limit_skip_out_of_the_range(self):
        """What Redis does with a listpack whose members are not in order: c b a e d."""
        self.add("3 a 2 b 1 c 5 d 4 e", "m")
        self.check_items("c b a", "ZRANGEBYLEX m [b [c")
        self.check_items("", "ZRANGEBYLEX m [b [b")
        self.check_items("a", "ZRANGEBYLEX m [b [c LIMIT 2 1")
        self.check_items("", "ZRANGEBYLEX m [a [c LIMIT 3 2")
        self.check_items("d e", "ZREVRANGEBYLEX m [d [b")
        self.check_items("b c", "ZREVRANGEBYLEX m [d [b LIMIT 3 -1")
        self.check_items("", "ZREVRANGEBYLEX m [d [b LIMIT 9 -1")
        self.check(":3", "ZLEXCOUNT m [b [c")

    def test_errors_in_redis_order(self):
        self.check_each(NO_SCORES, "ZRANGEBYLEX x y z WITHSCORES", "ZRANGE x y z BYLEX WITHSCORES")
        self.check_each(SYNTAX, "ZRANGEBYLEX x y z BYLEX", "ZRANGEBYLEX x y z REV",
                        "ZRANGEBYLEX x y z WITHSCORES y")
        for raw in ("a", "", "-x", "+x", " [a", "inf"):
            self.check(NOT_A_LEX_BOUND, "ZRANGEBYLEX", "x", raw, "+")
            self.check(NOT_A_LEX_BOUND, "ZREVRANGEBYLEX", "none", raw, "-")
            self.check(NOT_A_LEX_BOUND, "ZRANGE", "x", "-", raw, "BYLEX")
        self.check_each(WRONG_TYPE, "ZRANGEBYLEX x - +", "ZREVRANGEBYLEX x + -", "ZRANGE x - + BYLEX")


class CountTest(RangeTestCase):
    def test_zcount(self):
        self.check(":3", "ZCOUNT z 2 4")
        self.check(":1", "ZCOUNT z (2 (4")
        self.check(":5", "ZCOUNT z -inf +inf")
        self.check(":0", "ZCOUNT z 4 2")
        self.check(":0", "ZCOUNT none 1 2")

    def test_zlexcount(self):
        self.check(":3", "ZLEXCOUNT l [b [d")
        self.check(":5", "ZLEXCOUNT l - +")
        self.check(":0", "ZLEXCOUNT l + -")
        self.check(":0", "ZLEXCOUNT none - +")

    def test_errors_in_redis_order(self):
        self.check_each(NOT_A_BOUND, "ZCOUNT x y 1", "ZCOUNT none 1 nan")
        self.check_each(NOT_A_LEX_BOUND, "ZLEXCOUNT x a +", "ZLEXCOUNT none - b")
        self.check_each(WRONG_TYPE, "ZCOUNT x 1 1", "ZLEXCOUNT x - +")


class RemoveRangeTest(RangeTestCase):
    def test_by_rank(self):
        self.check(":2", "ZREMRANGEBYRANK z 1 2")
        self.check(":1", "ZREMRANGEBYRANK z -1 99")
        self.check(":0", "ZREMRANGEBYRANK z 2 9")
        self.check(":0", f"ZREMRANGEBYRANK z {HUGE} {-HUGE}")
        self.check_set("a 1 d 4")
        self.check(":2", "ZREMRANGEBYRANK z 0 -1")
        self.check(":0", "EXISTS z")
        self.check(":0", "ZREMRANGEBYRANK z 0 -1")

    def test_by_score(self):
        self.check(":1", "ZREMRANGEBYSCORE z (1 (3")
        self.check(":0", "ZREMRANGEBYSCORE z 4 3")
        self.check(":2", "ZREMRANGEBYSCORE z 4 +inf")
        self.check_set("a 1 c 3")

    def test_by_lex(self):
        self.check(":2", "ZREMRANGEBYLEX l (b [d")
        self.check_items("a b e", "ZRANGE l 0 -1")
        self.check(":3", "ZREMRANGEBYLEX l - +")
        self.check(":0", "EXISTS l")

    def test_most_of_a_large_set(self):
        self.client.wire("ZADD", "y", *(word for number in range(5000) for word in (number, f"m{number}")))
        self.check(":4990", "ZREMRANGEBYSCORE y 5 4994")
        self.check_items("m0 m1 m2 m3 m4 m4995 m4996 m4997 m4998 m4999", "ZRANGE y 0 -1")
        self.check(":5", "ZRANK y m4995")

    def test_errors_in_redis_order(self):
        self.check_each(NOT_INTEGER, "ZREMRANGEBYRANK x y 1", "ZREMRANGEBYRANK none 0 y")
        self.check_each(NOT_A_BOUND, "ZREMRANGEBYSCORE x y 1", "ZREMRANGEBYSCORE none 1 y")
        self.check_each(NOT_A_LEX_BOUND, "ZREMRANGEBYLEX x y +", "ZREMRANGEBYLEX none - y")
        self.check_each(WRONG_TYPE, "ZREMRANGEBYRANK x 0 1", "ZREMRANGEBYSCORE x 0 1", "ZREMRANGEBYLEX x - +")


class ZrangestoreTest(RangeTestCase):
    def check_stored(self, count, pairs, command):
        self.check(f":{count}", command)
        self.check_set(pairs, "to")

    def test_stores_any_range(self):
        self.check_stored(2, "b 2 c 3", "ZRANGESTORE to z 1 2")
        self.check_stored(2, "d 4 e 5", "ZRANGESTORE to z 0 1 REV")
        self.check_stored(1, "c 3", "ZRANGESTORE to z (2 4 BYSCORE LIMIT 0 1")
        self.check_stored(1, "d 4", "ZRANGESTORE to z 4 (2 BYSCORE REV LIMIT 0 1")
        self.check_stored(3, "b 0 c 0 d 0", "ZRANGESTORE to l [b [d BYLEX")

    def test_replaces_whatever_is_there(self):
        self.client.wire("EXPIRE x 100")
        self.check(":1", "ZRANGESTORE x z 0 0")
        self.check_set("a 1", "x")
        self.check(":-1", "TTL x")
        self.check(":1", "ZRANGESTORE z z 1 1")
        self.check_set("b 2")

    def test_an_empty_range_deletes_what_is_there(self):
        self.check(":0", "ZRANGESTORE x z 9 9")
        self.check(":0", "EXISTS x")
        self.check(":0", "ZRANGESTORE z none 0 -1")
        self.check(":0", "EXISTS z")

    def test_errors_change_nothing(self):
        self.check_each(SYNTAX, "ZRANGESTORE z x 0 -1 WITHSCORES", "ZRANGESTORE z l - + BYLEX WITHSCORES")
        self.check(NO_LIMIT, "ZRANGESTORE z l 0 -1 LIMIT 0 1")
        self.check(NOT_INTEGER, "ZRANGESTORE z none 0 y")
        self.check(NOT_A_BOUND, "ZRANGESTORE z none 0 y BYSCORE")
        self.check(WRONG_TYPE, "ZRANGESTORE z x 0 -1")
        self.check(":5", "ZCARD z")

    def test_encoding(self):
        self.client.wire("ZADD", "y", *(word for number in range(129) for word in (number, f"m{number}")))
        self.client.wire("ZRANGESTORE to y 0 127")
        self.check_encoding("listpack", "to")
        for command in ("ZRANGESTORE to y 0 128", "ZRANGESTORE to y 0 128 BYSCORE"):
            self.client.wire(command)
            self.check_encoding("skiplist", "to")

    def test_negative_zero_stays_where_the_size_is_known_to_need_a_skiplist(self):
        self.client.wire("CONFIG SET zset-max-listpack-entries 2")
        self.add("-0 p -0 q -0 r -0 s", "y")
        self.check_stored(4, "p -0 q -0 r -0 s -0", "ZRANGESTORE to y 0 -1")
        self.check_stored(4, "p 0 q 0 r -0 s -0", "ZRANGESTORE to y -inf inf BYSCORE")
        self.check_stored(4, "p -0 q -0 r 0 s 0", "ZRANGESTORE to y inf -inf BYSCORE REV")


@unittest.skipIf(REAL, "looks into the engine")
class EventTest(EventTestCase):
    def test_removing(self):
        self.client.wire("ZADD z 1 a 2 b 3 c 4 d")
        self.check_events(["zremrangebyrank z"], 1, "ZREMRANGEBYRANK z 0 0")
        self.check_events([], 0, "ZREMRANGEBYRANK z 9 9")
        self.check_events(["zremrangebyscore z"], 2, "ZREMRANGEBYSCORE z 2 3")
        self.check_events(["zremrangebylex z", "del z"], 1, "ZREMRANGEBYLEX z - +")

    def test_storing(self):
        self.client.wire("ZADD z 1 a 2 b")
        self.check_events(["zrangestore to"], 1, "ZRANGESTORE to z 0 -1")
        self.check_events(["del to"], 1, "ZRANGESTORE to z 9 9")
        self.check_events([], 0, "ZRANGESTORE to z 9 9")


if __name__ == "__main__":
    unittest.main()
