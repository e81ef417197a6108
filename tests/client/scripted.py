"""A server that follows a script, for tests of the client: no Redis is needed."""
import os
import socket
import threading
import unittest
import warnings

from redis_clone.client import Client, Connection, Redis, encode_command

# Long enough for a busy machine, short enough to be waited for where a test is about the timeout.
PATIENCE_S = 10
SHORT_S = 0.05

HANG_UP = object()


class ScriptedServer:
    """A server for tests: each connection plays the next script, a list of (what must arrive, what is
    answered). Bytes are answered at once, a list of bytes in pieces of its own, HANG_UP closes. A connection
    stays open until its client closes it. `wrap` is applied to each accepted socket (for TLS)."""

    def __init__(self, *scripts, listener=None, wrap=None):
        self._listener = listener or socket.create_server(("127.0.0.1", 0))
        self._scripts = scripts
        self._wrap = wrap
        self.problems = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def port(self):
        return self._listener.getsockname()[1]

    def finish(self):
        """Return what went otherwise than scripted."""
        self._thread.join(PATIENCE_S)
        if self._thread.is_alive():
            self.problems.append("a script has not come to its end")
        self._listener.close()
        return self.problems

    def _serve(self):
        for script in self._scripts:
            connection, _ = self._listener.accept()
            with connection:
                connection.settimeout(PATIENCE_S)
                try:
                    if self._wrap is None:
                        self._play(connection, script)
                    else:
                        with self._wrap(connection) as wrapped:
                            self._play(wrapped, script)
                except OSError as error:
                    self.problems.append(f"{type(error).__name__}: {error}")

    def _play(self, connection, script):
        for awaited, answer in script:
            received = b""
            while len(received) < len(awaited):
                data = connection.recv(len(awaited) - len(received))
                if not data:
                    break
                received += data
            if received != awaited:
                self.problems.append(f"received {received!r:.200} instead of {awaited!r:.200}")
            if answer is HANG_UP:
                return
            for piece in answer if isinstance(answer, list) else [answer]:
                connection.sendall(piece)
        try:
            rest = connection.recv(1000)
        except ConnectionResetError:            # closed by a client that had not read all
            return
        if rest:
            self.problems.append(f"received {rest!r:.200} after the script's end")


def fork():
    """os.fork; Python's warning that it is not for processes with threads is known."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def request(*args):
    return encode_command(args)


class ClientTestCase(unittest.TestCase):
    def serve(self, *scripts):
        server = ScriptedServer(*scripts)
        self.addCleanup(lambda: self.assertEqual(server.finish(), []))
        return server

    def connect(self, script, **options):
        """A Connection to a server that follows `script`."""
        connection = Connection("127.0.0.1", self.serve(script).port, **{"timeout_s": PATIENCE_S, **options})
        self.addCleanup(connection.close)
        return connection.connect()

    def client(self, *scripts, **options):
        client = Client("127.0.0.1", self.serve(*scripts).port, **{"timeout_s": PATIENCE_S, **options})
        self.addCleanup(client.close)
        return client

    def redis(self, *scripts, **options):
        """A Redis whose server follows `scripts`, one for each connection; it tries nothing twice."""
        redis = Redis("127.0.0.1", self.serve(*scripts).port, **{
            "socket_timeout": PATIENCE_S, "lib_name": None, "retry": None, **options})
        self.addCleanup(redis.close)
        return redis
