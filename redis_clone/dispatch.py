"""From argument lists to replies: look-up, gates, call, after-effects.

`execute_batch` is the hot path. It runs the requests of one read of one client under one hold of the
engine's lock and appends the encoded replies. A session with nothing unusual about it looks commands up
in tables by number of words and name (`Session.tables`): what stands there is known, fits its arity and may
be called at once. All the rest, and everything in a session that is in a transaction, not authenticated,
paused and so on, goes through `execute`, which asks everything in the order Redis asks it.

EXEC, scripts, blocked clients and the tests enter at `execute` or `call` with sessions of any kind.
The engine's lock is held throughout this module.
"""
from .blocking import serve_ready, wait_for
from .errors import RedisError, unknown_command, unknown_subcommand, wrong_arity
from .frequency import Untouched
from .propagation import finish_command
from .registry import find
from .resp import BULK_LINE, CRLF, NO_REPLY, STATUS_LINE, encode_into
from .session import Blocked

__all__ = ["execute_batch", "execute", "run", "refuse", "call", "after_command", "POSTPONED"]

_WORDS_OF_HTTP = (b"post", b"host:")


class _Postponed:
    """The answer to a command that CLIENT PAUSE holds back: run it again when the pause is over."""


POSTPONED = _Postponed()


def execute_batch(session, requests, out):
    """Run `requests` in turn, appending the encoded replies to `out`.

    Returns None when all of them went the usual way. Else it returns how many are done, and the caller lets
    the connection settle before it gives back the lock, since messages to this client or to others may be
    due. Fewer are done than were given when the last of them blocks (`session.waiter` is set) or hangs up,
    or the next one has to wait for the end of a pause (`session.postponed`).

    One long function on purpose: in a pipeline every call more would cost each command a twentieth.
    """
    engine = session.engine
    keyspace = engine.keyspace
    monotonic = engine.clock.monotonic
    slow_s = engine.slow_s
    command = session.last_command
    done = None
    recording, dirty = keyspace.effects is not None, keyspace.dirty
    engine.running = session
    began = started = monotonic()
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
                done = _index(requests, argv)
                break
            done = len(requests)
            session.encode_reply(reply, out)
            if session.reply_mode != "on" and reply.__class__ is not Blocked:
                session.finish_reply()
            if recording is not (keyspace.effects is not None):     # CONFIG SET appendonly was among these
                recording, dirty = not recording, keyspace.dirty
            started = monotonic()
        else:
            handler = command.handler
            try:
                if count == 2:                      # a star call costs twice as much
                    reply = handler(session, argv[1])
                elif count == 3:
                    reply = handler(session, argv[1], argv[2])
                elif count == 4:
                    reply = handler(session, argv[1], argv[2], argv[3])
                elif count == 1:
                    reply = handler(session)
                elif count == 6:
                    reply = handler(session, argv[1], argv[2], argv[3], argv[4], argv[5])
                else:
                    reply = handler(session, *argv[1:])
            except RedisError as error:
                reply = error.as_reply().for_request(argv)
                engine.count_error(command, reply)
            except Exception:
                reply = engine.report_bug(command, argv)
            finished = monotonic()
            elapsed_s = finished - started
            started = finished
            command.calls += 1
            command.seconds += elapsed_s
            if elapsed_s >= slow_s:
                engine.command_ran(session, command, argv, elapsed_s)
            kind = reply.__class__
            if kind is bytes and len(reply) <= 4096:
                out += (BULK_LINE[len(reply)], reply, CRLF)
            elif kind is str:
                out.append(STATUS_LINE[reply])
            elif kind is int:
                out.append(b":%d\r\n" % reply)
            else:
                encode_into(out, reply, session.protocol)
        if recording and (keyspace.dirty != dirty or keyspace.effects):
            if keyspace.effects:
                finish_command(engine, session.db.number, argv, keyspace.dirty != dirty)
            else:                                   # to repeat it as it is will do
                engine.journal.record_one(session.db.number, argv)
                session.promised = engine.journal.recorded
            dirty = keyspace.dirty
        if keyspace.aftermath:
            done = len(requests)
            after_command(session, argv, reply, out)
            dirty = keyspace.dirty                  # what others were served has been seen to
            if session.waiter is not None or session.closing:
                done = _index(requests, argv) + 1
                break
    session.last_command = command
    session.active_s = started
    session.took_s = started - began
    engine.running = None
    return done


def _index(requests, argv):
    """Where `argv` stands: looked for when it is needed, instead of counted for every command."""
    return next(index for index, each in enumerate(requests) if each is argv)


def after_command(session, argv, reply, out):
    """What a command has caused besides its reply: a wait, messages to its own client, blocked clients to serve."""
    engine = session.engine
    engine.keyspace.aftermath = False
    if reply.__class__ is Blocked:
        wait_for(session, argv, reply)
    if session.pushes:
        out += session.pushes
        session.pushes = []
    if engine.keyspace.ready:
        serve_ready(engine)


