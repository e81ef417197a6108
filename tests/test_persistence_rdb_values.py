"""Values as RDB bytes: every type that was ever written is read, what makes no sense is refused."""
import random
import struct
import unittest

from redis_clone.datatypes.consumer_group import ConsumerGroup
from redis_clone.datatypes.hash import ExpiringHash, Hash
from redis_clone.datatypes.limits import EncodingLimits
from redis_clone.datatypes.quicklist import QuickList
from redis_clone.datatypes.set import Set
from redis_clone.datatypes.sorted_set import SortedSet
from redis_clone.datatypes.stream import Stream
from redis_clone.persistence.corrupt import CorruptPayload
from redis_clone.persistence.dump_payload import WrongChecksum, decode_payload, encode_payload
from redis_clone.persistence.intset import encode_intset
from redis_clone.persistence.listpack import encode_listpack
from redis_clone.persistence.rdb_primitives import (
    Reader, encode_double, encode_length, encode_milliseconds, encode_string,
)
from redis_clone.persistence.rdb_values import read_value, version_of_type, write_value

from .support import CommandTestCase

LIMITS = EncodingLimits()


def strings(*items):
    return b"".join(map(encode_string, items))


def packed(*items):
    return encode_string(encode_listpack(items))


def ziplist(*items):
    """As a string: small texts, and numbers from 0 to 12."""
    entries, previous, tail = b"", 0, 10
    for item in items:
        tail = 10 + len(entries)
        body = bytes((0xF1 + item,)) if isinstance(item, int) else bytes((len(item),)) + item
        entries += bytes((previous,)) + body
        previous = 1 + len(body)
    return encode_string(struct.pack("<IIH", 11 + len(entries), tail, len(items)) + entries + b"\xff")


def stream_node(*items, master=(1, 0)):
    return encode_string(struct.pack(">QQ", *master)) + packed(*items)


def read(kind, data, limits=LIMITS):
    return read_value(kind, Reader(data), limits)


def quicklist_of(*nodes, limits=LIMITS):
    return read(18, encode_length(len(nodes)) + b"".join(encode_length(2) + packed(*node) for node in nodes), limits)


def a_stream():
    value = Stream()
    for number in range(1, 8):
        value.append((5, number), (b"f", b"%d" % number, b"g", b"x"), LIMITS)
    value.append((1 << 40, 0), (b"other", b"-5"), LIMITS)
    value.delete((5, 3))
    group = value.groups[b"g"] = ConsumerGroup((5, 4), 4)
    one, two = group.create_consumer(b"one", 1000, 2000), group.create_consumer(b"two", 3000)
    for number, consumer in ((1, one), (2, two), (4, one)):
        group.add_pending((5, number), consumer, 1500 + number, number)
    value.groups[b"a"] = ConsumerGroup((0, 0))
    return value


def samples():
    """Name -> value, of every type and encoding."""
    found = {"text": b"some text", "number": 12345, "long": b"0123456789" * 30, "changed": bytearray(b"abc")}
    short, long, nodes = QuickList(), QuickList(), QuickList()
    short.extend_right([b"a", b"1", b"-70000", b"x" * 70], LIMITS)
    long.extend_right([b"element %d" % number for number in range(3000)], LIMITS)
    nodes = quicklist_of([b"a", b"b"], [b"c" * 9000], [b"1"])
    numbers, words, many = Set(), Set(), Set()
    numbers.add_members([b"5", b"-70000", b"1"], LIMITS)
    words.add_members([b"b", b"a", b"1"], LIMITS)
    many.add_members([b"member %d" % number for number in range(300)], LIMITS)
    small, large = Hash(), Hash()
    expiring, large_expiring = ExpiringHash(), ExpiringHash()
    for value in (small, large, expiring, large_expiring):
        value.set_field(b"f", b"v", LIMITS)
        value.set_field(b"g", b"1", LIMITS)
    for value in (large, large_expiring):
        value.set_field(b"h", b"x" * 100, LIMITS)
    for value in (expiring, large_expiring):
        value.expire_field(b"g", 1_700_000_000_123)
        value.set_field(b"k", b"2", LIMITS)
        value.expire_field(b"k", 1_700_000_000_000)
    scores = {b"b": 1.5, b"a": -1.0, b"c": float("inf"), b"0": 1e300}
    found.update(
        short=short, long_list=long, nodes=nodes, numbers=numbers, words=words, many=many, small=small, large=large,
        expiring=expiring, large_expiring=large_expiring, scores=SortedSet.stored(scores, LIMITS),
        long_scores=SortedSet.stored({**scores, b"m" * 65: 2.5}, LIMITS), stream=a_stream(), empty_stream=Stream())
    return found


