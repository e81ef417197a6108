"""RDB files as they are read: of any age, damaged in any way."""
import mmap
import struct
import tempfile
import unittest

try:
    import tracemalloc
except ImportError:                     # PyPy
    tracemalloc = None

from redis_clone.datatypes.limits import EncodingLimits
from redis_clone.persistence.crc64 import crc64
from redis_clone.persistence.listpack import encode_listpack
from redis_clone.persistence.rdb_primitives import encode_length, encode_string
from redis_clone.persistence.rdb_reader import RdbError, RdbReader

from .damage import flipped, truncated
from .test_persistence_rdb_values import contents, samples
from .test_persistence_rdb_writer import FakeDatabase, expiring_database, written

LIMITS = EncodingLimits()


def rdb(*parts, version=11):
    """A file of these parts, with a checksum where there has to be one."""
    data = b"REDIS%04d" % version + b"".join(parts) + b"\xff"
    return data + struct.pack("<Q", crc64(data)) if version >= 5 else data


def key(name, value=b"\x01v", kind=0):
    return bytes((kind,)) + encode_string(name) + value


def small_file(version=11):
    """About a kilobyte with all that there may be in a file."""
    large = {"long", "long_list", "many", "nodes"}
    values = {name.encode(): value for name, value in samples().items() if name not in large}
    database = FakeDatabase(values, {b"text": 1_900_000_000_000, b"small": 5}, dict.fromkeys(values, 900))
    database.field_expiries = expiring_database().field_expiries
    return written(database, FakeDatabase({b"other": b"abc" * 20}, number=9), version=version,
                   aux=[("redis-ver", "7.2.6"), ("redis-bits", 64)], functions=[b"#!lua name=x\n"], access="lru",
                   lru_clock=1000)


class KeysTest(unittest.TestCase):
    def test_what_is_said_of_a_key(self):
        data = rdb(b"\xfe\x02\xfb\x05\x01", b"\xfc" + struct.pack("<q", 1234567890123), key(b"a"), key(b"b"),
                   b"\xf8\x40\x64", key(b"c"), b"\xf9\xff", key(b"d"), b"\xfd" + struct.pack("<i", 1700000000),
                   key(b"e"))
        self.assertEqual(list(RdbReader(data, LIMITS)), [
            (2, b"a", b"v", 1234567890123, None, None), (2, b"b", b"v", None, None, None),
            (2, b"c", b"v", None, 100, None), (2, b"d", b"v", None, None, 255),
            (2, b"e", b"v", 1700000000000, None, None)])

    def test_keys_and_strings_in_all_their_encodings(self):
        texts = [b"", b"5", b"-300", b"70000", b"x" * 63, b"x" * 64, bytes(range(256)) * 70, b"x" * 300]
        data = rdb(*[key(text, encode_string(text)) for text in texts])
        self.assertEqual([found[1:3] for found in RdbReader(data, LIMITS)], [(text, text) for text in texts])

    def test_an_expiry_of_minus_one_is_none(self):
        data = rdb(b"\xfc" + b"\xff" * 8, key(b"a"))
        self.assertEqual([found[3] for found in RdbReader(data, LIMITS)], [None])

    def test_empty_collections_are_left_out_and_counted(self):
        empty = encode_string(encode_listpack([]))
        data = rdb(b"\xfc" + bytes(8), key(b"a", b"\x00", 1), key(b"b", empty, 20), key(b"c", b"\x01\x02" + empty, 18),
                   key(b"d", empty, 16), key(b"e", empty, 17), key(b"f"))
        reader = RdbReader(data, LIMITS)
        self.assertEqual((list(reader), reader.empty_keys), ([(0, b"f", b"v", None, None, None)], 5))

    def test_limits_decide_about_encodings(self):
        limits = EncodingLimits()
        limits.hash_max_listpack_entries = 1
        data = rdb(key(b"h", encode_string(encode_listpack([b"f", b"v", b"g", b"w"])), 16))
        self.assertEqual([value.encoding for _, _, value, *_ in RdbReader(data, limits)], ["hashtable"])


