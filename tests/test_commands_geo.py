"""The geo commands."""
import unittest

from redis_clone.resp import encode
from tests.events import EventTestCase
from tests.support import CommandTestCase

WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value"
NOT_FLOAT = "-ERR value is not a valid float"
SYNTAX = "-ERR syntax error"
UNIT = "-ERR unsupported unit provided. please use M, KM, FT, MI"
NO_MEMBER = "-ERR could not decode requested zset member"


class GeoTestCase(CommandTestCase):
    """`s` holds z, Palermo and Catania, by score in this order; `x` is a string."""

    def setUp(self):
        super().setUp()
        self.client.wire("SET x x")
        self.client.wire("GEOADD s 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 1 1 z")

    def check_value(self, value, *args):
        """The reply is an array of what is in `value`, a nested list of str, int and None."""
        self.check(encode(as_reply(value)), *args)

    def check_items(self, items, *args):
        self.check_value(items.split(), *args)

    def check_each(self, reply, *commands):
        for command in commands:
            self.check(reply, command)


def as_reply(value):
    if isinstance(value, list):
        return [as_reply(item) for item in value]
    return value.encode() if isinstance(value, str) else value


class GeoaddTest(GeoTestCase):
    def test_counts_new_members(self):
        self.check(":2", "GEOADD k 1 1 a 2 2 b")
        self.check(":1", "GEOADD k 3 3 a 2 2 b 3 3 c")
        self.check(":0", "GEOADD k 3 3 a")

    def test_the_score_is_the_geohash(self):
        self.check_items("z 3377822707026402 Palermo 3479099956230698 Catania 3479447370796909",
                         "ZRANGE s 0 -1 WITHSCORES")

    def test_the_corners_of_the_map(self):
        self.client.wire("GEOADD k 180 85.05112878 ne -180 -85.05112878 sw "
                         "180 -85.05112878 se -180 85.05112878 nw")
        self.check_items("sw 0 nw 4503599627370496 se 9007199254740992 ne 13510798882111488",
                         "ZRANGE k 0 -1 WITHSCORES")

    def test_options(self):
        self.check(":0", "GEOADD k XX 1 1 a")
        self.check(":0", "EXISTS k")
        self.check(":1", "GEOADD k NX 1 1 a")
        self.check(":1", "GEOADD k NX 2 2 a 2 2 b")
        self.check(":1", "GEOADD k XX CH 3 3 a 4 4 d")
        self.check(":2", "geoadd k ch ch 4 4 a 4 4 d")
        self.check_items("b a d", "ZRANGE k 0 -1")

    def test_wrong_options(self):
        self.check_each(SYNTAX, "GEOADD k NX XX 1 2 a", "GEOADD k 1 2 a b", "GEOADD k NX 1 2",
                        "GEOADD k CH CH CH",
                        "GEOADD k NX NX NX NX", "GEOADD x NX 1 1")
        self.check_each(NOT_FLOAT, "GEOADD k a 1 1", "GEOADD k 1 NX a", "GEOADD k 1e400 1 a", "GEOADD x 1 x a",
                        "GEOADD k 1 1 a 1 x a")
        self.check(":0", "EXISTS k")

    def test_a_position_outside_of_the_map(self):
        self.check("-ERR invalid longitude,latitude pair 181.000000,0.000000", "GEOADD k 181 0 a")
        self.check("-ERR invalid longitude,latitude pair 0.000000,-85.051129", "GEOADD k 0 -85.0511288 a")
        self.check("-ERR invalid longitude,latitude pair inf,0.000000", "GEOADD k inf 0 a")
        self.check("-ERR invalid longitude,latitude pair 0.000000,90.000000", "GEOADD k 1 1 a 0 90 a")
        self.check(":0", "EXISTS k")

    def test_wrong_type(self):
        self.check_each(WRONG_TYPE, "GEOADD x 1 1 a", "GEOADD x XX 1 1 a", "GEOADD x 1 1 a 2 2 b")

    def test_long_members_make_it_a_skiplist(self):
        self.client.wire("GEOADD", "k", 1, 1, "m" * 65)
        self.check("$8\r\nskiplist", "OBJECT ENCODING k")
        self.client.wire("GEOADD", "l", 1, 1, "a", 1, 1, "m" * 65)
        self.check("$8\r\nskiplist", "OBJECT ENCODING l")
        self.check("$8\r\nlistpack", "OBJECT ENCODING s")


