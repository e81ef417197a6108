"""Lengths, strings and numbers of RDB files. Bytes are those of a real server's DUMP."""
import math
import random
import unittest

from redis_clone.persistence.corrupt import CorruptPayload
from redis_clone.persistence.rdb_primitives import (
    Reader, encode_double, encode_length, encode_milliseconds, encode_string)
from tests.damage import flipped, survivors, truncated

LENGTHS = {
    0: "00", 63: "3f", 64: "4040", 16383: "7fff", 16384: "8000004000", 2 ** 32 - 1: "80ffffffff",
    2 ** 32: "810000000100000000", 2 ** 64 - 1: "81ffffffffffffffff",
}
STRINGS = {
    b"": "00", b"0": "c000", b"-128": "c080", b"128": "c18000", b"-32769": "c2ff7fffff",
    b"2147483647": "c2ffffff7f", b"2147483648": "0a32313437343833363438",
    b"12345678901": "0b3132333435363738393031", b"hello": "0568656c6c6f", b"007": "03303037", b"-0": "022d30",
}
COMPRESSED = {
    b"x" * 64: "c3094040017878e03300017878",
    b"hello hello world world, hello world" * 3:
        "c321406c0668656c6c6f2068600504776f726c648005002ce00312801d8005e03123016c64",
}


def read(method, data):
    """What a Reader's method makes of all of `data`."""
    reader = Reader(data)
    value = getattr(reader, method)()
    if reader.remaining():
        raise CorruptPayload("something is left")
    return value


class LengthTest(unittest.TestCase):
    def test_takes_as_few_bytes_as_possible(self):
        for length, encoded in LENGTHS.items():
            self.assertEqual(encode_length(length).hex(), encoded)
            self.assertEqual(read("length", bytes.fromhex(encoded)), length)

    def test_may_be_longer_than_needed(self):
        self.assertEqual(read("length", b"\x40\x05"), 5)
        self.assertEqual(read("length", b"\x80\x00\x00\x00\x05"), 5)

    def test_refuses_encodings_of_strings_and_unknown_ones(self):
        for head in range(0x82, 0x100):
            with self.assertRaises(CorruptPayload):
                read("length", bytes((head,)) + bytes(8))

    def test_refuses_every_truncation(self):
        for encoded in LENGTHS.values():
            cuts = truncated(bytes.fromhex(encoded))
            self.assertEqual(survivors(lambda data: read("length", data), cuts), [])


