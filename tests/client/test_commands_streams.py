"""The client's commands of streams and consumer groups."""
import unittest

from redis_clone.client.errors import ResponseError
from tests.client.reply_case import CannedCase, LiveCase


class StreamsTest(LiveCase):
    def fill(self):
        for number in (1, 2, 3):
            self.client.xadd("s", {"n": number}, id=f"{number}-0")

    def test_entries_are_pairs_of_id_and_dict(self):
        self.same(self.client.xadd("s", {"a": 1, "b": "x"}, id="1-1"), b"1-1")
        self.same(self.client.xrange("s"), [(b"1-1", {b"a": b"1", b"b": b"x"})])

    def test_ranges_go_both_ways(self):
        self.fill()
        self.same(self.client.xrange("s", "2", count=1), [(b"2-0", {b"n": b"2"})])
        self.same(self.client.xrevrange("s", "(3-0", "-"), [(b"2-0", {b"n": b"2"}), (b"1-0", {b"n": b"1"})])
        self.same(self.client.xrange("nothing"), [])

    def test_adding_may_trim_or_refuse_to_create(self):
        self.fill()
        self.client.xadd("s", {"n": 4}, id="4-0", maxlen=2, approximate=False)
        self.assertEqual(self.client.xlen("s"), 2)
        self.client.xadd("s", {"n": 5}, id="5-0", minid="5", approximate=False)
        self.assertEqual(self.client.xlen("s"), 1)
        self.assertIsNone(self.client.xadd("nothing", {"n": 1}, nomkstream=True))

    def test_an_old_id_is_refused(self):
        self.fill()
        with self.assertRaisesRegex(ResponseError, "equal or smaller"):
            self.client.xadd("s", {"n": 1}, id="1-0")

    def test_reading_returns_lists_of_stream_and_entries(self):
        self.fill()
        self.same(self.client.xread({"s": "2-0"}), [[b"s", [(b"3-0", {b"n": b"3"})]]])
        self.same(self.client.xread({"nothing": "0", "s": "0"}, count=1), [[b"s", [(b"1-0", {b"n": b"1"})]]])
        self.same(self.client.xread({"s": "$"}, block=1), [])
        self.same(self.client.xread({"s": "9"}), [])

    def test_deleting_and_trimming_count(self):
        self.fill()
        self.assertEqual(self.client.xdel("s", "1-0", "9-9"), 1)
        self.assertEqual(self.client.xtrim("s", maxlen=1, approximate=False), 1)
        self.assertEqual(self.client.xtrim("s", minid="9", approximate=False), 1)
        self.assertIs(self.client.xsetid("s", "9-9", entries_added=5, max_deleted_id="3-0"), True)

    def test_a_stream_tells_about_itself(self):
        self.fill()
        stream = self.client.xinfo_stream("s")
        self.assertEqual(stream["length"], 3)
        self.same(stream["first-entry"], (b"1-0", {b"n": b"1"}))
        self.same(stream["last-entry"], (b"3-0", {b"n": b"3"}))
        self.client.xtrim("s", maxlen=0, approximate=False)
        self.assertIsNone(self.client.xinfo_stream("s")["last-entry"])


