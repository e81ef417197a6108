"""The kinds of value a configuration directive can have.

A kind turns the words after a directive's name into a Python value and a value into the text that CONFIG
GET shows. What is wrong with the words is said by a ValueError, in Redis' own phrase.

    kind.parse(words, current) -> value        `current` is what the directive holds so far
    kind.format(value) -> text

`several` tells whether a kind takes more than one word; one string with spaces then counts as the words
in it. `adds_up` is for `save`, whose lines in one file add up while CONFIG SET replaces them all.

Nothing here knows the directives (config_directives.py) or where lines come from (config.py). Values are
immutable, or treated as such: a kind returns a new one instead of changing `current`.
"""

import os
import re

__all__ = ["Addresses", "BufferLimits", "Choice", "Directory", "EventClasses", "FileName", "Integer",
           "Memory", "MemoryOrPercent", "Octal", "OomScores", "Percentiles", "Primary", "SavePoints",
           "ShutdownFlags", "Text", "YesNo"]

UINT64_MAX = (1 << 64) - 1
_LONGEST_NUMBER = 64                    # characters; converting millions of digits would take minutes
_UNITS = {"": 1, "b": 1,
          "k": 10 ** 3, "m": 10 ** 6, "g": 10 ** 9,
          "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30}
_MEMORY = re.compile(r"([0-9]*)([a-zA-Z]*)")
_C_INTEGER = re.compile(r"\s*([+-]?[0-9]+)", re.ASCII)
_FLOAT = re.compile(r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|0x[0-9a-f]{1,16}|inf)",
                    re.IGNORECASE)


class Kind:
    """One word that is taken as it is; the other kinds override what differs."""

    several = False
    adds_up = False

    def parse(self, words, current):
        return self.parse_word(words[0])

    def parse_word(self, word):
        return word

    def parse_default(self, text):
        return self.parse(text.split() or [""], ()) if self.several else self.parse_word(text)

    def format(self, value):
        return str(value)


# --- one word ------------------------------------------------------------------------------------------


class Text(Kind):
    """Any string; `check` may refuse one by raising ValueError."""

    def __init__(self, check=None):
        self._check = check

    def parse_word(self, word):
        if self._check:
            self._check(word)
        return word


class FileName(Kind):
    """A file's name without a path; `noun` is what the error calls it."""

    def __init__(self, directive, noun="filename"):
        self._directive = directive
        self._noun = noun

    def parse_word(self, word):
        if not word:
            raise ValueError(f"{self._directive} can't be empty")
        if "/" in word or "\\" in word:
            raise ValueError(f"{self._directive} can't be a path, just a {self._noun}")
        return word


class Directory(Kind):
    """A directory that exists. The value is its absolute path, seen from the directory held so far.

    The default is the working directory, wherever that is: it stays relative, and is not looked at.
    """

    def parse(self, words, current):
        if not words[0]:
            raise ValueError("dir can't be empty")
        path = os.path.realpath(os.path.join(current, words[0]))
        try:
            os.scandir(path).close()
        except OSError as error:
            raise ValueError(error.strerror) from None
        return path

    def parse_default(self, text):
        return text

    def format(self, value):
        return os.path.realpath(value)


class YesNo(Kind):
    def parse_word(self, word):
        try:
            return {"yes": True, "no": False}[word.lower()]
        except KeyError:
            raise ValueError("argument must be 'yes' or 'no'") from None

    def format(self, value):
        return "yes" if value else "no"


class Choice(Kind):
    """One of several words; `synonyms` maps a word to the one it stands for."""

    def __init__(self, names, synonyms=None):
        self._names = names.split()
        self._synonyms = synonyms or {}

    def parse_word(self, word):
        if word.lower() not in self._names:
            raise _not_one_of(self._names)
        return self._synonyms.get(word.lower(), word.lower())


