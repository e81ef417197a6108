"""Sorted sets, from the client's side."""
import random
import struct
import unittest

from redis_clone.client.commands import scores
from redis_clone.client.errors import DataError, ResponseError
from tests.client.command_case import CommandCase

SHORT_S = 0.01


class ZaddTest(CommandCase):
    def test_adding_and_changing(self):
        self.check(3, self.client.zadd("z", {"a": 1, "b": 2.5, "c": "inf"}))
        self.check(1, self.client.zadd("z", {"a": 5, "d": 1}))
        self.check(1, self.client.zadd("z", {"a": 6, "b": 2.5}, ch=True))
        self.check(0, self.client.zadd("z", {"a": 7}, nx=True, ch=True))
        self.check(0, self.client.zadd("z", {"new": 7}, xx=True))
        self.check(0, self.client.zadd("z", {"a": 5}, gt=True, ch=True))
        self.check(1, self.client.zadd("z", {"a": 5}, lt=True, xx=True, ch=True))

    def test_incrementing(self):
        self.check(1.5, self.client.zadd("z", {"a": 1.5}, incr=True))
        self.check(None, self.client.zadd("z", {"a": 1.5}, incr=True, nx=True))
        self.check(2.0, self.client.zincrby("z", 0.5, "a"))

    def test_options_that_exclude_each_other(self):
        for options in ({"nx": True, "xx": True}, {"nx": True, "gt": True}, {"nx": True, "lt": True},
                        {"gt": True, "lt": True}):
            with self.assertRaises(DataError, msg=options):
                self.client.zadd("z", {"a": 1}, **options)
        with self.assertRaises(DataError):
            self.client.zadd("z", {"a": 1, "b": 2}, incr=True)
        with self.assertRaises(DataError):
            self.client.zadd("z", {})
        with self.assertRaises(ResponseError):
            self.client.zadd("z", {"a": "many"})


class ElementsTest(CommandCase):
    def fill(self):
        self.client.zadd("z", {"a": 1, "b": 2.5, "c": 4})

    def test_scores(self):
        self.fill()
        self.check(2.5, self.client.zscore("z", "b"))
        self.check(None, self.client.zscore("z", "none"))
        self.check([1.0, None], self.client.zmscore("z", ["a", "none"]))
        with self.assertRaises(DataError):
            self.client.zmscore("z", [])

    def test_ranks(self):
        self.fill()
        self.check(0, self.client.zrank("z", "a"))
        self.check(2, self.client.zrevrank("z", "a"))
        self.check(None, self.client.zrank("z", "none"))
        self.check([1, 2.5], self.client.zrank("z", "b", withscore=True))
        self.check([1, 2], self.client.zrevrank("z", "b", True, int))
        self.check(None, self.client.zrank("z", "none", withscore=True))

    def test_counting_and_removing(self):
        self.fill()
        self.check(3, self.client.zcard("z"))
        self.check(2, self.client.zcount("z", "(1", "+inf"))
        self.check(2, self.client.zrem("z", "a", "b", "none"))

    def test_at_random(self):
        self.client.zadd("z", {"a": 1.5})
        self.check("a", self.client.zrandmember("z"))
        self.check(["a"], self.client.zrandmember("z", 3))
        self.check(["a", "1.5", "a", "1.5"], self.client.zrandmember("z", -2, withscores=True))
        self.check([], self.client.zrandmember("none", 2, True))
        self.check(None, self.client.zrandmember("none"))


