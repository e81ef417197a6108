"""The modes that watch: --latency and its kin, --stat, --intrinsic-latency, --lru-test."""
import os
import re
import signal
import subprocess
import time
import unittest
from unittest import mock

from redis_clone.cli.modes import intrinsic_latency, latency, latency_spectrum, lru_test, stat
from tests.cli.cli_support import run_cli
from tests.cli.mode_support import (CLI, ModeTestCase, Result, ScriptedServer, StoppingClock, bulk,
                                    needs_redis_cli, run_mode)

CLEAR = b"\x1b[0G\x1b[2K"
RECONNECTING = b"\r\x1b[0KReconnecting... %d\r"


class LatencyTest(ModeTestCase):
    def measure(self, *words, sleeps=10_000, step_s=0.001, **keywords):
        """Each look at the clock takes a millisecond, and so does each PING."""
        clock = StoppingClock(sleeps=sleeps, step_s=step_s)
        return self.run_mode(*words, run=latency.run, clock=clock, **keywords)

    def test_one_line_of_figures_where_it_is_no_terminal(self):
        for option, figures in (("--raw", rb"1 1 1\.00 (\d+)"), ("--csv", rb"1,1,1\.00,(\d+)"),
                                ("--json", rb'{"min": 1, "max": 1, "avg": 1\.00, "count": (\d+)}')):
            result = self.measure("--latency", option)
            self.assertEqual((result.status, result.errors), (0, b""))
            match = re.fullmatch(figures + b"\n", result.output)
            self.assertAlmostEqual(int(match.group(1)), 84, delta=2)         # of 12 ms, in a second

    def test_the_interval_is_the_option_i(self):
        match = re.fullmatch(rb"1 1 1\.00 (\d+)\n", self.measure("--latency", "-i", "0.25").output)
        self.assertAlmostEqual(int(match.group(1)), 21, delta=2)

    def test_a_line_written_over_and_over_on_a_terminal(self):
        result = self.measure("--latency", sleeps=2, terminal=True)
        self.assertIsNone(result.status)
        self.assertEqual(result.output, b"".join(
            CLEAR + b"min: 1, max: 1, avg: 1.00 (%d samples)" % count for count in (1, 2, 3)))

    def test_history(self):
        result = self.measure("--latency-history", "-i", "0.013", sleeps=3, terminal=True)
        samples = b"".join(CLEAR + b"min: 1, max: 1, avg: 1.00 (%d samples)" % count for count in (1, 2))
        self.assertEqual(result.output, samples + b" -- 0.01 seconds range\n" + samples + b" -- 0.02 seconds range\n")
        result = self.measure("--latency-history", "-i", "0.013", sleeps=3)
        samples = b"1 1 1.00 1\n1 1 1.00 2\n"
        self.assertEqual(result.output, samples + b" -- 0.01 seconds range\n" + samples + b" -- 0.02 seconds range\n")

    def test_less_than_a_millisecond_is_none(self):
        self.assertTrue(self.measure("--latency", step_s=0.0).output.startswith(b"0 0 0.00 "))

    def test_an_error_reply_is_a_reply(self):
        port = ScriptedServer(self, {"PING": b"-NOAUTH no\r\n"}).port
        result = run_mode(port, "--latency", run=latency.run, clock=StoppingClock(step_s=0.1))
        self.assertEqual(result.status, 0)

    def test_garbage_is_an_error(self):
        result = run_mode(ScriptedServer(self, {"PING": b"garbage\r\n"}).port, "--latency")
        self.assertEqual((result.status, result.output), (1, b""))
        self.assertTrue(result.errors.startswith(b"Error: 127.0.0.1:"), result)

    def test_a_server_that_goes_away_is_waited_for(self):
        answers = [b"+PONG\r\n", None, b"+PONG\r\n"]
        server = ScriptedServer(self, {"PING": lambda words: answers.pop(0)})
        result = run_mode(server.port, "--latency", run=latency.run, terminal=True, clock=StoppingClock(sleeps=2))
        self.assertIsNone(result.status)
        self.assertEqual(result.output, CLEAR + b"min: 0, max: 0, avg: 0.00 (1 samples)" + RECONNECTING % 1
                         + b"\r\x1b[0K" + CLEAR + b"min: 0, max: 1000, avg: 500.00 (2 samples)")

    def test_waiting_for_a_server_can_be_interrupted(self):
        server = ScriptedServer(self, {"PING": None})
        result = run_mode(server.port, "--latency", run=latency.run, clock=StoppingClock(sleeps=3))
        self.assertEqual(result.output, b"".join(RECONNECTING % tries for tries in (1, 2, 3, 4)))


