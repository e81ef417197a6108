"""Requests: what a client sends, cut into argument lists. It knows nothing of sockets or commands.

Requests come as ``*2\\r\\n$3\\r\\nGET\\r\\n$1\\r\\nk\\r\\n`` or, typed by hand, as a line of words ("inline").
The hot path splits a whole read at its line ends with one call: the pieces of a regular request
are then its count, and a header and a value in turn. That is right exactly when each header is the one
that the value's length makes; a value that itself holds a line end shifts the pieces, fails this test
and takes the careful path, as does everything incomplete, long, inline or wrong.

The other direction is `resp.py`; what a client of ours reads is `reply_parser.py`.
"""
import re

from .args import parse_int_or_none
from .inline import split_inline
from .resp import BULK_HEADER, CRLF

__all__ = ["RequestParser", "take_regular", "BATCH", "HELD"]

INLINE_LIMIT = 64 * 1024            # longest inline request and longest header line, bytes
MULTIBULK_LIMIT = (1 << 31) - 1     # most arguments of one request
UNAUTHENTICATED_ARGS = 10           # before AUTH a client may not make the server allocate much
UNAUTHENTICATED_BULK = 16384

BATCH = 512                         # requests under one hold of the lock: about a millisecond at most
HELD = ""                           # see RequestParser
_AUTHENTICATING = (b"AUTH", b"HELLO")
# To look for line ends in a long value takes longer than all else. So a read that begins with few of them is parsed step
# by step.
_SHORT, _START, _MANY_LINES = 6144, 1024, 15
_BLANK_LINES = re.compile(rb"(?:\r?\n)*")
# The pieces that a request of n arguments splits into.
_PIECES = {b"*%d" % count: 1 + 2 * count for count in range(1, 1025)}


