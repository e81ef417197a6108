"""Sets: SADD, SPOP, SINTER and their kin.

What can be seen of the order of members is Redis': ascending in an intset, that of insertion in a listpack
(see datatypes/set.py). Replies that are sets are therefore lists of the class SetReply. Handlers run with the
engine's lock held.
"""
from itertools import chain, filterfalse, islice

from ..args import INT64_MAX, parse_cursor, parse_range_int
from ..collection_args import check_picks_fit, parse_pick_count, parse_scan_options
from ..datatypes.set import Set
from ..errors import OptionSyntaxError, RedisError
from ..registry import group
from ..resp import SetReply

command = group("set")

_EXAMPLES = 100                     # picks from which the size of many picks is estimated
_MEMBERS_PER_SREM = 1024            # when SPOP has taken many


# ---- members ----------------------------------------------------------------------------------------------

@command("SADD", arity=-3, flags="write denyoom fast", keys="1 RW INSERT", since="1.0.0")
def sadd(session, key, *members):
    """Adds one or more members to a set. Creates the key if it doesn't exist."""
    db = session.db
    stored = db.edit_set(key, create=True)
    if len(members) == 1 and stored.index is not None:
        added = 1 if stored.add_member(members[0], db.keyspace.limits) else 0
    else:                               # also of a small set, whose encoding may change even by an old member
        added = stored.add_members(members, db.keyspace.limits)
    if added:
        db.touch(key, "sadd", added)
    return added


@command("SREM", arity=-3, flags="write fast", keys="1 RW DELETE", since="1.0.0")
def srem(session, key, *members):
    """Removes one or more members from a set. Deletes the set if the last member was removed."""
    db = session.db
    stored = db.edit_set(key)
    if stored is None:
        return 0
    removed = sum(map(stored.discard_member, members))
    if removed:
        db.touch(key, "srem", removed)
        db.delete_if_empty(key, stored)
    return removed


@command("SMOVE", arity=4, flags="write fast", keys="1 RW ACCESS DELETE; 2 RW INSERT", since="1.0.0")
def smove(session, source_key, destination_key, member):
    """Moves a member from one set to another."""
    db = session.db
    source = db.edit_set(source_key)
    if source is None:
        return 0                    # whatever the destination holds
    if source is db.edit_set(destination_key):
        return 1 if member in source else 0
    if not source.discard_member(member):
        return 0
    db.touch(source_key, "srem")
    db.delete_if_empty(source_key, source)
    if db.edit_set(destination_key, create=True).add_member(member, db.keyspace.limits):
        db.touch(destination_key, "sadd")
    return 1


@command("SISMEMBER", arity=3, flags="readonly fast", keys="1 RO", since="1.0.0")
def sismember(session, key, member):
    """Determines whether a member belongs to a set."""
    stored = session.db.read_set(key)
    return 1 if stored is not None and member in stored else 0


@command("SMISMEMBER", arity=-3, flags="readonly fast", keys="1 RO ACCESS", since="6.2.0")
def smismember(session, key, *members):
    """Determines whether multiple members belong to a set."""
    stored = session.db.read_set(key) or ()
    return [1 if member in stored else 0 for member in members]


@command("SCARD", arity=2, flags="readonly fast", keys="1 RO", since="1.0.0")
def scard(session, key):
    """Returns the number of members in a set."""
    return len(session.db.read_set(key) or ())


@command("SMEMBERS", arity=2, flags="readonly", keys="1 RO ACCESS", since="1.0.0")
def smembers(session, key):
    """Returns all members of a set."""
    stored = session.db.read_set(key)
    return SetReply(() if stored is None else stored.ordered())


@command("SSCAN", arity=-3, flags="readonly", keys="1 RO ACCESS", since="2.8.0")
def sscan(session, key, cursor, *options):
    """Iterates over members of a set."""
    cursor = parse_cursor(cursor)
    stored = session.db.read_set(key)
    if stored is None:
        return [b"0", []]           # Redis looks at the options later
    matches, count = parse_scan_options(options)
    cursor, members = stored.scan(cursor, count)
    return [b"%d" % cursor, members if matches is None else list(filter(matches, members))]


# ---- random members ---------------------------------------------------------------------------------------

@command("SPOP", arity=-2, flags="write fast", keys="1 RW ACCESS DELETE", since="1.0.0")
def spop(session, key, *count):
    """Returns one or more random members from a set after removing them. Deletes the set if the last
    member was popped.
    """
    db = session.db
    if count:
        return _spop_several(session, key, count)
    stored = db.edit_set(key)
    if stored is None:
        return None
    member = stored.pop_random(db.keyspace.random)
    db.touch(key, "spop")
    if not stored:
        db.delete_if_empty(key, stored)
    if db.keyspace.effects is not None:
        session.propagate(b"SREM", key, member)
    return member


def _spop_several(session, key, count):
    db = session.db
    if len(count) > 1:
        raise OptionSyntaxError
    count = parse_range_int(count[0], 0, INT64_MAX, "ERR value is out of range, must be positive")
    stored = db.edit_set(key)
    if stored is None or not count:
        return SetReply()
    popped = stored.pop_randoms(db.keyspace.random, count, db.keyspace.limits)
    db.touch(key, "spop", len(popped))
    db.delete_if_empty(key, stored)
    if not stored:
        session.propagate(b"DEL", key)
    elif db.keyspace.effects is not None:
        for start in range(0, len(popped), _MEMBERS_PER_SREM):
            session.propagate(b"SREM", key, *popped[start:start + _MEMBERS_PER_SREM])
    return SetReply(popped)


