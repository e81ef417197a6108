"""ZUNION, ZINTER, ZDIFF, their STORE forms, and ZINTERCARD."""
import unittest

from tests.events import EventTestCase
from tests.support import REAL
from tests.test_commands_sorted_sets import HUGE, NOT_INTEGER, SYNTAX, WRONG_TYPE, SortedSetTestCase

NOT_A_WEIGHT = "-ERR weight value is not a float"
NEGATIVE_LIMIT = "-ERR LIMIT can't be negative"


class AlgebraTestCase(SortedSetTestCase):
    """`s` is a set; `i` has infinite scores."""

    def setUp(self):
        super().setUp()
        self.add("1 a 2 b 3 c 4 d")
        self.add("10 b 20 c 30 e", "y")
        self.add("inf a -inf b 5 c 0 d", "i")
        self.client.wire("SADD s a b c")


class ZunionTest(AlgebraTestCase):
    def test_adds_scores_and_orders_by_them(self):
        self.check_items("a d b c e", "ZUNION 2 z y")
        self.check_items("a 1 d 4 b 12 c 23 e 30", "ZUNION 2 z y WITHSCORES")
        self.check_items("a 1 b 2 c 3 d 4", "ZUNION 3 z none none WITHSCORES")
        self.check_items("", "ZUNION 2 none none WITHSCORES")

    def test_a_key_may_be_given_twice(self):
        self.check_items("a 2 b 4 c 6 d 8", "ZUNION 2 z z WITHSCORES")

    def test_members_of_sets_have_the_score_one(self):
        self.check_items("a 2 b 3 c 4 d 4", "ZUNION 2 z s WITHSCORES")
        self.check_items("a 2.5 b 2.5 c 2.5", "ZUNION 1 s WEIGHTS 2.5 WITHSCORES")

    def test_weights(self):
        self.check_items("a 1 d 4 b 22 c 43 e 60", "ZUNION 2 z y WEIGHTS 1 2 WITHSCORES")
        self.check_items("a 3 d 12 b 46 c 89 e 120", "ZUNION 2 z y weights 1 2 WITHSCORES WEIGHTS 3 4")
        self.check_items("d -4 c -3 b -2 a -1", "ZUNION 1 z WEIGHTS -1 WITHSCORES")

    def test_aggregates(self):
        self.check_items("a 1 b 2 c 3 d 4 e 30", "ZUNION 2 z y AGGREGATE MIN WITHSCORES")
        self.check_items("a 1 d 4 b 10 c 20 e 30", "ZUNION 2 z y AGGREGATE MIN aggregate max WITHSCORES")
        self.check_items("a 1 d 4 b 12 c 23 e 30", "ZUNION 2 z y AGGREGATE Sum WITHSCORES")

    def test_nan_becomes_zero(self):
        self.check_items("a 0 b 0 c 0 d 0", "ZUNION 2 i i WEIGHTS 1 -1 WITHSCORES")
        self.check_items("a 0 b 0 c 0 d 0", "ZUNION 1 i WEIGHTS 0 WITHSCORES")
        self.check_items("b -inf d 0 a inf c inf", "ZUNION 1 i WEIGHTS inf WITHSCORES")
        self.check_items("a 1 b 2 c 3 d 4", "ZUNION 2 z i WEIGHTS 1 0 WITHSCORES")

    def test_small_sets_are_added_first(self):
        """Sums of doubles depend on the order; among sets of one size it is that of the keys."""
        self.add("0.1 m", "p")
        self.add("0.2 m 1 n", "q")
        self.add("0.3 m 1 n 2 o", "r")
        self.check_items("m 0.6000000000000001 n 2 o 2", "ZUNION 3 r q p WITHSCORES")
        self.client.wire("ZREM q n")
        self.client.wire("ZREM r n o")
        self.check_items("m 0.6", "ZUNION 3 r q p WITHSCORES")

    def test_negative_zero(self):
        self.check_items("a -0 b -0 c -0 d -0", "ZUNION 1 z WEIGHTS -0 WITHSCORES")

    def test_resp3_has_pairs(self):
        self.client.wire("HELLO", 3)
        self.add("1.5 m inf n", "p")
        self.check("*2\r\n*2\r\n$1\r\nm\r\n,1.5\r\n*2\r\n$1\r\nn\r\n,inf", "ZUNION 2 p none WITHSCORES")
        self.check("*2\r\n$1\r\nm\r\n$1\r\nn", "ZUNION 1 p")

    def test_errors_in_redis_order(self):
        self.check_each(NOT_INTEGER, "ZUNION y x", f"ZUNION {HUGE + 1} x", "ZUNION 1.0 x y")
        self.check_each("-ERR at least 1 input key is needed for 'zunion' command",
                        "ZUNION 0 x", "ZUNION -1 x y")
        self.check_each(SYNTAX, "ZUNION 2 x", f"ZUNION {HUGE} x")
        self.check_each(WRONG_TYPE, "ZUNION 2 z x", "ZUNION 2 none x y", "ZUNION 1 x WEIGHTS y")
        self.check_each(SYNTAX, "ZUNION 2 z y WEIGHTS 1", "ZUNION 1 z WEIGHTS", "ZUNION 1 z AGGREGATE",
                        "ZUNION 1 z AGGREGATE AVG", "ZUNION 1 z LIMIT 1", "ZUNION 1 z WITHSCORE")
        self.check_each(NOT_A_WEIGHT, "ZUNION 1 z WEIGHTS nan y", "ZUNION 2 z y WEIGHTS 1 WITHSCORES",
                        "ZUNION 2 z none WEIGHTS 1 y")


