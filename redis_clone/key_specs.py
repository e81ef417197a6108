"""Which arguments of a command are keys: a small notation, its parser, and the search for the keys.

Every command declares its keys in one line beside its arity and flags, for example
`keys="1 OW UPDATE; numkeys@2 RO ACCESS"`. The line says what Redis' key specifications say:
specs separated by `;`, each a place followed by what the command does to the keys found there.

    1                       one key, at argv[1]
    1..-1                   from argv[1] to the last argument; 1..-2 to the last but one; 1..2 two keys
    1..-1/2                 every second argument of that range
    numkeys@2               argv[2] is a count, that many keys follow it
    after STORE@6           one key, after the word STORE, which is looked for from argv[6] on
    after KEYS@-2..-1       the word is looked for backwards from the last but one, all that follows are keys
    after STREAMS@1..-1/half    only the first half of what follows the word are keys
    unknown                 there may be keys which no rule can find

    RO RW OW RM             reads, reads and writes, overwrites, removes the key (one of the four)
    ACCESS UPDATE INSERT DELETE     what happens to the user's data in it
    NOT_KEY                 a channel: not a key, but hashed to a slot like one
    INCOMPLETE              the spec does not find all the keys
    VARIABLE_FLAGS          what the command does depends on its options

The specs of a few commands are not the whole truth (INCOMPLETE, VARIABLE_FLAGS, unknown): for these
`find_keys` asks a finder of its own, as Redis does, which is why its answers there differ from the specs.

This module is a leaf without state: every function may be called from any thread without the lock.
Commands are asked for their `name` and `key_specs` only. It does not look commands up, check their
arity, or find pub/sub channels.
"""

import re
from collections import namedtuple

from .args import parse_int_or_none

__all__ = ["KeySpec", "parse_key_specs", "find_keys", "has_keys", "has_movable_keys", "legacy_range"]

ACCESS_KINDS = ("RO", "RW", "OW", "RM")
"""What a command does to a key as a whole; COMMAND INFO prints these in upper case, other flags in lower."""

KEY_FLAGS = ACCESS_KINDS + ("access", "insert", "update", "delete", "not_key", "incomplete", "variable_flags")
"""All flags of a key spec, in the order in which COMMAND INFO prints them."""


class KeySpec(namedtuple("KeySpec", "begin find flags")):
    """One key specification.

    begin: ("index", position), ("keyword", word, start_from) or ("unknown",)
    find:  ("range", last_key, step, limit), ("keynum", count_index, first_key, step) or ("unknown",);
           a last_key of 0 or more counts from the first key, below 0 from the end of the arguments;
           a limit of 2 halves the range; count_index and first_key count from where the search began
    flags: names out of KEY_FLAGS, in that order
    """

    __slots__ = ()


def parse_key_specs(text):
    """Return the tuple of KeySpec that `text` (see the top of this file) describes; "" has none."""
    return tuple(_parse_spec(part.split()) for part in text.split(";") if part.strip())


def _parse_spec(words):
    """Parse one spec, given as its words. Raises ValueError."""
    if words[0] == "after":
        word, _, place = words[1].partition("@")
        start_from, find = _parse_range(place)
        begin, flags = ("keyword", word, start_from), words[2:]
    elif words[0] == "unknown":
        begin, find, flags = ("unknown",), ("unknown",), words[1:]
    elif words[0].startswith("numkeys@"):
        begin, find, flags = ("index", int(words[0][8:])), ("keynum", 0, 1, 1), words[1:]
    else:
        position, find = _parse_range(words[0])
        begin, flags = ("index", position), words[1:]
    return KeySpec(begin, find, _parse_flags(flags))


def _parse_range(text):
    """Parse `first`, `first..last`, `first..last/step` or `first..last/half` into (first, find)."""
    bounds, _, every = text.partition("/")
    first, _, last = bounds.partition("..")
    first = int(first)
    last_key = int(last) if last else 0
    if last_key > 0:
        last_key -= first
    if every == "half":
        return first, ("range", last_key, 1, 2)
    return first, ("range", last_key, int(every or 1), 0)


def _parse_flags(words):
    """Return the flags in COMMAND INFO's spelling and order. Raises ValueError for an unknown one."""
    names = {word if word in ACCESS_KINDS else word.lower() for word in words}
    if names.difference(KEY_FLAGS) or len(names.intersection(ACCESS_KINDS)) > 1:
        raise ValueError(f"wrong key flags: {' '.join(words)}")
    return tuple(flag for flag in KEY_FLAGS if flag in names)


# ---- what COMMAND INFO says about the keys as a whole -----------------------------------------------------

def has_keys(specs):
    """Return whether there can be keys at all; channels are none."""
    return any("not_key" not in spec.flags for spec in specs)


def has_movable_keys(specs):
    """Return whether the first key, last key and step of `legacy_range` may miss some of the keys."""
    return any(not _is_fixed_range(spec) for spec in specs)


def legacy_range(specs):
    """Return first key, last key and step, the way keys were described before there were key specs.

    Adjoining ranges are taken together; whatever does not fit is left out. (0, 0, 0) without any key.
    """
    ranges = [_absolute_range(spec) for spec in specs if _is_fixed_range(spec)]
    if len(specs) == 1 or not ranges:
        return ranges[0] if ranges else (0, 0, 0)
    first, last, step = ranges[0]
    for next_first, next_last, _ in ranges[1:]:
        if next_first == last + 1:
            last = next_last
    return first, last, step


