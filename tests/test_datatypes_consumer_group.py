"""ConsumerGroup: pending entries and whose they are, and how many entries it has read and still has to read."""
import unittest

from redis_clone.datatypes.consumer_group import ConsumerGroup, entries_up_to
from redis_clone.datatypes.limits import EncodingLimits
from redis_clone.datatypes.stream import LAST_ID, NO_ID, Stream
from redis_clone.disposal import empty

NOW_MS = 1_700_000_000_000


def stream_of(*milliseconds):
    """A stream of entries with these ids."""
    stream = Stream()
    for ms in milliseconds:
        stream.append((ms, 0), (b"f", b"v"), EncodingLimits())
    return stream


class PendingTest(unittest.TestCase):
    def setUp(self):
        self.group = ConsumerGroup(NO_ID)
        self.alice = self.group.create_consumer(b"alice", NOW_MS)
        self.bob = self.group.create_consumer(b"bob", NOW_MS)

    def check_pending(self, alice, bob):
        """Which entries (milliseconds) are pending for whom; all views must agree."""
        self.assertEqual([ms for ms, _ in self.alice.ids], alice)
        self.assertEqual([ms for ms, _ in self.bob.ids], bob)
        self.assertEqual([ms for ms, _ in self.group.ids], sorted(alice + bob))
        self.assertEqual({ms: entry.consumer.name for (ms, _), entry in self.group.pending.items()},
                         {**dict.fromkeys(alice, b"alice"), **dict.fromkeys(bob, b"bob")})

    def deliver(self, consumer, *milliseconds):
        self.group.deliver([(ms, 0) for ms in milliseconds], consumer, NOW_MS)

    def test_what_is_delivered_is_pending_until_it_is_acknowledged(self):
        self.deliver(self.alice, 1, 3)
        self.deliver(self.bob, 2)
        self.check_pending([1, 3], [2])
        self.assertTrue(self.group.acknowledge((1, 0)))
        self.assertFalse(self.group.acknowledge((1, 0)))
        self.assertFalse(self.group.acknowledge((9, 0)))
        self.check_pending([3], [2])

    def test_an_entry_delivered_once_more_is_the_new_consumers_and_counts_from_one(self):
        self.deliver(self.alice, 1, 2)
        entry = self.group.pending[1, 0]
        entry.delivered_ms, entry.deliveries = 5, 7
        self.deliver(self.bob, 1)
        self.deliver(self.alice, 2)
        self.check_pending([2], [1])
        self.assertEqual((entry.delivered_ms, entry.deliveries), (NOW_MS, 1))

    def test_an_entry_may_be_reassigned_to_the_same_consumer(self):
        entry = self.group.add_pending((1, 0), self.alice, 1, 1)
        self.group.reassign((1, 0), entry, self.alice)
        self.check_pending([1], [])
        self.group.reassign((1, 0), entry, self.bob)
        self.check_pending([], [1])

    def test_a_deleted_consumer_takes_its_pending_entries_along(self):
        for alice, bob in ((range(0, 900, 2), range(1, 900, 2)), (range(10), range(10, 900))):
            self.setUp()
            self.deliver(self.alice, *alice)
            self.deliver(self.bob, *bob)
            self.assertEqual(self.group.delete_consumer(b"alice"), len(alice))
            self.assertEqual([ms for ms, _ in self.group.ids], list(bob))
            self.assertEqual([ms for ms, _ in self.group.pending], list(bob))
            self.assertEqual(self.group.consumers_in_order(), [self.bob])

    def test_disposal_takes_a_large_one_apart(self):
        self.deliver(self.alice, *range(5000))
        empty([self.group])
        self.assertEqual((len(self.group.pending), len(self.group.consumers)), (0, 0))

    def test_a_duplicate_is_independent(self):
        self.alice.active_ms = 77
        self.group.entries_read = 3
        self.deliver(self.alice, 1, 2)
        self.deliver(self.bob, 3)
        copy = self.group.duplicate()
        copy.acknowledge((1, 0))
        copy.delete_consumer(b"bob")
        copy.pending[2, 0].deliveries = 9
        copy.consumers[b"alice"].seen_ms = 0
        self.check_pending([1, 2], [3])
        self.assertEqual(self.group.pending[2, 0].deliveries, 1)
        self.assertEqual(list(copy.ids), [(2, 0)])
        self.assertIs(copy.pending[2, 0].consumer, copy.consumers[b"alice"])
        self.assertEqual(copy.consumers[b"alice"].active_ms, 77)
        self.assertEqual((copy.last_id, copy.entries_read), (NO_ID, 3))


