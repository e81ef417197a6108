"""What a run of benchmark.py has found out, as plain data: for --json, and for the page that --html writes.

    {"format": 1, "began_at": "...", "facts": {...}, "options": {...},
     "servers": [{"name": ..., "address": ..., "version": ...}, ...],
     "results": [{"suite", "setting", "title", "test", "server", "round", "clients", "pipeline", "data_size",
                  "keyspace", "requests", "seconds", "requests_per_second", "latency_ms": {"avg": ...},
                  "curve_ms": [[percent, ms], ...], "processes", "generator_busy", "generator_was_limit"}, ...],
     "growth": [{"operation", "server", "size", "microseconds"}, ...],
     "tables": [{"suite", "title", "columns", "limited", "rows": [{"name", "figures", "ratio", "limit", "missed"}]}]}

`server` is an index of `servers`; `results` has one entry for each server, round and test.
"""
import datetime
import json
import os
import platform

from reports import LATENCY_NAMES, latencies_ms         # which makes the package known, too
from redis_clone import __version__

__all__ = ["RunRecord", "load_record"]

FORMAT = 1
# The points of the curves of latencies, in percent.
CURVE = (0, 1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 97.5, 99, 99.5, 99.8, 99.9, 99.95, 99.99, 99.999, 100)


class RunRecord:
    """Collects what is found out; `data` is the whole of it."""

    def __init__(self, options):
        self.data = {
            "format": FORMAT, "began_at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "facts": facts_of_machine(), "options": options, "servers": [], "results": [], "growth": [],
            "tables": [],
        }

    def begin(self, names, facts):
        self.data["servers"] = [{"name": name, **fact} for name, fact in zip(names, facts)]

    def outcome(self, outcome):
        for number, results in enumerate(outcome.rounds):
            for index, result in enumerate(results):
                self.data["results"].append(_entry(outcome, number, index, result))

    def growth(self, operation, server, size, seconds):
        """What a command costs at a size; `server` is a name."""
        self.data["growth"].append({"operation": operation, "server": self._index(server), "size": size,
                                    "microseconds": round(1e6 * seconds, 3)})

    def table(self, suite, title, columns, limited):
        """Begin a table; return the list to which its rows are to be added."""
        rows = []
        self.data["tables"].append({"suite": suite, "title": title, "columns": list(columns),
                                    "limited": limited, "rows": rows})
        return rows

    def _index(self, name):
        names = [server["name"] for server in self.data["servers"]]
        if name not in names:
            self.data["servers"].append({"name": name, "address": "", "version": name})
            names.append(name)
        return names.index(name)

    def write(self, path, out):
        """Write it to a file, or to `out` if the path is `-`."""
        text = json.dumps(self.data, indent=1) + "\n"
        if path == "-":
            out.write(text)
        else:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)


def load_record(path):
    """The data of a file that `write` has written. Raises ValueError and OSError."""
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ValueError(f"{path} is no result of benchmark.py --json")
    return data


def _entry(outcome, number, index, result):
    setting = outcome.setting
    return {
        "suite": setting.suite, "setting": setting.row or setting.title,
        "test": outcome.test.name, "title": outcome.test.title,
        "server": index, "round": number, "clients": setting.clients, "pipeline": setting.pipeline,
        "data_size": setting.data_size, "keyspace": setting.keyspace, "keep_alive": setting.keep_alive,
        "requests": result.requests, "seconds": round(result.elapsed_s, 6),
        "requests_per_second": round(result.per_second, 2),
        "latency_ms": {name: round(latency, 4) for name, latency in zip(LATENCY_NAMES, latencies_ms(result))},
        "curve_ms": [[percent, round(1000 * result.percentile_s(percent), 4)] for percent in CURVE],
        "processes": result.processes, "generator_busy": round(result.busy_share, 3),
        "generator_was_limit": result.generator_was_limit,
    }


def facts_of_machine():
    return {
        "benchmark": f"redis_clone {__version__}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processors": os.cpu_count(),
        "processor": _processor_name(),
    }


def _processor_name():
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor()