class StringTest(unittest.TestCase):
    def test_is_what_a_real_server_writes(self):
        for text, encoded in STRINGS.items():
            self.assertEqual(encode_string(text).hex(), encoded)
            self.assertEqual(read("string", bytes.fromhex(encoded)), text)

    def test_reads_what_a_real_server_compressed(self):
        for text, encoded in COMPRESSED.items():
            self.assertEqual(read("string", bytes.fromhex(encoded)), text)

    def test_ints_and_bytearrays_are_written_like_the_bytes(self):
        for number in (0, -1, 127, 128, 32767, 32768, 2 ** 31 - 1, 2 ** 31, -2 ** 31 - 1, 2 ** 63 - 1,
                       -2 ** 63):
            self.assertEqual(encode_string(number), encode_string(b"%d" % number))
            self.assertEqual(read("string", encode_string(number)), b"%d" % number)
        for text in (b"", b"12", b"hello", b"x" * 20, b"x" * 21, b"x" * 500):
            self.assertEqual(encode_string(bytearray(text)), encode_string(text))
            self.assertIs(type(encode_string(bytearray(text))), bytes)

    def test_compresses_from_21_bytes_on_when_it_wins_four(self):
        self.assertEqual(encode_string(b"x" * 20), b"\x14" + b"x" * 20)
        self.assertEqual(encode_string(b"x" * 21)[0], 0xC3)
        self.assertEqual(encode_string(b"x" * 21, compress=False), b"\x15" + b"x" * 21)
        self.assertEqual(encode_string(bytes(range(200))), b"\x40\xc8" + bytes(range(200)))
        # 22 bytes of which LZF makes 19: not worth it
        text = b"abcdefg12345abcdefg#xy"
        self.assertEqual(encode_string(text), b"\x16" + text)

    def test_long_strings_come_back(self):
        chance = random.Random(9)
        for size in (63, 64, 16383, 16384, 70000):
            for text in (b"ab" * (size // 2), bytes(chance.choices(range(256), k=size))):
                for compress in (True, False):
                    self.assertEqual(read("string", encode_string(text, compress)), text)

    def test_refuses_unknown_encodings(self):
        for head in list(range(0xC4, 0x100)) + [0x82, 0xBF]:
            with self.assertRaises(CorruptPayload):
                read("string", bytes((head,)) + bytes(20))

    def test_believes_no_length(self):
        for data in ("81ffffffffffffffff", "80ffffffff00", "7fff41", "c381ffffffffffffffff0500",
                     "c30281ffffffffffffffff0061", "c302800fffffff0061", "c3"):
            with self.assertRaises(CorruptPayload):
                read("string", bytes.fromhex(data))

    def test_refuses_every_truncation(self):
        for encoded in {**STRINGS, **COMPRESSED}.values():
            cuts = truncated(bytes.fromhex(encoded))
            self.assertEqual(survivors(lambda data: read("string", data), cuts), [])

    def test_damage_makes_it_refuse_or_give_a_string(self):
        for encoded in COMPRESSED.values():
            damaged = flipped(bytes.fromhex(encoded), 3000, seed=6)
            strings = survivors(lambda data: read("string", data), damaged)
            self.assertLess(max(map(len, strings)), 3000)


class StringsTest(unittest.TestCase):
    TEXTS = [b"", b"a", b"12", b"x" * 30, b"-5", b"abc" * 50, b"y" * 63, bytes(range(256)), b"end"]

    def setUp(self):
        self.encoded = b"".join(map(encode_string, self.TEXTS))

    def test_reads_as_many_as_asked_for(self):
        reader = Reader(self.encoded + b"\x05after")
        self.assertEqual(reader.strings(len(self.TEXTS)), self.TEXTS)
        self.assertEqual(reader.strings(0), [])
        self.assertEqual(reader.string(), b"after")

    def test_refuses_more_than_there_are(self):
        for count in (len(self.TEXTS) + 1, len(self.encoded) + 1, 1 << 63):
            with self.assertRaises(CorruptPayload):
                Reader(self.encoded).strings(count)

    def test_does_not_read_over_its_end(self):
        for end in range(len(self.encoded)):
            with self.assertRaises(CorruptPayload):
                Reader(self.encoded, 0, end).strings(len(self.TEXTS))


class NumbersTest(unittest.TestCase):
    def test_doubles_are_eight_bytes(self):
        self.assertEqual(encode_double(1.5).hex(), "000000000000f83f")
        for number in (0.0, -0.0, 1.5, -math.pi, math.inf, -math.inf, 5e-324, 1.7976931348623157e308):
            self.assertEqual(encode_double(read("double", encode_double(number))), encode_double(number))
        self.assertTrue(math.isnan(read("double", encode_double(math.nan))))

    def test_doubles_may_be_written_out(self):
        for text, number in ((b"1.5", 1.5), (b"-17", -17.0), (b"1.1000000000000001", 1.1), (b".5", 0.5),
                             (b"1E3", 1000.0), (b"5.", 5.0)):
            self.assertEqual(read("text_double", bytes((len(text),)) + text), number)
        self.assertTrue(math.isnan(read("text_double", b"\xfd")))
        self.assertEqual(read("text_double", b"\xfe"), math.inf)
        self.assertEqual(read("text_double", b"\xff"), -math.inf)

    def test_refuses_text_that_is_no_number(self):
        for text in (b"", b"x", b"1_0", b" 1", b"1 ", b"nan", b"inf", b"1e", b"--1", b"\xd9\xa1"):
            with self.assertRaises(CorruptPayload):
                read("text_double", bytes((len(text),)) + text)

    def test_times_are_eight_bytes_with_a_sign(self):
        for time_ms, encoded in ((1700000000123, "7b68e5cf8b010000"), (-1, "ff" * 8)):
            self.assertEqual(encode_milliseconds(time_ms).hex(), encoded)
            self.assertEqual(read("milliseconds", bytes.fromhex(encoded)), time_ms)

    def test_refuses_every_truncation(self):
        for method, data in (("double", bytes(8)), ("milliseconds", bytes(8)), ("text_double", b"\x031.5"),
                             ("byte", b"\0")):
            self.assertEqual(survivors(lambda data: read(method, data), truncated(data)), [])


class ReaderTest(unittest.TestCase):
    def test_takes_one_after_the_other_between_position_and_end(self):
        reader = Reader(b"..\x05helloab..", 2, 10)
        self.assertEqual((reader.string(), reader.byte(), reader.remaining()), (b"hello", 0x61, 1))
        with self.assertRaises(CorruptPayload):
            reader.take(2)
        self.assertEqual(reader.take(1), b"b")
        self.assertEqual(reader.take(0), b"")
        for method in ("byte", "length", "string", "double"):
            with self.assertRaises(CorruptPayload):
                getattr(reader, method)()


if __name__ == "__main__":
    unittest.main()
