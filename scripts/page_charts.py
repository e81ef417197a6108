"""The charts of the page that benchmark.py writes, as SVG in text: bars, and lines on linear or logarithmic axes.

They have no colours of their own: classes (`fill0`, `line1`...) leave them to the page's style sheet, so that they
follow light and dark. Each has a title and a description for those who do not see it.
"""
import math
from html import escape

__all__ = ["LinearScale", "LogScale", "NinesScale", "Series", "bar_chart", "describe_latency", "legend_mark",
           "line_chart", "short", "short_bytes"]


def short(value, zeros=False):
    """A number in few characters: 0.37, 12.3, 292k, 1.26M; with `zeros` three digits always."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit * 0.9995:
            return _three_digits(value / limit, zeros) + unit
    return _three_digits(value, zeros)


def _three_digits(value, zeros=False):
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value)) + 1e-9))
    text = f"{value:.{min(digits, 4)}f}"
    return text if zeros or "." not in text else text.rstrip("0").rstrip(".")


def short_bytes(size):
    """A number of bytes with a unit: 16 B, 4 KB, 1 MB."""
    for limit, unit in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")):
        if size >= limit:
            return f"{_three_digits(size / limit)} {unit}"
    return f"{size} B"


def describe_latency(latency_ms):
    """Milliseconds with a unit that suits: 4 us, 0.37 ms, 1.2 s."""
    return f"{_three_digits(latency_ms / 1000)} s" if latency_ms >= 1000 else f"{_three_digits(latency_ms)} ms"


# Marks on a logarithmic axis.
MOST_TICKS = 8


# -- scales: from a value to a part of the axis, 0 to 1, and the values to mark on it -----------------------------

class LinearScale:
    """From 0 to a round number."""

    STEPS = (1, 2, 2.5, 5, 10)

    def __init__(self, values, form=short):
        most = max([*values, 0]) or 1
        rough = most / 4
        power = 10 ** math.floor(math.log10(rough))
        self._step = next(step * power for step in self.STEPS if step * power >= rough * 0.999)
        self._top = self._step * math.ceil(most / self._step - 1e-9)
        self._form = form

    def place(self, value):
        return value / self._top

    def ticks(self):
        """(value, text), from the lowest."""
        return [(self._step * number, self._form(self._step * number))
                for number in range(round(self._top / self._step) + 1)]


class LogScale:
    """Logarithmic, from a round number (1, 2, 5, 10...) to another; or, if `marked` are the values to be marked,
    from the least of those to the greatest."""

    DIGITS = (1, 2, 5)

    def __init__(self, values, form=short, marked=()):
        values = [value for value in marked or values if value > 0] or [1]
        self._form = form
        self._marked = sorted(set(marked)) or self._round_values(min(values), max(values))
        self._low, self._high = math.log10(self._marked[0]), math.log10(self._marked[-1])
        if self._low == self._high:
            self._low, self._high = self._low - 0.5, self._high + 0.5

    def _round_values(self, least, most):
        """1, 2, 5, 10... from the last that is not above `least` to the first that is not below `most`."""
        decades = range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1)
        steps = [digit * 10.0 ** decade for decade in decades for digit in self.DIGITS]
        first = max(index for index, step in enumerate(steps) if step <= least * 1.001)
        last = min(index for index, step in enumerate(steps) if step >= most * 0.999)
        return steps[first:max(last, first + 1) + 1]

    def place(self, value):
        return (math.log10(max(value, 1e-12)) - self._low) / (self._high - self._low)

    def ticks(self):
        """Of more than eight only the powers of ten are marked, or every second one if that leaves hardly any."""
        values = self._marked
        if len(values) > MOST_TICKS:
            powers = [value for value in values if abs(math.log10(value) - round(math.log10(value))) < 1e-9]
            values = powers if len(powers) > 2 else values[::2]
        return [(value, self._form(value)) for value in values]


class NinesScale:
    """For percentiles: 0, 90, 99, 99.9 % ... lie at equal distances."""

    TICKS = ((0, "0 %"), (50, "50 %"), (90, "90 %"), (99, "99 %"), (99.9, "99.9 %"), (99.99, "99.99 %"))

    def __init__(self, most):
        """`most` is the highest percentile that is shown."""
        self._most = most
        self._length = self._nines(most)

    def place(self, percent):
        return self._nines(percent) / self._length

    def ticks(self):
        return [tick for tick in self.TICKS if tick[0] <= self._most]

    @staticmethod
    def _nines(percent):
        return -math.log10(1 - percent / 100)


class Series:
    """A line: `points` are (x, y), `index` says which server's it is."""

    def __init__(self, name, index, points):
        self.name, self.index, self.points = name, index, points


# -- charts ---------------------------------------------------------------------------------------------------

BAR_WIDTH, NAME_WIDTH, RATIO_WIDTH, VALUE_WIDTH = 1040, 150, 150, 70
BAR, BAR_GAP, ROW_GAP = 13, 2, 13


