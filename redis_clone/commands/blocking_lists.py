"""The list commands that wait for an element: BLPOP, BRPOP, BLMPOP, BLMOVE, BRPOPLPUSH.

Each is its sister without the B, but for what it does when there is nothing: `Session.block_on` queues the
client, and the same handler runs again once one of the keys holds a list (see blocking.py). Handlers
run with the engine's lock held.
"""
from ..args import parse_timeout
from ..collection_args import parse_multi_pop
from ..registry import group
from ..resp import NULL_ARRAY
from .lists import SIDES, move, parse_side, pop_from_first, take_from_first

command = group("list")


@command("BLPOP", arity=-3, flags="write blocking", keys="1..-2 RW ACCESS DELETE", since="2.0.0")
def blpop(session, *args):
    """Removes and returns the first element in a list. Blocks until an element is available otherwise.
    Deletes the list if the last element was popped.
    """
    return _pop_or_block(session, args, from_left=True)


@command("BRPOP", arity=-3, flags="write blocking", keys="1..-2 RW ACCESS DELETE", since="2.0.0")
def brpop(session, *args):
    """Removes and returns the last element in a list. Blocks until an element is available otherwise.
    Deletes the list if the last element was popped.
    """
    return _pop_or_block(session, args, from_left=False)


def _pop_or_block(session, args, from_left):
    *keys, timeout = args
    timeout_s = parse_timeout(timeout)
    found = take_from_first(session.db, keys, from_left, 1)
    if found is None:
        return session.block_on(keys, "list", timeout_s, on_timeout=NULL_ARRAY)
    key, [element] = found
    session.propagate(b"LPOP" if from_left else b"RPOP", key)
    return [key, element]


@command("BLMPOP", arity=-5, flags="write blocking", keys="numkeys@2 RW ACCESS DELETE", since="7.0.0")
def blmpop(session, timeout, numkeys, *args):
    """Pops the first element from one of multiple lists. Blocks until an element is available otherwise.
    Deletes the list if the last element was popped.
    """
    keys, from_left, count = parse_multi_pop(numkeys, args, SIDES)
    timeout_s = parse_timeout(timeout)
    found = pop_from_first(session, keys, from_left, count)
    return found or session.block_on(keys, "list", timeout_s, on_timeout=NULL_ARRAY)


@command("BLMOVE", arity=6, flags="write denyoom blocking", keys="1 RW ACCESS DELETE; 2 RW INSERT",
         since="6.2.0")
def blmove(session, source_key, destination_key, where_from, where_to, timeout):
    """Pops an element from a list, pushes it to another list and returns it. Blocks until an element is
    available otherwise. Deletes the list if the last element was moved.
    """
    from_left, to_left = parse_side(where_from), parse_side(where_to)
    repeatable = b"LMOVE", source_key, destination_key, where_from, where_to
    return _move_or_block(session, repeatable, from_left, to_left, timeout)


@command("BRPOPLPUSH", arity=4, flags="write denyoom blocking", keys="1 RW ACCESS DELETE; 2 RW INSERT",
         since="2.2.0")
def brpoplpush(session, source_key, destination_key, timeout):
    """Pops an element from a list, pushes it to another list and returns it. Block until an element is
    available otherwise. Deletes the list if the last element was popped.
    """
    return _move_or_block(session, (b"RPOPLPUSH", source_key, destination_key), False, True, timeout)


def _move_or_block(session, repeatable, from_left, to_left, timeout):
    """`repeatable` is the command that does the same without waiting; its first arguments are the two keys."""
    timeout_s = parse_timeout(timeout)
    source_key, destination_key = repeatable[1:3]
    element = move(session.db, source_key, destination_key, from_left, to_left)
    if element is not None:
        session.propagate(*repeatable)
        return element
    if not session.may_block:
        return None                 # a null, where a time-out gives a null array
    return session.block_on([source_key], "list", timeout_s, on_timeout=NULL_ARRAY)
