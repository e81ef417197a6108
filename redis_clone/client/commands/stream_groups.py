"""Consumer groups of streams: each entry is delivered to one of the group, which acknowledges it later.

Entries come back as in streams, as tuples (id, fields).
"""
from ..errors import DataError
from .replies import ok, text_keys, texts, to_dict
from .stream_options import (
    block_words, check_number, check_reference_policy, count_words, entries, entries_by_stream, limit_words,
    stream_words,
)

__all__ = ["StreamGroupCommands", "REPLIES"]

NACK_MODES = ("SILENT", "FAIL", "FATAL")


class StreamGroupCommands:
    """XGROUP, XREADGROUP, XACK, XCLAIM, XPENDING, XINFO and the like."""

    # -- groups and their consumers ----------------------------------------------------------------

    def xgroup_create(self, name, groupname, id="$", mkstream=False, entries_read=None):
        """Return True after creating a group of the stream `name`. (XGROUP CREATE)

        id: the group gets the entries after this one; "0" for all, "$" for those to come. mkstream: create
        the stream too, else ResponseError if there is none. entries_read: how many entries count as read, for
        the group's lag. ResponseError with BUSYGROUP if there is such a group.
        """
        words = ["MKSTREAM"] if mkstream else []
        if entries_read is not None:
            words += "ENTRIESREAD", entries_read
        return self.execute_command("XGROUP CREATE", name, groupname, id, *words)

    def xgroup_createconsumer(self, name, groupname, consumername):
        """Return 1 if the consumer was created, 0 if it was there. (XGROUP CREATECONSUMER)"""
        return self.execute_command("XGROUP CREATECONSUMER", name, groupname, consumername)

    def xgroup_delconsumer(self, name, groupname, consumername):
        """Return how many entries the consumer had not acknowledged when it was deleted; they are then
        nobody's. (XGROUP DELCONSUMER)"""
        return self.execute_command("XGROUP DELCONSUMER", name, groupname, consumername)

    def xgroup_destroy(self, name, groupname):
        """Return True if the group was there and has been deleted with all it knew. (XGROUP DESTROY)"""
        return self.execute_command("XGROUP DESTROY", name, groupname)

    def xgroup_setid(self, name, groupname, id, entries_read=None):
        """Return True after setting the last entry delivered to the group. (XGROUP SETID)

        id, entries_read: see xgroup_create.
        """
        words = [] if entries_read is None else ["ENTRIESREAD", entries_read]
        return self.execute_command("XGROUP SETID", name, groupname, id, *words)

    def xgroup_help(self):
        """Return a list of lines about the XGROUP commands. (XGROUP HELP)"""
        return self.execute_command("XGROUP HELP")

    # -- reading and acknowledging -----------------------------------------------------------------

    def xreadgroup(self, groupname, consumername, streams, count=None, block=None, noack=False,
                   claim_min_idle_time=None, max_count=None, max_size=None):
        """Return entries for this consumer, as a list of [stream, [(id, fields), ...]], which may be empty.
        (XREADGROUP)

        streams: a dict of streams and ids; ">" for entries that nobody in the group has got, an id for those
        after it that this consumer got and has not acknowledged (fields is then empty for a deleted entry).
        count: so many entries of each stream at most. block: wait so many milliseconds for new ones, 0 for
        ever; the client's socket_timeout must be longer. noack: take them as acknowledged.
        claim_min_idle_time (Redis 8.4): take over first what others have had for so many milliseconds; an
        entry is then (id, fields, idle time, deliveries). max_count, max_size: see xread.
        """
        words = count_words("XREADGROUP", count) + limit_words("XREADGROUP", count, max_count, max_size)
        words += block_words("XREADGROUP", block)
        if noack:
            words.append("NOACK")
        convert = None
        if claim_min_idle_time is not None:
            check_number("XREADGROUP", "claim_min_idle_time", claim_min_idle_time)
            words += "CLAIM", claim_min_idle_time
            convert = _claimed_by_stream
        words += stream_words("XREADGROUP", streams)
        return self.execute_command("XREADGROUP", "GROUP", groupname, consumername, *words, convert=convert)

    def xack(self, name, groupname, *ids):
        """Return how many of the entries `ids` were waiting to be acknowledged and now are. (XACK)"""
        return self.execute_command("XACK", name, groupname, *ids)

    def xackdel(self, name, groupname, *ids, ref_policy="KEEPREF"):
        """Return a list with a number for each of `ids`, acknowledged and deleted: see xdelex.
        (XACKDEL, Redis 8.2)"""
        if not ids:
            raise DataError("XACKDEL needs at least one id")
        check_reference_policy("XACKDEL", ref_policy, needed=True)
        return self.execute_command("XACKDEL", name, groupname, ref_policy, "IDS", len(ids), *ids)

    def xnack(self, name, groupname, mode, *ids, retrycount=None, force=False):
        """Return how many of the entries `ids` were given back without having been processed.
        (XNACK, newest servers)

        mode: "SILENT" does not count the delivery, "FAIL" does, "FATAL" marks the entry as one that cannot be
        processed. retrycount: set the number of deliveries. force: also what was never delivered.
        """
        if not ids:
            raise DataError("XNACK needs at least one id")
        if mode not in NACK_MODES:
            raise DataError(f"XNACK: mode must be one of {', '.join(NACK_MODES)}, not {mode!r}")
        words = ["IDS", len(ids), *ids]
        if retrycount is not None:
            check_number("XNACK", "retrycount", retrycount)
            words += "RETRYCOUNT", retrycount
        if force:
            words.append("FORCE")
        return self.execute_command("XNACK", name, groupname, mode, *words)

    # -- what has not been acknowledged ------------------------------------------------------------

    def xpending(self, name, groupname):
        """Return an overview of what the group has not acknowledged: a dict with `pending` (how many), `min`,
        `max` (ids) and `consumers`, a list of dicts with `name` and `pending`. (XPENDING)"""
        return self.execute_command("XPENDING", name, groupname)

    def xpending_range(self, name, groupname, min, max, count, consumername=None, idle=None):
        """Return a list of dicts, one for each entry that is not acknowledged: `message_id`, `consumer`,
        `time_since_delivered` (milliseconds), `times_delivered`. (XPENDING)

        min, max: ids, as for xrange. count: so many at most. consumername: only this one's. idle: only what
        was delivered so many milliseconds ago or earlier. Without min, max and count (None): xpending.
        """
        if min is max is count is None:
            if idle is not None or consumername is not None:
                raise DataError("XPENDING: idle and consumername need min, max and count")
            return self.xpending(name, groupname)
        if min is None or max is None or count is None:
            raise DataError("XPENDING: min, max and count go together")
        words = []
        if idle is not None:
            _check_not_negative("XPENDING", "idle", idle)
            words += "IDLE", idle
        _check_not_negative("XPENDING", "count", count)
        words += min, max, count
        if consumername:
            words.append(consumername)
        return self.execute_command("XPENDING", name, groupname, *words, convert=_pending_entries)

    def xclaim(self, name, groupname, consumername, min_idle_time, message_ids, idle=None, time=None,
               retrycount=None, force=False, justid=False):
        """Return the entries that were taken over from other consumers, a list of (id, fields), or of ids
        with `justid`. (XCLAIM)

        min_idle_time: take only what was delivered so many milliseconds ago or earlier. message_ids: a list
        or tuple that is not empty. idle: let it look as if delivered so many milliseconds ago; time: at this
        time (milliseconds since 1970); retrycount: set the number of deliveries. force: also take what nobody
        has. justid: does not count as a delivery either.
        """
        check_number("XCLAIM", "min_idle_time", min_idle_time)
        if not isinstance(message_ids, (list, tuple)) or not message_ids:
            raise DataError("XCLAIM: message_ids must be a list or tuple with at least one id")
        words = [*message_ids]
        for option, value in (("IDLE", idle), ("TIME", time), ("RETRYCOUNT", retrycount)):
            if value is not None:
                if not isinstance(value, int):
                    raise DataError(f"XCLAIM: {option.lower()} must be an int, not {value!r}")
                words += option, value
        for option, value in (("FORCE", force), ("JUSTID", justid)):
            if value:
                if not isinstance(value, bool):
                    raise DataError(f"XCLAIM: {option.lower()} must be True or False, not {value!r}")
                words.append(option)
        return self.execute_command("XCLAIM", name, groupname, consumername, min_idle_time, *words,
                                    convert=list if justid else None)

    def xautoclaim(self, name, groupname, consumername, min_idle_time, start_id="0-0", count=None, justid=False):
        """Return [next id, entries, deleted ids] after taking over what other consumers have had for long;
        with `justid`, only a list of ids. (XAUTOCLAIM)

        min_idle_time: take only what was delivered so many milliseconds ago or earlier. start_id: look from
        here on, and next time from the id that is returned; "0-0" means the end was reached. count: so many
        entries at most (the server's default is 100). The third item is missing before Redis 7.
        """
        _check_not_negative("XAUTOCLAIM", "min_idle_time", min_idle_time)
        words = []
        if count is not None:
            _check_not_negative("XAUTOCLAIM", "count", count)
            words += "COUNT", count
        if justid:
            words.append("JUSTID")
        return self.execute_command("XAUTOCLAIM", name, groupname, consumername, min_idle_time, start_id, *words,
                                    convert=_claimed_ids if justid else None)

    # -- information -------------------------------------------------------------------------------

    def xinfo_consumers(self, name, groupname):
        """Return a list of dicts about the group's consumers: `name`, `pending`, `idle` and, since Redis 7.2,
        `inactive` (milliseconds). (XINFO CONSUMERS)"""
        return self.execute_command("XINFO CONSUMERS", name, groupname)

    def xinfo_groups(self, name):
        """Return a list of dicts about the stream's groups: `name`, `consumers`, `pending`,
        `last-delivered-id` and, since Redis 7, `entries-read` and `lag`. (XINFO GROUPS)"""
        return self.execute_command("XINFO GROUPS", name)

    def xinfo_stream(self, name, full=False):
        """Return a dict about the stream: `length`, `groups`, `last-generated-id`, `first-entry`,
        `last-entry` and more. (XINFO STREAM)

        full: with a dict `entries` of ids and fields, and `groups` as a list of dicts that tell of consumers
        and of what is not acknowledged. ResponseError if there is no stream.
        """
        if full:
            return self.execute_command("XINFO STREAM", name, "FULL", convert=_full_stream)
        return self.execute_command("XINFO STREAM", name)

    def xinfo_help(self):
        """Return a list of lines about the XINFO commands. (XINFO HELP)"""
        return self.execute_command("XINFO HELP")