class EndsTest(CommandCase):
    def fill(self):
        self.client.zadd("z", {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6})

    def test_popping(self):
        self.fill()
        self.check([("a", 1.0)], self.client.zpopmin("z"))
        self.check([("b", 2.0), ("c", 3.0)], self.client.zpopmin("z", 2))
        self.check([("f", 6.0)], self.client.zpopmax("z"))
        self.check([("e", 5.0), ("d", 4.0)], self.client.zpopmax("z", count=5))
        self.check([], self.client.zpopmin("z"))
        self.check([], self.client.zpopmax("z", 2))

    def test_waiting(self):
        self.fill()
        self.check(("z", "a", 1.0), self.client.bzpopmin("z"))
        self.check(("z", "b", 2.0), self.client.bzpopmin(["none", "z"], 1))
        self.check(("z", "f", 6.0), self.client.bzpopmax(("z",), timeout=None))
        self.check(None, self.client.bzpopmin("none", SHORT_S))
        self.check(None, self.client.bzpopmax(["none"], SHORT_S))

    def test_the_first_of_many(self):
        self.fill()
        self.check(["z", [["a", "1"]]], self.client.zmpop(2, ["none", "z"], min=True))
        self.check(["z", [["f", "6"], ["e", "5"]]], self.client.zmpop(1, ["z"], max=True, count=2))
        self.check(["z", [["b", "2"]]], self.client.bzmpop(1, 1, ["z"], min=True))
        self.check(["z", [["d", "4"], ["c", "3"]]], self.client.bzmpop(1, 2, ["none", "z"], max=True, count=9))
        self.check(None, self.client.zmpop(1, ["z"], min=True))
        self.check(None, self.client.bzmpop(SHORT_S, 1, ["z"], min=True))

    def test_one_end_has_to_be_chosen(self):
        for options in ({}, {"min": True, "max": True}):
            with self.assertRaises(DataError):
                self.client.zmpop(1, ["z"], **options)
            with self.assertRaises(DataError):
                self.client.bzmpop(1, 1, ["z"], **options)


class ZrangeTest(CommandCase):
    def fill(self):
        self.client.zadd("z", {"a": 1, "b": 2.5, "c": 4})

    def test_by_rank(self):
        self.fill()
        self.check(["a", "b", "c"], self.client.zrange("z", 0, -1))
        self.check([("a", 1.0), ("b", 2.5)], self.client.zrange("z", 0, 1, withscores=True))
        self.check(["c", "b"], self.client.zrange("z", 0, 1, desc=True))
        self.check([("c", 4.0)], self.client.zrange("z", 0, 0, True, True))
        self.check(["c", "b"], self.client.zrevrange("z", 0, 1))
        self.check([("c", 4.0)], self.client.zrevrange("z", 0, 0, withscores=True))
        self.check([], self.client.zrange("none", 0, -1, withscores=True))

    def test_by_score(self):
        self.fill()
        self.check(["b", "c"], self.client.zrange("z", "(1", "inf", byscore=True))
        self.check([("b", 2.5)], self.client.zrange("z", 9, 0, desc=True, byscore=True, offset=1, num=1, withscores=True))
        self.check(["a", "b"], self.client.zrangebyscore("z", 1, 3))
        self.check([("b", 2.5)], self.client.zrangebyscore("z", "-inf", "inf", 1, 1, withscores=True))
        self.check(["b", "a"], self.client.zrevrangebyscore("z", 3, 1))
        self.check([("a", 1.0)], self.client.zrevrangebyscore("z", 3, 1, start=1, num=5, withscores=True))

    def test_by_bytes(self):
        self.client.zadd("z", dict.fromkeys("abcd", 0))
        self.check(["a", "b"], self.client.zrange("z", "-", "[b", bylex=True))
        self.check(["a", "b", "c"], self.client.zrangebylex("z", "-", "(d"))
        self.check(["b"], self.client.zrangebylex("z", "-", "+", 1, 1))
        self.check(["d", "c"], self.client.zrevrangebylex("z", "+", "[c"))
        self.check(["c"], self.client.zrevrangebylex("z", "+", "-", start=1, num=1))
        self.check(2, self.client.zlexcount("z", "[a", "(c"))

    def test_what_becomes_of_scores(self):
        self.fill()
        self.check([("a", 1), ("b", 2)], self.client.zrange("z", 0, 1, withscores=True, score_cast_func=int))
        self.check([("a", "1"), ("b", "2.5")],
                   self.client.zrange("z", 0, 1, withscores=True, score_cast_func=lambda score: score))
        self.check([("b", 5.0)],
                   self.client.zrangebyscore("z", 2, 3, withscores=True, score_cast_func=lambda score: 2 * float(score)))

    def test_storing(self):
        self.fill()
        self.check(3, self.client.zrangestore("to", "z", 0, -1))
        self.check(1, self.client.zrangestore("to", "z", 9, 0, byscore=True, desc=True, offset=0, num=1))
        self.check(["c"], self.client.zrange("to", 0, -1))

    def test_removing(self):
        self.fill()
        self.check(1, self.client.zremrangebyrank("z", 0, 0))
        self.check(1, self.client.zremrangebyscore("z", 2, 3))
        self.check(1, self.client.zremrangebylex("z", "-", "+"))

    def test_options_that_exclude_each_other(self):
        for options in ({"byscore": True, "bylex": True}, {"offset": 1}, {"num": 1}, {"bylex": True, "withscores": True}):
            with self.assertRaises(DataError, msg=options):
                self.client.zrange("z", 0, 1, **options)
        for method in (self.client.zrangebyscore, self.client.zrevrangebyscore, self.client.zrangebylex,
                       self.client.zrevrangebylex):
            with self.assertRaises(DataError):
                method("z", 0, 1, start=0)
            with self.assertRaises(DataError):
                method("z", 0, 1, num=1)
        with self.assertRaises(DataError):
            self.client.zrangestore("to", "z", 0, 1, num=1)


