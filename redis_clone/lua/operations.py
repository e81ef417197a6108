"""What emitted code calls when an operation is not the usual case, and what metatables do.

Emitted code tests for the usual case itself: two floats are added by `a + b`, a plain table is indexed by
`t[k]`. Here is the rest: strings that stand for numbers, metamethods, errors. Rules and messages are those of
lvm.c and ldebug.c; `OperationError` leaves the name of the culprit to diagnosis.py.

Tables with a metatable need no test at all: they are MetaTables, and Python calls `__missing__`, `__setitem__`,
`__call__` and `__eq__`, which are defined here. Metamethods that are functions run on Python's C stack: `depth`
counts how many are nested in this thread.
"""
import math
import sys
import threading
from contextlib import contextmanager
from itertools import count, islice

from .errors import ExecutionError, OperationError
from .values import (BOOLEAN_KEY, MetaTable, ReadOnlyTable, Table, Userdata, border, first, key_of, number_text,
                     parse_number, to_number, type_name)

__all__ = ["add", "subtract", "multiply", "divide", "modulo", "power", "negate", "lt", "le", "concat",
           "concat_two", "length", "set_index", "set_global", "index", "for_range", "adjust", "spread",
           "nested", "metamethod_of", "is_true", "build_table", "call_value", "check_key", "method",
           "set_field", "enter", "depth"]

_MAXIMUM_DEPTH = 195                            # nested calls through C, as LUAI_MAXCCALLS allows about 200
_LONGEST_CHAIN = 100                            # of __index tables: MAXTAGLOOP


class _Depth(threading.local):
    """How many calls through C are nested in this thread, and how many of generators: see calls.py."""

    level = 0
    generators = 0


depth = _Depth()


@contextmanager
def nested():
    """Around a call that needs C stack; raises LuaError if there are too many of them inside each other."""
    enter()
    try:
        yield
    finally:
        depth.level -= 1


def enter():
    """The quick half of `nested`: pair it with ``depth.level -= 1`` in a finally clause."""
    if depth.level >= _MAXIMUM_DEPTH:
        raise ExecutionError(b"C stack overflow")
    depth.level += 1


def is_true(value):
    """All but nil and false."""
    return value is not None and value is not False


def metamethod_of(value, event):
    """The metamethod of a value for an event (bytes), or None. Strings have none but __index: see `index`."""
    if isinstance(value, (MetaTable, Userdata)) and value.metatable is not None:
        return value.metatable.get(event)
    return None


def _call_metamethod(handler, *args):
    """One value of a metamethod."""
    enter()
    try:
        result = call_value(handler, *args)
    finally:
        depth.level -= 1
    return result if result.__class__ is not tuple else first(result)


def call_value(function, *args):
    """Call any Lua value, whether or not it can be called."""
    if not callable(function):
        raise OperationError(b"call", function)
    return function(*args)


# --- arithmetic ------------------------------------------------------------------------------------------

def _operands(left, right, event):
    """Two floats, or None and what the metamethod says."""
    # to_number of both, without the calls
    left_number = left if left.__class__ is float else (
        None if left.__class__ is not bytes else float(left) if left.isdigit() else parse_number(left))
    right_number = right if right.__class__ is float else (
        None if right.__class__ is not bytes else float(right) if right.isdigit() else parse_number(right))
    if left_number is not None is not right_number:
        return left_number, right_number
    handler = metamethod_of(left, event)
    if handler is None:
        handler = metamethod_of(right, event)
        if handler is None:
            if left_number is None:
                raise OperationError(b"perform arithmetic on", left, 0)
            raise OperationError(b"perform arithmetic on", right, 1)
    return None, _call_metamethod(handler, left, right)


def add(left, right):
    left, right = _operands(left, right, b"__add")
    return right if left is None else left + right


def subtract(left, right):
    left, right = _operands(left, right, b"__sub")
    return right if left is None else left - right


def multiply(left, right):
    left, right = _operands(left, right, b"__mul")
    return right if left is None else left * right


def divide(left, right):
    left, right = _operands(left, right, b"__div")
    return right if left is None else _quotient(left, right)


def _quotient(left, right):
    """IEEE division, which Python refuses for zero. The nan of 0/0 has its sign set, as x86 makes it."""
    if right:
        return left / right
    if left != left:
        return left
    if not left:
        return -math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def modulo(left, right):
    left, right = _operands(left, right, b"__mod")
    if left is None:
        return right
    quotient = _quotient(left, right)
    whole = math.floor(quotient) if quotient and -1e300 < quotient < 1e300 else quotient    # -0 stays -0
    return left - whole * right


