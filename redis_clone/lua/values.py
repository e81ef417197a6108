"""What a Lua value is in Python, and how values become text and numbers.

=========  ==============================================================================================
nil        None
boolean    True, False
number     float, always: overflow, 2^53, inf, nan and -0 then behave as in Lua without any code
string     bytes
table      Table, a dict; MetaTable once it has a metatable, ReadOnlyTable once it is protected
function   a plain Python function; missing arguments are its defaults, extra ones go into ``*_``
thread     coroutines.Coroutine
userdata   LightUserdata, Userdata
=========  ==============================================================================================

A function returns one result as it is and any other number of results as a tuple; no Lua value is a tuple.
An int never is a Lua value: `True == 1` and `1 == 1.0` make the rest of Python's numbers trouble enough.

A plain table pays nothing for metatables: reads and stores are those of dict. `set_metatable` changes the
class of the table, and the methods of MetaTable look for metamethods. Booleans as keys would meet 1 and 0,
so they are kept as `BOOLEAN_KEY[value]`; `raw_get`, `raw_set` and `key_of` take care of that.

No locks: a Lua state belongs to the one thread that runs it.
"""
import math
import re
from types import BuiltinFunctionType, FunctionType, MethodType

__all__ = ["Table", "MetaTable", "ReadOnlyTable", "Userdata", "LightUserdata", "NULL", "BOOLEAN_KEY", "first",
           "first_of", "results_of", "key_of", "raw_equal", "raw_get", "raw_set", "array_of", "border", "type_name",
           "number_text", "parse_number", "to_number", "to_string", "raw_text", "name_type"]


class _BooleanKey:
    """Stands for true or false where a boolean is a key of a dict."""

    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value


BOOLEAN_KEY = {False: _BooleanKey(False), True: _BooleanKey(True)}


class Table(dict):
    """A Lua table without a metatable.

    cursor     for next(): see iteration.py
    metatable  of a MetaTable
    size       how many positions a constructor had, if some of them were nil: see `border`
    All of them are unset in a plain table, so that making one is making a dict.
    """

    __slots__ = ("cursor", "metatable", "size")

    def __missing__(self, key):
        return None

    def __eq__(self, other):
        return self is other

    def __ne__(self, other):
        return self is not other

    __hash__ = object.__hash__

    def __repr__(self):
        return f"<{self.__class__.__name__} with {len(self)} fields>"


class MetaTable(Table):
    """A table with a metatable, in `metatable`: a Table, never None. operations.py fills in what its methods do."""

    __slots__ = ()
    __hash__ = object.__hash__


class ReadOnlyTable(MetaTable):
    """A table that scripts cannot change, as Redis protects its libraries; `metatable` may be None."""

    __slots__ = ()
    __hash__ = object.__hash__


class Userdata:
    """What `newproxy` makes: nothing but an identity and perhaps a metatable. Its methods are in operations.py."""

    __slots__ = ("metatable",)

    def __init__(self, metatable=None):
        self.metatable = metatable


class LightUserdata:
    """An address of C, which scripts can only compare and print: cjson.null."""

    __slots__ = ("address",)

    def __init__(self, address):
        self.address = address


NULL = LightUserdata(0)

_FUNCTIONS = (FunctionType, BuiltinFunctionType, MethodType)
_TYPE_NAMES = {type(None): b"nil", bool: b"boolean", float: b"number", bytes: b"string", Table: b"table",
               MetaTable: b"table", ReadOnlyTable: b"table", LightUserdata: b"userdata",
               Userdata: b"userdata",
               **dict.fromkeys(_FUNCTIONS, b"function")}


def type_name(value):
    """What `type(value)` says in Lua, as bytes; coroutines register their class with `name_type`."""
    return _TYPE_NAMES[value.__class__]


def name_type(kind, name):
    """Make `type_name` know one more Python class."""
    _TYPE_NAMES[kind] = name


def first(results):
    """The first of a tuple of results."""
    return results[0] if results else None


def first_of(results):
    """The first of what a function returned, bare or as a tuple."""
    return results if results.__class__ is not tuple else results[0] if results else None


def results_of(results):
    """What a function returned as a tuple, however many results there are."""
    return results if results.__class__ is tuple else (results,)


def key_of(key):
    """A key of a Table's dict as Lua sees it."""
    return key if key.__class__ is not _BooleanKey else key.value


def raw_equal(left, right):
    """`rawequal`: whether two values are the same; no metamethod is asked."""
    kind = left.__class__
    if kind is bytes or kind is float:          # for PyPy a nan is itself
        return kind is right.__class__ and left == right
    return left is right


def raw_get(table, key):
    """`rawget`: the value of a key, None if there is none; for keys of any type."""
    return dict.get(table, key if key.__class__ is not bool else BOOLEAN_KEY[key])


