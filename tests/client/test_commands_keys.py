"""Keys of any type, from the client's side."""
import datetime
import socket
import unittest

from redis_clone.client.errors import DataError, ResponseError
from tests.client.command_case import CommandCase

FAR = 4102444800                            # 2100, in seconds
FAR_DATETIME = datetime.datetime(2100, 1, 1, tzinfo=datetime.timezone.utc)


class KeysTest(CommandCase):
    def test_deleting_and_counting(self):
        self.client.mset({"a": 1, "b": 2, "c": 3})
        self.check(3, self.client.exists("a", "b", "a"))
        self.check(2, self.client.touch("a", "b", "none"))
        self.check(1, self.client.delete("a", "none"))
        self.check(2, self.client.unlink("b", "c"))
        self.check(0, self.client.exists("b"))

    def test_types(self):
        self.client.set("string", 1)
        self.client.rpush("list", 1)
        self.client.zadd("zset", {"a": 1})
        for name in ("string", "list", "zset"):
            self.check(name, self.client.type(name))
        self.check("none", self.client.type("nothing"))

    def test_listing(self):
        self.check([], self.client.keys())
        self.check(None, self.client.randomkey())
        self.client.set("a1", 1)
        self.check(["a1"], self.client.keys())
        self.check("a1", self.client.randomkey())
        self.client.set("b", 1)
        self.check(["a1"], self.client.keys("a*"))
        self.check(["b"], self.client.keys(pattern="b"))

    def test_renaming(self):
        self.client.mset({"a": 1, "b": 2})
        self.check(True, self.client.rename("a", "c"))
        self.check(False, self.client.renamenx("c", "b"))
        self.check(True, self.client.renamenx("c", "d"))
        with self.assertRaisesRegex(ResponseError, "no such key"):
            self.client.rename("none", "a")

    def test_copying_and_moving(self):
        self.client.set("a", 1)
        self.check(True, self.client.copy("a", "b"))
        self.check(False, self.client.copy("a", "b"))
        self.check(True, self.client.copy("a", "b", replace=True))
        self.check(True, self.client.copy("a", "a", destination_db=3))
        self.check(False, self.client.move("a", 3))
        self.check(True, self.client.move("b", 3))
        self.check(False, self.client.move("none", 3))


class ObjectTest(CommandCase):
    def test_what_is_known_of_a_value(self):
        self.client.set("key", "value")
        self.check("embstr", self.client.object("encoding", "key"))
        self.check(1, self.client.object("REFCOUNT", "key"))
        self.check(0, self.client.object("idletime", "key"))
        self.check(None, self.client.object("encoding", "none"))

    def test_help_needs_no_key(self):
        self.assertIsInstance(self.client.object("help"), list)


