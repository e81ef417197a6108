"""Tests of scripts/benchmark.py and its load generator against a small server of their own."""
import csv
import io
import os
import selectors
import socket
import subprocess
import sys
import threading
import unittest
from array import array
from unittest import mock

from redis_clone.client import encode_command
from redis_clone.reply_parser import ReplyParser

SCRIPTS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "scripts")
sys.path.insert(0, SCRIPTS)

import benchmark        # noqa: E402
import load_generator   # noqa: E402

PATIENCE_S = 10


class SmallServer:
    """Answers every command, by a table, with the same bytes each time, `:1` if it is not in it; records
    commands and counts connections.

    `answers` adds to the table: command name -> bytes, or a function of the command's words, or None to hang
    up."""

    ANSWERS = {
        b"PING": b"+PONG\r\n", b"SELECT": b"+OK\r\n", b"HELLO": b"%0\r\n",
        b"SET": b"+OK\r\n", b"GET": b"$3\r\nxxx\r\n", b"MSET": b"+OK\r\n",
        b"LPOP": b"$3\r\nxxx\r\n", b"RPOP": b"$3\r\nxxx\r\n", b"SPOP": b"$1\r\na\r\n",
        b"ZPOPMIN": b"*0\r\n", b"LRANGE": b"*200\r\n" + b"$3\r\nxxx\r\n" * 200,
    }

    def __init__(self, answers=()):
        self._answers = {**self.ANSWERS, **dict(answers)}
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self._listener.getsockname()[1]
        self.commands = []
        self.connections = 0
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._bell, bell = socket.socketpair()
        self._selector.register(bell, selectors.EVENT_READ, "stop")
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self):
        self._bell.send(b"x")
        self._thread.join(PATIENCE_S)
        self._bell.close()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        self._selector.close()

    def count(self, name):
        return sum(command[0] == name for command in self.commands)

    def _serve(self):
        while True:
            for key, _ in self._selector.select():
                if key.data == "stop":
                    return
                if key.fileobj is self._listener:
                    connection, _ = self._listener.accept()
                    self.connections += 1
                    self._selector.register(connection, selectors.EVENT_READ, ReplyParser())
                else:
                    self._answer(key.fileobj, key.data)

    def _answer(self, connection, parser):
        try:
            data = connection.recv(65536)
            if data[:1] == b"P":
                commands = [[b"PING"]] * data.count(b"\n")
            else:
                parser.feed(data)
                commands = [parser.replies.popleft() for _ in range(len(parser.replies))]
            self.commands += commands
            answers = [self._answers.get(command[0], b":1\r\n") for command in commands]
            if data and None not in answers:
                connection.sendall(b"".join(
                    answer(*command) if callable(answer) else answer
                    for answer, command in zip(answers, commands)))
                return
        except OSError:
            pass
        self._selector.unregister(connection)
        connection.close()


class BenchmarkTestCase(unittest.TestCase):
    def serve(self, **answers):
        server = SmallServer({name.encode(): answer for name, answer in answers.items()})
        self.addCleanup(server.close)
        return server

    def run_main(self, *arguments, terminal=False):
        """Return (status, output, what was said on standard error)."""
        out, err = io.StringIO(), io.StringIO()
        err.isatty = lambda: terminal
        status = benchmark.main([str(argument) for argument in arguments], out, err)
        return status, out.getvalue(), err.getvalue()


