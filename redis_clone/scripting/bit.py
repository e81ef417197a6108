"""The `bit` library: operations on the bits of 32-bit integers, as Lua BitOp 1.0.2 does them.

A number is first rounded to an integer and then cut to its low 32 bits. BitOp gets both from one addition:
the sum with 2^52 + 2^51 has the integer in the low bits of its mantissa. The same addition is done here, so
numbers that are far too large, infinite or nan give the same bits as there. Results are signed.

Pure functions without state. Not here: operations on 64 bits, which BitOp 1.0.2 has not either.
"""
import operator
from struct import Struct

from ..lua.arguments import NO_VALUE, check_number
from ..lua.values import Table

__all__ = ["open_bit"]

_MAGIC = 6755399441055744.0                     # 2^52 + 2^51
_LOWEST, _BEYOND = 2.0 ** 52, 2.0 ** 53         # sums from here to there are integers one apart
_MASK = 0xffffffff
_SIGN = 0x80000000
_DOUBLE, _INTEGER = Struct("<d"), Struct("<Q")


def _bits(value, position):
    """The 32 bits of an argument as an int from 0."""
    if value.__class__ is not float:
        value = check_number(value, position)
    total = value + _MAGIC
    if _LOWEST <= total < _BEYOND:
        return int(total) & _MASK
    return _INTEGER.unpack(_DOUBLE.pack(total))[0] & _MASK


def _number(bits):
    """An int, of which the low 32 bits count, as a signed Lua number."""
    return float((bits & _MASK ^ _SIGN) - _SIGN)


def tobit(value=NO_VALUE, *_):
    return _number(_bits(value, 1))


def bnot(value=NO_VALUE, *_):
    return _number(~_bits(value, 1))


def bswap(value=NO_VALUE, *_):
    return _number(int.from_bytes(_bits(value, 1).to_bytes(4, "little"), "big"))


def _fold(combine):
    """A function of any number of arguments. BitOp checks the first, then the others from the last on."""
    def fold(value=NO_VALUE, other=NO_VALUE, *more):
        if value.__class__ is other.__class__ is float and not more:
            total, total_of_other = value + _MAGIC, other + _MAGIC
            if _LOWEST <= total < _BEYOND and _LOWEST <= total_of_other < _BEYOND:
                return float((combine(int(total), int(total_of_other)) & _MASK ^ _SIGN) - _SIGN)
        bits = _bits(value, 1)
        others = () if other is NO_VALUE else (other, *more)
        for position in range(len(others), 0, -1):
            bits = combine(bits, _bits(others[position - 1], position + 1))
        return _number(bits)
    return fold


def _shift(shifted):
    """A function of a number and a distance, of which the low five bits count."""
    def shift(value=NO_VALUE, distance=NO_VALUE, *_):
        if value.__class__ is distance.__class__ is float and 0.0 <= distance < 32.0:
            total = value + _MAGIC
            if _LOWEST <= total < _BEYOND and distance.is_integer():
                return float((shifted(int(total) & _MASK, int(distance)) & _MASK ^ _SIGN) - _SIGN)
        return _number(shifted(_bits(value, 1), _bits(distance, 2) & 31))
    return shift


def tohex(value=NO_VALUE, digits=NO_VALUE, *_):
    bits = _bits(value, 1)
    count = 8 if digits is NO_VALUE else int(_number(_bits(digits, 2)))
    text = b"%08x" % bits if count >= 0 else b"%08X" % bits
    return text[8 - min(abs(count), 8):]


_FUNCTIONS = {
    b"tobit": tobit,
    b"bnot": bnot,
    b"band": _fold(operator.and_),
    b"bor": _fold(operator.or_),
    b"bxor": _fold(operator.xor),
    b"lshift": _shift(operator.lshift),
    b"rshift": _shift(operator.rshift),
    b"arshift": _shift(lambda bits, distance: (bits ^ _SIGN) - _SIGN >> distance),
    b"rol": _shift(lambda bits, distance: bits << distance | bits >> 32 - distance),
    b"ror": _shift(lambda bits, distance: bits << 32 - distance | bits >> distance),
    b"bswap": bswap,
    b"tohex": tohex,
}


def open_bit(runtime):
    """A new table of the library."""
    return Table(_FUNCTIONS)
