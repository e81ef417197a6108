"""--eval FILE key ... , argument ...: a Lua script in a file as an EVAL command.

It is executed and shown like any other command, with its repetitions and output formats.
"""
from .asking import ModeFailed

__all__ = ["eval_command"]


def eval_command(options):
    """Return the words of the EVAL command (bytes); a comma among `options.command` separates the keys from the
    other arguments. Raises ModeFailed if the file cannot be read."""
    try:
        with open(options.eval_file, "rb") as file:
            script = file.read()
    except OSError as error:
        raise ModeFailed(f"Can't open file '{options.eval_file}': {error.strerror}") from None
    words = options.command
    comma = words.index(b",") if b"," in words else len(words)
    keys, arguments = words[:comma], words[comma + 1:]
    return [b"EVAL", script, b"%d" % len(keys), *keys, *arguments]
