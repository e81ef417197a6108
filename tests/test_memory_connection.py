"""The connection without a socket: the same as one with, in replies, errors, waiting, and what others see of it."""
import gc
import os
import tempfile
import threading
import time
import unittest
from unittest import mock

from redis_clone import memory_connection
from redis_clone.client import (AuthenticationError, Connection, ConnectionFailed, ConnectionLost, DataError, Redis,
                                ReplyError, ResponseError, TimeoutError)
from redis_clone.client.errors import ServerFullError
from redis_clone.dispatch import run
from redis_clone.log import Log
from redis_clone.server import Server

from .support import test_config

PATIENCE_S = 10

# Everything that a reply can be, errors among it. Each is run once on either side of a socket.
COMMANDS = [
    ("SET", "k", "v"), ("GET", "k"), ("GET", "none"), ("SET", "n", 5), ("INCR", "n"), ("GET", "n"),
    ("APPEND", "k", b"\r\n"), ("GET", "k"), ("SET", "é", "é"), ("GET", "é".encode()), ("SETRANGE", "long", 5000, "x"), ("GET", "long"),
    ("SET", "f", 1.5), ("INCRBYFLOAT", "f", 1e-3), ("GETDEL", "f"), ("TYPE", "k"), ("TYPE", "none"), ("PING",),
    ("PING", "hello"), ("ECHO", b"\xff\x00"), ("STRLEN", "k"), ("EXISTS", "k", "n"), ("DEL", "none"),
    ("RPUSH", "l", "a", b"b", 3, 4.5, bytearray(b"c"), memoryview(b"d")), ("LRANGE", "l", 0, -1), ("LRANGE", "l", 5, 1),
    ("LPOP", "none", 3), ("LPOS", "l", "a", "COUNT", 0), ("MGET", "k", "none", "n"),
    ("HSET", "h", "f", "v", "g", "w"), ("HGETALL", "h"), ("HGETALL", "none"), ("HMGET", "h", "f", "x"),
    ("HRANDFIELD", "h", 2, "WITHVALUES"), ("SADD", "s", "one"), ("SMEMBERS", "s"), ("SMISMEMBER", "s", "one", "two"),
    ("ZADD", "z", 1, "a", 2.5, "b"), ("ZSCORE", "z", "b"), ("ZSCORE", "z", "x"), ("ZRANGE", "z", 0, -1, "WITHSCORES"),
    ("ZRANDMEMBER", "none", 1, "WITHSCORES"), ("ZRANK", "z", "b", "WITHSCORE"), ("ZRANK", "z", "x", "WITHSCORE"),
    ("ZPOPMIN", "z"), ("ZMPOP", 1, "none", "MIN"), ("GEOADD", "geo", 13.361389, 38.115556, "Palermo"),
    ("GEOPOS", "geo", "Palermo", "x"), ("XADD", "x", "1-1", "f", "v"), ("XRANGE", "x", "-", "+"), ("XINFO STREAM", "x"),
    ("XREAD", "STREAMS", "x", "0"), ("XREAD", "STREAMS", "x", "$"), ("OBJECT ENCODING", "l"), ("CONFIG GET", "hz"),
    ("COMMAND INFO", "get", "nosuch"), ("COMMAND COUNT",), ("CLIENT GETNAME",), ("CLIENT NO-TOUCH", "on"),
    ("GET", "k"), ("CLIENT NO-TOUCH", "off"), ("BLPOP", "l", 0), ("BLPOP", "none", 0.001), ("WAIT", 0, 10),
    ("EVAL", "return {1, 'two', {ok='fine'}, {err='ERR mine'}, false, {double=1.5}}", 0),
    ("EVAL", "redis.setresp(3) return {map={a=1}, true, {set={b=true}}, {big_number='123'}}", 0),
    ("EVAL", "redis.setresp(3) return {verbatim_string={format='txt', string='t'}}", 0),
    ("DEBUG", "PROTOCOL", "verbatim"), ("DEBUG", "PROTOCOL", "bignum"), ("DEBUG", "PROTOCOL", "double"),
    ("DEBUG", "PROTOCOL", "true"), ("DEBUG", "PROTOCOL", "attrib"), ("DEBUG", "PROTOCOL", "map"),
    ("DEBUG", "PROTOCOL", "set"), ("DEBUG", "PROTOCOL", "null"), ("DEBUG", "PROTOCOL", "array"),
    ("GET",), ("GET", "k", "l"), ("LPUSH", "k", "v"), ("NOSUCH", "x", "y"), ("CONFIG NOSUCH", "x"), ("CONFIG",),
    ("get", "k"), ("INCR", "k"), ("SETEX", "k", -1, "v"), ("EXEC",), ("SELECT", 99), ("SELECT", 3), ("DBSIZE",), ("GET", "k"),
    (b"SET", b"b", b"1"), ("DEL", *map(str, range(300))), ("MULTI",), ("SET", "t", 1), ("INCR", "t"), ("LPUSH", "t", 1),
    ("HGETALL", "h"), ("EXEC",), ("MULTI",), ("NOSUCH",), ("EXEC",), ("MULTI",), ("DISCARD",),
    ("WATCH", "t"), ("MULTI",), ("EXEC",), ("HELLO", 3), ("HGETALL", "h"), ("HELLO", 2), ("HGETALL", "h"), ("RESET",), ("QUIT",),
]


