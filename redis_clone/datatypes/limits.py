"""How far Redis keeps a collection compact: the thresholds, and the sizes that are held against them.

Here all collections are ordinary Python containers, whatever their size. But OBJECT ENCODING, the order of
small collections' replies and what SCAN returns at once depend on Redis' encodings, so each datatype
follows the rules of Redis 7.2 by name: "intset", "listpack", "quicklist", "hashtable", "skiplist".

Locking: the engine changes its one `EncodingLimits` under its lock.
"""

UNLIMITED = 1 << 62
_LIST_NODE_BYTES = (4096, 8192, 16384, 32768, 65536)    # list-max-listpack-size -1 .. -5
_LIST_NODE_SAFE_BYTES = 8192                            # when that directive counts elements instead

LISTPACK_HEADER_BYTES = 7       # total bytes (4), number of elements (2), and the end mark (1)

_HIGHEST, _LOWEST = b"9223372036854775807", b"9223372036854775808"      # digits of a 64-bit integer

# By length of an integer's text: (the largest text of the smaller size, that size, the larger size). Numbers
# of one length have two sizes at most (7, 13, 16, 24, 32 or 64 bits, and the bytes around them), so comparing
# texts saves making a number.
_POSITIVE_BYTES = [
    None, (b"9", 2, 2), (b"99", 2, 2), (b"127", 2, 3), (b"4095", 3, 4), (b"32767", 4, 5), (b"999999", 5, 5),
    (b"8388607", 5, 6), (b"99999999", 6, 6), (b"999999999", 6, 6), (b"2147483647", 6, 10)
] + [(b"9" * 19, 10, 10)] * 9
_NEGATIVE_BYTES = [
    None, None, (b"-9", 3, 3), (b"-99", 3, 3), (b"-999", 3, 3), (b"-4096", 3, 4), (b"-32768", 4, 5),
    (b"-999999", 5, 5), (b"-8388608", 5, 6), (b"-99999999", 6, 6), (b"-999999999", 6, 6),
    (b"-2147483648", 6, 10)
] + [(b"-" + b"9" * 19, 10, 10)] * 9


class EncodingLimits:
    """The encoding directives of redis.conf with Redis' defaults: the engine sets, datatypes read them."""

    __slots__ = (
        "hash_max_listpack_entries", "hash_max_listpack_value",
        "set_max_intset_entries", "set_max_listpack_entries", "set_max_listpack_value",
        "zset_max_listpack_entries", "zset_max_listpack_value",
        "stream_node_max_entries", "stream_node_max_bytes",
        "hll_sparse_max_bytes", "_list_max_listpack_size", "list_node_bytes", "list_node_entries",
    )

    def __init__(self):
        self.hash_max_listpack_entries = 128
        self.hash_max_listpack_value = 64
        self.set_max_intset_entries = 512
        self.set_max_listpack_entries = 128
        self.set_max_listpack_value = 64
        self.zset_max_listpack_entries = 128
        self.zset_max_listpack_value = 64
        self.stream_node_max_entries = 100      # 0: unlimited, likewise below
        self.stream_node_max_bytes = 4096
        self.hll_sparse_max_bytes = 3000
        self.list_max_listpack_size = -2

    @property
    def list_max_listpack_size(self):
        """Positive: elements in a list node; -1 to -5: 4 KB, 8 KB ... 64 KB in a list node."""
        return self._list_max_listpack_size

    @list_max_listpack_size.setter
    def list_max_listpack_size(self, size):
        self._list_max_listpack_size = size
        if size < 0:
            self.list_node_bytes = _LIST_NODE_BYTES[min(-size, 5) - 1]
            self.list_node_entries = UNLIMITED
        else:
            self.list_node_bytes = _LIST_NODE_SAFE_BYTES
            self.list_node_entries = max(size, 1)

    def list_half_node(self):
        """(bytes, entries) at which a quicklist of one node becomes a listpack again."""
        if self._list_max_listpack_size < 0:
            return self.list_node_bytes // 2, UNLIMITED
        return UNLIMITED, self.list_node_entries // 2


def is_integer(text):
    """True when `text` is the one way to write a 64-bit signed integer: no "+5", "007", "-0" or " 1"."""
    if text.isdigit():
        if len(text) < 19:
            return text[0] != 48 or len(text) == 1
        return text[0] != 48 and len(text) == 19 and text <= _HIGHEST
    if text[:1] != b"-" or not text[1:].isdigit() or text[1] == 48:
        return False
    return len(text) < 20 or len(text) == 20 and text[1:] <= _LOWEST


def listpack_entry_bytes(text):
    """Bytes that `text` takes in a listpack: header, data (integers in binary) and its length once more.

    About 0.1 us for a text, 0.2 us for an integer (CPython 3.11).
    """
    length = len(text)
    if length < 21:
        if not length or text[0] > 57:              # most texts are told from integers by their first byte
            return length + 2
        if length < 19 and text[0] > 48 and text.isdigit():         # and most integers without a call
            largest, up_to_it, above = _POSITIVE_BYTES[length]
        elif is_integer(text):
            largest, up_to_it, above = (_NEGATIVE_BYTES if text[0] == 45 else _POSITIVE_BYTES)[length]
        else:
            return length + 2
        return up_to_it if text <= largest else above
    if length < 64:
        return length + 2
    total = length + (2 if length < 4096 else 5)
    if total < 128:
        return total + 1
    if total < 16383:
        return total + 2
    if total < 2097151:
        return total + 3
    return total + (4 if total < 268435455 else 5)
