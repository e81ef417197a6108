"""Sorted sets: ZADD, ZSCORE, ZRANK, ZPOPMIN and their kin.

Ranges are in sorted_set_ranges.py, unions and the like in sorted_set_algebra.py, the commands that wait for
a member in blocking_sorted_sets.py. A score is a double; in RESP2 replies it is a bulk string, and lists of
members with scores are flat where RESP3 has pairs (`scored_reply`). Handlers run with the engine's lock held.
"""
from ..args import INT64_MAX, format_float, parse_cursor, parse_float, parse_range_int
from ..collection_args import (check_picks_fit, parse_multi_pop, parse_random_options,
                               parse_scan_options)
from ..errors import NotFloatError, OptionSyntaxError, RedisError, wrong_arity
from ..registry import group
from ..resp import NULL_ARRAY

command = group("sorted_set")

_ZADD_OPTIONS = frozenset((b"NX", b"XX", b"GT", b"LT", b"CH", b"INCR"))
_SIDES = {b"MIN": True, b"MAX": False}          # is it the lowest score that is popped?
_EXAMPLES = 100                                 # picks from which the size of many picks is estimated


def scored_reply(pairs, protocol):
    """The reply WITHSCORES for a list of (member, score)."""
    if protocol == 3:
        return pairs
    return [item for member, score in pairs for item in (member, format_float(score))]


def put(stored, member, score, limits):
    """`SortedSet.add` as Redis stores scores: its listpacks have no negative zero, its skiplists do."""
    if not score and stored.encoding == "listpack":
        stays_listpack = (len(stored) < limits.zset_max_listpack_entries
                          and len(member) <= limits.zset_max_listpack_value)
        if stays_listpack or member in stored:
            score = 0.0
    return stored.add(member, score, limits)


# ---- adding and incrementing ------------------------------------------------------------------------------

@command("ZADD", arity=-4, flags="write denyoom fast", keys="1 RW UPDATE", since="1.2.0")
def zadd(session, key, *args):
    """Adds one or more members to a sorted set, or updates their scores. Creates the key if it doesn't
    exist.
    """
    if len(args) > 2:
        return _zadd_several(session.db, key, args)
    score, member = _parse_score(args[0]), args[1]
    db = session.db
    stored = db.edit_zset(key, create=True)
    if stored.encoding == "listpack":               # even if it is there already: the limits may be lower now
        stored.expect(1, len(member), db.keyspace.limits)
    if score:
        is_new, is_updated = stored.add(member, score, db.keyspace.limits)
    else:
        is_new, is_updated = put(stored, member, score, db.keyspace.limits)
    if is_new or is_updated:
        db.touch(key, "zadd")
    return 1 if is_new else 0


def _parse_score(raw):
    """The first score of ZADD or ZINCRBY. When it is an option, what is missing is something after it."""
    try:
        return parse_float(raw)
    except NotFloatError:
        if raw.upper() in _ZADD_OPTIONS:
            raise OptionSyntaxError from None
        raise


def _zadd_several(db, key, args):
    """ZADD with options or with several members."""
    options, scores, members = _parse_zadd(args)
    stored = db.edit_zset(key, create=b"XX" not in options)     # no other option keeps the first one out
    if stored is None:
        return None if b"INCR" in options else 0
    limits = db.keyspace.limits
    stored.expect(len(members), max(map(len, members)), limits)
    if b"INCR" in options:
        return _increment(db, key, stored, scores[0], members[0], options)
    added = updated = 0
    for member, score in zip(members, scores):
        if options and not _may_set(stored.get(member), score, options):
            continue
        is_new, is_updated = put(stored, member, score, limits)
        added += is_new
        updated += is_updated
    if added or updated:
        db.touch(key, "zadd", added + updated)
    return added + updated if b"CH" in options else added


def _parse_zadd(args):
    """``(options, scores, members)`` of ZADD; `options` is a set of words in upper case."""
    count = 0
    while count < len(args) and args[count].upper() in _ZADD_OPTIONS:
        count += 1
    options = {word.upper() for word in args[:count]}
    pairs = args[count:]
    if not pairs or len(pairs) % 2:
        raise OptionSyntaxError
    if b"NX" in options and b"XX" in options:
        raise RedisError("ERR XX and NX options at the same time are not compatible")
    if len(options.intersection((b"NX", b"GT", b"LT"))) > 1:
        raise RedisError("ERR GT, LT, and/or NX options at the same time are not compatible")
    if b"INCR" in options and len(pairs) > 2:
        raise RedisError("ERR INCR option supports a single increment-element pair")
    return options, list(map(parse_float, pairs[0::2])), pairs[1::2]


