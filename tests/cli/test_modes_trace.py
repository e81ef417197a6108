"""--trace: the stages of one command as a chart."""
import os
import re
import tempfile
import unittest

from redis_clone.cli.modes import trace
from tests.cli.cli_support import run_cli
from tests.cli.mode_support import ModeTestCase, Result, ScriptedServer, StoppingClock, array, bulk, run_mode

BLOCKS = trace.BLOCKS


class TraceTest(ModeTestCase):
    def test_the_reply_then_the_stages_of_both_sides(self):
        result = self.run_mode("--trace", "SET", "key", "value")
        self.assertEqual((result.status, result.errors), (0, b""))
        reply, server, client = result.output.decode().split("\n\n")
        self.assertEqual(reply, "OK")
        self.assertEqual(re.findall(r"^  (\S.*?)  ", server, re.MULTILINE),
                         ["read", "parse", "wait for the lock", "look-up", "execute", "encode", "send"])
        self.assertEqual(re.findall(r"^  (\S.*?)  ", client, re.MULTILINE),
                         ["encode", "send", "wait", "receive", "parse"])
        for chart in (server, client):
            self.assertAlmostEqual(sum(map(float, re.findall(r"([\d.]+) %", chart))), 100, delta=1)
            self.assertEqual(len({len(line) for line in chart.strip().splitlines()[1:]}), 1)
        self.assertEqual(self.execute("GET key"), [b"value"])

    def test_the_command_is_executed_once(self):
        self.run_mode("--trace", "INCR", "n")
        self.assertEqual(self.execute("GET n"), [b"1"])

    def test_arguments_from_the_standard_input(self):
        self.assertEqual(run_cli(self.server.port, "--trace", "-x", "SET", "k", given=b"a\n").status, 0)
        self.assertEqual(run_cli(self.server.port, "--trace", "-X", "t", "APPEND", "k", "t", given=b"b").status, 0)
        self.assertEqual(run_cli(self.server.port, "--trace", "--quoted-input", "APPEND", '"\\x6b"', '"\\n"').status, 0)
        self.assertEqual(self.execute("GET k"), [b"a\nb\n"])
        result = run_cli(self.server.port, "--trace", "--quoted-input", "GET", '"')
        self.assertEqual(result, Result(1, b"Invalid quoted string\n", b""))

    def test_a_script_in_a_file(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "script.lua")
            with open(path, "w") as file:
                file.write("return ARGV[1]")
            result = run_cli(self.server.port, "--trace", "--eval", path, "k", ",", "a")
        self.assertTrue(result.output.startswith(b"a\n\nserver "), result)

    def test_resp3(self):
        self.execute("HSET h f v")
        result = self.run_mode("-3", "--trace", "HGETALL", "h", terminal=True)
        self.assertEqual(result.status, 0)
        self.assertTrue(result.output.startswith(b'1# "f" => "v"\n\n\x1b[1mserver '), result)

    def test_a_command_that_fails_while_it_runs_has_stages_too(self):
        self.execute("SET k v")
        result = self.run_mode("--trace", "LPUSH", "k", "v")
        self.assertEqual((result.status, result.errors), (0, b""))
        self.assertTrue(result.output.startswith(b"WRONGTYPE "), result)
        self.assertIn(b"\nserver ", result.output)
        self.assertEqual(self.run_mode("-e", "--trace", "LPUSH", "k", "v").status, 1)

    def test_a_command_that_is_refused_has_none(self):
        for words in (("NOPE",), ("GET",)):
            result = self.run_mode("--trace", *words)
            self.assertEqual(result.status, 1)
            self.assertTrue(result.output.startswith(b"ERR "), result)
            self.assertIn(b" has no trace of the command: it was refused before it could run\n", result.errors)

    def test_what_ends_the_connection(self):
        result = self.run_mode("--trace", "QUIT")
        self.assertEqual(result, Result(1, b"OK\n", b"Error: Server closed the connection\n"))

    def test_a_server_that_cannot_trace(self):
        port = ScriptedServer(self, {"CLIENT": b"-ERR unknown subcommand 'TRACE'. Try CLIENT HELP.\r\n"}).port
        result = run_mode(port, "--trace", "GET", "k")
        self.assertEqual((result.status, result.output), (1, b""))
        self.assertEqual(result.errors, f"127.0.0.1:{port} cannot trace commands: ERR unknown subcommand 'TRACE'. "
                         "Try CLIENT HELP.\n".encode())

    def test_no_command(self):
        result = self.run_mode("--trace")
        self.assertEqual((result.status, result.errors), (1, b"--trace needs the command to be traced\n"))

    def test_senseless_stages(self):
        for stages in (b":1\r\n", b"$-1\r\n", array(), array(bulk(b"read"), bulk(b"fast")),
                       array(b":1\r\n", b":2\r\n"), array(bulk(b"read"), bulk(b"inf"), bulk(b"send"), bulk(b"-1"))):
            server = ScriptedServer(self, {"CLIENT": lambda words: stages if words[2] == b"LAST" else b"+OK\r\n"})
            result = run_mode(server.port, "--trace", "GET", "k")
            self.assertEqual((result.status, result.output), (1, b"OK\n"))
            self.assertIn(b" has no trace ", result.errors)

    def test_a_reply_that_is_cut_and_one_that_is_none(self):
        for pieces, complaint in (((b"$5\r\nhel", None), b"Error: Server closed the connection\n"),
                                  ((b"garbage\r\n",), b"Error: not a reply")):
            result = run_mode(ScriptedServer(self, {"GET": pieces}).port, "--trace", "GET", "k")
            self.assertEqual(result.status, 1)
            self.assertTrue(result.errors.startswith(complaint), result)

    def test_a_reply_in_pieces(self):
        stages = array(bulk(b"command"), bulk(b"get"), bulk(b"read"), bulk(b"1.5"))
        server = ScriptedServer(self, {"GET": (b"$5\r\nhel", b"lo\r\n"),
                                       "CLIENT": lambda words: stages if words[2] == b"LAST" else b"+OK\r\n"})
        result = run_mode(server.port, "--trace", "GET", "k", run=trace.run, clock=StoppingClock(step_s=0.000001))
        self.assertTrue(result.output.startswith(b"hello\n\nserver "), result)
        self.assertRegex(result.output, rb"\n  read +#+ +1\.5 us  100\.0 %\n")


class DrawTest(unittest.TestCase):
    def test_bars_follow_each_other(self):
        self.assertEqual(trace.draw("server", [("read", 10.0), ("send", 30.0)], 4, 8, None), [
            "server                  40.0 us",
            "  read  ##              10.0 us   25.0 %",
            "  send    ######        30.0 us   75.0 %"])

    def test_eighths_of_a_column(self):
        lines = trace.draw("client", [("a", 9.0), ("b", 0.01), ("c", 6.99)], 1, 8, BLOCKS)
        self.assertEqual([line[3:15] for line in lines[1:]], ["  ████▌     ", "      ▏     ", "      ███▌  "])

    def test_the_shortest_bar_is_seen_and_the_last_one_fits(self):
        for blocks in (None, BLOCKS):
            lines = trace.draw("x", [("a", 1e6), ("b", 0.0), ("c", 1e-9)], 1, 10, blocks)
            for line in lines[2:]:
                self.assertRegex(line, r"^  [bc]           [#▏]         0\.0 us    0\.0 %$")

    def test_no_time_at_all(self):
        self.assertEqual(len(trace.draw("x", [("a", 0.0)], 1, 10, None)), 2)


if __name__ == "__main__":
    unittest.main()
