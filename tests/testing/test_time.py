"""A server's clock, moved by a test."""
import datetime
import socket
import time
import unittest

from redis_clone.client.errors import ClientError
from tests.testing.support import ServerCase


class FastForwardTest(ServerCase):
    def test_keys_expire_at_once(self):
        self.execute("SET key value EX 10")
        self.execute("SET other value EX 11")
        self.server.fast_forward(10)
        self.assertEqual(list(self.server.engine.keyspace.databases[0].values), [b"other"])

    def test_fields_expire_at_once(self):
        self.execute("HSET hash a 1 b 2")
        self.execute("HEXPIRE hash 10 FIELDS 1 a")
        self.server.fast_forward(10)
        self.assertEqual(self.execute("HGETALL hash"), [b"b", b"2"])

    def test_ttls_shrink(self):
        self.execute("SET key value EX 100")
        self.server.fast_forward(40)
        self.assertEqual(self.execute("TTL key"), 60)

    def test_expired_keys_are_told_of_in_their_order(self):
        self.execute("CONFIG SET notify-keyspace-events Ex")
        for key, seconds in (("c", 3), ("a", 1), ("b", 2)):
            self.execute(f"SET {key} value EX {seconds}")
        with socket.create_connection((self.server.host, self.server.port), 10) as sock:
            sock.sendall(b"SUBSCRIBE __keyevent@0__:expired\r\n")
            sock.recv(1000)
            self.server.fast_forward(5)
            received = b""
            while received.count(b"message") < 3:
                received += sock.recv(1000)
        self.assertEqual([line for line in received.split(b"\r\n") if line in (b"a", b"b", b"c")], [b"a", b"b", b"c"])

    def test_blocked_clients_give_up(self):
        join = self.in_background("BLPOP key 30")
        self.server.wait_for_blocked()
        self.server.fast_forward(30)
        self.assertIsNone(join())

    def test_a_pause_ends(self):
        self.execute("CLIENT PAUSE 60000")
        join = self.in_background("PING")
        self.server.fast_forward(60)
        self.assertEqual(join(), "PONG")

    def test_expiry_that_was_turned_off_stays_so(self):
        self.execute("DEBUG SET-ACTIVE-EXPIRE 0")
        self.execute("SET key value EX 10")
        self.server.fast_forward(60)
        self.assertEqual(len(self.server.engine.keyspace.databases[0].values), 1)
        self.assertEqual(self.execute("EXISTS key"), 0)

    def test_idle_clients_are_hung_up_on(self):
        self.execute("CONFIG SET timeout 60")
        self.server.fast_forward(61)
        with self.assertRaises(ClientError):
            self.execute("PING")

    def test_time_does_not_go_back(self):
        with self.assertRaises(ValueError):
            self.server.fast_forward(-1)

    def test_takes_a_timedelta(self):
        self.execute("SET key value EX 3601")
        self.server.fast_forward(datetime.timedelta(hours=1))
        self.assertIn(self.execute("TTL key"), (0, 1))

    def test_needs_no_real_time(self):
        started = time.monotonic()
        self.server.fast_forward(365 * 86400)
        self.assertLess(time.monotonic() - started, 1)


class SetTimeTest(ServerCase):
    def seconds(self):
        return int(self.execute("TIME")[0])

    def test_takes_a_datetime(self):
        self.server.set_time(datetime.datetime(2038, 1, 19, 3, 14, 7, tzinfo=datetime.timezone.utc))
        self.assertIn(self.seconds(), range(2 ** 31 - 1, 2 ** 31 + 10))

    def test_takes_seconds(self):
        self.server.set_time(1_000_000_000)
        self.assertIn(self.seconds(), range(1_000_000_000, 1_000_000_010))

    def test_keys_expire_by_the_date(self):
        self.execute("SET key value EXAT 2000000000")
        self.server.set_time(2_000_000_000)
        self.assertEqual(self.server.dump(), "no keys in any database")

    def test_the_date_may_go_back(self):
        self.execute("SET key value EXAT 2000000000")
        self.server.set_time(1_999_999_000)
        self.server.set_time(1_000_000_000)
        self.assertGreater(self.execute("TTL key"), 999_999_900)

    def test_blocked_clients_go_on_waiting(self):
        join = self.in_background("BLPOP key 1000")
        self.server.wait_for_blocked()
        self.server.set_time(4_000_000_000)
        self.execute("RPUSH key value")
        self.assertEqual(join(), [b"key", b"value"])

    def test_frozen_time_stands_still(self):
        self.server.freeze_time()
        self.server.set_time(1_700_000_000)
        for _ in range(3):
            self.assertEqual(self.execute("TIME"), [b"1700000000", b"0"])
        self.execute("SET key value EX 100")
        self.assertEqual(self.execute("PTTL key"), 100_000)
        self.assertEqual(self.execute("PEXPIRETIME key"), 1_700_000_100_000)
        self.assertEqual(self.execute("XADD stream * a b"), b"1700000000000-0")

    def test_frozen_time_moves_when_told_to(self):
        self.server.freeze_time()
        self.server.set_time(1_700_000_000)
        for step in range(1, 50):
            self.server.fast_forward(0.1)
        self.server.set_time(1_700_000_500)
        self.server.fast_forward(100)
        self.assertEqual(self.execute("TIME"), [b"1700000600", b"0"])
        self.execute("SET key value EX 10")
        self.server.fast_forward(10)
        self.assertEqual(self.execute("EXISTS key"), 0)

    def test_time_goes_on_from_where_it_stands(self):
        self.server.freeze_time()
        self.server.set_time(1_700_000_000)
        self.server.unfreeze_time()
        self.assertIn(self.seconds(), range(1_700_000_000, 1_700_000_010))
        first = self.execute("TIME")
        self.assertNotEqual(self.execute("TIME"), first)

    def test_a_pause_in_frozen_time_ends_when_time_is_moved(self):
        self.server.freeze_time()
        self.execute("CLIENT PAUSE 1000")
        join = self.in_background("PING")
        self.server.fast_forward(1)
        self.assertEqual(join(), "PONG")


if __name__ == "__main__":
    unittest.main()
