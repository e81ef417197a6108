"""Estimates of the memory that values take, against what Python allocates for them."""
import gc
import unittest

from redis_clone.datatypes.hash import ExpiringHash, Hash
from redis_clone.datatypes.limits import EncodingLimits
from redis_clone.datatypes.quicklist import QuickList
from redis_clone.datatypes.set import Set
from redis_clone.datatypes.sorted_set import SortedSet
from redis_clone.value_size import key_bytes, value_bytes

try:
    import tracemalloc
except ImportError:                             # PyPy
    tracemalloc = None

LIMITS = EncodingLimits()


def make_list(count):
    made = QuickList()
    for number in range(count):
        made.push_right(b"element %d" % number, LIMITS)
    return made


def make_set(count):
    made = Set()
    for number in range(count):
        made.add_member(b"member %d" % number, LIMITS)
    return made


def make_hash(count):
    made = Hash()
    for number in range(count):
        made.set_field(b"field %d" % number, b"value %d" % number, LIMITS)
    return made


def make_expiring_hash(count):
    made = ExpiringHash.take_over(make_hash(count))
    for field in list(made):
        made.expire_field(field, 10 ** 12 + len(made))
    return made


def make_sorted_set(count):
    made = SortedSet()
    for number in range(count):
        made.add(b"member %d" % number, number + 0.5, LIMITS)
    return made


MAKERS = (make_list, make_set, make_hash, make_expiring_hash, make_sorted_set)


class ValueBytesTest(unittest.TestCase):
    @unittest.skipIf(tracemalloc is None, "this Python does not tell what it has allocated")
    def test_is_about_what_python_allocates(self):
        for make in MAKERS:
            for count in (50, 5000):
                make(count)                     # what is made once and for all is made now
                gc.collect()
                tracemalloc.start()
                value = make(count)
                gc.collect()
                allocated = tracemalloc.get_traced_memory()[0]
                tracemalloc.stop()
                for samples in (0, 5):
                    share = value_bytes(value, samples) / allocated
                    self.assertTrue(0.75 < share < 1.3, f"{make.__name__}, {count}, {samples}: {share:.2f}")

    def test_samples_give_about_the_same_as_all(self):
        for make in MAKERS:
            value = make(3000)
            ratio = value_bytes(value, 5) / value_bytes(value, 0)
            self.assertTrue(0.8 < ratio < 1.25, f"{make.__name__}: {ratio:.2f}")

    def test_strings(self):
        for make in (bytes, bytearray):
            self.assertTrue(10000 < value_bytes(make(10000), 5) < 10100)
        self.assertLess(value_bytes(12345, 5), 50)

    def test_many_samples_are_all(self):
        value = make_hash(20)
        self.assertEqual(value_bytes(value, 1 << 62), value_bytes(value, 0))

    def test_shared_objects_count_once(self):
        element = b"x" * 1000
        value = QuickList()
        for _ in range(5):
            value.push_right(element, LIMITS)
        self.assertLess(value_bytes(value, 0), 2000)

    def test_the_key_and_its_expiry_count(self):
        self.assertGreater(key_bytes(b"k" * 500, False), 500)
        self.assertGreater(key_bytes(b"k", True), key_bytes(b"k", False))


if __name__ == "__main__":
    unittest.main()
