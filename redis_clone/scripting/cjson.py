"""The `cjson` library, as lua-cjson 2.1.0 in Redis: what scripts see of it, and its settings.

Each library that `cjson.new()` makes has settings of its own, with the defaults. Reading and writing are in
cjson_decode.py and cjson_encode.py.

No locks: a library belongs to the one thread of its Lua state. Not here: `cjson.safe`, which Redis does not
open.
"""
from ..lua.arguments import NO_VALUE, check_int, check_string
from ..lua.errors import ArgumentError
from ..lua.values import NULL, Table
from .cjson_decode import Decoder
from .cjson_encode import Encoder

__all__ = ["open_cjson"]

_LARGEST_INT = 2 ** 31 - 1
_SWITCH = (b"off", b"on")
_SWITCH_OR_NULL = (b"off", b"on", b"null")


class _Settings:
    """The settings of one library, named as the functions that change one alone."""

    def __init__(self):
        self.sparse_convert = b"off"
        self.sparse_ratio = 2
        self.sparse_safe = 10
        self.encode_max_depth = 1000
        self.decode_max_depth = 1000
        self.encode_number_precision = 14
        self.encode_keep_buffer = b"on"         # means nothing here: it is about C's memory
        self.encode_invalid_numbers = b"off"
        self.decode_invalid_numbers = b"on"

    def choose(self, name, value, options=_SWITCH):
        """Set a word, unless the value is nil, and return it as Lua sees it: "off" and "on" as booleans."""
        if value.__class__ is bool:
            setattr(self, name, _SWITCH[value])
        elif value is not None:
            word = check_string(value, 1).partition(b"\0")[0]
            if word not in options:
                raise ArgumentError(1, b"invalid option '%s'" % word)
            setattr(self, name, word)
        chosen = getattr(self, name)
        return chosen == b"on" if chosen in _SWITCH else chosen

    def count(self, name, value, lowest, highest=_LARGEST_INT, position=1):
        """Set an integer, unless the value is nil, and return it as Lua sees it."""
        if value is not None:
            number = check_int(value, position)
            if not lowest <= number <= highest:
                # The first argument is blamed, whichever it was.
                raise ArgumentError(1, b"expected integer between %d and %d" % (lowest, highest))
            setattr(self, name, number)
        return float(getattr(self, name))


def _one_argument(function):
    """A Lua function of exactly one argument, nil included."""
    def function_of_one(value=NO_VALUE, *more):
        if more or value is NO_VALUE:
            raise ArgumentError(1, b"expected 1 argument")
        return function(value)
    return function_of_one


def _setting(change):
    """A Lua function of one argument or none that changes and tells a setting."""
    def function_of_setting(value=None, *more):
        if more:
            raise ArgumentError(2, b"found too many arguments")
        return change(value)
    return function_of_setting


def _sparse_array(settings):
    def encode_sparse_array(convert=None, ratio=None, safe=None, *more):
        if more:
            raise ArgumentError(4, b"found too many arguments")
        return (settings.choose("sparse_convert", convert),
                settings.count("sparse_ratio", ratio, 0, position=2),
                settings.count("sparse_safe", safe, 0, position=3))
    return encode_sparse_array


def open_cjson(runtime):
    """A new table of the library, with the default settings."""
    settings = _Settings()
    decode = Decoder(settings).decode
    choose, count = settings.choose, settings.count
    return Table({
        b"encode": _one_argument(Encoder(runtime, settings).encode),
        b"decode": _one_argument(lambda text: decode(check_string(text, 1))),
        b"encode_sparse_array": _sparse_array(settings),
        b"encode_max_depth": _setting(lambda value: count("encode_max_depth", value, 1)),
        b"decode_max_depth": _setting(lambda value: count("decode_max_depth", value, 1)),
        b"encode_number_precision": _setting(lambda value: count("encode_number_precision", value, 1, 14)),
        b"encode_keep_buffer": _setting(lambda value: choose("encode_keep_buffer", value)),
        b"encode_invalid_numbers": _setting(
            lambda value: choose("encode_invalid_numbers", value, _SWITCH_OR_NULL)),
        b"decode_invalid_numbers": _setting(lambda value: choose("decode_invalid_numbers", value)),
        b"new": lambda *_: open_cjson(runtime),
        b"null": NULL,
        b"_NAME": b"cjson",
        b"_VERSION": b"2.1.0"})
