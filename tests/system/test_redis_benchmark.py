"""redis-benchmark, where it is installed: every test of its default run, and its other ways of asking."""

import csv
import shutil
import subprocess
import unittest

from tests.system.support import LONG, PATIENCE_S, SystemTestCase

BENCHMARK = shutil.which("redis-benchmark")
REQUESTS = "100000" if LONG else "500"
DEFAULT_TESTS = [
    "PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "LPUSH", "RPUSH", "LPOP", "RPOP", "SADD", "HSET",
    "SPOP", "ZADD", "ZPOPMIN", "LPUSH (needed to benchmark LRANGE)", "LRANGE_100 (first 100 elements)",
    "LRANGE_300 (first 300 elements)", "LRANGE_500 (first 500 elements)", "LRANGE_600 (first 600 elements)",
    "MSET (10 keys)"]


@unittest.skipUnless(BENCHMARK, "redis-benchmark is not installed")
class BenchmarkTest(SystemTestCase):
    shared = True

    def measured(self, *arguments):
        """Run it; return the names of the tests that have a figure."""
        done = subprocess.run([BENCHMARK, "-p", str(self.server.port), "-n", REQUESTS, "--csv", *arguments],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE_S * 20)
        output = done.stdout.decode()
        self.assertEqual(done.returncode, 0, output + done.stderr.decode())
        rows = list(csv.reader(output.splitlines()))
        self.assertEqual(rows[0][:2], ["test", "rps"], output)
        self.assertTrue(all(float(row[1]) > 0 for row in rows[1:]), output)
        return [row[0] for row in rows[1:]]

    def test_the_default_run_measures_every_test(self):
        names = self.measured()
        self.assertEqual([name for name in DEFAULT_TESTS if name not in names], [])

    def test_pipelines_of_random_keys(self):
        names = self.measured("-t", "set,get,zadd", "-P", "16", "-r", "1000")
        self.assertEqual(names, ["SET", "GET", "ZADD"])
        self.assertEqual(self.info("errorstats"), {})

    def test_a_command_of_ones_own_in_resp3(self):
        self.assertEqual(self.measured("-3", "HSET", "h", "f", "__rand_int__"), ["HSET h f __rand_int__"])

    def test_a_connection_for_each_request(self):
        self.assertEqual(self.measured("-k", "0", "-t", "ping_mbulk"), ["PING_MBULK"])


if __name__ == "__main__":
    unittest.main()
