"""HyperLogLog commands: exact replies and exact stored bytes, as a real server has them."""
import hashlib
import time
import unittest

from tests.support import CommandTestCase, EngineTestCase

WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value"
NOT_VALID = "-WRONGTYPE Key is not a valid HyperLogLog string value."
CORRUPTED = "-INVALIDOBJ Corrupted HLL object detected"
SPARSE_HEADER = b"HYLL\1" + bytes(11)
DENSE_HEADER = b"HYLL\0" + bytes(11)


def bulk(text):
    return b"$%d\r\n%b\r\n" % (len(text), text)


class HyperLogLogTestCase(CommandTestCase):
    """`l` is a list, for errors of type."""

    def setUp(self):
        super().setUp()
        self.client.wire("CONFIG SET hll-sparse-max-bytes 3000")
        self.client.wire("RPUSH l a")

    def add_many(self, key, count, prefix="e"):
        """Add e0, e1, ... in hundreds."""
        for start in range(0, count, 100):
            self.client.wire("PFADD", key, *[f"{prefix}{number}" for number in range(start, start + 100)])

    def check_digest(self, digest, key):
        """Compare the SHA-1 of GET's reply, taken from a real server."""
        self.assertEqual(hashlib.sha1(self.client.wire("GET", key)).hexdigest(), digest)


class PfaddTest(HyperLogLogTestCase):
    def test_tells_whether_a_register_changed(self):
        self.check(":1", "PFADD k a")
        self.check(":0", "PFADD k a")
        self.check(":1", "PFADD k a b")

    def test_without_elements_creates_the_key(self):
        self.check(":1", "PFADD k")
        self.check(bulk(SPARSE_HEADER[:15] + b"\x80\x7f\xff"), "GET k")
        self.check(":0", "PFADD k")
        self.check("$3\r\nraw", "OBJECT ENCODING k")

    def test_the_bytes_of_a_few_elements(self):
        self.check(":1", "PFADD k a b c")
        self.check(bulk(SPARSE_HEADER[:15] + b"\x80\x60\xf3\x80\x50\xb1\x84\x4b\xfb\x80\x42\x5a"), "GET k")

    def test_the_bytes_of_many_elements(self):
        for count, digest, encoding in ((100, "c0a420cc430ecb2efe59567dd0f46d11df40da14", "sparse"),
                                        (1000, "720075d25c0e03e6384e15d52372452a9dbdb12c", "sparse"),
                                        (3000, "b5afcd4214716f9d512cbb0b34bc697924b34bd0", "dense")):
            self.client.wire("DEL k")
            self.add_many("k", count)
            self.check_digest(digest, "k")
            self.check(f"+{encoding}", "PFDEBUG ENCODING k")

    def test_elements_of_any_length_are_hashed_alike(self):
        for length in list(range(20)) + [23, 24, 31, 47, 48, 49, 64, 100]:
            self.client.wire("PFADD", "k", b"z" * length)
        self.check_digest("691394609224fbe3d569827fc90af304520fb57e", "k")

    def test_turns_dense_when_the_sparse_form_gets_too_long(self):
        self.client.wire("CONFIG SET hll-sparse-max-bytes 30")
        self.client.wire("PFADD k a b c")
        self.check("+sparse", "PFDEBUG ENCODING k")
        self.client.wire("PFADD k d e f")
        self.check("+dense", "PFDEBUG ENCODING k")
        self.check(":12304", "STRLEN k")
        self.check(":6", "PFCOUNT k")

    def test_keeps_the_expiry(self):
        self.client.wire("PFADD k a")
        self.client.wire("EXPIRE k 100")
        self.check(":1", "PFADD k b c d")
        self.check(":100", "TTL k")

    def test_goes_on_with_a_string_from_elsewhere(self):
        self.client.wire("PFADD k a b c")
        for command in (("COPY", "k", "k2"), ("SETRANGE", "k", 0, "H"), ("APPEND", "k", "")):
            self.client.wire(*command)
        self.check(":0", "PFADD k a b c")
        self.check(":0", "PFADD k2 a b c")
        self.check(":1", "PFADD k2 x y z")
        self.check(":3", "PFCOUNT k")

    def test_refuses_what_is_no_hyperloglog(self):
        self.check(WRONG_TYPE, "PFADD l a")
        for text in (b"", b"12", b"HYLL", b"HYLX\1" + bytes(13), b"HYLL\2" + bytes(13),
                     b"HYLL\0" + bytes(12287)):
            self.client.wire("SET", "k", text)
            self.check(NOT_VALID, "PFADD k a")
            self.check(NOT_VALID, "PFADD k")
        self.client.wire("SET k 1")
        self.client.wire("INCR k")
        self.check(NOT_VALID, "PFADD k a")

    def test_corrupted_opcodes_are_found_on_the_way(self):
        self.client.wire("SET", "k", SPARSE_HEADER + b"\x3f" * 10)
        self.check(CORRUPTED, "PFADD k a")
        self.client.wire("SET", "k", SPARSE_HEADER + b"\x7f\xff\x7f\xff")
        self.check(":1", "PFADD k a")
        self.check(CORRUPTED, "PFCOUNT k")

    def test_what_was_added_before_an_error_stays_and_the_estimate_is_forgotten(self):
        self.client.wire("SET", "k", SPARSE_HEADER + b"\x7f\x00")       # 16129 registers; c has 8436, x3 none
        self.check(CORRUPTED, "PFADD k c x3")
        self.check(bulk(SPARSE_HEADER[:15] + b"\x80\x60\xf3\x80\x5e\x0b"), "GET k")


