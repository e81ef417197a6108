"""One Lua state: its globals, what emitted code needs around it, and the way in from Python.

A Runtime belongs to whoever calls it; one thread at a time may run scripts in it. Other threads may only call
`interrupt`: it sets a flag that every loop and every function of a script looks at, and the callback is then run
in the script's thread, between two operations.

    runtime = Runtime()
    function = runtime.load(b"return 1 + ...", b"@example")
    runtime.call(function, 2.0)             # 3.0

Nothing here gives a script files, time (but os.clock), other modules or Python objects: `globals` is where more is
given to it.
"""
from . import calls, iteration, operations
from .compiler import compile_chunk
from .diagnosis import CAUGHT, diagnose
from .libraries.base import open_base
from .libraries.coroutine import open_coroutine
from .libraries.math import open_math
from .libraries.os import open_os
from .libraries.string import open_string
from .libraries.table import open_table
from .stack import check_depth, need_room
from .values import BOOLEAN_KEY, MetaTable, ReadOnlyTable, Table, array_of, first, first_of, number_text

__all__ = ["Runtime"]

_MAXIMUM_STRING = 512 * 1024 * 1024


def _without_nils(fields, size=0.0):
    """A Table of the fields that are not nil, `size` of them positions."""
    table = Table(fields)
    if None in fields.values():
        for key in [key for key, value in fields.items() if value is None]:
            del table[key]
        table.size = size
    return table


_NAMESPACE = {
    "__name__": "lua",                          # a module for the functions: stack.py asks for it
    "__builtins__": {"float": float, "bytes": bytes, "tuple": tuple, "list": list, "bool": bool, "len": len, "int": int,
                     "hasattr": hasattr, "getattr": getattr},
    **{name: getattr(operations, name) for name in (
        "add", "subtract", "multiply", "divide", "modulo", "power", "negate", "lt", "le", "concat", "concat_two",
        "length", "index", "set_index", "set_global", "for_range", "adjust", "spread", "build_table", "check_key",
        "method", "set_field")},
    **{name: getattr(calls, name) for name in (
        "bounce", "call", "generator_function", "argument_table", "keep_environment")},
    **{name: getattr(iteration, name) for name in ("each_key", "each_pair", "each")},
    "Table": Table, "array_of": array_of, "without_nils": _without_nils, "first": first, "first_of": first_of,
    "BOOLEAN_KEY": BOOLEAN_KEY, "INFINITY": float("inf"), "check_depth": check_depth, "number_text": number_text,
    "NOTHING": object(),
}


class Runtime:
    """A Lua state with the standard libraries.

    globals           the Table _G
    environment       the table that new chunks take for it: setfenv(0, ...) changes that
    namespace         the Python globals of emitted code; namespace["STOP"] is true while an interruption waits
    string_metatable  what strings have in common: __index is the string library
    running           the Coroutine that runs, None outside of all
    random            the generator of math.random
    max_string        bytes that a library function may put into one string
    """

    nested = staticmethod(operations.nested)

    def __init__(self):
        self.max_string = _MAXIMUM_STRING
        self.globals = self.environment = Table()
        self.running = None
        self._callbacks = []
        self.string_metatable = Table()
        self.namespace = {**_NAMESPACE, "G": self.globals, "STOP": False, "stop": self.stop,
                          "string_index": self._string_index()}
        self.globals[b"_G"] = self.globals
        self.globals[b"_VERSION"] = b"Lua 5.1"
        for name, function in open_base(self).items():
            self.globals[name] = function
        self.namespace["select"] = self.globals[b"select"]
        for name, open_library in ((b"string", open_string), (b"table", open_table), (b"math", open_math),
                                   (b"os", open_os), (b"coroutine", open_coroutine)):
            self.globals[name] = open_library(self)
        self.namespace["yield_"] = self.globals[b"coroutine"][b"yield"]
        self.string_metatable[b"__index"] = self.globals[b"string"]

    def _string_index(self):
        """What emitted code calls for an index of a string."""
        metatable = self.string_metatable

        def string_index(text, key):
            handler = metatable.get(b"__index")
            if isinstance(handler, Table):
                return operations.index(handler, key)
            if handler is None:
                raise operations.OperationError(b"index", text)
            return first_of(operations.call_value(handler, text, key))
        return string_index

    def load(self, source, name=b"@user_script", environments=False):
        """The main function of a chunk (bytes); raises LuaError with the message of a syntax error."""
        return compile_chunk(source, name, self.namespace, self.environment, environments)

    def call(self, function, *args):
        """Call a function of this state. Returns one value bare, or a tuple; raises LuaError, diagnosed.

        What is neither a LuaError nor caused by the script passes through: ScriptKilled, mistakes of libraries.
        """
        try:
            return function(*args)
        except CAUGHT as error:
            raise diagnose(error) from None

    def set_metatable(self, table, metatable):
        """Give a table a metatable, or take it away with None."""
        if metatable is None:
            if table.__class__ is MetaTable:
                table.__class__ = Table
            elif table.__class__ is ReadOnlyTable:
                table.metatable = None
            return
        table.metatable = metatable
        if table.__class__ is Table:
            table.__class__ = MetaTable

    def protect(self, table):
        """From now on scripts cannot change this table; those in it are not protected by that."""
        if table.__class__ is Table:
            table.metatable = None
        table.__class__ = ReadOnlyTable

    def close(self):
        """Let go of everything, once no script will run here any more.

        Scripts and what they use are held in circles: left alone, they would wait for the garbage collector.
        """
        self.namespace.clear()
        self.globals.clear()

    def interrupt(self, callback):
        """Have `callback()` run soon in the script's thread; any thread may ask for it."""
        self._callbacks.append(callback)
        self.namespace["STOP"] = True

    def pause(self):
        """Let an interruption in, if one waits: for what takes long and is no script."""
        if self.namespace["STOP"]:
            self.stop()

    def stop(self):
        """Run the callbacks that wait; called by scripts and libraries when they see the flag."""
        need_room()                             # else they wait until the script is less deep
        self.namespace["STOP"] = False
        while self._callbacks:                  # other threads append to it at any time
            self._callbacks.pop(0)()