def _may_set(old_score, score, options):
    """Whether NX, XX, GT and LT allow to set a member's score; `old_score` is None for a new one."""
    if old_score is None:
        return b"XX" not in options
    return not (b"NX" in options or (b"GT" in options and score <= old_score)
                or (b"LT" in options and score >= old_score))


@command("ZINCRBY", arity=4, flags="write denyoom fast", keys="1 RW ACCESS UPDATE", since="1.2.0")
def zincrby(session, key, increment, member):
    """Increments the score of a member in a sorted set."""
    increment = _parse_score(increment)
    db = session.db
    stored = db.edit_zset(key, create=True)
    stored.expect(1, len(member), db.keyspace.limits)
    return _increment(db, key, stored, increment, member)


def _increment(db, key, stored, increment, member, options=()):
    """Add to a member's score in the set `stored`; returns the score, None where options forbid it."""
    old_score = stored.get(member)
    score = increment if old_score is None else old_score + increment
    if score != score and b"NX" not in options:
        raise RedisError("ERR resulting score is not a number (NaN)")
    if options and not _may_set(old_score, score, options):
        return None
    if True in put(stored, member, score, db.keyspace.limits):
        db.touch(key, "zincr")
    return score


# ---- single members ---------------------------------------------------------------------------------------

@command("ZREM", arity=-3, flags="write fast", keys="1 RW DELETE", since="1.2.0")
def zrem(session, key, *members):
    """Removes one or more members from a sorted set. Deletes the sorted set if all members were removed."""
    db = session.db
    stored = db.edit_zset(key)
    if stored is None:
        return 0
    removed = sum(map(stored.remove, members))
    if removed:
        db.touch(key, "zrem", removed)
        db.delete_if_empty(key, stored)
    return removed


@command("ZCARD", arity=2, flags="readonly fast", keys="1 RO", since="1.2.0")
def zcard(session, key):
    """Returns the number of members in a sorted set."""
    return len(session.db.read_zset(key) or ())


@command("ZSCORE", arity=3, flags="readonly fast", keys="1 RO ACCESS", since="1.2.0")
def zscore(session, key, member):
    """Returns the score of a member in a sorted set."""
    stored = session.db.read_zset(key)
    return None if stored is None else stored.get(member)


@command("ZMSCORE", arity=-3, flags="readonly fast", keys="1 RO ACCESS", since="6.2.0")
def zmscore(session, key, *members):
    """Returns the score of one or more members in a sorted set."""
    stored = session.db.read_zset(key)
    return [None] * len(members) if stored is None else list(map(stored.get, members))


@command("ZRANK", arity=-3, flags="readonly fast", keys="1 RO ACCESS", since="2.0.0")
def zrank(session, key, member, *option):
    """Returns the index of a member in a sorted set ordered by ascending scores."""
    if option:
        return _rank_with_score(session.db, key, member, option, "zrank")
    stored = session.db.read_zset(key)
    return None if stored is None else stored.rank(member)


@command("ZREVRANK", arity=-3, flags="readonly fast", keys="1 RO ACCESS", since="2.0.0")
def zrevrank(session, key, member, *option):
    """Returns the index of a member in a sorted set ordered by descending scores."""
    if option:
        return _rank_with_score(session.db, key, member, option, "zrevrank")
    stored = session.db.read_zset(key)
    return None if stored is None else stored.rank(member, True)


def _rank_with_score(db, key, member, option, name):
    if len(option) > 1:
        raise wrong_arity(name)
    if option[0].upper() != b"WITHSCORE":
        raise OptionSyntaxError
    stored = db.read_zset(key)
    if stored is None or member not in stored:
        return NULL_ARRAY
    return [stored.rank(member, name == "zrevrank"), stored[member]]


@command("ZSCAN", arity=-3, flags="readonly", keys="1 RO ACCESS", since="2.8.0")
def zscan(session, key, cursor, *options):
    """Iterates over members and scores of a sorted set."""
    cursor = parse_cursor(cursor)
    stored = session.db.read_zset(key)
    if stored is None:
        return [b"0", []]           # Redis looks at the options later
    matches, count = parse_scan_options(options)
    cursor, members = stored.scan(cursor, count)
    if matches is not None:
        members = filter(matches, members)
    # The one place where scores of a large set are not written with the fewest digits that tell them apart.
    encode_score = format_float if stored.encoding == "listpack" else b"%.17g".__mod__
    return [b"%d" % cursor, [item for member in members for item in (member, encode_score(stored[member]))]]


