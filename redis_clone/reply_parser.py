"""An incremental parser of Redis replies, RESP2 and RESP3: bytes in, Python values out.

    parser = ReplyParser()
    parser.feed(b"+OK\\r\\n$5\\r\\nhel")
    parser.replies                          # deque(["OK"]); b"hello" follows once "lo\\r\\n" was fed

What a reply becomes: a status line `str`, a bulk string `bytes`, numbers `int` and `float`, null (all
three spellings) `None`, an array `list`, a map `dict`, a set `set`, a push `Push`, a verbatim string
`Verbatim`, an error an `ErrorReply` *value*: nothing is raised for it, wherever it stands. A set or map
with members that Python cannot hash (arrays in a set) becomes a list, of pairs for a map. Attributes
belong to no reply: they go to `on_attribute`, by default nowhere.

The idea: replies to pipelines are small, so `feed` first splits the whole read at CRLF and walks over the
lines with a table look-up each; bulk strings in a row are even checked all at once. That is right as long
as a bulk string is followed by exactly as many bytes as its header says; at the first line where it is not
(CRLF inside the value, a long value, an incomplete one), `_parse_from` takes over for the rest of that
read, looking at one header at a time. What a read leaves unfinished is kept in a form that never has to be
read again, and open aggregates are on a stack of its own: the cost is linear in the bytes fed, whatever
their cut, length or depth.

Not thread-safe: one thread feeds and takes. It does not know requests (who waits for which reply is
its caller's business), nor the streamed types of RESP3 (`$?`), which no Redis sends.
"""
import io
import re
from collections import deque

__all__ = ["ErrorReply", "ProtocolError", "Push", "ReplyParser", "Verbatim"]

CRLF = b"\r\n"

# Reads longer than this are not split: a huge value of nothing but CRLF would become millions of lines.
SPLIT_LIMIT = 1 << 20
# Nor are those that begin with few lines: looking for line ends in a long value takes longer than all else.
SHORT, START, FEW_LINES = 6144, 1024, 15
# Bulk strings up to this length are recognised by looking their header up.
SMALL_BULK = 1024
# The longest sensible line of a number or length; only a big number may be longer.
NUMBER_LIMIT = 64
# Fewer bulk strings than half of this are quicker looked at one by one than all at once.
SHORT_ROW = 16

EXCERPT = 60

BULK_LENGTH = {b"$%d" % length: length for length in range(SMALL_BULK)}
BULK_HEADER = {length: header for header, length in BULK_LENGTH.items()}
COMMON_LINES = {b":%d" % number: number for number in range(1000)}
COMMON_LINES.update({
    b"+OK": "OK", b"+QUEUED": "QUEUED", b"+PONG": "PONG",
    b"$-1": None, b"*-1": None, b"_": None, b"#t": True, b"#f": False,
})

BULKS = (b"$", b"=", b"!")
AGGREGATES = (b"*", b"%", b"~", b">", b"|")
NUMBERED = BULKS + AGGREGATES + (b":",)
KINDS = NUMBERED + (b"+", b"-", b"_", b",", b"#", b"(")

INTEGER = re.compile(rb"[+-]?[0-9]+")
DOUBLE = re.compile(rb"[+-]?(?:inf|nan|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")


class ProtocolError(Exception):
    """What arrived is not RESP. The replies before it are in `replies`; the parser is of no more use."""


class ErrorReply(Exception):
    """An error that the server answered; its text is the reply without the leading `-`."""

    @property
    def code(self):
        """The first word, by convention in capitals: "ERR", "WRONGTYPE", "MOVED"."""
        return str(self).split(" ", 1)[0]


class Push(list):
    """Something the server sent on its own account (RESP3), not the reply to a request."""


class Verbatim(bytes):
    """A bulk string that is meant for people; `format` says how: "txt" or "mkd"."""

    def __new__(cls, value, format="txt"):
        self = super().__new__(cls, value)
        self.format = format
        return self


