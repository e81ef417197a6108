"""Tests of SUBSCRIBE, PUBLISH and their kin.

Where a comment says so, Valkey answers otherwise than Redis 7.2: it refuses to unsubscribe a client that has
no subscriptions. Those tests are for Redis only.
"""
import unittest

from redis_clone.resp import Push, Replies, encode

from .support import REAL, CommandTestCase, receive


class PubSubTestCase(CommandTestCase):
    """One client, and another that may be sent messages without having asked."""

    def setUp(self):
        super().setUp()
        self.other = self.new_client()
        self.addCleanup(self.other.close)

    def check_pushed(self, expected, client):
        """Compare what others have sent to `client`."""
        if REAL:
            received = receive(client.socket, len(expected))
        else:
            received, client.connection.pushed = client.connection.pushed, b""
        self.assertEqual(received, expected)

    def assert_nothing_pushed(self, client):
        """Nothing but the reply to PING arrives."""
        self.check_all(b"*2\r\n$4\r\npong\r\n$0\r\n\r\n", "PING", client=client)


def messages(*each, protocol=2):
    """The bytes of several messages, given as lists or as strings to be split."""
    def items(one):
        return [int(item) if item.isdigit() else item.encode() for item in one.split()]

    return encode(Replies(Push(items(one) if isinstance(one, str) else one) for one in each), protocol)


class SubscribeTest(PubSubTestCase):
    def test_confirms_each_channel_and_counts(self):
        self.check_all(messages("subscribe x 1", "subscribe y 2", "subscribe x 2"), "SUBSCRIBE x y x")

    def test_confirms_with_pushes_in_resp3(self):
        self.client.wire("HELLO 3")
        self.check_all(b">3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n", "SUBSCRIBE x")

    def test_counts_channels_and_patterns_together_and_shard_channels_apart(self):
        self.check_all(messages("psubscribe p* 1"), "PSUBSCRIBE p*")
        self.check_all(messages("ssubscribe s 1", "ssubscribe t 2"), "SSUBSCRIBE s t")
        self.check_all(messages("subscribe x 2"), "SUBSCRIBE x")

    def test_needs_a_name(self):
        for name in ("subscribe", "psubscribe", "ssubscribe"):
            self.check(f"-ERR wrong number of arguments for '{name}' command", name)


class UnsubscribeTest(PubSubTestCase):
    def test_confirms_each_channel_even_one_not_subscribed_to(self):
        self.check_all(messages("subscribe x 1", "subscribe y 2"), "SUBSCRIBE x y")
        self.check_all(messages("unsubscribe x 1", "unsubscribe z 1", "unsubscribe x 1"), "UNSUBSCRIBE x z x")

    def test_without_names_ends_all_of_its_kind(self):
        self.check_all(messages("subscribe x 1"), "SUBSCRIBE x")
        self.check_all(messages("psubscribe p 2"), "PSUBSCRIBE p")
        self.check_all(messages("ssubscribe s 1"), "SSUBSCRIBE s")
        self.check_all(messages("unsubscribe x 1"), "UNSUBSCRIBE")
        self.check_all(messages("punsubscribe p 0"), "PUNSUBSCRIBE")
        self.check_all(messages("sunsubscribe s 0"), "SUNSUBSCRIBE")

    def test_without_names_and_subscriptions_of_its_kind_confirms_a_null(self):
        self.check_all(messages("subscribe x 1"), "SUBSCRIBE x")
        self.check_all(messages([b"punsubscribe", None, 1]), "PUNSUBSCRIBE")
        self.check_all(messages([b"sunsubscribe", None, 0]), "SUNSUBSCRIBE")

    def test_null_is_a_resp3_null_there(self):
        self.client.wire("HELLO 3")
        self.check_all(messages("subscribe x 1", protocol=3), "SUBSCRIBE x")
        self.check_all(b">3\r\n$12\r\npunsubscribe\r\n_\r\n:1\r\n", "PUNSUBSCRIBE")

    @unittest.skipIf(REAL, "Valkey refuses it")
    def test_is_no_error_without_any_subscription(self):
        self.check_all(messages([b"unsubscribe", None, 0]), "UNSUBSCRIBE")
        self.check_all(messages("unsubscribe x 0", "unsubscribe y 0"), "UNSUBSCRIBE x y")
        self.check_all(messages([b"sunsubscribe", None, 0]), "SUNSUBSCRIBE")

    def test_after_the_last_one_all_commands_are_allowed_again(self):
        self.check_all(messages("ssubscribe s 1"), "SSUBSCRIBE s")
        self.check_all(messages("sunsubscribe s 0"), "SUNSUBSCRIBE")
        self.check("+PONG", "PING")
        self.check("$-1", "GET k")


