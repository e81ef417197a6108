"""The libraries `math` and `os`, called as emitted code calls them; values are those of lua5.1 and Redis."""
import unittest

from redis_clone.lua.errors import ArgumentError, LibraryError
from redis_clone.lua.libraries.math import Random, open_math
from redis_clone.lua.libraries.os import open_os
from redis_clone.lua.values import Table, number_text

INF, NAN = float("inf"), float("nan")


class _Runtime:
    """As much of a Runtime as the library needs."""


class MathCase(unittest.TestCase):
    def setUp(self):
        self.runtime = _Runtime()
        self.library = open_math(self.runtime)

    def call(self, name, *args):
        return self.library[name](*(float(arg) if arg.__class__ is int else arg for arg in args))

    def texts(self, name, *args):
        """Results as Lua prints them, separated by spaces."""
        results = self.call(name, *args)
        results = results if results.__class__ is tuple else (results,)
        self.assertEqual({result.__class__ for result in results}, {float})
        return b" ".join(map(number_text, results)).decode()

    def check_argument(self, number, message, name, *args):
        with self.assertRaises(ArgumentError) as caught:
            self.call(name, *args)
        self.assertEqual((caught.exception.number, caught.exception.value), (number, message))


class OneNumberTest(MathCase):
    ARGUMENTS = (0.0, -0.0, 1.0, -1.0, 2.0, INF, -INF, NAN, -NAN, 1000.0, -1000.0, 0.5, -0.5, -1.5)
    EXPECTED = {
        b"abs": "0 0 1 1 2 inf inf nan nan 1000 1000 0.5 0.5 1.5",
        b"acos": "1.5707963267949 1.5707963267949 0 3.1415926535898 nan nan nan nan -nan nan nan "
                 "1.0471975511966 2.0943951023932 nan",
        b"asin": "0 -0 1.5707963267949 -1.5707963267949 nan nan nan nan -nan nan nan 0.5235987755983 "
                 "-0.5235987755983 nan",
        b"atan": "0 -0 0.78539816339745 -0.78539816339745 1.1071487177941 1.5707963267949 -1.5707963267949 nan "
                 "-nan 1.5697963271282 -1.5697963271282 0.46364760900081 -0.46364760900081 -0.98279372324733",
        b"ceil": "0 -0 1 -1 2 inf -inf nan -nan 1000 -1000 1 -0 -1",
        b"cos": "1 1 0.54030230586814 0.54030230586814 -0.41614683654714 -nan -nan nan -nan 0.5623790762907 "
                "0.5623790762907 0.87758256189037 0.87758256189037 0.070737201667703",
        b"cosh": "1 1 1.5430806348152 1.5430806348152 3.7621956910836 inf inf nan -nan inf inf 1.1276259652064 "
                 "1.1276259652064 2.3524096152432",
        b"deg": "0 -0 57.295779513082 -57.295779513082 114.59155902616 inf -inf nan -nan 57295.779513082 "
                "-57295.779513082 28.647889756541 -28.647889756541 -85.943669269623",
        b"exp": "1 1 2.718281828459 0.36787944117144 7.3890560989307 inf 0 nan -nan inf 0 1.6487212707001 "
                "0.60653065971263 0.22313016014843",
        b"floor": "0 -0 1 -1 2 inf -inf nan -nan 1000 -1000 0 -1 -2",
        b"log": "-inf -inf 0 -nan 0.69314718055995 inf -nan nan -nan 6.9077552789821 -nan -0.69314718055995 -nan "
                "-nan",
        b"log10": "-inf -inf 0 nan 0.30102999566398 inf nan nan -nan 3 nan -0.30102999566398 nan nan",
        b"rad": "0 -0 0.017453292519943 -0.017453292519943 0.034906585039887 inf -inf nan -nan 17.453292519943 "
                "-17.453292519943 0.0087266462599716 -0.0087266462599716 -0.026179938779915",
        b"sin": "0 -0 0.8414709848079 -0.8414709848079 0.90929742682568 -nan -nan nan -nan 0.826879540532 "
                "-0.826879540532 0.4794255386042 -0.4794255386042 -0.99749498660405",
        b"sinh": "0 -0 1.1752011936438 -1.1752011936438 3.626860407847 inf -inf nan -nan inf -inf 0.52109530549375 "
                 "-0.52109530549375 -2.1292794550948",
        b"sqrt": "0 -0 1 -nan 1.4142135623731 inf -nan nan -nan 31.622776601684 -nan 0.70710678118655 -nan -nan",
        b"tan": "0 -0 1.5574077246549 -1.5574077246549 -2.1850398632615 -nan -nan nan -nan 1.4703241557027 "
                "-1.4703241557027 0.54630248984379 -0.54630248984379 -14.101419947172",
        b"tanh": "0 -0 0.76159415595576 -0.76159415595576 0.96402758007582 1 -1 nan -nan 1 -1 0.46211715726001 "
                 "-0.46211715726001 -0.90514825364487",
    }

    def test_special_and_usual_values(self):
        for name, expected in self.EXPECTED.items():
            with self.subTest(name):
                self.assertEqual(" ".join(self.texts(name, number) for number in self.ARGUMENTS), expected)

    def test_texts_are_converted(self):
        for name in self.EXPECTED:
            self.assertEqual(self.texts(name, b" 0x1 ", Table()), self.texts(name, 1))

    def test_other_values_are_refused(self):
        for name in list(self.EXPECTED) + [b"modf", b"frexp"]:
            self.check_argument(1, b"number expected, got no value", name)
            self.check_argument(1, b"number expected, got string", name, b"x")
            self.check_argument(1, b"number expected, got boolean", name, True)

    def test_rounding_of_large_and_tiny_numbers(self):
        for number in (1e308, -1e308, 2.0 ** 53, 4503599627370495.5, 1e22):
            self.assertLessEqual(self.call(b"floor", number), number)
            self.assertLess(self.call(b"ceil", number) - number, 1.0)
        self.assertEqual(self.texts(b"floor", -5e-324), "-1")
        self.assertEqual(self.texts(b"ceil", 5e-324), "1")
        self.assertEqual(self.texts(b"floor", 0.49999999999999994), "0")

    def test_modf(self):
        for number, texts in ((1.5, "1 0.5"), (-1.5, "-1 -0.5"), (-0.0, "-0 -0"), (INF, "inf 0"), (-INF, "-inf -0"),
                              (3.0, "3 0")):
            self.assertEqual(self.texts(b"modf", number), texts)

    def test_frexp(self):
        for number, texts in ((1.0, "0.5 1"), (0.0, "0 0"), (-0.0, "-0 0"), (5e-324, "0.5 -1073"), (INF, "inf 0"),
                              (1000.0, "0.9765625 10"), (-NAN, "-nan 0")):
            self.assertEqual(self.texts(b"frexp", number), texts)