class TestsTest(BenchmarkTestCase):
    def test_all_tests_run_and_send_exactly_what_was_asked_for(self):
        server = self.serve()
        status, out, err = self.run_main("-p", server.port, "-n", 100, "-c", 7, "-P", 3, "--csv")
        self.assertEqual((status, err), (0, ""))
        rows = list(csv.DictReader(out.splitlines()))
        self.assertEqual([row["test"] for row in rows], [test.name for test in benchmark.TESTS])
        # PING is also sent once to see that the server is there; GET's key is filled by one SET.
        for name, count in ((b"PING", 201), (b"SET", 101), (b"GET", 100), (b"INCR", 100), (b"LRANGE", 400),
                            (b"MSET", 100)):
            self.assertEqual((name, server.count(name)), (name, count))
        for row in rows:
            latencies = [float(row[f"{name}_ms"]) for name in ("min", "p50", "p95", "p99", "p99.9", "max")]
            self.assertEqual(latencies, sorted(latencies))
            self.assertGreater(float(row["requests_per_second"]), 0)

    def test_commands_are_those_of_redis_benchmark(self):
        requests = {test.name: test.request(3) for test in benchmark.TESTS}
        key = "key:__rand_int__"
        self.assertEqual(requests["ping_inline"], b"PING\r\n")
        self.assertEqual(requests["ping_mbulk"], encode_command(["PING"]))
        self.assertEqual(requests["set"], encode_command(["SET", key, "xxx"]))
        self.assertEqual(requests["mset"], encode_command(["MSET"] + [key, "xxx"] * 10))
        self.assertEqual(requests["lrange_500"], encode_command(["LRANGE", "benchmark:list", 0, 499]))
        self.assertEqual(requests["zadd"], encode_command(
            ["ZADD", "benchmark:zset", "__rand_int__", "element:__rand_int__"]))

    def test_pops_find_as_many_elements_as_are_popped(self):
        server = self.serve()
        self.run_main("-p", server.port, "-n", 1234, "-c", 1, "-P", 100, "-t", "lpop,spop,zpopmin", "-q")
        sizes = {name: sum(len(command) - 2 for command in server.commands if command[0] == name)
                 for name in (b"RPUSH", b"SADD", b"ZADD")}
        self.assertEqual(sizes, {b"RPUSH": 1234, b"SADD": 1234, b"ZADD": 2468})
        members = {member for command in server.commands if command[0] == b"SADD" for member in command[2:]}
        self.assertEqual(len(members), 1234)
        self.assertEqual([command[1] for command in server.commands if command[0] == b"UNLINK"],
                         [b"benchmark:list", b"benchmark:set", b"benchmark:zset"])

    def test_get_finds_every_key(self):
        server = self.serve()
        self.run_main("-p", server.port, "-n", 500, "-t", "get", "-r", 50, "-d", 10, "-q")
        filled = {command[1] for command in server.commands if command[0] == b"SET"}
        asked = {command[1] for command in server.commands if command[0] == b"GET"}
        self.assertEqual(len(filled), 50)
        self.assertLessEqual(asked, filled)
        self.assertGreater(len(asked), 40)

    def test_families_and_any_case(self):
        def names(text):
            return [test.name for test in benchmark.select_tests(text)]

        self.assertEqual(names("LRANGE,set"), ["set", "lrange_100", "lrange_300", "lrange_500", "lrange_600"])
        self.assertEqual(names("ping"), ["ping_inline", "ping_mbulk"])
        self.assertEqual(names("lrange_300, get"), ["get", "lrange_300"])


