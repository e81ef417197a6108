#!/usr/bin/env python3
"""Measures servers inside a process: commands a second without a socket, starting and stopping.

    python3 scripts/benchmark.py --suite embedding                              # takes some seconds
    python3 scripts/benchmark.py --suite embedding --fakeredis venv/bin/python  # beside fakeredis, of that interpreter
    python3 scripts/benchmark.py --suite embedding --only commands --check      # status 1 if a limit below is missed

    commands    GET, SET and pipelines through redis_clone.connect() in one thread: commands a second; and the same
                through fakeredis.FakeRedis(), by the same program
    start       milliseconds from nothing to the first reply, and to the end of everything
    stop        milliseconds that Server.stop takes with 0, 10 and 500 clients: idle, blocked, subscribed

Commands are measured in processes of their own, in turn; the median of the ratios within a round counts. Of the
milliseconds the least count.
"""
import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time

from servers import ROOT, ServerFailed          # which makes the package known, too
from suite import OneLineParser, Report, parse_choice
import redis_clone
from redis_clone.log import Log

MEASUREMENTS = ("commands", "start", "stop")
GET_LEAST, TIMES_FAKEREDIS = 200_000, 10
START_MOST_MS, STOP_MOST_MS = 5, 100

CLIENTS = (0, 10, 500)
STARTS = 20                     # a round
TIMEOUT_S = 600

# Prints how many a second of each, as JSON. `client` is made by the line before it.
PROGRAM = """
import json, time

def rate(function, calls, count=1):
    started_s = time.perf_counter()
    for _ in range(calls):
        function()
    return calls * count / (time.perf_counter() - started_s)

def pipeline():
    pipe = client.pipeline(transaction=False)
    for _ in range(100):
        pipe.get("key")
    return pipe.execute()

get, set_ = client.get, client.set
assert set_("key", "value") and get("key") == b"value" and pipeline() == [b"value"] * 100
print(json.dumps({"GET": rate(lambda: get("key"), REQUESTS), "SET": rate(lambda: set_("key", "value"), REQUESTS),
                  "pipelines of 100 GET": rate(pipeline, max(REQUESTS // 100, 1), 100)}))
"""
OWN = "import redis_clone; client = redis_clone.connect()"
FAKEREDIS = "import fakeredis; client = fakeredis.FakeRedis()"


def command(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


# What the clients are doing when the server stops, and how much they have been told then.
OCCUPATIONS = {"idle": (command(b"PING"), 7), "blocked": (command(b"BLPOP", b"list", b"0"), 0),
               "subscribed": (command(b"SUBSCRIBE", b"c"), 30)}


class Suite:
    """The measurements, a method for each."""

    def __init__(self, options, report):
        self._options = options
        self._report = report

    def commands(self):
        fakeredis = self._options.fakeredis
        programs = [(sys.executable, OWN)] + ([(fakeredis, FAKEREDIS)] if fakeredis else [])
        rounds = [[self._run(*program) for program in programs] for _ in range(self._options.rounds)]
        self._report.table("Commands a second", ["redis_clone"] + ["fakeredis"] * bool(fakeredis))
        for name in rounds[0][0]:
            figures = [statistics.median(rates[name] for rates in side) for side in zip(*rounds)]
            ratio = statistics.median(each[0][name] / each[-1][name] for each in rounds) if fakeredis else None
            self._report.compare(name, figures, digits=0, ratio=ratio,
                                 least=TIMES_FAKEREDIS if fakeredis and name == "GET" else None)
            if name == "GET":
                self._report.row("GET, as a part of 200,000", [None] * len(figures), ratio=figures[0] / GET_LEAST,
                                 least=1)
        if not fakeredis:
            self._report.skipped("fakeredis", "no interpreter that has it was given with --fakeredis")

    def _run(self, interpreter, first_line):
        """The rates of one process."""
        environment = dict(os.environ, PYTHONPATH=ROOT if first_line is OWN else "")
        program = f"REQUESTS = {self._options.requests}\n{first_line}\n{PROGRAM}"
        try:
            done = subprocess.run([interpreter, "-c", program], env=environment, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, timeout=TIMEOUT_S, check=True)
        except subprocess.CalledProcessError as error:
            reason = error.stderr.decode(errors="replace").strip().split("\n")[-1]
            raise ServerFailed(f"{interpreter}: {reason}") from error
        except subprocess.TimeoutExpired as error:
            raise ServerFailed(f"{interpreter}: takes more than {TIMEOUT_S} s") from error
        return json.loads(done.stdout)

    def start(self):
        self._report.table("Starting and stopping: milliseconds", ["first reply", "end"], "both")
        times_ms = [self._start_once() for _ in range(self._options.rounds * STARTS)]
        first_ms, all_ms = map(min, zip(*times_ms))
        self._report.row("redis_clone.connect()", [first_ms, all_ms - first_ms], ratio=all_ms, most=START_MOST_MS)

    @staticmethod
    def _start_once():
        started_s = time.perf_counter()
        with redis_clone.connect() as redis:
            redis.ping()
            first_s = time.perf_counter()
        return 1000 * (first_s - started_s), 1000 * (time.perf_counter() - started_s)

    def stop(self):
        self._report.table("Server.stop: milliseconds", [f"{count} clients" for count in CLIENTS], "most")
        for name, (request, size) in OCCUPATIONS.items():
            figures = [min(self._stop_once(count, request, size) for _ in range(self._options.rounds))
                       for count in CLIENTS]
            self._report.row(name, figures, ratio=max(figures), most=STOP_MOST_MS)

    @staticmethod
    def _stop_once(count, request, size):
        socks = []
        with redis_clone.Server(log=Log(level="nothing"), port=0) as server:
            for _ in range(count):
                sock = socket.create_connection(("127.0.0.1", server.port), TIMEOUT_S)
                socks.append(sock)
                sock.sendall(request)
                if size:
                    sock.recv(size)
            while not size and server.engine.blocked_clients < count:
                time.sleep(0.01)
            threads = threading.active_count()
            started_s = time.perf_counter()
            server.stop()
            stop_ms = 1000 * (time.perf_counter() - started_s)
        for sock in socks:
            sock.close()
        if threading.active_count() >= threads or server.client_threads.count:
            raise ServerFailed("threads of a server have outlived it")
        return stop_ms


def main(arguments=None):
    parser = OneLineParser(prog="benchmark.py --suite embedding", description=__doc__,
                           formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(MEASUREMENTS), help="some of these, with commas between")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=100_000, help="commands of each kind in a round")
    parser.add_argument("--fakeredis", metavar="PYTHON", help="an interpreter that has fakeredis")
    parser.add_argument("--check", action="store_true", help="status 1 if a limit is missed")
    options = parse_choice(parser, arguments, MEASUREMENTS)
    if options.fakeredis and not shutil.which(options.fakeredis):
        parser.error(f"--fakeredis: {options.fakeredis} is no program")
    report = Report()
    suite = Suite(options, report)
    try:
        for name in options.only:
            getattr(suite, name)()
    except (ServerFailed, OSError) as error:
        print(f"benchmark.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if report.missed:
        print("\nMissed:\n" + "\n".join(f"  {what}" for what in report.missed))
    return 1 if report.missed and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
