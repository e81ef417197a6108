"""What the suites of benchmark.py share: what is chosen, what cannot be measured, how it is told, the exit status.

`Report` prints tables of figures with ratios and limits. While `collecting` lasts (for --json and --html), it
also adds them to the record of the run.
"""
import argparse
import contextlib
import shutil
import sys

from servers import ServerFailed                # which makes the package known, too
from redis_clone.client import ClientError

__all__ = ["OneLineParser", "Report", "collected_growth", "collecting", "parse_choice", "run_suite"]

# (record, name of the suite) while somebody wants the figures. A suite's main knows nothing of it.
_collectors = []


@contextlib.contextmanager
def collecting(record, name):
    """Let all figures that suites report meanwhile go to `record`, a RunRecord, too."""
    _collectors.append((record, name))
    try:
        yield
    finally:
        _collectors.pop()


def collected_growth(operation, server, size, seconds):
    """Tell whoever collects what a command costs at a size."""
    for record, _ in _collectors[-1:]:
        record.growth(operation, server, size, seconds)


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message}\n")


def parse_choice(parser, arguments, measurements):
    """The options of a suite that can be told which of its `measurements` to do: `only` becomes a list of them."""
    options = parser.parse_args(arguments)
    chosen = options.only.lower().split(",")
    unknown = sorted(set(chosen) - set(measurements))
    if unknown:
        parser.error(f"nothing is named {', '.join(unknown)}; there are {', '.join(measurements)}")
    options.only = [name for name in measurements if name in chosen]
    if options.rounds < 1 or options.requests is not None and options.requests < 1:
        parser.error("--rounds and --requests: the least is 1")
    return options


def run_suite(options, run):
    """Call `run(options, real)`, `real` being the path of the real server or None; returns the exit status.

    `run` returns a list of what missed its limits, which counts with `options.check`.
    """
    real = shutil.which(options.real)
    if not real:
        print(f"{options.real} is not installed: there is nothing to compare with\n")
    try:
        missed = run(options, real)
    except (ClientError, ServerFailed, OSError) as error:
        print(f"benchmark.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if missed:
        print("\nMissed:\n" + "\n".join(f"  {what}" for what in missed))
    return 1 if missed and options.check else 0


class Report:
    """Prints as it goes, and remembers the limits that were missed and what failed."""

    def __init__(self):
        self.missed = []
        self._title = ""
        self._collected = []            # the rows of the table, for whoever collects

    def table(self, title, columns, limited="ratio"):
        """Begin a table; `limited` is what the last figure of a row is, the one that has a limit."""
        self._title = title
        self._collected = []
        for record, suite in _collectors[-1:]:
            self._collected = record.table(suite, title, columns, limited)
        print(f"\n{title}\n{'':30}" + "".join(f"{column:>14}" for column in columns)
              + f"{limited:>8}{'limit':>10}", flush=True)

    def compare(self, name, figures, digits=3, ratio=None, most=None, least=None):
        """A row with a figure of each server; the ratio is of the first to the second if it is not given.
        Without a real server there is none."""
        if len(figures) == 1:
            return self.row(name, figures, digits)
        if ratio is None and figures[1]:
            ratio = figures[0] / figures[1]
        return self.row(name, figures, digits, ratio, most, least)

    def row(self, name, figures, digits=3, ratio=None, most=None, least=None):
        """A row with any figures (None: leave it empty) whose ratio must be at most, or at least, so much."""
        line = f"{name:30}" + "".join(
            " " * 14 if figure is None else f"{figure:14,.{digits}f}" for figure in figures)
        line += f"{'-':>8}" if ratio is None else f"{ratio:8.2f}"
        if most is not None:
            line += f"{f'<= {most:g}':>10}"
        if least is not None:
            line += f"{f'>= {least:g}':>10}"
        missed = ratio is not None and not (least or 0) <= ratio <= (most or ratio)
        limit = f"<= {most:g}" if most is not None else f">= {least:g}" if least is not None else None
        self._collected.append({"name": name, "figures": list(figures), "ratio": ratio, "limit": limit,
                                "missed": missed})
        if missed:
            self.missed.append(f"{self._title}, {name}")
            line += "  MISSED"
        print(line.rstrip(), flush=True)

    def remark(self, text):
        print(text, flush=True)

    def skipped(self, measurement, reason):
        print(f"\n{measurement}: skipped, {reason}", flush=True)

    def failed(self, measurement, error):
        self.missed.append(f"{measurement} failed")
        print(f"\n{measurement}: FAILED, {error}", flush=True)
