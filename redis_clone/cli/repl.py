"""The prompt, and scripts on the standard input: lines in, commands out to the Runner.

On a terminal lines are read through `readline`, where there is one, see `readline_lines`. Without it, or when the
input is no terminal, lines are just read; then there is no prompt, either.

Ctrl-C interrupts the command that is running and comes back to the prompt; at the prompt it ends the program.
"""
import re
import sys
import time

from .arguments import STANDARD
from .words import split_line

__all__ = ["PlainLines", "Repl", "choose_lines", "is_sensitive"]

SLOW_S = 0.5                        # from here on the time is told
MAX_REPEAT = (1 << 63) - 1

LEAVE = (b"quit", b"exit")
NUMBER = re.compile(rb"[ \t]*[+-]?[0-9]+")


class Repl:
    """Reads from `lines` (PlainLines, ReadlineLines), and executes with `runner`."""

    def __init__(self, runner, lines):
        self._runner, self._link, self._out = runner, runner.link, runner.out
        self._lines = lines

    def run(self):
        """Go on until the end of the input or `quit`; return the exit status."""
        if self._out.input_is_terminal:
            self._load_preferences()
        self._link.connect()
        while True:
            self._out.flush()
            try:
                line = self._lines.read(self._link.prompt)
            except KeyboardInterrupt:
                line = None
            if line is None:
                if self._out.input_is_terminal:
                    self._out.print()
                return 0
            words = split_line(line)
            if words is None:
                self._out.print("Invalid argument(s)")
                self._lines.remember(line)
            elif words and not self._obey(line, words):
                return 0

    def _obey(self, line, words):
        """Do what a line says; False if it says that this is the end."""
        repeat = 1
        if len(words) > 1 and NUMBER.fullmatch(words[0]):
            repeat = int(words.pop(0))
            if not 0 < repeat <= MAX_REPEAT:
                self._out.print("Invalid redis-cli repeat command option value.")
                return True
        if not is_sensitive(words):
            self._lines.remember(line)
        name = words[0].lower()
        if name in LEAVE:
            return False
        if name.startswith(b":"):
            self._set_preference(words)
        elif name == b"connect" and len(words) == 3:
            self._connect(words)
        elif name == b"clear" and len(words) == 1:
            self._out.print("\x1b[H\x1b[2J", end="")
        else:
            self._execute(words, repeat)
        return True

    def _execute(self, words, repeat):
        started_s = time.monotonic()
        try:
            self._runner.run(words, repeat)
        except KeyboardInterrupt:
            self._link.close()                  # its reply may still come, so nothing else can use it
            self._out.print()
            self._link.connect()
        except RecursionError:
            self._link.close()
            self._out.complain("Error: the reply is nested too deeply to be shown")
        elapsed_s = time.monotonic() - started_s
        if elapsed_s >= SLOW_S and self._runner.output == STANDARD:
            self._out.print(f"({elapsed_s:.2f}s)")

    def _connect(self, words):
        host, port = (word.decode("utf-8", "surrogateescape") for word in words[1:])
        if not port.isdigit():
            self._out.print(f"Not a port: {port}")
            return
        self._link.redirect(host, int(port))
        self._link.connect()

    # -- preferences -------------------------------------------------------------------------------------------------

    def _load_preferences(self):
        path = self._out.dotfile("REDISCLI_RCFILE", ".redisclirc")
        if path is None:
            return
        try:
            with open(path, "rb") as file:
                lines = file.read().splitlines()
        except OSError:
            return
        for line in lines:
            words = split_line(line)
            if words:
                self._set_preference(words)

    def _set_preference(self, words):
        words = [word.lower() for word in words]
        if words[0] != b":set":
            self._out.print(f"unknown redis-cli internal command '{words[0].decode('utf-8', 'replace')}'")
        elif words[1:] in ([b"hints"], [b"nohints"]):
            self._lines.hints = words[1] == b"hints"
        else:
            self._out.print("unknown redis-cli preference '%s'" % b" ".join(words[1:]).decode("utf-8", "replace"))


def is_sensitive(words):
    """True for a command with a password in it, which is not to be written down."""
    words = [word.upper() for word in words]
    name, second = words[0], b"".join(words[1:2])
    if (name, second) == (b"CONFIG", b"SET"):
        return any(b"PASS" in word or b"AUTH" in word for word in words[2:])
    if name in (b"HELLO", b"MIGRATE"):
        return b"AUTH" in words or b"AUTH2" in words
    return name == b"AUTH" or (name, second) == (b"ACL", b"SETUSER")


def choose_lines(runner):
    """The best way there is to read lines."""
    out = runner.out
    if not (out.input_is_terminal and out.is_terminal) or out.input is not sys.stdin.buffer:
        return PlainLines(out)
    try:
        from .readline_lines import ReadlineLines       # not before: it looks at the terminal
    except ImportError:
        return PlainLines(out)
    return ReadlineLines(out, runner.help)


class PlainLines:
    """Lines of the standard input as they are, with a prompt on a terminal."""

    hints = True

    def __init__(self, out):
        self._out = out

    def read(self, prompt):
        """Return the next line (bytes), None at the end of the input."""
        if self._out.input_is_terminal:
            self._out.print(prompt, end="")
            self._out.flush()
        line = self._out.input.readline()
        return line.rstrip(b"\r\n") if line else None

    def remember(self, line):
        """Add a line to the history, if there is one."""
