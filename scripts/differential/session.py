"""A whole run: sequences are generated and played until the time is over; differences are shrunk and kept."""

import time
from collections import namedtuple

from .generator import Generator
from .judge import NOTIFICATIONS
from .report import show_difference, show_exchange, show_step
from .runner import Runner
from .shrinker import shrink, signature
from .steps import RAW, names_of
from .writer import LISTINGS

CONFIRMATIONS = 3
LIKE = 20               # differences between raw replies are alike if this many bytes of both replies are
# Commands at which a difference shows that an earlier command made.
ASKING = LISTINGS | {"CONFIG|RESETSTAT", "DBSIZE", "DEBUG|DIGEST", "DEBUG|DIGEST-VALUE", "DEBUG|SLEEP",
                     "EXEC", "EXISTS", "GET", "INFO", "KEYS", "LRANGE", "OBJECT|ENCODING", "TYPE", "ZRANGE"}

# steadiness: in which part of further attempts the shrunk sequence showed the difference again.
# obituary: what a server printed before it died, if one did.
Found = namedtuple("Found", "number difference steps steadiness replay obituary")


class Session:
    """Compares two started servers according to the command line's options."""

    def __init__(self, servers, options, unknown, show=print, generator=None):
        self.servers = servers
        self.runner = Runner(servers, self._show_exchange if options.verbose or options.steps else None)
        self.found = []
        self.seconds = 0.0
        self._options = options
        self._show = show
        self._skipped = set(options.skip)
        self._generator = generator or Generator(options.seed, options.groups, options.only, unknown)
        self.names = self._generator.names

    def run(self):
        """Play sequences until the time or the number of commands is reached, or a difference found."""
        started = time.monotonic()
        number = self._options.replay or 0
        while True:
            self._play(number)
            self.seconds = time.monotonic() - started
            number += 1
            if self._is_over():
                return

    def _is_over(self):
        options = self._options
        if options.replay is not None or (self.found and not options.keep_going):
            return True
        if options.commands:
            return self.runner.coverage.commands >= options.commands
        return self.seconds >= options.seconds

    def play_steps(self, steps):
        """Play given steps once and show every exchange; return the Difference or None."""
        difference = self.runner.play(steps, step_by_step=True)
        if difference is not None:
            found = Found(0, difference, steps, 1, "", self._obituary())
            self._show(show_difference(found, [server.label for server in self.servers]))
        return difference

    def _play(self, number):
        scenario, steps = self._generator.sequence(number)
        steps = [one for one in steps if one.kind == RAW
                 or not any(names_of(argv) in self._skipped for argv in one.commands)]
        if self._options.verbose:
            self._show("-- sequence %d: %s" % (number, scenario))
            for one in steps:
                self._show("   " + show_step(one))
        difference = self.runner.play(steps)
        if difference is not None:
            self._keep(number, steps, difference)

    def _show_exchange(self, argv, replies):
        self._show(show_exchange(argv, replies, [server.label for server in self.servers]))

    def _keep(self, number, steps, difference):
        """Shrink a difference, print it, and leave its command out from now on."""
        def play(candidate):
            return self.runner.play(candidate, step_by_step=True)

        difference = play(steps) or difference
        steps, difference = shrink(steps, difference, play, self._options.shrink_seconds)
        again = [play(steps) for _ in range(CONFIRMATIONS)]
        same = [one for one in again if one is not None and signature(one) == signature(difference)]
        found = Found(number, difference, steps, len(same) / CONFIRMATIONS, self._replay_command(number),
                      self._obituary())
        if self._is_like_another(difference):
            return
        self.found.append(found)
        self._show(show_difference(found, [server.label for server in self.servers]))
        self._skipped.add(culprit(difference, steps))

    def _obituary(self):
        text = ""
        for server in self.servers:
            text, server.obituary = text or server.obituary, ""
        return text

    def _is_like_another(self, difference):
        """Return whether raw bytes, which cannot be left out like a command, showed the same before."""
        def outline(one):
            return [reply[:LIKE] for reply in one.replies]
        return signature(difference) == "(RAW)" and any(
            signature(one.difference) == "(RAW)" and outline(one.difference) == outline(difference)
            for one in self.found)

    def _replay_command(self, number):
        words = ["python3 scripts/compare_with_redis.py --seed %s --replay %d" % (self._options.seed, number)]
        for name in ("groups", "only"):
            if getattr(self._options, name):
                words.append("--%s %s" % (name, ",".join(getattr(self._options, name))))
        if self._skipped:
            words.append("--skip '%s'" % ",".join(sorted(self._skipped)))
        return " ".join(words)


def culprit(difference, steps):
    """Return the name of the command that a difference is probably about."""
    name = names_of(difference.argv[1:] if difference.argv[0] == NOTIFICATIONS else difference.argv)
    if difference.place is not None and name not in ASKING and not name.startswith("("):
        return name
    for one in reversed(steps):
        names = [names_of(argv) for argv in one.commands] if one.kind != RAW else []
        if "SPOP" in names:
            return "SPOP"                   # what comes after it only removes the rest
        for other in reversed(names):
            if other not in ASKING:
                return other
    return name