def raw_set(table, key, value):
    """`rawset` without checks: store a value, or forget the key if it is None. The key is neither None nor nan."""
    if key.__class__ is bool:
        key = BOOLEAN_KEY[key]
    if value is None:
        dict.pop(table, key, None)
    else:
        dict.__setitem__(table, key, value)


def array_of(values):
    """A Table of an iterable of values with keys 1, 2, ...; nils leave gaps."""
    table = Table()
    position = 0.0
    for value in values:
        position += 1.0
        if value is not None:
            table[position] = value
    if len(table) < position:
        table.size = position
    return table


def border(table):
    """`#table`: an n so that table[n] is not nil and table[n + 1] is. Of several any may be chosen.

    Most tables are sequences and nothing else: then it is their length. It never is more than twice the length.
    """
    length = float(len(table))
    contains = table.__contains__
    size = getattr(table, "size", None)
    if size is not None and length <= size:     # PUC Lua looks at the array that the constructor made, from its end
        if not contains(size):
            return _border_between(table, 0.0, size)
        if not contains(size + 1.0):
            return size
    if contains(length):
        if not contains(length + 1.0):
            return length
        low, high = length, length * 2.0
        if contains(high):                      # holes: the first of them is below
            return _first_border(table)
    elif not length or not contains(1.0):
        return 0.0
    else:                                       # a few keys that are no positions
        low, high, step = 1.0, length, 1.0
        while high - step > 1.0:
            if contains(high - step):
                low = high - step
                break
            high -= step
            step += step
    return _border_between(table, low, high)


def _border_between(table, low, high):
    """A border from `low`, 0 or a position that is not nil, to `high`, one that is."""
    while high - low > 1.0:
        middle = (low + high) // 2.0
        if middle in table:
            low = middle
        else:
            high = middle
    return low


def _first_border(table):
    """The last position before the first that is empty; there is one up to the number of keys."""
    position = 1.0
    while position in table:
        position += 1.0
    return position - 1.0


# --- numbers and text ------------------------------------------------------------------------------------

def number_text(number):
    """A number as Lua prints it, `%.14g`: bytes. Python leaves out the sign of a nan, Lua does not."""
    if number.is_integer() and -1e14 < number < 1e14 and number:
        return b"%d" % number                   # quicker, and the same for whole numbers of up to 14 digits but -0
    if number == number:
        return b"%.14g" % number
    return b"-nan" if math.copysign(1.0, number) < 0 else b"nan"


# Without groups: what Python's float() takes as well. It would also take 1_0, and nothing else.
_NUMBER = re.compile(rb"""
    \s* [+-]? (?: (?: [0-9]+ (?: \.[0-9]* )? | \.[0-9]+ ) (?: e [+-]? [0-9]+ )?
                | inf (?: inity )?
                | nan
                | (?P<hexadecimal> 0x [0-9a-f]* (?: \.[0-9a-f]* )? (?: p [+-]? [0-9]+ )? )
                | (?P<marked_nan> nan \( [0-9a-z_]* \) ) )
    \s* (?P<ignored> \0.* )? \Z""", re.VERBOSE | re.IGNORECASE | re.DOTALL)
_UNDERSCORE, _SHORT_TEXT = ord("_"), 64


def parse_number(text):
    """The number that a string (bytes) spells, as C's strtod reads it; None if it spells none."""
    if text.isdigit():                          # the usual case in half the time
        return float(text)
    if len(text) < _SHORT_TEXT and _UNDERSCORE not in text:     # an error of float() repeats the text
        try:
            return float(text)
        except ValueError:
            pass
    match = _NUMBER.match(text)
    if match is None:
        return None
    if match.lastindex is None:
        return float(text)
    return _parse_unusual(match, text)


def _parse_unusual(match, text):
    """What the groups of _NUMBER matched: strings end at a zero byte for C, and it knows more notations."""
    if match["ignored"] is not None:
        return parse_number(text[:match.start("ignored")])
    if match["marked_nan"] is not None:
        return -math.nan if b"-" in text else math.nan
    try:
        return float.fromhex(text.decode())
    except OverflowError:
        return -math.inf if b"-" in text[:match.start("hexadecimal")] else math.inf
    except ValueError:                          # no digit after 0x
        return None


def to_number(value):
    """The number that a value is or, as a string, spells; None if it is neither."""
    if value.__class__ is float:
        return value
    return parse_number(value) if value.__class__ is bytes else None


def to_string(value):
    """A string, or the text of a number; None for all else."""
    if value.__class__ is bytes:
        return value
    return number_text(value) if value.__class__ is float else None


def raw_text(value):
    """`tostring(value)` without metamethods."""
    if value.__class__ is bytes:
        return value
    if value.__class__ is float:
        return number_text(value)
    if value is None:
        return b"nil"
    if value is True:
        return b"true"
    if value is False:
        return b"false"
    if value.__class__ is LightUserdata:
        return b"userdata: 0x%x" % value.address if value.address else b"userdata: (nil)"
    return b"%s: 0x%012x" % (type_name(value), id(value))
