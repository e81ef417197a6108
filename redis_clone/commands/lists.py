"""Lists: LPUSH, LRANGE, LPOP, LMOVE and their kin. Those that wait for an element are in blocking_lists.py.

Redis' indexes may be negative, counting from the end, and its ranges include their last element; they become
positions as Python knows them here, so that datatypes/quicklist.py has to know only these. Handlers run
with the engine's lock held.
"""
from itertools import islice

from ..args import INT64_MAX, parse_int, parse_range_int
from ..collection_args import parse_multi_pop
from ..errors import IndexOutOfRangeError, NoSuchKeyError, OptionSyntaxError, RedisError, wrong_arity
from ..registry import group
from ..resp import NULL_ARRAY

command = group("list")

SIDES = {b"LEFT": True, b"RIGHT": False}        # whether it is the left one

_INT32_HALF = 1 << 31
_RANK_ZERO = ("ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... "
              "or use negative to start from the end of the list")


# ---- pushing ----------------------------------------------------------------------------------------------

@command("LPUSH", arity=-3, flags="write denyoom fast", keys="1 RW INSERT", since="1.0.0")
def lpush(session, key, *elements):
    """Prepends one or more elements to a list. Creates the key if it doesn't exist."""
    db = session.db
    items = db.edit_list(key, create=True)
    if len(elements) == 1:
        size = items.push_left(elements[0], db.keyspace.limits)
    else:
        items.extend_left(elements, db.keyspace.limits)
        size = len(items)
    db.touch(key, "lpush", len(elements))
    return size


@command("RPUSH", arity=-3, flags="write denyoom fast", keys="1 RW INSERT", since="1.0.0")
def rpush(session, key, *elements):
    """Appends one or more elements to a list. Creates the key if it doesn't exist."""
    db = session.db
    items = db.edit_list(key, create=True)
    if len(elements) == 1:
        size = items.push_right(elements[0], db.keyspace.limits)
    else:
        items.extend_right(elements, db.keyspace.limits)
        size = len(items)
    db.touch(key, "rpush", len(elements))
    return size


@command("LPUSHX", arity=-3, flags="write denyoom fast", keys="1 RW INSERT", since="2.2.0")
def lpushx(session, key, *elements):
    """Prepends one or more elements to a list only when the list exists."""
    return 0 if session.db.edit_list(key) is None else lpush(session, key, *elements)


@command("RPUSHX", arity=-3, flags="write denyoom fast", keys="1 RW INSERT", since="2.2.0")
def rpushx(session, key, *elements):
    """Appends an element to a list only when the list exists."""
    return 0 if session.db.edit_list(key) is None else rpush(session, key, *elements)


@command("LINSERT", arity=5, flags="write denyoom", keys="1 RW INSERT", since="2.2.0")
def linsert(session, key, where, pivot, element):
    """Inserts an element before or after another element in a list."""
    where = where.upper()
    if where not in (b"BEFORE", b"AFTER"):
        raise OptionSyntaxError
    db = session.db
    items = db.edit_list(key)
    if items is None:
        return 0
    if not items.insert(pivot, element, where == b"AFTER", db.keyspace.limits):
        return -1
    db.touch(key, "linsert")
    return len(items)


# ---- popping ----------------------------------------------------------------------------------------------

@command("LPOP", arity=-2, flags="write fast", keys="1 RW ACCESS DELETE", since="1.0.0")
def lpop(session, key, *count):
    """Returns the first elements in a list after removing it. Deletes the list if the last element was
    popped.
    """
    db = session.db
    if count:
        return _pop_several(db, key, count, "lpop")
    items = db.edit_list(key)
    if items is None:
        return None
    element = items.pop_left(db.keyspace.limits)
    db.touch(key, "lpop")
    if not items:
        db.delete_if_empty(key, items)
    return element


@command("RPOP", arity=-2, flags="write fast", keys="1 RW ACCESS DELETE", since="1.0.0")
def rpop(session, key, *count):
    """Returns and removes the last elements of a list. Deletes the list if the last element was popped."""
    db = session.db
    if count:
        return _pop_several(db, key, count, "rpop")
    items = db.edit_list(key)
    if items is None:
        return None
    element = items.pop_right(db.keyspace.limits)
    db.touch(key, "rpop")
    if not items:
        db.delete_if_empty(key, items)
    return element