class ZinterTest(AlgebraTestCase):
    def test_has_the_members_of_all(self):
        self.check_items("b c", "ZINTER 2 z y")
        self.check_items("b 13 c 24", "ZINTER 3 z y s WITHSCORES")
        self.check_items("b 11 c 21", "ZINTER 2 s y WITHSCORES")
        self.check_items("a 1 b 2 c 3 d 4", "ZINTER 1 z WITHSCORES")
        self.check_items("", "ZINTER 2 z none WITHSCORES")
        self.check_items("a 2 b 4 c 6 d 8", "ZINTER 2 z z WITHSCORES")

    def test_weights_and_aggregates(self):
        self.check_items("b 32 c 63", "ZINTER 2 z y WEIGHTS 1 3 WITHSCORES")
        self.check_items("b 2 c 3", "ZINTER 2 z y AGGREGATE MIN WITHSCORES")
        self.check_items("b 10 c 20", "ZINTER 2 y z AGGREGATE MAX WITHSCORES")

    def test_nan_becomes_zero_in_the_first_set_only(self):
        self.check_items("a 0 b 0 c 3 d 4", "ZINTER 2 z i WEIGHTS 1 0 WITHSCORES")
        self.check_items("a 1 b 2 c 3 d 4", "ZINTER 2 i z WEIGHTS 0 1 WITHSCORES")
        self.check_items("c 0 d 0 a 1 b 2", "ZINTER 2 z i WEIGHTS 1 0 AGGREGATE MIN WITHSCORES")
        self.check_items("a 1 b 2 c 3 d 4", "ZINTER 2 z i WEIGHTS 1 0 AGGREGATE MAX WITHSCORES")
        self.check_items("a 0 b 0 c 0 d 0", "ZINTER 2 i z WEIGHTS 0 1 AGGREGATE MIN WITHSCORES")

    def test_errors(self):
        self.check("-ERR at least 1 input key is needed for 'zinter' command", "ZINTER 0 x")
        self.check(WRONG_TYPE, "ZINTER 2 none x")
        self.check_each(SYNTAX, "ZINTER 2 z none y", "ZINTER 1 z LIMIT 1")


class ZdiffTest(AlgebraTestCase):
    def test_has_the_members_of_the_first_that_no_other_has(self):
        self.check_items("a 1 d 4", "ZDIFF 2 z y WITHSCORES")
        self.check_items("a d", "ZDIFF 3 z none y")
        self.check_items("d 4", "ZDIFF 2 z s WITHSCORES")
        self.check_items("a 1", "ZDIFF 2 s y WITHSCORES")
        self.check_items("a 1 b 2 c 3 d 4", "ZDIFF 1 z withscores WITHSCORES")
        for command in ("ZDIFF 2 z z", "ZDIFF 2 none z", "ZDIFF 3 z y z"):
            self.check_items("", command)

    def test_resp3_has_pairs(self):
        self.client.wire("HELLO", 3)
        self.check("*2\r\n*2\r\n$1\r\na\r\n,1\r\n*2\r\n$1\r\nd\r\n,4", "ZDIFF 2 z y WITHSCORES")
        self.check("*2\r\n$1\r\na\r\n$1\r\nd", "ZDIFF 2 z y")

    def test_errors_in_redis_order(self):
        self.check("-ERR at least 1 input key is needed for 'zdiff' command", "ZDIFF 0 x")
        self.check_each(WRONG_TYPE, "ZDIFF 2 z x", "ZDIFF 1 x WEIGHTS 1")
        self.check_each(SYNTAX, "ZDIFF 3 z x", "ZDIFF 1 z WEIGHTS 1", "ZDIFF 1 z AGGREGATE SUM",
                        "ZDIFF 1 z y")