class GeoposTest(GeoTestCase):
    def test_has_up_to_17_decimals(self):
        self.check("*2\r\n*2\r\n$20\r\n13.36138933897018433\r\n$20\r\n38.11555639549629859\r\n*-1",
                   "GEOPOS s Palermo nobody")
        self.client.wire("GEOADD k 0 0 o 180 85.05112878 ne")
        self.check_value([["0.00000268220901489", "0.00000126736058093"], ["180", "85.0511287799999991"]],
                         "GEOPOS k o ne")

    def test_doubles_in_resp3(self):
        self.client.wire("HELLO 3")
        self.check("*2\r\n*2\r\n,13.36138933897018433\r\n,38.11555639549629859\r\n_", "GEOPOS s Palermo nobody")

    def test_nothing_there(self):
        self.check("*1\r\n*-1", "GEOPOS nokey a")
        self.check("*0", "GEOPOS s")
        self.check(WRONG_TYPE, "GEOPOS x a")

    def test_any_score_is_some_position(self):
        self.client.wire("ZADD w -1 neg 1e300 huge -inf ninf 3.7 frac 1e19 e19")
        self.check_value([["180", "85.0511287799999991"], ["-179.99999731779098511", "-85.05112751263942528"],
                          ["180", "-85.05112751263942528"], ["-179.99999195337295532", "-85.05112497791824921"],
                          ["180", "85.0511287799999991"]], "GEOPOS w neg huge ninf frac e19")


class GeohashTest(GeoTestCase):
    def test_is_the_standard_text(self):
        self.check_value(["sqc8b49rny0", None], "GEOHASH s Palermo nobody")
        self.check("*0", "GEOHASH nokey")
        self.check("*1\r\n$-1", "GEOHASH nokey a")
        self.check(WRONG_TYPE, "GEOHASH x a")


class GeodistTest(GeoTestCase):
    def test_in_all_units(self):
        for unit, distance in (("", "166274.1516"), ("m", "166274.1516"), ("KM", "166.2742"),
                               ("ft", "545518.8700"), ("mi", "103.3182"), ("Ft", "545518.8700")):
            self.check(f"${len(distance)}\r\n{distance}", f"GEODIST s Palermo Catania {unit}")
        self.check("$6\r\n0.0000", "GEODIST s z z")

    def test_is_a_bulk_string_in_resp3_too(self):
        self.client.wire("HELLO 3")
        self.check("$11\r\n166274.1516", "GEODIST s Palermo Catania")

    def test_nothing_there(self):
        self.check_each("$-1", "GEODIST s Palermo nobody", "GEODIST s nobody Palermo km", "GEODIST nokey a b")

    def test_errors(self):
        self.check_each(UNIT, "GEODIST s Palermo z yd", "GEODIST nokey a b yd", "GEODIST x a b yd")
        self.check_each(SYNTAX, "GEODIST s Palermo z km x", "GEODIST x a b yd x")
        self.check(WRONG_TYPE, "GEODIST x a b")


