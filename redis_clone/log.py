"""The server's log, in the form that scripts and people know from Redis:

    12345:M 22 Nov 2026 07:19:00.123 * Ready to accept connections tcp

that is process, role, local time, level (`.` debug, `-` verbose, `*` notice, `#` warning) and text.

Each line is one write to a descriptor, without a buffer: whoever waits for a line sees it at once, lines of
several threads do not mix, and no lock is needed, so that a signal handler may log as well. A log file is
opened for every line, as Redis does it: a file that was moved away by log rotation is made anew. A line
that cannot be written is lost; a full disk must not stop the server.
"""

import os
import time

__all__ = ["Log", "LEVELS"]

LEVELS = ("debug", "verbose", "notice", "warning", "nothing")
_SIGNS = dict(zip(LEVELS, ".-*#"))
# Not strftime's %b, which follows the locale that an embedding application may have set.
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


class Log:
    """A log on standard output, in a file, or in any object with a `write` for text (`stream`).

    `role` is C until the server is set up, then M (S for a replica). `now` returns the seconds since 1970.
    """

    def __init__(self, path="", level="notice", stream=None, now=time.time):
        self.path = path
        self.role = "C"
        self._stream = stream
        self._now = now
        self.set_level(level)

    def set_level(self, level):
        """Keep silent about everything below this `loglevel`; "nothing" silences all of it."""
        self._least = LEVELS.index(level)

    def debug(self, text):
        self._log("debug", text)

    def verbose(self, text):
        self._log("verbose", text)

    def notice(self, text):
        self._log("notice", text)

    def warning(self, text):
        self._log("warning", text)

    def raw(self, text):
        """Write text as it is, at level notice: for the picture shown at the start."""
        if self._least <= LEVELS.index("notice"):
            self._write(text)

    def from_signal(self, text):
        """A line in the short form of signal handlers, at level warning."""
        if self._least <= LEVELS.index("warning"):
            self._write(f"{os.getpid()}:signal-handler ({int(self._now())}) {text}\n")

    def _log(self, level, text):
        if LEVELS.index(level) >= self._least:
            now_s = self._now()
            when = time.localtime(now_s)
            self._write("%d:%s %02d %s %d %02d:%02d:%02d.%03d %s %s\n" % (
                os.getpid(), self.role, when.tm_mday, _MONTHS[when.tm_mon - 1], when.tm_year,
                when.tm_hour, when.tm_min, when.tm_sec, now_s % 1 * 1000, _SIGNS[level], text))

    def _write(self, line):
        try:
            if self._stream is not None:
                self._stream.write(line)
                self._stream.flush()
            elif self.path:
                self._append(line)
            else:
                _write_all(1, line)
        except (OSError, ValueError):           # ValueError: the stream was closed
            pass

    def _append(self, line):
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            _write_all(descriptor, line)
        finally:
            os.close(descriptor)


def _write_all(descriptor, line):
    rest = line.encode("utf-8", "surrogateescape")
    while rest:
        rest = rest[os.write(descriptor, rest):]
