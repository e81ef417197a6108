"""A stored value as the bytes of an RDB file, and back: the part that DUMP payloads and RDB files share.

A value is written as a type number and a payload. The number says not only what a value is, but also how it
is packed; here as in Redis the encoding of a collection decides:

    string      0
    list        18 nodes as listpacks; read too: 1 elements, 10 one ziplist, 14 nodes as ziplists
    set         2 members, 11 intset, 20 listpack
    sorted set  5 members and binary scores, 17 listpack; 3 scores as text, 12 ziplist
    hash        4, 16, 24, 25; 9, 13, see rdb_hashes.py
    stream      19, 21; 15, see rdb_streams.py

Version 11 of the format is Redis 7.2's. For version 10 (Redis 7.0) some types are written in an older way,
and all else is the same. A value that is read takes the encoding that the limits of this server give it, by the rules
of Redis' own loader: a packed collection is only held against the number of elements.

What is read may come from anyone: a payload that makes no sense raises CorruptPayload, and no number in it is
believed before as many bytes have been seen. Keys, expiries, and what else stands around values are not here.

Locking: values that others can reach are written under the engine's lock.
"""
from operator import lt

from ..args import parse_float
from ..datatypes.hash import ExpiringHash, Hash
from ..datatypes.hash_index import HashIndex
from ..datatypes.node_chain import NodeChain
from ..datatypes.quicklist import ENTRY_OVERHEAD, QuickList
from ..datatypes.set import Set
from ..datatypes.sorted_set import SortedSet
from ..datatypes.stream import Stream
from ..datatypes.string_variants import STRING_CLASSES
from .corrupt import CorruptPayload, EmptyPayload
from .intset import decode_intset, encode_intset
from .listpack import decode_listpack, encode_listpack
from .rdb_hashes import HASH_READERS, write_hash
from .rdb_primitives import encode_double, encode_length, encode_string
from .rdb_streams import STREAM_READERS, write_stream
from .ziplist import decode_ziplist

__all__ = ["write_value", "read_value", "LATEST_VERSION", "FIELD_EXPIRY_VERSION", "version_of_type"]

LATEST_VERSION = 11             # what Redis 7.2 writes
FIELD_EXPIRY_VERSION = 12      # what Redis 7.4 writes, with two types of hashes that no older one can read

_STRING, _LIST, _SET, _ZSET_TEXT, _ZSET = 0, 1, 2, 3, 5
_LIST_ZIPLIST, _SET_INTSET, _ZSET_ZIPLIST, _QUICKLIST_ZIPLISTS = 10, 11, 12, 14
_ZSET_LISTPACK, _QUICKLIST, _SET_LISTPACK = 17, 18, 20
_HASH_METADATA, _HASH_LISTPACK_EX = 24, 25
_MODULES = (6, 7)

_EXACT_INTEGER = float(1 << 62)     # up to which Redis writes a whole score as an integer
_PLAIN_SCORES = b"-.0123456789"     # what float() and Redis read alike, but no "1_0" and no " nan"
_PLAIN_NODE, _PACKED_NODE = 1, 2
_ONE_PACKED_NODE = bytes((1, _PACKED_NODE))
_PLAIN_FROM = 1 << 30           # bytes of a list element that Redis does not pack


def write_value(value, version=LATEST_VERSION, compress=True):
    """``(type, payload)`` of a stored value. With `compress`, strings are compressed where that helps."""
    return _WRITERS[value.__class__](value, version, compress)


def read_value(kind, reader, limits):
    """The value of type number `kind` that `reader` (rdb_primitives.Reader) stands at; raises CorruptPayload.

    `limits` are the EncodingLimits of the keyspace that it is for.
    """
    read = _READERS.get(kind)
    if read is None:
        raise CorruptPayload("The RDB file contains module data I can't load" if kind in _MODULES
                             else f"type {kind} is unknown")
    return read(reader, limits)


def version_of_type(kind, version):
    """The version to declare for a payload of this type when `version` was asked for."""
    return FIELD_EXPIRY_VERSION if kind in (_HASH_METADATA, _HASH_LISTPACK_EX) else version


def _read_count(reader):
    """How many elements follow: Redis keeps no empty collections, and refuses to load one."""
    count = reader.length()
    if not count:
        raise EmptyPayload("an empty collection")
    return count


