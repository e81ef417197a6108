"""Who waits for which key, first come, first served.

A blocking command that finds nothing returns `Blocked`; `wait_for` then queues its client at each of
the keys. When a key gets a value, `Database.note_ready` notes it in `keyspace.ready`, and once the running
command is done `serve_ready` runs the waiting commands again, key by key in the order in which the keys
became ready, for each key in the order in which its clients arrived, as long as the key has something to
give. What these commands push may make further keys ready; they come after. The one mechanism serves
every type. Who waits for a stream's group does not outlive it: `until_gone` has the command run again when the
key is deleted or gets a value of another type, too (`Database.note_gone`), to fail then.

The waiting thread itself sleeps on its waiter without the engine's lock. Whoever ends the wait (an
element, a time-out, CLIENT UNBLOCK, a hang-up) calls `Waiter.finish` under the lock; only the first
call counts.

Not here: waking up when time is up, which each client's thread does for itself (client_handler.py).
"""
import threading
from collections import OrderedDict

from .errors import RedisError
from .keyspace import type_name
from .propagation import finish_command
from .registry import find
from .session import Blocked

__all__ = ["Waiter", "wait_for", "serve_ready", "give_up", "give_up_overdue", "unblock"]


class Waiter:
    """One blocked client. `reply` is valid once `done`."""

    __slots__ = ("session", "command", "words", "argv", "database", "keys", "kind", "deadline_s", "on_timeout",
                 "until_gone", "done", "reply", "_wake")

    def __init__(self, session, argv, blocked):
        self.session = session
        self.command, self.words = find(session.engine.commands, argv)
        self.argv = argv if blocked.args is None else argv[:self.words] + list(blocked.args)
        self.database = session.db
        self.keys = list(dict.fromkeys(blocked.keys))
        self.kind = blocked.kind
        self.until_gone = blocked.until_gone
        self.deadline_s = session.engine.keyspace.now + blocked.timeout_s if blocked.timeout_s else None
        self.on_timeout = blocked.on_timeout
        self.done = False
        self.reply = None
        self._wake = threading.Lock()
        self._wake.acquire()                    # released once, by `finish`

    def sleep(self, timeout_s=None):
        """Wait, without the engine's lock, to be finished; False when the time is up. Call until True."""
        return self._wake.acquire(timeout=-1 if timeout_s is None else timeout_s)

    def join_queues(self):
        """Stand at the end of the queue of each key."""
        waiting = self.database.waiting
        for key in self.keys:
            queue = waiting.setdefault(key, OrderedDict())
            queue[self] = True
            queue.move_to_end(self)             # for one that stood there already

    def _leave_queues(self):
        waiting = self.database.waiting
        for key in self.keys:
            queue = waiting[key]
            del queue[self]
            if not queue:
                del waiting[key]

    def finish(self, reply):
        """End the wait with a reply value (None and NULL_ARRAY are replies, too)."""
        if self.done:
            return
        self.done = True
        self.reply = reply
        self.command.calls += 1
        self._leave_queues()
        session = self.session
        session.waiter = None
        session.engine.blocked_clients -= 1
        session.engine.keyspace.waited[self.kind] -= 1
        if session.outbox is not None and not session.closing:
            if session.engine.may_reply(session.promised):
                session.outbox.put(session.late_reply(reply))   # before any message of others that follows
            else:
                session.close()
        self._wake.release()


def wait_for(session, argv, blocked):
    """Queue `session` at the keys that its command `argv` blocked on; sets `session.waiter`."""
    session.waiter = Waiter(session, argv, blocked)
    session.waiter.join_queues()
    session.waiter.command.calls -= 1           # a call counts when it ends
    session.engine.blocked_clients += 1
    session.engine.keyspace.waited[blocked.kind] += 1


def give_up(waiter):
    """The time is up: reply so unless it was served just before."""
    waiter.finish(waiter.on_timeout)


def give_up_overdue(engine):
    """Let all whose time is up by this engine's clock give up; for whoever moves that clock by hand."""
    for session in list(engine.sessions.values()):
        waiter = session.waiter
        if waiter is not None and waiter.deadline_s is not None and waiter.deadline_s <= engine.keyspace.now:
            give_up(waiter)


def unblock(waiter, with_error=False):
    """CLIENT UNBLOCK: end the wait as if the time were up, or with an error."""
    if not with_error:
        give_up(waiter)
        return
    engine = waiter.session.engine
    error = RedisError("UNBLOCKED client unblocked via CLIENT UNBLOCK")
    engine.count_error(waiter.command, error)
    waiter.finish(error)


def serve_ready(engine):
    """Run the commands of clients that wait for keys which have become ready."""
    keyspace = engine.keyspace
    running = engine.running
    while keyspace.ready:
        ready, keyspace.ready = keyspace.ready, {}
        for database, key in ready:
            _serve_key(engine, database, key)
    engine.running = running


def _serve_key(engine, database, key):
    """Serve the clients at one key, each one once, while it holds what they wait for."""
    kind = type_name(database.peek(key))
    for waiter in list(database.waiting.get(key, ())):
        if (waiter.kind == kind or waiter.until_gone) and not waiter.done:      # one before may have ended it
            _serve(engine, waiter)
            kind = type_name(database.peek(key))


def _serve(engine, waiter):
    """Run one waiting command again; when it still finds nothing it goes on waiting, as the last to come."""
    session = waiter.session
    engine.running = session
    command = waiter.command
    keyspace = engine.keyspace
    dirty = keyspace.dirty
    started = engine.clock.monotonic()
    try:
        reply = command.handler(session, *waiter.argv[waiter.words:])
    except RedisError as error:
        engine.count_error(command, error)
        reply = error.as_reply()
    except Exception:
        reply = engine.report_bug(command, waiter.argv)
    elapsed_s = engine.clock.monotonic() - started
    command.seconds += elapsed_s                # its call was counted when it blocked
    if elapsed_s >= engine.slow_s:
        engine.log_slow(session, command, waiter.argv, elapsed_s)
    if keyspace.effects is not None and (keyspace.effects or keyspace.dirty != dirty):
        finish_command(engine, waiter.database.number, waiter.argv, keyspace.dirty != dirty)
    if reply.__class__ is Blocked:
        waiter.join_queues()
    else:
        waiter.finish(reply)
