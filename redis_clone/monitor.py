"""MONITOR: clients that are sent a line for every command that any client runs.

    +1700000000.123456 [0 127.0.0.1:60866] "SET" "key" "value"

The lines come from `Engine.observe`: dispatch tells observers of each command when it has run, which costs nothing
while there are none. Commands of the administrator are not shown, nor are secrets. A script's own line
comes before those of its commands, as in Redis, so these are kept until it is done.

All under the engine's lock; lines go out as other messages do, see outbox.py.
"""
from .inline import quote
from .slowlog import redact

__all__ = ["Monitors"]


class Monitors:
    """The clients of one server that monitor it."""

    def __init__(self, engine):
        self._engine = engine
        self._sessions = {}                     # Session -> True
        self._script_lines = []                 # of the script that is running

    def __contains__(self, session):
        return session in self._sessions

    def add(self, session):
        """From now on `session` is sent all lines."""
        if not self._sessions:
            self._script_lines = []
            self._engine.observe(self._show)
        self._sessions[session] = True

    def drop(self, session):
        """No more lines for `session`, if it was sent any."""
        if self._sessions.pop(session, None) and not self._sessions:
            self._engine.stop_observing(self._show)

    def _show(self, session, command, argv, elapsed_s):
        if session.kind == "script":
            self._script_lines.append(self._line("lua", session, argv, 0.0))
            return
        lines, self._script_lines = self._script_lines, []
        if "admin" not in command.flags:
            # A script is shown with the time it began at, since the lines that follow are older than its end.
            lines.insert(0, self._line(session.address, session, argv, elapsed_s if lines else 0.0))
        if lines:
            data = b"".join(lines)
            for each in list(self._sessions):
                each.push_encoded(data)

    def _line(self, who, session, argv, ago_s):
        words = b" ".join(map(quote, redact(argv, self._engine.config)))
        return b"+%.6f [%d %s] %s\r\n" % (self._engine.clock.time() - ago_s, session.db.number,
                                         who.encode("utf-8", "surrogateescape"), words)
