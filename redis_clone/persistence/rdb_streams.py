"""Streams in RDB files: 15 is how Redis 5 writes them, 19 Redis 7.0, 21 Redis 7.2.

    number of nodes, for each: its id (a string of 16 bytes), its listpack
    number of entries, last id
    from 19 on: first id, highest deleted id, number of entries ever added
    number of groups, for each: name, last id, from 19 on: entries read (2**64-1: unknown), pending entries,
        number of consumers, for each: name, when it was seen, from 21 on: when it was active (-1: never),
        number and ids of its pending entries
    pending entries: their number, for each: id (16 bytes), when it was delivered (8 bytes), deliveries

Ids are two lengths where nothing else is said, and big-endian in 16 bytes. A node's listpack begins with the
numbers of its entries and of those deleted, the number of names of fields, the names, and 0. Then comes each
entry: flags, id as the difference to that of the node, fields and values in turn with their number before
them (or the values alone, if the fields are those of the node), and how many elements all of this was.

rdb_values.py says the rest.
"""
import struct

from ..datatypes.consumer_group import ConsumerGroup, entries_up_to
from ..datatypes.stream import NO_ID, Node, Stream
from .corrupt import CorruptPayload
from .listpack import decode_listpack, encode_listpack
from .rdb_primitives import encode_length, encode_milliseconds, encode_string

__all__ = ["write_stream", "STREAM_READERS"]

_STREAM, _STREAM_2, _STREAM_3 = 15, 19, 21
_IS_DELETED, _HAS_FIELDS_OF_NODE = 1, 2     # flags of an entry
_ID = struct.Struct(">QQ")
_UNKNOWN = _HIGHEST = (1 << 64) - 1
_NEVER = -1


# ---- writing ----------------------------------------------------------------------------------------------

def write_stream(value, version, compress):
    """``(type, payload)`` of a Stream."""
    kind = _STREAM_3 if version >= 11 else _STREAM_2
    parts = [encode_length(value.node_count)]
    for node in value.nodes():
        parts += (encode_string(_ID.pack(*node.master_id)),
                  encode_string(encode_listpack(_node_items(node)), compress))
    parts.append(encode_length(len(value)))
    parts += map(_encode_id, (value.last_id, value.first_id, value.max_deleted_id))
    parts += encode_length(value.entries_added), encode_length(len(value.groups))
    for name, group in sorted(value.groups.items()):
        parts.append(encode_string(name, compress))
        parts += _group_parts(group, kind, compress)
    return kind, b"".join(parts)


def _encode_id(id_):
    return encode_length(id_[0]) + encode_length(id_[1])


