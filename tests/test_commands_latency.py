"""LATENCY and the monitor behind it."""
import unittest

from redis_clone.latency import LatencyMonitor

from .support import CommandTestCase, EngineTestCase


class LatencyMonitorTest(unittest.TestCase):
    def setUp(self):
        self.monitor = LatencyMonitor()
        self.monitor.threshold_ms = 10

    def test_is_off_without_a_threshold(self):
        self.monitor.threshold_ms = 0
        self.monitor.add("command", 5.0, 1000)
        self.assertEqual(self.monitor.events, {})

    def test_only_what_takes_long_is_remembered(self):
        self.monitor.add("command", 0.0099, 1000)
        self.assertEqual(self.monitor.events, {})
        self.monitor.add("command", 0.0101, 1000)
        self.assertEqual(list(self.monitor.events["command"].samples), [(1000, 10)])

    def test_of_one_second_the_worst_is_kept(self):
        for elapsed_s, now_s in ((0.02, 1000.1), (0.05, 1000.5), (0.03, 1000.9), (0.04, 1001.0)):
            self.monitor.add("command", elapsed_s, now_s)
        self.assertEqual(list(self.monitor.events["command"].samples), [(1000, 50), (1001, 40)])
        self.assertEqual(self.monitor.events["command"].highest_ms, 50)

    def test_only_the_last_160_seconds_are_kept(self):
        for second in range(200):
            self.monitor.add("command", 0.02, second)
        self.assertEqual(len(self.monitor.events["command"].samples), 160)

    def test_forgetting_tells_how_many(self):
        for name in ("command", "fast-command"):
            self.monitor.add(name, 0.02, 1000)
        self.assertEqual(self.monitor.forget(["COMMAND", "nosuch", "command"]), 1)
        self.assertEqual(self.monitor.forget(), 1)
        self.assertEqual(self.monitor.events, {})


class LatencyCommandTest(CommandTestCase):
    def test_without_events(self):
        self.client.wire("LATENCY RESET")
        self.check("*0", "LATENCY LATEST")
        self.check("*0", "LATENCY HISTORY command")
        self.check(":0", "LATENCY RESET")
        self.check(":0", "LATENCY RESET a b")

    def test_wrong_numbers_of_arguments(self):
        self.check("-ERR wrong number of arguments for 'latency' command", "LATENCY")
        self.check("-ERR wrong number of arguments for 'latency|latest' command", "LATENCY LATEST x")
        self.check("-ERR wrong number of arguments for 'latency|history' command", "LATENCY HISTORY")
        self.check("-ERR unknown subcommand 'nosuch'. Try LATENCY HELP.", "LATENCY nosuch")

    def test_help_is_lines_of_status_replies(self):
        lines = self.client.wire("LATENCY HELP").split(b"\r\n")
        self.assertEqual(lines[1], b"+LATENCY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")


class LatencyEventsTest(EngineTestCase):
    config = {"latency-monitor-threshold": "10"}

    def slow(self, name, elapsed_s):
        """What dispatch does after a command that took so long."""
        command = self.engine.commands[name]
        self.assertGreaterEqual(elapsed_s, self.engine.slow_s)
        self.engine.log_slow(self.client.session, command, [name], elapsed_s)

    def test_latest_and_history(self):
        self.slow(b"KEYS", 0.070)
        self.clock.advance(5)
        self.slow(b"KEYS", 0.020)
        self.slow(b"GET", 0.030)
        now_s = int(self.clock.now_s)
        self.assertEqual(self.execute("LATENCY LATEST"),
                         [[b"command", now_s, 20, 70], [b"fast-command", now_s, 30, 30]])
        self.assertEqual(self.execute("LATENCY HISTORY command"), [[now_s - 5, 70], [now_s, 20]])
        self.assertEqual(self.execute("LATENCY HISTORY COMMAND"), [])
        self.assertEqual(self.execute("LATENCY RESET COMMAND"), 1)
        self.assertEqual(self.execute("LATENCY HISTORY command"), [])

    def test_the_slow_log_has_its_own_threshold(self):
        self.execute("CONFIG SET slowlog-log-slower-than 50000")
        self.slow(b"KEYS", 0.020)
        self.assertEqual(self.execute("SLOWLOG LEN"), 0)
        self.slow(b"KEYS", 0.060)
        self.assertEqual(self.execute("SLOWLOG LEN"), 1)
        self.execute("CONFIG SET latency-monitor-threshold 0")
        self.assertEqual(self.engine.slow_s, 0.05)
