"""Arguments that are accepted in several forms: keys one by one or as a list, times as numbers or of `datetime`.

Only what several groups of commands share. What is wrong raises DataError before anything is sent.
"""
import datetime

from ..errors import DataError

__all__ = [
    "at_most_one", "expiry_words", "flag_words", "items_of", "listed", "milliseconds_of", "require_both", "seconds_of",
    "unix_ms_of", "unix_seconds_of",
]


def listed(first, rest=()):
    """A new list of `first`, one value or an iterable of values, and `rest`."""
    if isinstance(first, (str, bytes, bytearray, memoryview)):
        return [first, *rest]
    try:
        values = iter(first)
    except TypeError:                       # a number
        return [first, *rest]
    return [*values, *rest]


def items_of(mapping):
    """Keys and values of a mapping in turn, in one list."""
    return [word for pair in mapping.items() for word in pair]


def seconds_of(time):
    """A duration in whole seconds: a number as it is, or a timedelta."""
    return int(time.total_seconds()) if isinstance(time, datetime.timedelta) else time


def milliseconds_of(time):
    """A duration in whole milliseconds: a number as it is, or a timedelta."""
    return int(time.total_seconds() * 1000) if isinstance(time, datetime.timedelta) else time


def unix_seconds_of(when):
    """A moment in seconds since 1970: a number as it is, or a datetime (local time if it has no time zone)."""
    return int(when.timestamp()) if isinstance(when, datetime.datetime) else when


def unix_ms_of(when):
    """A moment in milliseconds since 1970: a number as it is, or a datetime (local time if it has no time zone)."""
    return int(when.timestamp() * 1000) if isinstance(when, datetime.datetime) else when


def at_most_one(**options):
    """Raise DataError if more than one of the options is given, that is neither None nor False."""
    given = [name for name, value in options.items() if value is not None and value is not False]
    if len(given) > 1:
        raise DataError(f"only one of {', '.join(options)} can be given, not {' and '.join(given)} together")


def require_both(**options):
    """Raise DataError if one of two options is given without the other."""
    (first, one), (second, other) = options.items()
    if (one is None) != (other is None):
        raise DataError(f"{first} and {second} are needed together")


def flag_words(**flags):
    """The names of those that are true, in the order given: ``flag_words(NX=nx, XX=xx)``."""
    return [word for word, given in flags.items() if given]


def expiry_words(ex=None, px=None, exat=None, pxat=None):
    """The words EX seconds, PX milliseconds, EXAT or PXAT moment for the one that is given, as a tuple."""
    if ex is not None:
        if isinstance(ex, str) and ex.isdigit():
            ex = int(ex)
        return "EX", _duration("ex", seconds_of(ex))
    if px is not None:
        return "PX", _duration("px", milliseconds_of(px))
    if exat is not None:
        return "EXAT", unix_seconds_of(exat)
    if pxat is not None:
        return "PXAT", unix_ms_of(pxat)
    return ()


def _duration(name, value):
    if not isinstance(value, int):
        raise DataError(f"{name} must be an int or a timedelta, not {type(value).__name__}")
    return value
