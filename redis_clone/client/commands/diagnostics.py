"""Where time and memory go: LATENCY, MEMORY and SLOWLOG."""
from .replies import ok, text, text_keys, texts

__all__ = ["DiagnosticsCommands", "REPLIES"]


class DiagnosticsCommands:
    """The LATENCY, MEMORY and SLOWLOG commands."""

    # -- latency -----------------------------------------------------------------------------------

    def latency_doctor(self):
        """Return a report for people on what was slow and what may help. (LATENCY DOCTOR)"""
        return self.execute_command("LATENCY DOCTOR")

    def latency_graph(self, event):
        """Return a drawing of the event's latencies, as one text; ResponseError if there are none.
        (LATENCY GRAPH)"""
        return self.execute_command("LATENCY GRAPH", event)

    def latency_histogram(self, *args):
        """Return how long commands took, the given ones or all that were called: a dict by name of dicts with
        `calls` and `histogram_usec`, a dict of microseconds and how many calls took no longer.
        (LATENCY HISTOGRAM)"""
        return self.execute_command("LATENCY HISTOGRAM", *args)

    def latency_history(self, event):
        """Return a list of [time, milliseconds] of the event's latencies, the time in seconds since 1970.
        (LATENCY HISTORY)

        They are recorded from the directive `latency-monitor-threshold` on.
        """
        return self.execute_command("LATENCY HISTORY", event)

    def latency_latest(self):
        """Return a list of [event, time of the latest, its milliseconds, the most milliseconds ever], one for
        each event. (LATENCY LATEST)"""
        return self.execute_command("LATENCY LATEST")

    def latency_reset(self, *events):
        """Return how many events' latencies were forgotten, of the given events or all. (LATENCY RESET)"""
        return self.execute_command("LATENCY RESET", *events)

    def latency_help(self):
        """Return a list of lines about the LATENCY commands. (LATENCY HELP)"""
        return self.execute_command("LATENCY HELP")

    # -- memory ------------------------------------------------------------------------------------

    def memory_doctor(self):
        """Return a report for people on what is unusual about the memory. (MEMORY DOCTOR)"""
        return self.execute_command("MEMORY DOCTOR")

    def memory_malloc_stats(self):
        """Return a report of the server's memory allocator, as one text. (MEMORY MALLOC-STATS)"""
        return self.execute_command("MEMORY MALLOC-STATS")

    def memory_purge(self):
        """Return True after asking the allocator to give unused memory back to the system. (MEMORY PURGE)"""
        return self.execute_command("MEMORY PURGE")

    def memory_stats(self):
        """Return a dict of what the memory is used for: bytes as int, ratios and percentages as float, `db.0`
        and so on as dicts. (MEMORY STATS)"""
        return self.execute_command("MEMORY STATS")

    def memory_usage(self, key, samples=None):
        """Return how many bytes the key and its value take, None if there is no such key. (MEMORY USAGE)

        samples: how many elements of a large value are looked at, 0 for all; the server's default is 5.
        """
        return self.execute_command("MEMORY USAGE", key, *(() if samples is None else ("SAMPLES", samples)))

    def memory_help(self):
        """Return a list of lines about the MEMORY commands. (MEMORY HELP)"""
        return self.execute_command("MEMORY HELP")

    # -- slow commands -----------------------------------------------------------------------------

    def slowlog_get(self, num=None):
        """Return a list of dicts about commands that took long, the latest first: `id`, `start_time` (seconds
        since 1970), `duration` (microseconds), `command`, `client_address`, `client_name`, all texts as
        bytes. (SLOWLOG GET)

        num: so many at most, -1 for all; the server's default is 10.
        """
        return self.execute_command("SLOWLOG GET", *(() if num is None else (num,)))

    def slowlog_len(self):
        """Return how many commands are in the log. (SLOWLOG LEN)"""
        return self.execute_command("SLOWLOG LEN")

    def slowlog_reset(self):
        """Return True after emptying the log. (SLOWLOG RESET)"""
        return self.execute_command("SLOWLOG RESET")

    def slowlog_help(self):
        """Return a list of lines about the SLOWLOG commands. (SLOWLOG HELP)"""
        return self.execute_command("SLOWLOG HELP")


def _histograms(reply):
    return {name: _histogram(details) for name, details in text_keys(reply).items()}


def _histogram(reply):
    details = text_keys(reply)
    details["histogram_usec"] = text_keys(details["histogram_usec"])
    return details


def _memory(reply):
    return {name: _memory(value) if isinstance(value, (dict, list)) else _number(value)
            for name, value in text_keys(reply).items()}


def _number(value):
    """A number that RESP2 sends as text."""
    try:
        return value if isinstance(value, (int, float)) else float(value)
    except ValueError:
        return text(value)


def _slow_commands(reply):
    return [_slow_command(*entry) for entry in reply]


def _slow_command(id, start_time, duration, *rest):
    command = {"id": id, "start_time": int(start_time), "duration": int(duration)}
    if not isinstance(rest[0], list):           # Redis Enterprise tells the n of O(n) before the words
        command["complexity"], *rest = rest
    words = rest[0]
    command["command"] = (b" " if isinstance(words[0], bytes) else " ").join(words)
    if len(rest) >= 3:
        command["client_address"], command["client_name"] = rest[1:3]
    return command


REPLIES = {
    "LATENCY HELP": texts,
    "LATENCY HISTOGRAM": _histograms,
    "MEMORY HELP": texts,
    "MEMORY PURGE": ok,
    "MEMORY STATS": _memory,
    "SLOWLOG GET": _slow_commands,
    "SLOWLOG HELP": texts,
    "SLOWLOG RESET": ok,
}
