"""A server inside another program: it changes nothing there, ends at once, and leaves nothing behind."""
import gc
import locale
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import warnings
import weakref

import redis_clone
from redis_clone.client.errors import ConnectionError, ResponseError
from redis_clone.log import Log
from redis_clone.server import ListenError, LoadError, Server

from .support import receive, test_config

PATIENCE_S = 10
AT_ONCE_S = 0.1                 # for a stop; on a machine that does other things, too, for the best of some


def command(*args):
    return b"*%d\r\n" % len(args) + b"".join(b"$%d\r\n%b\r\n" % (len(arg), arg) for arg in args)


def descriptors():
    """The open descriptors of this process as a set, where the system tells."""
    return set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else set()


def os_threads():
    return len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else threading.active_count()


def process_settings():
    """All that a server might be tempted to change for everybody."""
    mask = os.umask(0)
    os.umask(mask)
    return {
        "recursion limit": sys.getrecursionlimit(), "switch interval": sys.getswitchinterval(),
        "garbage collector": (gc.isenabled(), *(gc.get_threshold() if hasattr(gc, "get_threshold") else ())),
        "frozen": gc.get_freeze_count() if hasattr(gc, "get_freeze_count") else 0,
        "signals": [signal.getsignal(number) for number in sorted(signal.valid_signals())],
        "signal mask": signal.pthread_sigmask(signal.SIG_BLOCK, ()) if hasattr(signal, "pthread_sigmask") else None,
        "processors": os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None,
        "scheduler": os.sched_getscheduler(0) if hasattr(os, "sched_getscheduler") else None,
        "locale": locale.setlocale(locale.LC_ALL), "umask": mask, "directory": os.getcwd(),
        "environment": dict(os.environ), "warnings": list(warnings.filters), "stack size": threading.stack_size(),
        "digits": getattr(sys, "get_int_max_str_digits", int)(), "excepthook": sys.excepthook,
        "thread excepthook": threading.excepthook, "socket timeout": socket.getdefaulttimeout(),
        "niceness": os.getpriority(os.PRIO_PROCESS, 0) if hasattr(os, "getpriority") else None,
        "trace": (sys.gettrace(), sys.getprofile()),
    }


class EmbeddingTestCase(unittest.TestCase):
    def start(self, port=0, **directives):
        server = Server(test_config(directives), Log(level="nothing"), port=port)
        server.start()
        self.addCleanup(server.stop)
        return server

    def connect(self, server, *requests):
        """A socket after the replies to requests that have one line each."""
        sock = socket.create_connection(("127.0.0.1", server.port), PATIENCE_S)
        self.addCleanup(sock.close)
        for request, size in requests:
            sock.sendall(request)
            receive(sock, size)
        return sock

    def wait_until(self, condition):
        deadline_s = time.monotonic() + PATIENCE_S
        while not condition():
            self.assertLess(time.monotonic(), deadline_s)
            time.sleep(0.001)


