"""Loading at the start and for DEBUG: which files, what becomes of them, and what is said when they are damaged."""
import io
import os
import tempfile
import unittest

from redis_clone.clock import FakeClock
from redis_clone.datatypes.hash import ExpiringHash
from redis_clone.engine import Engine
from redis_clone.keyspace import Database
from redis_clone.load_progress import Loading
from redis_clone.loading import LoadError, LoadingStopped, load_at_start
from redis_clone.log import Log
from redis_clone.persistence.aof_format import encode_request
from redis_clone.persistence.rdb_writer import write_rdb

from .children import wait_for_child
from .damage import flipped, truncated
from .support import EngineClient, EngineTestCase, test_config
from .test_snapshots import needs_fork

NOW_MS = 1_700_000_000_000                  # of a FakeClock


def requests(*lines):
    """The bytes of an append-only file with these commands."""
    return b"".join(encode_request(line.encode().split()) for line in lines)


class LoadTestCase(EngineTestCase):
    """An engine that loads files of a directory of its own; `self.log` has what it says."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.log = io.StringIO()
        self.clock = FakeClock()
        self.engine = Engine(self.make_config(), Log(level="debug", stream=self.log), self.clock)
        self.client = self.new_client()
        self.addCleanup(self.close, self.engine)

    def make_config(self):
        return test_config(dict(self.config, dir=self.directory))

    def close(self, engine):
        with engine.lock:
            engine.append_only.stop()

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def write(self, data, *names):
        os.makedirs(os.path.dirname(self.path(*names)), exist_ok=True)
        with open(self.path(*names), "wb") as file:
            file.write(data)

    def read(self, *names):
        with open(self.path(*names), "rb") as file:
            return file.read()

    def write_snapshot(self, *commands, name="dump.rdb", **options):
        """Write an RDB file with what these commands make."""
        other = Engine(test_config(self.config), clock=FakeClock())
        client = EngineClient(other)
        for command in commands:
            reply = client.wire(command)
            assert not reply.startswith(b"-"), reply
        pieces = []
        write_rdb(pieces.append, other.keyspace.databases, **options)
        self.write(b"".join(pieces), name)

    def load(self, on_pause=lambda: None):
        load_at_start(self.engine, on_pause)

    def assert_refused(self, path, *parts):
        """Loading fails; the text names `path` and has these parts, and the file is what it was."""
        before = self.read(path) if os.path.isfile(self.path(path)) else None
        with self.assertRaises(LoadError) as caught:
            self.load()
        for part in (self.path(path), *parts):
            self.assertIn(part, str(caught.exception))
        if before is not None:
            self.assertEqual(self.read(path), before)
        return caught.exception

    def assert_logged(self, *lines):
        """These are among the lines of the log, in this order."""
        rest = self.log.getvalue()
        for line in lines:
            self.assertIn(line, rest)
            rest = rest.split(line, 1)[1]


class SnapshotTest(LoadTestCase):
    def test_without_files_there_are_no_data(self):
        self.load()
        self.assertEqual(self.execute("DBSIZE"), 0)
        self.assertEqual(os.listdir(self.directory), [])
        self.assertTrue(self.engine.loaded)

    def test_all_types_come_back(self):
        self.write_snapshot("SET s v", "RPUSH l a b", "SADD t a b", "HSET h f v", "ZADD z 1 a", "XADD x 1-1 f v",
                            "SELECT 3", "SET other 5")
        self.load()
        self.assertEqual(self.execute("GET s"), b"v")
        self.assertEqual(self.execute("LRANGE l 0 -1"), [b"a", b"b"])
        self.assertEqual(self.execute("XLEN x"), 1)
        self.assertEqual(self.execute("DBSIZE"), 6)
        self.execute("SELECT 3")
        self.assertEqual(self.execute("GET other"), b"5")

    def test_loaded_data_count_as_saved(self):
        self.write_snapshot("SET s v")
        self.load()
        self.assertEqual(self.engine.keyspace.dirty, 0)
        self.assertEqual(self.engine.snapshots.changes, 0)
        self.execute("SET a b")
        self.assertEqual(self.engine.snapshots.changes, 1)

    def test_keys_that_are_due_are_left_out(self):
        self.write_snapshot(f"SET old v PXAT {NOW_MS + 1}", f"SET new v PXAT {NOW_MS + 9000}")
        self.clock.advance(5)
        self.load()
        self.assertEqual(self.execute("KEYS *"), [b"new"])
        self.assertEqual(self.execute("PEXPIRETIME new"), NOW_MS + 9000)
        self.assertIn("Done loading RDB, keys loaded: 1, keys expired: 1.", self.log.getvalue())
        self.assertEqual((self.engine.stats.loaded_keys, self.engine.stats.loaded_expired_keys), (1, 1))

    def test_fields_keep_their_expiry(self):
        self.write_snapshot("HSET h a 1 b 2", "HPEXPIRE h 100 FIELDS 1 a")
        self.load()
        self.assertIs(self.engine.keyspace.databases[0].values[b"h"].__class__, ExpiringHash)
        self.clock.advance(1)
        self.assertEqual(self.execute("HGETALL h"), {b"b": b"2"})

    def test_the_time_of_the_last_use_comes_back(self):
        self.write_snapshot("SET s v", access="lru", lru_clock=NOW_MS // 1000 + 100)
        self.load()
        self.assertEqual(self.execute("OBJECT IDLETIME s"), 100)

    def test_says_what_the_file_says_of_itself(self):
        self.write_snapshot("SET s v", aux=(("redis-ver", "7.2.6"), ("ctime", NOW_MS // 1000 - 60),
                                            ("used-mem", 3 << 20), ("unknown", "x")))
        self.load()
        self.assert_logged("* Loading RDB produced by version 7.2.6\n", "* RDB age 60 seconds\n",
                           "* RDB memory usage when created 3.00 Mb\n",
                           "* Done loading RDB, keys loaded: 1, keys expired: 0.\n", "* DB loaded from disk: ")

    def test_many_keys_can_be_scanned(self):
        self.write_snapshot("DEBUG POPULATE 3000")
        self.load()
        found, cursor = set(), b"0"
        while True:
            cursor, keys = self.execute("SCAN", cursor, "COUNT", "100")
            found.update(keys)
            if cursor == b"0":
                break
        self.assertEqual(len(found), 3000)


class DamagedSnapshotTest(LoadTestCase):
    def setUp(self):
        super().setUp()
        self.write_snapshot("SET s v", "RPUSH l a b c")
        self.whole = self.read("dump.rdb")

    def test_every_truncation_is_refused_and_the_file_stays(self):
        for part in truncated(self.whole):
            self.setUp()
            self.write(part, "dump.rdb")
            self.assert_refused("dump.rdb", "Fatal error loading the DB: ", "at offset ")

    def test_a_flipped_byte_is_loaded_or_refused(self):
        refused = 0
        for damaged in flipped(self.whole, 60, seed=1):
            self.setUp()
            self.write(damaged, "dump.rdb")
            try:
                self.load()
            except LoadError as error:
                refused += 1
                self.assertIsNotNone(error.offset)
            self.assertEqual(self.read("dump.rdb"), damaged)
        self.assertGreater(refused, 55)        # most others begin with a version that has no checksum

    def test_what_is_no_file_is_refused(self):
        os.unlink(self.path("dump.rdb"))
        os.mkdir(self.path("dump.rdb"))
        self.assert_refused("dump.rdb", "for reading: Is a directory")

    def test_a_refused_load_leaves_nothing_to_save(self):
        self.write(self.whole[:-1], "dump.rdb")
        self.assert_refused("dump.rdb")
        self.assertFalse(self.engine.loaded)

    def test_clients_are_not_let_in_after_a_failure(self):
        self.write(self.whole[:-1], "dump.rdb")
        self.assert_refused("dump.rdb")
        self.assert_error("LOADING Redis is loading the dataset in memory", "GET s")


class OddSnapshotTest(LoadTestCase):
    config = {"databases": 2}

    def write_keys(self, *numbers):
        """An RDB file with the same key in some databases."""
        databases = []
        for number in numbers:
            database = Database(number, self.engine.keyspace)
            database.values[b"key"] = b"value"
            databases.append(database)
        pieces = []
        write_rdb(pieces.append, databases)
        self.write(b"".join(pieces), "dump.rdb")

    def test_a_key_must_not_come_twice(self):
        self.write_keys(0, 0)
        self.assert_refused("dump.rdb", "RDB has duplicated key 'key' in DB 0")

    def test_databases_that_are_not_there_are_refused(self):
        self.write_keys(1, 2)
        self.assert_refused("dump.rdb", "the file holds keys of database 2, but this server is configured to have 2")


class AppendOnlyTestCase(LoadTestCase):
    config = {"appendonly": "yes"}
    BASE, INCREMENT = "appendonly.aof.1.base.aof", "appendonly.aof.1.incr.aof"

    def write_files(self, increment, base=None, names=None):
        """A manifest with an increment and perhaps a base, of these bytes."""
        lines = ""
        if base is not None:
            self.write(base, "appendonlydir", self.BASE)
            lines += f"file {self.BASE} seq 1 type b\n"
        self.write(increment, "appendonlydir", self.INCREMENT)
        lines += f"file {self.INCREMENT} seq 1 type i\n"
        self.write(lines.encode(), "appendonlydir", "appendonly.aof.manifest")

    def increment(self):
        return self.read("appendonlydir", self.INCREMENT)

    def keys(self):
        return sorted(self.execute("KEYS *"))


class AppendOnlyTest(AppendOnlyTestCase):
    def test_base_and_increments_come_one_after_the_other(self):
        self.write_files(requests("SELECT 0", "SET a 2", "DEL b"), requests("SELECT 0", "SET a 1", "SET b 1"))
        self.load()
        self.assertEqual(self.execute("GET a"), b"2")
        self.assertEqual(self.keys(), [b"a"])
        self.assert_logged("* DB loaded from base file appendonly.aof.1.base.aof: ",
                           "* DB loaded from incr file appendonly.aof.1.incr.aof: ",
                           "* DB loaded from append only file: ")

    def test_the_base_may_be_an_rdb_file(self):
        self.write_snapshot("SET a 1", name="base", aux=(("aof-base", 1),))
        self.write_files(requests("SELECT 0", "INCR a"), self.read("base"))
        self.load()
        self.assertEqual(self.execute("GET a"), b"2")
        self.assert_logged("Reading RDB base file on AOF loading...", "RDB is base AOF", "keys loaded: 1")

    def test_goes_on_where_the_files_end(self):
        self.write_files(requests("SELECT 0", "SET a 1"))
        self.load()
        self.client.wire("SET b 2")
        self.engine.journal.flush()
        self.assertTrue(self.increment().endswith(requests("SET b 2")))

    def test_each_file_begins_in_database_0(self):
        self.write_files(requests("SET a 1"), requests("SELECT 5", "SET a 2"))
        self.load()
        self.assertEqual(self.execute("GET a"), b"1")

    def test_commands_of_all_kinds_are_repeated(self):
        self.write_files(requests("select 1", "sEt a 1", "rpush l a b c d e f g h i j k l m n", "XGROUP CREATE x g 0 MKSTREAM",
                                  "mset a 1 b 2", "FLUSHDB", "INCR n"))
        self.load()
        self.execute("SELECT 1")
        self.assertEqual(self.keys(), [b"n"])

    def test_what_writes_nothing_is_passed_over(self):
        self.write_files(requests("GET a", "SUBSCRIBE c", "SHUTDOWN", "DEBUG SLEEP 100", "BLPOP l 0", "SET a 1", "DISCARD"))
        self.load()
        self.assertEqual(self.keys(), [b"a"])
        self.assertEqual(self.engine.stats.errors, {})

    def test_nothing_expires_meanwhile(self):
        self.write_files(requests(f"SET a 1 PXAT {NOW_MS - 5000}", "PERSIST a", f"PEXPIREAT a {NOW_MS - 4000}", "INCR a",
                                  "PERSIST a", f"SET b 1 PXAT {NOW_MS - 5000}"))
        self.load()
        self.assertEqual(self.execute("GET a"), b"2")
        self.assertEqual(self.execute("GET b"), None)

    def test_a_base_keeps_what_is_due(self):
        self.write_snapshot(f"SET a 1 PXAT {NOW_MS + 1}", name="base")
        self.write_files(requests("PERSIST a"), self.read("base"))
        self.clock.advance(60)
        self.load()
        self.assertEqual(self.execute("GET a"), b"1")

    def test_nobody_hears_of_it(self):
        self.execute("CONFIG SET notify-keyspace-events KEA")
        told = []
        self.engine.keyspace.notify = lambda *event: told.append(event)
        self.write_files(requests("SET a 1", "LPUSH l x"))
        self.load()
        self.assertEqual(told, [])
        self.assertIsNotNone(self.engine.keyspace.notify)
        self.assertEqual(self.engine.commands[b"SET"].calls, 0)

    def test_failing_commands_are_logged(self):
        self.write_files(requests("SET a 1", "LPUSH a x", "EXEC", "SET b 1"))
        self.load()
        self.assertEqual(self.keys(), [b"a", b"b"])
        self.assert_logged(
            "# == CRITICAL == This server is sending an error to its AOF-loading-client: '-WRONGTYPE Operation against a "
            "key holding the wrong kind of value' after processing the command 'lpush'\n",
            "client: 'EXEC without MULTI' after processing the command 'exec'\n")

    def test_annotations_are_passed_over(self):
        self.write_files(b"#TS:1700000000\r\n" + requests("SET a 1") + b"#TS:1700000001\r\n" + requests("SET b 1"))
        self.load()
        self.assertEqual(self.keys(), [b"a", b"b"])

    def test_empty_files_are_fine(self):
        self.write_files(b"")
        self.load()
        self.assertEqual(self.keys(), [])

    def test_a_snapshot_is_left_alone_which_is_said(self):
        self.write_snapshot("SET a 1")
        self.load()
        self.assertEqual(self.keys(), [])
        self.assertIn("dump.rdb is not loaded, since appendonly is yes", self.log.getvalue())


class TransactionTest(AppendOnlyTestCase):
    def test_is_applied(self):
        self.write_files(requests("MULTI", "SET a 1", "SELECT 1", "SET b 1", "EXEC", "SET c 1", "MULTI", "EXEC"))
        self.load()
        self.assertEqual(self.keys(), [b"a"])
        self.execute("SELECT 1")
        self.assertEqual(self.keys(), [b"b", b"c"])

    def test_of_many_commands_is_applied(self):
        self.write_files(requests("MULTI", *(f"SET k{number} {number}" for number in range(2000)), "EXEC"))
        self.load()
        self.assertEqual(len(self.keys()), 2000)

    def test_without_its_end_is_cut_off(self):
        whole = requests("SET a 1")
        for tail in (requests("MULTI"), requests("MULTI", "SET b 1"), requests("MULTI", "SET b 1", "SET c 1")[:-3]):
            self.setUp()
            self.write_files(whole + tail)
            self.load()
            self.assertEqual(self.keys(), [b"a"])
            self.assertEqual(self.increment(), whole)
        self.write_files(whole + requests("MULTI", "SET b 1"))

    def test_without_its_end_is_mentioned(self):
        self.write_files(requests("SET a 1", "MULTI", "SET b 1"))
        self.load()
        offset = len(requests("SET a 1"))
        self.assert_logged(
            "# Revert incomplete MULTI/EXEC transaction from AOF file appendonly.aof.1.incr.aof\n",
            "# !!! Warning: short read while loading the AOF file appendonly.aof.1.incr.aof!!!\n",
            f"# !!! Truncating the AOF appendonly.aof.1.incr.aof at offset {offset} !!!\n",
            "# AOF appendonly.aof.1.incr.aof loaded anyway because aof-load-truncated is enabled\n",
            "* DB loaded from incr file appendonly.aof.1.incr.aof: ")


class TornTest(AppendOnlyTestCase):
    PATH = os.path.join("appendonlydir", AppendOnlyTestCase.INCREMENT)
    whole = requests("SELECT 0", "SET a 1", "SET b 2")

    def ends(self):
        return [len(requests()), len(requests("SELECT 0")), len(requests("SELECT 0", "SET a 1")), len(self.whole)]

    def test_every_truncation_loads_what_is_complete_and_cuts_off_the_rest(self):
        for size in range(len(self.whole)):
            self.setUp()
            self.write_files(self.whole[:size])
            self.load()
            complete = max(end for end in self.ends() if end <= size)
            self.assertEqual(self.increment(), self.whole[:complete])
            self.assertEqual(self.execute("DBSIZE"), max(self.ends().index(complete) - 1, 0))

    def test_is_refused_unless_that_is_allowed(self):
        self.execute("CONFIG SET aof-load-truncated no")
        self.write_files(self.whole[:-1])
        error = self.assert_refused(self.PATH, "Unexpected end of file reading the append only file",
                                    f"complete up to offset {self.ends()[-2]}")
        self.assertEqual(error.offset, self.ends()[-2])

    def test_only_the_last_file_may_be_torn(self):
        self.write_files(self.whole, self.whole[:-1])
        self.assert_refused(os.path.join("appendonlydir", self.BASE),
                            "Fatal error: the truncated file is not the last file")


class DamagedTest(AppendOnlyTestCase):
    PATH = os.path.join("appendonlydir", AppendOnlyTestCase.INCREMENT)

    def refuse(self, data, *parts):
        self.setUp()
        self.write_files(data)
        return self.assert_refused(self.PATH, *parts)

    def test_what_is_no_request_is_refused(self):
        start = requests("SET a 1")
        for damage in (b"hello\r\n", b"*0\r\n", b"*2\r\n*3\r\n"):
            error = self.refuse(start + damage + start, "Bad file format reading the append only file",
                                f"at offset {len(start)}")
            self.assertEqual(error.offset, len(start))

    def test_requests_that_nobody_wrote_are_refused(self):
        start = requests("SET a 1", "SELECT 0")
        for line, what in (("NOSUCH x", "Unknown command 'NOSUCH'"), ("XGROUP NOSUCH x", "Unknown command 'XGROUP'"),
                           ("SET a", "Wrong number of arguments for 'SET'"),
                           ("SELECT 99", "ERR DB index is out of range: cannot run 'SELECT'")):
            error = self.refuse(start + requests(line) + start, what, f"at offset {len(start)}")
            self.assertEqual(error.offset, len(start))

    def test_a_damaged_base_is_refused(self):
        self.write_snapshot("SET a 1", name="base")
        self.write_files(requests("SET b 1"), self.read("base")[:-4])
        self.assert_refused(os.path.join("appendonlydir", self.BASE), "Error reading the RDB base file", "at offset ")

    def test_a_missing_file_is_refused(self):
        self.write_files(b"")
        os.unlink(self.path(self.PATH))
        self.assert_refused(self.PATH, "length. stat: No such file or directory")

    def test_a_damaged_manifest_is_refused_even_without_appendonly(self):
        for appendonly in ("yes", "no"):
            self.config = {"appendonly": appendonly}
            self.setUp()
            self.write(b"file x seq 1 type i\nnonsense\n", "appendonlydir", "appendonly.aof.manifest")
            self.assert_refused(os.path.join("appendonlydir", "appendonly.aof.manifest"),
                                "line 2 'nonsense': Invalid AOF manifest file format")

    def test_flipped_bytes_are_loaded_or_refused(self):
        whole = requests("SELECT 0", "SET a 1", "MULTI", "RPUSH l a b", "EXEC", "HSET h f v")
        for damaged in flipped(whole, 60, seed=2):
            self.setUp()
            self.write_files(damaged)
            try:
                self.load()
            except LoadError as error:
                self.assertIsNotNone(error.offset)
                self.assertEqual(self.increment(), damaged)


class SingleFileTest(AppendOnlyTestCase):
    """What servers before Redis 7 have written."""

    def test_becomes_the_base(self):
        self.write(requests("SELECT 0", "SET a 1"), "appendonly.aof")
        self.load()
        self.assertEqual(self.keys(), [b"a"])
        self.assertFalse(os.path.exists(self.path("appendonly.aof")))
        self.assertEqual(self.read("appendonlydir", "appendonly.aof"), requests("SELECT 0", "SET a 1"))
        self.assertEqual(self.read("appendonlydir", "appendonly.aof.manifest"),
                         b"file appendonly.aof seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n")
        self.assert_logged("Successfully migrated an old-style AOF configuration (appendonly.aof) into the AOF directory "
                           "(appendonlydir).")

    def test_may_begin_as_rdb(self):
        self.write_snapshot("SET a 1", name="preamble", aux=(("aof-preamble", 1),))
        self.write(self.read("preamble") + requests("SELECT 0", "INCR a"), "appendonly.aof")
        self.load()
        self.assertEqual(self.execute("GET a"), b"2")
        self.assert_logged("Reading RDB preamble from AOF file...", "RDB has an AOF tail",
                           "Reading the remaining AOF tail...")

    def test_a_move_that_was_interrupted_is_made_up_for(self):
        self.write(requests("SET a 1"), "appendonly.aof")
        self.write(b"file appendonly.aof seq 1 type b\n", "appendonlydir", "appendonly.aof.manifest")
        self.load()
        self.assertEqual(self.keys(), [b"a"])

    def test_is_left_alone_when_there_are_newer_files(self):
        self.write(requests("SET a 1"), "appendonly.aof")
        self.write_files(requests("SET b 1"))
        self.load()
        self.assertEqual(self.keys(), [b"b"])
        self.assertTrue(os.path.exists(self.path("appendonly.aof")))


class LoadingTest(LoadTestCase):
    """What goes on beside it."""

    config = {"key-load-delay": 1}

    def setUp(self):
        super().setUp()
        self.write_snapshot("DEBUG POPULATE 200", aux=(("used-mem", 12345),))

    def load_and(self, look):
        """Load and call `look` once meanwhile."""
        seen = []

        def on_pause():
            if not seen:
                seen.append(None)
                seen[0] = look()

        self.load(on_pause)
        return seen[0]

    def test_commands_are_refused_but_for_those_that_need_no_data(self):
        def look():
            self.client.wire("MULTI")
            return [self.client.wire(words) for words in ("GET key:1", "EXEC", "PING", "NOSUCH", "ECHO a", "SELECT 1")]

        refused = b"-LOADING Redis is loading the dataset in memory\r\n"
        replies = self.load_and(look)
        self.assertEqual(replies[0], refused)
        self.assertTrue(replies[1].startswith(b"-EXECABORT "))
        self.assertEqual(replies[2], refused)
        self.assertTrue(replies[3].startswith(b"-ERR unknown command"))
        self.assertEqual(replies[4:], [b"$1\r\na\r\n", b"+OK\r\n"])
        self.client.wire("SELECT 0")
        self.assertEqual(self.client.wire("GET key:1"), b"$7\r\nvalue:1\r\n")

    def test_info_has_figures(self):
        text = self.load_and(lambda: self.client.wire("INFO persistence")).decode()
        size = os.path.getsize(self.path("dump.rdb"))
        for field in ("loading:1", "async_loading:0", f"loading_start_time:{NOW_MS // 1000}",
                      f"loading_total_bytes:{size}", "loading_rdb_used_mem:12345", "loading_eta_seconds:1"):
            self.assertIn(f"{field}\r\n", text)
        self.assertRegex(text, r"loading_loaded_bytes:[1-9]\d*\r\nloading_loaded_perc:\d+\.\d\d\r\n")
        self.assertNotIn("loading_", self.client.wire("INFO persistence").decode())

    def test_the_log_has_a_line_now_and_then(self):
        def look():
            self.clock.advance(6)

        self.load_and(look)
        self.assertRegex(self.log.getvalue(), r"\* Loading DB in memory: \d+ of \d+ bytes \(\d+\.\d\d%\), \d+ keys\n")

    def test_pausing_clients_does_not_let_keys_expire(self):
        def look():
            self.client.wire("CLIENT PAUSE 1 WRITE")
            self.clock.advance(1)
            self.engine.housekeep()
            return self.engine.keyspace.may_expire

        self.assertFalse(self.load_and(look))
        self.assertTrue(self.engine.keyspace.may_expire)

    @needs_fork
    def test_an_append_only_file_turned_on_meanwhile_begins_anew(self):
        old = encode_request([b"SET", b"old", b"1"])
        self.write(old, "appendonlydir", "appendonly.aof.1.incr.aof")
        self.write(b"file appendonly.aof.1.incr.aof seq 1 type i\n", "appendonlydir", "appendonly.aof.manifest")
        self.load_and(lambda: self.client.wire("CONFIG SET appendonly yes"))
        self.assertEqual(self.engine.append_only.state, "waiting")
        self.client.wire("SET a 1")
        self.assertEqual(self.read("appendonlydir", "appendonly.aof.1.incr.aof"), old)
        with self.engine.lock:
            self.engine.append_only.cron()
        wait_for_child(self.engine)
        self.assertEqual(self.engine.append_only.state, "on")
        self.engine = Engine(test_config({"dir": self.directory, "appendonly": "yes"}), clock=self.clock)
        self.addCleanup(self.close, self.engine)
        self.load()
        self.assertEqual(len(self.engine.keyspace.databases[0]), 201)

    def test_shutdown_does_not_save_a_part_of_the_data(self):
        before = self.read("dump.rdb")
        self.engine.shutdown = lambda: None

        with self.assertRaises(LoadingStopped):
            self.load_and(lambda: self.client.wire("SHUTDOWN SAVE"))
        self.assertEqual(self.read("dump.rdb"), before)

    def test_can_be_stopped(self):
        def look():
            self.engine.ending = True

        with self.assertRaises(LoadingStopped):
            self.load_and(look)
        self.assertFalse(self.engine.loaded)

    def test_time_left_follows_from_the_time_taken(self):
        with self.engine.lock:
            loading = Loading(self.engine, alone=True)
        loading.total_bytes, loading.done_bytes = 1000, 99
        self.assertEqual(loading.figures()["left_s"], 1)
        self.clock.advance(10)
        self.assertEqual(loading.figures()["left_s"], 90)
        self.assertEqual(loading.figures()["percent"], 9.9)


class ReloadTest(LoadTestCase):
    """DEBUG RELOAD and LOADAOF."""

    def test_everything_is_as_before(self):
        for command in ("SET s v", "RPUSH l a b", "SADD t a b", "HSET h f v", "ZADD z 1 a", "XADD x 1-1 f v",
                        "PEXPIRE s 100000", "SELECT 2", "SET s 3"):
            self.execute(command)
        digest = self.execute("DEBUG DIGEST")
        self.assertEqual(self.execute("DEBUG RELOAD"), "OK")
        self.assertEqual(self.execute("DEBUG DIGEST"), digest)
        self.assert_logged("* DB saved on disk\n", "* Done loading RDB, keys loaded: 7, keys expired: 0.\n",
                           "# DB reloaded by DEBUG RELOAD\n")

    def test_options_are_checked_first(self):
        self.assert_error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.", "DEBUG RELOAD MERGE x")
        self.assertEqual(os.listdir(self.directory), [])

    def test_without_saving_the_old_file_is_loaded(self):
        self.write_snapshot("SET a 1")
        self.execute("SET b 1")
        self.assertEqual(self.execute("DEBUG RELOAD nosave"), "OK")
        self.assertEqual(self.execute("KEYS *"), [b"a"])

    def test_can_be_merged(self):
        self.write_snapshot("SET a 1", "RPUSH b 1")
        self.execute("MSET b 2 c 2")
        self.execute("EXPIRE b 100")
        self.assertEqual(self.execute("DEBUG RELOAD NOSAVE NOFLUSH MERGE"), "OK")
        self.assertEqual(sorted(self.execute("KEYS *")), [b"a", b"b", b"c"])
        self.assertEqual(self.execute("TYPE b"), "list")
        self.assertEqual(self.execute("TTL b"), -1)

    def test_keys_that_are_there_are_an_error_unless_merged(self):
        self.execute("SET a 1")
        self.assert_error("ERR Error trying to load the RDB dump, check server logs.", "DEBUG RELOAD NOFLUSH")
        self.assertIn("RDB has duplicated key 'a' in DB 0", self.log.getvalue())
        self.assertEqual(self.execute("GET a"), b"1")

    def test_what_cannot_be_saved_is_kept(self):
        os.mkdir(self.path("dump.rdb"))
        self.execute("SET a 1")
        self.assert_error("ERR", "DEBUG RELOAD")
        self.assertEqual(self.execute("GET a"), b"1")

    def test_a_file_that_is_not_there_is_an_error(self):
        self.assert_error("ERR Error trying to load the RDB dump, check server logs.", "DEBUG RELOAD NOSAVE")
        self.assert_error("ERR Error trying to load the AOF files, check server logs.", "DEBUG LOADAOF")
        self.assertIsNone(self.engine.loading)
        self.assertEqual(self.execute("SET a 1"), "OK")

    def test_spoils_transactions_that_watch(self):
        self.execute("SET a 1")
        self.execute("WATCH a")
        other = self.new_client()
        other.wire("DEBUG RELOAD")
        self.execute("MULTI")
        self.execute("SET a 2")
        self.client.wire("EXEC")
        self.assertEqual(self.execute("GET a"), b"1")


class ReloadAppendOnlyTest(AppendOnlyTestCase):
    def setUp(self):
        super().setUp()
        self.load()

    def test_everything_is_as_before(self):
        for command in ("SET s v", "RPUSH l a b", "SELECT 2", "SET s 3", "PEXPIRE s 100000"):
            self.client.wire(command)
        digest = self.execute("DEBUG DIGEST")
        self.assertEqual(self.client.wire("DEBUG LOADAOF"), b"+OK\r\n")
        self.assertEqual(self.execute("DEBUG DIGEST"), digest)
        self.assertIn("# Append Only File loaded by DEBUG LOADAOF\n", self.log.getvalue())

    def test_reloading_is_no_change_to_be_written(self):
        self.client.wire("SET a 1")
        self.engine.journal.sync()
        before = self.increment()
        for words in ("DEBUG LOADAOF", "DEBUG RELOAD", "DEBUG RELOAD NOSAVE", "DEBUG RELOAD NOSAVE NOFLUSH"):
            self.client.wire(words)
            self.engine.journal.sync()
            self.assertEqual(self.increment(), before, words)
        self.client.wire("SET b 1")
        self.engine.journal.sync()
        self.assertEqual(self.increment(), before + requests("SET b 1"))


if __name__ == "__main__":
    unittest.main()
