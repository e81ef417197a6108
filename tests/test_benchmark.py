"""Tests of scripts/benchmark.py: what it sends, what it refuses, how it fails, all against a small server."""
import csv
import io
import os
import socket
import subprocess
import sys
import unittest
from unittest import mock

from redis_clone.client import encode_command
from tests.benchmark_support import SCRIPTS, BenchmarkTestCase

import benchmark            # noqa: E402
import benchmark_options    # noqa: E402
import benchmark_tests      # noqa: E402
import load_generator       # noqa: E402
import load_suites          # noqa: E402
import measuring            # noqa: E402
import targets              # noqa: E402


class TestsTest(BenchmarkTestCase):
    def test_all_tests_run_and_send_exactly_what_was_asked_for(self):
        server = self.serve()
        status, out, _ = self.run_main("-p", server.port, "-n", 100, "-c", 7, "-P", 3, "--csv")
        self.assertEqual(status, 0)
        rows = list(csv.DictReader(out.splitlines()))
        self.assertEqual([row["test"] for row in rows], [test.title for test in benchmark_tests.TESTS])
        # PING is also sent once to see that the server is there; GET's key is filled by one SET.
        for name, count in ((b"PING", 201), (b"SET", 101), (b"GET", 100), (b"INCR", 100), (b"LRANGE", 400),
                            (b"MSET", 100)):
            self.assertEqual((name, server.count(name)), (name, count))
        for row in rows:
            latencies = [float(row[f"{name}_latency_ms"]) for name in ("min", "p50", "p95", "p99", "max")]
            self.assertEqual(latencies, sorted(latencies))
            self.assertGreater(float(row["rps"]), 0)

    def test_commands_are_those_of_redis_benchmark(self):
        requests = {test.name: test.request(3) for test in benchmark_tests.TESTS}
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
            return [test.name for test in benchmark_tests.select_tests(text)]

        self.assertEqual(names("LRANGE,set"), [
            "set", "lpush_for_lrange", "lrange_100", "lrange_300", "lrange_500", "lrange_600"])
        self.assertEqual(names("ping"), ["ping_inline", "ping_mbulk"])
        self.assertEqual(names("lrange_300, get"), ["get", "lpush_for_lrange", "lrange_300"])

    def test_what_is_filled_is_bounded(self):
        setting = measuring.Setting(keyspace=10 ** 9, data_size=benchmark_tests.MAX_FILLED_BYTES // 3)
        self.assertEqual([command[1] for command in benchmark_tests.fill_keys(setting)],
                         [f"key:{number:012}" for number in range(3)])


class WaysTest(BenchmarkTestCase):
    """Other ways of asking."""

    def test_a_command_of_ones_own(self):
        server = self.serve()
        status, out, _ = self.run_main("-p", server.port, "-n", 50, "-r", 5, "-q", "-3", "lpush", "list", "-c", "a b",
                                       "x:__rand_int__")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"^lpush list -c a b x:__rand_int__: [\d.]+ requests per second, p50=[\d.]+ msec\n\n$")
        sent = [command for command in server.commands if command[0] == b"lpush"]
        self.assertEqual(len(sent), 50)
        self.assertEqual({tuple(command[1:4]) for command in sent}, {(b"list", b"-c", b"a b")})
        self.assertEqual({command[4] for command in sent}, {b"x:%012d" % number for number in range(5)})

    def test_its_last_argument_from_standard_input(self):
        server = self.serve()
        with mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\r\n"))):
            status, out, _ = self.run_main("-p", server.port, "-n", 5, "-q", "-x", "set", "key")
        self.assertEqual(status, 0)
        self.assertTrue(out.startswith("set key: "))
        self.assertEqual([command for command in server.commands if command[0] == b"set"],
                         [[b"set", b"key", b"\xff\r\n"]] * 5)

    def test_a_connection_for_each_request(self):
        server = self.serve()
        self.assertEqual(self.run_main("-p", server.port, "-n", 40, "-c", 5, "-k", 0, "-t", "set", "-q")[0], 0)
        # Two more ask what server it is, and prepare nothing.
        self.assertEqual((server.connections, server.count(b"SET")), (41, 40))

    def test_pushes_of_tracking_are_no_replies(self):
        server = self.serve(GET=b">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n$3\r\nxxx\r\n>1\r\n$1\r\nx\r\n",
                            CLIENT=b"+OK\r\n")
        status, _, err = self.run_main("-p", server.port, "-n", 60, "-c", 3, "-3", "--enable-tracking", "-t", "get")
        self.assertNotIn("more replies", err)
        self.assertEqual((status, server.count(b"GET")), (0, 60))
        self.assertEqual(server.count(b"CLIENT"), 5)

    def test_again_and_again(self):
        server = self.serve()
        rounds = []

        class Enough(benchmark.QuietReport):
            def end(self):
                rounds.append(1)
                if len(rounds) == 3:
                    raise KeyboardInterrupt

        with mock.patch.object(benchmark, "QuietReport", Enough):
            status, out, _ = self.run_main("-p", server.port, "-n", 5, "-t", "set,get", "-q", "-l")
            self.assertEqual(status, 130)
        self.assertEqual([line.split(":")[0] for line in out.splitlines()], ["SET", "GET"] * 3)

    def test_idle_connections(self):
        server = self.serve(BYE=None)
        clients = []

        class Leaving(benchmark.LoadClient):
            """The last one makes the server hang up."""

            def __init__(self, target):
                super().__init__(target)
                clients.append(self)
                if len(clients) == 4:
                    self.socket.send(encode_command(["BYE"]))

        with mock.patch.object(benchmark, "LoadClient", Leaving):
            status, out, err = self.run_main("-p", server.port, "-c", 4, "-I")
        self.assertEqual((status, err), (1, "benchmark.py: the server closed a connection\n"))
        self.assertEqual(out, "Creating 4 idle connections and waiting forever (Ctrl+C when done)\n")

    def test_secrets_are_not_recorded(self):
        self.assertEqual(benchmark.without_secrets(["-a", "pw", "-u", "redis://u:p@h", "-p", "1", "--against", "h:2"]),
                         ["-a", "...", "-u", "...", "-p", "1", "--against", "h:2"])