def power(left, right):
    left, right = _operands(left, right, b"__pow")
    if left is None:
        return right
    if left != left and right % 2 == 1:         # as glibc's pow, which turns the sign of a nan
        return math.copysign(left, 1.0)
    try:
        return math.pow(left, right)
    except OverflowError:
        return -math.inf if left < 0 and right % 2 == 1 else math.inf
    except ValueError:
        if not left:                            # 0 to a negative power
            return math.copysign(math.inf, left) if right % 2 == 1 else math.inf
        return -math.nan


def negate(operand):
    number = to_number(operand)
    if number is not None:
        return -number
    handler = metamethod_of(operand, b"__unm")
    if handler is None:
        raise OperationError(b"perform arithmetic on", operand)
    return _call_metamethod(handler, operand, operand)


# --- comparison ------------------------------------------------------------------------------------------

def _cannot_compare(left, right):
    left, right = type_name(left), type_name(right)
    if left == right:
        return ExecutionError(b"attempt to compare two %s values" % left)
    return ExecutionError(b"attempt to compare %s with %s" % (left, right))


def _comparison_handler(left, right, event):
    """The metamethod that both operands have for an event, or None: two different ones do not count."""
    handler = metamethod_of(left, event)
    if handler is not None and handler is metamethod_of(right, event):
        return handler
    return None


def lt(left, right):
    if left.__class__ is right.__class__ and (left.__class__ is float or left.__class__ is bytes):
        return left < right
    if type_name(left) == type_name(right):
        handler = _comparison_handler(left, right, b"__lt")
        if handler is not None:
            return is_true(_call_metamethod(handler, left, right))
    raise _cannot_compare(left, right)


def le(left, right):
    if left.__class__ is right.__class__ and (left.__class__ is float or left.__class__ is bytes):
        return left <= right
    if type_name(left) == type_name(right):
        handler = _comparison_handler(left, right, b"__le")
        if handler is not None:
            return is_true(_call_metamethod(handler, left, right))
        handler = _comparison_handler(right, left, b"__lt")
        if handler is not None:
            return not is_true(_call_metamethod(handler, right, left))
    raise _cannot_compare(left, right)


# --- strings ---------------------------------------------------------------------------------------------

def concat(*parts):
    """`a .. b .. c`, from the right; numbers become their texts."""
    try:
        return b"".join(parts)
    except TypeError:
        pass
    texts = [number_text(part) if part.__class__ is float else part for part in parts]
    try:
        return b"".join(texts)
    except TypeError:
        return _concat_pairs(parts)


def concat_two(left, right):
    """`left .. right`, not both of them strings."""
    if right.__class__ is float:
        if left.__class__ is bytes:
            return left + number_text(right)
    elif left.__class__ is float and right.__class__ is bytes:
        return number_text(left) + right
    return concat(left, right)


def _concat_pairs(parts):
    """One by one from the right, with metamethods."""
    result = parts[-1]
    for position in range(len(parts) - 2, -1, -1):
        left = parts[position]
        if left.__class__ in (bytes, float) and result.__class__ in (bytes, float):
            result = concat(left, result)
            continue
        handler = metamethod_of(left, b"__concat")
        if handler is None:
            handler = metamethod_of(result, b"__concat")
        if handler is None:
            if left.__class__ in (bytes, float):
                # Only an operand as it was written has a name, not what came of those to its right.
                raise OperationError(b"concatenate", result, position + 1 if position == len(parts) - 2 else -1)
            raise OperationError(b"concatenate", left, position)
        result = _call_metamethod(handler, left, result)
    return result


def length(value):
    """`#value`; Lua 5.1 asks tables for no metamethod."""
    if value.__class__ is Table:
        size = float(len(value))                # most tables are sequences and nothing else
        if size in value and size + 1.0 not in value:
            return size
        return border(value)
    if value.__class__ is bytes:
        return float(len(value))
    if isinstance(value, Table):
        return border(value)
    handler = metamethod_of(value, b"__len")    # of userdata
    if handler is None:
        raise OperationError(b"get length of", value)
    size = _call_metamethod(handler, value)
    if size.__class__ is not float:             # Lua would take anything, but inference.py trusts that it is a number
        raise ExecutionError(b"'__len' must return a number")
    return size


# --- tables ----------------------------------------------------------------------------------------------

def index(table, key, string_index=None):
    """`table[key]` for a value and a key of any type, strings left to `string_index`."""
    if isinstance(table, Table):
        return table[key if key.__class__ is not bool else BOOLEAN_KEY[key]]
    if table.__class__ is bytes and string_index is not None:
        return string_index(table, key)
    if table.__class__ is Userdata:
        return table[key]
    raise OperationError(b"index", table)


