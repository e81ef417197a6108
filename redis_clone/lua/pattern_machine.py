"""A matcher for patterns that can be interrupted: for what `re` cannot express or might never finish.

The idea: each item of a pattern becomes a function. The plain ones take a place of the text and return the
next place, or FAIL. Those with a choice are generators of the places worth trying, best first; the generators
of the choices made so far are the stack of the match, and going back is asking the last of them for its next
place. So no pattern can exhaust Python's stack, and between any two steps the match can be interrupted.

Where a repetition of `.` has tried all places, no later place of the text can help, and so no earlier choice
that only leads to later places: the search ends. Even `.-.-.-x` takes time in proportion to the text.

Captures need no undoing: an item that is passed again sets them anew.

Runs of repeated bytes are skipped by small regular expressions, `[set]*`, which take time in proportion to
what they skip. A choice leaves out places at which the next item cannot match.

A Machine is immutable; what changes during a match is in a _Match.
"""
import re

from .errors import LibraryError
from .memory import remembered
from .pattern_costs import follow_sets, sweeps
from .pattern_items import (ALL, BACK, BALANCE, CLOSE, END, ERROR, FRONTIER, GREEDY, LAZY, ONE, OPEN,
                            OPTIONAL, POSITION, bytes_of, table_of)

__all__ = ["Machine", "class_source"]

FAIL = -1
_CHOICES = (GREEDY, LAZY, OPTIONAL)


@remembered(256)
def class_source(mask):
    """The regular expression (bytes) for one byte of a mask that is not empty."""
    if mask == ALL:
        return b"."
    members = bytes_of(mask)
    if len(members) == 1:
        return b"\\x%02x" % members[0]
    negated = len(members) > 128
    members = bytes_of(ALL ^ mask) if negated else members
    ranges = []
    for byte in members:
        if ranges and ranges[-1][1] == byte - 1:
            ranges[-1][1] = byte
        else:
            ranges.append([byte, byte])
    return b"[%s%s]" % (b"^" if negated else b"", b"".join(b"\\x%02x-\\x%02x" % (a, b) for a, b in ranges))


@remembered(256)
def _skipper(mask):
    """A function of a text and a place: a match object of the longest run of bytes of the mask there."""
    return re.compile(class_source(mask) + b"*" if mask else b"", re.DOTALL).match


class _Match:
    """The state of an attempt, later the match: what scripts' functions ask is named as in re.Match."""

    __slots__ = ("text", "begins", "ends", "begin", "end", "pause")

    def __init__(self, text, groups, pause):
        self.text = text
        self.begins = [0] * groups
        self.ends = [None] * groups
        self.pause = pause

    def span(self):
        return self.begin, self.end

    def start(self, number):
        return self.begins[number - 1]

    def _one(self, number):
        if not number:
            return self.text[self.begin:self.end]
        end = self.ends[number - 1]
        if end is None:
            raise LibraryError(b"unfinished capture")
        return self.text[self.begins[number - 1]:end]

    __getitem__ = _one

    def group(self, *numbers):
        if len(numbers) == 1:
            return self._one(numbers[0])
        return tuple(map(self._one, numbers))

    def groups(self):
        return tuple(map(self._one, range(1, len(self.ends) + 1)))


class Machine:
    """Matches the items of one pattern. `attempt` is all there is to use."""

    def __init__(self, parsed):
        self._groups = parsed.groups
        self._program = tuple(_program(parsed))

    def attempt(self, text, start, pause):
        """The match that begins exactly at `start`, or None. `pause` is called every few steps.

        False tells that there is no match behind `start` either.
        """
        program, end = self._program, len(self._program)
        match = _Match(text, self._groups, pause)
        choices = []
        place, at, steps = 0, start, 0
        while place < end:
            steps += 1
            if not steps & 15:            # a step may be a leap over the whole text
                pause()
            step, is_choice, sweeping = program[place]
            if is_choice:
                choices.append((place, step(text, at), sweeping))
                at = FAIL
            else:
                at = step(text, at, match)
            while at < 0:
                if not choices:
                    return None
                place, candidates, sweeping = choices[-1]
                at = next(candidates, FAIL)
                if at < 0:
                    if sweeping:
                        return False
                    choices.pop()
            place += 1
        match.begin, match.end = start, at
        return match