def _is_fixed_range(spec):
    return spec.begin[0] == "index" and spec.find[0] == "range"


def _absolute_range(spec):
    """First position, last position (counted from the end if negative) and step."""
    first = spec.begin[1]
    _, last_key, step, _ = spec.find
    return first, first + last_key if last_key >= 0 else last_key, step


# ---- finding the keys in a command line -------------------------------------------------------------------

def find_keys(command, argv):
    """Return the keys in `argv` as pairs (position, flags); none where the arguments make no sense.

    `argv` is a whole command line with the command's name, bytes; its arity is taken to be right.
    """
    specs = command.key_specs
    if not any("variable_flags" in spec.flags for spec in specs):
        found = _find_by_specs(specs, argv)
        if found is not None:
            return found
    return _FINDERS.get(command.name, _find_by_lenient_count)(specs, argv)


def _find_by_specs(specs, argv):
    """The keys where the specs say they are, or None when they do not tell or do not fit `argv`."""
    found = []
    for spec in specs:
        if "not_key" in spec.flags:
            continue
        first = _find_beginning(spec.begin, argv)
        if first == 0:                              # the option was not given, so it brings no keys
            continue
        if first is None:
            return None
        first, last, step = _find_range(first, spec.find, argv)
        if not first <= last < len(argv) or "incomplete" in spec.flags:
            return None
        found += [(position, spec.flags) for position in range(first, last + 1, step)]
    return found


def _find_beginning(begin, argv):
    """The position where a search begins; 0 when its keyword is not there, None when nobody knows."""
    if begin[0] == "index":
        return begin[1]
    if begin[0] == "unknown":
        return None
    _, keyword, start_from = begin
    places = range(start_from, len(argv) - 1) if start_from > 0 else range(len(argv) + start_from, 1, -1)
    return next((place + 1 for place in places if argv[place].decode("latin-1").upper() == keyword), 0)


def _find_range(first, find, argv):
    """First key, last key and step of a search that begins at `first`; the last before the first if void."""
    if find[0] == "keynum":
        _, count_index, first_key, step = find
        place = first + count_index
        count = parse_int_or_none(argv[place]) if place < len(argv) else None
        first += first_key
        return first, first + ((count or 0) - 1) * step, step
    _, last_key, step, limit = find
    if last_key >= 0:
        return first, first + last_key, step
    if limit:
        return first, first + (len(argv) - first) // limit + last_key, step
    return first, len(argv) + last_key, step


# ---- commands whose specs are not the whole truth ---------------------------------------------------------

_SPELLED_COUNT = re.compile(rb"\s*\+?0*(\d{1,9})")


def _find_by_lenient_count(specs, argv):
    """The keys of a command whose count of keys is not spelled as it should be ("2x", "+2").

    Redis reads such a count like C's atoi. Nothing is known then about what happens to the keys,
    and a destination comes after the others.
    """
    counted = [spec.begin[1] for spec in specs if spec.find[0] == "keynum"]
    spelled = _SPELLED_COUNT.match(argv[counted[0]]) if counted else None
    count = int(spelled.group(1)) if spelled else 0
    if not 0 < count < len(argv) - counted[0]:
        return []
    fixed = [spec.begin[1] for spec in specs if spec.find[0] != "keynum"]
    first = counted[0] + 1
    return [(position, ()) for position in [*range(first, first + count), *fixed]]


def _find_in_set(specs, argv):
    overwritten = all(arg.lower() != b"get" for arg in argv[3:])
    return [(1, ("OW", "update") if overwritten else ("RW", "access", "update"))]


def _find_in_bitfield(specs, argv):
    """The key, only read if there are no other operations than GET; a wrong one counts as a write."""
    operands = {b"get": 2, b"overflow": 1}
    position = 2
    while position < len(argv):
        position += 1 + operands.get(argv[position].lower(), len(argv))
    read_only = position == len(argv)
    return [(1, ("RO", "access") if read_only else ("RW", "access", "update"))]


def _find_in_sort(specs, argv):
    found = [(1, specs[0].flags)]
    stores = [position + 1 for position in _option_words(argv, 2, {b"limit": 2, b"get": 1, b"by": 1})
              if argv[position].lower() == b"store" and position + 1 < len(argv)]
    return found + [(position, specs[2].flags) for position in stores[-1:]]


def _find_in_sort_ro(specs, argv):
    return [(1, specs[0].flags)]


def _find_in_migrate(specs, argv):
    """The one key, or those after KEYS, where the one has to be empty."""
    flags = specs[0].flags
    for position in _option_words(argv, 6, {b"auth": 1, b"auth2": 2}):
        if argv[position].lower() == b"keys":
            return [] if argv[3] else [(place, flags) for place in range(position + 1, len(argv))]
    return [(3, flags)]


def _option_words(argv, start, value_counts):
    """Yield the positions from `start` on, leaving out the values of the options in `value_counts`."""
    position = start
    while position < len(argv):
        yield position
        position += 1 + value_counts.get(argv[position].lower(), 0)


_FINDERS = {"SET": _find_in_set, "BITFIELD": _find_in_bitfield, "SORT": _find_in_sort,
            "SORT_RO": _find_in_sort_ro, "MIGRATE": _find_in_migrate}
