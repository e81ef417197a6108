"""How much memory the process uses, for INFO memory and MEMORY STATS.

`used` is what the process holds in anonymous memory pages (memory that stands for no file), the nearest
thing to the sum of all allocations that Python can ask for. An embedding application's own memory is part of
it. Linux tells it in /proc/self/statm; elsewhere there is only the highest value so far (getrusage), and
on Windows nothing: then all figures are 0.

`overhead` is what the process used when the server was made, plus the hash tables of the databases; the
rest counts as data. Without an allocator that could be asked, Redis takes the used memory for allocated and
the resident memory for active, and so does this.

`MemoryUse` is sampled by housekeeping, so that its peak is not only what happened to be asked for. All under
the engine's lock.
"""
import collections
import functools
import os
import sys

try:
    import resource
except ImportError:                             # Windows
    resource = None

__all__ = ["MemoryUse", "Figures", "memory_figures", "read_memory", "table_bytes", "system_memory"]

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024

Figures = collections.namedtuple("Figures", "used resident peak startup overhead dataset dataset_percent "
                                            "peak_percent fragmentation fragmentation_bytes")


class MemoryUse:
    """The process's memory, in bytes: now, at the most, and when the server was made."""

    def __init__(self):
        self.used, self.resident = read_memory()
        self.startup = self.peak = self.used

    def measure(self):
        """Look how much memory is used now."""
        memory = read_memory()
        if memory != (0, 0):                    # it cannot be read without a free descriptor
            self.used, self.resident = memory
        self.peak = max(self.peak, self.used)


def memory_figures(engine):
    """The Figures of this moment."""
    memory = engine.stats.memory
    memory.measure()
    overhead = memory.startup + sum(sum(table_bytes(database)) for database in engine.keyspace.databases)
    dataset = max(memory.used - overhead, 0)
    return Figures(memory.used, memory.resident, memory.peak, memory.startup, overhead, dataset,
                   dataset_percent=min(100 * dataset / max(memory.used - memory.startup, 1), 100.0),
                   peak_percent=100 * memory.used / max(memory.peak, 1),
                   fragmentation=memory.resident / max(memory.used, 1),
                   fragmentation_bytes=memory.resident - memory.used)


def read_memory():
    """``(used, resident)`` bytes of this process; zeros where nobody tells."""
    try:
        with open("/proc/self/statm", "rb") as file:
            _, resident, shared = map(int, file.read().split()[:3])
        return (resident - shared) * _PAGE_BYTES, resident * _PAGE_BYTES
    except OSError:
        pass
    if resource is None or sys.platform == "linux":
        return 0, 0
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_UNIT
    return highest, highest


def table_bytes(database):
    """The bytes of a database's hash tables, ``(main, expiry)``; zeros where Python does not tell (PyPy)."""
    try:
        main = sys.getsizeof(database.values) + sys.getsizeof(database.accessed)
        return main, sys.getsizeof(database.expires)
    except TypeError:
        return 0, 0


@functools.lru_cache(maxsize=None)
def system_memory():
    """The bytes of memory that this machine has, or 0."""
    try:
        return _PAGE_BYTES * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