# --- from items to functions -----------------------------------------------------------------------------

def _program(parsed):
    """The functions of the items, each with whether it is a choice and, if so, whether it sweeps the text."""
    items, follows = parsed.items, follow_sets(parsed.items)
    literal = bytearray()
    forward = True                              # will going back only lead to later places?
    for place, (item, (mask, empty)) in enumerate(zip(items, follows[1:])):
        if item.kind is ONE and item.mask and not item.mask & item.mask - 1:
            literal.append(item.mask.bit_length() - 1)
            continue
        if literal:
            yield _literal(bytes(literal)), False, False
            literal.clear()
        if item.kind in _CHOICES:
            maker = _CHOICE_MAKERS[item.kind]
            yield maker(item.mask, ALL if empty else mask), True, forward and sweeps(items[place:])
            forward = forward and item.kind is LAZY
        else:
            yield _STEP_MAKERS[item.kind](item), False, False
    if literal:
        yield _literal(bytes(literal)), False, False


def _greedy(mask, wanted):
    """`*`: from the end of the run back to where it begins."""
    run, table = _skipper(mask), table_of(wanted)

    def places(text, at):
        end = run(text, at).end()
        yield end
        for place in range(end - 1, at - 1, -1):
            # Some useless places are returned as well, so that a long way back can be interrupted.
            if table[text[place]] or not place & 4095:
                yield place

    return places


def _lazy(mask, wanted):
    """`-`: forward as long as the bytes allow it, in leaps over those that only this item wants."""
    skip, table = _skipper(mask & ~wanted), table_of(mask)

    def places(text, at):
        size = len(text)
        while True:
            at = skip(text, at).end()
            yield at
            if at >= size or not table[text[at]]:
                return
            at += 1

    return places


def _optional(mask, _wanted):
    table = table_of(mask)

    def places(text, at):
        if at < len(text) and table[text[at]]:
            yield at + 1
        yield at

    return places


def _literal(literal):
    size = len(literal)

    def step(text, at, _match):
        return at + size if text.startswith(literal, at) else FAIL

    return step


def _one(item):
    table = table_of(item.mask)

    def step(text, at, _match):
        return at + 1 if at < len(text) and table[text[at]] else FAIL

    return step


def _open(item):
    def step(_text, at, match):
        match.begins[item.detail] = at
        match.ends[item.detail] = None
        return at

    return step


def _close(item):
    def step(_text, at, match):
        match.ends[item.detail] = at
        return at

    return step


def _position(item):
    def step(_text, at, match):
        match.begins[item.detail] = match.ends[item.detail] = at
        return at

    return step


def _balance(item):
    opening, closing = item.detail
    brackets = re.compile(class_source(1 << opening | 1 << closing)).finditer

    def step(text, at, match):
        if at >= len(text) or text[at] != opening:
            return FAIL
        depth = 1
        for count, bracket in enumerate(brackets(text, at + 1)):
            if not count & 1023:
                match.pause()
            place = bracket.start()
            if text[place] == closing:          # looked for first, as the two may be the same
                depth -= 1
                if not depth:
                    return place + 1
            else:
                depth += 1
        return FAIL

    return step


def _frontier(item):
    """%f: the byte before is not in the set, the next one is; outside of the text there are NUL bytes."""
    table = table_of(item.mask)

    def step(text, at, _match):
        before = text[at - 1] if at else 0
        following = text[at] if at < len(text) else 0
        return at if table[following] and not table[before] else FAIL

    return step


def _back(item):
    def step(text, at, match):
        copy = text[match.begins[item.detail]:match.ends[item.detail]]
        return at + len(copy) if text.startswith(copy, at) else FAIL

    return step


def _end(_item):
    def step(text, at, _match):
        return at if at == len(text) else FAIL

    return step


def _error(item):
    def step(_text, _at, _match):
        raise LibraryError(item.detail)

    return step


_CHOICE_MAKERS = {GREEDY: _greedy, LAZY: _lazy, OPTIONAL: _optional}
_STEP_MAKERS = {ONE: _one, OPEN: _open, CLOSE: _close, POSITION: _position, BALANCE: _balance,
                FRONTIER: _frontier, BACK: _back, END: _end, ERROR: _error}