class FrameTest(unittest.TestCase):
    def test_attributes(self):
        reader = RdbReader(small_file(), LIMITS)
        found = list(reader)
        self.assertEqual((reader.version, reader.aux), (12, {b"redis-ver": b"7.2.6", b"redis-bits": b"64"}))
        self.assertEqual((reader.functions, reader.expected_keys), ([b"#!lua name=x\n"], len(found)))
        self.assertEqual({(number, idle) for number, _, _, _, idle, _ in found}, {(0, 100), (9, 0)})

    def test_what_is_known_of_the_file_is_known_at_the_first_key(self):
        reader = RdbReader(small_file(), LIMITS)
        next(iter(reader))
        self.assertEqual((reader.aux[b"redis-ver"], len(reader.functions)), (b"7.2.6", 1))

    def test_the_position_moves_to_the_end_of_each_key(self):
        reader = RdbReader(rdb(key(b"a"), key(b"b")), LIMITS)
        self.assertEqual([reader.position for _ in reader], [14, 19])
        self.assertEqual((reader.position, reader.end), (28, 28))

    def test_something_else_may_follow(self):
        data = small_file()
        reader = RdbReader(data + b"*1\r\n$4\r\nPING\r\n", LIMITS)
        self.assertGreater(len(list(reader)), 10)
        self.assertEqual(reader.end, len(data))

    def test_it_may_start_anywhere(self):
        data = small_file()
        reader = RdbReader(b"something" + data, LIMITS, start=9)
        self.assertGreater(len(list(reader)), 10)
        self.assertEqual(reader.end, len(data) + 9)

    def test_a_mapped_file(self):
        with tempfile.TemporaryFile() as file:
            file.write(small_file())
            file.flush()
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                found = [(name, contents(value)) for _, name, value, *_ in RdbReader(data, LIMITS)]
        self.assertEqual(found, [(name, contents(value)) for _, name, value, *_ in RdbReader(small_file(), LIMITS)])

    def test_versions_without_checksum_end_with_the_mark(self):
        for version in (1, 4):
            reader = RdbReader(rdb(b"\xfe\x00", key(b"a"), version=version) + b"tail", LIMITS)
            self.assertEqual((len(list(reader)), reader.end, reader.version), (1, 17, version))

    def test_all_versions_up_to_12_are_read(self):
        for version in range(1, 13):
            self.assertEqual(len(list(RdbReader(rdb(key(b"a"), version=version), LIMITS))), 1)

    def test_slots_of_a_cluster_are_passed_over(self):
        self.assertEqual(len(list(RdbReader(rdb(b"\xf4\x50\x00\x01\x00", key(b"a")), LIMITS))), 1)


class RefusalTest(unittest.TestCase):
    def check(self, data, offset, reason, **options):
        with self.assertRaises(RdbError) as caught:
            list(RdbReader(data, LIMITS, **options))
        error = caught.exception
        self.assertEqual((error.offset, error.reason), (offset, reason))
        self.assertIn(reason, str(error))
        self.assertIn(str(offset), str(error))

    def test_no_such_file(self):
        for data in (b"", b"RED", b"*1\r\n$4\r\nPING\r\n"):
            self.check(data, 0, "Wrong signature trying to load DB from file")

    def test_versions(self):
        for version in (0, 13, 9999):
            self.check(b"REDIS%04d" % version, 0, f"Can't handle RDB format version {version}")
        self.check(b"REDIS-001", 0, "Can't handle RDB format version 0")
        self.check(b"REDIS001", 0, "Can't handle RDB format version 1")

    def test_the_checksum(self):
        data = bytearray(rdb(key(b"a")))
        data[13] ^= 1
        with self.assertRaises(RdbError) as caught:
            list(RdbReader(bytes(data), LIMITS))
        self.assertIn("Wrong RDB checksum", caught.exception.reason)
        self.assertEqual(len(list(RdbReader(bytes(data), LIMITS, check=False))), 1)
        data[-8:] = bytes(8)
        self.assertEqual(len(list(RdbReader(bytes(data), LIMITS))), 1)

    def test_the_checksum_begins_where_the_file_begins(self):
        data = bytearray(b"#" * 5 + rdb(key(b"a")))
        self.assertEqual(len(list(RdbReader(bytes(data), LIMITS, start=5))), 1)

    def test_modules(self):
        self.check(rdb(key(b"a"), b"\xf7\x00"), 14, "The RDB file contains AUX module data I can't load")
        self.check(rdb(key(b"a"), key(b"b", b"\x00", 7)), 14, "The RDB file contains module data I can't load")

    def test_functions_from_before_the_release(self):
        self.check(rdb(b"\xf6\x01a"), 9, "Pre-release function format not supported")

    def test_unknown_types(self):
        self.check(rdb(key(b"a"), key(b"b", kind=26)), 14, "type 26 is unknown")

    def test_the_offset_is_where_the_damaged_thing_begins(self):
        whole = rdb(key(b"a"), key(b"b", b"\x3f" + b"x" * 63))
        self.check(whole[:30], 14, "Unexpected EOF reading RDB file")


