"""Letting go of a lot of data without making anyone wait.

When the last reference to a dict of a million keys goes, CPython takes it apart on the spot: a tenth of a
second and more in which no other thread runs. `dispose` takes over such data and has a thread of its own
empty it in small steps, each short enough that clients do not notice. Little data is simply dropped.

The data must not be reachable for anybody else any more, so no lock is needed while it goes; the counts in
`Engine.stats` are changed under the engine's lock. Nothing of this is needed where memory is reclaimed by a
collector (PyPy).
"""
import sys
import threading
import time
from operator import length_hint

__all__ = ["dispose", "empty"]

_SMALL = 10_000                 # elements that are dropped at once, in about a millisecond
_STEP = 1_000                   # elements between two chances for other threads
_SMALL_VALUE = 50               # elements of a value that goes together with its neighbours
_PLAIN = frozenset((bytes, bytearray, int, float, str, type(None)))


def dispose(engine, containers, count):
    """Drop the list `containers`, which stand for `count` keys. Call with the engine's lock held."""
    if sys.implementation.name != "cpython" or _is_small(containers):
        return
    engine.stats.pending_values += count
    threading.Thread(target=_work, args=(engine, containers, count), name="disposal", daemon=True).start()


def _work(engine, containers, count):
    empty(containers)
    with engine.lock:
        engine.stats.pending_values -= count
        engine.stats.discarded_values += count


def _is_small(containers):
    elements = 0
    for container in containers:
        elements += len(container)
        if elements <= _SMALL and isinstance(container, dict):
            elements += sum(len(value) for value in container.values() if value.__class__ not in _PLAIN)
        if elements > _SMALL:
            return False
    return True


def empty(containers):
    """Empty a list of containers and all that is in them, step by step; they are of no use afterwards."""
    waiting = containers
    while waiting:
        container = waiting.pop()
        waiting += _parts(container)
        taken = _take(container)
        while taken:
            waiting += [value for value in taken
                        if value.__class__ not in _PLAIN and length_hint(value, _STEP) > _SMALL_VALUE]
            taken = None                        # here they go
            time.sleep(0)
            taken = _take(container)


def _parts(container):
    """What stands in the slots of an object and may be large."""
    slots = [slot for kind in type(container).__mro__ for slot in getattr(kind, "__slots__", ())]
    values = [getattr(container, slot, None) for slot in slots]
    return [value for value in values if value.__class__ in (dict, set, list) or hasattr(value, "__slots__")]


def _take(container):
    """Take some elements, a dict's values, out of a container; none out of an object that has only parts."""
    if isinstance(container, dict):
        take = container.popitem
        return [take()[1] for _ in range(min(len(container), _STEP))]
    if isinstance(container, set):
        return [container.pop() for _ in range(min(len(container), _STEP))]
    if isinstance(container, list):
        taken = container[-_STEP:]
        del container[-_STEP:]
        return taken
    return []
