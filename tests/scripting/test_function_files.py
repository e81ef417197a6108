"""What becomes of libraries on disk: RDB and append-only files, at the start and for DEBUG RELOAD."""
import io
import tempfile

from redis_clone.engine import Engine
from redis_clone.log import Log
from redis_clone.persistence.aof_format import encode_request
from redis_clone.persistence.aof_rewrite import write_commands
from redis_clone.persistence.rdb_writer import write_rdb
from tests.children import wait_for_child
from tests.recording import RecordingTestCase
from tests.support import REAL, CommandTestCase, EngineTestCase, test_config
from tests.test_loading import LoadTestCase
from tests.test_persistence_rdb_files import RealServer
from tests.test_snapshots import needs_fork

F = b"#!lua name=a\nredis.register_function('f', function() return 1 end)"
G = b"#!lua name=b\nlocal n = 0\nredis.register_function('g', function() n = n + 1 return n end)"
BROKEN = b"#!lua name=c\nlocal x = = 1"


class PropagationTest(RecordingTestCase):
    def setUp(self):
        super().setUp()
        self.ask("FUNCTION FLUSH")

    def test_what_changes_libraries_is_repeated_as_it_is(self):
        self.assert_propagates([("FUNCTION", "LOAD", F)], "FUNCTION", "LOAD", F)
        self.assert_propagates([("FUNCTION", "LOAD", "REPLACE", F)], "FUNCTION", "LOAD", "REPLACE", F)
        payload = self.ask("FUNCTION DUMP")
        self.assert_propagates([("FUNCTION", "RESTORE", payload, "FLUSH")], "FUNCTION", "RESTORE", payload, "FLUSH")
        self.assert_propagates(["FUNCTION DELETE a"], "FUNCTION DELETE a")
        self.assert_propagates([("FUNCTION", "RESTORE", payload)], "FUNCTION", "RESTORE", payload)
        self.assert_propagates(["FUNCTION FLUSH"], "FUNCTION FLUSH")
        self.assert_propagates(["FUNCTION FLUSH ASYNC"], "FUNCTION FLUSH ASYNC")

    def test_what_fails_or_changes_nothing_comes_to_nothing(self):
        self.ask("FUNCTION", "LOAD", F)
        for args in (("LOAD", F), ("LOAD", BROKEN), ("DELETE", "nosuch"), ("RESTORE", "x"), ("FLUSH", "now"), ("LIST",),
                     ("DUMP",), ("STATS",)):
            self.assert_propagates([], "FUNCTION", *args)

    def test_a_function_comes_to_the_commands_that_it_calls(self):
        self.ask("FUNCTION", "LOAD", b"#!lua name=a\nredis.register_function('f', function(keys, args)\n"
                                     b"for _, key in ipairs(keys) do redis.call('INCR', key) end end)")
        self.assert_propagates([], "FCALL f 0")
        self.assert_propagates(["INCR x"], "FCALL f 1 x")
        self.assert_propagates([["INCR x", "INCR y"]], "FCALL f 2 x y")

    def test_a_transaction_is_one_unit(self):
        self.ask("MULTI")
        self.ask("FUNCTION", "LOAD", F)
        self.ask("SET x 1")
        self.assert_propagates([[("FUNCTION", "LOAD", F), "SET x 1"]], "EXEC")


class SavingTest(EngineTestCase):
    def test_sources_are_written_into_rdb_files(self):
        self.execute("FUNCTION", "LOAD", F)
        self.execute("FUNCTION", "LOAD", G)
        pieces = []
        self.engine.snapshots.write(pieces.append)
        data = b"".join(map(bytes, pieces))
        self.assertLess(data.index(b"\xf5"), data.index(b"name=a"))
        self.assertIn(b"name=b", data)

    def test_rewriting_makes_commands_of_them(self):
        self.execute("FUNCTION", "LOAD", F)
        pieces = []
        write_commands(pieces.append, self.engine.keyspace.databases, functions=self.engine.functions.sources)
        self.assertEqual(b"".join(pieces), encode_request([b"FUNCTION", b"LOAD", F]))


