"""A whole run of Lua programs: made, run in both engines, compared; differences are shrunk and printed."""

import re
import time
from collections import Counter, namedtuple

from .lua_engines import STOPPED, OwnLua, RealLua, find_lua, with_deep_stack
from .lua_programs import Program, Programs
from .lua_shrinker import OUTPUT, Shrinking, first_difference, likeness, outline

BATCH = 100
LONGEST_LINE = 300
MOST_ALIKE = 6                  # plain output that differs: that may have that many causes
_NUMBERS = re.compile(rb"\d+")
_QUOTED = re.compile(rb"'[^']*'")

Found = namedtuple("Found", "number program real own")


class LuaSession:
    """Compares programs according to the command line's options."""

    def __init__(self, options, show=print):
        self.found = []
        self.messages = Counter()           # kinds of error messages that the real one gave
        self.topics = Counter()
        self.compared = self.stopped = self.lines = 0
        self._options = options
        self._show = show
        self._programs = Programs(options.seed)
        self._real = RealLua()
        self._own = OwnLua()
        self._outlines = Counter()
        self._likenesses = set()

    def run(self):
        """Compare programs until the number or the time is reached, or a difference found."""
        started = time.monotonic()
        options = self._options
        if options.replay is not None:
            self._compare(options.replay, 1)
        number = 0
        while options.replay is None and number < options.lua_programs and not self._is_over(started):
            count = min(BATCH, options.lua_programs - number)
            self._compare(number, count)
            number += count
        self._show(self._summary(time.monotonic() - started))

    def _is_over(self, started):
        options = self._options
        return (self.found and not options.keep_going
                or options.seconds and time.monotonic() - started > options.seconds)

    def _compare(self, start, count):
        programs = [self._programs.program(number) for number in range(start, start + count)]
        for number, (program, real) in enumerate(zip(programs, self._real.run(programs)), start):
            if real == STOPPED:
                self.stopped += 1
                continue
            self._note(program, real)
            own = self._own.run(program)
            if real != own:
                self._keep(number, program, real, own)
                if not self._options.keep_going:
                    return

    def compare_source(self, source):
        """Compare one program from outside; return whether both did the same."""
        program = Program(source, True, ())
        real, own = next(self._texts([program]))
        self._show(real.decode("latin-1") if real == own else _described(Found(None, program, real, own)))
        return real == own

    def _texts(self, programs, is_plausible=lambda real: True):
        for program, real in zip(programs, self._real.run(programs)):
            yield real, self._own.run(program) if real != STOPPED and is_plausible(real) else real

    def _note(self, program, real):
        self.compared += 1
        self.topics.update(program.topics)
        for line in real.split(b"\n"):
            self.lines += 1
            if b"user_script:" in line:
                message = line.partition(b"user_script:")[2][:60]
                self.messages[_QUOTED.sub(b"'x'", _NUMBERS.sub(b"0", message))] += 1

    def _keep(self, number, program, real, own):
        """Shrink a difference and print it, unless its like has been printed."""
        kind = outline(real, own)
        if self._outlines[kind] >= (MOST_ALIKE if OUTPUT in kind else 1):
            return
        found = Shrinking(program, real, own, self._texts, self._options.shrink_seconds).run()
        alike = likeness(found[0].source)
        if alike in self._likenesses:
            return
        self._outlines[kind] += 1
        self._likenesses.add(alike)
        self.found.append(Found(number, *found))
        self._show(_described(self.found[-1], self._options.seed))

    def _summary(self, seconds):
        lines = ["%d programs, %d lines of output, %d kinds of error messages in %.1f s; %d took too long."
                 % (self.compared, self.lines, len(self.messages), seconds, self.stopped)]
        lines.append("Topics: " + ", ".join("%s %d" % each for each in self.topics.most_common()))
        lines.append("No difference." if not self.found else "%d differences." % len(self.found))
        return "\n".join(lines)


def _described(found, seed=None):
    """Return the lines that show a difference: the program, where the outputs part, how to see it again."""
    lines = ["DIFFERENCE%s" % (" (compiled only)" if not found.program.runs else ""), ""]
    lines += ["    " + line for line in found.program.source.decode("latin-1").split("\n")]
    lines.append("")
    for label, line in zip(("real", "ours"), first_difference(found.real, found.own)):
        lines.append("    %s  %s" % (label, _readable(line)))
    lines.append("")
    if seed is not None:
        lines.append("    Again: python3 scripts/compare_with_redis.py --lua-programs 1 --seed %s "
                     "--replay %d\n" % (seed, found.number))
    return "\n".join(lines)


def _readable(line):
    text = line.decode("latin-1")
    text = "".join(each if " " <= each <= "~" or each == "\t" else "\\x%02x" % ord(each) for each in text)
    return text if len(text) <= LONGEST_LINE else "%s... (%d characters)" % (text[:LONGEST_LINE], len(text))


def compare_programs(options):
    """Run a session with the options of the command line; return the exit status."""
    if find_lua() is None:
        print("ERROR: lua5.1 not found")
        return 2
    return with_deep_stack(_compare_programs, options)


def _compare_programs(options):
    session = LuaSession(options)
    if options.lua_file:
        with open(options.lua_file, "rb") as file:
            return 0 if session.compare_source(file.read()) else 1
    session.run()
    return 1 if session.found else 0