def outcome(connection, command):
    """A reply or error as something that can be compared, types included."""
    try:
        return shape(connection.execute_command(command))
    except Exception as error:
        return shape(error)


def shape(value):
    if isinstance(value, (list, tuple)):
        return type(value), [shape(item) for item in value]
    if isinstance(value, dict):
        return type(value), [(shape(key), shape(item)) for key, item in value.items()]
    if isinstance(value, set):
        return type(value), sorted(map(repr, map(shape, value)))
    if isinstance(value, ReplyError):
        return type(value), str(value), value.code
    return type(value), value


class MemoryConnectionTestCase(unittest.TestCase):
    """A server without listeners."""

    config = {}

    def setUp(self):
        self.server = self.start_server()
        self.connection = self.connect()

    def start_server(self):
        server = Server(test_config(self.config), Log(level="nothing"), listen=False)
        server.start()
        self.addCleanup(server.stop)
        return server

    def connect(self, **options):
        """A connection without a socket, closed after the test."""
        connection = self.server.open_memory_connection(**options).connect()
        self.addCleanup(connection.close)
        return connection

    def connect_pipe(self, server=None, **options):
        """A connection with a socket."""
        server = server or self.server
        connection = Connection(open_socket=server.open_pipe, address="pipe", typed_errors=True,
                                timeout_s=PATIENCE_S, **options).connect()
        self.addCleanup(connection.close)
        return connection

    def run_(self, *args):
        return self.connection.execute_command(args)

    def start_thread(self, *args, connection=None):
        """Run a command in another thread; its `result` is there after `join`."""
        connection = connection or self.connect()
        thread = threading.Thread(target=lambda: setattr(thread, "result", outcome(connection, args)))
        thread.start()
        self.addCleanup(thread.join, PATIENCE_S)
        return thread

    def wait_until(self, condition):
        deadline_s = time.monotonic() + PATIENCE_S
        while not condition():
            self.assertLess(time.monotonic(), deadline_s)
            time.sleep(0.001)

    def wait_until_blocked(self, count=1):
        self.wait_until(lambda: self.server.engine.blocked_clients == count)

    def result(self, thread):
        thread.join(PATIENCE_S)
        return thread.result


class LockedEngine:
    """An engine whose lock is always said to be held by somebody, whoever that is."""

    def __init__(self, engine):
        self._engine = engine
        self.lock = LockedLock(engine.lock)

    def __getattr__(self, name):
        return getattr(self._engine, name)

    def __setattr__(self, name, value):
        if name in ("_engine", "lock"):
            super().__setattr__(name, value)
        else:
            setattr(self._engine, name, value)


class LockedLock:
    def __init__(self, lock):
        self._lock = lock
        self.asked = 0

    def locked(self):
        self.asked += 1
        return True

    def __enter__(self):
        return self._lock.__enter__()

    def __exit__(self, *exception):
        return self._lock.__exit__(*exception)