class LoadingTest(LoadTestCase):
    def write_libraries(self, *sources):
        pieces = []
        write_rdb(pieces.append, self.engine.keyspace.databases, functions=sources)
        self.write(b"".join(pieces), "dump.rdb")

    def test_libraries_of_an_rdb_file_are_there_after_the_start(self):
        self.write_libraries(F, G)
        self.load()
        self.assertEqual(self.execute("FCALL f 0"), 1)
        self.assertEqual(self.execute("FCALL g 0"), 1)
        self.assertEqual(self.engine.functions.sources, [F, G])

    def test_a_library_that_does_not_compile_stops_the_start(self):
        self.write_libraries(F, BROKEN)
        self.assert_refused("dump.rdb", "Failed loading library, Error compiling function: user_function:2: unexpected "
                                        "symbol near '='")

    def test_a_library_that_comes_twice_stops_the_start(self):
        self.write_libraries(F, F)
        self.assert_refused("dump.rdb", "Failed loading library, Library 'a' already exists")

    def test_loading_takes_the_time_that_it_takes(self):
        self.write_libraries(b"#!lua name=slow\nfor i = 1, 1000 do end\n"
                             b"redis.register_function('slow', function() return 1 end)")
        self.engine.functions.load_limit_s = -1
        self.load()
        self.assertEqual(self.execute("FCALL slow 0"), 1)


class AppendOnlyTest(LoadTestCase):
    config = {"appendonly": "yes"}

    def write_increment(self, *requests):
        self.write(b"file appendonly.aof.1.incr.aof seq 1 type i\n", "appendonlydir", "appendonly.aof.manifest")
        self.write(b"".join(map(encode_request, requests)), "appendonlydir", "appendonly.aof.1.incr.aof")

    def test_what_changes_libraries_is_done_again(self):
        self.write_increment((b"FUNCTION", b"LOAD", F), (b"function", b"load", G), (b"FUNCTION", b"DELETE", b"b"),
                             (b"FUNCTION", b"LOAD", b"REPLACE", F.replace(b"return 1", b"return 2")))
        self.load()
        self.assertEqual(self.execute("FCALL f 0"), 2)
        self.assertEqual(str(self.execute("FCALL g 0")), "ERR Function not found")

    def test_flush_and_restore_are_done_again(self):
        self.execute("FUNCTION", "LOAD", G)
        payload = self.execute("FUNCTION DUMP")
        self.execute("FUNCTION FLUSH")
        self.write_increment((b"FUNCTION", b"LOAD", F), (b"FUNCTION", b"FLUSH"), (b"FUNCTION", b"RESTORE", payload),
                             (b"FUNCTION", b"RESTORE", payload, b"FLUSH"))
        self.load()
        self.assertEqual(self.engine.functions.sources, [G])

    def test_transactions_are_done_again(self):
        self.write_increment((b"MULTI",), (b"FUNCTION", b"LOAD", F), (b"SET", b"x", b"1"), (b"EXEC",))
        self.load()
        self.assertEqual(self.execute("FCALL f 0"), 1)
        self.assertEqual(self.execute("GET x"), b"1")

    def test_what_fails_is_logged_and_passed_over(self):
        self.write_increment((b"FUNCTION", b"LOAD", BROKEN), (b"SET", b"x", b"1"))
        self.load()
        self.assert_logged("== CRITICAL == This server is sending an error to its AOF-loading-client: 'Error compiling "
                           "function: user_function:2: unexpected symbol near '='' after processing the command "
                           "'function'")
        self.assertEqual(self.execute("GET x"), b"1")

    @needs_fork
    def test_libraries_come_through_a_rewrite_in_either_format(self):
        self.load()
        self.execute("FUNCTION", "LOAD", F)
        for preamble in ("yes", "no"):
            self.execute(f"CONFIG SET aof-use-rdb-preamble {preamble}")
            self.execute("BGREWRITEAOF")
            wait_for_child(self.engine)
            self.close(self.engine)
            self.engine = Engine(self.make_config(), Log(stream=self.log), self.clock)
            self.client = self.new_client()
            self.addCleanup(self.close, self.engine)
            self.load()
            self.assertEqual(self.execute("FCALL f 0"), 1, preamble)
            self.execute("DEBUG LOADAOF")
            self.assertEqual(self.engine.functions.sources, [F])


