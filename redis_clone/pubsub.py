"""Who listens to which channel: the registry behind SUBSCRIBE and PUBLISH.

Three maps from a channel or pattern to its subscribers, in order of subscription; a session keeps the
inverse (`channels`, `patterns`, `shard_channels`). Messages go through `Session.push`, which never waits.
All calls are made with the engine's lock held.
"""
from .glob import compile_pattern
from .resp import Push

__all__ = ["PubSub"]


class PubSub:
    """The subscriptions of one server."""

    def __init__(self):
        self.channels = {}              # channel -> {session: True}
        self.shard_channels = {}
        self.patterns = {}              # pattern -> {session: True}

    def drop(self, session):
        """Forget all subscriptions of a client that left."""
        for own, everyone in ((session.channels, self.channels), (session.patterns, self.patterns),
                              (session.shard_channels, self.shard_channels)):
            for name in own:
                subscribers = everyone[name]
                del subscribers[session]
                if not subscribers:
                    del everyone[name]
            own.clear()

    def publish(self, channel, message):
        """Send to the channel's subscribers, then to those of matching patterns; returns how many got it."""
        receivers = 0
        for session in list(self.channels.get(channel, ())):
            session.push(Push([b"message", channel, message]))
            receivers += 1
        for pattern, subscribers in list(self.patterns.items()):
            if compile_pattern(pattern)(channel):
                for session in list(subscribers):
                    session.push(Push([b"pmessage", pattern, channel, message]))
                    receivers += 1
        return receivers
