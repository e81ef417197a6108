"""The basic functions: lbaselib.c without files and `print`.

`pcall` catches what scripts and libraries raise and nothing else; an exception that no script can cause passes
through. Environments (`getfenv`, `setfenv`) exist for functions of chunks that were compiled for them, see
emitter.py: others keep the globals of the state.
"""
import sys

from ..arguments import (NO_VALUE, check_any, check_int, check_string, check_table, optional_int, optional_string,
                         wrong_type)
from ..diagnosis import CAUGHT, frame_at_level, position_at, value_of
from ..errors import ArgumentError, ExecutionError, LibraryError, LuaError
from ..iteration import ipairs_step, next_entry, pairs_step
from ..operations import call_value, check_key, metamethod_of
from ..values import (MetaTable, ReadOnlyTable, Table, Userdata, border, first_of, parse_number, raw_equal, raw_get,
                      raw_set, raw_text, to_string, type_name)

__all__ = ["open_base", "tostring"]

_MOST_RESULTS = 7997                            # of unpack: LUAI_MAXCSTACK is 8000
_DIGITS = b"0123456789abcdefghijklmnopqrstuvwxyz"
_MOST = 0xFFFFFFFFFFFFFFFF                      # of tonumber with a base


def assert_(value=NO_VALUE, message=NO_VALUE, *rest):
    check_any(value, 1)
    if value is None or value is False:
        raise LibraryError(optional_string(message, 2, b"assertion failed!"))
    if message is NO_VALUE:
        return value
    return (value, message, *rest)


def error(message=None, level=1.0, *_):
    """Raise a Lua error; a text gets the position of the function at `level`, the caller's for 1."""
    if level.__class__ is float and level == 1.0 and message.__class__ is bytes:
        raise LuaError((position_at(sys._getframe(1)) or position_at(frame_at_level(1))) + message)
    level = 1 if level is None else check_int(level, 2)
    text = to_string(message)
    if level > 0 and text is not None:
        message = position_at(frame_at_level(level)) + text
    raise LuaError(message)


def pcall(function=NO_VALUE, *args):
    try:
        if not args:
            if function is NO_VALUE:
                raise ArgumentError(1, b"value expected")
            results = function()
        elif len(args) == 1:                    # a star call may cost C stack
            results = function(args[0])
        elif len(args) == 2:
            results = function(args[0], args[1])
        else:
            results = function(*args)
    except LuaError as error:
        if function is NO_VALUE:
            raise
        return False, error.value if error.__class__ is LuaError else value_of(error)
    except CAUGHT as error:
        if not callable(function):
            return False, b"attempt to call a %s value" % type_name(function)
        return False, value_of(error)
    return (True, *results) if results.__class__ is tuple else (True, results)


def xpcall(function=NO_VALUE, handler=NO_VALUE, *_):
    check_any(handler, 2)
    try:
        results = call_value(function)
    except CAUGHT as error:
        value = value_of(error)
        try:
            return False, first_of(call_value(handler, value))
        except CAUGHT:
            return False, b"error in error handling"
    return (True, *results) if results.__class__ is tuple else (True, results)


def select(index=NO_VALUE, *values):
    if index == b"#":
        return float(len(values))
    position = check_int(index, 1)
    if position < 0:
        position += len(values)
    else:
        position -= 1
    if position < 0:
        raise ArgumentError(1, b"index out of range")
    return values[position:]


def unpack(table=NO_VALUE, start=NO_VALUE, stop=NO_VALUE, *_):
    check_table(table, 1)
    low = optional_int(start, 2, 1)
    high = optional_int(stop, 3, None)
    if high is None:
        high = len(table)
        if float(high) not in table or float(high + 1) in table:
            high = int(border(table))
    if low > high:
        return ()
    if high - low >= _MOST_RESULTS:
        raise LibraryError(b"too many results to unpack")
    get = table.get
    return tuple([get(float(position)) for position in range(low, high + 1)])