class ReportTest(BenchmarkTestCase):
    RESULT = load_generator.Result(4000, 2.0, 0.5, array("d", [number / 1000 for number in range(1, 1001)]))
    LATENCIES = ["500.500", "1.000", "500.000", "950.000", "990.000", "999.000", "1000.000"]

    def report(self, kind, *arguments, busy_share=0.5, progress_to=None):
        options = benchmark.parse_options(list(arguments))
        out = io.StringIO()
        report = kind(options, out, progress_to)
        report.begin(options.tests)
        report.result(options.tests[0], self.RESULT._replace(busy_share=busy_share))
        report.end()
        return out.getvalue()

    def test_percentiles_are_by_nearest_rank(self):
        self.assertEqual([self.RESULT.percentile_s(percent) for percent in (0, 50, 95, 99, 99.9, 100)],
                         [0.001, 0.5, 0.95, 0.99, 0.999, 1.0])
        self.assertAlmostEqual(self.RESULT.average_s, 0.5005)
        self.assertEqual(self.RESULT._replace(latencies_s=array("d", [3.0])).percentile_s(50), 3.0)

    def test_a_table(self):
        text = self.report(benchmark.Report, "-t", "set", "-c", "9", "--processes", "2")
        self.assertIn("127.0.0.1:6379: 100000 requests a test, 9 clients", text)
        self.assertEqual(text.splitlines()[-1].split(), ["set", "2000.0", *self.LATENCIES])
        self.assertNotIn("limit", text)

    def test_csv(self):
        lines = self.report(benchmark.CsvReport, "-t", "set").splitlines()
        self.assertEqual(lines, [
            "test,requests_per_second,avg_ms,min_ms,p50_ms,p95_ms,p99_ms,p99.9_ms,max_ms,"
            "generator_busy_percent",
            ",".join(["set", "2000.0", *self.LATENCIES, "50"])])

    def test_quiet(self):
        self.assertEqual(self.report(benchmark.QuietReport, "-t", "set"),
                         "set: 2000.0 requests per second, p50 500.000 ms, p99 990.000 ms\n")

    def test_says_when_the_generator_was_the_limit(self):
        table = self.report(benchmark.Report, "-t", "set", busy_share=0.97)
        self.assertRegex(table, "(?m)^set .*generator at its limit$")
        self.assertRegex(table, "(?s)The generator itself was the limit .* in: set\\.")
        line = self.report(benchmark.QuietReport, "-t", "set", busy_share=0.97)
        self.assertRegex(line, r"\(generator at its limit\)$")

    def test_a_progress_line_that_leaves_nothing_behind(self):
        options = benchmark.parse_options(["-t", "set", "-n", "1000"])
        progress_to = io.StringIO()
        report = benchmark.Report(options, io.StringIO(), progress_to)
        report.preparing(options.tests[0])
        report.progress(options.tests[0], 250, 0.5)
        line = "set: 25 %, 500 requests per second"
        self.assertTrue(progress_to.getvalue().endswith("\r" + line))
        report.result(options.tests[0], self.RESULT)
        self.assertTrue(progress_to.getvalue().endswith("\r" + " " * len(line) + "\r"))

    def test_progress_is_for_terminals_only(self):
        server = self.serve()
        with mock.patch.object(load_generator, "REPORT_EVERY_S", 0):
            for terminal, form, expected in ((True, "--csv", True), (False, "--csv", False),
                                             (True, "--quiet", False)):
                _, _, err = self.run_main("-p", server.port, "-n", 50, "-t", "set", form, terminal=terminal)
                self.assertEqual("requests per second" in err, expected)