class PublishTest(PubSubTestCase):
    def test_reaches_channels_and_patterns(self):
        self.check_all(messages("subscribe news 1"), "SUBSCRIBE news", client=self.other)
        self.check_all(messages("psubscribe n?ws 2"), "PSUBSCRIBE n?ws", client=self.other)
        self.check(":2", "PUBLISH news hi")
        self.check_pushed(messages("message news hi", "pmessage n?ws news hi"), self.other)

    def test_reaches_nobody(self):
        self.check(":0", "PUBLISH news hi")
        self.check(":0", "SPUBLISH news hi")

    def test_any_bytes_travel(self):
        name, message = b"\xff\r\n\0", b"*3\r\n" + bytes(5000)
        self.check_all(messages([b"subscribe", name, 1]), "SUBSCRIBE", name, client=self.other)
        self.check(":1", "PUBLISH", name, message)
        self.check_pushed(messages([b"message", name, message]), self.other)

    def test_to_oneself_the_message_follows_the_reply(self):
        self.client.wire("HELLO 3")
        self.check_all(messages("subscribe c 1", protocol=3), "SUBSCRIBE c")
        self.check_all(messages("psubscribe * 2", protocol=3), "PSUBSCRIBE *")
        self.check_all(b":2\r\n" + messages("message c hi", "pmessage * c hi", protocol=3), "PUBLISH c hi")

    def test_a_resp3_subscriber_gets_pushes(self):
        self.other.wire("HELLO 3")
        self.check_all(messages("subscribe c 1", protocol=3), "SUBSCRIBE c", client=self.other)
        self.check(":1", "PUBLISH c hi")
        self.check_pushed(messages("message c hi", protocol=3), self.other)

    def test_a_pattern_of_a_star_does_not_match_the_empty_name(self):
        self.check_all(messages("psubscribe * 1"), "PSUBSCRIBE *", client=self.other)
        self.check(":0", "PUBLISH", b"", b"hi")

    def test_shard_channels_are_reached_by_spublish_only(self):
        self.check_all(messages("ssubscribe s 1"), "SSUBSCRIBE s", client=self.other)
        self.check(":0", "PUBLISH s hi")
        self.check(":1", "SPUBLISH s hi")
        self.check_pushed(messages("smessage s hi"), self.other)

    def test_a_client_that_changes_its_protocol_gets_messages_in_the_new_one(self):
        self.client.wire("HELLO 3")
        self.check_all(messages("subscribe c 1", protocol=3), "SUBSCRIBE c")
        self.client.wire("HELLO 2")
        self.other.wire("PUBLISH c hi")
        self.check_pushed(messages("message c hi"), self.client)


