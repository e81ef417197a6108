"""--bigkeys, --memkeys: the biggest key of each type, by its number of elements or by its memory.

A walk over all keys: their types with one pipeline a page, their sizes with another one. Ctrl-C ends the walk,
not the summary of what was found.
"""
import time

from ...client import ClientError, ReplyError
from .asking import ModeFailed, ask_many
from .scan import key_count, pages, quoted

__all__ = ["INTRODUCTION", "Progress", "run"]

INTRODUCTION = """
# Scanning the entire keyspace to find {what} keys as well as
# average sizes per key type.  You can use -i 0.1 to sleep 0.1 sec
# per 100 SCAN commands (not usually needed).
"""
PAGES_BETWEEN_PAUSES = 100
REPORT_EVERY = 1_000_000            # keys

# The types that each summary has, found or not, with the command for the size and what it counts.
SIZES = {
    "string": ("STRLEN", "bytes"),
    "list": ("LLEN", "items"),
    "set": ("SCARD", "members"),
    "hash": ("HLEN", "fields"),
    "zset": ("ZCARD", "members"),
    "stream": ("XLEN", "entries"),
}


class Kind:
    """What was found of the keys of one type. `command` is None where Redis has none for the size."""

    def __init__(self, name, command, unit):
        self.name, self.command, self.unit = name, command, unit
        self.count = self.total = self.biggest = 0
        self.biggest_key = None


class Progress:
    """How far a walk over all keys has come."""

    def __init__(self, out, expected):
        self._out, self._expected = out, expected
        self.sampled = 0
        self.interrupted = False
        self.percent = "[00.00%] "          # as of the beginning of the page

    def turn_page(self):
        self.percent = f"[{100 * self.sampled / (self._expected or 1):05.2f}%] "
        self._out.flush()

    def count_key(self):
        self.sampled += 1
        if self.sampled % REPORT_EVERY == 0:
            self._out.print(f"{self.percent}Sampled {self.sampled} keys so far")

    def print_summary(self):
        prefix = self.percent if self.interrupted else ""
        self._out.print(f"\n-------- summary -------\n\n{prefix}Sampled {self.sampled} keys in the keyspace!")


class Walk:
    """One walk. With `by_memory` the sizes are those of MEMORY USAGE, with `samples` of each key's elements."""

    def __init__(self, connection, out, progress, by_memory, samples):
        self._connection, self._out, self._progress = connection, out, progress
        self._by_memory, self._samples = by_memory, samples
        self.kinds = {}
        for name in SIZES:
            self._kind(name)
        self.key_bytes = 0

    def _kind(self, name):
        if name not in self.kinds:
            command, unit = SIZES.get(name, (None, "?"))
            self.kinds[name] = Kind(name, command, "bytes" if self._by_memory else unit)
        return self.kinds[name]

    def take_page(self, keys):
        """Count a page of keys in."""
        found = [(key, self._kind(name)) for key, name in zip(keys, self._types(keys)) if name != "none"]
        for (key, kind), size in zip(found, self._sizes(found)):
            kind.total += size
            kind.count += 1
            self.key_bytes += len(key)
            if size > kind.biggest:
                kind.biggest, kind.biggest_key = size, key
                self._out.print(f"{self._progress.percent}Biggest {kind.name:<6} found so far '{quoted(key)}' "
                                f"with {size} {kind.unit}")
            self._progress.count_key()

    def _types(self, keys):
        try:
            replies = ask_many(self._connection, [("TYPE", key) for key in keys])
        except ClientError as error:
            raise ModeFailed(f"Error getting type for key '{_text(keys[0])}' ({error})") from None
        for key, reply in zip(keys, replies):
            if isinstance(reply, ReplyError):
                raise ModeFailed(f"TYPE returned an error: {reply}")
            if type(reply) is not str:
                raise ModeFailed(f"Invalid reply type ({type(reply).__name__}) for TYPE on key '{_text(key)}'!")
        return replies

    def _sizes(self, found):
        """Return the size of each key; 0 if it is not known."""
        commands = [self._size_command(key, kind) for key, kind in found]
        try:
            replies = iter(ask_many(self._connection, [command for command in commands if command]))
        except ClientError as error:
            raise ModeFailed(f"Error getting size for key '{_text(found[0][0])}' ({error})") from None
        sizes = []
        for (key, _), command in zip(found, commands):
            size = next(replies) if command else 0
            if type(size) is not int:
                name = "MEMORY USAGE" if self._by_memory else command[0]
                self._out.complain(f"Warning:  {name} on '{_text(key)}' failed (may have changed type)")
                size = 0
            sizes.append(size)
        return sizes

    def _size_command(self, key, kind):
        if self._by_memory:
            return ("MEMORY", "USAGE", key) + (("SAMPLES", self._samples) if self._samples else ())
        return (kind.command, key) if kind.command else None


def run(connection, options, out, clock=time):
    """Print the biggest keys as they are found, then a summary."""
    by_memory = "--bigkeys" not in options.modes
    progress = Progress(out, key_count(connection))
    walk = Walk(connection, out, progress, by_memory, options.memkeys_samples if by_memory else 0)
    out.print(INTRODUCTION.format(what="biggest"))
    try:
        for keys in pages(connection, options, PAGES_BETWEEN_PAUSES, clock):
            progress.turn_page()
            walk.take_page(keys)
    except KeyboardInterrupt:
        progress.interrupted = True
    progress.print_summary()
    _print_summary(out, walk, progress.sampled)
    return 0


def _print_summary(out, walk, sampled):
    kinds = walk.kinds.values()
    average = walk.key_bytes / sampled if sampled else 0
    out.print(f"Total key length in bytes is {walk.key_bytes} (avg len {average:.2f})\n")
    for kind in kinds:
        if kind.biggest_key is not None:
            out.print(f"Biggest {kind.name:>6} found '{quoted(kind.biggest_key)}' has {kind.biggest} {kind.unit}")
    out.print()
    for kind in kinds:
        share = 100 * kind.count / sampled if sampled else 0
        average = kind.total / kind.count if kind.count else 0
        out.print(f"{kind.count} {kind.name}s with {kind.total} {kind.unit} "
                  f"({share:05.2f}% of keys, avg size {average:.2f})")


def _text(key):
    return key.decode("utf-8", "surrogateescape")