def _pop_several(db, key, count, name):
    if len(count) > 1:
        raise wrong_arity(name)
    count = parse_range_int(count[0], 0, INT64_MAX, "ERR value is out of range, must be positive")
    items = db.edit_list(key)
    if items is None:
        return NULL_ARRAY
    return take(db, key, items, name == "lpop", count) if count else []


def take(db, key, items, from_left, count):
    """Pop up to `count` elements, at least one, from one end of the list `items` at `key`."""
    limits = db.keyspace.limits
    if count == 1:
        popped = [items.pop_left(limits) if from_left else items.pop_right(limits)]
    else:
        popped = items.pop_left_many(count, limits) if from_left else items.pop_right_many(count, limits)
    db.touch(key, "lpop" if from_left else "rpop", len(popped))
    db.delete_if_empty(key, items)
    return popped


@command("LMPOP", arity=-4, flags="write", keys="numkeys@1 RW ACCESS DELETE", since="7.0.0")
def lmpop(session, numkeys, *args):
    """Returns multiple elements from a list after removing them. Deletes the list if the last element
    was popped.
    """
    keys, from_left, count = parse_multi_pop(numkeys, args, SIDES)
    return pop_from_first(session, keys, from_left, count) or NULL_ARRAY


def pop_from_first(session, keys, from_left, count):
    """LMPOP and BLMPOP: `take_from_first`, and say what it came to."""
    found = take_from_first(session.db, keys, from_left, count)
    if found is not None:
        session.propagate(b"LPOP" if from_left else b"RPOP", found[0], b"%d" % len(found[1]))
    return found


def take_from_first(db, keys, from_left, count):
    """``[key, popped elements]`` for the first of `keys` that holds a list, or None."""
    for key in keys:
        items = db.edit_list(key)
        if items is not None:
            return [key, take(db, key, items, from_left, count)]
    return None


# ---- moving from one list to another ----------------------------------------------------------------------

@command("LMOVE", arity=5, flags="write denyoom", keys="1 RW ACCESS DELETE; 2 RW INSERT", since="6.2.0")
def lmove(session, source_key, destination_key, where_from, where_to):
    """Returns an element after popping it from one list and pushing it to another. Deletes the list if
    the last element was moved.
    """
    from_left, to_left = parse_side(where_from), parse_side(where_to)
    return move(session.db, source_key, destination_key, from_left, to_left)


@command("RPOPLPUSH", arity=3, flags="write denyoom", keys="1 RW ACCESS DELETE; 2 RW INSERT", since="1.2.0")
def rpoplpush(session, source_key, destination_key):
    """Returns the last element of a list after removing and pushing it to another list. Deletes the list
    if the last element was popped.
    """
    return move(session.db, source_key, destination_key, from_left=False, to_left=True)


def parse_side(word):
    """True for LEFT, False for RIGHT."""
    side = word.upper()
    if side not in SIDES:
        raise OptionSyntaxError
    return SIDES[side]


def move(db, source_key, destination_key, from_left, to_left):
    """Pop an element from one list, push it to another or the same, return it; None when there is none."""
    source = db.edit_list(source_key)
    if source is None:
        return None
    destination = db.edit_list(destination_key, create=True)
    limits = db.keyspace.limits
    if source is destination:
        element = source.move_end(from_left, to_left, limits)
    else:
        element = source.pop_left(limits) if from_left else source.pop_right(limits)
        if to_left:
            destination.push_left(element, limits)
        else:
            destination.push_right(element, limits)
    db.touch(destination_key, "lpush" if to_left else "rpush", 0)       # Redis counts the two as one change
    db.touch(source_key, "lpop" if from_left else "rpop")
    db.delete_if_empty(source_key, source)
    return element


# ---- reading ----------------------------------------------------------------------------------------------

@command("LLEN", arity=2, flags="readonly fast", keys="1 RO", since="1.0.0")
def llen(session, key):
    """Returns the length of a list."""
    return len(session.db.read_list(key) or ())


