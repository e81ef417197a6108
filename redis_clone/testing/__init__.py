"""Servers for the tests of your application: real ones, of this process, empty for each test.

    class CartTest(redis_clone.testing.RedisTestCase):
        def test_carts_expire(self):
            cart = Cart(self.redis_server.url)
            cart.add("apples")
            self.redis_server.fast_forward(3600)
            self.assertEqual(cart.items(), [])

With pytest the fixtures `redis_server` and `redis_client` are there once this package is installed (pytest_plugin.py).
Without either, `TestServer` is a context manager.

Where to look: `server` the server and all it can be told, `case` the unittest class, `keeper` one server for many
tests, `interception` what was called and what is to fail, `clock` a clock to be moved, `dump` the data as text.

The only thing that all this needs from the server is `Engine.intercept`: one function in place of `dispatch.run`.
While there is none it costs nothing: `Session.refresh_gates` decides which way commands take.
"""
from .case import RedisTestCase
from .interception import Call
from .server import TestServer

__all__ = ["Call", "RedisTestCase", "TestServer"]