def contents(value):
    """All that is in a value, in a form that can be compared."""
    if isinstance(value, (bytes, bytearray, int)):
        return b"%d" % value if isinstance(value, int) else bytes(value)
    if isinstance(value, ExpiringHash):
        return dict(value), value.expiries.times, value.encoding
    if isinstance(value, (Hash, SortedSet)):
        return dict(value), value.encoding
    if isinstance(value, Set):
        return set(value), value.encoding, value.order
    if isinstance(value, QuickList):
        return list(value), value.encoding, value.node_count()
    groups = {name: (group.last_id, group.entries_read, [
        (one.name, one.seen_ms, one.active_ms, [(id_, group.pending[id_].delivered_ms, group.pending[id_].deliveries)
                                                for id_ in one.ids])
        for one in group.consumers_in_order()]) for name, group in value.groups.items()}
    return ([(node.master_id, node.names, node.with_deleted()) for node in value.nodes()], len(value), value.last_id,
            value.max_deleted_id, value.entries_added, groups)


class RoundTripTest(unittest.TestCase):
    def test_scores(self):
        scores = [0.0, -0.0, 1.5, -3.0, 1e20, -1e20, 2.0 ** 62, 2.0 ** 63, 2.0 ** 53 + 2, 0.1, 1e-7, 1e300, 5e-324,
                  17.230000000000004, 123456789.125, float("inf"), float("-inf")]
        value = SortedSet.stored({b"m%d" % number: score for number, score in enumerate(scores)}, LIMITS)
        kind, data = write_value(value)
        self.assertEqual((kind, dict(read(kind, data))), (17, dict(value)))

    def test_every_value_comes_back_as_it_was(self):
        for version in (11, 10):
            for compress in (True, False):
                values = samples()
                if version == 10:
                    del values["stream"]            # loses something, see below
                for name, value in values.items():
                    with self.subTest(name, version=version, compress=compress):
                        kind, data = write_value(value, version, compress)
                        reader = Reader(data + b"rest")
                        self.assertEqual(contents(read_value(kind, reader, LIMITS)), contents(value))
                        self.assertEqual(reader.remaining(), 4)

    def test_types(self):
        kinds = {name: write_value(value)[0] for name, value in samples().items()}
        self.assertEqual(kinds, {
            "text": 0, "number": 0, "long": 0, "changed": 0, "short": 18, "long_list": 18, "nodes": 18, "numbers": 11,
            "words": 20, "many": 2, "small": 16, "large": 4, "expiring": 25, "large_expiring": 24, "scores": 17,
            "long_scores": 5, "stream": 21, "empty_stream": 21})
        older = {name: write_value(value, 10)[0] for name, value in samples().items()}
        self.assertEqual({name: older[name] for name in kinds if kinds[name] != older[name]},
                         {"words": 2, "stream": 19, "empty_stream": 19})

    def test_only_hashes_whose_fields_expire_need_a_newer_version(self):
        self.assertEqual([version_of_type(kind, 11) for kind in (4, 16, 21, 24, 25)], [11, 11, 11, 12, 12])

    def test_a_hash_none_of_whose_fields_expires_any_more_is_written_as_any_other(self):
        value = samples()["expiring"]
        value.expiries.forget(b"g")
        value.expiries.forget(b"k")
        self.assertEqual(write_value(value)[0], 16)

    def test_fields_are_sorted_by_expiry_in_a_listpack(self):
        self.assertEqual(write_value(samples()["expiring"])[1], encode_milliseconds(1_700_000_000_000) + packed(
            b"k", b"2", 1_700_000_000_000, b"g", b"1", 1_700_000_000_123, b"f", b"v", 0))

    def test_expiries_are_relative_to_the_earliest_in_a_table(self):
        self.assertEqual(write_value(samples()["large_expiring"], compress=False)[1], (
            encode_milliseconds(1_700_000_000_000) + b"\x04" + b"\x00" + strings(b"f", b"v") + encode_length(124)
            + strings(b"g", b"1") + b"\x00" + strings(b"h") + encode_string(b"x" * 100, False) + b"\x01"
            + strings(b"k", b"2")))

    def test_a_consumer_that_was_never_active_stays_so(self):
        kind, data = write_value(a_stream())
        group = read(kind, data).groups[b"g"]
        self.assertEqual((group.consumers[b"one"].active_ms, group.consumers[b"two"].active_ms), (2000, None))

    def test_redis_7_0_knows_no_active_time_and_gets_that_when_it_was_seen(self):
        kind, data = write_value(a_stream(), 10)
        group = read(kind, data).groups[b"g"]
        self.assertEqual((group.consumers[b"one"].active_ms, group.consumers[b"two"].active_ms), (1000, 3000))


