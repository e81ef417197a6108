"""Cutting off the end of an append-only file: a tail that cannot be read, or all that is later than some moment.

First a `Cut` is planned from a report, then carried out. Only the last file of an append-only file of several parts
can be cut: what the later ones do builds on those before them. RDB files are never changed.
"""
import os

from ..persistence.safe_file import sync_file
from .files import MANIFEST, RDB, UNKNOWN, damaged_files

__all__ = ["Cut", "CannotCut", "plan_fix", "plan_until"]


class CannotCut(Exception):
    """Nothing will be cut; the text says why."""


class Cut:
    """That `path` of `size` bytes is to end at `offset`. `lost` are requests behind the damage that can be read."""

    def __init__(self, path, offset, size, lost=0):
        self.path = path
        self.offset = offset
        self.size = size
        self.lost = lost

    def carry_out(self):
        """Cut the file off, and return when that is on disk. Raises CannotCut."""
        try:
            with open(self.path, "r+b") as file:
                if os.fstat(file.fileno()).st_size != self.size:
                    raise CannotCut("it has grown or shrunk meanwhile: is a server writing to it?")
                file.truncate(self.offset)
                sync_file(file.fileno())
        except OSError as error:
            raise CannotCut(error.strerror or str(error)) from None


def plan_fix(report):
    """The Cut that makes intact what the report is about; None when it is. Raises CannotCut."""
    damaged = damaged_files(report)
    if not damaged:
        return None
    if len(damaged) > 1:
        raise CannotCut("more than one file is damaged, and only the end of the last one can be cut off")
    file = damaged[0]
    damage = file["damage"]
    if file["kind"] == RDB:
        raise CannotCut("RDB files are never changed")
    if file["kind"] == MANIFEST:
        raise CannotCut("manifests are never changed")
    if file["kind"] == UNKNOWN or damage["cut_from"] is None:
        raise CannotCut("nothing can be done about this")
    if file is not _last_file(report):
        raise CannotCut(f"{file['path']} is not the last file: what follows builds on what would be cut off")
    return Cut(file["path"], damage["cut_from"], file["size"], damage["requests_after"])


def plan_until(report, until_s):
    """The Cut that takes away what was written later than `until_s`, as the report found it; None: there is nothing.

    Raises CannotCut.
    """
    last = _last_file(report)
    for file in _files(report):
        if file["damage"] and file is not last or file["damage"] and file.get("later_from") is None:
            raise CannotCut("it is damaged")
        if file.get("later_from") is not None and file is not last:
            raise CannotCut(f"{file['path']} has requests later than that, but is not the last file")
    if last is None or last.get("later_from") is None:
        return None
    if last["later_from"] == 0:
        raise CannotCut(f"{last['path']} has nothing before timestamp {until_s}")
    return Cut(last["path"], last["later_from"], last["size"])


def _files(report):
    """The report of each file whose contents count, in order; that of a manifest if it cannot be read."""
    if report["kind"] != MANIFEST or report["damage"]:
        return [report]
    return [file["report"] for file in report["files"]]


def _last_file(report):
    files = _files(report)
    return files[-1] if files else None
