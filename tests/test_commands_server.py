"""FLUSHALL, SWAPDB, TIME, SHUTDOWN and the other commands about the server as a whole."""
import unittest

from redis_clone.log import Log
from redis_clone.reply_parser import ReplyParser

from .support import CommandTestCase, EngineTestCase, REAL


class DbsizeTest(CommandTestCase):
    def test_counts_the_keys_of_the_selected_database(self):
        self.check(":0", "DBSIZE")
        self.client.wire("MSET a 1 b 2")
        self.check(":2", "DBSIZE")
        self.client.wire("SELECT 1")
        self.check(":0", "DBSIZE")

    def test_takes_no_arguments(self):
        self.check("-ERR wrong number of arguments for 'dbsize' command", "DBSIZE x")


class FlushallTest(CommandTestCase):
    def test_empties_all_databases(self):
        self.client.wire("SET a 1")
        self.client.wire("SELECT 3")
        self.client.wire("SET b 1 EX 100")
        self.check("+OK", "FLUSHALL")
        self.check(":0", "DBSIZE")
        self.client.wire("SELECT 0")
        self.check(":0", "DBSIZE")

    def test_takes_sync_or_async_in_any_case(self):
        for mode in ("SYNC", "ASYNC", "sync", "aSync"):
            self.check("+OK", "FLUSHALL", mode)

    def test_refuses_other_modes(self):
        self.client.wire("SET a 1")
        self.check("-ERR syntax error", "FLUSHALL NOW")
        self.check("-ERR syntax error", "FLUSHALL ASYNC SYNC")
        self.check(":1", "DBSIZE")

    def test_spoils_transactions_that_watch_an_existing_key(self):
        self.client.wire("SET a 1")
        self.client.wire("WATCH a")
        self.client.wire("FLUSHALL")
        self.client.wire("MULTI")
        self.check("*-1", "EXEC")

    def test_leaves_alone_transactions_that_watch_a_missing_key(self):
        self.client.wire("SET a 1")
        self.client.wire("WATCH b")
        self.client.wire("FLUSHALL")
        self.client.wire("MULTI")
        self.check("*0", "EXEC")


class FlushdbTest(CommandTestCase):
    def test_empties_only_the_selected_database(self):
        self.client.wire("SET a 1")
        self.client.wire("SELECT 1")
        self.client.wire("SET b 1")
        self.check("+OK", "FLUSHDB")
        self.check(":0", "DBSIZE")
        self.client.wire("SELECT 0")
        self.check(":1", "DBSIZE")

    def test_refuses_other_modes(self):
        self.check("-ERR syntax error", "FLUSHDB NOW")
        self.check("+OK", "FLUSHDB async")


class FlushCountTest(EngineTestCase):
    def test_each_removed_key_counts_as_a_change(self):
        self.execute("MSET a 1 b 2")
        self.execute("SELECT 1")
        self.execute("SET c 3")
        before = self.engine.keyspace.dirty
        self.execute("FLUSHDB")
        self.assertEqual(self.engine.keyspace.dirty - before, 1)
        self.execute("FLUSHALL")
        self.assertEqual(self.engine.keyspace.dirty - before, 3)
        self.execute("FLUSHALL")
        self.assertEqual(self.engine.keyspace.dirty - before, 3)

    def test_expiries_and_access_times_go_too(self):
        self.execute("SET a 1 EX 100")
        self.execute("FLUSHALL")
        self.execute("SET a 1")
        self.assertEqual(self.execute("TTL a"), -1)
        self.assertEqual(len(self.engine.keyspace.databases[0].accessed), 1)