class RepliesTest(MemoryConnectionTestCase):
    def check_all(self, protocol):
        in_memory = self.start_server().open_memory_connection(protocol=protocol).connect()
        over_a_socket = self.connect_pipe(self.start_server(), protocol=protocol)
        for command in COMMANDS:
            with self.subTest(command=str(command)[:80]):
                self.assertEqual(outcome(in_memory, command), outcome(over_a_socket, command))

    def test_are_those_of_a_socket_in_resp2(self):
        self.check_all(2)

    def test_are_those_of_a_socket_in_resp3(self):
        self.check_all(3)

    def test_of_several_commands_come_in_order_with_errors_as_values(self):
        replies = self.connection.exchange_commands(
            [("SET", "k", 1), ("LPUSH", "k", 1), ("CONFIG GET", "hz"), ("INCR", "k"), ("BLPOP", "l", 0.001), ("PING",)])
        self.assertIs(type(replies[1]), ResponseError)
        self.assertEqual(replies[:1] + replies[2:], ["OK", [b"hz", b"10"], 2, None, "PONG"])

    def test_of_more_commands_than_one_turn(self):
        self.assertEqual(self.connection.exchange_commands([("INCR", "n")] * 2000), list(range(1, 2001)))

    def test_of_requests_as_bytes(self):
        self.assertEqual(self.connection.exchange(b"*1\r\n$4\r\nPING\r\n" * 1000, 1000, "pings"), ["PONG"] * 1000)

    def test_text_can_have_another_encoding(self):
        connection = self.connect(encode_text=lambda text: text.encode("latin-1"))
        connection.execute_command(("SET", "é", "é"))
        self.assertEqual(self.run_("GET", b"\xe9"), b"\xe9")

    def test_a_reply_may_be_changed(self):
        self.run_("RPUSH", "l", "a")
        self.run_("LRANGE", "l", 0, -1).append(b"b")
        self.assertEqual(self.run_("LRANGE", "l", 0, -1), [b"a"])


class ArgumentsTest(MemoryConnectionTestCase):
    def test_of_other_types_are_refused_before_anything_is_done(self):
        for wrong in (None, True, ["a"], object()):
            with self.assertRaises(DataError):
                self.connection.exchange_commands([("SET", "k", "v"), ("SET", "k", wrong)])
        self.assertEqual(self.run_("EXISTS", "k"), 0)

    def test_a_mutable_one_is_copied(self):
        value = bytearray(b"old")
        self.run_("SET", "k", value)
        value[:] = b"new"
        self.assertEqual(self.run_("GET", "k"), b"old")

    def test_a_subclass_of_bytes_is_stored_as_bytes(self):
        class Text(bytes):
            pass

        self.run_("SET", Text(b"k"), Text(b"v"))
        self.assertIs(type(self.run_("GET", "k")), bytes)
        self.assertEqual(set(map(type, self.run_("KEYS", "*"))), {bytes})

    def test_commands_without_one_reply_are_refused(self):
        for command in (("SUBSCRIBE", "c"), ("client", "reply", "off"), ("MONITOR",)):
            with self.assertRaises(ValueError):
                self.connection.execute_command(command)
        self.assertEqual(self.run_("PING"), "PONG")


