"""Lua's patterns, compiled and cached: how they are matched, and by what.

Nearly all patterns say the same as a regular expression, item by item: that is the fast way. Two kinds do
not: those with `%b`, and those with a mistake, which may only be reported when a match comes to it. They are
left to `Machine`, which also takes over where a regular expression might run for ever: Python's `re` cannot
be interrupted, and a script must always be.

So before `re` is used, a bound of its steps is looked at (pattern_costs.py). Of each pattern the size of
texts is known up to which it may search freely; that is one comparison. For a longer text there are:
- `re.match` at one place after the other where a match may begin, if one such attempt is safe;
- a look at the text: without long runs of the bytes that the pattern repeats, `re.search` is safe after all;
- the Machine, as the last resort.
A search tries a few places before it looks at the text, a walk over all matches looks at once.

pattern_items.py reads patterns, this file chooses the way. The cache is a dict of immutable Patterns, its
operations are atomic: callable from any thread.
"""
import functools
import re

from .errors import LibraryError
from .pattern_costs import Profile
from .pattern_items import (ALL, BACK, BALANCE, CLOSE, END, ERROR, FRONTIER, GREEDY, LAZY, ONE, OPEN,
                            OPTIONAL, POSITION, parse, table_of)
from .pattern_machine import Machine, class_source

__all__ = ["PATTERNS", "Pattern", "compile_pattern", "is_plain"]

# Patterns by their text; look there first.
PATTERNS = {}
_MOST_CACHED = 500
_LONGEST_CACHED = 1000
# Longer ones would take too long to read. None has been seen that is longer than a line.
_LONGEST = 1 << 18

# Steps of `re` that may go by without interruption: 0.1 to 0.5 seconds at worst. A text that was looked at
# has hardly more than a few runs of the length that the bound must assume for all, so more is allowed.
_BUDGET = float(1 << 24)
_CHECKED_BUDGET = float(1 << 26)
# How many places are tried before it pays to look at the whole text.
_TRIES = 64
_SPECIALS = frozenset(b"^$*+?.([%-")


def is_plain(text):
    """Is nothing in a pattern (bytes) special, so that `find` looks for the text itself?"""
    return _SPECIALS.isdisjoint(text.split(b"\0", 1)[0])


def compile_pattern(text):
    """The Pattern of a text (bytes), from the cache if it is there."""
    pattern = PATTERNS.get(text)
    if pattern is None:
        if len(text) > _LONGEST:
            raise LibraryError(b"pattern too long")
        pattern = Pattern(text)
        if len(text) <= _LONGEST_CACHED:
            if len(PATTERNS) >= _MOST_CACHED:
                PATTERNS.clear()
            PATTERNS[text] = pattern
    return pattern


class Pattern:
    """One pattern.

    limit        up to this number of bytes `first(text, start)` may be called: it is a method of `regex`
    walkable     up to this number of bytes the regex may replace all matches in one go
    regex        None if there is none; then these numbers are -1
    attemptable  up to this number of bytes `regex.match` may be called
    plain        nothing in it is special: `find` looks for the text itself
    groups, positions, anchored: see pattern_items.Parsed
    results      a function of a match: its captures, or all of it, as a function's results

    A match is a re.Match or what Machine gives for one. `start` of its positions counts from 0.
    """

    __slots__ = ("regex", "first", "limit", "walkable", "attemptable", "plain", "anchored", "groups",
                 "positions", "results", "profile", "_parsed", "_machine", "_starts")

    def __init__(self, text):
        parsed = self._parsed = parse(text)
        self.plain = is_plain(text)
        self.anchored = parsed.anchored
        self.groups = parsed.groups
        self.positions = parsed.positions
        self.results = _results_function(parsed)
        self.profile = profile = Profile(parsed.items)
        self._machine = None
        mask, empty = profile.first
        self._starts = None if empty or not mask else re.compile(class_source(mask), re.DOTALL).search
        self.regex = self.first = None
        self.limit = self.walkable = self.attemptable = -1
        if len(text) <= _LONGEST_CACHED and not parsed.unfinished and _translatable(parsed.items):
            self.regex = re.compile(_translation(parsed), re.DOTALL)
            # If the first place fails, so would all others: `re` does not know that.
            at_start = parsed.anchored or profile.sweeping
            self.first = self.regex.match if at_start else self.regex.search
            self.limit = profile.longest(lambda n: profile.search(n, n, parsed.anchored), _BUDGET)
            self.attemptable = profile.longest(lambda n: profile.search(n, n, True), _BUDGET)
            if profile.width and not parsed.anchored:
                self.walkable = profile.longest(profile.walk, _BUDGET)

    @property
    def machine(self):
        """The Machine of this pattern; most never need one."""
        if self._machine is None:
            self._machine = Machine(self._parsed)
        return self._machine

    def search(self, text, start, runtime):
        """The first match that begins at `start` or, unless anchored, behind it; None if there is none."""
        if len(text) <= self.limit:
            return self.first(text, start)
        return _CarefulSearch(self, text, runtime)(start)

    def matches(self, text, runtime):
        """An iterator over the matches from left to right: those that gmatch and gsub find."""
        if len(text) <= self.limit:
            search, safe = functools.partial(self.first, text), True
        else:
            search = _CarefulSearch(self, text, runtime)
            safe = search.is_safe()             # a walk sees all of the text in any case
        if safe and self.profile.width and self.first == self.regex.search or len(text) <= self.walkable:
            return self.regex.finditer(text)
        return _Walk(search, len(text), self.anchored)

    def places(self, text, start):
        """The places from `start` on at which a match may begin."""
        if self._starts is None:
            yield from range(start, len(text) + 1)
            return
        found = self._starts(text, start)
        while found:
            place = found.start()
            yield place
            found = self._starts(text, place + 1)
        # What wants a byte of a set may match at the end as well, with %f or $.
        yield len(text)


