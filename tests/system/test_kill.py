"""SIGKILL at random moments: after the next start all is there that was promised, and nothing half done.

Writers of many kinds (durability.py) write while something else goes on in the server: a snapshot, a rewrite of
the append-only file, the append-only file turned off and on. It is killed, started again on the same port and
directory, and asked; the next round goes on with the same data. Seven kills by default, 60 at full length.
"""

import contextlib
import os
import time
import unittest

from tests.system.durability import (
    FOR_EVER, PROGRAM, WRITERS, Appends, DurabilityTestCase, Sets, check_filling, check_writers, contents, expect, fill,
    join_threads, processes_in, start_threads, temporary_files,
)
from tests.system.support import HAS_PROC, LONG, SystemTestCase, wait_until

FILLING = 40000 if LONG else 8000
SHORT_ROUND_S, LONG_ROUND_S = 0.5, 3.0
LOSS_S = 2.0                    # what "everysec" may lose
MOST_TEMPORARY_FILES = 4        # left by the dead in a directory; more would mean that they pile up


class KillTestCase(DurabilityTestCase):
    """Rounds of writing, killing, starting and checking."""

    kills = ()                  # the names of the methods, one of which goes on at each kill

    def setUp(self):
        super().setUp()
        self.writers = [kind() for kind in WRITERS]
        self.start_on_data()
        with contextlib.closing(self.client()) as client:
            fill(client, FILLING)
        self.safe_s = FOR_EVER          # up to when acknowledged steps are promised to be kept
        self.lost = 0

    def play(self, rounds, round_s):
        self.begin()
        names = [self.kills[number % len(self.kills)] for number in range(rounds)]
        self.random.shuffle(names)
        for number, name in enumerate(names):
            try:
                self.round(getattr(self, name), round_s * self.random.uniform(0.5, 1.1))
            except AssertionError as error:
                raise AssertionError(f"after kill {number + 1}, during {name}, {self.seed}: {error}") from error

    def begin(self):
        """What is to be done before the first round."""

    def round(self, disturb, round_s):
        threads = start_threads(self.writers, self.port)
        end_s = time.monotonic() + round_s
        time.sleep(round_s * self.random.uniform(0.2, 0.5))
        disturb()
        time.sleep(max(end_s - time.monotonic(), 0))
        killed_s = time.monotonic()
        self.server.kill()
        join_threads(self.writers, threads)
        self.check_orphans()
        self.start_on_data()
        with contextlib.closing(self.client()) as client:
            check_filling(client, FILLING)
            self.lost += check_writers(self.writers, client, self.promised_s(killed_s))
        self.check_files()

    def promised_s(self, killed_s):
        """Up to when all that was acknowledged is promised to be there, after a kill at `killed_s`."""
        raise NotImplementedError

    def check_orphans(self):
        """A child that outlives its server ends soon, and leaves alone what counts. Not always waited for."""
        if not HAS_PROC or self.random.random() < 0.3:
            return
        def left_behind(name):
            return name.startswith("temp") or name == "dump.rdb" and PROGRAM is not None
        before = contents(self.data, left_behind)
        wait_until(lambda: not processes_in(self.data), "the end of the dead server's child")
        expect(contents(self.data, left_behind) == before, "an orphan has changed files")

    def check_files(self):
        left = temporary_files(self.data)
        expect(PROGRAM or len(left) <= MOST_TEMPORARY_FILES, "temporary files pile up", left)

    # What goes on at a kill

    def nothing(self):
        pass

    def bgsave(self):
        self.ask("BGSAVE")

    def bgrewriteaof(self):
        self.ask("BGREWRITEAOF")

    def two_rewrites(self):
        """The files of the first one are being removed while the second one works."""
        self.ask("BGREWRITEAOF")
        self.wait_for(aof_rewrite_in_progress=0, aof_rewrite_scheduled=0)
        self.ask("BGREWRITEAOF")

    def rewrite_as_commands(self):
        self.ask("CONFIG", "SET", "aof-use-rdb-preamble", "no")
        self.ask("BGREWRITEAOF")

    def off_and_on(self):
        """While it is off, and until a new base file is there, nothing new is promised."""
        self.safe_s = time.monotonic()
        self.ask("CONFIG", "SET", "appendonly", "no")
        time.sleep(0.1)
        self.ask("CONFIG", "SET", "appendonly", "yes")
        if self.random.random() < 0.5:
            self.wait_for(aof_rewrite_in_progress=0, aof_rewrite_scheduled=0, aof_last_bgrewrite_status="ok")
            self.safe_s = FOR_EVER

    def off(self):
        self.safe_s = time.monotonic()
        self.ask("CONFIG", "SET", "appendonly", "no")