@command("SRANDMEMBER", arity=-2, flags="readonly", keys="1 RO ACCESS", since="1.0.0")
def srandmember(session, key, *count):
    """Get one or multiple random members from a set"""
    db = session.db
    if count:
        return _srandmember_several(db, key, count)
    stored = db.read_set(key)
    return None if stored is None else stored.random_member(db.keyspace.random)


def _srandmember_several(db, key, count):
    if len(count) > 1:
        raise OptionSyntaxError
    count = parse_pick_count(count[0])
    stored = db.read_set(key)
    if stored is None or not count:
        return []
    random = db.keyspace.random
    if count > 0:
        return stored.random_members(random, count)
    if -count > _EXAMPLES:
        check_picks_fit(-count, stored.random_choices(random, _EXAMPLES))
    return stored.random_choices(random, -count)


# ---- set algebra ------------------------------------------------------------------------------------------

@command("SINTER", arity=-2, flags="readonly", keys="1..-1 RO ACCESS", since="1.0.0")
def sinter(session, *keys):
    """Returns the intersect of multiple sets."""
    return SetReply(_intersection(_read_sets(session.db, keys)))


@command("SUNION", arity=-2, flags="readonly", keys="1..-1 RO ACCESS", since="1.0.0")
def sunion(session, *keys):
    """Returns the union of multiple sets."""
    stored = _read_sets(session.db, keys)
    return _as_reply(_union(stored), stored)


@command("SDIFF", arity=-2, flags="readonly", keys="1..-1 RO ACCESS", since="1.0.0")
def sdiff(session, *keys):
    """Returns the difference of multiple sets."""
    stored = _read_sets(session.db, keys)
    return _as_reply(_difference(stored), stored)


@command("SINTERSTORE", arity=-3, flags="write denyoom", keys="1 RW UPDATE; 2..-1 RO ACCESS", since="1.0.0")
def sinterstore(session, destination_key, *keys):
    """Stores the intersect of multiple sets in a key."""
    members = _intersection(_read_sets(session.db, keys))
    return _store(session.db, destination_key, members, "sinterstore")


@command("SUNIONSTORE", arity=-3, flags="write denyoom", keys="1 OW UPDATE; 2..-1 RO ACCESS", since="1.0.0")
def sunionstore(session, destination_key, *keys):
    """Stores the union of multiple sets in a key."""
    members = _union(_read_sets(session.db, keys))
    return _store(session.db, destination_key, members, "sunionstore")


@command("SDIFFSTORE", arity=-3, flags="write denyoom", keys="1 OW UPDATE; 2..-1 RO ACCESS", since="1.0.0")
def sdiffstore(session, destination_key, *keys):
    """Stores the difference of multiple sets in a key."""
    members = _difference(_read_sets(session.db, keys))
    return _store(session.db, destination_key, members, "sdiffstore")


@command("SINTERCARD", arity=-3, flags="readonly", keys="numkeys@1 RO ACCESS", since="7.0.0")
def sintercard(session, numkeys, *args):
    """Returns the number of members of the intersect of multiple sets."""
    numkeys = parse_range_int(numkeys, 1, INT64_MAX, "ERR numkeys should be greater than 0")
    if numkeys > len(args):
        raise RedisError("ERR Number of keys can't be greater than number of args")
    limit = _parse_limit(args[numkeys:])
    stored = _read_sets(session.db, args[:numkeys])
    if None in stored:
        return 0
    smallest, *others = sorted(stored, key=len)
    return sum(1 for _ in islice(_in_all(others, smallest), limit or None))


def _parse_limit(options):
    limit = 0
    for position in range(0, len(options), 2):
        if options[position].upper() != b"LIMIT" or position + 1 == len(options):
            raise OptionSyntaxError
        limit = parse_range_int(options[position + 1], 0, INT64_MAX, "ERR LIMIT can't be negative")
    return limit


def _read_sets(db, keys):
    """The sets at `keys`, None where there is none; the type of each is checked before anything is done."""
    return [db.read_set(key) for key in keys]


def _intersection(stored):
    """List of the members that are in all of `stored`, in the order of the smallest."""
    if None in stored:
        return []
    smallest, *others = sorted(stored, key=len)
    return list(_in_all(others, smallest.ordered()))


def _in_all(stored, members):
    """Yields those of `members` that all of `stored` have; whoever has enough may stop."""
    for one in stored:
        members = filter(one.__contains__, members)
    return members


def _union(stored):
    """The members of any of `stored` as the keys of a dict, those of the first set first."""
    return dict.fromkeys(chain.from_iterable(one.ordered() for one in stored if one is not None))


def _difference(stored):
    """List of the members of the first set that are in none of the others."""
    first, *others = stored
    if first is None:
        return []
    others = [other for other in others if other is not None]
    if 2 * sum(map(len, others)) < len(first) * len(others):
        others = [set().union(*others)]             # cheaper than to look into each set for each member
    members = first.ordered()
    for other in others:
        members = filterfalse(other.__contains__, members)
    return list(members)


def _as_reply(members, stored):
    """A set made for a reply: in ascending order when all that it was made of were intsets, else in none."""
    if all(one is None or one.encoding == "intset" for one in stored):
        members = sorted(members, key=int)
    return SetReply(members)


def _store(db, key, members, event):
    """Put a set of `members` in place of whatever is at `key`; the reply is its size."""
    if not members:
        db.delete_destination(key)
        return 0
    db.set(key, Set.stored(members, db.keyspace.limits))
    db.touch(key, event)
    return len(members)
