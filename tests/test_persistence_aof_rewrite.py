import glob
import os
import shutil
import tempfile
import unittest
from types import SimpleNamespace

from redis_clone.args import format_float
from redis_clone.client import Client
from redis_clone.datatypes.limits import EncodingLimits
from redis_clone.datatypes.quicklist import QuickList
from redis_clone.datatypes.sorted_set import SortedSet
from redis_clone.digest import dataset_digest, format_digest
from redis_clone.dispatch import execute
from redis_clone.persistence.aof_format import AofReader
from redis_clone.persistence.aof_rewrite import write_commands
from tests.support import EngineClient, EngineTestCase, argv_of
from tests.system.support import ServerProcess, wait_until

try:
    import tracemalloc
except ImportError:             # PyPy
    tracemalloc = None

PROGRAM = "valkey-server"       # rewrites as Redis 7.2; Redis 7.0 prints scores with 17 digits
LATER_MS = 1_900_000_000_000
EARLIER_MS = 1_600_000_000_000  # deliveries are never later than now

DATASET = [
    "SET string value", "SET int 12345", "SET negative -1",
    ["SET", "empty", ""], ["SET", "bytes", bytes(range(256))],
    ["SET", "long", b"x" * 100_000], "APPEND appended part", "INCRBYFLOAT float 1.5", "PFADD hll a b c",
    f"SET expiring v PXAT {LATER_MS}",
    "RPUSH list a 1 -5", ["RPUSH", "list:long", *range(200)],
    ["RPUSH", "list:wide", *[b"%099d" % n for n in range(90)]],
    "SADD set:ints 3 1 2", "SADD set:words b a 1", ["SADD", "set:large", *[f"m{n}" for n in range(200)]],
    "ZADD zset 1 a 2.5 b -0 c inf d -inf d2 1e100 e 100000000 f 0.1 g 1e17 h 123456789012 i 1e-7 j 99999999 k",
    ["ZADD", "zset:large", *[word for n in range(200) for word in (n / 8 - 10, f"m{n}")]],
    ["ZADD", "zset:long", "-0", "m" * 65, "100000000", "n", "1e21", "o", "-3", "p"],
    "HSET hash f v 1 2", ["HSET", "hash:large", *[word for n in range(200) for word in (f"f{n}", n)]],
    f"PEXPIREAT hash {LATER_MS}",
    "XADD stream 5-1 a b c d", "XADD stream 5-2 x y", "XADD stream 7-0 a b", "XADD stream 9-0 a b",
    "XGROUP CREATE stream g 0", "XGROUP CREATE stream ag 7-0", "XGROUP CREATE stream far 99-0 ENTRIESREAD 2",
    "XREADGROUP GROUP g c1 COUNT 2 STREAMS stream >", "XREADGROUP GROUP g c2 COUNT 1 STREAMS stream >",
    "XGROUP CREATECONSUMER stream g a0",
    f"XCLAIM stream g c1 0 5-1 5-2 TIME {EARLIER_MS} RETRYCOUNT 7",
    f"XCLAIM stream g c2 0 7-0 TIME {EARLIER_MS} RETRYCOUNT 1",
    "XDEL stream 9-0", "XADD emptied 1-1 a b", "XDEL emptied 1-1",
    "XGROUP CREATE hollow g $ MKSTREAM", "XSETID hollow 8-3 ENTRIESADDED 5 MAXDELETEDID 4-0",
    "SELECT 5", "SET string other",
]
# What XINFO STREAM FULL says of consumers that commands cannot set
SEEN = (b"seen-time", b"active-time")


def rewrite(databases, **options):
    """``(all bytes, sizes of the pieces)``"""
    pieces = []
    write_commands(lambda data: pieces.append(bytes(data)), databases, **options)
    return b"".join(pieces), list(map(len, pieces))


def commands_of(data):
    return [argv for _, batch in AofReader(data) for argv in batch]


def by_key(commands):
    """The commands of each (database, key); for a large collection, which has no order, its sorted elements."""
    found, database = {}, b"0"
    for argv in commands:
        if argv[0] == b"SELECT":
            database = argv[1]
            continue
        key = argv[2] if argv[0] == b"XGROUP" else argv[1]
        found.setdefault((database, key), []).append(argv)
    for (database, key), group in found.items():
        if key.endswith((b":large", b":long")):
            words = [word for argv in group for word in argv[2:]]
            pairs = [(word,) for word in words] if group[0][0] == b"SADD" else list(zip(words[::2], words[1::2]))
            found[database, key] = [sorted(len(argv) for argv in group), sorted(pairs)]
    return found


