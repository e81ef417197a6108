"""Streams: XADD, XRANGE, XREAD, XTRIM and their kin.

Consumer groups are in stream_groups.py. A stream without entries is still there: only DEL and its like delete the
key. Handlers run with the engine's lock held.
"""
import itertools

from ..args import parse_int
from ..datatypes.stream import LAST_ID, NO_ID, Stream
from ..errors import NoSuchKeyError, OptionSyntaxError, RedisError, SubcommandSyntaxError, wrong_arity
from ..registry import group
from ..replies import NULL_ARRAY, MapReply
from ..stream_args import (format_id, next_id, parse_add_options, parse_id, parse_interval, parse_read_options,
                           parse_trim)

command = group("stream")
command.container("XINFO", "A container for stream introspection commands.", since="5.0.0")

_FULL_COUNT = 10                    # entries that XINFO STREAM FULL shows unless COUNT tells
_TOO_LOW = "ERR The ID specified in XADD is equal or smaller than the target stream top item"


def entries_reply(entries):
    """The reply for a list of (id, fields)."""
    return [(b"%d-%d" % id_, fields) for id_, fields in entries]


# ---- adding -----------------------------------------------------------------------------------------------

@command("XADD", arity=-5, flags="write denyoom fast", keys="1 RW UPDATE", since="5.0.0")
def xadd(session, key, *args):
    """Appends a new message to a stream. Creates the key if it doesn't exist."""
    db = session.db
    keyspace = db.keyspace
    limits = keyspace.limits
    if args[0] == b"*":
        trim, may_create, id_, taken = None, True, None, 1
    else:
        trim, may_create, id_, taken = parse_add_options(args, limits, as_recorded=keyspace.shows_due)
    fields = args[taken:]
    if not fields or len(fields) % 2:
        raise wrong_arity("xadd")
    if id_ == NO_ID:                        # so that no key is made for an entry that cannot be added
        raise RedisError("ERR The ID specified in XADD must be greater than 0-0")
    stored = db.edit_stream(key)
    is_new = stored is None
    if is_new:
        if not may_create:
            return None
        stored = Stream()
    id_ = _choose_id(stored.last_id, id_, keyspace.now_ms)
    if not stored.append(id_, fields, limits):
        raise RedisError("ERR Elements are too large to be stored")
    if is_new:
        db.set(key, stored)                 # which wakes those who wait for it
    elif db.waiting:
        db.note_ready(key, "stream")
    db.touch(key, "xadd")
    if trim is not None and _trim(stored, trim):
        db.touch(key, "xtrim", 0)
    shown_id = b"%d-%d" % id_
    if keyspace.effects is not None:
        options = args[:taken - 1] if trim is None else _repeatable(args[:taken - 1], trim, stored)
        session.propagate(b"XADD", key, *options, shown_id, *fields)
    return shown_id


def _choose_id(last_id, wanted, now_ms):
    """The id of the next entry. `wanted` is None, or ``(ms, None)`` where only the sequence may be chosen."""
    if last_id == LAST_ID:
        raise RedisError("ERR The stream has exhausted the last possible ID, unable to add more items")
    if wanted is None:
        return (now_ms, 0) if now_ms > last_id[0] else next_id(last_id)
    if wanted[1] is None:
        ms = wanted[0]
        wanted = next_id(last_id) if ms == last_id[0] else (ms, 0)
        if wanted[0] != ms:                 # there is no sequence left in this millisecond
            raise RedisError(_TOO_LOW)
    if wanted <= last_id:
        raise RedisError(_TOO_LOW)
    return wanted


# ---- removing ---------------------------------------------------------------------------------------------

def _trim(stored, trim):
    """Trim as a `stream_args.Trim` says; returns how many entries went."""
    if trim.min_id is not None:
        return stored.trim_below(trim.min_id, trim.whole_nodes, trim.limit)
    return stored.trim_to_length(trim.max_length, trim.whole_nodes, trim.limit)


@command("XTRIM", arity=-4, flags="write", keys="1 RW DELETE", since="5.0.0")
def xtrim(session, key, *args):
    """Deletes messages from the beginning of a stream."""
    db = session.db
    trim = parse_trim(args, db.keyspace.limits, as_recorded=db.keyspace.shows_due)
    stored = db.edit_stream(key)
    if stored is None:
        return 0
    deleted = _trim(stored, trim)
    if deleted:
        db.touch(key, "xtrim", deleted)
        if trim.whole_nodes:
            session.propagate(b"XTRIM", key, *_repeatable(args, trim, stored))
    return deleted


