"""Consumer groups of streams: XGROUP, XREADGROUP, XACK, and what XINFO tells of them.

XPENDING, XCLAIM and XAUTOCLAIM are in stream_claims.py. What a group knows stands in datatypes/consumer_group.py.

Whatever happens to a group does not count as a change of the stream: transactions that WATCH the key do not
fail, so these commands call `tell` in place of `Database.touch`. Handlers run with the engine's lock held.
"""
from itertools import islice

from ..args import parse_int
from ..datatypes.consumer_group import ConsumerGroup
from ..datatypes.stream import LAST_ID, NO_ID
from ..errors import NoSuchKeyError, RedisError, SubcommandSyntaxError, quote_start
from ..registry import group
from ..replies import NULL_ARRAY, MapReply
from ..stream_args import format_id, next_id, parse_id, parse_read_options
from .streams import entries_reply

command = group("stream")
command.container("XGROUP", "A container for consumer groups commands.", since="5.0.0")

_NO_KEY = ("ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the "
           "MKSTREAM option to create an empty stream automatically.")
_NO_DOLLAR = ("ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this "
              "consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return "
              "an empty result set.")


def tell(db, key, event=None, changes=1):
    """Count a change in a group, and tell of it when it has a name."""
    keyspace = db.keyspace
    keyspace.dirty += changes
    if event is not None and keyspace.notify is not None:
        keyspace.notify(db, event, key)


def find_group(stored, key, name, context=""):
    """The group in a stream, which may be None; raises NOGROUP. `context` ends the error."""
    members = None if stored is None else stored.groups.get(name)
    if members is None:
        raise RedisError(f"NOGROUP No such key '{_quote(key)}' or consumer group '{_quote(name)}'{context}")
    return members


def touch_consumer(db, key, members, name, now_ms):
    """The consumer of that name, created if need be; it is seen now."""
    consumer = members.consumers.get(name)
    if consumer is None:
        consumer = members.create_consumer(name, now_ms)
        tell(db, key, "xgroup-createconsumer")
    else:
        consumer.seen_ms = now_ms
    return consumer


def propagate_creation(session, key, group_name, name):
    """Say that a consumer was created that nothing has been delivered to, so that nothing else tells of it."""
    session.propagate(b"XGROUP", b"CREATECONSUMER", key, group_name, name)


def propagate_pending(session, key, group_name, members, id_, last_id):
    """Say how a pending entry is now, in an XCLAIM that makes it so; `last_id` is how far the group has read."""
    if session.engine.keyspace.effects is None:
        return
    entry = members.pending[id_]
    session.propagate(b"XCLAIM", key, group_name, entry.consumer.name, b"0", format_id(id_),
                      b"TIME", b"%d" % entry.delivered_ms, b"RETRYCOUNT", b"%d" % entry.deliveries,
                      b"FORCE", b"JUSTID", b"LASTID", format_id(last_id))


def propagate_position(session, key, group_name, members):
    """Say how far a group has read."""
    entries_read = -1 if members.entries_read is None else members.entries_read
    session.propagate(b"XGROUP", b"SETID", key, group_name, format_id(members.last_id),
                      b"ENTRIESREAD", b"%d" % entries_read)


def _quote(word):
    return quote_start(word, len(word))


# ---- making and changing groups ---------------------------------------------------------------------------

@command("XGROUP|CREATE", arity=-5, flags="write denyoom", keys="2 RW INSERT", since="5.0.0")
def xgroup_create(session, key, name, after, *options):
    """Creates a consumer group."""
    make_stream, entries_read = _parse_create_options(options)
    db = session.db
    stored = db.edit_stream(key)
    if stored is None and not make_stream:
        raise RedisError(_NO_KEY)
    if len(options) > 3:                    # Redis counts them after it has looked at them and at the key
        raise SubcommandSyntaxError
    if after == b"$":
        last_id = NO_ID if stored is None else stored.last_id
    else:
        last_id = parse_id(after)
    is_new = stored is None
    if is_new:
        stored = db.edit_stream(key, create=True)
    elif name in stored.groups:
        raise RedisError("BUSYGROUP Consumer Group name already exists")
    stored.groups[name] = ConsumerGroup(last_id, entries_read)
    if is_new:
        db.touch(key, "xgroup-create")
    else:
        tell(db, key, "xgroup-create")
    return "OK"


def _parse_create_options(options):
    """``(make the stream?, entries read or None)`` of XGROUP CREATE."""
    make_stream, entries_read, position = False, None, 0
    while position < len(options):
        word = options[position].upper()
        if word == b"MKSTREAM":
            make_stream = True
            position += 1
        elif word == b"ENTRIESREAD" and position + 1 < len(options):
            entries_read = _parse_entries_read(options[position + 1])
            position += 2
        else:
            raise SubcommandSyntaxError
    return make_stream, entries_read