class RequestParser:
    """Cuts a client's byte stream into requests.

    `feed(data)` returns the requests completed by `data`, each a list of bytes. After a violation of
    the protocol `error` holds the text of the reply and nothing more is parsed; the requests before it
    are still returned. Sometimes there are more requests than it returns: then `error` is HELD, and the next
    call must be ``feed(b"")``. So a batch stays short, and so a client that is not trusted, which is held to
    small requests, is stopped after each AUTH and HELLO, since these may lift that.
    """

    __slots__ = ("error", "max_bulk", "regular", "_unauthenticated", "_rest", "_argv", "_left", "_chunks",
                 "_missing", "_skip", "_held", "_error_after_held")

    def __init__(self, max_bulk=512 * 1024 * 1024):
        self.error = None
        self.max_bulk = max_bulk
        self.regular = True         # nothing below is out of the ordinary: the fast path may be tried
        self._unauthenticated = False
        self._rest = b""            # the start of a line that has not ended yet
        self._argv = None           # arguments of a request that is not complete, else None
        self._left = 0              # how many arguments it lacks
        self._chunks = None         # pieces of a long argument that is not complete
        self._missing = 0           # how many bytes it lacks
        self._skip = 0              # line-end bytes still to come after an argument
        self._held = []             # requests that were too many for one batch
        self._error_after_held = None

    def trust(self, authenticated):
        """Whether the client may send large requests."""
        self._unauthenticated = not authenticated
        self._note_state()

    def feed(self, data):
        """The requests that `data` completes; those before a violation of the protocol, too."""
        requests = []
        if self.regular and (len(data) <= _SHORT or data.count(CRLF, 0, _START) > _MANY_LINES):
            pieces = data.split(CRLF)
            headers = BULK_HEADER
            try:
                if len(pieces) == 8:        # one request of three words, two, or one: what most clients send
                    first, header, name, header2, arg, header3, arg2, rest = pieces
                    if (first == b"*3" and header == headers[len(name)] and header2 == headers[len(arg)]
                            and header3 == headers[len(arg2)] and not rest):
                        return [[name, arg, arg2]]
                elif len(pieces) == 6:
                    first, header, name, header2, arg, rest = pieces
                    if (first == b"*2" and header == headers[len(name)] and header2 == headers[len(arg)]
                            and not rest):
                        return [[name, arg]]
                elif len(pieces) == 4:
                    first, header, name, rest = pieces
                    if first == b"*1" and header == headers[len(name)] and not rest:
                        return [[name]]
                elif len(pieces) - 1 == _PIECES.get(pieces[0]):         # one request of more words
                    argv = pieces[2::2]
                    if not pieces[-1] and pieces[1:-1:2] == [headers[len(arg)] for arg in argv]:
                        return [argv]
            except IndexError:              # an argument longer than the headers made in advance
                pass
            data = take_regular(pieces, requests)
            if not data and len(requests) <= BATCH:
                return requests
        if self._held:
            requests, self._held = self._held, []
            self.error = self._error_after_held
            self._note_state()
        else:
            self._feed_careful(data, requests)
        if len(requests) > BATCH:
            self._held = requests[BATCH:]
            del requests[BATCH:]
            self._error_after_held, self.error = self.error, HELD
            self.regular = False
        return requests

    def _feed_careful(self, data, requests):
        """What the fast path left over, and all there is while a request is not complete."""
        if self.error is HELD:
            self.error = None
        if self._argv is not None or self._rest:
            data = self._resume(data, requests)
            self._note_state()
            if data and self.regular:               # the rest of a cut pipeline may be regular again
                data = take_regular(data.split(CRLF), requests)
        if data:
            self._take_careful(data, requests, None)
        self._note_state()

    def _note_state(self):
        self.regular = (self._argv is None and not self._rest and self.error is None
                        and not self._unauthenticated)

    @property
    def missing(self):
        """How many bytes it lacks of a long argument and its line end; 0 when there is none, or nobody can tell."""
        return self._missing + 2 if self._chunks is not None else 0

    @property
    def buffered(self):
        """Bytes received of a request that is not complete."""
        total = len(self._rest) + sum(map(len, self._argv or ()))
        return total + sum(map(len, self._chunks or ()))

    def _resume(self, data, requests):
        """Complete the request that an earlier read began; returns what follows it."""
        if self._chunks is not None:
            if len(data) < self._missing:
                self._chunks.append(data)
                self._missing -= len(data)
                return b""
            self._chunks.append(memoryview(data)[:self._missing])
            data = data[self._missing:]
            self._argv.append(b"".join(self._chunks))
            self._chunks = None
            self._skip = 2
        if self._rest:
            data = self._rest + data
            self._rest = b""
        return self._take_careful(data, requests, 1)

    def _take_careful(self, data, requests, most):
        """Parse step by step, at most `most` requests; returns the bytes after them."""
        position, size = 0, len(data)
        found = 0
        while position < size and found != most and self.error is None:
            if self._argv is None and data[position] != 42:
                if data[position] in CRLF:
                    after = _BLANK_LINES.match(data, position).end()
                    if after > position:            # else a lone \r, which belongs to the words after it
                        position = after
                        continue
                position, argv = self._take_inline(data, position)
            else:
                position, argv = self._take_multibulk(data, position)
            if position is None:                # incomplete: the state remembers what was there
                return b""
            if argv:
                requests.append(argv)
                found += 1
                if self._unauthenticated and argv[0].upper() in _AUTHENTICATING:
                    self._rest = data[position:]
                    self.error = HELD
                    return b""
            elif most:                          # an empty request completes what was begun, too
                found = most
        return data[position:] if most and self.error is None else b""

    def _take_inline(self, data, position):
        end = data.find(b"\n", position)
        if end < 0 or data.find(b"\0", position, end) >= 0:         # Redis' search for the end stops at a zero
            if len(data) - position > INLINE_LIMIT:
                self.error = "ERR Protocol error: too big inline request"
            self._rest = data[position:]
            return None, None
        if end - position > INLINE_LIMIT:
            self.error = "ERR Protocol error: too big inline request"
            return None, None
        line = data[position:end]
        argv = split_inline(line[:-1] if line.endswith(b"\r") else line)
        if argv is None:
            self.error = "ERR Protocol error: unbalanced quotes in request"
            return None, None
        return end + 1, argv

    def _take_line(self, data, position, kind):
        """The line at `position` without its end, and the position after it; (None, None) when incomplete."""
        end = data.find(b"\r", position)
        if end < 0 or end + 2 > len(data) or data.find(b"\0", position, end) >= 0:
            if len(data) - position > INLINE_LIMIT:
                self.error = f"ERR Protocol error: too big {kind} count string"
            self._rest = data[position:]
            return None, None
        return data[position:end], end + 2

    def _take_multibulk(self, data, position):
        if self._argv is None:
            line, after = self._take_line(data, position, "mbulk")
            if line is None:
                return None, None
            count = parse_int_or_none(line[1:])
            if count is None or count > MULTIBULK_LIMIT:
                self.error = "ERR Protocol error: invalid multibulk length"
                return None, None
            if count > UNAUTHENTICATED_ARGS and self._unauthenticated:
                self.error = "ERR Protocol error: unauthenticated multibulk length"
                return None, None
            position = after
            if count <= 0:
                return position, []
            self._argv, self._left, self._skip = [], count, 0
        argv = self._argv
        size = len(data)
        while True:
            if self._skip:
                step = min(self._skip, size - position)
                position += step
                self._skip -= step
                if self._skip:
                    return None, None
                self._left -= 1
            if not self._left:
                self._argv = None
                return position, argv
            if position >= size:
                return None, None
            line, after = self._take_line(data, position, "bulk")
            if line is None:
                return None, None
            length = self._bulk_length(line)
            if length is None:
                return None, None
            if size - after < length:
                self._chunks = [data[after:]]
                self._missing = length - (size - after)
                return None, None
            argv.append(data[after:after + length])
            position = after + length
            self._skip = 2

    def _bulk_length(self, line):
        if line[:1] != b"$":
            got = line[:1].decode("utf-8", "surrogateescape") or "\r"
            self.error = f"ERR Protocol error: expected '$', got '{got}'"
            return None
        length = parse_int_or_none(line[1:])
        if length is None or not 0 <= length <= self.max_bulk:
            self.error = "ERR Protocol error: invalid bulk length"
            return None
        if length > UNAUTHENTICATED_BULK and self._unauthenticated:
            self.error = "ERR Protocol error: unauthenticated bulk length"
            return None
        return length