class FailureTest(BenchmarkTestCase):
    def check_failure(self, expected, *arguments):
        status, _, err = self.run_main(*arguments, "--csv")
        self.assertEqual(status, 1)
        self.assertRegex(err, rf"^benchmark\.py: {expected}.*\n$")

    def test_nobody_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        self.check_failure(f"cannot connect to 127.0.0.1:{port}: ", "-p", port)

    def test_an_error_reply_ends_it(self):
        server = self.serve(SET=b"-OOM command not allowed\r\n")
        for processes in (1, 2):
            self.check_failure("the server answered an error: OOM command not allowed",
                               "-p", server.port, "-t", "set", "-n", 100, "--processes", processes)

    def test_an_error_while_preparing_ends_it(self):
        server = self.serve(RPUSH=b"-WRONGTYPE no\r\n")
        self.check_failure(r"command 2 of 2 \(RPUSH\): WRONGTYPE no",
                           "-p", server.port, "-t", "lrange_100", "-n", 100)

    def test_a_refused_password(self):
        server = self.serve(AUTH=b"-WRONGPASS no\r\n")
        self.check_failure(f"127.0.0.1:{server.port} refused AUTH: WRONGPASS no",
                           "-p", server.port, "-a", "pw")

    def test_a_server_that_hangs_up(self):
        server = self.serve(SET=None)
        self.check_failure("the server closed a connection", "-p", server.port, "-t", "set", "-n", 100)

    def test_a_server_that_answers_garbage(self):
        server = self.serve(SET=b"HTTP/1.1 400\r\n")
        self.check_failure("the server answered with not a reply: b'HTTP",
                           "-p", server.port, "-t", "set", "-n", 100)

    def test_a_server_that_answers_too_much(self):
        server = self.serve(SET=b"+OK\r\n+OK\r\n")
        self.check_failure("the server sent more replies than", "-p", server.port, "-t", "set", "-n", 100)

    def test_a_silent_server(self):
        server = self.serve(SET=b"")
        with mock.patch.object(load_generator, "SILENCE_S", 0.05):
            self.check_failure("the server has not answered anyone for 0.05 s",
                               "-p", server.port, "-t", "set", "-n", 100)

    def test_an_interrupt(self):
        with mock.patch.object(benchmark, "run_tests", side_effect=KeyboardInterrupt):
            self.assertEqual(self.run_main(), (130, "", "benchmark.py: interrupted\n"))


class OptionsTest(BenchmarkTestCase):
    def refusal(self, *arguments):
        with mock.patch("sys.stderr", io.StringIO()) as err, self.assertRaises(SystemExit) as caught:
            benchmark.parse_options(list(arguments))
        self.assertEqual(caught.exception.code, 2)
        self.assertEqual(err.getvalue().count("\n"), 1)
        return err.getvalue()

    def test_impossible_options_are_one_line(self):
        for arguments, text in (
                (["-p", "0"], "-p/--port: '0' is not a whole number from 1 to 65535"),
                (["-n", "0"], "'0' is not a whole number of at least 1"),
                (["-c", "x"], "'x' is not a whole number"),
                (["-d", "536870913"], "from 0 to 536870912"),
                (["-t", "set,foo,bar"], "no test is named foo, bar; there are ping_inline"),
                (["-t", ","], "no test is named ','"),
                (["--processes", "3", "-c", "2"], "3 processes cannot share 2 clients"),
                (["--processes", "3", "-n", "2"], "3 processes cannot share 2 requests"),
                (["--user", "ann"], "--user needs --password"),
                (["--bogus"], "unrecognized arguments: --bogus")):
            self.assertIn(text, self.refusal(*arguments))

    def test_more_clients_than_open_files(self):
        with mock.patch.object(benchmark, "descriptor_limit", lambda needed: 100 if needed > 100 else None):
            self.assertIn("90 clients need more open files than the 100", self.refusal("-c", "90"))
            benchmark.parse_options(["-c", "90", "--processes", "2"])

    def test_options_reach_the_connection(self):
        options = benchmark.parse_options("-h h -p 7 -a pw --user u --dbnum 3 -3".split())
        self.assertEqual(benchmark.connection_arguments(options), {
            "host": "h", "port": 7, "unix_socket": None, "db": 3, "username": "u", "password": "pw",
            "protocol": 3, "connect_timeout_s": benchmark.CONNECT_TIMEOUT_S})


class RequestsTest(unittest.TestCase):
    REQUEST = encode_command(["SET", "key:__rand_int__", "100%"])

    def numbers(self, keyspace, seed, pipelines=50):
        requests = load_generator.Requests(self.REQUEST, keyspace, seed)
        parser = ReplyParser()
        for _ in range(pipelines):
            parser.feed(requests.pipeline(4))
        self.assertEqual(len(parser.replies), 4 * pipelines)
        self.assertEqual({(command[0], command[2]) for command in parser.replies}, {(b"SET", b"100%")})
        return [int(command[1][4:]) for command in parser.replies]

    def test_numbers_are_random_within_the_keyspace(self):
        numbers = self.numbers(10, seed=1)
        self.assertEqual(set(numbers), set(range(10)))

    def test_the_seed_decides_them(self):
        self.assertEqual(self.numbers(1000, seed=1), self.numbers(1000, seed=1))
        self.assertNotEqual(self.numbers(1000, seed=1), self.numbers(1000, seed=2))

    def test_always_zero_without_a_keyspace(self):
        self.assertEqual(set(self.numbers(0, seed=1)), {0})


