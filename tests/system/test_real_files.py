"""RDB files and append-only files of real servers are read here, and ours there, where they are installed.

One side is given data of all kinds (dataset.py) and writes a snapshot, an append-only file as it grows, and one that is
written anew in each of the two formats. The other side loads each of them; DEBUG DIGEST, and what that does not
see, must be the same. The real ones' check tools must find nothing wrong with our files. A million keys at full
length, 20,000 by default, and fewer for the older one of the real servers.
"""

import os
import shutil
import subprocess
import tempfile
import unittest

from redis_clone.client import Client
from tests.system import dataset
from tests.system.support import LONG, PATIENCE_S, ServerProcess, SystemTestCase, not_when_short, wait_until

OURS = None                             # what ServerProcess takes for our own program
WAIT_S = 600 if LONG else PATIENCE_S
# "always": with the others a reply may come before the write.
APPENDING = ("--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0")


class RealFileTests:
    """For a TestCase with the name of a real server's program, and which version of RDB it writes and reads."""

    directives = None
    program = checks = None
    rdb_version = 11
    fractions = True
    count = 1_000_000 if LONG else 5_000

    def setUp(self):
        if shutil.which(self.program) is None:
            self.skipTest(f"{self.program} is not installed")
        super().setUp()

    def run_server(self, program, directory, *directives):
        """A server that works in a directory below ours."""
        directory = os.path.join(self.directory, directory)
        os.makedirs(directory, exist_ok=True)
        if program is OURS:
            directives = ("--rdb-version", str(self.rdb_version), *directives)
        logs = tempfile.mkdtemp(dir=self.directory)
        server = ServerProcess(logs, "--dir", directory, "--enable-debug-command", "yes", *directives,
                               program=program, patience_s=WAIT_S)
        self.addCleanup(self.check, server)
        self.addCleanup(server.end)
        return server

    def check(self, server):
        if server.process.args[0] != self.program:
            super().check(server)

    def connect_to(self, server):
        return Client(port=server.port, timeout_s=WAIT_S)

    def comparable(self, server):
        """What must be the same on both sides."""
        return dataset.state(server.port, WAIT_S)

    # Writing

    def write(self, program):
        """Have a server write files of all kinds. Returns ``[(directory, state of the data)]``."""
        server = self.run_server(program, "written", *APPENDING)
        dataset.fill(server.port, self.count, self.fractions)
        with self.connect_to(server) as client:
            client.execute("SAVE")
            written = [self.put_aside("grown", server)]
            self.rewrite(client)
            written.append(self.put_aside("rewritten", server))
            client.execute("CONFIG", "SET", "aof-use-rdb-preamble", "no")
            for number in dataset.DATABASES:        # what cannot be said in commands
                client.execute("SELECT", number)
                client.execute("XACK", *dataset.PENDING_BUT_DELETED)
            self.rewrite(client)
            written.append(self.put_aside("commands", server))
        server.kill()
        return written

    def rewrite(self, client):
        """A new base, and something more in the increment after it."""
        client.execute("BGREWRITEAOF")
        wait_until(lambda: b"aof_rewrite_in_progress:0" in client.execute("INFO", "persistence"), "the rewrite", WAIT_S)
        self.assertIn(b"aof_last_bgrewrite_status:ok", client.execute("INFO", "persistence"))
        client.execute("RPUSH", "list:odd", "one more")
        client.execute("SPOP", "set:large", 3)

    def put_aside(self, name, server):
        shutil.copytree(os.path.join(self.directory, "written"), os.path.join(self.directory, name))
        return name, self.comparable(server)

    # Reading

    def assert_readable(self, program, written):
        (grown, state), *others = written
        self.assert_read(program, grown, state)
        for directory, state in [(grown, state), *others]:
            self.assert_read(program, directory, state, *APPENDING)

    def assert_read(self, program, directory, state, *directives):
        with self.subTest(directory, directives=directives):
            server = self.run_server(program, directory, *directives)
            self.assertEqual(dataset.differences(state, self.comparable(server)), [])
            server.kill()

    def assert_checked(self, tool, *path):
        """The real server's check tool finds nothing wrong with a file."""
        program = shutil.which(f"{self.checks}-check-{tool}")
        if program is None:
            return
        done = subprocess.run([program, os.path.join(self.directory, *path)], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=WAIT_S)
        self.assertEqual(done.returncode, 0, done.stdout.decode())

    def test_their_files_are_loaded_here(self):
        self.assert_readable(OURS, self.write(self.program))

    def test_our_files_are_loaded_there(self):
        written = self.write(OURS)
        self.assert_checked("rdb", "grown", "dump.rdb")
        for directory, _ in written:
            self.assert_checked("aof", directory, "appendonlydir", "appendonly.aof.manifest")
        self.assert_readable(self.program, written)

    def test_scores_of_all_kinds(self):
        for writer, reader in (self.program, OURS), (OURS, self.program):
            with self.subTest(writer=writer or "redis_clone"):
                server = self.run_server(writer, "scores")
                with self.connect_to(server) as client:
                    for command in dataset.fractional():
                        client.execute(*command)
                    client.execute("SAVE")
                expected = self.scores(server)
                server.kill()
                self.assertEqual(self.scores(self.run_server(reader, "scores")), expected)

    def scores(self, server):
        """As numbers: the digits differ between versions."""
        with self.connect_to(server) as client:
            replies = [client.execute("ZRANGE", key, 0, -1, "WITHSCORES") for _, key, *_ in dataset.fractional()]
        return [(reply[::2], [float(score) for score in reply[1::2]]) for reply in replies]

    def test_their_access_frequencies_are_kept(self):
        directives = ("--maxmemory-policy", "allkeys-lfu", "--lfu-decay-time", "0")
        server = self.run_server(self.program, "frequencies", *directives)
        with self.connect_to(server) as client:
            client.execute("SET", "often", 1)
            client.execute("SET", "seldom", 1)
            for _ in range(300):
                client.execute("GET", "often")
            client.execute("SAVE")
            expected = [client.execute("OBJECT", "FREQ", key) for key in ("often", "seldom")]
        server.kill()
        with self.connect_to(self.run_server(OURS, "frequencies", *directives)) as client:
            self.assertEqual([client.execute("OBJECT", "FREQ", key) for key in ("often", "seldom")], expected)


@not_when_short
class RedisTest(RealFileTests, SystemTestCase):
    program, checks = "redis-server", "redis"
    rdb_version = 10
    fractions = False           # its digest describes them with other digits
    count = RealFileTests.count if LONG else 3000

    def comparable(self, server):
        """Redis 7.0 has other encodings, and does not write down how much of a stream a group has read."""
        return {what: value for what, value in super().comparable(server).items()
                if what[-1] not in ("encoding", b"entries-read", b"lag")}


@not_when_short
class ValkeyTest(RealFileTests, SystemTestCase):
    program, checks = "valkey-server", "valkey"


if __name__ == "__main__":
    unittest.main()
