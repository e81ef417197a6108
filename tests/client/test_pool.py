"""Pools of connections."""
import gc
import os
import threading
import unittest
from unittest import mock

from redis_clone.client import (
    BlockingConnectionPool, ConnectionError, ConnectionPool, MaxConnectionsError, Redis, TimeoutError,
)
from redis_clone.client import pool as pool_module

from ..support import ServerTestCase
from .scripted import PATIENCE_S, SHORT_S, ClientTestCase, fork, request

OPTIONS = {"lib_name": None, "retry": None, "socket_timeout": PATIENCE_S}


class PoolTestCase(ClientTestCase):
    def pool(self, *scripts, kind=ConnectionPool, **options):
        pool = kind(host="127.0.0.1", port=self.serve(*scripts).port if scripts else 1, **{**OPTIONS, **options})
        self.addCleanup(pool.close)
        return pool


class PoolTest(PoolTestCase):
    def test_a_connection_that_was_given_back_is_used_again(self):
        pool = self.pool([(request("PING"), b"+PONG\r\n")])
        connection = pool.get_connection()
        self.assertTrue(connection.connected)
        pool.release(connection)
        self.assertIs(pool.get_connection("PING"), connection)
        self.assertEqual(connection.execute_command(("PING",)), "PONG")
        pool.release(connection)

    def test_no_more_connections_than_allowed(self):
        pool = self.pool(max_connections=2)
        taken = [pool.take(), pool.take()]
        with self.assertRaisesRegex(MaxConnectionsError, "all 2 connections to 127.0.0.1:1 are in use"):
            pool.take()
        pool.release(taken.pop())
        self.assertIsNotNone(pool.take())

    def test_a_connection_that_is_lost_with_its_user_frees_its_place(self):
        pool = self.pool(max_connections=1)
        connection = pool.take()
        del connection
        try:
            pool.take()
        except MaxConnectionsError:
            self.skipTest("this Python collects garbage later")

    def test_a_connection_that_cannot_be_opened_goes_back(self):
        pool = self.pool(max_connections=1)
        for _ in range(3):
            with self.assertRaisesRegex(ConnectionError, "cannot connect to 127.0.0.1:1"):
                pool.get_connection()

    def test_a_signal_handler_may_interrupt_the_making_of_a_connection(self):
        pool = self.pool()
        made = []

        def make_connection():
            if not made:
                made.append(1)
                made.append(pool.take())    # as a handler would
            return ConnectionPool.make_connection(pool)

        pool.make_connection = make_connection
        self.assertIsNot(pool.take(), made[1])

    def test_impossible_settings_are_refused_at_once(self):
        for options in ({"max_connections": -1}, {"port": 0}, {"socket_timeout": -1}, {"protocol": 4}):
            with self.assertRaises(ValueError):
                ConnectionPool(**options)
        with self.assertRaises(LookupError):
            ConnectionPool(encoding="no-such-encoding")
        with self.assertRaises(TypeError):
            ConnectionPool(no_such_option=1)

    def test_stays_usable_after_every_failure(self):
        ping, pong = request("PING"), b"+PONG\r\n"
        garbage = [(ping, b"garbage\r\n")]
        silence = [(ping, b"")]
        half = [(ping, b"+PO")]
        redis = self.redis(garbage, silence, half, [(ping, b"-ERR no\r\n"), (ping, pong)], max_connections=1,
                           socket_timeout=SHORT_S)
        for _ in range(4):
            with self.assertRaises(Exception):
                redis.ping()
        self.assertTrue(redis.ping())

    def test_an_exception_in_a_converter_does_no_harm(self):
        redis = self.redis([(request("GET", "a"), b"$1\r\na\r\n"), (request("GET", "b"), b"$1\r\nb\r\n")],
                           max_connections=1)
        with self.assertRaises(ZeroDivisionError):
            redis.execute_command("GET", "a", convert=lambda reply: 1 / 0)
        self.assertEqual(redis.get("b"), b"b")

    def test_closing_and_going_on(self):
        ping = [(request("PING"), b"+PONG\r\n")]
        redis = self.redis(ping, ping)
        for _ in range(2):
            self.assertTrue(redis.ping())
            redis.close()
        self.assertEqual(redis.connection_pool.free[0].connected, False)

    def test_closing_ends_what_is_in_use(self):
        pool = self.pool([(b"", b"")])
        connection = pool.get_connection()
        waiter = threading.Timer(SHORT_S, pool.disconnect)
        waiter.start()
        with self.assertRaisesRegex(ConnectionError, "closed the connection during GET|lost .* during GET"):
            connection.next_item(None, "GET")
        waiter.join()

    def test_keeps_what_is_in_use_if_asked_to(self):
        pool = self.pool([(request("PING"), b"+PONG\r\n")])
        connection = pool.get_connection()
        pool.disconnect(inuse_connections=False)
        self.assertEqual(connection.execute_command(("PING",)), "PONG")

    def test_closing_takes_no_connections_away(self):
        pool = self.pool(max_connections=2)
        for connection in [pool.take(), pool.take()]:
            pool.release(connection)
            connection.close = lambda: pool.release(pool.take())        # somebody else needs one just then
        pool.disconnect()
        self.assertEqual(len(set(pool.free)), 2)

    def test_can_be_used_by_several_clients(self):
        with self.pool([(request("PING"), b"+PONG\r\n")] * 2) as pool:
            for _ in range(2):
                with Redis(connection_pool=pool) as redis:
                    self.assertTrue(redis.ping())
            self.assertEqual(len(pool.free), 1)

    def test_a_client_may_own_a_pool(self):
        pool = self.pool([(request("PING"), b"+PONG\r\n")])
        with Redis.from_pool(pool) as redis:
            redis.ping()
        self.assertFalse(pool.free[0].connected)