class ReplyParser:
    """`feed` it what arrives, take complete replies from the left of `replies`.

    `error_type` is the class of the error values: it is called with the text. `on_attribute` is called
    with each attribute (RESP3), a dict.
    """

    def __init__(self, error_type=ErrorReply, on_attribute=None):
        self.replies = deque()
        self._error_type = error_type
        self._on_attribute = on_attribute
        # The innermost open aggregate: its kind, its elements, how many are missing. The outermost
        # "aggregate" is `replies`, which never gets full: counting down from -1 does not meet 0.
        self._kind, self._items, self._left = None, self.replies, -1
        self._outer = []
        # Of an element that is not yet complete: the line up to now, or the bulk string's kind, length
        # and content.
        self._partial_line = bytearray()
        self._bulk_kind, self._bulk_length, self._bulk = None, 0, None

    @property
    def idle(self):
        """True if all that was fed has become complete replies."""
        return not self._outer and not self._partial_line and self._bulk is None

    @property
    def begun(self):
        """The first byte of the reply that is not yet complete, b"" if `idle`."""
        if self._outer:
            return self._outer[1][0] if len(self._outer) > 1 else self._kind
        return bytes(self._partial_line[:1]) or (b"" if self._bulk is None else self._bulk_kind)

    def feed(self, data):
        """Take in `data` (bytes), of any length, cut anywhere. Raises ProtocolError."""
        if self._bulk is not None:
            data = self._feed_bulk(data)
        elif self._partial_line:
            data = self._feed_line(data)
        if not data:
            return
        start = 0
        if len(data) <= SHORT or len(data) <= SPLIT_LIMIT and data.count(CRLF, 0, START) > FEW_LINES:
            lines = data.split(CRLF)
            incomplete = lines.pop()
            used = self._parse_lines(lines)
            if used == len(lines):
                if incomplete:
                    self._keep_line(incomplete)
                return
            start = sum(map(len, lines[:used])) + len(CRLF) * used
        self._parse_from(data, start)

    # -- the fast way: whole lines -------------------------------------------------------------------

    def _parse_lines(self, lines):
        """Parse what is small and common; return how many lines that were. Longer than most functions
        here, because a call per line would double its cost."""
        total = len(lines)
        if self._left < 0 and total and lines.count(lines[0]) == total and lines[0] in COMMON_LINES:
            self._items.extend([COMMON_LINES[lines[0]]] * total)
            return total
        items, left = self._items, self._left
        used = 0
        effort = total                      # failed attempts at a row may cost no more than this
        while used < total:
            line = lines[used]
            length = BULK_LENGTH.get(line)
            if length is not None:
                if effort > 0 and total - used > SHORT_ROW and not 0 < left < SHORT_ROW:
                    end = total if left < 0 else min(total, used + 2 * left)
                    values = _row_of_bulks(lines, used, end)
                    if values:
                        items.extend(values[:-1])           # the last one is added below
                        left -= len(values) - 1
                        used += 2 * len(values) - 2
                        length = len(values[-1])
                    else:
                        effort -= (end - used) // 2
                if used + 1 == total or len(lines[used + 1]) != length:
                    break
                value = lines[used + 1]
                used += 2
            elif line in COMMON_LINES:
                value = COMMON_LINES[line]
                used += 1
            elif line[:1] == b":" and line[1:].isdigit() and len(line) < NUMBER_LIMIT:
                value = int(line[1:])
                used += 1
            elif line[:1] in BULKS:
                break
            else:
                self._left = left
                self._take_line(line)
                items, left = self._items, self._left
                used += 1
                continue
            items.append(value)
            left -= 1
            if not left:
                self._left = 0
                self._close()
                items, left = self._items, self._left
        self._left = left
        return used

    # -- the careful way: one element at a time --------------------------------------------------------

    def _parse_from(self, data, start):
        while start < len(data):
            end = data.find(CRLF, start)
            if end < 0:
                self._keep_line(data[start:])
                return
            line = data[start:end]
            start = end + len(CRLF)
            if line[:1] not in BULKS:
                self._take_line(line)
                continue
            length = _parse_length(line)
            if length < 0:
                self._add(None)
                continue
            end = start + length
            if end + len(CRLF) > len(data):
                self._begin_bulk(line[:1], length, data[start:])
                return
            if data[end:end + len(CRLF)] != CRLF:
                raise _error("a bulk string longer than announced", line + CRLF + data[start:])
            self._add(self._build_bulk(line[:1], data[start:end]))
            start = end + len(CRLF)

    def _take_line(self, line):
        """An element that is one line, or the header of an aggregate."""
        kind, text = line[:1], line[1:]
        if kind in AGGREGATES:
            self._open(kind, _parse_length(line))
        elif kind == b":" and INTEGER.fullmatch(text) and len(text) < NUMBER_LIMIT:
            self._add(int(text))
        elif kind == b"+":
            self._add(_decode(text))
        elif kind == b"-":
            self._add(self._error_type(_decode(text)))
        elif kind == b"," and DOUBLE.fullmatch(text):
            self._add(self._build_double(text))
        elif kind == b"(" and INTEGER.fullmatch(text):
            self._add(self._build_big_number(text))
        elif line in COMMON_LINES:
            self._add(COMMON_LINES[line])
        else:
            raise _error("not a reply", line + CRLF)

    # -- aggregates ------------------------------------------------------------------------------------

    def _add(self, value):
        self._items.append(value)
        self._left -= 1
        if not self._left:
            self._close()

    def _open(self, kind, count):
        if count < 0:
            self._add(None)
            return
        self._outer.append((self._kind, self._items, self._left))
        self._kind, self._items = kind, []
        self._left = 2 * count if kind in (b"%", b"|") else count
        if not count:
            self._close()

    def _close(self):
        """The innermost aggregate is complete: it becomes an element of the next one, which may be
        complete thereby, and so on."""
        while not self._left:
            kind, items = self._kind, self._items
            self._kind, self._items, self._left = self._outer.pop()
            if kind != b"|":
                self._items.append(self._build_aggregate(kind, items))
                self._left -= 1
            elif self._on_attribute is not None:
                self._on_attribute(self._build_aggregate(b"%", items))

    # -- what a subclass may make differently ------------------------------------------------------------

    def _build_aggregate(self, kind, items):
        if kind == b"*":
            return items
        if kind == b">":
            return Push(items)
        try:
            return set(items) if kind == b"~" else dict(zip(items[::2], items[1::2]))
        except TypeError:                                   # a member that cannot be hashed
            return items if kind == b"~" else list(zip(items[::2], items[1::2]))

    def _build_double(self, text):
        return float(text)

    def _build_big_number(self, text):
        try:
            return int(text)
        except ValueError:
            # Python refuses to convert more digits than sys.set_int_max_str_digits allows.
            raise _error("a number of too many digits", text) from None

    # -- elements that are cut by the end of a read --------------------------------------------------------

    def _keep_line(self, data):
        """Keep the start of a line. What can be seen to be wrong is refused now, because the rest of
        it may never come."""
        self._partial_line += data
        kind = bytes(self._partial_line[:1])
        if kind not in KINDS or (kind in NUMBERED and len(self._partial_line) > NUMBER_LIMIT):
            raise _error("not a reply", self._partial_line)

    def _feed_line(self, data):
        """Return what there is to parse now: the kept line and what follows it, or nothing."""
        line = self._partial_line
        if CRLF not in data and not (data[:1] == b"\n" and line[-1:] == b"\r"):
            self._keep_line(data)
            return b""
        self._partial_line = bytearray()
        return bytes(line) + data

    def _begin_bulk(self, kind, length, content):
        """Keep the start of a bulk string. BytesIO grows without copying all of it each time, and gives
        the whole away without a copy."""
        self._bulk_kind, self._bulk_length, self._bulk = kind, length, io.BytesIO()
        self._bulk.write(content)

    def _feed_bulk(self, data):
        """Return what follows the bulk string, or nothing."""
        bulk, length = self._bulk, self._bulk_length
        missing = length + len(CRLF) - bulk.tell()
        bulk.write(data[:missing] if missing < len(data) else data)
        if missing > len(data):
            return b""
        bulk.seek(length)
        if bulk.read() != CRLF:
            raise _error("a bulk string longer than announced", bulk.getvalue())
        bulk.truncate(length)
        self._bulk = None
        self._add(self._build_bulk(self._bulk_kind, bulk.getvalue()))
        return data[missing:]

    def _build_bulk(self, kind, content):
        if kind == b"$":
            return content
        if kind == b"!":
            return self._error_type(_decode(content))
        if content[3:4] != b":":
            raise _error("a verbatim string without its format", content)
        return Verbatim(content[4:], _decode(content[:3]))


def _row_of_bulks(lines, start, end):
    """The values, if `lines[start:end]` are headers and values of small bulk strings in turn."""
    end -= (end - start) % 2
    values = lines[start + 1:end:2]
    if list(map(BULK_HEADER.get, map(len, values))) == lines[start:end:2]:
        return values
    return []


def _parse_length(line):
    digits = line[1:]
    if digits.isdigit() and len(digits) < NUMBER_LIMIT:
        return int(digits)
    if digits == b"-1" and line[:1] in (b"$", b"*"):
        return -1
    raise _error("a wrong length", line + CRLF)


def _decode(text):
    return text.decode("utf-8", "surrogateescape")


def _error(what, data):
    excerpt = repr(bytes(data[:EXCERPT])) + ("..." if len(data) > EXCERPT else "")
    return ProtocolError(f"{what}: {excerpt}")