@unittest.skipIf(os.name == "nt", "needs SIGKILL")
class AlwaysTest(KillTestCase):
    options = ("--appendonly", "yes", "--appendfsync", "always")
    kills = ("bgrewriteaof", "off_and_on", "bgsave", "two_rewrites", "nothing", "rewrite_as_commands", "off")

    def promised_s(self, killed_s):
        promised_s, self.safe_s = self.safe_s, FOR_EVER
        return promised_s

    def test_nothing_acknowledged_is_lost(self):
        self.play(35 if LONG else 4, SHORT_ROUND_S)


@unittest.skipIf(os.name == "nt", "needs SIGKILL")
class EverySecondTest(KillTestCase):
    options = ("--appendonly", "yes", "--appendfsync", "everysec")
    kills = ("bgrewriteaof", "nothing", "off_and_on", "bgsave", "two_rewrites")

    def promised_s(self, killed_s):
        promised_s, self.safe_s = min(self.safe_s, killed_s - LOSS_S), FOR_EVER
        return promised_s

    def test_at_most_two_seconds_are_lost(self):
        self.play(10 if LONG else 1, LONG_ROUND_S)


@unittest.skipIf(os.name == "nt", "needs SIGKILL")
class SnapshotTest(KillTestCase):
    """Without an append-only file: as it was at the last snapshot that was completed, or at a later one."""

    kills = ("complete_bgsave", "save", "bgsave", "nothing")

    def begin(self):
        self.save()

    def promised_s(self, killed_s):
        return self.saved_s

    def save(self):
        started_s = time.monotonic()
        self.ask("SAVE")
        self.saved_s = started_s

    def complete_bgsave(self):
        started_s = time.monotonic()
        self.ask("BGSAVE")
        self.wait_for(rdb_bgsave_in_progress=0, rdb_last_bgsave_status="ok")
        self.saved_s = started_s

    def test_the_last_snapshot_is_there(self):
        self.play(15 if LONG else 2, SHORT_ROUND_S)


class WriterTest(SystemTestCase):
    """The writers notice what they are there to notice."""

    shared = True
    steps = 7
    # For each one a change of its data after seven steps, which no number of steps explains.
    damages = {
        "Sets": ("SET", "set:3", 2),
        "Counts": ("INCR", "count:whole"),
        "Appends": ("LREM", "append:list", 1, 5),
        "Transactions": ("HINCRBY", "transaction:hash", "field", -1),
        "Loads": ("LPUSH", "belt:loaded", 1),
        "Carries": ("LTRIM", "belt:carried", 0, 5),
        "Draws": ("SADD", "draw:set", *range(1, 51)),
        "Expiries": ("EXPIRE", "expiry:lasting", 1005),
        "Entries": ("XTRIM", "entry:stream", "MAXLEN", 5),
    }

    def written(self):
        """Writers that have done some steps on an empty server."""
        self.ask("FLUSHALL")
        writers = [kind() for kind in WRITERS]
        for _ in range(self.steps):
            for writer in writers:
                writer.step(self.asker)
        return writers

    def setUp(self):
        super().setUp()
        self.asker = self.client()
        self.ask = self.asker.execute

    def test_all_is_well_without_damage(self):
        writers = self.written()
        self.assertEqual(check_writers(writers, self.asker, FOR_EVER), 0)
        self.assertEqual([writer.begun // writer.batch for writer in writers], [self.steps] * len(writers))

    def test_each_one_notices_a_change_of_its_data(self):
        for kind in WRITERS:
            with self.subTest(kind.__name__):
                writers = self.written()
                self.ask(*self.damages[kind.__name__])
                with self.assertRaises(AssertionError):
                    check_writers(writers, self.asker, 0)

    def test_what_was_promised_is_missed(self):
        writers = self.written()
        then_s = time.monotonic()
        for writer in writers:
            writer.step(self.asker)
        self.ask("FLUSHALL")
        with self.assertRaisesRegex(AssertionError, "is lost, acknowledged"):
            check_writers(writers, self.asker, then_s)
        self.assertEqual(check_writers(writers, self.asker, 0), (self.steps + 1) * len(WRITERS))

    def test_a_hole_between_writers_is_noticed(self):
        sets, appends = Sets(), Appends()
        for writer in sets, appends:
            writer.step(self.asker)
        self.ask("DEL", "set:1")
        with self.assertRaisesRegex(AssertionError, "'step 3 of append' 'is there, but' 'step 1 of set' 'is not"):
            check_writers([sets, appends], self.asker, 0)


if __name__ == "__main__":
    unittest.main()