class GeosearchTest(GeoTestCase):
    def test_around_a_position_and_a_member(self):
        self.check_items("Palermo Catania", "GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km")
        self.check_items("Catania", "GEOSEARCH s BYRADIUS 100 KM FROMMEMBER Catania")
        self.check_items("Palermo Catania", "geosearch s frommember Palermo bybox 400 200 km")
        self.check_items("Palermo", "GEOSEARCH s FROMMEMBER Palermo BYBOX 400 100 km")

    def test_what_comes_with_the_members(self):
        palermo = ["Palermo", "190.4424", 3479099956230698, ["13.36138933897018433", "38.11555639549629859"]]
        catania = ["Catania", "56.4413", 3479447370796909, ["15.08726745843887329", "37.50266842333162032"]]
        search = "GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km"
        self.check_value([palermo, catania], search + " WITHCOORD WITHHASH WITHDIST")
        self.check_value([catania[::2], palermo[::2]], search + " ASC WITHHASH")
        self.check_value([catania[:2]], search + " COUNT 1 withdist")
        self.check_value([[item[0], item[3]] for item in (palermo, catania)], search + " WITHCOORD DESC")

    def test_coordinates_are_doubles_in_resp3(self):
        self.client.wire("HELLO 3")
        self.check("*1\r\n*3\r\n$7\r\nCatania\r\n$7\r\n56.4413\r\n"
                   "*2\r\n,15.08726745843887329\r\n,37.50266842333162032",
                   "GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 100 km WITHDIST WITHCOORD")

    def test_count_takes_the_nearest_and_any_the_first_met(self):
        search = "GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 100000 km"
        self.check_items("z Palermo Catania", search)
        self.check_items("Catania Palermo", search + " COUNT 2")
        self.check_items("z Palermo", search + " COUNT 2 DESC")
        self.check_items("z Palermo", search + " COUNT 2 ANY")
        self.check_items("Palermo z", search + " ANY COUNT 2 ASC")
        self.check_items("Catania Palermo z", search + " COUNT 10")

    def test_members_at_one_place_come_in_the_order_of_redis(self):
        for number in range(1, 10):
            self.client.wire(f"GEOADD k 10 10 m{number}")
        search = "GEOSEARCH k FROMLONLAT 10 10 BYRADIUS 1 km "
        self.check_items("m1 m2 m3 m4 m5 m6 m7 m8 m9", search + "ASC")
        self.check_items("m9 m2 m3 m4 m5", search + "COUNT 5")
        self.check_items("m1 m2 m3 m4 m5", search + "COUNT 5 ANY")

    def test_across_the_date_line(self):
        self.client.wire("GEOADD k 179.9 0 east -179.9 0 west")
        self.check_items("east west", "GEOSEARCH k FROMMEMBER east BYRADIUS 30 km ASC")
        self.check_items("east", "GEOSEARCH k FROMMEMBER east BYRADIUS 20 km")
        # From the last cell of the grid Redis does not look at the first one.
        self.check_items("east", "GEOSEARCH k FROMLONLAT 180 0 BYRADIUS 30 km")

    def test_any_radius_will_do(self):
        for radius in ("inf", "1e308", "20030"):
            self.check_items("z Palermo Catania", f"GEOSEARCH s FROMLONLAT 15 37 BYRADIUS {radius} km")
        self.check_items("z", "GEOSEARCH s FROMMEMBER z BYRADIUS 0 m")
        self.check("*0", "GEOSEARCH s FROMLONLAT 1 1 BYBOX 0 0 m")

    def test_nothing_there(self):
        self.check("*0", "GEOSEARCH nokey FROMMEMBER nobody BYRADIUS 1 km")
        self.check("*0", "GEOSEARCH s FROMLONLAT 80 80 BYRADIUS 1 km WITHDIST")
        self.check(NO_MEMBER, "GEOSEARCH s FROMMEMBER nobody BYRADIUS 1 km")
        self.check(WRONG_TYPE, "GEOSEARCH x a b c d e")

    def test_needs_a_middle_and_an_extent_once(self):
        self.check("-ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for geoSearch",
                   "geoSearch s BYRADIUS 1 m ASC DESC")
        self.check("-ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH",
                   "GEOSEARCH s FROMMEMBER z ASC DESC ASC")
        self.check_each(SYNTAX, "GEOSEARCH s FROMMEMBER z FROMLONLAT 1 1 BYRADIUS 1 m",
                        "GEOSEARCH s FROMLONLAT 1 1 FROMMEMBER z BYRADIUS 1 m",
                        "GEOSEARCH s FROMMEMBER z BYBOX 1 1 m BYRADIUS 1 m",
                        "GEOSEARCH s FROMMEMBER z BYRADIUS 1 m BYBOX 1 1 m")
        self.check_items("z", "GEOSEARCH s FROMLONLAT 9 9 FROMLONLAT 1 1 BYRADIUS 5 m BYRADIUS 1 km")

    def test_numbers_and_units(self):
        for error, options in (
                ("-ERR need numeric radius", "BYRADIUS x yd"), ("-ERR radius cannot be negative", "BYRADIUS -1 yd"),
                ("-ERR need numeric width", "BYBOX x -1 yd"), ("-ERR need numeric height", "BYBOX -1 x yd"),
                ("-ERR height or width cannot be negative", "BYBOX 1 -1 yd"), (UNIT, "BYRADIUS 1 yd"),
                (UNIT, "BYBOX 1 1 yd"), ("-ERR COUNT must be > 0", "COUNT 0 BYBOX x"),
                ("-ERR value is not an integer or out of range", "COUNT x foo"),
                ("-ERR the ANY argument requires COUNT argument", "BYRADIUS 1 m ANY")):
            self.check(error, f"GEOSEARCH s FROMMEMBER z {options}")
        self.check(NOT_FLOAT, "GEOSEARCH s FROMLONLAT x 1 BYRADIUS 1 m")
        self.check("-ERR invalid longitude,latitude pair 1.000000,100.000000",
                   "GEOSEARCH s FROMLONLAT 1 100 BYRADIUS 1 m")

    def test_wrong_options(self):
        for options in ("BYRADIUS 1 m foo", "BYRADIUS 1 m COUNT", "BYRADIUS 1 m STORE k", "ASC BYRADIUS 1",
                        "BYRADIUS 1 m STOREDIST"):
            self.check(SYNTAX, "GEOSEARCH s FROMMEMBER z " + options)
        self.check(SYNTAX, "GEOSEARCH nokey a b c d e")


