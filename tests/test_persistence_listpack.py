"""The listpack. Bytes are those of a real server's DUMP."""
import struct
import unittest

from redis_clone.datatypes.limits import LISTPACK_HEADER_BYTES, listpack_entry_bytes
from redis_clone.persistence.corrupt import CorruptPayload
from redis_clone.persistence.listpack import decode_listpack, encode_listpack
from tests.damage import flipped, survivors, truncated

# Every width of integer at its bounds, and texts that only look like integers.
ITEMS = [
    b"", b"a", b"0", b"127", b"128", b"-1", b"4095", b"4096", b"-4096", b"-4097", b"32767", b"-32768",
    b"32768", b"8388607", b"-8388608", b"8388608", b"2147483647", b"-2147483648", b"2147483648",
    b"9223372036854775807", b"-9223372036854775808", b"9223372036854775808", b"-0", b"007", b"+1", b"1.5",
]
DUMPED = bytes.fromhex(
    "920000001a00800181610200017f01c08002dfff02cfff02f1001003d00002f1ffef03f1ff7f03f1008003f200800004"
    "f2ffff7f04f200008004f30000800005f3ffffff7f05f30000008005f4000000800000000009f4ffffffffffffff7f09"
    "f4000000000000008009933932323333373230333638353437373538303814822d30038330303704822b310383312e3504ff")

LONG_ITEMS = [b"x" * 63, b"y" * 64, b"z" * 125, b"w" * 126, b"v" * 4096]
LONG_DUMPED = (
    b"\x94\x11\x00\x00\x05\x00\xbf" + b"x" * 63 + b"\x40\xe0\x40" + b"y" * 64 + b"\x42\xe0\x7d" + b"z" * 125
    + b"\x7f\xe0\x7e" + b"w" * 126 + b"\x01\x80\xf0\x00\x10\x00\x00" + b"v" * 4096 + b"\x20\x85\xff")


def framed(elements, count, total=None):
    """A listpack of elements that are encoded already."""
    return struct.pack("<IH", len(elements) + 7 if total is None else total, count) + elements + b"\xff"


class EncodeListpackTest(unittest.TestCase):
    def test_is_what_a_real_server_writes(self):
        self.assertEqual(encode_listpack(ITEMS), DUMPED)
        self.assertEqual(encode_listpack(LONG_ITEMS), LONG_DUMPED)
        self.assertEqual(encode_listpack([]), bytes.fromhex("070000000000ff"))

    def test_numbers_are_written_like_the_texts_that_spell_them(self):
        numbers = [int(item) for item in ITEMS[2:21]]
        self.assertEqual(encode_listpack(numbers), encode_listpack(ITEMS[2:21]))

    def test_takes_numbers_of_64_bits_and_no_larger(self):
        for number in (2 ** 63, -2 ** 63 - 1):
            with self.assertRaises(struct.error):
                encode_listpack([number])

    def test_long_texts_have_long_lengths_behind(self):
        # The length is that of header and text; Redis writes one byte more at each of these bounds.
        for size, behind in ((127 - 2, "7f"), (128 - 2, "0180"), (16382 - 5, "7ffe"), (16383 - 5, "00ffff"),
                             (2097150 - 5, "7ffffe"), (2097151 - 5, "00ffffff")):
            packed = encode_listpack([b"x" * size])
            self.assertEqual(packed[packed.rindex(b"x") + 1:-1].hex(), behind, size)
            self.assertEqual(decode_listpack(packed), [b"x" * size])

    def test_takes_the_room_that_the_limits_expect(self):
        for item in ITEMS + LONG_ITEMS + [b"x" * 5000, b"x" * 20000]:
            size = LISTPACK_HEADER_BYTES + listpack_entry_bytes(item)
            self.assertEqual(len(encode_listpack([item])), size, item)

    def test_from_65535_elements_on_they_are_not_counted(self):
        for count, told in ((65534, 65534), (65535, 65535), (70000, 65535)):
            packed = encode_listpack([b"1"] * count)
            self.assertEqual(struct.unpack_from("<IH", packed), (2 * count + 7, told))
            self.assertEqual(len(decode_listpack(packed)), count)