class NothingLeftTest(EmbeddingTestCase):
    """Threads, descriptors and files as before; the engine is garbage."""

    def setUp(self):
        gc.collect()
        self.before = set(threading.enumerate()), os_threads(), len(descriptors())
        self.files = set(os.listdir()), set(os.listdir(tempfile.gettempdir()))

    def assert_nothing_left(self):
        self.assertEqual(set(threading.enumerate()), self.before[0])
        # A client's thread says that it is done just before the system knows.
        self.wait_until(lambda: os_threads() <= self.before[1])
        self.assertEqual(len(descriptors()), self.before[2])

    def check(self, *requests, clients=5, until=lambda engine: True):
        """Stop a server with clients that have made these requests."""
        server = self.start()
        socks = [self.connect(server, *requests[:-1]) for _ in range(clients)]
        for sock in socks:
            for request, size in requests[-1:]:
                sock.sendall(request)
                receive(sock, size)
        self.wait_until(lambda: until(server.engine))
        server.stop()
        self.assertEqual(server.client_threads.count, 0)
        for sock in socks:
            sock.close()
        self.assert_nothing_left()

    def test_without_clients(self):
        self.check(clients=0)
        self.assertEqual(set(os.listdir()), self.files[0])

    def test_of_idle_clients(self):
        self.check((command(b"PING"), 7))

    def test_of_blocked_clients(self):
        self.check((command(b"BLPOP", b"l", b"0"), 0), until=lambda engine: engine.blocked_clients == 5)

    def test_of_subscribers(self):
        self.check((command(b"SUBSCRIBE", b"c"), len(b"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n")))

    def test_of_clients_that_wait_for_the_end_of_a_pause(self):
        self.check((command(b"CLIENT", b"PAUSE", b"100000", b"WRITE"), 5), (command(b"SET", b"k", b"v"), 0),
                   until=lambda engine: engine.blocked_clients == 5)

    def test_of_clients_that_do_not_read(self):
        large = b"x" * (8 << 20)
        self.check((command(b"SET", b"k", large), 5), (command(b"GET", b"k"), 1), clients=2)

    def test_of_an_append_only_file(self):
        for policy in ("always", "everysec"):
            with tempfile.TemporaryDirectory() as directory:
                server = self.start(dir=directory, appendonly="yes", appendfsync=policy)
                self.connect(server, (command(b"SET", b"k", b"v"), 5)).close()
                server.stop()
                self.assert_nothing_left()

    def test_of_a_slow_script(self):
        server = self.start(**{"busy-reply-threshold": "10"})
        sock = self.connect(server)
        sock.sendall(command(b"EVAL", b"while true do end", b"0"))
        self.wait_until(lambda: server.engine.busy is not None)
        server.stop()
        sock.close()
        self.assert_nothing_left()

    def test_of_clients_in_the_same_process(self):
        server = self.start()
        connection = server.open_memory_connection().connect()
        connection.execute_command(("SET", "k", "v"))
        pipe = server.open_pipe()
        pipe.sendall(command(b"PING"))
        receive(pipe, 7)
        server.stop()
        self.assertEqual(pipe.recv(1), b"")
        pipe.close()
        self.assert_nothing_left()

    def test_the_engine_is_garbage(self):
        server = self.start()
        sock = self.connect(server, (command(b"SET", b"k", b"v"), 5), (command(b"EVAL", b"return 1", b"0"), 4),
                            (command(b"SUBSCRIBE", b"c"), 5))
        redis = redis_clone.Redis(server=server)
        redis.set("k", "v")
        redis.close()
        server.stop()
        sock.close()
        engine = weakref.ref(server.engine)
        self._cleanups.clear()
        del server, redis
        # The last frame of a client's thread may still be on its way out.
        self.wait_until(lambda: (gc.collect(), engine())[1] is None)

    def test_of_one_that_never_started(self):
        server = Server(test_config({}), port=0)
        server.stop()
        with self.assertRaises(RuntimeError):
            server.start()
        self.assert_nothing_left()

    def test_of_one_that_was_not_even_stopped_before_it_started(self):
        Server(test_config({}), port=0)
        self.assert_nothing_left()

    def test_when_the_port_is_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.before = *self.before[:2], len(descriptors())
            server = Server(test_config({}), Log(level="nothing"), port=taken.getsockname()[1])
            with self.assertRaises(ListenError):
                server.start()
            self.assertEqual((server.listeners, server.engine.stats.listening), ([], []))
            self.assert_nothing_left()
        server.start()                          # now it is free
        server.stop()
        self.assertEqual(len(descriptors()), self.before[2] - 1)

    def test_when_the_data_cannot_be_loaded(self):
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, "dump.rdb"), "wb") as file:
                file.write(b"no snapshot")
            with self.assertRaises(LoadError):
                self.start(dir=directory)
        self.assert_nothing_left()

    @unittest.skipUnless(hasattr(socket, "AF_UNIX"), "no Unix sockets here")
    def test_of_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "s")
            self.start(unixsocket=path).stop()
            self.assertFalse(os.path.exists(path))
        self.assert_nothing_left()