def without_seen(value):
    """A reply of XINFO STREAM FULL without the times that commands cannot set, and without node counts."""
    if isinstance(value, dict):
        return {name: without_seen(item) for name, item in value.items()
                if name not in SEEN and not name.startswith(b"radix")}
    if isinstance(value, list):
        return [without_seen(item) for item in value]
    return value


class RewriteTestCase(EngineTestCase):
    def run_all(self, commands):
        for command in commands:
            reply = self.execute(*(command if isinstance(command, list) else [command]))
            self.assertNotIsInstance(reply, Exception, command)

    def check(self, expected, *commands):
        """After these commands the dataset is rewritten as those expected, SELECT 0 before them."""
        self.run_all(commands)
        written = commands_of(rewrite(self.engine.keyspace.databases)[0])
        self.assertEqual(written, [[b"SELECT", b"0"]] + [argv_of([command]) for command in expected])


class CommandsTest(RewriteTestCase):
    def test_nothing_is_written_for_nothing(self):
        self.assertEqual(rewrite(self.engine.keyspace.databases), (b"", []))

    def test_strings_of_all_kinds_are_set(self):
        self.check(["SET a text", "SET b 12345", "SET c 10", "SET d xy", "SET e 1.5"],
                   "SET a text", "SET b 12345", "INCRBY c 10", "SET d x", "APPEND d y", "INCRBYFLOAT e 1.5")

    def test_64_elements_go_into_a_command(self):
        for name, first, step in ((b"RPUSH", b"RPUSH", 1), (b"SADD", b"SADD", 1), (b"ZADD", b"ZADD", 2),
                                  (b"HSET", b"HMSET", 2)):
            self.execute("FLUSHALL")
            words = [b"%d" % number for number in range(step * 130)]
            self.run_all([[name, b"k", *words]])
            argvs = commands_of(rewrite(self.engine.keyspace.databases)[0])[1:]
            self.assertEqual([len(argv) - 2 for argv in argvs], [64 * step, 64 * step, 2 * step])
            self.assertEqual({argv[0] for argv in argvs}, {first})
            self.assertEqual(sorted(word for argv in argvs for word in argv[2:]), sorted(words))

    def test_order_is_kept_where_there_is_one(self):
        self.check(["RPUSH l c a b", "SADD i 1 2 30", "SADD s b a 1", "ZADD z 1 b 2 a", "HMSET h z 1 a 2"],
                   "RPUSH l c a b", "SADD i 30 2 1", "SADD s b a 1", "ZADD z 2 a 1 b", "HSET h z 1 a 2")

    def test_scores_are_written_as_redis_prints_doubles(self):
        self.check(["ZADD z -inf a 0 b 0.1 c 1e+8 d 123456789012 e inf f"],
                   "ZADD z inf f 123456789012 e 100000000 d 0.1 c -0 b -inf a")

    def test_minus_zero_survives_in_a_large_sorted_set_only(self):
        self.check(["ZADD z -0 " + "m" * 65], "ZADD z -0 " + "m" * 65)

    def test_small_whole_scores_are_written_like_the_others(self):
        numbers = -99999999, -12000000, -1, 1, 70, 99999999
        zset = SortedSet.stored({b"%d" % number: float(number) for number in numbers}, EncodingLimits())
        data, _ = rewrite([SimpleNamespace(number=0, values={b"z": zset}, expires={})])
        argv = commands_of(data)[1]
        self.assertEqual(argv[2::2], argv[3::2])
        self.assertEqual([format_float(float(score)) for score in argv[2::2]], argv[2::2])

    def test_an_expiry_follows_its_key_even_when_it_is_past(self):
        self.check([f"SET a 1", f"PEXPIREAT a {LATER_MS}", "HMSET h f v", "PEXPIREAT h 1700000000001"],
                   f"SET a 1 PXAT {LATER_MS}", "HSET h f v", "PEXPIREAT h 1700000000001")
        self.clock.now_s += 1000
        written = commands_of(rewrite(self.engine.keyspace.databases)[0])
        self.assertEqual(len(written), 5)

    def test_expiries_of_fields_follow_their_hash(self):
        one, other = f"HPEXPIREAT h {LATER_MS} FIELDS 1 a", f"HPEXPIREAT h {LATER_MS + 1} FIELDS 1 c"
        self.check(["HMSET h a 1 b 2 c 3", one, other], "HSET h a 1 b 2 c 3", other, one)

    def test_each_database_with_keys_is_selected(self):
        self.run_all(["SELECT 3", "SET a 1", "SELECT 1", "SET b 2"])
        self.assertEqual(commands_of(rewrite(self.engine.keyspace.databases)[0]),
                         [argv_of([line]) for line in ("SELECT 1", "SET b 2", "SELECT 3", "SET a 1")])

    def test_a_timestamp_and_functions_come_first(self):
        self.run_all(["SET a 1"])
        source = b"#!lua name=f\n"
        data, _ = rewrite(self.engine.keyspace.databases, timestamp=1628217470, functions=[source])
        self.assertTrue(data.startswith(b"#TS:1628217470\r\n*3\r\n"))
        self.assertEqual(commands_of(data)[:2], [[b"FUNCTION", b"LOAD", source], [b"SELECT", b"0"]])

    def test_keys_are_counted(self):
        self.run_all([["SET", number, "x"] for number in range(2100)])
        progress = []
        count = write_commands(lambda data: None, self.engine.keyspace.databases, progress=progress.append)
        self.assertEqual((count, progress), (2100, [1024, 2048]))

    def test_progress_may_stop_it(self):
        self.run_all([["SET", number, "x"] for number in range(1100)])

        def stop(keys):
            raise InterruptedError

        with self.assertRaises(InterruptedError):
            rewrite(self.engine.keyspace.databases, progress=stop)


