"""Finds in a string what was in it before: the slow half of LZF, which `lzf.compress` writes down.

Two ways, since a look at each position from Python would take 0.3 us a byte:

Short strings are mostly small collections, whose elements are alike and often equally long, or else hold
nothing that repeats. `bytes.rfind` looks for every eighth run of four bytes. Where one was there before, at
some distance, the whole string is compared with itself at this distance, as one number: XOR makes zeros of
what is equal, and all repetitions are runs of zeros, the one that was found and those that follow.

Long strings are given to zlib, which looks for repetitions at the speed of C. What it returns is written in
the fixed code of the deflate format (RFC 1951), bits in a row:

    a literal of 7 bits         8 bits, which are passed over many at once
    a match                     its length: 7 or 8 bits, and up to 5 that say it exactly; its distance likewise
    the end of a block          7 bits; then 3 that begin the next block

Codes begin at any bit, so there are eight copies of it, each shifted by one more bit: in one of them a
literal is a byte, and `bytes.find` gives the end of a row of them. For zlib already three bytes are a match,
and to read such matches would take most of the time, though they win next to nothing. So it does not get the
string itself but one as long in which each byte is a hash of four: three of these that are equal were six
bytes that are equal, very probably; it is verified. A hash has 7 bits, as literals of more are longer.

Pure functions: callable from any thread. Not here: the format of LZF.
"""
import struct

try:
    import zlib
except ImportError:             # a Python that was built without it
    zlib = None

__all__ = ["repetitions"]

_LEAST_MATCH = 6                # bytes: fewer win too little for the time they take
_LONGEST_MATCH = 264            # bytes, since LZF can say no more

_LONG = 384                     # bytes of a string from which on zlib is faster, or finds more
_EVERY = 8                      # bytes from one place in a short string that is looked at to the next
_EVERY_REPETITIVE = 4           # the same in one that is known to repeat
_SAMPLE = 4                     # bytes that are looked for
_GAP = 24                       # bytes after a match within which it may go on at the same distance
_SOME_EQUAL = bytes(_LEAST_MATCH)
_DIFFERS = b"\0" + b"\1" * 255  # as a table: 1 for each byte but zero

_PIECE_BYTES = 1 << 16          # of a long string that is searched at once: this takes 20 times as much memory
_HASHED = 4                     # bytes of which a hash is made, by these shifts:
_SHIFTS = (11, 24)
_WINDOW_BITS = -13              # 8192 bytes, as LZF; negative: nothing but the data
_LEVEL, _MEMORY = 6, 5
_FIXED_CODE = 4                 # zlib.Z_FIXED, a name that PyPy does not have
_STORED, _FIXED = 0, 1          # kinds of blocks
_LENGTH_BITS = 13               # of a length at most
_unpack_bits = struct.Struct("<I").unpack_from


def repetitions(data):
    """Yields (start, length, distance) of parts of `data` (bytes) that are also `distance` bytes before.

    They are in order, do not overlap, and are what LZF can say: at most 264 bytes long and 8192 bytes away.
    Without zlib long strings have none.
    """
    if len(data) < _LONG:
        return _in_short(data)
    return _in_long(data) if zlib is not None else ()


def _in_short(data):
    rfind, size, number = data.rfind, len(data), None
    done, position, every = 0, _EVERY, _EVERY
    while position <= size - _SAMPLE:
        found = rfind(data[position:position + _SAMPLE], 0, position)
        if found < 0:
            position += every
            continue
        if number is None:
            number, every = int.from_bytes(data, "little"), _EVERY_REPETITIVE
        distance = position - found
        position += every
        # differs[i] says whether data[i] and data[i + distance] differ.
        differs = (number ^ number >> 8 * distance).to_bytes(size, "little").translate(_DIFFERS)
        stop = size - distance
        earliest = max(done - distance, 0)
        start = differs.rfind(1, earliest, found) + 1 or earliest
        while True:
            end = differs.find(1, start, stop)
            if end < 0:
                end = stop
            if end - start >= _LEAST_MATCH:
                end = min(end, start + _LONGEST_MATCH)
                yield start + distance, end - start, distance
                done = position = end + distance
            start = differs.find(_SOME_EQUAL, end, min(end + _GAP, stop))
            if start < 0:
                break


