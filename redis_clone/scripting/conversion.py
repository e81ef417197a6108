"""Lua values and reply values of commands, in both directions.

`to_lua` makes what `redis.call` returns. Scripts see replies as a RESP2 client would, whatever the caller's
protocol: maps and sets are arrays, doubles are strings, null is false. After `redis.setresp(3)` they see tables
such as ``{map = ...}`` and ``{double = 1.5}``, and null is nil.

`reply_of` makes the reply of a script: numbers lose their fraction, an array ends at its first nil, and tables with
certain fields (ok, err, double, map, ...) stand for replies of other kinds.

Pure functions. Texts of errors and status lines are str in reply values (surrogateescape), bytes in Lua.
"""
import math

from ..args import format_float
from ..errors import RedisError
from ..lua.arguments import to_integer
from ..lua.errors import LuaError
from ..lua.values import Table, key_of, raw_set
from ..replies import (Attribute, BigNumber, Encoded, MapReply, NoReply, NullArray, SetReply, SpelledBigNumber,
                       SpelledDouble, Verbatim, VerbatimIn)
from ..resp import encode_into
from ..shortest_double import format_shortest

__all__ = ["to_lua", "array_to_lua", "reply_of", "error_table", "call_error", "spell_argument", "sequence",
           "text_of_error", "decode_text"]

_EXACT_INTEGER = float(1 << 62)                 # beyond it Redis spells numbers as floating point
_DEEPEST = 7995                                 # nested tables in a reply; Lua's own stack ends there
_NESTED = 50                                    # so deep by recursion
_MOST_BYTES = 512 * 1024 * 1024                 # of a reply, about
_BYTES_OF_TABLE, _BYTES_OF_ITEM = 100, 8        # besides what is in strings
_FEW = 8                                        # items of a list up to which a plain loop is quicker
_POSITIONS = [float(position) for position in range(1, 1025)]
_FIELDS = frozenset((b"err", b"ok", b"double", b"big_number", b"verbatim_string", b"map", b"set"))


def sequence(values):
    """A Table with these Lua values (a list, no nil among them) at 1, 2, ..."""
    table = Table()
    if len(values) > _FEW:
        table.update(zip(_POSITIONS if len(values) <= 1024 else map(float, range(1, len(values) + 1)), values))
    else:
        position = 0.0
        for value in values:
            position += 1.0
            table[position] = value
    return table


def decode_text(data):
    """The str that stands for bytes in reply values and errors."""
    return data.decode("utf-8", "surrogateescape")


def spell_argument(value):
    """An argument of a command that is no string, as bytes: the shortest text that reads as the same number.

    Raises LuaError if it is no number either.
    """
    if value.__class__ is not float:
        raise call_error(b"Lua redis lib command arguments must be strings or integers")
    if value.is_integer() and -_EXACT_INTEGER <= value <= _EXACT_INTEGER:
        return b"%d" % int(value)
    if math.isfinite(value):
        return format_shortest(value)
    if value != value:
        return b"-nan" if math.copysign(1.0, value) < 0 else b"nan"
    return b"inf" if value > 0 else b"-inf"


# --- replies of commands -------------------------------------------------------------------------------


def to_lua(reply, protocol):
    """A reply value as a Lua value; `protocol` is 2, or 3 after setresp(3)."""
    kind = reply.__class__
    if kind is bytes:
        return reply
    if kind is int:
        return float(reply)
    if reply is None:
        return False if protocol == 2 else None
    convert = _CONVERTERS.get(kind)
    if convert is None:
        convert = next(_CONVERTERS[base] for base in kind.__mro__ if base in _CONVERTERS)
    return convert(reply, protocol)


def error_table(text, is_counted):
    """What scripts see of an error. `text` is bytes, with its code; `is_counted`: INFO's statistics know of it."""
    table = Table()
    table[b"err"] = text
    if is_counted:
        table[b"ignore_error_stats_update"] = True
    return table


def call_error(text):
    """The LuaError of a function of `redis` that was called wrongly; `text` is bytes without a code."""
    return LuaError(error_table(b"ERR " + text, False))


