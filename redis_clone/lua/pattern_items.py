"""Lua's patterns taken apart: from the text of a pattern to a list of items.

A pattern is a plain sequence: there are no alternatives, and only single bytes can be repeated. So each item
is one step of a match, and a match passes all of them from left to right. The bytes that an item wants are
kept as an int with 256 bits, one for each byte: classes, sets and ranges then differ no more, and questions
such as "can these two want the same byte?" are single operations.

Lua finds the mistakes of a pattern only when a match comes to them: `("a"):find("b%")` is fine. Here a
mistake becomes an item of kind ERROR, and what follows it is left out. A pattern ends at its first NUL byte,
as in 5.1.

Pure functions: callable from any thread.
"""
from collections import namedtuple

from .memory import remembered

__all__ = ["ONE", "OPTIONAL", "GREEDY", "LAZY", "OPEN", "CLOSE", "POSITION", "BALANCE", "FRONTIER", "BACK",
           "END", "ERROR", "ALL", "Item", "Parsed", "parse", "bytes_of", "table_of"]

# The kinds of items. What `+` repeats becomes a ONE and a GREEDY.
ONE = "one"                                     # a byte of `mask`
OPTIONAL = "optional"                           # ?
GREEDY = "greedy"                               # *
LAZY = "lazy"                                   # -
OPEN = "open"                                   # ( of the capture number `detail`, from 0
CLOSE = "close"                                 # ) of the capture number `detail`
POSITION = "position"                           # () which is the capture number `detail`
BALANCE = "balance"                             # %bxy: `detail` is (x, y), `mask` has x
FRONTIER = "frontier"                           # %f and a set
BACK = "back"                                   # %1: what the capture number `detail` holds
END = "end"                                     # $
ERROR = "error"                                 # a mistake: `detail` is the message

# `groups` is the number of captures, `positions` has the numbers of those that are positions and `unfinished`
# of those that are never closed: errors, but only for who asks for their text.
Item = namedtuple("Item", "kind mask detail")
Parsed = namedtuple("Parsed", "items anchored groups positions unfinished")

ALL = (1 << 256) - 1
_MOST_CAPTURES = 32
_QUANTIFIERS = {ord("?"): OPTIONAL, ord("*"): GREEDY, ord("-"): LAZY}


class _Mistake(Exception):
    """What is wrong with the pattern (bytes)."""


# --- sets of bytes ---------------------------------------------------------------------------------------

def _mask(members):
    return sum(1 << byte for byte in set(members))


def _range(first, last):
    return _mask(range(first, last + 1))


_UPPER, _LOWER, _DIGITS = _range(0x41, 0x5A), _range(0x61, 0x7A), _range(0x30, 0x39)
_CLASSES = {
    b"a": _UPPER | _LOWER, b"c": _range(0, 31) | 1 << 127, b"d": _DIGITS, b"l": _LOWER,
    b"p": _range(33, 126) & ~(_UPPER | _LOWER | _DIGITS), b"s": _mask(b" \t\n\v\f\r"), b"u": _UPPER,
    b"w": _UPPER | _LOWER | _DIGITS, b"x": _DIGITS | _mask(b"abcdefABCDEF"), b"z": 1}
_CLASSES = {letter[0]: mask for letter, mask in _CLASSES.items()}
_CLASSES.update({letter - 32: ALL ^ mask for letter, mask in list(_CLASSES.items())})


def bytes_of(mask):
    """The bytes of a mask as sorted ints."""
    return [byte for byte in range(256) if mask >> byte & 1]


@remembered(256)
def table_of(mask):
    """A mask as 256 bytes, 1 for those in it: to be indexed, or for bytes.translate."""
    return bytes(mask >> byte & 1 for byte in range(256))


def _class_mask(byte):
    """What `%` and this byte stand for."""
    return _CLASSES.get(byte, 1 << byte)


def _class_end(text, place):
    """Where the class, set or plain byte that begins at `place` ends. The text closes with a NUL."""
    byte = text[place]
    place += 1
    if byte == 0x25:                            # %
        if not text[place]:
            raise _Mistake(b"malformed pattern (ends with '%')")
        return place + 1
    if byte != 0x5B:                            # [
        return place
    place += text[place] == 0x5E                # ^
    while True:
        byte = text[place]
        if not byte:
            raise _Mistake(b"malformed pattern (missing ']')")
        place += 1
        if byte == 0x25 and text[place]:
            place += 1
        if text[place] == 0x5D:                 # ]: not looked for at the first place
            return place + 1


