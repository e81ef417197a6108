"""The figures of INFO that are counted or sampled rather than looked up.

Commands count themselves (`Command.calls` and the rest), the keyspace counts hits, misses, changes and
expired keys, a session the bytes of its client; this holds what belongs to none of them, what closed
sessions leave behind, and what housekeeping samples ten times a second: memory (memory_use.py), and the
totals from which rates per second follow.

All under the engine's lock. INFO's texts are made in info.py.
"""
import collections
import os

from .memory_use import MemoryUse

__all__ = ["Stats", "Rates"]

_SAMPLE_S = 0.1
_MEMORY_SAMPLE_S = 0.5                          # for the peak; whoever asks has it measured anew
_SAMPLES = 16                                   # rates are means over the last 1.6 seconds, as in Redis
_SESSIONS_PER_SAMPLE = 1000                     # with more clients samples get rarer, not dearer
_LONGEST_CODE = 32

Rates = collections.namedtuple("Rates", "commands input_bytes output_bytes")     # per second


class Stats:
    """Counters since the start or the last CONFIG RESETSTAT, and who this server is.

    `listening` says where clients connect, for INFO: (kind, addresses, port) with the kinds "tcp" and
    "unix"; the server fills it.
    """

    def __init__(self, clock):
        self.clock = clock
        self.started_s = clock.monotonic()
        self.started_at_s = int(clock.time())   # the date
        self.run_id = os.urandom(20).hex()
        self.replication_id = os.urandom(20).hex()
        self.listening = []
        self.loaded_keys = self.loaded_expired_keys = 0     # of the last RDB file that was loaded
        self.pending_values = 0                 # keys of flushed databases that still are in memory
        self.memory = MemoryUse()
        self._memory_measured_s = 0.0
        self.reset()

    def reset(self):
        self.connections_received = 0
        self.connections_rejected = 0
        self.net_input_bytes = 0                # of closed sessions; the others have their own counts
        self.net_output_bytes = 0
        self.error_replies = 0
        self.errors = collections.Counter()     # error code -> how often
        self.discarded_values = 0               # keys of flushed databases, dropped in the background
        self.total_forks = 0
        self.latest_fork_usec = 0
        self._samples = collections.deque(maxlen=_SAMPLES + 1)

    def count_error(self, error):
        """An error was replied; its code is the first word, unless that is too long to be one."""
        self.error_replies += 1
        code, space, _ = str(error)[:_LONGEST_CODE].partition(" ")
        self.errors[code if space else "ERR"] += 1

    def close_session(self, session):
        """A client leaves: keep what its connection counted."""
        self.net_input_bytes += session.bytes_in
        self.net_output_bytes += session.bytes_out

    def totals(self, engine):
        """``(commands, bytes received, bytes sent)`` so far, those of open sessions included."""
        sessions = engine.sessions.values()
        return (sum(command.calls for command in engine.command_records),
                self.net_input_bytes + sum(session.bytes_in for session in sessions),
                self.net_output_bytes + sum(session.bytes_out for session in sessions))

    def sample(self, engine):
        """Take a sample if one is due; housekeeping calls this all the time."""
        now_s = self.clock.monotonic()
        due_s = _SAMPLE_S * max(1, len(engine.sessions) / _SESSIONS_PER_SAMPLE)
        # A fiftieth of a second early is in time: housekeeping's own period is never quite exact.
        if not self._samples or now_s - self._samples[-1][0] > due_s - 0.02:
            self._samples.append((now_s, self.totals(engine)))
            if now_s - self._memory_measured_s >= _MEMORY_SAMPLE_S:
                self._memory_measured_s = now_s
                self.memory.measure()

    def rates(self):
        """The Rates of the last seconds."""
        if len(self._samples) < 2:
            return Rates(0, 0, 0)
        (first_s, first), (last_s, last) = self._samples[0], self._samples[-1]
        elapsed_s = (last_s - first_s) or _SAMPLE_S
        return Rates(*((after - before) / elapsed_s for before, after in zip(first, last)))

    def renew_replication_id(self):
        """Forget the history that replicas would continue."""
        self.replication_id = os.urandom(20).hex()
