#!/usr/bin/env python3
"""Measures what it costs to save, to load and to keep an append-only file, here and in redis-server.

    python3 scripts/benchmark.py --suite persistence            # everything; takes a quarter of an hour
    python3 scripts/benchmark.py --suite persistence --only save,load --keys 100000 --rounds 1
    python3 scripts/benchmark.py --suite persistence --check    # status 1 if a limit below is missed

It starts its own servers, this one and, if one is installed, redis-server, each in a directory of its own
below TMPDIR, which should be on the kind of disk that data will be on. Both do the same in turn, for several
rounds; of times the least counts, of requests a second the median of the ratios within a round. Processor
time is told, too (on Linux), since others who use the machine change it less.

    save        SAVE of so many keys of mixed types, put in through the wire
    load        the RDB file of them that redis-server wrote: the time that each server logs, and that from
                the start of the process until it accepts connections
    aof         so many commands of an append-only file (one increment, no base), likewise
    everysec    redis-benchmark with `appendfsync everysec`: 50 clients, without and with pipelines
    always      redis-benchmark with `appendfsync always`: 50 clients
    bgsave      the 99th percentile of the latency of 50 clients, without BGSAVE and with one after the other
    fork        how long the fork of BGSAVE stops a server, by number of keys

Both must hold equal data (DEBUG DIGEST) after they were filled and after they have loaded. What needs
redis-benchmark is skipped where there is none. With few keys a BGSAVE is hardly more than its fork, and so is
what it does to the latency.

Where to look: Suite has a method for each of these, the constants before it are the limits; mixed_data.py
makes the data, servers.py starts the servers.
"""
import csv
import os
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from typing import NamedTuple

import mixed_data
from servers import OWN_COMMAND, ServerFailed, fill, running_servers    # which makes the package known, too
from suite import OneLineParser, Report, parse_choice, run_suite
from redis_clone.client import ClientError, encode_command

KEYS = 1_000_000
TIMEOUT_S = 600                 # of one step: a command, a start, a run of redis-benchmark
POLL_S = 0.05                   # between looks at a BGSAVE: little work beside it, little time without one
TIME_RATIO = 10                 # most times what redis-server takes to save or to load
LATENCY_RATIO = 3               # most times the latency without BGSAVE


class Workload(NamedTuple):
    """What redis-benchmark is to do; `share` is the least part of redis-server's requests a second."""

    title: str
    arguments: str
    tests: str
    requests: int
    share: float


EVERYSEC = (Workload("50 clients", "-c 50", "ping_mbulk,set,get,incr", 60_000, 0.75),
            Workload("pipelines of 16", "-c 50 -P 16", "set,get,incr", 300_000, 0.28))
ALWAYS = (Workload("50 clients", "-c 50", "set,incr", 20_000, 0.70),)
LATENCY = Workload("50 clients", "-c 50", "set,get", 200_000, 0)
LATENCY_KEYS = 300_000          # or as many as there are at all, if those are fewer
FORK_SIZES = (100, 10, 1)       # parts of the number of keys

RDB_NAME = "dump.rdb"
AOF_DIRECTORY, AOF_INCREMENT = "appendonlydir", "appendonly.aof.1.incr.aof"
MANIFEST = f"file {AOF_INCREMENT} seq 1 type i\n"
LOADED = re.compile(r"DB loaded from (?:disk|append only file): ([\d.]+) seconds")


# -- what is measured -----------------------------------------------------------------------------------

