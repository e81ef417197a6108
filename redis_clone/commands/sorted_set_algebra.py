"""Unions, intersections and differences of sorted sets; plain sets take part, each member with a score of 1.

Each command is made of four steps: read the sources, whose types are checked before the options are; parse
the options; compute a dict from member to score; reply or store it. Handlers run with the engine's lock held.
"""
from itertools import filterfalse, islice

from ..args import INT64_MAX, parse_float, parse_int, parse_range_int
from ..datatypes.set import Set
from ..datatypes.sorted_set import SortedSet
from ..errors import OptionSyntaxError, RedisError, WrongTypeError
from ..registry import group
from .sorted_sets import scored_reply

command = group("sorted_set")


# ---- replying ---------------------------------------------------------------------------------------------

@command("ZUNION", arity=-3, flags="readonly", keys="numkeys@1 RO ACCESS", since="6.2.0")
def zunion(session, numkeys, *args):
    """Returns the union of multiple sorted sets."""
    sources, options = _read_sources(session.db, "zunion", numkeys, args)
    weights, aggregate, with_scores = _parse_options(options, len(sources))
    return _reply(session, _union(sources, weights, aggregate), with_scores)


@command("ZINTER", arity=-3, flags="readonly", keys="numkeys@1 RO ACCESS", since="6.2.0")
def zinter(session, numkeys, *args):
    """Returns the intersect of multiple sorted sets."""
    sources, options = _read_sources(session.db, "zinter", numkeys, args)
    weights, aggregate, with_scores = _parse_options(options, len(sources))
    return _reply(session, _intersection(sources, weights, aggregate), with_scores)


@command("ZDIFF", arity=-3, flags="readonly", keys="numkeys@1 RO ACCESS", since="6.2.0")
def zdiff(session, numkeys, *args):
    """Returns the difference between multiple sorted sets."""
    sources, options = _read_sources(session.db, "zdiff", numkeys, args)
    if any(word.upper() != b"WITHSCORES" for word in options):
        raise OptionSyntaxError
    return _reply(session, _difference(sources), with_scores=bool(options))


@command("ZINTERCARD", arity=-3, flags="readonly", keys="numkeys@1 RO ACCESS", since="7.0.0")
def zintercard(session, numkeys, *args):
    """Returns the number of members of the intersect of multiple sorted sets."""
    sources, options = _read_sources(session.db, "zintercard", numkeys, args)
    limit = _parse_limit(options)
    return sum(1 for _ in islice(_members_of_all(sources), limit or None))


def _reply(session, scores, with_scores):
    members = sorted(scores)
    members.sort(key=scores.__getitem__)        # stable: members with the same score stay in order
    if not with_scores:
        return members
    return scored_reply([(member, scores[member]) for member in members], session.protocol)


# ---- storing ----------------------------------------------------------------------------------------------

@command("ZUNIONSTORE", arity=-4, flags="write denyoom", keys="1 OW UPDATE; numkeys@2 RO ACCESS",
         since="2.0.0")
def zunionstore(session, destination_key, numkeys, *args):
    """Stores the union of multiple sorted sets in a key."""
    sources, options = _read_sources(session.db, "zunionstore", numkeys, args)
    weights, aggregate, _ = _parse_options(options, len(sources), may_have_scores=False)
    return _store(session.db, destination_key, _union(sources, weights, aggregate), "zunionstore")


@command("ZINTERSTORE", arity=-4, flags="write denyoom", keys="1 OW UPDATE; numkeys@2 RO ACCESS",
         since="2.0.0")
def zinterstore(session, destination_key, numkeys, *args):
    """Stores the intersect of multiple sorted sets in a key."""
    sources, options = _read_sources(session.db, "zinterstore", numkeys, args)
    weights, aggregate, _ = _parse_options(options, len(sources), may_have_scores=False)
    return _store(session.db, destination_key, _intersection(sources, weights, aggregate), "zinterstore")


@command("ZDIFFSTORE", arity=-4, flags="write denyoom", keys="1 OW UPDATE; numkeys@2 RO ACCESS",
         since="6.2.0")
def zdiffstore(session, destination_key, numkeys, *args):
    """Stores the difference of multiple sorted sets in a key."""
    sources, options = _read_sources(session.db, "zdiffstore", numkeys, args)
    if options:
        raise OptionSyntaxError
    return _store(session.db, destination_key, _difference(sources), "zdiffstore")


