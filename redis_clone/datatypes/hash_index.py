"""Random picks and stable SCAN cursors for a dict or a set, without ever copying it.

A dict can neither be entered in the middle nor be left and entered again while it changes. A `HashIndex`
beside it can: `order`, a list with a slot for each element, new ones at the end. Nothing says in which slot
an element is, since that would cost more memory than the container itself; a removed one therefore becomes
a ghost that keeps its slot for a while. A hand moves down the list, three slots for each removal, and fills
the slots of the ghosts that it meets with the last element. So fewer than half of the slots are ghosts (a
sixth, in a container of steady size), and no removal pays for more than its share.

Random picks are exactly uniform: any slot, drawn again when it holds a ghost.

Scanning goes from the end of `order` down to its start, and the cursor is the number of slots not read yet.
Elements only ever move to lower slots (the last one into a gap, or all of them when ghosts are squeezed
out), so what was ahead of a cursor stays ahead of it: every element present from the first call to the last
is returned. One that moves from behind the cursor to before it comes twice; SCAN allows that. A walk ends
however much is added meanwhile, and any number is a valid cursor.

A dict without an index has the same property, as it keeps the order of insertion. So an index, which costs
9 bytes an element, is made only when it is needed: at the first pick or scan of more than `INDEX_FROM`
elements, or when the container reaches `INDEX_ALWAYS`, from where making it would be felt as a pause. It
then stays until the container goes. The functions at the end take a container and its index or None. A
Python set keeps no order: its owner gives it an index from the start.

CPython 3.11, 1,000 elements (1,000,000, in random order: cache misses): `add` 0.12 us (0.2), `discard` 0.45
(1.5), `random` 0.35 (0.8), `scan` of 10 0.4 (0.4). Making an index of 1,000,000 takes 10 ms.

Locking: none of its own; whoever owns the container holds the engine's lock. Not here: the elements'
values, and noticing changes of the container: its owner reports each one.
"""

from itertools import islice
import sys

INDEX_FROM = 256        # up to this size a walk through a dict is as cheap as an index
INDEX_ALWAYS = 65536    # from this size an index is kept in any case: making it takes about 1 ms here

_NONE = frozenset()     # shared by all indexes that have seen no removal: an empty set takes 200 bytes


class HashIndex:
    """A slot for each element of one container. Elements are hashable and distinct."""

    __slots__ = ("order", "ghosts", "hand")

    def __init__(self, elements=()):
        self.order = list(elements)
        self.ghosts = _NONE         # removed elements whose slot has not been filled yet
        self.hand = 0               # slots from here on have been swept in this round

    def __len__(self):
        return len(self.order) - len(self.ghosts)

    def __iter__(self):
        if not self.ghosts:
            return iter(self.order)
        ghosts = self.ghosts
        return (element for element in self.order if element not in ghosts)

    def add(self, element):
        """Takes in an element that is not in the container yet."""
        ghosts = self.ghosts
        if ghosts and element in ghosts:
            ghosts.remove(element)
        else:
            self.order.append(element)

    def discard(self, element):
        """Takes out an element that is in the index, which is not checked."""
        order = self.order
        ghosts = self.ghosts
        if ghosts is _NONE:
            self.ghosts = ghosts = set()
        ghosts.add(element)
        slots = len(order)
        if len(ghosts) * 2 > slots:
            # Only small containers get here: with three steps the hand is quicker, whatever the order.
            self.order = [element for element in order if element not in ghosts]
            ghosts.clear()
            return
        hand = self.hand
        for _ in (1, 2, 3):
            if not 0 < hand <= slots:
                hand = slots
            hand -= 1
            if order[hand] in ghosts:
                ghosts.remove(order[hand])
                slots -= 1
                order[hand] = order[slots]
                del order[slots]
        self.hand = hand

    def discard_all(self, elements):
        """Takes out a list of elements that are in the index, which is not checked."""
        if len(elements) * 8 < len(self.order):
            for element in elements:
                self.discard(element)
            return
        gone = self.ghosts.union(elements)
        self.order = [element for element in self.order if element not in gone]
        self.ghosts = _NONE

    def random(self, rng):
        """One element, each with the same probability. The index must not be empty."""
        order = self.order
        ghosts = self.ghosts
        random = rng.random
        while True:
            element = order[int(random() * len(order))]
            if not ghosts or element not in ghosts:
                return element

    def pop(self, rng):
        """Like `random`, and takes the element out at once: its slot is known."""
        order = self.order
        ghosts = self.ghosts
        random = rng.random
        while True:
            slot = int(random() * len(order))
            element = order[slot]
            if not ghosts or element not in ghosts:
                break
        order[slot] = order[-1]
        del order[-1]
        return element

    def scan(self, cursor, count):
        """(next cursor, list of elements) from about `count` slots; 0 starts a walk and ends it."""
        order = self.order
        ghosts = self.ghosts
        start, stop = _slots_to_read(cursor, count, len(order))
        found = order[start:stop]
        if ghosts:
            found = [element for element in found if element not in ghosts]
        return start, found


def _slots_to_read(cursor, count, slots):
    stop = cursor if 0 < cursor < slots else slots
    return (stop - count if stop > count else 0), stop


# ---- any container, with its index or None ----------------------------------------------------

def random_key(container, index, rng):
    """One element of a container that is not empty, each with the same probability."""
    if index is not None:
        return index.random(rng)
    return next(islice(container, int(rng.random() * len(container)), None))


def sample(container, index, rng, count):
    """List of `count` different elements, or of all of them when there are no more; O(count)."""
    size = len(container)
    if count >= size:
        return list(container)
    if index is None or count * 3 > size:
        return rng.sample(list(container if index is None else index), count)
    picked = {}                 # not a set: its order is not the hashes' order
    random = index.random
    while len(picked) < count:
        picked[random(rng)] = None
    return list(picked)


def choices(container, index, rng, count):
    """List of `count` elements of a container that is not empty, each picked anew; O(count)."""
    if index is None or count > len(container):
        return rng.choices(list(container if index is None else index), k=count)
    random = index.random
    return [random(rng) for _ in range(count)]


def scan(container, index, cursor, count):
    """(next cursor, list of elements) as `HashIndex.scan`. Without an index the container is a dict."""
    if index is not None:
        return index.scan(cursor, count)
    start, stop = _slots_to_read(cursor, count, len(container))
    return start, list(islice(container, start, stop))


# ---- memory ------------------------------------------------------------------------------------

def _sizes_are_known():
    try:
        sys.getsizeof({})
    except TypeError:           # PyPy
        return False
    return True


_SIZES_ARE_KNOWN = _sizes_are_known()
_HOLLOW_BYTES = 1024            # per element; a table that was never larger has at most about 110


def shrink_if_hollow(container):
    """Makes a dict or set that has lost most of its elements small again; the order of a dict is kept.

    A dict or set gives no memory back when elements go, and is walked through at the length that it
    once had. Owners call this after a removal when the number of elements is a power of two: often
    enough, and cheap to see.
    """
    if not _SIZES_ARE_KNOWN or sys.getsizeof(container) < _HOLLOW_BYTES * (len(container) + 8):
        return
    kept = dict(container) if isinstance(container, dict) else list(container)
    container.clear()
    container.update(kept)
