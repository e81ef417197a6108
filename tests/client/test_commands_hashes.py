"""Hashes, from the client's side."""
import datetime
import unittest

from redis_clone.client.errors import DataError, ResponseError
from tests.client.command_case import CommandCase

FAR = 4102444800                            # 2100, in seconds
FAR_DATETIME = datetime.datetime(2100, 1, 1, tzinfo=datetime.timezone.utc)


class FieldsTest(CommandCase):
    def test_one(self):
        self.check(1, self.client.hset("hash", "field", "value"))
        self.check(0, self.client.hset("hash", "field", "new"))
        self.check("new", self.client.hget("hash", "field"))
        self.check(None, self.client.hget("hash", "none"))
        self.check(True, self.client.hexists("hash", "field"))
        self.check(False, self.client.hexists("hash", "none"))
        self.check(3, self.client.hstrlen("hash", "field"))
        self.check(0, self.client.hsetnx("hash", "field", 1))
        self.check(1, self.client.hsetnx("hash", "other", 1))
        self.check(1, self.client.hdel("hash", "field", "none"))

    def test_several_ways_to_set_several(self):
        self.check(2, self.client.hset("hash", mapping={"a": 1, "b": 2.5}))
        self.check(2, self.client.hset("hash", items=["c", 3, "d", 4]))
        self.check(3, self.client.hset("hash", "e", 5, {"f": 6}, ["g", 7]))
        self.check(True, self.client.hmset("hash", {"h": 8}))
        self.check(["1", "2.5", None], self.client.hmget("hash", ["a", "b", "none"]))
        self.check(["5", "8"], self.client.hmget("hash", "e", "h"))
        self.check(8, self.client.hlen("hash"))

    def test_nothing_to_set(self):
        for options in ({}, {"mapping": {}}, {"items": []}, {"value": 1}):
            with self.assertRaises(DataError, msg=options):
                self.client.hset("hash", **options)
        with self.assertRaises(DataError):
            self.client.hmset("hash", {})
        with self.assertRaises(DataError):
            self.client.hset("hash", "field")

    def test_numbers(self):
        self.check(1, self.client.hincrby("hash", "n"))
        self.check(6, self.client.hincrby("hash", "n", 5))
        self.check(6.5, self.client.hincrbyfloat("hash", "n", 0.5))
        self.check(7.5, self.client.hincrbyfloat("hash", "n"))
        with self.assertRaises(ResponseError):
            self.client.hincrby("hash", "n")


class WholeHashTest(CommandCase):
    def test_all_fields(self):
        self.client.hset("hash", mapping={"a": 1, "b": 2})
        self.check({"a": "1", "b": "2"}, self.client.hgetall("hash"))
        self.check(["a", "b"], sorted(self.client.hkeys("hash")))
        self.check(["1", "2"], sorted(self.client.hvals("hash")))

    def test_no_hash(self):
        self.check({}, self.client.hgetall("none"))
        self.check([], self.client.hkeys("none"))
        self.check(0, self.client.hlen("none"))

    def test_at_random(self):
        self.client.hset("hash", "a", 1)
        self.check("a", self.client.hrandfield("hash"))
        self.check(["a"], self.client.hrandfield("hash", 3))
        self.check(["a", "1", "a", "1"], self.client.hrandfield("hash", -2, withvalues=True))
        self.check([], self.client.hrandfield("none", 2, True))
        self.check(None, self.client.hrandfield("none"))

    def test_scanning(self):
        fields = {str(number): str(number * number) for number in range(600)}
        self.client.hset("hash", mapping=fields)
        self.check((0, fields), self.client.hscan("hash", count=10_000))
        self.check(fields, dict(self.client.hscan_iter("hash", count=50)))
        self.check([("17", "289")], list(self.client.hscan_iter("hash", "17")))
        self.check((0, {}), self.client.hscan("none"))


class ExpiringFieldsTest(CommandCase):
    def fill(self):
        self.client.hset("hash", mapping={"a": 1, "b": 2})

    def test_durations(self):
        self.fill()
        for expire in (lambda: self.client.hexpire("hash", 100, "a", "none"),
                       lambda: self.client.hexpire("hash", datetime.timedelta(seconds=100), "a", "none"),
                       lambda: self.client.hpexpire("hash", 100_000, "a", "none"),
                       lambda: self.client.hpexpire("hash", datetime.timedelta(seconds=100), "a", "none")):
            self.check([1, -2], expire())
            self.assertIn(self.client.httl("hash", "a")[0], (99, 100))
            self.assertIn(self.client.hpttl("hash", "a")[0] // 1000, (99, 100))

    def test_moments(self):
        self.fill()
        for expire in (lambda: self.client.hexpireat("hash", FAR, "a"),
                       lambda: self.client.hexpireat("hash", FAR_DATETIME, "a"),
                       lambda: self.client.hpexpireat("hash", FAR * 1000, "a"),
                       lambda: self.client.hpexpireat("hash", FAR_DATETIME, "a")):
            self.check([1], expire())
            self.check([FAR, -1, -2], self.client.hexpiretime("hash", "a", "b", "c"))
            self.check([FAR * 1000], self.client.hpexpiretime("hash", "a"))

    def test_conditions_and_the_end(self):
        self.fill()
        self.check([0], self.client.hexpire("hash", 100, "a", xx=True))
        self.check([1], self.client.hexpire("hash", 100, "a", nx=True))
        self.check([0], self.client.hpexpire("hash", 100, "a", gt=True))
        self.check([1], self.client.hexpireat("hash", FAR, "a", gt=True))
        self.check([1, -1, -2], self.client.hpersist("hash", "a", "b", "c"))
        self.check([2], self.client.hexpire("hash", 0, "a"))
        self.check(["b"], self.client.hkeys("hash"))

    def test_one_condition_at_a_time(self):
        for expire in (self.client.hexpire, self.client.hpexpire, self.client.hexpireat, self.client.hpexpireat):
            with self.assertRaises(ValueError):
                expire("hash", 1, "a", nx=True, gt=True)


if __name__ == "__main__":
    unittest.main()
