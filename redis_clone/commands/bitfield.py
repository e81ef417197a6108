"""BITFIELD and BITFIELD_RO: integers of any width at any bit of a string.

All operations of one call are parsed before the first is carried out, and the string grows at once to hold
what they write. A field is read as an unsigned number of so many bits; a signed one is that number minus
2^width where its highest bit is set, so arithmetic here is on plain ints, brought into range at the end.

Handlers run with the engine's lock held.
"""
from collections import namedtuple

from ..args import INT64_MAX, parse_int
from ..bits import get_bits, set_bits
from ..errors import NotIntegerError, OptionSyntaxError, RedisError
from ..registry import group
from .bitmaps import edit_with_bits, parse_bit_offset
from .strings import read_text

command = group("bitmap")

# name: b"GET", b"SET" or b"INCRBY"; operand: what to set or add; overflow: b"WRAP", b"SAT" or b"FAIL"
_Operation = namedtuple("_Operation", "name signed width position operand overflow")

_WORDS_AFTER = {b"GET": 2, b"SET": 3, b"INCRBY": 3, b"OVERFLOW": 1}
_OVERFLOWS = (b"WRAP", b"SAT", b"FAIL")


@command("BITFIELD", arity=-2, flags="write denyoom", keys="1 RW UPDATE ACCESS VARIABLE_FLAGS", since="3.2.0")
def bitfield(session, key, *words):
    """Performs arbitrary bitfield integer operations on strings."""
    operations = _parse(session, words)
    writes = [operation for operation in operations if operation.name != b"GET"]
    if not writes:
        return _read_fields(session.db, key, operations)
    last_bit = max(operation.position + operation.width - 1 for operation in writes)
    db = session.db
    text, grown = edit_with_bits(db, key, last_bit)
    reply, changes = [], 0
    for operation in operations:
        number, changed = _carry_out(text, operation)
        reply.append(number)
        if changed or grown and operation.name != b"GET" and number is not None:
            changes += 1
    if changes:
        db.touch(key, "setbit", changes)
    elif grown:                                 # all operations failed: Redis tells nobody, but here it is kept
        session.propagate(b"BITFIELD", key, *words)
    return reply


@command("BITFIELD_RO", arity=-2, flags="readonly fast", keys="1 RO ACCESS", since="6.0.0")
def bitfield_ro(session, key, *words):
    """Performs arbitrary read-only bitfield integer operations on strings."""
    operations = _parse(session, words)
    if any(operation.name != b"GET" for operation in operations):
        raise RedisError("ERR BITFIELD_RO only supports the GET subcommand")
    return _read_fields(session.db, key, operations)


def _parse(session, words):
    """The operations that the words of the command ask for."""
    operations, overflow = [], b"WRAP"
    rest = list(reversed(words))
    while rest:
        name = rest.pop().upper()
        if len(rest) < _WORDS_AFTER.get(name, len(rest) + 1):
            raise OptionSyntaxError
        if name == b"OVERFLOW":
            overflow = rest.pop().upper()
            if overflow not in _OVERFLOWS:
                raise RedisError("ERR Invalid OVERFLOW type specified")
            continue
        signed, width = _parse_type(rest.pop())
        position = parse_bit_offset(session, rest.pop(), width)
        operand = None if name == b"GET" else parse_int(rest.pop())
        operations.append(_Operation(name, signed, width, position, operand, overflow))
    return operations


def _parse_type(raw):
    """``(signed, width)`` of a type like i16 or u8."""
    try:
        width = parse_int(raw[1:])
    except NotIntegerError:
        width = 0
    most = {b"i": 64, b"u": 63}.get(raw[:1], 0)
    if not 1 <= width <= most:
        raise RedisError("ERR Invalid bitfield type. Use something like i16 u8. "
                         "Note that u64 is not supported but i64 is.")
    return most == 64, width


def _read_fields(db, key, operations):
    text = read_text(db, key) or b""
    return [_get_field(text, operation) for operation in operations]


def _get_field(text, operation):
    number = get_bits(text, operation.position, operation.width)
    if operation.signed and number >> operation.width - 1:
        number -= 1 << operation.width
    return number


def _carry_out(text, operation):
    """Do one operation on a bytearray; returns what it replies and whether it changed anything."""
    before = _get_field(text, operation)
    if operation.name == b"GET":
        return before, False
    wanted = operation.operand + (before if operation.name == b"INCRBY" else 0)
    if operation.name == b"SET" and not operation.signed:
        wanted %= 1 << 64                       # Redis takes -1 for the largest unsigned number
    after = _bring_into_range(wanted, operation)
    if after is None:
        return None, False
    set_bits(text, operation.position, operation.width, after % (1 << operation.width))
    return (before if operation.name == b"SET" else after), after != before


def _bring_into_range(number, operation):
    """What is stored for `number`: as OVERFLOW says when the field cannot hold it; None for FAIL."""
    width = operation.width
    lowest = -1 << width - 1 if operation.signed else 0
    highest = lowest + (1 << width) - 1
    if lowest <= number <= highest:
        return number
    if operation.overflow == b"FAIL":
        return None
    if operation.overflow == b"SAT":
        if operation.name == b"SET" and highest - number > INT64_MAX:
            return highest                      # that difference overflows, in Redis
        return lowest if number < lowest else highest
    return (number - lowest) % (1 << width) + lowest
