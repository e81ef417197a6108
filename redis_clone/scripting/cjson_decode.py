"""JSON to Lua values, with all that lua-cjson 2.1.0 accepts, and its errors where it accepts no more.

There are two ways. Usual texts go through the scanner of Python's `json`, which is written in C: valid JSON
in UTF-8 that nests a few levels deep. What it accepts, cjson accepts with the same result; the exceptions
are kept from it. Everything else, above all what is wrong, is read again by a Reader, which knows the
tokens, the limits, the positions and the texts of cjson, and whose containers wait in a list instead of
nesting calls.

A Decoder belongs to one library and so to one thread.
"""
import json
import json.scanner
import re

from ..lua.errors import LibraryError
from ..lua.values import NULL, Table, parse_number

__all__ = ["Decoder"]

_STACK_SLOTS = 8000                             # what a C function may use of Lua's stack
_SPACE = b" \t\n\r"


# --- the quick way ---------------------------------------------------------------------------------------

_ROUNDS = 50                                    # of taking away innermost brackets: one or two levels each
_DEEPEST_QUICK = 2 * _ROUNDS
_BESIDE_BRACKETS = bytes(code for code in range(0x100) if code not in b"[]{}")
_BESIDE_BRACKETS_AND_QUOTES = bytes(code for code in range(0x100) if code not in b"[]{}\"")
_STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_REMEMBERED_KEYS = 4096
_LONGEST_REMEMBERED_KEY = 64


def _is_shallow(text):
    """Does a valid JSON text nest no deeper than _DEEPEST_QUICK? The calls of the scanner nest with it.

    The brackets alone are looked at, without those in strings. Whether there are any is told by the quotes:
    where strings are free of brackets, all of them go when pairs are taken away, else one remains.
    """
    plain = text if b"\\" not in text else text.replace(b"\\\\", b"").replace(b"\\\"", b"")
    brackets = plain.translate(None, _BESIDE_BRACKETS_AND_QUOTES).replace(b"\"\"", b"")
    if b"\"" in brackets:
        brackets = _STRINGS.sub(b"", text).translate(None, _BESIDE_BRACKETS)
    for _ in range(_ROUNDS):
        if not brackets:
            return True
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    return not brackets


class _KeyBytes(dict):
    """Keys of objects as the scanner gives them (str) and as Lua has them."""

    def __missing__(self, key):
        raw = key.encode()
        if len(key) <= _LONGEST_REMEMBERED_KEY:
            if len(self) >= _REMEMBERED_KEYS:
                self.clear()
            self[key] = raw
        return raw


def _from_list(values):
    table = Table()
    position = 0.0
    for value in values:
        position += 1.0
        table[position] = value if value.__class__ is float else _from_json(value)
    return table


def _from_json(value):
    """A value of the scanner as Lua's. Objects are Tables already."""
    kind = value.__class__
    if kind is str:
        return value.encode()
    if kind is list:
        return _from_list(value)
    return NULL if value is None else value


def _refuse(name):
    """NaN and Infinity are the Reader's business."""
    raise ValueError(name)


class Decoder:
    """Reads JSON with the settings of one cjson library."""

    def __init__(self, settings):
        self.settings = settings
        self.keys = _KeyBytes()
        self.scan = json.JSONDecoder(object_pairs_hook=self._from_pairs, parse_float=float, parse_int=float,
                                     parse_constant=_refuse, strict=False).scan_once

    def _from_pairs(self, pairs):
        keys = self.keys
        table = Table()
        for key, value in pairs:
            kind = value.__class__
            if kind is str:
                table[keys[key]] = value.encode()
            elif kind is float or kind is Table or kind is bool:
                table[keys[key]] = value
            else:
                table[keys[key]] = _from_json(value)
        return table

    def decode(self, text):
        """The Lua value of a JSON text (bytes)."""
        if 0 in text[:2] and len(text) > 1:
            raise LibraryError(b"JSON parser does not support UTF-16 or UTF-32")
        if 0 in text:
            text = text[:text.index(0)]
        if (_HAS_QUICK_SCANNER and self.settings.decode_max_depth >= _DEEPEST_QUICK
                and (len(text) <= _DEEPEST_QUICK or _is_shallow(text))):
            try:
                string = text.strip(_SPACE).decode()
                value, end = self.scan(string, 0)
                if end == len(string):
                    return _from_json(value)
            except (ValueError, StopIteration, RecursionError):     # also what is no UTF-8
                pass
        return _Reader(text, self.settings).read()


