"""The modes that walk over all keys: --scan, --bigkeys, --memkeys, --hotkeys."""
import re
import unittest

from redis_clone.cli.modes import big_keys, scan
from tests.cli.mode_support import (ModeTestCase, ScriptedServer, StoppingClock, array, bulk, needs_redis_cli,
                                    run_mode, run_redis_cli)

INTRODUCTION = (b"\n# Scanning the entire keyspace to find biggest keys as well as\n"
                b"# average sizes per key type.  You can use -i 0.1 to sleep 0.1 sec\n"
                b"# per 100 SCAN commands (not usually needed).\n\n")
HOT_INTRODUCTION = INTRODUCTION.replace(b"biggest", b"hot")


def page(*keys, cursor=b"0"):
    return array(bulk(cursor), array(*map(bulk, keys)))


class KeysTestCase(ModeTestCase):
    def fill(self):
        """A key of each type, and names that need quotes."""
        self.execute("SET str hello", "RPUSH list a b c", "SADD set a b", "HSET hash f v", "ZADD zset 1 m",
                     "XADD stream 1-1 f v", "SETRANGE big 3000 x", (b"SET", b'a "quoted"\n\xff key', b"12345"))


class ScanTest(KeysTestCase):
    def test_lists_all_keys(self):
        self.execute(*(f"SET key:{number} v" for number in range(500)))
        result = self.run_mode("--scan")
        self.assertEqual(result.status, 0)
        self.assertEqual(sorted(result.output.split()), sorted(b"key:%d" % number for number in range(500)))

    def test_lists_nothing_in_an_empty_database(self):
        self.assertEqual(self.run_mode("--scan").output, b"")

    def test_keys_are_quoted_on_a_terminal_only(self):
        self.execute((b"SET", b"a\0\xff b", "v"))
        self.assertEqual(self.run_mode("--scan").output, b"a\0\xff b\n")
        self.assertEqual(self.run_mode("--scan", terminal=True).output, b'"a\\x00\\xff b"\n')
        self.assertEqual(self.run_mode("--scan", "--no-raw").output, b'"a\\x00\\xff b"\n')
        self.assertEqual(self.run_mode("--scan", "--raw", terminal=True).output, b"a\0\xff b\n")

    def test_pattern_and_count_are_sent(self):
        server = ScriptedServer(self, {"SCAN": page(b"k")})
        run_mode(server.port, "--scan", "--pattern", "k*", "--count", "7")
        run_mode(server.port, "--scan", "--quoted-pattern", '"a\\x00*"')
        self.assertEqual(server.requests, [[b"SCAN", b"0", b"MATCH", b"k*", b"COUNT", b"7"],
                                           [b"SCAN", b"0", b"MATCH", b"a\0*"]])

    def test_pauses_after_each_step(self):
        following = {b"0": b"8", b"8": b"4", b"4": b"0"}
        server = ScriptedServer(self, {"SCAN": lambda words: page(cursor=following[words[1]])})
        clock = StoppingClock()
        run_mode(server.port, "--scan", "-i", "0.5", run=scan.run, clock=clock)
        self.assertEqual(clock.slept, [0.5] * 3)

    def test_what_is_no_reply_to_scan_is_refused(self):
        for reply, complaint in ((b"-NOPERM no\r\n", b"SCAN error: NOPERM no\n"),
                                 (b":1\r\n", b"Non ARRAY response from SCAN!\n"),
                                 (b"*1\r\n:1\r\n", b"Invalid element count from SCAN!\n"),
                                 (b"*2\r\n:1\r\n*0\r\n", b"Invalid element types from SCAN!\n"),
                                 (b"*2\r\n$1\r\n0\r\n*1\r\n:1\r\n", b"Invalid element types from SCAN!\n")):
            result = run_mode(ScriptedServer(self, {"SCAN": reply}).port, "--scan")
            self.assertEqual((result.status, result.output, result.errors), (1, b"", complaint))

    def test_a_server_that_dies_is_an_error(self):
        for ending in (None, (b"*2\r\n$1", None), b"garbage\r\n"):
            server = ScriptedServer(self, {
                "SCAN": lambda words: page(b"first", cursor=b"1") if words[1] == b"0" else ending})
            result = run_mode(server.port, "--scan")
            self.assertEqual((result.status, result.output), (1, b"first\n"))
            self.assertTrue(result.errors.startswith(b"\nI/O error: 127.0.0.1:"), result)


