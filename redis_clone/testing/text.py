"""Bytes and words between a test's author and the server."""

__all__ = ["shown", "to_bytes"]


def shown(data, most=None):
    """Bytes in double quotes, as text where they are text, with backslashes where not; cut after `most` bytes."""
    cut = data if most is None else data[:most]
    text = bytes(cut).replace(b"\\", b"\\\\").replace(b'"', b'\\"').decode("utf-8", "backslashreplace")
    text = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
    return f'"{text}"' if len(cut) == len(data) else f'"{text}"... ({len(data)} bytes)'


def to_bytes(word):
    """A word of a command as a test's author writes it: bytes, str, int or float."""
    return word if isinstance(word, bytes) else str(word).encode("utf-8", "surrogateescape")
