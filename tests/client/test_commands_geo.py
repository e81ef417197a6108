"""Places, from the client's side."""
import unittest

from redis_clone.client.errors import DataError, ResponseError
from tests.client.command_case import CommandCase

PALERMO = (13.361389338970184, 38.1155563954963)
CATANIA = (15.087267458438873, 37.50266842333162)
HASH_OF_PALERMO = 3479099956230698


class GeoCase(CommandCase):
    def fill(self):
        self.client.geoadd("g", (13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania"))


class PlacesTest(GeoCase):
    def test_adding(self):
        self.check(2, self.client.geoadd("g", [13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania"]))
        self.check(0, self.client.geoadd("g", [13, 38, "Palermo"], nx=True, ch=True))
        self.check(1, self.client.geoadd("g", [13, 38, "Palermo"], xx=True, ch=True))

    def test_what_cannot_be_added(self):
        with self.assertRaises(DataError):
            self.client.geoadd("g", [1, 2])
        with self.assertRaises(DataError):
            self.client.geoadd("g", [1, 2, "x"], nx=True, xx=True)
        with self.assertRaisesRegex(ResponseError, "invalid longitude,latitude"):
            self.client.geoadd("g", [1000, 2, "x"])

    def test_asking(self):
        self.fill()
        self.check([PALERMO, None], self.client.geopos("g", "Palermo", "none"))
        self.assertEqual(self.client.geohash("g", "Palermo", "none"), ["sqc8b49rny0", None])
        self.check(166274.1516, self.client.geodist("g", "Palermo", "Catania"))
        self.check(166.2742, self.client.geodist("g", "Palermo", "Catania", "km"))
        self.check(None, self.client.geodist("g", "Palermo", "none"))
        with self.assertRaises(DataError):
            self.client.geodist("g", "Palermo", "Catania", "miles")


class GeosearchTest(GeoCase):
    def test_a_circle_and_a_box(self):
        self.fill()
        self.check(["Palermo"], self.client.geosearch("g", member="Palermo", radius=100, unit="km"))
        self.check(["Catania", "Palermo"],
                   self.client.geosearch("g", longitude=15, latitude=37, width=400, height=400, unit="KM", sort="asc"))
        self.check(["Palermo"], self.client.geosearch("g", member="Palermo", radius=0))
        self.check([], self.client.geosearch("g", longitude=0, latitude=0, radius=1))

    def test_facts(self):
        self.fill()
        search = {"longitude": 15, "latitude": 37, "radius": 200, "unit": "km", "sort": "DESC"}
        self.check([["Palermo", 190.4424, HASH_OF_PALERMO, PALERMO]],
                   self.client.geosearch("g", **search, count=1, withdist=True, withcoord=True, withhash=True))
        self.check([["Palermo", PALERMO], ["Catania", CATANIA]], self.client.geosearch("g", **search, withcoord=True))
        self.check(1, len(self.client.geosearch("g", **search, count=1, any=True, withdist=True)))

    def test_storing(self):
        self.fill()
        self.check(1, self.client.geosearchstore("to", "g", member="Palermo", radius=1))
        self.check(2, self.client.geosearchstore("to", "g", member="Palermo", radius=200, unit="km", storedist=True))
        self.check([("Palermo", 0.0)], self.client.zrange("to", 0, 0, withscores=True))

    def test_searches_without_middle_or_size_or_with_two(self):
        for options in ({"radius": 1}, {"longitude": 1, "radius": 1}, {"member": "a", "longitude": 0, "radius": 1},
                        {"member": "a"}, {"member": "a", "width": 1}, {"member": "a", "radius": 1, "width": 1}):
            with self.assertRaises(DataError, msg=options):
                self.client.geosearch("g", **options)

    def test_options_that_make_no_sense(self):
        for options in ({"unit": "miles"}, {"unit": None}, {"sort": "up"}, {"any": True}):
            with self.assertRaises(DataError, msg=options):
                self.client.geosearch("g", member="a", radius=1, **options)


class GeoradiusTest(GeoCase):
    def test_searching(self):
        self.fill()
        for search in (self.client.georadius, self.client.georadius_ro):
            self.check(["Catania", "Palermo"], search("g", 15, 37, 200, "km", sort="ASC"))
            self.check([["Palermo", 190.4424, HASH_OF_PALERMO, PALERMO]],
                       search("g", 15, 37, 200, "km", count=1, sort="DESC", withdist=True, withcoord=True, withhash=True))
            self.check([], search("none", 15, 37, 200))
        for search in (self.client.georadiusbymember, self.client.georadiusbymember_ro):
            self.check(["Palermo"], search("g", "Palermo", 100, "km"))
            self.check([["Palermo", 0.0]], search("g", "Palermo", 100, withdist=True))

    def test_storing(self):
        self.fill()
        self.check(2, self.client.georadius("g", 15, 37, 200, "km", store="to"))
        self.check(1, self.client.georadiusbymember("g", "Palermo", 100, store_dist="to"))
        self.check([("Palermo", 0.0)], self.client.zrange("to", 0, -1, withscores=True))

    def test_options_that_make_no_sense(self):
        for options in ({"unit": "miles"}, {"sort": "up"}, {"any": True}, {"store": "a", "store_dist": "b"}):
            with self.assertRaises(DataError, msg=options):
                self.client.georadius("g", 15, 37, 200, **options)


if __name__ == "__main__":
    unittest.main()
