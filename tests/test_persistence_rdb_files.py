"""RDB files go to real servers and come from them, where such are installed: with equal digests both ways."""
import os
import random
import re
import shutil
import subprocess
import tempfile
import unittest

from redis_clone.client import Client, ClientError
from redis_clone.clock import FakeClock
from redis_clone.digest import dataset_digest, format_digest
from redis_clone.engine import Engine
from redis_clone.frequency import FrequencyRules, FrequencyTable
from redis_clone.persistence.rdb_reader import RdbReader
from redis_clone.persistence.rdb_writer import write_rdb

from .support import test_config
from .system.support import PATIENCE_S, free_port, not_when_short, wait_until

FILE = "dump.rdb"
EXPIRY_MS = 33_333_333_333_333
LRU_CLOCK = 100_000_000


def random_words(count, seed, longest=30):
    chance = random.Random(seed)
    words = ["alpha", "beta", "gamma", "7", "-12", "70000", "5000000000", "\u00e4", "x" * 20]
    return [" ".join(chance.choices(words, k=chance.randint(1, longest // 5))) + f".{number}"
            for number in range(count)]


def commands():
    """Commands that make values of every type and encoding."""
    words, long_words = random_words(700, 1), random_words(200, 2, 400)
    scores = [-1, 0, 3, 0.1, 1.5, "-0", "inf", "-inf", 1e20, 1e-7, 17.23, 123456789012, -2.5e-300]
    return [
        ("SET", "empty", ""), ("SET", "int", 12345), ("SET", "small", -7), ("SET", "large int", -(1 << 63)),
        ("SET", "no int", "007"), ("SET", "embstr", "x" * 44), ("SET", "raw", "y" * 45 + "z"),
        ("SET", "compressed", "lorem ipsum " * 5000), ("SET", "bytes", bytes(range(256)) * 3),
        ("SET", "random", random.Random(3).getrandbits(80000).to_bytes(10000, "little")),
        ("APPEND", "appended", "abc"), ("APPEND", "appended", "def"), ("SETRANGE", "holes", 70000, "end"),
        ("INCRBY", "counter", 1 << 40), ("SET", "1234567", "an integer as the key"), ("SET", "k" * 300, "long key"),
        ("SET", "key:" + "0123456789" * 9, "another"), ("SET", b"\x00\xff\r\n", b"\xff\x00"),
        ("PFADD", "hll", *words[:50]), ("SETBIT", "bits", 100000, 1),
        ("RPUSH", "list", "a", 1, -5, 70000, 1 << 40, "x" * 70), ("RPUSH", "one", "element"),
        ("RPUSH", "long list", *words), ("LPUSH", "long list", *words, *long_words),
        ("RPUSH", "large elements", "a", "b" * 10000, "c" * 20000, 1, ""),
        ("SADD", "intset", 1, 2, 3), ("SADD", "wide intset", 1, 70000, -(1 << 40)),
        ("SADD", "large intset", *range(0, 5000, 7)), ("SADD", "words", "b", "a", 1, ""),
        ("SADD", "many words", *words), ("SADD", "long words", *long_words[:20]),
        ("HSET", "hash", "f", "v", "g", 1, "", ""), ("HSET", "large hash", *words), ("HSET", "long", "f", "x" * 100),
        ("ZADD", "scores", *[item for number, score in enumerate(scores) for item in (score, f"m{number}")]),
        ("ZADD", "many scores", *[item for number, word in enumerate(words) for item in (number / 7 - 30, word)]),
        ("ZADD", "many special scores", *[item for number in range(200)
                                           for item in (scores[number % len(scores)], f"m{number}")]),
        ("ZADD", "equal", *[item for word in words[:40] for item in (1, word)]),
        ("GEOADD", "places", 13.36, 38.11, "p"),
        *stream_commands(words),
        ("PEXPIREAT", "int", EXPIRY_MS), ("PEXPIREAT", "list", EXPIRY_MS), ("PEXPIREAT", "stream", EXPIRY_MS + 1),
        ("SELECT", 3), ("SET", "int", "another"), ("HSET", "h", "a", "b"), ("PEXPIREAT", "h", EXPIRY_MS + 2),
        ("SELECT", 15), *[("SET", f"key:{number}", number * 37) for number in range(2000)], ("SELECT", 0),
    ]


def stream_commands(words):
    return [
        *[("XADD", "stream", f"{number // 3 + 1}-{number + 1}", "f", number, "g", word)
          for number, word in enumerate(words[:300])],
        ("XADD", "stream", "5000-0", "other", -5), ("XDEL", "stream", "1-2", "4-10", "5000-0"),
        ("XADD", "trimmed", "7-1", "a", "b"), ("XADD", "trimmed", "7-2", "a", "b"), ("XTRIM", "trimmed", "MAXLEN", 1),
        ("XADD", "no entries", "1-1", "a", "b"), ("XDEL", "no entries", "1-1"),
        ("XGROUP", "CREATE", "stream", "group", "0"), ("XGROUP", "CREATE", "stream", "unread", "$"),
        ("XGROUP", "CREATE", "new", "g", "$", "MKSTREAM"), ("XGROUP", "CREATECONSUMER", "stream", "group", "idle"),
        ("XREADGROUP", "GROUP", "group", "one", "COUNT", 20, "STREAMS", "stream", ">"),
        ("XREADGROUP", "GROUP", "group", "two", "COUNT", 5, "STREAMS", "stream", ">"),
        ("XACK", "stream", "group", "2-4", "2-5"), ("XCLAIM", "stream", "group", "two", 0, "3-7", "RETRYCOUNT", 9),
    ]


class RealServer:
    """A redis-server or valkey-server on a free port with a directory of its own."""

    def __init__(self, test, program, *directives):
        found = shutil.which(program)
        if found is None:
            test.skipTest(f"{program} is not installed")
        told = subprocess.run([found, "--version"], stdout=subprocess.PIPE, timeout=PATIENCE_S).stdout.decode()
        if tuple(map(int, re.search(r"v=(\d+)\.(\d+)", told).groups())) < (7, 0):
            test.skipTest(f"{program} is older than 7.0")
        directory = tempfile.mkdtemp()
        test.addCleanup(shutil.rmtree, directory)
        self.path = os.path.join(directory, FILE)
        port = free_port()
        process = subprocess.Popen(
            [found, "--port", str(port), "--save", "", "--appendonly", "no", "--enable-debug-command", "yes",
             "--dir", directory, "--dbfilename", FILE, *directives], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        test.addCleanup(process.wait)
        test.addCleanup(process.kill)
        self.client = Client(port=port, timeout_s=PATIENCE_S)
        test.addCleanup(self.client.close)
        wait_until(self._answers, f"the start of {program}")

    def _answers(self):
        try:
            return self.client.execute("PING") == "PONG"
        except ClientError:
            return False

    def execute(self, *words):
        return self.client.execute(*words)

    def fill(self):
        """Have values of every kind, encoded as after loading them: that turns some raw strings into embstr."""
        for command in commands():
            self.execute(*command)
        self.execute("DEBUG", "RELOAD")

    def saved(self):
        """The bytes of its dataset."""
        self.execute("SAVE")
        with open(self.path, "rb") as file:
            return file.read()

    def load(self, data):
        """Put these bytes in the place of its dataset."""
        with open(self.path, "wb") as file:
            file.write(data)
        self.execute("DEBUG", "RELOAD", "NOSAVE")

    def described(self):
        """All that can be seen of its dataset by way of commands."""
        seen = [self.execute("DEBUG", "DIGEST")]
        for key in sorted(self.execute("KEYS", "*")):
            seen.append((key, self.execute("OBJECT", "ENCODING", key), self.execute("PEXPIRETIME", key),
                         self.execute("DEBUG", "DIGEST-VALUE", key)))
        return seen

    def streams(self):
        """What is known of streams, but for what depends on the time and on how the stream is stored."""
        return [_without_times(self.execute("XINFO", "STREAM", key, "FULL", "COUNT", 0))
                for key in ("stream", "trimmed", "no entries", "new")]


def _without_times(info):
    """XINFO's reply without radix-tree figures, and without the times that Redis 7.0 has not."""
    if isinstance(info, dict):
        return {name: _without_times(item) for name, item in info.items()
                if name not in ("active-time", b"active-time")}
    return [_without_times(item) for item in info] if isinstance(info, list) else info


def load(engine, data):
    """A loader of the simplest kind."""
    for number, key, value, when_ms, idle_s, frequency in RdbReader(data, engine.keyspace.limits):
        database = engine.keyspace.databases[number]
        assert database.peek(key) is None
        database.set(key, value)
        if when_ms is not None:
            database.expire_at(key, when_ms)
        if frequency is not None:
            database.accessed.set_frequency(key, LRU_CLOCK, frequency)
        elif idle_s is not None:
            database.accessed[key] = LRU_CLOCK - idle_s


def saved(engine, version, **options):
    pieces = []
    write_rdb(pieces.append, engine.keyspace.databases, version=version, aux=[("redis-ver", "7.2.6")], **options)
    return b"".join(pieces)


def new_engine():
    return Engine(config=test_config({}), clock=FakeClock())


def digest(engine):
    return format_digest(dataset_digest(engine.keyspace.databases))


class RealFilesTests:
    """For a TestCase with the name of a real server's `program`, its checking tool, and the `version` it takes."""

    def start(self, *directives):
        return RealServer(self, self.program, *directives)

    def through_here(self, server):
        """Load what the server saves, and let it load what is saved here; returns the engine."""
        engine = new_engine()
        load(engine, server.saved())
        server.load(saved(engine, self.version))
        return engine

    def test_all_types_in_both_directions(self):
        for compression in ("yes", "no"):
            with self.subTest(compression=compression):
                server = self.start("--rdbcompression", compression)
                server.fill()
                before, streams = server.described(), server.streams()
                engine = self.through_here(server)
                self.assertEqual(server.described(), before)
                self.assertEqual(server.streams(), streams)
                if self.same_digests:
                    self.assertEqual(before[0], digest(engine))
                again = new_engine()
                load(again, server.saved())
                self.assertEqual(digest(again), digest(engine))

    def test_the_checking_tool_is_content(self):
        tool = shutil.which(self.tool)
        if tool is None:
            self.skipTest(f"{self.tool} is not installed")
        server = self.start()
        server.fill()
        engine = self.through_here(server)
        keys = sum(map(len, engine.keyspace.databases))
        for options in ({}, {"compress": False}, {"checksum": False}, {"access": "lru", "lru_clock": LRU_CLOCK},
                        {"functions": [b"#!lua name=a\nredis.register_function('f', function() return 1 end)"]}):
            with self.subTest(options):
                with open(server.path, "wb") as file:
                    file.write(saved(engine, self.version, **options))
                done = subprocess.run([tool, server.path], stdout=subprocess.PIPE, timeout=PATIENCE_S)
                self.assertIn(b"%d keys read" % keys, done.stdout)
                self.assertEqual(done.returncode, 0, done.stdout)

    def test_functions(self):
        server = self.start()
        code = "#!lua name=lib\nredis.register_function('f', function() return 42 end)"
        server.execute("FUNCTION", "LOAD", code)
        reader = RdbReader(server.saved(), new_engine().keyspace.limits)
        self.assertEqual((list(reader), reader.functions), ([], [code.encode()]))
        server.load(saved(new_engine(), self.version, functions=reader.functions))
        self.assertEqual(server.execute("FCALL", "f", 0), 42)

    def test_times_of_use(self):
        server = self.start("--maxmemory-policy", "allkeys-lru")
        engine = new_engine()
        for number, key in enumerate((b"a", b"b", b"c")):
            engine.keyspace.databases[0].set(key, b"value")
            engine.keyspace.databases[0].accessed[key] = LRU_CLOCK - 10_000 * number
        server.load(saved(engine, self.version, access="lru", lru_clock=LRU_CLOCK))
        again = new_engine()
        load(again, server.saved())
        for number, key in enumerate((b"a", b"b", b"c")):
            self.assertAlmostEqual(server.execute("OBJECT", "IDLETIME", key), 10_000 * number, delta=20)
            self.assertAlmostEqual(again.keyspace.databases[0].accessed[key], LRU_CLOCK - 10_000 * number, delta=20)

    def test_frequencies_of_use(self):
        server = self.start("--maxmemory-policy", "allkeys-lfu", "--lfu-decay-time", "0")
        server.execute("SET", "a", "text")         # the numbers that Redis shares have one counter for all
        server.execute("RESTORE", "b", 0, server.execute("DUMP", "a"), "FREQ", 200)
        engine = new_engine()
        engine.keyspace.note_accesses_in(lambda: FrequencyTable(FrequencyRules(random.Random(1), decay_minutes=0)))
        load(engine, server.saved())
        table = engine.keyspace.databases[0].accessed
        self.assertEqual(table.frequency(b"b", LRU_CLOCK), 200)
        table.set_frequency(b"b", LRU_CLOCK, 100)
        server.load(saved(engine, self.version, access="lfu", lru_clock=LRU_CLOCK))
        self.assertEqual(server.execute("OBJECT", "FREQ", "b"), 100)

    def test_many_small_keys(self):
        server = self.start()
        server.execute("DEBUG", "POPULATE", 20000, "key", 12)
        engine = self.through_here(server)
        self.assertEqual((server.execute("DBSIZE"), len(engine.keyspace.databases[0])), (20000, 20000))
        self.assertEqual(server.execute("DEBUG", "DIGEST"), digest(engine))


@not_when_short
class RedisFilesTest(RealFilesTests, unittest.TestCase):
    program, tool, version = "redis-server", "redis-check-rdb", 10
    same_digests = False        # Redis 7.0 prints scores with 17 digits


@not_when_short
class ValkeyFilesTest(RealFilesTests, unittest.TestCase):
    program, tool, version = "valkey-server", "valkey-check-rdb", 11
    same_digests = True

    def test_files_for_redis_7_0(self):
        server = self.start()
        server.fill()
        before = server.described()
        engine = new_engine()
        load(engine, server.saved())
        server.load(saved(engine, 10))
        self.assertEqual(server.described(), before)


if __name__ == "__main__":
    unittest.main()
