"""LZF: what is packed unpacks, here and as liblzf does it; what is not LZF is refused."""
import random
import unittest
from unittest import mock

from redis_clone.persistence import lzf_search
from redis_clone.persistence.corrupt import CorruptPayload
from redis_clone.persistence.lzf import compress, decompress
from tests.damage import flipped, survivors, truncated

HELLO = b"hello hello world world, hello world" * 3
# Packed by a real server.
HELLO_PACKED = bytes.fromhex("0668656c6c6f2068600504776f726c648005002ce00312801d8005e03123016c64")


class DecompressTest(unittest.TestCase):
    def test_unpacks_what_a_real_server_packed(self):
        self.assertEqual(decompress(HELLO_PACKED, len(HELLO)), HELLO)
        self.assertEqual(decompress(bytes.fromhex("016161e01100016161"), 30), b"a" * 30)
        self.assertEqual(decompress(bytes.fromhex("0361626361e01302016321"), 34), b"abc" * 11 + b"!")

    def test_nothing_is_nothing(self):
        self.assertEqual(decompress(b"", 0), b"")

    def test_a_match_may_overlap_what_it_writes(self):
        self.assertEqual(decompress(b"\x01ab" + bytes((0x40, 1)), 6), b"ab" * 3)
        self.assertEqual(decompress(b"\x01ab" + bytes((0x60, 1)), 7), b"ab" * 3 + b"a")

    def test_refuses_a_match_from_before_the_start(self):
        with self.assertRaises(CorruptPayload):
            decompress(b"\x00a\x20\x01", 4)
        with self.assertRaises(CorruptPayload):
            decompress(b"\x20\x00", 3)

    def test_refuses_any_other_size(self):
        for size in (0, 1, len(HELLO) - 1, len(HELLO) + 1, 10 ** 6, 1 << 63):
            with self.assertRaises(CorruptPayload):
                decompress(HELLO_PACKED, size)

    def test_stops_before_it_makes_more_than_was_told(self):
        bomb = b"\x00x" + b"\xe0\xff\x00" * 100000               # would be 26 MB
        with self.assertRaises(CorruptPayload):
            decompress(bomb, 1000)

    def test_refuses_every_truncation(self):
        self.assertEqual(survivors(lambda data: decompress(data, len(HELLO)), truncated(HELLO_PACKED)), [])

    def test_damage_makes_it_refuse_or_unpack_as_many_bytes(self):
        unpacked = survivors(lambda data: decompress(data, len(HELLO)), flipped(HELLO_PACKED, 3000, seed=1))
        self.assertEqual({len(data) for data in unpacked}, {len(HELLO)})


