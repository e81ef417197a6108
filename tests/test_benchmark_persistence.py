"""Tests of scripts/persistence.py, its data and its servers: that it measures, not how fast anything is."""
import contextlib
import io
import os
import shutil
import sys
import tempfile
import unittest
from unittest import mock

from redis_clone.reply_parser import ReplyParser
from tests.system.support import not_when_short

SCRIPTS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "scripts")
sys.path.insert(0, SCRIPTS)

import benchmark        # noqa: E402
import mixed_data       # noqa: E402
import persistence      # noqa: E402
import servers          # noqa: E402

BENCHMARK_CSV = (
    '"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms",'
    '"max_latency_ms"\n'
    '"SET","25000.00","1.800","0.200","1.700","2.000","2.500","9.000"\n'
    '"GET","30000.00","1.700","0.200","1.600","1.900","1.900","8.000"\n')


def printed(function, *arguments):
    """What a call returns (or its exit status) and what it prints."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
        try:
            result = function(*arguments)
        except SystemExit as end:
            result = end.code
    return result, out.getvalue()


def run_suite(*arguments):
    return printed(benchmark.main, ["--suite", "persistence", *arguments])


class MixedDataTest(unittest.TestCase):
    def test_as_many_keys_as_asked_for_half_of_them_strings(self):
        commands = list(mixed_data.keys(1000))
        types = {command[1]: command[0] for command in commands if command[0] != "PEXPIREAT"}
        self.assertEqual(len(types), 1000)
        self.assertEqual(list(types.values()).count("SET"), 500)
        self.assertEqual(set(types.values()), {"SET", "RPUSH", "SADD", "HSET", "ZADD", "XADD"})
        expiring = {command[1] for command in commands if command[0] == "PEXPIREAT" or "PXAT" in command}
        self.assertEqual(len(expiring), 200)

    def test_as_many_changes_as_asked_for(self):
        for count in (1, 3, 4, 5, 100, 101, 250, 1003):
            self.assertEqual(len(list(mixed_data.changes(count))), count)

    def test_transactions_are_whole(self):
        for count in (3, 5, 104, 105, 300):
            verbs = [command[0] for command in mixed_data.changes(count)]
            self.assertEqual(verbs.count("MULTI"), verbs.count("EXEC"))
            for number, verb in enumerate(verbs):
                if verb == "MULTI":
                    self.assertEqual(verbs[number:number + 5].index("EXEC"), 4)

    def test_keys_are_changed_several_times(self):
        changed = [command[1] for command in mixed_data.changes(10_000) if len(command) > 1]
        self.assertGreater(len(changed), 3 * len(set(changed)))

    def test_the_same_each_time(self):
        self.assertEqual(list(mixed_data.keys(100)), list(mixed_data.keys(100)))
        self.assertEqual(list(mixed_data.changes(100)), list(mixed_data.changes(100)))


class AofTest(unittest.TestCase):
    def test_one_increment_and_its_manifest(self):
        directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, directory)
        persistence.write_aof(directory, [["SET", "a", 1], ["DEL", "a"]])
        with open(os.path.join(directory, "appendonly.aof.manifest"), "rb") as file:
            self.assertEqual(file.read(), b"file appendonly.aof.1.incr.aof seq 1 type i\n")
        parser = ReplyParser()
        with open(os.path.join(directory, "appendonly.aof.1.incr.aof"), "rb") as file:
            parser.feed(file.read())
        self.assertEqual(list(parser.replies), [[b"SELECT", b"0"], [b"SET", b"a", b"1"], [b"DEL", b"a"]])


class LoadingTimeTest(unittest.TestCase):
    class Server:
        name = "one"

        def __init__(self, log):
            self.log = lambda: log

    def test_the_last_one_that_was_logged(self):
        for log, time_s in (
                ("1:M * DB loaded from disk: 1.250 seconds\n", 1.25),
                ("1:M * DB loaded from incr file a.1.incr.aof: 0.5 seconds\n"
                 "1:M * DB loaded from append only file: 0.750 seconds\n", 0.75)):
            self.assertEqual(persistence.loading_time_s(self.Server(log)), time_s)

    def test_none_is_an_error(self):
        with self.assertRaisesRegex(servers.ServerFailed, "one does not log that it has loaded"):
            persistence.loading_time_s(self.Server("Ready to accept connections\n"))


class ReportTest(unittest.TestCase):
    def setUp(self):
        self.report = persistence.Report()
        printed(self.report.table, "Seconds", ["a", "b"])

    def test_ratio_and_limit(self):
        _, out = printed(lambda: self.report.compare("SAVE", [6, 0.75], most=10))
        self.assertEqual(out.split(), ["SAVE", "6.000", "0.750", "8.00", "<=", "10"])
        self.assertEqual(self.report.missed, [])

    def test_limits_that_are_missed(self):
        for figures, limits in (([8, 0.75], {"most": 10}), ([1, 4], {"least": 0.28})):
            _, out = printed(lambda: self.report.compare("x", figures, **limits))
            self.assertTrue(out.endswith("  MISSED\n"))
        self.assertEqual(self.report.missed, ["Seconds, x", "Seconds, x"])

    def test_limits_that_are_just_held(self):
        printed(lambda: self.report.compare("x", [10, 1], most=10))
        printed(lambda: self.report.compare("x", [3, 4], least=0.75))
        self.assertEqual(self.report.missed, [])

    def test_without_a_second_server_there_is_no_ratio(self):
        _, out = printed(lambda: self.report.compare("SAVE", [6], most=10))
        self.assertEqual(out.split(), ["SAVE", "6.000", "-"])
        self.assertEqual(self.report.missed, [])

    def test_no_ratio_to_nothing(self):
        _, out = printed(lambda: self.report.compare("x", [0.001, 0.0]))
        self.assertEqual(out.split(), ["x", "0.001", "0.000", "-"])

    def test_the_least_of_each_figure_and_server(self):
        rounds = [[(1, 20), (5, 60)], [(2, 10), (4, 70)]]
        self.assertEqual(persistence.least_of_each(rounds), [(1, 4), (10, 60)])

    def test_requests_are_judged_by_the_median_of_the_ratios_within_rounds(self):
        workload = persistence.Workload("50 clients", "", "", 0, 0.75)
        rounds = [(100, 200), (90, 100), (80, 100)]
        runs = [[{"SET": (mine, 1.0)}, {"SET": (theirs, 1.0)}] for mine, theirs in rounds]
        suite = persistence.Suite(None, None, self.report, "")
        _, out = printed(suite._report_requests, workload, runs)
        self.assertEqual([line.split() for line in out.splitlines()],
                         [["50", "clients", "SET", "90", "100", "0.80"],
                          ["50", "clients", "median", "0.80", ">=", "0.75"]])


class LatencyTest(unittest.TestCase):
    class Server:
        """Answers INFO as a server that saves during three of four looks."""

        name = "one"
        client = mock.Mock()

        def __init__(self, status="ok"):
            self.looks = 0
            self._status = status

        def info(self, section):
            self.looks += 1
            return {"rdb_bgsave_in_progress": str(int(self.looks % 4 > 0)),
                    "rdb_last_bgsave_status": self._status}

    def setUp(self):
        patch = mock.patch.object(persistence, "POLL_S", 0)
        patch.start()
        self.addCleanup(patch.stop)

    def test_the_least_of_each_counts(self):
        figures = iter([{"SET": (0, 2.0)}, {"SET": (0, 9.0)}, {"SET": (0, 3.0)}, {"SET": (0, 8.0)}])
        report = persistence.Report()
        suite = persistence.Suite(persistence.parse_options(["--rounds", "2"]), None, report, "")
        printed(report.table, "Latency", ["a", "b"])
        with mock.patch.object(suite, "_run_benchmark", lambda server, workload: next(figures)):
            _, out = printed(suite._measure_latency, self.Server(), None, 3)
        self.assertEqual(out.splitlines()[0].split(),
                         ["one", "SET", "2.000", "8.000", "4.00", "<=", "3", "MISSED"])
        self.assertEqual(report.missed, ["Latency, one SET"])
        self.assertRegex(out, r"one was saving \d+% of the time")

    def test_waits_for_the_end_of_a_save(self):
        server = self.Server()
        persistence.wait_for_save(server)
        self.assertEqual(server.looks, 4)

    def test_a_save_that_failed_is_told(self):
        with self.assertRaisesRegex(servers.ServerFailed, "BGSAVE of one failed"):
            with persistence.BackgroundSaves(self.Server("err")):
                pass

    def test_reads_what_redis_benchmark_prints(self):
        figures = persistence.parse_benchmark(BENCHMARK_CSV)
        self.assertEqual(figures, {"SET": (25000.0, 2.5), "GET": (30000.0, 1.9)})


class OptionsTest(unittest.TestCase):
    def test_wrong_options_are_told(self):
        for arguments, text in ((["--only", "lod"], "nothing is named lod; there are save, load, aof, "),
                                (["--keys", "10"], "--keys: the least is 100"),
                                (["--rounds", "0"], "--rounds and --requests: the least is 1"),
                                (["--requests", "0"], "--rounds and --requests: the least is 1")):
            status, out = run_suite(*arguments)
            self.assertEqual(status, 2)
            self.assertIn(text, out)

    def test_chosen_measurements_keep_their_order(self):
        self.assertEqual(persistence.parse_options(["--only", "fork,SAVE"]).only, ["save", "fork"])


@not_when_short
class SuiteTest(unittest.TestCase):
    """With servers, small and once."""

    SMALL = ("--keys", "300", "--rounds", "1", "--requests", "100")

    def test_all_of_it_without_a_real_server(self):
        status, out = run_suite(*self.SMALL, "--check", "--real", "no-such-server", "--only",
                                "save,load,aof,everysec,always,fork")
        self.assertEqual(status, 0, out)
        self.assertTrue(out.startswith("no-such-server is not installed: there is nothing to compare with\n"))
        for row in ("SAVE", "processor time", "logged", "start to ready", "3 keys", "300 keys"):
            self.assertRegex(out, rf"(?m)^{row} +\d+\.\d+ +-$")

    @unittest.skipUnless(shutil.which("redis-server"), "redis-server is not installed")
    def test_beside_a_real_server(self):
        status, out = run_suite(*self.SMALL, "--only", "save,load,aof,bgsave")
        self.assertEqual(status, 0, out)
        self.assertNotIn("FAILED", out)
        self.assertRegex(out, r"(?m)^SAVE +\d+\.\d+ +\d+\.\d+ +\d+\.\d+ +<= 10")

    def test_without_redis_benchmark(self):
        with mock.patch.object(persistence.shutil, "which", lambda name: None):
            status, out = run_suite(*self.SMALL, "--only", "everysec,bgsave", "--check")
        self.assertEqual(status, 0)
        self.assertIn("everysec: skipped, redis-benchmark is not installed", out)
        self.assertIn("bgsave: skipped, redis-benchmark is not installed", out)

    def test_a_server_that_does_not_start_fails_that_measurement_and_the_next_one_is_tried(self):
        status, out = run_suite(*self.SMALL, "--only", "save,fork", "--check", "--real", "no-such-server",
                                "--server-command", f"{sys.executable} -c 'print(\"out of order\")'")
        self.assertEqual(status, 1)
        for name in ("save", "fork"):
            self.assertIn(f"{name}: FAILED, redis_clone did not start: out of order\n", out)
            self.assertIn(f"  {name} failed\n", out)


if __name__ == "__main__":
    unittest.main()
