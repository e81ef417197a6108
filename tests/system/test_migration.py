"""Keys go to a real server and come back, where one is installed: MIGRATE, and with it DUMP and RESTORE, both ways."""

import re
import shutil
import subprocess
import tempfile

from redis_clone.client import Client, ClientError, ReplyError
from tests.system.support import PATIENCE_S, SystemTestCase, free_port, wait_until

WORDS = [f"{'word' * (number % 30)} {number}" for number in range(400)]
VALUES = {
    "string": [("SET", "hello")],
    "number": [("SET", 12345)],
    "compressed": [("SET", "lorem ipsum " * 500)],
    "bytes": [("SET", bytes(range(256)) * 3)],
    "list": [("RPUSH", "a", 1, -5, 70000, 1 << 40, "x" * 70)],
    "long-list": [("RPUSH", *WORDS), ("LPUSH", *WORDS)],
    "large-elements": [("RPUSH", "a", "b" * 10000, "c" * 20000, 1)],
    "numbers": [("SADD", 1, 70000, -(1 << 40))],
    "words": [("SADD", "b", "a", 1)],
    "many-words": [("SADD", *WORDS)],
    "hash": [("HSET", "f", "v", "g", 1)],
    "large-hash": [("HSET", *WORDS, "long", "x" * 100)],
    "scores": [("ZADD", 0.1, "a", "-inf", "b", 3, "c", 1e20, "d", -0.0, "e")],
    "many-scores": [("ZADD", *[item for number, word in enumerate(WORDS) for item in (number / 7, word)])],
    "stream": [("XADD", f"{number // 3 + 1}-{number + 1}", "f", number, "g", word)
               for number, word in enumerate(WORDS)],
}
EXPIRY_MS = 33_333_333_333_333


class RealServer:
    """A redis-server or valkey-server on a free port; `version` is (7, 0, 15) or so."""

    def __init__(self, test, program):
        told = subprocess.run([program, "--version"], stdout=subprocess.PIPE, timeout=PATIENCE_S).stdout.decode()
        self.version = tuple(map(int, re.search(r"v=(\d+)\.(\d+)\.(\d+)", told).groups()))
        if self.version < (7,):
            test.skipTest(f"{program} is older than 7.0")
        directory = tempfile.mkdtemp()
        test.addCleanup(shutil.rmtree, directory)
        self.port = free_port()
        process = subprocess.Popen(
            [program, "--port", str(self.port), "--save", "", "--appendonly", "no", "--enable-debug-command", "yes",
             "--dir", directory], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        test.addCleanup(process.wait)
        test.addCleanup(process.kill)
        self.client = Client(port=self.port, timeout_s=PATIENCE_S)
        test.addCleanup(self.client.close)
        wait_until(self.answers, f"the start of {program}")

    def answers(self):
        try:
            return self.client.execute("PING") == "PONG"
        except ClientError:
            return False


class RoundTripTests:
    """For a TestCase with the name of a real server's program."""

    directives = None

    def setUp(self):
        program = shutil.which(self.program)
        if program is None:
            self.skipTest(f"{self.program} is not installed")
        super().setUp()
        self.real = RealServer(self, program)
        self.start("--rdb-version", "11" if self.real.version >= (7, 2) else "10")
        self.ours = self.client()

    def fill(self, client):
        for key, commands in VALUES.items():
            for name, *args in commands:
                client.execute(name, key, *args)
        client.execute("XDEL", "stream", "1-2", "2-4")
        client.execute("XGROUP", "CREATE", "stream", "group", 0)
        client.execute("XREADGROUP", "GROUP", "group", "me", "COUNT", 5, "STREAMS", "stream", ">")
        client.execute("PEXPIREAT", "string", EXPIRY_MS)

    def migrate(self, client, port, *options, database=0, keys=tuple(VALUES)):
        return client.execute("MIGRATE", "127.0.0.1", port, "", database, 5000, *options, "KEYS", *keys)

    def state(self):
        """What can be said about all keys on the real server."""
        real = self.real.client
        return (dict(zip(VALUES, real.execute("DEBUG", "DIGEST-VALUE", *VALUES))),
                {key: real.execute("OBJECT", "ENCODING", key) for key in VALUES},
                real.execute("XINFO", "STREAM", "stream", "FULL", "COUNT", 0))

    def test_from_the_real_one_and_back(self):
        real = self.real.client
        self.fill(real)
        before = self.state()
        self.assertEqual(self.migrate(real, self.server.port), "OK")
        self.assertEqual((real.execute("DBSIZE"), self.ours.execute("DBSIZE")), (0, len(VALUES)))
        self.assertEqual(self.ours.execute("LRANGE", "list", 0, 2), [b"a", b"1", b"-5"])
        self.assertEqual(self.migrate(self.ours, self.real.port), "OK")
        self.assertEqual((real.execute("DBSIZE"), self.ours.execute("DBSIZE")), (len(VALUES), 0))
        self.assertEqual(self.state(), before)
        # What travels is the time that is left, and time passes on the way.
        self.assertAlmostEqual(real.execute("PEXPIRETIME", "string"), EXPIRY_MS, delta=PATIENCE_S * 1000)

    def test_from_here_to_the_real_one(self):
        real = self.real.client
        self.fill(real)
        self.fill(self.ours)
        digests = self.state()[0]
        with self.assertRaisesRegex(ReplyError, "BUSYKEY"):
            self.migrate(self.ours, self.real.port, "COPY")
        self.assertEqual(self.migrate(self.ours, self.real.port, "COPY", "REPLACE"), "OK")
        self.assertEqual(self.state()[0], digests)
        self.assertEqual(self.ours.execute("DBSIZE"), len(VALUES))

    def test_passwords_and_databases(self):
        self.ours.execute("SET", "k", "v")
        self.real.client.execute("CONFIG", "SET", "requirepass", "secret")
        self.real.client.execute("AUTH", "secret")
        for error, *options in (("NOAUTH",), ("WRONGPASS", "AUTH", "wrong"), ("WRONGPASS", "AUTH2", "me", "secret")):
            with self.assertRaisesRegex(ReplyError, f"ERR Target instance replied with error: {error}"):
                self.migrate(self.ours, self.real.port, *options, keys=("k",))
        self.assertEqual(self.migrate(self.ours, self.real.port, "AUTH", "secret", database=5, keys=("k",)), "OK")
        self.real.client.execute("SELECT", 5)
        self.assertEqual((self.real.client.execute("GET", "k"), self.ours.execute("EXISTS", "k")), (b"v", 0))


class RedisTest(RoundTripTests, SystemTestCase):
    program = "redis-server"


class ValkeyTest(RoundTripTests, SystemTestCase):
    program = "valkey-server"
