"""Commands for strings: values that are texts, numbers or any bytes, set and read as a whole or in part."""
from ..errors import DataError
from .arguments import at_most_one, expiry_words, items_of, listed, milliseconds_of, seconds_of
from .replies import flat, ok

__all__ = ["StringCommands", "REPLIES"]


class StringCommands:
    """Commands of the group "string"."""

    # -- whole values ------------------------------------------------------------------------------

    def get(self, name):
        """Return the value of `name`, None if there is none. (GET)

        Raises ResponseError (WRONGTYPE) if it is not a string, as all of these do.
        """
        return self.execute_command("GET", name)

    def __getitem__(self, name):
        """Return the value of `name`; raises KeyError if there is none. (GET)"""
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def set(self, name, value, ex=None, px=None, nx=False, xx=False, keepttl=False, get=False, exat=None, pxat=None):
        """Return True if `name` has the value `value` now, None if a condition was not met. (SET)

        It expires after `ex` seconds or `px` milliseconds (int or timedelta), or at the moment `exat` (seconds
        since 1970, or a datetime) or `pxat` (milliseconds); otherwise it loses its time to live, but for
        `keepttl`. `nx`: only if there is no such key; `xx`: only if there is one. With `get` the value from
        before is returned instead, None if there was none. Raises DataError for options that exclude each other.
        """
        if ex is px is exat is pxat is None and not (nx or xx or keepttl or get):
            return self.execute_command("SET", name, value)
        at_most_one(ex=ex, px=px, exat=exat, pxat=pxat, keepttl=bool(keepttl))
        if nx and xx:
            raise DataError("nx (only if it is new) and xx (only if it exists) exclude each other")
        words = ["SET", name, value, *expiry_words(ex, px, exat, pxat)]
        if nx:
            words.append("NX")
        elif xx:
            words.append("XX")
        if keepttl:
            words.append("KEEPTTL")
        if not get:
            return self.execute_command(*words)
        return self.execute_command(*words, "GET", convert=_as_it_is)

    def __setitem__(self, name, value):
        """Set the value of `name`. (SET)"""
        self.set(name, value)

    def setnx(self, name, value):
        """Return True if the value was set, False if there was one already. (SETNX)"""
        return self.execute_command("SETNX", name, value)

    def setex(self, name, time, value):
        """Return True; `name` has the value for `time` seconds (int or timedelta). (SETEX)

        `set(name, value, ex=time)` is the same.
        """
        return self.execute_command("SETEX", name, seconds_of(time), value)

    def psetex(self, name, time_ms, value):
        """Return True; `name` has the value for `time_ms` milliseconds (int or timedelta). (PSETEX)"""
        return self.execute_command("PSETEX", name, milliseconds_of(time_ms), value)

    def getset(self, name, value):
        """Return the value from before, None if there was none; `name` has the new one now. (GETSET)"""
        return self.execute_command("GETSET", name, value)

    def getdel(self, name):
        """Return the value of `name`, None if there is none, and delete it. (GETDEL)"""
        return self.execute_command("GETDEL", name)

    def getex(self, name, ex=None, px=None, exat=None, pxat=None, persist=False):
        """Return the value of `name`, None if there is none, and set when it expires. (GETEX)

        `ex`, `px`, `exat` and `pxat` as for `set`; `persist` takes its time to live away. Raises DataError if
        more than one of them is given; without any it is a `get`.
        """
        at_most_one(ex=ex, px=px, exat=exat, pxat=pxat, persist=bool(persist))
        words = expiry_words(ex, px, exat, pxat)
        if persist:
            words = ("PERSIST",)
        return self.execute_command("GETEX", name, *words)

    def mget(self, keys, *args):
        """Return a list of the values of the keys, None in the place of those that are not there. (MGET)

        `keys` is a list, or all keys are given one by one. What is no string counts as not there.
        """
        names = listed(keys, args)
        if not names:
            # The server would refuse it, but no values of no keys are no error. Something has to be sent, for
            # a pipeline must have a reply for it.
            return self.execute_command("ECHO", "", convert=_nothing)
        return self.execute_command("MGET", *names)

    def mset(self, mapping):
        """Return True; all keys of the mapping have its values, all at once. (MSET)"""
        return self.execute_command("MSET", *items_of(mapping))

    def msetnx(self, mapping):
        """Return True if all values were set, False and none if any of the keys was there. (MSETNX)"""
        return self.execute_command("MSETNX", *items_of(mapping))

    # -- numbers -----------------------------------------------------------------------------------

    def incrby(self, name, amount=1):
        """Return the value of `name` after `amount` was added; it begins at 0. (INCRBY)

        `incr` is the same. Raises ResponseError if the value is not an integer of 64 bits.
        """
        return self.execute_command("INCRBY", name, amount)

    incr = incrby

    def decrby(self, name, amount=1):
        """Return the value of `name` after `amount` was taken off; it begins at 0. (DECRBY)

        `decr` is the same. Raises ResponseError if the value is not an integer of 64 bits.
        """
        return self.execute_command("DECRBY", name, amount)

    decr = decrby

    def incrbyfloat(self, name, amount=1.0):
        """Return the value of `name`, a float, after `amount` was added; it begins at 0. (INCRBYFLOAT)"""
        return self.execute_command("INCRBYFLOAT", name, amount)

    # -- parts -------------------------------------------------------------------------------------

    def append(self, key, value):
        """Return the length of the value of `key` after `value` was appended to it. (APPEND)"""
        return self.execute_command("APPEND", key, value)

    def strlen(self, name):
        """Return the length of the value of `name` in bytes, 0 if there is none. (STRLEN)"""
        return self.execute_command("STRLEN", name)

    def getrange(self, key, start, end):
        """Return the bytes from index `start` to `end`, both included; -1 is the last one. (GETRANGE)"""
        return self.execute_command("GETRANGE", key, start, end)

    def substr(self, name, start, end=-1):
        """Return the bytes from index `start` to `end`; the old name of `getrange`. (SUBSTR)"""
        return self.execute_command("SUBSTR", name, start, end)

    def setrange(self, name, offset, value):
        """Return the length of the value after the part from byte `offset` was overwritten. (SETRANGE)

        A value that is shorter than `offset` is first filled up with zero bytes.
        """
        return self.execute_command("SETRANGE", name, offset, value)

    def lcs(self, key1, key2, len=False, idx=False, minmatchlen=0, withmatchlen=False):
        """Return the longest common subsequence of two values; it need not be in one piece. (LCS)

        With `len` its length. With `idx` where its pieces are: `["matches", [[[start, end] in key1, [start,
        end] in key2], ...], "len", length]`, the last piece first, without those shorter than `minmatchlen`; with
        `withmatchlen` the length of each piece follows its places.
        """
        words = ["LCS", key1, key2]
        if len:
            words.append("LEN")
        if idx:
            words.append("IDX")
        if minmatchlen:
            words += "MINMATCHLEN", minmatchlen
        if withmatchlen:
            words.append("WITHMATCHLEN")
        return self.execute_command(*words)


def _as_it_is(reply):
    return reply


def _nothing(reply):
    return []


def _done_or_none(reply):
    """True for OK; None if a condition was not met."""
    return reply and ok(reply)


REPLIES = {
    "INCRBYFLOAT": float,
    "LCS": flat,
    "MSET": ok,
    "MSETNX": bool,
    "PSETEX": bool,
    "SET": _done_or_none,
    "SETEX": bool,
    "SETNX": bool,
}
