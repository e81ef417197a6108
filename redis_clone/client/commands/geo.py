"""Commands for places on the earth, kept in a sorted set by their longitude and latitude in degrees.

Units of length are "m", "km", "mi" and "ft". Searches return a list of names, or, with `withdist`, `withhash` or
`withcoord`, a list of lists: the name, then as far as asked for and always in this order the distance (in the unit of
the search), the place as an integer of 52 bits, and the tuple (longitude, latitude).
"""
from ..errors import DataError
from .arguments import flag_words
from .replies import texts, to_float

__all__ = ["GeoCommands", "REPLIES"]

_UNITS = ("m", "km", "mi", "ft")


class GeoCommands:
    """Commands of the group "geo"."""

    # -- places ------------------------------------------------------------------------------------

    def geoadd(self, name, values, nx=False, xx=False, ch=False):
        """Return how many places were added, not counting those that have only moved. (GEOADD)

        `values` is a flat list: longitude, latitude, name, and so on. `nx`: only add; `xx`: only move; with `ch`
        those that have moved count, too. Raises DataError for both of them, and for an incomplete list.
        """
        if nx and xx:
            raise DataError("nx (only add) and xx (only move) exclude each other")
        if len(values) % 3:
            raise DataError(f"a place is a longitude, a latitude and a name; {len(values)} is not a multiple of 3")
        words = ["GEOADD", name]
        words += flag_words(NX=nx, XX=xx, CH=ch)
        return self.execute_command(*words, *values)

    def geopos(self, name, *values):
        """Return a list of tuples (longitude, latitude) of the places, None for those not there. (GEOPOS)"""
        return self.execute_command("GEOPOS", name, *values)

    def geohash(self, name, *values):
        """Return a list of the geohashes of the places as str, None for those not there. (GEOHASH)"""
        return self.execute_command("GEOHASH", name, *values)

    def geodist(self, name, place1, place2, unit=None):
        """Return the distance of two places, by default in "m"; None if one of them is not there. (GEODIST)"""
        if not unit:
            return self.execute_command("GEODIST", name, place1, place2)
        if unit not in _UNITS:
            raise _wrong_unit(unit)
        return self.execute_command("GEODIST", name, place1, place2, unit)

    # -- searches ----------------------------------------------------------------------------------

    def geosearch(self, name, member=None, longitude=None, latitude=None, unit="m", radius=None, width=None,
                  height=None, sort=None, count=None, any=False, withcoord=False, withdist=False, withhash=False):
        """Return the places within a circle or box. (GEOSEARCH)

        Its middle is the place `member`, or `longitude` and `latitude`. It is a circle of `radius`, or a box of
        `width` and `height`, in `unit`. `sort` is "ASC" (the nearest first) or "DESC". `count` limits how many, the
        nearest, or, with `any`, the first that are found. Raises DataError for options that are missing or exclude
        each other.
        """
        words = ["GEOSEARCH", name]
        _add_area(words, member, longitude, latitude, unit, radius, width, height)
        _add_search_options(words, sort, count or None, any)
        return self._search(words, withdist, withhash, withcoord)

    def geosearchstore(self, dest, name, member=None, longitude=None, latitude=None, unit="m", radius=None,
                       width=None, height=None, sort=None, count=None, any=False, storedist=False):
        """Return how many places were found as by `geosearch`; `dest` has them now. (GEOSEARCHSTORE)

        With `storedist` their scores are the distances.
        """
        words = ["GEOSEARCHSTORE", dest, name]
        _add_area(words, member, longitude, latitude, unit, radius, width, height)
        _add_search_options(words, sort, count or None, any)
        if storedist:
            words.append("STOREDIST")
        return self.execute_command(*words)

    # -- searches as they were before Redis 6.2 ----------------------------------------------------

    def georadius(self, name, longitude, latitude, radius, unit=None, withdist=False, withcoord=False, withhash=False,
                  count=None, sort=None, store=None, store_dist=None, any=False):
        """Return the places within `radius` of a point. (GEORADIUS)

        `unit` is "m" by default, `sort`, `count` and `any` are as for `geosearch`. With `store` they go to the sorted
        set of that name, with `store_dist` with their distances as scores, and their number is returned.
        """
        words = ["GEORADIUS", name, longitude, latitude, radius, _unit(unit)]
        return self._radius(words, withdist, withcoord, withhash, count, sort, store, store_dist, any)

    def georadius_ro(self, name, longitude, latitude, radius, unit=None, withdist=False, withcoord=False,
                     withhash=False, count=None, sort=None, any=False):
        """Return the places within `radius` of a point; `georadius`, but allowed on a replica. (GEORADIUS_RO)"""
        words = ["GEORADIUS_RO", name, longitude, latitude, radius, _unit(unit)]
        return self._radius(words, withdist, withcoord, withhash, count, sort, None, None, any)

    def georadiusbymember(self, name, member, radius, unit=None, withdist=False, withcoord=False, withhash=False,
                          count=None, sort=None, store=None, store_dist=None, any=False):
        """Return the places within `radius` of the place `member`, itself among them. (GEORADIUSBYMEMBER)

        The other arguments are those of `georadius`.
        """
        words = ["GEORADIUSBYMEMBER", name, member, radius, _unit(unit)]
        return self._radius(words, withdist, withcoord, withhash, count, sort, store, store_dist, any)

    def georadiusbymember_ro(self, name, member, radius, unit=None, withdist=False, withcoord=False, withhash=False,
                             count=None, sort=None, any=False):
        """Return the places within `radius` of a place; allowed on a replica. (GEORADIUSBYMEMBER_RO)

        The arguments are those of `georadiusbymember`.
        """
        words = ["GEORADIUSBYMEMBER_RO", name, member, radius, _unit(unit)]
        return self._radius(words, withdist, withcoord, withhash, count, sort, None, None, any)

    def _radius(self, words, withdist, withcoord, withhash, count, sort, store, store_dist, any):
        _add_search_options(words, sort, count, any)
        if store and store_dist:
            raise DataError("store and store_dist exclude each other")
        if store:
            words += "STORE", store
        if store_dist:
            words += "STOREDIST", store_dist
        return self._search(words, withdist, withhash, withcoord)

    def _search(self, words, withdist, withhash, withcoord):
        makers = []
        for word, given, make in (
                ("WITHDIST", withdist, float), ("WITHHASH", withhash, int), ("WITHCOORD", withcoord, _point)):
            if given:
                words.append(word)
                makers.append(make)
        if not makers:
            return self.execute_command(*words)
        return self.execute_command(*words, convert=lambda reply: _places(reply, makers))


