"""The manifest of an append-only file of several parts: which files it consists of, and in what order.

    file appendonly.aof.2.base.rdb seq 2 type b
    file appendonly.aof.1.incr.aof seq 1 type h
    file appendonly.aof.4.incr.aof seq 4 type i
    file appendonly.aof.5.incr.aof seq 5 type i

The base (b) is the dataset at one moment, as an RDB file or as commands; the increments (i) are what was
done since, and the last of them is the one that is written to. History (h) are files that a rewrite has made
superfluous and that are to be deleted. A new state of affairs takes effect when a new manifest takes the
place of the old: so make a `duplicate`, change it, write it to a file, and only then forget the old one.

Reading follows Redis' rules, with its texts for what is wrong. Some are odd: a line of more than 1024 bytes,
or a last one without its end, is too long, unless it begins with #, which makes it a comment up to that many
bytes. Keys that are not known are passed over.

A Manifest knows names, never paths. Locking: none; it belongs to who made it. Not here: files.
"""
import re

from ..inline import split_inline

__all__ = ["AofFile", "Manifest", "ManifestError", "manifest_name", "temporary_manifest_name",
           "BASE", "HISTORY", "INCREMENT"]

BASE, HISTORY, INCREMENT = "b", "h", "i"

_LINE_MAX = 1024
_FORMAT = "Invalid AOF manifest file format"
_SEQUENCE_MAX = (1 << 63) - 1
_number_in = re.compile(rb"[ \t-\r]*([+-]?\d+)").match          # as C's atoll sees it
_NEEDS_QUOTES = re.compile(rb"[^!#-&(-\[\]-~]")
_ESCAPES = {10: b"\\n", 13: b"\\r", 9: b"\\t", 7: b"\\a", 8: b"\\b", 34: b'\\"', 92: b"\\\\"}


def manifest_name(filename):
    """The manifest's name for the directive `appendfilename`."""
    return f"{filename}.manifest"


def temporary_manifest_name(filename):
    """The name under which a manifest is written before it takes its place."""
    return f"temp-{filename}.manifest"


class ManifestError(ValueError):
    """A manifest that Redis would refuse. `reason` is Redis' text, `line_number` the last line looked at.

    `line` is that line as Redis quotes it (bytes), None where it quotes none.
    """

    def __init__(self, reason, line_number, line=None):
        super().__init__(f"{reason} (line {line_number})")
        self.reason = reason
        self.line_number = line_number
        self.line = line


class AofFile:
    """One file: its name, its number among those of its kind, and its kind: BASE, HISTORY or INCREMENT."""

    __slots__ = ("name", "sequence", "kind")

    def __init__(self, name, sequence, kind):
        self.name = name
        self.sequence = sequence
        self.kind = kind

    def __repr__(self):
        return f"AofFile({self.name!r}, {self.sequence}, {self.kind!r})"

    def __eq__(self, other):
        return (other.__class__ is AofFile
                and (self.name, self.sequence, self.kind) == (other.name, other.sequence, other.kind))

    __hash__ = None


