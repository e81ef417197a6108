"""How much memory a stored value takes, for MEMORY USAGE: an estimate from the sizes of some of its parts.

A value is walked through as Python sees it: its containers one by one, and of each container's elements a few
samples, which stand for all of them. Objects that two containers share count once: a hash, set or sorted set owns
its elements, so the lists beside it (for scans, or in order of score) count as lists alone.

What `sys.getsizeof` does not tell is left out: the allocator's rounding, and that Python may have one object for
all small integers and single bytes. PyPy tells no sizes at all; there, sizes of CPython are assumed.

Called with the engine's lock held; takes time for the samples only, unless all elements are asked for.
"""
import sys
from array import array
from itertools import islice

__all__ = ["key_bytes", "value_bytes"]

_KEY_BYTES = 84             # of a key in a database's two large dicts, values and access times
_EXPIRY_BYTES = 83          # of a key that expires: its place in a third dict, and the date
_LISTS = (list, tuple)
_TABLES = (dict, set, frozenset)
_LEAVES = (bytes, bytearray, str, int, float, array)


def key_bytes(key, expires):
    """The bytes of a key itself and of its place in the database."""
    return _own_bytes(key) + _KEY_BYTES + (_EXPIRY_BYTES if expires else 0)


def value_bytes(value, samples):
    """An estimate of the bytes of a stored value; looks at `samples` elements of each container, 0: at all."""
    return _Walk(samples).measure(value)


class _Walk:
    """One estimate; remembers which objects have been counted."""

    def __init__(self, samples):
        self._samples = samples
        self._counted = set()               # ids; all objects live as long as the value does

    def measure(self, thing, with_leaves=True):
        """The bytes of an object and all it holds. Without leaves strings and numbers count as another's."""
        if thing is None or id(thing) in self._counted or (isinstance(thing, _LEAVES) and not with_leaves):
            return 0
        self._counted.add(id(thing))
        size = _own_bytes(thing)
        if isinstance(thing, _LISTS):
            size += self._measure_all(thing, self._pick_spread(thing), with_leaves)
        elif isinstance(thing, _TABLES):
            size += self._measure_all(thing, islice(thing, self._samples or None), with_leaves)
            if isinstance(thing, dict):
                size += self._measure_all(thing, islice(thing.values(), self._samples or None), with_leaves)
            with_leaves = False
        return size + sum(self.measure(part, with_leaves) for part in _slots_of(thing))

    def _measure_all(self, container, picked, with_leaves):
        """The bytes of all elements of a container, reckoned from those that are picked."""
        sizes = [self.measure(element, with_leaves) for element in picked]
        return sum(sizes) * len(container) // len(sizes) if sizes else 0

    def _pick_spread(self, elements):
        """Elements from all over a list, the last one among them."""
        count = len(elements)
        if not self._samples or self._samples >= count:
            return elements
        return [elements[count * (number + 1) // self._samples - 1] for number in range(self._samples)]


def _slots_of(thing):
    """What stands in the slots of an object."""
    for kind in type(thing).__mro__:
        slots = getattr(kind, "__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else slots:
            yield getattr(thing, slot, None)


def _own_bytes(thing):
    """The bytes of an object without what it refers to."""
    return sys.getsizeof(thing, 0) or _assumed_bytes(thing)


def _assumed_bytes(thing):
    """What CPython's `sys.getsizeof` would say, roughly."""
    if isinstance(thing, (bytes, bytearray, str)):
        return 40 + len(thing)
    if isinstance(thing, array):
        return 64 + thing.itemsize * len(thing)
    if isinstance(thing, dict):
        return 80 + 42 * len(thing)
    if isinstance(thing, (set, frozenset)):
        return 200 + 32 * len(thing)
    if isinstance(thing, _LISTS):
        return 56 + 8 * len(thing)
    return 28
