"""What is counted and sampled for INFO."""
import mmap
import sys
import unittest
from types import SimpleNamespace

from redis_clone.clock import FakeClock
from redis_clone.errors import RedisError
from redis_clone.memory_use import read_memory
from redis_clone.stats import Rates, Stats

from .support import EngineTestCase


class CountErrorTest(unittest.TestCase):
    def setUp(self):
        self.stats = Stats(FakeClock())

    def code(self, text):
        self.stats.errors.clear()
        self.stats.count_error(RedisError(text))
        return list(self.stats.errors)

    def test_the_first_word_is_the_code(self):
        self.assertEqual(self.code("WRONGTYPE Operation"), ["WRONGTYPE"])

    def test_what_is_no_code_counts_as_err(self):
        self.assertEqual(self.code("foo"), ["ERR"])
        self.assertEqual(self.code("x" * 40 + " y"), ["ERR"])

    def test_all_are_counted_together_too(self):
        self.code("ERR a")
        self.code("foo")
        self.assertEqual(self.stats.error_replies, 2)


class RatesTest(EngineTestCase):
    def test_without_samples_nothing_is_known(self):
        self.assertEqual(self.engine.stats.rates(), Rates(0, 0, 0))

    def test_idle_seconds_bring_them_back_to_zero(self):
        stats = self.engine.stats
        stats.sample(self.engine)
        self.client.session.bytes_in = 1000
        self.clock.advance(0.1)
        stats.sample(self.engine)
        self.assertAlmostEqual(stats.rates().input_bytes, 10_000, delta=1)
        for _ in range(20):
            self.clock.advance(0.1)
            stats.sample(self.engine)
        self.assertEqual(stats.rates(), Rates(0, 0, 0))

    def test_samples_that_come_too_early_are_left_out(self):
        stats = self.engine.stats
        stats.sample(self.engine)
        self.client.session.bytes_in = 1000
        self.clock.advance(0.01)
        stats.sample(self.engine)
        self.assertEqual(stats.rates(), Rates(0, 0, 0))

    def test_with_many_clients_samples_are_rarer(self):
        stats = self.engine.stats
        idle = SimpleNamespace(bytes_in=0, bytes_out=0)
        self.engine.sessions.update((-number, idle) for number in range(5000))
        stats.sample(self.engine)
        self.client.session.bytes_in = 1000
        self.clock.advance(0.3)
        stats.sample(self.engine)
        self.assertEqual(stats.rates().input_bytes, 0)
        self.clock.advance(0.3)
        stats.sample(self.engine)
        self.assertGreater(stats.rates().input_bytes, 0)

    def test_a_reset_starts_anew(self):
        stats = self.engine.stats
        stats.sample(self.engine)
        self.clock.advance(0.1)
        stats.sample(self.engine)
        stats.reset()
        self.assertEqual(stats.rates(), Rates(0, 0, 0))


class MemoryUseTest(EngineTestCase):
    def test_memory_is_measured(self):
        used, resident = read_memory()
        self.assertLessEqual(used, resident)

    def test_the_peak_stays(self):
        memory = self.engine.stats.memory
        memory.peak = memory.used + (1 << 40)
        memory.measure()
        self.assertGreater(memory.peak, 1 << 40)

    @unittest.skipUnless(sys.platform == "linux" and read_memory()[0], "this platform does not tell")
    def test_more_data_takes_more_memory(self):
        self.engine.stats.memory.measure()
        before = self.engine.stats.memory.used
        size = 50 << 20                 # mapped, since the allocator may still hold as much from earlier tests
        with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as data:
            for page in range(0, size, mmap.PAGESIZE):      # pages that are never touched take none
                data[page] = 1
            self.engine.stats.memory.measure()
        self.assertGreater(self.engine.stats.memory.used, before + (30 << 20))
