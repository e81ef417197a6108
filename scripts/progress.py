"""A progress bar on a terminal: what is being done, how far, how fast, how long it will take."""
import time

__all__ = ["Progress"]

WIDTH = 24                      # of the bar
FULL, EMPTY = "\u2588", "\u2591"
EIGHTHS = " \u258f\u258e\u258d\u258c\u258b\u258a\u2589"
LONGEST_LABEL = 44


class Progress:
    """Writes to `stream`, a terminal; None: to nobody. Blocks are drawn where the encoding has them."""

    def __init__(self, stream, clock=time.monotonic):
        self._stream = stream
        self._clock = clock
        self._width = 0                 # of what stands there now
        self._label = self._began_s = None
        self._blocks = stream is not None and _can_encode(stream, FULL + EMPTY + EIGHTHS)

    def preparing(self, label):
        """Something goes on that cannot be measured."""
        self._show(f"{_shorten(label)}: preparing")

    def progress(self, label, share, per_second):
        """`share` of the work is done, at `per_second` requests."""
        if label != self._label:
            self._label, self._began_s = label, self._clock()
        elapsed_s = self._clock() - self._began_s
        left_s = elapsed_s / share * (1 - share) if share else 0
        self._show(f"{_shorten(label)} {self._bar(share)} {100 * share:3.0f} %  {per_second:,.0f}/s  "
                   f"{_duration(left_s)} left")

    def clear(self):
        """Leave the line empty, for whatever is printed next."""
        if self._width:
            self._show("")
            self._stream.write("\r")
            self._stream.flush()
            self._width = 0

    def _bar(self, share):
        if not self._blocks:
            full = round(WIDTH * share)
            return f"[{'#' * full}{'-' * (WIDTH - full)}]"
        full, eighth = divmod(int(8 * WIDTH * share), 8)
        middle = EIGHTHS[eighth] if eighth else ""
        return (FULL * full + middle).ljust(WIDTH, EMPTY)

    def _show(self, line):
        if self._stream is not None:
            self._stream.write("\r" + line.ljust(self._width))
            self._stream.flush()
            self._width = len(line)


def _shorten(label):
    return label if len(label) <= LONGEST_LABEL else label[:LONGEST_LABEL - 3] + "..."


def _duration(time_s):
    minutes, seconds = divmod(round(time_s), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _can_encode(stream, text):
    try:
        text.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
