"""The library `math`: Lua 5.1's functions, and the random numbers of Redis.

They are those of Python, which are those of C but for one thing: where C answers with an infinity or a nan,
Python raises. `_of_one` and the longer functions turn that back. Even the sign of a nan, which scripts see as
"nan" or "-nan", is the one that the C library of x86 Linux gives.

Redis replaced C's rand() by a generator of its own, the same everywhere: `Random`. Its state belongs to the
runtime, as `runtime.random`; one script goes on where the one before it ended.

No locks: a Lua state belongs to the one thread that runs it.
"""
import math

from ..arguments import NO_VALUE, check_int, check_number
from ..errors import ArgumentError, LibraryError
from ..operations import power
from ..values import Table

__all__ = ["open_math", "Random"]

_NAN, _NEGATIVE_NAN = math.nan, -math.nan
_RADIANS_PER_DEGREE = math.pi / 180.0


def open_math(runtime):
    """The table that scripts know as `math`; gives the runtime its `random`, a Random."""
    runtime.random = Random()
    library = Table()
    for name, function in _FUNCTIONS.items():
        library[name] = function
    library[b"pi"] = math.pi
    library[b"huge"] = math.inf
    library[b"random"] = random_of(runtime.random)
    library[b"randomseed"] = randomseed_of(runtime.random)
    return library


# --- random numbers --------------------------------------------------------------------------------------

class Random:
    """The generator lrand48 of System V: a linear congruence of 48 bits, of which the upper 31 are used."""

    def __init__(self):
        self.state = 0x1234ABCD330E             # what it starts from if nobody sows

    def seed(self, number):
        """Start again from an int, of which 32 bits count."""
        self.state = ((number & 0xFFFFFFFF) << 16) + 0x330E

    def next(self):
        """The next number, a float from 0 to below 1."""
        self.state = state = self.state * 0x5DEECE66D + 0xB & 0xFFFFFFFFFFFF
        return (state >> 17) % 0x7FFFFFFF / 0x7FFFFFFF


def random_of(generator):
    """`random([low,] [high])` for a generator."""
    def random(low=NO_VALUE, high=NO_VALUE, *more):
        fraction = generator.next()             # even an error uses one up
        if low is NO_VALUE:
            return fraction
        if more:
            raise LibraryError(b"wrong number of arguments")
        low = check_int(low, 1)
        if high is NO_VALUE:
            if low < 1:
                raise ArgumentError(1, b"interval is empty")
            return fraction * low // 1.0 + 1.0
        high = check_int(high, 2)
        if low > high:
            raise ArgumentError(2, b"interval is empty")
        width = high - low + 1
        if width > 2147483647:                  # an int in C, which overflows
            width -= 4294967296
        return fraction * width // 1.0 + low
    return random


def randomseed_of(generator):
    """`randomseed(number)` for a generator."""
    def randomseed(number=NO_VALUE, *_):
        generator.seed(check_int(number, 1))
        return ()
    return randomseed


# --- functions of one number -----------------------------------------------------------------------------

def _of_one(function, undefined=_NAN):
    """A function of one number. `undefined` is its value outside of its domain.

    What is too large for a float can only be an infinity: of these functions sinh alone has a negative one.
    """
    def call(number=NO_VALUE, *_):
        if number.__class__ is not float:
            number = check_number(number, 1)
        try:
            return function(number)
        except OverflowError:
            return -math.inf if function is math.sinh and number < 0.0 else math.inf
        except ValueError:
            return undefined
    return call


def _logarithm(function, undefined):
    """A logarithm, which is -inf for zero."""
    def call(number=NO_VALUE, *_):
        if number.__class__ is not float:
            number = check_number(number, 1)
        try:
            return function(number)
        except ValueError:
            return undefined if number else -math.inf
    return call


def absolute(number=NO_VALUE, *_):
    """`abs(x)`."""
    return abs(number if number.__class__ is float else check_number(number, 1))


def floor(number=NO_VALUE, *_):
    """`floor(x)`."""
    if number.__class__ is not float:
        number = check_number(number, 1)
    whole = number // 1.0
    return whole if whole == whole else number  # an infinity or nan


