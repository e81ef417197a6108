"""The functions of the library `string` that match patterns: find, match, gmatch and gsub.

What a pattern is and how it is matched: see ../patterns.py. A text that is short enough for its pattern is
given to the regular expression directly, which is nearly always; others go through `search` and `matches`.

No locks: a Lua state belongs to the one thread that runs it.
"""
import re
from itertools import islice

from ..arguments import NO_VALUE, check_int, check_integer, check_string
from ..errors import ArgumentError, LibraryError
from ..memory import remembered
from ..patterns import PATTERNS, compile_pattern, is_plain
from ..values import Table, first, number_text, type_name

__all__ = ["find_of", "match_of", "gmatch_of", "gsub_of"]

# Replacements that are kept in parsed form are not longer.
_LONGEST_CACHED = 1000
# A pattern of this length is first looked at whether it is plain text, which needs no compiling.
_LONG = 10_000
_MOST_ESCAPES = 100_000                         # of a replacement: each takes much more memory than its two bytes
# Plain text, or % and what it makes plain or a capture; nothing at the end.
_ESCAPES = re.compile(rb"([^%]+)|%(.?)", re.DOTALL)


# --- find and match --------------------------------------------------------------------------------------

def _start(position, size):
    """Where a search begins, from 0, if a script gives this position."""
    if position is None:
        return 0
    if position.__class__ is not float or not -1e15 < position < 1e15:
        position = check_integer(position, 3)
    position = int(position)
    if position < 0:
        position += size + 1
    return 0 if position < 1 else position - 1 if position <= size else size


def find_of(runtime):
    """`find` for a runtime."""
    cached = PATTERNS.get

    def find(text=NO_VALUE, pattern=NO_VALUE, start=NO_VALUE, plain=None, *_):
        """`find(text, pattern [, start [, plain]])`: the first and last position of a match, and its
        captures."""
        if text.__class__ is not bytes or pattern.__class__ is not bytes:
            text, pattern = check_string(text, 1), check_string(pattern, 2)
        start = 0 if start is NO_VALUE else _start(start, len(text))
        compiled = None
        if (plain is None or plain is False) and not (len(pattern) > _LONG and is_plain(pattern)):
            compiled = cached(pattern) or compile_pattern(pattern)
        if compiled is None or compiled.plain:
            place = text.find(pattern, start)
            return (place + 1.0, float(place + len(pattern))) if place >= 0 else None
        if len(text) <= compiled.limit:
            match = compiled.first(text, start)
        else:
            match = compiled.search(text, start, runtime)
        if match is None:
            return None
        begin, end = match.span()
        if not compiled.groups:
            return begin + 1.0, float(end)
        results = compiled.results(match)
        return (begin + 1.0, float(end)) + (results if results.__class__ is tuple else (results,))

    return find


def match_of(runtime):
    """`match` for a runtime."""
    cached = PATTERNS.get

    def match(text=NO_VALUE, pattern=NO_VALUE, start=NO_VALUE, *_):
        """`match(text, pattern [, start])`: the captures of the first match, or all of it if there are
        none."""
        if text.__class__ is not bytes or pattern.__class__ is not bytes:
            text, pattern = check_string(text, 1), check_string(pattern, 2)
        start = 0 if start is NO_VALUE else _start(start, len(text))
        compiled = cached(pattern) or compile_pattern(pattern)
        if len(text) <= compiled.limit:
            found = compiled.first(text, start)
        else:
            found = compiled.search(text, start, runtime)
        return compiled.results(found) if found is not None else None

    return match


# --- gmatch ----------------------------------------------------------------------------------------------

def gmatch_of(runtime):
    """`gmatch` for a runtime."""
    def gmatch(text=NO_VALUE, pattern=NO_VALUE, *_):
        """`gmatch(text, pattern)`: an iterator over what `match` would give, for one match after the
        other."""
        text, pattern = check_string(text, 1), check_string(pattern, 2)
        if pattern[:1] == b"^":                 # no anchor here, but a byte to be found
            pattern = b"%" + pattern
        compiled = compile_pattern(pattern)
        matches, results, flags = compiled.matches(text, runtime), compiled.results, runtime.namespace
        only = compiled.groups if compiled.groups < 2 and not compiled.positions else None

        def step(*_):
            if flags["STOP"]:
                runtime.stop()
            for match in matches:
                return results(match) if only is None else match[only]
            return ()

        return step

    return gmatch


# --- gsub ------------------------------------------------------------------------------------------------

