"""A consumer group of a stream: how far it has read, its consumers, and what they have not acknowledged.

A pending entry is one that was delivered and not acknowledged yet. `ConsumerGroup.pending` says of each by its
id whose it is and when and how often it was delivered; `ConsumerGroup.ids` has the same ids in order, and
`Consumer.ids` those of one consumer. An entry may be pending though the stream has deleted it.

How many entries a group has read of all that were ever added (`entries_read`) is counted where that can be
done: it is None when nobody knows, after the group was set to some id in the middle, say. `advance` and
`lag` follow Redis' rules for it, in which deleted entries matter: where one of them may lie ahead, only
the ends of the stream are still known by number.

Change groups and consumers through the methods here, but for `last_id`, `entries_read`, `seen_ms` and
`active_ms`. Adding, removing and finding a pending entry takes O(log n).

Locking: the engine's lock. Not here: the stream's entries, errors and replies.
"""
from .ordered_ids import OrderedIds

__all__ = ["ConsumerGroup", "Consumer", "PendingEntry", "entries_up_to"]

_NO_ID = (0, 0)
_2_63 = 1 << 63


class PendingEntry:
    """A delivery that was not acknowledged: to which consumer, when (milliseconds since 1970), how often."""

    __slots__ = ("consumer", "delivered_ms", "deliveries")

    def __init__(self, consumer, delivered_ms, deliveries):
        self.consumer = consumer
        self.delivered_ms = delivered_ms
        self.deliveries = deliveries

    def deliver_again(self, delivered_ms):
        """It was delivered once more to the consumer that it has."""
        self.delivered_ms = delivered_ms
        self.deliveries = _wrapped(self.deliveries + 1)

    def __length_hint__(self):
        """Nothing in it is worth taking apart by itself when a large group is disposed of."""
        return 0


class Consumer:
    """One reader of a group. `ids` are those of its pending entries.

    `seen_ms` is when it last tried to read or claim, `active_ms` when it last got something (None: never),
    milliseconds since 1970.
    """

    __slots__ = ("name", "seen_ms", "active_ms", "ids")

    def __init__(self, name, seen_ms, active_ms=None):
        self.name = name
        self.seen_ms = seen_ms
        self.active_ms = active_ms
        self.ids = OrderedIds()


class ConsumerGroup:
    """`consumers` maps names (bytes) to Consumer, `pending` ids to PendingEntry."""

    __slots__ = ("last_id", "entries_read", "consumers", "pending", "ids")

    def __init__(self, last_id, entries_read=None):
        self.last_id = last_id              # of the last entry delivered to any consumer
        self.entries_read = entries_read
        self.consumers = {}
        self.pending = {}
        self.ids = OrderedIds()             # those in `pending`

    # ---- consumers ---------------------------------------------------------------------------

    def create_consumer(self, name, seen_ms, active_ms=None):
        """Add a consumer that is not there yet and return it."""
        consumer = self.consumers[name] = Consumer(name, seen_ms, active_ms)
        return consumer

    def delete_consumer(self, name):
        """Remove a consumer that is there, with its pending entries; returns how many they were."""
        ids = self.consumers.pop(name).ids
        for id_ in ids:
            del self.pending[id_]
        if len(ids) * 8 > len(self.ids):            # then it is quicker to look at all that stay
            self.ids = OrderedIds(filter(self.pending.__contains__, self.ids))
        else:
            for id_ in ids:
                self.ids.remove(id_)
        return len(ids)

    def consumers_in_order(self):
        """A list of the consumers, by name."""
        return [self.consumers[name] for name in sorted(self.consumers)]

    # ---- pending entries ---------------------------------------------------------------------

    def deliver(self, ids, consumer, now_ms):
        """Note that entries are delivered to a consumer as new ones, even if they were pending already."""
        pending, add, add_own = self.pending, self.ids.add, consumer.ids.add
        for id_ in ids:
            entry = pending.get(id_)
            if entry is None:
                pending[id_] = PendingEntry(consumer, now_ms, 1)
                add(id_)
                add_own(id_)
            else:
                self.reassign(id_, entry, consumer)
                entry.delivered_ms = now_ms
                entry.deliveries = 1

    def add_pending(self, id_, consumer, delivered_ms, deliveries):
        """Add a pending entry with an id that is not pending yet, and return it."""
        entry = self.pending[id_] = PendingEntry(consumer, delivered_ms, deliveries)
        self.ids.add(id_)
        consumer.ids.add(id_)
        return entry

    def reassign(self, id_, entry, consumer):
        """Let the pending `entry` be that of another consumer, or stay with the same."""
        if entry.consumer is not consumer:
            entry.consumer.ids.remove(id_)
            consumer.ids.add(id_)
            entry.consumer = consumer

    def acknowledge(self, id_):
        """Forget a pending entry; False when there is none with this id."""
        entry = self.pending.pop(id_, None)
        if entry is None:
            return False
        self.ids.remove(id_)
        entry.consumer.ids.remove(id_)
        return True

    # ---- how far it has read -----------------------------------------------------------------

    def advance(self, stream, ids):
        """The entries with these ids, one or more, after all that were delivered before: count them."""
        if self.entries_read is not None and stream.max_deleted_id == _NO_ID:
            self.entries_read = _wrapped(self.entries_read + len(ids))
        else:
            for id_ in ids:
                if self.entries_read is not None and not _may_miss_entries(stream, id_):
                    self.entries_read = _wrapped(self.entries_read + 1)
                elif stream.entries_added:
                    self.entries_read = entries_up_to(stream, id_)
        self.last_id = ids[-1]

    def lag(self, stream):
        """How many entries the group still has to read, or None when that is not known."""
        if not stream.entries_added:
            return 0
        entries_read = self.entries_read
        if entries_read is None or _may_miss_entries(stream, self.last_id):
            entries_read = entries_up_to(stream, self.last_id)
        return None if entries_read is None else _wrapped(stream.entries_added - entries_read)

    def duplicate(self):
        """An independent copy."""
        new = ConsumerGroup(self.last_id, self.entries_read)
        for name, consumer in self.consumers.items():
            new.create_consumer(name, consumer.seen_ms, consumer.active_ms).ids = OrderedIds(consumer.ids)
        for id_, entry in self.pending.items():
            new.pending[id_] = PendingEntry(new.consumers[entry.consumer.name], entry.delivered_ms, entry.deliveries)
        new.ids = OrderedIds(self.ids)
        return new


def _wrapped(number):
    """A number as it stands in 64 bits: counts may be set to any value and overflow, in Redis as here."""
    return number if -_2_63 <= number < _2_63 else (number + _2_63) % (2 * _2_63) - _2_63


def _may_miss_entries(stream, id_):
    """Whether an entry that XDEL has deleted may lie at or after `id_`, among those that are there."""
    if not stream or stream.max_deleted_id == _NO_ID:
        return False
    return stream.max_deleted_id >= id_ and stream.max_deleted_id >= stream.first_id


def entries_up_to(stream, id_):
    """How many entries were ever added to a stream up to `id_`, or None when that cannot be told."""
    if not stream.entries_added:
        return 0
    if not stream and id_ <= stream.last_id:
        return stream.entries_added
    if id_ >= stream.last_id:
        return stream.entries_added if id_ == stream.last_id else None
    first_id = stream.first_id
    if id_ > first_id or (stream.max_deleted_id >= first_id and stream.max_deleted_id != _NO_ID):
        return None
    before_first = stream.entries_added - len(stream)
    return before_first + 1 if id_ == first_id else before_first
