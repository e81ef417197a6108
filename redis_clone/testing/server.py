"""A server for tests: empty as often as one likes, and at the test's command.

`TestServer` is a `Server` on a free port whose engine, which is all of a server's state but its sockets, can be
replaced: `reset` makes a new one, lets the listeners hand clients to it, and ends the old one as at a shutdown. So
nothing can be forgotten that a test has left behind: data, scripts, settings, clients, pauses, figures, the clock.

Its methods may be called from any thread and take the engine's lock. What one of them changes, all clients see from
its return on.
"""
import os
import shutil
import sys
import tempfile
import time
import warnings
import weakref
from urllib.parse import quote as quote_for_url

from ..blocking import give_up_overdue
from ..client import Redis
from ..config import Config, quote
from ..engine import Engine
from ..expiry import expire_all_due
from ..loading import load_at_start
from ..log import Log
from ..registry import TABLE
from ..server import Server, end_by_force
from ..version import __version__
from .clock import MovableClock
from .dump import dump
from .interception import Failure, Interception
from .text import to_bytes

__all__ = ["TestServer"]

_DIRECTIVES = {"bind": "127.0.0.1", "save": "", "enable-debug-command": "yes"}
_LISTENING = ("bind", "unixsocket", "unixsocketperm", "tcp-backlog")        # they stay while the server runs
_POLL_S = 0.001
_PATIENCE_S = 5.0