def execute(session, argv):
    """Run one request through all gates; returns the reply value, errors included, or Blocked or POSTPONED."""
    engine = session.engine
    command, words = find(engine.commands, argv)
    session.last_command = command
    if command is None and argv[0].lower() in _WORDS_OF_HTTP:
        return _refuse_http(session)
    try:
        pass_gates(session, command, words, argv)
    except RedisError as error:
        return refuse(session, command, error.as_reply())
    if engine.paused and _is_paused(engine, session, command, argv):
        session.postponed = True
        return POSTPONED
    if engine.intercept is not None:
        return engine.intercept(session, command, words, argv)
    return run(session, command, words, argv)


def run(session, command, words, argv):
    """Call a command that has passed the gates, or queue it in a transaction; returns the reply value."""
    if session.transaction is not None and "_unqueued" not in command.flags:
        if not (session.transaction_failed or session.transaction_spoiled):     # else EXEC will not want it
            session.transaction.append((command, argv))
        return "QUEUED"
    if not session.no_touch:
        return call(session, command, words, argv)
    return _call_without_touching(session, command, words, argv)


def _refuse_http(session):
    """A web page made a browser send requests here: hang up before one of its lines is taken for a command."""
    session.engine.log.warning(
        "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Redis. "
        "This is likely due to an attacker attempting to use Cross Protocol Scripting to compromise your Redis "
        f"instance. Connection from {session.address} aborted.")
    session.close()
    return NO_REPLY


def call(session, command, words, argv):
    """Call a command that may run now, timed and counted; returns its reply or the RedisError it raised.

    `words` is how many items of argv its name takes.
    """
    engine = session.engine
    monotonic = engine.clock.monotonic
    started = monotonic()
    try:
        reply = command.handler(session, *argv[words:])
    except RedisError as error:
        reply = error.as_reply().for_request(argv)
        engine.count_error(command, reply)
    except Exception:
        reply = engine.report_bug(command, argv)
    elapsed_s = monotonic() - started
    command.calls += 1
    command.seconds += elapsed_s
    if elapsed_s >= engine.slow_s:
        engine.command_ran(session, command, argv, elapsed_s)
    return reply


def _call_without_touching(session, command, words, argv):
    """CLIENT NO-TOUCH: access times change only for keys that the command creates."""
    database = session.db
    untouched = database.accessed = Untouched(database.accessed)
    try:
        return call(session, command, words, argv)
    finally:
        for database in session.engine.keyspace.databases:
            if database.accessed is untouched:      # unless FLUSHDB replaced it; SWAPDB may have moved it
                database.accessed = untouched.table


def pass_gates(session, command, words, argv):
    """Raise the first reason, in Redis' order, why `session` may not run this now."""
    engine = session.engine
    if command is None:
        container = engine.commands.get(argv[0].upper())
        raise unknown_subcommand(container.name, argv[1]) if container else unknown_command(argv)
    if not command.low <= len(argv) <= command.high:
        raise wrong_arity(command.name)
    flags = command.flags
    if "protected" in flags:
        engine.check_protected(session, command)
    if not session.authenticated and "no_auth" not in flags:
        raise RedisError("NOAUTH Authentication required.")
    if engine.refuses_writes is not None and (_has(engine, command, argv, "write") or "_needs_disk" in flags
                                              or "_exec" in flags and _has_queued(session, "write")):
        raise engine.refuses_writes
    if session.protocol == 2 and session.subscribed and "_subscribed" not in flags:
        raise RedisError(f"ERR Can't execute '{command.shown_name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / "
                         "PING / QUIT / RESET are allowed in this context")
    if session.transaction is not None and "no_multi" in flags:
        raise RedisError("ERR Command not allowed inside a transaction")
    if engine.loading is not None and "loading" not in flags:
        raise RedisError("LOADING Redis is loading the dataset in memory")
    if engine.busy is not None and "allow_busy" not in flags:
        raise engine.busy
    if session in engine.monitors and ("write" in flags or "readonly" in flags):
        raise RedisError("ERR Replica can't interact with the keyspace")


def refuse(session, command, error):
    """A command may not run: count it, and spoil or end the transaction it is in. Returns the error to reply."""
    error = _tell_transaction(session, command, error)
    session.engine.count_rejected(command, error)
    return error


def _tell_transaction(session, command, error):
    """What a refused command does to a transaction: EXEC ends it, any other spoils it."""
    if command is not None and "_exec" in command.flags:
        session.discard()
        reason = str(error)
        reason = reason[4:] if reason.startswith("ERR ") else reason
        return RedisError(f"EXECABORT Transaction discarded because of: {reason}")
    if session.transaction is not None:
        session.transaction_failed = True
    return error


def _is_paused(engine, session, command, argv):
    """Whether CLIENT PAUSE holds this command back: any, or one that writes, even one that MULTI would only queue."""
    if engine.keyspace.now >= engine.pause_until_s:
        engine.unpause()
        return False
    if engine.paused == "all" or _has(engine, command, argv, "write", "may_replicate"):
        return True
    return "_exec" in command.flags and _has_queued(session, "write", "may_replicate")


def _has_queued(session, *flags):
    """Whether the transaction has a command with one of these flags."""
    return any(_has(session.engine, *queued, *flags) for queued in session.transaction or ())


def _has(engine, command, argv, *flags):
    """Whether a command has one of these flags about writing. What a script declares of itself goes first."""
    if "_script" in command.flags:
        declared = engine.scripting.declared_flags(command, argv)
        if declared is not None:
            return b"no-writes" not in declared
    return any(flag in command.flags for flag in flags)
