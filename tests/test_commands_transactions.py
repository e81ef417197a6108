"""Tests of MULTI, EXEC, DISCARD, WATCH and UNWATCH."""
import itertools
import unittest
from unittest import mock

from redis_clone.dispatch import execute_batch
from redis_clone.errors import RedisError

from .support import REAL, CommandTestCase, EngineTestCase


class TransactionTestCase(CommandTestCase):
    def setUp(self):
        super().setUp()
        self.other = self.new_client()
        self.addCleanup(self.other.close)

    def queue(self, *requests):
        """MULTI and these requests, each of which must be queued."""
        self.check("+OK", "MULTI")
        for request in requests:
            self.check("+QUEUED", request)


class MultiTest(TransactionTestCase):
    def test_queues_what_follows(self):
        self.queue("SET k v")
        self.assertEqual(self.other.wire("GET k"), b"$-1\r\n")
        self.check("*1\r\n+OK", "EXEC")
        self.check("$1\r\nv", "GET k")

    @unittest.skipIf(REAL, "Valkey answers otherwise than Redis 7.2")
    def test_a_nested_one_is_an_error_that_spoils_nothing(self):
        self.queue("SET k v")
        self.check("-ERR MULTI calls can not be nested", "MULTI")
        self.check("*1\r\n+OK", "EXEC")

    def test_takes_no_arguments(self):
        self.check("-ERR wrong number of arguments for 'multi' command", "MULTI x")
        self.check("-ERR EXEC without MULTI", "EXEC")

    def test_commands_that_cannot_be_queued(self):
        self.queue()
        self.check("-ERR Command not allowed inside a transaction", "SHUTDOWN NOSAVE")
        self.check("-EXECABORT Transaction discarded because of previous errors.", "EXEC")


class ExecTest(TransactionTestCase):
    def test_needs_multi(self):
        self.check("-ERR EXEC without MULTI", "EXEC")

    def test_of_nothing(self):
        self.queue()
        self.check("*0", "EXEC")

    def test_goes_on_after_a_command_that_fails(self):
        self.check("+OK", "SET s x")
        self.queue("INCR s", "LPUSH s 1", "SET t 1", "INCR t")
        self.check("*4\r\n-ERR value is not an integer or out of range\r\n"
                   "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n+OK\r\n:2", "EXEC")

    def test_a_command_that_cannot_be_queued_aborts_it(self):
        for request, error in (("GET", "-ERR wrong number of arguments for 'get' command"),
                               ("NOSUCH", "-ERR unknown command 'NOSUCH', with args beginning with: "),
                               ("CLIENT NOSUCH", "-ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP.")):
            self.queue("SET k v")
            self.check(error, request)
            self.check("+QUEUED", "SET k w")
            self.check("-EXECABORT Transaction discarded because of previous errors.", "EXEC")
            self.check("$-1", "GET k")

    def test_the_next_transaction_is_not_affected(self):
        self.queue()
        self.client.wire("NOSUCH")
        self.client.wire("EXEC")
        self.queue("PING")
        self.check("*1\r\n+PONG", "EXEC")

    def test_a_refused_exec_ends_the_transaction_with_the_reason(self):
        text = "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command"
        self.queue("SET k v")
        self.check(text, "EXEC x")
        self.check("-ERR EXEC without MULTI", "EXEC")
        self.check(text, "EXEC x")

    def test_select_is_in_force_for_the_commands_after_it(self):
        self.queue("SELECT 99", "SELECT 2", "SET k two")
        self.check("*3\r\n-ERR DB index is out of range\r\n+OK\r\n+OK", "EXEC")
        self.check("$3\r\ntwo", "GET k")
        self.check("+OK", "SELECT 0")
        self.check("$-1", "GET k")

    def test_hello_changes_the_protocol_of_the_replies_after_it(self):
        self.queue("GET k", "HELLO 3", "GET k", "HELLO 2", "GET k")
        reply = self.client.wire("EXEC")
        self.assertTrue(reply.startswith(b"*5\r\n$-1\r\n%7\r\n"), reply)
        self.assertIn(b"*0\r\n_\r\n*14\r\n", reply)
        self.assertTrue(reply.endswith(b"*0\r\n$-1\r\n"), reply)

    def test_blocking_commands_do_not_block(self):
        self.queue("BLPOP l 0", "LPUSH l a", "BLPOP l 0")
        self.check("*3\r\n*-1\r\n:1\r\n*2\r\n$1\r\nl\r\n$1\r\na", "EXEC")

    def test_replies_of_all_shapes_are_found_in_it(self):
        self.client.wire("HSET h f v")
        self.queue("HGETALL h", "ECHO hi", "BLPOP l 0")
        self.check("*3\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n$2\r\nhi\r\n*-1", "EXEC")
        self.client.wire("HELLO 3")
        self.queue("HGETALL h", "ECHO hi", "BLPOP l 0")
        self.check("*3\r\n%1\r\n$1\r\nf\r\n$1\r\nv\r\n$2\r\nhi\r\n_", "EXEC")

    def test_quit_and_reset_are_not_queued(self):
        self.queue("SET k v")
        self.check("+RESET", "RESET")
        self.check("-ERR EXEC without MULTI", "EXEC")
        self.queue("SET k v")
        self.check("+OK", "QUIT")
        self.assertEqual(self.other.wire("GET k"), b"$-1\r\n")