def text_of_error(error):
    """The text of a RedisError as scripts see it, bytes: on one line, and with a code if it has only one word."""
    text = str(error).encode("utf-8", "surrogateescape")
    code, space, message = text.replace(b"\r", b" ").replace(b"\n", b" ").partition(b" ")
    return code + b" " + message.strip() if space else b"ERR " + code


def _error(reply, protocol):
    return error_table(text_of_error(reply), True)


def _status(reply, protocol):
    table = Table()
    table[b"ok"] = reply.encode("utf-8", "surrogateescape")
    return table


def array_to_lua(reply, protocol):
    """A list as a table; where `protocol` makes nil of an item there is a gap."""
    if len(reply) > _FEW and set(map(type, reply)) == {bytes}:
        return sequence(reply)
    table = Table()
    position = 0.0
    for item in reply:
        position += 1.0
        value = item if item.__class__ is bytes else to_lua(item, protocol)
        if value is not None:
            table[position] = value
    return table


def _map(reply, protocol):
    if protocol == 2:
        return array_to_lua([item for pair in reply.items() for item in pair], protocol)
    table = Table()
    for key, value in reply.items():
        _put(table, to_lua(key, protocol), to_lua(value, protocol))
    return _named(b"map", table)


def _map_of_pairs(reply, protocol):
    return array_to_lua(reply, protocol) if protocol == 2 else _map(reply, protocol)


def _set(reply, protocol):
    if protocol == 2:
        return array_to_lua(list(reply), protocol)
    table = Table()
    for member in reply:
        _put(table, to_lua(member, protocol), True)
    return _named(b"set", table)


def _put(table, key, value):
    if key is not None and key == key:
        raw_set(table, key, value)


def _named(name, value):
    table = Table()
    table[name] = value
    return table


def _double(reply, protocol):
    return format_float(reply) if protocol == 2 else _named(b"double", reply)


def _spelled_double(reply, protocol):
    return reply.text if protocol == 2 else _named(b"double", float(reply))


def _boolean(reply, protocol):
    return float(reply) if protocol == 2 else reply


def _big_number(reply, protocol):
    return b"%d" % reply if protocol == 2 else _named(b"big_number", b"%d" % reply)


def _verbatim(reply, protocol):
    if protocol == 2:
        return bytes(reply)
    table = Table()
    table[b"string"] = bytes(reply)
    table[b"format"] = b"txt"
    return _named(b"verbatim_string", table)


_CONVERTERS = {
    bytearray: lambda reply, protocol: bytes(reply), str: _status, list: array_to_lua, tuple: array_to_lua,
    dict: _map, set: _set, frozenset: _set, float: _double, bool: _boolean, RedisError: _error,
    SpelledDouble: _spelled_double, SetReply: _set, MapReply: _map_of_pairs, Verbatim: _verbatim, BigNumber: _big_number,
    Attribute: lambda reply, protocol: to_lua(reply.reply, protocol),
    NullArray: lambda reply, protocol: to_lua(None, protocol), NoReply: lambda reply, protocol: False,
}


# --- replies of scripts --------------------------------------------------------------------------------


def reply_of(value, protocol, client_protocol, count_error, pause=lambda: None):
    """The reply value for what a script returned.

    `protocol` is what the script has set for itself, `client_protocol` the caller's. ``count_error(error)`` is called
    for each error inside of it that INFO's statistics do not know of, and ``pause()`` for each table: a few tables
    that are in each other many times make a reply without end. Raises RedisError if it gets too large.
    """
    kind = value.__class__
    if kind is bytes:
        return value
    if kind is float:
        return to_integer(value)
    if not isinstance(value, Table):
        return _take_apart(value, protocol)[1]
    room = _Room(pause)
    try:
        return _convert(value, protocol, client_protocol, count_error, room, 0)
    except _TooDeep:
        return _encode_deep(value, protocol, client_protocol, count_error, room)


class _TooDeep(Exception):
    """Tables are nested too deeply for recursion."""


class _Room:
    """How many bytes of a reply may still come."""

    def __init__(self, pause):
        self.left = _MOST_BYTES
        self.pause = pause

    def take(self, size):
        self.left -= size
        if self.left < 0:
            raise RedisError("ERR the reply of the script is too large")
        self.pause()