class SessionTest(MemoryConnectionTestCase):
    def test_is_greeted_as_its_options_say(self):
        connection = self.connect(db=3, protocol=3, client_name="me", lib_name="lib", lib_version="1")
        line = connection.execute_command(("CLIENT INFO",)).decode()
        for field in ("addr=memory:2 laddr=memory:0 ", " name=me ", " db=3 ", " resp=3 ", " lib-name=lib lib-ver=1"):
            self.assertIn(field, line)

    def test_a_wrong_greeting_is_told_and_leaves_no_session(self):
        for options, kind in (({"password": "x"}, AuthenticationError), ({"db": 99}, ConnectionFailed),
                              ({"client_name": "a b"}, ConnectionFailed)):
            with self.assertRaises(kind):
                self.server.open_memory_connection(**options).connect()
        self.assertEqual(len(self.server.engine.sessions), 1)

    def test_is_greeted_while_others_hold_the_lock(self):
        engine = LockedEngine(self.server.engine)
        with mock.patch.object(self.server, "engine", engine):
            self.assertEqual(self.connect(client_name="me").execute_command(("CLIENT GETNAME",)), b"me")
        self.assertGreater(engine.lock.asked, 2)

    def test_must_authenticate(self):
        self.run_("CONFIG SET", "requirepass", "secret")
        with self.assertRaises(AuthenticationError):
            self.connect().execute_command(("GET", "k"))
        self.assertIsNone(self.connect(password="secret").execute_command(("GET", "k")))
        self.assertIsNone(self.connect(username="default", password="secret", protocol=3).execute_command(("GET", "k")))

    def test_counts_among_the_clients(self):
        self.run_("CONFIG SET", "maxclients", 1)
        with self.assertRaises(ServerFullError):
            self.connect()

    def test_is_counted_by_info(self):
        before = self.server.engine.stats.connections_received
        self.connect().execute_command(("GET", "k"))
        self.run_("GET", "k")
        info = self.run_("INFO", "everything").decode()
        self.assertIn(f"total_connections_received:{before + 1}\r\n", info)
        self.assertIn("cmdstat_get:calls=2,", info)

    def test_is_local(self):
        self.run_("CONFIG GET", "protected-mode")
        with self.server.engine.lock:
            self.assertTrue(all(session.is_local for session in self.server.engine.sessions.values()))

    def test_is_seen_by_monitor(self):
        monitor = self.connect_pipe()
        monitor.send(b"*1\r\n$7\r\nMONITOR\r\n", "MONITOR")
        self.assertEqual(monitor.next_item(PATIENCE_S, "MONITOR"), ["OK"])
        self.run_("GET", "k")
        line, = monitor.next_item(PATIENCE_S, "MONITOR")
        self.assertTrue(line.endswith('memory:1] "GET" "k"'), line)

    def test_quit_closes_it_and_it_can_be_opened_again(self):
        self.assertEqual(self.run_("QUIT"), "OK")
        self.assertFalse(self.connection.connected)
        with self.assertRaises(ConnectionLost) as caught:
            self.run_("PING")
        self.assertFalse(caught.exception.maybe_executed)
        self.assertEqual(self.connection.connect().execute_command(("PING",)), "PONG")

    def test_what_follows_quit_is_lost(self):
        with self.assertRaises(ConnectionLost) as caught:
            self.connection.exchange_commands([("PING",), ("QUIT",), ("PING",)])
        self.assertTrue(caught.exception.maybe_executed)

    def test_can_be_killed(self):
        other = self.connect()
        self.assertEqual(other.execute_command(("CLIENT KILL", self.connection.address)), "OK")
        self.assertFalse(self.connection.connected)
        with self.assertRaises(ConnectionLost) as caught:
            self.run_("SET", "k", "v")
        self.assertFalse(caught.exception.maybe_executed)
        self.assertEqual(other.execute_command(("CLIENT LIST",)).count(b"\n"), 1)

    def test_closing_ends_its_watch_and_session(self):
        self.run_("WATCH", "k")
        self.connection.close()
        engine = self.server.engine
        self.assertEqual((engine.sessions, engine.keyspace.databases[0].watched), ({}, {}))

    def test_one_that_is_dropped_is_closed_by_housekeeping(self):
        self.connection.execute_command(("WATCH", "k"))
        del self.connection
        self.doCleanups_of_connection()
        gc.collect()
        self.wait_until(lambda: not self.server.engine.sessions)

    def doCleanups_of_connection(self):
        """Forget the cleanup that holds the connection."""
        self._cleanups[:] = [each for each in self._cleanups if getattr(each[0], "__name__", "") != "close"]

    def interrupt_commands_with(self, function):
        """Have `function()` called in the middle of each command, like a signal handler or a finalizer."""
        def interrupted(session, command, words, argv):
            function()
            return run(session, command, words, argv)

        with self.server.engine.lock:
            self.server.engine.intercept = interrupted
            self.server.engine.refresh_gates()

    def test_a_command_within_a_command_is_refused(self):
        def call():
            for attempt in (other.connect, lambda: connected.execute_command(("PING",))):
                try:
                    attempt()
                except RuntimeError as error:
                    errors.append(str(error))

        errors, connected, other = [], self.connect(), self.server.open_memory_connection()
        self.interrupt_commands_with(call)
        self.assertEqual(self.run_("SET", "k", "v"), "OK")
        self.assertEqual(errors, [memory_connection._INTERRUPTED] * 2)

    def test_closing_within_a_command_is_done_later(self):
        other = self.connect()
        self.interrupt_commands_with(other.close)
        self.assertEqual(self.run_("SET", "k", "v"), "OK")
        self.assertFalse(other.connected)
        self.wait_until(lambda: len(self.server.engine.sessions) == 1)

    def test_waits_for_the_lock_when_another_thread_has_it(self):
        connection = self.connect()
        with self.server.engine.lock:
            thread = self.start_thread("PING", connection=connection)
            thread.join(0.01)
        self.assertEqual(self.result(thread), (str, "PONG"))

    def test_does_not_work_without_a_running_server(self):
        for server in (Server(test_config({}), listen=False), self.server):
            server.stop()
            with self.assertRaises(ConnectionFailed) as caught:
                server.open_memory_connection().connect()
            self.assertTrue(caught.exception.final)
            with self.assertRaises(ConnectionRefusedError):
                server.open_pipe()
        with self.assertRaises(ConnectionLost):
            self.run_("PING")

    def test_shutdown_loses_it(self):
        with self.assertRaises(ConnectionLost):
            self.run_("SHUTDOWN", "NOSAVE")
        self.server.stop()

    @unittest.skipUnless(hasattr(os, "fork"), "this platform has no fork")
    def test_a_forked_child_has_none(self):
        self.connection.after_fork()            # as `client.forks` calls it in the child
        with self.assertRaises(ConnectionLost):
            self.run_("PING")
        self.server._process += 1
        with self.assertRaises(ConnectionFailed):
            self.connection.connect()
        self.server._process -= 1

    def test_an_interrupt_within_a_command_frees_the_lock_and_closes(self):
        def interrupt(session, command, words, argv):
            raise KeyboardInterrupt

        engine = self.server.engine
        with engine.lock:
            engine.intercept = interrupt
            engine.refresh_gates()
        with self.assertRaises(KeyboardInterrupt):
            self.run_("SET", "k", "v")
        with engine.lock:
            engine.intercept = None
        self.assertIsNone(engine.running)
        self.assertFalse(self.connection.connected)
        self.assertEqual(self.connection.connect().execute_command(("PING",)), "PONG")


