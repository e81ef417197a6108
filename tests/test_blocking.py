"""Clients that wait for an element: who is served, in what order, with what, and who is not."""
import unittest

from redis_clone.args import parse_timeout
from redis_clone.blocking import give_up_overdue
from redis_clone.errors import RedisError
from tests.support import EngineTestCase, ServerTestCase, receive

WRONG_TYPE = b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"


def popped(key, element):
    """The reply of BLPOP and its kin."""
    return b"*2\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n" % (len(key), key.encode(), len(element), element.encode())


class BlockingTestCase(EngineTestCase):
    def blocked(self, *command):
        """A new client that waits with this command."""
        client = self.new_client()
        client.block(*command)
        return client

    def run_all(self, *commands):
        """Run commands by a client that does not block; the replies."""
        return [self.client.wire(command) for command in commands]

    def check_list(self, elements, key):
        expected = b"*%d\r\n" % len(elements.split())
        expected += b"".join(b"$%d\r\n%b\r\n" % (len(one), one.encode()) for one in elements.split())
        self.assertEqual(self.client.wire("LRANGE", key, 0, -1), expected)

    def check_replies(self, *pairs):
        """Pairs of a blocked client and the reply that it has got by now; None: it still waits."""
        for number, (client, reply) in enumerate(pairs):
            self.assertEqual(client.late_reply(), reply, f"client {number}")


class NoNeedToWaitTest(BlockingTestCase):
    """With an element there the commands are their sisters without the B."""

    def setUp(self):
        super().setUp()
        self.client.wire("RPUSH l a b c d e")

    def test_blpop_and_brpop(self):
        self.assertEqual(self.client.wire("BLPOP none l 0"), popped("l", "a"))
        self.assertEqual(self.client.wire("BRPOP l none 0"), popped("l", "e"))

    def test_blmpop(self):
        self.assertEqual(self.client.wire("BLMPOP 0 2 none l RIGHT COUNT 2"),
                         b"*2\r\n$1\r\nl\r\n*2\r\n$1\r\ne\r\n$1\r\nd\r\n")

    def test_blmove_and_brpoplpush(self):
        self.assertEqual(self.client.wire("BLMOVE l m LEFT RIGHT 0"), b"$1\r\na\r\n")
        self.assertEqual(self.client.wire("BRPOPLPUSH l m 0"), b"$1\r\ne\r\n")
        self.check_list("e a", "m")
        self.check_list("b c d", "l")

    def test_a_key_of_another_type_is_an_error(self):
        self.client.wire("SET s x")
        for command in ("BLPOP none s 0", "BRPOP s l 0", "BLMPOP 0 1 s LEFT", "BLMOVE s l LEFT LEFT 0",
                        "BLMOVE l s LEFT LEFT 0", "BRPOPLPUSH l s 0"):
            self.assertEqual(self.client.wire(command), WRONG_TYPE, command)
        self.check_list("a b c d e", "l")

    def test_errors_come_in_redis_order(self):
        not_float = b"-ERR timeout is not a float or out of range\r\n"
        negative = b"-ERR timeout is negative\r\n"
        too_far = b"-ERR timeout is out of range\r\n"
        syntax = b"-ERR syntax error\r\n"
        self.client.wire("SET s x")
        for command, error in (
                ("BLPOP s x", not_float), ("BLPOP s nan", not_float),
                ("BLPOP s -1", negative), ("BLPOP s -inf", negative), ("BLPOP s inf", too_far),
                ("BRPOP s 9223372036854775", too_far),
                ("BLMOVE s s UP LEFT x", syntax), ("BLMOVE s s LEFT UP x", syntax),
                ("BLMOVE s s LEFT LEFT x", not_float), ("BRPOPLPUSH s s x", not_float),
                ("BLMPOP x 0 s UP", b"-ERR numkeys should be greater than 0\r\n"),
                ("BLMPOP x 1 s UP", syntax), ("BLMPOP x 2 s LEFT", syntax), ("BLMPOP x 1 s LEFT", not_float),
                ("BLMPOP x 1 s LEFT COUNT 0", b"-ERR count should be greater than 0\r\n")):
            self.assertEqual(self.client.wire(command), error, command)


