"""Commands for sorted sets: elements, each of them once, in the order of their scores (floats).

Elements of equal score are in the order of their bytes. Bounds of scores are numbers, "-inf" and "inf"; "(3" is
more (or less) than 3, not 3 itself. Bounds by bytes ("lex", for elements of equal score) are "[a" with and "(a"
without a itself, "-" and "+" the very first and last.

`score_cast_func` is called with the text of each score, as it comes in RESP2; where it cannot read that
(int and "1.5"), with the float. Those that block wait no longer than `timeout` seconds, which may be a float; 0 or
None is for ever. The connection's own timeout must be longer.
"""
from ..errors import DataError
from .arguments import flag_words, listed, require_both
from .keys import add_scan_options
from .replies import to_float, to_floats
from .scores import flat_pairs, key_and_pairs, key_member_score, pairs, popped, rank_and_score, scanned

__all__ = ["SortedSetCommands", "REPLIES"]


class SortedSetCommands:
    """Commands of the group "sorted_set"."""

    # -- elements ----------------------------------------------------------------------------------

    def zadd(self, name, mapping, nx=False, xx=False, ch=False, incr=False, gt=False, lt=False):
        """Return how many elements were added, not counting those that only have new scores. (ZADD)

        `mapping` is from elements to scores. `nx`: only add; `xx`: only change scores; `gt`, `lt`: change them only
        to greater, to smaller ones. With `ch` those that were changed count, too. With `incr` the score of the one
        element is added to what it has, and the sum returned, None if a condition was not met. Raises DataError
        if the mapping is empty and for options that exclude each other.
        """
        if not mapping:
            raise DataError("there are no elements to add: the mapping is empty")
        words = ["ZADD", name]
        if nx or xx or gt or lt:
            if (nx and xx) or (gt and lt) or (nx and (gt or lt)):
                raise DataError("nx excludes xx, gt and lt, and these two each other")
            words += flag_words(NX=nx, XX=xx, GT=gt, LT=lt)
        if ch:
            words.append("CH")
        if incr:
            if len(mapping) != 1:
                raise DataError(f"incr is for one element, not for {len(mapping)}")
            words.append("INCR")
        for element, score in mapping.items():
            words += score, element
        if incr:
            return self.execute_command(*words, convert=to_float)
        return self.execute_command(*words)

    def zincrby(self, name, amount, value):
        """Return the score of the element `value` after `amount` was added; it begins at 0. (ZINCRBY)"""
        return self.execute_command("ZINCRBY", name, amount, value)

    def zrem(self, name, *values):
        """Return how many of the elements were removed. (ZREM)"""
        return self.execute_command("ZREM", name, *values)

    def zscore(self, name, value):
        """Return the score of an element, a float, None if there is no such element. (ZSCORE)"""
        return self.execute_command("ZSCORE", name, value)

    def zmscore(self, key, members):
        """Return a list of the scores of the elements, None in the place of those that are not there. (ZMSCORE)

        Raises DataError if there are no members.
        """
        if not members:
            raise DataError("there are no members to return the scores of")
        return self.execute_command("ZMSCORE", key, *members)

    def zrank(self, name, value, withscore=False, score_cast_func=float):
        """Return how many elements come before this one, None if it is not there. (ZRANK)

        With `withscore` a list `[rank, score]`.
        """
        return self._rank("ZRANK", name, value, withscore, score_cast_func)

    def zrevrank(self, name, value, withscore=False, score_cast_func=float):
        """Return how many elements come after this one, None if it is not there. (ZREVRANK)

        With `withscore` a list `[rank, score]`.
        """
        return self._rank("ZREVRANK", name, value, withscore, score_cast_func)

    def _rank(self, command, name, value, withscore, score_cast_func):
        if not withscore:
            return self.execute_command(command, name, value)
        return self.execute_command(command, name, value, "WITHSCORE", convert=rank_and_score(score_cast_func))

    def zrandmember(self, key, count=None, withscores=False):
        """Return an element chosen at random, None if there is no sorted set. (ZRANDMEMBER)

        With `count` a list of up to so many different ones; if it is negative, of exactly so many, which may
        repeat. With `withscores`, which needs a `count`, elements and the texts of their scores in turn.
        """
        words = ["ZRANDMEMBER", key]
        if count is not None:
            words.append(count)
        if withscores:
            return self.execute_command(*words, "WITHSCORES", convert=flat_pairs)
        return self.execute_command(*words)

    # -- counting ----------------------------------------------------------------------------------

    def zcard(self, name):
        """Return the number of elements, 0 if there is no sorted set. (ZCARD)"""
        return self.execute_command("ZCARD", name)

    def zcount(self, name, min, max):
        """Return the number of elements with scores from `min` to `max`. (ZCOUNT)"""
        return self.execute_command("ZCOUNT", name, min, max)

    def zlexcount(self, name, min, max):
        """Return the number of elements from `min` to `max` by their bytes. (ZLEXCOUNT)"""
        return self.execute_command("ZLEXCOUNT", name, min, max)

    # -- either end --------------------------------------------------------------------------------

    def zpopmin(self, name, count=None):
        """Return a list of up to `count` pairs (element, score), the smallest, and remove them. (ZPOPMIN)

        Without `count` one pair.
        """
        return self.execute_command("ZPOPMIN", name, *(() if count is None else (count,)))

    def zpopmax(self, name, count=None):
        """Return a list of up to `count` pairs (element, score), the greatest, and remove them. (ZPOPMAX)

        Without `count` one pair.
        """
        return self.execute_command("ZPOPMAX", name, *(() if count is None else (count,)))

    def bzpopmin(self, keys, timeout=0):
        """Return `(key, element, score)`, the smallest of the first that has any, and remove it. (BZPOPMIN)

        `keys` is one or a list. Waits up to `timeout` seconds, 0 for ever; None when it is over.
        """
        return self.execute_command("BZPOPMIN", *listed(keys), timeout or 0)

    def bzpopmax(self, keys, timeout=0):
        """Return `(key, element, score)`, the greatest of the first that has any, and remove it. (BZPOPMAX)

        `keys` is one or a list. Waits up to `timeout` seconds, 0 for ever; None when it is over.
        """
        return self.execute_command("BZPOPMAX", *listed(keys), timeout or 0)

    def zmpop(self, num_keys, keys, min=False, max=False, count=1):
        """Return `[key, [[element, score], ...]]` of the first that has any, and remove them. (ZMPOP)

        Up to `count` elements, the smallest (`min`) or the greatest (`max`) of one of the `num_keys` keys; None if
        all are empty. The scores are texts. Raises DataError unless either `min` or `max` is chosen.
        """
        words = ["ZMPOP", num_keys, *keys, _end(min, max)]
        if count != 1:
            words += "COUNT", count
        return self.execute_command(*words)

    def bzmpop(self, timeout, numkeys, keys, min=False, max=False, count=1):
        """Return `[key, [[element, score], ...]]` like `zmpop`, but wait for any element. (BZMPOP)

        Waits up to `timeout` seconds, 0 for ever; None when it is over.
        """
        return self.execute_command("BZMPOP", timeout, numkeys, *keys, _end(min, max), "COUNT", count)

    # -- ranges ------------------------------------------------------------------------------------

    def zrange(self, name, start, end, desc=False, withscores=False, score_cast_func=float, byscore=False,
               bylex=False, offset=None, num=None):
        """Return the elements from rank `start` to `end`, both included; -1 is the last one. (ZRANGE)

        With `byscore` from score `start` to `end`, with `bylex` by their bytes, and then at most `num` of them from
        number `offset` on. With `desc` backwards (`start` is the greater bound then). With `withscores` a list
        of pairs (element, score). Raises DataError for options that exclude each other.
        """
        if desc and not byscore and not bylex and offset is None and num is None:
            return self.zrevrange(name, start, end, withscores, score_cast_func)    # older servers know it, too
        if bylex and withscores:
            raise DataError("there are no scores with bylex")
        words = ["ZRANGE", name, start, end]
        _add_range_options(words, byscore, bylex, desc, offset, num)
        return self._range(words, withscores, score_cast_func)

    def zrevrange(self, name, start, end, withscores=False, score_cast_func=float):
        """Return the elements from rank `start` to `end`, counted from the greatest one. (ZREVRANGE)

        With `withscores` a list of pairs (element, score).
        """
        return self._range(["ZREVRANGE", name, start, end], withscores, score_cast_func)

    def zrangebyscore(self, name, min, max, start=None, num=None, withscores=False, score_cast_func=float):
        """Return the elements with scores from `min` to `max`. (ZRANGEBYSCORE)

        At most `num` of them, from number `start` on. With `withscores` a list of pairs (element, score).
        """
        words = ["ZRANGEBYSCORE", name, min, max]
        _add_limit(words, start=start, num=num)
        return self._range(words, withscores, score_cast_func)

    def zrevrangebyscore(self, name, max, min, start=None, num=None, withscores=False, score_cast_func=float):
        """Return the elements with scores from `max` down to `min`. (ZREVRANGEBYSCORE)

        At most `num` of them, from number `start` on. With `withscores` a list of pairs (element, score).
        """
        words = ["ZREVRANGEBYSCORE", name, max, min]
        _add_limit(words, start=start, num=num)
        return self._range(words, withscores, score_cast_func)

    def zrangebylex(self, name, min, max, start=None, num=None):
        """Return the elements from `min` to `max` by their bytes. (ZRANGEBYLEX)

        At most `num` of them, from number `start` on.
        """
        words = ["ZRANGEBYLEX", name, min, max]
        _add_limit(words, start=start, num=num)
        return self.execute_command(*words)

    def zrevrangebylex(self, name, max, min, start=None, num=None):
        """Return the elements from `max` down to `min` by their bytes. (ZREVRANGEBYLEX)

        At most `num` of them, from number `start` on.
        """
        words = ["ZREVRANGEBYLEX", name, max, min]
        _add_limit(words, start=start, num=num)
        return self.execute_command(*words)

    def zrangestore(self, dest, name, start, end, byscore=False, bylex=False, desc=False, offset=None, num=None):
        """Return how many elements were found as by `zrange`; the sorted set `dest` has them now. (ZRANGESTORE)"""
        words = ["ZRANGESTORE", dest, name, start, end]
        _add_range_options(words, byscore, bylex, desc, offset, num)
        return self.execute_command(*words)

    def _range(self, words, withscores, score_cast_func):
        if not withscores:
            return self.execute_command(*words)
        return self.execute_command(*words, "WITHSCORES", convert=pairs(score_cast_func))

    def zremrangebyrank(self, name, min, max):
        """Return how many elements were removed: those from rank `min` to `max`; -1 is the last. (ZREMRANGEBYRANK)"""
        return self.execute_command("ZREMRANGEBYRANK", name, min, max)

    def zremrangebyscore(self, name, min, max):
        """Return how many elements were removed: those with scores from `min` to `max`. (ZREMRANGEBYSCORE)"""
        return self.execute_command("ZREMRANGEBYSCORE", name, min, max)

    def zremrangebylex(self, name, min, max):
        """Return how many elements were removed: those from `min` to `max` by their bytes. (ZREMRANGEBYLEX)"""
        return self.execute_command("ZREMRANGEBYLEX", name, min, max)

    # -- several sorted sets -----------------------------------------------------------------------

    def zinter(self, keys, aggregate=None, withscores=False):
        """Return the elements that are in all of the sorted sets (or sets). (ZINTER)

        `keys` is a list, or a dict from keys to weights, by which scores are multiplied. `aggregate` says what
        becomes of an element's scores: "SUM" (the default), "MIN" or "MAX". With `withscores` a list of pairs
        (element, score).
        """
        return self._range(_combination("ZINTER", (), keys, aggregate), withscores, float)

    def zinterstore(self, dest, keys, aggregate=None):
        """Return how many elements were found as by `zinter`; the sorted set `dest` has them now. (ZINTERSTORE)"""
        return self.execute_command(*_combination("ZINTERSTORE", (dest,), keys, aggregate))

    def zintercard(self, numkeys, keys, limit=0):
        """Return how many elements are in all of the `numkeys` sorted sets. (ZINTERCARD)

        Counting ends at `limit`, if that is not 0.
        """
        return self.execute_command("ZINTERCARD", numkeys, *keys, "LIMIT", limit)

    def zunion(self, keys, aggregate=None, withscores=False, score_cast_func=float):
        """Return the elements that are in any of the sorted sets (or sets). (ZUNION)

        The arguments are those of `zinter`.
        """
        return self._range(_combination("ZUNION", (), keys, aggregate), withscores, score_cast_func)

    def zunionstore(self, dest, keys, aggregate=None):
        """Return how many elements were found as by `zunion`; the sorted set `dest` has them now. (ZUNIONSTORE)"""
        return self.execute_command(*_combination("ZUNIONSTORE", (dest,), keys, aggregate))

    def zdiff(self, keys, withscores=False):
        """Return the elements of the first sorted set that are in none of the others. (ZDIFF)

        With `withscores` elements and the texts of their scores in turn.
        """
        if withscores:
            return self.execute_command("ZDIFF", len(keys), *keys, "WITHSCORES", convert=flat_pairs)
        return self.execute_command("ZDIFF", len(keys), *keys)

    def zdiffstore(self, dest, keys):
        """Return how many elements were found as by `zdiff`; the sorted set `dest` has them now. (ZDIFFSTORE)"""
        return self.execute_command("ZDIFFSTORE", dest, len(keys), *keys)

    # -- scanning ----------------------------------------------------------------------------------

    def zscan(self, name, cursor=0, match=None, count=None, score_cast_func=float):
        """Return `(next cursor, list of pairs)`, one step of a walk over the sorted set; 0 is its end. (ZSCAN)

        The pairs are (element, score). `match` is a glob-style pattern of elements, `count` says about how much
        work a step may be (10 by default).
        """
        words = ["ZSCAN", name, cursor]
        add_scan_options(words, match, count)
        return self.execute_command(*words, convert=scanned(score_cast_func))

    def zscan_iter(self, name, match=None, count=None, score_cast_func=float):
        """Return an iterator over pairs (element, score), which asks the server step by step. (ZSCAN)

        The arguments are those of `zscan`. An element may come twice if the sorted set changes meanwhile.
        """
        cursor = None
        while cursor != 0:
            cursor, found = self.zscan(name, cursor or 0, match, count, score_cast_func)
            yield from found


