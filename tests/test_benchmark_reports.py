"""Tests of what scripts/benchmark.py prints and writes: reports as redis-benchmark's, comparisons, progress, JSON."""
import argparse
import csv
import io
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from array import array
from unittest import mock

from tests.benchmark_support import PATIENCE_S, BenchmarkTestCase

import benchmark_tests      # noqa: E402
import load_generator       # noqa: E402
import measuring            # noqa: E402
import progress             # noqa: E402
import reports              # noqa: E402
import run_record           # noqa: E402
import suite                # noqa: E402

RESULT = load_generator.Result(4000, 2.0, 0.5, array("d", [number / 1000 for number in range(1, 1001)]))
REAL = shutil.which("redis-benchmark")
FIGURE = re.compile(r"\d+(\.\d+)?|\binf\b")      # the real one counts whole milliseconds, so it may divide by none


def outcome(*rates, title="set", setting=measuring.Setting(), busy=0.5):
    """An Outcome with the rates (first, second) of each round, or a rate."""
    rounds = [[RESULT._replace(elapsed_s=4000 / rate, busy_share=busy)
               for rate in (pair if isinstance(pair, tuple) else (pair,))] for pair in rates]
    (test,) = benchmark_tests.select_tests(title)
    return measuring.Outcome(test, setting, rounds)


class OutcomeTest(unittest.TestCase):
    def test_percentiles_are_by_nearest_rank(self):
        self.assertEqual([RESULT.percentile_s(percent) for percent in (0, 50, 95, 99, 99.9, 100)],
                         [0.001, 0.5, 0.95, 0.99, 0.999, 1.0])
        self.assertAlmostEqual(RESULT.average_s, 0.5005)
        self.assertEqual(RESULT._replace(latencies_s=array("d", [3.0])).percentile_s(50), 3.0)

    def test_requests_within_a_time_not_pipelines(self):
        self.assertEqual([RESULT.count_within(time_s) for time_s in (0, 0.001, 0.25, 2)], [0, 4, 1000, 4000])

    def test_the_median_of_the_rounds_counts(self):
        one = outcome((100, 200), (90, 100), (80, 400))
        self.assertEqual([one.median(server).per_second for server in (0, 1)], [90, 200])
        self.assertEqual(one.ratios, [0.5, 0.9, 0.2])
        self.assertEqual(one.ratio, 0.5)


