"""Positions on Earth as 52-bit numbers, and which ranges of these numbers cover a circle or a box.

Longitude and latitude become 26-bit integers whose bits are interleaved, latitude in the even places. So
the first bits of the number name a cell of a grid, the more bits the smaller, and the positions within a
cell are one range of numbers: in a sorted set with these as scores, neighbours on Earth stand together.

A search takes the cell of the middle, of a size that it and its eight neighbours surely cover the shape
(`ranges_over`), and looks at all positions in these ranges (`within`). Which cells those are and their order
decides the order of replies, hence both follow Redis exactly, its rounding and its mistakes near the poles
included: the Mercator limits of latitude, an Earth that is a sphere, the haversine formula.

Numbers beyond 52 bits are valid, too: the outermost longitude and latitude make some, and any sorted set may
be asked for positions.

Pure functions and two immutable shapes: callable from any thread. Not here: keys, units, replies, sorting.
"""
import math

__all__ = ["LONGITUDE_MAX", "LATITUDE_MAX", "encode", "decode", "to_text", "distance_m", "Circle", "Box",
           "ranges_over"]

LONGITUDE_MAX = 180.0
LATITUDE_MAX = 85.05112878              # where the Mercator map of the web ends: it is a square
EARTH_RADIUS_M = 6372797.560856
_MERCATOR_MAX_M = 20037726.37

_STEPS = 26                             # bits of each coordinate
_CELLS = float(1 << _STEPS)
_LONGITUDES = 2 * LONGITUDE_MAX
_LATITUDES = 2 * LATITUDE_MAX
_HALF_CELL = LONGITUDE_MAX / _CELLS     # in degrees of longitude
_RADIANS = math.pi / 180.0              # in a degree

_EVEN_BITS = 0x5555555555555555
_ODD_BITS = 0xAAAAAAAAAAAAAAAA
# Base 2 read as base 4 puts a zero before each bit. Three chunks of nine bits: the largest has 27.
_SPREAD = [int(f"{chunk:b}", 4) for chunk in range(512)]
# The other way round: of each hexadecimal digit's four bits the even or the odd ones are a digit of base 4.
_EVEN_DIGITS = bytes.maketrans(b"0123456789abcdef", b"0101232301012323")
_ODD_DIGITS = bytes.maketrans(b"0123456789abcdef", b"0011001122332233")
_TEXT_DIGITS = "0123456789bcdefghjkmnpqrstuvwxyz"

_NEIGHBOURS = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1))
_MARGIN_DEGREES = 1e-5                  # about a metre: more than a cell, and than any error of rounding
_EVERYWHERE = 360.0


# ---- positions and numbers --------------------------------------------------------------------------------

def encode(longitude, latitude):
    """The number of a position, which must be within the limits."""
    return _interleave(int((longitude + LONGITUDE_MAX) / _LONGITUDES * _CELLS),
                       int((latitude + LATITUDE_MAX) / _LATITUDES * _CELLS))


def _interleave(x, y):
    spread = _SPREAD
    return ((spread[x & 511] | spread[x >> 9 & 511] << 18 | spread[x >> 18] << 36) << 1
            | spread[y & 511] | spread[y >> 9 & 511] << 18 | spread[y >> 18] << 36)


def decode(number):
    """``(longitude, latitude)`` of the middle of a number's cell; `number` has up to 64 bits."""
    digits = b"%x" % number
    x = int(digits.translate(_ODD_DIGITS), 4)
    y = int(digits.translate(_EVEN_DIGITS), 4)
    longitude = (2 * x + 1) * _HALF_CELL - LONGITUDE_MAX            # no step of this is rounded
    # The mean of both edges, as Redis calculates it: the edge and half a cell would be rounded otherwise.
    latitude = (y / _CELLS * _LATITUDES - LATITUDE_MAX + ((y + 1) / _CELLS * _LATITUDES - LATITUDE_MAX)) / 2
    return (longitude if longitude < LONGITUDE_MAX else LONGITUDE_MAX,
            latitude if latitude < LATITUDE_MAX else LATITUDE_MAX)


def to_text(longitude, latitude):
    """The standard geohash of a position: eleven characters, for which latitudes go from -90 to 90.

    The eleventh would need more bits than there are; it is always 0.
    """
    number = _interleave(int((longitude + LONGITUDE_MAX) / _LONGITUDES * _CELLS),
                         int((latitude + 90.0) / 180.0 * _CELLS))
    return "".join(_TEXT_DIGITS[number >> shift & 31] for shift in range(47, 0, -5)) + "0"