class OlderTypesTest(unittest.TestCase):
    def check(self, kind, data, *expected):
        self.assertEqual(contents(read(kind, data)), expected if len(expected) > 1 else expected[0])

    def test_lists(self):
        self.check(1, b"\x03" + strings(b"a", b"bb", b"7"), [b"a", b"bb", b"7"], "listpack", 1)
        self.check(10, ziplist(b"a", 5, b"cc"), [b"a", b"5", b"cc"], "listpack", 1)
        self.check(14, b"\x02" + ziplist(b"a", 5) + ziplist(12), [b"a", b"5", b"12"], "quicklist", 2)

    def test_a_long_list_of_elements_gets_nodes_of_this_servers_size(self):
        limits = EncodingLimits()
        limits.list_max_listpack_size = 2
        value = read(1, b"\x05" + strings(*[b"a"] * 5), limits)
        self.assertEqual((value.encoding, value.node_count()), ("quicklist", 3))

    def test_empty_nodes_are_left_out(self):
        self.check(14, b"\x03" + ziplist() + ziplist(b"a") + ziplist(), [b"a"], "listpack", 1)

    def test_plain_nodes(self):
        self.check(18, b"\x02\x01" + encode_string(b"x" * 9000) + b"\x02" + packed(b"a"),
                   [b"x" * 9000, b"a"], "quicklist", 2)

    def test_sets(self):
        self.check(2, b"\x02" + strings(b"2", b"1"), {b"1", b"2"}, "intset", None)
        self.check(2, b"\x02" + strings(b"2", b"a"), {b"2", b"a"}, "listpack", [b"2", b"a"])

    def test_hashes(self):
        self.check(4, b"\x02" + strings(b"f", b"v", b"g", b"1"), {b"f": b"v", b"g": b"1"}, "listpack")
        self.check(13, ziplist(b"f", b"v", b"g", 1), {b"f": b"v", b"g": b"1"}, "listpack")
        self.check(9, encode_string(b"\x02\x01f\x01\x00v\x01g\x03\x021xx\0\0\xff"),
                   {b"f": b"v", b"g": b"1xx"}, "listpack")

    def test_sorted_sets(self):
        self.check(3, b"\x03\x01a\x031.5\x01b\xfe\x01c\xff",
                   {b"a": 1.5, b"b": float("inf"), b"c": float("-inf")}, "listpack")
        self.check(5, b"\x01\x01a" + encode_double(0.1), {b"a": 0.1}, "listpack")
        self.check(12, ziplist(b"a", 3, b"b", b"1.5"), {b"a": 3.0, b"b": 1.5}, "listpack")

    def test_streams_of_redis_5(self):
        node = stream_node(2, 0, 1, b"f", 0, 2, 0, 0, b"x", 4, 0, 1, 0, 1, b"g", 7, 6)
        group = b"\x01\x01g\x01\x00\x01" + struct.pack(">QQ", 1, 0) + encode_milliseconds(99) + b"\x03" \
            + b"\x01\x01c" + encode_milliseconds(88) + b"\x01" + struct.pack(">QQ", 1, 0)
        self.check(15, b"\x01" + node + b"\x02\x02\x00" + group,
                   [((1, 0), (b"f",), [((1, 0), (b"f", b"x"), False), ((2, 0), (b"g", b"7"), False)])], 2, (2, 0),
                   (0, 0), 2, {b"g": ((1, 0), 1, [(b"c", 88, 88, [((1, 0), 99, 3)])])})


