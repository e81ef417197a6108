"""`RedisTestCase`: unittest's TestCase with a Redis server of its own.

The tests of a class share one server, which is reset before each of them; it starts with the first and stops after the
last.
"""
import unittest

from .keeper import ServerKeeper

__all__ = ["RedisTestCase"]


class RedisTestCase(unittest.TestCase):
    """A fresh, empty server for each test.

    self.redis_server       the server, a TestServer: its `url`, `port`, and whatever it can be told
    self.redis              a client of it, redis_clone.Redis

    Attributes of the class:

    redis_config            directives of redis.conf: ``{"requirepass": "secret"}``
    redis_options           keyword arguments for the client: ``{"decode_responses": True}``
    redis_dump_on_failure   whether the message of a test that fails ends with the server's data and last calls
    """

    redis_config = {}
    redis_options = {}
    redis_dump_on_failure = True

    def setUp(self):
        super().setUp()
        self.redis_server = _keeper_of(type(self)).fresh(self.redis_config)
        self.redis = self.redis_server.client(**self.redis_options)
        self.addCleanup(self.redis.close)

    def _callTestMethod(self, method):
        # Not public, but the same in all versions of unittest; without it nothing is missing but the dump.
        try:
            super()._callTestMethod(method)
        except unittest.SkipTest:
            raise
        except Exception as error:
            if self.redis_dump_on_failure:
                _add_note(error, _note_on(self.redis_server))
            raise


def _keeper_of(cls):
    keeper = cls.__dict__.get("_redis_keeper")
    if keeper is None:
        keeper = cls._redis_keeper = ServerKeeper()
        cls.addClassCleanup(_dismiss_keeper, cls)
    return keeper


def _dismiss_keeper(cls):
    keeper = cls._redis_keeper
    del cls._redis_keeper
    keeper.stop()


def _note_on(server):
    data, commands = server.dump(), server.dump_commands()
    return f"In the Redis server:\n{data}" + f"\nCommands to it:\n{commands}" * bool(commands)


def _add_note(error, text):
    if hasattr(error, "add_note"):
        error.add_note(text)
    elif isinstance(error, AssertionError):     # before Python 3.11
        error.args = (f"{error.args[0] if error.args else ''}\n{text}",)