class ZintercardTest(AlgebraTestCase):
    def test_counts_up_to_the_limit(self):
        self.check(":2", "ZINTERCARD 2 z y")
        self.check(":1", "ZINTERCARD 2 z y LIMIT 1")
        self.check(":2", "ZINTERCARD 2 z y LIMIT 0")
        self.check(":3", f"ZINTERCARD 2 s z LIMIT {HUGE}")
        self.check(":2", "ZINTERCARD 2 z y LIMIT 1 limit 2")
        self.check(":0", "ZINTERCARD 2 z none")

    def test_errors_in_redis_order(self):
        self.check("-ERR at least 1 input key is needed for 'zintercard' command", "ZINTERCARD 0 x")
        self.check_each(NOT_INTEGER, "ZINTERCARD y x")
        self.check_each(WRONG_TYPE, "ZINTERCARD 2 z x", "ZINTERCARD 1 x LIMIT -1")
        self.check_each(NEGATIVE_LIMIT, "ZINTERCARD 1 z LIMIT -1", "ZINTERCARD 1 z LIMIT y z")
        self.check_each(SYNTAX, "ZINTERCARD 3 z x", "ZINTERCARD 1 z LIMIT", "ZINTERCARD 1 z WITHSCORES",
                        "ZINTERCARD 1 z WEIGHTS 1")


class StoreTest(AlgebraTestCase):
    def test_stores_the_result_and_replies_its_size(self):
        self.check(":5", "ZUNIONSTORE to 2 z y WEIGHTS 2 1")
        self.check_set("a 2 d 8 b 14 c 26 e 30", "to")
        self.check(":2", "ZINTERSTORE to 2 z y AGGREGATE MAX")
        self.check_set("b 10 c 20", "to")
        self.check(":2", "ZDIFFSTORE to 2 z y")
        self.check_set("a 1 d 4", "to")

    def test_replaces_whatever_is_there(self):
        self.client.wire("EXPIRE x 100")
        self.check(":3", "ZUNIONSTORE x 1 s")
        self.check_set("a 1 b 1 c 1", "x")
        self.check(":-1", "TTL x")
        self.check(":2", "ZINTERSTORE z 2 z y")
        self.check_set("b 12 c 23")

    def test_an_empty_result_deletes_what_is_there(self):
        self.check(":0", "ZDIFFSTORE z 2 y y")
        self.check(":0", "ZINTERSTORE x 2 y none")
        self.check(":0", "ZUNIONSTORE s 1 none")
        self.check(":0", "EXISTS z x s")

    def test_errors_change_nothing(self):
        for name in ("zunionstore", "zinterstore", "zdiffstore"):
            self.check(f"-ERR at least 1 input key is needed for '{name}' command", f"{name} z 0 x")
            self.check(NOT_INTEGER, f"{name} z y x")
            self.check_each(SYNTAX, f"{name} z 2 x", f"{name} z 1 y WITHSCORES", f"{name} z 1 y LIMIT 1")
            self.check(WRONG_TYPE, f"{name} z 1 x y")
        self.check(NOT_A_WEIGHT, "ZUNIONSTORE z 1 y WEIGHTS nan")
        self.check(SYNTAX, "ZDIFFSTORE z 1 y WEIGHTS 1")
        self.check(":4", "ZCARD z")

    def test_encoding(self):
        self.client.wire("SADD", "t", *range(128))
        self.client.wire("ZUNIONSTORE to 1 t")
        self.check_encoding("listpack", "to")
        self.client.wire("ZUNIONSTORE to 2 t s")
        self.check_encoding("skiplist", "to")
        self.client.wire("SADD", "u", "m" * 65)
        self.client.wire("ZUNIONSTORE to 1 u")
        self.check_encoding("skiplist", "to")
        self.client.wire("ZDIFFSTORE to 2 to s")
        self.check_encoding("skiplist", "to")

    def test_negative_zero_is_lost_in_a_listpack_only(self):
        self.client.wire("ZUNIONSTORE to 1 s WEIGHTS -0")
        self.check_set("a 0 b 0 c 0", "to")
        self.client.wire("CONFIG SET zset-max-listpack-entries 2")
        self.client.wire("ZUNIONSTORE to 1 s WEIGHTS -0")
        self.check_set("a -0 b -0 c -0", "to")


@unittest.skipIf(REAL, "looks into the engine")
class EventTest(EventTestCase):
    def test_storing(self):
        self.client.wire("ZADD z 1 a 2 b")
        for name in ("zunionstore", "zinterstore", "zdiffstore"):
            self.check_events([f"{name} to"], 1, f"{name} to 1 z")
            self.check_events(["del to"], 1, f"{name} to 1 nothing")
            self.check_events([], 0, f"{name} to 1 nothing")


if __name__ == "__main__":
    unittest.main()
