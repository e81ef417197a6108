"""The ziplist of servers before Redis 7; valkey-server 8.0.1 reads these the same."""
import random
import struct
import unittest

from redis_clone.datatypes.limits import is_integer
from redis_clone.persistence.corrupt import CorruptPayload
from redis_clone.persistence.ziplist import decode_ziplist
from tests.damage import flipped, survivors, truncated

ITEMS = [
    b"", b"a", b"0", b"12", b"13", b"-1", b"-128", b"127", b"128", b"-129", b"32767", b"-32768", b"32768",
    b"-8388608", b"8388607", b"8388608", b"-2147483648", b"2147483648", b"9223372036854775807",
    b"-9223372036854775808", b"007", b"x" * 63, b"y" * 64, b"z" * 250, b"after a long one",
    b"w" * 16383, b"v" * 16384, b"end",
]
_INTEGERS = ((0xFE, 1), (0xC0, 2), (0xF0, 3), (0xD0, 4), (0xE0, 8))


def encode_ziplist(items, long_previous=False):
    """A ziplist as Redis 6.2 wrote it; with `long_previous`, sizes of previous entries take five bytes."""
    entries, previous, tail = b"", 0, 10
    for item in items:
        tail = 10 + len(entries)
        short = previous < 254 and not long_previous
        entry = (bytes((previous,)) if short else struct.pack("<BI", 254, previous)) + _encode_item(item)
        previous = len(entry)
        entries += entry
    return struct.pack("<IIH", len(entries) + 11, tail, min(len(items), 65535)) + entries + b"\xff"


def _encode_item(item):
    if is_integer(item):
        number = int(item)
        if 0 <= number <= 12:
            return bytes((0xF1 + number,))
        for head, width in _INTEGERS:
            if -1 << 8 * width - 1 <= number < 1 << 8 * width - 1:
                return bytes((head,)) + number.to_bytes(width, "little", signed=True)
    if len(item) < 64:
        return bytes((len(item),)) + item
    if len(item) < 16384:
        return struct.pack(">H", 0x4000 | len(item)) + item
    return struct.pack(">BI", 0x80, len(item)) + item


class DecodeZiplistTest(unittest.TestCase):
    def refuse(self, data):
        with self.assertRaises(CorruptPayload):
            decode_ziplist(data)

    def test_reads_a_known_one(self):
        # "2", "5" and "hello", as the format's description shows them
        data = bytes.fromhex("16000000 0e000000 0300 00f3 02f6 0205 68656c6c6f ff".replace(" ", ""))
        self.assertEqual(decode_ziplist(data), [b"2", b"5", b"hello"])

    def test_reads_every_kind_of_entry(self):
        self.assertEqual(decode_ziplist(encode_ziplist(ITEMS)), ITEMS)
        self.assertEqual(decode_ziplist(encode_ziplist([])), [])

    def test_reads_sizes_that_take_more_room_than_needed(self):
        self.assertEqual(decode_ziplist(encode_ziplist(ITEMS, long_previous=True)), ITEMS)

    def test_an_unknown_number_of_entries_is_counted(self):
        data = bytearray(encode_ziplist(ITEMS))
        data[8:10] = b"\xff\xff"
        self.assertEqual(decode_ziplist(bytes(data)), ITEMS)
        self.assertEqual(len(decode_ziplist(encode_ziplist([b"1"] * 70000))), 70000)

    def test_refuses_a_wrong_frame(self):
        good = encode_ziplist([b"a", b"b"])
        for place, byte in ((0, 1), (4, 10), (4, 99), (5, 1), (8, 1), (8, 3), (-1, 0xFE), (10, 1), (13, 2)):
            data = bytearray(good)
            data[place] = byte
            self.refuse(bytes(data))
        self.refuse(b"")
        self.refuse(good + b"\xff")

    def test_refuses_entries_of_no_known_kind(self):
        for head in (0xC1, 0xCF, 0xD1, 0xE1, 0xEF, 0xFF):
            self.refuse(struct.pack("<IIH", 21, 10, 1) + bytes((0, head)) + bytes(8) + b"\xff")

    def test_refuses_every_truncation(self):
        payload = encode_ziplist(ITEMS[:24])
        self.assertEqual(survivors(decode_ziplist, truncated(payload)), [])
        cuts = [struct.pack("<I", len(cut) + 1) + cut[4:] + b"\xff" for cut in truncated(payload)[10:-1]]
        self.assertEqual(survivors(decode_ziplist, cuts), [])       # the last entry is elsewhere

    def test_damage_makes_it_refuse_or_give_as_many_entries(self):
        payload = encode_ziplist(ITEMS[:24])
        chance = random.Random(4)
        for damaged in flipped(payload, 4000, seed=4):
            if chance.random() < 0.5:
                damaged = struct.pack("<I", len(damaged)) + damaged[4:]
            for items in survivors(decode_ziplist, [damaged]):
                self.assertTrue(len(items) == 24 or damaged[8:10] != payload[8:10])


if __name__ == "__main__":
    unittest.main()
