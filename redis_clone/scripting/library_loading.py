"""From the source of a library to its functions: `#!lua name=mylib`, then Lua code that registers functions.

    #!lua name=counters
    local function double(keys, args) return 2 * redis.call("GET", keys[1]) end
    redis.register_function{function_name = "double", callback = double, flags = {"no-writes"}}

All libraries of an engine live in one Lua state, apart from that of EVAL. The code of a library is run once. As in
Redis it then finds a single global, `redis`, and in that little more than `register_function`: what it
needs to define things, nothing that could ask for data. So the globals are exchanged while a library is loaded,
which costs functions nothing later, when they find everything but `register_function`.

Called with the engine's lock held. Not here: which libraries there are, and whether names clash (functions.py).
"""
import re
import threading
from contextlib import contextmanager

from ..errors import RedisError
from ..inline import split_inline
from ..lua.errors import LuaError
from ..lua.values import Table, to_string, type_name
from .conversion import call_error, decode_text
from .scripts import Program, parse_flags

__all__ = ["Function", "Library", "LibraryLoader", "LibraryRefused", "parse_source"]

LOAD_LIMIT_S = 0.5
_ENGINE = b"lua"
_is_name = re.compile(rb"[0-9A-Za-z_]+").fullmatch
_BAD_NAME = ("Library names can only contain letters, numbers, or underscores(_) and must be at least one character "
             "long")
_API = (b"log", b"LOG_DEBUG", b"LOG_VERBOSE", b"LOG_NOTICE", b"LOG_WARNING", b"REDIS_VERSION", b"REDIS_VERSION_NUM")


class LibraryRefused(RedisError):
    """A library cannot be taken in; `reason` is the text of the reply without its code."""

    def __init__(self, reason):
        super().__init__(f"ERR {reason}")
        self.reason = reason


class Function(Program):
    """One function of a library. `description` is bytes or None."""

    __slots__ = ("description", "library_name")

    def __init__(self, name, callback, flags, runtime, library_name, description=None):
        super().__init__(name, callback, flags, runtime)
        self.library_name = library_name
        self.description = description


class Library:
    """A library: its name, its whole source, and its functions by name in the order they were registered in."""

    __slots__ = ("name", "source", "functions")

    def __init__(self, name, source):
        self.name = name
        self.source = source
        self.functions = {}


def parse_source(source):
    """The name of the library, and its code without the first line but with its end, so that lines keep their numbers.

    Raises LibraryRefused.
    """
    if not source.startswith(b"#!"):
        raise LibraryRefused("Missing library metadata")
    end = source.split(b"\0", 1)[0].find(b"\n")
    words = split_inline(source[:end]) if end >= 0 else None
    if not words:
        raise LibraryRefused("Invalid library metadata")
    name = None
    for word in words[1:]:
        if word[:5].lower() != b"name=":
            raise LibraryRefused(f"Invalid metadata value given: {decode_text(word)}")
        if name is not None:
            raise LibraryRefused("Invalid metadata value, name argument was given multiple times")
        name = word[5:]
    if name is None:
        raise LibraryRefused("Library name was not given")
    if not _is_name(name):
        raise LibraryRefused(_BAD_NAME)
    if words[0][2:].lower() != _ENGINE:
        raise LibraryRefused(f"Engine '{decode_text(words[0][2:])}' not found")
    return name, source[end:]


