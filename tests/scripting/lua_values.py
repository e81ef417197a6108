"""Lua values for the tests of the C libraries: written as Python's, called and compared without a script."""
import unittest

from redis_clone.lua.errors import ArgumentError, LuaError
from redis_clone.lua.values import NULL, Table, key_of, raw_set


class IdleRuntime:
    """As much of a Lua state as the libraries need; `limit` is the longest string."""

    def __init__(self, limit=1 << 29):
        self.namespace = {"STOP": False}
        self.max_string = limit
        self.stops = 0

    def stop(self):
        self.namespace["STOP"] = False
        self.stops += 1


def lua(value):
    """A Python value as Lua's: ints, texts, lists and dicts may nest."""
    if value.__class__ is int:
        return float(value)
    if value.__class__ is str:
        return value.encode()
    if value.__class__ not in (list, dict):
        return value
    table = Table()
    for key, item in value.items() if value.__class__ is dict else enumerate(value, 1):
        raw_set(table, lua(key), lua(item))
    return table


def python(value):
    """A Lua value as Python's, tables as dicts; a tuple of results as a tuple."""
    if isinstance(value, Table):
        return {key_of(key): python(item) for key, item in value.items()}
    return tuple(map(python, value)) if value.__class__ is tuple else value


def outcome(function, *arguments):
    """What a function returns, or its error as `pcall` without a script around would give it, as a str."""
    try:
        return python(function(*map(lua, arguments)))
    except ArgumentError as error:
        return f"bad argument #{error.number} ({error.value.decode('latin-1')})"
    except LuaError as error:
        return error.value.decode("latin-1")


class LibraryTestCase(unittest.TestCase):
    """Calls the functions of a library that `open_library` opens."""

    open_library = None

    def setUp(self):
        self.runtime = IdleRuntime()
        self.library = type(self).open_library(self.runtime)

    def call(self, name, *arguments):
        return outcome(self.library[name.encode()], *arguments)

    def check(self, name, *cases):
        """Each case is the arguments, then the result."""
        for *arguments, result in cases:
            with self.subTest(name=name, arguments=arguments):
                self.assertEqual(self.call(name, *arguments), result)


__all__ = ["IdleRuntime", "LibraryTestCase", "NULL", "lua", "python", "outcome"]