class CompressTest(unittest.TestCase):
    def check(self, data):
        packed = compress(data)
        if packed is not None:
            self.assertLess(len(packed), len(data))
            self.assertEqual(decompress(packed, len(data)), data)
        return packed

    def test_text_gets_smaller(self):
        self.assertLessEqual(len(self.check(HELLO)), len(HELLO_PACKED) + 5)
        self.assertLess(len(self.check(b"x" * 21)), 10)

    def test_nothing_and_what_does_not_repeat_stay(self):
        for data in (b"", b"a", b"ab", b"abc", b"abcabc", bytes(range(256)), bytes(range(100))):
            self.assertIsNone(self.check(data))

    def test_random_bytes_stay(self):
        chance = random.Random(5)
        for size in (21, 100, 1000, 50000):
            self.assertIsNone(self.check(bytes(chance.choices(range(256), k=size))))

    def test_strings_of_any_length(self):
        chance = random.Random(7)
        words = [b"alpha ", b"beta ", b"gamma delta ", b"x", b"2024-01-", b"epsilon, zeta and eta; "]
        for size in [*range(21, 140), 400, *range(505, 520), 2000]:
            self.check(b"".join(chance.choices(words, k=size))[:size])

    def test_repetitions_in_short_strings_are_found_wherever_they_are(self):
        rest = bytes(range(128, 256))
        for repeated, length in ((b"hello worl!", 64), (b"hello worl!", 100), (b"abcdefghijklm", 140)):
            others = rest[:length - 2 * len(repeated)]
            for start in range(20):
                with self.subTest(length=length, start=start):
                    self.assertIsNotNone(self.check(others[:start] + repeated + others[start:] + repeated))

    def test_below_64_bytes_only_what_begins_again_is_tried(self):
        self.assertIsNotNone(self.check(b"abcd" * 6))
        self.assertIsNotNone(self.check(b"hello world, " * 4))
        self.assertIsNone(self.check(b"-" + b"hello world, " * 4))
        self.assertIsNotNone(self.check(b"-" + b"hello world, " * 5))

    def test_alike_elements_of_a_collection_take_a_match_each(self):
        packed = self.check(b"".join(b"\x8bmember:%d\x0c" % number for number in range(1000, 1100)))
        self.assertLess(len(packed), 100 * 6)

    def test_elements_of_changing_lengths_are_found_too(self):
        data = b"".join(b"\x8bmember:%d\x0c" % 7 ** number for number in range(18))
        self.assertLess(len(self.check(data)), len(data) * 0.8)

    def test_prose_takes_about_the_room_that_redis_needs(self):
        words = ("in the beginning of the year nobody knows what there is to say about the state of a server and "
                 "of those who have to wait for it while others are served").encode().split()
        chance = random.Random(11)
        for size, most in ((400, 0.85), (3000, 0.65), (70000, 0.6)):
            text = b" ".join(chance.choices(words, k=size))[:size]
            self.assertLess(len(self.check(text)), size * most, size)

    def test_records_take_less_than_half_their_room(self):
        text = b"".join(b'{"id": %d, "name": "user %d", "active": true}, ' % (number ** 5, number * 7919 % 1000)
                        for number in range(2000))
        for size in (511, 512, 5000, 65536, 70000):
            self.assertLess(len(self.check(text[:size])), size * 0.52, size)

    def test_bytes_above_127_are_matched_like_others(self):
        chance = random.Random(12)
        pieces = [bytes(chance.choices(range(128, 256), k=12)) for _ in range(40)]
        for size in (60, 300):
            data = b"".join(chance.choices(pieces, k=size))
            self.assertLess(len(self.check(data)), len(data) * 0.7)

    def test_hashes_that_are_equal_by_chance_are_no_match(self):
        # The highest bit of the first of six bytes is in none of the hashes.
        chance = random.Random(13)
        for _ in range(20):
            noise = bytes(chance.choices(range(256), k=600))
            self.check(noise + b"\x41abcdefgh" + noise[:9] + b"\xc1abcdefgh" + noise[100:400])

    def test_without_zlib_long_strings_stay(self):
        with mock.patch.object(lzf_search, "zlib", None):
            self.assertIsNone(compress(HELLO * 10))
            self.assertIsNotNone(compress(HELLO))

    def test_long_runs_take_the_longest_matches(self):
        self.assertLess(len(self.check(bytes(100000))), 100000 // 85)

    def test_matches_at_every_distance_around_the_farthest(self):
        chance = random.Random(6)
        needle = bytes(chance.choices(range(256), k=40))
        for gap in (8150, 8151, 8152, 8153, 8191, 8192, 8193, 9000):
            self.check(needle + bytes(chance.choices(range(256), k=gap)) + needle)
        filler = bytes(10) * 815
        for gap in range(8140, 8160):
            self.check(needle + filler[:gap] + needle)

    def test_the_end_may_look_like_zeros(self):
        # A match that ends with the data while what follows its first occurrence is zeros.
        for zeros in range(3, 30):
            for tail in range(3, 30):
                self.check(b"abcdefgh" * 20 + bytes(zeros) + b"-" + bytes(tail))

    def test_whatever_is_packed_unpacks(self):
        chance = random.Random(7)
        for _ in range(1500):
            letters = chance.choice((1, 2, 4, 16, 256))
            data = bytes(chance.choices(range(letters), k=chance.randrange(400)))
            if chance.random() < 0.3:
                data += bytes(chance.randrange(300)) + data
            self.check(data)

    def test_compressible_text_after_random_bytes_is_found(self):
        noise = bytes(random.Random(8).choices(range(256), k=20000))
        self.assertLess(len(self.check(noise + HELLO * 1000)), 25500)


if __name__ == "__main__":
    unittest.main()
