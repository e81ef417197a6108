"""string.format: C's printf for Lua's values.

The idea: a format is read once and becomes a template for Python's operator % and a converter for each
directive. A converter checks its argument and returns what the template needs: an int where Python's %d says
the same as C's, else the finished text. Mistakes in a format are reported when the directive is reached, as
in Lua, so they are converters as well.

A text shorter than 100 bytes goes through C's sprintf in Lua 5.1 and ends at its first NUL byte; so it does
here.

No locks: formats are immutable and kept in a dict whose operations are atomic.
"""
import math
import re
from collections import namedtuple

from ..arguments import NO_VALUE, check_number, check_string, to_integer
from ..errors import ArgumentError, LibraryError
from ..values import number_text

__all__ = ["format_of"]

# `template` for the operator %, `converters` of the arguments, `texts`: how many of them may be of any size.
_Format = namedtuple("_Format", "template converters texts")


class _Directive(namedtuple("_Directive", "flags width precision conversion")):
    """The parts of a directive: a set of byte codes, then bytes; `precision` with its point, or None."""

    __slots__ = ()

    def rebuilt(self, allowed, conversion):
        """The directive for Python's operator %, with those flags that are allowed."""
        flags = bytes(flag for flag in allowed if flag in self.flags)
        return b"%" + flags + self.width + (self.precision or b"") + conversion

    def aligned(self, text):
        """A text in its place, padded with spaces. Not left to %5b: PyPy's loses a single byte above 127."""
        width = int(self.width or 0)
        return text.ljust(width) if ord("-") in self.flags else text.rjust(width)

    def aligned_number(self, prefix, digits, zeros=True):
        """A sign or 0x and digits in their place, padded with zeros if a flag and the caller want that."""
        if zeros and ord("0") in self.flags and ord("-") not in self.flags:
            digits = digits.rjust(int(self.width or 0) - len(prefix), b"0")
        return self.aligned(prefix + digits)

    def integer(self, prefix, digits, least=b""):
        """An integer by C's rules: `precision` digits or more, which begin with `least`."""
        if self.precision is not None:
            size = int(self.precision[1:] or 0)
            digits = b"" if digits == b"0" and not size else digits.rjust(size, b"0")
        if not digits.startswith(least):
            digits = least + digits
        return self.aligned_number(prefix, digits, self.precision is None)

    def sign(self):
        """What stands before a number that is not negative."""
        return b"+" if ord("+") in self.flags else b" " if ord(" ") in self.flags else b""


_FORMATS = {}
_MOST_CACHED = 500
_LONGEST_CACHED = 1000

# Plain text or a directive: flags, width, precision, conversion. A text that ends too early
# has none of the last.
_PARTS = re.compile(rb"([^%]+|%%)|%([-+ #0]*)([0-9]{0,2})(\.[0-9]{0,2})?(.?)", re.DOTALL)
_TEXTS = (b"s", b"q")
_MOST_FLAGS = 5
_LONG_TEXT = 100
# Nobody can give as many arguments, so that what follows is never reached.
_MOST_DIRECTIVES = 10_000
_UNSIGNED = 0xFFFFFFFFFFFFFFFF


def format_of(runtime):
    """`format` for a runtime."""
    cached = _FORMATS.get

    def format(template=NO_VALUE, *arguments):
        """`format(template, ...)`"""
        if template.__class__ is not bytes:
            template = check_string(template, 1)
        compiled = cached(template) or _compile(template)
        values = [convert(value) for convert, value in zip(compiled.converters, arguments)]
        if len(values) < len(compiled.converters):
            raise ArgumentError(len(values) + 2, b"no value")
        if compiled.texts > 1 and sum([len(value) for value in values if value.__class__ is bytes]
                                      ) > runtime.max_string:
            raise LibraryError(b"not enough memory")
        return compiled.template % tuple(values)

    return format


def _compile(text):
    """The _Format of a text, kept for the next time."""
    pieces, converters, texts = [], [], 0
    for part in _PARTS.finditer(text):
        plain, conversion = part.group(1, 5)
        if plain is not None:
            pieces.append(plain)
            continue
        piece, converter = _directive(part, len(converters) + 2)
        pieces.append(piece)
        converters.append(converter)
        texts += conversion in _TEXTS
        if len(converters) > _MOST_DIRECTIVES:
            break
    compiled = _Format(b"".join(pieces), tuple(converters), texts)
    if len(text) <= _LONGEST_CACHED:
        if len(_FORMATS) >= _MOST_CACHED:
            _FORMATS.clear()
        _FORMATS[text] = compiled
    return compiled


