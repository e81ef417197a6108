"""Splitting a line that somebody typed into words, with redis-cli's quoting rules.

"..." knows \\n \\r \\t \\b \\a \\xHH and \\ before any other character, '...' only \\'. A closing quote must be
followed by a space or the end of the line.
"""
import re

__all__ = ["split_line", "unquote"]

_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"a": b"\a"}

_SPACES = re.compile(rb"[ \n\r\t\v\f\0]*")
_PLAIN = re.compile(rb"[^ \n\r\t\v\f\0\"']+")
_DOUBLE = re.compile(rb'"((?:[^"\\]|\\.)*)"(?=[ \n\r\t\v\f\0]|\Z)', re.DOTALL)
_SINGLE = re.compile(rb"'((?:[^'\\]|\\'|\\(?!'))*)'(?=[ \n\r\t\v\f\0]|\Z)", re.DOTALL)
_IN_DOUBLE = re.compile(rb"\\(x[0-9a-fA-F]{2}|.)", re.DOTALL)


def split_line(line):
    """Return the words of `line` (bytes); None if a quote is not closed, or not where it could be."""
    words = []
    position = _SPACES.match(line).end()
    while position < len(line):
        word = b""
        plain = _PLAIN.match(line, position)
        if plain:
            word = plain.group()
            position = plain.end()
        quote = line[position:position + 1]
        if quote in (b'"', b"'"):
            quoted = (_DOUBLE if quote == b'"' else _SINGLE).match(line, position)
            if not quoted:
                return None
            word += _unescape(quote, quoted.group(1))
            position = quoted.end()
        words.append(word)
        position = _SPACES.match(line, position).end()
    return words


def unquote(text):
    """Return the one word that `text` (bytes) is, in quotes or not; None if it is not exactly one."""
    words = split_line(text)
    return words[0] if words is not None and len(words) == 1 else None


def _unescape(quote, content):
    if quote == b"'":
        return content.replace(b"\\'", b"'")
    return _IN_DOUBLE.sub(_escaped, content)


def _escaped(match):
    escape = match.group(1)
    if len(escape) == 3:
        return bytes((int(escape[1:], 16),))
    return _ESCAPES.get(escape, escape)