def distance_m(longitude, latitude, longitude2, latitude2):
    """Metres between two positions by the haversine formula."""
    v = math.sin((longitude2 * _RADIANS - longitude * _RADIANS) / 2)
    if v == 0.0:
        return _latitude_distance_m(latitude, latitude2)
    latitude *= _RADIANS
    latitude2 *= _RADIANS
    u = math.sin((latitude2 - latitude) / 2)
    a = u * u + math.cos(latitude) * math.cos(latitude2) * v * v
    return 2.0 * EARTH_RADIUS_M * math.asin(min(math.sqrt(a), 1.0))     # rounding may go past 1 at antipodes


def _latitude_distance_m(latitude, latitude2):
    return EARTH_RADIUS_M * abs(latitude2 * _RADIANS - latitude * _RADIANS)


# ---- shapes -----------------------------------------------------------------------------------------------

class _Shape:
    """What is common to both: a middle, how far it reaches, and the search for positions within.

    half_width_m, half_height_m     how far to the sides, and up and down
    reach_m                         how far in any direction
    """

    __slots__ = ("longitude", "latitude", "half_width_m", "half_height_m", "reach_m")

    def within(self, pairs):
        """Yields ``(member, score, distance_m, longitude, latitude)`` for those of `pairs` that lie within.

        `pairs` are (member, score), the scores below 2**64.
        """
        south, north, west, east = self._frame()
        for member, score in pairs:
            number = int(score)
            # Most of what is outside is seen to be from the interleaved bits, which compare as coordinates do.
            if south <= number & _EVEN_BITS <= north and west <= number & _ODD_BITS <= east:
                longitude, latitude = decode(number)
                distance = self.distance_m(longitude, latitude)
                if distance is not None:
                    yield member, score, distance, longitude, latitude

    def _frame(self):
        """The limits, even or odd bits of numbers, outside of which nothing can be within the shape."""
        reach = _with_margin(self.half_height_m / EARTH_RADIUS_M / _RADIANS)
        south = _grid_line(self.latitude - reach, LATITUDE_MAX)
        north = _grid_line(self.latitude + reach, LATITUDE_MAX)
        reach = self._longitude_reach(min(reach, _EVERYWHERE) * _RADIANS)
        west, east = self.longitude - reach, self.longitude + reach
        if west < -LONGITUDE_MAX or east > LONGITUDE_MAX:           # across the date line, or everywhere
            west, east = -_EVERYWHERE, _EVERYWHERE
        return (_interleave(0, south), _interleave(0, north) if north < _CELLS else _EVEN_BITS,
                _interleave(_grid_line(west, LONGITUDE_MAX), 0),
                _interleave(_grid_line(east, LONGITUDE_MAX), 0) if east < LONGITUDE_MAX else _ODD_BITS)


class Circle(_Shape):
    """All that is within `radius` (in units of `unit_m` metres) of a position."""

    __slots__ = ()

    def __init__(self, longitude, latitude, radius, unit_m):
        self.longitude, self.latitude = longitude, latitude
        self.half_width_m = self.half_height_m = self.reach_m = radius * unit_m

    def distance_m(self, longitude, latitude):
        """Metres from the middle to a position, None if it is outside."""
        distance = distance_m(self.longitude, self.latitude, longitude, latitude)
        return None if distance > self.reach_m else distance

    def _longitude_reach(self, reach):
        """Degrees of longitude to the meridian that the circle touches; `reach` is its radius in radians."""
        if reach >= math.pi / 2 - abs(self.latitude * _RADIANS):            # a pole is within
            return _EVERYWHERE
        return _with_margin(_arc_sine(math.sin(reach) / math.cos(self.latitude * _RADIANS)) / _RADIANS)


class Box(_Shape):
    """All that is no more than half the height north or south of a position, and half the width east or west.

    The width is measured along each position's own parallel. Lengths are in units of `unit_m` metres.
    """

    __slots__ = ()

    def __init__(self, longitude, latitude, width, height, unit_m):
        self.longitude, self.latitude = longitude, latitude
        self.half_width_m = width / 2 * unit_m
        self.half_height_m = height / 2 * unit_m
        self.reach_m = math.sqrt((width / 2) * (width / 2) + (height / 2) * (height / 2)) * unit_m

    def distance_m(self, longitude, latitude):
        """Metres from the middle to a position, None if it is outside."""
        if _latitude_distance_m(latitude, self.latitude) > self.half_height_m:
            return None
        if distance_m(longitude, latitude, self.longitude, latitude) > self.half_width_m:
            return None
        return distance_m(self.longitude, self.latitude, longitude, latitude)

    def _longitude_reach(self, reach):
        """Degrees of longitude of the width where parallels are shortest; `reach` is up and down, in radians."""
        farthest = abs(self.latitude * _RADIANS) + reach
        width = self.half_width_m / EARTH_RADIUS_M / 2
        if farthest >= math.pi / 2 or width >= math.pi / 2:
            return _EVERYWHERE
        return _with_margin(2 * _arc_sine(math.sin(width) / math.cos(farthest)) / _RADIANS)


