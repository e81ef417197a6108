"""The list: a plain Python list while it is short, a `NodeChain` when it is long.

Redis keeps a list as a "listpack" until it would take more than list-max-listpack-size bytes or elements,
then as a "quicklist" of several, and goes back when one node of half that is left. The limit is about
encoded bytes, and to count these exactly takes longer than the push itself. So a short list only keeps
`weight`, which is never less: `ENTRY_OVERHEAD` more than its length for each element. When the weight no
longer proves that the list is within its limit (at about 600 small elements), it becomes a chain, which
counts exactly; it is then still called a "listpack" as long as Redis would call it so.

Positions are 0 <= position < len(list); Redis' negative and inclusive indexes are the commands' business.

CPython 3.11: pushing to or popping from a list of 100 elements takes 0.1 us, from one of 1,000 or of
1,000,000 0.4 us. An element takes 8 bytes beside its own object. Looking at a position takes 0.06 us, 0.2
us and 0.3 us.

Locking: the engine's lock. Not here: keys, and dropping a list that has become empty.
"""

from .limits import LISTPACK_HEADER_BYTES, UNLIMITED
from .node_chain import NodeChain, positions_in, remove_in

ENTRY_OVERHEAD = 10         # at most: 5 bytes for the length before a long element, 5 for that after it


