"""Waiting for child processes of an engine, without sleeping."""
import os
import select

from redis_clone.child import poll_child
from tests.support import REAL

PATIENCE_S = 30                 # on a busy machine, before something counts as hanging


def hear(engine):
    """Wait until the engine's child says something, and take that in."""
    child = engine.child
    readable, _, _ = select.select([child.pipe], [], [], PATIENCE_S)
    assert readable, "the child says nothing"
    with engine.lock:
        poll_child(engine)


def wait_for_child(engine):
    """Wait until the engine's child has done its work and is gone."""
    child = engine.child
    while not child.finished:
        hear(engine)
    child.reap()
    with engine.lock:
        poll_child(engine)


def wait_for_save(test):
    """The same for a CommandTestCase, also when it talks to a real server."""
    if not REAL:
        wait_for_child(test.engine)
        return
    while b"rdb_bgsave_in_progress:1" in test.client.wire("INFO persistence"):
        pass


def is_running(pid):
    """Whether there is such a process. One that nobody has collected the exit status of (a zombie) does not count."""
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] != b"Z"
    except ProcessLookupError:
        return False
    except FileNotFoundError:                   # gone meanwhile, or not Linux
        return not os.path.isdir("/proc/self")
