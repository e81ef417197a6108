"""XINFO STREAM, in short and in FULL."""
import unittest

from redis_clone.resp import encode
from tests.support import REAL, EngineTestCase
from tests.test_commands_streams import NO_KEY, NOT_AN_INTEGER, WRONG_TYPE, StreamTestCase, entries


class XinfoStreamTest(StreamTestCase):
    def summary(self, length, keys, nodes, last, deleted, added, first):
        pairs = {b"length": length, b"radix-tree-keys": keys, b"radix-tree-nodes": nodes, b"last-generated-id": last,
                 b"max-deleted-entry-id": deleted, b"entries-added": added, b"recorded-first-entry-id": first}
        return {key: value.encode() if isinstance(value, str) else value for key, value in pairs.items()}

    def check_summary(self, summary, args, protocol=2, **rest):
        summary.update((name.replace("_", "-").encode(), value) for name, value in rest.items())
        self.check(encode(summary, protocol), f"XINFO STREAM {args}")

    def test_in_short(self):
        self.add("1-1", "1-2", "3-0")
        self.client.wire("XDEL s 1-1")
        first, last = entries("1-2 f v,3-0 f v")
        self.check_summary(self.summary(2, 1, 2, "3-0", "1-1", 3, "1-2"), "s", groups=0, first_entry=first,
                           last_entry=last)
        self.client.wire("XTRIM s MAXLEN 0")
        self.check_summary(self.summary(0, 0, 1, "3-0", "1-1", 3, "0-0"), "s", groups=0, first_entry=None,
                           last_entry=None)

    def test_the_radix_tree(self):
        self.client.wire("CONFIG SET stream-node-max-entries 1")
        for ids, nodes in (((1,), 2), (("1-1", "1-2"), 4), (("1-1", "2-2"), 6), (("1-1", "1-2", "1-3"), 5),
                           (("1-0", "1-256"), 6), (("1-0", f"{2 ** 63}-0"), 5), (("1-0", "1-256", "1-257",
                                                                                  "2-0"), 11)):
            self.client.wire("DEL s")
            self.add(*ids)
            self.check_info("s", radix_tree_keys=len(ids), radix_tree_nodes=nodes)

    def test_full(self):
        self.add("1-1", "1-2")
        summary = self.summary(2, 1, 2, "1-2", "0-0", 2, "1-1")
        self.check_summary(summary, "s FULL", entries=entries("1-1 f v,1-2 f v"), groups=[])
        self.check_summary(summary, "s full COUNT 1", entries=entries("1-1 f v"), groups=[])
        self.add(*range(2, 12))
        summary = self.summary(12, 1, 2, "11-0", "0-0", 12, "1-1")
        ten = entries("1-1 f v,1-2 f v," + ",".join(f"{ms}-0 f v" for ms in range(2, 12)))
        self.check_summary(summary, "s FULL", entries=ten[:10], groups=[])
        self.check_summary(summary, "s FULL COUNT -1", entries=ten[:10], groups=[])
        self.check_summary(summary, "s FULL COUNT 0", entries=ten, groups=[])

    def test_full_with_groups(self):
        self.add("1-1", "1-2")
        self.client.wire("XGROUP CREATE s h 1-1")
        self.client.wire("XGROUP CREATE s g $ ENTRIESREAD 2")
        summary = self.summary(2, 1, 2, "1-2", "0-0", 2, "1-1")
        groups = [{b"name": b"g", b"last-delivered-id": b"1-2", b"entries-read": 2, b"lag": 0, b"pel-count": 0,
                   b"pending": [], b"consumers": []},
                  {b"name": b"h", b"last-delivered-id": b"1-1", b"entries-read": None, b"lag": 1, b"pel-count": 0,
                   b"pending": [], b"consumers": []}]
        self.check_summary(summary, "s FULL", entries=entries("1-1 f v,1-2 f v"), groups=groups)
        first, last = entries("1-1 f v,1-2 f v")
        self.check_summary(self.summary(2, 1, 2, "1-2", "0-0", 2, "1-1"), "s", groups=2, first_entry=first,
                           last_entry=last)

    def test_resp3(self):
        self.client.wire("HELLO", 3)
        self.add("1-1")
        first, = entries("1-1 f v")
        self.check_summary(self.summary(1, 1, 2, "1-1", "0-0", 1, "1-1"), "s", 3, groups=0, first_entry=first,
                           last_entry=first)

    def test_errors_in_redis_order(self):
        self.add(1)
        usage = "-ERR unknown subcommand or wrong number of arguments for 'stream'. Try XINFO HELP."
        self.check_each(NO_KEY, "XINFO STREAM none", "XINFO STREAM none y")
        self.check_each(WRONG_TYPE, "XINFO STREAM x", "XINFO STREAM x y")
        self.check_each(usage, "XINFO stream s y", "XINFO stream s FULL COUNT", "XINFO stream s FULL y 1",
                        "XINFO stream s y COUNT z", "XINFO stream s FULL COUNT 1 y")
        self.check(NOT_AN_INTEGER, "XINFO STREAM s FULL COUNT y")
        self.check("-ERR unknown subcommand 'y'. Try XINFO HELP.", "XINFO y")

    def test_help(self):
        lines = self.client.wire("XINFO HELP").split(b"\r\n")
        self.assertEqual(lines[:2], [b"*9", b"+XINFO <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"])


@unittest.skipIf(REAL, "times come from the fake clock")
class XinfoFullTest(EngineTestCase):
    def test_pending_entries_of_groups_and_consumers(self):
        for ms in (1, 2, 3):
            self.execute(f"XADD s {ms} f v")
        self.execute("XGROUP CREATE s g 0")
        self.execute("XGROUP CREATECONSUMER s g idle")
        now_ms = self.engine.keyspace.now_ms
        self.execute("XREADGROUP GROUP g busy STREAMS s >")
        group, = self.execute("XINFO STREAM s FULL COUNT 2")[b"groups"]
        self.assertEqual(group[b"pending"], [[b"1-0", b"busy", now_ms, 1], [b"2-0", b"busy", now_ms, 1]])
        self.assertEqual((group[b"entries-read"], group[b"lag"], group[b"pel-count"]), (3, 0, 3))
        self.assertEqual(group[b"consumers"], [
            {b"name": b"busy", b"seen-time": now_ms, b"active-time": now_ms, b"pel-count": 3,
             b"pending": [[b"1-0", now_ms, 1], [b"2-0", now_ms, 1]]},
            {b"name": b"idle", b"seen-time": now_ms, b"active-time": -1, b"pel-count": 0, b"pending": []}])


if __name__ == "__main__":
    unittest.main()
