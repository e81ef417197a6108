"""CRC-64 with the polynomial of David Jones, as it ends a DUMP payload and an RDB file.

Byte by byte with a table this takes 0.1 us a byte, and eight tables for eight bytes at once take nearly as
long. So all but the last 200 bytes are dealt with as one big number, whose shifts and XORs run at the speed
of C.

The idea: data is a polynomial over two elements, its first bit the highest power, and the checksum is
(nearly) its remainder by the CRC's polynomial P. A remainder does not change when a multiple of P is taken
away. P has thirty-odd terms close together, but among its multiples are some of the form

    x**n + (1 + x**a)(1 + x**b)(1 + x**c)...

Taking away the right multiple of that one clears a whole stretch of the highest powers at once: cut them
off, multiply them by (1 + x**a) and so on, each a shift and an XOR, and add the product to the rest, n
powers lower. Squaring gives the same with all exponents doubled, for longer stretches. The two multiples
here were found by searching (logarithms in the field of P turn it into finding numbers with a small sum); a
test shows that P divides them.

In the number the first bit of data is the lowest, since Redis' CRC takes the lowest bit of a byte first.

1 MB on CPython 3.11: 3.5 ms; by table 95 ms; with eight tables 80 ms; with four tables of two bytes 205 ms.
On PyPy 7.3: 7 ms, 57 ms, 48 ms, 285 ms. On CPython, 1 KB takes 35 us (by table 90 us), 8 KB 70 us (by table
800 us).

Pure functions: callable from any thread.
"""
__all__ = ["crc64"]

_POLYNOMIAL = 0x95AC9329AC4BC9B5    # AD93D23594C935A9 with its bits reversed: the lowest comes first

_PIECE_BYTES = 65536                        # what is folded as one number; larger ones leave the caches
_LEAST_FOLDED = 256                         # bytes below which the table is as fast

# Multiples of the polynomial: (n; a, b, c ...; by which powers of two to multiply all of them).
_MULTIPLES = [
    (9757, (65, 234, 329, 408, 588, 772), (16, 8, 4, 2, 1)),
    (1123, (3, 7, 24, 26, 27, 29, 38, 40, 46, 56, 73, 77, 80, 81, 119), (8, 4, 2, 1)),
]


def crc64(data, crc=0):
    """The checksum of `data` (bytes-like or an mmap); with `crc`, of all summed up before and `data`."""
    for start in range(0, len(data), _PIECE_BYTES):
        piece = data[start:start + _PIECE_BYTES]
        if len(piece) >= _LEAST_FOLDED:
            piece = _fold(int.from_bytes(piece, "little") ^ crc, 8 * len(piece))
            crc = 0
        crc = _crc_by_table(piece, crc)
    return crc


def _fold(number, bits):
    """A few bytes with the same checksum as the data of which `number` is made."""
    for enough, stretch, mask, shifts in _FOLDS:
        while bits >= enough:
            product = number & mask
            for shift in shifts:
                product ^= product << shift
            number = number >> stretch ^ product
            bits -= stretch
    padding = -bits % 8                     # zeros before all data do not count
    return (number << padding).to_bytes((bits + padding) // 8, "little")


def _crc_by_table(data, crc):
    table = _TABLE
    for byte in data:
        crc = table[crc & 0xFF ^ byte] ^ crc >> 8
    return crc


def _make_table():
    table = []
    for crc in range(256):
        for _ in range(8):
            crc = crc >> 1 ^ _POLYNOMIAL if crc & 1 else crc >> 1
        table.append(crc)
    return table


def _make_folds():
    """(bits that there have to be, bits that are cleared, a mask of these, shifts), the longest first."""
    folds = []
    for power, shifts, scales in _MULTIPLES:
        for scale in scales:
            stretch = (power - sum(shifts)) * scale     # the product just does not reach into it
            folds.append((stretch + power * scale, stretch, (1 << stretch) - 1,
                          tuple(shift * scale for shift in shifts)))
    return folds


_TABLE = _make_table()
_FOLDS = _make_folds()