class ReturnTest(unittest.TestCase):
    """A server that went away and came back is greeted as it was the first time."""

    WORDS = "-a", "secret", "--no-auth-warning", "-n", "2", "--json", "--stat"
    GREETING = [b"AUTH", b"secret"], [b"SELECT", b"2"], [b"HELLO", b"3"]

    def watch(self, **answers):
        infos = [None, bulk(b"used_memory:1\r\n")]
        server = ScriptedServer(self, {"INFO": lambda words: infos.pop(0), **answers})
        with mock.patch("time.sleep", side_effect=[None, KeyboardInterrupt]):
            result = run_cli(server.port, *self.WORDS)
        return result, server.requests

    def test_what_was_accepted_is_said_again(self):
        result, requests = self.watch()
        self.assertEqual((result.status, result.errors), (130, b""))
        self.assertEqual(requests, [*self.GREETING, [b"INFO"]] * 2)

    def test_what_was_refused_is_not(self):
        result, requests = self.watch(HELLO=b"-ERR unknown command 'HELLO'\r\n")
        self.assertEqual(result.status, 130)
        self.assertEqual(requests, [*self.GREETING, [b"INFO"], *self.GREETING[:2], [b"INFO"]])

    def test_a_password_that_is_refused_now_ends_it(self):
        answers = [b"+OK\r\n", b"-WRONGPASS no\r\n"]
        result, _ = self.watch(AUTH=lambda words: answers.pop(0))
        self.assertEqual((result.status, result.errors), (1, b"Error: WRONGPASS no\n"))


class SpectrumTest(ModeTestCase):
    def test_a_legend_and_a_row_for_each_interval(self):
        clock = StoppingClock(sleeps=6, step_s=0.003)
        output = self.run_mode("--latency-dist", "-i", "0.025", run=latency_spectrum.run, clock=clock).output
        legend, *rows = output.split(b"\x1b[38;5;0m")
        self.assertEqual(len(rows), 3)
        self.assertTrue(legend.startswith(b"---------------------------------------------\n. - * #  "), legend)
        self.assertIn(b"From 0 to 100%: \x1b[48;5;0m \x1b[48;5;233m ", legend)
        self.assertEqual(re.sub(rb"\x1b\[[0-9;]*m", b"", rows[0]), b".-*#123456789ABCDEFGHIJKLMNOPQ?\n")
        self.assertEqual(set(rows), {rows[0]})
        self.assertEqual(rows[0].count(b"\x1b[48;5;196m"), 1)                # all PINGs are in one range,
        self.assertRegex(rows[0], rb"\x1b\[48;5;196m3")                      # that of 3 ms
        self.assertEqual(rows[0].count(b"\x1b[48;5;0m"), 30)

    def test_the_legend_comes_again_after_twenty_rows(self):
        clock = StoppingClock(sleeps=41, step_s=0.01)
        output = self.run_mode("--latency-dist", "-i", "0.001", run=latency_spectrum.run, clock=clock).output
        self.assertEqual(output.count(b"From 0 to 100%"), 3)