# Where it is missing, Python's own scanner would be slower than the Reader, and is not as strict with digits.
_HAS_QUICK_SCANNER = json.scanner.c_make_scanner is not None


# --- the careful way -------------------------------------------------------------------------------------

# The names of tokens are those that cjson's errors show. A token that is wrong is named by what is wrong.
_OBJECT_BEGIN, _OBJECT_END = b"T_OBJ_BEGIN", b"T_OBJ_END"
_ARRAY_BEGIN, _ARRAY_END = b"T_ARR_BEGIN", b"T_ARR_END"
_STRING, _NUMBER, _BOOLEAN, _NULL = b"T_STRING", b"T_NUMBER", b"T_BOOLEAN", b"T_NULL"
_COLON, _COMMA, _END = b"T_COLON", b"T_COMMA", b"T_END"
_MARKS = {b"{": _OBJECT_BEGIN, b"}": _OBJECT_END, b"[": _ARRAY_BEGIN, b"]": _ARRAY_END,
          b":": _COLON, b",": _COMMA}
_WORDS = {b"true": (_BOOLEAN, True), b"false": (_BOOLEAN, False), b"null": (_NULL, NULL)}
_SCALARS = frozenset((_STRING, _NUMBER, _BOOLEAN, _NULL))

# A usual token: 1 a string without escapes, 2 a number, 3 a mark, 4 a word. Anything else matches as nothing.
_TOKEN = re.compile(rb'[ \t\n\r]*(?:"([^"\\]*)"|'
                    rb'(-?(?:0(?![0-9xX])|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)|'
                    rb'([{}\[\]:,])|(true|false|null))?')
# What C's strtod takes from a text: hexadecimal or decimal digits, infinity or nan.
_STRTOD = re.compile(rb"[+-]?(?:0x(?:[0-9a-f]+\.?[0-9a-f]*|\.[0-9a-f]+)(?:p[+-]?[0-9]+)?|"
                     rb"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|"
                     rb"inf(?:inity)?|(nan)(?:\([0-9a-z_]*\))?)",
                     re.IGNORECASE)
_NOT_JSON = re.compile(rb"\+|-?(?:0[0-9x]|inf|nan)", re.IGNORECASE)     # numbers that are none in JSON