class SwapdbTest(CommandTestCase):
    def test_exchanges_the_keys_of_two_databases(self):
        self.client.wire("SET a zero")
        self.client.wire("SELECT 1")
        self.client.wire("SET a one")
        self.check("+OK", "SWAPDB 0 1")
        self.check("$4\r\nzero", "GET a")
        self.client.wire("SELECT 0")
        self.check("$3\r\none", "GET a")

    def test_a_database_may_be_swapped_with_itself(self):
        self.client.wire("SET a 1")
        self.check("+OK", "SWAPDB 0 0")
        self.check(":1", "DBSIZE")

    def test_says_which_index_is_no_number(self):
        self.check("-ERR invalid first DB index", "SWAPDB a b")
        self.check("-ERR invalid second DB index", "SWAPDB 0 b")
        self.check("-ERR invalid first DB index", "SWAPDB 99999999999 x")
        self.check("-ERR invalid second DB index", "SWAPDB 99 x")
        self.check("-ERR invalid second DB index", "SWAPDB 0 2147483648")

    def test_refuses_databases_that_do_not_exist(self):
        for indexes in ("0 16", "16 0", "-1 0", "0 -2147483648"):
            self.check("-ERR DB index is out of range", f"SWAPDB {indexes}")

    def test_spoils_transactions_that_watch_a_key_of_either(self):
        self.client.wire("SET a 1")
        self.client.wire("SELECT 1")
        self.client.wire("WATCH a")
        self.client.wire("SWAPDB 0 1")
        self.client.wire("MULTI")
        self.check("*-1", "EXEC")

    def test_swapping_with_itself_spoils_nothing(self):
        self.client.wire("SET a 1")
        self.client.wire("WATCH a")
        self.client.wire("SWAPDB 0 0")
        self.client.wire("MULTI")
        self.check("*0", "EXEC")


class TimeTest(EngineTestCase):
    def test_gives_seconds_and_microseconds(self):
        self.clock.now_s = 1_700_000_000.25
        self.assertEqual(self.execute("TIME"), [b"1700000000", b"250000"])

    def test_takes_no_arguments(self):
        self.assert_error("ERR wrong number of arguments for 'time' command", "TIME x")


class LastsaveTest(EngineTestCase):
    def test_is_the_time_of_the_start(self):
        started_at_s = self.clock.now_s
        self.clock.advance(100)
        self.assertEqual(self.execute("LASTSAVE"), int(started_at_s))


class RoleTest(CommandTestCase):
    def test_is_a_primary_without_replicas(self):
        self.check("*3\r\n$6\r\nmaster\r\n:0\r\n*0", "ROLE")
        self.check("-ERR wrong number of arguments for 'role' command", "ROLE x")


class LolwutTest(CommandTestCase):
    def test_checks_the_numbers_it_is_given(self):
        self.check("-ERR value is not an integer or out of range", "LOLWUT VERSION x")
        self.check("-ERR value is not an integer or out of range", "LOLWUT VERSION 5 a")
        self.check("-ERR value is not an integer or out of range", "LOLWUT VERSION 5 1 2 x")
        self.check("-ERR value is not an integer or out of range", "LOLWUT VERSION 6 x")

    def test_passes_over_words_that_mean_nothing(self):
        for args in ("x", "x y", "VERSION", "VERSION 1 x", "VERSION 5 1 2 3 x", "VERSION 6 1 2 x"):
            self.assertIn(b"Redis ver. ", self.client.wire("LOLWUT " + args))

    def test_is_a_verbatim_text_in_resp3(self):
        self.client.wire("HELLO 3")
        self.assertRegex(self.client.wire("LOLWUT"), rb"(?s)^=\d+\r\ntxt:.*Redis ver\. [\d.]+\n\r\n$")


class LolwutPictureTest(EngineTestCase):
    def test_ends_with_the_version(self):
        self.assertTrue(self.execute("LOLWUT").endswith(b"\n\nRedis ver. 7.2.6\n"))

    def test_the_picture_has_the_size_asked_for(self):
        lines = self.execute("LOLWUT VERSION 5 3 2").decode().splitlines()
        self.assertEqual([len(line) for line in lines[:-1]], [3, 3, 0])

    def test_sizes_that_make_no_sense_are_limited(self):
        for numbers in ("0 0", "-5 -5", "9223372036854775807 9223372036854775807"):
            self.assertLess(len(self.execute("LOLWUT VERSION 5 " + numbers)), 1_000_000)


class ShutdownOptionsTest(CommandTestCase):
    def test_refuses_options_that_do_not_go_together(self):
        for options in ("foo", "SAVE NOSAVE", "nosave save", "ABORT NOW", "NOW ABORT", "FORCE foo"):
            self.check("-ERR syntax error", "SHUTDOWN " + options)

    def test_there_is_nothing_to_abort(self):
        self.check("-ERR No shutdown in progress.", "SHUTDOWN ABORT")
        self.check("-ERR No shutdown in progress.", "SHUTDOWN abort ABORT")

    def test_is_not_allowed_in_a_transaction(self):
        self.client.wire("MULTI")
        self.check("-ERR Command not allowed inside a transaction", "SHUTDOWN ABORT")
        self.check("-EXECABORT Transaction discarded because of previous errors.", "EXEC")


