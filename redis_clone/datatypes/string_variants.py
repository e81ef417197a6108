"""Strings that Redis stores otherwise than their text suggests.

A value that spells an integer is stored as a number (OBJECT ENCODING: int), and the numbers up to 9999 exist
only once for all keys (OBJECT REFCOUNT). There are two exceptions, both found out by asking a real server.
In every other respect these values are strings like any other; they are immutable, and whatever replaces one
is plain bytes again.
"""

__all__ = ["EmbeddedString", "UnsharedInteger"]


class EmbeddedString(bytes):
    """An integer that INCRBYFLOAT arrived at: kept as text (embstr)."""

    __slots__ = ()


class UnsharedInteger(bytes):
    """A small integer that COPY made: a number, but one of its own."""

    __slots__ = ()
