"""The errors of everything that reads a payload."""

__all__ = ["CorruptPayload", "EmptyPayload"]


class CorruptPayload(ValueError):
    """The bytes are not what their format allows; the text says what is wrong with them."""


class EmptyPayload(CorruptPayload):
    """A collection without elements, which cannot be stored: all of it has been read, and nothing else is wrong."""