def _with_margin(degrees):
    return degrees * (1 + 1e-9) + _MARGIN_DEGREES


def _arc_sine(sine):
    return math.asin(sine) if sine < 1 else math.pi


def _grid_line(degrees, most):
    """The coordinate as an integer, kept within the grid, where the limits are -most and most."""
    return int(min(max((degrees + most) / (2 * most), 0.0), 1.0) * _CELLS)


# ---- cells that cover a shape -----------------------------------------------------------------------------

def ranges_over(shape):
    """List of ``(low, high)``, the ranges low <= number < high to look at, in Redis' order."""
    ranges = []
    step, cells = _cells_over(shape)
    shift = 2 * (_STEPS - step)
    for x, y in cells:
        cell = _interleave(x, y)
        span = cell << shift, (cell + 1) << shift
        # On a grid of two by two the neighbours on both sides are the same one.
        if span not in ranges[-1:]:
            ranges.append(span)
    return ranges


def _cells_over(shape):
    """``(bits of each coordinate, list of cells)``; a cell is x, y in a grid of so many bits."""
    box = _bounding_box(shape)
    step = _step_for(shape.reach_m, shape.latitude)
    x, y = _cell_at(shape, step)
    if step > 1 and _reaches_beyond_neighbours(box, x, y, step):
        step -= 1
        x, y = _cell_at(shape, step)
    sides = _NEIGHBOURS
    if step >= 2:
        sides = [side for side in sides if _is_needed(side, box, x, y, step)]
    return step, [(_beside(x, right, step), _beside(y, up, step)) for right, up in sides]


def _bounding_box(shape):
    """``(west, south, east, north)`` in degrees as Redis takes it: on one side of the equator it is wider."""
    up = shape.half_height_m / EARTH_RADIUS_M / _RADIANS
    widest = shape.latitude - up if shape.latitude < 0 else shape.latitude + up
    aside = shape.half_width_m / EARTH_RADIUS_M / _cosine(widest * _RADIANS) / _RADIANS
    return shape.longitude - aside, shape.latitude - up, shape.longitude + aside, shape.latitude + up


def _cosine(angle):
    return math.cos(angle) if math.isfinite(angle) else math.nan


def _step_for(reach_m, latitude):
    """How many bits of each coordinate make cells large enough; towards the poles they are narrower."""
    if reach_m == 0:
        return _STEPS
    step = -1
    while reach_m < _MERCATOR_MAX_M:
        reach_m *= 2
        step += 1
    if abs(latitude) > 66:
        step -= 1
        if abs(latitude) > 80:
            step -= 1
    return min(max(step, 1), _STEPS)


def _cell_at(shape, step):
    cells = float(1 << step)
    return (int((shape.longitude + LONGITUDE_MAX) / _LONGITUDES * cells),
            int((shape.latitude + LATITUDE_MAX) / _LATITUDES * cells))


def _reaches_beyond_neighbours(box, x, y, step):
    west, south, east, north = box
    left_below = _edges(_beside(x, -1, step), _beside(y, -1, step), step)
    right_above = _edges(_beside(x, 1, step), _beside(y, 1, step), step)
    return right_above[3] < north or left_below[1] > south or right_above[2] < east or left_below[0] > west


def _is_needed(side, box, x, y, step):
    """Whether a shape sticks out of its own cell towards a neighbour."""
    cell = _edges(x, y, step)
    right, up = side
    return not (up < 0 and cell[1] < box[1] or up > 0 and cell[3] > box[3]
                or right < 0 and cell[0] < box[0] or right > 0 and cell[2] > box[2])


def _edges(x, y, step):
    """``(west, south, east, north)`` of a cell in degrees."""
    cells = float(1 << step)
    return (x / cells * _LONGITUDES - LONGITUDE_MAX, y / cells * _LATITUDES - LATITUDE_MAX,
            (x + 1) / cells * _LONGITUDES - LONGITUDE_MAX, (y + 1) / cells * _LATITUDES - LATITUDE_MAX)


def _beside(place, distance, step):
    """A neighbour's coordinate; the grid has no end, even at the poles."""
    return (place + distance) & ((1 << step) - 1) if distance else place
