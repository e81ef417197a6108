"""The mathematics of a HyperLogLog: which register an element concerns, and what 16384 registers estimate.

An element's hash (MurmurHash64A, Austin Appleby's public domain function, with the seed that Redis uses) says
which register it concerns, by its lowest 14 bits, and with which rank: the position of the lowest bit set
among the other 50, counted from one. A register keeps the highest rank it has seen. How many different
elements there were is estimated from how many registers have which value (Otmar Ertl, "New cardinality
estimation algorithms for HyperLogLog sketches", 2017).

All registers together are one int here, a byte for each, register 0 the lowest: so packing them to six bits,
unpacking and taking the greater of two sets are a few operations on large ints, not 16384 on small ones.

No locking: plain functions. How a HyperLogLog is stored is told in hyperloglog.py.
"""
import math
import struct

__all__ = ["REGISTERS", "DENSE_BYTES", "locate", "pack", "unpack", "greater", "lanes_of", "bytes_of",
           "estimate"]

REGISTERS = 1 << 14
DENSE_BYTES = REGISTERS * 6 // 8                # six bits for each, the lowest first

_HIGHEST_RANK = 51                              # of 50 bits that are all zero
_ALPHA = 0.721347520444481703680                # 1 / (2 ln 2)

_UINT64 = (1 << 64) - 1
_FACTOR = 0xC6A4A7935BD1E995
_SEED = 0xADC83B19
_SHORT = 48                                     # elements shorter than this are hashed as one number
_STARTS = [_SEED ^ size * _FACTOR & _UINT64 for size in range(_SHORT)]
_RANKS = [(bits & -bits).bit_length() for bits in range(256)]           # 0: it takes more bits to tell
_from_bytes = int.from_bytes


def locate(element):
    """``(register, rank)`` of an element, which is bytes. A microsecond for a short one (CPython 3.11)."""
    size = len(element)
    if size < _SHORT:
        # A number of more than 64 bits is cut only before a shift to the right, or for speed: multiplication
        # and xor bring nothing down from above.
        number = _from_bytes(element, "little")
        mixed = _STARTS[size]
        while size > 7:
            block = number * _FACTOR & _UINT64
            mixed = (mixed ^ (block ^ block >> 47) * _FACTOR) * _FACTOR & _UINT64
            number >>= 64
            size -= 8
        if size:
            mixed = (mixed ^ number) * _FACTOR & _UINT64
    else:
        mixed = _mix_blocks(element)
    mixed = (mixed ^ mixed >> 47) * _FACTOR & _UINT64
    low = (mixed ^ mixed >> 47) & 0x3FFFFF      # the register and the next eight bits, nearly always enough
    return low & 16383, _RANKS[low >> 14] or _full_rank(mixed ^ mixed >> 47)


def _full_rank(mixed):
    rest = mixed >> 14 | 1 << 50
    return (rest & -rest).bit_length()


def _mix_blocks(element):
    """The hash of a longer element, before its last stirring."""
    size = len(element)
    mixed = _SEED ^ size * _FACTOR & _UINT64
    for block in struct.unpack_from(f"<{size >> 3}Q", element):
        block = block * _FACTOR & _UINT64
        mixed = (mixed ^ (block ^ block >> 47) * _FACTOR) * _FACTOR & _UINT64
    if size & 7:
        mixed = (mixed ^ _from_bytes(element[size & -8:], "little")) * _FACTOR & _UINT64
    return mixed


# ---- all registers in one int -----------------------------------------------------------------------------

def _repeat(pattern):
    """An int as wide as all registers, made of copies of some bytes."""
    return int.from_bytes(pattern * (REGISTERS // len(pattern)), "little")


_LOW_12_OF_32, _HIGH_12_OF_32 = _repeat(b"\xff\x0f\0\0"), _repeat(b"\0\0\xff\x0f")
_LOW_6_OF_16, _HIGH_6_OF_16 = _repeat(b"\x3f\0"), _repeat(b"\0\x3f")
_TOP_BITS = _repeat(b"\x80")


def lanes_of(registers):
    """The int of registers that are given as a byte each."""
    return int.from_bytes(registers, "little")


def bytes_of(lanes):
    """The registers of an int as a byte each."""
    return lanes.to_bytes(REGISTERS, "little")


def unpack(dense):
    """The registers that stand in six bits each, DENSE_BYTES of them, as an int."""
    spread = bytearray(REGISTERS)               # four registers from three bytes to four ...
    for column in range(3):
        spread[column::4] = dense[column::3]
    lanes = int.from_bytes(spread, "little")
    lanes = lanes & _LOW_12_OF_32 | lanes << 4 & _HIGH_12_OF_32         # ... two to two bytes ...
    return lanes & _LOW_6_OF_16 | lanes << 2 & _HIGH_6_OF_16            # ... and each to its own


def pack(lanes):
    """The registers of an int in six bits each: the reverse of `unpack`."""
    lanes = lanes & _LOW_6_OF_16 | (lanes & _HIGH_6_OF_16) >> 2
    lanes = lanes & _LOW_12_OF_32 | (lanes & _HIGH_12_OF_32) >> 4
    spread = bytes_of(lanes)
    dense = bytearray(DENSE_BYTES)
    for column in range(3):
        dense[column::3] = spread[column::4]
    return dense


def greater(one, other):
    """Register by register the greater one of two ints of registers, whose values are below 128."""
    not_less = (one | _TOP_BITS) - other & _TOP_BITS        # the top bit survives where `one` is not less
    chosen = not_less - (not_less >> 7)                     # 127 there, 0 elsewhere
    return one & chosen | other & ~chosen


# ---- the estimate -----------------------------------------------------------------------------------------

def estimate(lanes):
    """How many different elements have been added, judging by the registers."""
    counts = _histogram(bytes_of(lanes))
    weight = REGISTERS * _tau((REGISTERS - counts[_HIGHEST_RANK]) / REGISTERS)
    for rank in range(_HIGHEST_RANK - 1, 0, -1):
        weight = (weight + counts[rank]) * 0.5
    weight += REGISTERS * _sigma(counts[0] / REGISTERS)
    number = _ALPHA * REGISTERS * REGISTERS / weight if weight else math.inf
    if number >= 1 << 63:
        return -1 << 63                         # only made-up registers reach that; what Redis makes of it
    whole = int(number)
    return whole + (number - whole >= 0.5)


def _histogram(registers):
    """How many registers have each value, 0 to 63."""
    counts = [0] * 64
    value = 0
    while registers:
        others = registers.translate(None, bytes((value,)))
        counts[value] = len(registers) - len(others)
        registers = others
        value += 1
    return counts


def _tau(share):
    if share in (0, 1):
        return 0.0
    factor, total, before = 1.0, 1 - share, None
    while total != before:
        share = math.sqrt(share)
        before = total
        factor *= 0.5
        total -= (1 - share) ** 2 * factor
    return total / 3


def _sigma(share):
    if share == 1:
        return math.inf
    factor, total, before = 1.0, share, None
    while total != before:
        share *= share
        before = total
        total += share * factor
        factor += factor
    return total