def _repeatable(options, trim, stored):
    """Options that trim a stream as they have trimmed it: how far ~ went depends on where its nodes end."""
    if not trim.whole_nodes:
        return options
    end = b"%d" % len(stored) if trim.min_id is None else format_id(stored.first_id if stored else LAST_ID)
    tilde = options.index(b"~")
    return (*options[:tilde], b"=", end, *options[tilde + 2:])


@command("XDEL", arity=-3, flags="write fast", keys="1 RW DELETE", since="5.0.0")
def xdel(session, key, *ids):
    """Returns the number of messages after removing them from a stream."""
    db = session.db
    stored = db.edit_stream(key)
    if stored is None:
        return 0
    deleted = sum(map(stored.delete, list(map(parse_id, ids))))     # all ids must be right before one goes
    if deleted:
        db.touch(key, "xdel", deleted)
    return deleted


@command("XSETID", arity=-3, flags="write denyoom fast", keys="1 RW UPDATE", since="5.0.0")
def xsetid(session, key, last_id, *options):
    """An internal command for replicating stream values."""
    last_id = parse_id(last_id)
    entries_added, max_deleted_id = _parse_setid_options(options, last_id)
    db = session.db
    stored = db.edit_stream(key)
    if stored is None:
        raise NoSuchKeyError
    if last_id < stored.max_deleted_id:
        raise RedisError("ERR The ID specified in XSETID is smaller than current max_deleted_entry_id")
    if len(stored):
        if last_id < stored.last_entry_id:
            raise RedisError("ERR The ID specified in XSETID is smaller than the target stream top item")
        if entries_added is not None and entries_added < len(stored):
            raise RedisError("ERR The entries_added specified in XSETID is smaller than the target stream length")
    stored.last_id = last_id
    if entries_added is not None:
        stored.entries_added = entries_added
    if max_deleted_id != NO_ID:
        stored.max_deleted_id = max_deleted_id
    db.touch(key, "xsetid")
    return "OK"


def _parse_setid_options(options, last_id):
    """``(entries added or None, highest deleted id)``."""
    entries_added, max_deleted_id = None, NO_ID
    for position in range(0, len(options), 2):
        word = options[position].upper()
        if word not in (b"ENTRIESADDED", b"MAXDELETEDID") or position + 1 == len(options):
            raise OptionSyntaxError
        if word == b"ENTRIESADDED":
            entries_added = parse_int(options[position + 1])
            if entries_added < 0:
                raise RedisError("ERR entries_added must be positive")
        else:
            max_deleted_id = parse_id(options[position + 1])
            if last_id < max_deleted_id:
                raise RedisError("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id")
    return entries_added, max_deleted_id


# ---- reading ----------------------------------------------------------------------------------------------

@command("XLEN", arity=2, flags="readonly fast", keys="1 RO", since="5.0.0")
def xlen(session, key):
    """Return the number of messages in a stream."""
    stored = session.db.read_stream(key)
    return 0 if stored is None else len(stored)


@command("XRANGE", arity=-4, flags="readonly", keys="1 RO ACCESS", since="5.0.0")
def xrange_(session, key, start, end, *options):
    """Returns the messages from a stream within a range of IDs."""
    return _range(session.db, key, start, end, options, reverse=False)


@command("XREVRANGE", arity=-4, flags="readonly", keys="1 RO ACCESS", since="5.0.0")
def xrevrange(session, key, end, start, *options):
    """Returns the messages from a stream within a range of IDs in reverse order."""
    return _range(session.db, key, start, end, options, reverse=True)


def _range(db, key, start, end, options, reverse):
    first, last = parse_interval(start, end)
    count = None
    for position in range(0, len(options), 2):
        if options[position].upper() != b"COUNT" or position + 1 == len(options):
            raise OptionSyntaxError
        count = max(parse_int(options[position + 1]), 0)
    stored = db.read_stream(key)
    if stored is None:
        return []
    if count == 0:
        return NULL_ARRAY
    return entries_reply(stored.between(first, last, count, reverse))


@command("XREAD", arity=-4, flags="readonly blocking blocking", keys="after STREAMS@1..-1/half RO ACCESS",
         since="5.0.0")