class EncodingTest(unittest.TestCase):
    """As in Redis, what was packed is held against the number of elements only, not their lengths."""

    def encoding(self, kind, data, **limits):
        own = EncodingLimits()
        for name, value in limits.items():
            setattr(own, name, value)
        return read(kind, data, own).encoding

    def test_packed_collections(self):
        for kind, items, name in ((20, (b"a", b"b"), "set"), (16, (b"a", 1, b"b", 2), "hash"),
                                  (17, (b"a", 1, b"b", 2), "zset")):
            large = "skiplist" if name == "zset" else "hashtable"
            self.assertEqual(self.encoding(kind, packed(*items), **{f"{name}_max_listpack_value": 0}), "listpack")
            self.assertEqual(self.encoding(kind, packed(*items), **{f"{name}_max_listpack_entries": 2}), "listpack")
            self.assertEqual(self.encoding(kind, packed(*items), **{f"{name}_max_listpack_entries": 1}), large)

    def test_tables(self):
        table = b"\x02" + strings(b"aa", b"b", b"cc", b"d")
        self.assertEqual(self.encoding(2, table, set_max_listpack_value=1), "hashtable")
        self.assertEqual(self.encoding(2, table, set_max_intset_entries=1), "hashtable")
        self.assertEqual(self.encoding(4, table, hash_max_listpack_value=1), "hashtable")
        self.assertEqual(self.encoding(4, table, hash_max_listpack_entries=1), "hashtable")
        scores = b"\x01" + strings(b"aa") + encode_double(1)
        self.assertEqual(self.encoding(5, scores, zset_max_listpack_value=1), "skiplist")
        self.assertEqual(self.encoding(5, scores, zset_max_listpack_entries=0), "skiplist")

    def test_intsets_and_zipmaps(self):
        self.assertEqual(self.encoding(11, encode_string(encode_intset([1, 2])), set_max_intset_entries=1), "hashtable")
        zipmap = encode_string(b"\x01\x02ff\x01\x00v\xff")
        self.assertEqual(self.encoding(9, zipmap, hash_max_listpack_value=1), "hashtable")

    def test_lists(self):
        node = b"\x01\x02" + packed(b"a", b"b")
        self.assertEqual(self.encoding(18, node, list_max_listpack_size=2), "listpack")
        self.assertEqual(self.encoding(18, node, list_max_listpack_size=1), "quicklist")

    def test_sets_keep_working(self):
        value = read(20, packed(b"b", b"a"))
        value.add_member(b"c", LIMITS)
        self.assertEqual(value.ordered(), [b"b", b"a", b"c"])
        value = read(11, encode_string(encode_intset([1, 2])))
        value.add_member(b"x", LIMITS)
        self.assertEqual(value.ordered(), [b"1", b"2", b"x"])
        value = read(2, b"\x02" + strings(b"a" * 65, b"b"))
        value.discard_member(b"b")
        self.assertEqual(value.random_member(random.Random(1)), b"a" * 65)

    def test_sorted_sets_keep_working(self):
        for items in ((b"a", 1, b"b", 2, b"7", b"1.5"), (b"7", b"1.5", b"b", 2, b"a", 1)):
            value = read(17, packed(*items))
            self.assertEqual(value.pairs_between(0, 3), [(b"a", 1.0), (b"7", 1.5), (b"b", 2.0)])
            value.add(b"c", 1.2, LIMITS)
            self.assertEqual((value.rank(b"7"), value.rank(b"c")), (2, 1))
        many = [item for number in range(3000) for item in (b"%d" % number, -number)]
        value = read(17, packed(*many))
        self.assertEqual((value.encoding, value.members_between(0, 2)), ("skiplist", [b"2999", b"2998"]))
        self.assertEqual(value.rank(b"5"), 2994)

    def test_short_lists_keep_working(self):
        value = quicklist_of([b"a", b"5"])
        for number in range(10):
            value.push_right(b"%d" % number * 1000, LIMITS)
        self.assertEqual((value.encoding, len(value), value.pop_left(LIMITS)), ("quicklist", 12, b"a"))

    def test_lists_keep_working(self):
        value = quicklist_of([b"a"], [b"b", b"c"])
        value.push_left(b"z", LIMITS)
        value.push_right(b"d", LIMITS)
        self.assertEqual([value.at(position) for position in range(5)], [b"z", b"a", b"b", b"c", b"d"])
        value.pop_right_many(4, LIMITS)
        self.assertEqual((list(value), value.encoding), ([b"z"], "listpack"))


