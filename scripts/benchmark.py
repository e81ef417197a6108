#!/usr/bin/env python3
"""Measures how many requests a second a Redis server answers, and how soon.

    python3 scripts/benchmark.py                        # all tests, 50 clients, 127.0.0.1:6379
    python3 scripts/benchmark.py -t set,get -P 16 -n 1000000 -q
    python3 scripts/benchmark.py -p 6380 --against 127.0.0.1:6379 -t set,get     # two servers, with ratios
    python3 scripts/benchmark.py -r 10000 lpush mylist __rand_int__              # any command
    python3 scripts/benchmark.py --suite core,connections --html page.html       # this server beside redis-server

Options and output are redis-benchmark's (benchmark_options.py tells what is added), so that what reads its output
can read this. Three things differ. Every test starts from a known state (benchmark_tests.py). Options that make no
sense are refused. And as this generator is Python, it can be slower than the server: it takes as many processes as
help (load_processes.py), and says so when it was the limit all the same.

    --suite core            the usual tests, without pipelines and with
    --suite connections     by number of clients; sizes: by length of values        (load_suites.py)
    --suite growth          how costs grow with the number of elements              (growth.py)
    --suite persistence     saving, loading, append-only files                      (persistence.py)
    --suite lua             scripts, and Lua by itself                              (lua_suite.py)
    --suite client          the client beside others                                (client_suite.py)
    --suite embedding       servers inside a process                                (embedding_suite.py)

A failure is one line and status 1, wrong options are one line and status 2. Where to look: measuring.py runs tests
in rounds, load_generator.py makes the load, reports.py prints, run_record.py is the JSON, page.py the HTML.
"""
import contextlib
import importlib
import selectors
import shutil
import sys

import suite
from benchmark_options import OTHER_SUITES, parse_options
from load_client import LoadClient, LoadFailed
from load_suites import LOAD_SUITES, settings
from measuring import Measurer
from page import write_page
from reports import CsvReport, FullReport, NoReport, QuietReport, TableReport
from run_record import RunRecord, load_record
from servers import ServerFailed, running_servers
from targets import Target, describe
from redis_clone.client import ClientError

SECRETS = ("-a", "--password", "-u", "--uri", "--against")


def main(arguments=None, out=None, err=None):
    """Run the benchmark; return the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    out, err = out or sys.stdout, err or sys.stderr
    if len(arguments) > 1 and arguments[0] == "--suite" and arguments[1] in OTHER_SUITES:
        return run_other_suite(arguments[1], arguments[2:], out, err)
    options = parse_options(arguments)
    report = make_report(options, out, err)
    try:
        if options.from_:
            write_page(load_record(options.from_), options.html)
        elif options.idle:
            hold_connections(options, out)
        else:
            record = RunRecord(without_secrets(arguments))
            measure(options, report, record)
            write(options, record, out)
    except (ClientError, LoadFailed, ServerFailed, ValueError, OSError) as error:
        report.remark(error)
        return 1
    except KeyboardInterrupt:
        report.remark("interrupted")
        return 130
    return 0


def make_report(options, out, err):
    progress_to = err if err.isatty() and not options.quiet else None
    if options.json == "-":
        kind = NoReport
    elif options.csv:
        kind = CsvReport
    elif options.quiet:
        kind = QuietReport
    else:
        kind = TableReport if options.suite or options.against else FullReport
    return kind(options, out, err, progress_to)


def measure(options, report, record):
    """What the options ask for; the suites that start their own servers come last."""
    load_suites = [name for name in options.suites if name in LOAD_SUITES]
    if load_suites or not options.suite:
        with targets_of(options) as targets:
            run_load_suites(options, targets, load_suites, report, record)
    for name in options.suites:
        if name not in LOAD_SUITES:
            with suite.collecting(record, name):
                suite_main(name)([])


@contextlib.contextmanager
def targets_of(options):
    """The servers that the options name, or those that a suite is to start."""
    if options.targets:
        yield options.targets
        return
    with running_servers(shutil.which(options.real), own=options.server_command) as servers:
        yield [Target(port=server.port, name=server.name) for server in servers]


def run_load_suites(options, targets, suites, report, record):
    described = [describe(target) for target in targets]
    names = options.names[:len(targets)] + [name for name, _ in described][len(options.names):]
    if len(set(names)) < len(names):
        names = [target.address for target in targets]
    targets = [target._replace(name=name) for target, name in zip(targets, names)]
    facts = [fact for _, fact in described]
    report.begin(names, facts)
    record.begin(names, facts)
    measurer = Measurer(targets, options.rounds, options.processes, options.seed)
    while True:
        for setting, tests in work_of(options, suites):
            for test in tests:
                outcome = measurer.measure(test, setting, report)
                record.outcome(outcome)
                report.outcome(outcome)
        report.end()
        if not options.loop:
            return


def work_of(options, suites):
    """(Setting, tests), one after the other."""
    if not suites:
        yield options.setting, options.chosen
    for name in suites:
        yield from settings(name, options)


def hold_connections(options, out):
    """Only open the connections, until somebody interrupts or the server closes one."""
    clients = []
    try:
        with selectors.DefaultSelector() as selector:
            print(f"Creating {options.setting.clients} idle connections and waiting forever (Ctrl+C when done)",
                  file=out, flush=True)
            for _ in range(options.setting.clients):
                clients.append(LoadClient(options.targets[0]))
                selector.register(clients[-1].socket, selectors.EVENT_READ, clients[-1])
            while True:
                for key, _ in selector.select():
                    key.data.receive()
    finally:
        for client in clients:
            client.close()


def write(options, record, out):
    if options.json:
        record.write(options.json, out)
    if options.html:
        write_page(record.data, options.html)


# -- suites with options of their own ---------------------------------------------------------------------

def run_other_suite(name, arguments, out, err):
    """Run one suite with its own options, to which --json and --html are added; return the exit status."""
    parser = suite.OneLineParser(prog="benchmark.py", add_help=False, allow_abbrev=False)
    parser.add_argument("--json")
    parser.add_argument("--html")
    options, rest = parser.parse_known_args(arguments)
    record = RunRecord(without_secrets(["--suite", name, *arguments]))
    with suite.collecting(record, name):
        status = suite_main(name)(rest)
    try:
        write(options, record, out)
    except OSError as error:
        print(f"benchmark.py: {error}", file=err)
        return 1
    return status


def suite_main(name):
    return importlib.import_module(OTHER_SUITES[name]).main


def without_secrets(arguments):
    """The command line with its passwords left out."""
    return ["..." if before in SECRETS and (before in ("-a", "--password") or "@" in word) else word
            for before, word in zip(["", *arguments], arguments)]


if __name__ == "__main__":
    sys.exit(main())