class TestServer(Server):
    """A server on a free port of the loopback interface, to be reset before each test.

    `config` maps directives of redis.conf to values: ``{"requirepass": "secret", "databases": 4, "appendonly": True}``;
    a list stands for several words. Underscores will do for hyphens. Unless a `dir` is given there, files go to a
    directory of the server's own that is emptied by `reset` and removed by `stop`. With `record_commands` False it does
    not keep note of what is called, which saves a little time and memory.

    What goes wrong is logged to `sys.stderr` as it is at that moment, so that test runners show it with the test.
    """

    __test__ = False                            # for pytest, which would take it for a class of tests

    def __init__(self, config=None, *, record_commands=True):
        self._directives = _with_hyphens(config)
        self._records_commands = record_commands
        self._directory = tempfile.mkdtemp(prefix="redis_clone-")
        self._remove_directory = weakref.finalize(self, _remove_tree, self._directory, os.getpid())
        self._clients = weakref.WeakSet()
        self._process_id = os.getpid()
        super().__init__(self._make_config(self._directives), Log(level="warning", stream=_StandardError()),
                         MovableClock(), port=0)

    def _use(self, engine):
        engine.intercept = Interception(self._records_commands)     # before anybody connects
        super()._use(engine)

    def _make_config(self, directives):
        config = Config()
        config.load([f"dir {quote(self._directory)}"], "the directory of a server for tests")
        config.load([_line(*item) for item in {**_DIRECTIVES, **directives}.items()], "the configuration of a test")
        for name in config.unused():
            warnings.warn(f"the directive {name} has no effect in redis_clone {__version__}", stacklevel=2)
        return config

    def __repr__(self):
        return f"<{type(self).__name__} {self.url if self.running else 'that is not running'}>"

    # Where it is

    @property
    def host(self):
        """The address to connect to."""
        return self.listeners[0].server_address[0]

    @property
    def url(self):
        """What clients take for a URL, with the password if there is one."""
        password = self.config["requirepass"]
        credentials = f":{quote_for_url(password, safe='')}@" if password else ""
        return f"redis://{credentials}{self.host}:{self.port}/0"

    def client(self, **options):
        """A redis_clone.client.Redis connected to this server, with its keyword arguments; closed by `reset`."""
        options.setdefault("password", self.config["requirepass"] or None)
        client = Redis(host=self.host, port=self.port, **options)
        self._clients.add(client)
        return client

    # A fresh start

    @property
    def is_own(self):
        """Whether this process has started it, not the one that this one has been forked from."""
        return self._process_id == os.getpid()

    def can_be_reset(self, config=None):
        """Whether `reset` will do: it runs, in this process, and listens where such a configuration wants it to."""
        wanted = _with_hyphens(config)
        return (self.running and not self.engine.ending and self.is_own
                and all(wanted.get(name) == self._directives.get(name) for name in _LISTENING))

    def reset(self, config=None):
        """Be as if just started, with another `config` than before: no data, no clients, nothing of what was.

        The port stays, so what a test leaves running and connects again is a client of the next one. Where a new
        address would have to be listened on this raises ValueError.
        """
        if not self.can_be_reset(config):
            raise ValueError("this server has been stopped, or is another process's, or would have to listen "
                             "somewhere else: start another one")
        directives = _with_hyphens(config)
        config = self._make_config(directives)
        self._leave_behind()
        _take_apart(self.engine)
        engine = Engine(config, self.log, MovableClock(), predecessor=self.engine)
        engine.stats.listening = self.engine.stats.listening
        _empty_directory(self._directory)
        load_at_start(engine, on_pause=lambda: None)
        self._use(engine)
        self._directives = directives

    def _leave_behind(self):
        """End the engine, which hangs up on all its clients."""
        end_by_force(self.engine)
        for client in list(self._clients):
            client.close()
        self._clients.clear()

    def _stop_all(self):
        self._leave_behind()
        super()._stop_all()
        self._remove_directory()

    # Time

    def fast_forward(self, seconds):
        """Let time pass at once: so many seconds, or a timedelta.

        Keys whose time comes are deleted, the others' TTLs shrink, and whoever is blocked or paused until then goes on.
        """
        seconds = _seconds(seconds)
        if seconds < 0:
            raise ValueError("time does not go back; the date does, with set_time()")
        with self.engine.lock:
            self.engine.clock.advance(seconds)
            self._catch_up()
        self._hang_up_idle()

    def set_time(self, when):
        """Make it another date, earlier or later: a datetime (local time if it has no zone) or seconds since 1970.

        Keys expire and TTLs change accordingly. Durations, such as the time-outs of blocked clients, do not: they do
        not depend on the date.
        """
        with self.engine.lock:
            self.engine.clock.set_date(when.timestamp() if hasattr(when, "timestamp") else when)
            self._catch_up()

    def freeze_time(self):
        """Stop the clock: from now on it moves by fast_forward() and set_time() only."""
        with self.engine.lock:
            self.engine.clock.stop()
            self._catch_up()

    def unfreeze_time(self):
        """Let the clock go on from where it stands."""
        with self.engine.lock:
            self.engine.clock.go_on()
            self._catch_up()

    def _catch_up(self):
        """Do at once what the new time brings."""
        engine = self.engine
        engine.keyspace.tick()
        if engine.paused and engine.keyspace.now >= engine.pause_until_s:
            engine.unpause()
        if engine.active_expiry:
            expire_all_due(engine)
        give_up_overdue(engine)

    # Chance

    def seed(self, number):
        """Make what is random repeatable: SPOP, RANDOMKEY and their kin, and math.random of scripts."""
        with self.engine.lock:
            self.engine.random.seed(number)
            self.engine.random.repeatable = True        # see datatypes/set.py
            self.engine.scripting.seed(number)

    # What there is, and what has been called

    def dump(self, most_keys=100, most_items=20):
        """All data as a text for people, for messages of assertions; with at most so many keys of each database, and
        items of each key."""
        with self.engine.lock:
            return dump(self.engine, most_keys, most_items)

    @property
    def commands(self):
        """What clients have called since the last reset: a list of Call(client, db, argv), the oldest first.

        That is all that was not refused for not being a command or not being allowed, handshakes included. Kept are
        the last 10,000 calls, and not more than 16 MB of them.
        """
        with self.engine.lock:
            return self.engine.intercept.calls

    def called(self, name, *args):
        """The calls of one command, as a list: ``called("GET")``, ``called("CONFIG GET", "maxmemory")``.

        With `args` only those whose arguments begin with these.
        """
        with self.engine.lock:
            return self.engine.intercept.calls_of(name, [to_bytes(arg) for arg in args])

    def dump_commands(self, most=20):
        """The last calls as a text for people, a line each."""
        calls = self.commands
        earlier = len(calls) - most
        return "\n".join([f"... {earlier} earlier ones"] * (earlier > 0) + list(map(str, calls[-most:])))

    def clear_commands(self):
        """Forget all calls."""
        with self.engine.lock:
            self.engine.intercept.clear()

    # What goes wrong

    def fail_next(self, name, error=None, *, key=None, count=1, disconnect=False, reply_bytes=None, delay_s=0):
        """Let the next `count` calls of a command fail, whichever client they come from.

        `name` is a command ("GET", "CONFIG GET"), or "*" for any; with `key`, only calls for that key count. Then:

        error           is replied, and the command is not run: "LOADING Redis is loading the dataset in memory"
        disconnect      hangs up, without a reply unless there is an `error`; the command is not run
        reply_bytes     the command is run, but the connection breaks after so many bytes of its reply
        delay_s         the reply, or the end, comes so many seconds later, while others are served; by itself the
                        command is run at once. `fast_forward` ends it. Nothing is delayed that blocks anyhow.

        Commands in a transaction fail when they are queued. Those inside scripts do not count. What a client sends
        again by itself, as many do after LOADING or a lost connection, counts again.
        """
        name = name.upper().replace(" ", "|")
        if name != "*" and name not in TABLE:
            raise ValueError(f"there is no command {name!r}")
        if error is None and not disconnect and reply_bytes is None and not delay_s:
            raise ValueError("how should it fail? Say error, disconnect, reply_bytes or delay_s")
        if reply_bytes is not None and (error is not None or disconnect or delay_s):
            raise ValueError("reply_bytes goes with nothing else")
        if error is not None and not isinstance(error, str):
            raise TypeError(f"error is the text of a reply, beginning with its code, not {error!r}")
        delay_s = _seconds(delay_s)
        if count < 1 or delay_s < 0 or (reply_bytes or 0) < 0:
            raise ValueError("count is at least 1, reply_bytes and delay_s are not negative")
        failure = Failure(name, error, disconnect, reply_bytes, delay_s, count, None if key is None else to_bytes(key))
        with self.engine.lock:
            self.engine.intercept.failures.append(failure)

    def clear_failures(self):
        """Take back what `fail_next` has ordered and has not happened yet."""
        with self.engine.lock:
            self.engine.intercept.failures.clear()

    def disconnect_clients(self):
        """Hang up on all clients, whatever they are doing. They may come back."""
        with self.engine.lock:
            sessions = list(self.engine.sessions.values())
            for session in sessions:
                session.close()
        self._wait_until(lambda: not any(one.id in self.engine.sessions for one in sessions))

    def wait_for_blocked(self, count=1):
        """Return as soon as so many clients wait, in BLPOP or alike, for a delayed reply, or for the end of a pause.

        For tests that then fast_forward(), or push what the clients wait for. Raises TimeoutError after 5 seconds.
        """
        if not self._wait_until(lambda: self.engine.blocked_clients >= count):
            raise TimeoutError(f"not {count} but {self.engine.blocked_clients} clients are blocked")

    def _wait_until(self, is_true):
        deadline_s = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline_s:
            with self.engine.lock:
                if is_true():
                    return True
            time.sleep(_POLL_S)
        return False


