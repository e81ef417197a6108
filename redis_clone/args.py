"""Conversion of command arguments: bytes in, a number out, or Redis' error.

Redis accepts only the one canonical spelling of an integer (no sign +, no spaces, no leading zeros),
so that a number written back is the same bytes; Python's int() is more generous, hence the check of
the spelling. Handlers call these explicitly, in Redis' order of errors.
"""
import math
import re

from .errors import NotFloatError, NotIntegerError, RedisError
from .long_double import parse_long_double
from .shortest_double import format_shortest

__all__ = ["INT64_MIN", "INT64_MAX", "parse_int", "parse_int_or_none", "parse_range_int", "parse_float",
           "parse_timeout", "parse_cursor", "parse_label", "format_float"]

INT64_MIN = -(1 << 63)
INT64_MAX = (1 << 63) - 1
UINT64_MAX = (1 << 64) - 1
_EXACT_INTEGER = float(1 << 62)      # Redis prints whole doubles up to LLONG_MAX / 2 as integers

_LONGEST_TIMEOUT_MS = INT64_MAX - (1 << 41)     # Redis adds the date, about that many milliseconds

_FLOAT = re.compile(rb"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf(?:inity)?|0[xX][0-9a-fA-F.]+(?:[pP][+-]?\d+)?)",
                    re.IGNORECASE)
_plain_float = re.compile(rb"-?\d{1,17}(?:\.\d{1,17})?").fullmatch     # by far the most; never out of range
_NON_ZERO = re.compile(rb"[+-]?(0[xX][0.]*[1-9a-fA-F]|[0.]*[1-9])")


def parse_int_or_none(raw):
    """The 64-bit signed integer that `raw` spells, or None. `raw` is bytes."""
    try:
        return parse_int(raw)
    except NotIntegerError:
        return None


def parse_int(raw, message=None):
    """The 64-bit signed integer that `raw` spells; raises NotIntegerError (or RedisError(message))."""
    if len(raw) <= 20:                          # int() of a long text takes quadratic time
        try:
            number = int(raw)
            if b"%d" % number == raw and INT64_MIN <= number <= INT64_MAX:
                return number
        except ValueError:
            pass
    raise RedisError(message) if message else NotIntegerError()


def parse_range_int(raw, low, high, message=None):
    """An integer within low..high; outside it Redis' own message, or `message`."""
    number = parse_int(raw, message)
    if not low <= number <= high:
        if message:
            raise RedisError(message)
        if low == 0 and high == INT64_MAX:
            raise RedisError("ERR value is out of range, must be positive")
        raise RedisError(f"ERR value is out of range, value must between {low} and {high}")
    return number


def parse_float(raw, error=NotFloatError):
    """A double as C's strtod reads it, the whole of `raw`; NaN and overflow are refused.

    Raises `error`, an exception class or a message.
    """
    if _plain_float(raw):
        return float(raw)
    if _FLOAT.fullmatch(raw):
        try:
            number = float.fromhex(raw.decode()) if raw[:3].lower().lstrip(b"+-").startswith(b"0x") else float(raw)
        except (ValueError, OverflowError):
            number = math.nan
        # strtod reports ERANGE for 1e400 and 1e-400: infinity and zero count only when spelled out
        spelled = not math.isinf(number) or b"n" in raw.lower()
        if spelled and number == number and (number or not _NON_ZERO.match(raw)):
            return number
    raise RedisError(error) if isinstance(error, str) else error()


def parse_timeout(raw):
    """A blocking command's timeout in seconds, 0 meaning for ever; milliseconds are rounded up, as in Redis."""
    if raw.isdigit() and len(raw) < 10:
        return int(raw)
    number = parse_long_double(raw)
    if number is None:
        raise RedisError("ERR timeout is not a float or out of range")
    if number.__class__ is float:                           # infinite
        timeout_ms = -1 if number < 0 else INT64_MAX + 1
    else:
        mantissa, exponent = number
        scaled = mantissa * 1000
        timeout_ms = scaled << exponent if exponent >= 0 else -(-scaled >> -exponent)
    if timeout_ms > _LONGEST_TIMEOUT_MS:
        raise RedisError("ERR timeout is out of range")
    if timeout_ms < 0:
        raise RedisError("ERR timeout is negative")
    return timeout_ms / 1000


def parse_cursor(raw):
    """A SCAN cursor, 0 .. 2**64-1."""
    if raw.isdigit() and len(raw) < 21 and int(raw) <= UINT64_MAX:
        return int(raw)
    raise RedisError("ERR invalid cursor")


def parse_label(raw, what):
    """A name for CLIENT LIST: printable ASCII without spaces, or nothing. `what` begins the error."""
    if any(not 33 <= byte <= 126 for byte in raw):
        raise RedisError(f"ERR {what} cannot contain spaces, newlines or special characters.")
    return raw


def format_float(number):
    """A double as Redis prints scores, as bytes: whole numbers up to 2**62 as integers, the rest by fpconv."""
    if number != number:
        return b"nan"
    if number in (math.inf, -math.inf):
        return b"inf" if number > 0 else b"-inf"
    if number == 0:
        return b"-0" if math.copysign(1, number) < 0 else b"0"
    if -_EXACT_INTEGER <= number <= _EXACT_INTEGER and number == int(number):
        return b"%d" % int(number)
    return format_shortest(number)
