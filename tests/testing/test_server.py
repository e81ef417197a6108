"""TestServer: empty again and again, its dice, what was called."""
import contextlib
import gc
import io
import os
import socket
import subprocess
import sys
import threading
import time
import unittest
import warnings

from redis_clone.client import Client, ReplyError
from redis_clone.client.errors import ClientError
from redis_clone.testing import Call, TestServer
from tests.support import receive
from tests.testing.support import ServerCase


class ResetTest(ServerCase):
    def test_all_databases_are_empty(self):
        for number in (0, 3, 15):
            self.execute(f"SELECT {number}")
            self.execute("SET key value")
        self.server.reset()
        self.assertEqual(self.server.dump(), "no keys in any database")

    def test_the_port_stays(self):
        url = self.server.url
        self.server.reset()
        self.assertEqual(self.server.url, url)
        self.assertEqual(self.connect().execute("PING"), "PONG")

    def test_clients_are_hung_up_on(self):
        other = socket.create_connection((self.server.host, self.server.port), 10)
        self.addCleanup(other.close)
        other.sendall(b"PING\r\n")
        self.assertEqual(other.recv(100), b"+PONG\r\n")
        self.server.reset()
        self.assertEqual(other.recv(100), b"")
        client_list = self.connect().execute("CLIENT", "LIST")
        self.assertEqual(client_list.count(b"\n"), 1)

    def test_blocked_and_subscribed_clients_are_hung_up_on(self):
        join = self.in_background("BLPOP key 0")
        self.server.wait_for_blocked()
        self.server.reset()
        self.assertIsInstance(join(), ClientError)

    def test_nothing_of_what_was_set_is_left(self):
        for line in ("CONFIG SET maxmemory 123mb", "CONFIG SET slowlog-log-slower-than 0", "CONFIG SET requirepass x",
                     "SET k v", "CLIENT PAUSE 100000 WRITE", "DEBUG SET-ACTIVE-EXPIRE 0", "SUBSCRIBE channel"):
            self.execute(line) if line[:9] != "SUBSCRIBE" else self.connect(password="x").execute("PING")
        self.server.fail_next("*", "ERR no", count=5)
        self.server.set_time(1)
        self.server.reset()
        self.redis = self.connect()
        self.assertEqual(self.execute("CONFIG GET maxmemory"), [b"maxmemory", b"0"])
        self.assertEqual(self.execute("SET k v"), "OK")
        self.assertEqual(self.execute("SLOWLOG LEN"), 0)
        self.assertEqual(self.execute("DBSIZE"), 1)
        self.assertTrue(self.server.engine.active_expiry)
        self.assertAlmostEqual(int(self.execute("TIME")[0]), time.time(), delta=5)
        self.assertIn(b"total_connections_received:1\r\n", self.execute("INFO stats"))

    def test_scripts_and_functions_are_forgotten(self):
        sha = self.redis.execute("SCRIPT", "LOAD", "return 1")
        self.redis.execute("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 1 end)")
        self.server.reset()
        self.redis = self.connect()
        self.assertEqual(self.redis.execute("SCRIPT", "EXISTS", sha), [0])
        self.assertEqual(self.redis.execute("FUNCTION", "LIST"), [])

    def test_what_was_held_is_freed_at_once(self):
        self.redis.execute("EVAL", "return redis.call('SET', 'key', 'value')", 0)
        self.redis.execute("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 1 end)")
        engine = self.server.engine
        programs = [*engine.scripting.programs.values(), engine.functions.find(b"f")]
        self.server.reset()
        self.assertEqual(sum(map(len, engine.keyspace.databases)), 0)
        self.assertEqual(engine.intercept.calls, [])
        self.assertEqual([len(program.runtime.globals) for program in programs], [0, 0])
        engine.config.set_many([("requirepass", "secret")])
        self.assertEqual(engine.password, b"")

    def test_coroutines_that_wait_may_be_left_behind(self):
        with contextlib.redirect_stderr(io.StringIO()) as log:
            self.redis.execute("FUNCTION", "LOAD", """#!lua name=lib
                local waiting
                redis.register_function("f", function()
                    waiting = coroutine.wrap(function() coroutine.yield(1) end)
                    return waiting()
                end)""")
            self.assertEqual(self.redis.execute("FCALL", "f", 0), 1)
            self.server.reset()
            gc.collect()
        self.assertEqual(log.getvalue(), "")

    def test_a_script_that_never_ends_is_ended(self):
        self.execute("CONFIG SET busy-reply-threshold 1")
        client = self.connect()
        with socket.create_connection((self.server.host, self.server.port), 10) as sock:
            sock.sendall(b"EVAL 'while true do redis.call(\"SET\", \"k\", \"v\") end' 0\r\n")
            with contextlib.redirect_stderr(io.StringIO()) as log:
                while True:                     # until the script runs
                    try:
                        client.execute("PING")
                    except ReplyError as error:
                        self.assertIn("BUSY", str(error))
                        break
                self.server.reset()
        self.assertIn("Slow script detected", log.getvalue())
        self.assertEqual(self.server.dump(), "no keys in any database")

    def test_another_configuration_may_be_given(self):
        self.server.reset({"databases": 2, "requirepass": "top secret", "save": ["900", "1"]})
        self.assertIn(":top%20secret@", self.server.url)
        client = self.connect(password="top secret")
        self.assertEqual(client.execute("CONFIG", "GET", "databases"), [b"databases", b"2"])
        self.assertEqual(client.execute("CONFIG", "GET", "save"), [b"save", b"900 1"])

    def test_files_go_to_a_directory_of_its_own(self):
        self.execute("SET key value")
        self.execute("SAVE")
        directory = self.redis.execute("CONFIG", "GET", "dir")[1].decode()
        self.assertIn("dump.rdb", os.listdir(directory))
        self.server.reset()
        self.assertEqual(os.listdir(directory), [])

    def test_an_append_only_file_works_and_is_gone_after_it(self):
        self.server.reset({"appendonly": True})
        client = self.connect()
        client.execute("SET", "key", "value")
        self.assertIn(b"aof_enabled:1\r\n", client.execute("INFO", "persistence"))
        self.server.reset({"appendonly": True})
        self.assertEqual(self.connect().execute("DBSIZE"), 0)

    def test_addresses_cannot_change(self):
        with self.assertRaises(ValueError):
            self.server.reset({"bind": "127.0.0.2"})

    def test_a_server_that_was_shut_down_cannot_be_reset(self):
        with TestServer() as server:
            client = Client(port=server.port)
            self.addCleanup(client.close)
            with self.assertRaises(ClientError):
                client.execute("SHUTDOWN", "NOSAVE")
            server.stop()                       # waits for the end that is under way
            self.assertFalse(server.can_be_reset())
            with self.assertRaises(ValueError):
                server.reset()

    def test_takes_few_milliseconds(self):
        times = []
        for _ in range(20):
            started = time.perf_counter()
            self.server.reset()
            times.append(time.perf_counter() - started)
        self.assertLess(min(times), 0.005)

    def test_many_of_them_leave_no_thread_and_no_file_behind(self):
        self.execute("PING")
        self.server.reset()
        before = threading.active_count()
        for _ in range(20):
            self.connect().execute("EVAL", "return 1", "0")
            self.server.reset()
        self.assertLessEqual(threading.active_count(), before)