class Suite:
    """The measurements, a method for each. `directory` keeps the files that servers load."""

    def __init__(self, options, real, report, directory):
        self._options = options
        self._real = real
        self._report = report
        self._rdb_path = os.path.join(directory, RDB_NAME)
        self._aof_path = os.path.join(directory, AOF_DIRECTORY)
        self._benchmark = shutil.which("redis-benchmark")

    def save(self):
        with self._servers() as servers:
            fill(servers, mixed_data.keys(self._options.keys))
            check_equal(servers, "after the same commands")
            self._report.table(f"SAVE of {self._options.keys:,} keys: seconds", names(servers))
            times_s, processor_s = self._least_of_rounds(servers, time_of_save)
            self._report.compare("SAVE", times_s, most=TIME_RATIO)
            self._report.compare("processor time", processor_s)
            self._keep_rdb(servers)

    def load(self):
        if not os.path.exists(self._rdb_path):
            with self._servers() as servers:
                fill(servers[-1:], mixed_data.keys(self._options.keys))
                servers[-1].client.execute("SAVE")
                self._keep_rdb(servers)
        self._measure_loading("RDB file", f"{self._options.keys:,} keys",
                              lambda directory: shutil.copy(self._rdb_path, directory))

    def _keep_rdb(self, servers):
        """That of the last server, which is the real one if there is one."""
        shutil.move(os.path.join(servers[-1].directory, RDB_NAME), self._rdb_path)

    def aof(self):
        os.mkdir(self._aof_path)
        write_aof(self._aof_path, mixed_data.changes(self._options.keys))
        self._measure_loading(
            "append-only file", f"{self._options.keys:,} commands",
            lambda directory: shutil.copytree(self._aof_path, os.path.join(directory, AOF_DIRECTORY)),
            "--appendonly", "yes")

    def _measure_loading(self, file, content, prepare, *directives):
        """Start both servers beside the files that `prepare` puts there."""
        rounds = []
        for number in range(self._options.rounds):
            with self._servers(*directives, prepare=prepare) as servers:
                rounds.append([(loading_time_s(server), server.start_s, server.time_s())
                               for server in servers])
                if not number:
                    check_equal(servers, f"after loading the same {file}")
        logged_s, started_s, processor_s = least_of_each(rounds)
        self._report.table(f"Loading an {file} of {content}: seconds", names(servers))
        self._report.compare("logged", logged_s, most=TIME_RATIO)
        self._report.compare("start to ready", started_s)
        self._report.compare("processor time of that", processor_s)

    def everysec(self):
        self._measure_requests("everysec", EVERYSEC)

    def always(self):
        self._measure_requests("always", ALWAYS)

    def _measure_requests(self, fsync, workloads):
        if not self._benchmark:
            return self._report.skipped(fsync, "redis-benchmark is not installed")
        with self._servers("--appendonly", "yes", "--appendfsync", fsync) as servers:
            self._report.table(f"Requests a second with appendfsync {fsync}", names(servers))
            for workload in workloads:
                runs = [[self._run_benchmark(server, workload) for server in servers]
                        for _ in range(self._options.rounds)]
                self._report_requests(workload, runs)

    def _report_requests(self, workload, runs):
        """`runs` has, for each round, what _run_benchmark returned for each server."""
        medians = []
        for test in runs[0][0]:
            rates = [[figures[test][0] for figures in run] for run in runs]
            ratio = statistics.median(rate[0] / rate[-1] for rate in rates)
            medians.append(ratio)
            self._report.compare(f"{workload.title} {test}",
                                 [statistics.median(rate) for rate in zip(*rates)], digits=0, ratio=ratio)
        self._report.compare(f"{workload.title} median", [None] * len(runs[0]),
                             ratio=statistics.median(medians), least=workload.share)

    def bgsave(self):
        if not self._benchmark:
            return self._report.skipped("bgsave", "redis-benchmark is not installed")
        count = min(self._options.keys, LATENCY_KEYS)
        workload = LATENCY._replace(arguments=f"{LATENCY.arguments} -r {count}")
        with self._servers() as servers:
            fill(servers, benchmark_keys(0, count))
            self._report.table(f"99th percentile of latency, 50 clients, {count:,} keys: milliseconds",
                               ["without", "with BGSAVE"])
            for number, server in enumerate(servers):
                # Only this server can miss it: the real one's saves are so short that forks are all they are.
                self._measure_latency(server, workload, None if number else LATENCY_RATIO)

    def _measure_latency(self, server, workload, limit):
        pairs, shares = [], []
        for _ in range(self._options.rounds):
            alone = self._run_benchmark(server, workload)
            with BackgroundSaves(server) as saves:
                pairs.append((alone, self._run_benchmark(server, workload)))
            shares.append(saves.share)
        for test in pairs[0][0]:
            alone_ms, saving_ms = (min(run[test][1] for run in runs) for runs in zip(*pairs))
            self._report.row(f"{server.name} {test}", (alone_ms, saving_ms), ratio=saving_ms / alone_ms,
                             most=limit)
        self._report.remark(f"{server.name} was saving {statistics.mean(shares):.0%} of the time")

    def fork(self):
        with self._servers() as servers:
            self._report.table("The fork of BGSAVE: milliseconds", names(servers))
            filled = 0
            for part in FORK_SIZES:
                size = self._options.keys // part
                fill(servers, benchmark_keys(filled, size))
                filled = size
                times_ms, = self._least_of_rounds(servers, fork_time_ms)
                self._report.compare(f"{size:,} keys", times_ms)

    def _servers(self, *directives, prepare=None):
        return running_servers(self._real, "--enable-debug-command", "yes", *directives,
                               own=self._options.server_command, prepare=prepare, timeout_s=TIMEOUT_S)

    def _least_of_rounds(self, servers, measure):
        """The least of the figures that `measure(server)` returns, as [figure][server]; the servers take
        turns."""
        return least_of_each([[measure(server) for server in servers] for _ in range(self._options.rounds)])

    def _run_benchmark(self, server, workload):
        """{test: (requests a second, 99th percentile of the latency in ms)}."""
        command = [self._benchmark, "-p", str(server.port), "--csv", "-t", workload.tests,
                   "-n", str(self._options.requests or workload.requests), *workload.arguments.split()]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT_S,
                                  universal_newlines=True, check=True)
        except subprocess.SubprocessError as error:
            raise ServerFailed(f"redis-benchmark with {server.name}: {error}") from error
        return parse_benchmark(done.stdout)


MEASUREMENTS = ("save", "load", "aof", "everysec", "always", "bgsave", "fork")