def _missing(self, key):
    """MetaTable.__missing__: `__index`, a function or a table that is asked in its turn."""
    metatable = self.metatable
    if metatable is None:
        return None
    handler = metatable.get(b"__index")
    if handler.__class__ is Table:
        return handler.get(key)
    if handler.__class__ is MetaTable:
        value = handler.get(key)
        if value is not None:
            return value
    return _follow_index(self, key, handler)


def method(subject, name, string_index):
    """`subject[name]` for `subject:name(...)`, where subject is no plain table: quicker than by `__missing__`."""
    if subject.__class__ is MetaTable:
        function = subject.get(name)
        if function is not None:
            return function
        handler = subject.metatable.get(b"__index")
        if isinstance(handler, Table):
            function = handler.get(name)
            if function is not None or handler.__class__ is Table:
                return function
        return _follow_index(subject, name, handler)
    return index(subject, name, string_index)


def _follow_index(table, key, handler):
    for _ in range(_LONGEST_CHAIN):
        if handler is None:
            return None
        if not isinstance(handler, Table):
            break
        value = handler.get(key)
        if value is not None or handler.__class__ is Table:
            return value
        table = handler
        handler = table.metatable.get(b"__index") if table.metatable is not None else None
    else:
        raise ExecutionError(b"loop in gettable")
    if type_name(handler) == b"function":
        return _call_metamethod(handler, table, key_of(key))
    if handler.__class__ is bytes:              # __index = "text" reaches the string library
        return _missing_in_string(handler, key)
    raise OperationError(b"index", handler, -1)


def _missing_in_string(text, key):
    """A string asks its own metatable, which is the state's: that of the script that is running."""
    frame = sys._getframe()
    while frame is not None and "string_index" not in frame.f_globals:
        frame = frame.f_back
    if frame is None:
        raise OperationError(b"index", text, -1)
    return frame.f_globals["string_index"](text, key_of(key))


def set_index(table, key, value):
    """`table[key] = value` for values of any type."""
    if table.__class__ is not Table:
        if not isinstance(table, (Table, Userdata)):
            raise OperationError(b"index", table)
        table[key if key.__class__ is not bool else BOOLEAN_KEY[key]] = value       # MetaTable's own way
        return
    if key.__class__ is float:
        if key != key:
            _refuse_key(key)
    elif key is None:
        _refuse_key(key)
    elif key.__class__ is bool:
        key = BOOLEAN_KEY[key]
    if value is not None:
        table[key] = value
    else:
        table.pop(key, None)


def check_key(key):
    """Refuse nil and nan as the key of a new field."""
    if key is None or key != key:
        _refuse_key(key)


def _refuse_key(key):
    raise ExecutionError(b"table index is nil" if key is None else b"table index is NaN")


def set_field(table, key, value):
    """`table[key] = value` for a key that is neither nil nor nan nor a boolean: objects have most fields already."""
    if table.__class__ is MetaTable and value is not None and key in table:
        dict.__setitem__(table, key, value)
    else:
        set_index(table, key, value)


def set_global(table, name, value):
    """`name = value` for a global variable."""
    if value is not None or table.__class__ is not Table:
        table[name] = value
    else:
        table.pop(name, None)


_contains, _store = dict.__contains__, dict.__setitem__


def _set_item(self, key, value):
    """MetaTable.__setitem__: `__newindex` for new keys; value may be None."""
    if value is not None and _contains(self, key):
        _store(self, key, value)
    else:
        _set_new_item(self, key, value)


def _set_new_item(self, key, value):
    check_key(key)
    for _ in range(_LONGEST_CHAIN):
        if dict.__contains__(self, key):
            break
        handler = self.metatable.get(b"__newindex") if self.metatable is not None else None
        if handler is None:
            break
        if not isinstance(handler, Table):
            if type_name(handler) != b"function":
                raise OperationError(b"index", handler, -1)
            _call_metamethod(handler, self, key_of(key), value)
            return
        if handler.__class__ is not MetaTable:
            set_index(handler, key, value)
            return
        self = handler
    else:
        raise ExecutionError(b"loop in settable")
    if value is None:
        dict.pop(self, key, None)
    else:
        dict.__setitem__(self, key, value)


def _refuse_change(self, key, value):
    raise ExecutionError(b"Attempt to modify a readonly table")


def _call(self, *args):
    """MetaTable.__call__: `__call`."""
    handler = self.metatable.get(b"__call") if self.metatable is not None else None
    if type_name(handler) != b"function":
        raise OperationError(b"call", self)
    enter()
    try:
        return handler(self, *args)
    finally:
        depth.level -= 1


