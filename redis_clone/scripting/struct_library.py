"""The `struct` library: C structures to strings and back, as Roberto Ierusalimschy's struct does it in Redis.

A format is read once into steps, one for each of its options, and kept: scripts use few formats often. Byte
order and alignment are known while reading; how much padding an option needs is not, since strings without
a fixed length may stand before it. A wrong option becomes a step that raises its error, for the options
before it may have errors as well, and those are told first.

The sizes are those of 64-bit Linux: long and size_t have 8 bytes, int has 4, and "!" alone aligns to 8.
Integers are 64 bits wide inside, whatever width is asked for.

Most formats are of a few numbers without padding. Those have a Struct of Python's beside the steps, which
is tried first; it refuses what does not fit, and then the steps do it as C does.

The remembered formats are part of one library, and so used by one thread.
"""
import math
from struct import Struct
from struct import error as StructError

from ..lua.arguments import NO_VALUE, check_number, check_string, optional_integer
from ..lua.errors import ArgumentError, LibraryError
from ..lua.values import Table, parse_number

__all__ = ["open_struct"]

_LARGEST_INT = 2 ** 31 - 1
_LARGEST_INTEGER = 32                           # bytes that an integer may be asked to have
_SIGN = 2 ** 63
_WORD_MASK = 2 ** 64 - 1                        # of integers, and of positions, which are of type size_t
_NATURAL_ALIGNMENT = 8
_MOST_RESULTS = 7996                            # with two arguments and two more slots they fill Lua's stack
_REMEMBERED_FORMATS = 200
_LONGEST_FORMAT = 1 << 18
_DIGITS = b"0123456789"
_SIZES = {b"b": 1, b"B": 1, b"h": 2, b"H": 2, b"l": 8, b"L": 8, b"T": 8, b"f": 4, b"d": 8, b"x": 1}
_FLOATS = {(b"f", "little"): Struct("<f"), (b"f", "big"): Struct(">f"),
           (b"d", "little"): Struct("<d"), (b"d", "big"): Struct(">d")}
_TOO_SHORT = b"data string too short"

# Kinds of steps. A wrong size is told before the data is looked at, an option that does not exist after it.
_INTEGER, _FLOAT, _SKIP, _CHARACTERS, _TERMINATED, _CONTROL, _UNKNOWN, _WRONG = range(8)
_KINDS = {**dict.fromkeys((b"b", b"B", b"h", b"H", b"l", b"L", b"T", b"i", b"I"), _INTEGER),
          b"f": _FLOAT, b"d": _FLOAT, b"x": _SKIP, b"c": _CHARACTERS, b"s": _TERMINATED,
          b" ": _CONTROL, b"<": _CONTROL, b">": _CONTROL, b"!": _CONTROL}
# Python's letters for a kind, size and sign.
_QUICK_LETTERS = {(_INTEGER, 1, True): "b", (_INTEGER, 2, True): "h",
                  (_INTEGER, 4, True): "i", (_INTEGER, 8, True): "q",
                  (_INTEGER, 1, False): "B", (_INTEGER, 2, False): "H",
                  (_INTEGER, 4, False): "I", (_INTEGER, 8, False): "Q",
                  (_FLOAT, 4, True): "f", (_FLOAT, 8, True): "d", (_SKIP, 1, True): "x"}
_QUICK_NUMBERS = 100


class _Step:
    """One option of a format with the byte order in force; `message` is what a wrong one has to say."""

    __slots__ = ("letter", "kind", "size", "order", "alignment", "signed", "message")

    def __init__(self, letter, kind, size, order, alignment, message=None):
        self.letter = letter
        self.kind = kind
        self.size = size
        self.order = order
        self.alignment = 1 if kind == _CHARACTERS else min(size, alignment)
        self.signed = letter.islower()
        self.message = message

    def padding(self, position):
        """How many bytes come before the option where it would begin at `position`, counted from 0.

        Sizes that are no power of two give what the bits of C's expression give.
        """
        alignment = self.alignment
        return (alignment - (position & alignment - 1)) & alignment - 1 if alignment > 1 else 0

    def error(self):
        """What a step raises that cannot be executed."""
        return ArgumentError(1, self.message) if self.kind == _UNKNOWN else LibraryError(self.message)


# --- reading formats -------------------------------------------------------------------------------------