def ceil(number=NO_VALUE, *_):
    """`ceil(x)`."""
    if number.__class__ is not float:
        number = check_number(number, 1)
    whole = -(-number // 1.0)
    return whole if whole == whole else number


def degrees(number=NO_VALUE, *_):
    """`deg(x)`: radians to degrees."""
    return check_number(number, 1) / _RADIANS_PER_DEGREE


def radians(number=NO_VALUE, *_):
    """`rad(x)`: degrees to radians."""
    return check_number(number, 1) * _RADIANS_PER_DEGREE


def modf(number=NO_VALUE, *_):
    """`modf(x)`: the whole and the fractional part."""
    fraction, whole = math.modf(check_number(number, 1))
    return whole, fraction


def frexp(number=NO_VALUE, *_):
    """`frexp(x)`: m and e so that x is m * 2^e."""
    mantissa, exponent = math.frexp(check_number(number, 1))
    return mantissa, float(exponent)


# --- functions of several numbers ------------------------------------------------------------------------

def ldexp(number=NO_VALUE, exponent=NO_VALUE, *_):
    """`ldexp(m, e)`: m * 2^e."""
    exponent = check_int(exponent, 2)           # C looks at the last argument first
    number = check_number(number, 1)
    try:
        return math.ldexp(number, exponent)
    except OverflowError:
        return math.copysign(math.inf, number)


def arc_tangent(y=NO_VALUE, x=NO_VALUE, *_):
    """`atan2(y, x)`."""
    x = check_number(x, 2)                      # C looks at the last argument first
    y = check_number(y, 1)
    angle = math.atan2(y, x)
    if angle != angle:
        return x if x != x else y               # the nan that was given, with its sign
    return angle


def fmod(dividend=NO_VALUE, divisor=NO_VALUE, *_):
    """`fmod(x, y)`: the remainder, with the sign of x."""
    divisor = check_number(divisor, 2)          # C looks at the last argument first
    dividend = check_number(dividend, 1)
    try:
        return math.fmod(dividend, divisor)
    except ValueError:
        return _NEGATIVE_NAN


def to_power(base=NO_VALUE, exponent=NO_VALUE, *_):
    """`pow(x, y)`: the operator's function."""
    exponent = check_number(exponent, 2)        # C looks at the last argument first
    return power(check_number(base, 1), exponent)


def largest(one=NO_VALUE, two=NO_VALUE, *more):
    """`max(x, ...)`. Like that of C, Python's keeps the first unless another is larger: nan included."""
    if one.__class__ is two.__class__ is float and not more:
        return two if two > one else one
    return max(_numbers(one, two, more))


def smallest(one=NO_VALUE, two=NO_VALUE, *more):
    """`min(x, ...)`."""
    if one.__class__ is two.__class__ is float and not more:
        return two if two < one else one
    return min(_numbers(one, two, more))


def _numbers(one, two, more):
    """All arguments as numbers: at least one must be there."""
    values = (one,) if two is NO_VALUE else (one, two) + more
    return [value if value.__class__ is float else check_number(value, position)
            for position, value in enumerate(values, 1)]


_FUNCTIONS = {
    b"abs": absolute, b"floor": floor, b"ceil": ceil, b"deg": degrees, b"rad": radians, b"modf": modf,
    b"frexp": frexp, b"ldexp": ldexp, b"atan2": arc_tangent, b"fmod": fmod, b"mod": fmod, b"pow": to_power,
    b"max": largest, b"min": smallest,
    b"acos": _of_one(math.acos), b"asin": _of_one(math.asin), b"atan": _of_one(math.atan),
    b"sin": _of_one(math.sin, _NEGATIVE_NAN), b"cos": _of_one(math.cos, _NEGATIVE_NAN),
    b"tan": _of_one(math.tan, _NEGATIVE_NAN), b"sqrt": _of_one(math.sqrt, _NEGATIVE_NAN),
    b"sinh": _of_one(math.sinh), b"cosh": _of_one(math.cosh), b"tanh": _of_one(math.tanh), b"exp": _of_one(math.exp),
    b"log": _logarithm(math.log, _NEGATIVE_NAN), b"log10": _logarithm(math.log10, _NAN),
}
