"""Commands for lists: elements in the order they were put in, at either end.

Those that block wait for an element no longer than `timeout` seconds, which may be a float; 0 or None is for
ever. The connection's own timeout must be longer.
"""
from .arguments import listed
from .replies import ok, to_tuple

__all__ = ["ListCommands", "REPLIES"]


class ListCommands:
    """Commands of the group "list"."""

    # -- one end -----------------------------------------------------------------------------------

    def lpush(self, name, *values):
        """Return the length of the list after the values were put at its head, one after the other. (LPUSH)"""
        return self.execute_command("LPUSH", name, *values)

    def rpush(self, name, *values):
        """Return the length of the list after the values were put at its tail. (RPUSH)"""
        return self.execute_command("RPUSH", name, *values)

    def lpushx(self, name, *values):
        """Return the length of the list after `lpush`, 0 if there is no list, and then there is none. (LPUSHX)"""
        return self.execute_command("LPUSHX", name, *values)

    def rpushx(self, name, *values):
        """Return the length of the list after `rpush`, 0 if there is no list, and then there is none. (RPUSHX)"""
        return self.execute_command("RPUSHX", name, *values)

    def lpop(self, name, count=None):
        """Return the first element and remove it, None if there is no list. (LPOP)

        With `count` a list of up to so many.
        """
        if count is None:
            return self.execute_command("LPOP", name)
        return self.execute_command("LPOP", name, count)

    def rpop(self, name, count=None):
        """Return the last element and remove it, None if there is no list. (RPOP)

        With `count` a list of up to so many, the last one first.
        """
        if count is None:
            return self.execute_command("RPOP", name)
        return self.execute_command("RPOP", name, count)

    def lmpop(self, num_keys, *args, direction, count=1):
        """Return `[key, elements]` of the first list that is not empty, None if all are; removes them. (LMPOP)

        `args` are the `num_keys` keys, `direction` is the end, "LEFT" or "RIGHT", `count` how many at most.
        """
        words = ("LMPOP", num_keys, *args, direction)
        if count == 1:
            return self.execute_command(*words)
        return self.execute_command(*words, "COUNT", count)

    def blpop(self, keys, timeout=0):
        """Return `(key, element)`, the first one of the first list that has any, and remove it. (BLPOP)

        `keys` is one or a list. Waits up to `timeout` seconds, 0 for ever; None when it is over.
        """
        return self.execute_command("BLPOP", *listed(keys), timeout or 0)

    def brpop(self, keys, timeout=0):
        """Return `(key, element)`, the last one of the first list that has any, and remove it. (BRPOP)

        `keys` is one or a list. Waits up to `timeout` seconds, 0 for ever; None when it is over.
        """
        return self.execute_command("BRPOP", *listed(keys), timeout or 0)

    def blmpop(self, timeout, numkeys, *args, direction, count=1):
        """Return `[key, elements]` like `lmpop`, but wait for any element. (BLMPOP)

        Waits up to `timeout` seconds, 0 for ever; None when it is over.
        """
        return self.execute_command("BLMPOP", timeout, numkeys, *args, direction, "COUNT", count)

    # -- from one list to another ------------------------------------------------------------------

    def lmove(self, first_list, second_list, src="LEFT", dest="RIGHT"):
        """Return the element that was moved from one list to the other, None if there is none. (LMOVE)

        `src` is the end of the first list, `dest` that of the second: "LEFT" or "RIGHT".
        """
        return self.execute_command("LMOVE", first_list, second_list, src, dest)

    def blmove(self, first_list, second_list, timeout, src="LEFT", dest="RIGHT"):
        """Return the element that was moved like `lmove`, but wait for one. (BLMOVE)

        Waits up to `timeout` seconds, 0 for ever; None when it is over.
        """
        return self.execute_command("BLMOVE", first_list, second_list, src, dest, timeout)

    def rpoplpush(self, src, dst):
        """Return the element that was moved from the tail of `src` to the head of `dst`. (RPOPLPUSH)

        None if there is none. `lmove` can do the same.
        """
        return self.execute_command("RPOPLPUSH", src, dst)

    def brpoplpush(self, src, dst, timeout=0):
        """Return the element that was moved like `rpoplpush`, but wait for one. (BRPOPLPUSH)

        Waits up to `timeout` seconds, 0 for ever; None when it is over.
        """
        return self.execute_command("BRPOPLPUSH", src, dst, timeout or 0)

    # -- by index or value -------------------------------------------------------------------------

    def llen(self, name):
        """Return the length of the list, 0 if there is none. (LLEN)"""
        return self.execute_command("LLEN", name)

    def lrange(self, name, start, end):
        """Return the elements from index `start` to `end`, both included; -1 is the last one. (LRANGE)"""
        return self.execute_command("LRANGE", name, start, end)

    def lindex(self, name, index):
        """Return the element at `index`, -1 is the last one; None beyond the ends. (LINDEX)"""
        return self.execute_command("LINDEX", name, index)

    def lset(self, name, index, value):
        """Return True; the element at `index` is `value` now. (LSET)

        Raises ResponseError if there is no such element or no list.
        """
        return self.execute_command("LSET", name, index, value)

    def ltrim(self, name, start, end):
        """Return True; all elements but those from index `start` to `end`, both included, are removed. (LTRIM)"""
        return self.execute_command("LTRIM", name, start, end)

    def linsert(self, name, where, refvalue, value):
        """Return the length of the list after `value` was inserted, -1 if `refvalue` is not in it. (LINSERT)

        `where` is "BEFORE" or "AFTER" (the first) `refvalue`. 0 if there is no list.
        """
        return self.execute_command("LINSERT", name, where, refvalue, value)

    def lrem(self, name, count, value):
        """Return how many elements equal to `value` were removed. (LREM)

        The first `count` of them, the last `-count` if it is negative, all if it is 0.
        """
        return self.execute_command("LREM", name, count, value)

    def lpos(self, name, value, rank=None, count=None, maxlen=None):
        """Return the index of the first element equal to `value`, None if there is none. (LPOS)

        `rank` says which one is the first: 2 the second, -1 the last (then the search goes backwards). With `count` a
        list of up to so many indexes, 0 for all. `maxlen` limits how many elements are looked at.
        """
        words = ["LPOS", name, value]
        if rank is not None:
            words += "RANK", rank
        if count is not None:
            words += "COUNT", count
        if maxlen is not None:
            words += "MAXLEN", maxlen
        return self.execute_command(*words)


REPLIES = {
    "BLPOP": to_tuple,
    "BRPOP": to_tuple,
    "LSET": ok,
    "LTRIM": ok,
}