class SubscribedModeTest(PubSubTestCase):
    """What a RESP2 client may do while it has subscriptions."""

    TEXT = ("-ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
            "allowed in this context")

    def test_refuses_other_commands_by_their_full_names(self):
        self.check_all(messages("subscribe c 1"), "SUBSCRIBE c")
        for request, name in (("GET k", "get"), ("CLIENT ID", "client|id"), ("HELLO 3", "hello"),
                              ("MULTI", "multi"), ("PUBLISH c x", "publish")):
            self.check(self.TEXT % name, request)

    def test_unknown_commands_and_wrong_arities_are_told_first(self):
        self.check_all(messages("subscribe c 1"), "SUBSCRIBE c")
        self.check("-ERR unknown command 'NOSUCH', with args beginning with: 'x' ", "NOSUCH x")
        self.check("-ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP.", "CLIENT NOSUCH")
        self.check("-ERR wrong number of arguments for 'get' command", "GET")

    def test_shard_channels_and_patterns_count_as_well(self):
        for request in ("SSUBSCRIBE c", "PSUBSCRIBE c"):
            self.check_all(messages(request.lower() + " 1"), request)
            self.check(self.TEXT % "get", "GET k")
            self.client.wire("RESET")

    def test_ping_answers_with_an_array(self):
        self.check_all(messages("subscribe c 1"), "SUBSCRIBE c")
        self.check("*2\r\n$4\r\npong\r\n$0\r\n\r\n", "PING")
        self.check("*2\r\n$4\r\npong\r\n$2\r\nhi", "PING hi")
        self.check("-ERR wrong number of arguments for 'ping' command", "PING a b")

    def test_resp3_clients_are_free(self):
        self.client.wire("HELLO 3")
        self.check_all(messages("subscribe c 1", protocol=3), "SUBSCRIBE c")
        self.check("+PONG", "PING")
        self.check("_", "GET k")

    def test_hello_2_makes_it_hold(self):
        self.client.wire("HELLO 3")
        self.check_all(messages("subscribe c 1", protocol=3), "SUBSCRIBE c")
        self.client.wire("HELLO 2")
        self.check(self.TEXT % "get", "GET k")

    def test_reset_ends_it(self):
        self.check_all(messages("subscribe c 1"), "SUBSCRIBE c")
        self.check_all(messages("psubscribe p 2"), "PSUBSCRIBE p")
        self.check_all(messages("ssubscribe s 1"), "SSUBSCRIBE s")
        self.check("+RESET", "RESET")
        self.check("$-1", "GET k")
        self.check("*0", "PUBSUB CHANNELS")
        self.check("*0", "PUBSUB SHARDCHANNELS")
        self.check(":0", "PUBSUB NUMPAT")

    @unittest.skipIf(REAL, "looks into the session")
    def test_a_client_that_leaves_is_forgotten(self):
        self.other.wire("SUBSCRIBE c")
        self.other.wire("PSUBSCRIBE p")
        self.other.close()
        self.check(":0", "PUBLISH c x")
        self.check(":0", "PUBSUB NUMPAT")


class TransactionTest(PubSubTestCase):
    """Subscribing and publishing in EXEC."""

    def test_shard_subscriptions_are_refused(self):
        self.client.wire("MULTI")
        self.client.wire("SSUBSCRIBE", "c")
        self.check("*1\r\n-ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client", "EXEC")

    def run_queued(self, *requests):
        for request in ("MULTI",) + requests:
            self.client.wire(request)

    def test_confirmations_stand_among_the_replies_and_messages_to_oneself_come_last(self):
        self.run_queued("SUBSCRIBE x y", "PING", "PUBLISH x 1", "GET k")
        self.check_all(b"*4\r\n" + messages("subscribe x 1", "subscribe y 2", [b"pong", b""])
                       + b":1\r\n$-1\r\n" + messages([b"message", b"x", b"1"]), "EXEC")

    def test_the_same_in_resp3(self):
        self.client.wire("HELLO 3")
        self.check_all(messages("subscribe y 1", protocol=3), "SUBSCRIBE y")
        self.run_queued("SUBSCRIBE x", "PUBLISH x 1", "UNSUBSCRIBE x", "PUBLISH x 2", "PING")
        self.check_all(b"*5\r\n" + messages("subscribe x 2", protocol=3) + b":1\r\n"
                       + messages("unsubscribe x 1", protocol=3) + b":0\r\n+PONG\r\n"
                       + messages([b"message", b"x", b"1"], protocol=3), "EXEC")

    def test_subscribed_mode_begins_after_exec(self):
        self.run_queued("SUBSCRIBE x", "GET k", "SET k v")
        self.check_all(b"*3\r\n" + messages("subscribe x 1") + b"$-1\r\n+OK\r\n", "EXEC")
        self.check(SubscribedModeTest.TEXT % "get", "GET k")

    def test_others_get_their_message_at_once(self):
        self.check_all(messages("subscribe c 1"), "SUBSCRIBE c", client=self.other)
        self.run_queued("PUBLISH c 1", "PUBLISH c 2")
        self.check("*2\r\n:1\r\n:1", "EXEC")
        self.check_pushed(messages([b"message", b"c", b"1"], [b"message", b"c", b"2"]), self.other)