class ExpireTest(CommandCase):
    def test_durations(self):
        for expire in (lambda: self.client.expire("key", 100),
                       lambda: self.client.expire("key", datetime.timedelta(seconds=100)),
                       lambda: self.client.pexpire("key", 100_000),
                       lambda: self.client.pexpire("key", datetime.timedelta(seconds=100))):
            self.client.set("key", "value")
            self.check(True, expire())
            self.assertIn(self.client.ttl("key"), (99, 100))
            self.assertIn(self.client.pttl("key") // 1000, (99, 100))

    def test_moments(self):
        for expire in (lambda: self.client.expireat("key", FAR), lambda: self.client.expireat("key", FAR_DATETIME),
                       lambda: self.client.pexpireat("key", FAR * 1000),
                       lambda: self.client.pexpireat("key", FAR_DATETIME)):
            self.client.set("key", "value")
            self.check(True, expire())
            self.check(FAR, self.client.expiretime("key"))
            self.check(FAR * 1000, self.client.pexpiretime("key"))

    def test_keys_without(self):
        self.client.set("key", "value")
        for left in (self.client.ttl, self.client.pttl, self.client.expiretime, self.client.pexpiretime):
            self.check(-1, left("key"))
            self.check(-2, left("none"))
        self.check(False, self.client.expire("none", 100))

    def test_conditions(self):
        self.client.set("key", "value")
        self.check(False, self.client.expire("key", 100, xx=True))
        self.check(True, self.client.expireat("key", FAR, nx=True))
        self.check(False, self.client.pexpire("key", 100, gt=True))
        self.check(True, self.client.pexpireat("key", FAR * 1000 - 1, lt=True))
        self.check(True, self.client.expireat("key", FAR, xx=True, gt=True))
        with self.assertRaises(ResponseError):
            self.client.expire("key", 100, nx=True, xx=True)

    def test_taking_it_away(self):
        self.client.set("key", "value", ex=100)
        self.check(True, self.client.persist("key"))
        self.check(False, self.client.persist("key"))


class ScanTest(CommandCase):
    def fill(self):
        self.client.mset({f"key:{number}": number for number in range(30)})
        self.client.rpush("list", 1)

    def test_one_step(self):
        self.fill()
        cursor, found = self.client.scan(count=1000)
        self.check(0, cursor)
        self.check(31, len(found))
        self.check((0, ["list"]), self.client.scan(0, "l*", 1000))
        self.check((0, ["list"]), self.client.scan(cursor="0", count=1000, _type="list"))

    def test_all_of_them(self):
        self.fill()
        self.check(31, len(set(self.client.scan_iter(count=5))))
        self.check(["list"], list(self.client.scan_iter("list", count=5)))
        self.check(["list"], list(self.client.scan_iter(_type="LIST")))

    def test_none(self):
        self.check([], list(self.client.scan_iter()))


class SortTest(CommandCase):
    def fill(self):
        self.client.rpush("list", 3, 1, 2)
        self.client.mset({"weight:1": 3, "weight:2": 2, "weight:3": 1, "name:1": "one", "name:2": "two"})

    def test_sorting(self):
        self.fill()
        for sort in (self.client.sort, self.client.sort_ro):
            self.check(["1", "2", "3"], sort("list"))
            self.check(["3", "2", "1"], sort("list", desc=True, alpha=True))
            self.check(["2"], sort("list", 1, 1))
            self.check(["3", "2", "1"], sort("list", by="weight:*"))
            self.check(["one", "two", None], sort("list", get="name:*"))
            self.check(["1", "one", "2", "two", "3", None], sort("list", get=["#", "name:*"]))
            self.check([], sort("none"))

    def test_in_groups(self):
        self.fill()
        self.check([("1", "one"), ("2", "two"), ("3", None)],
                   self.client.sort("list", get=("#", "name:*"), groups=True))
        self.check([], self.client.sort("none", get=("#", "name:*"), groups=True))
        self.check(6, self.client.sort("list", get=("#", "name:*"), groups=True, store="sorted"))

    def test_storing(self):
        self.fill()
        self.check(3, self.client.sort("list", store="sorted"))
        self.check(["1", "2", "3"], self.client.lrange("sorted", 0, -1))

    def test_options_that_belong_together(self):
        for options in ({"start": 0}, {"num": 1}, {"groups": True}, {"groups": True, "get": "#"},
                        {"groups": True, "get": ["#"]}):
            with self.assertRaises(DataError, msg=options):
                self.client.sort("list", **options)


class DumpTest(CommandCase):
    def test_there_and_back(self):
        self.client.rpush("list", 1, 2)
        dumped = self.client.dump("list")
        self.assertIs(type(dumped), bytes)
        self.check("OK", self.client.restore("copy", 0, dumped))
        self.check(["1", "2"], self.client.lrange("copy", 0, -1))
        with self.assertRaisesRegex(ResponseError, "BUSYKEY"):
            self.client.restore("copy", 0, dumped)
        self.check("OK", self.client.restore("copy", FAR * 1000, dumped, replace=True, absttl=True, idletime="100"))
        self.check(FAR, self.client.expiretime("copy"))
        self.check(100, self.client.object("idletime", "copy"))

    def test_there_is_none(self):
        self.check(None, self.client.dump("none"))

    def test_wrong_numbers(self):
        with self.assertRaises(DataError):
            self.client.restore("key", 0, b"", idletime="long")
        with self.assertRaises(DataError):
            self.client.restore("key", 0, b"", frequency="often")


class MigrateTest(CommandCase):
    def test_nothing_to_move(self):
        self.check("NOKEY", self.client.migrate("127.0.0.1", 1, "none", 0, 100))
        with self.assertRaises(DataError):
            self.client.migrate("127.0.0.1", 1, [], 0, 100)

    def test_nobody_there(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))                   # bound, but not listening
            self.client.set("key", "value")
            with self.assertRaisesRegex(ResponseError, "IOERR"):
                self.client.migrate("127.0.0.1", unused.getsockname()[1], ["key"], 0, 1000, copy=True, auth="pw")


class WaitTest(CommandCase):
    def test_no_replicas(self):
        self.check(0, self.client.wait(0, 1))
        self.check([0, 0], self.client.waitaof(0, 0, 1))


if __name__ == "__main__":
    unittest.main()