class BlockingPoolTest(PoolTestCase):
    def test_waits_for_a_connection(self):
        pool = self.pool(kind=BlockingConnectionPool, max_connections=1, timeout=PATIENCE_S)
        connection = pool.take()
        timer = threading.Timer(SHORT_S, pool.release, [connection])
        timer.start()
        self.assertIs(pool.take(), connection)
        timer.join()

    def test_waits_no_longer_than_asked(self):
        pool = self.pool(kind=BlockingConnectionPool, max_connections=1, timeout=SHORT_S)
        connection = pool.take()
        with self.assertRaisesRegex(ConnectionError, f"became free within {SHORT_S} s"):
            pool.take()
        pool.release(connection)
        self.assertEqual(len(pool.waiting), 0)
        self.assertIs(pool.take(), connection)

    def test_one_who_was_interrupted_does_not_wait_any_more(self):
        pool = self.pool(kind=BlockingConnectionPool, max_connections=1)
        connection = pool.take()
        with mock.patch.object(pool, "_take_free", side_effect=[None, KeyboardInterrupt]):
            with self.assertRaises(KeyboardInterrupt):
                pool.take()
        self.assertEqual(len(pool.waiting), 0)
        pool.release(connection)
        self.assertIs(pool.take(), connection)

    def test_one_who_was_interrupted_when_woken_wakes_the_next(self):
        pool = self.pool(kind=BlockingConnectionPool, max_connections=1)
        connection = pool.take()
        next_turn = threading.Lock()
        next_turn.acquire()

        def interrupted_when_woken():
            pool.waiting.append(next_turn)
            pool.release(connection)
            raise KeyboardInterrupt

        with mock.patch.object(pool, "_take_free", side_effect=interrupted_when_woken):
            with self.assertRaises(KeyboardInterrupt):
                pool._nap(PATIENCE_S)
        self.assertFalse(next_turn.locked())

    def test_a_connection_that_was_lost_is_replaced_for_those_who_wait(self):
        pool = self.pool(kind=BlockingConnectionPool, max_connections=1, timeout=None)
        connections = [pool.take()]
        timer = threading.Timer(SHORT_S, lambda: (connections.clear(), gc.collect()))
        timer.start()
        with mock.patch.object(pool_module, "LONGEST_NAP_S", SHORT_S):
            self.assertIsNotNone(pool.take())
        timer.join()

    def test_many_threads_share_few_connections(self):
        pool = self.pool(kind=BlockingConnectionPool, max_connections=2, timeout=PATIENCE_S)
        in_use, most, done = set(), [0], []

        def work():
            for _ in range(200):
                connection = pool.take()
                self.assertNotIn(connection, in_use)
                in_use.add(connection)
                most[0] = max(most[0], len(in_use))
                in_use.discard(connection)
                pool.release(connection)
            done.append(1)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
        self.assertEqual(len(done), 8)
        self.assertLessEqual(most[0], 2)


class ThreadsTest(ServerTestCase):
    def test_everybody_gets_the_reply_to_the_own_command(self):
        wrong = []
        with Redis(port=self.server.port, socket_timeout=PATIENCE_S) as redis:
            def work(number):
                for i in range(200):
                    text = b"%d:%d" % (number, i)
                    if redis.echo(text) != text or redis.pipeline(False).echo(text).execute() != [text]:
                        wrong.append(text)

            threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(wrong, [])

    def test_a_single_connection_is_shared_one_after_the_other(self):
        numbers = set()
        with Redis(port=self.server.port, single_connection_client=True) as redis:
            def work():
                for _ in range(50):
                    numbers.add(redis.client_id())

            threads = [threading.Thread(target=work) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(len(numbers), 1)

    def test_a_client_of_one_connection_of_the_same_pool(self):
        with Redis(port=self.server.port) as redis:
            with redis.client() as alone:
                self.assertEqual(alone.client_id(), alone.client_id())
                self.assertNotEqual(alone.client_id(), redis.client_id())
            self.assertEqual(len(redis.connection_pool.free), 2)

    def test_a_timeout_never_leads_to_a_wrong_reply(self):
        with Redis(port=self.server.port, socket_timeout=SHORT_S) as redis:
            redis.set("k", "v")
            with self.assertRaises(TimeoutError):
                redis.blpop("list", timeout=1)
            redis.rpush("list", "late")
            self.assertEqual(redis.get("k"), b"v")

    @unittest.skipUnless(hasattr(os, "fork"), "this system has no fork")
    def test_a_forked_child_has_connections_of_its_own(self):
        with Redis(port=self.server.port) as redis:
            pipe = redis.pipeline()
            pipe.watch("k")
            number = redis.client_id()
            child = fork()
            if not child:
                status = 1
                try:
                    status = 0 if redis.client_id() != number and redis.echo("child") == b"child" else 2
                finally:
                    os._exit(status)
            self.assertEqual(os.waitpid(child, 0)[1], 0)
            self.assertEqual(redis.client_id(), number)
            pipe.multi()
            self.assertEqual(pipe.set("k", "v").execute(), [True])


if __name__ == "__main__":
    unittest.main()
