"""Finds the shortest sequence that still shows a difference.

First the steps after the difference go, then ever smaller groups of steps (delta debugging), then single
arguments, then the length of arguments. A shorter sequence counts only if the difference shows at the same
command; otherwise one would end at another, possibly known, difference.
"""

import time

from .judge import NOTIFICATIONS
from .player import Failure
from .steps import COMMANDS, RAW, names_of
from .writer import CONTENTS, LISTINGS, takes_long

LONG_ARGUMENT = 12
DEFAULT_LIMIT_S = 20.0


def signature(difference):
    """Return what makes two differences the same: the command, the final state, or how a reply failed.

    A server that dies takes the replies of the commands before with it, so then the command says nothing.
    """
    failures = [reply.what for reply in difference.replies if isinstance(reply, Failure)]
    if failures:
        return failures[-1]
    if difference.argv[0] == NOTIFICATIONS:
        return b" ".join(difference.argv).decode("latin-1")
    return "state" if difference.place is None else names_of(difference.argv)


def shrink(steps, difference, play, limit_s=DEFAULT_LIMIT_S):
    """Return the shortest steps found within the time, and the difference they show.

    `play(steps)` returns the first Difference or None.
    """
    return _Shrinking(steps, difference, play, limit_s).run()


class _Shrinking:
    def __init__(self, steps, difference, play, limit_s):
        self.steps = list(steps)
        self.difference = difference
        self._play = play
        self._signature = signature(difference)
        self._deadline = time.monotonic() + limit_s

    def run(self):
        self._cut_after_difference()
        self._remove_groups()
        self._simplify_commands()
        self._remove_groups()
        return self.steps, self.difference

    def _accept(self, candidate):
        """Take over the candidate if it still shows the difference; return whether it does."""
        if not candidate or time.monotonic() > self._deadline:
            return False
        difference = self._play(candidate)
        if difference is None or signature(difference) != self._signature:
            return False
        self.steps, self.difference = list(candidate), difference
        self._cut_after_difference()
        return True

    def _cut_after_difference(self):
        if self.difference.place is not None:
            self.steps = self.steps[:self.difference.place + 1]

    def _remove_groups(self):
        size = max(len(self.steps) // 2, 1)
        while True:
            removed = self._remove_of_size(size)
            if size == 1 and not removed:
                return
            size = max(size // 2, 1)

    def _remove_of_size(self, size):
        """Try to leave out each group of `size` steps, the last ones first."""
        removed = False
        start = len(self.steps) - size
        while start > -size:
            begin = max(start, 0)
            if self._accept(self.steps[:begin] + self.steps[begin + size:]):
                removed = True
                start = min(start, len(self.steps))
            start -= size
        return removed

    def _simplify_commands(self):
        place = len(self.steps) - 1
        while place >= 0:
            if place < len(self.steps) and not _must_stay_whole(self.steps[place]):
                self._drop_question(place)
                self._join_pieces(place)
                for number in range(len(self.steps[place].commands)):
                    self._simplify_command(place, number)
            place -= 1

    def _drop_question(self, place):
        """Leave out what was asked only to judge the command after it."""
        one = self.steps[place]
        if len(one.commands) == 2 and one.kind == COMMANDS:
            name = names_of(one.commands[1])
            if name in LISTINGS or name in CONTENTS:
                self._replace(place, one._replace(commands=one.commands[1:]))

    def _join_pieces(self, place):
        """Send the bytes of a raw step at once."""
        one = self.steps[place]
        if one.kind == RAW and len(one.commands) > 1:
            self._replace(place, one._replace(commands=((b"".join(piece for piece, in one.commands),),)))

    def _simplify_command(self, place, number):
        shortest = 1                        # the name, or the bytes of a raw step
        for size in (4, 2, 1):
            index = self._argument_count(place, number) - size
            while index >= shortest:
                argv = self.steps[place].commands[number]
                if self._replace_command(place, number, argv[:index] + argv[index + size:]):
                    index = min(index, self._argument_count(place, number) - size + 1)
                index -= 1
        for index in range(self._argument_count(place, number)):
            self._shorten(place, number, index)

    def _argument_count(self, place, number):
        if place >= len(self.steps) or number >= len(self.steps[place].commands):
            return 0
        return len(self.steps[place].commands[number])

    def _shorten(self, place, number, index):
        """Make a long argument, or the bytes of a raw step, shorter from either end."""
        is_raw = self.steps[place].kind == RAW
        while index < self._argument_count(place, number):
            argv = self.steps[place].commands[number]
            length = len(argv[index])
            if length <= (1 if is_raw else LONG_ARGUMENT):
                return
            sizes = [size for size in (length // 2, length // 4, 1) if size]
            shorter = [piece for size in sizes for piece in (argv[index][:-size], argv[index][size:])]
            if not any(self._replace_command(place, number, argv[:index] + (piece,) + argv[index + 1:])
                       for piece in shorter):
                return

    def _replace_command(self, place, number, argv):
        one = self.steps[place]
        if one.kind != RAW and (not argv or takes_long(argv) and one.kind == COMMANDS):
            return False
        commands = one.commands[:number] + (argv,) + one.commands[number + 1:]
        return self._replace(place, one._replace(commands=commands))

    def _replace(self, place, one):
        return self._accept(self.steps[:place] + [one] + self.steps[place + 1:])


def _must_stay_whole(one):
    """Return whether parts of the step make sure that chance or timing cannot show."""
    return one.kind == COMMANDS and any(names_of(argv) in ("SPOP", "DEBUG|SLEEP") for argv in one.commands)
