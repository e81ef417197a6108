"""The servers that the suites of benchmark.py start: this one and a real one, each alone in a directory.

`running_servers` starts both with the same directives and stops them, `ServerProcess` is one of them, with
one connection to it. A server that cannot start raises ServerFailed with the last line of its log.
"""
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, ROOT)

from redis_clone.client import Client, ReplyError, encode_command   # noqa: E402

__all__ = ["OWN_COMMAND", "ServerFailed", "ServerProcess", "running_servers"]

OWN_COMMAND = (sys.executable, "-m", "redis_clone")
FILL_CHUNK = 1000               # commands a pipeline
START_TIMEOUT_S = 120
POLL_S = 0.01                   # looks at the log while a server starts
READY = "Ready to accept connections"


class ServerFailed(Exception):
    """A server did not start, or does not do what it should; the text says which and what."""


class ServerProcess:
    """A server of its own, with one connection. `prepare(directory)` puts files into its directory first."""

    def __init__(self, name, command, prepare=None, timeout_s=START_TIMEOUT_S):
        self.name = name
        self.directory = tempfile.mkdtemp()
        self._log_path = os.path.join(self.directory, "log")
        if prepare is not None:
            prepare(self.directory)
        self.port = free_port()
        self.client = Client(port=self.port, timeout_s=timeout_s)
        self._began_s = time.perf_counter()
        with open(self._log_path, "wb") as log:
            self._process = subprocess.Popen(
                [*command, "--port", str(self.port)], cwd=self.directory, stdin=subprocess.DEVNULL,
                stdout=log, env=dict(os.environ, PYTHONPATH=ROOT))
        try:
            self._wait_until_ready(self._began_s + timeout_s)
        except BaseException:
            self.stop()
            raise
        self.start_s = time.perf_counter() - self._began_s

    def _wait_until_ready(self, deadline_s):
        # The log tells without asking a server that is busy loading.
        while READY not in self.log():
            if self._process.poll() is not None or time.perf_counter() > deadline_s:
                last = self.log().strip().rpartition("\n")[2]
                raise ServerFailed(f"{self.name} did not start: {last or 'it logged nothing'}")
            time.sleep(POLL_S)

    def log(self):
        """All that it has logged."""
        with open(self._log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def time_s(self):
        """The processor time that the server has used; elsewhere than on Linux the time since its start."""
        try:
            return time.clock_gettime(~self._process.pid << 3 | 2)      # as clock_getcpuclockid(3)
        except (AttributeError, OSError):
            return time.perf_counter() - self._began_s

    def info(self, section):
        """A section of INFO as a dict of strings."""
        lines = bytes(self.client.execute("INFO", section)).decode().splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def resident_bytes(self):
        return int(self.info("memory")["used_memory_rss"])

    def select(self, database):
        self.client.execute("SELECT", database)

    def exchange(self, request, count):
        """Send `count` encoded commands; return their replies, none of them an error."""
        replies = self.client.exchange(request, count, "a pipeline")
        if ReplyError in map(type, replies):
            raise next(reply for reply in replies if isinstance(reply, ReplyError))
        return replies

    def send(self, commands):
        """Run commands; return their replies, and the time that the server took."""
        request = b"".join(map(encode_command, commands))
        began_s = self.time_s()
        replies = self.exchange(request, len(commands))
        return replies, self.time_s() - began_s

    def fill(self, commands):
        """Run any number of commands, which must not fail."""
        fill([self], commands)

    def stop(self):
        self._process.kill()
        self._process.wait()
        self.client.close()
        # A child that still saves may be about to make another file there.
        shutil.rmtree(self.directory, ignore_errors=True)


def fill(servers, commands):
    """Run any number of commands in each of the servers; they are encoded once."""
    requests, words = [], 0
    for command in commands:
        requests.append(encode_command(command))
        words += len(command)
        if len(requests) == FILL_CHUNK or words > 10 * FILL_CHUNK:
            send_all(servers, requests)
            requests, words = [], 0
    send_all(servers, requests)


def send_all(servers, requests):
    for server in servers:
        if requests:
            server.exchange(b"".join(requests), len(requests))


@contextlib.contextmanager
def running_servers(real, *directives, own=OWN_COMMAND, prepare=None, timeout_s=START_TIMEOUT_S):
    """This server, started by the command `own`, and, unless there is none, the real one, whose path is
    `real`. Nothing is saved but for what `directives` say."""
    commands = [("redis_clone", own)]
    if real:
        commands.append((os.path.basename(real), (real,)))
    with contextlib.ExitStack() as stack:
        servers = []
        for name, command in commands:
            server = ServerProcess(name, [*command, "--save", "", "--appendonly", "no", *directives],
                                   prepare, timeout_s)
            stack.callback(server.stop)
            servers.append(server)
        yield servers


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