def bar_chart(identity, title, description, rows, servers):
    """Bars that lie: `rows` are (name, [value for each server], [text for each], ratio as text or "", its
    spread)."""
    row_height = servers * (BAR + BAR_GAP) + ROW_GAP
    height = len(rows) * row_height + (26 if servers > 1 else 4)
    top = height - len(rows) * row_height
    length = BAR_WIDTH - NAME_WIDTH - VALUE_WIDTH - (RATIO_WIDTH if servers > 1 else 0)
    most = max(value for row in rows for value in row[1])
    parts = []
    if servers > 1:
        parts.append(_text(BAR_WIDTH, 12, "ratio (spread)", anchor="end"))
    for number, (name, values, texts, ratio, spread) in enumerate(rows):
        y = top + number * row_height
        middle = y + servers * (BAR + BAR_GAP) / 2
        parts.append(_text(NAME_WIDTH - 12, middle + 4, name, "name", "end"))
        for index, (value, text) in enumerate(zip(values, texts)):
            bar_y, bar_length = y + index * (BAR + BAR_GAP), max(length * value / most, 2)
            parts.append(f'<path class="fill{index}" d="{_bar_path(NAME_WIDTH, bar_y, bar_length)}"/>')
            parts.append(_text(NAME_WIDTH + bar_length + 7, bar_y + BAR - 2.5, text, "value"))
        if ratio:
            parts.append(_text(BAR_WIDTH - 84, middle + 4, ratio, "strong", "end"))
            parts.append(_text(BAR_WIDTH, middle + 4, spread, anchor="end"))
    parts.append(_line(NAME_WIDTH, top - 4, NAME_WIDTH, height - ROW_GAP + 4, "axis-line"))
    return _svg(identity, title, description, BAR_WIDTH, height, parts)


def _bar_path(x, y, length):
    """A bar whose far end is rounded."""
    radius = min(3, length)
    return (f"M{x} {y:.1f}h{length - radius:.1f}q{radius} 0 {radius} {radius}v{BAR - 2 * radius}"
            f"q0 {radius} {-radius} {radius}h{radius - length:.1f}z")


class Frame:
    """Where the lines of a chart lie."""

    def __init__(self, width, height, left=52, right=16, top=26, bottom=40):
        self.width, self.height = width, height
        self.left, self.right, self.top, self.bottom = left, width - right, top, height - bottom

    def x(self, share):
        return self.left + share * (self.right - self.left)

    def y(self, share):
        return self.bottom - share * (self.bottom - self.top)


LARGE, SMALL = Frame(500, 300), Frame(280, 190, left=44, bottom=34)


def line_chart(identity, title, description, series, x_scale, y_scale, x_name, y_name, frame=LARGE, marks=True):
    """Lines with a mark at each point."""
    parts = [_text(frame.left - 8, 12, y_name, anchor="start" if frame.left < 50 else "middle")]
    for value, text in y_scale.ticks():
        y = frame.y(y_scale.place(value))
        parts.append(_line(frame.left, y, frame.right, y, "grid-line"))
        parts.append(_text(frame.left - 8, y + 4, text, anchor="end"))
    for value, text in x_scale.ticks():
        x = frame.x(x_scale.place(value))
        parts.append(_line(x, frame.bottom, x, frame.bottom + 4, "axis-line"))
        outside = len(text) > 4 and x > frame.right - 8         # the middle of a long text would not do
        parts.append(_text(x + 14 * outside, frame.bottom + 17, text, anchor="end" if outside else "middle"))
    parts.append(_line(frame.left, frame.bottom, frame.right, frame.bottom, "axis-line"))
    parts.append(_text((frame.left + frame.right) / 2, frame.height - 4, x_name, anchor="middle"))
    for one in reversed(series):                    # the first server on top
        places = [(frame.x(x_scale.place(x)), frame.y(y_scale.place(y))) for x, y in one.points]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        parts.append(f'<path class="line{one.index}" d="M{path}"/>')
        if marks:
            parts += [_mark(one.index, x, y) for x, y in places]
    return _svg(identity, title, description, frame.width, frame.height, parts)


def legend_mark(index):
    """A piece of the line of a server, for a legend."""
    return (f'<svg viewBox="0 0 34 12" aria-hidden="true"><path class="line{index}" d="M1 6H33"/>'
            f"{_mark(index, 17, 6)}</svg>")


def _mark(index, x, y):
    if index:
        return f'<rect class="mark fill{index}" x="{x - 3.8:.1f}" y="{y - 3.8:.1f}" width="7.6" height="7.6"/>'
    return f'<circle class="mark fill{index}" cx="{x:.1f}" cy="{y:.1f}" r="4.3"/>'


def _text(x, y, text, kind="", anchor="start"):
    attributes = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor != "start" else "")
    return f'<text x="{x:.1f}" y="{y:.1f}"{attributes}>{escape(text)}</text>'


def _line(x1, y1, x2, y2, kind):
    return f'<path class="{kind}" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'


def _svg(identity, title, description, width, height, parts):
    return (f'<svg viewBox="0 0 {width} {height}" role="img" aria-labelledby="{identity}-t {identity}-d" '
            f'xmlns="http://www.w3.org/2000/svg"><title id="{identity}-t">{escape(title)}</title>'
            f'<desc id="{identity}-d">{escape(description)}</desc>{"".join(parts)}</svg>')
