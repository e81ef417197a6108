"""Walking through tables: `next`, and the loops of the generic for.

`pairs` in a loop goes over a snapshot of the keys and reads the values live, so a script may change and clear
fields on the way, as Lua allows. `next` called by a script keeps such a snapshot in the table's `cursor`, which
makes each step O(1). The order is that in which keys came in.
"""
from types import FunctionType

from .arguments import NO_VALUE, wrong_type
from .errors import ExecutionError, OperationError
from .values import BOOLEAN_KEY, Table, first, key_of, raw_equal

__all__ = ["next_entry", "pairs_step", "ipairs_step", "each_key", "each_pair", "each"]


def next_entry(table=NO_VALUE, key=None, *_):
    """`next`: the entry after that of `key` as (key, value), the first for nil; nil at the end."""
    if not isinstance(table, Table):
        raise wrong_type(table, 1, b"table")
    if key is None:
        for stored, value in table.items():
            table.cursor = [None, 0, stored]    # a snapshot is only worth its price for a second step
            return key_of(stored), value
        return None
    if key.__class__ is bool:
        key = BOOLEAN_KEY[key]
    cursor = getattr(table, "cursor", None)
    if cursor is not None and raw_equal(cursor[2], key):
        keys, position, _ = cursor
        if keys is None:
            keys = list(table)
            position = 1 if keys and raw_equal(keys[0], key) else 0     # or it has been cleared since
    else:
        keys = list(table)
        if key not in table:
            raise ExecutionError(b"invalid key to 'next'")
        position = dict(zip(keys, range(len(keys))))[key] + 1
    while position < len(keys):
        stored = keys[position]
        position += 1
        value = table.get(stored)
        if value is not None:
            table.cursor = [keys, position, stored]
            return key_of(stored), value
    table.cursor = None
    return None


# `pairs` of PUC Lua returns a `next` of its own, which does not equal the global one.
pairs_step = FunctionType(next_entry.__code__, globals(), "pairs_step", next_entry.__defaults__)


def ipairs_step(table=NO_VALUE, position=NO_VALUE, *_):
    """What `ipairs` returns: the next position and its value, nil at the first gap."""
    if not isinstance(table, Table):
        raise wrong_type(table, 1, b"table")
    if position.__class__ is not float:
        raise wrong_type(position, 2, b"number")
    position += 1.0
    value = table.get(position)
    return (position, value) if value is not None else ()


def _entries(table):
    get = table.get
    for key in list(table):
        value = get(key)
        if value is not None:
            yield key_of(key), value


def _items(table):
    get = table.get
    position = 1.0
    value = get(position)
    while value is not None:
        yield position, value
        position += 1.0
        value = get(position)


def _known(function, state, control):
    """An iterator of pairs, if this is `pairs` or `ipairs` of a table; else None."""
    if (function is pairs_step or function is next_entry) and control is None and isinstance(state, Table):
        return _entries(state)
    if function is ipairs_step and control == 0.0 and isinstance(state, Table):
        return _items(state)
    if not callable(function):
        raise OperationError(b"call", function, -1)
    return None


def each_pair(function, state, control):
    """The pairs of values that a generic for gives two variables."""
    known = _known(function, state, control)
    return known if known is not None else each(function, state, control, 2)


def each_key(function, state, control):
    """The values that a generic for gives one variable."""
    known = _known(function, state, control)
    if known is not None:
        return (key for key, _ in known)
    return _controls(function, state, control)


def _controls(function, state, control):
    while True:
        control = function(state, control)
        if control.__class__ is tuple:
            control = first(control)
        if control is None:
            return
        yield control


def each(function, state, control, wanted):
    """The tuples of `wanted` values that a generic for gives its variables."""
    if not callable(function):
        raise OperationError(b"call", function, -1)
    while True:
        results = function(state, control)
        if results.__class__ is not tuple:
            results = (results,)
        if len(results) != wanted:
            results = results[:wanted] + (None,) * (wanted - len(results))
        control = results[0]
        if control is None:
            return
        yield results
