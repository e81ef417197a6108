"""LZF, the compression of strings in an RDB file.

A compressed string is a row of literal runs and back references:

    000nnnnn +n+1 bytes                 these bytes
    nnnooooo oooooooo                   n+2 bytes (n is 1 to 6) from o+1 bytes back in what is unpacked so far
    111ooooo nnnnnnnn oooooooo          n+9 bytes from o+1 bytes back

What is packed here is not what Redis makes of the same string, byte for byte, but takes about the same
room, and Redis unpacks it. Searching every position takes 0.3 us a byte, so this is done for long strings
only, and ever more coarsely in a stretch without a match. In shorter ones `bytes.find` looks for every
fourth run of four bytes; and those below 128 bytes, most of all, are left when a glance finds no eleven bytes
twice: what could be won is little, and it would take most of the time of a save.

CPython 3.11: to pack takes 0.3 us a byte of text, half of that up to 512 bytes, 0.03 us of random bytes, 0.005
us of zeros; the glance at 60 bytes 1 us. To unpack takes 0.05 us a packed byte.

Pure functions: callable from any thread.
"""
from .corrupt import CorruptPayload

__all__ = ["compress", "decompress"]

_LONGEST_RUN = 32
_LONGEST_MATCH = 264
_FARTHEST = 8192                # how far back a match may start
_MOST_EXPANDED = 88             # times: the longest match takes three bytes

_TINY = 128                     # bytes of a string at which it is worth to have a glance first
_SHORT = 512                    # bytes of a string that is searched by `bytes.find`; must not exceed _FARTHEST
_LEAST_MATCH = 6                # bytes that have to match in a short string: fewer win too little
_COARSER_AFTER = 6              # each 2**6 bytes without a match, the steps of the search grow by a byte
_COARSEST = 64                  # bytes of the longest step
_REMEMBERED = 2 * _FARTHEST     # positions: all that can be referred to, and no memory without bounds


def compress(data):
    """`data` (bytes) in fewer bytes, or None when it does not get smaller."""
    if len(data) < _TINY and not _repeats(data):
        return None
    packed = bytearray()
    pending = (_search_short if len(data) < _SHORT else _search_long)(packed, data)
    if not pending:
        return None
    _write_literals(packed, data, pending, len(data))
    return bytes(packed) if len(packed) < len(data) else None


def _repeats(data):
    """True when eleven bytes occur twice, or eight maybe: in a short string fewer are not worth the time."""
    rfind = data.rfind
    for position in range(0, len(data) - 4, 8):
        other = rfind(data[position:position + 4])
        if other != position and (                      # four are there once more, farther on
                data[position:position + 8] == data[other:other + 8]
                or position and data[position - 4:position] == data[other - 4:other]):
            return True
    return False


def _search_short(packed, data):
    """Packs `data` up to the end of the last match, which is returned: 0 when there is none.

    Looks for every fourth run of four bytes, which finds all that repeats and is seven bytes long or more.
    """
    find = data.find
    last = len(data) - 4
    pending, position = 0, 4                # data[pending:position] is still to be written as literals
    while position <= last:
        start, found = position, find(data[position:position + 4])
        position += 4
        if found == start:                  # it is only found where it is
            continue
        while start > pending and found and data[start - 1] == data[found - 1]:
            start -= 1
            found -= 1
        if data[start:start + _LEAST_MATCH] == data[found:found + _LEAST_MATCH]:
            pending = position = _write_match(packed, data, pending, start, found)
    return pending


def _search_long(packed, data):
    """The same with a look at nearly every position, and what has been seen in a table: the faster, the longer."""
    last = len(data) - 3                    # where three bytes are left
    seen = {}                               # where the last three bytes like these were
    look_up = seen.get
    pending = position = 0
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
        pending = position = _write_match(packed, data, pending, position, found)
        seen[data[position - 2:position + 1]] = position - 2        # often a match continues elsewhere
        seen[data[position - 1:position + 2]] = position - 1
    return pending


def decompress(data, size):
    """The `size` bytes that `data` (bytes) stands for."""
    if size > len(data) * _MOST_EXPANDED:
        raise CorruptPayload("LZF: cannot become so long")
    unpacked = bytearray()
    filled = position = 0                   # bytes of `unpacked`, and of `data` that have been dealt with
    end = len(data)
    try:
        while position < end:
            head = data[position]
            if head < 32:
                start = position + 1
                position += head + 2
                unpacked += data[start:position]        # fewer when it is cut off: seen at the end
                filled += head + 1
                continue
            if head < 0xE0:
                length, distance = (head >> 5) + 2, ((head & 31) << 8 | data[position + 1]) + 1
                position += 2
            else:
                length, distance = data[position + 1] + 9, ((head & 31) << 8 | data[position + 2]) + 1
                position += 3
            start = filled - distance
            if start < 0 or filled + length > size:
                raise CorruptPayload("LZF: a match that cannot be")
            if length <= distance:
                unpacked += unpacked[start:start + length]
            else:
                unpacked += _repeat(unpacked[start:], length)
            filled += length
    except IndexError:
        raise CorruptPayload("LZF: cut off") from None
    if position != end or len(unpacked) != size:
        raise CorruptPayload("LZF: wrong size")
    return bytes(unpacked)


def _match_length(data, first, second):
    """How many bytes from `first` on are the same as from `second` on; at least three are."""
    for longest in (12, _LONGEST_MATCH):                # most are short
        others = data[second:second + longest]          # ends with data, maybe
        ours = data[first:first + len(others)]
        difference = int.from_bytes(ours, "little") ^ int.from_bytes(others, "little")
        if difference:
            return (difference & -difference).bit_length() - 1 >> 3
    return len(others)


def _write_match(packed, data, pending, position, found):
    """Writes data[pending:position] and that it goes on there as it does at `found`; returns up to where."""
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
    return position + length


def _write_literals(packed, data, start, end):
    while start < end:
        stop = min(start + _LONGEST_RUN, end)
        packed.append(stop - start - 1)
        packed += data[start:stop]
        start = stop


def _repeat(piece, length):
    return (piece * (length // len(piece) + 1))[:length]
