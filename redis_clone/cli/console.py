"""Console: where the command line reads and writes: three binary streams, and what is known about them.

Everything a server sends is bytes in no particular encoding and leaves as it came; texts of our own are
UTF-8. A test hands in io.BytesIO.
"""
import io
import os
import sys

__all__ = ["Console"]


class Console:
    """`input`, `output` and `errors` are binary streams, by default those of the process. `is_terminal` says
    that the output is a terminal (or that FAKETTY is in the environment), `input_is_terminal` the input,
    `obeys_codes` that the output can erase and move, `colors` that it is to have colours."""

    def __init__(self, input=None, output=None, errors=None, environment=os.environ):
        self.input = _binary(sys.stdin, "rb") if input is None else input
        self.output = _binary(sys.stdout, "wb") if output is None else output
        self.errors = _binary(sys.stderr, "wb") if errors is None else errors
        self._is_process_output = output is None
        self.environment = environment
        self.is_terminal = _is_terminal(self.output) or "FAKETTY" in environment
        self.input_is_terminal = _is_terminal(self.input)
        self.obeys_codes = (_is_terminal(self.output) and environment.get("TERM") != "dumb"
                            and not _is_old_windows(environment))
        self.colors = self.obeys_codes and not environment.get("NO_COLOR")

    def write(self, data):
        """Write bytes."""
        self.output.write(data)

    def print(self, text="", end="\n"):
        """Write a text of our own."""
        self.output.write((text + end).encode("utf-8", "surrogateescape"))

    def flush(self):
        """Make everything written appear."""
        self.output.flush()

    def discard(self):
        """Write to nowhere from now on: the output has failed, and Python would flush it once more at the end."""
        if self._is_process_output:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.output.fileno())
        else:
            self.output = io.BytesIO()

    def complain(self, text):
        """Write a line to the standard error, after what was written before."""
        self.output.flush()
        try:
            self.errors.write((text + "\n").encode("utf-8", "surrogateescape"))
            self.errors.flush()
        except OSError:                     # nobody is left to be told
            pass

    def dotfile(self, variable, name):
        """The path of one of redis-cli's files in the home directory, or what the environment's `variable` says;
        None if it is not wanted."""
        path = self.environment.get(variable)
        if path:
            return None if path == os.devnull else path
        home = os.path.expanduser("~")
        return None if home == "~" else os.path.join(home, name)

    def styled(self, text, style):
        """`text` in a style ("1" bold, "90" grey, "31" red, ...) where the output shows colours."""
        return f"\x1b[{style}m{text}\x1b[0m" if self.colors else text


def _binary(stream, mode):
    """The binary stream below one of the process."""
    if stream is None:                      # closed before the program began
        return open(os.devnull, mode)
    if mode == "wb" and isinstance(stream.buffer, io.RawIOBase):
        # python -u: it would write what the system takes at once, and forget the rest.
        return open(stream.buffer.fileno(), mode, closefd=False)
    return stream.buffer


def _is_old_windows(environment):
    """True in a console that shows the codes as they are."""
    return os.name == "nt" and not {"WT_SESSION", "ANSICON", "ConEmuANSI", "TERM"} & set(environment)


def _is_terminal(stream):
    try:
        return stream.isatty()
    except ValueError:                      # closed
        return False