class ReloadTest(CommandTestCase):
    """DEBUG RELOAD and LOADAOF."""

    def setUp(self):
        super().setUp()
        if not REAL:
            self.engine.log = Log(stream=io.StringIO())
        self.client.wire("FUNCTION FLUSH")
        self.client.wire("FUNCTION", "LOAD", F)
        self.client.wire("FUNCTION", "LOAD", G)

    def make_config(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        return test_config({"dir": directory.name})

    def test_libraries_come_back(self):
        self.check("+OK", "DEBUG RELOAD")
        self.check(":1", "FCALL f 0")

    def test_they_begin_anew(self):
        self.check(":1", "FCALL g 0")
        self.check(":2", "FCALL g 0")
        self.check("+OK", "DEBUG RELOAD")
        self.check(":1", "FCALL g 0")

    def test_what_was_not_saved_is_gone(self):
        self.check("+OK", "SAVE")
        self.client.wire("FUNCTION", "LOAD", F.replace(b"'f'", b"'h'").replace(b"=a", b"=c"))
        self.client.wire("FUNCTION DELETE b")
        self.check("+OK", "DEBUG RELOAD NOSAVE")
        self.check("-ERR Function not found", "FCALL h 0")
        self.check(":1", "FCALL g 0")

    def test_libraries_that_are_there_are_in_the_way_unless_merged(self):
        self.check("-ERR Error trying to load the RDB dump, check server logs.", "DEBUG RELOAD NOFLUSH")
        self.check("+OK", "DEBUG RELOAD NOFLUSH MERGE")
        self.check(":1", "FCALL f 0")


class _RealServerTests:
    """Libraries go to a real server and come from it: as payloads, in RDB and in append-only files."""

    program = version = None

    def setUp(self):
        super().setUp()
        self.server = RealServer(self, self.program)

    def test_payloads_are_read_on_the_other_side(self):
        self.execute(f"CONFIG SET rdb-version {self.version}")
        for source in (F, G, b"#!lua name=long\n" + b"-- " + b"comment " * 200 + b"\n" + F.partition(b"\n")[2]
                       .replace(b"'f'", b"'long'")):
            self.execute("FUNCTION", "LOAD", source)
        self.assertEqual(self.server.execute("FUNCTION", "RESTORE", self.execute("FUNCTION DUMP")), "OK")
        self.assertEqual(self.server.execute("FCALL", "long", 0), 1)
        payload = self.server.execute("FUNCTION", "DUMP")
        expected = sorted(self.engine.functions.sources)
        self.execute("FUNCTION FLUSH")
        self.assertEqual(self.execute("FUNCTION", "RESTORE", payload), "OK")
        self.assertEqual(sorted(self.engine.functions.sources), expected)

    def test_rdb_files_are_read_on_the_other_side(self):
        self.server.execute("FUNCTION", "LOAD", F)
        self.server.execute("FUNCTION", "LOAD", G)
        self.write(self.server.saved(), "dump.rdb")
        self.load()
        self.assertEqual(self.execute("FCALL g 0"), 1)
        self.execute("FUNCTION DELETE b")
        self.execute(f"CONFIG SET rdb-version {self.version}")
        pieces = []
        self.engine.snapshots.write(pieces.append)
        self.server.load(b"".join(map(bytes, pieces)))
        self.assertEqual(self.server.execute("FCALL", "f", 0), 1)
        self.assertEqual(len(self.server.execute("FUNCTION", "LIST")), 1)


class ValkeyTest(_RealServerTests, LoadTestCase):
    program, version = "valkey-server", 11


class RedisTest(_RealServerTests, LoadTestCase):
    program, version = "redis-server", 10
