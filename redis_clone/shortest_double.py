"""Doubles as text the way Redis prints them since 7.2: by fpconv, whose digits are those of Grisu2.

Python's repr() finds the shortest digits that read back as the same number, and of these the nearest to it.
Grisu2 (Florian Loitsch, "Printing Floating-Point Numbers Quickly and Accurately with Integers", 2010)
calculates with 64 bits and keeps a safe distance from the limits of what reads back. So in about one of a
thousand numbers it needs more digits, and sometimes it chooses the other one of two candidates. Clients that
compare replies see that; hence this follows it bit by bit.

The idea: scale the number, and the limits of the interval that reads back as it, by a power of ten kept with
64 bits, so that the integer part has at most 32 bits. Cut the upper limit after the first digit where the
rest is within the interval, then go back in steps of that digit as long as it gets nearer to the number. As
no shorter digits than repr()'s can be within the interval, the search begins at their length.

For numbers of everyday size it is quicker to see that both agree, which is proved by the remainder of the number
behind repr()'s last digit: well within the interval, and nearer to these digits than to any other. About one of
fourteen is too close to call and takes the long way.

Pure functions without state. Not here: zero, infinity, NaN.
"""
import functools
import math

__all__ = ["format_shortest"]

_HIDDEN_BIT = 1 << 52
_LEAST_EXPONENT = -1074
_FIRST_POWER, _POWER_STEP, _POWERS = -348, 8, 87        # the powers of ten that fpconv has in a table
_LOG10_OF_2 = 0.30102999566398114
_ROUND = 1 << 63
_TENS = [10 ** power for power in range(40)]
# The short way: numbers between these limits are written without exponent, and times 2**62 they are whole.
_LEAST_PLAIN, _MOST_PLAIN = 0.001, 1e4
_PLAIN_BITS = 62
_PLAIN_SCALE, _PLAIN_REST, _PLAIN_HALF = 2.0 ** _PLAIN_BITS, (1 << _PLAIN_BITS) - 1, 1 << _PLAIN_BITS - 1
# Grisu2 errs by at most 3 of the 512 or more units in half an interval; decimals are 90 of them apart, or more.
# (Powers of two, with their uneven intervals, leave no rest.)
_NEAR_ENOUGH = int(0.45 * _PLAIN_SCALE)
_WITHIN = [0.49 * _PLAIN_SCALE * 10 ** places for places in range(40)]      # times the distance of two doubles


def format_shortest(number):
    """A finite double other than zero as bytes: positional while that is short, else like 1e+8."""
    if _LEAST_PLAIN < number < _MOST_PLAIN or -_MOST_PLAIN < number < -_LEAST_PLAIN:
        text = repr(number)
        places = len(text) - text.index(".") - 1
        rest = abs((int(number * _PLAIN_SCALE) * _TENS[places] + _PLAIN_HALF & _PLAIN_REST) - _PLAIN_HALF)
        if rest < _NEAR_ENOUGH and rest < math.ulp(number) * _WITHIN[places] and (rest or text[-2:] != ".0"):
            return text.encode()
    sign = "-" if number < 0 else ""
    digits, power = _shortest_digits(abs(number))           # the number is int(digits) * 10 ** power
    size = len(digits)
    scientific = power + size - 1
    if power >= 0 and scientific < size + 7:
        text = digits + "0" * power
    elif power < 0 and (power > -7 or abs(scientific) < 4):
        point = size + power
        text = digits[:point] + "." + digits[point:] if point > 0 else "0." + "0" * -point + digits
    else:
        text = digits[0] + ("." + digits[1:] if size > 1 else "") + f"e{scientific:+d}"
    return (sign + text).encode()


def _shortest_digits(number):
    """``(digits, power of ten)`` of a positive double."""
    value, upper, lower, exponent = _interval(number)
    table_power, factor, factor_exponent = _scale_for(exponent)
    one_bits = -(exponent + factor_exponent + 64)           # from here on 1 is 1 << one_bits
    value = (value * factor + _ROUND) >> 64
    high = ((upper * factor + _ROUND) >> 64) - 1            # one unit inside, for the error of the scaling
    width = high - ((lower * factor + _ROUND) >> 64) - 1
    distance = high - value
    # How many decimals to keep, negative for zeros before the point
    decimals = len(repr(number).partition("e")[0].replace(".", "").strip("0")) - len(str(high >> one_bits))
    while True:
        if decimals > 0:
            scale, unit = _TENS[decimals], 1 << one_bits
            product = high * scale
            digits, rest = product >> one_bits, product & (unit - 1)
            fits = rest < width * scale
        else:
            scale, unit = 1, _TENS[-decimals] << one_bits
            digits, rest = divmod(high, unit)
            fits = rest <= width
        if fits:
            break
        decimals += 1
    return str(_approach(digits, rest, unit, distance * scale, width * scale)), -decimals - table_power


def _approach(digits, rest, unit, distance, width):
    """Go back from the upper limit while that gets nearer to the number, which lies at `distance` from it."""
    while rest < distance and width - rest >= unit and (
            rest + unit < distance or distance - rest > rest + unit - distance):
        digits -= 1
        rest += unit
    return digits


def _interval(number):
    """``(value, upper, lower, exponent)``: the number and the limits between which all reads back as it.

    They are to be multiplied by 2 ** exponent; `upper` has 64 bits.
    """
    fraction, exponent = math.frexp(number)
    mantissa, exponent = int(fraction * (1 << 53)), exponent - 53
    if exponent < _LEAST_EXPONENT:                          # a denormal number has fewer bits
        mantissa >>= _LEAST_EXPONENT - exponent
        exponent = _LEAST_EXPONENT
    shift = 63 - mantissa.bit_length()
    upper = (2 * mantissa + 1) << shift
    # Below a power of two the doubles lie twice as close.
    lower = (4 * mantissa - 1) << (shift - 1) if mantissa == _HIDDEN_BIT else (2 * mantissa - 1) << shift
    return mantissa << (shift + 1), upper, lower, exponent - 1 - shift


def _scale_for(exponent):
    """``(k, factor, exponent)`` of a power of ten, 10**k = factor * 2**exponent, that scales as needed."""
    index = (int(-(exponent + _POWERS) * _LOG10_OF_2) - _FIRST_POWER) // _POWER_STEP
    while True:
        power = _power_of_ten(index)
        scaled = exponent + power[2] + 64
        if scaled < -60:
            index += 1
        elif scaled > -32:
            index -= 1
        else:
            return power


@functools.lru_cache(maxsize=None)
def _power_of_ten(index):
    k = _FIRST_POWER + index * _POWER_STEP
    if k >= 0:
        bits = (10 ** k).bit_length()
        exponent = bits - 64
        factor = (10 ** k << 64 >> bits) if bits <= 64 else _divide(10 ** k, 1 << (bits - 64))
    else:
        exponent = -63 - (10 ** -k).bit_length()
        factor = _divide(1 << -exponent, 10 ** -k)
    return k, factor, exponent


def _divide(numerator, denominator):
    """The quotient, rounded to the nearest integer."""
    return (2 * numerator + denominator) // (2 * denominator)
