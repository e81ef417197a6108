"""The figures of INFO that are counted rather than looked up.

Commands count themselves (`Command.calls` and the rest), the keyspace counts hits, misses, changes and
expired keys; this holds what belongs to neither. All under the engine's lock.
"""
import collections

__all__ = ["Stats"]


class Stats:
    """Counters since the start or the last CONFIG RESETSTAT."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.connections_received = 0
        self.connections_rejected = 0
        self.net_input_bytes = 0
        self.net_output_bytes = 0
        self.error_replies = 0
        self.errors = collections.Counter()         # error code -> how often

    def count_error(self, error):
        self.error_replies += 1
        self.errors[str(error).split(" ", 1)[0]] += 1
