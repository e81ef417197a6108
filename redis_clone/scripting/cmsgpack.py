"""The `cmsgpack` library: Lua values to MessagePack and back, as lua-cmsgpack 0.4.0 does it in Redis.

Packing: a number without a fraction becomes the shortest integer, another one a float of 32 bits where that
is exact, else of 64; a table whose keys are 1 to n an array, any other one a map; what MessagePack has no
form for, and a table in 16 others, nil. So the recursion is never deep.

Unpacking reads as deep as the input nests, which may be far deeper than Python's calls can be: containers
that are not complete wait in a list. Lua's own stack is the limit there, and how much of it C would use is
counted.

Pure functions without state. Not here: `cmsgpack_safe`, which Redis does not open, and extension types,
which are "Bad data format" there, too.
"""
from itertools import chain
from struct import Struct

from ..lua.arguments import NO_VALUE, check_integer, check_string, optional_integer
from ..lua.errors import ArgumentError, LibraryError, LuaError
from ..lua.values import BOOLEAN_KEY, Table, raw_set
from .writing import PIECES_BETWEEN_PAUSES, Pieces, sequence_of

__all__ = ["open_cmsgpack"]

_DEEPEST = 16
_STACK_SLOTS = 8000                             # what a C function may use of Lua's stack

_FLOAT32, _FLOAT64 = Struct(">Bf"), Struct(">Bd")
_HEAD8, _HEAD16, _HEAD32 = Struct(">BB"), Struct(">BH"), Struct(">BI")
# The forms of integers, shortest first: a number goes into the first that it is below of, or not below of.
_INTEGERS = ((1 << 8, 0xcc, _HEAD8), (1 << 16, 0xcd, _HEAD16), (1 << 32, 0xce, _HEAD32),
             (1 << 63, 0xcf, Struct(">BQ")))
_NEGATIVE_INTEGERS = ((-1 << 7, 0xd0, Struct(">Bb")), (-1 << 15, 0xd1, Struct(">Bh")),
                      (-1 << 31, 0xd2, Struct(">Bi")), (-1 << 63, 0xd3, Struct(">Bq")))


# --- packing ---------------------------------------------------------------------------------------------

def _pack_integer(number):
    """The shortest form of an int of 64 bits."""
    if -32 <= number < 128:
        return bytes((number & 0xff,))
    if number >= 0:
        code, form = next((code, form) for beyond, code, form in _INTEGERS if number < beyond)
    else:
        code, form = next((code, form) for lowest, code, form in _NEGATIVE_INTEGERS if number >= lowest)
    return form.pack(code, number)


def _pack_number(number):
    if -9223372036854775808.0 <= number < 9223372036854775808.0 and number.is_integer():
        return _pack_integer(int(number))
    try:
        packed = _FLOAT32.pack(0xca, number)
    except OverflowError:
        return _FLOAT64.pack(0xcb, number)
    return packed if _FLOAT32.unpack(packed)[1] == number else _FLOAT64.pack(0xcb, number)


_SMALL_NUMBERS = {float(number): _pack_integer(number) for number in range(-128, 2048)}
_STRING_HEADS = tuple(bytes((0xa0 | length,)) for length in range(32))
_BOOLEAN_KEYS = {BOOLEAN_KEY[False]: b"\xc2", BOOLEAN_KEY[True]: b"\xc3"}


def _string_head(length):
    """The head of a string of 32 bytes or more."""
    if length < 1 << 8:
        return _HEAD8.pack(0xd9, length)
    return _HEAD16.pack(0xda, length) if length < 1 << 16 else _HEAD32.pack(0xdb, length)


def _container_head(length, short, long):
    """The head of an array or map; the codes are those for up to 15 elements and for up to 65535."""
    if length < 16:
        return bytes((short | length,))
    return _HEAD16.pack(long, length) if length < 1 << 16 else _HEAD32.pack(long + 1, length)


