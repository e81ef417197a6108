"""MULTI, EXEC, DISCARD, WATCH, UNWATCH.

A transaction is a list of commands with their arguments, `Session.transaction`, which `dispatch.execute`
fills in place of running them. EXEC runs them under the one hold of the lock and the one reading of the
clock that it has itself. WATCH leaves it to `Database.touch` to mark the sessions whose keys change
(`transaction_spoiled`); only what expires without being touched is looked for at EXEC.
"""
from ..dispatch import call
from ..errors import RedisError
from ..propagation import note_command
from ..registry import group
from ..resp import NULL_ARRAY, Encoded

command = group("transactions")


@command("MULTI", arity=1, flags="noscript loading stale fast allow_busy _unqueued", since="1.2.0")
def multi(session):
    """Starts a transaction."""
    if session.transaction is not None:
        raise RedisError("ERR MULTI calls can not be nested")
    session.transaction = []
    session.refresh_gates()
    return "OK"


@command("EXEC", arity=1, flags="noscript loading stale skip_slowlog _unqueued _exec", since="1.2.0")
def exec_(session):
    """Executes all commands in a transaction."""
    queue = session.transaction
    if queue is None:
        raise RedisError("ERR EXEC without MULTI")
    if session.transaction_failed:
        session.discard()
        raise RedisError("EXECABORT Transaction discarded because of previous errors.")
    if session.transaction_spoiled or _watched_key_expired(session):
        session.discard()
        return NULL_ARRAY
    session.unwatch()                           # before its own commands change what it watches
    may_block, session.may_block = session.may_block, False
    try:
        return _run(session, queue)
    finally:
        session.may_block = may_block
        session.discard()


@command("DISCARD", arity=1, flags="noscript loading stale fast allow_busy _unqueued", since="2.0.0")
def discard(session):
    """Discards a transaction."""
    if session.transaction is None:
        raise RedisError("ERR DISCARD without MULTI")
    session.discard()
    return "OK"


@command("WATCH", arity=-2, flags="noscript loading stale fast allow_busy _unqueued", keys="1..-1 RO",
         since="2.2.0")
def watch(session, *keys):
    """Monitors changes to keys to determine the execution of a transaction."""
    if session.transaction is not None:
        raise RedisError("ERR WATCH inside MULTI is not allowed")
    for key in keys:
        session.db.peek(key)                    # a key that is due by now counts as absent: let it go first
        session.watch(key)
    return "OK"


@command("UNWATCH", arity=1, flags="noscript loading stale fast allow_busy", since="2.2.0")
def unwatch(session):
    """Forgets about watched keys of a transaction."""
    session.unwatch()
    return "OK"


def _watched_key_expired(session):
    for database, key in session.watching:
        expires_at_ms = database.expires.get(key)
        if expires_at_ms is not None and expires_at_ms < database.now_ms:
            return True
    return False


def _run(session, queue):
    """Run the commands. Each reply is encoded at once, since HELLO and CLIENT REPLY may be among them."""
    pieces = Encoded()
    if session.reply_mode == "on":
        pieces.append(b"*%d\r\n" % len(queue))
    keyspace = session.engine.keyspace
    for record, argv in queue:
        number, dirty = session.db.number, keyspace.dirty
        reply = call(session, record, 2 if record.parent else 1, argv)
        if keyspace.effects is not None:
            note_command(keyspace, number, argv, keyspace.dirty != dirty)
        session.encode_reply(reply, pieces)
    session.propagate()                         # all is said
    return pieces