class SeveralNumbersTest(MathCase):
    def check_all(self, name, *cases):
        for *args, text in cases:
            with self.subTest(name=name, args=args):
                self.assertEqual(self.texts(name, *args), text)

    def test_atan2(self):
        self.check_all(b"atan2", (0, 0, "0"), (-0.0, -1, "-3.1415926535898"), (INF, -INF, "2.3561944901923"),
                       (1, -NAN, "-nan"), (NAN, 1, "nan"), (-NAN, NAN, "nan"), (1, 2, "0.46364760900081"))

    def test_fmod_and_its_old_name(self):
        for name in (b"fmod", b"mod"):
            self.check_all(name, (5, 3, "2"), (-5, 3, "-2"), (5, -3, "2"), (-2, 1, "-0"), (1, 0, "-nan"),
                           (INF, 1, "-nan"), (1, INF, "1"), (1, NAN, "nan"), (-NAN, NAN, "-nan"), (2.5, b"2", "0.5"))

    def test_pow(self):
        self.check_all(b"pow", (2, 10, "1024"), (0, -1, "inf"), (-0.0, -1, "-inf"), (-0.0, -2, "inf"),
                       (-2, 0.5, "-nan"), (-1e308, 3, "-inf"), (1e308, 2, "inf"), (NAN, 0, "1"), (1, NAN, "1"),
                       (-1, INF, "1"), (-8, 1 / 3, "-nan"), (2, -2000, "0"))

    def test_ldexp(self):
        self.check_all(b"ldexp", (1, 2000, "inf"), (-1, 2000, "-inf"), (1, -2000, "0"), (INF, -5, "inf"),
                       (0.5, 2.9, "2"), (1, 2 ** 33 + 1, "2"), (1, 1e300, "1"))

    def test_max_and_min(self):
        self.check_all(b"max", (1, "1"), (1, 2, "2"), (2, 1, "2"), (1, 3, 2, "3"), (NAN, 1, "nan"), (1, NAN, "1"),
                       (0, -0.0, "0"), (-0.0, 0, "-0"), (b"0x10", 3, "16"), (1, 2, b"7", "7"))
        self.check_all(b"min", (1, "1"), (1, 2, "1"), (2, 1, "1"), (3, 1, 2, "1"), (NAN, 1, "nan"), (1, NAN, "1"),
                       (0, -0.0, "0"), (b"0x10", 3, "3"), (1, 2, b"-7", "-7"))

    def test_errors(self):
        for name in (b"max", b"min", b"fmod", b"pow", b"atan2", b"ldexp"):
            first = 1 if name in (b"max", b"min") else 2        # C looks at the last argument first
            self.check_argument(first, b"number expected, got no value", name)
            self.check_argument(2, b"number expected, got string", name, 1, b"x")
        self.check_argument(2, b"number expected, got nil", b"max", 1, None)
        self.check_argument(3, b"number expected, got table", b"min", 1, 2, Table())
        self.check_argument(2, b"number expected, got no value", b"fmod", 1)