class StatTest(ModeTestCase):
    HEADING = (b"------- data ------ --------------------- load -------------------- - child -\n"
               b"keys       mem      clients blocked requests            connections          \n")

    def info(self, **changes):
        figures = {"used_memory": 1536000, "connected_clients": 3, "blocked_clients": 1,
                   "total_commands_processed": 100, "total_connections_received": 7, "rdb_bgsave_in_progress": 0,
                   "aof_rewrite_in_progress": 0, "loading": 0, **changes}
        return bulk(b"".join(b"%b:%b\r\n" % (name.encode(), str(value).encode()) for name, value in figures.items()))

    def watch(self, *infos, words=("--stat",), **keywords):
        infos = list(infos)
        server = ScriptedServer(self, {"INFO": lambda words: infos.pop(0)})
        clock = StoppingClock(sleeps=len(infos) - 1)
        result = run_mode(server.port, *words, run=stat.run, clock=clock, **keywords)
        self.slept = clock.slept
        return result

    def test_figures_in_columns(self):
        infos = self.info(db0="keys=4,expires=0", db3="keys=2"), self.info(total_commands_processed=175)
        self.assertEqual(self.watch(*infos).output, self.HEADING
                         + b"6          1.46M    3       1       100 (+0)            7           \n"
                         b"0          1.46M    3       1       175 (+75)           7           \n")

    def test_what_the_server_is_busy_with(self):
        for figures, name in (({"rdb_bgsave_in_progress": 1}, b"SAVE"), ({"aof_rewrite_in_progress": 1}, b"AOF"),
                              ({"rdb_bgsave_in_progress": 1, "aof_rewrite_in_progress": 1}, b"SAVE+AOF"),
                              ({"loading": 1}, b"LOAD")):
            self.assertTrue(self.watch(self.info(**figures)).output.endswith(b" 7           " + name + b"\n"))

    def test_memory_in_units(self):
        for size, text in ((1023, b"1023B"), (1024, b"1.00K"), (5 << 30, b"5.00G"), (3 << 40, b"3.00T")):
            self.assertIn(b"0          %-8s 3 " % text, self.watch(self.info(used_memory=size)).output)

    def test_a_second_or_the_option_i_between_lines_and_a_heading_each_twenty(self):
        output = self.watch(*[self.info()] * 41).output
        self.assertEqual(self.slept, [1] * 40)
        self.assertEqual(output.count(b"- child -"), 3)
        self.watch(self.info(), self.info(), words=("--stat", "-i", "0.25"))
        self.assertEqual(self.slept, [0.25])

    def test_it_ends_after_the_times_of_the_option_r(self):
        result = self.watch(*[self.info()] * 9, words=("--stat", "-r", "3"))
        self.assertEqual((result.status, result.output.count(b"\n")), (0, 5))

    def test_figures_that_the_server_does_not_tell(self):
        result = self.watch(bulk(b"# nothing\r\nused_memory:a lot\r\n"))
        self.assertEqual(result.output, self.HEADING
                         + b"0          0B       0       0       0 (+0)              0           \n")

    def test_errors(self):
        port = ScriptedServer(self, {"INFO": b"-NOPERM no\r\n"}).port
        self.assertEqual(run_mode(port, "--stat"), Result(1, b"", b"ERROR: NOPERM no\n"))
        self.assertEqual(run_mode(ScriptedServer(self, {"INFO": b":1\r\n"}).port, "--stat").status, 1)

    def test_our_own_server(self):
        self.execute("SET a 1", "SELECT 5", "SET b 1")
        output = self.run_mode("--stat", "-r", "2", "-i", "0.001").output
        self.assertRegex(output.split(b"\n")[2], rb"^2          \d+\.\d+M +\d+       0       \d+ \(\+0\) +\d+ +$")


class IntrinsicLatencyTest(ModeTestCase):
    def test_says_the_longest_run_and_the_average(self):
        clock = StoppingClock(step_s=0.0005)
        result = self.run_mode("--intrinsic-latency", "1", run=intrinsic_latency.run, clock=clock)
        self.assertEqual((result.status, result.errors), (0, b""))
        self.assertEqual(result.output, b"Max latency so far: 500 microseconds.\n\n1000 total runs (avg latency: "
                         b"1000.0000 microseconds / 1000000.00 nanoseconds per run).\n"
                         b"Worst run took 0x longer than the average latency.\n")

    def test_an_interrupt_still_shows_the_average(self):
        class Interrupting(StoppingClock):
            def perf_counter_ns(self):
                if self.now_ns > 1_000_100_000_000:
                    raise KeyboardInterrupt
                return super().perf_counter_ns()

        clock = Interrupting(step_s=0.001)
        result = self.run_mode("--intrinsic-latency", "1", run=intrinsic_latency.run, clock=clock)
        self.assertEqual(result.status, 0)
        self.assertIn(b" total runs (avg latency: 2000.0000 microseconds / ", result.output)


