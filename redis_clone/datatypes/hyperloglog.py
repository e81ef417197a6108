"""HyperLogLogs as Redis stores them: strings that hold 16384 registers, byte for byte the same.

A header of 16 bytes: "HYLL", the encoding (0 dense, 1 sparse), three bytes that stay, the last estimate as
a little-endian number whose highest bit says that it is out of date. After it stand the registers. Dense: six
bits each. Sparse: opcodes for runs of equal registers,

    00nnnnnn             n + 1 registers that are zero
    01nnnnnn nnnnnnnn    the same, n of 14 bits
    1vvvvvnn             n + 1 registers of value v + 1

A `HyperLogLog` is these bytes. It is also an ordinary string to all other commands: one that changes it in
place puts a plain bytearray there, and the next PFADD makes a HyperLogLog of that again. So nothing that is
remembered beside the bytes can go stale.

Remembered are marks. To find a register among sparse opcodes one has to add up the runs before it. A walk
that gets far leaves a mark every so many bytes, where later ones start, so the way is short however many
opcodes there are, and nothing is decoded as a whole to add an element. A change moves the marks behind it.

A string that pretends to be a HyperLogLog may hold anything. Where its opcodes do not add up, CorruptedError
is raised, but only if the way leads there, as in Redis.

Locking: part of the keyspace, used with the engine's lock held.
"""
import re
from bisect import bisect_left, bisect_right
from operator import length_hint

from .hyperloglog_registers import DENSE_BYTES, REGISTERS, bytes_of, estimate, lanes_of, pack, unpack

__all__ = ["HyperLogLog", "CorruptedError", "EMPTY", "is_valid_header"]

_HEADER_BYTES = 16
_ENCODING_AT = 4
_DENSE, _SPARSE = 0, 1
_OUT_OF_DATE_AT, _OUT_OF_DATE = 15, 128
_ALL_ZEROS = b"\x7f\xff"
EMPTY = b"HYLL\1" + bytes(11) + _ALL_ZEROS                # its estimate is 0 and not out of date

