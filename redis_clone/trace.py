"""See a command travel: how long each stage of its life takes, from the socket and back.

    CONFIG SET trace yes            or  python3 -m redis_clone --trace
    trace: GET for 127.0.0.1:60866: read 4.1 us, parse 2.0, wait for the lock 0.3, look-up 0.4, execute 1.1,
    encode 0.9, send 11.5; 20.3 us in all

One command in `trace-sample` is logged. CLIENT TRACE lets a client look at its own commands; the command line shows
that as bars (`python3 -m redis_clone.cli --trace GET key`).

A client whose session is `traced` is served by `ClientHandler.serve_traced` instead of the usual round, which knows
nothing of all this but a test of that flag. The stages of a read with several commands in it are those of all of
them together. A traced command is looked up twice, once to take the time. What its handler takes, and what comes
after that until its reply is encoded, is told apart by an observer: see `Engine.observe`.

All but the marks of its own thread under the engine's lock.
"""
import time

__all__ = ["Journey", "Tracing", "STAGES"]

STAGES = ("read", "parse", "wait for the lock", "look-up", "execute", "encode", "send")


class Journey:
    """The stages of one read and its commands, each ended by `mark`; seconds since the one before."""

    def __init__(self):
        self.command = None                     # the first command that ran: a Command
        self.count = 0                          # how many there were
        self.seconds = []                       # of each of STAGES
        self._last = time.perf_counter()
        self._ran_at = None                     # when the last handler was done

    def mark(self):
        """A stage is over."""
        now = time.perf_counter()
        self.seconds.append(now - self._last)
        self._last = now

    def mark_executed(self):
        """Execution and encoding are over; the last handler's end divides them."""
        ran_at = self._ran_at or self._last
        self.seconds.append(ran_at - self._last)
        self._last = ran_at
        self.mark()

    def note(self, session, command, argv, elapsed_s):
        """The observer: a handler is done. What scripts and others run meanwhile belongs to it."""
        if session.kind != "script":
            self._ran_at = time.perf_counter()
            self.count += 1
            self.command = self.command or command

    def as_map(self):
        """What CLIENT TRACE replies: the name of the command, how many came in its read, microseconds of each stage."""
        shown = {b"command": self.command.shown_name.encode(), b"commands": self.count}
        shown.update((stage.encode(), round(seconds * 1e6, 3)) for stage, seconds in zip(STAGES, self.seconds))
        return shown

    def __str__(self):
        stages = ", ".join(f"{stage} {seconds * 1e6:.1f}" for stage, seconds in zip(STAGES, self.seconds))
        return f"{stages.replace(',', ' us,', 1)}; {sum(self.seconds) * 1e6:.1f} us in all"


class Tracing:
    """Which clients are traced, and how often that is logged.

    on      all clients are
    sample  one command in so many is logged
    """

    def __init__(self, log):
        self._log = log
        self.on = False
        self.sample = 1
        self._unlogged = 0                      # commands since the last one that was logged

    def finish(self, session, journey):
        """A journey of a traced client is over: keep it for CLIENT TRACE, log it if it is due."""
        if journey.command is None:             # part of a command, or one that was refused
            return
        session.journey = journey
        if not self.on:
            return
        self._unlogged += journey.count
        if self._unlogged >= self.sample:
            self._unlogged = 0
            others = f" and {journey.count - 1} more" if journey.count > 1 else ""
            self._log.notice(f"trace: {journey.command.name}{others} for {session.address}: {journey}")
