"""From a Python exception to a Lua error message: where it happened and what the things are called there.

Every function of a chunk has the chunk's places in its code's file name: the name of the chunk, then for each
line of the Python text an entry with the Lua line and the names of the operands. So they live exactly as long as
the functions do, no table of chunks is needed, and nothing is spent on them before an error happens.

Which errors have a position follows ldebug.c and lauxlib.c: what an operation raises has one if a script did it,
what a library function raises has that of its caller if that is a script.
"""
import os
import re
import sys

from .errors import ArgumentError, ExecutionError, LibraryError, LuaError, OperationError, chunk_id
from .memory import remembered
from .values import type_name

__all__ = ["file_name", "diagnose", "value_of", "position_at", "TAIL", "PART", "frame_at_level",
           "is_from_script", "CAUGHT"]

CAUGHT = (LuaError, TypeError, RecursionError, MemoryError)     # what pcall catches; others are bugs or ends
TAIL = "~"              # in front of the line of a tail call: the function is no longer there, as far as Lua can tell
PART = "+"              # in front of the line where a function goes on in a Python function that is a part of it
_PREFIX = "<lua "
_HERE = os.path.dirname(os.path.abspath(__file__))
_CORE = tuple(os.path.join(_HERE, name) for name in ("operations.py", "calls.py", "iteration.py"))
_CULPRIT = re.compile(r"'(\w+)' object")
_LUA_TYPES = {"NoneType": b"nil", "float": b"number", "bool": b"boolean", "bytes": b"string", "function": b"function",
              "builtin_function_or_method": b"function", "method": b"function", "Coroutine": b"thread",
              "LightUserdata": b"userdata", "Userdata": b"userdata",
              "Table": b"table", "MetaTable": b"table", "ReadOnlyTable": b"table"}


def file_name(chunk_name, entries):
    """The file name for the code of a chunk: its name (bytes) and the entries of emitter.finish."""
    return f"{_PREFIX}{chunk_name.decode('latin-1').encode('unicode_escape').decode()}>\n" + "\n".join(entries)


@remembered(64)
def _places(name):
    """(name of the chunk as bytes, entries) of a file name."""
    title, _, rest = name.partition("\n")
    chunk_name = title[len(_PREFIX):-1].encode().decode("unicode_escape").encode("latin-1")
    return chunk_name, rest.split("\n")


def _is_script(frame):
    return frame.f_code.co_filename.startswith(_PREFIX)


def is_from_script(value):
    """Whether a value is a function of a script, not one of a library."""
    code = getattr(getattr(value, "co", value), "__code__", None)
    return code is not None and code.co_filename.startswith(_PREFIX)


def _entry(name, python_line):
    """(chunk name, Lua line, names) of a line of the Python text that a file name stands for."""
    chunk_name, entries = _places(name)
    number = min(python_line, len(entries)) - 1
    while number > 0 and not entries[number]:
        number -= 1
    line, *names = entries[number].split("\t")
    return chunk_name, int(line.lstrip(TAIL + PART) or 0), names


def position_at(frame):
    """b"user_script:3: " for a frame that is running, b"" if it is no script's."""
    if frame is None or not _is_script(frame):
        return b""
    return _position(frame.f_code.co_filename, frame.f_lineno)


@remembered(256)
def _position(name, python_line):
    chunk_name, line, _ = _entry(name, python_line)
    return b"%s:%d: " % (chunk_id(chunk_name), line)


def frame_at_level(level):
    """The frame of the function at `level` as `error` counts: 1 is who called the library function that asks.

    Frames of operations and calls are no levels; None beyond the outermost.
    """
    frame = sys._getframe(2)
    called_script = False
    while frame is not None:
        name = frame.f_code.co_filename
        is_script = name.startswith(_PREFIX)
        entry = _places(name)[1][frame.f_lineno - 1] if called_script and is_script else ""
        if name not in _CORE and not entry.startswith(PART):
            if not name.startswith((_PREFIX, _HERE)):
                return None
            level -= 1
            if level <= 0:
                return frame if not entry.startswith(TAIL) else None
            called_script = is_script
        frame = frame.f_back
    return None


def value_of(error):
    """The error value for what `pcall` has caught: one of CAUGHT. Others' mistakes are raised again."""
    return error.value if error.__class__ is LuaError else diagnose(error).value


def diagnose(error):
    """The LuaError, with its final value and place, for an exception that has been caught."""
    innermost, in_library = _innermost(error)
    chunk_name, line, names, where = None, 0, [], b""
    if innermost is not None:
        chunk_name, line, names = _entry(innermost.tb_frame.f_code.co_filename, innermost.tb_lineno)
        where = b"%s:%d: " % (chunk_id(chunk_name), line)
    if error.__class__ is LuaError:
        result = error
    elif isinstance(error, ArgumentError):
        result = LuaError(where + _bad_argument(error, names))
    elif isinstance(error, LibraryError):
        result = LuaError(where + error.value)
    elif isinstance(error, OperationError):
        name = names[error.operand] if 0 <= error.operand < len(names) and not in_library else ""
        message = _cannot(error.operation, type_name(error.culprit), name)
        result = LuaError(message if in_library else where + message)
    elif isinstance(error, ExecutionError):
        result = LuaError(error.value if in_library else where + error.value)
    elif isinstance(error, RecursionError):
        result = LuaError(where + b"stack overflow")
    elif isinstance(error, MemoryError):
        result = LuaError(b"not enough memory")
    else:
        result = LuaError(where + _of_type_error(error, innermost, in_library, names))
    if result.chunk is None:
        result.chunk, result.line = chunk_name, line
    return result


def _innermost(error):
    """The innermost entry of the traceback that is a script's, and whether a library was called from there."""
    innermost, in_library = None, False
    traceback = error.__traceback__
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        if name.startswith(_PREFIX):
            innermost, in_library = traceback, False
        elif name not in _CORE:
            in_library = True
        traceback = traceback.tb_next
    return innermost, in_library


def _bad_argument(error, names):
    scope, _, name = names[0].partition(" ") if names else ("", "", "")
    number = error.number
    name = name.encode("latin-1") or b"?"
    if scope == "method":
        number -= 1
        if number == 0:
            return b"calling '%s' on bad self (%s)" % (name, error.value)
    return b"bad argument #%d to '%s' (%s)" % (number, name, error.value)


def _cannot(operation, kind, name):
    scope, _, name = name.partition(" ")
    if scope and scope != "iterator":           # that of a `for` has a name only if its arguments are wrong
        name = name.encode().decode("unicode_escape").encode("latin-1") if scope == "field" else name.encode("latin-1")
        return b"attempt to %s %s '%s' (a %s value)" % (operation, scope.encode(), name, kind)
    return b"attempt to %s a %s value" % (operation, kind)


def _of_type_error(error, innermost, in_library, names):
    """A TypeError that Python raised in the text of a script: something was called or indexed that cannot be."""
    text = str(error)
    if text.startswith("couldn't record exception context"):    # PyPy, when the stack overflows inside `except`
        return b"stack overflow"
    culprit = _CULPRIT.search(text)
    if innermost is None or in_library or culprit is None or culprit.group(1) not in _LUA_TYPES:
        raise error
    operation = b"call" if "callable" in text else b"index"
    return _cannot(operation, _LUA_TYPES[culprit.group(1)], names[0] if names else "")
