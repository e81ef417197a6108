"""Tests of positions as 52-bit numbers, and of the ranges that cover a shape."""
import random
import unittest

from redis_clone.datatypes.geohash import (LATITUDE_MAX, LONGITUDE_MAX, Box, Circle, decode, distance_m, encode,
                                           ranges_over, to_text)

PALERMO = 13.361389, 38.115556
CATANIA = 15.087269, 37.502669


class EncodeTest(unittest.TestCase):
    def test_gives_the_numbers_of_redis(self):
        self.assertEqual(encode(*PALERMO), 3479099956230698)
        self.assertEqual(encode(*CATANIA), 3479447370796909)
        self.assertEqual(encode(0.0, 0.0), 3 << 50)

    def test_longitude_has_the_odd_bits_and_latitude_the_even_ones(self):
        self.assertEqual(encode(-180.0, -85.05112878), 0)
        self.assertEqual(encode(0.0, -85.05112878), 1 << 51)
        self.assertEqual(encode(-180.0, 0.0), 1 << 50)

    def test_the_outermost_position_takes_a_bit_more(self):
        self.assertEqual(encode(180.0, 85.05112878), 1 << 53 | 1 << 52)

    def test_a_position_comes_back_within_half_a_cell(self):
        rng = random.Random(1)
        for _ in range(500):
            longitude, latitude = rng.uniform(-180, 180), rng.uniform(-85.05, 85.05)
            number = encode(longitude, latitude)
            found = decode(number)
            self.assertAlmostEqual(found[0], longitude, delta=360 / 2 ** 27)
            self.assertAlmostEqual(found[1], latitude, delta=171 / 2 ** 27)
            self.assertEqual(encode(*found), number)


class DecodeTest(unittest.TestCase):
    def test_gives_the_middle_of_the_cell_with_the_digits_of_redis(self):
        self.assertEqual("%.17f %.17f" % decode(3479099956230698), "13.36138933897018433 38.11555639549629859")

    def test_numbers_outside_the_grid_are_at_its_edge(self):
        self.assertEqual(decode((1 << 64) - 1), (LONGITUDE_MAX, LATITUDE_MAX))
        self.assertEqual(decode(1 << 63)[0], LONGITUDE_MAX)


class ToTextTest(unittest.TestCase):
    def test_is_the_standard_geohash_with_a_zero_at_the_end(self):
        self.assertEqual(to_text(*decode(encode(*PALERMO))), "sqc8b49rny0")
        self.assertEqual(to_text(180.0, 85.05112878), "bp05b5048p0")


class DistanceTest(unittest.TestCase):
    def test_follows_the_sphere(self):
        self.assertAlmostEqual(distance_m(*PALERMO, *CATANIA), 166274.15, delta=1)
        self.assertEqual(distance_m(5.0, 5.0, 5.0, 5.0), 0.0)

    def test_along_a_meridian_it_is_the_difference_of_latitudes(self):
        self.assertAlmostEqual(distance_m(7.0, 0.0, 7.0, 1.0), 111226.3, delta=0.1)

    def test_the_date_line_is_no_obstacle(self):
        self.assertLess(distance_m(179.9, 0.0, -179.9, 0.0), 22300)

    def test_antipodes_are_half_around_the_earth(self):
        rng = random.Random(2)
        for _ in range(200):
            longitude, latitude = rng.uniform(-180, 0), rng.uniform(-85, 85)
            self.assertAlmostEqual(distance_m(longitude, latitude, longitude + 180, -latitude), 20020733.6, delta=1)


class ShapeTest(unittest.TestCase):
    """Whatever lies within a shape must be found in its ranges; checked against looking at everything."""

    def check_finds_all(self, shape, positions, all_directions=True):
        pairs = [(position, float(encode(*position))) for position in dict.fromkeys(positions)]
        expected = {member for member, score in pairs if shape.distance_m(*decode(int(score))) is not None}
        ranges = ranges_over(shape)
        in_ranges = [pair for low, high in ranges for pair in pairs if low <= pair[1] < high]
        found = [hit[0] for hit in shape.within(in_ranges)]
        self.assertEqual(len(found), len(set(found)))
        self.assertEqual({hit[0] for hit in shape.within(pairs)}, expected)
        self.assertLessEqual(set(found), expected)
        if all_directions:
            self.assertEqual(set(found), expected)

    def positions_near(self, rng, longitude, latitude, spread):
        for _ in range(300):
            yield (min(max(rng.gauss(longitude, spread), -180.0), 180.0),
                   min(max(rng.gauss(latitude, spread), -85.05), 85.05))

    def test_ranges_cover_circles_and_boxes_of_all_sizes(self):
        rng = random.Random(3)
        for _ in range(60):
            middle = rng.uniform(-150, 150), rng.uniform(-60, 60)
            size_m = 10 ** rng.uniform(0, 6)
            positions = list(self.positions_near(rng, *middle, size_m / 111000))
            self.check_finds_all(Circle(*middle, size_m, 1.0), positions)
            self.check_finds_all(Box(*middle, size_m, size_m * rng.uniform(0.3, 3), 1.0), positions)

    def test_nothing_within_is_passed_over_at_the_poles_and_the_date_line(self):
        # The ranges need not cover it all there: Redis' do not.
        rng = random.Random(4)
        for _ in range(60):
            middle = rng.choice((-1, 1)) * rng.uniform(175, 180), rng.choice((-1, 1)) * rng.uniform(60, 85)
            size_m = 10 ** rng.uniform(0, 7)
            positions = list(self.positions_near(rng, *middle, size_m / 111000))
            positions += [(-longitude, latitude) for longitude, latitude in positions]
            self.check_finds_all(Circle(*middle, size_m, 1.0), positions, all_directions=False)
            self.check_finds_all(Box(*middle, size_m, size_m, 1.0), positions, all_directions=False)

    def test_an_infinite_radius_finds_everything(self):
        rng = random.Random(5)
        positions = [(rng.uniform(-180, 180), rng.uniform(-85, 85)) for _ in range(200)]
        for radius in (float("inf"), 1e308, 3e7):
            self.check_finds_all(Circle(10.0, 20.0, radius, 1000.0), positions)

    def test_no_radius_finds_the_cell_itself(self):
        longitude, latitude = decode(encode(*PALERMO))
        shape = Circle(longitude, latitude, 0.0, 1.0)
        self.assertEqual([hit[0] for hit in shape.within([("here", float(encode(*PALERMO)))])], ["here"])

    def test_a_small_circle_has_few_and_narrow_ranges(self):
        ranges = ranges_over(Circle(*PALERMO, 100.0, 1.0))
        self.assertLessEqual(len(ranges), 9)
        self.assertLess(sum(high - low for low, high in ranges), 1 << 25)

    def test_the_four_quarters_of_the_world_come_once_each(self):
        ranges = ranges_over(Circle(10.0, 10.0, 1e9, 1.0))
        self.assertEqual(sorted(ranges), [(n << 50, n + 1 << 50) for n in range(4)])

    def test_what_a_hit_tells(self):
        shape = Circle(15.0, 37.0, 200.0, 1000.0)
        [hit] = shape.within([(b"Palermo", 3479099956230698.0), (b"far", 0.0)])
        member, score, distance, longitude, latitude = hit
        self.assertEqual((member, score), (b"Palermo", 3479099956230698.0))
        self.assertAlmostEqual(distance, 190442.4, delta=0.1)
        self.assertEqual((longitude, latitude), decode(3479099956230698))


if __name__ == "__main__":
    unittest.main()