class _Walk:
    """Iterates over matches: the next one begins where the last one ended, a byte later if it was empty.

    Unlike finditer of `re`, which looks for a match that is not empty at the same place first. And an error
    does not end it, so that each call of a broken gmatch iterator fails.
    """

    def __init__(self, search, size, once):
        self._search = search
        self._last = 0 if once else size
        self._at = 0

    def __iter__(self):
        return self

    def __next__(self):
        match = self._search(self._at) if self._at <= self._last else None
        if match is None:
            raise StopIteration
        begin, end = match.span()
        self._at = end + (begin == end)
        return match


class _CarefulSearch:
    """Searches a text that is longer than the limit of its pattern; called with the place to begin at."""

    def __init__(self, pattern, text, runtime):
        self._pattern = pattern
        self._text = text
        self._runtime = runtime
        self._flags = runtime.namespace
        self._safe = None                       # may `re` search freely? None: not known yet

    def __call__(self, start):
        pattern, text = self._pattern, self._text
        if self._safe is None and not pattern.anchored and len(text) <= pattern.attemptable:
            match, start = self._try_places(pattern.regex.match, start, _TRIES)
            if start is None:
                return match
        if self.is_safe():
            return pattern.first(text, start)
        if len(text) <= pattern.attemptable:
            return self._try_places(pattern.regex.match, start, 0)[0]
        if pattern.anchored:
            return pattern.machine.attempt(text, start, self._pause) or None
        attempt = pattern.machine.attempt
        return self._try_places(lambda text, place: attempt(text, place, self._pause), start, 0)[0]

    def _pause(self):
        if self._flags["STOP"]:
            self._runtime.stop()

    def _try_places(self, attempt, start, most):
        """Attempt a match at each place; (match, None), or (None, place to go on at) after `most` vain
        attempts."""
        flags = self._flags
        for place in self._pattern.places(self._text, start):
            if flags["STOP"]:
                self._runtime.stop()
            match = attempt(self._text, place)
            if match is not None:
                return match or None, None
            most -= 1
            if not most:
                return None, place + 1
        return None, None

    def is_safe(self):
        """May `re` search all of the text freely?"""
        if self._safe is None:
            self._safe = self._pattern.regex is not None and self._has_short_runs()
        return self._safe

    def _has_short_runs(self):
        """Are the runs of the bytes that the pattern repeats short enough in this text?"""
        profile, text = self._pattern.profile, self._text
        size = float(len(text) or 1)
        run = 1 << int(_CHECKED_BUDGET / size).bit_length()
        while run >= 4 and profile.search(size, float(run), self._pattern.anchored) > _CHECKED_BUDGET:
            run >>= 1
        return run >= 4 and bool(profile.runs) and all(
            b"\1" * (run + 1) not in text.translate(table_of(mask)) for mask in profile.runs)


# --- results ---------------------------------------------------------------------------------------------

def _results_function(parsed):
    if parsed.positions:
        return _with_positions(parsed)
    return _ONE_RESULT[parsed.groups] if parsed.groups < 2 else _all_groups


def _whole(match):
    return match[0]


def _first_group(match):
    return match[1]


def _all_groups(match):
    return match.groups()


_ONE_RESULT = (_whole, _first_group)


def _with_positions(parsed):
    is_position = [number in parsed.positions for number in range(parsed.groups)]

    def results(match):
        values = tuple([match.start(number) + 1.0 if position else match[number]
                        for number, position in enumerate(is_position, 1)])
        return values if len(values) > 1 else values[0]

    return results


# --- translation -----------------------------------------------------------------------------------------

_NEVER = b"(?!)"
_SIGNS = {ONE: b"", OPTIONAL: b"?", GREEDY: b"*", LAZY: b"*?"}


def _translatable(items):
    return not any(item.kind in (BALANCE, ERROR) for item in items)


def _translation(parsed):
    """The regular expression (bytes) of a pattern; its start is left to the choice of `match` or `search`."""
    return b"".join(map(_item_source, parsed.items))


def _item_source(item):
    kind = item.kind
    if kind in _SIGNS:
        return class_source(item.mask) + _SIGNS[kind] if item.mask else _NEVER
    if kind is BACK:
        return b"(?:\\%d)" % (item.detail + 1)
    return _frontier_source(item.mask) if kind is FRONTIER else _MARKS[kind]


_MARKS = {OPEN: b"(", CLOSE: b")", POSITION: b"()", END: b"\\Z"}


def _frontier_source(mask):
    """Outside of the text are NUL bytes: if those are in the set, something must come before, and may
    follow."""
    if mask in (0, ALL):
        return _NEVER
    within, without = class_source(mask), class_source(ALL ^ mask)
    if mask & 1:
        return b"(?<=%s)(?!%s)" % (without, without)
    return b"(?<!%s)(?=%s)" % (within, within)