class GeosearchstoreTest(GeoTestCase):
    def test_stores_geohashes_or_distances(self):
        self.check(":2", "GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 200 km")
        self.check_items("Palermo 3479099956230698 Catania 3479447370796909", "ZRANGE d 0 -1 WITHSCORES")
        self.check(":2", "GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 200 km STOREDIST")
        self.check_items("Catania 56.4412578701582 Palermo 190.44242984775784", "ZRANGE d 0 -1 WITHSCORES")
        self.check("$8\r\nlistpack", "OBJECT ENCODING d")
        self.check(":1", "GEOSEARCHSTORE s s FROMMEMBER z BYRADIUS 1 m")
        self.check_items("z", "ZRANGE s 0 -1")

    def test_nothing_found_deletes_the_destination(self):
        self.check(":0", "GEOSEARCHSTORE x s FROMLONLAT 80 80 BYRADIUS 1 km")
        self.check(":0", "GEOSEARCHSTORE s nokey FROMMEMBER nobody BYRADIUS 1 km")
        self.check(":0", "EXISTS x s")

    def test_options_for_replies_are_refused(self):
        for word in ("WITHDIST", "WITHHASH", "WITHCOORD"):
            self.check("-ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
                       f"GEOSEARCHSTORE d s FROMMEMBER z ASC {word} BYRADIUS 1 m")
        self.check("-ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCHSTORE",
                   "GEOSEARCHSTORE d nokey FROMMEMBER z ASC ASC ASC")


