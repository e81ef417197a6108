"""XPENDING, XCLAIM, XAUTOCLAIM: replies, errors in Redis' order, times and counts of deliveries."""
import unittest

from redis_clone.replies import NULL_ARRAY
from tests.events import EventTestCase
from tests.support import REAL, EngineTestCase
from tests.test_commands_stream_groups import (HIGHEST, INVALID_ID, NOT_AN_INTEGER, SYNTAX, WRONG_TYPE, StreamTestCase,
                                               entries)

MIN_INT64 = -(1 << 63)
NO_GROUP = "-NOGROUP No such key '{}' or consumer group '{}'"


class ClaimTestCase(StreamTestCase):
    """A stream of four entries, pending for c; d has none."""

    def setUp(self):
        super().setUp()
        self.add("1-1", "2-2", "3-3", "4-4")
        self.client.wire("XGROUP CREATE s g 0")
        self.client.wire("XREADGROUP GROUP g c STREAMS s >")
        self.client.wire("XGROUP CREATECONSUMER s g d")

    def check_pending(self, *counts):
        """How many entries are pending for which consumer, as XPENDING tells it."""
        summary = self.client.wire("XPENDING s g")
        for name, count in counts:
            self.assertIn(b"*2\r\n$1\r\n%b\r\n$1\r\n%d\r\n" % (name.encode(), count), summary)


class XpendingTest(ClaimTestCase):
    def test_summary(self):
        self.check_value([4, "1-1", "4-4", [["c", "4"]]], "XPENDING s g")
        self.client.wire("XACK s g 1-1 2-2 3-3 4-4")
        self.check_value([0, None, None, NULL_ARRAY], "XPENDING s g")

    def test_summary_in_resp3(self):
        self.client.wire("HELLO", 3)
        self.client.wire("XACK s g 1-1 2-2 3-3 4-4")
        self.check("*4\r\n:0\r\n_\r\n_\r\n_", "XPENDING s g")

    def test_nobody_matches(self):
        self.check_each("*0", "XPENDING s g - + 0", "XPENDING s g - + -5", "XPENDING s g 5 + 10", "XPENDING s g + - 10",
                        "XPENDING s g - + 10 nobody", "XPENDING s g - + 10 d", "XPENDING s g - (1-1 10",
                        "XPENDING s g IDLE 1000000 - + 10")

    def test_errors_in_redis_order(self):
        self.client.wire("SET str x")
        self.check_each(SYNTAX, "XPENDING str g -", "XPENDING str g - +", "XPENDING str g IDLE 0 - +",
                        "XPENDING str g IDLE 0 - + 10 c d", "XPENDING str g - + 10 c d e f")
        self.check_each(NOT_AN_INTEGER, "XPENDING str g IDLE x - + 10", "XPENDING str g x x x",
                        "XPENDING str g IDLE 0 x x x")
        self.check_each(INVALID_ID, "XPENDING str g x + 10", "XPENDING str g - x 10", "XPENDING str g - (- 10")
        self.check("-ERR invalid start ID for the interval", f"XPENDING str g ({HIGHEST} x 10")
        self.check("-ERR invalid end ID for the interval", "XPENDING str g - (0-0 10")
        self.check_each(WRONG_TYPE, "XPENDING str g", "XPENDING str g - + 10")
        self.check(NO_GROUP.format("none", "g"), "XPENDING none g - + 10")
        self.check(NO_GROUP.format("s", "h"), "XPENDING s h")


