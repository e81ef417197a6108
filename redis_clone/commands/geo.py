"""Geo commands: a geospatial index is a sorted set whose scores are geohashes (datatypes/geohash.py).

GEOADD is a ZADD of them; any sorted set may be asked for positions. The six commands that search differ in
how they name the middle and the extent: `_Search` holds what was asked for, `_find` collects what lies
within, in the order in which Redis meets it, and one of two functions replies or stores.

Handlers run with the engine's lock held.
"""
from operator import itemgetter

from ..args import parse_float, parse_int
from ..collection_args import split_options
from ..datatypes import geohash
from ..datatypes.geohash import LATITUDE_MAX, LONGITUDE_MAX, Box, Circle, encode
from ..datatypes.partial_sort import sort_part
from ..datatypes.sorted_set import SortedSet
from ..errors import NotFloatError, OptionSyntaxError, RedisError, quote_start
from ..registry import group
from ..resp import NULL_ARRAY, SpelledDouble

command = group("geo")

_GEOADD_OPTIONS = frozenset((b"NX", b"XX", b"CH"))
_UNITS_M = {b"M": 1.0, b"KM": 1000.0, b"FT": 0.3048, b"MI": 1609.34}

# The options of a search: how many operands follow each.
_OPTIONS = {b"WITHCOORD": 0, b"WITHDIST": 0, b"WITHHASH": 0, b"ANY": 0, b"ASC": 0, b"DESC": 0, b"COUNT": 1}
_OPTIONS_AND_STORE = {**_OPTIONS, b"STORE": 1, b"STOREDIST": 1}
_AREA_OPTIONS = {**_OPTIONS, b"FROMMEMBER": 1, b"FROMLONLAT": 2, b"BYRADIUS": 2, b"BYBOX": 3}
_AREA_OPTIONS_AND_STORE = {**_AREA_OPTIONS, b"STOREDIST": 0}
_NOT_WHEN_STORING = frozenset((b"WITHCOORD", b"WITHDIST", b"WITHHASH"))

_AT_ONCE = 512                          # members that are taken out of a sorted set and looked at together


# ---- adding -----------------------------------------------------------------------------------------------

@command("GEOADD", arity=-5, flags="write denyoom", keys="1 RW UPDATE", since="3.2.0")
def geoadd(session, key, *args):
    """Adds one or more members to a geospatial index. The key is created if it doesn't exist."""
    if len(args) != 3:
        return _geoadd_several(session, key, args)
    longitude, latitude, member = args
    try:
        score = _parse_score(longitude, latitude)
    except NotFloatError:
        if longitude.upper() in _GEOADD_OPTIONS:        # then these are no three arguments
            raise OptionSyntaxError from None
        raise
    db = session.db
    stored = db.edit_zset(key, create=True)
    limits = db.keyspace.limits
    if stored.encoding == "listpack":
        stored.expect(1, len(member), limits)
    is_new, is_updated = stored.add(member, score, limits)
    if is_new or is_updated:
        db.touch(key, "zadd")
        if db.keyspace.effects is not None:
            session.propagate(b"ZADD", key, b"%d" % score, member)
    return 1 if is_new else 0


def _parse_score(longitude, latitude):
    longitude, latitude = _parse_position(longitude, latitude)
    return float(encode(longitude, latitude))


def _parse_position(longitude, latitude):
    longitude, latitude = parse_float(longitude), parse_float(latitude)
    if -LONGITUDE_MAX <= longitude <= LONGITUDE_MAX and -LATITUDE_MAX <= latitude <= LATITUDE_MAX:
        return longitude, latitude
    raise RedisError("ERR invalid longitude,latitude pair %f,%f" % (longitude, latitude))


