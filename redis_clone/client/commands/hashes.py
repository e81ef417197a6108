"""Commands for hashes: fields with values under one key.

Redis' words are used as in redis-py: `name` is the hash, `key` a field of it. Since Redis 7.4 fields can expire each
on its own; those commands answer with a list of one number for each field, and -2 in it always means that there
is no such field, or no hash.
"""
from ..errors import DataError
from .arguments import flag_words, items_of, listed, milliseconds_of, seconds_of, unix_ms_of, unix_seconds_of
from .keys import add_scan_options
from .replies import cursor_and_list, flat, to_dict

__all__ = ["HashCommands", "REPLIES"]


class HashCommands:
    """Commands of the group "hash"."""

    # -- fields ------------------------------------------------------------------------------------

    def hget(self, name, key):
        """Return the value of the field `key`, None if there is none. (HGET)"""
        return self.execute_command("HGET", name, key)

    def hset(self, name, key=None, value=None, mapping=None, items=None):
        """Return how many fields were added, not counting those that only have new values. (HSET)

        A field can be given as `key` and `value`, several as a `mapping` or in a flat list `items` of fields and
        values in turn. Raises DataError if there is nothing to set.
        """
        if key is not None and not mapping and not items:
            return self.execute_command("HSET", name, key, value)
        if key is None and not mapping and not items:
            raise DataError("there are no fields to set: neither key and value, nor mapping, nor items")
        words = list(items or ())
        if key is not None:
            words += key, value
        if mapping:
            words += items_of(mapping)
        return self.execute_command("HSET", name, *words)

    def hsetnx(self, name, key, value):
        """Return 1 if the field was set, 0 if it was there already. (HSETNX)"""
        return self.execute_command("HSETNX", name, key, value)

    def hmset(self, name, mapping):
        """Return True; the fields have the values of the mapping. `hset` can do the same. (HMSET)

        Raises DataError if the mapping is empty.
        """
        if not mapping:
            raise DataError("there are no fields to set: the mapping is empty")
        return self.execute_command("HMSET", name, *items_of(mapping))

    def hmget(self, name, keys, *args):
        """Return a list of the values of the fields, None in the place of those that are not there. (HMGET)

        `keys` is a list, or all fields are given one by one.
        """
        return self.execute_command("HMGET", name, *listed(keys, args))

    def hdel(self, name, *keys):
        """Return how many of the fields were removed. (HDEL)"""
        return self.execute_command("HDEL", name, *keys)

    def hexists(self, name, key):
        """Return True if there is a field `key`. (HEXISTS)"""
        return self.execute_command("HEXISTS", name, key)

    def hstrlen(self, name, key):
        """Return the length of the field's value in bytes, 0 if there is none. (HSTRLEN)"""
        return self.execute_command("HSTRLEN", name, key)

    def hincrby(self, name, key, amount=1):
        """Return the field's value after `amount` was added; it begins at 0. (HINCRBY)

        Raises ResponseError if the value is not an integer of 64 bits.
        """
        return self.execute_command("HINCRBY", name, key, amount)

    def hincrbyfloat(self, name, key, amount=1.0):
        """Return the field's value, a float, after `amount` was added; it begins at 0. (HINCRBYFLOAT)"""
        return self.execute_command("HINCRBYFLOAT", name, key, amount)

    # -- the whole hash ----------------------------------------------------------------------------

    def hgetall(self, name):
        """Return a dict of all fields and their values. (HGETALL)"""
        return self.execute_command("HGETALL", name)

    def hkeys(self, name):
        """Return a list of all fields. (HKEYS)"""
        return self.execute_command("HKEYS", name)

    def hvals(self, name):
        """Return a list of the values of all fields. (HVALS)"""
        return self.execute_command("HVALS", name)

    def hlen(self, name):
        """Return the number of fields, 0 if there is no hash. (HLEN)"""
        return self.execute_command("HLEN", name)

    def hrandfield(self, key, count=None, withvalues=False):
        """Return a field chosen at random, None if there is no hash. (HRANDFIELD)

        With `count` a list of up to so many different ones; if it is negative, of exactly so many, which may
        repeat. With `withvalues`, which needs a `count`, fields and values in turn.
        """
        words = ["HRANDFIELD", key]
        if count is not None:
            words.append(count)
        if withvalues:
            words.append("WITHVALUES")
        return self.execute_command(*words)

    def hscan(self, name, cursor=0, match=None, count=None, no_values=None):
        """Return `(next cursor, dict of fields)`, one step of a walk over the hash; 0 is its end. (HSCAN)

        `match` is a glob-style pattern of fields, `count` says about how much work a step may be (10 by default).
        With `no_values`, which needs a server like Redis 7.4 or newer, the fields come in a list without values.
        """
        words = ["HSCAN", name, cursor]
        add_scan_options(words, match, count)
        if not no_values:
            return self.execute_command(*words)
        return self.execute_command(*words, "NOVALUES", convert=cursor_and_list)

    def hscan_iter(self, name, match=None, count=None, no_values=None):
        """Return an iterator over pairs of fields and values, which asks the server step by step. (HSCAN)

        The arguments are those of `hscan`; with `no_values` it is one over fields. A field may come twice if the
        hash changes meanwhile.
        """
        cursor = None
        while cursor != 0:
            cursor, found = self.hscan(name, cursor or 0, match, count, no_values)
            yield from found if no_values else found.items()

    # -- fields that expire ------------------------------------------------------------------------

    def hexpire(self, name, seconds, *fields, nx=False, xx=False, gt=False, lt=False):
        """Return for each field 1 if it expires in `seconds` (int or timedelta), 0 if not, 2 if now. (HEXPIRE)

        0 is for a condition that is not met: `nx` it has no time to live yet, `xx` it has one, `gt` the new one
        is longer, `lt` it is shorter. Raises ValueError for more than one condition.
        """
        return self._expire_fields("HEXPIRE", name, seconds_of(seconds), fields, nx, xx, gt, lt)

    def hpexpire(self, name, milliseconds, *fields, nx=False, xx=False, gt=False, lt=False):
        """Return for each field 1 if it expires in `milliseconds` (int or timedelta), 0 if not, 2 if now. (HPEXPIRE)

        Conditions as for `hexpire`.
        """
        return self._expire_fields("HPEXPIRE", name, milliseconds_of(milliseconds), fields, nx, xx, gt, lt)

    def hexpireat(self, name, unix_time_seconds, *fields, nx=False, xx=False, gt=False, lt=False):
        """Return for each field 1 if it expires at that moment, 0 if not, 2 if that is over. (HEXPIREAT)

        The moment is in seconds since 1970, or a datetime. Conditions as for `hexpire`.
        """
        return self._expire_fields("HEXPIREAT", name, unix_seconds_of(unix_time_seconds), fields, nx, xx, gt, lt)

    def hpexpireat(self, name, unix_time_milliseconds, *fields, nx=False, xx=False, gt=False, lt=False):
        """Return for each field 1 if it expires at that moment, 0 if not, 2 if that is over. (HPEXPIREAT)

        The moment is in milliseconds since 1970, or a datetime. Conditions as for `hexpire`.
        """
        return self._expire_fields("HPEXPIREAT", name, unix_ms_of(unix_time_milliseconds), fields, nx, xx, gt, lt)

    def httl(self, key, *fields):
        """Return for each field the seconds left to it, -1 if it does not expire. (HTTL)"""
        return self.execute_command("HTTL", key, "FIELDS", len(fields), *fields)

    def hpttl(self, key, *fields):
        """Return for each field the milliseconds left to it, -1 if it does not expire. (HPTTL)"""
        return self.execute_command("HPTTL", key, "FIELDS", len(fields), *fields)

    def hexpiretime(self, key, *fields):
        """Return for each field when it expires, in seconds since 1970, -1 if it does not. (HEXPIRETIME)"""
        return self.execute_command("HEXPIRETIME", key, "FIELDS", len(fields), *fields)

    def hpexpiretime(self, key, *fields):
        """Return for each field when it expires, in milliseconds since 1970, -1 if it does not. (HPEXPIRETIME)"""
        return self.execute_command("HPEXPIRETIME", key, "FIELDS", len(fields), *fields)

    def hpersist(self, name, *fields):
        """Return for each field 1 if its time to live was taken away, -1 if it had none. (HPERSIST)"""
        return self.execute_command("HPERSIST", name, "FIELDS", len(fields), *fields)

    def _expire_fields(self, command, name, time, fields, nx, xx, gt, lt):
        conditions = flag_words(NX=nx, XX=xx, GT=gt, LT=lt)
        if len(conditions) > 1:
            raise ValueError(f"one condition at a time, not {' and '.join(conditions)}")
        return self.execute_command(command, name, time, *conditions, "FIELDS", len(fields), *fields)


def _cursor_and_dict(reply):
    cursor, found = reply
    return int(cursor), to_dict(found)


REPLIES = {
    "HEXISTS": bool,
    "HGETALL": to_dict,
    "HINCRBYFLOAT": float,
    "HMSET": bool,
    "HRANDFIELD": flat,
    "HSCAN": _cursor_and_dict,
}