def _add_area(words, member, longitude, latitude, unit, radius, width, height):
    if member is not None:
        if longitude is not None or latitude is not None:
            raise DataError("member excludes longitude and latitude")
        words += "FROMMEMBER", member
    elif longitude is None or latitude is None:
        raise DataError("a search needs a middle: a member, or longitude and latitude")
    else:
        words += "FROMLONLAT", longitude, latitude
    if str(unit).lower() not in _UNITS:
        raise _wrong_unit(unit)
    if radius is not None:
        if width is not None or height is not None:
            raise DataError("radius excludes width and height")
        words += "BYRADIUS", radius, unit
    elif width is None or height is None:
        raise DataError("a search needs a size: a radius, or width and height")
    else:
        words += "BYBOX", width, height, unit


def _add_search_options(words, sort, count, any):
    if sort:
        if sort.upper() not in ("ASC", "DESC"):
            raise DataError(f"sort is ASC or DESC, not {sort!r}")
        words.append(sort)
    if count is not None:
        words += "COUNT", count
        if any:
            words.append("ANY")
    elif any:
        raise DataError("any needs a count")


def _unit(unit):
    if unit and unit not in _UNITS:
        raise _wrong_unit(unit)
    return unit or "m"


def _wrong_unit(unit):
    return DataError(f"a unit is one of {', '.join(_UNITS)}, not {unit!r}")


def _point(coordinates):
    longitude, latitude = coordinates
    return float(longitude), float(latitude)


def _places(reply, makers):
    if not isinstance(reply, list):         # the number, of what was stored
        return reply
    return [[place[0], *(make(fact) for make, fact in zip(makers, place[1:]))] for place in reply]


REPLIES = {
    "GEODIST": to_float,
    "GEOHASH": texts,
    "GEOPOS": lambda reply: [None if place is None else _point(place) for place in reply],
}