class DiscardTest(TransactionTestCase):
    def test_forgets_the_queue(self):
        self.queue("SET k v")
        self.check("+OK", "DISCARD")
        self.check("$-1", "GET k")
        self.check("-ERR DISCARD without MULTI", "DISCARD")

    def test_forgets_errors_and_watches_too(self):
        self.check("+OK", "WATCH k")
        self.queue()
        self.client.wire("NOSUCH")
        self.other.wire("SET k v")
        self.check("+OK", "DISCARD")
        self.queue("PING")
        self.check("*1\r\n+PONG", "EXEC")


class WatchTest(TransactionTestCase):
    def exec_after(self, *requests, watch="WATCH k", by=None):
        """The reply to EXEC of a PING when `requests` came between WATCH and MULTI."""
        self.check("+OK", watch)
        for request in requests:
            (by or self.other).wire(request)
        self.queue("PING")
        return self.client.wire("EXEC")

    def assert_aborted(self, *requests, **options):
        self.assertEqual(self.exec_after(*requests, **options), b"*-1\r\n")

    def assert_executed(self, *requests, **options):
        self.assertEqual(self.exec_after(*requests, **options), b"*1\r\n+PONG\r\n")

    def test_a_change_by_another_client_aborts(self):
        self.assert_aborted("SET k v")

    def test_a_change_of_ones_own_aborts_as_well(self):
        self.assert_aborted("SET k v", by=self.client)

    def test_the_same_value_again_is_a_change(self):
        self.client.wire("SET k v")
        self.assert_aborted("SET k v")

    def test_a_change_of_another_key_does_not_abort(self):
        self.assert_executed("SET other v", "GET k", "DEL k")

    def test_deleting_creating_and_changing_within_aborts(self):
        self.client.wire("RPUSH k a b")
        for request in ("RPUSH k c", "LPOP k", "PEXPIRE k 100000", "PERSIST k", "DEL k", "HSET k f v"):
            with self.subTest(request):
                self.assert_aborted(request)

    def test_commands_that_change_nothing_do_not_abort(self):
        self.client.wire("SADD k a")
        self.assert_executed("SADD k a", "SREM k b", "SMEMBERS k", "GET k", "PERSIST k")

    def test_a_change_inside_multi_before_exec_aborts(self):
        self.check("+OK", "WATCH k")
        self.queue("PING")
        self.other.wire("SET k v")
        self.check("*-1", "EXEC")

    def test_exec_replies_a_resp3_null(self):
        self.client.wire("HELLO 3")
        self.assertEqual(self.exec_after("SET k v"), b"_\r\n")

    def test_holds_for_one_exec_only(self):
        self.assert_aborted("SET k v")
        self.other.wire("SET k w")
        self.queue("PING")
        self.check("*1\r\n+PONG", "EXEC")

    def test_unwatch_forgets_changes_too(self):
        self.check("+OK", "WATCH k")
        self.other.wire("SET k v")
        self.check("+OK", "UNWATCH")
        self.queue("PING")
        self.check("*1\r\n+PONG", "EXEC")

    def test_unwatch_without_watch(self):
        self.check("+OK", "UNWATCH")

    def test_several_keys_and_one_twice(self):
        self.assert_aborted("SET c v", watch="WATCH a b c a")
        self.assert_executed(watch="WATCH a b a")

    def test_the_transaction_itself_may_change_what_it_watches(self):
        self.check("+OK", "WATCH k")
        self.queue("SET k v", "UNWATCH", "SET k w")
        self.check("*3\r\n+OK\r\n+OK\r\n+OK", "EXEC")

    def test_watches_the_key_of_the_selected_database(self):
        self.client.wire("SELECT 1")
        self.check("+OK", "WATCH k")
        self.client.wire("SELECT 0")
        self.assert_executed("SET k v", watch="UNWATCH")
        self.client.wire("SELECT 1")
        self.check("+OK", "WATCH k")
        self.client.wire("SELECT 0")
        self.other.wire("SELECT 1")
        self.other.wire("SET k v")
        self.queue("PING")
        self.check("*-1", "EXEC")

    def test_a_queueing_error_counts_more_than_a_change(self):
        self.check("+OK", "WATCH k")
        self.other.wire("SET k v")
        self.queue("PING")
        self.client.wire("NOSUCH")
        self.check("-EXECABORT Transaction discarded because of previous errors.", "EXEC")

    @unittest.skipIf(REAL, "Valkey answers otherwise than Redis 7.2")
    def test_inside_multi_is_an_error_that_spoils_nothing(self):
        self.queue("SET k v")
        self.check("-ERR WATCH inside MULTI is not allowed", "WATCH k")
        self.check("*1\r\n+OK", "EXEC")

    def test_needs_a_key(self):
        self.check("-ERR wrong number of arguments for 'watch' command", "WATCH")

    def test_flushing_aborts_where_there_was_a_key(self):
        self.client.wire("SET k v")
        self.assert_aborted("FLUSHALL")
        self.assert_executed("FLUSHALL")
        self.client.wire("SET k v")
        self.assert_aborted("FLUSHDB")

    def test_swapping_databases_aborts_where_the_key_is_in_one_of_them(self):
        self.client.wire("SET k v")
        self.assert_aborted("SWAPDB 0 1")
        self.assert_aborted("SWAPDB 0 1")
        self.assert_executed("SWAPDB 0 1", watch="WATCH none")


