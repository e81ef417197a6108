"""Errors of scripts: what is raised, and the classes that say how their message is completed.

Library code raises `LibraryError` (a text) or, through arguments.py, `ArgumentError`; what emitted code calls
raises `OperationError`. Their messages lack what only the caller's side knows: the position in the script, the
name by which a function was called or a value is known. `diagnosis.py` adds it when the error is caught.
"""
__all__ = ["LuaError", "LibraryError", "ArgumentError", "OperationError", "ExecutionError", "ScriptKilled", "chunk_id"]


class LuaError(Exception):
    """An error that `pcall` can catch. `value` is the error value: any Lua value, mostly bytes.

    `chunk` and `line`, once it has been diagnosed, tell the innermost place in a script: the chunk's name (bytes,
    such as b"@user_script") and a line from 1, or None and 0.
    """

    chunk = None
    line = 0

    def __init__(self, value):
        super().__init__(value)
        self.value = value


class LibraryError(LuaError):
    """A library function gives up: the position of its caller will be put before the message (bytes)."""


class ArgumentError(LibraryError):
    """Argument `number` (from 1) of a library function is wrong: "bad argument #1 to 'name' (message)"."""

    def __init__(self, number, message):
        super().__init__(message)
        self.number = number


class OperationError(LuaError):
    """An operator cannot work on a value: "attempt to <operation> <what it is> (a <type> value)".

    `operand` says which of the operands is to blame, from 0, so that its name can be told.
    """

    def __init__(self, operation, value, operand=0):
        super().__init__(None)
        self.operation = operation              # b"index", b"call", b"perform arithmetic on" ...
        self.culprit = value
        self.operand = operand


class ExecutionError(LuaError):
    """An operation of the language fails with this message (bytes), which gets a position if a script did it."""


class ScriptKilled(BaseException):
    """Ends a script from outside; no Exception, so that `pcall` does not hold it up."""


def chunk_id(name, size=60):
    """A chunk's name as messages show it; `size` is the room for it and a final NUL.

    "=name" and "@file" stand for themselves, of a long file name the end is kept; anything else is the source
    itself, of which the first line is shown.
    """
    name = name.split(b"\0", 1)[0]
    if name[:1] == b"=":
        return name[1:size]
    if name[:1] == b"@":
        room = size - len(" '...' ") - 1
        return name[1:] if len(name) - 1 <= room else b"..." + name[-room:]
    shown = name.split(b"\n", 1)[0].split(b"\r", 1)[0][:size - len(" [string \"...\"] ") - 1]
    return b'[string "%s%s"]' % (shown, b"..." if len(shown) < len(name) else b"")