def xread(session, *args):
    """Returns messages from multiple streams with IDs greater than the ones requested. Blocks until a message
    is available otherwise.
    """
    db = session.db
    options = parse_read_options(args, db.now_ms, for_group=False)
    after = [_parse_after(db.read_stream(key), raw) for key, raw in zip(options.keys, options.ids)]
    found = MapReply()
    for key, id_ in zip(options.keys, after):
        stored = db.read_stream(key)
        if stored is not None and len(stored) and stored.last_entry_id > id_:
            found.append((key, entries_reply(stored.between(next_id(id_), LAST_ID, options.count))))
    if found:
        return found
    if options.block_s is None:
        return NULL_ARRAY
    # When it is run again, $ must still be what it is now.
    args = args[:len(args) - len(after)] + tuple(map(format_id, after))
    return session.block_on(options.keys, "stream", options.block_s, on_timeout=NULL_ARRAY, args=args)


def _parse_after(stored, raw):
    """The id after which XREAD reads in a stream, which may be None."""
    if raw == b"$":
        return NO_ID if stored is None else stored.last_id
    if raw == b">":
        raise RedisError("ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> "
                         "<consumer> option.")
    return parse_id(raw)


# ---- looking inside ---------------------------------------------------------------------------------------

@command("XINFO|STREAM", arity=-3, flags="readonly", keys="2 RO ACCESS", since="5.0.0")
def xinfo_stream(session, key, *options):
    """Returns information about a stream."""
    stored = session.db.read_stream(key)
    if stored is None:
        raise NoSuchKeyError
    reply = {
        b"length": len(stored),
        b"radix-tree-keys": stored.node_count,
        b"radix-tree-nodes": stored.tree_node_count(),
        b"last-generated-id": format_id(stored.last_id),
        b"max-deleted-entry-id": format_id(stored.max_deleted_id),
        b"entries-added": stored.entries_added,
        b"recorded-first-entry-id": format_id(stored.first_id),
    }
    if options:
        count = _parse_full(options) or None            # 0: all
        reply[b"entries"] = entries_reply(stored.between(NO_ID, LAST_ID, count))
        reply[b"groups"] = [_describe_group(stored, name, count) for name in sorted(stored.groups)]
    else:
        reply[b"groups"] = len(stored.groups)
        for name, reverse in ((b"first-entry", False), (b"last-entry", True)):
            entries = entries_reply(stored.between(NO_ID, LAST_ID, 1, reverse))
            reply[name] = entries[0] if entries else None
    return reply


def _parse_full(options):
    """The count of XINFO STREAM key FULL [COUNT count]; 0 asks for all."""
    if len(options) not in (1, 3) or options[0].upper() != b"FULL":
        raise SubcommandSyntaxError
    if len(options) == 1:
        return _FULL_COUNT
    if options[1].upper() != b"COUNT":
        raise SubcommandSyntaxError
    count = parse_int(options[2])
    return count if count >= 0 else _FULL_COUNT


def _describe_group(stored, name, count):
    """One group, and up to `count` of its pending entries, for XINFO STREAM FULL."""
    members = stored.groups[name]
    return {
        b"name": name,
        b"last-delivered-id": format_id(members.last_id),
        b"entries-read": members.entries_read,
        b"lag": members.lag(stored),
        b"pel-count": len(members.pending),
        b"pending": [[format_id(id_), entry.consumer.name, entry.delivered_ms, entry.deliveries]
                     for id_, entry in _first_pending(members, members.ids, count)],
        b"consumers": [_describe_consumer(members, consumer, count) for consumer in members.consumers_in_order()],
    }


def _describe_consumer(members, consumer, count):
    return {
        b"name": consumer.name,
        b"seen-time": consumer.seen_ms,
        b"active-time": -1 if consumer.active_ms is None else consumer.active_ms,
        b"pel-count": len(consumer.ids),
        b"pending": [[format_id(id_), entry.delivered_ms, entry.deliveries]
                     for id_, entry in _first_pending(members, consumer.ids, count)],
    }


def _first_pending(members, ids, count):
    return [(id_, members.pending[id_]) for id_ in itertools.islice(ids, count)]


@command("XINFO|HELP", arity=2, flags="loading stale", since="5.0.0")
def xinfo_help(session):
    """Returns helpful text about the different subcommands."""
    return [
        "XINFO <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "CONSUMERS <key> <groupname>",
        "    Show consumers of <groupname>.",
        "GROUPS <key>",
        "    Show the stream consumer groups.",
        "STREAM <key> [FULL [COUNT <count>]",
        "    Show information about the stream.",
        "HELP",
        "    Print this help.",
    ]
