"""Running small Lua programs in tests, each in the four ways a chunk can be compiled.

What is expected was printed by lua5.1. Values are printed with blanks between them, and an error that ends
the program as a last line "error: ...". The chunk is called `test`; its first line is the source's first one.
"""
import textwrap
import unittest

from redis_clone.lua.errors import LuaError
from redis_clone.lua.libraries.base import tostring
from redis_clone.lua.runtime import Runtime

__all__ = ["ProgramCase", "run", "PLAIN", "MODES"]

# Mentioning these names makes the emitter write generators, or functions with environments of their own.
PLAIN = ""
MODES = (PLAIN, "local _ = coroutine ", "local _ = getfenv ", "local _ = coroutine, getfenv ")


def run(source):
    """What a program prints."""
    runtime = Runtime()
    lines = []

    def print_(*values):
        lines.append(b" ".join([tostring(value) for value in values]))
        return ()

    runtime.globals[b"print"] = print_
    try:
        runtime.call(runtime.load(source.encode("latin-1"), b"@test"))
    except LuaError as error:
        lines.append(b"error: " + tostring(error.value))
    return b"\n".join(lines).decode("latin-1")


class ProgramCase(unittest.TestCase):
    maxDiff = None

    def check(self, source, expected, modes=MODES):
        """A program prints this, however it is compiled."""
        source = textwrap.dedent(source.lstrip("\n"))
        for mode in modes:
            with self.subTest(mode=mode):
                self.assertEqual(run(mode + source), textwrap.dedent(expected).strip("\n"))