def _geoadd_several(session, key, args):
    """GEOADD with options or with several members."""
    db = session.db
    count = 0
    while count < len(args) and args[count].upper() in _GEOADD_OPTIONS:
        count += 1
    options = {word.upper() for word in args[:count]}
    places = args[count:]
    if len(places) % 3 or not places or {b"NX", b"XX"} <= options:
        raise OptionSyntaxError
    scores = list(map(_parse_score, places[0::3], places[1::3]))
    members = places[2::3]
    stored = db.edit_zset(key, create=b"XX" not in options)
    if stored is None:
        return 0
    limits = db.keyspace.limits
    stored.expect(len(members), max(map(len, members)), limits)
    added = updated = 0
    for member, score in zip(members, scores):
        if (b"NX" if member in stored else b"XX") in options:
            continue
        is_new, is_updated = stored.add(member, score, limits)
        added += is_new
        updated += is_updated
    if added or updated:
        db.touch(key, "zadd", added + updated)
        if db.keyspace.effects is not None:
            pairs = [word for score, member in zip(scores, members) for word in (b"%d" % score, member)]
            session.propagate(b"ZADD", key, *args[:count], *pairs)
    return added + updated if b"CH" in options else added


# ---- single members ---------------------------------------------------------------------------------------

@command("GEOPOS", arity=-2, flags="readonly", keys="1 RO ACCESS", since="3.2.0")
def geopos(session, key, *members):
    """Returns the longitude and latitude of members from a geospatial index."""
    stored = session.db.read_zset(key) or {}
    return [_position_reply(*_position_of(stored[member])) if member in stored else NULL_ARRAY
            for member in members]


@command("GEOHASH", arity=-2, flags="readonly", keys="1 RO ACCESS", since="3.2.0")
def geohash_(session, key, *members):
    """Returns members from a geospatial index as geohash strings."""
    stored = session.db.read_zset(key) or {}
    return [geohash.to_text(*_position_of(stored[member])).encode() if member in stored else None
            for member in members]


@command("GEODIST", arity=-4, flags="readonly", keys="1 RO ACCESS", since="3.2.0")
def geodist(session, key, member, member2, *unit):
    """Returns the distance between two members of a geospatial index."""
    unit_m = _parse_unit(unit[0]) if len(unit) == 1 else 1.0
    if len(unit) > 1:
        raise OptionSyntaxError
    stored = session.db.read_zset(key)
    if stored is None or member not in stored or member2 not in stored:
        return None
    position, position2 = _position_of(stored[member]), _position_of(stored[member2])
    return _encode_distance(geohash.distance_m(*position, *position2) / unit_m)


def _position_of(score):
    """``(longitude, latitude)`` for any score, as compiled C converts a double to 64 bits."""
    if -9223372036854775808.0 < score < 18446744073709551616.0:
        return geohash.decode(int(score) & 0xFFFFFFFFFFFFFFFF)
    return geohash.decode(0 if score > 0 else 1 << 63)


def _position_reply(*position):
    """Longitude and latitude with up to 17 decimals, without zeros at the end."""
    return [SpelledDouble((b"%.17f" % degrees).rstrip(b"0").rstrip(b".")) for degrees in position]


def _encode_distance(distance):
    """Four decimals, of which the last is rounded as a double."""
    whole, decimals = divmod(round(distance * 10000), 10000)
    return b"%d.%04d" % (whole, decimals)


# ---- searching --------------------------------------------------------------------------------------------

@command("GEOSEARCH", arity=-7, flags="readonly", keys="1 RO ACCESS", since="6.2.0")
def geosearch(session, key, *options):
    """Queries a geospatial index for members inside an area of a box or a circle."""
    search = _Search(session.db.read_zset(key))
    search.parse(options, _AREA_OPTIONS)
    return _reply(search)


@command("GEOSEARCHSTORE", arity=-8, flags="write denyoom", keys="1 OW UPDATE; 2 RO ACCESS", since="6.2.0")
def geosearchstore(session, destination_key, key, *options):
    """Queries a geospatial index for members inside an area of a box or a circle, optionally stores the
    result.
    """
    search = _Search(session.db.read_zset(key))
    search.destination_key = destination_key
    search.parse(options, _AREA_OPTIONS_AND_STORE, "GEOSEARCHSTORE")
    return _store(session.db, search, "geosearchstore")


@command("GEORADIUS", arity=-6, flags="write denyoom",
         keys="1 RO ACCESS; after STORE@6 OW UPDATE; after STOREDIST@6 OW UPDATE", since="3.2.0")
