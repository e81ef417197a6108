"""What benchmark.py prints: as redis-benchmark does, line by line and as CSV, or as a table.

FullReport, QuietReport and CsvReport print what redis-benchmark prints by default, with -q and with --csv, so
that what reads its output can read this. The latencies in it are exact, not rounded to the steps of a histogram.
TableReport is for suites and comparisons. What redis-benchmark does not know goes to standard error (that the
generator was the limit) or into lines and columns after the usual ones (a second server).
"""
from load_generator import BUSY
from measuring import plural
from progress import Progress

__all__ = ["PERCENTILES", "CsvReport", "FullReport", "NoReport", "QuietReport", "Report", "TableReport",
           "latencies_ms"]

LATENCY_NAMES = ("avg", "min", "p50", "p95", "p99", "max")
PERCENTILES = (50, 95, 99)
# Steps of the cumulative distribution: up to 2 ms these, then whole milliseconds.
FINE_STEP_MS, COARSE_FROM_MS = 0.1, 2


class Report:
    """`out` is for results, `err` for remarks, `progress_to` a terminal or None. Subclasses write outcomes."""

    def __init__(self, options, out, err, progress_to=None):
        self._options = options
        self._out = out
        self._err = err
        self._bar = Progress(progress_to)
        self._names, self._facts = (), ()
        self._heading = None
        self._limited = []              # tests of which the generator was the limit
        self.preparing, self.progress, self.clear = self._bar.preparing, self._bar.progress, self._bar.clear

    def begin(self, names, facts):
        """The servers: their names, and what they say about themselves."""
        self._names, self._facts = names, facts

    def outcome(self, outcome):
        self.clear()
        heading = outcome.setting.suite, outcome.setting.title
        if heading != self._heading:
            self._heading = heading
            self._begin_setting(outcome.setting)
        self._write(outcome)
        if outcome.generator_was_limit:
            self._limited.append(row_title(outcome))

    def end(self):
        """All is measured."""
        self._write_end()
        if self._limited:
            self.remark(f"the generator itself was the limit (at work {BUSY:.0%} of the time or more, hardly waiting "
                        f"for the server) in: {'; '.join(self._limited)}. The server may be able to do more.")
            self._limited = []

    def remark(self, text):
        self.clear()
        print(f"benchmark.py: {text}", file=self._err, flush=True)

    def _write_end(self):
        pass

    def _begin_setting(self, setting):
        pass

    def _write(self, outcome):
        raise NotImplementedError

    def _print(self, line=""):
        print(line, file=self._out, flush=True)

    def _ms(self, latency_ms):
        return f"{latency_ms:.{self._options.precision}f}"


class NoReport(Report):
    """Prints remarks only."""

    def _write(self, outcome):
        pass


class FullReport(Report):
    """A block for each test, for one server."""

    def _write(self, outcome):
        result, setting = outcome.median(), outcome.setting
        self._print(f"====== {outcome.test.title} ======")
        self._print(f"  {result.requests} requests completed in {result.elapsed_s:.2f} seconds")
        self._print(f"  {setting.clients} parallel clients")
        self._print(f"  {setting.data_size} bytes payload")
        self._print(f"  keep alive: {int(setting.keep_alive)}")
        for directive in ("save", "appendonly"):
            if directive in self._facts[0]:
                self._print(f'  host configuration "{directive}": {self._facts[0][directive]}')
        self._print(f"  multi-thread: {'yes' if result.processes > 1 else 'no'}")
        if result.processes > 1:
            self._print(f"  threads: {result.processes}")
        self._print()
        self._print("Latency by percentile distribution:")
        for line in percentile_lines(result, self._ms):
            self._print(line)
        self._print()
        self._print("Cumulative distribution of latencies:")
        for line in cumulative_lines(result, self._ms):
            self._print(line)
        self._write_summary(result)

    def _write_summary(self, result):
        self._print()
        self._print("Summary:")
        self._print(f"  throughput summary: {result.per_second:.2f} requests per second")
        self._print("  latency summary (msec):")
        self._print("    " + " ".join(f"{name:>9}" for name in LATENCY_NAMES))
        self._print("    " + " ".join(f"{self._ms(latency):>9}" for latency in latencies_ms(result)))

    def _write_end(self):
        self._print()


def percentile_lines(result, ms):
    """The least latency, the median, and on by halves of what is left, to the highest."""
    percent, left, shown = 0.0, 50.0, -1
    while shown < result.requests:
        latency_s = result.percentile_s(percent)
        count = result.count_within(latency_s)
        if count != shown:
            yield _distribution_line(percent, latency_s, count, ms)
        shown = count
        percent, left = 100 - left, left / 2
    yield _distribution_line(100, result.percentile_s(100), result.requests, ms)


def cumulative_lines(result, ms):
    """How many took no longer than 0.1 ms, 0.2 ms ... Steps in which nothing was added are left out."""
    steps, shown = 0, -1
    fine_steps = round(COARSE_FROM_MS / FINE_STEP_MS)
    while shown < result.requests:
        steps += 1
        # In multiples: adding up tenths would go astray.
        bound_ms = steps * FINE_STEP_MS if steps <= fine_steps else COARSE_FROM_MS + steps - fine_steps
        count = result.count_within(bound_ms / 1000)
        if count != shown:
            yield _distribution_line(100 * count / result.requests, bound_ms / 1000, count, ms)
        shown = count


