"""CONFIG GET, SET, RESETSTAT, REWRITE, HELP."""
import io
import os
import tempfile
import unittest

from redis_clone.config import Config
from redis_clone.config_rewrite import rewrite_lines
from redis_clone.log import Log

from .support import CommandTestCase, EngineTestCase


class ConfigGetTest(CommandTestCase):
    def test_gives_pairs_of_name_and_value(self):
        self.check("*2\r\n$9\r\nmaxmemory\r\n$1\r\n0", "CONFIG GET maxmemory")

    def test_is_a_map_in_resp3(self):
        self.client.wire("HELLO 3")
        self.check("%1\r\n$9\r\nmaxmemory\r\n$1\r\n0", "CONFIG GET maxmemory")
        self.check("%0", "CONFIG GET nosuch")

    def test_takes_patterns_and_several_at_once(self):
        self.assertEqual(self.names("hash-max-*"), {"hash-max-listpack-entries", "hash-max-listpack-value",
                                                    "hash-max-ziplist-entries", "hash-max-ziplist-value"})
        self.assertEqual(self.names("maxmemory", "maxm?mory", "timeout"), {"maxmemory", "timeout"})

    def test_a_plain_name_is_answered_as_it_was_spelled(self):
        self.assertEqual(self.names("MaxMemory"), {"MaxMemory"})

    def test_an_unknown_name_is_not_answered(self):
        self.check("*0", "CONFIG GET nosuch")
        self.check("*0", b"CONFIG", b"GET", b"\xff\xfe")

    def test_needs_a_pattern(self):
        self.check("-ERR wrong number of arguments for 'config|get' command", "CONFIG GET")

    def names(self, *patterns):
        words = self.client.wire("CONFIG", "GET", *patterns).split(b"\r\n")
        return {name.decode() for name in words[2::4]}


class ConfigSetTest(CommandTestCase):
    def tearDown(self):
        self.client.wire("CONFIG SET timeout 0 maxmemory 0")

    def test_sets_several_at_once(self):
        self.check("+OK", "CONFIG SET timeout 7 maxmemory 100mb")
        self.check("*2\r\n$7\r\ntimeout\r\n$1\r\n7", "CONFIG GET timeout")
        self.check("*2\r\n$9\r\nmaxmemory\r\n$9\r\n104857600", "CONFIG GET maxmemory")

    def test_sets_all_or_nothing(self):
        self.check("-ERR CONFIG SET failed (possibly related to argument 'maxmemory') - "
                   "argument must be a memory value", "CONFIG SET timeout 7 maxmemory x")
        self.check("*2\r\n$7\r\ntimeout\r\n$1\r\n0", "CONFIG GET timeout")

    def test_names_are_taken_in_any_case(self):
        self.check("+OK", "CONFIG SET TimeOut 7")
        self.check("*2\r\n$7\r\ntimeout\r\n$1\r\n7", "CONFIG GET timeout")

    def test_refuses_unknown_fixed_and_repeated_names(self):
        self.check("-ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'", "CONFIG SET nosuch 1")
        self.check("-ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config",
                   "CONFIG SET databases 1")
        self.check("-ERR CONFIG SET failed (possibly related to argument 'timeout') - duplicate parameter",
                   "CONFIG SET timeout 1 timeout 2")

    def test_needs_pairs(self):
        self.check("-ERR wrong number of arguments for 'config|set' command", "CONFIG SET timeout")
        self.check("-ERR syntax error", "CONFIG SET timeout 1 maxmemory")