class ReportTest(BenchmarkTestCase):
    LATENCIES = ["500.500", "1.000", "500.000", "950.000", "990.000", "1000.000"]

    def report(self, kind, *outcomes, names=("redis_clone",), progress_to=None, **options):
        """What is printed, and what is remarked."""
        options = argparse.Namespace(**{"suite": None, "precision": 3, "rounds": 1, **options})
        out, err = io.StringIO(), io.StringIO()
        report = kind(options, out, err, progress_to)
        report.begin(names, [{"address": f"h:{number}", "version": "v", "save": "60 1", "appendonly": "no"}
                             for number, _ in enumerate(names)])
        for one in outcomes:
            report.outcome(one)
        report.end()
        return out.getvalue(), err.getvalue()

    def test_a_full_report(self):
        text, _ = self.report(reports.FullReport, outcome(2000.0, setting=measuring.Setting(4000, data_size=7)))
        lines = text.splitlines()
        self.assertEqual(lines[:10], [
            "====== SET ======", "  4000 requests completed in 2.00 seconds", "  50 parallel clients",
            "  7 bytes payload",
            "  keep alive: 1", '  host configuration "save": 60 1', '  host configuration "appendonly": no',
            "  multi-thread: no", "", "Latency by percentile distribution:"])
        self.assertEqual(lines[10:13], [
            "0.000% <= 1.000 milliseconds (cumulative count 4)",
            "50.000% <= 500.000 milliseconds (cumulative count 2000)",
            "75.000% <= 750.000 milliseconds (cumulative count 3000)"])
        distribution = lines.index("Cumulative distribution of latencies:")
        self.assertEqual(lines[distribution - 2], "100.000% <= 1000.000 milliseconds (cumulative count 4000)")
        self.assertEqual(lines[distribution + 1:distribution + 4], [
            "0.000% <= 0.100 milliseconds (cumulative count 0)", "0.100% <= 1.000 milliseconds (cumulative count 4)",
            "0.200% <= 2.000 milliseconds (cumulative count 8)"])
        self.assertEqual(lines[-7:], [
            "", "Summary:", "  throughput summary: 2000.00 requests per second", "  latency summary (msec):",
            "          avg       min       p50       p95       p99       max",
            "      500.500     1.000   500.000   950.000   990.000  1000.000", ""])

    def test_several_processes_are_threads(self):
        one = outcome(2000.0)
        one = one._replace(rounds=[[one.rounds[0][0]._replace(processes=3)]])
        self.assertIn("  multi-thread: yes\n  threads: 3\n\n", self.report(reports.FullReport, one)[0])

    def test_csv(self):
        text, _ = self.report(reports.CsvReport, outcome(2000.0))
        self.assertEqual(text.splitlines(), [
            '"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms",'
            '"max_latency_ms"', ",".join(f'"{cell}"' for cell in ["SET", "2000.00", *self.LATENCIES])])

    def test_csv_of_two_servers_has_more_columns(self):
        text, _ = self.report(reports.CsvReport, outcome((100, 200), (100, 100)), names=("a", "b"))
        rows = list(csv.DictReader(text.splitlines()))
        columns = "server", "rps", "ratio", "ratio_min", "ratio_max"
        self.assertEqual([tuple(row[column] for column in columns) for row in rows],
                         [("a", "100.00", "0.750", "0.500", "1.000"), ("b", "100.00", "0.750", "0.500", "1.000")])

    def test_quiet(self):
        self.assertEqual(self.report(reports.QuietReport, outcome(2000.0)),
                         ("SET: 2000.00 requests per second, p50=500.000 msec\n\n", ""))
        text, _ = self.report(reports.QuietReport, outcome((100, 200)), names=("a", "b"), precision=1)
        self.assertEqual(text, "SET: 100.00 requests per second, p50=500.0 msec; "
                               "b: 200.00 requests per second, p50=500.0 msec; ratio 0.50 (0.50 to 0.50)\n\n")

    def test_a_table_of_one_server(self):
        text, _ = self.report(reports.TableReport, outcome(2000.0), suite="core")
        self.assertEqual(text.splitlines()[-1].split(), ["SET", "2,000", *self.LATENCIES])

    def test_a_table_of_two(self):
        row = measuring.Setting(suite="connections", title="by number of clients", row="9 clients")
        text, _ = self.report(reports.TableReport, outcome((100, 200), (90, 100), (80, 400), setting=row),
                              outcome((50, 100), setting=row._replace(row="10 clients")), names=("one", "two"),
                              rounds=3)
        lines = text.splitlines()
        self.assertEqual(lines[0], "one (v, h:0) against two (v, h:1)")
        self.assertEqual(lines[2], "connections: by number of clients (values of 3 bytes, one key, 3 rounds)")
        self.assertEqual(lines[4].split(), ["one", "two", "median", "spread", "one", "two", "one", "two"])
        self.assertEqual(lines[5].split()[:7], ["SET,", "9", "clients", "90", "200", "0.50", "0.20-0.90"])
        self.assertEqual(lines[6].split()[:6], ["SET,", "10", "clients", "50", "100", "0.50"])

    def test_says_when_the_generator_was_the_limit(self):
        one = outcome(2000.0, busy=0.97)
        for kind in (reports.FullReport, reports.QuietReport, reports.CsvReport, reports.TableReport):
            text, remark = self.report(kind, one)
            self.assertEqual("limit" in text, kind is reports.TableReport)
            self.assertRegex(remark, r"^benchmark.py: the generator itself was the limit .* in: SET\. The server may")
            self.assertEqual(self.report(kind, outcome(2000.0))[1], "")


