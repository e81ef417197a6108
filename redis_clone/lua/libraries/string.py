"""The library `string`: Lua 5.1's functions on byte strings.

Here are those that need neither patterns nor formats; the others come from string_patterns.py and
string_format.py. Each function starts with a short way for the usual arguments, floats and bytes, and leaves
anything else, such as numbers for strings, to the checks of arguments.py.

No locks: a Lua state belongs to the one thread that runs it.
"""
from ..arguments import (NO_VALUE, check_function, check_int, check_integer, check_string, optional_integer)
from ..errors import ArgumentError, LibraryError
from ..values import Table
from .string_format import format_of
from .string_patterns import find_of, gmatch_of, gsub_of, match_of

__all__ = ["open_string"]

# What a C function of Lua 5.1 may have on its stack, arguments and results together.
_MOST_ON_STACK = 8000
# Floats as large as this are positions for sure: behind the end of any text, far below 2^63.
_FAR = 1e15
_FLOATS = [float(byte) for byte in range(256)]


def open_string(runtime):
    """The table that scripts know as `string`."""
    library = Table()
    for name, function in (
            (b"byte", byte), (b"char", char), (b"dump", dump), (b"find", find_of(runtime)),
            (b"format", format_of(runtime)), (b"gmatch", gmatch_of(runtime)), (b"gsub", gsub_of(runtime)),
            (b"len", length), (b"lower", lower), (b"match", match_of(runtime)), (b"rep", rep_of(runtime)),
            (b"reverse", reverse), (b"sub", sub), (b"upper", upper)):
        library[name] = function
    library[b"gfind"] = library[b"gmatch"]      # its name in Lua 5.0
    return library


# --- parts of strings ------------------------------------------------------------------------------------

def _from_start(position, size):
    """A position that may count from the end, as one that counts from the start; at least 0."""
    if position < 0:
        position += size + 1
    return position if position > 0 else 0


def sub(text=NO_VALUE, start=NO_VALUE, end=-1.0, *_):
    """`sub(text, start [, end])`: both positions belong to the result."""
    if text.__class__ is bytes and start.__class__ is float is end.__class__ and 1.0 <= start <= _FAR:
        if end == -1.0:
            return text[int(start) - 1:]
        if 0.0 <= end <= _FAR:
            return text[int(start) - 1:int(end)]
    elif end == -1.0 and text.__class__ is bytes and start.__class__ is float and -_FAR <= start <= -1.0:
        return text[int(start):]
    text = check_string(text, 1)
    start = _from_start(check_integer(start, 2), len(text))
    end = _from_start(optional_integer(end, 3, -1), len(text))
    return text[max(start, 1) - 1:end]


def byte(text=NO_VALUE, start=NO_VALUE, end=NO_VALUE, *rest):
    """`byte(text [, start [, end]])`: the codes of the bytes from start, by default 1, to end, by default
    start."""
    if text.__class__ is bytes and end is NO_VALUE:
        if start is NO_VALUE:
            return _FLOATS[text[0]] if text else ()
        if start.__class__ is float and 1.0 <= start <= len(text):
            return _FLOATS[text[int(start) - 1]]
    text = check_string(text, 1)
    start = _from_start(optional_integer(start, 2, 1), len(text))
    end = _from_start(optional_integer(end, 3, start), len(text))
    part = text[max(start, 1) - 1:end]
    if len(part) > 1 and len(part) + 3 + len(rest) > _MOST_ON_STACK:
        raise LibraryError(b"stack overflow (string slice too long)")
    return _FLOATS[part[0]] if len(part) == 1 else tuple([_FLOATS[code] for code in part])


def length(text=NO_VALUE, *_):
    """`len(text)`"""
    return float(len(text if text.__class__ is bytes else check_string(text, 1)))


# --- new strings -----------------------------------------------------------------------------------------

def char(*codes):
    """`char(...)`: the string of these codes."""
    try:
        return bytes([_CODES[code if code.__class__ is float else None] for code in codes])
    except KeyError:                            # not all of them are floats that are codes
        return bytes([_code(value, position) for position, value in enumerate(codes, 1)])


_CODES = {code: int(code) for code in _FLOATS}


def _code(value, position):
    code = check_int(value, position)
    if not 0 <= code <= 255:
        raise ArgumentError(position, b"invalid value")
    return code


def lower(text=NO_VALUE, *_):
    """`lower(text)`: of ASCII letters, as in the locale C."""
    return (text if text.__class__ is bytes else check_string(text, 1)).lower()


def upper(text=NO_VALUE, *_):
    """`upper(text)`: of ASCII letters, as in the locale C."""
    return (text if text.__class__ is bytes else check_string(text, 1)).upper()


def reverse(text=NO_VALUE, *_):
    """`reverse(text)`"""
    return (text if text.__class__ is bytes else check_string(text, 1))[::-1]


def rep_of(runtime):
    """`rep` with the limit of a runtime."""
    def rep(text=NO_VALUE, count=NO_VALUE, *_):
        """`rep(text, count)`"""
        text = check_string(text, 1)
        count = check_int(count, 2)
        if len(text) * count > runtime.max_string:
            raise LibraryError(b"not enough memory")
        return text * count

    return rep


def dump(function=NO_VALUE, *_):
    """`dump(function)`: there is no bytecode to give."""
    check_function(function, 1)
    raise LibraryError(b"unable to dump given function")