_PLAIN = re.compile(rb'[^"\\]*')
_ESCAPES = {b"\"": b"\"", b"\\": b"\\", b"/": b"/", b"b": b"\b", b"f": b"\f",
            b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_UNICODE = re.compile(rb"\\u([0-9a-fA-F]{4})")


class _TokenError(Exception):
    """No token can be read: what is wrong (bytes), and where, from 0."""


class _Reader:
    """Reads one text."""

    def __init__(self, text, settings):
        self.text = text
        self.settings = settings
        self.position = 0
        self.start = 0                          # of the last token, or of what is wrong with it
        self.value = None                       # of the last token

    def read(self):
        """The value of the whole text."""
        value = self.read_value(self.next())
        token = self.next()
        if token is not _END:
            raise self.mismatch(b"the end", token)
        return value

    def mismatch(self, expected, token):
        return LibraryError(b"Expected %s but found %s at character %d" % (expected, token, self.start + 1))

    def read_value(self, token):
        """The value that begins with a token, whatever it contains."""
        waiting = []
        container, key, slots = None, None, 1
        while True:
            if token in _SCALARS:
                value = self.value
            elif token is _OBJECT_BEGIN or token is _ARRAY_BEGIN:
                is_object = token is _OBJECT_BEGIN
                self.check_depth(len(waiting) + 1, slots + (3 if is_object else 2))
                value = Table()
                token = self.next()
                if token is not (_OBJECT_END if is_object else _ARRAY_END):
                    waiting.append((container, key, slots))
                    container, key, slots = value, 1.0, slots + 1
                    if is_object:
                        key, token, slots = self.read_key(token), self.next(), slots + 1
                    continue
            else:
                raise self.mismatch(b"value", token)
            # The value has its place in the container; one that is complete is a value in its turn.
            while container is not None:
                container[key] = value
                token = self.next()
                if token is _COMMA:
                    break
                is_object = key.__class__ is bytes
                if token is not (_OBJECT_END if is_object else _ARRAY_END):
                    raise self.mismatch(b"comma or object end" if is_object else b"comma or array end", token)
                value = container
                container, key, slots = waiting.pop()
            else:
                return value
            key = key + 1.0 if key.__class__ is float else self.read_key(self.next())
            token = self.next()

    def check_depth(self, depth, slots):
        if depth > self.settings.decode_max_depth or slots > _STACK_SLOTS:
            raise LibraryError(b"Found too many nested data structures (%d) at character %d"
                               % (depth, self.position))

    def read_key(self, token):
        """The key of an object, of which `token` should be the string, and the colon after it."""
        if token is not _STRING:
            raise self.mismatch(b"object key string", token)
        key = self.value
        token = self.next()
        if token is not _COLON:
            raise self.mismatch(b"colon", token)
        return key

    def next(self):
        """Read a token: its name is returned, or what is wrong; `value` and `start` are set."""
        match = _TOKEN.match(self.text, self.position)
        kind = match.lastindex
        self.position = match.end()
        if kind is None:
            self.start = self.position
            try:
                return self.unusual_token()
            except _TokenError as error:
                name, self.start = error.args
                return name
        self.start = match.start(kind)
        if kind == 1:
            self.start -= 1                     # its quote
            self.value = match[1]
            return _STRING
        if kind == 2:
            self.value = float(match[2])
            return _NUMBER
        if kind == 3:
            return _MARKS[match[3]]
        token, self.value = _WORDS[match[4]]
        return token

    def unusual_token(self):
        """The end, a string with escapes, or a number as only strtod knows it."""
        text, start = self.text, self.position
        if start == len(text):
            return _END
        first = text[start:start + 1]
        if first == b"\"":
            self.value = self.read_string(start + 1)
            return _STRING
        is_lenient = self.settings.decode_invalid_numbers == b"on"
        is_json = _NOT_JSON.match(text, start) is None
        if first in b"-0123456789":
            if not is_lenient and not is_json:
                raise _TokenError(b"invalid number", start)
        elif not is_lenient or is_json:
            raise _TokenError(b"invalid token", start)
        match = _STRTOD.match(text, start)
        if match is None:
            raise _TokenError(b"invalid number", start)
        self.position = match.end()
        self.value = parse_number(match[0] if match[1] is None else text[start:match.end(1)])
        return _NUMBER

    def read_string(self, position):
        """A string with escapes from after its quote."""
        text = self.text
        parts = []
        while True:
            match = _PLAIN.match(text, position)
            parts.append(match[0])
            position = match.end()
            if position == len(text):
                raise _TokenError(b"unexpected end of string", position)
            if text[position] == 0x22:
                self.position = position + 1
                return b"".join(parts)
            letter = text[position + 1:position + 2]
            if letter == b"u":
                character, position = self.read_unicode(position)
                parts.append(character)
            elif letter in _ESCAPES:
                parts.append(_ESCAPES[letter])
                position += 2
            else:
                raise _TokenError(b"invalid escape code", position)

    def read_unicode(self, position):
        r"""The character of \uXXXX, or of two that are a surrogate pair, and the position after it."""
        match = _UNICODE.match(self.text, position)
        code = int(match[1], 16) if match else 0xdc00           # as wrong as a low surrogate
        if code & 0xf800 == 0xd800:
            match = _UNICODE.match(self.text, position + 6) if code < 0xdc00 else None
            low = int(match[1], 16) if match else 0
            if low & 0xfc00 != 0xdc00:
                raise _TokenError(b"invalid unicode escape code", position)
            code = 0x10000 + ((code & 0x3ff) << 10 | low & 0x3ff)
        return chr(code).encode(), match.end()