class ArrivalOrderTest(BlockingTestCase):
    def test_serves_waiters_in_arrival_order(self):
        first, second, third = self.blocked("BLPOP l 0"), self.blocked("BRPOP l 0"), self.blocked("BLPOP l 0")
        self.run_all("RPUSH l 1 2")
        self.check_replies((first, popped("l", "1")), (second, popped("l", "2")), (third, None))
        self.run_all("LPUSH l 5 6 7")
        self.check_replies((third, popped("l", "7")))
        self.check_list("6 5", "l")

    def test_the_pusher_learns_the_length_before_the_waiters_take_theirs(self):
        self.blocked("BLPOP l 0")
        self.assertEqual(self.client.wire("RPUSH l a"), b":1\r\n")
        self.assertEqual(self.client.wire("EXISTS l"), b":0\r\n")

    def test_a_waiter_may_take_all_that_there_is(self):
        greedy, late = self.blocked("BLMPOP 0 1 l LEFT COUNT 10"), self.blocked("BLPOP l 0")
        self.run_all("RPUSH l 1 2")
        self.check_replies((greedy, b"*2\r\n$1\r\nl\r\n*2\r\n$1\r\n1\r\n$1\r\n2\r\n"), (late, None))

    def test_thousands_wait_at_one_key(self):
        waiters = [self.blocked("BLPOP l 0") for _ in range(2000)]
        self.client.wire("RPUSH", "l", *range(1999))
        last = waiters.pop()
        self.check_replies(*((waiter, popped("l", str(number))) for number, waiter in enumerate(waiters)))
        self.check_replies((last, None))


class EndedMeanwhileTest(BlockingTestCase):
    def test_a_client_that_is_hung_up_on_while_another_is_served_takes_nothing(self):
        first, second = self.blocked("BLPOP l 0"), self.blocked("BLPOP l 0")
        self.engine.keyspace.notify = lambda db, event, key: event == "lpop" and second.session.close()
        self.client.wire("RPUSH l a b")
        self.assertEqual(first.late_reply(), popped("l", "a"))
        self.check_list("b", "l")


class SeveralKeysTest(BlockingTestCase):
    def test_serves_from_the_key_that_gets_a_list(self):
        waiter = self.blocked("BLPOP a b c 0")
        self.run_all("RPUSH b 1", "RPUSH a 2")
        self.check_replies((waiter, popped("b", "1")))
        self.check_list("2", "a")

    def test_the_clients_order_of_keys_decides_when_several_are_ready(self):
        waiter = self.blocked("BLPOP a b 0")
        self.run_all("MULTI", "RPUSH b 1", "RPUSH a 2", "EXEC")
        self.check_replies((waiter, popped("a", "2")))
        self.check_list("1", "b")

    def test_keys_are_served_in_the_order_in_which_they_became_ready(self):
        at_a, at_b = self.blocked("BLPOP a 0"), self.blocked("BLPOP b 0")
        at_both = self.blocked("BLMPOP 0 2 a b LEFT")
        self.run_all("MULTI", "RPUSH b 1 2", "RPUSH a 3 4", "EXEC")
        self.check_replies((at_b, popped("b", "1")), (at_both, b"*2\r\n$1\r\na\r\n*1\r\n$1\r\n3\r\n"),
                           (at_a, popped("a", "4")))
        self.check_list("2", "b")

    def test_a_key_may_be_named_twice(self):
        waiter = self.blocked("BLPOP a a 0")
        self.run_all("RPUSH a 1 2")
        self.check_replies((waiter, popped("a", "1")))
        self.check_list("2", "a")

    def test_nobody_waits_anywhere_once_served(self):
        self.blocked("BLPOP a b c 0")
        self.assertEqual(self.engine.blocked_clients, 1)
        self.run_all("RPUSH b 1")
        self.assertEqual(self.engine.blocked_clients, 0)
        self.assertEqual(self.engine.keyspace.databases[0].waiting, {})

    def test_each_database_has_its_own_waiters(self):
        client = self.new_client()
        client.wire("SELECT 3")
        client.block("BLPOP l 0")
        self.run_all("RPUSH l 1", "SELECT 3", "RPUSH l 2")
        self.check_replies((client, popped("l", "2")))


