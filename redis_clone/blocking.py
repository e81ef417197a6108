"""Who waits for which key, first come, first served.

A blocking command that finds nothing returns `Blocked`; `wait_for` then queues its client at each of
the keys. When a key gets a value, `Database.set` notes it in `keyspace.ready`, and once the running
command is done `serve_ready` runs the waiting commands again in the order in which they arrived, as
long as the key has something to give. The one mechanism serves every type.

The waiting thread itself sleeps on its waiter's semaphore without the engine's lock. Whoever ends the
wait (an element, a time-out, CLIENT UNBLOCK, a hang-up) calls `Waiter.finish` under the lock; only
the first call counts.
"""
import threading

from .errors import RedisError
from .keyspace import type_name
from .registry import find
from .session import Blocked

__all__ = ["Waiter", "wait_for", "serve_ready", "give_up"]


class Waiter:
    """One blocked client. `reply` is valid once `done`."""

    __slots__ = ("session", "argv", "database", "keys", "kind", "deadline_s", "on_timeout", "done", "reply", "_wake")

    def __init__(self, session, argv, blocked):
        self.session = session
        self.argv = argv
        self.database = session.db
        self.keys = list(dict.fromkeys(blocked.keys))
        self.kind = blocked.kind
        self.deadline_s = session.engine.keyspace.now + blocked.timeout_s if blocked.timeout_s else None
        self.on_timeout = blocked.on_timeout
        self.done = False
        self.reply = None
        self._wake = threading.Semaphore(0)

    def sleep(self, timeout_s=None):
        """Wait, without the engine's lock, to be finished; False when the time is up."""
        return self._wake.acquire(timeout=timeout_s)

    def finish(self, reply):
        """End the wait with a reply value (None and NULL_ARRAY are replies, too)."""
        if self.done:
            return
        self.done = True
        self.reply = reply
        self.session.waiter = None
        for key in self.keys:
            queue = self.database.waiting.get(key)
            if queue is not None:
                queue.pop(self, None)
                if not queue:
                    del self.database.waiting[key]
        session = self.session
        session.engine.blocked_clients -= 1
        if session.outbox is not None and not session.closing:
            session.outbox.put(session.late_reply(reply))       # before any message of others that follows
        self._wake.release()


def wait_for(session, argv, blocked):
    """Queue `session` at the keys that its command `argv` blocked on; sets `session.waiter`."""
    waiter = session.waiter = Waiter(session, argv, blocked)
    for key in waiter.keys:
        session.db.waiting.setdefault(key, {})[waiter] = True       # a dict is an ordered set
    session.engine.blocked_clients += 1


def give_up(waiter):
    """The time is up: reply so unless it was served just before."""
    waiter.finish(waiter.on_timeout)


def serve_ready(engine):
    """Run the commands of clients that wait for keys which have become ready."""
    keyspace = engine.keyspace
    while keyspace.ready:
        database, key = keyspace.ready.pop(0)
        for waiter in list(database.waiting.get(key, ())):
            value = database.values.get(key)
            if value is None:
                break
            if type_name(value) == waiter.kind and not waiter.done:
                _serve(engine, waiter)


def _serve(engine, waiter):
    """Run one waiting command again; it goes on waiting when it still finds nothing."""
    session = waiter.session
    engine.running = session
    command, words = find(engine.commands, waiter.argv)
    try:
        reply = command.handler(session, *waiter.argv[words:])
    except RedisError as error:
        engine.count_error(command, error)
        reply = error
    if not isinstance(reply, Blocked):
        waiter.finish(reply)