class ConfigurationTest(unittest.TestCase):
    def test_underscores_will_do(self):
        with TestServer({"maxmemory_policy": "allkeys-lru"}) as server, Client(port=server.port) as client:
            self.assertEqual(client.execute("CONFIG", "GET", "maxmemory-policy")[1], b"allkeys-lru")

    def test_what_has_no_effect_is_told(self):
        with self.assertWarnsRegex(UserWarning, "the directive maxmemory has no effect"):
            TestServer({"maxmemory": "1mb"})

    def test_a_port_is_refused(self):
        with self.assertRaisesRegex(ValueError, "free port"):
            TestServer({"port": 6379})

    def test_stop_removes_the_directory_and_leaves_no_thread(self):
        before = set(threading.enumerate())
        with TestServer() as server, Client(port=server.port) as client:
            directory = client.execute("CONFIG", "GET", "dir")[1].decode()
        self.assertFalse(os.path.exists(directory))
        self.assertEqual(set(threading.enumerate()) - before, set())

    def test_repr_says_where_it_is(self):
        with TestServer() as server:
            self.assertEqual(repr(server), f"<TestServer {server.url}>")
        self.assertEqual(repr(server), "<TestServer that is not running>")
        self.assertEqual(repr(TestServer()), "<TestServer that is not running>")

    def test_two_servers_do_not_know_of_each_other(self):
        with TestServer() as one, TestServer() as other:
            self.assertNotEqual(one.port, other.port)
            with Client(port=one.port) as client:
                client.execute("SET", "key", "value")
            self.assertEqual(other.dump(), "no keys in any database")