class CorruptTest(unittest.TestCase):
    def check(self, kind, *payloads):
        for data in payloads:
            with self.subTest(kind=kind, data=data), self.assertRaises(CorruptPayload):
                read(kind, data)

    def test_unknown_types(self):
        for kind in (6, 7, 8, 22, 23, 26, 255):
            self.check(kind, b"\x01\x01a")

    def test_empty_collections(self):
        for kind in (1, 2, 3, 4, 5, 14, 18):
            self.check(kind, b"\x00")
        for kind in (16, 17, 20):
            self.check(kind, packed())
        for kind in (10, 12, 13):
            self.check(kind, ziplist())
        self.check(9, encode_string(b"\x00\xff"))
        self.check(11, encode_string(struct.pack("<II", 2, 0)))
        self.check(14, b"\x02" + ziplist() + ziplist())

    def test_elements_that_come_twice(self):
        self.check(2, b"\x02" + strings(b"a", b"a"), b"\x02" + strings(b"1", b"1"))
        self.check(20, packed(b"a", b"a"))
        self.check(4, b"\x02" + strings(b"a", b"1", b"a", b"2"))
        self.check(16, packed(b"a", 1, b"a", 2))
        self.check(17, packed(b"a", 1, b"a", 2))
        self.check(3, b"\x02\x01a\x011\x01a\x012")
        self.check(25, encode_milliseconds(1) + packed(b"a", 1, 1, b"a", 2, 1))

    def test_halves(self):
        self.check(16, packed(b"a"))
        self.check(17, packed(b"a"))
        self.check(25, encode_milliseconds(1) + packed(b"a", 1))

    def test_scores(self):
        self.check(3, b"\x01\x01a\xfd", b"\x01\x01a\x03one")
        self.check(5, b"\x01\x01a" + encode_double(float("nan")))
        for text in (b"nan", b"one", b"", b"1_0", b" 1", b"1 ", b"-", b"1-2", b"1.2.3", b"0x", b"--1", b"1e"):
            self.check(17, packed(b"a", text), packed(b"a", 1, b"b", b"2.5", b"c", text))

    def test_list_nodes(self):
        self.check(18, b"\x01\x03" + packed(b"a"), b"\x01\x01\x00", b"\x01\x02\x00", b"\x02\x02" + packed(b"a"))

    def test_expiries_of_fields(self):
        for when in (b"soon", -1, 1 << 48):
            self.check(25, encode_milliseconds(1) + packed(b"f", b"v", when))
        self.check(24, encode_milliseconds(1 << 48) + b"\x01\x01" + strings(b"f", b"v"))
        self.check(24, encode_milliseconds(5) + b"\x01" + encode_length(1 << 48) + strings(b"f", b"v"))
        self.check(25, encode_milliseconds(-1) + packed(b"f", b"v", 1))

    def test_counts_are_not_believed(self):
        for kind in (1, 2, 3, 4, 5, 14, 15, 18, 19, 21):
            self.check(kind, encode_length((1 << 64) - 1), encode_length((1 << 64) - 1) + b"\x01a\x01b")
        self.check(24, encode_milliseconds(1) + encode_length((1 << 64) - 1))
        self.check(0, encode_length((1 << 64) - 1) + b"a", b"\xc3\x01" + encode_length(1 << 40) + b"\x00a")

    def test_stream_nodes(self):
        end = b"\x01\x01\x00\x00"
        for items in ((1, 0, 1, b"f", 0), (1, 0, 1, b"f", 1, 2, 0, 0, b"x", 4), (2, 0, 1, b"f", 0, 2, 0, 0, b"x", 4),
                      (1, 1, 1, b"f", 0, 2, 0, 0, b"x", 4), (1, 0, 1, b"f", 0, 2, 0, 0, b"x", 5), (-1, 0, 0, 0),
                      (1, 0, 1, b"f", 0, 2, -1, 0, b"x", 4), (1, 0, 1, b"f", 0, b"x", 0, 0, b"x", 4),
                      (1, 0, 1 << 60, b"f", 0), (1, 0, 0, 0, 0, 0, 0, 1 << 60, b"a"),
                      (1, 0, 1, b"f", 0, 2, 0, 0, b"x", 4, 9), (2, 0, 1, b"f", 0, *(2, 0, 0, b"x", 4) * 2)):
            self.check(15, b"\x01" + stream_node(*items) + end)
        self.check(15, b"\x01" + strings(b"id") + packed(0, 0, 0, 0) + end)

    def test_streams_that_contradict_themselves(self):
        node = stream_node(1, 0, 1, b"f", 0, 2, 0, 0, b"x", 4)
        self.assertEqual(len(read(15, b"\x01" + node + b"\x01\x01\x00\x00")), 1)
        self.check(15, b"\x01" + node + b"\x02\x01\x00\x00", b"\x01" + node + b"\x01\x00\x05\x00",
                   b"\x02" + node + node + b"\x02\x01\x00\x00")

    def test_groups_that_contradict_themselves(self):
        empty, id_, time = b"\x00\x00\x00\x00", struct.pack(">QQ", 1, 0), encode_milliseconds(1)
        pending = b"\x01" + id_ + time + b"\x01"
        consumer = b"\x01c" + time + b"\x01" + id_
        start = b"\x01g\x00\x00"
        self.assertEqual(len(read(15, empty + b"\x01" + start + pending + b"\x01" + consumer).groups), 1)
        self.check(15, empty + b"\x01" + start + pending + b"\x00",
                   empty + b"\x01" + start + b"\x00" + b"\x01" + consumer,
                   empty + b"\x01" + start + pending + b"\x02" + consumer + consumer,
                   empty + b"\x01" + start + pending + b"\x02" + consumer + b"\x01d" + consumer[2:],
                   empty + b"\x01" + start + b"\x02" + pending[1:] * 2 + b"\x01" + consumer,
                   empty + b"\x02" + (start + b"\x00\x00") * 2)


