"""The library `table`: insert, remove, concat, sort and the rest of Lua 5.1's.

The functions look at tables without their metamethods, as those of ltablib.c do; only the comparisons of `sort`
ask for `__lt`. The two calls that scripts make most, `insert(t, value)` and `remove(t)`, have a short way for
plain tables that are sequences. Whatever moves or collects many elements does so in the loops of dict and list
methods: positions come as lists of floats from `for_range`, values from `_elements`.

`sort` with a comparison function is the quicksort of Lua, step by step: a script can see which pairs are
compared, in which order equal elements end up, and what becomes of a function that contradicts itself.
Interrupting works in that loop; the other functions take as long as the table is large.

No locks: a Lua state belongs to the one thread that runs it.
"""
from itertools import repeat
from operator import is_

from ..arguments import (NO_VALUE, check_function, check_int, check_table, optional_int, optional_string)
from ..errors import ExecutionError, LibraryError
from ..operations import for_range, lt
from ..values import ReadOnlyTable, Table, border, first, key_of, number_text, raw_set, type_name

__all__ = ["open_table"]


def open_table(runtime):
    """The table that scripts know as `table`."""
    library = Table()
    for function in (concat_of(runtime), foreach, foreachi, getn, insert, maxn, remove,
                     setn, sort_of(runtime)):
        library[function.__name__.encode()] = function
    return library


# --- elements --------------------------------------------------------------------------------------------

_POSITIONS = for_range(1.0, 1024.0, 1.0)


def _sequence(table):
    """The values of a table with the keys 1, 2, ... and no others, stored in this order; None for any other table.

    Most tables are such. Then the values need no search, and comparing the keys costs less than that.
    """
    size = len(table)
    positions = _POSITIONS[:size] if size <= 1024 else for_range(1.0, float(size), 1.0)
    return list(table.values()) if list(table) == positions else None


def _elements(table, begin, end):
    """The values at the positions from begin to end (floats) as a list, None where there is nothing."""
    if begin <= 2.0 <= begin + 1.0 and end == len(table):
        values = _sequence(table)
        if values is not None:
            return values if begin == 1.0 else values[1:]
    return list(map(table.get, for_range(begin, end, 1.0)))


def _store(table, begin, values):
    """Put values at the positions from begin (float) on; None clears one."""
    positions = for_range(begin, begin + (len(values) - 1), 1.0)
    if any(map(is_, values, repeat(None))):
        for position, value in zip(positions, values):
            raw_set(table, position, value)
    else:
        dict.update(table, zip(positions, values))


def _refuse_read_only(table):
    if table.__class__ is ReadOnlyTable:
        raise ExecutionError(b"Attempt to modify a readonly table")


# --- insert and remove -----------------------------------------------------------------------------------

_FEW = 12.0                                     # moves that are made faster one by one than as lists


def insert(table=NO_VALUE, position=NO_VALUE, value=NO_VALUE, *extra):
    """`insert(table, value)`, `insert(table, position, value)`."""
    if value is NO_VALUE and table.__class__ is Table:
        end = len(table) + 1.0
        if end not in table and (end - 1.0 in table or end == 1.0):
            if position is not None:
                if position is NO_VALUE:
                    raise LibraryError(b"wrong number of arguments to 'insert'")
                table[end] = position
            return ()
    end = border(check_table(table, 1)) + 1.0
    if position is NO_VALUE or extra:
        raise LibraryError(b"wrong number of arguments to 'insert'")
    if value is NO_VALUE:
        position, value = end, position
    else:
        position = float(check_int(position, 2))
    _refuse_read_only(table)
    _insert_at(table, position, value, end)
    return ()


