"""`remembered(most)`: a decorator for functions whose results are worth keeping.

It is functools.lru_cache where that is written in C. PyPy's is written in Python and takes a lock: if a script's
recursion comes to its end just there, the lock is never given back, and the next caller waits for ever.
"""
import functools
import sys

__all__ = ["remembered"]


def _remembered(most):
    def decorate(function):
        known = {}

        @functools.wraps(function)
        def call(*args):
            found = known.get(args)
            if found is None:
                found = function(*args)
                if len(known) >= most:
                    known.clear()
                known[args] = found
            return found
        return call
    return decorate


remembered = functools.lru_cache if sys.implementation.name == "cpython" else _remembered