# ---- strings ----------------------------------------------------------------------------------------------

def _write_string(value, version, compress):
    if isinstance(value, bytearray):
        value = bytes(value)
    return _STRING, encode_string(value, compress)


def _read_string(reader, limits):
    return reader.string()


# ---- lists ------------------------------------------------------------------------------------------------

def _write_list(value, version, compress):
    items = value.items
    if items is not None and (len(items) > 1 or len(items[0]) < _PLAIN_FROM):       # by far the most
        return _QUICKLIST, _ONE_PACKED_NODE + encode_string(encode_listpack(items), compress)
    nodes = [items] if items is not None else value.chain.nodes[value.chain.first:]
    parts = [encode_length(len(nodes))]
    for node in nodes:
        if len(node) == 1 and len(node[0]) >= _PLAIN_FROM:
            parts += encode_length(_PLAIN_NODE), encode_string(node[0], compress)
        else:
            parts += encode_length(_PACKED_NODE), encode_string(encode_listpack(node), compress)
    return _QUICKLIST, b"".join(parts)


def _read_list(reader, limits):
    nodes = NodeChain()
    nodes.limit_nodes(limits.list_node_bytes, limits.list_node_entries)
    for _ in range(_read_count(reader)):
        nodes.push_right(reader.string())
    return QuickList.of_chain(nodes, limits)


def _read_list_ziplist(reader, limits):
    return _list_of_nodes([decode_ziplist(reader.string())], limits)


def _read_quicklist_of_ziplists(reader, limits):
    return _list_of_nodes((decode_ziplist(reader.string()) for _ in range(_read_count(reader))), limits)


def _read_quicklist(reader, limits):
    start = reader.position
    if reader.data[start:start + 2] != _ONE_PACKED_NODE:
        return _list_of_nodes((_read_node(reader) for _ in range(_read_count(reader))), limits)
    reader.position = start + 2
    data = reader.string()
    node = decode_listpack(data)
    if not node or len(data) > limits.list_node_bytes or len(node) > limits.list_node_entries:
        return _list_of_nodes([node], limits)
    value = QuickList()                             # what the line above would make of it, but that takes longer
    value.items = node
    value.weight += sum(map(len, node)) + ENTRY_OVERHEAD * len(node)
    return value


def _read_node(reader):
    container = reader.length()
    if container not in (_PLAIN_NODE, _PACKED_NODE):
        raise CorruptPayload("unknown kind of list node")
    data = reader.string()
    if not data:
        raise CorruptPayload("an empty list node")
    return [data] if container == _PLAIN_NODE else decode_listpack(data)


def _list_of_nodes(nodes, limits):
    """The list of these nodes as they stand; as Redis does, empty ones are left out."""
    found = NodeChain()
    for node in nodes:
        if node:
            found.append_node(node)
    if not found.length:
        raise EmptyPayload("an empty collection")
    return QuickList.of_chain(found, limits)


# ---- sets -------------------------------------------------------------------------------------------------

def _write_set(value, version, compress):
    if value.encoding == "intset":
        return _SET_INTSET, encode_string(encode_intset(sorted(map(int, value))), compress)
    if value.encoding == "listpack" and version >= 11:
        return _SET_LISTPACK, encode_string(encode_listpack(value.order), compress)
    members = [encode_string(member, compress) for member in value.ordered()]
    return _SET, encode_length(len(value)) + b"".join(members)


def _read_set(reader, limits):
    count = _read_count(reader)
    value = Set()
    if count <= limits.set_max_intset_entries:
        value.encoding = "intset"
    else:
        value.encoding, value.index = "hashtable", HashIndex()
    for _ in range(count):
        if not value.add_member(reader.string(), limits):
            raise CorruptPayload("a member comes twice")
    return value


def _read_intset(reader, limits):
    members = [b"%d" % number for number in decode_intset(reader.string())]
    return _packed_set(members, "intset", limits.set_max_intset_entries)


def _read_set_listpack(reader, limits):
    members = decode_listpack(reader.string())
    return _packed_set(members, "listpack", limits.set_max_listpack_entries)


