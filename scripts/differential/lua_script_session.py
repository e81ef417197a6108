"""A whole run of EVAL scripts against both servers: like session.py, but the scripts are shrunk, too."""

import re

from .lua_programs import Program
from .lua_scripts import Scripts
from .lua_shrinker import Shrinking, likeness, outline
from .player import Failure
from .report import show_difference
from .session import Found, Session
from .shrinker import shrink
from .steps import names_of

_ADDRESS = re.compile(rb"0x[0-9a-f]{6,}")      # which a shortened program may come to print
RUNNING = ("EVAL", "EVAL_RO")
MOST_ALIKE = 3              # differences with the same outline that are shrunk, in case they are none


class ScriptSession(Session):
    """Plays sequences of lua_scripts.py until so many scripts were run, or the time is over."""

    def __init__(self, servers, options, show=print):
        super().__init__(servers, options, (), show, Scripts(options.seed))
        self._likenesses = []

    def scripts_run(self):
        return sum(self.runner.coverage.sent[name] for name in self.names if not name.startswith("SCRIPT"))

    def _is_over(self):
        options = self._options
        if options.replay is not None or (self.found and not options.keep_going):
            return True
        return self.scripts_run() >= options.lua_scripts or 0 < options.seconds < self.seconds

    def _keep(self, number, steps, difference):
        """Shrink a difference, first the sequence, then its scripts, and print it unless one like it was."""
        difference = self._step_by_step(steps) or difference
        kind = outline(*_texts_of(difference))
        if sum(1 for known, _ in self._likenesses if known == kind) >= MOST_ALIKE:
            return
        steps, difference = shrink(steps, difference, self._step_by_step, self._options.shrink_seconds)
        for place in range(len(steps)):
            steps, difference = self._with_shorter_script(steps, difference, place)
        alike = kind, likeness(b" ".join(steps[-1].commands[-1][:2]))
        if alike in self._likenesses:
            return
        self._likenesses.append(alike)
        found = Found(number, difference, steps, 1, self._replay_command(number), self._obituary())
        self.found.append(found)
        self._show(show_difference(found, [server.label for server in self.servers]))

    def _step_by_step(self, steps):
        return self.runner.play(steps, step_by_step=True)

    def _with_shorter_script(self, steps, difference, place):
        argv = steps[place].commands[-1]
        if names_of(argv) not in RUNNING or len(argv) < 2:
            return steps, difference

        def with_source(source):
            command = (argv[0], source) + argv[2:]
            return steps[:place] + [steps[place]._replace(commands=(command,))] + steps[place + 1:]

        def texts(programs, is_plausible):
            for program in programs:
                found = self._step_by_step(with_source(program.source))
                is_same = found is not None and found.place == difference.place
                yield _texts_of(found) if is_same else (b"", b"")

        program = Program(argv[1], True, ())
        shortest, _, _ = Shrinking(program, *_texts_of(difference), texts, self._options.shrink_seconds).run()
        steps = with_source(shortest.source)
        return steps, self._step_by_step(steps) or difference

    def _replay_command(self, number):
        return ("python3 scripts/compare_with_redis.py --lua-scripts 1 --seed %s --replay %d"
                % (self._options.seed, number))


def _texts_of(difference):
    return tuple(b"(%s)" % reply.what.encode() if isinstance(reply, Failure)
                 else _ADDRESS.sub(b"address", bytes(reply)) for reply in difference.replies)


def compare_scripts(pair, options):
    """Run a session with two started servers; return the exit status."""
    session = ScriptSession(pair, options)
    session.run()
    coverage = session.runner.coverage
    print("%d scripts in %d sequences in %.1f s."
          % (session.scripts_run(), coverage.sequences, session.seconds))
    print("No difference." if not session.found else "%d differences." % len(session.found))
    return 1 if session.found else 0
