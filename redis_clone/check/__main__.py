"""The command line of the checks: which files, what to print, and what to ask before something is cut off.

Reports go to the standard output. Progress, questions and complaints go to the standard error, so that a
report can be read by a program.
"""
import argparse
import json
import os
import sys
import time

from .files import Unreadable, damaged_files, examine
from .repair import CannotCut, plan_fix, plan_until
from .text import lines_of, plural, printable

__all__ = ["main"]

INTACT, DAMAGED, UNUSABLE = 0, 1, 2         # exit statuses

_PROGRESS_S = 0.2
_PROGRAM = "python3 -m redis_clone.check"

_DESCRIPTION = """\
Say what files of Redis hold and whether they are intact: RDB files (dump.rdb), append-only files, with or without
an RDB file at their start, and manifests of append-only files of several parts (appendonly.aof.manifest) or the
directory that one is in, with all their files.

Where a file is damaged, the offset and the reason are given, and what is intact before it. Nothing is
ever changed without --fix or --truncate-to-timestamp, and RDB files never are.
"""

_EPILOG = """\
exit status:
  0  all files are intact, or have been made so
  1  a file is damaged, or could not be changed as asked
  2  wrong usage, or a file that cannot be read

examples:
  %(prog)s dump.rdb
  %(prog)s --json appendonlydir > report.json
  %(prog)s --fix appendonlydir/appendonly.aof.manifest

Before a file is changed, stop the server that uses it, and make a copy of it.
"""


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def error(self, message):
        self.exit(UNUSABLE, f"{self.prog}: {message}. See --help.\n")


def main(argv=None):
    """Check what the arguments name; returns the exit status."""
    arguments = _parser().parse_args(argv)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return _check_all(arguments)
    except KeyboardInterrupt:
        return 130                          # as a shell says it
    except BrokenPipeError:                 # whoever read the report has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DAMAGED


def _parser():
    parser = _Parser(prog=_PROGRAM, description=_DESCRIPTION, epilog=_EPILOG,
                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", metavar="FILE",
                        help="an RDB file, an append-only file, a manifest, or a directory with one")
    change = parser.add_mutually_exclusive_group()
    change.add_argument("--fix", action="store_true",
                        help="cut off the end of an append-only file from the first byte that cannot be read on; of "
                             "several parts, only the last can be cut")
    change.add_argument("--truncate-to-timestamp", type=_seconds, metavar="N",
                        help="cut off what was written after this time, in seconds since 1970, if the file has time "
                             "stamps (aof-timestamp-enabled)")
    parser.add_argument("--yes", action="store_true", help="change files without asking")
    parser.add_argument("--json", action="store_true", help="print the same facts as JSON: a list of reports")
    return parser


def _seconds(text):
    seconds = int(text)
    if seconds <= 0:
        raise ValueError
    return seconds


_seconds.__name__ = "time"                  # what argparse calls it


def _check_all(arguments):
    status, reports = INTACT, []
    for path in arguments.paths:
        progress = _Progress()
        try:
            report = examine(path, time.time() * 1000, arguments.truncate_to_timestamp, progress.tell)
        except Unreadable as error:
            progress.end()
            _complain(str(error))
            reports.append({"path": path, "error": str(error)})
            status = UNUSABLE
            continue
        progress.end()
        if not arguments.json:
            print("\n".join([""] * bool(reports) + list(lines_of(report))), flush=True)
        reports.append(report)
        status = max(status, _change(arguments, report))
    if arguments.json:
        print(json.dumps(reports, indent=2))
    return status


def _complain(text):
    print(f"{_PROGRAM}: {printable(text, None)}", file=sys.stderr)


# ---- changing -----------------------------------------------------------------------------------------

def _change(arguments, report):
    """Do with the file what was asked for; returns the exit status."""
    until_s = arguments.truncate_to_timestamp
    status = DAMAGED if damaged_files(report) else INTACT
    try:
        if arguments.fix:
            cut = plan_fix(report)
        elif until_s is not None:
            cut = plan_until(report, until_s)
        else:
            return status
        if cut is not None:
            _confirm(arguments, cut)
            cut.carry_out()
    except CannotCut as error:
        _complain(f"{report['path']}: not changed: {error}")
        return DAMAGED
    if cut is not None:
        report["cut"] = {"path": cut.path, "from": cut.offset, "bytes": cut.size - cut.offset}
    if not arguments.json:
        print("  Nothing to be cut off." if cut is None else
              f"  Cut off: {printable(cut.path, None)} ends at byte {cut.offset:,} now.", flush=True)
    return INTACT


def _confirm(arguments, cut):
    """Say what would be done, and return if it may be. Raises CannotCut."""
    print(f"{printable(cut.path, None)}: {plural(cut.size - cut.offset, 'byte')} of {cut.size:,} will be cut off, "
          f"from byte {cut.offset:,} on", file=sys.stderr)
    if cut.lost:
        print(f"That is not only a torn end: {plural(cut.lost, 'request')} after the damage can be read, "
              "and will be lost", file=sys.stderr)
    if arguments.yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise CannotCut("there is no terminal to ask at, and no --yes")
    print("Continue? [y/N]: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise CannotCut("it was not wanted")


# ---- progress -----------------------------------------------------------------------------------------

class _Progress:
    """One line on a terminal, which is gone when the file is done."""

    def __init__(self):
        self._shown = 0                     # characters
        self._next_s = time.monotonic() + _PROGRESS_S
        self._is_on = sys.stderr is not None and sys.stderr.isatty()

    def tell(self, path, position, size):
        """So far the file is read."""
        if not self._is_on or time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + _PROGRESS_S
        line = (f"{printable(os.path.basename(path))}: {position >> 20:,} of {size >> 20:,} MB, "
                f"{100 * position // size} %")
        print("\r" + line.ljust(self._shown), end="", file=sys.stderr, flush=True)
        self._shown = len(line)

    def end(self):
        """Remove the line."""
        if self._shown:
            print("\r" + " " * self._shown + "\r", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