def _insert_at(table, position, value, end):
    """Move what is at the positions from `position` up to before `end` by one, and put value there."""
    if end - position <= _FEW:
        if position < end:
            _move_few(table, end, position, -1.0)
        raw_set(table, position, value)
    elif position >= 1.0 and end - position <= len(table):
        _store(table, position, [value, *_elements(table, position, end - 1.0)])
    else:                                       # positions below 1, or mostly holes
        keys = [key for key in table if key.__class__ is float and position <= key < end and key.is_integer()]
        for key in sorted(keys, reverse=True):
            raw_set(table, key + 1.0, table.pop(key))
        raw_set(table, position, value)


def _move_few(table, position, last, step):
    """One by one: what is a step beyond each position from `position` to before `last` moves there."""
    while position != last:
        following = position + step
        value = table.get(following)
        if value is None:
            table.pop(position, None)
        else:
            dict.__setitem__(table, position, value)
        position = following


def remove(table=NO_VALUE, position=NO_VALUE, *_):
    """`remove(table [, position])`: the removed value, or no result if the position is outside."""
    if position is NO_VALUE and table.__class__ is Table:
        end = float(len(table))
        if end in table and end + 1.0 not in table:
            return table.pop(end)
    end = border(check_table(table, 1))
    position = float(optional_int(position, 2, end))
    if not 1.0 <= position <= end:
        return ()
    _refuse_read_only(table)
    value = table.get(position)
    if end - position <= _FEW:
        _move_few(table, position, end, 1.0)
    else:
        _store(table, position, _elements(table, position + 1.0, end))
    table.pop(end, None)
    return value


# --- concat ----------------------------------------------------------------------------------------------

def concat_of(runtime):
    """`concat(table [, separator [, first [, last]]])` for a runtime, which knows how long strings may be."""
    def concat(table=NO_VALUE, separator=NO_VALUE, begin=NO_VALUE, end=NO_VALUE, *_):
        if separator.__class__ is not bytes:
            separator = optional_string(separator, 2, b"")
        values = _sequence(table) if begin is NO_VALUE and table.__class__ is Table else None
        if values is None:
            begin, values = _range_of(table, begin, end)
        else:
            begin = 1
        try:
            return joined(separator, values)
        except TypeError:                       # not only strings
            return joined(separator, _texts(values, begin))

    def joined(separator, values):
        if sum(map(len, values)) + len(separator) * len(values) > runtime.max_string:
            raise LibraryError(b"not enough memory")
        return separator.join(values)
    return concat


def _range_of(table, begin, end):
    """The position that `begin` says and the values from there to `end`: arguments 3 and 4 of concat."""
    check_table(table, 1)
    begin = optional_int(begin, 3, 1)
    end = int(border(table)) if end is NO_VALUE or end is None else check_int(end, 4)
    if begin > end:
        return begin, []
    if end - begin >= len(table):               # there are gaps: find the first before a huge list is made
        for position in range(begin, end + 1):
            _texts([table.get(float(position))], position)
    return begin, _elements(table, float(begin), float(end))


def _texts(values, begin):
    """Strings and numbers as strings; `begin` is the position of the first."""
    texts = [number_text(value) if value.__class__ is float else value for value in values]
    for position, text in enumerate(texts, begin):
        if text.__class__ is not bytes:
            raise LibraryError(b"invalid value (%s) at index %d in table for 'concat'" % (type_name(text), position))
    return texts


# --- sort ------------------------------------------------------------------------------------------------

def sort_of(runtime):
    """`sort(table [, comparator])` for a runtime, whose flag interrupts it."""
    flags = runtime.namespace

    def sort(table=NO_VALUE, comparator=NO_VALUE, *_):
        size = border(check_table(table, 1))
        if comparator is NO_VALUE or comparator is None:
            comparator = None
        else:
            check_function(comparator, 2)
        if size < 2.0:
            return ()
        _refuse_read_only(table)
        values = _elements(table, 1.0, size)
        if comparator is None and _sorts_itself(values):
            values.sort()
            dict.update(table, zip(for_range(1.0, size, 1.0), values))
        else:
            # The quicksort can leave its range by one at both ends if it is told nonsense.
            values = [table.get(0.0), *values, None]
            try:
                _quicksort(values, lt if comparator is None else comparator, flags, runtime.stop)
            finally:
                _store(table, 1.0, values[1:-1] if values[-1] is None else values[1:])
        return ()
    return sort


