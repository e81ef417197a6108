"""XGROUP, XREADGROUP, XACK, XINFO GROUPS and CONSUMERS: replies, errors in Redis' order, waiting readers, events."""
import unittest

from redis_clone.blocking import give_up_overdue
from redis_clone.expiry import expire_cycle
from redis_clone.replies import NULL_ARRAY
from redis_clone.resp import encode
from tests.events import EventTestCase
from tests.support import REAL, CommandTestCase, EngineTestCase

WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value"
NOT_AN_INTEGER = "-ERR value is not an integer or out of range"
INVALID_ID = "-ERR Invalid stream ID specified as stream command argument"
SYNTAX = "-ERR syntax error"
NO_KEY = ("-ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the "
          "MKSTREAM option to create an empty stream automatically.")
NO_DOLLAR = ("-ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer "
             "by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty "
             "result set.")
HIGHEST = "18446744073709551615-18446744073709551615"
GONE = b"-NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option\r\n"


def bulk(value):
    """A reply value in which str stands for bulk strings."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (list, tuple)):
        return [bulk(item) for item in value]
    if isinstance(value, dict):
        return {bulk(key): bulk(item) for key, item in value.items()}
    return value


def entries(*ids):
    """The reply for entries as the tests add them."""
    return [[id_, ["f", "v"]] for id_ in ids]


class StreamTestCase(CommandTestCase):
    """Streams whose entries are all `f v`."""

    def add(self, *ids, key="s"):
        for id_ in ids:
            self.check(encode(id_.encode()), "XADD", key, id_, "f", "v")

    def check_value(self, value, *command, protocol=2):
        self.check(encode(bulk(value), protocol), *command)

    def check_each(self, expected, *commands):
        for command in commands:
            self.check(expected, command)

    def check_group(self, command, **fields):
        """Run a command; then compare some fields of the one group of `s`, with _ for - in their names."""
        self.client.wire(command)
        described = self.client.wire("XINFO GROUPS s")
        for name, value in fields.items():
            name = name.replace("_", "-").encode()
            self.assertIn(encode(name) + encode(bulk(value)), described, (command, name))


class XgroupCreateTest(StreamTestCase):
    def test_from_an_id_or_the_end(self):
        self.add("1-1", "2-2")
        for number, (start, last) in enumerate((("0", "0-0"), ("1", "1-0"), ("1-1", "1-1"), ("$", "2-2"),
                                                ("7-7", "7-7"))):
            self.check("+OK", f"XGROUP CREATE s g{number} {start}")
            self.assertIn(encode(last.encode()), self.client.wire("XINFO GROUPS s"))

    def test_makes_the_stream_when_told_to(self):
        self.check(NO_KEY, "XGROUP CREATE s g $")
        self.check("+OK", "XGROUP CREATE s g $ mkstream")
        self.check("+stream", "TYPE s")
        self.check(":0", "XLEN s")
        self.check("-BUSYGROUP Consumer Group name already exists", "XGROUP CREATE s g 5 MKSTREAM")
        self.check("+OK", "XGROUP CREATE s h 0-5 MKSTREAM MKSTREAM")

    def test_an_invalid_id_makes_no_stream(self):
        self.check_each(INVALID_ID, "XGROUP CREATE s g x MKSTREAM", "XGROUP CREATE s g - MKSTREAM",
                        "XGROUP CREATE s g + MKSTREAM", "XGROUP CREATE s g 1-x MKSTREAM")
        self.check(":0", "EXISTS s")

    def test_entries_read(self):
        self.add("1-1", "2-2")
        self.client.wire("XGROUP CREATE s g 0 ENTRIESREAD 1")
        self.check_group("PING", entries_read=1, lag=1)
        self.client.wire("XGROUP SETID s g 0 entriesread -1")
        self.check_group("PING", entries_read=None, lag=2)

    def test_errors_in_redis_order(self):
        self.client.wire("SET str x")
        self.add("1-1")
        wrong_options = "-ERR unknown subcommand or wrong number of arguments for 'Create'. Try XGROUP HELP."
        self.check_each(wrong_options, "XGROUP Create str g x y", "XGROUP Create str g x ENTRIESREAD",
                        "XGROUP Create s g x MKSTREAM MKSTREAM ENTRIESREAD 1")
        self.check(NOT_AN_INTEGER, "XGROUP CREATE str g x ENTRIESREAD x")
        self.check("-ERR value for ENTRIESREAD must be positive or -1", "XGROUP CREATE str g x ENTRIESREAD -2")
        self.check(WRONG_TYPE, "XGROUP CREATE str g x MKSTREAM MKSTREAM ENTRIESREAD 1")
        self.check_each(WRONG_TYPE, "XGROUP CREATE str g x", "XGROUP CREATE str g 0 MKSTREAM")
        self.check(NO_KEY, "XGROUP CREATE none g x ENTRIESREAD 1")
        self.check("-ERR wrong number of arguments for 'xgroup|create' command", "XGROUP CREATE s g")


class XgroupSetidTest(StreamTestCase):
    def setUp(self):
        super().setUp()
        self.add("1-1", "2-2")
        self.client.wire("XGROUP CREATE s g 0")

    def test_takes_the_ends_of_all_ids_too(self):
        for id_, last in (("1", "1-0"), ("$", "2-2"), ("-", "0-0"), ("+", HIGHEST), ("9-9", "9-9")):
            self.check("+OK", f"XGROUP SETID s g {id_}")
            self.check_group("PING", last_delivered_id=last)

    def test_entries_are_delivered_again_after_setting_it_back(self):
        self.check_value([["s", entries("1-1", "2-2")]], "XREADGROUP GROUP g c STREAMS s >")
        self.check("+OK", "XGROUP SETID s g 1-1")
        self.check_value([["s", entries("2-2")]], "XREADGROUP GROUP g d STREAMS s >")
        self.check_value([2, "1-1", "2-2", [["c", "1"], ["d", "1"]]], "XPENDING s g")

    def test_errors_in_redis_order(self):
        self.client.wire("SET str x")
        wrong_options = "-ERR unknown subcommand or wrong number of arguments for 'SETID'. Try XGROUP HELP."
        self.check_each(wrong_options, "XGROUP SETID str g x MKSTREAM", "XGROUP SETID str g x ENTRIESREAD",
                        "XGROUP SETID s g x ENTRIESREAD 1 ENTRIESREAD 2")
        self.check(WRONG_TYPE, "XGROUP SETID str g x ENTRIESREAD 1 ENTRIESREAD 2")
        self.check(NO_KEY, "XGROUP SETID none g x")
        self.check("-NOGROUP No such consumer group 'h' for key name 's'", "XGROUP SETID s h x")
        self.check(INVALID_ID, "XGROUP SETID s g x")


class XgroupConsumersTest(StreamTestCase):
    def setUp(self):
        super().setUp()
        self.add("1-1", "2-2")
        self.client.wire("XGROUP CREATE s g 0")

    def test_create_and_delete(self):
        self.check(":1", "XGROUP CREATECONSUMER s g c")
        self.check(":0", "XGROUP CREATECONSUMER s g c")
        self.client.wire("XREADGROUP GROUP g c STREAMS s >")
        self.check(":2", "XGROUP DELCONSUMER s g c")
        self.check(":0", "XGROUP DELCONSUMER s g c")
        self.check_value([0, None, None, NULL_ARRAY], "XPENDING s g")
        self.check("*0", "XINFO CONSUMERS s g")

    def test_destroy_a_group(self):
        self.check(":0", "XGROUP DESTROY s none")
        self.check(":1", "XGROUP DESTROY s g")
        self.check("*0", "XINFO GROUPS s")
        self.check(":2", "XLEN s")

    def test_errors(self):
        self.client.wire("SET str x")
        for command in ("CREATECONSUMER {} c", "DELCONSUMER {} c", "DESTROY {}"):
            self.check(WRONG_TYPE, "XGROUP " + command.format("str g"))
            self.check(NO_KEY, "XGROUP " + command.format("none g"))
        for command in ("CREATECONSUMER", "DELCONSUMER"):
            self.check("-NOGROUP No such consumer group 'h' for key name 's'", f"XGROUP {command} s h c")
        self.check("-ERR unknown subcommand 'zap'. Try XGROUP HELP.", "XGROUP zap s g")
        self.check("-ERR wrong number of arguments for 'xgroup|destroy' command", "XGROUP DESTROY s")

    def test_help(self):
        self.assertTrue(self.client.wire("XGROUP HELP").startswith(
            b"*17\r\n+XGROUP <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n+CREATE <key>"))


class XreadgroupTest(StreamTestCase):
    def setUp(self):
        super().setUp()
        self.add("1-1", "2-2", "3-3")
        self.client.wire("XGROUP CREATE s g 0")

    def test_each_new_entry_goes_to_one_consumer(self):
        self.check_value([["s", entries("1-1")]], "XREADGROUP GROUP g c COUNT 1 STREAMS s >")
        self.check_value([["s", entries("2-2", "3-3")]], "XREADGROUP GROUP g d STREAMS s >")
        self.check("*-1", "XREADGROUP GROUP g c STREAMS s >")
        self.check_value([3, "1-1", "3-3", [["c", "1"], ["d", "2"]]], "XPENDING s g")

    def test_history_is_what_is_pending_for_the_consumer(self):
        self.client.wire("XREADGROUP GROUP g c COUNT 2 STREAMS s >")
        self.check_value([["s", entries("1-1", "2-2")]], "XREADGROUP GROUP g c STREAMS s 0")
        self.check_value([["s", entries("1-1")]], "XREADGROUP GROUP g c COUNT 1 STREAMS s 0")
        self.check_value([["s", entries("2-2")]], "XREADGROUP GROUP g c STREAMS s 1-1")
        self.check_value([["s", []]], "XREADGROUP GROUP g c STREAMS s 2-2")
        self.check_value([["s", []]], "XREADGROUP GROUP g d STREAMS s 0")

    def test_entries_that_are_deleted_meanwhile_come_without_fields(self):
        self.client.wire("XREADGROUP GROUP g c STREAMS s >")
        self.client.wire("XDEL s 2-2")
        self.check_value([["s", [["1-1", ["f", "v"]], ["2-2", NULL_ARRAY], ["3-3", ["f", "v"]]]]],
                         "XREADGROUP GROUP g c STREAMS s 0")

    def test_noack_leaves_nothing_pending(self):
        self.check_value([["s", entries("1-1", "2-2")]], "XREADGROUP GROUP g c NOACK COUNT 2 STREAMS s >")
        self.check_value([0, None, None, NULL_ARRAY], "XPENDING s g")
        self.check_group("PING", consumers=1, last_delivered_id="2-2", entries_read=2)

    def test_several_streams_of_which_those_with_nothing_are_left_out(self):
        self.add("5-5", key="t")
        self.client.wire("XGROUP CREATE t g 0")
        self.check_value([["s", entries("1-1")], ["t", entries("5-5")]], "XREADGROUP GROUP g c COUNT 1 STREAMS s t > >")
        self.check_value([["s", entries("2-2")]], "XREADGROUP GROUP g c COUNT 1 STREAMS t s > >")
        self.check_value([["t", []], ["s", entries("3-3")]], "XREADGROUP GROUP g c STREAMS t s 7 >")
        self.check("*-1", "XREADGROUP GROUP g c STREAMS t s > >")

    def test_resp3_has_a_map_in_which_a_stream_may_come_twice(self):
        self.client.wire("HELLO", 3)
        one = b"$1\r\ns\r\n" + encode(bulk(entries("1-1")), 3)
        two = b"$1\r\ns\r\n" + encode(bulk(entries("2-2")), 3)
        self.check(b"%2\r\n" + one + two, "XREADGROUP GROUP g c COUNT 1 STREAMS s s > >")
        self.client.wire("XDEL s 1-1")
        self.check(b"%1\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-1\r\n_", "XREADGROUP GROUP g c COUNT 1 STREAMS s 0")
        self.client.wire("XREADGROUP GROUP g c STREAMS s >")
        self.check("_", "XREADGROUP GROUP g c STREAMS s >")

    def test_creates_the_consumer_even_when_there_is_nothing(self):
        self.client.wire("XGROUP SETID s g $")
        self.check("*-1", "XREADGROUP GROUP g c STREAMS s >")
        self.check_group("PING", consumers=1)

    def test_the_highest_id_is_another_word_for_new_entries(self):
        self.check_value([["s", entries("1-1")]], f"XREADGROUP GROUP g c COUNT 1 STREAMS s {HIGHEST}")
        self.check_value([["s", []]], f"XREADGROUP GROUP g c STREAMS s {HIGHEST[:-1]}4")

    def test_a_count_below_one_is_no_limit(self):
        for count in (0, -1):
            self.client.wire("XGROUP SETID s g 0")
            self.check_value([["s", entries("1-1", "2-2", "3-3")]], f"XREADGROUP GROUP g c COUNT {count} STREAMS s >")

    def test_does_not_wait_in_a_transaction(self):
        self.client.wire("XGROUP SETID s g $")
        self.client.wire("MULTI")
        self.check("+QUEUED", "XREADGROUP GROUP g c BLOCK 0 STREAMS s >")
        self.check("*1\r\n*-1", "EXEC")

    def test_nothing_of_this_spoils_a_transaction_that_watches_the_key(self):
        for command in ("XREADGROUP GROUP g c STREAMS s >", "XACK s g 1-1", "XCLAIM s g d 0 2-2",
                        "XAUTOCLAIM s g e 0 0", "XGROUP CREATE s h 0", "XGROUP SETID s g 0", "XGROUP DESTROY s h",
                        "XGROUP CREATECONSUMER s g f", "XGROUP DELCONSUMER s g f"):
            self.client.wire("WATCH s")
            self.client.wire(command)
            self.client.wire("MULTI")
            self.check("*0", "EXEC")
        self.client.wire("WATCH new")
        self.client.wire("XGROUP CREATE new g 0 MKSTREAM")
        self.client.wire("MULTI")
        self.check("*-1", "EXEC")

    def test_errors_in_redis_order(self):
        self.client.wire("SET str x")
        self.check_each(SYNTAX, "XREADGROUP GROUP g c COUNT 1 2 3", "XREADGROUP GROUP g c ZAP 1 STREAMS s >",
                        "XREADGROUP GROUP g c NOACK GROUP g", "XREADGROUP GROUP g c COUNT 10 1 STREAMS")
        self.check(NOT_AN_INTEGER, "XREADGROUP GROUP g c COUNT x STREAMS str x")
        self.check("-ERR timeout is not an integer or out of range", "XREADGROUP GROUP g c BLOCK 1.5 STREAMS str x")
        self.check("-ERR timeout is negative", "XREADGROUP GROUP g c BLOCK -1 STREAMS str x")
        self.check("-ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be specified.",
                   "XREADGROUP COUNT 1 NOACK STREAMS str s x")
        self.check("-ERR Missing GROUP option for XREADGROUP", "XREADGROUP COUNT 1 NOACK STREAMS str x")
        self.check(WRONG_TYPE, "XREADGROUP GROUP g c STREAMS str x")
        nogroup = "-NOGROUP No such key '{}' or consumer group '{}' in XREADGROUP with GROUP option"
        self.check(nogroup.format("none", "g"), "XREADGROUP GROUP g c STREAMS none x")
        self.check(nogroup.format("s", "h"), "XREADGROUP GROUP h c STREAMS s x")
        self.check(NO_DOLLAR, "XREADGROUP GROUP g c STREAMS s $")
        self.check_each(INVALID_ID, "XREADGROUP GROUP g c STREAMS s x", "XREADGROUP GROUP g c STREAMS s str x >")
        self.check("*0", "XINFO CONSUMERS s g")


class XackTest(StreamTestCase):
    def setUp(self):
        super().setUp()
        self.add("1-1", "2-2", "3-3")
        self.client.wire("XGROUP CREATE s g 0")
        self.client.wire("XREADGROUP GROUP g c STREAMS s >")

    def test_counts_what_was_pending(self):
        self.check(":2", "XACK s g 1-1 3-3 1-1 9-9")
        self.check_value([1, "2-2", "2-2", [["c", "1"]]], "XPENDING s g")
        self.check(":0", "XACK s g 1-1")

    def test_acknowledges_what_the_stream_has_no_more(self):
        self.client.wire("XDEL s 1-1")
        self.check(":1", "XACK s g 1-1")

    def test_all_or_nothing_when_an_id_is_wrong(self):
        self.check(INVALID_ID, "XACK s g 1-1 x")
        self.check_value([3, "1-1", "3-3", [["c", "3"]]], "XPENDING s g")

    def test_no_key_or_group_is_no_error(self):
        self.check_each(":0", "XACK none g x", "XACK s h x")
        self.client.wire("SET str x")
        self.check(WRONG_TYPE, "XACK str g x")


class XinfoTest(StreamTestCase):
    def test_groups_come_by_name(self):
        self.add("1-1", "2-2")
        self.client.wire("XGROUP CREATE s h 1-1")
        self.client.wire("XGROUP CREATE s g 0")
        self.client.wire("XREADGROUP GROUP g c COUNT 1 STREAMS s >")
        self.check_value([["name", "g", "consumers", 1, "pending", 1, "last-delivered-id", "1-1", "entries-read", 1,
                           "lag", 1],
                          ["name", "h", "consumers", 0, "pending", 0, "last-delivered-id", "1-1",
                           "entries-read", None, "lag", 1]], "XINFO GROUPS s")

    def test_groups_in_resp3(self):
        self.client.wire("HELLO", 3)
        self.client.wire("XGROUP CREATE s g $ MKSTREAM")
        self.check_value([{"name": "g", "consumers": 0, "pending": 0, "last-delivered-id": "0-0",
                           "entries-read": None, "lag": 0}], "XINFO GROUPS s", protocol=3)

    def test_lag_and_entries_read_as_entries_come_and_go(self):
        self.add("1-0", "2-0", "3-0", "4-0")
        self.client.wire("XGROUP CREATE s g 0")
        read_one = "XREADGROUP GROUP g c COUNT 1 STREAMS s >"
        self.check_group("PING", entries_read=None, lag=4)
        self.check_group(read_one, entries_read=1, lag=3)
        self.check_group("XDEL s 1-0", entries_read=1, lag=3)
        self.check_group(read_one, entries_read=2, lag=2)
        self.check_group("XDEL s 3-0", entries_read=2, lag=None)
        self.check_group("XADD s 5-0 f v", entries_read=2, lag=None)
        self.check_group(read_one, entries_read=3, lag=2)
        self.check_group("XTRIM s MAXLEN 1", entries_read=3, lag=2)
        self.check_group("XTRIM s MAXLEN 0", entries_read=3, lag=2)
        self.check_group("XADD s 6-0 f v", entries_read=3, lag=3)
        self.check_group("XGROUP SETID s g $", entries_read=None, lag=0)
        self.check_group("XGROUP SETID s g 99", entries_read=None, lag=None)

    def test_errors(self):
        self.client.wire("SET str x")
        self.client.wire("XGROUP CREATE s g $ MKSTREAM")
        self.check_each("-ERR no such key", "XINFO GROUPS none", "XINFO CONSUMERS none g")
        self.check_each(WRONG_TYPE, "XINFO GROUPS str", "XINFO CONSUMERS str g")
        self.check("-NOGROUP No such consumer group 'h' for key name 's'", "XINFO CONSUMERS s h")

    def test_names_with_odd_bytes_in_errors(self):
        self.check(b"-NOGROUP No such key 'k' or consumer group '" + b"y" * 200 + b"\xff  '",
                   "XPENDING", b"k\0e", b"y" * 200 + b"\xff\r\n")


@unittest.skipIf(REAL, "moves the clock")
class ConsumersTest(EngineTestCase):
    def test_idle_since_the_last_try_inactive_since_the_last_success(self):
        self.execute("XADD s 1-1 f v")
        self.execute("XGROUP CREATE s g 0")
        for name in "bca":
            self.execute(f"XGROUP CREATECONSUMER s g {name}")
        steps = ("XREADGROUP GROUP g b STREAMS s >", "XREADGROUP GROUP g b STREAMS s >",
                 "XREADGROUP GROUP g b STREAMS s 0", "XREADGROUP GROUP g c NOACK STREAMS s >",
                 "XCLAIM s g a 10000 1-1", "XCLAIM s g c 0 9-9", "XACK s g 1-1")
        for step in steps:
            self.clock.advance(1)
            self.execute(step)
        told = [tuple(consumer.values()) for consumer in self.execute("XINFO CONSUMERS s g")]
        self.assertEqual(told, [(b"a", 0, 2000, -1), (b"b", 0, 4000, 6000), (b"c", 0, 1000, -1)])

    def test_reading_history_is_another_delivery(self):
        self.execute("XADD s 1-1 f v")
        self.execute("XGROUP CREATE s g 0")
        self.execute("XREADGROUP GROUP g c STREAMS s >")
        self.clock.advance(3)
        self.assertEqual(self.execute("XPENDING s g - + 10"), [[b"1-1", b"c", 3000, 1]])
        self.execute("XREADGROUP GROUP g c STREAMS s 0")
        self.assertEqual(self.execute("XPENDING s g - + 10"), [[b"1-1", b"c", 0, 2]])
        self.execute("XDEL s 1-1")
        self.clock.advance(3)
        self.execute("XREADGROUP GROUP g c STREAMS s 0")
        self.assertEqual(self.execute("XPENDING s g - + 10"), [[b"1-1", b"c", 3000, 2]])


@unittest.skipIf(REAL, "several clients of one engine")
class WaitingTest(EngineTestCase):
    def setUp(self):
        super().setUp()
        self.client.wire("XGROUP CREATE s g $ MKSTREAM")

    def blocked(self, command="XREADGROUP GROUP g c BLOCK 0 STREAMS s >"):
        client = self.new_client()
        client.block(command)
        return client

    def run_all(self, *commands):
        return [self.client.wire(command) for command in commands]

    def delivered(self, *ids, key="s"):
        return encode(bulk([[key, entries(*ids)]]))

    def test_new_entries_serve_those_who_wait_in_order_of_arrival(self):
        first, second = self.blocked(), self.blocked("XREADGROUP GROUP g d BLOCK 0 STREAMS s >")
        self.run_all("XADD s 1-1 f v")
        self.assertEqual(first.late_reply(), self.delivered("1-1"))
        self.assertIsNone(second.late_reply())
        self.run_all("MULTI", "XADD s 2-2 f v", "XADD s 3-3 f v", "EXEC")
        self.assertEqual(second.late_reply(), self.delivered("2-2", "3-3"))

    def test_each_group_gets_its_own(self):
        self.run_all("XGROUP CREATE s h 0")
        waiters = self.blocked(), self.blocked("XREADGROUP GROUP h c BLOCK 0 STREAMS s >")
        reader = self.blocked("XREAD BLOCK 0 STREAMS s $")
        self.run_all("XADD s 1-1 f v")
        for waiter in waiters + (reader,):
            self.assertEqual(waiter.late_reply(), self.delivered("1-1"))

    def test_what_is_deleted_again_in_the_same_transaction_serves_nobody(self):
        waiter = self.blocked()
        self.run_all("MULTI", "XADD s 1-1 f v", "XDEL s 1-1", "EXEC")
        self.assertIsNone(waiter.late_reply())

    def test_several_keys(self):
        self.run_all("XGROUP CREATE t g $ MKSTREAM")
        waiter = self.blocked("XREADGROUP GROUP g c COUNT 1 BLOCK 0 STREAMS s t > >")
        self.run_all("XADD t 1-1 f v")
        self.assertEqual(waiter.late_reply(), self.delivered("1-1", key="t"))

    def test_times_out(self):
        waiter = self.blocked("XREADGROUP GROUP g c BLOCK 500 STREAMS s >")
        with self.engine.lock:
            self.clock.advance(1)
            self.engine.keyspace.tick()
            give_up_overdue(self.engine)
        self.assertEqual(waiter.late_reply(), b"*-1\r\n")

    def test_a_stream_that_goes_away_is_an_error(self):
        for commands in (["DEL s"], ["UNLINK s"], ["FLUSHALL"], ["FLUSHDB"], ["RENAME s t"], ["MOVE s 1"],
                         ["SWAPDB 0 1"], ["XGROUP DESTROY s g"], ["PEXPIREAT s 1"],
                         ["XADD t 1-1 f v", "RENAME t s"], ["MULTI", "XADD s 5-5 f v", "DEL s", "EXEC"],
                         ["MULTI", "DEL s", "XADD s 5-5 f v", "EXEC"], ["SUNIONSTORE s none"]):
            waiter = self.blocked()
            self.run_all(*commands)
            self.assertEqual(waiter.late_reply(), GONE, commands)
            self.run_all("FLUSHALL", "XGROUP CREATE s g $ MKSTREAM")
        self.assertEqual(self.engine.blocked_clients, 0)

    def test_a_value_of_another_type_in_its_place_is_an_error(self):
        for commands in (["SET s x"], ["RPUSH l x", "RENAME l s"], ["RPUSH l x", "COPY l s REPLACE"],
                         ["SADD m x", "SUNIONSTORE s m"], ["MULTI", "DEL s", "RPUSH s x", "EXEC"],
                         ["MSET a 1 s x"], ["GETSET s x"]):
            waiter = self.blocked()
            replies = self.run_all(*commands)
            if replies[-1].startswith(b"-"):            # GETSET does not replace a stream
                self.assertIsNone(waiter.late_reply(), commands)
            else:
                self.assertEqual(waiter.late_reply(), WRONG_TYPE.encode() + b"\r\n", commands)
            self.run_all("FLUSHALL", "XGROUP CREATE s g $ MKSTREAM")

    def test_a_stream_that_expires_is_an_error_even_if_nobody_touches_it(self):
        waiter = self.blocked()
        self.run_all("PEXPIRE s 100")
        self.clock.advance(1)
        expire_cycle(self.engine)
        self.assertEqual(waiter.late_reply(), GONE)
        self.assertIsNone(self.engine.running)

    def test_goes_on_waiting_when_stream_and_group_are_there_again(self):
        for commands in (["MULTI", "DEL s", "XGROUP CREATE s g $ MKSTREAM", "EXEC"],
                         ["MULTI", "XGROUP DESTROY s g", "XGROUP CREATE s g $", "EXEC"],
                         ["XGROUP CREATE t g $ MKSTREAM", "RENAME t s"]):
            waiter = self.blocked()
            self.run_all(*commands)
            self.assertIsNone(waiter.late_reply(), commands)
            self.run_all("DEL s", "XGROUP CREATE s g $ MKSTREAM")

    def test_a_stream_with_entries_in_its_place_serves(self):
        waiter = self.blocked()
        self.run_all("XADD t 1-1 f v", "XGROUP CREATE t g 0", "RENAME t s")
        self.assertEqual(waiter.late_reply(), self.delivered("1-1"))

    def test_readers_without_a_group_outlive_the_stream(self):
        reader, waiter = self.blocked("XREAD BLOCK 0 STREAMS s $"), self.blocked()
        self.run_all("SET s x", "DEL s")
        self.assertIsNone(reader.late_reply())
        self.assertEqual(waiter.late_reply(), WRONG_TYPE.encode() + b"\r\n")
        self.run_all("XADD s 1-1 f v")
        self.assertEqual(reader.late_reply(), self.delivered("1-1"))

    def test_other_readers_keep_their_place_when_one_goes_on_waiting(self):
        first = self.blocked("XREAD BLOCK 0 STREAMS s 5-0")
        second, third = self.blocked(), self.blocked("XREADGROUP GROUP g d BLOCK 0 STREAMS s >")
        self.run_all("XADD s 1-1 f v")
        self.assertEqual([one.late_reply() for one in (first, second, third)], [None, self.delivered("1-1"), None])
        self.run_all("XADD s 6-1 f v")
        self.assertEqual([one.late_reply() for one in (first, third)], [self.delivered("6-1")] * 2)

    def test_info_tells_at_how_many_keys_readers_wait_for_their_end_as_well(self):
        self.run_all("XGROUP CREATE t g $ MKSTREAM")
        self.blocked("XREADGROUP GROUP g c BLOCK 0 STREAMS s t > >"), self.blocked(), self.blocked("BLPOP l 0")
        told = self.client.wire("INFO clients")
        self.assertIn(b"total_blocking_keys:3\r\ntotal_blocking_keys_on_nokey:2\r\n", told)

    def test_an_error_at_the_end_of_the_wait_counts_as_a_failure(self):
        self.blocked()
        self.run_all("DEL s")
        command = self.engine.commands[b"XREADGROUP"]
        self.assertEqual((command.calls, command.failed), (1, 1))


@unittest.skipIf(REAL, "counts changes inside the engine")
class EventsTest(EventTestCase):
    def test_xgroup(self):
        self.check_events(["xgroup-create s"], 1, "XGROUP CREATE s g $ MKSTREAM")
        self.check_events([], 0, "XGROUP CREATE s g $ MKSTREAM")
        self.check_events(["xgroup-setid s"], 1, "XGROUP SETID s g 0")
        self.check_events(["xgroup-createconsumer s"], 1, "XGROUP CREATECONSUMER s g c")
        self.check_events([], 0, "XGROUP CREATECONSUMER s g c")
        self.check_events(["xgroup-delconsumer s"], 1, "XGROUP DELCONSUMER s g c")
        self.check_events([], 0, "XGROUP DELCONSUMER s g c")
        self.check_events(["xgroup-destroy s"], 1, "XGROUP DESTROY s g")
        self.check_events([], 0, "XGROUP DESTROY s g")

    def test_xreadgroup_and_xack(self):
        for command in ("XADD s 1-1 f v", "XADD s 2-2 f v", "XADD s 3-3 f v", "XGROUP CREATE s g 0"):
            self.client.wire(command)
        self.check_events(["xgroup-createconsumer s"], 2, "XREADGROUP GROUP g c COUNT 2 STREAMS s >")
        self.check_events([], 1, "XREADGROUP GROUP g c COUNT 2 STREAMS s >")
        self.check_events([], 0, "XREADGROUP GROUP g c COUNT 2 STREAMS s >")
        self.check_events([], 1, "XREADGROUP GROUP g c STREAMS s 0")
        self.check_events(["xgroup-createconsumer s"], 1, "XREADGROUP GROUP g d STREAMS s >")
        self.check_events([], 2, "XACK s g 1-1 2-2 9-9")
        self.check_events([], 0, "XACK s g 9-9")


@unittest.skipIf(REAL, "counts hits inside the engine")
class StatisticsTest(EngineTestCase):
    def test_a_reader_looks_each_key_up_twice(self):
        self.execute("XGROUP CREATE s g $ MKSTREAM")
        self.assertEqual(self.engine.keyspace.hits, 0)
        self.execute("XREADGROUP GROUP g c STREAMS s >")
        self.assertEqual(self.engine.keyspace.hits, 2)
        self.execute("XREADGROUP GROUP h c STREAMS s >")
        self.assertEqual(self.engine.keyspace.hits, 3)
        self.execute("XACK none g 1-1")
        self.assertEqual((self.engine.keyspace.hits, self.engine.keyspace.misses), (3, 1))


if __name__ == "__main__":
    unittest.main()
