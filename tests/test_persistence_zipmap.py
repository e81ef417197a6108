"""The zipmap of servers before Redis 2.6; valkey-server 8.0.1 reads these the same."""
import struct
import unittest

from redis_clone.persistence.corrupt import CorruptPayload
from redis_clone.persistence.zipmap import decode_zipmap
from tests.damage import flipped, survivors, truncated

PAIRS = [(b"foo", b"bar"), (b"hello", b"world"), (b"", b""), (b"f" * 253, b"v" * 254), (b"g" * 300, b"12")]


def encode_zipmap(pairs, unused=0):
    def length(text):
        return bytes((len(text),)) if len(text) < 254 else struct.pack("<BI", 254, len(text))

    encoded = bytes((min(len(pairs), 254),))
    for field, value in pairs:
        encoded += length(field) + field + length(value) + bytes((unused,)) + value + b"?" * unused
    return encoded + b"\xff"


class DecodeZipmapTest(unittest.TestCase):
    def refuse(self, data):
        with self.assertRaises(CorruptPayload):
            decode_zipmap(data)

    def test_reads_a_known_one(self):
        # "foo" => "bar", "hello" => "world", as the format's description shows them
        data = b"\x02\x03foo\x03\x00bar\x05hello\x05\x00world\xff"
        self.assertEqual(decode_zipmap(data), PAIRS[:2])

    def test_reads_long_texts_and_skips_what_is_unused(self):
        self.assertEqual(decode_zipmap(encode_zipmap(PAIRS)), PAIRS)
        self.assertEqual(decode_zipmap(encode_zipmap(PAIRS, unused=3)), PAIRS)
        self.assertEqual(decode_zipmap(encode_zipmap([])), [])

    def test_many_pairs_are_counted(self):
        pairs = [(b"%d" % number, b"x") for number in range(400)]
        self.assertEqual(decode_zipmap(encode_zipmap(pairs)), pairs)

    def test_ends_at_its_end_mark_whatever_follows(self):
        self.assertEqual(decode_zipmap(b"\x01\x01a\x01\x00b\xff\xff"), [(b"a", b"b")])

    def test_refuses_another_number_of_pairs(self):
        for count in (0, 1, 3, 253, 255):
            self.refuse(bytes((count,)) + encode_zipmap(PAIRS[:2])[1:])

    def test_refuses_what_reaches_over_the_end(self):
        for data in (b"", b"\xff", b"\x00", b"\x01\x01a\xff", b"\x01\x01a\x01\xff", b"\x01\x01a\x01\x05b\xff",
                     b"\x01\x09a\x01\x00b\xff", b"\x01\x01a\x09\x00b\xff", b"\x01\xfe\xff\xff\xff\xff\xff",
                     b"\x01\xfe\x01\xff", b"\x01\x01a\x01\x00b\xfe"):
            self.refuse(data)

    def test_refuses_a_short_length_in_the_long_form(self):
        self.refuse(b"\x01" + struct.pack("<BI", 254, 1) + b"a\x01\x00b\xff")

    def test_damage_makes_it_refuse_or_give_pairs(self):
        payload = encode_zipmap(PAIRS, unused=2)
        self.assertEqual(survivors(decode_zipmap, truncated(payload)), [])
        for pairs in survivors(decode_zipmap, flipped(payload, 4000, seed=5)):
            self.assertLessEqual(sum(len(field) + len(value) for field, value in pairs), len(payload))


if __name__ == "__main__":
    unittest.main()