@unittest.skipUnless(REAL, "redis-benchmark is not installed")
class FormatTest(BenchmarkTestCase):
    """The lines of redis-benchmark itself, with their figures taken out."""

    TESTS = "ping,set,lrange,mset"

    def setUp(self):
        # The real one sends CONFIG GET save and appendonly together.
        server = self.serve(CONFIG=lambda *command: b"*2\r\n$%d\r\n%b\r\n$2\r\nno\r\n" % (len(command[2]), command[2]))
        self.arguments = ["-p", str(server.port), "-n", "400", "-c", "5", "-t", self.TESTS]

    def both(self, *arguments):
        done = subprocess.run([REAL, *self.arguments, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              timeout=PATIENCE_S, check=True)
        status, ours, _ = self.run_main(*self.arguments, *arguments)
        self.assertEqual(status, 0)
        # Its progress ends with a carriage return.
        return [line.rpartition("\r")[2] for line in done.stdout.decode().split("\n")], ours.split("\n")

    def test_default(self):
        theirs, ours = ([self.form(line) for line in lines] for lines in self.both())
        self.assertEqual(self.squeeze(ours), self.squeeze(theirs))

    def test_quiet(self):
        theirs, ours = ([self.form(line) for line in lines] for lines in self.both("-q"))
        self.assertEqual(ours, theirs)
        self.assertIn("LRANGE_# (first # elements): # requests per second, p#=# msec", ours)

    def test_csv(self):
        theirs, ours = ([self.form(line) for line in lines] for lines in self.both("--csv"))
        self.assertEqual(ours, theirs)

    @staticmethod
    def form(line):
        return re.sub(r" +", " ", FIGURE.sub("#", line))

    @staticmethod
    def squeeze(lines):
        """Without repetitions: how many lines a distribution has depends on its figures."""
        return [line for number, line in enumerate(lines) if number == 0 or line != lines[number - 1]]


class Terminal(io.StringIO):
    def __init__(self, encoding):
        super().__init__()
        self._encoding = encoding

    encoding = property(lambda self: self._encoding)

    @property
    def line(self):
        return self.getvalue().rpartition("\r")[2]


class ProgressTest(BenchmarkTestCase):
    def test_a_bar_with_speed_and_the_time_that_is_left(self):
        now = [0.0]
        terminal = Terminal("ascii")
        bar = progress.Progress(terminal, lambda: now[0])
        bar.progress("SET", 0, 0)
        now[0] = 30
        bar.progress("SET", 0.25, 81234.5)
        self.assertEqual(terminal.line, "SET [######------------------]  25 %  81,234/s  1 min 30 s left")
        bar.preparing("GET")
        self.assertEqual(terminal.line.rstrip(), "GET: preparing")

    def test_blocks_where_the_terminal_has_them(self):
        terminal = Terminal("utf-8")
        progress.Progress(terminal).progress("SET", 0.27, 1)
        self.assertIn("SET \u2588\u2588\u2588\u2588\u2588\u2588\u258d" + "\u2591" * 17 + "  27 %", terminal.line)

    def test_leaves_nothing_behind(self):
        terminal = Terminal("ascii")
        bar = progress.Progress(terminal)
        bar.clear()
        self.assertEqual(terminal.getvalue(), "")
        bar.preparing("SET")
        bar.clear()
        self.assertTrue(terminal.getvalue().endswith("\r" + " " * len("SET: preparing") + "\r"))

    def test_is_for_terminals_only_and_not_for_quiet_ones(self):
        server = self.serve()
        with mock.patch.object(load_generator, "REPORT_EVERY_S", 0):
            for terminal, form, expected in ((True, "--csv", True), (False, "--csv", False),
                                             (True, "--quiet", False)):
                _, _, err = self.run_main("-p", server.port, "-n", 50, "-t", "set", form, terminal=terminal)
                self.assertEqual("%" in err.replace("95%", ""), expected)


class AgainstTest(BenchmarkTestCase):
    def test_two_servers_take_turns(self):
        first, second = self.serve(), self.serve()
        order = []
        run = measuring.run_in_processes
        with mock.patch.object(measuring, "run_in_processes",
                               lambda load, *rest: order.append(load.target.port) or run(load, *rest)):
            status, out, _ = self.run_main("-p", first.port, "--against", f"127.0.0.1:{second.port}", "-n", 30, "-t",
                                           "set,get", "--names", "mine,theirs", "--rounds", 3)
        self.assertEqual(status, 0)
        one, two = first.port, second.port
        self.assertEqual(order, [one, two, two, one, one, two] * 2)
        self.assertEqual((first.count(b"SET"), second.count(b"SET")), (93, 93))     # GET fills its key
        self.assertRegex(out, r"(?m)^SET +\d[\d,]* +\d[\d,]* +\d+\.\d\d +\d+\.\d\d-\d+\.\d\d( +\d+\.\d{3}){4}")
        self.assertRegex(out, rf"^mine \(, 127.0.0.1:{one}\) against theirs \(, 127.0.0.1:{two}\)")


class JsonTest(BenchmarkTestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.directory)
        self.path = os.path.join(self.directory, "figures.json")

    def test_every_result_of_every_round(self):
        servers = [self.serve(), self.serve()]
        self.run_main("-p", servers[0].port, "--against", servers[1].port, "-n", 40, "-P", 4, "-t", "set", "-q",
                      "--rounds", 2, "--names", "a,b", "--json", self.path, "-a", "pw")
        data = run_record.load_record(self.path)
        self.assertEqual([server["name"] for server in data["servers"]], ["a", "b"])
        self.assertEqual([(entry["server"], entry["round"]) for entry in data["results"]],
                         [(0, 0), (1, 0), (0, 1), (1, 1)])
        entry = data["results"][0]
        self.assertEqual((entry["test"], entry["requests"], entry["pipeline"]), ("set", 40, 4))
        self.assertEqual(sorted(entry["latency_ms"]), ["avg", "max", "min", "p50", "p95", "p99"])
        latencies = [latency for _, latency in entry["curve_ms"]]
        self.assertEqual(latencies, sorted(latencies))
        self.assertNotIn("pw", data["options"])
        self.assertEqual(data["facts"]["processors"], os.cpu_count())

    def test_instead_of_the_report(self):
        status, out, _ = self.run_main("-p", self.serve().port, "-n", 10, "-t", "set", "--json", "-")
        self.assertEqual((status, json.loads(out)["results"][0]["test"]), (0, "set"))

    def test_what_is_not_such_a_file(self):
        for text in ("[1]", "{}", "x"):
            with open(self.path, "w", encoding="ascii") as file:
                file.write(text)
            status, _, err = self.run_main("--from", self.path, "--html", os.path.join(self.directory, "x"))
            self.assertEqual((status, err.count("\n")), (1, 1))

    def test_tables_and_growth_of_suites(self):
        record = run_record.RunRecord([])
        with suite.collecting(record, "lua"), mock.patch("sys.stdout", io.StringIO()):
            report = suite.Report()
            report.table("Seconds", ["a", "b"])
            report.compare("SAVE", [6, 0.75], most=5)
            suite.collected_growth("GET", "a", 1000, 2.5e-6)
        report = suite.Report()
        with mock.patch("sys.stdout", io.StringIO()):
            report.table("Nobody collects", ["a"])
            report.row("x", [1])
        self.assertEqual(record.data["tables"], [
            {"suite": "lua", "title": "Seconds", "columns": ["a", "b"], "limited": "ratio", "rows": [
                {"name": "SAVE", "figures": [6, 0.75], "ratio": 8.0, "limit": "<= 5", "missed": True}]}])
        self.assertEqual(record.data["growth"], [{"operation": "GET", "server": 0, "size": 1000, "microseconds": 2.5}])


if __name__ == "__main__":
    unittest.main()
