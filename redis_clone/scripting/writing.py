"""What cjson and cmsgpack have in common when they write tables.

A table that stands in many places of a few others can grow to more than any memory holds. `Pieces` measures
now and then what has been written, and lets other threads interrupt the script on this occasion.

No locks: used by the thread of one Lua state.
"""
from ..lua.errors import LibraryError

__all__ = ["PIECES_BETWEEN_PAUSES", "Pieces", "sequence_of"]

_PREPARED = 1024
_POSITIONS = [float(position) for position in range(1, _PREPARED + 1)]
PIECES_BETWEEN_PAUSES = 50_000


def sequence_of(table):
    """The values of a table in order if its keys are 1 to its length, else None. Without keys it gives ().

    Most tables either have a string for their first key or have been filled from 1 on; both are told at once.
    """
    length = len(table)
    if not length:
        return ()
    for key in table:
        if key.__class__ is not float:
            return None
        break
    positions = _POSITIONS[:length] if length <= _PREPARED else list(map(float, range(1, length + 1)))
    if list(table) == positions:
        return table.values()
    if all(map(table.__contains__, positions)):
        return [table[position] for position in positions]
    return None


class Pieces(list):
    """The pieces (bytes) of what is being written.

    Call `pause` now and then when there are more than PIECES_BETWEEN_PAUSES. It takes them out of the list.
    """

    def __init__(self, runtime):
        self.runtime = runtime
        self.chunks = []
        self.size = 0

    def pause(self):
        """Join what there is, raise if it is too much, and let an interruption in."""
        if self.runtime.namespace["STOP"]:
            self.runtime.stop()
        chunk = b"".join(self)
        self.clear()
        self.chunks.append(chunk)
        self.size += len(chunk)
        if self.size > self.runtime.max_string:
            raise LibraryError(b"not enough memory")

    def joined(self):
        """All of it as one string."""
        if not self.chunks:
            return b"".join(self)
        self.pause()
        return b"".join(self.chunks)