def _sorts_itself(values):
    """Whether Python orders the values as Lua does: all strings, or all numbers and no nan."""
    kinds = set(map(type, values))
    if kinds == {float}:
        total = sum(values)
        return total - total == 0.0             # an infinity is rare enough to go the long way, too
    return kinds == {bytes}


def _quicksort(values, less, flags, stop):
    """Sort values[1] ... values[-2] as auxsort of ltablib.c does.

    The smaller part of each partition comes first, as there; `less` may return anything.
    """
    parts = [(1, len(values) - 2)]
    while parts:
        low, high = parts.pop()
        while low < high:
            if flags["STOP"]:
                stop()
            middle = _order_three(values, low, high, less)
            if high - low <= 2:
                break
            middle = _partition(values, low, high, middle, less)
            if middle - low < high - middle:
                parts.append((middle + 1, high))
                high = middle - 1
            else:
                parts.append((low, middle - 1))
                low = middle + 1


def _order_three(values, low, high, less):
    """Order the first, the middle and the last element, as far as two or three comparisons do; the middle's index."""
    if _says_yes(less(values[high], values[low])):
        values[low], values[high] = values[high], values[low]
    middle = (low + high) // 2
    if middle > low:
        if _says_yes(less(values[middle], values[low])):
            values[middle], values[low] = values[low], values[middle]
        elif _says_yes(less(values[high], values[middle])):
            values[middle], values[high] = values[high], values[middle]
    return middle


def _partition(values, low, high, middle, less):
    """Put the middle element where smaller ones are before it and larger ones behind it; its new index."""
    pivot = values[middle]
    values[middle], values[high - 1] = values[high - 1], pivot
    left, right = low, high - 1
    while True:
        left += 1
        while (answer := less(values[left], pivot)) is True or answer is not False and _says_yes(answer):
            if left > high:
                raise LibraryError(b"invalid order function for sorting")
            left += 1
        right -= 1
        while (answer := less(pivot, values[right])) is True or answer is not False and _says_yes(answer):
            if right < low:
                raise LibraryError(b"invalid order function for sorting")
            right -= 1
        if right < left:
            break
        values[left], values[right] = values[right], values[left]
    values[high - 1], values[left] = values[left], values[high - 1]
    return left


def _says_yes(answer):
    """Whether the first result of a comparison function is neither nil nor false."""
    if answer.__class__ is tuple:
        answer = first(answer)
    return answer is not None and answer is not False


# --- traversal and length --------------------------------------------------------------------------------

def foreach(table=NO_VALUE, function=NO_VALUE, *_):
    """`foreach(table, function)`: call it with each key and value until it returns something."""
    check_table(table, 1)
    check_function(function, 2)
    for key in list(table):
        value = table.get(key)
        if value is not None:
            result = function(key_of(key), value)
            if result.__class__ is tuple:
                result = first(result)
            if result is not None:
                return result
    return ()


def foreachi(table=NO_VALUE, function=NO_VALUE, *_):
    """`foreachi(table, function)`: the same for the positions from 1."""
    size = border(check_table(table, 1))
    check_function(function, 2)
    for position in for_range(1.0, size, 1.0):
        result = function(position, table.get(position))
        if result.__class__ is tuple:
            result = first(result)
        if result is not None:
            return result
    return ()


def getn(table=NO_VALUE, *_):
    """`getn(table)`: the same as #table."""
    return border(check_table(table, 1))


def setn(table=NO_VALUE, *_):
    """`setn(table, n)`: gone since Lua 5.1."""
    check_table(table, 1)
    raise LibraryError(b"'setn' is obsolete")


def maxn(table=NO_VALUE, *_):
    """`maxn(table)`: the largest key that is a positive number, or 0."""
    return max((key for key in check_table(table, 1) if key.__class__ is float and key > 0.0), default=0.0)
