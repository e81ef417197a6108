"""What the tests share: an engine without sockets, and a server on a free port.

With ``REDIS_CLONE_TEST_REAL=host:port`` in the environment the tests of `CommandTestCase` run against
that real server instead: an expectation that the real one does not meet is wrong.
"""
import os
import socket
import unittest

from redis_clone.clock import FakeClock
from redis_clone.config import Config
from redis_clone.dispatch import execute, execute_batch
from redis_clone.engine import Engine
from redis_clone.errors import RedisError
from redis_clone.log import Log
from redis_clone.reply_parser import ReplyParser
from redis_clone.request_parser import RequestParser
from redis_clone.resp import encode
from redis_clone.server import Server

REAL = os.environ.get("REDIS_CLONE_TEST_REAL", "")


def test_config(directives):
    """A Config with DEBUG allowed, no save points, and the given directives, as from a redis.conf."""
    config = Config()
    config.load(["enable-debug-command yes", 'save ""'] + [f"{name} {value}" for name, value in directives.items()], "test")
    return config


test_config.__test__ = False            # pytest would take it for a test


def argv_of(args):
    """Command words as bytes: a single string is split at spaces; numbers are spelled out."""
    if len(args) == 1 and isinstance(args[0], str):
        args = args[0].split()
    return [arg if isinstance(arg, bytes) else str(arg).encode() for arg in args]


class FakeConnection:
    """Stands in for a client's transport: remembers what others pushed to it."""

    def __init__(self, session):
        self.session = session
        self.pushed = b""
        self.hung_up = False

    def open_outbox(self):
        return self

    def trust(self, authenticated):
        pass

    # as an outbox

    size = 0

    def __len__(self):
        return 0

    def put(self, data, later=False):
        self.pushed += data

    def hang_up(self):
        self.hung_up = True


class EngineClient:
    """Runs commands on an engine without a socket; replies come back as encoded bytes."""

    def __init__(self, engine):
        self.engine = engine
        with engine.lock:
            self.session = engine.open_session("127.0.0.1:1", "127.0.0.1:2")
        self.connection = self.session.connection = FakeConnection(self.session)

    def wire(self, *args):
        """The exact bytes of the reply; b"" while the command blocks."""
        out = []
        with self.engine.lock:
            execute_batch(self.session, [argv_of(args)], out)
        return b"".join(out)

    def block(self, *args):
        """Run a command that is expected to block; `late_reply` has its reply when it comes."""
        reply = self.wire(*args)
        self.waiter = self.session.waiter
        assert reply == b"" and self.waiter is not None, f"appeared not to block: {reply!r}"

    def late_reply(self):
        """The bytes that the blocked command has been answered meanwhile, or None while it still waits."""
        return encode(self.waiter.reply, self.session.protocol) if self.waiter.done else None

    def close(self):
        with self.engine.lock:
            self.engine.close_session(self.session)


class RealClient:
    """The same for a real server, over a socket."""

    def __init__(self):
        host, _, port = REAL.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), 5)
        self.parser = ReplyParser()

    def wire(self, *args):
        argv = argv_of(args)
        self.socket.sendall(b"*%d\r\n" % len(argv) + b"".join(b"$%d\r\n%b\r\n" % (len(a), a) for a in argv))
        received = b""
        while True:
            received += self.socket.recv(1 << 20)
            parser = ReplyParser()
            parser.feed(received)
            if parser.replies:
                return received

    def close(self):
        self.socket.close()


class EngineTestCase(unittest.TestCase):
    """A fresh engine with a fake clock for each test; `self.run_("SET k v")` runs a command."""

    config = {}

    def setUp(self):
        self.clock = FakeClock()
        self.engine = Engine(config=self.make_config(), clock=self.clock)
        self.addCleanup(self.engine.scripting.watch.stop)       # its thread, which has been started by any script
        self.client = self.new_client()

    def make_config(self):
        return test_config(self.config)

    def new_client(self):
        """Another client of the same engine."""
        return EngineClient(self.engine)

    def execute(self, *args):
        """The reply as a value (see resp.py); an error as a RedisError instance, not raised."""
        with self.engine.lock:
            self.engine.keyspace.tick()
            return execute(self.client.session, argv_of(args))

    def assert_error(self, text, *args):
        reply = self.execute(*args)
        self.assertIsInstance(reply, RedisError, f"{args} did not fail")
        self.assertEqual(str(reply), text)


class CommandTestCase(EngineTestCase):
    """Expectations on exact reply bytes that hold for a real Redis, too, and can be run against one."""

    def setUp(self):
        if REAL:
            self.client = self.new_client()
            self.addCleanup(self.client.close)
            self.client.wire("FLUSHALL")
        else:
            super().setUp()

    def new_client(self):
        return RealClient() if REAL else super().new_client()

    def check(self, expected, *args):
        """Send a command and compare the reply's bytes; `expected` may be str, and gets its last line end."""
        expected = expected.encode() if isinstance(expected, str) else expected
        if not expected.endswith(b"\r\n"):
            expected += b"\r\n"
        self.assertEqual(self.client.wire(*args), expected, f"reply to {args}")

    def check_all(self, expected, *args, client=None):
        """Compare all that a command sends back (bytes) where that is several replies, half of one, or none."""
        client = client or self.client
        if REAL:
            client.socket.sendall(encode(argv_of(args)))
            received = receive(client.socket, len(expected))
        else:
            received = client.wire(*args)
        self.assertEqual(received, expected, f"reply to {args}")


class ServerTestCase(unittest.TestCase):
    """A server on a free port of the loopback interface, one for each test."""

    config = {}

    def setUp(self):
        self.server = Server(test_config(self.config), Log(level="nothing"), port=0)
        self.server.start()
        self.addCleanup(self.server.stop)

    def connect(self):
        """A raw socket to the server, closed after the test."""
        sock = socket.create_connection(("127.0.0.1", self.server.port), 10)
        self.addCleanup(sock.close)
        return sock


def receive(sock, size):
    """Exactly `size` bytes; fails at an early end."""
    data = b""
    while len(data) < size:
        chunk = sock.recv(size - len(data))
        if not chunk:
            raise AssertionError(f"connection closed after {data!r}")
        data += chunk
    return data


def parse_requests(data):
    """All requests in `data`, and the parser for a look at its error."""
    parser = RequestParser()
    return parser.feed(data), parser
