"""Ranges of sorted sets: ZRANGE and all that is a special case of it, counting, storing and removing ranges.

A range is given by rank, by score or by lex. Whatever it is, the bounds are parsed first and then become an
interval ``first <= rank < stop`` (see datatypes/sorted_set.py), of which LIMIT takes a part. Handlers run
with the engine's lock held.
"""
import math
import re
from itertools import takewhile

from ..args import parse_float, parse_int
from ..datatypes.sorted_set import SortedSet
from ..errors import NotFloatError, OptionSyntaxError, RedisError
from ..registry import group
from .sorted_sets import put, scored_reply

command = group("sorted_set")

_RANK, _SCORE, _LEX = "rank", "score", "lex"
_KINDS = {b"BYSCORE": _SCORE, b"BYLEX": _LEX}
_WHOLE = 0, -1                                  # offset and count without LIMIT

_C_SPACES = b" \t\n\v\f\r"
_C_NUMBER = re.compile(rb"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|"
                       rb"(0x)(?:[0-9a-f]+\.?[0-9a-f]*|\.[0-9a-f]+)(?:p[+-]?\d+)?)", re.IGNORECASE)


# ---- reading ranges ---------------------------------------------------------------------------------------

@command("ZRANGE", arity=-4, flags="readonly", keys="1 RO ACCESS", since="1.2.0")
def zrange(session, key, start, stop, *options):
    """Returns members in a sorted set within a range of indexes."""
    return _range(session, key, start, stop, options)


@command("ZREVRANGE", arity=-4, flags="readonly", keys="1 RO ACCESS", since="1.2.0")
def zrevrange(session, key, start, stop, *options):
    """Returns members in a sorted set within a range of indexes in reverse order."""
    return _range(session, key, start, stop, options, _RANK, True)


@command("ZRANGEBYSCORE", arity=-4, flags="readonly", keys="1 RO ACCESS", since="1.0.5")
def zrangebyscore(session, key, low, high, *options):
    """Returns members in a sorted set within a range of scores."""
    return _range(session, key, low, high, options, _SCORE, False)


@command("ZREVRANGEBYSCORE", arity=-4, flags="readonly", keys="1 RO ACCESS", since="2.2.0")
def zrevrangebyscore(session, key, high, low, *options):
    """Returns members in a sorted set within a range of scores in reverse order."""
    return _range(session, key, high, low, options, _SCORE, True)


@command("ZRANGEBYLEX", arity=-4, flags="readonly", keys="1 RO ACCESS", since="2.8.9")
def zrangebylex(session, key, low, high, *options):
    """Returns members in a sorted set within a lexicographical range."""
    return _range(session, key, low, high, options, _LEX, False)


@command("ZREVRANGEBYLEX", arity=-4, flags="readonly", keys="1 RO ACCESS", since="2.8.9")
def zrevrangebylex(session, key, high, low, *options):
    """Returns members in a sorted set within a lexicographical range in reverse order."""
    return _range(session, key, high, low, options, _LEX, True)


def _range(session, key, start, stop, options, kind=None, reverse=None):
    """The reply of all of these. `kind` or `reverse` are None when options may decide."""
    kind, reverse, page, with_scores = _parse_options(options, kind, reverse)
    bounds = _parse_range(kind, start, stop, reverse)
    stored = session.db.read_zset(key)
    if stored is None:
        return []
    first, stop = _interval(stored, kind, bounds, reverse, page)
    if not with_scores:
        members = stored.members_between(first, stop)
        if reverse:
            members.reverse()
        return members
    pairs = stored.pairs_between(first, stop)
    if reverse:
        pairs.reverse()
    return scored_reply(pairs, session.protocol)