class AlgebraTest(CommandCase):
    def fill(self):
        self.client.zadd("one", {"a": 1, "b": 2})
        self.client.zadd("two", {"b": 3, "c": 4})

    def test_results(self):
        self.fill()
        self.check(["b"], self.client.zinter(["one", "two"]))
        self.check([("b", 5.0)], self.client.zinter(["one", "two"], withscores=True))
        self.check([("b", 3.0)], self.client.zinter(["one", "two"], "MAX", True))
        self.check([("b", 5.5)], self.client.zinter({"one": 2, "two": 0.5}, withscores=True))
        self.check(["a", "c", "b"], self.client.zunion(("one", "two")))
        self.check([("a", 1), ("b", 2), ("c", 4)],
                   self.client.zunion(["one", "two"], aggregate="min", withscores=True, score_cast_func=int))
        self.check(["a"], self.client.zdiff(["one", "two"]))
        self.check(["a", "1"], self.client.zdiff(["one", "two"], withscores=True))
        self.check([], self.client.zdiff(["none", "two"], withscores=True))

    def test_storing(self):
        self.fill()
        self.check(1, self.client.zinterstore("to", ["one", "two"]))
        self.check(3, self.client.zunionstore("to", {"one": 2, "two": 1}, aggregate="SUM"))
        self.check(7.0, self.client.zscore("to", "b"))
        self.check(1, self.client.zdiffstore("to", ["one", "two"]))

    def test_counting(self):
        self.fill()
        self.check(1, self.client.zintercard(2, ["one", "two"]))
        self.check(2, self.client.zintercard(1, ["one"], limit=2))

    def test_no_such_aggregate(self):
        for method in (self.client.zinter, self.client.zunion):
            with self.assertRaises(DataError):
                method(["one"], aggregate="average")


class ZscanTest(CommandCase):
    def test_step_by_step(self):
        self.client.zadd("z", {f"e{number}": number for number in range(300)})
        cursor, found = self.client.zscan("z", count=1000)
        self.check(0, cursor)
        self.assertEqual(len(found), 300)
        self.assertEqual(set(self.client.zscan_iter("z", count=10)), set(found))
        self.check([("e17", 17.0)], list(self.client.zscan_iter("z", "e17")))
        self.check([("e17", 17)], list(self.client.zscan_iter("z", "e17", score_cast_func=int)))
        self.check((0, []), self.client.zscan("none"))


class SpellingTest(unittest.TestCase):
    """Texts of scores that came as doubles are those that RESP2 would have brought."""

    def spelled(self, number):
        return scores.flat_pairs([["element", number]])[1]

    def test_as_a_server_of_7_2_spells_them(self):
        for number, text in ((0.0, "0"), (-0.0, "-0"), (3.0, "3"), (-1.5, "-1.5"), (0.1, "0.1"), (1e17, "1e+17"),
                             (1e-7, "1e-7"), (12e-9, "1.2e-8"), (1.5e-3, "0.0015"), (123456789012.0, "123456789012"),
                             (1.7976931348623157e308, "1.7976931348623157e+308"), (5e-324, "5e-324"),
                             (float("inf"), "inf"), (float("-inf"), "-inf"), (float("nan"), "nan")):
            self.assertEqual(self.spelled(number), text)

    def test_every_one_reads_back_as_itself(self):
        source = random.Random(6)
        for _ in range(2000):
            number, = struct.unpack("<d", source.getrandbits(64).to_bytes(8, "little"))
            if number == number:
                self.assertEqual(float(self.spelled(number)), number)

    def test_they_are_of_the_type_of_their_elements(self):
        self.assertEqual(scores.flat_pairs([[b"element", 1.0]]), [b"element", b"1"])


if __name__ == "__main__":
    unittest.main()
