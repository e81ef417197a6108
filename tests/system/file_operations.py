"""What a server does to its files, operation by operation: to end it, to fail it, or to cut the power at each one.

`watch_operations` puts itself in the place of the functions of `os` that open, write, sync, rename and remove,
in this process only, which therefore is a fork made for the purpose. Before each operation below a directory
it calls a hook. Three are here:

- `Kill` ends the process with SIGKILL at the n-th operation; of a write the first half is done.
- `Fail` has the n-th operation fail as on a full disk: of a write the first half is done, and the next one fails.
- `Pictures` copies at each operation what is there, and what would be if the power went off at that moment: of
  files the bytes as of their last fsync, of directories the names as of theirs.
"""

import errno
import functools
import mmap
import os
import signal
import sys
import threading

# With a path as their first argument, or a descriptor
BY_PATH = ("open", "replace", "rename", "unlink", "remove", "rmdir", "mkdir", "truncate")
BY_DESCRIPTOR = ("write", "fsync", "fdatasync", "ftruncate")
CHANGING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def watch_operations(directory, hook):
    """Have ``hook.before(name, arguments)`` called before each operation below `directory`, and ``hook.after``.

    `before` may raise, or return what the operation is to return without having been done. What `hook` itself
    uses must be what `os` had before.
    """
    watched = set()                             # descriptors of files there

    def by_path(name, original):
        @functools.wraps(original)
        def operation(path, *arguments, **options):
            reads = name == "open" and not arguments[0] & CHANGING
            if not os.path.abspath(os.fsdecode(path)).startswith(directory) or reads and not os.path.isdir(path):
                return original(path, *arguments, **options)
            result = None if reads else hook.before(name, (path, *arguments))
            if result is None:
                result = original(path, *arguments, **options)
            if name == "open":
                watched.add(result)
            hook.after(name, (path, *arguments))
            return result
        return operation

    def by_descriptor(name, original):
        @functools.wraps(original)
        def operation(descriptor, *arguments):
            if descriptor not in watched:
                return original(descriptor, *arguments)
            result = hook.before(name, (descriptor, *arguments))
            if result is None:
                result = original(descriptor, *arguments)
            hook.after(name, (descriptor, *arguments))
            return result
        return operation

    def close(descriptor, original=os.close):
        watched.discard(descriptor)
        original(descriptor)

    def dup(descriptor, original=os.dup):
        copy = original(descriptor)
        if descriptor in watched:
            watched.add(copy)
        return copy

    replace_function("close", close)
    replace_function("dup", dup)
    for names, wrap in (BY_PATH, by_path), (BY_DESCRIPTOR, by_descriptor):
        for name in names:
            if hasattr(os, name):
                replace_function(name, wrap(name, getattr(os, name)))


def replace_function(name, replacement):
    """In `os`, and where the server has given it another name."""
    original = getattr(os, name)
    for module_name, module in list(sys.modules.items()):
        if module is os or module_name.startswith("redis_clone"):
            for alias, value in list(vars(module).items()):
                if value is original:
                    setattr(module, alias, replacement)


