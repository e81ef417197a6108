"""What the tests of the checking tool share: files of all kinds, and the tool run on them."""
import contextlib
import io
import json
import os
import shutil
import tempfile
from unittest import mock

from redis_clone.check.__main__ import main
from redis_clone.check.files import examine
from redis_clone.check.text import lines_of
from redis_clone.persistence.aof_format import encode_request
from redis_clone.persistence.rdb_writer import write_rdb
from tests.support import EngineTestCase

NOW_MS = 1_700_000_000_000
DATASET = [
    "SET text value", "SET number 12345", ["SET", "repeated", "ab" * 100], ["SET", "k" * 100, "v"],
    "SET gone v PXAT 1700000001000", "SET soon v PXAT 1700000000002", "SET late v PXAT 4000000000000",
    "RPUSH list a b c", ["RPUSH", "list:long", *range(200)],
    "SADD set:ints 3 1 2", "SADD set:words b a", ["SADD", "set:large", *[f"m{n}" for n in range(200)]],
    "ZADD zset 1 a 2.5 b", "HSET hash f v g w", "HSET expiring f v g w", "HPEXPIREAT expiring 4000000000000 FIELDS 1 f",
    "XADD stream 5-1 a b c d", "XADD stream 6-1 x y", "XGROUP CREATE stream g 0",
    "SELECT 5", "SET text other", "RPUSH list z",
]
SELECT = encode_request([b"SELECT", b"0"])
SET = encode_request([b"SET", b"key", b"value"])
MULTI, EXEC = encode_request([b"MULTI"]), encode_request([b"EXEC"])
MANIFEST = "appendonly.aof.manifest"


def stamp(time_s):
    return b"#TS:%d\r\n" % time_s


class Terminal(io.StringIO):
    """What somebody types."""

    def isatty(self):
        return True


class CheckTestCase(EngineTestCase):
    """Files in a directory of its own, and the tool run on them."""

    def setUp(self):
        super().setUp()
        self.directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.directory)

    def rdb(self, commands=DATASET, **options):
        """The bytes of an RDB file with what the commands make."""
        for command in commands:
            self.execute(*command) if isinstance(command, list) else self.execute(command)
        pieces = []
        write_rdb(lambda data: pieces.append(bytes(data)), self.engine.keyspace.databases, **options)
        return b"".join(pieces)

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def write_parts(self, *parts):
        """A manifest and its files: pairs of name and contents, None for one that is missing."""
        lines = []
        for number, (name, data) in enumerate(parts, 1):
            if data is not None:
                self.write(name, data)
            lines.append(f"file {name} seq {number} type {'b' if '.base.' in name else 'i'}\n")
        return self.write(MANIFEST, "".join(lines).encode())

    def report(self, path, **options):
        """The report of a file, which can be printed in both ways."""
        report = examine(path, NOW_MS, **options)
        self.assertTrue("\n".join(lines_of(report)))
        return json.loads(json.dumps(report))

    def run_tool(self, *arguments, typed=None):
        """``(exit status, standard output, standard error)``."""
        out, err = io.StringIO(), io.StringIO()
        stdin = io.StringIO() if typed is None else Terminal(typed)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), mock.patch("sys.stdin", stdin):
            try:
                status = main(list(arguments))
            except SystemExit as error:
                status = error.code
        return status, out.getvalue(), err.getvalue()
