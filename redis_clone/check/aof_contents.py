"""What an append-only file holds: requests by command, transactions, time stamps; and where it cannot be read.

The reader (persistence/aof_format.py) takes the requests; what they do is not looked at. A transaction counts
as a whole, as with Redis' own tool: where it is never executed, or damaged, the file is intact up to its MULTI.

A server accepts requests that none writes, say with a wrong byte where a line should end. They are no damage,
since it loads them, but a sign of some: where the first of them is, the report says.

Behind damage there may be requests that can be read again. They are looked for, so that whoever cuts the file off
knows what is lost.
"""
import re
from collections import Counter

from ..persistence.aof_format import AofError, AofReader, AofTruncated, encode_request

__all__ = ["examine_aof"]

_NAMES_MAX = 1000               # different commands that are counted one by one
_NAME_BYTES = 64
_OTHERS = b"(OTHERS)"

_REQUEST = re.compile(rb"\n(?=\*\d{1,7}\r\n\$\d{1,12}\r\n)")        # what may be the start of one, in damaged data
_TRIES = 1000                   # such places that are looked at
_TRY_BYTES = 1 << 16            # which need to show a whole request

_ZEROS_PIECE = 1 << 20


def examine_aof(data, start, until_s, progress):
    """The report of the requests in `data` (bytes or an mmap) from `start` on.

    `until_s` is None or a time in seconds: "later_from" is where what was written after it begins.
    ``progress(position)`` is called now and then.
    """
    tally = _Tally(start, until_s)
    reader = AofReader(data, start)
    damage = None
    try:
        for offset, requests in reader:
            tally.take(offset, requests, reader, data)
            progress(reader.position)
        tally.finish(reader)
    except AofError as error:
        damage = _describe(data, error, tally)
    return {**tally.facts(), "damage": damage}


def _describe(data, error, tally):
    """The damage, for the report."""
    damage = {"offset": error.offset, "reason": error.reason, "intact": {"requests": tally.intact_requests},
              "cut_from": tally.intact_until, "requests_after": 0, "readable_from": None}
    # A wrong length in the middle of a file looks like its end, so requests are looked for in any case.
    if not tally.is_finished:
        damage["readable_from"], damage["requests_after"] = _readable_after(data, error.offset)
        if damage["readable_from"] is None and _only_zeros(data, error.offset):
            damage["reason"] = "there are only zero bytes from here on"
    return damage


def _readable_after(data, offset):
    """``(where, how many)`` requests can be read again after what is wrong at `offset`; (None, 0): none."""
    for count, found in enumerate(_REQUEST.finditer(data, offset)):
        start = found.end()
        if count == _TRIES:
            break
        if _requests_in(data, start, min(start + _TRY_BYTES, len(data))):
            return start, _requests_in(data, start, len(data))
    return None, 0


def _requests_in(data, start, end):
    count = 0
    try:
        for _, requests in AofReader(data, start, end):
            count += len(requests)
    except AofError:
        pass
    return count


def _only_zeros(data, start):
    return not any(data[at:at + _ZEROS_PIECE].strip(b"\0") for at in range(start, len(data), _ZEROS_PIECE))


class _Tally:
    """Counts requests as they come; those of a transaction when it is complete."""

    def __init__(self, start, until_s):
        self.intact_until = start
        self.intact_requests = 0
        self.is_finished = False
        self._names = Counter()
        self._pending = None            # Counter of the transaction that has begun
        self._transactions = 0
        self._until_s = until_s
        self._later_from = None
        self._first_s = self._last_s = None
        self._unusual_at = None

    def take(self, offset, requests, reader, data):
        """Count a batch of the reader's; raises AofError when MULTI or EXEC come where they cannot."""
        self._note_time(reader.timestamp)
        if self._unusual_at is None:
            self._unusual_at = _first_unusual(data, offset, requests)
        if _is_lone(requests[0], b"MULTI"):
            if self._pending is not None:
                raise AofError(offset, "MULTI within a transaction")
            self._pending = Counter()
        ends_here = _is_lone(requests[-1], b"EXEC")
        if self._pending is None and ends_here:
            self._count(self._names, requests[:-1])
            self.intact_until = _start_of_last(data, offset, reader.position)
            raise AofError(self.intact_until, "EXEC without MULTI")
        self._count(self._names if self._pending is None else self._pending, requests)
        if ends_here:
            self._transactions += 1
            self._add(self._pending)
            self._pending = None
        if self._pending is None:
            self.intact_until = reader.position

    def finish(self, reader):
        """There are no more requests; raises AofTruncated when some are missing."""
        self._note_time(reader.timestamp)
        self.is_finished = True
        if self._pending is not None:
            raise AofTruncated(self.intact_until, "the data ends before the EXEC of a transaction")
        self.intact_until = reader.position

    def _count(self, names, requests):
        for argv in requests:
            name = argv[0][:_NAME_BYTES].upper()
            names[name if name in names or len(names) < _NAMES_MAX else _OTHERS] += 1
        if names is self._names:
            self.intact_requests += len(requests)

    def _add(self, pending):
        for name, count in pending.items():
            self._names[name if name in self._names or len(self._names) < _NAMES_MAX else _OTHERS] += count
        self.intact_requests += sum(pending.values())

    def _note_time(self, time_s):
        if time_s is None:
            return
        if self._first_s is None:
            self._first_s = time_s
        self._last_s = time_s
        if self._until_s is not None and time_s > self._until_s and self._later_from is None:
            self._later_from = self.intact_until

    def facts(self):
        """What has been counted, for the report."""
        return {
            "requests": self.intact_requests,
            "commands": {name.decode("utf-8", "backslashreplace"): count
                         for name, count in sorted(self._names.items(), key=lambda item: (-item[1], item[0]))},
            "transactions": self._transactions,
            "timestamps": None if self._first_s is None else {"first_s": self._first_s, "last_s": self._last_s},
            "later_from": self._later_from,
            "unusual_at": self._unusual_at,
        }


def _is_lone(argv, name):
    return len(argv) == 1 and argv[0].upper() == name


def _first_unusual(data, offset, requests):
    """Where the first of the requests is that is not written as a server writes it; None: all are."""
    for argv in requests:
        usual = encode_request(argv)
        end = offset + len(usual)
        if data[offset:end] != usual:
            return offset
        offset = end
    return None


def _start_of_last(data, start, end):
    """Where the last of the requests between these offsets begins: without its last byte it cannot be read."""
    try:
        for _ in AofReader(data, start, end - 1):
            pass
    except AofTruncated as error:
        return error.offset
    raise AssertionError("a request can be read without its last byte")