def _check_not_negative(command, name, value):
    # Numbers in words are left to the server.
    if isinstance(value, (int, float)) and value < 0:
        raise DataError(f"{command}: {name} must not be negative, but is {value!r}")


def _claimed_by_stream(reply):
    """entries_by_stream with what follows an entry's fields."""
    if not reply:
        return []
    streams = reply.items() if isinstance(reply, dict) else reply
    return [[stream, [(id, to_dict(fields), *rest) for id, fields, *rest in found]]
            for stream, found in streams]


def _claimed(reply):
    return [reply[0], entries(reply[1]), *reply[2:]]


def _claimed_ids(reply):
    return reply[1]


def _pending(reply):
    consumers = [{"name": name, "pending": int(pending)} for name, pending in reply[3] or ()]
    return {"pending": reply[0], "min": reply[1], "max": reply[2], "consumers": consumers}


def _pending_entries(reply):
    names = "message_id", "consumer", "time_since_delivered", "times_delivered"
    return [dict(zip(names, entry)) for entry in reply]


def _dicts(reply):
    return [text_keys(item) for item in reply]


def _stream(reply):
    stream = text_keys(reply)
    for name in ("first-entry", "last-entry"):
        if stream.get(name) is not None:
            stream[name], = entries([stream[name]])
    return stream


def _full_stream(reply):
    stream = text_keys(reply)
    stream["entries"] = dict(entries(stream["entries"]))
    stream["groups"] = groups = _dicts(stream["groups"])
    for group in groups:
        group["consumers"] = _dicts(group["consumers"])
    return stream


REPLIES = {
    "XAUTOCLAIM": _claimed,
    "XCLAIM": entries,
    "XGROUP CREATE": ok,
    "XGROUP DESTROY": bool,
    "XGROUP HELP": texts,
    "XGROUP SETID": ok,
    "XINFO CONSUMERS": _dicts,
    "XINFO GROUPS": _dicts,
    "XINFO HELP": texts,
    "XINFO STREAM": _stream,
    "XPENDING": _pending,
    "XREADGROUP": entries_by_stream,
}