def _in_long(data):
    for base in range(0, len(data), _PIECE_BYTES):
        piece = data[base:base + _PIECE_BYTES]
        done = 0
        for start, length, distance in _equal_hashes(piece):
            end = min(start + length + _HASHED - 1, start + _LONGEST_MATCH, len(piece))
            start = max(start, done)
            if end - start >= _LEAST_MATCH and piece[start:end] == piece[start - distance:end - distance]:
                yield base + start, end - start, distance
                done = end


def _equal_hashes(piece):
    """Yields (start, length, distance) of matches within the hashes of `piece`."""
    deflater = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW_BITS, _MEMORY, _FIXED_CODE)
    packed = deflater.compress(_hashes(piece)) + deflater.flush()
    number = int.from_bytes(packed, "little")
    copies = [None] * 8             # by bits that are shifted out: the copy, and `find` of its literals
    position = bit = last = 0
    while not last:
        head = (packed[bit >> 3] | packed[bit + 7 >> 3] << 8) >> (bit & 7)
        last, kind = head & 1, head >> 1 & 3
        bit += 3
        if kind == _STORED:         # nothing repeats: the bytes themselves, after their number and its complement
            start = bit + 7 >> 3
            length = packed[start] | packed[start + 1] << 8
            position += length
            bit = 8 * (start + 4 + length)
            continue
        if kind != _FIXED:          # not by zlib when it is told otherwise
            return
        index, shift = bit >> 3, bit & 7
        while True:
            if copies[shift] is None:
                copy = (number >> shift).to_bytes(len(packed) + 4, "little")
                copies[shift] = copy, copy.translate(_IS_LITERAL).find
            copy, find = copies[shift]
            end = find(0, index)                        # of the literals
            position += end - index
            bits, = _unpack_bits(copy, end)
            width, length = _LENGTHS[bits & (1 << _LENGTH_BITS) - 1]
            if not length:
                bit = 8 * end + shift + width
                break
            bits >>= width
            least, more, distance_width = _DISTANCES[bits & 31]
            yield position, length, least + (bits >> 5 & more)
            position += length
            shift += width + distance_width
            index, shift = end + (shift >> 3), shift & 7


def _hashes(piece):
    number = hashes = int.from_bytes(piece, "little")
    for shift in _SHIFTS:
        hashes ^= number >> shift
    return (hashes & int.from_bytes(b"\x7f" * len(piece), "little")).to_bytes(len(piece), "little")


# ---- the fixed code of deflate -----------------------------------------------------------------------------

def _reversed_bits(code, width):
    """Codes have their first bit first, while it is the lowest in a number."""
    return int(f"{code:0{width}b}"[::-1], 2)


def _make_is_literal():
    return bytes(0x30 <= _reversed_bits(byte, 8) <= 0xBF for byte in range(256))


def _make_lengths():
    """By the next 13 bits: how many of them are taken, and the length; 0 is the end of the block."""
    lengths = [(0, 0)] * (1 << _LENGTH_BITS)
    length = 3
    for symbol in range(256, 286):
        code, width = (symbol - 256, 7) if symbol < 280 else (0xC0 + symbol - 280, 8)
        code = _reversed_bits(code, width)
        extra = (symbol - 261) // 4 if 265 <= symbol < 285 else 0
        for more in range(1 << extra):
            step = 1 << width + extra
            taken = width + extra, {256: 0, 285: 258}.get(symbol, length + more)
            lengths[code | more << width::step] = [taken] * len(range(code | more << width, len(lengths), step))
        length += 0 if symbol == 256 else 1 << extra
    return lengths


def _make_distances():
    """By the next 5 bits: the least distance, a mask for what the bits behind add to it, how many bits in all."""
    distances = [(0, 0, 0)] * 32
    distance = 1
    for symbol in range(30):
        extra = max(symbol // 2 - 1, 0)
        distances[_reversed_bits(symbol, 5)] = distance, (1 << extra) - 1, 5 + extra
        distance += 1 << extra
    return distances


_IS_LITERAL, _LENGTHS, _DISTANCES = _make_is_literal(), _make_lengths(), _make_distances()