def _pack_values(pieces, values, depth):
    """Append the pieces of each of an iterable of values with `depth` tables around them."""
    append = pieces.append
    small = _SMALL_NUMBERS.get
    for value in values:
        kind = value.__class__
        if kind is bytes:
            length = len(value)
            append(_STRING_HEADS[length] if length < 32 else _string_head(length))
            append(value)
        elif kind is float:
            append(small(value) or _pack_number(value))
        elif kind is bool:
            append(b"\xc3" if value else b"\xc2")
        elif depth < _DEEPEST and isinstance(value, Table):
            if len(pieces) > PIECES_BETWEEN_PAUSES:
                pieces.pause()
            elements = sequence_of(value)
            if elements is not None:
                append(_container_head(len(value), 0x90, 0xdc))
                _pack_values(pieces, elements, depth + 1)
            else:
                append(_container_head(len(value), 0x80, 0xde))
                _pack_values(pieces, chain.from_iterable(value.items()), depth + 1)
        else:
            append(_BOOLEAN_KEYS.get(value, b"\xc0"))


def _packer(runtime):
    def pack(*values):
        if not values:
            raise ArgumentError(0, b"MessagePack pack needs input.")
        if 2 * len(values) > _STACK_SLOTS:
            raise ArgumentError(0, b"Too many arguments for MessagePack pack.")
        pieces = Pieces(runtime)
        _pack_values(pieces, values, 0)
        return pieces.joined()
    return pack


# --- unpacking -------------------------------------------------------------------------------------------

# The value that a first byte is by itself; None for the others.
_WHOLE = [float(code) if code < 0x80 else float(code - 0x100) if code >= 0xe0 else None
          for code in range(0x100)]
_WHOLE[0xc2], _WHOLE[0xc3] = False, True
_NIL = 0xc0
_NUMBERS = {code: (Struct(form).unpack_from, Struct(form).size) for code, form in {
    0xca: ">f", 0xcb: ">d", 0xcc: ">B", 0xcd: ">H", 0xce: ">I", 0xcf: ">q",     # uint 64 is read as signed
    0xd0: ">b", 0xd1: ">h", 0xd2: ">i", 0xd3: ">q"}.items()}
_STRINGS = {0xd9: 1, 0xda: 2, 0xdb: 4}          # how many bytes tell the length
_CONTAINERS = {0xdc: 2, 0xdd: 4, 0xde: 2, 0xdf: 4}
_FIRST_MAP = 0xde

_MISSING = b"Missing bytes in input."
_BAD = b"Bad data format in input."
_OVERFLOW = b"stack overflow (%s)"
_IN_VALUE = b"too many return values at once; use unpack_one or unpack_limit instead."
_IN_ARRAY = b"in function mp_decode_to_lua_array"
_ALL = 2 ** 31 - 1
_NO_KEY = object()                              # a map's key comes next


def _cut(data, position, count):
    """So many bytes of the input."""
    if position + count > len(data):
        raise LibraryError(_MISSING)
    return data[position:position + count]


def _read_scalar(data, position, code):
    """The number or string whose code stands before a position, and the position after it."""
    if code in _NUMBERS:
        unpack_from, size = _NUMBERS[code]
        if position + size > len(data):
            raise LibraryError(_MISSING)
        return float(unpack_from(data, position)[0]), position + size
    if code not in _STRINGS:
        raise LibraryError(_BAD)
    size = _STRINGS[code]
    length = int.from_bytes(_cut(data, position, size), "big")
    return _cut(data, position + size, length), position + size + length


def _container_length(data, position, code):
    """How many elements or pairs follow a container's code, and the position after that number."""
    if code < 0xa0:
        return code & 0xf, position
    size = _CONTAINERS[code]
    return int.from_bytes(_cut(data, position, size), "big"), position + size


def _store(table, key, value):
    """table[key] = value for any key; nil forgets the key."""
    if key is None:
        raise LuaError(b"table index is nil")
    if key != key:
        raise LuaError(b"table index is NaN")
    raw_set(table, key, value)