def _set_mask(text, place, last):
    """The mask of the set whose [ and ] are at `place` and `last`.

    The two sides of a range are plain bytes even if one of them is a %, so that in a strange set the reading
    may come to what `_class_end` took for the end, as it does in Lua.
    """
    negated = text[place + 1] == 0x5E
    place += 1 + negated
    mask = 0
    while place < last:
        if text[place] == 0x25:
            mask |= _class_mask(text[place + 1])
            place += 2
        elif text[place + 1] == 0x2D and place + 2 < last:
            mask |= _range(text[place], text[place + 2])
            place += 3
        else:
            mask |= 1 << text[place]
            place += 1
    return ALL ^ mask if negated else mask


def _single_mask(text, place, end):
    """The mask of the class, set or plain byte between two places."""
    byte = text[place]
    if byte == 0x2E:                            # .
        return ALL
    if byte == 0x25:
        return _class_mask(text[place + 1])
    return _set_mask(text, place, end - 1) if byte == 0x5B else 1 << byte


# --- the parser ------------------------------------------------------------------------------------------

def parse(pattern):
    """The Parsed form of a pattern (bytes)."""
    text = pattern.split(b"\0", 1)[0] + b"\0\0"
    parser = _Parser(text)
    anchored = text[0] == 0x5E
    try:
        parser.run(int(anchored))
    except _Mistake as mistake:
        parser.add(ERROR, 0, mistake.args[0])
    return Parsed(tuple(parser.items), anchored, parser.groups, frozenset(parser.positions),
                  frozenset(parser.pending))


class _Parser:
    """Reads one pattern; `items` grows, `pending` holds the numbers of the captures that are open."""

    def __init__(self, text):
        self.text = text
        self.items = []
        self.groups = 0
        self.positions = set()
        self.pending = []

    def add(self, kind, mask=0, detail=None):
        self.items.append(Item(kind, mask, detail))

    def run(self, place):
        text = self.text
        while text[place]:
            byte, following = text[place], text[place + 1]
            if byte == 0x28:                    # (
                place = self.capture(place)
            elif byte == 0x29:                  # )
                if not self.pending:
                    raise _Mistake(b"invalid pattern capture")
                self.add(CLOSE, 0, self.pending.pop())
                place += 1
            elif byte == 0x24 and not following:    # $
                self.add(END)
                place += 1
            elif byte == 0x25 and following in b"bf0123456789" and following:
                place = self.special(place + 1)
            else:
                place = self.single(place)

    def capture(self, place):
        if self.groups >= _MOST_CAPTURES:
            raise _Mistake(b"too many captures")
        number = self.groups
        self.groups += 1
        if self.text[place + 1] == 0x29:
            self.positions.add(number)
            self.add(POSITION, 0, number)
            return place + 2
        self.pending.append(number)
        self.add(OPEN, 0, number)
        return place + 1

    def special(self, place):
        """%b, %f or a back reference; `place` is that of the letter."""
        text = self.text
        if text[place] == 0x62:                 # b
            opening, closing = text[place + 1], text[place + 2]
            if not opening or not closing:
                raise _Mistake(b"unbalanced pattern")
            self.add(BALANCE, 1 << opening, (opening, closing))
            return place + 3
        if text[place] == 0x66:                 # f
            if text[place + 1] != 0x5B:
                raise _Mistake(b"missing '[' after '%f' in pattern")
            end = _class_end(text, place + 1)
            self.add(FRONTIER, _set_mask(text, place + 1, end - 1))
            return end
        number = text[place] - 0x31
        if not 0 <= number < self.groups or number in self.pending:
            raise _Mistake(b"invalid capture index")
        if number in self.positions:            # has no text that could come again
            self.add(ONE)
        else:
            self.add(BACK, 0, number)
        return place + 1

    def single(self, place):
        """One byte of some kind and the sign that says how often."""
        text = self.text
        end = _class_end(text, place)
        mask = _single_mask(text, place, end)
        sign = text[end]
        if sign == 0x2B:                        # +
            self.add(ONE, mask)
            if mask:
                self.add(GREEDY, mask)
        elif sign in _QUANTIFIERS:
            if mask:                            # none of nothing is all there can be
                self.add(_QUANTIFIERS[sign], mask)
        else:
            self.add(ONE, mask)
            return end
        return end + 1
