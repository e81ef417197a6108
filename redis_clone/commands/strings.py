"""Strings: SET, GET, INCR and their kin.

A string is stored as bytes. APPEND and SETRANGE turn it into a bytearray, so that a long value that is
built piece by piece costs what is written, not what is there; INCR and its like turn it into an int. Whatever
replaces the value makes it bytes again.

GET, SET, INCR, MGET and MSET are what most clients send most of the time: they take the shortest way, and
everything unusual is in functions of its own. Handlers run with the engine's lock held. The bitmap
commands, which work on strings too, are not here.
"""
from ..args import INT64_MAX, INT64_MIN, parse_int
from ..datatypes.limits import is_integer
from ..datatypes.string_variants import EmbeddedString
from ..errors import NotFloatError, OptionSyntaxError, RedisError, WrongTypeError, wrong_arity
from ..keyspace import text_of, type_name
from ..lcs import lcs_length, lcs_runs
from ..long_double import add_long_doubles, format_long_double, parse_long_double
from ..registry import group

__all__ = ["read_text"]

command = group("string")

# How options spell an expiry: milliseconds in a unit, and whether it counts from now.
_EXPIRY_UNITS = {b"EX": (1000, True), b"PX": (1, True), b"EXAT": (1000, False), b"PXAT": (1, False)}
_SET_WORDS = (b"NX", b"XX", b"GET", b"KEEPTTL")
_GETEX_WORDS = (b"PERSIST",)
_INSTEAD_OF_EXPIRY = (b"KEEPTTL", b"PERSIST")
_OPPOSITES = {b"NX": b"XX", b"XX": b"NX"}
_LCS_CELL_BYTES = 4                 # what Redis' table takes for each pair of bytes


# ---- reading ----------------------------------------------------------------------------------------------

@command("GET", arity=2, flags="readonly fast", keys="1 RO ACCESS", since="1.0.0")
def get(session, key):
    """Returns the string value of a key."""
    return session.db.read_string(key)


@command("MGET", arity=-2, flags="readonly fast", keys="1..-1 RO ACCESS", since="1.0.0")
def mget(session, *keys):
    """Atomically returns the string values of one or more keys."""
    db = session.db
    values, expires, accessed, keyspace = db.values, db.expires, db.accessed, db.keyspace
    lru_clock = keyspace.lru_clock
    reply = []
    for key in keys:
        value = values.get(key)
        if value.__class__ is bytes and key not in expires:
            keyspace.hits += 1
            accessed[key] = lru_clock
        else:
            value = db.read(key)
            if value.__class__ is not bytes:
                value = bytes(text_of(value)) if type_name(value) == "string" else None
        reply.append(value)
    return reply


@command("STRLEN", arity=2, flags="readonly fast", keys="1 RO", since="2.2.0")
def strlen(session, key):
    """Returns the length of a string value."""
    value = read_text(session.db, key)
    return 0 if value is None else len(value)


@command("GETRANGE", arity=4, flags="readonly", keys="1 RO ACCESS", since="2.4.0")
def getrange(session, key, start, end):
    """Returns a substring of the string stored at a key."""
    start, end = parse_int(start), parse_int(end)
    value = read_text(session.db, key)
    if value is None or (start < 0 and end < 0 and start > end):
        return b""
    size = len(value)
    if start < 0:
        start = max(size + start, 0)
    if end < 0:
        end = max(size + end, 0)            # so -100..-50 of "abc" is "a", as in Redis
    return bytes(value[start:end + 1])


@command("SUBSTR", arity=4, flags="readonly", keys="1 RO ACCESS", since="1.0.0")
def substr(session, key, start, end):
    """Returns a substring from a string value."""
    return getrange(session, key, start, end)


def read_text(db, key):
    """The string at `key` as bytes or bytearray, not copied, or None; raises WrongTypeError."""
    value = db.read(key)
    if value is None or type_name(value) == "string":
        return text_of(value)
    raise WrongTypeError


# ---- setting ----------------------------------------------------------------------------------------------

@command("SET", arity=-3, flags="write denyoom", keys="1 RW ACCESS UPDATE VARIABLE_FLAGS", since="1.0.0")
def set_(session, key, value, *options):
    """Sets the string value of a key, ignoring its type. The key is created if it doesn't exist."""
    if options:
        return _set_with_options(session, key, value, options)
    session.db.store_string(key, value, "set")
    return "OK"


