"""The sorted set commands that wait for a member: BZPOPMIN, BZPOPMAX, BZMPOP.

Each is its sister without the B, but for what it does when there is nothing: `Session.block_on` queues the
client, and the same handler runs again once one of the keys holds a sorted set (see blocking.py). Handlers
run with the engine's lock held.
"""
from ..args import parse_timeout
from ..registry import group
from ..resp import NULL_ARRAY
from .sorted_sets import parse_zmpop, pop_from_first, take_from_first

command = group("sorted_set")


@command("BZPOPMIN", arity=-3, flags="write blocking fast", keys="1..-2 RW ACCESS DELETE", since="5.0.0")
def bzpopmin(session, *args):
    """Removes and returns the member with the lowest score from one or more sorted sets. Blocks until a
    member is available otherwise. Deletes the sorted set if the last element was popped.
    """
    return _pop_or_block(session, args, lowest=True)


@command("BZPOPMAX", arity=-3, flags="write blocking fast", keys="1..-2 RW ACCESS DELETE", since="5.0.0")
def bzpopmax(session, *args):
    """Removes and returns the member with the highest score from one or more sorted sets. Blocks until a
    member available otherwise.  Deletes the sorted set if the last element was popped.
    """
    return _pop_or_block(session, args, lowest=False)


def _pop_or_block(session, args, lowest):
    *keys, timeout = args
    timeout_s = parse_timeout(timeout)
    found = take_from_first(session.db, keys, lowest, 1)
    if found is None:
        return session.block_on(keys, "zset", timeout_s, on_timeout=NULL_ARRAY)
    key, [(member, score)] = found
    session.propagate(b"ZPOPMIN" if lowest else b"ZPOPMAX", key)
    return [key, member, score]


@command("BZMPOP", arity=-5, flags="write blocking", keys="numkeys@2 RW ACCESS DELETE", since="7.0.0")
def bzmpop(session, timeout, numkeys, *args):
    """Removes and returns a member by score from one or more sorted sets. Blocks until a member is
    available otherwise. Deletes the sorted set if the last element was popped.
    """
    keys, lowest, count = parse_zmpop(numkeys, args)
    timeout_s = parse_timeout(timeout)
    found = pop_from_first(session, keys, lowest, count)
    return found or session.block_on(keys, "zset", timeout_s, on_timeout=NULL_ARRAY)
