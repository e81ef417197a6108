"""Lua values for the tests of the C libraries: written as Python's, called and compared without a script."""
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


__all__ = ["IdleRuntime", "NULL", "lua", "python", "outcome"]