class GroupsTest(LiveCase):
    def fill(self):
        client = self.client
        for number in (1, 2):
            client.xadd("s", {"n": number}, id=f"{number}-0")
        client.xgroup_create("s", "g", id="0")
        return client.xreadgroup("g", "me", {"s": ">"})

    def test_groups_come_and_go(self):
        client = self.client
        self.assertIs(client.xgroup_create("s", "g", mkstream=True), True)
        with self.assertRaisesRegex(ResponseError, "BUSYGROUP"):
            client.xgroup_create("s", "g")
        self.assertEqual(client.xgroup_createconsumer("s", "g", "me"), 1)
        self.assertEqual(client.xgroup_delconsumer("s", "g", "me"), 0)
        self.assertIs(client.xgroup_setid("s", "g", "0", entries_read=0), True)
        self.assertIs(client.xgroup_destroy("s", "g"), True)
        self.assertIs(client.xgroup_destroy("s", "g"), False)

    def test_a_group_delivers_once(self):
        self.same(self.fill(), [[b"s", [(b"1-0", {b"n": b"1"}), (b"2-0", {b"n": b"2"})]]])
        self.same(self.client.xreadgroup("g", "me", {"s": ">"}), [])
        self.assertEqual(self.client.xack("s", "g", "1-0", "7-0"), 1)
        self.same(self.client.xreadgroup("g", "me", {"s": 0}), [[b"s", [(b"2-0", {b"n": b"2"})]]])

    def test_pending_entries_are_told_of_in_dicts(self):
        self.fill()
        overview = self.client.xpending("s", "g")
        self.same(overview, {"pending": 2, "min": b"1-0", "max": b"2-0",
                             "consumers": [{"name": b"me", "pending": 2}]})
        first, _ = self.client.xpending_range("s", "g", "-", "+", 10, "me", idle=0)
        self.assertGreaterEqual(first.pop("time_since_delivered"), 0)
        self.same(first, {"message_id": b"1-0", "consumer": b"me", "times_delivered": 1})
        self.assertEqual(self.client.xpending_range("s", "g", None, None, None), overview)

    def test_an_idle_group_has_no_consumers_in_its_overview(self):
        self.client.xgroup_create("s", "g", mkstream=True)
        self.assertEqual(self.client.xpending("s", "g"), {"pending": 0, "min": None, "max": None, "consumers": []})

    def test_claiming_returns_entries_or_ids(self):
        self.fill()
        claim = self.client.xclaim
        self.same(claim("s", "g", "you", 0, ["1-0"]), [(b"1-0", {b"n": b"1"})])
        self.same(claim("s", "g", "you", 0, ("1-0",), idle=5, retrycount=2, force=True, justid=True), [b"1-0"])
        self.same(self.client.xautoclaim("s", "g", "us", 0, count=1), [b"2-0", [(b"1-0", {b"n": b"1"})], []])
        self.same(self.client.xautoclaim("s", "g", "us", 0, justid=True), [b"1-0", b"2-0"])

    def test_deleted_entries_are_told_of(self):
        self.fill()
        self.client.xdel("s", "1-0")
        self.same(self.client.xreadgroup("g", "me", {"s": 0}), [[b"s", [(b"1-0", {}), (b"2-0", {b"n": b"2"})]]])
        self.same(self.client.xautoclaim("s", "g", "us", 0), [b"0-0", [(b"2-0", {b"n": b"2"})], [b"1-0"]])

    def test_groups_and_consumers_tell_about_themselves(self):
        self.fill()
        group, = self.client.xinfo_groups("s")
        self.same(group["name"], b"g")
        self.assertEqual((group["consumers"], group["pending"], group["lag"]), (1, 2, 0))
        consumer, = self.client.xinfo_consumers("s", "g")
        self.same(consumer["name"], b"me")
        self.assertEqual(consumer["pending"], 2)

    def test_the_full_story_of_a_stream(self):
        self.fill()
        stream = self.client.xinfo_stream("s", full=True)
        self.same(stream["entries"], {b"1-0": {b"n": b"1"}, b"2-0": {b"n": b"2"}})
        group, = stream["groups"]
        self.same(group["name"], b"g")
        self.assertEqual(group["pel-count"], 2)
        self.same(group["consumers"][0]["name"], b"me")
        self.same(group["consumers"][0]["pending"][1][0], b"2-0")

    def test_help_is_text(self):
        self.assertIn("XINFO", self.client.xinfo_help()[0])
        self.assertIn("XGROUP", self.client.xgroup_help()[0])


