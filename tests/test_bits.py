"""Bits in strings of bytes, held against their spelling as binary digits."""
import operator
import random
import unittest

from redis_clone.bits import combine, count_bits, find_bit, get_bits, invert, set_bits


def digits_of(text):
    return "".join(f"{byte:08b}" for byte in text)


class BitsTest(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(1)

    def texts(self):
        """Random strings, and long ones around the size of a chunk."""
        for size in (1, 2, 3, 8, 100):
            yield bytearray(self.random.getrandbits(8) for _ in range(size))
        for size in (1 << 16, (1 << 16) + 1, 3 << 16):
            yield bytes(size)
            yield b"\xff" * (size - 1) + b"\x7f"
            yield bytes(size - 1) + b"\x10"

    def ranges(self, text):
        size = len(text) * 8
        yield 0, size - 1
        for _ in range(20):
            start = self.random.randrange(size)
            yield start, self.random.randrange(start, size)
        yield size - 1, size - 1

    def test_counts_the_bits_of_any_range(self):
        for text in self.texts():
            digits = digits_of(text)
            for start, end in self.ranges(text):
                self.assertEqual(count_bits(text, start, end), digits[start:end + 1].count("1"))

    def test_finds_the_first_bit_of_either_kind(self):
        for text in self.texts():
            digits = digits_of(text)
            for start, end in self.ranges(text):
                for bit in (0, 1):
                    self.assertEqual(find_bit(text, bit, start, end), digits.find(str(bit), start, end + 1))

    def test_combines_texts_of_different_lengths(self):
        texts = [b"\xf0\xff\x0f", b"", bytes(1 << 16) + b"\1", bytearray(b"\xaa")]
        size = max(map(len, texts))
        padded = [text.ljust(size, b"\0") for text in texts]
        for name, operation in (("and", operator.and_), ("or", operator.or_), ("xor", operator.xor)):
            expected = padded[0]
            for text in padded[1:]:
                expected = bytes(map(operation, expected, text))
            self.assertEqual(combine(name, texts), expected)
        self.assertEqual(combine("or", texts[:1]), texts[0])
        self.assertEqual(combine("or", [b""]), b"")

    def test_inverts(self):
        self.assertEqual(invert(b"\x00\xff\xa5"), b"\xff\x00\x5a")

    def test_reads_and_writes_numbers_at_any_bit(self):
        text = bytearray(30)
        for _ in range(500):
            width = self.random.randrange(1, 65)
            position = self.random.randrange(30 * 8 - width + 1)
            number = self.random.getrandbits(width)
            before = digits_of(text)
            set_bits(text, position, width, number)
            expected = before[:position] + f"{number:0{width}b}" + before[position + width:]
            self.assertEqual(digits_of(text), expected)
            self.assertEqual(get_bits(text, position, width), number)

    def test_zeros_follow_the_end(self):
        self.assertEqual(get_bits(b"\xff", 4, 8), 0xF0)
        self.assertEqual(get_bits(b"\xff", 8, 64), 0)
        self.assertEqual(get_bits(b"\xff", 8000, 3), 0)


if __name__ == "__main__":
    unittest.main()