def tonumber(value=NO_VALUE, base=NO_VALUE, *_):
    if base is NO_VALUE or optional_int(base, 2, 10) == 10:
        if value.__class__ is bytes:
            return float(value) if value.isdigit() else parse_number(value)
        if value.__class__ is float:
            return value
        check_any(value, 1)
        return None
    base = check_int(base, 2)
    text = check_string(value, 1)
    if not 2 <= base <= 36:
        raise ArgumentError(2, b"base out of range")
    digits = text.partition(b"\0")[0].strip(b" \t\n\v\f\r")
    negative = digits[:1] == b"-"
    digits = digits[1:] if digits[:1] in (b"-", b"+") else digits
    if base == 16 and digits[:2].lower() == b"0x":
        digits = digits[2:]
    if not digits or digits.lower().strip(_DIGITS[:base]):      # in one go: int() takes long for very many digits
        return None
    digits = digits.lstrip(b"0")
    number = min(int(digits or b"0", base), _MOST) if len(digits) <= 64 else _MOST     # strtoul
    return float(-number % (1 << 64) if negative and number != _MOST else number)


def tostring(value=NO_VALUE, *_):
    """The text of a value, by its metamethod __tostring if it has one."""
    if value.__class__ is bytes:
        return value
    check_any(value, 1)
    handler = metamethod_of(value, b"__tostring")
    if handler is not None:
        return first_of(call_value(handler, value))
    return raw_text(value)


def type_(value=NO_VALUE, *_):
    return type_name(check_any(value, 1))


def pairs(table=NO_VALUE, *_):
    return pairs_step, check_table(table, 1), None


def ipairs(table=NO_VALUE, *_):
    return ipairs_step, check_table(table, 1), 0.0


def rawequal(left=NO_VALUE, right=NO_VALUE, *_):
    check_any(left, 1)
    check_any(right, 2)
    return raw_equal(left, right)


def rawget(table=NO_VALUE, key=NO_VALUE, *_):
    return raw_get(check_table(table, 1), check_any(key, 2))


def rawset(table=NO_VALUE, key=NO_VALUE, value=NO_VALUE, *_):
    check_table(table, 1)
    check_any(key, 2)
    check_any(value, 3)
    if table.__class__ is ReadOnlyTable:
        raise ExecutionError(b"Attempt to modify a readonly table")
    check_key(key)
    raw_set(table, key, value)
    return table


def newproxy(model=None, *_):
    if model is None or model is False:
        return Userdata()
    if model is True:
        return Userdata(Table())
    if model.__class__ is Userdata and model.metatable is not None:
        return Userdata(model.metatable)
    raise ArgumentError(1, b"boolean or proxy expected")


def collectgarbage(option=NO_VALUE, argument=NO_VALUE, *_):
    """Python frees memory by itself, and does not tell how much of it is Lua's: 0 KB for "count"."""
    option = optional_string(option, 1, b"collect")
    if option not in (b"collect", b"stop", b"restart", b"count", b"step", b"setpause", b"setstepmul"):
        raise ArgumentError(1, b"invalid option '%s'" % option)
    optional_int(argument, 2, 0)
    return True if option == b"step" else 0.0


def gcinfo(*_):
    return 0.0


def open_base(runtime):
    """The Table of the basic functions, to be copied into the globals."""
    return Table({
        b"assert": assert_, b"collectgarbage": collectgarbage, b"error": error, b"gcinfo": gcinfo, b"ipairs": ipairs,
        b"newproxy": newproxy, b"next": next_entry, b"pairs": pairs, b"pcall": pcall, b"rawequal": rawequal,
        b"rawget": rawget, b"rawset": rawset, b"select": select, b"tonumber": tonumber, b"tostring": tostring,
        b"type": type_, b"unpack": unpack, b"xpcall": xpcall,
        **_open_metatables(runtime), **_open_loading(runtime), **_open_environments(runtime)})