def _node_items(node):
    """The elements of a node's listpack."""
    (master_ms, master_seq), names = node.master_id, node.names
    items = [len(node), node.deleted, len(names), *names, 0]
    for (ms, seq), fields, is_deleted in node.with_deleted():
        start = len(items)
        repeats = fields[::2] == names
        items += (_HAS_FIELDS_OF_NODE * repeats + _IS_DELETED * is_deleted,
                  _signed(ms - master_ms), _signed(seq - master_seq))
        if repeats:
            items += fields[1::2]
        else:
            items.append(len(fields) // 2)
            items += fields
        items.append(len(items) - start)
    return items


def _signed(difference):
    """The difference of two unsigned 64-bit numbers as a signed one."""
    return (difference + (1 << 63)) % (1 << 64) - (1 << 63)


def _group_parts(group, kind, compress):
    entries_read = _UNKNOWN if group.entries_read is None else group.entries_read
    parts = [_encode_id(group.last_id), encode_length(entries_read), encode_length(len(group.ids))]
    for id_ in group.ids:
        entry = group.pending[id_]
        parts += _ID.pack(*id_), encode_milliseconds(entry.delivered_ms), encode_length(entry.deliveries)
    consumers = group.consumers_in_order()
    parts.append(encode_length(len(consumers)))
    for consumer in consumers:
        parts += encode_string(consumer.name, compress), encode_milliseconds(consumer.seen_ms)
        if kind == _STREAM_3:
            parts.append(encode_milliseconds(_NEVER if consumer.active_ms is None else consumer.active_ms))
        parts.append(encode_length(len(consumer.ids)))
        parts += [_ID.pack(*id_) for id_ in consumer.ids]
    return parts


# ---- reading ----------------------------------------------------------------------------------------------

def _reader_of(kind):
    def read(reader, limits):
        return _read_stream(reader, kind)

    return read


def _read_stream(reader, kind):
    nodes = []
    last_id = NO_ID
    for _ in range(reader.length()):
        node = _read_node(reader)
        if nodes and node.master_id <= last_id:
            raise CorruptPayload("stream: nodes are not in order")
        last_id = max(node.last_id, node.master_id)
        nodes.append(node)
    count, declared_last_id = reader.length(), _read_id(reader)
    if count != sum(map(len, nodes)) or (nodes and declared_last_id < last_id):
        raise CorruptPayload("stream: there are more or fewer entries than it says")
    max_deleted_id, entries_added = NO_ID, count
    if kind != _STREAM:
        _read_id(reader)                    # the first id: the entries say it
        max_deleted_id, entries_added = _read_id(reader), reader.length()
    value = Stream()
    value.load(nodes, declared_last_id, max_deleted_id, entries_added)
    for _ in range(reader.length()):
        name = reader.string()
        if name in value.groups:
            raise CorruptPayload("stream: a group comes twice")
        value.groups[name] = _read_group(reader, value, kind)
    return value


def _read_id(reader):
    return reader.length(), reader.length()


def _read_node(reader):
    master = reader.string()
    if len(master) != _ID.size:
        raise CorruptPayload("stream: not the id of a node")
    items = iter(decode_listpack(reader.string(), raw=True))
    try:
        count, deleted = _take_count(items), _take_count(items)
        node = Node(_ID.unpack(master), _take_texts(items, _take_count(items)))
        if next(items) != 0:
            raise CorruptPayload("stream: the names of a node do not end")
        _read_entries(items, node, count + deleted)
    except StopIteration:
        raise CorruptPayload("stream: a node is cut off") from None
    if (len(node), node.deleted) != (count, deleted) or next(items, None) is not None:
        raise CorruptPayload("stream: a node has more or fewer entries than it says")
    return node


def _read_entries(items, node, count):
    (master_ms, master_seq), names = node.master_id, node.names
    last_id = None
    for _ in range(count):
        flags, ms, seq = _take_int(items), _take_int(items), _take_int(items)
        if flags & _HAS_FIELDS_OF_NODE:
            values = _take_texts(items, len(names))
            fields = tuple([part for pair in zip(names, values) for part in pair])
            size = 3 + len(values)
        else:
            fields = _take_texts(items, 2 * _take_count(items))
            size = 4 + len(fields)
        id_ = (master_ms + ms) & _HIGHEST, (master_seq + seq) & _HIGHEST
        if _take_int(items) != size or id_ < node.master_id or (last_id is not None and id_ <= last_id):
            raise CorruptPayload("stream: an entry does not fit")
        last_id = id_
        if flags & _IS_DELETED:
            node.restore_deleted(id_, fields)
        else:
            node.append(id_, fields)


def _take_int(items):
    number = next(items)
    if number.__class__ is not int:
        raise CorruptPayload("stream: not a number")
    return number


def _take_count(items):
    count = _take_int(items)
    if count < 0:
        raise CorruptPayload("stream: a negative number of things")
    return count


def _take_texts(items, count):
    """A tuple of the next `count` elements as bytes, taken one by one: nobody knows yet that there are so many."""
    texts = []
    for _ in range(count):
        item = next(items)
        texts.append(b"%d" % item if item.__class__ is int else item)
    return tuple(texts)


def _read_group(reader, stream, kind):
    last_id = _read_id(reader)
    if kind == _STREAM:
        entries_read = entries_up_to(stream, last_id)
    else:
        entries_read = reader.length()
        if entries_read == _UNKNOWN:
            entries_read = None
    group = ConsumerGroup(last_id, entries_read)
    pending = {}
    for _ in range(reader.length()):
        id_ = _ID.unpack(reader.take(_ID.size))
        if id_ in pending:
            raise CorruptPayload("stream: an entry is pending twice")
        pending[id_] = reader.milliseconds(), reader.length()
    for _ in range(reader.length()):
        _read_consumer(reader, group, pending, kind)
    if pending:
        raise CorruptPayload("stream: an entry is pending for nobody")
    return group


def _read_consumer(reader, group, pending, kind):
    """Reads a consumer into `group` and takes what is its out of `pending`, id -> (delivery time, deliveries)."""
    name, seen_ms = reader.string(), reader.milliseconds()
    if name in group.consumers:
        raise CorruptPayload("stream: a consumer comes twice")
    active_ms = reader.milliseconds() if kind == _STREAM_3 else seen_ms
    consumer = group.create_consumer(name, seen_ms, None if active_ms == _NEVER else active_ms)
    for _ in range(reader.length()):
        id_ = _ID.unpack(reader.take(_ID.size))
        if id_ not in pending:
            raise CorruptPayload("stream: a consumer's entry is not pending, or another's")
        group.add_pending(id_, consumer, *pending.pop(id_))


STREAM_READERS = {kind: _reader_of(kind) for kind in (_STREAM, _STREAM_2, _STREAM_3)}
