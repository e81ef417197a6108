"""Keyspace notifications: what happens to keys, published to whoever subscribes to it.

`Database.touch` tells of each change by the name of an event, "set" or "expired" say. The directive
notify-keyspace-events chooses with letters which classes of events are published, and where:

    K  to __keyspace@<db>__:<key>, the message is the event
    E  to __keyevent@<db>__:<event>, the message is the key

The keyspace knows only of one function to call, `Keyspace.notify`. It is None while nothing is to be
published, so that a server without notifications pays nothing for them.

All calls are made with the engine's lock held. Which command causes which events, and in what order, is
written where the commands touch their keys, not here.
"""

__all__ = ["Notifier", "CLASS_OF"]

# Letters of the directive, each with the events of its class. The class d is for modules: it has none here.
_EVENTS = {
    "g": "del rename_from rename_to move_from move_to copy_to restore expire persist",
    "$": "set append setrange setbit incrby incrbyfloat pfadd",
    "l": "lpush rpush lpop rpop linsert lset lrem ltrim sortstore",
    "s": "sadd srem spop sinterstore sunionstore sdiffstore",
    "h": "hset hdel hincrby hincrbyfloat hexpire hexpired hpersist",
    "z": "zadd zincr zrem zpopmin zpopmax zremrangebyrank zremrangebyscore zremrangebylex zrangestore "
         "zunionstore zinterstore zdiffstore georadiusstore geosearchstore",
    "t": "xadd xtrim xdel xsetid xgroup-create xgroup-setid xgroup-destroy xgroup-createconsumer "
         "xgroup-delconsumer",
    "x": "expired",
    "e": "evicted",
    "n": "new",
    "m": "keymiss",
}
CLASS_OF = {event: letter for letter, events in _EVENTS.items() for event in events.split()}


class Notifier:
    """Publishes the events of one server's keyspace through its `PubSub`."""

    def __init__(self, keyspace, pubsub):
        self._keyspace = keyspace
        self._pubsub = pubsub
        self._names = {}                # events that are published -> the same as bytes
        self._by_key = self._by_event = False

    def follow(self, classes):
        """From now on publish the events of these classes, a set of letters."""
        self._names = {event: event.encode() for event, letter in CLASS_OF.items() if letter in classes}
        self._by_key, self._by_event = "K" in classes, "E" in classes
        is_on = self._names and (self._by_key or self._by_event)
        self._keyspace.notify = self.notify if is_on else None

    def notify(self, database, event, key):
        """Publish what has happened to `key`; `event` is None where Redis has no name for it."""
        name = self._names.get(event)
        pubsub = self._pubsub
        if name is None or not (pubsub.channels or pubsub.patterns):
            return
        if self._by_key:
            pubsub.publish(b"__keyspace@%d__:%b" % (database.number, key), name)
        if self._by_event:
            pubsub.publish(b"__keyevent@%d__:%b" % (database.number, name), key)