class Integer(Kind):
    """A whole number between two limits; `clamp` narrows what is then made of it, without an error."""

    def __init__(self, low, high, clamp=None):
        self._low = low
        self._high = high
        self._clamp = clamp or (low, high)

    def parse_word(self, word):
        number = self.read_number(word)
        if not self._low <= number <= self._high:
            raise ValueError(f"argument must be between {self._low} and {self._high} inclusive")
        low, high = self._clamp
        return max(low, min(number, high))

    def read_number(self, word):
        number = _parse_int64(word)
        if number is None:
            raise ValueError("argument couldn't be parsed into an integer")
        return number


class Octal(Kind):
    """Permission bits in octal digits."""

    def __init__(self, high):
        self._high = high

    def parse_word(self, word):
        number = _parse_c_integer(word, base=8)
        if number is None:
            raise ValueError("argument couldn't be parsed as an octal number")
        if not 0 <= number <= self._high:
            raise ValueError(f"argument must be between 0 and {self._high:o} inclusive")
        return number

    def format(self, value):
        return f"{value:o}"


class Memory(Integer):
    """A number of bytes, with an optional unit: k is 1000, kb 1024, and so on for m and g."""

    def read_number(self, word):
        number = _parse_memory(word)
        if number is None:
            raise ValueError("argument must be a memory value")
        return number


class MemoryOrPercent(Kind):
    """A number of bytes, or a share of `maxmemory` such as 5%, which is held as a negative number (-5)."""

    def parse_word(self, word):
        if word.endswith("%"):
            number = _parse_int64(word[:-1])
            percent = True
        else:
            number = _parse_memory(word)
            percent = False
        if number is None or number < 0:
            raise ValueError("argument must be a memory or percent value")
        if number > (100 if percent else (1 << 63) - 1):
            raise ValueError("percentage argument must be less or equal to 100")
        return -number if percent else number

    def format(self, value):
        return f"{-value}%" if value < 0 else str(value)