class Operations:
    """Counts the operations of this process, or of its children if `in_child`, and does something at the n-th.

    `report` is called just before that.
    """

    def __init__(self, turn, in_child, report):
        self.turn = turn
        self.in_child = in_child
        self.report = report
        self._own = os.getpid()
        # Shared with the children: only one of them is to suffer. A child has no way to report.
        self._count, self._done = mmap.mmap(-1, 4), mmap.mmap(-1, 1)
        self._write = os.write                  # as it was before

    def before(self, name, arguments):
        if (os.getpid() != self._own) != self.in_child:
            return None
        count = int.from_bytes(self._count[:], "little") + 1
        self._count[:] = count.to_bytes(4, "little")
        if count == self.turn:
            self._done[0] = 1
            if not self.in_child:
                self.report(f"at {name}")
            return self.act(name, arguments)
        return None

    @property
    def done(self):
        return self._done[0] == 1

    def finish(self):
        """The scenario is over; whoever it was done to was not this process."""
        if self.in_child and self.done:
            self.report("at one in the child")

    def write_half(self, descriptor, data):
        return self._write(descriptor, bytes(data)[:(len(data) + 1) // 2])

    def act(self, name, arguments):
        raise NotImplementedError

    def after(self, name, arguments):
        pass


class Kill(Operations):
    def act(self, name, arguments):
        if name == "write":
            self.write_half(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)
        signal.pause()


class Fail(Operations):
    _half_written = False

    def before(self, name, arguments):
        if self._half_written and name == "write":
            self._half_written = False
            self._fail()
        return super().before(name, arguments)

    def act(self, name, arguments):
        """A disk without room for all of a write takes what it can, and then nothing."""
        if name == "write":
            self._half_written = True
            return self.write_half(*arguments)
        return self._fail()

    def _fail(self):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Pictures:
    """At each operation puts down below `target` what would be left of `directory`, in three cases.

    - "killed": the process ends there; of a write the first half is done.
    - "cut": the power goes off; bytes and names are as of their last sync.
    - "renamed": the same, but the names have got to the disk before, and without, the bytes.

    ``scene.picture(name, picture)`` learns what is on it, path -> bytes or None for a directory, and returns what is to
    be reported once it is complete, or None if it is not wanted.
    """

    def __init__(self, directory, target, scene):
        self.directory = directory
        self.target = target
        self.scene = scene
        self._lock = threading.Lock()           # the server has threads
        self._count = 0
        self._read, self._open, self._mkdir = os.pread, os.open, os.mkdir
        if hasattr(os, "fork"):
            del os.fork                         # a child would keep its knowledge for itself
        self._kept = {}                         # inode -> a descriptor, so that its number does not come again
        self._synced = {}                       # inode -> bytes
        self._names = {directory: self._listing(directory)}     # directory -> {name: inode, None for a directory}
        self._sync_size = {}                    # descriptor -> size when its sync began

    def before(self, name, arguments):
        with self._lock:
            if name in ("fsync", "fdatasync"):
                self._sync_size[arguments[0]] = os.fstat(arguments[0]).st_size
            self._count += 1
            self._put_down_killed(name, arguments)
            self._put_down(f"cut-{self._count}", lambda folder: self._names.get(folder, {}), self._safe_content)
            self._put_down(f"renamed-{self._count}", self._listing, self._safe_content)

    def _put_down_killed(self, name, arguments):
        torn = {}
        if name == "write":
            torn = {os.fstat(arguments[0]).st_ino: bytes(arguments[1])[:(len(arguments[1]) + 1) // 2]}
        self._put_down(f"killed-{self._count}", self._listing,
                       lambda inode: self._content(inode) + torn.get(inode, b""))

    def after(self, name, arguments):
        if name in ("fsync", "fdatasync"):
            with self._lock:
                self._note_sync(arguments[0])

    def finish(self):
        pass

    def _note_sync(self, descriptor):
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        if os.path.isdir(path):
            self._names[path] = self._listing(path)
            return
        inode = os.fstat(descriptor).st_ino
        self._keep(inode, f"/proc/self/fd/{descriptor}")
        self._synced[inode] = self._content(inode)[:self._sync_size[descriptor]]

    def _keep(self, inode, path):
        if inode not in self._kept:
            self._kept[inode] = self._open(path, os.O_RDONLY)

    def _content(self, inode):
        descriptor = self._kept[inode]
        return self._read(descriptor, os.fstat(descriptor).st_size, 0)

    def _safe_content(self, inode):
        return self._synced.get(inode, b"")

    def _listing(self, folder):
        names = {}
        for entry in os.scandir(folder):
            names[entry.name] = None if entry.is_dir() else entry.inode()
            if not entry.is_dir():
                self._keep(entry.inode(), entry.path)
        return names

    def _put_down(self, name, listing, content):
        picture = dict(self._walk(self.directory, "", listing, content))
        report = self.scene.picture(name, picture)
        if report is None:
            return
        target = os.path.join(self.target, name)
        self._mkdir(target)
        for path, data in picture.items():
            if data is None:
                self._mkdir(os.path.join(target, path))
            else:
                with open(os.path.join(target, path), "wb") as file:
                    file.write(data)
        self.scene.report(report)

    def _walk(self, folder, prefix, listing, content):
        for name, inode in listing(folder).items():
            if inode is None:
                yield prefix + name, None
                yield from self._walk(os.path.join(folder, name), f"{prefix}{name}/", listing, content)
            else:
                yield prefix + name, content(inode)


class FailThenPictures(Pictures):
    """The n-th operation fails, as with `Fail`. What SIGKILL would leave during the next few is put down."""

    few = 8

    def __init__(self, turn, directory, target, scene):
        super().__init__(directory, target, scene)
        self._fail = Fail(turn, False, scene.report)
        self._turn, self._last = turn, turn + self.few

    def before(self, name, arguments):
        result = self._fail.before(name, arguments)
        with self._lock:
            self._count += 1
            if self._fail.done and self._turn < self._count <= self._last:
                self._put_down_killed(name, arguments)
        return result

    def after(self, name, arguments):
        pass