class XclaimTest(ClaimTestCase):
    def test_entries_change_hands_in_the_order_of_the_request(self):
        self.check_value(entries("3-3", "1-1"), "XCLAIM s g d 0 3-3 1-1 9-9")
        self.check_pending(("c", 2), ("d", 2))
        self.check_value(["2-2"], "XCLAIM s g d 0 2-2 justid")
        self.check_pending(("c", 1), ("d", 3))

    def test_only_entries_that_are_idle_long_enough(self):
        self.check("*0", "XCLAIM s g d 1000000 1-1")
        self.check_value(entries("1-1"), "XCLAIM s g c 0 1-1 IDLE 2000000")
        self.check_value(entries("1-1"), "XCLAIM s g d 1000000 1-1")
        self.check_value(entries("2-2"), "XCLAIM s g d -5 2-2")

    def test_force_makes_entries_pending_that_are_not(self):
        self.client.wire("XACK s g 1-1")
        self.check("*0", "XCLAIM s g d 0 1-1")
        self.check("*0", "XCLAIM s g d 0 7-7 FORCE")
        self.check_value(entries("1-1"), "XCLAIM s g d 1000000 1-1 FORCE")
        self.check_pending(("c", 3), ("d", 1))

    def test_entries_that_the_stream_has_no_more_are_dropped(self):
        self.client.wire("XDEL s 1-1 2-2")
        self.check_value(entries("3-3"), "XCLAIM s g d 0 1-1 3-3 2-2")
        self.check_value([2, "3-3", "4-4", [["c", "1"], ["d", "1"]]], "XPENDING s g")

    def test_lastid_only_moves_the_group_on(self):
        self.check("*0", "XCLAIM s g d 0 9-9 LASTID 7-7")
        self.check_group("PING", last_delivered_id="7-7")
        self.check_value(["1-1"], "XCLAIM s g d 0 1-1 JUSTID LASTID 6")
        self.check_group("PING", last_delivered_id="7-7")

    def test_without_an_id_there_is_nothing_to_claim(self):
        self.check("*0", "XCLAIM s g new 0 JUSTID")
        self.check_group("PING", consumers=3)

    def test_options_may_be_repeated(self):
        self.check_value(["1-1"], "XCLAIM s g d 0 1-1 IDLE 1 IDLE 2 TIME 3 FORCE FORCE JUSTID RETRYCOUNT -7")

    def test_errors_in_redis_order(self):
        self.client.wire("SET str x")
        self.check(WRONG_TYPE, "XCLAIM str g c x x")
        self.check(NO_GROUP.format("none", "g"), "XCLAIM none g c x x")
        self.check(NO_GROUP.format("s", "h"), "XCLAIM s h c x x")
        self.check("-ERR Invalid min-idle-time argument for XCLAIM", "XCLAIM s g new x x")
        self.check("-ERR Unrecognized XCLAIM option 'x'", "XCLAIM s g new 0 x IDLE y")
        self.check("-ERR Unrecognized XCLAIM option '2-2'", "XCLAIM s g new 0 1-1 FORCE 2-2")
        for option in ("IDLE", "TIME", "RETRYCOUNT"):
            self.check(f"-ERR Invalid {option} option argument for XCLAIM", f"XCLAIM s g new 0 1-1 {option} x")
            self.check(f"-ERR Unrecognized XCLAIM option '{option}'", f"XCLAIM s g new 0 1-1 {option}")
        self.check(INVALID_ID, "XCLAIM s g new 0 1-1 LASTID x")
        self.check_group("PING", consumers=2)