class SuitesTest(BenchmarkTestCase):
    def work(self, *arguments):
        options = benchmark_options.parse_options(["--suite", *arguments])
        return [(setting, [test.name for test in tests])
                for setting, tests in benchmark.work_of(options, options.suites)]

    def test_core_is_the_usual_tests_without_pipelines_and_with(self):
        (plain, tests), (pipelined, _) = self.work("core")
        self.assertEqual((plain.clients, plain.pipeline, pipelined.clients, pipelined.pipeline), (50, 1, 50, 16))
        self.assertEqual(tests[:6], ["ping_mbulk", "set", "get", "incr", "lpush", "rpush"])
        self.assertNotIn("lpush_for_lrange", tests)

    def test_what_the_command_line_says_holds_for_all(self):
        for setting, tests in self.work("core,sizes", "-n", "77", "-r", "9", "-t", "incr"):
            self.assertEqual((setting.requests, tests), (77, ["incr"]))
            self.assertEqual(setting.keyspace, 9 if setting.suite == "core" else setting.keyspace)

    def test_connections_from_1_to_5000(self):
        clients = [setting.clients for setting, _ in self.work("connections")]
        self.assertEqual((clients[0], clients[-1]), (1, 5000))
        self.assertEqual([setting.clients for setting, _ in self.work("connections", "--most-clients", "10")],
                         [1, 2, 5, 10])

    def test_long_values_are_few(self):
        for setting, _ in self.work("sizes"):
            self.assertLessEqual(setting.keyspace * setting.data_size, load_suites.KEPT_BYTES)
            self.assertLessEqual(setting.requests * setting.data_size,
                                 max(load_suites.BYTES, load_suites.LEAST_REQUESTS * setting.data_size))

    def test_one_on_a_server_that_is_there(self):
        server = self.serve()
        status, out, _ = self.run_main("-p", server.port, "--suite", "connections", "--most-clients", 2, "-n", 20,
                                       "--rounds", 1, "-t", "set", "--csv")
        self.assertEqual(status, 0)
        rows = list(csv.DictReader(out.splitlines()))
        self.assertEqual([(row["test"], row["suite"], row["setting"]) for row in rows],
                         [("SET", "connections", "1 client"), ("SET", "connections", "2 clients")])

    def test_one_on_servers_of_its_own(self):
        status, out, err = self.run_main("--suite", "core", "-n", 20, "-c", 2, "-t", "ping_mbulk", "--rounds", 1, "-q",
                                         "--real", "no-such-server")
        self.assertEqual(status, 0, err)
        self.assertRegex(out, r"^core: 2 clients\nPING_MBULK: [\d.]+ requests per second, p50=[\d.]+ msec\n"
                              r"core: 2 clients, pipelines of 16\nPING_MBULK: ")


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
        self.check_failure("WRONGTYPE no",
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
        with mock.patch.object(benchmark, "measure", side_effect=KeyboardInterrupt):
            self.assertEqual(self.run_main(), (130, "", "benchmark.py: interrupted\n"))


class OptionsTest(BenchmarkTestCase):
    def refusal(self, *arguments):
        with mock.patch("sys.stderr", io.StringIO()) as err, self.assertRaises(SystemExit) as caught:
            benchmark_options.parse_options(list(arguments))
        self.assertEqual(caught.exception.code, 2)
        self.assertEqual(err.getvalue().count("\n"), 1)
        return err.getvalue()

    def test_impossible_options_are_one_line(self):
        for arguments, text in (
                (["-p", "0"], "-p/--port: '0' is not a whole number from 1 to 65535"),
                (["-n", "0"], "'0' is not a whole number of at least 1"),
                (["-c", "x"], "'x' is not a whole number"),
                (["-d", "536870913"], "from 0 to 536870912"),
                (["-k", "2"], "'2' is not a whole number from 0 to 1"),
                (["-t", "set,foo,bar"], "no test is named foo, bar; there are ping_inline"),
                (["-t", ","], "no test is named ','"),
                (["--processes", "3", "-c", "2"], "3 processes cannot share 2 clients"),
                (["--threads", "3", "-n", "2"], "3 processes cannot share 2 requests"),
                (["--user", "ann"], "--user needs --password"),
                (["-x"], "-x is for the last argument of a command"),
                (["--cluster"], "--cluster is not supported"),
                (["-u", "redis://h", "-p", "1"], "-u names the server, so -h, -p and -s must not"),
                (["-u", "nowhere"], "'nowhere' is no URL"),
                (["-u", "redis://h:99999"], "ort"),
                (["-u", "redis://h/x"], "number of a database, not 'x'"),
                (["-u", "redis://h?timeout=5"], "timeout in a URL means nothing here"),
                (["--against", "h:x"], "'h:x' is not HOST:PORT, a port, a path or a URL"),
                (["--suite", "core", "--against", "h:1"], "which is the first?"),
                (["--suite", "core,fast"], "no suite is named 'fast'; there are core, connections, "),
                (["--suite", "core", "set", "a", "b"], "a suite has its own ways: no command"),
                (["--cacert", "x"], "need --tls"),
                (["--tls", "--cert", "/no/such/file"], "/no/such/file does not exist"),
                (["-l", "--json", "x"], "never ends"),
                (["--json", "-", "--csv"], "both want the standard output"),
                (["--html", "/no/such/directory/x.html"], "there is no such directory"),
                (["--from", "x"], "--from FILE needs --html FILE"),
                (["--bogus"], "unrecognized arguments: --bogus")):
            self.assertIn(text, self.refusal(*arguments))

    def test_more_clients_than_open_files(self):
        with mock.patch.object(benchmark_options, "descriptor_limit", lambda needed: 100 if needed > 100 else None):
            self.assertIn("90 clients need more open files than the 100", self.refusal("-c", "90"))
            benchmark_options.parse_options(["-c", "90", "--processes", "2"])

    def test_options_reach_the_connection(self):
        options = benchmark_options.parse_options("-h h -p 7 -a pw --user u --dbnum 3 -3 --enable-tracking".split())
        self.assertEqual(options.targets, [targets.Target(
            host="h", port=7, db=3, username="u", password="pw", protocol=3, tracking=True)])

    def test_a_url(self):
        options = benchmark_options.parse_options(["-u", "rediss://u:p%40w@h:7/3", "--insecure", "--sni", "n"])
        (target,) = options.targets
        self.assertEqual((target.host, target.port, target.db, target.username, target.password, target.sni),
                         ("h", 7, 3, "u", "p@w", "n"))
        self.assertEqual(target.tls["cert_reqs"], "none")

    def test_the_second_server_has_no_credentials_of_the_first(self):
        options = benchmark_options.parse_options(["-a", "pw", "--dbnum", "2", "-3", "--against", "[::1]:7"])
        self.assertEqual(options.targets[1], targets.Target(host="::1", port=7, protocol=3))
        for text, address in (("7", "127.0.0.1:7"), ("/a/b", "/a/b"), ("redis://h", "h:6379"),
                              ("unix:///a?db=3", "/a"), ("[::1]:8", "[::1]:8")):
            self.assertEqual(targets.parse_address(text).address, address)

    def test_rounds(self):
        for arguments, rounds in (([], 1), (["--against", "7"], 3), (["--suite", "core"], 3), (["--rounds", "5"], 5)):
            self.assertEqual(benchmark_options.parse_options(arguments).rounds, rounds)


class ScriptTest(BenchmarkTestCase):
    def test_runs_from_anywhere(self):
        server = self.serve()
        for directory in (os.path.dirname(SCRIPTS), os.path.dirname(os.path.abspath(__file__))):
            done = subprocess.run(
                [sys.executable, os.path.join(SCRIPTS, "benchmark.py"), "-p", str(server.port), "-n", "100",
                 "-t", "set", "--quiet", "--processes", "2"],
                cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stdout.decode(), r"^SET: [\d.]+ requests per second, ")


if __name__ == "__main__":
    unittest.main()
