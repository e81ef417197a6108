"""Lists, from the client's side."""
import unittest

from redis_clone.client.errors import ResponseError
from tests.client.command_case import CommandCase

SHORT_S = 0.01


class EndsTest(CommandCase):
    def test_pushing(self):
        self.check(2, self.client.rpush("list", "b", "c"))
        self.check(3, self.client.lpush("list", "a"))
        self.check(4, self.client.rpushx("list", 1))
        self.check(5, self.client.lpushx("list", 2.5))
        self.check(0, self.client.lpushx("none", 1))
        self.check(0, self.client.rpushx("none", 1))
        self.check(["2.5", "a", "b", "c", "1"], self.client.lrange("list", 0, -1))

    def test_popping(self):
        self.client.rpush("list", *"abcdef")
        self.check("a", self.client.lpop("list"))
        self.check(["b", "c"], self.client.lpop("list", 2))
        self.check([], self.client.lpop("list", 0))
        self.check("f", self.client.rpop("list"))
        self.check(["e", "d"], self.client.rpop("list", count=5))
        for pop in (self.client.lpop, self.client.rpop):
            self.check(None, pop("list"))
            self.check(None, pop("list", 2))

    def test_the_first_of_many(self):
        self.client.rpush("list", *"abc")
        self.check(["list", ["a"]], self.client.lmpop(2, "none", "list", direction="LEFT"))
        self.check(["list", ["c", "b"]], self.client.lmpop(1, "list", direction="right", count=5))
        self.check(None, self.client.lmpop(1, "list", direction="LEFT"))


class BlockingTest(CommandCase):
    def test_popping(self):
        self.client.rpush("list", *"abcdef")
        self.check(("list", "a"), self.client.blpop("list"))
        self.check(("list", "b"), self.client.blpop(["none", "list"], 1))
        self.check(("list", "c"), self.client.blpop(("list",), timeout=None))
        self.check(("list", "f"), self.client.brpop("list", 1))
        self.check(("list", "e"), self.client.brpop(["none", "list"]))

    def test_waiting_in_vain(self):
        self.check(None, self.client.blpop("none", SHORT_S))
        self.check(None, self.client.brpop(["none", "neither"], SHORT_S))
        self.check(None, self.client.blmpop(SHORT_S, 1, "none", direction="LEFT"))
        self.check(None, self.client.blmove("none", "to", SHORT_S))
        self.check(None, self.client.brpoplpush("none", "to", SHORT_S))

    def test_the_first_of_many(self):
        self.client.rpush("list", *"abc")
        self.check(["list", ["a"]], self.client.blmpop(1, 2, "none", "list", direction="LEFT"))
        self.check(["list", ["c", "b"]], self.client.blmpop(1, 1, "list", direction="RIGHT", count=2))


class MovingTest(CommandCase):
    def test_moving(self):
        self.client.rpush("from", *"abcdef")
        self.check("a", self.client.lmove("from", "to"))
        self.check("f", self.client.lmove("from", "to", src="right", dest="left"))
        self.check("b", self.client.blmove("from", "to", 1))
        self.check("e", self.client.blmove("from", "to", 1, "RIGHT", "RIGHT"))
        self.check("d", self.client.rpoplpush("from", "to"))
        self.check("c", self.client.brpoplpush("from", "to"))
        self.check(["c", "d", "f", "a", "b", "e"], self.client.lrange("to", 0, -1))
        self.check(None, self.client.lmove("from", "to"))
        self.check(None, self.client.rpoplpush("from", "to"))


class IndexTest(CommandCase):
    def setUp(self):
        self.letters = list("abcabc")

    def fill(self):
        self.client.rpush("list", *self.letters)

    def test_reading(self):
        self.fill()
        self.check(6, self.client.llen("list"))
        self.check("b", self.client.lindex("list", 1))
        self.check(None, self.client.lindex("list", 10))
        self.check(["b", "c"], self.client.lrange("list", -2, -1))
        self.check([], self.client.lrange("none", 0, -1))

    def test_writing(self):
        self.fill()
        self.check(True, self.client.lset("list", 0, "first"))
        self.check(7, self.client.linsert("list", "before", "first", "zero"))
        self.check(-1, self.client.linsert("list", "AFTER", "absent", "x"))
        self.check(2, self.client.lrem("list", 0, "b"))
        self.check(True, self.client.ltrim("list", 1, 2))
        self.check(["first", "c"], self.client.lrange("list", 0, -1))
        with self.assertRaises(ResponseError):
            self.client.lset("list", 10, "x")

    def test_finding(self):
        self.fill()
        self.check(1, self.client.lpos("list", "b"))
        self.check(4, self.client.lpos("list", "b", rank=2))
        self.check(4, self.client.lpos("list", "b", rank=-1))
        self.check(None, self.client.lpos("list", "b", maxlen=1))
        self.check([1, 4], self.client.lpos("list", "b", count=0))
        self.check([], self.client.lpos("list", "absent", count=0))


if __name__ == "__main__":
    unittest.main()