class XautoclaimTest(ClaimTestCase):
    def test_walks_over_all_that_is_pending(self):
        self.check_value(["3-3", entries("1-1", "2-2"), []], "XAUTOCLAIM s g d 0 0 COUNT 2")
        self.check_value(["0-0", entries("3-3", "4-4"), []], "XAUTOCLAIM s g d 0 3-3 COUNT 2")
        self.check_pending(("d", 4))

    def test_start_may_be_exclusive_or_an_end(self):
        self.check_value(["0-0", ["2-2", "3-3", "4-4"], []], "XAUTOCLAIM s g d 0 (1-1 justid")
        self.check_value(["2-2", ["1-1"], []], "XAUTOCLAIM s g d 0 - COUNT 1 JUSTID")
        self.check_value(["0-0", [], []], "XAUTOCLAIM s g d 0 +")

    def test_entries_that_the_stream_has_no_more_are_dropped_and_named(self):
        self.client.wire("XDEL s 1-1 3-3")
        self.check_value(["2-2", [], ["1-1"]], "XAUTOCLAIM s g d 0 0 COUNT 1")
        self.check_value(["0-0", entries("2-2", "4-4"), ["3-3"]], "XAUTOCLAIM s g d 0 0")
        self.check_value([2, "2-2", "4-4", [["d", "2"]]], "XPENDING s g")

    def test_looks_at_ten_entries_for_each_that_it_may_claim(self):
        for number in range(5, 31):
            self.client.wire("XADD", "s", f"{number}-0", "f", "v")
        self.client.wire("XREADGROUP GROUP g c STREAMS s >")
        self.check_value(["11-0", [], []], "XAUTOCLAIM s g d 1000000 0 COUNT 1")
        self.check_value(["0-0", [], []], "XAUTOCLAIM s g d 1000000 11 COUNT 2")
        self.check_value(["26-0", [], []], "XAUTOCLAIM s g d 1000000 6-0 COUNT 2")

    def test_errors_in_redis_order(self):
        self.client.wire("SET str x")
        self.check("-ERR Invalid min-idle-time argument for XAUTOCLAIM", "XAUTOCLAIM str g c x x y")
        self.check(INVALID_ID, "XAUTOCLAIM str g c 0 x y")
        self.check("-ERR invalid start ID for the interval", f"XAUTOCLAIM str g c 0 ({HIGHEST} y")
        self.check_each(SYNTAX, "XAUTOCLAIM str g c 0 0 y", "XAUTOCLAIM str g c 0 0 COUNT",
                        "XAUTOCLAIM str g c 0 0 y 1")
        self.check_each("-ERR COUNT must be > 0", "XAUTOCLAIM str g c 0 0 COUNT 0", "XAUTOCLAIM str g c 0 0 COUNT x",
                        "XAUTOCLAIM str g c 0 0 COUNT 576460752303423488")
        self.check(WRONG_TYPE, "XAUTOCLAIM str g c 0 0")
        self.check(NO_GROUP.format("none", "g"), "XAUTOCLAIM none g c 0 0")
        self.check("-ERR Insufficient memory, failed allocating transient memory, COUNT too high.",
                   "XAUTOCLAIM s g c 0 0 COUNT 576460752303423487")