def gsub_of(runtime):
    """`gsub` for a runtime."""
    cached = PATTERNS.get

    def gsub(text=NO_VALUE, pattern=NO_VALUE, replacement=NO_VALUE, most=None, *_):
        """`gsub(text, pattern, replacement [, most])`: the text with its matches replaced, and how many there
        were.

        The replacement is a string in which %1 stands for a capture, a function of the captures, or a table
        in which the first one is looked up.
        """
        if text.__class__ is not bytes or pattern.__class__ is not bytes:
            text, pattern = check_string(text, 1), check_string(pattern, 2)
        if most is not None:
            most = check_int(most, 4)
        compiled = cached(pattern) or compile_pattern(pattern)
        if replacement.__class__ is float:
            replacement = number_text(replacement)
        if replacement.__class__ is bytes:
            if most is None and b"%" not in replacement and _fits(runtime, compiled, text, replacement):
                replaced, count = compiled.regex.subn(replacement.replace(b"\\", b"\\\\"), text)
                return replaced, float(count)
            return _replace(runtime, compiled, text, most, _template(compiled, replacement))
        if isinstance(replacement, Table):
            value_of = _looking_up(compiled, replacement)
        elif replacement is not NO_VALUE and type_name(replacement) == b"function":
            value_of = _calling(compiled, replacement)
        else:
            raise ArgumentError(3, b"string/function/table expected")
        with runtime.nested():
            return _replace(runtime, compiled, text, most, value_of)

    return gsub


def _fits(runtime, compiled, text, replacement):
    """May `re` replace all matches at once? Each has at least one byte."""
    return len(text) <= compiled.walkable and len(text) * (len(replacement) + 1) <= runtime.max_string


def _replace(runtime, compiled, text, most, value_of):
    """Replace the first `most` matches by what value_of(match) gives; nil and false leave them as they
    are."""
    flags, room = runtime.namespace, runtime.max_string
    pieces, at, count = [], 0, 0
    add = pieces.append
    matches = compiled.matches(text, runtime)
    for match in matches if most is None else islice(matches, max(most, 0)):
        if flags["STOP"]:
            runtime.stop()
        value = value_of(match)
        begin, end = match.span()
        count += 1
        if value.__class__ is not bytes:
            value = _replacement_text(value, text[begin:end])
        room -= begin - at + len(value)
        if room < 0:
            raise LibraryError(b"not enough memory")
        add(text[at:begin])
        add(value)
        at = end
    if room < len(text) - at:
        raise LibraryError(b"not enough memory")
    add(text[at:])
    return b"".join(pieces), float(count)


def _replacement_text(value, original):
    """The text for what a function or a table gave and is no string."""
    if value.__class__ is tuple:
        value = first(value)
    if value is None or value is False:
        return original
    if value.__class__ is bytes or value.__class__ is float:
        return check_string(value, 0)
    raise LibraryError(b"invalid replacement value (a %s)" % type_name(value))


def _looking_up(compiled, table):
    """The value of a match is what a table has for its first capture."""
    get = table.get if table.__class__ is Table else table.__getitem__
    if 0 in compiled.positions:
        return lambda match: get(match.start(1) + 1.0)
    number = 1 if compiled.groups else 0
    return lambda match: get(match[number])


def _calling(compiled, function):
    """The value of a match is what a function gives for its captures."""
    if compiled.groups < 2 and not compiled.positions:
        number = compiled.groups
        return lambda match: function(match[number])
    results = compiled.results

    def value_of(match):
        values = results(match)
        return function(*values) if values.__class__ is tuple else function(values)

    return value_of


def _template(compiled, replacement):
    """The value of a match is a string with %0 and %1 to %9 in it filled in; % makes anything else plain."""
    if b"%" not in replacement:
        return lambda match: replacement
    if replacement.count(b"%") > _MOST_ESCAPES:
        raise LibraryError(b"not enough memory")
    parsed = _parsed_template if len(replacement) <= _LONGEST_CACHED else _parsed_template.__wrapped__
    return _filling(compiled, *parsed(replacement))


@remembered(256)
def _parsed_template(replacement):
    """A template for the operator %, and the numbers of the groups to be filled in."""
    pieces, numbers = [], []
    for text, escaped in _ESCAPES.findall(replacement):
        if escaped.isdigit():
            numbers.append(int(escaped))
            pieces.append(b"%b")
        else:                                   # a % at the end takes the NUL that C keeps behind a string
            pieces.append(text or escaped.replace(b"%", b"%%") or b"\0")
    return b"".join(pieces), tuple(numbers)


def _filling(compiled, template, numbers):
    """A function that fills the groups with these numbers into a template for the operator %."""
    if not compiled.groups:
        numbers = tuple([0 if number == 1 else number for number in numbers])
    if max(numbers, default=0) > compiled.groups:
        return _invalid_index
    if not numbers:
        return lambda match: template % ()
    if compiled.positions.isdisjoint([number - 1 for number in numbers]):
        if len(numbers) == 1:
            number = numbers[0]
            return lambda match: template % match[number]
        return lambda match: template % match.group(*numbers)

    def value_of(match):
        return template % tuple([
            number_text(match.start(number) + 1.0) if number - 1 in compiled.positions else match[number]
            for number in numbers])

    return value_of


def _invalid_index(match):
    raise LibraryError(b"invalid capture index")
