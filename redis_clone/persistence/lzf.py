"""LZF, the compression of strings in an RDB file.

A compressed string is a row of literal runs and back references:

    000nnnnn +n+1 bytes                 these bytes
    nnnooooo oooooooo                   n+2 bytes (n is 1 to 6) from o+1 bytes back in what is unpacked so far
    111ooooo nnnnnnnn oooooooo          n+9 bytes from o+1 bytes back

What is packed here is not what Redis makes of the same string, byte for byte, but takes about the same
room, and Redis unpacks it. Searching every position takes 0.2 us a byte, so strings that will not get
smaller are left soon: short ones when a glance finds nothing twice, and a long stretch without a match is
searched ever more coarsely.

CPython 3.11: to pack takes 0.2 us a byte of text, 0.02 us of random bytes, 0.005 us of zeros; to unpack,
0.1 us a packed byte.

Pure functions: callable from any thread.
"""
from .corrupt import CorruptPayload

__all__ = ["compress", "decompress"]

_LONGEST_RUN = 32
_LONGEST_MATCH = 264
_FARTHEST = 8192                # how far back a match may start
_MOST_EXPANDED = 88             # times: the longest match takes three bytes

_SHORT = 128                    # bytes of a string at which it is worth to have a glance first
_COARSER_AFTER = 6              # each 2**6 bytes without a match, the steps of the search grow by a byte
_COARSEST = 64                  # bytes of the longest step
_REMEMBERED = 2 * _FARTHEST     # positions: all that can be referred to, and no memory without bounds


def compress(data):
    """`data` (bytes) in fewer bytes, or None when it does not get smaller."""
    size = len(data)
    last = size - 3                         # where three bytes are left
    if size < _SHORT and not _has_repetition(data):
        return None
    packed = bytearray()
    seen = {}                               # where the last three bytes like these were
    look_up = seen.get
    pending = position = 0                  # data[pending:position] is still to be written as literals
    while position <= last:
        three = data[position:position + 3]
        found = look_up(three)
        seen[three] = position
        if found is None or position - found > _FARTHEST:
            coarseness = position - pending >> _COARSER_AFTER
            position += coarseness + 1 if coarseness < _COARSEST else _COARSEST
            if len(seen) > _REMEMBERED:
                seen.clear()
            continue
        if pending < position:
            _write_literals(packed, data, pending, position)
        length = _match_length(data, found, position)
        offset = position - found - 1
        if length < 9:
            packed.append(length - 2 << 5 | offset >> 8)
        else:
            packed.append(0xE0 | offset >> 8)
            packed.append(length - 9)
        packed.append(offset & 0xFF)
        position += length
        pending = position
        seen[data[position - 2:position + 1]] = position - 2        # often a match continues elsewhere
        seen[data[position - 1:position + 2]] = position - 1
    _write_literals(packed, data, pending, size)
    return bytes(packed) if len(packed) < size else None


def decompress(data, size):
    """The `size` bytes that `data` (bytes) stands for."""
    if size > len(data) * _MOST_EXPANDED:
        raise CorruptPayload("LZF: cannot become so long")
    unpacked = bytearray()
    position, end = 0, len(data)
    try:
        while position < end:
            head = data[position]
            position += 1
            if head < 32:
                unpacked += data[position:position + head + 1]
                position += head + 1
                continue
            length = (head >> 5) + 2
            if length == 9:
                length += data[position]
                position += 1
            filled = len(unpacked)
            start = filled - ((head & 31) << 8 | data[position]) - 1
            position += 1
            if start < 0 or filled + length > size:
                raise CorruptPayload("LZF: a match that cannot be")
            if start + length <= filled:
                unpacked += unpacked[start:start + length]
            else:
                unpacked += _repeat(unpacked[start:], length)
    except IndexError:
        raise CorruptPayload("LZF: cut off") from None
    if position != end or len(unpacked) != size:
        raise CorruptPayload("LZF: wrong size")
    return bytes(unpacked)


def _has_repetition(data):
    """False when certainly no seven bytes occur twice: too little to win for a short string."""
    find = data.find
    for position in range(4, len(data) - 3, 4):
        if find(data[position:position + 4]) < position:
            return True
    return False


def _match_length(data, first, second):
    """How many bytes from `first` on are the same as from `second` on; at least three are."""
    for longest in (12, _LONGEST_MATCH):                # most are short
        others = data[second:second + longest]          # ends with data, maybe
        ours = data[first:first + len(others)]
        difference = int.from_bytes(ours, "little") ^ int.from_bytes(others, "little")
        if difference:
            return (difference & -difference).bit_length() - 1 >> 3
    return len(others)


def _write_literals(packed, data, start, end):
    while start < end:
        stop = min(start + _LONGEST_RUN, end)
        packed.append(stop - start - 1)
        packed += data[start:stop]
        start = stop


def _repeat(piece, length):
    return (piece * (length // len(piece) + 1))[:length]
