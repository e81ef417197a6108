"""A connection without a socket: a client in the server's own process calls the engine.

    with Server(listen=False) as server:
        connection = server.open_memory_connection(protocol=3).connect()
        connection.execute_command(("SET", "key", 1))       # "OK"

For a client (client.Redis with `server`) it is one connection like any other, for the engine one session like any
other: CLIENT LIST shows it (addr=memory:7), CLIENT KILL ends it, it authenticates, selects, watches, blocks, is held
back by CLIENT PAUSE, and gets no reply before the append-only file has what that tells of. Commands run in the
caller's thread, with the engine's lock held; who blocks sleeps without it.

The idea: what the usual commands reply (a byte string, a number, nothing, OK, a flat list of these) is handed over as
it is. All else is encoded and parsed again, and so becomes exactly what it would be behind a socket. The usual
command is looked up and called right here, like in `dispatch.execute_batch`; everything else takes the way of all.

Not here: what comes without having been asked for, and commands that are answered by no or several replies
(SUBSCRIBE, MONITOR, CLIENT REPLY). `Server.open_pipe` is for them. Bytes are not counted, since there are none.

Not thread-safe itself, like every connection: one thread at a time. What it shares is under the engine's lock. This
may be held by the very thread that calls, when a signal handler or a finalizer runs in the middle of a command:
then commands are refused (RuntimeError) instead of waiting for ever, and what is closed is left to housekeeping, as is
a connection that is dropped.
"""
import math
import sys
import threading
import time

from .blocking import give_up
from .client.errors import ConnectionFailed, ConnectionLost, ProtocolError, ReplyError, TimeoutError, error_from_reply
from .client.forks import watch_for_fork
from .client.greeting import greet, greeting
from .client.requests import command_name, encode_argument, words_of
from .dispatch import POSTPONED, after_command, execute
from .errors import RedisError
from .propagation import finish_command
from .replies import NoReply
from .reply_parser import Push, ReplyParser
from .request_parser import BATCH, HELD, RequestParser
from .resp import encode

__all__ = ["MemoryConnection"]

_PLAIN = frozenset((bytes, int, type(None), str))       # values that are the same on both sides of a socket
_PACKAGE = __package__
_OUTSIDE = frozenset(("", "client", "embedded", "testing", "pytest_plugin", "cli"))     # never run with the lock held
_NO_SOCKET = ("ERR this connection has no socket: messages and MONITOR need one from Server.open_pipe, which "
              "pubsub() and monitor() of the client use")
_INTERRUPTED = ("this thread is in the middle of a command of the same server: a signal handler or finalizer that "
                "interrupts one cannot run another")