def _set_with_options(session, key, value, options):
    db = session.db
    given, expiry = _parse_options(options, _SET_WORDS)
    expires_at_ms = _expires_at(db, expiry, "set") if expiry else None
    wants_previous = b"GET" in given
    previous = db.read_string(key) if wants_previous else None
    if b"NX" in given or b"XX" in given:
        exists = db.edit(key) is not None
        if exists == (b"NX" in given):
            return previous
    if expiry:
        _store_until(session, key, value, expires_at_ms)
    else:
        db.set(key, value, keep_ttl=b"KEEPTTL" in given)
        db.touch(key, "set")
        if wants_previous:
            session.propagate(b"SET", key, value, *(word for word in options if word.upper() != b"GET"))
    return previous if wants_previous else "OK"


def _store_until(session, key, value, expires_at_ms):
    db = session.db
    db.set(key, value, keep_ttl=True)
    db.touch(key, "set")
    db.expire_at(key, expires_at_ms)
    db.touch(key, "expire", 0)
    if db.keyspace.effects is not None:
        session.propagate(b"SET", key, value, b"PXAT", b"%d" % expires_at_ms)


def _parse_options(options, words):
    """The options of SET or GETEX: a set of those of `words` that are given, and (unit, amount) or None."""
    given, expiry = set(), None
    rest = iter(options)
    for word in rest:
        word = word.upper()
        if word in _EXPIRY_UNITS:
            amount = next(rest, None)
            if amount is None or (expiry and expiry[0] != word) or not given.isdisjoint(_INSTEAD_OF_EXPIRY):
                raise OptionSyntaxError
            expiry = word, amount
        elif (word in words and _OPPOSITES.get(word) not in given
              and not (expiry and word in _INSTEAD_OF_EXPIRY)):
            given.add(word)
        else:
            raise OptionSyntaxError
    return given, expiry


def _expires_at(db, expiry, command_name):
    """The date in milliseconds that an expiry option (unit, amount) means."""
    unit, amount = expiry
    milliseconds, from_now = _EXPIRY_UNITS[unit]
    amount = parse_int(amount)
    expires_at_ms = amount * milliseconds + (db.now_ms if from_now else 0)
    if amount <= 0 or expires_at_ms > INT64_MAX:
        raise RedisError(f"ERR invalid expire time in '{command_name}' command")
    return expires_at_ms


@command("SETNX", arity=3, flags="write denyoom fast", keys="1 OW INSERT", since="1.0.0")
def setnx(session, key, value):
    """Set the string value of a key only when the key doesn't exist."""
    db = session.db
    if db.edit(key) is not None:
        return 0
    db.store_string(key, value, "set")
    return 1


@command("SETEX", arity=4, flags="write denyoom", keys="1 OW UPDATE", since="2.0.0")
def setex(session, key, seconds, value):
    """Sets the string value and expiration time of a key. Creates the key if it doesn't exist."""
    _store_until(session, key, value, _expires_at(session.db, (b"EX", seconds), "setex"))
    return "OK"


@command("PSETEX", arity=4, flags="write denyoom", keys="1 OW UPDATE", since="2.6.0")
def psetex(session, key, milliseconds, value):
    """Sets both string value and expiration time in milliseconds of a key. The key is created if it doesn't
    exist.
    """
    _store_until(session, key, value, _expires_at(session.db, (b"PX", milliseconds), "psetex"))
    return "OK"


@command("MSET", arity=-3, flags="write denyoom", keys="1..-1/2 OW UPDATE", since="1.0.1")
def mset(session, *keys_and_values):
    """Atomically creates or modifies the string values of one or more keys."""
    if len(keys_and_values) % 2:
        raise wrong_arity("MSET")
    _set_many(session.db, keys_and_values)
    return "OK"


@command("MSETNX", arity=-3, flags="write denyoom", keys="1..-1/2 OW INSERT", since="1.0.1")
def msetnx(session, *keys_and_values):
    """Atomically modifies the string values of one or more keys only when all keys don't exist."""
    if len(keys_and_values) % 2:
        raise wrong_arity("MSETNX")
    db = session.db
    for key in keys_and_values[::2]:
        if db.edit(key) is not None:
            return 0
    _set_many(db, keys_and_values)
    return 1