def _packed_set(members, encoding, most):
    """The set of members that came in one piece, in this encoding if there are `most` or fewer."""
    value = Set()
    value.update(members)
    if not members:
        raise EmptyPayload("an empty collection")
    if len(value) != len(members):
        raise CorruptPayload("a member comes twice")
    if len(members) > most:
        value.encoding, value.index = "hashtable", HashIndex(value)
    else:
        value.encoding = encoding
        value.order = members if encoding == "listpack" else None
    return value


# ---- sorted sets ------------------------------------------------------------------------------------------

def _write_zset(value, version, compress):
    if value.encoding == "listpack":
        items = []
        for member, score in value.pairs():
            items += member, (int(score) if score.is_integer() and -_EXACT_INTEGER <= score <= _EXACT_INTEGER
                              else b"%r" % score)
        return _ZSET_LISTPACK, encode_string(encode_listpack(items), compress)
    parts = []
    for member, score in value.pairs():
        parts += encode_double(score), encode_string(member, compress)
    parts.append(encode_length(len(value)))
    parts.reverse()                                     # the highest first: quicker to insert for Redis
    return _ZSET, b"".join(parts)


def _read_zset(reader, limits):
    return SortedSet.stored(_read_scores(reader, reader.double), limits)


def _read_text_zset(reader, limits):
    return SortedSet.stored(_read_scores(reader, reader.text_double), limits)


def _read_scores(reader, read_score):
    scores = {}
    count = _read_count(reader)
    for _ in range(count):
        member = reader.string()
        scores[member] = score = read_score()
        if score != score:
            raise CorruptPayload("a score is not a number")
    if len(scores) != count:
        raise CorruptPayload("a member comes twice")
    return scores


def _read_zset_ziplist(reader, limits):
    items = decode_ziplist(reader.string())
    return _packed_zset(items[::2], items[1::2], limits)


def _read_zset_listpack(reader, limits):
    items = decode_listpack(reader.string(), raw=True)
    members = [b"%d" % member if member.__class__ is int else member for member in items[::2]]
    return _packed_zset(members, items[1::2], limits)


def _packed_zset(members, scores, limits):
    """The sorted set of these members with the scores beside them, which are bytes or whole numbers."""
    if not members:
        raise EmptyPayload("an empty collection")
    if len(members) != len(scores):
        raise CorruptPayload("half a pair")
    scores = _parse_scores(scores)
    if not all(map(lt, scores, scores[1:])):            # some are equal, or it is not by Redis, which orders them
        scores, members = map(list, zip(*sorted(zip(scores, members))))
    value = SortedSet.of_sorted(members, scores)
    if len(value) != len(members):
        raise CorruptPayload("a member comes twice")
    if len(members) > limits.zset_max_listpack_entries:
        value.encoding = "skiplist"
    return value


def _parse_scores(scores):
    """As floats, and all at once if they are whole numbers and plain decimals, as nearly always."""
    texts = [score for score in scores if score.__class__ is not int]
    if not b"".join(texts).translate(None, _PLAIN_SCORES):
        try:
            return list(map(float, scores))
        except ValueError:                              # such as "1-2"
            pass
    return [float(score) if score.__class__ is int else parse_float(score, CorruptPayload) for score in scores]


# ---- which is which ---------------------------------------------------------------------------------------

_WRITERS = {
    **dict.fromkeys(STRING_CLASSES, _write_string),
    QuickList: _write_list,
    Set: _write_set,
    SortedSet: _write_zset,
    Hash: write_hash,
    ExpiringHash: write_hash,
    Stream: write_stream,
}

_READERS = {
    _STRING: _read_string,
    _LIST: _read_list,
    _LIST_ZIPLIST: _read_list_ziplist,
    _QUICKLIST_ZIPLISTS: _read_quicklist_of_ziplists,
    _QUICKLIST: _read_quicklist,
    _SET: _read_set,
    _SET_INTSET: _read_intset,
    _SET_LISTPACK: _read_set_listpack,
    _ZSET: _read_zset,
    _ZSET_TEXT: _read_text_zset,
    _ZSET_ZIPLIST: _read_zset_ziplist,
    _ZSET_LISTPACK: _read_zset_listpack,
    **HASH_READERS,
    **STREAM_READERS,
}
