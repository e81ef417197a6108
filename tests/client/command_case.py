"""What the tests of the client's command methods share: one server for a class, four clients of it."""
import functools
import unittest

from redis_clone.client.redis import Redis
from redis_clone.log import Log
from redis_clone.server import Server
from tests.support import test_config

MODES = [(protocol, decoded) for protocol in (2, 3) for decoded in (False, True)]


def in_every_mode(method):
    """The test, run with RESP2 and RESP3, with replies as bytes and as str, on an empty server each time."""
    @functools.wraps(method)
    def test(self):
        for (protocol, decoded), client in zip(MODES, self.clients):
            with self.subTest(protocol=protocol, decode_responses=decoded):
                self.client, self.protocol, self.decoded = client, protocol, decoded
                client.execute_command("FLUSHALL")
                method(self)

    return test


class CommandCase(unittest.TestCase):
    """Each test is run in all four modes; `self.client` is the Redis of the mode.

        self.check([("a", 1.5)], self.client.zrange("z", 0, -1, withscores=True))

    Texts of expected results are str; `check` makes bytes of them where replies are not decoded.
    """

    config = {}

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        for name, method in list(vars(cls).items()):
            if name.startswith("test_"):
                setattr(cls, name, in_every_mode(method))

    @classmethod
    def setUpClass(cls):
        cls.server = Server(test_config(cls.config), Log(level="nothing"), port=0)
        cls.server.start()
        cls.addClassCleanup(cls.server.stop)
        cls.clients = [
            Redis(port=cls.server.port, protocol=protocol, decode_responses=decoded) for protocol, decoded in MODES]
        for client in cls.clients:
            cls.addClassCleanup(client.close)

    def check(self, expected, result):
        """The result is equal to what was expected, and of the same types throughout."""
        expected = self.in_mode(expected)
        self.assertEqual(result, expected)
        self.assertEqual(types_of(result), types_of(expected))

    def in_mode(self, value):
        """The same value with bytes in the place of str, unless replies are decoded."""
        if isinstance(value, str):
            return value if self.decoded else value.encode()
        if isinstance(value, dict):
            return {self.in_mode(key): self.in_mode(item) for key, item in value.items()}
        if isinstance(value, (list, tuple, set)):
            return type(value)(map(self.in_mode, value))
        return value


def types_of(value):
    """The types of a value and of all in it, to tell True from 1 and a tuple from a list."""
    if isinstance(value, dict):
        return dict, {key: types_of(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value), list(map(types_of, value))
    return type(value)


class Recorder:
    """Put before a class of commands, it takes the words of a command instead of sending them."""

    def execute_command(self, *words, convert=None):
        self.words, self.convert = list(words), convert
        return self