class ProgressTest(unittest.TestCase):
    """entries-read and lag, as XINFO GROUPS of a real Redis tells them."""

    def check(self, stream, last_ms, entries_read, lag):
        """The lag of a group that has last read the entry `last_ms`."""
        self.assertEqual(ConsumerGroup((last_ms, 0), entries_read).lag(stream), lag)

    def read(self, stream, group, *milliseconds):
        group.advance(stream, [(ms, 0) for ms in milliseconds])
        return group.entries_read, group.lag(stream)

    def test_nothing_lags_behind_a_stream_that_never_had_entries(self):
        self.check(Stream(), 0, None, 0)
        self.check(Stream(), 5, 7, 0)

    def test_a_known_count_is_taken_from_the_number_of_entries_ever_added(self):
        stream = stream_of(1, 2, 3)
        self.check(stream, 0, 0, 3)
        self.check(stream, 1, 1, 2)
        self.check(stream, 0, 7, -4)

    def test_an_unknown_count_is_told_at_the_ends_of_the_stream_only(self):
        stream = stream_of(1, 2, 3)
        for last_ms, lag in ((0, 3), (1, 2), (2, None), (3, 0), (9, None)):
            self.check(stream, last_ms, None, lag)

    def test_entries_deleted_before_the_first_one_do_not_matter(self):
        stream = stream_of(1, 2, 3)
        stream.delete((1, 0))
        for last_ms, entries_read, lag in ((0, None, 2), (2, None, 1), (0, 0, 3), (1, 1, 2)):
            self.check(stream, last_ms, entries_read, lag)

    def test_an_entry_deleted_ahead_makes_the_count_unknown(self):
        stream = stream_of(1, 2, 3)
        stream.delete((2, 0))
        for last_ms, entries_read, lag in ((0, 0, None), (1, 1, None), (2, 2, None), (3, 3, 0), (3, None, 0)):
            self.check(stream, last_ms, entries_read, lag)

    def test_an_emptied_stream(self):
        stream = stream_of(1, 2, 3)
        stream.trim_to_length(0)
        self.check(stream, 2, None, 0)
        self.check(stream, 2, 2, 1)
        self.check(stream, 9, None, None)

    def test_trimming_keeps_counts(self):
        stream = stream_of(1, 2, 3)
        stream.trim_to_length(1)
        self.check(stream, 2, 2, 1)
        self.check(stream, 0, None, 1)

    def test_reading_goes_on_counting(self):
        stream, group = stream_of(1, 2, 3), ConsumerGroup(NO_ID, 0)
        self.assertEqual(self.read(stream, group, 1, 2), (2, 1))
        self.assertEqual(group.last_id, (2, 0))
        self.assertEqual(self.read(stream, group, 3), (3, 0))

    def test_the_count_has_64_bits(self):
        stream, group = stream_of(1, 2, 3), ConsumerGroup(NO_ID, (1 << 63) - 1)
        self.assertEqual(self.read(stream, group, 1), (-(1 << 63), -(1 << 63) + 3))

    def test_reading_finds_out_an_unknown_count_where_it_can(self):
        stream, group = stream_of(1, 2, 3), ConsumerGroup(NO_ID)
        self.assertEqual(self.read(stream, group, 1), (1, 2))
        stream, group = stream_of(1, 2, 3, 4), ConsumerGroup((1, 0))
        self.assertEqual(self.read(stream, group, 2), (None, None))
        self.assertEqual(self.read(stream, group, 3, 4), (4, 0))

    def test_reading_past_a_deleted_entry(self):
        stream, group = stream_of(1, 2, 3, 4), ConsumerGroup(NO_ID, 0)
        stream.delete((3, 0))
        self.assertEqual(self.read(stream, group, 1), (None, None))
        self.assertEqual(self.read(stream, group, 2), (None, None))
        self.assertEqual(self.read(stream, group, 4), (4, 0))

    def test_entries_up_to_an_id(self):
        stream = stream_of(5, 6)
        self.assertEqual([entries_up_to(stream, (ms, 0)) for ms in (4, 5, 6, 7)], [0, 1, 2, None])
        self.assertIsNone(entries_up_to(stream, LAST_ID))


if __name__ == "__main__":
    unittest.main()
