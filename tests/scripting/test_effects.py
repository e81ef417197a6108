"""What scripts come to in the append-only file: the effects of their commands, as a unit."""
import os
import tempfile
import unittest

from redis_clone.log import Log
from redis_clone.server import Server
from tests.recording import RecordingTestCase, record
from tests.support import REAL, EngineTestCase, test_config


class ScriptEffectsTest(RecordingTestCase):
    def check_effects(self, expected, script, *args):
        return self.assert_propagates(expected, "EVAL", script, *(args or (0,)))

    def test_one_effect_stands_alone(self):
        self.check_effects(["set k v"], "redis.call('set', KEYS[1], ARGV[1])", 1, "k", "v")

    def test_several_effects_are_a_unit(self):
        self.check_effects([["set k 1", "incr k", "lpush l a 2"]],
                           "redis.call('set', 'k', 1) redis.call('incr', 'k') redis.call('lpush', 'l', 'a', 2)")

    def test_what_only_reads_comes_to_nothing(self):
        self.check_effects([], "redis.call('get', 'k') return redis.call('del', 'nosuch')")
        self.check_effects([], "return 1")

    def test_effects_are_spelled_out(self):
        self.ask("SADD s a")
        self.check_effects([["SREM s a", "set k v PXAT {+1000}"]],
                           "redis.call('spop', 's') redis.call('set', 'k', 'v', 'px', 1000)")

    def test_keys_that_are_due_go_before(self):
        self.ask("SET k v PX 5")
        self.wait_ms(20)
        self.check_effects([["DEL k", "set x 1"]], "redis.call('get', 'k') redis.call('set', 'x', 1)")

    def test_effects_name_their_database(self):
        self.check_effects([["set a 1", "@2 set b 2"]],
                           "redis.call('set', 'a', 1) redis.call('select', 2) redis.call('set', 'b', 2)")

    def test_what_a_failing_script_has_done_counts(self):
        self.check_effects(["set k v"], "redis.call('set', 'k', 'v') error('x')")

    def test_in_a_transaction_they_are_part_of_it(self):
        self.ask("MULTI")
        self.ask("SET", "a", "1")
        self.ask("EVAL", "redis.call('set', 'b', 2) redis.call('set', 'c', 3)", 0)
        self.ask("EVAL", "return redis.call('get', 'b')", 0)
        self.ask("SET", "d", "4")
        self.assert_propagates([["SET a 1", "set b 2", "set c 3", "SET d 4"]], "EXEC")

    def test_a_script_may_keep_its_effects_to_itself(self):
        self.check_effects(["set b 2"], "redis.set_repl(redis.REPL_NONE) redis.call('set', 'a', 1) "
                                        "redis.set_repl(redis.REPL_ALL) redis.call('set', 'b', 2)")
        self.check_effects([], "redis.set_repl(redis.REPL_REPLICA) redis.call('set', 'a', 1)")
        self.check_effects(["set a 1"], "redis.set_repl(redis.REPL_AOF) redis.call('set', 'a', 1)")

    def test_keys_that_are_due_go_in_any_case(self):
        for command in ("'get', 'k'", "'set', 'k', 'v', 'px', 1000"):
            self.ask("SET k v PX 5")
            self.wait_ms(20)
            self.check_effects(["DEL k"], f"redis.set_repl(redis.REPL_NONE) redis.call({command})")
            self.ask("DEL k")

    def test_loading_a_script_comes_to_nothing(self):
        self.assert_propagates([], "SCRIPT", "LOAD", "return 1")
        self.assert_propagates([], "SCRIPT", "FLUSH")


@unittest.skipIf(REAL, "looks into the engine")
class ManyEffectsTest(EngineTestCase):
    def test_their_number_does_not_slow_down_each_of_them(self):
        journal = record(self.engine)
        self.client.wire("EVAL", "for i = 1, 20000 do redis.call('set', 'k', i) end", 0)
        self.assertEqual([len(unit) for unit in journal.take()], [20000])


@unittest.skipIf(REAL, "loads files of its own")
class OldFilesTest(unittest.TestCase):
    """Before Redis 7 append-only files could contain scripts."""

    def load(self, *requests):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        with open(os.path.join(directory.name, "appendonly.aof"), "wb") as file:
            for argv in requests:
                words = [word.encode() for word in argv]
                file.write(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words))
        server = Server(test_config({"appendonly": "yes", "dir": directory.name}), Log(level="nothing"), port=0)
        server.start()
        self.addCleanup(server.stop)
        return server.engine

    def test_scripts_in_a_file_are_run(self):
        engine = self.load(["SELECT", "0"], ["EVAL", "redis.call('set', KEYS[1], ARGV[1])", "1", "a", "1"],
                           ["SCRIPT", "LOAD", "return redis.call('incr', KEYS[1])"],
                           ["EVALSHA", "2bab3b661081db58bd2341920e0ba7cf5dc77b25", "1", "a"],
                           ["MULTI"], ["EVAL", "return redis.call('incr', 'a')", "0"], ["EXEC"])
        with engine.lock:
            self.assertEqual(engine.keyspace.databases[0].read_string(b"a"), b"3")
        self.assertIsNone(engine.scripting.running)

    def test_a_script_that_fails_does_not_stop_loading(self):
        engine = self.load(["EVAL", "redis.call('set', 'a', 1) error('x')", "0"], ["INCR", "a"])
        with engine.lock:
            self.assertEqual(engine.keyspace.databases[0].read_string(b"a"), b"2")
