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
