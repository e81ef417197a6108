"""The Redis serialization protocol from the server's side: reply values to bytes.

Replies are plain values: bytes a bulk string, int, None null, str a status line, list and tuple an
array, dict a map, set and frozenset a set, float a double, bool, RedisError an error, and the classes
of `replies.py`, which are also found here. Only `encode` knows in which protocol version the client wants to read
them. Requests are cut from the stream by `request_parser.py`.
"""
from .args import format_float
from .errors import RedisError
from .replies import (NO_REPLY, NULL_ARRAY, Attribute, BigNumber, Encoded, MapReply, NoReply, NullArray, Push,
                      Replies, SetReply, SpelledBigNumber, SpelledDouble, Verbatim, VerbatimIn)

__all__ = ["encode", "encode_into", "NULL_ARRAY", "NO_REPLY", "Push", "Replies", "SetReply",
           "MapReply", "Encoded", "Verbatim", "BigNumber", "SpelledDouble", "Attribute", "BULK_LINE", "STATUS_LINE",
           "BULK_HEADER", "CRLF"]

CRLF = b"\r\n"
# The header of a value by its length.
BULK_HEADER = [b"$%d" % length for length in range(4097)]
BULK_LINE = [header + CRLF for header in BULK_HEADER]


class _StatusLines(dict):
    """The line for each text of a status reply, the usual ones ready made."""

    def __missing__(self, text):
        return b"+%b\r\n" % text.encode("utf-8", "surrogateescape")


STATUS_LINE = _StatusLines({text: b"+%b\r\n" % text.encode() for text in ("OK", "PONG", "QUEUED")})


def encode(value, protocol=2):
    """The bytes of one reply; `protocol` is 2 or 3."""
    out = []
    encode_into(out, value, protocol)
    return b"".join(out)


def encode_into(out, value, protocol):
    """Append the encoded pieces of one reply to the list `out`."""
    encoder = _ENCODERS.get(type(value))
    if encoder is None:
        encoder = next(_ENCODERS[kind] for kind in type(value).__mro__ if kind in _ENCODERS)
    encoder(out, value, protocol)


def _bulk(out, value, protocol):
    out += (b"$%d\r\n" % len(value), value, CRLF)


def _integer(out, value, protocol):
    out.append(b":%d\r\n" % value)


def _null(out, value, protocol):
    out.append(b"$-1\r\n" if protocol == 2 else b"_\r\n")


def _null_array(out, value, protocol):
    out.append(b"*-1\r\n" if protocol == 2 else b"_\r\n")


def _no_reply(out, value, protocol):
    pass


def _status(out, value, protocol):
    out.append(STATUS_LINE[value])


def _error(out, value, protocol):
    text = str(value).encode("utf-8", "surrogateescape").rstrip(b"\r\n")
    out.append(b"-%b\r\n" % text.replace(b"\r", b" ").replace(b"\n", b" "))


def _array(out, value, protocol):
    out.append(b"*%d\r\n" % len(value))
    _items(out, value, protocol)


def _items(out, values, protocol):
    """A run of values. Most are all byte strings: then headers and values interleave in one join."""
    if values and values[-1].__class__ is bytes:
        try:
            headers = BULK_HEADER
            pieces = [b""] * (2 * len(values))
            pieces[0::2] = [headers[len(value)] for value in values]
            pieces[1::2] = values
            out += (CRLF.join(pieces), CRLF)
            return
        except (TypeError, IndexError):
            pass
    for value in values:
        encode_into(out, value, protocol)


def _map(out, value, protocol):
    out.append(b"*%d\r\n" % (2 * len(value)) if protocol == 2 else b"%%%d\r\n" % len(value))
    _items(out, [item for pair in value.items() for item in pair], protocol)


def _map_of_pairs(out, value, protocol):
    (_array if protocol == 2 else _map)(out, value, protocol)


def _set(out, value, protocol):
    out.append((b"*%d\r\n" if protocol == 2 else b"~%d\r\n") % len(value))
    _items(out, list(value), protocol)


def _push(out, value, protocol):
    out.append((b"*%d\r\n" if protocol == 2 else b">%d\r\n") % len(value))
    _items(out, value, protocol)


def _replies(out, value, protocol):
    for reply in value:
        encode_into(out, reply, protocol)


def _encoded(out, value, protocol):
    out += value


def _double(out, value, protocol):
    text = format_float(value)
    out.append(b"$%d\r\n%b\r\n" % (len(text), text) if protocol == 2 else b",%b\r\n" % text)


def _spelled_double(out, value, protocol):
    text = value.text
    out.append(b"$%d\r\n%b\r\n" % (len(text), text) if protocol == 2 else b",%b\r\n" % text)


def _boolean(out, value, protocol):
    out.append(b":%d\r\n" % value if protocol == 2 else b"#t\r\n" if value else b"#f\r\n")


def _verbatim(out, value, protocol):
    if protocol == 2:
        _bulk(out, value, protocol)
    else:
        out.append(b"=%d\r\ntxt:%b\r\n" % (len(value) + 4, value))


def _verbatim_in(out, value, protocol):
    if protocol == 2:
        _bulk(out, value.text, protocol)
    else:
        out.append(b"=%d\r\n%b:%b\r\n" % (len(value.text) + 4, value.format[:3].ljust(3), value.text))


def _big_number(out, value, protocol):
    text = b"%d" % value
    out.append(b"$%d\r\n%b\r\n" % (len(text), text) if protocol == 2 else b"(%b\r\n" % text)


def _spelled_big_number(out, value, protocol):
    if protocol == 2:
        _bulk(out, value.text, protocol)
    else:
        out.append(b"(%b\r\n" % value.text)


def _attribute(out, value, protocol):
    if protocol == 3:
        out.append(b"|%d\r\n" % len(value.attributes))
        _items(out, [item for pair in value.attributes.items() for item in pair], protocol)
    encode_into(out, value.reply, protocol)


_ENCODERS = {
    bytes: _bulk, bytearray: _bulk, int: _integer, type(None): _null, str: _status, list: _array, tuple: _array,
    dict: _map, set: _set, frozenset: _set, float: _double, bool: _boolean, RedisError: _error, Push: _push,
    SpelledDouble: _spelled_double, SetReply: _set, MapReply: _map_of_pairs, Replies: _replies, Encoded: _encoded,
    Verbatim: _verbatim, VerbatimIn: _verbatim_in, BigNumber: _big_number, SpelledBigNumber: _spelled_big_number,
    Attribute: _attribute, NullArray: _null_array, NoReply: _no_reply,
}