class StreamTest(RewriteTestCase):
    def test_entries_come_first_then_what_they_do_not_say(self):
        self.check(["XADD s 5-1 a b c d", "XADD s 7-0 a b", "XSETID s 8-0 ENTRIESADDED 3 MAXDELETEDID 8-0"],
                   "XADD s 5-1 a b c d", "XADD s 7-0 a b", "XADD s 8-0 x y", "XDEL s 8-0")

    def test_an_empty_one_comes_from_an_entry_that_goes_at_once(self):
        self.check(["XADD s MAXLEN 0 0-1 x y", "XSETID s 0-0 ENTRIESADDED 0 MAXDELETEDID 0-0",
                    "XGROUP CREATE s g 0-0 ENTRIESREAD -1"], "XGROUP CREATE s g $ MKSTREAM")

    def test_groups_and_consumers_come_in_order(self):
        self.check(["XADD s 1-0 a b", "XADD s 2-0 a b", "XSETID s 2-0 ENTRIESADDED 2 MAXDELETEDID 0-0",
                    "XGROUP CREATE s a 0-0 ENTRIESREAD -1", "XGROUP CREATECONSUMER s a idle",
                    "XGROUP CREATE s b 2-0 ENTRIESREAD 2",
                    f"XCLAIM s b one 0 2-0 TIME {EARLIER_MS} RETRYCOUNT 9 JUSTID FORCE",
                    "XCLAIM s b two 0 1-0 TIME 1700000000000 RETRYCOUNT 1 JUSTID FORCE"],
                   "XADD s 1-0 a b", "XADD s 2-0 a b", "XGROUP CREATE s b 0", "XGROUP CREATE s a 0",
                   "XGROUP CREATECONSUMER s a idle", "XREADGROUP GROUP b two COUNT 1 STREAMS s >",
                   "XREADGROUP GROUP b one STREAMS s >", f"XCLAIM s b one 0 2-0 TIME {EARLIER_MS} RETRYCOUNT 9")


class ReplayTest(RewriteTestCase):
    """What is written is executed on an empty engine."""

    def replayed(self):
        other = type(self)("setUp")
        other.setUp()
        client = EngineClient(other.engine)
        with other.engine.lock:
            for argv in commands_of(rewrite(self.engine.keyspace.databases)[0]):
                other.engine.keyspace.tick()
                reply = execute(client.session, argv)
                self.assertNotIsInstance(reply, Exception, argv)
        return other

    def test_makes_the_same_dataset(self):
        self.run_all(DATASET)
        other = self.replayed()
        self.assertEqual(dataset_digest(other.engine.keyspace.databases),
                         dataset_digest(self.engine.keyspace.databases))
        for mine, its in zip(self.engine.keyspace.databases, other.engine.keyspace.databases):
            self.assertEqual(its.expires, mine.expires)

    def test_makes_the_same_streams(self):
        self.run_all(DATASET + ["SELECT 0"])
        other = self.replayed()
        for key in ("stream", "emptied", "hollow"):
            mine, its = (case.execute("XINFO", "STREAM", key, "FULL") for case in (self, other))
            self.assertEqual(without_seen(its), without_seen(mine))

    def test_makes_the_same_expiries_of_fields(self):
        self.run_all(["HSET h a 1 b 2", f"HPEXPIREAT h {LATER_MS} FIELDS 1 a"])
        other = self.replayed()
        self.assertEqual(other.execute("HPEXPIRETIME h FIELDS 2 a b"), [LATER_MS, -1])

    def test_deliveries_of_deleted_entries_are_lost_as_in_redis(self):
        self.run_all(["XADD s 1-0 a b", "XADD s 2-0 a b", "XGROUP CREATE s g 0",
                      "XREADGROUP GROUP g c STREAMS s >", "XDEL s 1-0"])
        other = self.replayed()
        self.assertEqual(self.execute("XPENDING s g")[0], 2)
        self.assertEqual(other.execute("XPENDING s g")[0], 1)