@command("ZRANGESTORE", arity=-5, flags="write denyoom", keys="1 OW UPDATE; 2 RO ACCESS", since="6.2.0")
def zrangestore(session, destination_key, key, start, stop, *options):
    """Stores a range of members from sorted set in a key."""
    kind, reverse, page, _ = _parse_options(options, None, None, may_have_scores=False)
    bounds = _parse_range(kind, start, stop, reverse)
    db = session.db
    stored = db.read_zset(key)
    first, stop = (0, 0) if stored is None else _interval(stored, kind, bounds, reverse, page)
    if first == stop:
        db.delete_destination(destination_key)
        return 0
    pairs = stored.pairs_between(first, stop)
    if reverse:
        pairs.reverse()
    limits = db.keyspace.limits
    copy = SortedSet()
    if kind is _RANK:
        copy.expect(len(pairs), 0, limits)      # else Redis does not know how many there will be
    for member, score in pairs:
        put(copy, member, score, limits)
    db.set(destination_key, copy)
    db.touch(destination_key, "zrangestore")
    return len(pairs)


# ---- counting and removing ranges -------------------------------------------------------------------------

@command("ZCOUNT", arity=4, flags="readonly fast", keys="1 RO ACCESS", since="2.0.0")
def zcount(session, key, low, high):
    """Returns the count of members in a sorted set that have scores within a range."""
    return _count(session.db, key, _SCORE, low, high)


@command("ZLEXCOUNT", arity=4, flags="readonly fast", keys="1 RO ACCESS", since="2.8.9")
def zlexcount(session, key, low, high):
    """Returns the number of members in a sorted set within a lexicographical range."""
    return _count(session.db, key, _LEX, low, high)


def _count(db, key, kind, low, high):
    bounds = _parse_range(kind, low, high)
    stored = db.read_zset(key)
    if stored is None:
        return 0
    first, stop = _interval(stored, kind, bounds)
    return stop - first


@command("ZREMRANGEBYRANK", arity=4, flags="write", keys="1 RW DELETE", since="2.0.0")
def zremrangebyrank(session, key, start, stop):
    """Removes members in a sorted set within a range of indexes. Deletes the sorted set if all members
    were removed.
    """
    return _remove(session.db, key, _RANK, start, stop, "zremrangebyrank")


@command("ZREMRANGEBYSCORE", arity=4, flags="write", keys="1 RW DELETE", since="1.2.0")
def zremrangebyscore(session, key, low, high):
    """Removes members in a sorted set within a range of scores. Deletes the sorted set if all members
    were removed.
    """
    return _remove(session.db, key, _SCORE, low, high, "zremrangebyscore")


@command("ZREMRANGEBYLEX", arity=4, flags="write", keys="1 RW DELETE", since="2.8.9")
def zremrangebylex(session, key, low, high):
    """Removes members in a sorted set within a lexicographical range. Deletes the sorted set if all
    members were removed.
    """
    return _remove(session.db, key, _LEX, low, high, "zremrangebylex")


def _remove(db, key, kind, low, high, event):
    bounds = _parse_range(kind, low, high)
    stored = db.edit_zset(key)
    if stored is None:
        return 0
    removed = stored.remove_between(*_interval(stored, kind, bounds))
    if removed:
        db.touch(key, event, removed)
        db.delete_if_empty(key, stored)
    return removed


# ---- options and bounds -----------------------------------------------------------------------------------

def _parse_options(options, kind, reverse, may_have_scores=True):
    """``(kind, reverse, (offset, count), with scores)`` of ZRANGE and its kin; a count of -1 is for all."""
    page, with_scores = _WHOLE, False
    position = 0
    while position < len(options):
        word = options[position].upper()
        if word == b"WITHSCORES" and may_have_scores:
            with_scores = True
        elif word == b"LIMIT" and position + 2 < len(options):
            page = parse_int(options[position + 1]), parse_int(options[position + 2])
            position += 2
        elif word == b"REV" and reverse is None:
            reverse = True
        elif word in _KINDS and kind is None:
            kind = _KINDS[word]
        else:
            raise OptionSyntaxError
        position += 1
    kind = kind or _RANK
    if kind is _RANK and page[1] != -1:
        raise RedisError("ERR syntax error, "
                         "LIMIT is only supported in combination with either BYSCORE or BYLEX")
    if kind is _LEX and with_scores:
        raise RedisError("ERR syntax error, WITHSCORES not supported in combination with BYLEX")
    return kind, bool(reverse), page, with_scores


