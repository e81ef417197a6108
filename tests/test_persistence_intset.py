"""The intset. Bytes are those of a real server's DUMP."""
import struct
import unittest

from redis_clone.persistence.corrupt import CorruptPayload
from redis_clone.persistence.intset import decode_intset, encode_intset
from tests.damage import flipped, survivors, truncated

SETS = {
    (1, 2, 3): "0200000003000000010002000300",
    (-40000, 5, 70000): "0400000003000000c063ffff0500000070110100",
    (-2 ** 63, 0, 2 ** 63 - 1): "080000000300000000000000000000800000000000000000ffffffffffffff7f",
}


class IntsetTest(unittest.TestCase):
    def test_is_what_a_real_server_writes(self):
        for numbers, dumped in SETS.items():
            self.assertEqual(encode_intset(list(numbers)).hex(), dumped)
            self.assertEqual(decode_intset(bytes.fromhex(dumped)), list(numbers))

    def test_is_as_narrow_as_its_members_allow(self):
        for numbers, width in (([-32768, 32767], 2), ([32768], 4), ([-32769], 4),
                               ([-2 ** 31, 2 ** 31 - 1], 4), ([2 ** 31], 8), ([-2 ** 31 - 1], 8)):
            self.assertEqual(encode_intset(numbers)[0], width, numbers)
            self.assertEqual(decode_intset(encode_intset(numbers)), numbers)

    def test_may_be_wider_than_needed(self):
        self.assertEqual(decode_intset(struct.pack("<IIqq", 8, 2, 1, 2)), [1, 2])

    def test_refuses_members_out_of_order_or_twice(self):
        for numbers in ((2, 1), (1, 1), (1, 2, 2), (5, -5, 6)):
            with self.assertRaises(CorruptPayload):
                decode_intset(struct.pack(f"<II{len(numbers)}h", 2, len(numbers), *numbers))

    def test_refuses_no_members_unknown_widths_and_other_sizes(self):
        for data in (b"", struct.pack("<II", 2, 0), struct.pack("<IIh", 1, 1, 0),
                     struct.pack("<IIh", 2, 2, 0), struct.pack("<IIhh", 2, 1, 0, 1),
                     struct.pack("<II", 8, 0xFFFFFFFF), struct.pack("<IIi", 3, 1, 0)):
            with self.assertRaises(CorruptPayload):
                decode_intset(data)

    def test_damage_makes_it_refuse_or_give_ascending_numbers(self):
        for dumped in SETS.values():
            payload = bytes.fromhex(dumped)
            self.assertEqual(survivors(decode_intset, truncated(payload)), [])
            for numbers in survivors(decode_intset, flipped(payload, 2000, seed=2)):
                self.assertEqual(numbers, sorted(set(numbers)))


if __name__ == "__main__":
    unittest.main()