class NewestServersTest(CannedCase):
    def test_options_of_redis_8(self):
        self.check_words(
            lambda r: r.xadd("s", {"a": 1}, maxlen=9, limit=5, ref_policy="ACKED", idmp=("p", b"1")),
            "XADD", "s", "ACKED", "IDMP", "p", b"1", "MAXLEN", "~", 9, "LIMIT", 5, "*", "a", 1)
        self.check_words(
            lambda r: r.xtrim("s", 5, approximate=False, ref_policy="KEEPREF"), "XTRIM", "s", "MAXLEN", 5, "KEEPREF")
        self.check_words(
            lambda r: r.xread({"a": 0, "b": "$"}, 1, 0, 2, 3),
            "XREAD", "BLOCK", 0, "COUNT", 1, "MAXCOUNT", 2, "MAXSIZE", 3, "STREAMS", "a", "b", 0, "$")

    def test_commands_of_redis_8(self):
        self.check_words(
            lambda r: r.xdelex("s", "1", "2", ref_policy="DELREF"), "XDELEX", "s", "DELREF", "IDS", 2, "1", "2")
        self.check_words(lambda r: r.xackdel("s", "g", "1"), "XACKDEL", "s", "g", "KEEPREF", "IDS", 1, "1")
        self.check_words(lambda r: r.xcfgset("s", 9, 10), "XCFGSET", "s", "IDMP-DURATION", 9, "IDMP-MAXSIZE", 10)
        self.check_words(
            lambda r: r.xnack("s", "g", "FAIL", "1", retrycount=2, force=True),
            "XNACK", "s", "g", "FAIL", "IDS", 1, "1", "RETRYCOUNT", 2, "FORCE")

    def test_claimed_entries_tell_how_long_they_waited(self):
        self.check_reply(
            lambda r: r.xreadgroup("g", "me", {"s": ">"}, claim_min_idle_time=100),
            [[b"s", [(b"1-0", {b"a": b"1"}, 500, 2)]]],
            [[b"s", [[b"1-0", [b"a", b"1"], 500, 2]]]], {b"s": [[b"1-0", [b"a", b"1"], 500, 2]]})

    def test_entries_that_were_deleted_before_redis_7(self):
        self.check_reply(lambda r: r.xclaim("s", "g", "me", 0, ["1-0", "2-0"]),
                         [(None, None), (b"2-0", {})], [None, [b"2-0", []]])


class WrongOptionsTest(CannedCase):
    def test_what_cannot_be_is_refused_before_it_is_sent(self):
        self.check_refused(
            lambda r: r.xadd("s", {}),
            lambda r: r.xadd("s", ["a", 1]),
            lambda r: r.xadd("s", {"a": 1}, maxlen=1, minid=1),
            lambda r: r.xadd("s", {"a": 1}, maxlen=-1),
            lambda r: r.xadd("s", {"a": 1}, maxlen="1"),
            lambda r: r.xadd("s", {"a": 1}, ref_policy="NONE"),
            lambda r: r.xadd("s", {"a": 1}, idmpauto="p", idmp=("p", "1")),
            lambda r: r.xadd("s", {"a": 1}, id="1-1", idmpauto="p"),
            lambda r: r.xadd("s", {"a": 1}, idmp=["p", "1"]),
            lambda r: r.xtrim("s"),
            lambda r: r.xtrim("s", maxlen=1, minid=1),
            lambda r: r.xrange("s", count=0),
            lambda r: r.xrevrange("s", count="1"),
            lambda r: r.xread({}),
            lambda r: r.xread({"s": 0}, count=0),
            lambda r: r.xread({"s": 0}, block=-1),
            lambda r: r.xread({"s": 0}, count=2, max_count=1),
            lambda r: r.xread({"s": 0}, max_size=0),
            lambda r: r.xreadgroup("g", "c", {}),
            lambda r: r.xreadgroup("g", "c", {"s": ">"}, claim_min_idle_time=-1),
            lambda r: r.xsetid("s", "1-1", entries_added=1),
            lambda r: r.xpending_range("s", "g", "-", None, 1),
            lambda r: r.xpending_range("s", "g", None, None, None, "c"),
            lambda r: r.xpending_range("s", "g", "-", "+", -1),
            lambda r: r.xpending_range("s", "g", "-", "+", 1, idle=-1),
            lambda r: r.xclaim("s", "g", "c", -1, ["1-0"]),
            lambda r: r.xclaim("s", "g", "c", 0, []),
            lambda r: r.xclaim("s", "g", "c", 0, "1-0"),
            lambda r: r.xclaim("s", "g", "c", 0, ["1-0"], idle="1"),
            lambda r: r.xclaim("s", "g", "c", 0, ["1-0"], force=1),
            lambda r: r.xautoclaim("s", "g", "c", -1),
            lambda r: r.xautoclaim("s", "g", "c", 0, count=-1),
            lambda r: r.xdelex("s"),
            lambda r: r.xdelex("s", "1", ref_policy=None),
            lambda r: r.xackdel("s", "g"),
            lambda r: r.xcfgset("s"),
            lambda r: r.xcfgset("s", idmp_duration=301),
            lambda r: r.xnack("s", "g", "FAIL"),
            lambda r: r.xnack("s", "g", "NONE", "1"),
            lambda r: r.xnack("s", "g", "FAIL", "1", retrycount=-1),
        )


if __name__ == "__main__":
    unittest.main()
