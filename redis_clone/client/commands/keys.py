"""Commands for keys of any type: deleting, renaming, times to live, scanning, sorting, moving between servers."""
from ..errors import DataError
from .arguments import (
    flag_words, listed, milliseconds_of, require_both, seconds_of, unix_ms_of, unix_seconds_of,
)
from .replies import cursor_and_list, ok

__all__ = ["KeyCommands", "REPLIES"]


class KeyCommands:
    """Commands of the group "generic"."""

    # -- keys as such ------------------------------------------------------------------------------

    def delete(self, *names):
        """Return how many of the keys `names` were there; all of them are gone now. (DEL)"""
        return self.execute_command("DEL", *names)

    def __delitem__(self, name):
        """Delete the key `name`; it is no error if there is none. (DEL)"""
        self.delete(name)

    def unlink(self, *names):
        """Return how many of the keys `names` were there. (UNLINK)

        Like `delete`, but the server frees the memory of large values later, in the background.
        """
        return self.execute_command("UNLINK", *names)

    def exists(self, *names):
        """Return how many of the keys `names` there are; a key named twice counts twice. (EXISTS)"""
        return self.execute_command("EXISTS", *names)

    def __contains__(self, name):
        """Return True if there is a key `name`. (EXISTS)"""
        return self.exists(name)

    def touch(self, *args):
        """Return how many of the keys there are; their time of last use is set to now. (TOUCH)"""
        return self.execute_command("TOUCH", *args)

    def type(self, name):
        """Return the type of the value of `name`: string, list, set, zset, hash, stream, or none. (TYPE)"""
        return self.execute_command("TYPE", name)

    def keys(self, pattern="*"):
        """Return a list of all keys that match the glob-style `pattern`, in no order. (KEYS)

        The server does nothing else meanwhile; where there are many keys, use `scan_iter`.
        """
        return self.execute_command("KEYS", pattern)

    def randomkey(self):
        """Return a key chosen at random, None if there is none. (RANDOMKEY)"""
        return self.execute_command("RANDOMKEY")

    def rename(self, src, dst):
        """Return True; the key `src` is called `dst` now, replacing what was there. (RENAME)

        Raises ResponseError if there is no `src`.
        """
        return self.execute_command("RENAME", src, dst)

    def renamenx(self, src, dst):
        """Return True if `src` was renamed to `dst`, False if there is a `dst` already. (RENAMENX)

        Raises ResponseError if there is no `src`.
        """
        return self.execute_command("RENAMENX", src, dst)

    def copy(self, source, destination, destination_db=None, replace=False):
        """Return True if the value of `source`, with its time to live, was copied to `destination`. (COPY)

        `destination_db` is the number of another database; with `replace` an existing `destination` is
        overwritten instead of the copy refused.
        """
        words = ["COPY", source, destination]
        if destination_db is not None:
            words += "DB", destination_db
        if replace:
            words.append("REPLACE")
        return self.execute_command(*words)

    def move(self, name, db):
        """Return True if the key was moved to the database of number `db`. (MOVE)

        False if there is no such key here, or one of this name there.
        """
        return self.execute_command("MOVE", name, db)

    def object(self, infotype, key=None):
        """Return what the server knows of the key's inner life, None if there is no such key. (OBJECT)

        `infotype` is "encoding" (a name), "refcount", "idletime" (seconds since the last use), "freq" (a measure of
        how often it is used, with an LFU `maxmemory-policy` only), or "help" (a list of lines, without a key).
        """
        return self.execute_command("OBJECT", infotype, *(() if key is None else (key,)))

    # -- times to live -----------------------------------------------------------------------------

    def expire(self, name, time, nx=False, xx=False, gt=False, lt=False):
        """Return True if the key expires in `time` seconds (int or timedelta) from now. (EXPIRE)

        False if there is no such key, or a condition is not met: `nx` it has no time to live yet, `xx` it
        has one, `gt` the new one is longer, `lt` it is shorter (a key without one counts as living for ever).
        """
        return self.execute_command("EXPIRE", name, seconds_of(time), *_conditions(nx, xx, gt, lt))

    def pexpire(self, name, time, nx=False, xx=False, gt=False, lt=False):
        """Return True if the key expires in `time` milliseconds (int or timedelta) from now. (PEXPIRE)

        Conditions as for `expire`.
        """
        return self.execute_command("PEXPIRE", name, milliseconds_of(time), *_conditions(nx, xx, gt, lt))

    def expireat(self, name, when, nx=False, xx=False, gt=False, lt=False):
        """Return True if the key expires at `when`: seconds since 1970, or a datetime. (EXPIREAT)

        Conditions as for `expire`.
        """
        return self.execute_command("EXPIREAT", name, unix_seconds_of(when), *_conditions(nx, xx, gt, lt))

    def pexpireat(self, name, when, nx=False, xx=False, gt=False, lt=False):
        """Return True if the key expires at `when`: milliseconds since 1970, or a datetime. (PEXPIREAT)

        Conditions as for `expire`.
        """
        return self.execute_command("PEXPIREAT", name, unix_ms_of(when), *_conditions(nx, xx, gt, lt))

    def ttl(self, name):
        """Return the seconds left to the key: -1 if it does not expire, -2 if there is none. (TTL)"""
        return self.execute_command("TTL", name)

    def pttl(self, name):
        """Return the milliseconds left to the key: -1 if it does not expire, -2 if there is none. (PTTL)"""
        return self.execute_command("PTTL", name)

    def expiretime(self, key):
        """Return when the key expires, in seconds since 1970: -1 never, -2 there is none. (EXPIRETIME)"""
        return self.execute_command("EXPIRETIME", key)

    def pexpiretime(self, key):
        """Return when the key expires, in milliseconds since 1970: -1 never, -2 there is none. (PEXPIRETIME)"""
        return self.execute_command("PEXPIRETIME", key)

    def persist(self, name):
        """Return True if the key's time to live was taken away, False if it had none. (PERSIST)"""
        return self.execute_command("PERSIST", name)

    # -- scanning ----------------------------------------------------------------------------------

    def scan(self, cursor=0, match=None, count=None, _type=None):
        """Return `(next cursor, list of keys)`, one step of a walk over all keys; 0 is its end. (SCAN)

        A key that is there from beginning to end is seen at least once. `match` is a glob-style pattern, `count`
        says about how much work a step may be (10 by default), `_type` is a type as `type` returns it.
        """
        words = ["SCAN", cursor]
        add_scan_options(words, match, count)
        if _type is not None:
            words += "TYPE", _type
        return self.execute_command(*words)

    def scan_iter(self, match=None, count=None, _type=None):
        """Return an iterator over all keys, which asks the server step by step. (SCAN)

        The arguments are those of `scan`. A key may come twice if keys are added or deleted meanwhile.
        """
        cursor = None
        while cursor != 0:
            cursor, found = self.scan(cursor or 0, match, count, _type)
            yield from found

    # -- sorting -----------------------------------------------------------------------------------

    def sort(self, name, start=None, num=None, by=None, get=None, desc=False, alpha=False, store=None, groups=False):
        """Return the sorted elements of the list, set or sorted set `name`. (SORT)

        They are compared as numbers, with `alpha` as texts, with `desc` the greatest first. `start` and `num`
        cut a part out of the result. `by` is a pattern like "weight_*" or "data_*->weight" of the keys (or
        hash fields) to compare instead, `get` one pattern or several of what to return instead ("#" is the element
        itself); with `groups` the values of several come as a tuple for each element. With `store` the result
        goes to the list of that name, and its length is returned.
        """
        words = ["SORT", name]
        _add_sort_options(words, start, num, by, get, desc, alpha)
        if store is not None:
            words += "STORE", store
        if not groups:
            return self.execute_command(*words)
        if not get or isinstance(get, (bytes, str)) or len(get) < 2:
            raise DataError("groups need a list of at least two patterns in get")
        size = len(get)
        return self.execute_command(*words, convert=lambda reply: _grouped(reply, size))

    def sort_ro(self, key, start=None, num=None, by=None, get=None, desc=False, alpha=False):
        """Return the sorted elements of `key`; like `sort`, but allowed on a replica. (SORT_RO)"""
        words = ["SORT_RO", key]
        _add_sort_options(words, start, num, by, get, desc, alpha)
        return self.execute_command(*words)

    # -- keys on their way -------------------------------------------------------------------------

    def dump(self, name):
        """Return the value of the key in the binary form that `restore` takes, None if there is none. (DUMP)

        Always bytes.
        """
        return self.execute_command("DUMP", name)

    def restore(self, name, ttl, value, replace=False, absttl=False, idletime=None, frequency=None):
        """Return OK; the key has now the value that `dump` gave. (RESTORE)

        `ttl` is its time to live in milliseconds, 0 for ever, or, with `absttl`, the moment it expires. Raises
        ResponseError (BUSYKEY) if the key exists, but for `replace`. `idletime` (seconds) and `frequency` (0 to
        255) tell eviction how it was used.
        """
        return self.execute_command("RESTORE", name, ttl, value, *restore_words(replace, absttl, idletime, frequency))

    def migrate(self, host, port, keys, destination_db, timeout, copy=False, replace=False, auth=None):
        """Return OK if the keys (one or a list) were moved to another server, NOKEY if there are none. (MIGRATE)

        The server itself sends them, to database `destination_db` of `host` and `port`, and gives up after
        `timeout` milliseconds without progress. `copy` leaves them here, too, `replace` overwrites those that
        are there. `auth` is the other server's password, or a pair of user name and password.
        """
        keys = listed(keys)
        if not keys:
            raise DataError("there are no keys to migrate")
        words = ["MIGRATE", host, port, "", destination_db, timeout]
        if copy:
            words.append("COPY")
        if replace:
            words.append("REPLACE")
        if auth:
            words += ("AUTH2", *auth) if isinstance(auth, (tuple, list)) else ("AUTH", auth)
        return self.execute_command(*words, "KEYS", *keys)

    def wait(self, num_replicas, timeout):
        """Return how many replicas have all that this connection wrote. (WAIT)

        Waits until there are `num_replicas`, at most `timeout` milliseconds; 0 is for ever.
        """
        return self.execute_command("WAIT", num_replicas, timeout)

    def waitaof(self, num_local, num_replicas, timeout):
        """Return `[servers, replicas]` that have on disk all that this connection wrote. (WAITAOF)

        Waits until the server itself has (`num_local` 1, or 0 not to ask for it) and `num_replicas` replicas
        have, at most `timeout` milliseconds; 0 is for ever.
        """
        return self.execute_command("WAITAOF", num_local, num_replicas, timeout)


