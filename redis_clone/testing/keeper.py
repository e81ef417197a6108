"""One server for many tests, one after the other."""
from .server import TestServer

__all__ = ["ServerKeeper"]


class ServerKeeper:
    """Gives out a server that is as new for each test. For one thread."""

    def __init__(self):
        self._server = None

    def fresh(self, config=None):
        """A TestServer with nothing in it: the last one, reset, if that can be."""
        server = self._server
        if server is not None and server.can_be_reset(config):
            server.reset(config)
        else:
            self.stop()
            server = TestServer(config)
            server.start()
            self._server = server
        return server

    def stop(self):
        """Stop the server, if there is one and it is this process's."""
        server, self._server = self._server, None
        if server is not None and server.is_own:
            server.stop()
