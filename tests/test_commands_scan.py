"""KEYS, SCAN and RANDOMKEY."""
import unittest

from tests.support import CommandTestCase, EngineTestCase

NOT_AN_INTEGER = "-ERR value is not an integer or out of range"
SYNTAX_ERROR = "-ERR syntax error"
INVALID_CURSOR = "-ERR invalid cursor"


class KeysTest(CommandTestCase):
    def test_one_key(self):
        self.client.wire("SET", "a*c", "1")
        for pattern in ("*", "a*", "a?c", "a\\*c", "[ab]*", "**", "a*c"):
            self.check("*1\r\n$3\r\na*c", "KEYS", pattern)
        for pattern in ("b", "", "a", "A*", "[^a]*", "?"):
            self.check("*0", "KEYS", pattern)

    def test_the_empty_key(self):
        self.client.wire("SET", "", "1")
        self.check("*1\r\n$0\r\n\r\n", "KEYS *")
        self.check("*1\r\n$0\r\n\r\n", "KEYS", "")

    def test_an_empty_database(self):
        self.check("*0", "KEYS *")
        self.check("$-1", "RANDOMKEY")


class ScanTest(CommandTestCase):
    def test_a_small_database_comes_at_once(self):
        self.client.wire("SET a 1")
        for options in ("", "COUNT 1000", "MATCH *", "MATCH a", "TYPE string", "type STRING match ? count 5",
                        "COUNT 9223372036854775807", "MATCH b MATCH a"):
            self.check("*2\r\n$1\r\n0\r\n*1\r\n$1\r\na", f"SCAN 0 {options}")
        for options in ("MATCH b", "TYPE list", "TYPE zset"):
            self.check("*2\r\n$1\r\n0\r\n*0", f"SCAN 0 {options}")
        self.check("*2\r\n$1\r\n0\r\n*0", "SCAN", 0, "MATCH", "")

    def test_errors_and_their_order(self):
        for cursor in ("abc", "18446744073709551616", "1.5", "1 ", "0x1"):
            self.check(INVALID_CURSOR, "SCAN", cursor, "FOO")
        for options in ("FOO", "FOO BAR", "COUNT", "MATCH", "TYPE", "COUNT 0", "COUNT -1", "COUNT 10 COUNT 0",
                        "MATCH a FOO"):
            self.check(SYNTAX_ERROR, f"SCAN 0 {options}")
        self.check(NOT_AN_INTEGER, "SCAN 0 COUNT a FOO")
        self.check(NOT_AN_INTEGER, "SCAN 0 COUNT 99999999999999999999")
        self.check("-ERR wrong number of arguments for 'scan' command", "SCAN")


class ScanGuaranteeTest(EngineTestCase):
    def scan_all(self, *options, between=lambda: None):
        found, cursor, calls = [], b"0", 0
        while calls == 0 or cursor != b"0":
            cursor, keys = self.execute("SCAN", cursor, *options)
            found += keys
            calls += 1
            between()
        return found, calls

    def test_every_key_once_in_pieces_of_about_the_count(self):
        self.execute("MSET", *[word for number in range(5000) for word in (b"k%d" % number, b"v")])
        found, calls = self.scan_all("COUNT", 100)
        self.assertEqual(sorted(found), sorted(b"k%d" % number for number in range(5000)))
        self.assertTrue(20 <= calls <= 60, calls)

    def test_stable_keys_are_found_while_others_come_and_go(self):
        for size in (20, 300, 6000):
            self.engine.keyspace.databases[0].flush()
            stable = {b"stable%d" % number for number in range(size)}
            self.execute("MSET", *[word for key in stable for word in (key, b"v")])
            serial = iter(range(10 ** 9))

            def churn():
                for _ in range(40):
                    number = next(serial)
                    self.execute("SET", b"new%d" % number, b"v")
                    self.execute("DEL", b"new%d" % (number - 60))

            found, _ = self.scan_all("COUNT", 50, between=churn)
            self.assertEqual(stable - set(found), set())

    def test_type_and_pattern_filters(self):
        for number in range(300):
            self.execute("SET", f"text{number}", "v")
            self.execute("SADD", f"set{number}", "m")
        self.assertEqual(sorted(self.scan_all("TYPE", "set", "MATCH", "*9")[0]),
                         sorted(b"set%d" % number for number in range(9, 300, 10)))
        self.assertEqual(self.scan_all("TYPE", "nonsense")[0], [])

    def test_expired_keys_are_left_out_and_deleted(self):
        for number in range(100):
            self.execute("SET", f"k{number}", "v", *(["PX", "10"] if number % 2 else []))
        self.clock.advance(1)
        self.assertEqual(len(self.execute("KEYS *")), 50)
        self.assertEqual(len(self.engine.keyspace.databases[0]), 100)       # KEYS deletes nothing
        self.assertEqual(len(self.scan_all()[0]), 50)
        self.assertEqual(len(self.engine.keyspace.databases[0]), 50)


class RandomkeyTest(EngineTestCase):
    def test_every_key_is_drawn(self):
        keys = {b"k%d" % number for number in range(10)}
        self.execute("MSET", *[word for key in keys for word in (key, b"v")])
        self.assertEqual({self.execute("RANDOMKEY") for _ in range(300)}, keys)

    def test_expired_keys_are_never_drawn(self):
        for number in range(50):
            self.execute("SET", f"old{number}", "v", "PX", "10")
        self.execute("SET stays v")
        self.clock.advance(1)
        self.assertEqual(self.execute("RANDOMKEY"), b"stays")
        self.execute("DEL stays")
        self.assertIsNone(self.execute("RANDOMKEY"))


if __name__ == "__main__":
    unittest.main()