def add_scan_options(words, match, count):
    """Append MATCH and COUNT, which all of the SCAN family have, to a command."""
    if match is not None:
        words += "MATCH", match
    if count is not None:
        words += "COUNT", count


def restore_words(replace, absttl, idletime, frequency):
    """The options of RESTORE and RESTORE-ASKING."""
    words = flag_words(REPLACE=replace, ABSTTL=absttl)
    if idletime is not None:
        words += "IDLETIME", _integer("idletime", idletime)
    if frequency is not None:
        words += "FREQ", _integer("frequency", frequency)
    return words


def _conditions(nx, xx, gt, lt):
    if not (nx or xx or gt or lt):
        return ()
    # Which of them may be combined is for the server to say.
    return flag_words(NX=nx, XX=xx, GT=gt, LT=lt)


def _add_sort_options(words, start, num, by, get, desc, alpha):
    require_both(start=start, num=num)
    if by is not None:
        words += "BY", by
    if start is not None:
        words += "LIMIT", start, num
    if get is not None:
        for pattern in listed(get):
            words += "GET", pattern
    if desc:
        words.append("DESC")
    if alpha:
        words.append("ALPHA")


def _grouped(reply, size):
    if not isinstance(reply, list):         # the length, of what was stored
        return reply
    return list(zip(*(iter(reply),) * size))


def _integer(name, value):
    try:
        return int(value)
    except ValueError:
        raise DataError(f"{name} must be an integer, not {value!r}") from None


REPLIES = {
    "COPY": bool,
    "EXPIRE": bool,
    "EXPIREAT": bool,
    "MOVE": bool,
    "PERSIST": bool,
    "PEXPIRE": bool,
    "PEXPIREAT": bool,
    "RENAME": ok,
    "RENAMENX": bool,
    "SCAN": cursor_and_list,
}
