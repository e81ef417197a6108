"""The client's commands about latency, memory and slow commands."""
import unittest

from tests.client.reply_case import CannedCase, LiveCase

STATS = [b"peak.allocated", 2154296, b"db.0", [b"overhead.hashtable.main", 72], b"dataset.percentage", b"98.92",
         b"allocator", b"jemalloc"]


class LatencyTest(LiveCase):
    def test_slow_events_are_remembered(self):
        self.client.config_set("latency-monitor-threshold", 1)
        try:
            self.client.debug("SLEEP", 0.002)
        finally:
            self.client.config_set("latency-monitor-threshold", 0)
        (when, milliseconds), = self.client.latency_history("command")
        self.same(self.client.latency_latest(), [[b"command", when, milliseconds, milliseconds]])
        self.assertEqual(self.client.latency_reset("command", "none"), 1)
        self.assertEqual(self.client.latency_history("command"), [])

    def test_there_is_nothing_slow(self):
        self.client.latency_reset()
        self.assertEqual(self.client.latency_reset(), 0)
        self.same(self.client.latency_latest(), [])

    def test_help_is_text(self):
        for help, word in ((self.client.latency_help, "LATENCY"), (self.client.memory_help, "MEMORY"),
                           (self.client.slowlog_help, "SLOWLOG")):
            self.assertIn(word, help()[0])


class MemoryTest(LiveCase):
    def test_a_value_takes_bytes(self):
        self.client.set("key", "value" * 100)
        self.assertGreater(self.client.memory_usage("key"), 500)
        self.assertGreater(self.client.memory_usage("key", samples=0), 500)
        self.assertIsNone(self.client.memory_usage("nothing"))

    def test_what_memory_is_used_for(self):
        self.client.set("key", "value")
        stats = self.client.memory_stats()
        self.assertIsInstance(stats["keys.count"], int)
        self.assertIsInstance(stats["dataset.percentage"], float)
        self.assertIsInstance(stats["db.0"], dict)
        self.assertIs(self.client.memory_purge(), True)


class SlowlogTest(LiveCase):
    def test_slow_commands_are_told_of_in_bytes(self):
        self.client.config_set("slowlog-log-slower-than", 0)
        self.assertIs(self.client.slowlog_reset(), True)
        self.client.set("key", b"\xff v")
        self.client.config_set("slowlog-log-slower-than", -1)
        self.assertGreaterEqual(self.client.slowlog_len(), 2)
        entry, = [entry for entry in self.client.slowlog_get(-1) if entry["command"] == b"SET key \xff v"]
        self.assertEqual(sorted(entry),
                         ["client_address", "client_name", "command", "duration", "id", "start_time"])
        self.assertIsInstance(entry["client_address"], bytes)
        self.assertEqual(len(self.client.slowlog_get(1)), 1)


class RepliesTest(CannedCase):
    def test_memory(self):
        stats = {b"peak.allocated": 2154296, b"db.0": {b"overhead.hashtable.main": 72},
                 b"dataset.percentage": 98.92, b"allocator": b"jemalloc"}
        self.check_reply(lambda r: r.memory_stats(), {
            "peak.allocated": 2154296, "db.0": {"overhead.hashtable.main": 72}, "dataset.percentage": 98.92,
            "allocator": "jemalloc"}, STATS, stats)

    def test_histograms(self):
        self.check_reply(
            lambda r: r.latency_histogram(), {"acl|log": {"calls": 2, "histogram_usec": {2: 1, 16: 2}}},
            [b"acl|log", [b"calls", 2, b"histogram_usec", [2, 1, 16, 2]]],
            {b"acl|log": {b"calls": 2, b"histogram_usec": {2: 1, 16: 2}}})

    def test_reports_for_people(self):
        for call, *words in ((lambda r: r.latency_doctor(), "LATENCY DOCTOR"),
                             (lambda r: r.latency_graph("command"), "LATENCY GRAPH", "command"),
                             (lambda r: r.memory_doctor(), "MEMORY DOCTOR"),
                             (lambda r: r.memory_malloc_stats(), "MEMORY MALLOC-STATS")):
            self.check_reply(call, b"All is well.\n", b"All is well.\n")
            self.check_words(call, *words)

    def test_slow_commands_of_other_servers(self):
        self.check_reply(lambda r: r.slowlog_get(), [
            {"id": 1, "start_time": 2, "duration": 3, "command": b"GET a"},
            {"id": 4, "start_time": 5, "duration": 6, "complexity": b"N:1", "command": b"GET b",
             "client_address": b"a:1", "client_name": b"me"},
        ], [[1, 2, 3, [b"GET", b"a"]], [4, 5, 6, b"N:1", [b"GET", b"b"], b"a:1", b"me"]])


if __name__ == "__main__":
    unittest.main()