class DecodeListpackTest(unittest.TestCase):
    def refuse(self, data):
        with self.assertRaises(CorruptPayload):
            decode_listpack(data)

    def test_reads_what_a_real_server_wrote(self):
        self.assertEqual(decode_listpack(DUMPED), ITEMS)
        self.assertEqual(decode_listpack(LONG_DUMPED), LONG_ITEMS)

    def test_raw_keeps_numbers(self):
        self.assertEqual(decode_listpack(DUMPED, raw=True),
                         ITEMS[:2] + [int(item) for item in ITEMS[2:21]] + ITEMS[21:])

    def test_reads_numbers_in_wider_forms_than_needed_and_as_text(self):
        elements = [b"\xc0\x05\x02", b"\xf1\x05\x00\x03", b"\xf2\xfb\xff\xff\x04",
                    b"\xf4" + b"\xff" * 8 + b"\x09", b"\x8212\x03"]
        self.assertEqual(decode_listpack(framed(b"".join(elements), 5)), [b"5", b"5", b"-5", b"-1", b"12"])

    def test_reads_short_texts_in_longer_forms(self):
        elements = b"\xe0\x01a\x03" + b"\xf0\x02\x00\x00\x00bc\x07"
        self.assertEqual(decode_listpack(framed(elements, 2)), [b"a", b"bc"])

    def test_an_unknown_number_of_elements_is_counted(self):
        self.assertEqual(decode_listpack(framed(b"\x01\x01\x02\x01", 65535)), [b"1", b"2"])

    def test_refuses_a_wrong_frame(self):
        for data in (b"", b"\xff", bytes(7), framed(b"", 0, total=8), framed(b"", 0)[:-1] + b"\xfe",
                     framed(b"\x01\x01", 2), framed(b"\x01\x01", 0), framed(b"\x01\x01\xff\xff", 1)):
            self.refuse(data)

    def test_refuses_elements_of_no_known_kind(self):
        for head in range(0xF5, 0x100):
            self.refuse(framed(bytes((head, 1)), 1))

    def test_refuses_a_length_behind_that_differs(self):
        for elements in (b"\x01\x02", b"\x81a\x01", b"\x81a\x03", b"\xc0\x05\x03", b"\xe0\x01a\x02",
                         b"\xe0\x80" + b"a" * 128 + b"\x02\x82", b"\xe0\x80" + b"a" * 128 + b"\x7f"):
            self.refuse(framed(elements, 1))

    def test_refuses_elements_that_reach_over_the_end(self):
        for elements in (b"\x81", b"\xbf", b"\x85abcd", b"\xc0", b"\xf1\x00", b"\xf4\x00\x00", b"\xe0",
                         b"\xef\xff", b"\xf0\xff\xff\xff\xff", b"\xf0\xff", b"\xf0", b"\x01",
                         b"\xe0\x01\x00"):
            self.refuse(framed(elements, 1))
            self.refuse(framed(elements, 65535))

    def test_refuses_every_truncation(self):
        self.assertEqual(survivors(decode_listpack, truncated(DUMPED)), [])
        for cut in truncated(DUMPED)[7:-1]:                         # with a frame that fits
            self.assertEqual(survivors(decode_listpack, [framed(cut[6:], len(ITEMS))]), [])

    def test_damage_makes_it_refuse_or_give_as_many_elements(self):
        for payload in flipped(DUMPED, 4000, seed=3):
            elements = payload[6:-1]
            for items in survivors(decode_listpack, [payload, framed(elements, len(ITEMS))]):
                self.assertEqual(len(items), len(ITEMS))
            for items in survivors(decode_listpack, [framed(elements, 65535)]):
                self.assertLessEqual(len(items), len(elements))


if __name__ == "__main__":
    unittest.main()
