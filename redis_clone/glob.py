"""Redis' glob patterns: what KEYS, SCAN MATCH, PSUBSCRIBE, CONFIG GET and ACL rules accept.

The idea: every element of a pattern except `*` stands for exactly one byte. Cutting a pattern at its
stars therefore leaves runs of fixed length, and a text matches when the first run opens it, the last one
closes it and those between are found one after the other, each as far left as possible. No choice is
ever taken back, so the time is bounded by the text's length times the pattern's, whatever the pattern:
`a*a*a*a*b` does no more harm than `ab`.

The elements are `?` (any byte), `[abc]`, `[a-z]`, `[^a]`, `\\x` (x itself) and plain bytes. The oddities
are Redis': a class left open ends with the pattern, `[]` matches nothing, `[^]` any byte, `[z-a]` equals
`[a-z]`, a final backslash stands for itself, and stars alone do not match an empty text (commands that
take a lone `*` to mean "all" look for it before they come here).

Pure functions and a cache of compiled patterns: callable from any thread.
"""

import functools
import re

__all__ = ["compile_pattern", "matches"]

# Patterns come from clients: a longer one is not worth the memory it would hold after its use.
_LONGEST_CACHED = 512

_STAR = None
_ANY_BYTE = frozenset(range(256))


def matches(pattern, text, ignore_case=False):
    """Return whether the whole of `text` matches `pattern`; case is ignored for ASCII letters only."""
    return compile_pattern(pattern, ignore_case)(text)


def compile_pattern(pattern, ignore_case=False):
    """Return a function that takes a text (bytes) and tells whether all of it matches `pattern`."""
    if len(pattern) > _LONGEST_CACHED:
        return _compile(pattern, ignore_case)
    return _compile_cached(pattern, ignore_case)


def _compile(pattern, ignore_case):
    if not ignore_case:
        return _matcher(_runs(pattern, bytes))
    # Both sides are folded here instead of by `re`, for the sake of Redis' meaning of [A-z].
    matcher = _matcher(_runs(pattern, bytes.lower))
    return lambda text: matcher(text.lower())


_compile_cached = functools.lru_cache(maxsize=1024)(_compile)


# --- from the pattern's text to runs of elements -------------------------------------------------------


def _runs(pattern, fold):
    """Cut a pattern at its stars: n stars leave n + 1 runs, lists of the bytes allowed at each place."""
    runs = [[]]
    for allowed in _elements(pattern, fold):
        if allowed is not _STAR:
            runs[-1].append(allowed)
        elif runs[-1] or len(runs) == 1:            # neighbouring stars count as one
            runs.append([])
    return runs


def _elements(pattern, fold):
    position, end = 0, len(pattern)
    while position < end:
        char = pattern[position:position + 1]
        position += 1
        if char == b"*":
            yield _STAR
        elif char == b"?":
            yield _ANY_BYTE
        elif char == b"[":
            allowed, position = _parse_class(pattern, position, fold)
            yield allowed
        else:
            if char == b"\\" and position < end:
                char = pattern[position:position + 1]
                position += 1
            yield fold(char)


def _parse_class(pattern, position, fold):
    """Read the class whose `[` stands just before `position`; return its bytes and where it ends."""
    end = len(pattern)
    negated = pattern[position:position + 1] == b"^"
    position += negated
    allowed = set()
    while position < end:
        char = pattern[position:position + 1]
        if char == b"]":
            position += 1
            break
        if char == b"\\" and position + 1 < end:
            allowed.update(fold(pattern[position + 1:position + 2]))
            position += 2
        elif position + 2 < end and pattern[position + 1:position + 2] == b"-":
            # Ordered first, folded second: [A-_] is then empty, as it is for Redis.
            first, last = fold(bytes(sorted((pattern[position], pattern[position + 2]))))
            allowed.update(range(first, last + 1))
            position += 3
        else:
            allowed.update(fold(char))
            position += 1
    return frozenset(_ANY_BYTE - allowed if negated else allowed), position


# --- from runs to a function ---------------------------------------------------------------------------


def _matcher(runs):
    first, last = runs[0], runs[-1]
    if len(runs) == 1:
        return _literal(first).__eq__ if _is_literal(first) else _whole(_regex(first))
    if runs == [[], []]:
        return bool                                 # stars alone: anything but the empty text
    if runs == [first, []] and _is_literal(first):
        prefix = _literal(first)                    # by far the most used kind of pattern
        return lambda text: text.startswith(prefix)
    return _general_matcher(first, runs[1:-1], last)


def _whole(regex):
    return lambda text: regex.fullmatch(text) is not None


def _general_matcher(first, middle, last):
    opens, closes = _opener(first), _opener(last)
    after_first, size_of_last = len(first), len(last)
    shortest = after_first + sum(map(len, middle)) + size_of_last
    searches = [(_finder(run), len(run)) for run in middle]

    def match(text):
        limit = len(text) - size_of_last
        if len(text) < shortest or not opens(text, 0) or not closes(text, limit):
            return False
        position = after_first
        for find, size in searches:
            position = find(text, position, limit)
            if position < 0:
                return False
            position += size
        return True

    return match


def _opener(run):
    """A function of a text and a position: does the run stand there?"""
    if _is_literal(run):
        literal = _literal(run)
        return lambda text, position: text.startswith(literal, position)
    return _regex(run).match


def _finder(run):
    """A function of a text, a position and a limit: where between them is the run first found, or -1?"""
    if _is_literal(run):
        literal = _literal(run)
        return lambda text, position, limit: text.find(literal, position, limit)
    search = _regex(run).search

    def find(text, position, limit):
        found = search(text, position, limit)
        return found.start() if found else -1

    return find


def _is_literal(run):
    return all(type(allowed) is bytes for allowed in run)


def _literal(run):
    return b"".join(run)


def _regex(run):
    return re.compile(b"".join(map(_regex_element, run)), re.DOTALL)


def _regex_element(allowed):
    if type(allowed) is bytes:
        return re.escape(allowed)
    if allowed == _ANY_BYTE:
        return b"."
    if not allowed:
        return b"(?!)"                              # an empty class: no byte will do
    return b"[" + b"".join(b"\\x%02x" % byte for byte in sorted(allowed)) + b"]"
