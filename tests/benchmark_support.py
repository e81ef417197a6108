"""A small server, and what the tests of scripts/benchmark.py and its parts have in common."""
import io
import os
import selectors
import socket
import sys
import threading
import unittest

from redis_clone.reply_parser import ReplyParser

SCRIPTS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "scripts")
if SCRIPTS not in sys.path:
    sys.path.insert(0, SCRIPTS)

import benchmark        # noqa: E402

PATIENCE_S = 10


class SmallServer:
    """Answers every command, by a table, with the same bytes each time, `:1` if it is not in it; records
    commands and counts connections.

    `answers` adds to the table: command name -> bytes, or a function of the command's words, or None to hang
    up."""

    ANSWERS = {
        b"INFO": b"$0\r\n\r\n", b"CONFIG": b"-ERR unknown command\r\n", b"PING": b"+PONG\r\n",
        b"SELECT": b"+OK\r\n", b"HELLO": b"%0\r\n",
        b"SET": b"+OK\r\n", b"GET": b"$3\r\nxxx\r\n", b"MSET": b"+OK\r\n",
        b"LPOP": b"$3\r\nxxx\r\n", b"RPOP": b"$3\r\nxxx\r\n", b"SPOP": b"$1\r\na\r\n",
        b"ZPOPMIN": b"*0\r\n", b"LRANGE": b"*200\r\n" + b"$3\r\nxxx\r\n" * 200,
    }

    def __init__(self, answers=()):
        self._answers = {**self.ANSWERS, **dict(answers)}
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self._listener.getsockname()[1]
        self.commands = []
        self.connections = 0
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._bell, bell = socket.socketpair()
        self._selector.register(bell, selectors.EVENT_READ, "stop")
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self):
        self._bell.send(b"x")
        self._thread.join(PATIENCE_S)
        self._bell.close()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        self._selector.close()

    def count(self, name):
        return sum(command[0] == name for command in self.commands)

    def _serve(self):
        while True:
            for key, _ in self._selector.select():
                if key.data == "stop":
                    return
                if key.fileobj is self._listener:
                    connection, _ = self._listener.accept()
                    self.connections += 1
                    self._selector.register(connection, selectors.EVENT_READ, ReplyParser())
                else:
                    self._answer(key.fileobj, key.data)

    def _answer(self, connection, parser):
        try:
            data = connection.recv(65536)
            if data[:1] == b"P":
                commands = [[b"PING"]] * data.count(b"\n")
            else:
                parser.feed(data)
                commands = [parser.replies.popleft() for _ in range(len(parser.replies))]
            self.commands += commands
            answers = [self._answers.get(command[0], b":1\r\n") for command in commands]
            if data and None not in answers:
                connection.sendall(b"".join(
                    answer(*command) if callable(answer) else answer
                    for answer, command in zip(answers, commands)))
                return
        except OSError:
            pass
        self._selector.unregister(connection)
        connection.close()


class BenchmarkTestCase(unittest.TestCase):
    def serve(self, **answers):
        server = SmallServer({name.encode(): answer for name, answer in answers.items()})
        self.addCleanup(server.close)
        return server

    def run_main(self, *arguments, terminal=False):
        """Return (status, output, what was said on standard error)."""
        out, err = io.StringIO(), io.StringIO()
        err.isatty = lambda: terminal
        status = benchmark.main([str(argument) for argument in arguments], out, err)
        return status, out.getvalue(), err.getvalue()