class PiecesTest(unittest.TestCase):
    def databases(self, values):
        return [SimpleNamespace(number=0, values=values, expires={})]

    def test_pieces_have_64_to_256_kilobytes(self):
        values = {b"%d" % number: b"x" * (number % 3000) for number in range(1000)}
        values.update({b"long%d" % size: b"y" * size for size in (65535, 65536, 200_000, 262_144, 1_000_000)})
        wide = QuickList()
        wide.extend_right([b"z" * 40_000] * 30, EncodingLimits())
        data, sizes = rewrite(self.databases({**values, b"wide": wide, b"grown": bytearray(b"g" * 300_000)}))
        self.assertTrue(all(64 * 1024 <= size <= 256 * 1024 for size in sizes[:-1]), sizes)
        found = {argv[1]: argv[2] for argv in commands_of(data) if argv[0] == b"SET"}
        self.assertTrue(found == {**values, b"grown": b"g" * 300_000})
        self.assertTrue([b"RPUSH", b"wide", *[b"z" * 40_000] * 30] in commands_of(data))

    @unittest.skipIf(tracemalloc is None, "this Python does not tell what it has allocated")
    def test_a_long_value_is_not_copied_as_a_whole(self):
        databases = self.databases({b"k": b"x" * 20_000_000})
        tracemalloc.start()
        write_commands(lambda data: None, databases)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        self.assertLess(peak, 1_000_000)


@unittest.skipUnless(shutil.which(PROGRAM), f"{PROGRAM} is not installed")
class RealServerTest(RewriteTestCase):
    """A real server rewrites the same data as the same commands, and loads those written here."""

    def setUp(self):
        super().setUp()
        self.directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.directory)
        self.run_all(DATASET)

    def start(self):
        server = ServerProcess(self.directory, "--dir", self.directory, "--appendonly", "yes",
                               "--aof-use-rdb-preamble", "no", "--enable-debug-command", "yes", program=PROGRAM)
        self.addCleanup(server.end)
        client = Client("127.0.0.1", server.port, timeout_s=30)
        self.addCleanup(client.close)
        return client

    def test_the_commands_are_the_same(self):
        client = self.start()
        for command in DATASET:
            client.execute(*argv_of(command if isinstance(command, list) else [command]))
        client.execute("BGREWRITEAOF")
        pattern = os.path.join(self.directory, "appendonlydir", "*.2.base.aof")
        path = wait_until(lambda: glob.glob(pattern), "the rewrite")[0]
        with open(path, "rb") as file:
            theirs = by_key(commands_of(file.read()))
        ours = by_key(commands_of(rewrite(self.engine.keyspace.databases)[0]))
        self.assertEqual(ours.keys(), theirs.keys())
        for key in ours:
            self.assertEqual(ours[key], theirs[key])

    def test_it_loads_what_is_written_here(self):
        os.mkdir(os.path.join(self.directory, "appendonlydir"))
        with open(os.path.join(self.directory, "appendonlydir", "appendonly.aof.1.base.aof"), "wb") as file:
            write_commands(file.write, self.engine.keyspace.databases, timestamp=1628217470)
        with open(os.path.join(self.directory, "appendonlydir", "appendonly.aof.manifest"), "wb") as file:
            file.write(b"file appendonly.aof.1.base.aof seq 1 type b\n")
        client = self.start()
        self.assertEqual(client.execute("DEBUG", "DIGEST"),
                         format_digest(dataset_digest(self.engine.keyspace.databases)))
        self.execute("SELECT 0")
        self.assertEqual(client.execute("XPENDING", "stream", "g"), self.execute("XPENDING stream g"))
        self.assertEqual(client.execute("PEXPIRETIME", "expiring"), LATER_MS)


if __name__ == "__main__":
    unittest.main()
