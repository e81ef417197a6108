"""SORT and SORT_RO: the elements of a list, set or sorted set in the order of their weights.

An element's weight is the element itself or, with BY, what stands at a key made from it; GET looks up what to
reply in the same way. A `_Pattern` is such a key with a place for the element. The options are parsed first
(`_Plan`), then there are three steps: the elements in order, what to reply for them, replying or storing it.

Where several elements have the same weight their order is that of Redis, as far as it is not that of a hash
table. Texts are compared byte by byte, as in the C locale. Handlers run with the engine's lock held.
"""
import sys
from operator import itemgetter

from ..args import parse_float, parse_int
from ..collection_args import split_options
from ..datatypes.node_chain import NodeChain
from ..datatypes.partial_sort import sort_part
from ..datatypes.quicklist import QuickList
from ..datatypes.set import Set
from ..datatypes.sorted_set import SortedSet
from ..errors import NotFloatError, RedisError, WrongTypeError
from ..registry import group

command = group("generic")

_OPERANDS = {b"ASC": 0, b"DESC": 0, b"ALPHA": 0, b"BY": 1, b"GET": 1, b"LIMIT": 2}
_OPERANDS_AND_STORE = {**_OPERANDS, b"STORE": 1}

_C_SPACES = b" \t\n\v\f\r"
_LEAST_NORMAL = sys.float_info.min


@command("SORT", arity=-2, flags="write denyoom", keys="1 RO ACCESS; unknown RO ACCESS; unknown OW UPDATE",
         since="1.0.0")
def sort(session, key, *options):
    """Sorts the elements in a list, a set, or a sorted set, optionally storing the result."""
    plan = _Plan(options, _OPERANDS_AND_STORE)
    values = _sort(session, key, plan)
    if plan.destination_key is None:
        return values
    return _store(session.db, plan.destination_key, [b"" if value is None else value for value in values])


@command("SORT_RO", arity=-2, flags="readonly", keys="1 RO ACCESS; unknown RO ACCESS", since="7.0.0")
def sort_ro(session, key, *options):
    """Returns the sorted elements of a list, a set, or a sorted set."""
    return _sort(session, key, _Plan(options, _OPERANDS))


def _sort(session, key, plan):
    """List of what to reply or store; None for what GET does not find."""
    db = session.db
    # What is stored, and what a script does next, shall not depend on a hash table's order.
    plan.orders_sets = plan.destination_key is not None or session.kind == "script"
    elements = _ordered(db, _read_collection(db, key), plan)
    if not plan.gets:
        return elements
    return [pattern.look_up(db, element) for element in elements for pattern in plan.gets]


def _read_collection(db, key):
    """The value to sort; nothing is an empty list."""
    value = db.read(key)
    if value is None:
        return QuickList()
    if value.__class__ is SortedSet:
        value.encoding = "skiplist"             # a side effect of Redis that OBJECT ENCODING shows
    elif value.__class__ is not QuickList and value.__class__ is not Set:
        raise WrongTypeError
    return value


def _store(db, key, values):
    """Put a list of `values` in place of whatever is at `key`; the reply is its length."""
    if values:
        db.set(key, QuickList.of_chain(NodeChain(values), db.keyspace.limits))
        db.touch(key, "sortstore", len(values))
    else:
        db.delete_destination(key)
    return len(values)


# ---- arguments --------------------------------------------------------------------------------------------

class _Plan:
    """What the options ask for."""

    __slots__ = ("by", "sorts", "orders_sets", "alpha", "descending", "offset", "count", "gets", "destination_key")

    def __init__(self, options, operand_counts):
        self.by = None                          # _Pattern of the weights' keys
        self.sorts = True                       # False: a BY without a star
        self.orders_sets = False                # even then
        self.alpha = self.descending = False
        self.offset, self.count = 0, -1         # of the page wanted; a count below zero is for all
        self.gets = []
        self.destination_key = None
        for word, operands in split_options(options, operand_counts):
            self._take(word, *operands)

    def _take(self, word, operand=None, operand2=None):
        if word == b"ALPHA":
            self.alpha = True
        elif word == b"LIMIT":
            self.offset, self.count = parse_int(operand), parse_int(operand2)
        elif word == b"BY":
            self.by = _Pattern(operand)
            self.sorts = self.sorts and self.by.has_star
        elif word == b"GET":
            self.gets.append(_Pattern(operand))
        elif word == b"STORE":
            self.destination_key = operand
        else:
            self.descending = word == b"DESC"

    def page(self, size):
        """``(start, stop)`` of the elements wanted out of so many."""
        start = min(max(self.offset, 0), size)
        return start, (size if self.count < 0 else min(start + self.count, size))