def _read_values(data, position, limit, slots):
    """Up to `limit` values and the position after them, with `slots` of Lua's stack in use.

    `table` is the innermost container that is not complete, None outside of all; `left` says how many
    elements it still needs, and `key` is the place of an array's last one, or the key whose value comes
    next. One long function, since most of its steps are too small for a call.
    """
    results = []
    waiting = []
    table, left, key, is_map = None, limit, 0.0, False
    while left:
        if position >= len(data):
            if table is None:
                break
            raise LibraryError(_MISSING)
        if slots >= _STACK_SLOTS:
            raise LibraryError(_OVERFLOW % _IN_VALUE)
        code = data[position]
        position += 1
        value = _WHOLE[code]
        if value is not None or code == _NIL:
            pass
        elif 0xa0 <= code < 0xc0:
            end = position + code - 0xa0
            if end > len(data):
                raise LibraryError(_MISSING)
            value = data[position:end]
            position = end
        elif code < 0xa0 or code in _CONTAINERS:
            length, position = _container_length(data, position, code)
            opens_map = code < 0x90 or code >= _FIRST_MAP
            if not opens_map and slots + 2 > _STACK_SLOTS:
                raise LibraryError(_OVERFLOW % _IN_ARRAY)
            value = Table()
            if length:
                waiting.append((table, left, key, is_map, slots))
                table, left, key, is_map = value, length, _NO_KEY if opens_map else 0.0, opens_map
                slots += 1 if opens_map else 2          # the table, and the index of an element
                continue
        else:
            value, position = _read_scalar(data, position, code)
        # Put the value where it belongs. A container that is complete now is a value in its turn.
        while True:
            if is_map:
                if key is _NO_KEY:
                    key = value
                    slots += 1
                    break
                if key.__class__ is bytes and value is not None:
                    table[key] = value
                else:
                    _store(table, key, value)
                key = _NO_KEY
                slots -= 1
            elif table is None:
                results.append(value)
                slots += 1
            else:
                key += 1.0
                if value is not None:
                    table[key] = value
            left -= 1
            if left or table is None:
                break
            value = table
            table, left, key, is_map, slots = waiting.pop()
    return results, position


def _c_int(number):
    """How C prints a 64-bit integer with "%d"."""
    return (number + 0x80000000 & 0xffffffff) - 0x80000000


def _unpack_some(data, limit, offset):
    """What unpack_one and unpack_limit return: where to go on, -1 at the end, and the values."""
    data = check_string(data, 1)
    if offset < 0 or limit < 0:
        # Redis gives the input's length for the limit.
        raise LibraryError(b"Invalid request to unpack with offset of %d and limit of %d."
                           % (_c_int(offset), len(data)))
    if offset > len(data):
        raise LibraryError(b"Start offset %d greater than input length %d." % (_c_int(offset), len(data)))
    if not limit and not offset:
        return unpack(data)
    results, position = _read_values(data, offset, limit, 1)
    if len(results) + 2 > _STACK_SLOTS:
        raise LibraryError(_OVERFLOW % b"in function mp_unpack_full")
    following = float(position) if position < len(data) else -1.0
    return (following, *results) if results else following


def unpack(data=NO_VALUE, *more):
    data = check_string(data, 1)
    results, _ = _read_values(data, 0, _ALL, 1 + len(more))
    return results[0] if len(results) == 1 else tuple(results)


def unpack_one(data=NO_VALUE, offset=NO_VALUE, *_):
    return _unpack_some(data, 1, optional_integer(offset, 2, 0))


def unpack_limit(data=NO_VALUE, limit=NO_VALUE, offset=NO_VALUE, *_):
    limit = check_integer(limit, 2)
    return _unpack_some(data, limit, optional_integer(offset, 3, 0))


def open_cmsgpack(runtime):
    """A new table of the library."""
    return Table({
        b"pack": _packer(runtime),
        b"unpack": unpack,
        b"unpack_one": unpack_one,
        b"unpack_limit": unpack_limit,
        b"_NAME": b"cmsgpack",
        b"_VERSION": b"lua-cmsgpack 0.4.0",
        b"_COPYRIGHT": b"Copyright (C) 2012, Salvatore Sanfilippo",
        b"_DESCRIPTION": b"MessagePack C implementation for Lua"})
