"""Finds a short Lua program that still shows a difference: lines, groups and tokens are left out by turns.

A shorter program counts only if it shows a difference of the same outline, lest one ends at another one.
Candidates go to lua5.1 in batches; most of them are no Lua at all, which both sides say alike.
"""

import re
import time

from .lua_tokens import joined, matching, tokens_of

BATCH = 24
LONGEST_OUTLINE = 120
OUTPUT = b"output"
SIZES = (16, 8, 5, 4, 3, 2, 1)

_NUMBERS = re.compile(rb"\d+")
_QUOTED = re.compile(rb"'[^']*'")
_TELLING = (b"user_script", b"attempt to", b"bad argument", b"(internal error)", b"(does not end)",
            b"stack overflow")


def first_difference(real, own):
    """Return the first pair of lines that differ."""
    mine, yours = real.split(b"\n"), own.split(b"\n")
    for pair in zip(mine + [b""] * len(yours), yours + [b""] * len(mine)):
        if pair[0] != pair[1]:
            return pair
    return b"", b""


def outline(real, own):
    """Return what is alike in all appearances of a difference: messages without names and numbers."""
    lines = first_difference(real, own)
    kinds = tuple(map(_outline_of, lines))
    if kinds[0] == kinds[1] != OUTPUT:          # they differ in a name or a line only
        return tuple(_NUMBERS.sub(b"0", line)[:LONGEST_OUTLINE] for line in lines)

    return kinds


def _outline_of(line):
    for telling in _TELLING:
        if telling in line:
            fields = [field for field in line.split(b"\t") if telling in field]
            return _NUMBERS.sub(b"0", _QUOTED.sub(b"'x'", fields[0]))[:LONGEST_OUTLINE]
    return OUTPUT if line else b"nothing"


def likeness(source):
    """Return what programs have in common that show the same difference: their tokens, without values."""
    words = tokens_of(source.decode("latin-1"))
    return tuple("0" if word[0].isdigit() else "''" if word[0] in "\"'" else word for word in words)


class Shrinking:
    """Shortens one program.

    `texts(programs, is_plausible)` gives the pairs of texts for a list of programs, lazily. If the real one's
    text is not plausible, the other one need not be known.
    """

    def __init__(self, program, real, own, texts, limit_s):
        self.program = program
        self.real, self.own = real, own
        self._texts = texts
        self._outline = outline(real, own)
        self._deadline = time.monotonic() + limit_s

    def run(self):
        """Return the shortest program found, and both texts of it."""
        self._try_lines()
        self._try_large_groups()
        before = None
        while before != self.program.source and time.monotonic() < self._deadline:
            before = self.program.source
            self._try_tokens(self._groups)
            for size in SIZES:
                self._try_tokens(lambda tokens, size=size: _without_each(tokens, size))
        return self.program, self.real, self.own

    def _accept_one_of(self, sources):
        """Take over the first candidate that shows the difference; return its position, or None."""
        for start in range(0, len(sources), BATCH):
            if time.monotonic() > self._deadline:
                return None
            batch = [self.program._replace(source=source) for source in sources[start:start + BATCH]]
            for number, (real, own) in enumerate(self._texts(batch, self._is_plausible)):
                if real != own and outline(real, own) == self._outline:
                    self.program, self.real, self.own = batch[number], real, own
                    return start + number
        return None

    def _is_plausible(self, real):
        """Return whether a text of the real one may have the line of the difference in it."""
        wanted = _outline_of(self._outline[0])
        return any(_outline_of(line) == wanted for line in real.split(b"\n"))

    def _try_lines(self):
        size = max(self.program.source.count(b"\n") // 2, 1)
        while True:
            lines = self.program.source.split(b"\n")
            candidates = [b"\n".join(lines[:start] + lines[start + size:])
                          for start in range(0, len(lines), size)]
            if self._accept_one_of([each for each in candidates if each.strip()]) is None:
                if size == 1:
                    return
                size = max(size // 2, 1)

    def _try_large_groups(self):
        """Leave out or unwrap the largest groups first: each of them is tried once."""
        place = 0
        while time.monotonic() < self._deadline:
            tokens = tokens_of(self.program.source.decode("latin-1"))
            groups = sorted(((end - start, start, end) for start, end in _all_groups(tokens)), reverse=True)
            candidates = [joined(each).encode("latin-1") for _, start, end in groups
                          for each in (tokens[:start] + tokens[end + 1:], tokens[:start + 1] + tokens[end:],
                                       tokens[start + 1:end])]
            taken = self._accept_one_of(candidates[place:])
            if taken is None:
                return
            place += taken // 3 * 3

    def _try_tokens(self, candidates_of):
        """Try all candidates of one kind, going on behind the place where one was taken."""
        skip = 0
        while time.monotonic() < self._deadline:
            tokens = tokens_of(self.program.source.decode("latin-1"))
            sources = [joined(each).encode("latin-1") for each in candidates_of(tokens)][skip:]
            taken = self._accept_one_of(sources)
            if taken is None:
                return
            skip += taken

    @staticmethod
    def _groups(tokens):
        """Leave out each group, or only what opens and closes it, or put something simple in its place."""
        for start, end in _all_groups(tokens):
            yield tokens[:start] + tokens[end + 1:]
            yield tokens[:start] + tokens[start + 1:end] + tokens[end + 1:]
            if end - start > 1:
                yield tokens[:start + 1] + tokens[end:]
                for simple in ("nil", "1"):
                    yield tokens[:start] + [simple] + tokens[end + 1:]


def _all_groups(tokens):
    """Yield where each group of brackets or of a block begins and ends."""
    for start in range(len(tokens)):
        end = matching(tokens, start)
        if end is not None:
            yield start, end


def _without_each(tokens, size):
    for start in range(len(tokens) - size + 1):
        yield tokens[:start] + tokens[start + size:]