class TransactionTest(MemoryConnectionTestCase):
    def test_errors_are_values_in_it(self):
        replies = self.connection.exchange_commands(
            [("MULTI",), ("SET", "k", "v"), ("INCR", "k"), ("HGETALL", "h"), ("EXEC",)])
        self.assertEqual(replies[:4], ["OK", "QUEUED", "QUEUED", "QUEUED"])
        self.assertEqual(replies[4][0], "OK")
        self.assertIs(type(replies[4][1]), ResponseError)
        self.assertEqual(replies[4][2], [])

    def test_a_watched_key_that_others_change_ends_it(self):
        self.run_("WATCH", "k")
        self.connect().execute_command(("SET", "k", "v"))
        replies = self.connection.exchange_commands([("MULTI",), ("GET", "k"), ("EXEC",)])
        self.assertEqual(replies, ["OK", "QUEUED", None])


class BlockingTest(MemoryConnectionTestCase):
    def test_waits_until_served(self):
        thread = self.start_thread("BLPOP", "l", 0)
        self.wait_until_blocked()
        self.assertEqual(self.run_("RPUSH", "l", "a"), 1)
        self.assertEqual(self.result(thread), shape([b"l", b"a"]))

    def test_serves_clients_with_sockets_and_is_served_by_them(self):
        pipe = self.connect_pipe()
        thread = self.start_thread("BLPOP", "l", 0, connection=pipe)
        self.wait_until_blocked()
        self.run_("RPUSH", "l", "a")
        self.assertEqual(self.result(thread), shape([b"l", b"a"]))
        thread = self.start_thread("BRPOP", "l", 0)
        self.wait_until_blocked()
        pipe.execute_command(("RPUSH", "l", "b"))
        self.assertEqual(self.result(thread), shape([b"l", b"b"]))

    def test_ends_in_time(self):
        self.assertIsNone(self.run_("BLPOP", "l", 0.001))

    def test_can_be_unblocked(self):
        thread = self.start_thread("BLPOP", "l", 0)
        self.wait_until_blocked()
        self.run_("CLIENT UNBLOCK", 2, "ERROR")
        self.assertEqual(self.result(thread)[:2], (ResponseError, "UNBLOCKED client unblocked via CLIENT UNBLOCK"))

    def test_can_be_killed(self):
        thread = self.start_thread("BLPOP", "l", 0)
        self.wait_until_blocked()
        self.run_("CLIENT KILL", "ID", 2)
        self.assertEqual(self.result(thread)[0], ConnectionLost)
        self.assertEqual(self.run_("RPUSH", "l", "a"), 1)

    def test_can_be_interrupted_by_another_thread(self):
        connection = self.connect()
        thread = self.start_thread("BLPOP", "l", 0, connection=connection)
        self.wait_until_blocked()
        connection.interrupt()
        self.assertEqual(self.result(thread)[0], ConnectionLost)

    def test_closing_by_another_thread_ends_it(self):
        connection = self.connect()
        thread = self.start_thread("BLPOP", "l", 0, connection=connection)
        self.wait_until_blocked()
        connection.close()
        self.assertEqual(self.result(thread)[0], ConnectionLost)

    def test_the_end_of_the_server_ends_it(self):
        thread = self.start_thread("BLPOP", "l", 0)
        self.wait_until_blocked()
        self.server.stop()
        self.assertEqual(self.result(thread)[0], ConnectionLost)

    def test_a_timeout_of_ones_own_closes_it_and_takes_nothing(self):
        connection = self.connect(timeout_s=0.001)
        with self.assertRaisesRegex(TimeoutError, r"memory:2 did not answer BLPOP within 0.001 s"):
            connection.execute_command(("BLPOP", "l", 0))
        self.assertFalse(connection.connected)
        self.assertEqual(self.run_("RPUSH", "l", "a"), 1)
        self.assertEqual(len(self.server.engine.sessions), 1)