class RandomTest(MathCase):
    def test_what_a_server_that_just_started_draws(self):
        self.assertEqual([self.texts(b"random", 1000), self.texts(b"random", 1000), self.texts(b"random")],
                         ["397", "841", "0.35333609737146"])

    def test_a_seed_repeats_the_sequence(self):
        for seed, texts in ((0, ["171", "750", "0.09637165539729"]), (-1, ["301", "46", "0.35792609320857"]),
                            (2.0 ** 32 - 1, ["301", "46", "0.35792609320857"])):
            self.assertEqual(self.call(b"randomseed", seed), ())
            self.assertEqual([self.texts(b"random", 1000), self.texts(b"random", 1000), self.texts(b"random")], texts)

    def test_the_runtime_can_start_it_again(self):
        self.call(b"random")
        self.runtime.random.seed(0)
        self.assertEqual(self.texts(b"random", 1000), "171")

    def test_two_states_do_not_disturb_each_other(self):
        other = Random()
        self.call(b"random")
        self.assertEqual(int(other.next() * 1000) + 1, 397)

    def test_intervals(self):
        for args, low, high in (((6,), 1, 6), ((-3, 3), -3, 3), ((5, 5), 5, 5), ((1.9,), 1, 1), ((b"2", b"3"), 2, 3)):
            drawn = {self.call(b"random", *args) for _ in range(200)}
            self.assertEqual(drawn, set(map(float, range(low, high + 1))))

    def test_widths_overflow_as_in_c(self):
        self.call(b"randomseed", -1)
        for _ in range(3):
            self.call(b"random")
        self.assertEqual(self.call(b"random", -2147483648, 2147483647), -2147483648.0)
        self.assertLess(self.call(b"random", -2147483648, 0), -2147483648.0)

    def test_empty_intervals(self):
        self.check_argument(1, b"interval is empty", b"random", 0)
        self.check_argument(1, b"interval is empty", b"random", 0.5)
        self.check_argument(2, b"interval is empty", b"random", 2, 1)

    def test_wrong_arguments(self):
        with self.assertRaises(LibraryError) as caught:
            self.call(b"random", b"x", 2, 3)
        self.assertEqual(caught.exception.value, b"wrong number of arguments")
        self.check_argument(1, b"number expected, got string", b"random", b"x")
        self.check_argument(1, b"number expected, got nil", b"random", None)
        self.check_argument(1, b"number expected, got no value", b"randomseed")

    def test_errors_use_a_number_up(self):
        self.check_argument(1, b"interval is empty", b"random", 0)
        self.assertEqual(self.texts(b"random", 1000), "841")


class LibraryTest(MathCase):
    def test_constants(self):
        self.assertEqual(self.library[b"huge"], INF)
        self.assertEqual(number_text(self.library[b"pi"]), b"3.1415926535898")

    def test_these_are_all_names(self):
        names = ("abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp huge ldexp log log10 max min mod "
                 "modf pi pow rad random randomseed sin sinh sqrt tan tanh")
        self.assertEqual(b" ".join(sorted(self.library)).decode(), names)


class ClockTest(unittest.TestCase):
    def test_clock_is_all_there_is(self):
        library = open_os(_Runtime())
        self.assertEqual(list(library), [b"clock"])
        before = library[b"clock"]()
        self.assertIs(before.__class__, float)
        self.assertGreaterEqual(library[b"clock"](1.0), before)


if __name__ == "__main__":
    unittest.main()
