"""Bitmaps: strings seen as bits. BITFIELD, which sees integers in them, has a module of its own.

A string that SETBIT writes to becomes a bytearray, as with APPEND (strings.py), and grows in place: a bit
costs the same in a string of 100 MB. Counting, searching and combining are done by bits.py at C speed.

Handlers run with the engine's lock held.
"""
from ..args import parse_int
from ..bits import combine, count_bits, find_bit, invert
from ..errors import NotIntegerError, OptionSyntaxError, RedisError
from ..registry import group
from .strings import read_text

__all__ = ["parse_bit_offset", "edit_with_bits"]

command = group("bitmap")

_BITS = {b"0": 0, b"1": 1}
_BAD_OFFSET = "ERR bit offset is not an integer or out of range"


@command("SETBIT", arity=4, flags="write denyoom", keys="1 RW ACCESS UPDATE", since="2.2.0")
def setbit(session, key, offset, value):
    """Sets or clears the bit at offset of the string value. Creates the key if it doesn't exist."""
    if offset.isdigit() and offset[0] != 48 and len(offset) < 7:        # below any limit, which is a megabyte or more
        position = int(offset)
    else:
        position = parse_bit_offset(session, offset)
    bit = _BITS.get(value)
    if bit is None:
        raise RedisError("ERR bit is not an integer or out of range")
    db = session.db
    text = db.values.get(key)
    index = position >> 3
    if text.__class__ is bytearray and index < len(text) and key not in db.expires:     # a bitmap in use
        grown = False
        db.accessed[key] = db.keyspace.lru_clock
    else:
        text, grown = edit_with_bits(db, key, position)
    byte = text[index]
    mask = 128 >> (position & 7)
    previous = 1 if byte & mask else 0
    if previous != bit:
        text[index] = byte ^ mask
    elif not grown:
        return previous
    db.touch(key, "setbit")
    return previous


def parse_bit_offset(session, raw, width=0):
    """A bit's position in a string; "#7" is the seventh field of `width` bits, where a width is given."""
    counts_fields = width and raw[:1] == b"#"
    try:
        position = parse_int(raw[1:] if counts_fields else raw)
    except NotIntegerError:
        position = -1
    if counts_fields:
        position = (position * width + (1 << 63)) % (1 << 64) - (1 << 63)       # it overflows, in Redis
    if position < 0 or position >> 3 >= session.engine.config["proto-max-bulk-len"]:
        raise RedisError(_BAD_OFFSET)
    return position


def edit_with_bits(db, key, position):
    """The string at `key` as a bytearray that has a bit at `position`, and whether it is new or grew."""
    text = db.edit_string(key)
    size = (position >> 3) + 1
    if text is None:
        text = bytearray(size)
        db.set(key, text)
        return text, True
    if text.__class__ is not bytearray:
        db.values[key] = text = bytearray(text)
    missing = size - len(text)
    if missing <= 0:
        return text, False
    text.extend(bytes(missing))
    return text, True


@command("GETBIT", arity=3, flags="readonly fast", keys="1 RO ACCESS", since="2.2.0")
def getbit(session, key, offset):
    """Returns a bit value by offset."""
    position = parse_bit_offset(session, offset)
    text = read_text(session.db, key)
    index = position >> 3
    if text is None or index >= len(text):
        return 0
    return text[index] >> 7 - (position & 7) & 1


# ---- counting and searching -------------------------------------------------------------------------------

@command("BITCOUNT", arity=-2, flags="readonly", keys="1 RO ACCESS", since="2.6.0")
def bitcount(session, key, *options):
    """Counts the number of set bits (population counting) in a string."""
    text = read_text(session.db, key)               # before the options: see BITPOS
    if text is None:
        return 0
    start, end = 0, len(text) * 8 - 1
    if options:
        if len(options) not in (2, 3):
            raise OptionSyntaxError
        start, end = parse_int(options[0]), parse_int(options[1])
        if start < 0 and end < 0 and start > end:
            return 0
        start, end = _bit_range(text, start, end, _is_bit_unit(options))
    return count_bits(text, start, end) if start <= end else 0


@command("BITPOS", arity=-3, flags="readonly", keys="1 RO ACCESS", since="2.8.7")
def bitpos(session, key, bit, *options):
    """Finds the first set (1) or clear (0) bit in a string.

    Up to Redis 7.2 a missing key is answered before the options are looked at; later versions do it the other
    way round.
    """
    bit = parse_int(bit)
    if bit not in (0, 1):
        raise RedisError("ERR The bit argument must be 1 or 0.")
    text = read_text(session.db, key)
    if text is None:
        return -bit
    start, end = 0, len(text) * 8 - 1
    if options:
        if len(options) > 3:
            raise OptionSyntaxError
        start = parse_int(options[0])
        counts_bits = _is_bit_unit(options)
        start, end = _bit_range(text, start, parse_int(options[1]) if len(options) > 1 else -1, counts_bits)
    if start > end:
        return -1
    position = find_bit(text, bit, start, end)
    if position < 0 and not bit and len(options) < 2:
        return len(text) * 8            # no end was given: zeros may be thought to follow the string
    return position


def _is_bit_unit(options):
    """Whether a range's third option, its unit, is BIT; raises OptionSyntaxError."""
    unit = options[2].upper() if len(options) > 2 else b"BYTE"
    if unit not in (b"BYTE", b"BIT"):
        raise OptionSyntaxError
    return unit == b"BIT"


def _bit_range(text, start, end, counts_bits):
    """A range, in which negative positions count from the end, as positions of bits within `text`."""
    size = len(text) * 8 if counts_bits else len(text)
    start = max(start + size, 0) if start < 0 else start
    end = max(end + size, 0) if end < 0 else end
    end = min(end, size - 1)
    return (start, end) if counts_bits else (start * 8, end * 8 + 7)


# ---- combining --------------------------------------------------------------------------------------------

@command("BITOP", arity=-4, flags="write denyoom", keys="2 OW UPDATE; 3..-1 RO ACCESS", since="2.6.0")
def bitop(session, operation, destkey, *keys):
    """Performs bitwise operations on multiple strings, and stores the result."""
    name = operation.lower()
    if name not in (b"and", b"or", b"xor", b"not"):
        raise OptionSyntaxError
    if name == b"not" and len(keys) != 1:
        raise RedisError("ERR BITOP NOT must be called with a single source key.")
    db = session.db
    texts = [read_text(db, key) or b"" for key in keys]
    result = invert(texts[0]) if name == b"not" else combine(name.decode(), texts)
    if result:
        db.set(destkey, result)
        db.touch(destkey, "set")
    elif db.delete(destkey):
        db.touch(destkey, "del")
    return len(result)
