"""Commands for sets: elements without order, each of them once."""
from .arguments import listed
from .keys import add_scan_options
from .replies import cursor_and_list

__all__ = ["SetCommands", "REPLIES"]


class SetCommands:
    """Commands of the group "set"."""

    def sadd(self, name, *values):
        """Return how many of the values were added, not counting those that were in the set. (SADD)"""
        return self.execute_command("SADD", name, *values)

    def srem(self, name, *values):
        """Return how many of the values were removed from the set. (SREM)"""
        return self.execute_command("SREM", name, *values)

    def scard(self, name):
        """Return the number of elements, 0 if there is no set. (SCARD)"""
        return self.execute_command("SCARD", name)

    def smembers(self, name):
        """Return a set of all elements. (SMEMBERS)"""
        return self.execute_command("SMEMBERS", name)

    def sismember(self, name, value):
        """Return 1 if `value` is in the set, else 0. (SISMEMBER)"""
        return self.execute_command("SISMEMBER", name, value)

    def smismember(self, name, values, *args):
        """Return a list of 1 or 0 for each of the values (a list, or one by one): is it in the set? (SMISMEMBER)"""
        return self.execute_command("SMISMEMBER", name, *listed(values, args))

    def smove(self, src, dst, value):
        """Return True if `value` was moved from one set to the other, False if it was not there. (SMOVE)"""
        return self.execute_command("SMOVE", src, dst, value)

    def spop(self, name, count=None):
        """Return an element chosen at random and remove it, None if there is no set. (SPOP)

        With `count` a list of up to so many.
        """
        if count is None:
            return self.execute_command("SPOP", name)
        return self.execute_command("SPOP", name, count, convert=list)

    def srandmember(self, name, number=None):
        """Return an element chosen at random, None if there is no set. (SRANDMEMBER)

        With `number` a list of up to so many different ones; if it is negative, of exactly so many, which may
        repeat.
        """
        if number is None:
            return self.execute_command("SRANDMEMBER", name)
        return self.execute_command("SRANDMEMBER", name, number)

    # -- several sets; `keys` is a list, or all keys are given one by one --------------------------

    def sinter(self, keys, *args):
        """Return a set of the elements that are in all of the sets. (SINTER)"""
        return self.execute_command("SINTER", *listed(keys, args))

    def sinterstore(self, dest, keys, *args):
        """Return how many elements are in all of the sets; they are in the set `dest` now. (SINTERSTORE)"""
        return self.execute_command("SINTERSTORE", dest, *listed(keys, args))

    def sintercard(self, numkeys, keys, limit=0):
        """Return how many elements are in all of the `numkeys` sets. (SINTERCARD)

        Counting ends at `limit`, if that is not 0.
        """
        return self.execute_command("SINTERCARD", numkeys, *keys, "LIMIT", limit)

    def sunion(self, keys, *args):
        """Return a set of the elements that are in any of the sets. (SUNION)"""
        return self.execute_command("SUNION", *listed(keys, args))

    def sunionstore(self, dest, keys, *args):
        """Return how many elements are in any of the sets; they are in the set `dest` now. (SUNIONSTORE)"""
        return self.execute_command("SUNIONSTORE", dest, *listed(keys, args))

    def sdiff(self, keys, *args):
        """Return a set of the elements of the first set that are in none of the others. (SDIFF)"""
        return self.execute_command("SDIFF", *listed(keys, args))

    def sdiffstore(self, dest, keys, *args):
        """Return how many elements of the first set are in none of the others; `dest` has them now. (SDIFFSTORE)"""
        return self.execute_command("SDIFFSTORE", dest, *listed(keys, args))

    # -- scanning ----------------------------------------------------------------------------------

    def sscan(self, name, cursor=0, match=None, count=None):
        """Return `(next cursor, list of elements)`, one step of a walk over the set; 0 is its end. (SSCAN)

        `match` is a glob-style pattern, `count` says about how much work a step may be (10 by default).
        """
        words = ["SSCAN", name, cursor]
        add_scan_options(words, match, count)
        return self.execute_command(*words)

    def sscan_iter(self, name, match=None, count=None):
        """Return an iterator over all elements, which asks the server step by step. (SSCAN)

        The arguments are those of `sscan`. An element may come twice if the set changes meanwhile.
        """
        cursor = None
        while cursor != 0:
            cursor, found = self.sscan(name, cursor or 0, match, count)
            yield from found


REPLIES = {
    "SDIFF": set,
    "SINTER": set,
    "SMEMBERS": set,
    "SMOVE": bool,
    "SSCAN": cursor_and_list,
    "SUNION": set,
}