def georadius(session, key, longitude, latitude, radius, unit, *options):
    """Queries a geospatial index for members within a distance from a coordinate, optionally stores the
    result.
    """
    return _georadius(session, key, (longitude, latitude), (radius, unit), options, _OPTIONS_AND_STORE)


@command("GEORADIUS_RO", arity=-6, flags="readonly", keys="1 RO ACCESS", since="3.2.10")
def georadius_ro(session, key, longitude, latitude, radius, unit, *options):
    """Returns members from a geospatial index that are within a distance from a coordinate."""
    return _georadius(session, key, (longitude, latitude), (radius, unit), options, _OPTIONS)


@command("GEORADIUSBYMEMBER", arity=-5, flags="write denyoom",
         keys="1 RO ACCESS; after STORE@5 OW UPDATE; after STOREDIST@5 OW UPDATE", since="3.2.0")
def georadiusbymember(session, key, member, radius, unit, *options):
    """Queries a geospatial index for members within a distance from a member, optionally stores the
    result.
    """
    return _georadius(session, key, (member,), (radius, unit), options, _OPTIONS_AND_STORE)


@command("GEORADIUSBYMEMBER_RO", arity=-5, flags="readonly", keys="1 RO ACCESS", since="3.2.10")
def georadiusbymember_ro(session, key, member, radius, unit, *options):
    """Returns members from a geospatial index that are within a distance from a member."""
    return _georadius(session, key, (member,), (radius, unit), options, _OPTIONS)


def _georadius(session, key, middle, radius_and_unit, options, allowed):
    """All four of these; `middle` is a longitude and a latitude, or a member."""
    search = _Search(session.db.read_zset(key))
    if len(middle) == 2:
        search.take(b"FROMLONLAT", middle)
        search.take(b"BYRADIUS", radius_and_unit)
    elif search.stored is not None:                 # else Redis does not even look at the radius
        search.take(b"FROMMEMBER", middle)
        search.take(b"BYRADIUS", radius_and_unit)
    search.parse(options, allowed, "STORE option in GEORADIUS")
    if search.destination_key is None:
        return _reply(search)
    return _store(session.db, search, "georadiusstore")


class _LacksOption(RedisError):
    """An error that ends with the command's name as it was typed."""

    def for_request(self, argv):
        return RedisError(f"{self} {quote_start(argv[0])}")


class _Search:
    """What a search asks for, as far as its arguments have been read.

    stored              the sorted set, None where there is none
    middle_by           the option that has given the middle, None before
    middle              (longitude, latitude), None before and for a member of nothing
    extent_by           BYRADIUS or BYBOX, None before
    extent              arguments for Circle or Box after the position: lengths, and their unit in metres
    flags               options that stand alone, those about the order left out
    order               ASC or DESC, None for any
    count               the most to return, 0 for all
    destination_key     where to store the members, None to reply
    stores_distances    with distances as scores
    """

    __slots__ = ("stored", "middle_by", "middle", "extent_by", "extent", "flags", "order", "count",
                 "destination_key", "stores_distances")

    def __init__(self, stored):
        self.stored = stored
        self.middle_by = self.middle = self.extent_by = self.extent = None
        self.flags = set()
        self.order = None
        self.count = 0
        self.destination_key = None
        self.stores_distances = False

    def parse(self, options, allowed, storing=""):
        """Read all options; `allowed` maps them to numbers of operands, `storing` begins an error."""
        for word, operands in split_options(options, allowed):
            self.take(word, operands)
        if self.destination_key is not None and self.flags & _NOT_WHEN_STORING:
            raise RedisError(f"ERR {storing} is not compatible with WITHDIST, WITHHASH and WITHCOORD options")
        if b"BYBOX" in allowed and self.middle_by is None:
            raise _LacksOption("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for")
        if b"BYBOX" in allowed and self.extent_by is None:
            raise _LacksOption("ERR exactly one of BYRADIUS and BYBOX can be specified for")
        if b"ANY" in self.flags and not self.count:
            raise RedisError("ERR the ANY argument requires COUNT argument")

    def take(self, word, operands):
        """Read one option; `word` is in upper case."""
        if word in (b"FROMMEMBER", b"FROMLONLAT"):
            self._take_middle(word, operands)
        elif word in (b"BYRADIUS", b"BYBOX"):
            self._take_extent(word, operands)
        elif word == b"COUNT":
            self.count = parse_int(*operands)
            if self.count <= 0:
                raise RedisError("ERR COUNT must be > 0")
        elif word in (b"ASC", b"DESC"):
            self.order = word
        elif word in (b"STORE", b"STOREDIST"):
            self.stores_distances = word == b"STOREDIST"
            if operands:                            # GEOSEARCHSTORE has its destination elsewhere
                [self.destination_key] = operands
        else:
            self.flags.add(word)

    def _take_middle(self, word, operands):
        if self.middle_by not in (None, word):
            raise OptionSyntaxError
        self.middle_by = word
        if word == b"FROMLONLAT":
            self.middle = _parse_position(*operands)
        elif self.stored is not None:
            score = self.stored.get(*operands)
            if score is None:
                raise RedisError("ERR could not decode requested zset member")
            self.middle = _position_of(score)

    def _take_extent(self, word, operands):
        if self.extent_by not in (None, word):
            raise OptionSyntaxError
        self.extent_by = word
        *lengths, unit = operands
        if word == b"BYRADIUS":
            lengths = [parse_float(lengths[0], "ERR need numeric radius")]
        else:
            lengths = [parse_float(lengths[0], "ERR need numeric width"),
                       parse_float(lengths[1], "ERR need numeric height")]
        if min(lengths) < 0:
            raise RedisError("ERR radius cannot be negative" if word == b"BYRADIUS"
                             else "ERR height or width cannot be negative")
        self.extent = (*lengths, _parse_unit(unit))

    @property
    def unit_m(self):
        return self.extent[-1]

    def shape(self):
        """The Circle or Box to look in; only when there is a sorted set."""
        return (Circle if self.extent_by == b"BYRADIUS" else Box)(*self.middle, *self.extent)