class PauseTest(MemoryConnectionTestCase):
    def test_is_honoured_until_its_end(self):
        self.run_("CLIENT PAUSE", 100000, "WRITE")
        thread = self.start_thread("SET", "k", "v")
        self.wait_until_blocked()
        self.assertIsNone(self.run_("GET", "k"))
        self.run_("CLIENT UNPAUSE")
        self.assertEqual(self.result(thread), (str, "OK"))

    def test_ends_by_itself(self):
        self.run_("CLIENT PAUSE", 1)
        self.assertEqual(self.connection.exchange_commands([("SET", "k", "v"), ("GET", "k")]), ["OK", b"v"])

    def test_a_timeout_of_ones_own_ends_the_wait(self):
        connection = self.connect(timeout_s=0.001)
        self.run_("CLIENT PAUSE", 100000, "WRITE")
        with self.assertRaises(TimeoutError) as caught:
            connection.execute_command(("SET", "k", "v"))
        self.assertFalse(caught.exception.maybe_executed)
        self.run_("CLIENT UNPAUSE")
        self.assertIsNone(self.run_("GET", "k"))

    def test_one_that_waits_can_be_killed(self):
        self.run_("CLIENT PAUSE", 100000, "WRITE")
        thread = self.start_thread("SET", "k", "v")
        self.wait_until_blocked()
        self.run_("CLIENT KILL", "ID", 2)
        self.assertEqual(self.result(thread)[0], ConnectionLost)


class SlowScriptTest(MemoryConnectionTestCase):
    config = {"busy-reply-threshold": "10"}

    def test_others_are_told_and_can_kill_it(self):
        thread = self.start_thread("EVAL", "while true do end", 0)
        self.wait_until(lambda: self.server.engine.busy is not None)
        with self.assertRaisesRegex(ResponseError, "^BUSY "):
            self.run_("GET", "k")
        self.assertEqual(self.run_("SCRIPT KILL"), "OK")
        self.assertIn("Script killed by user", self.result(thread)[1])
        self.assertIsNone(self.run_("GET", "k"))


