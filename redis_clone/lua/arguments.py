"""Checks of the arguments of library functions, with Lua's messages (lauxlib.c).

`position` counts arguments from 1. Library functions give each parameter the default `NO_VALUE`, since Lua tells
"got no value" from "got nil", and end in ``*_``, since it ignores what is too much.
"""
from .errors import ArgumentError
from .values import Table, number_text, to_number, type_name

__all__ = ["NO_VALUE", "check_any", "check_number", "check_integer", "check_int", "check_string", "check_table",
           "check_function", "optional_number", "optional_integer", "optional_int", "optional_string", "wrong_type",
           "to_integer"]


class _NoValue:
    """The default of parameters: nothing was given."""


NO_VALUE = _NoValue()


def wrong_type(value, position, expected):
    """The error for a value that is not what was expected (bytes)."""
    got = b"no value" if value is NO_VALUE else type_name(value)
    return ArgumentError(position, b"%s expected, got %s" % (expected, got))


def check_any(value, position):
    """Refuse that nothing is given."""
    if value is NO_VALUE:
        raise ArgumentError(position, b"value expected")
    return value


def check_number(value, position):
    """A float: the number, or the one that a string spells."""
    if value.__class__ is float:
        return value
    number = to_number(value)
    if number is None:
        raise wrong_type(value, position, b"number")
    return number


def to_integer(number):
    """A float as C casts it to a 64-bit integer: cut towards zero; what does not fit becomes the smallest one."""
    if -9223372036854775808.0 <= number < 9223372036854775808.0:
        return int(number)
    return -9223372036854775808


def check_integer(value, position):
    """An int, as luaL_checkinteger gives it."""
    return to_integer(check_number(value, position))


def check_int(value, position):
    """An int of 32 bits, as luaL_checkint gives it: the lower half of a larger one."""
    if value.__class__ is float and -2147483648.0 <= value <= 2147483647.0:
        return int(value)
    return (check_integer(value, position) + 2147483648 & 0xFFFFFFFF) - 2147483648


def check_string(value, position):
    """Bytes: the string, or the text of a number."""
    if value.__class__ is bytes:
        return value
    if value.__class__ is float:
        return number_text(value)
    raise wrong_type(value, position, b"string")


def check_table(value, position):
    """A Table of any kind."""
    if isinstance(value, Table):
        return value
    raise wrong_type(value, position, b"table")


def check_function(value, position):
    """A function; a table that can be called is none."""
    if value is not NO_VALUE and type_name(value) == b"function":
        return value
    raise wrong_type(value, position, b"function")


def optional_number(value, position, default):
    return default if value is NO_VALUE or value is None else check_number(value, position)


def optional_integer(value, position, default):
    return default if value is NO_VALUE or value is None else check_integer(value, position)


def optional_int(value, position, default):
    return default if value is NO_VALUE or value is None else check_int(value, position)


def optional_string(value, position, default):
    return default if value is NO_VALUE or value is None else check_string(value, position)