class _Format:
    """A format: its steps, and if it is of numbers only, a Struct of Python's that does nearly the same.

    `wholes` says which of its values are integers, `is_whole` if all are.
    """

    __slots__ = ("steps", "quick", "wholes", "is_whole")

    def __init__(self, text):
        self.steps = tuple(_read_format(text))
        numbers = [step for step in self.steps if step.kind <= _SKIP]
        self.wholes = [step.kind == _INTEGER for step in numbers if step.kind != _SKIP]
        self.is_whole = all(self.wholes)
        self.quick = None
        orders = {step.order for step in numbers if step.size > 1}
        if (self.wholes and len(orders) <= 1 and len(numbers) <= _QUICK_NUMBERS
                and all(map(_is_quick, self.steps))):
            letters = "".join(_QUICK_LETTERS[step.kind, step.size, step.signed] for step in numbers)
            self.quick = Struct((">" if "big" in orders else "<") + letters)


def _is_quick(step):
    if step.kind == _CONTROL:
        return True
    return step.alignment <= 1 and (step.kind, step.size, step.signed) in _QUICK_LETTERS


class _Formats(dict):
    """Formats by their texts (bytes), read where they are missing."""

    def __missing__(self, text):
        if len(text) > _LONGEST_FORMAT:         # would take too long, and much memory
            raise LibraryError(b"format too long")
        if len(self) >= _REMEMBERED_FORMATS:
            self.clear()
        format = self[text] = _Format(text)
        return format


class _WrongFormat(Exception):
    """Reading a format ends here; the argument is the message."""


def _read_format(text):
    """The steps of a format, which ends at its first zero byte or after a wrong size."""
    order, alignment = "little", 1
    position = 0
    end = text.index(b"\0") if 0 in text else len(text)
    while position < end:
        letter = text[position:position + 1]
        kind = _KINDS.get(letter, _UNKNOWN)
        size = 0
        try:
            size, position = _size_of(letter, text, position + 1)
            yield _Step(letter, kind, size, order, alignment, b"invalid format option '%s'" % letter)
            if letter == b"<" or letter == b">":
                order = "little" if letter == b"<" else "big"
            elif letter == b"!":
                alignment, position = _alignment(text, position)
        except _WrongFormat as wrong:
            yield _Step(letter, _WRONG, 0, order, alignment, wrong.args[0])
            return


def _size_of(letter, text, position):
    """How many bytes an option takes, 0 where what is packed decides, and the position after its number."""
    if letter == b"c":
        return _number_at(text, position, 1)
    if letter != b"i" and letter != b"I":
        return _SIZES.get(letter, 0), position
    size, position = _number_at(text, position, 4)
    if size > _LARGEST_INTEGER:
        raise _WrongFormat(b"integral size %d is larger than limit of %d" % (size, _LARGEST_INTEGER))
    return size, position


def _alignment(text, position):
    alignment, position = _number_at(text, position, _NATURAL_ALIGNMENT)
    if not alignment or alignment & alignment - 1:
        raise _WrongFormat(b"alignment %d is not a power of 2" % alignment)
    return alignment, position


def _number_at(text, position, default):
    """The number that stands at a position of a format, and the position after it."""
    if text[position:position + 1] not in _DIGITS or position == len(text):
        return default, position
    number = 0
    while position < len(text) and text[position] in _DIGITS:
        number = number * 10 + text[position] - 48
        position += 1
        if number > _LARGEST_INT:
            raise _WrongFormat(b"integral size overflow")
    return number, position


# --- one value -------------------------------------------------------------------------------------------

def _word(number):
    """A float as an unsigned int of 64 bits. What does not fit becomes what x86-64 makes of it."""
    if -9223372036854775808.0 <= number < 18446744073709551616.0:
        return int(number) & _WORD_MASK
    return 0 if number > 0.0 else _SIGN


def _pack_integer(number, step):
    size = step.size
    value = _word(number)
    return (value if size >= 8 else value & (1 << 8 * size) - 1).to_bytes(size, step.order)


def _unpack_integer(data, step):
    """The number in some bytes: the low 64 bits of it count."""
    value = int.from_bytes(data, step.order) & _WORD_MASK
    if step.signed:
        # C shifts by more than the width of a word when there are more than 8 bytes; the processor takes the
        # distance modulo 64.
        sign_and_above = _WORD_MASK << (8 * step.size - 1) % 64 & _WORD_MASK
        if value & sign_and_above:
            value |= sign_and_above
            value -= 1 << 64
    return float(value)


def _pack_float(number, step):
    pack = _FLOATS[step.letter, step.order].pack
    try:
        return pack(number)
    except OverflowError:                       # too large for 32 bits
        return pack(math.copysign(math.inf, number))


def _pack_string(text, step, position):
    """A string of the size asked for, or all of it; `position` is that of the argument."""
    if step.kind == _TERMINATED:
        return text + b"\0"
    size = step.size or len(text)
    if len(text) < size:
        raise ArgumentError(position + 1, b"string too short")      # yes, the one after it
    return text[:size]