class Manifest:
    """The files in order: `base` (None: there is none), `increments`; and `history`, those to be deleted."""

    __slots__ = ("base", "history", "increments", "_base_sequence", "_increment_sequence")

    def __init__(self):
        self.base = None
        self.history = []
        self.increments = []
        self._base_sequence = 0             # the highest number in use
        self._increment_sequence = 0

    @classmethod
    def of_single_file(cls, filename):
        """The manifest for an append-only file of before Redis 7: it is the base, under the name it has."""
        new = cls()
        new._add(AofFile(filename, 1, BASE))
        return new

    def duplicate(self):
        """A copy that can be changed without changing this one."""
        new = Manifest()
        new.base, new.history, new.increments = self.base, list(self.history), list(self.increments)
        new._base_sequence, new._increment_sequence = self._base_sequence, self._increment_sequence
        return new

    def files(self):
        """The files to be loaded, in this order."""
        return ([self.base] if self.base else []) + self.increments

    # ---- as text -----------------------------------------------------------------------------

    @classmethod
    def parse(cls, text):
        """The manifest that `text` (bytes) spells; raises ManifestError."""
        new = cls()
        number = position = 0
        while position < len(text):
            number += 1
            limit = position + _LINE_MAX
            after = text.find(b"\n", position, limit) + 1 or min(limit, len(text))
            line = text[position:after].split(b"\0")[0]         # a string of C ends there
            position = after
            if line.startswith(b"#"):
                continue
            if not line.endswith(b"\n"):
                raise ManifestError("The AOF manifest file contains too long line", number)
            line = line.strip(b" \t\r\n")
            try:
                new._add(_parse_line(line))
            except ValueError as error:
                raise ManifestError(str(error), number, line) from None
        if not number:
            raise ManifestError("Found an empty AOF manifest", 0)
        return new

    def format(self):
        """The text of the manifest, as Redis orders it."""
        files = ([self.base] if self.base else []) + self.history + self.increments
        return b"".join(b"file %b seq %d type %b\n" % (_quoted(_encoded(file.name)), file.sequence,
                                                       file.kind.encode()) for file in files)

    def _add(self, file):
        """Take in a file that was read; ValueError with Redis' text if it does not fit to those before."""
        if file.kind == BASE:
            if self.base:
                raise ValueError("Found duplicate base file information")
            self.base = file
            self._base_sequence = file.sequence
        elif file.kind == HISTORY:
            self.history.append(file)
        elif file.kind == INCREMENT:
            if file.sequence <= self._increment_sequence:
                raise ValueError("Found a non-monotonic sequence number")
            self.increments.append(file)
            self._increment_sequence = file.sequence
        else:
            raise ValueError("Unknown AOF file type")

    # ---- changing ----------------------------------------------------------------------------

    def new_base(self, filename, rdb):
        """Put a new base, an RDB file or commands, in the place of the old one, then history; returns it."""
        if self.base:
            self._retire(self.base)
        self._base_sequence += 1
        self.base = AofFile(f"{filename}.{self._base_sequence}.base.{'rdb' if rdb else 'aof'}",
                            self._base_sequence, BASE)
        return self.base

    def new_increment(self, filename):
        """Add an increment after all others and return it."""
        self._increment_sequence += 1
        file = AofFile(f"{filename}.{self._increment_sequence}.incr.aof", self._increment_sequence, INCREMENT)
        self.increments.append(file)
        return file

    def retire_increments(self, keep=0):
        """Make history of all increments but the last `keep`: a new base has what they have."""
        stay = max(len(self.increments) - keep, 0)
        for file in reversed(self.increments[:stay]):
            self._retire(file)
        del self.increments[:stay]

    def forget_history(self):
        """Take out the files that are history, and return them: they may be deleted once that is on disk."""
        forgotten, self.history = self.history, []
        return forgotten

    def _retire(self, file):
        self.history.insert(0, AofFile(file.name, file.sequence, HISTORY))


def _parse_line(line):
    """The AofFile of a line; ValueError with Redis' text."""
    words = split_inline(line)
    if not words or len(words) < 6 or len(words) % 2:
        raise ValueError(_FORMAT)
    name, sequence, kind = None, 0, ""
    for key, value in zip(words[::2], words[1::2]):
        key = key.lower()
        value = value.split(b"\0")[0]
        if key == b"file":
            if b"/" in value or b"\\" in value:
                raise ValueError("File can't be a path, just a filename")
            name = value.decode("utf-8", "surrogateescape")
        elif key == b"seq":
            found = _number_in(value)
            sequence = max(min(int(found[1]), _SEQUENCE_MAX), -_SEQUENCE_MAX - 1) if found else 0
        elif key == b"type":
            kind = value[:1].decode("latin-1")
    if name is None or not sequence or not kind:
        raise ValueError(_FORMAT)
    return AofFile(name, sequence, kind)


def _encoded(name):
    return name.encode("utf-8", "surrogateescape")


def _quoted(name):
    """A name as it stands in a manifest: in quotes if it has spaces, quotes or what cannot be printed."""
    if name and not _NEEDS_QUOTES.search(name):
        return name
    return b'"%b"' % b"".join(_ESCAPES.get(byte) or (b"%c" if 32 <= byte < 127 else b"\\x%02x") % byte
                              for byte in name)