@unittest.skipIf(REAL, "would stop the real server")
class ShutdownTest(EngineTestCase):
    """What is saved then, and what happens if it cannot be, is tested in test_ending.py."""

    def setUp(self):
        super().setUp()
        self.stopped = 0
        self.engine.log = Log(level="nothing")

    def stop(self):
        self.stopped += 1

    def test_stops_the_server_without_a_reply_and_hangs_up(self):
        for options in ("", " NOSAVE", " NOW", " now FORCE nosave"):
            self.setUp()
            self.engine.shutdown = self.stop
            self.assertEqual(self.client.wire("SHUTDOWN" + options), b"")
            self.assertEqual(self.stopped, 1)
            self.assertTrue(self.client.session.closing)

    def test_needs_a_server(self):
        self.assert_error("ERR Errors trying to SHUTDOWN. Check logs.", "SHUTDOWN NOSAVE")
        self.assertEqual(self.execute("PING"), "PONG")


class InfoTest(CommandTestCase):
    def test_is_a_verbatim_text_in_resp3(self):
        self.check("$30\r\n# Cluster\r\ncluster_enabled:0\r\n\r\n", "INFO cluster")
        self.client.wire("HELLO 3")
        self.check("=34\r\ntxt:# Cluster\r\ncluster_enabled:0\r\n\r\n", "INFO cluster")

    def test_an_unknown_section_is_empty(self):
        self.check("$0\r\n\r\n", "INFO nosuch")
        self.check("$0\r\n\r\n", b"INFO", b"\xff")

    def test_section_names_are_taken_in_any_case(self):
        self.check("$30\r\n# Cluster\r\ncluster_enabled:0\r\n\r\n", "INFO CLUSTER nosuch cluSTER")

    def test_sections_come_in_their_own_order_with_an_empty_line_between(self):
        self.check("$57\r\n# Modules\r\n\r\n# Cluster\r\ncluster_enabled:0\r\n\r\n# Keyspace\r\n\r\n",
                   "INFO keyspace cluster modules")

    def test_counts_of_calls_rejections_and_failures(self):
        self.client.wire("SET s x")
        self.client.wire("CONFIG RESETSTAT")
        self.client.wire("GET s")
        self.client.wire("INCR s")
        self.client.wire("GET")
        self.client.wire("CONFIG GET")
        self.client.wire("CONFIG")
        text = self.reply("INFO commandstats")
        for name, calls, rejected, failed in (("get", 1, 1, 0), ("incr", 1, 0, 1), (r"config\|get", 0, 1, 0),
                                              ("config", 0, 1, 0)):
            self.assertRegex(text, rf"cmdstat_{name}:calls={calls},usec=\d+,usec_per_call=\d+\.\d\d,"
                                   rf"rejected_calls={rejected},failed_calls={failed}\r\n")
        self.assertNotIn("cmdstat_set:", text)

    def test_counts_of_errors_by_their_code(self):
        self.client.wire("SET s x")
        self.client.wire("CONFIG RESETSTAT")
        self.client.wire("LPUSH s x")
        self.client.wire("GET")
        self.client.wire("NOSUCH")
        self.client.wire("EXEC")
        self.assertEqual(self.reply("INFO errorstats"),
                         "# Errorstats\r\nerrorstat_ERR:count=3\r\nerrorstat_WRONGTYPE:count=1\r\n")

    def test_counts_inside_a_transaction_belong_to_its_commands(self):
        self.client.wire("SET s x")
        self.client.wire("CONFIG RESETSTAT")
        self.client.wire("MULTI")
        self.client.wire("INCR s")
        self.client.wire("EXEC")
        text = self.reply("INFO commandstats")
        self.assertRegex(text, r"cmdstat_incr:calls=1,.*failed_calls=1\r\n")
        self.assertRegex(text, r"cmdstat_exec:calls=1,.*failed_calls=0\r\n")

    def reply(self, *args):
        parser = ReplyParser()
        parser.feed(self.client.wire(*args))
        return parser.replies.popleft().decode()
