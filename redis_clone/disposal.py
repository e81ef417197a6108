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

__all__ = ["dispose", "empty"]

_SMALL = 10_000                 # elements that are dropped at once, in about a millisecond
_STEP = 1_000                   # elements between two chances for other threads


def dispose(engine, containers, count):
    """Drop `containers`, which stand for `count` keys. Call with the engine's lock held."""
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
            elements += sum(len(value) for value in container.values() if _is_container(value))
        if elements > _SMALL:
            return False
    return True


def _is_container(value):
    return value.__class__ not in (bytes, bytearray, int, float, str) and hasattr(value, "__len__")


def empty(containers):
    """Empty a list of containers and all that is in them, step by step; they are of no use afterwards."""
    waiting = containers
    while waiting:
        container = waiting.pop()
        waiting += _parts(container)
        take = _taker(container)
        left = _STEP
        while take is not None and len(container):
            value = take(container)
            left -= 1
            if _is_container(value):
                if len(value) > _STEP:
                    waiting.append(value)
                left -= len(value)
            del value                           # here, not when the next one is taken, or after this loop
            if left <= 0:
                left = _STEP
                time.sleep(0)


def _parts(container):
    """What stands in the slots of an object and may be large."""
    slots = [slot for kind in type(container).__mro__ for slot in getattr(kind, "__slots__", ())]
    values = [getattr(container, slot, None) for slot in slots]
    return [value for value in values if value.__class__ in (dict, set, list) or hasattr(value, "__slots__")]


def _taker(container):
    """The function that takes one element out of a container, or None for an object that has only parts."""
    if isinstance(container, dict):
        return lambda container: dict.popitem(container)[1]
    if isinstance(container, set):
        return set.pop
    if isinstance(container, list):
        return list.pop
    return None