def _set_many(db, keys_and_values):
    store_string = db.store_string
    for key, value in zip(keys_and_values[::2], keys_and_values[1::2]):
        store_string(key, value, "set")


# ---- reading and changing at once -------------------------------------------------------------------------

@command("GETSET", arity=3, flags="write denyoom fast", keys="1 RW ACCESS UPDATE", since="1.0.0")
def getset(session, key, value):
    """Returns the previous string value of a key after setting it to a new value."""
    previous = session.db.read_string(key)
    session.db.store_string(key, value, "set")
    session.propagate(b"SET", key, value)
    return previous


@command("GETDEL", arity=2, flags="write fast", keys="1 RW ACCESS DELETE", since="6.2.0")
def getdel(session, key):
    """Returns the string value of a key after deleting the key."""
    db = session.db
    value = db.read_string(key)
    if value is not None:
        db.delete(key)
        db.touch(key, "del")
        session.propagate(b"DEL", key)
    return value


@command("GETEX", arity=-2, flags="write fast", keys="1 RW ACCESS UPDATE", since="6.2.0")
def getex(session, key, *options):
    """Returns the string value of a key after setting its expiration time."""
    given, expiry = _parse_options(options, _GETEX_WORDS)
    db = session.db
    value = db.read_string(key)
    if value is None:
        return None
    if expiry:
        expires_at_ms = _expires_at(db, expiry, "getex")
        if expires_at_ms <= db.now_ms:              # only possible with EXAT and PXAT
            db.delete(key)
            db.touch(key, "del")
            session.propagate(db.keyspace.word_for_expired, key)
        else:
            db.expire_at(key, expires_at_ms)
            db.touch(key, "expire")
            session.propagate(b"PEXPIREAT", key, b"%d" % expires_at_ms)
    elif given and db.forget_expiry(key):
        db.touch(key, "persist")
        session.propagate(b"PERSIST", key)
    return value


# ---- counting ---------------------------------------------------------------------------------------------

@command("INCR", arity=2, flags="write denyoom fast", keys="1 RW ACCESS UPDATE", since="1.0.0")
def incr(session, key):
    """Increments the integer value of a key by one. Uses 0 as initial value if the key doesn't exist."""
    db = session.db
    value = db.values.get(key)
    if value.__class__ is int and value != INT64_MAX and key not in db.expires:     # a counter in use
        number = value + 1
        db.store_string(key, number, "incrby")
        return number
    return _increment(db, key, 1)


@command("DECR", arity=2, flags="write denyoom fast", keys="1 RW ACCESS UPDATE", since="1.0.0")
def decr(session, key):
    """Decrements the integer value of a key by one. Uses 0 as initial value if the key doesn't exist."""
    return _increment(session.db, key, -1)


@command("INCRBY", arity=3, flags="write denyoom fast", keys="1 RW ACCESS UPDATE", since="1.0.0")
def incrby(session, key, increment):
    """Increments the integer value of a key by a number. Uses 0 as initial value if the key doesn't exist."""
    return _increment(session.db, key, parse_int(increment))


@command("DECRBY", arity=3, flags="write denyoom fast", keys="1 RW ACCESS UPDATE", since="1.0.0")
def decrby(session, key, decrement):
    """Decrements a number from the integer value of a key. Uses 0 as initial value if the key doesn't
    exist.
    """
    decrement = parse_int(decrement)
    if decrement == INT64_MIN:
        raise RedisError("ERR decrement would overflow")
    return _increment(session.db, key, -decrement)


def _increment(db, key, by):
    value = db.edit(key)
    if value.__class__ is not int:
        if type_name(value) not in ("string", "none"):
            raise WrongTypeError
        value = 0 if value is None else parse_int(value)
    number = value + by
    if not INT64_MIN <= number <= INT64_MAX:
        raise RedisError("ERR increment or decrement would overflow")
    db.set(key, number, keep_ttl=True)
    db.touch(key, "incrby")
    return number