class LibraryLoader:
    """Runs the code of libraries, in one Lua state that is made for the first of them."""

    def __init__(self, engine):
        self._engine = engine
        self._runtime = self._globals_of_loading = None
        self._library = None                    # the one that is being loaded

    def load(self, name, source, code, limit_s=LOAD_LIMIT_S):
        """The library with this name; None as `limit_s` lets it take its time. Raises LibraryRefused."""
        if self._runtime is None:
            self._make_runtime()
        library = Library(name, source)
        try:
            chunk = self._runtime.load(code, b"@user_function")
        except LuaError as error:
            raise LibraryRefused(f"Error compiling function: {decode_text(error.value)}") from None
        try:
            with self._globals_for(library), self._time_limit(library, limit_s):
                self._runtime.call(chunk)
        except LuaError as error:
            raise LibraryRefused(f"Error registering functions: {_message(error.value)}") from None
        if not library.functions:
            raise LibraryRefused("No functions registered")
        return library

    def _make_runtime(self):
        runtime = self._engine.scripting.new_runtime()
        usual = runtime.globals[b"redis"]
        api = Table((name, usual[name]) for name in _API)
        api[b"register_function"] = self._register_function
        runtime.set_metatable(api, runtime.globals.metatable)       # refuses to be asked for anything else
        runtime.protect(api)
        self._globals_of_loading = {b"redis": api}
        self._runtime = runtime

    @contextmanager
    def _globals_for(self, library):
        """While `library` is loaded: its globals in place of the usual ones."""
        table = self._runtime.globals
        usual = dict(table)
        _exchange(table, self._globals_of_loading)
        self._library = library
        try:
            yield
        finally:
            self._library = None
            _exchange(table, usual)

    @contextmanager
    def _time_limit(self, library, limit_s):
        """What runs meanwhile is ended after so many seconds, None for never."""
        if limit_s is None:
            yield
            return

        def end():
            if self._library is library:        # else it was done at the last moment
                raise call_error(b"FUNCTION LOAD timeout")

        timer = threading.Timer(limit_s, self._runtime.interrupt, (end,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    # What the code of libraries calls

    def _register_function(self, *args):
        """redis.register_function(name, callback), or with a table of named arguments."""
        library = self._library
        if library is None:
            raise call_error(b"redis.register_function can only be called on FUNCTION LOAD command")
        if len(args) == 2:
            name, callback, words, description = *_positional(*args), (), None
        elif len(args) == 1:
            name, callback, words, description = _named(args[0])
        else:
            raise call_error(b"wrong number of arguments to redis.register_function")
        try:
            flags = parse_flags([word.lower() for word in words])
        except RedisError:
            raise call_error(b"unknown flag given") from None
        if not _is_name(name):
            raise call_error(_BAD_NAME.encode())
        if name in library.functions:
            raise call_error(b"Function already exists in the library")
        library.functions[name] = Function(name, callback, flags, self._runtime, library.name, description)
        return ()


def _exchange(table, contents):
    dict.clear(table)
    dict.update(table, contents)


def _positional(name, callback):
    name = to_string(name)
    if name is None:
        raise call_error(b"first argument to redis.register_function must be a string")
    if type_name(callback) != b"function":
        raise call_error(b"second argument to redis.register_function must be a function")
    return name, callback


def _named(table):
    """(name, callback, flags as they are written, description) of a table of arguments."""
    if not isinstance(table, Table):
        raise call_error(b"calling redis.register_function with a single argument is only applicable to Lua table "
                         b"(representing named arguments).")
    found = {b"function_name": None, b"callback": None, b"flags": (), b"description": None}
    for key, value in list(table.items()):
        key = to_string(key)
        if key is None:
            raise call_error(b"named argument key given to redis.register_function is not a string")
        key = key.lower()
        if key not in found:
            raise call_error(b"unknown argument given to redis.register_function")
        found[key] = _ARGUMENTS[key](key, value)
    if found[b"function_name"] is None:
        raise call_error(b"redis.register_function must get a function name argument")
    if found[b"callback"] is None:
        raise call_error(b"redis.register_function must get a callback argument")
    return found[b"function_name"], found[b"callback"], found[b"flags"], found[b"description"]


def _string_argument(key, value):
    text = to_string(value)
    if text is None:
        raise call_error(b"%s argument given to redis.register_function must be a string" % key)
    return text


def _function_argument(key, value):
    if type_name(value) != b"function":
        raise call_error(b"%s argument given to redis.register_function must be a function" % key)
    return value


def _flags_argument(key, value):
    if not isinstance(value, Table):
        raise call_error(b"%s argument to redis.register_function must be a table representing function flags" % key)
    words, position = [], 1.0
    while value[position] is not None:
        word = to_string(value[position])
        if word is None:
            raise call_error(b"unknown flag given")
        words.append(word)
        position += 1.0
    return words


_ARGUMENTS = {b"function_name": _string_argument, b"description": _string_argument, b"callback": _function_argument,
              b"flags": _flags_argument}


def _message(value):
    """The text of an error value; those of Lua itself have no code."""
    if isinstance(value, Table):
        return decode_text(to_string(value[b"err"]) or b"ERR unknown error")
    return f"ERR {decode_text(to_string(value) or b'unknown error')}"
