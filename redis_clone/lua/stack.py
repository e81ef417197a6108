"""Is enough of Python's stack left for work that must not be cut off in the middle?

A script may call itself until Python raises RecursionError, and go on from there with `pcall`. What it calls just
before that point would be interrupted anywhere: a command between two changes that belong together, an interruption
after it has given a lock away. So they ask first, and fail before they have begun.

CPython counts frames; up to 3.11 calls through C count as well, which `depth` knows. PyPy looks at the size of the
stack, which was seen to be enough for 1.7 times as many frames as the limit says.
"""
import sys

from .operations import depth

__all__ = ["need_room", "check_depth", "CALLS_ARE_UNCHECKED"]

_IS_CPYTHON = sys.implementation.name == "cpython"
_RESERVED = 150 if _IS_CPYTHON else 0           # frames: several times what the deepest command was seen to take
_FRAMES_THROUGH_C = 3                           # for one of `depth.level`, at most


# These versions do not count calls of functions with `*_` once they are fast, but see it at the next other call
# (https://github.com/python/cpython/issues/132744).
CALLS_ARE_UNCHECKED = _IS_CPYTHON and (3, 13) <= sys.version_info < (3, 13, 8)


def check_depth():
    """What functions of scripts call first where `CALLS_ARE_UNCHECKED`: Python raises RecursionError if it is time."""


if _IS_CPYTHON and sys.version_info >= (3, 12):
    def need_room():
        """Raise RecursionError unless there is room for a command."""
        if sys._getframemodulename(sys.getrecursionlimit() - _RESERVED) is not None:
            raise RecursionError
else:
    def need_room():
        """Raise RecursionError unless there is room for a command."""
        most = sys.getrecursionlimit() - _RESERVED - _FRAMES_THROUGH_C * depth.level
        if most > 0:
            try:
                sys._getframe(most)
            except ValueError:                  # not as deep: the usual case
                return
        raise RecursionError