@command("INCRBYFLOAT", arity=3, flags="write denyoom fast", keys="1 RW ACCESS UPDATE", since="2.6.0")
def incrbyfloat(session, key, increment):
    """Increment the floating point value of a key by a number. Uses 0 as initial value if the key doesn't
    exist.
    """
    db = session.db
    value = db.edit_string(key)
    number = parse_long_double(b"0" if value is None else value)
    increment = parse_long_double(increment)
    if number is None or increment is None:
        raise NotFloatError
    total = add_long_doubles(number, increment)
    if total is None:
        raise RedisError("ERR increment would produce NaN or Infinity")
    text = format_long_double(total)
    db.set(key, EmbeddedString(text) if is_integer(text) else text, keep_ttl=True)
    db.touch(key, "incrbyfloat")
    session.propagate(b"SET", key, text, b"KEEPTTL")
    return text


# ---- changing in place ------------------------------------------------------------------------------------

@command("APPEND", arity=3, flags="write denyoom fast", keys="1 RW INSERT", since="2.0.0")
def append(session, key, value):
    """Appends a string to the value of a key. Creates the key if it doesn't exist."""
    db = session.db
    text = db.edit_string(key)
    if text is None:
        db.set(key, value)
        size = len(value)
    else:
        size = len(text) + len(value)
        _check_size(session, size)
        _make_changeable(db, key, text).extend(value)
    db.touch(key, "append")
    return size


@command("SETRANGE", arity=4, flags="write denyoom", keys="1 RW UPDATE", since="2.2.0")
def setrange(session, key, offset, value):
    """Overwrites a part of a string value with another by an offset. Creates the key if it doesn't exist."""
    offset = parse_int(offset)
    if offset < 0:
        raise RedisError("ERR offset is out of range")
    db = session.db
    text = db.edit_string(key)
    if not value:
        return 0 if text is None else len(text)
    end = offset + len(value)
    _check_size(session, end)
    if text is None:
        text = bytearray(end)
        db.set(key, text)
    else:
        text = _make_changeable(db, key, text)
        if offset > len(text):
            text.extend(bytes(offset - len(text)))
    text[offset:end] = value
    db.touch(key, "setrange")
    return len(text)


def _make_changeable(db, key, text):
    """The bytearray at `key`, which holds `text`; its expiry stays."""
    if text.__class__ is bytearray:
        return text
    db.values[key] = text = bytearray(text)
    return text


def _check_size(session, size):
    if size > session.engine.config["proto-max-bulk-len"]:
        raise RedisError("ERR string exceeds maximum allowed size (proto-max-bulk-len)")


# ---- comparing --------------------------------------------------------------------------------------------

@command("LCS", arity=-3, flags="readonly", keys="1..2 RO ACCESS", since="7.0.0")
def lcs(session, key1, key2, *options):
    """Finds the longest common substring."""
    texts = [session.db.read(key) for key in (key1, key2)]
    if not {type_name(text) for text in texts} <= {"string", "none"}:
        raise RedisError("ERR The specified keys must contain string values")
    first, second = [b"" if text is None else text_of(text) for text in texts]
    given, shortest = _parse_lcs_options(options)
    if (len(first) + 1) * (len(second) + 1) * _LCS_CELL_BYTES > session.engine.config["proto-max-bulk-len"]:
        raise RedisError("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")
    if b"LEN" in given:
        return lcs_length(first, second)
    runs = lcs_runs(first, second)
    if b"IDX" not in given:
        return b"".join(first[start:start + length] for start, _, length in reversed(runs))
    matches = []
    for start, other_start, length in runs:
        if length >= shortest:
            match = [[start, start + length - 1], [other_start, other_start + length - 1]]
            matches.append(match + [length] if b"WITHMATCHLEN" in given else match)
    return {b"matches": matches, b"len": sum(length for _, _, length in runs)}


def _parse_lcs_options(options):
    """Returns the set of words given, and the length of the shortest match wanted."""
    given, shortest = set(), 0
    rest = iter(options)
    for word in rest:
        word = word.upper()
        if word == b"MINMATCHLEN":
            number = next(rest, None)
            if number is None:
                raise OptionSyntaxError
            shortest = parse_int(number)
        elif word in (b"IDX", b"LEN", b"WITHMATCHLEN"):
            given.add(word)
        else:
            raise OptionSyntaxError
    if b"IDX" in given and b"LEN" in given:
        raise RedisError("ERR If you want both the length and indexes, please just use IDX.")
    return given, shortest
