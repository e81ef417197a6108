"""The nodes of a long list: what Redis calls a quicklist, as lists of a few hundred elements.

Which elements share a node is Redis' choice to the byte: nodes fill up to the size that
list-max-listpack-size allows, counted as if they were listpacks, and an insertion may split and merge them.
For OBJECT ENCODING depends on it (a list is a listpack again when one small node is left), and DEBUG OBJECT
tells the number of nodes.

Nodes, their sizes in bytes and their `starts` stand side by side in three lists, from index `first` on;
below it is room for new nodes at the head, so that both ends are equally cheap. Elements are numbered in
sequence, those pushed at the head downwards; `starts` has the number of each node's first element. So
neither pushing nor popping changes a number, and a position is found by bisection.

Locking: the engine's lock. Not here: which encoding a list has, and Redis' index arithmetic.
"""

from bisect import bisect_right
from itertools import accumulate, chain

from .limits import LISTPACK_HEADER_BYTES, UNLIMITED, listpack_entry_bytes

_ENTRY_BYTES_ROUGHLY = 8        # what Redis reckons beside the bytes of an element before it adds one
_LEAST_ROOM = 8                 # nodes for which room is made at the head


class NodeChain:
    """Elements are bytes. The chain is made of the elements of one node, which may be too large."""

    __slots__ = ("length", "nodes", "sizes", "starts", "first", "node_bytes", "node_entries")

    def __init__(self, elements=()):
        self.length = 0
        self.nodes, self.sizes, self.starts = [], [], []
        self.first = 0
        self.limit_nodes(UNLIMITED, UNLIMITED)
        if elements:
            self.append_node(list(elements))

    def limit_nodes(self, node_bytes, node_entries):
        """From now on a node that would become larger than this takes no more elements."""
        self.node_bytes = node_bytes
        self.node_entries = node_entries

    def duplicate(self):
        """An independent copy of the same nodes."""
        new = NodeChain()
        new.limit_nodes(self.node_bytes, self.node_entries)
        new.length = self.length
        new.nodes = [node.copy() for node in self.nodes[self.first:]]
        new.sizes = self.sizes[self.first:]
        new.starts = self.starts[self.first:]
        return new

    def __iter__(self):
        return chain.from_iterable(self.nodes[self.first:])

    def __reversed__(self):
        return chain.from_iterable(map(reversed, reversed(self.nodes[self.first:])))

    def node_count(self):
        return len(self.nodes) - self.first

    def append_node(self, elements):
        """Adds a node with these elements, a list that is not empty, at the tail, however large it is."""
        self._new_tail(elements, LISTPACK_HEADER_BYTES + sum(map(listpack_entry_bytes, elements)))
        self.length += len(elements)

    # ---- both ends ---------------------------------------------------------------------------

    def push_left(self, value):
        nodes = self.nodes
        if nodes:
            first = self.first
            node = nodes[first]
            size = self.sizes[first]
            if size + len(value) + _ENTRY_BYTES_ROUGHLY <= self.node_bytes and len(node) < self.node_entries:
                node[:0] = (value,)         # a third of the time of insert(0, ...) in a long node
                self.sizes[first] = size + listpack_entry_bytes(value)
                self.starts[first] -= 1
                self.length += 1
                return
        self._new_head([value], LISTPACK_HEADER_BYTES + listpack_entry_bytes(value))
        self.length += 1

    def push_right(self, value):
        nodes = self.nodes
        if nodes:
            node = nodes[-1]
            size = self.sizes[-1]
            if size + len(value) + _ENTRY_BYTES_ROUGHLY <= self.node_bytes and len(node) < self.node_entries:
                node.append(value)
                self.sizes[-1] = size + listpack_entry_bytes(value)
                self.length += 1
                return
        self._new_tail([value], LISTPACK_HEADER_BYTES + listpack_entry_bytes(value))
        self.length += 1

    def pop_left(self):
        first = self.first
        node = self.nodes[first]
        value = node.pop(0)
        self.length -= 1
        if node:
            self.sizes[first] -= listpack_entry_bytes(value)
            self.starts[first] += 1
        else:
            self._drop_head()
        return value

    def pop_right(self):
        node = self.nodes[-1]
        value = node.pop()
        self.length -= 1
        if node:
            self.sizes[-1] -= listpack_entry_bytes(value)
        else:
            self._drop_tail()
        return value

    def cut_left(self, count):
        """Drops the first `count` elements."""
        self.length -= count
        while count:
            first = self.first
            node = self.nodes[first]
            if count >= len(node):
                count -= len(node)
                self._drop_head()
            else:
                self.sizes[first] -= sum(map(listpack_entry_bytes, node[:count]))
                self.starts[first] += count
                del node[:count]
                return

    def cut_right(self, count):
        """Drops the last `count` elements."""
        self.length -= count
        while count:
            node = self.nodes[-1]
            if count >= len(node):
                count -= len(node)
                self._drop_tail()
            else:
                self.sizes[-1] -= sum(map(listpack_entry_bytes, node[-count:]))
                del node[-count:]
                return

    # ---- by position -------------------------------------------------------------------------

    def at(self, position):
        number, offset = self._locate(position)
        return self.nodes[number][offset]

    def between(self, first, stop):
        """List of the elements at `first <= position < stop`."""
        count = min(stop, self.length) - first
        if count <= 0:
            return []
        number, offset = self._locate(first)
        found = self.nodes[number][offset:offset + count]
        while len(found) < count:
            number += 1
            found += self.nodes[number][:count - len(found)]
        return found

    def replace(self, position, value):
        number, offset = self._locate(position)
        node = self.nodes[number]
        self.sizes[number] += listpack_entry_bytes(value) - listpack_entry_bytes(node[offset])
        node[offset] = value

    def insert(self, position, value, after):
        """Puts `value` before or after the element at a position, into the node that Redis would choose."""
        nodes = self.nodes
        number, offset = self._locate(position)
        node = nodes[number]
        at_edge = offset == (len(node) - 1 if after else 0)
        neighbour = number + 1 if after else number - 1
        if self._has_room(number, value):
            node.insert(offset + after, value)
            self.sizes[number] += listpack_entry_bytes(value)
        elif at_edge and self.first <= neighbour < len(nodes) and self._has_room(neighbour, value):
            nodes[neighbour].insert(0 if after else len(nodes[neighbour]), value)
            self.sizes[neighbour] += listpack_entry_bytes(value)
        elif at_edge:
            self._insert_node(number + after, [value])
        else:
            self._split(number, offset, value, after)
        self.length += 1
        self._renumber()

    # ---- by value ----------------------------------------------------------------------------

    def positions(self, value, reverse, limit):
        """The positions of elements equal to `value`, looking at `limit` elements from one end at most."""
        last = self.length - 1
        seen = 0
        nodes = self.nodes[self.first:]
        for node in reversed(nodes) if reverse else nodes:
            if seen >= limit:
                return
            for offset in positions_in(node, value, reverse, limit - seen):
                if reverse:
                    yield last - seen - (len(node) - 1 - offset)
                else:
                    yield seen + offset
            seen += len(node)

    def remove(self, value, limit, reverse):
        """Removes at most `limit` elements equal to `value` from one end on; returns how many."""
        entry_bytes = listpack_entry_bytes(value)
        left = limit
        order = range(self.first, len(self.nodes))
        for number in reversed(order) if reverse else order:
            removed = remove_in(self.nodes[number], value, left, reverse)
            self.sizes[number] -= removed * entry_bytes
            left -= removed
            if not left:
                break
        if left != limit:
            self.length -= limit - left
            kept = [number for number in order if self.nodes[number]]
            self._keep([self.nodes[number] for number in kept], [self.sizes[number] for number in kept])
        return limit - left

    # ---- nodes -------------------------------------------------------------------------------

    def _has_room(self, number, value):
        return (self.sizes[number] + len(value) + _ENTRY_BYTES_ROUGHLY <= self.node_bytes
                and len(self.nodes[number]) < self.node_entries)

    def _locate(self, position):
        """(number of the node, offset in it) of a position that exists."""
        starts = self.starts
        first = self.first
        sequence = starts[first] + position
        number = bisect_right(starts, sequence, first) - 1
        return number, sequence - starts[number]

    def _new_tail(self, node, size):
        starts = self.starts
        starts.append(starts[self.first] + self.length if starts else 0)
        self.nodes.append(node)
        self.sizes.append(size)

    def _new_head(self, node, size):
        if not self.nodes:
            self._new_tail(node, size)
            return
        if not self.first:
            self.first = room = _LEAST_ROOM + len(self.nodes) // 4
            self.nodes[:0] = [None] * room
            self.sizes[:0] = [None] * room
            self.starts[:0] = [None] * room
        start = self.starts[self.first] - len(node)
        self.first -= 1
        self.nodes[self.first] = node
        self.sizes[self.first] = size
        self.starts[self.first] = start

    def _drop_head(self):
        first = self.first
        self.nodes[first] = self.sizes[first] = self.starts[first] = None
        self.first = first = first + 1
        if first * 2 > len(self.nodes) + _LEAST_ROOM or first == len(self.nodes):
            del self.nodes[:first], self.sizes[:first], self.starts[:first]
            self.first = 0

    def _drop_tail(self):
        self.nodes.pop()
        self.sizes.pop()
        self.starts.pop()
        if len(self.nodes) == self.first:
            self._keep([], [])

    def _keep(self, nodes, sizes):
        self.nodes, self.sizes = nodes, sizes
        self.first = 0
        self._renumber()

    def _renumber(self):
        """Numbers the elements anew, after nodes in the middle have changed."""
        first = self.first
        counts = map(len, self.nodes[first:])
        self.starts[first:] = list(accumulate(counts, initial=0))[:-1]

    def _insert_node(self, number, node):
        self.nodes.insert(number, node)
        self.sizes.insert(number, LISTPACK_HEADER_BYTES + sum(map(listpack_entry_bytes, node)))

    def _split(self, number, offset, value, after):
        """Makes two of a full node, `value` at the cut in the new one, and merges what has become small."""
        node = self.nodes[number]
        if after:
            new = [value] + node[offset + 1:]
            moved = node[offset + 1:]
            del node[offset + 1:]
        else:
            moved = node[:offset]
            new = moved + [value]
            del node[:offset]
        self.sizes[number] -= sum(map(listpack_entry_bytes, moved))
        self._insert_node(number + after, new)
        self._merge_around(number if after else number + 1)

    def _merge_around(self, center):
        """In Redis' order: two nodes before `center`, two behind it, then `center` with its neighbours."""
        if self._merge(center - 2):
            center -= 1
        self._merge(center + 1)
        if self._merge(center - 1):
            center -= 1
        self._merge(center)

    def _merge(self, number):
        """Joins a node with the next one if that makes no node that is too large; True when it did."""
        nodes, sizes = self.nodes, self.sizes
        if number < self.first or number + 1 >= len(nodes):
            return False
        size = sizes[number] + sizes[number + 1] - LISTPACK_HEADER_BYTES
        if size > self.node_bytes or len(nodes[number]) + len(nodes[number + 1]) > self.node_entries:
            return False
        nodes[number] += nodes.pop(number + 1)
        sizes[number] = size
        del sizes[number + 1]
        return True


def positions_in(elements, value, reverse, limit):
    """The indexes of elements equal to `value`, looking at `limit` elements from one end at most."""
    size = len(elements)
    if reverse:
        for index in positions_in(elements[:-limit - 1:-1], value, False, limit):
            yield size - 1 - index
        return
    index = -1
    limit = min(limit, size)        # may be larger than any index Python knows
    while True:
        try:
            index = elements.index(value, index + 1, limit)
        except ValueError:
            return
        yield index


def remove_in(elements, value, limit, reverse):
    """Removes at most `limit` elements equal to `value` from one end of a list on; returns how many."""
    found = elements.count(value)
    if not found:
        return 0
    if found <= limit:
        elements[:] = [element for element in elements if element != value]
        return found
    doomed = set()
    for index in positions_in(elements, value, reverse, len(elements)):
        doomed.add(index)
        if len(doomed) == limit:
            break
    elements[:] = [element for index, element in enumerate(elements) if index not in doomed]
    return limit
