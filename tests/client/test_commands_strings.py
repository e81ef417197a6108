"""Strings, from the client's side."""
import datetime
import unittest

from redis_clone.client.errors import DataError, ResponseError
from tests.client.command_case import CommandCase

FAR = 4102444800                            # 2100, in seconds
FAR_DATETIME = datetime.datetime(2100, 1, 1, tzinfo=datetime.timezone.utc)


class GetSetTest(CommandCase):
    def test_a_value_that_was_set(self):
        self.check(True, self.client.set("key", "value"))
        self.check("value", self.client.get("key"))

    def test_no_value(self):
        self.check(None, self.client.get("key"))

    def test_numbers_and_bytes_as_values(self):
        for value, stored in ((1, "1"), (1.5, "1.5"), (b"b", "b"), (bytearray(b"ba"), "ba"), (memoryview(b"m"), "m")):
            self.client.set("key", value)
            self.check(stored, self.client.get("key"))

    def test_what_redis_has_no_type_for_is_refused(self):
        for value in (None, True, [1], {"a": 1}, object()):
            with self.assertRaises(DataError):
                self.client.set("key", value)

    def test_the_key_of_another_type(self):
        self.client.rpush("key", "element")
        with self.assertRaisesRegex(ResponseError, "WRONGTYPE"):
            self.client.get("key")

    def test_like_a_dict(self):
        self.client["key"] = "value"
        self.check("value", self.client["key"])
        self.assertIn("key", self.client)
        del self.client["key"]
        self.assertNotIn("key", self.client)
        del self.client["key"]
        with self.assertRaises(KeyError):
            self.client["key"]


class SetOptionsTest(CommandCase):
    def test_seconds_and_milliseconds(self):
        for options in ({"ex": 100}, {"ex": "100"}, {"px": 100_000}, {"ex": datetime.timedelta(seconds=100)},
                        {"px": datetime.timedelta(seconds=100)}):
            self.check(True, self.client.set("key", "value", **options))
            self.assertIn(self.client.ttl("key"), (99, 100), options)

    def test_moments(self):
        for options in ({"exat": FAR}, {"pxat": FAR * 1000}, {"exat": FAR_DATETIME}, {"pxat": FAR_DATETIME}):
            self.check(True, self.client.set("key", "value", **options))
            self.check(FAR, self.client.expiretime("key"))

    def test_the_time_to_live_is_lost_unless_kept(self):
        self.client.set("key", "value", ex=100)
        self.client.set("key", "value", keepttl=True)
        self.assertGreater(self.client.ttl("key"), 0)
        self.client.set("key", "value")
        self.check(-1, self.client.ttl("key"))

    def test_only_if_new_and_only_if_there(self):
        self.check(None, self.client.set("key", "a", xx=True))
        self.check(True, self.client.set("key", "b", nx=True))
        self.check(None, self.client.set("key", "c", nx=True))
        self.check(True, self.client.set("key", "d", xx=True))

    def test_the_value_from_before(self):
        self.check(None, self.client.set("key", "OK", get=True))
        self.check("OK", self.client.set("key", "new", get=True))
        self.check("new", self.client.set("key", "other", get=True, nx=True))

    def test_options_that_exclude_each_other(self):
        for options in ({"ex": 1, "px": 1}, {"exat": 1, "pxat": 1}, {"ex": 0, "keepttl": True}, {"nx": True, "xx": True}):
            with self.assertRaises(DataError, msg=options):
                self.client.set("key", "value", **options)

    def test_durations_of_wrong_types(self):
        for options in ({"ex": 1.5}, {"ex": "soon"}, {"px": "100"}, {"px": 0.5}):
            with self.assertRaises(DataError, msg=options):
                self.client.set("key", "value", **options)

    def test_what_the_server_refuses(self):
        with self.assertRaisesRegex(ResponseError, "invalid expire time"):
            self.client.set("key", "value", ex=0)


class OldSettersTest(CommandCase):
    def test_setnx(self):
        self.check(True, self.client.setnx("key", "a"))
        self.check(False, self.client.setnx("key", "b"))

    def test_setex_and_psetex(self):
        for set_ in (lambda: self.client.setex("key", 100, "value"),
                     lambda: self.client.setex("key", datetime.timedelta(seconds=100), "value"),
                     lambda: self.client.psetex("key", 100_000, "value"),
                     lambda: self.client.psetex("key", datetime.timedelta(seconds=100), "value")):
            self.check(True, set_())
            self.assertIn(self.client.ttl("key"), (99, 100))

    def test_getset_and_getdel(self):
        self.check(None, self.client.getset("key", "a"))
        self.check("a", self.client.getset("key", "b"))
        self.check("b", self.client.getdel("key"))
        self.check(None, self.client.getdel("key"))