class PfcountTest(HyperLogLogTestCase):
    def test_estimates(self):
        self.check(":0", "PFCOUNT none")
        for count, estimate in ((100, 100), (1000, 1008), (3000, 2979), (20000, 19901)):
            self.client.wire("DEL k")
            self.add_many("k", count)
            self.check(f":{estimate}", "PFCOUNT k")

    def test_keeps_the_estimate_in_the_string(self):
        self.client.wire("PFADD k a b c")
        self.check(":3", "PFCOUNT k")
        stored = SPARSE_HEADER[:8] + b"\3" + bytes(7) + b"\x60\xf3\x80\x50\xb1\x84\x4b\xfb\x80\x42\x5a"
        self.check(bulk(stored), "GET k")
        self.client.wire("SETRANGE k 8 X")
        self.check(":88", "PFCOUNT k")                  # believed until something changes
        self.client.wire("PFADD k d")
        self.check(":4", "PFCOUNT k")

    def test_the_union_of_several(self):
        self.client.wire("PFADD a 1 2 3")
        self.client.wire("PFADD b 3 4 5")
        self.add_many("dense", 3000)
        self.check(":5", "PFCOUNT a b")
        self.check(":3", "PFCOUNT a none a")
        self.check(":0", "PFCOUNT none none")
        self.check(":2984", "PFCOUNT a b dense")

    def test_errors(self):
        self.check(WRONG_TYPE, "PFCOUNT l")
        self.check(WRONG_TYPE, "PFCOUNT none l")
        self.client.wire("SET s x")
        self.check(NOT_VALID, "PFCOUNT s")
        self.check(NOT_VALID, "PFCOUNT s l")
        self.client.wire("SET", "c", SPARSE_HEADER[:15] + b"\x80\x7f\xfe")
        self.check(CORRUPTED, "PFCOUNT c")
        self.check(CORRUPTED, "PFCOUNT none c")

    def test_registers_beyond_all_ranks(self):
        self.client.wire("SET", "k", DENSE_HEADER[:15] + b"\x80" + b"\xff" * 12288)
        self.check(":-9223372036854775808", "PFCOUNT k")


class PfmergeTest(HyperLogLogTestCase):
    def test_the_bytes_of_merges(self):
        self.add_many("a", 100)
        self.add_many("b", 1000)
        self.add_many("x", 500, "x")
        self.add_many("dense", 3000)
        self.check("+OK", "PFMERGE m a b")
        self.check_digest("720075d25c0e03e6384e15d52372452a9dbdb12c", "m")
        self.check("+OK", "PFMERGE m x")
        self.check_digest("1fa1d4322e9d77d19c21df0ecce2f0d9b5ca8d49", "m")
        self.check("+sparse", "PFDEBUG ENCODING m")
        self.check("+OK", "PFMERGE m dense")
        self.check_digest("bc02e9e75926cbbb082d43133e5e2fcb1b2c9216", "m")
        self.check("+dense", "PFDEBUG ENCODING m")
        self.check(":3480", "PFCOUNT m")

    def test_a_dense_source_makes_the_destination_dense(self):
        self.client.wire("PFADD a 1")
        self.client.wire("PFDEBUG TODENSE a")
        self.check("+OK", "PFMERGE k a")
        self.check("+dense", "PFDEBUG ENCODING k")

    def test_without_sources(self):
        self.check("+OK", "PFMERGE k")
        self.check(bulk(SPARSE_HEADER[:15] + b"\x80\x7f\xff"), "GET k")
        self.client.wire("PFADD k a")
        self.check("+OK", "PFMERGE k")
        self.check(":1", "PFCOUNT k")

    def test_a_merge_that_grows_too_long_turns_dense(self):
        self.add_many("a", 1000)
        self.client.wire("CONFIG SET hll-sparse-max-bytes 100")
        self.check("+OK", "PFMERGE k a")
        self.check("+dense", "PFDEBUG ENCODING k")
        self.check(":1008", "PFCOUNT k")

    def test_errors_change_nothing(self):
        self.client.wire("SET s x")
        self.client.wire("PFADD a 1")
        self.check(WRONG_TYPE, "PFMERGE k a l")
        self.check(NOT_VALID, "PFMERGE k a s l")
        self.check(WRONG_TYPE, "PFMERGE l a")
        self.client.wire("SET", "c", SPARSE_HEADER + b"\x7f\xfe")
        self.check(CORRUPTED, "PFMERGE k a c")
        self.check(CORRUPTED, "PFMERGE c a")
        self.check(":0", "EXISTS k")