def _open_metatables(runtime):
    def getmetatable(value=NO_VALUE, *_):
        check_any(value, 1)
        if isinstance(value, (MetaTable, Userdata)):
            metatable = value.metatable
        else:
            metatable = runtime.string_metatable if value.__class__ is bytes else None
        if metatable is None:
            return None
        shown = metatable.get(b"__metatable")
        return metatable if shown is None else shown

    def setmetatable(table=NO_VALUE, metatable=NO_VALUE, *_):
        check_table(table, 1)
        if metatable is not None and not isinstance(metatable, Table):
            raise ArgumentError(2, b"nil or table expected")
        if table.__class__ is Table:            # as runtime.set_metatable, but quicker: objects are made like this
            if metatable is not None:
                table.metatable = metatable
                table.__class__ = MetaTable
            return table
        if table.metatable is not None and table.metatable.get(b"__metatable") is not None:
            raise LibraryError(b"cannot change a protected metatable")
        if table.__class__ is ReadOnlyTable:
            raise ExecutionError(b"Attempt to modify a readonly table")
        runtime.set_metatable(table, metatable)
        return table

    return {b"getmetatable": getmetatable, b"setmetatable": setmetatable}


def _open_loading(runtime):
    def loadstring(text=NO_VALUE, name=NO_VALUE, *_):
        text = check_string(text, 1)
        return load_chunk(text, optional_string(name, 2, text))

    def load(reader=NO_VALUE, name=NO_VALUE, *_):
        if type_name(reader if reader is not NO_VALUE else None) != b"function":
            raise wrong_type(reader, 1, b"function")
        name = optional_string(name, 2, b"=(load)")
        pieces, size, flags = [], 0, runtime.namespace
        while True:
            if flags["STOP"]:                   # the reader may be a library function, which never looks
                runtime.stop()
            try:
                piece = first_of(reader())
            except CAUGHT as error:
                return None, value_of(error)
            if piece is None or piece == b"":
                return load_chunk(b"".join(pieces), name)
            piece = to_string(piece)
            if piece is None:
                return None, position_at(frame_at_level(1)) + b"reader function must return a string"
            pieces.append(piece)
            size += len(piece)
            if size > runtime.max_string:
                raise LibraryError(b"not enough memory")

    def load_chunk(text, name):
        try:
            # Its globals may be changed by a setfenv that its text does not mention.
            return runtime.load(text, name, environments=True)
        except LuaError as error:
            return None, error.value

    return {b"load": load, b"loadstring": loadstring}


def _open_environments(runtime):
    def environment_at(level):
        """The list that holds the globals of the function at a level, or None if it has no own ones."""
        if level < 0:
            raise ArgumentError(1, b"level must be non-negative")
        frame = frame_at_level(level + 1)       # over getfenv or setfenv
        if frame is None:
            raise ArgumentError(1, b"invalid level")
        return frame.f_locals.get("E")

    def getfenv(function=NO_VALUE, *_):
        if type_name(None if function is NO_VALUE else function) == b"function":
            holder = getattr(function, "environment", None)
        else:
            level = optional_int(function, 1, 1)
            holder = environment_at(level) if level else [runtime.environment]
        environment = holder[0] if holder else runtime.globals
        shown = metamethod_of(environment, b"__fenv")
        return environment if shown is None else shown

    def setfenv(function=NO_VALUE, table=NO_VALUE, *_):
        check_table(table, 2)
        if type_name(None if function is NO_VALUE else function) == b"function":
            holder = getattr(function, "environment", None)
        else:
            level = check_int(function, 1)
            if level == 0:
                runtime.environment = table
                return ()
            holder = environment_at(level)
        if holder is None:
            raise LibraryError(b"'setfenv' cannot change environment of given object")
        holder[0] = table
        return holder[1]

    return {b"getfenv": getfenv, b"setfenv": setfenv}
