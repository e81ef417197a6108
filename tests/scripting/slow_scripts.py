"""A server in which tests start scripts that do not end."""
from redis_clone.client import Client, ReplyError
from redis_clone.resp import encode
from tests.support import ServerTestCase, argv_of

__all__ = ["SlowScriptTestCase"]


class SlowScriptTestCase(ServerTestCase):
    config = {"busy-reply-threshold": "5"}

    def setUp(self):
        super().setUp()
        self.client = Client(port=self.server.port)
        self.addCleanup(self.client.close)

    def start(self, *args):
        """Send a command that does not end; returns its socket when others notice."""
        sock = self.connect()
        sock.sendall(encode(argv_of(args)))
        self.wait_until_busy()
        return sock

    def wait_until_busy(self):
        while self.error_of("PING") is None:
            pass

    def error_of(self, *args):
        """The text of the error that a command replies, None if it succeeds."""
        try:
            self.client.execute(*args)
        except ReplyError as error:
            return str(error)
        return None