class EventClasses(Kind):
    """Keyspace notifications: the set of class letters, with A written out as the classes it stands for."""

    _ALL = "g$lshzxetd"

    def parse_word(self, word):
        if not set(word) <= set("AKEmn" + self._ALL):
            raise ValueError("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
        return frozenset(word.replace("A", self._ALL))

    def format(self, value):
        # Redis leaves out n (new key) when it can write A, though n is not part of A.
        classes = "A" if value >= set(self._ALL) else "".join(c for c in self._ALL + "n" if c in value)
        return classes + "".join(c for c in "KEm" if c in value)


# --- several words -------------------------------------------------------------------------------------


class Words(Kind):
    several = True

    def format(self, value):
        return " ".join(map(str, value))


class ShutdownFlags(Words):
    """What SIGINT and SIGTERM do, as options of SHUTDOWN; the empty set is the default."""

    _NAMES = ("default", "save", "nosave", "now", "force")

    def parse(self, words, current):
        flags = {word.lower() for word in words}
        if not flags or not flags <= set(self._NAMES):
            raise _not_one_of(self._NAMES)
        if flags >= {"save", "nosave"}:
            raise ValueError("shutdown options SAVE and NOSAVE can't be used simultaneously")
        return frozenset(flags - {"default"})

    def format(self, value):
        return " ".join(name for name in self._NAMES if name in value) or "default"


class Addresses(Words):
    """The addresses to listen on: * or ::* for all, a leading - for "if it exists"; none is allowed."""

    def parse(self, words, current):
        if len(words) > 16:
            raise ValueError("Too many bind addresses specified.")
        return () if words == [""] else tuple(words)


class Primary(Words):
    """The server to copy from: (host, port), or () for none."""

    def parse(self, words, current):
        if len(words) != 2:
            raise ValueError("wrong number of arguments")
        host, port = words
        if (host.lower(), port.lower()) == ("no", "one"):
            return ()
        number = _parse_c_integer(port)
        if number is None or not 0 <= number <= 65535:
            raise ValueError("Invalid master port")
        return host, number


class SavePoints(Words):
    """When to write a snapshot: pairs of (seconds, changes)."""

    adds_up = True

    def parse(self, words, current):
        if words == [""]:
            return ()
        numbers = [_parse_c_integer(word) for word in words]
        pairs = tuple(zip(numbers[::2], numbers[1::2]))
        if None in numbers or len(numbers) % 2 or any(s < 1 or changes < 0 for s, changes in pairs):
            raise ValueError("Invalid save parameters")
        return current + pairs

    def format(self, value):
        return " ".join(f"{seconds} {changes}" for seconds, changes in value)


class BufferLimits(Words):
    """Limits of client output buffers: class -> (hard bytes, soft bytes, seconds over the soft limit)."""

    _CLASSES = ("normal", "slave", "pubsub")

    def parse_default(self, text):
        return self.parse(text.split(), {})

    def parse(self, words, current):
        words = [] if words == [""] else words
        if len(words) % 4:
            raise ValueError("Wrong number of arguments in buffer limit configuration.")
        limits = dict(current)
        for name, hard, soft, seconds in zip(*(words[start::4] for start in range(4))):
            name = {"replica": "slave"}.get(name.lower(), name.lower())
            if name not in self._CLASSES:
                raise ValueError("Invalid client class specified in buffer limit configuration.")
            limit = _parse_memory(hard), _parse_memory(soft), _parse_c_integer(seconds)
            if None in limit or limit[2] < 0:
                raise ValueError("Error in hard, soft or soft_seconds setting in buffer limit configuration.")
            limits[name] = limit
        return limits

    def format(self, value):
        return " ".join("{} {} {} {}".format(name, *value[name]) for name in self._CLASSES)


class OomScores(Words):
    """Three scores for the kernel's out-of-memory killer: of a primary, a replica and a child."""

    def parse(self, words, current):
        if len(words) != 3:
            raise ValueError("wrong number of arguments")
        scores = tuple(map(_parse_c_integer, words))
        if any(score is None or abs(score) > 2000 for score in scores):
            raise ValueError("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")
        return scores


class Percentiles(Words):
    """Percentiles as floats, in the order given."""

    def parse(self, words, current):
        return tuple(map(self.parse_word, words)) if words != [""] else ()

    def parse_word(self, word):
        if len(word) > _LONGEST_NUMBER or not _FLOAT.fullmatch(word):
            raise ValueError("Invalid latency-tracking-info-percentiles parameters")
        number = float.fromhex(word) if "x" in word.lower() else float(word)
        if not 0 <= number <= 100:
            raise ValueError("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]")
        return number

    def format(self, value):
        return " ".join(f"{number:f}".rstrip("0").rstrip(".") for number in value)


# --- numbers -------------------------------------------------------------------------------------------


def _parse_int64(word):
    """The number that `word` spells in the one way Redis accepts (no +, no leading zeros), or None."""
    if len(word) > _LONGEST_NUMBER:
        return None
    try:
        number = int(word)
    except ValueError:
        return None
    return number if str(number) == word and -(1 << 63) <= number < 1 << 63 else None


def _parse_c_integer(word, base=10):
    """A number as C's strtol reads it when it must take the whole word; "" is 0. None for anything else."""
    match = _C_INTEGER.fullmatch(word or "0") if len(word) <= _LONGEST_NUMBER else None
    try:
        return max(-(1 << 63), min(int(match.group(1), base), (1 << 63) - 1)) if match else None
    except ValueError:                      # an 8 or 9 among octal digits
        return None


def _parse_memory(word):
    match = _MEMORY.fullmatch(word)
    if not match or match.group(2).lower() not in _UNITS or len(match.group(1)) > 127:
        return None
    # Too large a number is the largest there is, but then the unit wraps it around, in Redis too.
    number = min(int(match.group(1) or "0"), UINT64_MAX)
    return number * _UNITS[match.group(2).lower()] & UINT64_MAX


def _not_one_of(names):
    return ValueError("argument(s) must be one of the following: " + ", ".join(names))