class WakingTest(BlockingTestCase):
    """Everything that makes a list appear serves those who wait for it."""

    def test_rename_copy_and_move(self):
        for commands in (("RPUSH z 1", "RENAME z l"), ("RPUSH z 1", "COPY z l"),
                         ("RPUSH z 1", "RPOPLPUSH z l"), ("SELECT 1", "RPUSH l 1", "MOVE l 0", "SELECT 0")):
            waiter = self.blocked("BLPOP l 0")
            self.run_all(*commands)
            self.check_replies((waiter, popped("l", "1")))
            self.run_all("FLUSHALL")

    def test_swapdb(self):
        self.run_all("RPUSH l 1")
        client = self.new_client()
        client.wire("SELECT 1")
        client.block("BLPOP l 0")
        self.run_all("SWAPDB 0 1")
        self.check_replies((client, popped("l", "1")))
        self.assertEqual(self.client.wire("EXISTS l"), b":0\r\n")

    def test_what_is_gone_again_serves_nobody(self):
        waiter = self.blocked("BLPOP l 0")
        self.run_all("MULTI", "RPUSH l 1", "DEL l", "EXEC")
        self.check_replies((waiter, None))
        self.run_all("MULTI", "RPUSH l 1", "DEL l", "RPUSH l 2", "EXEC")
        self.check_replies((waiter, popped("l", "2")))

    def test_a_value_of_another_type_does_not_wake(self):
        waiter = self.blocked("BLPOP l 0")
        self.run_all("SET l x", "DEL l", "SADD l x", "FLUSHALL")
        self.check_replies((waiter, None))
        self.run_all("LPUSH l 1")
        self.check_replies((waiter, popped("l", "1")))

    def test_storing_over_another_value_wakes_nobody(self):
        waiter = self.blocked("BZPOPMIN k 0")
        self.run_all("SET k x", "ZADD z 1 a", "ZUNIONSTORE k 1 z")
        self.check_replies((waiter, None))

    def test_a_wrong_type_at_an_earlier_key_is_an_error_when_the_command_runs_again(self):
        waiter = self.blocked("BLPOP a b 0")
        self.run_all("SET a x", "RPUSH b 1")
        self.check_replies((waiter, WRONG_TYPE))
        self.check_list("1", "b")


class SeveralTypesTest(BlockingTestCase):
    def test_only_those_who_wait_for_the_type_are_served(self):
        for_list, for_zset = self.blocked("BLPOP k 0"), self.blocked("BZPOPMIN k 0")
        late = self.blocked("BLPOP k 0")
        self.run_all("ZADD k 1 m 2 n")
        self.check_replies((for_zset, b"*3\r\n$1\r\nk\r\n$1\r\nm\r\n$1\r\n1\r\n"), (for_list, None))
        self.run_all("DEL k", "RPUSH k 1")
        self.check_replies((for_list, popped("k", "1")), (late, None))


class MoveTest(BlockingTestCase):
    def test_a_served_move_pushes_to_its_destination(self):
        mover = self.blocked("BLMOVE a b RIGHT LEFT 0")
        self.run_all("RPUSH b x", "RPUSH a 1 2")
        self.check_replies((mover, b"$1\r\n2\r\n"))
        self.check_list("1", "a")
        self.check_list("2 x", "b")

    def test_a_push_may_set_off_a_chain_of_moves(self):
        last = self.blocked("BLPOP c 0")
        second = self.blocked("BRPOPLPUSH b c 0")
        first = self.blocked("BLMOVE a b LEFT RIGHT 0")
        self.run_all("RPUSH a 1")
        self.check_replies((first, b"$1\r\n1\r\n"), (second, b"$1\r\n1\r\n"), (last, popped("c", "1")))
        self.assertEqual(self.client.wire("DBSIZE"), b":0\r\n")

    def test_a_circle_of_moves_ends(self):
        there, back = self.blocked("BLMOVE a b LEFT LEFT 0"), self.blocked("BLMOVE b a LEFT LEFT 0")
        self.run_all("RPUSH a 1")
        self.check_replies((there, b"$1\r\n1\r\n"), (back, b"$1\r\n1\r\n"))
        self.check_list("1", "a")

    def test_rotating_a_list_leaves_the_element_to_the_next(self):
        first, second = self.blocked("BLMOVE a a LEFT RIGHT 0"), self.blocked("BLMOVE a a LEFT RIGHT 0")
        third = self.blocked("BLPOP a 0")
        self.run_all("RPUSH a 1 2 3")
        self.check_replies((first, b"$1\r\n1\r\n"), (second, b"$1\r\n2\r\n"), (third, popped("a", "3")))
        self.check_list("1 2", "a")

    def test_a_destination_of_the_wrong_type_costs_no_element(self):
        mover, behind = self.blocked("BLMOVE a s LEFT LEFT 0"), self.blocked("BLPOP a 0")
        self.run_all("SET s x", "RPUSH a 1")
        self.check_replies((mover, WRONG_TYPE), (behind, popped("a", "1")))


