"""Pending entries of consumer groups and how they change hands: XPENDING, XCLAIM, XAUTOCLAIM.

An entry that was delivered and not acknowledged can be taken over from a consumer that is slow or dead. Entries
that the stream has no more are dropped when they are met on the way. Handlers run with the engine's lock held.
"""
from collections import namedtuple

from ..args import INT64_MAX, parse_int, parse_range_int
from ..datatypes.stream import LAST_ID, NO_ID, Stream
from ..errors import OptionSyntaxError, RedisError, WrongTypeError, quote_start
from ..registry import group
from ..replies import NULL_ARRAY
from ..stream_args import format_id, parse_id, parse_interval
from .stream_groups import (find_group, propagate_creation, propagate_pending, propagate_position, tell,
                            touch_consumer)
from .streams import entries_reply

command = group("stream")

_AUTOCLAIM_COUNT = 100
_LOOKS_PER_ENTRY = 10                       # pending entries that XAUTOCLAIM looks at for each that it may claim
_HIGHEST_COUNT = INT64_MAX // 16
_ENOUGH_MEMORY = 1 << 37                    # ids; for how many Redis has room depends on the machine

# Not given: -1 for both, as in Redis, where it also means "now" and "leave the count alone" if it is given.
_ClaimOptions = namedtuple("_ClaimOptions", "delivered_ms deliveries force just_id last_id")


# ---- looking ----------------------------------------------------------------------------------------------

@command("XPENDING", arity=-3, flags="readonly", keys="1 RO ACCESS", since="5.0.0")
def xpending(session, key, name, *args):
    """Returns the information and entries from a stream consumer group's pending entries list."""
    if args:
        return _list_pending(session.db, key, name, args)
    members = find_group(session.db.read_stream(key), key, name)
    if not members.pending:
        return [0, None, None, NULL_ARRAY]
    counts = [[consumer.name, b"%d" % len(consumer.ids)]
              for consumer in members.consumers_in_order() if consumer.ids]
    return [len(members.pending), format_id(members.ids.first), format_id(members.ids.last), counts]


def _list_pending(db, key, name, args):
    """XPENDING key group [IDLE ms] start end count [consumer]."""
    idle_ms, first, last, count, consumer_name = _parse_pending(args)
    members = find_group(db.read_stream(key), key, name)
    ids = members.ids
    if consumer_name is not None:
        consumer = members.consumers.get(consumer_name)
        if consumer is None:
            return []
        ids = consumer.ids
    if not count:
        return []
    now_ms = db.now_ms
    reply = []
    for id_ in ids.between(first, last):
        entry = members.pending[id_]
        idle_for_ms = now_ms - entry.delivered_ms
        if idle_ms and idle_for_ms < idle_ms:
            continue
        reply.append([format_id(id_), entry.consumer.name, max(idle_for_ms, 0), entry.deliveries])
        if len(reply) == count:
            break
    return reply


def _parse_pending(args):
    """``(least idle time, first id, last id, count, consumer or None)``."""
    if not 3 <= len(args) <= 6:
        raise OptionSyntaxError
    idle_ms = 0
    if args[0].upper() == b"IDLE":
        idle_ms = parse_int(args[1])
        args = args[2:]
        if len(args) < 3:
            raise OptionSyntaxError
    count = max(parse_int(args[2]), 0)
    first, last = parse_interval(args[0], args[1])
    return idle_ms, first, last, count, args[3] if len(args) > 3 else None      # Redis ignores what follows


# ---- taking over ------------------------------------------------------------------------------------------

@command("XCLAIM", arity=-6, flags="write fast", keys="1 RW UPDATE", since="5.0.0")
def xclaim(session, key, name, consumer, min_idle_time, *args):
    """Changes, or acquires, ownership of a message in a consumer group, as if the message was delivered a
    consumer group member.
    """
    db = session.db
    now_ms = db.now_ms
    stored = db.read_stream(key)
    members = find_group(stored, key, name)
    idle_ms = max(parse_int(min_idle_time, "ERR Invalid min-idle-time argument for XCLAIM"), 0)
    ids = _parse_leading_ids(args)
    options = _parse_claim_options(args[len(ids):], now_ms)
    session.propagate()                         # each entry is told of by an XCLAIM of its own
    advanced = options.last_id > members.last_id
    if advanced:
        members.last_id = options.last_id
    is_new = consumer not in members.consumers
    consumer = touch_consumer(db, key, members, consumer, now_ms)
    claimed, dropped = [], 0
    for id_ in ids:
        fields = stored.get(id_)
        if fields is None:
            dropped += _drop(session, key, name, members, id_)
        elif _claim(members, id_, consumer, idle_ms, options, now_ms):
            propagate_pending(session, key, name, members, id_, members.last_id)
            claimed.append((id_, fields))
    tell(db, key, changes=len(claimed) + dropped)
    if claimed:
        consumer.active_ms = now_ms
        return _claimed_reply(claimed, options.just_id)
    if is_new:
        propagate_creation(session, key, name, consumer.name)
    if advanced:
        tell(db, key)
        if not dropped:                         # else that XCLAIM says it, too
            propagate_position(session, key, name, members)
    return []


def _drop(session, key, name, members, id_):
    """Forget a pending entry that the stream has no more; False when it is not pending."""
    if id_ not in members.pending:
        return False
    propagate_pending(session, key, name, members, id_, members.last_id)    # claiming it drops it there, too
    return members.acknowledge(id_)


