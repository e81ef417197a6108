"""The checksum of payloads and RDB files."""
import random
import unittest

from redis_clone.persistence import crc64 as module
from redis_clone.persistence.crc64 import crc64


def crc64_by_bits(data, crc=0):
    """The definition: a division, bit by bit."""
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x95AC9329AC4BC9B5 if crc & 1 else crc >> 1
    return crc


class Crc64Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.data = bytes(random.Random(64).choices(range(256), k=70000))

    def test_of_nothing_is_what_it_was(self):
        self.assertEqual(crc64(b""), 0)
        self.assertEqual(crc64(b"", 1 << 63), 1 << 63)

    def test_known_sums(self):
        self.assertEqual(crc64(b"123456789"), 0xE9C6D914C4B8D9CA)
        # DUMP of a string "hello" by a real server: all but the last eight bytes are summed up.
        payload = bytes.fromhex("000568656c6c6f0b000aad620598abc983")
        self.assertEqual(crc64(payload[:-8]).to_bytes(8, "little"), payload[-8:])

    def test_short_and_long_data_are_divided_alike(self):
        for size in (1, 7, 8, 9, 255, 256, 257, 300, 511, 777, 1025, 2139, 2141, 5000, 9999):
            self.assertEqual(crc64(self.data[:size]), crc64_by_bits(self.data[:size]), size)

    def test_every_length_around_the_bounds_of_folding(self):
        crc = crc64_by_bits(self.data[:180])
        for size in range(180, 700):
            self.assertEqual(crc64(self.data[:size]), crc, size)
            crc = crc64_by_bits(self.data[size:size + 1], crc)

    def test_zeros_and_ones(self):
        for byte in (b"\0", b"\xff"):
            self.assertEqual(crc64(byte * 4000), crc64_by_bits(byte * 4000))

    def test_pieces_give_the_sum_of_the_whole(self):
        whole = crc64(self.data)
        for cut in (1, 100, 256, 4464, 65535, 65536, 65537, 69999):
            self.assertEqual(crc64(self.data[cut:], crc64(self.data[:cut])), whole, cut)

    def test_data_longer_than_a_piece(self):
        for size in (65535, 65536, 65537, 65536 + 255, 65536 + 256):
            first = crc64(self.data[:40000])
            self.assertEqual(crc64(self.data[:size]), crc64(self.data[40000:size], first), size)

    def test_any_kind_of_bytes(self):
        for kind in (bytearray, memoryview):
            self.assertEqual(crc64(kind(self.data)), crc64(self.data))

    def test_the_polynomial_divides_its_multiples(self):
        polynomial = 1 << 64 | 0xAD93D23594C935A9           # bits in the usual order, the highest power first
        for power, shifts, _ in module._MULTIPLES:
            product = 1
            for shift in shifts:
                product ^= product << shift
            remainder = 1 << power ^ product
            while remainder.bit_length() > 64:
                remainder ^= polynomial << remainder.bit_length() - 65
            self.assertEqual(remainder, 0, power)


if __name__ == "__main__":
    unittest.main()