def _convert(value, protocol, client_protocol, count_error, room, depth):
    make, content = _take_apart(value, protocol)
    if make is None:
        if depth and content.__class__ is RedisError and not content.counted:
            count_error(content)
        return content
    if depth == _NESTED:
        raise _TooDeep
    depth += 1
    room.take(_BYTES_OF_TABLE + _BYTES_OF_ITEM * len(content))
    items = []
    size = 0
    for item in content:
        kind = item.__class__
        if kind is bytes:
            items.append(item)
            size += len(item)
        elif kind is float:
            items.append(to_integer(item))
        else:
            items.append(_convert(item, protocol, client_protocol, count_error, room, depth))
    room.take(size)
    if make is list or client_protocol == 2:
        return items
    return SetReply(items) if make is SetReply else MapReply(zip(items[::2], items[1::2]))


def _take_apart(value, protocol):
    """``(None, reply value)``, or for a container ``(list, SetReply or MapReply, its items as Lua values)``.

    The items of a map are keys and values in turn.
    """
    kind = value.__class__
    if kind is bytes:
        return None, value
    if kind is float:
        return None, to_integer(value)
    if kind is bool:
        return None, value if protocol == 3 else 1 if value else None
    if not isinstance(value, Table):
        return None, None                       # nil, and what cannot be sent
    if not value.keys().isdisjoint(_FIELDS):
        found = _special(value)
        if found is not None:
            return found
    return list, _array_part(value)


def _array_part(table):
    """The values at 1, 2, ... up to the first gap."""
    count = len(table)
    positions = _POSITIONS[:count] if count <= 1024 else map(float, range(1, count + 1))
    items = list(map(table.get, positions))     # dict.get knows no metamethods
    return items[:items.index(None)] if None in items else items


def _special(table):
    """What a table with one of `_FIELDS` stands for, or None if it is an array all the same."""
    get = table.get
    text = get(b"err")
    if text.__class__ is bytes:
        error = RedisError()
        error.args = (_c_text(text),)           # even if it is empty
        error.counted = get(b"ignore_error_stats_update") is True
        return None, error
    text = get(b"ok")
    if text.__class__ is bytes:
        return None, _c_text(text).replace("\r", " ").replace("\n", " ")
    number = get(b"double")
    if number.__class__ is float:
        return None, number
    digits = get(b"big_number")
    if digits.__class__ is bytes:
        return None, SpelledBigNumber(digits.replace(b"\r", b" ").replace(b"\n", b" "))
    parts = get(b"verbatim_string")
    if isinstance(parts, Table):
        text_format, text = parts.get(b"format"), parts.get(b"string")
        if text_format.__class__ is text.__class__ is bytes:
            return None, VerbatimIn(text_format, text)
    members = get(b"map")
    if isinstance(members, Table):
        return MapReply, [item for key, value in members.items() for item in (key_of(key), value)]
    members = get(b"set")
    if isinstance(members, Table):
        return SetReply, list(map(key_of, members))
    return None


def _c_text(data):
    """A string as C sees it: it ends at a zero byte."""
    return decode_text(data.partition(b"\0")[0])


class _EncodedReply(Encoded):
    """Unlike what EXEC has Encoded, this is a reply like any other: CLIENT REPLY holds it back."""


def _encode_deep(value, protocol, client_protocol, count_error, room):
    """The same without recursion, already encoded for the caller."""
    pieces = _EncodedReply()
    stack = [iter((value,))]
    while stack:
        for item in stack[-1]:
            make, content = _take_apart(item, protocol)
            if len(stack) > _DEEPEST:
                make, content = None, RedisError("ERR reached lua stack limit")
            if make is None:
                if content.__class__ is RedisError and not content.counted:
                    count_error(content)
                encode_into(pieces, content, client_protocol)
                room.take(_BYTES_OF_ITEM + (len(content) if content.__class__ is bytes else 0))
            else:
                room.take(_BYTES_OF_TABLE + _BYTES_OF_ITEM * len(content))
                pieces.append(_header(make, len(content), client_protocol))
                stack.append(iter(content))
                break
        else:
            stack.pop()
    return pieces


def _header(make, count, client_protocol):
    if make is list or client_protocol == 2:
        return b"*%d\r\n" % count
    return b"%%%d\r\n" % (count // 2) if make is MapReply else b"~%d\r\n" % count