RANDOM_LINES = ("RANDOMKEY", "SRANDMEMBER numbers", "SRANDMEMBER numbers 5", "SRANDMEMBER numbers -5", "SPOP numbers",
                "SPOP numbers 3", "SRANDMEMBER words 5", "SRANDMEMBER words -30", "SPOP words 4",
                "SRANDMEMBER many 500", "SRANDMEMBER many -7", "SPOP many 20", "SPOP many",
                "HRANDFIELD hash 4", "HRANDFIELD hash -9", "ZRANDMEMBER zset 3 WITHSCORES", "ZRANDMEMBER zset -5")


def random_replies(seed):
    """What random commands reply with this seed on a new server."""
    with TestServer() as server, Client(port=server.port) as client:
        for number in range(50):
            client.execute("SET", f"key:{number}", "value")
            client.execute("SADD", "numbers", number * 7)
            client.execute("SADD", "words", f"word:{number}")
            client.execute("HSET", "hash", f"field:{number}", "value")
            client.execute("ZADD", "zset", number, f"member:{number}")
        client.execute("SADD", "many", *(f"member:{number}" for number in range(1000)))
        server.seed(seed)
        replies = [client.execute(*line.split()) for line in RANDOM_LINES]
        return replies + [client.execute("EVAL", "return {math.random(1000), math.random(1000)}", "0")]