class TransactionTest(BlockingTestCase):
    def test_nothing_blocks_inside_multi(self):
        self.assertEqual(
            self.run_all("MULTI", "BLPOP l 0", "BRPOP l 0", "BLMPOP 0 1 l LEFT", "BLMOVE l m LEFT LEFT 0",
                         "BRPOPLPUSH l m 0", "RPUSH l x", "BLPOP l 0", "EXEC")[-1],
            b"*7\r\n*-1\r\n*-1\r\n*-1\r\n$-1\r\n$-1\r\n:1\r\n" + popped("l", "x"))
        self.assertEqual(self.engine.blocked_clients, 0)

    def test_waiters_are_served_after_exec(self):
        waiter = self.blocked("BLPOP l 0")
        self.assertEqual(self.run_all("MULTI", "RPUSH l 1", "LPOP l", "RPUSH l 2", "LLEN l", "EXEC")[-1],
                         b"*4\r\n:1\r\n$1\r\n1\r\n:1\r\n:1\r\n")
        self.check_replies((waiter, popped("l", "2")))

    def test_a_served_client_spoils_the_transaction_of_who_watches(self):
        watcher = self.new_client()
        for command in ("WATCH b", "MULTI", "PING"):
            watcher.wire(command)
        self.blocked("BLMOVE a b LEFT LEFT 0")
        self.run_all("RPUSH a 1")
        self.assertEqual(watcher.wire("EXEC"), b"*-1\r\n")


class TimeoutTest(BlockingTestCase):
    def pass_time(self, seconds):
        """Move the clock and do what the clients' threads do when their time is up."""
        self.clock.advance(seconds)
        with self.engine.lock:
            self.engine.keyspace.tick()
            give_up_overdue(self.engine)

    def test_ends_with_a_null_array(self):
        waiters = [self.blocked(command) for command in (
            "BLPOP l 5", "BRPOP l 5", "BLMPOP 5 1 l LEFT", "BLMOVE l m LEFT LEFT 5", "BRPOPLPUSH l m 5")]
        self.pass_time(4.9)
        self.check_replies(*((waiter, None) for waiter in waiters))
        self.pass_time(0.2)
        self.check_replies(*((waiter, b"*-1\r\n") for waiter in waiters))
        self.assertEqual(self.engine.blocked_clients, 0)

    def test_is_a_plain_null_in_resp3(self):
        client = self.new_client()
        client.wire("HELLO", 3)
        client.block("BLPOP l 1")
        self.pass_time(1)
        self.check_replies((client, b"_\r\n"))

    def test_an_element_that_comes_too_late_stays(self):
        waiter = self.blocked("BLPOP l 1")
        self.pass_time(1)
        self.run_all("RPUSH l a")
        self.check_replies((waiter, b"*-1\r\n"))
        self.check_list("a", "l")

    def test_zero_is_for_ever_and_so_is_less_than_a_millisecond_before_now(self):
        for timeout in ("0", "-0", "-0.0005"):
            waiter = self.blocked("BLPOP", "l", timeout)
            self.pass_time(1e9)
            self.check_replies((waiter, None))

    def test_milliseconds_are_rounded_up(self):
        self.assertEqual(parse_timeout(b"0.0001"), 0.001)
        self.assertEqual(parse_timeout(b"1.5"), 1.5)
        self.assertEqual(parse_timeout(b"0x10"), 16)
        self.assertEqual(parse_timeout(b"1e-4900"), 0.001)

    def test_refuses_what_is_no_time(self):
        for raw, text in ((b"", "not a float"), (b"1_0", "not a float"), (b" 1", "not a float"),
                          (b"-0.0011", "negative"), (b"-1e400", "negative"), (b"1e400", "out of range"),
                          (b"9223372036854775807", "out of range")):
            with self.assertRaisesRegex(RedisError, text):
                parse_timeout(raw)


