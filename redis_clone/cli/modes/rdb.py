"""--rdb, --functions-rdb: a copy of a server's data, or of its functions only, as an RDB file.

The server takes us for a replica that wants the file and nothing else. The file is written under a temporary
name beside its own, which it gets when all of it is on disk: a transfer that breaks off leaves an older copy as
it was. What is no ordinary file ("-" for the standard output, a device, a pipe) is written at once.
"""
import os
import shutil
import stat

from .asking import ModeFailed
from .sync import configure, request

__all__ = ["run"]


class CopyFile:
    """What --rdb writes to. Leaving the `with` before `finish` removes what was written."""

    def __init__(self, name, out):
        self.name = name
        self._path = os.path.realpath(name)
        self._temporary = None
        self._file = out.output
        if name == "-":
            return
        self._replaces = _is_ordinary_file(self._path)
        if self._replaces is None or self._replaces:
            self._temporary = f"{self._path}.{os.getpid()}.part"
        try:
            self._file = open(self._temporary or self._path, "wb")
        except OSError as error:
            raise ModeFailed(f"Error opening '{name}': {error.strerror}") from None

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        if self.name != "-":
            try:
                self._file.close()
            except OSError:                     # it could not write the last bytes, which has been said
                pass
        if self._temporary is not None:
            os.unlink(self._temporary)

    def write(self, piece):
        try:
            self._file.write(piece)
        except OSError as error:
            raise ModeFailed(f"Error writing data to file: {error.strerror}") from None

    def finish(self):
        """Get all to disk and give the file its name."""
        try:
            self._file.flush()
        except OSError as error:
            raise ModeFailed(f"Error writing data to file: {error.strerror}") from None
        if self._temporary is None:
            return
        try:
            os.fsync(self._file.fileno())
            self._file.close()
            if self._replaces:
                # Who may not read the older copy may not read this one either.
                shutil.copymode(self._path, self._temporary)
            os.replace(self._temporary, self._path)
        except OSError as error:
            raise ModeFailed(f"Fail to fsync '{self.name}': {error.strerror}") from None
        self._temporary = None


def _is_ordinary_file(path):
    """None if there is nothing."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return None


def run(connection, options, out):
    """Copy; the status is 0 if the file is complete."""
    name = options.rdb_file
    configure(connection, out, "capa", "eof")
    configure(connection, out, "rdb-only", "1")         # an older server does not know it, and goes on sending
    if "--functions-rdb" in options.modes and not configure(connection, out, "rdb-filter-only", "functions"):
        raise ModeFailed("Failed requesting functions only RDB from server, aborting")
    with connection.detach() as sock:
        payload = request(sock)
        what = "bytes of bulk transfer until EOF marker" if payload.size is None else f"{payload.size} bytes"
        out.complain(f"SYNC sent to master, writing {what} to '{name}'")
        size = 0
        with CopyFile(name, out) as file:
            for piece in _received(payload):
                file.write(piece)
                size += len(piece)
            sock.close()                                # at once: the disk may take its time
            file.finish()
    length = f" after {size} bytes" if payload.size is None else "."
    out.complain(f"Transfer finished with success{length}")
    return 0


def _received(payload):
    try:
        yield from payload.pieces()
    except (OSError, EOFError):
        raise ModeFailed("I/O Error reading RDB payload from socket") from None
