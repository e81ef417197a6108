"""Starting, recognising and resetting one of the two compared servers.

`Server` owns the process (if it started one) and a control connection, over which the state between and
after sequences is set and read. Nothing is written outside the server's own temporary directory.
"""

import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .notifications import SETTING, Listener
from .wire import Link, LinkError, encode, parse

PROJECT_ROOT = Path(__file__).resolve().parents[2]
ORACLES = ("valkey-server", "redis-server")
ORACLE_COMMAND = "%s --port {port} --save '' --appendonly no --enable-debug-command yes --dir {dir}"
OWN_COMMAND = "%s -m redis_clone --port {port} --save '' --enable-debug-command yes"
START_TIMEOUT_S = 15
# Keys that have run out stay until they are looked at, on both sides; timeouts are noticed within 10 ms.
SETTINGS = ((b"DEBUG", b"SET-ACTIVE-EXPIRE", b"0"), (b"CONFIG", b"SET", b"hz", b"100"), SETTING)


class ServerError(Exception):
    """A server cannot be started or reached; the text is for the user."""


def find_oracle(wanted=None):
    """Return the path of the real server to start."""
    for name in (wanted,) if wanted else ORACLES:
        path = shutil.which(name)
        if path:
            return path
    raise ServerError("no real server to compare with: %s not found" % (wanted or " and ".join(ORACLES)))


def oracle_command(path):
    return ORACLE_COMMAND % shlex.quote(path)


def own_command():
    return OWN_COMMAND % shlex.quote(sys.executable)


class Server:
    """One server: `command` with {port} and {dir} to be started, or `address` of a running one."""

    own_clients = 2                     # the control connection and the listener

    def __init__(self, label, command=None, address=None, timeout_s=5.0):
        self.label = label
        self.timeout_s = timeout_s
        self.address = address
        self.control = None
        self.listener = None
        self.family, self.version = "", ()
        self.obituary = ""              # what the process printed before it died by itself
        self._command = command
        self._process = None
        self._directory = None
        self._config = {}

    def start(self):
        """Start the process (if it is ours to start) and connect; raise ServerError when that fails."""
        if self._command is not None:
            self._start_process()
        self._connect()
        self._control_calls(SETTINGS)
        self.listener = Listener(self.connect())
        self._config = self._read_config()
        self.family, self.version = self._recognise()

    def _start_process(self):
        self._directory = self._directory or tempfile.mkdtemp(prefix="compare-")
        port = _free_port()
        self.address = ("127.0.0.1", port)
        words = shlex.split(self._command.replace("{port}", str(port)).replace("{dir}", self._directory))
        log = open(Path(self._directory) / "output.log", "ab")
        try:
            self._process = subprocess.Popen(words, cwd=str(PROJECT_ROOT), stdin=subprocess.DEVNULL,
                                             stdout=log, stderr=subprocess.STDOUT)
        except OSError as error:
            raise ServerError("%s: cannot start: %s" % (self.label, error)) from None
        finally:
            log.close()

    def _connect(self):
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                self.control = Link(self.address, self.timeout_s)
                self.control.send(encode([b"PING"]))
                self.control.read_reply()
                return
            except (OSError, LinkError) as error:
                if self._process is not None and self._process.poll() is not None:
                    raise ServerError("%s: exited with %d at start:\n%s"
                                      % (self.label, self._process.returncode, self.last_output())) from None
                if time.monotonic() > deadline:
                    raise ServerError("%s: no answer at %s:%d: %s"
                                      % ((self.label,) + self.address + (error,))) from None
                time.sleep(0.02)

    def _read_config(self):
        values = [value for _, value in self.call(b"CONFIG", b"GET", b"*")[1] or []]
        return dict(zip((name.lower() for name in values[::2]), values[1::2]))

    def _recognise(self):
        """Return the family (redis or valkey) and its version as numbers."""
        text = self.call(b"INFO", b"server")[1] or b""
        fields = dict(line.split(b":", 1) for line in text.split(b"\r\n") if b":" in line)
        family = "valkey" if b"valkey_version" in fields else "redis"
        version = fields.get(b"valkey_version") or fields.get(b"redis_version", b"0.0.0")
        return family, tuple(int(number) for number in version.split(b"."))

    def connect(self):
        """Return a new connection."""
        try:
            return Link(self.address, self.timeout_s)
        except OSError:
            raise LinkError("closed") from None

    def call(self, *argv):
        """Send one command over the control connection and return the reply's tree."""
        self.control.send(encode(argv))
        return parse(self.control.read_reply())

    def _control_calls(self, commands):
        self.control.send(b"".join(encode(argv) for argv in commands))
        _, reason = self.control.read_replies(len(commands))
        if reason:
            raise LinkError(reason)

    def reset(self, touched_directives=()):
        """Empty every database and give changed directives their values back.

        Scripts go as well: valkey 8 keeps no more than 500, others all.
        """
        commands = [(b"FLUSHALL",), (b"SCRIPT", b"FLUSH")]
        for name in touched_directives:
            if name.lower() in self._config:
                commands.append((b"CONFIG", b"SET", name, self._config[name.lower()]))
        if touched_directives:
            commands.append((b"DEBUG", b"QUICKLIST-PACKED-THRESHOLD", b"0"))
        commands.append((b"CONFIG", b"RESETSTAT"))
        if self.control.failed:
            self.restart()
            return
        try:
            self._control_calls(commands)
            self.listener.ask()
            self.listener.hear()
        except LinkError:
            self.restart()

    def restart(self):
        """Make the server usable again after it died, hung or lost the control connection."""
        self._close_connections()
        if self._process is not None and self._process.poll() is not None:
            self.obituary = self.last_output()
        if self._command is not None:
            self._stop_process()
        self.start()
        self._control_calls([(b"FLUSHALL",), (b"CONFIG", b"RESETSTAT")])

    def knows(self, names):
        """Return those of the names (CLIENT|ID form) that COMMAND INFO describes."""
        # Of DEBUG only the container is described.
        asked = ["DEBUG" if name.startswith("DEBUG|") else name for name in names]
        tree = self.call(b"COMMAND", b"INFO", *(name.lower().encode() for name in asked))
        entries = tree[1] if tree[0] in "*~" and tree[1] is not None else []
        return {name for name, entry in zip(names, entries) if entry[1]}

    def writing_commands(self):
        """Return the names (XGROUP|CREATE form) of all commands that may change data."""
        tree = self.call(b"COMMAND", b"LIST", b"FILTERBY", b"ACLCAT", b"write")
        return {name.decode().upper() for _, name in tree[1] or []}

    def last_output(self, size=2000):
        """Return the end of what the process has printed."""
        if self._directory is None:
            return ""
        data = (Path(self._directory) / "output.log").read_bytes()
        return data[-size:].decode("utf-8", "replace")

    def _close_connections(self):
        for one in (self.control, self.listener):
            if one is not None:
                one.close()
        self.control = self.listener = None

    def _stop_process(self):
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def stop(self):
        self._close_connections()
        self._stop_process()
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
