"""The end of a server, as far as its data are concerned: SHUTDOWN, SIGTERM, SIGINT and `Server.stop`.

What is to be kept is brought to disk, under one hold of the engine's lock. If that works, all clients are hung up on
before the lock is given back, and nothing is run any more (`engine.ending`): whatever was acknowledged is on disk.
If it does not work the server goes on, unless it is forced to end.

All under the engine's lock. Not here: threads, sockets and the process (server.py, __main__.py).
"""
from .child import kill_child
from .errors import RedisError
from .snapshots import SnapshotFailed

__all__ = ["end"]


class _CannotEnd(Exception):
    """Something would be lost; what it is has been logged."""


def end(engine, options=()):
    """Save what is to be saved and let no command run any more; the caller then stops the server.

    `options` are words of SHUTDOWN in lower case; "now" changes nothing, for there are no replicas to wait for. Raises
    RedisError when something cannot be saved, and the server is as before.
    """
    if engine.ending:
        return
    log, forced = engine.log, "force" in options
    log.notice("User requested shutdown...")
    # What has been loaded so far is only a part of the data, and must not take the place of all.
    wants_snapshot = engine.loaded and ("save" in options or engine.config["save"] and "nosave" not in options)
    try:
        _end_child(engine, forced)
        _flush_append_only(engine, forced)
        if wants_snapshot:
            _save_snapshot(engine, forced)
    except _CannotEnd:
        log.warning("Errors trying to shut down the server. Check the logs for more information.")
        raise RedisError("ERR Errors trying to SHUTDOWN. Check logs.") from None
    if not engine.append_only.stop():
        log.warning("Fail to fsync the AOF file.")
    engine.ending = True
    for session in list(engine.sessions.values()):
        session.close()


def _refuse(engine, forced, reason):
    """Something will be lost: do not end, or merely say so."""
    engine.log.warning(reason + (". Exit anyway." if forced else ", can't exit."))
    if not forced:
        raise _CannotEnd


def _end_child(engine, forced):
    """A child's work is of no use any more, except for the first files of an append-only file that was turned on."""
    if engine.child is None:
        return
    if engine.child.kind == "rdb":
        engine.log.warning("There is a child saving an .rdb. Killing it!")
    else:
        if engine.append_only.state == "waiting":
            _refuse(engine, forced, "Writing initial AOF")
        engine.log.warning("There is a child rewriting the AOF. Killing it!")
    kill_child(engine)


def _flush_append_only(engine, forced):
    """Whether the append-only file can be written should show before it is closed for good."""
    if engine.append_only.state == "off":
        return
    engine.journal.sync()
    if engine.journal.error is not None:
        _refuse(engine, forced, f"Error writing to the AOF file: {engine.journal.error}")


def _save_snapshot(engine, forced):
    engine.log.notice("Saving the final RDB snapshot before exiting.")
    try:
        engine.snapshots.save_quietly()
    except SnapshotFailed:
        _refuse(engine, forced, "Error trying to save the DB")