def _parse_range(kind, start, stop, reverse=False):
    """The bounds of a range: Redis' first and last rank, or (low, high, low is open, high is open)."""
    if kind is _RANK:
        return parse_int(start), parse_int(stop)
    parse_bound = _parse_score_bound if kind is _SCORE else _parse_lex_bound
    low, low_open = parse_bound(stop if reverse else start)
    high, high_open = parse_bound(start if reverse else stop)
    return low, high, low_open, high_open


def _parse_score_bound(raw):
    """``(score, is open)``: "1.5", "(1.5" without that score itself, "-inf" or "+inf"."""
    is_open = raw[:1] == b"("
    number = raw[1:] if is_open else raw
    try:
        return parse_float(number), is_open
    except NotFloatError:
        return _strtod(number), is_open


def _strtod(raw):
    """What C's strtod makes of a zero-terminated string; of nothing it makes zero, and Redis takes that."""
    text = raw.partition(b"\0")[0]
    if not text:
        return 0.0
    number = _C_NUMBER.fullmatch(text.lstrip(_C_SPACES))
    if number is None:
        raise RedisError("ERR min or max is not a float")
    if not number.group(1):
        return float(number.group())            # may overflow to infinity
    try:
        return float.fromhex(number.group().decode())
    except OverflowError:
        return -math.inf if number.group().startswith(b"-") else math.inf


def _parse_lex_bound(raw):
    """``(member, is open)`` of "[member" or "(member"; of "-" and "+", the ends of all bytes, it is str."""
    mark = raw[:1]
    if mark == b"[" or mark == b"(":
        return raw[1:], mark == b"("
    if (mark == b"-" or mark == b"+") and raw[1:2] in (b"", b"\0"):
        return mark.decode(), True
    raise RedisError("ERR min or max not valid string range item")


# ---- from bounds to ranks ---------------------------------------------------------------------------------

def _interval(stored, kind, bounds, reverse=False, page=_WHOLE):
    """``(first, stop)``, ranks from the lowest score up, of a range or a page of it; equal if it is empty."""
    if kind is _RANK:
        return _rank_interval(*bounds, len(stored), reverse)
    offset, count = page
    if kind is _SCORE:
        first, stop = stored.score_interval(*bounds)
    else:
        first, stop = stored.lex_interval(*bounds, reverse)
        if offset >= stop - first > 0 and stored.encoding == "listpack":
            first, stop = _lex_interval_after(stored, first, stop, bounds, reverse, offset)
            offset = 0
    if offset < 0:
        return 0, 0
    if reverse:
        stop = max(stop - offset, first)
        return (first if count < 0 else max(stop - count, first)), stop
    first = min(first + offset, stop)
    return first, (stop if count < 0 else min(first + count, stop))


def _rank_interval(start, end, size, reverse):
    """From Redis' ranks: negative ones count from the end, `end` is included; descending if `reverse`."""
    first = max(start + size, 0) if start < 0 else min(start, size)
    stop = max(min(end + size if end < 0 else end, size - 1) + 1, first)
    return (size - stop, size - first) if reverse else (first, stop)


def _lex_interval_after(stored, first, stop, bounds, reverse, offset):
    """The rest of a lex range in a small set after `offset` members, as many as it has or more.

    Redis looks for the end of the range only after these. When scores differ, what follows them may be in
    the range again; when they do not, there is nothing.
    """
    low, high, low_open, high_open = bounds

    def goes_on(member):
        if reverse:
            return low == "-" or member > low or (member == low and not low_open)
        return high == "+" or member < high or (member == high and not high_open)

    if reverse:
        stop = max(stop - offset, 0)
        rest = reversed(stored.members_between(0, stop))
    else:
        first += offset
        rest = stored.members_between(first, len(stored))
    count = sum(1 for _ in takewhile(goes_on, rest))
    return (stop - count, stop) if reverse else (first, first + count)