def names(servers):
    return [server.name for server in servers]


def check_equal(servers, when):
    if len({server.client.execute("DEBUG", "DIGEST") for server in servers}) > 1:
        raise ServerFailed(f"the servers do not hold equal data {when}")


def least_of_each(rounds):
    """From rounds[round][server][figure] the least of the rounds, as [figure][server]."""
    return list(zip(*([min(figures) for figures in zip(*runs)] for runs in zip(*rounds))))


def time_of_save(server):
    """(time that passes, processor time)."""
    began_s, processor_s = time.perf_counter(), server.time_s()
    server.client.execute("SAVE")
    return time.perf_counter() - began_s, server.time_s() - processor_s


def loading_time_s(server):
    times_s = LOADED.findall(server.log())
    if not times_s:
        raise ServerFailed(f"{server.name} does not log that it has loaded anything")
    return float(times_s[-1])


def fork_time_ms(server):
    server.client.execute("BGSAVE")
    wait_for_save(server)
    return int(server.info("stats")["latest_fork_usec"]) / 1000,


def wait_for_save(server):
    """Return when no BGSAVE is running any more and the last one went well."""
    deadline_s = time.perf_counter() + TIMEOUT_S
    info = server.info("persistence")
    while info["rdb_bgsave_in_progress"] != "0":
        if time.perf_counter() > deadline_s:
            raise ServerFailed(f"{server.name} was still saving after {TIMEOUT_S} s")
        time.sleep(POLL_S)
        info = server.info("persistence")
    if info["rdb_last_bgsave_status"] != "ok":
        raise ServerFailed(f"BGSAVE of {server.name} failed")


class BackgroundSaves:
    """While the context lasts, the server runs one BGSAVE after the other; then `share` is the part of that
    time in which one was running, as far as looking each POLL_S seconds tells."""

    def __init__(self, server):
        self._server = server
        self._stopping = threading.Event()
        self._error = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.share = 0.0

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc_info):
        self._stopping.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self):
        began_s, saving_s = time.perf_counter(), 0.0
        try:
            while not self._stopping.is_set():
                self._server.client.execute("BGSAVE")
                save_began_s = time.perf_counter()
                wait_for_save(self._server)
                saving_s += time.perf_counter() - save_began_s
        except (ClientError, ServerFailed) as error:
            self._error = error
        self.share = saving_s / (time.perf_counter() - began_s)


def benchmark_keys(start, end):
    """The keys that redis-benchmark asks for with -r."""
    return (["SET", f"key:{number:012}", f"value:{number:010}"] for number in range(start, end))


def parse_benchmark(text):
    """What _run_benchmark returns, from what redis-benchmark --csv prints."""
    rows = csv.DictReader(text.splitlines())
    return {row["test"]: (float(row["rps"]), float(row["p99_latency_ms"])) for row in rows}


def write_aof(directory, commands):
    """An append-only file of several parts that has one increment and no base."""
    with open(os.path.join(directory, AOF_INCREMENT), "wb") as file:
        file.write(encode_command(["SELECT", 0]))
        file.writelines(map(encode_command, commands))
    with open(os.path.join(directory, "appendonly.aof.manifest"), "w", encoding="ascii", newline="") as file:
        file.write(MANIFEST)


# -- running it -----------------------------------------------------------------------------------------

def run(options, real):
    """Run what was chosen, each after the other whatever becomes of it; return what was missed."""
    report = Report()
    with tempfile.TemporaryDirectory() as directory:
        suite = Suite(options, real, report, directory)
        for name in options.only:
            try:
                getattr(suite, name)()
            except (ClientError, ServerFailed, OSError) as error:
                report.failed(name, error)
    return report.missed


def make_parser():
    parser = OneLineParser(prog="benchmark.py --suite persistence", description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("--check", action="store_true", help="end with status 1 if a limit is missed or something fails")
    add("--only", default=",".join(MEASUREMENTS), metavar="NAME,...",
        help="only these; there are %(default)s")
    add("--keys", type=int, default=KEYS, metavar="N",
        help="keys, and commands of the append-only file (%(default)s)")
    add("--requests", type=int, metavar="N",
        help="of each test of redis-benchmark (default: 20,000 to 300,000)")
    add("--rounds", type=int, default=3, help="of which the best or the median counts (%(default)s)")
    add("--real", default="redis-server", metavar="PATH", help="the server to compare with (%(default)s)")
    add("--server-command", type=shlex.split, default=OWN_COMMAND, metavar="COMMAND",
        help="another server, or another Python, in the place of this one")
    return parser


def parse_options(arguments):
    parser = make_parser()
    options = parse_choice(parser, arguments, MEASUREMENTS)
    if options.keys < max(FORK_SIZES):
        parser.error(f"--keys: the least is {max(FORK_SIZES)}")
    return options


def main(arguments=None):
    """Run the suite; return the exit status."""
    return run_suite(parse_options(arguments), run)


if __name__ == "__main__":
    sys.exit(main())
