"""RDB files as they are written: byte by byte, and in what pieces."""
import random
import struct
import unittest

from redis_clone.datatypes.hash import ExpiringHash
from redis_clone.datatypes.limits import EncodingLimits
from redis_clone.datatypes.timetable import Timetable
from redis_clone.frequency import FrequencyRules, FrequencyTable
from redis_clone.persistence.crc64 import crc64
from redis_clone.persistence.rdb_reader import RdbReader
from redis_clone.persistence.rdb_values import write_value
from redis_clone.persistence.rdb_writer import KEYS_PER_ROUND, write_rdb

from .test_persistence_rdb_values import contents, samples

LIMITS = EncodingLimits()


class FakeDatabase:
    """As much of keyspace.Database as the writer looks at."""

    def __init__(self, values, expires=None, accessed=None, number=0):
        self.number = number
        self.values = values
        self.expires = expires or {}
        self.accessed = accessed or {}
        self.field_expiries = None


def written(*databases, **options):
    pieces = []
    count = write_rdb(pieces.append, databases, **options)
    assert count == sum(len(database.values) for database in databases)
    return b"".join(pieces)


def body(*databases, **options):
    """What stands between the header and the end, without checksum."""
    data = written(*databases, checksum=False, **options)
    assert data[:5] == b"REDIS" and data[-9:] == b"\xff" + bytes(8)
    return data[9:-9]


def expiring_database():
    value = ExpiringHash()
    value.set_field(b"f", b"v", LIMITS)
    value.expire_field(b"f", 1_800_000_000_000)
    database = FakeDatabase({b"h": value})
    database.field_expiries = Timetable()
    database.field_expiries.set(b"h", 1_800_000_000_000)
    return database


class FrameTest(unittest.TestCase):
    def test_an_empty_dataset(self):
        data = b"REDIS0011\xff"
        self.assertEqual(written(), data + struct.pack("<Q", crc64(data)))
        self.assertEqual(written(FakeDatabase({}), FakeDatabase({}, number=1)), written())

    def test_a_file_without_checksum_ends_with_zeros(self):
        self.assertEqual(written(checksum=False), b"REDIS0011\xff" + bytes(8))

    def test_the_version_is_that_which_is_asked_for(self):
        self.assertEqual(written(version=10)[:9], b"REDIS0010")

    def test_fields_that_expire_need_a_newer_version(self):
        self.assertEqual(written(expiring_database(), version=10)[:9], b"REDIS0012")
        database = expiring_database()
        database.field_expiries.forget(b"h")
        database.values[b"h"].expiries.forget(b"f")
        self.assertEqual(written(database)[:9], b"REDIS0011")

    def test_what_is_known_of_the_file(self):
        self.assertEqual(body(aux=[("redis-ver", "7.2.6"), (b"redis-bits", 64), ("ctime", 1 << 40)]),
                         b"\xfa\x09redis-ver\x057.2.6\xfa\x0aredis-bits\xc0\x40\xfa\x05ctime\x0d1099511627776")

    def test_functions(self):
        self.assertEqual(body(functions=[b"#!lua name=a\n", b"b"]), b"\xf5\x0d#!lua name=a\n\xf5\x01b")

    def test_databases(self):
        self.assertEqual(body(FakeDatabase({b"a": b"x"}), FakeDatabase({}, number=1),
                              FakeDatabase({b"b": b"y", b"c": b"z"}, number=300)),
                         b"\xfe\x00\xfb\x01\x00\x00\x01a\x01x\xfe\x41\x2c\xfb\x02\x00\x00\x01b\x01y\x00\x01c\x01z")


