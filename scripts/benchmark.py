#!/usr/bin/env python3
"""Measures how many requests a second a Redis server answers, and how soon.

    python3 scripts/benchmark.py                        # all tests, 50 clients, 127.0.0.1:6379
    python3 scripts/benchmark.py --tests set,get --pipeline 16 --requests 1000000 --processes 2
    python3 scripts/benchmark.py --suite growth        # how costs grow with the number of elements: growth.py
    python3 scripts/benchmark.py --suite persistence   # saving, loading, append-only files: persistence.py
    python3 scripts/benchmark.py --suite lua           # scripts, and Lua by itself: lua_suite.py

Tests and short options are named as in redis-benchmark, so that figures can be put side by side. Two things
differ. Every test starts from a known state: it removes and fills its own keys first (`benchmark:*`, and
`key:<12 digits>` for GET), so that it means the same alone and after others, and LPOP pops something. And as
this generator is Python, it can be slower than the server: it then says so, and `--processes` helps as long
as there are cores.

Where to look: TESTS is the list of tests, `Test` what one is made of, `run_tests` runs any list of them;
load_generator.py does the measuring. A failure is one line and status 1, wrong options are one line and
status 2.
"""
import argparse
import os
import sys
import time
from typing import Callable, NamedTuple, Optional

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import growth  # noqa: E402
import lua_suite  # noqa: E402
import persistence  # noqa: E402
from load_generator import RANDOM, Load, LoadFailed, run_in_processes   # noqa: E402
from redis_clone.client import Client, ClientError, encode_command  # noqa: E402

# The generator counts as the limit if it had to wait for the server in less than the rest of the time.
BUSY = 0.95
PERCENTILES = (50, 95, 99, 99.9)
LATENCY_NAMES = ("avg", "min", *(f"p{percent}" for percent in PERCENTILES), "max")
CONNECT_TIMEOUT_S = 10
MAX_DATA_SIZE = 512 * 1024 * 1024
# A test that reads keys fills at most so many of the keyspace.
MAX_FILLED_KEYS = 1000000
FILL_CHUNK = 1000               # elements a command
FILL_BYTES = 1 << 20            # a pipeline, about
# Descriptors of a process that are no clients.
OTHER_DESCRIPTORS = 32

LIST, SET, HASH, ZSET = "benchmark:list", "benchmark:set", "benchmark:hash", "benchmark:zset"
DATA = "__data__"
KEY = "key:" + RANDOM.decode()
ELEMENT = "element:" + RANDOM.decode()


# -- the tests ------------------------------------------------------------------------------------------

class Test(NamedTuple):
    """`command` is what is measured, words with spaces between; RANDOM and DATA in it are filled in.
    `prepare` makes, from the options, the commands that are sent before."""

    name: str
    command: str
    prepare: Optional[Callable] = None

    def request(self, data_size):
        """The command as bytes; RANDOM is left to the load generator."""
        if self.name == "ping_inline":
            return b"PING\r\n"
        data = b"x" * data_size
        return encode_command([data if word == DATA else word for word in self.command.split()])


def remove(key):
    """Start without that key."""
    return lambda options: [("UNLINK", key)]


def fill_keys(options):
    """Every key of the keyspace has a value."""
    data = "x" * options.data_size
    for number in range(min(options.keyspace or 1, MAX_FILLED_KEYS)):
        yield "SET", f"key:{number:012d}", data


def fill_list(options, length=None):
    """As many elements as will be popped."""
    yield "UNLINK", LIST
    data = "x" * options.data_size
    for numbers in _chunks(options.requests if length is None else length, options.data_size):
        yield ("RPUSH", LIST, *[data] * len(numbers))


def fill_list_for_range(options):
    """As many elements as the longest range."""
    return fill_list(options, 600)


def fill_set(options):
    """As many members as will be popped."""
    yield "UNLINK", SET
    for numbers in _chunks(options.requests):
        yield ("SADD", SET, *(f"element:{number:012d}" for number in numbers))


