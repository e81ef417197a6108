"""How long a regular expression may take: an upper bound, from the items of a pattern and the size of a text.

Nothing can interrupt Python's `re`, so it is only given work that is known to end soon. The pattern `.-.-x`
takes n^2 steps to fail at one place of n bytes, and so n^3 to fail everywhere. But most patterns are
harmless, as in `%w+=`: the bytes that `%w` takes and the one that must follow, =, are different, so the run
of `%w` has only one end that need be followed up. Such a repetition is called determinate here, its steps add
to those of what follows; others multiply. And what cannot fail, such as the end of a pattern or `.*`, is not
tried twice.

For each rest of the pattern two numbers are computed, backwards: the most steps of an attempt that fails (0
if it cannot fail), and of one that succeeds. Each holds for a text of some length whose runs of bytes of one
restricted class, that is any but `.`, are not longer than a given number.

Pure functions on immutable values: callable from any thread.
"""
from .pattern_items import ALL, BACK, CLOSE, END, ERROR, FRONTIER, GREEDY, LAZY, ONE, OPEN, OPTIONAL, POSITION

__all__ = ["Profile", "follow_sets"]

_CHEAP = 8.0                                    # steps for each byte of a text
_SILENT = (OPEN, CLOSE, POSITION)
_REPEATED = (GREEDY, LAZY)


def follow_sets(items):
    """For each rest of the items, the empty one included: (mask, empty).

    If `empty` is false, the rest fails at once at any place, other than the end of the text, whose byte is
    not in the mask. If it is true the rest may match nothing at all, or it is not known what it wants.
    """
    mask, empty = 0, True
    follows = [(mask, empty)]
    for item in reversed(items):
        if item.kind in (OPTIONAL, GREEDY, LAZY):
            mask |= item.mask
        elif item.kind is END:
            mask, empty = 0, False
        elif item.kind is FRONTIER:
            mask, empty = item.mask if empty else item.mask & mask, False
        elif item.kind in (BACK, ERROR):
            mask, empty = ALL, True
        elif item.kind not in _SILENT:
            mask, empty = item.mask, False
        follows.append((mask, empty))
    follows.reverse()
    return follows


def sweeps(items):
    """Does a pattern, or the rest of one, begin with `.-` or `.*`, so that failing at one place is failing at
    all later?

    What follows the repetition was then tried at each of those places already, unless it depends on a
    capture.
    """
    for item in items:
        if item.kind not in _SILENT:
            return item.kind in _REPEATED and item.mask == ALL and BACK not in [item.kind for item in items]
    return False


def _group_sizes(items):
    """For each capture (bytes, repetitions) in it: how long it is at most."""
    sizes = {}
    for begin, item in enumerate(items):
        if item.kind is not OPEN:
            continue
        single = repeated = 0
        for inner in items[begin:]:
            if inner.kind is CLOSE and inner.detail == item.detail:
                break
            single += inner.kind in (ONE, OPTIONAL)
            repeated += inner.kind in _REPEATED or inner.kind is BACK
        sizes[item.detail] = single, repeated
    return sizes


class Profile:
    """What the costs of a pattern depend on.

    `sweeping`: see below. `first` is the follow set of the whole pattern, `width` the least number of bytes
    of a match, `runs` the masks of its restricted repetitions.
    """

    def __init__(self, items):
        follows = follow_sets(items)
        sizes = _group_sizes(items)
        self.first = follows[0]
        self.width = sum(item.kind is ONE for item in items)
        self.sweeping = sweeps(items)
        self.runs = frozenset(item.mask for item in items if item.kind in _REPEATED and item.mask != ALL)
        # Backwards: (kind, restricted, determinate, reaches_end, size).
        self._steps = []
        # May what follows match nothing, at least at the end of the text?
        optional_only = True
        for item, (mask, empty) in zip(reversed(items), reversed(follows[1:])):
            reaches_end = optional_only and item.mask == ALL
            self._steps.append((item.kind, item.mask != ALL, not empty and not mask & item.mask, reaches_end,
                                sizes.get(item.detail, (0, 0)) if item.kind is BACK else None))
            optional_only = optional_only and (item.kind in _REPEATED or item.kind in _SILENT
                                               or item.kind in (OPTIONAL, END))

    def attempt(self, length, run):
        """The most steps at one place, (failing, succeeding), in a text of this length with runs of that
        length."""
        failing = succeeding = 0.0
        for kind, restricted, determinate, reaches_end, size in self._steps:
            if kind in _REPEATED:
                places = (run if restricted else length) + 1.0
                tried = places if determinate else places * (1.0 + failing)
                succeeding += tried
                failing = 0.0 if reaches_end or not failing else failing + tried
            elif kind is OPTIONAL:
                succeeding += 1.0 if determinate else 1.0 + failing
                failing = failing + 2.0 if determinate else failing and 1.0 + 2.0 * failing
            elif kind not in _SILENT:
                steps = size[0] + size[1] * length + 1.0 if size else 1.0
                failing, succeeding = failing + steps, succeeding + steps
        return failing, succeeding

    def search(self, length, run, anchored):
        """The most steps to find the first match."""
        failing, succeeding = self.attempt(length, run)
        return (1.0 if anchored or self.sweeping else length) * failing + succeeding

    def walk(self, length):
        """The most steps to find all matches."""
        return length * sum(self.attempt(length, length))

    @staticmethod
    def longest(cost, budget):
        """The greatest power of 2 as a length for which the function `cost` of a length stays within a
        budget.

        A few steps for each byte always do: that is how long it takes to build a text.
        """
        def fits(exponent):
            length = float(1 << exponent)
            return cost(length) <= budget + _CHEAP * length

        low, high = 0, 40
        if fits(high):
            return 1 << 62
        while high - low > 1:
            middle = (low + high) // 2
            if fits(middle):
                low = middle
            else:
                high = middle
        return 1 << low if fits(low) else -1
