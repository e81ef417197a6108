"""Measures tests on one server, or on two in turn, for as many rounds as asked for.

A `Setting` is the circumstances (how many clients, how long the pipelines...), an `Outcome` what came out of
one test: the Result of each server in each round. With two servers, each round measures both, in alternating
order, right after one another, so that a drift of the machine's speed hits both alike; their ratio is taken
within a round, and what counts is the median of the rounds' ratios.

`Measurer.measure` is told what to do and tells a report how it goes. It prints nothing.
"""
import statistics
import time
from typing import NamedTuple

from benchmark_tests import Test, prepare           # which makes the package known, too
from load_generator import Load
from load_processes import run_in_processes, useful_processes
from targets import open_connection

__all__ = ["Measurer", "Outcome", "Setting", "plural"]


class Setting(NamedTuple):
    """The circumstances of a test."""

    requests: int = 100000
    clients: int = 50
    pipeline: int = 1
    data_size: int = 3
    keyspace: int = 0
    keep_alive: bool = True
    suite: str = ""             # which suite it is part of
    title: str = ""             # of its table there
    row: str = ""               # of its part of the table, if the suite varies something


def plural(count, what):
    """`1 client`, `1,000 clients`."""
    return f"{count:,} {what}{'s' if count != 1 else ''}"


class Outcome(NamedTuple):
    """`rounds[round][server]` is a Result."""

    test: Test
    setting: Setting
    rounds: list

    def median(self, server=0):
        """The Result of the median of the rounds (the lower one of two)."""
        results = sorted((results[server] for results in self.rounds), key=lambda result: result.per_second)
        return results[(len(results) - 1) // 2]

    @property
    def ratios(self):
        """In each round, the first server's requests a second in relation to the second's."""
        return [first.per_second / second.per_second for first, second in self.rounds]

    @property
    def ratio(self):
        return statistics.median(self.ratios)

    @property
    def generator_was_limit(self):
        """In any round, with any server."""
        return any(result.generator_was_limit for results in self.rounds for result in results)


class Measurer:
    """Measures on `targets` (one or two). `processes` None: find out how many are useful."""

    def __init__(self, targets, rounds=1, processes=None, seed=0):
        self._targets = targets
        self._rounds = rounds
        self._processes = processes
        self._seed = seed
        self._useful = {}               # (clients, pipeline, keep_alive) -> processes

    def measure(self, test, setting, report):
        """Run one test in all rounds; return its Outcome. Raises LoadFailed and ClientError."""
        rounds = []
        for number in range(self._rounds):
            order = range(len(self._targets))
            results = {index: self._run(test, setting, index, number, report)
                       for index in (order if number % 2 == 0 else reversed(order))}
            rounds.append([results[index] for index in order])
        return Outcome(test, setting, rounds)

    def _run(self, test, setting, index, number, report):
        target = self._targets[index]
        label = test.title
        if len(self._targets) > 1:
            label += f", {target.name}"
        if self._rounds > 1:
            label += f", round {number + 1} of {self._rounds}"
        load = Load(target, test.request(setting.data_size), setting.requests, setting.clients, setting.pipeline,
                    setting.keyspace, self._seed + number, setting.keep_alive)
        processes = self._processes or self._find_useful(load, report)
        if test.prepare is not None:
            report.preparing(label)
            with open_connection(target) as connection:
                prepare(connection, test.prepare(setting))
        began_s = time.perf_counter()
        return run_in_processes(load, processes, lambda done: report.progress(
            label, done / setting.requests, done / max(time.perf_counter() - began_s, 1e-9)))

    def _find_useful(self, load, report):
        # The quickest server of a comparison decides for both: they must be treated alike.
        key = load.clients, load.pipeline, load.keep_alive
        if key not in self._useful:
            report.preparing("the generator")
            self._useful[key] = max(useful_processes(load._replace(target=target)) for target in self._targets)
        return self._useful[key]