def _end(lowest, highest):
    if bool(lowest) == bool(highest):
        raise DataError("choose one end: either min or max")
    return "MIN" if lowest else "MAX"


def _add_limit(words, **limits):
    require_both(**limits)
    if None not in limits.values():
        words += "LIMIT", *limits.values()


def _add_range_options(words, byscore, bylex, desc, offset, num):
    if byscore and bylex:
        raise DataError("byscore and bylex exclude each other")
    if byscore:
        words.append("BYSCORE")
    if bylex:
        words.append("BYLEX")
    if desc:
        words.append("REV")
    _add_limit(words, offset=offset, num=num)


def _combination(command, dest, keys, aggregate):
    words = [command, *dest, len(keys), *keys]
    if isinstance(keys, dict):
        words += "WEIGHTS", *keys.values()
    if aggregate:
        # Which ones there are is for the server to say: Redis 8 has COUNT, too.
        if aggregate.upper() not in ("SUM", "MIN", "MAX", "COUNT"):
            raise DataError(f"aggregate is SUM, MIN, MAX or COUNT, not {aggregate!r}")
        words += "AGGREGATE", aggregate
    return words


REPLIES = {
    "BZMPOP": key_and_pairs,
    "BZPOPMAX": key_member_score,
    "BZPOPMIN": key_member_score,
    "ZINCRBY": to_float,
    "ZMPOP": key_and_pairs,
    "ZMSCORE": to_floats,
    "ZPOPMAX": popped,
    "ZPOPMIN": popped,
    "ZSCAN": scanned(float),
    "ZSCORE": to_float,
}
