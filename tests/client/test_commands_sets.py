"""Sets, from the client's side."""
import unittest

from redis_clone.client.errors import ResponseError
from tests.client.command_case import CommandCase


class ElementsTest(CommandCase):
    def test_adding_and_removing(self):
        self.check(3, self.client.sadd("set", "a", "b", "c"))
        self.check(1, self.client.sadd("set", "a", "d"))
        self.check(2, self.client.srem("set", "b", "d", "none"))
        self.check(2, self.client.scard("set"))
        self.check({"a", "c"}, self.client.smembers("set"))
        self.check(set(), self.client.smembers("none"))

    def test_asking(self):
        self.client.sadd("set", "a", "b")
        self.check(1, self.client.sismember("set", "a"))
        self.check(0, self.client.sismember("set", "z"))
        self.check([1, 0], self.client.smismember("set", ["a", "z"]))
        self.check([1, 0, 1], self.client.smismember("set", "a", "z", "b"))

    def test_moving(self):
        self.client.sadd("from", "a")
        self.check(True, self.client.smove("from", "to", "a"))
        self.check(False, self.client.smove("from", "to", "a"))

    def test_at_random(self):
        self.client.sadd("set", "a")
        self.check("a", self.client.srandmember("set"))
        self.check(["a"], self.client.srandmember("set", 3))
        self.check(["a", "a"], self.client.srandmember("set", -2))
        self.check([], self.client.srandmember("none", 2))
        self.check(None, self.client.srandmember("none"))
        self.check([], self.client.spop("set", 0))
        self.check(["a"], self.client.spop("set", 3))
        self.check([], self.client.spop("set", 3))
        self.check(None, self.client.spop("set"))
        self.client.sadd("set", "b")
        self.check("b", self.client.spop("set"))


class AlgebraTest(CommandCase):
    def fill(self):
        self.client.sadd("one", "a", "b", "c")
        self.client.sadd("two", "b", "c", "d")

    def test_results(self):
        self.fill()
        self.check({"b", "c"}, self.client.sinter("one", "two"))
        self.check({"b", "c"}, self.client.sinter(["one", "two"]))
        self.check({"a", "b", "c", "d"}, self.client.sunion(["one"], "two"))
        self.check({"a"}, self.client.sdiff("one", "two"))
        self.check(set(), self.client.sinter("one", "none"))

    def test_storing(self):
        self.fill()
        self.check(2, self.client.sinterstore("to", "one", "two"))
        self.check(4, self.client.sunionstore("to", ["one", "two"]))
        self.check(1, self.client.sdiffstore("to", ["one", "two"]))
        self.check({"a"}, self.client.smembers("to"))

    def test_counting(self):
        self.fill()
        self.check(2, self.client.sintercard(2, ["one", "two"]))
        self.check(1, self.client.sintercard(2, ["one", "two"], limit=1))
        with self.assertRaises(ResponseError):
            self.client.sintercard(0, [])


class SscanTest(CommandCase):
    def test_step_by_step(self):
        self.client.sadd("set", *range(100, 300))
        cursor, found = self.client.sscan("set", count=1000)
        self.check(0, cursor)
        self.assertEqual(len(found), 200)
        self.assertEqual(set(self.client.sscan_iter("set", count=10)), self.client.smembers("set"))
        self.check(["123"], list(self.client.sscan_iter("set", "123")))
        self.check((0, []), self.client.sscan("none"))


if __name__ == "__main__":
    unittest.main()
