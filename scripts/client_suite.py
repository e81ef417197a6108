#!/usr/bin/env python3
"""Measures the client, beside redis-py where that is installed: operations a second, against the same server.

    python3 scripts/benchmark.py --suite client                 # beside this interpreter's redis-py, if there is one
    python3 scripts/benchmark.py --suite client --redis-py venv5/bin/python --redis-py venv8/bin/python
    python3 scripts/benchmark.py --suite client --check         # status 1 if a limit below is missed

    round-trips     SET and GET over TCP, each after the reply to the one before
    unix            the same through a Unix socket
    pipelines       SET and GET in pipelines of 1,000 over TCP, from the first command to the list of results

The server is redis-server, or this one if none is installed. Each client has a process of its own (client_worker.py)
with a connection of its own. They take turns, for several rounds in another order each; the best round of each
counts.

Of a round trip most of the time is the system's and the server's. How much, shows the column "bare socket": what
sends ready-made requests and does not look at the replies. No client can be quicker than that, so the ratio to a
client that needs less than twice its time cannot reach 2, whatever this one does.
"""
import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path

from servers import ServerFailed, running_servers   # which makes the package known, too
from suite import OneLineParser, Report, parse_choice, run_suite

LEAST = 2                       # times redis-py without hiredis
LEAST_PIPELINES_HIREDIS = 1     # times redis-py with hiredis; for its round trips there is no limit

WORKER = str(Path(__file__).with_name("client_worker.py"))
PIPELINE = 1000
WARM_UP = "SET 500"
UNIX_SOCKET = "s"               # in the server's directory
COLUMN = 13                     # the most of a name that a column has room for


class Worker:
    """A client in a process of its own; `name` is what it calls itself. Raises ServerFailed if it has none."""

    def __init__(self, python, library, address):
        self._process = subprocess.Popen([python, WORKER, library, address], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.name = self._process.stdout.readline().strip()
        if not self.name:
            reason = self._process.stderr.read().strip().rpartition("\n")[2]
            self.stop()
            raise ServerFailed(f"{python} {library}: {reason}")

    def seconds(self, task):
        """How long it takes to do what a line says, see client_worker.py."""
        self._process.stdin.write(task + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise ServerFailed(f"{self.name}: {self._process.stderr.read().strip()[-500:]}")
        return float(answer)

    def stop(self):
        self._process.kill()
        self._process.communicate()


def start_workers(options, address, stack):
    """This client, the bare socket, and the redis-py of each interpreter that was named, or of this one."""
    clients = [(sys.executable, "redis_clone"), (sys.executable, "socket")]
    clients += [(python, "redis") for python in options.redis_py or [sys.executable]]
    workers = []
    for python, library in clients:
        try:
            worker = Worker(python, library, address)
        except ServerFailed:
            if options.redis_py or library != "redis":
                raise
            continue                        # nobody said that there was a redis-py
        stack.callback(worker.stop)
        worker.seconds(WARM_UP)
        workers.append(worker)
    return workers


def measure(workers, task, operations, rounds):
    """A list of each worker's operations a second in its best round."""
    best = dict.fromkeys(workers, float("inf"))
    for number in range(rounds):
        turn = number % len(workers)
        for worker in workers[turn:] + workers[:turn]:
            best[worker] = min(best[worker], worker.seconds(task))
    return [operations / seconds for seconds in best.values()]


class Suite:
    """The measurements: each is a method, by its name."""

    def __init__(self, options, server, report):
        self._options = options
        self._server = server
        self._report = report

    def run(self, name):
        """Do one measurement, and tell what came out."""
        with contextlib.ExitStack() as stack:
            getattr(self, name.replace("-", "_"))(stack)

    def round_trips(self, stack):
        self._round_trips("TCP", str(self._server.port), stack)

    def unix(self, stack):
        if not hasattr(socket, "AF_UNIX"):
            self._report.skipped("unix", "this system has no Unix sockets")
            return
        self._round_trips("a Unix socket", os.path.join(self._server.directory, UNIX_SOCKET), stack)

    def _round_trips(self, way, address, stack):
        workers = start_workers(self._options, address, stack)
        rates = {f"{command}, one at a time": measure(
            workers, f"{command} {self._options.requests}", self._options.requests, self._options.rounds)
            for command in ("SET", "GET")}
        self._tell(way, workers, rates, LEAST, None)

    def pipelines(self, stack):
        workers = start_workers(self._options, str(self._server.port), stack)
        del workers[1]                      # the bare socket knows no pipelines
        count = max(self._options.requests // PIPELINE, 1) * 2
        rates = {f"{command}, {PIPELINE:,} at once": measure(
            workers, f"PIPELINE {command} {PIPELINE} {count}", count * PIPELINE, self._options.rounds)
            for command in ("SET", "GET")}
        self._tell("TCP", workers, rates, LEAST, LEAST_PIPELINES_HIREDIS)

    def _tell(self, way, workers, rates, least, least_hiredis):
        title = f"Operations a second, {self._server.name} over {way}"
        bare = [index for index, worker in enumerate(workers) if worker.name == "bare socket"]
        others = [index for index in range(1, len(workers)) if index not in bare]
        for other in others or [None]:
            shown = [index for index in (0, other, *bare) if index is not None]
            self._report.table(title + (f", beside {workers[other].name}" if other else ""),
                               [workers[index].name[:COLUMN] for index in shown])
            for name, figures in rates.items():
                ratio = figures[0] / figures[other] if other else None
                limit = None if not other else least_hiredis if "hiredis" in workers[other].name else least
                self._report.row(name, [figures[index] for index in shown], 0, ratio, least=limit)


def run(options, real):
    """Run what was chosen, each after the other whatever becomes of it; return what was missed."""
    report = Report()
    with running_servers(real, *(["--unixsocket", UNIX_SOCKET] if "unix" in options.only else [])) as servers:
        suite = Suite(options, servers[-1], report)
        for name in options.only:
            try:
                suite.run(name)
            except (ServerFailed, OSError) as error:
                report.failed(name, error)
    return report.missed


MEASUREMENTS = ("round-trips", "unix", "pipelines")


def make_parser():
    parser = OneLineParser(prog="benchmark.py --suite client", description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("--check", action="store_true", help="end with status 1 if a limit is missed or something fails")
    add("--only", default=",".join(MEASUREMENTS), metavar="NAME,...", help="only these; there are %(default)s")
    add("--requests", type=int, default=3000, metavar="N",
        help="round trips a round; twice as many in pipelines (%(default)s)")
    add("--rounds", type=int, default=9, help="of which the best counts (%(default)s)")
    add("--redis-py", action="append", metavar="PYTHON",
        help="an interpreter that has redis-py; more than once for several")
    add("--real", default="redis-server", metavar="PATH", help="the server for all clients (%(default)s)")
    return parser


def main(arguments=None):
    """Run the suite; return the exit status."""
    return run_suite(parse_choice(make_parser(), arguments, MEASUREMENTS), run)


if __name__ == "__main__":
    sys.exit(main())