def _parse_unit(raw):
    unit_m = _UNITS_M.get(raw.upper())
    if unit_m is None:
        raise RedisError("ERR unsupported unit provided. please use M, KM, FT, MI")
    return unit_m


def _find(search):
    """List of hits, tuples as `Circle.within` yields them, of which the reply is made."""
    if search.stored is None:
        return []
    count, order = search.count, search.order
    if b"ANY" in search.flags:
        hits = _collect(search.stored, search.shape(), count)
    else:
        hits = _collect(search.stored, search.shape())
        if count and order is None:
            order = b"ASC"                      # what is nearest, then
    if order is None:
        return hits
    return sort_part(hits, itemgetter(2), 0, count or len(hits), reverse=order == b"DESC")


def _collect(stored, shape, limit=0):
    """The members within a shape, or the first `limit` of them, in the order of cells and scores."""
    hits = []
    for low, high in geohash.ranges_over(shape):
        first, stop = stored.score_interval(low, high, high_open=True)
        for rank in range(first, stop, _AT_ONCE):
            hits += shape.within(stored.pairs_between(rank, min(rank + _AT_ONCE, stop)))
            if 0 < limit <= len(hits):
                return hits[:limit]
    return hits


def _reply(search):
    hits = _find(search)
    if not search.flags & _NOT_WHEN_STORING:
        return [hit[0] for hit in hits]
    reply = []
    for member, score, distance, longitude, latitude in hits:
        item = [member]
        if b"WITHDIST" in search.flags:
            item.append(_encode_distance(distance / search.unit_m))
        if b"WITHHASH" in search.flags:
            item.append(int(score))
        if b"WITHCOORD" in search.flags:
            item.append(_position_reply(longitude, latitude))
        reply.append(item)
    return reply


def _store(db, search, event):
    """Put a sorted set of what was found in place of what is at the destination; the reply is its size."""
    hits, key = _find(search), search.destination_key
    if not hits:
        db.delete_destination(key)
        return 0
    if search.stores_distances:
        scores = {hit[0]: hit[2] / search.unit_m for hit in hits}
    else:
        scores = {hit[0]: hit[1] for hit in hits}
    db.set(key, SortedSet.stored(scores, db.keyspace.limits))
    db.touch(key, event, len(hits))
    return len(hits)