class LruTestTest(ModeTestCase):
    def test_counts_hits_and_misses(self):
        def interrupted(connection, options, out):
            class Once:
                write, print = out.write, out.print

                def flush(self):
                    raise KeyboardInterrupt
            return lru_test.run(connection, options, Once(), clock=StoppingClock(step_s=0.4))

        result = self.run_mode("--lru-test", "1", run=interrupted)
        self.assertRegex(result.output, rb"^\d+ Gets/sec \| Hits: \d+ \(100\.00%\) \| Misses: 0 \(0\.00%\)\n$")
        self.assertEqual(self.execute("KEYS *"), [[b"lru:1"]])

    def test_low_numbers_are_likely(self):
        options = type("Options", (), {"lru_test_keys": 1000})
        numbers = [int(lru_test._key(options)[4:]) for _ in range(2000)]
        self.assertTrue(all(1 <= number <= 1000 for number in numbers))
        self.assertAlmostEqual(sum(number <= 200 for number in numbers) / 2000, 0.8, delta=0.1)


@needs_redis_cli
class LikeRedisCliTest(ModeTestCase):
    """The same, but for the figures."""

    def watch(self, *words, until):
        """What redis-cli writes until `until` has appeared; then it is interrupted."""
        environment = dict(os.environ, FAKETTY="1")
        process = subprocess.Popen([CLI, "-p", str(self.server.port), *words], env=environment,
                                   stdout=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        deadline_s = time.monotonic() + 20
        output = b""
        while until not in output and time.monotonic() < deadline_s:
            output += os.read(process.stdout.fileno(), 65536)
        process.send_signal(signal.SIGINT)
        return output

    def check(self, ours, theirs):
        def strip(output):
            return re.sub(rb"\d+(\.\d+)?[KM]?", b"N", re.sub(rb" +", b" ", output))

        self.assertEqual(strip(ours), strip(theirs))

    def test_latency(self):
        for option in ("--raw", "--csv", "--json"):
            theirs = subprocess.run([CLI, "-p", str(self.server.port), "--latency", "-i", "0.03", option],
                                    stdout=subprocess.PIPE, timeout=20).stdout
            self.check(self.run_mode("--latency", "-i", "0.03", option).output, theirs)

    def test_latency_on_a_terminal(self):
        theirs = self.watch("--latency", until=b"(2 samples)").partition(b"(2 samples)")[0]
        ours = self.run_mode("--latency", run=latency.run, clock=StoppingClock(sleeps=1), terminal=True).output
        self.check(ours.partition(b"(2 samples)")[0], theirs)

    def test_spectrum(self):
        theirs = self.watch("--latency-dist", "-i", "0.03", until=b"?\x1b[0m\n")
        clock = StoppingClock(sleeps=4)
        ours = self.run_mode("--latency-dist", "-i", "0.03", run=latency_spectrum.run, clock=clock).output
        self.assertEqual(ours[:ours.index(b"\x1b[38")], theirs[:theirs.index(b"\x1b[38")])
        row, end = rb"\x1b\[38;5;0m((\x1b\[48;5;\d+m.){31})", rb"\x1b\[0m\n"
        self.assertRegex(ours, row + end)
        self.assertRegex(theirs, row + end)

    def test_stat(self):
        self.execute("SET a 1")
        ours = self.run_mode("--stat", run=stat.run, clock=StoppingClock(sleeps=40)).output
        theirs = self.watch("--stat", "-i", "0.001", until=b"- child -")
        self.check(b"\n".join(ours.split(b"\n")[:3]), b"\n".join(theirs.split(b"\n")[:3]))


if __name__ == "__main__":
    unittest.main()