class GeoradiusTest(GeoTestCase):
    def test_around_a_position(self):
        self.check_items("Palermo Catania", "GEORADIUS s 15 37 200 km")
        self.check_items("Catania Palermo", "GEORADIUS_RO s 15 37 200 km ASC")
        self.check_value([["Catania", "56.4413"]], "GEORADIUS s 15 37 200 km COUNT 1 WITHDIST")

    def test_around_a_member(self):
        self.check_items("Palermo Catania", "GEORADIUSBYMEMBER s Palermo 200 km")
        self.check_items("Catania Palermo", "GEORADIUSBYMEMBER_RO s Palermo 200 km DESC")
        self.check(NO_MEMBER, "GEORADIUSBYMEMBER s nobody x yd")

    def test_store(self):
        self.check(":2", "GEORADIUS s 15 37 200 km STORE d")
        self.check_items("Palermo Catania", "ZRANGE d 0 -1")
        self.check(":2", "GEORADIUSBYMEMBER s Catania 200 km STORE e STOREDIST d")
        self.check_items("Catania Palermo", "ZRANGE d 0 -1")
        self.check(":0", "EXISTS e")
        self.check(":0", "GEORADIUS s 80 80 1 m STORE d")
        self.check(":0", "EXISTS d")
        self.check("-ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
                   "GEORADIUS s 15 37 200 km STORE d WITHDIST")
        self.check_each(SYNTAX, "GEORADIUS_RO s 15 37 200 km STORE d", "GEORADIUSBYMEMBER_RO s z 200 km STOREDIST d",
                        "GEORADIUS s 15 37 200 km STORE")

    def test_without_a_key_a_member_and_a_radius_are_not_looked_at(self):
        self.check("*0", "GEORADIUSBYMEMBER nokey a x y")
        self.check(":0", "GEORADIUSBYMEMBER nokey a x y STORE d")
        self.check(SYNTAX, "GEORADIUSBYMEMBER nokey a x y foo")
        self.check("-ERR need numeric radius", "GEORADIUS nokey 1 1 x y")

    def test_errors(self):
        self.check("-ERR need numeric radius", "GEORADIUS s 15 37 x yd")
        self.check("-ERR radius cannot be negative", "GEORADIUSBYMEMBER s z -1 yd")
        self.check(UNIT, "GEORADIUS s 15 37 1 yd foo")
        self.check(NOT_FLOAT, "GEORADIUS s x 37 1 km")
        self.check_each(WRONG_TYPE, "GEORADIUS x x 37 1 km", "GEORADIUSBYMEMBER_RO x z x km")
        self.check_each(SYNTAX, "GEORADIUS s 15 37 1 km FROMMEMBER z", "GEORADIUS s 15 37 1 km BYBOX 1 1 m")


class GeoEventTest(EventTestCase):
    def test_adding(self):
        self.check_events(["zadd g"], 1, "GEOADD g 1 1 a")
        self.check_events(["zadd g"], 2, "GEOADD g 2 2 a 2 2 b")
        self.check_events([], 0, "GEOADD g 2 2 b")
        self.check_events([], 0, "GEOADD nokey XX 2 2 b")

    def test_storing(self):
        self.client.wire("GEOADD g 1 1 a 2 2 b")
        self.check_events(["geosearchstore d"], 2, "GEOSEARCHSTORE d g FROMMEMBER a BYRADIUS 1000 km")
        self.check_events(["georadiusstore d"], 1, "GEORADIUS g 1 1 1 km STOREDIST d")
        self.check_events(["del d"], 1, "GEORADIUSBYMEMBER nokey a 1 km STORE d")
        self.check_events([], 0, "GEOSEARCHSTORE d nokey FROMMEMBER a BYRADIUS 1000 km")

    def test_reading(self):
        self.client.wire("GEOADD g 1 1 a 2 2 b")
        self.check_events([], 0, "GEOSEARCH g FROMMEMBER a BYRADIUS 1000 km")


if __name__ == "__main__":
    unittest.main()
