"""For tests of propagation: what commands come to, recorded by an engine or read from a real server's file.

A unit is what must be repeated as a whole. Expectations are lists of units; a unit is a command, or a list of
commands where it has several. A command is a string, split at blanks, or a tuple of words; "@3 INCR a" is one for
database 3. {+1000} stands for the date, in milliseconds, of a second from now.
"""
import os
import re
import time
import unittest

from redis_clone.reply_parser import ReplyParser
from redis_clone.resp import encode

from .support import REAL, CommandTestCase, RealClient, argv_of, parse_requests

_DATE = re.compile(rb"\{\+(-?\d+)\}")
_TOLERANCE_MS = 2000 if REAL else 0         # a fake clock stands still
_PATIENCE_S = 10

# What the expectations of the tests assume of a real server.
_REAL_DIRECTIVES = {
    "appendonly": "yes", "appendfsync": "always", "auto-aof-rewrite-percentage": "0", "aof-timestamp-enabled": "no",
    "lazyfree-lazy-expire": "no", "lazyfree-lazy-server-del": "no",
}


class Recorder:
    """Stands in for the journal of an engine: keeps units, lists of (database number, argv)."""

    recorded = flushed = 0
    policy = "no"

    def __init__(self):
        self.units = []

    def record_one(self, number, argv):
        self.record([(number, argv)])

    def record(self, effects):
        for _, argv in effects:
            assert argv and {word.__class__ for word in argv} == {bytes}, f"not words: {argv}"
        self.units.append([(number, list(argv)) for number, argv in effects])

    def join(self):
        """It has no threads."""

    def take(self):
        """The units since the last call."""
        units, self.units = self.units, []
        return units


def record(engine):
    """Let an engine record what its commands come to; returns the Recorder."""
    engine.keyspace.effects = []
    engine.journal = Recorder()
    return engine.journal


class RealFile:
    """The append-only file of the real server, switched on and read as it grows."""

    def __init__(self):
        self._client = RealClient()
        self._before = {name: self._ask("CONFIG", "GET", name)[1] for name in _REAL_DIRECTIVES}
        for name, value in _REAL_DIRECTIVES.items():
            self._ask("CONFIG", "SET", name, value)
        self._ask("DEBUG", "SET-ACTIVE-EXPIRE", "0")
        ready = b"aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0"
        wait_until(lambda: ready in self._ask("INFO", "persistence"))
        self._path = self._find()
        self._position = os.path.getsize(self._path)
        self._ask("FLUSHALL")               # after the first command it is known which database is selected
        self._number = 0
        self.take()

    def _ask(self, *args):
        return parse_reply(self._client.wire(*args))

    def _find(self):
        directory = os.path.join(*(os.fsdecode(self._ask("CONFIG", "GET", name)[1])
                                   for name in ("dir", "appenddirname")))
        manifest = os.path.join(directory, os.fsdecode(self._ask("CONFIG", "GET", "appendfilename")[1]) + ".manifest")
        if not os.access(manifest, os.R_OK):
            raise unittest.SkipTest("the real server's append-only file cannot be read from here")
        with open(manifest, encoding="ascii") as lines:
            return os.path.join(directory, [line.split()[1] for line in lines if line.split()[-1] == "i"][-1])

    def take(self):
        """The units since the last call."""
        with open(self._path, "rb") as file:
            file.seek(self._position)
            data = file.read()
        self._position += len(data)
        units, open_unit = [], None
        for argv in parse_requests(data)[0]:
            name = argv[0].upper()
            if name == b"SELECT":
                self._number = int(argv[1])
            elif name == b"MULTI":
                open_unit = []
            elif name == b"EXEC":
                units.append(open_unit)
                open_unit = None
            elif open_unit is not None:
                open_unit.append((self._number, argv))
            else:
                units.append([(self._number, argv)])
        return units

    def stop(self):
        """Leave the server's switches as they were."""
        self._ask("DEBUG", "SET-ACTIVE-EXPIRE", "1")
        for name, value in self._before.items():
            self._ask("CONFIG", "SET", name, value)
        self._client.close()


class RecordingTestCase(CommandTestCase):
    """Expectations on what commands come to; they can be run against a real server, too."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if REAL:
            cls.journal = RealFile()
            cls.addClassCleanup(cls.journal.stop)

    def setUp(self):
        super().setUp()
        if not REAL:
            self.journal = record(self.engine)

    def ask(self, *args):
        """Send a command; its reply as a value."""
        return parse_reply(self.client.wire(*args))

    def block(self, *args):
        """Another client, waiting in a command."""
        client = self.new_client()
        self.addCleanup(client.close)
        if not REAL:
            client.block(*args)
            return client
        number = parse_reply(client.wire("CLIENT", "ID"))
        client.socket.sendall(encode(argv_of(args)))
        wait_until(lambda: b" flags=b " in self.ask("CLIENT", "LIST", "ID", number))
        return client

    def wait_ms(self, milliseconds):
        """Let time pass."""
        if REAL:
            time.sleep(milliseconds / 1000)
        else:
            self.clock.advance(milliseconds / 1000)

    def assert_propagates(self, expected, *args):
        """Send a command and compare what it comes to; returns its reply as a value."""
        self.journal.take()
        reply = self.ask(*args)
        self.assert_propagated(expected, args)
        return reply

    def assert_propagated(self, expected, args=""):
        """Compare what all commands since the last comparison have come to."""
        units = self.journal.take()
        now_ms = int(time.time() * 1000) if REAL else self.engine.keyspace.now_ms
        expected = [[_parse_command(command) for command in (unit if isinstance(unit, list) else [unit])]
                    for unit in expected]
        same = len(units) == len(expected) and all(
            len(unit) == len(commands) and all(_matches(*pair, now_ms) for pair in zip(commands, unit))
            for commands, unit in zip(expected, units))
        self.assertTrue(same, f"{args} came to {units}, not to {expected}")


def parse_reply(data):
    """The value of one encoded reply."""
    parser = ReplyParser()
    parser.feed(data)
    return parser.replies.popleft()


def wait_until(condition):
    """Wait for a real server."""
    deadline_s = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > deadline_s:
            raise AssertionError("the real server does not get ready")
        time.sleep(0.01)


def _parse_command(command):
    words = argv_of(command if isinstance(command, tuple) else (command,))
    if words[0][:1] == b"@":
        return int(words[0][1:]), words[1:]
    return 0, words


def _matches(expected, effect, now_ms):
    (number, words), (real_number, argv) = expected, effect
    return (number == real_number and len(words) == len(argv) and words[0].upper() == argv[0].upper()
            and all(_is_word(*pair, now_ms) for pair in zip(words[1:], argv[1:])))


def _is_word(expected, word, now_ms):
    date = _DATE.fullmatch(expected)
    if date is None:
        return expected == word
    return word.isdigit() and abs(int(word) - now_ms - int(date.group(1))) <= _TOLERANCE_MS