def take_regular(pieces, requests):
    """Append the requests that stand complete and regular at the start of a split read; returns the bytes after them.

    A pipeline mostly repeats one shape of request, so a leading run of few words is taken in rows, which costs
    each request half of what the loop for any shape does.
    """
    rest = pieces.pop()                     # had no line end
    headers = BULK_HEADER
    before = len(requests)
    shape = pieces[0] if pieces else b""
    try:
        if shape in _TAKE_ROWS:
            _TAKE_ROWS[shape](pieces, requests)
    except IndexError:                      # an argument longer than the headers made in advance
        pass
    at = (len(requests) - before) * _PIECES.get(shape, 0)
    try:
        while at < len(pieces):
            after = at + _PIECES[pieces[at]]
            argv = pieces[at + 2:after:2]
            if after > len(pieces) or pieces[at + 1:after:2] != [headers[len(arg)] for arg in argv]:
                break
            requests.append(argv)
            at = after
    except (KeyError, IndexError):          # another count, or such an argument
        pass
    return rest if at == len(pieces) else CRLF.join([*pieces[at:], rest])


def _take_twos(pieces, requests):
    headers = BULK_HEADER
    for shape, header, name, header2, arg in zip(*[iter(pieces)] * 5):
        if header != headers[len(name)] or header2 != headers[len(arg)] or shape != b"*2":
            return
        requests.append([name, arg])


def _take_threes(pieces, requests):
    headers = BULK_HEADER
    for shape, header, name, header2, arg, header3, arg2 in zip(*[iter(pieces)] * 7):
        if (header != headers[len(name)] or header2 != headers[len(arg)] or header3 != headers[len(arg2)]
                or shape != b"*3"):
            return
        requests.append([name, arg, arg2])


def _take_fours(pieces, requests):
    headers = BULK_HEADER
    for shape, header, name, header2, arg, header3, arg2, header4, arg3 in zip(*[iter(pieces)] * 9):
        if (header != headers[len(name)] or header2 != headers[len(arg)] or header3 != headers[len(arg2)]
                or header4 != headers[len(arg3)] or shape != b"*4"):
            return
        requests.append([name, arg, arg2, arg3])


def _take_fives(pieces, requests):
    headers = BULK_HEADER
    for shape, header, name, header2, arg, header3, arg2, header4, arg3, header5, arg4 in zip(*[iter(pieces)] * 11):
        if (header != headers[len(name)] or header2 != headers[len(arg)] or header3 != headers[len(arg2)]
                or header4 != headers[len(arg3)] or header5 != headers[len(arg4)] or shape != b"*5"):
            return
        requests.append([name, arg, arg2, arg3, arg4])


_TAKE_ROWS = {b"*2": _take_twos, b"*3": _take_threes, b"*4": _take_fours, b"*5": _take_fives}