def _length_before(results, room):
    """The length for "c0", which is the last result and no result any more."""
    length = results.pop() if results else None
    if length.__class__ is bytes:
        length = parse_number(length)
    if length is None:
        raise LibraryError(b"format 'c0' needs a previous size")
    length = _word(length)
    if length > room:
        raise ArgumentError(2, _TOO_SHORT)
    return length


# --- the functions ---------------------------------------------------------------------------------------

def _pack_quickly(format, values):
    """What pack returns if all values are numbers that fit; None if not."""
    for value in values:
        if value.__class__ is not float:
            return None
    try:
        if format.is_whole:
            return format.quick.pack(*map(int, values))
        return format.quick.pack(*[int(value) if whole else value
                                   for value, whole in zip(values, format.wholes)])
    except (StructError, OverflowError, ValueError):
        return None


def _packer(formats):
    def pack(format=NO_VALUE, *values):
        format = formats[format if format.__class__ is bytes else check_string(format, 1)]
        if format.quick is not None and len(values) == len(format.wholes):
            packed = _pack_quickly(format, values)
            if packed is not None:
                return packed
        packed = bytearray()
        position = 1
        for step in format.steps:
            kind = step.kind
            if step.alignment > 1:
                packed += bytes(step.padding(len(packed)))
            if kind >= _UNKNOWN:
                raise step.error()
            if kind == _CONTROL:
                continue
            if kind == _SKIP:
                packed.append(0)
                continue
            position += 1
            # Of a missing argument Redis says "got nil".
            value = values[position - 2] if position - 2 < len(values) else None
            if kind == _INTEGER:
                packed += _pack_integer(check_number(value, position), step)
            elif kind == _FLOAT:
                packed += _pack_float(check_number(value, position), step)
            else:
                packed += _pack_string(check_string(value, position), step, position)
        return bytes(packed)
    return pack


def _unpacker(formats):
    def unpack(format=NO_VALUE, data=NO_VALUE, start=NO_VALUE, *_):
        format = formats[format if format.__class__ is bytes else check_string(format, 1)]
        if data.__class__ is not bytes:
            data = check_string(data, 2)
        position = 0
        if start is not NO_VALUE:
            position = optional_integer(start, 3, 1) - 1 & _WORD_MASK
            if position == _WORD_MASK:
                raise ArgumentError(3, b"offset must be 1 or greater")
        quick = format.quick
        if quick is not None and position + quick.size <= len(data):
            return (*map(float, quick.unpack_from(data, position)), position + quick.size + 1.0)
        results = _unpack_steps(format.steps, data, position)
        return results[0] if len(results) == 1 else tuple(results)
    return unpack


def _unpack_steps(steps, data, position):
    """The results of unpack from a position on: the values and the position after them."""
    results = []
    for step in steps:
        kind = step.kind
        if kind == _WRONG:
            raise step.error()
        if step.alignment > 1:
            position += step.padding(position)
        size = step.size
        if position + size > len(data):
            raise ArgumentError(2, _TOO_SHORT)
        if len(results) > _MOST_RESULTS:
            raise LibraryError(b"stack overflow (too many results)")
        if kind == _INTEGER:
            results.append(_unpack_integer(data[position:position + size], step))
        elif kind == _FLOAT:
            results.append(_FLOATS[step.letter, step.order].unpack_from(data, position)[0])
        elif kind == _CHARACTERS:
            size = size or _length_before(results, len(data) - position)
            results.append(data[position:position + size])
        elif kind == _TERMINATED:
            end = data.find(b"\0", position)
            if end < 0:
                raise LibraryError(b"unfinished string in data")
            results.append(data[position:end])
            size = end + 1 - position
        elif kind == _UNKNOWN:
            raise step.error()
        position += size
    # A format without options passes any start.
    results.append(float((position + 1 + _SIGN & _WORD_MASK) - _SIGN))
    return results


def _sizer(formats):
    def size(format=NO_VALUE, *_):
        position = 0
        for step in formats[check_string(format, 1)].steps:
            kind = step.kind
            position += step.padding(position)
            if kind == _TERMINATED:
                raise ArgumentError(1, b"option 's' has no fixed size")
            if kind == _CHARACTERS and not step.size:
                raise ArgumentError(1, b"option 'c0' has no fixed size")
            # Letters and digits that mean nothing pass here.
            if kind == _WRONG or kind == _UNKNOWN and not step.letter.isalnum():
                raise step.error()
            position += step.size
        return float(position)
    return size


def open_struct(runtime):
    """A new table of the library."""
    formats = _Formats()
    return Table({b"pack": _packer(formats), b"unpack": _unpacker(formats), b"size": _sizer(formats)})