class GetexTest(CommandCase):
    def test_sets_and_takes_away_the_time_to_live(self):
        self.client.set("key", "value")
        for options in ({"ex": 100}, {"px": 100_000}, {"exat": FAR}, {"pxat": FAR_DATETIME}):
            self.check("value", self.client.getex("key", **options))
            self.assertGreater(self.client.ttl("key"), 0, options)
        self.check("value", self.client.getex("key", persist=True))
        self.check(-1, self.client.ttl("key"))
        self.check("value", self.client.getex("key"))
        self.check(None, self.client.getex("none", ex=1))

    def test_options_that_exclude_each_other(self):
        with self.assertRaises(DataError):
            self.client.getex("key", ex=1, persist=True)
        with self.assertRaises(DataError):
            self.client.getex("key", ex=1, pxat=1)


class ManyKeysTest(CommandCase):
    def test_mset_and_mget(self):
        self.check(True, self.client.mset({"a": 1, "b": "two"}))
        self.check(["1", "two", None], self.client.mget(["a", "b", "c"]))
        self.check(["1", "two"], self.client.mget("a", "b"))
        self.check(["1", "two"], self.client.mget(["a"], "b"))
        self.check(["1"], self.client.mget(b"a"))
        self.check(["1", "two"], self.client.mget(name for name in "ab"))

    def test_no_keys_have_no_values(self):
        self.check([], self.client.mget([]))

    def test_no_keys_have_no_values_in_a_pipeline(self):
        self.client.set("a", 1)
        self.check([["1"], [], "1"], self.client.pipeline().mget("a").mget([]).get("a").execute())

    def test_msetnx_sets_all_or_none(self):
        self.check(True, self.client.msetnx({"a": 1, "b": 2}))
        self.check(False, self.client.msetnx({"b": 1, "c": 2}))
        self.check(None, self.client.get("c"))

    def test_nothing_to_set(self):
        with self.assertRaises(ResponseError):
            self.client.mset({})


class NumbersTest(CommandCase):
    def test_up_and_down(self):
        self.check(1, self.client.incr("key"))
        self.check(6, self.client.incr("key", 5))
        self.check(16, self.client.incrby("key", amount=10))
        self.check(15, self.client.decr("key"))
        self.check(10, self.client.decrby("key", 5))

    def test_fractions(self):
        self.check(1.0, self.client.incrbyfloat("key"))
        self.check(3.25, self.client.incrbyfloat("key", 2.25))
        self.check(1003.25, self.client.incrbyfloat("key", "1e3"))

    def test_no_number(self):
        self.client.set("key", "value")
        with self.assertRaisesRegex(ResponseError, "not an integer"):
            self.client.incr("key")


class PartsTest(CommandCase):
    def test_appending(self):
        self.check(2, self.client.append("key", "ab"))
        self.check(4, self.client.append("key", "cd"))
        self.check(4, self.client.strlen("key"))
        self.check(0, self.client.strlen("none"))

    def test_ranges(self):
        self.client.set("key", "abcdef")
        self.check("bc", self.client.getrange("key", 1, 2))
        self.check("ef", self.client.substr("key", 4))
        self.check("ab", self.client.substr("key", 0, 1))
        self.check(7, self.client.setrange("key", 5, "xy"))
        self.check("abcdexy", self.client.get("key"))


class LcsTest(CommandCase):
    def setUp(self):
        self.keys = "ohmytext", "mynewtext"

    def lcs(self, **options):
        self.client.mset({"a": self.keys[0], "b": self.keys[1]})
        return self.client.lcs("a", "b", **options)

    def test_the_text(self):
        self.check("mytext", self.lcs())
        self.check("", self.client.lcs("a", "none"))

    def test_its_length(self):
        self.check(6, self.lcs(len=True))

    def test_its_places(self):
        self.check(["matches", [[[4, 7], [5, 8]], [[2, 3], [0, 1]]], "len", 6], self.lcs(idx=True))
        self.check(["matches", [[[4, 7], [5, 8], 4]], "len", 6], self.lcs(idx=True, minmatchlen=4, withmatchlen=True))


if __name__ == "__main__":
    unittest.main()