class BigKeysTest(KeysTestCase):
    def test_finds_the_biggest_of_each_type(self):
        self.fill()
        result = self.run_mode("--bigkeys")
        self.assertEqual((result.status, result.errors), (0, b""))
        self.assertTrue(result.output.startswith(INTRODUCTION))
        found, summary = result.output.split(b"\n-------- summary -------\n\n")
        self.assertIn(b"[00.00%] Biggest string found so far '\"big\"' with 3001 bytes\n", found)
        self.assertEqual(summary, b"""\
Sampled 8 keys in the keyspace!
Total key length in bytes is 43 (avg len 5.38)

Biggest string found '"big"' has 3001 bytes
Biggest   list found '"list"' has 3 items
Biggest    set found '"set"' has 2 members
Biggest   hash found '"hash"' has 1 fields
Biggest   zset found '"zset"' has 1 members
Biggest stream found '"stream"' has 1 entries

3 strings with 3011 bytes (37.50% of keys, avg size 1003.67)
1 lists with 3 items (12.50% of keys, avg size 3.00)
1 sets with 2 members (12.50% of keys, avg size 2.00)
1 hashs with 1 fields (12.50% of keys, avg size 1.00)
1 zsets with 1 members (12.50% of keys, avg size 1.00)
1 streams with 1 entries (12.50% of keys, avg size 1.00)
""")

    def test_an_empty_database(self):
        result = self.run_mode("--bigkeys")
        self.assertEqual(result.status, 0)
        self.assertIn(b"\n\n-------- summary -------\n\nSampled 0 keys in the keyspace!\n"
                      b"Total key length in bytes is 0 (avg len 0.00)\n\n\n"
                      b"0 strings with 0 bytes (00.00% of keys, avg size 0.00)\n", result.output)

    def test_memkeys_measures_memory(self):
        server = ScriptedServer(self, {
            "DBSIZE": b":1\r\n", "SCAN": page(b"k"), "TYPE": b"+list\r\n", "MEMORY": b":77\r\n"})
        result = run_mode(server.port, "--memkeys")
        self.assertIn(b"Biggest list   found so far '\"k\"' with 77 bytes\n", result.output)
        self.assertEqual(server.requests[-1], [b"MEMORY", b"USAGE", b"k"])
        run_mode(server.port, "--memkeys-samples", "7")
        self.assertEqual(server.requests[-1], [b"MEMORY", b"USAGE", b"k", b"SAMPLES", b"7"])

    def test_keys_that_vanish_or_change_meanwhile(self):
        server = ScriptedServer(self, {
            "DBSIZE": b":3\r\n", "SCAN": page(b"none", b"string", b"mod-type1"), "STRLEN": b"-WRONGTYPE no\r\n",
            "TYPE": lambda words: b"+%b\r\n" % words[1]})
        result = run_mode(server.port, "--bigkeys")
        self.assertEqual(result.status, 0)
        self.assertEqual(result.errors, b"Warning:  STRLEN on 'string' failed (may have changed type)\n")
        self.assertIn(b"Sampled 2 keys in the keyspace!\n", result.output)
        self.assertIn(b"1 mod-type1s with 0 ? (50.00% of keys, avg size 0.00)\n", result.output)

    def test_what_makes_no_sense_ends_it(self):
        good = {"DBSIZE": b":1\r\n", "SCAN": page(b"k"), "TYPE": b"+string\r\n", "STRLEN": b":1\r\n"}
        for name, reply, complaint in (
                ("DBSIZE", b"-ERR no\r\n", b"Couldn't determine DBSIZE: ERR no\n"),
                ("DBSIZE", b"+x\r\n", b"Non INTEGER response from DBSIZE!\n"),
                ("SCAN", b"-NOPERM no\r\n", b"SCAN error: NOPERM no\n"),
                ("TYPE", b"-ERR type\r\n", b"TYPE returned an error: ERR type\n"),
                ("TYPE", b":1\r\n", b"Invalid reply type (int) for TYPE on key 'k'!\n"),
                ("TYPE", None, b"Error getting type for key 'k' ("),
                ("STRLEN", None, b"Error getting size for key 'k' (")):
            result = run_mode(ScriptedServer(self, {**good, name: reply}).port, "--bigkeys")
            self.assertEqual(result.status, 1, name)
            self.assertTrue(result.errors.startswith(complaint), result)

    def test_an_interrupt_still_shows_what_was_found(self):
        server = ScriptedServer(self, {
            "DBSIZE": b":300\r\n", "TYPE": b"+string\r\n", "STRLEN": b":5\r\n",
            "SCAN": lambda words: page(b"k" + words[1], cursor=b"%d" % (int(words[1]) + 1))})
        result = run_mode(server.port, "--bigkeys", "-i", "1", run=big_keys.run, clock=StoppingClock(sleeps=2))
        self.assertEqual(result.status, 0)
        self.assertIn(b"-------- summary -------\n\n[99.67%] Sampled 300 keys in the keyspace!\n", result.output)
        self.assertIn(b"300 strings with 1500 bytes (100.00% of keys, avg size 5.00)\n", result.output)


