"""Arithmetic of the x86-64 `long double`, for INCRBYFLOAT and HINCRBYFLOAT.

Redis adds these numbers in the 80-bit extended format: 64 bits of mantissa, 15 of exponent. Python's float
has 53 bits, and decimal arithmetic rounds elsewhere, so both show other digits soon.

The idea: a finite number is a pair of ints, (mantissa, exponent), that stands for mantissa * 2**exponent.
Python's ints make every step exact; what is left to do is one rounding to 64 bits, ties to even, at the end
of reading and of adding. Infinity is the float.

Pure functions without state: callable from any thread. Not here: NaN, which both commands refuse, and the
operations that they do not need.
"""
import math
import re

__all__ = ["INFINITY", "parse_long_double", "add_long_doubles", "format_long_double"]

INFINITY = math.inf

_MANTISSA_BITS = 64
_LEAST_EXPONENT = -16445            # the least number greater than zero is 2**-16445
_OVERFLOW_EXPONENT = 16384          # 2**16384 is the first power that is too large
_LONGEST = 5 * 1024                 # Redis copies the text into a buffer of this size
_FARTHEST = 5000                    # no number in range has more digits before its point, or zeros after it
_DIGITS_AT_ONCE = 4000              # what Python converts between int and text in one piece
_PRINTED_DECIMALS = 17
_DECIMAL_SCALE = 10 ** _PRINTED_DECIMALS

_DECIMAL = re.compile(rb"([+-]?)(?=\.?[0-9])([0-9]*)\.?([0-9]*)(?:e([+-]?[0-9]+))?", re.IGNORECASE)
_HEXADECIMAL = re.compile(rb"([+-]?)0x(?=\.?[0-9a-f])([0-9a-f]*)\.?([0-9a-f]*)(?:p([+-]?[0-9]+))?",
                          re.IGNORECASE)
_INFINITE = re.compile(rb"([+-]?)inf(?:inity)?", re.IGNORECASE)


def parse_long_double(raw):
    """The number that `raw` spells as C's strtold reads it, the whole of it; None when it is none.

    Decimal and hexadecimal notation and infinity are known. NaN counts as none, and so does what is too
    large, or too small to differ from zero without being zero.
    """
    if len(raw) >= _LONGEST:
        return None
    match = _DECIMAL.fullmatch(raw)
    if match:
        number = _parse_decimal(match)
    else:
        match = _HEXADECIMAL.fullmatch(raw)
        if not match:
            match = _INFINITE.fullmatch(raw)
            return match and (-INFINITY if match[1] == b"-" else INFINITY)
        number = _parse_hexadecimal(match)
    if number is None or match[1] != b"-":
        return number
    return -number[0], number[1]


def add_long_doubles(first, second):
    """The sum of two parsed numbers, or None where it is infinite or not a number."""
    if first.__class__ is float or second.__class__ is float:
        return None
    exponent = min(first[1], second[1])
    total = (first[0] << (first[1] - exponent)) + (second[0] << (second[1] - exponent))
    rounded = _round(abs(total), exponent)
    if rounded is None or total >= 0:
        return rounded
    return -rounded[0], rounded[1]


def format_long_double(number):
    """A finite number as Redis prints it: up to 17 decimals without zeros at the end, never an exponent."""
    mantissa, exponent = number
    size = abs(mantissa)
    if exponent >= 0:
        digits = (size << exponent) * _DECIMAL_SCALE
    else:
        digits = _drop_bits(size * _DECIMAL_SCALE, -exponent)
    text = _to_text(digits).rjust(_PRINTED_DECIMALS + 1, "0")
    whole, decimals = text[:-_PRINTED_DECIMALS], text[-_PRINTED_DECIMALS:].rstrip("0")
    sign = "-" if mantissa < 0 and digits else ""
    return f"{sign}{whole}.{decimals}".rstrip(".").encode()


def _parse_decimal(match):
    digits = (match[2] + match[3]).lstrip(b"0")
    if not digits:
        return 0, 0
    power = _clamp(match[4]) - len(match[3])                # the number is digits * 10 ** power
    if abs(power + len(digits)) > _FARTHEST:
        return None
    if power >= 0:
        return _nearest(_to_int(digits) * 10 ** power, 1)
    return _nearest(_to_int(digits), 10 ** -power)


def _parse_hexadecimal(match):
    digits = (match[2] + match[3]).lstrip(b"0")
    if not digits:
        return 0, 0
    power = _clamp(match[4]) - 4 * len(match[3])            # the number is digits * 2 ** power
    if abs(power + 4 * len(digits)) > 4 * _FARTHEST:
        return None
    if power >= 0:
        return _nearest(int(digits, 16) << power, 1)
    return _nearest(int(digits, 16), 1 << -power)


def _clamp(exponent):
    """An exponent of any length as an int; far out of range is far enough."""
    return max(-10 ** 6, min(10 ** 6, int(exponent[:20]))) if exponent else 0


def _nearest(numerator, denominator):
    """The long double nearest to a positive fraction; None for overflow and for underflow to zero."""
    # A quotient of two bits more than needed: then the last one may tell whether a remainder follows it.
    shift = max(0, _MANTISSA_BITS + 2 + denominator.bit_length() - numerator.bit_length())
    quotient, remainder = divmod(numerator << shift, denominator)
    rounded = _round(quotient | (remainder != 0), -shift)
    return rounded if rounded and rounded[0] else None


def _round(mantissa, exponent):
    """The long double nearest to mantissa * 2**exponent, not negative; None when it is too large."""
    excess = max(mantissa.bit_length() - _MANTISSA_BITS, _LEAST_EXPONENT - exponent)
    if excess > 0:
        mantissa = _drop_bits(mantissa, excess)
        exponent += excess
    if mantissa.bit_length() + exponent > _OVERFLOW_EXPONENT:
        return None
    return mantissa, exponent


def _drop_bits(number, count):
    """number / 2**count, rounded to the nearest integer, ties to even."""
    kept = number >> count
    rest = number - (kept << count)
    half = 1 << (count - 1)
    return kept + 1 if rest > half or (rest == half and kept & 1) else kept


def _to_int(digits):
    """int(digits), also for more digits than Python converts at once."""
    value = 0
    for start in range(0, len(digits), _DIGITS_AT_ONCE):
        piece = digits[start:start + _DIGITS_AT_ONCE]
        value = value * 10 ** len(piece) + int(piece)
    return value


def _to_text(number):
    """str(number) of an int that is not negative, also for more digits than Python converts at once."""
    if number.bit_length() < 3 * _DIGITS_AT_ONCE:
        return str(number)
    high, low = divmod(number, 10 ** _DIGITS_AT_ONCE)
    return f"{high}{low:0{_DIGITS_AT_ONCE}d}" if high else str(low)