class KeysTest(unittest.TestCase):
    def keys(self, *arguments, **options):
        data = body(FakeDatabase(*arguments), **options)
        return data[data.index(b"\xfb") + 3:]

    def test_strings(self):
        self.assertEqual(self.keys({b"k": b"value", b"": b"", b"5": b"-300", b"x": 70000, b"y": bytearray(b"abc")}),
                         b"\x00\x01k\x05value" b"\x00\x00\x00" b"\x00\xc0\x05\xc1\xd4\xfe"
                         b"\x00\x01x\xc2\x70\x11\x01\x00" b"\x00\x01y\x03abc")

    def test_long_strings(self):
        self.assertEqual(self.keys({b"k" * 70: bytes(range(70))}, compress=False),
                         b"\x00\x40\x46" + b"k" * 70 + b"\x40\x46" + bytes(range(70)))
        self.assertLess(len(self.keys({b"k": b"v" * 70})), 20)

    def test_only_long_keys_are_compressed(self):
        self.assertEqual(self.keys({b"k" * 100: b""}), b"\x00\x40\x64" + b"k" * 100 + b"\x00")
        self.assertLess(len(self.keys({b"k" * 200: b""})), 20)

    def test_an_expiry_stands_before_its_key(self):
        self.assertEqual(self.keys({b"a": b"x", b"b": b"y"}, {b"b": 1_700_000_000_123}),
                         b"\x00\x01a\x01x\xfc" + struct.pack("<q", 1_700_000_000_123) + b"\x00\x01b\x01y")

    def test_how_long_a_key_was_not_used(self):
        self.assertEqual(self.keys({b"a": b"x", b"b": b"y"}, {b"b": 5}, {b"a": 1000, b"b": 800},
                                   access="lru", lru_clock=1000),
                         b"\xf8\x00\x00\x01a\x01x\xfc" + struct.pack("<q", 5) + b"\xf8\x40\xc8\x00\x01b\x01y")

    def test_keys_of_which_no_use_is_known_or_one_to_come_were_just_used(self):
        self.assertEqual(self.keys({b"a": b"x", b"b": b"y"}, {}, {b"a": 1003}, access="lru", lru_clock=1000),
                         b"\xf8\x00\x00\x01a\x01x\xf8\x00\x00\x01b\x01y")

    def test_how_often_a_key_is_used(self):
        table = FrequencyTable(FrequencyRules(random.Random(1)))
        table.set_frequency(b"a", 6000, 200)
        self.assertEqual(self.keys({b"a": b"x"}, {}, table, access="lfu", lru_clock=6060),
                         b"\xf9\xc7\x00\x01a\x01x")

    def test_values_of_every_type(self):
        for version in (10, 11):
            for name, value in samples().items():
                with self.subTest(name, version=version):
                    kind, data = write_value(value, version)
                    self.assertEqual(self.keys({b"k": value}, version=version), bytes((kind,)) + b"\x01k" + data)


class PiecesTest(unittest.TestCase):
    def pieces(self, values):
        pieces = []
        write_rdb(lambda data: pieces.append(bytes(data)), [FakeDatabase(values)], compress=False)
        found = {key: value for _, key, value, *_ in RdbReader(b"".join(pieces), LIMITS)}
        self.assertEqual(found, values)
        return list(map(len, pieces))

    def test_small_keys_are_gathered(self):
        sizes = self.pieces({b"key:%d" % number: b"value %d" % number for number in range(30000)})
        self.assertGreater(len(sizes), 5)
        self.assertTrue(all(1 << 16 <= size <= 1 << 18 for size in sizes[:-2]), sizes)

    def test_a_large_value_is_written_piece_by_piece(self):
        sizes = self.pieces({b"a": bytes(1 << 20), b"b": bytes(3)})
        self.assertEqual(max(sizes), 1 << 18)

    def test_large_values_are_not_gathered(self):
        seen = []
        values = {b"%d" % number: bytes(1 << 15) for number in range(50)}
        written(FakeDatabase(values), compress=False, progress=seen.append)
        self.assertGreater(len(seen), 15)
        self.assertEqual(seen[-1], 50)

    def test_the_checksum_is_that_of_all_pieces(self):
        data = written(FakeDatabase({b"%d" % number: bytes(5000) for number in range(100)}), compress=False)
        self.assertEqual(int.from_bytes(data[-8:], "little"), crc64(data[:-8]))


class ProgressTest(unittest.TestCase):
    def test_progress_is_told_after_each_round(self):
        seen = []
        one = FakeDatabase({b"%d" % number: b"" for number in range(2 * KEYS_PER_ROUND + 1)})
        written(one, FakeDatabase({b"a": b""}, number=1), progress=seen.append)
        self.assertEqual(seen, [KEYS_PER_ROUND, 2 * KEYS_PER_ROUND, 2 * KEYS_PER_ROUND + 1, 2 * KEYS_PER_ROUND + 2])

    def test_an_error_of_those_who_are_told_ends_it(self):
        def refuse(anything):
            raise OSError("no space")

        with self.assertRaises(OSError):
            written(FakeDatabase({b"a": b"x"}), progress=refuse)
        with self.assertRaises(OSError):
            write_rdb(refuse, [])


class RoundTripTest(unittest.TestCase):
    def test_a_dataset_comes_back_as_it_was(self):
        values = {name.encode(): value for name, value in samples().items()}
        expires = {b"text": 1_900_000_000_000, b"stream": 1}
        database = FakeDatabase(values, expires, number=3)
        database.field_expiries = expiring_database().field_expiries
        reader = RdbReader(written(database, aux=[("a", "b")], functions=[b"code"]), LIMITS)
        found = list(reader)
        self.assertEqual([(number, key, contents(value), when_ms) for number, key, value, when_ms, *_ in found],
                         [(3, key, contents(value), expires.get(key)) for key, value in values.items()])
        self.assertEqual((reader.version, reader.aux, reader.functions, reader.expected_keys),
                         (12, {b"a": b"b"}, [b"code"], len(values)))


if __name__ == "__main__":
    unittest.main()