class HotKeysTest(KeysTestCase):
    config = {"maxmemory-policy": "allkeys-lfu"}

    def test_finds_keys_by_their_counters(self):
        self.execute("SET a 1", "SET b 1")
        result = self.run_mode("--hotkeys")
        self.assertEqual((result.status, result.errors), (0, b""))
        self.assertTrue(result.output.startswith(HOT_INTRODUCTION))
        self.assertRegex(result.output, rb"\[00\.00%\] Hot key '\"a\"' found so far with counter \d+\n")
        self.assertRegex(result.output.split(b"summary")[1], rb"hot key found with counter: \d+\tkeyname: \"b\"\n")

    def test_keeps_the_sixteen_hottest_in_order(self):
        keys = [b"%d" % number for number in (5, 3, 99, 0, *range(10, 40), 7)]
        server = ScriptedServer(self, {
            "DBSIZE": b":35\r\n", "SCAN": page(*keys), "OBJECT": lambda words: b":%b\r\n" % words[2]})
        output = run_mode(server.port, "--hotkeys").output
        summary = re.findall(rb'counter: (\d+)\tkeyname: "(\d+)"', output)
        self.assertEqual(summary, [(b"%d" % number,) * 2 for number in (99, *range(39, 24, -1))])
        self.assertNotIn(b"Hot key '\"0\"'", output)
        self.assertNotIn(b"Hot key '\"7\"'", output)

    def test_without_an_lfu_policy_it_is_an_error(self):
        self.execute("CONFIG SET maxmemory-policy noeviction", "SET a 1")
        result = self.run_mode("--hotkeys")
        self.assertEqual((result.status, result.output), (1, HOT_INTRODUCTION))
        self.assertTrue(result.errors.startswith(b"Error: ERR An LFU maxmemory policy is not selected"), result)

    def test_a_key_that_is_gone_is_only_warned_of(self):
        server = ScriptedServer(self, {"DBSIZE": b":1\r\n", "SCAN": page(b"k"), "OBJECT": b"$-1\r\n"})
        result = run_mode(server.port, "--hotkeys")
        self.assertEqual((result.status, result.errors),
                         (0, b"Warning: OBJECT freq on '\"k\"' failed (may have been deleted)\n"))


@needs_redis_cli
class LikeRedisCliTest(KeysTestCase):
    """Byte for byte, except for the order of the types in a summary: that of redis-cli changes from run to run."""

    config = {"maxmemory-policy": "allkeys-lfu"}

    def setUp(self):
        super().setUp()
        self.fill()

    def check(self, *words):
        ours, theirs = self.run_mode(*words), self.run_redis_cli(*words)
        for result in (ours, theirs):
            head, separator, summary = result.output.partition(b"summary")
            result.output = head + separator + b"\n".join(sorted(summary.split(b"\n")))
        self.assertEqual(ours, theirs)

    def test_scan(self):
        self.check("--scan")
        self.check("--scan", "--no-raw")
        self.check("--scan", "--pattern", "*s*")
        self.check("--scan", "--quoted-pattern", '"a\\x20*"')

    def test_big_keys(self):
        self.check("--bigkeys")
        self.check("--bigkeys", "--pattern", "z*")
        self.check("-n", "3", "--bigkeys")

    def test_mem_keys(self):
        self.check("--memkeys")
        self.check("--memkeys-samples", "3")

    def test_hot_keys(self):
        self.check("--hotkeys")

    def test_several_pages(self):
        self.execute(*(f"SET key:{number} {'x' * number}" for number in range(1, 100)))
        self.check("--bigkeys")

    def test_failures(self):
        good = {"DBSIZE": b":1\r\n", "SCAN": page(b"k"), "TYPE": b"+string\r\n", "STRLEN": b":1\r\n",
                "OBJECT": b":3\r\n"}
        for mode, name, reply in (("--scan", "SCAN", b"-NOPERM no\r\n"), ("--scan", "SCAN", b":1\r\n"),
                                  ("--bigkeys", "DBSIZE", b"-ERR\r\n"), ("--bigkeys", "DBSIZE", b"+OK\r\n"),
                                  ("--bigkeys", "SCAN", b"-ERR x\r\n"), ("--bigkeys", "TYPE", b"-ERR x\r\n"),
                                  ("--bigkeys", "STRLEN", b"-ERR x\r\n"), ("--bigkeys", "TYPE", b"+module\r\n"),
                                  ("--bigkeys", "TYPE", b"+none\r\n"), ("--hotkeys", "OBJECT", b"-ERR x\r\n"),
                                  ("--hotkeys", "OBJECT", b"$-1\r\n"), ("--hotkeys", "OBJECT", b":0\r\n")):
            port = ScriptedServer(self, {**good, name: reply}).port
            ours, theirs = run_mode(port, mode), run_redis_cli(port, mode)
            for result in (ours, theirs):
                result.output = sorted(result.output.split(b"\n"))
            self.assertEqual(ours, theirs, (mode, name, reply))


if __name__ == "__main__":
    unittest.main()
