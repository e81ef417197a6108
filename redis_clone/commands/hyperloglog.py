"""HyperLogLog: counting different elements with 16384 small registers, about 0.8 % wrong.

The value is a string to all other commands. What other commands or RESTORE have put there is looked at before
it is used and then kept as a HyperLogLog (datatypes/hyperloglog.py), so that PFADD looks only once.

Handlers run with the engine's lock held.
"""
from functools import reduce

from ..datatypes.hyperloglog import EMPTY, CorruptedError, HyperLogLog, is_valid_header
from ..datatypes.hyperloglog_registers import (REGISTERS, bytes_of, estimate, greater, lanes_of, locate,
                                               pack, unpack)
from ..errors import RedisError, WrongTypeError
from ..keyspace import type_name
from ..registry import group

command = group("hyperloglog")

_SELF_TEST_ELEMENTS = 10_000
_SELF_TEST_TOLERANCE = 0.03


class _CorruptedHyperLogLogError(RedisError):
    text = "INVALIDOBJ Corrupted HLL object detected"


class _NotAHyperLogLogError(WrongTypeError):
    text = "WRONGTYPE Key is not a valid HyperLogLog string value."


@command("PFADD", arity=-2, flags="write denyoom fast", keys="1 RW INSERT", since="2.8.9")
def pfadd(session, key, *elements):
    """Adds elements to a HyperLogLog key. Creates the key if it doesn't exist."""
    db = session.db
    value = db.values.get(key)
    changes = 0
    keyspace = db.keyspace
    if value.__class__ is HyperLogLog and key not in db.expires:            # one in use
        db.accessed[key] = keyspace.lru_clock
    else:
        value, created = _edit_or_create(db, key)
        changes += created
    try:
        for element in elements:
            register, rank = locate(element)
            if value.raise_register(register, rank, keyspace.limits):
                changes += 1
    except CorruptedError:
        if changes:                             # elements before it stay, but nobody is told, as in Redis
            value.forget_count()
        raise _CorruptedHyperLogLogError from None
    if not changes:
        return 0
    value.forget_count()
    db.touch(key, "pfadd", changes)
    return 1


def _edit_or_create(db, key):
    """The HyperLogLog at `key`, and whether it had to be made."""
    value = db.edit(key)
    if value is not None:
        return _adopt(db, key, value), False
    value = HyperLogLog(EMPTY)
    db.set(key, value)
    return value, True


def _adopt(db, key, value):
    """Keep the string at `key` as a HyperLogLog from now on; raises as `_checked` does."""
    if value.__class__ is not HyperLogLog:
        db.values[key] = value = _checked(value)
    return value


def _checked(value):
    """A stored value as a HyperLogLog; raises WrongTypeError, or _NotAHyperLogLogError for a string."""
    if value.__class__ is HyperLogLog:
        return value
    if type_name(value) != "string":
        raise WrongTypeError
    if value.__class__ is int or not is_valid_header(value):
        raise _NotAHyperLogLogError
    return HyperLogLog(value)


@command("PFCOUNT", arity=-2, flags="readonly may_replicate", keys="1..-1 RW ACCESS", since="2.8.9")
def pfcount(session, key, *keys):
    """Returns the approximated cardinality of the set(s) observed by the HyperLogLog key(s)."""
    db = session.db
    try:
        if keys:
            all_registers = [value.registers() for value in _read_all(db, (key,) + keys)]
            return estimate(reduce(greater, all_registers)) if all_registers else 0
        value = db.read(key)
        if value is None:
            return 0
        value = _adopt(db, key, value)
        number = value.count()
        if number is None:
            number = value.recount()
            db.touch(key, None)                 # the header has changed: no event, but a change to be saved
        return number
    except CorruptedError:
        raise _CorruptedHyperLogLogError from None


def _read_all(db, keys):
    """The HyperLogLogs at some keys in turn, without those that are not there."""
    for key in keys:
        value = db.read(key)
        if value is not None:
            yield _checked(value)