class ConfigHelpTest(CommandTestCase):
    def test_unknown_subcommands_point_to_it(self):
        self.check("-ERR unknown subcommand 'foo'. Try CONFIG HELP.", "CONFIG foo")
        self.check("-ERR wrong number of arguments for 'config' command", "CONFIG")

    def test_is_lines_of_status_replies(self):
        reply = self.client.wire("CONFIG HELP").split(b"\r\n")
        self.assertEqual(reply[:3], [b"*11", b"+CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                                     b"+GET <pattern>"])


class ConfigResetstatTest(EngineTestCase):
    def test_forgets_what_was_counted(self):
        self.execute("SET s x PX 5")
        self.execute("INCR s")
        self.execute("GET s")
        self.execute("GET")
        self.clock.advance(1)
        self.execute("GET s")
        self.client.session.bytes_in = 100
        self.assertEqual(self.execute("CONFIG RESETSTAT"), "OK")
        text = self.execute("INFO everything").decode()
        for line in ("keyspace_hits:0", "keyspace_misses:0", "expired_keys:0", "total_error_replies:0",
                     "total_net_input_bytes:0", "# Errorstats\r\n\r\n"):
            self.assertIn(line, text)
        self.assertNotIn("cmdstat_get:", text)

    def test_leaves_the_slow_log_alone(self):
        self.execute("CONFIG SET slowlog-log-slower-than 0")
        self.execute("PING")
        self.execute("CONFIG RESETSTAT")
        self.assertGreaterEqual(self.execute("SLOWLOG LEN"), 2)


class ConfigRewriteTest(EngineTestCase):
    def setUp(self):
        super().setUp()
        self.engine.log = Log(stream=io.StringIO())
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = os.path.join(directory.name, "redis.conf")

    def load(self, text):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)
        self.engine.config.load_file(self.path)

    def read(self):
        with open(self.path, encoding="utf-8") as file:
            return file.read()

    def test_needs_a_file(self):
        self.assert_error("ERR The server is running without a config file", "CONFIG REWRITE")

    def test_brings_the_file_up_to_date(self):
        self.load("# mine\ntimeout 3\n\nport 7000\n")
        self.execute("CONFIG SET timeout 9 maxmemory 1kb")
        self.assertEqual(self.execute("CONFIG REWRITE"), "OK")
        self.assertEqual(self.read(), "# mine\ntimeout 9\n\nport 7000\n\n# Generated by CONFIG REWRITE\n"
                                      "enable-debug-command yes\nmaxmemory 1024\nsave \"\"\n")

    def test_leaves_no_other_file_behind_and_keeps_the_mode(self):
        self.load("timeout 3\n")
        os.chmod(self.path, 0o640)
        self.execute("CONFIG REWRITE")
        self.assertEqual(os.listdir(os.path.dirname(self.path)), ["redis.conf"])
        if os.name != "nt":
            self.assertEqual(os.stat(self.path).st_mode & 0o777, 0o640)

    def test_says_why_it_failed(self):
        self.load("timeout 3\n")
        os.unlink(self.path)
        self.assert_error("ERR Rewriting config file: No such file or directory", "CONFIG REWRITE")


class RewriteLinesTest(unittest.TestCase):
    def rewritten(self, lines, changes=()):
        """The file's new lines, after checking that they mean the same as the configuration itself."""
        config = Config()
        config.load(lines, "test")
        config.set_many(list(changes))
        result = rewrite_lines(lines, config)
        again = Config()
        again.load(result, "test")
        self.assertEqual(again.get(["*"]), config.get(["*"]))
        return result

    def test_without_changes_a_file_stays_as_it_is(self):
        lines = ["# a comment", "", "port 7000", "maxmemory-policy allkeys-lru"]
        self.assertEqual(self.rewritten(lines), lines)

    def test_several_lines_of_a_directive_become_one(self):
        self.assertEqual(self.rewritten(["save 900 1", "# and", "save 300 10"]), ["save 900 1 300 10", "# and"])
        self.assertEqual(self.rewritten(["timeout 1", "timeout 2"]), ["timeout 2"])

    def test_other_names_become_the_main_one(self):
        self.assertEqual(self.rewritten(["hash-max-ziplist-entries 7"]), ["hash-max-listpack-entries 7"])

    def test_words_are_quoted_where_needed(self):
        self.assertEqual(self.rewritten(["requirepass x"], [("requirepass", 'a "b"')]), ['requirepass "a \\"b\\""'])
        self.assertEqual(self.rewritten(["save 900 1"], [("save", "")]), ['save ""'])
        self.assertEqual(self.rewritten(["masterauth x"], [("masterauth", "")]), ['masterauth ""'])

    def test_lines_that_are_no_parameters_stay(self):
        lines = ["rename-command FLUSHALL hidden", "user alice on >secret ~* +@all"]
        self.assertEqual(self.rewritten(lines), lines)

    def test_no_replica_is_spelled_out(self):
        self.assertEqual(self.rewritten(["replicaof no one"]), ["replicaof no one"])

    def test_a_second_rewrite_changes_nothing(self):
        once = self.rewritten(["port 7000"], [("timeout", "5")])
        self.assertEqual(once, ["port 7000", "", "# Generated by CONFIG REWRITE", "timeout 5"])
        self.assertEqual(self.rewritten(once), once)
