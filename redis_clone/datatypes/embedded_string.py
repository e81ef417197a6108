"""A string that spells an integer though Redis keeps it as text.

Redis stores a value like "12" as a number (OBJECT ENCODING: int) when a client sets it, but not when INCRBYFLOAT
arrives at it (embstr). In every other respect such a value is a string like any other. It is immutable.
"""

__all__ = ["EmbeddedString"]


class EmbeddedString(bytes):
    """An integer's digits, not encoded."""

    __slots__ = ()
