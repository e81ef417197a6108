"""The payload of FUNCTION DUMP. Those below stem from valkey-server 8.0.1 (version 11) and redis-server 7.0.15 (10)."""
import unittest

from redis_clone.persistence.corrupt import CorruptPayload
from redis_clone.persistence.dump_payload import WrongChecksum, seal
from redis_clone.scripting.function_dump import decode_libraries, encode_libraries

F = b"#!lua name=a\nredis.register_function('f',function() return 1 end)"
G = b"#!lua name=b\nredis.register_function('g',function() return 2 end)"
NONE = b"\x0b\x004D\xe13\xf2\xe0KS"
ONE = b"\xf5@A" + F + b"\x0b\x00~B\x16\xb4zcu$"
ONE_OLDER = b"\xf5@A" + F + b"\n\x00\x17\x9d\xab\xc7\x87\xfc\x9c\xad"
TWO = b"\xf5@A" + F + b"\xf5@A" + G + b"\x0b\x00\x12\xb7\x93\xbe3\x81Q\xbb"
LONG = F + b"--" + b"abcabcabc" * 20
COMPRESSED = (b"\xf5\xc3@I@\xf7\x1f#!lua name=a\nredis.register_func\x08tion('f',\xe0\x00\x0c\x13) return 1 end)--abc"
              b"\xe0\xa6\x02\x01bc\x0b\x00")


class EncodeTest(unittest.TestCase):
    def test_the_bytes_are_those_of_the_real_servers(self):
        self.assertEqual(encode_libraries([], 11), NONE)
        self.assertEqual(encode_libraries([F], 11), ONE)
        self.assertEqual(encode_libraries([F], 10), ONE_OLDER)
        self.assertEqual(encode_libraries([F, G], 11), TWO)

    def test_long_sources_are_compressed_unless_that_is_turned_off(self):
        self.assertLess(len(encode_libraries([LONG], 11)), len(LONG))
        self.assertIn(LONG, encode_libraries([LONG], 11, compress=False))


class DecodeTest(unittest.TestCase):
    def check_refused(self, reason, data):
        with self.assertRaises(CorruptPayload) as caught:
            list(decode_libraries(seal(data, 11)))
        self.assertEqual(str(caught.exception), reason)

    def test_what_real_servers_have_written_is_read(self):
        self.assertEqual(list(decode_libraries(NONE)), [])
        self.assertEqual(list(decode_libraries(ONE)), [F])
        self.assertEqual(list(decode_libraries(ONE_OLDER)), [F])
        self.assertEqual(list(decode_libraries(TWO)), [F, G])
        self.assertEqual(list(decode_libraries(seal(COMPRESSED[:-2], 11))), [LONG])

    def test_what_is_written_is_read(self):
        sources = [F, LONG, b"", bytes(range(256)) * 100]
        self.assertEqual(list(decode_libraries(encode_libraries(sources, 11))), sources)

    def test_other_types_are_refused(self):
        self.check_refused("given type is not a function", b"\x00\x01a")
        self.check_refused("given type is not a function", b"\xff")
        self.check_refused("Pre-GA function format not supported", b"\xf6\x01a")

    def test_a_source_that_is_cut_off_is_refused(self):
        self.check_refused("Failed loading library payload", b"\xf5")
        self.check_refused("Failed loading library payload", b"\xf5\x40\xffab")

    def test_sources_before_what_is_wrong_have_been_given(self):
        libraries = decode_libraries(seal(b"\xf5\x01a\x07", 11))
        self.assertEqual(next(libraries), b"a")
        with self.assertRaises(CorruptPayload):
            next(libraries)

    def test_each_changed_byte_is_noticed(self):
        for position in range(len(ONE)):
            damaged = bytearray(ONE)
            damaged[position] ^= 0x20
            with self.assertRaises(WrongChecksum, msg=position):
                list(decode_libraries(bytes(damaged)))

    def test_each_truncation_is_noticed(self):
        for size in range(len(TWO)):
            with self.assertRaises(WrongChecksum, msg=size):
                list(decode_libraries(TWO[:size]))

    def test_the_checksum_may_be_passed_over(self):
        self.assertEqual(list(decode_libraries(ONE[:-1] + b"x", check=False)), [F])

    def test_versions_that_are_too_new_are_refused(self):
        with self.assertRaises(WrongChecksum):
            list(decode_libraries(seal(b"", 80)))
