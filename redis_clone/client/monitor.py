"""Monitor: all commands that a server executes, as they come.

    with redis.monitor() as monitor:
        for command in monitor.listen():
            print(command["command"])
"""
import re

from .errors import RedisError
from .requests import encode_command

__all__ = ["Monitor"]

LINE = re.compile(r"([0-9.]+) \[([0-9]+) (.*?)\] (.*)", re.DOTALL)
WORD = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Monitor:
    """A connection that is told of every command. It is opened by `with`."""

    def __init__(self, connection_pool):
        self.connection = connection_pool.settings.new_stream_connection()
        self._retry = connection_pool.settings.retry

    def __enter__(self):
        self._retry.connect(self.connection)
        self.connection.send(encode_command(("MONITOR",)), "MONITOR")
        reply = self._next()
        if reply != "OK":
            self.connection.close()
            raise reply if isinstance(reply, RedisError) else RedisError(f"MONITOR was answered with {reply!r:.100}")
        return self

    def __exit__(self, *exc_info):
        self.connection.close()

    def next_command(self):
        """Wait for the next command and return a dict: time (seconds since 1970), db, client_address, client_port,
        client_type ("tcp", "unix", "lua", "unknown") and command, its words as one str, those not printable escaped
        as the server does it."""
        line = self._next()
        match = LINE.fullmatch(str(line))
        if match is None:
            raise RedisError(f"MONITOR sent something else than a command: {line!r:.100}")
        time, db, client, words = match.groups()
        address, port, kind = _client(client)
        return {
            "time": float(time), "db": int(db), "client_address": address, "client_port": port, "client_type": kind,
            "command": " ".join(WORD.findall(words)).replace('\\"', '"'),
        }

    def listen(self):
        """Yield `next_command()` without end."""
        while True:
            yield self.next_command()

    def _next(self):
        return self.connection.next_item(None, "MONITOR")[0]


def _client(text):
    """Address, port and type of the client as MONITOR writes it."""
    if text in ("lua", ""):
        return text, "", text or "unknown"
    if text.startswith("unix:"):
        return "unix", text[len("unix:"):], "unix"
    address, _, port = text.rpartition(":")     # an IPv6 address has colons, too
    return address, port, "tcp"
