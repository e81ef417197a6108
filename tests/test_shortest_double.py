"""Doubles as text by fpconv's rules."""
import math
import random
import struct
import unittest
from unittest import mock

from redis_clone import shortest_double
from redis_clone.shortest_double import format_shortest


class FormatShortestTest(unittest.TestCase):
    def check(self, number, text):
        self.assertEqual(format_shortest(number), text.encode())
        self.assertEqual(format_shortest(-number), b"-" + text.encode())

    def test_short_numbers_are_positional(self):
        for number, text in ((1.5, "1.5"), (0.1, "0.1"), (3.3, "3.3"), (1234.5678, "1234.5678"), (100.0, "100"),
                             (0.000015, "0.000015"), (1e7, "10000000"), (123456789012345678.0, "123456789012345680")):
            self.check(number, text)

    def test_others_have_an_exponent(self):
        for number, text in ((1e8, "1e+8"), (1e17, "1e+17"), (1e-7, "1e-7"), (1.25e-10, "1.25e-10"), (1e300, "1e+300"),
                             (5e-324, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"),
                             (2.2250738585072014e-308, "2.2250738585072014e-308"), (1e22, "1e+22")):
            self.check(number, text)

    def test_of_two_candidates_grisu_takes_its_own(self):
        self.check(887860592454011.8, "887860592454011.7")          # exactly between .7 and .8

    def test_sometimes_grisu_needs_more_digits_than_repr(self):
        for number, text in LONGER.items():
            self.check(number, text)
            self.assertGreater(len(text), len(repr(number)))

    def test_every_number_reads_back(self):
        rng = random.Random(1)
        for _ in range(2000):
            number = struct.unpack("<d", rng.getrandbits(64).to_bytes(8, "little"))[0]
            if number and math.isfinite(number):
                self.assertEqual(float(format_shortest(number)), number)
        for exponent in range(-1074, 1024):                         # powers of two have the uneven intervals
            self.assertEqual(float(format_shortest(math.ldexp(1.0, exponent))), math.ldexp(1.0, exponent))

    def test_the_short_way_comes_to_the_same_as_the_long_one(self):
        rng = random.Random(2)
        numbers = [rng.uniform(-20, 20) for _ in range(3000)]
        numbers += [rng.random() ** 4 * 12000 for _ in range(3000)]
        numbers += [round(rng.uniform(0, 1000), rng.randrange(1, 14)) for _ in range(3000)]
        numbers += [math.ldexp(sign, exponent) for exponent in range(-11, 15) for sign in (1.0, -1.0)]
        numbers += [math.nextafter(limit, to) for limit in (0.001, 1e4) for to in (0.0, 1e5)] \
            if hasattr(math, "nextafter") else []
        short = [format_shortest(number) for number in numbers if number]
        with mock.patch.object(shortest_double, "_MOST_PLAIN", 0.0):
            self.assertEqual([format_shortest(number) for number in numbers if number], short)


# As valkey-server 8.0.1 prints these scores.
LONGER = {
    9.60846: "9.608459999999999",
    1.912378453473453e-217: "1.9123784534734532e-217",
    0.682989408257135: "0.6829894082571349",
    0.440101954117152: "0.44010195411715203",
    0.4969449850482274: "0.49694498504822737",
}