def _is_within_engine():
    """Whether this thread has been interrupted where it may hold an engine's lock; asked when somebody does."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    while frame is not None:
        package, _, module = frame.f_globals.get("__name__", "").partition(".")
        if package == _PACKAGE and module.partition(".")[0] not in _OUTSIDE and frame.f_code is not _CONNECT:
            return True
        frame = frame.f_back
    return False


class _Line:
    """What a session has for its connection: nothing that would keep a dropped MemoryConnection alive."""

    __slots__ = ("_session",)

    def __init__(self, session):
        self._session = session

    def trust(self, authenticated):
        """Sizes are not limited: the caller could take the memory itself."""

    def open_outbox(self):
        raise RedisError(_NO_SOCKET)

    def hang_up(self):
        """With the lock held. Whoever waits has been woken by the session and will see that it is closing."""
        self._session.engine.close_session(self._session)


class MemoryConnection:
    """A connection to a Server that runs in this process; it has what a pool and a pipeline want of a
    client.Connection, and the same options.

    `timeout_s` is the longest that a blocking command, or any during CLIENT PAUSE, may wait (then TimeoutError is
    raised and the connection closed); other commands end when they are done.
    """

    def __init__(self, server, *, db=0, username=None, password=None, client_name=None, protocol=2, timeout_s=None,
                 on_push=None, lib_name=None, lib_version=None, typed_errors=True, encode_text=str.encode):
        if protocol not in (2, 3):
            raise ValueError(f"protocol must be 2 or 3, not {protocol!r}")
        if username is not None and password is None:
            raise ValueError("a username needs a password")
        self.db, self.protocol = db, protocol
        self.timeout_s = timeout_s
        self.on_push = on_push
        self._server = server
        library = None if lib_name is None or lib_version is None else (lib_name, lib_version)
        self._greeting = greeting(protocol, db, username, password, client_name, library)
        self._error_type = error_from_reply if typed_errors else ReplyError
        self._encode_text = encode_text
        self._names = {}                # names of commands as the caller writes them -> as the engine knows them
        self._engine = self._session = None
        self.address = "memory"         # for people: memory:7 later, as CLIENT LIST has it
        self._lost_because = ""
        watch_for_fork(self)

    def __enter__(self):
        return self if self.connected else self.connect()

    def __exit__(self, *exc_info):
        self.close()

    def __del__(self):
        if getattr(self, "_session", None) is not None:
            self._server.abandon_session(self._session)

    def __repr__(self):
        return f"<MemoryConnection {self.address}, {'open' if self.connected else 'closed'}>"

    @property
    def connected(self):
        """False before `connect`, after `close`, and once somebody has hung up."""
        return self._session is not None and not self._session.closing

    # -- opening and closing -----------------------------------------------------------------------------

    def connect(self):
        """Open the connection (a new one, if there was one) and greet the server; return self.

        Raises ConnectionFailed (AuthenticationError if that is why)."""
        self.close()
        server = self._server
        if not server.running:
            error = ConnectionFailed(f"cannot connect to {self.address}: the server is not running")
            error.final = True
            raise error
        if server.engine.lock.locked() and _is_within_engine():
            raise RuntimeError(_INTERRUPTED)
        refusal = server.refuse(None, None)
        if refusal:
            raise error_from_reply(refusal[1:-2].decode())
        engine = server.engine
        with engine.lock:
            session = engine.open_session(f"memory:{engine.next_session_id}", "memory:0")
            session.connection = _Line(session)
            if engine.ending:
                session.close()
        self._engine, self._session, self.address = engine, session, session.address
        self._lost_because = ""
        if self._greeting:
            greet(self, self._greeting)
        return self

    def close(self):
        """Close the connection, if there is one."""
        session, self._session = self._session, None
        if session is None:
            return
        if session.engine.lock.locked() and _is_within_engine():
            self._server.abandon_session(session)
            return
        with session.engine.lock:
            if session.waiter is not None:      # closed by another thread
                session.close()
            session.engine.close_session(session)
            session.closing, session.connection = True, None

    def interrupt(self):
        """End the connection although another thread may be using it: that thread finds it lost."""
        session = self._session
        if session is None:
            return
        if session.engine.lock.locked() and _is_within_engine():
            self._server.abandon_session(session)
            return
        with session.engine.lock:
            session.close()

    def after_fork(self):
        """In a forked child: the server is in the parent. Its lock may be held here for ever."""
        if self._session is not None:
            self._session = None
            self._lost_because = " any more (it belongs to the process that this one was forked from)"

    # -- requests with their replies ---------------------------------------------------------------------

    def execute_command(self, args):
        """Run the command `args` (a tuple; a subcommand stands in one string with its command: "CONFIG GET") and
        return its reply. An error reply is raised as the class that belongs to its code.

        Raises DataError before anything is done; ConnectionError and TimeoutError, after which it is closed.
        """
        replies = []
        self._run((self._words(args),), replies)
        reply = replies[0]
        if reply.__class__ is tuple:
            reply = self._parse(reply, args)
            if isinstance(reply, ReplyError):
                raise reply
        return reply

    def exchange_commands(self, commands):
        """Run the commands (a list of tuples as for `execute_command`), return the list of their replies: error
        replies are values in it."""
        return self._exchange(list(map(self._words, commands)))

    def exchange(self, request, count, what):
        """The same for requests that have been encoded for a socket: bytes, with `count` commands."""
        parser = RequestParser()
        requests = parser.feed(request)
        while parser.error is HELD:
            requests += parser.feed(b"")
        return self._exchange(requests)

    def _exchange(self, requests):
        replies = []
        for start in range(0, len(requests), BATCH):    # so that others are not kept waiting for long
            self._run(requests[start:start + BATCH], replies)
        for index, reply in enumerate(replies):
            if reply.__class__ is tuple:
                replies[index] = self._parse(reply, requests[index])
        return replies

    def _words(self, args):
        """The words of a request as bytes, its name in the spelling of the command table."""
        try:
            argv = [self._names[args[0]]]
        except (LookupError, TypeError):
            return self._unusual_words(args)
        encode_text = self._encode_text
        for arg in args[1:]:
            kind = arg.__class__
            argv.append(arg if kind is bytes else encode_text(arg) if kind is str else b"%d" % arg if kind is int
                        else encode_argument(arg, encode_text))
        return argv

    def _unusual_words(self, args):
        argv = words_of(args, self._encode_text)
        # Kept when it is one word that stands in the table: so there are not many, whatever is asked for.
        if self._engine is not None and argv[0] in self._engine.commands and args[0].__class__ is str \
                and len(argv) == len(args) and not self._engine.commands[argv[0]].subcommands:
            self._names[args[0]] = argv[0]
        return argv

    def _parse(self, encoded, args):
        """The value of a reply that has been encoded: ``(bytes,)``."""
        parser = ReplyParser(self._error_type)
        parser.feed(encoded[0])
        replies = []
        for reply in parser.replies:
            if reply.__class__ is not Push:
                replies.append(reply)
            elif self.on_push is not None:
                self.on_push(reply)
        if len(replies) != 1:
            raise self._give_up(ProtocolError, f"has {len(replies)} replies to", args)
        return replies[0]

    # -- calling the engine ------------------------------------------------------------------------------

    def _run(self, requests, replies):
        """Run requests, lists of bytes; append what each replies: a plain value, or ``(its bytes,)``."""
        session, engine = self._session, self._engine
        if session is None:
            raise ConnectionLost(f"not connected to {self.address}{self._lost_because}")
        if engine.lock.locked() and _is_within_engine():
            raise RuntimeError(_INTERRUPTED)
        nothing_ran = session.closing and not replies
        expected = len(replies) + len(requests)
        while True:
            with engine.lock:
                usual = self._call_all(session, requests, replies)
                if not usual:
                    waiter = session.waiter             # as it is now: once it is served this is None again
                    unflushed, engine.unflushed = engine.unflushed, {}
            journal = engine.journal
            may_reply = journal.recorded == journal.flushed or journal.wait_for(session.promised)
            if not usual and unflushed:
                self._server.watcher.flush_all(unflushed)
            if not may_reply:
                raise self._give_up(ConnectionLost, "cannot keep what was changed by", requests[0])
            if usual:
                return
            if waiter is not None:
                replies.append(self._wait_for_reply(session, waiter))
            elif session.postponed:
                self._wait_for_unpause(session, requests[0])
            missing = expected - len(replies)
            if session.closing:
                if missing:
                    raise self._give_up(ConnectionLost, "closed the connection during", requests[0],
                                        maybe_executed=not nothing_ran)
                self.close()
            if not missing:
                return
            requests = requests[-missing:]

    def _call_all(self, session, requests, replies):
        """`dispatch.execute_batch` for replies as values, with the lock held. False if something has to be settled:
        the client waits or is hung up on, messages for others are due; requests may be left then.
        """
        engine = session.engine
        keyspace = engine.keyspace
        monotonic = engine.clock.monotonic
        command, argv = session.last_command, ()
        usual = True
        recording, dirty = keyspace.effects is not None, keyspace.dirty
        engine.running = session
        started = monotonic()
        try:
            for argv in requests:
                keyspace.now = started
                count = len(argv)
                try:
                    command = session.tables[count].get(argv[0])
                except IndexError:                          # more words than there are tables
                    command = None
                if command is None:                         # unknown, in odd spelling, of a wrong arity, or gated
                    reply = POSTPONED if session.closing else execute(session, argv)
                    command = session.last_command
                    if reply is POSTPONED:
                        usual = False
                        break
                    if recording is not (keyspace.effects is not None):     # it was CONFIG SET appendonly
                        recording, dirty = not recording, keyspace.dirty
                    started = monotonic()
                else:
                    try:
                        if count == 2:                      # a star call costs twice as much
                            reply = command.handler(session, argv[1])
                        elif count == 3:
                            reply = command.handler(session, argv[1], argv[2])
                        else:
                            reply = command.handler(session, *argv[1:])
                    except RedisError as error:
                        reply = error.as_reply().for_request(argv)
                        engine.count_error(command, reply)
                    except Exception:
                        reply = engine.report_bug(command, argv)
                    elapsed_s = monotonic() - started
                    started += elapsed_s
                    command.calls += 1
                    command.seconds += elapsed_s
                    if elapsed_s >= engine.slow_s:
                        engine.command_ran(session, command, argv, elapsed_s)
                kind = reply.__class__
                if kind in _PLAIN or (kind is list and _PLAIN.issuperset(map(type, reply))):
                    replies.append(reply)
                elif not isinstance(reply, NoReply):        # else it comes later, or the client is hung up on
                    replies.append((encode(reply, session.protocol),))
                if recording and (keyspace.dirty != dirty or keyspace.effects):
                    finish_command(engine, session.db.number, argv, keyspace.dirty != dirty)
                    dirty = keyspace.dirty
                if keyspace.aftermath:
                    usual = False
                    after_command(session, argv, reply, [])
                    dirty = keyspace.dirty                  # what others were served has been seen to
                    if session.waiter is not None or session.closing:
                        break
        except BaseException:                               # Ctrl-C, in the thread of the caller
            self._interrupt(session, argv, keyspace.dirty != dirty)
            raise
        session.last_command = command
        session.active_s = started
        engine.running = None
        return usual

    def _interrupt(self, session, argv, changed):
        """With the lock held: a command was broken off. What it has changed so far stays, so others are told of it."""
        engine = session.engine
        if engine.keyspace.effects is not None and (changed or engine.keyspace.effects):
            finish_command(engine, session.db.number, argv, changed)
        engine.running = None
        session.close()

    # -- waiting -----------------------------------------------------------------------------------------

    def _wait_for_reply(self, session, waiter):
        """Sleep until a blocked command is served or times out; returns ``(the bytes of its reply,)``."""
        engine = session.engine
        patience_s = self._patience_s()
        try:
            while not waiter.done:
                left_s = math.inf if waiter.deadline_s is None else waiter.deadline_s - engine.clock.monotonic()
                if left_s <= 0 or waiter.sleep(min(left_s, patience_s(), threading.TIMEOUT_MAX)):
                    break
                if patience_s() <= 0:
                    raise self._give_up(TimeoutError, "did not answer", waiter.argv, f" within {self.timeout_s} s")
        except BaseException:                           # an interrupt as well: nobody will take the reply
            self.close()
            raise
        with engine.lock:
            give_up(waiter)
            encoded = session.late_reply(waiter.reply)
        journal = engine.journal
        if session.closing or journal.recorded != journal.flushed and not journal.wait_for(session.promised):
            raise self._give_up(ConnectionLost, "closed the connection during", waiter.argv)
        return (encoded,)

    def _wait_for_unpause(self, session, argv):
        """Sleep until CLIENT PAUSE is over, or the client is killed."""
        engine = session.engine
        patience_s = self._patience_s()
        with engine.lock:
            engine.blocked_clients += 1
            try:
                while engine.paused and not session.closing and patience_s() > 0:
                    left_s = engine.pause_until_s - engine.clock.monotonic()
                    if left_s <= 0:
                        engine.unpause()
                    else:
                        engine.pause_over.wait(min(left_s, patience_s(), threading.TIMEOUT_MAX))
            finally:
                engine.blocked_clients -= 1
                session.postponed = False
            timed_out = engine.paused and not session.closing
        if timed_out:
            raise self._give_up(TimeoutError, "did not answer", argv, f" within {self.timeout_s} s",
                                maybe_executed=False)

    def _patience_s(self):
        """A function: for how many seconds from now on to wait."""
        if self.timeout_s is None:
            return lambda: math.inf
        over_at_s = time.monotonic() + self.timeout_s
        return lambda: over_at_s - time.monotonic()

    # -- failures ----------------------------------------------------------------------------------------

    def _give_up(self, kind, what, argv, rest="", maybe_executed=True):
        """Close the connection; return the exception to raise for it."""
        self.close()
        error = kind(f"{self.address} {what} {command_name(argv)}{rest}")
        error.maybe_executed = maybe_executed
        self._lost_because = f" any more ({error})"
        return error


_CONNECT = MemoryConnection.connect.__code__    # runs commands itself, the greeting
