"""The library `os`: only `clock`, as Redis leaves it to scripts."""
import time

from ..values import Table

__all__ = ["open_os"]


def open_os(_runtime):
    """The table that scripts know as `os`."""
    library = Table()
    library[b"clock"] = clock
    return library


def clock(*_):
    """`clock()`: the processor time that the process has used, in seconds."""
    return time.process_time()
