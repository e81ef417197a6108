"""SUBSCRIBE, PUBLISH and their kin; the subscriptions themselves are kept by `redis_clone.pubsub`.

Each name in a request is confirmed by a message of its own, a push in RESP3. The number in it counts the
client's channels and patterns together; shard channels are counted apart.
"""
from ..errors import RedisError, SubcommandSyntaxError
from ..glob import compile_pattern
from ..pubsub import CHANNEL, PATTERN, SHARD
from ..registry import group
from ..resp import Push, Replies

command = group("pubsub")


@command("SUBSCRIBE", arity=-2, flags="pubsub noscript loading stale _subscribed", since="2.0.0")
def subscribe(session, *channels):
    """Listens for messages published to channels."""
    return _subscribe(session, CHANNEL, channels)


@command("UNSUBSCRIBE", arity=-1, flags="pubsub noscript loading stale _subscribed", since="2.0.0")
def unsubscribe(session, *channels):
    """Stops listening to messages posted to channels."""
    return _unsubscribe(session, CHANNEL, channels)


@command("PSUBSCRIBE", arity=-2, flags="pubsub noscript loading stale _subscribed", since="2.0.0")
def psubscribe(session, *patterns):
    """Listens for messages published to channels that match one or more patterns."""
    return _subscribe(session, PATTERN, patterns)


@command("PUNSUBSCRIBE", arity=-1, flags="pubsub noscript loading stale _subscribed", since="2.0.0")
def punsubscribe(session, *patterns):
    """Stops listening to messages published to channels that match one or more patterns."""
    return _unsubscribe(session, PATTERN, patterns)


@command("SSUBSCRIBE", arity=-2, flags="pubsub noscript loading stale _subscribed", keys="1..-1 NOT_KEY",
         since="7.0.0")
def ssubscribe(session, *channels):
    """Listens for messages published to shard channels."""
    if not session.may_block:           # in EXEC, say; SUBSCRIBE is allowed there for the sake of old clients
        raise RedisError("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client")
    return _subscribe(session, SHARD, channels)


@command("SUNSUBSCRIBE", arity=-1, flags="pubsub noscript loading stale _subscribed", keys="1..-1 NOT_KEY",
         since="7.0.0")
def sunsubscribe(session, *channels):
    """Stops listening to messages posted to shard channels."""
    return _unsubscribe(session, SHARD, channels)


@command("PUBLISH", arity=3, flags="pubsub loading stale fast may_replicate", since="2.0.0")
def publish(session, channel, message):
    """Posts a message to a channel."""
    return session.engine.pubsub.publish(channel, message)


@command("SPUBLISH", arity=3, flags="pubsub loading stale fast may_replicate", keys="1 NOT_KEY",
         since="7.0.0")
def spublish(session, channel, message):
    """Post a message to a shard channel"""
    return session.engine.pubsub.publish_to_shard(channel, message)


command.container("PUBSUB", "A container for Pub/Sub commands.", since="2.8.0")


@command("PUBSUB|CHANNELS", arity=-2, flags="pubsub loading stale", since="2.8.0")
def pubsub_channels(session, *pattern):
    """Returns the active channels."""
    return _matching(session.engine.pubsub.channels, pattern, "CHANNELS")


@command("PUBSUB|SHARDCHANNELS", arity=-2, flags="pubsub loading stale", since="7.0.0")
def pubsub_shardchannels(session, *pattern):
    """Returns the active shard channels."""
    return _matching(session.engine.pubsub.shard_channels, pattern, "SHARDCHANNELS")


@command("PUBSUB|NUMSUB", arity=-2, flags="pubsub loading stale", since="2.8.0")
def pubsub_numsub(session, *channels):
    """Returns a count of subscribers to channels."""
    return _subscriber_counts(session.engine.pubsub.channels, channels)


@command("PUBSUB|SHARDNUMSUB", arity=-2, flags="pubsub loading stale", since="7.0.0")
def pubsub_shardnumsub(session, *channels):
    """Returns the count of subscribers of shard channels."""
    return _subscriber_counts(session.engine.pubsub.shard_channels, channels)


@command("PUBSUB|NUMPAT", arity=2, flags="pubsub loading stale", since="2.8.0")
def pubsub_numpat(session):
    """Returns a count of unique pattern subscriptions."""
    return len(session.engine.pubsub.patterns)


@command("PUBSUB|HELP", arity=2, flags="loading stale", since="6.2.0")
def pubsub_help(session):
    """Returns helpful text about the different subcommands."""
    return [
        "PUBSUB <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "CHANNELS [<pattern>]",
        "    Return the currently active channels matching a <pattern> (default: '*').",
        "NUMPAT",
        "    Return number of subscriptions to patterns.",
        "NUMSUB [<channel> ...]",
        "    Return the number of subscribers for the specified channels, excluding",
        "    pattern subscriptions(default: no channels).",
        "SHARDCHANNELS [<pattern>]",
        "    Return the currently active shard level channels matching a <pattern> (default: '*').",
        "SHARDNUMSUB [<shardchannel> ...]",
        "    Return the number of subscribers for the specified shard level channel(s)",
        "HELP",
        "    Print this help.",
    ]


# ---- what they share --------------------------------------------------------------------------------------

def _subscribe(session, kind, names):
    session.expect_pushes()
    confirmations = Replies()
    for name in names:
        session.engine.pubsub.subscribe(session, kind, name)
        confirmations.append(Push([kind.subscribed, name, _count(session, kind)]))
    session.refresh_gates()
    return confirmations


def _unsubscribe(session, kind, names):
    """End the subscriptions named, or all of this kind; having none at all is confirmed as well."""
    names = names or list(getattr(session, kind.attribute)) or [None]
    confirmations = Replies()
    for name in names:
        session.engine.pubsub.unsubscribe(session, kind, name)
        confirmations.append(Push([kind.unsubscribed, name, _count(session, kind)]))
    session.refresh_gates()
    return confirmations


def _count(session, kind):
    return len(session.shard_channels) if kind is SHARD else len(session.channels) + len(session.patterns)


def _matching(channels, pattern, subcommand):
    if len(pattern) > 1:
        raise SubcommandSyntaxError
    if not pattern:
        return list(channels)
    matches = compile_pattern(pattern[0])
    return [channel for channel in channels if matches(channel)]


def _subscriber_counts(everyone, channels):
    """Names and numbers in turn: not a map in RESP3 either, and a name asked for twice is answered twice."""
    return [item for channel in channels for item in (channel, len(everyone.get(channel, ())))]
