"""Strings that Redis stores otherwise than their text suggests.

A value that spells an integer is stored as a number (OBJECT ENCODING: int), and the numbers up to 9999 exist
only once for all keys (OBJECT REFCOUNT). There are two exceptions, both found out by asking a real server.
In every other respect these values are strings like any other; they are immutable, and whatever replaces one
is plain bytes again.
"""

from .hyperloglog import HyperLogLog

__all__ = ["EmbeddedString", "UnsharedInteger", "STRING_CLASSES"]


class EmbeddedString(bytes):
    """An integer that INCRBYFLOAT arrived at: kept as text (embstr)."""

    __slots__ = ()


class UnsharedInteger(bytes):
    """A small integer that COPY made: a number, but one of its own."""

    __slots__ = ()


# Every class whose objects a key may hold as a string, see keyspace.py.
STRING_CLASSES = (bytes, bytearray, int, EmbeddedString, UnsharedInteger, HyperLogLog)