def _parse_entries_read(raw):
    number = parse_int(raw)
    if number < -1:
        raise RedisError("ERR value for ENTRIESREAD must be positive or -1")
    return None if number == -1 else number


@command("XGROUP|SETID", arity=-5, flags="write", keys="2 RW UPDATE", since="5.0.0")
def xgroup_setid(session, key, name, after, *options):
    """Sets the last-delivered ID of a consumer group."""
    entries_read = None
    for position in range(0, len(options), 2):
        if options[position].upper() != b"ENTRIESREAD" or position + 1 == len(options):
            raise SubcommandSyntaxError
        entries_read = _parse_entries_read(options[position + 1])
    db = session.db
    stored, members = _edit_group(db, key, name)
    if len(options) > 2:
        raise SubcommandSyntaxError
    # Unlike XGROUP CREATE this one takes the ends of all ids, too.
    ends = {b"$": stored.last_id, b"-": NO_ID, b"+": LAST_ID}
    members.last_id = ends[after] if after in ends else parse_id(after)
    members.entries_read = entries_read
    tell(db, key, "xgroup-setid")
    return "OK"


def _edit_group(db, key, name):
    """``(stream, group)`` for the subcommands of XGROUP that need both."""
    stored = _edit_existing(db, key)
    if name not in stored.groups:
        raise _no_group(key, name)
    return stored, stored.groups[name]


def _edit_existing(db, key):
    stored = db.edit_stream(key)
    if stored is None:
        raise RedisError(_NO_KEY)
    return stored


def _no_group(key, name):
    return RedisError(f"NOGROUP No such consumer group '{_quote(name)}' for key name '{_quote(key)}'")


@command("XGROUP|DESTROY", arity=4, flags="write", keys="2 RW DELETE", since="5.0.0")
def xgroup_destroy(session, key, name):
    """Destroys a consumer group."""
    db = session.db
    stored = _edit_existing(db, key)
    if stored.groups.pop(name, None) is None:
        return 0
    tell(db, key, "xgroup-destroy")
    db.note_ready(key, "stream")            # who waits in XREADGROUP is to find that there is no such group
    return 1


@command("XGROUP|CREATECONSUMER", arity=5, flags="write denyoom", keys="2 RW INSERT", since="6.2.0")
def xgroup_createconsumer(session, key, name, consumer):
    """Creates a consumer in a consumer group."""
    db = session.db
    _, members = _edit_group(db, key, name)
    if consumer in members.consumers:
        return 0
    touch_consumer(db, key, members, consumer, db.now_ms)
    return 1


@command("XGROUP|DELCONSUMER", arity=5, flags="write", keys="2 RW DELETE", since="5.0.0")
def xgroup_delconsumer(session, key, name, consumer):
    """Deletes a consumer from a consumer group."""
    db = session.db
    _, members = _edit_group(db, key, name)
    if consumer not in members.consumers:
        return 0
    pending = members.delete_consumer(consumer)
    tell(db, key, "xgroup-delconsumer")
    return pending


@command("XGROUP|HELP", arity=2, flags="loading stale", since="5.0.0")
def xgroup_help(session):
    """Returns helpful text about the different subcommands."""
    return [
        "XGROUP <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "CREATE <key> <groupname> <id|$> [option]",
        "    Create a new consumer group. Options are:",
        "    * MKSTREAM",
        "      Create the empty stream if it does not exist.",
        "    * ENTRIESREAD entries_read",
        "      Set the group's entries_read counter (internal use).",
        "CREATECONSUMER <key> <groupname> <consumer>",
        "    Create a new consumer in the specified group.",
        "DELCONSUMER <key> <groupname> <consumer>",
        "    Remove the specified consumer.",
        "DESTROY <key> <groupname>",
        "    Remove the specified group.",
        "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
        "    Set the current group ID and entries_read counter.",
        "HELP",
        "    Print this help.",
    ]


# ---- reading and acknowledging ----------------------------------------------------------------------------

@command("XREADGROUP", arity=-7, flags="write blocking", keys="after STREAMS@4..-1/half RO ACCESS", since="5.0.0")
def xreadgroup(session, *args):
    """Returns new or historical messages from a stream for a consumer in a group. Blocks until a message is
    available otherwise.
    """
    db = session.db
    now_ms = db.now_ms
    options = parse_read_options(args, now_ms, for_group=True)
    reads = []
    for key, raw in zip(options.keys, options.ids):
        stored = db.read_stream(key)
        members = find_group(stored, key, options.group, " in XREADGROUP with GROUP option")
        reads.append((key, stored, members, _parse_after(raw)))
    found = MapReply()
    session.propagate()                     # what it comes to are other commands
    for key, stored, members, after in reads:
        entries = _read(session, options, key, stored, members, after)
        if entries is not None:
            found.append((key, entries))
            db.keyspace.dirty += 1
    if found:
        return found
    if options.block_s is None:
        return NULL_ARRAY
    return session.block_on(options.keys, "stream", options.block_s, on_timeout=NULL_ARRAY, until_gone=True)