class _StandardError:
    """`sys.stderr`, whichever that is when something is written."""

    def write(self, text):
        sys.stderr.write(text)

    def flush(self):
        sys.stderr.flush()


def _take_apart(engine):
    """Free at once what an engine held that has ended.

    It is held together in circles, which only the garbage collector can take apart. That goes by the number of objects:
    for hundreds of megabytes in a few of them it sees no need to hurry, and for many it stops everybody for long.
    """
    with engine.lock:
        for database in engine.keyspace.databases:
            database.clear()
        engine.intercept.clear()
        engine.config.forget_callbacks()
        engine.scripting.close()


def _with_hyphens(config):
    directives = {name.replace("_", "-").lower(): value for name, value in (config or {}).items()}
    if "port" in directives:
        raise ValueError("a server for tests takes a free port: ask for its `port` or `url`")
    return directives


def _seconds(time):
    """A number of seconds as it is, or a timedelta."""
    return time.total_seconds() if hasattr(time, "total_seconds") else time


def _line(name, value):
    """A line of redis.conf."""
    if isinstance(value, bool):
        value = "yes" if value else "no"
    words = value if isinstance(value, (list, tuple)) else [value]
    return " ".join([name] + [quote(str(word)) for word in words])


def _empty_directory(path):
    for entry in os.scandir(path):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            os.unlink(entry.path)


def _remove_tree(path, process_id):
    if os.getpid() == process_id:               # and not a child that has been forked, whose server it is not
        shutil.rmtree(path, ignore_errors=True)
