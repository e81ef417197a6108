"""What the tests of the modes share: running a mode on streams in memory, scripted servers, the real redis-cli."""
import io
import shutil
import socket
import subprocess
import threading
import unittest

from redis_clone.cli import modes
from redis_clone.cli.arguments import parse_arguments
from redis_clone.cli.console import Console
from redis_clone.client import Connection
from redis_clone.request_parser import RequestParser
from tests.support import ServerTestCase

PATIENCE_S = 20
CLI = shutil.which("redis-cli")
needs_redis_cli = unittest.skipUnless(CLI, "redis-cli is not installed")


class Terminal(io.BytesIO):
    """An output that says it is a terminal."""

    def isatty(self):
        return True


class Result:
    """What a mode has left: its status (None if it was interrupted) and what it wrote."""

    def __init__(self, status, output, errors):
        self.status, self.output, self.errors = status, output, errors

    def __repr__(self):
        return f"status {self.status}, output {self.output!r}, errors {self.errors!r}"

    def __eq__(self, other):
        return (self.status, self.output, self.errors) == (other.status, other.output, other.errors)


class StoppingClock:
    """Time that passes while a mode sleeps (and `step_s` with each look at it); the sleep number `sleeps` is
    interrupted, as by Ctrl-C."""

    def __init__(self, sleeps=1000, step_s=0.0):
        self.now_ns = 1_000_000_000_000
        self.slept = []
        self._sleeps, self._step_ns = sleeps, round(step_s * 1e9)

    def monotonic_ns(self):
        self.now_ns += self._step_ns
        return self.now_ns

    perf_counter_ns = monotonic_ns

    def monotonic(self):
        return self.monotonic_ns() / 1e9

    def sleep(self, seconds):
        if len(self.slept) == self._sleeps:
            raise KeyboardInterrupt
        self.slept.append(seconds)
        self.now_ns += round(seconds * 1e9)


def run_mode(port, *words, given=b"", terminal=False, run=modes.run, **keywords):
    """Run the mode that `words` ask for against the server at `port`; return the Result. `keywords` go to `run`."""
    options = parse_arguments(list(words), {})
    output, errors = (Terminal() if terminal else io.BytesIO()), io.BytesIO()
    console = Console(io.BytesIO(given), output, errors, {})
    protocol = options.protocol or 2
    with Connection("127.0.0.1", port, db=options.db, protocol=protocol, timeout_s=PATIENCE_S) as connection:
        try:
            status = run(connection, options, console, **keywords)
        except KeyboardInterrupt:
            status = None
    return Result(status, output.getvalue(), errors.getvalue())


def run_redis_cli(port, *words, given=b""):
    """The same with the real redis-cli."""
    done = subprocess.run([CLI, "-p", str(port), *words], input=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=PATIENCE_S)
    return Result(done.returncode, done.stdout, done.stderr)


class ModeTestCase(ServerTestCase):
    """A server in this process for each test."""

    def run_mode(self, *words, **keywords):
        return run_mode(self.server.port, *words, **keywords)

    def run_redis_cli(self, *words, given=b""):
        return run_redis_cli(self.server.port, *words, given=given)

    def execute(self, *commands):
        """Execute commands, each a string that is split or a tuple."""
        with Connection("127.0.0.1", self.server.port, timeout_s=PATIENCE_S) as connection:
            return [connection.execute(*(command.split() if isinstance(command, str) else command))
                    for command in commands]


class ScriptedServer:
    """Answers each command with what `answers` has for its name: bytes, None to hang up, several of them in a tuple,
    or a function of its words that returns one of these. What has no answer is answered with OK. `requests` are the
    commands as they came."""

    def __init__(self, test, answers):
        self.requests = []
        self._answers = answers
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(5)
        self._listener.settimeout(PATIENCE_S)
        self.port = self._listener.getsockname()[1]
        self._closing = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        test.addCleanup(self.close)

    def close(self):
        self._closing = True
        with socket.socket() as knock:
            knock.connect_ex(("127.0.0.1", self.port))
        self._thread.join(PATIENCE_S)
        self._listener.close()

    def _serve(self):
        while not self._closing:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with sock:
                sock.settimeout(PATIENCE_S)
                try:
                    self._talk(sock)
                except OSError:                     # hung up on
                    pass

    def _talk(self, sock):
        parser = RequestParser()
        while True:
            data = sock.recv(65536)
            if not data:
                return
            for words in parser.feed(data):
                self.requests.append(words)
                answer = self._answers.get(words[0].decode().upper(), b"+OK\r\n")
                if callable(answer):
                    answer = answer(words)
                for piece in answer if type(answer) is tuple else (answer,):
                    if piece is None:
                        return
                    sock.sendall(piece)


def bulk(value):
    return b"$%d\r\n%b\r\n" % (len(value), value)


def array(*items):
    return b"*%d\r\n" % len(items) + b"".join(items)
