"""The data as text."""
import unittest

from redis_clone.testing.dump import dump
from redis_clone.testing.text import shown
from tests.support import EngineTestCase


class DumpTest(EngineTestCase):
    def dump(self, most_keys=100, most_items=20):
        with self.engine.lock:
            return dump(self.engine, most_keys, most_items)

    def test_every_type(self):
        for line in ("SET greeting hello", "SET count 7", "APPEND text abc", "RPUSH jobs a b", "SADD tags c a b",
                     "HSET user:1 name Ann age 30", "ZADD board 1.5 ann 3 bob", "XADD log 1-1 a b c d",
                     "XGROUP CREATE log group 0"):
            self.execute(line)
        self.assertEqual(self.dump(), """\
db 0: 8 keys
  "board"     zset    2 items: "ann": 1.5, "bob": 3
  "count"     string  "7"
  "greeting"  string  "hello"
  "jobs"      list    2 items: "a", "b"
  "log"       stream  1 group, 1 item: 1-1 {"a": "b", "c": "d"}
  "tags"      set     3 items: "a", "b", "c"
  "text"      string  "abc"
  "user:1"    hash    2 items: "name": "Ann", "age": "30\"""")

    def test_databases_with_keys_only(self):
        self.execute("SET a 1")
        self.execute("SELECT 9")
        self.execute("SET b 2")
        self.assertEqual(self.dump(), 'db 0: 1 key\n  "a"  string  "1"\ndb 9: 1 key\n  "b"  string  "2"')

    def test_none_at_all(self):
        self.assertEqual(self.dump(), "no keys in any database")

    def test_expiry_is_shown(self):
        self.execute("SET key value PX 59900")
        self.assertIn('"value"  (expires in 59.9 s)', self.dump())

    def test_what_is_due_is_not(self):
        self.execute("SET key value EX 10")
        self.execute("HSET hash field value")
        self.execute("HEXPIRE hash 10 FIELDS 1 field")
        self.clock.advance(11)
        self.assertEqual(self.dump(), "no keys in any database")

    def test_it_is_bounded(self):
        for number in range(30):
            self.execute("SET", f"key:{number:02}", "x" * 1000)
        self.execute("RPUSH", "a", *range(100))
        text = self.dump(most_keys=5, most_items=3)
        self.assertIn('100 items: "0", "1", "2", ... and 97 more', text)
        self.assertIn("  ... and 26 more", text)
        self.assertIn('x"... (1000 bytes)', text)
        self.assertEqual(text.count("\n"), 6)


class ShownTest(unittest.TestCase):
    def test_text_is_text(self):
        self.assertEqual(shown("Grüße, 世界".encode()), '"Grüße, 世界"')

    def test_quotes_and_backslashes(self):
        self.assertEqual(shown(b'a "b" \\'), '"a \\"b\\" \\\\"')

    def test_what_is_no_text_has_backslashes(self):
        self.assertEqual(shown(b"\x00\xff\r\n\t\x1b"), '"\\x00\\xff\\r\\n\\t\\x1b"')

    def test_long_ones_are_cut(self):
        self.assertEqual(shown(b"abcdef", 3), '"abc"... (6 bytes)')


if __name__ == "__main__":
    unittest.main()
