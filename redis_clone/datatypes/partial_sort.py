"""Sorting of which only a part is wanted, with ties in the order that Redis leaves them in.

Redis sorts all of a reply with the C library's `qsort`, a stable merge sort in glibc; when only a page of it
is wanted it takes a quicksort of its own that leaves out what cannot reach that page. Which of several equal
elements come first, or come at all, follows from every exchange it makes. So when there are equal ones this
makes the same exchanges: it is the quicksort of Jon L. Bentley and M. Douglas McIlroy ("Engineering a sort
function", 1993) as BSD has it. Without equal ones any way of sorting gives the same, and Python's is far
quicker.

Pure functions without state: callable from any thread.
"""

__all__ = ["sort_part"]

_INSERTION_BELOW = 7            # a run shorter than this is sorted by insertion
_NINTHER_ABOVE = 40             # in a longer one the pivot is a median of nine, else of three


def sort_part(items, key, first, stop, reverse=False):
    """The list ``items[first:stop]`` as it is once `items` (a list, left alone) is sorted by `key`."""
    if first == 0 and stop >= len(items):
        return sorted(items, key=key, reverse=reverse)
    keys = list(map(key, items))
    places = {value: place for place, value in enumerate(sorted(set(keys), reverse=reverse))}
    if len(places) == len(items):
        return sorted(items, key=key, reverse=reverse)[first:stop]
    ranked = [(places[value], item) for value, item in zip(keys, items)]
    if first < stop:
        _sort_range(ranked, 0, len(ranked), first, stop - 1)
    return [item for _, item in ranked[first:stop]]


def _sort_range(ranked, low, high, first, last):
    """Sorts low <= place < high of a list of (rank, item) as far as places `first` to `last` need it."""
    while high - low >= _INSERTION_BELOW:
        pivot = _choose_pivot(ranked, low, high - low)
        ranked[low], ranked[pivot] = ranked[pivot], ranked[low]
        smaller, larger = _partition(ranked, low, high)
        if smaller > 1 and low <= last and first < low + smaller:
            _sort_range(ranked, low, low + smaller, first, last)
        low = high - larger
        if larger <= 1 or last < low or first >= high:
            return
    for place in range(low + 1, high):
        while place > low and ranked[place - 1][0] > ranked[place][0]:
            ranked[place - 1], ranked[place] = ranked[place], ranked[place - 1]
            place -= 1


def _choose_pivot(ranked, low, size):
    """The place of the element to divide by."""
    middle = low + size // 2
    if size == _INSERTION_BELOW:
        return middle
    left, right = low, low + size - 1
    if size > _NINTHER_ABOVE:
        part = size // 8
        left = _median(ranked, left, left + part, left + 2 * part)
        middle = _median(ranked, middle - part, middle, middle + part)
        right = _median(ranked, right - 2 * part, right - part, right)
    return _median(ranked, left, middle, right)


def _median(ranked, a, b, c):
    """The place of the middle one of three; which one of equals matters."""
    rank_a, rank_b, rank_c = ranked[a][0], ranked[b][0], ranked[c][0]
    if rank_a < rank_b:
        return b if rank_b < rank_c else c if rank_a < rank_c else a
    return b if rank_b > rank_c else a if rank_a < rank_c else c


def _partition(ranked, low, high):
    """Divides a range by its first element; returns how many are smaller and how many larger.

    What equals the pivot gathers at both ends at first and then moves between the two parts.
    """
    pivot = ranked[low][0]
    equal_left = left = low + 1
    equal_right = right = high - 1
    while True:
        while left <= right and ranked[left][0] <= pivot:
            if ranked[left][0] == pivot:
                ranked[equal_left], ranked[left] = ranked[left], ranked[equal_left]
                equal_left += 1
            left += 1
        while left <= right and ranked[right][0] >= pivot:
            if ranked[right][0] == pivot:
                ranked[right], ranked[equal_right] = ranked[equal_right], ranked[right]
                equal_right -= 1
            right -= 1
        if left > right:
            break
        ranked[left], ranked[right] = ranked[right], ranked[left]
        left += 1
        right -= 1
    smaller, larger = left - equal_left, equal_right - right
    _swap_blocks(ranked, low, left, min(equal_left - low, smaller))
    _swap_blocks(ranked, left, high, min(larger, high - 1 - equal_right))
    return smaller, larger


def _swap_blocks(ranked, start, stop, size):
    """Exchanges the first `size` places of a range with its last."""
    if size:
        end = stop - size
        ranked[start:start + size], ranked[end:stop] = ranked[end:stop], ranked[start:start + size]