def _store(db, key, scores, event):
    """Put a sorted set of `scores` in place of whatever is at `key`; the reply is its size."""
    if not scores:
        db.delete_destination(key)
        return 0
    limits = db.keyspace.limits
    stored = SortedSet.stored(scores, limits)
    if stored.encoding == "listpack" and 0.0 in scores.values():
        # A listpack has no negative zero, and adding zero makes a positive one of it.
        stored = SortedSet.stored({member: score + 0.0 for member, score in scores.items()}, limits)
    db.set(key, stored)
    db.touch(key, event)
    return len(scores)


# ---- arguments --------------------------------------------------------------------------------------------

def _read_sources(db, name, numkeys, args):
    """``(sources, options)``: a Set, a SortedSet or None for each of the keys at the start of `args`."""
    numkeys = parse_int(numkeys)
    if numkeys < 1:
        raise RedisError(f"ERR at least 1 input key is needed for '{name}' command")
    if numkeys > len(args):
        raise OptionSyntaxError
    sources = [_read_source(db, key) for key in args[:numkeys]]
    return sources, args[numkeys:]


def _read_source(db, key):
    value = db.read(key)
    if value is None or value.__class__ is SortedSet or value.__class__ is Set:
        return value
    raise WrongTypeError


def _parse_options(options, count, may_have_scores=True):
    """``(weights, aggregate, with scores)`` of unions and intersections of `count` keys."""
    weights, aggregate, with_scores = [1.0] * count, _add, False
    position = 0
    while position < len(options):
        word = options[position].upper()
        left = len(options) - position
        if word == b"WEIGHTS" and left > count:
            raw = options[position + 1:position + 1 + count]
            weights = [parse_float(weight, "ERR weight value is not a float") for weight in raw]
            position += count
        elif word == b"AGGREGATE" and left > 1 and options[position + 1].upper() in _AGGREGATES:
            aggregate = _AGGREGATES[options[position + 1].upper()]
            position += 1
        elif word == b"WITHSCORES" and may_have_scores:
            with_scores = True
        else:
            raise OptionSyntaxError
        position += 1
    return weights, aggregate, with_scores


def _parse_limit(options):
    limit = 0
    for position in range(0, len(options), 2):
        if options[position].upper() != b"LIMIT" or position + 1 == len(options):
            raise OptionSyntaxError
        limit = parse_range_int(options[position + 1], 0, INT64_MAX, "ERR LIMIT can't be negative")
    return limit


# ---- computing --------------------------------------------------------------------------------------------

def _add(total, score):
    total += score
    return total if total == total else 0.0     # opposite infinities


# Not min() and max(): which one of two comes back matters when one is NaN.
_AGGREGATES = {
    b"SUM": _add,
    b"MIN": lambda total, score: score if score < total else total,
    b"MAX": lambda total, score: score if score > total else total,
}


def _union(sources, weights, aggregate):
    """A dict from member to score. Small sources come first, as in Redis: sums of doubles depend on it."""
    totals = {}
    for source, weight in _by_size(sources, weights):
        members = source or ()
        for member, score in zip(members, _without_nan(_weighted(source, weight, members))):
            total = totals.get(member)
            totals[member] = score if total is None else aggregate(total, score)
    return totals


def _intersection(sources, weights, aggregate):
    """The same for the members of all sources. Only the first source's scores are rid of NaN, as in Redis."""
    (smallest, weight), *others = _by_size(sources, weights)
    members = list(_members_of_all(sources))
    totals = _without_nan(_weighted(smallest, weight, members))
    for source, weight in others:
        totals = list(map(aggregate, totals, _weighted(source, weight, members)))
    return dict(zip(members, totals))


def _difference(sources):
    """The members of the first source that are in no other, with their scores."""
    first, *others = sources
    members = first or ()
    for other in others:
        if other:
            members = filterfalse(other.__contains__, members)
    members = list(members)
    return dict(zip(members, _weighted(first, 1.0, members)))


def _by_size(sources, weights):
    return sorted(zip(sources, weights), key=lambda pair: len(pair[0] or ()))


def _members_of_all(sources):
    """Yields the members that all of `sources` have; whoever has enough may stop."""
    if None in sources:
        return iter(())
    smallest, *others = sorted(sources, key=len)
    members = iter(smallest)
    for other in others:
        members = filter(other.__contains__, members)
    return members


def _weighted(source, weight, members):
    """The scores of `members`, which `source` has, times a weight."""
    if source.__class__ is not SortedSet:
        return [weight] * len(members)
    return [source[member] * weight for member in members]


def _without_nan(scores):
    """Zero in place of infinity times zero."""
    return [score if score == score else 0.0 for score in scores]
