"""BZPOPMIN, BZPOPMAX, BZMPOP: their replies, and who is served with what. More in test_blocking.py."""
import unittest

from redis_clone.blocking import give_up_overdue
from tests.support import REAL, EngineTestCase
from tests.test_commands_sorted_sets import HUGE, SYNTAX, WRONG_TYPE, SortedSetTestCase

NOT_A_TIMEOUT = "-ERR timeout is not a float or out of range"


class NoNeedToWaitTest(SortedSetTestCase):
    def setUp(self):
        super().setUp()
        self.add("1 a 2.5 b 3 c")

    def test_bzpopmin_and_bzpopmax(self):
        self.check_items("z a 1", "BZPOPMIN none z 0")
        self.check_items("z c 3", "BZPOPMAX z x 0")
        self.check_items("z b 2.5", "BZPOPMAX z 0")
        self.check(":0", "EXISTS z")

    def test_bzmpop(self):
        self.check("*2\r\n$1\r\nz\r\n*1\r\n*2\r\n$1\r\na\r\n$1\r\n1", "BZMPOP 0 2 none z MIN")
        self.check("*2\r\n$1\r\nz\r\n*2\r\n*2\r\n$1\r\nc\r\n$1\r\n3\r\n*2\r\n$1\r\nb\r\n$3\r\n2.5",
                   f"BZMPOP 0 2 z x max count {HUGE}")

    def test_resp3(self):
        self.client.wire("HELLO", 3)
        self.check("*3\r\n$1\r\nz\r\n$1\r\na\r\n,1", "BZPOPMIN z 0")
        self.check("*2\r\n$1\r\nz\r\n*1\r\n*2\r\n$1\r\nc\r\n,3", "BZMPOP 0 1 z MAX")

    def test_do_not_wait_in_a_transaction(self):
        self.client.wire("MULTI")
        for command in ("BZPOPMIN none 0", "BZPOPMAX none 0", "BZMPOP 0 1 none MIN"):
            self.check("+QUEUED", command)
        self.check("*3\r\n*-1\r\n*-1\r\n*-1", "EXEC")

    def test_errors_in_redis_order(self):
        self.check_each(NOT_A_TIMEOUT, "BZPOPMIN x y", "BZPOPMAX none x nan", "BZMPOP y 1 x MIN")
        self.check_each("-ERR timeout is negative", "BZPOPMIN x -1", "BZMPOP -1 1 x MIN")
        self.check_each("-ERR timeout is out of range", "BZPOPMIN x inf", "BZPOPMAX x 1e300")
        self.check_each("-ERR numkeys should be greater than 0", "BZMPOP y 0 x MIN", "BZMPOP y z x MIN")
        self.check_each(SYNTAX, "BZMPOP y 1 x LEFT", "BZMPOP y 2 x MIN", "BZMPOP y 1 x MIN COUNT",
                        "BZMPOP y 1 x MIN z 1")
        self.check("-ERR count should be greater than 0", "BZMPOP y 1 x MIN COUNT 0")
        self.check_each(WRONG_TYPE, "BZPOPMIN x 0", "BZPOPMAX none x z 0", "BZMPOP 0 2 none x MIN")


@unittest.skipIf(REAL, "several clients of one engine")
class WaitingTest(EngineTestCase):
    def blocked(self, command):
        """A new client that waits with this command."""
        client = self.new_client()
        client.block(command)
        return client

    def test_any_command_that_makes_a_sorted_set_serves_the_waiting(self):
        self.client.wire("ZADD source 1 a 2 b")
        for command in ("ZADD z 1 a", "ZINCRBY z 1 a", "ZUNIONSTORE z 1 source", "ZINTERSTORE z 1 source",
                        "ZDIFFSTORE z 1 source", "ZRANGESTORE z source 0 -1", "RENAME source z"):
            waiter = self.blocked("BZPOPMIN z 0")
            self.client.wire(command)
            self.assertEqual(waiter.late_reply(), b"*3\r\n$1\r\nz\r\n$1\r\na\r\n$1\r\n1\r\n", command)
            self.client.wire("DEL z")

    def test_serve_in_order_of_arrival_from_either_end(self):
        first = self.blocked("BZPOPMAX z 0")
        second, third = self.blocked("BZPOPMIN z 0"), self.blocked("BZPOPMIN z 0")
        self.client.wire("ZADD z 1 a 2 b 3 c")
        self.assertEqual(first.late_reply(), b"*3\r\n$1\r\nz\r\n$1\r\nc\r\n$1\r\n3\r\n")
        self.assertEqual(second.late_reply(), b"*3\r\n$1\r\nz\r\n$1\r\na\r\n$1\r\n1\r\n")
        self.assertEqual(third.late_reply(), b"*3\r\n$1\r\nz\r\n$1\r\nb\r\n$1\r\n2\r\n")
        self.assertEqual(self.client.wire("EXISTS z"), b":0\r\n")

    def test_bzmpop_takes_as_many_as_it_wants(self):
        waiter = self.blocked("BZMPOP 0 2 none z MAX COUNT 2")
        self.client.wire("ZADD z 1 a 2 b 3 c")
        self.assertEqual(waiter.late_reply(), b"*2\r\n$1\r\nz\r\n*2\r\n"
                                              b"*2\r\n$1\r\nc\r\n$1\r\n3\r\n*2\r\n$1\r\nb\r\n$1\r\n2\r\n")
        self.assertEqual(self.client.wire("ZCARD z"), b":1\r\n")

    def test_a_command_that_adds_nothing_serves_nobody(self):
        waiter = self.blocked("BZPOPMIN z 0")
        self.client.wire("ZADD z XX 1 a")
        self.client.wire("ZADD z XX INCR 1 a")
        self.client.wire("RPUSH z a")
        self.assertIsNone(waiter.late_reply())

    def test_time_out_with_a_null_array(self):
        commands = "BZPOPMIN z 0.5", "BZPOPMAX z 0.5", "BZMPOP 0.5 1 z MIN"
        waiters = [self.blocked(command) for command in commands]
        waiters[0].session.protocol = 3
        with self.engine.lock:
            self.clock.advance(1)
            self.engine.keyspace.tick()
            give_up_overdue(self.engine)
        self.assertEqual([waiter.late_reply() for waiter in waiters], [b"_\r\n", b"*-1\r\n", b"*-1\r\n"])


if __name__ == "__main__":
    unittest.main()
