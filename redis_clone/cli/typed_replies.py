"""Replies that still say what they were on the wire, for printing.

To a program a double is a float, and a set is a set. Shown to a person, a double has the digits that the server
chose and a set the order in which it came, so here they are classes of their own: Map, Set, Double, BigNumber,
Attribute. All other types are those of redis_clone.reply_parser.
"""
from ..client import Connection, ReplyError
from ..reply_parser import ReplyParser

__all__ = ["Attribute", "BigNumber", "Double", "Map", "Set", "TypedConnection", "TypedParser"]


class Map(list):
    """A map: (key, value) pairs in their order."""


class Attribute(Map):
    """What the server says about the next reply; an item of its own in `replies`."""


class Set(list):
    """A set: its members in their order."""


class Double(str):
    """A double as it is spelled."""


class BigNumber(str):
    """A big number as it is spelled: Python has limits for the digits of an int."""


class TypedParser(ReplyParser):
    """The parser of such replies. Attributes of elements within a reply are dropped."""

    def __init__(self, error_type):
        super().__init__(error_type, self._add_attribute)

    def _add_attribute(self, attribute):
        if not self._outer:
            self.replies.append(Attribute(attribute))

    def _build_aggregate(self, kind, items):
        if kind == b"%":
            return Map(zip(items[::2], items[1::2]))
        if kind == b"~":
            return Set(items)
        return super()._build_aggregate(kind, items)

    def _build_double(self, text):
        return Double(text, "ascii")

    def _build_big_number(self, text):
        return BigNumber(text, "ascii")


class TypedConnection(Connection):
    """A connection with such replies. It has no greeting: that would be read by the usual parser."""

    def connect(self):
        super().connect()
        self._parser = TypedParser(ReplyError)
        return self