def _claimed_reply(entries, just_id):
    return [format_id(id_) for id_, _ in entries] if just_id else entries_reply(entries)


def _parse_leading_ids(args):
    """The ids that `args` begin with; the first word that is none ends them."""
    ids = []
    for raw in args:
        try:
            ids.append(parse_id(raw))
        except RedisError:
            break
    return ids


def _parse_claim_options(args, now_ms):
    delivered_ms = deliveries = -1
    force = just_id = False
    last_id = NO_ID
    words = iter(args)
    left = len(args)
    for raw in words:
        word = raw.upper()
        left -= 1
        if word == b"FORCE":
            force = True
        elif word == b"JUSTID":
            just_id = True
        elif left and word in (b"IDLE", b"TIME", b"RETRYCOUNT", b"LASTID"):
            argument = next(words)
            left -= 1
            if word == b"LASTID":
                last_id = parse_id(argument)
                continue
            number = parse_int(argument, f"ERR Invalid {word.decode()} option argument for XCLAIM")
            if word == b"RETRYCOUNT":
                deliveries = number
            else:
                delivered_ms = now_ms - number if word == b"IDLE" else number
        else:
            raise RedisError(f"ERR Unrecognized XCLAIM option '{quote_start(raw, len(raw))}'")
    if not 0 <= delivered_ms <= now_ms:         # times in the future are no error: clocks may differ a little
        delivered_ms = now_ms
    return _ClaimOptions(delivered_ms, deliveries, force, just_id, last_id)


def _claim(members, id_, consumer, idle_ms, options, now_ms):
    """Let an entry of the stream become pending for `consumer`; False when it may not."""
    entry = members.pending.get(id_)
    if entry is None:
        if not options.force:
            return False
        entry = members.add_pending(id_, consumer, now_ms, 1)
    elif idle_ms and now_ms - entry.delivered_ms < idle_ms:
        return False
    members.reassign(id_, entry, consumer)
    entry.delivered_ms = options.delivered_ms
    if options.deliveries >= 0:
        entry.deliveries = options.deliveries
    elif not options.just_id:
        entry.deliver_again(options.delivered_ms)
    return True


@command("XAUTOCLAIM", arity=-6, flags="write fast", keys="1 RW DELETE", since="6.2.0")
def xautoclaim(session, key, name, consumer, min_idle_time, start, *options):
    """Changes, or acquires, ownership of messages in a consumer group, as if the messages were delivered to as
    consumer group member.
    """
    db = session.db
    now_ms = db.now_ms
    stored = db.read(key)                   # counts as a use of the key even if an argument is wrong
    idle_ms = max(parse_int(min_idle_time, "ERR Invalid min-idle-time argument for XAUTOCLAIM"), 0)
    first, _ = parse_interval(start, b"+")
    count, just_id = _parse_autoclaim_options(options)
    if stored is not None and stored.__class__ is not Stream:
        raise WrongTypeError
    members = find_group(stored, key, name)
    if count > _ENOUGH_MEMORY:
        raise RedisError("ERR Insufficient memory, failed allocating transient memory, COUNT too high.")
    session.propagate()
    is_new = consumer not in members.consumers
    consumer = touch_consumer(db, key, members, consumer, now_ms)
    claimed, deleted, next_one = _autoclaim(stored, members, consumer, idle_ms, first, count, just_id, now_ms)
    for id_ in sorted([id_ for id_, _ in claimed] + deleted):
        propagate_pending(session, key, name, members, id_, members.last_id)
    for id_ in deleted:
        members.acknowledge(id_)
    if claimed:
        consumer.active_ms = now_ms
    elif is_new:
        propagate_creation(session, key, name, consumer.name)
    tell(db, key, changes=len(claimed) + len(deleted))
    return [format_id(next_one), _claimed_reply(claimed, just_id), list(map(format_id, deleted))]


def _parse_autoclaim_options(options):
    """``(count, only ids?)``."""
    count, just_id = _AUTOCLAIM_COUNT, False
    words = iter(options)
    for raw in words:
        word = raw.upper()
        if word == b"JUSTID":
            just_id = True
            continue
        argument = next(words, None)
        if word != b"COUNT" or argument is None:
            raise OptionSyntaxError
        count = parse_range_int(argument, 1, _HIGHEST_COUNT, "ERR COUNT must be > 0")
    return count, just_id


def _autoclaim(stored, members, consumer, idle_ms, first, count, just_id, now_ms):
    """Claim up to `count` pending entries from the id `first` on; those to be dropped count, too.

    Returns ``(claimed entries, ids to be dropped, id to go on from)``; the last is NO_ID at the end.
    """
    claimed, deleted, next_one = [], [], NO_ID
    looks = count * _LOOKS_PER_ENTRY
    for id_ in members.ids.between(first, LAST_ID):
        if not looks or len(claimed) + len(deleted) == count:
            next_one = id_
            break
        looks -= 1
        fields = stored.get(id_)
        if fields is None:
            deleted.append(id_)
            continue
        entry = members.pending[id_]
        if idle_ms and now_ms - entry.delivered_ms < idle_ms:
            continue
        members.reassign(id_, entry, consumer)
        if just_id:
            entry.delivered_ms = now_ms
        else:
            entry.deliver_again(now_ms)
        claimed.append((id_, fields))
    return claimed, deleted, next_one
