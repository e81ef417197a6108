"""Lua values to JSON, byte for byte as lua-cjson 2.1.0 writes it.

The text is collected in pieces, one for each value, that end with a comma; the last one of a container
loses it when the container closes. Containers that are not complete wait in a list: tables may nest 1000
deep and more, which is too deep for calls. A table that contains itself ends in the error about that.

The texts of keys are remembered from call to call, for scripts encode the same few again and again.

An Encoder belongs to one library and so to one thread. Order: Redis writes the fields of an object in the
order of Lua's hash table, here they come in the order in which they were set.
"""
import math
from itertools import repeat

from ..lua.errors import LibraryError
from ..lua.values import NULL, Table, key_of, type_name
from .writing import PIECES_BETWEEN_PAUSES, Pieces, sequence_of

__all__ = ["Encoder"]

_LARGEST_INT = 2 ** 31 - 1
_STACK_SLOTS = 8000                             # what a C function may use of Lua's stack
_SLOTS = {b"": 0, b"],": 1, b"},": 2}           # that a container of this end takes besides itself
_TOO_LARGE = -2 ** 31                           # what C's cast makes of a key that is no int
_COMMA = 0x2c
_NOTHINGS = repeat(b"")
_REMEMBERED_KEYS = 4096
_LONGEST_REMEMBERED_KEY = 64

_SHORT_ESCAPES = {0x08: b"\\b", 0x09: b"\\t", 0x0a: b"\\n", 0x0c: b"\\f", 0x0d: b"\\r",
                  0x22: b"\\\"", 0x2f: b"\\/", 0x5c: b"\\\\"}
_SPECIAL = bytes(range(0x20)) + b"\"/\\\x7f"
_FREQUENT = b"\"/\\\n"
_RARE = bytes(code for code in _SPECIAL if code not in _FREQUENT)
_ESCAPED = [bytes((code,)) if code not in _SPECIAL else _SHORT_ESCAPES.get(code, b"\\u%04x" % code)
            for code in range(0x100)]
_SMALL_NUMBERS = {float(number): b"%d," % number for number in range(1, 1000)}


def _escape(text):
    """What stands between the quotes of a string that has special characters."""
    if len(text.translate(None, _RARE)) == len(text):
        text = text.replace(b"\\", b"\\\\").replace(b"\"", b"\\\"")
        return text.replace(b"/", b"\\/").replace(b"\n", b"\\n")
    return b"".join([_ESCAPED[code] for code in text])


def _failure(value, reason):
    return LibraryError(b"Cannot serialise %s: %s" % (type_name(value), reason))


class _KeyTexts(dict):
    """Keys of tables and how they are written, with the colon."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder

    def __missing__(self, key):
        if key.__class__ is float:              # not remembered: 0 and -0 are one key of a dict
            return b"\"%s\":" % self.encoder.number(key)
        if key.__class__ is not bytes:
            raise _failure(key_of(key), b"table key must be a number or string")
        text = b"\"%s\":" % (key if len(key.translate(None, _SPECIAL)) == len(key) else _escape(key))
        if len(key) <= _LONGEST_REMEMBERED_KEY:
            if len(self) >= _REMEMBERED_KEYS:
                self.clear()
            self[key] = text
        return text


class Encoder:
    """Writes JSON with the settings of one cjson library."""

    def __init__(self, runtime, settings):
        self.runtime = runtime
        self.settings = settings
        self.keys = _KeyTexts(self)

    def number(self, number):
        """The text of a float."""
        if number - number == 0.0:
            return b"%.*g" % (self.settings.encode_number_precision, number)
        invalid = self.settings.encode_invalid_numbers
        if invalid == b"off":
            raise _failure(number, b"must not be NaN or Inf")
        if invalid == b"null":
            return b"null"
        return b"%g" % abs(number) if number != number else b"%g" % number     # nan has no sign here

    def encode(self, value):
        """The JSON text of any Lua value.

        One long function: a call for each value would cost as much as everything else.
        """
        text_of_key = self.keys.__getitem__
        precision = self.settings.encode_number_precision
        small = _SMALL_NUMBERS.get if precision >= 3 else {}.get
        usual_number = b"%%.%dg," % precision
        pieces = Pieces(self.runtime)
        append = pieces.append
        # What is being written: the items that are left with what comes before each, what closes the
        # container, and how much of Lua's stack C would use by now. The containers around it wait.
        items, closing, slots = iter(((b"", value),)), b"", 1
        waiting = []
        while True:
            for before, value in items:
                kind = value.__class__
                if kind is bytes:
                    if len(value.translate(None, _SPECIAL)) != len(value):
                        value = _escape(value)
                    append(b"%b\"%b\"," % (before, value))
                elif kind is float:
                    append(before + (small(value) or (usual_number % value if value - value == 0.0
                                                      else self.number(value) + b",")))
                elif kind is bool:
                    append(before + (b"true," if value else b"false,"))
                elif isinstance(value, Table):
                    waiting.append((items, closing, slots))
                    slots += _SLOTS[closing]
                    self._check_depth(len(waiting), slots)
                    if len(pieces) > PIECES_BETWEEN_PAUSES:
                        pieces.pause()
                    elements = self._elements(value)
                    if elements is not None:
                        append(before + b"[")
                        items, closing = zip(_NOTHINGS, elements), b"],"
                    else:
                        append(before + b"{")
                        items, closing = zip(map(text_of_key, value), value.values()), b"},"
                    break
                elif value is None or value is NULL:
                    append(before + b"null,")
                else:
                    raise _failure(value, b"type not supported")
            else:
                last = pieces[-1]               # the opening bracket, if there was no item
                if last[-1] == _COMMA:
                    pieces[-1] = last[:-1]
                if not waiting:
                    return pieces.joined()
                append(closing)
                items, closing, slots = waiting.pop()

    def _check_depth(self, depth, slots):
        if depth > self.settings.encode_max_depth or slots + 3 > _STACK_SLOTS:
            raise LibraryError(b"Cannot serialise, excessive nesting (%d)" % depth)

    def _elements(self, table):
        """The values of a table that is written as an array, with None for gaps; None for an object."""
        elements = sequence_of(table)
        if elements is not None:
            return elements or None             # an empty table is an object
        count = largest = 0
        for key in table:
            if key.__class__ is not float or key < 1.0 or key != math.inf and not key.is_integer():
                return None
            count += 1
            if key > largest:
                largest = int(key) if key <= _LARGEST_INT else _TOO_LARGE
        settings = self.settings
        if largest > count * settings.sparse_ratio > 0 and largest > settings.sparse_safe:
            if settings.sparse_convert == b"off":
                raise _failure(table, b"excessively sparse array")
            return None
        if largest <= 0:
            return None
        if largest * len(b"null,") > self.runtime.max_string:
            raise LibraryError(b"not enough memory")
        return map(table.get, map(float, range(1, largest + 1)))
