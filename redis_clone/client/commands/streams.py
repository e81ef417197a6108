"""Streams as logs: adding, reading, trimming. Consumer groups are in stream_groups.

An entry comes back as a tuple (id, fields), fields as a dict; of fields with the same name, only the last one
is seen.
"""
from ..errors import DataError
from .replies import ok
from .stream_options import (
    block_words, check_reference_policy, check_trimming, count_words, entries, entries_by_stream, limit_words,
    stream_words,
)

__all__ = ["StreamCommands", "REPLIES"]


class StreamCommands:
    """XADD, XRANGE, XREAD, XTRIM and what else needs no consumer group."""

    def xadd(self, name, fields, id="*", maxlen=None, approximate=True, nomkstream=False, minid=None,
             limit=None, ref_policy=None, idmpauto=None, idmp=None):
        """Return the id of the entry that was added to the stream `name`; None if there was no stream and
        none was to be made. (XADD)

        fields: a dict that is not empty. id: "*" for one made from the server's clock, "milliseconds-*", or
        a whole id, which must be above the last one (ResponseError otherwise).
        maxlen: remove old entries until this many are left; minid: remove entries with a lower id; only one
        of them. approximate: let some more stay where that is quicker. limit: look at this many entries at
        most (with approximate only).
        nomkstream: do nothing if the stream does not exist.
        ref_policy (Redis 8.2): what becomes of the removed entries in consumer groups, "KEEPREF", "DELREF"
        or "ACKED". idmpauto=producer, idmp=(producer, key) (Redis 8.6): add the same entry only once.
        """
        check_trimming(maxlen, minid)
        _check_idempotence(idmpauto, idmp, id)
        check_reference_policy("XADD", ref_policy)
        if maxlen is not None and (not isinstance(maxlen, int) or maxlen < 0):
            raise DataError(f"XADD: maxlen must be an int from 0, not {maxlen!r}")
        if not isinstance(fields, dict) or not fields:
            raise DataError("XADD: fields must be a dict with at least one item")
        words = ["NOMKSTREAM"] if nomkstream else []
        if ref_policy is not None:
            words.append(ref_policy)
        if idmpauto is not None:
            words += "IDMPAUTO", idmpauto
        if idmp is not None:
            words += "IDMP", *idmp
        if maxlen is not None or minid is not None:
            words.append("MINID" if maxlen is None else "MAXLEN")
            if approximate:
                words.append("~")
            words.append(minid if maxlen is None else maxlen)
        if limit is not None:
            words += "LIMIT", limit
        words.append(id)
        for pair in fields.items():
            words += pair
        return self.execute_command("XADD", name, *words)

    def xcfgset(self, name, idmp_duration=None, idmp_maxsize=None):
        """Return OK after setting how long, or how many, ids of additions are kept to recognise a
        repetition. (XCFGSET, Redis 8.6)

        idmp_duration: seconds, from 1 to 300. idmp_maxsize: ids for each producer, from 1 to 1000000. At
        least one of them.
        """
        if idmp_duration is None and idmp_maxsize is None:
            raise DataError("XCFGSET: give idmp_duration, idmp_maxsize or both")
        words = []
        limits = ("IDMP-DURATION", idmp_duration, 300), ("IDMP-MAXSIZE", idmp_maxsize, 1000000)
        for option, value, most in limits:
            if value is not None:
                if not isinstance(value, int) or not 1 <= value <= most:
                    raise DataError(f"XCFGSET: {option} must be an int from 1 to {most}, not {value!r}")
                words += option, value
        return self.execute_command("XCFGSET", name, *words)

    def xdel(self, name, *ids):
        """Return how many of the entries `ids` were there and have been deleted. (XDEL)"""
        return self.execute_command("XDEL", name, *ids)

    def xdelex(self, name, *ids, ref_policy="KEEPREF"):
        """Return a list with a number for each of `ids`: 1 deleted, -1 not there, 2 still needed.
        (XDELEX, Redis 8.2)

        ref_policy: "KEEPREF" leaves what consumer groups know of the entries, "DELREF" removes it, "ACKED"
        deletes only what all groups have acknowledged.
        """
        check_reference_policy("XDELEX", ref_policy, needed=True)
        if not ids:
            raise DataError("XDELEX needs at least one id")
        return self.execute_command("XDELEX", name, ref_policy, "IDS", len(ids), *ids)

    def xlen(self, name):
        """Return the number of entries of the stream `name`, 0 if there is none. (XLEN)"""
        return self.execute_command("XLEN", name)

    def xrange(self, name, min="-", max="+", count=None):
        """Return a list of (id, fields) of the entries from `min` to `max`, the oldest first. (XRANGE)

        min, max: ids, inclusive; "(" in front excludes; "-" and "+" are the first and the last one; a time
        in milliseconds stands for all ids of that time. count: no more entries than this.
        """
        return self.execute_command("XRANGE", name, min, max, *count_words("XRANGE", count))

    def xrevrange(self, name, max="+", min="-", count=None):
        """Return a list of (id, fields) of the entries from `max` down to `min`, the newest first. The same
        as xrange but for the order, of the arguments too. (XREVRANGE)"""
        return self.execute_command("XREVRANGE", name, max, min, *count_words("XREVRANGE", count))

    def xread(self, streams, count=None, block=None, max_count=None, max_size=None):
        """Return what is new, as a list of [stream, [(id, fields), ...]]; an empty list if nothing is.
        (XREAD)

        streams: a dict of streams and the id after which to read; "$" for what comes from now on, "+" for
        the last entry (Redis 7.4). count: so many entries of each stream at most.
        block: wait so many milliseconds for something to come, 0 for ever; the client's socket_timeout must
        be longer. max_count, max_size: so many entries, or bytes, in all at most (newest servers).
        """
        words = block_words("XREAD", block) + count_words("XREAD", count)
        words += limit_words("XREAD", count, max_count, max_size)
        return self.execute_command("XREAD", *words, *stream_words("XREAD", streams))

    def xsetid(self, name, last_id, entries_added=None, max_deleted_id=None):
        """Return True after setting the last id of the stream `name`, which replication does. (XSETID)

        entries_added: how many entries have been added in all; max_deleted_id: the highest id that was
        deleted; both or none. ResponseError if an entry's id is above `last_id`.
        """
        if (entries_added is None) != (max_deleted_id is None):
            raise DataError("XSETID: entries_added and max_deleted_id go together")
        words = []
        if entries_added is not None:
            words += "ENTRIESADDED", entries_added, "MAXDELETEDID", max_deleted_id
        return self.execute_command("XSETID", name, last_id, *words)

    def xtrim(self, name, maxlen=None, approximate=True, minid=None, limit=None, ref_policy=None):
        """Return how many old entries were removed from the stream `name`. (XTRIM)

        maxlen: until this many are left; minid: those with a lower id; one of the two. approximate: let some
        more stay where that is quicker. limit: look at this many entries at most (with approximate only).
        ref_policy: see xadd.
        """
        check_trimming(maxlen, minid)
        if maxlen is None and minid is None:
            raise DataError("XTRIM needs maxlen or minid")
        check_reference_policy("XTRIM", ref_policy)
        words = ["MINID" if maxlen is None else "MAXLEN"]
        if approximate:
            words.append("~")
        words.append(minid if maxlen is None else maxlen)
        if limit is not None:
            words += "LIMIT", limit
        if ref_policy is not None:
            words.append(ref_policy)
        return self.execute_command("XTRIM", name, *words)


def _check_idempotence(idmpauto, idmp, id):
    if idmpauto is None and idmp is None:
        return
    if idmpauto is not None and idmp is not None:
        raise DataError("XADD: idmpauto and idmp exclude each other")
    if id != "*":
        raise DataError("XADD: idmpauto and idmp need id='*'")
    if idmp is not None and (not isinstance(idmp, tuple) or len(idmp) != 2):
        raise DataError(f"XADD: idmp must be a tuple (producer, key), not {idmp!r}")


REPLIES = {
    "XRANGE": entries,
    "XREAD": entries_by_stream,
    "XREVRANGE": entries,
    "XSETID": ok,
}