class UnblockTest(BlockingTestCase):
    def unblock(self, client, *reason):
        return self.client.wire("CLIENT", "UNBLOCK", client.session.id, *reason)

    def test_ends_the_wait_as_if_time_were_up(self):
        waiter = self.blocked("BLPOP l 0")
        self.assertEqual(self.unblock(waiter), b":1\r\n")
        self.check_replies((waiter, b"*-1\r\n"))
        self.assertEqual(self.unblock(waiter, "TIMEOUT"), b":0\r\n")

    def test_or_with_an_error_which_counts_as_a_failure(self):
        waiter = self.blocked("BLPOP l 0")
        self.assertEqual(self.unblock(waiter, "ERROR"), b":1\r\n")
        self.check_replies((waiter, b"-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n"))
        self.assertEqual(self.engine.commands[b"BLPOP"].failed, 1)

    def test_the_next_in_line_moves_up(self):
        waiter, behind = self.blocked("BLPOP l 0"), self.blocked("BLPOP l 0")
        self.unblock(waiter)
        self.run_all("RPUSH l 1")
        self.check_replies((behind, popped("l", "1")))


class StatisticsTest(BlockingTestCase):
    def test_a_call_counts_once(self):
        waiter = self.blocked("BLPOP l 0")
        self.run_all("RPUSH l 1")
        self.check_replies((waiter, popped("l", "1")))
        self.assertEqual(self.engine.commands[b"BLPOP"].calls, 1)

    def test_an_error_at_the_second_run_counts_as_a_failure(self):
        self.blocked("BLMOVE a s LEFT LEFT 0")
        self.run_all("SET s x", "RPUSH a 1")
        self.assertEqual(self.engine.commands[b"BLMOVE"].failed, 1)


class HangUpTest(ServerTestCase):
    """With sockets: a client that is gone takes nothing, one that is there goes on with its pipeline."""

    def send(self, sock, *commands):
        sock.sendall(b"".join(command.encode() + b"\r\n" for command in commands))

    def wait_until_blocked(self, count):
        """Ask the server until it has `count` clients waiting; returns who asked."""
        asker = self.connect()
        while self.server.engine.blocked_clients != count:
            self.send(asker, "PING")
            receive(asker, 7)
        return asker

    def test_a_dead_client_never_takes_an_element(self):
        dead, alive = self.connect(), self.connect()
        self.send(dead, "BLPOP l 0")
        self.wait_until_blocked(1)
        self.send(alive, "BLPOP l 0")
        self.wait_until_blocked(2)
        dead.close()
        other = self.wait_until_blocked(1)
        self.send(other, "RPUSH l a")
        self.assertEqual(receive(other, 4), b":1\r\n")
        self.assertEqual(receive(alive, 18), popped("l", "a"))

    def test_what_was_sent_behind_a_blocking_command_waits_for_it(self):
        waiter = self.connect()
        self.send(waiter, "BLPOP l 0", "ECHO one", "BLPOP l 0", "ECHO two")
        other = self.wait_until_blocked(1)
        self.send(other, "RPUSH l a", "RPUSH l b")
        self.assertEqual(receive(other, 8), b":1\r\n:1\r\n")
        expected = popped("l", "a") + b"$3\r\none\r\n" + popped("l", "b") + b"$3\r\ntwo\r\n"
        self.assertEqual(receive(waiter, len(expected)), expected)

    def test_a_killed_client_takes_nothing(self):
        victim = self.connect()
        self.send(victim, "CLIENT ID", "BLPOP l 0")
        other = self.wait_until_blocked(1)
        number = receive(victim, 4)[1:-2].decode()
        self.send(other, f"CLIENT KILL ID {number}", "RPUSH l a", "LLEN l")
        self.assertEqual(receive(other, 12), b":1\r\n:1\r\n:1\r\n")
        self.assertEqual(victim.recv(10), b"")

    def test_a_time_out_is_real_time(self):
        sock = self.connect()
        self.send(sock, "BLPOP l 0.01")
        self.assertEqual(receive(sock, 5), b"*-1\r\n")


if __name__ == "__main__":
    unittest.main()


class ReadyKeyTest(EngineTestCase):
    def test_a_type_that_nobody_waits_for_makes_no_key_ready(self):
        waiting = self.new_client()
        waiting.block("BZMPOP 0 1 k MAX")
        for words in ("ZADD other 1 m", "MULTI", "LPUSH k v", "ZRANGESTORE k other 0 -1", "EXEC"):
            self.client.wire(words)
        self.assertIsNone(waiting.late_reply())         # the sorted set took the place of another value
        self.assertEqual(self.client.wire("ZCARD k"), b":1\r\n")
