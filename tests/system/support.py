"""What the tests of real processes share: a server of its own in a directory of its own, clients, and a look
at the process from outside.

They are short by default. ``REDIS_CLONE_TEST_LONG=1`` runs them at full length (ten thousand clients, a
hundred thousand requests of garbage), which takes some minutes. ``REDIS_CLONE_TEST_SHORT=1`` leaves out those that
take longest, for the second and further Pythons on one machine.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from redis_clone.client import Client, encode_command

try:
    import resource
except ImportError:                             # Windows
    resource = None

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LONG = os.environ.get("REDIS_CLONE_TEST_LONG", "") not in ("", "0")
not_when_short = unittest.skipIf(os.environ.get("REDIS_CLONE_TEST_SHORT", "") not in ("", "0"),
                                 "left out of short runs (REDIS_CLONE_TEST_SHORT)")
PATIENCE_S = 30                 # the longest wait on a busy machine before something counts as hanging
HAS_PROC = os.path.isdir("/proc/self/fd") and os.path.isdir("/proc/self/task")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, what, patience_s=PATIENCE_S):
    """Return the first true value of ``condition()``; fail if it takes too long.

    `what` says what was waited for: text, or a function that makes it then.
    """
    deadline_s = time.monotonic() + patience_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline_s:
            raise AssertionError(f"waited {patience_s} s in vain: {what() if callable(what) else what}")
        time.sleep(0.01)


class ServerProcess:
    """``python3 -m redis_clone`` with `directives`, which has logged `until` when the constructor returns.

    `preexec` is called in the new process before Python starts there. `program` is a real server to start
    instead, which takes the same directives. `patience_s` is how long it may take to load its data.
    """

    def __init__(self, directory, *directives, port=None, preexec=None, program=None,
                 until="Ready to accept connections", patience_s=PATIENCE_S):
        self.port = port or free_port()
        self._log_path = os.path.join(directory, "log")
        command = [program] if program else [sys.executable, "-m", "redis_clone"]
        command += ["--port", str(self.port), "--save", "", *directives]
        environment = dict(os.environ, PYTHONPATH=ROOT, PYTHONWARNINGS="error::ResourceWarning")
        with open(self._log_path, "wb") as log, open(os.path.join(directory, "errors"), "w+b") as errors:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=errors, cwd=directory,
                preexec_fn=preexec, env=environment)
        self._errors_path = errors.name
        self.pid = self.process.pid
        wait_until(lambda: until in self.log() or self.process.poll() is not None,
                   "the start of the server", patience_s)
        if self.process.poll() is not None:
            raise AssertionError(f"the server did not start: {self.log()}{self.errors()}")

    def log(self):
        """All that it has logged."""
        with open(self._log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def errors(self):
        """What came on standard error: tracebacks, if anything."""
        with open(self._errors_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        """Wait for the end; return the exit status."""
        return self.process.wait(PATIENCE_S)

    def kill(self):
        """Kill it with SIGKILL; return when it is gone."""
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def end(self):
        """Kill it if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    # From outside, Linux only

    def resident_bytes(self):
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def cpu_s(self):
        """The processor time used by all threads, in seconds."""
        return time.clock_gettime(~self.pid << 3 | 2)       # as clock_getcpuclockid(3) makes it on Linux

    def threads(self):
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def blocked_signals(self):
        """The set of blocked signals of each thread."""
        blocked = {}
        for thread in os.listdir(f"/proc/{self.pid}/task"):
            with open(f"/proc/{self.pid}/task/{thread}/status") as file:
                mask = next(int(line.split()[1], 16) for line in file if line.startswith("SigBlk"))
            blocked[int(thread)] = {number for number in range(1, 65) if mask >> (number - 1) & 1}
        return blocked

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


class SystemTestCase(unittest.TestCase):
    """Starts a server with `directives` for each test, or `shared` by the tests of the class, which it is
    flushed for. Fails if a server printed or logged an internal error.
    """

    directives = ()                             # None: the tests start their servers themselves
    shared = False

    @classmethod
    def setUpClass(cls):
        if cls.shared:
            cls.directory = tempfile.mkdtemp()
            cls.addClassCleanup(shutil.rmtree, cls.directory)
            cls.server = ServerProcess(cls.directory, *cls.directives)
            cls.addClassCleanup(cls.server.end)

    def setUp(self):
        if self.shared:
            self.addCleanup(self.check, self.server)
            with contextlib.closing(self.client()) as client:
                client.execute("FLUSHALL")
            return
        self.directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.directory)
        if self.directives is not None:
            self.start(*self.directives)

    def start(self, *directives, **options):
        """Start a server (the first one, or another one after its end); it ends with the test."""
        self.server = ServerProcess(self.directory, *directives, **options)
        self.addCleanup(self.check, self.server)
        self.addCleanup(self.server.end)
        return self.server

    def check(self, server):
        self.assertEqual(server.errors(), "")
        self.assertNotIn("Internal error", server.log())

    def connect(self):
        """A raw socket to the server, closed after the test."""
        sock = socket.create_connection(("127.0.0.1", self.server.port), PATIENCE_S)
        self.addCleanup(sock.close)
        return sock

    def client(self, **options):
        """The project's own client, closed after the test."""
        client = Client("127.0.0.1", self.server.port, timeout_s=PATIENCE_S, **options)
        self.addCleanup(client.close)
        return client

    def info(self, section):
        """A section of INFO as a dict of strings."""
        with contextlib.closing(Client("127.0.0.1", self.server.port, timeout_s=PATIENCE_S)) as client:
            return parse_info(client.execute("INFO", section))


def parse_info(text):
    """The reply of INFO as a dict of strings."""
    return dict(line.split(":", 1) for line in bytes(text).decode().splitlines() if ":" in line)


def ask(sock, *words):
    """Send one command."""
    sock.sendall(encode_command(words))


def read_line(sock):
    """Read up to the end of a line, byte by byte so that nothing behind it is lost; b"" at the end."""
    line = b""
    while not line.endswith(b"\r\n"):
        byte = sock.recv(1)
        if not byte:
            return line
        line += byte
    return line


def read_exactly(sock, size):
    """Exactly `size` bytes; fails at an early end."""
    data = b""
    while len(data) < size:
        chunk = sock.recv(size - len(data))
        if not chunk:
            raise AssertionError(f"connection closed after {data!r}")
        data += chunk
    return data


def read_to_end(sock):
    """All that comes until the server hangs up."""
    chunks = []
    while True:
        try:
            chunk = sock.recv(1 << 16)
        except ConnectionResetError:
            chunk = b""
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)


def hang_up_hard(sock):
    """Close with a reset, as a client does that is killed with unread data."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sock.close()


def need_descriptors(test, count):
    """Let this process, and the servers it starts, open `count` files; skip the test if that is forbidden."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        if hard != resource.RLIM_INFINITY and hard < count:
            test.skipTest(f"needs {count} open files, the system allows {hard}")
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
        test.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