class _Pattern:
    """A key with a star to put an element in, perhaps followed by -> and a hash's field; or "#", the element.

    Redis looks for these marks only as far as a zero byte.
    """

    __slots__ = ("is_element", "has_star", "before", "after", "field")

    def __init__(self, raw):
        text = raw.partition(b"\0")[0]
        self.is_element = text == b"#"
        star = text.find(b"*")
        self.has_star = star >= 0
        arrow = text.find(b"->", star + 1)
        has_field = 0 <= arrow < len(text) - 2
        self.before, self.after = raw[:star], raw[star + 1:arrow if has_field else len(raw)]
        self.field = raw[arrow + 2:] if has_field else None

    def look_up(self, db, element):
        """The string, or the field of a hash, for an element; None when there is none."""
        if self.is_element:
            return element
        if not self.has_star:
            return None
        key = self.before + element + self.after
        try:
            if self.field is None:
                return db.read_string(key)
            stored = db.read_hash(key)
        except WrongTypeError:
            return None
        return None if stored is None else stored.get(self.field)


# ---- the elements in order --------------------------------------------------------------------------------

def _ordered(db, value, plan):
    """List of the elements wanted, sorted."""
    start, stop = plan.page(len(value))
    if plan.sorts:
        elements = value.ordered() if value.__class__ is Set else list(value)
        return _sorted(db, elements, plan, start, stop)
    if value.__class__ is not Set:
        return _native(value, start, stop, plan.descending)
    elements = value.ordered()
    if plan.orders_sets:
        elements.sort(reverse=plan.descending)
    return elements[start:stop]


def _native(value, start, stop, descending):
    """A page of a list or a sorted set in its own order, or backwards."""
    if descending:
        start, stop = len(value) - stop, len(value) - start
    between = value.members_between if value.__class__ is SortedSet else value.between
    elements = list(between(start, stop))
    if descending:
        elements.reverse()
    return elements


def _sorted(db, elements, plan, start, stop):
    weights = elements
    if plan.by is not None:
        weights = [plan.by.look_up(db, element) for element in elements]
    if not plan.alpha:
        # Of equal weights the elements themselves decide.
        rows = sorted(zip(map(_parse_weight, weights), elements), reverse=plan.descending)
        return [element for _, element in rows[start:stop]]
    if plan.destination_key is None:
        weights = map(_as_c_string, weights)
    if plan.by is None:
        rows = sorted(zip(weights, elements), key=itemgetter(0), reverse=plan.descending)
        return [element for _, element in rows[start:stop]]
    rows = [(weight is not None, weight or b"", element) for weight, element in zip(weights, elements)]
    rows = sort_part(rows, itemgetter(0, 1), start, stop, plan.descending)
    return [element for _, _, element in rows]


def _as_c_string(text):
    """What C's comparison of strings sees of it: nothing from a zero byte on."""
    return text.partition(b"\0")[0] if text is not None and b"\0" in text else text


def _parse_weight(raw):
    """A weight as C's strtod reads it, zero if there is none."""
    if not raw:
        return 0.0
    try:
        try:
            weight = parse_float(raw)
        except NotFloatError:
            text = raw.partition(b"\0")[0].lstrip(_C_SPACES)
            weight = parse_float(text) if text else 0.0
        if not 0.0 < abs(weight) < _LEAST_NORMAL:           # strtod calls that an underflow
            return weight
    except NotFloatError:
        pass
    raise RedisError("ERR One or more scores can't be converted into double")