@command("LRANGE", arity=4, flags="readonly", keys="1 RO ACCESS", since="1.0.0")
def lrange(session, key, start, end):
    """Returns a range of elements from a list."""
    start, end = parse_int(start), parse_int(end)
    items = session.db.read_list(key)
    if items is None:
        return []
    first, stop = _positions(start, end, len(items))
    return items.between(first, stop)


def _positions(start, end, size):
    """``(first, stop)`` of the range that Redis writes as `start` and `end`; equal when it is empty."""
    if start < 0:
        start = start + size if start + size > 0 else 0
    stop = end + 1 if end >= 0 else end + size + 1
    if stop > size:
        stop = size
    return (start, stop) if start < stop else (0, 0)


@command("LINDEX", arity=3, flags="readonly", keys="1 RO ACCESS", since="1.0.0")
def lindex(session, key, index):
    """Returns an element from a list by its index."""
    items = session.db.read_list(key)
    if items is None:
        return None
    size = len(items)
    index = parse_int(index)
    return items.at(index % size) if -size <= index < size else None


@command("LPOS", arity=-3, flags="readonly", keys="1 RO ACCESS", since="6.0.6")
def lpos(session, key, element, *options):
    """Returns the index of matching elements in a list."""
    rank, count, limit = _parse_lpos_options(options)
    items = session.db.read_list(key)
    if items is None:
        return None if count is None else []
    found = items.positions(element, rank < 0, limit or len(items))
    found = islice(found, min(abs(rank) - 1, len(items)), None)
    if count is None:
        return next(found, None)
    return list(islice(found, min(count, len(items)) or None))


def _parse_lpos_options(options):
    """``(rank, count, longest search)`` of LPOS; the count is None when not given, 0 for all."""
    rank, count, limit = 1, None, 0
    for position in range(0, len(options), 2):
        word = options[position].upper()
        if position + 1 == len(options) or word not in (b"RANK", b"COUNT", b"MAXLEN"):
            raise OptionSyntaxError
        value = options[position + 1]
        if word == b"RANK":
            rank = parse_range_int(value, -INT64_MAX, INT64_MAX)
            if not rank:
                raise RedisError(_RANK_ZERO)
        elif word == b"COUNT":
            count = parse_range_int(value, 0, INT64_MAX, "ERR COUNT can't be negative")
        else:
            limit = parse_range_int(value, 0, INT64_MAX, "ERR MAXLEN can't be negative")
    return rank, count, limit


# ---- changing ---------------------------------------------------------------------------------------------

@command("LSET", arity=4, flags="write denyoom", keys="1 RW UPDATE", since="1.0.0")
def lset(session, key, index, element):
    """Sets the value of an element in a list by its index."""
    db = session.db
    items = db.edit_list(key)
    if items is None:
        raise NoSuchKeyError
    index = (parse_int(index) + _INT32_HALF) % (2 * _INT32_HALF) - _INT32_HALF      # an int, in Redis 7.2
    position = index + len(items) if index < 0 else index
    if not items.replace(position, element, db.keyspace.limits):
        raise IndexOutOfRangeError
    db.touch(key, "lset")
    return "OK"


@command("LREM", arity=4, flags="write", keys="1 RW DELETE", since="1.0.0")
def lrem(session, key, count, element):
    """Removes elements from a list. Deletes the list if the last element was removed."""
    count = parse_range_int(count, -INT64_MAX, INT64_MAX)
    db = session.db
    items = db.edit_list(key)
    if items is None:
        return 0
    removed = items.remove(element, count, db.keyspace.limits)
    if removed:
        db.touch(key, "lrem", removed)
        db.delete_if_empty(key, items)
    return removed


@command("LTRIM", arity=4, flags="write", keys="1 RW DELETE", since="1.0.0")
def ltrim(session, key, start, end):
    """Removes elements from both ends a list. Deletes the list if all elements were trimmed."""
    start, end = parse_int(start), parse_int(end)
    db = session.db
    items = db.edit_list(key)
    if items is not None:
        size = len(items)
        first, stop = _positions(start, end, size)
        items.trim(first, stop, db.keyspace.limits)
        db.touch(key, "ltrim", size - len(items))
        db.delete_if_empty(key, items)
    return "OK"