class QuickList:
    """Elements are bytes. Either `items` or `chain` is there, the other is None."""

    __slots__ = ("encoding", "items", "weight", "chain")

    def __init__(self):
        self.encoding = "listpack"
        self.items = []
        self.weight = LISTPACK_HEADER_BYTES
        self.chain = None

    @classmethod
    def of_chain(cls, chain, limits):
        """The list that takes over a NodeChain which is not empty, as Redis makes one of the nodes it loads."""
        new = cls()
        new.encoding = "quicklist"
        new.items, new.chain = None, chain
        chain.limit_nodes(limits.list_node_bytes, limits.list_node_entries)
        if chain.node_count() == 1:
            new._pack_if_small(limits.list_node_bytes, limits.list_node_entries)
        return new

    def __len__(self):
        return len(self.items) if self.chain is None else self.chain.length

    def __iter__(self):
        return iter(self.items if self.chain is None else self.chain)

    def __reversed__(self):
        return reversed(self.items if self.chain is None else self.chain)

    def duplicate(self):
        """An independent copy with the same encoding."""
        new = QuickList()
        new.encoding = self.encoding
        new.weight = self.weight
        if self.chain is None:
            new.items = self.items.copy()
        else:
            new.items, new.chain = None, self.chain.duplicate()
        return new

    def node_count(self):
        """How many nodes Redis would have."""
        return 1 if self.chain is None else self.chain.node_count()

    # ---- both ends ---------------------------------------------------------------------------

    def push_left(self, value, limits):
        """Adds one element at the head; returns the new length."""
        items = self.items
        if items is not None:
            weight = self.weight + len(value)
            if weight <= limits.list_node_bytes and len(items) < limits.list_node_entries:
                items.insert(0, value)
                self.weight = weight + ENTRY_OVERHEAD
                return len(items)
        if self.encoding == "listpack":
            self._make_room(len(value), 1, limits)
        self.chain.push_left(value)
        return self.chain.length

    def push_right(self, value, limits):
        """Adds one element at the tail; returns the new length."""
        items = self.items
        if items is not None:
            weight = self.weight + len(value)
            if weight <= limits.list_node_bytes and len(items) < limits.list_node_entries:
                items.append(value)
                self.weight = weight + ENTRY_OVERHEAD
                return len(items)
        if self.encoding == "listpack":
            self._make_room(len(value), 1, limits)
        self.chain.push_right(value)
        return self.chain.length

    def extend_left(self, values, limits):
        """Adds several elements at the head, one after the other: the last one becomes the first."""
        if self._takes_all(values, limits):
            self.items[:0] = values[::-1]
        else:
            for value in values:
                self.chain.push_left(value)

    def extend_right(self, values, limits):
        """Adds several elements at the tail."""
        if self._takes_all(values, limits):
            self.items += values
        else:
            for value in values:
                self.chain.push_right(value)

    def pop_left(self, limits):
        """Removes and returns the first element of a list that is not empty."""
        items = self.items
        if items is not None:
            value = items.pop(0)
            self.weight -= len(value) + ENTRY_OVERHEAD
            return value
        value = self.chain.pop_left()
        self._shrunk(limits)
        return value

    def pop_right(self, limits):
        """Removes and returns the last element of a list that is not empty."""
        items = self.items
        if items is not None:
            value = items.pop()
            self.weight -= len(value) + ENTRY_OVERHEAD
            return value
        value = self.chain.pop_right()
        self._shrunk(limits)
        return value

    def move_end(self, from_left, to_left, limits):
        """Moves an element from one end to one end, as LMOVE within a list; returns it. The list is not empty.

        Not simply a pop and a push: Redis looks only at the end whether a quicklist has become small.
        """
        if self.chain is None:
            value = self.pop_left(limits) if from_left else self.pop_right(limits)
        else:
            value = self.chain.pop_left() if from_left else self.chain.pop_right()
        if to_left:
            self.push_left(value, limits)
        else:
            self.push_right(value, limits)
        if self.chain is not None:
            self._shrunk(limits)
        return value

    def pop_left_many(self, count, limits):
        """Removes the first `count` elements, or all; list of them from the head on."""
        stop = min(count, len(self))
        values = self.between(0, stop)
        self.trim(stop, len(self), limits)
        return values

    def pop_right_many(self, count, limits):
        """Removes the last `count` elements, or all; list of them from the tail on."""
        first = max(len(self) - count, 0)
        values = self.between(first, len(self))
        self.trim(0, first, limits)
        values.reverse()
        return values

    # ---- by position -------------------------------------------------------------------------

    def at(self, position):
        """The element at a position."""
        return self.items[position] if self.chain is None else self.chain.at(position)

    def between(self, first, stop):
        """List of the elements at `first <= position < stop`, as far as there are such."""
        return self.items[first:stop] if self.chain is None else self.chain.between(first, stop)

    def trim(self, first, stop, limits):
        """Keeps only the elements at `first <= position < stop`."""
        if self.chain is not None:
            size = self.chain.length
            stop = max(first, stop)
            self.chain.cut_right(size - stop)
            self.chain.cut_left(first)
            self._shrunk(limits)
        else:
            items = self.items
            for cut in (items[stop:], items[:first]):
                self.weight -= sum(map(len, cut)) + ENTRY_OVERHEAD * len(cut)
            del items[stop:], items[:first]

    def replace(self, position, value, limits):
        """Sets the element at a position; nothing but the encoding may change when there is none: False."""
        self._expect(value, limits)
        if not 0 <= position < len(self):
            return False
        if self.chain is not None:
            self.chain.replace(position, value)
            self._shrunk(limits)
        else:
            self.weight += len(value) - len(self.items[position])
            self.items[position] = value
        return True

    # ---- by value ----------------------------------------------------------------------------

    def insert(self, pivot, value, after, limits):
        """Puts `value` before or after the first element equal to `pivot`; False when there is none."""
        self._expect(value, limits)
        position = next(self.positions(pivot), None)
        if position is None:
            return False
        if self.chain is not None:
            self.chain.insert(position, value, after)
        else:
            self.items.insert(position + after, value)
            self.weight += len(value) + ENTRY_OVERHEAD
        return True

    def positions(self, value, reverse=False, limit=UNLIMITED):
        """Yields the positions of elements equal to `value` among the first (or last) `limit` elements."""
        if self.chain is not None:
            return self.chain.positions(value, reverse, limit)
        return positions_in(self.items, value, reverse, limit)

    def remove(self, value, count, limits):
        """Removes `count` elements equal to `value`, all if 0, the last if negative; returns how many."""
        limit = abs(count) or UNLIMITED
        if self.chain is not None:
            removed = self.chain.remove(value, limit, count < 0)
            if removed:
                self._shrunk(limits)
        else:
            removed = remove_in(self.items, value, limit, count < 0)
            self.weight -= removed * (len(value) + ENTRY_OVERHEAD)
        return removed

    # ---- the encoding ------------------------------------------------------------------------

    def _takes_all(self, values, limits):
        """True when `items` may take these values; else they have to be pushed to `chain`."""
        value_bytes = sum(map(len, values))
        weight = self.weight + value_bytes
        if (self.items is not None and weight <= limits.list_node_bytes
                and len(self.items) + len(values) <= limits.list_node_entries):
            self.weight = weight + len(values) * ENTRY_OVERHEAD
            return True
        if self.encoding == "listpack":
            self._make_room(value_bytes, len(values), limits)
        return False

    def _expect(self, value, limits):
        """Redis looks at a value that it is to put somewhere in the middle before it looks for the place."""
        if self.encoding == "listpack":
            fits = self.weight + len(value) <= limits.list_node_bytes
            if self.items is None or not fits or len(self.items) >= limits.list_node_entries:
                self._make_room(len(value), 1, limits)

    def _make_room(self, value_bytes, count, limits):
        """Makes a chain of a listpack, and a quicklist if so many bytes and elements more are too many."""
        chain = self.chain
        if chain is None:
            self.chain = chain = NodeChain(self.items)
            self.items = None
        listpack_bytes = chain.sizes[-1] if chain.sizes else LISTPACK_HEADER_BYTES
        if (listpack_bytes + value_bytes > limits.list_node_bytes
                or chain.length + count > limits.list_node_entries):
            self.encoding = "quicklist"
            chain.limit_nodes(limits.list_node_bytes, limits.list_node_entries)

    def _shrunk(self, limits):
        """Makes a listpack of a quicklist that has one small node left."""
        chain = self.chain
        if self.encoding == "listpack" or chain.node_count() != 1:
            return
        self._pack_if_small(*limits.list_half_node())

    def _pack_if_small(self, most_bytes, most_entries):
        """Makes a listpack of a quicklist of one node that is no larger than this."""
        chain = self.chain
        if chain.sizes[-1] <= most_bytes and chain.length <= most_entries:
            self.encoding = "listpack"
            self.items = chain.nodes[-1]
            self.chain = None
            self._weigh()

    def _weigh(self):
        self.weight = LISTPACK_HEADER_BYTES + sum(map(len, self.items)) + ENTRY_OVERHEAD * len(self.items)
