"""Failures made to order."""
import socket
import unittest

from redis_clone.client import ReplyError
from redis_clone.client.errors import ClientError
from tests.testing.support import ServerCase


class FailNextTest(ServerCase):
    def assert_fails(self, text, line):
        with self.assertRaises(ReplyError) as caught:
            self.execute(line)
        self.assertIn(text, str(caught.exception))

    def test_the_next_call_gets_the_error(self):
        self.server.fail_next("GET", "LOADING Redis is loading the dataset in memory")
        self.execute("SET key value")
        self.assert_fails("LOADING Redis is loading the dataset in memory", "GET key")
        self.assertEqual(self.execute("GET key"), b"value")

    def test_any_client_may_get_it(self):
        self.server.fail_next("get", "ERR no")
        other = self.connect()
        with self.assertRaises(ReplyError):
            other.execute("GET", "key")
        self.assertIsNone(self.execute("GET key"))

    def test_as_often_as_it_says(self):
        self.server.fail_next("INCR", "OOM command not allowed", count=2)
        self.assert_fails("OOM", "INCR n")
        self.assert_fails("OOM", "INCR n")
        self.assertEqual(self.execute("INCR n"), 1)

    def test_for_one_key_only(self):
        self.server.fail_next("MGET", "ERR no", key="b")
        self.assertEqual(self.execute("MGET a c"), [None, None])
        self.assert_fails("ERR no", "MGET a b")

    def test_a_key_is_no_value(self):
        self.server.fail_next("SET", "ERR no", key="b")
        self.assertEqual(self.execute("SET a b"), "OK")

    def test_a_subcommand_or_all_of_them(self):
        self.server.fail_next("CONFIG GET", "ERR no")
        self.execute("CONFIG SET maxmemory 0")
        self.assert_fails("ERR no", "CONFIG GET maxmemory")
        self.server.fail_next("CONFIG", "ERR no")
        self.assert_fails("ERR no", "CONFIG SET maxmemory 0")

    def test_any_command(self):
        self.server.fail_next("*", "READONLY You can't write against a read only replica.")
        self.assert_fails("READONLY", "PING")

    def test_orders_are_carried_out_in_turn(self):
        self.server.fail_next("GET", "ERR one")
        self.server.fail_next("GET", "ERR two")
        self.assert_fails("one", "GET key")
        self.assert_fails("two", "GET key")

    def test_a_transaction_is_spoiled(self):
        self.server.fail_next("SET", "OOM command not allowed")
        self.execute("MULTI")
        self.assert_fails("OOM", "SET key value")
        self.assert_fails("EXECABORT", "EXEC")

    def test_it_counts_as_a_rejected_call(self):
        self.server.fail_next("GET", "LOADING later")
        self.assert_fails("LOADING", "GET key")
        self.assertIn(b"errorstat_LOADING:count=1\r\n", self.execute("INFO errorstats"))

    def test_disconnects_before_the_command(self):
        self.server.fail_next("INCR", disconnect=True)
        with self.assertRaises(ClientError):
            self.execute("INCR n")
        self.assertIsNone(self.connect().execute("GET", "n"))

    def test_disconnects_after_an_error(self):
        with socket.create_connection((self.server.host, self.server.port), 10) as sock:
            self.server.fail_next("GET", "ERR bye", disconnect=True)
            sock.sendall(b"PING\r\nGET key\r\nPING\r\n")
            received = b"".join(iter(lambda: sock.recv(1000), b""))
        self.assertEqual(received, b"+PONG\r\n-ERR bye\r\n")

    def test_breaks_off_in_the_middle_of_a_reply(self):
        self.execute("SET key value")
        with socket.create_connection((self.server.host, self.server.port), 10) as sock:
            self.server.fail_next("GET", reply_bytes=6)
            sock.sendall(b"GET key\r\n")
            received = b"".join(iter(lambda: sock.recv(1000), b""))
        self.assertEqual(received, b"$5\r\nva")

    def test_a_lost_reply_is_of_a_command_that_was_run(self):
        self.server.fail_next("INCR", reply_bytes=0)
        with self.assertRaises(ClientError):
            self.execute("INCR n")
        self.assertEqual(self.connect().execute("GET", "n"), b"1")

    def test_a_delayed_reply_comes_later_while_others_are_served(self):
        self.server.fail_next("INCR", delay_s=1000)
        join = self.in_background("INCR n")
        self.server.wait_for_blocked()
        self.assertEqual(self.execute("GET n"), b"1")
        self.server.fast_forward(1000)
        self.assertEqual(join(), 1)

    def test_a_delay_provokes_a_timeout(self):
        self.server.fail_next("GET", delay_s=1000)
        with socket.create_connection((self.server.host, self.server.port), 0.05) as sock:
            sock.sendall(b"GET key\r\n")
            with self.assertRaises(socket.timeout):
                sock.recv(100)

    def test_a_delayed_error(self):
        self.server.fail_next("GET", "ERR late", delay_s=1000)
        join = self.in_background("GET key")
        self.server.wait_for_blocked()
        self.server.fast_forward(1000)
        self.assertIn("ERR late", str(join()))

    def test_a_delayed_end(self):
        self.server.fail_next("GET", disconnect=True, delay_s=1000)
        join = self.in_background("GET key")
        self.server.wait_for_blocked()
        self.server.fast_forward(1000)
        self.assertIsInstance(join(), ClientError)

    def test_what_blocks_is_not_delayed(self):
        self.server.fail_next("BLPOP", delay_s=1000)
        join = self.in_background("BLPOP key 0")
        self.server.wait_for_blocked()
        self.execute("RPUSH key value")
        self.assertEqual(join(), [b"key", b"value"])

    def test_orders_can_be_taken_back(self):
        self.server.fail_next("PING", "ERR no")
        self.server.clear_failures()
        self.assertEqual(self.execute("PING"), "PONG")

    def test_impossible_orders_are_refused(self):
        for args, options in ((("GTE", "ERR no"), {}), (("GET",), {}),
                              (("GET", "ERR no"), {"reply_bytes": 1}), (("GET",), {"reply_bytes": 1, "delay_s": 1}),
                              (("GET", "ERR no"), {"count": 0}), (("GET",), {"delay_s": -1}),
                              (("GET",), {"reply_bytes": -1})):
            with self.assertRaises(ValueError):
                self.server.fail_next(*args, **options)
        with self.assertRaisesRegex(TypeError, "text of a reply"):
            self.server.fail_next("GET", ConnectionError("no"))


class DisconnectClientsTest(ServerCase):
    def test_all_are_hung_up_on(self):
        self.execute("PING")
        join = self.in_background("BLPOP key 0")
        self.server.wait_for_blocked()
        self.server.disconnect_clients()
        self.assertIsInstance(join(), ClientError)
        with self.assertRaises(ClientError):
            self.execute("PING")

    def test_they_may_come_back_and_find_everything(self):
        self.execute("SET key value")
        self.server.disconnect_clients()
        client = self.connect()
        self.assertEqual(client.execute("GET", "key"), b"value")
        self.assertEqual(client.execute("CLIENT", "LIST").count(b"\n"), 1)


if __name__ == "__main__":
    unittest.main()
