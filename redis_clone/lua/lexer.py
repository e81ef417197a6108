"""From source text to tokens, by the rules of Lua 5.1.

The idea: one regular expression cuts the whole source in one call, and what a piece of text means is worked
out once for each distinct text, since names and operators repeat. Tokens are no objects but places in
parallel lists; the parser is an index into them.

kinds      str: a keyword or an operator as written, or "<name>", "<number>", "<string>", "<eof>"; "<char>"
           for a byte that Lua has no use for and "<error>" for what cannot be a token
texts      bytes: as written in the source
lines      the line in which the token ends
constants  text of a number or a string -> its value
words      has every distinct text of the source as a key

Reading never fails: the last token is "<eof>" or "<error>", and for the latter `failure` is (line, message).
The parser raises it when it gets there, so that a syntax error further up is reported first.

Pure functions: callable from any thread.
"""
import re

from .values import parse_number

__all__ = ["Tokens", "scan", "shown_string"]

_KEYWORDS = ("and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local",
             "nil", "not", "or", "repeat", "return", "then", "true", "until", "while")
_OPERATORS = ("+", "-", "*", "/", "%", "^", "#", "==", "~=", "<=", ">=", "<", ">", "=", "(", ")", "{", "}",
              "[", "]", ";", ":", ",", ".", "..", "...")

# The first group is a token, or line ends and comments. The empty text is the end of the source. What is
# opened and never closed takes all the rest: nothing after it will be read, and no text is searched twice.
_TOKEN = re.compile(rb"""[ \t\v\f]*(
    [A-Za-z_][A-Za-z0-9_]*
    | [\n\r]\s*
    | [(){},;:=+*/%^\#\]](?!=) | ==
    | "[^"\\\n\r]*" | '[^'\\\n\r]*'
    | \.?[0-9][0-9.]*(?:[eE\0][+\0-]?)?[A-Za-z0-9_]*
    | \.[.\0]{0,2}
    | (?:--)?\[(=*)\[[\s\S]*?\]\2\]
    | (?:--)?\[=*\[[\s\S]*
    | --[^\n\r]*\s*
    | [<>~]=
    | \[=*
    | "[^"\\\n\r]*(?:\\(?:\r\n|\n\r|[\s\S])[^"\\\n\r]*)*"
    | '[^'\\\n\r]*(?:\\(?:\r\n|\n\r|[\s\S])[^'\\\n\r]*)*'
    | ["'][\s\S]*
    | \S
    | \Z)""", re.VERBOSE)

_FIXED = {text.encode(): text for text in _KEYWORDS + _OPERATORS}
# C's lexer searches what comes next in strings that end in a zero byte, and finds that as well.
_FIXED.update({b".\0": "..", b"..\0": "...", b".\0.": "...", b".\0\0": "..."})
_FIXED[b""] = "<eof>"
_FIXED[b"\n"] = 1                               # not a token: the number of lines that end

_LINE_END = re.compile(rb"\r\n|\n\r|\n|\r")
_ESCAPE = re.compile(rb"\\([0-9]{1,3}|\r\n|\n\r|[\s\S])")
_ESCAPES = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v",
            b"\r": b"\n", b"\r\n": b"\n", b"\n\r": b"\n"}
# As much of a quoted string as can be read.
_QUOTED = {b'"': re.compile(rb'"[^"\\\n\r]*(?:\\(?:\r\n|\n\r|[\s\S])[^"\\\n\r]*)*'),
           b"'": re.compile(rb"'[^'\\\n\r]*(?:\\(?:\r\n|\n\r|[\s\S])[^'\\\n\r]*)*")}
_OPENING = re.compile(rb"(?:--)?(\[=*\[)")


class Tokens:
    """What the module's docstring describes."""

    __slots__ = ("kinds", "texts", "lines", "constants", "words", "failure")

    def __init__(self):
        self.kinds = []
        self.texts = []
        self.lines = []
        self.constants = {}
        self.words = dict(_FIXED)
        self.failure = None


def scan(source):
    """Cut a source (bytes) into Tokens."""
    tokens = Tokens()
    known = tokens.words
    add_kind, add_text, add_line = tokens.kinds.append, tokens.texts.append, tokens.lines.append
    line = 1
    for text, _ in _TOKEN.findall(source):
        kind = known.get(text)
        if kind is None:
            kind, line_ends = _classify(text, tokens.constants)
            if kind == "<error>":
                tokens.failure = _failure(text, line)
            elif not line_ends:                 # a string over several lines also moves `line`
                known[text] = kind
            line += line_ends
        if kind.__class__ is int:
            line += kind
            continue
        add_kind(kind)
        add_text(text)
        add_line(line)
        if kind == "<error>" or kind == "<eof>":
            break
    return tokens