_HIGHEST_SPARSE_RANK = 32
_LONGEST_RUN = 4                                            # of equal registers that are not zero
_LONGEST_SHORT_ZEROS = 64
# By opcode: how many registers its run has; 0 for the opcodes of two bytes.
_RUNS = [opcode + 1 if opcode < 64 else 0 if opcode < 128 else (opcode & 3) + 1 for opcode in range(256)]
# By opcode: those registers, a byte each.
_RUN_BYTES = [bytes((opcode // 4 - 31 if opcode >= 128 else 0,)) * run for opcode, run in enumerate(_RUNS)]

_SIZES = [2 if 64 <= opcode < 128 else 1 for opcode in range(256)]
_EQUAL_BYTES = re.compile(rb"(.)\1*", re.DOTALL)
_SPARE_BYTES = 8                # more than encoding takes in passing, see `raise_all`

_MARK_EVERY = 64                # bytes between marks: a walk costs about as much as moving the marks
_MARK_SHIFT = 32                # a mark is first register << 32 | offset
_OFFSET_MASK = (1 << _MARK_SHIFT) - 1
_MERGE_STEPS = 5                # opcodes looked at for neighbours to join, as in Redis
_TOUCHED_BYTES = 16             # no change reaches further than this from the opcode before it


class CorruptedError(Exception):
    """The opcodes do not add up to the number of registers."""


def is_valid_header(text):
    """Whether a string (bytes or bytearray) looks like a HyperLogLog; its opcodes may still be wrong."""
    if len(text) < _HEADER_BYTES or not text.startswith(b"HYLL") or text[_ENCODING_AT] > _SPARSE:
        return False
    return text[_ENCODING_AT] == _SPARSE or len(text) == _HEADER_BYTES + DENSE_BYTES


class HyperLogLog(bytearray):
    """A string with a valid header, see above. `HyperLogLog(EMPTY)` has no elements.

    No slots and no __init__ on purpose: most HyperLogLogs are short, need no marks, and are made quickly.
    """

    encoding = "raw"            # what OBJECT ENCODING says
    marks = ()                  # of a sparse one, once it is long: a sorted list of its own

    def duplicate(self):
        """A copy that shares nothing with this one."""
        return HyperLogLog(self)

    @property
    def is_dense(self):
        return self[_ENCODING_AT] == _DENSE

    # The estimate

    def count(self):
        """The estimated number of different elements; None when it is out of date, then `recount` it."""
        if self[_OUT_OF_DATE_AT] & _OUT_OF_DATE:
            return None
        return int.from_bytes(self[8:16], "little")

    def recount(self):
        """Estimate from the registers, and store the result in the header."""
        number = estimate(self.registers())
        self[8:16] = (number % (1 << 64)).to_bytes(8, "little")
        return number

    def forget_count(self):
        """The registers have changed: the header's estimate is out of date."""
        self[_OUT_OF_DATE_AT] |= _OUT_OF_DATE

    # All registers

    def registers(self):
        """All registers as an int, see hyperloglog_registers.py."""
        if self.is_dense:
            return unpack(self[_HEADER_BYTES:])
        runs, total = [], 0
        rest = iter(self[_HEADER_BYTES:])
        for opcode in rest:
            run = _RUNS[opcode] or _long_run(opcode, rest)
            total += run
            if total > REGISTERS:               # before memory is taken for what a few bytes can claim
                break
            runs.append(_RUN_BYTES[opcode] or bytes(run))
        if total != REGISTERS:
            raise CorruptedError
        return lanes_of(b"".join(runs))

    def opcodes(self):
        """Of a sparse one: for each opcode its first byte, and how many registers it stands for."""
        rest = iter(self[_HEADER_BYTES:])
        for opcode in rest:
            yield opcode, _RUNS[opcode] or _long_run(opcode, rest)

    def make_dense(self):
        """Change the encoding to dense; False when it is already."""
        if self.is_dense:
            return False
        self._store_dense(self.registers())
        return True

    def _store_dense(self, registers):
        self[_HEADER_BYTES:] = pack(registers)
        self[_ENCODING_AT] = _DENSE
        self.marks = ()

    def raise_all(self, registers, limits):
        """Make the registers those of an int, none of which is less than its counterpart here."""
        if self.is_dense:
            self._store_dense(registers)
            return
        registers_by_byte = bytes_of(registers)
        if self[_HEADER_BYTES:] == _ALL_ZEROS:
            opcodes = _encode(registers_by_byte)
            if _HEADER_BYTES + len(opcodes) + _SPARE_BYTES <= limits.hll_sparse_max_bytes:
                self[_HEADER_BYTES:] = opcodes
                return
        for register, rank in enumerate(registers_by_byte):
            if rank and self._raise_in_sparse(register, rank, limits) and self.is_dense:
                self._store_dense(registers)
                return

    # One register

    def raise_register(self, register, rank, limits):
        """Make a register at least `rank`; True when that changed it.

        A sparse HyperLogLog that would become longer than `limits` (EncodingLimits) allow turns dense.
        """
        if self[_ENCODING_AT]:
            return self._raise_in_sparse(register, rank, limits)
        offset = _HEADER_BYTES + (register * 6 >> 3)
        shift = register * 6 & 7
        low = self[offset]
        if shift < 3:                           # all in one byte, of which there are always enough
            if low >> shift & 63 >= rank:
                return False
            self[offset] = low & ~(63 << shift) | rank << shift
            return True
        both = self[offset + 1] << 8 | low
        if both >> shift & 63 >= rank:
            return False
        both = both & ~(63 << shift) | rank << shift
        self[offset] = both & 255
        self[offset + 1] = both >> 8
        return True

    def _raise_in_sparse(self, register, rank, limits):
        if rank > _HIGHEST_SPARSE_RANK:
            return self._promote(register, rank, limits)
        before, offset, first, run = self._find(register)
        opcode = self[offset]
        if opcode >= 128:
            if opcode >> 2 & 31 >= rank - 1:
                return False
            left = _values(opcode, register - first)
            right = _values(opcode, first + run - 1 - register)
        else:
            left = _zeros(register - first)
            right = _zeros(first + run - 1 - register)
        replacement = left + bytes((128 | rank - 1 << 2,)) + right
        replaced = _SIZES[opcode]
        size = len(self)
        grown = len(replacement) - replaced
        if grown > 0 and size + grown > limits.hll_sparse_max_bytes:
            return self._promote(register, rank, limits)
        self[offset:offset + replaced] = replacement
        self._join_values(before)
        if self.marks:
            self._move_marks(first, before, len(self) - size)
        return True

    def _promote(self, register, rank, limits):
        self.make_dense()
        return self.raise_register(register, rank, limits)

    def _join_values(self, offset):
        """Join runs of the same value that stand side by side, looking at a few opcodes from `offset` on."""
        for _ in range(_MERGE_STEPS):
            pair = self[offset:offset + 2]
            if not pair:
                return
            if pair[0] < 128:
                offset += _SIZES[pair[0]]
                continue
            if len(pair) == 2 and not (pair[0] ^ pair[1]) & 0xFC:
                run = (pair[0] & 3) + (pair[1] & 3) + 2
                if run <= _LONGEST_RUN:
                    self[offset:offset + 2] = bytes((pair[0] & 0xFC | run - 1,))
                    continue                    # there may be a third
            offset += 1

    # Finding a register among sparse opcodes

    def _find(self, register):
        """``(offset of the opcode before, offset of its opcode, its first register, length of its run)``.

        The first opcode counts as its own predecessor.
        """
        number = bisect_right(self.marks, register << _MARK_SHIFT | _OFFSET_MASK) if self.marks else 0
        previous, offset, first, run = self._walk(register, number)
        if previous is None:
            if not number:
                return offset, offset, first, run
            # A mark pointed there, but not at what stands before.
            previous, offset, first, run = self._walk(register, number - 1)
        return offset - _SIZES[previous], offset, first, run

    def _walk(self, register, number):
        """The same from the mark before `number` on (0: from the start), but with the opcode before instead
        of its offset, or None where the walk did not see it.
        """
        mark = self.marks[number - 1] if number else _HEADER_BYTES
        first, offset, previous, runs = mark >> _MARK_SHIFT, mark & _OFFSET_MASK, None, _RUNS
        while True:
            chunk = self[offset:offset + _MARK_EVERY]
            rest = iter(chunk)                  # the quickest way to the next byte; it knows how far it is
            for opcode in rest:
                run = runs[opcode]
                if not run:
                    second = next(rest, None)
                    if second is None:          # cut in two by the end of the chunk
                        offset -= 1
                        break
                    run = ((opcode & 63) << 8 | second) + 1
                first += run
                if first > register:
                    offset += len(chunk) - length_hint(rest) - _SIZES[opcode]
                    return previous, offset, first - run, run
                previous = opcode
            if len(chunk) < _MARK_EVERY:
                raise CorruptedError
            offset += len(chunk)
            number = self._leave_mark(number, first << _MARK_SHIFT | offset)

    def _leave_mark(self, number, mark):
        """Insert a mark at its place in the list; returns the number of the next place."""
        if not self.marks:
            self.marks = []
        if self.marks[number:number + 1] != [mark]:
            self.marks.insert(number, mark)
        return number + 1

    def _move_marks(self, first, before, by):
        """The opcode of register `first` has changed, and some after it; the one before stands at offset
        `before`. Drop the marks to what may have changed, move those behind by so many bytes.
        """
        marks = self.marks
        start = end = bisect_left(marks, first << _MARK_SHIFT)
        while end < len(marks) and marks[end] & _OFFSET_MASK <= before + _TOUCHED_BYTES:
            end += 1
        marks[start:] = [mark + by for mark in marks[end:]]


def _long_run(opcode, rest):
    """The length of a run whose opcode has a second byte, the next of the iterator `rest`."""
    return ((opcode & 63) << 8 | next(rest, 0)) + 1


def _encode(registers):
    """The opcodes for registers given as a byte each: the same that raising one after the other leads to."""
    opcodes = bytearray()
    for equal in _EQUAL_BYTES.finditer(registers):
        start, end = equal.span()
        value = registers[start]
        if value:
            full, rest = divmod(end - start, _LONGEST_RUN)
            longest = 128 | value - 1 << 2 | _LONGEST_RUN - 1
            opcodes += bytes((longest,)) * full + _values(longest, rest)
        else:
            opcodes += _zeros(end - start)
    return opcodes


def _zeros(count):
    """The opcodes for a run of zeros, which may be empty."""
    if not count:
        return b""
    if count <= _LONGEST_SHORT_ZEROS:
        return bytes((count - 1,))
    return bytes((64 | count - 1 >> 8, count - 1 & 255))


def _values(opcode, count):
    """The opcode for a run of the same value as that of `opcode`; the run may be empty."""
    return bytes((opcode & 0xFC | count - 1,)) if count else b""