@unittest.skipIf(REAL, "moves the clock")
class TimesTest(EngineTestCase):
    """When and how often an entry was delivered, after a second in which nothing happened."""

    def setUp(self):
        super().setUp()
        for command in ("XADD s 1-1 f v", "XGROUP CREATE s g 0", "XREADGROUP GROUP g c STREAMS s >"):
            self.execute(command)
        self.now_ms = self.engine.keyspace.now_ms
        self.clock.advance(1)

    def check_pending(self, command, consumer, idle_ms, deliveries):
        self.execute(command)
        pending = [[b"1-1", consumer.encode(), idle_ms, deliveries]]
        self.assertEqual(self.execute("XPENDING s g - + 10"), pending, command)

    def test_claiming_is_a_delivery(self):
        self.check_pending("PING", "c", 1000, 1)
        self.check_pending("XCLAIM s g d 0 1-1", "d", 0, 2)
        self.check_pending("XCLAIM s g e 0 1-1 JUSTID", "e", 0, 2)
        self.check_pending("XCLAIM s g e 0 1-1 RETRYCOUNT 7", "e", 0, 7)
        self.check_pending("XCLAIM s g e 0 1-1 RETRYCOUNT -1", "e", 0, 8)

    def test_claiming_by_itself(self):
        self.check_pending("XAUTOCLAIM s g d 2000 0", "c", 1000, 1)
        self.check_pending("XAUTOCLAIM s g d 1000 0", "d", 0, 2)
        self.check_pending("XAUTOCLAIM s g e 0 0 JUSTID", "e", 0, 2)

    def test_idle_and_time(self):
        for option, idle_ms in (("IDLE 500", 500), ("IDLE 0", 0), ("IDLE -3", 0), (f"IDLE {MIN_INT64}", 0),
                                (f"IDLE {(1 << 63) - 1}", 0), (f"TIME {self.now_ms}", 1000),
                                (f"TIME {self.now_ms + 5000}", 0), ("TIME -1", 0), ("TIME 0", self.now_ms + 1000)):
            self.check_pending("XCLAIM s g d 0 1-1 JUSTID " + option, "d", idle_ms, 1)

    def test_forced_entries_begin_with_one_delivery(self):
        self.execute("XACK s g 1-1")
        self.check_pending("XCLAIM s g d 0 1-1 FORCE JUSTID", "d", 0, 1)
        self.execute("XACK s g 1-1")
        self.check_pending("XCLAIM s g d 0 1-1 FORCE", "d", 0, 2)

    def test_the_count_of_deliveries_has_64_bits(self):
        self.execute(f"XCLAIM s g d 0 1-1 RETRYCOUNT {(1 << 63) - 1}")
        self.check_pending("XCLAIM s g d 0 1-1", "d", 0, MIN_INT64)
        self.check_pending("XREADGROUP GROUP g d STREAMS s 0", "d", 0, MIN_INT64 + 1)

    def test_xpending_with_a_least_idle_time(self):
        self.execute("XADD s 2-2 f v")
        self.execute("XREADGROUP GROUP g d STREAMS s >")
        first, second = [b"1-1", b"c", 1000, 1], [b"2-2", b"d", 0, 1]
        for command, reply in (("- + 10", [first, second]), ("- + 1", [first]), ("(1-1 + 10", [second]),
                               ("idle 1 - + 10", [first]), ("IDLE 1000 - + 10", [first]), ("IDLE 1001 - + 10", []),
                               ("IDLE -1 - + 10", [first, second]), ("- + 10 d", [second]), ("1-1 1-1 10", [first]),
                               ("IDLE 1 - + 10 d", []), ("- + 10 c two more", [first])):
            self.assertEqual(self.execute(f"XPENDING s g {command}"), reply, command)


@unittest.skipIf(REAL, "counts changes inside the engine")
class EventsTest(EventTestCase):
    def setUp(self):
        super().setUp()
        for command in ("XADD s 1-1 f v", "XADD s 2-2 f v", "XADD s 3-3 f v", "XGROUP CREATE s g 0",
                        "XREADGROUP GROUP g c STREAMS s >"):
            self.client.wire(command)

    def test_xclaim(self):
        self.check_events(["xgroup-createconsumer s"], 3, "XCLAIM s g d 0 1-1 2-2")
        self.check_events(["xgroup-createconsumer s"], 1, "XCLAIM s g e 0 9-9")
        self.check_events([], 0, "XCLAIM s g d 0 9-9")
        self.check_events([], 1, "XCLAIM s g d 0 9-9 LASTID 9-9")
        self.check_events([], 1, "XCLAIM s g d 0 1-1 LASTID 10-9")
        self.client.wire("XDEL s 1-1")
        self.check_events([], 2, "XCLAIM s g d 0 1-1 2-2")

    def test_xautoclaim(self):
        self.check_events(["xgroup-createconsumer s"], 1, "XAUTOCLAIM s g d 1000 0")
        self.check_events([], 3, "XAUTOCLAIM s g d 0 0")
        self.client.wire("XDEL s 1-1")
        self.check_events([], 1, "XAUTOCLAIM s g d 0 0 COUNT 1")
        self.check_events([], 2, "XAUTOCLAIM s g d 0 0")

    def test_an_invalid_start_still_counts_as_a_use_of_the_key(self):
        before = self.engine.keyspace.hits
        self.client.wire("XAUTOCLAIM s g d 0 x")
        self.assertEqual(self.engine.keyspace.hits, before + 1)


if __name__ == "__main__":
    unittest.main()
