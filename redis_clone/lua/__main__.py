"""`python3 -m redis_clone.lua FILE [arguments]`: run a Lua file, as `lua5.1` does. `-` reads standard input.

With --python it prints the Python text that the file is compiled to instead.
"""
import sys

from .compiler import python_text
from .errors import LuaError
from .libraries.base import tostring
from .runtime import Runtime
from .values import Table, number_text


def _print(*values):
    sys.stdout.buffer.write(b"\t".join([tostring(value) for value in values]) + b"\n")
    return ()


def _write(*values):
    sys.stdout.buffer.write(b"".join([number_text(value) if value.__class__ is float else value for value in values]))
    return True


def main(arguments):
    """Returns the exit code."""
    show_text = arguments[:1] == ["--python"]
    if show_text:
        del arguments[0]
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    name = arguments[0]
    with (sys.stdin.buffer if name == "-" else open(name, "rb")) as file:
        source = file.read()
    if source.startswith(b"#"):                 # a line for the shell
        source = b"--" + source
    chunk_name = b"=stdin" if name == "-" else b"@" + name.encode()
    runtime = Runtime()
    runtime.globals[b"print"] = _print
    runtime.globals[b"io"] = Table({b"write": _write})
    try:
        if show_text:
            print(python_text(source, chunk_name)[0], end="")
        else:
            runtime.call(runtime.load(source, chunk_name), *[argument.encode() for argument in arguments[1:]])
    except LuaError as error:
        text = error.value if error.value.__class__ in (bytes, float) else b"(error object is not a string)"
        sys.stdout.flush()
        print("lua:", tostring(text).decode("utf-8", "replace"), file=sys.stderr)
        return 1
    finally:
        sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