def _classify(text, constants):
    """The kind of a text that is no keyword and no operator, and how many lines end in it if it is a token.

    Comments and line ends have an int as their kind: the number of lines that end in them.
    """
    start = text[:1]
    if start.isalpha() or start == b"_":
        return "<name>", 0
    if start in b"\n\r" or text.startswith(b"--"):
        return _classify_blank(text)
    if start.isdigit() or start == b".":
        constants[text] = value = parse_number(text)
        return ("<number>" if value is not None else "<error>"), 0
    if start in b"\"'":
        value = _unquote(text)
    elif start == b"[":
        value = _unbracket(text)
    else:
        return "<char>", 0
    if value is None:
        return "<error>", 0
    constants[text] = value
    return "<string>", _count_line_ends(text)


def _classify_blank(text):
    if _OPENING.match(text) and _unbracket(text) is None:
        return "<error>", 0
    return _count_line_ends(text), 0


def _count_line_ends(text):
    if b"\r" in text:
        return len(_LINE_END.findall(text))
    return text.count(b"\n")


# --- strings ---------------------------------------------------------------------------------------------

def _unquote(text):
    """The value of a quoted string; None if it is not closed or has an escape beyond 255."""
    quoted = _QUOTED[text[:1]].match(text)
    if quoted.end() != len(text) - 1 or text[-1:] != text[:1]:
        return None
    body = text[1:-1]
    if b"\\" not in body:
        return body
    return None if _large_escape(body) is not None else _ESCAPE.sub(_unescape, body)


def _unescape(match):
    code = match[1]
    if code.isdigit():
        return bytes((int(code),))
    return _ESCAPES.get(code, code)


def _large_escape(text):
    """Where the first escape is that no byte can hold; None if there is none."""
    for match in _ESCAPE.finditer(text):
        if match[1].isdigit() and int(match[1]) > 255:
            return match.start()
    return None


def _unbracket(text):
    """What is in long brackets, also of a comment; None without an end or with `[[` inside of `[[ ]]`."""
    opening = _OPENING.match(text)
    if opening is None:
        return None
    size = len(opening[1])
    body = text[opening.end():-size]
    if len(text) < opening.end() + size or not text.endswith(opening[1].replace(b"[", b"]")):
        return None
    if size == 2 and b"[[" in body:
        return None
    body = _LINE_END.sub(b"\n", body) if b"\r" in body else body
    return body[1:] if body.startswith(b"\n") else body


def shown_string(text, value):
    """A string token as error messages show it: with its value between its quotes or brackets."""
    size = 1 if text[:1] in b"\"'" else text.index(b"[", 1) + 1
    return text[:size] + value + text[-size:]


# --- what cannot be a token ------------------------------------------------------------------------------

def _failure(text, line):
    """(line, message) for a text that `_classify` refused and that starts in `line`."""
    start = text[:1]
    if start.isdigit() or start == b".":
        return line, b"malformed number near '%s'" % text
    if start in b"\"'":
        return _quoted_failure(text, line)
    opening = _OPENING.match(text)
    if opening is None:
        return line, b"invalid long string delimiter near '%s'" % text
    nested = text.find(b"[[", opening.end()) if opening[1] == b"[[" else -1
    if nested >= 0:
        return line + _count_line_ends(text[:nested]), b"nesting of [[...]] is deprecated near '['"
    what = b"comment" if start == b"-" else b"string"
    return line + _count_line_ends(text), b"unfinished long %s near '<eof>'" % what


def _quoted_failure(text, line):
    body = _QUOTED[text[:1]].match(text)[0]
    large = _large_escape(body)
    if large is not None:
        body = body[:large]
        message = b"escape sequence too large"
    else:
        message = b"unfinished string"
    line += _count_line_ends(body)
    if large is None and len(text) <= len(body) + text.endswith(b"\\"):
        return line, message + b" near '<eof>'"
    near = _ESCAPE.sub(_unescape, body).split(b"\0", 1)[0]
    return line, b"%s near '%s'" % (message, near)