class DamageTest(unittest.TestCase):
    """Loaded, or refused with an offset that is in the file: nothing else."""

    def check(self, data, **options):
        """True when it is loaded."""
        try:
            for _, _, value, *_ in RdbReader(data, LIMITS, **options):
                contents(value)
            return True
        except RdbError as error:
            self.assertTrue(0 <= error.offset <= len(data))
            return False
        except Exception as error:
            raise AssertionError(f"{data!r} makes {error!r}") from error

    def test_every_truncation_is_refused(self):
        for check in (True, False):
            self.assertFalse(any(self.check(data, check=check) for data in truncated(small_file())))

    def test_the_checksum_notices_random_changes(self):
        data = small_file()
        loaded = [changed for changed in flipped(data, 10000, seed=21) if changed != data and self.check(changed)]
        # but for those that make a version without checksum of it, or come after its end
        self.assertTrue(all(changed.startswith(b"REDIS000") or changed.startswith(data) for changed in loaded), loaded)

    def test_random_changes_without_checksum(self):
        loaded = sum(self.check(changed, check=False) for changed in flipped(small_file(10), 10000, seed=22))
        self.assertGreater(loaded, 100)

    def test_random_changes_of_older_types(self):
        zipmap = encode_string(b"\x02\x01f\x01\x00v\x01g\x03\x021xx\0\0\xff")
        data = rdb(key(b"z", zipmap, 9), key(b"t", b"\x02\x01a\x031.5\x01b\xfe", 3), key(b"l", b"\x02\x01a\x01b", 1),
                   b"\xfd" + bytes(4), key(b"s", b"\x02\x01a\x01b", 2), b"\xfa\x01n\x01v", b"\xfb\x01\x00", version=6)
        self.assertEqual(len(list(RdbReader(data, LIMITS))), 4)
        self.assertGreater(sum(self.check(changed, check=False) for changed in flipped(data, 10000, seed=23)), 100)


@unittest.skipIf(tracemalloc is None, "tracemalloc is CPython's")
class MemoryTest(unittest.TestCase):
    """No number is believed before what it counts is there."""

    LENGTHS = [(1 << 64) - 1, 1 << 40, (1 << 32) - 1, 1 << 31]

    def check(self, data):
        tracemalloc.start()
        try:
            with self.assertRaises(RdbError):
                list(RdbReader(data, LIMITS, check=False))
            self.assertLess(tracemalloc.get_traced_memory()[1], 1 << 20)
        finally:
            tracemalloc.stop()

    def test_forged_counts(self):
        for length in map(encode_length, self.LENGTHS):
            for kind in (0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21):
                with self.subTest(kind=kind, length=length):
                    self.check(rdb(key(b"a", length + b"\x01a" * 20, kind)))
            self.check(rdb(b"\xfb" + length + length, b"\x00" + length))
            self.check(rdb(b"\xfa" + length))
            self.check(rdb(b"\xf5" + length))

    def test_forged_sizes_of_compressed_strings(self):
        for length in map(encode_length, self.LENGTHS):
            self.check(rdb(key(b"a", b"\xc3\x04" + length + b"\x00a\x20\x00")))
            self.check(rdb(key(b"a", b"\xc3" + length + length + b"\x00a\x20\x00")))


if __name__ == "__main__":
    unittest.main()