class PayloadTest(unittest.TestCase):
    def test_flipped_bits_are_noticed(self):
        data = encode_payload(b"hello", 11)
        self.assertEqual(decode_payload(data, LIMITS), b"hello")
        for bit in range(len(data) * 8):
            changed = bytearray(data)
            changed[bit >> 3] ^= 1 << (bit & 7)
            with self.assertRaises(WrongChecksum):
                decode_payload(bytes(changed), LIMITS)

    def test_the_footer_is_not_part_of_the_value(self):
        with self.assertRaises(CorruptPayload):
            decode_payload(b"\x00\x0fhello" + bytes(10), LIMITS, check=False)


class GarbageTest(unittest.TestCase):
    """Payloads with flipped bits and a checksum that is right again: an error, or a value that can be written."""

    def test_random_changes(self):
        rng = random.Random(11)
        for name, value in samples().items():
            kind, data = write_value(value)
            if len(data) > 4000:
                continue
            for _ in range(300):
                changed = bytearray(data)
                for _ in range(rng.choice((1, 1, 2, 5))):
                    bit = rng.randrange(len(changed) * 8)
                    changed[bit >> 3] ^= 1 << (bit & 7)
                with self.subTest(name, data=bytes(changed)):
                    self.check(rng.choice((kind, kind, kind, rng.randrange(26))), bytes(changed))

    def test_every_truncation(self):
        for name, value in samples().items():
            kind, data = write_value(value)
            for size in range(min(len(data), 500)):
                with self.subTest(name, size=size), self.assertRaises(CorruptPayload):
                    read(kind, data[:size])

    def check(self, kind, data):
        try:
            value = read(kind, data)
        except CorruptPayload:
            return
        again = read(*write_value(value))
        self.assertEqual(contents(again), contents(value))