class PfdebugTest(HyperLogLogTestCase):
    def test_decode(self):
        self.client.wire("PFADD k a b c")
        self.check(bulk(b"Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603"), "PFDEBUG DECODE k")
        self.client.wire("PFDEBUG TODENSE k")
        self.check("-ERR HLL encoding is not sparse", "PFDEBUG DECODE k")

    def test_todense(self):
        self.client.wire("PFADD k a b c")
        self.check("+sparse", "PFDEBUG ENCODING k")
        self.check(":1", "PFDEBUG todense k")
        self.check(":0", "PFDEBUG todense k")
        self.check("+dense", "PFDEBUG encoding k")

    def test_getreg(self):
        self.client.wire("PFADD k a b c")
        registers = [0] * 16384
        registers[8436], registers[8436 + 1 + 4274], registers[8436 + 1 + 4274 + 1 + 3068] = 1, 2, 1
        self.check("*16384\r\n" + "".join(f":{value}\r\n" for value in registers), "PFDEBUG GETREG k")
        self.check("+dense", "PFDEBUG ENCODING k")

    def test_errors(self):
        self.check("-ERR The specified key does not exist", "PFDEBUG FOO none")
        self.check(WRONG_TYPE, "PFDEBUG FOO l")
        self.client.wire("PFADD k a")
        self.check("-ERR Unknown PFDEBUG subcommand 'Foo'", "PFDEBUG Foo k")
        self.client.wire("SET", "c", SPARSE_HEADER + b"\x7f\xfe")
        self.check(CORRUPTED, "PFDEBUG TODENSE c")
        self.check(CORRUPTED, "PFDEBUG GETREG c")


class PfselftestTest(EngineTestCase):               # a real server takes its time
    def test_succeeds(self):
        self.assertEqual(self.execute("PFSELFTEST"), "OK")


class EventTest(EngineTestCase):
    def check_events(self, events, changes, *args):
        seen = []
        self.engine.keyspace.notify = lambda database, event, key: seen.append(event)
        before = self.engine.keyspace.dirty
        self.execute(*args)
        self.assertEqual(([event for event in seen if event], self.engine.keyspace.dirty - before),
                         (events, changes), args)

    def test_pfadd_and_pfmerge(self):
        self.execute("PFADD k a")
        self.check_events([], 0, "PFADD k a")
        self.check_events(["pfadd"], 2, "PFADD k b c a")
        self.check_events(["pfadd"], 1, "PFMERGE k k")

    def test_pfcount_changes_the_string_once_without_an_event(self):
        self.execute("PFADD k a")
        self.check_events([], 1, "PFCOUNT k")
        self.check_events([], 0, "PFCOUNT k")
        self.check_events([], 0, "PFCOUNT k k")

    def test_pfcount_spoils_a_transaction_that_watches(self):
        self.execute("PFADD k a")
        self.execute("WATCH k")
        self.execute("PFCOUNT k")
        self.assertTrue(self.client.session.transaction_spoiled)


class CostTest(EngineTestCase):
    def test_adding_to_a_long_sparse_string_does_not_walk_through_it(self):
        self.engine.config.set_many([("hll-sparse-max-bytes", "30000")])
        for start in range(0, 5000, 100):
            self.execute("PFADD", "k", *range(start, start + 100))
        self.assertEqual(self.execute("PFDEBUG ENCODING k"), "sparse")
        started = time.perf_counter()
        for number in range(5000):
            self.assertEqual(self.execute("PFADD", "k", number), 0)
        self.assertLess(time.perf_counter() - started, 1.5)         # 0.1 s; walking takes 2.5

    def test_an_opcode_cannot_claim_memory(self):
        self.execute("SET", "k", SPARSE_HEADER[:15] + b"\x80" + b"\x7f\xff" * 1_000_000)
        started = time.perf_counter()
        self.assert_error(CORRUPTED[1:], "PFCOUNT k")
        self.assertLess(time.perf_counter() - started, 1)


if __name__ == "__main__":
    unittest.main()
