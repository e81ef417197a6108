"""The longest common subsequence of two byte strings, for the command LCS.

The idea: L(i, j), the length for the first i bytes of one text and the first j of the other, grows by 0 or
1 from one j to the next. A whole row of the classic table is therefore one integer with a bit for each j,
and the next row follows from it by an addition whose carries do the work (Crochemore, Iliopoulos, Pinzon
and Reid, 2001): thousands of cells in a microsecond. A bit is 0 where L grows.

Pure functions: callable from any thread. The caller bounds the product of the lengths.
"""

__all__ = ["lcs_length", "lcs_runs"]


def lcs_length(first, second):
    """The length of the longest common subsequence."""
    row = (1 << len(second)) - 1
    for row in _rows(first, second):
        pass
    return len(second) - bin(row).count("1")


def lcs_runs(first, second):
    """One longest common subsequence as runs (start in first, start in second, length), the last run first.

    Of several equally long ones it is the one that Redis finds: walking back from both ends, it takes every
    match it meets, and else goes back in `first` only where that alone keeps the length.
    """
    row_bytes = len(second) // 8 + 1
    # As bytes, since looking at one bit of a long int takes time in proportion to its length.
    rows = [row.to_bytes(row_bytes, "little") for row in _rows(first, second)]
    i, j = len(first), len(second)
    runs, length = [], 0
    while i and j:
        if first[i - 1] == second[j - 1]:
            i -= 1
            j -= 1
            length += 1
            continue
        if length:
            runs.append((i, j, length))
            length = 0
        if rows[i - 1][(j - 1) >> 3] >> ((j - 1) & 7) & 1:
            j -= 1
        else:
            i -= 1
    if length:
        runs.append((i, j, length))
    return runs


def _rows(first, second):
    """The rows of the table for the first 1, 2 ... bytes of `first`."""
    row = everywhere = (1 << len(second)) - 1
    places = {byte: _places(byte, second) for byte in set(first)}
    for byte in first:
        matches = row & places[byte]
        row = ((row + matches) | (row - matches)) & everywhere
        yield row


def _places(byte, text):
    """An integer with a bit for each byte of `text`, the first one lowest: 1 where it is `byte`."""
    to_digits = bytearray(b"0" * 256)
    to_digits[byte] = ord("1")
    return int(text[::-1].translate(to_digits) or b"0", 2)