class PubsubTest(PubSubTestCase):
    def test_channels_that_have_subscribers(self):
        self.check("*0", "PUBSUB CHANNELS")
        self.check_all(messages("subscribe news 1"), "SUBSCRIBE news", client=self.other)
        self.check_all(messages("psubscribe w* 2"), "PSUBSCRIBE w*", client=self.other)
        self.check("*1\r\n$4\r\nnews", "PUBSUB CHANNELS")
        self.check("*1\r\n$4\r\nnews", "PUBSUB channels n*")
        self.check("*0", "PUBSUB CHANNELS w*")
        self.check("*0", "PUBSUB SHARDCHANNELS")

    def test_shard_channels_that_have_subscribers(self):
        self.check_all(messages("ssubscribe s 1"), "SSUBSCRIBE s", client=self.other)
        self.check("*1\r\n$1\r\ns", "PUBSUB SHARDCHANNELS")
        self.check("*0", "PUBSUB SHARDCHANNELS t*")
        self.check("*0", "PUBSUB CHANNELS")

    def test_channels_takes_one_pattern(self):
        for name in ("CHANNELS", "SHARDCHANNELS"):
            self.check(f"-ERR unknown subcommand or wrong number of arguments for '{name}'. Try PUBSUB HELP.",
                       f"PUBSUB {name} a b")

    def test_numsub_answers_for_each_name_in_turn(self):
        self.check("*0", "PUBSUB NUMSUB")
        self.check_all(messages("subscribe c 1"), "SUBSCRIBE c", client=self.other)
        self.check("*6\r\n$1\r\nc\r\n:1\r\n$1\r\nd\r\n:0\r\n$1\r\nc\r\n:1", "PUBSUB NUMSUB c d c")
        self.client.wire("HELLO 3")
        self.check("*2\r\n$1\r\nc\r\n:1", "PUBSUB NUMSUB c")

    def test_shardnumsub(self):
        self.check("*0", "PUBSUB SHARDNUMSUB")
        self.check_all(messages("ssubscribe s 1"), "SSUBSCRIBE s", client=self.other)
        self.check("*4\r\n$1\r\ns\r\n:1\r\n$1\r\nc\r\n:0", "PUBSUB SHARDNUMSUB s c")

    def test_numpat_counts_patterns_not_subscribers(self):
        for client in (self.other, self.new_client()):
            self.addCleanup(client.close)
            self.check_all(messages("psubscribe a* 1", "psubscribe b* 2"), "PSUBSCRIBE a* b*", client=client)
        self.check(":2", "PUBSUB NUMPAT")
        self.check("-ERR wrong number of arguments for 'pubsub|numpat' command", "PUBSUB NUMPAT x")

    def test_help_lists_its_subcommands(self):
        text = self.client.wire("PUBSUB HELP").decode()
        self.assertIn("*14\r\n+PUBSUB <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n", text)
        for word in ("CHANNELS", "NUMPAT", "NUMSUB", "SHARDCHANNELS", "SHARDNUMSUB", "HELP"):
            self.assertIn(f"\r\n+{word}", text)

    def test_unknown_subcommands(self):
        self.check("-ERR unknown subcommand 'FOO'. Try PUBSUB HELP.", "PUBSUB FOO")
        self.check("-ERR wrong number of arguments for 'pubsub' command", "PUBSUB")


class ClientReplyTest(PubSubTestCase):
    """CLIENT REPLY holds back replies, but nothing that is a message."""

    def test_off_lets_confirmations_and_messages_pass(self):
        self.client.wire("HELLO 3")
        self.check_all(messages("subscribe c 1", protocol=3), "SUBSCRIBE c")
        self.check_all(b"", "CLIENT REPLY OFF")
        self.check_all(messages([b"message", b"c", b"1"], protocol=3), "PUBLISH c 1")
        self.check_all(messages("subscribe d 2", protocol=3), "SUBSCRIBE d")
        self.check_all(messages("unsubscribe d 1", protocol=3), "UNSUBSCRIBE d")
        self.other.wire("PUBLISH c 2")
        self.check_pushed(messages([b"message", b"c", b"2"], protocol=3), self.client)
        self.check("+OK", "CLIENT REPLY ON")

    def test_skip_too(self):
        self.check_all(b"", "CLIENT REPLY SKIP")
        self.check_all(messages("subscribe e 1", "subscribe f 2"), "SUBSCRIBE e f")
        self.assert_nothing_pushed(self.client)


if __name__ == "__main__":
    unittest.main()