def _directive(part, position):
    """What stands in the template for a directive, and the converter of its argument."""
    flags, width, precision, conversion = part.group(2, 3, 4, 5)
    if len(flags) > _MOST_FLAGS:
        return b"%b", _failing(b"invalid format (repeated flags)")
    if conversion.isdigit():
        return b"%b", _failing(b"invalid format (width or precision too long)")
    if conversion not in _MAKERS:
        return b"%b", _failing(b"invalid option '%%%b' to 'format'" % conversion.rstrip(b"\0"))
    return _MAKERS[conversion](_Directive(frozenset(flags), width, precision, conversion), position)


def _failing(message):
    def convert(_value):
        raise LibraryError(message)

    return convert


# --- integers --------------------------------------------------------------------------------------------

def _signed(directive, position):
    """%d and %i"""
    def convert(value):
        if value.__class__ is float and -9e18 < value < 9e18:
            return int(value)
        return to_integer(check_number(value, position))

    if directive.precision is None:
        return directive.rebuilt(b"-+ 0", b"d"), convert
    sign = directive.sign()

    def convert_all(value):
        number = convert(value)
        return directive.integer(b"-" if number < 0 else sign, b"%d" % abs(number))

    return b"%b", convert_all


def _unsigned(directive, position):
    """%u, %o, %x and %X: negative numbers are taken modulo 2^64."""
    def convert(value):
        number = check_number(value, position)
        if number >= 9223372036854775808.0:     # as compilers for x86-64 do it: two halves
            return to_integer(number - 9223372036854775808.0) + 9223372036854775808 & _UNSIGNED
        return to_integer(number) & _UNSIGNED

    letter = b"d" if directive.conversion == b"u" else directive.conversion
    alternative = ord("#") in directive.flags and letter != b"d"
    if directive.precision is None and not alternative:
        return directive.rebuilt(b"-0", letter), convert
    spelling = b"%" + letter
    least = b"0" if alternative and letter == b"o" else b""
    mark = b"0" + letter if alternative and letter != b"o" else b""

    def convert_all(value):
        number = convert(value)
        return directive.integer(mark if number else b"", spelling % number, least)

    return b"%b", convert_all


# --- other numbers ---------------------------------------------------------------------------------------

def _floating(directive, position):
    """%e, %f and %g: Python writes numbers as C does, but for the sign of nan."""
    template = directive.rebuilt(b"-+ #0", directive.conversion)
    sign = directive.sign()
    is_upper = directive.conversion.isupper()
    # PyPy's % writes large numbers with an exponent; format() knows no flags that could be in the way here.
    plain = "#" if ord("#") in directive.flags else ""
    plain += (directive.precision or b".6").decode() + ("0f" if directive.precision == b"." else "f")
    most = 1e50 if directive.conversion == b"f" else math.inf

    def convert(value):
        number = value if value.__class__ is float else check_number(value, position)
        if -most < number < most:
            return template % number
        if number - number == 0.0:
            return directive.aligned_number(b"-" if number < 0 else sign, format(abs(number), plain).encode())
        name = number_text(number)
        if name[:1] != b"-":
            name = sign + name
        return directive.aligned(name.upper() if is_upper else name)

    return b"%b", convert


def _character(directive, position):
    """%c: code 0 ends the text of the directive."""
    def convert(value):
        number = check_number(value, position)
        code = int(number) & 255 if -2147483649.0 < number < 2147483648.0 else 0
        return directive.aligned(bytes([code])).split(b"\0", 1)[0]

    return b"%b", convert


# --- texts -----------------------------------------------------------------------------------------------

def _text(directive, position):
    """%s"""
    def convert(value):
        if value.__class__ is not bytes:
            value = check_string(value, position)
        if b"\0" in value and len(value) < _LONG_TEXT:
            return value[:value.index(b"\0")]
        return value

    if directive.precision is not None:
        size = int(directive.precision[1:] or 0)
        return b"%b", lambda value: directive.aligned(check_string(value, position).split(b"\0", 1)[0][:size])
    if directive.width:
        return b"%b", lambda value: directive.aligned(convert(value))
    return b"%b", convert


def _quoted(_directive, position):
    """%q: as Lua reads it back."""
    def convert(value):
        text = check_string(value, position).replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        return b'"%b"' % text.replace(b"\n", b"\\\n").replace(b"\r", b"\\r").replace(b"\0", b"\\000")

    return b"%b", convert


_MAKERS = {**dict.fromkeys([b"d", b"i"], _signed), **dict.fromkeys([b"u", b"o", b"x", b"X"], _unsigned),
           **dict.fromkeys([b"e", b"E", b"f", b"g", b"G"], _floating),
           b"c": _character, b"s": _text, b"q": _quoted}