class StopTest(EmbeddingTestCase):
    def test_is_quick(self):
        """With clients of all kinds; the time is the best of three, since other programs run as well."""
        times_s = []
        for _ in range(3):
            server = self.start()
            socks = [self.connect(server, (command(b"PING"), 7)) for _ in range(30)]
            for sock in socks[10:20]:
                sock.sendall(command(b"BLPOP", b"l", b"0"))
            for sock in socks[20:]:
                sock.sendall(command(b"SUBSCRIBE", b"c"))
                receive(sock, 10)
            self.wait_until(lambda: server.engine.blocked_clients == 10)
            started_s = time.perf_counter()
            server.stop()
            times_s.append(time.perf_counter() - started_s)
        self.assertLess(min(times_s), AT_ONCE_S)

    def test_a_second_time_does_nothing(self):
        server = self.start()
        server.stop()
        server.stop()

    def test_by_several_threads_at_once_returns_to_all_when_it_is_done(self):
        server = self.start()
        threads = [threading.Thread(target=server.stop) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
            self.assertEqual(server.listeners[0].fileno(), -1)

    def test_after_a_clients_shutdown(self):
        before = set(threading.enumerate())
        with self.start() as server:
            sock = self.connect(server)
            sock.sendall(command(b"SHUTDOWN", b"NOSAVE"))
            self.assertEqual(sock.recv(1), b"")
        self.assertEqual(set(threading.enumerate()), before)

    def test_with_an_exception(self):
        with self.assertRaises(ZeroDivisionError):
            with Server(test_config({}), Log(level="nothing"), port=0) as server:
                1 // 0
        self.assertFalse(server.running)

    def test_a_server_starts_only_once(self):
        server = self.start()
        with self.assertRaises(RuntimeError):
            server.start()
        self.assertTrue(server.running)
        server.stop()
        with self.assertRaises(RuntimeError):
            server.start()


class ProcessTest(EmbeddingTestCase):
    def test_nothing_that_concerns_others_is_changed(self):
        before = process_settings()
        with self.start() as server:
            sock = self.connect(server, (command(b"SET", b"k", b"v"), 5), (command(b"EVAL", b"return 1", b"0"), 4))
            redis = redis_clone.connect()
            redis.set("k", "v")
            self.assertEqual(process_settings(), before)
            sock.close()
            redis.close()
        self.assertEqual(process_settings(), before)

    def test_a_slow_script_does_not_change_the_switch_interval(self):
        before_s = sys.getswitchinterval()
        self.addCleanup(sys.setswitchinterval, before_s)
        sys.setswitchinterval(0.05)
        with self.start(**{"busy-reply-threshold": "10"}) as server:
            sock = self.connect(server)
            sock.sendall(command(b"EVAL", b"while true do end", b"0"))
            self.wait_until(lambda: server.engine.busy is not None)
            self.assertAlmostEqual(sys.getswitchinterval(), 0.05)
        self.assertAlmostEqual(sys.getswitchinterval(), 0.05)

    def test_importing_the_package_imports_none_of_it(self):
        code = ("import sys, redis_clone; print([name for name in sys.modules if name.startswith('redis_clone.')]); "
                "redis_clone.Redis, redis_clone.connect, redis_clone.Server")
        done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
        self.assertEqual(done.stdout.strip(), b"['redis_clone.version']")


class ConnectTest(EmbeddingTestCase):
    def test_is_a_redis_of_ones_own(self):
        with redis_clone.connect() as one, redis_clone.connect(decode_responses=True) as other:
            one.set("k", "v")
            self.assertEqual((one.get("k"), other.get("k")), (b"v", None))
            self.assertEqual((one.server.listeners, other.set("k", "w"), other.get("k")), ([], True, "w"))

    def test_takes_the_options_of_a_client(self):
        with redis_clone.connect(db=3, client_name="me", protocol=3) as redis:
            client, = redis.client_list()
            self.assertEqual((client["db"], client["name"], client["resp"]), ("3", "me", "3"))

    def test_a_wrong_option_leaves_nothing(self):
        before = set(threading.enumerate())
        for wrong in ({"protocol": 4}, {"nonsense": 1}):
            with self.assertRaises((TypeError, ValueError)):
                redis_clone.connect(**wrong)
        self.assertEqual(set(threading.enumerate()), before)

    def test_keys_expire_by_themselves(self):
        with redis_clone.connect() as redis:
            redis.set("k", "v", px=1)
            self.wait_until(lambda: redis.info("stats")["expired_keys"] == 1)

    def test_closing_ends_the_server(self):
        before = set(threading.enumerate()), len(descriptors())
        redis = redis_clone.connect()
        with redis.pubsub() as pubsub:
            pubsub.subscribe("c")
            self.assertEqual(pubsub.get_message(timeout=PATIENCE_S)["type"], "subscribe")
        redis.close()
        redis.close()
        self.assertEqual((set(threading.enumerate()), len(descriptors())), before)
        with self.assertRaises(ConnectionError):
            redis.get("k")

    def test_one_that_is_forgotten_ends_soon(self):
        redis = redis_clone.connect()
        redis.set("k", "v")
        server = redis.server
        del redis
        gc.collect()
        self.wait_until(lambda: not server.running)
        server.stop()
        self.assertEqual(server._threads[0].is_alive(), False)

    def test_it_lives_as_long_as_what_it_has_made(self):
        redis = redis_clone.connect()
        self.addCleanup(redis.server.stop)
        pipeline = redis.pipeline()
        del redis
        gc.collect()
        time.sleep(0.25)                        # housekeeping has looked whether it is forgotten
        self.assertEqual(pipeline.set("k", "v").get("k").execute(), [True, b"v"])

    def test_a_config_says_where_to_keep_the_data(self):
        with tempfile.TemporaryDirectory() as directory:
            def config():
                return test_config({"dir": directory, "appendonly": "yes", "port": "1", "bind": "0.0.0.0"})

            with redis_clone.connect(config=config()) as redis:
                redis.set("k", "v")
            with redis_clone.connect(config=config()) as redis:
                self.assertEqual(redis.get("k"), b"v")

    def test_commands_that_fail_raise(self):
        with redis_clone.connect() as redis:
            redis.set("k", "v")
            with self.assertRaises(ResponseError):
                redis.lpush("k", "v")

    def test_scripts_and_locks(self):
        with redis_clone.connect() as redis:
            self.assertEqual(redis.register_script("return ARGV[1]")(args=["x"]), b"x")
            with redis.lock("lock", timeout=10):
                self.assertTrue(redis.exists("lock"))


class PipeTest(EmbeddingTestCase):
    def test_is_served_like_any_client(self):
        server = self.start()
        with server.open_pipe() as pipe:
            pipe.sendall(command(b"CLIENT", b"LIST"))
            self.assertIn(b"addr=pipe:1 laddr=pipe:0", receive(pipe, 60))
        self.wait_until(lambda: not server.engine.sessions)

    def test_is_turned_away_where_there_are_too_many(self):
        server = self.start(maxclients="1")
        self.connect(server, (command(b"PING"), 7))
        with server.open_pipe() as pipe:
            self.assertEqual(receive(pipe, 36), b"-ERR max number of clients reached\r\n")
            self.assertEqual(pipe.recv(1), b"")


if __name__ == "__main__":
    unittest.main()
