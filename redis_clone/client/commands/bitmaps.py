"""Commands for strings taken as rows of bits; bit 0 is the highest one of the first byte."""
from ..errors import DataError
from .arguments import require_both

__all__ = ["BitFieldOperation", "BitmapCommands", "REPLIES"]


class BitmapCommands:
    """Commands of the group "bitmap"."""

    def getbit(self, name, offset):
        """Return the bit at `offset`, 0 beyond the end. (GETBIT)"""
        return self.execute_command("GETBIT", name, offset)

    def setbit(self, name, offset, value):
        """Return the bit that was at `offset`; now it is 1 if `value` is true, else 0. (SETBIT)

        The value grows as needed, up to 512 MB.
        """
        return self.execute_command("SETBIT", name, offset, 1 if value else 0)

    def bitcount(self, key, start=None, end=None, mode=None):
        """Return how many bits are 1. (BITCOUNT)

        Only those from byte `start` to `end`, both included, if given; -1 is the last one. With `mode` "BIT"
        they are numbers of bits. Raises DataError for one without the other.
        """
        words = ["BITCOUNT", key]
        require_both(start=start, end=end)
        if start is not None:
            words += start, end
        if mode is not None:
            words.append(mode)
        return self.execute_command(*words)

    def bitpos(self, key, bit, start=None, end=None, mode=None):
        """Return the place of the first bit that is `bit` (0 or 1), -1 if there is none. (BITPOS)

        `start`, `end` and `mode` limit the search as in `bitcount`. Without an `end` the value counts as
        followed by zeros without end. Raises DataError for an `end` without `start` and any other `bit`.
        """
        if bit not in (0, 1):
            raise DataError(f"a bit is 0 or 1, not {bit!r}")
        words = ["BITPOS", key, bit]
        if start is not None:
            words.append(start)
            if end is not None:
                words.append(end)
        elif end is not None:
            raise DataError("end needs a start")
        if mode is not None:
            words.append(mode)
        return self.execute_command(*words)

    def bitop(self, operation, dest, *keys):
        """Return the length in bytes of what is in `dest` now: the values of `keys`, combined bit by bit. (BITOP)

        `operation` is "AND", "OR", "XOR", or "NOT" of one key. Shorter values count as filled up with zeros.
        """
        return self.execute_command("BITOP", operation, dest, *keys)

    def bitfield(self, key, default_overflow=None):
        """Return a BitFieldOperation: numbers of any width within the value, `execute()` sends it. (BITFIELD)

            client.bitfield("key").incrby("u8", 0, 10).get("i5", 100).execute()     # [10, 0]

        `default_overflow` is what becomes of numbers that get too large: "WRAP" (as in C), "SAT" (they stay
        at the limit) or "FAIL" (nothing is done, the result is None).
        """
        return BitFieldOperation(self, key, default_overflow)

    def bitfield_ro(self, key, encoding, offset, items=None):
        """Return a list of numbers within the value. (BITFIELD_RO)

        The first one is `encoding` ("u8" is unsigned of 8 bits, "i5" signed of 5) at bit `offset` ("#3" is 3 times
        its width); `items` are more pairs of encoding and offset.
        """
        words = ["BITFIELD_RO", key, "GET", encoding, offset]
        for encoding, offset in items or ():
            words += "GET", encoding, offset
        return self.execute_command(*words)


class BitFieldOperation:
    """A BITFIELD command in the making: its methods return itself, `execute` sends it.

    Encodings are "u1" to "u63" for unsigned numbers and "i1" to "i64" for signed ones. Offsets count bits; "#3" is 3
    times the width of the encoding.
    """

    def __init__(self, client, key, default_overflow=None):
        self.client = client
        self.key = key
        self._default_overflow = default_overflow
        self.reset()

    def reset(self):
        """Forget all operations; those that follow have the default overflow."""
        self.operations = []
        self._overflow = "WRAP"
        self.overflow(self._default_overflow or "WRAP")

    def overflow(self, overflow):
        """Return self; the operations from here on have this overflow: "WRAP", "SAT" or "FAIL"."""
        overflow = overflow.upper()
        if overflow != self._overflow:
            self._overflow = overflow
            self.operations.append(("OVERFLOW", overflow))
        return self

    def incrby(self, fmt, offset, increment, overflow=None):
        """Return self; adds `increment` to the number, the result is the new one."""
        if overflow is not None:
            self.overflow(overflow)
        self.operations.append(("INCRBY", fmt, offset, increment))
        return self

    def get(self, fmt, offset):
        """Return self; the result is the number."""
        self.operations.append(("GET", fmt, offset))
        return self

    def set(self, fmt, offset, value):
        """Return self; sets the number, the result is the one from before."""
        self.operations.append(("SET", fmt, offset, value))
        return self

    @property
    def command(self):
        """The words of the command as it stands."""
        return ["BITFIELD", self.key, *(word for operation in self.operations for word in operation)]

    def execute(self):
        """Return a list with the result of each operation, and begin anew. (BITFIELD)"""
        command = self.command
        self.reset()
        return self.client.execute_command(*command)


REPLIES = {}