def _equal(self, other):
    """MetaTable.__eq__: the same table, or two whose `__eq` is the same and says so."""
    if self is other:
        return True
    if not isinstance(other, (MetaTable, Userdata)):
        return False
    handler = _comparison_handler(self, other, b"__eq")
    return handler is not None and is_true(_call_metamethod(handler, self, other))


def _not_equal(self, other):
    return not _equal(self, other)


MetaTable.__missing__ = _missing
MetaTable.__setitem__ = _set_item
MetaTable.__call__ = _call
MetaTable.co = None                             # from a coroutine it is called in another way: calls.call
MetaTable.__eq__ = _equal
MetaTable.__ne__ = _not_equal
MetaTable.__hash__ = object.__hash__


def _get_from_userdata(self, key):
    handler = metamethod_of(self, b"__index")
    if handler is None:
        raise OperationError(b"index", self)
    return _follow_index(self, key, handler)


def _set_in_userdata(self, key, value):
    handler = metamethod_of(self, b"__newindex")
    if handler is None:
        raise OperationError(b"index", self)
    if isinstance(handler, Table):
        set_index(handler, key_of(key), value)
    else:
        _call_metamethod(handler, self, key_of(key), value)


Userdata.__getitem__ = _get_from_userdata
Userdata.__setitem__ = _set_in_userdata
Userdata.__call__ = _call
Userdata.__eq__ = _equal
Userdata.__ne__ = _not_equal
Userdata.__hash__ = object.__hash__
ReadOnlyTable.__setitem__ = _refuse_change
ReadOnlyTable.__hash__ = object.__hash__


def build_table(named, positional, rest=()):
    """A table constructor with more in it than literals can say.

    named       (key, value) pairs in order
    positional  values of the positions from 1, stored after those
    rest        the results of a last call, at the positions that follow
    """
    table = Table()
    for key, value in named:
        set_index(table, key, value)
    position = 0.0
    for values in (positional, rest):
        for value in values:
            position += 1.0
            if value is not None:
                table[position] = value
            elif position in table:
                del table[position]
    if len(table) < position:
        table.size = position
    return table


# --- control ---------------------------------------------------------------------------------------------

_counting = [float(number) for number in range(1025)]
_LONGEST_SLICE = 1 << 15
_EXACT = float(1 << 53)


def for_range(start, stop, step):
    """The values of a numeric for: an iterable of floats.

    Lua adds the step again and again; as long as all are whole numbers that is the same as counting.
    """
    global _counting
    if not start.__class__ is stop.__class__ is step.__class__ is float:
        start, stop, step = (_for_number(start, b"initial value"), _for_number(stop, b"limit"),
                             _for_number(step, b"step"))
    if step == 1.0 and 0.0 <= start <= stop <= _LONGEST_SLICE and start.is_integer():
        last = int(stop)
        if last >= len(_counting):
            _counting = [float(number) for number in range(2 * last)]
        return _counting[int(start):last + 1]
    if start.is_integer() and step.is_integer() and step and -_EXACT < start < _EXACT and -_EXACT < step < _EXACT:
        if -_EXACT < stop < _EXACT:
            return islice(count(start, step), max(0, int((stop - start) // step) + 1))
        if stop == (math.inf if step > 0 else -math.inf):
            return count(start, step)
    return _steps(start, stop, step)


def _for_number(value, what):
    number = to_number(value)
    if number is None:
        raise ExecutionError(b"'for' %s must be a number" % what)
    return number


def _steps(start, stop, step):
    """As PUC Lua counts: from one step before the start, which may cost the last digits."""
    value = start - step + step
    if step > 0:
        while value <= stop:
            yield value
            value += step
    else:
        while stop <= value:
            yield value
            value += step


def adjust(results, wanted):
    """What a call returned as a tuple of exactly so many values."""
    if results.__class__ is not tuple:
        return (results,) + (None,) * (wanted - 1)
    missing = wanted - len(results)
    return results + (None,) * missing if missing >= 0 else results[:wanted]


def spread(function, args):
    """Call `function` with a tuple of arguments.

    `function(*args)` costs C stack in some versions of Python, so the usual numbers of arguments do without.
    """
    size = len(args)
    if size == 1:
        return function(args[0])
    if size == 2:
        return function(args[0], args[1])
    if size == 3:
        return function(args[0], args[1], args[2])
    if size == 0:
        return function()
    if size == 4:
        return function(args[0], args[1], args[2], args[3])
    enter()
    try:
        return function(*args)
    finally:
        depth.level -= 1
