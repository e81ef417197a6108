"""Replies as text, byte for byte as redis-cli prints them.

    format_reply([1, b"a"], STANDARD)               # b'1) (integer) 1\\n2) "a"\\n'
    format_reply([1, b"a"], JSON)                   # b'[1,"a"]\\n'

STANDARD is for people: types are named, elements numbered and indented, bulk strings quoted. RAW is the bare
values, CSV and JSON are for programs; QUOTED_JSON is ASCII only. The oddities are redis-cli's and kept on
purpose, because scripts rely on them: an error in RAW has a line feed of its own, and in JSON it stands there
as `error:"..."`.

The two types that redis-cli cannot print are ours: big numbers and attributes. The types of replies are those of
`typed_replies`.
"""
import re

from ..client import Push, ReplyError, Verbatim
from .arguments import CSV, JSON, RAW, STANDARD
from .typed_replies import Attribute, BigNumber, Double, Map, Set

__all__ = ["format_push", "format_reply", "format_verbatim"]

_PIECE = 65536
_PLAIN = re.compile(rb"[ !#-\[\]-~]*")              # printable, and nothing to escape

_ESCAPES = {byte: f"\\x{byte:02x}" for byte in range(256) if not 32 <= byte < 127}
_ESCAPES.update({ord('"'): '\\"', ord("\\"): "\\\\", 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 13: "\\r"})
_JSON_ESCAPES = {byte: f"\\u{byte:04x}" for byte in range(32)}
_JSON_ESCAPES.update({ord('"'): '\\"', ord("\\"): "\\\\", 8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"})


def format_reply(reply, output, element_delimiter=b"\n", reply_delimiter=b"\n"):
    """Return what is printed for a reply, as bytes with the end of the line. The delimiters are RAW's."""
    if output == STANDARD:
        return _standard(reply, b"")
    if output == RAW:
        return _raw(reply, element_delimiter) + reply_delimiter
    if output == CSV:
        return _csv(reply) + b"\n"
    return _json(reply, _json_string if output == JSON else _quoted_json_string) + b"\n"


def format_verbatim(reply, element_delimiter=b"\n"):
    """Return what is printed, in any output, for a reply that is a text for people already, such as INFO's."""
    return _raw(reply, element_delimiter)


def format_push(push, output, element_delimiter=b"\n", reply_delimiter=b"\n"):
    """Return what is printed for a push that nobody waited for."""
    if output == STANDARD and len(push) == 2 and push[0] == b"invalidate" and type(push[1]) is list:
        return b"-> invalidate: " + b", ".join(b"'%b'" % key for key in push[1]) + b"\n"
    return format_reply(push, output, element_delimiter, reply_delimiter)


# -- for people ----------------------------------------------------------------------------------------------

def _standard(reply, indent):
    """`indent` is put before every line but the first."""
    kind = type(reply)
    if kind is bytes:
        return _quoted(reply) + b"\n"
    if kind in _MARKS:
        return _standard_aggregate(reply, indent, *_MARKS[kind])
    if kind is int:
        return b"(integer) %d\n" % reply
    if reply is None:
        return b"(nil)\n"
    if kind is Verbatim:
        return bytes(reply) + b"\n"
    if kind is bool:
        return b"(true)\n" if reply else b"(false)\n"
    return _NAMES.get(kind, b"") + _encode(reply) + b"\n"


# Mark behind the number of an element, and the text when there is none.
_MARKS = {
    list: (b")", b"(empty array)"), Map: (b"#", b"(empty hash)"), Set: (b"~", b"(empty set)"),
    Push: (b")", b"(empty push)"), Attribute: (b"|", b"(empty attribute)"),
}
_NAMES = {ReplyError: b"(error) ", Double: b"(double) ", BigNumber: b"(big number) "}


def _standard_aggregate(reply, indent, mark, empty):
    if not reply:
        return empty + b"\n"
    width = len(str(len(reply)))
    inner = indent + b" " * (width + 2)
    lines = []
    for number, element in enumerate(reply, 1):
        text = _standard_pair(element, inner) if isinstance(reply, Map) else _standard(element, inner)
        lines.append(b"%b%*d%b %b" % (indent if number > 1 else b"", width, number, mark, text))
    return b"".join(lines)


def _standard_pair(pair, indent):
    key, value = pair
    text = _standard(value, indent)
    if isinstance(value, list) and text.count(b"\n") > 1:
        text = b"\n" + indent + text
    return _standard(key, indent)[:-1] + b" => " + text


# -- for programs ----------------------------------------------------------------------------------------------

def _raw(reply, delimiter):
    if isinstance(reply, bytes):
        return bytes(reply)
    if isinstance(reply, Map):
        return delimiter.join(_raw(key, delimiter) + b" " + _raw(value, delimiter) for key, value in reply)
    if isinstance(reply, list):
        return delimiter.join(_raw(element, delimiter) for element in reply)
    if reply is None:
        return b""
    if isinstance(reply, bool):
        return b"(true)" if reply else b"(false)"
    if isinstance(reply, ReplyError):
        return _encode(reply) + b"\n"
    return _encode(reply)


def _csv(reply):
    if isinstance(reply, Map):
        return b",".join(_csv(key) + b"," + _csv(value) for key, value in reply)
    if isinstance(reply, list):
        return b",".join(map(_csv, reply))
    if isinstance(reply, ReplyError):
        return b"ERROR," + _quoted(_encode(reply))
    if reply is None:
        return b"NULL"
    return _scalar(reply, _quoted)


def _json(reply, string):
    if isinstance(reply, Map):
        return b"{" + b",".join(_json_key(key, string) + b":" + _json(value, string) for key, value in reply) + b"}"
    if isinstance(reply, list):
        return b"[" + b",".join(_json(element, string) for element in reply) + b"]"
    if isinstance(reply, ReplyError):
        return b"error:" + string(_encode(reply))
    if reply is None:
        return b"null"
    return _scalar(reply, string)


def _json_key(key, string):
    text = _json(key, string)
    return text if isinstance(key, (bytes, ReplyError)) or text[:1] == b'"' else b'"' + text + b'"'


def _scalar(reply, string):
    """What CSV and JSON have in common."""
    if isinstance(reply, bool):
        return b"true" if reply else b"false"
    if isinstance(reply, (int, Double, BigNumber)):
        return _encode(reply)
    return string(reply if isinstance(reply, bytes) else _encode(reply))


# -- strings -----------------------------------------------------------------------------------------------------

def _quoted(value):
    if _PLAIN.fullmatch(value):
        return b'"' + value + b'"'
    return _escaped(value, _ESCAPES)


def _json_string(value):
    return _escaped(value, _JSON_ESCAPES)


def _escaped(value, escapes):
    # Piece by piece, since the text of a large value would be several times as large as the value.
    pieces = [value[start:start + _PIECE].decode("latin-1").translate(escapes).encode("latin-1")
              for start in range(0, len(value), _PIECE)]
    return b"".join([b'"', *pieces, b'"'])


def _quoted_json_string(value):
    return _quoted(value).replace(b"\\", b"\\\\")


def _encode(reply):
    return str(reply).encode("utf-8", "surrogateescape")
