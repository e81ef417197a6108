"""A new file that takes another's place only when it is complete and on disk.

The new contents go to a temporary file in the same directory. When all is written and synced, one rename puts
it in place, and the directory is synced, so that the rename itself lasts. Whatever happens before, the
old file is what it was.

    with NewFile("/data/dump.rdb", "/data/temp-17.rdb") as file:
        file.write(b"...")                      # as often as you like
        file.commit()                           # without this the temporary file is removed

`commit` is two steps for those who write in one process and decide in another: `finish` leaves a complete
temporary file behind, `move_into_place` does the rest.

All errors are OSErrors. No locks: a NewFile belongs to one thread. Writes are not gathered here; give it large pieces.
"""
import errno
import os
import re
import time

try:
    import fcntl
except ImportError:                             # Windows
    fcntl = None

__all__ = ["NewFile", "move_into_place", "remove", "remove_leftovers", "sync_data", "sync_directory", "sync_file",
           "temporary_path"]

_STARTED_S = time.time() - 1    # nothing that this process has written is older
_SYNC_BYTES = 4 << 20           # how much may wait for the disk: the last sync is as short as all others
_FLAGS = (os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
          | getattr(os, "O_NOFOLLOW", 0))
_FULL_SYNC = getattr(fcntl, "F_FULLFSYNC", None)        # macOS: there fsync leaves data in the disk's own cache


class NewFile:
    """Writes `temporary`, which `commit` makes `path`. Creating it opens the file.

    With `incremental` the disk is kept up with as the file grows; otherwise all is synced at the end.
    """

    def __init__(self, path, temporary, incremental=True):
        self.path = path
        self.temporary = temporary
        self.size = 0                           # bytes written
        self.in_place = False                   # it has its name, be it that nobody knows for how long
        self._unsynced = 0
        self._most_unsynced = _SYNC_BYTES if incremental else float("inf")
        self._descriptor = os.open(temporary, _FLAGS, 0o644)

    def write(self, data):
        """Append bytes."""
        rest = memoryview(data)
        while rest:
            written = os.write(self._descriptor, rest)
            self.size += written
            self._unsynced += written
            rest = rest[written:]
        if self._unsynced >= self._most_unsynced:
            sync_data(self._descriptor)
            self._unsynced = 0

    def finish(self):
        """Get everything to disk and close: the temporary file is complete, and stays."""
        sync_file(self._descriptor)
        self._close()

    def commit(self):
        """Make this the file at `path`, for good."""
        if self._descriptor is not None:
            self.finish()
        _replace(self.temporary, self.path)
        self.in_place = True
        sync_directory(os.path.dirname(self.path))

    def abandon(self):
        """Remove the temporary file, unless it was finished."""
        if self._descriptor is not None:
            try:
                self._close()
            finally:
                remove(self.temporary)

    def _close(self):
        descriptor, self._descriptor = self._descriptor, None
        os.close(descriptor)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.abandon()


def move_into_place(temporary, path):
    """Give a complete file its name, in place of the one that has it; a file that cannot have it is removed."""
    _replace(temporary, path)
    sync_directory(os.path.dirname(path))


def _replace(temporary, path):
    try:
        os.replace(temporary, path)
    except OSError:
        remove(temporary)
        raise


def temporary_path(directory, kind, owner, suffix):
    """A name for what this process writes: ``temp-<kind><process id>-<owner><suffix>``; `owner` is eight hex digits.

    The owner, too, is in it since there may be several servers in a process, and an old orphan of the same number.
    """
    return os.path.join(directory, f"temp-{kind}{os.getpid()}-{owner}{suffix}")


def remove_leftovers(directory, kind, suffix):
    """Remove what processes that were killed have left of such files; returns the names."""
    if not hasattr(os, "fork"):                 # Windows, where nobody can be asked whether a process lives
        return []
    pattern = re.compile(re.escape(f"temp-{kind}") + r"(\d+)-[0-9a-f]{8}" + re.escape(suffix))
    found = []
    try:
        names = os.listdir(directory)
    except OSError:
        return found
    for name in names:
        match = pattern.fullmatch(name)
        path = os.path.join(directory, name)
        if match and not _may_be_in_work(path, int(match.group(1))):
            remove(path)
            found.append(name)
    return found


def _may_be_in_work(path, pid):
    if pid == os.getpid():                      # in a container every server may have the same
        return os.path.getmtime(path) >= _STARTED_S
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        pass                                    # somebody else's
    return True


def remove(path):
    """Remove a file if it is there and can be removed."""
    try:
        os.unlink(path)
    except OSError:
        pass


def sync_file(descriptor):
    """Return when all that was written is on disk."""
    if _FULL_SYNC is not None:
        try:
            fcntl.fcntl(descriptor, _FULL_SYNC)
            return
        except OSError:
            pass                                # a file system without it
    os.fsync(descriptor)


# The same, except that facts about the file other than its size may be missing.
sync_data = getattr(os, "fdatasync", sync_file)


def sync_directory(path):
    """Return when the names in a directory are on disk; where directories cannot be synced, at once."""
    if os.name == "nt":
        return
    descriptor = os.open(path or ".", os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EBADF):      # some network file systems
            raise
    finally:
        os.close(descriptor)
