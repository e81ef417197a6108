"""Console: where the command line reads and writes: three binary streams, and what is known about them.

Everything a server sends is bytes in no particular encoding and leaves as it came; texts of our own are
UTF-8. A test hands in io.BytesIO.
"""
import os
import sys

__all__ = ["Console"]


class Console:
    """`input`, `output` and `errors` are binary streams, by default those of the process. `is_terminal` says
    that the output is one (or that FAKETTY is in the environment), `input_is_terminal` the input."""

    def __init__(self, input=None, output=None, errors=None, environment=os.environ):
        self.input = sys.stdin.buffer if input is None else input
        self.output = sys.stdout.buffer if output is None else output
        self.errors = sys.stderr.buffer if errors is None else errors
        self.environment = environment
        self.is_terminal = _is_terminal(self.output) or "FAKETTY" in environment
        self.input_is_terminal = _is_terminal(self.input)
        self.colors = (_is_terminal(self.output) and not environment.get("NO_COLOR")
                       and environment.get("TERM") != "dumb" and not _is_old_windows(environment))

    def write(self, data):
        """Write bytes."""
        self.output.write(data)

    def print(self, text="", end="\n"):
        """Write a text of our own."""
        self.output.write((text + end).encode("utf-8", "surrogateescape"))

    def flush(self):
        """Make everything written appear."""
        self.output.flush()

    def complain(self, text):
        """Write a line to the standard error, after what was written before."""
        self.output.flush()
        self.errors.write((text + "\n").encode("utf-8", "surrogateescape"))
        self.errors.flush()

    def styled(self, text, style):
        """`text` in a style ("1" bold, "90" grey, "31" red, ...) where the output shows colours."""
        return f"\x1b[{style}m{text}\x1b[0m" if self.colors else text


def _is_old_windows(environment):
    """True in a console that shows the codes of colours as they are."""
    return os.name == "nt" and not {"WT_SESSION", "ANSICON", "ConEmuANSI", "TERM"} & set(environment)


def _is_terminal(stream):
    try:
        return stream.isatty()
    except ValueError:                      # closed
        return False