class WatchExpiryTest(EngineTestCase):
    """A watched key whose time comes. These tests move the clock, which a real server does not allow."""

    def setUp(self):
        super().setUp()
        self.other = self.new_client()
        self.client.wire("PSETEX k 1000 v")

    def watch_and_exec(self, *between):
        self.client.wire("WATCH k")
        for step in between:
            if isinstance(step, str):
                self.other.wire(step)
            else:
                self.clock.advance(step)
        self.client.wire("MULTI")
        self.client.wire("PING")
        return self.client.wire("EXEC")

    def test_expiring_between_watch_and_exec_aborts(self):
        self.assertEqual(self.watch_and_exec(2), b"*-1\r\n")

    def test_also_when_somebody_has_looked_at_it(self):
        self.assertEqual(self.watch_and_exec(2, "GET k"), b"*-1\r\n")

    def test_one_that_had_expired_before_does_not_abort(self):
        self.clock.advance(2)
        self.assertEqual(self.watch_and_exec(), b"*1\r\n+PONG\r\n")
        self.client.wire("PSETEX k 1000 v")
        self.clock.advance(2)
        self.assertEqual(self.watch_and_exec("GET k", "DEL k", "FLUSHALL"), b"*1\r\n+PONG\r\n")

    def test_one_that_had_expired_before_and_is_set_anew_aborts(self):
        self.clock.advance(2)
        self.assertEqual(self.watch_and_exec("SET k new"), b"*-1\r\n")

    def test_one_that_lives_on_does_not_abort(self):
        self.assertEqual(self.watch_and_exec(0.5), b"*1\r\n+PONG\r\n")


