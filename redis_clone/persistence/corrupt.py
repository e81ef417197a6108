"""The one error of everything that reads a payload."""

__all__ = ["CorruptPayload"]


class CorruptPayload(ValueError):
    """The bytes are not what their format allows; the text says what is wrong with them."""