def _distribution_line(percent, latency_s, count, ms):
    return f"{percent:.3f}% <= {ms(1000 * latency_s)} milliseconds (cumulative count {count})"


class QuietReport(Report):
    """A line for each test; with two servers it goes on with the second."""

    def _begin_setting(self, setting):
        if setting.title:
            self._print(f"{setting.suite}: {setting.title}")

    def _write(self, outcome):
        line = f"{row_title(outcome)}: {self._figures(outcome.median())}"
        if len(self._names) > 1:
            line += (f"; {self._names[1]}: {self._figures(outcome.median(1))}; ratio {outcome.ratio:.2f} "
                     f"({min(outcome.ratios):.2f} to {max(outcome.ratios):.2f})")
        self._print(line)

    def _figures(self, result):
        return (f"{result.per_second:.2f} requests per second, "
                f"p50={self._ms(1000 * result.percentile_s(50))} msec")

    def _write_end(self):
        self._print()


class CsvReport(Report):
    """Comma separated values, all quoted. What is more than redis-benchmark's stands in further columns."""

    COLUMNS = ("test", "rps", *(f"{name}_latency_ms" for name in LATENCY_NAMES))

    def begin(self, names, facts):
        super().begin(names, facts)
        self._write_row((*self.COLUMNS, *self._further_columns()))

    def _further_columns(self):
        columns = ("suite", "setting") if self._options.suite else ()
        if len(self._names) > 1:
            columns += "server", "ratio", "ratio_min", "ratio_max"
        return columns

    def _write(self, outcome):
        for index in range(len(self._names)):
            result = outcome.median(index)
            row = [outcome.test.title, f"{result.per_second:.2f}", *map(self._ms, latencies_ms(result))]
            if self._options.suite:
                row += outcome.setting.suite, outcome.setting.row or outcome.setting.title
            if len(self._names) > 1:
                ratios = outcome.ratio, min(outcome.ratios), max(outcome.ratios)
                row += [self._names[index], *(f"{ratio:.3f}" for ratio in ratios)]
            self._write_row(row)

    def _write_row(self, cells):
        self._print(",".join('"' + str(cell).replace('"', '""') + '"' for cell in cells))


class TableReport(Report):
    """A table for each setting, a row for each test; a comparison if there are two servers."""

    def begin(self, names, facts):
        super().begin(names, facts)
        servers = [f"{name} ({fact['version']}, {fact['address']})" for name, fact in zip(names, facts)]
        self._print(" against ".join(servers))

    def _begin_setting(self, setting):
        title = f"{setting.suite}: {setting.title}" if setting.title else "Tests"
        self._print(f"\n{title} ({describe_setting(setting)}"
                    + (f", {self._options.rounds} rounds)" if self._options.rounds > 1 else ")"))
        if len(self._names) == 1:
            self._print(f"{'':34}{'requests':>12}{'latency in ms':>14}")
            self._print(f"{'':34}{'per second':>12}" + "".join(f"{name:>9}" for name in LATENCY_NAMES))
            return
        columns = [f"{name[:13]:>14}" for name in self._names]
        self._print(f"{'':34}{'requests per second':>28}{'ratio':>20}{'p50 ms':>18}{'p99 ms':>18}")
        shorter = "".join(f"{name[:8]:>9}" for name in self._names)
        self._print(f"{'':34}{''.join(columns)}{'median':>8}{'spread':>12}{shorter}{shorter}")

    def _write(self, outcome):
        line = f"{row_title(outcome)[:34]:34}"
        if len(self._names) == 1:
            result = outcome.median()
            line += f"{result.per_second:12,.0f}"
            line += "".join(f"{self._ms(latency):>9}" for latency in latencies_ms(result))
        else:
            results = [outcome.median(0), outcome.median(1)]
            line += "".join(f"{result.per_second:14,.0f}" for result in results)
            line += f"{outcome.ratio:8.2f}{f'{min(outcome.ratios):.2f}-{max(outcome.ratios):.2f}':>12}"
            for percent in (50, 99):
                line += "".join(f"{self._ms(1000 * result.percentile_s(percent)):>9}" for result in results)
        self._print(line + ("  generator at its limit" if outcome.generator_was_limit else ""))


def row_title(outcome):
    row = outcome.setting.row
    return f"{outcome.test.title}, {row}" if row else outcome.test.title


def describe_setting(setting):
    """The circumstances in words, without what varies."""
    words = []
    if not setting.row:
        words += [plural(setting.requests, "request"), plural(setting.clients, "client")]
    if setting.pipeline > 1:
        words.append(f"pipelines of {setting.pipeline}")
    if "byte" not in setting.row:
        words.append(f"values of {plural(setting.data_size, 'byte')}")
        words.append(f"{setting.keyspace:,} keys" if setting.keyspace else "one key")
    if not setting.keep_alive:
        words.append("a connection for each request")
    return ", ".join(words)


def latencies_ms(result):
    """The latencies of the result in the order of LATENCY_NAMES."""
    seconds = [result.average_s, result.latencies_s[0], *map(result.percentile_s, PERCENTILES),
               result.latencies_s[-1]]
    return [1000 * latency_s for latency_s in seconds]
