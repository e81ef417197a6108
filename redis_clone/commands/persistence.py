"""Saving the data: SAVE, BGSAVE, LASTSAVE, BGREWRITEAOF.

How it is done is in snapshots.py and append_only.py. Inside a transaction the background is only scheduled: the
data are to be read between two transactions, not in the middle of one.
"""
from ..errors import OptionSyntaxError, RedisError
from ..registry import group
from ..snapshots import SnapshotFailed

command = group("server")

_IN_PROGRESS = "ERR Background save already in progress"
_OTHER_CHILD = ("ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to "
                "schedule a BGSAVE whenever possible.")


@command("SAVE", arity=1, flags="admin noscript no_async_loading no_multi", since="1.0.0")
def save(session):
    """Synchronously saves the database(s) to disk."""
    snapshots = session.engine.snapshots
    if snapshots.in_progress:
        raise RedisError(_IN_PROGRESS)
    try:
        snapshots.save()
    except SnapshotFailed:
        raise RedisError("ERR") from None       # the log says why
    return "OK"


@command("BGSAVE", arity=-1, flags="admin noscript no_async_loading", since="1.0.0")
def bgsave(session, *options):
    """Asynchronously saves the database(s) to disk."""
    if options and [option.upper() for option in options] != [b"SCHEDULE"]:
        raise OptionSyntaxError()
    engine = session.engine
    if engine.snapshots.in_progress:
        raise RedisError(_IN_PROGRESS)
    in_transaction = session.transaction is not None
    if engine.child is not None or in_transaction:
        if not options and not in_transaction:
            raise RedisError(_OTHER_CHILD)
        engine.snapshots.schedule()
        return "Background saving scheduled"
    try:
        engine.snapshots.start_background()
    except SnapshotFailed:
        raise RedisError("ERR") from None
    return "Background saving started"


@command("LASTSAVE", arity=1, flags="loading stale fast", since="1.0.0")
def lastsave(session):
    """Returns the Unix timestamp of the last successful save to disk."""
    return session.engine.snapshots.last_save_s


@command("BGREWRITEAOF", arity=1, flags="admin noscript no_async_loading", since="1.0.0")
def bgrewriteaof(session):
    """Asynchronously rewrites the append-only file to disk."""
    return session.engine.append_only.rewrite(in_transaction=session.transaction is not None)
