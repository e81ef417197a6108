"""BGSAVE again and again while many clients change the data: no deadlock, no half-written file, nobody is turned
away.
"""
import os
import threading
import unittest

from redis_clone.datatypes.limits import EncodingLimits
from redis_clone.persistence.rdb_reader import RdbReader
from tests.system.support import LONG, SystemTestCase, not_when_short, wait_until

CLIENTS = 200
SAVES = 100 if LONG else 8
KEYS = 2000


@not_when_short
@unittest.skipUnless(hasattr(os, "fork"), "there is no fork")
class BgsaveUnderLoadTest(SystemTestCase):
    # Each snapshot takes a moment, so that there are changes while the child writes.
    directives = ("--rdb-key-save-delay", "20", "--enable-protected-configs", "yes")

    def setUp(self):
        super().setUp()
        self.stopped = False
        self.failures = []
        self.rounds = [0] * CLIENTS

    def write(self, number):
        """The life of one client: in each key of a round stands the same, in all or in none."""
        try:
            with self.client() as client:
                while not self.stopped:
                    self.rounds[number] += 1
                    value = b"%d" % self.rounds[number]
                    client.execute("MSET", *sum(((f"{number}:{part}", value) for part in "abc"), ()))
                    assert client.execute("GET", f"{number}:b") == value
        except Exception as error:
            self.failures.append(error)

    def test_each_snapshot_is_of_one_moment(self):
        client = self.client()
        for number in range(KEYS):
            client.execute("SET", f"filler:{number}", "x" * 100)
        threads = [threading.Thread(target=self.write, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(SAVES):
                rounds = list(self.rounds)
                self.assertEqual(client.execute("BGSAVE"), "Background saving started")
                wait_until(lambda: self.info("persistence")["rdb_bgsave_in_progress"] == "0", "the end of BGSAVE")
                self.assertEqual(self.info("persistence")["rdb_last_bgsave_status"], "ok", self.server.log())
                self.check_snapshot()
                wait_until(lambda: self.failures or all(now > before for before, now in zip(rounds, self.rounds)),
                           "progress of all clients")
        finally:
            self.stopped = True
            for thread in threads:
                thread.join()
        self.assertEqual(self.failures, [])
        self.assertEqual([name for name in os.listdir(self.directory) if name.startswith("temp")], [])

    def check_snapshot(self):
        with open(os.path.join(self.directory, "dump.rdb"), "rb") as file:
            values = {key: value for _, key, value, *_ in RdbReader(file.read(), EncodingLimits())}
        for number in range(CLIENTS):
            self.assertEqual(len({values.get(b"%d:%c" % (number, part)) for part in b"abc"}), 1)
