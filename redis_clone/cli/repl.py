"""The prompt, and scripts on the standard input: lines in, commands out to the Runner.

On a terminal lines are read through `readline`, where there is one: with history (~/.rediscli_history, shared
with redis-cli), completion on Tab, and the arguments of a command on Tab when there is nothing to complete.
Without it, or when the input is no terminal, lines are just read; then there is no prompt, either.

Ctrl-C interrupts the command that is running and comes back to the prompt; at the prompt it ends the program.
"""
import os
import re
import sys
import time

from .arguments import STANDARD
from .hints import GREY
from .words import split_line

try:
    import readline
except ImportError:
    readline = None

__all__ = ["PlainLines", "ReadlineLines", "Repl", "choose_lines", "is_sensitive"]

MAX_HISTORY = 1000
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
        path = _dotfile(self._out.environment, "REDISCLI_RCFILE", ".redisclirc")
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
    if readline is None or not (out.input_is_terminal and out.is_terminal) or out.input is not sys.stdin.buffer:
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


class ReadlineLines:
    """Lines typed on a terminal, edited with `readline`."""

    hints = True

    def __init__(self, out, help):
        self._out, self._help = out, help
        self._prompt = ""
        self._matches = []
        self._history_path = _dotfile(out.environment, "REDISCLI_HISTFILE", ".rediscli_history")
        if hasattr(sys.stdin, "reconfigure"):
            sys.stdin.reconfigure(errors="surrogateescape")
        if hasattr(readline, "set_auto_history"):
            readline.set_auto_history(False)
        readline.set_completer(self.complete)
        readline.set_completer_delims("")           # a command may be two words: the whole line is completed
        libedit = "libedit" in (readline.__doc__ or "")
        readline.parse_and_bind("bind ^I rl_complete" if libedit else "tab: complete")
        self._load_history()

    def read(self, prompt):
        self._prompt = prompt
        remembered = readline.get_current_history_length()
        try:
            line = input(prompt)
        except EOFError:
            return None
        while readline.get_current_history_length() > remembered:       # PyPy remembers by itself
            readline.remove_history_item(readline.get_current_history_length() - 1)
        return line.encode(sys.stdin.encoding or "utf-8", "surrogateescape")

    def remember(self, line):
        text = line.decode("utf-8", "surrogateescape")
        last = readline.get_current_history_length()
        if not text.strip() or last and readline.get_history_item(last) == text:
            return
        readline.add_history(text)
        if self._history_path is not None:
            try:
                with _open_private(self._history_path, "ab") as file:
                    file.write(line + b"\n")
            except OSError:
                self._history_path = None               # a history is not worth a message for each line

    def complete(self, text, state):
        """For readline: the `state`th thing that the line may become."""
        if state == 0:
            self._matches = self._help.complete(text)
            if len(self._matches) == 1:
                self._matches[0] += " "
            if not self._matches and self.hints:
                self._show_syntax(text)
        return self._matches[state] if state < len(self._matches) else None

    def _show_syntax(self, line):
        """Show the command's arguments on a line of their own, and below it again what has been typed."""
        syntax = self._help.syntax(line)
        if syntax is None:
            return
        name, arguments = syntax
        typed = readline.get_line_buffer()
        back = "\b" * (len(typed) - readline.get_endidx())
        self._out.print(f"\n{name} {self._out.styled(arguments, GREY)}")
        self._out.print(self._prompt + typed + back, end="")
        self._out.flush()

    def _load_history(self):
        readline.clear_history()
        try:
            with open(self._history_path or os.devnull, "rb") as file:
                lines = file.read().splitlines()
        except OSError:
            return
        if len(lines) > 2 * MAX_HISTORY:
            lines = lines[-MAX_HISTORY:]
            try:
                with _open_private(self._history_path, "wb") as file:
                    file.writelines(line + b"\n" for line in lines)
            except OSError:
                pass
        for line in lines[-MAX_HISTORY:]:
            readline.add_history(line.decode("utf-8", "surrogateescape"))


def _dotfile(environment, variable, name):
    """The path of one of redis-cli's files in the home directory; None if it is not wanted."""
    path = environment.get(variable)
    if path:
        return None if path == os.devnull else path
    home = os.path.expanduser("~")
    return None if home == "~" else os.path.join(home, name)


def _open_private(path, mode):
    """Open a file that only its owner may read, since commands have data in them."""
    flags = os.O_CREAT | os.O_WRONLY | (os.O_APPEND if "a" in mode else os.O_TRUNC)
    return os.fdopen(os.open(path, flags, 0o600), mode)