def fill_zset(options):
    """As many members as will be popped, in an order of scores that is not their order of arrival."""
    yield "UNLINK", ZSET
    for numbers in _chunks(options.requests):
        scores = (str(number * 7919 % options.requests) for number in numbers)
        members = (f"element:{number:012d}" for number in numbers)
        yield ("ZADD", ZSET, *(word for pair in zip(scores, members) for word in pair))


def _chunks(count, size=0):
    """range(count) in pieces for one command each, for elements of `size` bytes."""
    step = max(1, min(FILL_CHUNK, FILL_BYTES // (size + 1)))
    return (range(start, min(start + step, count)) for start in range(0, count, step))


TESTS = [
    Test("ping_inline", "PING"),
    Test("ping_mbulk", "PING"),
    Test("set", f"SET {KEY} {DATA}"),
    Test("get", f"GET {KEY}", fill_keys),
    Test("incr", "INCR counter:" + RANDOM.decode()),
    Test("lpush", f"LPUSH {LIST} {DATA}", remove(LIST)),
    Test("rpush", f"RPUSH {LIST} {DATA}", remove(LIST)),
    Test("lpop", f"LPOP {LIST}", fill_list),
    Test("rpop", f"RPOP {LIST}", fill_list),
    Test("sadd", f"SADD {SET} {ELEMENT}", remove(SET)),
    Test("hset", f"HSET {HASH} {ELEMENT} {DATA}", remove(HASH)),
    Test("spop", f"SPOP {SET}", fill_set),
    Test("zadd", f"ZADD {ZSET} {RANDOM.decode()} {ELEMENT}", remove(ZSET)),
    Test("zpopmin", f"ZPOPMIN {ZSET}", fill_zset),
    Test("lrange_100", f"LRANGE {LIST} 0 99", fill_list_for_range),
    Test("lrange_300", f"LRANGE {LIST} 0 299", fill_list_for_range),
    Test("lrange_500", f"LRANGE {LIST} 0 499", fill_list_for_range),
    Test("lrange_600", f"LRANGE {LIST} 0 599", fill_list_for_range),
    Test("mset", "MSET" + f" {KEY} {DATA}" * 10),
]


def select_tests(names):
    """The tests that `names` (comma separated) mean; `lrange` means all four. Raises ValueError."""
    wanted = [name.strip().lower() for name in names.split(",") if name.strip()]
    known = {test.name for test in TESTS} | {_family(test) for test in TESTS}
    unknown = [name for name in wanted if name not in known]
    if unknown or not wanted:
        raise ValueError(f"no test is named {', '.join(unknown) or repr(names)}; there are "
                         + ", ".join(test.name for test in TESTS))
    return [test for test in TESTS if test.name in wanted or _family(test) in wanted]


def _family(test):
    return test.name.split("_")[0]


# -- running them ----------------------------------------------------------------------------------------

def run_tests(tests, options, report):
    """Run `tests` one after the other; `report` is told of progress and results. Raises LoadFailed and
    ClientError."""
    connection = connection_arguments(options)
    with Client(**connection) as client:
        client.execute("PING")
        report.begin(tests)
        for test in tests:
            if test.prepare is not None:
                report.preparing(test)
                prepare(client, test.prepare(options))
            load = Load(connection, test.request(options.data_size), options.requests, options.clients,
                        options.pipeline, options.keyspace, options.seed)
            began_s = time.perf_counter()
            result = run_in_processes(load, options.processes, lambda done: report.progress(
                test, done, time.perf_counter() - began_s))
            report.result(test, result)
        report.end()


def prepare(client, commands):
    """Send `commands` in pipelines of bounded size."""
    pipeline, size = client.pipeline(), 0
    for command in commands:
        pipeline.add(*command)
        size += sum(map(len, command))
        if size >= FILL_BYTES:
            pipeline.execute()
            size = 0
    pipeline.execute()


def connection_arguments(options):
    return {
        "host": options.host, "port": options.port, "unix_socket": options.socket, "db": options.dbnum,
        "username": options.user, "password": options.password, "protocol": 3 if options.resp3 else 2,
        "connect_timeout_s": CONNECT_TIMEOUT_S,
    }


# -- reports ---------------------------------------------------------------------------------------------

class Report:
    """Says how it goes on `progress_to` (None: does not), and what came out on `out`, as a table."""

    def __init__(self, options, out, progress_to):
        self._options = options
        self._out = out
        self._progress_to = progress_to
        self._progress_width = 0
        self._busy_tests = []

    def begin(self, tests):
        options = self._options
        where = options.socket or f"{options.host}:{options.port}"
        keys = f"{options.keyspace} keys" if options.keyspace else "one key"
        self._print(f"{where}: {options.requests} requests a test, {options.clients} clients, pipelines of "
                    f"{options.pipeline}, values of {options.data_size} bytes, {keys}; generator: "
                    f"{options.processes} process{'es' if options.processes > 1 else ''}")
        self._print()
        self._print(f"{'':12} {'requests':>12} {'latency in ms':>14}")
        self._print(f"{'test':12} {'per second':>12}" + "".join(f"{name:>9}" for name in LATENCY_NAMES))

    def preparing(self, test):
        self._show(f"{test.name}: preparing")

    def progress(self, test, done, elapsed_s):
        self._show(f"{test.name}: {100 * done // self._options.requests} %, "
                   f"{done / max(elapsed_s, 1e-9):.0f} requests per second")

    def result(self, test, result):
        self.clear_progress()
        if is_generator_limit(result):
            self._busy_tests.append(test.name)
        self._write_result(test, result)

    def end(self):
        if self._busy_tests:
            self._print(f"\nThe generator itself was the limit (at work {BUSY:.0%} of the time or more, "
                        f"hardly\nwaiting for the server) in: {', '.join(self._busy_tests)}.\n"
                        "The server can do more; try --processes.")

    def _write_result(self, test, result):
        self._print(f"{test.name:12} {result.per_second:12.1f}"
                    + "".join(f"{1000 * latency_s:9.3f}" for latency_s in latencies_s(result))
                    + ("  generator at its limit" if is_generator_limit(result) else ""))

    def _show(self, line):
        if self._progress_to is not None:
            self._progress_to.write("\r" + line.ljust(self._progress_width))
            self._progress_to.flush()
            self._progress_width = max(len(line), self._progress_width)

    def clear_progress(self):
        """Leave the progress line empty, for whatever is printed next."""
        self._show("")
        if self._progress_to is not None:
            self._progress_to.write("\r")

    def _print(self, line=""):
        print(line, file=self._out, flush=True)


class QuietReport(Report):
    """One line for each test."""

    def begin(self, tests):
        pass

    def end(self):
        pass

    def _write_result(self, test, result):
        self._print(f"{test.name}: {result.per_second:.1f} requests per second, "
                    f"p50 {1000 * result.percentile_s(50):.3f} ms, "
                    f"p99 {1000 * result.percentile_s(99):.3f} ms"
                    + (" (generator at its limit)" if is_generator_limit(result) else ""))


class CsvReport(Report):
    """Comma separated values with a header line."""

    def begin(self, tests):
        self._print("test,requests_per_second," + ",".join(f"{name}_ms" for name in LATENCY_NAMES)
                    + ",generator_busy_percent")

    def end(self):
        pass

    def _write_result(self, test, result):
        self._print(f"{test.name},{result.per_second:.1f},"
                    + ",".join(f"{1000 * latency_s:.3f}" for latency_s in latencies_s(result))
                    + f",{100 * result.busy_share:.0f}")


def is_generator_limit(result):
    return result.busy_share >= BUSY


def latencies_s(result):
    """The latencies of the result in the order of LATENCY_NAMES."""
    ordered = result.latencies_s
    return [result.average_s, ordered[0], *map(result.percentile_s, PERCENTILES), ordered[-1]]


# -- the command line --------------------------------------------------------------------------------------

class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message}\n")


def make_parser():
    parser = OneLineParser(prog="benchmark.py", add_help=False, description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("--help", action="help", help="show this and exit")
    add("--suite", choices=SUITES, help="another set of measurements, with options of its own: "
                                        "--suite NAME --help tells them")
    add("-h", "--host", default="127.0.0.1")
    add("-p", "--port", type=number(1, 65535), default=6379)
    add("-s", "--socket", metavar="PATH", help="Unix socket of the server, instead of host and port")
    add("-a", "--password")
    add("--user", help="with --password; default: the default user")
    add("--dbnum", type=number(0), default=0, metavar="DB")
    add("-3", "--resp3", action="store_true", help="speak RESP3")
    add("-c", "--clients", type=number(1), default=50, help="connections at the same time (%(default)s)")
    add("-n", "--requests", type=number(1), default=100000,
        help="requests of each test, by all clients together (%(default)s)")
    add("-P", "--pipeline", type=number(1), default=1, help="requests sent at once by a client (%(default)s)")
    add("-t", "--tests", default=",".join(test.name for test in TESTS), metavar="NAME,...",
        help="only these, or families of them such as lrange; there are %(default)s")
    add("-d", "--data-size", type=number(0, MAX_DATA_SIZE), default=3, metavar="BYTES",
        help="length of values (%(default)s)")
    add("-r", "--keyspace", type=number(0, 10 ** 12), default=0, metavar="KEYS",
        help="random keys, members and scores out of so many (default: always the same)")
    add("--processes", "--threads", type=number(1), default=1,
        help="processes that make the load (%(default)s)")
    add("--seed", type=int, default=0, help="of the random numbers (%(default)s)")
    add("-q", "--quiet", action="store_true", help="one line for each test, no progress")
    add("--csv", action="store_true", help="comma separated values")
    return parser


def number(least, most=None):
    """A type for argparse: an integer within bounds."""
    bounds = f"of at least {least}" if most is None else f"from {least} to {most}"

    def parse(text):
        if text.isascii() and text.isdigit() and int(text) >= least and (most is None or int(text) <= most):
            return int(text)
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number {bounds}")

    return parse


def parse_options(arguments):
    """The options, checked, with the list of tests in `tests`; exits with status 2 if they are wrong."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    try:
        options.tests = select_tests(options.tests)
    except ValueError as error:
        parser.error(str(error))
    if options.suite:
        parser.error(f"--suite {options.suite} must come first, its own options after it")
    if options.user is not None and options.password is None:
        parser.error("--user needs --password")
    for what in ("clients", "requests"):
        if options.processes > getattr(options, what):
            parser.error(f"{options.processes} processes cannot share {getattr(options, what)} {what}")
    limit = descriptor_limit(options.clients // options.processes + OTHER_DESCRIPTORS)
    if limit is not None:
        parser.error(f"{options.clients} clients need more open files than the {limit} that this system "
                     "allows a process; try `ulimit -n` or more --processes")
    return options


def descriptor_limit(needed):
    """Raise the limit of open files where need be; return it if it stays too low, else None."""
    try:
        import resource
    except ImportError:                     # Windows: no such limit
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= needed or soft == resource.RLIM_INFINITY:
        return None
    if hard != resource.RLIM_INFINITY and hard < needed:
        return hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    return None


SUITES = {"growth": growth.main, "persistence": persistence.main, "lua": lua_suite.main}


def main(arguments=None, out=sys.stdout, err=sys.stderr):
    """Run the benchmark; return the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if len(arguments) > 1 and arguments[0] == "--suite" and arguments[1] in SUITES:
        return SUITES[arguments[1]](arguments[2:])
    options = parse_options(arguments)
    kind = CsvReport if options.csv else QuietReport if options.quiet else Report
    report = kind(options, out, err if err.isatty() and not options.quiet else None)
    try:
        run_tests(options.tests, options, report)
    except (ClientError, LoadFailed) as error:
        report.clear_progress()
        print(f"benchmark.py: {error}", file=err)
        return 1
    except KeyboardInterrupt:
        report.clear_progress()
        print("benchmark.py: interrupted", file=err)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
