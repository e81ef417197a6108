"""MEMORY."""
from .support import CommandTestCase, EngineTestCase


class MemoryTest(CommandTestCase):
    def test_purge_has_nothing_to_do(self):
        self.check("+OK", "MEMORY PURGE")

    def test_wrong_numbers_of_arguments(self):
        self.check("-ERR wrong number of arguments for 'memory' command", "MEMORY")
        self.check("-ERR wrong number of arguments for 'memory|stats' command", "MEMORY STATS x")
        self.check("-ERR unknown subcommand 'nosuch'. Try MEMORY HELP.", "MEMORY nosuch")

    def test_help_is_lines_of_status_replies(self):
        lines = self.client.wire("MEMORY HELP").split(b"\r\n")
        self.assertEqual(lines[1], b"+MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")


class MemoryUsageTest(CommandTestCase):
    def test_a_missing_key_takes_nothing(self):
        self.check("$-1", "MEMORY USAGE nope")
        self.check("$-1", "MEMORY USAGE nope SAMPLES 0")

    def test_is_an_integer(self):
        for command in ("SET k v", "RPUSH k a b", "SADD k a 1", "HSET k f v", "ZADD k 1 a", "SADD k 1"):
            self.client.wire("DEL k")
            self.client.wire(command)
            for options in ("", " SAMPLES 0", " samples 5", f" SAMPLES {(1 << 63) - 1}", " SAMPLES 1 SAMPLES 2"):
                self.assertRegex(self.client.wire("MEMORY USAGE k" + options), rb"^:[1-9]\d+\r\n$")

    def test_options_are_looked_at_before_the_key(self):
        for key in ("k", "nope"):
            self.client.wire("SET k v")
            for options in ("foo", "SAMPLES", "SAMPLES -1", "SAMPLES 3 x", "foo 1"):
                self.check("-ERR syntax error", f"MEMORY USAGE {key} {options}")
            for number in ("x", 1 << 63):
                self.check("-ERR value is not an integer or out of range", f"MEMORY USAGE {key} SAMPLES {number}")
        self.check("-ERR wrong number of arguments for 'memory|usage' command", "MEMORY USAGE")

    def test_grows_with_what_is_stored(self):
        self.client.wire("SET", "small", "x" * 10)
        self.client.wire("SET", "large", "x" * 10000)
        small, large = (int(self.client.wire("MEMORY USAGE " + key)[1:]) for key in ("small", "large"))
        self.assertGreater(large - small, 9900)

    def test_is_no_use_of_the_key(self):
        self.client.wire("SET k v")
        self.client.wire("CONFIG RESETSTAT")
        self.client.wire("MEMORY USAGE k")
        self.client.wire("MEMORY USAGE nope")
        self.assertIn(b"keyspace_hits:0\r\nkeyspace_misses:0", self.client.wire("INFO stats"))


class MemoryStatsTest(EngineTestCase):
    def test_the_allocator_cannot_be_asked(self):
        self.assertEqual(self.execute("MEMORY MALLOC-STATS"), b"Stats not supported for the current allocator")

    def test_figures_go_together(self):
        self.execute("MSET a 1 b 2")
        self.execute("SELECT 3")
        self.execute("SET c 1 EX 100")
        stats = self.execute("MEMORY STATS")
        self.assertEqual(stats[b"keys.count"], 3)
        self.assertLessEqual(stats[b"total.allocated"], stats[b"peak.allocated"])
        self.assertEqual(stats[b"fragmentation.bytes"], stats[b"allocator.resident"] - stats[b"total.allocated"])
        self.assertEqual([name for name in stats if name.startswith(b"db.")], [b"db.0", b"db.3"])
        self.assertIn(b"overhead.hashtable.main", stats[b"db.0"])

    def test_shares_and_ratios_are_doubles(self):
        self.client.wire("HELLO 3")
        self.assertRegex(self.client.wire("MEMORY STATS"), rb"\$13\r\nfragmentation\r\n,[\d.]+\r\n")
