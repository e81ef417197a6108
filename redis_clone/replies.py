"""The reply values that have no Python type of their own; `resp.encode` says what each becomes on the wire."""

__all__ = ["NULL_ARRAY", "NO_REPLY", "NullArray", "NoReply", "Push", "Replies", "Encoded", "SetReply", "MapReply",
           "Verbatim", "VerbatimIn", "BigNumber", "SpelledBigNumber", "SpelledDouble", "Attribute"]


class NullArray:
    """What a blocking command or an aborted EXEC replies: *-1 in RESP2, null in RESP3."""

    def __repr__(self):
        return "NULL_ARRAY"


class NoReply:
    """Returned by a handler that has written its replies itself, or replies later."""

    def __repr__(self):
        return "NO_REPLY"


NULL_ARRAY = NullArray()
NO_REPLY = NoReply()


class Push(list):
    """An out-of-band message: a RESP3 push; in RESP2 an array."""


class Replies(list):
    """Several replies of one command: SUBSCRIBE confirms each channel."""


class Encoded(list):
    """A reply that has been encoded already, piece by piece: EXEC may change the protocol on its way."""


class SetReply(list):
    """A set whose members have an order that is worth keeping; in RESP2 an array."""


class MapReply(list):
    """A map as pairs, for one in which a key may come twice; in RESP2 an array of the pairs."""

    def items(self):
        return self


class Verbatim(bytes):
    """A text with the format txt in RESP3, a plain bulk string in RESP2."""


class VerbatimIn:
    """The same for any `format` (bytes, of which three count); what scripts make."""

    __slots__ = ("format", "text")

    def __init__(self, text_format, text):
        self.format = text_format
        self.text = text


class BigNumber(int):
    """An integer beyond 64 bits; in RESP2 a bulk string of its digits."""


class SpelledBigNumber:
    """The same by its digits (bytes), which are shown as they are: a script may call anything a big number."""

    __slots__ = ("text",)

    def __init__(self, text):
        self.text = text


class SpelledDouble(float):
    """A double made of `text`, bytes, and shown just like this: the command chooses the digits."""

    __slots__ = ("text",)

    def __new__(cls, text):
        self = super().__new__(cls, text)
        self.text = text
        return self


class Attribute:
    """Attributes (a dict) shown to RESP3 clients before the reply they belong to."""

    def __init__(self, attributes, reply):
        self.attributes = attributes
        self.reply = reply