@command("ZRANDMEMBER", arity=-2, flags="readonly", keys="1 RO ACCESS", since="6.2.0")
def zrandmember(session, key, *args):
    """Returns one or more random members from a sorted set."""
    db = session.db
    if not args:
        stored = db.read_zset(key)
        return None if stored is None else stored.random_member(db.keyspace.random)
    count, with_scores = parse_random_options(args, b"WITHSCORES")
    stored = db.read_zset(key)
    if stored is None or not count:
        return []
    members = _random_members(stored, count, db.keyspace.random)
    if not with_scores:
        return members
    return scored_reply([(member, stored[member]) for member in members], session.protocol)


def _random_members(stored, count, random):
    if count < 0:
        if -count > _EXAMPLES:
            check_picks_fit(-count, stored.random_choices(random, _EXAMPLES))
        return stored.random_choices(random, -count)
    members = stored.random_members(random, count)
    if count >= len(stored):
        members.reverse()           # Redis walks from the highest score down
    elif stored.encoding == "listpack":
        members.sort(key=lambda member: (stored[member], member))       # picked on one way through
    return members


# ---- popping ----------------------------------------------------------------------------------------------

@command("ZPOPMIN", arity=-2, flags="write fast", keys="1 RW ACCESS DELETE", since="5.0.0")
def zpopmin(session, key, *count):
    """Returns the lowest-scoring members from a sorted set after removing them. Deletes the sorted set if
    the last member was popped.
    """
    return _pop(session, key, count, lowest=True)


@command("ZPOPMAX", arity=-2, flags="write fast", keys="1 RW ACCESS DELETE", since="5.0.0")
def zpopmax(session, key, *count):
    """Returns the highest-scoring members from a sorted set after removing them. Deletes the sorted set if
    the last member was popped.
    """
    return _pop(session, key, count, lowest=False)


def _pop(session, key, count, lowest):
    if len(count) > 1:
        raise OptionSyntaxError
    wanted = 1
    if count:
        wanted = parse_range_int(count[0], 0, INT64_MAX, "ERR value is out of range, must be positive")
    stored = session.db.edit_zset(key)
    if stored is None or not wanted:
        return []
    pairs = take(session.db, key, stored, lowest, wanted)
    if count:
        return scored_reply(pairs, session.protocol)
    [(member, score)] = pairs
    return [member, score if session.protocol == 3 else format_float(score)]


def take(db, key, stored, lowest, count):
    """Pop up to `count` members, at least one, from the set `stored` at `key`; list of (member, score)."""
    pairs = stored.pop_min(count) if lowest else stored.pop_max(count)
    db.touch(key, "zpopmin" if lowest else "zpopmax", len(pairs))
    if not stored:
        db.delete_if_empty(key, stored)
    return pairs


@command("ZMPOP", arity=-4, flags="write", keys="numkeys@1 RW ACCESS DELETE", since="7.0.0")
def zmpop(session, numkeys, *args):
    """Returns the highest- or lowest-scoring members from one or more sorted sets after removing them.
    Deletes the sorted set if the last member was popped.
    """
    keys, lowest, count = parse_zmpop(numkeys, args)
    return pop_from_first(session, keys, lowest, count) or NULL_ARRAY


def parse_zmpop(numkeys, args):
    """``(keys, from the lowest score?, count)`` of ZMPOP and BZMPOP; `args` follow `numkeys`."""
    return parse_multi_pop(numkeys, args, _SIDES)


def pop_from_first(session, keys, lowest, count):
    """ZMPOP and BZMPOP: `take_from_first`, and say what it came to."""
    found = take_from_first(session.db, keys, lowest, count)
    if found is not None:
        session.propagate(b"ZPOPMIN" if lowest else b"ZPOPMAX", found[0], b"%d" % len(found[1]))
    return found


def take_from_first(db, keys, lowest, count):
    """``[key, list of (member, score)]`` for the first of `keys` that holds a sorted set, or None."""
    for key in keys:
        stored = db.edit_zset(key)
        if stored is not None:
            return [key, take(db, key, stored, lowest, count)]
    return None