class SerializedLengthTest(CommandTestCase):
    """The serializedlength of DEBUG OBJECT, against valkey-server's with rdbcompression off."""

    def setUp(self):
        super().setUp()
        self.client.wire("CONFIG SET rdbcompression no")
        self.addCleanup(self.client.wire, "CONFIG SET rdbcompression yes")

    def check_length(self, length, key="k"):
        line = self.client.wire("DEBUG", "OBJECT", key).decode()
        self.assertIn(f" serializedlength:{length} ", line)

    def test_strings_and_numbers(self):
        for value, length in (("", 1), ("0", 2), ("127", 2), ("128", 3), ("-129", 3), ("32768", 5), ("2147483647", 5),
                              ("2147483648", 11), ("007", 4), ("x" * 63, 64), ("x" * 64, 66), ("x" * 16384, 16389)):
            self.client.wire("SET", "k", value)
            self.check_length(length)

    def test_sets_of_numbers(self):
        for members, length in (((1, 2, 3), 15), ((1, 32767), 13), ((1, 32768), 17), ((-32769, 1), 17),
                                ((1, 2147483648), 25), ((-2147483648, 1), 17)):
            self.client.wire("DEL k")
            self.client.wire("SADD", "k", *members)
            self.check_length(length)

    def test_hash_tables(self):
        self.client.wire("SADD", "k", *[f"member{number}" for number in range(200)])
        self.check_length(2 + sum(1 + len(f"member{number}") for number in range(200)))
        self.client.wire("HSET", "h", "f" * 100, "7")
        self.check_length(1 + 102 + 2, "h")
        self.client.wire("ZADD", "z", 1.5, "m" * 100)
        self.check_length(1 + 102 + 8, "z")

    def test_lists_of_several_nodes(self):
        self.client.wire("RPUSH", "k", *[f"element{number:04}" for number in range(1000)])
        self.check_length(1 + 2 * 3 + 2 * 7 + 1000 * 13)