class MessagesTest(MemoryConnectionTestCase):
    def test_what_it_publishes_reaches_subscribers_at_once(self):
        subscribers = [self.connect_pipe() for _ in range(3)]
        for each in subscribers:
            each.send(b"*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\nc\r\n", "SUBSCRIBE")
            self.assertEqual(each.next_item(PATIENCE_S, "SUBSCRIBE"), [[b"subscribe", b"c", 1]])
        self.assertEqual(self.run_("PUBLISH", "c", "m"), 3)
        for each in subscribers:
            self.assertEqual(each.next_item(PATIENCE_S, "a message"), [[b"message", b"c", b"m"]])

    def test_it_cannot_subscribe_itself(self):
        with self.server.engine.lock:
            session = next(iter(self.server.engine.sessions.values()))
            with self.assertRaisesRegex(Exception, "open_pipe"):
                session.expect_pushes()


class AppendOnlyTest(MemoryConnectionTestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.config = {"dir": directory.name, "appendonly": "yes"}

    def file(self):
        directory = os.path.join(self.directory, "appendonlydir")
        name = next(name for name in os.listdir(directory) if name.endswith(".incr.aof"))
        with open(os.path.join(directory, name), "rb") as file:
            return file.read()

    def test_has_what_a_reply_tells_of(self):
        for policy in ("always", "everysec", "no"):
            with self.subTest(policy=policy):
                self.config["appendfsync"] = policy
                super().setUp()
                self.run_("SET", "key", policy)
                self.assertIn(b"\r\n%b\r\n" % policy.encode(), self.file())
                self.run_("RPUSH", "l", policy)
                self.run_("BLPOP", "l", 0)
                self.assertIn(b"LPOP", self.file())
                self.connection.exchange_commands([("MULTI",), ("INCR", "n"), ("EXEC",)])
                self.assertIn(b"INCR", self.file())
                self.server.stop()

    def test_a_reply_that_cannot_be_true_is_not_given(self):
        self.config["appendfsync"] = "always"
        super().setUp()
        journal = self.server.engine.journal
        journal.wait_for = lambda own: False
        with self.assertRaises(ConnectionLost) as caught:
            self.run_("SET", "k", "v")
        self.assertTrue(caught.exception.maybe_executed)
        del journal.wait_for


class ClientTest(MemoryConnectionTestCase):
    """Redis(server=...): what needs a socket gets one."""

    def setUp(self):
        super().setUp()
        self.redis = Redis(server=self.server, decode_responses=True)
        self.addCleanup(self.redis.close)

    def test_everyday_commands(self):
        redis = self.redis
        self.assertTrue(redis.set("k", "v", ex=100))
        self.assertEqual((redis.get("k"), redis.ttl("k"), redis.get("none")), ("v", 100, None))
        redis.hset("h", mapping={"a": 1})
        self.assertEqual(redis.hgetall("h"), {"a": "1"})
        self.assertEqual(redis.pipeline().set("n", 1).incr("n").execute(), [True, 2])

    def test_takes_nothing_but_a_server(self):
        for wrong in (self.server.engine, "localhost"):
            with self.assertRaises(TypeError):
                Redis(server=wrong)

    def test_comes_back_after_it_was_killed(self):
        self.redis.set("k", "v")
        self.run_("CLIENT KILL", "TYPE", "normal", "SKIPME", "yes")
        self.assertEqual(self.redis.get("k"), "v")

    def test_subscriptions_and_monitor_have_sockets(self):
        with self.redis.pubsub() as pubsub:
            pubsub.subscribe("c")
            self.assertEqual(pubsub.get_message(timeout=PATIENCE_S)["type"], "subscribe")
            self.redis.publish("c", "m")
            self.assertEqual(pubsub.get_message(timeout=PATIENCE_S)["data"], "m")
        with self.redis.monitor() as monitor:
            self.redis.get("k")
            self.assertEqual(monitor.next_command()["command"], "GET k")

    def test_threads_do_not_get_each_others_replies(self):
        def count(number):
            for _ in range(300):
                self.redis.incr("n")
                self.redis.set(f"k{number}", number)
                results.append(self.redis.get(f"k{number}") == str(number))

        results = []
        threads = [threading.Thread(target=count, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
        self.assertEqual((self.redis.get("n"), results.count(True)), ("1200", 1200))


if __name__ == "__main__":
    unittest.main()
