"""What the tests of the command line share: main() on streams in memory, and a terminal."""
import io
import os
import select
import struct
import sys
import time
import unittest

from redis_clone.cli.__main__ import main
from tests.cli.mode_support import PATIENCE_S, ModeTestCase, Result

try:
    import fcntl
    import pty
    import termios
except ImportError:                             # Windows
    pty = None

needs_terminals = unittest.skipUnless(pty, "this platform has no pseudo-terminals")


def run_cli(port, *words, given=b"", environment=None):
    """Run the command line to its end; return the Result. `given` is the standard input."""
    output, errors = io.BytesIO(), io.BytesIO()
    status = main(["-p", str(port), *words], io.BytesIO(given), output, errors, environment or {})
    return Result(status, output.getvalue(), errors.getvalue())


class CliTestCase(ModeTestCase):
    """A server in this process for each test, and the command line."""

    def cli(self, *words, **keywords):
        return run_cli(self.server.port, *words, **keywords)

    def printed(self, *words, **keywords):
        """What the command line printed, which ended well and without complaints."""
        result = self.cli(*words, **keywords)
        self.assertEqual((result.status, result.errors), (0, b""), result)
        return result.output.decode()


class Terminal:
    """A program on a pseudo-terminal, for what readline and Ctrl-C do."""

    def __init__(self, test, words, **environment):
        self.master, slave = pty.openpty()
        size = struct.pack("HHHH", 50, 132, 0, 0)       # without one redis-cli asks the terminal and waits
        fcntl.ioctl(slave, termios.TIOCSWINSZ, size)
        # Not subprocess: the terminal must become the controlling one, or Ctrl-C would reach nobody.
        self.pid = os.fork()
        if not self.pid:
            try:
                os.setsid()
                fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
                for descriptor in range(3):
                    os.dup2(slave, descriptor)
                os.execvpe(words[0], words, dict(os.environ, TERM="xterm", **environment))
            finally:
                os._exit(127)
        os.close(slave)
        self._status = None
        self.seen = b""
        test.addCleanup(self.close)

    def type(self, keys):
        os.write(self.master, keys.encode())

    def read_until(self, text):
        """Return all that appeared up to and with `text`."""
        awaited = text.encode()
        deadline_s = time.monotonic() + PATIENCE_S
        while awaited not in self.seen:
            ready, _, _ = select.select([self.master], [], [], max(deadline_s - time.monotonic(), 0))
            if not ready:
                raise AssertionError(f"waited in vain for {text!r}, saw {self.seen!r}")
            self.seen += self._read()
        before, _, self.seen = self.seen.partition(awaited)
        return (before + awaited).decode(errors="replace")

    def status(self, keys=""):
        """Wait for the end, pressing `keys` now and then; return the exit status."""
        deadline_s = time.monotonic() + PATIENCE_S
        again_s = 0
        while self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = status
            elif time.monotonic() > deadline_s:
                raise AssertionError("the program does not end")
            elif keys and time.monotonic() > again_s:
                self.type(keys)
                again_s = time.monotonic() + 1
            elif select.select([self.master], [], [], 0.01)[0]:
                self._read()                    # it cannot end before its last words are taken
        return os.WEXITSTATUS(self._status)

    def close(self):
        if self._status is None:
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        os.close(self.master)

    def _read(self):
        try:
            return os.read(self.master, 65536)
        except OSError:                         # Linux: the other side is closed
            time.sleep(0.01)
            return b""


CLI_WORDS = [sys.executable, "-m", "redis_clone.cli"]
