"""What the tests of the client's larger replies share: expectations that are written once, with bytes.

Where replies are read as str, bytes mean the same str. A str that is expected is one in any mode.
"""
import unittest

from redis_clone.client.commands import REPLIES, UNDECODED, Commands
from redis_clone.client.errors import DataError
from tests.client.command_case import CommandCase, types_of


def decoded(value):
    """The value with str instead of bytes, all the way down."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dict):
        return {decoded(key): decoded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return type(value)(map(decoded, value))
    return value


class LiveCase(CommandCase):
    """With a server: see CommandCase."""

    def same(self, result, expected):
        """The result is what was expected, and of the same types throughout."""
        expected = decoded(expected) if self.decoded else expected
        self.assertEqual(result, expected)
        self.assertEqual(types_of(result), types_of(expected))


class CannedClient(Commands):
    """Sends nothing: remembers the words in `sent` and answers with `reply`."""

    def __init__(self, reply=None, decode=False):
        self.reply = reply
        self.decodes = decode
        self.sent = None

    def execute_command(self, *args, convert=None):
        self.sent = args
        if isinstance(self.reply, Exception):
            raise self.reply
        self.decodes = self.decodes and args[0] not in UNDECODED
        reply = decoded(self.reply) if self.decodes else self.reply
        convert = convert or REPLIES.get(args[0])
        return convert(reply) if convert and reply is not None else reply


class CannedCase(unittest.TestCase):
    """For what the server of the tests does not do."""

    maxDiff = None

    def check_words(self, call, *expected):
        """`call` (of a client) sends these words, the first one with its subcommand."""
        client = CannedClient()
        call(client)
        self.assertEqual(client.sent, expected)

    def check_refused(self, *calls):
        """Each of `calls` raises DataError and sends nothing."""
        for number, call in enumerate(calls):
            client = CannedClient()
            with self.subTest(number=number), self.assertRaises(DataError):
                call(client)
            self.assertIsNone(client.sent)

    def check_reply(self, call, expected, resp2, resp3=None):
        """`call` returns `expected` for a reply in RESP2 and in RESP3 (the same if None), in bytes or str."""
        for protocol, reply in ((2, resp2), (3, resp2 if resp3 is None else resp3)):
            for decode in (False, True):
                client = CannedClient(reply, decode)
                with self.subTest(protocol=protocol, decode=decode):
                    result = call(client)
                    wanted = decoded(expected) if client.decodes else expected
                    self.assertEqual(result, wanted)
                    self.assertEqual(types_of(result), types_of(wanted))
