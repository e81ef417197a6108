"""Publishing, and asking who listens. Subscribing needs a connection of its own: see `Redis.pubsub`."""
from .replies import texts

__all__ = ["PubSubCommands", "REPLIES"]


class PubSubCommands:
    """PUBLISH and PUBSUB."""

    def publish(self, channel, message):
        """Return how many subscribers of this server were sent the message. (PUBLISH)"""
        return self.execute_command("PUBLISH", channel, message)

    def spublish(self, shard_channel, message):
        """Return how many subscribers of this server were sent the message, for a channel that stays within
        its shard of a cluster. (SPUBLISH)"""
        return self.execute_command("SPUBLISH", shard_channel, message)

    def pubsub_channels(self, pattern="*"):
        """Return a list of the channels that have a subscriber and match the pattern. (PUBSUB CHANNELS)"""
        return self.execute_command("PUBSUB CHANNELS", pattern)

    def pubsub_shardchannels(self, pattern="*"):
        """Return a list of the shard channels that have a subscriber and match the pattern.
        (PUBSUB SHARDCHANNELS)"""
        return self.execute_command("PUBSUB SHARDCHANNELS", pattern)

    def pubsub_numpat(self):
        """Return the number of patterns that are subscribed to. (PUBSUB NUMPAT)"""
        return self.execute_command("PUBSUB NUMPAT")

    def pubsub_numsub(self, *args):
        """Return a list of (channel, number of subscribers) of the given channels. (PUBSUB NUMSUB)"""
        return self.execute_command("PUBSUB NUMSUB", *args)

    def pubsub_shardnumsub(self, *args):
        """Return a list of (channel, number of subscribers) of the given shard channels.
        (PUBSUB SHARDNUMSUB)"""
        return self.execute_command("PUBSUB SHARDNUMSUB", *args)

    def pubsub_help(self):
        """Return a list of lines about the PUBSUB commands. (PUBSUB HELP)"""
        return self.execute_command("PUBSUB HELP")


def _numbers(reply):
    pairs = reply.items() if isinstance(reply, dict) else zip(reply[::2], reply[1::2])
    return [*pairs]


REPLIES = {
    "PUBSUB HELP": texts,
    "PUBSUB NUMSUB": _numbers,
    "PUBSUB SHARDNUMSUB": _numbers,
}
