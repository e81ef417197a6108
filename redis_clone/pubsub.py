"""Who listens to which channel: the registry behind SUBSCRIBE and PUBLISH.

There are three kinds of subscription: to channels, to patterns of channel names, and to shard channels,
which are a name space of their own. For each the server knows a name's subscribers, in order of
subscription, and a session the inverse (`channels`, `patterns`, `shard_channels`). A message is encoded
once for each protocol, not for each subscriber, and goes out through `Session.push_encoded`, which
never waits.

All calls are made with the engine's lock held. Who may listen to what (ACL) is not decided here.
"""
from .glob import compile_pattern
from .resp import Push, encode

__all__ = ["PubSub", "CHANNEL", "PATTERN", "SHARD"]

_FEW = 8                        # a message to more is sent after the engine's lock is given back


class _Kind:
    """A kind of subscription: the words of its messages, and where sessions and the server keep it."""

    def __init__(self, attribute, prefix):
        self.attribute = attribute              # of Session and of PubSub
        self.subscribed = prefix + b"subscribe"
        self.unsubscribed = prefix + b"unsubscribe"
        self.message = prefix + b"message"


CHANNEL = _Kind("channels", b"")
PATTERN = _Kind("patterns", b"p")
SHARD = _Kind("shard_channels", b"s")


class PubSub:
    """The subscriptions of one server."""

    def __init__(self):
        self.channels = {}              # channel -> {session: True}
        self.shard_channels = {}
        self.patterns = {}              # pattern -> {session: True}
        self._matchers = {}             # pattern -> function of a channel

    def subscribe(self, session, kind, name):
        """Let `session` receive what is published there; no difference if it does already."""
        own, everyone = getattr(session, kind.attribute), getattr(self, kind.attribute)
        own[name] = True
        everyone.setdefault(name, {})[session] = True
        if kind is PATTERN and name not in self._matchers:
            self._matchers[name] = compile_pattern(name)

    def unsubscribe(self, session, kind, name):
        """End a subscription, if there is one."""
        if getattr(session, kind.attribute).pop(name, None) is None:
            return
        everyone = getattr(self, kind.attribute)
        subscribers = everyone[name]
        del subscribers[session]
        if not subscribers:
            del everyone[name]
            if kind is PATTERN:
                del self._matchers[name]

    def drop(self, session):
        """End all subscriptions of a client."""
        for kind in (CHANNEL, PATTERN, SHARD):
            for name in list(getattr(session, kind.attribute)):
                self.unsubscribe(session, kind, name)

    def publish(self, channel, message):
        """Send to the channel's subscribers, then to matching patterns'; returns how many were sent."""
        receivers = _send(self.channels.get(channel, ()), [CHANNEL.message, channel, message])
        for pattern, matches in self._matchers.items():
            if matches(channel):
                receivers += _send(self.patterns[pattern], [PATTERN.message, pattern, channel, message])
        return receivers

    def publish_to_shard(self, channel, message):
        """Send to the subscribers of a shard channel; returns how many were sent."""
        return _send(self.shard_channels.get(channel, ()), [SHARD.message, channel, message])


def _send(subscribers, items):
    encoded = {}                                # protocol -> bytes
    to_many = len(subscribers) > _FEW
    for session in subscribers:
        data = encoded.get(session.protocol)
        if data is None:
            data = encoded[session.protocol] = encode(Push(items), session.protocol)
        session.push_encoded(data, to_many)
    return len(subscribers)
