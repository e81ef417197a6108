"""What is at a path, and the report of it: one file, or a manifest and its files.

What a file is, its first bytes say, or else its name. Files are mapped into memory, not read into it. Nothing is
ever written here.
"""
import contextlib
import mmap
import os
import stat

from ..persistence.aof_manifest import Manifest, ManifestError
from .aof_contents import examine_aof
from .rdb_contents import examine_rdb

__all__ = ["Unreadable", "examine", "damaged_files", "RDB", "AOF", "MANIFEST", "UNKNOWN"]

RDB, AOF, MANIFEST, UNKNOWN = "rdb", "aof", "manifest", "unknown"

_MAGIC = b"REDIS"
_MANIFEST_SUFFIX = ".manifest"
_MANIFEST_HEAD = 4096           # bytes in which a manifest's first line that is no comment is looked for
_MANIFEST_MAX = 1 << 24         # a larger one is not real
_LINE_MAX = 1024                # of a manifest, as persistence/aof_manifest.py reads it


class Unreadable(Exception):
    """There is nothing at this path that could be examined; the text says why."""


def examine(path, now_ms, until_s=None, progress=lambda path, position, size: None):
    """The report of what is at `path`: a file, or a directory with a manifest. Raises Unreadable.

    `now_ms` is the date; `until_s` see aof_contents.py; ``progress(path, position, size)`` is called now and then.
    """
    if os.path.isdir(path):
        path = _manifest_in(path)
    with _mapped(path) as data:
        kind = _kind(path, data)
        if kind == MANIFEST:
            return _examine_manifest(path, bytes(data[:_MANIFEST_MAX]), now_ms, until_s, progress)
        return _examine_data(path, kind, data, now_ms, until_s, progress)


def damaged_files(report):
    """The reports with damage of their own: this one, or those of a manifest's files."""
    found = [report] if report["damage"] else []
    for file in report.get("files", ()):
        found += damaged_files(file["report"])
    return found


def _manifest_in(directory):
    try:
        names = [name for name in sorted(os.listdir(directory))
                 if name.endswith(_MANIFEST_SUFFIX) and not name.startswith("temp-")]
    except OSError as error:
        raise Unreadable(f"{directory}: {error.strerror}") from None
    if len(names) != 1:
        raise Unreadable(f"{directory}: there is no manifest in this directory" if not names else
                         f"{directory}: there are {len(names)} manifests in this directory: name one of them")
    return os.path.join(directory, names[0])


@contextlib.contextmanager
def _mapped(path):
    """The contents of a plain file, as bytes or an mmap."""
    try:
        # Not opened before that is known: opening a pipe would wait for somebody who writes.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise Unreadable(f"{path}: not a plain file")
        with open(path, "rb") as file:
            if not os.fstat(file.fileno()).st_size:
                data = b""
            else:
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError, OverflowError) as error:      # the latter two: a path, or a size, that cannot be
        raise Unreadable(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    if not data:
        yield data
        return
    with data:
        yield data


def _kind(path, data):
    if data[:len(_MAGIC)] == _MAGIC:
        return RDB
    if path.endswith(_MANIFEST_SUFFIX) or _begins_like_manifest(data[:_MANIFEST_HEAD]):
        return MANIFEST
    if path.endswith(".rdb"):
        return RDB
    return AOF if not data or data[:1] in b"*#" else UNKNOWN


def _begins_like_manifest(head):
    lines = [line for line in head.split(b"\n") if not line.startswith(b"#")]
    return bool(lines) and lines[0].startswith(b"file ")


def _examine_data(path, kind, data, now_ms, until_s, progress):
    """The report of a file that is no manifest."""
    size = len(data)
    report = {"path": path, "kind": kind, "size": size, "damage": None}
    if kind == UNKNOWN:
        report["damage"] = {"offset": 0, "reason": "neither an RDB file nor an append-only file nor a manifest",
                            "intact": {}, "cut_from": None}
        return report

    def tell(position):
        progress(path, position, size)

    start = 0
    if kind == RDB:
        contents, start = examine_rdb(data, now_ms, tell)
        if start is None or not _has_requests(data, start, contents["aux"]):
            report.update(contents, bytes_after=0 if start is None else size - start)
            return report
        report.update(kind=AOF, rdb=contents)
    else:
        report["rdb"] = None
    report.update(examine_aof(data, start, until_s, tell))
    return report


def _has_requests(data, end, aux):
    """Whether requests follow the end of an RDB file, or something that should be requests."""
    is_part = aux.get("aof-preamble") == "1" or aux.get("aof-base") == "1"
    return end < len(data) and (is_part or data[end:end + 1] in b"*#")


# ---- manifests ----------------------------------------------------------------------------------------

def _examine_manifest(path, text, now_ms, until_s, progress):
    report = {"path": path, "kind": MANIFEST, "size": len(text), "damage": None, "files": [], "history": []}
    try:
        manifest = Manifest.parse(text)
    except ManifestError as error:
        report["damage"] = {"offset": _offset_of_line(text, error.line_number), "line": error.line_number,
                            "reason": error.reason, "intact": {}, "cut_from": None}
        return report
    directory = os.path.dirname(path)
    for file in manifest.files():
        part = os.path.join(directory, file.name)
        report["files"].append({
            "name": file.name, "role": "base" if file is manifest.base else "increment", "sequence": file.sequence,
            "report": _examine_part(part, now_ms, until_s, progress)})
    report["history"] = [{"name": file.name, "sequence": file.sequence,
                          "exists": os.path.exists(os.path.join(directory, file.name))} for file in manifest.history]
    return report


def _examine_part(path, now_ms, until_s, progress):
    """The report of a file of a manifest, where a missing one is damage, and so is what belongs elsewhere."""
    try:
        with _mapped(path) as data:
            kind = RDB if data[:len(_MAGIC)] == _MAGIC else AOF
            return _examine_data(path, kind, data, now_ms, until_s, progress)
    except Unreadable as error:
        if os.path.isfile(path):
            raise
        reason = "the file is missing" if not os.path.exists(path) else str(error)[len(path) + 2:]
        return {"path": path, "kind": UNKNOWN, "size": None,
                "damage": {"offset": 0, "reason": reason, "intact": {}, "cut_from": None}}


def _offset_of_line(text, number):
    """Where the line with this number, counted from 1, begins. A line that is too long counts as several."""
    position = 0
    for _ in range(number - 1):
        limit = position + _LINE_MAX
        position = text.find(b"\n", position, limit) + 1 or min(limit, len(text))
    return position