def _parse_after(raw):
    """The id after which to read a consumer's history, or None for `>`: new entries."""
    if raw == b">":
        return None
    if raw == b"$":
        raise RedisError(_NO_DOLLAR)
    after = parse_id(raw)
    return None if after == LAST_ID else after          # Redis cannot tell the two apart


def _read(session, options, key, stored, members, after):
    """What XREADGROUP reads from one stream, the reply for it; None when there is nothing new."""
    db = session.db
    now_ms = db.now_ms
    db.keyspace.hits += 1                   # Redis looks the key up once more
    has_news = after is None and len(stored) and stored.last_entry_id > members.last_id
    if options.consumer not in members.consumers and not (has_news and not options.no_ack):
        propagate_creation(session, key, options.group, options.consumer)
    consumer = touch_consumer(db, key, members, options.consumer, now_ms)
    if has_news:
        return _read_new(session, options, key, stored, members, consumer)
    return None if after is None else _read_history(stored, members, consumer, after, options.count, now_ms)


def _read_new(session, options, key, stored, members, consumer):
    """Deliver the next entries to a consumer; there is at least one."""
    entries = stored.between(next_id(members.last_id), LAST_ID, options.count)
    ids = [id_ for id_, _ in entries]
    members.advance(stored, ids)
    if not options.no_ack:
        consumer.active_ms = session.db.now_ms
        members.deliver(ids, consumer, consumer.active_ms)
    if session.db.keyspace.effects is not None:
        for id_ in () if options.no_ack else ids:
            propagate_pending(session, key, options.group, members, id_, id_)
        propagate_position(session, key, options.group, members)
    return entries_reply(entries)


def _read_history(stored, members, consumer, after, count, now_ms):
    """A consumer's pending entries once more; those that the stream has no more come without fields."""
    reply = []
    for id_ in islice(consumer.ids.between(next_id(after), LAST_ID), count):
        fields = stored.get(id_)
        if fields is None:
            fields = NULL_ARRAY
        else:
            members.pending[id_].deliver_again(now_ms)
        reply.append((format_id(id_), fields))
    return reply


@command("XACK", arity=-4, flags="write fast", keys="1 RW UPDATE", since="5.0.0")
def xack(session, key, name, *ids):
    """Returns the number of messages that were successfully acknowledged by the consumer group member of a
    stream.
    """
    db = session.db
    stored = db.read_stream(key)
    members = None if stored is None else stored.groups.get(name)
    if members is None:
        return 0
    acknowledged = sum(map(members.acknowledge, list(map(parse_id, ids))))     # all must be right before one goes
    db.keyspace.dirty += acknowledged
    return acknowledged


# ---- what there is ----------------------------------------------------------------------------------------

@command("XINFO|GROUPS", arity=3, flags="readonly", keys="2 RO ACCESS", since="5.0.0")
def xinfo_groups(session, key):
    """Returns a list of the consumer groups of a stream."""
    stored = _read_existing(session.db, key)
    return [_describe_group(stored, name, stored.groups[name]) for name in sorted(stored.groups)]


def _read_existing(db, key):
    stored = db.read_stream(key)
    if stored is None:
        raise NoSuchKeyError
    return stored


def _describe_group(stored, name, members):
    return {
        b"name": name,
        b"consumers": len(members.consumers),
        b"pending": len(members.pending),
        b"last-delivered-id": format_id(members.last_id),
        b"entries-read": members.entries_read,
        b"lag": members.lag(stored),
    }


@command("XINFO|CONSUMERS", arity=4, flags="readonly", keys="2 RO ACCESS", since="5.0.0")
def xinfo_consumers(session, key, name):
    """Returns a list of the consumers in a consumer group."""
    db = session.db
    members = _read_existing(db, key).groups.get(name)
    if members is None:
        raise _no_group(key, name)
    now_ms = db.now_ms
    return [{
        b"name": consumer.name,
        b"pending": len(consumer.ids),
        b"idle": max(now_ms - consumer.seen_ms, 0),
        b"inactive": -1 if consumer.active_ms is None else max(now_ms - consumer.active_ms, 0),
    } for consumer in members.consumers_in_order()]