@command("PFMERGE", arity=-2, flags="write denyoom", keys="1 RW ACCESS INSERT; 2..-1 RO ACCESS",
         since="2.8.9")
def pfmerge(session, destkey, *sourcekeys):
    """Merges one or more HyperLogLog values into a single key."""
    db = session.db
    merged, is_dense = 0, False
    try:
        for value in _read_all(db, (destkey,) + sourcekeys):
            merged = greater(merged, value.registers())
            is_dense = is_dense or value.is_dense
    except CorruptedError:
        raise _CorruptedHyperLogLogError from None
    target, _ = _edit_or_create(db, destkey)
    if is_dense:
        target.make_dense()
    target.raise_all(merged, db.keyspace.limits)
    target.forget_count()
    db.touch(destkey, "pfadd")
    return "OK"


# ---- looking inside ---------------------------------------------------------------------------------------

@command("PFDEBUG", arity=3, flags="write denyoom admin", keys="2 RW ACCESS", since="2.8.9")
def pfdebug(session, subcommand, key):
    """Internal commands for debugging HyperLogLog values."""
    db = session.db
    value = db.edit(key)
    if value is None:
        raise RedisError("ERR The specified key does not exist")
    value = _adopt(db, key, value)
    name = subcommand.lower()
    try:
        if name == b"getreg":
            _make_dense(db, key, value)
            return list(bytes_of(value.registers()))
        if name == b"decode":
            return _describe_opcodes(value)
        if name == b"encoding":
            return "dense" if value.is_dense else "sparse"
        if name == b"todense":
            return int(_make_dense(db, key, value))
    except CorruptedError:
        raise _CorruptedHyperLogLogError from None
    raise RedisError(f"ERR Unknown PFDEBUG subcommand '{subcommand.decode('utf-8', 'surrogateescape')}'")


def _make_dense(db, key, value):
    """True when that changed something; Redis tells no watcher of it."""
    if not value.make_dense():
        return False
    db.keyspace.dirty += 1
    return True


def _describe_opcodes(value):
    if value.is_dense:
        raise RedisError("ERR HLL encoding is not sparse")
    words = []
    for opcode, run in value.opcodes():
        if opcode >= 128:
            words.append(b"v:%d,%d" % ((opcode >> 2 & 31) + 1, run))
        else:
            words.append((b"Z:%d" if opcode >= 64 else b"z:%d") % run)
    return b" ".join(words)


@command("PFSELFTEST", arity=1, flags="admin", since="2.8.9")
def pfselftest(session):
    """An internal command for testing HyperLogLog values.

    Packs and unpacks random registers, and adds elements to a sparse and a dense HyperLogLog alike, until the
    first has turned dense, too. Redis tries some ten million; a tenth of a second must do here.
    """
    random, limits = session.db.keyspace.random, session.db.keyspace.limits
    registers = lanes_of(bytes(random.randrange(64) for _ in range(REGISTERS)))
    if unpack(pack(registers)) != registers:
        raise RedisError("TESTFAILED Registers change when they are packed")
    sparse, dense = HyperLogLog(EMPTY), HyperLogLog(EMPTY)
    dense.make_dense()
    for number in range(_SELF_TEST_ELEMENTS):
        register, rank = locate(random.getrandbits(64).to_bytes(8, "little"))
        if sparse.raise_register(register, rank, limits) != dense.raise_register(register, rank, limits):
            raise RedisError(f"TESTFAILED Sparse and dense encoding differ after {number} elements")
    if abs(sparse.recount() - _SELF_TEST_ELEMENTS) > _SELF_TEST_ELEMENTS * _SELF_TEST_TOLERANCE:
        raise RedisError(f"TESTFAILED {_SELF_TEST_ELEMENTS} elements are estimated to be {sparse.recount()}")
    return "OK"
