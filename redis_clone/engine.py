"""All state of one server, without its sockets.

An `Engine` owns the keyspace, the command table with its figures, the sessions, and the one lock that
guards all of them: whoever runs a command or looks at shared state holds `engine.lock`. The server's
client threads, the housekeeping thread and embedded callers are alike in that.

The engine also keeps what gates and statistics need: the password, pauses, error counts, the slow log.
"""
import os
import random
import threading
import traceback

from . import commands as _commands                         # noqa: F401  (fills the command table)
from .append_only import AppendOnly
from .child import poll_child
from .clock import Clock
from .config import Config
from .errors import RedisError
from .expiry import expire_cycle
from .frequency import FrequencyRules, FrequencyTable
from .journal import Journal
from .keyspace import Keyspace
from .latency import LatencyMonitor
from .log import Log
from .monitor import Monitors
from .notify import Notifier
from .pubsub import PubSub
from .registry import TABLE, records_of, tables_by_count
from .scripting.functions import Functions
from .scripting.scripts import Scripting
from .session import Session
from .slowlog import SlowLog
from .snapshots import Snapshots
from .stats import Stats
from .trace import Tracing

__all__ = ["Engine"]

_INFINITY = float("inf")


class Engine:
    """The server behind the sockets; any number of them live in one process.

    With a `predecessor`, an engine that has ended, the command table is that one's, with its figures at zero: making
    one takes longer than all the rest.
    """

    def __init__(self, config=None, log=None, clock=None, predecessor=None):
        self.config = config or Config()
        self.log = log or Log(level="warning")
        self.clock = clock or Clock()
        self.lock = threading.Lock()            # guards everything that is reached from here
        self.directory = os.path.abspath(self.config["dir"])    # where files are, whatever the process's own is
        self.random = random.Random()
        self.frequency_rules = FrequencyRules(self.random)
        self.keyspace = Keyspace(self.config["databases"], self.clock, self.random)
        if predecessor is None or not self._takes_over(predecessor):
            self.commands = self._own_commands()
            self.tables = tables_by_count(self.commands)        # for the hot path
            self.command_records = records_of(self.commands)    # each once
        self.pubsub = PubSub()
        self.notifier = Notifier(self.keyspace, self.pubsub)
        self.stats = Stats(self.clock)
        self.journal = Journal(self.log, self.clock, self._journal_changed)
        self.snapshots = Snapshots(self)
        self.append_only = AppendOnly(self)
        self.child = None                       # child.ChildProcess: writes a snapshot or rewrites the append-only file
        self.loading = None                     # load_progress.Loading, while data are being loaded
        self.refuses_writes = None              # the RedisError for commands that write, while they cannot be kept
        self.slowlog = SlowLog()
        self.latency = LatencyMonitor()
        self.tracing = Tracing(self.log)
        self.sessions = {}                      # id -> Session of every connected client
        self.next_session_id = 1
        self.running = None                     # the session whose command runs now
        # intercept(session, command, words, argv) runs every command of a client instead of dispatch.run: for tests,
        # see testing/interception.py. Set it before there are sessions, or call `refresh_gates`.
        self.intercept = None
        self.unflushed = {}                     # outboxes to flush by whoever ran the batch, without the lock
        self.blocked_clients = 0
        self.paused = None                      # CLIENT PAUSE: None, "write" or "all"
        self.pause_until_s = 0.0                # on the monotonic clock
        self.pause_over = threading.Condition(self.lock)
        self.active_expiry = True               # DEBUG SET-ACTIVE-EXPIRE
        self.skip_checksums = False             # DEBUG SET-SKIP-CHECKSUM-VALIDATION
        self.cron_stopped = False               # DEBUG PAUSE-CRON
        self.loaded = False                     # all data there were have been loaded, there may be some to save
        self.ending = False                     # the data are on disk for good, no command is run any more: ending.py
        self.functions = Functions(self)        # the libraries that FCALL calls
        self.busy = None                        # the RedisError for others while a script is slow: scripting/busy.py
        self.calm = threading.Condition(self.lock)          # ... and for those who wait for its end
        self.shutdown = None                    # shutdown(): set by the server, used by SHUTDOWN
        self.owns_process = False               # a stand-alone server, which may change settings of the interpreter
        self.password = b""
        self.slow_s = self.slowlog_s = _INFINITY
        self._observers = ()
        self.monitors = Monitors(self)
        self._follow_config()
        self.scripting = Scripting(self)

    def _takes_over(self, predecessor):
        """Take the command table of an engine that has ended, if its commands have the names they are to have here."""
        renamed = "rename-command"
        if predecessor.config.lines(renamed) != self.config.lines(renamed):
            return False
        self.commands, self.tables = predecessor.commands, predecessor.tables
        self.command_records = predecessor.command_records
        for record in self.command_records:
            record.forget_figures()
        return True

    def _own_commands(self):
        """The command table for this engine: records by name as it is mostly written, in upper and lower case."""
        commands = {}
        for name, record in TABLE.items():
            if record.parent is None:
                own = record.copy()
                commands[name.encode()] = commands[name.lower().encode()] = own
        for old, new in self.config.lines("rename-command"):
            own = commands.pop(old.upper().encode(), None)
            if own is None:
                self.log.warning(f"No such command in rename-command: '{old}'")
                continue
            del commands[old.lower().encode()]
            if new:                             # an empty name takes the command away
                commands[new.upper().encode()] = commands[new.lower().encode()] = own
        return commands

    def _follow_config(self):
        """Apply the directives that live in the engine, now and at each CONFIG SET."""
        limits, follow = self.keyspace.limits, self.follow
        for directive in ("hash-max-listpack-entries", "hash-max-listpack-value", "set-max-intset-entries",
                          "set-max-listpack-entries", "set-max-listpack-value", "zset-max-listpack-entries",
                          "zset-max-listpack-value", "list-max-listpack-size", "stream-node-max-entries",
                          "stream-node-max-bytes", "hll-sparse-max-bytes"):
            follow(directive, lambda value, name=directive.replace("-", "_"): setattr(limits, name, value))
        follow("lfu-log-factor", lambda value: setattr(self.frequency_rules, "log_factor", value))
        follow("lfu-decay-time", lambda value: setattr(self.frequency_rules, "decay_minutes", value))
        follow("maxmemory-policy", self._set_policy)
        follow("requirepass", self._set_password)
        follow("slowlog-log-slower-than", self._set_slow)
        follow("slowlog-max-len", self.slowlog.resize)
        follow("latency-monitor-threshold", self._set_latency_threshold)
        follow("trace", self._set_tracing)
        follow("trace-sample", lambda count: setattr(self.tracing, "sample", count))
        follow("notify-keyspace-events", self.notifier.follow)
        follow("lazyfree-lazy-expire", self._set_lazy_expiry)
        self.config.on_change("dir", lambda path: setattr(self, "directory", path))

    def follow(self, directive, apply):
        """Call `apply` with the value of a directive, now and whenever it changes."""
        self.config.on_change(directive, apply)
        apply(self.config[directive])

    def _set_policy(self, policy):
        """LFU policies count accesses, all others go by the time of the last one."""
        new_access_table = self._new_frequency_table if policy.endswith("lfu") else dict
        if self.keyspace.new_access_table != new_access_table:
            self.keyspace.note_accesses_in(new_access_table)

    def _new_frequency_table(self):
        return FrequencyTable(self.frequency_rules)

    def _set_lazy_expiry(self, lazy):
        self.keyspace.word_for_expired = b"UNLINK" if lazy else b"DEL"

    def _set_password(self, password):
        self.password = password.encode("utf-8", "surrogateescape")

    def _set_tracing(self, on):
        self.tracing.on = on
        for session in self.sessions.values():
            session.traced = on

    def _set_slow(self, microseconds):
        self.slowlog_s = _INFINITY if microseconds < 0 else microseconds / 1e6
        self._refresh_slow()

    def _set_latency_threshold(self, milliseconds):
        self.latency.threshold_ms = milliseconds
        self._refresh_slow()

    def _refresh_slow(self):
        """`slow_s` is where dispatch begins to tell of a command: the lower of the two thresholds, or any time at all."""
        latency_s = self.latency.threshold_ms / 1e3 if self.latency.threshold_ms else _INFINITY
        self.slow_s = -_INFINITY if self._observers else min(self.slowlog_s, latency_s)
        self.journal.threshold_s = latency_s

    def observe(self, observer):
        """Call ``observer(session, command, argv, elapsed_s)`` after each command of every client or script.

        It must neither raise nor run commands. A batch that is running goes on without it. With the lock held.
        """
        self._observers += (observer,)
        self._refresh_slow()

    def stop_observing(self, observer):
        """End what `observe` has begun."""
        self._observers = tuple(each for each in self._observers if each != observer)
        self._refresh_slow()

    # Sessions

    def open_session(self, address="", local_address=""):
        """A new session, known to CLIENT LIST. Call with the lock held."""
        session = Session(self, self.next_session_id, address, local_address)
        self.next_session_id += 1
        self.sessions[session.id] = session
        return session

    def close_session(self, session):
        """Forget a client: its watches, subscriptions and place in queues. Call with the lock held."""
        if session.waiter is not None:
            session.waiter.finish(None)
        session.unwatch()
        self.pubsub.drop(session)
        self.monitors.drop(session)
        if self.sessions.pop(session.id, None) is not None:
            self.stats.close_session(session)

    def refresh_gates(self):
        """A state that gates commands of all sessions has changed."""
        for session in self.sessions.values():
            session.refresh_gates()

    def pause(self, mode, until_s):
        """CLIENT PAUSE: hold back all commands or those that write, until a monotonic time."""
        self.paused = mode
        self.pause_until_s = until_s
        self.keyspace.may_expire = False
        self.refresh_gates()

    def unpause(self):
        self.paused = None
        self.keyspace.may_expire = self.loading is None and self.busy is None
        self.refresh_gates()
        self.pause_over.notify_all()

    # What is kept on disk

    def may_reply(self, promised):
        """For replies that go out under the lock: make sure of what they promise, as appendfsync wants it."""
        return self.journal.recorded == self.journal.flushed or self.journal.wait_for(promised)

    def check_disk(self):
        """Refuse commands that write while they could not be kept, and only then. With the lock held."""
        reason = self._why_writes_are_refused()
        if reason != (self.refuses_writes and str(self.refuses_writes)):
            self.refuses_writes = reason and RedisError(reason)
            self.refresh_gates()

    def _why_writes_are_refused(self):
        if self.snapshots.write_denied():
            return ("MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. "
                    "Commands that may modify the data set are disabled, because this instance is configured to "
                    "report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). "
                    "Please check the Redis logs for details about the RDB error.")
        if self.journal.error is not None:
            return f"MISCONF Errors writing to the AOF file: {self.journal.error}"
        return None

    def _journal_changed(self):
        with self.lock:
            self.check_disk()

    # What dispatch tells

    def count_error(self, command, error):
        """A command ran and failed."""
        command.failed += 1
        if not error.counted:
            self.stats.count_error(error)

    def count_rejected(self, command, error):
        """A command was refused before it ran; `command` is None when it is unknown."""
        if command is not None:
            command.rejected += 1
        self.stats.count_error(error)

    def report_bug(self, command, argv):
        """An exception that is no RedisError: log the traceback, answer something, let the client live."""
        self.log.warning(f"Internal error in {command.name} with {len(argv)} arguments:\n{traceback.format_exc()}")
        error = RedisError("ERR internal error")
        self.count_error(command, error)
        return error

    def command_ran(self, session, command, argv, elapsed_s):
        """A command took `slow_s` or longer: others may want to know of it."""
        for observer in self._observers:
            observer(session, command, argv, elapsed_s)
        self.log_slow(session, command, argv, elapsed_s)

    def log_slow(self, session, command, argv, elapsed_s):
        """Remember a command in the slow log and for the latency monitor, if it took so long."""
        now_s = self.clock.time()
        if elapsed_s >= self.slowlog_s and "skip_slowlog" not in command.flags:
            self.slowlog.add(session, argv, elapsed_s, now_s)
        self.latency.add("fast-command" if "fast" in command.flags else "command", elapsed_s, now_s)

    def check_protected(self, session, command):
        """DEBUG and MODULE are off unless the configuration allows them, at least to local clients."""
        name = command.name.split("|")[0].lower()
        directive = f"enable-{name}-command"
        allowed = self.config[directive]
        if allowed == "yes" or (allowed == "local" and session.is_local):
            return
        raise RedisError(f"ERR {name.upper()} command not allowed. If the {directive} option is set to \"local\", "
                         "you can run it from a local connection, otherwise you need to set this option in the "
                         "configuration file, and then restart the server.")

    # Housekeeping

    def housekeep(self):
        """What is due each 1/hz second; called by the background thread without the lock."""
        if self.cron_stopped:
            return
        with self.lock:
            if self.ending or self.busy is not None:        # perhaps since a moment ago
                return
            self.keyspace.tick()
            poll_child(self)
            if self.loading is None:
                self.snapshots.cron()
                self.append_only.cron()
            if self.paused and self.keyspace.now >= self.pause_until_s:
                self.unpause()
            self.stats.sample(self)
        if self.active_expiry:
            expire_cycle(self)
