"""Lines typed on a terminal, edited with `readline`.

With a history (~/.rediscli_history, shared with redis-cli), completion on Tab, and the arguments of a command on Tab
when there is nothing to complete. Importing this fails where Python has no readline.
"""
import os
import readline
import sys

from .hints import GREY

__all__ = ["ReadlineLines"]

MAX_HISTORY = 1000


class ReadlineLines:
    """Lines typed on a terminal, edited with `readline`."""

    hints = True                        # the arguments of a command are shown

    def __init__(self, out, help):
        self._out, self._help = out, help
        self._prompt = ""
        self._matches = []
        self._history_path = out.dotfile("REDISCLI_HISTFILE", ".rediscli_history")
        self._remembered = None                     # the last line of the history
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
        """Return the next line (bytes), None at the end of the input."""
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
        """Add a line to the history and its file, unless it was the last one there already."""
        if not line.strip() or line == self._remembered:
            return
        self._add(line)
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
                lines = file.read().replace(b"\0", b"").splitlines()       # readline cannot have zero bytes
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
            self._add(line)

    def _add(self, line):
        self._remembered = line
        try:
            readline.add_history(line.decode("utf-8", "surrogateescape"))
        except UnicodeEncodeError:      # it encodes as the locale says, such as C, which Python itself takes for UTF-8
            readline.add_history(line.decode("ascii", "surrogateescape"))


def _open_private(path, mode):
    """Open a file that only its owner may read, since commands have data in them."""
    flags = os.O_CREAT | os.O_WRONLY | (os.O_APPEND if "a" in mode else os.O_TRUNC)
    return os.fdopen(os.open(path, flags, 0o600), mode)
