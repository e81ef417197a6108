"""Loading data from disk: which files, when the server starts and when DEBUG asks for it.

With `appendonly` it is the append-only file (aof_loading.py), else the snapshot (rdb_loading.py). A file that
cannot be loaded as a whole stops a server that starts: it would go on with a part of the data, and save that over
the rest sooner or later. load_progress.py says how loading shares the engine's lock.
"""
import os
import time

from .aof_loading import load_append_only_files, read_manifest
from .load_progress import LoadError, Loading, LoadingStopped
from .rdb_loading import load_snapshot

__all__ = ["LoadError", "LoadingStopped", "load_at_start", "reload_append_only", "reload_snapshot", "start_empty"]


def load_at_start(engine, on_pause):
    """Load what there is and go on writing where it ends. Call without the lock, before any command is run.

    ``on_pause()`` is called when it takes so long that clients should be able to connect, at least to learn why they
    have to wait; and then again and again. Raises LoadError, with the whole story in its text, and LoadingStopped when
    the server is told to end.
    """
    append_only = engine.append_only
    engine.snapshots.remove_leftovers()
    with Loading(engine, on_pause=on_pause) as loading:
        is_append_only = engine.config["appendonly"]        # CONFIG SET may change it meanwhile
        manifest = _load_append_only(loading) if is_append_only else _load_snapshot(loading)
        with engine.lock:
            if engine.ending:
                raise LoadingStopped
            append_only.manifest = manifest
            _settle(engine)
            try:
                if is_append_only:
                    append_only.open_after_loading()
                elif engine.config["appendonly"]:
                    append_only.start_soon()
            except OSError as error:
                raise LoadError(f"Can't open or create the append-only files in {append_only.directory}: "
                                f"{error.strerror or error}", append_only.directory) from None
            engine.loaded = True


def start_empty(engine):
    """Load nothing, but know what there is, should the append-only file be turned on. Raises LoadError."""
    with engine.lock:
        engine.append_only.manifest = read_manifest(engine)
        engine.loaded = True


def _load_append_only(loading):
    engine = loading.engine
    started_s = time.monotonic()
    manifest = load_append_only_files(loading)
    if manifest.files():
        engine.log.notice(f"DB loaded from append only file: {time.monotonic() - started_s:.3f} seconds")
    elif os.path.exists(engine.snapshots.path):
        engine.log.warning(f"The snapshot {engine.snapshots.path} is not loaded, since appendonly is yes. To begin "
                           "with its data, start without appendonly, and then: CONFIG SET appendonly yes")
    return manifest


def _load_snapshot(loading):
    engine = loading.engine
    started_s = time.monotonic()
    manifest = read_manifest(engine)            # where the append-only file would go on, should it be turned on
    if load_snapshot(loading, engine.snapshots.path):
        engine.log.notice(f"DB loaded from disk: {time.monotonic() - started_s:.3f} seconds")
    return manifest


def _settle(engine):
    """What is in memory is what is on disk: nothing has changed since."""
    engine.keyspace.dirty = 0
    engine.snapshots.forget_changes()


def reload_snapshot(engine, merge):
    """Load the snapshot on top of what is there. Call with the lock held. Raises LoadError."""
    path = engine.snapshots.path
    with Loading(engine, alone=True) as loading:
        if not load_snapshot(loading, path, merge):
            raise LoadError(f"There is no snapshot {path}", path)


def reload_append_only(engine):
    """Load the append-only files on top of what is there; False when there are none. With the lock held.

    Raises LoadError.
    """
    with Loading(engine, alone=True) as loading:
        manifest = load_append_only_files(loading)
    if not manifest.files():
        return False
    _settle(engine)
    return True