class LoadTest(BenchmarkTestCase):
    def load(self, server, *command, **options):
        return load_generator.Load({"port": server.port}, encode_command(command), **options)

    def test_splitting_loses_nothing(self):
        load = load_generator.Load({}, b"", requests=100, clients=7, seed=5)
        shares = load.split(3)
        self.assertEqual([(share.requests, share.clients, share.seed) for share in shares],
                         [(34, 3, 5), (33, 2, 6), (33, 2, 7)])

    def test_replies_of_changing_length(self):
        numbers = iter(range(10000))
        server = self.serve(INCR=lambda *command: b":%d\r\n" % next(numbers))
        result = load_generator.run(self.load(server, "INCR", "k", requests=5000, clients=10, pipeline=7))
        self.assertEqual((server.count(b"INCR"), result.requests), (5000, 5000))

    def test_replies_that_are_sometimes_as_expected(self):
        numbers = iter(range(10000))
        server = self.serve(GET=lambda *command: b"$-1\r\n" if next(numbers) % 17 == 0 else b"$3\r\nxxx\r\n")
        load_generator.run(self.load(server, "GET", "k", requests=5000, clients=3, pipeline=16))
        self.assertEqual(server.count(b"GET"), 5000)

    def test_an_error_among_expected_replies_is_seen(self):
        numbers = iter(range(10000))
        server = self.serve(GET=lambda *command: b"-ERR x\r\n" if next(numbers) == 3000 else b"$3\r\nxxx\r\n")
        with self.assertRaisesRegex(load_generator.LoadFailed, "ERR x"):
            load_generator.run(self.load(server, "GET", "k", requests=5000, clients=3, pipeline=16))

    def test_long_requests_and_replies(self):
        server = self.serve(ECHO=lambda name, value: b"$%d\r\n%b\r\n" % (len(value), value))
        result = load_generator.run(self.load(server, "ECHO", b"x" * 3000000, requests=20, clients=2))
        self.assertEqual(server.count(b"ECHO"), 20)
        self.assertEqual(len(result.latencies_s), 20)

    def test_no_more_clients_than_requests(self):
        server = self.serve()
        load_generator.run(self.load(server, "PING", requests=3, clients=50))
        self.assertEqual((server.connections, server.count(b"PING")), (3, 3))

    def test_several_processes(self):
        server = self.serve()
        seen = []
        with mock.patch.object(load_generator, "REPORT_EVERY_S", 0):
            result = load_generator.run_in_processes(
                self.load(server, "PING", requests=1001, clients=5, pipeline=2), 2, seen.append)
        self.assertEqual((server.connections, server.count(b"PING")), (5, 1001))
        self.assertEqual(result.requests, 1001)
        self.assertEqual(len(result.latencies_s), 501)
        self.assertEqual(list(result.latencies_s), sorted(result.latencies_s))
        self.assertEqual(seen, sorted(seen))


class ScriptTest(BenchmarkTestCase):
    def test_runs_from_anywhere(self):
        server = self.serve()
        for directory in (os.path.dirname(SCRIPTS), os.path.dirname(os.path.abspath(__file__))):
            done = subprocess.run(
                [sys.executable, os.path.join(SCRIPTS, "benchmark.py"), "-p", str(server.port), "-n", "100",
                 "-t", "set", "--quiet", "--processes", "2"],
                cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertRegex(done.stdout.decode(), r"^set: [\d.]+ requests per second, ")


if __name__ == "__main__":
    unittest.main()