class AtomicityTest(EngineTestCase):
    """What others see of a transaction, and it of them."""

    def setUp(self):
        super().setUp()
        self.other = self.new_client()

    def test_blocked_clients_are_served_after_exec(self):
        self.other.block("BLPOP l 0")
        for request in ("MULTI", "LPUSH l 1 2", "LLEN l"):
            self.client.wire(request)
        self.assertEqual(self.client.wire("EXEC"), b"*2\r\n:2\r\n:2\r\n")
        self.assertEqual(self.other.late_reply(), b"*2\r\n$1\r\nl\r\n$1\r\n2\r\n")

    def test_what_comes_and_goes_within_exec_wakes_nobody(self):
        self.other.block("BLPOP l 0")
        for request in ("MULTI", "LPUSH l 1", "DEL l", "EXEC"):
            self.client.wire(request)
        self.assertIsNone(self.other.late_reply())

    def test_its_commands_block_again_afterwards(self):
        for request in ("MULTI", "BLPOP l 0", "EXEC"):
            self.client.wire(request)
        self.client.block("BLPOP l 0")

    def test_time_stands_still(self):
        for request in ("MULTI", "TIME", "SET k v PX 500", "GET k", "TIME"):
            self.client.wire(request)
        with mock.patch.object(self.clock, "monotonic", side_effect=itertools.count(self.clock.now_s)):
            reply = self.client.wire("EXEC")
        first, last = reply.split(b"+OK\r\n$1\r\nv\r\n")
        self.assertEqual(first[len(b"*4\r\n"):], last)

    def test_a_hundred_thousand_queued_commands_do_no_harm(self):
        out = []
        execute_batch(self.client.session, [[b"MULTI"]] + [[b"INCR", b"k"]] * 100_000 + [[b"EXEC"]], out)
        reply = b"".join(out)
        self.assertIn(b"+QUEUED\r\n*100000\r\n:1\r\n:2\r\n", reply)
        self.assertTrue(reply.endswith(b"\r\n:100000\r\n"))

    def test_a_hundred_thousand_open_multi_do_no_harm(self):
        out = []
        execute_batch(self.client.session, [[b"MULTI"]] * 100_000, out)
        self.assertEqual(set(b"".join(out).splitlines()), {b"+OK", b"-ERR MULTI calls can not be nested"})

    def test_what_is_queued_in_vain_is_not_kept(self):
        self.client.wire("MULTI")
        self.client.wire("NOSUCH")
        self.assertEqual(self.client.wire("SET k v"), b"+QUEUED\r\n")
        self.assertEqual(self.client.session.transaction, [])

    def test_commands_and_failures_in_it_are_counted(self):
        for request in ("MULTI", "INCR k", "LPUSH k x", "EXEC"):
            self.client.wire(request)
        incr, lpush, exec_ = (self.engine.commands[name] for name in (b"INCR", b"LPUSH", b"EXEC"))
        self.assertEqual((incr.calls, lpush.failed, exec_.calls), (1, 1, 1))

    def test_a_client_that_leaves_takes_its_watches_along(self):
        self.other.wire("WATCH k")
        self.other.close()
        self.assertEqual(self.engine.keyspace.databases[0].watched, {})

    def test_a_bug_in_a_command_ends_neither_the_transaction_nor_the_session(self):
        def broken(session, key):
            raise ZeroDivisionError

        self.engine.log.set_level("nothing")
        self.engine.commands[b"GET"].handler = broken
        for request in ("MULTI", "GET k", "PING"):
            self.client.wire(request)
        self.assertEqual(self.client.wire("EXEC"), b"*2\r\n-ERR internal error\r\n+PONG\r\n")
        self.assertTrue(self.client.session.may_block)


class ClientReplyTest(TransactionTestCase):
    """CLIENT REPLY among the queued commands works on the replies after it, one by one."""

    def test_off_and_on_again(self):
        self.queue("CLIENT REPLY OFF", "PING", "CLIENT REPLY ON", "ECHO hi")
        self.check_all(b"*4\r\n+OK\r\n$2\r\nhi\r\n", "EXEC")

    def test_skip_is_for_the_command_after_exec(self):
        self.queue("CLIENT REPLY SKIP", "PING", "PING")
        self.check_all(b"*3\r\n+PONG\r\n+PONG\r\n", "EXEC")
        self.check_all(b"", "ECHO skipped")
        self.check_all(b"+PONG\r\n", "PING")

    def test_off_until_on(self):
        for request in ("CLIENT REPLY OFF", "MULTI", "PING", "EXEC", "NOSUCH"):
            self.check_all(b"", request)
        self.check_all(b"+OK\r\n", "CLIENT REPLY ON")

    def test_switched_on_in_the_middle_of_exec(self):
        for request in ("CLIENT REPLY OFF", "MULTI", "ECHO unheard", "CLIENT REPLY ON", "PING"):
            self.check_all(b"", request)
        self.check_all(b"+OK\r\n+PONG\r\n", "EXEC")


class EncodingTest(EngineTestCase):
    def test_an_aborted_exec_is_an_error_value(self):
        self.execute("MULTI")
        self.execute("NOSUCH")
        self.assertIsInstance(self.execute("EXEC"), RedisError)


if __name__ == "__main__":
    unittest.main()
