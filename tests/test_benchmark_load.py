"""Tests of the load generator of scripts/benchmark.py: load_generator, load_client, load_processes, targets."""
import os
import shutil
import socketserver
import ssl
import subprocess
import tempfile
import threading
import unittest
from unittest import mock

from redis_clone.client import encode_command
from redis_clone.reply_parser import ReplyParser
from tests.benchmark_support import BenchmarkTestCase

import load_generator       # noqa: E402
import load_processes       # noqa: E402
import targets              # noqa: E402
from targets import Target  # noqa: E402


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
        return load_generator.Load(Target(port=server.port), encode_command(command), **options)

    def test_splitting_loses_nothing(self):
        load = load_generator.Load(Target(), b"", requests=100, clients=7, seed=5)
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
            result = load_processes.run_in_processes(
                self.load(server, "PING", requests=1001, clients=5, pipeline=2), 2, seen.append)
        self.assertEqual((server.connections, server.count(b"PING")), (5, 1001))
        self.assertEqual(result.requests, 1001)
        self.assertEqual(len(result.latencies_s), 501)
        self.assertEqual(list(result.latencies_s), sorted(result.latencies_s))
        self.assertEqual(seen, sorted(seen))


class UsefulProcessesTest(unittest.TestCase):
    LOAD = load_generator.Load(Target(), b"", requests=1000000, clients=50)

    def useful(self, rates, load=LOAD, processors=8, busy=1.0):
        """How many are thought useful if so many processes reach these rates."""
        self.tried = []

        def run(trial, processes):
            self.tried.append(processes)
            return load_generator.Result(trial.requests, trial.requests / rates[processes], busy, [0.001], processes)

        with mock.patch.object(load_processes, "run_in_processes", run), \
                mock.patch.object(load_processes.os, "cpu_count", lambda: processors):
            return load_processes.useful_processes(load)

    def test_as_many_as_bring_more(self):
        self.assertEqual(self.useful({1: 100, 2: 190, 4: 200, 8: 210}), 2)
        self.assertEqual(self.tried, [1, 2, 4])
        self.assertEqual(self.useful({1: 100, 2: 190, 4: 350, 6: 500}, processors=6), 6)

    def test_one_that_waits_for_the_server_is_enough(self):
        self.assertEqual(self.useful({1: 100}, busy=0.5), 1)

    def test_nothing_is_tried_for_a_short_load(self):
        self.assertEqual(self.useful({}, self.LOAD._replace(requests=5000)), 1)
        self.assertEqual(self.tried, [])

    def test_no_more_than_clients_or_processors(self):
        self.assertEqual(self.useful({1: 100, 2: 200}, processors=2), 2)
        self.assertEqual(self.useful({1: 100, 2: 200, 3: 300}, self.LOAD._replace(clients=3)), 3)


class DescribeTest(BenchmarkTestCase):
    def facts(self, **answers):
        return targets.describe(Target(port=self.serve(**answers).port))

    def test_what_a_server_says_about_itself(self):
        def info(text):
            return b"$%d\r\n%b\r\n" % (len(text), text)

        for text, name, version in (
                (b"redis_version:7.0.15\r\nmultiplexing_api:epoll\r\n", "redis-server", "redis-server 7.0.15"),
                (b"redis_version:7.2.6\r\nmultiplexing_api:threads\r\n", "redis_clone", "redis_clone as Redis 7.2.6"),
                (b"redis_version:7.2.4\r\nvalkey_version:8.0.1\r\n", "valkey-server", "valkey-server 8.0.1")):
            found, facts = self.facts(INFO=info(text), CONFIG=b"*2\r\n$4\r\nsave\r\n$0\r\n\r\n")
            self.assertEqual((found, facts["version"], facts["save"]), (name, version, ""))

    def test_a_server_that_says_nothing(self):
        for answer in (b"-ERR no\r\n", b":1\r\n", b"*0\r\n"):
            name, facts = self.facts(INFO=answer, CONFIG=answer)
            self.assertEqual((name, sorted(facts)), (facts["address"], ["address", "version"]))


class TlsServer(socketserver.ThreadingTCPServer):
    """Answers each command with its last word."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._context = context
        super().__init__(("127.0.0.1", 0), None)

    def finish_request(self, request, client_address):
        parser = ReplyParser()
        with self._context.wrap_socket(request, server_side=True) as connection:
            while True:
                data = connection.recv(65536)
                if not data:
                    return
                parser.feed(data)
                words = [parser.replies.popleft()[-1] for _ in range(len(parser.replies))]
                connection.sendall(b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words))

    def handle_error(self, request, client_address):
        """A client that hangs up without a goodbye is no error."""


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed, which makes the certificate")
class TlsTest(BenchmarkTestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.directory)
        self.certificate = os.path.join(self.directory, "pair.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", self.certificate, "-out", self.certificate + ".crt", "-days", "2", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost"], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with open(self.certificate + ".crt", encoding="ascii") as crt, \
                open(self.certificate, "a", encoding="ascii") as pair:
            pair.write(crt.read())
        self.server = TlsServer(self.certificate)
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def run_tls(self, *arguments):
        return self.run_main("-p", self.server.server_address[1], "--tls", "-n", 60, "-c", 3, "-t", "set", "-q",
                             *arguments)

    def test_a_trusted_certificate_for_the_name_that_is_asked_for(self):
        status, out, err = self.run_tls("--cacert", self.certificate, "--sni", "localhost", "-P", 4, "-d", 30000)
        self.assertEqual(status, 0, err)
        self.assertRegex(out, "^SET: ")

    def test_an_untrusted_certificate(self):
        status, _, err = self.run_tls()
        self.assertEqual(status, 1)
        self.assertIn("certificate verify failed", err.lower())
        status, _, err = self.run_tls("--insecure")
        self.assertEqual(status, 0, err)


if __name__ == "__main__":
    unittest.main()