class SeedTest(unittest.TestCase):
    def test_the_same_seed_makes_the_same_replies(self):
        self.assertEqual(random_replies(42), random_replies(42))

    def test_another_seed_makes_others(self):
        ours, theirs = random_replies(42), random_replies(43)
        self.assertNotEqual(ours[3], theirs[3])
        self.assertNotEqual(ours[-1], theirs[-1])

    def test_it_does_so_in_any_process(self):
        program = ("import hashlib, tests.testing.test_server as t; "
                   "print(hashlib.sha1(repr(t.random_replies(42)).encode()).hexdigest())")
        found = set()
        for hash_seed in ("1", "2"):
            done = subprocess.run([sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": hash_seed},
                                  stdout=subprocess.PIPE, timeout=60, check=True)
            found.add(done.stdout)
        self.assertEqual(len(found), 1)


class CommandsTest(ServerCase):
    def test_calls_are_noted_in_order(self):
        self.execute("SET key value")
        self.execute("SELECT 3")
        self.execute("get key")
        calls = [(call.db, call.argv) for call in self.server.commands]
        self.assertEqual(calls[-3:], [(0, (b"SET", b"key", b"value")), (0, (b"SELECT", b"3")), (3, (b"get", b"key"))])
        self.assertEqual(self.server.commands[-1].name, "GET")
        self.assertEqual(str(self.server.commands[-1]), 'GET "key"')
        self.assertIsInstance(self.server.commands[-1], Call)

    def test_long_calls_are_cut_where_they_are_shown(self):
        self.redis.execute("SET", "key", "x" * 1000)
        self.redis.execute("MGET", *range(50))
        long, many = map(str, self.server.commands[-2:])
        self.assertEqual(long, 'SET "key" "%s"... (1000 bytes)' % ("x" * 100))
        self.assertTrue(many.endswith('"18" "19" ... and 30 more'), many)

    def test_the_last_ones_can_be_had_as_text(self):
        self.server.clear_commands()
        self.assertEqual(self.server.dump_commands(), "")
        for number in range(5):
            self.execute(f"ECHO {number}")
        self.assertEqual(self.server.dump_commands(most=2), '... 3 earlier ones\nECHO "3"\nECHO "4"')
        self.assertEqual(self.server.dump_commands(most=5).count("\n"), 4)

    def test_calls_of_one_command_can_be_asked_for(self):
        for line in ("SET key value", "GET key", "GET other", "CONFIG GET maxmemory", "CONFIG GET dir", "INCRBY n 5"):
            self.execute(line)
        called = self.server.called
        self.assertEqual(len(called("get")), 2)
        self.assertEqual(len(called("GET", "key")), 1)
        self.assertEqual(len(called("CONFIG GET")), 2)
        self.assertEqual(len(called("config get", "dir")), 1)
        self.assertEqual(len(called("INCRBY", "n", 5)), 1)
        self.assertEqual(called("GET", "nothing"), [])

    def test_they_tell_who_called(self):
        other = self.connect()
        self.execute("PING")
        other.execute("PING")
        first, second = self.server.called("PING")
        self.assertNotEqual(first.client, second.client)

    def test_queued_commands_are_noted_and_those_of_scripts_are_not(self):
        self.server.clear_commands()
        for line in ("MULTI", "SET key 1", "EXEC"):
            self.execute(line)
        self.redis.execute("EVAL", "return redis.call('GET', KEYS[1])", 1, "key")
        self.assertEqual([call.name for call in self.server.commands], ["MULTI", "SET", "EXEC", "EVAL"])

    def test_clear_forgets_them(self):
        self.execute("PING")
        self.server.clear_commands()
        self.assertEqual(self.server.commands, [])

    def test_the_oldest_are_forgotten(self):
        with socket.create_connection((self.server.host, self.server.port), 10) as sock:
            sock.sendall(b"".join(b"ECHO %05d\r\n" % number for number in range(10_100)))
            receive(sock, 10_100 * len("$5\r\n00000\r\n"))
        calls = self.server.commands
        self.assertEqual(len(calls), 10_000)
        self.assertEqual(str(calls[0]), 'ECHO "00100"')

    def test_large_values_are_not_kept_for_long(self):
        for _ in range(40):
            self.redis.execute("SET", "key", b"x" * 1_000_000)
        self.assertLess(sum(len(word) for call in self.server.commands for word in call.argv), 17_000_000)

    def test_nothing_is_noted_where_that_is_not_wanted(self):
        with TestServer(record_commands=False) as server, Client(port=server.port) as client:
            client.execute("PING")
            self.assertEqual(server.commands, [])


class ClientTest(ServerCase):
    def test_it_is_connected_to_the_server(self):
        redis = self.server.client(decode_responses=True)
        redis.set("key", "value")
        self.assertEqual(redis.get("key"), "value")

    def test_reset_closes_it(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error", ResourceWarning)
            self.server.client().set("key", "value")
            self.server.reset()

    def test_it_knows_the_password(self):
        self.server.reset({"requirepass": "secret"})
        self.assertTrue(self.server.client().set("key", "value"))


if __name__ == "__main__":
    unittest.main()
